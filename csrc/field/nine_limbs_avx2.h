/* SPDX-License-Identifier: Apache-2.0 */
/* What fields of 256 bits have alike whose elements are nine limbs of 29 bits in four lanes of AVX2, sum of limb[i] 2^(29 i).
 * Interface: field.h.
 *
 * The field that includes it has defined FE_LIMB_MAX(magnitude, i) and the limbs of a multiple of p for differences, no limb below
 * m times the bound of magnitude 1 and none above m + 1 times it:
 *   #define FE_MULTIPLE_OF_P(i, m) */
#ifndef PA_FIELD_NINE_LIMBS_AVX2_H
#define PA_FIELD_NINE_LIMBS_AVX2_H

#define FE_BITS 256
/* Magnitudes m and n of factors: m n <= 6 keeps columns below 2^64. */
#define FE_MUL_MAG 2
#define FE_BESIDE_MAG 6
#define FE_MAX_MAG 32

#define FE_VECTORS 9
#include "four_lanes_avx2.h"

#define FE_LIMB_MASK ((INT64_C(1) << 29) - 1)

/* The least one that a has. */
FE_INLINE int fe_magnitude(const fe *a)
{
    int magnitude = 1;
    for (int i = 0; i < FE_VECTORS; i++) {
        for (int lane = 0; lane < LANES; lane++) {
            while ((uint64_t)a->limb[i][lane] > FE_LIMB_MAX(magnitude, i)) {
                magnitude++;
            }
        }
    }
    return magnitude;
}

FE_INLINE void fe_check(const fe *a, int magnitude)
{
    FE_ASSERT(magnitude >= 1 && magnitude <= FE_MAX_MAG && fe_magnitude(a) <= magnitude);
    (void)a;
    (void)magnitude;
}

/* Not inlined: several products in one function are put in an order that spills (secp256k1_avx2.h). */
#define FE_CALL __attribute__((noinline)) static

FE_CALL void fe_mul(fe *r, const fe *a, const fe *b);
FE_CALL void fe_sqr(fe *r, const fe *a);
FE_INLINE void fe_carry(fe *r, const fe *a);
FE_FN mask fe_is_zero(const fe *a);
FE_FN void fe_canonical(__m256i w[4], const fe *a);

FE_INLINE __m256i fe_low(__m256i x)
{
    return _mm256_and_si256(x, fe_all(FE_LIMB_MASK));
}

/* sum + x k, x and k below 2^32. */
FE_INLINE __m256i fe_add_times(__m256i sum, __m256i x, int64_t k)
{
    return _mm256_add_epi64(sum, _mm256_mul_epu32(x, fe_all(k)));
}

FE_FN void fe_sqr_n(fe *r, const fe *a, int n)
{
    FE_ASSERT(n >= 1);
    fe_sqr(r, a);
    for (int i = 1; i < n; i++) {
        fe_sqr(r, r);
    }
}

/* ---- sums ----------------------------------------------------------------------------------- */

FE_INLINE void fe_add(fe *r, const fe *a, const fe *b)
{
    for (int i = 0; i < FE_VECTORS; i++) {
        r->limb[i] = _mm256_add_epi64(a->limb[i], b->limb[i]);
    }
    fe_check(r, FE_MAX_MAG);
}

FE_INLINE void fe_sub(fe *r, const fe *a, const fe *b, int m)
{
    fe_check(b, m);
    for (int i = 0; i < FE_VECTORS; i++) {
        r->limb[i] = _mm256_sub_epi64(_mm256_add_epi64(a->limb[i], fe_all(FE_MULTIPLE_OF_P(i, m))),
                                      b->limb[i]);
    }
    fe_check(r, FE_MAX_MAG);
}

FE_INLINE void fe_neg(fe *r, const fe *a, int m)
{
    fe_check(a, m);
    for (int i = 0; i < FE_VECTORS; i++) {
        r->limb[i] = _mm256_sub_epi64(fe_all(FE_MULTIPLE_OF_P(i, m)), a->limb[i]);
    }
    fe_check(r, m + 1);
}

