# A real one-node Slurm cluster on loopback, in a scratch folder, for run_explore.sh --long: the shipped array script with
# eight tasks, two of which are killed under way (one process by SIGKILL, one task by a requeue), and the merge behind it.
# Nothing of the system's own Slurm or munge is used or changed: own key, sockets, ports, state and logs. No cgroups
# (proctrack/linuxproc, task/none), so that it also runs in a container. Included by run_explore.sh.
cluster=$work/cluster
cluster_daemons=()

# Ends what was started here, by its process numbers, last first.
cluster_stop() {
	[ ${#cluster_daemons[@]} -gt 0 ] || return 0
	timeout 10 scancel --user "$(id -un)" >/dev/null 2>&1
	for ((d = ${#cluster_daemons[@]} - 1; d >= 0; d--)); do
		kill "${cluster_daemons[d]}" 2>/dev/null
		for ((try = 0; try < 50; try++)); do
			kill -0 "${cluster_daemons[d]}" 2>/dev/null || break
			sleep 0.1
		done
		kill -9 "${cluster_daemons[d]}" 2>/dev/null
		wait "${cluster_daemons[d]}" 2>/dev/null
	done
	cluster_daemons=()
}

cluster_port() { # prints a port of loopback at which nobody listens
	local port
	for ((try = 0; try < 100; try++)); do
		port=$((20000 + RANDOM % 10000))
		(: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	done
	echo "$port"
}

cluster_configure() {
	local host user controller daemon
	host=$(hostname -s) user=$(id -un) controller=$(cluster_port) daemon=$(cluster_port)
	mkdir -p "$cluster/state" "$cluster/spool"
	chmod 755 "$work" "$cluster"
	(umask 077 && head -c 1024 /dev/urandom >"$cluster/munge.key")
	cat >"$cluster/slurm.conf" <<CONF
ClusterName=nbsim
SlurmctldHost=$host(127.0.0.1)
SlurmUser=$user
SlurmdUser=$user
SlurmctldPort=$controller
AuthType=auth/munge
AuthInfo=socket=$cluster/munge.socket,cred_expire=10
CredType=cred/munge
StateSaveLocation=$cluster/state
SlurmdSpoolDir=$cluster/spool
SlurmctldPidFile=$cluster/slurmctld.pid
SlurmdPidFile=$cluster/slurmd.pid
SlurmctldLogFile=$cluster/slurmctld.log
SlurmdLogFile=$cluster/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1,batch_sched_delay=0
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=1
NodeName=node1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$daemon CPUs=2
PartitionName=all Nodes=node1 Default=YES MaxTime=60 State=UP
CONF
	export SLURM_CONF=$cluster/slurm.conf
}

# 0: the node takes jobs. Else the reason is in cluster_why.
cluster_start() {
	local program
	for program in munged slurmctld slurmd; do
		PATH=$PATH:/usr/sbin:/sbin command -v $program >/dev/null && continue
		cluster_why="$program is not installed (Debian: slurm-wlm, munge)"
		return 1
	done
	cluster_configure
	PATH=$PATH:/usr/sbin:/sbin
	munged --foreground --force --key-file="$cluster/munge.key" --socket="$cluster/munge.socket" --pid-file="$cluster/munged.pid" \
		--log-file="$cluster/munged.log" --seed-file="$cluster/munge.seed" >"$cluster/munged.out" 2>&1 &
	cluster_daemons+=($!)
	for ((try = 0; try < 50; try++)); do [ -S "$cluster/munge.socket" ] && break || sleep 0.1; done
	slurmctld -D -c -f "$SLURM_CONF" >"$cluster/slurmctld.out" 2>&1 &
	cluster_daemons+=($!)
	slurmd -D -N node1 -f "$SLURM_CONF" >"$cluster/slurmd.out" 2>&1 &
	cluster_daemons+=($!)
	for ((try = 0; try < 150; try++)); do
		[ "$(timeout 5 sinfo -h -o %T 2>/dev/null)" = idle ] && return 0
		sleep 0.2
	done
	cluster_why="the node does not come up: $(tail -qn 1 "$cluster"/{munged,slurmctld,slurmd}.{out,log} 2>/dev/null | grep -i 'err\|fatal' | head -n 1)"
	return 1
}

cluster_restarts() { timeout 10 scontrol show job "$1" | sed -n 's/.*Restarts=\([0-9]*\).*/\1/p' | head -n 1; } # of JOB_TASK
cluster_state() { timeout 10 scontrol show job "$1" | sed -n 's/.*JobState=\([A-Z_]*\).*/\1/p' | sort -u | tr '\n' ' '; }

# Waits until part K holds rows, but not all; prints the process of the task.
cluster_under_way() {
	local part=$1 pid rows
	for ((try = 0; try < 600; try++)); do
		pid=$(pgrep -f "^$nb shard .*--part $part/8 --db $cluster/results.db.part$part " | head -n 1)
		rows=$(rows "$cluster/results.db.part$part" cluster 2>/dev/null | wc -l)
		[ -n "$pid" ] && [ "$rows" -gt 1 ] && echo "$pid" && return 0
		sleep 0.1
	done
	return 1
}

cluster_test() {
	local job pid merge first
	"$nb" "$here/cluster.ini" --db "$cluster/whole.db" -q || return 1
	explore/slurm/sweep.sh "$here/cluster.ini" --db "$cluster/results.db" --parts 8 --explore "$nb" -- \
		--chdir="$cluster" --output="$cluster/job-%A_%a.out" >"$cluster/submitted" 2>"$cluster/submitted.err"
	check "cluster: both jobs are submitted" grep -qE '^shards: job [0-9]+, tasks 1 to 8; merge: job [0-9]+' "$cluster/submitted"
	job=$(sed 's/shards: job \([0-9]*\),.*/\1/' "$cluster/submitted")
	merge=$(sed 's/.*merge: job \([0-9]*\);.*/\1/' "$cluster/submitted")
	pid=$(cluster_under_way 1) && kill -9 "$pid"
	check "cluster: the process of task 1 is killed under way" test -n "$pid"
	pid=$(cluster_under_way 2) && scontrol requeue "${job}_2"
	check "cluster: task 2 is requeued under way" test -n "$pid"
	first=$(cluster_state "$merge")
	check "cluster: the merge waits ($first)" test "$first" = "PENDING "
	for ((try = 0; try < 900; try++)); do
		[ -z "$(timeout 5 squeue -h -o %i 2>/dev/null)" ] && break
		sleep 0.2
	done
	check "cluster: all eight tasks end well" test "$(cluster_state "$job")" = "COMPLETED "
	check "cluster: the merge ends well" test "$(cluster_state "$merge")" = "COMPLETED "
	check "cluster: task 1 was started twice" test "$(cluster_restarts "${job}_1")" = 1
	check "cluster: task 2 was started twice" test "$(cluster_restarts "${job}_2")" = 1
	check "cluster: task 3 was started once" test "$(cluster_restarts "${job}_3")" = 0
	for part in 1 2; do
		# sweep_host has a row for each session that came to its end
		check "cluster: task $part went on where it was" test "$(sqlite3 "$cluster/results.db.part$part" \
			"SELECT count(*) = 1 AND sum(points) > 0 AND sum(points) < (SELECT count(*) FROM sweep_points) FROM sweep_host")" = 1
	done
	check "cluster: the merged rows are those of one run" same "$cluster/whole.db" "$cluster/results.db" cluster
}

if ! command -v sqlite3 >/dev/null; then
	cluster_why="sqlite3 is not installed"
	false
else
	trap 'cluster_stop; rm -rf "$work"' EXIT
	cluster_start
fi
if [ $? -eq 0 ]; then
	cluster_test
	[ "$failed" -eq 0 ] || tail -n 20 "$cluster"/job-*.out "$cluster"/slurm*.log
	pids=("${cluster_daemons[@]}")
	cluster_stop
	alive=0
	for pid in "${pids[@]}"; do kill -0 "$pid" 2>/dev/null && alive=1; done
	check "cluster: no daemon is left" test $alive -eq 0
else
	cluster_stop
	echo "skipped: a real Slurm cluster: $cluster_why"
	skipped=$((skipped + 1))
fi
