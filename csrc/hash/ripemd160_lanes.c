/* SPDX-License-Identifier: Apache-2.0 */
/* RIPEMD-160 in lanes of a vector: 8 (AVX2) and 16 (AVX-512).
 *
 * Floor of 16 lanes: 160 steps of 7 operations at two a cycle (Intel) = 560 cycles a block. Measured on Emerald Rapids
 * (family 6 model 207, 3.0 GHz, a virtual core with neighbours): 16 lanes 605 cycles a block with its transposition, 8 lanes
 * 780, one message alone 430. Messages of 64 bytes through pyaccel_hash_many, 1024 at a time: 31.8 M/s (94 cycles each),
 * 13.1 M/s (228) with 8 lanes, 3.3 M/s (910) one by one. HASH160 of 33 bytes: 20.5 M/s (146), 8.5 M/s (353) with 8 lanes.
 * Two streams of 16 lanes were not built: this core is at its ports' limit. */
#define WORD_BITS 32
#include <string.h>

#include "vector.h"

typedef vec word;
#define ADD vec_add
#define ROTATE(x, n) vec_ror(x, 32 - (n))
#define EVERY vec_set1
#if VECTOR_BYTES == 64
#define SHORT 0u
#define ADD_MIX_0(sum, x, y, z) ADD(sum, vec_xor3(x, y, z))
#define ADD_MIX_1(sum, x, y, z) ADD(sum, vec_choose(x, y, z))
#define ADD_MIX_3(sum, x, y, z) ADD(sum, vec_choose(z, x, y))
/* Truth tables of (x | ~y) ^ z and x ^ (y | ~z). */
#define ADD_MIX_2(sum, x, y, z) ADD(sum, _mm512_ternarylogic_epi64(x, y, z, 0x59))
#define ADD_MIX_4(sum, x, y, z) ADD(sum, _mm512_ternarylogic_epi64(x, y, z, 0x2d))
#else
#define SHORT (-1u)
#define SUB _mm256_sub_epi32
#define AND _mm256_and_si256
#define AND_NOT _mm256_andnot_si256 /* ~x & y */
#define XOR _mm256_xor_si256
#define ADD_MIX_0(sum, x, y, z) ADD(sum, XOR(x, XOR(y, z)))
#define ADD_MIX_1(sum, x, y, z) ADD(sum, vec_choose(x, y, z))
#define ADD_MIX_2(sum, x, y, z) SUB(sum, XOR(AND_NOT(x, y), z))
#define ADD_MIX_3(sum, x, y, z) ADD(sum, _mm256_or_si256(AND_NOT(z, y), AND(x, z)))
#define ADD_MIX_4(sum, x, y, z) SUB(sum, XOR(x, AND_NOT(y, z)))
#endif

#include "ripemd160_rounds.h"

#define DIGEST 20

static void absorb_blocks(void *state, const uint8_t *const *data, uint64_t count)
{
    vec h[5], x[16];
    vec_load(h, state, 5);
    for (uint64_t block = 0; block < count; block++) {
        vec_gather(x, data, block * 64, 16);
        compress(h, x);
    }
    vec_store(state, h, 5);
}

/* Digests are no whole number of quarters: the lanes' fifth words go their own way. */
static void store_digests(uint8_t *digests, const void *state)
{
    vec h[4];
    vec_load(h, state, 4);
    vec_scatter(digests, DIGEST, h, 4);
    for (unsigned l = 0; l < LANES; l++) {
        memcpy(digests + l * DIGEST + 16, (const uint32_t *)state + 4 * LANES + l, 4);
    }
}

const struct pa_hash_lanes PA_VARIANT(pa_ripemd160_lanes_) = {
    .blocks = absorb_blocks,
    .store = store_digests,
    .lanes = LANES,
    .stored = DIGEST,
    .cost = VECTOR_BYTES == 64 ? 610 : 780,
};
