/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of P-256 and SM2: what their variants of one lane do alike; included by each, which has defined the words of its
 * prime (FE_PRIME_0 .. 3) and those of 2^FE_FORM_BITS mod p and of its square (FE_UNIT, FE_SQUARE). */
#ifndef PA_FIELD_SPARSE_PRIME_ONE_LANE_H
#define PA_FIELD_SPARSE_PRIME_ONE_LANE_H

#include "one_lane.h"

#define FE_BITS 256

FE_FN void fe_mul(fe *r, const fe *a, const fe *b);

/* less = w - p where that is not negative, else w, which is below p then. */
FE_FN mask fe_words_below(uint64_t less[4], const uint64_t w[4])
{
    static const uint64_t modulus[4] = {FE_PRIME_0, FE_PRIME_1, FE_PRIME_2, FE_PRIME_3};
    uint64_t difference[4], borrow = 0;
    for (int i = 0; i < 4; i++) {
        const pa_u128 d = (pa_u128)w[i] - modulus[i] - borrow;
        difference[i] = (uint64_t)d;
        borrow = (uint64_t)(d >> 64) & 1;
    }
    const uint64_t keep = 0 - borrow;
    for (int i = 0; i < 4; i++) {
        less[i] = (w[i] & keep) | (difference[i] & ~keep);
    }
    return (mask)borrow;
}

FE_FN void fe_enter(fe *r, const fe *a)
{
    fe square;
    fe_place(&square, FE_SQUARE);
    fe_mul(r, a, &square);
}

FE_FN void fe_leave(fe *r, const fe *a)
{
    fe one;
    fe_place(&one, 1, 0, 0, 0);
    fe_mul(r, a, &one);
}

FE_FN void fe_set_words(fe *r, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3)
{
    fe_place(r, w0, w1, w2, w3);
    fe_enter(r, r);
}

FE_FN void fe_set_int(fe *r, unsigned int k)
{
    if (k == 1) {
        fe_place(r, FE_UNIT);
    } else {
        fe_place(r, k, 0, 0, 0);
        if (k > 1) {
            fe_enter(r, r);
        }
    }
}

FE_FN void fe_from_rows(fe *r, const unsigned char *const rows[LANES], mask *ok)
{
    uint64_t w[4], less[4];
    pa_words_from_be(w, rows[0]);
    *ok = fe_words_below(less, w);
    fe_set_words(r, less[0], less[1], less[2], less[3]);
}

FE_FN void fe_to_rows(unsigned char *const rows[LANES], const fe *a)
{
    uint64_t w[4];
    fe plain;
    fe_carry(&plain, a);
    fe_leave(&plain, &plain);
    fe_canonical(w, &plain);
    pa_words_to_be(rows[0], w);
}

#endif
