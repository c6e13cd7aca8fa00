/* SPDX-License-Identifier: Apache-2.0 */
/* BIP-340 signatures from the definition, over reference256.h. */
#ifndef PA_TEST_BIP340_REFERENCE_H
#define PA_TEST_BIP340_REFERENCE_H

#include <string.h>

#include "check.h"
#include "pyaccel/hash.h"
#include "reference256.h"

#define SCHNORR_MESSAGE 40

typedef struct {
    uint8_t key[32];
    uint8_t message[SCHNORR_MESSAGE];
    uint8_t signature[64];
} schnorr_row;

/* A scalar and its multiple of G, of which there are two with one abscissa: that with even y. */
typedef struct {
    number scalar;
    point multiple;
} schnorr_scalar;

static inline void schnorr_even(schnorr_scalar *a)
{
    if ((a->multiple.y.word[0] & 1) != 0) {
        a->scalar = mod_neg(&a->scalar, &group_order);
        a->multiple = point_neg(&a->multiple);
    }
}

/* SHA-256(SHA-256(tag) || SHA-256(tag) || r || key || message) modulo n. */
static inline number schnorr_challenge(const uint8_t r[32], const uint8_t key[32],
                                       const uint8_t *message, size_t size)
{
    static const char tag[] = "BIP0340/challenge";
    uint8_t text[128 + SCHNORR_MESSAGE], digest[32];
    CHECK(pyaccel_hash_one(text, 32, PYACCEL_HASH_SHA256, (const uint8_t *)tag, sizeof tag - 1,
                           NULL) == PYACCEL_OK);
    memcpy(text + 32, text, 32);
    memcpy(text + 64, r, 32);
    memcpy(text + 96, key, 32);
    memcpy(text + 128, message, size);
    CHECK(pyaccel_hash_one(digest, 32, PYACCEL_HASH_SHA256, text, 128 + size, NULL) == PYACCEL_OK);
    const number e = number_from_bytes(digest);
    return number_mod(&e, &group_order);
}

/* A signature over out->message by key d and nonce k, both with even y. */
static inline void schnorr_sign(schnorr_row *out, const schnorr_scalar *d, const schnorr_scalar *k)
{
    number_to_bytes(out->key, &d->multiple.x);
    number_to_bytes(out->signature, &k->multiple.x);
    const number e = schnorr_challenge(out->signature, out->key, out->message, sizeof out->message);
    number s = mod_mul(&e, &d->scalar, &group_order);
    s = mod_add(&s, &k->scalar, &group_order);
    number_to_bytes(out->signature + 32, &s);
}

#endif
