/* SPDX-License-Identifier: Apache-2.0 */
/* Plaintexts of BFV and BGV as rows of Q. */
#include "evaluate.h"
#include "message.h"

/* Coefficients at a time. */
#define BLOCK 256u

void pa_he_plain_ntt(const pyaccel_he_context *context, uint32_t level, pa_he_word *rows,
                     const pa_he_word *words, uint64_t factor, bool scaled)
{
    const pa_he_kernels *kernels = context->kernels;
    const uint32_t end = context->level_end[level];
    for (size_t first = 0; first < context->degree; first += BLOCK) {
        const size_t n = context->degree - first < BLOCK ? context->degree - first : BLOCK;
        int64_t numbers[BLOCK];
        pa_he_message(numbers, context, level, words + first, n, factor, scaled);
        for (uint32_t j = 0; j < end; j++) {
            pa_he_signed_row(rows + j * context->stride + first, context, j, numbers,
                             context->plain_modulus / 2, n);
        }
    }
    for (uint32_t j = 0; j < end; j++) {
        const pa_he_ntt *ntt = &context->ntt[j];
        pa_he_word *row = rows + j * context->stride;
        if (scaled) {
            kernels->mul_constant(row, row, &context->constants->plain_inverse[j], context->degree,
                                  &ntt->modulus);
        }
        kernels->forward(&row, 1, ntt);
    }
}
