// nb_queue: command queue of one unit (PROGRAM.md section 4). A push of cycle p is at the head, visible, from p + 1; `full`
// and `head_valid` are made of pushes and pops of earlier cycles only.
module nb_queue #(
	parameter DEPTH = 4,
	parameter WIDTH = 512
) (
	input clock,
	input reset,
	input push,
	input [WIDTH-1:0] push_data,
	input pop,
	output [WIDTH-1:0] head,
	output head_valid,
	output full
);
	localparam INDEX = DEPTH > 1 ? $clog2(DEPTH) : 1;
	reg [WIDTH-1:0] entry [0:DEPTH-1];
	reg [INDEX-1:0] read_index, write_index;
	reg [INDEX:0] count;

	assign head = entry[read_index];
	assign head_valid = count != 0;
	assign full = count == DEPTH;

	always @(posedge clock) begin
		if (push) entry[write_index] <= push_data;
		if (reset) begin
			read_index <= 0;
			write_index <= 0;
			count <= 0;
		end else begin
			if (push) write_index <= write_index == DEPTH - 1 ? 0 : write_index + 1'b1;
			if (pop) read_index <= read_index == DEPTH - 1 ? 0 : read_index + 1'b1;
			if (push && !pop) count <= count + 1'b1;
			if (pop && !push) count <= count - 1'b1;
		end
	end
endmodule
