#!/usr/bin/env bash
# The memory masters ns_read and ns_write, each with two widths and kinds of FIFO. Last line: N passed, N failed.
# --detect breaks them in six places and expects the bench to notice each.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here"/*.v "$here"/../ns_{fifo,store}.v "$work"

run() { # run WIDTH MEMORY: last line of the bench
	rm -rf "$work/obj"
	(cd "$work" && nice -n 19 verilator --binary --timing -O3 -Wno-fatal -Wno-lint -Wno-style -Wno-STMTDLY --Mdir obj --top-module masters_tb \
		-GWIDTH="$1" -GMEMORY="$2" -CFLAGS -O1 -o bench masters_tb.v ns_read.v ns_write.v ns_fifo.v ns_store.v) >"$work/log" 2>&1 || {
		tail -n 5 "$work/log"
		echo "0 passed, 1 failed"
		return
	}
	timeout 120 "$work/obj/bench" | grep -v '^- '
}

passed=0 failed=0
if [ "${1:-}" = --detect ]; then
	while IFS='|' read -r name file edit; do
		sed "$edit" "$here/$file.v" >"$work/$file.v"
		cmp -s "$here/$file.v" "$work/$file.v" && echo "$name: the edit changes nothing"
		if run 64 2 | tail -n 1 | grep -q ' 0 failed'; then
			echo "$name: not noticed"
			failed=$((failed + 1))
		else
			passed=$((passed + 1))
		fi
		cp "$here/$file.v" "$work/$file.v"
	done <<-'TXT'
		bursts are asked for without room|ns_read|s/room >= WHOLE/1'b1/
		the last burst is a whole one|ns_read|s/is_whole ? WHOLE : left\[CB-1:0\]/WHOLE/
		the address stays|ns_read|s/ar_address + BYTES/ar_address/
		bursts are asked for without words|ns_write|s/ \&\& count >= beats/ \&\& !empty/
		the last word is not marked|ns_write|s/sending == 1;/1'b0;/
		done before the last response|ns_write|s/left != 0 || waiting != 0/left != 0/
	TXT
else
	for setting in "64 2" "128 1"; do
		# shellcheck disable=SC2086
		run $setting >"$work/out"
		grep -v passed "$work/out" | head -n 5
		read -r good _ bad _ < <(tail -n 1 "$work/out")
		passed=$((passed + good)) failed=$((failed + bad))
	done
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
