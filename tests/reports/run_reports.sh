#!/usr/bin/env bash
# nbreport on databases that nbsim and nbexplore have just made, and its comparison with measured boards. usage: run_reports.sh BUILD
# Last line: N passed, N failed, N skipped.
set -uo pipefail
cd "$(dirname "$0")/../.."
build=$(realpath "$1")
here=$PWD/tests/reports
nb=$build/bin/nbreport
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. tests/check.bash

# refused STATUS WORDS ARGUMENTS...: nothing on stdout, one line on stderr that has WORDS.
refused() {
	local expected=$1 words=$2 status=0
	shift 2
	(cd "$work" && "$nb" "$@") >"$work/stdout" 2>"$work/stderr" || status=$?
	cat "$work/stderr"
	[ "$status" -eq "$expected" ] && [ ! -s "$work/stdout" ] && [ "$(wc -l <"$work/stderr")" -eq 1 ] &&
		grep -qF -- "$words" "$work/stderr"
}
figure() { (cd "$work" && "$nb" figure "$@" --db results.db); }
has_files() { for ending in svg pdf png csv gp; do [ -s "$work/$1.$ending" ] || return 1; done; }
total() { sqlite3 "$work/results.db" "SELECT sum(value) FROM figures WHERE name = 'total_cycles' AND layer NOTNULL AND machine_unit = '$1'"; }

(cd "$work" && "$build/bin/nbsim" --config u250.ini --kernel native --db results.db -q) >"$work/log" 2>&1 &&
	(cd "$work" && "$build/bin/nbexplore" "$here/sweep.ini" --db results.db -q) >"$work/log" 2>&1 || {
	cat "$work/log"
	echo "0 passed, 1 failed, 0 skipped"
	exit 1
}

check "--help: stdout, 0" bash -c "'$nb' --help | grep -q 'nbreport figure'"
check "no command" refused 2 "expected a command"
check "unknown command" refused 2 "unknown command 'draw'" draw
check "unknown figure" refused 2 "nearest: latency" figure latencies
check "an option that means nothing" refused 2 "--unit means nothing to pareto" figure pareto --unit load --db results.db
check "no database" refused 4 "nbsim.db: cannot be opened" list
echo "not a database" >"$work/text.db"
check "a foreign file" refused 3 "text.db" list --db text.db
check "no such run" refused 3 "no run has an id that starts with 'ffff'" figure attribution --db results.db --run ffff
check "no accuracy" refused 3 "is measured" figure accuracy --db results.db
check "an empty choice" refused 3 "nothing to draw" figure latency --db results.db --where "binary_engine.pes > 1000"
check "closed output" bash -c "'$nb' list --db '$work/results.db' >/dev/full 2>'$work/log'; [ \$? -eq 4 ]"
check "list: every figure has its command or what is missing" bash -c \
	"[ \$('$nb' list --db '$work/results.db' | grep -cE '^ +(nbreport figure|not yet)') -eq 5 ]"

if gnuplot --version >/dev/null 2>&1; then
	check "attribution" figure attribution --unit post_unit
	check "attribution: its files" has_files figures/attribution
	check "attribution: the cycles of the database" bash -c \
		"[ \$(awk -F, 'NR > 1 { s += \$9 } END { print s }' '$work/figures/attribution.csv') -eq $(total post_unit) ]"
	check "latency" figure latency --where "fits = 1"
	check "latency: its files" has_files figures/latency
	check "pareto" figure pareto --out . --name front
	check "pareto: its files" has_files front
	check "pareto: there is a front, and more" bash -c "grep -q ',1,1\$' '$work/front.csv' && grep -q ',0,[01]\$' '$work/front.csv'"
	check "pareto: the front is that of nbexplore" cmp \
		<(awk -F, '$5 == 1 { print $1 }' "$work/front.csv" | sort) \
		<("$build/bin/nbexplore" front "$work/results.db" --objectives latency_ms,power_w --format csv 2>/dev/null | awk -F, 'NR > 1 { print $1 }' | sort)
	check "report" bash -c "cd '$work' && '$nb' report --db results.db --out page"
	check "report: its picture is there" test -s "$work/page/report_attribution.svg"
	mkdir "$work/again" && cp "$work/results.db" "$work/again/"
	check "the same data: the same files" bash -c "cd '$work/again' && '$nb' figure latency --db results.db --where 'fits = 1' && cmp figures/latency.pdf ../figures/latency.pdf && cmp figures/latency.svg ../figures/latency.svg && cmp figures/latency.png ../figures/latency.png"
	chmod -w "$work/again"
	[ "$(id -u)" -eq 0 ] || check "a folder that cannot be written" bash -c "cd '$work/again' && '$nb' figure pareto --db results.db --out new; [ \$? -eq 4 ]"
	chmod +w "$work/again"
else
	skipped=$((skipped + 1))
	echo "skipped: pictures, since gnuplot is not installed"
fi
. "$here/compare.sh"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
