#!/usr/bin/env bash
# The points of the synthesis campaign, one a line: UNIT MODULE TECHNOLOGY PARAMETER=VALUE,... TECHNOLOGY is that of the memories the unit
# has (block, huge, distributed), or - where synthesis chooses. Every third point of a unit is held out of all fits
# (run_synth.sh counts); machines are all held out.
set -euo pipefail

point() { # point UNIT MODULE TECHNOLOGY PARAMETERS...
	local unit=$1 module=$2 technology=$3
	shift 3
	local IFS=,
	echo "$unit $module $technology $*"
}

ports() { point ports nb_ports -; }
tokens() { point tokens nb_tokens -; }

queue() {
	for depth in 2 3 4 6 8 16 32 64; do point queue nb_queue - DEPTH="$depth"; done
}

sequencer() {
	for commands in 256 512 1024 2048 4096 8192; do point sequencer nb_sequencer block PROGRAM_COMMANDS="$commands"; done
}

masters() { # word and chunk sizes of the buffers: a wide machine, then narrow beats
	local name
	for name in load store; do
		for slots in 2 3 4 6 8 16 32; do
			point "$name" "nb_$name" - S="$slots" X=64 WORD_LOG2="72'h060005080807070403" CHUNK_LOG2="72'h060006060606060603"
		done
		for beat in 8 16 32 128; do
			point "$name" "nb_$name" - S=4 X="$beat" WORD_LOG2="72'h040005060404040203" CHUNK_LOG2="72'h040005040404040203"
		done
	done
}

binary() {
	local fabric popcount shape
	for fabric in 0 1 2; do
		for popcount in 0 1; do
			for shape in 1,1 4,1 16,1 3,2 4,3 2,4; do
				point binary_engine nb_binary_engine - P="${shape%,*}" W="${shape#*,}" FABRIC="$fabric" POPCOUNT_DSP="$popcount" ACC_BITS=16
			done
		done
		for bits in 12 20 24; do point binary_engine nb_binary_engine - P=4 W=1 FABRIC="$fabric" POPCOUNT_DSP=0 ACC_BITS="$bits"; done
	done
	for shape in 4,1,576,1 2,2,576,1 8,1,1152,1 4,1,576,3; do
		local IFS=,
		# shellcheck disable=SC2086
		set -- $shape
		unset IFS
		point binary_engine nb_binary_engine - P="$1" W="$2" FABRIC=0 POPCOUNT_DSP=0 ACC_BITS=16 PACKING=1 WINDOW_BITS="$3" WINDOW_READS="$4"
	done
}

window() {
	local bits
	for bits in 48 144 288 432 576 864 1152 2304 4608; do point window nb_window - BITS=48 WINDOW_BITS="$bits"; done
	for bits in 288 576 1152 2304; do point window nb_window - BITS=96 WINDOW_BITS="$bits"; done
	for bits in 144 240 288 384 576; do point window nb_window - BITS="$bits" WINDOW_BITS=2304; done
	point window nb_window - BITS=144 WINDOW_BITS=576 READS=2
	point window nb_window - BITS=144 WINDOW_BITS=1152 READS=3
	point window nb_window - BITS=96 WINDOW_BITS=1152 READS=4
	point window nb_window - BITS=192 WINDOW_BITS=2304 READS=2
	point window nb_window - BITS=192 WINDOW_BITS=2304 READS=3
	for bits in 576 1152 2304; do point window nb_window - BITS=192 WINDOW_BITS="$bits"; done
	for bits in 2 3 4; do point window nb_window - BITS=48 WINDOW_BITS=576 READS="$bits"; done
	for bits in 2 3; do point window nb_window - BITS=96 WINDOW_BITS=1152 READS="$bits"; done
	for bits in 1152 2304; do point window nb_window - BITS=48 WINDOW_BITS="$bits" READS=3; done
}

