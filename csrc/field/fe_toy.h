/* SPDX-License-Identifier: Apache-2.0 */
/* A toy field modulo the prime TOY_P <= 251, small enough to run formulas over every input.
 *
 * Defined by the includer: TOY_P; TOY_BITS (FE_BITS, 8 by default; 7 leaves room for a sign bit);
 * LANES (1 by default, at most 16); TOY_MUL_MAG (FE_MUL_MAG, 1 by default: the strictest) and
 * TOY_BESIDE_MAG (FE_BESIDE_MAG; FE_MUL_MAG by default). Values are as lazy as those of real fields: an fe
 * of magnitude m holds numbers in [0, m p], and knows its m, which PA_DEBUG_BOUNDS holds against the contract. */
#ifndef PA_FE_TOY_H
#define PA_FE_TOY_H

#ifdef TOY_BESIDE_MAG
#define FE_BESIDE_MAG TOY_BESIDE_MAG
#endif

#include "field.h"

#ifndef TOY_BITS
#define TOY_BITS 8
#endif
#ifndef TOY_MUL_MAG
#define TOY_MUL_MAG 1
#endif
#ifndef LANES
#define LANES 1
#endif

#define FE_BYTES 1
#define FE_BITS TOY_BITS
#define FE_MUL_MAG TOY_MUL_MAG
#define FE_MAX_MAG 32

typedef struct {
    unsigned int lane[LANES];
    int magnitude;
} fe;
typedef unsigned int mask;
typedef unsigned int row;
typedef int fe_state;

FE_FN fe_state fe_begin(void)
{
    return 0;
}

FE_FN void fe_end(fe_state state)
{
    (void)state;
}

FE_FN mask mask_and(mask a, mask b)
{
    return a & b;
}

FE_FN mask mask_or(mask a, mask b)
{
    return a | b;
}

FE_FN mask mask_from_bits(unsigned int bits)
{
    return bits & ((1u << LANES) - 1u);
}

FE_FN mask mask_not(mask a)
{
    return mask_from_bits(~a);
}

FE_FN int mask_any(mask a)
{
    return a != 0;
}

FE_FN unsigned int mask_bits(mask a)
{
    return a;
}

/* Asserts that a value is as lazy as it says, and not lazier than allowed. */
FE_FN void fe_check(const fe *a, int magnitude)
{
    FE_ASSERT(a->magnitude >= 1 && a->magnitude <= magnitude && magnitude <= FE_MAX_MAG);
    for (int i = 0; i < LANES; i++) {
        FE_ASSERT(a->lane[i] <= (unsigned int)a->magnitude * TOY_P);
    }
    (void)a;
    (void)magnitude;
}

FE_FN void fe_set_int(fe *r, unsigned int k)
{
    for (int i = 0; i < LANES; i++) {
        r->lane[i] = k % TOY_P;
    }
    r->magnitude = 1;
}

FE_FN void fe_add(fe *r, const fe *a, const fe *b)
{
    fe_check(a, FE_MAX_MAG - b->magnitude);
    fe_check(b, FE_MAX_MAG - a->magnitude);
    for (int i = 0; i < LANES; i++) {
        r->lane[i] = a->lane[i] + b->lane[i];
    }
    r->magnitude = a->magnitude + b->magnitude;
}

/* 0 becomes (m + 1) p, so a formula that forgets a bound meets it. */
FE_FN void fe_neg(fe *r, const fe *a, int m)
{
    fe_check(a, m);
    FE_ASSERT(m + 1 <= FE_MAX_MAG);
    for (int i = 0; i < LANES; i++) {
        r->lane[i] = (unsigned int)(m + 1) * TOY_P - a->lane[i];
    }
    r->magnitude = m + 1;
}

FE_FN void fe_sub(fe *r, const fe *a, const fe *b, int m)
{
    fe negative;
    fe_neg(&negative, b, m);
    fe_add(r, a, &negative);
}

FE_FN void fe_mul_small(fe *r, const fe *a, unsigned int k)
{
    FE_ASSERT(k >= 1 && k <= FE_MAX_MAG);
    fe_check(a, FE_MAX_MAG / (int)k);
    for (int i = 0; i < LANES; i++) {
        r->lane[i] = a->lane[i] * k;
    }
    r->magnitude = a->magnitude * (int)k;
}

/* Zero is left as p: carried values of real fields are not canonical either. */
FE_FN void fe_carry(fe *r, const fe *a)
{
    fe_check(a, FE_MAX_MAG);
    for (int i = 0; i < LANES; i++) {
        r->lane[i] = TOY_P - (TOY_P * (FE_MAX_MAG + 1u) - a->lane[i]) % TOY_P;
    }
    r->magnitude = 1;
}

