# For scripts that count: sources into one that has $work. A check is a command that must succeed.
passed=0 failed=0 skipped=0

check() { # check WHAT COMMAND...
	local what=$1
	shift
	if "$@" >"$work/check.log" 2>&1; then
		passed=$((passed + 1))
		echo "ok $what"
	else
		failed=$((failed + 1))
		echo "FAILED $what"
		tail -n 5 "$work/check.log"
	fi
}
