# organisation = streaming: one engine a layer, joined by FIFOs.
load common

states="busy fill_drain dispatch blocked memory starved idle"

# CNV as BNN-PYNQ built it for Ultra96; shapes alone are enough for time.
write_cnv() {
	cat >cnv.ini <<-'INI'
		[machine]
		organisation = streaming
		clock_mhz = 300
		device = ultra96
		[run]
		workload = workloads/networks/cnv-w1a1
		frames = 20
		[streaming]
		folding = "16/3 32/32 16/32 16/32 4/32 1/32 1/4 1/8 4/1"
		link = pixel
		fifo_words = "input:128 L0:128 L1:2 L1.pool:128 L2:128 L3:2 L3.pool:81 L4:1 L5:1 L6:128 L7:3"
	INI
}

# A small network with skip paths: eight modules of NeuroBlend-18's form on 16 x 16 pixels.
write_skip() {
	mkdir -p small
	sed -E 's/^channels = 64/channels = 8/; s/^stage = 4/stage = 2/; s/^(image_height|image_width) = 32/\1 = 16/' \
		"$NBSIM_ROOT/workloads/networks/neuroblend18-cifar100/network.ini" >small/network.ini
	cat >skip.ini <<-'INI'
		[machine]
		organisation = streaming
		[run]
		workload = small
		frames = 3
		[streaming]
		pool_overhead_cycles = 3
	INI
}

@test "streaming: the table, at most 100 columns, also with --layers" {
	write_cnv
	ok nbsim --config cnv.ini --no-db
	columns_at_most 100
	[[ $output == "cnv-w1a1 on Ultra96 at 300 MHz, streaming: "* ]] || fail "${lines[0]}"
	local word layer
	for word in "How long" Throughput "Bottleneck    L6.matrix" "starves most" "blocked most" "FIFO depths" "Does it fit" "Draws" total; do
		[[ $output == *"$word"* ]] || fail "$word is missing"
	done
	for layer in L0 L4 L8; do [ "$(grep -cE "^$layer " <<<"$output")" -eq 2 ] || fail "$layer"; done
	[ "$(grep -cE '^L0.window ' <<<"$output")" -eq 0 ] || fail "stages without --layers"
	ok nbsim --config cnv.ini --no-db --layers
	columns_at_most 100
	for layer in L0.window L6.matrix L7.widen_out; do grep -qE "^$layer  " <<<"$output" || fail "$layer"; done
	[ -z "$(grep -nE ' $' <<<"$output")" ] || fail "blanks at the end of: $(grep -nE ' $' <<<"$output")"
}

@test "streaming: with skip paths, folding chosen, at most 100 columns" {
	write_skip
	ok nbsim --config skip.ini --no-db --layers
	columns_at_most 100
	grep -qE '^m7 +[0-9]+ x [0-9]+\+[0-9]+x[0-9]+ +' <<<"$output" || fail "no folding of m7's two paths"
	[[ $output == *"folding auto: "* ]]
}

@test "streaming: a frame takes at least the slowest stage; single and batch are as on the board within 0.1 %" {
	write_cnv
	nbsim --config cnv.ini --set run.frames=1330 --no-db --format csv >run.csv
	# Ultra96, 300 MHz: 527 us a single image, 145,902 us for 1,330 (BNN-PYNQ)
	awk -v one="$(value run.csv run latency_ms)" -v all="$(value run.csv run batch_ms)" \
		'BEGIN { exit !(one / 0.527 > 0.999 && one / 0.527 < 1.001 && all / 145.902 > 0.999 && all / 145.902 < 1.001) }' ||
		fail "$(value run.csv run latency_ms) ms, $(value run.csv run batch_ms) ms"
	[ "$(value run.csv run least_cycles_per_frame)" = 32768 ]
	[ "$(value run.csv run cycles_per_frame)" = 32768 ]
	[ "$(value run.csv run frames_per_s_basis)" = recurring_period ]
	[ "$(value run.csv run frames_simulated)" -lt 1330 ]
	[ "$(value run.csv run period_cycles)" = $((32768 * $(value run.csv run period_frames))) ]
}

