#!/usr/bin/env bash
# The points of the synthesis campaign of the streaming units, one a line: UNIT MODULE TECHNOLOGY PARAMETER=VALUE,... TECHNOLOGY: where the
# unit's large memory lies (block, distributed; shift: shift registers), or - where synthesis chooses; with -dsp behind it multipliers are
# DSP48E2, else they are LUTs. Every third point of a unit is held out of all fits (streaming_synth.sh counts).
set -euo pipefail

point() { # point UNIT MODULE TECHNOLOGY PARAMETERS...
	local unit=$1 module=$2 technology=$3
	shift 3
	local IFS=,
	echo "$unit $module $technology $*"
}

fifo() {
	local shape
	for shape in 8,2 8,32 24,16 64,2 64,32 128,64; do
		point fifo ns_fifo shift MEMORY=0 WIDTH="${shape%,*}" DEPTH="${shape#*,}"
	done
	for shape in 8,32 24,16 64,2 64,128 128,256; do
		point fifo ns_fifo distributed MEMORY=1 WIDTH="${shape%,*}" DEPTH="${shape#*,}"
	done
	for shape in 8,512 24,1024 64,512 64,2048; do
		point fifo ns_fifo block MEMORY=2 WIDTH="${shape%,*}" DEPTH="${shape#*,}"
	done
}

dma() {
	local width
	for width in 32 64 128; do
		point input ns_input - WIDTH="$width" WORDS=384 LATENCY=2
		point output ns_output - WIDTH="$width" WORDS=16
	done
}

masters() { # in front of the DMA stages; with their FIFO of 256 words
	local width
	for width in 32 64 128 256 512; do
		point read ns_read block WIDTH="$width" MEMORY=2
		point write ns_write block WIDTH="$width" MEMORY=2
	done
	for width in 32 64; do
		point read ns_read distributed WIDTH="$width" MEMORY=1
		point write ns_write distributed WIDTH="$width" MEMORY=1
	done
}

pad() {
	local shape
	for shape in 8,32,32,1 24,32,32,2 64,16,16,2 32,8,8,3; do
		local IFS=,
		# shellcheck disable=SC2086
		set -- $shape
		unset IFS
		point pad ns_pad - WIDTH="$1" HEIGHT="$2" COLUMNS="$3" F="$4" LATENCY=2
	done
}

window_shape() { # window_shape TECHNOLOGY WIDTH F SIDE KERNEL STRIDE DEPTHWISE
	local out=$((($4 - $5) / $6 + 1))
	point window ns_window "$1" ATOM="$2" F="$3" HEIGHT="$4" COLUMNS="$4" OUT_HEIGHT="$out" OUT_COLUMNS="$out" KERNEL_HEIGHT="$5" \
		KERNEL_WIDTH="$5" STRIDE="$6" STRIDE_WIDTH="$6" DEPTHWISE="$7" LATENCY=3
}

window() { # the windows of CNV, and others
	local shape
	window_shape distributed 24 1 32 3 1 0
	window_shape distributed 64 1 30 3 1 0
	window_shape distributed 64 1 14 3 1 0
	window_shape distributed 64 2 12 3 1 0
	window_shape distributed 64 2 5 3 1 0
	window_shape distributed 8 4 16 3 1 1
	window_shape distributed 32 4 16 3 2 0
	window_shape distributed 128 1 14 5 1 0
	window_shape block 64 1 30 3 1 0
	window_shape block 64 2 14 3 1 0
	window_shape block 32 4 32 3 1 0
	window_shape block 64 4 56 3 1 1
	window_shape block 128 2 28 3 2 0
	window_shape block 32 8 112 3 1 1
	window_shape block 16 16 28 5 1 0
	for shape in 4,2 4,4 8,9; do # words of several parts: each part has a copy of the memory
		point window ns_window distributed ATOM="${shape%,*}" ATOMS_IN=1 ATOMS_OUT="${shape#*,}" F=4 HEIGHT=16 COLUMNS=16 OUT_HEIGHT=14 OUT_COLUMNS=14 LATENCY=3
	done
}

matrix_shape() { # matrix_shape TECHNOLOGY PE SIMD SF NF INPUT_BITS WEIGHT_BITS SUM THRESHOLDS OUTPUT_BITS
	point matrix ns_matrix "$1" PE="$2" SIMD="$3" SF="$4" NF="$5" PIXELS=64 INPUT_BITS="$6" WEIGHT_BITS="$7" SUM="$8" THRESHOLDS="$9" \
		OUTPUT_BITS="${10}" LATENCY=4
}

