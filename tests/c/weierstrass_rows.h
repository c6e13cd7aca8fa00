/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the scheme whose curve reference256.h was told, made from numbers and points, and their verdicts by the public call. */
#ifndef PA_TEST_WEIERSTRASS_ROWS_H
#define PA_TEST_WEIERSTRASS_ROWS_H

#include "check.h"
#include "pyaccel.h"
#include "reference256.h"
#include "rows.h"

#if defined(REFERENCE_P256)
#define SCHEME PYACCEL_SCHEME_P256_ECDSA
#define ALGORITHM                                                                                  \
    "\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
#elif defined(REFERENCE_P384)
#define SCHEME PYACCEL_SCHEME_P384_ECDSA
#define ALGORITHM "\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22"
#else
#define SCHEME PYACCEL_SCHEME_SM2
#define ALGORITHM                                                                                  \
    "\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x81\x1c\xcf\x55\x01\x82\x2d"
#endif

#define IS_SM2 (SCHEME == PYACCEL_SCHEME_SM2)
#define ANY_RULE (IS_SM2 ? PYACCEL_RULE_GBT32918 : PYACCEL_RULE_ANY)
#define B NUMBER_BYTES

/* One row: key x || y behind a byte for prefixes, digest or e, r || s. */
typedef struct {
    uint8_t key[1 + 2 * B];
    uint8_t digest[B];
    uint8_t signature[2 * B];
} signed_row;

static pyaccel_verify_options options_of(uint32_t rule)
{
    return (pyaccel_verify_options){.struct_size = sizeof(pyaccel_verify_options),
                                    .rule = rule,
                                    .message_hash = PYACCEL_MESSAGE_HASH_NONE};
}

static void put_key(signed_row *out, const point *q)
{
    out->key[0] = 0x04;
    number_to_bytes(out->key + 1, &q->x);
    number_to_bytes(out->key + 1 + B, &q->y);
}

static void put_signature(signed_row *out, const number *r, const number *s)
{
    number_to_bytes(out->signature, r);
    number_to_bytes(out->signature + B, s);
}

/* The row that makes a verifier compute u1 G + u2 Q and compare its abscissa mod n with x. ECDSA: x and u2 not 0, s = x / u2 and
 * digest = u1 s. SM2: u1, u2 and u2 - u1 not 0, s = u1, r = u2 - u1, e = r - x. */
static void put_scalars(signed_row *out, const number *u1, const number *u2, const number *x)
{
    number r, s, e;
    if (IS_SM2) {
        s = *u1;
        r = mod_sub(u2, u1, &group_order);
        e = mod_sub(&r, x, &group_order);
    } else {
        const number inverse = mod_inverse(u2, &group_order);
        r = *x;
        s = mod_mul(x, &inverse, &group_order);
        e = mod_mul(u1, &s, &group_order);
    }
    number_to_bytes(out->digest, &e);
    put_signature(out, &r, &s);
}

static pyaccel_status verify_rows(uint8_t *verdicts, uint8_t *reasons, const signed_row *rows,
                                  uint64_t n, uint64_t key_size, uint32_t rule)
{
    const pyaccel_rows keys =
        fixed_rows(rows->key + sizeof rows->key - key_size, n, key_size, sizeof *rows);
    const pyaccel_rows digests = fixed_rows(rows->digest, n, B, sizeof *rows);
    const pyaccel_rows signatures = fixed_rows(rows->signature, n, 2 * B, sizeof *rows);
    pyaccel_verify_options options = options_of(rule);
    options.reasons = reasons;
    return pyaccel_verify_many(verdicts, SCHEME, &keys, &digests, &signatures, n, &options);
}

static uint32_t reason_of(const signed_row *row, uint32_t rule)
{
    uint8_t verdict, reason;
    CHECK(verify_rows(&verdict, &reason, row, 1, 2 * B, rule) == PYACCEL_OK);
    CHECK(verdict == (reason == PYACCEL_REASON_NONE));
    return reason;
}

/* A valid row of some key. */
static inline signed_row good_row(void)
{
    const number d = random_number(&group_order), u1 = random_number(&group_order),
                 u2 = random_number(&group_order);
    const point q = point_mul(&d, &generator), first = point_mul(&u1, &generator),
                second = point_mul(&u2, &q);
    const point sum = point_add(&first, &second);
    const number x = number_mod(&sum.x, &group_order);
    signed_row row;
    put_key(&row, &q);
    put_scalars(&row, &u1, &u2, &x);
    CHECK(reason_of(&row, ANY_RULE) == PYACCEL_REASON_NONE);
    return row;
}

#endif
