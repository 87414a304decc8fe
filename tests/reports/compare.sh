# nbreport compare; part of run_reports.sh, which gives check, refused, work, nb, build and skipped.
csv=$work/own/rows.csv
mkdir -p "$work/own"
header=row_id,grade,board,clock_mhz,clock_status,batch_frames,total_time_us,config,use,reason,source
row=ONE,A,b,300,stated,1,8,lfc-w1a1-ultra96.ini,blind,,s

rows_are() { printf '%s\n' "$@" >"$csv"; } # HEADER ROW...
bad() {                                    # bad WORDS: the file is refused with one sentence that has them
	refused 3 "$1" compare --reference own/rows.csv
}
compare() { (cd "$work" && "$nb" compare --reference own/rows.csv "$@"); }
says() { # says PATTERN ARGUMENTS...: exit status 0 and a line of that form
	local pattern=$1
	shift
	compare "$@" >"$work/said" && grep -qE -- "$pattern" "$work/said"
}
# Text of the fenced block behind <!-- NAME --> in the page.
block() { awk -v mark="<!-- $1 -->" '$0 == mark { on = 1; next } on && /^```/ { if (inside) exit; inside = 1; next } inside' "$PWD/reports/README.md"; }

# A configuration that cannot be: its folding is of another network.
sed 's/^folding = .*/folding = "16\/3"/' configs/lfc-w1a1-ultra96.ini >"$work/own/broken.ini"

rows_are "${header/,board/}" "${row/,b,/,}"
check "compare: a missing column" bad "line 1: column board is missing"
rows_are "${header/board/bord}" "$row"
check "compare: an unknown column" bad "unknown column 'bord'; the nearest known one is board"
rows_are "$header" "${row/,300,/,3OO,}"
check "compare: a bad number" bad "line 2: clock_mhz: '3OO' is not a number above 0"
rows_are "$header" "${row/,1,8,/,0,8,}"
check "compare: no frames" bad "line 2: batch_frames: '0' is not a whole number"
rows_are "$header" "${row/lfc-w1a1-ultra96/lfc-w1a1-ultra69}"
check "compare: an unknown configuration" bad "line 2: ONE: configuration 'lfc-w1a1-ultra69.ini' is neither"
rows_are "$header" "${row/,A,/,D,}"
check "compare: an unknown grade" bad "line 2: grade: 'D'; expected one of A, B, C"
rows_are "$header" "${row/,blind,/,context,}"
check "compare: a row of context without a reason" bad "line 2: ONE: reason is empty"
rows_are "$header" "${row/,8,/,,}"
check "compare: a blind row without a time" bad "line 2: ONE: total_time_us is empty"
rows_are "$header" "$row,more"
check "compare: a field too many" bad "line 2: has 12 fields; expected 11"
rows_are "$header" "${row/,b,/,\"b,}"
check "compare: an open quote" bad "line 2: a quote is not closed"
rows_are "$header" "$row" "$row"
check "compare: an id twice" bad "line 3: row_id 'ONE' stands in line 2 too"
rows_are "$header" "${row/,300,/,250,}"
check "compare: another clock than the configuration's" bad "clock_mhz is 250, but lfc-w1a1-ultra96.ini has 300"
rows_are "$header"
check "compare: no row" bad "has no row behind its header"
rows_are
check "compare: an empty file" bad "line 1 is empty; expected the names of the columns: row_id"
rows_are "${header//,/;}" "${row//,/;}"
check "compare: semicolons" bad "expected fields separated by commas"
check "compare: no file" refused 4 "none.csv: cannot be opened" compare --reference none.csv
rows_are "$header" "$row"
check "compare: --rows of no row" refused 2 "names no row" compare --reference own/rows.csv --rows 'TWO,B*'
check "compare: --plot of another kind" refused 2 "ends in .svg, .png or .pdf" compare --reference own/rows.csv --plot parity.jpg
check "compare: an option that means nothing" refused 2 "--sweep means nothing to compare" compare --sweep pe_bits
check "--rows means nothing to list" refused 2 "--rows means nothing to list" list --rows A

# Errors of 1, 2, 5 and 9 % by construction: what is measured is the simulated time less so much.
lfc_us=$("$build/bin/nbsim" --config lfc-w1a1-ultra96.ini --no-db --format csv | awk -F, '$1 == "run" && $2 == "total_cycles" { print $3 / 300 }')
made() { awk -v us="$lfc_us" -v error="$2" -v row="$row" -v id="$1" 'BEGIN { sub(/^ONE/, id, row); sub(/,8,lfc/, "," sprintf("%.6f", us / (1 + error / 100)) ",lfc", row); print row }'; }
rows_are "$header" "$(made ONE 1)" "$(made TWO -2)" "$(made FIVE 5)" "$(made FITTED 9 | sed s/,blind,/,fitted,/)" \
	"$(made CONTEXT 9 | sed s/,blind,,/,context,because,/)" "$(made GRADE 9 | sed s/,A,/,C,/)" "$(made CLOCK 9 | sed s/,stated,/,inferred,/)"
