/* SPDX-License-Identifier: Apache-2.0 */
/* Chains of BLAKE3 in lanes where the rounds over a block gather the words of the next one: a part of blake3_lanes.h. */
#ifndef PA_HASH_BLAKE3_GROUPS_H
#define PA_HASH_BLAKE3_GROUPS_H

/* The row that the group after the one at `row` begins with: where rows don't fill the last group, it takes some again, and its
 * words too are gathered beside rounds. 9 to 15 rows of 64 bytes on Zen 4 take 297 ns, 16 take 295; 338 where the last group went
 * by itself. */
BLAKE_INLINE uint64_t next_group(uint64_t row, uint64_t last_group)
{
    return row + MESSAGES < last_group ? row + MESSAGES : last_group;
}

#ifdef JOINS
/* Called, or gcc computes where each lane's stands before it knows whether they do. */
static __attribute__((noinline)) void load_starts(word h[8], const uint8_t *start, uint64_t stride)
{
    load_start(h, start, stride);
}
#else
#define load_starts load_start
#endif

/* Chaining values of `rows` chunks or parents of one number of blocks, and none of lanes without a row.
 *   shapes   as `groups` of struct pa_blake3
 *   formula  h = the first 8 words of compress(h, block, chunk, bytes, flags) for every block
 *   before   any alignment. Time depends on whole, rows, last and the relay alone */
static void blake3_groups(uint8_t *out, const uint8_t *start, uint64_t stride,
                          const uint8_t *const *data, uint64_t whole, const uint8_t *const *last,
                          const uint32_t *sizes, const uint64_t *counters, uint32_t all,
                          uint32_t first, uint32_t end, uint64_t final, uint64_t next,
                          uint64_t rows, pa_blake_relay *relay)
{
    word h[8], row[3][4];
    word(*const m)[16] = (word(*)[16])relay->words;
    const uint64_t blocks = whole + (last != NULL),
                   last_group = rows > MESSAGES ? rows - MESSAGES : 0;
    const bool cut = last == data;
    const uint64_t gathered =
        cut && !relay->overread ? whole : blocks; /* blocks that are read whole */
    uint64_t turn = relay->turn;
    start_rows(row, whole, last, sizes, counters, all, first, end, final);
    if (gathered > 0 && !relay->ready) {
        const pa_hash_ahead here = block_of(data, whole, last, 0, 0);
        load_words(m[turn], here.lane, 0, 16);
        KEEP_IN_MEMORY(m[turn]);
    }
    for (uint64_t at = 0;; at = next_group(at, last_group)) {
        const uint64_t second = next_group(at, last_group);
#ifdef JOINS
        if (stride != 0)
#endif
        {
            load_starts(h, start, stride);
        }
        for (uint64_t b = 0; b < blocks; b++, turn ^= 1) {
            if (b == whole && cut) {
                if (relay->overread) {
                    clear_behind(m[turn], row[2][2]);
                } else {
                    load_ends(m[turn], data, b * PA_BLAKE3_BLOCK, sizes);
                }
                KEEP_IN_MEMORY(m[turn]);
            }
            pa_hash_ahead then = pa_hash_no_more(), ahead = pa_hash_no_more();
            if (b + 1 < gathered) {
                then = block_of(data, whole, last, b + 1, at * next);
            } else if (b + 1 == blocks && at < last_group) {
                then = block_of(data, whole, last, 0, second * next);
            } else if (b + 1 == blocks && relay->after.lane != NULL) {
                then = relay->after;
            }
            if (last_group == 0) {
                ahead = fetched_beside(relay, data, b, blocks, next);
            } else if (second < last_group) {
                ahead = block_of(data, whole, last, b, next_group(second, last_group) * next);
            }
            const uint8_t *shared = NULL;
#ifdef JOINS
            /* Hidden, or gcc makes the rounds once for each. */
            shared = b == 0 && stride == 0 ? start : NULL;
            __asm__("" : "+r"(shared));
#endif
            compress(h, shared, row[b == whole ? 2 : b > 0], m[turn], m[turn ^ 1], then, ahead);
        }
        if (rows < MESSAGES) {
            store_some_words(out, PA_BLAKE3_VALUE, h, 8, (unsigned)rows);
        } else {
            store_words(out + at * PA_BLAKE3_VALUE, PA_BLAKE3_VALUE, h, 8);
        }
        if (at == last_group) {
            relay->turn = (uint32_t)turn;
            return;
        }
    }
}

static void blake3_chain(uint8_t *out, const uint8_t *start, uint64_t stride,
                         const uint8_t *const *data, uint64_t whole, const uint8_t *const *last,
                         const uint32_t *sizes, const uint64_t *counters, uint32_t all,
                         uint32_t first, uint32_t end, uint64_t final, uint64_t next)
{
    pa_blake_relay relay;
    if (whole == 0 && last == NULL) {
        word h[8];
        load_starts(h, start, stride);
        store_words(out, PA_BLAKE3_VALUE, h, 8);
        return;
    }
    pa_blake_relay_begin(&relay);
    blake3_groups(out, start, stride, data, whole, last, sizes, counters, all, first, end, final,
                  next, MESSAGES, &relay);
}

#endif
