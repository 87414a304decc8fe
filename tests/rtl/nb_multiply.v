// nb_multiply: signed product, three cycles, in DSP48E2 blocks: operand registers, product register, sum register. An operand wider
// than a block's port (27 and 18 bits) is cut into tiles: the lower ones hold 17 bits without a sign, the partial sums go from block
// to block over the cascade, 17 bits lower each time. B_BITS is at most 18.
module nb_multiply #(
	parameter A_BITS = 32,
	parameter B_BITS = 16,
	parameter TILES = A_BITS <= 27 ? 1 : 1 + (A_BITS - 27 + 16) / 17
) (
	input clock,
	input [A_BITS-1:0] a,
	input [B_BITS-1:0] b,
	output [A_BITS+B_BITS-1:0] product  // of the operands of three cycles ago
);
	localparam TOP_BITS = A_BITS - 17 * (TILES - 1);
	wire [48*TILES-1:0] sums;
	wire [48*(TILES+1)-1:0] cascade;
	assign cascade[47:0] = 48'd0;
	wire [17:0] b_port = {{(18-B_BITS){b[B_BITS-1]}}, b};
	genvar t;
	generate
		for (t = 0; t < TILES; t = t + 1) begin : tile
			localparam LAST = t == TILES - 1;
			wire [29:0] a_port;
			if (LAST) begin : signed_tile
				assign a_port = {{(30-TOP_BITS){a[A_BITS-1]}}, a[17*t +: TOP_BITS]};
				assign product[A_BITS+B_BITS-1:17*t] = sums[48*t +: A_BITS+B_BITS-17*t];
			end else begin : unsigned_tile
				reg [16:0] low;
				assign a_port = {13'd0, a[17*t +: 17]};
				always @(posedge clock) low <= sums[48*t +: 17];
				assign product[17*t +: 17] = low;
			end
			// X, Y = product; Z = 0, or the cascade 17 bits lower.
			DSP48E2 #(
				.USE_MULT("MULTIPLY"), .AREG(1), .ACASCREG(1), .BREG(1), .BCASCREG(1), .CREG(1), .MREG(1), .PREG(LAST), .ADREG(0),
				.DREG(0), .ALUMODEREG(0), .CARRYINREG(0), .CARRYINSELREG(0), .INMODEREG(0), .OPMODEREG(0)
			) block (
				.CLK(clock), .A(a_port), .B(b_port), .C(48'd0), .P(sums[48*t +: 48]), .PCOUT(cascade[48*(t+1) +: 48]),
				.OPMODE(t == 0 ? 9'b000000101 : 9'b001010101), .ALUMODE(4'b0000), .INMODE(5'b0), .CARRYIN(1'b0), .CARRYINSEL(3'b0),
				.D(27'b0),
				.CEA1(1'b0), .CEA2(1'b1), .CEB1(1'b0), .CEB2(1'b1), .CEC(1'b0), .CEP(1'b1), .CED(1'b0), .CEAD(1'b0),
				.CEM(1'b1), .CEALUMODE(1'b0), .CECARRYIN(1'b0), .CECTRL(1'b0), .CEINMODE(1'b0),
				.RSTA(1'b0), .RSTB(1'b0), .RSTC(1'b0), .RSTD(1'b0), .RSTM(1'b0), .RSTP(1'b0), .RSTALUMODE(1'b0), .RSTALLCARRYIN(1'b0),
				.RSTCTRL(1'b0), .RSTINMODE(1'b0),
				.ACIN(30'b0), .BCIN(18'b0), .PCIN(cascade[48*t +: 48]), .CARRYCASCIN(1'b0), .MULTSIGNIN(1'b0)
			);
		end
	endgenerate
endmodule
