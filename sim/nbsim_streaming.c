/* See nbsim_streaming.h. */
#include "sim/nbsim_streaming.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/output_file.h"
#include "sim/run/progress.h"
#include "sim/run/stream_record.h"
#include "sim/run/stream_vcd.h"
#include "sim/streaming/sizing.h"
#include "sim/systemc/streaming_run.h"

/* Is SECTION.KEY=VALUE of the other organisation? Of [dram], a streaming machine's energy reads the size of a row and
 * the interval of refreshes. */
static int is_of_other(const char *assignment, int is_streaming) {
	static const char *const time_shared[] = {"sequencer.",    "dma.",       "dram.",   "binary_engine.",
	                                          "fixed_engine.", "post_unit.", "buffer.", "mapper."};
	if (!is_streaming) return !strncmp(assignment, "streaming.", strlen("streaming."));
	if (!strncmp(assignment, "dram.row_bytes=", strlen("dram.row_bytes=")) ||
	    !strncmp(assignment, "dram.trefi_ns=", strlen("dram.trefi_ns=")))
		return 0;
	for (size_t i = 0; i < sizeof time_shared / sizeof time_shared[0]; i++)
		if (!strncmp(assignment, time_shared[i], strlen(time_shared[i]))) return 1;
	return 0;
}

/* Is SECTION.KEY=VALUE read only where the folding is chosen? */
static int is_of_choice(const char *assignment) {
	static const char *const names[] = {"streaming.target_frames_per_s=", "streaming.budget_percent="};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (!strncmp(assignment, names[i], strlen(names[i]))) return 1;
	return 0;
}

/* A file may hold both machines; what is set by hand and changes nothing is a mistake. */
static enum status check_sets(const struct arguments *arguments, const struct config *config, struct error *error) {
	const int is_streaming = config->organisation == ORGANISATION_STREAMING;
	for (size_t i = 0; i < arguments->set.count; i++) {
		const char *assignment = arguments->set.items[i];
		if (is_of_other(assignment, is_streaming))
			return error_set(error, STATUS_USAGE,
			                 "--set %.200s changes nothing: this machine is %s; expected "
			                 "machine.organisation = %s, or no such --set",
			                 assignment, is_streaming ? "streaming" : "time_shared",
			                 is_streaming ? "time_shared" : "streaming");
		if (is_streaming && is_of_choice(assignment) && strcmp(config->streaming_folding, "auto"))
			return error_set(error, STATUS_USAGE,
			                 "--set %.200s changes nothing: streaming.folding is set; expected "
			                 "streaming.folding = auto, or no such --set",
			                 assignment);
	}
	return STATUS_OK;
}

enum status nbsim_check_organisation(const struct arguments *arguments, const struct config *config,
                                     struct error *error) {
	const char *other = NULL;
	if (!arguments->describe && check_sets(arguments, config, error) != STATUS_OK) return STATUS_USAGE;
	if (config->organisation == ORGANISATION_STREAMING) {
		if (arguments->mapping)
			return error_set(error, STATUS_USAGE,
			                 "--mapping is for organisation = time_shared: a streaming machine is mapped "
			                 "by streaming.folding");
		if (arguments->fastest && !arguments->size_fifos)
			return error_set(error, STATUS_USAGE,
			                 "--fastest is about FIFO depths: expected --size-fifos too");
		return STATUS_OK;
	}
	if (arguments->fastest) other = "--fastest";
	if (arguments->size_fifos) other = "--size-fifos";
	if (arguments->occupancy) other = "--fifo-occupancy";
	return other ? error_set(error, STATUS_USAGE,
	                         "%s is about FIFOs between stages: expected machine.organisation = streaming", other)
	             : STATUS_OK;
}

/* ---- running */

int nbsim_is_systemc(const struct arguments *arguments) {
	return arguments->kernel == KERNEL_SYSTEMC;
}

static enum status write_file(const char *path, const struct stream_record *record, const struct config *config,
                              struct error *error) {
	FILE *out = output_open(path, error);
	if (!out) return STATUS_IO;
	if (config)
		stream_record_write_timeline(record, config, out);
	else
		stream_record_write_fills(record, out);
	return output_close(out, path, error);
}

static enum status write_record(struct stream_record *record, const struct simulation *simulation,
                                const struct arguments *arguments, struct error *error) {
	enum status status = stream_record_end(record, simulation->streaming.batch.total_cycles, error);
	if (!status && arguments->timeline)
		status = write_file(arguments->timeline, record, &simulation->config, error);
	if (!status && arguments->occupancy) status = write_file(arguments->occupancy, record, NULL, error);
	return status;
}

/* Observers of one run, fanned out. */
struct observers {
	struct stream_record *record;
	struct stream_vcd *vcd;
};

static void observe(void *context, const struct stream_event *event) {
	struct observers *observers = context;
	if (observers->record) stream_record_event(observers->record, event);
	if (observers->vcd) stream_vcd_event(observers->vcd, event);
}

