// ns_store: WORDS words with one write side and one read side; read into a register (REGISTERED, block RAM) or at once (LUT RAM).
// What is read in the cycle of a write to the same address is the old word. FILE: what it holds at the start (hexadecimal).
module ns_store #(
	parameter WIDTH = 8,
	parameter WORDS = 16,
	parameter REGISTERED = 1,
	parameter FILE = "",
	parameter A = WORDS > 1 ? $clog2(WORDS) : 1
) (
	input clock,
	input write,
	input [A-1:0] write_address,
	input [WIDTH-1:0] write_word,
	input enable,               // of the read register
	input [A-1:0] address,
	output [WIDTH-1:0] word
);
	reg [WIDTH-1:0] memory [0:WORDS-1];
	initial begin
		if (FILE != "") $readmemh(FILE, memory);
	end
	always @(posedge clock) begin
		if (write) memory[write_address] <= write_word;
	end
	generate
		if (REGISTERED != 0) begin : registered
			reg [WIDTH-1:0] held;
			always @(posedge clock) begin
				if (enable) held <= memory[address];
			end
			assign word = held;
		end else begin : at_once
			assign word = memory[address];
		end
	endgenerate
endmodule
