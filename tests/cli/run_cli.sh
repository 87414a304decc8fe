#!/usr/bin/env bash
# The command line: stdout, stderr and status of every program. usage: run_cli.sh BUILD [FILE.bats...]
# Prints the TAP of bats; last line: N passed, N failed, N skipped.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd) || exit 2
shift
export NBSIM_ROOT=${NBSIM_ROOT:-$(cd "$here/../.." && pwd)} NBSIM_BUILD=$build
export NBSIM_DATA=${NBSIM_DATA:-$NBSIM_ROOT/../shared/data}
export PATH="$build/bin:$PATH" LC_ALL=C
files=("$here"/*.bats)
[ $# -eq 0 ] || mapfile -t files < <(realpath -- "$@") # bats runs in a folder of its own
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
bats --tap "${files[@]}" | tee "$work/tap"
planned=$(sed -nE 's/^1\.\.([0-9]+)$/\1/p' "$work/tap" | head -n 1)
skipped=$(grep -cE '^ok [0-9]+ .*# skip' "$work/tap")
passed=$(($(grep -cE '^ok [0-9]+ ' "$work/tap") - skipped))
failed=$((${planned:-1} - passed - skipped)) # one that never reported has failed
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
