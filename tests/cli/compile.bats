# nbcompile, and its traces in nbsim.
load common

@test "the shipped, trained network: table of 100 columns, what was fused, widths" {
	ok nbcompile neuroblend20-fashion -o net.nbt
	columns_at_most 100
	[[ $output == "network neuroblend20-fashion: "*"trained weights"* ]]
	[[ $output == *"from m7.main.conv, m7.main.bn"* && $output == *"wrote net.nbt"* ]]
	[ -s net.nbt ]
	[ -s net.nbw ]
}

@test "a trace written and then simulated equals compiling on the fly" {
	nbcompile neuroblend20-fashion -q -o net.nbt
	nbsim --no-db --layers --format csv >fly.csv
	nbsim --no-db --layers --format csv --workload net.nbt >trace.csv
	same fly.csv trace.csv
	if [ -r "$test_images" ]; then
		nbsim --no-db --images "$test_images" --count 20 --scores a >/dev/null
		nbsim --no-db --images "$test_images" --count 20 --scores b --workload net.nbt >/dev/null
		same a b
	fi
}

@test "by name, by folder, from another folder: the same bytes" {
	nbcompile neuroblend20-fashion -q -o a.nbt
	nbcompile "$NBSIM_ROOT/workloads/networks/neuroblend20-fashion" -q -o b.nbt
	same a.nbw b.nbw
	diff <(sed 's/\<a\.nbw/x.nbw/' a.nbt) <(sed 's/\<b\.nbw/x.nbw/' b.nbt)
}

@test "without -o: the table alone, no file; -q: nothing" {
	ok nbcompile neuroblend20-fashion
	[ "${#lines[@]}" -gt 20 ]
	[ -z "$(find . -name '*.nb?')" ]
	ok nbcompile neuroblend20-fashion -q
	[ -z "$output" ]
}

@test "--shape-only neuroblend18-cifar100: compiles, simulates, claims no accuracy" {
	ok nbcompile neuroblend18-cifar100 --shape-only -o n18.nbt
	[[ $output == *"100 classes"* && $output != *"trained weights"* ]]
	nbsim --no-db --format csv --workload n18.nbt --set binary_engine.window_bits=4608 --kernel native >native.csv
	nbsim --no-db --format csv --workload n18.nbt --set binary_engine.window_bits=4608 --kernel systemc >systemc.csv
	same native.csv systemc.csv
	[ "$(value native.csv run total_cycles)" -gt 10000 ]
	absent '^run,float_top1,[0-9]' native.csv
}

@test "--shape-only: the seed decides the weights, not the cycles" {
	nbcompile neuroblend18-cifar100 --shape-only -q --seed 1 -o a.nbt
	nbcompile neuroblend18-cifar100 --shape-only -q -o b.nbt
	nbcompile neuroblend18-cifar100 --shape-only -q --seed 2 -o c.nbt
	same a.nbw b.nbw
	differ a.nbw c.nbw
	nbsim --no-db --format csv --workload a.nbt --set binary_engine.packing=channel >a.csv
	nbsim --no-db --format csv --workload c.nbt --set binary_engine.packing=channel >c.csv
	[ "$(value a.csv run total_cycles)" = "$(value c.csv run total_cycles)" ]
}

@test "--shape-only blendmixer compiles and simulates" {
	ok nbcompile blendmixer --shape-only -o mixer.nbt
	nbsim --no-db --format csv --workload mixer.nbt >mixer.csv
	[ "$(value mixer.csv run total_cycles)" -gt 1000 ]
}

networks_of_boards="cnv-w1a1 cnv-w1a2 cnv-w2a2 lfc-w1a1 lfc-w1a2 tfc-w1a1 tfc-w1a2 tfc-w2a2 kws-w3a3 cybersecurity-w2a2 \
	vgg10-radio mobilenet-v1-w4a4 resnet50-w1a2"

@test "--shape-only: the networks of measured boards, each in 100 columns, written and read again" {
	local network
	for network in $networks_of_boards; do
		ok nbcompile $network --shape-only -o net.nbt
		columns_at_most 100
		[[ $output == "network $network: "*"no accuracy claimed"*"all main weights: "* ]] || fail "$network: $output"
		[ -s net.nbt ] && [ -s net.nbw ]
		grep -q '^#.*https://' "$NBSIM_ROOT/workloads/networks/$network/network.ini" || fail "$network: no source"
	done
}

@test "what time_shared cannot run is refused with the layer and the organisation that can" {
	nbcompile mobilenet-v1-w4a4 --shape-only -q -o a.nbt
	refused 5 "layer conv1: an unsigned output map; organisation = time_shared has no such unit, organisation = streaming" nbsim --no-db --workload a.nbt
	nbcompile tfc-w1a1 --shape-only -q -o a.nbt
	refused 5 "layer quant: a depthwise convolution" nbsim --no-db --workload a.nbt
	nbcompile vgg10-radio --shape-only -q -o a.nbt
	refused 5 "layer L0: a kernel, stride or pad that differs along rows and columns" nbsim --no-db --workload a.nbt
	nbcompile cybersecurity-w2a2 --shape-only -q -o a.nbt
	refused 5 "layer L0: a fixed convolution of a map of bits" nbsim --no-db --workload a.nbt
	nbcompile resnet50-w1a2 --shape-only -q -o a.nbt
	refused 5 "layer conv1: a maximum pool that is not 2 x 2" nbsim --no-db --workload a.nbt
	sed -e 's/^bits = 2/bits = 4/' -e 's/^levels = 3/levels = 5/' -e 's/cnv-w2a2/four/' \
		"$NBSIM_ROOT/workloads/networks/cnv-w2a2/network.ini" >network.ini
	nbcompile . --shape-only -q -o a.nbt
	refused 5 "layer L0: 4 thresholds; organisation = time_shared has at most 3, organisation = streaming runs it" nbsim --no-db --workload a.nbt
}

