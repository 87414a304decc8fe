// ns_lanes: what the matrix and the depthwise unit have in common behind their memories: PE accumulators, then thresholds (or the sums
// themselves), then the steps that remain of LATENCY. Three steps: activations and weights are registered when an iteration is
// issued (by the unit; `*_1` is one advance later), sums and parameters in the next advance, the word is made in the third.
module ns_lanes #(
	parameter PE = 1,
	parameter SIMD = 1,
	parameter OWN_VALUES = 0,   // 1: each PE has activations of its own (depthwise)
	parameter MAXIMUM = 0,      // 1: the largest value instead of the sum (SIMD 1, SUM one bit more than a value)
	parameter INPUT_BITS = 1,
	parameter INPUT_SIGNED = 1,
	parameter WEIGHT_BITS = 1,
	parameter SUM = 16,
	parameter THRESHOLDS = 0,
	parameter BASE = 0,
	parameter OUTPUT_BITS = 16,
	parameter GROUPS = 1,       // words of parameters
	parameter PARAMETERS = "",
	parameter LATENCY = 3,
	parameter VALUES = SIMD * (OWN_VALUES != 0 ? PE : 1) * INPUT_BITS,
	parameter LANE = THRESHOLDS > 0 ? THRESHOLDS * (SUM + 1) + 1 : 1,
	parameter GB = GROUPS > 1 ? $clog2(GROUPS) : 1
) (
	input clock,
	input advance,
	input issued_1,
	input first_1,              // first iteration of a sum
	input valid_1,              // 0: the word counts as 0
	input [VALUES-1:0] values_1,
	input [PE*SIMD*WEIGHT_BITS-1:0] weights_1,
	input [GB-1:0] group_1,
	input load,
	input [GB-1:0] load_group,
	input [PE*LANE-1:0] load_parameters,
	output [PE*OUTPUT_BITS-1:0] out_word
);
	localparam OWN = SIMD * INPUT_BITS;
	wire [PE*SUM-1:0] sums;
	genvar p;
	generate
		for (p = 0; p < PE; p = p + 1) begin : lane
			wire [SUM-1:0] dot;
			reg [SUM-1:0] sum;
			if (MAXIMUM != 0) begin : largest
				wire [INPUT_BITS-1:0] value = values_1[(OWN_VALUES != 0 ? OWN * p : 0) +: INPUT_BITS];
				wire signed [SUM-1:0] number = {INPUT_BITS > 1 && INPUT_SIGNED != 0 && value[INPUT_BITS-1], value};
				assign dot = number;
				always @(posedge clock) begin
					if (advance && issued_1 && (first_1 || number > $signed(sum))) sum <= number;
				end
			end else begin : total
				ns_dot #(.SIMD(SIMD), .INPUT_BITS(INPUT_BITS), .INPUT_SIGNED(INPUT_SIGNED), .WEIGHT_BITS(WEIGHT_BITS), .SUM(SUM)) dot_product (
					.values(values_1[(OWN_VALUES != 0 ? OWN * p : 0) +: OWN]), .weights(weights_1[SIMD*WEIGHT_BITS*p +: SIMD*WEIGHT_BITS]), .sum(dot));
				always @(posedge clock) begin
					if (advance && issued_1) sum <= (valid_1 ? dot : {SUM{1'b0}}) + (first_1 ? {SUM{1'b0}} : sum);
				end
			end
			assign sums[SUM*p +: SUM] = sum;
		end
	endgenerate

	wire [PE*OUTPUT_BITS-1:0] word;
	generate
		if (THRESHOLDS > 0) begin : compared
			wire [PE*LANE-1:0] parameters;
			ns_store #(.WIDTH(PE * LANE), .WORDS(GROUPS), .FILE(PARAMETERS)) store (.clock(clock), .write(load), .write_address(load_group),
				.write_word(load_parameters), .enable(advance), .address(group_1), .word(parameters));
			ns_threshold #(.LANES(PE), .SUM(SUM), .COUNT(THRESHOLDS), .BASE(BASE), .OUTPUT_BITS(OUTPUT_BITS)) thresholds (.sums(sums),
				.parameters(parameters), .values(word));
		end else begin : plain
			for (p = 0; p < PE; p = p + 1) begin : lane
				wire [SUM+OUTPUT_BITS-1:0] wide = {{OUTPUT_BITS{sums[SUM*p+SUM-1]}}, sums[SUM*p +: SUM]};
				assign word[OUTPUT_BITS*p +: OUTPUT_BITS] = wide[OUTPUT_BITS-1:0];
			end
		end
	endgenerate
	ns_delay #(.WIDTH(PE * OUTPUT_BITS), .DEPTH(LATENCY - 3)) delay (.clock(clock), .enable(advance), .in(word), .out(out_word));
endmodule
