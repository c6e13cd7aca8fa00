/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE2s, one message, any CPU. RFC 7693. */
#include <stdint.h>

typedef uint32_t lane_word;
#define LOAD pa_load_le32
#define STORE pa_store_le32
#define ROTATE pa_rotr32
#define ROTATIONS {16, 12, 8, 7}
#define ROUNDS 10
#define COUNTER_HIGH(t) ((uint32_t)((t) >> 32))
/* SHA-256's initial value (RFC 7693, 2.6). */
#define IV                                                                                         \
    {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}

#include "blake_portable.h"

#include "blake2_lanes.h"

const struct pa_blake2 pa_blake2s_portable = {blake2_hash, LANES, 400};
