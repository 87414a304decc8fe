// nb_top: the whole time_shared machine (sim/machine/PROGRAM.md): sequencer, five queues, tokens, port arbiter, nine buffers, the two
// engines, the post unit and the two DMA masters. Memory channels are outside. The st_* outputs show what the attribution
// of section 11 is made of; nothing inside depends on them.
module nb_top #(
	parameter P = 4,
	parameter W = 1,
	parameter R = 4,
	parameter Q = 4,
	parameter L = 4,
	parameter X = 64,
	parameter S = 4,
	parameter QD = 4,
	parameter PACKING = 0,
	parameter FABRIC = 2,
	parameter POPCOUNT_DSP = 0,
	parameter ACC_BITS = 16,
	parameter SUM_BITS = 32,
	parameter WEIGHT_BITS = 8,
	parameter ACTIVATION_BITS = 8,
	parameter WINDOW_BITS = 576,
	parameter WINDOW_READS = 1,
	parameter PROGRAM_COMMANDS = 1024,
	parameter DEPTH0 = 64, DEPTH1 = 64, DEPTH2 = 64, DEPTH3 = 64, DEPTH4 = 64, DEPTH5 = 64, DEPTH6 = 64, DEPTH7 = 64, DEPTH8 = 64,
	parameter BANKS0 = 1, BANKS1 = 1, BANKS2 = 1, BANKS3 = 1, BANKS4 = 1, BANKS5 = 1, BANKS6 = 1, BANKS7 = 1, BANKS8 = 1,
