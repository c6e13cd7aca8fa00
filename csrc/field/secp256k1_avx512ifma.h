/* SPDX-License-Identifier: Apache-2.0 */
/* The field of secp256k1, p = 2^256 - 2^32 - 977, with AVX-512 IFMA, in groups of 8 lanes: five limbs of 52 bits in 64-bit
 * words. Interface: field.h; what it shares with other fields: five_limbs_avx512ifma.h.
 *
 * A value of magnitude m is sum of limb[i] 2^(52 i), limbs 0 .. 3 <= m (2^52 - 1), limb 4 <= m (2^48 + 2^12). The multiplier
 * takes the low 52 bits of a word as they are, so that a factor has to have magnitude 1, and carries run from limb 0 to limb
 * 4 in full: carried in parallel, a limb could end at 2^52. What stands above 2^256 is folded before that, so that the last
 * carry ends in limb 4, which has room for it. Encodings are big-endian.
 *
 * Limits, cycles of 8 lanes on Zen 4 (a multiply-add a cycle and another operation beside it):
 *             multiply-adds        others   reached, independent, gcc 12 / clang 14   in a chain   two chains side by side
 *   fe_mul    50, 12 of the fold   24       64 / 62                                   86           63
 *   fe_sqr    30, 12               33       50 / 48                                   66           48
 * Loops of as many operations of each kind that do not wait for each other do reach 62 and 42. Products nearly do here too;
 * squares have as many carries beside fewer products. It is not the order: of 120 in which a model of the pipes is full, two
 * squares side by side took 93 at best, 96 as gcc has them. As factors (their low bits not cut out) they take 92.
 * Tried and lost: products by rows, by columns and from the top, and squares by halves, all within 1; doubling by a shift, 0.5
 * to 1, as only two ports shift, one of which multiplies. Counted and left: the fold's 2^32 by shifts and 977 by a product of 64
 * bits, 5 multiply-adds less and 30 others more; mixed products as products of differences, 20 less and 80 more. */
#ifndef PA_FIELD_SECP256K1_AVX512IFMA_H
#define PA_FIELD_SECP256K1_AVX512IFMA_H

#include <stdint.h>

#define FE_BITS 256

#define FE_LOW_52 UINT64_C(0xfffffffffffff)
#define FE_LOW_48 UINT64_C(0xffffffffffff)
#define FE_FOLD_256 UINT64_C(0x1000003d1)  /* 2^256 mod p */
#define FE_FOLD_260 UINT64_C(0x1000003d10) /* 2^260 mod p */

#define FE_LIMB_MAX(magnitude, i)                                                                  \
    ((uint64_t)(magnitude) * ((i) < 4 ? FE_LOW_52 : FE_LOW_48 + 1 + (UINT64_C(1) << 12)))

/* Limbs 0 .. 3 of a factor may have anything above 52 bits, which is not theirs; limb 4 what fe_sub_norm leaves, 2 p and a
 * value of magnitude 1. */
#define FE_FACTOR_MAX(i) ((i) < 4 ? UINT64_MAX : 3 * (FE_LOW_48 + 1) + (UINT64_C(1) << 13))

/* k times 2^52 - FE_FOLD_256, 2^52 - 1 thrice, 2^48 - 1: at least (k - 1) times the bounds above for k < 2^17. */
#define FE_P_LIMB(i) ((i) == 0 ? FE_LOW_52 + 1 - FE_FOLD_256 : (i) < 4 ? FE_LOW_52 : FE_LOW_48)
#define FE_MULTIPLE(k, i) ((k) * FE_P_LIMB(i))

/* Ten columns of weight 2^(52 i), signed: of magnitude m, they are at most 16 m 2^52 in size, the last one 10 m
 * 2^44. Differences are just that, and lifted above 0 where they are carried. */
#define FE_RAW_COLUMNS 10
#define FE_HAS_FACTORS
#define FE_HAS_SCATTER_ANY
#define FE_RAW_MULTIPLE(m, i) 0

#include "five_limbs_avx512ifma.h"

/* By a shift, which takes none of the multiplier's ports. */
#define fe_word_double(a) fe_word_add(a, a)

