// nb_tokens: the 2 x 25 dependency token counters data[from][to] and room[from][to] (PROGRAM.md section 3).
// A give of cycle c is visible from c + 1; givings and takings of one cycle both count. Masks are packed 5 bits a unit,
// unit 0 lowest; bit 5 me + u of *_present says that the counter from u to me is not 0.
module nb_tokens (
	input clock,
	input reset,
	input clear,
	input [4:0] take,
	input [24:0] take_data,
	input [24:0] take_room,
	input [4:0] give,
	input [24:0] give_data,
	input [24:0] give_room,
	output [24:0] data_present,
	output [24:0] room_present
);
	genvar from, to;
	generate
		for (from = 0; from < 5; from = from + 1) begin : source
			for (to = 0; to < 5; to = to + 1) begin : sink
				reg [15:0] data, room;
				wire data_up = give[from] && give_data[5*from+to];
				wire data_down = take[to] && take_data[5*to+from];
				wire room_up = give[from] && give_room[5*from+to];
				wire room_down = take[to] && take_room[5*to+from];
				always @(posedge clock) begin
					if (reset || clear) begin
						data <= 0;
						room <= 0;
					end else begin
						data <= data + {15'd0, data_up} - {15'd0, data_down};
						room <= room + {15'd0, room_up} - {15'd0, room_down};
					end
				end
				assign data_present[5*to+from] = data != 0;
				assign room_present[5*to+from] = room != 0;
			end
		end
	endgenerate
endmodule
