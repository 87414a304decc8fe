// nb_window: window packed steps (PROGRAM.md section 6). The former reads the new columns of a pixel's window, READS words of one column
// a cycle, and strings their channels together without gaps; the lanes take the finished window 48 W bits a step, once for each
// group of output channels, while the former fills the next one.
//
// The string is kept in a ring of packed words, each BITS long: a window begins anywhere in it, and the columns that the next window
// shares with it stay where they are. A packed word that is not full yet is in `pending` too, to be joined with what comes; it and the
// READS words behind it are written in every cycle. Three stages, one cycle apart:
//   0  addresses of the reads, or the lanes' step, are issued;
//   1  where the words of these reads will begin in the ring, and from where the step will read it;
//   2  the words are there and are written; the step's packed word is cut out of the ring.
// What is read in cycle r is in the ring in r + 3, when the step issued in r + 1 needs it. Between rows the ring is emptied.
//
// A window has at most WINDOW_BITS bits; while it is read, the next one, of which no bit may be old, is written behind it. Bits of a word
// beyond its channels are 0 (section 2), so that words are joined by OR.
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
	localparam FINE = $clog2(BITS);                         // bits of a place in a packed word
	localparam LB = $clog2(READS + 1);                      // memories of the ring, low-order interleaved: as many as are written at once
	localparam BANKS = 1 << LB;
	localparam WORDS = 2 * WINDOW_BITS / BITS + 2 + READS;  // packed words that two windows can touch, and those written behind
	localparam RING = $clog2(WORDS > 2 * BANKS ? WORDS : 2 * BANKS);
	localparam [FINE:0] WHOLE = BITS;

	// The command
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
	wire [A-1:0] pixel_words = {{(A-16){1'b0}}, input_words};
	wire [3:0] skip = stride > kernel ? stride - kernel + 1'b1 : 4'd1; // columns from a window's last to the next one's first new

	reg [A-1:0] row_words, row_offset, row_step, row_jump, skip_words;
	reg signed [20:0] y_first;
	reg [FINE:0] column_bits, tail_bits; // modulo 2^(FINE+1); tail: of a pixel's last word
	reg [FINE-1:0] window_top;           // last bit of the last step's packed word
	always @(posedge clock) begin
		if (accept) begin
			row_words <= head[6*32 +: 16] * {{(A-16){1'b0}}, head[9*32+16 +: 16]};
			y_first <= head[8*32 +: 16] * {17'd0, head[9*32+4 +: 4]} - {17'd0, head[9*32+8 +: 4]};
			row_offset <= head[8*32 +: 16] * {{(A-4){1'b0}}, head[9*32+4 +: 4]} - {{(A-4){1'b0}}, head[9*32+8 +: 4]} -
			              {{(A-16){1'b0}}, head[8*32+16 +: 16]};
			column_bits <= head[9*32 +: 4] * head[11*32 +: FINE+1];
		end
		if (arm) begin
			row_step <= stride * row_words;
			row_jump <= row_words - pixel_words + 1'b1;
			skip_words <= skip * pixel_words;
			tail_bits <= command[11*32 +: FINE+1] - WHOLE * (input_words[FINE:0] - 1'b1);
			window_top <= kernel * column_bits - WHOLE * (steps[FINE:0] - 1'b1) - 1'b1;
		end
	end

	// Lanes, stage 0
	reg lanes_busy, row_filled;
	reg [15:0] lane_step, group, row;
	reg signed [20:0] y_origin, x_origin; // of the window in the lanes
	wire window_filled;
	wire step_last = lane_step == steps - 1'b1;
	wire group_last = group == groups - 1'b1;
	wire lanes_done = lanes_busy && step_last && group_last;
	wire row_done = lanes_done && row_filled;
	wire hand_over = window_filled && (lanes_done || !lanes_busy);
	assign step = run && lanes_busy;
	assign first = lane_step == 0;
	assign last = step_last;
	assign finish = run && row_done && row == rows - 1'b1;

	wire signed [20:0] height = $signed({5'd0, input_height});
	wire signed [20:0] width = $signed({5'd0, input_width});
	wire signed [20:0] y_end = y_origin + $signed({17'd0, kernel});
	wire signed [20:0] x_end = x_origin + $signed({17'd0, kernel});
	wire [3:0] row_class = y_origin < 0 ? 4'd3 : y_end > height ? 4'd6 : 4'd0;
	wire [3:0] column_class = x_origin < 0 ? 4'd1 : x_end > width ? 4'd2 : 4'd0;
	wire [3:0] border_class = row_class + column_class;
	assign border_address = command[4*32 +: A] + border_class * {{(A-16){1'b0}}, groups} + {{(A-16){1'b0}}, group};

	always @(posedge clock) begin
		if (arm) begin
			lanes_busy <= 1'b0;
			lane_step <= 0;
			group <= 0;
			row <= 0;
			y_origin <= y_first;
			x_origin <= -$signed({17'd0, pad});
			weight_address <= command[3*32 +: A];
			sum_address <= command[5*32 +: A];
		end else if (run) begin
			if (hand_over) lanes_busy <= 1'b1;
			else if (lanes_done) lanes_busy <= 1'b0;
			if (lanes_busy) begin
				lane_step <= step_last ? 16'd0 : lane_step + 1'b1;
				weight_address <= lanes_done ? command[3*32 +: A] : weight_address + 1'b1;
				if (step_last) begin
					group <= group_last ? 16'd0 : group + 1'b1;
					sum_address <= sum_address + 1'b1;
				end
			end
			if (lanes_done) x_origin <= row_filled ? -$signed({17'd0, pad}) : x_origin + $signed({17'd0, stride});
			if (row_done) begin
				row <= row + 1'b1;
				y_origin <= y_origin + $signed({17'd0, stride});
			end
		end
	end

	// Former, stage 0: word v of the cycle is word (ky[v], i[v]) of the column
	reg filling, complete;
	reg [15:0] fill_x, i_begin;
	reg [3:0] kx, ky_begin;
	reg [A-1:0] address, column_address, row_address;
	reg signed [20:0] column_x;
	wire fill_x_last = fill_x == output_width - 1'b1;
	wire kx_last = kx == kernel - 1'b1;
	wire column_outside = column_x < 0 || column_x >= width;
	wire [READS-1:0] there, outside, pixel_end;
	genvar v;
	generate
		for (v = 0; v < READS; v = v + 1) begin : read
			wire here;
			wire [3:0] ky, next_ky;
			wire [15:0] i, next_i;
			wire [A-1:0] at, next_at;
			wire signed [20:0] y = y_origin + $signed({17'd0, ky});
			wire i_last = i == input_words - 1'b1;
			if (v == 0) begin : begins
				assign ky = ky_begin;
				assign i = i_begin;
				assign at = address;
				assign here = 1'b1;
			end else begin : follows
				assign ky = read[v-1].next_ky;
				assign i = read[v-1].next_i;
				assign at = read[v-1].next_at;
				assign here = read[v-1].here && ky != kernel;
			end
			assign next_ky = i_last ? ky + 1'b1 : ky;
			assign next_i = i_last ? 16'd0 : i + 1'b1;
			assign next_at = at + (i_last ? row_jump : {{(A-1){1'b0}}, 1'b1});
			assign there[v] = here;
			assign outside[v] = column_outside || y < 0 || y >= height;
			assign pixel_end[v] = i_last;
			assign input_address[A*v +: A] = at;
		end
	endgenerate
	// The column ends with a word that is there and is the last of its last pixel.
	wire column_done = !there[READS-1] || read[READS-1].next_ky == kernel;
	wire window_done = filling && column_done && kx_last;
	wire [A-1:0] next_column = column_address + (kx_last ? skip_words : pixel_words);
	assign window_filled = window_done || complete;

	always @(posedge clock) begin
		if (arm) begin
			filling <= 1'b1;
			complete <= 1'b0;
			row_filled <= 1'b0;
			fill_x <= 0;
			kx <= 0;
			ky_begin <= 0;
			i_begin <= 0;
			column_x <= -$signed({17'd0, pad});
			address <= command[2*32 +: A] + row_offset * row_words - pad * pixel_words;
			column_address <= command[2*32 +: A] + row_offset * row_words - pad * pixel_words;
			row_address <= command[2*32 +: A] + row_offset * row_words - pad * pixel_words;
		end else if (run) begin
			complete <= window_filled && !hand_over;
			if (hand_over) begin
				filling <= !fill_x_last;
				row_filled <= fill_x_last;
				fill_x <= fill_x + 1'b1;
			end else if (window_done) filling <= 1'b0;
			if (filling) begin
				ky_begin <= column_done ? 4'd0 : read[READS-1].next_ky;
				i_begin <= column_done ? 16'd0 : read[READS-1].next_i;
				address <= column_done ? next_column : read[READS-1].next_at;
				if (column_done) begin
					column_address <= next_column;
					column_x <= column_x + $signed({17'd0, kx_last ? skip : 4'd1});
					// The next window's first new column
					kx <= !kx_last ? kx + 1'b1 : stride < kernel ? kernel - stride : 4'd0;
				end
			end
			if (row_done) begin
				filling <= 1'b1;
				row_filled <= 1'b0;
				fill_x <= 0;
				kx <= 0;
				column_x <= -$signed({17'd0, pad});
				address <= row_address + row_step;
				column_address <= row_address + row_step;
				row_address <= row_address + row_step;
			end
		end
	end

	// Stage 1: places in the ring. `place` is a word's first bit (packed word, counted from that of the first of the cycle; bit in it).
	reg filling_1, further_1, step_1, window_first_1, group_first_1, last_1, row_done_1;
	reg [READS-1:0] there_1, outside_1, pixel_end_1;
	always @(posedge clock) begin
		filling_1 <= run && filling && !reset;
		further_1 <= fill_x != 0;
		step_1 <= step && !reset;
		window_first_1 <= first && group == 0;
		group_first_1 <= first;
		last_1 <= last;
		row_done_1 <= run && row_done;
		there_1 <= there;
		outside_1 <= outside;
		pixel_end_1 <= pixel_end;
	end

	reg [FINE-1:0] end_bit, next_bit, start_bit;     // end of the string; where the next window starts; where that in the lanes does
	reg [RING-1:0] end_word, next_word, start_word, read_word;
	reg [RING-1:0] pending_word;                     // place of `pending` in the ring
	reg [READS*FINE-1:0] bit_2;
	reg [READS*3-1:0] word_2;
	reg [READS-1:0] keep_2;
	reg [2:0] full_2;                                // packed words that become full
	wire [READS*FINE-1:0] place_bit;
	wire [READS*3-1:0] place_word;
	generate
		for (v = 0; v < READS; v = v + 1) begin : place
			wire [FINE-1:0] begin_bit, start_before, start_after;
			wire [2:0] begin_word, carried_before, carried_after, next_begin_word;
			wire [FINE:0] bits = !(filling_1 && there_1[v]) ? {(FINE+1){1'b0}} : pixel_end_1[v] ? tail_bits : WHOLE;
			if (v == 0) begin : begins
				assign begin_bit = end_bit;
				assign begin_word = 3'd0;
				assign start_before = next_bit;
				assign carried_before = 3'd0;
			end else begin : follows
				assign begin_bit = place[v-1].next_begin_bit;
				assign begin_word = place[v-1].next_begin_word;
				assign start_before = place[v-1].start_after;
				assign carried_before = place[v-1].carried_after;
			end
			wire [FINE:0] sum = {1'b0, begin_bit} + bits;
			wire [FINE:0] start_sum = {1'b0, start_before} + bits;
			wire [FINE-1:0] next_begin_bit = sum >= WHOLE ? sum - WHOLE : sum;
			assign next_begin_word = begin_word + (sum >= WHOLE);
			assign start_after = start_sum >= WHOLE ? start_sum - WHOLE : start_sum;
			assign carried_after = carried_before + (start_sum >= WHOLE);
			assign place_bit[FINE*v +: FINE] = begin_bit;
			assign place_word[3*v +: 3] = begin_word;
		end
	endgenerate
	wire [2:0] full = place[READS-1].next_begin_word;
	always @(posedge clock) begin
		if (reset || row_done_1) begin
			end_bit <= 0;
			end_word <= 0;
			next_bit <= 0;
			next_word <= 0;
		end else begin
			end_bit <= place[READS-1].next_begin_bit;
			end_word <= end_word + full;
			if (further_1) begin // the next window starts as many bits later as its new columns have
				next_bit <= place[READS-1].start_after;
				next_word <= next_word + place[READS-1].carried_after;
			end
		end
		if (step_1) begin
			if (window_first_1) begin
				start_bit <= next_bit;
				start_word <= next_word;
			end
			read_word <= window_first_1 ? next_word : group_first_1 ? start_word : read_word + 1'b1;
		end
	end

	// Stage 2, writing: the cycle's words, each turned to its first bit, joined to READS + 1 packed words
	reg last_2, row_done_2;
	always @(posedge clock) begin
		last_2 <= last_1;
		row_done_2 <= row_done_1 || reset;
		bit_2 <= place_bit;
		word_2 <= place_word;
		keep_2 <= filling_1 ? there_1 & ~outside_1 : {READS{1'b0}};
		full_2 <= full;
		pending_word <= end_word;
	end
	wire [READS*BITS-1:0] turned, wrapped; // wrapped: the bit belongs to the packed word after
	wire [(READS+1)*BITS-1:0] joined;
	reg [BITS-1:0] pending;
	genvar p, j;
	generate
		for (v = 0; v < READS; v = v + 1) begin : turn
			nb_rotate #(.BITS(BITS)) rotate (
				.places(bit_2[FINE*v +: FINE]), .in(word[BITS*v +: BITS]), .out(turned[BITS*v +: BITS]));
			assign wrapped[BITS*v +: BITS] = ~({BITS{1'b1}} << bit_2[FINE*v +: FINE]);
		end
		for (j = 0; j <= READS; j = j + 1) begin : join_words
			for (p = 0; p < BITS; p = p + 1) begin : column
				wire [READS-1:0] bits;
				for (v = 0; v < READS; v = v + 1) begin : from
					if (v + 1 < j) begin : never // word v begins v packed words later at most, and ends in the one after
						assign bits[v] = 1'b0;
					end else begin : maybe
						assign bits[v] = turned[BITS*v+p] && keep_2[v] && word_2[3*v +: 3] == (wrapped[BITS*v+p] ? j - 1 : j);
					end
				end
				assign joined[BITS*j+p] = |bits || (j == 0 && pending[p]);
			end
		end
	endgenerate
	wire [BITS-1:0] rest;
	nb_select #(.WIDTH(BITS), .N(READS+1)) rest_select (.index(full_2[LB-1:0]), .words(joined), .word(rest));
	always @(posedge clock) pending <= row_done_2 ? {BITS{1'b0}} : rest;

	// Stage 2, reading: a bit of the step is in packed word read_word or, where the window's first bit lies behind it, in the next one
	wire [BANKS*BITS-1:0] stored;
	genvar n;
	generate
		for (n = 0; n < BANKS; n = n + 1) begin : bank
			localparam [RING-1:0] NUMBER = n;
			wire [RING-1:0] write_place = (NUMBER - pending_word) & (BANKS - 1); // of the joined words, the one that lies here
			wire [RING-1:0] write_row = (pending_word + write_place) >> LB;
			wire [RING-1:0] read_row = (read_word + ((NUMBER - read_word) & (BANKS - 1))) >> LB;
			wire [BITS-1:0] packed_word;
			nb_select #(.WIDTH(BITS), .N(READS+1)) join_select (.index(write_place[LB-1:0]), .words(joined), .word(packed_word));
			(* ram_style = "distributed" *) reg [BITS-1:0] ring [0:(1<<(RING-LB))-1];
			always @(posedge clock)
				if (write_place <= READS) ring[write_row[RING-LB-1:0]] <= packed_word;
			assign stored[BITS*n +: BITS] = ring[read_row[RING-LB-1:0]];
		end
	endgenerate
	wire [RING-1:0] after_word = read_word + 1'b1;
	wire [BITS-1:0] from_word, from_after, turned_back;
	nb_select #(.WIDTH(BITS), .N(BANKS)) word_select (.index(read_word[LB-1:0]), .words(stored), .word(from_word));
	nb_select #(.WIDTH(BITS), .N(BANKS)) after_select (.index(after_word[LB-1:0]), .words(stored), .word(from_after));
	wire [BITS-1:0] begun = {BITS{1'b1}} << start_bit;
	nb_rotate #(.BITS(BITS), .RIGHT(1)) rotate_back (.places(start_bit), .in((begun & from_word) | (~begun & from_after)), .out(turned_back));
	assign operand = turned_back & ~({BITS{last_2}} & ({BITS{1'b1}} << window_top << 1));
endmodule
