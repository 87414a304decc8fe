// nb_post_lane: one lane of the post unit, 13 cycles from the read of a sum to its value (PROGRAM.md section 7). `a`, `b` and
// `record` are there two cycles after the read (cycle x + 2); then 3 multiply, 1 add, 3 multiply, 1 round, 1 add, 1 saturate
// or compare, 1 pool. All arithmetic modulo 2^64. The command's fields are constant while a command is in the pipeline.
module nb_post_lane #(
	parameter SUM = 48          // bits of the wider of the two kinds of sums
) (
	input clock,
	input signed [SUM-1:0] a,
	input signed [SUM-1:0] b,
	input [127:0] record,
	input threshold,
	input [1:0] threshold_count,
	input [31:0] threshold_base,
	input [4:0] shift,
	input [7:0] value_bits,
	input valid_channel,        // in x + 12
	input pool_first,           // in x + 12: first (or only) pixel of the pool
	output reg signed [31:0] value, // in x + 13
	output reg bit_value
);
	localparam WIDE = SUM + 17 > 64 ? 64 : SUM + 17; // of z = A a + B, without loss

	function signed [63:0] rounded_shift(input signed [63:0] v, input [5:0] s);
		rounded_shift = s == 0 ? v : (v + (64'sd1 << (s - 6'd1))) >>> s;
	endfunction

	// Threshold: the number of compares that hold, x + 3; then on its way to the compare stage.
	wire signed [31:0] t0 = record[31:0];
	wire signed [31:0] t1 = record[63:32];
	wire signed [31:0] t2 = record[95:64];
	wire down = record[96];
	wire [2:0] beyond = {down ? a < t2 : a > t2, down ? a < t1 : a > t1, down ? a < t0 : a > t0};
	wire [2:0] counted = beyond & {threshold_count == 2'd3, threshold_count >= 2'd2, threshold_count != 2'd0};
	reg [1:0] number;
	wire [1:0] number_late;
	nb_delay #(.WIDTH(2), .DEPTH(8)) number_delay (.clock(clock), .in(number), .out(number_late));

	wire [31:0] b_term, c_term;
	wire [31:0] slopes;
	wire [SUM-1:0] skip;
	wire [5:0] skip_shift;
	nb_delay #(.WIDTH(32), .DEPTH(3)) offset_delay (.clock(clock), .in(record[95:64]), .out(b_term));
	nb_delay #(.WIDTH(32), .DEPTH(4)) slope_delay (.clock(clock), .in(record[47:16]), .out(slopes));
	nb_delay #(.WIDTH(SUM+6), .DEPTH(7)) skip_delay (.clock(clock), .in({record[53:48], b}), .out({skip_shift, skip}));
	nb_delay #(.WIDTH(32), .DEPTH(8)) constant_delay (.clock(clock), .in(record[127:96]), .out(c_term));

	reg signed [WIDE-1:0] z_6;
	reg signed [63:0] main_10, skip_10, sum_11;
	reg signed [31:0] value_12;
	reg bit_12;
	wire signed [31:0] b_signed = b_term;
	wire signed [31:0] c_signed = c_term;
	wire signed [15:0] slope_plus = slopes[15:0];
	wire signed [15:0] slope_minus = slopes[31:16];
	wire [SUM+15:0] scaled;
	wire [WIDE+15:0] sloped;
	nb_multiply #(.A_BITS(SUM), .B_BITS(16)) scale (.clock(clock), .a(a), .b(record[15:0]), .product(scaled));
	nb_multiply #(.A_BITS(WIDE), .B_BITS(16)) slope (
		.clock(clock), .a(z_6), .b(z_6[WIDE-1] ? slope_minus : slope_plus), .product(sloped));
	wire signed [SUM+15:0] scaled_signed = scaled;
	wire signed [WIDE+15:0] sloped_signed = sloped;
	wire signed [WIDE-1:0] product_5 = scaled_signed;
	wire signed [63:0] product_9 = sloped_signed;
	wire signed [63:0] skip_wide = $signed(skip);
	wire signed [63:0] high = (64'sd1 << (value_bits - 8'd1)) - 64'sd1;
	wire signed [63:0] low = -(64'sd1 << (value_bits - 8'd1));
	wire signed [31:0] value_13 = valid_channel ? value_12 : 32'sd0;
	wire bit_13 = valid_channel && bit_12;

	always @(posedge clock) begin
		number <= {1'b0, counted[0]} + {1'b0, counted[1]} + {1'b0, counted[2]};
		z_6 <= product_5 + b_signed;
		main_10 <= rounded_shift(product_9, {1'b0, shift});
		skip_10 <= rounded_shift(skip_wide, skip_shift);
		sum_11 <= main_10 + skip_10 + c_signed;
		if (threshold) begin
			value_12 <= threshold_base + {30'd0, number_late};
			bit_12 <= number_late != 0;
		end else begin
			value_12 <= sum_11 > high ? high[31:0] : sum_11 < low ? low[31:0] : sum_11[31:0];
			bit_12 <= !sum_11[63];
		end
		value <= pool_first || value_13 > value ? value_13 : value;
		bit_value <= bit_13 || (bit_value && !pool_first);
	end
endmodule