static enum status open_observers(struct observers *observers, const struct simulation *simulation,
                                  const struct arguments *arguments, struct error *error) {
	const struct pipeline *pipeline = &simulation->streaming.pipeline;
	enum status status = STATUS_OK;
	if (arguments->timeline || arguments->occupancy)
		status = stream_record_create(&observers->record, pipeline, error);
	if (!status && arguments->vcd)
		status = stream_vcd_open(&observers->vcd, arguments->vcd, pipeline, simulation->config.clock_khz,
		                         simulation->config.frames, error);
	return status;
}

enum status nbsim_run_streaming(struct simulation *simulation, const struct arguments *arguments,
                                const volatile sig_atomic_t *stop, struct error *error) {
	struct observers observers = {0};
	struct error closing;
	enum status status = open_observers(&observers, simulation, arguments, error);
	const struct stream_options options = {
	    .stop = stop, .context = &observers, .event = observers.record || observers.vcd ? observe : NULL};
	if (!status)
		status = simulation_time_streaming(
		    simulation, nbsim_is_systemc(arguments) ? systemc_stream_run : stream_run, &options, error);
	const int has_result = !status || status == STATUS_STUCK;
	if (observers.record && has_result) {
		enum status written = write_record(observers.record, simulation, arguments, status ? &closing : error);
		if (!status) status = written;
	}
	const uint64_t end_cycle = has_result ? simulation->streaming.batch.total_cycles : 0;
	enum status closed = stream_vcd_close(observers.vcd, end_cycle, status ? &closing : error);
	stream_record_free(observers.record);
	return status ? status : closed;
}

/* ---- a stuck pipeline */

/* What a stage that can never advance lacks. */
static void describe_stage(const struct pipeline *pipeline, const struct stream_result *batch, uint32_t index,
                           char *text, size_t bytes) {
	const struct stage *stage = &pipeline->stages[index];
	for (int p = 0; p < STAGE_PORTS_MAX; p++) {
		uint32_t f = stage->output[p];
		if (f == PIPELINE_NONE || batch->fifos[f].fill_at_end < pipeline->fifos[f].depth_words) continue;
		snprintf(text, bytes, "no room in %s", pipeline->fifos[f].name);
		return;
	}
	for (int p = 0; p < STAGE_PORTS_MAX; p++) {
		uint32_t f = stage->input[p];
		if (f == PIPELINE_NONE || batch->fifos[f].fill_at_end) continue;
		snprintf(text, bytes, "no word in %s", pipeline->fifos[f].name);
		return;
	}
	snprintf(text, bytes, "at rest");
}

void nbsim_print_stuck(const struct simulation *simulation, FILE *out) {
	const struct pipeline *pipeline = &simulation->streaming.pipeline;
	const struct stream_result *batch = &simulation->streaming.batch;
	uint32_t *depths = calloc(pipeline->fifo_count, sizeof *depths);
	struct error ignored;
	int has_depths = depths && stream_feasible_depths(pipeline, depths, &ignored) == STATUS_OK;
	fprintf(out, "The pipeline is stuck after %" PRIu64 " cycles; %s\n\n", batch->total_cycles,
	        has_depths ? "it runs with the depths of the last column" : "no depths are known with which it runs");
	fprintf(out, "%-52s%12s%12s%12s\n", "FIFO", "fill", "depth", "runs with");
	for (uint32_t f = 0; f < pipeline->fifo_count; f++) {
		const struct fifo *fifo = &pipeline->fifos[f];
		fprintf(out, "%-52.51s%12" PRIu32 "%12" PRIu32, fifo->name, batch->fifos[f].fill_at_end,
		        fifo->depth_words);
		if (has_depths && depths[f] > fifo->depth_words)
			fprintf(out, "%12" PRIu32 "\n", depths[f]);
		else
			fprintf(out, "%12s\n", has_depths ? "as it is" : "");
	}
	fprintf(out, "\n%-40s%14s%14s  %s\n", "stage", "words taken", "words made", "state");
	for (uint32_t i = 0; i < pipeline->stage_count; i++) {
		char state[STAGE_NAME_BYTES + 16];
		describe_stage(pipeline, batch, i, state, sizeof state);
		fprintf(out, "%-40.39s%14" PRIu64 "%14" PRIu64 "  %.30s\n", pipeline->stages[i].name,
		        batch->stages[i].words_taken, batch->stages[i].words_made, state);
	}
	if (has_depths) {
		const char *before = "\nfifo_words that frees it: \"";
		for (uint32_t f = 0; f < pipeline->fifo_count; f++) {
			if (depths[f] <= pipeline->fifos[f].depth_words && !pipeline->fifos[f].is_named) continue;
			fprintf(out, "%s%s:%" PRIu32, before, pipeline->fifos[f].name, depths[f]);
			before = " ";
		}
		fputs("\"\n", out);
	}
	free(depths);
}

/* ---- depths */

