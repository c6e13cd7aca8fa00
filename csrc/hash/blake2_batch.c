/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE2 of rows, in lanes. Rows of different lengths wait in bins, one for each block count, until they fill the lanes. What
 * is left in bins, and longer rows, is ordered by block count, the longest first; a group whose members end in different
 * blocks takes a step for each, in which those that end there give their digests. */
#include <string.h>

#include "../core/bytes.h"
#include "bins.h"
#include "blake2.h"

#define MAX_LANES PA_BLAKE_MAX_LANES
#define MAX_BLOCK 128
#define MAX_STATE 64
#define ROWS 512    /* that are ordered together */
#define MAX_KEY 255 /* this many blocks and more */

typedef struct {
    const pa_blake2_job *job;
    uint32_t used;        /* bit 0: one message alone, bit 1: lanes */
    uint32_t block_shift; /* the block size is 1 << block_shift */
    _Alignas(64) uint8_t staging[MAX_LANES][2 * MAX_BLOCK];
    uint8_t states[MAX_LANES * MAX_STATE];
    uint32_t count;
    pa_bytes rows[ROWS];
    uint32_t places[ROWS]; /* of their digests */
    uint8_t keys[ROWS];
    uint16_t order[ROWS];
    pa_bins bins;
    pa_rows_way way;
} batch;

/* Blocks before the last one. */
static uint64_t whole_blocks(const batch *b, uint64_t size)
{
    return size > 0 ? (size - 1) >> b->block_shift : 0;
}

/* Rows of any sizes but 0 where there is a key, by descending block count; digests[l] of row l. */
static void hash_group(batch *b, const struct pa_blake2 *kernel, uint8_t *const *digests,
                       const pa_bytes *rows, uint32_t count)
{
    const pa_blake2_job *job = b->job;
    const uint32_t block = job->block_size, lanes = kernel->lanes;
    const uint64_t before = job->has_key ? block : 0;
    const uint8_t *data[2 * MAX_LANES], *last[MAX_LANES],
        *start = job->has_key ? job->keyed : job->start;
    uint64_t totals[MAX_LANES], stride = 0, done = 0;
    for (uint32_t live = count; live > 0;) {
        /* The last of those that live is the shortest. */
        const uint64_t whole = whole_blocks(b, rows[live - 1].size), skip = done * block;
        uint32_t on = live; /* lanes that go on, which stand first */
        while (on > 0 && whole_blocks(b, rows[on - 1].size) == whole) {
            on--;
        }
        const uint64_t final = ((uint64_t)1 << live) - ((uint64_t)1 << on);
        for (uint32_t l = 0; l < live; l++) {
            data[l] = skip > 0 ? rows[l].data + skip : rows[l].data;
            totals[l] = before + rows[l].size;
        }
        for (uint32_t l = 0; l < on; l++) {
            last[l] = rows[l].data + whole * block;
            totals[l] = before + (whole + 1) * block;
        }
        pa_blake_stage(kernel->stage, b->staging[0], last + on, rows + on, live - on, whole, block);
        /* Lanes that nobody wants, or that are done, go with one that lives. */
        for (uint32_t l = live; l < lanes; l++) {
            data[l] = data[live - 1];
            last[l] = last[live - 1];
            totals[l] = totals[live - 1];
        }
        kernel->hash(b->states, start, stride, before + skip, data, whole - done, last, totals,
                     final, pa_rows_way_next(&b->way, data, lanes, whole - done + 1, block));
        pa_blake_hand_out(digests, b->states, on, live, block / 2, job->digest_size);
        live = on;
        done = whole + 1;
        start = b->states;
        stride = block / 2;
    }
}

static const struct pa_blake2 *choose(batch *b, uint64_t n)
{
    const struct pa_blake2 *kernel = b->job->kernels[pa_blake_choose(&b->job->widths, n)];
    b->used |= kernel == b->job->kernels[0] ? 1 : 2;
    return kernel;
}

