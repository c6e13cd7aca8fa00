/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE3, one chunk at a time, any CPU. */
#include <stdint.h>

typedef uint32_t lane_word;
#define LOAD pa_load_le32
#define STORE pa_store_le32
#define ROTATE pa_rotr32

#include "blake_portable.h"

#include "blake3_lanes.h"

/* One block of a root's output.
 *   shapes   out: 64 bytes; value: 32; block: 64, zero-padded after size
 *   formula  the permuted words, the second half joined with the chaining value too (specification, 2.6)
 *   before   any alignment. Constant time */
static void blake3_expand(uint8_t *out, const uint8_t *value, const uint8_t *block,
                          uint64_t counter, uint32_t size, uint32_t flags)
{
    word h[8], m[16], v[16];
    const uint8_t *const data[1] = {block};
    for (unsigned i = 0; i < 8; i++) {
        h[i] = LOAD(value + 4 * i);
    }
    LOAD_BLOCK(m, data, 0);
    permute(v, h, m, (word)counter, (word)(counter >> 32), size, flags);
    for (unsigned i = 0; i < 8; i++) {
        STORE(out + 4 * i, v[i] ^ v[i + 8]);
        STORE(out + 32 + 4 * i, v[i + 8] ^ h[i]);
    }
}

const struct pa_blake3 pa_blake3_portable = {blake3_chain, blake3_expand, LANES, 300};
