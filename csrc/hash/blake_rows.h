/* SPDX-License-Identifier: Apache-2.0 */
/* The rounds of BLAKE for one message, a row of four words of its state in a register: four G at once.
 *
 * Bound by latency: G is a chain of 14 operations, one after the other, and so is every half of a round; two rounds take 28
 * cycles where an operation takes one. Diagonals come under each other by turning the rows a, c and d, which have some cycles
 * until they are wanted; b, which ends the chain, stays where it is. Message words are loaded one by one: off the chain.
 *
 * Defined by the includer: WORD_BITS; SCHEDULE, as for blake_rounds.h. */
#ifndef PA_HASH_BLAKE_ROWS_H
#define PA_HASH_BLAKE_ROWS_H

#include <immintrin.h>

#include "../core/bytes.h"

#define BLAKE_INLINE static inline __attribute__((always_inline))

#if WORD_BITS == 32
typedef __m128i row;
typedef uint32_t row_word;
#define LOAD_WORD pa_load_le32
#define ROW_ADD _mm_add_epi32
#define ROW_XOR _mm_xor_si128
#define ROW_OF(x0, x1, x2, x3) _mm_set_epi32((int)(x3), (int)(x2), (int)(x1), (int)(x0))
#define ROW_LOAD(p) _mm_loadu_si128((const void *)(p))
#define ROW_STORE(p, x) _mm_storeu_si128((void *)(p), x)
#define TURN_WORDS(x, order) _mm_shuffle_epi32(x, order)
#define SHIFTED(x, n) _mm_or_si128(_mm_srli_epi32(x, n), _mm_slli_epi32(x, 32 - (n)))
#define TURN_1(x)                                                                                  \
    _mm_shuffle_epi8(x, _mm_set_epi8(13, 12, 15, 14, 9, 8, 11, 10, 5, 4, 7, 6, 1, 0, 3, 2))
#define TURN_2(x) SHIFTED(x, 12)
#define TURN_3(x)                                                                                  \
    _mm_shuffle_epi8(x, _mm_set_epi8(12, 15, 14, 13, 8, 11, 10, 9, 4, 7, 6, 5, 0, 3, 2, 1))
#define TURN_4(x) SHIFTED(x, 7)
#else
typedef __m256i row;
typedef uint64_t row_word;
#define LOAD_WORD pa_load_le64
#define ROW_ADD _mm256_add_epi64
#define ROW_XOR _mm256_xor_si256
#define ROW_OF(x0, x1, x2, x3)                                                                     \
    _mm256_set_epi64x((long long)(x3), (long long)(x2), (long long)(x1), (long long)(x0))
#define ROW_LOAD(p) _mm256_loadu_si256((const void *)(p))
#define ROW_STORE(p, x) _mm256_storeu_si256((void *)(p), x)
#define TURN_WORDS(x, order) _mm256_permute4x64_epi64(x, order)
#define BYTES_TURNED(x, order) _mm256_shuffle_epi8(x, _mm256_broadcastsi128_si256(order))
#define TURN_1(x) _mm256_shuffle_epi32(x, 0xb1)
#define TURN_2(x)                                                                                  \
    BYTES_TURNED(x, _mm_set_epi8(10, 9, 8, 15, 14, 13, 12, 11, 2, 1, 0, 7, 6, 5, 4, 3))
#define TURN_3(x)                                                                                  \
    BYTES_TURNED(x, _mm_set_epi8(9, 8, 15, 14, 13, 12, 11, 10, 1, 0, 7, 6, 5, 4, 3, 2))
#define TURN_4(x) _mm256_or_si256(_mm256_srli_epi64(x, 63), _mm256_add_epi64(x, x))
#endif

/* One G in each column. */
BLAKE_INLINE void mix_columns(row v[4], row x, row y)
{
    v[0] = ROW_ADD(ROW_ADD(v[0], x), v[1]);
    v[3] = TURN_1(ROW_XOR(v[3], v[0]));
    v[2] = ROW_ADD(v[2], v[3]);
    v[1] = TURN_2(ROW_XOR(v[1], v[2]));
    v[0] = ROW_ADD(ROW_ADD(v[0], y), v[1]);
    v[3] = TURN_3(ROW_XOR(v[3], v[0]));
    v[2] = ROW_ADD(v[2], v[3]);
    v[1] = TURN_4(ROW_XOR(v[1], v[2]));
}

#define FIRST_TO_LAST _MM_SHUFFLE(0, 3, 2, 1)
#define LAST_TO_FIRST _MM_SHUFFLE(2, 1, 0, 3)
#define HALVES_CHANGED _MM_SHUFFLE(1, 0, 3, 2)

/* v = all rounds over the 16 little-endian words at block (any alignment). */
BLAKE_INLINE void blake_rounds_of_rows(row v[4], const uint8_t *block)
{
#define WORD(i) LOAD_WORD(block + (i) * sizeof(row_word))
#define WORDS(i, j, k, l) ROW_OF(WORD(i), WORD(j), WORD(k), WORD(l))
#define ROUND(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15)                \
    mix_columns(v, WORDS(s0, s2, s4, s6), WORDS(s1, s3, s5, s7));                                  \
    v[0] = TURN_WORDS(v[0], LAST_TO_FIRST);                                                        \
    v[2] = TURN_WORDS(v[2], FIRST_TO_LAST);                                                        \
    v[3] = TURN_WORDS(v[3], HALVES_CHANGED);                                                       \
    mix_columns(v, WORDS(s14, s8, s10, s12), WORDS(s15, s9, s11, s13));                            \
    v[0] = TURN_WORDS(v[0], FIRST_TO_LAST);                                                        \
    v[2] = TURN_WORDS(v[2], LAST_TO_FIRST);                                                        \
    v[3] = TURN_WORDS(v[3], HALVES_CHANGED);
    SCHEDULE
#undef ROUND
#undef WORDS
#undef WORD
}

#endif
