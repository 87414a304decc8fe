/* See nbreport_options.h. */
#include "reports/nbreport_options.h"

#include <stddef.h>

#define AT(member) offsetof(struct report_arguments, member)
static const struct option option_rows[] = {
    {OPTION_SECTION, .help = "What is read and written"},
    {OPTION_TEXT, "db", 0, "FILE", .offset = AT(db),
     .help = "Database of nbsim and nbexplore. Default nbsim.db in the current folder."},
    {OPTION_TEXT, "out", 'o', "FOLDER", .offset = AT(out),
     .help = "Where the files go; made if it is missing. Default: figures."},
    {OPTION_TEXT, "name", 'n', "NAME", .offset = AT(name),
     .help = "Name of the files without ending. Default: the figure's name; report."},
    {OPTION_SECTION, .help = "Of a run (attribution, report)"},
    {OPTION_TEXT, "run", 'r', "ID", .offset = AT(run), .help = "Id or its beginning. Default: the only run."},
    {OPTION_TEXT, "unit", 'u', "UNIT", .offset = AT(unit),
     .help = "binary_engine, fixed_engine, post_unit, load, store or sequencer. Default: the one that works in the "
             "most cycles."},
    {OPTION_SECTION, .help = "Of a sweep (latency, pareto, organisation, accuracy)"},
    {OPTION_TEXT, "sweep", 's', "NAME", .offset = AT(sweep), .help = "Default: the only sweep."},
    {OPTION_TEXT, "where", 'w', "CONDITION", .offset = AT(where),
     .help = "Only points that fulfil it, as in nbexplore: figures and axes with = != < <= > >= + - * / and or not "
             "( ), texts in single quotes. Default for pareto: that of the sweep (1: all points)."},
    {OPTION_TEXT, "x", 'x', "PARAMETER", .offset = AT(x),
     .help = "Horizontal axis. Default: binary_engine.pes; accuracy: compile.skip_weight_bits."},
    {OPTION_TEXT, "line", 'l', "PARAMETER", .offset = AT(line),
     .help = "A line for each of its values. Default: the first of the bit widths, binary_engine.words and the other "
             "axes that makes a difference; organisation: machine.organisation; accuracy: compile.map_bits."},
    {OPTION_TEXT, "y", 'y', "FIGURE", .offset = AT(y),
     .help = "latency, organisation: the vertical axis, as nbexplore figures lists them. Default: latency_ms."},
    {OPTION_TEXT, "objectives", 0, "X,Y", .offset = AT(objectives),
     .help = "pareto: two figures or axes; min:NAME or max:NAME where the direction is not the usual one. Default: "
             "the first two of the sweep, else latency_ms,power_w."},
    {OPTION_SECTION, .help = "Of a comparison with measured boards (compare)"},
    {OPTION_TEXT, "reference", 0, "FILE", .offset = AT(reference),
     .help = "Measured rows (CSV); configurations are looked for beside it, then among the shipped ones. Default: the "
             "shipped reports/reference/boards.csv, with the figures of the NeuroBlend paper."},
    {OPTION_TEXT, "rows", 0, "IDS", .offset = AT(rows),
     .help = "Only these rows, by comma; a * at the end of an id stands for any rest."},
    {OPTION_WORD, "format", 'f', "FORMAT", .words = "table|csv", .offset = AT(format),
     .help = "table or csv. Default: table."},
    {OPTION_TEXT, "plot", 0, "FILE", .offset = AT(plot),
     .help = "Parity plot: NAME.svg, .pdf or .png; the other two, data and script are written beside it."},
    {OPTION_SECTION, .help = "About"},
    {OPTION_FLAG, "version", 0, .offset = AT(version), .help = "Prints the version."},
    {OPTION_FLAG, "help", 'h', .offset = AT(help), .help = "Prints this."},
};

static const char *const synopsis[] = {
    "nbreport figure attribution|latency|pareto|organisation|accuracy [--db FILE] [options]",
    "nbreport report [--db FILE] [--run ID]", "nbreport list [--db FILE]",
    "nbreport compare [--reference FILE.csv] [--format table|csv] [--plot FILE.svg]", NULL};
static const char *const examples[] = {
    "nbreport list --db results.db",
    "what is in it, and the command of each figure it allows",
    "nbreport figure attribution --db nbsim.db --run 3f2a --unit post_unit",
    "what the post unit does in each layer",
    "nbreport figure latency --db results.db --sweep pe_bits --line binary_engine.words --where \"fits=1\"",
    "latency against PEs, a line for each number of words",
    "nbreport figure pareto --db results.db --objectives latency_ms,lut --where \"fits=1 and top1>=0.88\"",
    "the front, and what it beats",
    "nbreport figure accuracy --db results.db --out paper/figures --name skip_bits",
    "top-1 against the bits of the skip path's weights",
    "nbreport report --run 3f2a --out report",
    "report/report.md: the run's tables with its attribution",
    "nbreport compare --plot figures/parity.pdf",
    "measured boards, simulated and error, with a plot",
    "nbreport compare --reference my_board.csv",
    "a board of one's own",
    NULL};
static const char *const notes[] = {
    "Files: NAME.svg, NAME.pdf and NAME.png (88 mm wide, 8 pt), NAME.csv with the data and NAME.gp, the gnuplot script "
    "that draws it again. Their paths are printed; what a caption should say follows on standard error.",
    "The same data give the same bytes with the same gnuplot and fonts.",
    "Exit status: 0 ok; 2 wrong usage; 3 nothing to draw or malformed input; 4 a file or database cannot be read or "
    "written, or gnuplot is missing; 5, 6 a row of compare cannot be mapped or gets stuck (all others are printed); 7 "
    "interrupted (compare); 8 out of memory.",
    NULL};

const struct options nbreport_options = {
    .program = "nbreport",
    .summary = "Figures and pages from a result database, and the comparison with measured boards.",
    .synopsis = synopsis,
    .rows = option_rows,
    .row_count = sizeof option_rows / sizeof option_rows[0],
    .arguments_offset = AT(words),
    .arguments_maximum = 2,
    .examples = examples,
    .notes = notes};
