# What a run writes beside its table: program, mapping, timeline, waveforms.
load common

@test "--show-mapping: one line a layer with its reason, 100 columns, no run" {
	ok nbsim --show-mapping
	columns_at_most 100
	local layer
	for layer in stem m1 m18 fc; do grep -qE "^$layer .*(fit|all|quarter|chip)" <<<"$output" || fail "$layer"; done
	[ ! -e nbsim.db ]
}

# mapping_ini TABLE: the columns of --show-mapping as the INI that --mapping reads.
mapping_ini() {
	awk 'NR > 1 && NF >= 7 { sub(/^chip$/, "chip", $5); printf "[%s]\nband_rows = %s\nweights = %s\n", $1, $2, $4 }' "$1"
}

@test "--mapping with what --show-mapping says gives the same mapping and the same bytes" {
	nbsim --show-mapping >shown
	mapping_ini shown >same.ini
	[ "$(grep -c '^\[' same.ini)" -eq 20 ]
	nbsim --show-mapping --mapping same.ini >again
	diff <(awk '{ print $1, $2, $3, $4, $5, $6, $7 }' shown) <(awk '{ print $1, $2, $3, $4, $5, $6, $7 }' again)
	nbsim --no-db --layers --format csv >base.csv
	nbsim --no-db --layers --format csv --mapping same.ini >mapped.csv
	same base.csv mapped.csv
}

@test "--mapping overrides one layer and leaves the others" {
	printf '[m5]\nband_rows = 4\n' >wish.ini
	nbsim --show-mapping >base
	nbsim --show-mapping --mapping wish.ini >wished
	[ "$(awk '$1 == "m5" { print $2 }' wished)" = 4 ] || fail "$(grep m5 wished)"
	diff <(grep -v '^m5 ' base | cut -c1-50) <(grep -v '^m5 ' wished | cut -c1-50)
	local native systemc
	native=$(nbsim --no-db --format csv --layers --mapping wish.ini --kernel native)
	systemc=$(nbsim --no-db --format csv --layers --mapping wish.ini --kernel systemc)
	[ -n "$native" ]
	[ "$native" = "$systemc" ]
}

@test "--mapping: weights read again per layer cost DDR bytes" {
	printf '[m5]\nweights = layer\n' >wish.ini
	nbsim --no-db --format csv --set run.frames=2 >base.csv
	nbsim --no-db --format csv --set run.frames=2 --mapping wish.ini >wished.csv
	[ "$(value wished.csv run ddr_bytes)" -gt "$(value base.csv run ddr_bytes)" ]
}

@test "--emit-commands: numbered commands of known kinds, as many as the units begin" {
	nbsim --no-db --emit-commands program.txt --layers --format csv >run.csv
	awk '$1 != NR - 1 { print "number: " $0; bad = 1 } $2 !~ /^[A-Z_]+$/ { print "kind: " $0; bad = 1 } END { exit bad || NR < 100 }' program.txt
	local loads stores
	loads=$(awk -F, '$2 == "load_commands" { n += $3 } END { print n }' run.csv)
	stores=$(awk -F, '$2 == "store_commands" { n += $3 } END { print n }' run.csv)
	[ "$(awk '$2 == "LOAD"' program.txt | wc -l)" -eq "$loads" ]
	[ "$(awk '$2 == "STORE"' program.txt | wc -l)" -eq "$stores" ]
}

@test "--emit-commands -: the same program on stdout" {
	nbsim --no-db --emit-commands program.txt >table
	nbsim --no-db --emit-commands - >both
	same both <(cat program.txt table)
}

@test "--timeline: trace-event JSON of every unit, inside the run" {
	nbsim --no-db --timeline run.json --format csv >run.csv
	python3 - "$(value run.csv run total_cycles)" <<'PY' || fail "run.json"
import json, sys
total = int(sys.argv[1])
trace = json.load(open("run.json"))
events = trace["traceEvents"]
spans = [e for e in events if e["ph"] == "X"]
assert len(spans) > 200, len(spans)
for e in spans:
    assert 0 <= e["ts"] and e["dur"] >= 0 and e["ts"] + e["dur"] <= total, e
names = {e["args"]["name"] for e in events if e["ph"] == "M" and "name" in e.get("args", {})}
for unit in ("binary_engine", "fixed_engine", "post_unit", "load", "store"):
    assert any(unit in n for n in names), (unit, names)
PY
}

@test "--vcd: declarations first, time only forwards, only declared signals, ends with the run" {
	nbsim --no-db --vcd waves.vcd --format csv >run.csv
	awk -v total="$(value run.csv run total_cycles)" '
		function bad(text) { print NR ": " text ": " $0; failed = 1; exit }
		/^\$var/ { known[$4] = 1; signals++ }
		/^\$scope/ { depth++ } /^\$upscope/ { depth-- }
		/^\$enddefinitions/ { open = 1; if (depth) bad("scopes are not closed"); next }
		/^#/ { if (!open) bad("time before $enddefinitions"); t = substr($1, 2) + 0; if (times++ && t <= last) bad("time goes back"); last = t; next }
		open && /^[01xz]/ { if (!(substr($1, 2) in known)) bad("unknown signal"); next }
		open && /^b/ { if (!($2 in known)) bad("unknown vector"); next }
		END { if (failed) exit 1; if (signals < 20 || times < 100 || last > total) { print signals, times, last, total; exit 1 } }' waves.vcd
}

@test "--timeline and --vcd: the same bytes from both kernels and from a second run" {
	local kernel
	for kernel in native systemc native; do
		nbsim --no-db --kernel $kernel --timeline run.json --vcd waves.vcd >/dev/null
		[ -s run.json ]
		[ -s waves.vcd ]
		cat run.json waves.vcd | sha256sum >>sums
	done
	[ "$(sort -u sums | wc -l)" -eq 1 ]
}

@test "observers do not change the result" {
	nbsim --no-db --layers --format csv >plain.csv
	nbsim --no-db --layers --format csv --timeline run.json --vcd waves.vcd --emit-commands program.txt >seen.csv
	same plain.csv seen.csv
}

@test "installed elsewhere: configurations, devices, tables and networks are found beside the programs" {
	cmake --install "$NBSIM_BUILD" --prefix "$PWD/first" >log || fail "$(cat log)"
	mv first moved
	./moved/bin/nbsim --no-db --config vu9p.ini --kernel native >table || fail "it does not run"
	[[ $(head -n 1 table) == *"at 200 MHz"* ]]
	./moved/bin/nbcompile neuroblend20-fashion -q -o n.nbt
	[ -s n.nbt ]
	[ -f moved/share/nbsim/workloads/networks/neuroblend20-fashion/params.f32 ]
}
