/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE3 of rows. What goes through lanes together has one number of blocks: chunks that are whole messages, chunks of longer
 * messages, whoever's they are, then parents, layer by layer of all trees. What is left over goes together too, the longest
 * chunks first, in steps. A message that fills lanes alone goes alone.
 *   Zen 4, rows of 1 to 1024 bytes, cycles each: 280 of 16384, of which kernels take 249 (8.5 blocks, as quick as of 512 bytes
 *   each), taking and putting rows 21, digests 8; 288 where each group takes its first block, and its last one by masked loads,
 *   before its own rounds. 1024 and 64 rows: 313 and 510, 351 and 1130 where what is left over of each number of blocks goes by
 *   itself. No gain: 16 rows taken at once. */
#include <string.h>

#include "../core/bytes.h"
#include "blake3.h"

#define BLOCK PA_BLAKE3_BLOCK
#define CHUNK PA_BLAKE3_CHUNK
#define VALUE PA_BLAKE3_VALUE
#define MAX_LANES PA_BLAKE_MAX_LANES

/* Messages of more chunks go alone; at most ITEMS. */
#define SHARED_CHUNKS 32

/* Chaining values of the chunks of longer messages that wait for their trees. */
#define VALUES 384

/* Kinds of chunks: by the number of their blocks, of longer messages or whole messages. Each has a bin. */
#define KINDS 32
#define ROOT_KIND 16u

typedef struct {
    uint8_t *digest;
    uint8_t *values; /* in a row */
    uint32_t count;
} tree;

/* What lanes hash at once, as the kernel wants it; a bin is one that is not full yet. */
typedef struct {
    const uint8_t *data[MAX_LANES];
    uint8_t *out[MAX_LANES];      /* digests, or chaining values */
    uint32_t sizes[MAX_LANES];    /* bytes of last blocks */
    uint64_t counters[MAX_LANES]; /* of chunks that are no whole messages */
} group;

typedef struct {
    const pa_blake3_job *job;
    uint32_t used; /* bit 0: one message alone, bit 1: lanes */
    uint32_t trees, values;
    uint32_t full; /* lanes of the widest kernel */
    group group;
    pa_blake_relay relay;
    const uint8_t *last[MAX_LANES];
    _Alignas(64) uint8_t staging[MAX_LANES][2 * BLOCK];
    uint8_t made[MAX_LANES * BLOCK];
    uint8_t chained[MAX_LANES * VALUE];
    uint8_t held[KINDS];
    group *bins[KINDS];
    group groups[KINDS + 1];
    group *aside; /* the one that is no bin's: what is pending, if something is */
    uint32_t pending_kind;
    pa_blake_pending pending;
    tree tree[VALUES / 2];
    uint8_t value[VALUES * VALUE];
    pa_rows_way way;
} batch;

static const struct pa_blake3 *choose(batch *b, uint64_t n)
{
    const struct pa_blake3 *kernel = pa_blake3_kernel(b->job, n);
    b->used |= kernel == b->job->kernels[0] ? 1 : 2;
    return kernel;
}

/* Lanes that nobody wants go with the last one. */
static void pad_lanes(group *g, uint32_t lanes, uint32_t count)
{
    for (uint32_t l = count; l < lanes; l++) {
        g->data[l] = g->data[count - 1];
        g->sizes[l] = g->sizes[count - 1];
        g->counters[l] = g->counters[count - 1];
    }
}

/* Digests of roots, longer than a chaining value: each lane's block at last[l], of sizes[l] bytes, after values[l]. */
static void expand_roots(batch *b, const struct pa_blake3 *kernel, const group *g,
                         const uint8_t *const *values, uint32_t count, uint32_t flags)
{
    for (uint64_t at = 0; at < b->job->digest_size; at += BLOCK) {
        uint64_t left = b->job->digest_size - at;
        uint64_t counters[MAX_LANES];
        for (uint32_t l = 0; l < kernel->lanes; l++) {
            counters[l] = at / BLOCK;
        }
        kernel->expand(b->made, values, b->last, counters, g->sizes, flags | PA_BLAKE3_ROOT);
        for (uint32_t l = 0; l < count; l++) {
            memcpy(g->out[l] + at, b->made + l * BLOCK, left < BLOCK ? left : BLOCK);
        }
    }
}

