/* SPDX-License-Identifier: Apache-2.0 */
/* Poseidon2 over Goldilocks, p = 2^64 - 2^32 + 1; elements are below p. */
#define POSEIDON2_GOLDILOCKS
#include "../platform.h"

typedef ulong el;
#define LAYER_UNROLL UNROLL
#define ELEMENT_WORDS 2u
#define MAX_T 12u
#define GOLDILOCKS_P 0xffffffff00000001ul
#define GOLDILOCKS_FOLD 0xfffffffful /* 2^64 mod p */

DEVICE_FUNCTION el el_add(el a, el b)
{
    const ulong sum = a + b;
    return sum < a || sum >= GOLDILOCKS_P ? sum - GOLDILOCKS_P : sum;
}

/* 2^96 = -1 mod p. */
DEVICE_FUNCTION el el_mul(el a, el b)
{
    const ulong low = a * b;
    const ulong high = multiply_high(a, b);
    const ulong top = high >> 32;
    const ulong middle = (high & 0xfffffffful) * GOLDILOCKS_FOLD;
    const ulong less = low - top - (low < top ? GOLDILOCKS_FOLD : 0);
    const ulong sum = less + middle;
    const ulong folded = sum + (sum < middle ? GOLDILOCKS_FOLD : 0);
    return folded >= GOLDILOCKS_P ? folded - GOLDILOCKS_P : folded;
}

DEVICE_FUNCTION el el_power(el x)
{
    const el square = el_mul(x, x);
    return el_mul(el_mul(square, square), el_mul(square, x));
}

#define el_dot(sum, d, x) el_add(sum, el_mul(d, x))
#define el_table(words) ((ulong)(words)[1] << 32 | (words)[0])
#define row_number(words) ((ulong)little_endian((words)[1]) << 32 | little_endian((words)[0]))
#define el_load(words, given) ((given) ? row_number(words) : 0ul)
#define row_words_below(words) (row_number(words) < GOLDILOCKS_P ? 1u : 0u)

DEVICE_FUNCTION void el_store(GLOBAL uint *words, el x)
{
    words[0] = little_endian((uint)x);
    words[1] = little_endian((uint)(x >> 32));
}

#include "poseidon2.h"

/* Digests of n rows of 8 elements; *refused is set where an element is not below p.
 * Shapes: rows packed, 64 bytes each; digests n x outputs elements.
 * NDRange: n rounded up to the local size, local size 64, 128 registers.
 * Limit: 464 products of 64 bits a row. An H100 takes 0.34 ms for 2^18 rows. */
KERNEL void hash_poseidon2_goldilocks_8(GLOBAL uint *digests, GLOBAL uint *refused,
                                        GLOBAL const uint *data, uint set, uint absorbed, uint first,
                                        uint outputs, uint feed_forward, uint n)
{
    const uint i = global_id();
    const poseidon2_mode mode = {absorbed, first, outputs, feed_forward};
    if (i < n && set == 0) {
        poseidon2_row(digests, refused, data, poseidon2_goldilocks_t8_horizenlabs, 8, mode, i);
    }
}

/* The same of rows of 12 elements, 96 bytes each.
 * NDRange: n rounded up to the local size, local size 64, 128 registers.
 * Limit: 736 products of 64 bits a row. An H100 takes 0.54 ms for 2^18 rows. */
KERNEL void hash_poseidon2_goldilocks_12(GLOBAL uint *digests, GLOBAL uint *refused,
                                         GLOBAL const uint *data, uint set, uint absorbed,
                                         uint first, uint outputs, uint feed_forward, uint n)
{
    const uint i = global_id();
    const poseidon2_mode mode = {absorbed, first, outputs, feed_forward};
    if (i < n && set == 0) {
        poseidon2_row(digests, refused, data, poseidon2_goldilocks_t12_horizenlabs, 12, mode, i);
    }
}
