/* SPDX-License-Identifier: Apache-2.0 */
/* From SEAL's contexts to those of pyaccel/he.h with SEAL's primes: encoding, encryption, decryption and BFV products, whose bytes
 * nobody compares, are theirs. */
#include <stdlib.h>
#include <string.h>

#include "choose.h"
#include "evaluate.h"
#include "keys.h"
#include "pyaccel/hash.h"
#include "residues.h"
#include "seal.h"

/* No saved parameters give these primes, so that the id is of the primes themselves. */
static pyaccel_status set_id(pyaccel_he_context *made, const pyaccel_seal_context *context)
{
    uint64_t words[PA_HE_MAX_PRIMES + 4] = {0x4c414553 /* "SEAL" */, context->scheme,
                                            context->degree, context->plain_modulus};
    for (uint32_t i = 0; i < context->count; i++) {
        words[4 + i] = context->ntt[i].modulus.q;
    }
    const uint64_t size = (4 + context->count) * sizeof *words;
    const pyaccel_rows row = {
        .data = (const uint8_t *)words, .data_size = size, .width = size, .stride = size};
    uint8_t digest[32];
    const pyaccel_status status =
        pyaccel_hash_many(digest, sizeof digest, PYACCEL_HASH_SHA256, &row, 1, NULL);
    memcpy(made->id, digest, sizeof digest);
    return status;
}

pyaccel_status pa_seal_he_new(pyaccel_he_context **he, const pyaccel_seal_context *context)
{
    *he = NULL;
    if (context->count < 2 || context->count > PA_HE_MOST_CHOSEN) {
        return PYACCEL_OK;
    }
    const bool ckks = context->scheme == PYACCEL_SEAL_CKKS;
    pa_he_choice choice = {.log_degree = context->log_degree,
                           .q_count = context->count - 1,
                           .p_count = 1,
                           .level_count = context->count - 1,
                           .digit_count = context->count - 1};
    choice.resolved = (pyaccel_he_parameters){.struct_size = sizeof choice.resolved,
                                              .scheme = ckks ? PYACCEL_HE_CKKS : PYACCEL_HE_BFV,
                                              .degree = (uint32_t)context->degree,
                                              .moduli_count = context->count - 1,
                                              .standard = PYACCEL_HE_STANDARD_NONE,
                                              .plain_modulus = context->plain_modulus,
                                              .scale = ckks ? 0x1p40 : 0};
    for (uint32_t i = 0; i < context->count; i++) {
        const pa_he_modulus *modulus = &context->ntt[i].modulus;
        choice.primes[i] = modulus->q;
        if (i + 1 < context->count) {
            choice.level_end[i] = choice.digit_end[i] = i + 1;
            choice.resolved.moduli_bits[i] = modulus->bits;
        } else {
            choice.resolved.special_bits = modulus->bits;
        }
    }
    pyaccel_status status = pa_he_context_make(he, &choice, &pa_he_portable, "portable");
    if (status == PYACCEL_OK) {
        status = set_id(*he, context);
    }
    if (status != PYACCEL_OK) {
        pyaccel_he_context_free(*he);
        *he = NULL;
    }
    return status == PYACCEL_INVALID_ARGUMENT ? PYACCEL_OK : status;
}

