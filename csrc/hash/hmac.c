/* SPDX-License-Identifier: Apache-2.0 */
/* HMAC over SHA-256, SHA-512 and SM3, of rows and of streams. RFC 2104, FIPS 198-1; GB/T 15852.2 for SM3.
 *
 * HMAC(K, M) = H((K0 xor opad) || H((K0 xor ipad) || M)), K0 = K, or H(K) where K is longer than a block, padded with
 * zeros to a block. Both key blocks are compressed once a call, so that a row costs its own blocks, and one for the outer
 * hash: two blocks fewer than hashing it whole. Rows go through the lanes of H, inner digests in between. */
#include "hmac.h"

#include <string.h>

#include "streaming.h"

#define MAX_BLOCK 128

/* RFC 2104, 2. */
#define INNER_PAD 0x36
#define OUTER_PAD 0x5c

/* Rows whose inner digests are kept between the two hashes. */
#define STAGE_ROWS 256

/* A key of any length, an empty one too; but there is none by default. */
static bool options_valid(const pa_hash_algorithm *algorithm, const pyaccel_hash_options *options)
{
    (void)algorithm;
    return options->key != NULL && options->key_size <= PA_HASH_MAX_MESSAGE &&
           options->context == NULL && options->context_size == 0;
}

/* The state after the one block key_block xor pad. */
static void after_key(pa_midstate *midstate, const pa_hash_algorithm *hash,
                      const struct pa_hash_single *kernel, const uint8_t *key_block, uint8_t pad)
{
    uint8_t block[MAX_BLOCK];
    pa_hash_state state;
    for (uint32_t i = 0; i < hash->block_size; i++) {
        block[i] = key_block[i] ^ pad;
    }
    pa_hash_start(hash, &state, NULL);
    kernel->blocks(&state, block, 1);
    for (uint32_t i = 0; i < 8; i++) {
        midstate->state[i] = hash->wide ? state.wide[i] : state.word[i];
    }
    midstate->bytes = hash->block_size;
    pa_wipe(block, sizeof block);
    pa_wipe(&state, sizeof state);
}

static void begin(void *room, const pa_hash_algorithm *algorithm,
                  const pyaccel_hash_options *options, uint64_t digest_size)
{
    (void)digest_size; /* the hash's own */
    pa_hmac_job *job = room;
    const pa_hash_algorithm *hash = pa_hash_algorithm_get(algorithm->keyed_hash);
    const struct pa_hash_single *kernel = pa_bound(hash->single);
    uint8_t key_block[MAX_BLOCK] = {0};
    if (options->key_size > hash->block_size) {
        pa_hash_data(hash, kernel, NULL, key_block, hash->digest_size, options->key,
                     options->key_size);
    } else {
        memcpy(key_block, options->key, (size_t)options->key_size);
    }
    job->hash = hash;
    job->hash_id = algorithm->keyed_hash;
    after_key(&job->inner, hash, kernel, key_block, INNER_PAD);
    after_key(&job->outer, hash, kernel, key_block, OUTER_PAD);
    pa_wipe(key_block, sizeof key_block);
}

static pyaccel_status hash_rows(const void *room, uint8_t *digests, const pyaccel_rows *messages,
                                uint64_t first, uint64_t n)
{
    const pa_hmac_job *job = room;
    const uint64_t size = job->hash->digest_size;
    uint8_t inner[STAGE_ROWS * PA_HASH_MAX_DIGEST];
    const pyaccel_rows rows = {
        .data = inner, .data_size = sizeof inner, .width = size, .stride = size};
    pyaccel_status status = PYACCEL_OK;
    for (uint64_t done = 0; status == PYACCEL_OK && done < n; done += STAGE_ROWS) {
        uint64_t count = n - done < STAGE_ROWS ? n - done : STAGE_ROWS;
        status = pa_hash_segments(job->hash_id, inner, size, &job->inner, messages, 1, first + done,
                                  count);
        if (status == PYACCEL_OK) {
            status = pa_hash_segments(job->hash_id, digests + done * size, size, &job->outer, &rows,
                                      1, 0, count);
        }
    }
    pa_wipe(inner, (size_t)((n < STAGE_ROWS ? n : STAGE_ROWS) * size));
    pa_wipe_stack(); /* below `inner`, which is more than what the caller reaches */
    return status;
}

const struct pa_hash_engine pa_hmac_engine = {options_valid, begin, hash_rows, &pa_hmac_streaming};

typedef struct {
    pa_hmac_job job;
    const struct pa_hash_single *kernel;
    pa_hash_stream message; /* of the inner hash */
} hmac_stream;

_Static_assert(sizeof(hmac_stream) <= PA_HASH_MAX_STREAM, "room for a stream");

static void start(void *room, const pa_hash_algorithm *algorithm,
                  const pyaccel_hash_options *options)
{
    hmac_stream *stream = room;
    begin(&stream->job, algorithm, options, algorithm->digest_size);
    stream->kernel = pa_bound(algorithm->single);
    pa_hash_stream_start(stream->job.hash, &stream->message, &stream->job.inner);
}

static void absorb(void *room, const uint8_t *data, uint64_t size)
{
    hmac_stream *stream = room;
    pa_hash_stream_absorb(stream->job.hash, stream->kernel, &stream->message, data, size);
}

static void digest_so_far(const void *room, uint8_t *digest, uint64_t digest_size)
{
    const hmac_stream *stream = room;
    const pa_hash_algorithm *hash = stream->job.hash;
    pa_hash_stream message = stream->message;
    uint8_t inner[PA_HASH_MAX_DIGEST];
    pa_count(hash->single);
    pa_hash_stream_finish(hash, stream->kernel, &message, inner, hash->digest_size);
    pa_hash_data(hash, stream->kernel, &stream->job.outer, digest, digest_size, inner,
                 hash->digest_size);
    pa_wipe(&message, sizeof message);
    pa_wipe(inner, sizeof inner);
}

static void one(const pa_hash_algorithm *algorithm, const pyaccel_hash_options *options,
                uint8_t *digest, uint64_t digest_size, const uint8_t *data, uint64_t size)
{
    pa_hmac_job job;
    const struct pa_hash_single *kernel = pa_bound(algorithm->single);
    uint8_t inner[PA_HASH_MAX_DIGEST];
    begin(&job, algorithm, options, digest_size);
    pa_count(algorithm->single);
    pa_hash_data(job.hash, kernel, &job.inner, inner, job.hash->digest_size, data, size);
    pa_hash_data(job.hash, kernel, &job.outer, digest, digest_size, inner, job.hash->digest_size);
    pa_wipe(&job, sizeof job);
    pa_wipe(inner, sizeof inner);
}

const struct pa_hash_streaming pa_hmac_streaming = {sizeof(hmac_stream), start, absorb,
                                                    digest_so_far, one};