/* The group's chunks, whole messages each (root) or not. next: as the kernel has it. digests: where their digests go one
 * after the other, or NULL: to out[l]. full: last blocks are, and stand at last[l]. */
static void hash_chunks(batch *b, const struct pa_blake3 *kernel, group *g, uint32_t count,
                        uint64_t whole, bool root, bool full, uint64_t next, uint8_t *digests)
{
    const pa_blake3_job *job = b->job;
    const uint64_t *counters = root ? NULL : g->counters;
    const uint64_t size = root ? job->digest_size : VALUE;
    const bool ends = !full && (kernel->ends || b->relay.overread) && size <= VALUE;
    for (uint32_t l = 0; l < kernel->lanes && !full && !ends; l++) {
        b->last[l] =
            pa_blake_last(b->staging[l], g->data[l], whole * BLOCK + g->sizes[l], whole, BLOCK);
    }
    if (size > VALUE) {
        const uint8_t *values[MAX_LANES];
        uint32_t flags = job->flags | PA_BLAKE3_CHUNK_END;
        kernel->chain(b->chained, job->key, 0, g->data, whole, NULL, NULL, counters, job->flags,
                      PA_BLAKE3_CHUNK_START, 0, PA_BLAKE3_ALL, next);
        for (uint32_t l = 0; l < kernel->lanes; l++) {
            values[l] = b->chained + l * VALUE;
        }
        for (uint32_t l = 0; l < count && digests != NULL; l++) {
            g->out[l] = digests + l * size;
        }
        expand_roots(b, kernel, g, values, count, flags | (whole == 0 ? PA_BLAKE3_CHUNK_START : 0));
        return;
    }
    bool in_place = digests != NULL && size == VALUE && count == kernel->lanes;
    uint8_t *made = in_place ? digests : b->made;
    const uint8_t *const *last = ends ? g->data : b->last;
    const uint32_t end = PA_BLAKE3_CHUNK_END | (root ? PA_BLAKE3_ROOT : 0);
    if (kernel->groups != NULL) {
        kernel->groups(made, job->key, 0, g->data, whole, last, g->sizes, counters, job->flags,
                       PA_BLAKE3_CHUNK_START, end, PA_BLAKE3_ALL, next, count, &b->relay);
    } else {
        kernel->chain(made, job->key, 0, g->data, whole, last, g->sizes, counters, job->flags,
                      PA_BLAKE3_CHUNK_START, end, PA_BLAKE3_ALL, next);
    }
    if (digests == NULL) {
        pa_blake_hand_out(g->out, made, 0, count, VALUE, size);
        return;
    }
    if (!in_place) {
        pa_blake_hand_over(digests, made, count, VALUE, size);
    }
}

/* How many of n rows go through one kernel group after group, if it can do that: where it would also take those that fill none,
 * all. The last blocks of the first `overread` may be read whole. */
static uint64_t rows_of_groups(const pa_blake3_job *job, const struct pa_blake3 *kernel, uint64_t n,
                               uint64_t overread)
{
    const uint64_t left = n & (kernel->lanes - 1);
    if (kernel->groups == NULL || job->digest_size != VALUE) {
        return 0;
    }
    if (overread < n) {
        return overread & ~(uint64_t)(kernel->lanes - 1);
    }
    return left > 0 && pa_blake3_kernel(job, left) == kernel ? n : n - left;
}

