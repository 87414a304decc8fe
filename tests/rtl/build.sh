#!/bin/sh
# Verilates one build of the reference RTL and prints the path of its executable. Builds are kept, keyed by a checksum of
# sources and parameters, under $NBSIM_RTL_CACHE (default build/rtl). Of two builds of one structure at a time the second waits
# for the first.
#
# Usage: build.sh KEY=VALUE ...    keys and values as in the bench's machine lines; keys that do not change the hardware are
#                                  ignored, so a whole machine line may be given. Missing keys take the defaults below.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cache=${NBSIM_RTL_CACHE:-build/rtl}

# key, Verilog parameter, default
table='
P P 4
W W 1
R R 4
Q Q 4
L L 4
X X 64
S S 4
QD QD 4
packing PACKING 0
fabric FABRIC 2
popcount POPCOUNT_DSP 0
acc_bits ACC_BITS 16
sum_bits SUM_BITS 32
weight_bits WEIGHT_BITS 8
activation_bits ACTIVATION_BITS 8
window_bits WINDOW_BITS 576
window_reads WINDOW_READS 1
channels CHANNELS 1
program_commands PROGRAM_COMMANDS 16384
'
for b in 0 1 2 3 4 5 6 7 8; do
	table="$table
depth$b DEPTH$b 1024
banks$b BANKS$b 1"
done

value_of() { # last KEY=VALUE given for $1, words turned into numbers; else the default $2
	key=$1 standard=$2 value=
	shift 2
	for pair; do
		case $pair in "$key="*) value=${pair#*=} ;; esac
	done
	case $key=$value in
	*=) value=$standard ;;
	packing=channel | fabric=dsp | popcount=lut) value=0 ;;
	packing=window | fabric=lut | popcount=dsp) value=1 ;;
	fabric=fused) value=2 ;;
	esac
	case $value in
	*[!0-9]*) echo "build.sh: $key '$value' is not a number" >&2; exit 2 ;;
	esac
	echo "$value"
}

generics= header= P=0 Q=0 R=0 L=1
for row in $(echo "$table" | awk 'NF { print $1 ":" $2 ":" $3 }'); do
	key=${row%%:*}
	rest=${row#*:}
	value=$(value_of "$key" "${rest#*:}" "$@") || exit 2
	generics="$generics -G${rest%%:*}=$value"
	header="$header{\"$key\", $value}, "
	case $key in P) P=$value ;; Q) Q=$value ;; R) R=$value ;; L) L=$value ;; esac
done
if [ $((P % L)) -ne 0 ] || [ $((Q % L)) -ne 0 ] || [ $((R % L)) -ne 0 ]; then
	echo "build.sh: L=$L must divide P=$P, Q=$Q and R=$R" >&2
	exit 2
fi

sources="nb_bench.v nb_top.v nb_sequencer.v nb_queue.v nb_tokens.v nb_ports.v nb_buffer.v nb_steps.v nb_window.v nb_rotate.v nb_delay.v nb_select.v nb_divide.v nb_multiply.v nb_products.v
nb_compressor.v nb_adder_tree.v nb_lane_dsp.v nb_lane_lut.v nb_lane_fused.v nb_binary_engine.v nb_fixed_engine.v nb_post_lane.v
nb_post.v nb_load.v nb_store.v dsp48e2_sim.v nb_ddr_channel.v nb_attribution.v"
# For tests that build the machine in another way: the parameters only.
if [ -n "${NBSIM_RTL_PARAMETERS:-}" ]; then
	echo "$generics" > "$NBSIM_RTL_PARAMETERS/generics"
	printf 'static const struct {\n\tconst char *key;\n\tlong value;\n} build_parameters[] = {%s};\n' "$header" \
		> "$NBSIM_RTL_PARAMETERS/nb_build_parameters.h"
	exit 0
fi
sum=$({ echo "$generics"; cd "$here" && cat $sources nb_words.vh bench.cpp build.sh; } | sha256sum | cut -c1-16)
folder=$cache/$sum
program=$folder/nb_bench
# One build of a structure at a time: who comes second waits and finds the program there.
if [ ! -x "$program" ]; then
	mkdir -p "$cache"
	exec 9>"$cache/$sum.lock"
	flock -w 1800 9 || { echo "build.sh: $cache/$sum.lock is held for more than half an hour" >&2; exit 1; }
fi
if [ ! -x "$program" ]; then
	work=$(mktemp -d "$cache/$sum.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	cache_path=$(cd "$work" && pwd)
	printf 'static const struct {\n\tconst char *key;\n\tlong value;\n} build_parameters[] = {%s};\n' "$header" > "$work/nb_build_parameters.h"
	(
		cd "$here"
		# WIDTH: sums and products are sized by what they are assigned to. UNUSEDSIGNAL: fields of commands, upper address bits.
		# PINMISSING: the cascade output of a DSP block that ends a cascade.
		verilator --cc --exe --build -O3 --x-assign fast --x-initial unique --noassert --unroll-count 640 --unroll-stmts 1000000 -Wall -Wno-WIDTH -Wno-UNUSEDSIGNAL -Wno-PINMISSING \
			-CFLAGS "-std=c++17 -O2 -I$cache_path" -MAKEFLAGS "OPT_FAST=-O2 OPT_SLOW=-O1 OPT_GLOBAL=-O1" $generics \
			--Mdir "$cache_path/obj" --top-module nb_bench -o "$cache_path/nb_bench" $sources "$here/bench.cpp"
	) > "$work/log" 2>&1 9>&- || { cat "$work/log" >&2; exit 1; }
	rm -rf "$work/obj"
	mkdir -p "$folder"
	mv "$work/log" "$folder/log"
	mv "$work/nb_bench" "$program"
fi
(cd "$folder" && echo "$PWD/nb_bench")
