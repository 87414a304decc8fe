// ns_label: index of the first largest score among the first CLASSES; WORDS words of LANES scores a frame, one word out.
module ns_label #(
	parameter LANES = 1,
	parameter BITS = 16,
	parameter CLASSES = 10,
	parameter OUTPUT_BITS = 8,
	parameter WORDS = 10,
	parameter FROM_MEMORY = 0,
	parameter LATENCY = 1,
	parameter FLUSHING = 0
) (
	input clock,
	input reset,
	input [31:0] frames,
	input in_empty,
	input [LANES*BITS-1:0] in_word,
	output in_take,
	input out_full,
	output [OUTPUT_BITS-1:0] out_word,
	output out_push,
	output [5:0] states
);
	localparam CB = $clog2(WORDS * LANES + 1);
	reg [CB-1:0] base;          // index of the word's first score
	reg [CB-1:0] best;
	reg signed [BITS-1:0] most;
	wire last = base == (WORDS - 1) * LANES;
	wire advance, step;
	ns_control #(.LATENCY(LATENCY), .FLUSHING(FLUSHING)) control (.clock(clock), .reset(reset), .frames(frames), .ready(1'b1), .read(1'b1),
		.write(last), .loop_end(1'b0), .frame_end(last), .lacking(in_empty), .lacking_memory(in_empty && FROM_MEMORY != 0),
		.output_full(out_full), .advance(advance), .step(step), .take(in_take), .push(out_push), .states(states));
	reg [CB-1:0] index, number; // of the largest after this word
	reg signed [BITS-1:0] score, mine;
	integer l;
	always @* begin
		index = best;
		score = most;
		for (l = 0; l < LANES; l = l + 1) begin
			number = base + l;
			mine = in_word[BITS*l +: BITS];
			if (number < CLASSES && (number == 0 || mine > score)) begin
				index = number;
				score = mine;
			end
		end
	end
	wire [CB+OUTPUT_BITS-1:0] found = {{OUTPUT_BITS{1'b0}}, index};
	always @(posedge clock) begin
		if (reset) base <= 0;
		else if (step) base <= last ? {CB{1'b0}} : base + LANES;
		if (step) begin
			best <= index;
			most <= score;
		end
	end
	ns_delay #(.WIDTH(OUTPUT_BITS), .DEPTH(LATENCY - 1)) delay (.clock(clock), .enable(advance), .in(found[OUTPUT_BITS-1:0]), .out(out_word));
endmodule
