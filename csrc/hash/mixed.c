/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of sizes that differ. They are read in chunks and ordered by block count, so that the lanes of a group end together
 * or nearly so; the menu's cheapest combination is found for each chunk. */
#include "algorithm.h"

/* A chunk of c segments a row holds CHUNK_PARTS / c rows, which bounds the stack. */
#define CHUNK_PARTS 1024

typedef struct {
    const pa_hash_job *job;
    bool ordered; /* by block count; else rows are equal there, and in their own order */
    uint32_t count;
    uint16_t order[CHUNK_PARTS];
    uint8_t first[CHUNK_PARTS];   /* item of the menu, where `ordered` */
    uint64_t blocks[CHUNK_PARTS]; /* of the row at place i of the order */
    pa_bytes parts[CHUNK_PARTS];  /* by row */
    union {
        struct {
            uint64_t unordered[CHUNK_PARTS];
            uint16_t spare[CHUNK_PARTS];
        };
        uint64_t best[CHUNK_PARTS + 1];
        pa_hash_scratch scratch;
    };
} chunk;

/* order = rows by descending block count, stable: radix sort, 8 bits a pass. */
static void sort_rows(chunk *c, uint64_t bits)
{
    for (uint32_t i = 0; i < c->count; i++) {
        c->order[i] = (uint16_t)i;
    }
    for (unsigned shift = 0; shift < 64 && bits >> shift > 0; shift += 8) {
        uint32_t start[257] = {0};
        for (uint32_t i = 0; i < c->count; i++) {
            start[256 - (c->unordered[i] >> shift & 255)]++;
        }
        for (uint32_t v = 1; v < 257; v++) {
            start[v] += start[v - 1];
        }
        for (uint32_t i = 0; i < c->count; i++) {
            uint16_t row = c->order[i];
            c->spare[start[255 - (c->unordered[row] >> shift & 255)]++] = row;
        }
        memcpy(c->order, c->spare, c->count * sizeof c->order[0]);
    }
    for (uint32_t i = 0; i < c->count; i++) {
        c->blocks[i] = c->unordered[c->order[i]];
    }
}

/* Reads rows [first, first + count) and plans them. False where an offset is bad. */
static bool read_chunk(chunk *c, const pa_hash_job *job, uint64_t first, uint32_t count)
{
    uint64_t any = 0, differ = 0;
    c->job = job;
    c->count = count;
    for (uint32_t i = 0; i < count; i++) {
        pa_bytes *parts = c->parts + i * job->segment_count;
        if (!pa_hash_row_parts(job, parts, first + i)) {
            return false;
        }
        c->unordered[i] = pa_hash_block_count(job->algorithm, pa_hash_message_bytes(job, parts));
        any |= c->unordered[i];
        differ |= c->unordered[i] ^ c->unordered[0];
    }
    c->ordered = differ != 0;
    if (c->ordered) {
        sort_rows(c, any);
        pa_plan_descending(c->first, c->best, c->blocks, count, job->menu->items, job->menu->count);
    } else {
        memcpy(c->blocks, c->unordered, count * sizeof *c->blocks);
    }
    return true;
}

/* One lane's way through its message: `ready` blocks at `next`, then more. */
typedef struct {
    const pa_bytes *parts;
    const uint8_t *next;
    uint64_t ready;
    uint64_t used;  /* bytes of the current part that are absorbed or ready */
    uint64_t total; /* bytes of the message so far, midstate included */
    uint32_t part;
    bool last; /* the padding is among the ready blocks */
    bool done;
} lane_cursor;

/* Makes at least one block ready: whole blocks where they lie, else one assembled in staging (two when the padding
 * needs a second). Before: ready == 0 and not last. */
static void refill(const pa_hash_job *job, lane_cursor *lane, uint8_t *staging)
{
    uint32_t block = job->algorithm->block_size;
    uint32_t filled = 0;
    while (lane->part < job->segment_count) {
        const pa_bytes *part = &lane->parts[lane->part];
        uint64_t left = part->size - lane->used;
        if (filled == 0 && left >= block) {
            lane->next = part->data + lane->used;
            lane->ready = left / block;
            lane->used += lane->ready * block;
            lane->total += lane->ready * block;
            return;
        }
        uint32_t take = left < block - filled ? (uint32_t)left : block - filled;
        pa_hash_copy(staging + filled, part->data ? part->data + lane->used : NULL, take);
        filled += take;
        lane->used += take;
        lane->total += take;
        if (lane->used == part->size) {
            lane->part++;
            lane->used = 0;
        }
        if (filled == block) {
            lane->next = staging;
            lane->ready = 1;
            return;
        }
    }
    memset(staging + filled, 0, 2 * block - filled);
    lane->next = staging;
    lane->ready = pa_hash_pad(job->algorithm, staging, filled, lane->total);
    lane->last = true;
}

