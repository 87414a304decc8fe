// ns_sum: sum of N values of BITS bits, a tree of adders without registers.
module ns_sum #(
	parameter N = 8,
	parameter BITS = 3,
	parameter SIGNED = 0,
	parameter SUM = BITS + (N > 1 ? $clog2(N) : 0)
) (
	input [N*BITS-1:0] in,
	output [SUM-1:0] sum
);
	localparam LOW = (N + 1) / 2;
	localparam LOW_BITS = BITS + (LOW > 1 ? $clog2(LOW) : 0);
	localparam HIGH_BITS = BITS + (N - LOW > 1 ? $clog2(N - LOW) : 0);
	generate
		if (N == 1) begin : wire_only
			assign sum = in;
		end else begin : halves
			wire [LOW_BITS-1:0] low;
			wire [HIGH_BITS-1:0] high;
			ns_sum #(.N(LOW), .BITS(BITS), .SIGNED(SIGNED)) low_sum (.in(in[LOW*BITS-1:0]), .sum(low));
			ns_sum #(.N(N - LOW), .BITS(BITS), .SIGNED(SIGNED)) high_sum (.in(in[N*BITS-1:LOW*BITS]), .sum(high));
			assign sum = {{(SUM-LOW_BITS){SIGNED != 0 && low[LOW_BITS-1]}}, low} + {{(SUM-HIGH_BITS){SIGNED != 0 && high[HIGH_BITS-1]}}, high};
		end
	endgenerate
endmodule
