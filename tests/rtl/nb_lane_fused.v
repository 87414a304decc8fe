// nb_lane_fused: one 48-bit lane, XNOR and the first adder level in one LUT6 a count bit: three activations and three weights
// give a two-bit count; the sixteen counts are there one cycle after the operands.
module nb_lane_fused (
	input clock,
	input [47:0] activation,
	input [47:0] weight,
	output reg [31:0] counts
);
	wire [47:0] equal = ~(activation ^ weight);
	integer k;
	always @(posedge clock) begin
		for (k = 0; k < 16; k = k + 1) begin
			counts[2*k] <= equal[3*k] ^ equal[3*k+1] ^ equal[3*k+2];
			counts[2*k+1] <= (equal[3*k] & equal[3*k+1]) | (equal[3*k] & equal[3*k+2]) | (equal[3*k+1] & equal[3*k+2]);
		end
	end
endmodule
