/* SPDX-License-Identifier: Apache-2.0 */
/* Samplers, vectors of 32 bytes. */
#include <immintrin.h>

#include "../core/known.h"
#include "../tables/he_gaussian.h"
#include "sampler.h"

/* Halves of the words that a mask of four chooses, moved to the front. */
#define WORD(i) 2 * (i), 2 * (i) + 1
static const _Alignas(32) uint32_t to_front[16][8] = {
    {0},
    {WORD(0)},
    {WORD(1)},
    {WORD(0), WORD(1)},
    {WORD(2)},
    {WORD(0), WORD(2)},
    {WORD(1), WORD(2)},
    {WORD(0), WORD(1), WORD(2)},
    {WORD(3)},
    {WORD(0), WORD(3)},
    {WORD(1), WORD(3)},
    {WORD(0), WORD(1), WORD(3)},
    {WORD(2), WORD(3)},
    {WORD(0), WORD(2), WORD(3)},
    {WORD(1), WORD(2), WORD(3)},
    {WORD(0), WORD(1), WORD(2), WORD(3)},
};

static size_t uniform(uint64_t *out, size_t room, const uint8_t *stream, size_t words, uint64_t q,
                      unsigned bits)
{
    const __m256i mask = _mm256_set1_epi64x((long long)((UINT64_C(1) << bits) - 1));
    const __m256i bound = _mm256_set1_epi64x((long long)q);
    size_t have = 0, i = 0;
    for (; i < words && have + 4 <= room; i += 4) {
        const __m256i word =
            _mm256_and_si256(_mm256_load_si256((const __m256i *)(stream + 8 * i)), mask);
        const unsigned taken =
            (unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpgt_epi64(bound, word)));
        const __m256i order = _mm256_load_si256((const __m256i *)to_front[taken]);
        _mm256_storeu_si256((__m256i *)(out + have), _mm256_permutevar8x32_epi32(word, order));
        have += (size_t)__builtin_popcount(taken);
    }
    /* At most three are missing. */
    return have + pa_he_sampler_portable.uniform(out + have, room - have, stream + 8 * i, words - i,
                                                 q, bits);
}

/* The same 16 bytes in both halves. */
static __m256i twice(__m128i x)
{
    return _mm256_broadcastsi128_si256(x);
}

static size_t ternary(int32_t *out, size_t room, const uint8_t *stream, size_t bytes)
{
    const __m256i nibble = _mm256_set1_epi8(15);
    const __m256i modulo_3 = twice(_mm_setr_epi8(0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0));
    const __m256i centred =
        twice(_mm_setr_epi8(-1, 0, 1, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)); /* 0 .. 4 come */
    size_t have = 0, i = 0;
    for (; i < bytes && have + 32 <= room; i += 32) {
        const __m256i byte = _mm256_load_si256((const __m256i *)(stream + i));
        int rejected = _mm256_movemask_epi8(_mm256_cmpeq_epi8(byte, _mm256_set1_epi8(-1)));
        PA_KNOWN(&rejected, sizeof rejected);
        if (rejected != 0) {
            have += pa_he_sampler_portable.ternary(out + have, 32, stream + i, 32);
            continue;
        }
        /* 16 is 1 modulo 3: the digit sum of its two nibbles. */
        const __m256i low = _mm256_shuffle_epi8(modulo_3, _mm256_and_si256(byte, nibble));
        const __m256i high =
            _mm256_shuffle_epi8(modulo_3, _mm256_and_si256(_mm256_srli_epi64(byte, 4), nibble));
        const __m256i value = _mm256_shuffle_epi8(centred, _mm256_add_epi8(low, high));
        const __m128i half[2] = {_mm256_castsi256_si128(value), _mm256_extracti128_si256(value, 1)};
        __m256i *to = (__m256i *)(out + have);
        for (unsigned h = 0; h < 2; h++) {
            _mm256_storeu_si256(to + 2 * h, _mm256_cvtepi8_epi32(half[h]));
            _mm256_storeu_si256(to + 2 * h + 1, _mm256_cvtepi8_epi32(_mm_srli_si128(half[h], 8)));
        }
        have += 32;
    }
    return have + pa_he_sampler_portable.ternary(out + have, room - have, stream + i, bytes - i);
}

static void error(int32_t *out, const uint8_t *stream, size_t words)
{
    const long long low_mask = (1ll << PA_HE_ERROR_BITS) - 1;
    const __m256i mask = _mm256_set1_epi64x(low_mask << PA_HE_ERROR_BITS | low_mask);
    /* The second half inverted: 21 - its count is added instead of its count taken off. */
    const __m256i invert = _mm256_set1_epi64x(low_mask << PA_HE_ERROR_BITS);
    const __m256i nibble = _mm256_set1_epi8(15);
    const __m256i ones = twice(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
    const __m256i centre = _mm256_set1_epi32((int)PA_HE_ERROR_BITS);
    for (size_t i = 0; i < words; i += 8) {
        __m256i count[2];
        for (unsigned h = 0; h < 2; h++) {
            const __m256i *from = (const __m256i *)(stream + 8 * i) + h;
            const __m256i word =
                _mm256_and_si256(_mm256_xor_si256(_mm256_load_si256(from), invert), mask);
            const __m256i low = _mm256_and_si256(word, nibble);
            const __m256i high = _mm256_and_si256(_mm256_srli_epi64(word, 4), nibble);
            count[h] = _mm256_sad_epu8(
                _mm256_add_epi8(_mm256_shuffle_epi8(ones, low), _mm256_shuffle_epi8(ones, high)),
                _mm256_setzero_si256());
        }
        /* Low halves of 0, 1, 4, 5, 2, 3, 6, 7. */
        const __m256i mixed = _mm256_castps_si256(
            _mm256_shuffle_ps(_mm256_castsi256_ps(count[0]), _mm256_castsi256_ps(count[1]), 0x88));
        _mm256_storeu_si256((__m256i *)(out + i),
                            _mm256_sub_epi32(_mm256_permute4x64_epi64(mixed, 0xd8), centre));
    }
}

static void gaussian(int64_t *out, const uint8_t *stream, size_t words, unsigned shift)
{
    const __m128i by = _mm_cvtsi32_si128((int)shift);
    for (size_t i = 0; i < words; i += 4) {
        const __m256i word = _mm256_load_si256((const __m256i *)(stream + 8 * i));
        const __m256i position = _mm256_srli_epi64(word, 1);
        const __m256i sign =
            _mm256_sub_epi64(_mm256_setzero_si256(), _mm256_and_si256(word, _mm256_set1_epi64x(1)));
        __m256i size = _mm256_setzero_si256();
        for (size_t k = 0; k < PA_HE_GAUSSIAN_TAILS; k++) {
            const __m256i tail = _mm256_set1_epi64x((long long)pa_he_gaussian_tails[k]);
            size = _mm256_sub_epi64(size, _mm256_cmpgt_epi64(tail, position));
        }
        const __m256i x = _mm256_sub_epi64(_mm256_xor_si256(size, sign), sign);
        __m256i *to = (__m256i *)(out + i);
        _mm256_storeu_si256(to, _mm256_add_epi64(_mm256_loadu_si256(to), _mm256_sll_epi64(x, by)));
    }
}

const struct pa_he_sampler pa_he_sampler_avx2 = {
    .uniform = uniform, .ternary = ternary, .error = error, .gaussian = gaussian};
