/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic modulo p = 2^255 - 19 with AVX-512 IFMA, in groups of 8 lanes: five limbs of 51 bits
 * in 64-bit words. Interface: field.h. FE_GROUPS groups, 1 where the includer does not say, are
 * LANES = 8 FE_GROUPS lanes; two of them fill the pipes in chains of squarings, where one waits
 * for its own results.
 *
 * A value of magnitude m is sum of limb[i] 2^(51 i) with every limb <= m (2^51 + 2^17). The
 * multiplier takes the low 52 bits of a word, so that factors have magnitude 1. Encodings are
 * little-endian. */
#ifndef PA_FE25519_AVX512IFMA_H
#define PA_FE25519_AVX512IFMA_H

#include <immintrin.h>

#define FE_HAS_RAW
#include "field.h"
#include "row.h"

#ifndef FE_GROUPS
#define FE_GROUPS 1
#endif
#define FE_GROUP_LANES 8
#define FE_LANE_WORDS 5
#define LANES (FE_GROUP_LANES * FE_GROUPS)
#define FE_BYTES 32
#define FE_BITS 255
#define FE_MUL_MAG 1
#define FE_MAX_MAG 32

#define FE_LIMB_MASK ((UINT64_C(1) << 51) - 1)
#define FE_LIMB_BOUND ((UINT64_C(1) << 51) + (UINT64_C(1) << 17))

#define FE_EACH_LIMB FE_UNROLL for (int i = 0; i < 5; i++)
#define FE_EACH_GROUP FE_UNROLL for (int g = 0; g < FE_GROUPS; g++)
#ifdef PA_EMULATION_YMM_PAIRS_H
#define FE_INLINE static inline
#else
#define FE_INLINE static inline __attribute__((always_inline))
#endif

/* Eight elements. */
typedef struct {
    __m512i limb[5];
} fe_group;
typedef struct {
    fe_group group[FE_GROUPS];
} fe;
/* Columns that are not carried; magnitude m: each is at most m 2^59. */
typedef struct {
    __m512i column[FE_GROUPS][5];
} fe_raw;
typedef unsigned int mask;     /* bit i: lane i */
typedef unsigned int fe_state; /* the control word of floating point */

typedef __m512i fe_word;
typedef __m512i fe_factor;

#define FE_HAS_WORDS
#define fe_word_add _mm512_add_epi64
#define fe_word_sub _mm512_sub_epi64
#define fe_word_shr _mm512_srli_epi64
#define fe_word_shl _mm512_slli_epi64
#define fe_word_and _mm512_and_si512
#define fe_word_or _mm512_or_si512
#define fe_word_xor _mm512_xor_si512
#define fe_word_add_low _mm512_madd52lo_epu64
#define fe_word_add_high _mm512_madd52hi_epu64
#define fe_words_load fe_group_load
#define fe_words_store fe_group_store

/* The multiplier takes a word's low 52 bits as they are. */
#define fe_factor_of(a) (a)
#define fe_factor_all fe_word_all

/* By a shift, which takes none of the multiplier's ports. */
#define fe_word_double(a) fe_word_shl(a, 1)

/* k in every lane. */
FE_INLINE __m512i fe_word_all(uint64_t k)
{
    return _mm512_set1_epi64((long long)k);
}

/* The field itself has no use for doubles, but what goes with it in lanes (ed25519_halves_lanes.h):
 * they are rounded to nearest, trap nothing, and leave no flags behind. */
FE_FN fe_state fe_begin(void)
{
    const fe_state before = _mm_getcsr();
    _mm_setcsr(0x1f80);
    return before;
}

FE_FN void fe_end(fe_state state)
{
    _mm_setcsr(state);
}

/* ---- masks ---------------------------------------------------------------------------------- */

FE_FN mask mask_from_bits(unsigned int bits)
{
    return bits & ((1u << LANES) - 1u);
}

FE_FN mask mask_and(mask a, mask b)
{
    return a & b;
}

