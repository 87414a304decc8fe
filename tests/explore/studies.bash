# The shipped studies, each with its one command in an empty folder, and what configs/sweeps/README.md says of them where a
# number is exact (cycles, counts) or must not move far without its paragraph. Included by run_explore.sh --long.
studies=$work/studies
mkdir -p "$studies"

study() { # study NAME POINTS OK: runs it as the page says
	(cd "$studies" && "$nb" "$1.ini" --db results.db -q "${@:4}")
	check "study $1: runs with one command" test $? -eq 0
	check "study $1: $2 points, $3 ok, exactness with each" test "$(sqlite3 "$studies/results.db" \
		"SELECT count(*), sum(status = 'ok'), sum(status = 'ok' AND exactness IN ('rtl', 'model')) FROM sweep_points WHERE sweep = '$1'")" = "$2|$3|$3"
	check "study $1: a question and a front" sh -c "cd '$studies' && test \$('$nb' front results.db --sweep $1 -q | wc -l) -gt 1 && '$nb' sweeps results.db | tr '\n' ' ' | grep -q '$1 .*?'"
	check "study $1: the page has its command and a figure" test \
		"$(grep -cE "^    nbexplore (search )?$1\.ini|^    nbreport figure .*--sweep $1( |$)" configs/sweeps/README.md)" -ge 2
}

says() { # says WHAT EXPECTED FIGURE WHERE: a figure of one or all of some points, as the database rounds it
	check "study $1 ($2)" test "$(sqlite3 "$studies/results.db" "SELECT $3 FROM p WHERE $4")" = "$2"
}

