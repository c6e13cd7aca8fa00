/* SPDX-License-Identifier: Apache-2.0 */
/* Ten limbs of 26 and 25 bits in words of 32 bits: a value of magnitude m is sum of limb[i] 2^ceil(25.5 i), where even
 * limbs are <= m (2^26 + 2^10) and odd ones <= m (2^25 + 2^11). Included by fe25519.h. */
#ifndef PYACCEL_KERNEL_FE25519_LIMBS32_H
#define PYACCEL_KERNEL_FE25519_LIMBS32_H

#define FE_MUL_MAG 3

#define FE_LIMBS 10
typedef uint fe_limb;

typedef struct {
    fe_limb limb[FE_LIMBS];
} fe;

#define FE_LIMB_BITS(i) (26 - ((i) & 1))
#define FE_LIMB_MASK(i) (0x3ffffffu >> ((i) & 1))
#define FE_LIMB_BOUND(i) ((i) & 1 ? (1u << 25) + (1u << 11) : (1u << 26) + (1u << 10))

/* r = a number of eight words; bit 255 counts 19. */
DEVICE_FUNCTION void fe_unpack(fe *r, const uint w[8])
{
    r->limb[0] = (w[0] & 0x3ffffffu) + 19 * (w[7] >> 31);
    r->limb[1] = (w[0] >> 26 | w[1] << 6) & 0x1ffffffu;
    r->limb[2] = (w[1] >> 19 | w[2] << 13) & 0x3ffffffu;
    r->limb[3] = (w[2] >> 13 | w[3] << 19) & 0x1ffffffu;
    r->limb[4] = w[3] >> 6;
    r->limb[5] = w[4] & 0x1ffffffu;
    r->limb[6] = (w[4] >> 25 | w[5] << 7) & 0x3ffffffu;
    r->limb[7] = (w[5] >> 19 | w[6] << 13) & 0x1ffffffu;
    r->limb[8] = (w[6] >> 12 | w[7] << 20) & 0x3ffffffu;
    r->limb[9] = w[7] >> 6 & 0x1ffffffu;
}

/* The ten columns, carried. Before: columns below 2^63, the last, free of 19, below 90 * 2^51.1: what leaves it is below
 * 2^33, 19 times that below 2^37, and so what limb 0 hands on below 2^11. */
DEVICE_FUNCTION fe fe_carried(const ulong columns[10])
{
    fe r;
    ulong carry = 0;
    UNROLL
    for (int i = 0; i < 10; i++) {
        carry += columns[i];
        r.limb[i] = (uint)carry & FE_LIMB_MASK(i);
        carry >>= FE_LIMB_BITS(i);
    }
    carry = 19 * carry + r.limb[0];
    r.limb[0] = (uint)carry & FE_LIMB_MASK(0);
    r.limb[1] += (uint)(carry >> 26);
    return r;
}

/* a b mod p: schoolbook columns, odd limbs of both doubled, 2^255 folded as 19 into the second factor.
 * Before: magnitudes <= 3, so that 19 b fits 32 bits and a column 63. After: magnitude 1.
 * Work: 100 products of 32 x 32 bits added to 64, and about 75 operations for doubling, folding and carrying. */
CALLED_FUNCTION fe fe_product(fe a, fe b)
{
    ulong columns[10];
    UNROLL
    for (int i = 0; i < 10; i++) {
        columns[i] = 0;
    }
    UNROLL
    for (int i = 0; i < 10; i++) {
        UNROLL
        for (int j = 0; j < 10; j++) {
            const uint x = a.limb[i] << (i & j & 1);
            const uint y = i + j < 10 ? b.limb[j] : 19 * b.limb[j];
            columns[(i + j) % 10] += (ulong)x * y;
        }
    }
    return fe_carried(columns);
}

/* a^(2^n) mod p, n >= 1: 55 products a squaring, mixed ones doubled.
 * Before: magnitude <= 3. After: magnitude 1. */
CALLED_FUNCTION fe fe_squared(fe a, int n)
{
    NO_UNROLL
    for (int k = 0; k < n; k++) {
        ulong columns[10];
        UNROLL
        for (int i = 0; i < 10; i++) {
            columns[i] = 0;
        }
        UNROLL
        for (int i = 0; i < 10; i++) {
            UNROLL
            for (int j = i; j < 10; j++) {
                const uint x = a.limb[i] << ((i & j & 1) + (i != j));
                const uint y = i + j < 10 ? a.limb[j] : 19 * a.limb[j];
                columns[(i + j) % 10] += (ulong)x * y;
            }
        }
        a = fe_carried(columns);
    }
    return a;
}

/* The inverse of fe_unpack. Before: limbs below 2^FE_LIMB_BITS(i). */
DEVICE_FUNCTION void fe_pack(uint word[8], const fe *a)
{
    word[0] = a->limb[0] | a->limb[1] << 26;
    word[1] = a->limb[1] >> 6 | a->limb[2] << 19;
    word[2] = a->limb[2] >> 13 | a->limb[3] << 13;
    word[3] = a->limb[3] >> 19 | a->limb[4] << 6;
    word[4] = a->limb[5] | a->limb[6] << 25;
    word[5] = a->limb[6] >> 7 | a->limb[7] << 19;
    word[6] = a->limb[7] >> 13 | a->limb[8] << 12;
    word[7] = a->limb[8] >> 20 | a->limb[9] << 6;
}

#endif
