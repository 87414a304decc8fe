/* See plot.h. The three terminals of gnuplot measure differently, so each has its own scale: font sizes of the cairo
 * terminals count in 1/96 inch, PDF lines in half points, SVG lines in points (the picture's own unit), PNG lines in
 * pixels of 300 dpi. PDF carries the moment it was made and gnuplot cannot leave that out: the digits are replaced by a
 * fixed date of the same length, which keeps the file's table of offsets right. Left out: subfigures, colour maps.
 */
#include "reports/plot.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEXT_DATA, TEXT_SETTINGS, TEXT_COMMAND, MESSAGE_BYTES = 400 };

static const double width_mm = 88, points_per_mm = 72 / 25.4, png_dots_per_mm = 300 / 25.4;
static const double row_points = 9.3, letter_points = 4.4,
                    key_points = 200; /* a line, a mean letter, room of the key */
static const char font[] = "Liberation Sans,8";
enum picture { PICTURE_PDF, PICTURE_PNG, PICTURE_SVG, PICTURES };
static const char *const picture_endings[PICTURES] = {"pdf", "png", "svg"};

/* Blue first, yellow never: it does not show as a line on white. */
static const struct {
	const char *colour;
	int point;
} series[PLOT_SERIES_MAX] = {
    {PLOT_BLUE, 7},    {PLOT_VERMILLION, 5}, {PLOT_GREEN, 9}, {PLOT_PURPLE, 13},
    {PLOT_ORANGE, 11}, {PLOT_SKY, 15},       {PLOT_BLACK, 6}, {"#707070", 4},
};

enum status plot_open(struct plot *plot, const char *folder, const char *name, double height_mm, struct error *error) {
	memset(plot, 0, sizeof *plot);
	if (!name[0] || name[0] == '.' || name[0] == '-' || strlen(name) >= sizeof plot->name ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != strlen(name))
		return error_set(error, STATUS_USAGE,
		                 "figure name '%.100s': expected letters, digits, '_', '-' and '.', at most %d", name,
		                 PLOT_NAME_BYTES - 1);
	if (!folder[0] || strlen(folder) >= sizeof plot->folder - PLOT_NAME_BYTES - 8)
		return error_set(error, STATUS_USAGE, "--out '%.100s': expected the name of a folder", folder);
	snprintf(plot->folder, sizeof plot->folder, "%s", folder);
	snprintf(plot->name, sizeof plot->name, "%s", name);
	plot->height_mm = height_mm;
	plot->bottom_points = 28;
	plot->data = open_memstream(&plot->texts[TEXT_DATA], &plot->text_bytes[TEXT_DATA]);
	plot->settings = open_memstream(&plot->texts[TEXT_SETTINGS], &plot->text_bytes[TEXT_SETTINGS]);
	plot->command = open_memstream(&plot->texts[TEXT_COMMAND], &plot->text_bytes[TEXT_COMMAND]);
	if (!plot->data || !plot->settings || !plot->command)
		return error_set(error, STATUS_MEMORY, "%s: out of memory", name);
	return STATUS_OK;
}

static void close_stream(FILE **stream, int *failed) {
	if (*stream && (ferror(*stream) | fclose(*stream))) *failed = 1;
	*stream = NULL;
}

/* Whether everything the caller wrote is there. */
static int end_texts(struct plot *plot) {
	int failed = 0;
	close_stream(&plot->data, &failed);
	close_stream(&plot->settings, &failed);
	close_stream(&plot->command, &failed);
	return !failed;
}

void plot_close(struct plot *plot) {
	end_texts(plot);
	for (int i = 0; i < 3; i++) {
		free(plot->texts[i]);
		plot->texts[i] = NULL;
	}
}

static void file_path(const struct plot *plot, const char *ending, char path[PATH_MAX]) {
	snprintf(path, PATH_MAX, "%.*s/%s.%s", PATH_MAX - PLOT_NAME_BYTES - 8, plot->folder, plot->name, ending);
}

/* Room above the picture: the key and `more` points. */
static void write_top(const struct plot *plot, double more, FILE *out) {
	fprintf(out, "set tmargin at screen %.3f\n",
	        1 - (plot->key_rows * row_points + 6 + more) / (plot->height_mm * points_per_mm));
}

static void write_style(const struct plot *plot, FILE *out) {
	fputs("set encoding utf8\n"
	      "set datafile separator ','\n"
	      "set border 3 linewidth 1 linecolor rgb '#404040'\n"
	      "set tics out nomirror scale 0.5, 0.25 textcolor rgb '#000000'\n"
	      "set grid ytics linetype 1 linecolor rgb '#E0E0E0' linewidth 0.7\n"
	      "set key off\nset lmargin at screen 0.165\nset rmargin at screen 0.98\n",
	      out);
	fprintf(out, "set bmargin at screen %.3f\n", plot->bottom_points / (plot->height_mm * points_per_mm));
	write_top(plot, 0, out);
	for (int i = 0; i < PLOT_SERIES_MAX; i++)
		fprintf(out,
		        "set style line %d linecolor rgb '%s' linetype 1 linewidth 1.8 pointtype %d pointsize 0.45\n",
		        i + 1, series[i].colour, series[i].point);
}

