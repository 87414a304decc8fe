#!/usr/bin/env bash
# Mixed level: the binary engine, the post unit and both DMA masters of the SystemC model are replaced by their verilated RTL
# (verilator --sc), one by one and all at once, in a NeuroBlend-20 run; the result must not move.
# usage: run_mixed.sh BUILD [CONFIG [NETWORK]]       last line: N passed, N failed
set -uo pipefail
cd "$(dirname "$0")/../../.."
build=$(realpath "$1")
config=${2:-u250} network=${3:-workloads/networks/neuroblend20-fashion}
images=/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz
cache=${NBSIM_RTL_CACHE:-$build/rtl}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "mixed: $1"
	[ -s "$work/log" ] && grep -E 'rror|undefined' "$work/log" | head -n 5
	echo "0 passed, 1 failed"
	exit 1
}

# The machine as the RTL's parameters.
"$build/bin/nb_equal" network "configs/$config.ini" "$network" "$images" 1 "$work/cases" "$work/expected" >"$work/log" 2>&1 || fail "no case"
machine=$(sed -n 's/^machine //p' "$work/cases" | head -n 1)
# shellcheck disable=SC2086
NBSIM_RTL_PARAMETERS=$work sh tests/rtl/build.sh $machine >"$work/log" 2>&1 || fail "parameters"
generic() { sed -E "s/.* -G$1=([0-9]+).*/\1/" <<<" $(cat "$work/generics") "; }
log2() { local n=0; while [ $((1 << n)) -lt "$1" ]; do n=$((n + 1)); done; echo $n; }
P=$(generic P) W=$(generic W) R=$(generic R) Q=$(generic Q) L=$(generic L) X=$(generic X)
wide() { [ "$(generic "$1")" -le 8 ] && echo 1 || echo 2; }
bytes=($((8 << $(log2 "$W"))) $((R * $(wide ACTIVATION_BITS))) $((8 << $(log2 $((P * W))))) $((R * Q * $(wide WEIGHT_BITS))) $((16 * L)) $((2 * P)) 1 1 $((4 * L)))
words= chunks=
for b in 8 7 6 5 4 3 2 1 0; do
	chunk=$((bytes[b] >= X ? X : bytes[b] * $(generic BANKS$b)))
	words=$words$(printf %02x "$(log2 "${bytes[b]}")") chunks=$chunks$(printf %02x "$(log2 "$chunk")")
done

objects= sources_sum=$(cat tests/rtl/nb_*.v tests/rtl/dsp48e2_sim.v "$work/generics" | sha256sum | cut -c1-16)
folder=$cache/mixed-$sources_sum
verilate() { # verilate MODULE PARAMETERS...
	local module=$1
	shift
	if [ ! -f "$folder/$module/V${module}__ALL.a" ]; then
		mkdir -p "$folder"
		(cd tests/rtl && SYSTEMC_INCLUDE=/usr/include SYSTEMC_LIBDIR=/usr/lib nice verilator --sc --build -O3 --x-assign 0 --x-initial 0 --noassert \
			--unroll-count 640 --unroll-stmts 1000000 -Wno-fatal -Wno-lint -Wno-style -CFLAGS "-std=c++17 -O1" "$@" -y . --Mdir "$folder/$module" \
			--top-module "$module" "$module.v" dsp48e2_sim.v) >"$work/log" 2>&1 || fail "$module"
	fi
	objects="$objects $folder/$module/V${module}__ALL.a"
}
cache_of() { echo "-G$1=$(generic "$1")"; }
some() { local key; for key; do cache_of "$key"; done; }
# shellcheck disable=SC2046
{
	mkdir -p "$cache" && folder=$(realpath "$cache")/mixed-$sources_sum
	verilate nb_binary_engine $(some P W PACKING FABRIC POPCOUNT_DSP ACC_BITS WINDOW_BITS WINDOW_READS)
	verilate nb_post $(some P W R Q L ACC_BITS SUM_BITS ACTIVATION_BITS)
	verilate nb_load $(some X S) "-GWORD_LOG2=72'h$words" "-GCHUNK_LOG2=72'h$chunks"
	verilate nb_store $(some X S) "-GWORD_LOG2=72'h$words" "-GCHUNK_LOG2=72'h$chunks"
}
runtime=$(verilator --getenv VERILATOR_ROOT)/include
includes="-I. -I$runtime -I$runtime/vltstd"
for module in nb_binary_engine nb_post nb_load nb_store; do includes="$includes -I$folder/$module"; done
wrap=
for name in machine_start machine_finish compute_process compute_granted compute_quiet dma_quiet load_process load_granted load_arrived \
	store_process store_granted store_answered; do
	wrap="$wrap -Wl,--wrap=$name"
done
libraries=$(find "$build/sim" "$build/workloads" -name 'libnbsim_*.a' | tr '\n' ' ')
program=$folder/nb_mixed
# shellcheck disable=SC2086
if [ ! -x "$program" ] || [ -n "$(find tests/rtl/mixed sim/machine sim/systemc $libraries -newer "$program" 2>/dev/null | head -n 1)" ]; then
	nice g++ -std=c++17 -O1 -Wall -Wextra -DVM_SC=1 $includes -Wno-unused-parameter tests/rtl/mixed/*.cpp "$runtime/verilated.cpp" "$runtime/verilated_threads.cpp" \
		$objects $wrap -Wl,--start-group $libraries -Wl,--end-group -lsystemc -liniparser -lz -lm -lpthread -o "$program" \
		>"$work/log" 2>&1 || fail "build"
fi
passed=0 failed=0
for units in binary post load store "load store" "binary post load store"; do
	# shellcheck disable=SC2086
	"$program" "configs/$config.ini" "$network" $units >"$work/out" 2>&1
	grep -v passed "$work/out" | head -n 12
	line=$(tail -n 1 "$work/out")
	if [[ $line =~ ^([0-9]+)\ passed,\ 0\ failed$ ]] && [ "${BASH_REMATCH[1]}" -gt 0 ]; then
		echo "$units: equal (${BASH_REMATCH[1]} comparisons)"
		passed=$((passed + 1))
	else
		echo "$units: $line"
		failed=$((failed + 1))
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
