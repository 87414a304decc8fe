#!/usr/bin/env bash
# Synthesis campaign: every unit of the reference RTL over its parameters (points.sh), and whole machines, with yosys for UltraScale+.
# Results go to configs/tech/synthesis.csv; points that stand there, from the same sources and yosys, are not run again.
# usage: run_synth.sh [--jobs N] [--unit NAME] [--minutes M]      last line: N points, M of them run now, K failed
#
# yosys: synth_xilinx -family xcup -nodsp, hierarchical (multipliers of the data path are instances of DSP48E2; what -nodsp keeps in
# LUTs is address arithmetic). LUTs count LUT1..LUT6 and memory_luts; those are shift registers and LUT RAM; inverters are not counted.
set -uo pipefail
cd "$(dirname "$0")/../.."
result=$PWD/configs/tech/synthesis.csv
jobs=1 only= minutes=100000
while [ $# -gt 0 ]; do
	case $1 in
	--jobs) jobs=$2 ;;
	--unit) only=$2 ;;
	--minutes) minutes=$2 ;;
	*)
		echo "run_synth: unknown option '$1' (--jobs N --unit NAME --minutes M)" >&2
		exit 2
		;;
	esac
	shift 2
done
command -v yosys >/dev/null || { echo "run_synth: yosys is not installed" >&2; exit 1; }
version=$(yosys -V | awk '{ print $2 }')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
header=unit,module,technology,parameters,held_out,luts,memory_luts,ffs,carry4,bram18,urams,dsps,sources,yosys

files_of() { # Verilog files a module is made of
	local engine="nb_steps.v nb_delay.v nb_adder_tree.v nb_compressor.v nb_lane_dsp.v nb_lane_lut.v nb_lane_fused.v nb_window.v nb_select.v"
	case $1 in
	nb_binary_engine) echo "nb_binary_engine.v $engine" ;;
	nb_fixed_engine) echo nb_fixed_engine.v nb_steps.v nb_delay.v nb_adder_tree.v nb_products.v ;;
	nb_window) echo nb_window.v nb_select.v ;;
	nb_post_lane) echo nb_post_lane.v nb_delay.v nb_multiply.v ;;
	nb_post) echo nb_post.v nb_post_lane.v nb_delay.v nb_multiply.v nb_select.v nb_divide.v ;;
	nb_buffer) echo nb_buffer.v nb_select.v ;;
	nb_store) echo nb_store.v nb_delay.v ;;
	nb_top) ls nb_*.v | grep -vE 'nb_(bench|attribution|ddr_channel)\.v' | tr '\n' ' ' ;;
	*) echo "$1.v" ;;
	esac
}

# Comments and layout do not count.
sources_of() { (cd tests/rtl && cat $(files_of "$1") nb_words.vh | sed 's://.*::' | tr -s ' \t\n' ' ' | sha256sum | cut -c1-10); }

# A row of the table from the last section of a `stat` report; fails on a cell it does not know.
count_cells() {
	awk '/^===/ { split("", n) }
	/^ +[A-Z][A-Z0-9_]* +[0-9]+$/ { n[$1] += $2 }
	END {
		for (cell in n) {
			c = n[cell]
			if (cell ~ /^LUT[1-6]$/) luts += c
			else if (cell ~ /^(SRL16E|SRLC16E|SRLC32E)$/) memory += c
			else if (cell ~ /^(RAM32M16|RAM64M8)$/) memory += 8 * c
			else if (cell ~ /^(RAM32M|RAM64M)$/) memory += 4 * c
			else if (cell ~ /^(RAM32X1D|RAM64X1D)$/) memory += 2 * c
			else if (cell ~ /^RAM128X1D$/) memory += 4 * c
			else if (cell ~ /^RAM256X1D$/) memory += 8 * c
			else if (cell ~ /^FD[RSCP]E$/) ffs += c
			else if (cell == "CARRY4") carry += c
			else if (cell == "RAMB18E2") bram += c
			else if (cell == "RAMB36E2") bram += 2 * c
			else if (cell == "URAM288") uram += c
			else if (cell == "DSP48E2") dsp += c
			else if (cell !~ /^(INV|MUXF[789])$/) { print "unknown cell " cell > "/dev/stderr"; exit 1 }
		}
		printf "%d,%d,%d,%d,%d,%d,%d\n", luts + memory, memory, ffs, carry, bram, uram, dsp
	}' "$1"
}

