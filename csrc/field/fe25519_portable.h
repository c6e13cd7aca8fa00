/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic modulo p = 2^255 - 19, one lane, five limbs of 51 bits in 64-bit words. Interface:
 * field.h.
 *
 * A value of magnitude m is sum of limb[i] 2^(51 i) with every limb <= m (2^51 + 2^13). Encodings
 * are little-endian. */
#ifndef PA_FE25519_PORTABLE_H
#define PA_FE25519_PORTABLE_H

#include "five_limbs.h"

#define FE_LIMB_MASK ((UINT64_C(1) << 51) - 1)
#define FE_LIMB_BOUND ((UINT64_C(1) << 51) + (UINT64_C(1) << 13))

FE_FN void fe_check(const fe *a, int magnitude)
{
    for (int i = 0; i < 5; i++) {
        FE_ASSERT(a->limb[i] <= (uint64_t)magnitude * FE_LIMB_BOUND);
    }
    (void)a;
    (void)magnitude;
}

/* Any number below 2^256; bit 255 counts 19. */
FE_FN void fe_set_words(fe *r, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3)
{
    r->limb[0] = (w0 & FE_LIMB_MASK) + 19 * (w3 >> 63);
    r->limb[1] = (w0 >> 51 | w1 << 13) & FE_LIMB_MASK;
    r->limb[2] = (w1 >> 38 | w2 << 26) & FE_LIMB_MASK;
    r->limb[3] = (w2 >> 25 | w3 << 39) & FE_LIMB_MASK;
    r->limb[4] = w3 >> 12 & FE_LIMB_MASK;
}

/* r = a + (m + 1) p - b limb by limb; no limb of (m + 1) p is below m (2^51 + 2^13) for m <
 * FE_MAX_MAG. */
FE_FN void fe_sub(fe *r, const fe *a, const fe *b, int m)
{
    uint64_t multiple = (uint64_t)m + 1;
    fe_check(b, m);
    r->limb[0] = a->limb[0] + multiple * (FE_LIMB_MASK - 18) - b->limb[0];
    for (int i = 1; i < 5; i++) {
        r->limb[i] = a->limb[i] + multiple * FE_LIMB_MASK - b->limb[i];
    }
    fe_check(r, FE_MAX_MAG);
}

FE_FN void fe_neg(fe *r, const fe *a, int m)
{
    const fe zero = {{0, 0, 0, 0, 0}};
    fe_sub(r, &zero, a, m);
    fe_check(r, m + 1);
}

/* All carries at once: each is at most 2^6, so limbs end below 2^51 + 19 * 2^6. */
FE_FN void fe_carry(fe *r, const fe *a)
{
    uint64_t carry = 19 * (a->limb[4] >> 51);
    fe_check(a, FE_MAX_MAG);
    for (int i = 0; i < 5; i++) {
        uint64_t limb = a->limb[i];
        r->limb[i] = (limb & FE_LIMB_MASK) + carry;
        carry = limb >> 51;
    }
}

FE_FN pa_u128 wide(uint64_t a, uint64_t b)
{
    return (pa_u128)a * b;
}

/* r = the five columns, carried. Columns stay below 77 * 64 * 2^102.01 < 2^115 (four of five
 * terms times 19) and the last, free of 19, below 5 * 64 * 2^102.01 < 2^110.4, so 19 times its
 * carry fits 64 bits. */
FE_FN void fe_carry_columns(fe *r, pa_u128 c0, pa_u128 c1, pa_u128 c2, pa_u128 c3, pa_u128 c4)
{
    c1 += (uint64_t)(c0 >> 51);
    c2 += (uint64_t)(c1 >> 51);
    c3 += (uint64_t)(c2 >> 51);
    c4 += (uint64_t)(c3 >> 51);
    uint64_t low = ((uint64_t)c0 & FE_LIMB_MASK) + 19 * (uint64_t)(c4 >> 51);
    r->limb[0] = low & FE_LIMB_MASK;
    r->limb[1] = ((uint64_t)c1 & FE_LIMB_MASK) + (low >> 51);
    r->limb[2] = (uint64_t)c2 & FE_LIMB_MASK;
    r->limb[3] = (uint64_t)c3 & FE_LIMB_MASK;
    r->limb[4] = (uint64_t)c4 & FE_LIMB_MASK;
}

