/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE2b and BLAKE2s (RFC 7693), for one message or one lane each: one text for every width. Before it,
 * blake2_schedule.h and one of blake_portable.h and blake_vector.h. */
#ifndef PA_HASH_BLAKE2_LANES_H
#define PA_HASH_BLAKE2_LANES_H

#include "blake2.h"
#include "blake_start.h"

#define BLOCK (16 * sizeof(lane_word))
#define STATE (8 * sizeof(lane_word))

/* F of RFC 7693, 3.2: h absorbs the block m; the counter stands in two words; last is 0, all ones for the last one. The next
 * block, as blake_rounds has it, is `then`. */
BLAKE_INLINE void compress(word h[8], const word m[16], word counter, word counter_high, word last,
                           word *next, pa_hash_ahead then, pa_hash_ahead ahead)
{
    static const lane_word initial[8] = INITIAL_VALUE;
    const word row[4] = {XOR(BROADCAST(initial[4]), counter),
                         XOR(BROADCAST(initial[5]), counter_high), XOR(BROADCAST(initial[6]), last),
                         BROADCAST(initial[7])};
#ifdef JOINS
    blake_joined_rounds(h, NULL, initial, row, m, next, then, ahead);
#else
    /* Not a loop, which gcc would take for a copy of memory. */
    word v[16] = {
        h[0],
        h[1],
        h[2],
        h[3],
        h[4],
        h[5],
        h[6],
        h[7],
        BROADCAST(initial[0]),
        BROADCAST(initial[1]),
        BROADCAST(initial[2]),
        BROADCAST(initial[3]),
        row[0],
        row[1],
        row[2],
        row[3],
    };
    blake_rounds(v, m, next, then, ahead);
    for (unsigned i = 0; i < 8; i++) {
        h[i] = XOR(h[i], XOR(v[i], v[i + 8]));
    }
#endif
}

/* BLAKE2 of as many messages as there are lanes.
 *   shapes   as struct pa_blake2
 *   formula  h = F(h, block, bytes so far, is it the last) for every block
 *   before   whole > 0 or last is not NULL; any alignment. Time depends on whole alone */
static void blake2_hash(uint8_t *out, const uint8_t *start, uint64_t stride, uint64_t before,
                        const uint8_t *const *data, uint64_t whole, const uint8_t *const *last,
                        const uint64_t *totals, uint64_t final, uint64_t next, uint32_t wanted)
{
    word h[8], m[1 + GATHERS_AHEAD][16];
    load_start(h, start, stride);
    /* One copy of the rounds for all blocks: two would not stay in the cache of decoded instructions. */
    for (uint64_t b = 0; b < whole + (last != NULL); b++) {
        uint64_t total = b == whole ? totals[0] : before + (b + 1) * BLOCK;
        word low = BROADCAST((lane_word)total), high = BROADCAST(COUNTER_HIGH(total));
        word ends = BROADCAST((lane_word)0 - (b == whole));
        const bool half = b == whole && final == PA_BLAKE2_EQUAL_HALF;
        if (b == whole && final != PA_BLAKE2_EQUAL && !half) {
#if WORD_BITS == 64
            low = load_lanes(totals);
#else
            lane_word lows[MESSAGES], highs[MESSAGES];
            for (unsigned l = 0; l < MESSAGES; l++) {
                lows[l] = (lane_word)totals[l];
                highs[l] = COUNTER_HIGH(totals[l]);
            }
            low = load_lanes(lows);
            high = load_lanes(highs);
#endif
            if (final != ((uint64_t)1 << MESSAGES) - 1) {
                lane_word all_ends[MESSAGES];
                for (unsigned l = 0; l < MESSAGES; l++) {
                    all_ends[l] = (lane_word)0 - (final >> l & 1);
                }
                ends = load_lanes(all_ends);
            }
        }
        word *now = m[b & GATHERS_AHEAD];
        const bool cut = ENDS && b == whole && last == data;
        if (!GATHERS_AHEAD || b == 0 || half || cut) {
            const uint8_t *const *from = b == whole ? last : data;
            const uint64_t at = b == whole ? 0 : b * BLOCK;
#if ENDS
            if (cut) {
                uint32_t rests[MESSAGES];
                for (unsigned l = 0; l < MESSAGES; l++) {
                    rests[l] = (uint32_t)(totals[l] - before - b * BLOCK);
                }
                load_ends(now, data, b * BLOCK, rests);
            } else
#endif
            {
                load_words(now, from, at, 8);
                if (half) {
                    for (unsigned i = 8; i < 16; i++) {
                        now[i] = BROADCAST(0);
                    }
                } else {
                    load_words(now + 8, from, at + STATE, 8);
                }
            }
            KEEP_IN_MEMORY(now);
        }
        pa_hash_ahead then = pa_hash_no_more();
        if (b + 1 < whole) {
            then = (pa_hash_ahead){data, (b + 1) * BLOCK};
        } else if (b + 1 == whole && last != NULL && !(ENDS && last == data) &&
                   final != PA_BLAKE2_EQUAL_HALF) {
            then = (pa_hash_ahead){last, 0};
        }
        compress(h, now, low, high, ends, m[~b & GATHERS_AHEAD], then,
                 pa_hash_blocks_ahead(data, b, whole + (last != NULL), MESSAGES, BLOCK, next));
    }
    if (wanted == MESSAGES) {
        store_words(out, STATE, h, 8);
    } else {
        store_some_words(out, STATE, h, 8, wanted);
    }
}

#endif
