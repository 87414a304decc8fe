# Bad input: one line on stderr that starts with the program's name, the documented status, nothing on stdout.
load common

quick() { nbsim --no-db --kernel native "$@"; }

# Of a function the program is nbsim all the same.
quick_refused() {
	local expected=$1 pattern=$2
	shift 2
	refused "$expected" "$pattern" nbsim --no-db --kernel native "$@"
}

trace() { nbcompile neuroblend20-fashion -q -o net.nbt; }

@test "command line: unknown option, missing or superfluous value, twice, unknown word, unknown command" {
	refused 2 "'--confg'*'--config'" nbsim --confg u250.ini
	refused 2 "'-x'" nbsim -x
	refused 2 "--config" nbsim --config
	refused 2 "--no-db" nbsim --no-db=1
	refused 2 "twice" nbsim --kernel native --kernel systemc
	refused 2 "'verilog'*systemc*native" nbsim --kernel verilog
	refused 2 "'xml'*table*csv*json" nbsim --format xml
	refused 2 "empty" nbsim --db ''
	refused 2 "'frobnicate'" nbsim frobnicate
	refused 2 "runs" nbsim runs extra
	refused 2 "ID" nbsim show
	refused 2 "ID" nbsim rerun
	refused 2 "" nbsim show 1 2 3
	refused 2 "'--ouput'*'--output'" nbcompile neuroblend20-fashion --ouput x.nbt
	refused 2 "network" nbcompile
	refused 2 "" nbcompile a b
	refused 2 "--seed" nbcompile neuroblend18-cifar100 --shape-only --seed -1
	[ "$(find . -type f | grep -vc refused)" -eq 0 ] || fail "files were written: $(ls)"
}

@test "command line: numbers out of range and no numbers" {
	quick_refused 2 "0 is out of range" --count 0
	quick_refused 2 "'abc'" --count abc
	quick_refused 2 "'1e3'" --count 1e3
	quick_refused 2 "" --count 99999999999999999999
	quick_refused 2 "" --verify -1
}

@test "--set: unknown section, key and word, unit suffix, range, form" {
	quick_refused 2 "[binaryengine]*[binary_engine]" --set binaryengine.pes=3
	quick_refused 2 "pe: unknown key*'pes'" --set binary_engine.pe=3
	quick_refused 2 "'300MHz'" --set machine.clock_mhz=300MHz
	quick_refused 2 "'48k'" --set binary_engine.pes=48k
	quick_refused 2 "'0x10'" --set binary_engine.pes=0x10
	quick_refused 2 "'0'*1 to 1024" --set binary_engine.pes=0
	quick_refused 2 "5000000000" --set binary_engine.pes=5000000000
	quick_refused 2 "'-1'" --set binary_engine.pes=-1
	quick_refused 2 "'hbm'*ddr4" --set dram.kind=hbm
	quick_refused 2 "section.key=value" --set binary_engine.pes
	quick_refused 2 "section.key=value" --set pes=3
	quick_refused 2 "''" --set binary_engine.pes=
}

@test "configuration: missing, a folder, unknown key, unit suffix, twice, not text" {
	refused 4 "nope.ini" nbsim --config nope.ini
	refused 4 "here/nope.ini" nbsim --config here/nope.ini
	refused 4 "/" nbsim --config /
	printf '[binary_engine]\npse = 4\n' >a.ini
	refused 3 "a.ini:2: [binary_engine] pse*'pes'" nbsim --config ./a.ini
	printf '[machine]\nclock_mhz = 300MHz\n' >a.ini
	refused 3 "a.ini:2: [machine] clock_mhz*'300MHz'" nbsim --config ./a.ini
	printf '[binary_engin]\npes = 4\n' >a.ini
	refused 3 "a.ini:1: *[binary_engine]" nbsim --config ./a.ini
	printf '[binary_engine]\npes = 4\npes = 8\n' >a.ini
	refused 3 "a.ini:3" nbsim --config ./a.ini
	head -c 3000000 /dev/zero >a.ini
	refused 3 "a.ini" nbsim --config ./a.ini
	printf '[machine]\ndevice = nowhere\n' >a.ini
	refused 4 "nowhere.ini" nbsim --config ./a.ini
	printf '[machine]\ntechnology = nothing\n' >a.ini
	refused 4 "nothing.ini" nbsim --config ./a.ini
}

