/* SPDX-License-Identifier: Apache-2.0 */
/* What fields have alike whose elements are limbs in halves of 64-bit words in four lanes of AVX2, sum of limb[i] 2^(29 i): nine of
 * them, where the field does not say FE_VECTORS, FE_LIMB_BITS and FE_MUL_MAG. Interface: field.h.
 *
 * The field that includes it has defined FE_LIMB_MAX(magnitude, i) and the limbs of a multiple of p for differences, no limb below
 * m times the bound of magnitude 1 and none above m + 1 times it:
 *   #define FE_MULTIPLE_OF_P(i, m) */
#ifndef PA_FIELD_SMALL_LIMBS_AVX2_H
#define PA_FIELD_SMALL_LIMBS_AVX2_H

#ifndef FE_VECTORS
#define FE_VECTORS 9
#define FE_LIMB_BITS 29
/* Magnitudes m and n of factors: m n <= 6 keeps columns below 2^64. */
#define FE_MUL_MAG 2
#define FE_BESIDE_MAG 6
#endif
#define FE_MAX_MAG 32
#include "four_lanes_avx2.h"

#define FE_BITS (64 * ROW_WORDS)

#define FE_LIMB_MASK ((INT64_C(1) << FE_LIMB_BITS) - 1)

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
FE_FN void fe_canonical(__m256i w[ROW_WORDS], const fe *a);

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
                     : k == 7  ? _mm256_sub_epi64(_mm256_slli_epi64(x, 3), x)
                     : k > 7   ? _mm256_mul_epu32(x, fe_all((int64_t)k))
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

/* Any number that a row may hold, words in w. After: magnitude 1. */
FE_INLINE void fe_from_words(fe *r, const __m256i w[ROW_WORDS])
{
    _Pragma("GCC unroll 13") for (int i = 0; i < FE_VECTORS; i++)
    {
        const int at = FE_LIMB_BITS * i / 64, shift = FE_LIMB_BITS * i % 64;
        __m256i limb = shift > 0 ? _mm256_srli_epi64(w[at], shift) : w[at];
        if (shift + FE_LIMB_BITS > 64 && at + 1 < ROW_WORDS) {
            limb = _mm256_or_si256(limb, _mm256_slli_epi64(w[at + 1], 64 - shift));
        }
        r->limb[i] = i < FE_VECTORS - 1 ? fe_low(limb) : limb;
    }
}

FE_FN void fe_place(fe *r, FE_WORDS)
{
    const uint64_t words[ROW_WORDS] = {FE_WORDS_GIVEN};
    __m256i w[ROW_WORDS];
    for (int i = 0; i < ROW_WORDS; i++) {
        w[i] = fe_all((int64_t)words[i]);
    }
    fe_from_words(r, w);
}

#define FE_TOP_BITS                                                                                \
    (FE_BITS - FE_LIMB_BITS * (FE_VECTORS - 1)) /* of the last limb, below 2^FE_BITS */

/* The words of t, whose limbs are carried and below 2^FE_BITS. */
FE_INLINE void fe_to_words(__m256i w[ROW_WORDS], const fe *t)
{
    _Pragma("GCC unroll 6") for (int at = 0; at < ROW_WORDS; at++)
    {
        w[at] = _mm256_setzero_si256();
        _Pragma("GCC unroll 13") for (int i = 0; i < FE_VECTORS; i++)
        {
            const int shift = FE_LIMB_BITS * i - 64 * at;
            if (shift > -FE_LIMB_BITS && shift < 64) {
                const __m256i limb = shift < 0   ? _mm256_srli_epi64(t->limb[i], -shift)
                                     : shift > 0 ? _mm256_slli_epi64(t->limb[i], shift)
                                                 : t->limb[i];
                w[at] = _mm256_or_si256(w[at], limb);
            }
        }
    }
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
FE_INLINE void fe_words_from_rows(__m256i w[ROW_WORDS], const unsigned char *const rows[LANES])
{
    __m256i turned[ROW_WORDS];
    fe_row_load(turned, (const void *const *)rows);
    for (int i = 0; i < ROW_WORDS; i++) {
        w[i] = fe_turn_bytes(turned[ROW_WORDS - 1 - i]);
    }
}

FE_INLINE void fe_words_to_rows(unsigned char *const rows[LANES], const __m256i w[ROW_WORDS])
{
    __m256i turned[ROW_WORDS];
    for (int i = 0; i < ROW_WORDS; i++) {
        turned[i] = fe_turn_bytes(w[ROW_WORDS - 1 - i]);
    }
    fe_row_store((void *const *)rows, turned);
}

FE_FN void fe_gather(fe *r, const row *const rows[LANES])
{
    __m256i w[ROW_WORDS];
    fe_row_load(w, (const void *const *)rows);
    fe_from_words(r, w);
}

FE_FN void fe_scatter(row *const rows[LANES], const fe *a)
{
    __m256i w[ROW_WORDS];
    fe_canonical(w, a);
    fe_row_store((void *const *)rows, w);
}

/* A lane by itself: limbs 2 i and 2 i + 1 in word i. */
#define FE_LANE_WORDS ((FE_VECTORS + 1) / 2)

FE_INLINE void fe_unpack(fe *r, const __m256i word[FE_LANE_WORDS])
{
    for (int i = 0; i < FE_LANE_WORDS; i++) {
        r->limb[2 * i] = _mm256_blend_epi32(word[i], _mm256_setzero_si256(), 0xaa);
        if (i < FE_LANE_WORDS - 1) {
            r->limb[2 * i + 1] = _mm256_srli_epi64(word[i], 32);
        }
    }
}

/* Lane i of a, b, c, d = the 4 FE_LANE_WORDS words at from[i]. */
FE_FN void fe_load_four(fe *a, fe *b, fe *c, fe *d, const uint64_t *const from[LANES])
{
    fe *const elements[4] = {a, b, c, d};
    __m256i word[4 * FE_LANE_WORDS];
    _Pragma("GCC unroll 7") for (int i = 0; i < FE_LANE_WORDS; i++)
    {
        for (int lane = 0; lane < LANES; lane++) {
            word[4 * i + lane] = _mm256_loadu_si256((const void *)(from[lane] + 4 * i));
        }
        fe_transpose(word + 4 * i);
    }
    for (int k = 0; k < 4; k++) {
        fe_unpack(elements[k], word + FE_LANE_WORDS * k);
    }
}

FE_FN void fe_store_four(uint64_t *const to[LANES], const fe *a, const fe *b, const fe *c,
                         const fe *d)
{
    const fe *const elements[4] = {a, b, c, d};
    __m256i word[4 * FE_LANE_WORDS];
    for (int k = 0; k < 4; k++) {
        const __m256i *limb = elements[k]->limb;
        fe_check(elements[k], 1);
        for (int i = 0; i < FE_LANE_WORDS - 1; i++) {
            word[FE_LANE_WORDS * k + i] =
                _mm256_or_si256(limb[2 * i], _mm256_slli_epi64(limb[2 * i + 1], 32));
        }
        word[FE_LANE_WORDS * k + FE_LANE_WORDS - 1] = limb[FE_VECTORS - 1];
    }
    _Pragma("GCC unroll 7") for (int i = 0; i < FE_LANE_WORDS; i++)
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
    __m256i word[FE_LANE_WORDS];
    for (int i = 0; i < FE_LANE_WORDS; i++) {
        word[i] = fe_all((int64_t)words[i]);
    }
    fe_unpack(r, word);
}

#endif
