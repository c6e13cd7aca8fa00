/* SPDX-License-Identifier: Apache-2.0 */
/* pyaccel_verify_many: checks the call, hands ranges of rows to the scheme's kernel, closes the
 * outputs on any failure. */
#include <stdlib.h>
#include <string.h>

#include "cache.h"
#include "prepared_keys.h"
#include "repeated_keys.h"
#include "verify_run.h"

/* Reasons that nobody asked for stay here while they fit. */
#define LOCAL_REASONS 256

/* ---- names ---------------------------------------------------------------------------------- */

pyaccel_status pa_verify_scheme_status(uint32_t scheme)
{
    return scheme >= PYACCEL_SCHEME_ED25519 && scheme <= PYACCEL_SCHEME_SM2
               ? PYACCEL_OK
               : PYACCEL_INVALID_ARGUMENT;
}

const struct pa_verify_kernel *pa_verify_kernel_of(uint32_t scheme, pa_family *family)
{
    static const pa_family families[] = {
        [PYACCEL_SCHEME_ED25519] = PA_FAMILY_ED25519,
        [PYACCEL_SCHEME_SECP256K1_ECDSA] = PA_FAMILY_SECP256K1,
        [PYACCEL_SCHEME_BIP340] = PA_FAMILY_BIP340,
        [PYACCEL_SCHEME_P256_ECDSA] = PA_FAMILY_P256,
        [PYACCEL_SCHEME_P384_ECDSA] = PA_FAMILY_P384,
        [PYACCEL_SCHEME_SM2] = PA_FAMILY_SM2,
    };
    *family = families[scheme];
    return pa_bound(*family);
}

/* Curves that certificates name. */
static bool is_named_curve(uint32_t scheme)
{
    return scheme == PYACCEL_SCHEME_P256_ECDSA || scheme == PYACCEL_SCHEME_P384_ECDSA ||
           scheme == PYACCEL_SCHEME_SM2;
}

pyaccel_status pa_verify_key_format_status(uint32_t scheme, uint32_t key_format)
{
    const bool known = key_format <= PYACCEL_KEY_FORMAT_AUTO ||
                       (key_format == PYACCEL_KEY_FORMAT_SPKI && is_named_curve(scheme));
    return known ? PYACCEL_OK : PYACCEL_INVALID_ARGUMENT;
}

static bool rule_known(uint32_t scheme, uint32_t rule)
{
    const bool nist = scheme == PYACCEL_SCHEME_P256_ECDSA || scheme == PYACCEL_SCHEME_P384_ECDSA;
    const bool secp256k1 = scheme == PYACCEL_SCHEME_SECP256K1_ECDSA;
    switch (rule) {
    case PYACCEL_RULE_ZIP215:
    case PYACCEL_RULE_RFC8032:
    case PYACCEL_RULE_OPENSSL:
    case PYACCEL_RULE_DALEK_STRICT:
    case PYACCEL_RULE_LIBSODIUM:
        return scheme == PYACCEL_SCHEME_ED25519;
    case PYACCEL_RULE_ANY:
    case PYACCEL_RULE_LOW_S:
        return nist || secp256k1;
    case PYACCEL_RULE_BITCOIN_CORE:
        return secp256k1;
    case PYACCEL_RULE_FABRIC:
        return nist;
    case PYACCEL_RULE_BIP340:
        return scheme == PYACCEL_SCHEME_BIP340;
    case PYACCEL_RULE_GBT32918:
        return scheme == PYACCEL_SCHEME_SM2;
    default:
        return false;
    }
}

/* Schemes that hash the message themselves, and whose signatures are raw alone. */
static bool is_schnorr(uint32_t scheme)
{
    return scheme == PYACCEL_SCHEME_ED25519 || scheme == PYACCEL_SCHEME_BIP340;
}

/* What is meant by 0; where the scheme hashes the message itself, 0. */
static uint32_t own_message_hash(uint32_t scheme)
{
    switch (scheme) {
    case PYACCEL_SCHEME_SECP256K1_ECDSA:
    case PYACCEL_SCHEME_P256_ECDSA:
        return PYACCEL_MESSAGE_HASH_SHA256;
    case PYACCEL_SCHEME_P384_ECDSA:
        return PYACCEL_MESSAGE_HASH_SHA384;
    default:
        return 0;
    }
}

