/* SPDX-License-Identifier: Apache-2.0 */
/* Keccak-f[1600] sponges, one message, any CPU. */
#include "keccak_rounds.h"

/* Iota constants: output of the LFSR x^8 + x^6 + x^5 + x^4 + 1 (Keccak reference, 1.2). */
const uint64_t pa_keccak_constants[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

static void keccak_blocks_portable(pa_hash_state *state, const uint8_t *data, uint64_t count)
{
    keccak_blocks(state, data, count);
}

const struct pa_hash_single pa_keccak_portable = {keccak_blocks_portable, 1144};
