/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of one size: no row is looked at but by a kernel, or where its bytes have to be staged for one.
 *
 * Whole blocks of a single segment are absorbed where they lie; what remains, or a short message of several segments, is
 * staged behind its padding, which is written once a call, and so is a segment that all rows share; some kernels pad whole
 * words themselves, others take ends where they lie. One group is staged while the one before it is hashed: its stores have
 * then left the store buffer when the kernel loads across them. Where nothing but padding remains, lanes share its schedule. */
#include "uniform.h"

static uint64_t message_size(const pa_hash_job *job)
{
    uint64_t size = 0;
    for (uint32_t s = 0; s < job->segment_count; s++) {
        size += job->segments[s].width;
    }
    return size;
}

bool pa_hash_uniform_fits(const pa_hash_job *job)
{
    const uint64_t size = message_size(job);
    for (uint32_t s = 0; s < job->segment_count; s++) {
        if (job->segments[s].offset_bits != 0) {
            return false;
        }
    }
    return job->segment_count == 1 ||
           (size <= PA_HASH_STAGED &&
            pa_hash_block_count(job->algorithm, size) * job->algorithm->block_size <=
                pa_hash_lane_room(job->menu->widest));
}

static uint8_t *staging(pa_hash_uniform_space *u, uint32_t half, uint32_t lane)
{
    return u->scratch.staging + (size_t)(half * u->lanes + lane) * u->room;
}

/* Padding, and what all rows share, into the staging of every lane. `rest` bytes of a message of `total` are staged. */
static void prepare(pa_hash_uniform_space *u, uint32_t rest, uint64_t total)
{
    const pa_hash_job *job = u->job;
    const uint32_t block = job->algorithm->block_size, padded = rest / block * block;
    uint8_t *pattern = u->pattern;
    memset(pattern, 0, u->room);
    pa_hash_pad(job->algorithm, pattern + padded, rest - padded, total);
    for (uint32_t p = 0; p < u->piece_count;) {
        const pa_hash_piece *shared = &u->pieces[p];
        if (shared->stride != 0 && shared->size != 0) {
            p++;
            continue;
        }
        pa_hash_copy(pattern + shared->to, shared->data, shared->size);
        u->piece_count--;
        memmove(u->pieces + p, u->pieces + p + 1, (u->piece_count - p) * sizeof *u->pieces);
    }
    for (uint32_t l = 0; l < (u->twofold ? 2 : 1) * u->lanes; l++) {
        memcpy(staging(u, 0, l), pattern, u->room);
    }
}

/* A caller of many small batches mostly asks for the one it had. */
static const uint32_t *padding_schedule(const pa_hash_menu *menu,
                                        const pa_hash_algorithm *algorithm, uint64_t total)
{
    static _Thread_local struct {
        void (*made_by)(uint32_t *, const uint8_t *);
        uint64_t total;
        uint32_t schedule[PA_HASH_MAX_SCHEDULE];
    } last;
    const struct pa_hash_lanes *kernel = menu->kernels[0];
    if (last.made_by != kernel->schedule || last.total != total) {
        uint8_t padding[PA_HASH_MAX_BLOCK] = {0};
        pa_hash_pad(algorithm, padding, 0, total);
        kernel->schedule(last.schedule, padding);
        last.made_by = kernel->schedule;
        last.total = total;
    }
    return last.schedule;
}

bool pa_hash_in_place(pa_hash_shape *shape, const pa_hash_menu *menu,
                      const pa_hash_algorithm *algorithm, uint64_t absorbed, uint64_t size,
                      uint64_t digest_size)
{
    const uint64_t whole = pa_hash_quotient(algorithm, size);
    const uint64_t rest = size - whole * algorithm->block_size;
    const bool pads =
        menu->pads != 0 && rest % menu->pads == 0 && digest_size <= PA_HASH_MAX_DIGEST;
    if (menu->kernels[0] == NULL || !(pads || (rest == 0 && menu->shares))) {
        return false;
    }
    *shape = (pa_hash_shape){
        .initial = &algorithm->initial,
        .again = algorithm->twice ? &algorithm->initial : NULL,
        .schedule = pads ? NULL : padding_schedule(menu, algorithm, absorbed + size),
        .whole = whole,
        .rest = rest,
        .pad_first = algorithm->pad_first,
        .pad_last = algorithm->pad_last,
        .digest_size = digest_size,
    };
    return true;
}

