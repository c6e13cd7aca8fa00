/* SPDX-License-Identifier: Apache-2.0 */
/* Scalars modulo l for many rows at once: digests reduced, scalars times coefficients. Before: a field header, whose words in
 * lanes (field.h) they are worked out in where it has any; else one after the other by ed25519_scalar.c, whose results these
 * are, bit by bit.
 *
 * Numbers of 52-bit limbs. A quotient by Barrett's method (Handbook of Applied Cryptography, 14.42), at bits instead of words:
 * of x < 2^512, h = floor(x / 2^252) and mu = floor(2^512 / l) have 260 bits, five limbs each, and
 *     q = floor(h mu / 2^260) <= x / l.
 * mu > 2^512 / l - 1/4, h > x / 2^252 - 1, and what is left out of h mu, low halves below column 4 and high halves below
 * column 3, is less than 2^212: q > x / l - 1/4 - 1 - 2^-48 - 1, so that x - q l is below 3 l. It is taken modulo 2^260, and l
 * from it twice.
 *
 * Cycles a number on Zen 4 in eight lanes of IFMA, four of AVX2, the scalar form: a digest reduced 19, 24, 76; a scalar times a
 * coefficient 33, 33, 140. Products are 59 of each half a group, 49 with a coefficient. On AVX2 the doubles of the field have
 * five limbs, where vpmuludq would want ten of 28 bits: 275 products of it in place of 59 pairs of FMA. */
#ifndef PA_ED25519_SCALAR_LANES_H
#define PA_ED25519_SCALAR_LANES_H

#include <string.h>

#include "ed25519.h"

#ifdef FE_HAS_WORDS
/* Limbs of a scalar and what it needs to be reduced from, of a coefficient. */
#define SCALAR_LIMBS 5
#define SCALAR_WIDE 10
#define SCALAR_COEFFICIENT 3
#define SCALAR_LIMB_MASK ((UINT64_C(1) << 52) - 1)

static const uint64_t scalar_order[SCALAR_LIMBS] = {0x2631a5cf5d3ed, 0xdea2f79cd6581, 0x14def9, 0,
                                                    UINT64_C(1) << 44};
/* floor(2^512 / l) */
static const uint64_t scalar_reciprocal[SCALAR_LIMBS] = {
    0xce5a30a2c131b, 0x5d086329a7ed9, 0xfffffeb210621, 0xfffffffffffff, 0xfffffffffffff};

static inline fe_word scalar_low(fe_word a)
{
    return fe_word_and(a, fe_word_all(SCALAR_LIMB_MASK));
}

/* 52 bits from two words. */
#define SCALAR_LIMB(low, high, at)                                                                 \
    scalar_low(fe_word_or(fe_word_shr(low, at), fe_word_shl(high, 64 - (at))))

/* The five limbs of four words, whose highest four bits are `beyond`. */
static inline void scalar_from_words(fe_word limb[SCALAR_LIMBS], const fe_word word[4],
                                     fe_word beyond)
{
    limb[0] = scalar_low(word[0]);
    limb[1] = SCALAR_LIMB(word[0], word[1], 52);
    limb[2] = SCALAR_LIMB(word[1], word[2], 40);
    limb[3] = SCALAR_LIMB(word[2], word[3], 28);
    limb[4] = scalar_low(fe_word_or(fe_word_shr(word[3], 16), fe_word_shl(beyond, 48)));
}

static inline void scalar_store(pa_ed25519_scalar *const r[LANES], const fe_word limb[SCALAR_LIMBS])
{
    void *rows[LANES];
    const fe_word word[4] = {
        fe_word_or(limb[0], fe_word_shl(limb[1], 52)),
        fe_word_or(fe_word_shr(limb[1], 12), fe_word_shl(limb[2], 40)),
        fe_word_or(fe_word_shr(limb[2], 24), fe_word_shl(limb[3], 28)),
        fe_word_or(fe_word_shr(limb[3], 36), fe_word_shl(limb[4], 16)),
    };
    FE_UNROLL for (int i = 0; i < LANES; i++)
    {
        rows[i] = r[i]->word;
    }
    fe_words_store(rows, word);
}

/* r = limbs below 2^52; a: sums that may be negative, each above -2^58 and below 2^63 - 2^58. What is carried out of the last
 * limb is dropped. */
static inline void scalar_carry(fe_word *r, const fe_word *a, int limbs)
{
    /* 2^58 in each column, taken away as 2^6 from the one above. */
    fe_word carry = fe_word_all(0);
    FE_UNROLL for (int i = 0; i < limbs; i++)
    {
        const fe_word above_0 = fe_word_all((UINT64_C(1) << 58) - (i > 0 ? 1u << 6 : 0u));
        const fe_word sum = fe_word_add(fe_word_add(a[i], above_0), carry);
        r[i] = scalar_low(sum);
        carry = fe_word_shr(sum, 52);
    }
}

