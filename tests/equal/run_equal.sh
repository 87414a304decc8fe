#!/usr/bin/env bash
# Random machines and networks, and whole networks: native kernel, shuffled native kernel, SystemC, executor, layer kernels
# and verilated RTL must agree in total cycles, attribution and output bits.
# usage: run_equal.sh BUILD [--count N] [--seed S] [--structure NAME] [--long]      last line: N passed, N failed[, N skipped]
#
# N cases on each structure of `nb_equal structures`; then the cases of regressions.txt, the networks of networks.txt, the
# coverage of the draws, and the column `proven` of the parameter table. --structure NAME: the cases of one structure only.
# --long: 5,000 cases (or N each) on new and wider structures drawn from the seed, and the long networks; a failing case is
# shrunk and appended to regressions.txt. NAME may be random-K, as a long run prints it.
set -uo pipefail
cd "$(dirname "$0")/../.."
build=$(realpath "$1")
shift
count= seed=1 only= long=0
while [ $# -gt 0 ]; do
	case $1 in
	--long)
		long=1
		shift
		continue
		;;
	--count) count=${2:?--count N} ;;
	--seed) seed=${2:?--seed S} ;;
	--structure) only=${2:?--structure NAME} ;;
	*)
		echo "run: equal: unknown option '$1' (--count N --seed S --structure NAME --long)" >&2
		exit 2
		;;
	esac
	shift 2
done
export NBSIM_RTL_CACHE=${NBSIM_RTL_CACHE:-$build/rtl} NBSIM_DATA=${NBSIM_DATA:-$PWD/../shared/data}
equal=$build/bin/nb_equal
here=tests/equal
jobs=$(nproc 2>/dev/null || echo 2)
long_structures=25 shrunk_each=2 limit_seconds=1800
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

# rtl_build CASES: the bench built for the machine of a case file (its first line).
rtl_build() {
	# shellcheck disable=SC2046
	bash tests/rtl/build.sh $(sed -n '1s/^machine //p' "$1")
}

# run_rtl STEM: runs STEM.cases and compares with STEM.expected. Prints what differs; status 0 when all is equal. STEM.bench
# names the executable.
run_rtl() {
	local bench
	rtl_build "$1.cases" >"$1.bench" 2>"$1.errors" || {
		echo "the RTL does not build"
		head -n 3 "$1.errors"
		return 1
	}
	bench=$(cat "$1.bench")
	timeout $limit_seconds "$bench" "$1.cases" >"$1.got" 2>"$1.errors" || head -n 3 "$1.errors"
	"$equal" compare "$1.expected" "$1.got" >"$1.rtl"
}

# shrink_case NAME NUMBER: the minimal case that still fails, into $work/NAME.shrunk.
shrink_case() {
	local bench=-
	[ -s "$work/$1.bench" ] && bench=$(cat "$work/$1.bench")
	"$equal" plan "$1" "$seed" "$2" >"$work/$1.plan"
	echo "# $1 seed $seed case $2" >>"$work/$1.shrunk"
	timeout $limit_seconds "$equal" shrink "$work/$1.plan" "$bench" >"$work/$1.minimal" || cp "$work/$1.plan" "$work/$1.minimal"
	cat "$work/$1.minimal" >>"$work/$1.shrunk"
	echo "$1 seed $seed case $2, shrunk:"
	cat "$work/$1.minimal"
}

# one_structure NAME COUNT: its cases; $work/NAME.sum gets "passed failed".
one_structure() {
	local name=$1 cases=$2 stem=$work/$1 numbers bad
	timeout $limit_seconds "$equal" write "$name" "$cases" "$seed" "$stem.cases" "$stem.expected" >"$stem.model" 2>"$stem.errors" ||
		cat "$stem.errors"
	grep '^feature ' "$stem.model" >"$stem.features"
	grep -vE '^[0-9]+ passed|^feature ' "$stem.model"
	if ! tail -n 1 "$stem.model" | grep -qE '^[0-9]+ passed'; then
		echo "$name: the model did not come to its end"
		echo "0 $cases" >"$stem.sum"
		return
	fi
	if ! run_rtl "$stem" && [ ! -s "$stem.rtl" ]; then
		echo "0 $cases" >"$stem.sum"
		return
	fi
	grep -vE '^[0-9]+ passed' "$stem.rtl" | head -n 12
	numbers=$({
		sed -nE "s/^$name seed [0-9]+ case ([0-9]+):.*/\1/p" "$stem.model"
		sed -nE 's/^case ([0-9]+) differs:/\1/p' "$stem.rtl"
	} | sort -nu)
	bad=$(wc -w <<<"$numbers")
	[ "$(grep -c '^case ' "$stem.expected")" -eq "$cases" ] || bad=$cases
	echo "$name: $((cases - bad)) of $cases cases equal (seed $seed)"
	echo "$((cases - bad)) $bad" >"$stem.sum"
	for number in $(head -n $shrunk_each <<<"$numbers"); do shrink_case "$name" "$number"; done
}

add_sum() { # add_sum FILE
	local good bad
	read -r good bad <"$1"
	passed=$((passed + good)) failed=$((failed + bad))
}

