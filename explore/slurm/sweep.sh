#!/usr/bin/env bash
# One sweep as a Slurm array job of shards, and a job behind it that merges them. See README.md beside this file.
# usage: sweep.sh SWEEP.ini --db RESULTS.db --parts N [--explore PROGRAM] [-- SBATCH-OPTIONS...]
set -euo pipefail

usage() {
	sed -n '3s/^# //p' "$0" >&2
	exit 2
}

# On a node: shard number SLURM_ARRAY_TASK_ID. A task that is requeued goes on in its own database. Where the program was
# killed (out of memory, by hand), the task requeues itself, three times at most: a task that failed would stop the merge.
if [ "${1:-}" = --task ]; then
	status=0
	"$2" shard "$3" --part "$SLURM_ARRAY_TASK_ID/$4" --db "$5.part$SLURM_ARRAY_TASK_ID" --jobs "${SLURM_CPUS_PER_TASK:-1}" --quiet || status=$?
	if [ $status -gt 128 ] && [ "${SLURM_RESTART_COUNT:-0}" -lt 3 ] && [ -n "${SLURM_JOB_ID:-}" ]; then
		echo "sweep.sh: task $SLURM_ARRAY_TASK_ID: killed by signal $((status - 128)), requeued" >&2
		scontrol requeue "$SLURM_JOB_ID" && sleep 60 # Slurm ends this script meanwhile
	fi
	exit $status
fi
# On a node, after all shards.
if [ "${1:-}" = --merge ]; then
	parts=()
	for ((part = 1; part <= $3; part++)); do
		[ -f "$4.part$part" ] || { echo "sweep.sh: $4.part$part: missing" >&2; exit 4; }
		parts+=("$4.part$part")
	done
	exec "$2" merge "$4" "${parts[@]}"
fi

[ $# -ge 1 ] || usage
sweep=$1 db='' parts='' program=nbexplore
shift
while [ $# -gt 0 ]; do
	case $1 in
	--db) db=${2:?} ;;
	--parts) parts=${2:?} ;;
	--explore) program=${2:?} ;;
	--)
		shift
		break
		;;
	*) usage ;;
	esac
	shift 2
done
[ -n "$db" ] && [ -n "$parts" ] || usage
case $parts in
*[!0-9]* | 0*) echo "sweep.sh: --parts: '$parts' is not a number of parts" >&2; exit 2 ;;
esac
[ -r "$sweep" ] || { echo "sweep.sh: $sweep: cannot be read" >&2; exit 4; }
command -v "$program" >/dev/null || { echo "sweep.sh: $program: not found; give it with --explore" >&2; exit 4; }
sweep=$(realpath "$sweep") db=$(realpath -m "$db") program=$(realpath "$(command -v "$program")") self=$(realpath "$0")

shards=$(sbatch --parsable --requeue --job-name "nb-$(basename "$sweep" .ini)" --array "1-$parts" "$@" --wrap \
	"$(printf '%q ' "$self" --task "$program" "$sweep" "$parts" "$db")")
shards=${shards%%;*}
merge=$(sbatch --parsable --job-name "nb-merge" --dependency "afterok:$shards" --kill-on-invalid-dep=yes "$@" --wrap \
	"$(printf '%q ' "$self" --merge "$program" "$parts" "$db")")
echo "shards: job $shards, tasks 1 to $parts; merge: job ${merge%%;*}; results: $db"
