// ns_read and ns_write move blocks of words from one place of a memory to another, through a memory that is ready when it likes; the words,
// the lengths of bursts and what AXI forbids (a change of an address or word that waits, 4 KB crossed, a wrong last beat) are checked.
`timescale 1ns / 1ns
module masters_tb;
	parameter WIDTH = 64, MEMORY = 2;
	localparam BYTES = WIDTH / 8, SPACE = 1 << 14;
	reg clock = 0, reset = 1, start = 0;
	reg [31:0] words;
	reg [63:0] from, to;
	reg [WIDTH-1:0] memory [0:SPACE-1];
	integer passed = 0, failed = 0, seed = 1, eager = 50, moving = 50;
	always #5 clock = !clock;

	wire reading, ar_valid, r_ready, empty, writing, aw_valid, w_valid, w_last, b_ready, full;
	wire [63:0] ar_address, aw_address;
	wire [7:0] ar_length, aw_length;
	wire [WIDTH-1:0] head, w_data;
	reg ar_ready = 0, r_valid = 0, aw_ready = 0, w_ready = 0, b_valid = 0, move = 0;
	reg [WIDTH-1:0] r_data;
	wire moved = move && !empty && !full;
	ns_read #(.WIDTH(WIDTH), .MEMORY(MEMORY)) read (.clock(clock), .reset(reset), .start(start), .first_address(from), .words(words),
		.busy(reading), .ar_valid(ar_valid), .ar_ready(ar_ready), .ar_address(ar_address), .ar_length(ar_length), .r_valid(r_valid),
		.r_ready(r_ready), .r_data(r_data), .empty(empty), .out_word(head), .take(moved));
	ns_write #(.WIDTH(WIDTH), .MEMORY(MEMORY)) write (.clock(clock), .reset(reset), .start(start), .first_address(to), .words(words),
		.busy(writing), .aw_valid(aw_valid), .aw_ready(aw_ready), .aw_address(aw_address), .aw_length(aw_length), .w_valid(w_valid),
		.w_ready(w_ready), .w_data(w_data), .w_last(w_last), .b_valid(b_valid), .b_ready(b_ready), .full(full), .push(moved),
		.in_word(head));

	// What was asked for and not yet served.
	reg [63:0] reads [0:255], write_at;
	integer beats [0:255], asked = 0, served = 0, beat = 0, write_beats = 0, answers = 0, read_words = 0, written_words = 0;
	reg ar_waited = 0, aw_waited = 0, w_waited = 0;
	reg [63:0] ar_before, aw_before;
	reg [WIDTH-1:0] w_before;

	function is_likely; input integer percent; is_likely = $unsigned($random(seed)) % 100 < percent; endfunction
	task wrong; input [8*40:1] what; begin
		failed = failed + 1;
		$display("masters: width %0d, %0d words: %0s", WIDTH, words, what);
	end endtask
	task check_burst; input [63:0] address; input [7:0] length; begin
		if (address[63:12] != (address + (length + 1) * BYTES - 1) >> 12) wrong("a burst crosses 4 KB");
		if (length > 15) wrong("a burst is longer than 16 words");
	end endtask

	always @(negedge clock) if (!reset) begin // what the memory shows in the next rising edge
		ar_ready <= is_likely(eager);
		aw_ready <= is_likely(eager);
		w_ready <= is_likely(eager);
		move <= is_likely(moving);
		b_valid <= answers > 0 && is_likely(eager);
		if (served != asked && is_likely(eager)) begin
			r_valid <= 1;
			r_data <= memory[reads[served % 256] / BYTES + beat];
		end else r_valid <= 0;
	end
	always @(posedge clock) if (!reset) begin
		if (ar_valid && ar_ready) begin
			check_burst(ar_address, ar_length);
			reads[asked % 256] = ar_address;
			beats[asked % 256] = ar_length + 1;
			asked = asked + 1;
		end
		if (r_valid && r_ready) begin
			read_words = read_words + 1;
			beat = beat + 1;
			if (beat == beats[served % 256]) begin
				beat = 0;
				served = served + 1;
			end
		end
		if (b_valid && b_ready) answers = answers - 1;
		if (w_valid && w_ready) begin
			memory[write_at / BYTES] <= w_data;
			write_at = write_at + BYTES;
			written_words = written_words + 1;
			write_beats = write_beats - 1;
			if (write_beats < 0) wrong("a word without a burst");
			if (w_last != (write_beats == 0)) wrong("w_last is not at the last word");
			if (w_last) answers = answers + 1;
		end
		if (aw_valid && aw_ready) begin
			check_burst(aw_address, aw_length);
			if (write_beats != 0) wrong("a burst before the end of the last");
			write_at = aw_address;
			write_beats = aw_length + 1;
		end
		if (ar_waited && (!ar_valid || ar_address != ar_before)) wrong("a waiting read address has changed");
		if (aw_waited && (!aw_valid || aw_address != aw_before)) wrong("a waiting write address has changed");
		if (w_waited && (!w_valid || w_data != w_before)) wrong("a waiting word has changed");
		ar_waited <= ar_valid && !ar_ready;
		aw_waited <= aw_valid && !aw_ready;
		w_waited <= w_valid && !w_ready;
		ar_before <= ar_address;
		aw_before <= aw_address;
		w_before <= w_data;
	end

	integer i, bad, cycles;
	task copy; input [31:0] n; input integer likely, move_likely; begin
		words = n;
		eager = likely;
		moving = move_likely;
		from = 16 * BYTES * 3;
		to = 16 * BYTES * 300;
		read_words = 0;
		written_words = 0;
		for (i = 0; i < SPACE; i = i + 1) memory[i] = {(WIDTH / 32){$random(seed)}} ^ i;
		@(negedge clock) start = 1;
		@(negedge clock) start = 0;
		cycles = 0;
		while ((reading || writing) && cycles < 60000) begin
			@(negedge clock);
			cycles = cycles + 1;
		end
		bad = read_words != n || written_words != n || cycles == 60000;
		for (i = 0; i < n; i = i + 1) if (memory[to / BYTES + i] !== memory[from / BYTES + i]) bad = bad + 1;
		if (memory[to / BYTES + n] === memory[from / BYTES + n]) bad = bad + 1;
		if (bad != 0) wrong("not all words came");
		else passed = passed + 1;
		if (likely == 100 && n >= 1000 && cycles > n + n / 8 + 60) wrong("slower than a word a cycle, and a cycle or two a burst");
	end endtask
	initial begin
		repeat (3) @(negedge clock);
		reset = 0;
		copy(1, 50, 50); copy(15, 50, 50); copy(16, 50, 50); copy(17, 50, 50); copy(32, 50, 50); copy(1000, 50, 50); copy(333, 20, 20); copy(2000, 80, 80); copy(3000, 100, 100); copy(900, 90, 20);
		$display("%0d passed, %0d failed", passed, failed);
		$finish;
	end
endmodule
