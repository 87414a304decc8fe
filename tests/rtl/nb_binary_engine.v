// nb_binary_engine: P output channels x W lanes of 48 bits (PROGRAM.md section 6).
// WAIT, ASK, RUN; a step issued in cycle x has its operands in x + 2 (buffer read), its counts summed TREE_CYCLES later, is
// accumulated in the next cycle (popcount in DSP: two), and 2 popcount - border stands in front of the accumulator buffer's
// write port in x + D.
module nb_binary_engine #(
	parameter A = 24,
	parameter P = 4,
	parameter W = 1,
	parameter PACKING = 0,      // 0 channel, 1 window (and channel)
	parameter FABRIC = 2,       // XNOR lanes: 0 DSP48E2, 1 LUT, 2 LUT fused with the first adder level
	parameter POPCOUNT_DSP = 0, // 1: counts are accumulated in DSP48E2, two PEs each
	parameter ACC_BITS = 16,
	parameter WINDOW_BITS = 576,
	parameter WINDOW_READS = 1  // words of a window's column that are read in one cycle; 1 without a window register
) (
	input clock,
	input reset,
	// queue and tokens
	input head_valid,
	input [511:0] head,
	input tokens_there,
	output accept,
	output give,
	output [9:0] give_masks,    // room, data
	// ports
	output asking,
	input granted,
	output port_last,
	// buffers
	output [WINDOW_READS*A-1:0] activation_address, // of each memory that holds the bit activations
	input [WINDOW_READS*48*W-1:0] activation_word,
	output [A-1:0] weight_address,
	input [48*P*W-1:0] weight_word,
	output [A-1:0] border_address,
	input [16*P-1:0] border_word,
	output sum_write,
	output [A-1:0] sum_address,
	output [ACC_BITS*P-1:0] sum_word,
	// state
	output running,
	output filled,              // the pipeline is not empty
	output active,
	output [11:0] active_layer,
	output quiet
);
	localparam BITS = 48 * W;
	localparam COUNTS = FABRIC == 2 ? 16 * W : 8 * W;
	localparam COUNT_BITS = FABRIC == 2 ? 2 : 3;
	localparam LANE_COUNTS = COUNT_BITS * COUNTS / W;
	localparam POPCOUNT_BITS = COUNT_BITS + $clog2(COUNTS);
	localparam TREE_CYCLES = (FABRIC == 0 ? 3 : FABRIC == 1 ? 2 : 1) + $clog2(COUNTS);
	localparam ACCUMULATE = POPCOUNT_DSP != 0 ? 2 : 1;
	localparam D = 2 + TREE_CYCLES + ACCUMULATE + 1;
	localparam [1:0] WAIT = 0, ASK = 1, RUN = 2;

	reg [1:0] state;
	reg [511:0] command;
	wire run = state == RUN;
	wire arm = state == ASK;
	wire step, first, last, finish;

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

	// Step generators
	wire [A-1:0] c_input, c_weight, c_border, c_sum;
	wire c_outside, c_first, c_last, c_finish;
	wire windowed;
	wire [BITS-1:0] operand;
	wire [A-1:0] step_sum;
	wire c_average, c_average_first, c_product;
	reg c_outside_1, c_outside_2;
	always @(posedge clock) begin
		c_outside_1 <= c_outside;
		c_outside_2 <= c_outside_1;
	end
	wire [BITS-1:0] c_operand = c_outside_2 ? {BITS{1'b0}} : activation_word[BITS-1:0];
	nb_steps #(.A(A)) steps (
		.clock(clock), .accept(accept), .head(head), .arm(arm), .run(run && !windowed), .command(command),
		.input_address(c_input), .weight_address(c_weight), .border_address(c_border), .sum_address(c_sum), .outside(c_outside),
		.first(c_first), .last(c_last), .average(c_average), .average_first(c_average_first), .product(c_product),
		.finish(c_finish));
	generate
		if (PACKING != 0) begin : window_packed
			wire [WINDOW_READS*A-1:0] w_input;
			wire [A-1:0] w_weight, w_border, w_sum;
			wire [BITS-1:0] w_operand;
			wire w_step, w_first, w_last, w_finish;
			reg windowed_1, windowed_2;
			assign windowed = command[16];
			always @(posedge clock) begin
				windowed_1 <= windowed;
				windowed_2 <= windowed_1;
			end
			nb_window #(.A(A), .BITS(BITS), .WINDOW_BITS(WINDOW_BITS), .READS(WINDOW_READS)) window (
				.clock(clock), .reset(reset), .accept(accept), .head(head), .arm(arm), .run(run && windowed), .command(command),
				.word(activation_word), .input_address(w_input), .weight_address(w_weight), .border_address(w_border),
				.sum_address(w_sum), .step(w_step), .first(w_first), .last(w_last), .finish(w_finish), .operand(w_operand));
			assign activation_address[A-1:0] = windowed ? w_input[A-1:0] : c_input;
			if (WINDOW_READS > 1) begin : further_reads
				assign activation_address[WINDOW_READS*A-1:A] = w_input[WINDOW_READS*A-1:A];
			end
			assign weight_address = windowed ? w_weight : c_weight;
			assign border_address = windowed ? w_border : c_border;
			assign step_sum = windowed ? w_sum : c_sum;
			assign step = windowed ? w_step : run;
			assign first = windowed ? w_first : c_first;
			assign last = windowed ? w_last : c_last;
			assign finish = windowed ? w_finish : c_finish;
			assign operand = windowed_2 ? w_operand : c_operand;
		end else begin : channel_packed
			assign windowed = 1'b0;
			assign activation_address = {WINDOW_READS{c_input}};
			assign weight_address = c_weight;
			assign border_address = c_border;
			assign step_sum = c_sum;
			assign step = run;
			assign first = c_first;
			assign last = c_last;
			assign finish = c_finish;
			assign operand = c_operand;
		end
	endgenerate

	// Flags of the step in each pipeline stage; bit s: of the step issued s + 1 cycles ago.
	reg [D-1:0] step_stage, first_stage, last_stage, finish_stage, run_stage;
	always @(posedge clock) begin
		first_stage <= {first_stage[D-2:0], first};
		if (reset) begin
			step_stage <= 0;
			last_stage <= 0;
			finish_stage <= 0;
			run_stage <= 0;
		end else begin
			step_stage <= {step_stage[D-2:0], step};
			last_stage <= {last_stage[D-2:0], step && last};
			finish_stage <= {finish_stage[D-2:0], finish};
			run_stage <= {run_stage[D-2:0], run};
		end
	end
	assign filled = run_stage != 0;
	assign quiet = !head_valid && state == WAIT && !filled;
	assign give = finish_stage[D-1];
	assign sum_write = last_stage[D-1];
	nb_delay #(.WIDTH(10), .DEPTH(D)) give_delay (.clock(clock), .in(command[51:42]), .out(give_masks));
	nb_delay #(.WIDTH(A), .DEPTH(D)) address_delay (.clock(clock), .in(step_sum), .out(sum_address));

	// Lanes, trees, accumulators
	localparam TREE_AT = 2 + TREE_CYCLES; // cycles from issue to the tree's sum
	wire [16*P-1:0] border;
	wire [POPCOUNT_BITS*P-1:0] popcount;
	wire [ACC_BITS*P-1:0] accumulated;
	nb_delay #(.WIDTH(16*P), .DEPTH(D-3)) border_delay (.clock(clock), .in(border_word), .out(border));
	genvar p, w;
	generate
		for (p = 0; p < P; p = p + 1) begin : pe
			wire [COUNTS*COUNT_BITS-1:0] counts;
			for (w = 0; w < W; w = w + 1) begin : lane
				wire [47:0] activation = operand[48*w +: 48];
				wire [47:0] weight = weight_word[48*(p*W+w) +: 48];
				if (FABRIC == 0) begin : dsp
					nb_lane_dsp xnor_lane (.clock(clock), .activation(activation), .weight(weight), .counts(counts[LANE_COUNTS*w +: LANE_COUNTS]));
				end else if (FABRIC == 1) begin : lut
					nb_lane_lut xnor_lane (.clock(clock), .activation(activation), .weight(weight), .counts(counts[LANE_COUNTS*w +: LANE_COUNTS]));
				end else begin : fused
					nb_lane_fused xnor_lane (.clock(clock), .activation(activation), .weight(weight), .counts(counts[LANE_COUNTS*w +: LANE_COUNTS]));
				end
			end
			nb_adder_tree #(.N(COUNTS), .BITS(COUNT_BITS)) tree (.clock(clock), .in(counts), .sum(popcount[POPCOUNT_BITS*p +: POPCOUNT_BITS]));
			if (POPCOUNT_DSP == 0) begin : fabric_accumulator
				reg [ACC_BITS-1:0] total;
				wire [ACC_BITS-1:0] base = first_stage[TREE_AT-1] ? {ACC_BITS{1'b0}} : total;
				always @(posedge clock)
					if (step_stage[TREE_AT-1]) total <= base + {{(ACC_BITS-POPCOUNT_BITS){1'b0}}, popcount[POPCOUNT_BITS*p +: POPCOUNT_BITS]};
				assign accumulated[ACC_BITS*p +: ACC_BITS] = total;
			end
			reg [ACC_BITS-1:0] dot;
			wire [15:0] constant = border[16*p +: 16];
			wire [ACC_BITS-1:0] constant_wide = $signed(constant);
			always @(posedge clock) dot <= (accumulated[ACC_BITS*p +: ACC_BITS] << 1) - constant_wide;
			assign sum_word[ACC_BITS*p +: ACC_BITS] = dot;
		end
		if (POPCOUNT_DSP != 0) begin : dsp_accumulators
			for (p = 0; p < P; p = p + 2) begin : pair
				wire [23:0] low = {{(24-POPCOUNT_BITS){1'b0}}, popcount[POPCOUNT_BITS*p +: POPCOUNT_BITS]};
				wire [23:0] high;
				wire [47:0] totals;
				if (p + 1 < P) begin : both
					assign high = {{(24-POPCOUNT_BITS){1'b0}}, popcount[POPCOUNT_BITS*(p+1) +: POPCOUNT_BITS]};
					assign accumulated[ACC_BITS*(p+1) +: ACC_BITS] = totals[24 +: ACC_BITS];
				end else begin : one
					assign high = 24'd0;
				end
				assign accumulated[ACC_BITS*p +: ACC_BITS] = totals[0 +: ACC_BITS];
				// X = A:B, Z = P or 0 (first step of a sum); P holds between steps.
				DSP48E2 #(
					.USE_MULT("NONE"), .USE_SIMD("TWO24"), .AREG(1), .ACASCREG(1), .BREG(1), .BCASCREG(1), .CREG(1), .PREG(1), .MREG(0),
					.ADREG(0), .DREG(0), .ALUMODEREG(0), .CARRYINREG(0), .CARRYINSELREG(0), .INMODEREG(0), .OPMODEREG(1)
				) accumulator (
					.CLK(clock), .A({high, low[23:18]}), .B(low[17:0]), .C(48'd0), .P(totals),
					.OPMODE(first_stage[TREE_AT-1] ? 9'b000000011 : 9'b000100011), .ALUMODE(4'b0000), .INMODE(5'b0), .CARRYIN(1'b0),
					.CARRYINSEL(3'b0), .D(27'b0),
					.CEA1(1'b0), .CEA2(1'b1), .CEB1(1'b0), .CEB2(1'b1), .CEC(1'b0), .CEP(step_stage[TREE_AT]), .CED(1'b0), .CEAD(1'b0),
					.CEM(1'b0), .CEALUMODE(1'b0), .CECARRYIN(1'b0), .CECTRL(1'b1), .CEINMODE(1'b0),
					.RSTA(1'b0), .RSTB(1'b0), .RSTC(1'b0), .RSTD(1'b0), .RSTM(1'b0), .RSTP(1'b0), .RSTALUMODE(1'b0), .RSTALLCARRYIN(1'b0),
					.RSTCTRL(1'b0), .RSTINMODE(1'b0),
					.ACIN(30'b0), .BCIN(18'b0), .PCIN(48'b0), .CARRYCASCIN(1'b0), .MULTSIGNIN(1'b0)
				);
			end
		end
	endgenerate
endmodule
