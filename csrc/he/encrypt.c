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
} encrypt_job;

/* Words of plaintext i. */
static const pa_he_word *plaintext_of(const pyaccel_he_plaintexts *plaintexts, uint64_t i)
{
    return plaintexts->words + i * plaintexts->rows * plaintexts->context->stride;
}

/* The numbers of a BFV or BGV plaintext, of 64 bits at `integers`; NULL: CKKS, whose rows are added in NTT form. */
static const int64_t *message_of(const encrypt_job *job, uint64_t i, int32_t *integers)
{
    const pyaccel_he_context *context = job->out->context;
    if (context->scheme == PYACCEL_HE_CKKS) {
        return NULL;
    }
    int64_t *numbers = (int64_t *)(void *)integers;
    pa_he_message(numbers, context, job->out->level, plaintext_of(job->plaintexts, i), 1);
    return numbers;
}

/* CKKS: row += that of plaintext i, both in NTT form. */
static void add_row(pa_he_word *row, const encrypt_job *job, uint64_t i, uint32_t prime)
{
    const pyaccel_he_context *context = job->out->context;
    if (context->scheme == PYACCEL_HE_CKKS) {
        context->kernels->add(row, row, plaintext_of(job->plaintexts, i) + prime * context->stride,
                              context->degree, &context->ntt[prime].modulus);
    }
}

/* ---- with the public key ------------------------------------------------------------------------ */

/* Where integers of 32 bits lie, in units of N; the message has 64 bits, aligned. */
enum { U, E0, E1, UNUSED, MESSAGE, INTEGERS = 6 };

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
            pa_he_error_row(e, context, prime, integers + (E0 + k) * n);
            kernels->add(x[k], x[k], e, n, &ntt->modulus);
        }
    }
}

static void encrypt_item(const encrypt_job *job, uint64_t item, pa_he_scratch *scratch)
{
    const pyaccel_he_context *context = job->out->context;
    const pa_he_kernels *kernels = context->kernels;
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
    const int64_t *message = message_of(job, item, integers + MESSAGE * n);

    make_tails(job, tail, integers, u, other);
    for (uint32_t k = 0; k < 2; k++) {
        pa_he_delta(context, level, PA_HE_BY_P, out[k], tail[k], NULL);
    }
    /* (b u + e0 + P m - delta) / P, where the message's multiple of P vanishes modulo P. */
    for (uint32_t j = 0; j < context->level_end[level]; j++) {
        const pa_he_ntt *ntt = &context->ntt[j];
        pa_he_word *const rows[3] = {u, pa_he_row(context, out[0], j),
                                     pa_he_row(context, out[1], j)};
        for (uint32_t k = 0; k < 2; k++) {
            pa_he_error_row(other, context, j, integers + (E0 + k) * n);
            if (k == 0 && message != NULL) {
                pa_he_message_add(other, context, j, message, true, u);
            }
            kernels->sub(rows[1 + k], rows[1 + k], other, n, &ntt->modulus);
        }
        kernels->import_small(u, integers + U * n, n, &ntt->modulus);
        kernels->forward(rows, 3, ntt);
        for (uint32_t k = 0; k < 2; k++) {
            const size_t row = (size_t)k * pa_he_key_rows(context) + j;
            kernels->mul(other, job->key + row * context->stride, u, n, &ntt->modulus);
            kernels->sub_mul_constant(rows[1 + k], other, rows[1 + k],
                                      &context->constants->levels[level].by[PA_HE_BY_P].inverse[j],
                                      n, &ntt->modulus);
        }
        add_row(rows[1], job, item, j);
    }
}

static pyaccel_status encrypt_items(void *argument, uint64_t first, uint64_t last)
{
    const encrypt_job *job = argument;
    const pyaccel_he_context *context = job->out->context;
    pa_he_scratch scratch;
    if (!pa_he_scratch_take(&scratch, context, 2 + (size_t)2 * context->p_count, INTEGERS)) {
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
    const int64_t *message = message_of(job, item, scratch->integers + 2 * n);
    for (uint32_t j = 0; j < job->out->rows; j++) {
        pa_he_word *c0 = pa_he_row(context, pa_he_part(job->out, item, 0), j),
                   *a = pa_he_row(context, pa_he_part(job->out, item, 1), j);
        pa_he_uniform_row(a, masked, context, j, uniform, job->source);
        pa_he_error_row(masked, context, j, e);
        if (message != NULL) {
            pa_he_message_add(masked, context, j, message, false, other);
        }
        context->kernels->forward(&masked, 1, &context->ntt[j]);
        pa_he_mask_row(c0, context, j, masked, a, job->key + j * context->stride);
        add_row(c0, job, item, j);
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
        encrypt_job job = {made, plaintexts, key, &seeds, &source};
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
