/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of BLAKE3: a chunk that waits, and a stack of the chaining values of whole subtrees (specification, 5.1.2).
 *
 * After c chunks the stack holds one value for each bit that c has, the largest subtree first, but that the last merge is
 * put off until more comes: the last node of all is the root, which is compressed another way. An update takes the largest
 * subtrees that begin where the message stands, whole ones, through pa_blake3_subtree, so that a big update runs as fast as
 * a message of its size. */
#include <string.h>

#include "blake3.h"
#include "streaming.h"

#define CHUNK PA_BLAKE3_CHUNK
#define VALUE PA_BLAKE3_VALUE

/* A message of PA_HASH_MAX_MESSAGE bytes has less than 2^51 chunks: 51 subtrees, and one that is not merged yet. */
#define MAX_VALUES 52

typedef struct {
    pa_blake3_job job;
    uint64_t chunks; /* in the stack */
    uint32_t used;   /* bytes in chunk, at most CHUNK; the stack is merged where there are any */
    uint32_t values; /* in the stack */
    uint8_t stack[MAX_VALUES * VALUE];
    uint8_t chunk[CHUNK];
} blake3_stream;

_Static_assert(sizeof(blake3_stream) <= PA_HASH_MAX_STREAM, "room for a stream");

static void start(void *room, const pa_hash_algorithm *algorithm,
                  const pyaccel_hash_options *options)
{
    blake3_stream *stream = room;
    pa_blake3_engine.begin(&stream->job, algorithm, options, algorithm->digest_size);
    stream->chunks = 0;
    stream->used = 0;
    stream->values = 0;
}

/* Merges what was put off: as many values as `chunks`, the chunks in the stack, has bits. */
static void merge(blake3_stream *stream, uint64_t chunks)
{
    while (stream->values > (uint32_t)__builtin_popcountll(chunks)) {
        uint8_t *pair = stream->stack + (stream->values - 2) * VALUE;
        pa_blake3_join(&stream->job, pair, 2);
        stream->values--;
    }
}

/* The value of the subtree that begins behind `chunks` chunks. */
static void push(blake3_stream *stream, const uint8_t *value, uint64_t chunks)
{
    merge(stream, chunks);
    memcpy(stream->stack + stream->values * VALUE, value, VALUE);
    stream->values++;
}

/* `count` chunks, a power of two that divides the number of chunks in the stack, and `after` bytes behind them. */
static void absorb_subtree(blake3_stream *stream, const uint8_t *data, uint64_t count,
                           uint64_t after)
{
    uint8_t values[PA_BLAKE3_WIDTH * VALUE];
    uint32_t left =
        pa_blake3_subtree(&stream->job, values, data, count * CHUNK, stream->chunks, after);
    while (left > 2) {
        left = pa_blake3_join(&stream->job, values, left);
    }
    push(stream, values, stream->chunks);
    if (left == 2) {
        push(stream, values + VALUE, stream->chunks + count / 2);
    }
    stream->chunks += count;
}

static void absorb(void *room, const uint8_t *data, uint64_t size)
{
    blake3_stream *stream = room;
    if (stream->used > 0) {
        uint32_t space = CHUNK - stream->used;
        if (size > space) {
            memcpy(stream->chunk + stream->used, data, space);
            absorb_subtree(stream, stream->chunk, 1, 0);
            data += space;
            size -= space;
            stream->used = 0;
        }
    }
    while (size > CHUNK) {
        /* The largest subtree that is whole, and that begins here: its size divides the number of chunks before it. A
         * single chunk may be the root and waits; of a larger subtree its two halves are pushed, which may become one. */
        uint64_t count = size / CHUNK;
        count = (uint64_t)1 << (63 - __builtin_clzll(count));
        while ((stream->chunks & (count - 1)) != 0) {
            count /= 2;
        }
        absorb_subtree(stream, data, count, size - count * CHUNK);
        data += count * CHUNK;
        size -= count * CHUNK;
    }
    if (size > 0) {
        /* Something comes after what the stack holds, so that none of it is the root. */
        merge(stream, stream->chunks);
        memcpy(stream->chunk + stream->used, data, (size_t)size);
        stream->used += (uint32_t)size;
    }
}

/* The nodes on the right side of the tree, from the last chunk or the last pair of the stack up to the root. */
static void digest_so_far(const void *room, uint8_t *digest, uint64_t digest_size)
{
    const blake3_stream *stream = room;
    const pa_blake3_job *job = &stream->job;
    uint32_t values = stream->values;
    uint64_t counter = stream->chunks;
    pa_blake3_node node;
    uint8_t pair[2 * VALUE];
    pa_count(PA_FAMILY_BLAKE3);
    if (stream->used > 0 || values == 0) {
        pa_blake3_chunk_node(job, &node, stream->chunk, stream->used, counter);
    } else {
        values -= 2;
        counter = 0;
        pa_blake3_parent_node(job, &node, stream->stack + values * VALUE);
    }
    while (values > 0) {
        values--;
        memcpy(pair, stream->stack + values * VALUE, VALUE);
        pa_blake3_chaining_value(job, pair + VALUE, &node, counter);
        counter = 0;
        pa_blake3_parent_node(job, &node, pair);
    }
    pa_blake3_root_bytes(job, digest, digest_size, &node);
    if (job->flags != 0) {
        pa_wipe(&node, sizeof node);
    }
}

/* Of longer messages the tree reaches deeper into the stack than what is wiped. */
#define WIPED_CHUNKS 256

static void one_long(const pa_hash_algorithm *algorithm, const pyaccel_hash_options *options,
                     uint8_t *digest, uint64_t digest_size, const uint8_t *data, uint64_t size)
{
    blake3_stream stream;
    start(&stream, algorithm, options);
    absorb(&stream, data, size);
    digest_so_far(&stream, digest, digest_size);
    if (stream.job.flags != 0) {
        pa_wipe(&stream, sizeof stream);
    }
}

static void one(const pa_hash_algorithm *algorithm, const pyaccel_hash_options *options,
                uint8_t *digest, uint64_t digest_size, const uint8_t *data, uint64_t size)
{
    pa_blake3_job job;
    if (size > WIPED_CHUNKS * CHUNK) {
        one_long(algorithm, options, digest, digest_size, data, size);
        return;
    }
    pa_blake3_engine.begin(&job, algorithm, options, digest_size);
    pa_count(PA_FAMILY_BLAKE3);
    pa_blake3_one(&job, digest, (pa_bytes){data, size});
    if (job.flags != 0) {
        pa_wipe(&job, sizeof job);
    }
}

const struct pa_hash_streaming pa_blake3_streaming = {sizeof(blake3_stream), start, absorb,
                                                      digest_so_far, one};
