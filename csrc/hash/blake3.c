/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE3 of rows: hash, keyed hash, key derivation, digests of any size. */
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
    job->kernel->chain(out->value, job->key, &data, whole, NULL, NULL, &counter, job->flags,
                       PA_BLAKE3_CHUNK_START, 0);
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
    job->kernel->expand(full, from->value, from->block, counter, from->size, from->flags);
    memcpy(out, full, VALUE);
}

uint32_t pa_blake3_join(const pa_blake3_job *job, uint8_t *values, uint32_t count)
{
    for (uint32_t i = 0; i + 1 < count; i += 2) {
        pa_blake3_node parent;
        pa_blake3_parent_node(job, &parent, values + i * VALUE);
        pa_blake3_chaining_value(job, values + i / 2 * VALUE, &parent, 0);
    }
    if (count % 2 == 1) {
        memmove(values + count / 2 * VALUE, values + (count - 1) * VALUE, VALUE);
    }
    return (count + 1) / 2;
}

uint32_t pa_blake3_subtree(const pa_blake3_job *job, uint8_t *values, const uint8_t *data,
                           uint64_t size, uint64_t counter)
{
    if (size <= WIDTH * CHUNK) {
        uint32_t count = 0;
        for (uint64_t at = 0; at < size; at += CHUNK, count++) {
            pa_blake3_node chunk;
            pa_blake3_chunk_node(job, &chunk, data + at, size - at < CHUNK ? size - at : CHUNK,
                                 counter + count);
            pa_blake3_chaining_value(job, values + count * VALUE, &chunk, counter + count);
        }
        return count;
    }
    /* The left one takes the largest power of two of chunks that leaves something to the right one. */
    uint64_t left = WIDTH * CHUNK;
    while (left < size - left) {
        left *= 2;
    }
    uint8_t both[2 * WIDTH * VALUE];
    uint32_t count = pa_blake3_subtree(job, both, data, left, counter);
    count += pa_blake3_subtree(job, both + count * VALUE, data + left, size - left,
                               counter + left / CHUNK);
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
        uint32_t count = pa_blake3_subtree(job, values, row.data, row.size, 0);
        while (count > 2) {
            count = pa_blake3_join(job, values, count);
        }
        pa_blake3_parent_node(job, root, values);
    }
}

void pa_blake3_root_bytes(const pa_blake3_job *job, uint8_t *digest, uint64_t digest_size,
                          const pa_blake3_node *root)
{
    for (uint64_t at = 0, counter = 0; at < digest_size; at += BLOCK, counter++) {
        uint8_t block[BLOCK];
        uint64_t left = digest_size - at;
        job->kernel->expand(block, root->value, root->block, counter, root->size,
                            root->flags | PA_BLAKE3_ROOT);
        memcpy(digest + at, block, left < BLOCK ? left : BLOCK);
    }
}

static void hash_one(const pa_blake3_job *job, uint8_t *digest, pa_bytes row)
{
    pa_blake3_node root;
    root_node(job, &root, row);
    pa_blake3_root_bytes(job, digest, job->digest_size, &root);
}

/* Key derivation hashes the context first; its digest is the key for the messages (specification, 2.3). */
static void begin(void *room, const pa_hash_algorithm *algorithm,
                  const pyaccel_hash_options *options, uint64_t digest_size)
{
    pa_blake3_job *job = room;
    *job = (pa_blake3_job){.kernel = pa_bound(algorithm->single), .digest_size = VALUE};
    for (unsigned i = 0; i < 8; i++) {
        pa_store_le32(job->key + 4 * i, algorithm->initial.word[i]);
    }
    if (options->key != NULL) {
        job->flags = PA_BLAKE3_KEYED_HASH;
        memcpy(job->key, options->key, VALUE);
    }
    if (options->context != NULL) {
        /* hash_one is done with the old key when it writes the new one over it. */
        job->flags = PA_BLAKE3_DERIVE_KEY_CONTEXT;
        hash_one(job, job->key, (pa_bytes){options->context, options->context_size});
        job->flags = PA_BLAKE3_DERIVE_KEY_MATERIAL;
    }
    job->digest_size = digest_size;
}

static pyaccel_status hash_rows(const void *room, uint8_t *digests, const pyaccel_rows *messages,
                                uint64_t first, uint64_t n)
{
    const pa_blake3_job *job = room;
    pa_count(PA_FAMILY_BLAKE3);
    for (uint64_t i = 0; i < n; i++) {
        pa_bytes row;
        if (!pa_rows_get(&row, messages, first + i)) {
            return PYACCEL_INVALID_ARGUMENT;
        }
        hash_one(job, digests + i * job->digest_size, row);
    }
    return PYACCEL_OK;
}

const struct pa_hash_engine pa_blake3_engine = {options_valid, begin, hash_rows,
                                                &pa_blake3_streaming};
