/* SPDX-License-Identifier: Apache-2.0 */
/* SM3, one message, with the rounds in scalar registers (rorx, andn) and the message schedule in vector ones, three words at a
 * time, since a word hangs on the one three before it: the two use different ports. GB/T 32905-2016.
 *
 * Of a round's 36 operations 9 are its word's. Without those the four scalar ports of a Zen 4 core (family 25 model 17, gcc 12)
 * take 520 cycles a block in place of 630 (clang 14: 580). Floor: six operations in a row from E to the next E, 384. */
#include <immintrin.h>

#include "sm3_word.h"

/* Words of a block and those that it is extended to; what comes after the 68th is for nothing. */
#define WORDS 80

#define TURNED(x, n) _mm_or_si128(_mm_slli_epi32(x, n), _mm_srli_epi32(x, 32 - (n)))

/* Three words, as next_word() makes them: j .. j + 2 from those at j - 16, j - 13, j - 9, j - 6 and j - 3. */
static inline __attribute__((always_inline)) __m128i next_three(__m128i at_16, __m128i at_13,
                                                                __m128i at_9, __m128i at_6,
                                                                __m128i at_3)
{
    const __m128i by_byte = _mm_setr_epi8(3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14);
    __m128i x = _mm_xor_si128(_mm_xor_si128(at_16, at_9), TURNED(at_3, 15));
    __m128i turned = TURNED(x, 15);
    __m128i others = _mm_xor_si128(TURNED(at_13, 7), at_6);
    return _mm_xor_si128(_mm_xor_si128(x, others),
                         _mm_xor_si128(turned, _mm_shuffle_epi8(turned, by_byte)));
}

#define LOAD(p) _mm_loadu_si128((const __m128i *)(p))
#define STORE(p, x) _mm_storeu_si128((__m128i *)(p), x)

/* Three rounds, and beside them three words 16 and more ahead of the first, `ahead` of them: of the words before them those
 * that are near stand in registers, and the others came to memory long ago. */
#define ROUND(i, j, early) round_once(s, j, t[i], w[i], w[i] ^ w[(i) + 4], early);
#define EXTEND(at_16, at_13, ahead)                                                                \
    {                                                                                              \
        const __m128i made = next_three(at_16, at_13, third, second, first);                       \
        STORE(w + (ahead), made);                                                                  \
        third = second;                                                                            \
        second = first;                                                                            \
        first = made;                                                                              \
    }
#define EXTEND_FROM_MEMORY(ahead) EXTEND(LOAD(w + (ahead) - 16), LOAD(w + (ahead) - 13), ahead)
#define THREE(i, early)                                                                            \
    ROUND(i, (i) & 3, early)                                                                       \
    ROUND((i) + 1, ((i) + 1) & 3, early) ROUND((i) + 2, ((i) + 2) & 3, early)

static void sm3_blocks_avx2(pa_hash_state *state, const uint8_t *data, uint64_t count)
{
    const __m128i order = _mm_setr_epi8(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
    for (; count > 0; count--, data += 64) {
        _Alignas(16) word room[WORDS];
        word *w = room, s[8];
        const uint32_t *t = constants;
        __m128i x[4];
        for (unsigned i = 0; i < 4; i++) {
            x[i] = _mm_shuffle_epi8(LOAD(data + 16 * i), order);
            STORE(w + 4 * i, x[i]);
        }
        for (unsigned i = 0; i < 8; i++) {
            s[i] = state->word[i];
        }
        __m128i first = _mm_srli_si128(x[3], 4), second = _mm_alignr_epi8(x[3], x[2], 8);
        __m128i third = _mm_alignr_epi8(x[2], x[1], 12);
        const __m128i from_3 = _mm_alignr_epi8(x[1], x[0], 12);
        const __m128i from_6 = _mm_alignr_epi8(x[2], x[1], 8);
        const __m128i from_9 = _mm_alignr_epi8(x[3], x[2], 4);
        EXTEND(x[0], from_3, 16)
        THREE(0, true)
        EXTEND(from_3, from_6, 19)
        THREE(3, true)
        EXTEND(from_6, from_9, 22)
        THREE(6, true)
        EXTEND(from_9, x[3], 25)
        THREE(9, true)
        EXTEND_FROM_MEMORY(28)
        THREE(12, true)
        EXTEND_FROM_MEMORY(31)
        ROUND(15, 3, true)
        ROUND(16, 0, false)
        ROUND(17, 1, false)
        EXTEND_FROM_MEMORY(34)
        THREE(18, false)
        EXTEND_FROM_MEMORY(37)
        THREE(21, false)
        for (t += 24, w += 24; t < constants + 60; t += 12, w += 12) {
            EXTEND_FROM_MEMORY(16)
            THREE(0, false)
            EXTEND_FROM_MEMORY(19)
            THREE(3, false)
            EXTEND_FROM_MEMORY(22)
            THREE(6, false)
            EXTEND_FROM_MEMORY(25)
            THREE(9, false)
        }
        THREE(0, false)
        ROUND(3, 3, false)
        for (unsigned i = 0; i < 8; i++) {
            state->word[i] ^= s[i];
        }
    }
}

const struct pa_hash_single pa_sm3_avx2 = {sm3_blocks_avx2, 500};