static bool message_hash_known(uint32_t scheme, uint32_t message_hash)
{
    const bool secp256k1 = scheme == PYACCEL_SCHEME_SECP256K1_ECDSA;
    switch (message_hash) {
    case 0:
        return true;
    case PYACCEL_MESSAGE_HASH_NONE:
        return !is_schnorr(scheme);
    case PYACCEL_MESSAGE_HASH_SHA256:
        return own_message_hash(scheme) != 0;
    case PYACCEL_MESSAGE_HASH_SHA256D:
    case PYACCEL_MESSAGE_HASH_KECCAK256:
        return secp256k1;
    case PYACCEL_MESSAGE_HASH_SHA384:
        return own_message_hash(scheme) != 0 && !secp256k1;
    default:
        return false;
    }
}

static bool signature_format_known(uint32_t scheme, uint32_t signature_format)
{
    switch (signature_format) {
    case 0:
    case PYACCEL_SIGNATURE_FORMAT_RAW:
        return true;
    case PYACCEL_SIGNATURE_FORMAT_DER:
        return !is_schnorr(scheme);
    case PYACCEL_SIGNATURE_FORMAT_DER_LAX:
        return scheme == PYACCEL_SCHEME_SECP256K1_ECDSA;
    default:
        return false;
    }
}

/* ---- arguments ------------------------------------------------------------------------------ */

/* Every name that the options hold. */
static bool names_known(uint32_t scheme, const pyaccel_verify_options *options)
{
    return rule_known(scheme, options->rule) && message_hash_known(scheme, options->message_hash) &&
           signature_format_known(scheme, options->signature_format) &&
           pa_verify_key_format_status(scheme, options->key_format) == PYACCEL_OK;
}

/* NULL, or identities of SM2, which are hashed with the message; one for all has to be of a size that it can have. */
static bool identity_valid(uint32_t scheme, uint64_t n, const pyaccel_verify_options *options)
{
    const pyaccel_rows *identity = options->identity;
    if (identity == NULL) {
        return true;
    }
    return scheme == PYACCEL_SCHEME_SM2 && options->message_hash == 0 &&
           pa_rows_valid(identity, n) &&
           (identity->offsets != NULL || identity->stride != 0 ||
            identity->width <= PA_SM2_IDENTITY_MAX);
}

/* Fills the job's keys from public_keys or the handle. */
static bool take_keys(pa_verify_job *job, uint32_t scheme, const struct pa_verify_kernel *kernel,
                      const pyaccel_rows *public_keys, uint64_t n,
                      const pyaccel_verify_options *options)
{
    const struct pyaccel_prepared_keys *prepared = options->prepared;
    if (options->key_count != 0 && (prepared != NULL || options->key_index == NULL)) {
        return false;
    }
    job->key_index = options->key_index;
    job->key_format = options->key_format == 0 ? PYACCEL_KEY_FORMAT_AUTO : options->key_format;
    if (prepared == NULL) {
        job->public_keys = public_keys;
        job->key_count = options->key_index == NULL ? n : options->key_count;
        return pa_rows_valid(public_keys, job->key_count);
    }
    if (public_keys != NULL || prepared->kernel->scheme != scheme) {
        return false;
    }
    job->public_keys = &prepared->rows;
    job->key_count = prepared->count;
    job->key_format = prepared->key_format;
    if (prepared->kernel == kernel) {
        job->prepared = prepared->entries;
        job->prepared_count = prepared->prepared_count;
    }
    return options->key_index != NULL || n <= prepared->count;
}

