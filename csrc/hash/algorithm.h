/* SPDX-License-Identifier: Apache-2.0 */
/* What tells one hash algorithm from another, and the two ways to run one: single messages and lanes. */
#ifndef PA_HASH_ALGORITHM_H
#define PA_HASH_ALGORITHM_H

#include <string.h>

#include "../core/bytes.h"
#include "hash.h"
#include "kernel.h"
#include "plan.h"

#define PA_HASH_MAX_BLOCK 168
#define PA_HASH_MAX_SEGMENTS 4

typedef struct pa_hash_algorithm {
    pa_family single;
    pa_family lanes;      /* PA_FAMILY_COUNT: no lanes */
    uint32_t block_size;  /* bytes */
    uint64_t inverse;     /* 2^64 / block_size, rounded up; 0 where that is a power of two */
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

/* size / the block size; a division takes as long as staging a short message.
 *   before  size < 2^56 where `inverse` is not 0: more than any memory holds */
static inline uint64_t pa_hash_quotient(const pa_hash_algorithm *algorithm, uint64_t size)
{
    return algorithm->inverse == 0 ? size >> __builtin_ctz(algorithm->block_size)
                                   : (uint64_t)((pa_u128)size * algorithm->inverse >> 64);
}

/* Blocks that a message of `total` bytes takes with its padding. */
static inline uint64_t pa_hash_block_count(const pa_hash_algorithm *algorithm, uint64_t total)
{
    return pa_hash_quotient(algorithm, total + algorithm->length_size) + 1;
}

/* Pads a message of `total` bytes (absorbed midstate included) whose last `used` bytes stand in tail, `blocks` blocks that are
 * zero after `used`. */
static inline void pa_hash_pad_blocks(const pa_hash_algorithm *algorithm, uint8_t *tail,
                                      uint64_t used, uint64_t blocks, uint64_t total)
{
    uint8_t *end = tail + blocks * algorithm->block_size;
    tail[used] = algorithm->pad_first;
    if (algorithm->length_size == 0) {
        end[-1] |= algorithm->pad_last;
        return;
    }
    if (algorithm->big_endian) {
        pa_store_be64(end - 8, total << 3);
    } else {
        pa_store_le64(end - algorithm->length_size, total << 3);
    }
    if (algorithm->length_size == 16) {
        pa_store_be64(end - 16, total >> 61);
    }
}

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

/* Which costs hold for messages. Brief ones: one whole block, and the one that all lanes share, in a menu that shares; some
 * kernels make words of one message during the shared block of another. */
typedef enum { PA_HASH_ANY, PA_HASH_BRIEF, PA_HASH_COSTS } pa_hash_costs;

/* Which items of a menu take how many messages of one kind. */
typedef struct {
    uint32_t steady; /* the item of the least time a row */
    uint64_t alone;  /* so many rows, or fewer, are hashed one by one; UINT64_MAX: any number */
    pa_plan_item items[PA_PLAN_ITEMS];
    uint8_t first[PA_PLAN_ROWS + 1]; /* pa_plan's */
} pa_hash_plan;

/* What may hash rows of one algorithm now: the kernels in lanes that are bound, and single messages. */
typedef struct {
    uint32_t count;
    uint32_t widest; /* lanes */
    uint32_t pads;   /* `pads` of every kernel; 0 where they differ */
    bool shares;     /* every kernel has `shared` */
    bool measured;   /* costs are; else those that the kernels state */
    const struct pa_hash_lanes *kernels[PA_PLAN_ITEMS]; /* NULL: single messages */
    uint32_t variants[PA_PLAN_ITEMS];                   /* for pa_count_variant  */
    pa_hash_plan plans[PA_HASH_COSTS];
} pa_hash_menu;

/* The menu of the variants bound now, its costs measured at first use; one for all algorithms of a family, which differ in
 * initial values and rates, but for those that hash their digests again, which have one of their own. Never NULL, valid until
 * variants are bound anew. Before: pa_bind() said OK, no engine. */
const pa_hash_menu *pa_hash_menu_get(const pa_hash_algorithm *algorithm);

/* Counts one batch of each item that has its bit in `used`. */
void pa_hash_menu_count(const pa_hash_menu *menu, const pa_hash_algorithm *algorithm,
                        uint32_t used);

/* The plan for messages of one size that are one segment each. */
static inline const pa_hash_plan *pa_hash_plan_of(const pa_hash_menu *menu,
                                                  const pa_hash_algorithm *algorithm, uint64_t size)
{
    const bool brief = menu->shares && size == algorithm->block_size;
    return &menu->plans[brief ? PA_HASH_BRIEF : PA_HASH_ANY];
}

/* The item that takes the first of `rows` rows, rows > 0. */
static inline uint32_t pa_hash_plan_item(const pa_hash_plan *plan, uint64_t rows)
{
    return rows <= PA_PLAN_ROWS ? plan->first[rows] : plan->steady;
}

/* One batch, before `then`. */
typedef struct {
    const pa_hash_algorithm *algorithm;
    const struct pa_hash_single *single;
    const pa_hash_menu *menu;
    const pa_midstate *midstate;
    pa_hash_state initial; /* after midstate */
    uint64_t absorbed;     /* bytes in midstate */
    uint64_t digest_size;
    const pyaccel_rows *segments;
    uint32_t segment_count;
    uint32_t *used; /* bit i: item i of the menu ran; or-ed */
    /* The menu's one kernel leaves states in place of digests, of all its lanes, which have room. */
    bool states;
    bool sorted_pairs; /* one segment of 64 bytes a row, of whose halves the lesser comes first */
    bool roomy;        /* behind the digests there is room for those of PA_HASH_MAX_LANES */
} pa_hash_job;

/* Parts of row i. Fixed rows were checked as a whole by pa_rows_valid. False where an offset is bad. */
static inline bool pa_hash_row_parts(const pa_hash_job *job, pa_bytes *parts, uint64_t i)
{
    for (uint32_t s = 0; s < job->segment_count; s++) {
        const pyaccel_rows *segment = &job->segments[s];
        if (segment->offset_bits != 0) {
            if (!pa_rows_get(&parts[s], segment, i)) {
                return false;
            }
        } else {
            parts[s].size = segment->width;
            parts[s].data = segment->width > 0 ? segment->data + i * segment->stride : NULL;
        }
    }
    return true;
}

/* Bytes of the message that these parts make. */
static inline uint64_t pa_hash_message_bytes(const pa_hash_job *job, const pa_bytes *parts)
{
    uint64_t size = 0;
    for (uint32_t s = 0; s < job->segment_count; s++) {
        size += parts[s].size;
    }
    return size;
}

/* memcpy of a few bytes without a call; from may be NULL where size is 0. */
static inline void pa_hash_copy(uint8_t *to, const uint8_t *from, size_t size)
{
    if (size >= 16) {
        for (size_t i = 0; i + 16 < size; i += 16) {
            memcpy(to + i, from + i, 16);
        }
        memcpy(to + size - 16, from + size - 16, 16);
    } else if (size >= 8) {
        memcpy(to, from, 8);
        memcpy(to + size - 8, from + size - 8, 8);
    } else if (size >= 4) {
        memcpy(to, from, 4);
        memcpy(to + size - 4, from + size - 4, 4);
    } else {
        for (size_t i = 0; i < size; i++) {
            to[i] = from[i];
        }
    }
}

/* The first `size` bytes of a state. */
void pa_hash_store_words(const pa_hash_algorithm *algorithm, uint8_t *digest, uint64_t size,
                         const pa_hash_state *state);

/* digest = H(data), before `twice` and `then`, after midstate where it is not NULL, whose traces are then wiped. */
void pa_hash_data(const pa_hash_algorithm *algorithm, const struct pa_hash_single *kernel,
                  const pa_midstate *midstate, uint8_t *digest, uint64_t digest_size,
                  const uint8_t *data, uint64_t size);

/* digest = hash of the concatenated parts, before `then`. */
void pa_hash_one(const pa_hash_job *job, uint8_t *digest, const pa_bytes *parts);

/* Rows of one size, every segment of fixed width: digests of rows [first, first + n). */
void pa_hash_uniform(const pa_hash_job *job, uint8_t *digests, uint64_t first, uint64_t n);

/* True when pa_hash_uniform can: one segment, or messages that are short. */
bool pa_hash_uniform_fits(const pa_hash_job *job);

/* Rows of any sizes. OK, or INVALID_ARGUMENT when an offset is bad. */
pyaccel_status pa_hash_mixed(const pa_hash_job *job, uint8_t *digests, uint64_t first, uint64_t n);

/* What brings bytes into the cache is inlined by force: gcc leaves out a call that does nothing else. */
#define PA_HASH_FETCH static inline __attribute__((always_inline)) void

/* Brings a whole row into the cache. */
PA_HASH_FETCH pa_hash_fetch(pa_bytes row_bytes)
{
    for (uint64_t at = 0; at < row_bytes.size; at += 64) {
        __builtin_prefetch(row_bytes.data + at);
    }
}

/* States or blocks of all lanes: up to 16 words of 32 bits or, of 16 lanes, 26 of 64. */
typedef union {
    _Alignas(64) uint32_t word[1024];
    uint64_t wide[512];
} pa_lane_words;
_Static_assert(16 * PA_HASH_MAX_LANES <= 1024, "a block of all lanes");

/* Bytes that one lane stages at most: whole messages where these are short, else what follows their last whole block. */
#define PA_HASH_STAGED 512

/* Working memory of lanes, reused from group to group of one job. */
typedef struct {
    _Alignas(64) uint8_t staging[32 * PA_HASH_STAGED];
    pa_lane_words state;
    pa_lane_words kept;                     /* states of lanes that are done, or words of a block */
    pa_lane_words initial;                  /* job->initial in the lanes of `spread_for`          */
    const struct pa_hash_lanes *spread_for; /* NULL: none yet */
} pa_hash_scratch;

/* Bytes that each of `lanes` has of the staging: three blocks and more. */
static inline uint32_t pa_hash_lane_room(uint32_t lanes)
{
    return lanes <= 32 ? PA_HASH_STAGED : 32 * PA_HASH_STAGED / lanes / 64 * 64;
}

/* Digests of lanes l < count <= lanes, of shape's blocks at data[l] and tails[l] (one for each lane but those of shape->idle
 * that a kernel with `idle_unit` leaves out; both may be NULL where shape has none of them), to row order[l] of digests, or to
 * row l where order is NULL. */
void pa_hash_group(const pa_hash_job *job, pa_hash_scratch *scratch,
                   const struct pa_hash_lanes *kernel, const pa_hash_shape *shape,
                   const uint8_t *const *data, const uint8_t *const *tails, uint8_t *digests,
                   const uint32_t *order, uint32_t count);

/* The same, in pieces: scratch->state = job->initial in every lane ... */
void pa_hash_group_start(const pa_hash_job *job, pa_hash_scratch *scratch,
                         const struct pa_hash_lanes *kernel);

/* ... and, after the caller had the kernel absorb what there is, the digests. */
void pa_hash_group_finish(const pa_hash_job *job, pa_hash_scratch *scratch,
                          const struct pa_hash_lanes *kernel, uint8_t *digests,
                          const uint32_t *order, uint32_t count);

/* Wipes every state in scratch: a midstate may be what a key made. */
void pa_hash_scratch_wipe(const pa_hash_job *job, pa_hash_scratch *scratch);

/* Index of word w of lane l in a state of `words` words a lane. */
static inline size_t pa_hash_word_at(const struct pa_hash_lanes *kernel, uint32_t words, uint32_t w,
                                     uint32_t l)
{
    return kernel->by_lane ? (size_t)l * words + w : (size_t)w * kernel->lanes + l;
}

#endif
