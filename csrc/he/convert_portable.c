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

/* y, less q where it lies in the upper half, modulo p; modulus: q modulo p. */
static inline uint64_t centred(uint64_t y, uint64_t q, uint64_t modulus, const pa_he_modulus *p)
{
    const uint64_t upper = 0 - (((q - 1) / 2 - y) >> 63); /* all bits where y > (q - 1) / 2 */
    return pa_he_sub(pa_he_reduce64(y, p), modulus & upper, p->q);
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
            out[j][i] = centred(y, q, modulus[j], p);
        }
    }
}

/* y_i of n elements, in place too, and v before the shift. */
static void make_terms(pa_he_word *const *y, pa_u128 v[BLOCK], const pa_he_word *const *in,
                       const pa_he_conversion *conversion, size_t n)
{
    const pa_he_multiplier *pre = conversion->prepared;
    for (size_t e = 0; e < n; e++) {
        v[e] = conversion->rounding;
    }
    for (uint32_t i = 0; i < conversion->in_count; i++) {
        const uint64_t q = conversion->in[i]->modulus.q;
        for (size_t e = 0; e < n; e++) {
            y[i][e] = pa_he_once(pa_he_lazy(in[i][e], pre[i].value, pre[i].quotient, q), q);
            v[e] += (pa_u128)y[i][e] * conversion->fraction[i] >> 52;
        }
    }
}

/* x + y[0] c[0] + .. modulo p, terms of element e. */
static inline uint64_t dot(pa_u128 x, const pa_he_word *const *y, const uint64_t *c, uint32_t terms,
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
    pa_he_word block[PA_HE_MAX_PRIMES][BLOCK], *y[PA_HE_MAX_PRIMES];
    const pa_he_word *from[PA_HE_MAX_PRIMES];
    pa_u128 v[BLOCK];
    for (size_t first = 0; first < n; first += BLOCK) {
        const size_t size = n - first < BLOCK ? n - first : BLOCK;
        for (uint32_t i = 0; i < in_count; i++) {
            y[i] = block[i];
            from[i] = in[i] + first;
        }
        make_terms(y, v, from, conversion, size);
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
                out[j][first + e] = dot(x, (const pa_he_word *const *)y, matrix, in_count, e, p);
            }
        }
    }
}

void pa_he_lift_begin_portable(pa_he_word *const *rows, pa_he_word *excess,
                               const pa_he_conversion *lift, size_t n)
{
    if (lift->in_count == 1) {
        return;
    }
    pa_he_word *y[PA_HE_MAX_PRIMES];
    pa_u128 v[BLOCK];
    for (size_t first = 0; first < n; first += BLOCK) {
        const size_t size = n - first < BLOCK ? n - first : BLOCK;
        for (uint32_t i = 0; i < lift->in_count; i++) {
            y[i] = rows[i] + first;
        }
        make_terms(y, v, (const pa_he_word *const *)y, lift, size);
        for (size_t e = 0; e < size; e++) {
            excess[first + e] = (uint64_t)(v[e] >> lift->shift); /* at most in_count */
        }
    }
}

void pa_he_lift_row_portable(pa_he_word *out, const pa_he_lift *lift, size_t n)
{
    const pa_he_conversion *c = lift->conversion;
    const pa_he_modulus *p = &c->out[lift->out]->modulus;
    if (c->in_count == 1) {
        const uint64_t q = c->in[0]->modulus.q;
        for (size_t e = 0; e < n; e++) {
            out[e] = centred(lift->terms[0][e], q, q % p->q, p);
        }
        return;
    }
    const uint64_t *matrix = c->matrix + (size_t)lift->out * c->in_count,
                   overflow = c->overflow[lift->out];
    for (size_t e = 0; e < n; e++) {
        out[e] = dot((pa_u128)lift->excess[e] * overflow, lift->terms, matrix, c->in_count, e, p);
    }
}
