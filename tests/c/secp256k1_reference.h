/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA and BIP-340 on secp256k1 verified, and keys recovered, from the definition, over the numbers of reference256.h, fast enough for a fuzz target: some
 * milliseconds a signature. Nothing here is shared with csrc/. */
#ifndef PA_TEST_SECP256K1_REFERENCE_H
#define PA_TEST_SECP256K1_REFERENCE_H

#include "pyaccel/hash.h"
#include "pyaccel/recover.h"
#include "pyaccel/verify.h"
#include "reference256.h"

/* a b mod m for 2^255 < m: what is above 2^256 comes down as (2^256 - m) times itself. */
static inline number fold_mul(const number *a, const number *b, const number *m)
{
    const number zero = {{0}}, c = number_sub(&zero, m);
    number low = zero, high = zero, factor = *b;
    const number *with = a;
    do {
        uint32_t product[16] = {0};
        for (int i = 0; i < 8; i++) {
            uint64_t carry = low.word[i];
            for (int j = 0; j < 8; j++) {
                carry += (uint64_t)with->word[i] * factor.word[j] + product[i + j];
                product[i + j] = (uint32_t)carry;
                carry >>= 32;
            }
            product[i + 8] = (uint32_t)carry;
        }
        memcpy(&low, product, sizeof low);
        memcpy(&high, product + 8, sizeof high);
        factor = c;
        with = &high;
    } while (!number_equal(&high, &zero));
    return number_below(&low, m) ? low : number_sub(&low, m);
}

static inline number fold_power(const number *a, const number *exponent, const number *m)
{
    number r = number_of(1);
    for (int bit = 255; bit >= 0; bit--) {
        r = fold_mul(&r, &r, m);
        if (exponent->word[bit / 32] >> (bit % 32) & 1) {
            r = fold_mul(&r, a, m);
        }
    }
    return r;
}

/* (x / z^2, y / z^3); infinity where z = 0. */
typedef struct {
    number x, y, z;
} projective;

static inline number field_mul(const number *a, const number *b)
{
    return fold_mul(a, b, &prime);
}

static inline number field_times(const number *a, uint32_t k)
{
    const number factor = number_of(k);
    return fold_mul(a, &factor, &prime);
}

static inline projective projective_double(const projective *p)
{
    projective r;
    const number y2 = field_mul(&p->y, &p->y), x2 = field_mul(&p->x, &p->x);
    number s = field_mul(&p->x, &y2), m = field_times(&x2, 3), y4 = field_mul(&y2, &y2);
    s = field_times(&s, 4);
    r.x = field_mul(&m, &m);
    r.x = mod_sub(&r.x, &s, &prime);
    r.x = mod_sub(&r.x, &s, &prime);
    r.y = mod_sub(&s, &r.x, &prime);
    r.y = field_mul(&r.y, &m);
    y4 = field_times(&y4, 8);
    r.y = mod_sub(&r.y, &y4, &prime);
    r.z = field_mul(&p->y, &p->z);
    r.z = field_times(&r.z, 2);
    return r;
}

/* p + q for any p and any q that is not infinite. */
static inline projective projective_add(const projective *p, const point *q)
{
    const number zero = {{0}}, one = number_of(1);
    if (number_equal(&p->z, &zero)) {
        return (projective){q->x, q->y, one};
    }
    const number z2 = field_mul(&p->z, &p->z), z3 = field_mul(&z2, &p->z);
    number h = field_mul(&q->x, &z2), rise = field_mul(&q->y, &z3);
    h = mod_sub(&h, &p->x, &prime);
    rise = mod_sub(&rise, &p->y, &prime);
    if (number_equal(&h, &zero)) {
        return number_equal(&rise, &zero) ? projective_double(p) : (projective){one, one, zero};
    }
    const number h2 = field_mul(&h, &h), h3 = field_mul(&h2, &h), v = field_mul(&p->x, &h2);
    projective r;
    r.x = field_mul(&rise, &rise);
    r.x = mod_sub(&r.x, &h3, &prime);
    r.x = mod_sub(&r.x, &v, &prime);
    r.x = mod_sub(&r.x, &v, &prime);
    r.y = mod_sub(&v, &r.x, &prime);
    r.y = field_mul(&r.y, &rise);
    const number last = field_mul(&p->y, &h3);
    r.y = mod_sub(&r.y, &last, &prime);
    r.z = field_mul(&p->z, &h);
    return r;
}

