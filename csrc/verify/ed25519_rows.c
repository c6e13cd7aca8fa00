/* SPDX-License-Identifier: Apache-2.0 */
/* What every variant of Ed25519 does alike: rows become encodings, scalars and hashes; decoded
 * points become reasons. */
#include <string.h>

#include "../hash/hash.h"
#include "ed25519.h"

/* The same rows without the first `first` of them. */
static pyaccel_rows rows_from(const pyaccel_rows *rows, uint64_t first)
{
    pyaccel_rows view = *rows;
    if (rows->offset_bits != 0) {
        view.offsets = (const uint8_t *)rows->offsets + first * (rows->offset_bits / 8);
    } else if (rows->width != 0) {
        view.data = rows->data + first * rows->stride;
        view.data_size = rows->data_size - first * rows->stride;
    }
    return view;
}

/* Row i of the chunk is row `first + i` of the job; false for a bad index or offset. */
static bool read_row(pa_ed25519_chunk *chunk, const pa_verify_job *job, uint64_t first, uint64_t i)
{
    pa_bytes key, signature;
    const void *prepared;
    if (!pa_verify_key(&key, &prepared, job, sizeof(pa_ed25519_point), first + i) ||
        !pa_rows_get(&signature, job->signatures, first + i)) {
        return false;
    }
    chunk->key[i] = prepared != NULL ? prepared : &chunk->keys[i];
    if (key.size != 32 || signature.size != 64) {
        chunk->reasons[i] = PYACCEL_REASON_LENGTH;
        memset(chunk->encoded[i], 0, sizeof chunk->encoded[i]);
        return true;
    }
    uint8_t s[32];
    chunk->reasons[i] = PYACCEL_REASON_NONE;
    memcpy(chunk->encoded[i], signature.data, 32);
    memcpy(chunk->encoded[i] + 32, key.data, 32);
    memcpy(s, signature.data + 32, 32);
    chunk->in_range[i] = pa_ed25519_scalar_decode(&chunk->s[i], s);
    return true;
}

pyaccel_status pa_ed25519_chunk_read(pa_ed25519_chunk *chunk, const pa_verify_job *job,
                                     uint64_t first, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        if (!read_row(chunk, job, first, i)) {
            return PYACCEL_INVALID_ARGUMENT;
        }
    }
    uint8_t digests[PA_ED25519_CHUNK][64];
    const pyaccel_rows segments[2] = {
        {.data = chunk->encoded[0], .data_size = n * 64, .width = 64, .stride = 64},
        rows_from(job->messages, first),
    };
    pyaccel_status status = pa_sha512_lanes(digests[0], NULL, segments, 2, 0, n);
    for (uint64_t i = 0; i < n && status == PYACCEL_OK; i++) {
        pa_ed25519_scalar_reduce(&chunk->k[i], digests[i]);
    }
    return status;
}

unsigned int pa_ed25519_chunk_judge(unsigned int live[PA_ED25519_CHUNK], pa_ed25519_chunk *chunk,
                                    uint32_t rule, uint64_t n)
{
    uint32_t needed = rule == PYACCEL_RULE_RFC8032 ? PA_ED25519_CANONICAL : PA_ED25519_DECODES;
    unsigned int count = 0;
    for (unsigned int i = 0; i < n; i++) {
        if (chunk->reasons[i] != PYACCEL_REASON_NONE) {
            continue;
        }
        if ((chunk->key[i]->encoding & needed) == 0) {
            chunk->reasons[i] = PYACCEL_REASON_KEY;
        } else if ((chunk->r[i].encoding & needed) == 0) {
            chunk->reasons[i] = PYACCEL_REASON_ENCODING;
        } else if (!chunk->in_range[i]) {
            chunk->reasons[i] = PYACCEL_REASON_RANGE;
        } else {
            live[count++] = i;
        }
    }
    return count;
}