@test "streaming: scopes, names and numbers are written as the schema says" {
	write_cnv
	nbsim --config cnv.ini --no-db --format csv >run.csv
	awk -F, 'NF != 4 { print "fields: " $0; bad = 1 } $4 == "" { print "no unit: " $0; bad = 1 }
		NR > 1 && $1 !~ /^(run|device|(unit|fifo|layer):[A-Za-z0-9_.]+)$/ { print "scope: " $0; bad = 1 }
		NR > 1 && $2 !~ /^[a-z][a-z0-9_]*$/ { print "name: " $0; bad = 1 }
		NR > 1 && ($4 == "cycles" || $4 == "words" || $4 == "bytes") && $3 !~ /^[0-9]+$/ { print "number: " $0; bad = 1 }
		NR > 1 && seen[$1 "," $2]++ { print "twice: " $0; bad = 1 }
		END { exit bad }' run.csv
	[ "$(value run.csv layer:L1 pe)" = 32 ]
	[ "$(value run.csv layer:L1 simd)" = 32 ]
	[ "$(value run.csv layer:L1 unstalled_cycles)" = 28224 ]
	[ "$(value run.csv fifo:L6.widen_out depth_words)" = 128 ]
	[ "$(value run.csv run bottleneck)" = L6.matrix ]
	[ "$(value run.csv run ddr_read_bytes)" = $((20 * 32 * 32 * 3)) ]
}

@test "streaming: attribution of every stage sums to the run, and of the period to the period" {
	write_skip
	nbsim --config skip.ini --no-db --format csv >run.csv
	awk -F, -v states="$states" -v total="$(value run.csv run total_cycles)" -v period="$(value run.csv run period_cycles)" '
		BEGIN { n = split(states, name, " "); for (i = 1; i <= n; i++) { is[name[i] "_cycles"] = 1; in_period["period_" name[i] "_cycles"] = 1 } }
		$1 ~ /^unit:/ && $2 in is { sum[$1] += $3 }
		$1 ~ /^unit:/ && $2 in in_period { part[$1] += $3 }
		END {
			for (u in sum) { units++; if (sum[u] != total || part[u] != period) { print u, sum[u], total, part[u], period; bad = 1 } }
			exit bad || units < 60
		}' run.csv
}

@test "streaming: --layers adds no rows; what is stored prints the same and reruns to the cycle" {
	write_cnv
	nbsim --config cnv.ini --format csv >a.csv
	nbsim --config cnv.ini --layers --format csv --no-db >b.csv
	same a.csv b.csv
	local id
	id=$(nbsim runs --format csv | sed -nE 's/^([0-9a-f]{16}).*/\1/p')
	nbsim show "$id" --format csv >c.csv
	same a.csv c.csv
	ok nbsim rerun "$id"
	[[ $output == *"$(value a.csv run total_cycles) cycles, as stored" ]]
}

@test "streaming: a flushing machine is no slower; a deeper FIFO neither; a target rate is met" {
	write_cnv
	write_skip
	nbsim --config cnv.ini --no-db --format csv >a.csv
	nbsim --config cnv.ini --set streaming.pipeline=flushing --no-db --format csv >b.csv
	[ "$(value b.csv run latency_cycles)" -lt "$(value a.csv run latency_cycles)" ]
	nbsim --config skip.ini --no-db --format csv >c.csv
	nbsim --config skip.ini --set streaming.fifo_depth_words=32 --no-db --format csv >d.csv
	awk -v shallow="$(value c.csv run cycles_per_frame)" -v deep="$(value d.csv run cycles_per_frame)" 'BEGIN { exit !(deep < shallow) }'
	nbsim --config skip.ini --set streaming.target_frames_per_s=20000 --no-db --format csv >e.csv
	local slow fast
	slow=$(value e.csv run least_cycles_per_frame) fast=$(value c.csv run least_cycles_per_frame)
	[ "$slow" -gt "$fast" ] && [ "$slow" -le 15000 ] || fail "300 MHz / 20000: $slow, $fast cycles"
	nbsim --config skip.ini --set streaming.fifo_depth_words=100000 --no-db --format csv >f.csv
	[ "$(value f.csv run cycles_per_frame)" = "$(value f.csv run least_cycles_per_frame)" ]
	[ "$(value f.csv run latency_cycles)" = "$(value f.csv run unbounded_fifo_latency_cycles)" ] # another folding: its memories count too
}

