#!/usr/bin/env bash
# libFuzzer on every fuzz_*.c, so many seconds each, with AddressSanitizer and UndefinedBehaviorSanitizer. Needs clang.
# usage: run_fuzz.sh BUILD SECONDS [NAME...]                            last line: N passed, N failed, N skipped
# Inputs: seeds_NAME/, the files of tests/bad and configs, and BUILD/fuzz/corpus_NAME, which grows from run to run.
# What breaks a target is kept in BUILD/fuzz/found.
set -uo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1/fuzz"
build=$(cd "$1/fuzz" && pwd)
seconds=${2:-60}
shift 2
jobs=$(nproc 2>/dev/null || echo 2)
targets=()
for file in "$root"/tests/fuzz/fuzz_*.c; do
	name=$(basename "$file" .c)
	name=${name#fuzz_}
	[ $# -eq 0 ] || [[ " $* " == *" $name "* ]] && targets+=("$name")
done
if ! command -v clang >/dev/null || ! command -v clang++ >/dev/null; then
	echo "skipped: no clang; apt-get install clang"
	echo "0 passed, 0 failed, ${#targets[@]} skipped"
	exit 0
fi
flags="-O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"
passed=0 failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if ! cmake -S "$root" -B "$build/tree" -G Ninja -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_BUILD_TYPE=None \
	-DCMAKE_C_FLAGS="$flags" -DCMAKE_CXX_FLAGS="$flags" -DNBSIM_TESTS=OFF >"$work/log" 2>&1 ||
	! ninja -C "$build/tree" -j "$jobs" nbsim_store nbsim_run nbsim_workloads >>"$work/log" 2>&1; then
	tail -n 40 "$work/log"
	echo "the libraries do not build with clang"
	echo "0 passed, ${#targets[@]} failed, 0 skipped"
	exit 1
fi
mapfile -t libraries < <(find "$build/tree" -name 'libnbsim_*.a' | LC_ALL=C sort)

seeds() { # seeds NAME: fills the folder of inputs
	local folder=$work/seeds_$1 file n=0
	mkdir -p "$folder" "$build/corpus_$1" "$build/found"
	[ -d "$root/tests/fuzz/seeds_$1" ] && cp "$root/tests/fuzz/seeds_$1"/* "$folder/"
	case $1 in
	config) for file in "$root"/configs/*.ini "$root"/configs/*/*.ini "$root"/tests/bad/config/*.ini; do
		n=$((n + 1))
		cp "$file" "$folder/config$n"
	done ;;
	trace) for file in "$root"/tests/bad/trace/*.nbt; do [ -f "$file" ] && cp "$file" "$folder/"; done ;;
	mapping) # a byte for the machine, then the file; the names are those of the sample network
		for n in 0 1 2 3; do
			printf '%b[stem]\nband_rows = 2\nweights = layer\n[blend]\nblock_channels = 4\ninput = spilled\n' "\\x0$n" >"$folder/a$n"
			printf '%b[levels]\nweights = tile\noutput = spilled\n[blend]\nskip_input = spilled\nweights = resident\n' "\\x0$n" >"$folder/b$n"
		done ;;
	command) # DDR contents, then a LOAD into each kind of buffer and the commands that read it
		{
			head -c 256 "$root/configs/u250.ini"
			for buffer in 0 1 2 3 4 5; do
				printf '%b' '\x02\0\0\0' '\0\0\0\0' '\0\0\0\0' "\\0\\x0$buffer\\0\\0" '\0\0\0\0' '\x02\0\0\0' '\x01\0\0\0' '\x40\0\0\0'
				head -c 32 /dev/zero
			done
			printf '%b' '\x04\0\0\0' '\0\0\0\0' '\0\0\0\0' '\0\0\0\0' '\0\0\0\0' '\0\0\0\0' '\x01\0\x01\0' '\x01\0\x01\0' '\0\0\0\0' '\x11\0\x01\0' '\x01\0\0\0' '\x04\0\0\0'
			head -c 16 /dev/zero
			printf '%b' '\x05\0\0\0' '\0\0\0\0' '\0\0\0\0' '\0\0\0\0' '\0\0\0\0' '\0\0\0\0' '\x01\0\x01\0' '\x01\0\x01\0' '\0\0\0\0' '\x11\0\x01\0' '\x01\0\0\0' '\x04\0\0\0'
			head -c 16 /dev/zero
			printf '%b' '\x06\0\x40\0' '\0\0\0\0' '\0\0\0\0' '\0\0\0\0' '\0\0\0\0' '\0\0\0\0' '\0\0\0\0' '\0\0\0\0' '\x01\0\x01\0' '\x04\0\x01\0' '\0\0\x01\0' '\0\0\0\0' '\0\0\0\x10' '\0\0\0\0'
			head -c 8 /dev/zero
		} >"$folder/chain" ;;
	esac
}

extra() { # what a target needs beside the libraries
	[ "$1" = mapping ] && echo "$root/tests/unit/trace_sample.c"
}

for name in "${targets[@]}"; do
	# shellcheck disable=SC2046
	if ! clang -std=gnu11 -D_GNU_SOURCE -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -I"$root" \
		-DNBSIM_SOURCE_DIR="\"$root\"" -o "$build/fuzz_$name" "$root/tests/fuzz/fuzz_$name.c" $(extra "$name") \
		-Wl,--start-group "${libraries[@]}" -Wl,--end-group -liniparser -lsqlite3 -lz -lm >"$work/log" 2>&1; then
		tail -n 20 "$work/log"
		echo "not ok fuzz_$name does not build"
		failed=$((failed + 1))
		continue
	fi
	seeds "$name"
	if (cd "$work" && "$build/fuzz_$name" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -max_len=16384 -print_final_stats=1 \
		-artifact_prefix="$build/found/$name-" "$build/corpus_$name" "$work/seeds_$name") >"$build/$name.log" 2>&1; then
		runs=$(sed -nE 's/.*number_of_executed_units: *//p' "$build/$name.log")
		if [ "${runs:-0}" -ge 100 ]; then
			passed=$((passed + 1))
			echo "ok fuzz_$name: $runs inputs, $(find "$build/corpus_$name" -type f | wc -l) kept"
		else
			failed=$((failed + 1))
			echo "not ok fuzz_$name: only ${runs:-0} inputs in $seconds s"
		fi
	else
		failed=$((failed + 1))
		echo "not ok fuzz_$name:"
		grep -E 'ERROR|runtime error|SUMMARY|Test unit written|^    #[0-9] ' "$build/$name.log" | head -n 14
	fi
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
