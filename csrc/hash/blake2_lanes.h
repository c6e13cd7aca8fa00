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
 *   before   whole > 0 or last is not NULL; any alignment. Time depends on whole, final, last and the relay alone */
static void blake2_hash(uint8_t *out, const uint8_t *start, uint64_t stride, uint64_t before,
                        const uint8_t *const *data, uint64_t whole, const uint8_t *const *last,
                        const uint64_t *totals, uint64_t final, uint64_t next, uint32_t wanted,
                        pa_blake_relay *relay)
{
    const uint64_t blocks = whole + (last != NULL);
    word h[8];
#if GATHERS_AHEAD
    const bool half = last != NULL && final == PA_BLAKE2_EQUAL_HALF;
    const bool cut = last == data;
    const uint64_t gathered =
        (cut || half) && !relay->overread ? whole : blocks; /* that are read whole */
    word(*const m)[16] = (word(*)[16])relay->words;
    uint64_t turn = relay->turn;
    if (gathered > 0 && !relay->ready) {
        load_words(m[turn], block_of(data, whole, last, 0, 0).lane, 0, 16);
        KEEP_IN_MEMORY(m[turn]);
    }
#else
    word m[16];
#endif
    load_start(h, start, stride);
    /* One copy of the rounds for all blocks: two would not stay in the cache of decoded instructions. */
    for (uint64_t b = 0; b < blocks; b++) {
        uint64_t total = b == whole ? totals[0] : before + (b + 1) * BLOCK;
        word low = BROADCAST((lane_word)total), high = BROADCAST(COUNTER_HIGH(total));
        word ends = BROADCAST((lane_word)0 - (b == whole));
        if (b == whole && final < PA_BLAKE2_EQUAL_HALF) {
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
#if GATHERS_AHEAD
        pa_hash_ahead then = pa_hash_no_more();
        if (b == whole && (cut || half)) {
            if (cut && relay->overread) {
                clear_behind(m[turn], SUB(low, BROADCAST((lane_word)(before + b * BLOCK))));
            } else if (cut) {
                uint32_t rests[MESSAGES];
                for (unsigned l = 0; l < MESSAGES; l++) {
                    rests[l] = (uint32_t)(totals[l] - before - b * BLOCK);
                }
                load_ends(m[turn], data, b * BLOCK, rests);
            } else if (!relay->overread) {
                load_words(m[turn], last, 0, 8);
            }
            for (unsigned i = 8; i < 16 && half; i++) {
                m[turn][i] = BROADCAST(0);
            }
            KEEP_IN_MEMORY(m[turn]);
        }
        if (b + 1 < gathered) {
            then = block_of(data, whole, last, b + 1, 0);
        } else if (b + 1 == blocks && relay->after.lane != NULL) {
            then = relay->after;
        }
        compress(h, m[turn], low, high, ends, m[turn ^ 1], then,
                 fetched_beside(relay, data, b, blocks, next));
        turn ^= 1;
#else
        load_words(m, b == whole ? last : data, b == whole ? 0 : b * BLOCK, 16);
        compress(h, m, low, high, ends, NULL, pa_hash_no_more(), pa_hash_no_more());
#endif
    }
#if GATHERS_AHEAD
    relay->turn = (uint32_t)turn;
#else
    (void)relay;
    (void)next;
#endif
    if (wanted == MESSAGES) {
        store_words(out, STATE, h, 8);
    } else {
        store_some_words(out, STATE, h, 8, wanted);
    }
}

#endif
