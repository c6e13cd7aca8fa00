/* SPDX-License-Identifier: Apache-2.0 */
/* Slow and plain: numbers of 256 bits modulo m, and the affine group of secp256k1, to hold the fast
 * code against. Nothing here is shared with csrc/. */
#ifndef PA_TEST_REFERENCE256_H
#define PA_TEST_REFERENCE256_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "random.h"

/* Least significant word first. */
typedef struct {
    uint32_t word[8];
} number;

typedef struct {
    number x, y;
    bool infinite;
} point;

static const number prime = {{0xfffffc2f, 0xfffffffe, 0xffffffff, 0xffffffff, 0xffffffff,
                              0xffffffff, 0xffffffff, 0xffffffff}};
static const number group_order = {{0xd0364141, 0xbfd25e8c, 0xaf48a03b, 0xbaaedce6, 0xfffffffe,
                                    0xffffffff, 0xffffffff, 0xffffffff}};
/* SEC 2, 2.4.1. */
static const point generator = {{{0x16f81798, 0x59f2815b, 0x2dce28d9, 0x029bfcdb, 0xce870b07,
                                  0x55a06295, 0xf9dcbbac, 0x79be667e}},
                                {{0xfb10d4b8, 0x9c47d08f, 0xa6855419, 0xfd17b448, 0x0e1108a8,
                                  0x5da4fbfc, 0x26a3c465, 0x483ada77}},
                                false};

static inline number number_of(uint32_t small)
{
    return (number){{small}};
}

static inline number number_from_bytes(const uint8_t bytes[32])
{
    number a = {{0}};
    for (int i = 0; i < 32; i++) {
        a.word[(31 - i) / 4] |= (uint32_t)bytes[i] << (8 * ((31 - i) % 4));
    }
    return a;
}

static inline void number_to_bytes(uint8_t bytes[32], const number *a)
{
    for (int i = 0; i < 32; i++) {
        bytes[i] = (uint8_t)(a->word[(31 - i) / 4] >> (8 * ((31 - i) % 4)));
    }
}

static inline number number_from_words(const uint64_t words[4])
{
    number a;
    for (int i = 0; i < 8; i++) {
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
    for (int i = 7; i >= 0; i--) {
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
    for (int i = 0; i < 8; i++) {
        sum += (uint64_t)a->word[i] + b->word[i];
        r.word[i] = (uint32_t)sum;
        sum >>= 32;
    }
    *carry = (uint32_t)sum;
    return r;
}

/* a - b mod 2^256. */
static inline number number_sub(const number *a, const number *b)
{
    number r;
    uint64_t borrow = 0;
    for (int i = 0; i < 8; i++) {
        const uint64_t difference = (uint64_t)a->word[i] - b->word[i] - borrow;
        r.word[i] = (uint32_t)difference;
        borrow = difference >> 63;
    }
    return r;
}

/* The carry of bits 512 .. 0, most significant first, into a remainder below m. */
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
    for (int bit = 255; bit >= 0; bit--) {
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
    uint32_t product[16] = {0};
    for (int i = 0; i < 8; i++) {
        uint64_t carry = 0;
        for (int j = 0; j < 8; j++) {
            carry += (uint64_t)a->word[i] * b->word[j] + product[i + j];
            product[i + j] = (uint32_t)carry;
            carry >>= 32;
        }
        product[i + 8] = (uint32_t)carry;
    }
    number r = {{0}};
    for (int bit = 511; bit >= 0; bit--) {
        r = number_shift_in(&r, product[bit / 32] >> (bit % 32) & 1, m);
    }
    return r;
}

static inline number mod_power(const number *a, const number *exponent, const number *m)
{
    number r = number_of(1);
    for (int bit = 255; bit >= 0; bit--) {
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
    for (int i = 0; i < 8; i++) {
        const uint32_t above = i < 7 ? a->word[i + 1] : carry;
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
    for (int bit = 255; bit >= 0; bit--) {
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
    const number seven = number_of(7), one = number_of(1);
    point p = {.x = *x, .infinite = true};
    uint32_t carry;
    number exponent = number_add(&prime, &one, &carry);
    exponent = number_half(&exponent, carry);
    exponent = number_half(&exponent, 0);
    number right = mod_mul(x, x, &prime);
    right = mod_mul(&right, x, &prime);
    right = mod_add(&right, &seven, &prime);
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
    for (int i = 0; i < 8; i++) {
        a.word[i] = (uint32_t)(random_word() >> 32);
    }
    return number_mod(&a, m);
}

#endif
