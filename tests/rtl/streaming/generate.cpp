// Writes the Verilog of streaming pipelines: one top module with several independent pipelines, each made of the ns_
// modules, the table the bench prints from, the hexadecimal files of the memories, and the list of what to run. Reads
// pipeline.txt, input.hex and STAGE.values of each folder (README.md here has the formats). Holds no code of the
// simulator and no cycle rule.
//
// Usage: generate OUT [--fifo-memory 0|1|2] FOLDER...
// Status: 0 done, 2 wrong usage, 3 a file that cannot be used.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

namespace {

constexpr int STATUS_USAGE = 2, STATUS_INPUT = 3;
constexpr long NONE = -1;

[[noreturn]] void fail(int status, const std::string &text) {
	std::fprintf(stderr, "generate: %s\n", text.c_str());
	std::exit(status);
}

struct record { // a line of pipeline.txt
	std::map<std::string, std::string> keys;
	std::string place;

	bool has(const char *key) const { return keys.count(key) != 0; }

	long number(const char *key, long standard) const {
		auto found = keys.find(key);
		if (found == keys.end()) return standard;
		char *end = nullptr;
		long value = std::strtol(found->second.c_str(), &end, 10);
		if (found->second.empty() || *end)
			fail(STATUS_INPUT, place + ": " + key + " '" + found->second + "' is not a whole number");
		return value;
	}

	long number(const char *key) const {
		if (!has(key)) fail(STATUS_INPUT, place + ": no " + key);
		return number(key, 0);
	}

	std::string text(const char *key) const {
		auto found = keys.find(key);
		if (found == keys.end()) fail(STATUS_INPUT, place + ": no " + key);
		return found->second;
	}
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

	long option(const char *key, long standard) const {
		auto found = given.keys.find(key);
		if (found == given.keys.end()) return line.number(key, standard);
		char *end = nullptr;
		long value = std::strtol(found->second.c_str(), &end, 10);
		if (*end)
			fail(STATUS_INPUT, name + ".values: " + key + " '" + found->second + "' is not a whole number");
		return value;
	}
};

struct pipeline {
	std::string folder, name;
	record header;
	std::vector<stage> stages;
	std::vector<fifo> fifos;
	long frames, start_cycles, input_width, output_width, input_stage, output_stage;
};

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

// A number as a binary text of `bits` digits, lowest first; negative in two's complement. Beyond: limited.
std::string digits(long value, long bits) {
	std::string text;
	for (long b = 0; b < bits; b++) text += (value >> std::min(b, 63L)) & 1 ? '1' : '0';
	return text;
}

// Lines of a memory file from binary texts (lowest bit first).
void write_hex(const std::string &path, const std::vector<std::string> &words) {
	std::ofstream file(path);
	for (const std::string &word : words) {
		std::string line;
		for (size_t b = 0; b < word.size(); b += 4) {
			unsigned digit = 0;
			for (size_t k = 0; k < 4 && b + k < word.size(); k++)
				digit |= static_cast<unsigned>(word[b + k] - '0') << k;
			line += "0123456789abcdef"[digit];
		}
		std::reverse(line.begin(), line.end());
		file << line << "\n";
	}
	if (!file.flush()) fail(STATUS_INPUT, path + ": cannot be written");
}

// What a generated instance needs: its parameters, in the order they were set, and where it lies.
struct writer {
	const pipeline &pipe;
	const stage &one;
	std::string out, prefix; // prefix: of its memory files
	std::vector<std::pair<std::string, std::string>> parameters;

	void set(const char *name, long value) { parameters.emplace_back(name, std::to_string(value)); }
	void set(const char *name, const std::string &value) { parameters.emplace_back(name, "\"" + value + "\""); }
	[[noreturn]] void bad(const std::string &what) const {
		fail(STATUS_INPUT, one.line.place + ": " + one.name + ": " + what);
	}

	const fifo &in(size_t port) const { return pipe.fifos[static_cast<size_t>(one.inputs[port])]; }
	const fifo &to(size_t port) const { return pipe.fifos[static_cast<size_t>(one.outputs[port])]; }

