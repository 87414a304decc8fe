// ns_depthwise: one kernel a channel, PE channels at a time; a pixel is F words of channels, and each has its TAPS words in a row. Weights:
// word (channel word x TAPS + tap) has PE p's weight at bits [p WEIGHT_BITS +: WEIGHT_BITS]. LATENCY at least 3. MAXIMUM: the largest of the
// taps instead, no weights; with LATENCY 1 or 2 taps are compared as they are taken.
module ns_depthwise #(
	parameter PE = 1,
	parameter F = 1,
	parameter TAPS = 9,
	parameter PIXELS = 1,
	parameter INPUT_BITS = 8,
	parameter INPUT_SIGNED = 1,
	parameter VALID = 0,
	parameter MAXIMUM = 0,
	parameter WEIGHT_BITS = 8,
	parameter SUM = 20,
	parameter THRESHOLDS = 0,
	parameter BASE = 0,
	parameter OUTPUT_BITS = 20,
	parameter WEIGHTS = "",
	parameter PARAMETERS = "",
	parameter FROM_MEMORY = 0,
	parameter LATENCY = 3,
	parameter FLUSHING = 0,
	parameter LANE = THRESHOLDS > 0 ? THRESHOLDS * (SUM + 1) + 1 : 1,
	parameter IN = PE * INPUT_BITS + VALID,
	parameter WA = F * TAPS > 1 ? $clog2(F * TAPS) : 1,
	parameter GB = F > 1 ? $clog2(F) : 1
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
	input [PE*WEIGHT_BITS-1:0] load_word,
	input load_parameters,
	input [GB-1:0] load_group,
	input [PE*LANE-1:0] load_lanes,
	output [5:0] states
);
	localparam KB = TAPS > 1 ? $clog2(TAPS) : 1, PB = PIXELS > 1 ? $clog2(PIXELS) : 1;
	reg [KB-1:0] tap;
	reg [GB-1:0] part;
	reg [PB-1:0] pixel;
	reg [WA-1:0] weight_at;
	wire tap_last = tap == TAPS - 1, part_last = part == F - 1, pixel_last = pixel == PIXELS - 1;
	wire advance, step;
	ns_control #(.LATENCY(LATENCY), .FLUSHING(FLUSHING), .COMPUTES(1)) control (.clock(clock), .reset(reset), .frames(frames), .ready(1'b1),
		.read(1'b1), .write(tap_last), .loop_end(1'b0), .frame_end(tap_last && part_last && pixel_last), .lacking(in_empty),
		.lacking_memory(in_empty && FROM_MEMORY != 0), .output_full(out_full), .advance(advance), .step(step), .take(in_take),
		.push(out_push), .states(states));

	wire [PE*WEIGHT_BITS-1:0] weights_1;
	generate
		if (MAXIMUM != 0) begin : no_weights
			assign weights_1 = 0;
		end else begin : weighted
			ns_store #(.WIDTH(PE * WEIGHT_BITS), .WORDS(F * TAPS), .FILE(WEIGHTS)) weights (.clock(clock), .write(load_weights),
				.write_address(load_address), .write_word(load_word), .enable(advance), .address(weight_at), .word(weights_1));
		end
	endgenerate
	reg [IN-1:0] word_1;
	reg issued_1, first_1;
	reg [GB-1:0] part_1;
	always @(posedge clock) begin
		if (reset) begin
			tap <= 0;
			part <= 0;
			pixel <= 0;
			weight_at <= 0;
		end else if (step) begin
			tap <= tap_last ? {KB{1'b0}} : tap + 1'b1;
			if (tap_last) part <= part_last ? {GB{1'b0}} : part + 1'b1;
			if (tap_last && part_last) pixel <= pixel_last ? {PB{1'b0}} : pixel + 1'b1;
			weight_at <= tap_last && part_last ? {WA{1'b0}} : weight_at + 1'b1;
		end
		if (reset) issued_1 <= 1'b0;
		else if (advance) issued_1 <= step;
		if (advance) begin
			word_1 <= in_word;
			first_1 <= tap == 0;
			part_1 <= part;
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
	genvar p;
	generate
		if (MAXIMUM != 0 && LATENCY < 3) begin : early
			wire [PE*INPUT_BITS-1:0] largest;
			for (p = 0; p < PE; p = p + 1) begin : lane
				wire [INPUT_BITS-1:0] value = in_word[INPUT_BITS*p +: INPUT_BITS];
				reg [INPUT_BITS-1:0] kept;
				wire is_signed = INPUT_BITS > 1 && INPUT_SIGNED != 0;
				wire signed [INPUT_BITS:0] number = {is_signed && value[INPUT_BITS-1], value};
				wire signed [INPUT_BITS:0] largest_yet = {is_signed && kept[INPUT_BITS-1], kept};
				assign largest[INPUT_BITS*p +: INPUT_BITS] = tap == 0 || number > largest_yet ? value : kept;
				always @(posedge clock) begin
					if (step) kept <= largest[INPUT_BITS*p +: INPUT_BITS];
				end
			end
			ns_delay #(.WIDTH(PE * INPUT_BITS), .DEPTH(LATENCY - 1)) delay (.clock(clock), .enable(advance), .in(largest), .out(out_word));
		end else begin : in_lanes
			ns_lanes #(.PE(PE), .SIMD(1), .OWN_VALUES(1), .MAXIMUM(MAXIMUM), .INPUT_BITS(INPUT_BITS), .INPUT_SIGNED(INPUT_SIGNED), .WEIGHT_BITS(WEIGHT_BITS), .SUM(MAXIMUM != 0 ? INPUT_BITS + 1 : SUM),
				.THRESHOLDS(THRESHOLDS), .BASE(BASE), .OUTPUT_BITS(OUTPUT_BITS), .GROUPS(F), .PARAMETERS(PARAMETERS), .LATENCY(LATENCY)) lanes (
				.clock(clock), .advance(advance), .issued_1(issued_1), .first_1(first_1), .valid_1(valid_1), .values_1(word_1[PE*INPUT_BITS-1:0]),
				.weights_1(weights_1), .group_1(part_1), .load(load_parameters), .load_group(load_group), .load_parameters(load_lanes),
				.out_word(out_word));
		end
	endgenerate
endmodule
