/* SPDX-License-Identifier: Apache-2.0 */
/* What SHA-2 and SM3 in lanes have alike, at any vector width: a state of eight words, blocks of sixteen, both big-endian.
 *
 * Defined by the includer, before: what streams.h wants; SCHEDULE, the words that a block is extended to. After: compress and,
 * of 32-bit words, compress_shared. */
#ifndef PA_HASH_CHAIN_LANES_H
#define PA_HASH_CHAIN_LANES_H

#include "streams.h"

#define BLOCK (16 * sizeof(vec_word))

/* The place of words is memory: where gcc held some in registers, it would write them there and others again elsewhere. A
 * register takes what several rotations read: gcc would have each of them load it. */
#ifdef __AVX512F__
#define KEEP_IN_MEMORY(x) __asm__("" : "+m"(x))
#define KEEP_IN_REGISTER(x) __asm__("" : "+v"(x))
#else
#define KEEP_IN_MEMORY(x) (void)(x)
#define KEEP_IN_REGISTER(x) (void)(x)
#endif

PA_INLINE void keep_in_memory(word *x)
{
    PA_UNROLL
    for (unsigned p = 0; p < STREAMS; p++) {
        KEEP_IN_MEMORY(STREAM(*x, p));
    }
}

PA_INLINE word in_register(word x)
{
    PA_UNROLL
    for (unsigned p = 0; p < STREAMS; p++) {
        KEEP_IN_REGISTER(STREAM(x, p));
    }
    return x;
}

/* One block into the state, all lanes: 8 words of state and SCHEDULE words, of which the first 16 are the block and the others
 * overwritten. Meanwhile a block of each lane is brought into the cache. */
PA_INLINE void compress(word s[8], word w[SCHEDULE], pa_hash_ahead ahead);

#if WORD_BITS == 32
/* A block that all lanes share, by its schedule. */
PA_INLINE void compress_shared(word s[8], const uint32_t *schedule);
#endif

PA_INLINE void copy_state(word to[8], const word from[8])
{
    PA_UNROLL
    for (unsigned i = 0; i < 8; i++) {
        to[i] = from[i];
    }
}

/* Every lane begins alike. */
PA_INLINE void start_all(word s[8], const pa_hash_state *initial)
{
    PA_UNROLL
    for (unsigned i = 0; i < 8; i++) {
        s[i] = EVERY(WORD_BITS == 32 ? initial->word[i] : initial->wide[i]);
    }
}

PA_INLINE void swap_words(vec words[16])
{
    PA_UNROLL
    for (unsigned i = 0; i < 16; i++) {
        words[i] = vec_swap_bytes(words[i]);
    }
}

/* w = the block of each lane of stream p, its lesser half first where that is asked for. */
PA_INLINE void put_words(word w[SCHEDULE], unsigned p, vec words[16], bool sorted_pairs)
{
    if (WORD_BITS == 32 && sorted_pairs) {
        vec_order(words, words + 8, 8, true);
    }
    PA_UNROLL
    for (unsigned i = 0; i < 16; i++) {
        STREAM(w[i], p) = words[i];
        KEEP_IN_MEMORY(STREAM(w[i], p));
    }
}

/* w = the block at data[l] + offset of each lane. */
PA_INLINE void load_block(word w[SCHEDULE], const uint8_t *const *data, uint64_t offset,
                          bool sorted_pairs)
{
    PA_UNROLL
    for (unsigned p = 0; p < STREAMS; p++) {
        vec words[16];
        vec_gather(words, data + p * LANES, offset, 16);
        swap_words(words);
        put_words(w, p, words, sorted_pairs);
    }
}

/* The same of block `block` of those that end messages. */
PA_INLINE void load_end(word w[SCHEDULE], const pa_hash_shape *shape, const uint8_t *const *data,
                        uint64_t block)
{
    const uint64_t at = block * BLOCK, last = shape->before + shape->rest;
    const uint64_t offset = shape->whole * BLOCK + at - shape->before;
    const uint64_t first_own = shape->before > at ? shape->before - at : 0;
    const uint64_t last_own = last > at ? last - at : 0;
    const uint8_t *common = shape->ending + at;
    PA_UNROLL
    for (unsigned p = 0; p < STREAMS; p++) {
        vec words[16];
        vec_gather_into(words, data + p * LANES, offset, first_own, last_own, common);
        swap_words(words);
        put_words(w, p, words, false);
    }
}

/* Bytes that ends of messages are a multiple of where they are taken from where they lie. */
#define ENDS_UNIT (VECTOR_BYTES == 64 ? 1 : 16)

