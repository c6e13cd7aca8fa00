/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that rows of one call repeat often enough to be prepared for it. */
#ifndef PA_VERIFY_REPEATED_KEYS_H
#define PA_VERIFY_REPEATED_KEYS_H

#include "verify.h"

/* Bytes that the entries of a call may take; keys that do not fit are decoded row by row. */
#define PA_REPEATED_MEMORY ((uint64_t)16 << 20)

/* NULL where no key of the job's n rows comes so often, where keys are prepared already, where the scheme gains nothing by it, or
 * where there is no memory: the call then does without. A bad offset or key index is left to whoever reads that row. */
struct pa_repeated_keys *pa_repeated_keys_new(const struct pa_verify_kernel *kernel,
                                              const pa_verify_job *job, uint64_t n,
                                              uint32_t threads);
void pa_repeated_keys_free(struct pa_repeated_keys *keys);

#endif
