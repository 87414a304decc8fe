// nb_delay: a word DEPTH cycles later. No reset, so that it becomes a shift-register LUT; flags that need a reset are
// kept in registers of their own. DEPTH 0 is a wire.
module nb_delay #(
	parameter WIDTH = 1,
	parameter DEPTH = 1
) (
	input clock,
	input [WIDTH-1:0] in,
	output [WIDTH-1:0] out
);
	generate
		if (DEPTH == 0) begin : wire_only
			assign out = in;
		end else begin : line
			reg [WIDTH-1:0] stage [0:DEPTH-1];
			integer s;
			always @(posedge clock) begin
				stage[0] <= in;
				for (s = 1; s < DEPTH; s = s + 1) stage[s] <= stage[s-1];
			end
			assign out = stage[DEPTH-1];
		end
	endgenerate
endmodule