static inline bool number_bit(const number *a, int bit)
{
    return a->word[bit / 32] >> (bit % 32) & 1;
}

/* u1 G + u2 q */
static inline point reference_sum(const number *u1, const number *u2, const point *q)
{
    const number zero = {{0}};
    projective r = {zero, zero, zero};
    for (int bit = 255; bit >= 0; bit--) {
        r = projective_double(&r);
        r = number_bit(u1, bit) ? projective_add(&r, &generator) : r;
        r = number_bit(u2, bit) ? projective_add(&r, q) : r;
    }
    if (number_equal(&r.z, &zero)) {
        return (point){.infinite = true};
    }
    const number inverse = mod_inverse(&r.z, &prime), inverse2 = field_mul(&inverse, &inverse);
    point p = {.x = field_mul(&r.x, &inverse2), .y = field_mul(&r.y, &inverse2)};
    p.y = field_mul(&p.y, &inverse);
    return p;
}

/* The point of a key's bytes under a rule; infinite where they are none. */
static inline point reference_key(const uint8_t *key, size_t size, uint32_t rule)
{
    const point none = {.infinite = true};
    const number seven = number_of(7);
    const uint8_t prefix = size == 64 ? 4 : key[0];
    const uint8_t *at = size == 64 ? key : key + 1;
    point p = {.x = number_from_bytes(at)};
    if (!number_below(&p.x, &prime)) {
        return none;
    }
    number right = field_mul(&p.x, &p.x);
    right = field_mul(&right, &p.x);
    right = mod_add(&right, &seven, &prime);
    if (size == 33) {
        uint32_t carry;
        const number one = number_of(1);
        number exponent = number_add(&prime, &one, &carry);
        exponent = number_half(&exponent, carry);
        exponent = number_half(&exponent, 0);
        p.y = fold_power(&right, &exponent, &prime);
        p.y = (p.y.word[0] & 1) == (prefix & 1u) ? p.y : mod_neg(&p.y, &prime);
    } else {
        p.y = number_from_bytes(at + 32);
    }
    const bool named = size == 33   ? prefix == 2 || prefix == 3
                       : size == 64 ? true
                                    : prefix == 4 || (rule == PYACCEL_RULE_BITCOIN_CORE &&
                                                      prefix == 6 + (p.y.word[0] & 1));
    const number square = field_mul(&p.y, &p.y);
    return named && number_below(&p.y, &prime) && number_equal(&square, &right) ? p : none;
}

/* An INTEGER's contents as a number; false where it is too large for one. */
static inline bool reference_integer(number *out, const uint8_t *bytes, size_t size)
{
    uint8_t padded[32] = {0};
    while (size > 0 && bytes[0] == 0) {
        bytes++;
        size--;
    }
    if (size > 32) {
        return false;
    }
    memcpy(padded + 32 - size, bytes, size);
    *out = number_from_bytes(padded);
    return true;
}

/* BIP-66's rules of what is a signature, without the byte that it ends in there. */
static inline bool reference_is_strict(const uint8_t *s, size_t size)
{
    if (size < 8 || size > 72 || s[0] != 0x30 || s[1] != size - 2) {
        return false;
    }
    const size_t r_size = s[3];
    if (5 + r_size >= size) {
        return false;
    }
    const size_t s_size = s[5 + r_size];
    const uint8_t *r = s + 4, *other = s + 6 + r_size;
    return r_size + s_size + 6 == size && s[2] == 2 && s[4 + r_size] == 2 && r_size > 0 &&
           s_size > 0 && r[0] < 0x80 && other[0] < 0x80 &&
           !(r_size > 1 && r[0] == 0 && r[1] < 0x80) &&
           !(s_size > 1 && other[0] == 0 && other[1] < 0x80);
}

