#!/usr/bin/env bash
# Sweeps end to end: kills, resuming, workers, shards, layers, streaming machines, searches, the Slurm script with a stub. With NBSIM_LONG set (--long of
# run_tests.sh) a real one-node Slurm cluster and the shipped studies too.
# usage: run_explore.sh BUILD [--kills N]. Last line: N passed, N failed, N skipped.
set -uo pipefail
cd "$(dirname "$0")/../.."
build=$(realpath "$1")
kills=20
[ "${2:-}" = --kills ] && kills=$3
export LC_ALL=C
nb=$build/bin/nbexplore
here=$PWD/tests/explore
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. tests/check.bash

rows() { "$nb" points "$1" --sweep "$2"; } # everything a sweep stored, as text
same() { cmp <(rows "$1" "$3") <(rows "$2" "$3"); }
children() { pgrep -P "$1" 2>/dev/null; }
pause() { sleep "0.$(printf '%03d' "$1")"; }

# One uninterrupted run of each; all that follows must give these rows.
"$nb" "$here/small.ini" --db "$work/small.db" -q || exit 1
"$nb" "$here/large.ini" --db "$work/large.db" -q || exit 1
count=$(rows "$work/small.db" small | wc -l)
check "small: every admitted point has a row" test "$count" -eq $((1 + 2 * 2 * 2 * 2 * (5 + 5 + 5 + 4)))
check "small: some points cannot be used, and say why" grep -qE ',(invalid|unmappable),"[^"]' <(rows "$work/small.db" small)
total=7200
check "large: $total points, all ok" test "$(rows "$work/large.db" large | grep -c ',ok,')" -eq $total

# Sharing and the number of workers change nothing.
"$nb" "$here/small.ini" --db "$work/fresh.db" -q --no-share -j 3
check "small: shared equals unshared, one worker set equals another" same "$work/small.db" "$work/fresh.db" small
"$nb" "$here/small.ini" --db "$work/one.db" -q -j 1
check "small: one worker" same "$work/small.db" "$work/one.db" small

# kill -9 of the whole sweep at random moments, then resumed.
RANDOM=17
partial=0
for ((k = 0; k < kills; k++)); do
	"$nb" "$here/large.ini" --db "$work/killed.db" -q --no-share &
	pid=$!
	before=$(rows "$work/killed.db" large 2>/dev/null | wc -l)
	pause $((60 + RANDOM % 400))
	if [ $((k % 2)) -eq 1 ]; then # every other time not before something was stored
		for ((try = 0; try < 200; try++)); do
			[ "$(rows "$work/killed.db" large 2>/dev/null | wc -l)" -gt "$before" ] && break
			kill -0 $pid 2>/dev/null || break
			pause 10
		done
	fi
	workers=$(children $pid)
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	stored=$(rows "$work/killed.db" large 2>/dev/null | wc -l)
	[ "$stored" -gt 1 ] && [ "$stored" -le $total ] && partial=$((partial + 1))
	[ "$stored" -gt $total ] && rm -f "$work"/killed.db*
done
"$nb" "$here/large.ini" --db "$work/killed.db" -q
check "large: killed $kills times, then resumed: the same rows" same "$work/large.db" "$work/killed.db" large
check "large: kills left part of the rows at least once" test "$partial" -gt 0
pause 200
alive=0
for w in $workers; do grep -qs "^State:.[^ZX]" "/proc/$w/status" && alive=1; done
check "large: no worker outlives its parent" test $alive -eq 0

# Workers killed under way: their points are tried again.
"$nb" "$here/large.ini" --db "$work/workers.db" -q --no-share &
pid=$!
for ((k = 0; k < 6; k++)); do
	pause 50
	victim=$(children $pid | head -n 1)
	[ -n "$victim" ] && kill -9 "$victim" 2>/dev/null
done
wait $pid
check "large: the sweep survives killed workers" test $? -eq 0
"$nb" "$here/large.ini" --db "$work/workers.db" -q --retry
check "large: the same rows after killed workers" same "$work/large.db" "$work/workers.db" large

# Ctrl-C.
"$nb" "$here/large.ini" --db "$work/stopped.db" -q --no-share 2>"$work/stopped.err" &
pid=$!
pause 150
kill -INT $pid
wait $pid
check "interrupted: status 7" test $? -eq 7
check "interrupted: says how to go on" grep -q 'the same command goes on' "$work/stopped.err"
"$nb" "$here/large.ini" --db "$work/stopped.db" -q
check "interrupted, then resumed: the same rows" same "$work/large.db" "$work/stopped.db" large

# Shards.
for part in 1 2 3; do "$nb" shard "$here/small.ini" --part $part/3 --db "$work/part$part.db" -q; done
check "shards: each has a part" test "$(rows "$work/part2.db" small | wc -l)" -lt "$count"
"$nb" merge "$work/merged.db" "$work"/part?.db -q
check "shards, merged: the same rows" same "$work/small.db" "$work/merged.db" small
check "merging twice changes nothing" "$nb" merge "$work/merged.db" "$work/part1.db" -q
check "merged again: the same rows" same "$work/small.db" "$work/merged.db" small
sed 's/4, 8/4, 6/' "$here/small.ini" >"$work/other.ini"
"$nb" "$work/other.ini" --db "$work/other.db" -q --limit 5
check "another sweep of the same name is not merged" sh -c "! '$nb' merge '$work/merged.db' '$work/other.db' -q"
check "another sweep of the same name is refused" sh -c "'$nb' '$work/other.ini' --db '$work/small.db' -q 2>&1 | grep -q \"there 'axis compile.skip_weight_bits=4, 8', here\""

