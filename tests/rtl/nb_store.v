// nb_store: DMA write master (PROGRAM.md section 9). For each burst: waits for a slot, asks for the buffer's read port, reads
// one chunk a cycle (a beat, or `banks` words where a word is smaller than a beat). A chunk read in cycle x goes out in x + 2, the
// request of a burst whose last chunk is read in x is visible to the channel in x + 3; the slot is held until the answer.
module nb_store #(
	parameter A = 24,
	parameter X = 64,
	parameter S = 4,
	parameter [71:0] WORD_LOG2 = 0,
	parameter [71:0] CHUNK_LOG2 = 0
) (
	input clock,
	input reset,
	input [15:0] burst_beats,
	input head_valid,
	input [511:0] head,
	input tokens_there,
	output accept,
	output give,
	output [9:0] give_masks,
	output asking,
	output waiting,             // for a slot, or for the answers of another channel
	input granted,
	output port_last,
	output [8:0] reads,
	output reading,
	output [A-1:0] read_address,
	output [15:0] read_segment,
	output data,                // a chunk goes out; of buffer data_buffer
	output [3:0] data_channel,
	output [3:0] data_buffer,
	output [31:0] data_address,
	output [12:0] data_bytes,
	output request,
	output [3:0] request_channel,
	output [31:0] request_address,
	output [12:0] request_bytes,
	input answer,               // registered here: visible in the next cycle
	output busy,
	output filled,
	output active,
	output [11:0] active_layer,
	output head_counts,
	output quiet
);
	localparam INDEX = S > 1 ? $clog2(S) : 1;
	localparam [1:0] WAIT = 0, NEXT = 1, RUN = 2;

	function [7:0] word_log2(input [3:0] buffer);
		word_log2 = WORD_LOG2[8*buffer +: 8];
	endfunction
	function [7:0] chunk_log2(input [3:0] buffer);
		chunk_log2 = CHUNK_LOG2[8*buffer +: 8];
	endfunction

	reg [1:0] state;
	reg [11:0] layer;
	reg [9:0] masks;
	reg [3:0] channel, buffer, last_channel;
	reg [31:0] address, row_address, pitch, row_bytes, row_left, rows_left, position, out_address, read_position;
	reg [12:0] left, burst_bytes;
	reg [31:0] burst_address;
	reg [INDEX:0] slots;
	reg answered;

	wire [31:0] burst_limit = burst_beats * X;
	wire [31:0] page_left = 32'd4096 - {20'd0, address[11:0]};
	wire [31:0] limit = burst_limit < page_left ? burst_limit : page_left;
	wire [31:0] bytes = row_left < limit ? row_left : limit;
	wire row_ends = bytes == row_left;
	wire command_ends = row_ends && rows_left == 1;
	reg burst_ends_command;

	wire may_ask = slots != S && (channel == last_channel || slots == 0);
	assign accept = state == WAIT && head_valid && tokens_there;
	assign asking = state == NEXT && may_ask;
	assign waiting = state == NEXT && !may_ask;
	assign reads = 9'd1 << buffer;
	wire [31:0] chunk = 32'd1 << chunk_log2(buffer);
	assign port_last = state == RUN && {19'd0, left} <= chunk;
	wire [31:0] head_row_bytes = head[5*32 +: 32] << word_log2(head[3*32+8 +: 4]);

	always @(posedge clock) begin
		if (accept) begin
			layer <= head[15:4];
			masks <= head[51:42];
			channel <= head[3*32 +: 4];
			buffer <= head[3*32+8 +: 4];
			address <= head[2*32 +: 32];
			row_address <= head[2*32 +: 32];
			pitch <= head[7*32 +: 32];
			row_bytes <= head_row_bytes;
			row_left <= head_row_bytes;
			rows_left <= head[6*32 +: 32];
			position <= head[4*32 +: 32] << word_log2(head[3*32+8 +: 4]);
		end else if (asking && granted) begin
			position <= position + bytes;
			if (row_ends) begin
				address <= row_address + pitch;
				row_address <= row_address + pitch;
				row_left <= row_bytes;
				rows_left <= rows_left - 1'b1;
			end else begin
				address <= address + bytes;
				row_left <= row_left - bytes;
			end
			burst_address <= address;
			burst_bytes <= bytes[12:0];
			burst_ends_command <= command_ends;
			out_address <= address;
			read_position <= position;
			left <= bytes[12:0];
			last_channel <= channel;
		end else if (state == RUN) begin
			out_address <= out_address + chunk;
			read_position <= read_position + chunk;
			left <= left - chunk[12:0];
		end
		if (reset) begin
			state <= WAIT;
			last_channel <= 0;
		end else if (accept) state <= NEXT;
		else if (asking && granted) state <= RUN;
		else if (port_last) state <= burst_ends_command ? WAIT : NEXT;
	end

	// Buffer read and way out
	wire [7:0] log2_word = word_log2(buffer);
	wire [31:0] in_word = read_position & ((32'd1 << log2_word) - 1'b1);
	wire [31:0] read_index = read_position >> log2_word;
	assign reading = state == RUN;
	assign read_address = read_index[A-1:0];
	assign read_segment = in_word / X;
	wire [12:0] chunk_bytes = {19'd0, left} < chunk ? left : chunk[12:0];
	reg [1:0] data_stage, request_stage;
	nb_delay #(.WIDTH(4+4+32+13), .DEPTH(2)) data_delay (
		.clock(clock), .in({channel, buffer, out_address, chunk_bytes}), .out({data_channel, data_buffer, data_address, data_bytes}));
	nb_delay #(.WIDTH(4+32+13), .DEPTH(2)) request_delay (
		.clock(clock), .in({channel, burst_address, burst_bytes}), .out({request_channel, request_address, request_bytes}));
	assign data = data_stage[1];
	assign request = request_stage[1];

	// Slots
	reg [22:0] slot [0:S-1];
	reg [INDEX-1:0] oldest, newest;
	wire takes = asking && granted;
	wire [11:0] slot_layer;
	wire [9:0] slot_masks;
	wire slot_ends;
	assign {slot_layer, slot_masks, slot_ends} = slot[oldest];
	assign give = answered && slot_ends;
	assign give_masks = slot_masks;
	always @(posedge clock) begin
		if (takes) slot[newest] <= {layer, masks, command_ends};
		if (reset) begin
			data_stage <= 0;
			request_stage <= 0;
			answered <= 0;
			oldest <= 0;
			newest <= 0;
			slots <= 0;
		end else begin
			data_stage <= {data_stage[0], state == RUN};
			request_stage <= {request_stage[0], port_last};
			answered <= answer;
			if (takes) newest <= newest == S - 1 ? 0 : newest + 1'b1;
			if (answered) oldest <= oldest == S - 1 ? 0 : oldest + 1'b1;
			slots <= slots + {{INDEX{1'b0}}, takes} - {{INDEX{1'b0}}, answered};
		end
	end

	assign busy = state == RUN;
	assign filled = slots != 0;
	assign active = state != WAIT || slots != 0;
	assign active_layer = slots != 0 ? slot_layer : layer;
	assign head_counts = head_valid && state == WAIT;
	assign quiet = !head_valid && !active;
endmodule
