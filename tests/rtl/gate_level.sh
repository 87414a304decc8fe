#!/usr/bin/env bash
# Gate-level spot check: one structure of the equality campaign is synthesised by yosys (memories as LUT RAM, DSP48E2 instances kept), its
# netlist runs in Verilator with yosys' cell models and the behavioural DSP48E2, and must give the same cycles, attribution and bits.
# usage: gate_level.sh BUILD [STRUCTURE [CASES [SEED]]]       last line: N passed, N failed. Takes several minutes.
set -uo pipefail
cd "$(dirname "$0")/../.."
build=$(realpath "$1")
structure=${2:-fused4} cases=${3:-8} seed=${4:-31}
cells=$(yosys-config --datdir 2>/dev/null)/xilinx/cells_sim.v
[ -f "$cells" ] || cells=/usr/share/yosys/xilinx/cells_sim.v
[ -f "$cells" ] || { echo "gate_level: yosys' cells_sim.v is not installed"; echo "0 passed, 1 failed"; exit 1; }
work=$(mktemp -d)
[ -n "${NBSIM_GATE_KEEP:-}" ] && work=$NBSIM_GATE_KEEP && mkdir -p "$work" || trap 'rm -rf "$work"' EXIT

fail() {
	echo "gate_level: $1"
	[ -f "$work/log" ] && tail -n 5 "$work/log"
	echo "0 passed, $cases failed"
	exit 1
}

"$build/bin/nb_equal" write "$structure" "$cases" "$seed" "$work/cases" "$work/expected" >"$work/log" || fail "no cases"
parameters=$("$build/bin/nb_equal" structures | awk -v name="$structure" '$1 == name { $1 = ""; print }')
# The program memory only has to hold the longest program.
commands=$(awk '/^command/ { n++ } /^end/ { if (n > most) most = n; n = 0 } END { size = 64; while (size < most) size *= 2; print size }' "$work/cases")
NBSIM_RTL_PARAMETERS=$work sh tests/rtl/build.sh $parameters program_commands="$commands" >"$work/log" 2>&1 || fail "parameters"

machine=$(sed -E 's/-G(CHANNELS)=[0-9]+//; s/-G([A-Z_0-9]+)=([0-9]+)/-set \1 \2/g' "$work/generics")
sources=$(cd tests/rtl && ls nb_*.v | grep -vE 'nb_(bench|attribution|ddr_channel)\.v' | tr '\n' ' ')
(cd tests/rtl && nice yosys -q -p "read_verilog -sv -I. $sources; chparam $machine nb_top; hierarchy -top nb_top; rename -top nb_top_gates;
	setattr -set ram_style \"distributed\" */m:*memory; synth_xilinx -family xcup -nodsp -nobram -top nb_top_gates -noiopad -noclkbuf;
	write_verilog -noattr $work/gates.v") >"$work/log" 2>&1 || fail "synthesis"

# The bench's nb_top: parameters and ports of the source, inside the netlist.
awk '{ print } /^\);/ { exit }' tests/rtl/nb_top.v >"$work/nb_top.v"
printf '\tnb_top_gates gates (.*);\nendmodule\n' >>"$work/nb_top.v"
(
	cd tests/rtl
	nice verilator --cc --exe --build -O3 --x-assign fast --x-initial fast --noassert --no-timing -Wno-fatal -Wno-lint -Wno-style \
		-CFLAGS "-std=c++17 -I$work" -MAKEFLAGS "OPT_FAST=-O0 OPT_SLOW=-O0 OPT_GLOBAL=-O1" $(cat "$work/generics") -I. \
		--Mdir "$work/obj" --top-module nb_bench -o "$work/bench" nb_bench.v "$work/nb_top.v" "$work/gates.v" "$cells" dsp48e2_sim.v \
		nb_ddr_channel.v nb_attribution.v "$PWD/bench.cpp"
) >"$work/log" 2>&1 || fail "Verilator"
"$work/bench" "$work/cases" >"$work/got" 2>"$work/errors" || head -n 3 "$work/errors"
awk -v c="$(grep -c '^  *\(LUT[1-6]\|FD[RSCP]E\|CARRY4\|RAM[0-9]*M[0-9]*\|SRL16E\|DSP48E2\) ' "$work/gates.v")" \
	-v k="$(awk '/^total_cycles/ { n += $2 } END { print n }' "$work/got")" 'BEGIN { print c " cells, " k " cycles" }'
"$build/bin/nb_equal" compare "$work/expected" "$work/got"