/* The state of a lane that is done, put aside: the lane reads on. */
static void keep(const pa_hash_job *job, pa_hash_scratch *scratch,
                 const struct pa_hash_lanes *kernel, uint32_t lane)
{
    const uint32_t words = job->algorithm->state_words;
    for (uint32_t w = 0; w < words; w++) {
        const size_t at = pa_hash_word_at(kernel, words, w, lane);
        if (job->algorithm->wide) {
            scratch->kept.wide[at] = scratch->state.wide[at];
        } else {
            scratch->kept.word[at] = scratch->state.word[at];
        }
    }
}

static void take_kept(const pa_hash_job *job, pa_hash_scratch *scratch,
                      const struct pa_hash_lanes *kernel)
{
    const size_t words = (size_t)job->algorithm->state_words * kernel->lanes;
    memcpy(&scratch->state, &scratch->kept, words * (job->algorithm->wide ? 8 : 4));
}

/* Messages of any sizes: all lanes advance by as many blocks as the one with the fewest ready has. A lane that is done
 * reads along with another, so that its loads stay inside that one's message. */
static void absorb_any(const pa_hash_job *job, pa_hash_scratch *scratch,
                       const struct pa_hash_lanes *kernel, const pa_bytes *const *parts)
{
    const uint32_t lanes = kernel->lanes;
    uint32_t live = lanes;
    lane_cursor cursors[PA_HASH_MAX_LANES];
    const uint8_t *data[PA_HASH_MAX_LANES];
    for (uint32_t l = 0; l < lanes; l++) {
        cursors[l] = (lane_cursor){.parts = parts[l], .total = job->absorbed};
    }
    while (live > 0) {
        uint64_t advance = UINT64_MAX;
        const uint8_t *other = NULL;
        for (uint32_t l = 0; l < lanes; l++) {
            lane_cursor *lane = &cursors[l];
            if (lane->done) {
                continue;
            }
            if (lane->ready == 0) {
                refill(job, lane, scratch->staging + (size_t)l * PA_HASH_STAGED);
            }
            if (lane->ready < advance) {
                advance = lane->ready;
            }
            other = lane->next;
        }
        for (uint32_t l = 0; l < lanes; l++) {
            data[l] = cursors[l].done ? other : cursors[l].next;
        }
        kernel->blocks(&scratch->state, data, advance);
        for (uint32_t l = 0; l < lanes; l++) {
            lane_cursor *lane = &cursors[l];
            if (lane->done) {
                continue;
            }
            lane->next += advance * job->algorithm->block_size;
            lane->ready -= advance;
            if (lane->ready > 0 || !lane->last) {
                continue;
            }
            lane->done = true;
            live--;
            keep(job, scratch, kernel, l);
        }
    }
    take_kept(job, scratch, kernel);
}

/* What follows the whole blocks of a message, with its padding; returns how many blocks. */
static uint32_t stage_rest(const pa_hash_job *job, uint8_t *staging, const pa_bytes *parts,
                           uint64_t skip)
{
    const uint32_t block = job->algorithm->block_size;
    uint64_t total = job->absorbed + skip;
    uint32_t used = 0;
    for (uint32_t s = 0; s < job->segment_count; s++) {
        const uint64_t size =
            parts[s].size - skip; /* skip is 0 where there is more than one part */
        pa_hash_copy(staging + used, skip > 0 ? parts[s].data + skip : parts[s].data, (size_t)size);
        used += (uint32_t)size;
    }
    total += used;
    const uint32_t blocks = (uint32_t)pa_hash_block_count(job->algorithm, used);
    const uint32_t padded = used / block * block;
    memset(staging + used, 0, blocks * block - used);
    pa_hash_pad(job->algorithm, staging + padded, used - padded, total);
    return blocks;
}

/* Rows at places i .. i + count - 1 of the order, the longest first; blocks after the `whole` ones that all have are staged
 * lane by lane. */
