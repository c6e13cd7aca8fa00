/* SPDX-License-Identifier: Apache-2.0 */
/* Ten limbs of 26 and 25 bits in words of 32 bits: a value of magnitude m is sum of limb[i] 2^ceil(25.5 i), where even
 * limbs are <= m (2^26 + 2^10) and odd ones <= m (2^25 + 2^11). Included by fe25519.h. */
#ifndef PYACCEL_KERNEL_FE25519_LIMBS32_H
#define PYACCEL_KERNEL_FE25519_LIMBS32_H

#define FE_MUL_MAG 3

typedef struct {
    uint limb[10];
} fe;

#define FE_LIMB_BITS(i) (26 - ((i) & 1))
#define FE_LIMB_MASK(i) (0x3ffffffu >> ((i) & 1))
#define FE_LIMB_BOUND(i) ((i) & 1 ? (1u << 25) + (1u << 11) : (1u << 26) + (1u << 10))
/* of p */
#define FE_LIMB_OF_P(i) (FE_LIMB_MASK(i) - ((i) == 0 ? 18 : 0))

DEVICE_FUNCTION void fe_check(const fe *a, int magnitude)
{
    for (int i = 0; i < 10; i++) {
        FE_ASSERT(a->limb[i] <= (uint)magnitude * FE_LIMB_BOUND(i));
    }
    (void)a;
    (void)magnitude;
}

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

DEVICE_FUNCTION void fe_set_int(fe *r, uint k)
{
    UNROLL
    for (int i = 0; i < 10; i++) {
        r->limb[i] = i == 0 ? k : 0;
    }
}

DEVICE_FUNCTION void fe_add(fe *r, const fe *a, const fe *b)
{
    UNROLL
    for (int i = 0; i < 10; i++) {
        r->limb[i] = a->limb[i] + b->limb[i];
    }
    fe_check(r, FE_MAX_MAG);
}

/* r = a + (m + 1) p - b limb by limb: no limb of (m + 1) p is below m times the bound, for m < FE_MAX_MAG. */
DEVICE_FUNCTION void fe_sub(fe *r, const fe *a, const fe *b, int m)
{
    fe_check(b, m);
    UNROLL
    for (int i = 0; i < 10; i++) {
        r->limb[i] = a->limb[i] + (uint)(m + 1) * FE_LIMB_OF_P(i) - b->limb[i];
    }
    fe_check(r, FE_MAX_MAG);
}

DEVICE_FUNCTION void fe_neg(fe *r, const fe *a, int m)
{
    fe zero;
    fe_set_int(&zero, 0);
    fe_sub(r, &zero, a, m);
}

DEVICE_FUNCTION void fe_mul_small(fe *r, const fe *a, uint k)
{
    UNROLL
    for (int i = 0; i < 10; i++) {
        r->limb[i] = k * a->limb[i];
    }
    fe_check(r, FE_MAX_MAG);
}

DEVICE_FUNCTION void fe_select(fe *r, mask m, const fe *a, const fe *b)
{
    UNROLL
    for (int i = 0; i < 10; i++) {
        r->limb[i] = m ? a->limb[i] : b->limb[i];
    }
}

/* All carries at once: each is at most 32, and 19 times the last below 2^10. */
DEVICE_FUNCTION void fe_carry(fe *r, const fe *a)
{
    uint carry = 19 * (a->limb[9] >> 25);
    fe_check(a, FE_MAX_MAG);
    UNROLL
    for (int i = 0; i < 10; i++) {
        const uint limb = a->limb[i];
        r->limb[i] = (limb & FE_LIMB_MASK(i)) + carry;
        carry = limb >> FE_LIMB_BITS(i);
    }
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

/* word = a in [0, p), least significant word first; any magnitude. */
DEVICE_FUNCTION void fe_canonical(uint word[8], const fe *a)
{
    fe t;
    fe_carry(&t, a);
    fe_carry(&t, &t);
    /* Now t < 2^255 + 2^231 < 2 p, so it is t or t - p; t >= p exactly when t + 19 reaches 2^255. */
    uint quotient = 19;
    UNROLL
    for (int i = 0; i < 10; i++) {
        quotient = (t.limb[i] + quotient) >> FE_LIMB_BITS(i);
    }
    uint carry = 19 * quotient;
    UNROLL
    for (int i = 0; i < 10; i++) {
        const uint limb = t.limb[i] + carry;
        t.limb[i] = limb & FE_LIMB_MASK(i);
        carry = limb >> FE_LIMB_BITS(i);
    }
    word[0] = t.limb[0] | t.limb[1] << 26;
    word[1] = t.limb[1] >> 6 | t.limb[2] << 19;
    word[2] = t.limb[2] >> 13 | t.limb[3] << 13;
    word[3] = t.limb[3] >> 19 | t.limb[4] << 6;
    word[4] = t.limb[5] | t.limb[6] << 25;
    word[5] = t.limb[6] >> 7 | t.limb[7] << 19;
    word[6] = t.limb[7] >> 13 | t.limb[8] << 12;
    word[7] = t.limb[8] >> 20 | t.limb[9] << 6;
}

#endif
