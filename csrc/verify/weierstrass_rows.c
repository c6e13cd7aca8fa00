/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA on P-256 and P-384, and SM2, up to the curve: rows are taken apart. */
#include <string.h>

#include "../hash/hash.h"
#include "weierstrass.h"

/* SEQUENCE { id-ecPublicKey 1.2.840.10045.2.1, the curve's object identifier } (RFC 5480, 2.1.1; GM/T 0006). */
#define ALGORITHM(sequence_size, curve)                                                            \
    "\x30" sequence_size "\x06\x07\x2a\x86\x48\xce\x3d\x02\x01" curve
static const char p256_algorithm[] =
    ALGORITHM("\x13", "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"); /* 1.2.840.10045.3.1.7 */
static const char p384_algorithm[] =
    ALGORITHM("\x10", "\x06\x05\x2b\x81\x04\x00\x22"); /* 1.3.132.0.34 */
static const char sm2_algorithm[] =
    ALGORITHM("\x13", "\x06\x08\x2a\x81\x1c\xcf\x55\x01\x82\x2d"); /* 1.2.156.10197.1.301 */

const pa_weierstrass_scheme pa_p256_scheme = {
    .order = &pa_p256_group,
    .algorithm = (const uint8_t *)p256_algorithm,
    .algorithm_size = sizeof p256_algorithm - 1,
};

const pa_weierstrass_scheme pa_p384_scheme = {
    .order = &pa_p384_group,
    .algorithm = (const uint8_t *)p384_algorithm,
    .algorithm_size = sizeof p384_algorithm - 1,
};

const pa_weierstrass_scheme pa_sm2_scheme = {
    .order = &pa_sm2_group,
    .algorithm = (const uint8_t *)sm2_algorithm,
    .algorithm_size = sizeof sm2_algorithm - 1,
    .sm2 = true,
};

/* ---- keys ------------------------------------------------------------------------------------ */

/* Decodes as no point: (0, 0), as b is not 0. */
static const uint8_t no_coordinate[PA_ORDER_BYTES];

/* A point that begins with what it is: 04 x y, or 02 or 03 and x; size is right for one of them. */
static bool take_point(pa_weierstrass_encoding *encoding, const uint8_t *point, uint64_t size,
                       uint64_t bytes)
{
    if (size == 1 + bytes) {
        if (point[0] != 0x02 && point[0] != 0x03) {
            return false;
        }
        *encoding = (pa_weierstrass_encoding){point + 1, NULL, point[0] & 1};
        return true;
    }
    if (point[0] != 0x04) {
        return false;
    }
    *encoding = (pa_weierstrass_encoding){point + 1, point + 1 + bytes, false};
    return true;
}

/* SEQUENCE { algorithm, BIT STRING of 0 unused bits and the point }, of which nothing else has the same size. */
static uint32_t parse_spki(pa_weierstrass_encoding *encoding, const pa_bytes *key,
                           const pa_weierstrass_scheme *scheme)
{
    const uint64_t bytes = (uint64_t)pa_order_bytes(scheme->order);
    const uint64_t before = 2 + scheme->algorithm_size + 3;
    const uint64_t point_size = key->size - before;
    if (key->size != before + 1 + 2 * bytes && key->size != before + 1 + bytes) {
        return PYACCEL_REASON_LENGTH;
    }
    const uint8_t *at = key->data, *bits = at + before - 3;
    const bool known = at[0] == 0x30 && at[1] == key->size - 2 &&
                       memcmp(at + 2, scheme->algorithm, (size_t)scheme->algorithm_size) == 0 &&
                       bits[0] == 0x03 && bits[1] == 1 + point_size && bits[2] == 0;
    return known && take_point(encoding, at + before, point_size, bytes) ? PYACCEL_REASON_NONE
                                                                         : PYACCEL_REASON_KEY;
}

