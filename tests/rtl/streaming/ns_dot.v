// ns_dot: dot product of SIMD activations and weights, without registers. Bits are +1 (1) and -1 (0): XNOR and popcount where both are
// bits; where one is, the other's value or its complement, and the number of complements. Else SIMD products.
module ns_dot #(
	parameter SIMD = 8,
	parameter INPUT_BITS = 1,
	parameter INPUT_SIGNED = 1,
	parameter WEIGHT_BITS = 1,
	parameter SUM = 16
) (
	input [SIMD*INPUT_BITS-1:0] values,
	input [SIMD*WEIGHT_BITS-1:0] weights,
	output [SUM-1:0] sum
);
	localparam VALUE = INPUT_BITS + (INPUT_SIGNED != 0 ? 0 : 1); // as a signed number
	localparam CB = $clog2(SIMD + 1);
	genvar i;
	generate
		if (INPUT_BITS == 1 && WEIGHT_BITS == 1) begin : equal
			wire [CB-1:0] ones;
			ns_count #(.N(SIMD)) count (.bits(~(values ^ weights)), .ones(ones));
			wire signed [CB+1:0] twice = {1'b0, ones, 1'b0};
			wire signed [CB+1:0] both = twice - $signed(SIMD);
			assign sum = {{(SUM+1){both[CB+1]}}, both};
		end else if (INPUT_BITS == 1 || WEIGHT_BITS == 1) begin : signs
			localparam TERM = INPUT_BITS == 1 ? WEIGHT_BITS : VALUE;
			localparam TREE = TERM + (SIMD > 1 ? $clog2(SIMD) : 0);
			wire [SIMD*TERM-1:0] terms;
			wire [SIMD-1:0] plus;
			for (i = 0; i < SIMD; i = i + 1) begin : lane
				if (INPUT_BITS == 1) begin : by_value
					assign plus[i] = values[i];
					assign terms[TERM*i +: TERM] = weights[WEIGHT_BITS*i +: WEIGHT_BITS] ^ {TERM{!plus[i]}};
				end else begin : by_weight
					wire [INPUT_BITS-1:0] value = values[INPUT_BITS*i +: INPUT_BITS];
					wire [VALUE:0] wide = {2'b00, value} | {{2{INPUT_SIGNED != 0 && value[INPUT_BITS-1]}}, {INPUT_BITS{1'b0}}};
					assign plus[i] = weights[i];
					assign terms[TERM*i +: TERM] = wide[VALUE-1:0] ^ {TERM{!plus[i]}};
				end
			end
			wire [TREE-1:0] all;
			wire [CB-1:0] complements;
			ns_sum #(.N(SIMD), .BITS(TERM), .SIGNED(1)) tree (.in(terms), .sum(all));
			ns_count #(.N(SIMD)) count (.bits(~plus), .ones(complements));
			wire [TREE+SUM-1:0] all_wide = {{SUM{all[TREE-1]}}, all};
			wire [CB+SUM-1:0] complements_wide = {{SUM{1'b0}}, complements};
			assign sum = all_wide[SUM-1:0] + complements_wide[SUM-1:0];
		end else begin : products
			localparam TERM = VALUE + WEIGHT_BITS;
			localparam TREE = TERM + (SIMD > 1 ? $clog2(SIMD) : 0);
			wire [SIMD*TERM-1:0] terms;
			for (i = 0; i < SIMD; i = i + 1) begin : lane
				wire [INPUT_BITS-1:0] value = values[INPUT_BITS*i +: INPUT_BITS];
				wire signed [VALUE:0] wide = {INPUT_SIGNED != 0 && value[INPUT_BITS-1], {VALUE-INPUT_BITS{1'b0}}, value};
				wire signed [WEIGHT_BITS-1:0] weight = weights[WEIGHT_BITS*i +: WEIGHT_BITS];
				wire signed [VALUE-1:0] factor = wide[VALUE-1:0];
				wire signed [TERM-1:0] product = factor * weight;
				assign terms[TERM*i +: TERM] = product;
			end
			wire [TREE-1:0] all;
			ns_sum #(.N(SIMD), .BITS(TERM), .SIGNED(1)) tree (.in(terms), .sum(all));
			wire [TREE+SUM-1:0] all_wide = {{SUM{all[TREE-1]}}, all};
			assign sum = all_wide[SUM-1:0];
		end
	endgenerate
endmodule
