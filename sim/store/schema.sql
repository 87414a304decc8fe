-- Schema 1 of the result database. The program that writes it embeds this file; nothing else creates a table.
--
-- A run is written whole or not at all: runs.parameters and runs.results count its rows of the two tables. Every table
-- is ordered by the run's id, so that two databases made by the same runs hold the same rows in the same order, but for
-- `host`, which alone knows clocks and machines. `run` names a row of runs everywhere.
PRAGMA application_id = 1312969549; -- 'NBSM'
PRAGMA user_version = 1;            -- of this schema

CREATE TABLE meta (
	key TEXT PRIMARY KEY,
	value TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO meta VALUES ('application', 'nbsim'), ('schema_version', '1'), ('rows_schema_version', '1');

CREATE TABLE runs (
	id TEXT PRIMARY KEY,              -- 16 hex digits, a hash of what the run was made of
	program_version TEXT NOT NULL,
	network TEXT NOT NULL,            -- name in the layer trace
	workload TEXT NOT NULL,           -- file or folder, as it was given
	trace_checksum INTEGER NOT NULL,  -- CRC-32
	images TEXT NOT NULL,             -- file, or empty
	image_count INTEGER NOT NULL,
	kernel TEXT NOT NULL,
	exactness TEXT NOT NULL,          -- rtl or model
	memory TEXT NOT NULL,             -- model or external
	parameters INTEGER NOT NULL,      -- rows of table parameters
	results INTEGER NOT NULL          -- rows of table results
) WITHOUT ROWID;

-- The full configuration.
CREATE TABLE parameters (
	run TEXT NOT NULL REFERENCES runs (id),
	section TEXT NOT NULL,
	key TEXT NOT NULL,
	value TEXT NOT NULL,              -- as an INI file holds it
	unit TEXT NOT NULL,
	PRIMARY KEY (run, section, key)
) WITHOUT ROWID;

-- What came out. typeof(value) is integer, real, text, or null where a figure is not known.
CREATE TABLE results (
	run TEXT NOT NULL REFERENCES runs (id),
	scope TEXT NOT NULL,              -- run, device, layer:NAME, unit:NAME or layer:NAME/unit:NAME
	name TEXT NOT NULL,
	value,
	unit TEXT NOT NULL,               -- 1 for a fraction
	grade TEXT NOT NULL,              -- of an estimate; empty for what was counted
	position INTEGER NOT NULL,        -- in the output, from 0
	PRIMARY KEY (run, scope, name)
) WITHOUT ROWID;

-- Tiles and residency of each layer, as nbsim --show-mapping prints them.
CREATE TABLE mapping (
	run TEXT PRIMARY KEY REFERENCES runs (id),
	text TEXT NOT NULL
) WITHOUT ROWID;

-- Not reproducible.
CREATE TABLE host (
	run TEXT PRIMARY KEY REFERENCES runs (id),
	written_at TEXT NOT NULL,         -- UTC
	machine TEXT NOT NULL,
	wall_s REAL NOT NULL
) WITHOUT ROWID;

-- results with its scope taken apart. layer and machine_unit are null where the row is not about one.
CREATE VIEW figures AS
SELECT run, scope,
       CASE WHEN substr(scope, 1, 6) = 'layer:' THEN
           substr(scope, 7, CASE instr(scope, '/unit:') WHEN 0 THEN length(scope) ELSE instr(scope, '/unit:') - 7 END)
       END AS layer,
       CASE WHEN substr(scope, 1, 5) = 'unit:' THEN substr(scope, 6)
            WHEN substr(scope, 1, 6) = 'layer:' AND instr(scope, '/unit:') > 0 THEN substr(scope, instr(scope, '/unit:') + 6)
       END AS machine_unit,
       name, value, unit, grade, position
FROM results;
CREATE VIEW layers AS SELECT run, layer, machine_unit, name, value, unit, grade FROM figures WHERE layer IS NOT NULL;
CREATE VIEW counters AS SELECT run, scope, layer, machine_unit, name, value, unit FROM figures WHERE grade = '';
CREATE VIEW estimates AS SELECT run, scope, layer, machine_unit, name, value, unit, grade FROM figures WHERE grade <> '';
