/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of the algorithms that are chains of padded blocks; and of those that hash the digest once more. */
#include "streaming.h"

typedef struct {
    const pa_hash_algorithm *algorithm;
    const struct pa_hash_single *kernel;
    pa_hash_stream message;
} blocks_stream;

_Static_assert(sizeof(blocks_stream) <= PA_HASH_MAX_STREAM, "room for a stream");

void pa_hash_data(const pa_hash_algorithm *algorithm, const struct pa_hash_single *kernel,
                  const pa_midstate *midstate, uint8_t *digest, uint64_t digest_size,
                  const uint8_t *data, uint64_t size)
{
    pa_hash_stream stream;
    pa_hash_stream_start(algorithm, &stream, midstate);
    pa_hash_stream_absorb(algorithm, kernel, &stream, data, size);
    pa_hash_stream_finish(algorithm, kernel, &stream, digest, digest_size);
    pa_wipe(&stream, sizeof stream); /* HMAC hashes long keys, and inner digests */
}

static void start(void *room, const pa_hash_algorithm *algorithm,
                  const pyaccel_hash_options *options)
{
    (void)options;
    blocks_stream *stream = room;
    stream->algorithm = algorithm;
    stream->kernel = pa_bound(algorithm->single);
    pa_hash_stream_start(algorithm, &stream->message, NULL);
}

static void absorb(void *room, const uint8_t *data, uint64_t size)
{
    blocks_stream *stream = room;
    pa_hash_stream_absorb(stream->algorithm, stream->kernel, &stream->message, data, size);
}

static void digest_so_far(const void *room, uint8_t *digest, uint64_t digest_size)
{
    const blocks_stream *stream = room;
    const pa_hash_algorithm *algorithm = stream->algorithm;
    const pa_hash_algorithm *again = algorithm->twice ? algorithm : algorithm->then;
    pa_hash_stream message = stream->message;
    uint8_t inner[PA_HASH_MAX_DIGEST];
    pa_count(algorithm->single);
    if (again == NULL) {
        pa_hash_stream_finish(algorithm, stream->kernel, &message, digest, digest_size);
        return;
    }
    pa_hash_stream_finish(algorithm, stream->kernel, &message, inner, algorithm->digest_size);
    if (algorithm->then != NULL) {
        pa_count(again->single);
    }
    pa_hash_data(again, pa_bound(again->single), NULL, digest, digest_size, inner,
                 algorithm->digest_size);
}

const struct pa_hash_streaming pa_blocks_streaming = {sizeof(blocks_stream), start, absorb,
                                                      digest_so_far};
