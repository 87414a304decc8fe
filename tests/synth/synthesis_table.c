/* Formulas against synthesis: reads configs/tech/synthesis.csv, computes what sim/estimate says for each point, and
 * prints the table of configs/tech/SYNTHESIS.md: error by unit and resource, held-out points apart from those the
 * constants were fitted on.
 *
 *   nb_synthesis_table CONFIG DEVICE CSV WHOLE [points]
 *
 * and below it one line a machine, with what synthesis in one piece gave (WHOLE, rows of the same kind), where it was
 * done. `points`: every point beside its estimate, on stderr.
 *
 * What a unit's row of the estimate has and its Verilog has not is taken off: the DMA's data FIFOs. The rows of queue,
 * tokens and sequencer are compared as one unit (`sequencer`: fetch, five queues, tokens), of a `buffer` alone blocks
 * and flip-flops only, since its fabric depends on what a machine connects to it; that is part of `glue` (the nine
 * buffers and what else the top has) and `machine`. Status 1: a DSP or block RAM count differs, or UltraRAM is too low.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/estimate/resource_units.h"

enum { LINE_BYTES = 1024, UNITS_MAX = 32, NAME_BYTES = 32 };

struct point {
	char unit[NAME_BYTES], technology[NAME_BYTES], parameters[LINE_BYTES];
	int held_out;
	unsigned long counts[7]; /* luts, memory luts, ffs, carry4, bram18, urams, dsps */
};

struct errors {
	char unit[NAME_BYTES];
	unsigned points[2];
	double sum[2][2], worst[2][2]; /* [held out][LUT, FF] */
	unsigned wrong[2];             /* points with another count of DSP, block RAM or UltraRAM */
	unsigned low;                  /* of them, those whose estimate is too low, or wrong in DSP or block RAM */
};

/* What is summed over the `sequencer` unit's parts. */
struct parts {
	unsigned long fetch[2], tokens[2];
};

static unsigned long value_of(const struct point *point, const char *key, unsigned long standard) {
	char name[NAME_BYTES];
	snprintf(name, sizeof name, "%s=", key);
	for (const char *at = point->parameters; *at;) {
		if (!strncmp(at, name, strlen(name))) return strtoul(at + strlen(name), NULL, 10);
		at = strchr(at, ' ');
		if (!at) break;
		at++;
	}
	return standard;
}

static int read_point(char *line, struct point *point) {
	const char *fields[14];
	int count = 0;
	line[strcspn(line, "\n")] = '\0';
	for (char *at = line; at && count < 14; count++) {
		fields[count] = at;
		at = strchr(at, ',');
		if (at) *at++ = '\0';
	}
	if (count != 14 || !strcmp(fields[0], "unit")) return 0;
	snprintf(point->unit, sizeof point->unit, "%s", fields[0]);
	snprintf(point->technology, sizeof point->technology, "%s", fields[2]);
	snprintf(point->parameters, sizeof point->parameters, "%s", fields[3]);
	point->held_out = atoi(fields[4]);
	for (int i = 0; i < 7; i++) point->counts[i] = strtoul(fields[5 + i], NULL, 10);
	return 1;
}

