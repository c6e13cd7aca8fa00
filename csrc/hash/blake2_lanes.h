/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE2b and BLAKE2s (RFC 7693), for one message or one lane each: one text for every width. Before it,
 * blake2_schedule.h and one of blake_portable.h and blake_vector.h. */
#ifndef PA_HASH_BLAKE2_LANES_H
#define PA_HASH_BLAKE2_LANES_H

#include "blake2.h"

#define BLOCK (16 * sizeof(lane_word))
#define STATE (8 * sizeof(lane_word))

/* F of RFC 7693, 3.2: h absorbs the block m; the counter stands in two words; last is 0, all ones for the last one. */
BLAKE_INLINE void compress(word h[8], const word m[16], word counter, word counter_high, word last)
{
    static const lane_word initial[8] = INITIAL_VALUE;
    word v[16];
    for (unsigned i = 0; i < 8; i++) {
        v[i] = h[i];
        v[i + 8] = BROADCAST(initial[i]);
    }
    v[12] = XOR(v[12], counter);
    v[13] = XOR(v[13], counter_high);
    v[14] = XOR(v[14], last);
    blake_rounds(v, m);
    for (unsigned i = 0; i < 8; i++) {
        h[i] = XOR(h[i], XOR(v[i], v[i + 8]));
    }
}

/* BLAKE2 of as many messages as there are lanes.
 *   shapes   as struct pa_blake2
 *   formula  h = F(h, block, bytes so far, is it the last) for every block
 *   before   whole > 0 or last is not NULL; any alignment. Time depends on whole alone */
static void blake2_hash(uint8_t *out, const uint8_t *start, uint64_t stride, uint64_t before,
                        const uint8_t *const *data, uint64_t whole, const uint8_t *const *last,
                        const uint64_t *totals, uint32_t final)
{
    word h[8], m[16];
    if (stride == 0) {
        for (unsigned i = 0; i < 8; i++) {
            h[i] = BROADCAST(LOAD_WORD(start + i * sizeof(lane_word)));
        }
    } else {
        const uint8_t *states[MESSAGES];
        for (unsigned l = 0; l < MESSAGES; l++) {
            states[l] = start + l * stride;
        }
        load_words(h, states, 0, 8);
    }
    for (uint64_t b = 0; b < whole; b++) {
        uint64_t counter = before + (b + 1) * BLOCK;
        load_words(m, data, b * BLOCK, 16);
        KEEP_IN_MEMORY(m);
        compress(h, m, BROADCAST((lane_word)counter), BROADCAST(COUNTER_HIGH(counter)),
                 BROADCAST((lane_word)0));
    }
    if (last != NULL) {
        lane_word low[MESSAGES], high[MESSAGES], ends[MESSAGES];
        for (unsigned l = 0; l < MESSAGES; l++) {
            low[l] = (lane_word)totals[l];
            high[l] = COUNTER_HIGH(totals[l]);
            ends[l] = (lane_word)0 - (final >> l & 1);
        }
        load_words(m, last, 0, 16);
        KEEP_IN_MEMORY(m);
        compress(h, m, load_lanes(low), load_lanes(high), load_lanes(ends));
    }
    store_words(out, STATE, h, 8);
}

#endif
