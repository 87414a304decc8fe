// nb_sequencer: program memory, fetch and dispatch (PROGRAM.md section 4).
// A fetch that begins in cycle s leaves its command in the decode register, visible from s + fetch_cycles. The command goes
// in the first cycle in which its queue has room (BARRIER, END: in which all units are quiet); the next fetch begins in
// that cycle. The host writes the program memory while reset is on.
module nb_sequencer #(
	parameter PROGRAM_COMMANDS = 1024
) (
	input clock,
	input reset,
	input [15:0] fetch_cycles,
	input [31:0] frames,
	input host_write,
	input [31:0] host_index,
	input [511:0] host_command,
	input [4:0] queue_full,
	input [4:0] quiet,
	output [4:0] push,
	output reg [511:0] command,
	output clear_tokens,
	output frame_end,          // END of a frame goes in this cycle
	output reg ended,         // the run is over
	output ending,            // the last END is in the decode register: `ended` of PROGRAM.md
	output busy,
	output blocked,
	output starved,
	output [11:0] layer
);
	localparam INDEX = $clog2(PROGRAM_COMMANDS);
	localparam [3:0] END = 0, BARRIER = 1, LOAD = 2, STORE = 3, BINARY_CONV = 4, FIXED_CONV = 5, POST = 6;

	reg [511:0] memory [0:PROGRAM_COMMANDS-1];
	reg [INDEX-1:0] next_index;
	reg [15:0] fetch_left;     // cycles until the decode register is written, this one included; 0: no fetch
	reg [31:0] frames_left;
	reg valid;                 // the decode register holds a command that did not go yet
	reg decoded;               // a command has reached the decode register

	wire [3:0] opcode = command[3:0];
	wire is_end = opcode == END;
	wire waits_for_all = is_end || opcode == BARRIER;
	wire [4:0] target = opcode == BINARY_CONV ? 5'b00001 : opcode == FIXED_CONV ? 5'b00010 : opcode == POST ? 5'b00100 :
	                    opcode == LOAD ? 5'b01000 : opcode == STORE ? 5'b10000 : 5'b00000;
	wire goes = valid && (waits_for_all ? &quiet : (target & queue_full) == 0 && target != 0);
	wire last_end = is_end && frames_left == 1;
	wire begins = goes && !last_end;
	wire [INDEX-1:0] fetch_index = goes && is_end ? command[64 +: INDEX] : next_index;
	wire reads = fetch_left == 1 || (begins && fetch_cycles == 1);

	assign push = goes && !waits_for_all ? target : 5'b0;
	assign clear_tokens = goes && waits_for_all;
	assign frame_end = goes && is_end;
	assign ending = valid && last_end;
	assign busy = fetch_left != 0 || begins;
	assign blocked = valid && !goes && !waits_for_all;
	assign starved = valid && waits_for_all && !begins;
	assign layer = decoded ? command[15:4] : 12'd0;

	always @(posedge clock) begin
		if (host_write) memory[host_index[INDEX-1:0]] <= host_command;
		if (reads) command <= memory[fetch_index];
	end

	always @(posedge clock) begin
		if (reset) begin
			next_index <= 0;
			fetch_left <= fetch_cycles;
			frames_left <= frames;
			valid <= 0;
			decoded <= 0;
			ended <= 0;
		end else begin
			if (reads) begin
				next_index <= fetch_index + 1'b1;
				valid <= 1;
				decoded <= 1;
			end else begin
				if (begins) next_index <= fetch_index;
				if (goes) valid <= 0;
			end
			if (fetch_left != 0) fetch_left <= fetch_left - 1'b1;
			else if (begins) fetch_left <= fetch_cycles - 1'b1;
			if (frame_end) frames_left <= frames_left - 1'b1;
			if (frame_end && last_end) ended <= 1;
		end
	end
endmodule
