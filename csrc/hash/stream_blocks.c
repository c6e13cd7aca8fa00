/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of the algorithms that are chains of padded blocks; and of those that hash the digest once more. */
#include "streaming.h"

typedef struct {
    const pa_hash_algorithm *algorithm;
    const struct pa_hash_single *kernel;
    pa_hash_stream message;
} blocks_stream;

_Static_assert(sizeof(blocks_stream) <= PA_HASH_MAX_STREAM, "room for a stream");

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

static void one(const pa_hash_algorithm *algorithm, const pyaccel_hash_options *options,
                uint8_t *digest, uint64_t digest_size, const uint8_t *data, uint64_t size)
{
    const pa_hash_algorithm *again = algorithm->twice ? algorithm : algorithm->then;
    const struct pa_hash_single *kernel = pa_bound(algorithm->single);
    uint8_t inner[PA_HASH_MAX_DIGEST];
    (void)options;
    pa_count(algorithm->single);
    if (again == NULL) {
        pa_hash_data(algorithm, kernel, NULL, digest, digest_size, data, size);
        return;
    }
    pa_hash_data(algorithm, kernel, NULL, inner, algorithm->digest_size, data, size);
    if (algorithm->then != NULL) {
        pa_count(again->single);
    }
    pa_hash_data(again, pa_bound(again->single), NULL, digest, digest_size, inner,
                 algorithm->digest_size);
}

const struct pa_hash_streaming pa_blocks_streaming = {sizeof(blocks_stream), start, absorb,
                                                      digest_so_far, one};
