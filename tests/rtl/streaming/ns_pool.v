// ns_pool: maximum or average over windows that do not overlap, or over the whole map, channel by channel; a pixel is F words. The window
// row's results so far are in a memory of a word each. Average: rs(sum, SHIFT). Bits: +1 and -1.
// Columns and rows that fill no window are read and dropped.
module ns_pool #(
	parameter AVERAGE = 0,
	parameter LANES = 1,
	parameter BITS = 8,
	parameter SIGNED = 1,
	parameter OUTPUT_BITS = 8,
	parameter SHIFT = 0,
	parameter F = 1,
	parameter HEIGHT = 4,
	parameter COLUMNS = 4,
	parameter OUT_HEIGHT = 2,
	parameter OUT_COLUMNS = 2,
	parameter KERNEL_HEIGHT = 2,
	parameter KERNEL_WIDTH = 2,
	parameter OVERHEAD = 3,     // empty iterations after a row, besides those of the pipeline
	parameter FROM_MEMORY = 0,
	parameter LATENCY = 1,
	parameter FLUSHING = 0
) (
	input clock,
	input reset,
	input [31:0] frames,
	input in_empty,
	input [LANES*BITS-1:0] in_word,
	output in_take,
	input out_full,
	output [LANES*OUTPUT_BITS-1:0] out_word,
	output out_push,
	output [5:0] states
);
	localparam WHOLE = KERNEL_HEIGHT == HEIGHT && KERNEL_WIDTH == COLUMNS;
	localparam REST_ROWS = HEIGHT - OUT_HEIGHT * KERNEL_HEIGHT;
	localparam READS = 0, WRITES = 1, RESTS = 2;
	localparam KEPT = OUT_COLUMNS * F;  // words
	localparam KA = KEPT > 1 ? $clog2(KEPT) : 1, FB = F > 1 ? $clog2(F) : 1;
	localparam RB = HEIGHT > 1 ? $clog2(HEIGHT) : 1, XB = COLUMNS > 1 ? $clog2(COLUMNS) : 1;
	localparam OB = OUT_HEIGHT > 1 ? $clog2(OUT_HEIGHT) : 1;
	localparam KXB = KERNEL_WIDTH > 1 ? $clog2(KERNEL_WIDTH) : 1;
	localparam VALUE = BITS + (BITS == 1 || SIGNED == 0 ? 1 : 0);
	localparam SUM = AVERAGE != 0 ? VALUE + $clog2(KERNEL_HEIGHT * KERNEL_WIDTH + 1) : BITS;

	reg [1:0] phase;
	reg [OB-1:0] out_row;
	reg [RB-1:0] row;           // of the window, or of the rest
	reg [XB-1:0] x;
	reg [FB-1:0] part;
	reg [KXB-1:0] kx;
	reg [KA-1:0] kept_at;       // window of the present column, with `part`; when writing: the word
	reg beyond;                 // columns behind the last window
	wire part_last = part == F - 1, x_last = x == COLUMNS - 1, kx_last = kx == KERNEL_WIDTH - 1;
	wire row_last = row == KERNEL_HEIGHT - 1, out_row_last = out_row == OUT_HEIGHT - 1, rest_last = row == REST_ROWS - 1;
	wire write_last = kept_at == KEPT - 1;
	wire line_last = part_last && x_last;
	wire reading = phase != WRITES;
	wire map_last = row_last && x_last;  // last pixel of a whole map
	wire write = phase == WRITES || (WHOLE && map_last);
	wire loop_end = !WHOLE && phase == WRITES && write_last;
	wire frame_end = WHOLE ? map_last && part_last : phase == RESTS ? line_last && rest_last : loop_end && out_row_last && REST_ROWS == 0;
	wire advance, step;
	ns_control #(.LATENCY(LATENCY), .FLUSHING(FLUSHING), .EXTRA(WHOLE ? 0 : OVERHEAD)) control (.clock(clock), .reset(reset), .frames(frames),
		.ready(1'b1), .read(reading), .write(write), .loop_end(loop_end), .frame_end(frame_end), .lacking(in_empty),
		.lacking_memory(in_empty && FROM_MEMORY != 0), .output_full(out_full), .advance(advance), .step(step), .take(in_take),
		.push(out_push), .states(states));
	always @(posedge clock) begin
		if (reset) begin
			phase <= READS;
			out_row <= 0;
			row <= 0;
			x <= 0;
			part <= 0;
			kx <= 0;
			kept_at <= 0;
			beyond <= 0;
		end else if (step) begin
			if (reading) begin
				part <= part_last ? {FB{1'b0}} : part + 1'b1;
				if (part_last) begin
					x <= x_last ? {XB{1'b0}} : x + 1'b1;
					kx <= kx_last || x_last ? {KXB{1'b0}} : kx + 1'b1;
					if (kx_last && kept_at == KEPT - 1) beyond <= 1'b1;
				end
				// The window's words: back to its first one at the end of a pixel, on to the next window's after its last column.
				if (!part_last) kept_at <= kept_at + 1'b1;
				else if (!kx_last) kept_at <= kept_at - (F - 1);
				else kept_at <= kept_at + 1'b1;
				if (line_last) begin
					kept_at <= 0;
					beyond <= 1'b0;
					if (phase == RESTS) row <= rest_last ? {RB{1'b0}} : row + 1'b1;
					else row <= row_last ? {RB{1'b0}} : row + 1'b1;
					if (phase == READS && row_last && !WHOLE) phase <= WRITES;
					if (phase == RESTS && rest_last) phase <= READS;
				end
			end else begin
				kept_at <= write_last ? {KA{1'b0}} : kept_at + 1'b1;
				if (write_last) begin
					out_row <= out_row_last ? {OB{1'b0}} : out_row + 1'b1;
					phase <= out_row_last && REST_ROWS > 0 ? RESTS : READS;
				end
			end
		end
	end

	wire first = row == 0 && kx == 0;
	wire [LANES*SUM-1:0] kept, result;
	ns_store #(.WIDTH(LANES * SUM), .WORDS(KEPT), .REGISTERED(0)) results (.clock(clock), .write(in_take && phase == READS && !beyond),
		.write_address(kept_at), .write_word(result), .enable(1'b1), .address(kept_at), .word(kept));
	wire [LANES*SUM-1:0] shown = WHOLE ? result : kept;
	wire [LANES*OUTPUT_BITS-1:0] value;
	genvar l;
	generate
		for (l = 0; l < LANES; l = l + 1) begin : lane
			wire [BITS-1:0] word = in_word[BITS*l +: BITS];
			if (AVERAGE != 0) begin : average
				wire [VALUE-1:0] number;
				if (BITS == 1) begin : plus_minus
					assign number = word[0] ? 2'b01 : 2'b11;
				end else if (SIGNED == 0) begin : natural
					assign number = {1'b0, word};
				end else begin : whole
					assign number = word;
				end
				assign result[SUM*l +: SUM] = (first ? {SUM{1'b0}} : kept[SUM*l +: SUM]) + {{(SUM-VALUE){number[VALUE-1]}}, number};
				// Half up.
				wire signed [SUM+SHIFT:0] wide = {{(SHIFT+1){shown[SUM*l+SUM-1]}}, shown[SUM*l +: SUM]};
				localparam signed [SUM+SHIFT:0] HALF = SHIFT > 0 ? {{(SUM+SHIFT){1'b0}}, 1'b1} << (SHIFT > 0 ? SHIFT - 1 : 0) : {(SUM+SHIFT+1){1'b0}};
				wire signed [SUM+SHIFT:0] raised = wide + HALF;
				wire signed [SUM+SHIFT:0] rounded = raised >>> SHIFT;
				wire [SUM+SHIFT+OUTPUT_BITS:0] rounded_wide = {{OUTPUT_BITS{rounded[SUM+SHIFT]}}, rounded};
				assign value[OUTPUT_BITS*l +: OUTPUT_BITS] = rounded_wide[OUTPUT_BITS-1:0];
			end else begin : maximum
				wire [BITS-1:0] largest = kept[SUM*l +: SUM];
				wire flip = BITS > 1 && SIGNED != 0; // the order of two's complement is that of natural numbers with the sign turned
				wire greater = {word[BITS-1] ^ flip, word} > {largest[BITS-1] ^ flip, largest};
				wire greater_1 = BITS == 1 ? word[0] && !largest[0] : greater;
				assign result[SUM*l +: SUM] = first || greater_1 ? word : largest;
				wire [BITS+OUTPUT_BITS-1:0] wide = {{OUTPUT_BITS{SIGNED != 0 && BITS > 1 && shown[SUM*l+BITS-1]}}, shown[SUM*l +: BITS]};
				assign value[OUTPUT_BITS*l +: OUTPUT_BITS] = wide[OUTPUT_BITS-1:0];
			end
		end
	endgenerate
	ns_delay #(.WIDTH(LANES * OUTPUT_BITS), .DEPTH(LATENCY - 1)) delay (.clock(clock), .enable(advance), .in(value), .out(out_word));
endmodule
