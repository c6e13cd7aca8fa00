/* SPDX-License-Identifier: Apache-2.0 */
/* What fields of 256 bits have alike with AVX-512 IFMA that keep five limbs of 52 bits: products as ten columns of weight 2^(52 i),
 * which may be added up and subtracted before they are carried, factors, words and bytes. Includes eight_lanes_avx512ifma.h, for
 * which the field has defined what that asks for; besides
 *   FE_PRIME_0 .. 3        the words of p, least significant first
 *   FE_COLUMN_MAX(m, i)    the bound of a column's size at magnitude m, of either sign
 * and it defines what is declared here. */
#ifndef PA_FIELD_TEN_COLUMNS_AVX512IFMA_H
#define PA_FIELD_TEN_COLUMNS_AVX512IFMA_H

#include <stdint.h>

#define FE_BITS 256

#define FE_LOW_52 UINT64_C(0xfffffffffffff)
#define FE_LOW_48 UINT64_C(0xffffffffffff)

/* Columns are signed: differences are just that, and made positive where they are carried. */
#define FE_RAW_COLUMNS 10
#define FE_HAS_FACTORS
#define FE_HAS_SCATTER_ANY
#define FE_RAW_MULTIPLE(m, i) 0

/* Limb i of a number of four words, and of p. */
#define FE_LIMB_OF_WORDS(i, w0, w1, w2, w3)                                                        \
    (((i) == 0   ? (w0)                                                                            \
      : (i) == 1 ? (w0) >> 52 | (w1) << 12                                                         \
      : (i) == 2 ? (w1) >> 40 | (w2) << 24                                                         \
      : (i) == 3 ? (w2) >> 28 | (w3) << 36                                                         \
                 : (w3) >> 16) &                                                                   \
     FE_LOW_52)
#define FE_P_LIMB(i) FE_LIMB_OF_WORDS(i, FE_PRIME_0, FE_PRIME_1, FE_PRIME_2, FE_PRIME_3)

#include "eight_lanes_avx512ifma.h"

/* r = k times the columns, k <= 4, the value of which is of magnitude m: of magnitude 1, or a factor; `differences`: it may be
 * negative. */
FE_INLINE void fe_group_fold(fe_group *r, const __m512i column[10], int m, unsigned int k,
                             int differences, int factor);

/* Asserts the bounds of columns. */
FE_FN void fe_group_check_columns(const __m512i column[10], int magnitude)
{
#ifdef PA_DEBUG_BOUNDS
    for (int i = 0; i < 10; i++) {
        int64_t lanes[FE_GROUP_LANES];
        _mm512_storeu_si512(lanes, column[i]);
        for (int j = 0; j < FE_GROUP_LANES; j++) {
            FE_ASSERT(lanes[j] <= FE_COLUMN_MAX(magnitude, i) &&
                      lanes[j] >= -FE_COLUMN_MAX(magnitude, i));
        }
    }
#endif
    (void)column;
    (void)magnitude;
}

/* By an addition: only two ports shift, one of which multiplies. */
#define fe_word_double(a) fe_word_add(a, a)

/* Low and high halves of products where they stand: at most five of either in a column, below 10 2^52 together; the last one
 * has one high half. */
FE_INLINE void fe_group_mul_columns(__m512i column[10], const fe_group *a, const fe_group *b)
{
    const __m512i *x = a->limb, *y = b->limb;
    FE_UNROLL for (int k = 0; k < 10; k++)
    {
        column[k] = _mm512_setzero_si512();
    }
    FE_EACH_LIMB
    {
        FE_UNROLL for (int j = 0; j < 5; j++)
        {
            column[i + j] = _mm512_madd52lo_epu64(column[i + j], x[i], y[j]);
        }
        FE_UNROLL for (int j = 0; j < 5; j++)
        {
            column[i + j + 1] = _mm512_madd52hi_epu64(column[i + j + 1], x[i], y[j]);
        }
    }
}

FE_INLINE void fe_group_sqr_columns(__m512i column[10], const fe_group *a)
{
    const __m512i *x = a->limb;
    FE_UNROLL for (int half = 1; half >= 0; half--)
    {
        FE_UNROLL for (int k = 5 * half; k < 5 * half + 5; k++)
        {
            column[k] = _mm512_setzero_si512();
        }
        FE_UNROLL for (int i = 0; i < 5; i++)
        {
            FE_UNROLL for (int k = 5 * half; k < 5 * half + 5; k++)
            {
                const int j = k - i;
                if (j > i && j < 5) {
                    column[k] = _mm512_madd52lo_epu64(column[k], x[i], x[j]);
                }
            }
            FE_UNROLL for (int k = 5 * half; k < 5 * half + 5; k++)
            {
                const int jj = k - 1 - i;
                if (jj > i && jj < 5) {
                    column[k] = _mm512_madd52hi_epu64(column[k], x[i], x[jj]);
                }
            }
        }
        FE_UNROLL for (int k = 5 * half; k < 5 * half + 5; k++)
        {
            if (k > 0 && k < 9) {
                column[k] = fe_word_double(column[k]);
            }
        }
        FE_UNROLL for (int k = 5 * half; k < 5 * half + 5; k++)
        {
            if (k % 2) {
                column[k] = _mm512_madd52hi_epu64(column[k], x[k / 2], x[k / 2]);
            } else {
                column[k] = _mm512_madd52lo_epu64(column[k], x[k / 2], x[k / 2]);
            }
        }
    }
}

