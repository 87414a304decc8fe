# Cells of UltraScale+ as a yosys `stat` report names them, for other awk programs: add_cell counts one kind of cell into
# luts, memory, ffs, carry, bram (RAMB18), uram and dsp, and returns 0 for one it does not know. LUTs are LUT1 to LUT6;
# memory is LUTs used as memory or shift register; inverters and the wide multiplexers are not counted.
function add_cell(cell, count) {
	if (cell ~ /^LUT[1-6]$/) luts += count
	else if (cell ~ /^(SRL16E|SRLC16E|SRLC32E)$/) memory += count
	else if (cell ~ /^(RAM32M16|RAM64M8)$/) memory += 8 * count
	else if (cell ~ /^(RAM32M|RAM64M)$/) memory += 4 * count
	else if (cell ~ /^(RAM32X1D|RAM64X1D)$/) memory += 2 * count
	else if (cell ~ /^RAM128X1D$/) memory += 4 * count
	else if (cell ~ /^(RAM256X1D|RAM512X1S)$/) memory += 8 * count
	else if (cell ~ /^FD[RSCP]E$/) ffs += count
	else if (cell == "CARRY4") carry += count
	else if (cell == "RAMB18E2") bram += count
	else if (cell == "RAMB36E2") bram += 2 * count
	else if (cell == "URAM288") uram += count
	else if (cell == "DSP48E2") dsp += count
	else return cell ~ /^(INV|MUXF[789])$/
	return 1
}
function counted() { return sprintf("%d,%d,%d,%d,%d,%d,%d", luts + memory, memory, ffs, carry, bram, uram, dsp) }
function unknown_cell(cell) {
	print "unknown cell " cell > "/dev/stderr"
	exit 1
}
