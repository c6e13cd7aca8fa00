/* SPDX-License-Identifier: Apache-2.0 */
/* What fields in four lanes of AVX2 have alike, whatever their limbs are: masks, words in lanes, memory.
 * Interface: field.h.
 *
 * The field that includes it has defined FE_VECTORS, the vectors of an element. */
#ifndef PA_FIELD_FOUR_LANES_AVX2_H
#define PA_FIELD_FOUR_LANES_AVX2_H

#include <immintrin.h>
#include <stdint.h>

#include "field.h"
#include "row.h"

#define LANES 4
#define FE_BYTES (8 * ROW_WORDS)

typedef struct {
    __m256i limb[FE_VECTORS];
} fe;
typedef __m256i mask;          /* all bits of a lane, or none */
typedef unsigned int fe_state; /* MXCSR */

#define FE_INLINE static inline __attribute__((always_inline))

FE_INLINE __m256i fe_all(int64_t x)
{
    return _mm256_set1_epi64x(x);
}

/* ---- the rounding mode ---------------------------------------------------------------------- */

/* All exceptions masked, toward zero, subnormals as they are; whatever the host had. */
FE_FN fe_state fe_begin(void)
{
    fe_state before;
    const unsigned int wanted = 0x7f80;
    __asm__ volatile("vstmxcsr %0" : "=m"(before) : : "memory");
    __asm__ volatile("vldmxcsr %0" : : "m"(wanted) : "memory");
    return before;
}

FE_FN void fe_end(fe_state state)
{
    __asm__ volatile("vldmxcsr %0" : : "m"(state) : "memory");
}

/* ---- masks ---------------------------------------------------------------------------------- */

FE_INLINE mask mask_and(mask a, mask b)
{
    return _mm256_and_si256(a, b);
}

FE_INLINE mask mask_or(mask a, mask b)
{
    return _mm256_or_si256(a, b);
}

FE_INLINE mask mask_not(mask a)
{
    return _mm256_xor_si256(a, fe_all(-1));
}

FE_INLINE unsigned int mask_bits(mask a)
{
    return (unsigned int)_mm256_movemask_pd(_mm256_castsi256_pd(a));
}

FE_INLINE int mask_any(mask a)
{
    return mask_bits(a) != 0;
}

FE_INLINE mask mask_from_bits(unsigned int bits)
{
    const __m256i each = _mm256_setr_epi64x(1, 2, 4, 8);
    return _mm256_cmpeq_epi64(_mm256_and_si256(fe_all((int64_t)bits), each), each);
}

FE_FN mask mask_row_bit(const unsigned char *const rows[LANES], int byte, int bit)
{
    unsigned int bits = 0;
    for (int i = 0; i < LANES; i++) {
        bits |= ((unsigned int)rows[i][byte] >> bit & 1u) << i;
    }
    return mask_from_bits(bits);
}

FE_INLINE void fe_select(fe *r, mask m, const fe *a, const fe *b)
{
    for (int i = 0; i < FE_VECTORS; i++) {
        r->limb[i] = _mm256_blendv_epi8(b->limb[i], a->limb[i], m);
    }
}

/* ---- words in lanes ------------------------------------------------------------------------- */

#define FE_TWO_52 4503599627370496.0
#define FE_BITS_52 (INT64_C(0x433) << 52)  /* of 2^52  */
#define FE_BITS_104 (INT64_C(0x467) << 52) /* of 2^104 */

typedef __m256i fe_word;
typedef __m256d fe_factor;

#define FE_HAS_WORDS
#define fe_word_add _mm256_add_epi64
#define fe_word_sub _mm256_sub_epi64
#define fe_word_shr _mm256_srli_epi64
#define fe_word_shl _mm256_slli_epi64
#define fe_word_and _mm256_and_si256
#define fe_word_or _mm256_or_si256
#define fe_word_xor _mm256_xor_si256

FE_INLINE fe_word fe_word_all(uint64_t k)
{
    return fe_all((int64_t)k);
}

/* Out of an asm volatile, as 2^104 is for the products of the field: none of these is computed
 * before fe_begin. */
