/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE2 of rows, in lanes. Rows of different lengths wait in bins, one for each block count, until they fill the lanes. What
 * is left in bins, and longer rows, is ordered by block count, the longest first; a group whose members end in different
 * blocks takes a step for each, in which those that end there give their digests.
 *   Zen 4, 16384 rows of 1 to 1024 bytes by BLAKE2b: 467 cycles each (4.5 blocks); 482 where each group takes its first block,
 *   and its last one by masked loads, before its own rounds. Lost, of 495: last blocks staged by masked loads, 525; bins that
 *   hold rows, not what the kernel wants, 512; lines of the lanes' own next blocks fetched beside those of rows that are taken
 *   next, 2 to 5 %;
 *   the latter into the second-level cache, no difference; digests stored by the kernel where they belong, 1 % won, not worth
 *   its text. */
#include <string.h>

#include "../core/bytes.h"
#include "blake2.h"

#define MAX_LANES PA_BLAKE_MAX_LANES
#define MAX_BLOCK 128
#define MAX_STATE 64
#define ROWS 512    /* that are ordered together */
#define MAX_KEY 255 /* this many blocks and more */
#define BINS 32

/* What lanes hash at once, as the kernel wants it; a bin is one that is not full yet. */
typedef struct {
    const uint8_t *data[MAX_LANES];
    uint64_t totals[MAX_LANES]; /* bytes of the messages, and of a key's block */
    uint8_t *out[MAX_LANES];    /* their digests */
} group;

typedef struct {
    const pa_blake2_job *job;
    uint32_t used;        /* bit 0: one message alone, bit 1: lanes */
    uint32_t block_shift; /* the block size is 1 << block_shift */
    uint64_t before;      /* bytes of a key's block */
    _Alignas(64) uint8_t staging[MAX_LANES][2 * MAX_BLOCK];
    uint8_t states[MAX_LANES * MAX_STATE];
    uint32_t count;
    pa_bytes rows[ROWS];
    uint8_t *out[ROWS]; /* their digests */
    uint8_t keys[ROWS];
    uint16_t order[ROWS];
    uint32_t bin_count;
    uint8_t held[BINS];
    group *bins[BINS]; /* for rows of 1, 2, 3, ... blocks */
    group groups[BINS + 1];
    pa_blake_relay relay;
    group *aside; /* the one that is no bin's: what is pending, if something is */
    pa_blake_pending pending;
    pa_rows_way way;
} batch;

/* Blocks before the last one. */
static uint64_t whole_blocks(const batch *b, uint64_t size)
{
    return size > 0 ? (size - 1) >> b->block_shift : 0;
}

static uint64_t whole_of_lane(const batch *b, const group *g, uint32_t lane)
{
    return whole_blocks(b, g->totals[lane] - b->before);
}

/* last[l] = the zero-padded block after `whole` others at data[l], for kernels that want it so. */
static void stage(batch *b, const uint8_t **last, const group *g, const uint64_t *totals,
                  uint64_t whole, uint64_t before, uint32_t lanes)
{
    for (uint32_t l = 0; l < lanes; l++) {
        last[l] =
            pa_blake_last(b->staging[l], g->data[l], totals[l] - before, whole, b->job->block_size);
    }
}

/* Rows of any sizes but 0 where there is a key, by descending block count; all of one where the relay is not idle. The group is
 * overwritten. */
static void hash_group(batch *b, const struct pa_blake2 *kernel, group *g, uint32_t count)
{
    const pa_blake2_job *job = b->job;
    const uint32_t block = job->block_size, lanes = kernel->lanes;
    const uint8_t *last[MAX_LANES], *start = job->has_key ? job->keyed : job->start;
    uint64_t totals[MAX_LANES], stride = 0, done = 0;
    const bool ends = kernel->ends || b->relay.overread;
    for (uint32_t live = count; live > 0;) {
        /* The last of those that live is the shortest. */
        const uint64_t whole = whole_of_lane(b, g, live - 1), before = b->before + done * block;
        uint32_t on =
            whole_of_lane(b, g, 0) == whole ? 0 : live; /* lanes that go on, which stand first */
        while (on > 0 && whole_of_lane(b, g, on - 1) == whole) {
            on--;
        }
        /* Lanes that nobody wants, or that are done, go with one that lives. */
        for (uint32_t l = live; l < lanes; l++) {
            g->data[l] = g->data[live - 1];
            g->totals[l] = g->totals[live - 1];
        }
        for (uint32_t l = 0; l < lanes && on > 0; l++) {
            totals[l] = l < on ? b->before + (whole + 1) * block : g->totals[l];
        }
        const uint64_t *here = on > 0 ? totals : g->totals;
        if (!ends) {
            stage(b, last, g, here, whole - done, before, lanes);
        }
        kernel->hash(b->states, start, stride, before, g->data, whole - done, ends ? g->data : last,
                     here, ((uint64_t)1 << live) - ((uint64_t)1 << on), 0, lanes, &b->relay);
        pa_blake_hand_out(g->out, b->states, on, live, block / 2, job->digest_size);
        for (uint32_t l = 0; l < on; l++) {
            g->data[l] += (whole + 1 - done) * block;
        }
        live = on;
        done = whole + 1;
        start = b->states;
        stride = block / 2;
    }
}