synthesise() { # synthesise UNIT MODULE TECHNOLOGY PARAMETERS HELD_OUT SOURCES
	local unit=$1 module=$2 technology=$3 parameters=$4 held_out=$5 sources=$6 set= style= counts uram= started=$SECONDS folder
	folder=$(mktemp -d "$work/point.XXXXXX")
	local pair
	for pair in ${parameters//,/ }; do set="$set -set ${pair%%=*} ${pair#*=}"; done
	[ -n "$set" ] && set="chparam $set $module;"
	[ "$technology" != - ] && style="setattr -set ram_style \"$technology\" */m:*memory;"
	[ "$technology" = huge ] && uram=-uram
	(cd tests/rtl && nice yosys -q -p "read_verilog -sv -I. $(files_of "$module"); $set hierarchy -top $module; rename -top point; $style \
		synth_xilinx -family xcup -nodsp $uram -top point -noiopad -noclkbuf; tee -q -o $folder/stat stat -tech xilinx") >"$folder/log" 2>&1
	if [ $? -ne 0 ] || ! counts=$(count_cells "$folder/stat" 2>>"$folder/log"); then
		echo "failed: $unit $parameters: $(tail -n 1 "$folder/log")"
		echo x >>"$work/failures"
	else
		printf '%s,%s,%s,%s,%s,%s,%s,%s\n' "$unit" "$module" "$technology" "${parameters//,/ }" "$held_out" "$counts" "$sources" \
			"$version" >>"$result"
		echo "$unit ${parameters//,/ }: $counts ($((SECONDS - started)) s)"
	fi
	rm -rf "$folder"
}

# The list, with its held-out column, and the rows that still hold.
bash tests/synth/points.sh | awk -v only="$only" '{
	n[$1]++
	held = $1 == "machine" || n[$1] % 3 == 0 ? 1 : 0
	if (only == "" || only == $1) print $1, $2, $3, (NF > 3 ? $4 : "-"), held
}' >"$work/points"
[ -f "$result" ] || echo "$header" >"$result"
for module in $(cut -d' ' -f2 "$work/points" | sort -u); do echo "$module $(sources_of "$module")"; done >"$work/sources"
awk -F, -v version="$version" 'FILENAME == ARGV[1] { split($0, f, " "); source[f[1]] = f[2]; next }
	FNR == 1 || !($2 in source) || (source[$2] == $13 && $14 == version)' "$work/sources" "$result" >"$work/kept"
cp "$work/kept" "$result"
awk -F, 'FILENAME == ARGV[1] { have[$1 "," $3 "," $4]; next }
	{ split($0, f, " "); p = (f[4] == "-" ? "" : f[4]); gsub(",", " ", p); if (!(f[1] "," f[3] "," p in have)) print }' "$result" "$work/points" >"$work/todo"
total=$(wc -l <"$work/points") todo=$(wc -l <"$work/todo") deadline=$((SECONDS + 60 * minutes)) number=0
echo "$total points, $((total - todo)) of them in the table"
: >"$work/failures"
while read -r unit module technology parameters held_out; do
	[ "$parameters" = - ] && parameters=
	[ "$SECONDS" -ge "$deadline" ] && break
	number=$((number + 1))
	while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
	synthesise "$unit" "$module" "$technology" "$parameters" "$held_out" "$(awk -v m="$module" '$1 == m { print $2 }' "$work/sources")" &
done <"$work/todo"
wait
{ head -n 1 "$result"; tail -n +2 "$result" | LC_ALL=C sort -t, -k1,1 -k3,3 -k4,4V; } >"$work/sorted" && cp "$work/sorted" "$result"
failed=$(wc -l <"$work/failures")
echo "$(($(wc -l <"$result") - 1)) points, $((number - failed)) of them run now, $failed failed"
[ "$failed" -eq 0 ]
