/* SPDX-License-Identifier: Apache-2.0 */
/* RIPEMD-160, one message, any CPU. */
#include "../core/bytes.h"
#include "kernel.h"

typedef uint32_t word;
#define ADD(x, y) ((x) + (y))
#define ROTATE pa_rotl32
#define EVERY(x) (x)
#define SHORT (-1u)
#define ADD_MIX_0(sum, x, y, z) ((sum) + ((x) ^ ((y) ^ (z))))
#define ADD_MIX_1(sum, x, y, z) ((sum) + ((z) ^ ((x) & ((y) ^ (z)))))
#define ADD_MIX_2(sum, x, y, z) ((sum) - ((~(x) & (y)) ^ (z)))
#define ADD_MIX_3(sum, x, y, z) ((sum) + (((x) & (z)) | (~(z) & (y))))
#define ADD_MIX_4(sum, x, y, z) ((sum) - ((x) ^ (~(y) & (z))))

#include "ripemd160_rounds.h"

static void ripemd160_blocks_portable(pa_hash_state *state, const uint8_t *data, uint64_t count)
{
    for (; count > 0; count--, data += 64) {
        word x[16];
        for (unsigned i = 0; i < 16; i++) {
            x[i] = pa_load_le32(data + 4 * i);
        }
        compress(state->word, x);
    }
}

const struct pa_hash_single pa_ripemd160_portable = {ripemd160_blocks_portable, 430};
