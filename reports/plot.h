/* The files of one figure: data (CSV), gnuplot script, and the SVG, PDF and PNG that gnuplot makes of them.
 *
 * One style for every figure: one column wide (88 mm), 8 pt, Okabe-Ito colours, thin lines, no title (a paper has its
 * caption). The script is kept: `gnuplot NAME.gp` in the folder draws it again. The same data give the same bytes with
 * the same gnuplot and fonts: no date, locale or setting of the user gets into a file.
 */
#ifndef REPORTS_PLOT_H
#define REPORTS_PLOT_H

#include <limits.h>
#include <stddef.h>
#include <stdio.h>

#include "sim/base/status.h"

enum { PLOT_NAME_BYTES = 128, PLOT_SERIES_MAX = 8 };

/* `data`, `settings` and `command` are written to by the caller between plot_open and plot_draw. */
struct plot {
	FILE *data;     /* the CSV: one header line, then rows */
	FILE *settings; /* gnuplot's `set` lines, each with its newline */
	FILE *command;  /* one `plot` command; its files are named by plot_data_name */
	char folder[PATH_MAX];
	char name[PLOT_NAME_BYTES]; /* of the files, without ending */
	double height_mm;
	double bottom_points; /* room for the ticks and label of the x axis; plot_open sets it for words on one line */
	double key_rows, key_width; /* private: plot_key */
	int key_has_title;
	char *texts[3]; /* private: what was written */
	size_t text_bytes[3];
};

/* Nothing is written to disk before plot_draw. STATUS_USAGE for a name that is no plain file name; STATUS_MEMORY.
 * plot_close in every case. */
enum status plot_open(struct plot *plot, const char *folder, const char *name, double height_mm, struct error *error);

/* Makes the folder if it is missing, writes NAME.csv and NAME.gp, and runs gnuplot, which writes NAME.svg, NAME.pdf and
 * NAME.png; pictures of an earlier figure of that name are gone in any case. STATUS_IO: a file cannot be written, or
 * gnuplot is missing (data and script are there then) or fails (its first line is the message). */
enum status plot_draw(struct plot *plot, struct error *error);

void plot_close(struct plot *plot);

/* Folder and name, without ending: PATH_MAX bytes. */
void plot_base(const struct plot *plot, char *base);

/* The labels of both axes. */
void plot_labels(struct plot *plot, const char *x_label, const char *y_label);

/* A key above the picture for `entries` names of at most `letters` letters, with a title or NULL. `width` changes the
 * room of each entry, in letters. Without it there is no key. */
void plot_key(struct plot *plot, size_t entries, size_t letters, const char *title, double width);

/* `set` lines of a logarithmic axis ('x' or 'y') that holds smallest .. largest (positive), with ticks at 1, 2 and 5
 * times powers of ten. */
void plot_log_axis(FILE *out, char axis, double smallest, double largest);

/* 'text', so that gnuplot takes it as it is. Control characters become '?'. */
void plot_quote(FILE *out, const char *text);

/* A field of the CSV; quoted where it has to be. */
void plot_csv_text(FILE *out, const char *text);

/* %.9g; nothing for NAN. */
void plot_csv_number(FILE *out, double value);

/* Line style numbers 1 .. PLOT_SERIES_MAX of the style: a colour, a filled point and a line each. The colours by name:
 */
#define PLOT_BLACK "#000000"
#define PLOT_ORANGE "#E69F00"
#define PLOT_SKY "#56B4E9"
#define PLOT_GREEN "#009E73"
#define PLOT_YELLOW "#F0E442"
#define PLOT_BLUE "#0072B2"
#define PLOT_VERMILLION "#D55E00"
#define PLOT_PURPLE "#CC79A7"
#define PLOT_GREY "#B0B0B0"

#endif
