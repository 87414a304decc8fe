/* Equality of the SystemC kernel with the native kernel on random networks and machines.
 *
 *   nb_systemc_equal COUNT SEED
 *
 * Draws COUNT cases of each structure and runs each natively and in SystemC, every second one with the wakes of a cycle
 * shuffled; those with dram.kind = fixed also against the example memory model behind the TLM socket. All of
 * machine_result must be equal but `wakes`, and, behind another memory, the channel counters. SystemC elaborates once
 * in a process, so each run has a child. Last line: N passed, N failed.
 */
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" {
#include "sim/mapper/mapper.h"
#include "sim/run/native.h"
#include "tests/equal/plan.h"
}
#include "sim/systemc/fixed_memory.hpp"
#include "sim/systemc/systemc_run.h"

namespace {

struct drawn {
	struct config config;
	struct trace trace;
	struct program program;
	struct mapping mapping;
};

void drawn_clear(struct drawn *drawn) {
	program_clear(&drawn->program);
	mapping_clear(&drawn->mapping);
	trace_clear(&drawn->trace);
}

/* Draws until the mapper accepts. */
bool draw(struct random_source *random, const struct structure *structure, struct drawn *drawn, struct error *error) {
	for (int refused = 0; refused < 1000; refused++) {
		struct plan plan;
		std::memset(drawn, 0, sizeof *drawn);
		plan_draw(&plan, random, structure);
		drawn->config = plan.config;
		int16_t *input = nullptr;
		enum status status = plan_build(&plan, &drawn->trace, &input, error);
		std::free(input);
		if (status) return false;
		if (!mapper_map(&drawn->trace, &drawn->config, nullptr, &drawn->program, &drawn->mapping, error))
			return true;
		drawn_clear(drawn);
	}
	return false;
}

/* What differs between two results, or nothing. */
const char *difference(const struct machine_result &a, const struct machine_result &b, bool with_channels) {
	if (a.total_cycles != b.total_cycles) return "total cycles differ";
	if (a.frame_count != b.frame_count || a.preamble_cycles != b.preamble_cycles) return "frames differ";
	if (std::memcmp(a.frame_end_cycle, b.frame_end_cycle, a.frame_count * sizeof *a.frame_end_cycle))
		return "frame ends differ";
	if (a.layer_count != b.layer_count) return "layer counts differ";
	if (std::memcmp(a.layers, b.layers, a.layer_count * sizeof *a.layers)) return "attribution or counters differ";
	if (with_channels && std::memcmp(a.channels, b.channels, sizeof a.channels)) return "channel counters differ";
	if (std::memcmp(a.port_wait_cycles, b.port_wait_cycles, sizeof a.port_wait_cycles)) return "port waits differ";
	return nullptr;
}

/* In the child: both kernels on the case. */
void compare_kernels(const struct drawn &drawn, uint64_t shuffle_seed, const struct systemc_memory *memory,
                     std::string *text) {
	struct systemc_options options = {};
	struct machine_result native, systemc;
	struct error error;
	options.run.shuffle_seed = shuffle_seed;
	options.memory = memory;
	if (native_run(&drawn.config, &drawn.program, nullptr, &native, &error)) {
		*text = std::string("native: ") + error.text;
		return;
	}
	if (systemc_run(&drawn.config, &drawn.program, &options, &systemc, &error)) {
		*text = std::string("systemc: ") + error.text;
	} else {
		const char *differs = difference(native, systemc, memory == nullptr);
		if (differs) *text = differs;
		machine_result_clear(&systemc);
	}
	machine_result_clear(&native);
}

/* Empty text: equal. */
std::string compare_in_child(const struct drawn &drawn, uint64_t shuffle_seed, const struct systemc_memory *memory) {
	char *shared = static_cast<char *>(
	    mmap(nullptr, ERROR_TEXT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	if (shared == MAP_FAILED) return "no shared memory";
	std::snprintf(shared, ERROR_TEXT_BYTES, "the run did not come to its end");
	std::fflush(nullptr);
	pid_t child = fork();
	if (child == 0) {
		std::string text;
		compare_kernels(drawn, shuffle_seed, memory, &text);
		std::snprintf(shared, ERROR_TEXT_BYTES, "%s", text.c_str());
		_exit(0);
	}
	if (child > 0) waitpid(child, nullptr, 0);
	std::string text(shared);
	munmap(shared, ERROR_TEXT_BYTES);
	return text;
}

/* Runs the case in all its ways; true when all are equal. */
bool check(const struct drawn &drawn, const char *name, uint64_t seed, uint32_t number, uint32_t *external_count) {
	struct systemc_memory memory;
	memory.create = [](const struct config &config, const sc_core::sc_time &period) {
		return std::make_unique<nbsim::fixed_memory>("memory", period, nbsim::fixed_memory_from_config(config));
	};
	std::string text = compare_in_child(drawn, number % 2 ? number : 0, nullptr);
	if (text.empty() && drawn.config.dram_kind == DRAM_FIXED) {
		text = compare_in_child(drawn, 0, &memory);
		if (!text.empty()) text = "behind fixed_memory: " + text;
		++*external_count;
	}
	if (!text.empty())
		std::printf("%s seed %llu case %u: %s\n", name, static_cast<unsigned long long>(seed), number,
		            text.c_str());
	return text.empty();
}

} // namespace

int main(int argc, char **argv) {
	if (argc != 3) {
		std::fprintf(stderr, "usage: nb_systemc_equal COUNT SEED\n");
		return STATUS_USAGE;
	}
	uint32_t count = static_cast<uint32_t>(std::strtoul(argv[1], nullptr, 10));
	uint64_t seed = std::strtoull(argv[2], nullptr, 10);
	uint32_t passed = 0, failed = 0, external_count = 0;
	for (uint32_t s = 0; s < structure_count; s++) {
		for (uint32_t number = 0; number < count; number++) {
			struct random_source random = {(seed * 1000003u + s) * 1000003u + number};
			struct drawn drawn;
			struct error error;
			if (!draw(&random, &structures[s], &drawn, &error)) {
				std::printf("%s seed %llu case %u: nothing drawn: %s\n", structures[s].name,
				            static_cast<unsigned long long>(seed), number, error.text);
				failed++;
				continue;
			}
			bool is_equal = check(drawn, structures[s].name, seed, number, &external_count);
			(is_equal ? passed : failed)++;
			drawn_clear(&drawn);
		}
	}
	std::printf("%u cases also behind fixed_memory\n%u passed, %u failed\n", external_count, passed, failed);
	return failed || !passed ? STATUS_FAILED : STATUS_OK;
}
