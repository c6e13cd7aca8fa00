/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA on secp256k1 up to the curve: keys and signatures taken apart, digests, reasons, scalars.
 */
#include <string.h>

#include "../hash/hash.h"
#include "secp256k1.h"

/* Decodes as no point: 0 is no abscissa with y = 0, as 7 is not 0. */
static const uint8_t no_coordinate[32];

uint32_t pa_secp256k1_parse_key(pa_secp256k1_encoding *encoding, const pa_bytes *key)
{
    const uint8_t *bytes = key->data;
    *encoding = (pa_secp256k1_encoding){no_coordinate, no_coordinate, false, false};
    switch (key->size) {
    case 33:
        if (bytes[0] != 0x02 && bytes[0] != 0x03) {
            return PYACCEL_REASON_KEY;
        }
        *encoding = (pa_secp256k1_encoding){bytes + 1, NULL, bytes[0] & 1, false};
        return PYACCEL_REASON_NONE;
    case 64:
        *encoding = (pa_secp256k1_encoding){bytes, bytes + 32, false, false};
        return PYACCEL_REASON_NONE;
    case 65: {
        const bool hybrid = bytes[0] == 0x06 || bytes[0] == 0x07;
        if (bytes[0] != 0x04 && !(hybrid && ((bytes[0] ^ bytes[64]) & 1) == 0)) {
            return PYACCEL_REASON_KEY;
        }
        *encoding = (pa_secp256k1_encoding){bytes + 1, bytes + 33, false, hybrid};
        return PYACCEL_REASON_NONE;
    }
    default:
        return PYACCEL_REASON_LENGTH;
    }
}

/* Digests of rows [first, first + count); well_sized[i] false where a ready digest has not 32
 * bytes. */
static pyaccel_status digest_messages(uint8_t digests[][32], bool *well_sized,
                                      const pa_verify_job *job, uint64_t first, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        well_sized[i] = true;
    }
    switch (job->message_hash) {
    case PYACCEL_MESSAGE_HASH_SHA256:
        return pa_sha256_lanes(digests[0], NULL, job->messages, 1, first, count);
    case PYACCEL_MESSAGE_HASH_SHA256D:
        return pa_sha256d_lanes(digests[0], NULL, job->messages, 1, first, count);
    case PYACCEL_MESSAGE_HASH_KECCAK256:
        return pa_keccak256_lanes(digests[0], NULL, job->messages, 1, first, count);
    case PYACCEL_MESSAGE_HASH_NONE:
        for (uint64_t i = 0; i < count; i++) {
            pa_bytes digest;
            if (!pa_rows_get(&digest, job->messages, first + i)) {
                return PYACCEL_INVALID_ARGUMENT;
            }
            well_sized[i] = digest.size == 32;
            if (well_sized[i]) {
                memcpy(digests[i], digest.data, 32);
            }
        }
        return PYACCEL_OK;
    default:
        return PYACCEL_INTERNAL;
    }
}

/* r and s of one signature. Returns PYACCEL_REASON_NONE, _LENGTH, _ENCODING or _RANGE. */
static uint32_t parse_signature(pa_secp256k1_scalar *r, pa_secp256k1_scalar *s,
                                const pa_bytes *signature, const pa_verify_job *job)
{
    uint8_t raw[64];
    switch (job->signature_format) {
    case PYACCEL_SIGNATURE_FORMAT_DER:
        if (!pa_der_parse(raw, 32, signature->data, signature->size)) {
            return PYACCEL_REASON_ENCODING;
        }
        break;
    case PYACCEL_SIGNATURE_FORMAT_DER_LAX:
        if (!pa_der_parse_lax(raw, signature->data, signature->size)) {
            return PYACCEL_REASON_ENCODING;
        }
        break;
    default:
        if (signature->size != 64) {
            return PYACCEL_REASON_LENGTH;
        }
        memcpy(raw, signature->data, 64);
    }
    const bool r_below = pa_secp256k1_scalar_from_bytes(r, raw);
    const bool s_below = pa_secp256k1_scalar_from_bytes(s, raw + 32);
    if (!r_below || !s_below || pa_secp256k1_scalar_is_zero(r) || pa_secp256k1_scalar_is_zero(s)) {
        return PYACCEL_REASON_RANGE;
    }
    if (job->rule == PYACCEL_RULE_LOW_S && pa_secp256k1_scalar_is_high(s)) {
        return PYACCEL_REASON_RANGE;
    }
    return PYACCEL_REASON_NONE;
}

