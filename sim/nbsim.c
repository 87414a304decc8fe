/* nbsim: one run of one network on one machine. See --help; the work is done by sim/run, sim/systemc and sim/store. */
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sim/base/output_file.h"
#include "sim/base/shipped.h"
#include "sim/nbsim_options.h"
#include "sim/nbsim_streaming.h"
#include "sim/run/progress.h"
#include "sim/run/simulation.h"
#include "sim/run/timeline.h"
#include "sim/run/vcd.h"
#include "sim/store/database.h"
#include "sim/systemc/systemc_run.h"
#include "workloads/workload.h"

static volatile sig_atomic_t stop_requested;

static void request_stop(int signal_number) {
	(void)signal_number;
	stop_requested = 1;
}

/* Everything one run needs, released together. */
struct session {
	struct config config;
	struct trace trace;
	struct device device;
	struct technology technology;
	struct mapping wish;
	struct simulation simulation;
	struct rows rows;
	struct image_set *images;
	char workload[PATH_MAX];
	char config_path[PATH_MAX];
	int has_wish, has_simulation;
};

static void session_clear(struct session *session) {
	if (session->has_simulation) simulation_clear(&session->simulation);
	if (session->has_wish) mapping_clear(&session->wish);
	image_set_close(session->images);
	rows_clear(&session->rows);
	trace_clear(&session->trace);
}

static enum status load_workload(struct session *session, const char *name, struct error *error) {
	snprintf(session->workload, sizeof session->workload, "%s", name);
	return workload_load(name, &session->config, &session->trace, error);
}

static enum status load_named(const char *folder, const char *name, char *path, size_t bytes, struct error *error) {
	char file[CONFIG_TEXT_BYTES + 8];
	snprintf(file, sizeof file, "%s.ini", name);
	return shipped_find_in(folder, file, path, bytes, error);
}

static enum status load_machine(struct session *session, const struct arguments *arguments, struct error *error) {
	char path[PATH_MAX];
	enum status status = shipped_find("configs", arguments->config ? arguments->config : "u250.ini",
	                                  session->config_path, sizeof session->config_path, error);
	if (!status) status = config_read(&session->config, session->config_path, error);
	for (size_t i = 0; !status && i < arguments->set.count; i++)
		status = config_set(&session->config, arguments->set.items[i], error);
	if (!status && arguments->kernel != KERNEL_FROM_CONFIG) session->config.kernel = arguments->kernel;
	if (!status) status = config_check(&session->config, session->config_path, error);
	if (!status) status = load_named("configs/devices", session->config.device, path, sizeof path, error);
	if (!status) status = device_read(&session->device, path, error);
	if (!status) status = load_named("configs/tech", session->config.technology, path, sizeof path, error);
	if (!status) status = technology_read(&session->technology, path, error);
	return status;
}

static enum status write_commands(const struct session *session, const char *path, struct error *error) {
	FILE *out = output_open(path, error);
	if (!out) return STATUS_IO;
	if (simulation_is_streaming(&session->simulation))
		pipeline_print_stages(&session->simulation.streaming.pipeline, out);
	else
		program_print(&session->simulation.program, out);
	return output_close(out, path, error);
}

static enum status write_scores(const struct session *session, const char *path, struct error *error) {
	const struct simulation_values *values = &session->simulation.values;
	FILE *out = output_open(path, error);
	if (!out) return STATUS_IO;
	for (size_t i = 0; i < (size_t)values->images * session->trace.classes; i++) {
		uint32_t value = (uint32_t)values->scores[i];
		uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
		                    (uint8_t)(value >> 24)};
		fwrite(bytes, 1, sizeof bytes, out);
	}
	return output_close(out, path, error);
}

/* Observers of one run, fanned out. */
struct observers {
	struct timeline *timeline;
	struct vcd *vcd;
};

static void observe(void *context, const struct machine_event *event) {
	struct observers *observers = context;
	if (observers->timeline) timeline_event(observers->timeline, event);
	if (observers->vcd) vcd_event(observers->vcd, event);
}

