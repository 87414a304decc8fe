# Points of streaming machines beside time-shared ones. Included by run_explore.sh.
"$nb" "$here/streaming.ini" --db "$work/streaming.db" -q -j 2
rows "$work/streaming.db" streaming >"$work/streaming.csv"
check "streaming: $((3 * 144)) points, those that can be mapped are ok" test "$(grep -c ',ok,' "$work/streaming.csv")" -eq 288 -a "$(wc -l <"$work/streaming.csv")" -eq 433
check "streaming: a layer that cannot be time-shared says so" test "$(grep -c ',unmappable,"layer quant: ' "$work/streaming.csv")" -eq 144
"$nb" "$here/streaming.ini" --db "$work/fresh_streaming.db" -q -j 1 --no-share
check "streaming: shared equals unshared, one worker equals two" same "$work/streaming.db" "$work/fresh_streaming.db" streaming
for part in 1 2; do "$nb" shard "$here/streaming.ini" --part $part/2 --db "$work/streaming$part.db" -q; done
"$nb" merge "$work/streaming_parts.db" "$work/streaming1.db" "$work/streaming2.db" -q
check "streaming: shards, merged: the same rows" same "$work/streaming.db" "$work/streaming_parts.db" streaming
for ((k = 0; k < 12; k++)); do
	"$nb" "$here/streaming.ini" --db "$work/killed_streaming.db" -q --no-share &
	pid=$!
	pause $((20 + RANDOM % 60))
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
done
"$nb" "$here/streaming.ini" --db "$work/killed_streaming.db" -q
check "streaming: killed 12 times, then resumed: the same rows" same "$work/streaming.db" "$work/killed_streaming.db" streaming

# What a row says is what nbsim says.
for point in 154 289; do
	"$nb" config "$work/streaming.db" $point >"$work/point.ini"
	"$build/bin/nbsim" --config "$work/point.ini" --kernel native --no-db --format csv >"$work/point.csv"
	[ $point -eq 154 ] && sed -i 's/^run,bottleneck,/run,limit_unit,/' "$work/point.csv"
	for figure in $([ $point -eq 154 ] && echo limit_unit) latency_cycles total_cycles frames_per_s latency_ms ddr_bytes power_w; do
		of_nbsim=$(awk -F, -v f=$figure '$1 == "run" && $2 == f { print $3; exit }' "$work/point.csv")
		of_row=$(awk -F, -v p=$point -v f=$figure 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == f) c = i } $1 == p { print $c }' "$work/streaming.csv")
		check "streaming: nbsim gives the $figure of point $point ($of_row)" test -n "$of_row" -a "$of_row" = "$of_nbsim"
	done
done
check "streaming: explain names stage and folding" bash -c "'$nb' explain '$work/streaming.db' 154 >'$work/explained' && grep -q 'limited by stage L0.matrix in the steady state' '$work/explained' && grep -q 'folding auto: ' '$work/explained'"
check "streaming: a front" bash -c "'$nb' front '$work/streaming.db' -q --objectives latency_ms,lut --format csv | cut -d, -f5 | sort -u | tr '\n' ' ' | grep -q streaming"

# Layers kept, found by nbsim.
if command -v sqlite3 >/dev/null; then
	"$nb" "$here/streaming.ini" --db "$work/keep_streaming.db" -q --keep layers
	check "streaming: the rows are those without layers" same "$work/streaming.db" "$work/keep_streaming.db" streaming
	check "streaming: a run for each point that is ok" test "$(sqlite3 "$work/keep_streaming.db" "SELECT count(*) FROM sweep_runs")" -eq 288
	"$nb" config "$work/keep_streaming.db" 154 >"$work/point.ini"
	"$build/bin/nbsim" --config "$work/point.ini" --kernel native --db "$work/nbsim_streaming.db" --format csv >/dev/null
	id=$(sqlite3 "$work/keep_streaming.db" "SELECT run FROM sweep_runs WHERE point = 154")
	of_run() { sqlite3 "$1" "SELECT scope, name, quote(value), unit, grade FROM results WHERE run = '$id' ORDER BY 1, 2"; }
	of_run "$work/nbsim_streaming.db" >"$work/streaming.run"
	check "streaming: nbsim stores the same run, $(wc -l <"$work/streaming.run") rows" bash -c "test -s '$work/streaming.run' && cmp '$work/streaming.run' -" < <(of_run "$work/keep_streaming.db")
	check "streaming: nbsim rerun finds it as stored" "$build/bin/nbsim" rerun "$id" --db "$work/keep_streaming.db"
	check "streaming: explain names the run" sh -c "'$nb' explain '$work/keep_streaming.db' 154 | grep -q 'run $id '"
fi

# Ctrl-C does not wait for a point that takes long.
"$nb" "$here/long_point.ini" --db "$work/long_point.db" -q --no-accuracy 2>/dev/null &
pid=$!
pause 900
kill -INT $pid
for ((try = 0; try < 100; try++)); do
	kill -0 $pid 2>/dev/null || break
	pause 100
done
check "streaming: interrupted in a long point, ended within ten seconds" test $try -lt 100
kill -9 $pid 2>/dev/null
wait $pid
check "streaming: ... with no row of it" test "$(rows "$work/long_point.db" long_point | wc -l)" -eq 1
