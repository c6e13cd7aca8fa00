/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE3 of rows. What goes through lanes together has one number of blocks: chunks that are whole messages, chunks of longer
 * messages, whoever's they are, then parents, layer by layer of all trees. A message that fills lanes alone goes alone. */
#include <string.h>

#include "../core/bytes.h"
#include "bins.h"
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
    const uint8_t *data;
    uint64_t counter;
    uint8_t *out; /* its digest, or its chaining value */
    uint32_t size;
} item;

typedef struct {
    uint8_t *digest;
    uint8_t *values; /* in a row */
    uint32_t count;
} tree;

/* Lanes of one call of a kernel. */
typedef struct {
    const uint8_t *data[2 * MAX_LANES]; /* the second half: pa_rows_way_next */
    const uint8_t *last[MAX_LANES];
    uint32_t sizes[MAX_LANES];
    uint64_t counters[MAX_LANES];
    uint8_t *out[MAX_LANES];
    _Alignas(64) uint8_t staging[MAX_LANES][2 * BLOCK];
    uint8_t made[MAX_LANES * BLOCK];
    uint8_t chained[MAX_LANES * VALUE];
} group;

typedef struct {
    const pa_blake3_job *job;
    uint32_t used; /* bit 0: one message alone, bit 1: lanes */
    uint32_t trees, values;
    uint32_t full; /* lanes of the widest kernel */
    group group;
    uint8_t held[KINDS];
    item item[KINDS][MAX_LANES];
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
        g->last[l] = g->last[count - 1];
        g->sizes[l] = g->sizes[count - 1];
        g->counters[l] = g->counters[count - 1];
    }
}

/* Digests of roots, longer than a chaining value: each lane's block at last[l], of sizes[l] bytes, after values[l]. */
static void expand_roots(batch *b, const struct pa_blake3 *kernel, const uint8_t *const *values,
                         uint32_t count, uint32_t flags)
{
    group *g = &b->group;
    for (uint64_t at = 0; at < b->job->digest_size; at += BLOCK) {
        uint64_t left = b->job->digest_size - at;
        uint64_t counters[MAX_LANES];
        for (uint32_t l = 0; l < kernel->lanes; l++) {
            counters[l] = at / BLOCK;
        }
        kernel->expand(g->made, values, g->last, counters, g->sizes, flags | PA_BLAKE3_ROOT);
        for (uint32_t l = 0; l < count; l++) {
            memcpy(g->out[l] + at, g->made + l * BLOCK, left < BLOCK ? left : BLOCK);
        }
    }
}

/* The group's chunks, whole messages each (root) or not. next: as the kernel has it. digests: where their digests go one
 * after the other, or NULL: to out[l]. */
static void hash_chunks(batch *b, const struct pa_blake3 *kernel, uint32_t count, uint64_t whole,
                        bool root, uint64_t next, uint8_t *digests)
{
    const pa_blake3_job *job = b->job;
    group *g = &b->group;
    const uint64_t size = root ? job->digest_size : VALUE;
    if (size > VALUE) {
        const uint8_t *values[MAX_LANES];
        uint32_t flags = job->flags | PA_BLAKE3_CHUNK_END;
        kernel->chain(g->chained, job->key, g->data, whole, NULL, NULL, g->counters, job->flags,
                      PA_BLAKE3_CHUNK_START, 0, next);
        for (uint32_t l = 0; l < kernel->lanes; l++) {
            values[l] = g->chained + l * VALUE;
        }
        for (uint32_t l = 0; l < count && digests != NULL; l++) {
            g->out[l] = digests + l * size;
        }
        expand_roots(b, kernel, values, count, flags | (whole == 0 ? PA_BLAKE3_CHUNK_START : 0));
        return;
    }
    bool in_place = digests != NULL && size == VALUE && count == kernel->lanes;
    uint8_t *made = in_place ? digests : g->made;
    kernel->chain(made, job->key, g->data, whole, g->last, g->sizes, g->counters, job->flags,
                  PA_BLAKE3_CHUNK_START, PA_BLAKE3_CHUNK_END | (root ? PA_BLAKE3_ROOT : 0), next);
    if (digests == NULL) {
        pa_blake_hand_out(g->out, made, 0, count, VALUE, size);
        return;
    }
    for (uint32_t l = 0; l < count && !in_place; l++) {
        memcpy(digests + l * size, made + l * VALUE, size);
    }
}

