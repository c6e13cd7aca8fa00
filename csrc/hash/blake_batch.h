/* SPDX-License-Identifier: Apache-2.0 */
/* What batches of BLAKE2 and BLAKE3 have alike: which kernel takes the next of some messages (one message, lanes, or more
 * lanes), in what order they go, their zero-padded last blocks, what one group's rounds gather for the next, and how digests come
 * to where they belong. */
#ifndef PA_HASH_BLAKE_BATCH_H
#define PA_HASH_BLAKE_BATCH_H

#include <string.h>

#include "algorithm.h"
#include "bins.h"

#define PA_BLAKE_MAX_LANES 32
#define PA_BLAKE_WIDTHS 3

/* What kernels that gather the words of the next block beside the rounds hand from one group of messages to the next: those of its
 * first block. In: all but `words`; out: `words` and `turn`. */
typedef struct {
    /* Two blocks of all lanes, as the kernel has them. */
    _Alignas(64) uint8_t words[2 * PA_BLAKE_MAX_LANES * 64];
    uint32_t turn; /* the one with which this group begins */
    bool ready;    /* the words of its first block stand there */
    bool overread; /* its last blocks may be read whole, what is behind the message too */
    /* First blocks of the next one, which may be read whole; lane NULL: none. */
    pa_hash_ahead after;
    /* Memory that comes into the cache meanwhile, a block of all lanes beside each; lane, ahead_lane or NULL: none. */
    pa_hash_ahead ahead;
    const uint8_t *ahead_lane[PA_BLAKE_MAX_LANES];
} pa_blake_relay;

/* A full bin that waits for the next one, whose first blocks its kernel gathers. */
typedef struct {
    const uint8_t *const *data; /* NULL: none does */
    uint64_t blocks;            /* of each message */
    bool overread;              /* as pa_blake_relay has it */
} pa_blake_pending;

/* A group is hashed; the next one hands nothing on unless it is told to. */
static inline void pa_blake_relay_done(pa_blake_relay *relay)
{
    relay->ready = relay->after.lane != NULL;
    relay->overread = false;
    relay->after.lane = relay->ahead.lane = NULL;
}

static inline void pa_blake_relay_begin(pa_blake_relay *relay)
{
    relay->turn = 0;
    relay->after.lane = NULL;
    pa_blake_relay_done(relay);
}

/* Before rows of sizes that differ, for a kernel of `lanes` lanes. */
static inline void pa_blake_relay_rows(pa_blake_relay *relay, const uint8_t *rows, uint32_t lanes,
                                       uint32_t block)
{
    for (uint32_t l = 0; l < lanes && rows != NULL; l++) {
        relay->ahead_lane[l] = rows + l * block;
    }
}

/* A full bin. Its members stand in the order of rows, so that the last one's blocks end furthest. */
static inline pa_blake_pending pa_blake_pending_of(const pa_rows_way *way,
                                                   const uint8_t *const *data, uint32_t lanes,
                                                   uint64_t blocks, uint32_t block)
{
    const bool overread = pa_rows_way_covers(way, data[lanes - 1], blocks * block);
    return (pa_blake_pending){data, blocks, overread};
}

/* The relay for the bin `now`, which `next` comes after. */
static inline void pa_blake_relay_set(pa_blake_relay *relay, const pa_blake_pending *now,
                                      const pa_blake_pending *next, pa_rows_way *way,
                                      uint32_t lanes, uint32_t block)
{
    const uint8_t *from = pa_rows_way_ahead(way, now->blocks * lanes * block);
    if (from != NULL) {
        relay->ahead.lane = relay->ahead_lane;
        relay->ahead.at = (uint64_t)(from - relay->ahead_lane[0]);
    }
    relay->overread = now->overread;
    relay->after.lane = next->blocks > 1 || next->overread ? next->data : NULL;
    relay->after.at = 0;
}

/* Places of digests come into the cache: bins.h. */
static inline void pa_blake_fetch_places(uint8_t *const *out, uint32_t count)
{
    for (uint32_t l = 0; l < count; l++) {
        __builtin_prefetch(out[l], 1);
    }
}

/* Kernels of one algorithm, narrowest first; [0] takes one message. */
typedef struct {
    uint32_t count;
    uint32_t lanes[PA_BLAKE_WIDTHS]; /* powers of two */
    uint32_t cost[PA_BLAKE_WIDTHS];  /* cycles a block of all lanes together */
} pa_blake_widths;

/* Cycles a block of n messages by kernels 0 to `widest`: each takes what fills it, and the rest too where that costs less
 * than the narrower ones. More messages never cost less. */