@test "what both organisations run: cnv and lfc shapes on time_shared, one fixed lane for 1-bit weights" {
	local network
	for network in cnv-w1a1 cnv-w1a2 cnv-w2a2 lfc-w1a1 lfc-w1a2; do
		nbcompile $network --shape-only -q -o net.nbt
		nbsim --no-db --format csv --workload net.nbt --set binary_engine.packing=channel >run.csv
		[ "$(value run.csv run total_cycles)" -gt 1000 ]
	done
}

@test "a network's own weight_bits, and --width above it" {
	nbcompile cnv-w2a2 --shape-only --width L3.conv.weight_bits=4 >table
	grep -E '^L3 ' table | grep -q 'fixed 3x3 4b'
	grep -E '^L4 ' table | grep -q 'fixed 3x3 2b'
	nbcompile cnv-w2a2 --shape-only --set compile.stem_weight_bits=5 >table
	grep -E '^L0 ' table | grep -q 'fixed 3x3 2b'
}

@test "widths: --set compile.*, --width LAYER.KEY and --config change the trace" {
	nbcompile neuroblend20-fashion -q -o base.nbt
	nbcompile neuroblend20-fashion -q -o four.nbt --set compile.skip_weight_bits=4
	differ base.nbw four.nbw
	nbcompile neuroblend20-fashion -o mixed.nbt --set compile.skip_weight_bits=4 --width m1.skip.conv.weight_bits=8 >table
	grep -E '^m1 ' table | grep -q 'fixed 1x1 8b'
	grep -E '^m2 ' table | grep -q 'fixed 1x1 4b'
	printf '[compile]\nskip_weight_bits = 4\n' >widths.ini
	nbcompile neuroblend20-fashion -q -o file.nbt --config widths.ini
	same four.nbw file.nbw
}

@test "the widths of a trace reach the machine: wider than the lanes is refused, narrower runs" {
	nbcompile neuroblend20-fashion -q -o four.nbt --set compile.skip_weight_bits=4
	nbsim --no-db --workload four.nbt --format csv >four.csv
	refused 5 "8 bits" nbsim --no-db --workload four.nbt --set fixed_engine.weight_bits=4 # stem and head
	nbcompile neuroblend20-fashion -q -o all.nbt --set compile.skip_weight_bits=4 --set compile.stem_weight_bits=4 --set compile.head_weight_bits=4
	nbsim --no-db --workload all.nbt --set fixed_engine.weight_bits=4 --format csv >all.csv
	[ "$(value all.csv run total_cycles)" -gt 1000 ]
	[ "$(value all.csv unit:fixed_engine dsp)" -lt "$(value four.csv unit:fixed_engine dsp)" ] # two products a DSP
}

@test "a folder without parameters is refused without --shape-only" {
	refused 3 "--shape-only" nbcompile neuroblend18-cifar100
}

bnn_pynq() { # bnn_pynq FOLDER
	need_data "bnn-pynq/$1/net.txt"
	ok nbcompile "$NBSIM_DATA/bnn-pynq/$1" -o net.nbt
	nbsim --no-db --format csv --workload net.nbt --set binary_engine.packing=channel --kernel native >native.csv
	nbsim --no-db --format csv --workload net.nbt --set binary_engine.packing=channel --kernel systemc >systemc.csv
	same native.csv systemc.csv
	[ "$(value native.csv run total_cycles)" -gt 1000 ]
}

@test "BNN-PYNQ CNV W1A1 from its folder" { bnn_pynq cifar10-cnvW1A1; }
@test "BNN-PYNQ CNV W1A2 from its folder" { bnn_pynq cifar10-cnvW1A2; }
@test "BNN-PYNQ CNV W2A2 from its folder" { bnn_pynq cifar10-cnvW2A2; }
@test "BNN-PYNQ LFC W1A1 from its folder" { bnn_pynq mnist-lfcW1A1; }

@test "blend20-cifar10 from its folded integers and from its float parameters" {
	need_data blend20-cifar10/net.txt
	ok nbcompile "$NBSIM_DATA/blend20-cifar10" -o folded.nbt
	ok nbcompile "$NBSIM_DATA/blend20-cifar10" --float -o float.nbt
	local trace
	for trace in folded float; do
		nbsim --no-db --format csv --workload $trace.nbt >$trace.csv
		[ "$(value $trace.csv run total_cycles)" -gt 10000 ]
	done
}

@test "blend20-cifar10: images of the data folder give a sensible top-1" {
	need_data blend20-cifar10/net.txt
	need_data images/cifar10-test-first1000.bin
	local images=$NBSIM_DATA/images/cifar10-test-first1000.bin
	nbsim --no-db --format csv --workload "$NBSIM_DATA/blend20-cifar10" --images "$images" --count 50 >run.csv
	awk -v top1="$(value run.csv run top1)" 'BEGIN { exit !(top1 > 0.6) }' || fail "top1 $(value run.csv run top1)"
}
