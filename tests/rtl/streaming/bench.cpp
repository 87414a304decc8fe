// Verilator bench of streaming pipelines written by generate.cpp: runs all pipelines of the build side by side, each
// until its output DMA takes the last word or until it is stuck, and prints total cycles, the end of each frame, the
// attribution of each stage, the highest fill of each FIFO and the words that came out. Links nothing of the simulator.
//
// Usage: bench [--scramble SEED] [--occupancy FILE]     in the folder with run.txt and the memory files
// Status: 0 all done, 3 bad file, 6 at least one pipeline is stuck.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "Vns_top.h"
#include "verilated.h"

namespace {

constexpr int STATUS_USAGE = 2, STATUS_INPUT = 3, STATUS_STUCK = 6;
constexpr uint64_t STUCK_CYCLES = 2000; // without a move, after the start; more than any stage has steps
constexpr unsigned STATES = 6, BUSY_OR_FILLING = 3;
const char *const state_names[STATES] = {"busy", "fill_drain", "memory", "starved", "blocked", "idle"};

struct fifo_run {
	std::string name;
	unsigned depth = 0;
	uint32_t count = 0, highest = 0;
};

struct pipeline_run {
	std::string name, input_path;
	uint32_t frames = 1, start_cycles = 0;
	unsigned input_bits = 0, output_bits = 0;
	size_t input_word = 0, output_word = 0, state_word = 0, count_word = 0; // places in the ports, in 32-bit words
	std::vector<std::string> stages;
	std::vector<fifo_run> fifos;
	std::vector<std::array<uint64_t, STATES>> cycles;
	std::vector<uint32_t> words; // of the input, each of input_size() 32-bit words
	std::vector<uint64_t> frame_ends;
	std::vector<std::string> output;
	bool ended = false, stuck = false;
	uint64_t total_cycles = 0, moved_at_cycle = 0;

	size_t input_size() const { return (input_bits + 31) / 32; }
	size_t output_size() const { return (output_bits + 31) / 32; }
};

[[noreturn]] void fail(int status, const std::string &text) {
	std::fflush(stdout);
	std::fprintf(stderr, "bench: %s\n", text.c_str());
	std::exit(status);
}

void read_input(pipeline_run &run) {
	std::ifstream file(run.input_path);
	std::string word;
	while (file >> word) {
		std::vector<uint32_t> parts(run.input_size(), 0);
		for (size_t d = 0; d < word.size(); d++) {
			char digit = word[word.size() - 1 - d];
			unsigned value = digit <= '9' ? static_cast<unsigned>(digit - '0')
			                              : static_cast<unsigned>((digit | 32) - 'a' + 10);
			if (value > 15 || d / 8 >= parts.size())
				fail(STATUS_INPUT, run.input_path + ": '" + word + "' is not a word of " +
				                       std::to_string(run.input_bits) + " bits");
			parts[d / 8] |= value << (4 * (d % 8));
		}
		run.words.insert(run.words.end(), parts.begin(), parts.end());
	}
	if (run.words.empty()) run.words.assign(run.input_size(), 0);
}

std::vector<pipeline_run> read_runs(const char *path) {
	std::vector<pipeline_run> runs;
	std::ifstream file(path);
	if (!file) fail(STATUS_INPUT, std::string(path) + ": cannot be read");
	std::string text, word;
	size_t input_word = 0, output_word = 0, state_word = 0, count_word = 0;
	while (std::getline(file, text)) {
		std::istringstream line(text);
		line >> word;
		if (word == "pipeline") {
			pipeline_run run;
			size_t stages = 0, fifos = 0;
			line >> run.name >> run.frames >> run.start_cycles >> run.input_bits >> run.output_bits >>
			    stages >> fifos >> run.input_path;
			run.input_word = input_word;
			run.output_word = output_word;
			run.state_word = state_word;
			run.count_word = count_word;
			input_word += run.input_size();
			output_word += run.output_size();
			state_word += (stages + 3) / 4;
			count_word += fifos;
			read_input(run);
			runs.push_back(std::move(run));
		} else if (word == "stage" && !runs.empty()) {
			line >> word;
			runs.back().stages.push_back(word);
			runs.back().cycles.push_back({});
		} else if (word == "fifo" && !runs.empty()) {
			fifo_run fifo;
			line >> fifo.name >> fifo.depth;
			runs.back().fifos.push_back(fifo);
		}
		if (!line) fail(STATUS_INPUT, std::string(path) + ": bad line '" + text + "'");
	}
	return runs;
}

void give_input(Vns_top &top, const pipeline_run &run, size_t number) {
	size_t words = run.words.size() / run.input_size(), index = top.memory_index[number] % words;
	for (size_t k = 0; k < run.input_size(); k++)
		top.memory_word[run.input_word + k] = run.words[index * run.input_size() + k];
}

std::string hexadecimal(const Vns_top &top, const pipeline_run &run) {
	std::string text;
	char part[9];
	for (size_t k = run.output_size(); k-- > 0;) {
		std::snprintf(part, sizeof part, "%08x", static_cast<unsigned>(top.output_word[run.output_word + k]));
		text += part;
	}
	return text.substr(text.size() - (run.output_bits + 3) / 4);
}

// What happens in this cycle, before its end.
void watch(const Vns_top &top, pipeline_run &run, size_t number, uint64_t cycle) {
	bool moved = cycle < run.start_cycles;
	for (size_t s = 0; s < run.stages.size(); s++) {
		unsigned state = (top.states[run.state_word + s / 4] >> (8 * (s % 4))) & 0xff;
		if (state == 0 || (state & (state - 1)))
			fail(STATUS_INPUT, run.name + ": stage " + run.stages[s] + " has not one state");
		run.cycles[s][static_cast<unsigned>(__builtin_ctz(state))]++;
		if (state & BUSY_OR_FILLING) moved = true;
	}
	unsigned flags = top.flags[number];
	if (flags & 1) run.output.push_back(hexadecimal(top, run));
	if (flags & 2) run.frame_ends.push_back(cycle);
	if (flags & 4) {
		run.ended = true;
		run.total_cycles = cycle + 1;
	}
	if (moved) run.moved_at_cycle = cycle;
	if (cycle - run.moved_at_cycle >= STUCK_CYCLES) run.stuck = true;
}

// The FIFOs after the end of the cycle.
void watch_fifos(const Vns_top &top, pipeline_run &run, uint64_t cycle) {
	for (size_t f = 0; f < run.fifos.size(); f++) {
		uint32_t count = top.counts[run.count_word + f];
		if (count != run.fifos[f].count) run.moved_at_cycle = cycle; // a push of a flushing stage
		run.fifos[f].count = count;
		run.fifos[f].highest = std::max(run.fifos[f].highest, count);
	}
}

void print_run(const Vns_top &top, const pipeline_run &run) {
	std::printf("case %s\n", run.name.c_str());
	if (run.stuck) {
		std::printf("stuck %llu\n", static_cast<unsigned long long>(run.moved_at_cycle));
		for (size_t s = 0; s < run.stages.size(); s++) {
			unsigned state = (top.states[run.state_word + s / 4] >> (8 * (s % 4))) & 0xff;
			std::printf("state %s %s\n", run.stages[s].c_str(), state_names[__builtin_ctz(state)]);
		}
	} else {
		std::printf("total_cycles %llu\n", static_cast<unsigned long long>(run.total_cycles));
	}
	for (size_t k = 0; k < run.frame_ends.size(); k++)
		std::printf("frame %zu %llu\n", k, static_cast<unsigned long long>(run.frame_ends[k]));
	for (size_t s = 0; s < run.stages.size() && !run.stuck; s++) {
		std::printf("attribution %s", run.stages[s].c_str());
		for (unsigned state = 0; state < STATES; state++)
			std::printf(" %s %llu", state_names[state],
			            static_cast<unsigned long long>(run.cycles[s][state]));
		std::printf("\n");
	}
	for (const auto &fifo : run.fifos) {
		std::printf("fifo %s highest %u", fifo.name.c_str(), fifo.highest);
		if (run.stuck) std::printf(" fill %u of %u", fifo.count, fifo.depth);
		std::printf("\n");
	}
	for (size_t k = 0; k < run.output.size(); k++) std::printf("word %zu %s\n", k, run.output[k].c_str());
	std::printf("end\n");
}

void tick(Vns_top &top) {
	top.clock = 1;
	top.eval();
	top.clock = 0;
	top.eval();
}

void start(Vns_top &top, const std::vector<pipeline_run> &runs) {
	top.clock = 0;
	top.reset = 1;
	for (size_t p = 0; p < runs.size(); p++) {
		top.frames[p] = runs[p].frames;
		top.start_cycles[p] = runs[p].start_cycles;
	}
	top.eval(); // the first evaluation sees no clock edge
	tick(top);
	tick(top);
	top.reset = 0;
}

} // namespace

