/* SPDX-License-Identifier: Apache-2.0 */
/* Scalars modulo n, the order of secp256k1's group, for many rows at once: quotients with one inversion, and digits. Before: a
 * field header whose words in lanes (field.h) they are worked out in, of one group. The results are those of
 * secp256k1_scalar.c, bit by bit.
 *
 * Numbers of five 52-bit limbs, lazily reduced: below 2^256 + 2^216, so one n above the number in [0, n) at most, every limb
 * below 2^52. A product is reduced by 2^256 = c mod n, c of 129 bits, three times:
 *     columns 5 .. 9 by 2^260 = 16 c    -> 8 columns
 *     columns 5 .. 7 likewise           -> 6 columns, the last below 2^7
 *     what is above 2^256, below 2^12   -> below 2^256 + 2^216.
 * What is carried out of the lower five columns waits for the last step: every column stays below 2^58.
 * 104 halves of products: 50, 30, 18, 6.
 *
 * Tried and lost: Montgomery's form, 105 halves and two conversions. */
#ifndef PA_SECP256K1_SCALAR_LANES_H
#define PA_SECP256K1_SCALAR_LANES_H

#include "secp256k1_scalar.h"

#define SCALAR_LIMBS 5
#define SCALAR_SHORT                                                                               \
    3 /* limbs of halves of scalars, of their sums and products with small numbers: 156 bits */
#define SCALAR_LIMB_MASK ((UINT64_C(1) << 52) - 1)

static const uint64_t scalar_order[SCALAR_LIMBS] = {
    0x25e8cd0364141, 0xe6af48a03bbfd, 0xffffffebaaedc, 0xfffffffffffff, 0xffffffffffff};
/* 2^256 - n, and 16 times that */
static const uint64_t scalar_fold_256[SCALAR_SHORT] = {0xda1732fc9bebf, 0x1950b75fc4402, 0x1455123};
static const uint64_t scalar_fold_260[SCALAR_SHORT] = {0xa1732fc9bebf0, 0x950b75fc4402d,
                                                       0x14551231};
/* A, B, A + B of the lattice, and round(2^260 A / n), round(2^260 B / n). */
static const uint64_t scalar_a[SCALAR_SHORT] = {0xc90e49284eb15, 0x21a7d46bcde86, 0x3086d2};
static const uint64_t scalar_b[SCALAR_SHORT] = {0x47fa90abfe4c3, 0xd6010e88286f5, 0xe4437e};
static const uint64_t scalar_a_b[SCALAR_SHORT] = {0x1108d9d44cfd8, 0xf7a8e2f3f657c, 0x114ca50};
static const uint64_t scalar_scaled_a[SCALAR_SHORT] = {0x90e49284eb154, 0x1a7d46bcde86c, 0x3086d22};
static const uint64_t scalar_scaled_b[SCALAR_SHORT] = {0x7fa90abfe4c42, 0x6010e88286f54, 0xe4437ed};

typedef struct {
    fe_word limb[SCALAR_LIMBS];
} scalar_lanes;

static inline fe_word scalar_low(fe_word a)
{
    return fe_word_and(a, fe_word_all(SCALAR_LIMB_MASK));
}

/* ---- products ------------------------------------------------------------------------------- */

/* column += x y, a of x's limbs and b of y's; columns from `columns` up are left out. */
static inline __attribute__((always_inline)) void
scalar_multiply(fe_word *column, int columns, const fe_factor *x, int a, const fe_factor *y, int b)
{
    FE_UNROLL for (int k = 0; k < 2 * SCALAR_LIMBS; k++)
    {
        FE_UNROLL for (int i = 0; i < SCALAR_LIMBS; i++)
        {
            const int j = k - i;
            if (k >= columns || i >= a) {
                continue;
            }
            if (j >= 0 && j < b) {
                column[k] = fe_word_add_low(column[k], x[i], y[j]);
            }
            if (j >= 1 && j - 1 < b) {
                column[k] = fe_word_add_high(column[k], x[i], y[j - 1]);
            }
        }
    }
}

