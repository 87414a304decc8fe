// nb_ports: arbiter of the buffer ports (PROGRAM.md section 5). Requests of cycle c are granted in c, from unit 0 to 4, when
// every port they need is neither held in c nor granted in c to an earlier unit; a grant holds from c + 1 to the cycle in
// which the unit raises `last`. Ports 0..8 are read ports (or the only port of a buffer), 9..17 write ports.
module nb_ports (
	input clock,
	input reset,
	input [8:0] single_port,   // bit b: buffer b has one port for reading and writing
	input [4:0] request,
	input [44:0] need_read,    // 9 bits a unit, bit = buffer
	input [44:0] need_write,
	input [4:0] last,
	output reg [4:0] grant
);
	reg [17:0] held [0:4];
	reg [17:0] taken;
	reg [17:0] need [0:4];
	integer u;

	always @* begin
		taken = held[0] | held[1] | held[2] | held[3] | held[4];
		for (u = 0; u < 5; u = u + 1) begin
			need[u] = {need_write[9*u +: 9] & ~single_port, need_read[9*u +: 9] | (need_write[9*u +: 9] & single_port)};
			grant[u] = request[u] && (need[u] & taken) == 0;
			if (grant[u]) taken = taken | need[u];
		end
	end

	always @(posedge clock) begin
		for (u = 0; u < 5; u = u + 1) begin
			if (reset) held[u] <= 0;
			else if (grant[u]) held[u] <= need[u];
			else if (last[u]) held[u] <= 0;
		end
	end
endmodule