@test "configuration: control characters of a file do not reach the terminal" {
	printf 'junk \033[31m \001\377\n' >a.ini
	refused 3 "a.ini:1" nbsim --config ./a.ini
	printf '[binary_engine]\npes = \033[31m4\n' >a.ini
	refused 3 "a.ini:2" nbsim --config ./a.ini
	printf '[\033[31mengine]\n' >a.ini
	refused 3 "a.ini:1" nbsim --config ./a.ini
}

@test "an empty configuration is the defaults" {
	: >empty.ini
	nbsim --no-db --format csv --config ./empty.ini >a.csv
	[ "$(value a.csv run clock_mhz)" = 300 ]
}

@test "the network cannot be mapped: status 5 and the reason" {
	quick_refused 5 "stem*fixed_activations" --set buffer.fixed_activations.depth_words=64
	quick_refused 5 "8 bits*4" --set fixed_engine.weight_bits=4
	quick_refused 5 "command" --set sequencer.program_commands=64
	[ ! -e nbsim.db ]
}

@test "workload: missing, empty, not a trace, a network that is none" {
	quick_refused 4 "nope" --workload nope
	quick_refused 4 "nope.nbt" --workload nope.nbt
	: >empty.nbt
	quick_refused 3 "empty.nbt" --workload empty.nbt
	echo "hello" >hello.nbt
	quick_refused 3 "hello.nbt:1" --workload hello.nbt
	mkdir net && echo '[x]' >net/network.ini
	quick_refused 3 "net" --workload net
	refused 4 "nope" nbcompile nope
	refused 3 "net" nbcompile net
	mkdir folder.nbt
	quick_refused 4 "folder.nbt" --workload folder.nbt
}

@test "trace: version, unknown key, number, missing line, cut" {
	trace
	cp net.nbw x.nbw
	sed '1s/[0-9][0-9]*/99/' net.nbt >x.nbt
	quick_refused 3 "x.nbt" --workload x.nbt
	sed 's/ main_kernel=/ main_kernl=/' net.nbt >x.nbt
	differ net.nbt x.nbt
	quick_refused 3 "x.nbt:" --workload x.nbt
	head -n 5 net.nbt >x.nbt
	quick_refused 3 "x.nbt" --workload x.nbt
	head -c 1000 net.nbt >x.nbt
	quick_refused 3 "x.nbt" --workload x.nbt
	sed -E 's/ main_kernel=3/ main_kernel=3x/' net.nbt >x.nbt
	differ net.nbt x.nbt
	quick_refused 3 "x.nbt:" --workload x.nbt
	sed -E 's/ main_kernel=3/ main_kernel=4294967299/' net.nbt >x.nbt
	quick_refused 3 "x.nbt:" --workload x.nbt
}

@test "trace: any byte of the text changed is refused, or gives another checksum" {
	trace
	cp net.nbw x.nbw
	local bytes at
	bytes=$(wc -c <net.nbt)
	for at in 0 7 40 $((bytes / 3)) $((bytes / 2)) $((bytes - 40)) $((bytes - 2)); do
		python3 - "$at" <<'PY'
import sys
data = bytearray(open("net.nbt", "rb").read())
data[int(sys.argv[1])] ^= 1
open("x.nbt", "wb").write(data)
PY
		quick --workload x.nbt >refused.stdout 2>refused.stderr && status=0 || status=$?
		if [ "$status" -ne 0 ]; then
			[ "$status" -eq 3 ] || [ "$status" -eq 4 ] || [ "$status" -eq 5 ] || fail "byte $at: status $status"
			one_line nbsim "$status" "" || fail "byte $at"
		fi
	done
}

@test "tensors: missing, cut, empty, one bit changed, bytes after the end" {
	trace
	mv net.nbw good
	quick_refused 4 "net.nbw" --workload net.nbt
	head -c 1000 good >net.nbw
	quick_refused 3 "net.nbw" --workload net.nbt
	: >net.nbw
	quick_refused 3 "net.nbw" --workload net.nbt
	head -c -1 good >net.nbw
	quick_refused 3 "net.nbw" --workload net.nbt
	python3 -c 'd = bytearray(open("good", "rb").read()); d[len(d) // 2] ^= 4; open("net.nbw", "wb").write(d)'
	quick_refused 3 "net.nbw*CRC-32" --workload net.nbt
	{ cat good; printf x; } >net.nbw
	quick_refused 3 "net.nbw" --workload net.nbt
	cp good net.nbw
	quick --workload net.nbt >/dev/null
}

