/* See session.h. The parent alone walks the space, asks the database what is there, and writes; workers compute. Rows
 * of points do not depend on the number of workers, on shards or on what was shared, so neither does the database, but
 * for sweep_host. */
#include "explore/session.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "explore/accuracy.h"
#include "explore/evaluate.h"
#include "explore/inputs.h"
#include "explore/keep.h"
#include "explore/pool.h"
#include "explore/walk.h"

enum { CHUNK_POINTS = 32, SHARD_POSITIONS = 64, SETTING_BYTES = 4096 };
enum { FLUSH_POINTS = 1000 };
enum { SHARE_BYTES = 64 << 20, SHARE_BYTES_MAX = 24 << 20 }; /* of all workers, of one */

struct session {
	const struct sweep *sweep;
	struct sweep_store *store;
	const struct session_options *options;
	struct session_counts *counts;
	struct sweep_head head;
	int has_rows;             /* the database held rows when it was opened */
	struct evaluator *keeper; /* of --keep layers, made with the first point */
	/* What is under way: a list, or the walk (list NULL). */
	const uint64_t *list;
	uint64_t position, end, given;
	uint32_t image_count;
	char images_hash[SWEEP_HASH_BYTES];
	uint64_t done;
	double begun_s, shown_s, flushed_s;
	struct point_row gathered[FLUSH_POINTS]; /* rows since the last flush */
	size_t gathered_count;
	int is_shown;
	const char *what;
	enum status walk_status; /* of the database, met in `next` */
	struct error walk_error;
};

