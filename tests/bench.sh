#!/usr/bin/env bash
# `./run bench`: what the same machine and network cost in each way of running them, side by side.
# usage: bench.sh BUILD [--config FILE] [--network NET] [--rounds N]
# Native kernel, SystemC kernel and verilated RTL run in turns, round after round; a ratio is formed inside a round, so that
# what else this computer does at the time hits both. Printed: the median and the range of the rounds. Then the shipped grid of
# 103,680 points, stored by two workers; what a point of it costs with every cache off is of the rounds (processor time of
# one process). The same of points of a streaming machine.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(cd "$1" && pwd)
shift
config=configs/u250.ini network=workloads/networks/neuroblend20-fashion rounds=3
while [ $# -gt 0 ]; do
	case $1 in
	--config) config=${2:?} ;;
	--network) network=${2:?} ;;
	--rounds) rounds=${2:?} ;;
	*)
		echo "run: bench: unknown option '$1' (--config FILE --network NET --rounds N)" >&2
		exit 2
		;;
	esac
	shift 2
done
images=/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz
export NBSIM_RTL_CACHE=${NBSIM_RTL_CACHE:-$build/rtl} LC_ALL=C
bench=$build/bin/nb_bench_kernel
points=$build/bin/nb_bench_points nbexplore=$build/bin/nbexplore
[ -x "$points" ] || { echo "run: bench: $points is not built" >&2; exit 4; }
[ -x "$bench" ] || { echo "run: bench: $bench is not built" >&2; exit 4; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The RTL of this machine, if it can be built; its case is one image through the network.
rtl=
why="no images of the network ($images)"
if [ -r "$images" ]; then
	why="verilator is not installed"
	if command -v verilator >/dev/null; then
		why="the RTL does not build for this machine"
		if "$build/bin/nb_equal" network "$config" "$network" "$images" 1 "$work/cases" "$work/expected" >/dev/null; then
			# shellcheck disable=SC2046
			rtl=$(bash tests/rtl/build.sh $(sed -n 's/^machine //p' "$work/cases")) || rtl=
		fi
	fi
fi

frames_native=400 frames_systemc=100
for ((round = 1; round <= rounds; round++)); do
	"$bench" native "$config" "$network" $frames_native | sed "s/^/$round native /"
	"$bench" systemc "$config" "$network" $frames_systemc | sed "s/^/$round systemc /"
	if [ -n "$rtl" ]; then
		begun=$EPOCHREALTIME
		"$rtl" "$work/cases" >"$work/got"
		awk -v round="$round" -v a="$begun" -v b="$EPOCHREALTIME" '/^total_cycles/ { printf "%s rtl %s %.6f\n", round, $2, b - a }' "$work/got"
	fi
	"$bench" point "$config" "$network" 100 | sed "s/^/$round point /"
	"$points" grid100k.ini 4000 "$work/points.db" | sed "s/^/$round sweep_/"
	"$bench" map "$config" "$network" 100 | sed "s/^/$round map /"
	"$bench" values "$config" "$network" 100 | sed "s/^/$round values /"
done >"$work/rows"
equal=
if [ -n "$rtl" ]; then
	"$build/bin/nb_equal" compare "$work/expected" "$work/got" >/dev/null || { echo "run: bench: RTL and model differ" >&2; exit 1; }
	equal="; RTL and model are equal on it"
fi

echo "$(basename "$network") on $(basename "$config"), $rounds rounds, median (range)$equal"
awk -v frames_systemc=$frames_systemc '
	function sorted(text, out,    n, i, j, t) {
		n = split(text, out, " ")
		for (i = 2; i <= n; i++) for (j = i; j > 1 && out[j] + 0 < out[j - 1] + 0; j--) { t = out[j]; out[j] = out[j - 1]; out[j - 1] = t }
		return n
	}
	function spread(text, form,    n, v) {
		n = sorted(text, v)
		return sprintf(form " (" form " .. " form ")", v[int((n + 1) / 2)], v[1], v[n])
	}
	$2 ~ /^sweep_/ { us[$2] = us[$2] " " 1e6 * $4 / $3; of[$1, $2 "_us"] = 1e6 * $4 / $3 }
	$2 == "systemc" { of[$1, "systemc_us"] = 1e6 * $4 / frames_systemc }
	$2 == "rtl" { of[$1, "rtl_us"] = 1e6 * $4 }
	{ speed = $3 / $4; all[$2] = all[$2] " " speed; of[$1, $2] = speed; if ($1 > last) last = $1 }
	END {
		line = "%-44s %s\n"
		printf line, "native kernel, Mcycles/s", scale("native")
		printf line, "SystemC kernel, Mcycles/s", scale("systemc")
		if ("rtl" in all) printf line, "verilated RTL, Mcycles/s", scale("rtl")
		printf line, "native / SystemC", ratio("native", "systemc")
		if ("rtl" in all) printf line, "native / RTL", ratio("native", "rtl")
		if ("rtl" in all) printf line, "SystemC / RTL", ratio("systemc", "rtl")
		printf line, "map and run one frame natively, Mcycles/s", scale("point")
		printf line, "mappings/s", spread(all["map"], "%.0f")
		printf line, "values, images/s", spread(all["values"], "%.0f")
		print "\nexact points of grid100k, one process, every cache off: distinct machines, each mapped, run, estimated"
		printf line, "points / processor second", spread(all["sweep_point"], "%.0f")
		printf line, "a point, us", spread(us["sweep_point"], "%.4g")
		n = split("configure map time estimate store", parts, " ")
		for (i = 1; i <= n; i++) printf line, "  " parts[i] ", us", spread(us["sweep_" parts[i]], "%.3g")
		printf line, "SystemC, one frame / a point", ratio("systemc_us", "sweep_point_by_the_wall_us")
		if ("rtl" in all) printf line, "verilated RTL, one frame / a point", ratio("rtl_us", "sweep_point_by_the_wall_us")
	}
	function scale(what,    n, v, i, text) {
		n = split(all[what], v, " ")
		for (i = 1; i <= n; i++) text = text " " v[i] / 1e6
		return spread(text, "%.4g")
	}
	function ratio(a, b,    i, text) {
		for (i = 1; i <= last; i++) text = text " " of[i, a] / of[i, b]
		return spread(text, of[1, a] / of[1, b] >= 100 ? "%.0f" : "%.2f")
	}' "$work/rows"
[ -n "$rtl" ] || echo "verilated RTL: not measured, $why"

printf '\nstreaming points of NeuroBlend-20, one process, every cache off: four foldings\n'
"$points" tests/bench/streaming.ini 4 "$work/streaming.db" | awk '
	$1 == "point" { printf "%-44s %.3g\n", "points / processor second", $2 / $3 }
	{ of[$1] = 1e3 * $3 / $2 }
	END { printf "%-44s %.3g\n%-44s %.3g\n%-44s %.3g\n", "a point, ms", of["point"], "  folding and depths of skip paths, ms", of["map"], "  time: batch, single frame, steady state, ms", of["time"] }'

# What nbexplore itself says of the grid: `NUMBER words` pairs of its summary.
"$nbexplore" grid100k.ini --db "$work/grid.db" -j 2 2>"$work/grid" || { cat "$work/grid" >&2; exit 1; }
printf '\ngrid100k, stored, two workers\n'
for figure in 'points computed' 's (' 'a second' 'programs mapped' 'distinct simulations' '% of the points shared one' \
	'points a processor second'; do
	value=$(grep -oE "[0-9.]+ ${figure/(/\\(}" "$work/grid" | head -n 1 | cut -d ' ' -f 1)
	[ -n "$value" ] || { echo "run: bench: no '$figure' in what nbexplore prints" >&2; exit 1; }
	printf '%-44s %s\n' "${figure/s (/seconds}" "$value"
done
printf '%-44s %s\n' "storage, % of the processor time" "$(sed -n 's/.*storage takes \([0-9.]*\) %.*/\1/p' "$work/grid")"
