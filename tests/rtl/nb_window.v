// nb_window: window former of a binary engine built for window packing (PROGRAM.md section 6).
// Issue side: the former reads READS words a cycle, column by column (kx, ky, i): all columns for the first pixel of a row,
// min(K, stride) new ones for the next; a finished window goes to the lanes as soon as these have done the one before, and in
// that cycle the former begins the next pixel. Word j of a column comes from memory j mod READS; at a column's end fewer than
// READS may be left. Data side, two cycles later: the row's bits are a stream, packed into words of
// BITS: `residue` holds the stream's last, unfinished word, `form` the words before it. When the lanes take the window, the
// words are copied to `whole` with the place of the window's first bit; each step takes two neighbouring words and shifts.
// So no shifter is wider than two words, whatever WINDOW_BITS is.
module nb_window #(
	parameter A = 24,
	parameter BITS = 48,       // bits of a bit activation word
	parameter WINDOW_BITS = 576,
	parameter READS = 1        // words read in one cycle, each from a memory of its own
) (
	input clock,
	input reset,
	input accept,
	input [511:0] head,
	input arm,
	input run,
	input [511:0] command,
	input [READS*BITS-1:0] word, // buffer words read two cycles ago
	output [READS*A-1:0] input_address,
	output reg [A-1:0] weight_address,
	output [A-1:0] border_address,
	output reg [A-1:0] sum_address,
	output step,               // the lanes issue a step in this cycle
	output first,
	output last,
	output finish,
	output [BITS-1:0] operand  // activation bits of the step issued two cycles ago
);
	localparam SLICES = (WINDOW_BITS + BITS - 1) / BITS;
	localparam WORDS = SLICES + READS + 1;     // and those that the newest bits lie in
	localparam FINE = $clog2(BITS);
	localparam COARSE = $clog2(WORDS + 2);

	wire [15:0] input_width = command[6*32 +: 16];
	wire [15:0] input_height = command[6*32+16 +: 16];
	wire [15:0] output_width = command[7*32 +: 16];
	wire [15:0] rows = command[7*32+16 +: 16];
	wire [3:0] kernel = command[9*32 +: 4];
	wire [3:0] stride = command[9*32+4 +: 4];
	wire [3:0] pad = command[9*32+8 +: 4];
	wire [15:0] input_words = command[9*32+16 +: 16];
	wire [15:0] groups = command[10*32 +: 16];
	wire [15:0] steps = command[10*32+16 +: 16];
	wire [15:0] channels = command[11*32 +: 16];
	localparam [FINE:0] WORD_BITS = BITS;
	wire [3:0] kept_columns = stride >= kernel ? 4'd0 : kernel - stride;

	reg [A-1:0] row_words, row_step, row_origin, row_offset, column_step, column_origin, ky_offset, kx_offset, kept_offset;
	reg signed [20:0] y_first, y_origin, fill_x_origin, lane_x_origin;
	reg [FINE:0] tail_bits;                    // channels of a pixel's last word
	reg filling, ready, stepping;
	reg [15:0] row, fill_x, lane_x, group, slice, i;
	reg [3:0] ky, kx;

	// Issue side
	wire starting = run && ready && !stepping;
	assign step = starting || (run && stepping);
	wire fill = run && (filling || (starting && fill_x != output_width));
	wire kx_last = kx == kernel - 1'b1;
	// Words of this cycle: place in their column and whether they are there; and the place of the next cycle's first.
	reg [16*READS-1:0] at_i;
	reg [4*READS-1:0] at_ky;
	reg [A*READS-1:0] at_ky_offset;
	reg [READS-1:0] there, i_last;
	reg [15:0] next_i;
	reg [3:0] next_ky;
	reg [A-1:0] next_ky_offset;
	reg column_last;
	integer w;
	always @* begin
		next_i = i;
		next_ky = ky;
		next_ky_offset = ky_offset;
		column_last = 0;
		for (w = 0; w < READS; w = w + 1) begin
			at_i[16*w +: 16] = next_i;
			at_ky[4*w +: 4] = next_ky;
			at_ky_offset[A*w +: A] = next_ky_offset;
			there[w] = !column_last;
			i_last[w] = next_i == input_words - 1'b1;
			if (i_last[w] && next_ky == kernel - 1'b1) column_last = 1;
			next_i = column_last || i_last[w] ? 16'd0 : next_i + 1'b1;
			next_ky_offset = column_last ? {A{1'b0}} : i_last[w] ? next_ky_offset + row_words : next_ky_offset;
			next_ky = column_last ? 4'd0 : i_last[w] ? next_ky + 1'b1 : next_ky;
		end
	end
	wire fill_last = column_last && kx_last;
	wire slice_last = slice == steps - 1'b1;
	wire group_last = group == groups - 1'b1;
	wire lane_x_last = lane_x == output_width - 1'b1;
	wire pixel_last = slice_last && group_last;
	wire row_end = step && pixel_last && lane_x_last;

	assign first = slice == 0;
	assign last = slice_last;
	assign finish = row_end && row == rows - 1'b1;

	wire signed [20:0] y_end = y_origin + $signed({17'd0, kernel});
	wire signed [20:0] tap_x = fill_x_origin + $signed({17'd0, kx});
	wire signed [20:0] x_end = lane_x_origin + $signed({17'd0, kernel});
	wire signed [20:0] height = $signed({5'd0, input_height});
	wire signed [20:0] width = $signed({5'd0, input_width});
	wire outside_x = tap_x < 0 || tap_x >= width;
	wire [READS-1:0] outside;
	genvar v;
	generate
		for (v = 0; v < READS; v = v + 1) begin : read
			wire signed [20:0] y = y_origin + $signed({17'd0, at_ky[4*v +: 4]});
			assign outside[v] = y < 0 || y >= height || outside_x;
			assign input_address[A*v +: A] = command[2*32 +: A] + row_origin + at_ky_offset[A*v +: A] + column_origin + kx_offset +
			                                 {{(A-16){1'b0}}, at_i[16*v +: 16]};
		end
	endgenerate

	wire [3:0] row_class = y_origin < 0 ? 4'd3 : y_end > height ? 4'd6 : 4'd0;
	wire [3:0] column_class = lane_x_origin < 0 ? 4'd1 : x_end > width ? 4'd2 : 4'd0;
	wire [3:0] border_class = row_class + column_class;
	assign border_address = command[4*32 +: A] + border_class * {{(A-16){1'b0}}, groups} + {{(A-16){1'b0}}, group};

	always @(posedge clock) begin
		if (accept) begin
			row_words <= head[6*32 +: 16] * {{(A-16){1'b0}}, head[9*32+16 +: 16]};
			column_step <= head[9*32+4 +: 4] * {{(A-16){1'b0}}, head[9*32+16 +: 16]};
			y_first <= head[8*32 +: 16] * {17'd0, head[9*32+4 +: 4]} - {17'd0, head[9*32+8 +: 4]};
			row_offset <= head[8*32 +: 16] * {{(A-4){1'b0}}, head[9*32+4 +: 4]} - {{(A-4){1'b0}}, head[9*32+8 +: 4]} -
			              {{(A-16){1'b0}}, head[8*32+16 +: 16]};
		end
		if (arm) begin
			row_step <= stride * row_words;
			row_origin <= row_offset * row_words;
			column_origin <= -(pad * {{(A-16){1'b0}}, input_words});
			kept_offset <= kept_columns * {{(A-16){1'b0}}, input_words};
			tail_bits <= channels[FINE:0] - WORD_BITS * (input_words[FINE:0] - 1'b1);
			y_origin <= y_first;
			fill_x_origin <= -$signed({17'd0, pad});
			lane_x_origin <= -$signed({17'd0, pad});
			row <= 0;
			fill_x <= 0;
			lane_x <= 0;
			group <= 0;
			slice <= 0;
			i <= 0;
			ky <= 0;
			kx <= 0;
			ky_offset <= 0;
			kx_offset <= 0;
			filling <= 1;
			ready <= 0;
			stepping <= 0;
			weight_address <= command[3*32 +: A];
			sum_address <= command[5*32 +: A];
		end else begin
			if (starting) ready <= 0;
			if (fill) begin
				filling <= !fill_last;
				i <= next_i;
				ky <= next_ky;
				ky_offset <= next_ky_offset;
				if (column_last) begin
					kx <= kx_last ? kept_columns : kx + 1'b1;
					kx_offset <= kx_last ? kept_offset : kx_offset + {{(A-16){1'b0}}, input_words};
				end
				if (fill_last) begin
					ready <= 1;
					fill_x <= fill_x + 1'b1;
					fill_x_origin <= fill_x_origin + $signed({17'd0, stride});
					column_origin <= column_origin + column_step;
				end
			end
			if (step) begin
				stepping <= !pixel_last;
				slice <= slice_last ? 16'd0 : slice + 1'b1;
				weight_address <= pixel_last ? command[3*32 +: A] : weight_address + 1'b1;
				if (slice_last) begin
					group <= group_last ? 16'd0 : group + 1'b1;
					sum_address <= sum_address + 1'b1;
				end
				if (pixel_last) begin
					lane_x <= lane_x + 1'b1;
					lane_x_origin <= lane_x_origin + $signed({17'd0, stride});
				end
			end
			if (row_end) begin // the former begins the next row from its first column
				row <= row + 1'b1;
				filling <= 1;
				fill_x <= 0;
				lane_x <= 0;
				kx <= 0;
				kx_offset <= 0;
				fill_x_origin <= -$signed({17'd0, pad});
				lane_x_origin <= -$signed({17'd0, pad});
				column_origin <= -(pad * {{(A-16){1'b0}}, input_words});
				y_origin <= y_origin + $signed({17'd0, stride});
				row_origin <= row_origin + row_step;
			end
		end
	end

	// Data side: pack the stream
	localparam FULL = $clog2(READS + 1);       // bits of the number of words that get full in one cycle
	localparam SPAN = $clog2((READS + 1) * BITS + 1);
	reg fill_1, fill_2, origin_1, origin_2, starting_1, row_first_1;
	reg [READS-1:0] outside_1, outside_2, tail_1, tail_2;
	reg [COARSE-1:0] slice_1, slice_2;
	reg [SLICES*BITS-1:0] form;
	reg [BITS-1:0] residue;
	reg [FINE-1:0] residue_bits;
	reg [COARSE-1:0] packed_words;             // whole words of this row's stream
	wire origin = fill_2 && origin_2;          // the first word of a row begins a stream
	wire [BITS-1:0] residue_now = origin ? {BITS{1'b0}} : residue;
	wire [FINE-1:0] bits_now = origin ? {FINE{1'b0}} : residue_bits;
	wire [COARSE-1:0] words_now = origin ? {COARSE{1'b0}} : packed_words;
	wire [READS-1:0] is_there;
	wire [READS*BITS-1:0] pieces;
	genvar b;
	generate
		for (v = 0; v < READS; v = v + 1) begin : piece
			if (v == 0) begin : always_there
				assign is_there[v] = fill_2;
			end else begin : perhaps_there
				reg there_1, there_2;
				always @(posedge clock) begin
					there_1 <= there[v];
					there_2 <= there_1;
				end
				assign is_there[v] = fill_2 && there_2;
			end
			for (b = 0; b < BITS; b = b + 1) begin : bit_of_word
				localparam [FINE:0] PLACE = b;
				assign pieces[BITS*v+b] = word[BITS*v+b] && is_there[v] && !outside_2[v] && !(tail_2[v] && PLACE >= tail_bits);
			end
		end
	endgenerate
	// The pieces of one cycle behind each other
	reg [(READS+1)*BITS-1:0] newest;
	reg [SPAN-1:0] end_bits;
	integer m;
	always @* begin
		newest = {{(READS*BITS){1'b0}}, residue_now};
		end_bits = bits_now;
		for (m = 0; m < READS; m = m + 1) begin
			newest = newest | ({{(READS*BITS){1'b0}}, pieces[BITS*m +: BITS]} << end_bits);
			if (is_there[m]) end_bits = end_bits + (tail_2[m] ? tail_bits : WORD_BITS);
		end
	end
	reg [FULL-1:0] words_full;
	reg [SPAN-1:0] end_rest;
	reg [BITS-1:0] newest_residue;
	reg [SLICES*BITS-1:0] newest_form;
	integer n;
	always @* begin
		words_full = 0;
		end_rest = end_bits;
		newest_residue = newest[0 +: BITS];
		newest_form = form;
		for (n = 1; n <= READS; n = n + 1)
			if (end_bits >= n * BITS) begin
				words_full = n;
				end_rest = end_bits - n * BITS;
				newest_residue = newest[BITS*n +: BITS];
				newest_form = {newest[0 +: READS*BITS], form} >> (n * BITS);
			end
	end
	wire [FINE-1:0] end_fine = end_rest[FINE-1:0];

	// Place of the window's first bit among the words: end of the stream less the bits of a window, which are those of the stream
	// when the first window of a row is taken.
	reg [COARSE-1:0] total_words, first_word;
	reg [FINE-1:0] total_bits, first_bit;
	wire [COARSE-1:0] total_words_now = row_first_1 ? words_now + words_full : total_words;
	wire [FINE-1:0] total_bits_now = row_first_1 ? end_fine : total_bits;
	wire [FINE:0] first_fine = {1'b0, end_fine} - {1'b0, total_bits_now};
	wire borrow = first_fine[FINE];
	reg [WORDS*BITS-1:0] whole;

	always @(posedge clock) begin
		outside_1 <= outside;
		outside_2 <= outside_1;
		tail_1 <= i_last;
		tail_2 <= tail_1;
		origin_1 <= fill_x == 0 && i == 0 && ky == 0 && kx == 0;
		origin_2 <= origin_1;
		row_first_1 <= lane_x == 0;
		slice_1 <= slice[COARSE-1:0];
		slice_2 <= slice_1;
		if (fill_2) begin
			residue <= newest_residue;
			residue_bits <= end_fine;
			packed_words <= words_now + words_full;
			form <= newest_form;
		end
		if (starting_1) begin
			whole <= {newest, form};
			total_words <= total_words_now;
			total_bits <= total_bits_now;
			first_bit <= borrow ? first_fine[FINE-1:0] + WORD_BITS[FINE-1:0] : first_fine[FINE-1:0];
			first_word <= SLICES + words_full - total_words_now - borrow;
		end
		if (reset) begin
			fill_1 <= 0;
			fill_2 <= 0;
			starting_1 <= 0;
		end else begin
			fill_1 <= fill;
			fill_2 <= fill_1;
			starting_1 <= starting;
		end
	end

	// Step: words `at` and `at` + 1, one of them even, the other odd
	localparam EVEN = (WORDS + 1) / 2, ODD = WORDS / 2;
	wire [EVEN*BITS-1:0] even_words;
	wire [ODD*BITS-1:0] odd_words;
	generate
		for (b = 0; b < EVEN; b = b + 1) begin : even
			assign even_words[BITS*b +: BITS] = whole[BITS*(2*b) +: BITS];
		end
		for (b = 0; b < ODD; b = b + 1) begin : odd
			assign odd_words[BITS*b +: BITS] = whole[BITS*(2*b+1) +: BITS];
		end
	endgenerate
	wire [COARSE-1:0] at = first_word + slice_2;
	wire [COARSE-1:0] at_even = (at + 1'b1) >> 1, at_odd = at >> 1;
	wire [BITS-1:0] even_word, odd_word;
	nb_select #(.WIDTH(BITS), .N(EVEN), .INDEX(COARSE)) even_select (.index(at_even), .words(even_words), .word(even_word));
	nb_select #(.WIDTH(BITS), .N(ODD), .INDEX(COARSE)) odd_select (.index(at_odd), .words(odd_words), .word(odd_word));
	wire [2*BITS-1:0] both = at[0] ? {even_word, odd_word} : {odd_word, even_word};
	wire [2*BITS-1:0] placed = both >> first_bit;
	assign operand = placed[0 +: BITS];
endmodule