static void hash_staged(chunk *c, const struct pa_hash_lanes *kernel, uint32_t i, uint32_t count,
                        const pa_bytes *const *parts, uint64_t whole, uint8_t *digests,
                        const uint16_t *order)
{
    const pa_hash_job *job = c->job;
    const uint32_t block = job->algorithm->block_size;
    const uint8_t *data[PA_HASH_MAX_LANES], *tails[PA_HASH_MAX_LANES];
    pa_hash_scratch *scratch = &c->scratch;
    for (uint32_t l = 0; l < kernel->lanes; l++) {
        const uint32_t own = l < count ? l : count - 1;
        uint8_t *staging = scratch->staging + (size_t)own * PA_HASH_STAGED;
        data[l] = parts[own][0].data;
        tails[l] = staging;
        if (l < count) {
            stage_rest(job, staging, parts[l], whole * block);
        }
    }
    const uint64_t longest = c->blocks[i] - whole, shortest = c->blocks[i + count - 1] - whole;
    if (longest == shortest) {
        const pa_hash_shape shape = {
            .initial = &job->initial,
            .again = job->algorithm->twice ? &job->algorithm->initial : NULL,
            .whole = whole,
            .staged = longest,
            .digest_size = job->digest_size,
        };
        pa_hash_group(job, scratch, kernel, &shape, data, tails, digests, order, count);
        return;
    }
    /* Lanes that end first stand last; they read on in their staging, whose room all have. */
    uint32_t live = count;
    pa_hash_group_start(job, scratch, kernel);
    if (whole > 0) {
        kernel->blocks(&scratch->state, data, whole);
    }
    for (uint64_t done = 0; live > 0;) {
        const uint64_t until = c->blocks[i + live - 1] - whole;
        kernel->blocks(&scratch->state, tails, until - done);
        for (uint32_t l = 0; l < kernel->lanes; l++) {
            tails[l] += (until - done) * block;
        }
        done = until;
        for (; live > 0 && c->blocks[i + live - 1] - whole == done; live--) {
            keep(job, scratch, kernel, live - 1);
        }
    }
    take_kept(job, scratch, kernel);
    pa_hash_group_finish(job, scratch, kernel, digests, order, count);
}

static void hash_places(chunk *c, const struct pa_hash_lanes *kernel, uint32_t i, uint32_t count,
                        uint8_t *digests)
{
    const pa_hash_job *job = c->job;
    const uint32_t block = job->algorithm->block_size;
    const pa_bytes *parts[PA_HASH_MAX_LANES];
    uint64_t whole = job->segment_count == 1 ? UINT64_MAX : 0;
    for (uint32_t l = 0; l < kernel->lanes; l++) {
        const uint32_t place = i + (l < count ? l : count - 1);
        const uint32_t row = c->ordered ? c->order[place] : place;
        parts[l] = c->parts + row * job->segment_count;
        if (whole > 0 && parts[l][0].size / block < whole) {
            whole = parts[l][0].size / block;
        }
    }
    uint8_t *out = c->ordered ? digests : digests + i * job->digest_size;
    const uint16_t *order = c->ordered ? c->order + i : NULL;
    if (c->blocks[i] - whole <= PA_HASH_STAGED / block) {
        hash_staged(c, kernel, i, count, parts, whole, out, order);
        return;
    }
    pa_hash_group_start(job, &c->scratch, kernel);
    absorb_any(job, &c->scratch, kernel, parts);
    pa_hash_group_finish(job, &c->scratch, kernel, out, order, count);
}

static void hash_chunk(chunk *c, uint8_t *digests)
{
    const pa_hash_job *job = c->job;
    for (uint32_t i = 0; i < c->count;) {
        const uint32_t item = c->ordered ? c->first[i] : pa_hash_menu_item(job->menu, c->count - i);
        const struct pa_hash_lanes *kernel = job->menu->kernels[item];
        const uint32_t lanes = job->menu->items[item].lanes;
        const uint32_t count = lanes < c->count - i ? lanes : c->count - i;
        *job->used |= 1u << item;
        if (kernel != NULL) {
            hash_places(c, kernel, i, count, digests);
        } else {
            const uint32_t row = c->ordered ? c->order[i] : i;
            pa_hash_one(job, digests + row * job->digest_size, c->parts + row * job->segment_count);
        }
        i += count;
    }
}

pyaccel_status pa_hash_mixed(const pa_hash_job *job, uint8_t *digests, uint64_t first, uint64_t n)
{
    chunk c;
    const uint64_t most = CHUNK_PARTS / job->segment_count;
    pyaccel_status status = PYACCEL_OK;
    for (uint64_t done = 0; done < n; done += most) {
        const uint32_t count = (uint32_t)(n - done < most ? n - done : most);
        if (!read_chunk(&c, job, first + done, count)) {
            status = PYACCEL_INVALID_ARGUMENT;
            break;
        }
        c.scratch.spread_for = NULL;
        hash_chunk(&c, digests + done * job->digest_size);
    }
    if (job->midstate != NULL && n > 0) {
        pa_hash_scratch_wipe(job, &c.scratch);
    }
    return status;
}