/* Asserts the bounds of columns. */
FE_FN void fe_group_check_columns(const __m512i column[10], int magnitude)
{
#ifdef PA_DEBUG_BOUNDS
    for (int i = 0; i < 10; i++) {
        int64_t lanes[FE_GROUP_LANES];
        _mm512_storeu_si512(lanes, column[i]);
        for (int j = 0; j < FE_GROUP_LANES; j++) {
            const int64_t most = (int64_t)magnitude * (i < 9 ? 16 : 10) << (i < 9 ? 52 : 44);
            FE_ASSERT(lanes[j] <= most && lanes[j] >= -most);
        }
    }
#endif
    (void)column;
    (void)magnitude;
}

/* r = words, limb by limb, of which none is negative; limbs 0 .. 3 below 2^62, what is above 2^256 folded but for the carry
 * out of limb 3, below 2^10. */
FE_INLINE void fe_group_carry_up(fe_group *r, const __m512i word[5])
{
    const __m512i low = fe_word_all(FE_LOW_52);
    __m512i sum = word[0];
    FE_UNROLL for (int i = 0; i < 4; i++)
    {
        r->limb[i] = fe_word_and(sum, low);
        sum = fe_word_add(word[i + 1], fe_word_shr(sum, 52));
    }
    r->limb[4] = sum;
}

/* r = words, each below 2^62: what is above 2^256 is below 2^14, so its multiple of FE_FOLD_256 below 2^47. */
FE_INLINE void fe_group_carry(fe_group *r, const __m512i word[5])
{
    const __m512i over = fe_word_shr(word[4], 48);
    const __m512i t[5] = {_mm512_madd52lo_epu64(word[0], over, fe_word_all(FE_FOLD_256)), word[1],
                          word[2], word[3], fe_word_and(word[4], fe_word_all(FE_LOW_48))};
    fe_group_carry_up(r, t);
}

/* Low and high halves of products where they stand: at most five of either in a column, below 10 2^52 together; the last one
 * has one high half, below 10 2^44. */
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

/* r = k times the columns.
 * Columns 5 .. 9, h 2^260 in all, are carried upwards, which leaves their low 52 bits as factors, and come back as h k
 * FE_FOLD_260. Column 9 is below 2^52 then, so what that leaves in column 5 below 2^38, and with what column 4 has above
 * 2^256, all that is to be folded once more, below 2^43. Columns 0 .. 3 let go less than 2^11 each, so that limb 4 ends below
 * 2^48 + 2^11.
 * Columns of differences may be negative: shifts keep signs, and 2^519 and 2^268, less what they are modulo p, are added, and
 * 2^216 moved from column 4 to column 3, so that none of columns 9, 4 and 3 is below 0 where it matters. Columns 0 .. 2 may:
 * their low 52 bits and what is left above those are a number's in twos complement. */
#define FE_LIFT_FOLD (8 * (FE_FOLD_256 * 0x3d10 + (FE_FOLD_256 << 36 & FE_LOW_52)))
FE_INLINE void fe_group_fold(fe_group *r, const __m512i column[10], unsigned int k, int lift,
                             int factor)
{
    const __m512i fold = fe_word_all(k * FE_FOLD_260), fold_256 = fe_word_all(FE_FOLD_256);
    const __m512i low = fe_word_all(FE_LOW_52);
    __m512i c[10], over = _mm512_setzero_si512();
    FE_UNROLL for (int i = 0; i < 10; i++)
    {
        c[i] = i < 5 ? fe_word_times(column[i], k) : column[i];
    }
    if (lift) {
        /* 2^519 = 8 FE_FOLD_260 FE_FOLD_256 mod p */
        c[9] = fe_word_add(c[9], fe_word_all(UINT64_C(1) << 51));
        c[4] = fe_word_add(c[4], fe_word_all((UINT64_C(1) << 60) - (UINT64_C(1) << 8)));
        c[3] = fe_word_add(c[3], fe_word_all(UINT64_C(1) << 60));
        c[1] = fe_word_sub(c[1], fe_word_all(8 * k * (FE_FOLD_256 >> 16)));
        c[0] = fe_word_sub(c[0], fe_word_all(k * FE_LIFT_FOLD + (FE_FOLD_256 << 12)));
    }
    FE_UNROLL for (int i = 5; i < 9; i++)
    {
        c[i + 1] =
            fe_word_add(c[i + 1], lift ? _mm512_srai_epi64(c[i], 52) : fe_word_shr(c[i], 52));
    }
    over = _mm512_madd52hi_epu64(over, c[9], fold);
    c[4] = _mm512_madd52lo_epu64(c[4], c[9], fold);
    FE_UNROLL for (int i = 3; i >= 0; i--)
    {
        c[i + 1] = _mm512_madd52hi_epu64(c[i + 1], c[i + 5], fold);
        c[i] = _mm512_madd52lo_epu64(c[i], c[i + 5], fold);
    }
    over = fe_word_add(fe_word_shl(over, 4), fe_word_shr(c[4], 48));
    c[4] = fe_word_and(c[4], fe_word_all(FE_LOW_48));
    c[0] = _mm512_madd52lo_epu64(c[0], over, fold_256);
    c[1] = _mm512_madd52hi_epu64(c[1], over, fold_256);
    FE_UNROLL for (int i = 0; i < 4; i++)
    {
        r->limb[i] = factor ? c[i] : fe_word_and(c[i], low);
        c[i + 1] =
            fe_word_add(c[i + 1], lift ? _mm512_srai_epi64(c[i], 52) : fe_word_shr(c[i], 52));
    }
    r->limb[4] = c[4];
}

