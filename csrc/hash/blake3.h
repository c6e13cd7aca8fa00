/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE3: its kernels, and the engine. "BLAKE3: one function, fast everywhere", the specification of 2020. */
#ifndef PA_HASH_BLAKE3_H
#define PA_HASH_BLAKE3_H

#include "algorithm.h"
#include "blake_batch.h"

#define PA_BLAKE3_BLOCK 64
#define PA_BLAKE3_CHUNK 1024
#define PA_BLAKE3_VALUE 32       /* bytes of a key or a chaining value: 8 little-endian words */
#define PA_BLAKE3_ALL UINT64_MAX /* `final` of `chain`: every lane ends */

/* Domain flags (specification, table 3). */
#define PA_BLAKE3_CHUNK_START 1u
#define PA_BLAKE3_CHUNK_END 2u
#define PA_BLAKE3_PARENT 4u
#define PA_BLAKE3_ROOT 8u
#define PA_BLAKE3_KEYED_HASH 16u
#define PA_BLAKE3_DERIVE_KEY_CONTEXT 32u
#define PA_BLAKE3_DERIVE_KEY_MATERIAL 64u

/* Families PA_FAMILY_BLAKE3 and PA_FAMILY_BLAKE3_LANES: `lanes` chunks or parents of one number of blocks, from one key. */
struct pa_blake3 {
    /* The chaining value of lane l after `whole` blocks at data[l] and, unless last is NULL, the zero-padded last block
     * at last[l].
     *   shapes   out: lanes chaining values; start: that of lane l at start + l * stride (0: one for all, the key), which
     *            may be `out`; sizes[l]: bytes of the last block that are the message's; counters[l]: the number of the
     *            lane's chunk; NULL: 0, as for parents and whole messages
     *   last     data, where the kernel has `ends`: the block after the whole ones at data[l], of which no more than sizes[l]
     *            bytes are read, and all else is zero
     *   flags    all: those of every block; first: what the first one has besides; end: likewise the one at last[l] where bit
     *            l of `final` is set, of PA_BLAKE3_ALL in every lane
     *   next     as pa_hash_blocks_ahead has it, but for PA_HASH_FAR: what lanes bring into the cache for calls after this one */
    void (*chain)(uint8_t *out, const uint8_t *start, uint64_t stride, const uint8_t *const *data,
                  uint64_t whole, const uint8_t *const *last, const uint32_t *sizes,
                  const uint64_t *counters, uint32_t all, uint32_t first, uint32_t end,
                  uint64_t final, uint64_t next);
    /* `chain` of `rows` chunks or parents, group after group: data and last are the first one's, those of the lane r rows further
     * lie r * next bytes after them (next is as `chain` has it where rows <= lanes), and values follow each other. The last group
     * may take rows that another one took; values of lanes that have no row, in the one there is, are not written.
     * Meanwhile the words of the next block are gathered. NULL: none.
     *   last     data, with relay->overread: likewise, but read whole
     *   relay    `after` and `ahead` only where rows <= lanes
     *   before   whole > 0 or last is not NULL */
    void (*groups)(uint8_t *out, const uint8_t *start, uint64_t stride, const uint8_t *const *data,
                   uint64_t whole, const uint8_t *const *last, const uint32_t *sizes,
                   const uint64_t *counters, uint32_t all, uint32_t first, uint32_t end,
                   uint64_t final, uint64_t next, uint64_t rows, pa_blake_relay *relay);
    /* All 64 bytes of a compression: block counters[l] of the output of the root of lane l.
     *   shapes   out: lanes times 64 bytes; values[l]: a chaining value; blocks[l]: 64 bytes, zero-padded after sizes[l] */
    void (*expand)(uint8_t *out, const uint8_t *const *values, const uint8_t *const *blocks,
                   const uint64_t *counters, const uint32_t *sizes, uint32_t flags);
    bool ends;                     /* `chain` takes last == data */
    uint32_t lanes;                /* at most PA_BLAKE_MAX_LANES */
    uint32_t cost;                 /* cycles a block of all lanes together */
    const struct pa_blake3 *wider; /* more lanes at once; or NULL */
};

