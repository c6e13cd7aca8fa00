/* SPDX-License-Identifier: Apache-2.0 */
/* What the fields of 255 and 256 bits have alike on a device, one lane: csrc/field/field.h's interface for csrc/curve's
 * formulas, over limbs of any size.
 *
 * A field defines, before it includes this file, FE_BITS; and the limbs that it chooses FE_LIMBS, fe_limb, fe, FE_MUL_MAG,
 * FE_LIMB_BITS(i), FE_LIMB_MASK(i), FE_LIMB_BOUND(i) (of magnitude 1; at least the mask, 32, and 32 FE_FOLD(i)), FE_FOLD(i),
 * fe_product, fe_squared, fe_pack and fe_unpack. 2^FE_BITS = sum of FE_FOLD(i) 2^(where limb i lies) mod p, so that limb i of p is FE_LIMB_OF_P(i).
 * What fe_from_rows reads and fe_to_rows writes starts on boundaries of 16 bytes. */
#ifndef PYACCEL_KERNEL_ONE_LANE_H
#define PYACCEL_KERNEL_ONE_LANE_H

#define LANES 1
#define FE_BYTES 32
#define FE_MAX_MAG 32

#define FE_LIMB_OF_P(i) (FE_LIMB_MASK(i) - FE_FOLD(i) + ((i) == 0 ? 1 : 0))

DEVICE_FUNCTION void fe_check(const fe *a, int magnitude)
{
    for (int i = 0; i < FE_LIMBS; i++) {
        FE_ASSERT(a->limb[i] <= (fe_limb)magnitude * FE_LIMB_BOUND(i));
    }
    (void)a;
    (void)magnitude;
}

DEVICE_FUNCTION void fe_set_int(fe *r, uint k)
{
    UNROLL
    for (int i = 0; i < FE_LIMBS; i++) {
        r->limb[i] = i == 0 ? k : 0;
    }
}

DEVICE_FUNCTION void fe_add(fe *r, const fe *a, const fe *b)
{
    UNROLL
    for (int i = 0; i < FE_LIMBS; i++) {
        r->limb[i] = a->limb[i] + b->limb[i];
    }
    fe_check(r, FE_MAX_MAG);
}

