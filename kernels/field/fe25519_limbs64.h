/* SPDX-License-Identifier: Apache-2.0 */
/* Five limbs of 51 bits in words of 64 bits: a value of magnitude m is sum of limb[i] 2^(51 i), every limb
 * <= m (2^51 + 2^13). Included by fe25519.h. */
#ifndef PYACCEL_KERNEL_FE25519_LIMBS64_H
#define PYACCEL_KERNEL_FE25519_LIMBS64_H

#include "wide.h"

#define FE_MUL_MAG 8

#define FE_LIMBS 5
typedef ulong fe_limb;

typedef struct {
    fe_limb limb[FE_LIMBS];
} fe;

#define FE_LIMB_BITS(i) 51
#define FE_LIMB_MASK(i) (((ulong)1 << 51) - 1)
#define FE_LIMB_BOUND(i) (((ulong)1 << 51) + ((ulong)1 << 13))

DEVICE_FUNCTION ulong fe_word(const uint w[8], int i)
{
    return (ulong)w[2 * i + 1] << 32 | w[2 * i];
}

/* r = a number of eight words; bit 255 counts 19. */
DEVICE_FUNCTION void fe_unpack(fe *r, const uint w[8])
{
    const ulong w0 = fe_word(w, 0), w1 = fe_word(w, 1), w2 = fe_word(w, 2), w3 = fe_word(w, 3);
    r->limb[0] = (w0 & FE_LIMB_MASK(0)) + 19 * (w3 >> 63);
    r->limb[1] = (w0 >> 51 | w1 << 13) & FE_LIMB_MASK(0);
    r->limb[2] = (w1 >> 38 | w2 << 26) & FE_LIMB_MASK(0);
    r->limb[3] = (w2 >> 25 | w3 << 39) & FE_LIMB_MASK(0);
    r->limb[4] = w3 >> 12 & FE_LIMB_MASK(0);
}

/* The five columns, carried. Before: below 2^115, the last, free of 19, below 2^110.4, so that 19 times its carry fits 64
 * bits (csrc/field/fe25519_portable.h has the same bounds). */
DEVICE_FUNCTION fe fe_carried(const fe_wide columns[5])
{
    fe r;
    ulong carry = 0;
    UNROLL
    for (int i = 0; i < 5; i++) {
        const ulong low = columns[i].low + carry;
        const ulong high = columns[i].high + (low < carry ? 1 : 0);
        r.limb[i] = low & FE_LIMB_MASK(i);
        carry = high << 13 | low >> 51;
    }
    carry = 19 * carry + r.limb[0];
    r.limb[0] = carry & FE_LIMB_MASK(0);
    r.limb[1] += carry >> 51;
    return r;
}

/* a b mod p: schoolbook columns, 2^255 folded as 19 into the second factor.
 * Before: magnitudes <= 8. After: magnitude 1.
 * Work: 25 products of 64 x 64 bits, each in two halves, added to 128. */
CALLED_FUNCTION fe fe_product(fe a, fe b)
{
    fe_wide columns[5];
    UNROLL
    for (int i = 0; i < 5; i++) {
        columns[i].low = columns[i].high = 0;
    }
    UNROLL
    for (int i = 0; i < 5; i++) {
        UNROLL
        for (int j = 0; j < 5; j++) {
            fe_add_product(&columns[(i + j) % 5], a.limb[i], i + j < 5 ? b.limb[j] : 19 * b.limb[j]);
        }
    }
    return fe_carried(columns);
}

/* a^(2^n) mod p, n >= 1: 15 products a squaring, mixed ones doubled.
 * Before: magnitude <= 8. After: magnitude 1. */
CALLED_FUNCTION fe fe_squared(fe a, int n)
{
    NO_UNROLL
    for (int k = 0; k < n; k++) {
        fe_wide columns[5];
        UNROLL
        for (int i = 0; i < 5; i++) {
            columns[i].low = columns[i].high = 0;
        }
        UNROLL
        for (int i = 0; i < 5; i++) {
            UNROLL
            for (int j = i; j < 5; j++) {
                const ulong y = i + j < 5 ? a.limb[j] : 19 * a.limb[j];
                fe_add_product(&columns[(i + j) % 5], a.limb[i] << (i != j), y);
            }
        }
        a = fe_carried(columns);
    }
    return a;
}

/* The inverse of fe_unpack. Before: limbs below 2^51. */
DEVICE_FUNCTION void fe_pack(uint word[8], const fe *a)
{
    ulong w[4];
    w[0] = a->limb[0] | a->limb[1] << 51;
    w[1] = a->limb[1] >> 13 | a->limb[2] << 38;
    w[2] = a->limb[2] >> 26 | a->limb[3] << 25;
    w[3] = a->limb[3] >> 39 | a->limb[4] << 12;
    UNROLL
    for (int i = 0; i < 4; i++) {
        word[2 * i] = (uint)w[i];
        word[2 * i + 1] = (uint)(w[i] >> 32);
    }
}

#endif
