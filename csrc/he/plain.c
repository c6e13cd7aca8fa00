/* SPDX-License-Identifier: Apache-2.0 */
/* Plaintexts of BFV and BGV as rows of Q. */
#include "evaluate.h"
#include "words.h"

/* Coefficients at a time. */
#define BLOCK 256u

/* [factor m]_t in (-t / 2, t / 2]; or, scaled, floor(t / 2) - ((Q m + floor(t / 2)) mod t), which over t is round(Q m / t)
 * modulo each prime of Q. */
static void small_integers(int64_t out[BLOCK], const pa_he_word *words, size_t n, uint64_t factor,
                           bool scaled, const pa_he_modulus *t)
{
    const uint64_t half = t->q / 2;
    for (size_t i = 0; i < n; i++) {
        const uint64_t r = pa_he_reduce128((pa_u128)words[i] * factor + (scaled ? half : 0), t);
        out[i] = scaled     ? (int64_t)half - (int64_t)r
                 : r > half ? (int64_t)r - (int64_t)t->q
                            : (int64_t)r;
    }
}

static void import_block(pa_he_word *out, const int64_t in[BLOCK], size_t n,
                         const pa_he_kernels *kernels, const pa_he_modulus *q)
{
    uint64_t canonical[BLOCK];
    for (size_t i = 0; i < n; i++) {
        const uint64_t r = pa_he_reduce64((uint64_t)(in[i] < 0 ? -in[i] : in[i]), q);
        canonical[i] = in[i] < 0 ? pa_he_neg(r, q->q) : r;
    }
    kernels->import(out, canonical, n, q);
}

void pa_he_plain_rows(const pyaccel_he_context *context, uint32_t level, pa_he_word *rows,
                      const pa_he_word *words, uint64_t factor, bool scaled)
{
    const pa_he_kernels *kernels = context->kernels;
    const pa_he_modulus *t = &context->constants->plain;
    const uint32_t end = context->level_end[level];
    if (scaled) { /* Q modulo t in the factor's place */
        factor = 1;
        for (uint32_t j = 0; j < end; j++) {
            factor = pa_he_mul_mod(factor, context->ntt[j].modulus.q % t->q, t);
        }
    }
    const bool narrow = t->q >> 32 == 0; /* what import_small takes */
    for (size_t first = 0; first < context->degree; first += BLOCK) {
        const size_t n = context->degree - first < BLOCK ? context->degree - first : BLOCK;
        int64_t wide[BLOCK];
        int32_t small[BLOCK];
        small_integers(wide, words + first, n, factor, scaled, t);
        for (size_t i = 0; narrow && i < n; i++) {
            small[i] = (int32_t)wide[i];
        }
        for (uint32_t j = 0; j < end; j++) {
            pa_he_word *row = rows + j * context->stride + first;
            if (narrow) {
                kernels->import_small(row, small, n, &context->ntt[j].modulus);
            } else {
                import_block(row, wide, n, kernels, &context->ntt[j].modulus);
            }
        }
    }
    for (uint32_t j = 0; scaled && j < end; j++) {
        pa_he_word *row = rows + j * context->stride;
        kernels->mul_constant(row, row, &context->constants->plain_inverse[j], context->degree,
                              &context->ntt[j].modulus);
    }
}

void pa_he_plain_ntt(const pyaccel_he_context *context, uint32_t level, pa_he_word *rows,
                     const pa_he_word *words, uint64_t factor, bool scaled)
{
    pa_he_plain_rows(context, level, rows, words, factor, scaled);
    for (uint32_t j = 0; j < context->level_end[level]; j++) {
        pa_he_word *row = rows + j * context->stride;
        context->kernels->forward(&row, 1, &context->ntt[j]);
    }
}
