// ns_threshold: LANES sums to LANES values: n = number of thresholds k with (D ? sum < Tk : sum > Tk); value BASE + n, or with one bit
// n >= 1. A lane's parameters, from bit 0: T0, T1, ..., each SUM + 1 bits (enough to be beyond every sum), then D.
module ns_threshold #(
	parameter LANES = 1,
	parameter SUM = 16,
	parameter COUNT = 1,
	parameter BASE = 0,
	parameter OUTPUT_BITS = 1,
	parameter LANE = COUNT * (SUM + 1) + 1
) (
	input [LANES*SUM-1:0] sums,
	input [LANES*LANE-1:0] parameters,
	output [LANES*OUTPUT_BITS-1:0] values
);
	localparam NB = $clog2(COUNT + 1);
	genvar l, k;
	generate
		for (l = 0; l < LANES; l = l + 1) begin : lane
			wire signed [SUM:0] sum = {sums[SUM*l+SUM-1], sums[SUM*l +: SUM]};
			wire below = parameters[LANE*l+LANE-1];
			wire [COUNT-1:0] passed;
			for (k = 0; k < COUNT; k = k + 1) begin : step
				wire signed [SUM:0] threshold = parameters[LANE*l+(SUM+1)*k +: SUM+1];
				assign passed[k] = below ? sum < threshold : sum > threshold;
			end
			if (OUTPUT_BITS == 1) begin : sign
				assign values[l] = passed != 0;
			end else begin : number
				wire [NB-1:0] n;
				ns_count #(.N(COUNT)) count (.bits(passed), .ones(n));
				assign values[OUTPUT_BITS*l +: OUTPUT_BITS] = BASE + n;
			end
		end
	endgenerate
endmodule