@test "nbcompile: cut parameters, wrong widths, an output that cannot be written" {
	cp -r "$NBSIM_ROOT/workloads/networks/neuroblend20-fashion" net
	head -c 1000 net/params.f32 >short && mv short net/params.f32
	refused 3 "params.f32" nbcompile net
	refused 2 "skip_weight_bits" nbcompile neuroblend20-fashion --set compile.skip_weight_bits=99
	refused 2 "nolayer" nbcompile neuroblend20-fashion --width nolayer.weight_bits=4
	refused 2 "nokey" nbcompile neuroblend20-fashion --width m1.nokey=4
	refused 4 "nodir/x" nbcompile neuroblend20-fashion -o nodir/x.nbt
	refused "[34]" "nope" nbcompile neuroblend20-fashion --params nope
	mkdir out.nbt
	refused 4 "out.nbt" nbcompile neuroblend20-fashion -o out.nbt
}

@test "nbcompile: a full disk leaves no half trace behind and says so" {
	(
		trap '' XFSZ
		ulimit -f 8 # 8 KiB
		nbcompile neuroblend20-fashion -q -o x.nbt >refused.stdout 2>refused.stderr
	) && status=0 || status=$?
	one_line nbcompile 4 "x.nb"
	[ ! -e x.nbt ] || ! quick --workload x.nbt >/dev/null 2>&1 || fail "the half trace can be simulated"
}

@test "images: missing, a folder, labels, cut, wrong size, wrong type, empty, not gzip" {
	need_images
	zcat "$test_images" >all.bin
	quick_refused 4 "nope" --images nope
	quick_refused 4 "/" --images /
	quick_refused 3 "labels" --images "$fashion/t10k-labels-idx1-ubyte.gz"
	head -c 100000 all.bin >cut.bin
	quick_refused 3 "cut.bin" --images cut.bin
	head -c 100000 "$test_images" >cut.gz
	quick_refused 3 "cut.gz" --images cut.gz
	: >empty.bin
	quick_refused 3 "empty.bin" --images empty.bin
	{ printf '\0\0\10\3\0\0\0\1\0\0\0\100\0\0\0\100'; head -c 4096 /dev/zero; } >big.bin # 64 x 64
	quick_refused 3 "64 x 64*28 x 28" --images big.bin
	{ printf '\0\0\11\3\0\0\0\1\0\0\0\34\0\0\0\34'; head -c 784 /dev/zero; } >signed.bin
	quick_refused 3 "signed.bin" --images signed.bin
	head -c 3074 /dev/zero >odd.bin
	quick_refused 3 "odd.bin*3073" --images odd.bin
	python3 -c 'd = bytearray(open("'"$test_images"'", "rb").read()); d[len(d) // 2] ^= 255; open("corrupt.gz", "wb").write(d)'
	quick_refused 3 "corrupt.gz" --images corrupt.gz
	[ ! -e nbsim.db ]
}

@test "mapping: missing, unknown layer, key and word, rows that do not fit" {
	quick_refused 4 "nope" --mapping nope
	printf '[m99]\nband_rows = 2\n' >m.ini
	quick_refused 3 "m.ini:1*m99" --mapping m.ini
	printf '[m5]\nband_row = 2\n' >m.ini
	quick_refused 3 "m.ini:2*band_row" --mapping m.ini
	printf '[m5]\nband_rows = 2k\n' >m.ini
	quick_refused 3 "m.ini:2*2k" --mapping m.ini
	printf '[m5]\nweights = everywhere\n' >m.ini
	quick_refused 3 "m.ini:2*everywhere" --mapping m.ini
	printf '[m5]\nband_rows = 32\n' >m.ini
	quick_refused 5 "m5" --mapping m.ini
}

@test "database: a folder, no folder, foreign, cut, text, another version" {
	refused 4 "is a folder" nbsim --kernel native --db .
	refused 4 "nodir/x.db" nbsim --kernel native --db nodir/x.db
	refused 4 "/proc/x.db" nbsim --kernel native --db /proc/x.db
	refused 4 "nope.db" nbsim runs --db nope.db
	[ ! -e nope.db ] || fail "reading made a database"
	echo "this is no database, and longer than a header of one hundred bytes would be, so that it is looked at in earnest" >text.db
	refused 3 "text.db" nbsim --kernel native --db text.db
	refused 3 "text.db" nbsim runs --db text.db
	grep -q "this is no database" text.db || fail "it was overwritten"
	python3 -c 'import sqlite3; d = sqlite3.connect("foreign.db"); d.execute("create table t(x)"); d.execute("insert into t values (1)"); d.commit()'
	refused 3 "foreign.db" nbsim --kernel native --db foreign.db
	refused 3 "foreign.db" nbsim show 12 --db foreign.db
	[ "$(python3 -c 'import sqlite3; print(sqlite3.connect("foreign.db").execute("select count(*) from sqlite_master").fetchone()[0])')" = 1 ] || fail "tables were added to a foreign database"
	nbsim --kernel native >/dev/null
	head -c 6000 nbsim.db >cut.db
	refused '[34]' "cut.db" nbsim runs --db cut.db
}