static void set_engines(const struct point *point, struct config *config) {
	config->binary_pes = (uint32_t)value_of(point, "P", config->binary_pes);
	config->binary_words = (uint32_t)value_of(point, "W", 1);
	config->binary_fabric = (uint32_t)value_of(point, "FABRIC", FABRIC_DSP);
	config->binary_popcount = (uint32_t)value_of(point, "POPCOUNT_DSP", 0);
	config->binary_accumulator_bits = (uint32_t)value_of(point, "ACC_BITS", 16);
	config->binary_packing = (uint32_t)value_of(point, "PACKING", 0);
	config->binary_window_bits = (uint32_t)value_of(point, "WINDOW_BITS", 576);
	config->binary_window_reads = (uint32_t)value_of(point, "WINDOW_READS", value_of(point, "READS", 1));
	config->fixed_rows = (uint32_t)value_of(point, "R", 4);
	config->fixed_columns = (uint32_t)value_of(point, "Q", 4);
	config->fixed_weight_bits = (uint32_t)value_of(point, "WEIGHT_BITS", 8);
	config->fixed_activation_bits = (uint32_t)value_of(point, "ACTIVATION_BITS", 8);
	config->fixed_accumulator_bits = (uint32_t)value_of(point, "SUM_BITS", 32);
	config->post_lanes = (uint32_t)value_of(point, "L", 4);
	config->dma_axi_bytes = (uint32_t)value_of(point, "X", 64);
	config->dma_outstanding = (uint32_t)value_of(point, "S", 4);
	config->sequencer_queue_depth = (uint32_t)value_of(point, strcmp(point->unit, "queue") ? "QD" : "DEPTH", 4);
	config->sequencer_program_commands = (uint32_t)value_of(point, "PROGRAM_COMMANDS", 512);
	config->sequencer_fetch_cycles = 1;
	for (int buffer = 0; buffer < BUFFER_COUNT; buffer++) {
		char key[NAME_BYTES];
		snprintf(key, sizeof key, "DEPTH%d", buffer);
		config->buffer[buffer].depth_words = (uint32_t)value_of(point, key, 512);
		snprintf(key, sizeof key, "BANKS%d", buffer);
		config->buffer[buffer].banks = (uint32_t)value_of(point, key, 1);
		config->buffer[buffer].technology = TECHNOLOGY_BRAM36;
	}
}

/* A DMA master's point names its buffers' words: log2 of their bytes, two hexadecimal digits each. Bit weights of as
 * many PEs as make the largest. */
static void set_words(const struct point *point, struct config *config) {
	const char *digits = strstr(point->parameters, "WORD_LOG2=72'h");
	unsigned long largest = 3;
	if (!digits) return;
	digits += strlen("WORD_LOG2=72'h");
	for (int buffer = 0; buffer < BUFFER_COUNT; buffer++) {
		char byte[3] = {digits[2 * buffer], digits[2 * buffer + 1], '\0'};
		unsigned long log2_bytes = strtoul(byte, NULL, 16);
		if (log2_bytes > largest) largest = log2_bytes;
	}
	config->binary_words = config->post_lanes = 1;
	config->binary_pes = (uint32_t)1 << (largest - 3);
}

static void take_off(struct resource_row *row, const struct memory_blocks *blocks) {
	row->amounts[RESOURCE_LUT].count -= blocks->memory_luts + blocks->mux_luts;
	row->amounts[RESOURCE_FF].count -= blocks->ffs;
	row->amounts[RESOURCE_BRAM18].count -= blocks->bram18s;
	row->amounts[RESOURCE_URAM].count -= blocks->urams;
}

static void add_row(struct resource_row *sum, const struct resource_row *row) {
	for (int kind = 0; kind < RESOURCE_KIND_COUNT; kind++) sum->amounts[kind].count += row->amounts[kind].count;
}

/* The output register of a memory of one bank: the block's own in the estimate, in fabric from yosys. */
static void add_output_registers(const struct config *config, struct resource_row *sum) {
	for (int buffer = 0; buffer < BUFFER_COUNT; buffer++) {
		uint32_t copies = buffer == BUFFER_BIT_ACTIVATIONS ? config->binary_window_reads : 1;
		if (config->buffer[buffer].banks == 1)
			sum->amounts[RESOURCE_FF].count += copies * config_word_bits(config, (enum buffer_id)buffer);
	}
}

static void machine_row(const struct config *config, const struct device *device, struct resource_row *sum) {
	struct resources resources;
	estimate_resources(config, device, &resources);
	for (int unit = 0; unit < RESOURCE_MEMORY_CONTROLLERS; unit++) add_row(sum, &resources.rows[unit]);
	take_off(sum, &resources.memories[MEMORY_LOAD_DATA]);
	take_off(sum, &resources.memories[MEMORY_STORE_DATA]);
	add_output_registers(config, sum);
}

