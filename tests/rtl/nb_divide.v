// nb_divide: quotient and remainder of a 16-bit number and a constant, in one cycle: the power of two in the divisor is a shift,
// the odd part a multiplication by its reciprocal of 16 + log2 bits, which is exact for every 16-bit number.
module nb_divide #(
	parameter DIVISOR = 3,
	parameter REST = DIVISOR > 1 ? $clog2(DIVISOR) : 1
) (
	input [15:0] number,
	output [15:0] quotient,
	output [REST-1:0] remainder
);
	function integer trailing_zeros(input integer value);
		integer left;
		begin
			trailing_zeros = 0;
			for (left = value; left % 2 == 0; left = left / 2) trailing_zeros = trailing_zeros + 1;
		end
	endfunction
	localparam SHIFT = trailing_zeros(DIVISOR);
	localparam ODD = DIVISOR >> SHIFT;
	localparam SCALE = 16 + $clog2(ODD);
	localparam [63:0] RECIPROCAL = ((64'd1 << SCALE) + ODD - 1) / ODD;
	localparam [REST-1:0] LOW = DIVISOR;
	wire [15:0] shifted = number >> SHIFT;
	generate
		if (ODD == 1) begin : power_of_two
			assign quotient = shifted;
			assign remainder = DIVISOR > 1 ? number[REST-1:0] : 1'b0;
		end else begin : odd_part
			wire [SCALE+16:0] product = shifted * RECIPROCAL[16:0];
			assign quotient = product >> SCALE;
			assign remainder = number[REST-1:0] - quotient[REST-1:0] * LOW;
		end
	endgenerate
endmodule
