// nb_products: the products of one activation with two weights of the fixed engine, where the widths allow in one DSP48E2.
// Weights are there two cycles, the activation one cycle before the operands' cycle x (the weights' two registers, the activation's
// one and the product register are the block's own): products in x + 1.
// KIND 2: pre-adder A + D = w1 2^S + w0, times the activation; the lower product is the low S bits, the upper one what is above
// and, where the lower is negative, one more. KIND 1: a block each. KIND 0: in LUTs.
module nb_products #(
	parameter WEIGHT_BITS = 8,
	parameter ACTIVATION_BITS = 8,
	parameter KIND = 2,
	parameter PAIR = 1,         // 0: only the lower product is used
	parameter PRODUCT = WEIGHT_BITS + ACTIVATION_BITS
) (
	input clock,
	input [WEIGHT_BITS-1:0] weight_0,
	input [WEIGHT_BITS-1:0] weight_1,
	input [ACTIVATION_BITS-1:0] activation,
	output [PRODUCT-1:0] product_0,
	output [PRODUCT-1:0] product_1
);
	localparam S = WEIGHT_BITS + ACTIVATION_BITS + 2;
	genvar k;
	generate
		if (KIND == 0) begin : fabric
			for (k = 0; k < 1 + PAIR; k = k + 1) begin : lane
				reg signed [WEIGHT_BITS-1:0] weight_early, weight;
				reg signed [ACTIVATION_BITS-1:0] operand;
				reg signed [PRODUCT-1:0] product;
				always @(posedge clock) begin
					weight_early <= k == 0 ? weight_0 : weight_1;
					weight <= weight_early;
					operand <= activation;
					product <= operand * weight;
				end
			end
			assign product_0 = lane[0].product;
			if (PAIR != 0) begin : upper
				assign product_1 = lane[1].product;
			end
		end else if (KIND == 2) begin : shared
			wire [29:0] high = {{(30-WEIGHT_BITS){weight_1[WEIGHT_BITS-1]}}, weight_1} << S;
			wire [26:0] low = {{(27-WEIGHT_BITS){weight_0[WEIGHT_BITS-1]}}, weight_0};
			wire [47:0] both;
			DSP48E2 #(
				.USE_MULT("MULTIPLY"), .AMULTSEL("AD"), .AREG(1), .ACASCREG(1), .BREG(1), .BCASCREG(1), .CREG(1), .MREG(1), .PREG(0),
				.ADREG(1), .DREG(1), .ALUMODEREG(0), .CARRYINREG(0), .CARRYINSELREG(0), .INMODEREG(0), .OPMODEREG(0)
			) block (
				.CLK(clock), .A(high), .B({{(18-ACTIVATION_BITS){activation[ACTIVATION_BITS-1]}}, activation}), .C(48'd0), .D(low),
				.P(both), .OPMODE(9'b000000101), .ALUMODE(4'b0000), .INMODE(5'b00100), .CARRYIN(1'b0), .CARRYINSEL(3'b0),
				.CEA1(1'b0), .CEA2(1'b1), .CEB1(1'b0), .CEB2(1'b1), .CEC(1'b0), .CEP(1'b0), .CED(1'b1), .CEAD(1'b1),
				.CEM(1'b1), .CEALUMODE(1'b0), .CECARRYIN(1'b0), .CECTRL(1'b0), .CEINMODE(1'b0),
				.RSTA(1'b0), .RSTB(1'b0), .RSTC(1'b0), .RSTD(1'b0), .RSTM(1'b0), .RSTP(1'b0), .RSTALUMODE(1'b0), .RSTALLCARRYIN(1'b0),
				.RSTCTRL(1'b0), .RSTINMODE(1'b0),
				.ACIN(30'b0), .BCIN(18'b0), .PCIN(48'b0), .CARRYCASCIN(1'b0), .MULTSIGNIN(1'b0)
			);
			assign product_0 = both[0 +: PRODUCT];
			assign product_1 = both[S +: PRODUCT] + {{(PRODUCT-1){1'b0}}, both[S-1]};
		end else begin : blocks
			for (k = 0; k < 1 + PAIR; k = k + 1) begin : lane
				wire [WEIGHT_BITS-1:0] weight = k == 0 ? weight_0 : weight_1;
				wire [47:0] product;
				DSP48E2 #(
					.USE_MULT("MULTIPLY"), .AREG(2), .ACASCREG(2), .BREG(1), .BCASCREG(1), .CREG(1), .MREG(1), .PREG(0), .ADREG(0),
					.DREG(0), .ALUMODEREG(0), .CARRYINREG(0), .CARRYINSELREG(0), .INMODEREG(0), .OPMODEREG(0)
				) block (
					.CLK(clock), .A({{(30-WEIGHT_BITS){weight[WEIGHT_BITS-1]}}, weight}),
					.B({{(18-ACTIVATION_BITS){activation[ACTIVATION_BITS-1]}}, activation}), .C(48'd0), .D(27'b0),
					.P(product), .OPMODE(9'b000000101), .ALUMODE(4'b0000), .INMODE(5'b0), .CARRYIN(1'b0), .CARRYINSEL(3'b0),
					.CEA1(1'b1), .CEA2(1'b1), .CEB1(1'b0), .CEB2(1'b1), .CEC(1'b0), .CEP(1'b0), .CED(1'b0), .CEAD(1'b0),
					.CEM(1'b1), .CEALUMODE(1'b0), .CECARRYIN(1'b0), .CECTRL(1'b0), .CEINMODE(1'b0),
					.RSTA(1'b0), .RSTB(1'b0), .RSTC(1'b0), .RSTD(1'b0), .RSTM(1'b0), .RSTP(1'b0), .RSTALUMODE(1'b0),
					.RSTALLCARRYIN(1'b0), .RSTCTRL(1'b0), .RSTINMODE(1'b0),
					.ACIN(30'b0), .BCIN(18'b0), .PCIN(48'b0), .CARRYCASCIN(1'b0), .MULTSIGNIN(1'b0)
				);
			end
			assign product_0 = lane[0].product[PRODUCT-1:0];
			if (PAIR != 0) begin : upper
				assign product_1 = lane[1].product[PRODUCT-1:0];
			end
		end
		if (PAIR == 0 && KIND != 2) begin : none
			assign product_1 = {PRODUCT{1'b0}};
		end
	endgenerate
endmodule