static enum status run_program(struct session *session, const struct arguments *arguments, struct error *error) {
	struct simulation *simulation = &session->simulation;
	struct observers observers = {0};
	enum status status = STATUS_OK;
	if (arguments->timeline)
		status = timeline_open(&observers.timeline, arguments->timeline, &simulation->config,
		                       &simulation->program, error);
	if (!status && arguments->vcd)
		status = vcd_open(&observers.vcd, arguments->vcd, &simulation->config, &simulation->program, error);
	struct native_options native = {.context = &observers,
	                                .event = observers.timeline || observers.vcd ? observe : NULL,
	                                .stop = &stop_requested};
	if (!status)
		status = simulation_time(
		    simulation, session->config.kernel == KERNEL_SYSTEMC ? systemc_kernel : native_run, &native, error);
	struct error closing;
	uint64_t end_cycle = status ? 0 : simulation->result.total_cycles;
	enum status closed = timeline_close(observers.timeline, end_cycle, status ? &closing : error);
	if (!status) status = closed;
	closed = vcd_close(observers.vcd, end_cycle, status ? &closing : error);
	return status ? status : closed;
}

static enum status run_machine(struct session *session, const struct arguments *arguments, struct error *error) {
	struct simulation *simulation = &session->simulation;
	enum status status = simulation_is_streaming(simulation)
	                         ? nbsim_run_streaming(simulation, arguments, &stop_requested, error)
	                         : run_program(session, arguments, error);
	if (!status) status = simulation_bandwidth(simulation, error);
	if (!status) status = simulation_estimate(simulation, error);
	return status;
}

static enum status run_images(struct session *session, const struct arguments *arguments, struct error *error) {
	struct progress progress;
	uint32_t limit = (uint32_t)arguments->count;
	enum status status = image_set_open(&session->images, arguments->images, limit, error);
	if (!status) status = image_set_check(session->images, &session->trace, error);
	if (status) return status;
	progress_begin(&progress, "images", !arguments->quiet);
	status =
	    simulation_evaluate(&session->simulation, session->images, image_set_count(session->images),
	                        (uint32_t)(arguments->verify == VERIFY_NOT_GIVEN ? VERIFY_STANDARD : arguments->verify),
	                        progress_step, &progress, &stop_requested, error);
	progress_end(&progress);
	if (!status && arguments->scores) status = write_scores(session, arguments->scores, error);
	return status;
}

static void print_mapping(const struct session *session, FILE *out) {
	if (simulation_is_streaming(&session->simulation))
		pipeline_print(&session->simulation.streaming.pipeline, &session->trace, out);
	else
		mapping_print(&session->simulation.mapping, &session->trace, out);
}

/* The table of --show-mapping as text; the caller frees it. NULL when out of memory. */
static char *mapping_text(const struct session *session) {
	char *text = NULL;
	size_t bytes = 0;
	FILE *memory = open_memstream(&text, &bytes);
	if (!memory) return NULL;
	print_mapping(session, memory);
	return fclose(memory) ? NULL : text;
}

/* The kernel that ran. */
static const char *kernel_name(const struct session *session, const struct arguments *arguments) {
	int is_systemc = simulation_is_streaming(&session->simulation) ? nbsim_is_systemc(arguments)
	                                                               : session->config.kernel == KERNEL_SYSTEMC;
	return is_systemc ? "systemc" : "native";
}

static enum status store_run(struct session *session, const struct arguments *arguments, double wall_s,
                             char id[RUN_ID_BYTES], struct error *error) {
	struct database *database;
	const char *path = arguments->db ? arguments->db : "nbsim.db";
	char full[PATH_MAX], full_images[PATH_MAX];
	char *mapping = mapping_text(session);
	if (!mapping) return error_set(error, STATUS_MEMORY, "out of memory");
	const char *workload = realpath(session->workload, full) ? full : session->workload;
	const char *images =
	    arguments->images ? (realpath(arguments->images, full_images) ? full_images : arguments->images) : "";
	struct run_record run = {.program_version = NBSIM_VERSION,
	                         .config = &session->config,
	                         .network = session->trace.name,
	                         .workload = workload,
	                         .trace_checksum = session->trace.checksum,
	                         .images = images,
	                         .image_count = session->simulation.values.images,
	                         .kernel = kernel_name(session, arguments),
	                         .exactness = simulation_exactness(&session->simulation),
	                         .memory = "model",
	                         .rows = &session->rows,
	                         .mapping_text = mapping,
	                         .wall_s = wall_s};
	run_id(&run, run.id);
	memcpy(id, run.id, RUN_ID_BYTES);
	enum status status = database_open(&database, path, 1, error);
	if (!status) {
		status = database_write_run(database, &run, error);
		database_close(database);
	}
	free(mapping);
	return status;
}