@test "streaming: --show-mapping, --emit-commands" {
	write_cnv
	ok nbsim --config cnv.ini --show-mapping
	columns_at_most 100
	grep -qE '^L6 +.* 32,?768 ' <<<"$output" || fail "no L6: $output"
	nbsim --config cnv.ini --show-mapping --emit-commands stages >/dev/null
	grep -q '^stage name=L6.matrix kind=matrix ' stages
	grep -q '^fifo name=L6.widen_out ' stages
	[ ! -e nbsim.db ]
}

@test "streaming: --fifo-occupancy and --timeline: fills within depths, highest as in the rows, spans within the run" {
	write_cnv
	nbsim --config cnv.ini --no-db --format csv --fifo-occupancy fill.csv --timeline run.json >run.csv
	nbsim --config cnv.ini --no-db --format csv >plain.csv
	same <(grep -v '^run,frames_simulated' run.csv) <(grep -v '^run,frames_simulated' plain.csv)
	python3 - <<'PY' || fail "occupancy or timeline"
import csv, json
rows = {(r["scope"], r["name"]): r["value"] for r in csv.DictReader(open("run.csv"))}
total = int(rows["run", "total_cycles"])
step = json.load(open("run.json"))["otherData"]["step_cycles"]
assert total / 4096 <= step < 2 * total / 4096, (total, step)
highest, last, final = {}, {}, {}
for r in csv.DictReader(open("fill.csv")):
    cycle, fill = int(r["cycle"]), int(r["fill"])
    assert cycle % step == 0 or cycle == total, r
    assert last.get(r["fifo"], -1) < cycle <= total, r
    last[r["fifo"]], final[r["fifo"]] = cycle, fill
    highest[r["fifo"]] = max(fill, highest.get(r["fifo"], 0))
for fifo, fill in highest.items():
    assert fill == int(rows["fifo:" + fifo, "highest_fill_words"]), (fifo, fill)
    assert fill <= int(rows["fifo:" + fifo, "depth_words"]) and final[fifo] == 0, fifo
assert len(highest) == int(rows["run", "fifos"])
frames = {}
for e in json.load(open("run.json"))["traceEvents"]:
    if e["ph"] == "X":
        assert 0 <= e["ts"] and e["ts"] + e["dur"] <= total, e
        frames[e["tid"]] = frames.get(e["tid"], 0) + 1
assert len(frames) == int(rows["run", "stages"]) and set(frames.values()) == {20}, frames
PY
}

@test "streaming: a short run's occupancy is to the cycle" {
	nbsim --set machine.organisation=streaming --workload tfc-w1a1 --no-db --fifo-occupancy fill.csv --format csv >run.csv
	[ "$(value run.csv run total_cycles)" -le 4096 ]
	awk -F, 'NR > 1 && $1 == before && ($3 > fill + 1 || $3 < fill - 1) { print; bad = 1 } { before = $1; fill = $3 } END { exit bad }' fill.csv
}