FE_FN mask mask_or(mask a, mask b)
{
    return a | b;
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

FE_FN __mmask8 mask_group(mask m, int g)
{
    return (__mmask8)(m >> (FE_GROUP_LANES * g));
}

FE_FN mask mask_of_group(__mmask8 m, int g)
{
    return (mask)m << (FE_GROUP_LANES * g);
}

FE_FN mask mask_row_bit(const unsigned char *const rows[LANES], int byte, int bit)
{
    mask m = 0;
    for (int i = 0; i < LANES; i++) {
        m |= ((mask)rows[i][byte] >> bit & 1u) << i;
    }
    return m;
}

/* ---- one group ------------------------------------------------------------------------------ */

/* Asserts the bounds of a magnitude. */
FE_FN void fe_group_check(const fe_group *a, int magnitude)
{
#ifdef PA_DEBUG_BOUNDS
    for (int i = 0; i < 5; i++) {
        uint64_t lanes[FE_GROUP_LANES];
        _mm512_storeu_si512(lanes, a->limb[i]);
        for (int j = 0; j < FE_GROUP_LANES; j++) {
            FE_ASSERT(lanes[j] <= (uint64_t)magnitude * FE_LIMB_BOUND);
        }
    }
#endif
    (void)a;
    (void)magnitude;
}

/* The same of columns, which never have bit 63. */
FE_FN void fe_group_check_columns(const __m512i column[5], int magnitude)
{
#ifdef PA_DEBUG_BOUNDS
    for (int i = 0; i < 5; i++) {
        uint64_t lanes[FE_GROUP_LANES];
        _mm512_storeu_si512(lanes, column[i]);
        for (int j = 0; j < FE_GROUP_LANES; j++) {
            FE_ASSERT(lanes[j] <= (uint64_t)magnitude << 59);
        }
    }
#endif
    (void)column;
    (void)magnitude;
}

/* 19 a modulo 2^64, one instruction: the compiler, which would make four of it where it knows the
 * factor, does not. Those four cost more, as additions wait for the ports of the multiplier. */
FE_INLINE __m512i fe_word_19(__m512i a)
{
    __m512i factor = fe_word_all(19);
#ifndef PA_EMULATION_YMM_PAIRS_H
    __asm__("" : "+v"(factor));
#endif
    return _mm512_mullo_epi64(a, factor);
}

/* r = words, each below 2^63, carried at once: carries are below 2^12, and 19 times that of the
 * last below 2^17. */
FE_INLINE void fe_group_carry(fe_group *r, const __m512i word[5])
{
    const __m512i low = fe_word_all(FE_LIMB_MASK);
    __m512i carry[5];
    FE_EACH_LIMB
    {
        carry[i] = fe_word_shr(word[i], 51);
        r->limb[i] = fe_word_and(word[i], low);
    }
    r->limb[0] = _mm512_madd52lo_epu64(r->limb[0], carry[4], fe_word_all(19));
    FE_UNROLL for (int i = 1; i < 5; i++)
    {
        r->limb[i] = fe_word_add(r->limb[i], carry[i - 1]);
    }
}

/* word = a b in five columns; low halves of products (52 bits) count where they stand, high halves
 * twice in the column above, columns from 5 on 19 times in those from 0 on. Low halves are below
 * 2^52, high ones below 2^50 + 2^18: columns stay below 126 2^52. */
FE_INLINE void fe_group_mul_columns(__m512i word[5], const fe_group *a, const fe_group *b)
{
    const __m512i *x = a->limb, *y = b->limb;
    FE_UNROLL for (int k = 0; k < 5; k++)
    {
        __m512i low = _mm512_setzero_si512(), high = low, upper_low = low, upper_high = low;
        FE_EACH_LIMB
        {
            if (k + 4 - i < 5) {
                upper_high = _mm512_madd52hi_epu64(upper_high, x[i], y[k + 4 - i]);
            }
            if (k - 1 - i >= 0) {
                high = _mm512_madd52hi_epu64(high, x[i], y[k - 1 - i]);
            }
        }
        FE_EACH_LIMB
        {
            if (k + 5 - i < 5) {
                upper_low = _mm512_madd52lo_epu64(upper_low, x[i], y[k + 5 - i]);
            }
            if (k - i >= 0) {
                low = _mm512_madd52lo_epu64(low, x[i], y[k - i]);
            }
        }
        upper_low = fe_word_add(upper_low, fe_word_double(upper_high));
        low = k > 0 ? fe_word_add(low, fe_word_double(high)) : low;
        word[k] = fe_word_add(low, fe_word_19(upper_low));
    }
}

/* The same for b = a: mixed products once, their column then doubled. */
FE_INLINE void fe_group_sqr_columns(__m512i word[5], const fe_group *a)
{
    const __m512i *x = a->limb;
    __m512i column[10];
    FE_UNROLL for (int k = 0; k < 10; k++)
    {
        column[k] = _mm512_setzero_si512();
    }
    FE_EACH_LIMB
    {
        FE_UNROLL for (int j = i + 1; j < 5; j++)
        {
            column[i + j + 1] = _mm512_madd52hi_epu64(column[i + j + 1], x[i], x[j]);
        }
    }
    FE_UNROLL for (int k = 2; k < 9; k++)
    {
        column[k] = fe_word_double(column[k]);
    }
    FE_EACH_LIMB
    {
        column[2 * i + 1] = _mm512_madd52hi_epu64(column[2 * i + 1], x[i], x[i]);
    }
    FE_EACH_LIMB
    {
        FE_UNROLL for (int j = i + 1; j < 5; j++)
        {
            column[i + j] = _mm512_madd52lo_epu64(column[i + j], x[i], x[j]);
        }
    }
    FE_UNROLL for (int k = 1; k < 10; k++)
    {
        column[k] = fe_word_double(column[k]);
    }
    FE_EACH_LIMB
    {
        column[2 * i] = _mm512_madd52lo_epu64(column[2 * i], x[i], x[i]);
    }
    FE_EACH_LIMB
    {
        word[i] = fe_word_add(column[i], fe_word_19(column[i + 5]));
    }
}

FE_INLINE void fe_group_mul(fe_group *r, const fe_group *a, const fe_group *b)
{
    __m512i word[5];
    fe_group_check(a, FE_MUL_MAG);
    fe_group_check(b, FE_MUL_MAG);
    fe_group_mul_columns(word, a, b);
    fe_group_carry(r, word);
    fe_group_check(r, 1);
}

FE_INLINE void fe_group_sqr(fe_group *r, const fe_group *a)
{
    __m512i word[5];
    fe_group_check(a, FE_MUL_MAG);
    fe_group_sqr_columns(word, a);
    fe_group_carry(r, word);
    fe_group_check(r, 1);
}

/* Any number below 2^256 in four words; bit 255 counts 19. */
FE_INLINE void fe_group_from_words(fe_group *r, const __m512i word[4])
{
    const __m512i low = fe_word_all(FE_LIMB_MASK);
    r->limb[0] =
        _mm512_madd52lo_epu64(fe_word_and(word[0], low), fe_word_shr(word[3], 63), fe_word_all(19));
    r->limb[1] = fe_word_and(_mm512_shrdi_epi64(word[0], word[1], 51), low);
    r->limb[2] = fe_word_and(_mm512_shrdi_epi64(word[1], word[2], 38), low);
    r->limb[3] = fe_word_and(_mm512_shrdi_epi64(word[2], word[3], 25), low);
    r->limb[4] = fe_word_and(fe_word_shr(word[3], 12), low);
}

/* limb = a in [0, p), any magnitude. */
FE_FN void fe_group_canonical(__m512i limb[5], const fe_group *a)
{
    const __m512i low = fe_word_all(FE_LIMB_MASK);
    fe_group t;
    fe_group_check(a, FE_MAX_MAG);
    fe_group_carry(&t, a->limb);
    fe_group_carry(&t, t.limb);
    /* Now t < 2^255 + 2^205 < 2 p, so it is t or t - p; t >= p exactly when t + 19 reaches
     * 2^255. */
    __m512i carry = fe_word_all(19);
    FE_EACH_LIMB
    {
        carry = fe_word_shr(fe_word_add(t.limb[i], carry), 51);
    }
    carry = fe_word_19(carry);
    FE_EACH_LIMB
    {
        carry = fe_word_add(t.limb[i], carry);
        limb[i] = fe_word_and(carry, low);
        carry = fe_word_shr(carry, 51);
    }
}

FE_FN void fe_group_to_words(__m512i word[4], const fe_group *a)
{
    __m512i limb[5];
    fe_group_canonical(limb, a);
    word[0] = _mm512_or_si512(limb[0], fe_word_shl(limb[1], 51));
    word[1] = _mm512_or_si512(fe_word_shr(limb[1], 13), fe_word_shl(limb[2], 38));
    word[2] = _mm512_or_si512(fe_word_shr(limb[2], 26), fe_word_shl(limb[3], 25));
    word[3] = _mm512_or_si512(fe_word_shr(limb[3], 39), fe_word_shl(limb[4], 12));
}

/* word[j] = word j of the 32 bytes at every one of 8 places: loads of half vectors, four rows
 * interleaved in each half, then halves. The order of the loads is that in which lanes end. */
FE_INLINE void fe_group_load(__m512i word[4], const void *const rows[FE_GROUP_LANES])
{
    __m512i pair[4];
    FE_UNROLL for (int i = 0; i < 4; i++)
    {
        const int first = i / 2 * 4 + i % 2;
        pair[i] = _mm512_inserti64x4(
            _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)rows[first])),
            _mm256_loadu_si256((const __m256i *)rows[first + 2]), 1);
    }
    const __m512i even = _mm512_unpacklo_epi64(pair[0], pair[1]);
    const __m512i odd = _mm512_unpackhi_epi64(pair[0], pair[1]);
    const __m512i even_too = _mm512_unpacklo_epi64(pair[2], pair[3]);
    const __m512i odd_too = _mm512_unpackhi_epi64(pair[2], pair[3]);
    word[0] = _mm512_shuffle_i32x4(even, even_too, 0x88);
    word[1] = _mm512_shuffle_i32x4(odd, odd_too, 0x88);
    word[2] = _mm512_shuffle_i32x4(even, even_too, 0xdd);
    word[3] = _mm512_shuffle_i32x4(odd, odd_too, 0xdd);
}