fixed() {
	local bits shape
	for bits in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
		point fixed_engine nb_fixed_engine - R=2 Q=2 WEIGHT_BITS="$bits" ACTIVATION_BITS="$bits" SUM_BITS=32
	done
	for shape in 1,8 2,8 4,8 2,4 1,4 8,16 4,16 2,16 16,8 8,9 9,8 7,11; do
		point fixed_engine nb_fixed_engine - R=2 Q=2 WEIGHT_BITS="${shape%,*}" ACTIVATION_BITS="${shape#*,}" SUM_BITS=32
	done
	for shape in 1,1 1,4 4,1 4,4 3,5 8,4 4,8 8,8 16,2 16,4; do
		point fixed_engine nb_fixed_engine - R="${shape%,*}" Q="${shape#*,}" WEIGHT_BITS=8 ACTIVATION_BITS=8 SUM_BITS=32
		point fixed_engine nb_fixed_engine - R="${shape%,*}" Q="${shape#*,}" WEIGHT_BITS=8 ACTIVATION_BITS=16 SUM_BITS=32
	done
	for bits in 24 40 48; do
		point fixed_engine nb_fixed_engine - R=4 Q=4 WEIGHT_BITS=8 ACTIVATION_BITS=8 SUM_BITS="$bits"
	done
}

post() {
	local bits shape
	for bits in 16 20 24 27 28 32 36 40 44 45 48; do point post_lane nb_post_lane - SUM="$bits"; done
	for shape in 1,4,4,4 2,4,4,4 4,4,4,4 1,16,16,16 4,16,16,16 8,16,16,16 16,16,16,16 4,8,8,8 4,12,4,4 8,8,32,8 8,64,8,8 4,32,16,8; do
		local IFS=,
		# shellcheck disable=SC2086
		set -- $shape
		unset IFS
		point post_unit nb_post - L="$1" P="$2" Q="$3" R="$4" W=1 ACC_BITS=16 SUM_BITS=32 ACTIVATION_BITS=8
	done
	for words in 2 4; do point post_unit nb_post - L=4 P=8 Q=8 R=8 W="$words" ACC_BITS=16 SUM_BITS=32 ACTIVATION_BITS=8; done
	for bits in 16 24 48; do point post_unit nb_post - L=4 P=8 Q=8 R=8 W=1 ACC_BITS=16 SUM_BITS="$bits" ACTIVATION_BITS=16; done
}

buffer_words() { # buffer_words TECHNOLOGY DEPTH BANKS ELEMENTS ELEMENT_BITS UNIT_BITS COLUMN_BITS WORD_BYTES
	point buffer nb_buffer "$1" DEPTH="$2" BANKS="$3" ELEMENTS="$4" ELEMENT_BITS="$5" UNIT_BITS="$6" COLUMN_BITS="$7" WORD_BYTES="$8" \
		BEAT_BYTES=64 CHUNK_BYTES="$(($8 * $3 > 64 ? $8 * $3 : 64))"
}

buffer() {
	local depth
	for depth in 512 2048 4096; do # bit activations, fixed activations, weights of 4 PEs
		buffer_words block "$depth" 1 1 48 64 48 8
		buffer_words block "$depth" 1 1 48 64 4 8
		buffer_words block "$depth" 1 4 48 64 48 32
		buffer_words block "$depth" 1 16 8 8 8 16
		buffer_words block "$depth" 1 8 16 16 16 16
	done
	for depth in 512 2048; do
		buffer_words block "$depth" 1 16 48 64 48 128
		buffer_words block "$depth" 1 4 32 32 32 16
		buffer_words block "$depth" 2 4 48 64 48 32
		buffer_words block "$depth" 4 1 48 64 48 8
		buffer_words block "$depth" 2 16 8 8 8 16
		buffer_words block "$depth" 1 16 16 16 16 32
	done
	for depth in 4096 16384; do
		buffer_words huge "$depth" 1 1 48 64 48 8
		buffer_words huge "$depth" 1 4 48 64 48 32
		buffer_words huge "$depth" 1 16 16 16 16 32
		buffer_words huge "$depth" 2 16 8 8 8 16
	done
	for depth in 32 64 256; do
		buffer_words distributed "$depth" 1 1 48 64 48 8
		buffer_words distributed "$depth" 1 4 32 32 32 16
		buffer_words distributed "$depth" 1 8 16 16 16 16
		buffer_words distributed "$depth" 2 4 48 64 48 32
	done
}

# The structures of the equality campaign, two more, and two that no formula was looked at with; with shallower buffers.
depths="DEPTH0=512 DEPTH1=512 DEPTH2=512 DEPTH3=512 DEPTH4=512 DEPTH5=512 DEPTH6=512 DEPTH7=512 DEPTH8=512 PROGRAM_COMMANDS=512"
top() { # top UNIT PARAMETERS...
	# shellcheck disable=SC2086
	point "$1" nb_top block "${@:2}" $depths
}

