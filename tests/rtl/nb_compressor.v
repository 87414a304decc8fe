// nb_compressor: number of ones among six bits, as three truth tables of one LUT6 each.
module nb_compressor (
	input [5:0] bits,
	output [2:0] count
);
	localparam [63:0] ONES = 64'h6996_9669_9669_6996;   // odd number of ones
	localparam [63:0] TWOS = 64'h8117_177e_177e_7ee8;   // 2, 3 or 6 ones
	localparam [63:0] FOURS = 64'hfee8_e880_e880_8000;  // 4, 5 or 6 ones
	assign count = {FOURS[bits], TWOS[bits], ONES[bits]};
endmodule
