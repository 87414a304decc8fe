-- Tables of nbexplore in a result database (sim/store/schema.sql), schema 1. One row a point.
CREATE TABLE IF NOT EXISTS sweeps (
	name TEXT PRIMARY KEY,
	definition TEXT NOT NULL,         -- base, axes, ties, constraints: explore/sweep_text.c
	fingerprint TEXT NOT NULL,        -- 16 hex digits: definition, program version, devices, technologies, networks
	program_version TEXT NOT NULL,
	question TEXT NOT NULL,
	objectives TEXT NOT NULL,
	condition TEXT NOT NULL,          -- `where` of the sweep file
	images TEXT NOT NULL,             -- file, or empty
	images_hash TEXT NOT NULL,        -- 16 hex digits of its first image_count images, or empty
	image_count INTEGER NOT NULL,
	space INTEGER NOT NULL            -- points of the whole grid, before constraints
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS sweep_axes (
	sweep TEXT NOT NULL REFERENCES sweeps (name),
	axis INTEGER NOT NULL,            -- from 0; the last one is the fastest digit of a point's number
	parameter TEXT NOT NULL,          -- SECTION.KEY or technology.ROW
	unit TEXT NOT NULL,
	choice INTEGER NOT NULL,          -- from 0
	value TEXT NOT NULL,
	PRIMARY KEY (sweep, axis, choice)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS sweep_points (
	sweep TEXT NOT NULL REFERENCES sweeps (name),
	point INTEGER NOT NULL,
	setting TEXT NOT NULL,            -- JSON object: axes, then ties
	status TEXT NOT NULL,             -- ok, invalid, unmappable, stuck, failed, died
	reason TEXT NOT NULL,             -- one sentence, empty when ok
	network INTEGER,                  -- 63-bit hash of the compiled network
	exactness TEXT,                   -- from here on null unless ok; explore/point.c says what each is
	latency_cycles INTEGER,
	total_cycles INTEGER,
	ddr_bytes INTEGER,
	clock_mhz REAL,
	latency_ms REAL,
	frames_per_s REAL,
	power_w REAL,
	fpga_power_w REAL,
	energy_uj REAL,
	energy_low_uj REAL,
	energy_high_uj REAL,
	power_grade TEXT,
	power_partial INTEGER,
	lut INTEGER,
	ff INTEGER,
	bram36 REAL,
	uram INTEGER,
	dsp INTEGER,
	resource_grade TEXT,
	fits INTEGER,
	worst_resource TEXT,
	worst_utilisation REAL,
	slr_share REAL,
	limit_unit TEXT,
	limit_share REAL,
	memory_share REAL,
	binary_utilisation REAL,
	PRIMARY KEY (sweep, point)
) WITHOUT ROWID;

-- With --keep layers: the run (sim/store/schema.sql) that holds every layer and counter of a point.
CREATE TABLE IF NOT EXISTS sweep_runs (
	sweep TEXT NOT NULL REFERENCES sweeps (name),
	point INTEGER NOT NULL,
	run TEXT NOT NULL REFERENCES runs (id),
	PRIMARY KEY (sweep, point)
) WITHOUT ROWID;

CREATE VIEW IF NOT EXISTS sweep_layers AS
SELECT sweep, point, layer, machine_unit, name, value, unit FROM sweep_runs JOIN layers USING (run);

-- Accuracy of a compiled network, whoever uses it: sweep_points.network = sweep_accuracy.network.
CREATE TABLE IF NOT EXISTS sweep_accuracy (
	network INTEGER NOT NULL,
	images_hash TEXT NOT NULL,        -- of the first image_count images and their labels
	image_count INTEGER NOT NULL,
	images TEXT NOT NULL,             -- file
	correct INTEGER NOT NULL,
	top1 REAL NOT NULL,
	top1_standard_error REAL NOT NULL,
	PRIMARY KEY (network, images_hash)
) WITHOUT ROWID;

-- Not reproducible.
CREATE TABLE IF NOT EXISTS sweep_host (
	sweep TEXT NOT NULL,
	written_at TEXT NOT NULL,         -- UTC
	workers INTEGER NOT NULL,
	wall_s REAL NOT NULL,
	points INTEGER NOT NULL,          -- computed in this session
	mapped INTEGER NOT NULL,          -- of these, mapped
	simulated INTEGER NOT NULL        -- of these, run; the others shared a run
);

INSERT OR IGNORE INTO meta VALUES ('sweep_schema_version', '1');
