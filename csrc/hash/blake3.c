/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE3: hash, keyed hash, key derivation, digests of any size; the tree of one message, its chunks and parents in lanes. */
#include <string.h>

#include "../core/bytes.h"
#include "blake3.h"
#include "streaming.h"

#define BLOCK PA_BLAKE3_BLOCK
#define CHUNK PA_BLAKE3_CHUNK
#define VALUE PA_BLAKE3_VALUE

#define WIDTH PA_BLAKE3_WIDTH

/* A key, or a context string, or neither. */
static bool options_valid(const pa_hash_algorithm *algorithm, const pyaccel_hash_options *options)
{
    (void)algorithm;
    bool key = options->key != NULL && options->key_size == VALUE;
    bool keyless = options->key == NULL && options->key_size == 0;
    bool context = options->context != NULL;
    return context ? keyless : options->context_size == 0 && (key || keyless);
}

void pa_blake3_chunk_node(const pa_blake3_job *job, pa_blake3_node *out, const uint8_t *data,
                          uint64_t size, uint64_t counter)
{
    uint64_t whole = size > 0 ? (size - 1) / BLOCK : 0;
    out->size = (uint32_t)(size - whole * BLOCK);
    out->flags = job->flags | PA_BLAKE3_CHUNK_END | (whole == 0 ? PA_BLAKE3_CHUNK_START : 0);
    memset(out->block, 0, BLOCK);
    if (out->size > 0) {
        memcpy(out->block, data + whole * BLOCK, out->size);
    }
    job->kernels[0]->chain(out->value, job->key, 0, &data, whole, NULL, NULL, &counter, job->flags,
                           PA_BLAKE3_CHUNK_START, 0, PA_BLAKE3_ALL, 0);
}

void pa_blake3_parent_node(const pa_blake3_job *job, pa_blake3_node *out,
                           const uint8_t values[2 * VALUE])
{
    memcpy(out->value, job->key, VALUE);
    memcpy(out->block, values, BLOCK);
    out->size = BLOCK;
    out->flags = job->flags | PA_BLAKE3_PARENT;
}

void pa_blake3_chaining_value(const pa_blake3_job *job, uint8_t *out, const pa_blake3_node *from,
                              uint64_t counter)
{
    uint8_t full[BLOCK];
    const uint8_t *value = from->value, *block = from->block;
    job->kernels[0]->expand(full, &value, &block, &counter, &from->size, from->flags);
    memcpy(out, full, VALUE);
}

/* values[i] = the chaining value of the whole chunk i at data or, where `flags` say parent, of the parent of the values 2 i
 * and 2 i + 1 there, for i < count; values may begin where data does. after: bytes behind them that are hashed next. */
static void chain_whole(const pa_blake3_job *job, uint8_t *values, const uint8_t *data,
                        uint64_t count, uint64_t counter, uint32_t flags, uint64_t after)
{
    const bool parents = (flags & PA_BLAKE3_PARENT) != 0;
    const uint64_t size = parents ? BLOCK : CHUNK;
    uint32_t sizes[PA_BLAKE_MAX_LANES];
    for (uint32_t l = 0; l < PA_BLAKE_MAX_LANES; l++) {
        sizes[l] = BLOCK;
    }
    for (uint64_t done = 0; done < count;) {
        const struct pa_blake3 *kernel = pa_blake3_kernel(job, count - done);
        uint64_t taken = count - done < kernel->lanes ? count - done : kernel->lanes;
        const uint64_t left = (count - done - taken) * size + after;
        const uint64_t next = left >= taken * size ? taken * size : 0;
        const uint8_t *blocks[PA_BLAKE_MAX_LANES], *last[PA_BLAKE_MAX_LANES];
        uint64_t counters[PA_BLAKE_MAX_LANES];
        uint8_t padded[PA_BLAKE_MAX_LANES * VALUE];
        uint8_t *out = taken == kernel->lanes ? values + done * VALUE : padded;
        for (uint32_t l = 0; l < kernel->lanes; l++) {
            uint64_t i = done + (l < taken ? l : taken - 1);
            blocks[l] = data + i * size;
            last[l] = blocks[l] + CHUNK - BLOCK;
            counters[l] = counter + i;
        }
        if (parents) {
            kernel->chain(out, job->key, 0, blocks, 1, NULL, NULL, NULL, flags, 0, 0, PA_BLAKE3_ALL,
                          next);
        } else {
            kernel->chain(out, job->key, 0, blocks, CHUNK / BLOCK - 1, last, sizes, counters, flags,
                          PA_BLAKE3_CHUNK_START, PA_BLAKE3_CHUNK_END, PA_BLAKE3_ALL, next);
        }
        if (out == padded) {
            memcpy(values + done * VALUE, padded, taken * VALUE);
        }
        done += taken;
    }
}

uint32_t pa_blake3_join(const pa_blake3_job *job, uint8_t *values, uint32_t count)
{
    chain_whole(job, values, values, count / 2, 0, job->flags | PA_BLAKE3_PARENT, 0);
    if (count % 2 == 1) {
        memmove(values + count / 2 * VALUE, values + (count - 1) * VALUE, VALUE);
    }
    return (count + 1) / 2;
}

