// ns_output: output DMA, WORDS words a frame to memory. `last` is shown in the cycle in which the last word of the batch is taken.
module ns_output #(
	parameter WIDTH = 64,
	parameter WORDS = 1,
	parameter FROM_MEMORY = 0,
	parameter LATENCY = 1,
	parameter FLUSHING = 0
) (
	input clock,
	input reset,
	input [31:0] frames,
	input in_empty,
	input [WIDTH-1:0] in_word,
	output in_take,
	output memory_write,
	output [WIDTH-1:0] memory_word,
	output frame_last,          // the last word of a frame is taken
	output last,
	output [5:0] states
);
	localparam [31:0] LAST = WORDS - 1;
	reg [31:0] word, frame;
	wire advance_unused, push_unused, step, word_last = word == LAST;
	ns_control #(.LATENCY(LATENCY), .FLUSHING(FLUSHING)) control (.clock(clock), .reset(reset), .frames(frames), .ready(1'b1), .read(1'b1),
		.write(1'b0), .loop_end(1'b0), .frame_end(word_last), .lacking(in_empty), .lacking_memory(in_empty && FROM_MEMORY != 0),
		.output_full(1'b0), .advance(advance_unused), .step(step), .take(in_take), .push(push_unused), .states(states));
	assign memory_write = in_take;
	assign memory_word = in_word;
	assign frame_last = step && word_last;
	assign last = frame_last && frame == frames - 1'b1;
	always @(posedge clock) begin
		if (reset) begin
			word <= 0;
			frame <= 0;
		end else if (step) begin
			word <= word_last ? 32'd0 : word + 1'b1;
			if (word_last) frame <= frame + 1'b1;
		end
	end
endmodule
