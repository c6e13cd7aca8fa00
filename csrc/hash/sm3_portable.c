/* SPDX-License-Identifier: Apache-2.0 */
/* SM3, one message, any CPU. GB/T 32905-2016. */
#include "../core/bytes.h"
#include "kernel.h"

typedef uint32_t word;
#define ROTATE pa_rotl32
#define ROTATE_8_MORE(x, n) ROTATE(x, (n) + 8)
#define XOR3(x, y, z) ((x) ^ (y) ^ (z))
#define CHOOSE(x, y, z) ((z) ^ ((x) & ((y) ^ (z))))
#define MAJORITY(x, y, z) (((x) & (y)) | ((z) & ((x) | (y))))
#define ADD(x, y) ((x) + (y))
#define XOR(x, y) ((x) ^ (y))
#define EVERY(x) (x)

#include "sm3_rounds.h"

static void sm3_blocks_portable(pa_hash_state *state, const uint8_t *data, uint64_t count)
{
    for (; count > 0; count--, data += 64) {
        word w[16];
        for (unsigned i = 0; i < 16; i++) {
            w[i] = pa_load_be32(data + 4 * i);
        }
        compress(state->word, w);
    }
}

const struct pa_hash_single pa_sm3_portable = {sm3_blocks_portable, 650};
