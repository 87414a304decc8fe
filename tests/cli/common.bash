# What the command-line tests share. Each test runs in an empty folder of its own.
bats_require_minimum_version 1.5.0

fashion=/usr/share/datasets/fashion-mnist
test_images=$fashion/t10k-images-idx3-ubyte.gz

setup() { cd "$BATS_TEST_TMPDIR" || return 1; }

# fail TEXT...: ends the test and says why.
fail() {
	printf '%s\n' "$@" >&2
	return 1
}

# Every helper returns on its own: bash ignores `set -e` inside a function that stands before `||`.

# ok COMMAND...: status 0 and nothing on stderr; leaves $output and $lines.
ok() {
	run --separate-stderr "$@"
	[ "$status" -eq 0 ] || { fail "'$*' ended with $status: $stderr"; return 1; }
	[ -z "$stderr" ] || { fail "'$*' wrote to stderr: $stderr"; return 1; }
}

# refused STATUS PATTERN COMMAND...: that status, nothing on stdout, on stderr one line that starts with the program's
# name and holds the pattern: text in which * stands for anything.
refused() {
	local expected=$1 pattern=$2
	shift 2
	"$@" >refused.stdout 2>refused.stderr </dev/null && status=0 || status=$?
	one_line "$1" "$expected" "$pattern" || { fail "command: $*"; return 1; }
	[ ! -s refused.stdout ] || { fail "'$*' was refused and wrote to stdout: $(head -n 3 refused.stdout)"; return 1; }
}

# one_line PROGRAM STATUS PATTERN: what refused.stderr and $status must be. STATUS is a pattern too.
one_line() {
	local text lines pattern=${3//\[/\\[}
	pattern=${pattern//\?/\\?}
	text=$(cat refused.stderr)
	lines=$(wc -l <refused.stderr)
	# shellcheck disable=SC2053
	[[ $status == $2 ]] || { fail "status $status, not $2; stderr: $text"; return 1; }
	[ "$lines" -eq 1 ] || { fail "$lines lines on stderr, not 1: $text"; return 1; }
	# shellcheck disable=SC2053
	[[ $text == "${1##*/}: "*$pattern* ]] || { fail "stderr: $text" "expected: ${1##*/}: *$3*"; return 1; }
	case $text in *[![:print:]]*) fail "unprintable bytes on stderr: $(od -c refused.stderr | head -n 5)" ;; esac
}

# same A B: the same bytes, and some.
same() {
	local file
	for file in "$@"; do
		[ -p "$file" ] || [ -s "$file" ] || { fail "$file is missing or empty"; return 1; }
	done
	cmp "$1" "$2" || { fail "$1 and $2 differ"; return 1; }
}

# differ A B: two files, both there, that are not equal. (A plain `! cmp` never fails a test.)
differ() {
	[ -e "$1" ] && [ -e "$2" ] || { fail "$1 or $2 is missing"; return 1; }
	if cmp -s "$1" "$2"; then fail "$1 and $2 are equal"; fi
}

# absent PATTERN FILE: no line of the file matches.
absent() {
	[ -s "$2" ] || { fail "$2 is empty"; return 1; }
	if grep -E "$1" "$2"; then fail "$2 has such a line"; fi
}

# columns_at_most N: no line of $output is longer.
columns_at_most() {
	local long
	long=$(awk -v most="$1" 'length($0) > most { print length($0) ": " $0 }' <<<"$output")
	[ -z "$long" ] || fail "lines longer than $1 columns:" "$long"
}

# value FILE SCOPE NAME: the value of a CSV row; fails when there is not exactly one.
value() {
	awk -F, -v scope="$2" -v name="$3" '$1 == scope && $2 == name { n++; v = $3 }
		END { if (n != 1) { print n + 0 " rows " scope "," name > "/dev/stderr"; exit 1 } print v }' "$1"
}

need_images() { [ -r "$test_images" ] || skip "no images in $fashion (Debian's dataset-fashion-mnist)"; }
need_data() { [ -e "$NBSIM_DATA/$1" ] || skip "no $1 in the data folder $NBSIM_DATA"; }

# columns_at_most_but PATTERN: 100 columns, but for lines that match, which are to be pasted.
columns_at_most_but() {
	local long
	long=$(grep -vE "$1" <<<"$output" | awk 'length($0) > 100 { print length($0) ": " $0 }')
	[ -z "$long" ] || fail "lines longer than 100 columns:" "$long"
}