pyaccel_status pa_secp256k1_chunk_read(pa_secp256k1_chunk *chunk, const pa_verify_job *job,
                                       uint64_t first, int count)
{
    const pyaccel_status status =
        digest_messages(chunk->digests, chunk->digest_sized, job, first, (uint64_t)count);
    if (status != PYACCEL_OK) {
        return status;
    }
    chunk->count = count;
    chunk->unprepared_count = 0;
    for (int i = 0; i < count; i++) {
        const uint64_t row_index = first + (uint64_t)i;
        pa_bytes key, signature;
        const void *prepared;
        if (!pa_verify_key(&key, &prepared, job, sizeof(pa_secp256k1_prepared), row_index) ||
            !pa_rows_get(&signature, job->signatures, row_index)) {
            return PYACCEL_INVALID_ARGUMENT;
        }
        chunk->prepared[i] = prepared;
        if (prepared != NULL) {
            chunk->key[i] = &chunk->prepared[i]->key;
        } else {
            chunk->key[i] = &chunk->decoded[chunk->unprepared_count];
            chunk->unprepared[chunk->unprepared_count++] = key;
        }
        chunk->signature_reason[i] = parse_signature(&chunk->r[i], &chunk->s[i], &signature, job);
    }
    return PYACCEL_OK;
}

/* PYACCEL_REASON_NONE, or the first reason in the order of verify.h that keeps the equation of row
 * i out of question. */
static uint32_t early_reason(const pa_secp256k1_chunk *chunk, int i, uint32_t rule)
{
    const pa_secp256k1_key *key = chunk->key[i];
    const uint32_t signature = chunk->signature_reason[i];
    if (key->reason == PYACCEL_REASON_LENGTH || signature == PYACCEL_REASON_LENGTH ||
        !chunk->digest_sized[i]) {
        return PYACCEL_REASON_LENGTH;
    }
    if (key->reason != PYACCEL_REASON_NONE || (key->hybrid && rule != PYACCEL_RULE_BITCOIN_CORE)) {
        return PYACCEL_REASON_KEY;
    }
    return signature;
}

int pa_secp256k1_chunk_judge(uint8_t reasons[PA_SECP256K1_CHUNK], int open[PA_SECP256K1_CHUNK],
                             int *prepared_count, pa_secp256k1_scalar u1[PA_SECP256K1_CHUNK],
                             pa_secp256k1_scalar u2[PA_SECP256K1_CHUNK],
                             const pa_secp256k1_chunk *chunk, uint32_t rule,
                             const pa_secp256k1_scalars *scalars)
{
    pa_secp256k1_scalar s[PA_SECP256K1_CHUNK];
    int count = 0;
    for (int i = 0; i < chunk->count; i++) {
        reasons[i] = (uint8_t)early_reason(chunk, i, rule);
    }
    for (int prepared = 1; prepared >= 0; prepared--) {
        for (int i = 0; i < chunk->count; i++) {
            if (reasons[i] == PYACCEL_REASON_NONE && (chunk->prepared[i] != NULL) == prepared) {
                s[count] = chunk->s[i];
                u2[count] = chunk->r[i];
                pa_secp256k1_scalar_from_bytes(&u1[count], chunk->digests[i]);
                open[count++] = i;
            }
        }
        *prepared_count = prepared ? count : *prepared_count;
    }
    scalars->divide(u1, u2, s, count);
    return count;
}