FE_INLINE fe_factor fe_factor_of(fe_word a)
{
    fe_factor x = _mm256_sub_pd(_mm256_castsi256_pd(_mm256_or_si256(a, fe_all(FE_BITS_52))),
                                _mm256_set1_pd(FE_TWO_52));
    __asm__ volatile("" : "+x"(x));
    return x;
}

FE_INLINE fe_factor fe_factor_all(uint64_t k)
{
    return _mm256_set1_pd((double)k);
}

FE_INLINE fe_word fe_word_of_bits(__m256d half)
{
    return _mm256_and_si256(_mm256_castpd_si256(half), fe_all((INT64_C(1) << 52) - 1));
}

FE_INLINE __m256d fe_product_high(fe_factor x, fe_factor y)
{
    return _mm256_fmadd_pd(x, y, _mm256_set1_pd(FE_TWO_52 * FE_TWO_52));
}

FE_INLINE fe_word fe_word_add_high(fe_word sum, fe_factor x, fe_factor y)
{
    return _mm256_add_epi64(sum, fe_word_of_bits(fe_product_high(x, y)));
}

FE_INLINE fe_word fe_word_add_low(fe_word sum, fe_factor x, fe_factor y)
{
    const __m256d rest =
        _mm256_sub_pd(_mm256_set1_pd(FE_TWO_52 * FE_TWO_52 + FE_TWO_52), fe_product_high(x, y));
    return _mm256_add_epi64(sum, fe_word_of_bits(_mm256_fmadd_pd(x, y, rest)));
}

/* ---- memory --------------------------------------------------------------------------------- */

/* Rows of four words become columns, and back. */
FE_INLINE void fe_transpose(__m256i w[4])
{
    const __m256i low01 = _mm256_unpacklo_epi64(w[0], w[1]),
                  low23 = _mm256_unpacklo_epi64(w[2], w[3]),
                  high01 = _mm256_unpackhi_epi64(w[0], w[1]),
                  high23 = _mm256_unpackhi_epi64(w[2], w[3]);
    w[0] = _mm256_permute2x128_si256(low01, low23, 0x20);
    w[1] = _mm256_permute2x128_si256(high01, high23, 0x20);
    w[2] = _mm256_permute2x128_si256(low01, low23, 0x31);
    w[3] = _mm256_permute2x128_si256(high01, high23, 0x31);
}

FE_INLINE void fe_words_load(fe_word word[4], const void *const rows[LANES])
{
    for (int i = 0; i < LANES; i++) {
        word[i] = _mm256_loadu_si256(rows[i]);
    }
    fe_transpose(word);
}

FE_INLINE void fe_words_store(void *const rows[LANES], const fe_word word[4])
{
    __m256i w[4] = {word[0], word[1], word[2], word[3]};
    fe_transpose(w);
    for (int i = 0; i < LANES; i++) {
        _mm256_storeu_si256(rows[i], w[i]);
    }
}

/* The same of whole rows: of six words, the last four once more. */
FE_INLINE void fe_row_load(fe_word word[ROW_WORDS], const void *const rows[LANES])
{
    fe_words_load(word, rows);
    if (ROW_WORDS > 4) {
        const void *above[LANES];
        fe_word again[4];
        for (int i = 0; i < LANES; i++) {
            above[i] = (const uint64_t *)rows[i] + ROW_WORDS - 4;
        }
        fe_words_load(again, above);
        for (int i = 4; i < ROW_WORDS; i++) {
            word[i] = again[i - (ROW_WORDS - 4)];
        }
    }
}

FE_INLINE void fe_row_store(void *const rows[LANES], const fe_word word[ROW_WORDS])
{
    fe_words_store(rows, word);
    if (ROW_WORDS > 4) {
        void *above[LANES];
        for (int i = 0; i < LANES; i++) {
            above[i] = (uint64_t *)rows[i] + ROW_WORDS - 4;
        }
        fe_words_store(above, word + ROW_WORDS - 4);
    }
}

FE_INLINE void fe_spread(fe *r, const fe *a, int i)
{
    const __m256i from = _mm256_add_epi32(fe_all(INT64_C(1) << 32), _mm256_set1_epi32(2 * i));
    for (int k = 0; k < FE_VECTORS; k++) {
        r->limb[k] = _mm256_permutevar8x32_epi32(a->limb[k], from);
    }
}

#endif