/* r -= l where it is l or more; r < 2^260 in limbs. */
static inline void scalar_subtract_order(fe_word r[SCALAR_LIMBS])
{
    fe_word difference[SCALAR_LIMBS], carry = fe_word_all(1);
    FE_UNROLL for (int i = 0; i < SCALAR_LIMBS; i++)
    {
        const fe_word plus = fe_word_all(SCALAR_LIMB_MASK - scalar_order[i]);
        const fe_word sum = fe_word_add(fe_word_add(r[i], plus), carry);
        difference[i] = scalar_low(sum);
        carry = fe_word_shr(sum, 52);
    }
    const fe_word more = fe_word_sub(fe_word_all(0), carry);
    FE_UNROLL for (int i = 0; i < SCALAR_LIMBS; i++)
    {
        r[i] = fe_word_xor(r[i], fe_word_and(fe_word_xor(r[i], difference[i]), more));
    }
}

/* r = x mod l, x < 2^512 in limbs; high: those of floor(x / 2^252) that may be more than 0. */
static inline __attribute__((always_inline)) void
scalar_reduce(fe_word r[SCALAR_LIMBS], const fe_word x[SCALAR_WIDE], int high)
{
    fe_factor h[SCALAR_LIMBS], q[SCALAR_LIMBS];
    fe_word column[SCALAR_WIDE];
    FE_UNROLL for (int i = 0; i < high; i++)
    {
        h[i] = fe_factor_of(
            scalar_low(fe_word_or(fe_word_shr(x[4 + i], 44), fe_word_shl(x[5 + i], 8))));
    }
    FE_UNROLL for (int k = 4; k < SCALAR_WIDE; k++)
    {
        column[k] = fe_word_all(0);
        FE_UNROLL for (int i = 0; i < high; i++)
        {
            const int j = k - i;
            if (j >= 0 && j < SCALAR_LIMBS) {
                column[k] = fe_word_add_low(column[k], h[i], fe_factor_all(scalar_reciprocal[j]));
            }
            if (j >= 1 && j - 1 < SCALAR_LIMBS) {
                column[k] =
                    fe_word_add_high(column[k], h[i], fe_factor_all(scalar_reciprocal[j - 1]));
            }
        }
    }
    fe_word carry = fe_word_shr(column[4], 52);
    FE_UNROLL for (int i = 0; i < SCALAR_LIMBS; i++)
    {
        carry = fe_word_add(column[5 + i], carry);
        q[i] = fe_factor_of(scalar_low(carry));
        carry = fe_word_shr(carry, 52);
    }
    FE_UNROLL for (int k = 0; k < SCALAR_LIMBS; k++)
    {
        column[k] = fe_word_all(0);
        FE_UNROLL for (int i = 0; i <= k; i++)
        {
            const int j = k - i;
            if (scalar_order[j] != 0) {
                column[k] = fe_word_add_low(column[k], q[i], fe_factor_all(scalar_order[j]));
            }
            if (j >= 1 && scalar_order[j - 1] != 0) {
                column[k] = fe_word_add_high(column[k], q[i], fe_factor_all(scalar_order[j - 1]));
            }
        }
        column[k] = fe_word_sub(x[k], column[k]);
    }
    scalar_carry(r, column, SCALAR_LIMBS);
    scalar_subtract_order(r);
    scalar_subtract_order(r);
}

/* *r[i] = the number of the 64 bytes at digests[i], modulo l. Between fe_begin and fe_end. */
FE_FLAT static void scalar_reduce_rows(pa_ed25519_scalar *const r[LANES],
                                       const uint8_t *const digests[LANES])
{
    const void *rows[2][LANES];
    fe_word word[8], limb[SCALAR_WIDE + 1], reduced[SCALAR_LIMBS];
    FE_UNROLL for (int i = 0; i < LANES; i++)
    {
        rows[0][i] = digests[i];
        rows[1][i] = digests[i] + 32;
    }
    fe_words_load(word, rows[0]);
    fe_words_load(word + 4, rows[1]);
    scalar_from_words(limb, word, word[4]);
    limb[5] = scalar_low(fe_word_shr(word[4], 4));
    limb[6] = SCALAR_LIMB(word[4], word[5], 56);
    limb[7] = SCALAR_LIMB(word[5], word[6], 44);
    limb[8] = SCALAR_LIMB(word[6], word[7], 32);
    limb[9] = fe_word_shr(word[7], 20);
    scalar_reduce(reduced, limb, SCALAR_LIMBS);
    scalar_store(r, reduced);
}

/* -a in the lanes of negative, all of whose bits are then set. */
static inline fe_word scalar_negate_if(fe_word a, fe_word negative)
{
    return fe_word_sub(fe_word_xor(a, negative), negative);
}