/* The same with a constant of three limbs. */
static inline __attribute__((always_inline)) void
scalar_multiply_constant(fe_word *column, int columns, const fe_factor *x, int a,
                         const uint64_t y[SCALAR_SHORT])
{
    const fe_factor factor[SCALAR_SHORT] = {fe_factor_all(y[0]), fe_factor_all(y[1]),
                                            fe_factor_all(y[2])};
    scalar_multiply(column, columns, x, a, factor, SCALAR_SHORT);
}

/* Factors of `limbs` limbs from columns that are not negative; what goes beyond is in the last. */
static inline __attribute__((always_inline)) void scalar_factors(fe_factor *r,
                                                                 const fe_word *column, int limbs)
{
    fe_word carry = column[0];
    FE_UNROLL for (int i = 0; i < 2 * SCALAR_SHORT; i++)
    {
        if (i < limbs - 1) {
            r[i] = fe_factor_of(scalar_low(carry));
            carry = fe_word_add(column[i + 1], fe_word_shr(carry, 52));
        }
    }
    r[limbs - 1] = fe_factor_of(carry);
}

static inline __attribute__((always_inline)) void
scalar_product(scalar_lanes *r, const scalar_lanes *x, const scalar_lanes *y)
{
    fe_factor a[SCALAR_LIMBS], b[SCALAR_LIMBS], high[SCALAR_LIMBS];
    fe_word column[2 * SCALAR_LIMBS], folded[8];
    FE_UNROLL for (int i = 0; i < SCALAR_LIMBS; i++)
    {
        a[i] = fe_factor_of(x->limb[i]);
        b[i] = fe_factor_of(y->limb[i]);
    }
    FE_UNROLL for (int k = 0; k < 2 * SCALAR_LIMBS; k++)
    {
        column[k] = fe_word_all(0);
    }
    scalar_multiply(column, 2 * SCALAR_LIMBS, a, SCALAR_LIMBS, b, SCALAR_LIMBS);

    scalar_factors(high, column + SCALAR_LIMBS, SCALAR_LIMBS);
    FE_UNROLL for (int k = 0; k < 8; k++)
    {
        folded[k] = k < SCALAR_LIMBS ? column[k] : fe_word_all(0);
    }
    scalar_multiply_constant(folded, 8, high, SCALAR_LIMBS, scalar_fold_260);

    scalar_factors(high, folded + SCALAR_LIMBS, 3);
    FE_UNROLL for (int k = 0; k < 6; k++)
    {
        column[k] = k < SCALAR_LIMBS ? folded[k] : fe_word_all(0);
    }
    scalar_multiply_constant(column, 6, high, 3, scalar_fold_260);

    high[0] = fe_factor_of(fe_word_add(fe_word_shr(column[4], 48), fe_word_shl(column[5], 4)));
    column[4] = fe_word_and(column[4], fe_word_all(SCALAR_LIMB_MASK >> 4));
    scalar_multiply_constant(column, 4, high, 1, scalar_fold_256);
    fe_word carry = column[0];
    FE_UNROLL for (int i = 0; i < SCALAR_LIMBS; i++)
    {
        r->limb[i] = i < SCALAR_LIMBS - 1 ? scalar_low(carry) : carry;
        carry = i < SCALAR_LIMBS - 1 ? fe_word_add(column[i + 1], fe_word_shr(carry, 52)) : carry;
    }
}

/* r in [0, n). */
static inline void scalar_canonical(scalar_lanes *r)
{
    fe_word difference[SCALAR_LIMBS], carry = fe_word_all(1);
    FE_UNROLL for (int i = 0; i < SCALAR_LIMBS; i++)
    {
        const fe_word plus = fe_word_all(SCALAR_LIMB_MASK - scalar_order[i]);
        const fe_word sum = fe_word_add(fe_word_add(r->limb[i], plus), carry);
        difference[i] = scalar_low(sum);
        carry = fe_word_shr(sum, 52);
    }
    const fe_word more = fe_word_sub(fe_word_all(0), carry);
    FE_UNROLL for (int i = 0; i < SCALAR_LIMBS; i++)
    {
        const fe_word other = fe_word_xor(r->limb[i], difference[i]);
        r->limb[i] = fe_word_xor(r->limb[i], fe_word_and(other, more));
    }
}