/* r = a b mod p; a, b, r: 5 limbs; schoolbook columns, 2^255 folded as 19 into the second factor.
 * Before: magnitudes <= 8. After: magnitude 1.
 * Floor: 25 multiplications of 64 x 64 bits, one a cycle: 25 cycles. Measured on a Xeon of
 * 3.0 GHz: 39 cycles for independent products, 45 in a chain (squares: 41 in a chain). The rest
 * is the 128-bit column sums, two additions through the carry flag each. */
FE_FN void fe_mul(fe *r, const fe *a, const fe *b)
{
    const uint64_t *x = a->limb, *y = b->limb;
    const uint64_t y1 = 19 * y[1], y2 = 19 * y[2], y3 = 19 * y[3], y4 = 19 * y[4];
    fe_check(a, FE_MUL_MAG);
    fe_check(b, FE_MUL_MAG);
    fe_carry_columns(
        r, wide(x[0], y[0]) + wide(x[1], y4) + wide(x[2], y3) + wide(x[3], y2) + wide(x[4], y1),
        wide(x[0], y[1]) + wide(x[1], y[0]) + wide(x[2], y4) + wide(x[3], y3) + wide(x[4], y2),
        wide(x[0], y[2]) + wide(x[1], y[1]) + wide(x[2], y[0]) + wide(x[3], y4) + wide(x[4], y3),
        wide(x[0], y[3]) + wide(x[1], y[2]) + wide(x[2], y[1]) + wide(x[3], y[0]) + wide(x[4], y4),
        wide(x[0], y[4]) + wide(x[1], y[3]) + wide(x[2], y[2]) + wide(x[3], y[1]) +
            wide(x[4], y[0]));
}

/* r = a^2 mod p; a, r: 5 limbs; 15 products instead of 25, mixed ones doubled.
 * Before: magnitude <= 8. After: magnitude 1. */
FE_FN void fe_sqr(fe *r, const fe *a)
{
    const uint64_t *x = a->limb;
    const uint64_t d0 = 2 * x[0], d1 = 2 * x[1], d2 = 2 * x[2], d3 = 2 * x[3];
    const uint64_t x3 = 19 * x[3], x4 = 19 * x[4];
    fe_check(a, FE_MUL_MAG);
    fe_carry_columns(r, wide(x[0], x[0]) + wide(d1, x4) + wide(d2, x3),
                     wide(d0, x[1]) + wide(d2, x4) + wide(x[3], x3),
                     wide(d0, x[2]) + wide(x[1], x[1]) + wide(d3, x4),
                     wide(d0, x[3]) + wide(d1, x[2]) + wide(x[4], x4),
                     wide(d0, x[4]) + wide(d1, x[3]) + wide(x[2], x[2]));
}

FE_FN void fe_canonical(uint64_t word[4], const fe *a)
{
    fe t;
    fe_carry(&t, a);
    fe_carry(&t, &t);
    /* Now t < 2^255 + 2^205 < 2 p, so it is t or t - p; t >= p exactly when t + 19 reaches
     * 2^255. */
    uint64_t quotient = 19;
    for (int i = 0; i < 5; i++) {
        quotient = (t.limb[i] + quotient) >> 51;
    }
    uint64_t carry = 19 * quotient;
    for (int i = 0; i < 5; i++) {
        uint64_t limb = t.limb[i] + carry;
        t.limb[i] = limb & FE_LIMB_MASK;
        carry = limb >> 51;
    }
    word[0] = t.limb[0] | t.limb[1] << 51;
    word[1] = t.limb[1] >> 13 | t.limb[2] << 38;
    word[2] = t.limb[2] >> 26 | t.limb[3] << 25;
    word[3] = t.limb[3] >> 39 | t.limb[4] << 12;
}

#include "fe25519_one_lane.h"

#endif
