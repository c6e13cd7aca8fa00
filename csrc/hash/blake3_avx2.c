/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE3, one chunk at a time: a row of the state in an xmm register. */
#include "blake3_schedule.h"

#include "blake_rows.h"

#include "blake3.h"

/* v = the rows after all rounds, before halves are joined (specification, 2.2). */
BLAKE_INLINE void permute(row v[4], const row h[2], const uint8_t *block, uint64_t counter,
                          uint32_t size, uint32_t flags)
{
    static const uint32_t constants[4] = CONSTANTS;
    v[0] = h[0];
    v[1] = h[1];
    v[2] = ROW_LOAD(constants);
    v[3] = ROW_OF((uint32_t)counter, (uint32_t)(counter >> 32), size, flags);
    blake_rounds_of_rows(v, block);
}

BLAKE_INLINE void compress(row h[2], const uint8_t *block, uint64_t counter, uint32_t size,
                           uint32_t flags)
{
    row v[4];
    permute(v, h, block, counter, size, flags);
    h[0] = ROW_XOR(v[0], v[2]);
    h[1] = ROW_XOR(v[1], v[3]);
}

/* As struct pa_blake3, for one chunk or parent. */
static void blake3_chain(uint8_t *out, const uint8_t *start, uint64_t stride,
                         const uint8_t *const *data, uint64_t whole, const uint8_t *const *last,
                         const uint32_t *sizes, const uint64_t *counters, uint32_t all,
                         uint32_t first, uint32_t end, uint64_t final, uint64_t next)
{
    (void)stride;
    (void)next;
    row h[2] = {ROW_LOAD(start), ROW_LOAD(start + 16)};
    const uint64_t counter = counters == NULL ? 0 : counters[0];
    uint32_t flags = all | first;
    for (uint64_t b = 0; b < whole; b++) {
        compress(h, data[0] + b * PA_BLAKE3_BLOCK, counter, PA_BLAKE3_BLOCK, flags);
        flags = all;
    }
    if (last != NULL) {
        compress(h, last[0], counter, sizes[0], flags | (final & 1 ? end : 0));
    }
    ROW_STORE(out, h[0]);
    ROW_STORE(out + 16, h[1]);
}

/* As struct pa_blake3, for one block of output. */
static void blake3_expand(uint8_t *out, const uint8_t *const *values, const uint8_t *const *blocks,
                          const uint64_t *counters, const uint32_t *sizes, uint32_t flags)
{
    row h[2] = {ROW_LOAD(values[0]), ROW_LOAD(values[0] + 16)}, v[4];
    permute(v, h, blocks[0], counters[0], sizes[0], flags);
    ROW_STORE(out, ROW_XOR(v[0], v[2]));
    ROW_STORE(out + 16, ROW_XOR(v[1], v[3]));
    ROW_STORE(out + 32, ROW_XOR(v[2], h[0]));
    ROW_STORE(out + 48, ROW_XOR(v[3], h[1]));
}

const struct pa_blake3 pa_blake3_avx2 = {
    .chain = blake3_chain, .expand = blake3_expand, .lanes = 1, .cost = 200};
