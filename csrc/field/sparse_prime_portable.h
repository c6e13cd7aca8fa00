/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of P-256 and SM2, one element at a time in 64-bit words, numbers in Montgomery form. Interface: field.h.
 *
 * Both primes are p = 2^256 - 2^224 + s - 1 with a small s, a sum of signed powers of 2 of 64 and more, so that a multiple of p
 * clears the lowest limb of a number with no more than two products (P-256: one, and shifts). The file that includes this one
 * defines FE_PRIME_0 .. 3, the words of p, and FE_S1, FE_S3, signed, s = FE_S1 2^53 + FE_S3 2^159.
 *
 * Five limbs of 53 bits, so the form is x 2^265 mod p: five limbs of 52 bits would take factors of magnitude 2 at most, as their
 * product is divided by no more than 2^260, and sums would have to be carried before each product. A value of magnitude m has
 * limbs 0 .. 3 of at most 2 m (2^53 - 1) and limb 4 of at most 2 m (2^44 - 1). */
#ifndef PA_FIELD_SPARSE_PRIME_PORTABLE_H
#define PA_FIELD_SPARSE_PRIME_PORTABLE_H

#define FE_HAS_FORM
#define FE_FORM_BITS 265
#define FE_LIMB_BITS 53

#include "five_limbs.h"

#define FE_LOW_53 UINT64_C(0x1fffffffffffff)
#define FE_LOW_44 UINT64_C(0xfffffffffff)
/* Limb 4 of 2^256 - 2^224. */
#define FE_S4 ((INT64_C(1) << 44) - (INT64_C(1) << 12))
/* Limb i of a magnitude. */
#define FE_LIMB_MAX(magnitude, i) (2 * (uint64_t)(magnitude) * ((i) < 4 ? FE_LOW_53 : FE_LOW_44))

/* Limbs of p. */
#define FE_P0 (FE_PRIME_0 & FE_LOW_53)
#define FE_P1 ((FE_PRIME_0 >> 53 | FE_PRIME_1 << 11) & FE_LOW_53)
#define FE_P2 ((FE_PRIME_1 >> 42 | FE_PRIME_2 << 22) & FE_LOW_53)
#define FE_P3 ((FE_PRIME_2 >> 31 | FE_PRIME_3 << 33) & FE_LOW_53)
#define FE_P4 (FE_PRIME_3 >> 20)

__extension__ typedef __int128 fe_signed_128;

FE_FN void fe_check(const fe *a, int m)
{
    FE_ASSERT(m >= 1 && m <= FE_MAX_MAG);
    for (int i = 0; i < 5; i++) {
        FE_ASSERT(a->limb[i] <= FE_LIMB_MAX(m, i));
    }
    (void)a;
    (void)m;
}

/* The number of these words as it is, in no form. */
FE_FN void fe_place(fe *r, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3)
{
    r->limb[0] = w0 & FE_LOW_53;
    r->limb[1] = (w0 >> 53 | w1 << 11) & FE_LOW_53;
    r->limb[2] = (w1 >> 42 | w2 << 22) & FE_LOW_53;
    r->limb[3] = (w2 >> 31 | w3 << 33) & FE_LOW_53;
    r->limb[4] = w3 >> 20;
}

/* 2 (m + 1) p - a, limb by limb, none of which goes below 0: limbs of p that are short borrow 2 m + 1 from the next. */
FE_FN void fe_neg(fe *r, const fe *a, int m)
{
    const uint64_t k = 2u * ((uint64_t)m + 1), units = FE_P2 == 0 ? k - 1 : 0;
    fe_check(a, m);
    r->limb[0] = k * FE_P0 - a->limb[0];
    r->limb[1] = k * FE_P1 + (units << 53) - a->limb[1];
    r->limb[2] = k * FE_P2 + units * FE_LOW_53 - a->limb[2];
    r->limb[3] = k * FE_P3 + units * FE_LOW_53 - a->limb[3];
    r->limb[4] = k * FE_P4 - units - a->limb[4];
}

