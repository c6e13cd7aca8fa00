/* SPDX-License-Identifier: Apache-2.0 */
/* One message: what the kernels of BLAKE2 and BLAKE3 need where a word is an integer. Defined by the
 * includer: WORD_BITS, and SCHEDULE of blake_rounds.h. */
#ifndef PA_HASH_BLAKE_PORTABLE_H
#define PA_HASH_BLAKE_PORTABLE_H

#include "../core/bytes.h"
#include "kernel.h"

#if WORD_BITS == 32
typedef uint32_t word;
#define LOAD_WORD pa_load_le32
#define STORE_WORD pa_store_le32
#define ROTATE pa_rotr32
#else
typedef uint64_t word;
#define LOAD_WORD pa_load_le64
#define STORE_WORD pa_store_le64
#define ROTATE pa_rotr64
#endif
typedef word lane_word;

#define MESSAGES 1
#define ADD(x, y) ((x) + (y))
#define XOR(x, y) ((x) ^ (y))
#define BROADCAST(x) (x)

static inline word load_lanes(const lane_word *lanes)
{
    return lanes[0];
}

static inline void load_words(word *x, const uint8_t *const *lane, uint64_t at, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        x[i] = LOAD_WORD(lane[0] + at + i * sizeof(word));
    }
}

static inline void store_words(uint8_t *out, uint64_t stride, const word *x, unsigned count)
{
    (void)stride;
    for (unsigned i = 0; i < count; i++) {
        STORE_WORD(out + i * sizeof(word), x[i]);
    }
}

#define store_some_words(out, stride, x, count, end)                                               \
    ((void)(end), store_words(out, stride, x, count))
#define KEEP_IN_MEMORY(m)
#define GATHERS_AHEAD 0

#include "blake_rounds.h"

#endif
