// See pipeline.hpp.
#include "pipeline.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

void fail(int status, const std::string &text) {
	std::fprintf(stderr, "generate: %s\n", text.c_str());
	std::exit(status);
}

long record::number(const char *key, long standard) const {
	auto found = keys.find(key);
	if (found == keys.end()) return standard;
	char *end = nullptr;
	long value = std::strtol(found->second.c_str(), &end, 10);
	if (found->second.empty() || *end)
		fail(STATUS_INPUT, place + ": " + key + " '" + found->second + "' is not a whole number");
	return value;
}

long record::number(const char *key) const {
	if (!has(key)) fail(STATUS_INPUT, place + ": no " + key);
	return number(key, 0);
}

std::string record::text(const char *key) const {
	auto found = keys.find(key);
	if (found == keys.end()) fail(STATUS_INPUT, place + ": no " + key);
	return found->second;
}

long stage::option(const char *key, long standard) const {
	auto found = given.keys.find(key);
	if (found == given.keys.end()) return line.number(key, standard);
	char *end = nullptr;
	long value = std::strtol(found->second.c_str(), &end, 10);
	if (*end) fail(STATUS_INPUT, name + ".values: " + key + " '" + found->second + "' is not a whole number");
	return value;
}

namespace {

record read_record(const std::string &text, const std::string &place, std::string &word) {
	record line;
	line.place = place;
	std::istringstream parts(text);
	std::string pair;
	parts >> word;
	while (parts >> pair) {
		size_t equals = pair.find('=');
		if (equals == std::string::npos) fail(STATUS_INPUT, place + ": '" + pair + "' is not KEY=VALUE");
		line.keys[pair.substr(0, equals)] = pair.substr(equals + 1);
	}
	return line;
}

// The FIFOs of one side, by number or name, with commas between them; "-", "none" or 4294967295 for no FIFO.
std::vector<long> read_ports(const record &line, const char *key, const std::vector<fifo> &fifos) {
	std::vector<long> ports;
	if (!line.has(key)) return ports;
	std::istringstream parts(line.text(key));
	std::string part;
	while (std::getline(parts, part, ',')) {
		if (part.empty() || part == "-" || part == "none" || part == "4294967295") continue;
		auto named =
		    std::find_if(fifos.begin(), fifos.end(), [&](const fifo &one) { return one.name == part; });
		char *end = nullptr;
		long number = named != fifos.end() ? named - fifos.begin() : std::strtol(part.c_str(), &end, 10);
		if (end && *end) fail(STATUS_INPUT, line.place + ": " + key + " '" + part + "' is not a FIFO");
		ports.push_back(number);
	}
	return ports;
}

values read_values(const std::string &path) {
	values given;
	std::ifstream file(path);
	if (!file) return given;
	given.present = true;
	std::string text;
	std::vector<std::vector<long>> *rows = nullptr;
	for (unsigned number = 1; std::getline(file, text); number++) {
		std::istringstream line(text);
		std::string word, value;
		if (!(line >> word) || word[0] == '#') continue;
		if (word == "weights" || word == "parameters") {
			rows = word == "weights" ? &given.weights : &given.parameters;
		} else if (rows) {
			std::istringstream numbers(text);
			std::vector<long> row;
			long entry;
			while (numbers >> entry) row.push_back(entry);
			if (!numbers.eof())
				fail(STATUS_INPUT,
				     path + ":" + std::to_string(number) + ": not a row of whole numbers");
			rows->push_back(std::move(row));
		} else if (line >> value) {
			given.keys[word] = value;
		} else {
			fail(STATUS_INPUT,
			     path + ":" + std::to_string(number) + ": expected KEY VALUE, weights or parameters");
		}
	}
	return given;
}

stage read_stage(record line, const std::string &folder) {
	stage made;
	made.name = line.text("name");
	made.kind = line.text("kind");
	made.latency = line.number(line.has("latency") ? "latency" : "latency_cycles");
	made.lanes_in = line.number("input_lanes", 0);
	made.lanes_out = line.number("output_lanes", 0);
	made.bits_in = line.number("input_bits", 0);
	made.bits_out = line.number("output_bits", 0);
	made.channels_in = line.number("input_channels", 0);
	made.channels_out = line.number("output_channels", 0);
	made.given = read_values(folder + "/" + made.name + ".values");
	if (made.latency < 1) fail(STATUS_INPUT, line.place + ": latency is not at least 1");
	made.line = std::move(line);
	return made;
}

long place_of(const pipeline &pipe, const record &line, const char *key) {
	std::string text = line.text(key);
	for (size_t s = 0; s < pipe.stages.size(); s++)
		if (pipe.stages[s].name == text) return static_cast<long>(s);
	return line.number(key);
}

void check_ports(const pipeline &pipe, const stage &one, long number) {
	auto bad = [&](const char *what) { fail(STATUS_INPUT, one.line.place + ": " + one.name + ": " + what); };
	for (long port : one.inputs) {
		if (port < 0 || port >= static_cast<long>(pipe.fifos.size())) bad("input FIFO does not exist");
		if (pipe.fifos[static_cast<size_t>(port)].to != number) bad("its input FIFO goes to another stage");
	}
	for (long port : one.outputs) {
		if (port < 0 || port >= static_cast<long>(pipe.fifos.size())) bad("output FIFO does not exist");
		if (pipe.fifos[static_cast<size_t>(port)].from != number)
			bad("its output FIFO comes from another stage");
	}
	size_t in = one.kind == "input"  ? 0
	            : one.kind == "join" ? 2
	                                 : 1,
	       out = one.kind == "output" ? 0
	             : one.kind == "fork" ? 2
	                                  : 1;
	if (one.inputs.size() != in || one.outputs.size() != out) bad("has not the inputs and outputs of its kind");
}

long count_words(const std::string &path) {
	std::ifstream file(path);
	std::string word;
	long count = 0;
	while (file >> word) count++;
	return count;
}

} // namespace

