/* SPDX-License-Identifier: Apache-2.0 */
/* Products of two ciphertexts of SEAL. CKKS: SEAL's bytes. BFV (seal_he.c): by Halevi, Polyakov and Shoup, where SEAL takes the
 * bases and roundings of BEHZ: the same plaintext. */
#include "seal.h"

#include <stdlib.h>
#include <string.h>

static const pa_he_kernels *const kernels = &pa_he_portable;

/* Rows of out_k = sum over i + j = k of a_i b_j modulo one prime; polynomial p of a and b at p * step, of out at p * out_step. */
static void tensor(pa_he_word *out, size_t out_step, const pa_he_word *a, uint32_t a_size,
                   const pa_he_word *b, uint32_t b_size, size_t step, size_t n,
                   const pa_he_modulus *modulus)
{
    for (uint32_t k = 0; k < a_size + b_size - 1; k++) {
        memset(out + k * out_step, 0, n * sizeof *out);
    }
    for (uint32_t i = 0; i < a_size; i++) {
        for (uint32_t j = 0; j < b_size; j++) {
            kernels->mul_add(out + (i + j) * out_step, a + i * step, b + j * step, n, modulus);
        }
    }
}

pyaccel_status pyaccel_seal_multiply(uint64_t *out, uint64_t out_words,
                                     const pyaccel_seal_context *context, const uint64_t *a,
                                     uint32_t a_size, const uint64_t *b, uint32_t b_size,
                                     uint32_t rows)
{
    uint32_t size = a_size + b_size - 1;
    uint64_t wanted = pa_seal_words(context, size, rows);
    if (wanted == 0 || !pa_seal_input_valid(context, a, a_size, rows) ||
        !pa_seal_input_valid(context, b, b_size, rows) ||
        !pa_seal_out_valid(out, out_words, wanted, a, pa_seal_words(context, a_size, rows),
                           false) ||
        !pa_seal_out_valid(out, out_words, wanted, b, pa_seal_words(context, b_size, rows),
                           false)) {
        return pa_seal_closed(out, out_words, PYACCEL_INVALID_ARGUMENT);
    }
    if (context->scheme == PYACCEL_SEAL_BFV) {
        const pyaccel_status status = a_size == 2 && b_size == 2
                                          ? pa_seal_multiply_bfv(out, context, a, b, rows)
                                          : PYACCEL_UNSUPPORTED;
        return pa_seal_closed(out, out_words, status);
    }
    size_t n = context->degree;
    for (uint32_t i = 0; i < rows; i++) {
        tensor(out + i * n, rows * n, a + i * n, a_size, b + i * n, b_size, rows * n, n,
               &context->ntt[i].modulus);
    }
    return PYACCEL_OK;
}
