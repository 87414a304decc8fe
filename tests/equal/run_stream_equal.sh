#!/usr/bin/env bash
# Random streaming pipelines, and whole networks: native kernel (in any order, by recurrence), SystemC, words.h and verilated
# RTL must agree in total cycles, frame ends, attribution, fills of all FIFOs, and output bits.
# usage: run_stream_equal.sh BUILD [--count N] [--seed S] [--long]      last line: N passed, N failed[, N skipped]
#
# N random cases (80) and those of stream_regressions.txt, many to a Verilator build (builds are kept under $NBSIM_RTL_CACHE);
# then the networks of stream_networks.txt, the coverage of the draws, and the [streaming] rows of the column `proven` of the
# parameter table. --long: 600 cases and the long networks; cases that differ are shrunk and appended to
# stream_regressions.txt.
set -uo pipefail
cd "$(dirname "$0")/../.."
build=$(realpath "$1")
shift
count= seed=4 long=0
while [ $# -gt 0 ]; do
	case $1 in
	--long)
		long=1
		shift
		continue
		;;
	--count) count=${2:?--count N} ;;
	--seed) seed=${2:?--seed S} ;;
	*)
		echo "run: streaming: unknown option '$1' (--count N --seed S --long)" >&2
		exit 2
		;;
	esac
	shift 2
done
[ $long -eq 1 ] && : "${count:=600}"
: "${count:=80}"
export NBSIM_RTL_CACHE=${NBSIM_RTL_CACHE:-$build/rtl} NBSIM_DATA=${NBSIM_DATA:-$PWD/../shared/data}
equal=$build/bin/nb_stream_equal
here=tests/equal
jobs=$(nproc 2>/dev/null || echo 2)
batch_cases=45 limit_seconds=1800
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

# run_rtl GOT FOLDER...: results of one build of all folders. 6: a pipeline is stuck, as some should be.
run_rtl() {
	local got=$1 status=0
	shift
	timeout $limit_seconds bash tests/rtl/streaming/run_case.sh "$@" >"$got" 2>"$got.errors" || status=$?
	[ $status -eq 0 ] || [ $status -eq 6 ] || {
		echo "the RTL of ${1##*/} and those with it: status $status"
		head -n 5 "$got.errors"
	}
}

# run_batches STEM FOLDER...: builds of about $batch_cases cases each, as many at a time as there are processors; STEM.N.got.
run_batches() {
	local stem=$1 number=0 running=0 builds each
	shift
	builds=$((($# + batch_cases - 1) / batch_cases))
	each=$((($# + builds - 1) / builds))
	while [ $# -gt 0 ]; do
		if [ $running -ge "$jobs" ]; then
			wait -n
			running=$((running - 1))
		fi
		run_rtl "$stem.$number.got" "${@:1:each}" &
		number=$((number + 1)) running=$((running + 1))
		shift $(($# < each ? $# : each))
	done
	wait
}

# add_last FILE: adds the counts of its last line, N passed, N failed; without one it is a failure.
add_last() {
	local good bad
	if read -r good bad < <(tail -n 1 "$1" | sed -nE 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p'); then
		passed=$((passed + good)) failed=$((failed + bad))
	else
		echo "$1 did not come to its end"
		failed=$((failed + 1))
	fi
	grep -vE '^[0-9]+ passed' "$1"
}

run_random() {
	local name
	timeout $limit_seconds "$equal" write "$count" "$seed" "$work/random" >"$work/random.model" 2>&1
	timeout $limit_seconds "$equal" replay $here/stream_regressions.txt "$work/old" >"$work/old.model" 2>&1
	add_last "$work/random.model"
	add_last "$work/old.model"
	run_batches "$work/batch" $(find "$work/random" "$work/old" -mindepth 1 -maxdepth 1 -type d | sort -V)
	cat "$work/random/expected" "$work/old/expected" >"$work/expected"
	"$equal" compare "$work/expected" "$work"/batch.*.got >"$work/rtl"
	add_last "$work/rtl" >"$work/shown"
	head -n 60 "$work/shown"
	echo "random cases: $(tail -n 1 "$work/rtl") (seed $seed, RTL)"
	[ $long -eq 1 ] || return 0
	for name in $(sed -nE 's/^case (s[0-9]+c[0-9]+).*/\1/p' "$work/rtl" "$work/random.model" | sort -u | head -n 2); do
		"$equal" plan "$seed" "${name#*c}" >"$work/plan"
		"$equal" shrink "$work/plan" >"$work/smaller" || cp "$work/plan" "$work/smaller"
		echo "# ${name%c*} case ${name#*c}" | cat - "$work/smaller" | tee -a $here/stream_regressions.txt
	done
}

# one_network NAME MACHINE NETWORK IMAGES FRAMES SETTING...
one_network() {
	local name=$1 machine=$2 network=$3 images=$4 frames=$5 stem=$work/network-$1 begun=$SECONDS path
	shift 5
	for path in "$network" "$images"; do
		[ -e "$path" ] && continue
		echo "skipped: network $name: $path is not there"
		skipped=$((skipped + 1))
		return
	done
	timeout $limit_seconds "$equal" network "$machine" "$network" "$images" "$frames" "$stem" "$name" "$@" >"$stem.model" 2>&1
	add_last "$stem.model"
	NBSIM_RTL_OPT=$network_opt run_rtl "$stem.got" "$stem/$name"
	"$equal" compare "$stem/expected" "$stem.got" >"$stem.rtl"
	add_last "$stem.rtl"
	printf '%-16s %9s cycles of %d frames: %s  (%d s)\n' "$name" "$(sed -n 's/^total_cycles //p' "$stem/expected")" "$frames" \
		"$(tail -n 1 "$stem.rtl")" $((SECONDS - begun))
}

run_networks() {
	local when name machine network images frames network_opt settings
	while read -r when name machine network images frames network_opt settings; do
		[ -z "$when" ] || [ "${when:0:1}" = '#' ] && continue
		[ "$when" = long ] && [ $long -eq 0 ] && continue
		# shellcheck disable=SC2086
		one_network "$name" "$machine" "${network//\$NBSIM_DATA/$NBSIM_DATA}" "${images//\$NBSIM_DATA/$NBSIM_DATA}" "$frames" $settings
	done <$here/stream_networks.txt
}

run_random
run_networks
"$equal" proven >"$work/proven"
add_last "$work/proven"
[ $skipped -gt 0 ] && echo "$passed passed, $failed failed, $skipped skipped" || echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
