// ns_control: when a stage advances or holds, and what it is said to do in a cycle (STREAMING.md, sections 3 and 6). The stage shows the
// marks of the iteration to be issued; `step` says that it is issued, and the stage goes on to the next one.
// After an iteration with loop_end follow LATENCY - 1 + EXTRA empty iterations, after the last of the batch LATENCY - 1.
module ns_control #(
	parameter LATENCY = 1,
	parameter FLUSHING = 0,
	parameter COMPUTES = 0,     // 1: every iteration of the schedule counts as busy
	parameter EXTRA = 0
) (
	input clock,
	input reset,
	input [31:0] frames,
	input ready,                // 0: not before the start (input DMA)
	input read,                 // marks of the iteration to be issued
	input write,
	input loop_end,             // the loop ends behind it
	input frame_end,            // it is the last of its frame
	input lacking,              // an input shows no word
	input lacking_memory,       // one of these comes from the input DMA
	input output_full,          // an output shows no place
	output advance,
	output step,
	output take,
	output push,
	output [5:0] states         // one of busy (bit 0), fill_drain, memory, starved, blocked, idle (bit 5)
);
	localparam DRAIN = LATENCY - 1 + EXTRA;
	localparam DB = DRAIN > 0 ? $clog2(DRAIN + 1) : 1;
	reg [DB-1:0] drain;         // empty iterations still to be issued
	reg [31:0] frame;
	reg ended;                  // the last iteration of the batch has been issued
	wire draining = drain != 0;
	wire active = !ended || draining;
	wire starving = !draining && !ended && read && lacking;
	wire marked = !draining && !ended && write && !(FLUSHING != 0 && starving);
	wire arriving;              // an iteration with W would come into the last step
	wire full = arriving && output_full;
	assign advance = active && ready && !full && (FLUSHING != 0 || !starving);
	assign step = advance && !starving && !draining;
	assign take = step && read;
	assign push = advance && arriving;

	generate
		if (LATENCY == 1) begin : one_step
			assign arriving = marked;
		end else begin : steps
			reg [LATENCY-2:0] flight;
			wire [LATENCY-1:0] moved = {flight, marked};
			always @(posedge clock) begin
				if (reset) flight <= 0;
				else if (advance) flight <= moved[LATENCY-2:0];
			end
			assign arriving = flight[LATENCY-2];
		end
	endgenerate

	wire batch_end = frame_end && frame == frames - 1'b1;
	localparam [DB-1:0] AFTER_LOOP = DRAIN;
	localparam [DB-1:0] AFTER_BATCH = LATENCY - 1;
	always @(posedge clock) begin
		if (reset) begin
			drain <= 0;
			frame <= 0;
			ended <= 0;
		end else if (advance) begin
			if (draining) drain <= drain - 1'b1;
			else if (step) begin
				if (frame_end) frame <= frame + 1'b1;
				if (batch_end) ended <= 1'b1;
				drain <= loop_end ? AFTER_LOOP : batch_end ? AFTER_BATCH : {DB{1'b0}};
			end
		end
	end

	wire busy = step && (read || write || COMPUTES != 0);
	wire memory = active && (!ready || (starving && lacking_memory));
	wire starved = active && ready && starving && !lacking_memory;
	assign states = {!active, active && ready && !starving && full, starved, memory, advance && !starving && !busy, busy};
endmodule
