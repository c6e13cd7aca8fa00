/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic modulo the prime of a curve on a device, one lane: csrc/field/field.h's interface for csrc/curve's formulas, over
 * montgomery.h. Elements are below p whatever their magnitude. Encodings are big-endian and start on boundaries of 16 bytes. */
#ifndef PYACCEL_KERNEL_MONTGOMERY_FE_H
#define PYACCEL_KERNEL_MONTGOMERY_FE_H

#include "montgomery.h"

#define LANES 1
#define FE_BYTES (4 * ROW_WORDS)
#define FE_BITS (32 * ROW_WORDS)
#define FE_MUL_MAG 32
#define FE_MAX_MAG 32

typedef number fe;

#define fe_add number_add
#define fe_carry(r, a) (*(r) = *(a))
#define fe_mul(r, a, b) (*(r) = number_product(*(a), *(b)))
#define fe_sqr(r, a) (*(r) = number_product(*(a), *(a)))
#define fe_is_zero number_is_zero
#define fe_equal number_equal

DEVICE_FUNCTION void fe_set_int(fe *r, uint k)
{
    number_set_int(r, k);
}

DEVICE_FUNCTION void fe_sub(fe *r, const fe *a, const fe *b, int m)
{
    number_sub(r, a, b);
    (void)m;
}

DEVICE_FUNCTION void fe_neg(fe *r, const fe *a, int m)
{
    fe zero;
    UNROLL
    for (int i = 0; i < ROW_WORDS; i++) {
        zero.w[i] = 0;
    }
    fe_sub(r, &zero, a, m);
}

/* By doublings and additions, from the top bit of k <= 32 down. */
DEVICE_FUNCTION void fe_mul_small(fe *r, const fe *a, uint k)
{
    const fe one = *a;
    fe sum = one;
    uint bit = 32;
    while (bit > k) {
        bit >>= 1;
    }
    for (bit >>= 1; bit > 0; bit >>= 1) {
        number_add(&sum, &sum, &sum);
        if (k & bit) {
            number_add(&sum, &sum, &one);
        }
    }
    *r = sum;
}

DEVICE_FUNCTION void fe_sqr_n(fe *r, const fe *a, int n)
{
    fe t = *a;
    NO_UNROLL
    for (int i = 0; i < n; i++) {
        t = number_product(t, t);
    }
    *r = t;
}

DEVICE_FUNCTION void fe_select(fe *r, mask m, const fe *a, const fe *b)
{
    UNROLL
    for (int i = 0; i < ROW_WORDS; i++) {
        r->w[i] = m ? a->w[i] : b->w[i];
    }
}

DEVICE_FUNCTION mask fe_is_odd(const fe *a)
{
    fe plain;
    number_leave(&plain, a);
    return plain.w[0] & 1u;
}

/* r = the number of words of 64 bits, least significant first. */
#if ROW_WORDS == 8
DEVICE_FUNCTION void fe_set_words(fe *r, ulong w0, ulong w1, ulong w2, ulong w3)
#else
DEVICE_FUNCTION void fe_set_words(fe *r, ulong w0, ulong w1, ulong w2, ulong w3, ulong w4, ulong w5)
#endif
{
    fe plain;
    ulong w[ROW_WORDS / 2];
    w[0] = w0;
    w[1] = w1;
    w[2] = w2;
    w[3] = w3;
#if ROW_WORDS == 12
    w[4] = w4;
    w[5] = w5;
#endif
    UNROLL
    for (int i = 0; i < ROW_WORDS; i++) {
        plain.w[i] = (uint)(w[i / 2] >> 32 * (i % 2));
    }
    number_enter(r, &plain);
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

DEVICE_FUNCTION void fe_from_rows(fe *r, GLOBAL const uchar *const rows[LANES], mask *ok)
{
    fe plain;
    load_words(plain.w, (GLOBAL const row *)rows[0]);
    turn_words(plain.w);
    *ok = words_below_modulus(plain.w);
    number_enter(r, &plain);
}

DEVICE_FUNCTION void fe_gather(fe *r, GLOBAL const row *const rows[LANES])
{
    load_words(r->w, rows[0]);
}

DEVICE_FUNCTION void fe_scatter(GLOBAL row *const rows[LANES], const fe *a)
{
    store_words(rows[0], a->w);
}

#endif
