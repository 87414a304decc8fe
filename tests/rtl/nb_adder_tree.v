// nb_adder_tree: sum of N values of BITS bits, one registered level a cycle: ceil(log2 N) cycles; N 1 is a wire.
module nb_adder_tree #(
	parameter N = 8,
	parameter BITS = 3,
	parameter SIGNED = 0,
	parameter SUM = BITS + (N > 1 ? $clog2(N) : 0)
) (
	input clock,
	input [N*BITS-1:0] in,
	output [SUM-1:0] sum
);
	localparam HALF = (N + 1) / 2;
	localparam NEXT = BITS + 1;
	genvar k;
	generate
		if (N == 1) begin : wire_only
			assign sum = in;
		end else begin : level
			wire [HALF*NEXT-1:0] pairs;
			for (k = 0; k < HALF; k = k + 1) begin : pair
				wire [BITS-1:0] left = in[2*k*BITS +: BITS];
				wire [NEXT-1:0] left_wide = {SIGNED != 0 && left[BITS-1], left};
				reg [NEXT-1:0] total;
				if (2 * k + 1 < N) begin : add
					wire [BITS-1:0] right = in[(2*k+1)*BITS +: BITS];
					wire [NEXT-1:0] right_wide = {SIGNED != 0 && right[BITS-1], right};
					always @(posedge clock) total <= left_wide + right_wide;
				end else begin : pass
					always @(posedge clock) total <= left_wide;
				end
				assign pairs[k*NEXT +: NEXT] = total;
			end
			nb_adder_tree #(.N(HALF), .BITS(NEXT), .SIGNED(SIGNED)) rest (.clock(clock), .in(pairs), .sum(sum));
		end
	endgenerate
endmodule