/* The inverse. */
FE_INLINE void fe_group_store(void *const rows[FE_GROUP_LANES], const __m512i word[4])
{
    const __m512i first = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0);
    const __m512i second = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
    FE_UNROLL for (int odd = 0; odd < 2; odd++)
    {
        const __m512i a =
            odd ? _mm512_unpackhi_epi64(word[0], word[1]) : _mm512_unpacklo_epi64(word[0], word[1]);
        const __m512i b =
            odd ? _mm512_unpackhi_epi64(word[2], word[3]) : _mm512_unpacklo_epi64(word[2], word[3]);
        const __m512i low = _mm512_permutex2var_epi64(a, first, b);
        const __m512i high = _mm512_permutex2var_epi64(a, second, b);
        _mm256_storeu_si256((__m256i *)rows[odd], _mm512_castsi512_si256(low));
        _mm256_storeu_si256((__m256i *)rows[odd + 2], _mm512_extracti64x4_epi64(low, 1));
        _mm256_storeu_si256((__m256i *)rows[odd + 4], _mm512_castsi512_si256(high));
        _mm256_storeu_si256((__m256i *)rows[odd + 6], _mm512_extracti64x4_epi64(high, 1));
    }
}

/* ---- all groups ----------------------------------------------------------------------------- */

FE_FN void fe_check(const fe *a, int magnitude)
{
    FE_EACH_GROUP
    {
        fe_group_check(&a->group[g], magnitude);
    }
}

