/* SPDX-License-Identifier: Apache-2.0 */
/* Ten limbs of 26 bits in words of 32 bits: a value of magnitude m is sum of limb[i] 2^(26 i), where limbs 0 .. 8 are
 * <= m (2^26 + 2^20) and limb 9 is <= m (2^22 + 2^16). Included by secp256k1.h. */
#ifndef PYACCEL_KERNEL_SECP256K1_LIMBS32_H
#define PYACCEL_KERNEL_SECP256K1_LIMBS32_H

#define FE_MUL_MAG 8

#define FE_LIMBS 10
typedef uint fe_limb;

typedef struct {
    fe_limb limb[FE_LIMBS];
} fe;

#define FE_LIMB_BITS(i) ((i) < 9 ? 26 : 22)
#define FE_LIMB_MASK(i) (0x3ffffffu >> ((i) < 9 ? 0 : 4))
#define FE_LIMB_BOUND(i) ((1u << 26 | 1u << 20) >> ((i) < 9 ? 0 : 4))
/* 2^256 = 977 + 2^6 2^26 mod p, and so 2^260 is FE_FOLD_LOW + FE_FOLD_HIGH 2^26. */
#define FE_FOLD(i) ((i) == 0 ? 977u : (i) == 1 ? 64u : 0u)
#define FE_FOLD_LOW 0x3d10u
#define FE_FOLD_HIGH 0x400u

/* r = a number of eight words. */
DEVICE_FUNCTION void fe_unpack(fe *r, const uint w[8])
{
    r->limb[0] = w[0] & 0x3ffffffu;
    r->limb[1] = (w[0] >> 26 | w[1] << 6) & 0x3ffffffu;
    r->limb[2] = (w[1] >> 20 | w[2] << 12) & 0x3ffffffu;
    r->limb[3] = (w[2] >> 14 | w[3] << 18) & 0x3ffffffu;
    r->limb[4] = (w[3] >> 8 | w[4] << 24) & 0x3ffffffu;
    r->limb[5] = w[4] >> 2 & 0x3ffffffu;
    r->limb[6] = (w[4] >> 28 | w[5] << 4) & 0x3ffffffu;
    r->limb[7] = (w[5] >> 22 | w[6] << 10) & 0x3ffffffu;
    r->limb[8] = (w[6] >> 16 | w[7] << 16) & 0x3ffffffu;
    r->limb[9] = w[7] >> 10;
}

/* The inverse of fe_unpack. Before: limbs below 2^FE_LIMB_BITS(i). */
DEVICE_FUNCTION void fe_pack(uint word[8], const fe *a)
{
    word[0] = a->limb[0] | a->limb[1] << 26;
    word[1] = a->limb[1] >> 6 | a->limb[2] << 20;
    word[2] = a->limb[2] >> 12 | a->limb[3] << 14;
    word[3] = a->limb[3] >> 18 | a->limb[4] << 8;
    word[4] = a->limb[4] >> 24 | a->limb[5] << 2 | a->limb[6] << 28;
    word[5] = a->limb[6] >> 4 | a->limb[7] << 22;
    word[6] = a->limb[7] >> 10 | a->limb[8] << 16;
    word[7] = a->limb[8] >> 16 | a->limb[9] << 10;
}

/* sum + column k of a b, 0 <= k <= 18; of a^2 where `square`, whose mixed products come once, of doubled limbs. */
INLINED_FUNCTION ulong fe_column(ulong sum, const fe *a, const fe *b, int k, int square)
{
    UNROLL
    for (int i = 0; i < FE_LIMBS; i++) {
        if (k - i >= (square ? i : 0) && k - i < FE_LIMBS) {
            sum += (ulong)(a->limb[i] << (square && k - i > i ? 1 : 0)) * b->limb[k - i];
        }
    }
    return sum;
}

/* A sum over columns in the making, from both ends at once: what is carried from column k into the next, and from column
 * k + 10, whose limbs of 2^260 and up come back folded as they are found. So two sums of 64 bits are live and not 19. */
typedef struct {
    ulong low, high;
    uint ninth; /* column 9, of which the high ones start */
} fe_sums;

DEVICE_FUNCTION fe_sums fe_sums_begin(ulong ninth)
{
    fe_sums sums;
    sums.low = 0;
    sums.ninth = (uint)ninth & 0x3ffffffu;
    sums.high = ninth >> 26;
    return sums;
}

/* Limb k of the result, from sums that columns k and k + 10 were added to. */
INLINED_FUNCTION uint fe_sums_take(fe_sums *sums)
{
    const uint folded = (uint)sums->high & 0x3ffffffu;
    sums->high >>= 26;
    sums->low += (ulong)folded * FE_FOLD_LOW;
    const uint limb = (uint)sums->low & 0x3ffffffu;
    sums->low = (sums->low >> 26) + (ulong)folded * FE_FOLD_HIGH;
    return limb;
}

/* The end: limb 9, and what stands at 2^256 and above, into limbs 0 .. 2.
 * Bounds: factors below 2^259.1, so a product below 2^518.2 and what is folded of it below 2^258.2; then the sum is below
 * 2^295, `over` below 2^39, and limb 2 ends below 2^26 + 2^20. */
DEVICE_FUNCTION void fe_sums_end(fe *r, const fe_sums *sums)
{
    ulong over = sums->low + sums->high * FE_FOLD_LOW + sums->ninth;
    r->limb[9] = (uint)over & 0x3fffffu;
    over = (over >> 22) + sums->high * (FE_FOLD_HIGH << 4);
    ulong carry = over * FE_FOLD(0) + r->limb[0];
    r->limb[0] = (uint)carry & 0x3ffffffu;
    carry = (carry >> 26) + over * FE_FOLD(1) + r->limb[1];
    r->limb[1] = (uint)carry & 0x3ffffffu;
    r->limb[2] += (uint)(carry >> 26);
}

/* r = a b mod p, or a^2 where `square` and b is a; r apart from both. */
INLINED_FUNCTION void fe_multiplied(fe *r, const fe *a, const fe *b, int square)
{
    fe_sums sums = fe_sums_begin(fe_column(0, a, b, 9, square));
    UNROLL
    for (int k = 0; k < 9; k++) {
        sums.low = fe_column(sums.low, a, b, k, square);
        sums.high = fe_column(sums.high, a, b, k + 10, square);
        r->limb[k] = fe_sums_take(&sums);
    }
    fe_sums_end(r, &sums);
}

/* a b mod p.
 * Before: magnitudes <= 8, limbs below 2^29.1: columns stay below 2^61.6. After: magnitude 1.
 * Work: 100 products of 32 x 32 bits added to 64, 20 for folding, 60 operations for carrying. */
CALLED_FUNCTION fe fe_product(fe a, fe b)
{
    fe r;
    fe_multiplied(&r, &a, &b, 0);
    return r;
}

/* a^(2^n) mod p, n >= 1: 75 products a squaring.
 * Before: magnitude <= 8. After: magnitude 1. */
CALLED_FUNCTION fe fe_squared(fe a, int n)
{
    NO_UNROLL
    for (int s = 0; s < n; s++) {
        fe r;
        fe_multiplied(&r, &a, &a, 1);
        a = r;
    }
    return a;
}

#endif
