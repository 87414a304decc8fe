// ns_fork: one stream to two. An output is a copy, or with AS_BIT_* the bit (value >= BIT_FROM) of each lane.
module ns_fork #(
	parameter LANES = 1,
	parameter BITS = 8,
	parameter SIGNED = 1,
	parameter BIT_FROM = 0,     // affine: 0; thresholds: threshold_base + 1
	parameter AS_BIT_0 = 0,
	parameter AS_BIT_1 = 0,
	parameter WORDS = 1,
	parameter FROM_MEMORY = 0,
	parameter LATENCY = 1,
	parameter FLUSHING = 0,
	parameter OUT_0 = AS_BIT_0 != 0 ? LANES : LANES * BITS,
	parameter OUT_1 = AS_BIT_1 != 0 ? LANES : LANES * BITS
) (
	input clock,
	input reset,
	input [31:0] frames,
	input in_empty,
	input [LANES*BITS-1:0] in_word,
	output in_take,
	input out_full_0,
	input out_full_1,
	output [OUT_0-1:0] out_word_0,
	output [OUT_1-1:0] out_word_1,
	output out_push,            // to both
	output [5:0] states
);
	localparam WB = WORDS > 1 ? $clog2(WORDS) : 1;
	reg [WB-1:0] word;
	wire last = word == WORDS - 1;
	wire advance, step;
	ns_control #(.LATENCY(LATENCY), .FLUSHING(FLUSHING)) control (.clock(clock), .reset(reset), .frames(frames), .ready(1'b1), .read(1'b1),
		.write(1'b1), .loop_end(1'b0), .frame_end(last), .lacking(in_empty), .lacking_memory(in_empty && FROM_MEMORY != 0),
		.output_full(out_full_0 || out_full_1), .advance(advance), .step(step), .take(in_take), .push(out_push), .states(states));
	always @(posedge clock) begin
		if (reset) word <= 0;
		else if (step) word <= last ? {WB{1'b0}} : word + 1'b1;
	end
	wire [LANES-1:0] bits;
	genvar l;
	generate
		for (l = 0; l < LANES; l = l + 1) begin : lane
			if (BITS == 1) begin : bit_itself
				assign bits[l] = in_word[l];
			end else if (SIGNED != 0 && BIT_FROM == 0) begin : sign
				assign bits[l] = !in_word[BITS*l+BITS-1];
			end else begin : compared
				wire signed [BITS+1:0] wide = {{2{SIGNED != 0 && in_word[BITS*l+BITS-1]}}, in_word[BITS*l +: BITS]};
				assign bits[l] = wide >= $signed(BIT_FROM);
			end
		end
	endgenerate
	wire [OUT_0-1:0] word_0;
	wire [OUT_1-1:0] word_1;
	generate
		if (AS_BIT_0 != 0) begin : bits_0
			assign word_0 = bits;
		end else begin : copy_0
			assign word_0 = in_word;
		end
		if (AS_BIT_1 != 0) begin : bits_1
			assign word_1 = bits;
		end else begin : copy_1
			assign word_1 = in_word;
		end
	endgenerate
	ns_delay #(.WIDTH(OUT_0), .DEPTH(LATENCY - 1)) delay_0 (.clock(clock), .enable(advance), .in(word_0), .out(out_word_0));
	ns_delay #(.WIDTH(OUT_1), .DEPTH(LATENCY - 1)) delay_1 (.clock(clock), .enable(advance), .in(word_1), .out(out_word_1));
endmodule