uint32_t pa_blake3_subtree(const pa_blake3_job *job, uint8_t *values, const uint8_t *data,
                           uint64_t size, uint64_t counter, uint64_t after)
{
    if (size <= WIDTH * CHUNK) {
        uint32_t count = (uint32_t)(size / CHUNK);
        chain_whole(job, values, data, count, counter, job->flags, size % CHUNK + after);
        if (size > count * CHUNK) {
            pa_blake3_node chunk;
            pa_blake3_chunk_node(job, &chunk, data + count * CHUNK, size - count * CHUNK,
                                 counter + count);
            pa_blake3_chaining_value(job, values + count * VALUE, &chunk, counter + count);
            count++;
        }
        return count;
    }
    /* The left one takes the largest power of two of chunks that leaves something to the right one. */
    uint64_t left = WIDTH * CHUNK;
    while (left < size - left) {
        left *= 2;
    }
    uint8_t both[2 * WIDTH * VALUE];
    uint32_t count = pa_blake3_subtree(job, both, data, left, counter, size - left + after);
    count += pa_blake3_subtree(job, both + count * VALUE, data + left, size - left,
                               counter + left / CHUNK, after);
    count = pa_blake3_join(job, both, count);
    memcpy(values, both, count * VALUE);
    return count;
}

static void root_node(const pa_blake3_job *job, pa_blake3_node *root, pa_bytes row)
{
    if (row.size <= CHUNK) {
        pa_blake3_chunk_node(job, root, row.data, row.size, 0);
    } else {
        uint8_t values[WIDTH * VALUE];
        uint32_t count = pa_blake3_subtree(job, values, row.data, row.size, 0, 0);
        while (count > 2) {
            count = pa_blake3_join(job, values, count);
        }
        pa_blake3_parent_node(job, root, values);
    }
}

void pa_blake3_root_bytes(const pa_blake3_job *job, uint8_t *digest, uint64_t digest_size,
                          const pa_blake3_node *root)
{
    const uint8_t *values[PA_BLAKE_MAX_LANES], *blocks[PA_BLAKE_MAX_LANES];
    uint32_t sizes[PA_BLAKE_MAX_LANES];
    uint64_t counters[PA_BLAKE_MAX_LANES];
    uint64_t count = (digest_size + BLOCK - 1) / BLOCK;
    for (uint64_t done = 0; done < count;) {
        uint8_t out[PA_BLAKE_MAX_LANES * BLOCK];
        const struct pa_blake3 *kernel = pa_blake3_kernel(job, count - done);
        for (uint32_t l = 0; l < kernel->lanes; l++) {
            values[l] = root->value;
            blocks[l] = root->block;
            sizes[l] = root->size;
            counters[l] = done + l;
        }
        kernel->expand(out, values, blocks, counters, sizes, root->flags | PA_BLAKE3_ROOT);
        uint64_t left = digest_size - done * BLOCK, made = (uint64_t)kernel->lanes * BLOCK;
        memcpy(digest + done * BLOCK, out, left < made ? left : made);
        done += kernel->lanes;
    }
}

void pa_blake3_again(const void *kernel, void *state)
{
    static const uint8_t zeros[BLOCK];
    const struct pa_blake3 *of = kernel;
    const uint8_t *data = zeros;
    of->chain(state, state, 0, &data, 1, NULL, NULL, NULL, 0, 0, 0, PA_BLAKE3_ALL, 0);
}

void pa_blake3_one(const pa_blake3_job *job, uint8_t *digest, pa_bytes message)
{
    pa_blake3_node root;
    root_node(job, &root, message);
    pa_blake3_root_bytes(job, digest, job->digest_size, &root);
}

/* Key derivation hashes the context first; its digest is the key for the messages (specification, 2.3). */
static void begin(void *room, const pa_hash_algorithm *algorithm,
                  const pyaccel_hash_options *options, uint64_t digest_size)
{
    pa_blake3_job *job = room;
    const struct pa_blake3 *kernel = pa_bound(algorithm->single);
    *job = (pa_blake3_job){.digest_size = VALUE};
    for (uint32_t k = 0; k < PA_BLAKE_WIDTHS && kernel != NULL; k++) {
        job->kernels[k] = kernel;
        job->widths.lanes[k] = kernel->lanes;
        job->widths.cost[k] = kernel->cost;
        job->widths.count = k + 1;
        kernel = k == 0 ? pa_bound(algorithm->lanes) : kernel->wider;
    }
    for (unsigned i = 0; i < 8; i++) {
        pa_store_le32(job->key + 4 * i, algorithm->initial.word[i]);
    }
    if (options->key != NULL) {
        job->flags = PA_BLAKE3_KEYED_HASH;
        memcpy(job->key, options->key, VALUE);
    }
    if (options->context != NULL) {
        /* pa_blake3_one is done with the old key when it writes the new one over it. */
        job->flags = PA_BLAKE3_DERIVE_KEY_CONTEXT;
        pa_blake3_one(job, job->key, (pa_bytes){options->context, options->context_size});
        job->flags = PA_BLAKE3_DERIVE_KEY_MATERIAL;
    }
    job->digest_size = digest_size;
}

const struct pa_hash_engine pa_blake3_engine = {options_valid, begin, pa_blake3_rows,
                                                &pa_blake3_streaming};
