/* SPDX-License-Identifier: Apache-2.0 */
/* What fields have alike with AVX-512 IFMA, in groups of 8 lanes of 64-bit words, whatever their limbs are. Interface:
 * field.h. FE_GROUPS groups, 1 where the includer does not say, are LANES = 8 FE_GROUPS lanes; two of them fill the pipes in
 * chains of squarings, where one waits for its own results.
 *
 * The field that includes it has defined
 *   FE_GROUP_LIMBS               the limbs of an element, where they are not five
 *   FE_MUL_MAG             where it is more than 1
 *   FE_LIMB_MAX(m, i)      the bound of limb i in a value of magnitude m
 *   FE_FACTOR_MAX(i)       the bound of limb i of a factor, at least FE_LIMB_MAX(1, i)
 *   FE_MULTIPLE(k, i)      limb i of k p, which is not below FE_LIMB_MAX(k - 1, i) for k <= FE_MAX_MAG
 *   FE_RAW_COLUMNS         the columns of an fe_raw, FE_GROUP_LIMBS at least
 *   FE_RAW_PLAIN           the column that limb 0 of an element stands in, where it is not the first
 *   FE_RAW_MULTIPLE(m, i)  what fe_raw_sub adds to column i, a multiple of p in all, before it takes off magnitude m
 * and defines what is declared here, and all else that knows the prime. */
#ifndef PA_FIELD_EIGHT_LANES_AVX512IFMA_H
#define PA_FIELD_EIGHT_LANES_AVX512IFMA_H

#include <immintrin.h>

#define FE_HAS_RAW
#include "field.h"
#include "row.h"

#ifndef FE_GROUPS
#define FE_GROUPS 1
#endif
#ifndef FE_RAW_PLAIN
#define FE_RAW_PLAIN 0
#endif
#define FE_GROUP_LANES 8
#ifndef FE_GROUP_LIMBS
#define FE_GROUP_LIMBS 5
#endif
#define FE_LANE_WORDS FE_GROUP_LIMBS
#define LANES (FE_GROUP_LANES * FE_GROUPS)
#define FE_BYTES (8 * ROW_WORDS)
#ifndef FE_MUL_MAG
#define FE_MUL_MAG 1
#endif
#define FE_MAX_MAG 32

#define FE_EACH_LIMB FE_UNROLL for (int i = 0; i < FE_GROUP_LIMBS; i++)
#define FE_EACH_COLUMN FE_UNROLL for (int i = 0; i < FE_RAW_COLUMNS; i++)
#define FE_EACH_GROUP FE_UNROLL for (int g = 0; g < FE_GROUPS; g++)
#ifdef PA_EMULATION_YMM_PAIRS_H
#define FE_INLINE static inline
#else
#define FE_INLINE static inline __attribute__((always_inline))
#endif