FE_FN void fe_sub(fe *r, const fe *a, const fe *b, int m)
{
    fe negative;
    fe_neg(&negative, b, m);
    fe_add(r, a, &negative);
}

/* t = what stands above 2^256, less than 2^6, folds as t (2^256 - p) = t (2^224 - s + 1). After: limbs 0 .. 3 below 2^53, limb 4
 * below 2^44 + 2^18 + 2^7, so the value is below 2 p. */
FE_FN void fe_carry(fe *r, const fe *a)
{
    fe_check(a, FE_MAX_MAG);
    const int64_t t = (int64_t)(a->limb[4] >> 44);
    int64_t carry = (int64_t)a->limb[0] + t;
    r->limb[0] = (uint64_t)carry & FE_LOW_53;
    carry = (carry >> 53) + (int64_t)a->limb[1] - t * FE_S1;
    r->limb[1] = (uint64_t)carry & FE_LOW_53;
    carry = (carry >> 53) + (int64_t)a->limb[2];
    r->limb[2] = (uint64_t)carry & FE_LOW_53;
    carry = (carry >> 53) + (int64_t)a->limb[3] - t * FE_S3;
    r->limb[3] = (uint64_t)carry & FE_LOW_53;
    r->limb[4] = (uint64_t)((carry >> 53) + (int64_t)(a->limb[4] & FE_LOW_44) + (t << 12));
}

/* sum / 2^53, and m s; words by themselves, as compilers make of them double shifts, which take several operations on many
 * CPUs. */
FE_FN pa_u128 fe_next(pa_u128 sum)
{
    const int64_t high = (int64_t)(uint64_t)(sum >> 64);
    return (pa_u128)(fe_signed_128)(high >> 53) << 64 |
           (((uint64_t)high << 11) + ((uint64_t)sum >> 53));
}

FE_FN pa_u128 fe_times(uint64_t m, int64_t s)
{
    if (s > 0 && (s & (s - 1)) == 0) {
        const int k = __builtin_ctzll((uint64_t)s);
        return (pa_u128)(m >> (64 - k)) << 64 | m << k;
    }
    return (pa_u128)((fe_signed_128)(int64_t)m * s);
}

/* fe_reduce_columns
 * Shapes: nine columns, the value being sum c[i] 2^(53 i) -> five limbs of magnitude 1.
 * Form:   value / 2^265 mod p: five times, m = the lowest limb, and m p = m (2^256 - 2^224 + s) - m is added, which clears it.
 * Bounds: c[i] < 2^118, the value below 2^521, so that what is left is below 2^256 + p. What is carried may be negative on the
 *         way; the whole never is.
 * Cycles: the ladder's doubling of P-256 takes 535 on Zen 4, and 640 with double shifts in columns that are cleared after all of
 *         them are there. */
FE_FN void fe_reduce_columns(fe *r, const pa_u128 c[9])
{
    pa_u128 sum = c[0];
    const uint64_t m0 = (uint64_t)sum & FE_LOW_53;
    sum = fe_next(sum) + c[1] + fe_times(m0, FE_S1);
    const uint64_t m1 = (uint64_t)sum & FE_LOW_53;
    sum = fe_next(sum) + c[2] + fe_times(m1, FE_S1);
    const uint64_t m2 = (uint64_t)sum & FE_LOW_53;
    sum = fe_next(sum) + c[3] + fe_times(m2, FE_S1) + fe_times(m0, FE_S3);
    const uint64_t m3 = (uint64_t)sum & FE_LOW_53;
    sum = fe_next(sum) + c[4] + fe_times(m3, FE_S1) + fe_times(m1, FE_S3) + fe_times(m0, FE_S4);
    const uint64_t m4 = (uint64_t)sum & FE_LOW_53;
    sum = fe_next(sum) + c[5] + fe_times(m4, FE_S1) + fe_times(m2, FE_S3) + fe_times(m1, FE_S4);
    r->limb[0] = (uint64_t)sum & FE_LOW_53;
    sum = fe_next(sum) + c[6] + fe_times(m3, FE_S3) + fe_times(m2, FE_S4);
    r->limb[1] = (uint64_t)sum & FE_LOW_53;
    sum = fe_next(sum) + c[7] + fe_times(m4, FE_S3) + fe_times(m3, FE_S4);
    r->limb[2] = (uint64_t)sum & FE_LOW_53;
    sum = fe_next(sum) + c[8] + fe_times(m4, FE_S4);
    r->limb[3] = (uint64_t)sum & FE_LOW_53;
    r->limb[4] = (uint64_t)fe_next(sum);
    fe_check(r, 1);
}

