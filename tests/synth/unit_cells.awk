# Cells of the last section of a `stat` report as streaming_cells.awk has them, then the parts "COUNT*MODULE KEY=VALUE ...;": modules that
# stand alone (variable `alone`, between spaces). To be read behind cells.awk; the first file names the modules, a line each: name in the
# report, module, parameters. Fails on a cell it does not know.
FILENAME == ARGV[1] { name = $1; $1 = ""; known[name] = substr($0, 2); next }
/^===/ { split("", n) }
/^ +[^ ]+ +[0-9]+$/ { n[$1] += $2 }
END {
	for (cell in n)
		if (cell in known) {
			split(known[cell], word, " ")
			if (cell != "point" && index(alone, " " word[1] " ")) parts = parts n[cell] "*" known[cell] ";"
		} else if (!add_cell(cell, n[cell])) unknown_cell(cell)
	print counted() "," parts
}
