#!/usr/bin/env bash
# Random machines and networks: native kernel, shuffled native kernel, executor, layer kernels and verilated RTL must agree.
# usage: run_equal.sh BUILD --count N --seed S [--structure NAME]      last line: N passed, N failed
set -uo pipefail
cd "$(dirname "$0")/../.."
build=$(realpath "$1")
shift
count=20 seed=1 only=
while [ $# -gt 0 ]; do
	case $1 in
	--count) count=$2 ;;
	--seed) seed=$2 ;;
	--structure) only=$2 ;;
	*)
		echo "run: equal: unknown option '$1' (--count N --seed S --structure NAME)" >&2
		exit 2
		;;
	esac
	shift 2
done
export NBSIM_RTL_CACHE=${NBSIM_RTL_CACHE:-$build/rtl}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
while read -r name parameters; do
	[ -n "$only" ] && [ "$only" != "$name" ] && continue
	"$build/bin/nb_equal" write "$name" "$count" "$seed" "$work/cases" "$work/expected" >"$work/model"
	cat "$work/model" | grep -vE '^[0-9]+ passed'
	model_failed=$(tail -n 1 "$work/model" | sed -E 's/.*, ([0-9]+) failed/\1/')
	# shellcheck disable=SC2086
	if ! bench=$(bash tests/rtl/build.sh $parameters); then
		echo "$name: the RTL does not build"
		failed=$((failed + count))
		continue
	fi
	"$bench" "$work/cases" >"$work/got" 2>"$work/errors" || head -n 3 "$work/errors"
	"$build/bin/nb_equal" compare "$work/expected" "$work/got" >"$work/rtl"
	grep -vE '^[0-9]+ passed' "$work/rtl" | head -n 12
	set -- $(tail -n 1 "$work/rtl" | tr -c '0-9\n' ' ')
	rtl_failed=${2:-$count}
	bad=$((rtl_failed > ${model_failed:-$count} ? rtl_failed : ${model_failed:-$count}))
	echo "$name: $((count - bad)) of $count cases equal"
	passed=$((passed + count - bad)) failed=$((failed + bad))
done < <("$build/bin/nb_equal" structures)
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
