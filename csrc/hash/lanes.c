/* SPDX-License-Identifier: Apache-2.0 */
/* A group of messages through lanes: states in, digests out. Knows no vector. */
#include "algorithm.h"

static void spread(const pa_hash_job *job, const struct pa_hash_lanes *kernel, pa_lane_words *words,
                   const pa_hash_state *state)
{
    const uint32_t count = job->algorithm->state_words;
    for (uint32_t w = 0; w < count; w++) {
        for (uint32_t l = 0; l < kernel->lanes; l++) {
            const size_t at = pa_hash_word_at(kernel, count, w, l);
            if (job->algorithm->wide) {
                words->wide[at] = state->wide[w];
            } else {
                words->word[at] = state->word[w];
            }
        }
    }
}

void pa_hash_group_start(const pa_hash_job *job, pa_hash_scratch *scratch,
                         const struct pa_hash_lanes *kernel)
{
    const size_t size = (size_t)job->algorithm->state_words * kernel->lanes;
    if (scratch->spread_for != kernel) {
        spread(job, kernel, &scratch->initial, &job->initial);
        scratch->spread_for = kernel;
    }
    memcpy(&scratch->state, &scratch->initial, size * (job->algorithm->wide ? 8 : 4));
}

/* The hash of each lane's 32-byte digest: where the kernel takes words, they go from state to block as they are. */
static void hash_again(const pa_hash_job *job, pa_hash_scratch *scratch,
                       const struct pa_hash_lanes *kernel)
{
    const uint32_t lanes = kernel->lanes;
    if (kernel->words != NULL) {
        uint32_t *words = scratch->kept.word;
        memcpy(words, &scratch->state, 8 * lanes * sizeof *words);
        memset(words + 8 * lanes, 0, 8 * lanes * sizeof *words);
        for (uint32_t l = 0; l < lanes; l++) {
            words[8 * lanes + l] = 0x80000000;
            words[15 * lanes + l] = 8 * 32;
        }
        spread(job, kernel, &scratch->state, &job->algorithm->initial);
        kernel->words(&scratch->state, words);
        return;
    }
    uint8_t digests[PA_HASH_MAX_LANES * 32], blocks[PA_HASH_MAX_LANES][64] = {{0}};
    const uint8_t *data[PA_HASH_MAX_LANES];
    kernel->store(digests, &scratch->state);
    for (uint32_t l = 0; l < lanes; l++) {
        memcpy(blocks[l], digests + 32 * l, 32);
        pa_hash_pad(job->algorithm, blocks[l], 32, 32);
        data[l] = blocks[l];
    }
    spread(job, kernel, &scratch->state, &job->algorithm->initial);
    kernel->blocks(&scratch->state, data, 1);
}

/* Where the digest of lane l goes. */
static uint8_t *place(const pa_hash_job *job, uint8_t *digests, const uint32_t *order, uint32_t l)
{
    return digests + (order ? order[l] : l) * job->digest_size;
}

/* Digests longer than what the kernel stores, a block at a time: absorbing zeros is the permutation alone. */
static void squeeze(const pa_hash_job *job, pa_hash_scratch *scratch,
                    const struct pa_hash_lanes *kernel, uint8_t *digests, const uint32_t *order,
                    uint32_t count)
{
    static const uint8_t zeros[PA_HASH_MAX_BLOCK];
    const uint8_t *data[PA_HASH_MAX_LANES];
    const uint32_t block = job->algorithm->block_size, words = job->algorithm->state_words;
    for (uint32_t l = 0; l < kernel->lanes; l++) {
        data[l] = zeros;
    }
    for (uint64_t done = 0;;) {
        const uint64_t left = job->digest_size - done, take = left < block ? left : block;
        for (uint32_t l = 0; l < count; l++) {
            pa_hash_state state;
            for (uint32_t w = 0; w < block / 8; w++) {
                state.wide[w] = scratch->state.wide[pa_hash_word_at(kernel, words, w, l)];
            }
            pa_hash_store_words(job->algorithm, place(job, digests, order, l) + done, take, &state);
        }
        done += take;
        if (done == job->digest_size) {
            return;
        }
        kernel->blocks(&scratch->state, data, 1);
    }
}

