#!/usr/bin/env bash
# Reads every include of the sources and fails on an arrow that tests/floors.txt does not have, on an arrow that nobody uses,
# and on an outside library that another module than its own includes. Last line: N passed, N failed.
set -uo pipefail
cd "$(dirname "$0")/.."
passed=0 failed=0
declare -A allowed used
while read -r from arrow to; do
	[ "$arrow" = "->" ] && allowed["$from>$to"]=1
done < <(grep -v '^#' tests/floors.txt)
while IFS=: read -r file include; do
	from=$(dirname "$file")
	to=$(dirname "$(echo "$include" | sed -E 's/.*"([^"]+)".*/\1/')")
	[ "$from" = "$to" ] && continue
	used["$from>$to"]=1
	if [ -n "${allowed["$from>$to"]:-}" ]; then
		passed=$((passed + 1))
	else
		echo "$file includes $to: no arrow '$from -> $to' in tests/floors.txt"
		failed=$((failed + 1))
	fi
done < <(grep -rE '^#include "' sim workloads explore reports --include='*.c' --include='*.h' --include='*.cpp' --include='*.hpp' 2>/dev/null)
while read -r word name module; do
	[ "$word" = library ] || continue
	while read -r file; do
		case $file in
		"$module" | "$module"/* | "${module%.c}"*) passed=$((passed + 1)) ;;
		*)
			echo "$file includes $name, which belongs to $module"
			failed=$((failed + 1))
			;;
		esac
	done < <(grep -rlE "^#include <($name|iniparser/$name)(\.h)?>" sim workloads explore reports 2>/dev/null)
done < <(grep '^library' tests/floors.txt)
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