FE_FN void fe_set_int(fe *r, unsigned int k)
{
    FE_EACH_GROUP
    {
        FE_EACH_LIMB
        {
            r->group[g].limb[i] = fe_word_all(i == 0 ? k : 0);
        }
    }
}

FE_FN void fe_set_words(fe *r, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3)
{
    const __m512i word[4] = {fe_word_all(w0), fe_word_all(w1), fe_word_all(w2), fe_word_all(w3)};
    FE_EACH_GROUP
    {
        fe_group_from_words(&r->group[g], word);
    }
}

FE_INLINE void fe_add(fe *r, const fe *a, const fe *b)
{
    FE_EACH_GROUP
    {
        FE_EACH_LIMB
        {
            r->group[g].limb[i] = fe_word_add(a->group[g].limb[i], b->group[g].limb[i]);
        }
    }
    fe_check(r, FE_MAX_MAG);
}

/* r = a + (m + 1) p - b limb by limb; no limb of (m + 1) p is below m (2^51 + 2^17) for m <
 * FE_MAX_MAG. */
FE_INLINE void fe_sub(fe *r, const fe *a, const fe *b, int m)
{
    fe_check(b, m);
    FE_EACH_GROUP
    {
        FE_EACH_LIMB
        {
            const __m512i multiple =
                fe_word_all(((uint64_t)m + 1) * (FE_LIMB_MASK - (i == 0 ? 18 : 0)));
            r->group[g].limb[i] =
                fe_word_sub(fe_word_add(a->group[g].limb[i], multiple), b->group[g].limb[i]);
        }
    }
    fe_check(r, FE_MAX_MAG);
}

