// ns_convert: word width, SPLIT : 1 (a word in, SPLIT words out, the lowest part first) or 1 : GATHER (the first word in is the lowest
// part). PART is the narrow side's value bits; with VALID each word has one bit more at the top: copied to every part, or the last part's.
module ns_convert #(
	parameter PART = 8,
	parameter SPLIT = 1,
	parameter GATHER = 1,
	parameter VALID = 0,
	parameter WORDS = 1,        // a frame, as they come in
	parameter FROM_MEMORY = 0,
	parameter LATENCY = 1,
	parameter FLUSHING = 0,
	parameter IN = PART * SPLIT + VALID,
	parameter OUT = PART * GATHER + VALID
) (
	input clock,
	input reset,
	input [31:0] frames,
	input in_empty,
	input [IN-1:0] in_word,
	output in_take,
	input out_full,
	output [OUT-1:0] out_word,
	output out_push,
	output [5:0] states
);
	localparam N = SPLIT > GATHER ? SPLIT : GATHER;
	localparam NB = N > 1 ? $clog2(N) : 1, WB = WORDS > 1 ? $clog2(WORDS) : 1;
	reg [NB-1:0] part;
	reg [WB-1:0] word;
	wire part_first = part == 0, part_last = part == N - 1, word_last = word == WORDS - 1;
	wire read = GATHER > 1 || part_first;
	wire word_done = GATHER > 1 || part_last; // of a word that comes in
	wire write = SPLIT > 1 || part_last;
	wire advance, step;
	ns_control #(.LATENCY(LATENCY), .FLUSHING(FLUSHING)) control (.clock(clock), .reset(reset), .frames(frames), .ready(1'b1), .read(read),
		.write(write), .loop_end(1'b0), .frame_end(part_last && word_last), .lacking(in_empty), .lacking_memory(in_empty && FROM_MEMORY != 0),
		.output_full(out_full), .advance(advance), .step(step), .take(in_take), .push(out_push), .states(states));
	always @(posedge clock) begin
		if (reset) begin
			part <= 0;
			word <= 0;
		end else if (step) begin
			part <= part_last ? {NB{1'b0}} : part + 1'b1;
			if (word_done) word <= word_last ? {WB{1'b0}} : word + 1'b1;
		end
	end

	wire [PART*GATHER-1:0] value;
	wire mark;
	generate
		if (SPLIT > 1) begin : split
			reg [PART*(SPLIT-1)-1:0] rest; // parts that follow, the next one lowest
			reg rest_mark;
			always @(posedge clock) begin
				if (step) begin
					rest <= part_first ? in_word[PART*SPLIT-1:PART] : rest >> PART;
					if (part_first) rest_mark <= in_word[IN-1];
				end
			end
			assign value = part_first ? in_word[PART-1:0] : rest[PART-1:0];
			assign mark = part_first ? in_word[IN-1] : rest_mark;
		end else if (GATHER > 1) begin : gather
			reg [PART*(GATHER-1)-1:0] parts;
			wire [PART*GATHER-1:0] moved = {in_word[PART-1:0], parts};
			always @(posedge clock) if (step) parts <= moved[PART*GATHER-1:PART];
			assign value = moved;
			assign mark = in_word[IN-1];
		end else begin : same
			assign value = in_word[PART-1:0];
			assign mark = in_word[IN-1];
		end
	endgenerate
	wire [PART*GATHER:0] marked = {mark, value};
	ns_delay #(.WIDTH(OUT), .DEPTH(LATENCY - 1)) delay (.clock(clock), .enable(advance), .in(marked[OUT-1:0]), .out(out_word));
endmodule