/* fe_mul
 * Shapes: two elements -> one.
 * Form:   r = a b / 2^265 mod p, schoolbook columns of 128 bits.
 * Before: magnitudes at most 8: limbs below 2^57.
 * After:  magnitude 1. */
FE_FN void fe_mul(fe *r, const fe *a, const fe *b)
{
    fe_check(a, FE_MUL_MAG);
    fe_check(b, FE_MUL_MAG);
    const uint64_t a0 = a->limb[0], a1 = a->limb[1], a2 = a->limb[2], a3 = a->limb[3],
                   a4 = a->limb[4];
    const uint64_t b0 = b->limb[0], b1 = b->limb[1], b2 = b->limb[2], b3 = b->limb[3],
                   b4 = b->limb[4];
    const pa_u128 c[9] = {
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
 * Form:   r = a^2 / 2^265 mod p, mixed products once from doubled limbs.
 * Before: magnitude at most 8: doubled limbs below 2^58.
 * After:  magnitude 1. */
FE_FN void fe_sqr(fe *r, const fe *a)
{
    fe_check(a, FE_MUL_MAG);
    const uint64_t a0 = a->limb[0], a1 = a->limb[1], a2 = a->limb[2], a3 = a->limb[3],
                   a4 = a->limb[4];
    const uint64_t d0 = 2 * a0, d1 = 2 * a1, d2 = 2 * a2, d3 = 2 * a3;
    const pa_u128 c[9] = {
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

/* Tables hold x 2^260 mod p. */
FE_FN void fe_from_table(fe *r, const fe *a)
{
    fe_mul_small(r, a, 32);
    fe_carry(r, r);
}

/* w = a in [0, p) as 64-bit words: the carried value v < 2 p, less p where that is not negative. */
FE_FN void fe_canonical(uint64_t w[4], const fe *a)
{
    static const int64_t modulus[5] = {FE_P0, FE_P1, FE_P2, FE_P3, FE_P4};
    uint64_t less[5];
    int64_t carry = 0;
    fe v;
    fe_carry(&v, a);
    for (int i = 0; i < 5; i++) {
        carry += (int64_t)v.limb[i] - modulus[i];
        less[i] = (uint64_t)carry & FE_LOW_53;
        carry >>= 53;
    }
    for (int i = 0; i < 5; i++) {
        less[i] ^= (uint64_t)carry & (less[i] ^ v.limb[i]);
    }
    w[0] = less[0] | less[1] << 53;
    w[1] = less[1] >> 11 | less[2] << 42;
    w[2] = less[2] >> 22 | less[3] << 31;
    w[3] = less[3] >> 33 | less[4] << 20;
}

/* A carried value is below 2 p, so it is 0 modulo p only as 0 or p. */
FE_FN mask fe_is_zero(const fe *a)
{
    fe v;
    fe_carry(&v, a);
    const uint64_t not_zero = v.limb[0] | v.limb[1] | v.limb[2] | v.limb[3] | v.limb[4];
    const uint64_t not_p = (v.limb[0] ^ FE_P0) | (v.limb[1] ^ FE_P1) | (v.limb[2] ^ FE_P2) |
                           (v.limb[3] ^ FE_P3) | (v.limb[4] ^ FE_P4);
    return mask_word_is_zero(not_zero) | mask_word_is_zero(not_p);
}

#include "sparse_prime_one_lane.h"

#endif
