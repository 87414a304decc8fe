# --help, --version, --describe: what a person reads before the first run.
load common

@test "nbsim --help: 100 columns, stdout, status 0" {
	ok nbsim --help
	columns_at_most 100
	[[ $output == "Usage: nbsim "* ]]
	local long=$output
	ok nbsim -h
	[ "$output" = "$long" ]
}

@test "nbsim --help names every option that is documented, and each status" {
	ok nbsim --help
	local option
	for option in config workload set kernel mapping images count verify scores format layers show-mapping emit-commands \
		timeline vcd db no-db describe quiet version help; do
		[[ $output == *"--$option"* ]] || fail "--$option is missing"
	done
	[[ $output == *"nbsim runs"* && $output == *"nbsim show ID"* && $output == *"nbsim rerun ID"* ]]
	local status_number
	for status_number in 0 1 2 3 4 5 6 7 8; do
		tr '\n' ' ' <<<"$output" | grep -qE "[:;] $status_number [a-z]" || fail "status $status_number is not documented"
	done
}

@test "every option that --help prints is one that the program knows" {
	local program option known=0
	for program in nbsim nbcompile; do
		for option in $($program --help | grep -oE '^  (-[a-z], |    )--[a-z-]+' | grep -oE -- '--[a-z-]+'); do
			# Refused later (no network, no value, unknown word) or done, but known.
			run --separate-stderr $program "$option" --not-an-option
			[[ $stderr != *"unknown option '$option'"* ]] || fail "$program: $option"
			[ "$status" -ne 0 ] || [ -n "$output" ] || fail "$program $option did nothing"
			known=$((known + 1))
		done
	done
	[ "$known" -ge 28 ] || fail "only $known options"
}

@test "every example of nbsim --help runs as printed" {
	[ ! -r "$test_images" ] || cp "$test_images" "${test_images/images-idx3/labels-idx1}" .
	local line id ran=0
	nbsim --help | sed -n '/^Examples:/,/^Exit status/p' | grep '^  nbsim' >examples
	while IFS= read -r line; do
		if [[ $line == *--images* && ! -r "$test_images" ]]; then continue; fi
		id=$(nbsim runs 2>/dev/null | sed -nE 's/^([0-9a-f]{16}) .*/\1/p' | tail -n 1)
		line=${line//3f2a/$id} # the example's id stands for any
		bash -c "set -e; $line" >stdout 2>stderr || fail "$line: status $?: $(cat stderr)"
		[ -s stdout ] || fail "$line: nothing on stdout"
		[ ! -s stderr ] || fail "$line: $(cat stderr)"
		ran=$((ran + 1))
	done <examples
	[ "$ran" -ge 4 ] || fail "only $ran examples were found"
	[ -s waves.vcd ]
	[ -s run.json ]
}

@test "nbcompile --help: 100 columns, every option, stdout" {
	ok nbcompile --help
	columns_at_most 120 # one example is a long command line
	local option
	for option in output quiet params float shape-only seed config set width help; do
		[[ $output == *"--$option"* ]] || fail "--$option is missing"
	done
}

@test "every example of nbcompile --help runs as printed" {
	[ ! -d "$NBSIM_DATA/bnn-pynq" ] || ln -s "$NBSIM_DATA/bnn-pynq" .
	local line ran=0
	nbcompile --help | sed -n '/^Examples:/,/^NETWORK/p' | grep '^  nbcompile' >examples
	while IFS= read -r line; do
		if [[ $line == *bnn-pynq* && ! -e bnn-pynq ]]; then continue; fi
		bash -c "$line" >stdout 2>stderr || fail "$line: status $?: $(cat stderr)"
		[ -s stdout ] || fail "$line: nothing on stdout"
		[ ! -s stderr ] || fail "$line: $(cat stderr)"
		ran=$((ran + 1))
	done <examples
	[ "$ran" -ge 3 ] || fail "only $ran examples were found"
	[ -s neuroblend20.nbt ]
	[ -s neuroblend20.nbw ]
}

@test "nbsim --version: one line, program and number" {
	ok nbsim --version
	[[ $output =~ ^nbsim\ [0-9]+\.[0-9]+\.[0-9]+$ ]] || fail "$output"
}

@test "nbcompile --version: one line, the same number" {
	ok nbcompile --version
	[ "$output" = "nbcompile $(nbsim --version | cut -d' ' -f2)" ] || fail "$output"
}

@test "nbsim --describe: 100 columns, every key of the shipped configuration" {
	ok nbsim --describe
	columns_at_most 100
	local key
	for key in $(sed -nE 's/^([a-z_]+) = .*/\1/p' "$NBSIM_ROOT/configs/u250.ini" | sort -u); do
		grep -q "^  $key = " <<<"$output" || fail "$key is missing"
	done
	for key in structural runtime none source; do [[ $output == *"$key"* ]] || fail "$key"; done
}

@test "nbsim --describe --format json is JSON with the same keys" {
	ok nbsim --describe --format json
	python3 -m json.tool <<<"$output" >pretty || fail "no JSON"
	local key
	for key in pes clock_mhz trcd_ns skip_weight_bits; do grep -q "\"$key\"" pretty || fail "$key"; done
}

@test "nbsim --describe shows the configuration that is given, and --set" {
	ok nbsim --describe --config ultra96.ini --set binary_engine.words=2
	local at
	at=$(sed -nE 's/^clock_mhz = ([0-9.]+)$/\1/p' "$NBSIM_ROOT/configs/ultra96.ini")
	grep -q "^  clock_mhz = $at MHz" <<<"$output"
	grep -q '^  words = 2' <<<"$output"
	[ ! -e nbsim.db ] # describing is no run
}
