// ns_point: a word at a time, per channel: thresholds (THRESHOLDS > 0; parameters as in ns_threshold), or scale, shift and PReLU:
// z = A a + B, m = rs((z >= 0 ? MP : MN) z, POST_SHIFT), and v = saturate(m + C), or m itself where a join adds the skip (SKIP). One output
// bit: v >= 0. A lane's parameters, from bit 0: A (16), B (32), MP (16), MN (16), C (32). Registers as LATENCY allows: inputs and
// parameters (2), z (3), m (4); what remains is delay.
module ns_point #(
	parameter LANES = 1,
	parameter INPUT_BITS = 16,
	parameter INPUT_SIGNED = 1,
	parameter OUTPUT_BITS = 8,
	parameter OUTPUT_SIGNED = 1,
	parameter THRESHOLDS = 0,
	parameter BASE = 0,
	parameter POST_SHIFT = 0,
	parameter SKIP = 0,
	parameter F = 1,
	parameter WORDS = 1,
	parameter PARAMETERS = "",
	parameter FROM_MEMORY = 0,
	parameter LATENCY = 1,
	parameter FLUSHING = 0,
	parameter SUM = INPUT_BITS + (INPUT_BITS > 1 && INPUT_SIGNED != 0 ? 0 : 1), // as a signed number; a bit is +1 or -1
	parameter LANE = THRESHOLDS > 0 ? THRESHOLDS * (SUM + 1) + 1 : 112,
	parameter FB = F > 1 ? $clog2(F) : 1
) (
	input clock,
	input reset,
	input [31:0] frames,
	input in_empty,
	input [LANES*INPUT_BITS-1:0] in_word,
	output in_take,
	input out_full,
	output [LANES*OUTPUT_BITS-1:0] out_word,
	output out_push,
	input load_parameters,
	input [FB-1:0] load_group,
	input [LANES*LANE-1:0] load_lanes,
	output [5:0] states
);
	localparam WB = WORDS > 1 ? $clog2(WORDS) : 1;
	reg [WB-1:0] word;
	reg [FB-1:0] part;
	wire last = word == WORDS - 1;
	wire advance, step;
	ns_control #(.LATENCY(LATENCY), .FLUSHING(FLUSHING)) control (.clock(clock), .reset(reset), .frames(frames), .ready(1'b1), .read(1'b1),
		.write(1'b1), .loop_end(1'b0), .frame_end(last), .lacking(in_empty), .lacking_memory(in_empty && FROM_MEMORY != 0),
		.output_full(out_full), .advance(advance), .step(step), .take(in_take), .push(out_push), .states(states));
	always @(posedge clock) begin
		if (reset) begin
			word <= 0;
			part <= 0;
		end else if (step) begin
			word <= last ? {WB{1'b0}} : word + 1'b1;
			part <= part == F - 1 ? {FB{1'b0}} : part + 1'b1;
		end
	end

	localparam ONE = LATENCY > 1 ? 1 : 0;
	localparam TWO = THRESHOLDS == 0 && LATENCY > 2 ? 1 : 0;
	localparam THREE = THRESHOLDS == 0 && LATENCY > 3 ? 1 : 0;
	wire [LANES*INPUT_BITS-1:0] in_1;
	wire [LANES*LANE-1:0] parameters_1;
	ns_delay #(.WIDTH(LANES * INPUT_BITS), .DEPTH(ONE)) in_delay (.clock(clock), .enable(advance), .in(in_word), .out(in_1));
	ns_store #(.WIDTH(LANES * LANE), .WORDS(F), .REGISTERED(ONE), .FILE(PARAMETERS)) store (.clock(clock), .write(load_parameters),
		.write_address(load_group), .write_word(load_lanes), .enable(advance), .address(part), .word(parameters_1));
	wire [LANES*OUTPUT_BITS-1:0] value;
	wire [LANES*SUM-1:0] sums;
	genvar l;
	generate
		for (l = 0; l < LANES; l = l + 1) begin : number
			wire [INPUT_BITS:0] wide = {1'b0, in_1[INPUT_BITS*l +: INPUT_BITS]};
			assign sums[SUM*l +: SUM] = INPUT_BITS == 1 ? {!wide[0], 1'b1} : wide[SUM-1:0];
		end
		if (THRESHOLDS > 0) begin : compared
			ns_threshold #(.LANES(LANES), .SUM(SUM), .COUNT(THRESHOLDS), .BASE(BASE), .OUTPUT_BITS(OUTPUT_BITS)) thresholds (
				.sums(sums), .parameters(parameters_1), .values(value));
		end else begin : affine
			localparam AZ = SUM + 16;
			localparam Z = (AZ > 32 ? AZ : 32) + 1;
			localparam M = Z + 17;       // product, and room for the rounding
			localparam V = (M > 32 ? M : 32) + 1;
			for (l = 0; l < LANES; l = l + 1) begin : lane
				wire signed [SUM-1:0] a = sums[SUM*l +: SUM];
				wire signed [15:0] scale = parameters_1[LANE*l +: 16];
				wire signed [31:0] shift = parameters_1[LANE*l+16 +: 32];
				wire signed [Z-1:0] product_1 = scale * a;
				wire signed [Z-1:0] z_1 = product_1 + shift;
				wire signed [Z-1:0] z;
				wire signed [15:0] plus, minus;
				wire signed [31:0] c_2, c;
				ns_delay #(.WIDTH(Z + 64), .DEPTH(TWO)) z_delay (.clock(clock), .enable(advance), .in({z_1, parameters_1[LANE*l+48 +: 64]}),
					.out({z, c_2, minus, plus}));
				wire signed [15:0] slope = z[Z-1] ? minus : plus;
				wire signed [M-1:0] product = slope * z;
				// Half up.
				localparam signed [M-1:0] HALF = POST_SHIFT > 0 ? {{(M-1){1'b0}}, 1'b1} << (POST_SHIFT > 0 ? POST_SHIFT - 1 : 0) : {M{1'b0}};
				wire signed [M-1:0] raised = product + HALF;
				wire signed [M-1:0] m_2 = raised >>> POST_SHIFT;
				wire signed [M-1:0] m;
				ns_delay #(.WIDTH(M + 32), .DEPTH(THREE)) m_delay (.clock(clock), .enable(advance), .in({m_2, c_2}), .out({m, c}));
				wire signed [V-1:0] m_wide = m;
				wire signed [V-1:0] c_wide = SKIP != 0 ? 32'sd0 : c;
				ns_saturate #(.BITS(V), .OUTPUT_BITS(OUTPUT_BITS), .OUTPUT_SIGNED(OUTPUT_SIGNED), .WRAP(SKIP)) saturate (.in(m_wide + c_wide),
					.out(value[OUTPUT_BITS*l +: OUTPUT_BITS]));
			end
		end
	endgenerate
	ns_delay #(.WIDTH(LANES * OUTPUT_BITS), .DEPTH(LATENCY - 1 - ONE - TWO - THREE)) delay (.clock(clock), .enable(advance), .in(value),
		.out(out_word));
endmodule