static void glue_row(const struct config *config, struct resource_row *sum) {
	for (int buffer = 0; buffer < BUFFER_COUNT; buffer++) {
		struct memory_blocks blocks = {0};
		struct resource_row row = {0};
		resource_of_buffer(config, (enum buffer_id)buffer, &blocks, &row);
		add_row(sum, &row);
	}
	resource_of_glue(config, sum);
	add_output_registers(config, sum);
}

static void buffer_row(const struct point *point, struct resource_row *row) {
	unsigned long banks = value_of(point, "BANKS", 1),
	              bits = value_of(point, "ELEMENTS", 1) * value_of(point, "ELEMENT_BITS", 48);
	struct memory_shape shape = {bits, (value_of(point, "DEPTH", 512) + banks - 1) / banks,
	                             value_of(point, "COLUMN_BITS", 48), 0};
	struct memory_blocks blocks;
	shape.technology = !strcmp(point->technology, "huge")          ? TECHNOLOGY_URAM288
	                   : !strcmp(point->technology, "distributed") ? TECHNOLOGY_LUTRAM
	                                                               : TECHNOLOGY_BRAM36;
	memory_blocks_of(&shape, &blocks);
	resource_row_add(row, RESOURCE_BRAM18, banks * blocks.bram18s, GRADE_FORMULA);
	resource_row_add(row, RESOURCE_URAM, banks * blocks.urams, GRADE_FORMULA);
	resource_row_add_memory_luts(row, banks * blocks.memory_luts, GRADE_FORMULA);
	resource_row_add(row, RESOURCE_FF, banks * (bits + (shape.technology == TECHNOLOGY_LUTRAM ? bits : 0)),
	                 GRADE_FORMULA);
}

/* The estimate of this point. 0: it is part of another one. */
static int estimate(const struct point *point, struct config *config, const struct device *device,
                    struct resource_row *row) {
	struct memory_blocks data = {0};
	struct fixed_packing packing;
	uint64_t products;
	set_engines(point, config);
	if (!strcmp(point->unit, "binary_engine")) {
		resource_of_binary_engine(config, row);
	} else if (!strcmp(point->unit, "window")) {
		config->binary_words = (uint32_t)value_of(point, "BITS", 48) / 48;
		resource_of_window_former(config, row);
	} else if (!strcmp(point->unit, "fixed_engine")) {
		resource_of_fixed_engine(config, DEVICE_DSP48E2, &packing, row);
	} else if (!strcmp(point->unit, "post_lane")) {
		resource_of_post_lane(value_of(point, "SUM", 32), DEVICE_DSP48E2, 1, row);
	} else if (!strcmp(point->unit, "post_unit")) {
		resource_of_post_unit(config, DEVICE_DSP48E2, &products, row);
	} else if (!strcmp(point->unit, "load")) {
		set_words(point, config);
		resource_of_load(config, &data, row);
	} else if (!strcmp(point->unit, "store")) {
		set_words(point, config);
		resource_of_store(config, &data, row);
	} else if (!strcmp(point->unit, "queue")) {
		resource_of_sequencer(config, row);
	} else if (!strcmp(point->unit, "ports")) {
		resource_of_ports(row);
	} else if (!strcmp(point->unit, "buffer")) {
		buffer_row(point, row);
	} else if (!strcmp(point->unit, "glue")) {
		glue_row(config, row);
	} else if (!strcmp(point->unit, "machine")) {
		machine_row(config, device, row);
	} else if (!strcmp(point->unit, "sequencer")) {
		resource_of_program_memory(config, &data, row);
		memset(&data, 0, sizeof data);
	} else {
		return 0;
	}
	if (data.memory_luts || data.bram18s) take_off(row, &data);
	return 1;
}

