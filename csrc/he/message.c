/* SPDX-License-Identifier: Apache-2.0 */
#include "message.h"

#include "rns.h"
#include "words.h"

/* All bits where x, below 2^63 as an unsigned difference, went below 0. */
static uint64_t below_zero(uint64_t x)
{
    return 0 - (x >> 63);
}

void pa_he_message(int64_t *numbers, const pyaccel_he_context *context, uint32_t level,
                   const pa_he_word *words, size_t n, uint64_t factor, bool scaled)
{
    const pa_he_modulus *t = &context->constants->plain;
    const uint64_t half = t->q / 2;
    uint64_t times = factor % t->q;
    if (scaled) {
        times = 1 % t->q;
        for (uint32_t j = 0; j < context->level_end[level]; j++) {
            times = pa_he_reduce128((pa_u128)times * context->ntt[j].modulus.q, t);
        }
    }
    const uint64_t added = scaled ? half : 0;
    if (t->bits <= 32) {
        for (size_t i = 0; i < n; i++) {
            numbers[i] = (int64_t)pa_he_reduce64(times * words[i] + added, t);
        }
    } else {
        for (size_t i = 0; i < n; i++) {
            numbers[i] = (int64_t)pa_he_reduce128((pa_u128)times * words[i] + added, t);
        }
    }
    for (size_t i = 0; i < n; i++) {
        const uint64_t r = (uint64_t)numbers[i];
        numbers[i] = scaled ? (int64_t)(half - r) : (int64_t)(r - (t->q & below_zero(half - r)));
    }
}

void pa_he_signed_row(pa_he_word *row, const pyaccel_he_context *context, uint32_t prime,
                      const int64_t *numbers, uint64_t most, size_t count)
{
    enum { BLOCK = 256 };
    const pa_he_modulus *modulus = &context->ntt[prime].modulus;
    union {
        int32_t small[BLOCK];
        uint64_t canonical[BLOCK];
    } block;
    for (size_t first = 0; first < count; first += BLOCK) {
        const size_t n = count - first < BLOCK ? count - first : BLOCK;
        const int64_t *in = numbers + first;
        if (most < UINT64_C(1) << 31) {
            for (size_t i = 0; i < n; i++) {
                block.small[i] = (int32_t)in[i];
            }
            context->kernels->import_small(row + first, block.small, n, modulus);
            continue;
        }
        for (size_t i = 0; i < n; i++) {
            const uint64_t sign = below_zero((uint64_t)in[i]);
            const uint64_t size = ((uint64_t)in[i] ^ sign) - sign;
            const uint64_t r = pa_he_reduce64(size, modulus), minus = pa_he_neg(r, modulus->q);
            block.canonical[i] = r ^ ((r ^ minus) & sign);
        }
        context->kernels->import(row + first, block.canonical, n, modulus);
    }
    pa_wipe(&block, sizeof block);
}

void pa_he_message_constants(pa_he_multiplier *constants, const pyaccel_he_context *context,
                             uint32_t rows, bool special)
{
    for (uint32_t j = 0; j < rows; j++) {
        const pa_he_modulus *modulus = &context->ntt[j].modulus;
        uint64_t constant = 1;
        for (uint32_t k = 0; special && k < context->p_count; k++) {
            const uint64_t p = context->ntt[context->q_count + k].modulus.q;
            constant = pa_he_mul_mod(constant, p % modulus->q, modulus);
        }
        if (context->scheme == PYACCEL_HE_BFV) {
            const uint64_t inverse = pa_he_inv_mod(context->plain_modulus % modulus->q, modulus);
            constant = pa_he_mul_mod(constant, inverse, modulus);
        }
        context->kernels->multiplier(&constants[j], constant, modulus);
    }
}

void pa_he_message_add(pa_he_word *row, const pyaccel_he_context *context, uint32_t prime,
                       const int64_t *numbers, const pa_he_multiplier *constant,
                       pa_he_word *scratch, size_t n)
{
    const pa_he_modulus *modulus = &context->ntt[prime].modulus;
    pa_he_signed_row(scratch, context, prime, numbers, context->plain_modulus / 2, n);
    context->kernels->mul_constant(scratch, scratch, constant, n, modulus);
    context->kernels->add(row, row, scratch, n, modulus);
}
