// nb_steps: the loop nest of CONV commands, one step a cycle (PROGRAM.md section 3), for channel packing and the fixed
// engine: row, x, group, ky, kx, i; with average2: row, x, group, i, ky, kx. Addresses are kept by addition; the products of
// command fields are registered when the command is accepted (`accept`) and while it asks for its ports (`arm`).
module nb_steps #(
	parameter A = 24           // bits of a buffer address
) (
	input clock,
	input accept,
	input [511:0] head,        // the command being accepted
	input arm,
	input run,                 // a step is issued in this cycle
	input [511:0] command,     // the active command
	output [A-1:0] input_address,
	output reg [A-1:0] weight_address,
	output [A-1:0] border_address,
	output reg [A-1:0] sum_address,
	output outside,            // the tap is outside the map
	output first,              // first step of a sum
	output last,               // last step of a sum
	output average,            // average2: one product every four steps
	output average_first,
	output product,            // this step ends in a product
	output finish              // last step of the command
);
	wire [15:0] input_width = command[6*32 +: 16];
	wire [15:0] input_height = command[6*32+16 +: 16];
	wire [15:0] output_width = command[7*32 +: 16];
	wire [15:0] rows = command[7*32+16 +: 16];
	wire [3:0] kernel = command[9*32 +: 4];
	wire [3:0] stride = command[9*32+4 +: 4];
	wire [3:0] pad = command[9*32+8 +: 4];
	wire [15:0] input_words = command[9*32+16 +: 16];
	wire [15:0] groups = command[10*32 +: 16];
	assign average = command[17];
	wire tap_shared = command[18];

	reg [A-1:0] row_words, row_step, row_origin, row_offset, column_step, column_origin, ky_offset, kx_offset, group_weight;
	reg signed [20:0] y_first, y_origin, x_origin;
	reg [15:0] row, x, group, i;
	reg [3:0] ky, kx;

	wire i_last = i == input_words - 1'b1;
	wire kx_last = kx == kernel - 1'b1;
	wire ky_last = ky == kernel - 1'b1;
	wire tap_last = kx_last && ky_last;
	wire group_last = group == groups - 1'b1;
	wire x_last = x == output_width - 1'b1;
	wire row_last = row == rows - 1'b1;

	assign first = i == 0 && ky == 0 && kx == 0;
	assign last = i_last && tap_last;
	assign average_first = ky == 0 && kx == 0;
	assign product = !average || tap_last;
	assign finish = run && last && group_last && x_last && row_last;

	wire next_i = average ? tap_last : 1'b1;
	wire next_kx = average ? 1'b1 : i_last;
	wire next_ky = next_kx && kx_last;

	wire signed [20:0] y = y_origin + $signed({17'd0, ky});
	wire signed [20:0] y_end = y_origin + $signed({17'd0, kernel});
	wire signed [20:0] tap_x = x_origin + $signed({17'd0, kx});
	wire signed [20:0] x_end = x_origin + $signed({17'd0, kernel});
	wire signed [20:0] height = $signed({5'd0, input_height});
	wire signed [20:0] width = $signed({5'd0, input_width});
	assign outside = y < 0 || y >= height || tap_x < 0 || tap_x >= width;
	assign input_address = command[2*32 +: A] + row_origin + ky_offset + column_origin + kx_offset + {{(A-16){1'b0}}, i};

	wire [3:0] row_class = y_origin < 0 ? 4'd3 : y_end > height ? 4'd6 : 4'd0;
	wire [3:0] column_class = x_origin < 0 ? 4'd1 : x_end > width ? 4'd2 : 4'd0;
	wire [3:0] border_class = row_class + column_class;
	assign border_address = command[4*32 +: A] + border_class * {{(A-16){1'b0}}, groups} + {{(A-16){1'b0}}, group};

	always @(posedge clock) begin
		if (accept) begin
			row_words <= head[6*32 +: 16] * {{(A-16){1'b0}}, head[9*32+16 +: 16]};
			column_step <= head[9*32+4 +: 4] * {{(A-16){1'b0}}, head[9*32+16 +: 16]};
			y_first <= head[8*32 +: 16] * {17'd0, head[9*32+4 +: 4]} - {17'd0, head[9*32+8 +: 4]};
			row_offset <= head[8*32 +: 16] * {{(A-4){1'b0}}, head[9*32+4 +: 4]} - {{(A-4){1'b0}}, head[9*32+8 +: 4]} -
			              {{(A-16){1'b0}}, head[8*32+16 +: 16]};
		end
		if (arm) begin
			row_step <= stride * row_words;
			row_origin <= row_offset * row_words;
			column_origin <= -(pad * {{(A-16){1'b0}}, input_words});
			y_origin <= y_first;
			x_origin <= -$signed({17'd0, pad});
			row <= 0;
			x <= 0;
			group <= 0;
			i <= 0;
			ky <= 0;
			kx <= 0;
			ky_offset <= 0;
			kx_offset <= 0;
			weight_address <= command[3*32 +: A];
			group_weight <= command[3*32 +: A];
			sum_address <= command[5*32 +: A];
		end else if (run) begin
			if (next_i) i <= i_last ? 16'd0 : i + 1'b1;
			if (next_kx) begin
				kx <= kx_last ? 4'd0 : kx + 1'b1;
				kx_offset <= kx_last ? {A{1'b0}} : kx_offset + {{(A-16){1'b0}}, input_words};
			end
			if (next_ky) begin
				ky <= ky_last ? 4'd0 : ky + 1'b1;
				ky_offset <= ky_last ? {A{1'b0}} : ky_offset + row_words;
			end
			if (last && group_last) weight_address <= command[3*32 +: A];
			else if (tap_shared && !average && i_last && !tap_last) weight_address <= group_weight;
			else if (next_i) weight_address <= weight_address + 1'b1;
			if (last) begin
				sum_address <= sum_address + 1'b1;
				group <= group_last ? 16'd0 : group + 1'b1;
				group_weight <= group_last ? command[3*32 +: A] : weight_address + 1'b1;
				if (group_last) begin
					x <= x_last ? 16'd0 : x + 1'b1;
					x_origin <= x_last ? -$signed({17'd0, pad}) : x_origin + $signed({17'd0, stride});
					column_origin <= x_last ? -(pad * {{(A-16){1'b0}}, input_words}) : column_origin + column_step;
					if (x_last) begin
						row <= row + 1'b1;
						y_origin <= y_origin + $signed({17'd0, stride});
						row_origin <= row_origin + row_step;
					end
				end
			end
		end
	end
endmodule