static const pa_hash_plan *plan_of(const pa_hash_job *job)
{
    return job->segment_count == 1
               ? pa_hash_plan_of(job->menu, job->algorithm, job->segments[0].width)
               : &job->menu->plans[PA_HASH_ANY];
}

/* What follows whole blocks of messages of `size` bytes goes behind its padding. */
static void stage_rests(pa_hash_uniform_space *u, uint64_t size, uint64_t most)
{
    const pa_hash_job *job = u->job;
    const uint32_t block = job->algorithm->block_size;
    const uint64_t skip = u->shape.whole * block;
    const uint32_t rest = (uint32_t)(size - skip);
    uint32_t to = 0;
    for (uint32_t s = 0; s < job->segment_count; s++) {
        const pyaccel_rows *segment = &job->segments[s];
        const uint32_t bytes = (uint32_t)(segment->width - skip);
        if (bytes > 0) {
            u->pieces[u->piece_count++] = (pa_hash_piece){segment->data + skip, segment->data_size,
                                                          segment->stride, bytes, to};
        }
        to += bytes;
    }
    u->shape.staged = pa_hash_block_count(job->algorithm, rest);
    u->room = (uint32_t)u->shape.staged * block;
    u->lanes = most < job->menu->widest ? (uint32_t)most : job->menu->widest;
    u->twofold = most > u->lanes && 2 * u->lanes * u->room <= sizeof u->scratch.staging;
    prepare(u, rest, job->absorbed + size);
    if (u->piece_count == 1) {
        const pa_hash_piece *own = &u->pieces[0];
        u->in_place = u->shape;
        u->in_place.staged = 0;
        u->in_place.ends = u->shape.staged;
        u->in_place.before = own->to;
        u->in_place.rest = own->size;
        u->in_place.ending = u->pattern;
        u->rows = own->data - skip;
        u->left = own->left;
        u->stride = own->stride;
    }
}

void pa_hash_uniform_start(pa_hash_uniform_space *u, const pa_hash_job *job, uint64_t most)
{
    const pa_hash_algorithm *algorithm = job->algorithm;
    const uint64_t size = message_size(job);
    u->job = job;
    u->plan = plan_of(job);
    u->piece_count = 0;
    if (job->menu->kernels[0] == NULL) {
        return;
    }
    u->scratch.spread_for = NULL;
    u->rows = job->segments[0].data;
    u->left = job->segments[0].data_size;
    u->stride = job->segments[0].stride;
    u->twofold = false;
    u->in_place.ends = 0;
    const bool in_place =
        job->segment_count == 1 &&
        pa_hash_in_place(&u->shape, job->menu, algorithm, job->absorbed, size, job->digest_size);
    if (!in_place) {
        u->shape = (pa_hash_shape){
            .again = algorithm->twice ? &algorithm->initial : NULL,
            .whole = job->segment_count == 1 ? pa_hash_quotient(algorithm, size) : 0,
            .digest_size = job->digest_size,
        };
    }
    u->shape.initial = &job->initial;
    u->shape.states = job->states;
    u->shape.sorted_pairs = job->sorted_pairs;
    if (!in_place) {
        stage_rests(u, size, most);
    }
}

void pa_hash_uniform_move(pa_hash_uniform_space *u, const pyaccel_rows *rows)
{
    u->rows = rows->data;
    u->left = rows->data_size;
    for (uint32_t p = 0; p < u->piece_count; p++) {
        u->pieces[p].data = rows->data;
        u->pieces[p].left = rows->data_size;
    }
}

static bool stages(const pa_hash_uniform_space *u, const struct pa_hash_lanes *kernel)
{
    return u->in_place.ends == 0 || kernel == NULL || kernel->ends_unit == 0 ||
           ((u->in_place.before | u->in_place.rest) & (kernel->ends_unit - 1)) != 0;
}