FE_INLINE void fe_group_carry_columns(fe_group *r, const __m512i column[10], int m, unsigned int k,
                                      int factor)
{
    FE_ASSERT(k >= 1 && k <= 4 && m * (int)k <= 8);
    fe_group_check_columns(column, m);
    fe_group_fold(r, column, k, 1, factor);
}

FE_INLINE void fe_group_reduce(fe_group *r, const __m512i column[10], int m)
{
    fe_group_carry_columns(r, column, m, 1, 1);
}

FE_INLINE void fe_group_mul_times(fe_group *r, const fe_group *a, const fe_group *b, unsigned int k,
                                  int factor)
{
    __m512i column[10];
    FE_ASSERT(k >= 1 && k <= 4);
    fe_group_mul_columns(column, a, b);
    fe_group_check_columns(column, 1);
    fe_group_fold(r, column, k, 0, factor);
}

FE_INLINE void fe_group_sqr_times(fe_group *r, const fe_group *a, unsigned int k, int factor)
{
    __m512i column[10];
    FE_ASSERT(k >= 1 && k <= 4);
    fe_group_sqr_columns(column, a);
    fe_group_check_columns(column, 1);
    fe_group_fold(r, column, k, 0, factor);
}

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

FE_INLINE void fe_mul_times(fe *r, const fe *a, const fe *b, unsigned int k)
{
    fe_check_factor(a);
    fe_check_factor(b);
    FE_EACH_GROUP
    {
        fe_group_mul_times(&r->group[g], &a->group[g], &b->group[g], k, 0);
    }
    fe_check(r, 1);
}

FE_INLINE void fe_sqr_times(fe *r, const fe *a, unsigned int k)
{
    fe_check_factor(a);
    FE_EACH_GROUP
    {
        fe_group_sqr_times(&r->group[g], &a->group[g], k, 0);
    }
    fe_check(r, 1);
}

FE_INLINE void fe_raw_carry(fe *r, const fe_raw *a, int m, unsigned int k)
{
    FE_EACH_GROUP
    {
        fe_group_carry_columns(&r->group[g], a->column[g], m, k, 0);
    }
    fe_check(r, 1);
}

/* Factors: their low 52 bits are not cut out, as the multiplier does that. */
FE_INLINE void fe_mul_factor(fe *r, const fe *a, const fe *b, unsigned int k)
{
    fe_check_factor(a);
    fe_check_factor(b);
    FE_EACH_GROUP
    {
        fe_group_mul_times(&r->group[g], &a->group[g], &b->group[g], k, 1);
    }
    fe_check_factor(r);
}

FE_INLINE void fe_sqr_factor(fe *r, const fe *a, unsigned int k)
{
    fe_check_factor(a);
    FE_EACH_GROUP
    {
        fe_group_sqr_times(&r->group[g], &a->group[g], k, 1);
    }
    fe_check_factor(r);
}

FE_INLINE void fe_raw_factor(fe *r, const fe_raw *a, int m, unsigned int k)
{
    FE_EACH_GROUP
    {
        fe_group_carry_columns(&r->group[g], a->column[g], m, k, 1);
    }
    fe_check_factor(r);
}

