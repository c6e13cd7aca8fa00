/* SPDX-License-Identifier: Apache-2.0 */
/* The field of secp256k1, p = 2^256 - 2^32 - 977, one element at a time in 64-bit words.
 *
 * Five limbs of 52 bits; a value of magnitude m has limbs 0 .. 3 of at most 2 m (2^52 - 1) and
 * limb 4 of at most 2 m (2^48 - 1). Products want magnitudes of at most 8, so that columns stay
 * below 2^115. */
#ifndef PA_FIELD_SECP256K1_PORTABLE_H
#define PA_FIELD_SECP256K1_PORTABLE_H

#include "five_limbs.h"

#define FE_LOW_52 0xfffffffffffffu
#define FE_LOW_48 0xffffffffffffu
#define FE_FOLD_256 0x1000003d1u  /* 2^256 mod p */
#define FE_FOLD_260 0x1000003d10u /* 2^260 mod p */
/* Limb 0 of p; the others are FE_LOW_52, and FE_LOW_48 at the top. */
#define FE_P0 (FE_LOW_52 + 1 - FE_FOLD_256)
/* Limb i of a magnitude. */
#define FE_LIMB_MAX(magnitude, i) (2 * (uint64_t)(magnitude) * ((i) < 4 ? FE_LOW_52 : FE_LOW_48))

FE_FN void fe_check(const fe *a, int m)
{
    FE_ASSERT(m >= 1 && m <= FE_MAX_MAG);
    for (int i = 0; i < 5; i++) {
        FE_ASSERT(a->limb[i] <= FE_LIMB_MAX(m, i));
    }
    (void)a;
    (void)m;
}

FE_FN void fe_set_words(fe *r, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3)
{
    r->limb[0] = w0 & FE_LOW_52;
    r->limb[1] = (w0 >> 52 | w1 << 12) & FE_LOW_52;
    r->limb[2] = (w1 >> 40 | w2 << 24) & FE_LOW_52;
    r->limb[3] = (w2 >> 28 | w3 << 36) & FE_LOW_52;
    r->limb[4] = w3 >> 16;
}

/* 2 (m + 1) p - a, limb by limb, none of which goes below 0. */
FE_FN void fe_neg(fe *r, const fe *a, int m)
{
    const uint64_t k = 2u * ((uint64_t)m + 1);
    fe_check(a, m);
    r->limb[0] = k * FE_P0 - a->limb[0];
    for (int i = 1; i < 4; i++) {
        r->limb[i] = k * FE_LOW_52 - a->limb[i];
    }
    r->limb[4] = k * FE_LOW_48 - a->limb[4];
}

FE_FN void fe_sub(fe *r, const fe *a, const fe *b, int m)
{
    fe negative;
    fe_neg(&negative, b, m);
    fe_add(r, a, &negative);
}

/* After: limbs 0 .. 3 below 2^52, limb 4 below 2^48 + 2^7, so the value is below 2 p. */
FE_FN void fe_carry(fe *r, const fe *a)
{
    fe_check(a, FE_MAX_MAG);
    uint64_t carry = (a->limb[4] >> 48) * FE_FOLD_256;
    for (int i = 0; i < 4; i++) {
        carry += a->limb[i];
        r->limb[i] = carry & FE_LOW_52;
        carry >>= 52;
    }
    r->limb[4] = (a->limb[4] & FE_LOW_48) + carry;
}

/* fe_reduce_columns
 * Shapes: nine columns, the value being sum c[i] 2^(52 i) -> five limbs of magnitude 1.
 * Form:   columns 4 .. 8 are carried into limbs h of 52 bits from 2^260 up, h 2^260 = h
 *         FE_FOLD_260 mod p; what stands above 2^256 after that folds once more.
 * Bounds: c[i] < 2^115, c[8] < 2^105; h4 < 2^53; the top excess < 2^45, so limb 1 ends below
 *         2^52 + 2^27. */
FE_FN void fe_reduce_columns(fe *r, pa_u128 c[9])
{
    const uint64_t c4 = (uint64_t)c[4] & FE_LOW_52;
    c[5] += c[4] >> 52;
    c[6] += c[5] >> 52;
    c[7] += c[6] >> 52;
    c[8] += c[7] >> 52;
    c[0] += (pa_u128)((uint64_t)c[5] & FE_LOW_52) * FE_FOLD_260;
    c[1] += (pa_u128)((uint64_t)c[6] & FE_LOW_52) * FE_FOLD_260;
    c[2] += (pa_u128)((uint64_t)c[7] & FE_LOW_52) * FE_FOLD_260;
    c[3] += (pa_u128)((uint64_t)c[8] & FE_LOW_52) * FE_FOLD_260;
    c[4] = (pa_u128)(uint64_t)(c[8] >> 52) * FE_FOLD_260 + c4;
    for (int i = 0; i < 4; i++) {
        r->limb[i] = (uint64_t)c[i] & FE_LOW_52;
        c[i + 1] += c[i] >> 52;
    }
    r->limb[4] = (uint64_t)c[4] & FE_LOW_48;
    const pa_u128 low = (pa_u128)(uint64_t)(c[4] >> 48) * FE_FOLD_256 + r->limb[0];
    r->limb[0] = (uint64_t)low & FE_LOW_52;
    r->limb[1] += (uint64_t)(low >> 52);
}