@test "streaming: --vcd: the last time is the run's, states sum to the counters, the highest fill is the FIFO's; both kernels" {
	write_cnv
	write_skip
	local config
	for config in cnv skip; do
		nbsim --config $config.ini --set run.frames=2 --no-db --format csv --vcd a.vcd >run.csv
		nbsim --config $config.ini --set run.frames=2 --no-db --format csv --vcd b.vcd --kernel systemc >b.csv
		same a.vcd b.vcd
		python3 - <<'PY' || fail "$config.ini"
import csv
rows = {(r["scope"], r["name"]): r["value"] for r in csv.DictReader(open("run.csv"))}
total = int(rows["run", "total_cycles"])
states = ["busy", "fill_drain", "dispatch", "blocked", "memory", "starved", "idle"]
path, names, value, since, now = [], {}, {}, {}, None
cycles, highest = {}, {}
def note(code):
    if code in value:
        key = names[code], value[code]
        cycles[key] = cycles.get(key, 0) + now - since[code]
        highest[names[code]] = max(value[code], highest.get(names[code], 0))
for line in open("a.vcd"):
    word = line.split()
    if word[0] == "$scope": path.append(word[2])
    elif word[0] == "$upscope": path.pop()
    elif word[0] == "$var": names[word[3]] = ".".join(path + [word[4]])
    elif line[0] == "#":
        assert now is None or int(line[1:]) > now
        now = int(line[1:])
    elif line[0] in "01b":
        code = word[1] if line[0] == "b" else word[0][1:]
        note(code)
        value[code], since[code] = int(word[0][1:] if line[0] == "b" else line[0], 2), now
assert now == total, (now, total)
for code in names: note(code)
stages = [s[5:] for s, n in rows if s.startswith("unit:") and n == "kind"]
assert len(stages) == int(rows["run", "stages"]) and len(names) == 2 * len(stages) + int(rows["run", "fifos"])
for stage in stages:
    for number, state in enumerate(states):
        shown = cycles.get(("nbsim.stages." + stage + ".state", number), 0)
        assert shown == int(rows.get(("unit:" + stage, state + "_cycles"), 0)), (stage, state, shown)
for scope, name in rows:
    if name == "highest_fill_words":
        assert highest["nbsim.fifos." + scope[5:] + ".fill"] == int(rows[scope, name]), scope
PY
	done
}

@test "streaming: a stuck pipeline: status 6, one sentence, every FIFO and stage, and depths that free it" {
	write_skip
	echo 'fifo_words = "m3.fork.skip:2 m4.skip.narrow_in:2 m4.skip.matrix:2"' >>skip.ini
	run --separate-stderr nbsim --config skip.ini --no-db
	[ "$status" -eq 6 ] || fail "status $status: $stderr"
	[[ $stderr == "nbsim: the pipeline is stuck in cycle "* && $(wc -l <<<"$stderr") -eq 1 ]] || fail "$stderr"
	[[ ${lines[0]} == "The pipeline is stuck after "* ]]
	columns_at_most_but '^fifo_words'
	grep -qE '^m3.fork.skip +2 +2 +[0-9]+$' <<<"$output" || fail "no depth for m3.fork.skip"
	grep -qE '^m1.join .*(no room|no word)' <<<"$output"
	local words
	words=$(sed -nE 's/^fifo_words that frees it: "(.*)"$/\1/p' <<<"$output")
	[ -n "$words" ]
	ok nbsim --config skip.ini --no-db --set "streaming.fifo_words=$words"
	run --separate-stderr nbsim --config skip.ini --no-db --format csv
	[ "$status" -eq 6 ] && [ -z "$output" ]
}

