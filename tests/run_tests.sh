#!/usr/bin/env bash
# Runs every suite and counts. usage: run_tests.sh BUILD [--long] [SUITE...]
# Last line: passed P failed F skipped S. Fails on a failure, and on a skip where the data folder was found.
set -uo pipefail
cd "$(dirname "$0")/.."
root=$PWD
build=$(realpath "$1")
shift
long=0
wanted=()
for word in "$@"; do
	case $word in
	--long) long=1 ;;
	*) wanted+=("$word") ;;
	esac
done
export NBSIM_DATA=${NBSIM_DATA:-$root/../shared/data}
export NBSIM_RTL_CACHE=${NBSIM_RTL_CACHE:-$build/rtl}
export PATH="$build/bin:$PATH" NBSIM_ROOT=$root
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
long_option=
if [ "$long" -eq 1 ]; then
	export NBSIM_LONG=1
	long_option=--long
fi
passed=0 failed=0 skipped=0
mkdir -p "$build/test-logs"

count() { # count NAME PASSED FAILED SKIPPED
	passed=$((passed + $2)) failed=$((failed + $3)) skipped=$((skipped + $4))
	printf '%-28s %5d passed %5d failed %5d skipped  (%d s)\n' "$1" "$2" "$3" "$4" "$((SECONDS - begun))"
}

want() {
	[ ${#wanted[@]} -eq 0 ] && return 0
	local word
	for word in "${wanted[@]}"; do [ "$word" = "$1" ] && return 0; done
	return 1
}

# A cmocka program: its own lines are counted; one that dies without a failed line counts as one failure.
run_cmocka() { # run_cmocka LABEL PROGRAM
	local log=$build/test-logs/$1.log status=0 ok bad skip
	begun=$SECONDS
	(cd "$work" && "$2") >"$log" 2>&1 || status=$?
	ok=$(grep -c '^\[       OK \]' "$log")
	skip=$(grep -c '^\[  SKIPPED \] [a-z_]*$' "$log")
	bad=$(grep -c '^\[  FAILED  \] [a-z_0-9]*$' "$log")
	# cmocka lists failed tests twice (when they fail and at the end)
	bad=$(grep -E '^\[  FAILED  \] [a-z_0-9]+$' "$log" | sort -u | wc -l)
	skip=$(grep -E '^\[  SKIPPED \] [a-z_0-9]+$' "$log" | sort -u | wc -l)
	[ "$status" -ne 0 ] && [ "$bad" -eq 0 ] && bad=1
	[ "$ok" -eq 0 ] && [ "$bad" -eq 0 ] && [ "$skip" -eq 0 ] && bad=1
	count "$1" "$ok" "$bad" "$skip"
	[ "$bad" -gt 0 ] && tail -n 30 "$log"
	[ "$skip" -gt 0 ] && grep -i 'skip' "$log" | head -n 5
	return 0
}

# A script that prints `N passed, N failed` (`, N skipped` may follow) on its last line.
run_script() { # run_script LABEL COMMAND...
	local label=$1 log status=0 line
	log=$build/test-logs/$1.log
	shift
	begun=$SECONDS
	(cd "$root" && "$@") >"$log" 2>&1 || status=$?
	line=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)
	if [ -z "$line" ]; then
		count "$label" 0 1 0
		tail -n 30 "$log"
		return 0
	fi
	set -- $(echo "$line" | tr -c '0-9\n' ' ') 0
	local bad=$2
	[ "$status" -ne 0 ] && [ "$bad" -eq 0 ] && bad=1
	count "$label" "$1" "$bad" "$3"
	[ "$bad" -gt 0 ] && grep -vE '^(ok|1\.\.)' "$log" | tail -n 40
	[ "$3" -gt 0 ] && grep -i 'skip' "$log" | head -n 5
	return 0
}

for program in "$build"/bin/test_*; do
	name=$(basename "$program")
	[ -x "$program" ] && want unit && run_cmocka "$name" "$program"
done
want floors && run_script floors bash tests/floors.sh
want cli && run_script cli bash tests/cli/run_cli.sh "$build"
want equal && run_script equal bash tests/equal/run_equal.sh "$build" --count 60 --seed 1
want streaming && run_script streaming bash tests/equal/run_stream_equal.sh "$build" $long_option
want systemc && [ -x "$build/bin/nb_systemc_equal" ] && run_script systemc "$build/bin/nb_systemc_equal" 60 1
want reports && run_script reports bash tests/reports/run_reports.sh "$build"
want explore && run_script explore bash tests/explore/run_explore.sh "$build"
want detector && [ -f tests/detector/run_detector.sh ] && run_script detector bash tests/detector/run_detector.sh "$build" $long_option
want sanitize && run_script sanitize bash tests/sanitize.sh "$build"
if [ "$long" -eq 1 ]; then
	want dsp48e2 && run_script dsp48e2 bash tests/rtl/test_dsp48e2.sh
	want mixed && run_script mixed bash tests/rtl/mixed/run_mixed.sh "$build"
	want gate-level && run_script gate-level bash tests/rtl/gate_level.sh "$build"
	want equal-long && run_script equal-long bash tests/equal/run_equal.sh "$build" --long --seed 1000
	want values-long && run_script values-long bash tests/values_long.sh "$build"
	want fuzz && run_script fuzz bash tests/fuzz/run_fuzz.sh "$build" 60
fi
status=0
[ "$failed" -eq 0 ] || status=1
[ "$passed" -gt 0 ] || status=1
if [ "$skipped" -gt 0 ] && [ -d "$NBSIM_DATA/blend20-cifar10" ]; then
	echo "tests were skipped although the data folder is there"
	status=1
fi
echo "$passed passed, $failed failed, $skipped skipped"
echo "passed $passed failed $failed skipped $skipped"
exit $status