/* Rows of one size, a chunk at most. */
static void hash_fixed(batch *b, uint8_t *digests, const pyaccel_rows *messages, uint64_t first,
                       uint64_t n)
{
    group *g = &b->group;
    const uint32_t size = (uint32_t)messages->width;
    const uint64_t whole = size > 0 ? (size - 1) / BLOCK : 0;
    const bool full = size > 0 && size % BLOCK == 0;
    const uint64_t overread = full ? n : pa_blake_overread_rows(messages, n, (whole + 1) * BLOCK);
    /* Once, since what is written lane by lane and read as a vector waits for memory. */
    for (uint32_t l = 0; l < MAX_LANES; l++) {
        g->sizes[l] = size - (uint32_t)whole * BLOCK;
    }
    for (uint64_t done = 0; done < n;) {
        const struct pa_blake3 *kernel = choose(b, n - done);
        done = pa_blake_begin(n, done, kernel->lanes);
        uint32_t count = n - done < kernel->lanes ? (uint32_t)(n - done) : kernel->lanes;
        const uint8_t *row = size > 0 ? messages->data + (first + done) * messages->stride : NULL;
        for (uint32_t l = 0; l < count; l++) {
            g->data[l] = size > 0 ? row + l * messages->stride : b->staging[l];
        }
        for (uint32_t l = count; l < kernel->lanes; l++) {
            g->data[l] = g->data[count - 1];
        }
        for (uint32_t l = 0; l < kernel->lanes && full; l++) {
            b->last[l] = g->data[l] + whole * BLOCK;
        }
        const uint64_t rows =
            rows_of_groups(b->job, kernel, n - done, overread > done ? overread - done : 0);
        const uint64_t next = pa_blake_next(messages, first + done, count);
        if (rows > 0) {
            b->relay.overread = !full;
            kernel->groups(digests + done * VALUE, b->job->key, 0, g->data, whole,
                           full ? b->last : g->data, g->sizes, NULL, b->job->flags,
                           PA_BLAKE3_CHUNK_START, PA_BLAKE3_CHUNK_END | PA_BLAKE3_ROOT,
                           PA_BLAKE3_ALL, rows > count ? messages->stride : next, rows, &b->relay);
            pa_blake_relay_done(&b->relay);
            done += rows;
            continue;
        }
        hash_chunks(b, kernel, g, count, whole, true, full, next,
                    digests + done * b->job->digest_size);
        done += count;
    }
}

/* A layer of all trees, pair by pair; their roots where each has two values left. */
static void join_pairs(batch *b, bool roots)
{
    const pa_blake3_job *job = b->job;
    group *g = &b->group;
    const uint32_t flags = job->flags | PA_BLAKE3_PARENT;
    uint64_t pairs = 0;
    for (uint32_t t = 0; t < b->trees; t++) {
        pairs += roots ? 1 : b->tree[t].count > 2 ? b->tree[t].count / 2 : 0;
    }
    for (uint32_t t = 0, i = 0; pairs > 0;) {
        const struct pa_blake3 *kernel = choose(b, pairs);
        uint32_t count = pairs < kernel->lanes ? (uint32_t)pairs : kernel->lanes;
        for (uint32_t l = 0; l < count; l++, i++) {
            while (!roots && (b->tree[t].count <= 2 || i >= b->tree[t].count / 2)) {
                t++;
                i = 0;
            }
            g->data[l] = b->last[l] = b->tree[t].values + 2 * i * VALUE;
            g->sizes[l] = BLOCK;
            g->out[l] = roots ? b->tree[t].digest : b->tree[t].values + i * VALUE;
            t += roots;
            i -= roots;
        }
        pad_lanes(g, kernel->lanes, count);
        for (uint32_t l = count; l < kernel->lanes; l++) {
            b->last[l] = g->data[l];
        }
        if (roots && job->digest_size > VALUE) {
            const uint8_t *values[MAX_LANES];
            for (uint32_t l = 0; l < kernel->lanes; l++) {
                values[l] = job->key;
            }
            expand_roots(b, kernel, g, values, count, flags);
        } else {
            kernel->chain(b->made, job->key, 0, g->data, 1, NULL, NULL, NULL,
                          flags | (roots ? PA_BLAKE3_ROOT : 0), 0, 0, PA_BLAKE3_ALL, 0);
            for (uint32_t l = 0; l < count; l++) {
                memcpy(g->out[l], b->made + l * VALUE, roots ? job->digest_size : VALUE);
            }
        }
        pairs -= count;
    }
}

