# What is wrong with a sweep file or a command line is said in one sentence, with its place. Included by run_explore.sh.
bad() { # bad WHAT STATUS PATTERN SED-SCRIPT: the sweep file changed by the script
	sed "$4" "$here/small.ini" >"$work/bad.ini"
	"$nb" "$work/bad.ini" --db "$work/bad.db" -q >"$work/bad.out" 2>&1
	local status=$?
	check "bad sweep: $1" test "$status" -eq "$2" -a "$(wc -l <"$work/bad.out")" -eq 1 -a -n "$(grep -E "$3" "$work/bad.out")"
}
bad "unknown parameter" 3 "bad.ini:8: \[axes\]: 'machine.devise' is no parameter.*nearest is 'machine.device'" 's/machine.device =/machine.devise =/'
bad "unknown section" 3 'axis' 's/^\[axes\]/[axis]/'
bad "value out of range" 3 "bad.ini:9: .*channels.*'9'" 's/^dram.channels = .*/dram.channels = 1, 9/'
bad "empty value" 3 'a value is empty' 's/1, 4$/1,,4/'
bad "value twice" 3 'given twice' 's/1, 4$/4, 4/'
bad "range that does not grow" 3 "range '64..4" 's/4..64 times 2/64..4 times 2/'
bad "factor 1" 3 'is wrong; expected A..B' 's/times 2/times 1/'
bad "unknown name in a constraint" 3 "unknown name 'binary_engine.pez'.*nearest known one is 'binary_engine.pes'" 's/^not_too_large = binary_engine.pes/not_too_large = binary_engine.pez/'
bad "constraint that cannot be read" 3 "expected a number, a name" 's/<= 384/<= /'
bad "tie to an axis" 3 'is an axis and a tie' 's/^post_unit.lanes = .*/dram.channels = 2/'
bad "no axes" 3 'no axis|missing|expected' '/^\[axes\]/,/^$/d'
bad "technology row" 3 'technology.dsp_logic48' 's/technology.dsp_logic48/technology.dsp_logic49/'
bad "missing network" 4 'nowhere' 's/^machine.device = .*/run.workload = nowhere/'
bad "missing device" 4 'nowhere' 's/ultra96/nowhere/'
bad "images that are not there" 4 'nowhere' '$a [accuracy]\nimages = nowhere.gz'
usage() { # usage WHAT STATUS PATTERN ARGUMENTS...
	local what=$1 wanted=$2 pattern=$3
	shift 3
	"$nb" "$@" >"$work/bad.out" 2>&1
	local status=$?
	check "usage: $what" test "$status" -eq "$wanted" -a -n "$(grep -E -- "$pattern" "$work/bad.out")"
}
usage "nothing" 2 'expected a sweep file'
usage "unknown command" 2 "nearest is 'front'" frnt x
usage "unknown objective" 2 "nearest is 'latency_ms'" front "$work/small.db" -o latncy_ms
usage "condition" 2 "unknown name 'fts'.*'fits'" front "$work/small.db" -w 'fts = 1'
usage "no such sweep" 3 'it holds small' front "$work/small.db" --sweep big
usage "several sweeps" 3 'choose one with --sweep' front "$work/search.db"
usage "no such point" 2 'out of range' explain "$work/small.db" 999999
usage "part" 2 'expected K/N' shard "$here/small.ini" --part 4/3
usage "database that is none" 3 'another program|not a database|database' front "$here/small.ini"
usage "database that is not there" 4 'cannot be opened' front "$work/nowhere.db"
usage "help" 0 'nbexplore front results.db' --help
usage "figures" 0 'latency_ms .*ms' figures