# A row that was changed is noticed by merging, so equality of the above means something.
if command -v sqlite3 >/dev/null; then
	cp "$work/part1.db" "$work/wrong.db"
	sqlite3 "$work/wrong.db" "UPDATE sweep_points SET latency_cycles = latency_cycles + 1 WHERE point = (SELECT min(point) FROM sweep_points WHERE status = 'ok')"
	check "merging notices a row that differs" sh -c "'$nb' merge '$work/merged.db' '$work/wrong.db' -q 2>&1 | grep -q 'differs from the one in'"
	check "the comparison notices a row that differs" bash -c "! cmp -s <('$nb' points '$work/wrong.db') <('$nb' points '$work/part1.db')"
fi

# The result of a point is that of nbsim with the point's configuration.
if [ -x "$build/bin/nbsim" ]; then
	point=$(rows "$work/small.db" small | awk -F, '$2 == "ok" { n++; if (n == 37) print $1 }')
	"$nb" config "$work/small.db" "$point" >"$work/point.ini"
	"$build/bin/nbsim" --config "$work/point.ini" --kernel native --no-db --format csv >"$work/point.csv"
	check "nbsim gives the cycles of point $point" grep -q "^run,latency_cycles,$(rows "$work/small.db" small | awk -F, -v p="$point" '$1 == p { print $5 }')," "$work/point.csv"
fi
check "explain: one step on each axis" sh -c "'$nb' explain '$work/small.db' 100 | grep -c -- '->' | grep -qx '[6-9]\|1[0-2]'"

# Searches find the front of the whole space.
sed 's/^strategy = .*/strategy = grid/; s/^name = .*/name = grid/' "$here/search.ini" >"$work/grid.ini"
"$nb" "$work/grid.ini" --db "$work/search.db" -q
"$nb" "$here/search.ini" --db "$work/search.db" -q
"$nb" front "$work/search.db" --sweep grid -q --format csv | sort >"$work/front.grid"
"$nb" front "$work/search.db" --sweep search -q --format csv | sort >"$work/front.refine"
found=$(comm -12 "$work/front.grid" "$work/front.refine" | wc -l) all=$(wc -l <"$work/front.grid")
check "refinement finds nearly the whole front ($found of $all)" test $((10 * found)) -ge $((9 * all))
check "refinement computes less than the grid" test "$(rows "$work/search.db" search | wc -l)" -lt "$(rows "$work/search.db" grid | wc -l)"
for kind in random latin; do
	sed "s/^strategy = .*/strategy = $kind/; s/^name = .*/name = $kind/; s/^count = .*/count = 200/" "$here/search.ini" >"$work/$kind.ini"
	"$nb" "$work/$kind.ini" --db "$work/search.db" -q
	check "$kind: rows are those of the grid" sh -c "test -z \"\$(comm -23 '$work/$kind.csv' '$work/grid.csv')\"" \
		$("$nb" points "$work/search.db" --sweep $kind | sort >"$work/$kind.csv"; "$nb" points "$work/search.db" --sweep grid | sort >"$work/grid.csv")
done
check "random: as many different points as asked for" test "$(rows "$work/search.db" random | wc -l)" -eq 201
sed 's/^name = .*/name = nsga/' "$here/search.ini" >"$work/nsga.ini"
if "$nb" search "$work/nsga.ini" --db "$work/search.db" -q 2>"$work/nsga.err"; then
	"$nb" front "$work/search.db" --sweep nsga -q --format csv | sort >"$work/front.nsga"
	found=$(comm -12 "$work/front.grid" "$work/front.nsga" | wc -l)
	check "NSGA-II finds at least half of the front ($found of $all)" test $((2 * found)) -ge "$all"
	"$nb" search "$work/nsga.ini" --db "$work/search2.db" -q -j 1
	check "NSGA-II: the same points again" same "$work/search.db" "$work/search2.db" nsga
elif grep -q 'libpagmo-dev' "$work/nsga.err"; then
	echo "skipped: NSGA-II (built without libpagmo-dev)"
	skipped=$((skipped + 1))
else
	check "NSGA-II runs" false
fi

# Accuracy, once per set of widths.
if [ -r /usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz ]; then
	"$nb" "$here/accuracy.ini" --db "$work/accuracy.db" -q
	rows "$work/accuracy.db" accuracy >"$work/accuracy.csv"
	check "accuracy: two networks, beside all four points" test "$(awk -F, 'NR > 1 { print $32, $34 }' "$work/accuracy.csv" | sort -u | wc -l)" -eq 2
	"$nb" config "$work/accuracy.db" 3 >"$work/point.ini"
	"$build/bin/nbsim" --config "$work/point.ini" --kernel native --no-db --format csv --images /usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz --count 40 --verify 0 >"$work/point.csv"
	top1=$(awk -F, '/^run,top1,/ { print $3 }' "$work/point.csv")
	check "accuracy: that of nbsim ($top1)" test "$(awk -F, '$1 == 3 { print $32 }' "$work/accuracy.csv")" = "$top1"
	check "accuracy: points that straddle a limit are counted" sh -c "'$nb' front '$work/accuracy.db' --where 'top1 >= 0.88' 2>&1 >/dev/null | grep -q 'straddle'"
	"$nb" front "$work/accuracy.db" --images 60 -q >/dev/null
	check "accuracy: the front on more images" sh -c "'$nb' points '$work/accuracy.db' | grep -q ',60,'"
else
	echo "skipped: accuracy (dataset-fashion-mnist is not installed)"
	skipped=$((skipped + 1))
fi

. "$here/keep.bash"
. "$here/streaming.bash"
. "$here/slurm.bash"
. "$here/bad.bash"
if [ -n "${NBSIM_LONG:-}" ]; then
	. "$here/slurm_cluster.bash"
	. "$here/studies.bash"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