@test "streaming: --size-fifos: fewer bits, the same throughput, and its lines make that machine" {
	local set=(--set machine.organisation=streaming --set run.frames=50 --workload tfc-w1a1 --no-db)
	nbsim "${set[@]}" --set streaming.fifo_depth_words=64 --format csv >before.csv
	ok nbsim "${set[@]}" --set streaming.fifo_depth_words=64 --size-fifos
	columns_at_most_but '^fifo_words'
	local bits words depth
	read -r _ _ _ bits words <<<"$(grep '^bits in FIFOs' <<<"$output")"
	[ "$words" -lt "$bits" ] || fail "bits $bits $words"
	words=$(sed -nE 's/^fifo_words = "(.*)"$/\1/p' <<<"$output")
	depth=$(sed -nE 's/^fifo_depth_words = ([0-9]+).*$/\1/p' <<<"$output")
	[ "$depth" = 2 ]
	nbsim "${set[@]}" --set streaming.fifo_depth_words=2 --set "streaming.fifo_words=$words" --format csv >after.csv
	[ "$(value after.csv run cycles_per_frame)" = "$(value before.csv run cycles_per_frame)" ]
	[ "$(value after.csv run latency_cycles)" = "$(value before.csv run latency_cycles)" ]
	# from too shallow: --fastest finds depths that reach what any depth gives
	nbsim "${set[@]}" --format csv >shallow.csv
	words=$(nbsim "${set[@]}" --size-fifos --fastest | sed -nE 's/^fifo_words = "(.*)"$/\1/p')
	nbsim "${set[@]}" --set "streaming.fifo_words=$words" --format csv >fastest.csv
	[ "$(value fastest.csv run cycles_per_frame)" = "$(value shallow.csv run least_cycles_per_frame)" ]
	[ "$(value shallow.csv run cycles_per_frame)" -gt "$(value fastest.csv run cycles_per_frame)" ]
}

@test "streaming: both kernels give the same rows" {
	write_cnv
	write_skip
	local config
	for config in cnv skip; do
		nbsim --config $config.ini --set run.frames=4 --no-db --format csv --kernel native --fifo-occupancy a.fill >a.csv
		nbsim --config $config.ini --set run.frames=4 --no-db --format csv --kernel systemc --fifo-occupancy b.fill >b.csv
		same a.csv b.csv
		same a.fill b.fill
	done
}

# golden_values CONFIG NETWORK IMAGES: the first 20 images give the golden scores, 16 of them word by word too.
golden_values() {
	ok nbsim --config "$1" --no-db --workload "$NBSIM_DATA/bnn-pynq/$2" --count 20 --quiet --format csv \
		--images "$NBSIM_DATA/images/$3" --scores scores.i32
	echo "$output" >run.csv
	[ "$(value run.csv run images)" = 20 ]
	[ "$(value run.csv run images_on_program)" = 16 ]
	same scores.i32 <(head -c 800 "$NBSIM_DATA/golden/$2.scores.i32")
}

@test "streaming: values of real images are golden's, the first 16 word by word through the pipeline" {
	need_data bnn-pynq/cifar10-cnvW1A1
	need_data golden/cifar10-cnvW1A1.scores.i32
	local cifar=cifar10-test-first1000.bin mnist=mnist-t10k-images-idx3-ubyte
	golden_values cnv-w1a1-ultra96.ini cifar10-cnvW1A1 $cifar
	golden_values cnv-w1a2-pynq-z1.ini cifar10-cnvW1A2 $cifar
	golden_values cnv-w2a2-ultra96.ini cifar10-cnvW2A2 $cifar
	golden_values lfc-w1a1-pynq-z1.ini mnist-lfcW1A1 $mnist
	golden_values lfc-w1a2-ultra96.ini mnist-lfcW1A2 $mnist
	write_cnv
	golden_values cnv.ini cifar10-cnvW1A1 $cifar
	[ "$(value run.csv run latency_cycles)" = 158064 ]
}

@test "streaming: both organisations give the same scores of real images; --verify says how many go through the pipeline" {
	need_images
	local set=(--no-db --workload neuroblend20-fashion --images "$test_images" --count 6 --quiet)
	nbsim "${set[@]}" --config u250.ini --scores a >/dev/null
	ok nbsim "${set[@]}" --config neuroblend20-streaming-u250.ini --scores b --verify 4
	same a b
	columns_at_most 100
	[[ $output == *"of 6 images"*"4 of them through the emitted program, bit-exact"* ]] || fail "$output"
	nbsim "${set[@]}" --config neuroblend20-streaming-u250.ini --scores b --verify 0 --format csv >run.csv
	[ "$(value run.csv run images_on_program)" = 0 ]
}

@test "streaming: shapes without weights run, and have no values" {
	write_cnv
	[[ $(nbsim --config cnv.ini --no-db) == *"shapes with seeded weights"* ]]
	head -c 3073 /dev/zero >image.bin # a CIFAR-10 record
	refused 3 "shapes and seeded weights" nbsim --config cnv.ini --no-db --images image.bin
}