matrix() {
	local shape
	for shape in 1,8 1,64 2,16 4,32 8,8 8,64 16,16 16,32 32,32; do # bits
		matrix_shape distributed "${shape%,*}" "${shape#*,}" 16 4 1 1 12 1 1
	done
	for shape in 1,32 4,32 16,16; do # without thresholds
		matrix_shape distributed "${shape%,*}" "${shape#*,}" 16 4 1 1 12 0 12
	done
	for shape in 1,32 4,16 16,16; do # bits by two bits, and two by two
		matrix_shape distributed "${shape%,*}" "${shape#*,}" 16 4 2 1 13 3 2
		matrix_shape distributed "${shape%,*}" "${shape#*,}" 16 4 2 2 14 3 2
	done
	for shape in 4,3 16,3; do # the first layer: pixels by one and by two bits
		matrix_shape distributed "${shape%,*}" "${shape#*,}" 9 4 8 1 16 1 1
		matrix_shape distributed "${shape%,*}" "${shape#*,}" 9 4 8 2 17 3 2
	done
	for shape in 2,4 4,8; do # four and eight bits
		matrix_shape distributed "${shape%,*}" "${shape#*,}" 36 4 4 4 18 15 4
		matrix_shape distributed-dsp "${shape%,*}" "${shape#*,}" 36 4 8 8 24 0 24
		matrix_shape distributed "${shape%,*}" "${shape#*,}" 36 4 8 8 24 0 24
		matrix_shape distributed "${shape%,*}" "${shape#*,}" 36 4 8 4 20 0 20
	done
	for shape in 4,32,36,16 8,32,72,16 1,32,144,256 4,8,144,32; do # weights in block RAM
		local IFS=,
		# shellcheck disable=SC2086
		set -- $shape
		unset IFS
		matrix_shape block "$1" "$2" "$3" "$4" 1 1 14 1 1
	done
	matrix_shape block 4 8 144 32 2 2 16 3 2
	matrix_shape block-dsp 4 8 144 32 8 8 26 0 26
	for shape in 64,32; do # LFC
		matrix_shape distributed "${shape%,*}" "${shape#*,}" 16 4 1 1 12 1 1
	done
}

depthwise() {
	local shape
	for shape in 2,4 4,4 8,4; do
		point depthwise ns_depthwise distributed-dsp PE="${shape%,*}" F="${shape#*,}" TAPS=9 PIXELS=64 INPUT_BITS=8 WEIGHT_BITS=8 SUM=20 OUTPUT_BITS=20 LATENCY=4
		point depthwise ns_depthwise distributed PE="${shape%,*}" F="${shape#*,}" TAPS=9 PIXELS=64 INPUT_BITS=4 WEIGHT_BITS=4 SUM=12 THRESHOLDS=15 \
			OUTPUT_BITS=4 LATENCY=4
	done
	for shape in 4,4 16,4; do
		point depthwise ns_depthwise - PE="${shape%,*}" F="${shape#*,}" MAXIMUM=1 TAPS=9 PIXELS=64 INPUT_BITS=4 OUTPUT_BITS=4 LATENCY=4
	done
}

convert() {
	local shape
	for shape in 8,8,1 24,1,3 8,1,8 32,2,1 64,1,2 4,16,1; do
		local IFS=,
		# shellcheck disable=SC2086
		set -- $shape
		unset IFS
		point convert ns_convert - PART="$1" SPLIT="$2" GATHER="$3" WORDS=1024 LATENCY=1
	done
	point convert ns_convert - PART=32 SPLIT=4 GATHER=1 WORDS=1024 LATENCY=2
	point convert ns_convert - PART=32 SPLIT=1 GATHER=4 WORDS=1024 LATENCY=2 VALID=1
}

joints() {
	local shape
	for shape in 4,8 8,16 16,16; do
		point fork ns_fork - LANES="${shape%,*}" BITS="${shape#*,}" WORDS=1024 LATENCY=1
		point fork ns_fork - LANES="${shape%,*}" BITS="${shape#*,}" AS_BIT_1=1 WORDS=1024 LATENCY=1
	done
	for shape in 1,16 4,16 4,24 8,16; do
		point join ns_join - LANES="${shape%,*}" MAIN_BITS="${shape#*,}" SKIP_BITS="${shape#*,}" OUTPUT_BITS=16 F=4 WORDS=1024 LATENCY=4
	done
}

points_of_point() {
	local shape
	for shape in 1,16 2,16 4,16 1,24 4,24; do
		point point ns_point -dsp LANES="${shape%,*}" INPUT_BITS="${shape#*,}" OUTPUT_BITS=16 POST_SHIFT=8 F=4 WORDS=1024 LATENCY=5
	done
	for shape in 1,12 4,12; do
		point point ns_point - LANES="${shape%,*}" INPUT_BITS="${shape#*,}" OUTPUT_BITS=8 POST_SHIFT=8 F=4 WORDS=1024 LATENCY=5
	done
}

pool() {
	local shape
	for shape in 0,64,1 0,16,2 0,16,4 0,8,8 1,8,8 1,16,4 1,4,16; do
		local IFS=,
		# shellcheck disable=SC2086
		set -- $shape
		unset IFS
		point pool ns_pool - AVERAGE="$1" LANES="$2" BITS="$3" OUTPUT_BITS="$3" SHIFT=2 F=2 HEIGHT=28 COLUMNS=28 OUT_HEIGHT=14 OUT_COLUMNS=14 LATENCY=2
	done
	for shape in 8,8 32,4; do
		point pool ns_pool - AVERAGE=1 LANES="${shape%,*}" BITS="${shape#*,}" OUTPUT_BITS=14 F=4 HEIGHT=7 COLUMNS=7 OUT_HEIGHT=1 OUT_COLUMNS=1 KERNEL_HEIGHT=7 \
			KERNEL_WIDTH=7 LATENCY=2
	done
}

label() {
	local shape
	for shape in 1,16 2,16 5,16 1,24; do
		point label ns_label - LANES="${shape%,*}" BITS="${shape#*,}" CLASSES=10 WORDS="$((10 / ${shape%,*}))" LATENCY=2
	done
}

fifo
dma
masters
pad
window
matrix
depthwise
convert
joints
points_of_point
pool
label
