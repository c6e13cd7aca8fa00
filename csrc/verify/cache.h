/* SPDX-License-Identifier: Apache-2.0 */
/* The cache of valid signatures as verify_many.c uses it. */
#ifndef PA_VERIFY_CACHE_H
#define PA_VERIFY_CACHE_H

#include "pyaccel/cache.h"
#include "verify.h"

/* found[i] and the tag of row i, for i < n <= PTRDIFF_MAX / 32, as pyaccel_cache_look_up. OK; INVALID_ARGUMENT for a bad offset
 * or key index; OUT_OF_MEMORY: found and tags are then undefined. */
pyaccel_status pa_cache_look_up(uint8_t *found, uint8_t *tags, pyaccel_cache *cache,
                                uint32_t scheme, const pa_verify_job *job, uint64_t n,
                                uint32_t threads);

/* Verifies n > 0 rows of a checked job (verify_many.c): verdicts and, unless reasons is NULL, those. */
pyaccel_status pa_verify_rows(uint8_t *verdicts, uint8_t *reasons,
                              const struct pa_verify_kernel *kernel, const pa_verify_job *job,
                              uint64_t n, uint32_t threads, pyaccel_progress progress, void *user);

/* The same of what options->cache does not know, in blocks of rows (verify_cached.c). */
pyaccel_status pa_verify_cached(uint8_t *verdicts, const struct pa_verify_kernel *kernel,
                                const pa_verify_job *job, uint64_t n,
                                const pyaccel_verify_options *options);

/* The arguments of pyaccel_verify_many as a job, checked but for outputs (verify_many.c). Before: pa_bind() said OK, options
 * are of the known size. */
pyaccel_status pa_verify_job_of(pa_verify_job *job, const struct pa_verify_kernel **kernel,
                                pa_family *family, uint32_t scheme, const pyaccel_rows *public_keys,
                                const pyaccel_rows *messages, const pyaccel_rows *signatures,
                                uint64_t n, const pyaccel_verify_options *options);

/* True when the size bytes at out share none with what the job's n rows are made of. */
bool pa_verify_apart(const pa_verify_job *job, uint64_t n, const uint8_t *out, uint64_t size);

#endif