check "compare: error, sign, grade, use" says '^TWO +A +blind +1 +[0-9.]+ +[0-9.]+ +-2\.00 +single image$'
check "compare: statistics over rows that count" says '^single image +3 +2\.00 +5\.00 +5\.00 +FIVE$'
check "compare: all of them" says '^all +3 +2\.00 +5\.00 +5\.00 +FIVE$'
check "compare: listed by id" says '^single image: ONE, TWO, FIVE$'
check "compare: a fitted row is printed, not counted" says '^FITTED +A +fitted +1 .* \+9\.00$'
check "compare: the others have their reason" says '^CONTEXT: not simulated: because$'
check "compare: why a simulated row is not counted" says '^CLOCK \([0-9.]+ us too long\): not counted: clock$'
check "compare: and in its line" says '^GRADE +C .* \+9\.00  no: grade C$'
check "compare: --rows" says '^all +2 ' --rows 'T*,FIVE,FITTED'
check "compare: CSV" says '^time,FIVE,A,blind,,lfc-w1a1-ultra96.ini,1,batch_time,us,[0-9.]+,[0-9.]+,(5|4\.9999|5\.0000)[0-9.]*,1,$' --format csv

rows_are "$header" "$(made BROKEN 1 | sed s/lfc-w1a1-ultra96/broken/)" "$(made ONE 1)"
broken() {
	local status=0
	compare >"$work/said" 2>"$work/stderr" || status=$?
	[ "$status" -eq 3 ] && grep -q '^BROKEN: not simulated: .*folding' "$work/said" && grep -q '^ONE  *A' "$work/said" &&
		[ "$(wc -l <"$work/stderr")" -eq 1 ] && grep -q "1 row could not be simulated, the first: BROKEN" "$work/stderr"
}
check "compare: a machine that cannot be built: the others are printed, status 3" broken

# The page that shows how to add a board: its files, its command.
mkdir "$work/page_own"
block my_board.csv >"$work/page_own/my_board.csv"
block my_lfc.ini >"$work/page_own/my_lfc.ini"
walk() { (cd "$work/page_own" && command="$(cd "$OLDPWD" && block my_command | sed "s|^nbreport|$nb|")" && $command >"$work/said") && grep -qE '^MY-LFC-N10000 +A +blind +10000 +33650\.00 +336[0-9]{2}\.[0-9]{2} +[-+]0\.[0-9]{2} +steady state$' "$work/said"; }
check "compare: the page on a board of one's own" walk

interrupt() {
	local process status=0
	"$nb" compare >"$work/said" 2>"$work/stderr" &
	process=$!
	sleep 0.5
	kill -TERM "$process" && { wait "$process" || status=$?; }
	[ "$status" -eq 7 ] && [ ! -s "$work/said" ] && [ "$(wc -l <"$work/stderr")" -eq 1 ] && grep -q '^nbreport: interrupted' "$work/stderr"
}
check "compare: interrupted: status 7, one sentence, nothing printed" interrupt

# Everything that is shipped, once.
check "compare: all shipped rows" bash -c "cd '$work' && '$nb' compare --format csv >all.csv"
all() { [ "$(grep -c '^time,' "$work/all.csv")" -eq "$(($(wc -l <reports/reference/boards.csv) - 1))" ]; }
check "compare: each has a line" all
check "compare: each is simulated or has its reason" awk -F, '$1 == "time" && $11 == "" && $NF == "" { exit 1 }' "$work/all.csv"
check "compare: 17 rows or more count" awk -F, '$1 == "time" && $4 == "blind" { n += $13 } END { exit n < 17 }' "$work/all.csv"
# Regression, not a claim: the errors of the page, rounded up.
check "compare: no counted row is off by more than 1 %" awk -F, '$1 == "time" && $13 == 1 && ($12 > 1 || $12 < -1) { print; bad = 1 } END { exit bad }' "$work/all.csv"
check "compare: the paper's figures have no error" awk -F, '$1 == "paper" && $12 != "" { exit 1 } $1 == "paper" { n++ } END { exit n < 5 }' "$work/all.csv"
maps() {
	local config
	for config in configs/*.ini; do
		grep -q '^organisation = streaming' "$config" || continue
		timeout 120 "$build/bin/nbsim" --config "$(basename "$config")" --no-db --show-mapping >/dev/null || return 1
	done
}
check "every streaming configuration maps" maps

if gnuplot --version >/dev/null 2>&1; then
	rows_are "$header" "$(made ONE 1)" "$(made FITTED 9 | sed s/,blind,/,fitted,/)"
	check "compare: parity plot" compare --plot parity.svg
	check "compare: its files" has_files parity
	check "compare: its data" awk -F, 'NR == 2 { exit !($1 == "blind" && $2 == "ONE" && $5 > $4) }' "$work/parity.csv"
	mkdir -p "$work/again"
	check "compare: the same data: the same files" bash -c "cd '$work' && '$nb' compare --reference own/rows.csv --plot again/parity.pdf && cmp again/parity.pdf parity.pdf && cmp again/parity.svg parity.svg && cmp again/parity.png parity.png"
fi
