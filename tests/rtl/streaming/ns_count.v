// ns_count: number of ones among N bits: six at a time in three truth tables (nb_compressor), then a tree of adders.
module ns_count #(
	parameter N = 8,
	parameter SUM = $clog2(N + 1)
) (
	input [N-1:0] bits,
	output [SUM-1:0] ones
);
	localparam GROUPS = (N + 5) / 6;
	localparam TREE = 3 + (GROUPS > 1 ? $clog2(GROUPS) : 0);
	wire [6*GROUPS-1:0] padded = bits;
	wire [3*GROUPS-1:0] counts;
	wire [TREE-1:0] sum;
	genvar g;
	generate
		for (g = 0; g < GROUPS; g = g + 1) begin : group
			nb_compressor compressor (.bits(padded[6*g +: 6]), .count(counts[3*g +: 3]));
		end
	endgenerate
	ns_sum #(.N(GROUPS), .BITS(3)) tree (.in(counts), .sum(sum));
	assign ones = sum;
endmodule
