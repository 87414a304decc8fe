# FracBNN's loops beside the same layers of configs/fracbnn.ini: the table of configs/FRACBNN.md is what the command prints,
# and what can be done by hand is right.
load common

layers() { nbsim --config fracbnn.ini --layers --format csv --kernel native --no-db "$@"; }
table() { awk -f "$NBSIM_ROOT/configs/fracbnn.awk"; }

@test "the table of FRACBNN.md is what the command prints" {
	layers | table >table
	[ "$(wc -l <table)" -eq 12 ]
	same table <(grep '^|' "$NBSIM_ROOT/configs/FRACBNN.md")
}

@test "the source's loops: their sum, and the three totals that were counted independently" {
	layers | table >table
	[ $((1089 + 3072 + 7558 + 6 * 7298 + 10500 + 5 * 2692 + 4488 + 5 * 1160 + 552)) -eq 90307 ]
	grep -qF '| total | 90,307 | 35,290 | 36,096 | 11,776 |' table || fail "$(tail -n 1 table)"
	# a layer of 16, 32, 64 channels: convolution, pack, BN
	[ $((2 * 33 * 33 + 4 * 32 * 32 + 32 * 32)) -eq 7298 ]
	[ $((2 * 2 * 17 * 17 + 4 * 16 * 16 + 2 * 16 * 16)) -eq 2692 ]
	[ $((2 * 4 * 9 * 9 + 4 * 8 * 8 + 4 * 8 * 8)) -eq 1160 ]
}

@test "the run's convolutions and post passes, by hand" {
	layers >run.csv
	busy() { value run.csv "layer:$1/unit:$2" busy_cycles; }
	# a row: the first window of 3 columns, one cycle each, then one pixel a group, and the lanes behind the last
	[ "$(busy l2 binary_engine)" -eq $((32 * (3 + 31 * 1 + 1))) ]
	[ "$(busy first.conv binary_engine)" -eq $((32 * (3 + 31 * 2 + 2))) ] # 864 bits are two steps
	[ "$(busy l9.lsb binary_engine)" -eq $((16 * (3 + 15 * 2 + 2))) ]
	[ "$(busy l15 binary_engine)" -eq $((8 * (3 + 7 * 4 + 4))) ]
	[ "$(busy l2 post_unit)" -eq 1024 ]
	[ "$(busy l9.lsb post_unit)" -eq 512 ]
	[ "$(busy code fixed_engine)" -eq 3072 ]
}

@test "one read a cycle: the former, not the lanes, sets the pace" {
	layers --set binary_engine.window_reads=1 >run.csv
	[ "$(value run.csv layer:l2/unit:binary_engine busy_cycles)" -eq $((32 * (9 + 31 * 3 + 1))) ]
	layers --set binary_engine.window_reads=2 >run.csv
	[ "$(value run.csv layer:l2/unit:binary_engine busy_cycles)" -eq $((32 * (6 + 31 * 2 + 1))) ]
	refused 3 "window_reads" nbsim --config fracbnn.ini --no-db --set binary_engine.packing=channel
}

@test "the script says when the layers are not the frame" {
	layers | grep -v '^layer:l5/unit:post_unit' | (table >table 2>errors && exit 1 || true)
	grep -q 'the layers sum to' errors
}