FE_FN void fe_mul(fe *r, const fe *a, const fe *b)
{
    if (a->magnitude * b->magnitude > FE_BESIDE_MAG) {
        fe_check(a, FE_MUL_MAG);
        fe_check(b, FE_MUL_MAG);
    }
    for (int i = 0; i < LANES; i++) {
        r->lane[i] = a->lane[i] * b->lane[i] % TOY_P;
    }
    r->magnitude = 1;
}

FE_FN void fe_sqr(fe *r, const fe *a)
{
    fe_mul(r, a, a);
}

FE_FN void fe_sqr_n(fe *r, const fe *a, int n)
{
    fe_sqr(r, a);
    for (int i = 1; i < n; i++) {
        fe_sqr(r, r);
    }
}

/* r = a^exponent, exponent < 256, 0^0 = 1. */
FE_FN void fe_toy_power(fe *r, const fe *a, unsigned int exponent)
{
    fe base = *a;
    fe_set_int(r, 1);
    for (int bit = 7; bit >= 0; bit--) {
        fe_sqr(r, r);
        if ((exponent >> bit) & 1u) {
            fe_mul(r, r, &base);
        }
    }
}

FE_FN void fe_inv(fe *r, const fe *a)
{
    fe_toy_power(r, a, TOY_P - 2);
}

FE_FN void fe_root_power(fe *r, const fe *a)
{
    fe_toy_power(r, a, TOY_P % 8 == 5 ? (TOY_P - 5) / 8 : (TOY_P + 1) / 4);
}

FE_FN mask fe_is_zero(const fe *a)
{
    mask m = 0;
    fe_check(a, FE_MAX_MAG);
    for (int i = 0; i < LANES; i++) {
        m |= (mask)(a->lane[i] % TOY_P == 0) << i;
    }
    return m;
}

FE_FN mask fe_is_odd(const fe *a)
{
    mask m = 0;
    fe_check(a, FE_MAX_MAG);
    for (int i = 0; i < LANES; i++) {
        m |= (a->lane[i] % TOY_P & 1u) << i;
    }
    return m;
}

FE_FN mask fe_equal(const fe *a, const fe *b)
{
    mask m = 0;
    fe_check(a, FE_MAX_MAG);
    fe_check(b, FE_MAX_MAG);
    for (int i = 0; i < LANES; i++) {
        m |= (mask)(a->lane[i] % TOY_P == b->lane[i] % TOY_P) << i;
    }
    return m;
}

FE_FN void fe_select(fe *r, mask m, const fe *a, const fe *b)
{
    int magnitude = a->magnitude > b->magnitude ? a->magnitude : b->magnitude;
    for (int i = 0; i < LANES; i++) {
        r->lane[i] = (m >> i) & 1u ? a->lane[i] : b->lane[i];
    }
    r->magnitude = magnitude;
}

FE_FN void fe_from_rows(fe *r, FE_SPACE const unsigned char *const rows[LANES], mask *ok)
{
    *ok = 0;
    for (int i = 0; i < LANES; i++) {
        unsigned int number = rows[i][0] & ((1u << TOY_BITS) - 1u);
        *ok |= (mask)(number < TOY_P) << i;
        r->lane[i] = number % TOY_P;
    }
    r->magnitude = 1;
}

FE_FN void fe_to_rows(FE_SPACE unsigned char *const rows[LANES], const fe *a)
{
    fe_check(a, FE_MAX_MAG);
    for (int i = 0; i < LANES; i++) {
        rows[i][0] = (unsigned char)(a->lane[i] % TOY_P);
    }
}

FE_FN mask mask_row_bit(FE_SPACE const unsigned char *const rows[LANES], int byte, int bit)
{
    mask m = 0;
    for (int i = 0; i < LANES; i++) {
        m |= (((mask)rows[i][byte] >> bit) & 1u) << i;
    }
    return m;
}

FE_FN void fe_gather(fe *r, FE_SPACE const row *const rows[LANES])
{
    for (int i = 0; i < LANES; i++) {
        r->lane[i] = *rows[i] % TOY_P;
    }
    r->magnitude = 1;
}

FE_FN void fe_scatter(FE_SPACE row *const rows[LANES], const fe *a)
{
    fe_check(a, FE_MAX_MAG);
    for (int i = 0; i < LANES; i++) {
        *rows[i] = a->lane[i] % TOY_P;
    }
}

#endif