static inline uint64_t pa_blake_cost(const pa_blake_widths *widths, uint32_t widest, uint64_t n)
{
    if (widest == 0) {
        return n * widths->cost[0];
    }
    const uint32_t lanes = widths->lanes[widest];
    const uint64_t full = (n >> __builtin_ctz(lanes)) * widths->cost[widest];
    const uint64_t rest = pa_blake_cost(widths, widest - 1, n & (lanes - 1));
    return full + (rest < widths->cost[widest] ? rest : widths->cost[widest]);
}

/* The kernel that takes the next of n > 0 messages, as many as it has lanes; where n is less, the other lanes go with it. */
static inline uint32_t pa_blake_choose(const pa_blake_widths *widths, uint64_t n)
{
    for (uint32_t k = widths->count - 1; k > 0; k--) {
        if (n >= widths->lanes[k] || widths->cost[k] <= pa_blake_cost(widths, k - 1, n)) {
            return k;
        }
    }
    return 0;
}

/* The row that `lanes` of them begin with, of n of which those before `done` are done: where fewer are left, some are taken again,
 * so that all digests go to where they belong at once. */
static inline uint64_t pa_blake_begin(uint64_t n, uint64_t done, uint32_t lanes)
{
    return n >= lanes && n - done < lanes ? n - lanes : done;
}

/* Bytes from row i of some of one size to row i + count, 0 where it is not there. The stride of empty rows says nothing. */
static inline uint64_t pa_blake_next(const pyaccel_rows *messages, uint64_t i, uint32_t count)
{
    const bool there = messages->width > 0 && (i + count) * messages->stride < messages->data_size;
    return there ? count * messages->stride : 0;
}

/* How many of n rows of one size, the first ones, may be read from their begins on for `bytes` bytes, whatever their size is: other
 * rows follow, one right after the other. */
static inline uint64_t pa_blake_overread_rows(const pyaccel_rows *messages, uint64_t n,
                                              uint64_t bytes)
{
    const uint64_t all = n * messages->width;
    const bool joined = messages->width > 0 && messages->stride == messages->width;
    return joined && all >= bytes ? (all - bytes) / messages->width + 1 : 0;
}

/* Where the block after `whole` others of a message of `size` bytes stands, zero-padded: in the message, or in tail[block ...
 * 2 block). Of a message of a block or more the last one is copied, wherever it ends: no branch hangs on where. Before: size >
 * whole * block, or both are 0. */
static inline const uint8_t *pa_blake_last(uint8_t *tail, const uint8_t *data, uint64_t size,
                                           uint64_t whole, uint32_t block)
{
    const uint32_t rest = (uint32_t)(size - whole * block);
    if (rest == block) {
        return data + whole * block;
    }
    memset(tail + block, 0, block);
    if (size < block) {
        pa_hash_copy(tail + block, data, rest);
        return tail + block;
    }
    for (uint32_t i = 0; i < block; i += 32) {
        memcpy(tail + rest + i, data + size - block + i, 32);
    }
    return tail + block;
}

/* out[l] = the first `size` bytes of state l, of `state` bytes, for first <= l < end. Whole ones are copied without a loop. */
static inline void pa_blake_hand_out(uint8_t *const *out, const uint8_t *states, uint32_t first,
                                     uint32_t end, uint32_t state, uint64_t size)
{
    states += (size_t)first * state;
    for (uint32_t l = first; l < end; l++, states += state) {
        if (size == 32) {
            memcpy(out[l], states, 32);
        } else if (size == 64) {
            memcpy(out[l], states, 64);
        } else {
            pa_hash_copy(out[l], states, (size_t)size);
        }
    }
}

/* Likewise to digests that follow each other. */
static inline void pa_blake_hand_over(uint8_t *digests, const uint8_t *states, uint32_t count,
                                      uint32_t state, uint64_t size)
{
    if (size == state) {
        memcpy(digests, states, (size_t)count * state);
        return;
    }
    for (uint32_t l = 0; l < count; l++, digests += size, states += state) {
        pa_hash_copy(digests, states, (size_t)size);
    }
}

/* order = 0 ... count - 1 by descending keys, equal ones in their order. */
static inline void pa_blake_sort(uint16_t *order, const uint8_t *keys, uint32_t count)
{
    uint32_t start[257] = {0};
    for (uint32_t i = 0; i < count; i++) {
        start[256 - keys[i]]++;
    }
    for (uint32_t key = 1; key < 257; key++) {
        start[key] += start[key - 1];
    }
    for (uint32_t i = 0; i < count; i++) {
        order[start[255 - keys[i]]++] = (uint16_t)i;
    }
}

#endif