machine() {
	top machine P=4 W=1 R=4 Q=4 L=4 X=8 S=4 QD=4 PACKING=0 FABRIC=2 POPCOUNT_DSP=0 WEIGHT_BITS=8 ACTIVATION_BITS=8
	top machine P=8 W=2 R=8 Q=4 L=4 X=16 S=3 QD=2 PACKING=1 FABRIC=0 POPCOUNT_DSP=1 WEIGHT_BITS=8 ACTIVATION_BITS=16 WINDOW_BITS=1024
	top machine P=4 W=1 R=8 Q=8 L=4 X=32 S=2 QD=3 PACKING=0 FABRIC=1 POPCOUNT_DSP=0 WEIGHT_BITS=8 ACTIVATION_BITS=16 BANKS1=2
	top machine P=4 W=1 R=4 Q=4 L=2 X=64 S=8 QD=6 PACKING=1 FABRIC=2 POPCOUNT_DSP=0 WEIGHT_BITS=4 ACTIVATION_BITS=8 WINDOW_BITS=576
	top machine P=8 W=1 R=8 Q=8 L=8 X=64 S=4 QD=8 PACKING=1 FABRIC=0 POPCOUNT_DSP=0 WEIGHT_BITS=8 ACTIVATION_BITS=8 WINDOW_BITS=576
	top machine P=16 W=1 R=16 Q=16 L=16 X=64 S=4 QD=8 PACKING=1 FABRIC=0 POPCOUNT_DSP=0 WEIGHT_BITS=8 ACTIVATION_BITS=16 WINDOW_BITS=576
	top machine P=4 W=1 R=4 Q=4 L=1 X=16 S=2 QD=3 PACKING=0 FABRIC=1 POPCOUNT_DSP=0 WEIGHT_BITS=4 ACTIVATION_BITS=4 BANKS0=2
	top machine P=2 W=3 R=4 Q=2 L=2 X=32 S=6 QD=4 PACKING=1 FABRIC=2 POPCOUNT_DSP=1 ACC_BITS=12 SUM_BITS=24 WEIGHT_BITS=8 ACTIVATION_BITS=8 WINDOW_BITS=288
	top machine P=4 W=2 R=4 Q=4 L=4 X=32 S=4 QD=4 PACKING=1 FABRIC=1 WEIGHT_BITS=8 ACTIVATION_BITS=8 WINDOW_BITS=576 WINDOW_READS=3
}

# What is in nb_top itself: the buffers' fabric, the choice of the store's buffer, the tokens' compares.
glue() {
	local beat shape
	for beat in 8 16 32 64 128; do top glue P=4 W=1 R=4 Q=4 L=4 X="$beat" WEIGHT_BITS=8 ACTIVATION_BITS=8; done
	for shape in 2,2,2,2,1 8,1,4,4,2 4,3,4,4,4 8,2,8,8,4 16,1,8,8,8 4,1,16,4,4 4,1,4,16,4; do
		local IFS=,
		# shellcheck disable=SC2086
		set -- $shape
		unset IFS
		top glue P="$1" W="$2" R="$3" Q="$4" L="$5" X=64 WEIGHT_BITS=8 ACTIVATION_BITS=8
	done
	top glue P=4 W=1 R=4 Q=4 L=4 X=64 WEIGHT_BITS=4 ACTIVATION_BITS=16 SUM_BITS=24
	top glue P=8 W=1 R=8 Q=8 L=4 X=16 WEIGHT_BITS=16 ACTIVATION_BITS=16 SUM_BITS=48 ACC_BITS=20
	for shape in 0 1 2 4 6 8; do top glue P=4 W=1 R=8 Q=4 L=4 X=32 WEIGHT_BITS=8 ACTIVATION_BITS=8 "BANKS$shape=2"; done
	for shape in 1 3 5 7; do top glue P=4 W=1 R=4 Q=4 L=4 X=64 WEIGHT_BITS=8 ACTIVATION_BITS=8 "BANKS$shape=4"; done
	for shape in 2 4; do top glue P=4 W=1 R=4 Q=4 L=4 X=32 PACKING=1 WEIGHT_BITS=8 ACTIVATION_BITS=8 WINDOW_READS="$shape"; done
}

ports
tokens
queue
sequencer
fixed
masters
glue
binary
post
window
buffer
machine
