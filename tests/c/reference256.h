/* SPDX-License-Identifier: Apache-2.0 */
/* Slow and plain: numbers of 256 bits modulo m, and the affine group of secp256k1, to hold the fast
 * code against; or of another curve (REFERENCE_P256, REFERENCE_SM2; REFERENCE_P384, of 384 bits). Nothing here is shared
 * with csrc/. */
#ifndef PA_TEST_REFERENCE256_H
#define PA_TEST_REFERENCE256_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "random.h"

#ifdef REFERENCE_P384
#define NUMBER_WORDS 12
#else
#define NUMBER_WORDS 8
#endif
#define NUMBER_BITS (32 * NUMBER_WORDS)
#define NUMBER_BYTES (4 * NUMBER_WORDS)

/* Least significant word first. */
typedef struct {
    uint32_t word[NUMBER_WORDS];
} number;

typedef struct {
    number x, y;
    bool infinite;
} point;

#if defined(REFERENCE_P256)
/* SEC 2, 2.4.2. */
static const number prime = {{0xffffffff, 0xffffffff, 0xffffffff, 0x00000000, 0x00000000,
                              0x00000000, 0x00000001, 0xffffffff}};
static const number group_order = {{0xfc632551, 0xf3b9cac2, 0xa7179e84, 0xbce6faad, 0xffffffff,
                                    0xffffffff, 0x00000000, 0xffffffff}};
static const number curve_a = {{0xfffffffc, 0xffffffff, 0xffffffff, 0x00000000, 0x00000000,
                                0x00000000, 0x00000001, 0xffffffff}};
static const number curve_b = {{0x27d2604b, 0x3bce3c3e, 0xcc53b0f6, 0x651d06b0, 0x769886bc,
                                0xb3ebbd55, 0xaa3a93e7, 0x5ac635d8}};
static const point generator = {{{0xd898c296, 0xf4a13945, 0x2deb33a0, 0x77037d81, 0x63a440f2,
                                  0xf8bce6e5, 0xe12c4247, 0x6b17d1f2}},
                                {{0x37bf51f5, 0xcbb64068, 0x6b315ece, 0x2bce3357, 0x7c0f9e16,
                                  0x8ee7eb4a, 0xfe1a7f9b, 0x4fe342e2}},
                                false};
#elif defined(REFERENCE_SM2)
/* GB/T 32918.5. */
static const number prime = {{0xffffffff, 0xffffffff, 0x00000000, 0xffffffff, 0xffffffff,
                              0xffffffff, 0xffffffff, 0xfffffffe}};
static const number group_order = {{0x39d54123, 0x53bbf409, 0x21c6052b, 0x7203df6b, 0xffffffff,
                                    0xffffffff, 0xffffffff, 0xfffffffe}};
static const number curve_a = {{0xfffffffc, 0xffffffff, 0x00000000, 0xffffffff, 0xffffffff,
                                0xffffffff, 0xffffffff, 0xfffffffe}};
static const number curve_b = {{0x4d940e93, 0xddbcbd41, 0x15ab8f92, 0xf39789f5, 0xcf6509a7,
                                0x4d5a9e4b, 0x9d9f5e34, 0x28e9fa9e}};
static const point generator = {{{0x334c74c7, 0x715a4589, 0xf2660be1, 0x8fe30bbf, 0x6a39c994,
                                  0x5f990446, 0x1f198119, 0x32c4ae2c}},
                                {{0x2139f0a0, 0x02df32e5, 0xc62a4740, 0xd0a9877c, 0x6b692153,
                                  0x59bdcee3, 0xf4f6779c, 0xbc3736a2}},
                                false};
#elif defined(REFERENCE_P384)
/* SEC 2, 2.5.1. */
static const number prime = {{0xffffffff, 0x00000000, 0x00000000, 0xffffffff, 0xfffffffe,
                              0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
                              0xffffffff, 0xffffffff}};
static const number group_order = {{0xccc52973, 0xecec196a, 0x48b0a77a, 0x581a0db2, 0xf4372ddf,
                                    0xc7634d81, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
                                    0xffffffff, 0xffffffff}};
static const number curve_a = {{0xfffffffc, 0x00000000, 0x00000000, 0xffffffff, 0xfffffffe,
                                0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
                                0xffffffff, 0xffffffff}};
static const number curve_b = {{0xd3ec2aef, 0x2a85c8ed, 0x8a2ed19d, 0xc656398d, 0x5013875a,
                                0x0314088f, 0xfe814112, 0x181d9c6e, 0xe3f82d19, 0x988e056b,
                                0xe23ee7e4, 0xb3312fa7}};
static const point generator = {
    {{0x72760ab7, 0x3a545e38, 0xbf55296c, 0x5502f25d, 0x82542a38, 0x59f741e0, 0x8ba79b98,
      0x6e1d3b62, 0xf320ad74, 0x8eb1c71e, 0xbe8b0537, 0xaa87ca22}},
    {{0x90ea0e5f, 0x7a431d7c, 0x1d7e819d, 0x0a60b1ce, 0xb5f0b8c0, 0xe9da3113, 0x289a147c,
      0xf8f41dbd, 0x9292dc29, 0x5d9e98bf, 0x96262c6f, 0x3617de4a}},
    false};
