// ns_matrix: PE x SIMD matrix-vector unit. A vector of SF words comes in once, is kept, and read again for the other NF - 1 groups of PE
// outputs. Weights: word group x SF + t of the weight memory has the weight of output PE p, input i of the t-th word at bits
// [(p SIMD + i) WEIGHT_BITS +: WEIGHT_BITS]. LATENCY at least 3. With VALID the top bit of a word says whether it counts.
module ns_matrix #(
	parameter PE = 1,
	parameter SIMD = 1,
	parameter SF = 4,
	parameter NF = 2,
	parameter PIXELS = 1,       // output pixels of a frame
	parameter INPUT_BITS = 1,
	parameter INPUT_SIGNED = 1,
	parameter VALID = 0,
	parameter WEIGHT_BITS = 1,
	parameter SUM = 16,
	parameter THRESHOLDS = 0,
	parameter BASE = 0,
	parameter OUTPUT_BITS = 16,
	parameter WEIGHTS = "",
	parameter PARAMETERS = "",
	parameter FROM_MEMORY = 0,
	parameter LATENCY = 3,
	parameter FLUSHING = 0,
	parameter LANE = THRESHOLDS > 0 ? THRESHOLDS * (SUM + 1) + 1 : 1,
	parameter IN = SIMD * INPUT_BITS + VALID,
	parameter WA = SF * NF > 1 ? $clog2(SF * NF) : 1,
	parameter GB = NF > 1 ? $clog2(NF) : 1
) (
	input clock,
	input reset,
	input [31:0] frames,
	input in_empty,
	input [IN-1:0] in_word,
	output in_take,
	input out_full,
	output [PE*OUTPUT_BITS-1:0] out_word,
	output out_push,
	input load_weights,
	input [WA-1:0] load_address,
	input [PE*SIMD*WEIGHT_BITS-1:0] load_word,
	input load_parameters,
	input [GB-1:0] load_group,
	input [PE*LANE-1:0] load_lanes,
	output [5:0] states
);
	localparam TB = SF > 1 ? $clog2(SF) : 1, PB = PIXELS > 1 ? $clog2(PIXELS) : 1;
	reg [TB-1:0] t;
	reg [GB-1:0] group;
	reg [PB-1:0] pixel;
	reg [WA-1:0] weight_at;
	wire t_last = t == SF - 1, group_last = group == NF - 1, pixel_last = pixel == PIXELS - 1;
	wire read = group == 0;
	wire advance, step;
	ns_control #(.LATENCY(LATENCY), .FLUSHING(FLUSHING), .COMPUTES(1)) control (.clock(clock), .reset(reset), .frames(frames), .ready(1'b1),
		.read(read), .write(t_last), .loop_end(1'b0), .frame_end(t_last && group_last && pixel_last), .lacking(in_empty),
		.lacking_memory(in_empty && FROM_MEMORY != 0), .output_full(out_full), .advance(advance), .step(step), .take(in_take),
		.push(out_push), .states(states));

	wire [IN-1:0] kept;
	ns_store #(.WIDTH(IN), .WORDS(SF), .REGISTERED(0)) vector (.clock(clock), .write(in_take), .write_address(t), .write_word(in_word),
		.enable(1'b1), .address(t), .word(kept));
	wire [PE*SIMD*WEIGHT_BITS-1:0] weights_1;
	ns_store #(.WIDTH(PE * SIMD * WEIGHT_BITS), .WORDS(SF * NF), .FILE(WEIGHTS)) weights (.clock(clock), .write(load_weights),
		.write_address(load_address), .write_word(load_word), .enable(advance), .address(weight_at), .word(weights_1));
	reg [IN-1:0] word_1;
	reg issued_1, first_1;
	reg [GB-1:0] group_1;
	always @(posedge clock) begin
		if (reset) begin
			t <= 0;
			group <= 0;
			pixel <= 0;
			weight_at <= 0;
		end else if (step) begin
			t <= t_last ? {TB{1'b0}} : t + 1'b1;
			if (t_last) group <= group_last ? {GB{1'b0}} : group + 1'b1;
			if (t_last && group_last) pixel <= pixel_last ? {PB{1'b0}} : pixel + 1'b1;
			weight_at <= t_last && group_last ? {WA{1'b0}} : weight_at + 1'b1;
		end
		if (reset) issued_1 <= 1'b0;
		else if (advance) issued_1 <= step;
		if (advance) begin
			word_1 <= read ? in_word : kept;
			first_1 <= t == 0;
			group_1 <= group;
		end
	end

	wire valid_1;
	generate
		if (VALID != 0) begin : marked
			assign valid_1 = word_1[IN-1];
		end else begin : all
			assign valid_1 = 1'b1;
		end
	endgenerate
	ns_lanes #(.PE(PE), .SIMD(SIMD), .INPUT_BITS(INPUT_BITS), .INPUT_SIGNED(INPUT_SIGNED), .WEIGHT_BITS(WEIGHT_BITS), .SUM(SUM),
		.THRESHOLDS(THRESHOLDS), .BASE(BASE), .OUTPUT_BITS(OUTPUT_BITS), .GROUPS(NF), .PARAMETERS(PARAMETERS), .LATENCY(LATENCY)) lanes (
		.clock(clock), .advance(advance), .issued_1(issued_1), .first_1(first_1), .valid_1(valid_1), .values_1(word_1[SIMD*INPUT_BITS-1:0]),
		.weights_1(weights_1), .group_1(group_1), .load(load_parameters), .load_group(load_group), .load_parameters(load_lanes),
		.out_word(out_word));
endmodule
