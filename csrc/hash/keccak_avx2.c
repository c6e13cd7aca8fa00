/* SPDX-License-Identifier: Apache-2.0 */
/* Keccak-f[1600] sponges, one message, with what comes with AVX2: BMI's andn and BMI2's rorx. */
#include "keccak_rounds.h"

static void keccak_blocks_avx2(pa_hash_state *state, const uint8_t *data, uint64_t count)
{
    keccak_blocks(state, data, count);
}

const struct pa_hash_single pa_keccak_avx2 = {keccak_blocks_avx2, 967};