/* Rows of one size, which is not 0 where there is a key. The zeros behind last blocks stay from group to group. */
static void hash_fixed(batch *b, uint8_t *digests, const pyaccel_rows *messages, uint64_t first,
                       uint64_t n)
{
    const pa_blake2_job *job = b->job;
    const uint32_t block = job->block_size, state = block / 2, size_out = job->digest_size;
    const uint64_t before = job->has_key ? block : 0, total = before + messages->width;
    const uint64_t whole = whole_blocks(b, messages->width);
    const uint32_t rest = (uint32_t)(messages->width - whole * block);
    const uint8_t *start = job->has_key ? job->keyed : job->start;
    if (rest < block) {
        memset(b->staging, 0, sizeof b->staging);
    }
    for (uint64_t done = 0; done < n;) {
        const struct pa_blake2 *kernel = choose(b, n - done);
        const uint32_t lanes = kernel->lanes;
        const uint32_t count = n - done < lanes ? (uint32_t)(n - done) : lanes;
        const uint8_t *data[MAX_LANES], *last[MAX_LANES];
        /* Lanes without a row of their own repeat the last row. */
        for (uint32_t l = 0; l < lanes; l++) {
            uint64_t row = first + done + (l < count ? l : count - 1);
            data[l] = messages->width > 0 ? messages->data + row * messages->stride : b->staging[l];
            last[l] = data[l] + whole * block;
        }
        const bool half = rest == block / 2 && lanes > 1;
        if (rest < block && !half) {
            for (uint32_t l = 0; l < lanes; l++) {
                if (rest > 0 && l < count) {
                    pa_hash_copy(b->staging[l], last[l], rest);
                }
                last[l] = b->staging[l];
            }
        }
        bool in_place = count == lanes && size_out == state;
        uint8_t *made = in_place ? digests + done * state : b->states;
        kernel->hash(made, start, 0, before, data, whole, last, &total,
                     half ? PA_BLAKE2_EQUAL_HALF : PA_BLAKE2_EQUAL,
                     pa_blake_next(messages, first + done, count));
        for (uint32_t l = 0; l < count && !in_place; l++) {
            memcpy(digests + (done + l) * size_out, made + l * state, size_out);
        }
        done += count;
    }
}

/* True when lanes that end with the first row take less time than one row after the other. */
static bool lanes_pay(const batch *b, const struct pa_blake2 *kernel, const pa_bytes *rows,
                      uint32_t count)
{
    uint64_t blocks = 0;
    for (uint32_t l = 0; l < count; l++) {
        blocks += whole_blocks(b, rows[l].size) + 1;
    }
    uint64_t longest = whole_blocks(b, rows[0].size) + 1;
    return blocks / longest > kernel->cost / b->job->kernels[0]->cost;
}

/* The rows that wait outside of bins, in order. */
static void hash_sorted(batch *b, uint8_t *digests)
{
    const pa_blake2_job *job = b->job;
    const uint32_t count = b->count;
    pa_blake_sort(b->order, b->keys, count);
    /* Those of MAX_KEY stand before all others, and are few where they are so long that their order matters. */
    for (uint32_t i = 1; i < count && b->keys[b->order[i]] == MAX_KEY; i++) {
        const uint16_t row = b->order[i];
        uint32_t j = i;
        for (; j > 0 && b->rows[b->order[j - 1]].size < b->rows[row].size; j--) {
            b->order[j] = b->order[j - 1];
        }
        b->order[j] = row;
    }
    for (uint32_t i = 0; i < count;) {
        const struct pa_blake2 *kernel = job->kernels[pa_blake_choose(&job->widths, count - i)];
        uint32_t members = count - i < kernel->lanes ? count - i : kernel->lanes;
        uint8_t *out[MAX_LANES];
        pa_bytes rows[MAX_LANES];
        rows[0] = b->rows[b->order[i]];
        for (uint32_t l = 0; l < members; l++) {
            rows[l] = b->rows[b->order[i + l]];
            out[l] = digests + (uint64_t)b->places[b->order[i + l]] * job->digest_size;
        }
        if (kernel == job->kernels[0] || !lanes_pay(b, kernel, rows, members)) {
            pa_blake2_one(job, out[0], rows[0]);
            b->used |= 1;
            i++;
            continue;
        }
        hash_group(b, kernel, out, rows, members);
        b->used |= 2;
        i += members;
    }
}

