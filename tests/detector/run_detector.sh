#!/usr/bin/env bash
# Would the tests notice? Breaks the program on purpose, one small change at a time (mutations.sh), on a copy of the
# sources, and runs the suite that must go red.
# usage: run_detector.sh BUILD [--long] [WORD]                          last line: N passed, N failed, N skipped
# The normal run takes the mutations marked quick, and asks of the others whether they still apply; --long (or NBSIM_LONG set)
# takes all; WORD only those whose name holds it.
# Copy and build are kept in BUILD/detector and brought up to date, so that a later run builds little.
#
# Suites:
#   equal     random cases: another wake order, the functional executor or the layer kernels disagree, or a sum is wrong
#             (nb_equal write fails)
#   cycles    or totals, attribution or scores differ from the expected results, which the unchanged program has written
#             from the same cases; that those are right is what equality with the RTL establishes
#   attribution   as cycles, and the totals alone must not have moved
#   test_...  a unit test
#   table     the sums in a run's CSV
set -uo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$1
shift
long=${NBSIM_LONG:+1} only=
for word in "$@"; do
	case $word in
	--long) long=1 ;;
	*) only=$word ;;
	esac
done
cases=${NBSIM_DETECTOR_CASES:-300}
mkdir -p "$build/detector"
tree=$(cd "$build/detector" && pwd)
source=$tree/source objects=$tree/build work=$tree/work
jobs=$(nproc 2>/dev/null || echo 2)
data=${NBSIM_DATA:-$root/../shared/data}
passed=0 failed=0 skipped=0
export SYSTEMC_DISABLE_COPYRIGHT_MESSAGE=1

# Brings the copy up to date. Only files whose content differs are written, so that their time says what to build; a
# mutation that an interrupted run left behind is undone.
update_copy() {
	local file
	cd "$root" || return 1
	while read -r file; do
		cmp -s "$file" "$source/$file" && continue
		mkdir -p "$source/$(dirname "$file")"
		cp "$file" "$source/$file"
	done < <(find CMakeLists.txt sim workloads configs tests/CMakeLists.txt tests/unit tests/equal tests/bench explore reports -type f)
	cd "$source" || return 1
	while read -r file; do [ -e "$root/$file" ] || rm "$file"; done < <(find . -type f)
}

make_target() { ninja -C "$objects" -j "$jobs" "$@" >"$work/build.log" 2>&1; }

# run_cases FOLDER: the cases of all structures; fails where a case fails or the machine never ends.
run_cases() {
	local name
	mkdir -p "$1"
	for name in $structures; do
		timeout 20 "$objects/bin/nb_equal" write "$name" "$cases" 5 "$1/$name.cases" "$1/$name.expected" >"$1/$name.log" 2>&1 || return 1
	done
} 2>/dev/null # the shell's own word on a program that crashed

# differs PATTERN: whether lines of the results that match are other than the expected ones.
differs() {
	local name
	for name in $structures; do
		cmp -s <(grep -E "$1" "$work/good/$name.expected") <(grep -E "$1" "$work/got/$name.expected") || return 0
	done
	return 1
}

table_sums() { # table_sums FILE: states sum to the total of each unit, and layers to units
	awk -F, '
		$2 ~ /_cycles$/ && $1 ~ /^unit:(binary_engine|fixed_engine|post_unit|load|store|sequencer)$/ {
			if ($2 == "total_cycles") total[$1] = $3
			else if ($2 !~ /^port_wait/) { sum[$1] += $3; of[$1 "/" $2] = $3 }
		}
		$1 ~ /^layer:.*\/unit:/ && $2 != "total_cycles" { split($1, part, "/"); layers[part[2] "/" $2] += $3 }
		$1 == "run" && $2 == "total_cycles" { all = $3 }
		END {
			for (unit in total) if (sum[unit] != total[unit] || total[unit] != all) wrong = 1
			for (key in of) if (of[key] != layers[key]) wrong = 1
			exit wrong || length(total) != 6
		}' "$1"
}

