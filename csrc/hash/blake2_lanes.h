/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE2b and BLAKE2s (RFC 7693), for one message or one lane each: one text for every width.
 *
 * Defined by the includer: what blake_rounds.h wants but SCHEDULE; lane_word, its unsigned integer; LANES; IV, its 8
 * initial words; BROADCAST(x), a word of equal lanes; LOAD_BLOCK(m, data, at), m[i] = little-endian word i at
 * data[l] + at in lane l; LOAD_LANES(p), STORE_STATES(out, h); COUNTER_HIGH(t), bits of a counter above a word. */
#ifndef PA_HASH_BLAKE2_LANES_H
#define PA_HASH_BLAKE2_LANES_H

#include "blake2.h"

/* RFC 7693, 2.7: the message word of each place; rounds 10 and 11 begin again. */
static const uint8_t sigma[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};
#define SCHEDULE(r, i) sigma[(r) % 10][i]

#include "blake_rounds.h"

#define BLOCK (16 * sizeof(lane_word))

/* F of RFC 7693, 3.2: h absorbs the block m; the counter stands in two words; last is 0, all ones for the last one. */
BLAKE_INLINE void compress(word h[8], const word m[16], word counter, word counter_high, word last)
{
    static const lane_word initial[8] = IV;
    word v[16];
    for (unsigned i = 0; i < 8; i++) {
        v[i] = h[i];
        v[i + 8] = BROADCAST(initial[i]);
    }
    v[12] ^= counter;
    v[13] ^= counter_high;
    v[14] ^= last;
    blake_rounds(v, m);
    for (unsigned i = 0; i < 8; i++) {
        h[i] ^= v[i] ^ v[i + 8];
    }
}

/* BLAKE2 of LANES messages of one number of blocks.
 *   shapes   as struct pa_blake2
 *   formula  h = F(h, block, bytes so far, is it the last) for every block
 *   before   whole > 0 or last is not NULL; any alignment. Time depends on whole alone */
static void blake2_hash(uint8_t *out, const uint8_t *start, uint64_t before,
                        const uint8_t *const *data, uint64_t whole, const uint8_t *const *last,
                        const uint64_t *totals)
{
    word h[8], m[16];
    for (unsigned i = 0; i < 8; i++) {
        h[i] = BROADCAST(LOAD(start + i * sizeof(lane_word)));
    }
    for (uint64_t b = 0; b < whole; b++) {
        uint64_t counter = before + (b + 1) * BLOCK;
        LOAD_BLOCK(m, data, b * BLOCK);
        compress(h, m, BROADCAST((lane_word)counter), BROADCAST(COUNTER_HIGH(counter)),
                 BROADCAST((lane_word)0));
    }
    if (last != NULL) {
        lane_word low[LANES], high[LANES];
        for (unsigned l = 0; l < LANES; l++) {
            low[l] = (lane_word)totals[l];
            high[l] = COUNTER_HIGH(totals[l]);
        }
        LOAD_BLOCK(m, last, 0);
        compress(h, m, LOAD_LANES(low), LOAD_LANES(high), BROADCAST((lane_word)-1));
    }
    STORE_STATES(out, h);
}

#endif
