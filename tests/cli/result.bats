# One run: table, CSV, JSON; the laws that every result obeys.
load common

states="busy fill_drain dispatch blocked memory starved idle"

@test "nbsim without arguments: the shipped network on the U250, at most 100 columns" {
	ok nbsim
	columns_at_most 100
	[[ $output == "neuroblend20-fashion on Alveo U250 at 300 MHz"* ]] || fail "${lines[0]}"
	[ -s nbsim.db ]
	local word
	for word in "How long" "Memory" "Does it fit" "Draws" "What each unit does" total stored; do
		[[ $output == *"$word"* ]] || fail "$word is missing"
	done
}

@test "--layers: at most 100 columns, one line a layer" {
	ok nbsim --no-db --layers
	columns_at_most 100
	local layer
	for layer in stem m1 m9 m18 fc; do grep -qE "^$layer  " <<<"$output" || fail "$layer"; done
	[ -z "$(grep -nE ' $' <<<"$output")" ] || fail "blanks at the end of: $(grep -nE ' $' <<<"$output")"
}

@test "CSV: header, four fields, every row the issue asks for" {
	nbsim --no-db --format csv >run.csv
	[ "$(head -n 1 run.csv)" = scope,name,value,unit ]
	local name got
	for name in total_cycles latency_ms frames_per_s unlimited_bandwidth_cycles power_w energy_uj lut ff dsp bram36 uram fits ddr_bytes; do
		got=$(value run.csv run "$name")
		[[ $got =~ ^[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?$ ]] || fail "$name is '$got'"
	done
	absent '^run,top1,' run.csv # no images, no accuracy
	awk -F, 'NF != 4 { print "fields: " $0; bad = 1 } $4 == "" { print "no unit: " $0; bad = 1 } END { exit bad }' run.csv
}

@test "CSV: scopes, names and numbers are written as the schema says" {
	nbsim --no-db --layers --format csv >run.csv
	awk -F, 'NR > 1 && $1 !~ /^(run|device|unit:[a-z0-9_.]+|layer:[A-Za-z0-9_.]+(\/unit:[a-z_]+)?)$/ { print "scope: " $0; bad = 1 }
		NR > 1 && $2 !~ /^[a-z][a-z0-9_]*$/ { print "name: " $0; bad = 1 }
		NR > 1 && $4 == "cycles" && $3 !~ /^[0-9]+$/ { print "cycles: " $0; bad = 1 }
		NR > 1 && $4 == "bytes" && $3 !~ /^[0-9]*$/ { print "bytes: " $0; bad = 1 }
		NR > 1 && $3 ~ /^-?[0-9]*[.]?[0-9]+(e[-+][0-9]+)?$/ && $3 !~ /^-?[0-9]+$/ {
			reals++
			if (sprintf("%.9g", $3) != $3) { print "real: " $0; bad = 1 }
		}
		NR > 1 && $2 ~ /utilisation/ && ($3 < 0 || $3 > 1) { print "fraction: " $0; bad = 1 }
		NR > 1 && seen[$1 "," $2]++ { print "twice: " $0; bad = 1 }
		END { exit bad || !reals }' run.csv
	[ "$(value run.csv run fits)" = 1 ]
}

@test "attribution: the seven states sum to total_cycles for every unit" {
	nbsim --no-db --format csv >run.csv
	local unit state sum total
	total=$(value run.csv run total_cycles)
	for unit in binary_engine fixed_engine post_unit load store sequencer; do
		sum=0
		for state in $states; do sum=$((sum + $(value run.csv unit:$unit ${state}_cycles))); done
		[ "$sum" -eq "$total" ] || fail "$unit: $sum of $total"
		[ "$(value run.csv unit:$unit total_cycles)" -eq "$total" ]
	done
}

@test "attribution: every state of every unit is the sum over the layers" {
	nbsim --no-db --layers --format csv >run.csv
	awk -F, '$4 == "cycles" && $1 ~ /^unit:/ && $1 !~ /channel/ && $2 ~ /^(busy|fill_drain|dispatch|blocked|memory|starved|idle|total)_cycles$/ { whole[$1 "," $2] = $3; n++ }
		$4 == "cycles" && $1 ~ /^layer:.*\/unit:/ { sub(/^layer:[^\/]*\//, "", $1); part[$1 "," $2] += $3; m++ }
		END { for (k in whole) if (whole[k] != part[k]) { print k ": " whole[k] " and " part[k] + 0; bad = 1 }
			if (n != 48 || m < 20 * 48) { print n " and " m " rows"; bad = 1 } exit bad }' run.csv
}

@test "latency_ms and frames_per_s are those of the cycles and the clock" {
	nbsim --no-db --format csv >run.csv
	awk -v cycles="$(value run.csv run latency_cycles)" -v ms="$(value run.csv run latency_ms)" -v fps="$(value run.csv run frames_per_s)" \
		-v basis="$(value run.csv run frames_per_s_basis)" 'BEGIN { d = ms - cycles / 300000; e = fps - 3e8 / cycles
			if (d * d > 1e-16 || e * e > 1e-8 || basis != "single_frame") { print cycles, ms, fps, basis; exit 1 } }'
}

@test "run.frames: latency is that of frame 0, throughput the steady state" {
	nbsim --no-db --format csv >one.csv
	nbsim --no-db --format csv --set run.frames=6 >six.csv
	[ "$(value one.csv run latency_ms)" = "$(value six.csv run latency_ms)" ]
	[ "$(value six.csv run frames)" = 6 ]
	[ "$(value six.csv run frames_per_s_basis)" != single_frame ] || fail "six frames are no single frame"
	[ "$(value six.csv run total_cycles)" -gt "$((5 * $(value one.csv run latency_cycles) / 2))" ]
}

@test "JSON: valid, with the rows and values of the CSV" {
	nbsim --no-db --layers --format json >run.json
	nbsim --no-db --layers --format csv >run.csv
	python3 -m json.tool run.json >/dev/null
	python3 - <<'PY' || fail "JSON and CSV differ"
import csv, json
rows = json.load(open("run.json"))
assert rows["schema"] >= 1
json_rows = [(r["scope"], r["name"], r["unit"]) for r in rows["rows"]]
csv_rows = [(r["scope"], r["name"], r["unit"]) for r in csv.DictReader(open("run.csv"))]
assert json_rows == csv_rows, "names"
values = {(r["scope"], r["name"]): r["value"] for r in csv.DictReader(open("run.csv"))}
for r in rows["rows"]:
    text = values[r["scope"], r["name"]]
    value = r["value"]
    assert (value is None and text == "") or str(value) == text or abs(float(text) - float(value)) <= 1e-8 * abs(float(value)), (r, text)
PY
}

@test "native and SystemC: the same CSV, byte for byte, on every shipped configuration" {
	local config
	for config in u250 vu9p ultra96; do
		nbsim --no-db --layers --format csv --config $config.ini --kernel native >native.csv
		nbsim --no-db --layers --format csv --config $config.ini --kernel systemc >systemc.csv
		same native.csv systemc.csv || fail "$config"
	done
}

@test "native and SystemC: the same with two frames, small bursts, one channel, separate post unit" {
	local common=(--no-db --layers --format csv --set run.frames=2 --set dram.channels=1 --set dma.burst_beats=4 --set post_unit.mode=separate)
	nbsim "${common[@]}" --kernel native >native.csv
	nbsim "${common[@]}" --kernel systemc >systemc.csv
	same native.csv systemc.csv
}

@test "every shipped configuration runs; those that are no published build fit and are not the others" {
	local path name cycles=
	for path in "$NBSIM_ROOT"/configs/*.ini; do
		name=$(basename "$path")
		nbsim --no-db --kernel native --config "$name" --format csv >run.csv || fail "$name"
		[ "$(value run.csv run total_cycles)" -gt 0 ] || fail "$name: no cycles"
		case $name in # published builds are what they are, ours have to fit
		u250.ini | vu9p.ini | ultra96.ini | neuroblend20-*) [ "$(value run.csv run fits)" = 1 ] || fail "$name does not fit" ;;
		*) continue ;;
		esac
		cycles+="$(value run.csv run total_cycles)"$'\n'
	done
	[ "$(printf %s "$cycles" | wc -l)" -ge 4 ]
	[ "$(printf %s "$cycles" | sort -u | wc -l)" -ge 3 ] || fail "equal cycles: $cycles"
}

@test "every shipped configuration: its table and its mapping in 100 columns" {
	local config
	for config in "$NBSIM_ROOT"/configs/*.ini; do
		ok nbsim --config "$config" --no-db --kernel native --layers
		columns_at_most 100 || fail "$config"
		ok nbsim --config "$config" --show-mapping
		columns_at_most 100 || fail "$config --show-mapping"
	done
}

@test "a bare configuration name: the current folder first, then the shipped ones" {
	sed 's/^clock_mhz = .*/clock_mhz = 123/' "$NBSIM_ROOT/configs/u250.ini" >u250.ini
	[[ $(nbsim --no-db --config u250.ini) == *"at 123 MHz"* ]]
	[[ $(nbsim --no-db --config "$NBSIM_ROOT/configs/u250.ini") == *"at 300 MHz"* ]]
	rm u250.ini
	[[ $(nbsim --no-db --config u250.ini) == *"at 300 MHz"* ]]
}

@test "a workload by name, by folder and by configuration: the same bytes" {
	nbsim --no-db --format csv >default.csv
	nbsim --no-db --format csv --workload neuroblend20-fashion >name.csv
	nbsim --no-db --format csv --workload "$NBSIM_ROOT/workloads/networks/neuroblend20-fashion" >folder.csv
	same default.csv name.csv
	same default.csv folder.csv
}

@test "--set changes what it names" {
	nbsim --no-db --format csv >base.csv
	nbsim --no-db --format csv --set binary_engine.words=2 >words.csv
	[ "$(value words.csv run total_cycles)" -lt "$(value base.csv run total_cycles)" ]
	[ "$(value words.csv unit:binary_engine dsp)" -eq "$((2 * $(value base.csv unit:binary_engine dsp)))" ]
	nbsim --no-db --format csv --set=machine.clock_mhz=150 >slow.csv
	awk -v a="$(value slow.csv run latency_ms)" -v b="$(value base.csv run latency_ms)" 'BEGIN { exit !(a > 1.9 * b && a < 2.1 * b) }'
	nbsim --no-db --format csv -s binary_engine.words=2 -s machine.clock_mhz=150 >both.csv
	[ "$(value both.csv run latency_ms)" != "$(value slow.csv run latency_ms)" ]
	[ "$(value both.csv run clock_mhz)" = 150 ]
}

@test "more processing elements alone: the machine of the default configuration takes them" {
	nbsim --no-db --format csv >base.csv
	nbsim --no-db --format csv --set binary_engine.pes=32 >pes.csv
	[ "$(value pes.csv unit:binary_engine dsp)" -eq "$((2 * $(value base.csv unit:binary_engine dsp)))" ]
}

@test "--set the default value changes nothing" {
	nbsim --no-db --format csv >base.csv
	nbsim --no-db --format csv --set binary_engine.pes=16 >same.csv
	same base.csv same.csv
}

@test "the cycles with unlimited bandwidth are those of dram.kind=unlimited at the same latency" {
	nbsim --no-db --format csv --set dram.kind=fixed --set dram.fixed_bytes_per_cycle=2 >fixed.csv
	nbsim --no-db --format csv --set dram.kind=unlimited >unlimited.csv
	[ "$(value unlimited.csv run total_cycles)" -eq "$(value fixed.csv run unlimited_bandwidth_cycles)" ]
	[ "$(value unlimited.csv run total_cycles)" -lt "$(value fixed.csv run total_cycles)" ]
}

@test "the sufficient bandwidth is one that suffices, and less does not" {
	local machine=(--no-db --format csv --kernel native --config ultra96.ini --set dram.kind=fixed)
	nbsim "${machine[@]}" >base.csv
	local enough cycles unlimited
	unlimited=$(value base.csv run unlimited_bandwidth_cycles)
	enough=$(awk -v gb="$(value base.csv run sufficient_bandwidth)" -v mhz="$(value base.csv run clock_mhz)" 'BEGIN { print gb * 1000 / mhz }')
	[[ $enough =~ ^[0-9]+$ ]] || skip "no whole number of bytes a cycle suffices: '$enough'"
	cycles=$(nbsim "${machine[@]}" --set dram.fixed_bytes_per_cycle="$enough" | awk -F, '$1 == "run" && $2 == "total_cycles" { print $3 }')
	[ "$cycles" -le "$((unlimited + unlimited / 1000))" ]
	cycles=$(nbsim "${machine[@]}" --set dram.fixed_bytes_per_cycle="$((enough - 1))" | awk -F, '$1 == "run" && $2 == "total_cycles" { print $3 }')
	[ "$cycles" -gt "$((unlimited + unlimited / 1000))" ]
}

@test "what does not fit is a result, not an error" {
	nbsim --no-db --format csv --set machine.device=ultra96 >big.csv
	[ "$(value big.csv run fits)" = 0 ]
	ok nbsim --no-db --set machine.device=ultra96
	grep -qE '^Does it fit +no' <<<"$output" || fail "$output"
}

@test "a resource that the device has none of: no share of it, does not fit, stored by both programs" {
	local uram=(--config ultra96.ini --kernel native --set buffer.bit_weights.technology=uram288)
	ok nbsim "${uram[@]}" --db runs.db
	grep -qE '^Does it fit +no; tightest: uram, of which the device has none$' <<<"$output" || fail "$output"
	[ "$(sqlite3 runs.db "SELECT count(*) FROM results WHERE name = 'uram_utilisation' AND value IS NULL")" = 1 ]
	nbsim "${uram[@]}" --no-db --format csv >run.csv
	grep -qx 'device,uram_utilisation,,1' run.csv
	[ "$(value run.csv run fits)" = 0 ] && [ "$(value run.csv device tightest_resource)" = uram ]
	[ "$(value run.csv run uram)" -gt 0 ] && [ "$(value run.csv device uram_usable)" = 0 ]
	absent '(^|,)-?(inf|nan)' run.csv
	nbsim "${uram[@]}" --no-db --format json >run.json
	absent '[:, ]-?(inf|nan)' run.json
	printf '[sweep]\nname = uram\nquestion = "?"\nconfig = ultra96.ini\n[axes]\nbuffer.bit_weights.technology = bram36, uram288\n' >uram.ini
	nbexplore uram.ini --db sweep.db -q
	[ "$(sqlite3 sweep.db "SELECT fits, worst_resource, worst_utilisation IS NULL, slr_share IS NULL FROM sweep_points WHERE point = 1")" = '0|uram|1|1' ]
	[ "$(sqlite3 sweep.db "SELECT worst_utilisation IS NULL, slr_share IS NULL FROM sweep_points WHERE point = 0")" = '0|0' ]
	ok nbexplore explain sweep.db 1
	grep -q 'scarcest resource uram: the device has none of it' <<<"$output" || fail "$output"
	nbexplore uram.ini --db layers.db -q --keep layers
	[ "$(sqlite3 layers.db 'SELECT count(*) FROM sweep_runs')" = 2 ]
}

@test "the same command twice: the same bytes on stdout, with and without database" {
	nbsim --layers >first
	nbsim --layers >second
	same first second
	nbsim --no-db --layers --format json >third
	nbsim --no-db --layers --format json >fourth
	same third fourth
	nbsim --no-db --layers --format csv >a
	nbsim --layers --format csv >b
	same a b
}

@test "the locale and the place do not change a byte" {
	nbsim --no-db --format csv >a
	mkdir far && (cd far && LC_ALL=de_DE.UTF-8 LANG=de_DE.UTF-8 TZ=Asia/Tokyo COLUMNS=40 nbsim --no-db --format csv >../b)
	same a b
}

@test "--no-db writes no file" {
	[ -n "$(nbsim --no-db)" ]
	[ -z "$(ls -A)" ] || fail "$(ls -A)"
}

@test "the table in README.md is what the command prints" {
	nbsim --config "$NBSIM_ROOT/configs/u250.ini" --no-db >now
	awk '/^```/ { if (on) exit; next } /^neuroblend20-fashion on Alveo/ { on = 1 } on' "$NBSIM_ROOT/README.md" >printed
	[ -s printed ]
	diff printed now >difference || fail "README.md is out of date: $(head -n 4 difference)"
}

@test "SystemC passes over a command longer than its slices" {
	local long=(--no-db --format csv --set fixed_engine.rows=1 --set fixed_engine.columns=1 --set post_unit.lanes=1
		--set buffer.skip_sums.depth_words=16384 --set buffer.accumulators.depth_words=16384
		--set buffer.fixed_activations.depth_words=131072 --set buffer.fixed_weights.depth_words=65536
		--set buffer.parameters.depth_words=4096 --set buffer.output.depth_words=8192)
	timeout 60 nbsim "${long[@]}" --kernel systemc >systemc.csv
	nbsim "${long[@]}" --kernel native >native.csv
	cmp systemc.csv native.csv
}
