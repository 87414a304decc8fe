// nb_ddr_channel: bench model of one memory channel (PROGRAM.md section 10): stage A (row preparation), stage B (data bus), bank
// state, refresh, one FIFO of load and one of store requests. Not synthesisable: times are absolute cycles.
// `arrival` and `answer` are high in the cycle before the one in which the burst is visible to the DMA (which registers them).
// The bytes lie in the bench (DPI): write data is taken when it comes, read data is given a cycle after `pull`.
module nb_ddr_channel #(
	parameter NUMBER = 0,
	parameter X = 64,
	parameter CHUNK_BYTES = 64,
	parameter FIFO = 64            // requests of each kind, at least the DMA's slots; power of two
) (
	input clock,
	input reset,
	input [1:0] kind,              // 0 ddr4, 1 fixed, 2 unlimited
	input [31:0] controller_cycles,
	input [31:0] fixed_latency,
	input [31:0] beat_cycles,
	input [31:0] trcd,
	input [31:0] trp,
	input [31:0] cl,
	input [31:0] tras,
	input [31:0] trfc,
	input [31:0] trefi,            // 0: no refresh
	input [31:0] bank_groups,
	input [31:0] banks_per_group,
	input [31:0] row_bytes,
	input load_request,
	input [31:0] load_address,
	input [12:0] load_bytes,
	input store_request,
	input [31:0] store_address,
	input [12:0] store_bytes,
	output arrival,
	output answer,
	input pull,
	input [31:0] pull_address,
	output reg [8*CHUNK_BYTES-1:0] pull_chunk,
	input data,
	input [31:0] data_address,
	input [12:0] data_bytes,
	input [8*CHUNK_BYTES-1:0] data_chunk
);
	import "DPI-C" function longint unsigned nb_ddr_read(input int channel, input int unsigned address);
	import "DPI-C" function void nb_ddr_write(input int channel, input int unsigned address, input int unsigned bytes,
	                                          input longint unsigned value);
	localparam BANKS = 1024;
	localparam INDEX = $clog2(FIFO);

	// Request FIFOs; what is pushed in cycle c is visible in c + 1.
	reg [44:0] load_fifo [0:FIFO-1];
	reg [44:0] store_fifo [0:FIFO-1];
	reg [INDEX:0] load_in, load_out, store_in, store_out;

	// Completions, in order: cycle in which the burst is visible to the DMA, and whether it was a load.
	reg [63:0] done_at [0:2*FIFO-1];
	reg done_load [0:2*FIFO-1];
	reg [INDEX+1:0] done_in, done_out;
	wire done = done_in != done_out && done_at[done_out[INDEX:0]] == cycle + 64'd1;
	assign arrival = done && done_load[done_out[INDEX:0]];
	assign answer = done && !done_load[done_out[INDEX:0]];

	reg [63:0] cycle, a_empty_at, b_free_at, refreshes;
	reg row_open [0:BANKS-1];
	reg [31:0] open_row [0:BANKS-1];
	reg [63:0] activated_at [0:BANKS-1];

	// verilator lint_off BLKSEQ
	reg is_load;
	reg [31:0] address, bytes, beats, first_line, lines, touched, group, bank, bank_index, row, group_row_lines;
	reg [63:0] earliest, column_at, latest_column, start, finish_at, visible_at;
	integer k;
	always @(posedge clock) begin
		if (reset) begin
			cycle <= 0;
			a_empty_at <= 0;
			b_free_at <= 0;
			refreshes <= 0;
			load_in <= 0;
			load_out <= 0;
			store_in <= 0;
			store_out <= 0;
			done_in <= 0;
			done_out <= 0;
			for (k = 0; k < BANKS; k = k + 1) begin
				row_open[k] = 0;
				open_row[k] = 0;
				activated_at[k] = 0;
			end
		end else begin
			cycle <= cycle + 64'd1;
			if (done) done_out <= done_out + 1'b1;
			if (load_request) begin
				load_fifo[load_in[INDEX-1:0]] <= {load_bytes, load_address};
				load_in <= load_in + 1'b1;
			end
			if (store_request) begin
				store_fifo[store_in[INDEX-1:0]] <= {store_bytes, store_address};
				store_in <= store_in + 1'b1;
			end
			if (cycle >= a_empty_at) begin
				if (kind == 0 && trefi != 0 && cycle / {32'd0, trefi} > refreshes) begin
					if (cycle >= b_free_at) begin
						refreshes <= refreshes + 64'd1;
						a_empty_at <= cycle + 64'd1 + {32'd0, trp} + {32'd0, trfc};
						for (k = 0; k < BANKS; k = k + 1) row_open[k] = 0;
					end
				end else if (load_in != load_out || store_in != store_out) begin
					is_load = load_in != load_out;
					if (is_load) begin
						load_out <= load_out + 1'b1;
						{bytes, address} = {19'd0, load_fifo[load_out[INDEX-1:0]]};
					end else begin
						store_out <= store_out + 1'b1;
						{bytes, address} = {19'd0, store_fifo[store_out[INDEX-1:0]]};
					end
					beats = (bytes + X - 1) / X;
					earliest = cycle + 64'd1;
					latest_column = earliest;
					if (kind == 0) begin
						first_line = address / 64;
						lines = (address + bytes - 1) / 64 - first_line + 1;
						touched = lines < bank_groups ? lines : bank_groups;
						group_row_lines = bank_groups * row_bytes / 64;
						bank = (first_line / group_row_lines) % banks_per_group;
						row = first_line / (group_row_lines * banks_per_group);
						for (k = 0; k < touched; k = k + 1) begin
							group = (first_line + k) % bank_groups;
							bank_index = group * banks_per_group + bank;
							column_at = earliest;
							if (!row_open[bank_index] || open_row[bank_index] != row) begin
								if (row_open[bank_index]) begin
									if (activated_at[bank_index] + {32'd0, tras} > column_at)
										column_at = activated_at[bank_index] + {32'd0, tras};
									column_at = column_at + {32'd0, trp};
								end
								activated_at[bank_index] = column_at;
								column_at = column_at + {32'd0, trcd};
								row_open[bank_index] = 1;
								open_row[bank_index] = row;
							end
							if (column_at > latest_column) latest_column = column_at;
						end
						latest_column = latest_column + {32'd0, cl};
					end
					start = kind != 2 && b_free_at > latest_column ? b_free_at : latest_column;
					finish_at = kind == 2 ? start : start + {32'd0, beats} * {32'd0, beat_cycles} - 64'd1;
					visible_at = finish_at + 64'd1 + {32'd0, controller_cycles} + (kind == 0 ? 64'd0 : {32'd0, fixed_latency});
					a_empty_at <= start;
					b_free_at <= finish_at + 64'd1;
					done_at[done_in[INDEX:0]] <= visible_at;
					done_load[done_in[INDEX:0]] <= is_load;
					done_in <= done_in + 1'b1;
				end
			end
		end
	end
	// verilator lint_on BLKSEQ

	integer w;
	always @(posedge clock) begin
		if (pull)
			for (w = 0; w < CHUNK_BYTES; w = w + 8)
				pull_chunk[8*w +: 64] <= nb_ddr_read(NUMBER, pull_address + w);
		if (data)
			for (w = 0; w < CHUNK_BYTES; w = w + 8)
				if ({19'd0, data_bytes} > w)
					nb_ddr_write(NUMBER, data_address + w, {19'd0, data_bytes} - w < 8 ? {19'd0, data_bytes} - w : 8, data_chunk[8*w +: 64]);
	end
endmodule
