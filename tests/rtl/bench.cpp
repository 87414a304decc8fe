// Verilator bench of the reference RTL. Reads cases (machine, command, ddr, dump, end lines) from a file, runs each on a fresh
// model and prints total cycles, frame ends, attribution and dumped bytes. The DDR bytes live here (DPI functions of
// nb_ddr_channel); what was never written reads 0. Links nothing of the simulator.
//
// Usage: bench CASES [--scramble SEED]
// Status: 0 done, 2 wrong usage or a case for another build, 3 bad case file, 6 stuck.
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>

#include "Vnb_bench.h"
#include "Vnb_bench___024root.h"
#include "nb_build_parameters.h" // static const struct { const char *key; long value; } build_parameters[]
#include "verilated.h"

namespace {

constexpr int STATUS_USAGE = 2, STATUS_INPUT = 3, STATUS_STUCK = 6;
constexpr uint64_t STUCK_CYCLES = 1000000;
constexpr unsigned UNITS = 6, STATES = 7, LAYERS = 4096, PAGE_BYTES = 4096, CHANNELS_MAX = 16;
const char *const unit_names[UNITS] = {"sequencer", "binary", "fixed", "post", "load", "store"};
const char *const state_names[STATES] = {"busy", "fill_drain", "dispatch", "blocked", "memory", "starved", "idle"};

using page = std::array<uint8_t, PAGE_BYTES>;
std::unordered_map<uint32_t, page> ddr[CHANNELS_MAX]; // of the running case

uint8_t ddr_get(unsigned channel, uint32_t address)
{
	auto found = ddr[channel].find(address / PAGE_BYTES);
	return found == ddr[channel].end() ? 0 : found->second[address % PAGE_BYTES];
}

void ddr_set(unsigned channel, uint32_t address, uint8_t value)
{
	auto [place, fresh] = ddr[channel].try_emplace(address / PAGE_BYTES);
	if (fresh) place->second.fill(0);
	place->second[address % PAGE_BYTES] = value;
}

struct dump { unsigned channel; uint32_t address, bytes; };

struct test_case {
	std::map<std::string, long> keys;
	std::vector<std::array<uint32_t, 16>> commands;
	std::vector<dump> dumps;
};

// Words that stand for numbers in machine lines.
const std::map<std::string, std::map<std::string, long>> words = {
    {"packing", {{"channel", 0}, {"window", 1}}},
    {"fabric", {{"dsp", 0}, {"lut", 1}, {"fused", 2}}},
    {"popcount", {{"lut", 0}, {"dsp", 1}}},
    {"kind", {{"ddr4", 0}, {"fixed", 1}, {"unlimited", 2}}},
};

const char *const runtime_keys[] = {"BB", "F", "ports0", "ports1", "ports2", "ports3", "ports4", "ports5", "ports6", "ports7",
    "ports8", "kind", "controller_cycles", "fixed_latency", "fixed_bytes", "beat_cycles", "trcd", "trp", "cl", "tras", "trfc",
    "trefi", "bank_groups", "banks_per_group", "row_bytes", "frames"};

[[noreturn]] void fail(int status, const std::string &text)
{
	std::fflush(stdout);
	std::fprintf(stderr, "bench: %s\n", text.c_str());
	std::exit(status);
}

bool known_key(const std::string &key)
{
	for (const auto &parameter : build_parameters)
		if (key == parameter.key) return true;
	for (const char *name : runtime_keys)
		if (key == name) return true;
	return false;
}

void read_machine(std::istringstream &line, test_case &test, const std::string &place)
{
	std::string pair;
	while (line >> pair) {
		size_t equals = pair.find('=');
		if (equals == std::string::npos) fail(STATUS_INPUT, place + ": '" + pair + "' is not KEY=VALUE");
		std::string key = pair.substr(0, equals), value = pair.substr(equals + 1);
		if (!known_key(key)) fail(STATUS_INPUT, place + ": unknown key '" + key + "'");
		auto by_word = words.find(key);
		if (by_word != words.end() && by_word->second.count(value)) {
			test.keys[key] = by_word->second.at(value);
			continue;
		}
		char *end = nullptr;
		long number = std::strtol(value.c_str(), &end, 10);
		if (value.empty() || *end) fail(STATUS_INPUT, place + ": " + key + " '" + value + "' is not a number");
		test.keys[key] = number;
	}
}

unsigned hex_digit(char digit, const std::string &place)
{
	if (digit >= '0' && digit <= '9') return static_cast<unsigned>(digit - '0');
	if (digit >= 'a' && digit <= 'f') return static_cast<unsigned>(digit - 'a' + 10);
	if (digit >= 'A' && digit <= 'F') return static_cast<unsigned>(digit - 'A' + 10);
	fail(STATUS_INPUT, place + ": bad hexadecimal digit");
}

// Reads one case; false at the end of the file.
bool read_case(std::istream &file, const std::string &path, unsigned &line_number, test_case &test)
{
	std::string text;
	bool any = false;
	for (auto &channel : ddr) channel.clear();
	while (std::getline(file, text)) {
		std::string place = path + ":" + std::to_string(++line_number);
		std::istringstream line(text);
		std::string word;
		if (!(line >> word) || word[0] == '#') continue;
		any = true;
		if (word == "machine") {
			read_machine(line, test, place);
		} else if (word == "command") {
			std::array<uint32_t, 16> command;
			for (auto &value : command)
				if (!(line >> std::hex >> value)) fail(STATUS_INPUT, place + ": a command is 16 hexadecimal words");
			test.commands.push_back(command);
		} else if (word == "ddr") {
			unsigned channel;
			uint32_t address;
			std::string bytes;
			if (!(line >> channel >> address >> bytes) || channel >= CHANNELS_MAX || bytes.size() % 2)
				fail(STATUS_INPUT, place + ": expected ddr CHANNEL ADDRESS HEXBYTES");
			for (size_t i = 0; i < bytes.size(); i += 2)
				ddr_set(channel, address + static_cast<uint32_t>(i / 2),
				    static_cast<uint8_t>(hex_digit(bytes[i], place) * 16 + hex_digit(bytes[i + 1], place)));
		} else if (word == "dump") {
			dump part;
			if (!(line >> part.channel >> part.address >> part.bytes) || part.channel >= CHANNELS_MAX)
				fail(STATUS_INPUT, place + ": expected dump CHANNEL ADDRESS BYTES");
			test.dumps.push_back(part);
		} else if (word == "end") {
			return true;
		} else {
			fail(STATUS_INPUT, place + ": unknown line '" + word + "'");
		}
	}
	if (any) fail(STATUS_INPUT, path + ": the last case has no end line");
	return false;
}

long runtime(const test_case &test, const char *key, long standard)
{
	auto found = test.keys.find(key);
	return found == test.keys.end() ? standard : found->second;
}

void check_build(const test_case &test, unsigned number)
{
	for (const auto &parameter : build_parameters) {
		auto found = test.keys.find(parameter.key);
		if (found != test.keys.end() && found->second != parameter.value)
			fail(STATUS_USAGE, "case " + std::to_string(number) + ": " + parameter.key + "=" + std::to_string(found->second) +
			                       ", this build has " + std::to_string(parameter.value));
		if (test.commands.size() > static_cast<size_t>(parameter.value) && !std::strcmp(parameter.key, "program_commands"))
			fail(STATUS_USAGE, "case " + std::to_string(number) + ": " + std::to_string(test.commands.size()) +
			                       " commands, this build holds " + std::to_string(parameter.value));
	}
}

void set_inputs(Vnb_bench &top, const test_case &test)
{
	top.burst_beats = static_cast<uint16_t>(runtime(test, "BB", 16));
	top.fetch_cycles = static_cast<uint16_t>(runtime(test, "F", 1));
	top.frames = static_cast<uint32_t>(runtime(test, "frames", 1));
	top.kind = static_cast<uint8_t>(runtime(test, "kind", 0));
	top.controller_cycles = static_cast<uint32_t>(runtime(test, "controller_cycles", 0));
	top.fixed_latency = static_cast<uint32_t>(runtime(test, "fixed_latency", 0));
	top.beat_cycles = static_cast<uint32_t>(runtime(test, "beat_cycles", 1));
	top.trcd = static_cast<uint32_t>(runtime(test, "trcd", 0));
	top.trp = static_cast<uint32_t>(runtime(test, "trp", 0));
	top.cl = static_cast<uint32_t>(runtime(test, "cl", 0));
	top.tras = static_cast<uint32_t>(runtime(test, "tras", 0));
	top.trfc = static_cast<uint32_t>(runtime(test, "trfc", 0));
	top.trefi = static_cast<uint32_t>(runtime(test, "trefi", 0));
	top.bank_groups = static_cast<uint32_t>(runtime(test, "bank_groups", 4));
	top.banks_per_group = static_cast<uint32_t>(runtime(test, "banks_per_group", 4));
	top.row_bytes = static_cast<uint32_t>(runtime(test, "row_bytes", 8192));
	unsigned single = 0;
	for (unsigned b = 0; b < 9; b++)
		if (runtime(test, ("ports" + std::to_string(b)).c_str(), 2) == 1) single |= 1u << b;
	top.single_port = static_cast<uint16_t>(single);
}

void tick(Vnb_bench &top)
{
	top.clock = 1;
	top.eval();
	top.clock = 0;
	top.eval();
}

void reset(Vnb_bench &top, const test_case &test)
{
	top.clock = 0;
	top.reset = 1;
	set_inputs(top, test);
	top.eval(); // the first evaluation sees no clock edge
	for (size_t i = 0; i < test.commands.size(); i++) {
		top.host_write = 1;
		top.host_index = static_cast<uint32_t>(i);
		for (size_t w = 0; w < 16; w++) top.host_command[w] = test.commands[i][w];
		tick(top);
	}
	top.host_write = 0;
	tick(top);
	top.reset = 0;
	top.eval();
}

void print_attribution(const Vnb_bench &top)
{
	const auto &count = top.rootp->nb_bench__DOT__attribution__DOT__count;
	for (unsigned unit = 0; unit < UNITS; unit++)
		for (unsigned layer = 0; layer < LAYERS; layer++)
			for (unsigned state = 0; state < STATES; state++) {
				auto cycles = static_cast<unsigned long long>(count[(unit * LAYERS + layer) * 8 + state]);
				if (cycles) std::printf("attribution %s %u %s %llu\n", unit_names[unit], layer, state_names[state], cycles);
			}
}

void run_case(const test_case &test, unsigned number, bool scramble, int seed)
{
	check_build(test, number);
	VerilatedContext context;
	context.randReset(scramble ? 2 : 0);
	context.randSeed(seed);
	auto top = std::make_unique<Vnb_bench>(&context);
	reset(*top, test);
	std::printf("case %u\n", number);
	uint64_t cycle = 0, moved_at_cycle = 0;
	std::vector<uint64_t> frame_ends;
	while (!top->ended) {
		if (top->frame_end) frame_ends.push_back(cycle);
		if (top->progress) moved_at_cycle = cycle;
		if (cycle - moved_at_cycle >= STUCK_CYCLES) {
			std::printf("stuck\n");
			fail(STATUS_STUCK, "case " + std::to_string(number) + ": no progress after cycle " + std::to_string(moved_at_cycle));
		}
		tick(*top);
		cycle++;
	}
	std::printf("total_cycles %llu\n", static_cast<unsigned long long>(cycle));
	for (size_t k = 0; k < frame_ends.size(); k++)
		std::printf("frame %zu %llu\n", k, static_cast<unsigned long long>(frame_ends[k]));
	print_attribution(*top);
	for (const auto &part : test.dumps) {
		std::printf("dump %u %u ", part.channel, part.address);
		for (uint32_t i = 0; i < part.bytes; i++) std::printf("%02x", ddr_get(part.channel, part.address + i));
		std::printf("\n");
	}
	std::printf("end\n");
	top->final();
}

} // namespace

