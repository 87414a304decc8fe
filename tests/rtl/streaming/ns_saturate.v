// ns_saturate: a signed number of BITS bits to OUTPUT_BITS bits; to one bit: whether it is at least 0,
// which of an unsigned value it always is; WRAP: the low bits as they are.
module ns_saturate #(
	parameter BITS = 32,
	parameter OUTPUT_BITS = 8,
	parameter OUTPUT_SIGNED = 1,
	parameter WRAP = 0
) (
	input [BITS-1:0] in,
	output [OUTPUT_BITS-1:0] out
);
	localparam LOW = OUTPUT_SIGNED != 0 ? OUTPUT_BITS - 1 : OUTPUT_BITS; // bits below those that must equal the sign
	wire negative = in[BITS-1];
	generate
		if (OUTPUT_BITS == 1) begin : sign
			assign out = !negative || OUTPUT_SIGNED == 0;
		end else if (WRAP != 0 || LOW >= BITS - 1) begin : as_it_is
			wire [BITS+OUTPUT_BITS-1:0] wide = {{OUTPUT_BITS{negative}}, in};
			assign out = WRAP == 0 && OUTPUT_SIGNED == 0 && negative ? {OUTPUT_BITS{1'b0}} : wide[OUTPUT_BITS-1:0];
		end else begin : limited
			wire beyond = OUTPUT_SIGNED != 0 ? in[BITS-2:LOW] != {(BITS-1-LOW){negative}} : negative || in[BITS-2:LOW] != 0;
			wire [OUTPUT_BITS-1:0] limit = {OUTPUT_SIGNED != 0 ? negative : !negative, {(OUTPUT_BITS-1){!negative}}};
			assign out = beyond ? limit : in[OUTPUT_BITS-1:0];
		end
	endgenerate
endmodule
