/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 one by one, slow and plain: residues that are always reduced, projective points without
 * T, scalars bit by bit. Nothing here is shared with csrc/ but SHA-512, which has tests of its own;
 * the addition law is another one, too (Bernstein, Lange, "Faster addition and doubling on elliptic
 * curves", 2007, for -x^2 + y^2 = 1 + d x^2 y^2; complete). */
#ifndef PA_TEST_ED25519_REFERENCE_H
#define PA_TEST_ED25519_REFERENCE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "pyaccel/hash.h"
#include "pyaccel/verify.h"

__extension__ typedef unsigned __int128 wide_word;

/* ---- numbers of 256 bits, least significant word first -------------------------------------- */

typedef struct {
    uint64_t word[4];
} number;

static inline number number_of(uint64_t small)
{
    return (number){{small}};
}

static inline number number_from_bytes(const uint8_t bytes[32])
{
    number a = {{0}};
    for (int i = 0; i < 32; i++) {
        a.word[i / 8] |= (uint64_t)bytes[i] << (8 * (i % 8));
    }
    return a;
}

static inline void number_to_bytes(uint8_t bytes[32], const number *a)
{
    for (int i = 0; i < 32; i++) {
        bytes[i] = (uint8_t)(a->word[i / 8] >> (8 * (i % 8)));
    }
}

static inline unsigned int number_bit(const number *a, int bit)
{
    return (unsigned int)(a->word[bit / 64] >> (bit % 64)) & 1u;
}

/* a + b modulo 2^256. */
static inline number number_add(const number *a, const number *b)
{
    number r;
    wide_word sum = 0;
    for (int i = 0; i < 4; i++) {
        sum += (wide_word)a->word[i] + b->word[i];
        r.word[i] = (uint64_t)sum;
        sum >>= 64;
    }
    return r;
}

/* a - b modulo 2^256; *below = a < b. */
static inline number number_sub(const number *a, const number *b, bool *below)
{
    number r;
    uint64_t borrow = 0;
    for (int i = 0; i < 4; i++) {
        const wide_word difference = (wide_word)a->word[i] - b->word[i] - borrow;
        r.word[i] = (uint64_t)difference;
        borrow = (uint64_t)(difference >> 64) & 1;
    }
    *below = borrow != 0;
    return r;
}

/* a - m where that is not negative. */
static inline number number_less(const number *a, const number *m)
{
    bool below;
    const number r = number_sub(a, m, &below);
    return below ? *a : r;
}

static inline bool number_equal(const number *a, const number *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* ---- scalars modulo l ----------------------------------------------------------------------- */

static const number scalar_order = {
    {0x5812631a5cf5d3ed, 0x14def9dea2f79cd6, 0, 0x1000000000000000}};

/* 2 a + bit. */
static inline number scalar_shift_in(const number *a, unsigned int bit)
{
    number r = number_add(a, a);
    r.word[0] |= bit;
    return number_less(&r, &scalar_order);
}

/* The little-endian number of `size` bytes. */
static inline number scalar_of(const uint8_t *bytes, int size)
{
    number r = {{0}};
    for (int bit = 8 * size - 1; bit >= 0; bit--) {
        r = scalar_shift_in(&r, (unsigned int)bytes[bit / 8] >> (bit % 8) & 1u);
    }
    return r;
}

/* a b + c. */
static inline number scalar_mul_add(const number *a, const number *b, const number *c)
{
    number r = {{0}};
    for (int bit = 252; bit >= 0; bit--) {
        r = scalar_shift_in(&r, 0);
        if (number_bit(a, bit)) {
            r = number_add(&r, b);
            r = number_less(&r, &scalar_order);
        }
    }
    r = number_add(&r, c);
    return number_less(&r, &scalar_order);
}

/* ---- residues modulo p = 2^255 - 19 --------------------------------------------------------- */

static const number field_prime = {
    {0xffffffffffffffed, 0xffffffffffffffff, 0xffffffffffffffff, 0x7fffffffffffffff}};

/* r + carry 2^256, 2^256 being 38, and below p. */
static inline number residue_fold(number r, uint64_t carry)
{
    for (int i = 0; i < 3; i++) {
        const number more = number_of(carry * 38);
        const number sum = number_add(&r, &more);
        carry = sum.word[3] < r.word[3];
        r = sum;
    }
    r = number_less(&r, &field_prime);
    r = number_less(&r, &field_prime);
    return r;
}

static inline number residue_mul(const number *a, const number *b)
{
    uint64_t product[8] = {0};
    for (int i = 0; i < 4; i++) {
        wide_word carry = 0;
        for (int j = 0; j < 4; j++) {
            carry += (wide_word)a->word[i] * b->word[j] + product[i + j];
            product[i + j] = (uint64_t)carry;
            carry >>= 64;
        }
        product[i + 4] = (uint64_t)carry;
    }
    number r;
    wide_word sum = 0;
    for (int i = 0; i < 4; i++) {
        sum += (wide_word)product[i + 4] * 38 + product[i];
        r.word[i] = (uint64_t)sum;
        sum >>= 64;
    }
    return residue_fold(r, (uint64_t)sum);
}

static inline number residue_add(const number *a, const number *b)
{
    const number sum = number_add(a, b); /* below 2^256 */
    return number_less(&sum, &field_prime);
}

static inline number residue_sub(const number *a, const number *b)
{
    bool below;
    const number r = number_sub(a, b, &below);
    return below ? number_add(&r, &field_prime) : r;
}

static inline number residue_power(const number *a, const number *exponent)
{
    number r = number_of(1);
    for (int bit = 255; bit >= 0; bit--) {
        r = residue_mul(&r, &r);
        if (number_bit(exponent, bit)) {
            r = residue_mul(&r, a);
        }
    }
    return r;
}

/* 2^shift - less, for the exponents below. */
static inline number power_less(int shift, uint64_t less)
{
    bool below;
    const number small = number_of(less);
    number r = {{0}};
    r.word[shift / 64] = (uint64_t)1 << (shift % 64);
    return number_sub(&r, &small, &below);
}

/* a^(p - 2) */
static inline number residue_inverse(const number *a)
{
    const number exponent = power_less(255, 21);
    return residue_power(a, &exponent);
}

/* ---- points --------------------------------------------------------------------------------- */

typedef struct {
    number x, y, z;
} point;

/* -121665 / 121666 */
static inline number residue_d(void)
{
    static number d;
    if (d.word[0] == 0) {
        const number zero = {{0}}, below = number_of(121666), above = number_of(121665);
        const number minus = residue_sub(&zero, &above), inverse = residue_inverse(&below);
        d = residue_mul(&minus, &inverse);
    }
    return d;
}

static inline point point_identity(void)
{
    return (point){.y = {{1}}, .z = {{1}}};
}

static inline point point_neg(const point *p)
{
    const number zero = {{0}};
    return (point){residue_sub(&zero, &p->x), p->y, p->z};
}

static inline point point_add(const point *p, const point *q)
{
    const number curve = residue_d(), a = residue_mul(&p->z, &q->z), b = residue_mul(&a, &a);
    const number c = residue_mul(&p->x, &q->x), d = residue_mul(&p->y, &q->y);
    number e = residue_mul(&c, &d), left = residue_add(&p->x, &p->y),
           right = residue_add(&q->x, &q->y);
    e = residue_mul(&e, &curve);
    const number f = residue_sub(&b, &e), g = residue_add(&b, &e);
    point r;
    left = residue_mul(&left, &right);
    left = residue_sub(&left, &c);
    left = residue_sub(&left, &d);
    left = residue_mul(&left, &f);
    r.x = residue_mul(&left, &a);
    right = residue_add(&c, &d);
    right = residue_mul(&right, &g);
    r.y = residue_mul(&right, &a);
    r.z = residue_mul(&f, &g);
    return r;
}

/* [a]p + [b]q */
static inline point point_sum(const number *a, const point *p, const number *b, const point *q)
{
    const point both = point_add(p, q);
    point r = point_identity();
    for (int bit = 255; bit >= 0; bit--) {
        const unsigned int which = number_bit(a, bit) + 2 * number_bit(b, bit);
        r = point_add(&r, &r);
        if (which != 0) {
            r = point_add(&r, which == 1 ? p : which == 2 ? q : &both);
        }
    }
    return r;
}

/* Whether p, doubled so often, is the identity. */
static inline bool point_is_identity(const point *p, int doublings)
{
    const number zero = {{0}};
    point r = *p;
    for (int i = 0; i < doublings; i++) {
        r = point_add(&r, &r);
    }
    return number_equal(&r.x, &zero) && number_equal(&r.y, &r.z);
}

/* RFC 8032, 5.1.3; false where y has no x. *canonical = y < p, and no sign on x = 0. */
static inline bool point_decode(point *p, const uint8_t bytes[32], bool *canonical)
{
    const number one = number_of(1), two = number_of(2), zero = {{0}}, d = residue_d();
    const number half_order = power_less(253, 5), root = power_less(252, 2);
    number y = number_from_bytes(bytes);
    const bool sign = y.word[3] >> 63;
    y.word[3] &= INT64_MAX;
    *p = (point){.y = number_less(&y, &field_prime), .z = one};
    *canonical = number_equal(&y, &p->y);

    const number yy = residue_mul(&p->y, &p->y), above = residue_sub(&yy, &one);
    number below = residue_mul(&d, &yy);
    below = residue_add(&below, &one);
    below = residue_inverse(&below);
    const number square = residue_mul(&above, &below);
    p->x = residue_power(&square, &root); /* to the power (p + 3) / 8 */
    number check = residue_mul(&p->x, &p->x);
    if (!number_equal(&check, &square)) {
        const number unit = residue_power(&two, &half_order); /* sqrt(-1) = 2^((p - 1) / 4) */
        p->x = residue_mul(&p->x, &unit);
        check = residue_mul(&p->x, &p->x);
    }
    if (!number_equal(&check, &square)) {
        return false;
    }
    if (number_equal(&p->x, &zero)) {
        *canonical = *canonical && !sign;
    } else if ((p->x.word[0] & 1) != sign) {
        p->x = residue_sub(&zero, &p->x);
    }
    return true;
}

static inline void point_encode(uint8_t bytes[32], const point *p)
{
    const number inverse = residue_inverse(&p->z), x = residue_mul(&p->x, &inverse);
    const number y = residue_mul(&p->y, &inverse);
    number_to_bytes(bytes, &y);
    bytes[31] |= (uint8_t)((x.word[0] & 1) << 7);
}

/* B, whose y is 4 / 5 and whose x is even. */
static inline point point_base(void)
{
    uint8_t bytes[32];
    bool canonical;
    point base;
    memset(bytes, 0x66, sizeof bytes);
    bytes[0] = 0x58;
    return point_decode(&base, bytes, &canonical) ? base : point_identity();
}

/* ---- verification --------------------------------------------------------------------------- */

/* k = SHA-512(R || A || M) modulo l; size <= 300. */
static inline number reference_challenge(const uint8_t r[32], const uint8_t a[32],
                                         const uint8_t *message, uint64_t size)
{
    uint8_t digest[64], text[364];
    memcpy(text, r, 32);
    memcpy(text + 32, a, 32);
    memcpy(text + 64, message, size);
    const pyaccel_status status =
        pyaccel_hash_one(digest, 64, PYACCEL_HASH_SHA512, text, 64 + size, NULL);
    return status == PYACCEL_OK ? scalar_of(digest, 64) : scalar_order;
}

/* PYACCEL_REASON_* of one signature, by what docs/rules.md says. */
static inline uint8_t reference_reason(uint32_t rule, const uint8_t *key, uint64_t key_size,
                                       const uint8_t *message, uint64_t size,
                                       const uint8_t *signature, uint64_t signature_size)
{
    const bool strict = rule == PYACCEL_RULE_DALEK_STRICT || rule == PYACCEL_RULE_LIBSODIUM;
    const bool canonical_key = rule == PYACCEL_RULE_RFC8032 || rule == PYACCEL_RULE_LIBSODIUM;
    const bool canonical_r = rule != PYACCEL_RULE_ZIP215;
    point a, r;
    bool canonical, below;
    if (key_size != 32 || signature_size != 64) {
        return PYACCEL_REASON_LENGTH;
    }
    if (!point_decode(&a, key, &canonical) || (canonical_key && !canonical) ||
        (strict && point_is_identity(&a, 3))) {
        return PYACCEL_REASON_KEY;
    }
    if (!point_decode(&r, signature, &canonical) || (canonical_r && !canonical) ||
        (strict && point_is_identity(&r, 3))) {
        return PYACCEL_REASON_ENCODING;
    }
    const number s = number_from_bytes(signature + 32);
    number_sub(&s, &scalar_order, &below);
    if (!below) {
        return PYACCEL_REASON_RANGE;
    }
    const number k = reference_challenge(signature, key, message, size);
    const point base = point_base(), minus_a = point_neg(&a), minus_r = point_neg(&r);
    point difference = point_sum(&s, &base, &k, &minus_a);
    difference = point_add(&difference, &minus_r);
    return point_is_identity(&difference, rule == PYACCEL_RULE_ZIP215 ? 3 : 0)
               ? PYACCEL_REASON_NONE
               : PYACCEL_REASON_EQUATION;
}

#endif
