// nb_fixed_engine: R input channels x Q output channels of multiply-accumulate lanes (PROGRAM.md section 6).
// A step issued in cycle x: operands from the buffers in x + 2, averager x + 3, operand registers x + 4, products x + 5, tree of
// R x + 5 + ceil(log2 R), accumulator (and accumulator buffer's write port) x + D.
module nb_fixed_engine #(
	parameter A = 24,
	parameter R = 4,
	parameter Q = 4,
	parameter WEIGHT_BITS = 8,
	parameter ACTIVATION_BITS = 8,
	parameter SUM_BITS = 32
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
	output [A-1:0] activation_address,
	input [ACTIVATION_BITS*R-1:0] activation_word,
	output [A-1:0] weight_address,
	input [WEIGHT_BITS*R*Q-1:0] weight_word,
	output sum_write,
	output [A-1:0] sum_address,
	output [SUM_BITS*Q-1:0] sum_word,
	output running,
	output filled,
	output active,
	output [11:0] active_layer,
	output quiet
);
	localparam TREE_CYCLES = R > 1 ? $clog2(R) : 0;
	localparam D = 6 + TREE_CYCLES;
	localparam PRODUCT = WEIGHT_BITS + ACTIVATION_BITS;
	localparam TOTAL = PRODUCT + TREE_CYCLES;
	localparam AVERAGE = ACTIVATION_BITS + 3;
	localparam [1:0] WAIT = 0, ASK = 1, RUN = 2;

	reg [1:0] state;
	reg [511:0] command;
	wire run = state == RUN;
	wire finish;

	assign accept = state == WAIT && head_valid && tokens_there;
	assign asking = state == ASK;
	assign running = run;
	assign active = state != WAIT;
	assign active_layer = command[15:4];
	assign port_last = finish;

	always @(posedge clock) begin
		if (accept) command <= head;
		if (reset) state <= WAIT;
		else if (accept) state <= ASK;
		else if (asking && granted) state <= RUN;
		else if (finish) state <= WAIT;
	end

	wire outside, first, last, average, average_first, product;
	wire [A-1:0] step_sum;
	wire [A-1:0] no_border;
	nb_steps #(.A(A)) steps (
		.clock(clock), .accept(accept), .head(head), .arm(asking), .run(run), .command(command),
		.input_address(activation_address), .weight_address(weight_address), .border_address(no_border), .sum_address(step_sum),
		.outside(outside), .first(first), .last(last), .average(average), .average_first(average_first), .product(product),
		.finish(finish));

	// Flags; bit s: of the step issued s + 1 cycles ago. A sum's first product is the first step, or with average2 the fourth.
	reg [D-1:0] run_stage, last_stage, finish_stage, product_stage, first_stage;
	reg [1:0] outside_stage, average_stage, average_first_stage;
	reg sum_begins;
	always @(posedge clock) begin
		outside_stage <= {outside_stage[0], outside};
		average_stage <= {average_stage[0], average};
		average_first_stage <= {average_first_stage[0], average_first};
		first_stage <= {first_stage[D-2:0], product && (first || sum_begins)};
		if (run) sum_begins <= (first || sum_begins) && !product;
		if (reset) begin
			sum_begins <= 0;
			run_stage <= 0;
			last_stage <= 0;
			finish_stage <= 0;
			product_stage <= 0;
		end else begin
			run_stage <= {run_stage[D-2:0], run};
			last_stage <= {last_stage[D-2:0], run && last};
			finish_stage <= {finish_stage[D-2:0], finish};
			product_stage <= {product_stage[D-2:0], run && product};
		end
	end
	assign filled = run_stage != 0;
	assign quiet = !head_valid && state == WAIT && !filled;
	assign give = finish_stage[D-1];
	assign sum_write = last_stage[D-1];
	nb_delay #(.WIDTH(10), .DEPTH(D)) give_delay (.clock(clock), .in(command[51:42]), .out(give_masks));
	nb_delay #(.WIDTH(A), .DEPTH(D)) address_delay (.clock(clock), .in(step_sum), .out(sum_address));

	// Averager (or a plain register)
	reg [ACTIVATION_BITS*R-1:0] averaged;
	genvar r, q;
	generate
		for (r = 0; r < R; r = r + 1) begin : averager
			wire signed [ACTIVATION_BITS-1:0] value =
				outside_stage[1] ? {ACTIVATION_BITS{1'b0}} : activation_word[ACTIVATION_BITS*r +: ACTIVATION_BITS];
			reg signed [AVERAGE-1:0] partial;
			wire signed [AVERAGE-1:0] sum = (average_first_stage[1] ? {AVERAGE{1'b0}} : partial) +
				{{3{value[ACTIVATION_BITS-1]}}, value};
			wire signed [AVERAGE-1:0] rounded = sum + {{(AVERAGE-2){1'b0}}, 2'd2};
			always @(posedge clock) begin
				partial <= sum;
				averaged[ACTIVATION_BITS*r +: ACTIVATION_BITS] <= average_stage[1] ? rounded[2 +: ACTIVATION_BITS] : value;
			end
		end
	endgenerate

	// Operand and product registers are in nb_products, two columns each; trees and accumulators.
	localparam KIND = WEIGHT_BITS <= 4 && ACTIVATION_BITS <= 4 ? 0 :
		Q > 1 && 2 * WEIGHT_BITS + ACTIVATION_BITS + 2 <= 27 && ACTIVATION_BITS <= 18 ? 2 : 1;
	wire [PRODUCT*R*(Q+1)-1:0] products;
	generate
		for (q = 0; q < Q; q = q + 2) begin : pair
			localparam BOTH = q + 1 < Q ? 1 : 0;
			for (r = 0; r < R; r = r + 1) begin : row
				wire [WEIGHT_BITS-1:0] second;
				if (BOTH != 0) begin : there
					assign second = weight_word[WEIGHT_BITS*((q+1)*R+r) +: WEIGHT_BITS];
				end else begin : beyond
					assign second = {WEIGHT_BITS{1'b0}};
				end
				nb_products #(
					.WEIGHT_BITS(WEIGHT_BITS), .ACTIVATION_BITS(ACTIVATION_BITS), .KIND(KIND), .PAIR(BOTH)
				) lanes (
					.clock(clock), .weight_0(weight_word[WEIGHT_BITS*(q*R+r) +: WEIGHT_BITS]), .weight_1(second),
					.activation(averaged[ACTIVATION_BITS*r +: ACTIVATION_BITS]), .product_0(products[PRODUCT*(q*R+r) +: PRODUCT]),
					.product_1(products[PRODUCT*((q+1)*R+r) +: PRODUCT]));
			end
		end
		for (q = 0; q < Q; q = q + 1) begin : column
			wire [TOTAL-1:0] total;
			nb_adder_tree #(.N(R), .BITS(PRODUCT), .SIGNED(1)) tree (
				.clock(clock), .in(products[PRODUCT*R*q +: PRODUCT*R]), .sum(total));
			reg [SUM_BITS-1:0] sum;
			wire signed [TOTAL-1:0] addend = total;
			wire signed [SUM_BITS-1:0] wide = addend;
			always @(posedge clock)
				if (product_stage[D-2]) sum <= (first_stage[D-2] ? {SUM_BITS{1'b0}} : sum) + wide;
			assign sum_word[SUM_BITS*q +: SUM_BITS] = sum;
		end
	endgenerate
endmodule