int main(int argc, char **argv) {
	VerilatedContext context;
	FILE *occupancy = nullptr;
	for (int i = 1; i < argc; i++) {
		if (!std::strcmp(argv[i], "--scramble") && i + 1 < argc) {
			context.randReset(2);
			context.randSeed(std::atoi(argv[++i]));
		} else if (!std::strcmp(argv[i], "--occupancy") && i + 1 < argc) {
			occupancy = std::fopen(argv[++i], "w");
			if (!occupancy) fail(STATUS_USAGE, std::string(argv[i]) + ": cannot be written");
		} else {
			fail(STATUS_USAGE, "usage: bench [--scramble SEED] [--occupancy FILE]");
		}
	}
	std::vector<pipeline_run> runs = read_runs("run.txt");
	auto top = std::make_unique<Vns_top>(&context);
	start(*top, runs);
	size_t going = runs.size();
	for (uint64_t cycle = 0; going; cycle++) {
		for (size_t p = 0; p < runs.size(); p++)
			if (!runs[p].ended && !runs[p].stuck) give_input(*top, runs[p], p);
		top->eval();
		for (size_t p = 0; p < runs.size(); p++)
			if (!runs[p].ended && !runs[p].stuck) {
				watch(*top, runs[p], p, cycle);
				if (runs[p].stuck || runs[p].ended) going--;
			}
		tick(*top);
		for (size_t p = 0; p < runs.size(); p++)
			if (!runs[p].stuck && (!runs[p].ended || runs[p].total_cycles == cycle + 1)) {
				watch_fifos(*top, runs[p], cycle);
				if (occupancy)
					for (const auto &fifo : runs[p].fifos)
						std::fprintf(occupancy, "%s,%llu,%s,%u\n", runs[p].name.c_str(),
						             static_cast<unsigned long long>(cycle), fifo.name.c_str(),
						             fifo.count);
			}
	}
	bool stuck = false;
	for (const auto &run : runs) {
		print_run(*top, run);
		stuck |= run.stuck;
	}
	top->final();
	if (occupancy) std::fclose(occupancy);
	return stuck ? STATUS_STUCK : 0;
}
