// nb_select: word `index` of N words of WIDTH bits; 0 beyond the last. Written bit by bit with an index into a power of two, so
// that it becomes a tree of multiplexers; an indexed part select of odd width would become a shifter over the whole vector.
module nb_select #(
	parameter WIDTH = 48,
	parameter N = 2,
	parameter INDEX = N > 1 ? $clog2(N) : 1
) (
	input [INDEX-1:0] index,
	input [WIDTH*N-1:0] words,
	output [WIDTH-1:0] word
);
	localparam PLACES = 1 << INDEX;
	genvar b, k;
	generate
		if (N == 1 && INDEX == 1) begin : wire_only
			assign word = words;
		end else begin : choose
			for (b = 0; b < WIDTH; b = b + 1) begin : column
				wire [PLACES-1:0] bits;
				for (k = 0; k < PLACES; k = k + 1) begin : place
					if (k < N) begin : there
						assign bits[k] = words[WIDTH*k+b];
					end else begin : beyond
						assign bits[k] = 1'b0;
					end
				end
				assign word[b] = bits[index];
			end
		end
	endgenerate
endmodule
