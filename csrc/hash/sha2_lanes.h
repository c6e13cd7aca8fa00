/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-2 compression in lanes: what SHA-256 and SHA-512 have alike (FIPS 180-4, 6.2 and 6.4), at any vector width.
 *
 * Defined by the includer: what vector.h wants; ROUNDS and the functions of sha256_functions.h or sha512_functions.h;
 * CONSTANTS, the ROUNDS round constants; STREAMS, vectors of lanes side by side, 1 or 2 (1 where not defined): two fill the
 * pipes where an operation takes two cycles, and want the 32 registers of AVX-512. */
#ifndef PA_HASH_SHA2_LANES_H
#define PA_HASH_SHA2_LANES_H

#include "vector.h"

#ifndef STREAMS
#define STREAMS 1
#endif
#if STREAMS == 1
#define EACH_STREAM(f) f(0)
#else
#define EACH_STREAM(f) f(0) f(1)
#endif
#define ALL_LANES (STREAMS * LANES)

#define XOR3 vec_xor3
#define ROTATE vec_ror
#define SHIFT vec_shr

/* Round i of a run of 16: the eight state words rotate through s instead of being moved. */
PA_INLINE void round_once(vec s[8], unsigned i, vec wk)
{
    vec a = s[(0 - i) & 7], b = s[(1 - i) & 7], c = s[(2 - i) & 7], d = s[(3 - i) & 7];
    vec e = s[(4 - i) & 7], f = s[(5 - i) & 7], g = s[(6 - i) & 7], h = s[(7 - i) & 7];
    vec t1 = vec_add(vec_add(vec_add(h, wk), vec_choose(e, f, g)), BIG_SIGMA_1(e));
    s[(3 - i) & 7] = vec_add(d, t1);
    s[(7 - i) & 7] = vec_add(vec_add(t1, vec_majority(a, b, c)), BIG_SIGMA_0(a));
}

/* w[i] = W_t+16 in place of W_t. */
PA_INLINE void extend(vec w[16], unsigned i)
{
    vec s0 = SMALL_SIGMA_0(w[(i + 1) & 15]), s1 = SMALL_SIGMA_1(w[(i + 14) & 15]);
    w[i] = vec_add(vec_add(w[i], w[(i + 9) & 15]), vec_add(s0, s1));
}

/* x[j] = word w of stream j, words being stored word by word for all lanes. */
PA_INLINE void load_words(vec x[STREAMS][16], const void *words, unsigned count)
{
    const vec_word *from = words;
    for (unsigned w = 0; w < count; w++) {
#define LOAD(j) vec_load(&x[j][w], from + w * ALL_LANES + (j) * LANES, 1);
        EACH_STREAM(LOAD)
#undef LOAD
    }
}

PA_INLINE void load_state(vec s[STREAMS][8], const void *state)
{
    const vec_word *from = state;
    for (unsigned w = 0; w < 8; w++) {
#define LOAD(j) vec_load(&s[j][w], from + w * ALL_LANES + (j) * LANES, 1);
        EACH_STREAM(LOAD)
#undef LOAD
    }
}

PA_INLINE void store_state(void *state, vec s[STREAMS][8])
{
    vec_word *to = state;
    for (unsigned w = 0; w < 8; w++) {
#define STORE(j) vec_store(to + w * ALL_LANES + (j) * LANES, &s[j][w], 1);
        EACH_STREAM(STORE)
#undef STORE
    }
}

PA_INLINE void add_state(vec s[STREAMS][8], vec before[STREAMS][8])
{
    for (unsigned i = 0; i < 8; i++) {
#define ADD(j) s[j][i] = vec_add(s[j][i], before[j][i]);
        EACH_STREAM(ADD)
#undef ADD
    }
}

PA_INLINE void copy_state(vec to[STREAMS][8], vec from[STREAMS][8])
{
    for (unsigned i = 0; i < 8; i++) {
#define COPY(j) to[j][i] = from[j][i];
        EACH_STREAM(COPY)
#undef COPY
    }
}