#else
/* SEC 2, 2.4.1. */
static const number prime = {{0xfffffc2f, 0xfffffffe, 0xffffffff, 0xffffffff, 0xffffffff,
                              0xffffffff, 0xffffffff, 0xffffffff}};
static const number group_order = {{0xd0364141, 0xbfd25e8c, 0xaf48a03b, 0xbaaedce6, 0xfffffffe,
                                    0xffffffff, 0xffffffff, 0xffffffff}};
static const point generator = {{{0x16f81798, 0x59f2815b, 0x2dce28d9, 0x029bfcdb, 0xce870b07,
                                  0x55a06295, 0xf9dcbbac, 0x79be667e}},
                                {{0xfb10d4b8, 0x9c47d08f, 0xa6855419, 0xfd17b448, 0x0e1108a8,
                                  0x5da4fbfc, 0x26a3c465, 0x483ada77}},
                                false};
static const number curve_a = {{0}}, curve_b = {{7}};
#endif

static inline number number_of(uint32_t small)
{
    return (number){{small}};
}

static inline number number_from_bytes(const uint8_t bytes[NUMBER_BYTES])
{
    number a = {{0}};
    for (int i = 0; i < NUMBER_BYTES; i++) {
        a.word[(NUMBER_BYTES - 1 - i) / 4] |= (uint32_t)bytes[i]
                                              << (8 * ((NUMBER_BYTES - 1 - i) % 4));
    }
    return a;
}

static inline void number_to_bytes(uint8_t bytes[NUMBER_BYTES], const number *a)
{
    for (int i = 0; i < NUMBER_BYTES; i++) {
        bytes[i] =
            (uint8_t)(a->word[(NUMBER_BYTES - 1 - i) / 4] >> (8 * ((NUMBER_BYTES - 1 - i) % 4)));
    }
}

static inline number number_from_words(const uint64_t words[NUMBER_WORDS / 2])
{
    number a;
    for (int i = 0; i < NUMBER_WORDS; i++) {
        a.word[i] = (uint32_t)(words[i / 2] >> (32 * (i % 2)));
    }
    return a;
}

