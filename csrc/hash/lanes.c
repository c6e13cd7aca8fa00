/* SPDX-License-Identifier: Apache-2.0 */
/* A group of messages through lanes: where each lane's next blocks come from. Knows no vector. */
#include <string.h>

#include "algorithm.h"

/* Bytes of all lanes' states. */
static size_t states_size(const pa_hash_job *job)
{
    return (size_t)job->algorithm->state_words * job->lanes->lanes * (job->algorithm->wide ? 8 : 4);
}

static void spread(const pa_hash_job *job, pa_lane_words *words, const pa_midstate *midstate)
{
    uint32_t lanes = job->lanes->lanes;
    pa_hash_state state;
    pa_hash_start(job->algorithm, &state, midstate);
    for (uint32_t w = 0; w < job->algorithm->state_words; w++) {
        for (uint32_t l = 0; l < lanes; l++) {
            if (job->algorithm->wide) {
                words->wide[w * lanes + l] = state.wide[w];
            } else {
                words->word[w * lanes + l] = state.word[w];
            }
        }
    }
}

void pa_hash_scratch_start(pa_hash_scratch *scratch, const pa_hash_job *job)
{
    uint32_t lanes = job->lanes->lanes;
    scratch->staged_total = UINT64_MAX;
    scratch->scheduled_total = UINT64_MAX;
    spread(job, &scratch->initial, job->midstate);
    if (!job->algorithm->twice) {
        return;
    }
    spread(job, &scratch->standard, NULL);
    memset(scratch->words.word + 8 * lanes, 0, 8 * lanes * sizeof *scratch->words.word);
    for (uint32_t l = 0; l < lanes; l++) {
        scratch->words.word[8 * lanes + l] = 0x80000000;
        scratch->words.word[15 * lanes + l] = 8 * 32;
    }
}

/* The schedule of the block that holds only the padding of a message of `total` bytes, total a multiple of the block: the
 * same for every lane, so it is computed once and saves the lanes' own schedule. */
static void schedule_padding(const pa_hash_job *job, pa_hash_scratch *scratch, uint64_t total)
{
    if (scratch->scheduled_total == total) {
        return;
    }
    uint8_t block[PA_HASH_MAX_BLOCK] = {0};
    pa_hash_pad(job->algorithm, block, 0, total);
    job->lanes->schedule(scratch->schedule, block);
    scratch->scheduled_total = total;
}

/* Messages of one size, either in one part or short: whole blocks of a single part are absorbed where they lie, what
 * remains goes through staging, whose padding stays from group to group. */
static void absorb_equal(const pa_hash_job *job, pa_hash_scratch *scratch,
                         const pa_bytes *const *parts, uint64_t size)
{
    const struct pa_hash_lanes *kernel = job->lanes;
    const uint8_t *data[PA_HASH_MAX_LANES];
    uint32_t block = job->algorithm->block_size;
    uint64_t total = job->absorbed + size;
    uint64_t whole = job->segment_count == 1 ? size / block : 0;
    uint64_t skip = whole * block;
    uint32_t rest = (uint32_t)(size - skip);
    uint64_t staged = pa_hash_block_count(job->algorithm, rest);
    if (whole > 0) {
        for (uint32_t l = 0; l < kernel->lanes; l++) {
            data[l] = parts[l][0].data;
        }
        kernel->blocks(&scratch->state, data, whole);
    }
    if (rest == 0 && kernel->shared != NULL) {
        schedule_padding(job, scratch, total);
        kernel->shared(&scratch->state, scratch->schedule);
        return;
    }
    if (scratch->staged_total != total) {
        for (uint32_t l = 0; l < kernel->lanes; l++) {
            memset(scratch->staging[l], 0, staged * block);
            pa_hash_pad(job->algorithm, scratch->staging[l] + rest / block * block, rest % block,
                        total);
        }
        scratch->staged_total = total;
    }
    for (uint32_t l = 0; l < kernel->lanes; l++) {
        uint8_t *to = scratch->staging[l];
        data[l] = to;
        for (uint32_t s = 0; s < job->segment_count; s++) {
            if (parts[l][s].size > skip) {
                memcpy(to, parts[l][s].data + skip, parts[l][s].size - skip);
            }
            to += parts[l][s].size - skip;
        }
    }
    kernel->blocks(&scratch->state, data, staged);
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
        if (take > 0) {
            memcpy(staging + filled, part->data + lane->used, take);
        }
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

/* Messages of any sizes: all lanes advance by as many blocks as the one with the fewest ready has. A lane that is done
 * leaves its state in `kept` and then reads along with another, so that its loads stay inside that one's message. */
static void absorb_any(const pa_hash_job *job, pa_hash_scratch *scratch,
                       const pa_bytes *const *parts)
{
    const struct pa_hash_lanes *kernel = job->lanes;
    uint32_t lanes = kernel->lanes, live = lanes;
    pa_lane_words *state = &scratch->state, *kept = &scratch->words;
    lane_cursor cursors[PA_HASH_MAX_LANES];
    const uint8_t *data[PA_HASH_MAX_LANES];
    for (uint32_t l = 0; l < lanes; l++) {
        cursors[l] = (lane_cursor){.parts = parts[l], .total = job->absorbed};
    }
    scratch->staged_total = UINT64_MAX;
    while (live > 0) {
        uint64_t advance = UINT64_MAX;
        const uint8_t *other = NULL;
        for (uint32_t l = 0; l < lanes; l++) {
            lane_cursor *lane = &cursors[l];
            if (lane->done) {
                continue;
            }
            if (lane->ready == 0) {
                refill(job, lane, scratch->staging[l]);
            }
            if (lane->ready < advance) {
                advance = lane->ready;
            }
            other = lane->next;
        }
        for (uint32_t l = 0; l < lanes; l++) {
            data[l] = cursors[l].done ? other : cursors[l].next;
        }
        kernel->blocks(state, data, advance);
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
            for (uint32_t i = l; i < lanes * job->algorithm->state_words; i += lanes) {
                if (job->algorithm->wide) {
                    kept->wide[i] = state->wide[i];
                } else {
                    kept->word[i] = state->word[i];
                }
            }
        }
    }
    memcpy(state, kept, states_size(job));
}