/* Eight elements. */
typedef struct {
    __m512i limb[FE_GROUP_LIMBS];
} fe_group;
typedef struct {
    fe_group group[FE_GROUPS];
} fe;
/* Columns of products that are not carried. */
typedef struct {
    __m512i column[FE_GROUPS][FE_RAW_COLUMNS];
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

/* k in every lane. */
FE_INLINE __m512i fe_word_all(uint64_t k)
{
    return _mm512_set1_epi64((long long)k);
}

/* ---- what the field defines, of one group ---------------------------------------------------- */

/* r = limbs carried, of magnitude 1; word: of magnitude FE_MAX_MAG or a sum of two such. */
FE_INLINE void fe_group_carry(fe_group *r, const __m512i word[FE_GROUP_LIMBS]);
FE_INLINE void fe_group_mul(fe_group *r, const fe_group *a, const fe_group *b);
FE_INLINE void fe_group_sqr(fe_group *r, const fe_group *a);
/* As fe_group_sqr, but a factor and nothing else. */
FE_INLINE void fe_group_sqr_on(fe_group *r, const fe_group *a);
/* The products alone, as columns of an fe_raw, and sums of magnitude m of such carried. */
FE_INLINE void fe_group_mul_columns(__m512i column[FE_RAW_COLUMNS], const fe_group *a,
                                    const fe_group *b);
FE_INLINE void fe_group_sqr_columns(__m512i column[FE_RAW_COLUMNS], const fe_group *a);
FE_INLINE void fe_group_reduce(fe_group *r, const __m512i column[FE_RAW_COLUMNS], int m);
#ifdef FE_HAS_FACTORS
/* k times the same, k <= 4; factor: it is to be a factor and nothing else. */
FE_INLINE void fe_group_mul_times(fe_group *r, const fe_group *a, const fe_group *b, unsigned int k,
                                  int factor);
FE_INLINE void fe_group_sqr_times(fe_group *r, const fe_group *a, unsigned int k, int factor);
FE_INLINE void fe_group_carry_columns(fe_group *r, const __m512i column[FE_RAW_COLUMNS], int m,
                                      unsigned int k, int factor);
#endif
/* limb = a in [0, p), any magnitude. */
FE_FN void fe_group_canonical(__m512i limb[FE_GROUP_LIMBS], const fe_group *a);
/* Any number that a row may hold, its words from the least significant one on, and back. */
FE_INLINE void fe_group_from_words(fe_group *r, const __m512i word[ROW_WORDS]);
FE_FN void fe_group_to_words(__m512i word[ROW_WORDS], const fe_group *a);
/* r = the number of limbs a as the field's element, and that of an element of any magnitude. */
#ifdef FE_HAS_FORM
FE_INLINE void fe_group_enter(fe_group *r, const fe_group *a);
FE_INLINE void fe_group_leave(fe_group *r, const fe_group *a);
FE_INLINE void fe_set_int(fe *r, unsigned int k);
#else
#define fe_group_enter(r, a) (*(r) = *(a))
#define fe_group_leave(r, a) (*(r) = *(a))
#endif

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
    for (int i = 0; i < FE_GROUP_LIMBS; i++) {
        uint64_t lanes[FE_GROUP_LANES];
        _mm512_storeu_si512(lanes, a->limb[i]);
        for (int j = 0; j < FE_GROUP_LANES; j++) {
            FE_ASSERT(lanes[j] <= FE_LIMB_MAX(magnitude, i));
        }
    }
#endif
    (void)a;
    (void)magnitude;
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

/* The same of whole rows: of six words, the last four once more. */
FE_INLINE void fe_group_load_row(__m512i word[ROW_WORDS], const void *const rows[FE_GROUP_LANES])
{
    fe_group_load(word, rows);
    if (ROW_WORDS > 4) {
        const void *above[FE_GROUP_LANES];
        __m512i again[4];
        FE_UNROLL for (int i = 0; i < FE_GROUP_LANES; i++)
        {
            above[i] = (const uint64_t *)rows[i] + ROW_WORDS - 4;
        }
        fe_group_load(again, above);
        for (int i = 4; i < ROW_WORDS; i++) {
            word[i] = again[i - (ROW_WORDS - 4)];
        }
    }
}

FE_INLINE void fe_group_store_row(void *const rows[FE_GROUP_LANES], const __m512i word[ROW_WORDS])
{
    fe_group_store(rows, word);
    if (ROW_WORDS > 4) {
        void *above[FE_GROUP_LANES];
        FE_UNROLL for (int i = 0; i < FE_GROUP_LANES; i++)
        {
            above[i] = (uint64_t *)rows[i] + ROW_WORDS - 4;
        }
        fe_group_store(above, word + ROW_WORDS - 4);
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

/* Factors may be anything whose limbs the multiplier sees whole. */
FE_FN void fe_check_factor(const fe *a)
{
#ifdef PA_DEBUG_BOUNDS
    FE_EACH_GROUP{FE_EACH_LIMB{uint64_t lanes[FE_GROUP_LANES];
    _mm512_storeu_si512(lanes, a->group[g].limb[i]);
    for (int j = 0; j < FE_GROUP_LANES; j++) {
        FE_ASSERT(lanes[j] <= FE_FACTOR_MAX(i));
    }
}
}
#endif
(void)a;
}

#ifndef FE_HAS_FORM
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
#endif

FE_FN void fe_set_words(fe *r, FE_WORDS)
{
    const uint64_t words[ROW_WORDS] = {FE_WORDS_GIVEN};
    __m512i word[ROW_WORDS];
    for (int i = 0; i < ROW_WORDS; i++) {
        word[i] = fe_word_all(words[i]);
    }
    FE_EACH_GROUP
    {
        fe_group_from_words(&r->group[g], word);
        fe_group_enter(&r->group[g], &r->group[g]);
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

/* r = a + (m + 1) p - b limb by limb. */
FE_INLINE void fe_sub(fe *r, const fe *a, const fe *b, int m)
{
    fe_check(b, m);
    FE_EACH_GROUP
    {
        FE_EACH_LIMB
        {
            const __m512i multiple = fe_word_all(FE_MULTIPLE((uint64_t)m + 1, i));
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

FE_FN void fe_mul(fe *r, const fe *a, const fe *b)
{
    fe_check_factor(a);
    fe_check_factor(b);
    FE_EACH_GROUP
    {
        fe_group_mul(&r->group[g], &a->group[g], &b->group[g]);
    }
    fe_check(r, 1);
}

FE_FN void fe_sqr(fe *r, const fe *a)
{
    fe_check_factor(a);
    FE_EACH_GROUP
    {
        fe_group_sqr(&r->group[g], &a->group[g]);
    }
    fe_check(r, 1);
}

FE_FN void fe_sqr_n(fe *r, const fe *a, int n)
{
    fe t = *a;
    FE_ASSERT(n >= 1);
    for (int i = 1; i < n; i++) {
        fe_check_factor(&t);
        FE_EACH_GROUP
        {
            fe_group_sqr_on(&t.group[g], &t.group[g]);
        }
    }
    fe_sqr(r, &t);
}

/* ---- products before their carries ---------------------------------------------------------- */

FE_INLINE void fe_raw_mul(fe_raw *r, const fe *a, const fe *b)
{
    fe_check_factor(a);
    fe_check_factor(b);
    FE_EACH_GROUP
    {
        fe_group_mul_columns(r->column[g], &a->group[g], &b->group[g]);
    }
}

FE_INLINE void fe_raw_sqr(fe_raw *r, const fe *a)
{
    fe_check_factor(a);
    FE_EACH_GROUP
    {
        fe_group_sqr_columns(r->column[g], &a->group[g]);
    }
}

FE_INLINE void fe_raw_add(fe_raw *r, const fe_raw *a, const fe_raw *b)
{
    FE_EACH_GROUP
    {
        FE_EACH_COLUMN
        {
            r->column[g][i] = fe_word_add(a->column[g][i], b->column[g][i]);
        }
    }
}

FE_INLINE void fe_raw_from(fe_raw *r, const fe *a)
{
    FE_EACH_GROUP
    {
        FE_EACH_COLUMN
        {
            r->column[g][i] = i >= FE_RAW_PLAIN && i < FE_RAW_PLAIN + FE_GROUP_LIMBS
                                  ? a->group[g].limb[i - FE_RAW_PLAIN]
                                  : _mm512_setzero_si512();
        }
    }
}

FE_INLINE void fe_raw_sub(fe_raw *r, const fe_raw *a, const fe_raw *b, int m)
{
    FE_EACH_GROUP{FE_EACH_COLUMN{const uint64_t multiple = FE_RAW_MULTIPLE((uint64_t)m, i);
    const __m512i raised =
        multiple == 0 ? a->column[g][i] : fe_word_add(a->column[g][i], fe_word_all(multiple));
    r->column[g][i] = fe_word_sub(raised, b->column[g][i]);
}
}
(void)m;
}

FE_INLINE void fe_reduce(fe *r, const fe_raw *a, int m)
{
    FE_EACH_GROUP
    {
        fe_group_reduce(&r->group[g], a->column[g], m);
    }
    fe_check_factor(r);
}

#ifdef FE_HAS_FACTORS
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
#endif

/* ---- questions, memory ---------------------------------------------------------------------- */

FE_FN mask fe_is_odd(const fe *a)
{
    mask m = 0;
    FE_EACH_GROUP
    {
        fe_group plain;
        __m512i limb[FE_GROUP_LIMBS];
        fe_group_leave(&plain, &a->group[g]);
        fe_group_canonical(limb, &plain);
        m |= mask_of_group(_mm512_test_epi64_mask(limb[0], fe_word_all(1)), g);
    }
    return m;
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

FE_FN void fe_gather(fe *r, const row *const rows[LANES])
{
    FE_EACH_GROUP
    {
        __m512i word[ROW_WORDS];
        fe_group_load_row(word, (const void *const *)rows + FE_GROUP_LANES * g);
        fe_group_from_words(&r->group[g], word);
    }
}

FE_FN void fe_scatter(row *const rows[LANES], const fe *a)
{
    FE_EACH_GROUP
    {
        __m512i word[ROW_WORDS];
        fe_group_to_words(word, &a->group[g]);
        fe_group_store_row((void *const *)rows + FE_GROUP_LANES * g, word);
    }
}

FE_INLINE void fe_spread(fe *r, const fe *a, int i)
{
    const __m512i from = _mm512_set_epi64(4 + i, 4 + i, 4 + i, 4 + i, i, i, i, i);
    FE_EACH_GROUP
    {
        FE_UNROLL for (int k = 0; k < FE_GROUP_LIMBS; k++)
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

/* The 4 FE_GROUP_LIMBS limbs of a lane are FE_GROUP_LIMBS times what fe_group_load reads. 40 shuffles for five, two a cycle. */
FE_INLINE void fe_load_four(fe *a, fe *b, fe *c, fe *d, const uint64_t *const from[LANES])
{
    fe *const to[4] = {a, b, c, d};
    FE_EACH_GROUP
    {
        FE_UNROLL for (int k = 0; k < FE_GROUP_LIMBS; k++)
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
                to[(4 * k + i) / FE_GROUP_LIMBS]->group[g].limb[(4 * k + i) % FE_GROUP_LIMBS] =
                    word[i];
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
        FE_UNROLL for (int k = 0; k < FE_GROUP_LIMBS; k++)
        {
            void *rows[FE_GROUP_LANES];
            __m512i word[4];
            FE_UNROLL for (int i = 0; i < FE_GROUP_LANES; i++)
            {
                rows[i] = to[FE_GROUP_LANES * g + i] + 4 * k;
            }
            FE_UNROLL for (int i = 0; i < 4; i++)
            {
                word[i] =
                    from[(4 * k + i) / FE_GROUP_LIMBS]->group[g].limb[(4 * k + i) % FE_GROUP_LIMBS];
            }
            fe_group_store(rows, word);
        }
    }
}

#endif
