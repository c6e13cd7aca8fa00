/* SPDX-License-Identifier: Apache-2.0 */
/* Residues of ciphertexts and keys as plain integers in canonical order: what devices and other libraries take. */
#include "residues.h"

#include <math.h>
#include <string.h>

#include "evaluate.h"
#include "noise.h"

void pa_he_residues_get(uint64_t *out, const pa_he_word *row, uint32_t prime,
                        const pyaccel_he_context *context, uint64_t *scratch)
{
    context->kernels->export(scratch, row, context->degree, &context->ntt[prime].modulus);
    for (size_t j = 0; j < context->degree; j++) {
        out[j] = scratch[context->order[j]];
    }
}

bool pa_he_residues_set(pa_he_word *row, const uint64_t *in, uint32_t prime,
                        const pyaccel_he_context *context, uint64_t *scratch)
{
    const uint64_t q = context->ntt[prime].modulus.q;
    uint64_t wrong = 0;
    for (size_t j = 0; j < context->degree; j++) {
        /* Read once: the caller may write meanwhile. */
        const uint64_t residue = ((const volatile uint64_t *)in)[j];
        wrong |= residue >= q;
        scratch[context->order[j]] = residue;
    }
    if (wrong != 0) {
        return false;
    }
    context->kernels->import(row, scratch, context->degree, &context->ntt[prime].modulus);
    return true;
}

/* Words that `polynomials` polynomials of `rows` rows take as plain integers; UINT64_MAX: too many to count. */
static uint64_t words_of(const pyaccel_he_context *context, uint64_t polynomials, uint64_t rows)
{
    const unsigned __int128 words = (unsigned __int128)polynomials * rows * context->degree;
    return words > UINT64_MAX / sizeof(uint64_t) ? UINT64_MAX : (uint64_t)words;
}

/* `polynomials` polynomials of the first `rows` primes, which lie one after the other. */
static pyaccel_status get_polynomials(uint64_t *residues, uint64_t *words,
                                      pyaccel_he_context *context, const pa_he_word *from,
                                      uint64_t polynomials, uint32_t rows)
{
    const uint64_t capacity = *words;
    *words = words_of(context, polynomials, rows);
    if (residues == NULL) {
        return PYACCEL_OK;
    }
    uint64_t *scratch =
        capacity < *words ? NULL : pa_he_take(&context->pool, context->degree * sizeof *scratch);
    if (scratch == NULL) {
        memset(residues, 0, capacity * sizeof *residues);
        return capacity < *words ? PYACCEL_INVALID_ARGUMENT : PYACCEL_OUT_OF_MEMORY;
    }
    for (uint64_t row = 0; row < polynomials * rows; row++) {
        pa_he_residues_get(residues + row * context->degree, from + row * context->stride,
                           (uint32_t)(row % rows), context, scratch);
    }
    pa_he_give(&context->pool, scratch);
    return PYACCEL_OK;
}

pyaccel_status pyaccel_he_ciphertexts_residues(uint64_t *residues, uint64_t *words,
                                               const pyaccel_he_ciphertexts *ciphertexts)
{
    if (words == NULL || ciphertexts == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    return get_polynomials(residues, words, ciphertexts->context, ciphertexts->words,
                           ciphertexts->count * ciphertexts->size, ciphertexts->rows);
}

pyaccel_status pyaccel_he_plaintexts_residues(uint64_t *residues, uint64_t *words,
                                              const pyaccel_he_plaintexts *plaintexts)
{
    if (words == NULL || plaintexts == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    if (plaintexts->form != PA_HE_PLAIN_NTT) {
        if (residues != NULL) {
            memset(residues, 0, *words * sizeof *residues);
        }
        return PYACCEL_UNSUPPORTED;
    }
    return get_polynomials(residues, words, plaintexts->context, plaintexts->words,
                           plaintexts->count, plaintexts->rows);
}

pyaccel_status pyaccel_he_evaluation_keys_residues(uint64_t *residues, uint64_t *words,
                                                   const pyaccel_he_evaluation_keys *keys,
                                                   uint32_t element)
{
    if (words == NULL || keys == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pyaccel_he_context *context = keys->context;
    const pa_he_switching_key *key = pa_he_find_key(keys, element);
    const uint32_t rows = context->q_count + context->p_count;
    const uint64_t polynomials = 2 * (uint64_t)context->digit_count;
    if (key == NULL) {
        if (residues != NULL) {
            memset(residues, 0, *words * sizeof *residues);
        }
        *words = words_of(context, polynomials, rows);
        return PYACCEL_UNSUPPORTED;
    }
    return get_polynomials(residues, words, context, key->words, polynomials, rows);
}

pyaccel_status pyaccel_he_ciphertexts_of_residues(pyaccel_he_ciphertexts **out,
                                                  pyaccel_he_context *context,
                                                  const uint64_t *residues, uint64_t words,
                                                  uint64_t count, uint32_t size, uint32_t level,
                                                  double scale, uint64_t factor, double noise_bits)
{
    if (out == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *out = NULL;
    if (context == NULL || (residues == NULL && words != 0) || size < 2 || size > 3 ||
        level >= context->level_count) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    const bool ckks = context->scheme == PYACCEL_HE_CKKS, bgv = context->scheme == PYACCEL_HE_BGV;
    const uint64_t rows = context->level_end[level], t = context->plain_modulus;
    if (count > UINT64_MAX / (size * rows * context->degree) ||
        words != count * size * rows * context->degree ||
        (ckks ? !(scale > 0 && isfinite(scale)) : scale != 1) ||
        (bgv ? factor >= t || pa_he_inverse_any(factor, t) == 0 : factor != 1) ||
        !(noise_bits >= -PA_HE_NOISE_MOST && noise_bits <= PA_HE_NOISE_MOST)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pyaccel_he_ciphertexts *made = pa_he_ciphertexts_make(context, count, size, level);
    uint64_t *scratch = pa_he_take(&context->pool, context->degree * sizeof *scratch);
    pyaccel_status status = made == NULL || scratch == NULL ? PYACCEL_OUT_OF_MEMORY : PYACCEL_OK;
    for (uint64_t row = 0; status == PYACCEL_OK && row < count * size * rows; row++) {
        if (!pa_he_residues_set(made->words + row * context->stride,
                                residues + row * context->degree, (uint32_t)(row % rows), context,
                                scratch)) {
            status = PYACCEL_INVALID_ARGUMENT;
        }
    }
    pa_he_give(&context->pool, scratch);
    if (status != PYACCEL_OK) {
        pyaccel_he_ciphertexts_free(made);
        return status;
    }
    made->scale = scale;
    made->factor = factor;
    made->noise = noise_bits;
    *out = made;
    return PYACCEL_OK;
}
