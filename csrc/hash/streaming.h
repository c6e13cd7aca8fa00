/* SPDX-License-Identifier: Apache-2.0 */
/* How an algorithm takes a message piece by piece: what stands behind a pyaccel_hasher. */
#ifndef PA_HASH_STREAMING_H
#define PA_HASH_STREAMING_H

#include "algorithm.h"

/* The most bytes of a message, what hash_many takes: its length in bits fits 64. */
#define PA_HASH_MAX_MESSAGE (UINT64_MAX >> 3)

/* Whether a call with these options makes something that is as secret as a key. */
static inline bool pa_hash_has_secret(const pyaccel_hash_options *options)
{
    return options->key != NULL || options->context != NULL;
}

/* A stream is plain memory: a copy of its bytes is a copy of it. It may hold what a key made. */
struct pa_hash_streaming {
    size_t size; /* bytes of a stream */
    /* Before: options are valid, pa_bind() said OK. */
    void (*start)(void *stream, const pa_hash_algorithm *algorithm,
                  const pyaccel_hash_options *options);
    /* Before: data is no NULL, size > 0, bytes in all <= PA_HASH_MAX_MESSAGE. */
    void (*absorb)(void *stream, const uint8_t *data, uint64_t size);
    /* The digest of what came so far, of a size that the algorithm has; the stream goes on as if nothing had been asked. */
    void (*digest)(const void *stream, uint8_t *digest, uint64_t digest_size);
    /* The digest of one message that is all there (data may be NULL where size is 0), without a stream; the caller wipes the
     * stack where options hold a secret. */
    void (*one)(const pa_hash_algorithm *algorithm, const pyaccel_hash_options *options,
                uint8_t *digest, uint64_t digest_size, const uint8_t *data, uint64_t size);
};

/* The most bytes of a stream, BLAKE3's: its chunk, its stack, and what is around them. */
#define PA_HASH_MAX_STREAM 3072

extern const struct pa_hash_streaming pa_blocks_streaming; /* without an engine */
extern const struct pa_hash_streaming pa_hmac_streaming;
extern const struct pa_hash_streaming pa_blake2_streaming;
extern const struct pa_hash_streaming pa_blake3_streaming;

#endif
