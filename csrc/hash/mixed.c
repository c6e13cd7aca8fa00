/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of sizes that differ. Those of one block count wait in a bin until they fill the lanes of the kernel that is best for
 * many, and go through it without a lane that idles or a stop. What is left in bins, and longer rows, is put into chunks and
 * ordered by block count, so that the lanes of a group end together or nearly so; the menu's cheapest combination is found for
 * each chunk.
 *   lost     chunks alone, of 1024 rows of 1 to 1024 bytes: half of all groups end in more than one step, and ordering and
 *            planning take 70 cycles a row
 *   Zen 4    (family 25 model 17, gcc 12) 16384 rows of 1 to 1024 bytes, in cycles a row beside those of the kernels: 60 to 80;
 *            100 to 130 before ends were staged by masked loads (stage.c), rows read by eights and divisions left out. Fetching
 *            64 rows at once instead of 8 loses 2 to 4 % of all, fetching them into the first-level cache 2 to 3 %, every second
 *            line of them 5 to 8 %. Lanes that fetch what is taken next (pa_rows_way): SHA-256 and SHA-512 3 to 9 %, SM3
 *            and Keccak 1 to 4 % less time than where all are fetched as they are taken; of 65536 rows 10 to 15, 10, 8, 5 % */
#include "algorithm.h"
#include "bins.h"

/* A chunk of c segments a row holds CHUNK_PARTS / c rows, which bounds the stack. */
#define CHUNK_PARTS 512

/* Rows whose digests stand within reach of a place. */
#define STRETCH UINT32_MAX

/* What one call of a kernel hashes: rows in descending order of their block counts. Lanes without a row of their own repeat
 * the last one. */
typedef struct {
    const struct pa_hash_lanes *kernel;
    uint32_t count;
    uint32_t rows[PA_HASH_MAX_LANES];
    uint64_t blocks[PA_HASH_MAX_LANES];
    const pa_bytes *parts[PA_HASH_MAX_LANES];
} group;

