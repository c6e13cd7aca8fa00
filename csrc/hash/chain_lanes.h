/* SPDX-License-Identifier: Apache-2.0 */
/* What SHA-2 and SM3 in lanes have alike, at any vector width: a state of eight words, blocks of sixteen, both big-endian.
 *
 * Defined by the includer, before: what vector.h wants; SCHEDULE, the words that a block is extended to; STREAMS, vectors of
 * lanes side by side, 1 to 3 (1 where not defined): several fill the pipes where an operation takes two cycles, and want the 32
 * registers of AVX-512. After: compress and, of 32-bit words, compress_shared. */
#ifndef PA_HASH_CHAIN_LANES_H
#define PA_HASH_CHAIN_LANES_H

#include "vector.h"

#ifndef STREAMS
#define STREAMS 1
#endif
#if STREAMS == 1
#define EACH_STREAM(f) f(0)
#elif STREAMS == 2
#define EACH_STREAM(f) f(0) f(1)
#else
#define EACH_STREAM(f) f(0) f(1) f(2)
#endif
#define ALL_LANES (STREAMS * LANES)
#define BLOCK (16 * sizeof(vec_word))

/* The place of words is memory: where gcc held some in registers, it would write them there and others again elsewhere. A
 * register takes what several rotations read: gcc would have each of them load it. */
#ifdef __AVX512F__
#define KEEP_IN_MEMORY(x) __asm__("" : "+m"(x))
#define IN_REGISTER(x) __asm__("" : "+v"(x))
#else
#define KEEP_IN_MEMORY(x) (void)0
#define IN_REGISTER(x) (void)0
#endif

/* One block into the state, all lanes: 8 vectors of state and SCHEDULE vectors of words a stream, of which the first 16 are
 * the block and the others overwritten. Meanwhile a block of each lane is brought into the cache. */
PA_INLINE void compress(vec s[STREAMS][8], vec w[SCHEDULE][STREAMS], pa_hash_ahead ahead);

#if WORD_BITS == 32
/* A block that all lanes share, by its schedule. */
PA_INLINE void compress_shared(vec s[STREAMS][8], const uint32_t *schedule);
#endif

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

