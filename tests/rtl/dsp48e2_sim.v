// DSP48E2, behavioural, for Verilator only (synthesis takes the primitive): what the machine uses of it, latency exact.
// A and B registers (0 to 2; of two, the first has CEA1, CEB1), C, D, AD, M, P and OPMODE registers (0 or 1) with their clock enables;
// pre-adder D + A (AMULTSEL "AD", INMODE 00100); multiplier 27 x 18; X = 0, M, P or A:B, Y = 0, M, all ones or C,
// Z = 0, PCIN, P, C, PCIN >> 17 or P >> 17; W = 0; arithmetic Z + X + Y, Z - X - Y (ALUMODE 0011) with USE_SIMD ONE48, TWO24, FOUR12; the two-input
// logic unit (ALUMODE 01xx and 11xx; Y 00 or 10).
// Left out: W, carries, A and B cascades, resets, other INMODEs, pattern detector, wide XOR.
// verilator lint_off DECLFILENAME
// verilator lint_off UNUSEDPARAM
module DSP48E2 #(
	parameter USE_MULT = "MULTIPLY",
	parameter USE_SIMD = "ONE48",
	parameter AMULTSEL = "A",
	parameter integer AREG = 1, ACASCREG = 1, BREG = 1, BCASCREG = 1, CREG = 1, PREG = 1, MREG = 1, ADREG = 1, DREG = 1,
	parameter integer ALUMODEREG = 1, CARRYINREG = 1, CARRYINSELREG = 1, INMODEREG = 1, OPMODEREG = 1
) (
	input CLK,
	input [29:0] A, ACIN,
	input [17:0] B, BCIN,
	input [47:0] C, PCIN,
	input [26:0] D,
	output [47:0] P, PCOUT,
	input [8:0] OPMODE,
	input [3:0] ALUMODE,
	input [4:0] INMODE,
	input [2:0] CARRYINSEL,
	input CARRYIN, CARRYCASCIN, MULTSIGNIN,
	input CEA1, CEA2, CEB1, CEB2, CEC, CEP, CED, CEAD, CEM, CEALUMODE, CECARRYIN, CECTRL, CEINMODE,
	input RSTA, RSTB, RSTC, RSTD, RSTM, RSTP, RSTALUMODE, RSTALLCARRYIN, RSTCTRL, RSTINMODE
);
	reg [29:0] a_1, a_2;
	reg [17:0] b_1, b_2;
	reg [47:0] c_register, p_register;
	reg [26:0] d_register, ad_register;
	reg [44:0] m_register;
	reg [8:0] opmode_register;
	wire [29:0] a = AREG == 0 ? A : a_2;
	wire [17:0] b = BREG == 0 ? B : b_2;
	wire [47:0] c = CREG != 0 ? c_register : C;
	wire [26:0] d = DREG != 0 ? d_register : D;
	wire [8:0] opmode = OPMODEREG != 0 ? opmode_register : OPMODE;

	wire [26:0] added = d + a[26:0];
	wire signed [26:0] multiplicand = AMULTSEL == "AD" ? (ADREG != 0 ? ad_register : added) : a[26:0];
	wire signed [17:0] multiplier = b;
	wire signed [44:0] multiplied = multiplicand * multiplier;
	wire [44:0] m = MREG != 0 ? m_register : multiplied;
	wire [47:0] m_wide = {{3{m[44]}}, m};

	// The multiplier gives two partial products, X and Y, whose sum is the product: here all of it is X's.
	wire by_product = USE_MULT != "NONE" && opmode[3:0] == 4'b0101;
	wire [47:0] x = opmode[1:0] == 2'b11 ? {a, b} : opmode[1:0] == 2'b10 ? p_register : by_product ? m_wide : 48'd0;
	wire [47:0] y = opmode[3:2] == 2'b11 ? c : opmode[3:2] == 2'b10 ? {48{1'b1}} : 48'd0;
	wire [47:0] z = opmode[6:4] == 3'b001 ? PCIN : opmode[6:4] == 3'b010 ? p_register : opmode[6:4] == 3'b011 ? c :
		opmode[6:4] == 3'b101 ? {{17{PCIN[47]}}, PCIN[47:17]} : opmode[6:4] == 3'b110 ? {{17{p_register[47]}}, p_register[47:17]} :
		48'd0;

	localparam PART = USE_SIMD == "FOUR12" ? 12 : USE_SIMD == "TWO24" ? 24 : 48;
	wire [47:0] sum, logic_result;
	wire subtract = ALUMODE == 4'b0011;
	genvar s;
	generate
		for (s = 0; s < 48 / PART; s = s + 1) begin : simd
			wire [PART-1:0] addend = x[PART*s +: PART] + y[PART*s +: PART];
			assign sum[PART*s +: PART] = subtract ? z[PART*s +: PART] - addend : z[PART*s +: PART] + addend;
		end
	endgenerate
	// ALUMODE[3:2]: 01 exclusive or, 11 and (with Y all ones: or). ALUMODE[1:0] inverts Z (bit 0), the result (bit 1).
	wire by_ones = opmode[3:2] == 2'b10;
	wire [47:0] z_or_not = ALUMODE[0] ? ~z : z;
	wire [47:0] exclusive = x ^ z_or_not ^ {48{ALUMODE[1] ^ by_ones}};
	wire [47:0] joined = by_ones ? x | z_or_not : x & z_or_not;
	assign logic_result = ALUMODE[3] ? joined ^ {48{ALUMODE[1]}} : exclusive;
	wire [47:0] result = ALUMODE[2] ? logic_result : sum;
	assign P = PREG != 0 ? p_register : result;
	assign PCOUT = P;

	always @(posedge CLK) begin
		if (CEA1) a_1 <= A;
		if (CEA2) a_2 <= AREG == 2 ? a_1 : A;
		if (CEB1) b_1 <= B;
		if (CEB2) b_2 <= BREG == 2 ? b_1 : B;
		if (CEC) c_register <= C;
		if (CED) d_register <= D;
		if (CEAD) ad_register <= added;
		if (CEM) m_register <= multiplied;
		if (CECTRL) opmode_register <= OPMODE;
		if (CEP) p_register <= result;
	end
endmodule
