/* See nbsim_options.h. */
#include "sim/nbsim_options.h"

#include <stddef.h>

#define AT(member) offsetof(struct arguments, member)
static const struct option option_rows[] = {
    {OPTION_SECTION, .help = "What is run"},
    {OPTION_TEXT, "config", 'c', "FILE", .offset = AT(config),
     .help = "Machine (INI). A bare name is looked up in the current folder, then among the shipped configurations. "
             "Default: u250.ini."},
    {OPTION_TEXT, "workload", 'w', "NET", .offset = AT(workload),
     .help = "Layer trace (.nbt), network folder, or name of a shipped network; compiled on the fly at the widths of "
             "[compile]. Default: [run] workload of the configuration."},
    {OPTION_LIST, "set", 's', "SECTION.KEY=VALUE", .offset = AT(set),
     .help = "Changes one parameter; may be given many times. See --describe."},
    {OPTION_WORD, "kernel", 'k', "KERNEL", "systemc|native", .offset = AT(kernel),
     .help = "systemc or native; both give the same cycles. Default: [run] kernel. streaming: default native, which "
             "need not simulate every frame."},
    {OPTION_TEXT, "mapping", 0, "FILE", .offset = AT(mapping),
     .help = "Overrides the mapper per layer: bands, blocks, residency (see sim/mapper/mapper.h and --show-mapping). "
             "time_shared only."},
    {OPTION_SECTION, .help = "Values"},
    {OPTION_TEXT, "images", 'i', "FILE", .offset = AT(images),
     .help = "CIFAR-10 binary or idx images, plain or gzip: class scores and top-1."},
    {OPTION_UNSIGNED, "count", 'n', "N", .minimum = 1, .maximum = 1000000, .offset = AT(count),
     .help = "Only the first N images."},
    {OPTION_UNSIGNED, "verify", 0, "N", .minimum = 0, .maximum = 1000000, .offset = AT(verify),
     .help = "So many of them also run through the emitted program, on byte images of DDR and buffers (streaming: word "
             "by word through all stages and FIFOs), and must give the same bits. Default 16."},
    {OPTION_TEXT, "scores", 0, "FILE", .offset = AT(scores),
     .help = "Writes the scores: int32, little-endian, image after image."},
    {OPTION_SECTION, .help = "What comes out"},
    {OPTION_WORD, "format", 'f', "FORMAT", "table|csv|json", .offset = AT(format),
     .help = "table, csv or json, on standard output."},
    {OPTION_FLAG, "layers", 'l', .offset = AT(layers),
     .help = "Also what every layer costs and waits for; streaming: every stage and FIFO."},
    {OPTION_FLAG, "show-mapping", 0, .offset = AT(show_mapping),
     .help = "Prints tiles and residency of each layer and why, and stops. streaming: its folding."},
    {OPTION_FLAG, "size-fifos", 0, .offset = AT(size_fifos),
     .help = "streaming: prints the smallest FIFO depths that keep the throughput, what they save, and the lines for "
             "the configuration, and stops."},
    {OPTION_FLAG, "fastest", 0, .offset = AT(fastest),
     .help = "With --size-fifos: FIFOs may also become deeper, up to the best throughput that depths can give."},
    {OPTION_TEXT, "emit-commands", 0, "FILE", .offset = AT(commands),
     .help = "Writes the program, one command a line ('-': standard output). streaming: stages and FIFOs."},
    {OPTION_TEXT, "timeline", 0, "FILE", .offset = AT(timeline),
     .help = "Writes what every unit did as trace-event JSON (Perfetto, chrome://tracing)."},
    {OPTION_TEXT, "fifo-occupancy", 0, "FILE", .offset = AT(occupancy),
     .help = "streaming: writes the fill of every FIFO over time: CSV fifo,cycle,fill."},
    {OPTION_TEXT, "vcd", 0, "FILE", .offset = AT(vcd),
     .help =
         "Writes transactions as waveforms (GTKWave). streaming: the state of every stage, the fill of every FIFO."},
    {OPTION_TEXT, "db", 0, "FILE", .offset = AT(db),
     .help = "Database the run is stored in. Default nbsim.db in the current folder."},
    {OPTION_FLAG, "no-db", 0, .offset = AT(no_db), .help = "Stores nothing."},
    {OPTION_SECTION, .help = "About"},
    {OPTION_FLAG, "describe", 0, .offset = AT(describe),
     .help = "Every parameter: unit, default, range, meaning, source, timing class (--format json for machines)."},
    {OPTION_FLAG, "quiet", 'q', .offset = AT(quiet), .help = "No progress line."},
    {OPTION_FLAG, "version", 0, .offset = AT(version), .help = "Prints the version."},
    {OPTION_FLAG, "help", 'h', .offset = AT(help), .help = "Prints this."},
};