/* One INTEGER as the lax parser takes it, from *at on; false where it is none. */
static inline bool reference_lax_integer(size_t *start, size_t *length, const uint8_t *s,
                                         size_t size, size_t *at)
{
    if (size - *at < 2 || s[*at] != 2) {
        return false;
    }
    size_t of = s[*at + 1];
    *at += 2;
    if (of & 0x80) {
        size_t bytes = of & 0x7f;
        of = 0;
        if (bytes > size - *at) {
            return false;
        }
        for (; bytes > 0 && s[*at] == 0; bytes--) {
            ++*at;
        }
        if (bytes >= 4) {
            return false;
        }
        for (; bytes > 0; bytes--) {
            of = of << 8 | s[(*at)++];
        }
    }
    if (of > size - *at) {
        return false;
    }
    *start = *at;
    *length = of;
    *at += of;
    return true;
}

/* r and s in any format: a reason, NONE where they were read and are in range. */
static inline uint8_t reference_numbers(number *r, number *s, uint32_t rule, uint32_t format,
                                        const uint8_t *signature, size_t size)
{
    size_t start[2] = {0, 32}, length[2] = {32, 32};
    if (format == PYACCEL_SIGNATURE_FORMAT_DER) {
        if (!reference_is_strict(signature, size)) {
            return PYACCEL_REASON_ENCODING;
        }
        start[0] = 4;
        length[0] = signature[3];
        start[1] = 6 + length[0];
        length[1] = size - start[1];
    } else if (format == PYACCEL_SIGNATURE_FORMAT_DER_LAX) {
        size_t at = 2;
        if (size < 2 || signature[0] != 0x30) {
            return PYACCEL_REASON_ENCODING;
        }
        at += signature[1] & 0x80 ? signature[1] & 0x7fu : 0;
        if (at > size || !reference_lax_integer(&start[0], &length[0], signature, size, &at) ||
            !reference_lax_integer(&start[1], &length[1], signature, size, &at)) {
            return PYACCEL_REASON_ENCODING;
        }
    }
    const number zero = {{0}}, half = number_half(&group_order, 0);
    const bool fits = reference_integer(r, signature + start[0], length[0]) &&
                      reference_integer(s, signature + start[1], length[1]);
    if (!fits || number_equal(r, &zero) || number_equal(s, &zero) ||
        !number_below(r, &group_order) || !number_below(s, &group_order) ||
        (rule == PYACCEL_RULE_LOW_S && number_below(&half, s))) {
        return PYACCEL_REASON_RANGE;
    }
    return PYACCEL_REASON_NONE;
}

/* Why a signature of a digest is not valid. */
static inline uint8_t reference_reason(uint32_t rule, uint32_t format, const uint8_t *key,
                                       size_t key_size, const uint8_t *digest, size_t digest_size,
                                       const uint8_t *signature, size_t size)
{
    if ((key_size != 33 && key_size != 64 && key_size != 65) || digest_size != 32 ||
        (format == PYACCEL_SIGNATURE_FORMAT_RAW && size != 64)) {
        return PYACCEL_REASON_LENGTH;
    }
    const point q = reference_key(key, key_size, rule);
    if (q.infinite) {
        return PYACCEL_REASON_KEY;
    }
    number r, s;
    const uint8_t reason = reference_numbers(&r, &s, rule, format, signature, size);
    if (reason != PYACCEL_REASON_NONE) {
        return reason;
    }
    number z = number_from_bytes(digest);
    z = number_below(&z, &group_order) ? z : number_sub(&z, &group_order);
    const number inverse = mod_inverse(&s, &group_order);
    const number u1 = fold_mul(&z, &inverse, &group_order),
                 u2 = fold_mul(&r, &inverse, &group_order);
    const point sum = reference_sum(&u1, &u2, &q);
    const number x = number_mod(&sum.x, &group_order);
    return !sum.infinite && number_equal(&x, &r) ? PYACCEL_REASON_NONE : PYACCEL_REASON_EQUATION;
}

