/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE3's compression, for one chunk or one lane each: one text for every width.
 *
 * Defined by the includer: word, lane_word (uint32_t), LANES, ROTATE, LOAD, STORE; BROADCAST(x), a word of equal lanes;
 * LOAD_BLOCK(m, data, at), m[i] = little-endian word i at data[l] + at in lane l; LOAD_LANES(p);
 * STORE_STATES(out, h). */
#ifndef PA_HASH_BLAKE3_LANES_H
#define PA_HASH_BLAKE3_LANES_H

#include "blake3.h"

#define ROTATIONS {16, 12, 8, 7}
#define ROUNDS 7

/* The message word of each place: round r + 1 permutes what round r had (specification, table 2). */
static const uint8_t places[7][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8},
    {3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1},
    {10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6},
    {12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4},
    {9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7},
    {11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13},
};
#define SCHEDULE(r, i) places[r][i]

#include "blake_rounds.h"

/* v = the 16 words after all rounds, before halves are joined (specification, 2.2). Words 8 to 11 begin as the first
 * four of SHA-256's initial value. */
BLAKE_INLINE void permute(word v[16], const word h[8], const word m[16], word counter,
                          word counter_high, word size, word flags)
{
    for (unsigned i = 0; i < 8; i++) {
        v[i] = h[i];
    }
    v[8] = BROADCAST((lane_word)0x6a09e667);
    v[9] = BROADCAST((lane_word)0xbb67ae85);
    v[10] = BROADCAST((lane_word)0x3c6ef372);
    v[11] = BROADCAST((lane_word)0xa54ff53a);
    v[12] = counter;
    v[13] = counter_high;
    v[14] = size;
    v[15] = flags;
    blake_rounds(v, m);
}

BLAKE_INLINE void compress(word h[8], const word m[16], word counter, word counter_high, word size,
                           word flags)
{
    word v[16];
    permute(v, h, m, counter, counter_high, size, flags);
    for (unsigned i = 0; i < 8; i++) {
        h[i] = v[i] ^ v[i + 8];
    }
}

/* Chaining values of LANES chunks or parents of one number of blocks.
 *   shapes   as struct pa_blake3
 *   formula  h = the first 8 words of compress(h, block, chunk, bytes, flags) for every block
 *   before   any alignment. Time depends on whole alone */
static void blake3_chain(uint8_t *out, const uint8_t *key, const uint8_t *const *data,
                         uint64_t whole, const uint8_t *const *last, const uint32_t *sizes,
                         const uint64_t *counters, uint32_t all, uint32_t first, uint32_t end)
{
    word h[8], m[16];
    lane_word low[LANES], high[LANES];
    for (unsigned i = 0; i < 8; i++) {
        h[i] = BROADCAST(LOAD(key + 4 * i));
    }
    for (unsigned l = 0; l < LANES; l++) {
        low[l] = (lane_word)counters[l];
        high[l] = (lane_word)(counters[l] >> 32);
    }
    word counter = LOAD_LANES(low), counter_high = LOAD_LANES(high);
    uint32_t flags = all | first;
    for (uint64_t b = 0; b < whole; b++) {
        LOAD_BLOCK(m, data, b * PA_BLAKE3_BLOCK);
        compress(h, m, counter, counter_high, BROADCAST((lane_word)PA_BLAKE3_BLOCK),
                 BROADCAST(flags));
        flags = all;
    }
    if (last != NULL) {
        LOAD_BLOCK(m, last, 0);
        compress(h, m, counter, counter_high, LOAD_LANES(sizes), BROADCAST(flags | end));
    }
    STORE_STATES(out, h);
}

#endif
