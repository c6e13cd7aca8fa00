/* SPDX-License-Identifier: Apache-2.0 */
/* pyaccel_hasher_*: checks the calls; the streams behind them do the rest. */
#include <stdlib.h>
#include <string.h>

#include "streaming.h"

struct pyaccel_hasher {
    const pa_hash_algorithm *algorithm;
    const struct pa_hash_streaming *streaming;
    uint64_t total; /* bytes that came                                    */
    bool failed;    /* an update did: the message is not what was hashed  */
    bool secret;    /* the stream holds what a key made                   */
    _Alignas(max_align_t) uint8_t stream[];
};

static size_t memory(const struct pa_hash_streaming *streaming)
{
    return sizeof(pyaccel_hasher) + streaming->size;
}

/* How an algorithm is streamed, NULL where the options do not suit it. */
static const struct pa_hash_streaming *streaming_of(const pa_hash_algorithm *algorithm,
                                                    const pyaccel_hash_options *options)
{
    if (algorithm == NULL || !pa_hash_options_valid(algorithm, options) ||
        pa_hash_digest_bytes(algorithm, options->digest_size) == 0) {
        return NULL;
    }
    return algorithm->engine ? algorithm->engine->streaming : &pa_blocks_streaming;
}

static const pyaccel_hash_options defaults = {.struct_size = sizeof defaults};

pyaccel_status pyaccel_hasher_new(pyaccel_hasher **hasher, uint32_t algorithm,
                                  const pyaccel_hash_options *options)
{
    const pa_hash_algorithm *found = pa_hash_algorithm_get(algorithm);
    if (options == NULL) {
        options = &defaults;
    }
    if (hasher == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *hasher = NULL;
    const struct pa_hash_streaming *streaming = streaming_of(found, options);
    if (streaming == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pyaccel_status status = pa_bind();
    if (status != PYACCEL_OK) {
        return status;
    }
    pyaccel_hasher *made = malloc(memory(streaming));
    if (made == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    made->algorithm = found;
    made->streaming = streaming;
    made->total = 0;
    made->failed = false;
    made->secret = pa_hash_has_secret(options);
    streaming->start(made->stream, found, options);
    if (made->secret) {
        pa_wipe_stack();
    }
    *hasher = made;
    return PYACCEL_OK;
}

pyaccel_status pyaccel_hasher_update(pyaccel_hasher *hasher, const uint8_t *data, uint64_t size)
{
    if (hasher == NULL || hasher->failed) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    if (size == 0) {
        return PYACCEL_OK;
    }
    if (data == NULL || size > PA_HASH_MAX_MESSAGE - hasher->total) {
        hasher->failed = true;
        return PYACCEL_INVALID_ARGUMENT;
    }
    hasher->total += size;
    hasher->streaming->absorb(hasher->stream, data, size);
    if (hasher->secret) {
        pa_wipe_stack();
    }
    return PYACCEL_OK;
}

pyaccel_status pyaccel_hasher_digest(uint8_t *digest, uint64_t digest_size,
                                     const pyaccel_hasher *hasher)
{
    if (digest == NULL || digest_size == 0) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    if (hasher == NULL || hasher->failed ||
        pa_hash_digest_bytes(hasher->algorithm, digest_size) != digest_size) {
        memset(digest, 0, (size_t)digest_size);
        return PYACCEL_INVALID_ARGUMENT;
    }
    hasher->streaming->digest(hasher->stream, digest, digest_size);
    if (hasher->secret) {
        pa_wipe_stack();
    }
    return PYACCEL_OK;
}

pyaccel_status pyaccel_hasher_copy(pyaccel_hasher **copy, const pyaccel_hasher *hasher)
{
    if (copy == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *copy = NULL;
    if (hasher == NULL || hasher->failed) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pyaccel_hasher *made = malloc(memory(hasher->streaming));
    if (made == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    memcpy(made, hasher, memory(hasher->streaming));
    *copy = made;
    return PYACCEL_OK;
}

void pyaccel_hasher_free(pyaccel_hasher *hasher)
{
    if (hasher != NULL) {
        pa_wipe(hasher, memory(hasher->streaming));
        free(hasher);
    }
}

/* ---- one message that is all there ----------------------------------------------------------------------- */

static pyaccel_status hash_one(uint8_t *digest, uint64_t digest_size, uint32_t algorithm,
                               const uint8_t *data, uint64_t size,
                               const pyaccel_hash_options *options)
{
    const pa_hash_algorithm *found = pa_hash_algorithm_get(algorithm);
    const struct pa_hash_streaming *streaming = streaming_of(found, options);
    if (streaming == NULL || pa_hash_digest_bytes(found, digest_size) != digest_size ||
        (options->digest_size != 0 && options->digest_size != digest_size) ||
        size > PA_HASH_MAX_MESSAGE || (data == NULL && size > 0)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pyaccel_status status = pa_bind();
    if (status != PYACCEL_OK) {
        return status;
    }
    streaming->one(found, options, digest, digest_size, data, size);
    if (pa_hash_has_secret(options)) {
        pa_wipe_stack();
    }
    return PYACCEL_OK;
}

pyaccel_status pyaccel_hash_one(uint8_t *digest, uint64_t digest_size, uint32_t algorithm,
                                const uint8_t *data, uint64_t size,
                                const pyaccel_hash_options *options)
{
    if (digest == NULL || digest_size == 0) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pyaccel_status status =
        hash_one(digest, digest_size, algorithm, data, size, options ? options : &defaults);
    if (status != PYACCEL_OK) {
        memset(digest, 0, (size_t)digest_size);
    }
    return status;
}
