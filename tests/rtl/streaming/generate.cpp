// Writes the Verilog of streaming pipelines: one top module with several independent pipelines, each made of the ns_
// modules, the table the bench prints from, the hexadecimal files of the memories, and the list of what to run. Reads
// pipeline.txt, input.hex and STAGE.values of each folder (README.md here has the formats). Holds no code of the
// simulator and no cycle rule.
//
// Usage: generate OUT [--fifo-memory 0|1|2] FOLDER...
// Status: 0 done, 2 wrong usage, 3 a file that cannot be used.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "pipeline.hpp"
#include "stages.hpp"

namespace {

void write_pipeline(FILE *file, const pipeline &pipe, size_t number, const std::string &out, long memory) {
	std::string prefix = "p" + std::to_string(number);
	std::fprintf(file,
	             "module %s (\n\tinput clock,\n\tinput reset,\n\tinput [31:0] frames,\n\tinput [31:0] "
	             "start_cycles,\n\toutput [31:0] memory_index,\n"
	             "\tinput [%ld:0] memory_word,\n\toutput output_write,\n\toutput [%ld:0] output_word,\n\toutput "
	             "frame_last,\n\toutput last,\n"
	             "\toutput [%zu:0] states,\n\toutput [%zu:0] counts\n);\n",
	             prefix.c_str(), pipe.input_width - 1, pipe.output_width - 1, 8 * pipe.stages.size() - 1,
	             32 * pipe.fifos.size() - 1);
	for (size_t s = 0; s < pipe.stages.size(); s++) {
		if (!pipe.stages[s].inputs.empty()) std::fprintf(file, "\twire s%zu_take;\n", s);
		if (!pipe.stages[s].outputs.empty()) std::fprintf(file, "\twire s%zu_push;\n", s);
		std::fprintf(file, "\tassign states[%zu +: 2] = 0;\n", 8 * s + 6);
	}
	for (size_t f = 0; f < pipe.fifos.size(); f++) {
		const fifo &one = pipe.fifos[f];
		long bits = 1;
		while (one.depth + 1 > 1L << bits) bits++;
		std::fprintf(
		    file,
		    "\twire full_%zu, empty_%zu;\n\twire [%ld:0] word_%zu, head_%zu;\n\twire [%ld:0] count_%zu;\n", f,
		    f, one.width - 1, f, f, bits - 1, f);
		std::fprintf(file, "\tassign counts[%zu +: 32] = count_%zu;\n", 32 * f, f);
		std::fprintf(
		    file,
		    "\tns_fifo #(.WIDTH(%ld), .DEPTH(%ld), .MEMORY(%ld)) f%zu (.clock(clock), .reset(reset), "
		    ".push(s%ld_push), .in_word(word_%zu), "
		    ".full(full_%zu), .take(s%ld_take), .out_word(head_%zu), .empty(empty_%zu), .count(count_%zu));\n",
		    one.width, one.depth, memory, f, one.from, f, f, one.to, f, f, f);
	}
	for (size_t s = 0; s < pipe.stages.size(); s++)
		write_stage(file, pipe, s, out, prefix, pipe.header.number("flushing"));
	std::fprintf(file, "endmodule\n\n");
}

size_t slot(long bits) {
	return static_cast<size_t>((bits + 31) / 32 * 32);
}

// The top: ports of all pipelines side by side, each from a multiple of 32 bits; one more word each, so that none is
// narrow.
void write_top(FILE *file, const std::vector<pipeline> &pipes) {
	size_t states = 0, counts = 0, inputs = 0, outputs = 0, n = pipes.size();
	for (const auto &pipe : pipes) {
		states += slot(static_cast<long>(8 * pipe.stages.size()));
		counts += 32 * pipe.fifos.size();
		inputs += slot(pipe.input_width);
		outputs += slot(pipe.output_width);
	}
	std::fprintf(file,
	             "module ns_top (\n\tinput clock,\n\tinput reset,\n\tinput [%zu:0] frames,\n\tinput [%zu:0] "
	             "start_cycles,\n\toutput [%zu:0] memory_index,\n"
	             "\tinput [%zu:0] memory_word,\n\toutput [%zu:0] output_word,\n\toutput [%zu:0] flags,\n\toutput "
	             "[%zu:0] states,\n\toutput [%zu:0] counts\n);\n",
	             32 * n + 95, 32 * n + 95, 32 * n + 95, inputs + 95, outputs + 95, 32 * n + 95, states + 95,
	             counts + 95);
	std::fprintf(file,
	             "\tassign memory_index[%zu +: 96] = 0;\n\tassign output_word[%zu +: 96] = 0;\n\tassign flags[%zu "
	             "+: 96] = 0;\n"
	             "\tassign states[%zu +: 96] = 0;\n\tassign counts[%zu +: 96] = 0;\n",
	             32 * n, outputs, 32 * n, states, counts);
	states = counts = inputs = outputs = 0;
	for (size_t p = 0; p < n; p++) {
		const pipeline &pipe = pipes[p];
		size_t state_bits = 8 * pipe.stages.size();
		std::fprintf(file,
		             "\tp%zu p%zu_here (.clock(clock), .reset(reset), .frames(frames[%zu +: 32]), "
		             ".start_cycles(start_cycles[%zu +: 32]), "
		             ".memory_index(memory_index[%zu +: 32]), .memory_word(memory_word[%zu +: %ld]), "
		             ".output_write(flags[%zu]), "
		             ".output_word(output_word[%zu +: %ld]), .frame_last(flags[%zu]), .last(flags[%zu]), "
		             ".states(states[%zu +: %zu]), .counts(counts[%zu +: %zu]));\n",
		             p, p, 32 * p, 32 * p, 32 * p, inputs, pipe.input_width, 32 * p, outputs, pipe.output_width,
		             32 * p + 1, 32 * p + 2, states, state_bits, counts, 32 * pipe.fifos.size());
		std::fprintf(file, "\tassign flags[%zu +: 29] = 0;\n", 32 * p + 3);
		if (slot(pipe.output_width) > static_cast<size_t>(pipe.output_width))
			std::fprintf(file, "\tassign output_word[%zu +: %zu] = 0;\n",
			             outputs + static_cast<size_t>(pipe.output_width),
			             slot(pipe.output_width) - static_cast<size_t>(pipe.output_width));
		if (slot(static_cast<long>(state_bits)) > state_bits)
			std::fprintf(file, "\tassign states[%zu +: %zu] = 0;\n", states + state_bits,
			             slot(static_cast<long>(state_bits)) - state_bits);
		states += slot(static_cast<long>(state_bits));
		counts += 32 * pipe.fifos.size();
		inputs += slot(pipe.input_width);
		outputs += slot(pipe.output_width);
	}
	std::fprintf(file, "endmodule\n");
}

FILE *create(const std::string &path) {
	FILE *file = std::fopen(path.c_str(), "w");
	if (!file) fail(STATUS_INPUT, path + ": cannot be written");
	return file;
}

// Names are not in the Verilog's build, so that pipelines of the same structure share one: they are read at run time.
void write_run(const std::string &path, const std::vector<pipeline> &pipes) {
	FILE *file = create(path);
	for (const auto &pipe : pipes) {
		std::fprintf(file, "pipeline %s %ld %ld %ld %ld %zu %zu %s/input.hex\n", pipe.name.c_str(), pipe.frames,
		             pipe.start_cycles, pipe.input_width, pipe.output_width, pipe.stages.size(),
		             pipe.fifos.size(), pipe.folder.c_str());
		for (const auto &one : pipe.stages) std::fprintf(file, "stage %s\n", one.name.c_str());
		for (const auto &one : pipe.fifos) std::fprintf(file, "fifo %s %ld\n", one.name.c_str(), one.depth);
	}
	std::fclose(file);
}

} // namespace

int main(int argc, char **argv) {
	std::string out;
	long memory = 1;
	std::vector<pipeline> pipes;
	for (int i = 1; i < argc; i++) {
		std::string word = argv[i];
		if (word == "--fifo-memory" && i + 1 < argc)
			memory = std::atol(argv[++i]);
		else if (out.empty())
			out = word;
		else
			pipes.push_back(read_pipeline(word));
	}
	if (pipes.empty()) fail(STATUS_USAGE, "usage: generate OUT [--fifo-memory 0|1|2] FOLDER...");
	FILE *file = create(out + "/ns_top.v");
	for (size_t p = 0; p < pipes.size(); p++) write_pipeline(file, pipes[p], p, out, memory);
	write_top(file, pipes);
	std::fclose(file);
	write_run(out + "/run.txt", pipes);
	return 0;
}