static void put(batch *b, uint8_t *digests, pa_bytes row, uint64_t whole, uint32_t place)
{
    b->rows[b->count] = row;
    b->places[b->count] = place;
    b->keys[b->count] = whole < MAX_KEY ? (uint8_t)whole : MAX_KEY;
    b->count++;
    if (b->count == ROWS) {
        hash_sorted(b, digests);
        b->count = 0;
    }
}

static const struct pa_blake2 *widest(const batch *b)
{
    return b->job->kernels[b->job->widths.count - 1];
}

/* A full bin's rows. */
static void hash_bin(batch *b, uint8_t *digests, uint64_t bin)
{
    const uint32_t lanes = b->bins.lanes, from = pa_bins_slot(&b->bins, bin);
    uint8_t *out[MAX_LANES];
    for (uint32_t l = 0; l < lanes; l++) {
        out[l] = digests + (uint64_t)b->bins.places[from + l] * b->job->digest_size;
        __builtin_prefetch(out[l], 1); /* 0.5 % */
    }
    hash_group(b, widest(b), out, b->bins.parts + from, lanes);
    b->used |= 2;
    b->bins.held[bin] = 0;
}

/* What waits in bins goes with the others. */
static void empty_bins(batch *b, uint8_t *digests)
{
    for (uint32_t bin = 0; bin < b->bins.count; bin++) {
        const uint32_t from = pa_bins_slot(&b->bins, bin);
        for (uint32_t slot = from; slot < from + b->bins.held[bin]; slot++) {
            put(b, digests, b->bins.parts[slot], bin, b->bins.places[slot]);
        }
    }
}

static pyaccel_status hash_any(batch *b, uint8_t *digests, const pyaccel_rows *messages,
                               uint64_t first, uint64_t n)
{
    const pa_blake2_job *job = b->job;
    pa_bytes rows[PA_ROWS_TAKEN];
    b->count = 0;
    pa_rows_way_begin(&b->way, messages);
    pa_bins_prepare(&b->bins, widest(b)->lanes, 1, n);
    for (uint64_t i = 0; i < n; i++) {
        const uint32_t at = (uint32_t)(i % PA_ROWS_TAKEN);
        if (at == 0) {
            const uint64_t taken = n - i < PA_ROWS_TAKEN ? n - i : PA_ROWS_TAKEN;
            if (!pa_rows_take(rows, 1, messages, first + i, taken)) {
                return PYACCEL_INVALID_ARGUMENT;
            }
            pa_rows_way_take(&b->way, rows, (uint32_t)taken);
            pa_digests_fetch(digests + i * job->digest_size, job->digest_size, taken);
        }
        const pa_bytes row = rows[at];
        if (n == 1 || (job->has_key && row.size == 0)) {
            pa_blake2_one(job, digests + i * job->digest_size, row);
            b->used |= 1;
            continue;
        }
        const uint64_t whole = whole_blocks(b, row.size);
        if (whole >= b->bins.count) {
            put(b, digests, row, whole, (uint32_t)i);
        } else if (pa_bins_put(&b->bins, whole, (uint32_t)i, &row)) {
            hash_bin(b, digests, whole);
        }
    }
    empty_bins(b, digests);
    if (b->count > 0) {
        hash_sorted(b, digests);
    }
    return PYACCEL_OK;
}

pyaccel_status pa_blake2_rows(const void *room, uint8_t *digests, const pyaccel_rows *messages,
                              uint64_t first, uint64_t n)
{
    batch b;
    pyaccel_status status = PYACCEL_OK;
    b.job = room;
    b.used = 0;
    b.block_shift = b.job->block_size == MAX_BLOCK ? 7 : 6;
    /* After a key, an empty message is no message of the group (pa_blake2_one). */
    if (n > 1 && messages->offset_bits == 0 && !(b.job->has_key && messages->width == 0)) {
        hash_fixed(&b, digests, messages, first, n);
    } else {
        status = hash_any(&b, digests, messages, first, n);
    }
    if (b.used & 1) {
        pa_count(b.job->family);
    }
    if (b.used & 2) {
        pa_count(b.job->lanes_family);
    }
    if (b.job->has_key) {
        pa_wipe(b.states, sizeof b.states);
        pa_wipe_stack();
    }
    return status;
}