uint32_t pa_weierstrass_parse_key(pa_weierstrass_encoding *encoding, const pa_bytes *key,
                                  uint32_t key_format, const pa_weierstrass_scheme *scheme)
{
    const uint64_t bytes = (uint64_t)pa_order_bytes(scheme->order);
    *encoding = (pa_weierstrass_encoding){no_coordinate, no_coordinate, false};
    if (key_format == PYACCEL_KEY_FORMAT_SPKI) {
        return parse_spki(encoding, key, scheme);
    }
    if (key->size == 2 * bytes) {
        *encoding = (pa_weierstrass_encoding){key->data, key->data + bytes, false};
        return PYACCEL_REASON_NONE;
    }
    if (key->size == 1 + 2 * bytes || key->size == 1 + bytes) {
        return take_point(encoding, key->data, key->size, bytes) ? PYACCEL_REASON_NONE
                                                                 : PYACCEL_REASON_KEY;
    }
    return PYACCEL_REASON_LENGTH;
}

/* ---- digests --------------------------------------------------------------------------------- */

/* Ready digests: e of each, its leftmost bits where it has more than the order, but SM2's of 32 bytes exactly. */
static pyaccel_status take_digests(pa_weierstrass_chunk *chunk, const pa_verify_job *job,
                                   const pa_weierstrass_scheme *scheme, uint64_t first)
{
    const uint64_t bytes = (uint64_t)pa_order_bytes(scheme->order);
    for (int i = 0; i < chunk->count; i++) {
        pa_bytes digest;
        if (!pa_rows_get(&digest, job->messages, first + (uint64_t)i)) {
            return PYACCEL_INVALID_ARGUMENT;
        }
        chunk->sized[i] = digest.size == 32 || (digest.size > 32 && !scheme->sm2);
        pa_scalar_from_bytes(&chunk->e[i], digest.data,
                             !chunk->sized[i]      ? 0
                             : digest.size < bytes ? digest.size
                                                   : bytes,
                             scheme->order);
    }
    return PYACCEL_OK;
}

static pyaccel_status make_digests(pa_weierstrass_chunk *chunk, const pa_verify_job *job,
                                   const pa_weierstrass_scheme *scheme, uint64_t first)
{
    const int count = chunk->count;
    const uint64_t bytes = (uint64_t)pa_order_bytes(scheme->order);
    uint8_t digests[PA_WEIERSTRASS_CHUNK * 48];
    uint64_t size = 32;
    pyaccel_status status = PYACCEL_INTERNAL;
    if (scheme->sm2) {
        status = pa_sm2_digests((uint8_t(*)[32])digests, chunk, job, first);
    } else if (job->message_hash == PYACCEL_MESSAGE_HASH_SHA256) {
        status = pa_sha256_lanes(digests, NULL, job->messages, 1, first, (uint64_t)count);
    } else if (job->message_hash == PYACCEL_MESSAGE_HASH_SHA384) {
        size = 48;
        status = pa_sha384_lanes(digests, NULL, job->messages, 1, first, (uint64_t)count);
    }
    for (int i = 0; i < count && status == PYACCEL_OK; i++) {
        pa_scalar_from_bytes(&chunk->e[i], digests + (uint64_t)i * size,
                             size < bytes ? size : bytes, scheme->order);
    }
    return status;
}

/* ---- signatures ------------------------------------------------------------------------------ */

/* r and s of one signature. Returns PYACCEL_REASON_NONE, _LENGTH, _ENCODING or _RANGE. */
static uint32_t parse_signature(pa_scalar *r, pa_scalar *s, const pa_bytes *signature,
                                const pa_verify_job *job, const pa_weierstrass_scheme *scheme)
{
    const pa_prime_order *order = scheme->order;
    const int bytes = pa_order_bytes(order);
    uint8_t raw[2 * PA_ORDER_BYTES];
    const uint8_t *from = raw;
    if (job->signature_format == PYACCEL_SIGNATURE_FORMAT_DER) {
        const bool parsed = job->rule == PYACCEL_RULE_FABRIC
                                ? pa_der_parse_go(raw, bytes, signature->data, signature->size)
                                : pa_der_parse(raw, bytes, signature->data, signature->size);
        if (!parsed) {
            return PYACCEL_REASON_ENCODING;
        }
    } else if (signature->size != 2 * (uint64_t)bytes) {
        return PYACCEL_REASON_LENGTH;
    } else {
        from = signature->data;
    }
    const bool r_below = pa_scalar_from_bytes(r, from, (uint64_t)bytes, order);
    const bool s_below = pa_scalar_from_bytes(s, from + bytes, (uint64_t)bytes, order);
    if (!r_below || !s_below || pa_scalar_is_zero(r) || pa_scalar_is_zero(s)) {
        return PYACCEL_REASON_RANGE;
    }
    const bool low = job->rule == PYACCEL_RULE_LOW_S || job->rule == PYACCEL_RULE_FABRIC;
    if (low && pa_scalar_is_high(s, order)) {
        return PYACCEL_REASON_RANGE;
    }
    if (scheme->sm2) {
        pa_scalar t;
        pa_scalar_add(&t, r, s, order);
        return pa_scalar_is_zero(&t) ? PYACCEL_REASON_RANGE : PYACCEL_REASON_NONE;
    }
    return PYACCEL_REASON_NONE;
}