FE_INLINE void fe_neg(fe *r, const fe *a, int m)
{
    fe zero;
    fe_set_int(&zero, 0);
    fe_sub(r, &zero, a, m);
}

FE_INLINE void fe_mul_small(fe *r, const fe *a, unsigned int k)
{
    FE_ASSERT(k >= 1 && k <= FE_MAX_MAG);
    fe_check(a, FE_MAX_MAG / (int)k);
    FE_EACH_GROUP
    {
        FE_EACH_LIMB
        {
            r->group[g].limb[i] = _mm512_mullo_epi64(a->group[g].limb[i], fe_word_all(k));
        }
    }
}

FE_INLINE void fe_carry(fe *r, const fe *a)
{
    fe_check(a, FE_MAX_MAG);
    FE_EACH_GROUP
    {
        fe_group_carry(&r->group[g], a->group[g].limb);
    }
    fe_check(r, 1);
}

/* Limits, cycles of 8 lanes on Zen 5 (two ports multiply, 52-bit or 64-bit, four add, of which two shift), gcc 12:
 *                floor                                    reached, independent   in a chain   two chains side by side
 *   fe_mul       28: 50 multiply-adds, 6 other products         30.5                 54             31
 *   fe_sqr       18: 30 and 6; and 71 operations of all         23.5                 36             24
 * What stands between: additions that are sent to the multiplier's ports, where its own operations then wait; 3.0 to 3.3
 * operations a cycle are what any order of them reached, 4 in loops without carries. clang 14: 29.8 and 22. Not latency: four
 * streams are no quicker than two. In doublings and additions of points 0.75 to 0.8 of the floor is reached.
 * Tried and lost: 19 times by shifts and additions, three operations more for one product less, 36 and 26; rows of products
 * in place of columns, 33; low halves added onto the doubled high ones, one addition less a column but chains twice as long,
 * 32 and 64 in a chain; every operation in its place by hand, 30.7; doubling by an addition, 0.5 to 1; -fschedule-insns,
 * -fno-schedule-insns2 and -fno-tree-ter, within 0.5; always inlined, nothing: calls and memory hide behind the products.
 * Squares by rows and products by columns: each loses the other way round. */
FE_FN void fe_mul(fe *r, const fe *a, const fe *b)
{
    FE_EACH_GROUP
    {
        fe_group_mul(&r->group[g], &a->group[g], &b->group[g]);
    }
}

FE_FN void fe_sqr(fe *r, const fe *a)
{
    FE_EACH_GROUP
    {
        fe_group_sqr(&r->group[g], &a->group[g]);
    }
}

FE_FN void fe_sqr_n(fe *r, const fe *a, int n)
{
    fe t = *a;
    FE_ASSERT(n >= 1);
    for (int i = 0; i < n; i++) {
        FE_EACH_GROUP
        {
            fe_group_sqr(&t.group[g], &t.group[g]);
        }
    }
    *r = t;
}

