/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE2: its kernels, and the engine. */
#ifndef PA_HASH_BLAKE2_H
#define PA_HASH_BLAKE2_H

#include "algorithm.h"
#include "blake_batch.h"

#define PA_BLAKE2_EQUAL UINT64_MAX
#define PA_BLAKE2_EQUAL_HALF (UINT64_MAX - 1)

/* Families PA_FAMILY_BLAKE2B, _BLAKE2S and their _LANES: `lanes` messages at once. States are 8 words in little-endian
 * bytes, as the digest is. */
struct pa_blake2 {
    /* The state of lane l after `whole` blocks at data[l] and, unless last is NULL, the block at last[l].
     *   shapes   out: lanes states; start: the state of lane l at start + l * stride (0: one for all), which `before` bytes
     *            went into, a multiple of the block size; totals[l]: bytes absorbed with last[l], `before` included
     *   final    bit l: last[l] ends the message of lane l, and is zero-padded; PA_BLAKE2_EQUAL: all do, after totals[0]
     *            bytes (what is written lane by lane and read as a vector waits for memory); PA_BLAKE2_EQUAL_HALF: and
     *            the upper halves of their last blocks are taken as zeros, and not read without relay->overread (not
     *            where lanes is 1)
     *   last     data, where the kernel has `ends` or relay->overread is set: the block after the whole ones at data[l], zeros
     *            behind the bytes that totals[l] says (of every lane, for PA_BLAKE2_EQUAL too), behind which nothing is read
     *            without relay->overread
     *   next     as pa_hash_blocks_ahead has it, but for PA_HASH_FAR: what lanes bring into the cache for calls after this one,
     *            unless relay->ahead says it
     *   wanted   the states of so many lanes are written, the first ones
     *   relay    not looked at where lanes is 1 */
    void (*hash)(uint8_t *out, const uint8_t *start, uint64_t stride, uint64_t before,
                 const uint8_t *const *data, uint64_t whole, const uint8_t *const *last,
                 const uint64_t *totals, uint64_t final, uint64_t next, uint32_t wanted,
                 pa_blake_relay *relay);
    bool ends;                     /* `hash` takes last == data without relay->overread too */
    uint32_t lanes;                /* at most PA_BLAKE_MAX_LANES */
    uint32_t cost;                 /* cycles a block of all lanes together */
    const struct pa_blake2 *wider; /* more lanes at once; or NULL */
};

extern const struct pa_blake2 pa_blake2b_portable;
extern const struct pa_blake2 pa_blake2b_avx2;
extern const struct pa_blake2 pa_blake2b_lanes_avx2;
extern const struct pa_blake2 pa_blake2b_lanes_avx512;
extern const struct pa_blake2 pa_blake2b_lanes_avx512_emulated;
extern const struct pa_blake2 pa_blake2b_two_avx512;
extern const struct pa_blake2 pa_blake2b_two_avx512_emulated;
extern const struct pa_blake2 pa_blake2s_portable;
extern const struct pa_blake2 pa_blake2s_avx2;
extern const struct pa_blake2 pa_blake2s_lanes_avx2;
extern const struct pa_blake2 pa_blake2s_lanes_avx512;
extern const struct pa_blake2 pa_blake2s_lanes_avx512_emulated;
extern const struct pa_blake2 pa_blake2s_two_avx512;
extern const struct pa_blake2 pa_blake2s_two_avx512_emulated;

/* state = 64 bytes, one block of zeros further, by a kernel of one message: what is timed where two are there. */
void pa_blake2_again(const void *kernel, void *state);

/* One call's job. What the key made stands in it alone. */
typedef struct {
    const struct pa_blake2 *kernels[PA_BLAKE_WIDTHS]; /* as widths has them */
    pa_blake_widths widths;
    pa_family family, lanes_family;
    uint32_t block_size;
    uint32_t digest_size;
    bool has_key;
    uint8_t start[64];      /* before any block */
    uint8_t keyed[64];      /* after the key's block */
    uint8_t key_block[128]; /* it alone is the last block of an empty message */
} pa_blake2_job;

/* digest = job->digest_size bytes of the hash of one message. */
void pa_blake2_one(const pa_blake2_job *job, uint8_t *digest, pa_bytes message);

/* Member rows of the engine. */
pyaccel_status pa_blake2_rows(const void *job, uint8_t *digests, const pyaccel_rows *messages,
                              uint64_t first, uint64_t n);

/* Its job is a pa_blake2_job. */
extern const struct pa_hash_engine pa_blake2_engine;

#endif
