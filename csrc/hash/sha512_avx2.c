/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-512, one message, with the rounds in scalar registers (rorx, andn) and the message schedule in vector ones, two words
 * at a time: the two use different ports. FIPS 180-4, 6.4. */
#include <immintrin.h>
#include <stdint.h>

typedef uint64_t word;
#define LOAD pa_load_be64
#define ROTATE pa_rotr64

#include "sha512_functions.h"

#include "sha2_portable.h"

/* From here on the functions are those of two words. */
#undef ROTATE
#undef SHIFT
#undef XOR3
#define SHIFT(x, n) _mm_srli_epi64(x, n)
#define ROTATE(x, n) _mm_xor_si128(_mm_srli_epi64(x, n), _mm_slli_epi64(x, 64 - (n)))
#define XOR3(x, y, z) _mm_xor_si128(_mm_xor_si128(x, y), z)

/* x[i] = W_t+16, W_t+17 in place of W_t, W_t+1, t = 2 i mod 16. */
static inline __attribute__((always_inline)) void extend_pair(__m128i x[8], unsigned i)
{
    __m128i before15 = _mm_alignr_epi8(x[(i + 1) & 7], x[i], 8);
    __m128i before7 = _mm_alignr_epi8(x[(i + 5) & 7], x[(i + 4) & 7], 8);
    __m128i sum = _mm_add_epi64(_mm_add_epi64(x[i], before7), SMALL_SIGMA_0(before15));
    x[i] = _mm_add_epi64(sum, SMALL_SIGMA_1(x[(i + 7) & 7]));
}

/* Compression as compress() of sha2_portable.h does it: rounds t .. t + 15 over W + K in memory, while the next 16 are
 * made. */
static void sha512_blocks_avx2(pa_hash_state *state, const uint8_t *data, uint64_t count)
{
    const __m128i order = _mm_setr_epi8(7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8);
    word *h = state->wide;
    for (; count > 0; count--, data += 128) {
        _Alignas(16) word wk[16];
        word v[8];
        __m128i x[8];
        const word *k = pa_sha512_constants;
        for (unsigned i = 0; i < 8; i++) {
            x[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(data + 16 * i)), order);
            _mm_store_si128((__m128i *)(wk + 2 * i),
                            _mm_add_epi64(x[i], _mm_loadu_si128((const __m128i *)(k + 2 * i))));
            v[i] = h[i];
        }
#define STEP(i) round_once(v, i, wk[i]);
#define STEP_AND_EXTEND(i)                                                                         \
    STEP(i)                                                                                        \
    if ((i) % 2 == 1) {                                                                            \
        extend_pair(x, (i) / 2);                                                                   \
        _mm_store_si128(                                                                           \
            (__m128i *)(wk + (i) - 1),                                                             \
            _mm_add_epi64(x[(i) / 2], _mm_loadu_si128((const __m128i *)(k + (i) - 1))));           \
    }
        for (k += 16; k < pa_sha512_constants + ROUNDS; k += 16) {
            PA_SIXTEEN(STEP_AND_EXTEND)
        }
        PA_SIXTEEN(STEP)
#undef STEP_AND_EXTEND
#undef STEP
        for (unsigned i = 0; i < 8; i++) {
            h[i] += v[i];
        }
    }
}

const struct pa_hash_single pa_sha512_avx2 = {sha512_blocks_avx2, 600};
