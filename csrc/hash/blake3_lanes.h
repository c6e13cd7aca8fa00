/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE3's compression, for one chunk or one lane each: one text for every width. Before it, blake3_schedule.h and one of
 * blake_portable.h and blake_vector.h. */
#ifndef PA_HASH_BLAKE3_LANES_H
#define PA_HASH_BLAKE3_LANES_H

#include "blake3.h"
#include "blake_start.h"

static const lane_word constants[4] = CONSTANTS;

/* The 16 words before all rounds (specification, 2.2). Not a loop, which gcc would take for a copy of memory. */
#define STATE(h, row)                                                                              \
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
     row[0],                                                                                       \
     row[1],                                                                                       \
     row[2],                                                                                       \
     row[3]}

/* h = the chaining value after h or, where start is not NULL, after the one there, which all lanes have. The next block, as
 * blake_rounds has it, is `then`. */
BLAKE_INLINE void compress(word h[8], const uint8_t *start, const word row[4], const word m[16],
                           word *next, pa_hash_ahead then, pa_hash_ahead ahead)
{
#ifdef JOINS
    blake_joined_rounds(h, start, constants, row, m, next, then, ahead);
#else
    if (start != NULL) {
        load_start(h, start, 0);
    }
    word v[16] = STATE(h, row);
    blake_rounds(v, m, next, then, ahead);
    for (unsigned i = 0; i < 8; i++) {
        h[i] = XOR(v[i], v[i + 8]);
    }
#endif
}

/* The last four words before all rounds: the number of the chunk (counters NULL: 0), bytes and flags. */
BLAKE_INLINE void start_row(word row[4], const uint64_t *counters, word size, word flags)
{
    lane_word lows[MESSAGES], highs[MESSAGES];
    row[0] = row[1] = BROADCAST(0);
    if (counters != NULL) {
        for (unsigned l = 0; l < MESSAGES; l++) {
            lows[l] = (lane_word)counters[l];
            highs[l] = (lane_word)(counters[l] >> 32);
        }
        row[0] = load_lanes(lows);
        row[1] = load_lanes(highs);
    }
    row[2] = size;
    row[3] = flags;
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

/* That of a chunk's first block, of the others, and of the one at `last`, as far as they are there: made once, since what is
 * stored just before the rounds would be waited for. */
BLAKE_INLINE void start_rows(word row[3][4], uint64_t whole, const uint8_t *const *last,
                             const uint32_t *sizes, const uint64_t *counters, uint32_t all,
                             uint32_t first, uint32_t end, uint64_t final)
{
    const word full = BROADCAST((lane_word)PA_BLAKE3_BLOCK);
    if (whole > 0) {
        start_row(row[0], counters, full, BROADCAST(all | first));
    }
    if (whole > 1) {
        start_row(row[1], counters, full, BROADCAST(all));
    }
    if (last != NULL) {
        start_row(row[2], counters, load_lanes(sizes),
                  load_flags(whole == 0 ? all | first : all, end, final));
    }
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
    word h[8], m[16], row[3][4];
    (void)next;
    load_start(h, start, stride);
    start_rows(row, whole, last, sizes, counters, all, first, end, final);
    /* One copy of the rounds for all blocks: two would not stay in the cache of decoded instructions. */
    for (uint64_t b = 0; b < whole + (last != NULL); b++) {
        load_words(m, b == whole ? last : data, b == whole ? 0 : b * PA_BLAKE3_BLOCK, 16);
        compress(h, NULL, row[b == whole ? 2 : b > 0], m, NULL, pa_hash_no_more(),
                 pa_hash_no_more());
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
    word h[8], row[4], m[1 + GATHERS_AHEAD][16];
    load_words(h, values, 0, 8);
    load_words(m[0], blocks, 0, 16);
    KEEP_IN_MEMORY(m[0]);
    start_row(row, counters, load_lanes(sizes), BROADCAST(flags));
    word v[16] = STATE(h, row);
    blake_rounds(v, m[0], m[GATHERS_AHEAD], pa_hash_no_more(), pa_hash_no_more());
    for (unsigned i = 0; i < 8; i++) {
        v[i] = XOR(v[i], v[i + 8]);
        v[i + 8] = XOR(v[i + 8], h[i]);
    }
    store_words(out, PA_BLAKE3_BLOCK, v, 16);
}

#endif