extern "C" unsigned long long nb_ddr_read(int channel, unsigned int address)
{
	unsigned long long value = 0;
	for (unsigned i = 0; i < 8; i++)
		value |= static_cast<unsigned long long>(ddr_get(static_cast<unsigned>(channel), address + i)) << (8 * i);
	return value;
}

extern "C" void nb_ddr_write(int channel, unsigned int address, unsigned int bytes, unsigned long long value)
{
	for (unsigned i = 0; i < bytes; i++)
		ddr_set(static_cast<unsigned>(channel), address + i, static_cast<uint8_t>(value >> (8 * i)));
}

int main(int argc, char **argv)
{
	const char *path = nullptr;
	bool scramble = false;
	int seed = 1;
	for (int i = 1; i < argc; i++) {
		if (!std::strcmp(argv[i], "--scramble") && i + 1 < argc) {
			scramble = true;
			seed = std::atoi(argv[++i]);
		} else if (!path && argv[i][0] != '-') {
			path = argv[i];
		} else {
			fail(STATUS_USAGE, "usage: bench CASES [--scramble SEED]");
		}
	}
	if (!path) fail(STATUS_USAGE, "usage: bench CASES [--scramble SEED]");
	std::ifstream file(path);
	if (!file) fail(STATUS_INPUT, std::string(path) + ": cannot be read");
	unsigned line_number = 0;
	for (unsigned number = 0;; number++) {
		test_case test;
		if (!read_case(file, path, line_number, test)) break;
		run_case(test, number, scramble, seed);
	}
	return 0;
}