pyaccel_status pyaccel_seal_he_context(pyaccel_he_context **he, const pyaccel_seal_context *context)
{
    if (he == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *he = NULL;
    if (context == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    if (context->he == NULL) {
        return PYACCEL_UNSUPPORTED;
    }
    *he = pa_he_hold(context->he);
    return PYACCEL_OK;
}

/* Rows of all primes of `polynomials` polynomials, canonical; false: a residue that is not below its prime. */
static pyaccel_status set_rows(pa_he_word *words, const uint64_t *rows, uint32_t polynomials,
                               pyaccel_he_context *context)
{
    const uint32_t count = pa_he_key_rows(context);
    pa_he_scratch scratch;
    if (!pa_he_scratch_take(&scratch, context, 1, 0)) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    bool valid = true;
    for (uint32_t i = 0; valid && i < polynomials * count; i++) {
        valid = pa_he_residues_set(pa_he_row(context, words, i), rows + i * context->degree,
                                   i % count, context, scratch.rows);
    }
    pa_he_scratch_return(&scratch, context);
    return valid ? PYACCEL_OK : PYACCEL_INVALID_ARGUMENT;
}

pyaccel_status pyaccel_seal_secret_key(pyaccel_he_secret_key **key,
                                       const pyaccel_seal_context *context, const uint64_t *rows,
                                       uint64_t words)
{
    if (key == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *key = NULL;
    if (context == NULL || rows == NULL || words != context->count * context->degree) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    if (context->he == NULL) {
        return PYACCEL_UNSUPPORTED;
    }
    pyaccel_he_secret_key *made = calloc(1, sizeof *made);
    pyaccel_status status = PYACCEL_OUT_OF_MEMORY;
    if (made != NULL) {
        made->context = pa_he_hold(context->he);
        made->words = pa_he_key_memory(context->he, 1);
        if (made->words != NULL) {
            status = set_rows(made->words, rows, 1, context->he);
        }
    }
    if (status != PYACCEL_OK) {
        pyaccel_he_secret_key_free(made);
        return status;
    }
    *key = made;
    return PYACCEL_OK;
}

pyaccel_status pyaccel_seal_public_key(pyaccel_he_public_key **key,
                                       const pyaccel_seal_context *context, const uint64_t *rows,
                                       uint64_t words)
{
    if (key == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *key = NULL;
    if (context == NULL || rows == NULL || words != 2 * context->count * context->degree) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    if (context->he == NULL) {
        return PYACCEL_UNSUPPORTED;
    }
    pyaccel_he_public_key *made = calloc(1, sizeof *made);
    pyaccel_status status = PYACCEL_OUT_OF_MEMORY;
    if (made != NULL) {
        made->context = pa_he_hold(context->he);
        made->words = pa_he_key_memory(context->he, 2);
        if (made->words != NULL) {
            status = set_rows(made->words, rows, 2, context->he);
        }
    }
    if (status != PYACCEL_OK) {
        pyaccel_he_public_key_free(made);
        return status;
    }
    *key = made;
    return PYACCEL_OK;
}

static pyaccel_status get_rows(uint64_t *rows, uint64_t words, const pa_he_word *from,
                               uint32_t polynomials, const pyaccel_he_context *context)
{
    const uint32_t count = pa_he_key_rows(context);
    if (rows == NULL || words < (uint64_t)polynomials * count * context->degree) {
        return pa_seal_closed(rows, words, PYACCEL_INVALID_ARGUMENT);
    }
    pa_he_scratch scratch;
    if (!pa_he_scratch_take(&scratch, context, 1, 0)) {
        return pa_seal_closed(rows, words, PYACCEL_OUT_OF_MEMORY);
    }
    for (uint32_t i = 0; i < polynomials * count; i++) {
        pa_he_residues_get(rows + i * context->degree, from + i * context->stride, i % count,
                           context, scratch.rows);
    }
    pa_he_scratch_return(&scratch, context);
    return PYACCEL_OK;
}

pyaccel_status pyaccel_seal_secret_key_rows(uint64_t *rows, uint64_t words,
                                            const pyaccel_he_secret_key *key)
{
    return key == NULL ? pa_seal_closed(rows, words, PYACCEL_INVALID_ARGUMENT)
                       : get_rows(rows, words, key->words, 1, key->context);
}

pyaccel_status pyaccel_seal_public_key_rows(uint64_t *rows, uint64_t words,
                                            const pyaccel_he_public_key *key)
{
    return key == NULL ? pa_seal_closed(rows, words, PYACCEL_INVALID_ARGUMENT)
                       : get_rows(rows, words, key->words, 2, key->context);
}

pyaccel_status pyaccel_seal_transform(uint64_t *out, uint64_t out_words,
                                      const pyaccel_seal_context *context, const uint64_t *a,
                                      uint32_t polynomials, uint32_t rows, uint32_t inverse)
{
    if (context == NULL || a == NULL || rows < 1 || rows > context->count || inverse > 1) {
        return pa_seal_closed(out, out_words, PYACCEL_INVALID_ARGUMENT);
    }
    const uint64_t words = (uint64_t)polynomials * rows * context->degree;
    if (!pa_seal_out_valid(out, out_words, words, a, words, true) ||
        !pa_seal_residues_valid(context, a, polynomials, rows)) {
        return pa_seal_closed(out, out_words, PYACCEL_INVALID_ARGUMENT);
    }
    memmove(out, a, words * sizeof *out);
    for (uint64_t k = 0; k < (uint64_t)polynomials * rows; k++) {
        pa_he_word *row = out + k * context->degree;
        (inverse ? pa_he_portable.inverse : pa_he_portable.forward)(&row, 1,
                                                                    &context->ntt[k % rows]);
    }
    return PYACCEL_OK;
}

/* SEAL's coefficients of one batch of one ciphertext as a batch here. */
static pyaccel_status imported(pyaccel_he_ciphertexts **out, const pyaccel_seal_context *context,
                               const uint64_t *a, uint32_t size, uint32_t rows)
{
    const uint64_t words = (uint64_t)size * rows * context->degree;
    uint64_t *turned = malloc(words * sizeof *turned);
    *out = NULL;
    if (turned == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    pyaccel_status status = pyaccel_seal_transform(turned, words, context, a, size, rows, 0);
    if (status == PYACCEL_OK) {
        status = pyaccel_he_ciphertexts_of_residues(out, context->he, turned, words, 1, size,
                                                    rows - 1, 1, 1, 0);
    }
    free(turned);
    return status;
}

pyaccel_status pa_seal_multiply_bfv(uint64_t *out, const pyaccel_seal_context *context,
                                    const uint64_t *a, const uint64_t *b, uint32_t rows)
{
    if (context->he == NULL) {
        return PYACCEL_UNSUPPORTED;
    }
    pyaccel_he_ciphertexts *x = NULL, *y = NULL, *product = NULL;
    pyaccel_status status = imported(&x, context, a, 2, rows);
    if (status == PYACCEL_OK) {
        status = imported(&y, context, b, 2, rows);
    }
    if (status == PYACCEL_OK) {
        status = pyaccel_he_multiply(&product, x, y, NULL, 0, NULL);
    }
    uint64_t words = 3 * (uint64_t)rows * context->degree;
    if (status == PYACCEL_OK) {
        status = pyaccel_he_ciphertexts_residues(out, &words, product);
    }
    if (status == PYACCEL_OK) {
        status = pyaccel_seal_transform(out, words, context, out, 3, rows, 1);
    }
    pyaccel_he_ciphertexts_free(x);
    pyaccel_he_ciphertexts_free(y);
    pyaccel_he_ciphertexts_free(product);
    return status;
}
