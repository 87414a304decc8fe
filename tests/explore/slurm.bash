# The Slurm script with a stub of sbatch that runs the wrapped command at once, one task after the other, and once kills
# and requeues a task. Included by run_explore.sh.
mkdir -p "$work/stub"
cat >"$work/stub/sbatch" <<'STUB'
#!/usr/bin/env bash
array='' wrap='' depends=''
echo "$*" >>"$STUB_LOG"
while [ $# -gt 0 ]; do
	case $1 in
	--array) array=$2; shift ;;
	--wrap) wrap=$2; shift ;;
	--dependency) depends=$2; shift ;;
	--job-name) shift ;;
	esac
	shift
done
id=$((100 + $(wc -l <"$STUB_LOG")))
if [ -n "$array" ]; then
	for ((task = ${array%-*}; task <= ${array#*-}; task++)); do
		if [ "$task" -eq 2 ]; then # killed, then requeued
			SLURM_ARRAY_TASK_ID=$task timeout -s KILL 0.1 bash -c "$wrap" >/dev/null 2>&1
		fi
		SLURM_ARRAY_TASK_ID=$task SLURM_CPUS_PER_TASK=2 bash -c "$wrap" || exit 1
	done >&2
elif [ -n "$depends" ]; then
	bash -c "$wrap" >&2 || exit 1
fi
echo "$id;cluster"
STUB
chmod +x "$work/stub/sbatch"
export STUB_LOG=$work/stub.log
: >"$STUB_LOG"
PATH="$work/stub:$PATH" explore/slurm/sweep.sh "$here/small.ini" --db "$work/slurm.db" --parts 4 --explore "$nb" -- --time=1:00 >"$work/slurm.out" 2>"$work/slurm.err"
check "slurm: both jobs are submitted" grep -q '^shards: job 101, tasks 1 to 4; merge: job 102' "$work/slurm.out"
check "slurm: the merge waits for all shards" grep -q -- '--dependency afterok:101 ' "$STUB_LOG"
check "slurm: options behind -- reach both jobs" test "$(grep -c -- '--time=1:00' "$STUB_LOG")" -eq 2
check "slurm: the merged rows are those of one run" same "$work/small.db" "$work/slurm.db" small
rm -f "$work/slurm.db.part3"
check "slurm: a missing part is an error" sh -c "! explore/slurm/sweep.sh --merge '$nb' 4 '$work/slurm.db'"
check "slurm: wrong usage is status 2" sh -c "explore/slurm/sweep.sh '$here/small.ini' --db x; test \$? -eq 2"
