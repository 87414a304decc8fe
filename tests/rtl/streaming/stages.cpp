// See stages.hpp. The parameters are those of the modules' heads; no cycle rule stands here.
#include "stages.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <numeric>
#include <vector>

namespace {

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

} // namespace

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
