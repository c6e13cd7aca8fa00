/* SPDX-License-Identifier: Apache-2.0 */
/* Encryption, with a public or a secret key. Constant-time in keys, randomness and plaintexts. */
#include <string.h>

#include "evaluate.h"
#include "keys.h"
#include "message.h"
#include "noise.h"

typedef struct {
    const pyaccel_he_ciphertexts *out;
    const pyaccel_he_plaintexts *plaintexts;
    const pa_he_word *key; /* public: b, then a; or s */
    const pa_he_seeds *seeds;
    const pa_he_source *source;
    const pa_he_multiplier *constants; /* BFV, BGV: of messages */
} encrypt_job;

/* Words of plaintext i. */
static const pa_he_word *plaintext_of(const pyaccel_he_plaintexts *plaintexts, uint64_t i)
{
    return plaintexts->words + i * plaintexts->rows * plaintexts->context->stride;
}

/* integers = the numbers of a BFV or BGV plaintext, of 64 bits; rows of CKKS are added in NTT form. */
static void message_of(const encrypt_job *job, uint64_t i, int32_t *integers)
{
    if (job->constants != NULL) {
        const pyaccel_he_context *context = job->out->context;
        pa_he_message((int64_t *)(void *)integers, context, job->out->level,
                      plaintext_of(job->plaintexts, i), context->degree, 1,
                      context->scheme == PYACCEL_HE_BFV);
    }
}

/* CKKS: n elements of a row += those of plaintext i, from `first` on, all in NTT form. */
static void add_numbers(pa_he_word *row, const encrypt_job *job, uint64_t i, uint32_t prime,
                        size_t first, size_t n)
{
    const pyaccel_he_context *context = job->out->context;
    if (context->scheme == PYACCEL_HE_CKKS) {
        const pa_he_word *plain = plaintext_of(job->plaintexts, i) + prime * context->stride;
        context->kernels->add(row + first, row + first, plain + first, n,
                              &context->ntt[prime].modulus);
    }
}

/* ---- with the public key ------------------------------------------------------------------------ */

/* Where integers of 32 bits lie, in units of N; the message of BFV and BGV has 64 bits, aligned. */
enum { U, E0, E1, NUMBERS_ALONE, MESSAGE, INTEGERS = 6 };

/* Coefficients of (b u + e0, a u + e1) modulo P: row i of part k at tail[k] + i * stride. */
static void make_tails(const encrypt_job *job, pa_he_word *const tail[2], const int32_t *integers,
                       pa_he_word *u, pa_he_word *e)
{
    const pyaccel_he_context *context = job->out->context;
    const pa_he_kernels *kernels = context->kernels;
    const size_t n = context->degree;
    for (uint32_t i = 0; i < context->p_count; i++) {
        const uint32_t prime = context->q_count + i;
        const pa_he_ntt *ntt = &context->ntt[prime];
        pa_he_word *const x[2] = {pa_he_row(context, tail[0], i), pa_he_row(context, tail[1], i)};
        kernels->import_small(u, integers + U * n, n, &ntt->modulus);
        kernels->forward(&u, 1, ntt);
        for (uint32_t k = 0; k < 2; k++) {
            const size_t row = (size_t)k * pa_he_key_rows(context) + prime;
            kernels->mul(x[k], job->key + row * context->stride, u, n, &ntt->modulus);
        }
        kernels->inverse(x, 2, ntt);
        for (uint32_t k = 0; k < 2; k++) {
            for (size_t at = 0; at < n; at += PA_HE_STRIP) {
                const size_t count = pa_he_strip(context, at);
                pa_he_error_row(e, context, prime, integers + (E0 + k) * n + at, count);
                kernels->add(x[k] + at, x[k] + at, e, count, &ntt->modulus);
            }
        }
    }
}

/* Rows of prime j of both parts, which hold delta: (b u + e0 + P m - delta) / P, where the message's multiple of P vanishes
 * modulo P. u, other: a row each. */
