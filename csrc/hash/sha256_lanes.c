/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 in lanes: 8 with AVX2, 16 and, as two streams, 32 with AVX-512 F and BW. FIPS 180-4.
 *
 * Measured on Sapphire Rapids (family 6 model 207, 2.99 GHz, a virtual core with neighbours; quiet moments), gcc 12. Cycles
 * of a block of all lanes: 16 lanes 930 of many, 965 alone, 575 when shared; 8 lanes 1230, 1280 and 955 (clang 14: 1130,
 * 1145 and 790, nearer to the 16 registers' floor). Messages of 64 bytes through pyaccel_hash_many, 4096 at a time: 27.5 M/s
 * and 108 cycles each with 16 lanes, 10.1 and 296 with 8, against 9.5 with SHA-NI one by one and 2.3 portable. What stands
 * between 96 cycles of the kernels and 108 is gathering rows.
 * 8 lanes give way to SHA-NI wherever a CPU has both: a tenth slower than they are here, but faster on Zen 3. Tried and lost:
 * transposition wholly in registers, 980 cycles for a block alone.
 * Two interleaved streams of 16 took 2000 cycles there for what two calls do in 1980: latency is one cycle.
 *
 * Zen 5 (family 26 model 2, a quiet virtual core at 4.2 GHz), gcc 12, where four vector operations a cycle take two cycles
 * each, rotations two of the four pipes: floor of a lane 25.2 cycles a block and 16 a block that lanes share. Two streams
 * reach 29.4 and 21.6, with 3 for gathering a block; one stream 41 and 38, its rounds being a chain of ten cycles (three
 * rotations of one word take two cycles to issue). 64 bytes through pyaccel_hash_many: 55.6 cycles, 1024 at a time; 63, a
 * million from Python. An assembler text of the same operations takes 29.2: gcc leaves nothing there. What stands between:
 * gathering, which does not overlap the rounds before it, and memory. Tried and lost there: rounds written out by 16 with
 * words in registers, 22 KB, more than what is kept of decoded instructions (75 cycles a message); gathering as the first
 * rounds go, 46 a block; three streams: 18.8 a shared block, but 34 a block of their own; the block of one group beside the
 * shared one of another, 50.3 for both.
 *
 * Zen 4 (family 25 model 17, a virtual core with neighbours), two vector operations a cycle, rotations one: floor of a lane 50.5
 * cycles a block, 32 a shared one, 4 for gathering. gcc 12, a message of 64 bytes in the kernel: 101.5 with two streams, 108 with
 * one; clang 14, 102. Of a lane: 43.5 cycles for the 48 rounds that make words (floor 42), 9.3 for the other 16 (8.5), 38.6 for
 * a shared block (34 with the operation more), 2.3 to gather, 2.5 to put words, 2.2 to keep and add the state, 1 for digests.
 * Streams go operation by operation; one after the other in every round, 105.3, since gcc then kept 18 words of state in memory in
 * 8 rounds instead of 4. Tried and lost: three streams, 106; words of the state held by barriers at each loop, 105; rotations
 * apart from each other, 102 (an assembler text of that order now and then settles at 34.4 a shared block); rounds of one
 * operation less for shared blocks, 101, but slower on Zen 5.
 *
 * 8 lanes with AVX2 on Zen 4, gcc 12: 935 cycles a block and 620 one that lanes share, 202 a message of 64 bytes in the
 * kernel (clang 14: 201), 212 by rounds in C.
 *
 * 8 lanes with AVX2 on Zen 3 (3.24 GHz), the kernel alone, by rounds in C: 970 cycles a block and 693 one that lanes
 * share (gcc 12), 973 and 692 (clang 14). Tried and lost there: gcc's -mtune=znver3, haswell and skylake, each better for
 * one kernel in lanes and worse for another. */
#define WORD_BITS 32
#define CONSTANTS pa_sha256_constants

#include "sha256_functions.h"

#include "sha2_lanes.h"

static void absorb_words(void *state, const void *words)
{
    word s[8], w[SCHEDULE];
    load_words(s, state, 8);
    load_words(w, words, 16);
    compress(s, w, pa_hash_no_more());
    store_words(state, s, 8);
}

#if VECTOR_BYTES == 32
#define SHARED_STEP(i) round_of_sum(s, i, &differ, wk + (i));
#elif STREAMS == 1
#define SHARED_STEP(i) round_once(s, i, EVERY(wk[i]));
#else
/* The same round, by one operation more, with the way from e to the next e shorter by an addition: rounds alone leave pipes
 * idle while they wait for each other. */
PA_INLINE void round_of_shared(word s[8], unsigned i, word wk)
{
    word a = s[(0 - i) & 7], b = s[(1 - i) & 7], c = s[(2 - i) & 7], d = s[(3 - i) & 7];
    word e = s[(4 - i) & 7], f = s[(5 - i) & 7], g = s[(6 - i) & 7], h = s[(7 - i) & 7];
    word next_e = WORD_ADD(WORD_ADD(WORD_ADD(h, wk), d), WORD_CHOOSE(e, f, g));
    next_e = WORD_ADD(next_e, BIG_SIGMA_1(e));
    s[(3 - i) & 7] = next_e;
    s[(7 - i) & 7] =
        WORD_ADD(WORD_ADD(next_e, WORD_SUB(WORD_MAJORITY(a, b, c), d)), BIG_SIGMA_0(a));
}
#define SHARED_STEP(i) round_of_shared(s, i, EVERY(wk[i]));
#endif

/* A block that all lanes share: no schedule, and the constants are in it. */
PA_INLINE void compress_shared(word s[8], const uint32_t *schedule)
{
    word before[8];
    copy_state(before, s);
#if VECTOR_BYTES == 32
    word differ = WORD_XOR(s[1], s[2]);
#endif
    for (const uint32_t *wk = schedule; wk < schedule + ROUNDS; wk += 8) {
        PA_EIGHT(SHARED_STEP)
    }
    add_state(s, before);
}

#if STREAMS == 1
#define KERNEL PA_VARIANT(pa_sha256_lanes_)
#define COST (VECTOR_BYTES == 64 ? 930 : 970)
#else
#define KERNEL PA_VARIANT(pa_sha256_lanes_x32_)
#define COST 2000
#endif

const struct pa_hash_lanes KERNEL = {
    .blocks = absorb_blocks,
    .schedule = pa_sha256_schedule,
    .shared = absorb_shared,
    .words = absorb_words,
    .store = store_digests,
    .messages = hash_messages,
    .subtrees = hash_subtrees,
    .stage = STAGE,
    .ends_unit = ENDS_UNIT,
    .fetches = true,
    .lanes = ALL_LANES,
    .stored = 32,
    .cost = COST,
    .states = true,
    .sorts = true,
    .leaves = true,
};
