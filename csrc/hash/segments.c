/* SPDX-License-Identifier: Apache-2.0 */
/* Batches of rows made of segments: one algorithm, or two one after the other. */
#include "algorithm.h"

/* One algorithm before `then`, where digests are roomy; counts what ran, once a batch. */
static pyaccel_status hash_stage(const pa_hash_algorithm *algorithm, uint8_t *digests,
                                 uint64_t digest_size, const pa_midstate *midstate,
                                 const pyaccel_rows *segments, uint32_t segment_count,
                                 uint64_t first, uint64_t n, uint32_t *used)
{
    pa_hash_job job = {
        .algorithm = algorithm,
        .single = pa_bound(algorithm->single),
        .menu = pa_hash_menu_get(algorithm),
        .midstate = midstate,
        .absorbed = midstate ? midstate->bytes : 0,
        .digest_size = digest_size,
        .segments = segments,
        .segment_count = segment_count,
        .used = used,
        .roomy = algorithm->then != NULL,
    };
    pyaccel_status status = PYACCEL_OK;
    if (n == 0) {
        return status;
    }
    pa_hash_start(algorithm, &job.initial, midstate);
    if (pa_hash_uniform_fits(&job)) {
        pa_hash_uniform(&job, digests, first, n);
    } else {
        status = pa_hash_mixed(&job, digests, first, n);
    }
    if (midstate != NULL) {
        pa_wipe(&job.initial, sizeof job.initial);
    }
    return status;
}

static void count_used(const pa_hash_algorithm *algorithm, uint32_t used)
{
    pa_hash_menu_count(pa_hash_menu_get(algorithm), algorithm, used);
}

/* Rows whose inner digests are kept between two algorithms. */
#define STAGE_ROWS 256

/* Likewise their states. Not group by group: the code of two kernels is more than what is kept of decoded instructions. */
#define STATE_ROWS 512

/* The kernel of `then` that takes the states of the steady one of `menu`; NULL where there is none. */
static const struct pa_hash_lanes *follower(const pa_hash_menu *menu, const pa_hash_menu *then,
                                            uint32_t *item)
{
    const struct pa_hash_lanes *steady = menu->kernels[menu->plans[PA_HASH_ANY].steady];
    for (*item = 0; steady != NULL && steady->states && *item < then->count; ++*item) {
        const struct pa_hash_lanes *kernel = then->kernels[*item];
        if (kernel != NULL && kernel->after != NULL && kernel->lanes == steady->lanes) {
            return kernel;
        }
    }
    return NULL;
}

/* How many of n rows go by states: those that fill lanes, and the others where both algorithms would take them by these kernels
 * anyway or, with lanes more than half full, the second one would or its kernel runs already. What narrower kernels win is then
 * less than what digests cost on their way (Zen 4, 32 lanes, 31 rows of 64 bytes: 1640 ns, by states 1390). */
static uint64_t rows_by_states(const pa_hash_plan *plan, const pa_hash_plan *then, uint32_t item,
                               uint64_t n)
{
    const uint32_t lanes = then->items[item].lanes;
    const uint64_t left = n % lanes;
    const bool same = left > 0 && pa_hash_plan_item(then, left) == item;
    const bool pays = 2 * left > lanes ? same || n > lanes
                                       : same && pa_hash_plan_item(plan, left) == plan->steady;
    return pays ? n : n - left;
}

/* HASH160 of rows of one size, words of SHA-256 going to RIPEMD-160 as they are. Returns the rows done: where kernels or rows
 * don't suit it, none; else those that fill lanes, and the others where that pays. */
__attribute__((noinline)) static uint64_t
hash_by_states(const pa_hash_algorithm *algorithm, uint8_t *digests, uint64_t digest_size,
               const pa_midstate *midstate, const pyaccel_rows *segments, uint32_t segment_count,
               uint64_t first, uint64_t n)
{
    _Alignas(64) uint8_t states[STATE_ROWS * 32];
    uint8_t made[PA_HASH_MAX_LANES * PA_HASH_MAX_DIGEST];
    const pa_hash_menu *menu = pa_hash_menu_get(algorithm);
    const pa_hash_menu *then = pa_hash_menu_get(algorithm->then);
    uint32_t item, used = 0;
    const struct pa_hash_lanes *kernel = follower(menu, then, &item);
    if (kernel == NULL || kernel->stored != digest_size) {
        return 0;
    }
    const uint32_t lanes = kernel->lanes;
    const pa_hash_plan *any = &menu->plans[PA_HASH_ANY];
    const uint64_t all = rows_by_states(any, &then->plans[PA_HASH_ANY], item, n);
    if (all == 0) {
        return 0;
    }
    pa_hash_menu alone = {.count = 1, .widest = lanes, .kernels[0] = menu->kernels[any->steady]};
    for (uint32_t costs = 0; costs < PA_HASH_COSTS; costs++) {
        alone.plans[costs].items[0] = any->items[any->steady];
    }
    alone.pads = alone.kernels[0]->pads;
    alone.shares = alone.kernels[0]->shared != NULL;
    pa_hash_job job = {
        .algorithm = algorithm,
        .single = pa_bound(algorithm->single),
        .menu = &alone,
        .midstate = midstate,
        .absorbed = midstate ? midstate->bytes : 0,
        .digest_size = algorithm->digest_size,
        .segments = segments,
        .segment_count = segment_count,
        .used = &used,
        .states = true,
    };
    if (!pa_hash_uniform_fits(&job)) {
        return 0;
    }
    pa_hash_start(algorithm, &job.initial, midstate);
    const uint64_t most = STATE_ROWS / lanes * lanes;
    for (uint64_t done = 0; done < all;) {
        const uint64_t rows = all - done < most ? all - done : most;
        pa_hash_uniform(&job, states, first + done, rows);
        for (uint64_t row = 0; row < rows; row += lanes) {
            uint8_t *to = digests + (done + row) * digest_size;
            kernel->after(row + lanes <= rows ? to : made, states + row * 32,
                          &algorithm->then->initial);
            if (row + lanes > rows) {
                memcpy(to, made, (rows - row) * digest_size);
            }
        }
        done += rows;
    }
    pa_count_variant(menu->variants[any->steady]);
    pa_count_variant(then->variants[item]);
    if (midstate != NULL) {
        pa_wipe(&job.initial, sizeof job.initial);
        pa_wipe(states, sizeof states);
    }
    return all;
}

