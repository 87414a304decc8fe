// ns_fifo: DEPTH words (at least 2); the word at the head is shown while `empty` is 0. `count`, and with it `full` and `empty`, is
// registered: a word pushed in cycle c can be taken from c + 1, a place freed in c be used from c + 1.
// MEMORY 0: shift-register LUTs; 1: LUT RAM; 2: block RAM, read one cycle ahead, with the pushed word beside it when it would be
// read in the cycle in which it is written. The three differ in area alone.
module ns_fifo #(
	parameter WIDTH = 8,
	parameter DEPTH = 2,
	parameter MEMORY = 1,
	parameter D = DEPTH < 2 ? 2 : DEPTH,
	parameter CB = $clog2(D + 1)
) (
	input clock,
	input reset,
	input push,
	input [WIDTH-1:0] in_word,
	output full,
	input take,
	output [WIDTH-1:0] out_word,
	output empty,
	output reg [CB-1:0] count
);
	localparam A = $clog2(D);
	localparam [CB-1:0] WHOLE = D;
	localparam [A-1:0] LAST = D - 1;
	assign full = count == WHOLE;
	assign empty = count == 0;
	always @(posedge clock) begin
		if (reset) count <= 0;
		else if (push && !take) count <= count + 1'b1;
		else if (take && !push) count <= count - 1'b1;
	end

	genvar b;
	generate
		if (MEMORY == 0) begin : shifted
			wire [CB-1:0] oldest = count - 1'b1;
			for (b = 0; b < WIDTH; b = b + 1) begin : column
				reg [D-1:0] line;
				always @(posedge clock) if (push) line <= {line[D-2:0], in_word[b]};
				assign out_word[b] = line[oldest[A-1:0]];
			end
		end else begin : pointed
			reg [A-1:0] read_at, write_at;
			wire [A-1:0] read_next = !take ? read_at : read_at == LAST ? {A{1'b0}} : read_at + 1'b1;
			always @(posedge clock) begin
				if (reset) begin
					read_at <= 0;
					write_at <= 0;
				end else begin
					read_at <= read_next;
					if (push) write_at <= write_at == LAST ? {A{1'b0}} : write_at + 1'b1;
				end
			end
			wire [WIDTH-1:0] stored;
			ns_store #(.WIDTH(WIDTH), .WORDS(D), .REGISTERED(MEMORY == 2)) store (.clock(clock), .write(push), .write_address(write_at),
				.write_word(in_word), .enable(1'b1), .address(MEMORY == 2 ? read_next : read_at), .word(stored));
			if (MEMORY == 2) begin : ahead
				reg [WIDTH-1:0] pushed;
				reg fresh;
				always @(posedge clock) begin
					pushed <= in_word;
					fresh <= push && write_at == read_next;
				end
				assign out_word = fresh ? pushed : stored;
			end else begin : at_once
				assign out_word = stored;
			end
		end
	endgenerate
endmodule