typedef struct {
    const pa_hash_job *job;
    uint8_t *digests; /* of the stretch */
    uint32_t most;    /* rows of a chunk */
    uint32_t count;
    uint32_t rows[CHUNK_PARTS];
    uint16_t order[CHUNK_PARTS];
    uint8_t first[CHUNK_PARTS];   /* item of the menu */
    uint64_t blocks[CHUNK_PARTS]; /* by row, then at place i of the order */
    pa_bytes parts[CHUNK_PARTS];  /* by row */
    pa_bins bins;
    pa_rows_way way; /* of one segment */
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
    memcpy(c->unordered, c->blocks, c->count * sizeof *c->blocks);
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
                refill(job, lane, scratch->staging + (size_t)l * pa_hash_lane_room(lanes));
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

/* A whole block, of 64 bytes or more. */
static void copy_block(uint8_t *to, const uint8_t *from, uint32_t block)
{
    for (uint32_t i = 0; i + 32 <= block; i += 32) {
        memcpy(to + i, from + i, 32);
    }
    memcpy(to + block - 32, from + block - 32, 32);
}

/* What follows the whole blocks of a message, `blocks` with its padding, at the end of 3 blocks at staging or, where those
 * are more, at its begin; returns where. Of a message of a block or more the last one is copied, wherever it ends, and all
 * that is not the message's is cleared before: no branch hangs on how much that is. */
static const uint8_t *stage_rest(const pa_hash_job *job, uint8_t *staging, const pa_bytes *parts,
                                 uint64_t skip, uint64_t blocks)
{
    const uint32_t block = job->algorithm->block_size;
    const uint64_t total = job->absorbed + skip;
    uint64_t used = parts[0].size - skip;
    if (job->segment_count == 1 && parts[0].size >= block && used < block) {
        uint8_t *tail = staging + block;
        memset(tail, 0, 2 * block);
        copy_block(tail + used - block, parts[0].data + parts[0].size - block, block);
        pa_hash_pad_blocks(job->algorithm, tail, used, blocks, total + used);
        return tail;
    }
    used = 0;
    for (uint32_t s = 0; s < job->segment_count; s++) {
        const uint64_t size =
            parts[s].size - skip; /* skip is 0 where there is more than one part */
        pa_hash_copy(staging + used, skip > 0 ? parts[s].data + skip : parts[s].data, (size_t)size);
        used += size;
    }
    memset(staging + used, 0, (size_t)(blocks * block - used));
    pa_hash_pad_blocks(job->algorithm, staging, used, blocks, total + used);
    return staging;
}

/* tails[l] = what follows `whole` blocks of each lane's message, padded. */
static void stage_group(chunk *c, const group *g, uint64_t whole, const uint8_t **tails)
{
    const pa_hash_job *job = c->job;
    const struct pa_hash_lanes *kernel = g->kernel;
    const uint32_t block = job->algorithm->block_size;
    uint8_t *staging = c->scratch.staging;
    if (kernel->stage == NULL || job->segment_count > 1) {
        const uint32_t room = pa_hash_lane_room(kernel->lanes);
        for (uint32_t l = 0; l < g->count; l++, staging += room) {
            tails[l] = stage_rest(job, staging, g->parts[l], whole * block, g->blocks[l] - whole);
        }
    } else {
        const uint64_t skip = whole * block, room = (g->blocks[0] - whole) * block;
        const uint64_t apart = (room + 63) / 64 * 64, total = job->absorbed + skip;
        uint32_t rests[PA_HASH_MAX_LANES];
        for (uint32_t l = 0; l < g->count; l++) {
            tails[l] = skip > 0 ? g->parts[l]->data + skip : g->parts[l]->data;
            rests[l] = (uint32_t)(g->parts[l]->size - skip);
        }
        kernel->stage(staging, apart, tails, rests, g->count, room);
        for (uint32_t l = 0; l < g->count; l++, staging += apart) {
            pa_hash_pad_blocks(job->algorithm, staging, rests[l], g->blocks[l] - whole,
                               total + rests[l]);
            tails[l] = staging;
        }
    }
    for (uint32_t l = g->count; l < kernel->lanes; l++) {
        tails[l] = tails[g->count - 1];
    }
}

/* Messages of a group that have `whole` blocks each where they lie; what comes after those is staged. */
static void hash_staged(chunk *c, const group *g, uint64_t whole)
{
    const pa_hash_job *job = c->job;
    const struct pa_hash_lanes *kernel = g->kernel;
    const uint32_t block = job->algorithm->block_size;
    const uint8_t *data[2 * PA_HASH_MAX_LANES], *tails[PA_HASH_MAX_LANES];
    pa_hash_scratch *scratch = &c->scratch;
    for (uint32_t l = 0; l < kernel->lanes; l++) {
        data[l] = g->parts[l < g->count ? l : g->count - 1][0].data;
    }
    stage_group(c, g, whole, tails);
    const uint64_t longest = g->blocks[0] - whole, shortest = g->blocks[g->count - 1] - whole;
    if (longest == shortest) {
        pa_hash_shape shape = {
            .initial = &job->initial,
            .again = job->algorithm->twice ? &job->algorithm->initial : NULL,
            .whole = whole,
            .staged = longest,
            .digest_size = job->digest_size,
        };
        /* Those for brief messages take others four by four, and what is far stands behind all their lanes. */
        if (kernel->fetches && !kernel->brief && job->segment_count == 1 &&
            job->digest_size <= kernel->stored) {
            shape.next = pa_rows_way_next(&c->way, data, kernel->lanes, whole + longest, block);
        }
        pa_hash_group(job, scratch, kernel, &shape, data, tails, c->digests, g->rows, g->count);
        return;
    }
    /* Lanes that end first stand last; they read on in their staging, whose room all have. */
    uint32_t live = g->count;
    pa_hash_group_start(job, scratch, kernel);
    if (whole > 0) {
        kernel->blocks(&scratch->state, data, whole);
    }
    for (uint64_t done = 0; live > 0;) {
        const uint64_t until = g->blocks[live - 1] - whole;
        kernel->blocks(&scratch->state, tails, until - done);
        for (uint32_t l = 0; l < kernel->lanes; l++) {
            tails[l] += (until - done) * block;
        }
        done = until;
        for (; live > 0 && g->blocks[live - 1] - whole == done; live--) {
            keep(job, scratch, kernel, live - 1);
        }
    }
    take_kept(job, scratch, kernel);
    pa_hash_group_finish(job, scratch, kernel, c->digests, g->rows, g->count);
}

static void hash_group(chunk *c, const group *g)
{
    const pa_hash_job *job = c->job;
    const uint32_t block = job->algorithm->block_size;
    uint64_t whole = 0;
    if (job->segment_count == 1) {
        /* The last row has the fewest blocks, and one or two of them are not whole. */
        whole = g->blocks[g->count - 1] - 1;
        for (uint32_t l = 0; l < g->count; l++) {
            whole -= g->parts[l][0].size < whole * block;
        }
    }
    if (g->blocks[0] - whole < pa_hash_lane_room(g->kernel->lanes) / block) {
        hash_staged(c, g, whole);
        return;
    }
    const pa_bytes *parts[PA_HASH_MAX_LANES];
    for (uint32_t l = 0; l < g->kernel->lanes; l++) {
        parts[l] = g->parts[l < g->count ? l : g->count - 1];
    }
    pa_hash_group_start(job, &c->scratch, g->kernel);
    absorb_any(job, &c->scratch, g->kernel, parts);
    pa_hash_group_finish(job, &c->scratch, g->kernel, c->digests, g->rows, g->count);
}

static void hash_single(const chunk *c, uint32_t row)
{
    const pa_hash_job *job = c->job;
    pa_hash_one(job, c->digests + c->rows[row] * job->digest_size,
                c->parts + row * job->segment_count);
}

/* All that the chunk holds. */
static void hash_chunk(chunk *c)
{
    const pa_hash_job *job = c->job;
    uint64_t any = 0;
    for (uint32_t i = 0; i < c->count; i++) {
        any |= c->blocks[i];
    }
    sort_rows(c, any);
    const pa_plan_item *items = job->menu->plans[PA_HASH_ANY].items;
    pa_plan_descending(c->first, c->best, c->blocks, c->count, items, job->menu->count);
    c->scratch.spread_for = NULL;
    for (uint32_t i = 0; i < c->count;) {
        const uint32_t item = c->first[i];
        const uint32_t lanes = items[item].lanes;
        const uint32_t count = lanes < c->count - i ? lanes : c->count - i;
        *job->used |= 1u << item;
        if (job->menu->kernels[item] == NULL) {
            hash_single(c, c->order[i]);
        } else {
            group g;
            g.kernel = job->menu->kernels[item];
            g.count = count;
            for (uint32_t l = 0; l < count; l++) {
                const uint32_t row = c->order[i + l];
                g.rows[l] = c->rows[row];
                g.blocks[l] = c->blocks[i + l];
                g.parts[l] = c->parts + row * job->segment_count;
            }
            hash_group(c, &g);
        }
        i += count;
    }
    c->count = 0;
}

static void put_into_chunk(chunk *c, uint32_t row, const pa_bytes *parts, uint64_t blocks)
{
    const uint32_t segments = c->job->segment_count;
    c->rows[c->count] = row;
    c->blocks[c->count] = blocks;
    memcpy(c->parts + c->count * segments, parts, segments * sizeof *parts);
    c->count++;
    if (c->count == c->most) {
        hash_chunk(c);
    }
}

/* A full bin's rows. */
static void hash_bin(chunk *c, uint64_t blocks)
{
    pa_bins *b = &c->bins;
    const pa_hash_menu *menu = c->job->menu;
    const uint32_t from = pa_bins_slot(b, blocks);
    group g; /* not cleared: 17 cycles a row of 4 lanes */
    const uint32_t steady = menu->plans[PA_HASH_ANY].steady;
    g.kernel = menu->kernels[steady];
    g.count = b->lanes;
    for (uint32_t l = 0; l < b->lanes; l++) {
        g.rows[l] = b->places[from + l];
        __builtin_prefetch(c->digests + g.rows[l] * c->job->digest_size, 1); /* bins.h */
        g.blocks[l] = blocks;
        g.parts[l] = b->parts + (from + l) * b->segments;
    }
    *c->job->used |= 1u << steady;
    b->held[blocks] = 0;
    c->scratch.spread_for = NULL;
    hash_group(c, &g);
}

/* What waits in bins goes with the chunk. */
static void empty_bins(chunk *c)
{
    pa_bins *b = &c->bins;
    for (uint32_t i = 0; i < b->count; i++) {
        const uint32_t from = pa_bins_slot(b, i);
        for (uint32_t slot = from; slot < from + b->held[i]; slot++) {
            put_into_chunk(c, b->places[slot], b->parts + slot * b->segments, i);
        }
        b->held[i] = 0;
    }
}

/* parts = those of `count` rows from `first` on, on their way into the cache. False where an offset is bad. */
static bool take_rows(chunk *c, pa_bytes *parts, uint64_t first, uint32_t count)
{
    const pa_hash_job *job = c->job;
    const uint32_t segments = job->segment_count;
    for (uint32_t s = 0; s < segments; s++) {
        if (!pa_rows_take(parts + s, segments, &job->segments[s], first, count)) {
            return false;
        }
        if (segments > 1) {
            pa_rows_fetch(parts + s, segments, count, NULL);
        } else {
            pa_rows_way_take(&c->way, parts, count);
        }
    }
    return true;
}

/* Rows [first, first + n), n <= STRETCH. False where an offset is bad. */
static bool hash_stretch(chunk *c, uint64_t first, uint32_t n)
{
    const pa_hash_job *job = c->job;
    pa_bytes parts[PA_ROWS_TAKEN * PA_HASH_MAX_SEGMENTS];
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t at = i % PA_ROWS_TAKEN;
        if (at == 0) {
            const uint32_t taken = n - i < PA_ROWS_TAKEN ? n - i : PA_ROWS_TAKEN;
            if (!take_rows(c, parts, first + i, taken)) {
                return false;
            }
        }
        const pa_bytes *row = parts + at * job->segment_count;
        const uint64_t size = pa_hash_message_bytes(job, row);
        const uint64_t blocks = pa_hash_block_count(job->algorithm, size);
        if (blocks >= c->bins.count) {
            put_into_chunk(c, i, row, blocks);
        } else if (pa_bins_put(&c->bins, blocks, i, row)) {
            hash_bin(c, blocks);
        }
    }
    empty_bins(c);
    if (c->count > 0) {
        hash_chunk(c);
    }
    return true;
}

pyaccel_status pa_hash_mixed(const pa_hash_job *job, uint8_t *digests, uint64_t first, uint64_t n)
{
    chunk c;
    const struct pa_hash_lanes *steady = job->menu->kernels[job->menu->plans[PA_HASH_ANY].steady];
    pyaccel_status status = PYACCEL_OK;
    c.job = job;
    c.most = CHUNK_PARTS / job->segment_count;
    c.count = 0;
    pa_rows_way_begin(&c.way, &job->segments[0]);
    pa_bins_prepare(&c.bins, steady == NULL ? 1 : steady->lanes, job->segment_count, n);
    for (uint64_t done = 0; done < n && status == PYACCEL_OK; done += STRETCH) {
        c.digests = digests + done * job->digest_size;
        if (!hash_stretch(&c, first + done, n - done < STRETCH ? (uint32_t)(n - done) : STRETCH)) {
            status = PYACCEL_INVALID_ARGUMENT;
        }
    }
    if (job->midstate != NULL && n > 0) {
        pa_hash_scratch_wipe(job, &c.scratch);
    }
    return status;
}