/* Two algorithms one after the other, so that each has the lanes that pay for it. */
__attribute__((noinline)) static pyaccel_status
hash_in_stages(const pa_hash_algorithm *algorithm, uint8_t *digests, uint64_t digest_size,
               const pa_midstate *midstate, const pyaccel_rows *segments, uint32_t segment_count,
               uint64_t first, uint64_t n)
{
    uint8_t inner[(STAGE_ROWS + PA_HASH_MAX_LANES) * 32];
    uint64_t inner_size = algorithm->digest_size;
    const pyaccel_rows rows = {
        .data = inner, .data_size = sizeof inner, .width = inner_size, .stride = inner_size};
    uint32_t used = 0, then_used = 0;
    pyaccel_status status = PYACCEL_OK;
    uint64_t done = hash_by_states(algorithm, digests, digest_size, midstate, segments,
                                   segment_count, first, n);
    for (; status == PYACCEL_OK && done < n; done += STAGE_ROWS) {
        uint64_t count = n - done < STAGE_ROWS ? n - done : STAGE_ROWS;
        status = hash_stage(algorithm, inner, inner_size, midstate, segments, segment_count,
                            first + done, count, &used);
        if (status == PYACCEL_OK) {
            status = hash_stage(algorithm->then, digests + done * digest_size, digest_size, NULL,
                                &rows, 1, 0, count, &then_used);
        }
    }
    count_used(algorithm, used);
    count_used(algorithm->then, then_used);
    return status;
}

pyaccel_status pa_hash_segments(uint32_t id, uint8_t *digests, uint64_t digest_size,
                                const pa_midstate *midstate, const pyaccel_rows *segments,
                                uint32_t segment_count, uint64_t first, uint64_t n)
{
    const pa_hash_algorithm *algorithm = pa_hash_algorithm_get(id);
    /* A midstate holds 8 words, which is less than a Keccak state. */
    if (algorithm->engine != NULL || segment_count > PA_HASH_MAX_SEGMENTS ||
        (midstate != NULL && algorithm->state_words > 8)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    if (algorithm->then != NULL) {
        return hash_in_stages(algorithm, digests, digest_size, midstate, segments, segment_count,
                              first, n);
    }
    uint32_t used = 0;
    pyaccel_status status = hash_stage(algorithm, digests, digest_size, midstate, segments,
                                       segment_count, first, n, &used);
    count_used(algorithm, used);
    return status;
}

/* The functions of hash.h for one algorithm each. */
#define SEGMENTS_FUNCTION(name, id)                                                                \
    pyaccel_status name(uint8_t *digests, const pa_midstate *midstate,                             \
                        const pyaccel_rows *segments, uint32_t segment_count, uint64_t first,      \
                        uint64_t n)                                                                \
    {                                                                                              \
        return pa_hash_segments(id, digests, pyaccel_hash_digest_size(id), midstate, segments,     \
                                segment_count, first, n);                                          \
    }

SEGMENTS_FUNCTION(pa_sha256_lanes, PYACCEL_HASH_SHA256)
SEGMENTS_FUNCTION(pa_sha256d_lanes, PYACCEL_HASH_SHA256D)
SEGMENTS_FUNCTION(pa_sha512_lanes, PYACCEL_HASH_SHA512)
SEGMENTS_FUNCTION(pa_keccak256_lanes, PYACCEL_HASH_KECCAK256)
SEGMENTS_FUNCTION(pa_sha384_lanes, PYACCEL_HASH_SHA384)
SEGMENTS_FUNCTION(pa_sm3_lanes, PYACCEL_HASH_SM3)
