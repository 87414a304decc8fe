#!/usr/bin/env bash
# Synthesis campaign of the streaming units (tests/rtl/streaming) over their parameters (streaming_points.sh), with yosys for UltraScale+.
# Results go to configs/tech/streaming_synthesis.csv; points that stand there, from the same sources and yosys, are not run again; rows that are no longer
# in the list are dropped.
# usage: streaming_synth.sh [--unit NAME] [--minutes M] [--timeout SECONDS]      last line: N points, M of them run now, K failed
#
# yosys: synth_xilinx -family xcup, flat; -nodsp but where TECHNOLOGY ends in -dsp. The attribution outputs, which only a bench reads, are
# left out. Memories can be written (load ports), as those of designs whose weights are loaded at run time.
set -uo pipefail
cd "$(dirname "$0")/../.."
result=$PWD/configs/tech/streaming_synthesis.csv
only= minutes=100000 limit=900
while [ $# -gt 0 ]; do
	case $1 in
	--unit) only=$2 ;;
	--minutes) minutes=$2 ;;
	--timeout) limit=$2 ;;
	*)
		echo "streaming_synth: unknown option '$1' (--unit NAME --minutes M --timeout SECONDS)" >&2
		exit 2
		;;
	esac
	shift 2
done
command -v yosys >/dev/null || { echo "streaming_synth: yosys is not installed" >&2; exit 1; }
version=$(yosys -V | awk '{ print $2 }')
rtl=tests/rtl/streaming
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
header=unit,module,technology,parameters,held_out,luts,memory_luts,ffs,carry4,bram18,urams,dsps,sources,yosys

files_of() { # Verilog files a module is made of
	local common="$rtl/ns_control.v $rtl/ns_delay.v $rtl/ns_store.v" sums="$rtl/ns_sum.v $rtl/ns_count.v tests/rtl/nb_compressor.v"
	case $1 in
	ns_fifo) echo "$rtl/ns_fifo.v $rtl/ns_store.v" ;;
	ns_read | ns_write) echo "$rtl/masters/$1.v $rtl/ns_fifo.v $rtl/ns_store.v" ;;
	ns_matrix | ns_depthwise) echo "$rtl/$1.v $rtl/ns_lanes.v $rtl/ns_dot.v $rtl/ns_threshold.v $common $sums" ;;
	ns_point) echo "$rtl/ns_point.v $rtl/ns_threshold.v $rtl/ns_saturate.v $common $sums" ;;
	ns_join) echo "$rtl/ns_join.v $rtl/ns_saturate.v $common" ;;
	*) echo "$rtl/$1.v $common" ;;
	esac
}

# Comments and layout do not count.
sources_of() { cat $(files_of "$1") | sed 's://.*::' | tr -s ' \t\n' ' ' | sha256sum | cut -c1-10; }

memory_of() { # the memory TECHNOLOGY speaks of
	case $1 in
	ns_window) echo rows.memory ;;
	ns_matrix | ns_depthwise) echo weights.memory ;;
	*) echo memory ;;
	esac
}

synthesise() { # synthesise UNIT MODULE TECHNOLOGY PARAMETERS HELD_OUT SOURCES
	local unit=$1 module=$2 technology=$3 parameters=$4 held_out=$5 sources=$6 set= style= dsp=-nodsp counts started=$SECONDS
	local pair
	for pair in ${parameters//,/ }; do set="$set -set ${pair%%=*} ${pair#*=}"; done
	case $technology in *-dsp) dsp= ;; esac
	case ${technology%-dsp} in block | distributed) style="setattr -set ram_style \"${technology%-dsp}\" m:*$(memory_of "$module");" ;; esac
	timeout "$limit" nice -n 19 yosys -q -p "read_verilog -sv $(files_of "$module"); chparam $set $module; hierarchy -top $module; rename -top point; proc; flatten; $style
		cd point; delete -output w:states; cd; opt_clean -purge;
		synth_xilinx -family xcup $dsp -top point -noiopad -noclkbuf; tee -q -o $work/stat stat -tech xilinx" >"$work/log" 2>&1
	if [ $? -ne 0 ] || ! counts=$(awk -f tests/synth/cells.awk -f tests/synth/streaming_cells.awk "$work/stat" 2>>"$work/log"); then
		echo "failed: $unit $parameters: $(tail -n 1 "$work/log")"
		return 1
	fi
	printf '%s,%s,%s,%s,%s,%s,%s,%s\n' "$unit" "$module" "$technology" "${parameters//,/ }" "$held_out" "$counts" "$sources" "$version" >>"$result"
	echo "$unit ${parameters//,/ } $technology: $counts ($((SECONDS - started)) s)"
}

# The list, with its held-out column, and the rows that still hold.
bash tests/synth/streaming_points.sh | awk '{ n[$1]++; print $1, $2, $3, $4, n[$1] % 3 == 0 ? 1 : 0, n[$1] }' >"$work/list"
awk -v only="$only" 'only == "" || only == $1' "$work/list" | sort -s -n -k6 >"$work/points" # every unit's first points first
[ -f "$result" ] || echo "$header" >"$result"
for module in $(cut -d' ' -f2 "$work/list" | sort -u); do echo "$module $(sources_of "$module")"; done >"$work/sources"
awk -F, -v OFS=, -v version="$version" '
	FILENAME == ARGV[1] { split($0, f, " "); source[f[1]] = f[2]; next }
	FILENAME == ARGV[2] { split($0, f, " "); gsub(",", " ", f[4]); held[f[1] "," f[3] "," f[4]] = f[5]; next }
	FNR == 1 { print; next }
	source[$2] == $13 && $14 == version && $1 "," $3 "," $4 in held { $5 = held[$1 "," $3 "," $4]; print }' "$work/sources" "$work/list" "$result" >"$work/kept"
cp "$work/kept" "$result"
awk -F, 'FILENAME == ARGV[1] { have[$1 "," $3 "," $4]; next }
	{ split($0, f, " "); p = f[4]; gsub(",", " ", p); if (!(f[1] "," f[3] "," p in have)) print }' "$result" FS=, "$work/points" >"$work/todo"
total=$(wc -l <"$work/points") deadline=$((SECONDS + 60 * minutes)) number=0 failed=0
echo "$total points, $((total - $(wc -l <"$work/todo"))) of them in the table"
while read -r unit module technology parameters held_out _; do
	[ "$SECONDS" -ge "$deadline" ] && break
	number=$((number + 1))
	synthesise "$unit" "$module" "$technology" "$parameters" "$held_out" "$(awk -v m="$module" '$1 == m { print $2 }' "$work/sources")" </dev/null ||
		failed=$((failed + 1))
done <"$work/todo"
{ head -n 1 "$result"; tail -n +2 "$result" | LC_ALL=C sort -t, -k1,1 -k3,3 -k4,4V; } >"$work/sorted" && cp "$work/sorted" "$result"
echo "$(($(wc -l <"$result") - 1)) points, $((number - failed)) of them run now, $failed failed"
[ "$failed" -eq 0 ]