static struct errors *errors_of(struct errors *table, const char *unit) {
	int i = 0;
	while (table[i].unit[0] && strcmp(table[i].unit, unit)) i++;
	snprintf(table[i].unit, sizeof table[i].unit, "%s", unit);
	return &table[i];
}

static void note(struct errors *errors, const struct point *point, const struct resource_row *row) {
	const int held = point->held_out;
	const unsigned long luts = point->counts[0], ffs = point->counts[2];
	const double pairs[2][2] = {{(double)row->amounts[RESOURCE_LUT].count, (double)luts},
	                            {(double)row->amounts[RESOURCE_FF].count, (double)ffs}};
	errors->points[held]++;
	for (int kind = 0; kind < 2; kind++) {
		double error = pairs[kind][1] > 0 ? fabs(pairs[kind][0] / pairs[kind][1] - 1) * 100 : 0;
		errors->sum[held][kind] += error;
		if (error > errors->worst[held][kind]) errors->worst[held][kind] = error;
	}
	if (row->amounts[RESOURCE_BRAM18].count == point->counts[4] &&
	    row->amounts[RESOURCE_URAM].count == point->counts[5] &&
	    row->amounts[RESOURCE_DSP].count == point->counts[6])
		return;
	errors->wrong[held]++;
	if (row->amounts[RESOURCE_BRAM18].count != point->counts[4] ||
	    row->amounts[RESOURCE_DSP].count != point->counts[6] ||
	    row->amounts[RESOURCE_URAM].count < point->counts[5])
		errors->low++;
	fprintf(stderr, "%s %s: bram18 %lu, uram %lu, dsp %lu; estimated %lu, %lu, %lu\n", point->unit,
	        point->parameters, point->counts[4], point->counts[5], point->counts[6],
	        (unsigned long)row->amounts[RESOURCE_BRAM18].count, (unsigned long)row->amounts[RESOURCE_URAM].count,
	        (unsigned long)row->amounts[RESOURCE_DSP].count);
}

/* Puts the parts of the sequencer together at a queue's point; a sequencer's point has its program memory only, a
 * buffer's its blocks. */
static void adjust(struct point *point, const struct parts *parts) {
	if (!strcmp(point->unit, "queue")) {
		point->counts[0] = 5 * point->counts[0] + parts->fetch[0] + parts->tokens[0];
		point->counts[2] = 5 * point->counts[2] + parts->fetch[1] + parts->tokens[1];
		snprintf(point->unit, sizeof point->unit, "sequencer");
	} else if (!strcmp(point->unit, "sequencer")) {
		point->counts[0] = point->counts[2] = 0;
		snprintf(point->unit, sizeof point->unit, "program_memory");
	} else if (!strcmp(point->unit, "buffer")) {
		point->counts[0] = point->counts[1];
	}
}

static void print_table(const struct errors *table) {
	printf("| unit | points fitted / held out | LUT, held out: mean / worst | FF, held out: mean / worst | LUT, "
	       "fitted: mean / worst | "
	       "DSP, BRAM, URAM |\n|---|---|---|---|---|---|\n");
	for (; table->unit[0]; table++) {
		double n[2] = {table->points[0] ? table->points[0] : 1, table->points[1] ? table->points[1] : 1};
		printf("| %s | %u / %u | %.1f / %.1f %% | %.1f / %.1f %% | %.1f / %.1f %% | %s", table->unit,
		       table->points[0], table->points[1], table->sum[1][0] / n[1], table->worst[1][0],
		       table->sum[1][1] / n[1], table->worst[1][1], table->sum[0][0] / n[0], table->worst[0][0],
		       table->wrong[0] + table->wrong[1] ? "" : "exact |\n");
		if (table->wrong[0] + table->wrong[1])
			printf("%u of %u differ |\n", table->wrong[0] + table->wrong[1],
			       table->points[0] + table->points[1]);
	}
}

