/* SPDX-License-Identifier: Apache-2.0 */
/* Poseidon2's elements of 254 and 255 bits in eight 32-bit words, in Montgomery form (times 2^256), below the modulus.
 *
 * Defined by the includer: MODULUS, MODULUS_SQUARE (2^512 mod p), eight words each from the least significant;
 * MODULUS_INVERSE, -1 / p mod 2^32. */
#ifndef PYACCEL_POSEIDON2_256_H
#define PYACCEL_POSEIDON2_256_H

#include "../platform.h"

typedef struct {
    uint w[8];
} el;
#define ELEMENT_WORDS 8u
#define MAX_T 4u
#define LAYER_UNROLL /* a product is long: written out once a place, compilers take minutes */

CONSTANT uint modulus[8] = {MODULUS};
CONSTANT uint modulus_square[8] = {MODULUS_SQUARE};

/* x, or x - p where that is not negative; x < 2 p. */
DEVICE_FUNCTION el reduce_once(el x)
{
    el less;
    ulong borrow = 0;
    UNROLL
    for (uint i = 0; i < 8; i++) {
        const ulong d = (ulong)x.w[i] - modulus[i] - borrow;
        less.w[i] = (uint)d;
        borrow = d >> 63;
    }
    UNROLL
    for (uint i = 0; i < 8; i++) {
        less.w[i] = borrow ? x.w[i] : less.w[i];
    }
    return less;
}

DEVICE_FUNCTION el el_add(el a, el b)
{
    ulong sum = 0;
    UNROLL
    for (uint i = 0; i < 8; i++) {
        sum += (ulong)a.w[i] + b.w[i];
        a.w[i] = (uint)sum;
        sum >>= 32;
    }
    return reduce_once(a);
}

/* a b / 2^256 mod p, row by row; the modulus's top word is so small that no row carries into a ninth word. */
DEVICE_FUNCTION el el_mul(el a, el b)
{
    el t;
    UNROLL
    for (uint i = 0; i < 8; i++) {
        t.w[i] = 0;
    }
    for (uint i = 0; i < 8; i++) {
        ulong sum = (ulong)a.w[0] * b.w[i] + t.w[0];
        const uint m = (uint)sum * MODULUS_INVERSE;
        ulong cleared = (ulong)m * modulus[0] + (uint)sum;
        UNROLL
        for (uint j = 1; j < 8; j++) {
            sum = (ulong)a.w[j] * b.w[i] + t.w[j] + (sum >> 32);
            cleared = (ulong)m * modulus[j] + (uint)sum + (cleared >> 32);
            t.w[j - 1] = (uint)cleared;
        }
        t.w[7] = (uint)((sum >> 32) + (cleared >> 32));
    }
    return reduce_once(t);
}

DEVICE_FUNCTION el el_power(el x)
{
    const el square = el_mul(x, x);
    return el_mul(el_mul(square, square), x);
}

#if defined(__OPENCL_VERSION__) || defined(__OPENCL_C_VERSION__)
DEVICE_FUNCTION el el_table(__constant const uint *words)
#else
DEVICE_FUNCTION el el_table(const uint *words)
#endif
{
    el x;
    UNROLL
    for (uint i = 0; i < 8; i++) {
        x.w[i] = words[i];
    }
    return x;
}

#define el_dot(sum, d, x) el_add(sum, el_mul(d, x))

DEVICE_FUNCTION el el_load(GLOBAL const uint *words, uint given)
{
    el x;
    UNROLL
    for (uint i = 0; i < 8; i++) {
        x.w[i] = given ? little_endian(words[i]) : 0;
    }
    return el_mul(x, el_table(modulus_square));
}

DEVICE_FUNCTION void el_store(GLOBAL uint *words, el x)
{
    el one;
    UNROLL
    for (uint i = 0; i < 8; i++) {
        one.w[i] = i == 0;
    }
    x = el_mul(x, one);
    UNROLL
    for (uint i = 0; i < 8; i++) {
        words[i] = little_endian(x.w[i]);
    }
}

DEVICE_FUNCTION uint row_words_below(GLOBAL const uint *words)
{
    ulong borrow = 0;
    UNROLL
    for (uint i = 0; i < 8; i++) {
        borrow = ((ulong)little_endian(words[i]) - modulus[i] - borrow) >> 63;
    }
    return (uint)borrow;
}

#include "poseidon2.h"

#endif
