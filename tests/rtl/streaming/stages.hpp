// The instances of the ns_ modules: their parameters, and the hexadecimal files of their memories.
#ifndef TESTS_RTL_STREAMING_STAGES_HPP
#define TESTS_RTL_STREAMING_STAGES_HPP

#include <cstdio>
#include <string>

#include "pipeline.hpp"

// Writes the instance of one stage, and its memory files to the folder `out` with names that begin with `prefix`. Ends
// the program where the stage cannot be built.
void write_stage(std::FILE *file, const pipeline &pipe, size_t number, const std::string &out,
                 const std::string &prefix, long flushing);

#endif