/* 52 bits from two words. */
#define SCALAR_LIMB(low, high, at)                                                                 \
    scalar_low(fe_word_or(fe_word_shr(low, at), fe_word_shl(high, 64 - (at))))

/* Lane i = a[i], and a[0] from lane `count` on. */
static inline void scalar_load(scalar_lanes *r, const pa_secp256k1_scalar *a, int count)
{
    const void *rows[LANES];
    fe_word word[4];
    FE_UNROLL for (int i = 0; i < LANES; i++)
    {
        rows[i] = &a[i < count ? i : 0];
    }
    fe_words_load(word, rows);
    r->limb[0] = scalar_low(word[0]);
    r->limb[1] = SCALAR_LIMB(word[0], word[1], 52);
    r->limb[2] = SCALAR_LIMB(word[1], word[2], 40);
    r->limb[3] = SCALAR_LIMB(word[2], word[3], 28);
    r->limb[4] = fe_word_shr(word[3], 16);
}

/* a[i] = lane i in [0, n), i < count. */
static inline void scalar_store(pa_secp256k1_scalar *a, scalar_lanes *lanes, int count)
{
    pa_secp256k1_scalar spare;
    void *rows[LANES];
    scalar_canonical(lanes);
    const fe_word *limb = lanes->limb;
    const fe_word word[4] = {
        fe_word_or(limb[0], fe_word_shl(limb[1], 52)),
        fe_word_or(fe_word_shr(limb[1], 12), fe_word_shl(limb[2], 40)),
        fe_word_or(fe_word_shr(limb[2], 24), fe_word_shl(limb[3], 28)),
        fe_word_or(fe_word_shr(limb[3], 36), fe_word_shl(limb[4], 16)),
    };
    FE_UNROLL for (int i = 0; i < LANES; i++)
    {
        rows[i] = i < count ? &a[i] : &spare;
    }
    fe_words_store(rows, word);
}

/* ---- quotients ------------------------------------------------------------------------------ */

/* Groups that share an inversion, in so many chains of products, each of which waits for its last. */
#define SCALAR_GROUPS 16
#define SCALAR_CHAINS 2

/* u1[i] /= d[i], u2[i] /= d[i] modulo n, i < count <= SCALAR_GROUPS LANES, no d[i] being 0. Form: Montgomery's trick in every
 * lane of every chain; what is left, a product a lane, is inverted by secp256k1_scalar.c. */
static void scalar_divide(pa_secp256k1_scalar *u1, pa_secp256k1_scalar *u2,
                          const pa_secp256k1_scalar *d, int count)
{
    scalar_lanes before[SCALAR_GROUPS], chain[SCALAR_CHAINS], of[SCALAR_GROUPS], inverse, both;
    pa_secp256k1_scalar products[LANES], spare[LANES];
    const int groups = (count + LANES - 1) / LANES;
    const int chains = groups < SCALAR_CHAINS ? groups : SCALAR_CHAINS;
    for (int g = 0; g < groups; g++) {
        scalar_lanes *product = &chain[g % SCALAR_CHAINS];
        scalar_load(&of[g], d + g * LANES, count - g * LANES);
        if (g < SCALAR_CHAINS) {
            *product = of[g];
        } else {
            before[g] = *product;
            scalar_product(product, product, &of[g]);
        }
    }
    both = chain[0];
    if (chains > 1) {
        scalar_product(&both, &chain[0], &chain[1]);
    }
    scalar_store(products, &both, LANES);
    pa_secp256k1_scalar_invert_many(products, spare, LANES);
    scalar_load(&inverse, products, LANES);
    if (chains > 1) {
        scalar_product(&both, &inverse, &chain[1]);
        scalar_product(&chain[1], &inverse, &chain[0]);
        inverse = both;
    }
    chain[0] = inverse;
    for (int g = groups - 1; g >= 0; g--) {
        scalar_lanes *product = &chain[g % SCALAR_CHAINS], u;
        const int at = g * LANES, rows = count - at;
        if (g < SCALAR_CHAINS) {
            inverse = *product;
        } else {
            scalar_product(&inverse, product, &before[g]);
            scalar_product(product, product, &of[g]);
        }
        scalar_load(&u, u1 + at, rows);
        scalar_product(&u, &u, &inverse);
        scalar_store(u1 + at, &u, rows);
        scalar_load(&u, u2 + at, rows);
        scalar_product(&u, &u, &inverse);
        scalar_store(u2 + at, &u, rows);
    }
}