static inline bool number_equal(const number *a, const number *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static inline bool number_below(const number *a, const number *b)
{
    for (int i = NUMBER_WORDS - 1; i >= 0; i--) {
        if (a->word[i] != b->word[i]) {
            return a->word[i] < b->word[i];
        }
    }
    return false;
}

/* a + b, its carry out in *carry. */
static inline number number_add(const number *a, const number *b, uint32_t *carry)
{
    number r;
    uint64_t sum = 0;
    for (int i = 0; i < NUMBER_WORDS; i++) {
        sum += (uint64_t)a->word[i] + b->word[i];
        r.word[i] = (uint32_t)sum;
        sum >>= 32;
    }
    *carry = (uint32_t)sum;
    return r;
}

/* a - b mod 2^NUMBER_BITS. */
static inline number number_sub(const number *a, const number *b)
{
    number r;
    uint64_t borrow = 0;
    for (int i = 0; i < NUMBER_WORDS; i++) {
        const uint64_t difference = (uint64_t)a->word[i] - b->word[i] - borrow;
        r.word[i] = (uint32_t)difference;
        borrow = difference >> 63;
    }
    return r;
}

/* The carry of bits, most significant first, into a remainder below m. */
static inline number number_shift_in(const number *remainder, uint32_t bit, const number *m)
{
    uint32_t carry;
    number r = number_add(remainder, remainder, &carry);
    r.word[0] |= bit;
    return carry || !number_below(&r, m) ? number_sub(&r, m) : r;
}

static inline number number_mod(const number *a, const number *m)
{
    number r = {{0}};
    for (int bit = NUMBER_BITS - 1; bit >= 0; bit--) {
        r = number_shift_in(&r, a->word[bit / 32] >> (bit % 32) & 1, m);
    }
    return r;
}

static inline number mod_add(const number *a, const number *b, const number *m)
{
    uint32_t carry;
    const number r = number_add(a, b, &carry);
    return carry || !number_below(&r, m) ? number_sub(&r, m) : r;
}

static inline number mod_neg(const number *a, const number *m)
{
    const number zero = {{0}};
    return number_equal(a, &zero) ? zero : number_sub(m, a);
}

static inline number mod_sub(const number *a, const number *b, const number *m)
{
    const number negative = mod_neg(b, m);
    return mod_add(a, &negative, m);
}

static inline number mod_mul(const number *a, const number *b, const number *m)
{
    uint32_t product[2 * NUMBER_WORDS] = {0};
    for (int i = 0; i < NUMBER_WORDS; i++) {
        uint64_t carry = 0;
        for (int j = 0; j < NUMBER_WORDS; j++) {
            carry += (uint64_t)a->word[i] * b->word[j] + product[i + j];
            product[i + j] = (uint32_t)carry;
            carry >>= 32;
        }
        product[i + NUMBER_WORDS] = (uint32_t)carry;
    }
    number r = {{0}};
    for (int bit = 2 * NUMBER_BITS - 1; bit >= 0; bit--) {
        r = number_shift_in(&r, product[bit / 32] >> (bit % 32) & 1, m);
    }
    return r;
}

static inline number mod_power(const number *a, const number *exponent, const number *m)
{
    number r = number_of(1);
    for (int bit = NUMBER_BITS - 1; bit >= 0; bit--) {
        r = mod_mul(&r, &r, m);
        if (exponent->word[bit / 32] >> (bit % 32) & 1) {
            r = mod_mul(&r, a, m);
        }
    }
    return r;
}

static inline number number_half(const number *a, uint32_t carry)
{
    number r;
    for (int i = 0; i < NUMBER_WORDS; i++) {
        const uint32_t above = i < NUMBER_WORDS - 1 ? a->word[i + 1] : carry;
        r.word[i] = a->word[i] >> 1 | above << 31;
    }
    return r;
}

static inline void inverse_step(number *u, number *x, const number *m)
{
    while (!(u->word[0] & 1)) {
        uint32_t carry = 0;
        *u = number_half(u, 0);
        const number even = x->word[0] & 1 ? number_add(x, m, &carry) : *x;
        *x = number_half(&even, carry);
    }
}

/* 1 / a for 0 < a < m, m prime: the binary extended Euclidean algorithm. */
static inline number mod_inverse(const number *a, const number *m)
{
    const number one = number_of(1);
    number u = *a, v = *m, x = one, y = {{0}};
    while (!number_equal(&u, &one) && !number_equal(&v, &one)) {
        inverse_step(&u, &x, m);
        inverse_step(&v, &y, m);
        if (number_below(&u, &v)) {
            v = number_sub(&v, &u);
            y = mod_sub(&y, &x, m);
        } else {
            u = number_sub(&u, &v);
            x = mod_sub(&x, &y, m);
        }
    }
    return number_equal(&u, &one) ? x : y;
}

static inline point point_neg(const point *p)
{
    return (point){p->x, mod_neg(&p->y, &prime), p->infinite};
}

static inline point point_add(const point *p, const point *q)
{
    number slope, rise, run;
    if (p->infinite || q->infinite) {
        return p->infinite ? *q : *p;
    }
    if (number_equal(&p->x, &q->x)) {
        if (!number_equal(&p->y, &q->y)) {
            return (point){.infinite = true};
        }
        const number three = number_of(3);
        rise = mod_mul(&p->x, &p->x, &prime);
        rise = mod_mul(&rise, &three, &prime);
        rise = mod_add(&rise, &curve_a, &prime);
        run = mod_add(&p->y, &p->y, &prime);
    } else {
        rise = mod_sub(&q->y, &p->y, &prime);
        run = mod_sub(&q->x, &p->x, &prime);
    }
    run = mod_inverse(&run, &prime);
    slope = mod_mul(&rise, &run, &prime);
    point r = {.infinite = false};
    r.x = mod_mul(&slope, &slope, &prime);
    r.x = mod_sub(&r.x, &p->x, &prime);
    r.x = mod_sub(&r.x, &q->x, &prime);
    r.y = mod_sub(&p->x, &r.x, &prime);
    r.y = mod_mul(&r.y, &slope, &prime);
    r.y = mod_sub(&r.y, &p->y, &prime);
    return r;
}

static inline point point_mul(const number *k, const point *p)
{
    point r = {.infinite = true};
    for (int bit = NUMBER_BITS - 1; bit >= 0; bit--) {
        r = point_add(&r, &r);
        if (k->word[bit / 32] >> (bit % 32) & 1) {
            r = point_add(&r, p);
        }
    }
    return r;
}

/* The point of abscissa x with even y; infinite where there is none. */
static inline point point_lift(const number *x)
{
    const number one = number_of(1);
    point p = {.x = *x, .infinite = true};
    uint32_t carry;
    number exponent = number_add(&prime, &one, &carry);
    exponent = number_half(&exponent, carry);
    exponent = number_half(&exponent, 0);
    number right = mod_mul(x, x, &prime);
    right = mod_add(&right, &curve_a, &prime);
    right = mod_mul(&right, x, &prime);
    right = mod_add(&right, &curve_b, &prime);
    p.y = mod_power(&right, &exponent, &prime);
    const number square = mod_mul(&p.y, &p.y, &prime);
    if (number_equal(&square, &right)) {
        p.infinite = false;
        if (p.y.word[0] & 1) {
            p.y = mod_neg(&p.y, &prime);
        }
    }
    return p;
}

static inline number random_number(const number *m)
{
    number a;
    for (int i = 0; i < NUMBER_WORDS; i++) {
        a.word[i] = (uint32_t)(random_word() >> 32);
    }
    return number_mod(&a, m);
}

#endif