/* ---- products before their carries ---------------------------------------------------------- */

FE_INLINE void fe_raw_mul(fe_raw *r, const fe *a, const fe *b)
{
    fe_check(a, FE_MUL_MAG);
    fe_check(b, FE_MUL_MAG);
    FE_EACH_GROUP
    {
        fe_group_mul_columns(r->column[g], &a->group[g], &b->group[g]);
    }
}

FE_INLINE void fe_raw_sqr(fe_raw *r, const fe *a)
{
    fe_check(a, FE_MUL_MAG);
    FE_EACH_GROUP
    {
        fe_group_sqr_columns(r->column[g], &a->group[g]);
    }
}

FE_INLINE void fe_raw_from(fe_raw *r, const fe *a)
{
    FE_EACH_GROUP
    {
        FE_EACH_LIMB
        {
            r->column[g][i] = a->group[g].limb[i];
        }
    }
}

FE_INLINE void fe_raw_add(fe_raw *r, const fe_raw *a, const fe_raw *b)
{
    FE_EACH_GROUP
    {
        FE_EACH_LIMB
        {
            r->column[g][i] = fe_word_add(a->column[g][i], b->column[g][i]);
        }
    }
}

/* r = a + 256 m p - b: 256 (2^51 - 19) is above what a product has in a column, and below 2^59. */
FE_INLINE void fe_raw_sub(fe_raw *r, const fe_raw *a, const fe_raw *b, int m)
{
    FE_EACH_GROUP
    {
        FE_EACH_LIMB
        {
            const __m512i multiple =
                fe_word_all(256 * (uint64_t)m * (FE_LIMB_MASK - (i == 0 ? 18 : 0)));
            r->column[g][i] = fe_word_sub(fe_word_add(a->column[g][i], multiple), b->column[g][i]);
        }
    }
}

FE_INLINE void fe_reduce(fe *r, const fe_raw *a, int m)
{
    FE_EACH_GROUP
    {
        fe_group_check_columns(a->column[g], m);
        fe_group_carry(&r->group[g], a->column[g]);
    }
    fe_check(r, 1);
}

/* ---- questions, memory ---------------------------------------------------------------------- */

FE_FN mask fe_is_zero(const fe *a)
{
    mask m = 0;
    FE_EACH_GROUP
    {
        __m512i limb[5];
        fe_group_canonical(limb, &a->group[g]);
        const __m512i any = _mm512_or_si512(
            _mm512_or_si512(_mm512_or_si512(limb[0], limb[1]), _mm512_or_si512(limb[2], limb[3])),
            limb[4]);
        m |= mask_of_group(_mm512_cmpeq_epi64_mask(any, _mm512_setzero_si512()), g);
    }
    return m;
}

FE_FN mask fe_is_odd(const fe *a)
{
    mask m = 0;
    FE_EACH_GROUP
    {
        __m512i limb[5];
        fe_group_canonical(limb, &a->group[g]);
        m |= mask_of_group(_mm512_test_epi64_mask(limb[0], fe_word_all(1)), g);
    }
    return m;
}

FE_FN mask fe_equal(const fe *a, const fe *b)
{
    fe x, y;
    fe_carry(&x, a);
    fe_carry(&y, b);
    fe_sub(&x, &x, &y, 1);
    return fe_is_zero(&x);
}

FE_INLINE void fe_select(fe *r, mask m, const fe *a, const fe *b)
{
    FE_EACH_GROUP
    {
        FE_EACH_LIMB
        {
            r->group[g].limb[i] =
                _mm512_mask_blend_epi64(mask_group(m, g), b->group[g].limb[i], a->group[g].limb[i]);
        }
    }
}

