// ns_read: AXI4 read master of the input DMA: WORDS words from `first_address` on, which is a multiple of a burst's bytes, so that no
// burst crosses 4 KB. A burst (of BURST words, the last one shorter) is asked for when the FIFO has room for all of it, so that data never
// wait. BURST and BURSTS, of which the FIFO holds the words, are the defaults of Vivado HLS. A new `start` is obeyed when `busy` is 0.
module ns_read #(
	parameter WIDTH = 64,
	parameter ADDRESS = 64,
	parameter BURST = 16,   // a power of two
	parameter BURSTS = 16,
	parameter MEMORY = 2,   // of ns_fifo
	parameter CB = $clog2(BURST * BURSTS + 1)
) (
	input clock,
	input reset,
	input start,
	input [ADDRESS-1:0] first_address,
	input [31:0] words,
	output busy,
	output ar_valid,
	input ar_ready,
	output reg [ADDRESS-1:0] ar_address,
	output [7:0] ar_length,      // beats - 1
	input r_valid,
	output r_ready,
	input [WIDTH-1:0] r_data,
	output empty,
	output [WIDTH-1:0] out_word,
	input take
);
	localparam [CB-1:0] ROOM = BURST * BURSTS, WHOLE = BURST;
	localparam [ADDRESS-1:0] BYTES = BURST * (WIDTH / 8);
	reg [31:0] left;             // words not asked for
	reg [CB-1:0] room;           // words of the FIFO that are not promised
	wire is_whole = left >= BURST;
	wire [CB-1:0] beats = is_whole ? WHOLE : left[CB-1:0];
	wire asked = ar_valid && ar_ready;
	assign busy = left != 0;
	assign ar_valid = busy && room >= WHOLE;
	assign ar_length = beats - 1'b1;
	assign r_ready = 1'b1;
	always @(posedge clock) begin
		if (reset) begin
			left <= 0;
			room <= ROOM;
		end else begin
			if (!busy) left <= start ? words : 32'd0;
			else if (asked) left <= is_whole ? left - BURST : 32'd0;
			room <= room - (asked ? beats : {CB{1'b0}}) + (take ? 1'b1 : 1'b0);
		end
		if (!busy) ar_address <= first_address;
		else if (asked) ar_address <= ar_address + BYTES;
	end
	wire full_unused;
	wire [CB-1:0] count_unused;
	ns_fifo #(.WIDTH(WIDTH), .DEPTH(BURST * BURSTS), .MEMORY(MEMORY)) fifo (.clock(clock), .reset(reset), .push(r_valid), .in_word(r_data),
		.full(full_unused), .take(take), .out_word(out_word), .empty(empty), .count(count_unused));
endmodule
