/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE2b and BLAKE2s (RFC 7693), one message. Before it, blake2_schedule.h and blake_rows.h. */
#ifndef PA_HASH_BLAKE2_ROWS_H
#define PA_HASH_BLAKE2_ROWS_H

#include "blake2.h"

#define BLOCK (16 * sizeof(row_word))

/* F of RFC 7693, 3.2. */
BLAKE_INLINE void compress(row h[2], const uint8_t *block, uint64_t total, row_word last)
{
    static const row_word initial[8] = INITIAL_VALUE;
    row v[4] = {h[0], h[1], ROW_LOAD(initial), ROW_LOAD(initial + 4)};
    v[3] = ROW_XOR(v[3], ROW_OF((row_word)total, COUNTER_HIGH(total), last, 0));
    blake_rounds_of_rows(v, block);
    h[0] = ROW_XOR(h[0], ROW_XOR(v[0], v[2]));
    h[1] = ROW_XOR(h[1], ROW_XOR(v[1], v[3]));
}

/* As struct pa_blake2, for one message. */
static void blake2_hash(uint8_t *out, const uint8_t *start, uint64_t stride, uint64_t before,
                        const uint8_t *const *data, uint64_t whole, const uint8_t *const *last,
                        const uint64_t *totals, uint64_t final, uint64_t next, uint32_t wanted,
                        pa_blake_relay *relay)
{
    (void)stride;
    (void)next;
    (void)wanted;
    (void)relay;
    row h[2] = {ROW_LOAD(start), ROW_LOAD(start + sizeof(row))};
    for (uint64_t b = 0; b < whole; b++) {
        compress(h, data[0] + b * BLOCK, before + (b + 1) * BLOCK, 0);
    }
    if (last != NULL) {
        compress(h, last[0], totals[0], (row_word)0 - (final & 1));
    }
    ROW_STORE(out, h[0]);
    ROW_STORE(out + sizeof(row), h[1]);
}

#endif