/* ---- digits --------------------------------------------------------------------------------- */

/* c = round(k v / n), v = A or B given by round(2^260 v / n); 128 bits in factors. */
static inline __attribute__((always_inline)) void
scalar_quotient(fe_factor c[SCALAR_SHORT], const fe_factor top[SCALAR_SHORT],
                const uint64_t scaled[SCALAR_SHORT])
{
    fe_word column[2 * SCALAR_SHORT];
    fe_factor limb[2 * SCALAR_SHORT];
    FE_UNROLL for (int k = 0; k < 2 * SCALAR_SHORT; k++)
    {
        column[k] = fe_word_all(k == SCALAR_SHORT - 1 ? UINT64_C(1) << 51 : 0);
    }
    scalar_multiply_constant(column, 2 * SCALAR_SHORT, top, SCALAR_SHORT, scaled);
    scalar_factors(limb, column, 2 * SCALAR_SHORT);
    FE_UNROLL for (int i = 0; i < SCALAR_SHORT; i++)
    {
        c[i] = limb[SCALAR_SHORT + i];
    }
}

/* r = plus - minus + 2^130 modulo 2^156, in limbs; columns below 2^57. */
static inline __attribute__((always_inline)) void
scalar_difference(fe_word r[SCALAR_SHORT], const fe_word *plus, const fe_word *minus)
{
    fe_word carry = fe_word_all(0);
    FE_UNROLL for (int i = 0; i < SCALAR_SHORT; i++)
    {
        /* 2^58 in each column, taken away as 2^6 from the one above. */
        const uint64_t above_0 =
            (UINT64_C(1) << 58) - (i > 0 ? 1u << 6 : 0u) + (i == 2 ? 1u << 26 : 0u);
        carry =
            fe_word_add(fe_word_add(carry, fe_word_all(above_0)), fe_word_sub(plus[i], minus[i]));
        r[i] = scalar_low(carry);
        carry = fe_word_shr(carry, 52);
    }
}

/* (x & keep) | (x << by & move), where keep and move << by hold all of x. */
#define SCALAR_SPREAD(x, by, keep, move)                                                           \
    fe_word_or(fe_word_and(x, fe_word_all(keep)),                                                  \
               fe_word_and(fe_word_shl(x, by), fe_word_all(move)))

/* 40 bits as eight bytes of 5. */
static inline fe_word scalar_fives(fe_word x)
{
    x = SCALAR_SPREAD(x, 12, 0xfffff, UINT64_C(0xfffff00000000));
    x = SCALAR_SPREAD(x, 6, UINT64_C(0x3ff000003ff), UINT64_C(0x3ff000003ff0000));
    return SCALAR_SPREAD(x, 3, UINT64_C(0x1f001f001f001f), UINT64_C(0x1f001f001f001f00));
}

/* 40 bits as four words of 10 bits in 16. */
static inline fe_word scalar_tens(fe_word x)
{
    x = SCALAR_SPREAD(x, 12, 0xfffff, UINT64_C(0xfffff00000000));
    return SCALAR_SPREAD(x, 6, UINT64_C(0x3ff000003ff), UINT64_C(0x3ff000003ff0000));
}