static const struct pa_blake2 *widest(const batch *b)
{
    return b->job->kernels[b->job->widths.count - 1];
}

/* What is pending, if something is. Then the full bin *bin is, unless bin is NULL, in exchange for an empty one. */
static void hash_pending(batch *b, group **bin, uint64_t blocks)
{
    const struct pa_blake2 *kernel = widest(b);
    const uint32_t block = b->job->block_size;
    const pa_blake_pending now = b->pending;
    group *g = b->aside;
    b->pending = (pa_blake_pending){.data = NULL};
    if (bin != NULL) {
        b->aside = *bin;
        *bin = g;
        pa_blake_fetch_places(b->aside->out, kernel->lanes);
        b->pending = pa_blake_pending_of(&b->way, b->aside->data, kernel->lanes, blocks, block);
    }
    if (now.data != NULL) {
        pa_blake_relay_set(&b->relay, &now, &b->pending, &b->way, kernel->lanes, block);
        hash_group(b, kernel, g, kernel->lanes);
        pa_blake_relay_done(&b->relay);
        b->used |= 2;
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
    const uint64_t before = b->before, whole = whole_blocks(b, messages->width);
    uint64_t totals[MAX_LANES];
    const uint32_t rest = (uint32_t)(messages->width - whole * block);
    const uint8_t *start = job->has_key ? job->keyed : job->start;
    for (uint32_t l = 0; l < MAX_LANES; l++) {
        totals[l] = before + messages->width;
    }
    if (rest < block) {
        memset(b->staging, 0, sizeof b->staging);
    }
    const uint64_t overread =
        rest == block ? n : pa_blake_overread_rows(messages, n, (whole + 1) * block);
    for (uint64_t done = 0; done < n;) {
        const struct pa_blake2 *kernel = choose(b, n - done);
        const uint32_t lanes = kernel->lanes;
        done = pa_blake_begin(n, done, lanes);
        const uint32_t count = n - done < lanes ? (uint32_t)(n - done) : lanes;
        const uint8_t *data[MAX_LANES], *last[MAX_LANES];
        pa_blake_relay *relay = &b->relay;
        /* Lanes without a row of their own repeat the last row. */
        for (uint32_t l = 0; l < lanes; l++) {
            uint64_t row = first + done + (l < count ? l : count - 1);
            data[l] = messages->width > 0 ? messages->data + row * messages->stride : b->staging[l];
            last[l] = data[l] + whole * block;
        }
        relay->overread = done + lanes <= overread;
        relay->after.lane = done + 2 * lanes <= (whole > 0 ? n : overread) ? data : NULL;
        relay->after.at = lanes * messages->stride;
        const bool half = rest == block / 2 && lanes > 1;
        const bool ends = rest < block && !half && lanes > 1 && (kernel->ends || relay->overread);
        if (rest < block && !half && !ends) {
            for (uint32_t l = 0; l < lanes; l++) {
                if (rest > 0 && l < count) {
                    pa_hash_copy(b->staging[l], last[l], rest);
                }
                last[l] = b->staging[l];
            }
        }
        const bool in_place = size_out == state;
        uint8_t *made = in_place ? digests + done * state : b->states;
        kernel->hash(made, start, 0, before, data, whole, ends ? data : last, totals,
                     half ? PA_BLAKE2_EQUAL_HALF : PA_BLAKE2_EQUAL,
                     pa_blake_next(messages, first + done, count), count, relay);
        pa_blake_relay_done(relay);
        if (!in_place) {
            pa_blake_hand_over(digests + done * size_out, made, count, state, size_out);
        }
        done += count;
    }
}

/* True when lanes that end with the first row, of those that `order` names, take less time than one row after the other. */
static bool lanes_pay(const batch *b, const struct pa_blake2 *kernel, const uint16_t *order,
                      uint32_t count)
{
    const uint64_t longest = whole_blocks(b, b->rows[order[0]].size) + 1;
    uint64_t blocks = 0;
    for (uint32_t l = 0; l < count; l++) {
        blocks += whole_blocks(b, b->rows[order[l]].size) + 1;
    }
    return blocks / longest > kernel->cost / b->job->kernels[0]->cost;
}

/* The rows that wait outside of bins, in order. */
static void hash_sorted(batch *b)
{
    const pa_blake2_job *job = b->job;
    const uint32_t count = b->count;
    hash_pending(b, NULL, 0); /* first, since words of its next group may stand in the relay */
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
        const uint32_t members = count - i < kernel->lanes ? count - i : kernel->lanes;
        const uint16_t *order = b->order + i;
        if (kernel == job->kernels[0] || !lanes_pay(b, kernel, order, members)) {
            pa_blake2_one(job, b->out[order[0]], b->rows[order[0]]);
            b->used |= 1;
            i++;
            continue;
        }
        group g;
        for (uint32_t l = 0; l < members; l++) {
            g.data[l] = b->rows[order[l]].data;
            g.totals[l] = b->before + b->rows[order[l]].size;
            g.out[l] = b->out[order[l]];
        }
        hash_group(b, kernel, &g, members);
        b->used |= 2;
        i += members;
    }
}

