/* SPDX-License-Identifier: Apache-2.0 */
/* RIPEMD-160 in lanes of a vector: 8 (AVX2), 16 and, as two streams, 32 (AVX-512).
 *
 * Floor of 16 lanes: 160 steps of 7 operations at two a cycle (Intel) = 560 cycles a block. Measured on Emerald Rapids
 * (family 6 model 207, 3.0 GHz, a virtual core with neighbours): 16 lanes 605 cycles a block with its transposition, 8 lanes
 * 780, one message alone 430. Messages of 64 bytes through pyaccel_hash_many, 1024 at a time: 31.8 M/s (94 cycles each),
 * 13.1 M/s (228) with 8 lanes, 3.3 M/s (910) one by one. HASH160 of 33 bytes: 20.5 M/s (146), 8.5 M/s (353) with 8 lanes.
 * 16 lanes are at that core's ports' limit, which leaves nothing for a second stream.
 *
 * Zen 5 (family 26 model 2, a quiet virtual core at 4.2 GHz), gcc 12: floor of a lane 17.5 cycles a block at four operations a
 * cycle. Two streams reach 24.5 and one 43: four chains of eight cycles a step against seven of operations. 64 bytes through
 * pyaccel_hash_many: 58 cycles, 1024 at a time; HASH160 of 33 bytes 90. Tried and lost: constants in the code and words where
 * gcc puts them, 42.
 *
 * Zen 4 (family 25 model 17, a virtual core with neighbours), gcc 12: HASH160 of 33 bytes, 1024 at a time, 124 cycles with words
 * of SHA-256 as they are (hash_after), 145 with digests as bytes in between; 223 and 243 with 8 lanes of AVX2. Two streams of both,
 * keys loaded where they lie: 111, a million 114; a block of all lanes takes 40.6 cycles a lane (floor 35, 4 for gathering), 48.3
 * with one stream; 42.3 and 49.9 where words are loaded by the other one's way.
 *
 * Zen 4 held to AVX2, gcc 12: a block of many 75 cycles a lane; 64 bytes, two blocks, 158 of many and of a million, 168 where the
 * state stops in memory between them. The same by 16 and 32 lanes of AVX-512: 85 in place of 89, but 16 KiB cost 1 to 2 % more.
 * Digests of idle lanes left out (member leaves): 5 to 10 % lost, for 1 % where rows don't fill lanes.
 *
 * Floor of 8 lanes with AVX2 on Zen 3 (3.24 GHz): 500 cycles a block. Reached, the kernel alone: 572 (gcc 12), 609 (clang
 * 14). Tried and lost: gcc's -mtune=znver3, haswell and skylake, each better for one kernel in lanes and worse for another. */
#define WORD_BITS 32
#include <string.h>

#include "streams.h"

#define ADD WORD_ADD
#define ROTATE(x, n) WORD_ROR(x, 32 - (n))
#if VECTOR_BYTES == 64
#define SHORT 0u
/* Truth tables of (x | ~y) ^ z and x ^ (y | ~z). */
#define vec_mix_2(x, y, z) _mm512_ternarylogic_epi64(x, y, z, 0x59)
#define vec_mix_4(x, y, z) _mm512_ternarylogic_epi64(x, y, z, 0x2d)
#if STREAMS == 1
#define MIX_2 vec_mix_2
#define MIX_4 vec_mix_4
#else
OF_THREE(MIX_2, vec_mix_2)
OF_THREE(MIX_4, vec_mix_4)
#endif
#define ADD_MIX_0(sum, x, y, z) ADD(sum, WORD_XOR3(x, y, z))
#define ADD_MIX_1(sum, x, y, z) ADD(sum, WORD_CHOOSE(x, y, z))
#define ADD_MIX_2(sum, x, y, z) ADD(sum, MIX_2(x, y, z))
#define ADD_MIX_3(sum, x, y, z) ADD(sum, WORD_CHOOSE(z, x, y))
#define ADD_MIX_4(sum, x, y, z) ADD(sum, MIX_4(x, y, z))
#else
#define SHORT (-1u)
#define SUB _mm256_sub_epi32
#define AND _mm256_and_si256
#define AND_NOT _mm256_andnot_si256 /* ~x & y */
#define XOR _mm256_xor_si256
#define ADD_MIX_0(sum, x, y, z) ADD(sum, XOR(x, XOR(y, z)))
#define ADD_MIX_1(sum, x, y, z) ADD(sum, WORD_CHOOSE(x, y, z))
#define ADD_MIX_2(sum, x, y, z) SUB(sum, XOR(AND_NOT(x, y), z))
#define ADD_MIX_3(sum, x, y, z) ADD(sum, _mm256_or_si256(AND_NOT(z, y), AND(x, z)))
#define ADD_MIX_4(sum, x, y, z) SUB(sum, XOR(x, AND_NOT(y, z)))
#endif

