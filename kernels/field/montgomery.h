/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers modulo any odd number m of ROW_WORDS words of 32 bits on a device, one lane, in Montgomery form: x stands as x R mod m,
 * R = 2^(32 ROW_WORDS). All of them are below m.
 *
 * Defined by the includer, once in a program: MODULUS_WORD(i), word i of m, least significant first; MODULUS_INVERSE, -1 / m mod
 * 2^32; MODULUS_SQUARE_WORD(i), word i of R^2 mod m. Words are constants that compilers fold into the code: of the primes of P-256,
 * SM2 and P-384 most are 0, 1, 2^32 - 1 or next to them, and their MODULUS_INVERSE is 1. */
#ifndef PYACCEL_KERNEL_MONTGOMERY_H
#define PYACCEL_KERNEL_MONTGOMERY_H

#include "row.h"

typedef struct {
    uint w[ROW_WORDS];
} number;

/* r = t - m where carry or t >= m, else t. */
DEVICE_FUNCTION void number_reduce_once(number *r, const uint t[ROW_WORDS], uint carry)
{
    uint less[ROW_WORDS], borrow = 0;
    UNROLL
    for (int i = 0; i < ROW_WORDS; i++) {
        const ulong difference = (ulong)t[i] - MODULUS_WORD(i) - borrow;
        less[i] = (uint)difference;
        borrow = (uint)(difference >> 32) & 1;
    }
    const uint keep = borrow & (carry ^ 1u);
    UNROLL
    for (int i = 0; i < ROW_WORDS; i++) {
        r->w[i] = keep ? t[i] : less[i];
    }
}

/* Whether words are a number below m. */
DEVICE_FUNCTION uint words_below_modulus(const uint t[ROW_WORDS])
{
    uint borrow = 0;
    UNROLL
    for (int i = 0; i < ROW_WORDS; i++) {
        borrow = (uint)(((ulong)t[i] - MODULUS_WORD(i) - borrow) >> 32) & 1;
    }
    return borrow;
}

DEVICE_FUNCTION uint number_is_zero(const number *a)
{
    uint any = 0;
    UNROLL
    for (int i = 0; i < ROW_WORDS; i++) {
        any |= a->w[i];
    }
    return any == 0;
}

DEVICE_FUNCTION uint number_equal(const number *a, const number *b)
{
    uint any = 0;
    UNROLL
    for (int i = 0; i < ROW_WORDS; i++) {
        any |= a->w[i] ^ b->w[i];
    }
    return any == 0;
}

DEVICE_FUNCTION void number_add(number *r, const number *a, const number *b)
{
    uint t[ROW_WORDS];
    ulong sum = 0;
    UNROLL
    for (int i = 0; i < ROW_WORDS; i++) {
        sum += (ulong)a->w[i] + b->w[i];
        t[i] = (uint)sum;
        sum >>= 32;
    }
    number_reduce_once(r, t, (uint)sum);
}

DEVICE_FUNCTION void number_sub(number *r, const number *a, const number *b)
{
    uint borrow = 0;
    ulong sum = 0;
    UNROLL
    for (int i = 0; i < ROW_WORDS; i++) {
        const ulong difference = (ulong)a->w[i] - b->w[i] - borrow;
        r->w[i] = (uint)difference;
        borrow = (uint)(difference >> 32) & 1;
    }
    UNROLL
    for (int i = 0; i < ROW_WORDS; i++) {
        sum += (ulong)r->w[i] + (borrow ? MODULUS_WORD(i) : 0u);
        r->w[i] = (uint)sum;
        sum >>= 32;
    }
}

/* a b / R mod m: a row of the product, then one of the reduction that clears its lowest word, ROW_WORDS times.
 * Before: b below m, a any number below R. After: below m.
 * Work: 2 ROW_WORDS^2 products of 32 x 32 bits, of which those by words of m that are 0, 1 or 2^32 - 1 are none. */
CALLED_FUNCTION number number_product(number a, number b)
{
    uint t[ROW_WORDS], top = 0;
    number r;
    UNROLL
    for (int i = 0; i < ROW_WORDS; i++) {
        t[i] = 0;
    }
    UNROLL
    for (int i = 0; i < ROW_WORDS; i++) {
        ulong sum = 0, high;
        UNROLL
        for (int j = 0; j < ROW_WORDS; j++) {
            sum += (ulong)a.w[i] * b.w[j] + t[j];
            t[j] = (uint)sum;
            sum >>= 32;
        }
        high = (ulong)top + sum; /* below 2^33 */
        const uint factor = t[0] * (uint)MODULUS_INVERSE;
        sum = ((ulong)factor * MODULUS_WORD(0) + t[0]) >> 32;
        UNROLL
        for (int j = 1; j < ROW_WORDS; j++) {
            sum += (ulong)factor * MODULUS_WORD(j) + t[j];
            t[j - 1] = (uint)sum;
            sum >>= 32;
        }
        high += sum;
        t[ROW_WORDS - 1] = (uint)high;
        top = (uint)(high >> 32);
    }
    number_reduce_once(&r, t, top);
    return r;
}

/* r = any number below R, into Montgomery form, modulo m. */
DEVICE_FUNCTION void number_enter(number *r, const number *plain)
{
    number square;
    UNROLL
    for (int i = 0; i < ROW_WORDS; i++) {
        square.w[i] = MODULUS_SQUARE_WORD(i);
    }
    *r = number_product(*plain, square);
}

/* Out of it: below m. */
DEVICE_FUNCTION void number_leave(number *r, const number *a)
{
    number one;
    UNROLL
    for (int i = 0; i < ROW_WORDS; i++) {
        one.w[i] = i == 0;
    }
    *r = number_product(*a, one);
}

/* The small number k. */
DEVICE_FUNCTION void number_set_int(number *r, uint k)
{
    number plain;
    UNROLL
    for (int i = 0; i < ROW_WORDS; i++) {
        plain.w[i] = i == 0 ? k : 0;
    }
    number_enter(r, &plain);
}

/* r = 1 / a = a^(m - 2), m a prime (Fermat), by windows of four bits; 0 for 0. */
CALLED_FUNCTION number number_inverse(number a)
{
    number power[16], found;
    number_set_int(&power[0], 1);
    NO_UNROLL
    for (uint k = 1; k < 16; k++) {
        power[k] = number_product(power[k - 1], a);
    }
    found = power[0];
    NO_UNROLL
    for (int k = 8 * ROW_WORDS - 1; k >= 0; k--) {
        const uint word = MODULUS_WORD(k / 8) - (k < 8 ? 2 : 0); /* of m - 2: no borrow from its lowest word */
        NO_UNROLL
        for (int j = 0; j < 4; j++) {
            found = number_product(found, found);
        }
        found = number_product(found, power[word >> 4 * (k % 8) & 15u]);
    }
    return found;
}

DEVICE_FUNCTION void number_load(number *r, GLOBAL const row *from)
{
    load_words(r->w, from);
}

DEVICE_FUNCTION void number_store(GLOBAL row *to, const number *a)
{
    store_words(to, a->w);
}

#endif
