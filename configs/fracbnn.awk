# The table of FRACBNN.md: FracBNN's loops, as counted in its released source, beside the same layers of a run of
# fracbnn.ini.
#
#     nbsim --config fracbnn.ini --layers --format csv --kernel native --no-db | awk -f configs/fracbnn.awk
#
# A layer's time is what the post unit spent on it, working or waiting: it is the last unit of a layer, and the machine
# runs layers one after the other. Weights loaded once before the first frame are not part of it.
BEGIN {
	FS = ","
	# loop; layers of the run; published cycles; of these convolution, packing of bits, BN with activation and shortcut
	loop("init", "", 1089, 0, 0, 0)
	loop("image", "code", 3072, 0, 0, 0)
	loop("first convolution", "first.conv", 7558, 6 * 1089, 0, 1024)
	loop("6 layers of 16 channels", names(1, 6, ".lsb", ""), 6 * 7298, 6 * 2 * 1089, 6 * 4 * 1024, 6 * 1024)
	loop("to 32 channels", "l7.lsb.conv l7.msb.conv", 10500, 2 * 2 * 1089, 4 * 1024, 2 * 256)
	loop("5 layers of 32 channels", names(8, 12, ".lsb", ""), 5 * 2692, 5 * 2 * 2 * 289, 5 * 4 * 256, 5 * 2 * 256)
	loop("to 64 channels", "l13.lsb.conv l13.msb.conv", 4488, 2 * 4 * 289, 4 * 256, 4 * 64)
	loop("5 layers of 64 channels", names(14, 18, ".lsb", ""), 5 * 1160, 5 * 2 * 4 * 81, 5 * 4 * 64, 5 * 4 * 64)
	loop("tail", "fc", 552, 0, 0, 0)
}

function loop(name, layers, cycles, convolution, pack, bn,    list, i, n) {
	title[++loops] = name
	theirs[loops] = cycles
	their_conv[loops] = convolution
	their_pack[loops] = pack
	their_bn[loops] = bn
	n = split(layers, list, " ")
	for (i = 1; i <= n; i++) of_layer["layer:" list[i]] = loops
}

function names(first, last, a, b,    i, text) {
	for (i = first; i <= last; i++) text = text " l" i a " l" i b
	return text
}

function thousands(n,    text, rest) {
	for (rest = sprintf("%d", n); length(rest) > 3; rest = substr(rest, 1, length(rest) - 3))
		text = "," substr(rest, length(rest) - 2) text
	return rest text
}

function ratio(a, b) { return a && b ? sprintf("%.2f", a / b) : "" }

$1 == "run" && $2 == "preamble_cycles" { preamble = $3 }
$1 == "run" && $2 == "latency_cycles" { latency = $3 }

{
	split($1, scope, "/unit:")
	if (!(scope[1] in of_layer)) next
	i = of_layer[scope[1]]
	if (scope[2] == "post_unit" && $2 == "total_cycles") ours[i] += $3
	if (scope[2] == "post_unit" && $2 == "busy_cycles") post[i] += $3
	if (scope[2] == "binary_engine" && $2 == "busy_cycles") conv[i] += $3
	if (scope[2] == "fixed_engine" && $2 == "busy_cycles") fixed[i] += $3
}

function row(name, a, b, c, d, e, f, g, h) {
	printf "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", name, thousands(a), thousands(b), thousands(c), thousands(d),
		thousands(a - b - c - d), thousands(e), thousands(f), thousands(g), thousands(e - f - g), ratio(e, a), ratio(f, b)
}

END {
	print "| loop | source | conv | pack | BN | rest | simulated | conv | post | rest | ratio | of conv |"
	print "|---|---|---|---|---|---|---|---|---|---|---|---|"
	ours[2] -= preamble # the first layer's post unit waited through it
	for (i = 1; i <= loops; i++) {
		if (!conv[i]) conv[i] = fixed[i]
		row(title[i], theirs[i], their_conv[i], their_pack[i], their_bn[i], ours[i], conv[i], post[i])
		for (k = 1; k <= 7; k++)
			sum[k] += k == 1 ? theirs[i] : k == 2 ? their_conv[i] : k == 3 ? their_pack[i] : k == 4 ? their_bn[i] : k == 5 ? ours[i] : k == 6 ? conv[i] : post[i]
	}
	row("total", sum[1], sum[2], sum[3], sum[4], sum[5], sum[6], sum[7])
	if (sum[5] != latency) {
		printf "fracbnn.awk: the layers sum to %d cycles, the frame has %d\n", sum[5], latency > "/dev/stderr"
		exit 1
	}
}
