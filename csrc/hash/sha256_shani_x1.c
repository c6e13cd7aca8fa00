/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 with the SHA extensions, one message: what everything else is measured against. */
#define STREAMS 1
#define KERNEL pa_sha256_lanes_shani_x1

#include "sha256_shani.h"

static void sha256_blocks_shani(pa_hash_state *state, const uint8_t *data, uint64_t count)
{
    absorb_blocks(state->word, &data, count);
}

const struct pa_hash_single pa_sha256_shani = {sha256_blocks_shani, 138};