pipeline read_pipeline(const std::string &folder) {
	pipeline pipe;
	pipe.folder = folder;
	pipe.name = folder.substr(folder.find_last_of('/') + 1);
	std::string path = folder + "/pipeline.txt", text;
	std::ifstream file(path);
	if (!file) fail(STATUS_INPUT, path + ": cannot be read");
	std::vector<record> fifo_lines;
	for (unsigned number = 1; std::getline(file, text); number++) {
		if (text.find_first_not_of(" \t\r") == std::string::npos || text[0] == '#') continue;
		std::string word;
		record line = read_record(text, path + ":" + std::to_string(number), word);
		if (word == "pipeline")
			pipe.header = line;
		else if (word == "stage")
			pipe.stages.push_back(read_stage(line, folder));
		else if (word == "fifo")
			fifo_lines.push_back(line);
		else
			fail(STATUS_INPUT, line.place + ": unknown line '" + word + "'");
	}
	if (pipe.header.place.empty()) fail(STATUS_INPUT, path + ": no pipeline line");
	for (const record &line : fifo_lines)
		pipe.fifos.push_back({line.text("name"), place_of(pipe, line, "from"), place_of(pipe, line, "to"),
		                      line.number(line.has("width") ? "width" : "width_bits"),
		                      std::max(2L, line.number(line.has("depth") ? "depth" : "depth_words"))});
	for (stage &one : pipe.stages) {
		one.inputs = read_ports(one.line, "input", pipe.fifos);
		one.outputs = read_ports(one.line, "output", pipe.fifos);
	}
	pipe.input_stage = pipe.output_stage = NONE;
	for (size_t s = 0; s < pipe.stages.size(); s++) {
		check_ports(pipe, pipe.stages[s], static_cast<long>(s));
		if (pipe.stages[s].kind == "input") pipe.input_stage = static_cast<long>(s);
		if (pipe.stages[s].kind == "output") pipe.output_stage = static_cast<long>(s);
	}
	if (pipe.input_stage == NONE || pipe.output_stage == NONE)
		fail(STATUS_INPUT, path + ": no input or no output stage");
	const stage &input = pipe.stages[static_cast<size_t>(pipe.input_stage)],
	            &output = pipe.stages[static_cast<size_t>(pipe.output_stage)];
	pipe.input_width = pipe.fifos[static_cast<size_t>(input.outputs[0])].width;
	pipe.output_width = pipe.fifos[static_cast<size_t>(output.inputs[0])].width;
	pipe.start_cycles = pipe.header.number("start_cycles");
	long words = count_words(folder + "/input.hex"), each = input.line.number("words");
	pipe.frames = pipe.header.number("frames", std::max(1L, words / each));
	if (words % each)
		fail(STATUS_INPUT, folder + "/input.hex: " + std::to_string(words) + " words are not whole frames of " +
		                       std::to_string(each));
	return pipe;
}
