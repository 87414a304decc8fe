/* The passes in order: read, shapes, bind, fuse (with folding), widths, quantise, lifetimes, check. */
#include "workloads/compile.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/base/shipped.h"
#include "sim/base/text.h"
#include "workloads/arena.h"
#include "workloads/fuse.h"
#include "workloads/import.h"
#include "workloads/network.h"

/* Folder of shipped networks number `place`; empty where it is not known. */
static void shipped_networks(int place, char *folder, size_t bytes) {
	char shipped[900];
	shipped_place(place, shipped, sizeof shipped);
	folder[0] = '\0';
	if (shipped[0]) snprintf(folder, bytes, "%s/workloads/networks", shipped);
}

static int has_file(const char *folder, const char *name) {
	char path[1100];
	struct stat facts;
	if ((size_t)snprintf(path, sizeof path, "%s%s%s", folder, name ? "/" : "", name ? name : "") >= sizeof path)
		return 0;
	return stat(path, &facts) == 0 && (name ? S_ISREG(facts.st_mode) : S_ISDIR(facts.st_mode));
}

static void offer_shipped(const char *shipped, struct text_nearest *nearest, char *best, size_t best_bytes) {
	DIR *folder = opendir(shipped);
	if (!folder) return;
	for (const struct dirent *entry; (entry = readdir(folder));) {
		if (entry->d_name[0] == '.') continue;
		size_t before = nearest->best ? nearest->distance : SIZE_MAX;
		text_nearest_offer(nearest, entry->d_name);
		if (nearest->best && nearest->distance < before) snprintf(best, best_bytes, "%s", entry->d_name);
		if (nearest->best) nearest->best = best;
	}
	closedir(folder);
}

enum status compile_find_network(const char *name, char *folder, size_t folder_bytes, struct error *error) {
	char best[256] = "";
	struct text_nearest nearest;
	text_nearest_start(&nearest, name);
	if (has_file(name, NULL)) {
		if (strlen(name) >= folder_bytes) return error_set(error, STATUS_IO, "%s: the path is too long", name);
		strcpy(folder, name);
		while (strlen(folder) > 1 && folder[strlen(folder) - 1] == '/') folder[strlen(folder) - 1] = '\0';
		return STATUS_OK;
	}
	for (int place = 0; place < SHIPPED_PLACES && !strchr(name, '/'); place++) {
		char shipped[1000];
		shipped_networks(place, shipped, sizeof shipped);
		int length = snprintf(folder, folder_bytes, "%s/%s", shipped, name);
		if ((size_t)length < folder_bytes && has_file(folder, NULL)) return STATUS_OK;
		offer_shipped(shipped, &nearest, best, sizeof best);
	}
	const char *meant = text_nearest_best(&nearest);
	return error_set(error, STATUS_IO, "%s: no such network folder%s%s", name,
	                 meant ? "; did you mean the shipped " : "", meant ? meant : "");
}

/* Folder of the description and folder of the parameters. */
static enum status find_folders(const struct compile_options *options, char *description, char *parameters,
                                size_t bytes, struct error *error) {
	enum status status = compile_find_network(options->network, description, bytes, error);
	if (status) return status;
	snprintf(parameters, bytes, "%s", options->parameters ? options->parameters : description);
	if (!options->from_float || has_file(description, "network.ini")) return STATUS_OK;
	char name[1024];
	const char *slash = strrchr(description, '/');
	snprintf(name, sizeof name, "%s", slash ? slash + 1 : description);
	for (int place = 0; place < SHIPPED_PLACES; place++) {
		char shipped[1000];
		shipped_networks(place, shipped, sizeof shipped);
		int length = snprintf(description, bytes, "%s/%s", shipped, name);
		if ((size_t)length < bytes && has_file(description, "network.ini")) return STATUS_OK;
	}
	return error_set(error, STATUS_INPUT, "%s: has no network.ini, and no network of the name %s is shipped",
	                 options->network, name);
}

static void set_head(const struct network *network, struct trace *trace) {
	strcpy(trace->name, network->name);
	trace->classes = network->classes;
	trace->pixel = network->pixel;
	trace->image_height = network->image_height;
	trace->image_width = network->image_width;
	trace->image_channels = network->image_channels;
	trace->image_pad = network->image_pad;
	trace->image_repeat = network->image_repeat;
	trace->has_values = network->has_values;
	trace->float_top1 = network->has_values ? network->float_top1 : -1.0;
}

static enum status compile_float(const struct compile_options *options, const char *description, const char *parameters,
                                 struct trace *trace, struct compile_report *report, struct arena *arena,
                                 struct error *error) {
	struct network network;
	struct fused_network fused;
	struct widths widths;
	struct config standard;
	config_defaults(&standard);
	if (!options->shape_only && !has_file(parameters, "params.txt"))
		return error_set(error, STATUS_INPUT,
		                 "%s: has no params.txt and params.f32; give their folder with --params, or compile "
		                 "shapes alone with --shape-only",
		                 parameters);
	enum status status =
	    network_read(&network, description, options->geometry, options->geometry_count, arena, error);
	if (!status) status = network_shapes(&network, error);
	if (!status)
		status = network_bind(&network, options->shape_only ? NULL : parameters, options->seed, arena, error);
	if (!status) status = fuse_network(&fused, &network, arena, error);
	if (!status)
		status = widths_read(&widths, options->config ? options->config : &standard, options->widths,
		                     options->width_count, &fused, arena, error);
	if (status) return status;
	set_head(&network, trace);
	report->notes = calloc(fused.layer_count, sizeof *report->notes);
	report->note_count = fused.layer_count;
	if (!report->notes) return error_set(error, STATUS_MEMORY, "%s: out of memory", description);
	return quantise_network(&fused, &widths, trace, report->notes, arena, error);
}

enum status compile_network(const struct compile_options *options, struct trace *trace, struct compile_report *report,
                            struct error *error) {
	char description[1024], parameters[1024];
	struct compile_report own = {0};
	struct arena arena = {0};
	memset(trace, 0, sizeof *trace);
	if (report) memset(report, 0, sizeof *report);
	enum status status = find_folders(options, description, parameters, sizeof description, error);
	if (status) return status;
	snprintf(own.folder, sizeof own.folder, "%s", description);
	own.is_import = !has_file(description, "network.ini") && has_file(description, "net.txt");
	if (own.is_import &&
	    (options->width_count || options->geometry_count || options->shape_only || options->parameters))
		status = error_set(
		    error, STATUS_USAGE,
		    "%s: is folded already (net.txt); widths, geometry, parameters and seeded shapes do not apply",
		    description);
	else if (own.is_import)
		status = import_network(description, trace, error);
	else
		status = compile_float(options, description, parameters, trace, &own, &arena, error);
	if (!status) {
		trace_lifetimes(trace);
		status = trace_check(trace, description, error);
	}
	if (!status) status = trace_seal(trace, error);
	arena_clear(&arena);
	if (status) trace_clear(trace);
	if (status || !report)
		compile_report_clear(&own);
	else
		*report = own;
	return status;
}

void compile_report_clear(struct compile_report *report) {
	free(report->notes);
	memset(report, 0, sizeof *report);
}