static void encrypt_row(const encrypt_job *job, uint64_t item, uint32_t j, const int32_t *integers,
                        pa_he_word *u, pa_he_word *other)
{
    const pyaccel_he_context *context = job->out->context;
    const pa_he_kernels *kernels = context->kernels;
    const size_t n = context->degree;
    const pa_he_ntt *ntt = &context->ntt[j];
    const pa_he_multiplier *inverse =
        &context->constants->levels[job->out->level].by[PA_HE_BY_P].inverse[j];
    pa_he_word *const rows[3] = {u, pa_he_row(context, pa_he_part(job->out, item, 0), j),
                                 pa_he_row(context, pa_he_part(job->out, item, 1), j)};
    for (uint32_t k = 0; k < 2; k++) {
        for (size_t at = 0; at < n; at += PA_HE_STRIP) {
            const size_t count = pa_he_strip(context, at);
            pa_he_error_row(other, context, j, integers + (E0 + k) * n + at, count);
            if (k == 0 && job->constants != NULL) {
                const int64_t *message = (const int64_t *)(const void *)(integers + MESSAGE * n);
                pa_he_message_add(other, context, j, message + at, &job->constants[j], u, count);
            }
            kernels->sub(rows[1 + k] + at, rows[1 + k] + at, other, count, &ntt->modulus);
        }
    }
    kernels->import_small(u, integers + U * n, n, &ntt->modulus);
    kernels->forward(rows, 3, ntt);
    for (size_t at = 0; at < n; at += PA_HE_STRIP) {
        const size_t count = pa_he_strip(context, at);
        for (uint32_t k = 0; k < 2; k++) {
            const size_t row = (size_t)k * pa_he_key_rows(context) + j;
            kernels->mul(other, job->key + row * context->stride + at, u + at, count,
                         &ntt->modulus);
            kernels->sub_mul_constant(rows[1 + k] + at, other, rows[1 + k] + at, inverse, count,
                                      &ntt->modulus);
        }
        add_numbers(rows[1], job, item, j, at, count);
    }
}

static void encrypt_item(const encrypt_job *job, uint64_t item, pa_he_scratch *scratch)
{
    const pyaccel_he_context *context = job->out->context;
    const uint32_t level = job->out->level;
    const size_t n = context->degree;
    int32_t *integers = scratch->integers;
    pa_he_word *u = scratch->rows, *other = pa_he_row(context, u, 1);
    pa_he_word *const tail[2] = {pa_he_row(context, u, 2),
                                 pa_he_row(context, u, 2 + context->p_count)};
    pa_he_word *const out[2] = {pa_he_part(job->out, item, 0), pa_he_part(job->out, item, 1)};
    pa_he_stream stream = {.seed = job->seeds->secret, .item = (uint32_t)item};

    stream.purpose = PA_HE_ENCRYPT_TERNARY;
    pa_he_ternary(integers + U * n, n, &stream, job->source);
    stream.purpose = PA_HE_ENCRYPT_ERROR_0;
    pa_he_error(integers + E0 * n, n, &stream, job->source);
    stream.purpose = PA_HE_ENCRYPT_ERROR_1;
    pa_he_error(integers + E1 * n, n, &stream, job->source);
    message_of(job, item, integers + MESSAGE * n);

    make_tails(job, tail, integers, u, other);
    for (uint32_t k = 0; k < 2; k++) {
        pa_he_delta(context, level, PA_HE_BY_P, out[k], tail[k], NULL);
    }
    for (uint32_t j = 0; j < context->level_end[level]; j++) {
        encrypt_row(job, item, j, integers, u, other);
    }
}

static pyaccel_status encrypt_items(void *argument, uint64_t first, uint64_t last)
{
    const encrypt_job *job = argument;
    const pyaccel_he_context *context = job->out->context;
    pa_he_scratch scratch;
    if (!pa_he_scratch_take(&scratch, context, 2 + (size_t)2 * context->p_count,
                            job->constants == NULL ? NUMBERS_ALONE : INTEGERS)) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    for (uint64_t i = first; i < last; i++) {
        encrypt_item(job, i, &scratch);
    }
    pa_he_scratch_return(&scratch, context);
    return PYACCEL_OK;
}

/* ---- with the secret key ------------------------------------------------------------------------ */

/* (e + m - a s, a), a from the published seed. */
static void encrypt_seeded_item(const encrypt_job *job, uint64_t item, pa_he_scratch *scratch)
{
    const pyaccel_he_context *context = job->out->context;
    const size_t n = context->degree;
    pa_he_word *masked = scratch->rows, *other = pa_he_row(context, masked, 1);
    int32_t *e = scratch->integers;
    const pa_he_stream uniform = {
        .seed = job->seeds->published, .purpose = PA_HE_SEEDED_UNIFORM, .item = (uint32_t)item};
    const pa_he_stream errors = {
        .seed = job->seeds->secret, .purpose = PA_HE_SEEDED_ERROR, .item = (uint32_t)item};
    pa_he_error(e, n, &errors, job->source);
    int32_t *message = scratch->integers + 2 * n;
    message_of(job, item, message);
    for (uint32_t j = 0; j < job->out->rows; j++) {
        pa_he_word *c0 = pa_he_row(context, pa_he_part(job->out, item, 0), j),
                   *a = pa_he_row(context, pa_he_part(job->out, item, 1), j);
        pa_he_uniform_row(a, masked, context, j, uniform, job->source);
        pa_he_error_row(masked, context, j, e, n);
        if (job->constants != NULL) {
            pa_he_message_add(masked, context, j, (int64_t *)(void *)message, &job->constants[j],
                              other, n);
        }
        context->kernels->forward(&masked, 1, &context->ntt[j]);
        pa_he_mask_row(c0, context, j, masked, a, job->key + j * context->stride);
        add_numbers(c0, job, item, j, 0, n);
    }
}