/* The list of FIFOs deeper than `base_words`; returns its length. */
static size_t print_list(const struct pipeline *pipeline, uint32_t base_words, FILE *out) {
	size_t length = 0;
	for (uint32_t f = 0; f < pipeline->fifo_count; f++) {
		const struct fifo *fifo = &pipeline->fifos[f];
		char entry[STAGE_NAME_BYTES + 16];
		if (fifo->depth_words <= base_words) continue;
		int written =
		    snprintf(entry, sizeof entry, "%s%s:%" PRIu32, length ? " " : "", fifo->name, fifo->depth_words);
		length += written > 0 ? (size_t)written : 0;
		if (out) fputs(entry, out);
	}
	return length;
}

/* A configuration's text is of limited length; where the list is longer, all FIFOs get the smallest depth with which it
 * fits. */
static void print_depths_line(const struct pipeline *pipeline, FILE *out) {
	uint32_t base_words = 2;
	while (print_list(pipeline, base_words, NULL) >= CONFIG_TEXT_BYTES) base_words *= 2;
	fprintf(out, "\n[streaming]\nfifo_depth_words = %" PRIu32 "%s\nfifo_words = ", base_words,
	        base_words > 2 ? " ; deeper than needed: with 2 the next line would be too long" : "");
	fputc('"', out);
	/* something is named, so that it is not read as auto */
	if (!print_list(pipeline, base_words, out)) fprintf(out, "%s:%" PRIu32, pipeline->fifos[0].name, base_words);
	fputs("\"\n", out);
}

static void print_sizes(const struct pipeline *before, const struct pipeline *after, const struct stream_sizing *sizing,
                        FILE *out) {
	uint64_t luts[2] = {0, 0}, bram18s[2] = {0, 0};
	fprintf(out, "%-52s%12s%12s%12s%12s\n", "FIFO", "bits wide", "depth", "smallest", "bits saved");
	for (uint32_t f = 0; f < before->fifo_count; f++) {
		struct memory_blocks blocks;
		const struct fifo *fifo = &before->fifos[f];
		uint32_t depths[2] = {sizing->fifos[f].before_words, sizing->fifos[f].after_words};
		for (int k = 0; k < 2; k++) {
			streaming_fifo_memory(before->memories, fifo->width_bits, depths[k], &blocks);
			luts[k] += blocks.memory_luts + blocks.mux_luts;
			bram18s[k] += blocks.bram18s;
		}
		if (depths[0] == depths[1]) continue;
		fprintf(out, "%-52.51s%12" PRIu32 "%12" PRIu32 "%12" PRIu32 "%12" PRIu64 "\n", fifo->name,
		        fifo->width_bits, depths[0], depths[1], sizing->fifos[f].bits_saved);
	}
	fprintf(out, "(the others stay as they are)\n");
	fprintf(out, "\n%-28s%16s%16s\n", "", "before", "smallest");
	fprintf(out, "%-28s%16" PRIu64 "%16" PRIu64 "\n", "bits in FIFOs", sizing->bits_before, sizing->bits_after);
	fprintf(out, "%-28s%16.1f%16.1f\n", "BRAM36", (double)bram18s[0] / 2, (double)bram18s[1] / 2);
	fprintf(out, "%-28s%16" PRIu64 "%16" PRIu64 "\n", "LUTs of their memory", luts[0], luts[1]);
	fprintf(out, "%-28s%16.1f%16.1f%s\n", "cycles a frame", sizing->period_before_cycles,
	        sizing->period_after_cycles, sizing->was_stuck ? "  (it was stuck: before means freed)" : "");
	fprintf(out, "%-28s%16" PRIu64 "%16" PRIu64 "\n", "cycles of a single frame", sizing->latency_before_cycles,
	        sizing->latency_after_cycles);
	print_depths_line(after, out);
}

/* A pipeline whose depths may change, with the stages of another. */
static enum status copy_fifos(const struct pipeline *from, struct pipeline *copy, struct error *error) {
	*copy = *from;
	copy->fifos = calloc(from->fifo_count, sizeof *copy->fifos);
	if (!copy->fifos) return error_set(error, STATUS_MEMORY, "out of memory for the FIFOs");
	memcpy(copy->fifos, from->fifos, from->fifo_count * sizeof *copy->fifos);
	return STATUS_OK;
}

enum status nbsim_print_sizes(const struct simulation *simulation, const struct arguments *arguments,
                              const volatile sig_atomic_t *stop, FILE *out, struct error *error) {
	enum { FRAMES = 32 };
	struct progress progress;
	struct stream_sizing sizing = {
	    .is_fastest = arguments->fastest ? 1 : 0, .stop = stop, .context = &progress, .progress = progress_step};
	struct pipeline copy;
	progress_begin(&progress, "FIFOs", !arguments->quiet);
	enum status status = copy_fifos(&simulation->streaming.pipeline, &copy, error);
	if (!status) status = stream_size_fifos(&copy, FRAMES, &sizing, error);
	progress_end(&progress);
	if (!status) print_sizes(&simulation->streaming.pipeline, &copy, &sizing, out);
	stream_sizing_clear(&sizing);
	free(copy.fifos);
	return status;
}
