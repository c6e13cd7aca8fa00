/* SPDX-License-Identifier: Apache-2.0 */
/* Secret and public keys, and the rows that all keys are made of. */
#include "keys.h"

#include <stdlib.h>
#include <string.h>

#include "encode.h"
#include "rns.h"

/* ---- rows -------------------------------------------------------------------------------------- */

void pa_he_uniform_row(pa_he_word *row, uint64_t *scratch, const pyaccel_he_context *context,
                       uint32_t prime, pa_he_stream stream, const pa_he_source *source)
{
    const pa_he_modulus *modulus = &context->ntt[prime].modulus;
    const size_t n = context->degree;
    stream.row = (uint16_t)prime;
    pa_he_uniform(scratch, n, modulus, &stream, source);
    for (size_t i = 0; i < n; i++) {
        row[context->order[i]] = scratch[i];
    }
    context->kernels->import(row, row, n, modulus);
}

void pa_he_error_row(pa_he_word *row, const pyaccel_he_context *context, uint32_t prime,
                     const int32_t *e, size_t n)
{
    const pa_he_modulus *modulus = &context->ntt[prime].modulus;
    context->kernels->import_small(row, e, n, modulus);
    if (context->scheme == PYACCEL_HE_BGV) {
        pa_he_multiplier t;
        context->kernels->multiplier(&t, context->plain_modulus % modulus->q, modulus);
        context->kernels->mul_constant(row, row, &t, n, modulus);
    }
}

void pa_he_mask_row(pa_he_word *b, const pyaccel_he_context *context, uint32_t prime,
                    const pa_he_word *e, const pa_he_word *a, const pa_he_word *s)
{
    const pa_he_modulus *modulus = &context->ntt[prime].modulus;
    for (size_t i = 0; i < context->degree; i += PA_HE_STRIP) {
        const size_t n = pa_he_strip(context, i);
        context->kernels->mul(b + i, a + i, s + i, n, modulus);
        context->kernels->sub(b + i, e + i, b + i, n, modulus);
    }
}

bool pa_he_scratch_take(pa_he_scratch *scratch, const pyaccel_he_context *context, size_t rows,
                        size_t integers)
{
    const size_t words = rows * context->stride;
    scratch->size =
        words * sizeof(pa_he_word) + integers * context->degree * sizeof *scratch->integers;
    scratch->rows = pa_he_take((pa_he_pool *)&context->pool, scratch->size);
    scratch->integers = scratch->rows == NULL ? NULL : (int32_t *)(scratch->rows + words);
    return scratch->rows != NULL;
}

void pa_he_scratch_return(pa_he_scratch *scratch, const pyaccel_he_context *context)
{
    pa_wipe(scratch->rows, scratch->size);
    pa_he_give((pa_he_pool *)&context->pool, scratch->rows);
}

pa_he_word *pa_he_key_memory(const pyaccel_he_context *context, size_t polynomials)
{
    return pa_he_take((pa_he_pool *)&context->pool,
                      pa_he_rows_bytes(context, polynomials * pa_he_key_rows(context)));
}

