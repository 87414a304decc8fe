/* The parameter table of config.h: one row per member of struct config, in the order of the INI files.
 *
 * The defaults are the machine of configs/u250.ini. A source is a cited document, or begins with "assumed" and gives
 * the reason. "NeuroBlend" is arXiv 2307.03784, whose readable parts state no size of the machine: every size is our
 * choice.
 *
 * The column `proven` holds, in stored units (words by index, kHz, ps), the values for which native kernel, SystemC and
 * RTL were equal to the cycle and the bit in the random draws of tests/equal: every value or end of a range was drawn,
 * among values of all other parameters, but not every combination was. A range without a gap was drawn at both ends and
 * at random between. `nb_equal proven` compares the column with the draws, row by row.
 */
#include "sim/input/config.h"

const char *const config_buffer_names[BUFFER_COUNT] = {"bit_activations", "fixed_activations", "bit_weights",
                                                       "fixed_weights",   "parameters",        "border",
                                                       "accumulators",    "skip_sums",         "output"};

#define AT(member) offsetof(struct config, member)
#define WHOLE CONFIG_UNSIGNED
#define WORD CONFIG_WORD
#define TEXT CONFIG_TEXT

#define RAM_SOURCE                                                                                                     \
	"assumed: BRAM36 is 512 words deep at its widest; UltraRAM is 4,096 (UG573), which suits the largest buffer"

/* The five rows of one buffer. */
/* clang-format off */
#define BUFFER_ROW(name, key, unit, type, member, ...) {"buffer." name, key, unit, type, AT(member), __VA_ARGS__}
#define BUFFER(name, id, words, words_source, bank_count, ports_source, halves, halves_source, memory, \
	       proven_depths, proven_banks) \
	BUFFER_ROW(name, "depth_words", "words", WHOLE, buffer[id].depth_words, words, 1, 1u << 24, NULL, \
		   "Words the buffer holds, both halves together where ping_pong is on.", words_source, TIMING_STRUCTURAL, \
		   proven_depths), \
	BUFFER_ROW(name, "banks", "words/cycle", WHOLE, buffer[id].banks, bank_count, 1, 128, NULL, \
		   "Words the DMA moves in one cycle (low-order interleaved banks). A power of two; banks x DDR bytes of a " \
		   "word may not exceed dma.axi_bytes, but 1 is always allowed.", \
		   "assumed: as many words as one AXI beat holds, or one where loading it is rare", TIMING_STRUCTURAL, \
		   proven_banks), \
	BUFFER_ROW(name, "ports", "1", WHOLE, buffer[id].ports, "2", 1, 2, NULL, \
		   "1: one port for readers and writers together. 2: one read port and one write port.", \
		   ports_source, TIMING_STRUCTURAL, "1,2"), \
	BUFFER_ROW(name, "ping_pong", "1", WORD, buffer[id].ping_pong, halves, 0, 1, "off|on", \
		   "on: two halves; the next contents are written while the present ones are used.", \
		   halves_source, TIMING_RUNTIME, "0,1"), \
	BUFFER_ROW(name, "technology", "1", WORD, buffer[id].technology, memory, 0, 2, "lutram|bram36|uram288", \
		   "Memory block it is built of. All are read in 2 cycles, so cycles do not depend on it; resources and " \
		   "energy do.", RAM_SOURCE, TIMING_NONE, "")
/* clang-format on */

#define TWO_PORTS "assumed: block RAM has two ports (UG573), and with one the post unit would stall the engines"
#define OWN_PORTS "assumed: one reader and one writer, each with a port of its own; only the resources see it"

#define DDR4_SOURCE "Micron 8 Gb DDR4-2400 data sheet, speed grade -083 (17-17-17)"

