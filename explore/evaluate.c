/* See evaluate.h. The order of failures is that of nbsim: what the configuration names (inputs.h), mapping, run. */
#include "explore/evaluate.h"

#include <stdlib.h>
#include <string.h>

#include "explore/inputs.h"
#include "explore/point_figures.h"
#include "explore/share.h"
#include "explore/share_stream.h"

struct evaluator {
	const struct sweep *sweep;
	size_t share_bytes;
	struct inputs *inputs;
	struct share *share;
	struct share_stream *share_stream; /* made with the first streaming point */
	struct evaluator_counts counts;
};

struct evaluator *evaluator_create(const struct sweep *sweep, size_t share_bytes) {
	struct evaluator *evaluator = calloc(1, sizeof *evaluator);
	if (!evaluator) return NULL;
	evaluator->sweep = sweep;
	evaluator->share_bytes = share_bytes;
	evaluator->inputs = inputs_create(sweep);
	if (share_bytes) evaluator->share = share_create(share_bytes);
	if (evaluator->inputs && (!share_bytes || evaluator->share)) return evaluator;
	evaluator_free(evaluator);
	return NULL;
}

void evaluator_free(struct evaluator *evaluator) {
	if (!evaluator) return;
	inputs_free(evaluator->inputs);
	share_free(evaluator->share);
	share_stream_free(evaluator->share_stream);
	free(evaluator);
}

const struct evaluator_counts *evaluator_count(const struct evaluator *evaluator) {
	return &evaluator->counts;
}

static enum point_status point_status_of(enum status status) {
	switch (status) {
	case STATUS_OK: return POINT_OK;
	case STATUS_UNMAPPABLE: return POINT_UNMAPPABLE;
	case STATUS_STUCK: return POINT_STUCK;
	case STATUS_INPUT:
	case STATUS_USAGE:
	case STATUS_IO: return POINT_INVALID;
	default: return POINT_FAILED;
	}
}

static void fail(struct point_row *row, enum status status, const char *reason) {
	row->status = point_status_of(status);
	snprintf(row->reason, sizeof row->reason, "%.*s", (int)sizeof row->reason - 1, reason);
}

/* The program of a machine: a kept one, or mapped now. *program is the evaluator's or simulation->program. */
static enum status find_program(struct evaluator *evaluator, struct simulation *simulation, const struct config *config,
                                uint64_t network, const struct program **program, struct error *error) {
	struct share *share = evaluator->share;
	*program = share ? share_find_map(share, config, network) : NULL;
	if (*program) {
		evaluator->counts.shared_maps++;
		return STATUS_OK;
	}
	enum status status =
	    mapper_map(simulation->trace, config, NULL, &simulation->program, &simulation->mapping, error);
	if (!status && share) *program = share_keep_map(share, config, network, &simulation->program);
	if (!*program) *program = &simulation->program;
	return status;
}

/* Takes what came out of a run into the simulation, and keeps what may be kept of it. */
static enum status take_result(struct share *share, struct simulation *simulation, uint64_t network,
                               const struct program *program, struct share_result *made, struct error *error) {
	if (made->status)
		snprintf(made->reason, sizeof made->reason, "%.*s", (int)sizeof made->reason - 1, error->text);
	int is_kept = share && (!made->status || made->status == STATUS_UNMAPPABLE || made->status == STATUS_STUCK);
	if (is_kept) share_keep_inputs(share, &simulation->config, network, made);
	if (is_kept && made->status != STATUS_UNMAPPABLE) share_keep_program(share, &simulation->config, program, made);
	simulation->result = made->machine;
	return made->status;
}

/* Time-shared: maps and runs, or finds it done. On STATUS_OK simulation->result has one layer and, where *is_shared,
 * belongs to the share. Of simulation->program only binary_macs is to be used. */
static enum status simulate_program(struct evaluator *evaluator, struct simulation *simulation,
                                    const struct config *config, uint64_t network, int *is_shared,
                                    struct error *error) {
	struct share *share = evaluator->share;
	const struct share_result *found = NULL;
	const struct program *program = NULL;
	struct share_result made = {STATUS_OK, "", {0}, 0};
	*is_shared = 1;
	simulation->config = *config;
	mapper_resolve_widths(&simulation->config, simulation->trace);
	if (share) found = share_find_inputs(share, &simulation->config, network);
	if (found) {
		evaluator->counts.shared_inputs++;
	} else {
		made.status = find_program(evaluator, simulation, &simulation->config, network, &program, error);
		if (!made.status && share) found = share_find_program(share, &simulation->config, program);
		if (found) evaluator->counts.shared_programs++;
	}
	if (!found) {
		*is_shared = 0;
		made.binary_macs = program->binary_macs;
		if (!made.status) made.status = native_run(&simulation->config, program, NULL, &made.machine, error);
		if (!made.status) share_sum_layers(&made.machine);
		simulation->program.binary_macs = made.binary_macs;
		return take_result(share, simulation, network, program, &made, error);
	}
	simulation->result = found->machine;
	simulation->program.binary_macs = found->binary_macs;
	if (found->status) return error_set(error, found->status, "%s", found->reason);
	return STATUS_OK;
}

/* A result that is the share's, without the estimates, which the caller makes. */
static enum status take_shared(struct simulation *simulation, const struct stream_share_result *found, int *is_shared,
                               struct error *error) {
	streaming_clear(&simulation->streaming);
	simulation->streaming = found->streaming;
	*is_shared = 1;
	return found->status ? error_set(error, found->status, "%s", found->reason) : STATUS_OK;
}