/* The hash of each lane's 32-byte digest, which stands in `state` word by word as a schedule wants it. */
static void hash_again(const pa_hash_job *job, pa_hash_scratch *scratch)
{
    size_t half = states_size(job);
    memcpy(&scratch->words, &scratch->state, half);
    memcpy(&scratch->state, &scratch->standard, half);
    job->lanes->words(&scratch->state, &scratch->words);
}

/* Where the digest of lane l goes. */
static uint8_t *place(const pa_hash_job *job, uint8_t *digests, const uint16_t *order, uint32_t l)
{
    return digests + (order ? order[l] : l) * job->digest_size;
}

/* Digests longer than what the kernel stores, a block at a time: absorbing zeros is the permutation alone. */
static void squeeze(const pa_hash_job *job, uint8_t *digests, const uint16_t *order,
                    pa_hash_scratch *scratch, uint32_t count)
{
    static const uint8_t zeros[PA_HASH_MAX_BLOCK];
    const uint8_t *data[PA_HASH_MAX_LANES];
    const uint32_t lanes = job->lanes->lanes, block = job->algorithm->block_size;
    for (uint32_t l = 0; l < lanes; l++) {
        data[l] = zeros;
    }
    for (uint64_t done = 0;;) {
        const uint64_t left = job->digest_size - done, take = left < block ? left : block;
        for (uint32_t l = 0; l < count; l++) {
            pa_hash_state state;
            for (uint32_t w = 0; w < block / 8; w++) {
                state.wide[w] = scratch->state.wide[w * lanes + l];
            }
            pa_hash_store_words(job->algorithm, place(job, digests, order, l) + done, take, &state);
        }
        done += take;
        if (done == job->digest_size) {
            return;
        }
        job->lanes->blocks(&scratch->state, data, 1);
    }
}

void pa_hash_group(const pa_hash_job *job, uint8_t *digests, const uint16_t *order,
                   pa_hash_scratch *scratch, const pa_bytes *const *parts, uint32_t count,
                   uint64_t size)
{
    const struct pa_hash_lanes *kernel = job->lanes;
    const pa_bytes *padded[PA_HASH_MAX_LANES];
    uint8_t stored[PA_HASH_MAX_LANES * PA_HASH_MAX_DIGEST];
    /* Lanes without a row of their own repeat the last row. */
    for (uint32_t l = 0; l < kernel->lanes; l++) {
        padded[l] = parts[l < count ? l : count - 1];
    }
    memcpy(&scratch->state, &scratch->initial, states_size(job));
    if (size != PA_HASH_SIZES_DIFFER &&
        (job->segment_count == 1 || pa_hash_block_count(job->algorithm, size) <=
                                        PA_HASH_STAGING / job->algorithm->block_size)) {
        absorb_equal(job, scratch, padded, size);
    } else {
        absorb_any(job, scratch, padded);
    }
    if (job->algorithm->twice) {
        hash_again(job, scratch);
    }
    if (job->digest_size > kernel->stored) {
        squeeze(job, digests, order, scratch, count);
        return;
    }
    /* A whole group of whole digests is written in place. */
    if (order == NULL && count == kernel->lanes && job->digest_size == kernel->stored) {
        kernel->store(digests, &scratch->state);
        return;
    }
    kernel->store(stored, &scratch->state);
    for (uint32_t l = 0; l < count; l++) {
        memcpy(place(job, digests, order, l), stored + l * kernel->stored, job->digest_size);
    }
}
