// nb_attribution: bench-side counters of every cycle of every unit, by layer and state (PROGRAM.md section 11).
// Rows are numbered sequencer, binary, fixed, post, load, store; states busy, fill_drain, dispatch, blocked, memory, starved, idle.
// Unit inputs have one bit a unit (binary lowest). The bench reads `count`, index (row x 4096 + layer) x 8 + state.
module nb_attribution (
	input clock,
	input reset,
	input ended,
	input ending,               // units with nothing left to do are idle
	input sequencer_busy,
	input sequencer_blocked,
	input sequencer_starved,
	input [11:0] sequencer_layer,
	input [4:0] busy,
	input [4:0] filled,
	input [4:0] accept,
	input [4:0] asking,
	input [4:0] waiting,        // for a burst slot
	input [4:0] granted,
	input [4:0] active,
	input [59:0] active_layer,  // 12 bits a unit
	input [4:0] head_valid,
	input [4:0] head_counts,    // the head waits for its tokens only
	input [59:0] head_layer,
	input [24:0] missing_data,  // 5 bits a unit: tokens the head needs and that are not there
	input [24:0] missing_room,
	output reg progress
);
	localparam [2:0] BUSY = 0, FILL_DRAIN = 1, DISPATCH = 2, BLOCKED = 3, MEMORY = 4, STARVED = 5, IDLE = 6;
	reg [63:0] count [0:6*4096*8-1] /* verilator public_flat_rd */;
	reg [11:0] layer_before [0:4];
	reg [11:0] layer;
	reg [2:0] state;
	integer u;

	// verilator lint_off BLKSEQ
	always @(posedge clock) begin
		progress <= sequencer_busy || accept != 0 || granted != 0 || busy != 0;
		if (reset) begin
			for (u = 0; u < 5; u = u + 1) layer_before[u] <= 0;
			for (u = 0; u < 6 * 4096 * 8; u = u + 1) count[u] = 0;
		end else if (!ended) begin
			state = sequencer_busy ? BUSY : sequencer_blocked ? BLOCKED : sequencer_starved ? STARVED : IDLE;
			count[{3'd0, sequencer_layer, state}] = count[{3'd0, sequencer_layer, state}] + 64'd1;
			for (u = 0; u < 5; u = u + 1) begin
				layer = active[u] ? active_layer[12*u +: 12] : head_valid[u] ? head_layer[12*u +: 12] : layer_before[u];
				layer_before[u] <= layer;
				if (busy[u]) state = BUSY;
				else if (filled[u]) state = FILL_DRAIN;
				else if (accept[u] || granted[u] || (!active[u] && !head_valid[u] && !ending)) state = DISPATCH;
				else if (asking[u] || waiting[u]) state = BLOCKED;
				else if (head_counts[u] && missing_data[5*u +: 5] == 0 && missing_room[5*u +: 5] != 0) state = BLOCKED;
				else if (head_counts[u] && missing_data[5*u+3 +: 2] != 0) state = MEMORY;
				else if (head_counts[u] && missing_data[5*u +: 3] != 0) state = STARVED;
				else state = IDLE;
				count[{u[2:0] + 3'd1, layer, state}] = count[{u[2:0] + 3'd1, layer, state}] + 64'd1;
			end
		end
	end
	// verilator lint_on BLKSEQ
endmodule
