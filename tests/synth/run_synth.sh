#!/usr/bin/env bash
# Synthesis campaign: every unit of the reference RTL over its parameters (points.sh), and whole machines, with yosys for UltraScale+.
# Results go to configs/tech/synthesis.csv; points that stand there, from the same sources, flow and yosys, are not run again.
# usage: run_synth.sh [--unit NAME] [--match TEXT] [--minutes M] [--limit SECONDS] [--whole UNIT:NUMBER]
#        last line: N points, M of them made now, K failed
#
# Each distinct unit (`alone` below and every point's own; module, parameters, memory technology) is synthesised once, in a yosys process
# of its own: small modules in it are flattened, other units below it are black boxes; a row of tests/synth/modules.csv. The top holds
# the nine buffers, so that what a buffer does not use falls away. A point is the sum over its tree of units, which is what a
# synthesis of the whole with these units kept apart gives but for the scatter of the mapper (--whole does that in one piece, for
# comparison; a row of tests/synth/whole.csv).
#
# Flow: multipliers of the data path are instances of DSP48E2, what -nodsp keeps in LUTs is address arithmetic; -nowidelut: LUT6 and
# carry chains only. With MUXF7 to MUXF9 the mapper builds functions of 7 to 9 inputs of several LUT6: 1,037 to 1,282 LUTs for the
# same store master from one order of names to the next, against 772 to 779 without. LUTs count LUT1..LUT6 and memory_luts; those are shift
# registers and LUT RAM; inverters are not counted.
set -uo pipefail
cd "$(dirname "$0")/../.."
flow="synth_xilinx -family xcup -nodsp -nowidelut"
result=$PWD/configs/tech/synthesis.csv
modules=$PWD/tests/synth/modules.csv
whole_file=$PWD/tests/synth/whole.csv
only= match= minutes=100000 limit=900 whole=
while [ $# -gt 0 ]; do
	case $1 in
	--unit) only=$2 ;;
	--match) match=$2 ;; # points whose parameters hold it
	--minutes) minutes=$2 ;;
	--limit) limit=$2 ;;
	--whole) whole=$2 ;;
	*)
		echo "run_synth: unknown option '$1' (--unit NAME --match TEXT --minutes M --limit SECONDS --whole UNIT:NUMBER)" >&2
		exit 2
		;;
	esac
	shift 2
