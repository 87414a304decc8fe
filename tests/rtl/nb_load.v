// nb_load: DMA read master (PROGRAM.md section 8). Address stage: WAIT, SEND: one burst a cycle while slots are free. Write stage:
// serves the slots in order; asks for the write port of the buffer when the oldest burst has arrived, then writes one chunk a
// cycle: a beat, or `banks` words where a word is smaller than a beat.
// The data of arrived bursts wait in the memory side's read FIFO: `pull` names a chunk that is there in the next cycle.
module nb_load #(
	parameter A = 24,
	parameter X = 64,           // bytes of a beat
	parameter S = 4,            // burst slots
	parameter [71:0] WORD_LOG2 = 0,  // 8 bits a buffer: log2 of the bytes of its word in DDR
	parameter [71:0] CHUNK_LOG2 = 0  // of the bytes written in one cycle
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
	input granted,
	output port_last,
	output [8:0] writes,        // port wanted by the write stage
	output request,             // a burst is issued
	output [3:0] request_channel,
	output [31:0] request_address,
	output [12:0] request_bytes,
	input arrival,              // registered here: a burst has arrived, visible in the next cycle
	output pull,
	output [3:0] pull_channel,
	output [31:0] pull_address,
	output write,
	output [3:0] write_buffer,
	output [A-1:0] write_address,
	output [15:0] write_segment,
	output [12:0] write_bytes,
	output busy,
	output filled,
	output active,
	output [11:0] active_layer,
	output head_counts,         // the head of the queue is waiting for its tokens only
	output quiet
);
	localparam INDEX = S > 1 ? $clog2(S) : 1;

	function [7:0] word_log2(input [3:0] buffer);
		word_log2 = WORD_LOG2[8*buffer +: 8];
	endfunction
	function [7:0] chunk_log2(input [3:0] buffer);
		chunk_log2 = CHUNK_LOG2[8*buffer +: 8];
	endfunction

	// Address stage
	reg sending;
	reg [11:0] layer;
	reg [9:0] masks;
	reg [3:0] channel, buffer, last_channel;
	reg [31:0] address, row_address, pitch, row_bytes, row_left, position; // position: byte of the buffer, in DDR bytes
	reg [31:0] rows_left;
	reg [INDEX:0] slots, arrived, pending; // held; arrived and not written; issued and not arrived
	wire [31:0] burst_limit = burst_beats * X;
	wire [31:0] page_left = 32'd4096 - {20'd0, address[11:0]};
	wire [31:0] limit = burst_limit < page_left ? burst_limit : page_left;
	wire [31:0] bytes = row_left < limit ? row_left : limit;
	wire row_ends = bytes == row_left;
	wire command_ends = row_ends && rows_left == 1;

	assign accept = !sending && head_valid && tokens_there;
	assign request = sending && slots != S && (channel == last_channel || pending == 0);
	assign request_channel = channel;
	assign request_address = address;
	assign request_bytes = bytes[12:0];
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
		end else if (request) begin
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
		end
		if (request) last_channel <= channel;
		if (reset) begin
			sending <= 0;
			last_channel <= 0;
		end else if (accept) sending <= 1;
		else if (request && command_ends) sending <= 0;
	end

	// Slots, in order of issue
	localparam SLOT = 12 + 10 + 1 + 4 + 4 + 32 + 32 + 13;
	reg [SLOT-1:0] slot [0:S-1];
	reg [INDEX-1:0] oldest, newest;
	wire [11:0] slot_layer;
	wire [9:0] slot_masks;
	wire slot_ends;
	wire [3:0] slot_channel, slot_buffer;
	wire [31:0] slot_address, slot_position;
	wire [12:0] slot_bytes;
	assign {slot_layer, slot_masks, slot_ends, slot_channel, slot_buffer, slot_address, slot_position, slot_bytes} = slot[oldest];

	// Write stage
	reg writing;
	reg [31:0] write_position, read_address;
	reg [12:0] left;
	wire [7:0] log2_word = word_log2(slot_buffer);
	wire [31:0] chunk = 32'd1 << chunk_log2(slot_buffer);
	wire frees = writing && {19'd0, left} <= chunk;
	wire [31:0] next_read = read_address + chunk;
	wire [31:0] in_word = write_position & ((32'd1 << log2_word) - 1'b1);

	assign asking = !writing && arrived != 0;
	assign writes = 9'd1 << slot_buffer;
	assign port_last = frees;
	assign pull = (asking && granted) || writing;
	assign pull_channel = slot_channel;
	assign pull_address = writing ? next_read : slot_address;
	assign write = writing;
	assign write_buffer = slot_buffer;
	wire [31:0] write_word = write_position >> log2_word;
	assign write_address = write_word[A-1:0];
	assign write_segment = in_word / X;
	assign write_bytes = left;
	assign give = frees && slot_ends;
	assign give_masks = slot_masks;

	always @(posedge clock) begin
		if (request) slot[newest] <= {layer, masks, command_ends, channel, buffer, address, position, bytes[12:0]};
		if (asking && granted) begin
			write_position <= slot_position;
			read_address <= slot_address;
			left <= slot_bytes;
		end else if (writing) begin
			write_position <= write_position + chunk;
			read_address <= next_read;
			left <= left - chunk[12:0];
		end
		if (reset) begin
			writing <= 0;
			oldest <= 0;
			newest <= 0;
			slots <= 0;
			arrived <= 0;
			pending <= 0;
		end else begin
			if (asking && granted) writing <= 1;
			else if (frees) writing <= 0;
			if (request) newest <= newest == S - 1 ? 0 : newest + 1'b1;
			if (frees) oldest <= oldest == S - 1 ? 0 : oldest + 1'b1;
			slots <= slots + {{INDEX{1'b0}}, request} - {{INDEX{1'b0}}, frees};
			arrived <= arrived + {{INDEX{1'b0}}, arrival} - {{INDEX{1'b0}}, frees};
			pending <= pending + {{INDEX{1'b0}}, request} - {{INDEX{1'b0}}, arrival};
		end
	end

	assign busy = writing || request;
	assign filled = pending != 0;
	assign active = sending || slots != 0;
	assign active_layer = slots != 0 ? slot_layer : layer;
	assign head_counts = head_valid && !sending;
	assign quiet = !head_valid && !active;
endmodule
