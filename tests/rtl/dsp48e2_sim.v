// DSP48E2, behavioural, for Verilator only (synthesis takes the primitive): what the machine uses of it. A and B registers (1),
// C register (0 or 1), OPMODE register (0 or 1), P register, clock enables of A, B, C, P and control; X = 0 or A:B,
// Z = 0, C or P, Y = 0, W = 0; ALUMODE 0000 (Z + X, USE_SIMD ONE48 or TWO24 or FOUR12) and 0101 (X xnor Z).
// Left out: multiplier, pre-adder, carries, cascades, resets, pattern detector, wide XOR.
// verilator lint_off DECLFILENAME
// verilator lint_off UNUSEDPARAM
module DSP48E2 #(
	parameter USE_MULT = "MULTIPLY",
	parameter USE_SIMD = "ONE48",
	parameter integer AREG = 1, ACASCREG = 1, BREG = 1, BCASCREG = 1, CREG = 1, PREG = 1, MREG = 1, ADREG = 1, DREG = 1,
	parameter integer ALUMODEREG = 1, CARRYINREG = 1, CARRYINSELREG = 1, INMODEREG = 1, OPMODEREG = 1
) (
	input CLK,
	input [29:0] A, ACIN,
	input [17:0] B, BCIN,
	input [47:0] C, PCIN,
	input [26:0] D,
	output [47:0] P,
	input [8:0] OPMODE,
	input [3:0] ALUMODE,
	input [4:0] INMODE,
	input [2:0] CARRYINSEL,
	input CARRYIN, CARRYCASCIN, MULTSIGNIN,
	input CEA1, CEA2, CEB1, CEB2, CEC, CEP, CED, CEAD, CEM, CEALUMODE, CECARRYIN, CECTRL, CEINMODE,
	input RSTA, RSTB, RSTC, RSTD, RSTM, RSTP, RSTALUMODE, RSTALLCARRYIN, RSTCTRL, RSTINMODE
);
	reg [47:0] ab_register, c_register, p_register, sum;
	reg [8:0] opmode_register;
	wire [8:0] opmode = OPMODEREG != 0 ? opmode_register : OPMODE;
	wire [47:0] c = CREG != 0 ? c_register : C;
	wire [47:0] x = opmode[1:0] == 2'b11 ? ab_register : 48'd0;
	wire [47:0] z = opmode[6:4] == 3'b011 ? c : opmode[6:4] == 3'b010 ? p_register : 48'd0;
	assign P = p_register;
	always @* begin
		if (USE_SIMD == "FOUR12") sum = {x[47:36] + z[47:36], x[35:24] + z[35:24], x[23:12] + z[23:12], x[11:0] + z[11:0]};
		else if (USE_SIMD == "TWO24") sum = {x[47:24] + z[47:24], x[23:0] + z[23:0]};
		else sum = x + z;
	end
	always @(posedge CLK) begin
		if (CEA2) ab_register[47:18] <= A;
		if (CEB2) ab_register[17:0] <= B;
		if (CEC) c_register <= C;
		if (CECTRL) opmode_register <= OPMODE;
		if (CEP) p_register <= ALUMODE == 4'b0101 ? ~(x ^ z) : sum;
	end
endmodule