/* Lines of the cache that a block of all lanes is. */
#define LINES (ALL_LANES * BLOCK / 64)

/* Brings line i < LINES of the blocks of all lanes into the cache. */
PA_INLINE void fetch_line(pa_hash_ahead ahead, uint64_t i)
{
    vec_fetch(ahead, i % ALL_LANES, i / ALL_LANES * 64);
}

static void absorb_blocks(void *state, const uint8_t *const *data, uint64_t count)
{
    word s[8], w[SCHEDULE];
    load_words(s, state, 8);
    for (uint64_t block = 0; block < count; block++) {
        load_block(w, data, block * BLOCK, false);
        compress(s, w, pa_hash_no_more());
    }
    store_words(state, s, 8);
}

/* Of lanes below `end`; s is overwritten. */
PA_INLINE void write_digests(uint8_t *digests, word s[8], unsigned end)
{
    PA_UNROLL
    for (unsigned i = 0; i < 8; i++) {
        s[i] = WORD_SWAP_BYTES(s[i]);
    }
    scatter_words(digests, 8 * sizeof(vec_word), s, 8, end);
}

static void store_digests(uint8_t *digests, const void *state)
{
    word s[8];
    load_words(s, state, 8);
    write_digests(digests, s, ALL_LANES);
}

#if WORD_BITS == 32
/* w = the block of a digest that stands in s: 32 bytes, the bit after them, their length of 256 bits. */
PA_INLINE void digest_block(word w[SCHEDULE], word s[8])
{
    PA_UNROLL
    for (unsigned i = 0; i < 8; i++) {
        w[i] = s[i];
        w[8 + i] = EVERY(i == 0 ? 0x80000000u : i == 7 ? 256 : 0);
    }
}

static void absorb_shared(void *state, const uint32_t *schedule)
{
    word s[8];
    load_words(s, state, 8);
    compress_shared(s, schedule);
    store_words(state, s, 8);
}
#endif

/* One text of a block for those that lie in two places and for the digest's, so that it fits the decoded-instruction
 * cache. */
static void hash_messages(uint8_t *digests, const pa_hash_shape *shape, const uint8_t *const *data,
                          const uint8_t *const *tails)
{
    word s[8], w[SCHEDULE];
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
            if (block >= whole && block < there) {
                load_end(w, shape, data, block - whole);
            } else {
                const bool whole_one = block < there;
                load_block(w, whole_one ? data : tails, (whole_one ? block : block - there) * BLOCK,
                           shape->sorted_pairs);
            }
            ahead = block < there || shape->next == PA_HASH_FAR
                        ? pa_hash_blocks_ahead(data, block, there, ALL_LANES, BLOCK, shape->next)
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
        store_words(digests, s, 8);
    } else {
        write_digests(digests, s, ALL_LANES - shape->idle);
    }
}

#if WORD_BITS == 32
/* w = the block of two nodes given as words. */
PA_INLINE void join(word w[SCHEDULE], const word left[8], const word right[8], bool sorted_pairs)
{
    PA_UNROLL
    for (unsigned p = 0; p < STREAMS; p++) {
        vec words[16];
        PA_UNROLL
        for (unsigned i = 0; i < 8; i++) {
            words[i] = STREAM(left[i], p);
            words[8 + i] = STREAM(right[i], p);
        }
        put_words(w, p, words, sorted_pairs);
    }
}

/* As `subtrees` of struct pa_hash_lanes: leaves from left to right, and each node that has both children at once, so that of
 * each height one waits, in memory. */
static void hash_subtrees(uint8_t *digests, const pa_hash_shape *shape, const uint8_t *const *data,
                          unsigned height)
{
    word s[8], w[SCHEDULE], waiting[PA_HASH_SUBTREE_HEIGHT][8];
    uint64_t pair = 0;
    for (unsigned k = 0;;) {
        pa_hash_ahead ahead = pa_hash_no_more();
        if (k == 0) {
            load_block(w, data, pair * BLOCK, shape->sorted_pairs);
            if (shape->next > 0) {
                ahead = (pa_hash_ahead){data, pair * BLOCK + shape->next};
            }
        } else {
            join(w, waiting[k], s, shape->sorted_pairs);
        }
        start_all(s, shape->initial);
        compress(s, w, ahead);
        compress_shared(s, shape->schedule);
        k++;
        if (k == height) {
            break;
        }
        if ((pair >> (k - 1) & 1) == 0) {
            copy_state(waiting[k], s);
            pair++;
            k = 0;
        }
    }
    write_digests(digests, s, ALL_LANES);
}
#endif

#endif