	long whole(long value, long by, const char *what) const {
		if (by <= 0 || value <= 0 || value % by)
			bad(std::string(what) + ": " + std::to_string(value) + " / " + std::to_string(by));
		return value / by;
	}

	// 1 where words of `lanes` channels carry the bit `valid`.
	long valid(const fifo &link, long lanes, long bits) const {
		if (link.width == lanes * bits) return 0;
		if (link.width == lanes * bits + 1) return 1;
		bad("FIFO " + link.name + " is " + std::to_string(link.width) + " bits wide, a word " +
		    std::to_string(lanes * bits));
	}

	void no_valid(const fifo &link, long lanes, long bits) const {
		if (valid(link, lanes, bits))
			bad("FIFO " + link.name + " is " + std::to_string(link.width) + " bits wide, a word " +
			    std::to_string(lanes * bits));
	}

	long from_memory() const {
		long set_bits = 0;
		for (size_t p = 0; p < one.inputs.size(); p++)
			if (pipe.stages[static_cast<size_t>(in(p).from)].kind == "input") set_bits |= 1L << p;
		return set_bits;
	}

	void rows_are(const std::vector<std::vector<long>> &rows, long count, long columns, const char *what) const {
		if (static_cast<long>(rows.size()) != count)
			bad(std::string(what) + ": " + std::to_string(rows.size()) + " rows, expected " +
			    std::to_string(count));
		for (const auto &row : rows)
			if (static_cast<long>(row.size()) < columns)
				bad(std::string(what) + ": a row of " + std::to_string(row.size()) +
				    " numbers, expected " + std::to_string(columns));
	}

	static std::string weight(long value, long bits) {
		return bits == 1 ? (value > 0 ? "1" : "0") : digits(value, bits);
	}

	// Parameter memory: one word per group of `lanes` channels, a lane's text by `lane`.
	template <typename lane_text> void parameter_file(long channels, long lanes, long columns, lane_text lane) {
		std::string file = prefix + ".parameters.hex";
		std::vector<std::string> words;
		if (!one.given.parameters.empty()) rows_are(one.given.parameters, channels, columns, "parameters");
		for (long group = 0; group < channels / lanes; group++) {
			std::string word;
			for (long l = 0; l < lanes; l++) {
				std::vector<long> row(static_cast<size_t>(columns), 0);
				if (!one.given.parameters.empty())
					row = one.given.parameters[static_cast<size_t>(group * lanes + l)];
				word += lane(row);
			}
			words.push_back(word);
		}
		write_hex(out + "/" + file, words);
		set("PARAMETERS", file);
	}