/* A group of chunks of one kind. */
static void hash_kind(batch *b, const struct pa_blake3 *kernel, group *g, uint32_t count,
                      uint32_t kind)
{
    const uint64_t whole = kind % ROOT_KIND;
    pad_lanes(g, kernel->lanes, count);
    hash_chunks(b, kernel, g, count, whole, kind >= ROOT_KIND, false, 0, NULL);
}

/* What is pending, if something is. Then the full bin of `kind` is, unless bin is NULL, in exchange for an empty one. */
static void hash_pending(batch *b, group **bin, uint32_t kind)
{
    const pa_blake_pending now = b->pending;
    const uint32_t pending_kind = b->pending_kind;
    group *g = b->aside;
    b->pending = (pa_blake_pending){.data = NULL};
    b->pending_kind = kind;
    if (bin != NULL) {
        b->aside = *bin;
        *bin = g;
        pa_blake_fetch_places(b->aside->out, b->full);
        b->pending =
            pa_blake_pending_of(&b->way, b->aside->data, b->full, kind % ROOT_KIND + 1, BLOCK);
    }
    if (now.data != NULL) {
        const struct pa_blake3 *kernel = choose(b, b->full);
        if (kernel->groups != NULL && (pending_kind < ROOT_KIND || b->job->digest_size <= VALUE)) {
            pa_blake_relay_set(&b->relay, &now, &b->pending, &b->way, b->full, BLOCK);
        }
        hash_kind(b, kernel, g, b->full, pending_kind);
        pa_blake_relay_done(&b->relay);
    }
}

/* A group whose members end in different blocks, the longest ones first, after whole[l] others: a step for each, in which those
 * that end there give their values. Digests are no longer than a value. */
static void hash_steps(batch *b, const struct pa_blake3 *kernel, group *g, const uint8_t *whole,
                       uint32_t count, bool root)
{
    const pa_blake3_job *job = b->job;
    const uint8_t *start = job->key;
    uint32_t sizes[MAX_LANES], first = PA_BLAKE3_CHUNK_START;
    uint64_t stride = 0, done = 0;
    for (uint32_t live = count; live > 0;) {
        const uint64_t until = whole[live - 1];
        uint32_t on = live; /* lanes that go on, which stand first */
        while (on > 0 && whole[on - 1] == until) {
            on--;
        }
        pad_lanes(g, kernel->lanes, live);
        for (uint32_t l = 0; l < kernel->lanes; l++) {
            sizes[l] = l < on ? BLOCK : g->sizes[l];
            if (!kernel->ends) {
                b->last[l] = pa_blake_last(b->staging[l], g->data[l],
                                           (until - done) * BLOCK + sizes[l], until - done, BLOCK);
            }
        }
        kernel->chain(b->chained, start, stride, g->data, until - done,
                      kernel->ends ? g->data : b->last, sizes, root ? NULL : g->counters,
                      job->flags, first, PA_BLAKE3_CHUNK_END | (root ? PA_BLAKE3_ROOT : 0),
                      ((uint64_t)1 << live) - ((uint64_t)1 << on), 0);
        pa_blake_hand_out(g->out, b->chained, on, live, VALUE, root ? job->digest_size : VALUE);
        for (uint32_t l = 0; l < on; l++) {
            g->data[l] += (until + 1 - done) * BLOCK;
        }
        live = on;
        done = until + 1;
        start = b->chained;
        stride = VALUE;
        first = 0;
    }
}