# The suite's verdict on what is built now: 0 green, 1 red, 2 it could not be run.
verdict() {
	local suite=$1 status
	case $suite in
	equal)
		make_target nb_equal || return 2
		run_cases "$work/got" || return 1
		;;
	cycles)
		make_target nb_equal || return 2
		run_cases "$work/got" || return 1
		differs . && return 1
		;;
	attribution)
		make_target nb_equal || return 2
		run_cases "$work/got" || return 2
		differs total_cycles && return 2
		differs attribution && return 1
		;;
	table)
		make_target nbsim || return 2
		(cd "$work" && timeout 60 "$objects/bin/nbsim" --config "$source/configs/u250.ini" --no-db --quiet --kernel native --layers \
			--workload "$source/workloads/networks/neuroblend20-fashion" --format csv >run.csv 2>run.err) || return 1
		table_sums "$work/run.csv" || return 1
		;;
	test_*)
		make_target "$suite" || return 2
		(cd "$work" && timeout 120 "$objects/bin/$suite" >"$work/test.log" 2>&1)
		status=$?
		[ "$status" -eq 0 ] && ! grep -q '^\[       OK \]' "$work/test.log" && return 2
		[ "$status" -eq 0 ] || return 1
		;;
	*) return 2 ;;
	esac
	return 0
}

wanted() { # wanted QUICK NAME
	[ -n "$only" ] && { [[ $2 == *"$only"* ]] || return 1; }
	[ -n "$only" ] || [ -n "$long" ] || [ "$1" = quick ]
}

fail() {
	failed=$((failed + 1))
	echo "not ok $1"
}

# mutation quick|long SUITE FILE NAME SED-EXPRESSION
mutation() {
	local suite=$2 file=$source/$3 name="$4 ($2)" status=0
	if ! wanted "$1" "$4"; then # not run: it must still apply
		[ -n "$only" ] || ! sed -E "$5" "$file" | cmp -s - "$file" || fail "$name: does not apply to $3"
		return 0
	fi
	if [ "$suite" = test_program_golden ] && [ ! -d "$data/blend20-cifar10" ]; then
		skipped=$((skipped + 1))
		echo "skipped: $name: no $data/blend20-cifar10"
		return 0
	fi
	cp "$file" "$work/original"
	sed -E -i "$5" "$file" || { fail "$name: sed cannot read its expression"; return 0; }
	if cmp -s "$file" "$work/original"; then
		fail "$name: does not apply to $3"
		return 0
	fi
	verdict "$suite" || status=$?
	cp "$work/original" "$file" # a new time: it is built again
	case $status in
	1)
		passed=$((passed + 1))
		echo "ok $name"
		;;
	0) fail "$name: $suite did not notice" ;;
	*) fail "$name: $suite could not be run: $(tail -n 3 "$work/build.log" | tr '\n' ' ')" ;;
	esac
}

mkdir -p "$work" "$source"
update_copy || exit 1
if ! cmake -S "$source" -B "$objects" -G Ninja -DCMAKE_BUILD_TYPE=None -DCMAKE_C_FLAGS=-O1 -DCMAKE_CXX_FLAGS=-O0 \
	-DNBSIM_TESTS=ON -DNBSIM_DATA_DIR="$data" >"$work/build.log" 2>&1 || ! make_target nb_equal; then
	tail -n 30 "$work/build.log"
	echo "0 passed, 1 failed"
	exit 1
fi
structures=$("$objects/bin/nb_equal" structures | cut -d' ' -f1)

# Unchanged, every suite that is used must be green.
if ! run_cases "$work/good"; then
	grep -hv passed "$work"/good/*.log | head -n 5
	echo "not ok the unchanged program's random cases fail, so nothing can be said"
	echo "0 passed, 1 failed"
	exit 1
fi
passed=1
declare -A checked
mutations=$root/tests/detector/mutations.sh
while read -r _ level suite rest; do
	name=$(sed -E "s/^[^']*'([^']*)'.*/\1/" <<<"$rest")
	wanted "$level" "$name" || continue
	[ -n "${checked[$suite]:-}" ] && continue
	checked[$suite]=1
	if verdict "$suite"; then passed=$((passed + 1)); else fail "the unchanged program's $suite"; fi
done < <(grep '^mutation ' "$mutations")

# shellcheck source=tests/detector/mutations.sh
. "$mutations"

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