/* k c for k <= 4, by additions. */
FE_INLINE __m512i fe_word_times(__m512i c, unsigned int k)
{
    const __m512i twice = fe_word_add(c, c);
    return k == 1 ? c : k == 2 ? twice : k == 3 ? fe_word_add(twice, c) : fe_word_add(twice, twice);
}

FE_INLINE void fe_group_carry_columns(fe_group *r, const __m512i column[10], int m, unsigned int k,
                                      int factor)
{
    FE_ASSERT(k >= 1 && k <= 4 && m * (int)k <= 8);
    fe_group_check_columns(column, m);
    fe_group_fold(r, column, m, k, 1, factor);
}

FE_INLINE void fe_group_reduce(fe_group *r, const __m512i column[10], int m)
{
    fe_group_carry_columns(r, column, m, 1, 1);
}

/* r = k a b, k <= 4, of magnitude 1 or a factor. */
#ifdef FE_HAS_TIMES
FE_INLINE void fe_group_mul_times(fe_group *r, const fe_group *a, const fe_group *b, unsigned int k,
                                  int factor);
FE_INLINE void fe_group_sqr_times(fe_group *r, const fe_group *a, unsigned int k, int factor);
#else
FE_INLINE void fe_group_mul_times(fe_group *r, const fe_group *a, const fe_group *b, unsigned int k,
                                  int factor)
{
    __m512i column[10];
    FE_ASSERT(k >= 1 && k <= 4);
    fe_group_mul_columns(column, a, b);
    fe_group_check_columns(column, 1);
    fe_group_fold(r, column, 1, k, 0, factor);
}

FE_INLINE void fe_group_sqr_times(fe_group *r, const fe_group *a, unsigned int k, int factor)
{
    __m512i column[10];
    FE_ASSERT(k >= 1 && k <= 4);
    fe_group_sqr_columns(column, a);
    fe_group_check_columns(column, 1);
    fe_group_fold(r, column, 1, k, 0, factor);
}
#endif

FE_INLINE void fe_group_mul(fe_group *r, const fe_group *a, const fe_group *b)
{
    fe_group_mul_times(r, a, b, 1, 0);
}

FE_INLINE void fe_group_sqr(fe_group *r, const fe_group *a)
{
    fe_group_sqr_times(r, a, 1, 0);
}

FE_INLINE void fe_group_sqr_on(fe_group *r, const fe_group *a)
{
    fe_group_sqr_times(r, a, 1, 1);
}

FE_INLINE void fe_add_norm(fe *r, const fe *a, const fe *b)
{
    fe_check(a, 1);
    fe_check(b, 1);
    FE_EACH_GROUP
    {
        __m512i sum = _mm512_setzero_si512();
        FE_EACH_LIMB
        {
            sum = fe_word_add(sum, fe_word_add(a->group[g].limb[i], b->group[g].limb[i]));
            r->group[g].limb[i] = sum;
            sum = fe_word_shr(sum, 52);
        }
    }
    fe_check_factor(r);
}

FE_INLINE void fe_group_from_words(fe_group *r, const __m512i word[4])
{
    const __m512i low = fe_word_all(FE_LOW_52);
    r->limb[0] = fe_word_and(word[0], low);
    r->limb[1] = fe_word_and(_mm512_shrdi_epi64(word[0], word[1], 52), low);
    r->limb[2] = fe_word_and(_mm512_shrdi_epi64(word[1], word[2], 40), low);
    r->limb[3] = fe_word_and(_mm512_shrdi_epi64(word[2], word[3], 28), low);
    r->limb[4] = fe_word_shr(word[3], 16);
}

FE_INLINE void fe_group_join(__m512i word[4], const __m512i limb[5])
{
    word[0] = fe_word_or(limb[0], fe_word_shl(limb[1], 52));
    word[1] = fe_word_or(fe_word_shr(limb[1], 12), fe_word_shl(limb[2], 40));
    word[2] = fe_word_or(fe_word_shr(limb[2], 24), fe_word_shl(limb[3], 28));
    word[3] = fe_word_or(fe_word_shr(limb[3], 36), fe_word_shl(limb[4], 16));
}

FE_FN void fe_group_to_words(__m512i word[4], const fe_group *a)
{
    __m512i limb[5];
    fe_group_canonical(limb, a);
    fe_group_join(word, limb);
}

