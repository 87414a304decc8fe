/* A comparison as a table for people (100 columns), or as CSV. */
#ifndef REPORTS_COMPARISON_TABLE_H
#define REPORTS_COMPARISON_TABLE_H

#include <stdio.h>

#include "reports/comparison.h"
#include "reports/paper_figures.h"

/* Rows with measured and simulated time, statistics with the ids they are of, what was not simulated and why, what is
 * not modelled, resources, and the paper's figures in a block of their own (NULL: none). */
void comparison_print_table(const struct comparison *comparison, const struct paper_figures *paper, FILE *out);

/* block,row_id,grade,use,build,config,frames,name,unit,reference,ours,error_percent,counted,reason: a line for each
 * figure of a row (block time, resources) and of the paper (block paper, without error_percent). */
void comparison_print_csv(const struct comparison *comparison, const struct paper_figures *paper, FILE *out);

#endif