/* ---- chunks ---------------------------------------------------------------------------------- */

bool pa_weierstrass_chunk_read(pa_weierstrass_chunk *chunk, const pa_verify_job *job,
                               const pa_weierstrass_scheme *scheme, uint64_t prepared_size,
                               uint64_t first, int count)
{
    chunk->count = count;
    chunk->unprepared_count = 0;
    for (int i = 0; i < count; i++) {
        const uint64_t row_index = first + (uint64_t)i;
        pa_bytes signature;
        if (!pa_verify_key(&chunk->key[i], &chunk->prepared[i], job, prepared_size, row_index) ||
            !pa_rows_get(&signature, job->signatures, row_index)) {
            return false;
        }
        if (chunk->prepared[i] == NULL) {
            chunk->unprepared[chunk->unprepared_count++] = (uint8_t)i;
        }
        chunk->sized[i] = true;
        chunk->signature_reason[i] =
            parse_signature(&chunk->r[i], &chunk->s[i], &signature, job, scheme);
    }
    return true;
}

pyaccel_status pa_weierstrass_chunk_digest(pa_weierstrass_chunk *chunk, const pa_verify_job *job,
                                           const pa_weierstrass_scheme *scheme, uint64_t first)
{
    return job->message_hash == PYACCEL_MESSAGE_HASH_NONE ? take_digests(chunk, job, scheme, first)
                                                          : make_digests(chunk, job, scheme, first);
}

/* PYACCEL_REASON_NONE, or the first reason in the order of verify.h that keeps the equation of row
 * i out of question. */
static uint32_t early_reason(const pa_weierstrass_chunk *chunk, int i)
{
    const uint32_t key = chunk->key_reason[i], signature = chunk->signature_reason[i];
    if (key == PYACCEL_REASON_LENGTH || signature == PYACCEL_REASON_LENGTH || !chunk->sized[i]) {
        return PYACCEL_REASON_LENGTH;
    }
    return key != PYACCEL_REASON_NONE ? key : signature;
}

int pa_weierstrass_chunk_judge(uint8_t reasons[PA_WEIERSTRASS_CHUNK],
                               int open[PA_WEIERSTRASS_CHUNK], int *prepared_count,
                               pa_scalar u1[PA_WEIERSTRASS_CHUNK],
                               pa_scalar u2[PA_WEIERSTRASS_CHUNK], pa_weierstrass_chunk *chunk,
                               const pa_weierstrass_scheme *scheme)
{
    const pa_prime_order *order = scheme->order;
    pa_scalar divisor[PA_WEIERSTRASS_CHUNK];
    int count = 0;
    for (int i = 0; i < chunk->count; i++) {
        reasons[i] = (uint8_t)early_reason(chunk, i);
    }
    for (int prepared = 1; prepared >= 0; prepared--) {
        for (int i = 0; i < chunk->count; i++) {
            if (reasons[i] != PYACCEL_REASON_NONE || (chunk->prepared[i] != NULL) != prepared) {
                continue;
            }
            const pa_scalar *e = &chunk->e[i], *r = &chunk->r[i], *s = &chunk->s[i];
            if (scheme->sm2) { /* s G + (r + s) Q against r - e */
                u1[count] = *s;
                pa_scalar_add(&u2[count], r, s, order);
                pa_scalar_sub(&chunk->match[i], r, e, order);
            } else { /* (e / s) G + (r / s) Q against r */
                u1[count] = *e;
                u2[count] = *r;
                divisor[count] = *s;
                chunk->match[i] = *r;
            }
            open[count++] = i;
        }
        *prepared_count = prepared ? count : *prepared_count;
    }
    if (!scheme->sm2) {
        pa_scalar_divide(u1, u2, divisor, count, order);
    }
    return count;
}
