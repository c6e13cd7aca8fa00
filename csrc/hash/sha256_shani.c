/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256, one message, x86 SHA extensions. FIPS 180-4; Intel SDM volume 2, SHA256RNDS2, SHA256MSG1, SHA256MSG2. */
#include <immintrin.h>

#include "kernel.h"

/* The state as the instructions want it, words from the highest lane down. */
typedef struct {
    __m128i abef, cdgh;
} shani_state;

/* Rounds t .. t + 3 over words w. */
static inline void four_rounds(shani_state *s, __m128i w, const uint32_t *constants)
{
    __m128i wk = _mm_add_epi32(w, _mm_loadu_si128((const __m128i *)constants));
    s->cdgh = _mm_sha256rnds2_epu32(s->cdgh, s->abef, wk);
    s->abef = _mm_sha256rnds2_epu32(s->abef, s->cdgh, _mm_shuffle_epi32(wk, 0x0e));
}

/* W_t .. W_t+3 from the 16 words before, oldest first. */
static inline __m128i next_words(__m128i w0, __m128i w1, __m128i w2, __m128i w3)
{
    __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8(w3, w2, 4));
    return _mm_sha256msg2_epu32(sum, w3);
}

/* SHA-256 compression with SHA-NI.
 *   shapes   state: 8 words, data: count * 64 bytes
 *   formula  FIPS 180-4, 6.2.2. Floor: 32 dependent SHA256RNDS2 a block, 4 cycles each; measured 135 cycles on Sapphire
 *            Rapids. A second stream beside this one would share the unit; not done yet
 *   before   a CPU with SHA and SSE4.1; any alignment. Time depends on count alone */
static void sha256_blocks_shani(pa_hash_state *state, const uint8_t *data, uint64_t count)
{
    const __m128i big_endian = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
    __m128i dcba = _mm_loadu_si128((const __m128i *)&state->word[0]);
    __m128i hgfe = _mm_loadu_si128((const __m128i *)&state->word[4]);
    __m128i cdab = _mm_shuffle_epi32(dcba, 0xb1);
    __m128i efgh = _mm_shuffle_epi32(hgfe, 0x1b);
    shani_state s = {_mm_alignr_epi8(cdab, efgh, 8), _mm_blend_epi16(efgh, cdab, 0xf0)};
    for (; count > 0; count--, data += 64) {
        const shani_state before = s;
        const uint32_t *k = pa_sha256_constants;
        const __m128i *block = (const __m128i *)data;
        __m128i w0 = _mm_shuffle_epi8(_mm_loadu_si128(block), big_endian);
        __m128i w1 = _mm_shuffle_epi8(_mm_loadu_si128(block + 1), big_endian);
        __m128i w2 = _mm_shuffle_epi8(_mm_loadu_si128(block + 2), big_endian);
        __m128i w3 = _mm_shuffle_epi8(_mm_loadu_si128(block + 3), big_endian);
        for (; k < pa_sha256_constants + 48; k += 16) {
            four_rounds(&s, w0, k);
            w0 = next_words(w0, w1, w2, w3);
            four_rounds(&s, w1, k + 4);
            w1 = next_words(w1, w2, w3, w0);
            four_rounds(&s, w2, k + 8);
            w2 = next_words(w2, w3, w0, w1);
            four_rounds(&s, w3, k + 12);
            w3 = next_words(w3, w0, w1, w2);
        }
        four_rounds(&s, w0, k);
        four_rounds(&s, w1, k + 4);
        four_rounds(&s, w2, k + 8);
        four_rounds(&s, w3, k + 12);
        s.abef = _mm_add_epi32(s.abef, before.abef);
        s.cdgh = _mm_add_epi32(s.cdgh, before.cdgh);
    }
    __m128i feba = _mm_shuffle_epi32(s.abef, 0x1b);
    __m128i dchg = _mm_shuffle_epi32(s.cdgh, 0xb1);
    _mm_storeu_si128((__m128i *)&state->word[0], _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128((__m128i *)&state->word[4], _mm_alignr_epi8(dchg, feba, 8));
}

const struct pa_hash_single pa_sha256_shani = {sha256_blocks_shani, 135};
