/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE2b, one message, any CPU. RFC 7693. */
#include <stdint.h>

typedef uint64_t lane_word;
#define LOAD pa_load_le64
#define STORE pa_store_le64
#define ROTATE pa_rotr64
#define ROTATIONS {32, 24, 16, 63}
#define ROUNDS 12
#define COUNTER_HIGH(t) ((t) & 0) /* messages are shorter than 2^64 bytes */
/* SHA-512's initial value (RFC 7693, 2.6). */
#define IV                                                                                         \
    {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,               \
     0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179}

#include "blake_portable.h"

#include "blake2_lanes.h"

const struct pa_blake2 pa_blake2b_portable = {blake2_hash, LANES, 500};