`include "nb_words.vh"
) (
	input clock,
	input reset,
	input [15:0] burst_beats,
	input [15:0] fetch_cycles,
	input [8:0] single_port,
	input [31:0] frames,
	input host_write,
	input [31:0] host_index,
	input [511:0] host_command,
	// memory
	output load_request,
	output [3:0] load_channel,
	output [31:0] load_address,
	output [12:0] load_bytes,
	input arrival,
	output pull,
	output [3:0] pull_channel,
	output [31:0] pull_address,
	input [8*CHUNK_BYTES-1:0] pull_chunk,
	output store_request,
	output [3:0] store_channel,
	output [31:0] store_address,
	output [12:0] store_bytes,
	input answer,
	output data,
	output [3:0] data_channel,
	output [31:0] data_address,
	output [12:0] data_bytes,
	output [8*CHUNK_BYTES-1:0] data_chunk,
	// state
	output frame_end,
	output ended,
	output ending,
	output st_sequencer_busy,
	output st_sequencer_blocked,
	output st_sequencer_starved,
	output [11:0] st_sequencer_layer,
	output [4:0] st_busy,
	output [4:0] st_filled,
	output [4:0] st_accept,
	output [4:0] st_asking,
	output [4:0] st_waiting,
	output [4:0] st_granted,
	output [4:0] st_active,
	output [59:0] st_active_layer,
	output [4:0] st_head_valid,
	output [4:0] st_head_counts,
	output [59:0] st_head_layer,
	output [24:0] st_missing_data,
	output [24:0] st_missing_room
);
	localparam A = 24;
	localparam BINARY = 0, FIXED = 1, POST = 2, LOAD = 3, STORE = 4;
	localparam [71:0] WORD_LOG2 = ($clog2(WB8) << 64) | ($clog2(WB5) << 40) | ($clog2(WB4) << 32) |
		($clog2(WB3) << 24) | ($clog2(WB2) << 16) | ($clog2(WB1) << 8) | $clog2(WB0);
	localparam [71:0] CHUNK_LOG2 = ($clog2(CB8) << 64) | ($clog2(CB5) << 40) | ($clog2(CB4) << 32) |
		($clog2(CB3) << 24) | ($clog2(CB2) << 16) | ($clog2(CB1) << 8) | $clog2(CB0);

	// Sequencer, queues, tokens, ports
	wire [4:0] push, queue_full, quiet, head_valid, accept, give, asking, grant, port_last;
	wire [511:0] decoded;
	wire [511:0] head [0:4];
	wire clear_tokens;
	wire [24:0] data_present, room_present, take_data, take_room, give_data, give_room;
	wire [4:0] tokens_there;
	nb_sequencer #(.PROGRAM_COMMANDS(PROGRAM_COMMANDS)) sequencer (
		.clock(clock), .reset(reset), .fetch_cycles(fetch_cycles), .frames(frames), .host_write(host_write), .host_index(host_index),
		.host_command(host_command), .queue_full(queue_full), .quiet(quiet), .push(push), .command(decoded),
		.clear_tokens(clear_tokens), .frame_end(frame_end), .ended(ended), .ending(ending), .busy(st_sequencer_busy), .blocked(st_sequencer_blocked),
		.starved(st_sequencer_starved), .layer(st_sequencer_layer));
	genvar u;
	generate
		for (u = 0; u < 5; u = u + 1) begin : unit
			nb_queue #(.DEPTH(QD)) queue (
				.clock(clock), .reset(reset), .push(push[u]), .push_data(decoded), .pop(accept[u]), .head(head[u]),
				.head_valid(head_valid[u]), .full(queue_full[u]));
			assign take_data[5*u +: 5] = head[u][36:32];
			assign take_room[5*u +: 5] = head[u][41:37];
			assign st_missing_data[5*u +: 5] = take_data[5*u +: 5] & ~data_present[5*u +: 5];
			assign st_missing_room[5*u +: 5] = take_room[5*u +: 5] & ~room_present[5*u +: 5];
			assign tokens_there[u] = st_missing_data[5*u +: 5] == 0 && st_missing_room[5*u +: 5] == 0;
			assign st_head_layer[12*u +: 12] = head[u][15:4];
		end
	endgenerate
	nb_tokens tokens (
		.clock(clock), .reset(reset), .clear(clear_tokens), .take(accept), .take_data(take_data), .take_room(take_room), .give(give),
		.give_data(give_data), .give_room(give_room), .data_present(data_present), .room_present(room_present));
	wire [2:0] post_writes;
	wire [8:0] load_writes, store_reads;
	nb_ports ports (
		.clock(clock), .reset(reset), .single_port(single_port), .request(asking),
		.need_read({store_reads, 9'd0, 9'b000010000, 9'b000001010, 9'b000100101}),
		.need_write({9'd0, load_writes, post_writes[2], 6'd0, post_writes[0], post_writes[1], 9'd0, 9'd0}),
		.last(port_last), .grant(grant));

	// Units
	wire [WINDOW_READS*A-1:0] binary_activation_at;
	wire [A-1:0] binary_weight_at, binary_border_at, binary_sum_at;
	wire [A-1:0] fixed_activation_at, fixed_weight_at, fixed_sum_at;
	wire [A-1:0] post_accumulator_at, post_skip_at, post_parameter_at, post_fixed_at, post_bits_at, post_output_at;
	wire [A-1:0] store_at, load_at;
	wire [WINDOW_READS*48*W-1:0] bit_activation;
	wire [48*W-1:0] post_bits;
	wire [ACTIVATION_BITS*R-1:0] fixed_activation, post_fixed;
	wire [48*P*W-1:0] bit_weight;
	wire [WEIGHT_BITS*R*Q-1:0] fixed_weight;
	wire [128*L-1:0] parameter_record;
	wire [16*P-1:0] border;
	wire [ACC_BITS*P-1:0] binary_sum, accumulator;
	wire [SUM_BITS*Q-1:0] fixed_sum, skip_sum;
	wire [32*L-1:0] post_output;
	wire [R-1:0] post_fixed_enable;
	wire [48*W/L-1:0] post_bits_enable;
	wire binary_sum_write, fixed_sum_write, post_fixed_write, post_bits_write, post_output_write;

	nb_binary_engine #(
		.A(A), .P(P), .W(W), .PACKING(PACKING), .FABRIC(FABRIC), .POPCOUNT_DSP(POPCOUNT_DSP), .ACC_BITS(ACC_BITS),
		.WINDOW_BITS(WINDOW_BITS), .WINDOW_READS(WINDOW_READS)
	) binary_engine (
		.clock(clock), .reset(reset), .head_valid(head_valid[BINARY]), .head(head[BINARY]), .tokens_there(tokens_there[BINARY]),
		.accept(accept[BINARY]), .give(give[BINARY]), .give_masks({give_room[5*BINARY +: 5], give_data[5*BINARY +: 5]}),
		.asking(asking[BINARY]), .granted(grant[BINARY]), .port_last(port_last[BINARY]),
		.activation_address(binary_activation_at), .activation_word(bit_activation), .weight_address(binary_weight_at),
		.weight_word(bit_weight), .border_address(binary_border_at), .border_word(border), .sum_write(binary_sum_write),
		.sum_address(binary_sum_at), .sum_word(binary_sum), .running(st_busy[BINARY]), .filled(st_filled[BINARY]),
		.active(st_active[BINARY]), .active_layer(st_active_layer[12*BINARY +: 12]), .quiet(quiet[BINARY]));

	nb_fixed_engine #(
		.A(A), .R(R), .Q(Q), .WEIGHT_BITS(WEIGHT_BITS), .ACTIVATION_BITS(ACTIVATION_BITS), .SUM_BITS(SUM_BITS)
	) fixed_engine (
		.clock(clock), .reset(reset), .head_valid(head_valid[FIXED]), .head(head[FIXED]), .tokens_there(tokens_there[FIXED]),
		.accept(accept[FIXED]), .give(give[FIXED]), .give_masks({give_room[5*FIXED +: 5], give_data[5*FIXED +: 5]}),
		.asking(asking[FIXED]), .granted(grant[FIXED]), .port_last(port_last[FIXED]),
		.activation_address(fixed_activation_at), .activation_word(fixed_activation), .weight_address(fixed_weight_at),
		.weight_word(fixed_weight), .sum_write(fixed_sum_write), .sum_address(fixed_sum_at), .sum_word(fixed_sum),
		.running(st_busy[FIXED]), .filled(st_filled[FIXED]), .active(st_active[FIXED]),
		.active_layer(st_active_layer[12*FIXED +: 12]), .quiet(quiet[FIXED]));

	nb_post #(
		.A(A), .P(P), .W(W), .R(R), .Q(Q), .L(L), .ACC_BITS(ACC_BITS), .SUM_BITS(SUM_BITS), .ACTIVATION_BITS(ACTIVATION_BITS)
	) post_unit (
		.clock(clock), .reset(reset), .head_valid(head_valid[POST]), .head(head[POST]), .tokens_there(tokens_there[POST]),
		.accept(accept[POST]), .give(give[POST]), .give_masks({give_room[5*POST +: 5], give_data[5*POST +: 5]}), .asking(asking[POST]),
		.granted(grant[POST]), .port_last(port_last[POST]), .writes(post_writes), .accumulator_address(post_accumulator_at),
		.accumulator_word(accumulator), .skip_address(post_skip_at), .skip_word(skip_sum), .parameter_address(post_parameter_at),
		.parameter_word(parameter_record), .fixed_write(post_fixed_write), .fixed_address(post_fixed_at),
		.fixed_enable(post_fixed_enable), .fixed_word(post_fixed), .bits_write(post_bits_write), .bits_address(post_bits_at),
		.bits_enable(post_bits_enable), .bits_word(post_bits), .output_write(post_output_write), .output_address(post_output_at),
		.output_word(post_output), .running(st_busy[POST]), .filled(st_filled[POST]), .active(st_active[POST]),
		.active_layer(st_active_layer[12*POST +: 12]), .quiet(quiet[POST]));

	wire load_write, store_reading;
	wire [3:0] load_buffer, store_data_buffer;
	wire [15:0] load_segment, store_segment;
	wire [12:0] load_left;
	nb_load #(.A(A), .X(X), .S(S), .WORD_LOG2(WORD_LOG2), .CHUNK_LOG2(CHUNK_LOG2)) load (
		.clock(clock), .reset(reset), .burst_beats(burst_beats), .head_valid(head_valid[LOAD]), .head(head[LOAD]),
		.tokens_there(tokens_there[LOAD]), .accept(accept[LOAD]), .give(give[LOAD]),
		.give_masks({give_room[5*LOAD +: 5], give_data[5*LOAD +: 5]}), .asking(asking[LOAD]), .granted(grant[LOAD]),
		.port_last(port_last[LOAD]), .writes(load_writes), .request(load_request), .request_channel(load_channel),
		.request_address(load_address), .request_bytes(load_bytes), .arrival(arrival), .pull(pull), .pull_channel(pull_channel),
		.pull_address(pull_address), .write(load_write), .write_buffer(load_buffer), .write_address(load_at),
		.write_segment(load_segment), .write_bytes(load_left), .busy(st_busy[LOAD]), .filled(st_filled[LOAD]),
		.active(st_active[LOAD]), .active_layer(st_active_layer[12*LOAD +: 12]), .head_counts(st_head_counts[LOAD]),
		.quiet(quiet[LOAD]));

	nb_store #(.A(A), .X(X), .S(S), .WORD_LOG2(WORD_LOG2), .CHUNK_LOG2(CHUNK_LOG2)) store (
		.clock(clock), .reset(reset), .burst_beats(burst_beats), .head_valid(head_valid[STORE]), .head(head[STORE]),
		.tokens_there(tokens_there[STORE]), .accept(accept[STORE]), .give(give[STORE]),
		.give_masks({give_room[5*STORE +: 5], give_data[5*STORE +: 5]}), .asking(asking[STORE]), .waiting(st_waiting[STORE]),
		.granted(grant[STORE]), .port_last(port_last[STORE]), .reads(store_reads), .reading(store_reading), .read_address(store_at),
		.read_segment(store_segment), .data(data), .data_channel(data_channel), .data_buffer(store_data_buffer),
		.data_address(data_address), .data_bytes(data_bytes), .request(store_request), .request_channel(store_channel),
		.request_address(store_address), .request_bytes(store_bytes), .answer(answer), .busy(st_busy[STORE]),
		.filled(st_filled[STORE]), .active(st_active[STORE]), .active_layer(st_active_layer[12*STORE +: 12]),
		.head_counts(st_head_counts[STORE]), .quiet(quiet[STORE]));

	assign st_accept = accept;
	assign st_asking = asking;
	assign st_granted = grant;
	assign st_head_valid = head_valid;
	assign st_waiting[3:0] = 4'd0;
	assign st_head_counts[2:0] = head_valid[2:0] & ~st_active[2:0];

	// Buffers. The read side belongs to the store unit while it holds the port, else to the buffer's engine.
	wire [8:0] load_to = load_write ? 9'd1 << load_buffer : 9'd0;
	wire [8:0] store_from = store_reading ? store_reads : 9'd0;
	wire [8*CHUNK_BYTES-1:0] stored [0:8];
	wire [8*CHUNK_BYTES-1:0] no_chunk_2, no_chunk_3, no_chunk_4, no_chunk_5;
	wire [ACC_BITS*P-1:0] no_chunk_6;
	wire [SUM_BITS*Q-1:0] no_chunk_7;
	wire [32*L-1:0] no_output;
	assign data_chunk = store_data_buffer == 0 ? stored[0] : store_data_buffer == 1 ? stored[1] : stored[8];

	nb_buffer #(
		.A(A), .DEPTH(DEPTH0), .BANKS(BANKS0), .ELEMENTS(W), .ELEMENT_BITS(48), .UNIT_BITS(64), .COLUMN_BITS(L), .WORD_BYTES(WB0),
		.BEAT_BYTES(X), .CHUNK_BYTES(CHUNK_BYTES)
	) bit_activations (
		.clock(clock), .read_address(store_from[0] ? store_at : binary_activation_at[A-1:0]), .read_word(bit_activation[48*W-1:0]),
		.store_segment(store_segment), .store_chunk(stored[0]), .load_write(load_to[0]), .load_address(load_at),
		.load_segment(load_segment), .load_bytes(load_left), .load_chunk(pull_chunk), .unit_write(post_bits_write),
		.unit_address(post_bits_at), .unit_enable(post_bits_enable), .unit_word(post_bits));
	genvar v;
	generate
		for (v = 1; v < WINDOW_READS; v = v + 1) begin : bit_activations_again // the same words, for the window former alone
			wire [8*CHUNK_BYTES-1:0] no_chunk_0;
			nb_buffer #(
				.A(A), .DEPTH(DEPTH0), .BANKS(BANKS0), .ELEMENTS(W), .ELEMENT_BITS(48), .UNIT_BITS(64), .COLUMN_BITS(L), .WORD_BYTES(WB0),
				.BEAT_BYTES(X), .CHUNK_BYTES(CHUNK_BYTES)
			) copy (
				.clock(clock), .read_address(binary_activation_at[A*v +: A]), .read_word(bit_activation[48*W*v +: 48*W]),
				.store_segment(16'd0), .store_chunk(no_chunk_0), .load_write(load_to[0]), .load_address(load_at),
				.load_segment(load_segment), .load_bytes(load_left), .load_chunk(pull_chunk), .unit_write(post_bits_write),
				.unit_address(post_bits_at), .unit_enable(post_bits_enable), .unit_word(post_bits));
		end
	endgenerate
	nb_buffer #(
		.A(A), .DEPTH(DEPTH1), .BANKS(BANKS1), .ELEMENTS(R), .ELEMENT_BITS(ACTIVATION_BITS), .UNIT_BITS(8 * WB1 / R),
		.COLUMN_BITS(ACTIVATION_BITS), .WORD_BYTES(WB1), .BEAT_BYTES(X), .CHUNK_BYTES(CHUNK_BYTES), .SIGNED(1)
	) fixed_activations (
		.clock(clock), .read_address(store_from[1] ? store_at : fixed_activation_at), .read_word(fixed_activation),
		.store_segment(store_segment), .store_chunk(stored[1]), .load_write(load_to[1]), .load_address(load_at),
		.load_segment(load_segment), .load_bytes(load_left), .load_chunk(pull_chunk), .unit_write(post_fixed_write),
		.unit_address(post_fixed_at), .unit_enable(post_fixed_enable), .unit_word(post_fixed));
	nb_buffer #(
		.A(A), .DEPTH(DEPTH2), .BANKS(BANKS2), .ELEMENTS(P * W), .ELEMENT_BITS(48), .UNIT_BITS(64), .COLUMN_BITS(48),
		.WORD_BYTES(WB2), .BEAT_BYTES(X), .CHUNK_BYTES(CHUNK_BYTES)
	) bit_weights (
		.clock(clock), .read_address(binary_weight_at), .read_word(bit_weight), .store_segment(16'd0), .store_chunk(no_chunk_2),
		.load_write(load_to[2]), .load_address(load_at), .load_segment(load_segment), .load_bytes(load_left), .load_chunk(pull_chunk),
		.unit_write(1'b0), .unit_address({A{1'b0}}), .unit_enable({(P*W){1'b0}}), .unit_word({(48*P*W){1'b0}}));
	nb_buffer #(
		.A(A), .DEPTH(DEPTH3), .BANKS(BANKS3), .ELEMENTS(R * Q), .ELEMENT_BITS(WEIGHT_BITS), .UNIT_BITS(8 * WB3 / (R * Q)),
		.COLUMN_BITS(WEIGHT_BITS), .WORD_BYTES(WB3), .BEAT_BYTES(X), .CHUNK_BYTES(CHUNK_BYTES), .SIGNED(1)
	) fixed_weights (
		.clock(clock), .read_address(fixed_weight_at), .read_word(fixed_weight), .store_segment(16'd0), .store_chunk(no_chunk_3),
		.load_write(load_to[3]), .load_address(load_at), .load_segment(load_segment), .load_bytes(load_left), .load_chunk(pull_chunk),
		.unit_write(1'b0), .unit_address({A{1'b0}}), .unit_enable({(R*Q){1'b0}}), .unit_word({(WEIGHT_BITS*R*Q){1'b0}}));
	nb_buffer #(
		.A(A), .DEPTH(DEPTH4), .BANKS(BANKS4), .ELEMENTS(2 * L), .ELEMENT_BITS(64), .UNIT_BITS(64), .COLUMN_BITS(64),
		.WORD_BYTES(WB4), .BEAT_BYTES(X), .CHUNK_BYTES(CHUNK_BYTES)
	) parameters (
		.clock(clock), .read_address(post_parameter_at), .read_word(parameter_record), .store_segment(16'd0), .store_chunk(no_chunk_4),
		.load_write(load_to[4]), .load_address(load_at), .load_segment(load_segment), .load_bytes(load_left), .load_chunk(pull_chunk),
		.unit_write(1'b0), .unit_address({A{1'b0}}), .unit_enable({(2*L){1'b0}}), .unit_word({(128*L){1'b0}}));
	nb_buffer #(
		.A(A), .DEPTH(DEPTH5), .BANKS(BANKS5), .ELEMENTS(P), .ELEMENT_BITS(16), .UNIT_BITS(16), .COLUMN_BITS(16), .WORD_BYTES(WB5),
		.BEAT_BYTES(X), .CHUNK_BYTES(CHUNK_BYTES)
	) border_constants (
		.clock(clock), .read_address(binary_border_at), .read_word(border), .store_segment(16'd0), .store_chunk(no_chunk_5),
		.load_write(load_to[5]), .load_address(load_at), .load_segment(load_segment), .load_bytes(load_left), .load_chunk(pull_chunk),
		.unit_write(1'b0), .unit_address({A{1'b0}}), .unit_enable({P{1'b0}}), .unit_word({(16*P){1'b0}}));
	nb_buffer #(
		.A(A), .DEPTH(DEPTH6), .BANKS(BANKS6), .ELEMENTS(P), .ELEMENT_BITS(ACC_BITS), .UNIT_BITS(ACC_BITS), .COLUMN_BITS(ACC_BITS),
		.WORD_BYTES(P * ACC_BITS / 8), .BEAT_BYTES(P * ACC_BITS / 8), .CHUNK_BYTES(P * ACC_BITS / 8)
	) accumulators (
		.clock(clock), .read_address(post_accumulator_at), .read_word(accumulator), .store_segment(16'd0), .store_chunk(no_chunk_6),
		.load_write(1'b0), .load_address({A{1'b0}}), .load_segment(16'd0), .load_bytes(13'd0), .load_chunk({(ACC_BITS*P){1'b0}}),
		.unit_write(binary_sum_write), .unit_address(binary_sum_at), .unit_enable({P{1'b1}}), .unit_word(binary_sum));
	nb_buffer #(
		.A(A), .DEPTH(DEPTH7), .BANKS(BANKS7), .ELEMENTS(Q), .ELEMENT_BITS(SUM_BITS), .UNIT_BITS(SUM_BITS), .COLUMN_BITS(SUM_BITS),
		.WORD_BYTES(Q * SUM_BITS / 8), .BEAT_BYTES(Q * SUM_BITS / 8), .CHUNK_BYTES(Q * SUM_BITS / 8)
	) skip_sums (
		.clock(clock), .read_address(post_skip_at), .read_word(skip_sum), .store_segment(16'd0), .store_chunk(no_chunk_7),
		.load_write(1'b0), .load_address({A{1'b0}}), .load_segment(16'd0), .load_bytes(13'd0), .load_chunk({(SUM_BITS*Q){1'b0}}),
		.unit_write(fixed_sum_write), .unit_address(fixed_sum_at), .unit_enable({Q{1'b1}}), .unit_word(fixed_sum));
	nb_buffer #(
		.A(A), .DEPTH(DEPTH8), .BANKS(BANKS8), .ELEMENTS(L), .ELEMENT_BITS(32), .UNIT_BITS(32), .COLUMN_BITS(32), .WORD_BYTES(WB8),
		.BEAT_BYTES(X), .CHUNK_BYTES(CHUNK_BYTES)
	) output_values (
		.clock(clock), .read_address(store_at), .read_word(no_output), .store_segment(store_segment), .store_chunk(stored[8]),
		.load_write(load_to[8]), .load_address(load_at), .load_segment(load_segment), .load_bytes(load_left), .load_chunk(pull_chunk),
		.unit_write(post_output_write), .unit_address(post_output_at), .unit_enable({L{1'b1}}), .unit_word(post_output));
endmodule