extern const struct pa_blake3 pa_blake3_portable;
extern const struct pa_blake3 pa_blake3_avx2;
extern const struct pa_blake3 pa_blake3_lanes_avx2;
extern const struct pa_blake3 pa_blake3_lanes_avx512;
extern const struct pa_blake3 pa_blake3_lanes_avx512_emulated;
extern const struct pa_blake3 pa_blake3_two_avx512;
extern const struct pa_blake3 pa_blake3_two_avx512_emulated;

/* state = 32 bytes, one block of zeros further, by a kernel of one message: what is timed where two are there. */
void pa_blake3_again(const void *kernel, void *state);

/* One call's job. What the key made stands in it alone. */
typedef struct {
    const struct pa_blake3 *kernels[PA_BLAKE_WIDTHS]; /* as widths has them */
    pa_blake_widths widths;
    uint64_t digest_size;
    uint32_t flags; /* of every block */
    /* The initial value where there is no key, that of the context where there is one. */
    uint8_t key[PA_BLAKE3_VALUE];
} pa_blake3_job;

/* The kernel that takes the next of n > 0 chunks or parents. */
static inline const struct pa_blake3 *pa_blake3_kernel(const pa_blake3_job *job, uint64_t n)
{
    return job->kernels[pa_blake_choose(&job->widths, n)];
}

/* A node whose last compression is still to come, since a root's is another one. */
typedef struct {
    uint8_t value[PA_BLAKE3_VALUE]; /* before the last block */
    uint8_t block[PA_BLAKE3_BLOCK];
    uint32_t size; /* bytes of the last block that are the message's */
    uint32_t flags;
} pa_blake3_node;

/* Chaining values that a subtree hands up: a power of two, so that those of a left subtree come in pairs. */
#define PA_BLAKE3_WIDTH 32

/* The pieces that a tree is made of, for what hashes messages as they come (job->digest_size is not looked at). */

/* The chunk of `size` <= PA_BLAKE3_CHUNK bytes, number `counter`, as a node. Only the chunk of an empty message is empty. */
void pa_blake3_chunk_node(const pa_blake3_job *job, pa_blake3_node *out, const uint8_t *data,
                          uint64_t size, uint64_t counter);

/* The parent of two chaining values as a node. */
void pa_blake3_parent_node(const pa_blake3_job *job, pa_blake3_node *out,
                           const uint8_t values[2 * PA_BLAKE3_VALUE]);

/* out = the chaining value of a node that is no root; counter: the number of a chunk, 0 of a parent. */
void pa_blake3_chaining_value(const pa_blake3_job *job, uint8_t *out, const pa_blake3_node *from,
                              uint64_t counter);

/* values[i] = the parent of values[2 i] and values[2 i + 1] for i < count / 2; an odd one stays the last. Returns how
 * many there are then. */
uint32_t pa_blake3_join(const pa_blake3_job *job, uint8_t *values, uint32_t count);

/* The chaining values of a subtree that begins with chunk `counter` and is no whole message: of its chunks or of one layer
 * above, in order.
 *   shapes   values: room for PA_BLAKE3_WIDTH; data: size > 0 bytes, whole chunks but for the last one of a message;
 *            after: bytes of the message behind those, which lanes bring into the cache
 *   returns  how many, at most PA_BLAKE3_WIDTH; that many where the subtree has a power of two of chunks, PA_BLAKE3_WIDTH
 *            or more, and one a chunk where it has fewer */
uint32_t pa_blake3_subtree(const pa_blake3_job *job, uint8_t *values, const uint8_t *data,
                           uint64_t size, uint64_t counter, uint64_t after);

/* digest = the first digest_size bytes of the output of a root. */
void pa_blake3_root_bytes(const pa_blake3_job *job, uint8_t *digest, uint64_t digest_size,
                          const pa_blake3_node *root);

/* digest = job->digest_size bytes of the hash of one message. */
void pa_blake3_one(const pa_blake3_job *job, uint8_t *digest, pa_bytes message);

/* Member rows of the engine. */
pyaccel_status pa_blake3_rows(const void *job, uint8_t *digests, const pyaccel_rows *messages,
                              uint64_t first, uint64_t n);

/* Its job is a pa_blake3_job. */
extern const struct pa_hash_engine pa_blake3_engine;

#endif