static void stage(pa_hash_uniform_space *u, const struct pa_hash_lanes *kernel, uint32_t half,
                  uint64_t row, uint32_t count)
{
    if (!stages(u, kernel)) {
        return;
    }
    for (uint32_t p = 0; p < u->piece_count; p++) {
        const pa_hash_piece *part = &u->pieces[p];
        const uint8_t *from = part->data + row * part->stride;
        for (uint32_t l = 0; l < count; l++, from += part->stride) {
            pa_hash_copy(staging(u, half, l) + part->to, from, part->size);
        }
    }
}

#define FETCHED 256u /* bytes: after so many of a row the CPU foresees the next ones itself */

PA_HASH_FETCH fetch_part(const uint8_t *data, uint64_t stride, uint64_t size, uint32_t count)
{
    if (stride <= size && size <= FETCHED) {
        pa_hash_fetch((pa_bytes){data, stride * count});
        return;
    }
    for (uint32_t l = 0; l < count; l++, data += stride) {
        pa_hash_fetch((pa_bytes){data, size < FETCHED ? size : FETCHED});
    }
}

/* Memory takes as long as it takes to hash a group: the rows that will be read next are asked for before. */
PA_HASH_FETCH fetch(const pa_hash_uniform_space *u, const struct pa_hash_lanes *kernel,
                    uint64_t row, uint32_t count)
{
    const bool fetched = kernel != NULL && kernel->fetches;
    if (fetched && !stages(u, kernel)) {
        return;
    }
    if (!fetched && (u->shape.whole > 0 || u->shape.rest > 0)) {
        const uint64_t size = u->shape.whole * u->job->algorithm->block_size + u->shape.rest;
        fetch_part(u->rows + row * u->stride, u->stride, size, count);
    }
    for (uint32_t p = 0; p < u->piece_count; p++) {
        const pa_hash_piece *part = &u->pieces[p];
        fetch_part(part->data + row * part->stride, part->stride, part->size, count);
    }
}

void pa_hash_point(const uint8_t **lane, const uint8_t *row, uint64_t stride, uint32_t count,
                   uint32_t lanes)
{
    for (uint32_t l = 0; l < count; l++, row += stride) {
        lane[l] = row;
    }
    for (uint32_t l = count; l < lanes; l++) {
        lane[l] = row - stride;
    }
}

#define HALF 32u
#define PAIR (2 * HALF)

/* The first bytes of digests nearly always decide: no branch depends on them. */
void pa_hash_sort_pairs(uint8_t *to, const uint8_t *pairs, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++, to += PAIR, pairs += PAIR) {
        const uint8_t *other = pairs + HALF;
        const uint64_t a = pa_load_be64(pairs), b = pa_load_be64(other);
        const bool after = __builtin_expect(a == b, 0) ? memcmp(pairs, other, HALF) > 0 : a > b;
        const ptrdiff_t lesser = after ? HALF : 0;
        memcpy(to, pairs + lesser, HALF);
        memcpy(to + HALF, other - lesser, HALF);
    }
}

static void hash_group(pa_hash_uniform_space *u, const struct pa_hash_lanes *kernel, uint32_t half,
                       uint8_t *digests, uint64_t row, uint32_t count)
{
    const uint8_t *data[PA_HASH_MAX_LANES], *tails[PA_HASH_MAX_LANES];
    const bool in_place = !stages(u, kernel);
    pa_hash_shape *shape = in_place ? &u->in_place : &u->shape;
    const uint32_t lanes = pa_hash_lanes_taken(kernel, count);
    shape->idle = kernel->lanes - (kernel->idle_unit > 0 ? lanes : count);
    if (shape->whole > 0 || shape->rest > 0) { /* empty rows may lie nowhere */
        const uint8_t *rows = u->rows + row * u->stride;
        if (shape->sorted_pairs && !kernel->sorts) {
            pa_hash_sort_pairs(u->scratch.staging, rows, count);
            rows = u->scratch.staging;
        }
        pa_hash_point(data, rows, u->stride, count, lanes);
        const uint64_t apart = kernel->lanes * u->stride;
        shape->next = kernel->fetches && row * u->stride + apart < u->left ? apart : 0;
    }
    if (shape->staged > 0) {
        pa_hash_point(tails, staging(u, half, 0), u->room, count, lanes);
    }
    pa_hash_group(u->job, &u->scratch, kernel, shape, data, tails, digests, NULL, count);
}