/* BIP-340's e = int(tagged hash of r, key and message) mod n. SHA-256 is pyaccel's, which is held elsewhere. */
static inline number reference_challenge(const uint8_t r[32], const uint8_t key[32],
                                         const uint8_t *message, size_t size)
{
    static const uint8_t tag[17] = "BIP0340/challenge";
    uint8_t bytes[128 + 512], digest[32];
    pyaccel_hash_one(bytes, 32, PYACCEL_HASH_SHA256, tag, sizeof tag, NULL);
    memcpy(bytes + 32, bytes, 32);
    memcpy(bytes + 64, r, 32);
    memcpy(bytes + 96, key, 32);
    size = size < 512 ? size : 512;
    memcpy(bytes + 128, message, size);
    pyaccel_hash_one(digest, 32, PYACCEL_HASH_SHA256, bytes, 128 + size, NULL);
    const number e = number_from_bytes(digest);
    return number_below(&e, &group_order) ? e : number_sub(&e, &group_order);
}

/* Why a signature under BIP-340 is not valid; messages of at most 512 bytes. */
static inline uint8_t reference_bip340_reason(const uint8_t *key, size_t key_size,
                                              const uint8_t *message, size_t message_size,
                                              const uint8_t *signature, size_t size)
{
    uint8_t encoded[33] = {2};
    if (key_size != 32 || size != 64) {
        return PYACCEL_REASON_LENGTH;
    }
    memcpy(encoded + 1, key, 32);
    const point p = reference_key(encoded, 33, PYACCEL_RULE_ANY);
    if (p.infinite) {
        return PYACCEL_REASON_KEY;
    }
    memcpy(encoded + 1, signature, 32);
    if (reference_key(encoded, 33, PYACCEL_RULE_ANY).infinite) {
        return PYACCEL_REASON_ENCODING;
    }
    const number r = number_from_bytes(signature), s = number_from_bytes(signature + 32);
    if (!number_below(&s, &group_order)) {
        return PYACCEL_REASON_RANGE;
    }
    number e = reference_challenge(signature, key, message, message_size);
    e = mod_neg(&e, &group_order);
    const point sum = reference_sum(&s, &e, &p);
    return !sum.infinite && number_equal(&sum.x, &r) && (sum.y.word[0] & 1) == 0
               ? PYACCEL_REASON_NONE
               : PYACCEL_REASON_EQUATION;
}

/* The key of a digest and r || s || v, x || y, under a rule of recovery; a reason where there is none. */
static inline uint8_t reference_recover(uint8_t key[64], uint32_t rule, const uint8_t *digest,
                                        size_t digest_size, const uint8_t *signature, size_t size)
{
    memset(key, 0, 64);
    if (digest_size != 32 || size != 65) {
        return PYACCEL_REASON_LENGTH;
    }
    const uint8_t v = signature[64], id = v == 27 || v == 28 ? v - 27 : v;
    if (id > 3 || (rule != PYACCEL_RECOVER_SECP256K1 && id > 1)) {
        return PYACCEL_REASON_ENCODING;
    }
    number r, s, x;
    const uint8_t reason = reference_numbers(
        &r, &s,
        rule == PYACCEL_RECOVER_ETHEREUM_TRANSACTION ? PYACCEL_RULE_LOW_S : PYACCEL_RULE_ANY,
        PYACCEL_SIGNATURE_FORMAT_RAW, signature, 64);
    if (reason != PYACCEL_REASON_NONE) {
        return reason;
    }
    uint32_t carry = 0;
    uint8_t encoded[33] = {(uint8_t)(2 + (id & 1))};
    x = id & 2 ? number_add(&r, &group_order, &carry) : r;
    number_to_bytes(encoded + 1, &x);
    const point commitment = reference_key(encoded, 33, PYACCEL_RULE_ANY);
    if (carry || commitment.infinite) {
        return PYACCEL_REASON_EQUATION;
    }
    number z = number_from_bytes(digest);
    z = number_below(&z, &group_order) ? z : number_sub(&z, &group_order);
    const number inverse = mod_inverse(&r, &group_order), u2 = fold_mul(&s, &inverse, &group_order);
    number u1 = fold_mul(&z, &inverse, &group_order);
    u1 = mod_neg(&u1, &group_order);
    const point q = reference_sum(&u1, &u2, &commitment);
    if (q.infinite) {
        return PYACCEL_REASON_EQUATION;
    }
    number_to_bytes(key, &q.x);
    number_to_bytes(key + 32, &q.y);
    return PYACCEL_REASON_NONE;
}

#endif
