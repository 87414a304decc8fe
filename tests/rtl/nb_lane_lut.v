// nb_lane_lut: one 48-bit lane in LUTs: a register of XNOR bits, then eight 6:3 compressors and a register: the eight counts
// are there two cycles after the operands.
module nb_lane_lut (
	input clock,
	input [47:0] activation,
	input [47:0] weight,
	output reg [23:0] counts
);
	reg [47:0] equal;
	wire [23:0] counted;
	genvar k;
	generate
		for (k = 0; k < 8; k = k + 1) begin : six
			nb_compressor compressor (.bits(equal[6*k +: 6]), .count(counted[3*k +: 3]));
		end
	endgenerate
	always @(posedge clock) begin
		equal <= ~(activation ^ weight);
		counts <= counted;
	end
endmodule
