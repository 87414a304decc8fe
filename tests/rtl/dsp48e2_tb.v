// dsp48e2_tb: does the behavioural DSP48E2 do what the primitive's tables say? Every logic mode, SIMD accumulation, multiply-accumulate,
// packed products, cascade, register counts; and the machine's own products and quotients (nb_products, nb_multiply, nb_divide).
// Expected values are written from the tables of the primitive's manual (OPMODE, ALUMODE, INMODE), not from the model.
// Prints a line for each failure and `N passed, N failed`.
module dsp48e2_tb;
	reg clock = 0;
	reg [29:0] a;
	reg [17:0] b;
	reg [47:0] c, pcin;
	reg [26:0] d;
	reg [8:0] opmode;
	reg [3:0] alumode;
	reg [4:0] inmode;
	reg ce;
	wire [47:0] p_logic, p_one, p_two, p_four, p_mac, p_deep, p_packed, p_cascade, p_cascade_sum;
	integer passed = 0, failed = 0, i, k;
	reg [31:0] seed = 1;

	`define DSP(NAME, OUT, PARAMETERS, CARRY) \
		DSP48E2 #(PARAMETERS, .ACASCREG(1), .BCASCREG(1), .ALUMODEREG(0), .CARRYINREG(0), .CARRYINSELREG(0), .INMODEREG(0), .OPMODEREG(0)) NAME ( \
			.CLK(clock), .A(a), .B(b), .C(c), .D(d), .P(OUT), .OPMODE(opmode), .ALUMODE(alumode), .INMODE(inmode), .CARRYIN(1'b0), .CARRYINSEL(3'b0), \
			.CEA1(ce), .CEA2(ce), .CEB1(ce), .CEB2(ce), .CEC(ce), .CEP(ce), .CED(ce), .CEAD(ce), .CEM(ce), .CEALUMODE(1'b0), .CECARRYIN(1'b0), \
			.CECTRL(1'b0), .CEINMODE(1'b0), .RSTA(1'b0), .RSTB(1'b0), .RSTC(1'b0), .RSTD(1'b0), .RSTM(1'b0), .RSTP(1'b0), .RSTALUMODE(1'b0), \
			.RSTALLCARRYIN(1'b0), .RSTCTRL(1'b0), .RSTINMODE(1'b0), .ACIN(30'b0), .BCIN(18'b0), .PCIN(CARRY), .CARRYCASCIN(1'b0), .MULTSIGNIN(1'b0))
	`define LOGIC .USE_MULT("NONE"), .AREG(1), .BREG(1), .CREG(1), .MREG(0), .PREG(1), .ADREG(0), .DREG(0)
	`DSP(logic_unit, p_logic, `LOGIC, 48'd0);
	`define TWO `LOGIC, .USE_SIMD("TWO24")
	`DSP(two, p_two, `TWO, 48'd0);
	`define FOUR `LOGIC, .USE_SIMD("FOUR12")
	`DSP(four, p_four, `FOUR, 48'd0);
	`define MAC .USE_MULT("MULTIPLY"), .AREG(1), .BREG(1), .CREG(1), .MREG(1), .PREG(1), .ADREG(0), .DREG(0)
	`DSP(mac, p_mac, `MAC, 48'd0);
	`define DEEP .USE_MULT("MULTIPLY"), .AREG(2), .BREG(2), .CREG(1), .MREG(1), .PREG(0), .ADREG(0), .DREG(0)
	`DSP(deep, p_deep, `DEEP, 48'd0);
	`define PACKED .USE_MULT("MULTIPLY"), .AMULTSEL("AD"), .AREG(1), .BREG(2), .CREG(1), .MREG(1), .PREG(0), .ADREG(1), .DREG(1)
	`DSP(pre_adder, p_packed, `PACKED, 48'd0);
	`DSP(cascade, p_cascade, `MAC, pcin);
	// verilator lint_off UNDRIVEN
	assign p_one = p_logic;
	// verilator lint_on UNDRIVEN

	function [47:0] random48(input integer unused);
		reg [63:0] word;
		begin
			word = {$random(seed), $random(seed)};
			case ($random(seed) & 7)
			0: random48 = 48'd0;
			1: random48 = {48{1'b1}};
			2: random48 = 48'h800000800000;
			default: random48 = word[47:0];
			endcase
		end
	endfunction

	task draw;
		reg [47:0] word;
		begin
			word = random48(0);
			a = word[47:18];
			b = word[17:0];
			c = random48(0);
			word = random48(0);
			d = word[26:0];
			pcin = random48(0);
		end
	endtask

	task tick;
		begin
			#1 clock = 1;
			#1 clock = 0;
		end
	endtask

	task check(input [47:0] got, input [47:0] expected, input [8*24-1:0] name, input integer detail);
		begin
			if (got === expected) passed = passed + 1;
			else begin
				failed = failed + 1;
				$display("%0s %0d: got %h, expected %h", name, detail, got, expected);
			end
		end
	endtask

	// Two-input logic unit: X = A:B, Z = C.
	function [47:0] logic_table(input [3:0] mode, input ones, input [47:0] x, input [47:0] z);
		case ({mode, ones})
		{4'b0100, 1'b0}: logic_table = x ^ z;
		{4'b0101, 1'b0}: logic_table = ~(x ^ z);
		{4'b0110, 1'b0}: logic_table = ~(x ^ z);
		{4'b0111, 1'b0}: logic_table = x ^ z;
		{4'b1100, 1'b0}: logic_table = x & z;
		{4'b1101, 1'b0}: logic_table = x & ~z;
		{4'b1110, 1'b0}: logic_table = ~(x & z);
		{4'b1111, 1'b0}: logic_table = ~x | z;
		{4'b0100, 1'b1}: logic_table = ~(x ^ z);
		{4'b0101, 1'b1}: logic_table = x ^ z;
		{4'b0110, 1'b1}: logic_table = x ^ z;
		{4'b0111, 1'b1}: logic_table = ~(x ^ z);
		{4'b1100, 1'b1}: logic_table = x | z;
		{4'b1101, 1'b1}: logic_table = x | ~z;
		{4'b1110, 1'b1}: logic_table = ~(x | z);
		default: logic_table = ~x & z;
		endcase
	endfunction

	reg [47:0] x_1, z_1, total, expected, held;
	reg [23:0] total_low, total_high;
	reg [11:0] quarter [0:3];
	reg signed [44:0] product_1, product_2;
	reg signed [47:0] accumulated, wide_pcin;
	reg signed [26:0] a_signed, added;
	reg signed [17:0] b_signed;

	// The machine's products
	reg [7:0] w0, w1, activation;
	reg [3:0] n0, n1, n_activation;
	reg [15:0] v0, v_activation, factor;
	reg [31:0] wide32;
	reg [48:0] wide49;
	wire [15:0] pair_0, pair_1;
	wire [7:0] nibble_0, nibble_1;
	wire [31:0] single_0, single_1;
	wire [47:0] two_tiles;
	wire [64:0] three_tiles;
	nb_products #(.WEIGHT_BITS(8), .ACTIVATION_BITS(8), .KIND(2), .PAIR(1)) pair (
		.clock(clock), .weight_0(w0), .weight_1(w1), .activation(activation), .product_0(pair_0), .product_1(pair_1));
	nb_products #(.WEIGHT_BITS(4), .ACTIVATION_BITS(4), .KIND(0), .PAIR(1)) nibble (
		.clock(clock), .weight_0(n0), .weight_1(n1), .activation(n_activation), .product_0(nibble_0), .product_1(nibble_1));
	nb_products #(.WEIGHT_BITS(16), .ACTIVATION_BITS(16), .KIND(1), .PAIR(1)) single (
		.clock(clock), .weight_0(v0), .weight_1(~v0), .activation(v_activation), .product_0(single_0), .product_1(single_1));
	nb_multiply #(.A_BITS(32), .B_BITS(16)) post_scale (.clock(clock), .a(wide32), .b(factor), .product(two_tiles));
	nb_multiply #(.A_BITS(49), .B_BITS(16)) post_slope (.clock(clock), .a(wide49), .b(factor), .product(three_tiles));
	reg signed [15:0] pair_0_expected, pair_1_expected;
	reg signed [7:0] nibble_0_expected, nibble_1_expected;
	reg signed [31:0] single_0_expected, single_1_expected;
	reg signed [47:0] two_expected;
	reg signed [64:0] three_expected;
	reg signed [15:0] not_v0;

	// Division by a constant (nb_divide), the post unit's other arithmetic: every number, the divisors that lanes and words give.
	localparam DIVISORS = 12;
	localparam [16*DIVISORS-1:0] DIVISOR = {16'd1, 16'd2, 16'd3, 16'd5, 16'd6, 16'd7, 16'd9, 16'd12, 16'd24, 16'd36, 16'd48, 16'd576};
	reg [15:0] number;
	wire [DIVISORS-1:0] divided;
	genvar v;
	generate
		for (v = 0; v < DIVISORS; v = v + 1) begin : divider
			localparam [15:0] BY = DIVISOR[16*v +: 16];
			localparam REST = BY > 1 ? $clog2(BY) : 1;
			wire [15:0] quotient;
			wire [REST-1:0] remainder;
			nb_divide #(.DIVISOR(BY)) divide (.number(number), .quotient(quotient), .remainder(remainder));
			assign divided[v] = quotient == number / BY && {{(16-REST){1'b0}}, remainder} == number % BY;
		end
	endgenerate

	initial begin
		// verilator lint_off BLKSEQ
		ce = 1;
		inmode = 0;
		pcin = 0;
		d = 0;
		n_activation = 0;
		// All sixteen rows of the logic table, X = A:B, Z = C: result two cycles after the operands; a clock enable that is off holds it.
		for (k = 0; k < 16; k = k + 1) begin
			alumode = {k[2], 1'b1, k[1:0]};
			opmode = k[3] ? 9'b000111011 : 9'b000110011;
			for (i = 0; i < 40; i = i + 1) begin
				draw;
				x_1 = {a, b};
				z_1 = c;
				tick;
				draw;
				tick;
				check(p_logic, logic_table(alumode, k[3], x_1, z_1), "logic mode", k);
			end
			held = p_logic;
			ce = 0;
			draw;
			tick;
			tick;
			check(p_logic, held, "clock enable", k);
			ce = 1;
		end
		// Accumulation: Z = 0 first, then P; ONE48, TWO24, FOUR12; parts do not carry into each other.
		alumode = 0;
		for (k = 0; k < 40; k = k + 1) begin
			total = 0;
			{total_high, total_low} = 0;
			for (i = 0; i < 4; i = i + 1) quarter[i] = 0;
			draw;
			x_1 = {a, b};
			tick;
			for (i = 0; i < 200; i = i + 1) begin
				opmode = i == 0 ? 9'b000000011 : 9'b000100011;
				total = total + x_1;
				total_low = total_low + x_1[23:0];
				total_high = total_high + x_1[47:24];
				quarter[0] = quarter[0] + x_1[11:0];
				quarter[1] = quarter[1] + x_1[23:12];
				quarter[2] = quarter[2] + x_1[35:24];
				quarter[3] = quarter[3] + x_1[47:36];
				draw;
				x_1 = {a, b};
				tick;
			end
			check(p_one, total, "accumulate ONE48", k);
			check(p_two, {total_high, total_low}, "accumulate TWO24", k);
			check(p_four, {quarter[3], quarter[2], quarter[1], quarter[0]}, "accumulate FOUR12", k);
		end
		// Multiply-accumulate: registers A and B, M, P: three cycles; Z = 0 first, then P; then subtraction from P.
		for (k = 0; k < 40; k = k + 1) begin
			accumulated = 0;
			draw;
			a_signed = a[26:0];
			b_signed = b;
			product_1 = a_signed * b_signed;
			tick;
			draw;
			a_signed = a[26:0];
			b_signed = b;
			product_2 = a_signed * b_signed;
			tick;
			for (i = 0; i < 100; i = i + 1) begin
				opmode = i == 0 ? 9'b000000101 : 9'b000100101;
				alumode = k % 4 == 3 && i != 0 ? 4'b0011 : 4'b0000;
				if (alumode == 0) accumulated = accumulated + product_1;
				else accumulated = accumulated - product_1;
				product_1 = product_2;
				draw;
				a_signed = a[26:0];
				b_signed = b;
				product_2 = a_signed * b_signed;
				tick;
			end
			check(p_mac, accumulated, "multiply-accumulate", k);
		end
		alumode = 0;
		// Two operand registers and M, P off; pre-adder D + A; cascade plain and 17 bits lower.
		for (k = 0; k < 200; k = k + 1) begin
			opmode = 9'b000000101;
			draw;
			a_signed = a[26:0];
			b_signed = b;
			product_1 = a_signed * b_signed;
			inmode = 5'b00100;
			added = d + a[26:0];
			product_2 = added * b_signed;
			tick;
			draw;
			tick;
			draw;
			tick;
			accumulated = product_1;
			check(p_deep, accumulated, "two registers", k);
			accumulated = product_2;
			check(p_packed, accumulated, "pre-adder", k);
			inmode = 0;
			opmode = k % 2 != 0 ? 9'b001010101 : 9'b000010101;
			draw;
			a_signed = a[26:0];
			b_signed = b;
			product_1 = a_signed * b_signed;
			tick;
			tick;
			wide_pcin = pcin;
			accumulated = product_1;
			expected = k % 2 != 0 ? (wide_pcin >>> 17) + accumulated : wide_pcin + accumulated;
			tick;
			check(p_cascade, expected, "cascade", k);
		end
		// Weights two cycles, the activation one cycle before the product register: worst values first.
		for (k = 0; k < 2000; k = k + 1) begin
			{w0, w1} = $random(seed);
			{n0, n1} = $random(seed);
			v0 = $random(seed);
			wide32 = k < 4 ? 32'h80000000 : $random(seed);
			wide49 = k < 4 ? {1'b1, 48'd0} : {$random(seed), $random(seed)};
			factor = k < 8 ? 16'h8000 : $random(seed);
			if (k < 16) begin
				w0 = k[0] ? 8'h80 : 8'h7f;
				w1 = k[1] ? 8'h80 : 8'h7f;
			end
			two_expected = $signed(wide32) * $signed(factor);
			three_expected = $signed(wide49) * $signed(factor);
			tick;
			activation = k < 16 ? (k[2] ? 8'h80 : 8'h7f) : $random(seed);
			n_activation = k < 16 ? 4'h8 : $random(seed);
			v_activation = k < 16 ? 16'h8000 : $random(seed);
			pair_0_expected = $signed(w0) * $signed(activation);
			pair_1_expected = $signed(w1) * $signed(activation);
			nibble_0_expected = $signed(n0) * $signed(n_activation);
			nibble_1_expected = $signed(n1) * $signed(n_activation);
			not_v0 = ~v0;
			single_0_expected = $signed(v0) * $signed(v_activation);
			single_1_expected = not_v0 * $signed(v_activation);
			{w0, w1} = $random(seed);
			{n0, n1} = $random(seed);
			v0 = $random(seed);
			wide32 = $random(seed);
			wide49 = 0;
			factor = $random(seed);
			tick;
			activation = $random(seed);
			n_activation = $random(seed);
			v_activation = $random(seed);
			tick;
			check({32'd0, pair_0}, {32'd0, pair_0_expected}, "pair, lower", k);
			check({32'd0, pair_1}, {32'd0, pair_1_expected}, "pair, upper", k);
			check({40'd0, nibble_0}, {40'd0, nibble_0_expected}, "LUT product 0", k);
			check({40'd0, nibble_1}, {40'd0, nibble_1_expected}, "LUT product 1", k);
			check({16'd0, single_0}, {16'd0, single_0_expected}, "single 0", k);
			check({16'd0, single_1}, {16'd0, single_1_expected}, "single 1", k);
			check(two_tiles, two_expected, "two tiles", k);
			check(three_tiles[47:0], three_expected[47:0], "three tiles, low", k);
			check({31'd0, three_tiles[64:48]}, {31'd0, three_expected[64:48]}, "three tiles, high", k);
		end
		for (i = 0; i < 65536; i = i + 1) begin
			number = i[15:0];
			#1;
			if (divided != {DIVISORS{1'b1}} || i % 8192 == 0) check({36'd0, divided}, {36'd0, {DIVISORS{1'b1}}}, "division", i);
		end
		$display("%0d passed, %0d failed", passed, failed);
		$finish;
	end
endmodule
