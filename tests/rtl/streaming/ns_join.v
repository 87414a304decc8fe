// ns_join: main and skip, word by word: v = saturate(m + rs(b, E) + C), per channel; one output bit: v >= 0. A lane's parameters, from bit
// 0: C (32 bits), E (5). The parameter word and both inputs are registered (LATENCY 2), so is rs(b, E) (3); what remains is delay.
module ns_join #(
	parameter LANES = 1,
	parameter MAIN_BITS = 24,
	parameter SKIP_BITS = 24,
	parameter OUTPUT_BITS = 8,
	parameter OUTPUT_SIGNED = 1,
	parameter F = 1,            // words of a pixel
	parameter WORDS = 1,
	parameter PARAMETERS = "",
	parameter FROM_MEMORY = 0,  // bit 0: main, bit 1: skip
	parameter LATENCY = 1,
	parameter FLUSHING = 0,
	parameter LANE = 37,
	parameter FB = F > 1 ? $clog2(F) : 1
) (
	input clock,
	input reset,
	input [31:0] frames,
	input in_empty_0,           // main
	input in_empty_1,           // skip
	input [LANES*MAIN_BITS-1:0] in_word_0,
	input [LANES*SKIP_BITS-1:0] in_word_1,
	output in_take,             // of both
	input out_full,
	output [LANES*OUTPUT_BITS-1:0] out_word,
	output out_push,
	input load_parameters,
	input [FB-1:0] load_group,
	input [LANES*LANE-1:0] load_lanes,
	output [5:0] states
);
	localparam WB = WORDS > 1 ? $clog2(WORDS) : 1;
	localparam SHIFTED = SKIP_BITS + 1;
	localparam WIDEST = MAIN_BITS > SHIFTED ? MAIN_BITS : SHIFTED;
	localparam V = (WIDEST > 32 ? WIDEST : 32) + 2;
	localparam [1:0] MEMORY = FROM_MEMORY;
	reg [WB-1:0] word;
	reg [FB-1:0] part;
	wire last = word == WORDS - 1;
	wire advance, step;
	ns_control #(.LATENCY(LATENCY), .FLUSHING(FLUSHING)) control (.clock(clock), .reset(reset), .frames(frames), .ready(1'b1), .read(1'b1),
		.write(1'b1), .loop_end(1'b0), .frame_end(last), .lacking(in_empty_0 || in_empty_1),
		.lacking_memory((in_empty_0 && MEMORY[0]) || (in_empty_1 && MEMORY[1])), .output_full(out_full), .advance(advance), .step(step),
		.take(in_take), .push(out_push), .states(states));
	always @(posedge clock) begin
		if (reset) begin
			word <= 0;
			part <= 0;
		end else if (step) begin
			word <= last ? {WB{1'b0}} : word + 1'b1;
			part <= part == F - 1 ? {FB{1'b0}} : part + 1'b1;
		end
	end

	localparam ONE = LATENCY > 1 ? 1 : 0, TWO = LATENCY > 2 ? 1 : 0;
	wire [LANES*MAIN_BITS-1:0] main_1;
	wire [LANES*SKIP_BITS-1:0] skip_1;
	wire [LANES*LANE-1:0] parameters_1;
	ns_delay #(.WIDTH(LANES * MAIN_BITS), .DEPTH(ONE)) main_delay (.clock(clock), .enable(advance), .in(in_word_0), .out(main_1));
	ns_delay #(.WIDTH(LANES * SKIP_BITS), .DEPTH(ONE)) skip_delay (.clock(clock), .enable(advance), .in(in_word_1), .out(skip_1));
	ns_store #(.WIDTH(LANES * LANE), .WORDS(F), .REGISTERED(ONE), .FILE(PARAMETERS)) store (.clock(clock), .write(load_parameters),
		.write_address(load_group), .write_word(load_lanes), .enable(advance), .address(part), .word(parameters_1));
	wire [LANES*OUTPUT_BITS-1:0] value;
	genvar l;
	generate
		for (l = 0; l < LANES; l = l + 1) begin : lane
			wire signed [SKIP_BITS-1:0] b = skip_1[SKIP_BITS*l +: SKIP_BITS];
			wire [4:0] e = parameters_1[LANE*l+32 +: 5];
			// Half up: twice b shifted right, plus one, halved.
			wire signed [SKIP_BITS:0] twice = {b, 1'b0};
			wire signed [SKIP_BITS:0] moved = twice >>> e;
			wire signed [SHIFTED:0] rounded_wide = $signed({moved[SKIP_BITS], moved}) + $signed({{SHIFTED{1'b0}}, e != 0});
			wire [SHIFTED-1:0] rounded = rounded_wide[SHIFTED:1];
			wire [V-1:0] main_wide = {{(V-MAIN_BITS){main_1[MAIN_BITS*l+MAIN_BITS-1]}}, main_1[MAIN_BITS*l +: MAIN_BITS]};
			wire [V-1:0] c_wide = {{(V-32){parameters_1[LANE*l+31]}}, parameters_1[LANE*l +: 32]};
			wire [V-1:0] main_2;
			wire [SHIFTED-1:0] rounded_2;
			ns_delay #(.WIDTH(V), .DEPTH(TWO)) sum_delay (.clock(clock), .enable(advance), .in(main_wide + c_wide), .out(main_2));
			ns_delay #(.WIDTH(SHIFTED), .DEPTH(TWO)) round_delay (.clock(clock), .enable(advance), .in(rounded), .out(rounded_2));
			wire [V-1:0] v = main_2 + {{(V-SHIFTED){rounded_2[SHIFTED-1]}}, rounded_2};
			ns_saturate #(.BITS(V), .OUTPUT_BITS(OUTPUT_BITS), .OUTPUT_SIGNED(OUTPUT_SIGNED)) saturate (.in(v),
				.out(value[OUTPUT_BITS*l +: OUTPUT_BITS]));
		end
	endgenerate
	ns_delay #(.WIDTH(LANES * OUTPUT_BITS), .DEPTH(LATENCY - 1 - ONE - TWO)) delay (.clock(clock), .enable(advance), .in(value), .out(out_word));
endmodule