pyaccel_status pa_he_begin(pa_he_seeds *seeds, const pyaccel_he_options *options)
{
    if (!pa_he_options_valid(options)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    const pyaccel_status status = pa_bind();
    return status == PYACCEL_OK ? pa_he_draw(seeds, options) : status;
}

/* ---- the secret key ---------------------------------------------------------------------------- */

typedef struct {
    const pyaccel_he_secret_key *key;
    const int32_t *s;
} secret_job;

static pyaccel_status make_secret_rows(void *argument, uint64_t first, uint64_t last)
{
    const secret_job *job = argument;
    const pyaccel_he_context *context = job->key->context;
    for (uint64_t i = first; i < last; i++) {
        pa_he_word *row = pa_he_row(context, job->key->words, i);
        context->kernels->import_small(row, job->s, context->degree, &context->ntt[i].modulus);
        context->kernels->forward(&row, 1, &context->ntt[i]);
    }
    return PYACCEL_OK;
}

pyaccel_status pyaccel_he_secret_key_new(pyaccel_he_secret_key **key, pyaccel_he_context *context,
                                         const pyaccel_he_options *options)
{
    if (key == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *key = NULL;
    pa_he_seeds seeds;
    pyaccel_status status =
        context == NULL ? PYACCEL_INVALID_ARGUMENT : pa_he_begin(&seeds, options);
    if (status != PYACCEL_OK) {
        return status;
    }
    pyaccel_he_secret_key *made = calloc(1, sizeof *made);
    pa_he_scratch scratch = {0};
    if (made != NULL) {
        made->context = pa_he_hold(context);
        made->words = pa_he_key_memory(context, 1);
    }
    if (made == NULL || made->words == NULL || !pa_he_scratch_take(&scratch, context, 0, 1)) {
        status = PYACCEL_OUT_OF_MEMORY;
    } else {
        const pa_he_source source = pa_he_source_bound();
        const pa_he_stream stream = {.seed = seeds.secret, .purpose = PA_HE_SECRET};
        pa_he_ternary(scratch.integers, context->degree, &stream, &source);
        secret_job job = {made, scratch.integers};
        status = pa_he_parallel(options, pa_he_key_rows(context), make_secret_rows, &job);
        pa_he_scratch_return(&scratch, context);
    }
    pa_wipe(&seeds, sizeof seeds);
    if (status != PYACCEL_OK) {
        pyaccel_he_secret_key_free(made);
        return status;
    }
    *key = made;
    return PYACCEL_OK;
}

void pyaccel_he_secret_key_free(pyaccel_he_secret_key *key)
{
    if (key != NULL) {
        if (key->words != NULL) {
            pa_wipe(key->words, pa_he_rows_bytes(key->context, pa_he_key_rows(key->context)));
        }
        pa_he_give(&key->context->pool, key->words);
        pyaccel_he_context_free(key->context);
        free(key);
    }
}

/* ---- the public key ---------------------------------------------------------------------------- */

typedef struct {
    const pyaccel_he_public_key *key;
    const pyaccel_he_secret_key *secret;
    const pa_he_source *source;
    const int32_t *e;
} public_job;

static pyaccel_status make_public_rows(void *argument, uint64_t first, uint64_t last)
{
    const public_job *job = argument;
    const pyaccel_he_context *context = job->key->context;
    const pa_he_stream stream = {.seed = job->key->seed, .purpose = PA_HE_PUBLIC_UNIFORM};
    pa_he_scratch scratch;
    if (!pa_he_scratch_take(&scratch, context, 1, 0)) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    for (uint32_t i = (uint32_t)first; i < last; i++) {
        pa_he_word *b = pa_he_row(context, job->key->words, i),
                   *a = pa_he_row(context, b, pa_he_key_rows(context));
        pa_he_uniform_row(a, scratch.rows, context, i, stream, job->source);
        pa_he_error_row(scratch.rows, context, i, job->e, context->degree);
        context->kernels->forward(&scratch.rows, 1, &context->ntt[i]);
        pa_he_mask_row(b, context, i, scratch.rows, a, pa_he_row(context, job->secret->words, i));
    }
    pa_he_scratch_return(&scratch, context);
    return PYACCEL_OK;
}

pyaccel_status pyaccel_he_public_key_new(pyaccel_he_public_key **key,
                                         const pyaccel_he_secret_key *secret,
                                         const pyaccel_he_options *options)
{
    if (key == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *key = NULL;
    pa_he_seeds seeds;
    pyaccel_status status =
        secret == NULL ? PYACCEL_INVALID_ARGUMENT : pa_he_begin(&seeds, options);
    if (status != PYACCEL_OK) {
        return status;
    }
    const pyaccel_he_context *context = secret->context;
    pyaccel_he_public_key *made = calloc(1, sizeof *made);
    pa_he_scratch scratch = {0};
    if (made != NULL) {
        made->context = pa_he_hold(context);
        made->words = pa_he_key_memory(context, 2);
        memcpy(made->seed, seeds.published, sizeof made->seed);
    }
    if (made == NULL || made->words == NULL || !pa_he_scratch_take(&scratch, context, 0, 1)) {
        status = PYACCEL_OUT_OF_MEMORY;
    } else {
        const pa_he_source source = pa_he_source_bound();
        const pa_he_stream stream = {.seed = seeds.secret, .purpose = PA_HE_PUBLIC_ERROR};
        pa_he_error(scratch.integers, context->degree, &stream, &source);
        public_job job = {made, secret, &source, scratch.integers};
        status = pa_he_parallel(options, pa_he_key_rows(context), make_public_rows, &job);
        pa_he_scratch_return(&scratch, context);
    }
    pa_wipe(&seeds, sizeof seeds);
    if (status != PYACCEL_OK) {
        pyaccel_he_public_key_free(made);
        return status;
    }
    *key = made;
    return PYACCEL_OK;
}

void pyaccel_he_public_key_free(pyaccel_he_public_key *key)
{
    if (key != NULL) {
        pa_he_give(&key->context->pool, key->words);
        pyaccel_he_context_free(key->context);
        free(key);
    }
}
