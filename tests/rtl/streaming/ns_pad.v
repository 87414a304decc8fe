// ns_pad: a border of constant pixels around a map, a pixel being F words. With VALID each word carries one bit more, at the top: 1 for
// a pixel of the map, 0 for one of the border.
module ns_pad #(
	parameter WIDTH = 8,        // of a word that comes in
	parameter F = 1,
	parameter HEIGHT = 4,       // of the map that comes in
	parameter COLUMNS = 4,
	parameter TOP = 1,
	parameter LEFT = 1,
	parameter BOTTOM = 1,
	parameter RIGHT = 1,
	parameter BITS = 8,         // of a value
	parameter BORDER = 0,       // the border's value, its bits
	parameter VALID = 0,
	parameter FROM_MEMORY = 0,
	parameter LATENCY = 1,
	parameter FLUSHING = 0,
	parameter OUT = WIDTH + VALID
) (
	input clock,
	input reset,
	input [31:0] frames,
	input in_empty,
	input [WIDTH-1:0] in_word,
	output in_take,
	input out_full,
	output [OUT-1:0] out_word,
	output out_push,
	output [5:0] states
);
	localparam ROWS_OUT = HEIGHT + TOP + BOTTOM;
	localparam COLUMNS_OUT = COLUMNS + LEFT + RIGHT;
	localparam YB = $clog2(ROWS_OUT + 1), XB = $clog2(COLUMNS_OUT + 1), FB = F > 1 ? $clog2(F) : 1;
	reg [YB-1:0] y;
	reg [XB-1:0] x;
	reg [FB-1:0] part;
	wire part_last = part == F - 1;
	wire x_last = x == COLUMNS_OUT - 1;
	wire y_last = y == ROWS_OUT - 1;
	wire above = y < TOP, below = y >= TOP + HEIGHT, left_of = x < LEFT, right_of = x >= LEFT + COLUMNS;
	wire of_map = !above && !below && !left_of && !right_of;
	wire advance, step;
	ns_control #(.LATENCY(LATENCY), .FLUSHING(FLUSHING)) control (.clock(clock), .reset(reset), .frames(frames), .ready(1'b1), .read(of_map),
		.write(1'b1), .loop_end(1'b0), .frame_end(part_last && x_last && y_last), .lacking(in_empty),
		.lacking_memory(in_empty && FROM_MEMORY != 0), .output_full(out_full), .advance(advance), .step(step), .take(in_take),
		.push(out_push), .states(states));
	always @(posedge clock) begin
		if (reset) begin
			part <= 0;
			x <= 0;
			y <= 0;
		end else if (step) begin
			part <= part_last ? {FB{1'b0}} : part + 1'b1;
			if (part_last) x <= x_last ? {XB{1'b0}} : x + 1'b1;
			if (part_last && x_last) y <= y_last ? {YB{1'b0}} : y + 1'b1;
		end
	end
	localparam [BITS-1:0] border = BORDER;
	wire [WIDTH-1:0] value = of_map ? in_word : {WIDTH/BITS{border}};
	wire [WIDTH:0] marked = {of_map, value};
	ns_delay #(.WIDTH(OUT), .DEPTH(LATENCY - 1)) delay (.clock(clock), .enable(advance), .in(marked[OUT-1:0]), .out(out_word));
endmodule
