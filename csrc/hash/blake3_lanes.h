/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE3's compression, for one chunk or one lane each: one text for every width. Before it, blake3_schedule.h and one of
 * blake_portable.h and blake_vector.h. */
#ifndef PA_HASH_BLAKE3_LANES_H
#define PA_HASH_BLAKE3_LANES_H

#include "blake3.h"
#include "blake_start.h"

/* The 16 words before all rounds (specification, 2.2). Not a loop, which gcc would take for a copy of memory. */
#define STATE(h, counter, counter_high, size, flags)                                               \
    {h[0],                                                                                         \
     h[1],                                                                                         \
     h[2],                                                                                         \
     h[3],                                                                                         \
     h[4],                                                                                         \
     h[5],                                                                                         \
     h[6],                                                                                         \
     h[7],                                                                                         \
     BROADCAST(constants[0]),                                                                      \
     BROADCAST(constants[1]),                                                                      \
     BROADCAST(constants[2]),                                                                      \
     BROADCAST(constants[3]),                                                                      \
     counter,                                                                                      \
     counter_high,                                                                                 \
     size,                                                                                         \
     flags}

static const lane_word constants[4] = CONSTANTS;

/* The next block, as blake_rounds has it, is `then`. */
BLAKE_INLINE void compress(word h[8], const word m[16], word counter, word counter_high, word size,
                           word flags, word *next, pa_hash_ahead then, pa_hash_ahead ahead)
{
    word v[16] = STATE(h, counter, counter_high, size, flags);
    blake_rounds(v, m, next, then, ahead);
    for (unsigned i = 0; i < 8; i++) {
        h[i] = XOR(v[i], v[i + 8]);
    }
}

BLAKE_INLINE void load_counters(word *low, word *high, const uint64_t *counters)
{
    lane_word lows[MESSAGES], highs[MESSAGES];
    if (counters == NULL) {
        *low = *high = BROADCAST(0);
        return;
    }
    for (unsigned l = 0; l < MESSAGES; l++) {
        lows[l] = (lane_word)counters[l];
        highs[l] = (lane_word)(counters[l] >> 32);
    }
    *low = load_lanes(lows);
    *high = load_lanes(highs);
}

/* Flags of a last block: `end` besides where final says so. */
BLAKE_INLINE word load_flags(uint32_t flags, uint32_t end, uint64_t final)
{
    lane_word of_lane[MESSAGES];
    if (final == PA_BLAKE3_ALL) {
        return BROADCAST(flags | end);
    }
    for (unsigned l = 0; l < MESSAGES; l++) {
        of_lane[l] = flags | (final >> l & 1 ? end : 0);
    }
    return load_lanes(of_lane);
}

#if GATHERS_AHEAD
#include "blake3_groups.h"
#else
/* Chaining values of as many chunks or parents, of one number of blocks, as there are lanes.
 *   shapes   as struct pa_blake3
 *   formula  h = the first 8 words of compress(h, block, chunk, bytes, flags) for every block
 *   before   any alignment. Time depends on whole alone */
static void blake3_chain(uint8_t *out, const uint8_t *start, uint64_t stride,
                         const uint8_t *const *data, uint64_t whole, const uint8_t *const *last,
                         const uint32_t *sizes, const uint64_t *counters, uint32_t all,
                         uint32_t first, uint32_t end, uint64_t final, uint64_t next)
{
    word h[8], m[16], counter, counter_high;
    word size = BROADCAST((lane_word)PA_BLAKE3_BLOCK);
    uint32_t flags = all | first;
    load_start(h, start, stride);
    load_counters(&counter, &counter_high, counters);
    /* One copy of the rounds for all blocks: two would not stay in the cache of decoded instructions. */
    for (uint64_t b = 0; b < whole + (last != NULL); b++) {
        const uint8_t *const *from = b == whole ? last : data;
        word of_block = BROADCAST(flags);
        if (b == whole) {
            size = load_lanes(sizes);
            of_block = load_flags(flags, end, final);
        }
#if ENDS
        if (b == whole && last == data) {
            load_ends(m, data, b * PA_BLAKE3_BLOCK, sizes);
        } else
#endif
        {
            load_words(m, from, b == whole ? 0 : b * PA_BLAKE3_BLOCK, 16);
        }
        KEEP_IN_MEMORY(m);
        compress(
            h, m, counter, counter_high, size, of_block, NULL, pa_hash_no_more(),
            pa_hash_blocks_ahead(data, b, whole + (last != NULL), MESSAGES, PA_BLAKE3_BLOCK, next));
        flags = all;
    }
    store_words(out, PA_BLAKE3_VALUE, h, 8);
}
#endif

/* Blocks of the output of roots.
 *   shapes   as struct pa_blake3
 *   formula  the permuted words, the second half joined with the chaining value too (specification, 2.6)
 *   before   any alignment. Constant time */
static void blake3_expand(uint8_t *out, const uint8_t *const *values, const uint8_t *const *blocks,
                          const uint64_t *counters, const uint32_t *sizes, uint32_t flags)
{
    word h[8], m[1 + GATHERS_AHEAD][16], counter, counter_high;
    load_words(h, values, 0, 8);
    load_words(m[0], blocks, 0, 16);
    KEEP_IN_MEMORY(m[0]);
    load_counters(&counter, &counter_high, counters);
    word v[16] = STATE(h, counter, counter_high, load_lanes(sizes), BROADCAST(flags));
    blake_rounds(v, m[0], m[GATHERS_AHEAD], pa_hash_no_more(), pa_hash_no_more());
    for (unsigned i = 0; i < 8; i++) {
        v[i] = XOR(v[i], v[i + 8]);
        v[i + 8] = XOR(v[i + 8], h[i]);
    }
    store_words(out, PA_BLAKE3_BLOCK, v, 16);
}

#endif