/* The next chunk of those in bins, from the longest ones down. */
typedef struct {
    uint32_t kind, slot;
} place;

/* What waits in the bins of kinds first ... first + 15. */
static void empty_bins(batch *b, uint32_t first)
{
    const bool root = first == ROOT_KIND, alike = root && b->job->digest_size > VALUE;
    group *g = &b->group;
    uint32_t left = 0;
    hash_pending(b, NULL, 0);
    place from = {first + ROOT_KIND - 1, 0};
    for (uint32_t kind = first; kind < first + ROOT_KIND; kind++) {
        left += b->held[kind];
    }
    while (left > 0) {
        uint8_t whole[MAX_LANES];
        uint64_t blocks = 0;
        while (from.slot == b->held[from.kind]) {
            from = (place){from.kind - 1, 0};
        }
        const uint32_t longest = from.kind - first;
        const uint32_t most = alike ? b->held[from.kind] - from.slot : left;
        const struct pa_blake3 *kernel = pa_blake3_kernel(b->job, most);
        uint32_t count = most < kernel->lanes ? most : kernel->lanes;
        uint32_t shortest = longest;
        place at = from, second = from;
        for (uint32_t l = 0; l < count; l++) {
            while (at.slot == b->held[at.kind]) {
                at = (place){at.kind - 1, 0};
            }
            const group *bin = b->bins[at.kind];
            g->data[l] = bin->data[at.slot];
            g->out[l] = bin->out[at.slot];
            g->counters[l] = bin->counters[at.slot];
            g->sizes[l] = bin->sizes[at.slot];
            shortest = at.kind - first;
            whole[l] = (uint8_t)shortest;
            blocks += shortest + 1;
            at.slot++;
            second = l == 0 ? at : second;
        }
        /* One after the other, where lanes that end with the first one take longer. */
        if (blocks / (longest + 1) <= kernel->cost / b->job->kernels[0]->cost) {
            kernel = b->job->kernels[0];
            count = 1;
            at = second;
            shortest = longest;
        }
        b->used |= kernel == b->job->kernels[0] ? 1 : 2;
        if (shortest == longest) {
            hash_kind(b, kernel, g, count, first + longest);
        } else {
            hash_steps(b, kernel, g, whole, count, root);
        }
        left -= count;
        from = at;
    }
    memset(b->held + first, 0, ROOT_KIND);
}

/* Trees of all messages whose chunks have been put. */
static void join_trees(batch *b)
{
    if (b->trees == 0) {
        return;
    }
    empty_bins(b, 0);
    uint32_t most = 0;
    for (uint32_t t = 0; t < b->trees; t++) {
        most = b->tree[t].count > most ? b->tree[t].count : most;
    }
    for (; most > 2; most = (most + 1) / 2) {
        join_pairs(b, false);
        for (uint32_t t = 0; t < b->trees; t++) {
            tree *of = &b->tree[t];
            if (of->count > 2) {
                if (of->count % 2 == 1) {
                    memcpy(of->values + of->count / 2 * VALUE, of->values + (of->count - 1) * VALUE,
                           VALUE);
                }
                of->count = (of->count + 1) / 2;
            }
        }
    }
    join_pairs(b, true);
    b->trees = b->values = 0;
}

/* A chunk into its bin; first: that of messages (ROOT_KIND) or of chunks (0) of one block. Inlined, so that this is a constant, and
 * counters, which messages have none of, are left out there. */
static inline __attribute__((always_inline)) void put(batch *b, uint32_t first, const uint8_t *data,
                                                      uint32_t size, uint64_t counter, uint8_t *out)
{
    const uint32_t whole = size > 0 ? (size - 1) / BLOCK : 0, kind = first + whole;
    group *bin = b->bins[kind];
    const uint32_t slot = b->held[kind]++;
    bin->data[slot] = data;
    bin->out[slot] = out;
    if (first != ROOT_KIND) {
        bin->counters[slot] = counter;
    }
    bin->sizes[slot] = size - whole * BLOCK;
    if (slot + 1 == b->full) {
        hash_pending(b, &b->bins[kind], kind);
        b->held[kind] = 0;
    }
}