@test "streaming: options of the other organisation are refused" {
	write_cnv
	refused 2 "--mapping is for organisation = time_shared" nbsim --config cnv.ini --no-db --mapping x
	refused 2 "expected --size-fifos too" nbsim --config cnv.ini --no-db --fastest
	refused 2 "expected machine.organisation = streaming" nbsim --no-db --size-fifos
	refused 2 "expected machine.organisation = streaming" nbsim --no-db --fifo-occupancy x
	refused 4 "/nowhere/x: cannot be written" nbsim --config cnv.ini --no-db --fifo-occupancy /nowhere/x
	refused 4 "/nowhere/x: cannot be written" nbsim --config cnv.ini --no-db --vcd /nowhere/x
}

@test "exactness: a parameter of the other organisation does not count" {
	nbsim --no-db --format csv >a.csv
	{ cat "$NBSIM_ROOT/configs/u250.ini" && printf '[streaming]\nmatrix_latency_cycles = 9\n'; } >both.ini
	nbsim --config both.ini --no-db --format csv >b.csv
	same a.csv b.csv
	[ "$(value a.csv run exactness)" = rtl ]
	write_cnv
	nbsim --config cnv.ini --no-db --format csv >c.csv
	printf '[sequencer]\nqueue_depth = 7\n' >>cnv.ini
	nbsim --config cnv.ini --no-db --format csv >d.csv
	same c.csv d.csv
}

@test "--set of what the machine does not read is refused" {
	refused 2 "fifo_depth_words=9 changes nothing: this machine is time_shared" nbsim --no-db --set streaming.fifo_depth_words=9
	write_cnv
	local set
	for set in binary_engine.pes=32 dram.channels=2 buffer.bit_weights.banks=2 mapper.maps=spilled; do
		refused 2 "$set changes nothing: this machine is streaming" nbsim --config cnv.ini --no-db --set $set
	done
	ok nbsim --config cnv.ini --no-db --set dram.row_bytes=2048 # its energy reads it
	ok nbsim --no-db --set machine.organisation=streaming --set streaming.fifo_depth_words=9
	ok nbsim --describe --set streaming.fifo_depth_words=9
}

@test "streaming: a FIFO named twice, a rate beside a folding: refused, with the file" {
	write_cnv
	refused 3 "cnv.ini: [streaming] fifo_words: 'L0.widen_out' is FIFO L0.widen_out*already" \
		nbsim --config cnv.ini --no-db --set "streaming.fifo_words=L0.widen_out:3 L0.widen_out:4"
	refused 2 "target_frames_per_s=5000 changes nothing: streaming.folding is set" \
		nbsim --config cnv-w1a1-ultra96.ini --no-db --set streaming.target_frames_per_s=5000
	refused 2 "budget_percent=5 changes nothing" nbsim --config cnv-w1a1-ultra96.ini --no-db --set streaming.budget_percent=5
	ok nbsim --config cnv-w1a1-ultra96.ini --no-db --set streaming.target_frames_per_s=5000 --set streaming.folding=auto
	refused 3 "cnv.ini: [streaming] folding: 1 foldings for the 9 layers" nbsim --config cnv.ini --no-db --set streaming.folding=1/1
}

@test "streaming: budgets too small, long reasons: at most 100 columns" {
	ok nbsim --config cnv-w1a1-ultra96.ini --no-db --set streaming.folding=auto --set streaming.fifo_words=auto --set streaming.budget_percent=1
	columns_at_most 100
	[[ $output == *"over the budget even as small as it can be"* ]] || fail "$output"
	ok nbsim --config vgg10-radio-zcu104.ini --no-db --set streaming.fifo_depth_words=0 --set streaming.window_latency_cycles=2
	columns_at_most 100
	ok nbsim --config cnv-w2a2-pynq-z1.ini --no-db --set run.frames=489046 --set streaming.dma_start_cycles=1000000
	columns_at_most 100
}