done
command -v yosys >/dev/null || { echo "run_synth: yosys is not installed" >&2; exit 1; }
version=$(yosys -V | awk '{ print $2 }')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rtl=$work/rtl # a copy, so that a row and its checksum are of the same sources even if someone edits them meanwhile
mkdir "$rtl" && cp tests/rtl/*.v tests/rtl/*.vh "$rtl"
header=unit,module,technology,parameters,held_out,luts,memory_luts,ffs,carry4,bram18,urams,dsps,sources,yosys
module_header=module,parameters,technology,luts,memory_luts,ffs,carry4,bram18,urams,dsps,parts,sources,yosys
alone="nb_binary_engine nb_fixed_engine nb_window nb_steps nb_post nb_post_lane nb_load nb_store nb_sequencer nb_queue nb_tokens nb_ports"
declare -A files source_sum # of each module

# The Verilog files a module is made of, itself and below, and their checksum; comments and layout do not count.
find_sources() {
	local module=$1 seen=" $1 " list=$1 file name
	[ -n "${files[$module]:-}" ] && return
	while [ -n "$list" ]; do
		file=${list%% *}
		list=${list#"$file"}
		list=${list# }
		for name in $(sed 's://.*::' "$rtl/$file.v" | grep -oE '\bnb_[a-z0-9_]+\b' | sort -u); do
			[ -f "$rtl/$name.v" ] || continue
			case $seen in *" $name "*) continue ;; esac
			seen="$seen$name "
			list="$list${list:+ }$name"
		done
	done
	files[$module]=$(for name in $seen; do echo "$name.v"; done | LC_ALL=C sort | tr '\n' ' ')
	source_sum[$module]=$({ echo "flatten; $flow"; cd "$rtl" && cat ${files[$module]} nb_words.vh | sed 's://.*::' | tr -s ' \t\n' ' '; } | sha256sum | cut -c1-10)
}

# Of a design as RTLIL: a line "NAME MODULE KEY=VALUE ..." for each module; bit strings in hexadecimal.
parameters_of() {
	awk 'function hexadecimal(bits, text, k, n, i) {
			while (length(bits) % 4) bits = "0" bits
			for (k = 1; k <= length(bits); k += 4) {
				n = 0
				for (i = 0; i < 4; i++) n = 2 * n + substr(bits, k + i, 1)
				text = text substr("0123456789abcdef", n + 1, 1)
			}
			return text
		}
		/^attribute \\hdlname / { name = $3; gsub(/["\\]/, "", name) }
		/^module / { if (line != "") print line; at = $2; sub(/^\\/, "", at); line = at " " (name == "" ? at : name); name = "" }
		/^  parameter / {
			key = $(NF - 1); value = $NF
			sub(/^\\/, "", key)
			if (value ~ /\047[01]+$/) {
				split(value, half, "\047")
				value = half[1] "\047h" hexadecimal(half[2])
			}
			line = line " " key "=" value
		}
		END { if (line != "") print line }' "$1"
}

# A row of numbers from the last section of a `stat` report, then the parts "COUNT*MODULE KEY=VALUE ...;"; fails on a cell it does not
# know. $2: output of parameters_of.
count_cells() {
	awk -v alone=" $alone " -f tests/synth/cells.awk -f tests/synth/unit_cells.awk "$2" "$1"
}

# yosys_run SCRIPT LOG: reads the module's files first.
yosys_run() {
	(cd "$rtl" && timeout "$limit" nice -n 19 yosys -q -p "$1") >"$2" 2>&1
	local status=$?
	[ $status -eq 124 ] && echo "timed out after $limit s" >>"$2"
	return $status
}

setting_of() { # setting_of MODULE KEY=VALUE ...: chparam command
	local module=$1 set= pair
	shift
	for pair; do set="$set -set ${pair%%=*} ${pair#*=}"; done
	[ -n "$set" ] && echo "chparam $set $module;"
}

memory_style() { # memory_style TECHNOLOGY
	[ "$1" != - ] && echo "setattr -set ram_style \"$1\" */m:*memory;"
}

technology_for() { # technology_for MODULE TECHNOLOGY: - where the module has no memory of its own to choose for
	case $1 in nb_buffer | nb_sequencer | nb_top) echo "$2" ;; *) echo - ;; esac
}

# full_parameters MODULE KEY=VALUE ...: all of them, in the module's order
full_parameters() {
	local module=$1
	yosys_run "read_verilog -sv -I. ${files[$module]}; $(setting_of "$@") hierarchy -top $module; rename -top point;
		write_rtlil $work/elaborated" "$work/log" || return 1
	parameters_of "$work/elaborated" | awk '$1 == "point" { $1 = $2 = ""; sub(/^ +/, ""); print }'
}