const struct config_parameter config_parameters[] = {
    {"machine", "organisation", "1", WORD, AT(organisation), "time_shared", 0, 1, "time_shared|streaming",
     "time_shared: one accelerator runs the network layer after layer. streaming: one engine a layer, joined by FIFOs.",
     "assumed: NeuroBlend is described as one inference engine; whether layers share it is not readable",
     TIMING_STRUCTURAL, "0,1"},
    {"machine", "clock_mhz", "MHz", CONFIG_MHZ, AT(clock_khz), "300", 1000, 1000000, NULL,
     "The one clock of the accelerator, its AXI ports and the memory channels' user side.",
     "UG1393: the Alveo shells give kernels 300 MHz; DSP48E2 itself reaches 644 to 775 MHz at speed grade -2 (DS923)",
     TIMING_RUNTIME, "50000-500000"},
    {"machine", "device", "1", TEXT, AT(device), "u250", 1, 0, NULL,
     "Board: name of the file configs/devices/NAME.ini with its resources, shell and static power.",
     "assumed: Alveo U250, the largest board with published figures for both throughput and power", TIMING_NONE, ""},
    {"machine", "technology", "1", TEXT, AT(technology), "ultrascale_plus_16nm", 1, 0, NULL,
     "Energy table: name of the file configs/tech/NAME.ini.", "the process of the default device", TIMING_NONE, ""},

    {"run", "workload", "1", TEXT, AT(workload), "workloads/networks/neuroblend20-fashion", 1, 0, NULL,
     "Layer trace (.nbt), or a network folder that is compiled first.",
     "assumed: the shipped NeuroBlend-20, trained on Fashion-MNIST for this project", TIMING_RUNTIME, ""},
    {"run", "frames", "frames", WHOLE, AT(frames), "1", 1, 1000000, NULL,
     "Frames run back to back; the latency is frame 0's, the throughput the steady state's.",
     "assumed: the latency of a single frame is the first question", TIMING_RUNTIME, "1,2,3"},
    {"run", "seed", "1", WHOLE, AT(seed), "1", 0, UINT32_MAX, NULL,
     "Seed of generated weights and images. The machine's time does not depend on values.",
     "assumed: any number; fixed, so that runs repeat", TIMING_NONE, ""},
    {"run", "kernel", "1", WORD, AT(kernel), "systemc", 0, 1, "systemc|native",
     "Simulation kernel; both give the same cycles. native is the faster one.",
     "assumed: SystemC for single runs, native for sweeps", TIMING_NONE, ""},

    {"sequencer", "fetch_cycles", "cycles", WHOLE, AT(sequencer_fetch_cycles), "4", 1, 512, NULL,
     "Cycles to fetch one 512-bit command; the program memory is 512 / fetch_cycles bits wide. A power of two.",
     "assumed: 128 bits, two block RAMs side by side; a row of work lasts far longer than 4 cycles", TIMING_STRUCTURAL,
     "1,2,4,8,16,32,64"},
    {"sequencer", "queue_depth", "commands", WHOLE, AT(sequencer_queue_depth), "8", 1, 256, NULL,
     "Commands the queue of each unit holds.",
     "assumed: lets every unit run a layer's bands ahead; 8 x 512 bits fit distributed RAM", TIMING_STRUCTURAL,
     "1,2,3,4,5,6,8,16"},
    {"sequencer", "program_commands", "commands", WHOLE, AT(sequencer_program_commands), "2048", 16, 65536, NULL,
     "Commands the program memory holds; the program of a frame must fit.",
     "assumed: room for the few hundred commands NeuroBlend-20 is expected to take, and for spilled networks",
     TIMING_NONE, ""},

    {"dma", "axi_bytes", "bytes", WHOLE, AT(dma_axi_bytes), "64", 8, 128, NULL,
     "Bytes of one AXI data beat. A power of two.",
     "AMD's U250 designs: DDR4 controllers with a 512-bit AXI port; 64 bytes x 300 MHz = 19.2 GB/s, one channel's peak",
     TIMING_STRUCTURAL, "8,16,32,64,128"},
    {"dma", "burst_beats", "beats", WHOLE, AT(dma_burst_beats), "64", 1, 256, NULL,
     "Most beats in a burst; burst_beats x axi_bytes may not exceed 4096 (AXI forbids crossing 4 KB).",
     "AMBA AXI4: 256 beats and 4 KB at most; 64 beats of 64 bytes are 4 KB", TIMING_STRUCTURAL, "1-256"},
    {"dma", "outstanding", "bursts", WHOLE, AT(dma_outstanding), "4", 1, 64, NULL,
     "Burst slots of the read master and of the write master, each.",
     "assumed: 4 x 4 KB cover a latency of 256 beat cycles, more than a row miss and the controller take",
     TIMING_STRUCTURAL, "1,2,3,4,6,8,16"},

    {"dram", "kind", "1", WORD, AT(dram_kind), "ddr4", 0, 2, "ddr4|fixed|unlimited",
     "ddr4: banks, open rows, refresh. fixed: a latency and bytes per cycle. unlimited: that latency, no bus limit.",
     "AMD's public U200 and U250 block designs: DDR4 DIMMs MTA18ASF2G72PZ-2G3", TIMING_STRUCTURAL, "0,1,2"},
    {"dram", "channels", "1", WHOLE, AT(dram_channels), "4", 1, CONFIG_CHANNELS_MAX, NULL,
     "Independent memory channels.",
     "UG1393: 77 GB/s in all on the U250, 19.25 GB/s a channel: four DDR4-2400 channels", TIMING_STRUCTURAL, "1,2,3,4"},
    {"dram", "peak_megabytes_per_s", "MB/s", WHOLE, AT(dram_peak_megabytes_per_s), "19200", 1, 4000000, NULL,
     "Peak of one channel's data bus, in 10^6 bytes a second (ddr4).",
     "DDR4-2400: 2400 MT/s x 8 bytes; UG1393 says 19.25 GB/s", TIMING_RUNTIME, "500-40000"},
    {"dram", "controller_cycles", "cycles", WHOLE, AT(dram_controller_cycles), "30", 0, 4096, NULL,
     "Controller, PHY and interconnect, both ways together; added once to every burst.",
     "assumed: about 100 ns at 300 MHz; AMD publishes no figure for its DDR4 controller behind a shell", TIMING_RUNTIME,
     "0-100"},
    {"dram", "fixed_latency_cycles", "cycles", WHOLE, AT(dram_fixed_latency_cycles), "40", 0, 65535, NULL,
     "Latency of a burst beside controller_cycles (fixed, unlimited).",
     "assumed: near a DDR4 row miss (51 tCK = 42.5 ns, 13 cycles) plus queueing", TIMING_RUNTIME, "0-200"},
    {"dram", "fixed_bytes_per_cycle", "bytes/cycle", WHOLE, AT(dram_fixed_bytes_per_cycle), "64", 1, 4096, NULL,
     "Bytes one channel moves in a cycle (fixed).", "assumed: one AXI beat a cycle, as DDR4-2400 gives at 300 MHz",
     TIMING_RUNTIME, "1-128"},
    {"dram", "trcd_ns", "ns", CONFIG_NS, AT(dram_trcd_ps), "14.16", 1, 1000000, NULL,
     "Activate to column command (tRCD).", DDR4_SOURCE, TIMING_RUNTIME, "1000-40000"},
    {"dram", "trp_ns", "ns", CONFIG_NS, AT(dram_trp_ps), "14.16", 1, 1000000, NULL, "Precharge to activate (tRP).",
     DDR4_SOURCE, TIMING_RUNTIME, "1000-40000"},
    {"dram", "cl_ns", "ns", CONFIG_NS, AT(dram_cl_ps), "14.16", 1, 1000000, NULL,
     "Column command to data (CL); writes use it too.", DDR4_SOURCE, TIMING_RUNTIME, "1000-40000"},
    {"dram", "tras_ns", "ns", CONFIG_NS, AT(dram_tras_ps), "32", 1, 1000000, NULL,
     "Activate to precharge of the same bank, at least (tRAS).", DDR4_SOURCE, TIMING_RUNTIME, "1000-400000"},
    {"dram", "trfc_ns", "ns", CONFIG_NS, AT(dram_trfc_ps), "350", 1, 10000000, NULL, "Length of a refresh (tRFC1).",
     "8 Gb DDR4: 350 ns (DRAMsim3 DDR4_8Gb_x8_2400.ini; the 4 Gb parts take 260)", TIMING_RUNTIME, "50000-500000"},
    {"dram", "trefi_ns", "ns", CONFIG_NS, AT(dram_trefi_ps), "7800", 100000, 100000000, "off",
     "Interval of refreshes (tREFI); off (or 0): no refresh.",
     "DDR4 below 85 C: 7.8 us (DRAMsim3 DDR4_8Gb_x8_2400.ini)", TIMING_RUNTIME, "0,1000000-10000000"},
    {"dram", "bank_groups", "1", WHOLE, AT(dram_bank_groups), "4", 1, 8, NULL,
     "Bank groups; consecutive 64-byte lines go to consecutive groups. A power of two.",
     "x4 and x8 DDR4: 4 groups of 4 banks (DRAMsim3 DDR4_8Gb_x8_2400.ini)", TIMING_RUNTIME, "1,2,4,8"},
    {"dram", "banks_per_group", "1", WHOLE, AT(dram_banks_per_group), "4", 1, 32, NULL,
     "Banks of a group. A power of two.", "x4 and x8 DDR4: 4 groups of 4 banks (DRAMsim3 DDR4_8Gb_x8_2400.ini)",
     TIMING_RUNTIME, "1,2,4,8,16,32"},
    {"dram", "row_bytes", "bytes", WHOLE, AT(dram_row_bytes), "8192", 512, 65536, NULL,
     "Bytes of one open row over the channel's width. A power of two; bank_groups x row_bytes is at least 4096.",
     "16 data devices x4 with 1,024 columns: 512 bytes each (MTA18ASF2G72PZ-2G3)", TIMING_RUNTIME,
     "512,1024,2048,4096,8192,16384,32768,65536"},

    BUFFER("bit_activations", BUFFER_BIT_ACTIVATIONS, "4096",
           "assumed: four bit maps of 32 x 32 pixels at one word a pixel; NeuroBlend-20 keeps two alive", "1",
           TWO_PORTS, "off",
           "assumed: maps are placed by lifetime, so reading one while writing another needs no halves", "bram36",
           "96-4096", "1,2,4,8"),
    BUFFER("fixed_activations", BUFFER_FIXED_ACTIVATIONS, "4096",
           "assumed: three maps of 32 x 32 pixels alive and the input image, 1,024 words each at 16 rows", "2",
           TWO_PORTS, "off",
           "assumed: maps are placed by lifetime, so reading one while writing another needs no halves", "uram288",
           "128-4096", "1,2,4,8"),
    BUFFER("bit_weights", BUFFER_BIT_WEIGHTS, "512",
           "assumed: all 348 words of NeuroBlend-20 resident (16 PEs, one word, window packed); one block RAM deep",
           "1", TWO_PORTS, "off", "assumed: the weights are resident", "bram36", "128-1024", "1"),
    BUFFER("fixed_weights", BUFFER_FIXED_WEIGHTS, "512",
           "assumed: all 129 words of NeuroBlend-20 with a 1x1 skip beside each of 18 convolutions (16 x 16); one "
           "block RAM deep",
           "1", TWO_PORTS, "off", "assumed: the weights are resident", "bram36", "256-1024", "1,2"),
    BUFFER("parameters", BUFFER_PARAMETERS, "512",
           "assumed: all 44 words of NeuroBlend-20 resident (16 lanes); one block RAM deep", "1", TWO_PORTS, "off",
           "assumed: the parameters are resident", "bram36", "32-512", "1,2"),
    BUFFER("border", BUFFER_BORDER, "512",
           "assumed: all 378 words of NeuroBlend-20 resident (9 border classes, 16 PEs); one block RAM deep", "2",
           TWO_PORTS, "off", "assumed: the constants are resident", "bram36", "128-512", "1,2,4"),
    BUFFER("accumulators", BUFFER_ACCUMULATORS, "512",
           "assumed: two halves of 8 rows; a row of every NeuroBlend-20 layer is 32 words at 16 PEs", "1", OWN_PORTS,
           "on", "assumed: the post unit empties one half while the engine fills the other", "bram36", "128-512", "1"),
    BUFFER("skip_sums", BUFFER_SKIP_SUMS, "512",
           "assumed: two halves of 8 rows; a row of every NeuroBlend-20 layer is 32 words at 16 columns", "1",
           OWN_PORTS, "on", "assumed: the post unit empties one half while the engine fills the other", "bram36",
           "64-512", "1"),
    BUFFER("output", BUFFER_OUTPUT, "512", "assumed: scores and 16 rows of a spilled map; one block RAM deep", "1",
           TWO_PORTS, "on", "assumed: the store empties one half while the post unit fills the other", "bram36",
           "48-512", "1,2,4"),

    {"binary_engine", "pes", "1", WHOLE, AT(binary_pes), "16", 1, 1024, NULL,
     "Output channels computed in parallel. A power of two.",
     "assumed: 16 channels is NeuroBlend-20's narrowest layer, so no PE is ever idle; more would be idle in its first "
     "stage",
     TIMING_STRUCTURAL, "2,4,8,16"},
    {"binary_engine", "words", "48-bit words", WHOLE, AT(binary_words), "1", 1, 12, NULL,
     "48-bit lanes (one DSP48E2 each) of a PE, used in one cycle: 1, 2, 3, 4, 6 or 12.",
     "assumed: with packing = window and stride 1 the former takes 3 words for a 3x3 window of 16 channels and the "
     "lanes "
     "3 cycles: one lane is what one read port can feed",
     TIMING_STRUCTURAL, "1,2,3,6"},
    {"binary_engine", "packing", "1", WORD, AT(binary_packing), "window", 0, 1, "channel|window",
     "channel: a lane word holds channels of one tap. window: it holds bits of the whole window, gathered in a "
     "register.",
     "assumed: a 3x3 window of 16, 32, 64 channels is 3, 6, 12 whole 48-bit words, so every lane bit is used; channel "
     "packing "
     "fills a third of the lane at 16 channels",
     TIMING_STRUCTURAL, "0,1"},
    {"binary_engine", "fabric", "1", WORD, AT(binary_fabric), "dsp", 0, 2, "dsp|lut|fused",
     "XNOR in DSP48E2 (48 bit each), in LUTs, or fused with the first adder level.",
     "NeuroBlend abstract: DSP blocks compute 48-bit bitwise logic", TIMING_STRUCTURAL, "0,1,2"},
    {"binary_engine", "popcount", "1", WORD, AT(binary_popcount), "lut", 0, 1, "lut|dsp",
     "Accumulation of the counts in LUTs, or in DSP48E2 (one cycle more).",
     "assumed: the source does not say; a 16-bit LUT accumulator costs 16 LUTs and no latency", TIMING_STRUCTURAL,
     "0,1"},
    {"binary_engine", "accumulator_bits", "bits", WHOLE, AT(binary_accumulator_bits), "16", 16, 24, NULL,
     "Width of a signed sum: 16 or 24.", "assumed: NeuroBlend-20's largest window has 576 bits, NeuroBlend-18's 4,608",
     TIMING_STRUCTURAL, "16,24"},
    {"binary_engine", "window_bits", "bits", WHOLE, AT(binary_window_bits), "576", 48, 65536, NULL,
     "Window register (packing = window): the largest kernel x kernel x channels.",
     "assumed: the largest 3x3 window of NeuroBlend-20 (64 channels); NeuroBlend-18 needs 4,608", TIMING_STRUCTURAL,
     "576,768,1024"},
    {"binary_engine", "window_reads", "1", WHOLE, AT(binary_window_reads), "1", 1, 4, NULL,
     "Words of a window's column that the former reads in one cycle (packing = window); bit_activations is held that "
     "many times.",
     "assumed: one, the one read port of one memory; an engine with line buffers reads a column of three",
     TIMING_STRUCTURAL, "1,2,3,4"},

    {"fixed_engine", "rows", "1", WHOLE, AT(fixed_rows), "16", 1, 256, NULL,
     "Input channels multiplied in parallel. A power of two.",
     "assumed: 16 channels, the narrowest map: a 1x1 skip pixel of the first stage takes one cycle", TIMING_STRUCTURAL,
     "2,4,8,16"},
    {"fixed_engine", "columns", "1", WHOLE, AT(fixed_columns), "16", 1, 256, NULL,
     "Output channels computed in parallel. A power of two.",
     "assumed: as binary_engine.pes, so that main and skip sums arrive "
     "in equal words",
     TIMING_STRUCTURAL, "2,4,8,16"},
    {"fixed_engine", "weight_bits", "bits", WHOLE, AT(fixed_weight_bits), "auto", 2, 16, "auto",
     "Weight width the lanes are built for; auto: the trace's largest.", "assumed: the lanes are built for the network",
     TIMING_STRUCTURAL, "2,4,8,16"},
    {"fixed_engine", "activation_bits", "bits", WHOLE, AT(fixed_activation_bits), "auto", 2, 16, "auto",
     "Activation width the lanes are built for; auto: the trace's largest.",
     "assumed: the lanes are built for the network", TIMING_STRUCTURAL, "8,12,16"},
    {"fixed_engine", "accumulator_bits", "bits", WHOLE, AT(fixed_accumulator_bits), "32", 32, 48, NULL,
     "Width of a signed sum: 32 or 48.",
     "assumed: 8 x 16 bit products of 512 inputs need 33 bits only at their extreme; "
     "the mapper checks",
     TIMING_STRUCTURAL, "32,48"},

    {"post_unit", "lanes", "1", WHOLE, AT(post_lanes), "16", 1, 16, NULL,
     "Channels processed in parallel: 1, 2, 4, 8, 16; divides pes, columns and rows.",
     "assumed: one pixel of 16 channels a cycle, the rate of the fixed engine", TIMING_STRUCTURAL, "1,2,4,8,16"},
    {"post_unit", "mode", "1", WORD, AT(post_mode), "inline", 0, 1, "inline|separate",
     "inline: works on finished rows beside the engines. separate: a pass of its own after them.",
     "assumed: overlap is what ping-pong accumulators are built for; FracBNN shows what separate passes cost",
     TIMING_RUNTIME, "0,1"},

    {"mapper", "weights", "1", WORD, AT(mapper_weights), "auto", 0, 3, "auto|resident|layer|tile",
     "Where weights, parameters and border constants live: all resident, loaded per layer or per tile; auto: the first "
     "of "
     "these that fits.",
     "assumed: what stays on chip costs no memory traffic", TIMING_RUNTIME, "0,1,2,3"},
    {"mapper", "maps", "1", WORD, AT(mapper_maps), "auto", 0, 3, "auto|resident||spilled",
     "Where maps live: resident, spilled (every map goes through DDR); auto: resident where they fit.",
     "assumed: what stays on chip costs no memory traffic", TIMING_RUNTIME, "0,1,3"},
    {"mapper", "band_rows", "rows", WHOLE, AT(mapper_band_rows), "auto", 1, 65535, "auto",
     "Most output rows one command computes; auto: as many as fit.", "assumed: long commands cost the fewest fetches",
     TIMING_RUNTIME, "0,1,2,3,4"},

    {"streaming", "pipeline", "1", WORD, AT(streaming_pipeline), "stalling", 0, 1, "stalling|flushing",
     "stalling: a stage without input stops whole, results in flight wait (HLS). flushing: they move on.",
     "deduced from BNN-PYNQ's public source and boards: a single CNV image takes 1.4 times the bottleneck",
     TIMING_STRUCTURAL, "0,1"},
    {"streaming", "folding", "1", TEXT, AT(streaming_folding), "auto", 1, 0, NULL,
     "PE/SIMD of each layer in order, as \"16/3 32/32\"; a layer with a skip path PE/SIMD+PE/SIMD. auto: chosen.",
     "assumed: chosen for the device where nothing is published", TIMING_STRUCTURAL, ""},
    {"streaming", "target_frames_per_s", "frames/s", WHOLE, AT(streaming_target_frames_per_s), "none", 1, 100000000,
     "none", "folding = auto: folds no further than this rate needs; none: as far as the budget allows.",
     "assumed: the fastest that fits", TIMING_STRUCTURAL, "0,20000-1000000"},
    {"streaming", "budget_percent", "%", WHOLE, AT(streaming_budget_percent), "70", 1, 100, NULL,
     "folding = auto: share of what is usable on the device (LUT, FF, BRAM36, URAM, DSP) that the stages may take.",
     "assumed: designs beyond about 70 % of the LUTs seldom close timing", TIMING_STRUCTURAL, "1-100"},
    {"streaming", "fifo_words", "words", TEXT, AT(streaming_fifo_words), "auto", 1, 0, NULL,
     "Depths of links, as \"input:128 L0:128 L1.pool:81\". auto: fifo_depth_words, and what skip paths need to run.",
     "assumed: only BNN-PYNQ's depths are published", TIMING_RUNTIME, ""},
    {"streaming", "fifo_depth_words", "words", WHOLE, AT(streaming_fifo_depth_words), "2", 0, 1048576, NULL,
     "Depth of every FIFO that is not named; 0 and 1 are built as 2.",
     "Vivado HLS: a stream without a pragma holds 2 words in a dataflow region", TIMING_RUNTIME, "0-508"},
    {"streaming", "link", "1", WORD, AT(streaming_link), "direct", 0, 2, "pixel|direct|plane",
     "Words between layers: pixel: all channels of a pixel (two converters). plane: as many bits as a pixel has "
     "channels, so a pixel of 2-bit values is two words. direct: PE to SIMD in one converter.",
     "BNN-PYNQ joins layers by 64, 128 or 256 bits for as many channels, be they of one or two bits, the FINN compiler "
     "directly (public sources)",
     TIMING_STRUCTURAL, "0,1,2"},
    {"streaming", "vector_bits", "bits", WHOLE, AT(streaming_vector_bits), "64", 1, 4096, NULL,
     "link = pixel or plane: width of the words between fully connected layers.", "BNN-PYNQ, public source: 64",
     TIMING_STRUCTURAL, "1-256"},
    {"streaming", "dma_word_bits", "bits", WHOLE, AT(streaming_dma_word_bits), "64", 8, 1024, NULL,
     "Bits the input and output DMA move in a cycle.", "BNN-PYNQ, public source: 64", TIMING_STRUCTURAL, "8-512"},
    {"streaming", "dma_start_cycles", "cycles", WHOLE, AT(streaming_dma_start_cycles), "60", 0, 1000000, NULL,
     "From the start to the first word of the input DMA.", "assumed: a first read from DDR memory behind an AXI port",
     TIMING_RUNTIME, "0-200"},
    {"streaming", "converter_latency_cycles", "cycles", WHOLE, AT(streaming_converter_latency_cycles), "1", 1, 64, NULL,
     "Pipeline steps of a width converter; 1: takes and gives in one cycle. A property of the tool that built it.",
     "chosen for each build from one measured row (reports/reference)", TIMING_STRUCTURAL, "1-34"},
    {"streaming", "converter_step_ratio", "1", WHOLE, AT(streaming_converter_step_ratio), "none", 2, 65536, "none",
     "Converters that narrow a word at least this many times have one pipeline step more. A property of the tool.",
     "deduced from measured batches of 1, 3 and 1,330 frames (reports/README.md); chosen for each build there",
     TIMING_STRUCTURAL, "0,2-16"},
    {"streaming", "window_latency_cycles", "cycles", WHOLE, AT(streaming_window_latency_cycles), "4", 2, 64, NULL,
     "Pipeline steps of a window unit.", "assumed: address, memory read, output register", TIMING_STRUCTURAL, "2-64"},
    {"streaming", "matrix_latency_cycles", "cycles", WHOLE, AT(streaming_matrix_latency_cycles), "7", 3, 64, NULL,
     "Pipeline steps of a matrix or depthwise unit.", "assumed: weight read, products, adder tree, thresholds",
     TIMING_STRUCTURAL, "3-64"},
    {"streaming", "pool_latency_cycles", "cycles", WHOLE, AT(streaming_pool_latency_cycles), "2", 1, 64, NULL,
     "Pipeline steps of a pool.", "assumed: a comparison and an output register", TIMING_STRUCTURAL, "1-35"},
    {"streaming", "point_latency_cycles", "cycles", WHOLE, AT(streaming_point_latency_cycles), "3", 1, 64, NULL,
     "Pipeline steps of pad, fork, join, point and label stages.",
     "assumed: two multiplications and a sum in registers", TIMING_STRUCTURAL, "1-64"},
    {"streaming", "pool_overhead_cycles", "cycles", WHOLE, AT(streaming_pool_overhead_cycles), "3", 0, 64, NULL,
     "Cycles between the rows of a pool.", "assumed: leaving one loop and entering the next", TIMING_STRUCTURAL,
     "0-64"},
    {"streaming", "memories", "1", WORD, AT(streaming_memories), "shared", 0, 1, "shared|partitioned",
     "shared: one memory of weights and one of thresholds a layer, as wide as its lanes. partitioned: one a PE, and "
     "one a "
     "PE and threshold; a window keeps each block of rows in a memory, a matrix unit its input vector in registers.",
     "partitioned: BNN-PYNQ, top.cpp and its HLS library (public source); shared: the Verilog here, and the FINN "
     "compiler's "
     "decoupled weights",
     TIMING_NONE, ""},

    {"compile", "skip_weight_bits", "bits", WHOLE, AT(compile_skip_weight_bits), "8", 1, 16, NULL,
     "Weights of skip convolutions.",
     "assumed: 8 bits agree with the paper's stated 3.5x smaller BlendMixer if the skip path has as "
     "many weights as the main path",
     TIMING_STRUCTURAL, "1-16"},
    {"compile", "stem_weight_bits", "bits", WHOLE, AT(compile_stem_weight_bits), "8", 1, 16, NULL,
     "Weights of the first convolution.", "assumed: as the skip path, the same lanes compute it", TIMING_STRUCTURAL,
     "1-16"},
    {"compile", "head_weight_bits", "bits", WHOLE, AT(compile_head_weight_bits), "8", 1, 16, NULL,
     "Weights of the fully connected layer.", "assumed: as the skip path, the same lanes compute it", TIMING_STRUCTURAL,
     "1-16"},
    {"compile", "map_bits", "bits", WHOLE, AT(compile_map_bits), "16", 2, 16, NULL, "Fixed-point maps, sign included.",
     "FracBNN's released accelerator: 16-bit feature maps", TIMING_STRUCTURAL, "3-16"},
    {"compile", "map_fraction_bits", "bits", WHOLE, AT(compile_map_fraction_bits), "auto", 1, 15, "auto",
     "Bits of a map behind the binary point; auto: map_bits - 5, at least 1.",
     "sign and 4 integer bits: the largest magnitude in the shipped network's maps is 12.2 (2,000 training images)",
     TIMING_NONE, ""},
    {"compile", "parameter_bits", "bits", WHOLE, AT(compile_parameter_bits), "16", 4, 16, NULL,
     "Scale A and the two slopes MP, MN of the post unit.",
     "assumed: the parameter record holds 16 bits of each; one DSP48E2 operand", TIMING_NONE, ""},
};

const size_t config_parameter_count = sizeof config_parameters / sizeof config_parameters[0];
