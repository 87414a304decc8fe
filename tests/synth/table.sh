#!/usr/bin/env bash
# Writes the table of configs/tech/SYNTHESIS.md (between its two marker lines) from configs/tech/synthesis.csv and the formulas of
# sim/estimate. usage: table.sh BUILD [--points]      --points: every point beside its estimate, on stderr
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cc -std=c11 -O1 -Wall -Wextra -Wconversion -I. tests/synth/synthesis_table.c "$build/sim/estimate/libnbsim_estimate.a" \
	"$build/sim/input/libnbsim_input.a" "$build/sim/base/libnbsim_base.a" -liniparser -lz -lm -o "$work/nb_synthesis_table"
status=0
"$work/nb_synthesis_table" configs/u250.ini configs/devices/u250.ini configs/tech/synthesis.csv tests/synth/whole.csv ${2:+points} >"$work/table" || status=$?
[ -s "$work/table" ]
points=$(($(wc -l <configs/tech/synthesis.csv) - 1))
held=$(awk -F, 'NR > 1 && $5 == 1' configs/tech/synthesis.csv | wc -l)
awk -v table="$work/table" -v line="$points points, $held of them held out of every fit; yosys $(tail -n 1 configs/tech/synthesis.csv | awk -F, '{ print $NF }')." '
	/^<!-- table begins -->/ { print; print line; print ""; while ((getline row < table) > 0) print row; inside = 1; next }
	/^<!-- table ends -->/ { inside = 0 }
	!inside' configs/tech/SYNTHESIS.md >"$work/text"
cp "$work/text" configs/tech/SYNTHESIS.md
cat "$work/table"
exit $status