/* LUTs of the same point in a file of points made in one piece; 0 if it is not there. */
static unsigned long luts_in_one_piece(const char *path, const struct point *wanted) {
	char line[LINE_BYTES];
	unsigned long luts = 0;
	FILE *file = fopen(path, "r");
	if (!file) return 0;
	while (fgets(line, sizeof line, file)) {
		struct point point;
		if (read_point(line, &point) && !strcmp(point.unit, wanted->unit) &&
		    !strcmp(point.parameters, wanted->parameters))
			luts = point.counts[0];
	}
	fclose(file);
	return luts;
}

/* One line of the second table: a machine, without the depths all have. */
static void print_machine(FILE *text, const struct point *point, const struct resource_row *row, const char *whole) {
	double luts = (double)row->amounts[RESOURCE_LUT].count, ffs = (double)row->amounts[RESOURCE_FF].count;
	unsigned long piece = luts_in_one_piece(whole, point);
	const char *end = strstr(point->parameters, " DEPTH0");
	fprintf(text, "| %.*s | %lu | ", end ? (int)(end - point->parameters) : (int)strlen(point->parameters),
	        point->parameters, point->counts[0]);
	if (piece) fprintf(text, "%lu", piece);
	fprintf(text, " | %.0f | %+.1f %% | ", luts, (luts / (double)point->counts[0] - 1) * 100);
	if (piece) fprintf(text, "%+.1f %%", (luts / (double)piece - 1) * 100);
	fprintf(text, " | %lu | %+.1f %% |\n", point->counts[2], (ffs / (double)point->counts[2] - 1) * 100);
}

int main(int argc, char **argv) {
	static struct errors table[UNITS_MAX];
	struct config config;
	struct device device;
	struct parts parts = {{0, 0}, {0, 0}};
	struct error error = {""};
	char line[LINE_BYTES];
	if (argc < 5) return 2;
	FILE *machines = tmpfile();
	if (!machines) return 1;
	if (config_read(&config, argv[1], &error) || device_read(&device, argv[2], &error)) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	FILE *file = fopen(argv[3], "r");
	if (!file) return 1;
	for (int pass = 0; pass < 2; pass++, rewind(file))
		while (fgets(line, sizeof line, file)) {
			struct point point;
			struct resource_row row = {0};
			if (!read_point(line, &point)) continue;
			unsigned long *part = !strcmp(point.unit, "tokens") ? parts.tokens : parts.fetch;
			if (pass == 0) {
				int fetch =
				    !strcmp(point.unit, "sequencer") && value_of(&point, "PROGRAM_COMMANDS", 0) == 512;
				if (!fetch && strcmp(point.unit, "tokens")) continue;
				part[0] = point.counts[0];
				part[1] = point.counts[2];
				continue;
			}
			if (!estimate(&point, &config, &device, &row)) continue;
			adjust(&point, &parts);
			if (!strcmp(point.unit, "program_memory")) row.amounts[RESOURCE_LUT].count = 0;
			if (argc > 5)
				fprintf(stderr, "%s %s: LUT %lu est %lu, FF %lu est %lu\n", point.unit,
				        point.parameters, point.counts[0],
				        (unsigned long)row.amounts[RESOURCE_LUT].count, point.counts[2],
				        (unsigned long)row.amounts[RESOURCE_FF].count);
			if (!strcmp(point.unit, "machine")) print_machine(machines, &point, &row, argv[4]);
			note(errors_of(table, point.unit), &point, &row);
		}
	fclose(file);
	print_table(table);
	printf("\n| machine | LUT | in one piece | estimated | error | error, in one piece | FF | error |\n"
	       "|---|---|---|---|---|---|---|---|\n");
	rewind(machines);
	while (fgets(line, sizeof line, machines)) fputs(line, stdout);
	fclose(machines);
	for (int i = 0; i < UNITS_MAX; i++)
		if (table[i].low) return 1;
	return 0;
}
