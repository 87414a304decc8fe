# Cells of the last section of a yosys `stat` report as luts,memory_luts,ffs,carry4,bram18,urams,dsps. LUTs are LUT1 to LUT6 plus those
# used as memory or shift register; inverters and the wide multiplexers are not counted. Fails on a cell it does not know.
/^===/ { split("", n) }
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
		else if (cell ~ /^RAM512X1S$/) memory += 8 * c
		else if (cell ~ /^FD[RSCP]E$/) ffs += c
		else if (cell == "CARRY4") carry += c
		else if (cell == "RAMB18E2") bram += c
		else if (cell == "RAMB36E2") bram += 2 * c
		else if (cell == "URAM288") uram += c
		else if (cell == "DSP48E2") dsp += c
		else if (cell !~ /^(INV|MUXF[789])$/) { print "unknown cell " cell > "/dev/stderr"; exit 1 }
	}
	printf "%d,%d,%d,%d,%d,%d,%d\n", luts + memory, memory, ffs, carry, bram, uram, dsp
}
