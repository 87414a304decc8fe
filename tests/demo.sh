#!/usr/bin/env bash
# `./run demo`: the whole way, from a trained network to cycles, stalls, power, resources and accuracy.
# usage: demo.sh BUILD [--out FOLDER]     default folder: demo/ in the checkout
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(cd "$1" && pwd)
shift
out=demo
while [ $# -gt 0 ]; do
	case $1 in
	--out) out=${2:?--out needs a folder} && shift 2 ;;
	*)
		echo "run: demo: unknown option '$1' (--out FOLDER)" >&2
		exit 2
		;;
	esac
done
mkdir -p "$out"
fashion=/usr/share/datasets/fashion-mnist
images=$fashion/t10k-images-idx3-ubyte.gz
count=1000

# say COMMAND...: shows the command as a user would type it (also where its output goes to a file), then runs it.
exec 3>&1
say() {
	printf '\n$ %s\n' "$*" >&3
	"$build/bin/$1" "${@:2}"
}

echo "1. Compile: the trained network becomes a fused, bit-exact layer trace (the table is in $out/compile.txt)."
say nbcompile workloads/networks/neuroblend20-fashion -o "$out/neuroblend20.nbt" >"$out/compile.txt"
grep -E '^(network|MAC)' "$out/compile.txt"

echo
echo "2. Simulate one frame on the Alveo U250 with the SystemC kernel."
say nbsim --config configs/u250.ini --workload "$out/neuroblend20.nbt" --kernel systemc --layers --db "$out/nbsim.db" \
	--timeline "$out/timeline.json" --vcd "$out/waves.vcd" --emit-commands "$out/program.txt" | tee "$out/table.txt"

echo
if [ -r "$images" ]; then
	echo "3. Evaluate $count real images (Fashion-MNIST test set), bit by bit what the hardware computes."
	say nbsim --config configs/u250.ini --workload "$out/neuroblend20.nbt" --images "$images" --count $count --scores "$out/scores.i32" \
		--db "$out/nbsim.db" --layers --format csv >"$out/run.csv"
	awk -F, '$1 == "run" { v[$2] = $3 } END { printf "top-1 of %d images: %.1f %% (float network, all 10,000 test images: %.2f %%); %d of them also ran through the emitted program, same bits\n", v["images"], 100 * v["top1"], 100 * v["float_top1"], v["images_on_program"] }' "$out/run.csv"
else
	echo "3. No images: $images is absent, so no accuracy is measured (Debian: apt-get install dataset-fashion-mnist)."
	say nbsim --config configs/u250.ini --workload "$out/neuroblend20.nbt" --db "$out/nbsim.db" --layers --format csv >"$out/run.csv"
fi

echo
echo "4. What is stored."
say nbsim runs --db "$out/nbsim.db"

cat <<TXT

Where everything is
  $out/table.txt           the table above
  $out/compile.txt         what was fused, layer by layer
  $out/neuroblend20.nbt    the layer trace (text), its tensors in neuroblend20.nbw
  $out/program.txt         the machine's program, one command a line
  $out/run.csv             every number of the run and of each layer
  $out/timeline.json       what every unit did: open it in https://ui.perfetto.dev or chrome://tracing
  $out/waves.vcd           the same as waveforms: gtkwave $out/waves.vcd
TXT
[ ! -e "$out/scores.i32" ] || echo "  $out/scores.i32          class scores, int32, image after image"
cat <<TXT
  $out/nbsim.db            both runs (SQLite)
Next: ${build#"$PWD"/}/bin/nbsim --config u250.ini --set binary_engine.words=2, another machine; nbsim --describe, every parameter.
TXT