/* Carried, a of magnitude 1 is below 2^256. */
FE_FN void fe_scatter_any(row *const rows[LANES], const fe *a)
{
    fe_check(a, 1);
    FE_EACH_GROUP
    {
        fe_group t;
        __m512i word[4];
        fe_group_carry(&t, a->group[g].limb);
        fe_group_join(word, t.limb);
        fe_group_store((void *const *)rows + FE_GROUP_LANES * g, word);
    }
}

/* Lanes that are 0 modulo p: carried, they are 0 or p. word: as fe_group_carry wants it. */
FE_FN __mmask8 fe_group_is_zero(const __m512i word[5])
{
    fe_group t;
    fe_group_carry(&t, word);
    __m512i any = t.limb[0], other = fe_word_xor(t.limb[0], fe_word_all(FE_P_LIMB(0)));
    FE_UNROLL for (int i = 1; i < 5; i++)
    {
        any = fe_word_or(any, t.limb[i]);
        other = fe_word_or(other, fe_word_xor(t.limb[i], fe_word_all(FE_P_LIMB(i))));
    }
    return (__mmask8)(_mm512_cmpeq_epi64_mask(any, _mm512_setzero_si512()) |
                      _mm512_cmpeq_epi64_mask(other, _mm512_setzero_si512()));
}

FE_FN mask fe_is_zero(const fe *a)
{
    mask m = 0;
    fe_check(a, FE_MAX_MAG);
    FE_EACH_GROUP
    {
        m |= mask_of_group(fe_group_is_zero(a->group[g].limb), g);
    }
    return m;
}

FE_FN mask fe_factor_is_zero(const fe *a)
{
    mask m = 0;
    fe_check_factor(a);
    FE_EACH_GROUP
    {
        __m512i word[5];
        FE_EACH_LIMB
        {
            word[i] = i < 4 ? fe_word_and(a->group[g].limb[i], fe_word_all(FE_LOW_52))
                            : a->group[g].limb[i];
        }
        m |= mask_of_group(fe_group_is_zero(word), g);
    }
    return m;
}

/* a - b, of which no limb goes below 0, carried once. */
FE_FN mask fe_equal(const fe *a, const fe *b)
{
    mask m = 0;
    fe_check(a, FE_MAX_MAG);
    fe_check(b, FE_MAX_MAG);
    FE_EACH_GROUP
    {
        __m512i word[5];
        FE_EACH_LIMB
        {
            const __m512i multiple = fe_word_all(FE_MULTIPLE((uint64_t)FE_MAX_MAG + 1, i));
            word[i] = fe_word_sub(fe_word_add(a->group[g].limb[i], multiple), b->group[g].limb[i]);
        }
        m |= mask_of_group(fe_group_is_zero(word), g);
    }
    return m;
}

/* The words of encodings, and back: bytes the other way round, then words. */
FE_INLINE void fe_group_turn(__m512i to[4], const __m512i from[4])
{
    const __m512i order =
        _mm512_broadcast_i32x4(_mm_set_epi8(8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
    FE_UNROLL for (int i = 0; i < 4; i++)
    {
        to[i] = _mm512_shuffle_epi8(from[3 - i], order);
    }
}

/* Lanes whose number is below p. */
FE_FN __mmask8 fe_group_below(const __m512i word[4])
{
    static const uint64_t modulus[4] = {FE_PRIME_0, FE_PRIME_1, FE_PRIME_2, FE_PRIME_3};
    unsigned int below = 0;
    FE_UNROLL for (int i = 0; i < 4; i++)
    {
        const __m512i p = fe_word_all(modulus[i]);
        below = _mm512_cmplt_epu64_mask(word[i], p) | (_mm512_cmpeq_epi64_mask(word[i], p) & below);
    }
    return (__mmask8)below;
}

FE_FN void fe_from_rows(fe *r, const unsigned char *const rows[LANES], mask *ok)
{
    *ok = 0;
    FE_EACH_GROUP
    {
        __m512i bytes[4], word[4];
        fe_group_load(bytes, (const void *const *)rows + FE_GROUP_LANES * g);
        fe_group_turn(word, bytes);
        *ok |= mask_of_group(fe_group_below(word), g);
        fe_group_from_words(&r->group[g], word);
        fe_group_enter(&r->group[g], &r->group[g]);
    }
}

FE_FN void fe_to_rows(unsigned char *const rows[LANES], const fe *a)
{
    FE_EACH_GROUP
    {
        fe_group plain;
        __m512i bytes[4], word[4];
        fe_group_leave(&plain, &a->group[g]);
        fe_group_to_words(word, &plain);
        fe_group_turn(bytes, word);
        fe_group_store((void *const *)rows + FE_GROUP_LANES * g, bytes);
    }
}

#endif