#if VECTOR_BYTES == 64
/* Constants stand behind the words: from one pointer a byte addresses both. With constants in the code and words where gcc
 * puts them, two streams come to 31 KB, more than what is kept of decoded instructions. */
#define LEFT(round, mix) x[16 + (round)]
#define RIGHT(round, mix) x[21 + (round)]
#define WORDS 26
#if STREAMS > 1
/* Each step loads its words where they lie: gcc would keep them for later steps, as copies in its own memory. One stream has
 * registers left for that. */
#define FORGET_WORDS __asm__ volatile("" : : : "memory");
#endif
#else
#define WORDS 16
#endif

#include "ripemd160_rounds.h"

#define DIGEST 20

PA_INLINE void place_constants(word words[WORDS])
{
#if VECTOR_BYTES == 64
    for (unsigned round = 0; round < 5; round++) {
        words[16 + round] = EVERY(left_constant[round]);
        words[21 + round] = EVERY(right_constant[round]);
    }
#else
    (void)words;
#endif
}

PA_INLINE void absorb(word h[5], word words[WORDS])
{
#if VECTOR_BYTES == 64
    word *x = words;
    __asm__ volatile("" : "+r"(x) : : "memory");
#else
    const word *x = words;
#endif
    compress(h, x);
}

static void absorb_blocks(void *state, const uint8_t *const *data, uint64_t count)
{
    word h[5], words[WORDS];
    load_words(h, state, 5);
    place_constants(words);
    for (uint64_t block = 0; block < count; block++) {
        gather_words(words, data, block * 64, 16);
        absorb(h, words);
    }
    store_words(state, h, 5);
}

/* Digests are no whole number of quarters: the lanes' fifth words go their own way. */
static void store_digests(uint8_t *digests, const void *state)
{
    word h[4];
    load_words(h, state, 4);
    scatter_words(digests, DIGEST, h, 4, ALL_LANES);
    for (unsigned l = 0; l < ALL_LANES; l++) {
        memcpy(digests + l * DIGEST + 16, (const uint32_t *)state + 4 * ALL_LANES + l, 4);
    }
}

#if VECTOR_BYTES == 32
/* One text of a block for both places. */
static void hash_messages(uint8_t *digests, const pa_hash_shape *shape, const uint8_t *const *data,
                          const uint8_t *const *tails)
{
    word h[5], words[WORDS];
    _Alignas(64) uint32_t made[5 * ALL_LANES];
    const uint64_t whole = shape->whole;
    place_constants(words);
    for (unsigned i = 0; i < 5; i++) {
        h[i] = EVERY(shape->initial->word[i]);
    }
    for (uint64_t block = 0; block < whole + shape->staged; block++) {
        const bool there = block < whole;
        gather_words(words, there ? data : tails, (there ? block : block - whole) * 64, 16);
        absorb(h, words);
    }
    store_words(made, h, 5);
    store_digests(digests, made);
}
#endif

/* HASH160 after its SHA-256: words go from one state to the other's block without being bytes in between. */
static void hash_after(uint8_t *digests, const void *state, const pa_hash_state *initial)
{
    word h[5], words[WORDS];
    _Alignas(64) uint32_t made[5 * ALL_LANES];
    load_words(words, state, 8);
    for (unsigned i = 0; i < 8; i++) {
        words[i] = WORD_SWAP_BYTES(words[i]);
        words[8 + i] = EVERY(i == 0 ? 0x80 : i == 6 ? 8 * 32 : 0);
    }
    place_constants(words);
    for (unsigned i = 0; i < 5; i++) {
        h[i] = EVERY(initial->word[i]);
    }
    absorb(h, words);
    store_words(made, h, 5);
    store_digests(digests, made);
}

#if STREAMS == 1
#define KERNEL PA_VARIANT(pa_ripemd160_lanes_)
#define COST (VECTOR_BYTES == 64 ? 610 : 570)
#else
#define KERNEL PA_VARIANT(pa_ripemd160_lanes_x32_)
#define COST 1230
#endif

const struct pa_hash_lanes KERNEL = {
    .blocks = absorb_blocks,
    .store = store_digests,
#if VECTOR_BYTES == 32
    .messages = hash_messages,
#endif
    .after = hash_after,
    .stage = STAGE,
    .lanes = ALL_LANES,
    .stored = DIGEST,
    .cost = COST,
};