/* A product by a power of two is a shift; else limbs are below 2^32 while they may become larger. */
FE_INLINE void fe_mul_small(fe *r, const fe *a, unsigned int k)
{
    FE_ASSERT(k >= 1 && k <= FE_MAX_MAG);
    fe_check(a, FE_MAX_MAG / (int)k);
    for (int i = 0; i < FE_VECTORS; i++) {
        const __m256i x = a->limb[i];
        r->limb[i] = k == 1    ? x
                     : k == 2  ? _mm256_add_epi64(x, x)
                     : k == 4  ? _mm256_slli_epi64(x, 2)
                     : k == 8  ? _mm256_slli_epi64(x, 3)
                     : k == 16 ? _mm256_slli_epi64(x, 4)
                     : k == 3  ? _mm256_add_epi64(_mm256_add_epi64(x, x), x)
                     : k > 6   ? _mm256_mul_epu32(x, fe_all((int64_t)k))
                               : _mm256_add_epi64(_mm256_slli_epi64(x, 2),
                                                k == 5 ? x : _mm256_add_epi64(x, x));
    }
}

/* ---- memory, comparisons -------------------------------------------------------------------- */

/* The small number k, or the one of these words, as it is. */
FE_FN void fe_place_int(fe *r, unsigned int k)
{
    r->limb[0] = fe_all((int64_t)k);
    for (int i = 1; i < FE_VECTORS; i++) {
        r->limb[i] = _mm256_setzero_si256();
    }
}

/* Any number below 2^256, words in w. After: magnitude 1. */
FE_INLINE void fe_from_words(fe *r, const __m256i w[4])
{
    r->limb[0] = fe_low(w[0]);
    r->limb[1] = fe_low(_mm256_srli_epi64(w[0], 29));
    r->limb[2] = fe_low(_mm256_or_si256(_mm256_srli_epi64(w[0], 58), _mm256_slli_epi64(w[1], 6)));
    r->limb[3] = fe_low(_mm256_srli_epi64(w[1], 23));
    r->limb[4] = fe_low(_mm256_or_si256(_mm256_srli_epi64(w[1], 52), _mm256_slli_epi64(w[2], 12)));
    r->limb[5] = fe_low(_mm256_srli_epi64(w[2], 17));
    r->limb[6] = fe_low(_mm256_or_si256(_mm256_srli_epi64(w[2], 46), _mm256_slli_epi64(w[3], 18)));
    r->limb[7] = fe_low(_mm256_srli_epi64(w[3], 11));
    r->limb[8] = _mm256_srli_epi64(w[3], 40);
}

FE_FN void fe_place(fe *r, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3)
{
    const __m256i w[4] = {fe_all((int64_t)w0), fe_all((int64_t)w1), fe_all((int64_t)w2),
                          fe_all((int64_t)w3)};
    fe_from_words(r, w);
}

#define FE_TOP_BITS 24 /* of limb 8, below 2^256 */

/* The words of t, whose limbs are carried and below 2^256. */
FE_INLINE void fe_to_words(__m256i w[4], const fe *t)
{
    w[0] = _mm256_or_si256(_mm256_or_si256(t->limb[0], _mm256_slli_epi64(t->limb[1], 29)),
                           _mm256_slli_epi64(t->limb[2], 58));
    w[1] = _mm256_or_si256(
        _mm256_or_si256(_mm256_srli_epi64(t->limb[2], 6), _mm256_slli_epi64(t->limb[3], 23)),
        _mm256_slli_epi64(t->limb[4], 52));
    w[2] = _mm256_or_si256(
        _mm256_or_si256(_mm256_srli_epi64(t->limb[4], 12), _mm256_slli_epi64(t->limb[5], 17)),
        _mm256_slli_epi64(t->limb[6], 46));
    w[3] = _mm256_or_si256(
        _mm256_or_si256(_mm256_srli_epi64(t->limb[6], 18), _mm256_slli_epi64(t->limb[7], 11)),
        _mm256_slli_epi64(t->limb[8], 40));
}