static enum status run_pipeline(struct evaluator *evaluator, struct simulation *simulation, uint64_t network,
                                int *is_shared, struct error *error) {
	struct share_stream *share = evaluator->share_stream;
	struct stream_share_result made = {.status = streaming_create(simulation, error)};
	if (!made.status && share) {
		const struct stream_share_result *found =
		    share_stream_find_pipeline(share, simulation->config.frames, &simulation->streaming.pipeline);
		if (found) {
			evaluator->counts.shared_programs++;
			share_stream_link(share, &simulation->config, network, found);
			return take_shared(simulation, found, is_shared, error);
		}
	}
	if (!made.status) made.status = streaming_time(simulation, stream_run, NULL, error);
	if (made.status) snprintf(made.reason, sizeof made.reason, "%.*s", (int)sizeof made.reason - 1, error->text);
	int is_kept = !made.status || made.status == STATUS_STUCK || made.status == STATUS_UNMAPPABLE ||
	              made.status == STATUS_INPUT;
	made.streaming = simulation->streaming;
	if (share && is_kept) *is_shared = share_stream_keep(share, &simulation->config, network, &made);
	return made.status;
}

/* Streaming: the same; where *is_shared all of simulation->streaming but the estimates belongs to the share. */
static enum status simulate_pipeline(struct evaluator *evaluator, struct simulation *simulation,
                                     const struct config *config, uint64_t network, int *is_shared,
                                     struct error *error) {
	const struct stream_share_result *found = NULL;
	*is_shared = 0;
	simulation->config = *config;
	if (evaluator->share_bytes && !evaluator->share_stream)
		evaluator->share_stream = share_stream_create(evaluator->share_bytes / 4);
	if (evaluator->share_stream) found = share_stream_find_inputs(evaluator->share_stream, config, network);
	if (!found) return run_pipeline(evaluator, simulation, network, is_shared, error);
	evaluator->counts.shared_inputs++;
	return take_shared(simulation, found, is_shared, error);
}

/* Leaves what is the share's to it. */
static void forget_shared(struct simulation *simulation) {
	const struct simulation_streaming estimates = {.resources = simulation->streaming.resources,
	                                               .energy = simulation->streaming.energy};
	memset(&simulation->result, 0, sizeof simulation->result);
	simulation->streaming = estimates;
}

static enum status find_inputs(struct evaluator *evaluator, uint64_t point, const struct config *config,
                               struct simulation *simulation, struct inputs_network *network, struct error *error) {
	memset(simulation, 0, sizeof *simulation);
	enum status status = inputs_find(evaluator->inputs, point, config, simulation, network, error);
	evaluator->counts.compiled = inputs_compiled(evaluator->inputs);
	return status;
}

static enum status evaluate(struct evaluator *evaluator, uint64_t point, const struct config *config,
                            struct point_row *row, struct error *error) {
	struct simulation simulation;
	struct inputs_network network;
	int is_shared;
	enum status status = find_inputs(evaluator, point, config, &simulation, &network, error);
	row->has_network = network.number != 0;
	row->network = network.hash;
	if (status) return status;
	status = (config->organisation == ORGANISATION_STREAMING ? simulate_pipeline : simulate_program)(
	    evaluator, &simulation, config, network.number, &is_shared, error);
	if (!status) status = simulation_estimate(&simulation, error);
	if (!status) point_figures(&simulation, row);
	if (is_shared) forget_shared(&simulation);
	simulation_clear(&simulation);
	return status;
}

enum status evaluator_inputs(struct evaluator *evaluator, uint64_t point, const struct config *config,
                             struct simulation *simulation, struct error *error) {
	struct inputs_network network;
	return find_inputs(evaluator, point, config, simulation, &network, error);
}

enum status evaluator_simulate(struct evaluator *evaluator, uint64_t point, const struct config *config,
                               struct simulation *simulation, struct error *error) {
	struct simulation inputs;
	memset(simulation, 0, sizeof *simulation);
	enum status status = evaluator_inputs(evaluator, point, config, &inputs, error);
	if (!status)
		status =
		    simulation_create(simulation, config, inputs.trace, inputs.device, inputs.technology, NULL, error);
	if (!status) status = simulation_time(simulation, native_run, NULL, error);
	if (!status) status = simulation_bandwidth(simulation, error);
	if (!status) status = simulation_estimate(simulation, error);
	if (status) simulation_clear(simulation);
	return status;
}

void evaluator_config(struct evaluator *evaluator, uint64_t point, const struct config *config, struct point_row *row) {
	struct error error = {""};
	memset(row, 0, sizeof *row);
	row->point = point;
	evaluator->counts.points++;
	enum status status = evaluate(evaluator, point, config, row, &error);
	if (status) fail(row, status, error.text);
}

void evaluator_point(struct evaluator *evaluator, uint64_t point, struct point_row *row) {
	struct config config;
	struct error error = {""};
	enum status status = sweep_configure(evaluator->sweep, point, &config, &error);
	if (!status) {
		evaluator_config(evaluator, point, &config, row);
		return;
	}
	memset(row, 0, sizeof *row);
	row->point = point;
	evaluator->counts.points++;
	fail(row, status, error.text);
}