/* Where whole digests that a kernel writes of `written` lanes belong, and they have room; NULL: elsewhere. */
static uint8_t *in_place(const pa_hash_job *job, uint32_t written, size_t apart, uint8_t *digests,
                         const uint32_t *order, uint32_t count)
{
    return order == NULL && (count == written || job->roomy) && job->digest_size == apart ? digests
                                                                                          : NULL;
}

static void hand_out(const pa_hash_job *job, size_t apart, const uint8_t *stored, uint8_t *digests,
                     const uint32_t *order, uint32_t count)
{
    if (order == NULL && job->digest_size == apart) {
        memcpy(digests, stored, count * apart);
        return;
    }
    for (uint32_t l = 0; l < count; l++) {
        pa_hash_copy(place(job, digests, order, l), stored + l * apart, (size_t)job->digest_size);
    }
}

void pa_hash_group_finish(const pa_hash_job *job, pa_hash_scratch *scratch,
                          const struct pa_hash_lanes *kernel, uint8_t *digests,
                          const uint32_t *order, uint32_t count)
{
    uint8_t stored[PA_HASH_MAX_LANES * PA_HASH_MAX_DIGEST];
    if (job->algorithm->twice) {
        hash_again(job, scratch, kernel);
    }
    if (job->digest_size > kernel->stored) {
        squeeze(job, scratch, kernel, digests, order, count);
        return;
    }
    uint8_t *whole = in_place(job, kernel->lanes, kernel->stored, digests, order, count);
    kernel->store(whole ? whole : stored, &scratch->state);
    if (whole == NULL) {
        hand_out(job, kernel->stored, stored, digests, order, count);
    }
}

void pa_hash_group(const pa_hash_job *job, pa_hash_scratch *scratch,
                   const struct pa_hash_lanes *kernel, const pa_hash_shape *shape,
                   const uint8_t *const *data, const uint8_t *const *tails, uint8_t *digests,
                   const uint32_t *order, uint32_t count)
{
    if (kernel->messages != NULL && job->digest_size <= kernel->stored) {
        uint8_t stored[PA_HASH_MAX_LANES * PA_HASH_MAX_DIGEST];
        const size_t apart = job->digest_size == kernel->shorter ? kernel->shorter : kernel->stored;
        const uint32_t written = kernel->lanes - (kernel->leaves ? shape->idle : 0);
        uint8_t *whole = in_place(job, written, apart, digests, order, count);
        kernel->messages(whole ? whole : stored, shape, data, tails);
        if (whole == NULL) {
            hand_out(job, apart, stored, digests, order, count);
        }
        return;
    }
    pa_hash_group_start(job, scratch, kernel);
    if (shape->whole > 0) {
        kernel->blocks(&scratch->state, data, shape->whole);
    }
    if (shape->staged > 0) {
        kernel->blocks(&scratch->state, tails, shape->staged);
    }
    if (shape->schedule != NULL) {
        kernel->shared(&scratch->state, shape->schedule);
    }
    pa_hash_group_finish(job, scratch, kernel, digests, order, count);
}

void pa_hash_scratch_wipe(const pa_hash_job *job, pa_hash_scratch *scratch)
{
    const size_t words = (size_t)job->algorithm->state_words * job->menu->widest;
    const size_t size = words * (job->algorithm->wide ? 8 : 4);
    pa_wipe(&scratch->initial, size);
    pa_wipe(&scratch->state, size);
    pa_wipe(&scratch->kept, size);
    pa_wipe_stack(); /* the kernels', which lie deeper than what the caller of all this reaches */
    scratch->spread_for = NULL;
}
