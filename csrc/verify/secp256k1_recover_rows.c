/* SPDX-License-Identifier: Apache-2.0 */
/* Recovery on secp256k1 up to the curve: signatures taken apart, reasons, scalars; and from it: keys
 * or addresses. */
#include <string.h>

#include "../hash/hash.h"
#include "secp256k1_recover.h"

#define NO_ID 4

/* The recovery id that the last of 65 bytes stands for. */
static unsigned int id_of_v(uint8_t v)
{
    if (v == 27 || v == 28) {
        return v - 27u;
    }
    return v < NO_ID ? v : NO_ID;
}

/* The parts of one row, and why it is refused. The id is read once, as callers may write to it
 * meanwhile. */
static uint8_t parse_row(pa_secp256k1_scalar *r, pa_secp256k1_scalar *s, unsigned int *id,
                         const pa_bytes *digest, const pa_bytes *signature,
                         const pa_recover_job *job, uint64_t i)
{
    const volatile uint8_t *ids = job->recovery_ids;
    if (digest->size != 32 || signature->size != (ids == NULL ? 65 : 64)) {
        return PYACCEL_REASON_LENGTH;
    }
    *id = ids == NULL ? id_of_v(signature->data[64]) : ids[i];
    if (*id >= (job->rule == PYACCEL_RECOVER_SECP256K1 ? NO_ID : 2)) {
        return PYACCEL_REASON_ENCODING;
    }
    const bool r_below = pa_secp256k1_scalar_from_bytes(r, signature->data);
    const bool s_below = pa_secp256k1_scalar_from_bytes(s, signature->data + 32);
    if (!r_below || !s_below || pa_secp256k1_scalar_is_zero(r) || pa_secp256k1_scalar_is_zero(s)) {
        return PYACCEL_REASON_RANGE;
    }
    if (job->rule == PYACCEL_RECOVER_ETHEREUM_TRANSACTION && pa_secp256k1_scalar_is_high(s)) {
        return PYACCEL_REASON_RANGE;
    }
    return PYACCEL_REASON_NONE;
}

/* encoded = R, compressed; false where r + n has no 256 bits. Whether there is such a point, the
 * curve tells. */
static bool encode_r(uint8_t encoded[33], const pa_secp256k1_scalar *r, unsigned int id)
{
    encoded[0] = (uint8_t)(0x02 | (id & 1));
    if (id & 2) {
        return pa_secp256k1_scalar_add_order(encoded + 1, r);
    }
    pa_secp256k1_scalar_to_bytes(encoded + 1, r);
    return true;
}

pyaccel_status pa_secp256k1_recovery_read(pa_secp256k1_recovery *chunk, const pa_recover_job *job,
                                          uint64_t first, int count)
{
    chunk->count = count;
    chunk->open_count = 0;
    for (int i = 0; i < count; i++) {
        const uint64_t at = first + (uint64_t)i;
        const int k = chunk->open_count;
        pa_bytes digest, signature;
        unsigned int id;
        if (!pa_rows_get(&digest, job->digests, at) ||
            !pa_rows_get(&signature, job->signatures, at)) {
            return PYACCEL_INVALID_ARGUMENT;
        }
        chunk->reasons[i] =
            parse_row(&chunk->r[k], &chunk->s[k], &id, &digest, &signature, job, at);
        if (chunk->reasons[i] != PYACCEL_REASON_NONE) {
            continue;
        }
        if (!encode_r(chunk->encoded[k], &chunk->r[k], id)) {
            chunk->reasons[i] = PYACCEL_REASON_EQUATION;
            continue;
        }
        pa_secp256k1_scalar_from_bytes(&chunk->minus_digest[k], digest.data);
        pa_secp256k1_scalar_negate(&chunk->minus_digest[k], &chunk->minus_digest[k]);
        chunk->open[chunk->open_count++] = i;
    }
    return PYACCEL_OK;
}

pyaccel_status pa_secp256k1_recovery_write(uint8_t *keys, uint8_t *reasons,
                                           const pa_secp256k1_recovery *chunk,
                                           const pa_recover_job *job,
                                           uint8_t found[PA_SECP256K1_CHUNK][64],
                                           const bool exists[PA_SECP256K1_CHUNK])
{
    uint8_t digests[PA_SECP256K1_CHUNK][32];
    const bool addresses = job->key_size != 64;
    memset(keys, 0, (size_t)chunk->count * job->key_size);
    memcpy(reasons, chunk->reasons, (size_t)chunk->count);
    if (addresses && chunk->open_count > 0) {
        const pyaccel_rows rows = {
            .data = found[0], .data_size = PA_SECP256K1_CHUNK * 64, .width = 64, .stride = 64};
        const pyaccel_status status =
            pa_keccak256_lanes(digests[0], NULL, &rows, 1, 0, (uint64_t)chunk->open_count);
        if (status != PYACCEL_OK) {
            return status;
        }
    }
    for (int k = 0; k < chunk->open_count; k++) {
        uint8_t *const key = keys + (uint64_t)chunk->open[k] * job->key_size;
        if (!exists[k]) {
            reasons[chunk->open[k]] = PYACCEL_REASON_EQUATION;
        } else if (addresses) {
            memcpy(key, digests[k] + 32 - job->key_size, (size_t)job->key_size);
        } else {
            memcpy(key, found[k], 64);
        }
    }
    return PYACCEL_OK;
}
