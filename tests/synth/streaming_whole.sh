#!/usr/bin/env bash
# Whole streaming pipelines in one piece: the reference RTL of a configuration (masters and their FIFOs aside), flat, by yosys for
# UltraScale+, beside what the estimator gives for the same stages. Rows of tests/synth/streaming_whole.csv are kept; delete one to make it again.
# usage: streaming_whole.sh BUILD      last line: N pipelines
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$1 result=tests/synth/streaming_whole.csv rtl=tests/rtl/streaming
header=pipeline,config,settings,luts,memory_luts,ffs,carry4,bram18,urams,dsps,yosys
[ -f "$result" ] || echo "$header" >"$result"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
g++ -std=c++17 -O1 -o "$work/generate" "$rtl"/{generate,pipeline,stages}.cpp

simulate() { # simulate ARGUMENTS...: with the settings of the pipeline
	local arguments=(--config "configs/$config" --no-db --kernel native) setting
	for setting in "${settings[@]}"; do arguments+=(--set "$setting"); done
	"$build/bin/nbsim" "${arguments[@]}" "$@"
}

# Weights and parameters can be loaded, as in the single stages, so that memories are not constants.
expose_loads() {
	sed -E 's/\.(load_[a-z_]+)\(1.b0\)/.\1(load_enable[@])/g; s/\.(load_[a-z_]+)\(0\)/.\1(load_word)/g; s/, \.(WEIGHTS|PARAMETERS)\("[^"]*"\)//g' |
		awk '/^module p0/, /^endmodule/ {
			while (sub(/@/, n + 0)) n++
			sub(/input clock,/, "input clock, input [1023:0] load_enable, input [16383:0] load_word,")
			print
		}'
}

synthesise() {
	mkdir -p "$work/$name/values" "$work/$name/case"
	simulate --emit-commands "$work/$name/case/pipeline.txt" >/dev/null
	"$work/generate" "$work/$name/values" --fifo-memory 0 "$work/$name/case"
	expose_loads <"$work/$name/values/ns_top.v" >"$work/$name/top.v"
	timeout 3600 nice -n 19 yosys -q -p "read_verilog -sv $work/$name/top.v $rtl/ns_*.v tests/rtl/nb_compressor.v; hierarchy -top p0; proc; flatten;
		cd p0; delete -output w:states w:counts; cd; opt_clean -purge;
		synth_xilinx -family xcup -nodsp -top p0 -noiopad -noclkbuf; tee -q -o $work/stat stat -tech xilinx" >"$work/log" 2>&1
	echo "$name,$config,${settings[*]},$(awk -f tests/synth/cells.awk -f tests/synth/streaming_cells.awk "$work/stat"),$(yosys -V | awk '{ print $2 }')" >>"$result"
}

compare() { # ours without masters and their FIFOs: of the DMA stages only 96 + 85 LUTs, 131 + 97 flip-flops
	simulate --format csv | awk -F, -v name="$name" -v row="$(grep "^$name," "$result")" '
		$1 == "run" { run[$2] = $3 }
		$1 ~ /^unit:(input|output).dma$/ { dma[$2] += $3 }
		END {
			split(row, f, ",")
			luts = run["lut"] - dma["lut"] + 181; ffs = run["ff"] - dma["ff"] + 228; blocks = 2 * (run["bram36"] - dma["bram36"])
			printf "%-10s LUT %6d for %6d (%+.1f %%)  FF %6d for %6d (%+.1f %%)  RAMB18 %4d for %4d\n", name, luts, f[4],
				100 * (luts / f[4] - 1), ffs, f[6], 100 * (ffs / f[6] - 1), blocks, f[8]
		}'
}

pipeline() { # pipeline NAME CONFIG SETTINGS...
	name=$1 config=$2 settings=("${@:3}")
	grep -q "^$name," "$result" || synthesise
	compare
}
shallow="streaming.fifo_depth_words=2"
pipeline cnv cnv-w1a1-pynq-z2.ini streaming.memories=shared streaming.fifo_words=auto $shallow "streaming.folding=4/3 4/8 4/8 4/8 2/8 1/8 1/4 1/4 1/1"
pipeline tfc tfc-w1a1-pynq-z2.ini $shallow
pipeline cnv-2bit cnv-w1a2-pynq-z2.ini streaming.memories=shared streaming.fifo_words=auto $shallow "streaming.folding=2/3 4/4 2/8 4/8 2/8 1/8 1/4 1/4 1/1"
echo "$(($(wc -l <"$result") - 1)) pipelines"