/* Rows of one size, a chunk at most. */
static void hash_fixed(batch *b, uint8_t *digests, const pyaccel_rows *messages, uint64_t first,
                       uint64_t n)
{
    group *g = &b->group;
    const uint32_t size = (uint32_t)messages->width;
    const uint64_t whole = size > 0 ? (size - 1) / BLOCK : 0;
    /* Once, since what is written lane by lane and read as a vector waits for memory. */
    for (uint32_t l = 0; l < MAX_LANES; l++) {
        g->counters[l] = 0;
        g->sizes[l] = size - (uint32_t)whole * BLOCK;
    }
    for (uint64_t done = 0; done < n;) {
        const struct pa_blake3 *kernel = choose(b, n - done);
        uint32_t count = n - done < kernel->lanes ? (uint32_t)(n - done) : kernel->lanes;
        const uint64_t groups = (n - done) / kernel->lanes;
        const uint8_t *row = size > 0 ? messages->data + (first + done) * messages->stride : NULL;
        for (uint32_t l = 0; l < count; l++) {
            g->data[l] = size > 0 ? row + l * messages->stride : g->staging[l];
        }
        if (g->sizes[0] == BLOCK) {
            for (uint32_t l = 0; l < count; l++) {
                g->last[l] = g->data[l] + whole * BLOCK;
            }
        } else {
            pa_bytes rows[MAX_LANES];
            for (uint32_t l = 0; l < count; l++) {
                rows[l] = (pa_bytes){g->data[l], size};
            }
            pa_blake_stage(kernel->stage, g->staging[0], g->last, rows, count, whole, BLOCK);
        }
        for (uint32_t l = count; l < kernel->lanes; l++) {
            g->data[l] = g->data[count - 1];
            g->last[l] = g->last[count - 1];
        }
        if (kernel->groups != NULL && groups > 1 && g->sizes[0] == BLOCK &&
            b->job->digest_size == VALUE) {
            kernel->groups(digests + done * VALUE, b->job->key, g->data, whole, g->last, g->sizes,
                           g->counters, b->job->flags, PA_BLAKE3_CHUNK_START,
                           PA_BLAKE3_CHUNK_END | PA_BLAKE3_ROOT, count * messages->stride, groups);
            done += groups * count;
            continue;
        }
        const uint64_t next = pa_blake_next(messages, first + done, count);
        hash_chunks(b, kernel, count, whole, true, next, digests + done * b->job->digest_size);
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
    memset(g->counters, 0, sizeof g->counters);
    for (uint32_t t = 0, i = 0; pairs > 0;) {
        const struct pa_blake3 *kernel = choose(b, pairs);
        uint32_t count = pairs < kernel->lanes ? (uint32_t)pairs : kernel->lanes;
        for (uint32_t l = 0; l < count; l++, i++) {
            while (!roots && (b->tree[t].count <= 2 || i >= b->tree[t].count / 2)) {
                t++;
                i = 0;
            }
            g->data[l] = g->last[l] = b->tree[t].values + 2 * i * VALUE;
            g->sizes[l] = BLOCK;
            g->out[l] = roots ? b->tree[t].digest : b->tree[t].values + i * VALUE;
            t += roots;
            i -= roots;
        }
        pad_lanes(g, kernel->lanes, count);
        if (roots && job->digest_size > VALUE) {
            const uint8_t *values[MAX_LANES];
            for (uint32_t l = 0; l < kernel->lanes; l++) {
                values[l] = job->key;
            }
            expand_roots(b, kernel, values, count, flags);
        } else {
            kernel->chain(g->made, job->key, g->data, 1, NULL, NULL, g->counters,
                          flags | (roots ? PA_BLAKE3_ROOT : 0), 0, 0, 0);
            for (uint32_t l = 0; l < count; l++) {
                memcpy(g->out[l], g->made + l * VALUE, roots ? job->digest_size : VALUE);
            }
        }
        pairs -= count;
    }
}

/* The chunks of a bin. */
static void hash_bin(batch *b, uint32_t kind)
{
    group *g = &b->group;
    const uint64_t whole = kind % ROOT_KIND;
    for (uint32_t i = 0, left = b->held[kind]; left > 0;) {
        const struct pa_blake3 *kernel = choose(b, left);
        const uint32_t count = left < kernel->lanes ? left : kernel->lanes;
        pa_bytes rows[MAX_LANES];
        for (uint32_t l = 0; l < count; l++) {
            const item *of = &b->item[kind][i + l];
            g->data[l] = of->data;
            rows[l] = (pa_bytes){of->data, of->size};
            g->counters[l] = of->counter;
            g->out[l] = of->out;
            __builtin_prefetch(of->out, 1); /* 1 % */
            g->sizes[l] = of->size - (uint32_t)whole * BLOCK;
        }
        pa_blake_stage(kernel->stage, g->staging[0], g->last, rows, count, whole, BLOCK);
        pad_lanes(g, kernel->lanes, count);
        hash_chunks(b, kernel, count, whole, kind >= ROOT_KIND,
                    pa_rows_way_next(&b->way, g->data, kernel->lanes, whole + 1, BLOCK), NULL);
        i += count;
        left -= count;
    }
    b->held[kind] = 0;
}

/* Trees of all messages whose chunks have been put. */
static void join_trees(batch *b)
{
    if (b->trees == 0) {
        return;
    }
    for (uint32_t kind = 0; kind < ROOT_KIND; kind++) {
        hash_bin(b, kind);
    }
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

/* A chunk into its bin; first: that of messages (ROOT_KIND) or of chunks (0) of one block. Word by word: a copy that is read in
 * wider pieces than it was written in waits for memory, 6 % of all. */
static inline void put(batch *b, uint32_t first, const uint8_t *data, uint32_t size,
                       uint64_t counter, uint8_t *out)
{
    const uint32_t kind = first + (size > 0 ? (size - 1) / BLOCK : 0);
    item *to = &b->item[kind][b->held[kind]];
    to->data = data;
    to->counter = counter;
    to->out = out;
    to->size = size;
    if (++b->held[kind] == b->full) {
        hash_bin(b, kind);
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
        uint8_t *digest = digests + i * job->digest_size;
        if (n == 1 || row.size > SHARED_CHUNKS * CHUNK) {
            uint64_t chunks = (row.size + CHUNK - 1) / CHUNK;
            b->used |= 1;
            b->used |= chunks > 1 && pa_blake_choose(&job->widths, chunks) > 0 ? 2 : 0;
            pa_blake3_one(job, digest, row);
            continue;
        }
        if (row.size <= CHUNK) {
            put(b, ROOT_KIND, row.data, (uint32_t)row.size, 0, digest);
            continue;
        }
        if (b->values + (row.size + CHUNK - 1) / CHUNK > VALUES) {
            join_trees(b);
        }
        put_tree(b, digest, row);
    }
    join_trees(b);
    for (uint32_t kind = ROOT_KIND; kind < KINDS; kind++) {
        hash_bin(b, kind);
    }
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
    memset(b.held, 0, sizeof b.held);
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
        pa_wipe(b.group.made, sizeof b.group.made);
        pa_wipe(b.group.chained, sizeof b.group.chained);
        pa_wipe(b.value, sizeof b.value);
        pa_wipe_stack();
    }
    return status;
}