typedef struct {
    uint32_t item, count;
} turn;

static turn next_turn(const pa_hash_plan *plan, uint64_t left)
{
    if (left == 0) {
        return (turn){0, 0};
    }
    const uint32_t item = pa_hash_plan_item(plan, left), lanes = plan->items[item].lanes;
    return (turn){item, left < lanes ? (uint32_t)left : lanes};
}

static void hash_single(const pa_hash_job *job, uint8_t *digest, uint64_t row)
{
    uint8_t pair[PAIR];
    pa_bytes parts[PA_HASH_MAX_SEGMENTS];
    pa_hash_row_parts(job, parts, row);
    if (job->sorted_pairs) {
        pa_hash_sort_pairs(pair, parts[0].data, 1);
        parts[0].data = pair;
    }
    pa_hash_one(job, digest, parts);
}

static void hash_in_lanes(pa_hash_uniform_space *u, uint8_t *digests, uint64_t first, uint64_t n)
{
    const pa_hash_job *job = u->job;
    uint32_t half = 0;
    turn now = next_turn(u->plan, n);
    stage(u, job->menu->kernels[now.item], 0, first, now.count);
    for (uint64_t done = 0; done < n;) {
        const struct pa_hash_lanes *kernel = job->menu->kernels[now.item];
        const turn next = next_turn(u->plan, n - done - now.count);
        const struct pa_hash_lanes *then = job->menu->kernels[next.item];
        uint8_t *out = digests + done * job->digest_size;
        if (u->twofold) {
            stage(u, then, half ^ 1, first + done + now.count, next.count);
        }
        const uint64_t ahead = done + now.count + (u->twofold ? next.count : 0);
        fetch(u, kernel, first + ahead, n - ahead < now.count ? (uint32_t)(n - ahead) : now.count);
        *job->used |= 1u << now.item;
        if (kernel != NULL) {
            hash_group(u, kernel, half, out, first + done, now.count);
        } else {
            hash_single(job, out, first + done);
        }
        done += now.count;
        if (u->twofold) {
            half ^= 1;
        } else {
            stage(u, then, 0, first + done, next.count);
        }
        now = next;
    }
}

static void hash_one_by_one(const pa_hash_job *job, const pa_hash_plan *plan, uint8_t *digests,
                            uint64_t first, uint64_t n)
{
    *job->used |= 1u << pa_hash_plan_item(plan, n);
    for (uint64_t i = 0; i < n; i++) {
        hash_single(job, digests + i * job->digest_size, first + i);
    }
}

void pa_hash_uniform_run(pa_hash_uniform_space *u, uint8_t *digests, uint64_t first, uint64_t n)
{
    if (n <= u->plan->alone) {
        hash_one_by_one(u->job, u->plan, digests, first, n);
    } else {
        hash_in_lanes(u, digests, first, n);
    }
}

/* Apart from its caller, which needs none of this room for single rows. */
__attribute__((noinline)) static void hash_batch(const pa_hash_job *job, uint8_t *digests,
                                                 uint64_t first, uint64_t n)
{
    pa_hash_uniform_space u;
    pa_hash_uniform_start(&u, job, n);
    hash_in_lanes(&u, digests, first, n);
    if (job->midstate != NULL) {
        pa_hash_scratch_wipe(job, &u.scratch);
    }
}

void pa_hash_uniform(const pa_hash_job *job, uint8_t *digests, uint64_t first, uint64_t n)
{
    const pa_hash_plan *plan = plan_of(job);
    if (n <= plan->alone) {
        hash_one_by_one(job, plan, digests, first, n);
    } else {
        hash_batch(job, digests, first, n);
    }
}
