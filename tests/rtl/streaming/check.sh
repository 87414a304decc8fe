#!/usr/bin/env bash
# Runs the pipelines of cases.txt, worked by hand, on the reference RTL, with each kind of FIFO memory, and compares every line;
# then the memory masters (masters/check.sh).
# usage: check.sh      last line: N passed, M failed
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
awk -v work="$work" '/^== / { file = work "/" $2 "/" $3; if (!($2 in made)) { made[$2]; system("mkdir " work "/" $2); print $2 }; next }
	/^#/ || /^$/ { next }
	{ print >file }' "$here/cases.txt" >"$work/names"
passed=0 failed=0
for memory in 0 1 2; do
	mapfile -t folders < <(sed "s:^:$work/:" "$work/names")
	bash "$here/run_case.sh" --scramble $((memory + 1)) --fifo-memory $memory "${folders[@]}" >"$work/got" 2>"$work/errors"
	status=$?
	# One case is stuck on purpose: status 6.
	[ $status -eq 6 ] || { echo "check: status $status, expected 6"; head -n 5 "$work/errors"; }
	while read -r name; do
		if awk -v name="$name" '/^case / { inside = $2 == name } inside' "$work/got" | diff "$work/$name/expected" - >"$work/difference"; then
			passed=$((passed + 1))
		else
			failed=$((failed + 1))
			echo "check: $name, FIFO memory $memory:"
			head -n 10 "$work/difference"
		fi
	done <"$work/names"
	[ $status -eq 6 ] || failed=$((failed + 1))
done
bash "$here/masters/check.sh" >"$work/masters"
head -n -1 "$work/masters"
read -r good _ bad _ < <(tail -n 1 "$work/masters")
passed=$((passed + good)) failed=$((failed + bad))
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