# structures NAME COUNT ...: as many at a time as there are processors.
run_structures() {
	local cases=$1 name running=0
	shift
	for name; do
		if [ $running -ge "$jobs" ]; then
			wait -n
			running=$((running - 1))
		fi
		one_structure "$name" "$cases" >"$work/$name.log" 2>&1 &
		running=$((running + 1))
	done
	wait
	for name; do
		cat "$work/$name.log"
		add_sum "$work/$name.sum"
		[ $long -eq 1 ] && [ -s "$work/$name.shrunk" ] && cat "$work/$name.shrunk" >>$here/regressions.txt
	done
	return 0
}

# What the draws had in them; each feature in at least the part of the cases that coverage.c asks for. Fewer than 200 cases
# are too few to judge.
check_coverage() {
	local low
	cat "$work"/*.features | awk '
		{ with[$2] += $3; of[$2] += $4; least[$2] = $5; if (!($2 in order)) { order[$2] = ++n; name[n] = $2 } }
		END {
			for (i = 1; i <= n; i++) {
				share = of[name[i]] ? 100 * with[name[i]] / of[name[i]] : 0
				low = of[name[i]] >= 200 && share < least[name[i]] ? "  TOO FEW" : ""
				printf "%-22s in %5d of %5d cases (%.1f %%, at least %d %%)%s\n", name[i], with[name[i]], of[name[i]], share, least[name[i]], low
			}
			exit n == 0
		}' >"$work/coverage" || echo 'no cases TOO FEW' >>"$work/coverage"
	cat "$work/coverage"
	low=$(grep -c 'TOO FEW' "$work/coverage")
	passed=$((passed + $(wc -l <"$work/coverage") - low)) failed=$((failed + low))
}

run_regressions() {
	local number=0 stem good=0
	while [ $number -lt "$(grep -c '^case$' $here/regressions.txt)" ]; do
		stem=$work/regression$number
		if timeout $limit_seconds "$equal" replay $here/regressions.txt $number "$stem.cases" "$stem.expected" >"$stem.model" 2>&1 &&
			run_rtl "$stem" >"$stem.log"; then
			good=$((good + 1))
		else
			failed=$((failed + 1))
			echo "regression $number:"
			grep -vsE '^[0-9]+ passed' "$stem.model" "$stem.log" "$stem.rtl" | head -n 6
		fi
		number=$((number + 1))
	done
	passed=$((passed + good))
	echo "regressions: $good of $number equal"
}

# one_network NAME MACHINE NETWORK IMAGES COUNT SETTING...: one case an image.
one_network() {
	local name=$1 machine=$2 network=$3 images=$4 cases=$5 stem=$work/network-$1 good bad begun=$SECONDS
	shift 5
	for path in "$network" "$images"; do
		[ -e "$path" ] && continue
		echo "skipped: network $name: $path is not there"
		skipped=$((skipped + 1))
		return
	done
	if ! grep -q '\.ini$' <<<"$machine"; then
		"$equal" machine "$machine" >"$stem.ini"
		machine=$stem.ini
	fi
	if timeout $limit_seconds "$equal" network "$machine" "$network" "$images" "$cases" "$stem.cases" "$stem.expected" "$@" >"$stem.model" 2>&1; then
		run_rtl "$stem" >"$stem.log"
	fi
	good=$(grep -sE '^[0-9]+ passed' "$stem.rtl" | cut -d' ' -f1)
	good=${good:-0} bad=$((cases - good))
	[ "$bad" -gt 0 ] && grep -vhsE '^[0-9]+ passed|^machine' "$stem.model" "$stem.log" "$stem.rtl" | head -n 6
	printf '%-18s %-24s %12s cycles  %d of %d images equal  (%d s)\n' "$name" "$(basename "$network")" \
		"$(sed -n 's/^total_cycles //p' "$stem.expected" 2>/dev/null | sort -nu | head -n 1)" "$good" "$cases" $((SECONDS - begun))
	passed=$((passed + good)) failed=$((failed + bad))
}

run_networks() {
	local when name machine network images cases settings
	while read -r when name machine network images cases settings; do
		[ -z "$when" ] || [ "${when:0:1}" = '#' ] && continue
		[ "$when" = long ] && [ $long -eq 0 ] && continue
		# shellcheck disable=SC2086
		one_network "$name" "$machine" "${network//\$NBSIM_DATA/$NBSIM_DATA}" "${images//\$NBSIM_DATA/$NBSIM_DATA}" "$cases" $settings
	done <$here/networks.txt
}

if [ -n "$only" ]; then
	run_structures "${count:-20}" "$only"
else
	if [ $long -eq 1 ]; then
		names=$(for ((i = 1; i <= long_structures; i++)); do echo "random-$((seed * 100 + i))"; done)
		: "${count:=$((5000 / long_structures))}"
	else
		names=$("$equal" structures | cut -d' ' -f1)
	fi
	# shellcheck disable=SC2086
	run_structures "${count:-20}" $names
	run_regressions
	check_coverage
	run_networks
	"$equal" proven >"$work/proven"
	grep -vE '^[0-9]+ passed' "$work/proven"
	tail -n 1 "$work/proven" | sed -E 's/^([0-9]+) passed, ([0-9]+) failed/\1 \2/' >"$work/proven.sum"
	add_sum "$work/proven.sum"
	echo "proven: $(cut -d' ' -f1 "$work/proven.sum") rows of the parameter table agree with the draws"
fi
[ $skipped -gt 0 ] && echo "$passed passed, $failed failed, $skipped skipped" || echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
