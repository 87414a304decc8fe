// ns_write: AXI4 write master of the output DMA, the counterpart of ns_read. A burst is asked for when the FIFO holds all of it, and the one
// before has been sent; at most BURSTS wait for their response. `busy` until the last response.
module ns_write #(
	parameter WIDTH = 64,
	parameter ADDRESS = 64,
	parameter BURST = 16,   // a power of two
	parameter BURSTS = 16,
	parameter MEMORY = 2,   // of ns_fifo
	parameter CB = $clog2(BURST * BURSTS + 1),
	parameter OB = $clog2(BURSTS + 1)
) (
	input clock,
	input reset,
	input start,
	input [ADDRESS-1:0] first_address,
	input [31:0] words,
	output busy,
	output aw_valid,
	input aw_ready,
	output reg [ADDRESS-1:0] aw_address,
	output [7:0] aw_length,      // beats - 1
	output w_valid,
	input w_ready,
	output [WIDTH-1:0] w_data,
	output w_last,
	input b_valid,
	output b_ready,
	output full,
	input push,
	input [WIDTH-1:0] in_word
);
	localparam [CB-1:0] WHOLE = BURST;
	localparam [OB-1:0] MOST = BURSTS;
	localparam [ADDRESS-1:0] BYTES = BURST * (WIDTH / 8);
	reg [31:0] left;             // words not asked for
	reg [CB-1:0] sending;        // words of the present burst that are not sent
	reg [OB-1:0] waiting;        // bursts without response
	wire empty;
	wire [CB-1:0] count;
	wire is_whole = left >= BURST;
	wire [CB-1:0] beats = is_whole ? WHOLE : left[CB-1:0];
	wire asked = aw_valid && aw_ready, sent = w_valid && w_ready, answered = b_valid && b_ready;
	assign busy = left != 0 || waiting != 0;
	assign aw_valid = left != 0 && sending == 0 && count >= beats && waiting != MOST;
	assign aw_length = beats - 1'b1;
	assign w_valid = sending != 0;
	assign w_last = sending == 1;
	assign b_ready = 1'b1;
	always @(posedge clock) begin
		if (reset) begin
			left <= 0;
			sending <= 0;
			waiting <= 0;
		end else begin
			if (!busy) left <= start ? words : 32'd0;
			else if (asked) left <= is_whole ? left - BURST : 32'd0;
			if (asked) sending <= beats;
			else if (sent) sending <= sending - 1'b1;
			if (asked && !answered) waiting <= waiting + 1'b1;
			else if (answered && !asked) waiting <= waiting - 1'b1;
		end
		if (!busy) aw_address <= first_address;
		else if (asked) aw_address <= aw_address + BYTES;
	end
	ns_fifo #(.WIDTH(WIDTH), .DEPTH(BURST * BURSTS), .MEMORY(MEMORY)) fifo (.clock(clock), .reset(reset), .push(push), .in_word(in_word),
		.full(full), .take(sent), .out_word(w_data), .empty(empty), .count(count));
endmodule