@test "database: no such run, ambiguous prefix" {
	nbsim --kernel native >/dev/null
	refused 3 "'zzz'" nbsim show zzz
	refused 3 "no run" nbsim show 0000000000000000
	refused 3 "''" nbsim show ''
	refused 3 "no run" nbsim rerun 0000000000000000
	local seed first
	for seed in 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18; do nbsim --kernel native --set run.seed=$seed >/dev/null; done
	first=$(nbsim runs --format csv | sed -nE 's/^([0-9a-f])[0-9a-f]{15}.*/\1/p' | sort | uniq -d | head -n 1)
	refused 3 "'$first'" nbsim show "$first"
}

@test "database: locked by another program" {
	nbsim --kernel native >/dev/null
	python3 -c '
import sqlite3, sys, time
db = sqlite3.connect("nbsim.db", isolation_level=None)
db.execute("begin exclusive")
open("held", "w").close()
for _ in range(600):
    time.sleep(0.05)
    if __import__("os").path.exists("done"): break
' &
	while [ ! -e held ]; do sleep 0.05; done
	refused 4 "lock" nbsim --kernel native --set run.seed=2
	touch done
	wait
	[ "$(nbsim runs --format csv | wc -l)" -eq 2 ]
	nbsim --kernel native --set run.seed=2 >/dev/null
}

@test "database: a full disk: one sentence, and no half-written run" {
	nbsim --kernel native >/dev/null
	local before
	before=$(nbsim runs)
	(
		trap '' XFSZ
		ulimit -f $(($(wc -c <nbsim.db) / 1024 + 8))
		nbsim --kernel native --layers --set run.seed=2 >refused.stdout 2>refused.stderr
	) && status=0 || status=$?
	one_line nbsim 4 "nbsim.db"
	[ "$(nbsim runs)" = "$before" ] || fail "$(nbsim runs)"
	[ "$(sqlite_check)" = ok ]
}

sqlite_check() { python3 -c 'import sqlite3; print(sqlite3.connect("nbsim.db").execute("pragma integrity_check").fetchone()[0])'; }

@test "output files: a full device, a folder, a missing folder" {
	[ -c /dev/full ] || skip "no /dev/full"
	local option
	for option in timeline vcd emit-commands; do
		quick_refused 4 "/dev/full" --$option /dev/full
		quick_refused 4 "nodir/x" --$option nodir/x
		quick_refused 4 "." --$option .
	done
	[ ! -e nbsim.db ]
	need_images
	quick_refused 4 "/dev/full" --images "$test_images" --count 5 --scores /dev/full
	quick_refused 4 "nodir/x" --images "$test_images" --count 5 --scores nodir/x
	refused 4 "/dev/full" nbsim --kernel native --images "$test_images" --count 200 --scores /dev/full
	[ ! -e nbsim.db ] || [ "$(nbsim runs --format csv | wc -l)" -le 1 ] || fail "a failed run was stored"
}

@test "output files: what cannot be written completely is removed" {
	local option
	trap '' XFSZ # a write beyond the limit fails, as on a full disk
	for option in timeline vcd emit-commands; do
		(ulimit -f 4 && refused 4 "x: cannot be written completely" nbsim --no-db --kernel native --$option x)
		[ ! -e x ] || fail "$option: $(wc -c <x) bytes were left"
		(ulimit -f 4 && refused 4 "x: cannot be written completely" \
			nbsim --no-db --config neuroblend20-streaming-u250.ini --$option x)
		[ ! -e x ] || fail "$option, streaming: $(wc -c <x) bytes were left"
	done
	(ulimit -f 4 && refused 4 "x: cannot be written completely" \
		nbsim --no-db --config neuroblend20-streaming-u250.ini --fifo-occupancy x)
	[ ! -e x ]
}

