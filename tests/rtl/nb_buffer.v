// nb_buffer: one on-chip buffer, low-order interleaved over BANKS memories (simple dual port; who may use the read and the
// write side is decided by nb_ports). A word is ELEMENTS elements of ELEMENT_BITS; in DDR an element takes UNIT_BITS and a word
// WORD_BYTES. Reads take two cycles: memory, output register (which also puts the banks' words in order).
// The load side writes one beat of a word, or up to BANKS whole words, in a cycle; the unit side one word with an enable per
// column of COLUMN_BITS. The store side reads the same quantities as the load side writes.
module nb_buffer #(
	parameter A = 24,
	parameter DEPTH = 64,
	parameter BANKS = 1,        // power of two
	parameter ELEMENTS = 1,
	parameter ELEMENT_BITS = 48,
	parameter UNIT_BITS = 64,
	parameter COLUMN_BITS = 48, // divides ELEMENT_BITS
	parameter WORD_BYTES = 8,
	parameter BEAT_BYTES = 64,
	parameter CHUNK_BYTES = 64,
	parameter SIGNED = 0,
	parameter WORD = ELEMENTS * ELEMENT_BITS,
	parameter COLUMNS = WORD / COLUMN_BITS
) (
	input clock,
	input [A-1:0] read_address,
	output [WORD-1:0] read_word,
	input [15:0] store_segment,  // with the read address: beat of the word
	output [8*CHUNK_BYTES-1:0] store_chunk,
	input load_write,
	input [A-1:0] load_address,
	input [15:0] load_segment,
	input [12:0] load_bytes,     // bytes of the chunk that are there
	input [8*CHUNK_BYTES-1:0] load_chunk,
	input unit_write,
	input [A-1:0] unit_address,
	input [COLUMNS-1:0] unit_enable,
	input [WORD-1:0] unit_word
);
	localparam WIDE = WORD_BYTES >= BEAT_BYTES;          // a word is one or more beats
	localparam PART = WIDE ? 8 * BEAT_BYTES / UNIT_BITS : ELEMENTS; // elements written together
	localparam LB = $clog2(BANKS);
	localparam ROWS = (DEPTH + BANKS - 1) / BANKS;
	localparam RA = ROWS > 1 ? $clog2(ROWS) : 1;
	localparam [A-1:0] BANK_MASK = BANKS - 1;

	wire [WORD*BANKS-1:0] rows_read;
	reg [WORD*BANKS-1:0] group;                           // words in address order
	reg [A-1:0] read_address_1;
	genvar b, e;
	generate
		for (b = 0; b < BANKS; b = b + 1) begin : bank
			localparam [A-1:0] NUMBER = b;
			// The word of the group (first word at *_address) that lies in this bank.
			wire [A-1:0] read_place = (NUMBER - read_address) & BANK_MASK;
			wire [A-1:0] load_place = (NUMBER - load_address) & BANK_MASK;
			wire [A-1:0] read_row = (read_address + read_place) >> LB;
			wire [A-1:0] load_row = (load_address + load_place) >> LB;
			wire [A-1:0] unit_row = unit_address >> LB;
			wire load_here = load_write && (WIDE ? load_place == 0 : load_place * WORD_BYTES < {{(A-13){1'b0}}, load_bytes});
			wire unit_here = unit_write && (unit_address & BANK_MASK) == NUMBER;
			wire [8*CHUNK_BYTES-1:0] loaded_bytes;
			if (WIDE || BANKS == 1) begin : one_word
				assign loaded_bytes = load_chunk;
			end else begin : one_of_words
				wire [8*WORD_BYTES-1:0] place_bytes;
				nb_select #(.WIDTH(8*WORD_BYTES), .N(BANKS)) load_select (
					.index(load_place[LB-1:0]), .words(load_chunk[8*WORD_BYTES*BANKS-1:0]), .word(place_bytes));
				assign loaded_bytes = place_bytes;
			end
			wire [WORD-1:0] loaded;
			wire [COLUMNS-1:0] load_enable;
			for (e = 0; e < ELEMENTS; e = e + 1) begin : element
				assign loaded[ELEMENT_BITS*e +: ELEMENT_BITS] = loaded_bytes[UNIT_BITS*(e%PART) +: ELEMENT_BITS];
			end
			for (e = 0; e < COLUMNS; e = e + 1) begin : column
				assign load_enable[e] = !WIDE || load_segment == e * COLUMN_BITS / ELEMENT_BITS / PART;
			end
			wire write = load_here || unit_here;
			wire [A-1:0] write_row = load_here ? load_row : unit_row;
			wire [COLUMNS-1:0] enable = load_here ? load_enable : unit_enable;
			wire [WORD-1:0] write_word = load_here ? loaded : unit_word;

			reg [WORD-1:0] memory [0:ROWS-1];
			reg [WORD-1:0] read;
			integer c;
			always @(posedge clock) begin
				if (write) begin
					for (c = 0; c < COLUMNS; c = c + 1)
						if (enable[c]) memory[write_row[RA-1:0]][COLUMN_BITS*c +: COLUMN_BITS] <= write_word[COLUMN_BITS*c +: COLUMN_BITS];
				end
				read <= memory[read_row[RA-1:0]];
			end
			assign rows_read[WORD*b +: WORD] = read;
		end
	endgenerate

	wire [WORD*BANKS-1:0] in_order;
	reg [15:0] segment_1, segment_2;
	generate
		if (BANKS == 1) begin : one_bank
			assign in_order = rows_read;
		end else begin : several_banks
			for (b = 0; b < BANKS; b = b + 1) begin : place
				wire [LB-1:0] from = read_address_1[LB-1:0] + b;
				nb_select #(.WIDTH(WORD), .N(BANKS)) read_select (
					.index(from), .words(rows_read), .word(in_order[WORD*b +: WORD]));
			end
		end
	endgenerate
	always @(posedge clock) begin
		read_address_1 <= read_address;
		segment_1 <= store_segment;
		segment_2 <= segment_1;
		group <= in_order;
	end
	assign read_word = group[WORD-1:0];

	// As in DDR
	localparam GROUP_BYTES = BANKS * WORD_BYTES;
	wire [8*GROUP_BYTES-1:0] in_bytes;
	genvar g, u;
	generate
		for (g = 0; g < BANKS; g = g + 1) begin : word
			for (u = 0; u < 8 * WORD_BYTES / UNIT_BITS; u = u + 1) begin : unit
				if (u < ELEMENTS) begin : there
					wire [ELEMENT_BITS-1:0] value = group[WORD*g+ELEMENT_BITS*u +: ELEMENT_BITS];
					if (ELEMENT_BITS == UNIT_BITS) begin : same
						assign in_bytes[8*WORD_BYTES*g+UNIT_BITS*u +: UNIT_BITS] = value;
					end else begin : extended
						assign in_bytes[8*WORD_BYTES*g+UNIT_BITS*u +: UNIT_BITS] =
							{{(UNIT_BITS-ELEMENT_BITS){SIGNED != 0 && value[ELEMENT_BITS-1]}}, value};
					end
				end else begin : beyond
					assign in_bytes[8*WORD_BYTES*g+UNIT_BITS*u +: UNIT_BITS] = {UNIT_BITS{1'b0}};
				end
			end
		end
		if (WIDE) begin : beats
			assign store_chunk = in_bytes[8*BEAT_BYTES*segment_2 +: 8*BEAT_BYTES];
		end else begin : words
			assign store_chunk = in_bytes;
		end
	endgenerate
endmodule