/* fe_mul
 * Shapes: two elements -> one.
 * Form:   r = a b mod p, schoolbook columns of 128 bits.
 * Before: magnitudes at most 8: limbs below 2^56 (the top one below 2^52).
 * After:  magnitude 1. */
FE_FN void fe_mul(fe *r, const fe *a, const fe *b)
{
    fe_check(a, FE_MUL_MAG);
    fe_check(b, FE_MUL_MAG);
    const uint64_t a0 = a->limb[0], a1 = a->limb[1], a2 = a->limb[2], a3 = a->limb[3],
                   a4 = a->limb[4];
    const uint64_t b0 = b->limb[0], b1 = b->limb[1], b2 = b->limb[2], b3 = b->limb[3],
                   b4 = b->limb[4];
    pa_u128 c[9] = {
        (pa_u128)a0 * b0,
        (pa_u128)a0 * b1 + (pa_u128)a1 * b0,
        (pa_u128)a0 * b2 + (pa_u128)a1 * b1 + (pa_u128)a2 * b0,
        (pa_u128)a0 * b3 + (pa_u128)a1 * b2 + (pa_u128)a2 * b1 + (pa_u128)a3 * b0,
        (pa_u128)a0 * b4 + (pa_u128)a1 * b3 + (pa_u128)a2 * b2 + (pa_u128)a3 * b1 +
            (pa_u128)a4 * b0,
        (pa_u128)a1 * b4 + (pa_u128)a2 * b3 + (pa_u128)a3 * b2 + (pa_u128)a4 * b1,
        (pa_u128)a2 * b4 + (pa_u128)a3 * b3 + (pa_u128)a4 * b2,
        (pa_u128)a3 * b4 + (pa_u128)a4 * b3,
        (pa_u128)a4 * b4,
    };
    fe_reduce_columns(r, c);
}

/* fe_sqr
 * Shapes: one element -> one.
 * Form:   r = a^2 mod p, mixed products once from doubled limbs.
 * Before: magnitude at most 8: doubled limbs below 2^57.
 * After:  magnitude 1. */
FE_FN void fe_sqr(fe *r, const fe *a)
{
    fe_check(a, FE_MUL_MAG);
    const uint64_t a0 = a->limb[0], a1 = a->limb[1], a2 = a->limb[2], a3 = a->limb[3],
                   a4 = a->limb[4];
    const uint64_t d0 = 2 * a0, d1 = 2 * a1, d2 = 2 * a2, d3 = 2 * a3;
    pa_u128 c[9] = {
        (pa_u128)a0 * a0,
        (pa_u128)d0 * a1,
        (pa_u128)d0 * a2 + (pa_u128)a1 * a1,
        (pa_u128)d0 * a3 + (pa_u128)d1 * a2,
        (pa_u128)d0 * a4 + (pa_u128)d1 * a3 + (pa_u128)a2 * a2,
        (pa_u128)d1 * a4 + (pa_u128)d2 * a3,
        (pa_u128)d2 * a4 + (pa_u128)a3 * a3,
        (pa_u128)d3 * a4,
        (pa_u128)a4 * a4,
    };
    fe_reduce_columns(r, c);
}

/* w = a in [0, p) as 64-bit words: the carried value v < 2 p, plus 2^256 - p where v >= p. */
FE_FN void fe_canonical(uint64_t w[4], const fe *a)
{
    fe v;
    fe_carry(&v, a);
    uint64_t carry = FE_FOLD_256;
    for (int i = 0; i < 4; i++) {
        carry = (carry + v.limb[i]) >> 52;
    }
    carry = ((carry + v.limb[4]) >> 48) * FE_FOLD_256;
    for (int i = 0; i < 4; i++) {
        carry += v.limb[i];
        v.limb[i] = carry & FE_LOW_52;
        carry >>= 52;
    }
    v.limb[4] = (v.limb[4] + carry) & FE_LOW_48;
    w[0] = v.limb[0] | v.limb[1] << 52;
    w[1] = v.limb[1] >> 12 | v.limb[2] << 40;
    w[2] = v.limb[2] >> 24 | v.limb[3] << 28;
    w[3] = v.limb[3] >> 36 | v.limb[4] << 16;
}

/* A carried value is below 2 p, so it is 0 modulo p only as 0 or p. */
FE_FN mask fe_is_zero(const fe *a)
{
    fe v;
    fe_carry(&v, a);
    const uint64_t middle = v.limb[1] & v.limb[2] & v.limb[3];
    const uint64_t not_zero = v.limb[0] | v.limb[1] | v.limb[2] | v.limb[3] | v.limb[4];
    const uint64_t not_p = (v.limb[0] ^ FE_P0) | (middle ^ FE_LOW_52) | (v.limb[4] ^ FE_LOW_48);
    return mask_word_is_zero(not_zero) | mask_word_is_zero(not_p);
}

#include "secp256k1_one_lane.h"

#endif