@test "options that would be dropped are refused" {
	refused 2 "--show-mapping prints and stops before --layers" nbsim --show-mapping --layers
	refused 2 "--show-mapping prints and stops before --timeline" nbsim --show-mapping --timeline x
	refused 2 "--describe prints and stops before --show-mapping" nbsim --describe --show-mapping
	refused 2 "--describe prints and stops before --emit-commands" nbsim --describe --emit-commands x
	refused 2 "--show-mapping prints a table: expected no --format but table" nbsim --show-mapping --format csv
	refused 2 "--describe prints a table: expected no --format but json" nbsim --describe --format csv
	local machine=(--config cnv-w1a1-ultra96.ini --size-fifos)
	refused 2 "--size-fifos prints and stops before --images" nbsim "${machine[@]}" --images x
	refused 2 "--size-fifos prints and stops before --db" nbsim "${machine[@]}" --db x
	refused 2 "--size-fifos prints a table" nbsim "${machine[@]}" --format json
	[ ! -e x ] && [ ! -e nbsim.db ]
	nbsim --kernel native >/dev/null
	local id command
	id=$(nbsim runs --format csv | sed -nE 's/^([0-9a-f]{16}).*/\1/p')
	for command in "runs" "show $id" "rerun $id"; do
		refused 2 "--set is of another machine than what is stored" nbsim $command --set binary_engine.words=2
	done
	refused 2 "--images is of another machine" nbsim rerun "$id" --images x
}

@test "standard output full: status 4 and one sentence from every command" {
	[ -c /dev/full ] || skip "no /dev/full"
	nbsim --kernel native >table
	local id command
	id=$(sed -nE 's/^stored as ([0-9a-f]{16}) in .*/\1/p' table)
	for command in "nbsim --no-db" "nbsim --no-db --format csv" "nbsim --no-db --format json" "nbsim --help" "nbsim --version" "nbsim --describe" \
		"nbsim --describe --format json" "nbsim --show-mapping" "nbsim --no-db --emit-commands -" "nbsim runs" "nbsim show $id" "nbsim rerun $id" \
		"nbcompile --help" "nbcompile neuroblend20-fashion"; do
		$command >/dev/full 2>refused.stderr && status=0 || status=$?
		one_line "${command%% *}" 4 "standard output" || fail "$command"
	done
}

@test "standard output closed: status 4, no crash" {
	nbsim --no-db --kernel native >&- 2>refused.stderr && status=0 || status=$?
	one_line nbsim 4 ""
}

@test "a pipe that its reader has closed: status 4 and one line from every command" {
	nbsim --kernel native >/dev/null
	local command
	for command in "nbsim --no-db --layers --format csv" "nbsim --help" "nbsim --describe" "nbsim runs" "nbsim --no-db --emit-commands -" \
		"nbcompile --help" "nbcompile neuroblend20-fashion"; do
		{
			sleep 0.2
			$command 2>refused.stderr && echo 0 >status.txt || echo $? >status.txt
		} | true
		status=$(cat status.txt)
		one_line "${command%% *}" 4 "" || fail "$command"
	done
}

@test "nbsim | head: the first line is whole, no crash" {
	{
		nbsim --no-db --layers --format csv 2>refused.stderr && echo 0 >status.txt || echo $? >status.txt
	} | head -n 1 >first
	[ "$(cat first)" = scope,name,value,unit ]
	status=$(cat status.txt)
	[ "$status" -eq 0 ] || one_line nbsim 4 ""
}

# interrupted SIGNAL ARGUMENTS...: nbsim is running, then gets the signal; leaves $status and refused.stderr.
interrupted() {
	local signal=$1 process
	shift
	nbsim "$@" >refused.stdout 2>refused.stderr &
	process=$!
	sleep 1.2
	kill -"$signal" "$process" || fail "it had ended by itself: $(cat refused.stderr)"
	(sleep 20 && kill -KILL "$process") 2>/dev/null & # one that does not listen
	wait "$process" && status=0 || status=$?
	kill $! 2>/dev/null || true
}

@test "Ctrl-C among the images: status 7, nothing half written" {
	need_images
	local signal
	for signal in INT TERM; do
		interrupted $signal --kernel native --images "$fashion/train-images-idx3-ubyte.gz" --scores scores.i32 --verify 0
		one_line nbsim 7 ""
		[ ! -s refused.stdout ] || fail "a result was printed"
		[ ! -e scores.i32 ] || fail "scores were written"
		[ ! -e nbsim.db ] || [ "$(nbsim runs --format csv | wc -l)" -le 1 ] || fail "$(nbsim runs)"
	done
}

@test "Ctrl-C while a long program is timed, by either kernel: status 7, nothing stored" {
	local kernel
	for kernel in native systemc; do
		interrupted INT --kernel $kernel --set run.frames=1000000
		one_line nbsim 7 "" || fail "$kernel"
		[ ! -e nbsim.db ] || [ "$(nbsim runs --format csv | wc -l)" -le 1 ]
	done
}
