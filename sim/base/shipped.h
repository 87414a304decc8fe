/* Finding files that come with the program: in the current folder first, then beside the installed program, then in the
 * source tree it was built from. */
#ifndef SIM_BASE_SHIPPED_H
#define SIM_BASE_SHIPPED_H

#include <stddef.h>

#include "sim/base/status.h"

enum { SHIPPED_PLACES = 2 };

/* Folder number `place` < SHIPPED_PLACES that may hold shipped files: PREFIX/share/nbsim of the running program
 * PREFIX/bin/nbsim, then the source tree. Empty text where it is not known. */
void shipped_place(int place, char *folder, size_t folder_bytes);

/* `folder` is "configs", "configs/devices" ...; `name` as the user gave it. A name with a '/' or that exists as given
 * is taken as it is; a bare one is looked up in the shipped folder. STATUS_IO when it is nowhere, naming where it was
 * looked for. */
enum status shipped_find(const char *folder, const char *name, char *path, size_t path_bytes, struct error *error);

/* The same, but a bare name is looked up in `folder` alone: below the current folder, then among the shipped files (a
 * file of that name in the current folder itself is something else). */
enum status shipped_find_in(const char *folder, const char *name, char *path, size_t path_bytes, struct error *error);

#endif