static void write_terminal(const struct plot *plot, enum picture picture, FILE *out) {
	double height = plot->height_mm;
	switch (picture) {
	case PICTURE_PDF:
		fprintf(out,
		        "set terminal pdfcairo noenhanced size %.1fcm,%.1fcm font '%s' fontscale 0.75 linewidth 1\n",
		        width_mm / 10, height / 10, font);
		break;
	case PICTURE_PNG:
		fprintf(out,
		        "set terminal pngcairo noenhanced size %.0f,%.0f font '%s' fontscale 3.125 linewidth 2.08 "
		        "pointscale 4\n",
		        width_mm * png_dots_per_mm, height * png_dots_per_mm, font);
		break;
	default: /* the last one: its letters count as larger, which the key and the ticks are corrected for */
		fprintf(out,
		        "set terminal svg noenhanced size %.0f,%.0f font '%s' fontscale 1 linewidth 0.5 name '%s' "
		        "background '#FFFFFF'\n",
		        width_mm * points_per_mm, height * points_per_mm, font, plot->name);
		fprintf(out, "set xtics %s\n", plot->bottom_points > 30 ? "offset 0, 0" : "offset 0, 0.35");
		if (plot->key_rows > 0) fprintf(out, "set key spacing 0.75 width %.1f\n", plot->key_width - 1.5);
		if (plot->key_rows > 0) write_top(plot, plot->key_has_title ? 7 : 2, out);
	}
	fprintf(out, "set output '%s.%s'\n", plot->name, picture_endings[picture]);
}

static enum status write_script(const struct plot *plot, struct error *error) {
	char path[PATH_MAX];
	file_path(plot, "gp", path);
	FILE *out = fopen(path, "w");
	if (!out) return error_set(error, STATUS_IO, "%.900s: cannot be written: %s", path, strerror(errno));
	fprintf(out, "# Draws %s.svg, .pdf and .png from %s.csv: gnuplot %s.gp in this folder. Written by nbreport.\n",
	        plot->name, plot->name, plot->name);
	write_style(plot, out);
	fputs(plot->texts[TEXT_SETTINGS], out);
	for (int i = 0; i < PICTURES; i++) {
		write_terminal(plot, (enum picture)i, out);
		fputs(i ? "replot" : plot->texts[TEXT_COMMAND], out);
		fputs("\nset output\n", out);
	}
	int failed = ferror(out);
	if (fclose(out) || failed) return error_set(error, STATUS_IO, "%.900s: cannot be written completely", path);
	return STATUS_OK;
}

static enum status write_data(const struct plot *plot, struct error *error) {
	char path[PATH_MAX];
	file_path(plot, "csv", path);
	FILE *out = fopen(path, "w");
	if (!out) return error_set(error, STATUS_IO, "%.900s: cannot be written: %s", path, strerror(errno));
	size_t bytes = plot->text_bytes[TEXT_DATA];
	int failed = fwrite(plot->texts[TEXT_DATA], 1, bytes, out) != bytes;
	if (fclose(out) || failed) return error_set(error, STATUS_IO, "%.900s: cannot be written completely", path);
	return STATUS_OK;
}

/* In the child. Writes errno to `fault` when the program cannot be started. */
static void start_gnuplot(const struct plot *plot, int messages, int fault) {
	char script[PLOT_NAME_BYTES + 4];
	snprintf(script, sizeof script, "%s.gp", plot->name);
	int nothing = open("/dev/null", O_RDWR);
	dup2(nothing, STDIN_FILENO);
	dup2(messages, STDOUT_FILENO);
	dup2(messages, STDERR_FILENO);
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("TZ", "UTC", 1); /* the date in the PDF then ends with Z */
	unsetenv("GNUTERM");
	unsetenv("GNUPLOT_LIB");
	if (chdir(plot->folder) == 0) execlp("gnuplot", "gnuplot", "-d", script, (char *)NULL);
	int number = errno;
	if (write(fault, &number, sizeof number) < 0) _exit(126);
	_exit(127);
}

/* Reads to the end; keeps the first bytes. */
static void read_messages(int from, char *text, size_t text_bytes) {
	char rest[256];
	size_t used = 0;
	for (;;) {
		size_t room = text_bytes - 1 - used;
		ssize_t got = room ? read(from, text + used, room) : read(from, rest, sizeof rest);
		if (got < 0 && errno == EINTR) continue;
		if (got <= 0) break;
		if (room) used += (size_t)got;
	}
	text[used] = '\0';
}