FE_FN mask fe_equal(const fe *a, const fe *b)
{
    fe difference, carried;
    fe_carry(&carried, b);
    fe_carry(&difference, a);
    fe_sub(&difference, &difference, &carried, 1);
    return fe_is_zero(&difference);
}

/* Big-endian: bytes of each word are turned around, and words. */
FE_INLINE __m256i fe_turn_bytes(__m256i word)
{
    const __m256i order = _mm256_setr_epi8(7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8, 7,
                                           6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8);
    return _mm256_shuffle_epi8(word, order);
}

/* w = the words of rows, big-endian. */
FE_INLINE void fe_words_from_rows(__m256i w[4], const unsigned char *const rows[LANES])
{
    __m256i turned[4];
    fe_words_load(turned, (const void *const *)rows);
    for (int i = 0; i < 4; i++) {
        w[i] = fe_turn_bytes(turned[3 - i]);
    }
}

FE_INLINE void fe_words_to_rows(unsigned char *const rows[LANES], const __m256i w[4])
{
    __m256i turned[4];
    for (int i = 0; i < 4; i++) {
        turned[i] = fe_turn_bytes(w[3 - i]);
    }
    fe_words_store((void *const *)rows, turned);
}

FE_FN void fe_gather(fe *r, const row *const rows[LANES])
{
    __m256i w[4];
    fe_words_load(w, (const void *const *)rows);
    fe_from_words(r, w);
}

FE_FN void fe_scatter(row *const rows[LANES], const fe *a)
{
    __m256i w[4];
    fe_canonical(w, a);
    fe_words_store((void *const *)rows, w);
}

/* A lane by itself: limbs 2 i and 2 i + 1 in word i. */
#define FE_LANE_WORDS 5

FE_INLINE void fe_unpack(fe *r, const __m256i word[5])
{
    for (int i = 0; i < 5; i++) {
        r->limb[2 * i] = _mm256_blend_epi32(word[i], _mm256_setzero_si256(), 0xaa);
        if (i < 4) {
            r->limb[2 * i + 1] = _mm256_srli_epi64(word[i], 32);
        }
    }
}

/* Lane i of a, b, c, d = the 20 words at from[i]. */
FE_FN void fe_load_four(fe *a, fe *b, fe *c, fe *d, const uint64_t *const from[LANES])
{
    fe *const elements[4] = {a, b, c, d};
    __m256i word[20];
    _Pragma("GCC unroll 5") for (int i = 0; i < 5; i++)
    {
        for (int lane = 0; lane < LANES; lane++) {
            word[4 * i + lane] = _mm256_loadu_si256((const void *)(from[lane] + 4 * i));
        }
        fe_transpose(word + 4 * i);
    }
    for (int k = 0; k < 4; k++) {
        fe_unpack(elements[k], word + 5 * k);
    }
}

FE_FN void fe_store_four(uint64_t *const to[LANES], const fe *a, const fe *b, const fe *c,
                         const fe *d)
{
    const fe *const elements[4] = {a, b, c, d};
    __m256i word[20];
    for (int k = 0; k < 4; k++) {
        const __m256i *limb = elements[k]->limb;
        fe_check(elements[k], 1);
        for (int i = 0; i < 4; i++) {
            word[5 * k + i] = _mm256_or_si256(limb[2 * i], _mm256_slli_epi64(limb[2 * i + 1], 32));
        }
        word[5 * k + 4] = limb[8];
    }
    _Pragma("GCC unroll 5") for (int i = 0; i < 5; i++)
    {
        fe_transpose(word + 4 * i);
        for (int lane = 0; lane < LANES; lane++) {
            _mm256_storeu_si256((void *)(to[lane] + 4 * i), word[4 * i + lane]);
        }
    }
}

/* Every lane = one lane's words. */
FE_FN void fe_broadcast(fe *r, const uint64_t *words)
{
    __m256i word[5];
    for (int i = 0; i < 5; i++) {
        word[i] = fe_all((int64_t)words[i]);
    }
    fe_unpack(r, word);
}

#endif
