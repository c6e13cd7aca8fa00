/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges of a batch over threads, each with a scratch of its own. */
#ifndef PA_VERIFY_VERIFY_RUN_H
#define PA_VERIFY_VERIFY_RUN_H

#include "../core/internal.h"

/* Works on rows [first, last). scratch: 64-byte aligned, not initialised, for this call alone; NULL
 * where scratch_size is 0. */
typedef pyaccel_status pa_verify_range_fn(void *context, uint64_t first, uint64_t last,
                                          void *scratch);

/* Rows a range: as many as `most`, which a kernel likes best, but every thread gets its share, so
 * that a commit of 150 validators spreads too. n > 0. */
uint64_t pa_verify_range_rows(uint64_t most, uint32_t threads, uint64_t n);

/* Runs fn over [0, n) in ranges of `rows`, as pa_parallel; scratch_size: bytes that any of them
 * needs. Returns what pa_parallel does, or OUT_OF_MEMORY. */
pyaccel_status pa_verify_run(pa_verify_range_fn *fn, void *context, uint64_t n, uint64_t rows,
                             uint64_t scratch_size, uint32_t threads, pyaccel_progress progress,
                             void *user);

#endif