static const char *const synopsis[] = {"nbsim [--config FILE] [--workload NET] [options]",
                                       "nbsim runs [--db FILE]",
                                       "nbsim show ID [--db FILE]",
                                       "nbsim rerun ID [--db FILE]",
                                       "nbsim --describe",
                                       NULL};
static const char *const examples[] = {"nbsim --config u250.ini",
                                       "the shipped NeuroBlend-20 on the Alveo U250: cycles, stalls, power, resources",
                                       "nbsim --config u250.ini --layers --format csv --kernel native",
                                       "every number of every layer, for a script",
                                       "nbsim --config u250.ini --set binary_engine.pes=32 --set dram.channels=1",
                                       "another machine",
                                       "nbsim --config u250.ini --images t10k-images-idx3-ubyte.gz --count 1000",
                                       "class scores and top-1 of real images",
                                       "nbsim --config u250.ini --vcd waves.vcd --timeline run.json",
                                       "look at what every unit did",
                                       "nbsim runs; nbsim show 3f2a; nbsim rerun 3f2a",
                                       "what is stored; print it again; reproduce it to the cycle",
                                       NULL};
static const char *const notes[] = {
    "Exit status: 0 ok; 1 a check failed; 2 wrong usage; 3 malformed input; 4 a file or database cannot be read or "
    "written; 5 the network "
    "cannot be mapped to this machine; 6 the machine is stuck; 7 interrupted; 8 out of memory.",
    NULL};

const struct options nbsim_options = {.program = "nbsim",
                                      .summary = "Cycle-accurate simulation of a NeuroBlend-type accelerator: a "
                                                 "compiled network and a machine give cycles, the reason for "
                                                 "every stall, energy, power and FPGA resources.",
                                      .synopsis = synopsis,
                                      .rows = option_rows,
                                      .row_count = sizeof option_rows / sizeof option_rows[0],
                                      .arguments_offset = AT(words),
                                      .arguments_maximum = 2,
                                      .examples = examples,
                                      .notes = notes};

/* ---- options that would be dropped */

/* The first option given that is about the result of a run; NULL: none. */
static const char *about_result(const struct arguments *arguments) {
	return arguments->images      ? "--images"
	       : arguments->layers    ? "--layers"
	       : arguments->timeline  ? "--timeline"
	       : arguments->occupancy ? "--fifo-occupancy"
	       : arguments->vcd       ? "--vcd"
	       : arguments->db        ? "--db"
	                              : NULL;
}

/* The first option given that is about what is run; NULL: none. */
static const char *about_machine(const struct arguments *arguments) {
	return arguments->config         ? "--config"
	       : arguments->workload     ? "--workload"
	       : arguments->set.count    ? "--set"
	       : arguments->images       ? "--images"
	       : arguments->timeline     ? "--timeline"
	       : arguments->occupancy    ? "--fifo-occupancy"
	       : arguments->vcd          ? "--vcd"
	       : arguments->commands     ? "--emit-commands"
	       : arguments->describe     ? "--describe"
	       : arguments->show_mapping ? "--show-mapping"
	       : arguments->size_fifos   ? "--size-fifos"
	                                 : NULL;
}

static enum status check_stop(const struct arguments *arguments, struct error *error) {
	const int count = (arguments->describe != 0) + (arguments->show_mapping != 0) + (arguments->size_fifos != 0);
	if (!count) return STATUS_OK;
	const char *stop = arguments->describe       ? "--describe"
	                   : arguments->show_mapping ? "--show-mapping"
	                                             : "--size-fifos";
	const char *dropped = about_result(arguments);
	if (count > 1) dropped = arguments->size_fifos ? "--size-fifos" : "--show-mapping";
	if (!dropped && arguments->describe && arguments->commands) dropped = "--emit-commands";
	if (dropped)
		return error_set(error, STATUS_USAGE, "%s prints and stops before %s: expected one of the two", stop,
		                 dropped);
	if (arguments->format == FORMAT_CSV || (arguments->format == FORMAT_JSON && !arguments->describe))
		return error_set(error, STATUS_USAGE, "%s prints a table: expected no --format %s", stop,
		                 arguments->describe ? "but json" : "but table");
	return STATUS_OK;
}

enum status nbsim_check_options(const struct arguments *arguments, struct error *error) {
	const char *dropped = NULL;
	if (arguments->words.count) {
		dropped = about_machine(arguments);
		return dropped ? error_set(error, STATUS_USAGE,
		                           "%s: %s is of another machine than what is stored: expected no such option",
		                           arguments->words.items[0], dropped)
		               : STATUS_OK;
	}
	if (!arguments->images) {
		dropped = arguments->count                        ? "--count"
		          : arguments->scores                     ? "--scores"
		          : arguments->verify != VERIFY_NOT_GIVEN ? "--verify"
		                                                  : NULL;
		if (dropped)
			return error_set(error, STATUS_USAGE, "%s is about images: expected --images too", dropped);
	}
	return check_stop(arguments, error);
}