/* The chunks of a message that has several. */
static void put_tree(batch *b, uint8_t *digest, pa_bytes row)
{
    const uint32_t count = (uint32_t)((row.size + CHUNK - 1) / CHUNK);
    uint8_t *values = b->value + b->values * VALUE;
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t left = row.size - i * CHUNK;
        put(b, 0, row.data + i * CHUNK, (uint32_t)(left < CHUNK ? left : CHUNK), i,
            values + i * VALUE);
    }
    b->tree[b->trees++] = (tree){digest, values, count};
    b->values += count;
}

static pyaccel_status hash_any(batch *b, uint8_t *digests, const pyaccel_rows *messages,
                               uint64_t first, uint64_t n)
{
    const pa_blake3_job *job = b->job;
    pa_bytes rows[PA_ROWS_TAKEN];
    pa_rows_way_begin(&b->way, messages);
    b->pending.data = NULL;
    b->pending_kind = 0;
    b->aside = &b->groups[KINDS];
    memset(b->held, 0, sizeof b->held);
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        b->bins[kind] = &b->groups[kind];
    }
    pa_blake_relay_rows(&b->relay, messages->data, b->full, BLOCK);
    for (uint64_t i = 0; i < n; i += PA_ROWS_TAKEN) {
        const uint32_t taken = pa_rows_way_read(&b->way, rows, messages, first + i, n - i);
        if (taken == 0) {
            return PYACCEL_INVALID_ARGUMENT;
        }
        for (uint32_t at = 0; at < taken; at++, digests += job->digest_size) {
            const pa_bytes row = rows[at];
            const uint64_t chunks = (row.size + CHUNK - 1) / CHUNK;
            if (n == 1 || chunks > SHARED_CHUNKS) {
                b->used |= 1;
                b->used |= chunks > 1 && pa_blake_choose(&job->widths, chunks) > 0 ? 2 : 0;
                pa_blake3_one(job, digests, row);
                continue;
            }
            if (chunks <= 1) {
                put(b, ROOT_KIND, row.data, (uint32_t)row.size, 0, digests);
                continue;
            }
            if (b->values + chunks > VALUES) {
                join_trees(b);
            }
            put_tree(b, digests, row);
        }
    }
    join_trees(b);
    empty_bins(b, ROOT_KIND);
    return PYACCEL_OK;
}

pyaccel_status pa_blake3_rows(const void *room, uint8_t *digests, const pyaccel_rows *messages,
                              uint64_t first, uint64_t n)
{
    batch b;
    pyaccel_status status = PYACCEL_OK;
    b.job = room;
    b.used = b.trees = b.values = 0;
    b.full = pa_blake3_kernel(b.job, UINT32_MAX)->lanes;
    pa_blake_relay_begin(&b.relay);
    if (n > 1 && messages->offset_bits == 0 && messages->width <= CHUNK) {
        hash_fixed(&b, digests, messages, first, n);
    } else {
        status = hash_any(&b, digests, messages, first, n);
    }
    if (b.used & 1) {
        pa_count(PA_FAMILY_BLAKE3);
    }
    if (b.used & 2) {
        pa_count(PA_FAMILY_BLAKE3_LANES);
    }
    if (b.job->flags != 0) {
        pa_wipe(b.made, sizeof b.made);
        pa_wipe(b.chained, sizeof b.chained);
        pa_wipe(b.value, sizeof b.value);
        pa_wipe(&b.relay, sizeof b.relay);
        pa_wipe(b.staging, sizeof b.staging);
        pa_wipe_stack();
    }
    return status;
}
