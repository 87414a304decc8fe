# Stored runs: runs, show, rerun.
load common

# stored ARGUMENTS...: runs and stores; leaves the id in $id and the table in table.
stored() {
	nbsim "$@" >table
	id=$(sed -nE 's/^stored as ([0-9a-f]{16}) in .*/\1/p' table)
	[ -n "$id" ] || fail "no id: $(tail -n 2 table)"
	sed -i '/^stored as /d' table
	sed -i '${/^$/d}' table
}

@test "runs lists what was stored; 100 columns" {
	stored
	local first=$id
	stored --config ultra96.ini
	[ "$first" != "$id" ]
	ok nbsim runs
	columns_at_most 100
	grep -q "^$first .*neuroblend20-fashion" <<<"$output"
	grep -q "^$id .*ultra96" <<<"$output"
	[ "${#lines[@]}" -eq 3 ]
	ok nbsim runs --format csv
	[[ ${lines[0]} == *,* && ${#lines[@]} -eq 3 ]]
}

@test "show prints the same table again, also by a prefix of the id" {
	stored
	nbsim show "$id" >shown
	diff table shown
	nbsim show "${id:0:6}" >shown
	diff table shown
}

@test "show --layers, --format csv and json: the rows of the run" {
	nbsim --layers --format csv >run.csv
	local id
	id=$(nbsim runs --format csv | sed -nE 's/^([0-9a-f]{16}).*/\1/p')
	nbsim show "$id" --format csv >shown.csv
	same run.csv shown.csv
	nbsim --no-db --layers --format json >run.json
	nbsim show "$id" --format json >shown.json
	same run.json shown.json
	nbsim --no-db --layers >run.txt
	nbsim show "$id" --layers >shown.txt
	same run.txt shown.txt
}

@test "show of a run without --layers prints the rows that the run printed" {
	nbsim --format csv >run.csv
	local id
	id=$(nbsim runs --format csv | sed -nE 's/^([0-9a-f]{16}).*/\1/p')
	nbsim show "$id" --format csv | grep -v '^layer:' >shown.csv
	same run.csv shown.csv
}

@test "rerun gives the same cycles, with either kernel and from another folder" {
	stored --set binary_engine.words=2 --set dram.channels=2
	local cycles
	cycles=$(nbsim --no-db --format csv --set binary_engine.words=2 --set dram.channels=2 | awk -F, '$1 == "run" && $2 == "total_cycles" { print $3 }')
	ok nbsim rerun "$id"
	[[ $output == *"$cycles cycles"* ]] || fail "$output"
	ok nbsim rerun "${id:0:5}" --kernel native
	[[ $output == *"$cycles cycles"* ]]
	mkdir elsewhere && cd elsewhere
	ok nbsim rerun "$id" --db ../nbsim.db
}

@test "rerun of a run with a mapping of its own asks for it, and reproduces it with it" {
	printf '[m5]\nband_rows = 2\n[m6]\nweights = layer\n' >wish.ini
	stored --mapping wish.ini
	refused 3 "--mapping" nbsim rerun "$id"
	ok nbsim rerun "$id" --mapping wish.ini
}

@test "a run with another mapping is another run" {
	printf '[m5]\nband_rows = 2\n' >wish.ini
	stored
	stored --mapping wish.ini
	[ "$(nbsim runs --format csv | wc -l)" -eq 3 ] || fail "$(nbsim runs)"
}

@test "rerun of a run with images" {
	need_images
	stored --images "$test_images" --count 20
	ok nbsim rerun "$id"
	[ "$(nbsim show "$id" --format csv | grep -c '^run,top1,')" -eq 1 ]
}

@test "rerun notices a trace that has changed" {
	nbcompile neuroblend20-fashion -q -o net.nbt
	stored --workload net.nbt
	ok nbsim rerun "$id"
	nbcompile neuroblend20-fashion -q -o net.nbt --set compile.skip_weight_bits=4
	refused 3 "checksum" nbsim rerun "$id"
}

@test "the same run twice is stored once; another seed, another set, another network are others" {
	nbsim >/dev/null
	nbsim >/dev/null
	nbsim --kernel native >/dev/null
	[ "$(nbsim runs --format csv | wc -l)" -eq 2 ] || fail "$(nbsim runs)"
	nbsim --set run.seed=2 >/dev/null
	nbsim --set dma.outstanding=2 >/dev/null
	[ "$(nbsim runs --format csv | wc -l)" -eq 4 ] || fail "$(nbsim runs)"
}

@test "two writers at once: both runs are there" {
	nbsim --set run.seed=1 >/dev/null &
	nbsim --set run.seed=2 >/dev/null &
	nbsim --set run.seed=3 >/dev/null &
	wait
	[ "$(nbsim runs --format csv | wc -l)" -eq 4 ] || fail "$(nbsim runs)"
}

@test "the stored tables hold the whole configuration and every row, for SQL" {
	nbsim --layers --format csv >run.csv
	python3 - <<'PY' || fail "tables"
import sqlite3
db = sqlite3.connect("nbsim.db")
names = {r[0] for r in db.execute("select name from sqlite_master")}
for table in ("runs", "parameters", "layers", "counters", "estimates", "results", "host", "meta"):
    assert table in names, (table, names)
assert db.execute("select count(*) from runs").fetchone()[0] == 1
assert db.execute("select count(*) from parameters").fetchone()[0] > 80
rows = len(open("run.csv").readlines()) - 1
assert db.execute("select count(*) from results").fetchone()[0] == rows
PY
}

@test "an empty database lists no run and refuses to show one" {
	nbsim >/dev/null
	python3 -c 'import sqlite3; d = sqlite3.connect("nbsim.db"); d.execute("delete from runs"); d.commit()'
	ok nbsim runs
	[ "${#lines[@]}" -le 1 ]
	refused 3 "no run" nbsim show 1234
}
