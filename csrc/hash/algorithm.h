/* SPDX-License-Identifier: Apache-2.0 */
/* What tells one hash algorithm from another, and the two ways to run one: single messages and lanes. */
#ifndef PA_HASH_ALGORITHM_H
#define PA_HASH_ALGORITHM_H

#include "hash.h"
#include "kernel.h"

#define PA_HASH_MAX_BLOCK 168
#define PA_HASH_MAX_SEGMENTS 4

typedef struct pa_hash_algorithm {
    pa_family single;
    pa_family lanes;      /* PA_FAMILY_COUNT: no lanes */
    uint32_t block_size;  /* bytes */
    uint32_t length_size; /* bytes of the length field that ends the padding */
    uint32_t state_words;
    uint32_t digest_size; /* bytes, its own */
    bool variable;        /* any digest size */
    bool wide;            /* 64-bit words */
    bool big_endian;      /* words, and the length in bits, in bytes */
    uint8_t pad_first;    /* set bit after the message; pad_last is or-ed into the last byte */
    uint8_t pad_last;
    pa_hash_state initial;
    bool twice;                           /* applied to its own digest again */
    const struct pa_hash_algorithm *then; /* another one, applied to the digests; or NULL */
    const struct pa_hash_engine *engine;  /* NULL: padded blocks, one after the other */
    uint32_t keyed_hash;                  /* HMAC: PYACCEL_HASH_* of what it is made of */
} pa_hash_algorithm;

/* What runs an algorithm that is no chain of padded blocks, or takes parameters. Its job holds all that a call needs of
 * them; whoever made room for it wipes it. */
struct pa_hash_engine {
    /* True when key and context suit the algorithm. */
    bool (*options_valid)(const pa_hash_algorithm *algorithm, const pyaccel_hash_options *options);
    /* Before: options are valid, pa_bind() said OK. */
    void (*begin)(void *job, const pa_hash_algorithm *algorithm,
                  const pyaccel_hash_options *options, uint64_t digest_size);
    /* Digests of rows [first, first + n). OK, or INVALID_ARGUMENT when an offset is bad. */
    pyaccel_status (*rows)(const void *job, uint8_t *digests, const pyaccel_rows *messages,
                           uint64_t first, uint64_t n);
    const struct pa_hash_streaming *streaming;
};

/* NULL when id is unknown. */
const pa_hash_algorithm *pa_hash_algorithm_get(uint32_t id);

/* The digest size in the end that is meant by `wanted`, where 0 is its own; 0 when it has no such size. */
uint64_t pa_hash_digest_bytes(const pa_hash_algorithm *algorithm, uint64_t wanted);

/* True when options (not NULL) hold nothing but what the algorithm takes; their digest size is not looked at. */
bool pa_hash_options_valid(const pa_hash_algorithm *algorithm, const pyaccel_hash_options *options);

/* Blocks that a message of `total` bytes takes with its padding. */
uint64_t pa_hash_block_count(const pa_hash_algorithm *algorithm, uint64_t total);

/* Pads a message of `total` bytes (absorbed midstate included) whose last `used` bytes stand in tail.
 *   shapes   tail: room for the blocks returned, zero after `used`; used < the block size
 *   returns  1 or 2, the blocks in tail */
uint32_t pa_hash_pad(const pa_hash_algorithm *algorithm, uint8_t *tail, uint32_t used,
                     uint64_t total);

/* *state = midstate, or the algorithm's initial value when it is NULL. */
void pa_hash_start(const pa_hash_algorithm *algorithm, pa_hash_state *state,
                   const pa_midstate *midstate);

/* One message that comes in pieces, before `twice` and `then`. */
typedef struct {
    pa_hash_state state;
    uint64_t total; /* bytes so far, midstate included       */
    uint32_t used;  /* bytes in buffer, less than a block    */
    uint8_t buffer[2 * PA_HASH_MAX_BLOCK];
} pa_hash_stream;

void pa_hash_stream_start(const pa_hash_algorithm *algorithm, pa_hash_stream *stream,
                          const pa_midstate *midstate);

/* Before: data is no NULL where size > 0; bytes in all <= 2^61 - 1. */
void pa_hash_stream_absorb(const pa_hash_algorithm *algorithm, const struct pa_hash_single *kernel,
                           pa_hash_stream *stream, const uint8_t *data, uint64_t size);

/* The digest of what came, of any size > 0 where Keccak squeezes, else of the state at most. The stream is spent. */
void pa_hash_stream_finish(const pa_hash_algorithm *algorithm, const struct pa_hash_single *kernel,
                           pa_hash_stream *stream, uint8_t *digest, uint64_t size);

/* One batch, before `then`. */
typedef struct {
    const pa_hash_algorithm *algorithm;
    const struct pa_hash_single *single;
    const struct pa_hash_lanes *lanes; /* NULL without lanes */
    const pa_midstate *midstate;
    uint64_t absorbed; /* bytes in midstate */
    uint64_t digest_size;
    uint32_t segment_count;
} pa_hash_job;

/* Bytes of the message that these parts make. */
static inline uint64_t pa_hash_message_bytes(const pa_hash_job *job, const pa_bytes *parts)
{
    uint64_t size = 0;
    for (uint32_t s = 0; s < job->segment_count; s++) {
        size += parts[s].size;
    }
    return size;
}

/* The first `size` bytes of a state. */
void pa_hash_store_words(const pa_hash_algorithm *algorithm, uint8_t *digest, uint64_t size,
                         const pa_hash_state *state);

/* digest = hash of the concatenated parts, before `then`. */
void pa_hash_one(const pa_hash_job *job, uint8_t *digest, const pa_bytes *parts);

/* States or blocks of all lanes, word by word: up to 32 words of 32 bits or 26 of 64 a lane; with 64-bit words there are
 * half as many lanes. */
typedef union {
    _Alignas(64) uint32_t word[32 * PA_HASH_MAX_LANES];
    uint64_t wide[16 * PA_HASH_MAX_LANES];
} pa_lane_words;

/* Bytes of a lane's staging: short messages of one size are staged whole, and padded once for many groups. */
#define PA_HASH_STAGING 512

/* Working memory of lanes, reused from group to group of one job. */
typedef struct {
    _Alignas(64) uint8_t staging[PA_HASH_MAX_LANES][PA_HASH_STAGING];
    pa_lane_words state;
    pa_lane_words words;    /* of what hashes twice, the upper 8 of 16 words: padding of 32 bytes */
    pa_lane_words initial;  /* after the job's midstate */
    pa_lane_words standard; /* the algorithm's own      */
    uint32_t schedule[PA_HASH_MAX_SCHEDULE];
    uint64_t scheduled_total; /* schedule is of the padding block of messages of this many bytes */
    uint64_t staged_total;    /* staging holds the padding of messages of this many bytes */
} pa_hash_scratch;

/* Before: the job has lanes. */
void pa_hash_scratch_start(pa_hash_scratch *scratch, const pa_hash_job *job);

/* The digest of parts[l] (segment_count parts each), before `then`, to row order[l] of digests, or to row l where order
 * is NULL; for l < count <= lanes.
 *   size  bytes of every message, or PA_HASH_SIZES_DIFFER */
#define PA_HASH_SIZES_DIFFER UINT64_MAX
void pa_hash_group(const pa_hash_job *job, uint8_t *digests, const uint16_t *order,
                   pa_hash_scratch *scratch, const pa_bytes *const *parts, uint32_t count,
                   uint64_t size);

#endif
