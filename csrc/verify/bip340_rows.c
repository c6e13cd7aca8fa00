/* SPDX-License-Identifier: Apache-2.0 */
/* BIP-340 up to the curve: rows become encodings, scalars and challenges. */
#include <string.h>

#include "../hash/hash.h"
#include "bip340.h"

/* SHA-256 after the one block that BIP-340 puts before every challenge: SHA-256 of
 * "BIP0340/challenge", twice. */
static const pa_midstate challenge_tag = {
    .state = {0x9cecba11, 0x23925381, 0x11679112, 0xd1627e0f, 0x97c87550, 0x003cc765, 0x90f61164,
              0x33e9b66a},
    .bytes = 64,
};

uint32_t pa_bip340_parse_key(pa_secp256k1_encoding *encoding, const pa_bytes *key)
{
    /* Decodes as no point: 0 is no abscissa, as 7 is no square. */
    static const uint8_t no_key[32];
    const bool sized = key->size == 32;
    *encoding = (pa_secp256k1_encoding){sized ? key->data : no_key, NULL, false, false};
    return sized ? PYACCEL_REASON_NONE : PYACCEL_REASON_LENGTH;
}

/* Row i of the chunk is row `first + i` of the job; false for a bad index or offset. */
static bool read_row(pa_bip340_chunk *chunk, const pa_verify_job *job, uint64_t first, int i)
{
    pa_bytes key, signature;
    const void *prepared;
    if (!pa_verify_key(&key, &prepared, job, sizeof(pa_secp256k1_key), first + (uint64_t)i) ||
        !pa_rows_get(&signature, job->signatures, first + (uint64_t)i)) {
        return false;
    }
    chunk->prepared[i] = prepared;
    if (key.size != 32 || signature.size != 64) {
        chunk->reasons[i] = PYACCEL_REASON_LENGTH;
        memset(chunk->encoded[i], 0, sizeof chunk->encoded[i]);
        return true;
    }
    chunk->reasons[i] = PYACCEL_REASON_NONE;
    memcpy(chunk->encoded[i], signature.data, 32);
    memcpy(chunk->encoded[i] + 32, key.data, 32);
    chunk->in_range[i] = pa_secp256k1_scalar_from_bytes(&chunk->s[i], signature.data + 32);
    return true;
}

pyaccel_status pa_bip340_chunk_read(pa_bip340_chunk *chunk, const pa_verify_job *job,
                                    uint64_t first, int n)
{
    uint8_t challenges[PA_BIP340_CHUNK][32];
    for (int i = 0; i < n; i++) {
        if (!read_row(chunk, job, first, i)) {
            return PYACCEL_INVALID_ARGUMENT;
        }
    }
    const uint64_t count = (uint64_t)n;
    const pyaccel_rows segments[2] = {
        {.data = chunk->encoded[0], .data_size = count * 64, .width = 64, .stride = 64},
        pa_rows_from(job->messages, first),
    };
    const pyaccel_status status =
        pa_sha256_lanes(challenges[0], &challenge_tag, segments, 2, 0, count);
    if (status == PYACCEL_OK) {
        for (int i = 0; i < n; i++) {
            pa_secp256k1_scalar_from_bytes(&chunk->e[i], challenges[i]);
        }
    }
    return status;
}
