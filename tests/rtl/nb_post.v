// nb_post: post unit, L lanes behind the accumulator buffers (PROGRAM.md section 7): WAIT, ASK, RUN (one lane group of one pixel a
// cycle, with pool one of four, with transpose one lane of a group), DRAIN (13 cycles). A value read in cycle x is in front of the write ports in x + 13.
// L divides P, Q and R; first_channel is a multiple of L; a command reads skip sums for a or for b, not for both.
module nb_post #(
	parameter A = 24,
	parameter P = 4,
	parameter W = 1,
	parameter R = 4,
	parameter Q = 4,
	parameter L = 4,
	parameter ACC_BITS = 16,
	parameter SUM_BITS = 32,
	parameter ACTIVATION_BITS = 8
) (
	input clock,
	input reset,
	input head_valid,
	input [511:0] head,
	input tokens_there,
	output accept,
	output give,
	output [9:0] give_masks,
	output asking,
	input granted,
	output port_last,
	output [2:0] writes,        // of the active command: fixed activations, bit activations, output
	output [A-1:0] accumulator_address,
	input [ACC_BITS*P-1:0] accumulator_word,
	output [A-1:0] skip_address,
	input [SUM_BITS*Q-1:0] skip_word,
	output [A-1:0] parameter_address,
	input [128*L-1:0] parameter_word,
	output fixed_write,
	output [A-1:0] fixed_address,
	output [R-1:0] fixed_enable,
	output [ACTIVATION_BITS*R-1:0] fixed_word,
	output bits_write,
	output [A-1:0] bits_address,
	output [48*W/L-1:0] bits_enable, // a column is L bits
	output [48*W-1:0] bits_word,
	output output_write,
	output [A-1:0] output_address,
	output [32*L-1:0] output_word,
	output running,
	output filled,
	output active,
	output [11:0] active_layer,
	output quiet
);
	localparam D = 13;
	localparam SUM = ACC_BITS > SUM_BITS ? ACC_BITS : SUM_BITS;
	localparam ACC_SLOTS = P / L, SKIP_SLOTS = Q / L, FIXED_SLOTS = R / L, BIT_SLOTS = 48 * W / L;
	localparam ACC_INDEX = ACC_SLOTS > 1 ? $clog2(ACC_SLOTS) : 1, SKIP_INDEX = SKIP_SLOTS > 1 ? $clog2(SKIP_SLOTS) : 1;
	localparam LANE_INDEX = L > 1 ? $clog2(L) : 1;
	localparam FIXED_INDEX = FIXED_SLOTS > 1 ? $clog2(FIXED_SLOTS) : 1, BIT_INDEX = BIT_SLOTS > 1 ? $clog2(BIT_SLOTS) : 1;
	localparam [1:0] WAIT = 0, ASK = 1, RUN = 2, DRAIN = 3;

	reg [1:0] state;
	reg [511:0] command;
	reg [3:0] drain_left;
	wire finish;                // last cycle of RUN
	wire run = state == RUN;

	assign accept = state == WAIT && head_valid && tokens_there;
	assign asking = state == ASK;
	assign running = run;
	assign filled = state == DRAIN;
	assign active = state != WAIT;
	assign active_layer = command[15:4];
	assign quiet = !head_valid && state == WAIT;
	assign port_last = state == DRAIN && drain_left == 1;
	assign give = port_last;
	assign give_masks = command[51:42];

	always @(posedge clock) begin
		if (accept) command <= head;
		if (finish) drain_left <= D;
		else drain_left <= drain_left - 1'b1;
		if (reset) state <= WAIT;
		else if (accept) state <= ASK;
		else if (asking && granted) state <= RUN;
		else if (finish) state <= DRAIN;
		else if (port_last) state <= WAIT;
	end

	// Fields
	wire a_is_skip = command[16];
	wire use_b = command[17];
	wire threshold = command[18];
	wire pool = command[19];
	assign writes = command[22:20];
	wire transpose = command[23];
	wire [15:0] width = command[8*32 +: 16];
	wire [15:0] rows = command[8*32+16 +: 16];
	wire [15:0] channels = command[9*32 +: 16];
	wire [15:0] a_groups = command[9*32+16 +: 16];
	wire [15:0] b_groups = command[10*32 +: 16];
	wire [15:0] fixed_words = command[11*32 +: 16];
	wire [15:0] bits_words = command[11*32+16 +: 16];
	wire [15:0] first_channel = command[12*32 +: 16];

	// Loop nest: row, x, lane group, py, px; with transpose row, x, channel. Offsets of a and b from their bases are kept by addition.
	reg [15:0] row, x, lane_group, lane_groups;
	reg py, px;
	reg [A-1:0] a_row_words, b_row_words, a_row, b_row, a_column, b_column, fixed_pixel, bits_pixel, output_index;
	reg [15:0] channel_left, pixel_number;   // with transpose: channels after this one, number of the pixel
	reg [LANE_INDEX-1:0] turned_lane;        // and the lane of the group
	localparam [LANE_INDEX-1:0] LAST_LANE = L - 1;
	wire channel_last = channel_left == 0;
	wire pixel_last = !pool || (py && px);
	wire step_last = transpose ? channel_last || turned_lane == LAST_LANE : pixel_last; // last step of a lane group
	wire group_last = transpose ? channel_last : lane_group == lane_groups - 1'b1;
	wire x_last = x == width - 1'b1;
	assign finish = run && step_last && group_last && x_last && row == rows - 1'b1;

	wire [15:0] a_word, skip_word_of_group;
	wire [ACC_INDEX-1:0] accumulator_slot;
	wire [SKIP_INDEX-1:0] skip_slot;
	nb_divide #(.DIVISOR(ACC_SLOTS)) accumulator_place (.number(lane_group), .quotient(a_word), .remainder(accumulator_slot));
	nb_divide #(.DIVISOR(SKIP_SLOTS)) skip_place (.number(lane_group), .quotient(skip_word_of_group), .remainder(skip_slot));
	wire [A-1:0] a_skip_word = {{(A-16){1'b0}}, skip_word_of_group};
	wire [A-1:0] a_address = command[2*32 +: A] + a_row + (py ? a_row_words : {A{1'b0}}) + a_column +
		(px ? {{(A-16){1'b0}}, a_groups} : {A{1'b0}}) + {{(A-16){1'b0}}, a_is_skip ? skip_word_of_group : a_word};
	wire [A-1:0] b_address = command[3*32 +: A] + b_row + (py ? b_row_words : {A{1'b0}}) + b_column +
		(px ? {{(A-16){1'b0}}, b_groups} : {A{1'b0}}) + a_skip_word;
	assign accumulator_address = a_address;
	assign skip_address = a_is_skip ? a_address : b_address;
	assign parameter_address = command[4*32 +: A] + {{(A-16){1'b0}}, lane_group};

	wire [15:0] first_group = first_channel / L;       // in lane groups
	// What is written begins at channel channel_group L; with transpose it is channel pixel_number alone.
	wire [15:0] turned_group;
	wire [LANE_INDEX-1:0] turned_place;
	nb_divide #(.DIVISOR(L)) turned (.number(pixel_number), .quotient(turned_group), .remainder(turned_place));
	wire [15:0] channel_group = transpose ? turned_group : first_group + lane_group;
	wire [15:0] fixed_word_of_group, bits_word_of_group;
	wire [FIXED_INDEX-1:0] fixed_slot;
	wire [BIT_INDEX-1:0] bits_slot;
	nb_divide #(.DIVISOR(FIXED_SLOTS)) fixed_place (.number(channel_group), .quotient(fixed_word_of_group), .remainder(fixed_slot));
	nb_divide #(.DIVISOR(BIT_SLOTS)) bits_place (.number(channel_group), .quotient(bits_word_of_group), .remainder(bits_slot));
	wire [A-1:0] fixed_at = command[5*32 +: A] + fixed_pixel + {{(A-16){1'b0}}, fixed_word_of_group};
	wire [A-1:0] bits_at = command[6*32 +: A] + bits_pixel + {{(A-16){1'b0}}, bits_word_of_group};
	wire [A-1:0] output_at = command[7*32 +: A] + output_index;
	wire [L-1:0] valid_channels;
	genvar l;
	generate
		for (l = 0; l < L; l = l + 1) begin : channel
			assign valid_channels[l] = {4'd0, lane_group} * L + l < {4'd0, channels};
		end
	endgenerate

	always @(posedge clock) begin
		if (accept) begin
			a_row_words <= head[10*32+16 +: 16] * {{(A-16){1'b0}}, head[9*32+16 +: 16]};
			b_row_words <= head[10*32+16 +: 16] * {{(A-16){1'b0}}, head[10*32 +: 16]};
			lane_groups <= ({1'b0, head[9*32 +: 16]} + (L - 1)) / L;
		end
		if (asking) begin
			row <= 0;
			x <= 0;
			lane_group <= 0;
			py <= 0;
			px <= 0;
			a_row <= 0;
			b_row <= 0;
			a_column <= 0;
			b_column <= 0;
			fixed_pixel <= 0;
			bits_pixel <= 0;
			output_index <= 0;
			channel_left <= channels - 1'b1;
			turned_lane <= 0;
			pixel_number <= first_channel;
		end else if (run) begin
			if (transpose) begin
				channel_left <= channel_last ? channels - 1'b1 : channel_left - 1'b1;
				turned_lane <= step_last ? {LANE_INDEX{1'b0}} : turned_lane + 1'b1;
				fixed_pixel <= channel_last ? {A{1'b0}} : fixed_pixel + {{(A-16){1'b0}}, fixed_words};
				bits_pixel <= channel_last ? {A{1'b0}} : bits_pixel + {{(A-16){1'b0}}, bits_words};
				if (channel_last) pixel_number <= pixel_number + 1'b1;
			end
			if (pool) begin
				px <= !px;
				if (px) py <= !py;
			end
			if (step_last) begin
				output_index <= output_index + 1'b1;
				lane_group <= group_last ? 16'd0 : lane_group + 1'b1;
				if (group_last && !transpose) begin
					fixed_pixel <= fixed_pixel + {{(A-16){1'b0}}, fixed_words};
					bits_pixel <= bits_pixel + {{(A-16){1'b0}}, bits_words};
				end
				if (group_last) begin
					x <= x_last ? 16'd0 : x + 1'b1;
					a_column <= x_last ? {A{1'b0}} : a_column + ({{(A-16){1'b0}}, a_groups} << pool);
					b_column <= x_last ? {A{1'b0}} : b_column + ({{(A-16){1'b0}}, b_groups} << pool);
					if (x_last) begin
						row <= row + 1'b1;
						a_row <= a_row + (a_row_words << pool);
						b_row <= b_row + (b_row_words << pool);
					end
				end
			end
		end
	end

	// With the step through the pipeline
	reg [D-1:0] write_stage;
	always @(posedge clock) begin
		if (reset) write_stage <= 0;
		else write_stage <= {write_stage[D-2:0], run && pixel_last};
	end
	wire [ACC_INDEX-1:0] accumulator_slot_2;
	wire [SKIP_INDEX-1:0] skip_slot_2;
	wire [FIXED_INDEX-1:0] fixed_slot_13;
	wire [BIT_INDEX-1:0] bits_slot_13;
	wire pool_first_12;
	wire [L-1:0] valid_channels_12;
	nb_delay #(.WIDTH(ACC_INDEX+SKIP_INDEX), .DEPTH(2)) slot_delay (
		.clock(clock), .in({accumulator_slot, skip_slot}), .out({accumulator_slot_2, skip_slot_2}));
	nb_delay #(.WIDTH(L+1), .DEPTH(D-1)) lane_delay (
		.clock(clock), .in({valid_channels, !pool || !(py || px)}), .out({valid_channels_12, pool_first_12}));
	wire [LANE_INDEX-1:0] turned_lane_13, turned_place_13;
	localparam TURN = 10;       // log2 of the most channels whose bits are transposed
	wire [15:0] turned_channel = lane_group * L + {{(16-LANE_INDEX){1'b0}}, turned_lane};
	wire [TURN-1:0] turned_channel_13;
	nb_delay #(.WIDTH(3*A+FIXED_INDEX+BIT_INDEX), .DEPTH(D)) write_delay (
		.clock(clock), .in({fixed_at, bits_at, output_at, fixed_slot, bits_slot}),
		.out({fixed_address, bits_address, output_address, fixed_slot_13, bits_slot_13}));
	nb_delay #(.WIDTH(2*LANE_INDEX+TURN), .DEPTH(D)) turned_delay (
		.clock(clock), .in({turned_lane, turned_place, turned_channel[TURN-1:0]}),
		.out({turned_lane_13, turned_place_13, turned_channel_13}));
	// The memory's read address has registers of its own: yosys 0.23 cannot map a deep LUT memory of one port.
	wire [TURN-1:0] turned_read_13;
	nb_delay #(.WIDTH(TURN), .DEPTH(D)) read_delay (.clock(clock), .in(turned_channel[TURN-1:0]), .out(turned_read_13));

	// Lanes
	wire [ACC_BITS*L-1:0] accumulators;
	wire [SUM_BITS*L-1:0] skips;
	nb_select #(.WIDTH(ACC_BITS*L), .N(ACC_SLOTS)) accumulator_select (
		.index(accumulator_slot_2), .words(accumulator_word), .word(accumulators));
	nb_select #(.WIDTH(SUM_BITS*L), .N(SKIP_SLOTS)) skip_select (.index(skip_slot_2), .words(skip_word), .word(skips));
	wire [L-1:0] bit_values;
	generate
		for (l = 0; l < L; l = l + 1) begin : lane
			wire signed [ACC_BITS-1:0] accumulator = accumulators[ACC_BITS*l +: ACC_BITS];
			wire signed [SUM_BITS-1:0] skip = skips[SUM_BITS*l +: SUM_BITS];
			wire signed [SUM-1:0] accumulator_wide = accumulator;
			wire signed [SUM-1:0] skip_wide = skip;
			nb_post_lane #(.SUM(SUM)) post_lane (
				.clock(clock), .a(a_is_skip ? skip_wide : accumulator_wide), .b(use_b ? skip_wide : {SUM{1'b0}}),
				.record(parameter_word[128*l +: 128]), .threshold(threshold), .threshold_count(command[25:24]),
				.threshold_base(command[13*32 +: 32]), .shift(command[12*32+16 +: 5]), .value_bits(command[12*32+24 +: 8]),
				.valid_channel(valid_channels_12[l]), .pool_first(pool_first_12), .value(output_word[32*l +: 32]),
				.bit_value(bit_values[l]));
		end
	endgenerate

	// With transpose: the one value that is written, in every lane of a group.
	wire [ACTIVATION_BITS*L-1:0] narrow_values, placed_values;
	wire [ACTIVATION_BITS-1:0] turned_value;
	wire turned_bit;
	wire [L-1:0] place_enable;  // lanes of the group that are written
	// The present column of bits of every channel of a transposed map.
	reg [L-1:0] turn [0:(1<<TURN)-1];
	wire [L-1:0] turn_column = (turned_place_13 == 0 ? {L{1'b0}} : turn[turned_read_13]) | (place_enable & {L{turned_bit}});
	always @(posedge clock) if (write_stage[D-1] && transpose) turn[turned_channel_13] <= turn_column;
	wire [L-1:0] placed_bits = transpose ? turn_column : bit_values;
	generate
		for (l = 0; l < L; l = l + 1) begin : place
			assign narrow_values[ACTIVATION_BITS*l +: ACTIVATION_BITS] = output_word[32*l +: ACTIVATION_BITS];
			assign placed_values[ACTIVATION_BITS*l +: ACTIVATION_BITS] =
				transpose ? turned_value : narrow_values[ACTIVATION_BITS*l +: ACTIVATION_BITS];
			assign place_enable[l] = !transpose || turned_place_13 == l;
		end
	endgenerate
	nb_select #(.WIDTH(ACTIVATION_BITS), .N(L)) value_select (.index(turned_lane_13), .words(narrow_values), .word(turned_value));
	nb_select #(.WIDTH(1), .N(L)) bit_select (.index(turned_lane_13), .words(bit_values), .word(turned_bit));

	// Pack: a write whose first lane is lane (bit) 0 of its word clears the rest of the word.
	wire first_place = place_enable[0];
	genvar c;
	generate
		for (c = 0; c < R; c = c + 1) begin : fixed_lane
			wire mine = fixed_slot_13 == c / L && place_enable[c%L];
			assign fixed_enable[c] = mine || (fixed_slot_13 == 0 && first_place);
			assign fixed_word[ACTIVATION_BITS*c +: ACTIVATION_BITS] =
				mine ? placed_values[ACTIVATION_BITS*(c%L) +: ACTIVATION_BITS] : {ACTIVATION_BITS{1'b0}};
		end
		for (c = 0; c < BIT_SLOTS; c = c + 1) begin : bit_column
			wire mine = bits_slot_13 == c;
			assign bits_enable[c] = mine || (bits_slot_13 == 0 && first_place);
			assign bits_word[L*c +: L] = mine ? placed_bits : {L{1'b0}};
		end
	endgenerate
	assign fixed_write = write_stage[D-1] && writes[0];
	assign bits_write = write_stage[D-1] && writes[1];
	assign output_write = write_stage[D-1] && writes[2];
endmodule