FE_FN void fe_from_rows(fe *r, const unsigned char *const rows[LANES], mask *ok)
{
    const __m512i ones = fe_word_all(UINT64_MAX), top = fe_word_all(INT64_MAX);
    *ok = 0;
    FE_EACH_GROUP
    {
        __m512i word[4];
        fe_group_load(word, (const void *const *)rows + FE_GROUP_LANES * g);
        word[3] = fe_word_and(word[3], top);
        /* p itself has 2^64 - 19 and then only ones. */
        const unsigned int high = _mm512_cmpeq_epi64_mask(word[3], top) &
                                  _mm512_cmpeq_epi64_mask(fe_word_and(word[1], word[2]), ones);
        const unsigned int below = _mm512_cmplt_epu64_mask(word[0], fe_word_all(UINT64_MAX - 18));
        *ok |= mask_of_group((__mmask8)(~high | below), g);
        fe_group_from_words(&r->group[g], word);
    }
}

FE_FN void fe_to_rows(unsigned char *const rows[LANES], const fe *a)
{
    FE_EACH_GROUP
    {
        __m512i word[4];
        fe_group_to_words(word, &a->group[g]);
        fe_group_store((void *const *)rows + FE_GROUP_LANES * g, word);
    }
}

FE_FN void fe_gather(fe *r, const row *const rows[LANES])
{
    FE_EACH_GROUP
    {
        __m512i word[4];
        fe_group_load(word, (const void *const *)rows + FE_GROUP_LANES * g);
        fe_group_from_words(&r->group[g], word);
    }
}

FE_FN void fe_scatter(row *const rows[LANES], const fe *a)
{
    fe_to_rows((unsigned char *const *)rows, a);
}

FE_INLINE void fe_spread(fe *r, const fe *a, int i)
{
    const __m512i from = _mm512_set_epi64(4 + i, 4 + i, 4 + i, 4 + i, i, i, i, i);
    FE_EACH_GROUP
    {
        FE_UNROLL for (int k = 0; k < 5; k++)
        {
            r->group[g].limb[k] = _mm512_permutexvar_epi64(from, a->group[g].limb[k]);
        }
    }
}

FE_INLINE void fe_broadcast(fe *r, const uint64_t *words)
{
    FE_EACH_GROUP
    {
        FE_EACH_LIMB
        {
            r->group[g].limb[i] = fe_word_all(words[i]);
        }
    }
}

/* The 20 limbs of a lane are five times what fe_group_load reads. 40 shuffles, two a cycle. */
FE_INLINE void fe_load_four(fe *a, fe *b, fe *c, fe *d, const uint64_t *const from[LANES])
{
    fe *const to[4] = {a, b, c, d};
    FE_EACH_GROUP
    {
        FE_UNROLL for (int k = 0; k < 5; k++)
        {
            const void *rows[FE_GROUP_LANES];
            __m512i word[4];
            FE_UNROLL for (int i = 0; i < FE_GROUP_LANES; i++)
            {
                rows[i] = from[FE_GROUP_LANES * g + i] + 4 * k;
            }
            fe_group_load(word, rows);
            FE_UNROLL for (int i = 0; i < 4; i++)
            {
                to[(4 * k + i) / 5]->group[g].limb[(4 * k + i) % 5] = word[i];
            }
        }
    }
}

FE_INLINE void fe_store_four(uint64_t *const to[LANES], const fe *a, const fe *b, const fe *c,
                             const fe *d)
{
    const fe *const from[4] = {a, b, c, d};
    FE_EACH_GROUP
    {
        FE_UNROLL for (int k = 0; k < 5; k++)
        {
            void *rows[FE_GROUP_LANES];
            __m512i word[4];
            FE_UNROLL for (int i = 0; i < FE_GROUP_LANES; i++)
            {
                rows[i] = to[FE_GROUP_LANES * g + i] + 4 * k;
            }
            FE_UNROLL for (int i = 0; i < 4; i++)
            {
                word[i] = from[(4 * k + i) / 5]->group[g].limb[(4 * k + i) % 5];
            }
            fe_group_store(rows, word);
        }
    }
}

#if FE_GROUPS == 1 && !defined(PA_EMULATION_YMM_PAIRS_H)
#include "fe25519_avx512ifma_tables.h"
#endif
#include "fe25519_chains.h"

#endif