FE_INLINE void fe_settle(fe *r, const fe *a)
{
    FE_EACH_GROUP
    {
        FE_EACH_LIMB
        {
            r->group[g].limb[i] = i < 4 ? fe_word_and(a->group[g].limb[i], fe_word_all(FE_LOW_52))
                                        : a->group[g].limb[i];
        }
    }
    fe_check(r, 1);
}

/* a - b, lifted by 2 p, signs kept on the way; not folded: limb 4 ends below FE_FACTOR_MAX(4). */
FE_INLINE void fe_sub_norm(fe *r, const fe *a, const fe *b)
{
    fe_check(a, 1);
    fe_check(b, 1);
    FE_EACH_GROUP
    {
        __m512i sum = fe_word_all(0 - 2 * FE_FOLD_256);
        FE_EACH_LIMB
        {
            sum = fe_word_add(sum, fe_word_sub(a->group[g].limb[i], b->group[g].limb[i]));
            r->group[g].limb[i] = sum;
            sum = i < 3 ? _mm512_srai_epi64(sum, 52)
                        : fe_word_add(_mm512_srai_epi64(sum, 52), fe_word_all(FE_LOW_48 * 2 + 2));
        }
    }
    fe_check_factor(r);
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

/* Once carried, a < 2^256 + 2^221 < 2 p, so it is a or a - p; a >= p exactly when a + FE_FOLD_256 reaches 2^256. */
FE_FN void fe_group_canonical(__m512i limb[5], const fe_group *a)
{
    const __m512i low = fe_word_all(FE_LOW_52);
    fe_group t, raised;
    fe_group_check(a, FE_MAX_MAG);
    fe_group_carry(&t, a->limb);
    raised = t;
    raised.limb[0] = fe_word_add(t.limb[0], fe_word_all(FE_FOLD_256));
    fe_group_carry_up(&raised, raised.limb);
    const __m512i over = fe_word_shr(raised.limb[4], 48);
    __m512i carry = _mm512_madd52lo_epu64(_mm512_setzero_si512(), over, fe_word_all(FE_FOLD_256));
    FE_EACH_LIMB
    {
        carry = fe_word_add(t.limb[i], carry);
        limb[i] = fe_word_and(carry, i < 4 ? low : fe_word_all(FE_LOW_48));
        carry = fe_word_shr(carry, 52);
    }
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

/* Of magnitude 1, a number of 2^256 or more is below 2^256 + 2^221, so that nothing is carried past limb 4 once that is folded. */
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
    const __m512i middle = fe_word_and(fe_word_and(t.limb[1], t.limb[2]), t.limb[3]);
    const __m512i any = fe_word_or(fe_word_or(fe_word_or(t.limb[0], t.limb[1]), t.limb[4]),
                                   fe_word_or(t.limb[2], t.limb[3]));
    const __m512i other = fe_word_or(fe_word_or(fe_word_xor(t.limb[0], fe_word_all(FE_P_LIMB(0))),
                                                fe_word_xor(middle, fe_word_all(FE_LOW_52))),
                                     fe_word_xor(t.limb[4], fe_word_all(FE_LOW_48)));
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

/* a + 33 p - b, carried once. */
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

FE_FN void fe_from_rows(fe *r, const unsigned char *const rows[LANES], mask *ok)
{
    const __m512i ones = fe_word_all(UINT64_MAX);
    *ok = 0;
    FE_EACH_GROUP
    {
        __m512i bytes[4], word[4];
        fe_group_load(bytes, (const void *const *)rows + FE_GROUP_LANES * g);
        fe_group_turn(word, bytes);
        /* p itself has 2^64 - FE_FOLD_256 and then only ones. */
        const unsigned int high =
            _mm512_cmpeq_epi64_mask(fe_word_and(fe_word_and(word[1], word[2]), word[3]), ones);
        const unsigned int below = _mm512_cmplt_epu64_mask(word[0], fe_word_all(0 - FE_FOLD_256));
        *ok |= mask_of_group((__mmask8)(~high | below), g);
        fe_group_from_words(&r->group[g], word);
    }
}

FE_FN void fe_to_rows(unsigned char *const rows[LANES], const fe *a)
{
    FE_EACH_GROUP
    {
        __m512i bytes[4], word[4];
        fe_group_to_words(word, &a->group[g]);
        fe_group_turn(bytes, word);
        fe_group_store((void *const *)rows + FE_GROUP_LANES * g, bytes);
    }
}

#include "secp256k1_chains.h"

#endif
