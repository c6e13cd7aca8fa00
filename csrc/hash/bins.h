/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of sizes that differ, read some at a time, wait in bins, one for each block count, until there are as many as the lanes
 * of a kernel: these go through it without a lane that idles. Before they do, the places of their digests are brought into the
 * cache, which are written in an order that the hardware doesn't foresee (Zen 4, rows of 1 to 1024 bytes: 1 to 4 % less time
 * than where that is done for 8 rows as they are taken, or at both times; by the kernel, with the last block, no better). */
#ifndef PA_HASH_BINS_H
#define PA_HASH_BINS_H

#include "algorithm.h"

/* Parts of all bins together, at one a segment of a row, which bounds the stack. */
#define PA_BIN_PARTS 640
#define PA_MAX_BINS 80

typedef struct {
    uint32_t lanes;
    uint32_t segments; /* parts of a row */
    uint32_t count;    /* 0: no bins */
    uint8_t held[PA_MAX_BINS];
    uint32_t places[PA_BIN_PARTS]; /* bin b's from b * lanes on */
    pa_bytes parts[PA_BIN_PARTS];  /* likewise, by row */
} pa_bins;

/* True where n rows are enough for some bins to fill the lanes of a kernel. */
static inline bool pa_bins_pay(uint32_t lanes, uint64_t n)
{
    return lanes > 1 && n >= 4 * (uint64_t)lanes;
}

/* Bins for the lanes of a kernel, none where they don't pay. */
static inline void pa_bins_prepare(pa_bins *bins, uint32_t lanes, uint32_t segments, uint64_t n)
{
    const uint32_t fit = PA_BIN_PARTS / segments / lanes;
    bins->lanes = lanes;
    bins->segments = segments;
    bins->count = !pa_bins_pay(lanes, n) ? 0 : fit < PA_MAX_BINS ? fit : PA_MAX_BINS;
    memset(bins->held, 0, sizeof bins->held);
}

/* The first of a bin's rows. */
static inline uint32_t pa_bins_slot(const pa_bins *bins, uint64_t bin)
{
    return (uint32_t)bin * bins->lanes;
}

/* Puts a row into a bin below bins->count; true where it is full then: whoever put it takes the rows out (held = 0). */
static inline bool pa_bins_put(pa_bins *bins, uint64_t bin, uint32_t place, const pa_bytes *parts)
{
    const uint32_t slot = pa_bins_slot(bins, bin) + bins->held[bin];
    bins->places[slot] = place;
    for (uint32_t s = 0; s < bins->segments; s++) {
        bins->parts[slot * bins->segments + s] = parts[s];
    }
    return ++bins->held[bin] == bins->lanes;
}

/* Rows that are read at once. */
#define PA_ROWS_TAKEN 8

/* Bytes of such rows up to which they are fetched: of long ones the CPU foresees what comes. */
#define PA_ROWS_FETCHED (96u << 10)

/* Brings rows that lie one after the other into the cache, to wait for others: lanes read rows that lie too far apart for the
 * hardware to foresee. Row i at rows[i * apart]. *fetched, or NULL: up to where they are on their way; moved on to their end.
 * Where rows are in no cache, 660 to 415 cycles a row of 512 bytes (SHA-256, Zen 5). */
PA_HASH_FETCH pa_rows_fetch(const pa_bytes *rows, uint32_t apart, uint32_t count,
                            const uint8_t **fetched)
{
    const uint8_t *from = rows[0].data, *end = rows[(count - 1) * apart].data;
    if (from == NULL || end == NULL) {
        return; /* an empty row: rare, and it does no harm */
    }
    end += rows[(count - 1) * apart].size;
    if (fetched != NULL) {
        from = from < *fetched ? *fetched : from;
        *fetched = from < end ? end : from;
    }
    if (from < end && (uintptr_t)end - (uintptr_t)from > PA_ROWS_FETCHED) {
        return;
    }
    for (; from < end; from += 64) {
        __builtin_prefetch(from, 0, 2);
    }
}