/* Bits 1 .. 120 of three limbs in words of 40 bits, and what is above them in the last. */
static inline void scalar_forties(fe_word r[4], const fe_word limb[SCALAR_SHORT])
{
    r[0] = fe_word_shr(limb[0], 1);
    r[1] = fe_word_or(fe_word_shr(limb[0], 41), fe_word_shl(limb[1], 11));
    r[2] = fe_word_or(fe_word_shr(limb[1], 29), fe_word_shl(limb[2], 23));
    r[3] = fe_word_shr(limb[2], 17);
}

/* u2 = first + second lambda, both odd; out = (first + 2^130, second + 2^130). Every step is that of split_odd in
 * secp256k1_scalar.c. */
static inline void scalar_split_odd(fe_word first[SCALAR_SHORT], fe_word second[SCALAR_SHORT],
                                    const scalar_lanes *k)
{
    fe_factor top[SCALAR_SHORT], c1[SCALAR_SHORT], c2[SCALAR_SHORT];
    fe_word first_minus[SCALAR_SHORT], second_plus[SCALAR_SHORT], second_minus[SCALAR_SHORT];
    fe_word first_plus[SCALAR_SHORT];
    FE_UNROLL for (int i = 0; i < SCALAR_SHORT; i++)
    {
        top[i] = fe_factor_of(k->limb[2 + i]);
        first_minus[i] = second_plus[i] = second_minus[i] = fe_word_all(0);
    }
    scalar_quotient(c1, top, scalar_scaled_a);
    scalar_quotient(c2, top, scalar_scaled_b);
    scalar_multiply_constant(first_minus, SCALAR_SHORT, c1, SCALAR_SHORT, scalar_a);
    scalar_multiply_constant(first_minus, SCALAR_SHORT, c2, SCALAR_SHORT, scalar_a_b);
    scalar_multiply_constant(second_plus, SCALAR_SHORT, c1, SCALAR_SHORT, scalar_b);
    scalar_multiply_constant(second_minus, SCALAR_SHORT, c2, SCALAR_SHORT, scalar_a);

    /* All bits where a half is even, and where one of both is. */
    const fe_word bit = fe_word_all(1);
    const fe_word f = fe_word_sub(fe_word_and(fe_word_xor(k->limb[0], first_minus[0]), bit), bit);
    const fe_word s =
        fe_word_sub(fe_word_and(fe_word_xor(second_plus[0], second_minus[0]), bit), bit);
    const fe_word one = fe_word_xor(f, s), first_alone = fe_word_and(f, one);
    const fe_word both = fe_word_and(f, s);
    FE_UNROLL for (int i = 0; i < SCALAR_SHORT; i++)
    {
        const fe_word a = fe_word_all(scalar_a[i]), b = fe_word_all(scalar_b[i]);
        first_plus[i] =
            fe_word_add(k->limb[i], fe_word_add(fe_word_and(a, s), fe_word_and(b, one)));
        second_plus[i] = fe_word_add(second_plus[i],
                                     fe_word_add(fe_word_and(a, one), fe_word_and(b, first_alone)));
        second_minus[i] = fe_word_add(second_minus[i], fe_word_and(b, both));
    }
    scalar_difference(first, first_plus, first_minus);
    scalar_difference(second, second_plus, second_minus);
}

/* word = the digits of a half, two of them in the last word. */
static inline void scalar_half_digits(fe_word word[4], const fe_word half[SCALAR_SHORT])
{
    scalar_forties(word, half);
    FE_UNROLL for (int i = 0; i < 4; i++)
    {
        word[i] = scalar_fives(word[i]);
    }
}