PA_INLINE void copy_state(vec to[STREAMS][8], vec from[STREAMS][8])
{
    for (unsigned i = 0; i < 8; i++) {
#define COPY(j) to[j][i] = from[j][i];
        EACH_STREAM(COPY)
#undef COPY
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

#define PUT_WORDS(j)                                                                               \
    for (unsigned i = 0; i < 16; i++) {                                                            \
        w[i][j] = words[i];                                                                        \
        KEEP_IN_MEMORY(w[i][j]);                                                                   \
    }

PA_INLINE void swap_words(vec words[16])
{
    PA_UNROLL
    for (unsigned i = 0; i < 16; i++) {
        words[i] = vec_swap_bytes(words[i]);
    }
}

/* w = the block at data[l] + offset of each lane, the lesser half first where that is asked for. */
PA_INLINE void load_block(vec w[SCHEDULE][STREAMS], const uint8_t *const *data, uint64_t offset,
                          bool sorted_pairs){
#define LOAD(j)                                                                                    \
    {                                                                                              \
        vec words[16];                                                                             \
        vec_gather(words, data + (j) * LANES, offset, 16);                                         \
        swap_words(words);                                                                         \
        if (WORD_BITS == 32 && sorted_pairs) {                                                     \
            vec_order(words, words + 8, 8, true);                                                  \
        }                                                                                          \
        PUT_WORDS(j)                                                                               \
    }
    EACH_STREAM(LOAD)
#undef LOAD
}

#if VECTOR_BYTES == 64
/* The same of block `block` of those that end messages. */
PA_INLINE void load_end(vec w[SCHEDULE][STREAMS], const pa_hash_shape *shape,
                        const uint8_t *const *data, uint64_t block)
{
    const uint64_t at = block * BLOCK, last = shape->before + shape->rest;
    const uint64_t offset = shape->whole * BLOCK + at - shape->before;
    const uint64_t first_own = shape->before > at ? shape->before - at : 0;
    const uint64_t last_own = last > at ? last - at : 0;
    const uint8_t *common = shape->ending + at;
#define LOAD(j)                                                                                    \
    {                                                                                              \
        vec words[16];                                                                             \
        vec_gather_into(words, data + (j) * LANES, offset, first_own, last_own, common);           \
        swap_words(words);                                                                         \
        PUT_WORDS(j)                                                                               \
    }
    EACH_STREAM(LOAD)
#undef LOAD
}
#endif

/* Lines of the cache that a block of all lanes is. */
#define LINES (ALL_LANES * BLOCK / 64)

/* Brings line i < LINES of the blocks of all lanes into the cache. */
PA_INLINE void fetch_line(pa_hash_ahead ahead, uint64_t i)
{
    vec_fetch(ahead, i % ALL_LANES, i / ALL_LANES * 64);
}

static void absorb_blocks(void *state, const uint8_t *const *data, uint64_t count)
{
    vec s[STREAMS][8], w[SCHEDULE][STREAMS];
    load_state(s, state);
    for (uint64_t block = 0; block < count; block++) {
        load_block(w, data, block * BLOCK, false);
        compress(s, w, pa_hash_no_more());
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

#if WORD_BITS == 32
/* w = the block of a digest that stands in s: 32 bytes, the bit after them, their length of 256 bits. */
PA_INLINE void digest_block(vec w[SCHEDULE][STREAMS], vec s[STREAMS][8])
{
    const vec zero = vec_set1(0), one = vec_set1(0x80000000u), length = vec_set1(256);
    for (unsigned i = 0; i < 8; i++) {
#define FILL(j)                                                                                    \
    w[i][j] = s[j][i];                                                                             \
    w[8 + i][j] = i == 0 ? one : i == 7 ? length : zero;
        EACH_STREAM(FILL)
#undef FILL
    }
}

static void absorb_shared(void *state, const uint32_t *schedule)
{
    vec s[STREAMS][8];
    load_state(s, state);
    compress_shared(s, schedule);
    store_state(state, s);
}
#endif

/* One text of a block for those that lie in two places and for the digest's, so that it fits the decoded-instruction
 * cache. */
static void hash_messages(uint8_t *digests, const pa_hash_shape *shape, const uint8_t *const *data,
                          const uint8_t *const *tails)
{
    vec s[STREAMS][8], w[SCHEDULE][STREAMS];
    const uint64_t whole = shape->whole, there = whole + shape->ends;
    const uint64_t blocks = there + shape->staged;
    uint64_t block = 0;
    pa_hash_ahead ahead = pa_hash_no_more();
#if WORD_BITS == 32
    const uint32_t *schedule = shape->schedule;
    const pa_hash_state *again = shape->again;
#endif
    start_all(s, shape->initial);
    for (;;) {
        if (block < blocks) {
#if VECTOR_BYTES == 64
            if (block >= whole && block < there) {
                load_end(w, shape, data, block - whole);
            } else
#endif
            {
                const bool whole_one = block < there;
                load_block(w, whole_one ? data : tails, (whole_one ? block : block - there) * BLOCK,
                           shape->sorted_pairs);
            }
            ahead = block < there ? pa_hash_blocks_ahead(data, block, there, BLOCK, shape->next)
                                  : pa_hash_no_more();
            block++;
        } else {
            ahead = pa_hash_no_more();
#if WORD_BITS == 32
            if (schedule != NULL) {
                compress_shared(s, schedule);
                schedule = NULL;
            }
            if (again != NULL) {
                digest_block(w, s);
                start_all(s, again);
                again = NULL;
            } else
#endif
            {
                break;
            }
        }
        compress(s, w, ahead);
    }
    if (shape->states) {
        store_state(digests, s);
    } else {
        write_digests(digests, s);
    }
}

#endif
