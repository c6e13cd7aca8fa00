/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures on secp256k1 made from the definition, over reference256.h; and one call of
 * pyaccel_verify_many for rows of fixed width. */
#ifndef PA_TEST_ECDSA_REFERENCE_H
#define PA_TEST_ECDSA_REFERENCE_H

#include "pyaccel/verify.h"
#include "reference256.h"
#include "rows.h"

/* One row: key x || y behind a byte for prefixes, digest, r || s. */
typedef struct {
    uint8_t prefixed_key[65];
    uint8_t digest[32];
    uint8_t signature[64];
} signed_row;

static inline void put_key(signed_row *out, const point *q)
{
    out->prefixed_key[0] = 0x04;
    number_to_bytes(out->prefixed_key + 1, &q->x);
    number_to_bytes(out->prefixed_key + 33, &q->y);
}

/* The row that makes a verifier compute u1 G + u2 Q and compare it with r: s = r / u2, digest = u1
 * s. u2 and r not 0. */
static inline void put_scalars(signed_row *out, const number *u1, const number *u2, const number *r)
{
    const number inverse = mod_inverse(u2, &group_order);
    const number s = mod_mul(r, &inverse, &group_order);
    const number z = mod_mul(u1, &s, &group_order);
    number_to_bytes(out->digest, &z);
    number_to_bytes(out->signature, r);
    number_to_bytes(out->signature + 32, &s);
}

/* ECDSA: r = x(k G) mod n, s = (z + r d) / k. */
static inline signed_row sign_digest(const number *d, const number *k, const uint8_t digest[32])
{
    signed_row out;
    const point q = point_mul(d, &generator), commitment = point_mul(k, &generator);
    const number r = number_mod(&commitment.x, &group_order),
                 inverse = mod_inverse(k, &group_order);
    number z = number_from_bytes(digest);
    z = number_mod(&z, &group_order);
    number s = mod_mul(&r, d, &group_order);
    s = mod_add(&s, &z, &group_order);
    s = mod_mul(&s, &inverse, &group_order);
    put_key(&out, &q);
    memcpy(out.digest, digest, 32);
    number_to_bytes(out.signature, &r);
    number_to_bytes(out.signature + 32, &s);
    return out;
}

static inline pyaccel_verify_options ecdsa_options(uint32_t rule)
{
    return (pyaccel_verify_options){.struct_size = sizeof(pyaccel_verify_options),
                                    .rule = rule,
                                    .message_hash = PYACCEL_MESSAGE_HASH_NONE};
}

/* Verdicts of n rows under ready digests; each key is the last key_size bytes of prefixed_key. */
static inline pyaccel_status verify_rows(uint8_t *verdicts, uint8_t *reasons,
                                         const signed_row *rows, uint64_t n, uint64_t key_size,
                                         uint32_t rule)
{
    const pyaccel_rows keys =
        fixed_rows(rows->prefixed_key + 65 - key_size, n, key_size, sizeof *rows);
    const pyaccel_rows digests = fixed_rows(rows->digest, n, 32, sizeof *rows);
    const pyaccel_rows signatures = fixed_rows(rows->signature, n, 64, sizeof *rows);
    pyaccel_verify_options options = ecdsa_options(rule);
    options.reasons = reasons;
    return pyaccel_verify_many(verdicts, PYACCEL_SCHEME_SECP256K1_ECDSA, &keys, &digests,
                               &signatures, n, &options);
}

#endif