/* word = the digits of u1 behind one another, 26 words of 16 bits. */
static inline void scalar_base_digits(fe_word word[8], const scalar_lanes *u1)
{
    fe_word limb[SCALAR_LIMBS], low[4], high[4], carry = fe_word_all(0);
    const fe_word bit = fe_word_all(1);
    const fe_word even = fe_word_sub(fe_word_and(u1->limb[0], bit), bit);
    FE_UNROLL for (int i = 0; i < SCALAR_LIMBS; i++)
    {
        carry = fe_word_add(carry, u1->limb[i]);
        carry = fe_word_add(carry, fe_word_and(even, fe_word_all(scalar_order[i])));
        limb[i] = i < SCALAR_LIMBS - 1 ? scalar_low(carry) : carry;
        carry = fe_word_shr(carry, 52);
    }
    /* Where bits 128 and up are an even number, it gets 1 more, and the rest 2^128 less: instead of 2^129, 2^128 + 2^127 are
     * added to half the rest. */
    const fe_word odd = fe_word_and(fe_word_shr(limb[2], 24), bit);
    scalar_forties(low, limb);
    low[3] = fe_word_or(fe_word_and(low[3], fe_word_all(127)),
                        fe_word_shl(fe_word_add(fe_word_all(3), odd), 7));
    high[0] = fe_word_or(fe_word_shr(limb[2], 25), fe_word_shl(limb[3], 27));
    high[1] = fe_word_or(fe_word_shr(limb[3], 13), fe_word_shl(limb[4], 39));
    high[2] = fe_word_shr(limb[4], 1);
    high[3] = fe_word_or(fe_word_shr(limb[4], 41), fe_word_all(1u << 9));
    FE_UNROLL for (int i = 0; i < 3; i++)
    {
        low[i] = scalar_tens(low[i]);
        high[i] = scalar_tens(high[i]);
    }
    FE_UNROLL for (int i = 0; i < 4; i++)
    {
        word[i] = low[i];
        word[4 + i] = fe_word_shr(high[i], 48);
    }
    FE_UNROLL for (int i = 0; i < 4; i++)
    {
        word[3 + i] = fe_word_or(word[3 + i], fe_word_shl(high[i], 16));
    }
}

/* word = the digits of u1 in bytes: (u1 >> 1) + 2^255 where it is odd, else that of n - u1 with all bits turned round. */
static inline void scalar_byte_digits(fe_word word[4], const scalar_lanes *u1)
{
    fe_word limb[SCALAR_LIMBS], carry;
    const fe_word bit = fe_word_all(1);
    const fe_word even = fe_word_sub(fe_word_and(u1->limb[0], bit), bit);
    carry = fe_word_and(even, bit);
    FE_UNROLL for (int i = 0; i < SCALAR_LIMBS; i++)
    {
        /* n - u1 = n + all ones less u1 + 1, modulo 2^260. */
        const fe_word turned = scalar_low(fe_word_xor(u1->limb[i], even));
        carry = fe_word_add(carry, fe_word_and(even, fe_word_all(scalar_order[i])));
        carry = fe_word_add(carry, turned);
        limb[i] = scalar_low(carry);
        carry = fe_word_shr(carry, 52);
    }
    word[0] = fe_word_or(fe_word_shr(limb[0], 1), fe_word_shl(limb[1], 51));
    word[1] = fe_word_or(fe_word_shr(limb[1], 13), fe_word_shl(limb[2], 39));
    word[2] = fe_word_or(fe_word_shr(limb[2], 25), fe_word_shl(limb[3], 27));
    word[3] = fe_word_or(fe_word_shr(limb[3], 37), fe_word_shl(limb[4], 15));
    word[3] = fe_word_or(word[3], fe_word_all(UINT64_C(1) << 63));
    FE_UNROLL for (int i = 0; i < 4; i++)
    {
        word[i] = fe_word_xor(word[i], even);
    }
}

/* first[i], second[i] = the 32 digits of u2[i]'s halves, i < count. */
static inline void scalar_key_digits(void *const first[LANES], void *const second[LANES],
                                     const pa_secp256k1_scalar *u2, int count)
{
    scalar_lanes k;
    fe_word half[2][SCALAR_SHORT], word[4];
    scalar_load(&k, u2, count);
    scalar_split_odd(half[0], half[1], &k);
    scalar_half_digits(word, half[0]);
    fe_words_store(first, word);
    scalar_half_digits(word, half[1]);
    fe_words_store(second, word);
}