static void put(batch *b, pa_bytes row, uint64_t whole, uint8_t *out)
{
    b->rows[b->count] = row;
    b->out[b->count] = out;
    b->keys[b->count] = whole < MAX_KEY ? (uint8_t)whole : MAX_KEY;
    b->count++;
    if (b->count == ROWS) {
        hash_sorted(b);
        b->count = 0;
    }
}

/* What waits in bins goes with the others. */
static void empty_bins(batch *b)
{
    for (uint32_t i = 0; i < b->bin_count; i++) {
        const group *bin = b->bins[i];
        for (uint32_t l = 0; l < b->held[i]; l++) {
            put(b, (pa_bytes){bin->data[l], bin->totals[l] - b->before}, i, bin->out[l]);
        }
    }
}

static void put_into_bin(batch *b, pa_bytes row, uint64_t whole, uint8_t *out)
{
    const struct pa_blake2 *kernel = widest(b);
    group *bin = b->bins[whole];
    const uint32_t slot = b->held[whole]++;
    bin->data[slot] = row.data;
    bin->totals[slot] = b->before + row.size;
    bin->out[slot] = out;
    if (slot + 1 == kernel->lanes) {
        hash_pending(b, &b->bins[whole], whole + 1);
        b->held[whole] = 0;
    }
}

static pyaccel_status hash_any(batch *b, uint8_t *digests, const pyaccel_rows *messages,
                               uint64_t first, uint64_t n)
{
    const pa_blake2_job *job = b->job;
    pa_bytes rows[PA_ROWS_TAKEN];
    b->count = 0;
    b->bin_count = pa_bins_pay(widest(b)->lanes, n) ? BINS : 0;
    memset(b->held, 0, sizeof b->held);
    b->pending.data = NULL;
    b->aside = &b->groups[BINS];
    for (uint32_t i = 0; i < BINS; i++) {
        b->bins[i] = &b->groups[i];
    }
    pa_rows_way_begin(&b->way, messages);
    pa_blake_relay_rows(&b->relay, messages->data, widest(b)->lanes, job->block_size);
    for (uint64_t i = 0; i < n; i += PA_ROWS_TAKEN) {
        const uint32_t taken = pa_rows_way_read(&b->way, rows, messages, first + i, n - i);
        if (taken == 0) {
            return PYACCEL_INVALID_ARGUMENT;
        }
        for (uint32_t at = 0; at < taken; at++, digests += job->digest_size) {
            const pa_bytes row = rows[at];
            if (job->has_key && row.size == 0) {
                pa_blake2_one(job, digests, row);
                b->used |= 1;
                continue;
            }
            const uint64_t whole = whole_blocks(b, row.size);
            if (whole >= b->bin_count) {
                put(b, row, whole, digests);
            } else {
                put_into_bin(b, row, whole, digests);
            }
        }
    }
    empty_bins(b);
    hash_sorted(b);
    return PYACCEL_OK;
}

pyaccel_status pa_blake2_rows(const void *room, uint8_t *digests, const pyaccel_rows *messages,
                              uint64_t first, uint64_t n)
{
    batch b;
    pyaccel_status status = PYACCEL_OK;
    b.job = room;
    b.used = 0;
    pa_blake_relay_begin(&b.relay);
    b.before = b.job->has_key ? b.job->block_size : 0;
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
        pa_wipe(&b.relay, sizeof b.relay);
        pa_wipe(b.staging, sizeof b.staging);
        pa_wipe_stack();
    }
    return status;
}