static enum status gnuplot_missing(const struct plot *plot, int number, struct error *error) {
	return error_set(error, STATUS_IO,
	                 "gnuplot: cannot be started: %s; expected Debian's gnuplot-nox; data and script are in "
	                 "%.300s/%s.csv and .gp",
	                 strerror(number), plot->folder, plot->name);
}

/* The first line that says something; gnuplot puts the faulty line and a ^ before it. */
static const char *first_words(char *messages) {
	char *rest = NULL, *first = NULL;
	for (char *line = strtok_r(messages, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (strstr(line, ".gp\" line ") || strstr(line, ".gp' line ")) return line;
		if (!first) first = line;
	}
	return first ? first : "no message";
}

static enum status run_gnuplot(const struct plot *plot, struct error *error) {
	int messages[2], fault[2], number = 0, ended = 0;
	char text[MESSAGE_BYTES];
	if (pipe2(messages, O_CLOEXEC)) return gnuplot_missing(plot, errno, error);
	if (pipe2(fault, O_CLOEXEC)) {
		number = errno;
		close(messages[0]);
		close(messages[1]);
		return gnuplot_missing(plot, number, error);
	}
	pid_t child = fork();
	if (child == 0) start_gnuplot(plot, messages[1], fault[1]);
	if (child < 0) number = errno;
	close(messages[1]);
	close(fault[1]);
	read_messages(messages[0], text, sizeof text);
	if (child > 0 && read(fault[0], &number, sizeof number) != (ssize_t)sizeof number) number = 0;
	close(messages[0]);
	close(fault[0]);
	while (child > 0 && waitpid(child, &ended, 0) < 0 && errno == EINTR) continue;
	if (number) return gnuplot_missing(plot, number, error);
	if (!WIFEXITED(ended) || WEXITSTATUS(ended))
		return error_set(error, STATUS_IO, "gnuplot: %.300s/%s.gp failed: %s", plot->folder, plot->name,
		                 first_words(text));
	return STATUS_OK;
}

/* The whole file; NULL when it cannot be read. Free it. */
static char *read_all(const char *path, size_t *bytes) {
	FILE *in = fopen(path, "rb");
	long end = in && !fseek(in, 0, SEEK_END) ? ftell(in) : -1;
	char *text = end > 0 ? malloc((size_t)end + 1) : NULL;
	if (text) {
		rewind(in);
		*bytes = fread(text, 1, (size_t)end, in);
		text[*bytes] = '\0';
		if (*bytes != (size_t)end) {
			free(text);
			text = NULL;
		}
	}
	if (in) fclose(in);
	return text;
}

static enum status write_all(const char *path, const char *text, size_t bytes, struct error *error) {
	FILE *out = fopen(path, "wb");
	int failed = !out || fwrite(text, 1, bytes, out) != bytes;
	if (out && fclose(out)) failed = 1;
	return failed ? error_set(error, STATUS_IO, "%.900s: cannot be written completely", path) : STATUS_OK;
}

/* Puts a fixed date into the PDF. */
static enum status fix_pdf(const struct plot *plot, struct error *error) {
	static const char key[] = "/CreationDate (D:", date[] = "20000101000000";
	char path[PATH_MAX];
	size_t bytes = 0;
	file_path(plot, "pdf", path);
	char *text = read_all(path, &bytes);
	if (!text) return error_set(error, STATUS_IO, "%.900s: gnuplot has not written it", path);
	char *found = memmem(text, bytes, key, sizeof key - 1);
	enum status status = STATUS_OK;
	if (found && bytes - (size_t)(found - text) > sizeof key + sizeof date) {
		memcpy(found + sizeof key - 1, date, sizeof date - 1);
		status = write_all(path, text, bytes, error);
	}
	free(text);
	return status;
}

/* Gives the SVG its width in millimetres and, where the reader has not our font, another one without serifs. */
static enum status fix_svg(const struct plot *plot, struct error *error) {
	static const char family[] = "font-family=\"Liberation Sans\"", head[] = "<svg \n width=";
	char path[PATH_MAX], *text, *fixed = NULL;
	size_t bytes = 0, fixed_bytes = 0;
	file_path(plot, "svg", path);
	text = read_all(path, &bytes);
	if (!text) return error_set(error, STATUS_IO, "%.900s: gnuplot has not written it", path);
	FILE *out = open_memstream(&fixed, &fixed_bytes);
	for (const char *next = text; out && *next;) {
		if (!strncmp(next, family, sizeof family - 1)) {
			fputs("font-family=\"Liberation Sans, Arial, Helvetica, sans-serif\"", out);
			next += sizeof family - 1;
		} else if (!strncmp(next, head, sizeof head - 1)) {
			fprintf(out, "<svg \n width=\"%gmm\" height=\"%gmm\"", width_mm, plot->height_mm);
			next += sizeof head - 1;
			next += strcspn(next, "\n");
		} else {
			fputc(*next++, out);
		}
	}
	int failed = !out || (ferror(out) | fclose(out));
	enum status status = failed ? error_set(error, STATUS_MEMORY, "%.900s: out of memory", path)
	                            : write_all(path, fixed, fixed_bytes, error);
	free(text);
	free(fixed);
	return status;
}

static enum status make_folder(const struct plot *plot, struct error *error) {
	struct stat found;
	if (mkdir(plot->folder, 0777) == 0) return STATUS_OK;
	int number = errno;
	if (number == EEXIST && stat(plot->folder, &found) == 0 && S_ISDIR(found.st_mode)) return STATUS_OK;
	return error_set(error, STATUS_IO, "%.900s: cannot be made: %s; expected a folder that can be written",
	                 plot->folder, number == EEXIST ? "a file of that name is there" : strerror(number));
}

enum status plot_draw(struct plot *plot, struct error *error) {
	char path[PATH_MAX];
	if (!end_texts(plot)) return error_set(error, STATUS_MEMORY, "%s: out of memory", plot->name);
	enum status status = make_folder(plot, error);
	for (int i = 0; !status && i < PICTURES; i++) {
		file_path(plot, picture_endings[i], path);
		unlink(path);
	}
	if (!status) status = write_data(plot, error);
	if (!status) status = write_script(plot, error);
	if (!status) status = run_gnuplot(plot, error);
	if (!status) status = fix_pdf(plot, error);
	if (!status) status = fix_svg(plot, error);
	return status;
}

void plot_base(const struct plot *plot, char *base) {
	snprintf(base, PATH_MAX, "%.*s/%s", PATH_MAX - PLOT_NAME_BYTES - 8, plot->folder, plot->name);
}

void plot_labels(struct plot *plot, const char *x_label, const char *y_label) {
	/* At places of the picture: gnuplot's own would depend on what each terminal takes for the size of a letter. */
	fputs("set label 1 ", plot->settings);
	plot_quote(plot->settings, x_label);
	fprintf(plot->settings, " at graph 0.5, screen %.3f center\nset label 2 ",
	        6.5 / (plot->height_mm * points_per_mm));
	plot_quote(plot->settings, y_label);
	fputs(" at screen 0.03, graph 0.5 center rotate by 90\n", plot->settings);
}

void plot_key(struct plot *plot, size_t entries, size_t letters, const char *title, double width) {
	size_t columns = (size_t)(key_points / (21 + letter_points * ((double)letters + width)));
	size_t rows = columns ? (entries + columns - 1) / columns : entries;
	plot->key_rows = (double)(rows + (title != NULL));
	plot->key_width = width;
	plot->key_has_title = title != NULL;
	fprintf(plot->settings,
	        "set key on top center outside horizontal reverse Left samplen 1.6 spacing 1 maxrows %zu width %.1f",
	        rows, width);
	if (title) fputs(" title ", plot->settings);
	if (title) plot_quote(plot->settings, title);
	fputc('\n', plot->settings);
}

void plot_log_axis(FILE *out, char axis, double smallest, double largest) {
	static const double steps[] = {1, 2, 5, 10};
	double decade = pow(10, floor(log10(smallest))), low = 0, high = 0;
	fprintf(out, "set logscale %c\nset %ctics (", axis, axis);
	for (; high < largest; decade *= 10)
		for (int i = 0; i < 3 && high < largest; i++) {
			double tick = decade * steps[i];
			if (decade * steps[i + 1] <= smallest) continue;
			if (!(low > 0)) low = tick;
			high = tick;
			fprintf(out, "%s%.9g", low < high ? ", " : "", tick);
		}
	fprintf(out, ")\nset %crange [%.9g:%.9g]\n", axis, low, high);
}

void plot_quote(FILE *out, const char *text) {
	fputc('\'', out);
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;
		if (byte == '\'') fputc('\'', out);
		fputc(byte < ' ' || byte == 127 ? '?' : byte, out);
	}
	fputc('\'', out);
}

void plot_csv_text(FILE *out, const char *text) {
	int quoted = strpbrk(text, ",\"\r\n") != NULL;
	if (quoted) fputc('"', out);
	for (; *text; text++) {
		if (*text == '"') fputc('"', out);
		fputc(*text, out);
	}
	if (quoted) fputc('"', out);
}

void plot_csv_number(FILE *out, double value) {
	if (!isnan(value)) fprintf(out, "%.9g", value);
}
