/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of BLAKE2. Its last block is compressed another way, so that a full block waits until more comes. */
#include <string.h>

#include "blake2.h"
#include "streaming.h"

#define MAX_BLOCK 128

typedef struct {
    pa_blake2_job job;
    uint64_t absorbed; /* bytes in value, the key's block included */
    uint32_t used;     /* bytes in buffer, at most a block         */
    uint8_t value[64];
    uint8_t buffer[MAX_BLOCK];
} blake2_stream;

_Static_assert(sizeof(blake2_stream) <= PA_HASH_MAX_STREAM, "room for a stream");

/* The key's block is the first one of the message (RFC 7693, 3.3), and waits in the buffer as any other does. */
static void start(void *room, const pa_hash_algorithm *algorithm,
                  const pyaccel_hash_options *options)
{
    blake2_stream *stream = room;
    memset(stream, 0, sizeof *stream);
    pa_blake2_engine.begin(&stream->job, algorithm, options, algorithm->digest_size);
    memcpy(stream->value, stream->job.start, sizeof stream->value);
    if (stream->job.has_key) {
        memcpy(stream->buffer, stream->job.key_block, stream->job.block_size);
        stream->used = stream->job.block_size;
    }
}

static void compress(blake2_stream *stream, const uint8_t *data, uint64_t blocks)
{
    uint8_t next[sizeof stream->value];
    stream->job.kernels[0]->hash(next, stream->value, 0, stream->absorbed, &data, blocks, NULL,
                                 NULL, 0, 0, 1, NULL);
    memcpy(stream->value, next, sizeof next);
    stream->absorbed += blocks * stream->job.block_size;
}

static void absorb(void *room, const uint8_t *data, uint64_t size)
{
    blake2_stream *stream = room;
    const uint32_t block = stream->job.block_size;
    uint32_t space = block - stream->used;
    if (size > space) {
        /* More than fills the buffer, so that what is in it is not the last block. */
        if (stream->used > 0) {
            memcpy(stream->buffer + stream->used, data, space);
            compress(stream, stream->buffer, 1);
            data += space;
            size -= space;
            stream->used = 0;
        }
        uint64_t whole = (size - 1) / block;
        if (whole > 0) {
            compress(stream, data, whole);
            data += whole * block;
            size -= whole * block;
        }
    }
    memcpy(stream->buffer + stream->used, data, (size_t)size);
    stream->used += (uint32_t)size;
}

static void digest_so_far(const void *room, uint8_t *digest, uint64_t digest_size)
{
    const blake2_stream *stream = room;
    uint8_t last[MAX_BLOCK] = {0};
    uint8_t out[sizeof stream->value];
    const uint8_t *block = last;
    uint64_t total = stream->absorbed + stream->used;
    memcpy(last, stream->buffer, stream->used);
    pa_count(stream->job.family);
    stream->job.kernels[0]->hash(out, stream->value, 0, stream->absorbed, &block, 0, &block, &total,
                                 PA_BLAKE2_EQUAL, 0, 1, NULL);
    memcpy(digest, out, (size_t)digest_size);
    if (stream->job.has_key) {
        pa_wipe(last, sizeof last);
    }
}

static void one(const pa_hash_algorithm *algorithm, const pyaccel_hash_options *options,
                uint8_t *digest, uint64_t digest_size, const uint8_t *data, uint64_t size)
{
    pa_blake2_job job;
    pa_blake2_engine.begin(&job, algorithm, options, digest_size);
    pa_count(job.family);
    pa_blake2_one(&job, digest, (pa_bytes){data, size});
    if (job.has_key) {
        pa_wipe(&job, sizeof job);
    }
}

const struct pa_hash_streaming pa_blake2_streaming = {sizeof(blake2_stream), start, absorb,
                                                      digest_so_far, one};