/* One block into the state, all lanes.
 *   shapes   s: 8 vectors a stream, w: 16 vectors a stream (overwritten)
 *   formula  ROUNDS rounds over W, W_t = s1(W_t-2) + W_t-7 + s0(W_t-15) + W_t-16. With AVX-512 17 operations a round and 11 a
 *            word: 812 cycles for SHA-256, 1036 for SHA-512, at two a cycle (Intel), of which the rotates use one port.
 *            Loops of 16 rounds, since code past the decoded-instruction cache loses
 *   before   nothing. Constant time */
PA_INLINE void compress(vec s[STREAMS][8], vec w[STREAMS][16])
{
    vec before[STREAMS][8];
    const vec_word *k = CONSTANTS;
    copy_state(before, s);
#define ROUND_OF(j) round_once(s[j], round, vec_add(w[j][round], constant));
#define EXTEND_OF(j) extend(w[j], round);
#define STEP(i)                                                                                    \
    {                                                                                              \
        enum { round = i };                                                                        \
        const vec constant = vec_set1(k[i]);                                                       \
        EACH_STREAM(ROUND_OF)                                                                      \
    }
#define STEP_AND_EXTEND(i)                                                                         \
    STEP(i)                                                                                        \
    {                                                                                              \
        enum { round = i };                                                                        \
        EACH_STREAM(EXTEND_OF)                                                                     \
    }
    for (; k < CONSTANTS + ROUNDS - 16; k += 16) {
        PA_SIXTEEN(STEP_AND_EXTEND)
    }
    PA_SIXTEEN(STEP)
#undef STEP_AND_EXTEND
#undef STEP
#undef EXTEND_OF
#undef ROUND_OF
    add_state(s, before);
}

/* w = the block at data[l] + offset of each lane, big-endian. */
PA_INLINE void load_block(vec w[STREAMS][16], const uint8_t *const *data, uint64_t offset)
{
#define LOAD(j) vec_gather(w[j], data + (j) * LANES, offset, 16);
    EACH_STREAM(LOAD)
#undef LOAD
    for (unsigned i = 0; i < 16; i++) {
#define SWAP(j) w[j][i] = vec_swap_bytes(w[j][i]);
        EACH_STREAM(SWAP)
#undef SWAP
    }
}

/* Every lane begins alike. */
PA_INLINE void start_all(vec s[STREAMS][8], const pa_hash_state *initial)
{
    for (unsigned i = 0; i < 8; i++) {
        const vec word = vec_set1(WORD_BITS == 32 ? initial->word[i] : initial->wide[i]);
#define START(j) s[j][i] = word;
        EACH_STREAM(START)
#undef START
    }
}

static void absorb_blocks(void *state, const uint8_t *const *data, uint64_t count)
{
    vec s[STREAMS][8], w[STREAMS][16];
    load_state(s, state);
    for (uint64_t block = 0; block < count; block++) {
        load_block(w, data, block * 16 * sizeof(vec_word));
        compress(s, w);
    }
    store_state(state, s);
}

/* s is overwritten. */
PA_INLINE void write_digests(uint8_t *digests, vec s[STREAMS][8])
{
    for (unsigned i = 0; i < 8; i++) {
#define SWAP(j) s[j][i] = vec_swap_bytes(s[j][i]);
        EACH_STREAM(SWAP)
#undef SWAP
    }
    const uint64_t stride = 8 * sizeof(vec_word);
#define SCATTER(j) vec_scatter(digests + (j) * LANES * stride, stride, s[j], 8);
    EACH_STREAM(SCATTER)
#undef SCATTER
}

static void store_digests(uint8_t *digests, const void *state)
{
    vec s[STREAMS][8];
    load_state(s, state);
    write_digests(digests, s);
}

#endif
