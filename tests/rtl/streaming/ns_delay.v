// ns_delay: a word DEPTH advances later. No reset, so that it becomes a shift-register LUT. DEPTH 0 is a wire.
module ns_delay #(
	parameter WIDTH = 1,
	parameter DEPTH = 1
) (
	input clock,
	input enable,
	input [WIDTH-1:0] in,
	output [WIDTH-1:0] out
);
	generate
		if (DEPTH == 0) begin : wire_only
			assign out = in;
		end else begin : line
			reg [WIDTH-1:0] places [0:DEPTH-1];
			integer s;
			always @(posedge clock) begin
				if (enable) begin
					places[0] <= in;
					for (s = 1; s < DEPTH; s = s + 1) places[s] <= places[s-1];
				end
			end
			assign out = places[DEPTH-1];
		end
	endgenerate
endmodule
