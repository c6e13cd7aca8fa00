/* SPDX-License-Identifier: Apache-2.0 */
/* Five limbs of 52 bits in words of 64 bits: a value of magnitude m is sum of limb[i] 2^(52 i), where limbs 0 .. 3 are
 * <= m (2^52 + 2^40) and limb 4 is <= m (2^48 + 2^36). Included by secp256k1.h. */
#ifndef PYACCEL_KERNEL_SECP256K1_LIMBS64_H
#define PYACCEL_KERNEL_SECP256K1_LIMBS64_H

#include "wide.h"

#define FE_MUL_MAG 8

#define FE_LIMBS 5
typedef ulong fe_limb;

typedef struct {
    fe_limb limb[FE_LIMBS];
} fe;

#define FE_LIMB_BITS(i) ((i) < 4 ? 52 : 48)
#define FE_LIMB_MASK(i) (((ulong)1 << FE_LIMB_BITS(i)) - 1)
#define FE_LIMB_BOUND(i) (((ulong)1 << 52 | (ulong)1 << 40) >> ((i) < 4 ? 0 : 4))
/* 2^256 mod p, and 2^260. */
#define FE_FOLD(i) ((ulong)((i) == 0 ? 0x1000003d1ul : 0))
#define FE_FOLD_260 0x1000003d10ul

DEVICE_FUNCTION ulong fe_word(const uint w[8], int i)
{
    return (ulong)w[2 * i + 1] << 32 | w[2 * i];
}

/* r = a number of eight words. */
DEVICE_FUNCTION void fe_unpack(fe *r, const uint w[8])
{
    const ulong w0 = fe_word(w, 0), w1 = fe_word(w, 1), w2 = fe_word(w, 2), w3 = fe_word(w, 3);
    r->limb[0] = w0 & FE_LIMB_MASK(0);
    r->limb[1] = (w0 >> 52 | w1 << 12) & FE_LIMB_MASK(0);
    r->limb[2] = (w1 >> 40 | w2 << 24) & FE_LIMB_MASK(0);
    r->limb[3] = (w2 >> 28 | w3 << 36) & FE_LIMB_MASK(0);
    r->limb[4] = w3 >> 16;
}

/* The inverse of fe_unpack. Before: limbs below 2^FE_LIMB_BITS(i). */
DEVICE_FUNCTION void fe_pack(uint word[8], const fe *a)
{
    ulong w[4];
    w[0] = a->limb[0] | a->limb[1] << 52;
    w[1] = a->limb[1] >> 12 | a->limb[2] << 40;
    w[2] = a->limb[2] >> 24 | a->limb[3] << 28;
    w[3] = a->limb[3] >> 36 | a->limb[4] << 16;
    UNROLL
    for (int i = 0; i < 4; i++) {
        word[2 * i] = (uint)w[i];
        word[2 * i + 1] = (uint)(w[i] >> 32);
    }
}

/* sum += column k of a b, 0 <= k <= 8; of a^2 where `square`, whose mixed products come once, of doubled limbs. */
INLINED_FUNCTION void fe_add_column(fe_wide *sum, const fe *a, const fe *b, int k, int square)
{
    UNROLL
    for (int i = 0; i < FE_LIMBS; i++) {
        if (k - i >= (square ? i : 0) && k - i < FE_LIMBS) {
            fe_add_product(sum, a->limb[i] << (square && k - i > i ? 1 : 0), b->limb[k - i]);
        }
    }
}

/* r = a b mod p, or a^2 where `square` and b is a; r apart from both.
 * From both ends of the columns at once, so that two sums of 128 bits are live and not nine: `high` takes the columns from
 * 2^156 up, whose limbs come back folded into `low` as they are found. The order is libsecp256k1's
 * (field_5x52_int128_impl.h).
 * Bounds: limbs below 2^55.1, the last below 2^51.1, so that a column is below 2^112.6 and the last one below 2^102.2. */
INLINED_FUNCTION void fe_multiplied(fe *r, const fe *a, const fe *b, int square)
{
    const ulong last = FE_LIMB_MASK(4);
    fe_wide low, high;
    low.low = low.high = high.low = high.high = 0;
    /* Columns 8 and 3: the lower word of the one comes back at 2^156, the upper one, 2^64 above, at 2^208. */
    fe_add_column(&low, a, b, 8, square);
    fe_add_column(&high, a, b, 3, square);
    fe_add_product(&high, low.low, FE_FOLD_260);
    const ulong upper = low.high;
    ulong third = fe_take_bits(&high, 52);
    fe_add_column(&high, a, b, 4, square);
    fe_add_product(&high, upper, FE_FOLD_260 << 12);
    ulong fourth = fe_take_bits(&high, 52);
    /* What stands at 2^256 in limb 4 goes with column 5, four bits higher. */
    fe_add_column(&high, a, b, 5, square);
    ulong folded = fe_take_bits(&high, 52) << 4 | fourth >> 48;
    fourth &= last;
    low.low = low.high = 0;
    fe_add_column(&low, a, b, 0, square);
    fe_add_product(&low, folded, FE_FOLD(0));
    r->limb[0] = fe_take_bits(&low, 52);
    fe_add_column(&low, a, b, 1, square);
    fe_add_column(&high, a, b, 6, square);
    folded = fe_take_bits(&high, 52);
    fe_add_product(&low, folded, FE_FOLD_260);
    r->limb[1] = fe_take_bits(&low, 52);
    fe_add_column(&low, a, b, 2, square);
    fe_add_column(&high, a, b, 7, square);
    fe_add_product(&low, high.low, FE_FOLD_260);
    r->limb[2] = fe_take_bits(&low, 52);
    fe_add_product(&low, high.high, FE_FOLD_260 << 12);
    fe_add_word(&low, third);
    r->limb[3] = fe_take_bits(&low, 52);
    r->limb[4] = low.low + fourth;
}

/* a b mod p.
 * Before: magnitudes <= 8. After: magnitude 1.
 * Work: 31 products of 64 x 64 bits, each in two halves, added to 128. */
CALLED_FUNCTION fe fe_product(fe a, fe b)
{
    fe r;
    fe_multiplied(&r, &a, &b, 0);
    return r;
}

/* a^(2^n) mod p, n >= 1: 21 products a squaring.
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