/* *r[i] = z[i] a[i] modulo l, by the absolute value of z; -a where z is negative. Between fe_begin and fe_end. */
FE_FLAT static void scalar_weigh_rows(pa_ed25519_scalar *const r[LANES], const fe_word z[2],
                                      const pa_ed25519_scalar *const a[LANES])
{
    const void *rows[LANES];
    fe_word word[4], limb[SCALAR_LIMBS], size[SCALAR_COEFFICIENT], x[SCALAR_WIDE];
    fe_factor times[SCALAR_COEFFICIENT], factor[SCALAR_LIMBS];
    const fe_word negative = fe_word_sub(fe_word_all(0), fe_word_shr(z[1], 63));
    size[0] = scalar_low(z[0]);
    size[1] = SCALAR_LIMB(z[0], z[1], 52);
    size[2] = fe_word_shr(z[1], 40);
    FE_UNROLL for (int i = 0; i < SCALAR_COEFFICIENT; i++)
    {
        size[i] = scalar_negate_if(size[i], negative);
    }
    size[2] = fe_word_add(size[2], fe_word_and(negative, fe_word_all(1u << 24)));
    scalar_carry(size, size, SCALAR_COEFFICIENT);

    FE_UNROLL for (int i = 0; i < LANES; i++)
    {
        rows[i] = a[i]->word;
    }
    fe_words_load(word, rows);
    scalar_from_words(limb, word, fe_word_all(0));
    FE_UNROLL for (int i = 0; i < SCALAR_LIMBS; i++)
    {
        limb[i] = fe_word_add(scalar_negate_if(limb[i], negative),
                              fe_word_and(negative, fe_word_all(scalar_order[i])));
    }
    scalar_carry(limb, limb, SCALAR_LIMBS);

    FE_UNROLL for (int i = 0; i < SCALAR_COEFFICIENT; i++)
    {
        times[i] = fe_factor_of(size[i]);
    }
    FE_UNROLL for (int i = 0; i < SCALAR_LIMBS; i++)
    {
        factor[i] = fe_factor_of(limb[i]);
    }
    fe_word carry = fe_word_all(0);
    FE_UNROLL for (int k = 0; k < SCALAR_WIDE; k++)
    {
        FE_UNROLL for (int i = 0; i < SCALAR_COEFFICIENT; i++)
        {
            const int j = k - i;
            if (j >= 0 && j < SCALAR_LIMBS) {
                carry = fe_word_add_low(carry, times[i], factor[j]);
            }
            if (j >= 1 && j - 1 < SCALAR_LIMBS) {
                carry = fe_word_add_high(carry, times[i], factor[j - 1]);
            }
        }
        x[k] = scalar_low(carry);
        carry = fe_word_shr(carry, 52);
    }
    /* z a is at most 2^127 l < 2^380. */
    scalar_reduce(limb, x, SCALAR_COEFFICIENT);
    scalar_store(r, limb);
}
#endif

/* k[i] = digests[i] modulo l, i < n. Fewer than ED25519_LANES_MIN that are left over are reduced one by one. */
static inline void ed25519_reduce(pa_ed25519_scalar *k, const uint8_t (*digests)[64],
                                  unsigned int n)
{
    unsigned int at = 0;
#ifdef FE_HAS_WORDS
    for (; at < n && n - at >= ED25519_LANES_MIN; at += LANES) {
        pa_ed25519_scalar *to[LANES], spare;
        const uint8_t *from[LANES];
        for (unsigned int i = 0; i < LANES; i++) {
            to[i] = at + i < n ? &k[at + i] : &spare;
            from[i] = digests[at + i < n ? at + i : at];
        }
        scalar_reduce_rows(to, from);
    }
#endif
    for (; at < n; at++) {
        pa_ed25519_scalar_reduce(&k[at], digests[at]);
    }
}

/* scalars[i][j] = z[i] scalars[i][j] modulo l, i < n, j < 2. Before: they are below l. */
static inline void ed25519_weigh(pa_ed25519_scalar (*scalars)[2], const pa_ed25519_coefficient *z,
                                 unsigned int n)
{
    unsigned int at = 0;
#ifdef FE_HAS_WORDS
    for (; at < n && n - at >= ED25519_LANES_MIN; at += LANES) {
        pa_ed25519_scalar spare = {{0}};
        uint64_t words[2][LANES];
        fe_word both[2];
        for (unsigned int i = 0; i < LANES; i++) {
            words[0][i] = z[at + i < n ? at + i : at].word[0];
            words[1][i] = z[at + i < n ? at + i : at].word[1];
        }
        memcpy(both, words, sizeof both);
        for (int j = 0; j < 2; j++) {
            pa_ed25519_scalar *to[LANES];
            for (unsigned int i = 0; i < LANES; i++) {
                to[i] = at + i < n ? &scalars[at + i][j] : &spare;
            }
            scalar_weigh_rows(to, both, (const pa_ed25519_scalar *const *)to);
        }
    }
#endif
    for (; at < n; at++) {
        for (int j = 0; j < 2; j++) {
            pa_ed25519_scalar_weigh(&scalars[at][j], &z[at], &scalars[at][j]);
        }
    }
}

#endif
