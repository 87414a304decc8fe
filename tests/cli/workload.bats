# A network has one name for every program: a trace, a folder, a bare shipped name, its path in the source tree.
load common

names=(net.nbt own/net neuroblend20-fashion workloads/networks/neuroblend20-fashion)

# total_cycles OF A RUN of nbsim
cycles_of() { nbsim --no-db --kernel native --format csv --workload "$1" >run.csv && value run.csv run total_cycles; }

prepare() {
	mkdir own
	cp -r "$NBSIM_ROOT/workloads/networks/neuroblend20-fashion" own/net
	nbcompile own/net -q -o net.nbt
	expected=$(cycles_of net.nbt)
	[ "$expected" -gt 1000 ]
}

@test "nbsim finds a workload by each kind of name" {
	prepare
	for name in "${names[@]}"; do
		[ "$(cycles_of "$name")" -eq "$expected" ] || fail "$name: other cycles"
	done
	rm net.nbt net.nbw # what is read is what is named
	refused 4 "net.nbt" nbsim --no-db --workload net.nbt
}

@test "nbexplore finds a workload by each kind of name" {
	prepare
	printf '[sweep]\nname = names\nquestion = "the same network four times"\n[axes]\nrun.workload = %s\n' \
		"$(IFS=,; echo "${names[*]}")" >names.ini
	nbexplore names.ini --db names.db -q
	[ "$(sqlite3 names.db "SELECT count(*) FROM sweep_points WHERE status = 'ok' AND total_cycles = $expected")" -eq 4 ] ||
		fail "$(sqlite3 names.db 'SELECT setting, reason, total_cycles FROM sweep_points')"
}

@test "nbreport finds a workload by each kind of name" {
	prepare
	echo "row_id,grade,board,clock_mhz,clock_status,batch_frames,total_time_us,config,use,reason,source" >rows.csv
	for i in 0 1 2 3; do
		sed "s|^workload = .*|workload = ${names[i]}|" "$NBSIM_ROOT/configs/u250.ini" >"machine$i.ini"
		grep -q "^workload = ${names[i]}$" "machine$i.ini"
		echo "ROW$i,A,b,300,stated,1,$(awk "BEGIN { printf \"%.9f\", $expected / 300 }"),machine$i.ini,blind,,s" >>rows.csv
	done
	nbreport compare --reference rows.csv --format csv >said.csv
	[ "$(awk -F, '$1 == "time" && $8 == "batch_time" && $12 > -1e-6 && $12 < 1e-6' said.csv | grep -c '^time,ROW')" -eq 4 ] ||
		fail "$(cat said.csv)"
}

@test "a shipped network without parameters is compiled for its shapes, whatever it is called by" {
	for name in blend20-cifar10 workloads/networks/blend20-cifar10 "$NBSIM_ROOT/workloads/networks/blend20-cifar10"; do
		cycles_of "$name" >>cycles
	done
	[ "$(sort -u cycles | wc -l)" -eq 1 ] && [ "$(head -n 1 cycles)" -gt 1000 ]
	refused 4 "blend20-cifar11: no such network folder; did you mean the shipped blend20-cifar10" \
		nbsim --no-db --workload workloads/networks/blend20-cifar11
}