# need_module MODULE TECHNOLOGY KEY=VALUE ...: sees to it that the module and all below have their row.
need_module() {
	local module=$1 technology=$2 row counts part started=$SECONDS folder uram= boxes= box
	shift 2
	find_sources "$module"
	row=$(grep -F -m 1 "$module,$*,$technology," "$modules" | grep "^$module,") || row=
	if [ -z "$row" ]; then
		folder=$(mktemp -d "$work/module.XXXXXX")
		[ "$technology" = huge ] && uram=-uram
		for box in $alone; do boxes="$boxes *$box*"; done
		if ! yosys_run "read_verilog -sv -I. ${files[$module]}; $(setting_of "$module" "$@") hierarchy -top $module; rename -top point;
			write_rtlil $folder/elaborated; blackbox$boxes; flatten; $(memory_style "$technology")
			$flow $uram -top point -noiopad -noclkbuf; tee -q -o $folder/stat stat -tech xilinx" "$folder/log"; then
			echo "$module $*: $(tail -n 1 "$folder/log")" >>"$work/reasons"
			return 1
		fi
		parameters_of "$folder/elaborated" >"$folder/names"
		counts=$(count_cells "$folder/stat" "$folder/names" 2>>"$work/reasons") || return 1
		row="$module,$*,$technology,$counts,${source_sum[$module]},$version"
		echo "$row" >>"$modules"
		echo "	$module $* $technology: ${counts%,*} ($((SECONDS - started)) s)"
		rm -rf "$folder"
	fi
	[ "$unit" = glue ] && return 0
	local parts
	parts=$(echo "$row" | cut -d, -f11)
	while [ -n "$parts" ]; do
		part=${parts%%;*}
		parts=${parts#*;}
		part=${part#*\*}
		# shellcheck disable=SC2086
		need_module "${part%% *}" "$(technology_for "${part%% *}" "$memory_technology")" $(echo "$part " | cut -d' ' -f2-) || return 1
	done
}

# sum_modules MODULE TECHNOLOGY PARAMETERS: over the tree; of a `glue` point the top alone
sum_modules() {
	awk -F, -v top="$1,$3," -v own="$2" -v only_top="$([ "$unit" = glue ] && echo 1 || echo 0)" -v technology="$memory_technology" '
	function technology_of(name) {
		return name ~ /^nb_(buffer|sequencer|top)$/ ? technology : "-"
	}
	function add(key, times, parts, n, i, list, count, name, parameters, k) {
		if (!(key in row)) { print "no row " key > "/dev/stderr"; exit 1 }
		split(row[key], f, ",")
		for (k = 4; k <= 10; k++) sum[k] += times * f[k]
		n = split(f[11], list, ";")
		for (i = 1; i < n && !only_top; i++) {
			count = list[i]
			sub(/\*.*/, "", count)
			name = list[i]
			sub(/^[0-9]+\*/, "", name)
			parameters = index(name, " ") ? substr(name, index(name, " ") + 1) : ""
			sub(/ .*/, "", name)
			add(name "," parameters "," technology_of(name), times * count)
		}
	}
	{ row[$1 "," $2 "," $3] = $0 }
	END {
		add(top own, 1)
		for (k = 4; k <= 10; k++) printf "%s%d", k == 4 ? "" : ",", sum[k]
		print ""
	}' "$modules"
}

make_point() { # make_point UNIT MODULE TECHNOLOGY PARAMETERS HELD_OUT
	local unit=$1 module=$2 technology=$3 parameters=${4//,/ } held_out=$5 full counts started=$SECONDS top_technology
	memory_technology=$technology
	find_sources "$module"
	top_technology=$(technology_for "$module" "$technology")
	: >"$work/reasons"
	# shellcheck disable=SC2086
	if full=$(full_parameters "$module" $parameters) && need_module "$module" "$top_technology" $full &&
		counts=$(sum_modules "$module" "$top_technology" "$full" 2>>"$work/reasons"); then
		echo "$unit,$module,$technology,$parameters,$held_out,$counts,${source_sum[$module]},$version" >>"$result"
		echo "$unit $parameters: $counts ($((SECONDS - started)) s)"
	else
		echo "failed: $unit $parameters: $(tail -n 1 "$work/reasons")"
		echo x >>"$work/failures"
	fi
}

# The list, with its held-out column: a point is held out where the checksum of its name is a multiple of 3; machines all are.
bash tests/synth/points.sh | while read -r unit module technology parameters; do
	[ -n "$only" ] && [ "$only" != "$unit" ] && continue
	case $parameters in *"$match"*) ;; *) continue ;; esac
	held_out=$(($(echo "$unit $technology ${parameters//,/ }" | cksum | cut -d' ' -f1) % 3 == 0))
	[ "$unit" = machine ] && held_out=1
	echo "$unit $module $technology ${parameters:--} $held_out"
done >"$work/points"

if [ -n "$whole" ]; then # one point in one piece
	read -r unit module technology parameters held_out < <(grep "^${whole%:*} " "$work/points" | sed -n "${whole#*:}p")
	find_sources "$module"
	parameters=${parameters//,/ }
	[ "$parameters" = - ] && parameters=
	uram= started=$SECONDS boxes=
	for box in $alone; do boxes="$boxes *$box*"; done
	[ "$technology" = huge ] && uram=-uram
	# shellcheck disable=SC2086
	if yosys_run "read_verilog -sv -I. ${files[$module]}; $(setting_of "$module" $parameters) hierarchy -top $module; rename -top point;
		setattr -mod -set keep_hierarchy 1$boxes; flatten; $(memory_style "$technology") $flow $uram -top point -noiopad -noclkbuf; tee -q -o $work/stat stat -tech xilinx" "$work/log" &&
		{ awk '/^===/ { split("", n); order = 0 } /^ +[^ ]+ +[0-9]+$/ { n[$1] = 1 } END { for (c in n) if (c !~ /^[A-Z][A-Z0-9_]*$/) print c, c }' "$work/stat" >"$work/names"; } &&
		counts=$(count_cells "$work/stat" "$work/names"); then
		[ -f "$whole_file" ] || echo "$header" >"$whole_file"
		echo "$unit,$module,$technology,$parameters,$held_out,${counts%,*},${source_sum[$module]},$version" >>"$whole_file"
		echo "$unit $parameters: ${counts%,*} ($((SECONDS - started)) s, in one piece)"
		exit 0
	fi
	echo "failed: $unit $parameters: $(tail -n 1 "$work/log")"
	exit 1
fi

# Rows that still hold
[ -f "$result" ] || echo "$header" >"$result"
[ -f "$modules" ] || echo "$module_header" >"$modules"
for module in $({ cut -d' ' -f2 "$work/points"; tail -q -n +2 "$modules" | cut -d, -f1; } | sort -u); do
	[ -f "$rtl/$module.v" ] || continue
	find_sources "$module"
	echo "$module ${source_sum[$module]}"
done >"$work/sources"
keep() { # keep FILE MODULE_COLUMN SOURCES_COLUMN
	awk -F, -v version="$version" -v m="$2" -v s="$3" -v only="$only" 'FILENAME == ARGV[1] { split($0, f, " "); source[f[1]] = f[2]; next }
		FNR == 1 || (!($m in source) && only != "") || (source[$m] == $s && $(s + 1) == version)' "$work/sources" "$1" >"$work/kept"
	cp "$work/kept" "$1"
}
keep "$result" 2 13
keep "$modules" 1 12
awk -F, 'FILENAME == ARGV[1] { have[$1 "," $3 "," $4]; next }
	{ split($0, f, " "); p = (f[4] == "-" ? "" : f[4]); gsub(",", " ", p); if (!(f[1] "," f[3] "," p in have)) print ++n[f[1]] * (f[1] == "machine" ? 3 : 1), $0 }' \
	"$result" "$work/points" | sort -n -s | cut -d' ' -f2- >"$work/todo" # the first of every unit, then the second ...
total=$(wc -l <"$work/points") todo=$(wc -l <"$work/todo") deadline=$((SECONDS + 60 * minutes)) number=0
echo "$total points, $((total - todo)) of them in the table"
: >"$work/failures"
while read -r unit module technology parameters held_out; do
	[ "$parameters" = - ] && parameters=
	[ "$SECONDS" -ge "$deadline" ] && break
	number=$((number + 1))
	make_point "$unit" "$module" "$technology" "$parameters" "$held_out"
done <"$work/todo"
for file in "$result" "$modules"; do
	{ head -n 1 "$file"; tail -n +2 "$file" | LC_ALL=C sort -t, -k1,1 -k3,3 -k4,4V; } >"$work/sorted" && cp "$work/sorted" "$file"
done
failed=$(wc -l <"$work/failures")
echo "$(($(wc -l <"$result") - 1)) points, $((number - failed)) of them made now, $failed failed"
[ "$failed" -eq 0 ]
