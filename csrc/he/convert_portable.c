/* SPDX-License-Identifier: Apache-2.0 */
/* Base conversion in 64-bit words, q < 2^61: a block of coefficients at a time, whose y_i stay in cache for all out primes. */
#include "portable.h"
#include "words.h"

#define BLOCK 16u /* 64 primes: 8 KiB of stack */
/* So many products of residues, and three more, stay below 2^128. */
#define CHUNK 32u

/* prepared: a multiplier a prime of the in base (pre_i), then a word a prime of the out base (q_0 modulo p_j). */
size_t pa_he_conversion_bytes_portable(const pa_he_conversion *conversion)
{
    const size_t words = 2 * (size_t)conversion->in_count + conversion->out_count;
    return (words + 7) / 8 * 8 * sizeof(pa_he_word);
}

void pa_he_conversion_fill_portable(const pa_he_conversion *conversion)
{
    pa_he_multiplier *pre = conversion->prepared;
    for (uint32_t i = 0; i < conversion->in_count; i++) {
        pa_he_portable.multiplier(&pre[i], conversion->pre[i], &conversion->in[i]->modulus);
    }
    pa_he_word *modulus = &pre[conversion->in_count].value;
    for (uint32_t j = 0; j < conversion->out_count; j++) {
        modulus[j] = conversion->in[0]->modulus.q % conversion->out[j]->modulus.q;
    }
}

void pa_he_make_ready_portable(pa_he_word *const *rows, const pa_he_conversion *conversion,
                               size_t n)
{
    const pa_he_multiplier *pre = conversion->prepared;
    for (uint32_t i = 0; i < conversion->in_count; i++) {
        pa_he_portable.mul_constant(rows[i], rows[i], &pre[i], n, &conversion->in[i]->modulus);
    }
}

static void convert_centred(pa_he_word *const *out, const pa_he_word *in,
                            const pa_he_conversion *conversion, size_t n)
{
    const pa_he_multiplier *pre = conversion->prepared;
    const pa_he_word *modulus = &pre[1].value;
    const uint64_t q = conversion->in[0]->modulus.q;
    for (uint32_t j = 0; j < conversion->out_count; j++) {
        const pa_he_modulus *p = &conversion->out[j]->modulus;
        for (size_t i = 0; i < n; i++) {
            const uint64_t y = pa_he_once(pa_he_lazy(in[i], pre->value, pre->quotient, q), q);
            const uint64_t upper =
                0 - (((q - 1) / 2 - y) >> 63); /* all bits where y > (q - 1) / 2 */
            out[j][i] = pa_he_sub(pa_he_reduce64(y, p), modulus[j] & upper, p->q);
        }
    }
}

/* x + y[0] c[0] + .. modulo p, terms of block element e. */
static inline uint64_t dot(pa_u128 x, const uint64_t (*y)[BLOCK], const uint64_t *c, uint32_t terms,
                           size_t e, const pa_he_modulus *p)
{
    uint32_t i = 0;
    for (; terms - i > CHUNK; x = pa_he_reduce128(x, p)) {
        for (const uint32_t end = i + CHUNK; i < end; i++) {
            x += (pa_u128)y[i][e] * c[i];
        }
    }
    for (; i < terms; i++) {
        x += (pa_u128)y[i][e] * c[i];
    }
    return pa_he_reduce128(x, p);
}

void pa_he_convert_portable(pa_he_word *const *out, const pa_he_word *const *in,
                            const pa_he_word *const *own, const pa_he_conversion *conversion,
                            size_t n)
{
    const uint32_t in_count = conversion->in_count;
    if (in_count == 1 && conversion->centred) {
        convert_centred(out, in[0], conversion, n);
        return;
    }
    const pa_he_multiplier *pre = conversion->prepared;
    uint64_t y[PA_HE_MAX_PRIMES][BLOCK];
    pa_u128 v[BLOCK];
    for (size_t first = 0; first < n; first += BLOCK) {
        const size_t size = n - first < BLOCK ? n - first : BLOCK;
        for (size_t e = 0; e < size; e++) {
            v[e] = conversion->rounding;
        }
        for (uint32_t i = 0; i < in_count; i++) {
            const uint64_t q = conversion->in[i]->modulus.q;
            for (size_t e = 0; e < size; e++) {
                const uint64_t x = in[i][first + e];
                y[i][e] = conversion->ready != 0
                              ? x
                              : pa_he_once(pa_he_lazy(x, pre[i].value, pre[i].quotient, q), q);
                v[e] += (pa_u128)y[i][e] * conversion->fraction[i] >> 52;
            }
        }
        for (size_t e = 0; e < size; e++) {
            v[e] >>= conversion->shift;
        }
        for (uint32_t j = 0; j < conversion->out_count; j++) {
            const pa_he_modulus *p = &conversion->out[j]->modulus;
            const uint64_t *matrix = conversion->matrix + (size_t)j * in_count;
            for (size_t e = 0; e < size; e++) {
                /* Below 2^67 before the shift. */
                const uint64_t excess =
                    conversion->shift >= 6 ? (uint64_t)v[e] : pa_he_reduce128(v[e], p);
                pa_u128 x = (pa_u128)excess * conversion->overflow[j];
                if (own != NULL) {
                    x += (pa_u128)own[j][first + e] * conversion->own[j];
                }
                out[j][first + e] = dot(x, y, matrix, in_count, e, p);
            }
        }
    }
}
