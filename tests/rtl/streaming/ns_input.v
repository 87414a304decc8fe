// ns_input: input DMA, WORDS words a frame from memory; nothing before cycle `start_cycles`.
module ns_input #(
	parameter WIDTH = 64,
	parameter WORDS = 1,
	parameter LATENCY = 1,
	parameter FLUSHING = 0
) (
	input clock,
	input reset,
	input [31:0] frames,
	input [31:0] start_cycles,
	output reg [31:0] memory_index,  // word of the batch that is asked for
	input [WIDTH-1:0] memory_word,
	input out_full,
	output [WIDTH-1:0] out_word,
	output out_push,
	output [5:0] states
);
	localparam [31:0] LAST = WORDS - 1;
	reg [31:0] cycle, word;
	wire ready = cycle >= start_cycles;
	wire advance, step, last = word == LAST;
	wire take_unused;
	ns_control #(.LATENCY(LATENCY), .FLUSHING(FLUSHING)) control (.clock(clock), .reset(reset), .frames(frames), .ready(ready), .read(1'b0),
		.write(1'b1), .loop_end(1'b0), .frame_end(last), .lacking(1'b0), .lacking_memory(1'b0), .output_full(out_full), .advance(advance),
		.step(step), .take(take_unused), .push(out_push), .states(states));
	always @(posedge clock) begin
		if (reset) begin
			cycle <= 0;
			word <= 0;
			memory_index <= 0;
		end else begin
			if (!ready) cycle <= cycle + 1'b1;
			if (step) begin
				word <= last ? 32'd0 : word + 1'b1;
				memory_index <= memory_index + 1'b1;
			end
		end
	end
	ns_delay #(.WIDTH(WIDTH), .DEPTH(LATENCY - 1)) delay (.clock(clock), .enable(advance), .in(memory_word), .out(out_word));
endmodule
