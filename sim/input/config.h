/* Configuration: everything a run depends on besides the trace. One table row per parameter.
 *
 * The table (config_parameters) is read by the strict INI reader, --set, --describe, the database and, later, sweeps.
 * Units are in the member names. Values that are lists of words are stored as the index of the word.
 */
#ifndef SIM_INPUT_CONFIG_H
#define SIM_INPUT_CONFIG_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/base/status.h"

enum { CONFIG_TEXT_BYTES = 768, CONFIG_CHANNELS_MAX = 4 };

enum config_organisation { ORGANISATION_TIME_SHARED, ORGANISATION_STREAMING };
enum config_packing { PACKING_CHANNEL, PACKING_WINDOW };
enum config_fabric { FABRIC_DSP, FABRIC_LUT, FABRIC_FUSED }; /* XNOR lanes */
enum config_popcount { POPCOUNT_LUT, POPCOUNT_DSP };         /* accumulation of the counts */
enum config_post_mode { POST_INLINE, POST_SEPARATE };
enum config_dram { DRAM_DDR4, DRAM_FIXED, DRAM_UNLIMITED };
enum config_residency { RESIDENCY_AUTO, RESIDENCY_RESIDENT, RESIDENCY_LAYER, RESIDENCY_TILE };
enum config_technology { TECHNOLOGY_LUTRAM, TECHNOLOGY_BRAM36, TECHNOLOGY_URAM288 };
enum config_pipeline { PIPELINE_STALLING, PIPELINE_FLUSHING };
enum config_link { LINK_PIXEL, LINK_DIRECT, LINK_PLANE }; /* words between layers */
enum config_memories { MEMORIES_SHARED, MEMORIES_PARTITIONED };
enum config_kernel { KERNEL_SYSTEMC, KERNEL_NATIVE };

/* The machine's buffers, in the order used everywhere (commands, ports, counters). */
enum buffer_id {
	BUFFER_BIT_ACTIVATIONS,   /* word: words x 48 bits of one pixel's channels */
	BUFFER_FIXED_ACTIVATIONS, /* word: rows channels of one pixel */
	BUFFER_BIT_WEIGHTS,       /* word: pes x words x 48 bits */
	BUFFER_FIXED_WEIGHTS,     /* word: rows x columns weights */
	BUFFER_PARAMETERS,        /* word: lanes records of 128 bits */
	BUFFER_BORDER,            /* word: pes constants of 16 bits */
	BUFFER_ACCUMULATORS,      /* word: pes sums of binary_engine.accumulator_bits */
	BUFFER_SKIP_SUMS,         /* word: columns sums of fixed_engine.accumulator_bits */
	BUFFER_OUTPUT,            /* word: lanes values of 32 bits */
	BUFFER_COUNT
};

struct config_buffer {
	uint32_t depth_words;
	uint32_t banks;     /* words the DMA moves in one cycle (low-order interleaved), at most a beat; power of two */
	uint32_t ports;     /* 1: one port shared by readers and writers; 2: one read and one write port */
	uint32_t ping_pong; /* 1: two halves, the next contents are loaded while the present ones are used */
	uint32_t technology; /* enum config_technology */
};

