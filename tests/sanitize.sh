#!/usr/bin/env bash
# Everything once under AddressSanitizer and UndefinedBehaviorSanitizer: the unit tests, random cases of every structure,
# the program with both kernels, and malformed inputs. A report of a sanitizer, a crash or a hang is a failure.
# usage: sanitize.sh BUILD                                             last line: N passed, N failed, N skipped
# Builds in BUILD/sanitize. NBSIM_SANITIZE_CASES: random cases a structure (30).
set -uo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 1
build=$1/sanitize
cases=${NBSIM_SANITIZE_CASES:-30}
jobs=$(nproc 2>/dev/null || echo 2)
data=${NBSIM_DATA:-$root/../shared/data}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0
export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1:exitcode=99
export UBSAN_OPTIONS=print_stacktrace=1:exitcode=99
export SYSTEMC_DISABLE_COPYRIGHT_MESSAGE=1
# SystemC switches stacks only for threads; the model has none, so no report is put aside here. Asserts stay on.

mkdir -p "$build"
if ! cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_FLAGS_RELWITHDEBINFO="-O2 -g" \
	-DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O1 -g" -DNBSIM_SANITIZE=ON -DNBSIM_TESTS=ON -DNBSIM_DATA_DIR="$data" >"$work/log" 2>&1 || ! ninja -C "$build" -j "$jobs" >>"$work/log" 2>&1; then
	tail -n 40 "$work/log"
	echo "the sanitizer build fails"
	echo "0 passed, 1 failed"
	exit 1
fi

# report FILE: whether a sanitizer wrote into it.
report() { grep -qE 'ERROR: (Address|Leak)Sanitizer|runtime error:|AddressSanitizer:DEADLYSIGNAL' "$1"; }

# check NAME ALLOWED COMMAND...: passes when the status is one of ALLOWED (0, or a list "2 3 4") and nothing was reported.
check() {
	local name=$1 allowed=$2 status=0 wanted good=0
	shift 2
	(cd "$work" && timeout 240 "$@") >"$work/out" 2>&1 || status=$?
	for wanted in $allowed; do [ "$status" -eq "$wanted" ] && good=1; done
	if [ "$good" -eq 1 ] && ! report "$work/out"; then
		passed=$((passed + 1))
		return 0
	fi
	failed=$((failed + 1))
	echo "not ok $name: status $status, expected $allowed"
	grep -E -A 12 'ERROR: (Address|Leak)Sanitizer|runtime error:' "$work/out" | head -n 30
	report "$work/out" || tail -n 12 "$work/out"
	return 1
}

skip() {
	skipped=$((skipped + 1))
	echo "skipped: $1"
}

# The check can fail: a program that reads behind its memory must be reported.
cat >"$work/broken.c" <<'C'
#include <stdlib.h>
int main(int argc, char **argv) { (void)argv; char *one = malloc(1); char got = one[argc]; free(one); return got; }
C
cc -fsanitize=address,undefined -o "$work/broken" "$work/broken.c"
"$work/broken" >"$work/out" 2>&1
if report "$work/out"; then passed=$((passed + 1)); else
	failed=$((failed + 1))
	echo "not ok a read behind an allocation is not reported"
fi

for program in "$build"/bin/test_*; do
	begun=$SECONDS
	check "$(basename "$program")" 0 "$program"
	took=$((SECONDS - begun))
	[ "$took" -gt 20 ] && echo "$(basename "$program") took $took s"
done

while read -r name _; do
	check "nb_equal $name" 0 "$build/bin/nb_equal" write "$name" "$cases" 11 "$work/cases" "$work/expected"
done < <("$build/bin/nb_equal" structures)
if [ -x "$build/bin/nb_systemc_equal" ]; then check nb_systemc_equal 0 "$build/bin/nb_systemc_equal" "$cases" 11; fi

nbsim=$build/bin/nbsim
network=$root/workloads/networks/neuroblend20-fashion
for kernel in native systemc; do
	check "nbsim $kernel" 0 "$nbsim" --config "$root/configs/u250.ini" --workload "$network" --kernel $kernel --layers --quiet \
		--db "$work/runs.db" --vcd "$work/$kernel.vcd" --timeline "$work/$kernel.json" --emit-commands "$work/$kernel.txt"
done
check "nbsim runs" 0 "$nbsim" runs --db "$work/runs.db"
check "nbsim --describe" 0 "$nbsim" --describe
images=$data/images/cifar10-test-first1000.bin
if [ -f "$images" ]; then
	check "nbsim --images" 0 "$nbsim" --config "$root/configs/ultra96.ini" --workload "$data/blend20-cifar10" --kernel native \
		--no-db --quiet --images "$images" --count 20 --verify 2 --scores "$work/scores.i32"
else
	skip "nbsim --images: no $images"
fi

# Malformed files of the other suites, by folder.
while read -r file; do
	case $file in
	*.expected | *.md) continue ;;
	*/config/*) arguments=(--config "$root/$file") ;;
	*.nbt | */trace/*) arguments=(--workload "$root/$file") ;;
	*/mapping/*) arguments=(--workload "$network" --mapping "$root/$file") ;;
	*/image*/*) arguments=(--workload "$network" --images "$root/$file") ;;
	*/database/*) arguments=(--workload "$network" --db "$root/$file") ;;
	*) continue ;;
	esac
	check "$file" "2 3 4 5" "$nbsim" --no-db --quiet --kernel native "${arguments[@]}"
done < <(find tests/bad -type f | LC_ALL=C sort)

# A good trace, cut and with single bytes changed, and a cut image file.
check "nbcompile" 0 "$build/bin/nbcompile" "$network" -o "$work/good.nbt"
text_bytes=$(stat -c %s "$work/good.nbt") weight_bytes=$(stat -c %s "$work/good.nbw")
for k in $(seq 1 12); do
	head -c $((text_bytes * k / 13)) "$work/good.nbt" >"$work/cut.nbt"
	cp "$work/good.nbw" "$work/cut.nbw"
	check "trace text cut at $k/13" "3" "$nbsim" --no-db --quiet --kernel native --workload "$work/cut.nbt"
	cp "$work/good.nbt" "$work/cut.nbt"
	head -c $((weight_bytes * k / 13)) "$work/good.nbw" >"$work/cut.nbw"
	check "trace tensors cut at $k/13" "3" "$nbsim" --no-db --quiet --kernel native --workload "$work/cut.nbt"
	cp "$work/good.nbw" "$work/cut.nbw"
	printf '\377' | dd of="$work/cut.nbw" bs=1 seek=$((weight_bytes * k / 13)) conv=notrunc 2>/dev/null
	cmp -s "$work/good.nbw" "$work/cut.nbw" ||
		check "trace tensor byte at $k/13" "3" "$nbsim" --no-db --quiet --kernel native --workload "$work/cut.nbt"
	cp "$work/good.nbw" "$work/cut.nbw"
	printf '~' | dd of="$work/cut.nbt" bs=1 seek=$((text_bytes * k / 13)) conv=notrunc 2>/dev/null
	check "trace text byte at $k/13" "0 3 5" "$nbsim" --no-db --quiet --kernel native --workload "$work/cut.nbt"
done
printf 'not a database, not at all, nothing of the kind' >"$work/no.db"
check "foreign database" "3 4" "$nbsim" runs --db "$work/no.db"
head -c 5000 "$network/network.ini" >"$work/no.images"
check "foreign images" "3" "$nbsim" --no-db --quiet --kernel native --workload "$work/good.nbt" --images "$work/no.images"
check "no such file" "4" "$nbsim" --no-db --quiet --config "$work/absent.ini"

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