static enum status print_result(struct session *session, const struct arguments *arguments, const char *id,
                                struct error *error) {
	if (arguments->format == FORMAT_CSV) rows_print_csv(&session->rows, stdout);
	if (arguments->format == FORMAT_JSON) rows_print_json(&session->rows, stdout);
	if (arguments->format == FORMAT_TABLE) {
		rows_print_table(&session->rows, arguments->layers, stdout);
		if (id[0])
			printf("\nstored as %s in %s (nbsim show %.6s)\n", id,
			       arguments->db ? arguments->db : "nbsim.db", id);
	}
	return output_close(stdout, "-", error);
}

static double seconds_now(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* A parameter that does not go with the network is told as "[section] key: ...": of which file. */
static void name_file(const char *path, struct error *error) {
	const struct error told = *error;
	if (told.text[0] == '[') error_set(error, STATUS_INPUT, "%s: %s", path, told.text);
}

static enum status run(struct session *session, const struct arguments *arguments, struct error *error) {
	double begun_s = seconds_now();
	char id[RUN_ID_BYTES] = "";
	enum status status = load_machine(session, arguments, error);
	if (!status) status = nbsim_check_organisation(arguments, &session->config, error);
	if (status) return status;
	if (arguments->describe) {
		config_describe(&session->config, stdout, arguments->format == FORMAT_JSON);
		return output_close(stdout, "-", error);
	}
	status = load_workload(session, arguments->workload ? arguments->workload : session->config.workload, error);
	if (!status && arguments->mapping) {
		status = mapping_read(&session->wish, &session->trace, arguments->mapping, error);
		session->has_wish = !status;
	}
	if (!status) {
		status = simulation_create(&session->simulation, &session->config, &session->trace, &session->device,
		                           &session->technology, session->has_wish ? &session->wish : NULL, error);
		session->has_simulation = !status;
		if (status == STATUS_INPUT) name_file(session->config_path, error);
	}
	if (!status && arguments->commands) status = write_commands(session, arguments->commands, error);
	if (!status && arguments->show_mapping) {
		print_mapping(session, stdout);
		return output_close(stdout, "-", error);
	}
	if (!status && arguments->size_fifos) {
		status = nbsim_print_sizes(&session->simulation, arguments, &stop_requested, stdout, error);
		return status ? status : output_close(stdout, "-", error);
	}
	if (!status) status = run_machine(session, arguments, error);
	if (status == STATUS_STUCK && simulation_is_streaming(&session->simulation) &&
	    arguments->format == FORMAT_TABLE)
		nbsim_print_stuck(&session->simulation, stdout);
	if (!status && arguments->images) status = run_images(session, arguments, error);
	if (status) return status;
	simulation_rows(&session->simulation, arguments->layers || !arguments->no_db, &session->rows);
	if (session->rows.failed) return error_set(error, STATUS_MEMORY, "out of memory for the result rows");
	if (!arguments->no_db) status = store_run(session, arguments, seconds_now() - begun_s, id, error);
	if (status) return status;
	if (!arguments->layers && !arguments->no_db) { /* what is printed does not depend on what is stored */
		rows_clear(&session->rows);
		simulation_rows(&session->simulation, 0, &session->rows);
	}
	return print_result(session, arguments, id, error);
}

/* What a stored run was made of, loaded again; its mapping must come out the same. */
static enum status load_again(struct session *session, const struct stored_run *stored,
                              const struct arguments *arguments, struct error *error) {
	char path[PATH_MAX];
	session->config = stored->config;
	if (arguments->kernel != KERNEL_FROM_CONFIG) session->config.kernel = arguments->kernel;
	enum status status = load_named("configs/devices", session->config.device, path, sizeof path, error);
	if (!status) status = device_read(&session->device, path, error);
	if (!status) status = load_named("configs/tech", session->config.technology, path, sizeof path, error);
	if (!status) status = technology_read(&session->technology, path, error);
	if (!status) status = load_workload(session, stored->workload, error);
	if (!status && session->trace.checksum != stored->trace_checksum)
		status = error_set(error, STATUS_INPUT, "%s: its checksum is %08x now, %08x was stored with run %s",
		                   stored->workload, session->trace.checksum, stored->trace_checksum, stored->id);
	if (!status && arguments->mapping) {
		status = mapping_read(&session->wish, &session->trace, arguments->mapping, error);
		session->has_wish = !status;
	}
	if (status) return status;
	status = simulation_create(&session->simulation, &session->config, &session->trace, &session->device,
	                           &session->technology, session->has_wish ? &session->wish : NULL, error);
	session->has_simulation = !status;
	if (status) return status;
	char *mapping = mapping_text(session);
	if (!mapping) return error_set(error, STATUS_MEMORY, "out of memory");
	if (strcmp(mapping, stored->mapping_text ? stored->mapping_text : ""))
		status =
		    error_set(error, STATUS_INPUT,
		              "run %s was made with another mapping: give its mapping file with --mapping", stored->id);
	free(mapping);
	return status;
}

static enum status rerun(const struct stored_run *stored, const struct arguments *arguments, struct error *error) {
	struct session session = {0};
	struct arguments again = *arguments;
	again.images = stored->images[0] ? stored->images : NULL;
	again.count = stored->image_count;
	enum status status = load_again(&session, stored, arguments, error);
	if (!status) status = run_machine(&session, &again, error);
	if (!status && again.images) status = run_images(&session, &again, error);
	if (!status) {
		simulation_rows(&session.simulation, 1, &session.rows);
		const struct row *before = rows_find(&stored->rows, "run", "total_cycles"),
		                 *now = rows_find(&session.rows, "run", "total_cycles");
		if (!before || !now || before->integer != now->integer)
			status = error_set(error, STATUS_FAILED, "run %s had %llu cycles, now it has %llu", stored->id,
			                   (unsigned long long)(before ? before->integer : 0),
			                   (unsigned long long)(now ? now->integer : 0));
		else
			printf("run %s: %llu cycles, as stored\n", stored->id, (unsigned long long)now->integer);
	}
	session_clear(&session);
	return status;
}

static enum status run_command(const struct arguments *arguments, struct error *error) {
	const char *command = arguments->words.items[0];
	int is_runs = !strcmp(command, "runs");
	if (!is_runs && strcmp(command, "show") && strcmp(command, "rerun"))
		return error_set(error, STATUS_USAGE,
		                 "unknown command '%s': expected runs, show ID or rerun ID (nbsim --help)", command);
	if (arguments->words.count != (is_runs ? 1 : 2))
		return error_set(error, STATUS_USAGE, "%s: expected %s (nbsim --help)", command,
		                 is_runs ? "no argument" : "one run ID");
	struct database *database;
	struct stored_run stored;
	enum status status = database_open(&database, arguments->db ? arguments->db : "nbsim.db", 0, error);
	if (status) return status;
	if (is_runs) {
		status = database_print_runs(database, stdout, arguments->format == FORMAT_CSV, error);
	} else {
		status = database_read_run(database, arguments->words.items[1], &stored, error);
		if (!status && !strcmp(command, "show")) {
			if (arguments->format == FORMAT_JSON)
				rows_print_json(&stored.rows, stdout);
			else if (arguments->format == FORMAT_CSV)
				rows_print_csv(&stored.rows, stdout);
			else
				rows_print_table(&stored.rows, arguments->layers, stdout);
		} else if (!status) {
			status = rerun(&stored, arguments, error);
		}
		if (!status) stored_run_clear(&stored);
	}
	database_close(database);
	if (!status) status = output_close(stdout, "-", error);
	return status;
}

int main(int argc, char **argv) {
	struct arguments arguments = {.kernel = KERNEL_FROM_CONFIG, .verify = VERIFY_NOT_GIVEN};
	struct error error = {{0}};
	struct session session = {0};
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, request_stop);
	signal(SIGTERM, request_stop);
	enum status status = options_parse(&nbsim_options, argc, argv, &arguments, &error);
	if (!status && arguments.help) {
		options_help(&nbsim_options, stdout);
		status = output_close(stdout, "-", &error);
	} else if (!status && arguments.version) {
		printf("nbsim %s\n", NBSIM_VERSION);
		status = output_close(stdout, "-", &error);
	} else if (!status && (status = nbsim_check_options(&arguments, &error))) {
		/* nothing is done */
	} else if (!status && arguments.words.count) {
		status = run_command(&arguments, &error);
	} else if (!status) {
		status = run(&session, &arguments, &error);
		session_clear(&session);
	}
	options_clear(&nbsim_options, &arguments);
	if (status) fprintf(stderr, "nbsim: %s\n", error.text);
	return status;
}