struct config {
	/* [machine] */
	uint32_t organisation; /* enum config_organisation */
	uint32_t clock_khz;
	char device[CONFIG_TEXT_BYTES];     /* name of configs/devices/NAME.ini */
	char technology[CONFIG_TEXT_BYTES]; /* name of configs/tech/NAME.ini (energy table) */
	/* [run] */
	char workload[CONFIG_TEXT_BYTES]; /* .nbt, or a network folder compiled on the fly by the caller */
	uint32_t frames;
	uint32_t seed;
	uint32_t kernel; /* enum config_kernel */
	/* [sequencer] */
	uint32_t sequencer_fetch_cycles;     /* cycles from one command's push to the next command's, at least; 512 /
	                                        fetch_cycles bits wide program memory */
	uint32_t sequencer_queue_depth;      /* commands each unit's queue holds */
	uint32_t sequencer_program_commands; /* depth of the program memory */
	/* [dma] */
	uint32_t dma_axi_bytes; /* one beat */
	uint32_t dma_burst_beats;
	uint32_t dma_outstanding; /* burst slots of the read and of the write master, each */
	/* [dram] */
	uint32_t dram_kind; /* enum config_dram */
	uint32_t dram_channels;
	uint32_t dram_peak_megabytes_per_s;  /* of one channel */
	uint32_t dram_controller_cycles;     /* controller and PHY, each way together; added once a burst */
	uint32_t dram_fixed_latency_cycles;  /* kind fixed and unlimited */
	uint32_t dram_fixed_bytes_per_cycle; /* kind fixed */
	uint32_t dram_trcd_ps, dram_trp_ps, dram_cl_ps, dram_tras_ps, dram_trfc_ps,
	    dram_trefi_ps;                                               /* refresh off: trefi = 0 */
	uint32_t dram_bank_groups, dram_banks_per_group, dram_row_bytes; /* row of one bank over the channel's width */
	/* [buffer.*]: one section a buffer, named in config_buffer_names */
	struct config_buffer buffer[BUFFER_COUNT];
	/* [binary_engine] */
	uint32_t binary_pes, binary_words; /* powers of two; 1, 2, 3, 4, 6, 12 */
	uint32_t binary_packing;           /* enum config_packing */
	uint32_t binary_fabric, binary_popcount;
	uint32_t binary_accumulator_bits; /* 16 or 24 */
	uint32_t binary_window_bits;      /* window register, packing = window */
	uint32_t binary_window_reads;     /* words the window former reads in one cycle; 1 with packing = channel */
	/* [fixed_engine] */
	uint32_t fixed_rows, fixed_columns; /* input channels and output channels in parallel; powers of two */
	uint32_t fixed_weight_bits;         /* 0 = auto: the trace's maximum */
	uint32_t fixed_activation_bits;     /* 0 = auto */
	uint32_t fixed_accumulator_bits;    /* 32 or 48 */
	/* [post_unit] */
	uint32_t post_lanes; /* 1, 2, 4, 8, 16 */
	uint32_t post_mode;  /* enum config_post_mode */
	/* [mapper] */
	uint32_t mapper_weights;   /* enum config_residency, of weights, parameters and border constants */
	uint32_t mapper_maps;      /* RESIDENCY_AUTO (resident where they fit), RESIDENCY_RESIDENT, RESIDENCY_TILE (all
	                              spilled) */
	uint32_t mapper_band_rows; /* most output rows a command computes; 0: as many as fit */
	/* [streaming]: organisation = streaming; meanings in sim/streaming/STREAMING.md */
	uint32_t streaming_pipeline;               /* enum config_pipeline */
	char streaming_folding[CONFIG_TEXT_BYTES]; /* "auto", or PE/SIMD of each layer, with a skip path PE/SIMD+PE/SIMD
	                                            */
	uint32_t streaming_target_frames_per_s;    /* folding auto: stop there; 0: use the budget */
	uint32_t streaming_budget_percent;         /* folding auto: of what is usable on the device */
	char streaming_fifo_words[CONFIG_TEXT_BYTES]; /* "auto", or NAME:DEPTH of the links that are not
	                                                 fifo_depth_words */
	uint32_t streaming_fifo_depth_words;
	uint32_t streaming_link;        /* enum config_link */
	uint32_t streaming_vector_bits; /* link pixel: word between fully connected layers */
	uint32_t streaming_dma_word_bits;
	uint32_t streaming_dma_start_cycles;
	uint32_t streaming_converter_latency_cycles, streaming_window_latency_cycles, streaming_matrix_latency_cycles,
	    streaming_pool_latency_cycles, streaming_point_latency_cycles; /* L of each kind */
	uint32_t streaming_converter_step_ratio;                           /* 0: none */
	uint32_t streaming_pool_overhead_cycles;
	uint32_t streaming_memories; /* enum config_memories */
	/* [compile]: widths the compiler quantises to */
	uint32_t compile_skip_weight_bits, compile_stem_weight_bits, compile_head_weight_bits;
	uint32_t compile_map_bits; /* fixed-point maps */
	uint32_t compile_map_fraction_bits;
	uint32_t compile_parameter_bits; /* A, MP, MN */
};

