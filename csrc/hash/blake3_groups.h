/* SPDX-License-Identifier: Apache-2.0 */
/* Chains of BLAKE3 in lanes where the rounds over a block gather the words of the next one: a part of blake3_lanes.h. */
#ifndef PA_HASH_BLAKE3_GROUPS_H
#define PA_HASH_BLAKE3_GROUPS_H

/* Block b of each lane, `offset` bytes further. */
BLAKE_INLINE pa_hash_ahead block_of(const uint8_t *const *data, uint64_t whole,
                                    const uint8_t *const *last, uint64_t b, uint64_t offset)
{
    return b == whole ? (pa_hash_ahead){last, offset}
                      : (pa_hash_ahead){data, offset + b * PA_BLAKE3_BLOCK};
}

/* The row that the group after the one at `row` begins with: where rows don't fill the last group, it takes some again, and its
 * words too are gathered beside rounds. 9 to 15 rows of 64 bytes on Zen 4 take 297 ns, 16 take 295; 338 where the last group went
 * by itself. */
BLAKE_INLINE uint64_t next_group(uint64_t row, uint64_t last_group)
{
    return row + MESSAGES < last_group ? row + MESSAGES : last_group;
}

/* Chaining values of `rows` chunks or parents of one number of blocks, at least as many as there are lanes.
 *   shapes   as `groups` of struct pa_blake3
 *   formula  h = the first 8 words of compress(h, block, chunk, bytes, flags) for every block
 *   before   any alignment. Time depends on whole and rows alone */
static void blake3_groups(uint8_t *out, const uint8_t *start, uint64_t stride,
                          const uint8_t *const *data, uint64_t whole, const uint8_t *const *last,
                          const uint32_t *sizes, const uint64_t *counters, uint32_t all,
                          uint32_t first, uint32_t end, uint64_t final, uint64_t next,
                          uint64_t rows)
{
    word m[2][16], counter, counter_high;
    const uint64_t blocks = whole + (last != NULL), last_group = rows - MESSAGES;
    uint64_t turn = 0;
    load_counters(&counter, &counter_high, counters);
    if (blocks > 0) {
        const pa_hash_ahead here = block_of(data, whole, last, 0, 0);
        load_words(m[0], here.lane, 0, 16);
        KEEP_IN_MEMORY(m[0]);
    }
    for (uint64_t row = 0;; row = next_group(row, last_group)) {
        word h[8], size = BROADCAST((lane_word)PA_BLAKE3_BLOCK);
        uint32_t flags = all | first;
        const uint64_t second = next_group(row, last_group);
        load_start(h, start, stride);
        for (uint64_t b = 0; b < blocks; b++, turn ^= 1) {
            word of_block = BROADCAST(flags);
            if (b == whole) {
                size = load_lanes(sizes);
                of_block = load_flags(flags, end, final);
            }
            pa_hash_ahead then = pa_hash_no_more(), ahead = pa_hash_no_more();
            if (b + 1 < blocks) {
                then = block_of(data, whole, last, b + 1, row * next);
            } else if (row < last_group) {
                then = block_of(data, whole, last, 0, second * next);
            }
            if (last_group == 0) {
                ahead = pa_hash_blocks_ahead(data, b, blocks, MESSAGES, PA_BLAKE3_BLOCK, next);
            } else if (second < last_group) {
                ahead = block_of(data, whole, last, b, next_group(second, last_group) * next);
            }
            compress(h, m[turn], counter, counter_high, size, of_block, m[turn ^ 1], then, ahead);
            flags = all;
        }
        store_words(out + row * PA_BLAKE3_VALUE, PA_BLAKE3_VALUE, h, 8);
        if (row == last_group) {
            return;
        }
    }
}

static void blake3_chain(uint8_t *out, const uint8_t *start, uint64_t stride,
                         const uint8_t *const *data, uint64_t whole, const uint8_t *const *last,
                         const uint32_t *sizes, const uint64_t *counters, uint32_t all,
                         uint32_t first, uint32_t end, uint64_t final, uint64_t next)
{
    blake3_groups(out, start, stride, data, whole, last, sizes, counters, all, first, end, final,
                  next, MESSAGES);
}

#endif
