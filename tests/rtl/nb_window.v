// nb_window: window former of a binary engine built for window packing (PROGRAM.md section 6).
// Issue side: the former reads one word a cycle, column by column (kx, ky, i): all columns for the first pixel of a row,
// min(K, stride) new ones for the next; a finished window goes to the lanes as soon as these have done the one before, and in
// that cycle the former begins the next pixel. Data side, two cycles later: words are shifted into the top of the `form`
// register; when the lanes take the window it is aligned to bit 0 of `whole`, from which each step takes 48 W bits.
module nb_window #(
	parameter A = 24,
	parameter BITS = 48,       // bits of a bit activation word
	parameter WINDOW_BITS = 576
) (
	input clock,
	input reset,
	input accept,
	input [511:0] head,
	input arm,
	input run,
	input [511:0] command,
	input [BITS-1:0] word,     // buffer word read two cycles ago
	output [A-1:0] input_address,
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
	localparam SHIFT = 20;

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
	wire [3:0] kept_columns = stride >= kernel ? 4'd0 : kernel - stride;

	reg [A-1:0] row_words, row_step, row_origin, row_offset, column_step, column_origin, ky_offset, kx_offset, kept_offset;
	reg signed [20:0] y_first, y_origin, fill_x_origin, lane_x_origin;
	reg [7:0] taps;
	reg [SHIFT-1:0] tail_bits, window_total;
	reg filling, ready, stepping;
	reg [15:0] row, fill_x, lane_x, group, slice, i;
	reg [3:0] ky, kx;

	// Issue side
	wire starting = run && ready && !stepping;
	assign step = starting || (run && stepping);
	wire fill = run && (filling || (starting && fill_x != output_width));
	wire i_last = i == input_words - 1'b1;
	wire kx_last = kx == kernel - 1'b1;
	wire ky_last = ky == kernel - 1'b1;
	wire fill_last = i_last && kx_last && ky_last;
	wire slice_last = slice == steps - 1'b1;
	wire group_last = group == groups - 1'b1;
	wire lane_x_last = lane_x == output_width - 1'b1;
	wire pixel_last = slice_last && group_last;
	wire row_end = step && pixel_last && lane_x_last;

	assign first = slice == 0;
	assign last = slice_last;
	assign finish = row_end && row == rows - 1'b1;

	wire signed [20:0] y = y_origin + $signed({17'd0, ky});
	wire signed [20:0] y_end = y_origin + $signed({17'd0, kernel});
	wire signed [20:0] tap_x = fill_x_origin + $signed({17'd0, kx});
	wire signed [20:0] x_end = lane_x_origin + $signed({17'd0, kernel});
	wire signed [20:0] height = $signed({5'd0, input_height});
	wire signed [20:0] width = $signed({5'd0, input_width});
	wire outside = y < 0 || y >= height || tap_x < 0 || tap_x >= width;
	assign input_address = command[2*32 +: A] + row_origin + ky_offset + column_origin + kx_offset + {{(A-16){1'b0}}, i};

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
			taps <= head[9*32 +: 4] * {4'd0, head[9*32 +: 4]};
		end
		if (arm) begin
			row_step <= stride * row_words;
			row_origin <= row_offset * row_words;
			column_origin <= -(pad * {{(A-16){1'b0}}, input_words});
			kept_offset <= kept_columns * {{(A-16){1'b0}}, input_words};
			tail_bits <= {{(SHIFT-16){1'b0}}, channels} - BITS * ({{(SHIFT-16){1'b0}}, input_words} - 1'b1);
			window_total <= taps * {{(SHIFT-16){1'b0}}, channels};
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
				i <= i_last ? 16'd0 : i + 1'b1;
				if (i_last) begin
					ky <= ky_last ? 4'd0 : ky + 1'b1;
					ky_offset <= ky_last ? {A{1'b0}} : ky_offset + row_words;
					if (ky_last) begin
						kx <= kx_last ? kept_columns : kx + 1'b1;
						kx_offset <= kx_last ? kept_offset : kx_offset + {{(A-16){1'b0}}, input_words};
					end
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

	// Data side
	reg fill_1, fill_2, outside_1, outside_2, tail_1, tail_2, starting_1;
	reg [15:0] slice_1, slice_2;
	reg [WINDOW_BITS-1:0] form;
	reg [SLICES*BITS-1:0] whole;
	wire [SHIFT-1:0] new_bits = tail_2 ? tail_bits : BITS;
	wire [BITS-1:0] masked = outside_2 ? {BITS{1'b0}} : word;
	wire [BITS+WINDOW_BITS-1:0] shifted = {masked, form} >> new_bits;
	wire [WINDOW_BITS-1:0] form_next = fill_2 ? shifted[WINDOW_BITS-1:0] : form;
	wire [WINDOW_BITS-1:0] aligned = form_next >> (WINDOW_BITS - window_total);

	assign operand = whole[slice_2*BITS +: BITS];

	always @(posedge clock) begin
		outside_1 <= outside;
		outside_2 <= outside_1;
		tail_1 <= i_last;
		tail_2 <= tail_1;
		slice_1 <= slice;
		slice_2 <= slice_1;
		form <= form_next;
		if (starting_1) whole <= aligned;
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
endmodule
