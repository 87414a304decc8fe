#!/usr/bin/env bash
# The behavioural DSP48E2 against the primitive's tables, and the machine's products in it. Last line: N passed, N failed.
# --detect breaks the model in four places and expects the bench to notice each.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Verilator 5 runs the bench itself; with --main no C++ is needed.
run() { # run MODEL: last line of the bench
	rm -rf "$work/obj"
	(cd "$here" && verilator --binary --timing -O3 -Wno-fatal -Wno-lint -Wno-style -Wno-STMTDLY --Mdir "$work/obj" --top-module dsp48e2_tb \
		-CFLAGS -O1 -o bench dsp48e2_tb.v "$1" nb_products.v nb_multiply.v nb_divide.v) >"$work/log" 2>&1 || { tail -n 5 "$work/log"; return 1; }
	"$work/obj/bench" | grep -v '^- ' >"$work/out"
	grep -v passed "$work/out" | head -n 5
	grep passed "$work/out"
}

if [ "${1:-}" = --detect ]; then
	passed=0 failed=0
	while IFS='|' read -r name edit; do
		sed "$edit" "$here/dsp48e2_sim.v" >"$work/dsp48e2_sim.v"
		cmp -s "$here/dsp48e2_sim.v" "$work/dsp48e2_sim.v" && { echo "$name: the edit changes nothing"; failed=$((failed + 1)); continue; }
		if run "$work/dsp48e2_sim.v" | tail -n 1 | grep -q ', 0 failed'; then
			echo "$name: not noticed"
			failed=$((failed + 1))
		else
			passed=$((passed + 1))
		fi
	done <<-'TXT'
		logic unit without inversion of Z|s/ALUMODE\[0\] ? ~z : z/z/
		TWO24 carries into the upper half|s/"TWO24" ? 24 : 48/"TWO24" ? 48 : 48/
		product register missing|s/MREG != 0 ? m_register : multiplied/multiplied/
		cascade shifts by 16|s/PCIN\[47\]}}, PCIN\[47:17\]/PCIN[47]}}, PCIN[47:17]} << 1 | {47'd0, PCIN[16]/
	TXT
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ]
	exit
fi
run dsp48e2_sim.v || { echo "0 passed, 1 failed"; exit 1; }
tail -n 1 "$work/out" | grep -q ', 0 failed'
