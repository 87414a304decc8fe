// nb_bench: what Verilator runs: the machine (nb_top), CHANNELS memory channels and the attribution counters. The C++ bench drives
// clock, reset, runtime parameters and the program memory, and holds the DDR bytes.
module nb_bench #(
	parameter CHANNELS = 1,
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
	parameter PROGRAM_COMMANDS = 16384,
	parameter DEPTH0 = 64,
	parameter DEPTH1 = 64,
	parameter DEPTH2 = 64,
	parameter DEPTH3 = 64,
	parameter DEPTH4 = 64,
	parameter DEPTH5 = 64,
	parameter DEPTH6 = 64,
	parameter DEPTH7 = 64,
	parameter DEPTH8 = 64,
	parameter BANKS0 = 1,
	parameter BANKS1 = 1,
	parameter BANKS2 = 1,
	parameter BANKS3 = 1,
	parameter BANKS4 = 1,
	parameter BANKS5 = 1,
	parameter BANKS6 = 1,
	parameter BANKS7 = 1,
	parameter BANKS8 = 1,
`include "nb_words.vh"
) (
	input clock,
	input reset,
	input [15:0] burst_beats,
	input [15:0] fetch_cycles,
	input [8:0] single_port,
	input [31:0] frames,
	input [1:0] kind,
	input [31:0] controller_cycles,
	input [31:0] fixed_latency,
	input [31:0] beat_cycles,
	input [31:0] trcd,
	input [31:0] trp,
	input [31:0] cl,
	input [31:0] tras,
	input [31:0] trfc,
	input [31:0] trefi,
	input [31:0] bank_groups,
	input [31:0] banks_per_group,
	input [31:0] row_bytes,
	input host_write,
	input [31:0] host_index,
	input [511:0] host_command,
	output frame_end,
	output ended,
	output ending,
	output progress
);
	wire load_request, pull, store_request, data;
	wire [3:0] load_channel, pull_channel, store_channel, data_channel;
	wire [31:0] load_address, pull_address, store_address, data_address;
	wire [12:0] load_bytes, store_bytes, data_bytes;
	wire [8*CHUNK_BYTES-1:0] pull_chunk, data_chunk;
	wire [CHANNELS-1:0] arrival, answer;
	wire sequencer_busy, sequencer_blocked, sequencer_starved;
	wire [11:0] sequencer_layer;
	wire [4:0] busy, filled, accept, asking, waiting, granted, active, head_valid, head_counts;
	wire [59:0] active_layer, head_layer;
	wire [24:0] missing_data, missing_room;

	nb_top #(
		.P(P), .W(W), .R(R), .Q(Q), .L(L), .X(X), .S(S), .QD(QD), .PACKING(PACKING), .FABRIC(FABRIC),
		.POPCOUNT_DSP(POPCOUNT_DSP), .ACC_BITS(ACC_BITS), .SUM_BITS(SUM_BITS), .WEIGHT_BITS(WEIGHT_BITS),
		.ACTIVATION_BITS(ACTIVATION_BITS), .WINDOW_BITS(WINDOW_BITS), .WINDOW_READS(WINDOW_READS), .PROGRAM_COMMANDS(PROGRAM_COMMANDS), .DEPTH0(DEPTH0),
		.DEPTH1(DEPTH1), .DEPTH2(DEPTH2), .DEPTH3(DEPTH3), .DEPTH4(DEPTH4), .DEPTH5(DEPTH5), .DEPTH6(DEPTH6), .DEPTH7(DEPTH7),
		.DEPTH8(DEPTH8), .BANKS0(BANKS0), .BANKS1(BANKS1), .BANKS2(BANKS2), .BANKS3(BANKS3), .BANKS4(BANKS4), .BANKS5(BANKS5),
		.BANKS6(BANKS6), .BANKS7(BANKS7), .BANKS8(BANKS8)
	) machine (
		.clock(clock), .reset(reset), .burst_beats(burst_beats), .fetch_cycles(fetch_cycles), .single_port(single_port),
		.frames(frames), .host_write(host_write), .host_index(host_index), .host_command(host_command),
		.load_request(load_request), .load_channel(load_channel), .load_address(load_address), .load_bytes(load_bytes),
		.arrival(|arrival), .pull(pull), .pull_channel(pull_channel), .pull_address(pull_address), .pull_chunk(pull_chunk),
		.store_request(store_request), .store_channel(store_channel), .store_address(store_address), .store_bytes(store_bytes),
		.answer(|answer), .data(data), .data_channel(data_channel), .data_address(data_address), .data_bytes(data_bytes),
		.data_chunk(data_chunk), .frame_end(frame_end), .ended(ended), .ending(ending), .st_sequencer_busy(sequencer_busy),
		.st_sequencer_blocked(sequencer_blocked), .st_sequencer_starved(sequencer_starved), .st_sequencer_layer(sequencer_layer),
		.st_busy(busy), .st_filled(filled), .st_accept(accept), .st_asking(asking), .st_waiting(waiting), .st_granted(granted),
		.st_active(active), .st_active_layer(active_layer), .st_head_valid(head_valid), .st_head_counts(head_counts),
		.st_head_layer(head_layer), .st_missing_data(missing_data), .st_missing_room(missing_room));

	wire [8*CHUNK_BYTES-1:0] pulled [0:CHANNELS-1];
	reg [3:0] pulled_channel;
	always @(posedge clock) pulled_channel <= pull_channel;
	assign pull_chunk = pulled[pulled_channel];

	genvar c;
	generate
		for (c = 0; c < CHANNELS; c = c + 1) begin : channel
			nb_ddr_channel #(.NUMBER(c), .X(X), .CHUNK_BYTES(CHUNK_BYTES), .FIFO(S < 2 ? 2 : 1 << $clog2(S))) memory (
				.clock(clock), .reset(reset), .kind(kind), .controller_cycles(controller_cycles), .fixed_latency(fixed_latency),
				.beat_cycles(beat_cycles), .trcd(trcd), .trp(trp), .cl(cl), .tras(tras), .trfc(trfc), .trefi(trefi),
				.bank_groups(bank_groups), .banks_per_group(banks_per_group), .row_bytes(row_bytes),
				.load_request(load_request && load_channel == c), .load_address(load_address), .load_bytes(load_bytes),
				.store_request(store_request && store_channel == c), .store_address(store_address), .store_bytes(store_bytes),
				.arrival(arrival[c]), .answer(answer[c]), .pull(pull && pull_channel == c), .pull_address(pull_address),
				.pull_chunk(pulled[c]), .data(data && data_channel == c), .data_address(data_address), .data_bytes(data_bytes),
				.data_chunk(data_chunk));
		end
	endgenerate

	nb_attribution attribution (
		.clock(clock), .reset(reset), .ended(ended), .ending(ending), .sequencer_busy(sequencer_busy), .sequencer_blocked(sequencer_blocked),
		.sequencer_starved(sequencer_starved), .sequencer_layer(sequencer_layer), .busy(busy), .filled(filled), .accept(accept),
		.asking(asking), .waiting(waiting), .granted(granted), .active(active), .active_layer(active_layer), .head_valid(head_valid),
		.head_counts(head_counts), .head_layer(head_layer), .missing_data(missing_data), .missing_room(missing_room),
		.progress(progress));
endmodule
