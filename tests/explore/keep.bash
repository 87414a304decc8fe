# --keep layers: what is stored beside a point is the run that nbsim stores for its configuration. Included by
# run_explore.sh.
"$nb" "$here/keep.ini" --db "$work/keep.db" -q --keep layers
"$nb" "$here/keep.ini" --db "$work/plain.db" -q
check "keep: the rows are those without it" same "$work/plain.db" "$work/keep.db" keep
if command -v sqlite3 >/dev/null; then
	runs() { # everything of every run but host, in order
		sqlite3 "$1" "SELECT * FROM runs ORDER BY 1; SELECT * FROM parameters ORDER BY 1, 2, 3; SELECT run, scope, name, quote(value), unit, grade, position FROM results ORDER BY 1, 2, 3; SELECT * FROM mapping ORDER BY 1"
	}
	links() { sqlite3 "$1" "SELECT * FROM sweep_runs ORDER BY 1, 2"; }
	runs "$work/keep.db" >"$work/keep.runs"
	check "keep: a run for each point that is ok" test "$(links "$work/keep.db" | wc -l)" -eq "$(rows "$work/keep.db" keep | grep -c ',ok,')"
	check "keep: none for the others" test "$(links "$work/keep.db" | wc -l)" -lt $(($(rows "$work/keep.db" keep | wc -l) - 1))
	for point in 1 5 11; do
		"$nb" config "$work/keep.db" $point >"$work/point.ini"
		"$build/bin/nbsim" --config "$work/point.ini" --kernel native --db "$work/nbsim.db" --format csv >/dev/null
	done
	runs "$work/nbsim.db" >"$work/nbsim.runs"
	check "keep: nbsim stores the same rows, $(grep -c 'layer:' "$work/nbsim.runs") of them of layers" test -s "$work/nbsim.runs" -a -z "$(comm -13 <(sort "$work/keep.runs") <(sort "$work/nbsim.runs"))"
	id=$(sqlite3 "$work/keep.db" "SELECT run FROM sweep_runs WHERE point = 5")
	check "keep: nbsim rerun finds it as stored" "$build/bin/nbsim" rerun "$id" --db "$work/keep.db"
	check "keep: explain names the run" sh -c "'$nb' explain '$work/keep.db' 5 | grep -q 'run $id '"
	check "keep: the layers of a point add up" test "$(sqlite3 "$work/keep.db" "SELECT sum(value) FROM sweep_layers WHERE point = 5 AND machine_unit = 'fixed_engine' AND name = 'total_cycles'")" = "$(sqlite3 "$work/keep.db" "SELECT total_cycles FROM sweep_points WHERE point = 5")"
	# Points that were stored before without their layers get them; killed under way, the database comes out the same.
	"$nb" "$here/keep.ini" --db "$work/plain.db" -q --keep layers
	runs "$work/plain.db" >"$work/plain.runs"
	check "keep: layers of points that were there" cmp -s "$work/keep.runs" "$work/plain.runs"
	for ((k = 0; k < 6; k++)); do
		"$nb" "$here/keep.ini" --db "$work/kept.db" -q --keep layers &
		pid=$!
		pause $((20 + RANDOM % 60))
		kill -9 $pid 2>/dev/null
		wait $pid 2>/dev/null
	done
	"$nb" "$here/keep.ini" --db "$work/kept.db" -q --keep layers
	runs "$work/kept.db" >"$work/kept.runs"
	check "keep: killed 6 times, then resumed: the same runs" cmp -s "$work/keep.runs" "$work/kept.runs"
	check "keep: ... of the same points" cmp -s <(links "$work/keep.db") <(links "$work/kept.db")
	for part in 1 2; do "$nb" shard "$here/keep.ini" --part $part/2 --db "$work/keep$part.db" -q --keep layers; done
	"$nb" merge "$work/keptparts.db" "$work/keep1.db" "$work/keep2.db" -q
	runs "$work/keptparts.db" >"$work/parts.runs"
	check "keep: shards, merged: the same runs" cmp -s "$work/keep.runs" "$work/parts.runs"
	check "keep: ... of the same points" cmp -s <(links "$work/keep.db") <(links "$work/keptparts.db")
fi
check "keep: factors on the energy table are refused" sh -c "'$nb' '$here/small.ini' --db '$work/refused.db' -q --keep layers 2>&1 | grep -q 'cannot hold the axis technology.dsp_logic48'"