/* pa_secp256k1_scalars.digits and .prepared_digits of one group, count <= LANES. */
static void scalar_group_digits(pa_secp256k1_sums_digits *const *digits,
                                const pa_secp256k1_scalar *u1, const pa_secp256k1_scalar *u2,
                                int count)
{
    pa_secp256k1_sums_digits spare;
    void *to[4][LANES];
    scalar_lanes k;
    fe_word word[8];
    FE_UNROLL for (int i = 0; i < LANES; i++)
    {
        pa_secp256k1_sums_digits *of = i < count ? digits[i] : &spare;
        to[0][i] = of->first;
        to[1][i] = of->second;
        to[2][i] = of->base;
        to[3][i] = of->base + 16;
    }
    scalar_key_digits(to[0], to[1], u2, count);
    scalar_load(&k, u1, count);
    scalar_base_digits(word, &k);
    fe_words_store(to[2], word);
    fe_words_store(to[3], word + 4);
}

static void scalar_group_prepared_digits(pa_secp256k1_prepared_digits *const *digits,
                                         const pa_secp256k1_scalar *u1,
                                         const pa_secp256k1_scalar *u2, int count)
{
    pa_secp256k1_prepared_digits spare;
    void *to[3][LANES];
    scalar_lanes k;
    fe_word word[4];
    FE_UNROLL for (int i = 0; i < LANES; i++)
    {
        pa_secp256k1_prepared_digits *of = i < count ? digits[i] : &spare;
        to[0][i] = of->first;
        to[1][i] = of->second;
        to[2][i] = of->base;
    }
    scalar_key_digits(to[0], to[1], u2, count);
    scalar_load(&k, u1, count);
    scalar_byte_digits(word, &k);
    fe_words_store(to[2], word);
}

/* pa_secp256k1_scalars */
/* Fewer rows take less time one by one, for the products that join the lanes. */
#define SCALAR_DIVIDE_MIN 4

static void scalar_divide_rows(pa_secp256k1_scalar *u1, pa_secp256k1_scalar *u2,
                               const pa_secp256k1_scalar *d, int count)
{
    if (count < SCALAR_DIVIDE_MIN) {
        pa_secp256k1_scalars_portable.divide(u1, u2, d, count);
        return;
    }
    const fe_state state = fe_begin();
    for (int at = 0; at < count; at += SCALAR_GROUPS * LANES) {
        const int rest = count - at, most = SCALAR_GROUPS * LANES;
        scalar_divide(u1 + at, u2 + at, d + at, rest < most ? rest : most);
    }
    fe_end(state);
}

static void scalar_digits_of_rows(pa_secp256k1_sums_digits *const *digits,
                                  const pa_secp256k1_scalar *u1, const pa_secp256k1_scalar *u2,
                                  int count)
{
    const fe_state state = fe_begin();
    for (int at = 0; at < count; at += LANES) {
        scalar_group_digits(digits + at, u1 + at, u2 + at, count - at < LANES ? count - at : LANES);
    }
    fe_end(state);
}

static void scalar_prepared_digits_of_rows(pa_secp256k1_prepared_digits *const *digits,
                                           const pa_secp256k1_scalar *u1,
                                           const pa_secp256k1_scalar *u2, int count)
{
    const fe_state state = fe_begin();
    for (int at = 0; at < count; at += LANES) {
        scalar_group_prepared_digits(digits + at, u1 + at, u2 + at,
                                     count - at < LANES ? count - at : LANES);
    }
    fe_end(state);
}

#define SCALAR_TABLE                                                                               \
    {.divide = scalar_divide_rows,                                                                 \
     .digits = scalar_digits_of_rows,                                                              \
     .prepared_digits = scalar_prepared_digits_of_rows}

#endif