axis() { echo "json_extract(setting, '\$.\"$1\"')"; }
view() { # view NAME COLUMN AXIS...: p: the points of a study with short names of their axes
	local sql="DROP VIEW IF EXISTS p; CREATE VIEW p AS SELECT" name=$1
	shift
	while [ $# -gt 0 ]; do
		sql+=" $(axis "$2") AS $1,"
		shift 2
	done
	sqlite3 "$studies/results.db" "$sql sweep_points.* FROM sweep_points WHERE sweep = '$name'"
}

if command -v sqlite3 >/dev/null; then
	if [ -r /usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz ]; then study pe_bits 1008 882; else study pe_bits 1008 882 --no-accuracy; fi
	view pe_bits b compile.skip_weight_bits pes binary_engine.pes words binary_engine.words columns fixed_engine.columns
	says "pe_bits: 32 PEs of two words" 0.134 "round(latency_ms, 3)" "b = 8 AND pes = 32 AND words = 2 AND columns = 32"
	says "pe_bits: three times the lanes" 0.127 "round(latency_ms, 3)" "b = 8 AND pes = 32 AND words = 6 AND columns = 32"
	says "pe_bits: 16 columns" "0.143|0.143" "round(min(latency_ms), 3), round(max(latency_ms), 3)" "b = 8 AND pes >= 32 AND words >= 3 AND columns = 16"
	says "pe_bits: 4 columns" "0.406|0.406" "round(min(latency_ms), 3), round(max(latency_ms), 3)" "b = 8 AND pes >= 16 AND words >= 2 AND columns = 4 AND status = 'ok'"
	study buffers 3600 3600
	view buffers f buffer.fixed_activations.depth_words b buffer.bit_activations.depth_words k buffer.fixed_activations.banks two buffer.accumulators.ping_pong a buffer.accumulators.depth_words
	says "buffers: 2,048 words keep every map" "0.216|133760" "round(latency_ms, 3), ddr_bytes" "f = 2048 AND b = 2048 AND k = 1 AND two = 'on' AND a = 512 LIMIT 1"
	says "buffers: half of the fixed-point maps" "0.228|631424" "round(latency_ms, 3), ddr_bytes" "f = 1024 AND b = 2048 AND k = 1 AND two = 'on' AND a = 512 LIMIT 1"
	says "buffers: half of the bit maps" "0.278|263296" "round(latency_ms, 3), ddr_bytes" "f = 2048 AND b = 1024 AND k = 1 AND two = 'on' AND a = 512 LIMIT 1"
	says "buffers: one half of accumulators" 0.265 "round(latency_ms, 3)" "f = 2048 AND b = 2048 AND k = 1 AND two = 'off' AND a = 512 LIMIT 1"
	study memory 2800 2800
	view memory maps mapper.maps weights mapper.weights c dram.channels beats dma.burst_beats o dma.outstanding k dram.controller_cycles
	says "memory: on chip" "0.215|0.215" "round(min(latency_ms), 3), round(max(latency_ms), 3)" "maps = 'resident' AND weights = 'resident' AND k = 30 AND beats >= 16 AND o >= 2"
	says "memory: in DDR, at best" 0.326 "round(min(latency_ms), 3)" "maps = 'spilled' AND weights = 'layer' AND k = 30"
	says "memory: 64 bytes, one at a time" 1.49 "round(latency_ms, 2)" "maps = 'spilled' AND weights = 'layer' AND k = 30 AND beats = 1 AND o = 1 AND c = 1"
	says "memory: 64 bytes, sixteen" 0.51 "round(latency_ms, 2)" "maps = 'spilled' AND weights = 'layer' AND k = 30 AND beats = 1 AND o = 16 AND c = 1"
	study fabric 8748 8748
	view fabric n technology.dsp_operand_nets l technology.dsp_logic48 z technology.dsp_frozen u technology.lut_active ff technology.clock_ff words binary_engine.words pes binary_engine.pes fabric binary_engine.fabric
	check "study fabric: equal latency to 0.01 %" test "$(sqlite3 "$studies/results.db" \
		"SELECT max(latency_ms) / min(latency_ms) < 1.0001 FROM p GROUP BY words, pes" | sort -u)" = 1
	check "study fabric: the sign flips on all 12 machines" test "$(sqlite3 "$studies/results.db" \
		"SELECT count(*) FROM (SELECT min(b.fpga_power_w - a.fpga_power_w) < 0 AND max(b.fpga_power_w - a.fpga_power_w) > 0 AS flips FROM p a JOIN p b USING (n, l, z, u, ff, words, pes) WHERE a.fabric = 'dsp' AND b.fabric = 'lut' GROUP BY words, pes) WHERE flips")" = 12
	study devices 3584 3360
	view devices d machine.device mhz machine.clock_mhz c dram.channels words binary_engine.words pes binary_engine.pes columns fixed_engine.columns rows fixed_engine.rows
	says "devices: the same latency" "5|0.215|0.215" "count(*), round(min(latency_ms), 3), round(max(latency_ms), 3)" "mhz = 300 AND c = 1 AND words = 1 AND pes = 16 AND columns = 16 AND rows = 16"
	says "devices: the largest boards take all" "480" "sum(fits = 1)" "d = 'u280'"
	study organisation 3900 2892
	view organisation o machine.organisation
	says "organisation: the fastest streaming machine" "0.146|32185" "round(min(latency_ms), 3), CAST(round(max(frames_per_s)) AS INTEGER)" "o = 'streaming'"
	says "organisation: the fastest time-shared machine" "0.076|13180" "round(min(latency_ms), 3), CAST(round(max(frames_per_s)) AS INTEGER)" "o = 'time_shared'"
	says "organisation: the stage that limits streaming" "stem.window" "limit_unit" "o = 'streaming' ORDER BY frames_per_s DESC LIMIT 1"
	for o in streaming time_shared; do # who is ahead within 18 and 22 % of the device
		for share in 18 22; do
			read -r "lat_${o}_$share" "fps_${o}_$share" <<<"$(sqlite3 -separator ' ' "$studies/results.db" "SELECT CAST(1e6 * min(latency_ms) AS INTEGER), CAST(max(frames_per_s) AS INTEGER) FROM p WHERE o = '$o' AND fits = 1 AND worst_utilisation <= $share / 100.0")"
		done
	done
	check "study organisation: time-shared has the shorter latency" test "$lat_time_shared_18" -lt "$lat_streaming_18" -a "$lat_time_shared_22" -lt "$lat_streaming_22"
	check "study organisation: streaming has the higher throughput" test "$fps_time_shared_18" -lt "$fps_streaming_18" -a "$fps_time_shared_22" -lt "$fps_streaming_22"
	check "study organisation: its figures" bash -c "cd '$studies' && '$build/bin/nbreport' figure organisation --db results.db --sweep organisation --y frames_per_s --name throughput && test -s figures/throughput.svg"
else
	echo "skipped: the shipped studies (sqlite3 is not installed)"
	skipped=$((skipped + 1))
fi