static pyaccel_status encrypt_seeded_items(void *argument, uint64_t first, uint64_t last)
{
    const encrypt_job *job = argument;
    const pyaccel_he_context *context = job->out->context;
    pa_he_scratch scratch;
    if (!pa_he_scratch_take(&scratch, context, 2, 4)) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    for (uint64_t i = first; i < last; i++) {
        encrypt_seeded_item(job, i, &scratch);
    }
    pa_he_scratch_return(&scratch, context);
    return PYACCEL_OK;
}

/* ---- calls -------------------------------------------------------------------------------------- */

/* sigma^2 of e, or sigma^2 (1 + 4N/3) of e0 + e1 s + e u over P^2 and rounding; all times t in BGV. */
static double fresh_noise(const pyaccel_he_context *context, bool seeded)
{
    const double error = pa_he_log2(PA_HE_ERROR_VARIANCE) / 2 + pa_he_noise_unit(context);
    if (seeded) {
        return error;
    }
    const double terms = pa_he_log2(1 + 4.0 / 3 * (double)context->degree) / 2;
    return pa_he_noise_sum(error + terms - context->constants->log2_special,
                           pa_he_noise_rounding(context, 2));
}

/* What a key can encrypt: plaintexts of its context in the form that its scheme has. */
static bool encryptable(const pyaccel_he_context *context, const pyaccel_he_plaintexts *plaintexts)
{
    const uint32_t form = context->scheme == PYACCEL_HE_CKKS ? PA_HE_PLAIN_NTT : PA_HE_PLAIN_MOD_T;
    return pa_he_same_context(context, plaintexts->context) && plaintexts->form == form &&
           plaintexts->count <= UINT32_MAX; /* items are numbered in nonces */
}

static pyaccel_status encrypt(pyaccel_he_ciphertexts **ciphertexts,
                              const pyaccel_he_context *context, const pa_he_word *key, bool seeded,
                              const pyaccel_he_plaintexts *plaintexts,
                              const pyaccel_he_options *options)
{
    if (plaintexts == NULL || !encryptable(context, plaintexts)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pa_he_seeds seeds;
    pyaccel_status status = pa_he_begin(&seeds, options);
    if (status != PYACCEL_OK) {
        return status;
    }
    const uint32_t level =
        context->scheme == PYACCEL_HE_CKKS ? plaintexts->level : context->level_count - 1;
    pyaccel_he_ciphertexts *made = pa_he_ciphertexts_make(context, plaintexts->count, 2, level);
    if (made == NULL) {
        status = PYACCEL_OUT_OF_MEMORY;
    } else {
        const pa_he_source source = pa_he_source_bound();
        pa_he_multiplier constants[PA_HE_MAX_PRIMES];
        encrypt_job job = {made, plaintexts, key, &seeds, &source, NULL};
        if (context->scheme != PYACCEL_HE_CKKS) {
            pa_he_message_constants(constants, context, made->rows, !seeded);
            job.constants = constants;
        }
        made->scale = context->scheme == PYACCEL_HE_CKKS ? plaintexts->scale : 1;
        made->noise = fresh_noise(context, seeded);
        made->seeded = seeded;
        if (seeded) {
            memcpy(made->seed, seeds.published, sizeof made->seed);
        }
        status = pa_he_parallel(options, made->count, seeded ? encrypt_seeded_items : encrypt_items,
                                &job);
    }
    pa_wipe(&seeds, sizeof seeds);
    if (status != PYACCEL_OK) {
        pyaccel_he_ciphertexts_free(made);
        return status;
    }
    *ciphertexts = made;
    return PYACCEL_OK;
}

pyaccel_status pyaccel_he_encrypt(pyaccel_he_ciphertexts **ciphertexts,
                                  const pyaccel_he_public_key *key,
                                  const pyaccel_he_plaintexts *plaintexts,
                                  const pyaccel_he_options *options)
{
    if (ciphertexts == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *ciphertexts = NULL;
    return key == NULL ? PYACCEL_INVALID_ARGUMENT
                       : encrypt(ciphertexts, key->context, key->words, false, plaintexts, options);
}

pyaccel_status pyaccel_he_encrypt_secret(pyaccel_he_ciphertexts **ciphertexts,
                                         const pyaccel_he_secret_key *key,
                                         const pyaccel_he_plaintexts *plaintexts,
                                         const pyaccel_he_options *options)
{
    if (ciphertexts == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *ciphertexts = NULL;
    return key == NULL ? PYACCEL_INVALID_ARGUMENT
                       : encrypt(ciphertexts, key->context, key->words, true, plaintexts, options);
}
