/* SPDX-License-Identifier: Apache-2.0 */
/* pyaccel_recover_many: checks the call, hands ranges of rows to the kernel of secp256k1, closes the
 * outputs on any failure. */
#include <string.h>

#include "verify.h"
#include "verify_run.h"

#define KEY_SIZE 64
#define ADDRESS_SIZE 20
#define MOST_ROWS ((uint64_t)PTRDIFF_MAX / KEY_SIZE)

static pyaccel_status rule_status(uint32_t rule)
{
    switch (rule) {
    case PYACCEL_RECOVER_SECP256K1:
    case PYACCEL_RECOVER_ETHEREUM_TRANSACTION:
    case PYACCEL_RECOVER_ETHEREUM_PRECOMPILE:
        return PYACCEL_OK;
    default:
        return PYACCEL_INVALID_ARGUMENT;
    }
}

/* True when the size bytes at out share one with an input. */
static bool overlaps_input(const pa_recover_job *job, uint64_t n, const uint8_t *out, uint64_t size)
{
    const pyaccel_rows ids = {.data = job->recovery_ids, .data_size = n, .width = n};
    return pa_rows_overlap(job->digests, n, out, size) ||
           pa_rows_overlap(job->signatures, n, out, size) || pa_rows_overlap(&ids, 1, out, size);
}

/* True when a_size bytes at a and b_size bytes at b share none; NULL has no bytes. */
static bool apart(const uint8_t *a, uint64_t a_size, const uint8_t *b, uint64_t b_size)
{
    const uintptr_t at = (uintptr_t)a, other = (uintptr_t)b;
    return a == NULL || b == NULL || (at < other ? other - at >= a_size : at - other >= b_size);
}

static bool outputs_apart(const pa_recover_job *job, uint64_t n, const uint8_t *keys,
                          const uint8_t *verdicts, const uint8_t *reasons)
{
    const uint64_t keys_size = n * job->key_size;
    return n == 0 || (apart(keys, keys_size, verdicts, n) && apart(keys, keys_size, reasons, n) &&
                      apart(verdicts, n, reasons, n) && !overlaps_input(job, n, keys, keys_size) &&
                      !overlaps_input(job, n, verdicts, n) && !overlaps_input(job, n, reasons, n));
}

static pyaccel_status check_call(pa_recover_job *job, const struct pa_verify_kernel **kernel,
                                 const uint8_t *keys, uint64_t keys_size, const uint8_t *verdicts,
                                 uint64_t n, const pyaccel_recover_options *options)
{
    if (options->reserved != 0 || options->addresses > 1 ||
        rule_status(options->rule) != PYACCEL_OK || !pa_rows_valid(job->digests, n) ||
        !pa_rows_valid(job->signatures, n)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    job->rule = options->rule;
    if (n > 0 && (keys == NULL || verdicts == NULL || keys_size / job->key_size < n)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    if (!outputs_apart(job, n, keys, verdicts, options->reasons)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *kernel = pa_bound(PA_FAMILY_SECP256K1);
    return *kernel == NULL ? PYACCEL_UNSUPPORTED : PYACCEL_OK;
}

typedef struct {
    const struct pa_verify_kernel *kernel;
    const pa_recover_job *job;
    uint8_t *keys;
    uint8_t *reasons;
} run_context;

static pyaccel_status run_range(void *context, uint64_t first, uint64_t last, void *scratch)
{
    const run_context *run = context;
    return run->kernel->recover_range(run->keys, run->reasons, run->job, first, last, scratch);
}

/* Reasons that nobody asked for stand where the verdicts go, until all of them are known. */
static pyaccel_status run(uint8_t *keys, uint8_t *verdicts, const struct pa_verify_kernel *kernel,
                          const pa_recover_job *job, uint64_t n,
                          const pyaccel_recover_options *options)
{
    run_context context = {
        .kernel = kernel,
        .job = job,
        .keys = keys,
        .reasons = options->reasons == NULL ? verdicts : options->reasons,
    };
    const uint64_t rows = pa_verify_range_rows(kernel->range_rows, options->threads, n);
    const uint64_t scratch_size = kernel->recover_scratch_size == NULL
                                      ? 0
                                      : kernel->recover_scratch_size(job, rows < n ? rows : n);
    const pyaccel_status status = pa_verify_run(run_range, &context, n, rows, scratch_size,
                                                options->threads, options->progress, options->user);
    for (uint64_t i = 0; status == PYACCEL_OK && i < n; i++) {
        verdicts[i] = context.reasons[i] == PYACCEL_REASON_NONE;
    }
    return status;
}

pyaccel_status pyaccel_recover_many(uint8_t *keys, uint64_t keys_size, uint8_t *verdicts,
                                    const pyaccel_rows *digests, const pyaccel_rows *signatures,
                                    const uint8_t *recovery_ids, uint64_t n,
                                    const pyaccel_recover_options *options)
{
    const bool readable = options != NULL && options->struct_size == sizeof *options;
    pa_recover_job job = {
        .digests = digests,
        .signatures = signatures,
        .recovery_ids = recovery_ids,
        .key_size = readable && options->addresses == 1 ? ADDRESS_SIZE : KEY_SIZE,
    };
    pyaccel_status status = n > MOST_ROWS || !readable ? PYACCEL_INVALID_ARGUMENT : pa_bind();
    if (status == PYACCEL_OK) {
        const struct pa_verify_kernel *kernel;
        status = check_call(&job, &kernel, keys, keys_size, verdicts, n, options);
        if (status == PYACCEL_OK && n > 0) {
            status = run(keys, verdicts, kernel, &job, n, options);
            pa_count(PA_FAMILY_SECP256K1);
        }
    }
    /* No buffer is longer than that: what n says of them is not to be believed. */
    if (status != PYACCEL_OK && n <= MOST_ROWS) {
        const uint64_t bytes = n * job.key_size;
        if (keys != NULL) {
            memset(keys, 0, (size_t)(bytes < keys_size ? bytes : keys_size));
        }
        if (verdicts != NULL) {
            memset(verdicts, 0, (size_t)n);
        }
        if (readable && options->reasons != NULL) {
            memset(options->reasons, 0, (size_t)n);
        }
    }
    return status;
}