extern const char *const config_buffer_names[BUFFER_COUNT]; /* "bit_activations", ... */

enum config_type {
	CONFIG_UNSIGNED,
	CONFIG_WORD,
	CONFIG_TEXT,
	CONFIG_MHZ /* decimal MHz stored in kHz */,
	CONFIG_NS /* decimal ns stored in ps */
};

/* structural: changes the hardware that is built; runtime: changes what it does; none: no influence on cycles. */
enum config_timing { TIMING_STRUCTURAL, TIMING_RUNTIME, TIMING_NONE };

struct config_parameter {
	const char *section, *key; /* as in the INI file; "binary_engine", "pes" */
	const char *unit;          /* "cycles", "bytes", "words", "1" ... */
	enum config_type type;
	size_t offset;             /* of a uint32_t or of a char[CONFIG_TEXT_BYTES] in struct config */
	const char *standard;      /* default, as text */
	uint32_t minimum, maximum; /* in stored units; 0 may mean "auto" where the meaning says so */
	const char *words; /* CONFIG_WORD: "dsp|lut|fused"; of a number or time: the word for 0, "auto" or "off" */
	const char *meaning, *source; /* source starts with "assumed" where it is */
	enum config_timing timing;
	const char *proven; /* values for which equality with RTL is shown; "" none */
};

extern const struct config_parameter config_parameters[];
extern const size_t config_parameter_count;

/* Every parameter at its default. */
void config_defaults(struct config *config);

/* Defaults, then the file. STATUS_INPUT names file, section, key, value, what was expected and the nearest known key.
 */
enum status config_read(struct config *config, const char *path, struct error *error);

/* `assignment` is "section.key=value", as given with --set. Call config_check after the last. */
enum status config_set(struct config *config, const char *assignment, struct error *error);

/* Rules between parameters (powers of two, lanes dividing pes ...). `path` names the configuration in messages. */
enum status config_check(const struct config *config, const char *path, struct error *error);

/* The value of one parameter as text (as an INI file would hold it). */
void config_value_text(const struct config *config, const struct config_parameter *parameter, char *text,
                       size_t text_bytes);

/* Prints --describe as text (100 columns), or as JSON. With the DRAM times in cycles of this configuration's clock. */
void config_describe(const struct config *config, FILE *out, int json);

/* Prints the full configuration as INI; what is printed reads back to the same configuration. */
void config_print(const struct config *config, FILE *out);

/* DRAM times in whole cycles: ceil(ps x kHz / 10^9); the refresh interval is rounded down. */
uint64_t config_cycles_up(const struct config *config, uint32_t ps);
uint64_t config_cycles_down(const struct config *config, uint32_t ps);
/* Cycles one beat occupies a channel's data bus: ceil(beat bytes x clock / peak bytes per second), at least 1. */
uint64_t config_beat_cycles(const struct config *config);

/* Bytes of one word of a buffer as it lies in DDR (always a power of two) and bits of it on chip. The fixed engine's
 * widths must be resolved (not auto). */
uint32_t config_word_bytes(const struct config *config, enum buffer_id buffer);
uint32_t config_word_bits(const struct config *config, enum buffer_id buffer);
/* Words of a buffer the DMA moves in one cycle: its banks, but not more than one beat holds. */
uint32_t config_dma_banks(const struct config *config, enum buffer_id buffer);

#endif
