/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE2b and BLAKE2s, with a key or without. RFC 7693, sequential mode, no salt, no personalisation. */
#include <string.h>

#include "../core/bytes.h"
#include "blake2.h"
#include "streaming.h"

/* A key has half a block at most, 1 byte at least. */
static bool options_valid(const pa_hash_algorithm *algorithm, const pyaccel_hash_options *options)
{
    bool keyless = options->key == NULL && options->key_size == 0;
    bool keyed = options->key != NULL && options->key_size > 0 &&
                 options->key_size <= algorithm->block_size / 2;
    return (keyless || keyed) && options->context == NULL && options->context_size == 0;
}

/* RFC 7693, 2.5 and 3.3: the sizes of digest and key go into the first word. */
static void initial_state(uint8_t *state, const pa_hash_algorithm *algorithm, uint32_t key_size)
{
    uint32_t parameters = 0x01010000 | key_size << 8 | algorithm->digest_size;
    for (unsigned i = 0; i < 8; i++) {
        uint32_t first = i == 0 ? parameters : 0;
        if (algorithm->wide) {
            pa_store_le64(state + 8 * i, algorithm->initial.wide[i] ^ first);
        } else {
            pa_store_le32(state + 4 * i, algorithm->initial.word[i] ^ first);
        }
    }
}

static void begin(void *room, const pa_hash_algorithm *algorithm,
                  const pyaccel_hash_options *options, uint64_t digest_size)
{
    pa_blake2_job *job = room;
    const struct pa_blake2 *kernel = pa_bound(algorithm->single);
    *job = (pa_blake2_job){.family = algorithm->single,
                           .lanes_family = algorithm->lanes,
                           .block_size = algorithm->block_size,
                           .digest_size = (uint32_t)digest_size,
                           .has_key = options->key_size > 0};
    for (uint32_t k = 0; k < PA_BLAKE_WIDTHS && kernel != NULL; k++) {
        job->kernels[k] = kernel;
        job->widths.lanes[k] = kernel->lanes;
        job->widths.cost[k] = kernel->cost;
        job->widths.count = k + 1;
        kernel = k == 0 ? pa_bound(algorithm->lanes) : kernel->wider;
    }
    initial_state(job->start, algorithm, (uint32_t)options->key_size);
    if (job->has_key) {
        const uint8_t *block = job->key_block;
        memcpy(job->key_block, options->key, (size_t)options->key_size);
        job->kernels[0]->hash(job->keyed, job->start, 0, 0, &block, 1, NULL, NULL, 0, 0, 1, NULL);
        pa_wipe_stack();
    }
}

void pa_blake2_again(const void *kernel, void *state)
{
    static const uint8_t zeros[128];
    const struct pa_blake2 *of = kernel;
    const uint8_t *data = zeros;
    of->hash(state, state, 0, 0, &data, 1, NULL, NULL, 0, 0, 1, NULL);
}

void pa_blake2_one(const pa_blake2_job *job, uint8_t *digest, pa_bytes row)
{
    uint8_t out[64];
    uint8_t buffer[128] = {0};
    uint32_t block = job->block_size;
    uint64_t before = job->has_key ? block : 0;
    const uint8_t *start = job->has_key ? job->keyed : job->start;
    const uint8_t *last = buffer;
    uint64_t whole = row.size > 0 ? (row.size - 1) / block : 0;
    uint64_t total = before + row.size;
    if (row.size == 0 && job->has_key) {
        /* The key's block is the last one, so that it is absorbed another way than before a message. */
        start = job->start;
        last = job->key_block;
        before = 0;
    } else if (row.size > 0) {
        uint32_t rest = (uint32_t)(row.size - whole * block);
        if (rest == block) {
            last = row.data + whole * block;
        } else {
            memcpy(buffer, row.data + whole * block, rest);
        }
    }
    job->kernels[0]->hash(out, start, 0, before, &row.data, whole, &last, &total, PA_BLAKE2_EQUAL,
                          0, 1, NULL);
    memcpy(digest, out, job->digest_size);
}

const struct pa_hash_engine pa_blake2_engine = {options_valid, begin, pa_blake2_rows,
                                                &pa_blake2_streaming};