	void threshold_file(long channels, long lanes, long sum_bits) {
		long count = one.line.number("threshold_count"), most = (1L << sum_bits) - 1;
		set("THRESHOLDS", count);
		set("BASE", one.option("threshold_base", 0));
		parameter_file(channels, lanes, count + 1, [&](const std::vector<long> &row) {
			std::string text;
			for (long k = 1; k <= count; k++)
				text += digits(std::min(most, std::max(-most - 1, row[static_cast<size_t>(k)])),
				               sum_bits + 1);
			return text + (row[0] ? "1" : "0");
		});
	}
};

// The stage of this kind the words go to, through width converters and windows; null where there is none.
const stage *reached(const pipeline &pipe, const stage &one, const std::string &kind) {
	for (long port : one.outputs) {
		const stage &next = pipe.stages[static_cast<size_t>(pipe.fifos[static_cast<size_t>(port)].to)];
		if (next.kind == kind) return &next;
		if (next.kind == "convert" || next.kind == "window")
			if (const stage *found = reached(pipe, next, kind)) return found;
	}
	return nullptr;
}

long kernel(const stage &one, const char *key) {
	return std::max(1L, one.line.number(key, 1));
}

void make_pad(writer &w) {
	const stage &s = w.one;
	long height = s.line.number("input_height"), columns = s.line.number("input_width");
	w.no_valid(w.in(0), s.lanes_in, s.bits_in);
	w.set("WIDTH", s.lanes_in * s.bits_in);
	w.set("F", w.whole(s.channels_in, s.lanes_in, "channels / lanes"));
	w.set("HEIGHT", height);
	w.set("COLUMNS", columns);
	w.set("TOP", s.line.number("pad_top", 0));
	w.set("LEFT", s.line.number("pad_left", 0));
	w.set("BOTTOM", s.line.number("pad_bottom", 0));
	w.set("RIGHT", s.line.number("pad_right", 0));
	auto found = s.given.keys.find("pad_value");
	std::string value = found != s.given.keys.end() ? found->second
	                    : s.line.has("pad_value")   ? s.line.text("pad_value")
	                                                : "masked";
	if (value != "masked" && value != "minus" && value != "plus")
		w.bad("pad_value '" + value + "' is not masked, minus or plus");
	long border = s.bits_in == 1 && value == "plus";
	const stage *maximum = reached(w.pipe, s, "depthwise");
	// In front of a maximum: the lowest value.
	if (maximum && maximum->line.number("weight_bits", 0) == 0)
		border = s.bits_in == 1 || s.option("input_unsigned", 0) ? 0 : 1L << (s.bits_in - 1);
	w.set("BITS", s.bits_in);
	w.set("BORDER", border);
	w.set("VALID", w.valid(w.to(0), s.lanes_in, s.bits_in));
}

void make_window(writer &w) {
	const stage &s = w.one;
	long height = s.line.number("input_height"), stride = kernel(s, "stride"),
	     kernel_height = kernel(s, "kernel_height");
	long columns = s.line.number("input_width"), stride_width = std::max(1L, s.line.number("stride_width", stride)),
	     kernel_width = kernel(s, "kernel_width");
	if ((height - kernel_height) / stride + 1 != s.line.number("output_height"))
		w.bad("output_height does not follow from the shape");
	if ((columns - kernel_width) / stride_width + 1 != s.line.number("output_width"))
		w.bad("output_width does not follow from the shape");
	long lanes_out = s.lanes_out ? s.lanes_out : s.lanes_in, atom = std::gcd(s.lanes_in, lanes_out),
	     valid = w.valid(w.in(0), s.lanes_in, s.bits_in);
	if (w.valid(w.to(0), lanes_out, s.bits_in) != valid)
		w.bad("one of its FIFOs has the bit valid, the other has not");
	if (valid && s.channels_in % lanes_out) w.bad("a word with the bit valid has taps of several pixels");
	w.whole(kernel_height * kernel_width * s.channels_in, lanes_out, "K C / output lanes");
	w.set("ATOM", atom * s.bits_in);
	w.set("ATOMS_IN", s.lanes_in / atom);
	w.set("ATOMS_OUT", lanes_out / atom);
	w.set("VALID", valid);
	w.set("F", w.whole(s.channels_in, s.lanes_in, "channels / lanes"));
	w.set("HEIGHT", height);
	w.set("COLUMNS", columns);
	w.set("OUT_HEIGHT", s.line.number("output_height"));
	w.set("OUT_COLUMNS", s.line.number("output_width"));
	w.set("KERNEL_HEIGHT", kernel_height);
	w.set("KERNEL_WIDTH", kernel_width);
	w.set("STRIDE", stride);
	w.set("STRIDE_WIDTH", stride_width);
	w.set("DEPTHWISE", s.option("depthwise", reached(w.pipe, s, "depthwise") != nullptr));
}

void make_multiply(writer &w) {
	const stage &s = w.one;
	bool depthwise = s.kind == "depthwise";
	long pe = s.lanes_out, simd = depthwise ? 1 : s.lanes_in,
	     taps = kernel(s, "kernel_height") * kernel(s, "kernel_width");
	bool maximum = depthwise && s.line.number("weight_bits", 0) == 0;
	long weight_bits = std::max(1L, s.line.number("weight_bits", 0)),
	     sum_bits = s.line.number("accumulator_bits", maximum ? s.bits_in + 1 : 0),
	     columns = depthwise ? taps : taps * s.channels_in;
	long groups = w.whole(s.channels_out, pe, "output channels / PE"),
	     steps = depthwise ? taps : w.whole(columns, simd, "K C / SIMD");
	if (s.latency < 3 && !maximum) w.bad("latency is not at least 3");
	w.set("PE", pe);
	if (!depthwise) w.set("SIMD", simd);
	if (depthwise) w.set("MAXIMUM", maximum);
	w.set(depthwise ? "TAPS" : "SF", steps);
	w.set(depthwise ? "F" : "NF", groups);
	w.set("PIXELS", s.line.number("output_height") * s.line.number("output_width"));
	w.set("INPUT_BITS", s.bits_in);
	w.set("INPUT_SIGNED", !s.option("input_unsigned", 0));
	w.set("VALID", w.valid(w.in(0), s.lanes_in, s.bits_in));
	w.set("WEIGHT_BITS", weight_bits);
	w.set("SUM", sum_bits);
	w.set("OUTPUT_BITS", s.bits_out);
	w.no_valid(w.to(0), pe, s.bits_out);
	if (maximum) return;
	std::vector<std::string> words;
	if (!s.given.weights.empty()) w.rows_are(s.given.weights, s.channels_out, columns, "weights");
	for (long group = 0; group < groups; group++)
		for (long t = 0; t < steps; t++) {
			std::string word;
			for (long p = 0; p < pe; p++)
				for (long i = 0; i < simd; i++)
					word +=
					    writer::weight(s.given.weights.empty()
					                       ? 0
					                       : s.given.weights[static_cast<size_t>(group * pe + p)]
					                                        [static_cast<size_t>(t * simd + i)],
					                   weight_bits);
			words.push_back(word);
		}
	write_hex(w.out + "/" + w.prefix + ".weights.hex", words);
	w.set("WEIGHTS", w.prefix + ".weights.hex");
	if (s.line.number("threshold_count", 0)) w.threshold_file(s.channels_out, pe, sum_bits);
}

void make_convert(writer &w) {
	const stage &s = w.one;
	long part = std::min(s.lanes_in, s.lanes_out) * s.bits_in, valid = w.valid(w.in(0), s.lanes_in, s.bits_in);
	if (w.valid(w.to(0), s.lanes_out, s.bits_in) != valid)
		w.bad("one of its FIFOs has the bit valid, the other has not");
	if (std::max(s.lanes_in, s.lanes_out) % std::min(s.lanes_in, s.lanes_out))
		w.bad("lanes are not n : 1 or 1 : n");
	w.set("PART", part);
	w.set("SPLIT", std::max(1L, s.lanes_in / s.lanes_out));
	w.set("GATHER", std::max(1L, s.lanes_out / s.lanes_in));
	w.set("VALID", valid);
	w.set("WORDS", s.line.number("words"));
}

void make_fork(writer &w) {
	const stage &s = w.one;
	w.set("LANES", s.lanes_in);
	w.set("BITS", s.bits_in);
	w.set("SIGNED", !s.option("input_unsigned", 0));
	w.set("BIT_FROM", s.option("bit_from", s.option("threshold_base", -1) + 1));
	w.no_valid(w.in(0), s.lanes_in, s.bits_in);
	for (size_t p = 0; p < 2; p++) {
		bool as_bit = w.to(p).width == s.lanes_in && s.bits_in > 1;
		if (!as_bit) w.no_valid(w.to(p), s.lanes_in, s.bits_in);
		w.set(p ? "AS_BIT_1" : "AS_BIT_0", as_bit);
	}
	w.set("WORDS", s.line.number("words"));
}

// Port of a join that the skip path comes in by.
size_t skip_port(const pipeline &pipe, const stage &one) {
	const fifo &first = pipe.fifos[static_cast<size_t>(one.inputs[0])],
	           &second = pipe.fifos[static_cast<size_t>(one.inputs[1])];
	return pipe.stages[static_cast<size_t>(first.from)].line.number("is_skip", 0) >
	               pipe.stages[static_cast<size_t>(second.from)].line.number("is_skip", 0)
	           ? 0
	           : 1;
}

void make_join(writer &w) {
	const stage &s = w.one;
	size_t skip = skip_port(w.pipe, s);
	w.set("LANES", s.lanes_in);
	w.set("MAIN_BITS", w.whole(w.in(1 - skip).width, s.lanes_in, "FIFO width / lanes"));
	w.set("SKIP_BITS", w.whole(w.in(skip).width, s.lanes_in, "FIFO width / lanes"));
	w.set("OUTPUT_BITS", s.bits_out);
	w.set("OUTPUT_SIGNED", !s.option("output_unsigned", 0));
	w.no_valid(w.to(0), s.lanes_in, s.bits_out);
	long f = w.whole(s.channels_in, s.lanes_in, "channels / lanes");
	w.set("F", f);
	w.set("WORDS", s.line.number("words"));
	w.parameter_file(s.channels_in, s.lanes_in, 6,
	                 [](const std::vector<long> &row) { return digits(row[4], 32) + digits(row[5], 5); });
}

void make_point(writer &w) {
	const stage &s = w.one;
	w.set("LANES", s.lanes_in);
	w.set("INPUT_BITS", s.bits_in);
	w.set("INPUT_SIGNED", !s.option("input_unsigned", 0));
	w.set("OUTPUT_BITS", s.bits_out);
	w.set("OUTPUT_SIGNED", !s.option("output_unsigned", 0));
	w.set("F", w.whole(s.channels_in, s.lanes_in, "channels / lanes"));
	w.set("WORDS", s.line.number("words"));
	w.no_valid(w.in(0), s.lanes_in, s.bits_in);
	w.no_valid(w.to(0), s.lanes_in, s.bits_out);
	if (s.line.number("threshold_count", 0)) {
		w.threshold_file(s.channels_in, s.lanes_in,
		                 s.bits_in + (s.bits_in == 1 || s.option("input_unsigned", 0)));
		return;
	}
	w.set("POST_SHIFT", s.option("post_shift", 0));
	const stage *join = reached(w.pipe, s, "join");
	w.set("SKIP", s.option("skip", join && join->line.number("layer", NONE) == s.line.number("layer", NONE)));
	w.parameter_file(s.channels_in, s.lanes_in, 6, [](const std::vector<long> &row) {
		return digits(row[0], 16) + digits(row[1], 32) + digits(row[2], 16) + digits(row[3], 16) +
		       digits(row[4], 32);
	});
}

void make_pool(writer &w) {
	const stage &s = w.one;
	w.set("AVERAGE", s.kind == "average_pool");
	w.set("LANES", s.lanes_in);
	w.set("BITS", s.bits_in);
	w.set("SIGNED", !s.option("input_unsigned", 0));
	w.set("OUTPUT_BITS", s.bits_out);
	w.set("SHIFT", s.option("shift", 0));
	w.set("F", w.whole(s.channels_in, s.lanes_in, "channels / lanes"));
	w.set("HEIGHT", s.line.number("input_height"));
	w.set("COLUMNS", s.line.number("input_width"));
	w.set("OUT_HEIGHT", s.line.number("output_height"));
	w.set("OUT_COLUMNS", s.line.number("output_width"));
	w.set("KERNEL_HEIGHT", s.line.number("kernel_height"));
	w.set("KERNEL_WIDTH", s.line.number("kernel_width"));
	w.set("OVERHEAD", w.pipe.header.number("pool_overhead_cycles"));
	w.no_valid(w.in(0), s.lanes_in, s.bits_in);
	w.no_valid(w.to(0), s.lanes_in, s.bits_out);
}

void make_label(writer &w) {
	const stage &s = w.one;
	long words = s.line.number("words");
	w.set("LANES", s.lanes_in);
	w.set("BITS", s.bits_in);
	w.set("CLASSES", s.option("classes", words * s.lanes_in));
	w.set("OUTPUT_BITS", w.to(0).width);
	w.set("WORDS", words);
	w.no_valid(w.in(0), s.lanes_in, s.bits_in);
}

void make_dma(writer &w) {
	w.set("WIDTH", w.one.kind == "input" ? w.pipe.input_width : w.pipe.output_width);
	w.set("WORDS", w.one.line.number("words"));
}

std::string wire(const char *what, long fifo_number) {
	return std::string(what) + "_" + std::to_string(fifo_number);
}

void write_stage(FILE *file, const pipeline &pipe, size_t number, const std::string &out, const std::string &prefix,
                 long flushing) {
	static const std::map<std::string, std::pair<const char *, void (*)(writer &)>> kinds = {
	    {"input", {"ns_input", make_dma}},
	    {"output", {"ns_output", make_dma}},
	    {"pad", {"ns_pad", make_pad}},
	    {"window", {"ns_window", make_window}},
	    {"matrix", {"ns_matrix", make_multiply}},
	    {"depthwise", {"ns_depthwise", make_multiply}},
	    {"convert", {"ns_convert", make_convert}},
	    {"fork", {"ns_fork", make_fork}},
	    {"join", {"ns_join", make_join}},
	    {"point", {"ns_point", make_point}},
	    {"max_pool", {"ns_pool", make_pool}},
	    {"average_pool", {"ns_pool", make_pool}},
	    {"label", {"ns_label", make_label}}};
	const stage &one = pipe.stages[number];
	writer w{pipe, one, out, prefix + "_s" + std::to_string(number), {}};
	auto found = kinds.find(one.kind);
	if (found == kinds.end()) w.bad("unknown kind '" + one.kind + "'");
	found->second.second(w);
	if (!one.inputs.empty())
		w.set("FROM_MEMORY", one.kind == "join" && skip_port(pipe, one) == 0
		                         ? ((w.from_memory() & 1) << 1) | (w.from_memory() >> 1)
		                         : w.from_memory());
	w.set("LATENCY", one.latency);
	w.set("FLUSHING", flushing);
	std::fprintf(file, "\t// %s\n\t%s #(", one.name.c_str(), found->second.first);
	for (size_t p = 0; p < w.parameters.size(); p++)
		std::fprintf(file, "%s.%s(%s)", p ? ", " : "", w.parameters[p].first.c_str(),
		             w.parameters[p].second.c_str());
	std::fprintf(file, ") s%zu (.clock(clock), .reset(reset), .frames(frames), .states(states[%zu +: 6])", number,
	             8 * number);
	for (size_t p = 0; p < one.inputs.size(); p++) {
		std::string tail = one.kind == "join" ? (p == skip_port(pipe, one) ? "_1" : "_0") : "";
		std::fprintf(file, ", .in_empty%s(%s), .in_word%s(%s)", tail.c_str(),
		             wire("empty", one.inputs[p]).c_str(), tail.c_str(), wire("head", one.inputs[p]).c_str());
	}
	if (!one.inputs.empty()) std::fprintf(file, ", .in_take(s%zu_take)", number);
	for (size_t p = 0; p < one.outputs.size(); p++) {
		std::string tail = one.kind == "fork" ? (p ? "_1" : "_0") : "";
		std::fprintf(file, ", .out_full%s(%s), .out_word%s(%s)", tail.c_str(),
		             wire("full", one.outputs[p]).c_str(), tail.c_str(), wire("word", one.outputs[p]).c_str());
	}
	if (!one.outputs.empty()) std::fprintf(file, ", .out_push(s%zu_push)", number);
	if (one.kind == "input")
		std::fprintf(file,
		             ", .start_cycles(start_cycles), .memory_index(memory_index), .memory_word(memory_word)");
	if (one.kind == "output")
		std::fprintf(
		    file,
		    ", .memory_write(output_write), .memory_word(output_word), .frame_last(frame_last), .last(last)");
	if (one.kind == "matrix" || one.kind == "depthwise")
		std::fprintf(file, ", .load_weights(1'b0), .load_address(0), .load_word(0)");
	if (one.kind == "matrix" || one.kind == "depthwise" || one.kind == "join" || one.kind == "point")
		std::fprintf(file, ", .load_parameters(1'b0), .load_group(0), .load_lanes(0)");
	std::fprintf(file, ");\n");
}

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