pyaccel_status pa_verify_job_of(pa_verify_job *job, const struct pa_verify_kernel **kernel,
                                pa_family *family, uint32_t scheme, const pyaccel_rows *public_keys,
                                const pyaccel_rows *messages, const pyaccel_rows *signatures,
                                uint64_t n, const pyaccel_verify_options *options)
{
    const pyaccel_status status = pa_verify_scheme_status(scheme);
    if (status != PYACCEL_OK) {
        return status;
    }
    if (options->reserved != 0 || !pa_rows_valid(messages, n) || !pa_rows_valid(signatures, n) ||
        !names_known(scheme, options) || !identity_valid(scheme, n, options)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *kernel = pa_verify_kernel_of(scheme, family);
    if (!take_keys(job, scheme, *kernel, public_keys, n, options)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    if (*kernel == NULL) {
        return PYACCEL_UNSUPPORTED;
    }
    job->messages = messages;
    job->signatures = signatures;
    job->rule = options->rule;
    job->identity = options->identity;
    job->message_hash =
        options->message_hash == 0 ? own_message_hash(scheme) : options->message_hash;
    job->signature_format =
        options->signature_format == 0 ? PYACCEL_SIGNATURE_FORMAT_RAW : options->signature_format;
    return PYACCEL_OK;
}

bool pa_verify_apart(const pa_verify_job *job, uint64_t n, const uint8_t *out, uint64_t size)
{
    const uint64_t index_size = n * sizeof *job->key_index;
    const pyaccel_rows index = {
        .data = (const uint8_t *)job->key_index, .data_size = index_size, .width = index_size};
    return !(pa_rows_overlap(&index, 1, out, size) ||
             pa_rows_overlap(job->public_keys, job->key_count, out, size) ||
             (job->identity != NULL && pa_rows_overlap(job->identity, n, out, size)) ||
             pa_rows_overlap(job->messages, n, out, size) ||
             pa_rows_overlap(job->signatures, n, out, size));
}

/* Outputs apart from the inputs and from each other: a reason written over a verdict would read as
 * one. */
static bool outputs_apart(const pa_verify_job *job, uint64_t n, const uint8_t *verdicts,
                          const uint8_t *reasons)
{
    const uintptr_t a = (uintptr_t)verdicts, b = (uintptr_t)reasons;
    if (reasons != NULL && (a < b ? b - a : a - b) < n) {
        return false;
    }
    return pa_verify_apart(job, n, verdicts, n) && pa_verify_apart(job, n, reasons, n);
}

/* ---- the run -------------------------------------------------------------------------------- */

typedef struct {
    const struct pa_verify_kernel *kernel;
    const pa_verify_job *job;
    uint8_t *verdicts;
    uint8_t *reasons;
} run_context;

static pyaccel_status run_range(void *context, uint64_t first, uint64_t last, void *scratch)
{
    const run_context *run = context;
    return run->kernel->verify_range(run->verdicts, run->reasons, run->job, first, last, scratch);
}

pyaccel_status pa_verify_rows(uint8_t *verdicts, uint8_t *reasons,
                              const struct pa_verify_kernel *kernel, const pa_verify_job *job,
                              uint64_t n, uint32_t threads, pyaccel_progress progress, void *user)
{
    uint8_t local[LOCAL_REASONS];
    uint8_t *own = NULL;
    if (reasons == NULL && n > sizeof local) {
        own = malloc((size_t)n);
        if (own == NULL) {
            return PYACCEL_OUT_OF_MEMORY;
        }
    }
    if (reasons == NULL) {
        reasons = own == NULL ? local : own;
    }
    struct pa_repeated_keys *repeated = pa_repeated_keys_new(kernel, job, n, threads);
    pa_verify_job with_repeated = *job;
    with_repeated.repeated = repeated;
    run_context context = {
        .kernel = kernel, .job = &with_repeated, .verdicts = verdicts, .reasons = reasons};
    const uint64_t rows = pa_verify_range_rows(kernel->range_rows, threads, n);
    const uint64_t scratch_size = kernel->scratch_size == NULL
                                      ? 0
                                      : kernel->scratch_size(&with_repeated, rows < n ? rows : n);
    const pyaccel_status status =
        pa_verify_run(run_range, &context, n, rows, scratch_size, threads, progress, user);
    pa_repeated_keys_free(repeated);
    free(own);
    return status;
}

pyaccel_status pyaccel_verify_many(uint8_t *verdicts, uint32_t scheme,
                                   const pyaccel_rows *public_keys, const pyaccel_rows *messages,
                                   const pyaccel_rows *signatures, uint64_t n,
                                   const pyaccel_verify_options *options)
{
    /* Fields of options of another size can't be trusted, not even where reasons would be. */
    const bool readable = options != NULL && options->struct_size == sizeof *options;
    pyaccel_status status = n > PTRDIFF_MAX || (verdicts == NULL && n > 0) || !readable
                                ? PYACCEL_INVALID_ARGUMENT
                                : pa_bind();
    if (status == PYACCEL_OK) {
        pa_verify_job job = {0};
        const struct pa_verify_kernel *kernel;
        pa_family family;
        status = pa_verify_job_of(&job, &kernel, &family, scheme, public_keys, messages, signatures,
                                  n, options);
        if (status == PYACCEL_OK && !outputs_apart(&job, n, verdicts, options->reasons)) {
            status = PYACCEL_INVALID_ARGUMENT;
        }
        if (status == PYACCEL_OK && n > 0) {
            status = options->cache != NULL
                         ? pa_verify_cached(verdicts, kernel, &job, n, options)
                         : pa_verify_rows(verdicts, options->reasons, kernel, &job, n,
                                          options->threads, options->progress, options->user);
            pa_count(family);
        }
    }
    /* No buffer is longer than that: what n says of them is not to be believed. */
    if (status != PYACCEL_OK && n <= PTRDIFF_MAX) {
        if (verdicts != NULL) {
            memset(verdicts, 0, (size_t)n);
        }
        if (readable && options->reasons != NULL) {
            memset(options->reasons, 0, (size_t)n);
        }
    }
    return status;
}
