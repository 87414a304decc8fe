// nb_lane_dsp: one 48-bit lane, XNOR in a DSP48E2 (A:B and C registers, P register: two cycles), then eight 6:3 compressors and
// a register: the eight counts are there three cycles after the operands.
module nb_lane_dsp (
	input clock,
	input [47:0] activation,
	input [47:0] weight,
	output reg [23:0] counts
);
	wire [47:0] equal;
	// X = A:B, Z = C, W = 0, Y = 0; ALUMODE 0101: X xnor Z.
	DSP48E2 #(
		.USE_MULT("NONE"), .AREG(1), .ACASCREG(1), .BREG(1), .BCASCREG(1), .CREG(1), .PREG(1), .MREG(0), .ADREG(0), .DREG(0),
		.ALUMODEREG(0), .CARRYINREG(0), .CARRYINSELREG(0), .INMODEREG(0), .OPMODEREG(0)
	) lane (
		.CLK(clock), .A(activation[47:18]), .B(activation[17:0]), .C(weight), .P(equal),
		.OPMODE(9'b000110011), .ALUMODE(4'b0101), .INMODE(5'b0), .CARRYIN(1'b0), .CARRYINSEL(3'b0), .D(27'b0),
		.CEA1(1'b0), .CEA2(1'b1), .CEB1(1'b0), .CEB2(1'b1), .CEC(1'b1), .CEP(1'b1), .CED(1'b0), .CEAD(1'b0), .CEM(1'b0),
		.CEALUMODE(1'b0), .CECARRYIN(1'b0), .CECTRL(1'b0), .CEINMODE(1'b0),
		.RSTA(1'b0), .RSTB(1'b0), .RSTC(1'b0), .RSTD(1'b0), .RSTM(1'b0), .RSTP(1'b0), .RSTALUMODE(1'b0), .RSTALLCARRYIN(1'b0),
		.RSTCTRL(1'b0), .RSTINMODE(1'b0),
		.ACIN(30'b0), .BCIN(18'b0), .PCIN(48'b0), .CARRYCASCIN(1'b0), .MULTSIGNIN(1'b0)
	);
	wire [23:0] counted;
	genvar k;
	generate
		for (k = 0; k < 8; k = k + 1) begin : six
			nb_compressor compressor (.bits(equal[6*k +: 6]), .count(counted[3*k +: 3]));
		end
	endgenerate
	always @(posedge clock) counts <= counted;
endmodule