/* How far the memory of rows of different sizes is on its way into the cache. Those that wait in bins lie together: while a
 * group is hashed, lanes fetch as much of what is next as they read, and not their own blocks, which are near. Zen 4, rows of 1
 * to 1024 bytes: 16384 of them 6 (BLAKE3) and 9 % (BLAKE2b), 65536 19 % less time than where all are fetched as they are taken,
 * for which the core waits. Without a bound to how far it goes 1 to 3 %; both kinds of lines 0 to 4 %, and batches of one size
 * lost 2 to 4 %, as a kernel has no room for another line; every second line lost 8 %. */
typedef struct {
    const uint8_t *taken;   /* end of the rows that have been taken */
    const uint8_t *fetched; /* and of those that are on their way */
    const uint8_t *end;     /* and of all */
    bool joined;            /* rows lie one right after the other */
} pa_rows_way;

static inline void pa_rows_way_begin(pa_rows_way *way, const pyaccel_rows *rows)
{
    /* Offsets alone say where rows end: their data may be said to be of any size, which ends with the memory, and is no more
     * than pointers can be apart. */
    const uint64_t memory = UINTPTR_MAX - (uintptr_t)rows->data;
    const uint64_t most = memory < PTRDIFF_MAX ? memory : PTRDIFF_MAX;
    way->taken = way->fetched = rows->data;
    way->joined = rows->offset_bits != 0 || (rows->width > 0 && rows->stride == rows->width);
    way->end =
        rows->data == NULL ? NULL : rows->data + (rows->data_size < most ? rows->data_size : most);
}

/* Rows that have been taken. */
PA_HASH_FETCH pa_rows_way_take(pa_rows_way *way, const pa_bytes *rows, uint32_t count)
{
    pa_rows_fetch(rows, 1, count, &way->fetched);
    /* Where somebody writes offsets meanwhile rows may go back, and are in no order from then on. */
    way->joined &= rows[0].data >= way->taken;
    if (rows[count - 1].data != NULL) {
        way->taken = rows[count - 1].data + rows[count - 1].size;
    }
}

/* True where `bytes` from `begin` on lie in rows that were taken: they may be read, whichever row's they are. */
static inline bool pa_rows_way_covers(const pa_rows_way *way, const uint8_t *begin, uint64_t bytes)
{
    return way->joined && (uint64_t)(way->taken - begin) >= bytes;
}

/* Takes up to PA_ROWS_TAKEN of the `left` rows from row `first` on, left > 0. How many; 0 where an offset is bad. */
static inline uint32_t pa_rows_way_read(pa_rows_way *way, pa_bytes rows[PA_ROWS_TAKEN],
                                        const pyaccel_rows *messages, uint64_t first, uint64_t left)
{
    const uint32_t count = left < PA_ROWS_TAKEN ? (uint32_t)left : PA_ROWS_TAKEN;
    if (!pa_rows_take(rows, 1, messages, first, count)) {
        return 0;
    }
    pa_rows_way_take(way, rows, count);
    return count;
}

/* Where the next `bytes` to bring into the cache begin; NULL where there are none, or enough wait there already. */
static inline const uint8_t *pa_rows_way_ahead(pa_rows_way *way, uint64_t bytes)
{
    const uint8_t *from = way->fetched;
    if (bytes > PA_ROWS_FETCHED || bytes > (uint64_t)(way->end - from) ||
        (uint64_t)(from - way->taken) > PA_ROWS_FETCHED) {
        return NULL;
    }
    way->fetched += bytes;
    return from;
}

/* `next` of a kernel of `lanes` lanes for `blocks` blocks of `block` bytes, and what stands at data[lanes ...] then. */
static inline uint64_t pa_rows_way_next(pa_rows_way *way, const uint8_t **data, uint32_t lanes,
                                        uint64_t blocks, uint64_t block)
{
    const uint8_t *from = lanes > 1 ? pa_rows_way_ahead(way, blocks * lanes * block) : NULL;
    if (from == NULL) {
        return 0;
    }
    for (uint32_t l = 0; l < lanes; l++) {
        data[lanes + l] = from + l * block;
    }
    return PA_HASH_FAR;
}

#endif
