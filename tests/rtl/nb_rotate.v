// nb_rotate: a word rotated left (RIGHT: right) by 0 .. BITS-1 places: bit p goes to bit (p + places) mod BITS. BITS need not be a
// power of two; $clog2(BITS) levels of multiplexers.
module nb_rotate #(
	parameter BITS = 48,
	parameter RIGHT = 0,
	parameter LEVELS = BITS > 1 ? $clog2(BITS) : 1
) (
	input [LEVELS-1:0] places,
	input [BITS-1:0] in,
	output [BITS-1:0] out
);
	genvar k, b;
	generate
		for (k = 0; k < LEVELS; k = k + 1) begin : level
			localparam STEP = RIGHT != 0 ? BITS - (1 << k) : 1 << k;
			wire [BITS-1:0] given;
			wire [BITS-1:0] turned;
			if (k == 0) begin : first
				assign given = in;
			end else begin : further
				assign given = level[k-1].turned;
			end
			for (b = 0; b < BITS; b = b + 1) begin : column
				assign turned[(b+STEP)%BITS] = places[k] ? given[b] : given[(b+STEP)%BITS];
			end
		end
	endgenerate
	assign out = level[LEVELS-1].turned;
endmodule