/* r = a + (m + 1) p - b limb by limb: no limb of (m + 1) p is below m times the bound, for m < FE_MAX_MAG. */
DEVICE_FUNCTION void fe_sub(fe *r, const fe *a, const fe *b, int m)
{
    fe_check(b, m);
    UNROLL
    for (int i = 0; i < FE_LIMBS; i++) {
        r->limb[i] = a->limb[i] + (fe_limb)(m + 1) * FE_LIMB_OF_P(i) - b->limb[i];
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
    for (int i = 0; i < FE_LIMBS; i++) {
        r->limb[i] = k * a->limb[i];
    }
    fe_check(r, FE_MAX_MAG);
}

DEVICE_FUNCTION void fe_select(fe *r, mask m, const fe *a, const fe *b)
{
    UNROLL
    for (int i = 0; i < FE_LIMBS; i++) {
        r->limb[i] = m ? a->limb[i] : b->limb[i];
    }
}

/* All carries at once: each is at most 32, and the last one comes back as 32 times FE_FOLD at most. */
DEVICE_FUNCTION void fe_carry(fe *r, const fe *a)
{
    const fe_limb top = a->limb[FE_LIMBS - 1] >> FE_LIMB_BITS(FE_LIMBS - 1);
    fe_limb carry = 0;
    fe_check(a, FE_MAX_MAG);
    UNROLL
    for (int i = 0; i < FE_LIMBS; i++) {
        const fe_limb limb = a->limb[i];
        r->limb[i] = (limb & FE_LIMB_MASK(i)) + carry + FE_FOLD(i) * top;
        carry = limb >> FE_LIMB_BITS(i);
    }
}

/* word = a in [0, p), least significant word first; any magnitude. */
DEVICE_FUNCTION void fe_canonical(uint word[8], const fe *a)
{
    fe t;
    fe_limb carry = 0, past = 0;
    fe_carry(&t, a);
    fe_carry(&t, &t);
    /* Now t < 2 p, so it is t or t - p; t >= p exactly when t + 2^FE_BITS - p reaches 2^FE_BITS. */
    UNROLL
    for (int i = 0; i < FE_LIMBS; i++) {
        past = (t.limb[i] + FE_FOLD(i) + past) >> FE_LIMB_BITS(i);
    }
    UNROLL
    for (int i = 0; i < FE_LIMBS; i++) {
        const fe_limb limb = t.limb[i] + FE_FOLD(i) * past + carry;
        t.limb[i] = limb & FE_LIMB_MASK(i);
        carry = limb >> FE_LIMB_BITS(i);
    }
    fe_pack(word, &t);
}

DEVICE_FUNCTION fe_state fe_begin(void)
{
    return 0;
}

DEVICE_FUNCTION void fe_end(fe_state state)
{
    (void)state;
}

DEVICE_FUNCTION mask mask_and(mask a, mask b)
{
    return a & b;
}

DEVICE_FUNCTION mask mask_or(mask a, mask b)
{
    return a | b;
}

DEVICE_FUNCTION mask mask_not(mask a)
{
    return a ^ 1u;
}

DEVICE_FUNCTION mask mask_from_bits(uint bits)
{
    return bits & 1u;
}

DEVICE_FUNCTION int mask_any(mask a)
{
    return a != 0;
}

DEVICE_FUNCTION uint mask_bits(mask a)
{
    return a;
}

DEVICE_FUNCTION mask mask_row_bit(GLOBAL const uchar *const rows[LANES], int byte, int bit)
{
    return mask_from_bits((uint)rows[0][byte] >> bit);
}

DEVICE_FUNCTION void fe_mul(fe *r, const fe *a, const fe *b)
{
    fe_check(a, FE_MUL_MAG);
    fe_check(b, FE_MUL_MAG);
    *r = fe_product(*a, *b);
}

DEVICE_FUNCTION void fe_sqr_n(fe *r, const fe *a, int n)
{
    fe_check(a, FE_MUL_MAG);
    *r = fe_squared(*a, n);
}

DEVICE_FUNCTION void fe_sqr(fe *r, const fe *a)
{
    fe_sqr_n(r, a, 1);
}

DEVICE_FUNCTION mask words_are_zero(const uint word[8])
{
    uint any = 0;
    UNROLL
    for (int i = 0; i < 8; i++) {
        any |= word[i];
    }
    return any == 0;
}

DEVICE_FUNCTION mask fe_is_zero(const fe *a)
{
    uint word[8];
    fe_canonical(word, a);
    return words_are_zero(word);
}

DEVICE_FUNCTION mask fe_equal(const fe *a, const fe *b)
{
    uint x[8], y[8];
    fe_canonical(x, a);
    fe_canonical(y, b);
    UNROLL
    for (int i = 0; i < 8; i++) {
        x[i] ^= y[i];
    }
    return words_are_zero(x);
}

DEVICE_FUNCTION mask fe_is_odd(const fe *a)
{
    uint word[8];
    fe_canonical(word, a);
    return word[0] & 1u;
}

DEVICE_FUNCTION void fe_set_words(fe *r, ulong w0, ulong w1, ulong w2, ulong w3)
{
    uint word[8];
    word[0] = (uint)w0;
    word[1] = (uint)(w0 >> 32);
    word[2] = (uint)w1;
    word[3] = (uint)(w1 >> 32);
    word[4] = (uint)w2;
    word[5] = (uint)(w2 >> 32);
    word[6] = (uint)w3;
    word[7] = (uint)(w3 >> 32);
    fe_unpack(r, word);
}

DEVICE_FUNCTION void fe_gather(fe *r, GLOBAL const row *const rows[LANES])
{
    uint word[8];
    load_words(word, rows[0]);
    fe_unpack(r, word);
}

DEVICE_FUNCTION void fe_scatter(GLOBAL row *const rows[LANES], const fe *a)
{
    uint word[8];
    fe_canonical(word, a);
    store_words(rows[0], word);
}

#endif
