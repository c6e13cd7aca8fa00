/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE2: its kernels, and the engine. */
#ifndef PA_HASH_BLAKE2_H
#define PA_HASH_BLAKE2_H

#include "algorithm.h"

/* Families PA_FAMILY_BLAKE2B and _BLAKE2S: `lanes` messages of one number of blocks, from one state. States are 8
 * words in little-endian bytes, as the digest is. */
struct pa_blake2 {
    /* The state of lane l after `whole` blocks at data[l] and, unless last is NULL, the zero-padded last block at
     * last[l].
     *   shapes   out: lanes states; start: one state, which `before` bytes went into, a multiple of the block size;
     *            totals[l]: bytes absorbed with the last block, `before` included */
    void (*hash)(uint8_t *out, const uint8_t *start, uint64_t before, const uint8_t *const *data,
                 uint64_t whole, const uint8_t *const *last, const uint64_t *totals);
    uint32_t lanes;
    uint32_t cost; /* cycles a block of all lanes together */
};

extern const struct pa_blake2 pa_blake2b_portable;
extern const struct pa_blake2 pa_blake2s_portable;

/* One call's job. What the key made stands in it alone. */
typedef struct {
    const struct pa_blake2 *kernel;
    pa_family family;
    uint32_t block_size;
    uint32_t digest_size;
    bool has_key;
    uint8_t start[64];      /* before any block */
    uint8_t keyed[64];      /* after the key's block */
    uint8_t key_block[128]; /* it alone is the last block of an empty message */
} pa_blake2_job;

/* Its job is a pa_blake2_job. */
extern const struct pa_hash_engine pa_blake2_engine;

#endif