static double now_s(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Of this process and of the workers that have ended. */
static double processor_s(void) {
	struct rusage self, children;
	getrusage(RUSAGE_SELF, &self);
	getrusage(RUSAGE_CHILDREN, &children);
	return (double)(self.ru_utime.tv_sec + self.ru_stime.tv_sec + children.ru_utime.tv_sec +
	                children.ru_stime.tv_sec) +
	       1e-6 * (double)(self.ru_utime.tv_usec + self.ru_stime.tv_usec + children.ru_utime.tv_usec +
	                       children.ru_stime.tv_usec);
}

static double own_processor_s(void) {
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* --- progress ----------------------------------------------------------------------------------------------------- */

static void show_progress(struct session *session, double now) {
	double spent_s = now - session->begun_s;
	uint64_t past = session->position, end = session->end ? session->end : 1;
	if (session->options->quiet || !isatty(STDERR_FILENO) || now - session->shown_s < 0.25 || spent_s < 0.5) return;
	double rate = (double)session->done / spent_s;
	double left_s = past ? spent_s / (double)past * (double)(end - past) : 0;
	fprintf(stderr, "\r%s: %s %llu of %llu (%.0f %%), %.4g a second, %.0f s left \033[K", session->sweep->name,
	        session->what, (unsigned long long)past, (unsigned long long)end, 100.0 * (double)past / (double)end,
	        rate, left_s);
	session->shown_s = now;
	session->is_shown = 1;
}

static void begin_progress(struct session *session, const char *what, uint64_t end) {
	session->what = what;
	session->position = session->done = session->given = 0;
	session->end = end;
	session->begun_s = session->flushed_s = now_s();
	session->shown_s = 0;
}

static void end_progress(struct session *session) {
	if (session->is_shown) fprintf(stderr, "\r\033[K");
	session->is_shown = 0;
}

/* --- points ------------------------------------------------------------------------------------------------------- */

static void *begin_points(void *context) {
	const struct session *session = context;
	size_t share_bytes = SHARE_BYTES / session->options->workers;
	if (share_bytes > SHARE_BYTES_MAX) share_bytes = SHARE_BYTES_MAX;
	return evaluator_create(session->sweep, session->options->share ? share_bytes : 0);
}

static void work_point(void *state, uint64_t item, void *row) {
	evaluator_point(state, item, row);
}

static void count_points(void *state, uint64_t counts[POOL_COUNTS]) {
	const struct evaluator_counts *made = evaluator_count(state);
	counts[0] = made->points - made->shared_inputs - made->shared_maps;
	counts[1] = made->points - made->shared_inputs - made->shared_programs;
	counts[2] = made->compiled;
}

/* Whether the point is to be computed: kept by the constraints and not stored yet. */
static int is_wanted(struct session *session, uint64_t point) {
	struct config config;
	struct error ignored;
	int has = 0;
	if (sweep_is_constrained(session->sweep) && !sweep_configure(session->sweep, point, &config, &ignored) &&
	    !sweep_admits(session->sweep, &config)) {
		session->counts->excluded++;
		return 0;
	}
	if (!session->has_rows) return 1;
	session->walk_status = (session->options->keep_layers ? sweep_store_has_run : sweep_store_has)(
	    session->store, session->sweep->name, point, &has, &session->walk_error);
	if (has) session->counts->found++;
	return !has && !session->walk_status;
}

/* In the given list every position counts; in the walk those of the shard. */
static int is_in_part(const struct session *session, uint64_t position) {
	return session->list || session->options->parts < 2 ||
	       position / SHARD_POSITIONS % session->options->parts == session->options->part - 1;
}

static size_t next_points(void *context, uint64_t *items, size_t most) {
	struct session *session = context;
	size_t count = 0;
	uint64_t limit = session->options->limit;
	for (; count < most && session->position < session->end && !session->walk_status; session->position++) {
		if (limit && session->given + count >= limit) break;
		if (!is_in_part(session, session->position)) continue;
		uint64_t point =
		    session->list ? session->list[session->position] : walk_point(session->sweep, session->position);
		if (is_wanted(session, point)) items[count++] = point;
		if (*session->options->stop) break;
	}
	session->given += count;
	return count;
}

/* Every layer and counter of a point; run: the id, empty where it has none. */
static enum status keep_point(struct session *session, const struct point_row *row, char run[RUN_ID_BYTES],
                              struct error *error) {
	run[0] = 0;
	if (!session->options->keep_layers || row->status != POINT_OK) return STATUS_OK;
	if (!session->keeper && !(session->keeper = evaluator_create(session->sweep, 0)))
		return error_set(error, STATUS_MEMORY, "out of memory");
	return keep_run(session->keeper, session->sweep, session->store, row, run, error);
}

static enum status store_row(struct session *session, const struct point_row *row, struct error *error) {
	struct config config;
	struct error ignored;
	char setting[SETTING_BYTES], run[RUN_ID_BYTES];
	if (session->sweep->tie_count) sweep_configure(session->sweep, row->point, &config, &ignored);
	sweep_setting_json(session->sweep, row->point, &config, setting, sizeof setting);
	enum status status = keep_point(session, row, run, error);
	return status ? status
	              : sweep_store_add_with_run(session->store, session->sweep->name, row, setting, run, error);
}

static enum status flush(struct session *session, struct error *error) {
	double begun_s = own_processor_s();
	enum status status = STATUS_OK;
	for (size_t i = 0; !status && i < session->gathered_count; i++)
		status = store_row(session, &session->gathered[i], error);
	if (!status) status = sweep_store_flush(session->store, error);
	session->flushed_s = now_s();
	session->gathered_count = 0;
	session->counts->store_s += own_processor_s() - begun_s;
	return status;
}

static enum status store_point(void *context, uint64_t item, const void *row, struct error *error) {
	struct session *session = context;
	(void)item;
	session->counts->points++;
	session->done++;
	session->gathered[session->gathered_count++] = *(const struct point_row *)row;
	return session->gathered_count == FLUSH_POINTS ? flush(session, error) : STATUS_OK;
}

static void point_died(void *context, uint64_t item, int signal_number, void *memory) {
	struct point_row *row = memory;
	(void)context;
	row->point = item;
	row->status = POINT_DIED;
	if (signal_number)
		snprintf(row->reason, sizeof row->reason,
		         "the process that computed it was killed twice, at last by signal %d", signal_number);
	else
		snprintf(row->reason, sizeof row->reason, "the process that computed it ended twice without a result");
}

static enum status tick(void *context, struct error *error) {
	struct session *session = context;
	double now = now_s();
	show_progress(session, now);
	if (session->walk_status) {
		if (error) *error = session->walk_error;
		return session->walk_status;
	}
	return now - session->flushed_s > 0.1 ? flush(session, error) : STATUS_OK;
}

/* A point of a streaming machine takes as long as thousands of the others: one at a time, so that no worker is left
 * with all of them, and a death costs one. */
static uint32_t chunk_points(const struct sweep *sweep) {
	const int axis = sweep_axis_index(sweep, "machine.organisation");
	if (axis < 0) return sweep->base.organisation == ORGANISATION_STREAMING ? 1 : CHUNK_POINTS;
	for (uint32_t v = 0; v < sweep->axes[axis].count; v++)
		if (sweep->axes[axis].values[v].stored == ORGANISATION_STREAMING) return 1;
	return CHUNK_POINTS;
}

static enum status run_points(struct session *session, struct error *error) {
	uint64_t counts[POOL_COUNTS];
	struct pool_job job = {.row_bytes = sizeof(struct point_row),
	                       .chunk_items = chunk_points(session->sweep),
	                       .workers = session->options->workers,
	                       .context = session,
	                       .begin = begin_points,
	                       .work = work_point,
	                       .count = count_points,
	                       .next = next_points,
	                       .result = store_point,
	                       .died = point_died,
	                       .tick = tick,
	                       .stop = session->options->stop};
	double begun_s = processor_s();
	enum status status = pool_run(&job, counts, error);
	session->counts->points_s += processor_s() - begun_s;
	session->counts->mapped += counts[0];
	session->counts->simulated += counts[1];
	session->counts->compiled += counts[2];
	end_progress(session);
	session->has_rows = 1;
	if (!status && session->walk_status) {
		if (error) *error = session->walk_error;
		status = session->walk_status;
	}
	if (status && status != STATUS_INTERRUPTED) return status;
	struct error why = {""};
	enum status flushed = flush(session, &why);
	if (flushed && error) *error = why;
	return flushed ? flushed : status;
}

enum status session_points(struct session *session, const uint64_t *points, uint64_t count, struct error *error) {
	begin_progress(session, "point", count);
	session->list = points;
	return run_points(session, error);
}

enum status session_walk(struct session *session, struct error *error) {
	begin_progress(session, "point", walk_count(session->sweep));
	session->list = NULL;
	return run_points(session, error);
}

/* --- accuracy ----------------------------------------------------------------------------------------------------- */

struct accuracy_row {
	struct sweep_accuracy accuracy;
	enum status status;
	struct error error;
};

static void *begin_measure(void *context) {
	return context;
}

static void work_measure(void *state, uint64_t item, void *memory) {
	const struct session *session = state;
	struct accuracy_row *row = memory;
	struct config config;
	row->status = sweep_configure(session->sweep, item, &config, &row->error);
	if (!row->status)
		row->status = accuracy_measure(&config, session->sweep->images, session->image_count, &row->accuracy,
		                               &row->error);
}

static size_t next_measure(void *context, uint64_t *items, size_t most) {
	struct session *session = context;
	if (!most || session->position == session->end) return 0;
	items[0] = session->list[session->position++];
	return 1;
}

static enum status store_measure(void *context, uint64_t item, const void *memory, struct error *error) {
	struct session *session = context;
	const struct accuracy_row *row = memory;
	(void)item;
	session->done++;
	if (row->status) return error_set(error, row->status, "%s", row->error.text);
	session->counts->measured++;
	return sweep_store_put_accuracy(session->store, &row->accuracy, session->images_hash, session->sweep->images,
	                                error);
}

static void measure_died(void *context, uint64_t item, int signal_number, void *memory) {
	struct accuracy_row *row = memory;
	(void)context;
	row->status = STATUS_FAILED;
	error_set(&row->error, STATUS_FAILED, "accuracy of point %llu: its process died twice (signal %d)",
	          (unsigned long long)item, signal_number);
}

static enum status tick_measure(void *context, struct error *error) {
	(void)error;
	show_progress(context, now_s());
	return STATUS_OK;
}

static enum status run_measure(struct session *session, const uint64_t *points, uint64_t count, struct error *error) {
	double begun_s = now_s();
	uint64_t counts[POOL_COUNTS];
	struct pool_job job = {.row_bytes = sizeof(struct accuracy_row),
	                       .chunk_items = 1,
	                       .workers = session->options->workers,
	                       .context = session,
	                       .begin = begin_measure,
	                       .work = work_measure,
	                       .next = next_measure,
	                       .result = store_measure,
	                       .died = measure_died,
	                       .tick = tick_measure,
	                       .stop = session->options->stop};
	if (!count) return STATUS_OK;
	begin_progress(session, "accuracy of network", count);
	session->list = points;
	enum status status = pool_run(&job, counts, error);
	end_progress(session);
	session->counts->measure_s += now_s() - begun_s;
	return status;
}

enum status session_measure_points(struct session *session, const uint64_t *points, uint64_t count,
                                   uint32_t image_count, struct error *error) {
	if (!session->sweep->images[0])
		return error_set(error, STATUS_INPUT, "sweep %s names no images; expected [accuracy] in its file",
		                 session->sweep->name);
	session->image_count = image_count;
	enum status status = accuracy_images_hash(session->sweep->images, image_count, session->images_hash, error);
	return status ? status : run_measure(session, points, count, error);
}

enum status session_measure(struct session *session, struct error *error) {
	uint64_t *points;
	size_t count;
	if (!session->options->measure || !session->head.images_hash[0]) return STATUS_OK;
	enum status status = sweep_store_unmeasured(session->store, session->sweep->name, session->head.images_hash,
	                                            &points, &count, error);
	session->image_count = session->sweep->image_count;
	memcpy(session->images_hash, session->head.images_hash, sizeof session->images_hash);
	if (!status) status = run_measure(session, points, count, error);
	free(points);
	return status;
}

/* --- sessions ----------------------------------------------------------------------------------------------------- */

static void add_hash(uint64_t *hash, const char *text) {
	for (; *text; text++) *hash = (*hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
}

static enum status fill_head(struct session *session, struct error *error) {
	const struct sweep *sweep = session->sweep;
	uint64_t hash;
	enum status status = inputs_fingerprint(sweep, &hash, error);
	if (status) return status;
	char *definition = sweep_text(sweep);
	if (!definition) return error_set(error, STATUS_MEMORY, "%s: out of memory", sweep->place);
	add_hash(&hash, definition);
	add_hash(&hash, NBSIM_VERSION);
	free(definition);
	snprintf(session->head.fingerprint, sizeof session->head.fingerprint, "%016llx", (unsigned long long)hash);
	snprintf(session->head.program_version, sizeof session->head.program_version, "%s", NBSIM_VERSION);
	if (sweep->images[0])
		status = accuracy_images_hash(sweep->images, sweep->image_count, session->head.images_hash, error);
	return status;
}

enum status session_attach(struct session **out, const struct sweep *sweep, struct sweep_store *store,
                           const struct session_options *options, struct session_counts *counts, struct error *error) {
	*out = calloc(1, sizeof **out);
	if (!*out) return error_set(error, STATUS_MEMORY, "out of memory");
	(*out)->sweep = sweep;
	(*out)->store = store;
	(*out)->options = options;
	(*out)->counts = counts;
	(*out)->has_rows = 1;
	return STATUS_OK;
}

enum status session_open(struct session **out, const struct sweep *sweep, struct sweep_store *store,
                         const struct session_options *options, struct session_counts *counts, struct error *error) {
	uint64_t rows = 0;
	enum status status = session_attach(out, sweep, store, options, counts, error);
	if (status) return status;
	struct session *session = *out;
	*out = NULL;
	status = options->keep_layers ? keep_check(sweep, error) : STATUS_OK;
	if (!status) status = fill_head(session, error);
	if (!status) status = sweep_store_begin(store, sweep, &session->head, options->replace, error);
	if (!status && options->retry) status = sweep_store_forget_dead(store, sweep->name, error);
	if (!status) status = sweep_store_count(store, sweep->name, &rows, error);
	session->has_rows = rows > 0;
	if (status) {
		session_close(session);
		return status;
	}
	*out = session;
	return STATUS_OK;
}

void session_close(struct session *session) {
	if (session) evaluator_free(session->keeper);
	free(session);
}

enum status session_run(const struct sweep *sweep, struct sweep_store *store, const struct session_options *options,
                        struct session_counts *counts, struct error *error) {
	struct session *session;
	double begun_s = now_s();
	memset(counts, 0, sizeof *counts);
	enum status status = session_open(&session, sweep, store, options, counts, error);
	if (status) return status;
	status = session_walk(session, error);
	if (!status) status = session_measure(session, error);
	counts->wall_s = now_s() - begun_s;
	if (!status)
		status = sweep_store_put_host(store, sweep->name, options->workers, counts->wall_s, counts->points,
		                              counts->mapped, counts->simulated, error);
	session_close(session);
	return status;
}
