#!/usr/bin/env bash
# Runs the reference RTL of streaming pipelines and prints the result of each (README.md has the formats of both).
# All folders go into one Verilator build; builds are kept, keyed by a checksum of what is built, under $NBSIM_RTL_CACHE (default
# build/rtl): values and input words are read at run time and need no new build.
#
# usage: run_case.sh [--scramble SEED] [--occupancy FILE] [--fifo-memory 0|1|2] FOLDER...
# status: 0 done, 2 wrong usage, 3 a bad file, 6 at least one pipeline is stuck, 1 the build failed
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${NBSIM_RTL_CACHE:-build/rtl}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
run=() memory=1 folders=()
while [ $# -gt 0 ]; do
	case $1 in
	--scramble) run+=(--scramble "$2"); shift 2 ;;
	--occupancy) run+=(--occupancy "$(realpath "$2")"); shift 2 ;;
	--fifo-memory) memory=$2; shift 2 ;;
	-*) echo "run_case: unknown option '$1'" >&2; exit 2 ;;
	*) folders+=("$(realpath "$1")"); shift ;;
	esac
done
[ ${#folders[@]} -gt 0 ] || { echo "usage: run_case.sh [--scramble SEED] [--occupancy FILE] [--fifo-memory 0|1|2] FOLDER..." >&2; exit 2; }
work=$(mktemp -d "$cache/streaming.XXXXXX")
trap 'rm -rf "$work"' EXIT

sources=("$here"/{generate,pipeline,stages}.cpp)
generator_sum=$(cat "${sources[@]}" "$here"/{pipeline,stages}.hpp | sha256sum | cut -c1-16)
generator=$cache/ns_generate-$generator_sum
if [ ! -x "$generator" ]; then
	nice -n 19 "${CXX:-g++}" -std=c++17 -O1 -Wall -Wextra -o "$work/generate" "${sources[@]}"
	mv "$work/generate" "$generator"
fi
mkdir "$work/values"
"$generator" "$work/values" --fifo-memory "$memory" "${folders[@]}"

# WIDTH, UNUSEDSIGNAL: as in build.sh. UNUSEDPARAM: parameters one kind of stage has and a setting does not need.
flags="-O3 --x-assign fast --x-initial unique --noassert -Wall -Wno-WIDTH -Wno-UNUSEDSIGNAL -Wno-UNUSEDPARAM -Wno-DECLFILENAME -Wno-MULTITOP"
flags="$flags -Wno-UNSIGNED -Wno-CMPCONST"
make="OPT_FAST=${NBSIM_RTL_OPT:--O0} OPT_SLOW=-O0 OPT_GLOBAL=-O1"
sum=$({ sed 's://.*::' "$work/values/ns_top.v"; echo "$flags $make"; cd "$here" && cat ns_*.v ../nb_compressor.v bench.cpp; } | sha256sum | cut -c1-16)
program=$cache/ns_bench-$sum
if [ ! -x "$program" ]; then
	# shellcheck disable=SC2086
	(cd "$here" && nice -n 19 verilator --cc --exe --build $flags -CFLAGS -std=c++17 -MAKEFLAGS "$make" --Mdir "$work/obj" --top-module ns_top \
		-o "$work/bench" "$work/values/ns_top.v" ns_*.v ../nb_compressor.v "$here/bench.cpp") >"$work/log" 2>&1 || {
		cat "$work/log" >&2
		exit 1
	}
	mv "$work/bench" "$program"
fi
cd "$work/values"
nice -n 19 "$program" "${run[@]}"
