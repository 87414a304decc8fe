/* nbcompile: the command line of workloads/compile.h. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/options.h"
#include "workloads/compile.h"

struct command {
	int help, version, shape_only, from_float, quiet;
	const char *output, *config, *parameters;
	uint64_t seed;
	struct option_list set, width, arguments;
};

static const char *const synopsis[] = {"nbcompile NETWORK [-o OUT.nbt] [options]", NULL};

static const struct option rows[] = {
    {OPTION_SECTION, .help = "Output"},
    {OPTION_TEXT, "output", 'o', "OUT.nbt", .offset = offsetof(struct command, output),
     .help = "The trace to write; the tensors go to OUT.nbw beside it. Without it only the table is printed."},
    {OPTION_FLAG, "quiet", 'q', .offset = offsetof(struct command, quiet), .help = "Prints no table."},
    {OPTION_SECTION, .help = "Network"},
    {OPTION_TEXT, "params", 0, "FOLDER", .offset = offsetof(struct command, parameters),
     .help = "Folder of params.f32 and params.txt, where they are not beside network.ini."},
    {OPTION_FLAG, "float", 0, .offset = offsetof(struct command, from_float),
     .help = "Of a folder that holds both a folded network (net.txt) and its float parameters (params.*): compiles the "
             "float ones with the shipped network.ini of the folder's name."},
    {OPTION_FLAG, "shape-only", 0, .offset = offsetof(struct command, shape_only),
     .help = "Needs no trained parameters: the weights are drawn from the seed. The trace has the right shapes, widths "
             "and cycles, and claims no accuracy."},
    {OPTION_UNSIGNED, "seed", 0, "N", .maximum = UINT64_MAX, .offset = offsetof(struct command, seed),
     .help = "Seed of --shape-only; 1 if not given."},
    {OPTION_SECTION, .help = "Widths"},
    {OPTION_TEXT, "config", 'c', "FILE", .offset = offsetof(struct command, config),
     .help = "Configuration whose section [compile] holds the bit widths."},
    {OPTION_LIST, "set", 0, "SECTION.KEY=VALUE", .offset = offsetof(struct command, set),
     .help = "Replaces one value: compile.skip_weight_bits=4, or a key of the network's [geometry]: geometry.depth=4. "
             "May be given again."},
    {OPTION_LIST, "width", 0, "LAYER.KEY=BITS", .offset = offsetof(struct command, width),
     .help =
         "A width of one layer. KEY is weight_bits, map_bits, map_fraction_bits or parameter_bits; LAYER is a layer "
         "of the network or of the table. May be given again."},
    {OPTION_SECTION, .help = "Other"},
    {OPTION_FLAG, "version", 0, .offset = offsetof(struct command, version), .help = "Prints the version."},
    {OPTION_FLAG, "help", 'h', .offset = offsetof(struct command, help), .help = "Prints this text."},
};

static const char *const examples[] = {
    "nbcompile neuroblend20-fashion -o neuroblend20.nbt",
    "compiles the shipped, trained network and prints what was fused",
    "nbcompile neuroblend20-fashion --set compile.skip_weight_bits=4 --width m1.weight_bits=8 -o s.nbt",
    "4-bit skip weights, but 8 bits in the first module",
    "nbcompile neuroblend18-cifar100 --shape-only -o n18.nbt",
    "shapes with seeded weights",
    "nbcompile bnn-pynq/cifar10-cnvW1A1 -o cnv.nbt",
    "reads a folded BNN-PYNQ network (net.txt) as it is",
    NULL,
};

static const char *const notes[] = {
    "NETWORK is a folder with network.ini (and params.*) or net.txt, or the name of a shipped network. The keys of "
    "network.ini and the format of the trace are in workloads/README.md.",
    "Exit status: 0 done, 2 wrong command line, 3 malformed network or configuration, 4 a file cannot be read or "
    "written, 8 out of memory.",
    NULL,
};

static const struct options options = {
    .program = "nbcompile",
    .summary = "Compiles a network description with trained float parameters into a fused, bit-exact layer trace that "
               "nbsim maps and runs: batch norms become thresholds or scale and shift, skip paths, stem and head are "
               "quantised. Prints what was fused, layer by layer.",
    .synopsis = synopsis,
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .arguments_offset = offsetof(struct command, arguments),
    .arguments_maximum = 1,
    .examples = examples,
    .notes = notes,
};

/* Splits --set into configuration and geometry; the latter go to `geometry`, which has room for all. */
static enum status read_settings(const struct command *command, struct config *config, const char **geometry,
                                 size_t *geometry_count, struct error *error) {
	enum status status = STATUS_OK;
	config_defaults(config);
	if (command->config) status = config_read(config, command->config, error);
	for (size_t i = 0; !status && i < command->set.count; i++) {
		const char *text = command->set.items[i];
		if (strncmp(text, "geometry.", 9) == 0)
			geometry[(*geometry_count)++] = text + 9;
		else
			status = config_set(config, text, error);
	}
	if (!status) status = config_check(config, command->config ? command->config : "--set", error);
	return status;
}

static enum status finish_output(const char *output, struct error *error) {
	if (fflush(stdout) == 0 && !ferror(stdout)) return STATUS_OK;
	return error_set(error, STATUS_IO, "%s: the table cannot be written", output);
}

static enum status run(const struct command *command, struct error *error) {
	struct config config;
	struct trace trace;
	struct compile_report report;
	if (command->arguments.count != 1)
		return error_set(error, STATUS_USAGE, "expected a network; nbcompile --help explains");
	const char **geometry = calloc(command->set.count + 1, sizeof *geometry);
	if (!geometry) return error_set(error, STATUS_MEMORY, "out of memory");
	size_t geometry_count = 0;
	enum status status = read_settings(command, &config, geometry, &geometry_count, error);
	struct compile_options compile = {.network = command->arguments.items[0],
	                                  .parameters = command->parameters,
	                                  .from_float = command->from_float,
	                                  .config = &config,
	                                  .widths = command->width.items,
	                                  .width_count = command->width.count,
	                                  .geometry = geometry,
	                                  .geometry_count = geometry_count,
	                                  .shape_only = command->shape_only,
	                                  .seed = command->seed};
	if (!status) status = compile_network(&compile, &trace, &report, error);
	free(geometry);
	if (status) return status;
	if (command->output) status = trace_write(&trace, command->output, error);
	if (!status && !command->quiet) compile_print_table(&trace, &report, stdout);
	if (!status && !command->quiet && command->output) printf("wrote %s\n", command->output);
	if (!status) status = finish_output("standard output", error);
	trace_clear(&trace);
	compile_report_clear(&report);
	return status;
}

int main(int argc, char **argv) {
	struct command command = {.seed = 1};
	struct error error = {""};
	signal(SIGPIPE, SIG_IGN); /* a closed pipe is a status, not a death */
	enum status status = options_parse(&options, argc, argv, &command, &error);
	if (!status && command.help) {
		options_help(&options, stdout);
		status = finish_output("standard output", &error);
	} else if (!status && command.version) {
		printf("nbcompile %s\n", NBSIM_VERSION);
		status = finish_output("standard output", &error);
	} else if (!status) {
		status = run(&command, &error);
	}
	options_clear(&options, &command);
	if (status) fprintf(stderr, "nbcompile: %s\n", error.text);
	return (int)status;
}
