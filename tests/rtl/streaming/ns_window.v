// ns_window: rows of a map in, kernel windows out; a pixel is F words. A memory of KERNEL_HEIGHT + STRIDE rows: the rows of the present
// windows, and those read for the next ones meanwhile. Order of a window: ky, kx outer, channels inner; for a depthwise stage (DEPTHWISE)
// the output words' channels outer, ky, kx inner. With LATENCY 1 the memory is read at once (LUT RAM), else into a register.
// A word is ATOMS_IN (in) or ATOMS_OUT (out) parts of ATOM bits, with VALID one bit more at the top. Where the two are equal, words go out
// as they came in, by counters. Where they differ, each part of the output word has a copy of the memory and tables of its places.
module ns_window #(
	parameter ATOM = 8,
	parameter ATOMS_IN = 1,
	parameter ATOMS_OUT = 1,
	parameter VALID = 0,
	parameter F = 1,
	parameter HEIGHT = 4,       // of the map that comes in
	parameter COLUMNS = 4,
	parameter OUT_HEIGHT = 2,
	parameter OUT_COLUMNS = 2,
	parameter KERNEL_HEIGHT = 3,
	parameter KERNEL_WIDTH = 3,
	parameter STRIDE = 1,       // along the rows
	parameter STRIDE_WIDTH = 1, // along the columns
	parameter DEPTHWISE = 0,
	parameter FROM_MEMORY = 0,
	parameter LATENCY = 2,
	parameter FLUSHING = 0,
	parameter WIDTH = ATOM * ATOMS_IN + VALID,
	parameter OUT = ATOM * ATOMS_OUT + VALID
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
	localparam TAPS = KERNEL_HEIGHT * KERNEL_WIDTH;
	localparam GROUP = TAPS * F * ATOMS_IN / ATOMS_OUT;   // words of a window
	localparam LINE = COLUMNS * F;
	localparam WORDS = (KERNEL_HEIGHT + STRIDE) * LINE;
	localparam FILL = KERNEL_HEIGHT * LINE;
	localparam WRITES = OUT_COLUMNS * GROUP;
	localparam READS = STRIDE * LINE;
	localparam LEFT_ROWS = HEIGHT - KERNEL_HEIGHT - STRIDE * (OUT_HEIGHT - 1);
	localparam READS_LAST = (LEFT_ROWS < STRIDE ? LEFT_ROWS : STRIDE) * LINE;
	localparam STEPS = WRITES > READS ? WRITES : READS;
	localparam MOST = STEPS > FILL ? STEPS : FILL;
	localparam SB = $clog2(MOST + 1), A = $clog2(WORDS), RB = OUT_HEIGHT > 1 ? $clog2(OUT_HEIGHT) : 1;

	reg filling;
	reg [SB-1:0] count;         // iterations of this part of the schedule
	reg [RB-1:0] row;
	wire row_last = row == OUT_HEIGHT - 1;
	wire fill_last = filling && count == FILL - 1;
	wire step_last = !filling && count == STEPS - 1;
	wire frame_last = step_last && row_last;
	wire read = filling || (row_last ? count < READS_LAST : count < READS);
	wire write = !filling && count < WRITES;
	wire advance, step;
	ns_control #(.LATENCY(LATENCY), .FLUSHING(FLUSHING)) control (.clock(clock), .reset(reset), .frames(frames), .ready(1'b1), .read(read),
		.write(write), .loop_end(frame_last), .frame_end(frame_last), .lacking(in_empty), .lacking_memory(in_empty && FROM_MEMORY != 0),
		.output_full(out_full), .advance(advance), .step(step), .take(in_take), .push(out_push), .states(states));

	function [A-1:0] moved; // by whole rows, round the memory
		input [A-1:0] from;
		input [A:0] by;
		reg [A:0] sum;
		begin
			sum = {1'b0, from} + by;
			moved = sum >= WORDS ? sum - WORDS : sum;
		end
	endfunction
	reg [A-1:0] write_at, first_row;
	wire [A-1:0] next_first = moved(first_row, READS);
	always @(posedge clock) begin
		if (reset) begin
			filling <= 1'b1;
			count <= 0;
			row <= 0;
			write_at <= 0;
			first_row <= 0;
		end else if (step) begin
			count <= fill_last || step_last ? {SB{1'b0}} : count + 1'b1;
			if (fill_last) filling <= 1'b0;
			if (frame_last) filling <= 1'b1;
			if (step_last) row <= row_last ? {RB{1'b0}} : row + 1'b1;
			if (frame_last) write_at <= 0;
			else if (read) write_at <= write_at == WORDS - 1 ? {A{1'b0}} : write_at + 1'b1;
			if (step_last) first_row <= row_last ? {A{1'b0}} : next_first;
		end
	end
	wire emit = step && write;
	wire [OUT-1:0] word;

	genvar j, t;
	generate
		if (ATOMS_IN == ATOMS_OUT) begin : equal
			localparam KYB = KERNEL_HEIGHT > 1 ? $clog2(KERNEL_HEIGHT) : 1, KXB = KERNEL_WIDTH > 1 ? $clog2(KERNEL_WIDTH) : 1;
			localparam FB = F > 1 ? $clog2(F) : 1;
			// The row of the present tap, the first word of the pixel's window and of the tap's pixel in the row, the place in the pixel.
			reg [A-1:0] tap_row, column, tap_column;
			reg [KYB-1:0] ky;
			reg [KXB-1:0] kx;
			reg [FB-1:0] part;
			wire part_last = part == F - 1, kx_last = kx == KERNEL_WIDTH - 1, ky_last = ky == KERNEL_HEIGHT - 1;
			wire next_part = DEPTHWISE == 0 || (kx_last && ky_last);
			wire next_kx = DEPTHWISE != 0 || part_last;
			wire next_ky = next_kx && kx_last;
			wire next_pixel = part_last && kx_last && ky_last;
			always @(posedge clock) begin
				if (reset) begin
					tap_row <= 0;
					column <= 0;
					tap_column <= 0;
					ky <= 0;
					kx <= 0;
					part <= 0;
				end else if (step) begin
					if (emit) begin
						if (next_part) part <= part_last ? {FB{1'b0}} : part + 1'b1;
						if (next_kx) begin
							kx <= kx_last ? {KXB{1'b0}} : kx + 1'b1;
							tap_column <= kx_last ? column : tap_column + F;
						end
						if (next_ky) begin
							ky <= ky_last ? {KYB{1'b0}} : ky + 1'b1;
							tap_row <= ky_last ? first_row : moved(tap_row, LINE);
						end
						if (next_pixel) begin
							column <= column + STRIDE_WIDTH * F;
							tap_column <= column + STRIDE_WIDTH * F;
						end
					end
					if (step_last) begin
						column <= 0;
						tap_column <= 0;
						tap_row <= row_last ? {A{1'b0}} : next_first;
					end
				end
			end
			ns_store #(.WIDTH(WIDTH), .WORDS(WORDS), .REGISTERED(LATENCY > 1)) rows (.clock(clock), .write(in_take), .write_address(write_at),
				.write_word(in_word), .enable(advance), .address(tap_row + tap_column + part), .word(word));
		end else begin : several
			localparam TB = GROUP > 1 ? $clog2(GROUP) : 1, UB = ATOMS_IN > 1 ? $clog2(ATOMS_IN) : 1;
			reg [A-1:0] column;
			reg [TB-1:0] place;     // word of the window
			wire place_last = place == GROUP - 1;
			always @(posedge clock) begin
				if (reset) begin
					column <= 0;
					place <= 0;
				end else if (step) begin
					if (emit) begin
						place <= place_last ? {TB{1'b0}} : place + 1'b1;
						if (place_last) column <= column + STRIDE_WIDTH * F;
					end
					if (step_last) column <= 0;
				end
			end
			wire [ATOMS_OUT-1:0] valid;
			for (j = 0; j < ATOMS_OUT; j = j + 1) begin : part
				wire [GROUP*(A+1)-1:0] row_table;
				wire [GROUP*A-1:0] column_table;
				wire [GROUP*UB-1:0] atom_table;
				for (t = 0; t < GROUP; t = t + 1) begin : entry
					localparam CHANNEL = DEPTHWISE != 0 ? t / TAPS * ATOMS_OUT + j : (t * ATOMS_OUT + j) % (F * ATOMS_IN);
					localparam TAP = DEPTHWISE != 0 ? t % TAPS : (t * ATOMS_OUT + j) / (F * ATOMS_IN);
					assign row_table[(A+1)*t +: A+1] = TAP / KERNEL_WIDTH * LINE;
					assign column_table[A*t +: A] = TAP % KERNEL_WIDTH * F + CHANNEL / ATOMS_IN;
					assign atom_table[UB*t +: UB] = CHANNEL % ATOMS_IN;
				end
				wire [WIDTH-1:0] read_word;
				wire [UB-1:0] atom;
				ns_store #(.WIDTH(WIDTH), .WORDS(WORDS), .REGISTERED(LATENCY > 1)) rows (.clock(clock), .write(in_take), .write_address(write_at),
					.write_word(in_word), .enable(advance), .address(moved(first_row, row_table[(A+1)*place +: A+1]) + column + column_table[A*place +: A]),
					.word(read_word));
				ns_delay #(.WIDTH(UB), .DEPTH(LATENCY > 1 ? 1 : 0)) atom_delay (.clock(clock), .enable(advance), .in(atom_table[UB*place +: UB]),
					.out(atom));
				assign word[ATOM*j +: ATOM] = read_word[ATOM*atom +: ATOM];
				assign valid[j] = read_word[WIDTH-1];
			end
			if (VALID != 0) begin : marked // all parts are of one pixel
				assign word[OUT-1] = valid[0];
			end
		end
	endgenerate
	ns_delay #(.WIDTH(OUT), .DEPTH(LATENCY > 1 ? LATENCY - 2 : 0)) delay (.clock(clock), .enable(advance), .in(word), .out(out_word));
endmodule
