// A streaming pipeline as its folder describes it (README.md here has the formats), for generate.
#ifndef TESTS_RTL_STREAMING_PIPELINE_HPP
#define TESTS_RTL_STREAMING_PIPELINE_HPP

#include <map>
#include <string>
#include <vector>

constexpr int STATUS_USAGE = 2, STATUS_INPUT = 3;
constexpr long NONE = -1; // no stage, no layer

// Ends the program with a sentence on stderr.
[[noreturn]] void fail(int status, const std::string &text);

struct record { // a line of pipeline.txt
	std::map<std::string, std::string> keys;
	std::string place;

	bool has(const char *key) const { return keys.count(key) != 0; }

	long number(const char *key, long standard) const;
	long number(const char *key) const;
	std::string text(const char *key) const;
};

struct fifo {
	std::string name;
	long from, to, width, depth;
};

struct values { // STAGE.values
	std::map<std::string, std::string> keys;
	std::vector<std::vector<long>> weights, parameters;
	bool present = false;
};

struct stage {
	record line;
	std::string name, kind;
	std::vector<long> inputs, outputs; // FIFO numbers
	values given;
	long latency, lanes_in, lanes_out, bits_in, bits_out, channels_in, channels_out;

	long option(const char *key, long standard) const; // of STAGE.values, else of the line, else the standard
};

struct pipeline {
	std::string folder, name;
	record header;
	std::vector<stage> stages;
	std::vector<fifo> fifos;
	long frames, start_cycles, input_width, output_width, input_stage, output_stage;
};

// Reads and checks a folder; ends the program where it cannot be used.
pipeline read_pipeline(const std::string &folder);

#endif
