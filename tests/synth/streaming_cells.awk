# Cells of the last section of a yosys `stat` report as luts,memory_luts,ffs,carry4,bram18,urams,dsps; to be read behind cells.awk.
# Fails on a cell it does not know.
/^===/ { split("", n) }
/^ +[A-Z][A-Z0-9_]* +[0-9]+$/ { n[$1] += $2 }
END {
	for (cell in n)
		if (!add_cell(cell, n[cell])) unknown_cell(cell)
	print counted()
}
