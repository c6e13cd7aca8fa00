/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-512 in lanes: 4 with AVX2, 8 with AVX-512 F and BW. FIPS 180-4. */
#define WORD_BITS 64
#define CONSTANTS pa_sha512_constants

#include "sha512_functions.h"

#include "sha2_lanes.h"

const struct pa_hash_lanes PA_VARIANT(pa_sha512_lanes_) = {
    .blocks = absorb_blocks,
    .store = store_digests,
    .lanes = LANES,
    .stored = 64,
    .cost = VECTOR_BYTES == 64 ? 1130 : 1490,
};
