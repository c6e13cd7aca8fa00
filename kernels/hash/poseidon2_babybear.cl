/* SPDX-License-Identifier: Apache-2.0 */
/* Poseidon2 over BabyBear, p = 15 2^27 + 1, in Montgomery form (times 2^32). */
#define POSEIDON2_BABYBEAR
#include "../platform.h"

typedef uint el;
#define LAYER_UNROLL UNROLL
#define ELEMENT_WORDS 1u
#define MAX_T 24u
#define BABYBEAR_P 0x78000001u

DEVICE_FUNCTION el el_add(el a, el b)
{
    const uint sum = a + b;
    return sum < BABYBEAR_P ? sum : sum - BABYBEAR_P;
}

/* a b / 2^32; 0x88000001 p = 1 mod 2^32. */
DEVICE_FUNCTION el el_mul(el a, el b)
{
    const ulong product = (ulong)a * b;
    const ulong multiple = (ulong)((uint)product * 0x88000001u) * BABYBEAR_P;
    const uint high = (uint)(product >> 32);
    const uint less = (uint)(multiple >> 32);
    return high >= less ? high - less : high - less + BABYBEAR_P;
}

DEVICE_FUNCTION el el_power(el x)
{
    const el square = el_mul(x, x);
    return el_mul(el_mul(square, square), el_mul(square, x));
}

#define el_dot(sum, d, x) el_add(sum, el_mul(d, x))
#define el_table(words) (*(words))

/* 2^64 mod p makes the Montgomery form. */
#define el_load(words, given) ((given) ? el_mul(little_endian(*(words)), 0x45dddde3u) : 0u)
#define el_store(words, x) (*(words) = little_endian(el_mul(x, 1u)))
#define row_words_below(words) (little_endian(*(words)) < BABYBEAR_P ? 1u : 0u)

#include "poseidon2.h"

DEVICE_FUNCTION TABLE babybear_set(uint set)
{
    switch (set) {
    case 0:
        return poseidon2_babybear_t16_horizenlabs;
    case 1:
        return poseidon2_babybear_t16_plonky3;
    case 2:
        return poseidon2_babybear_t16_plonky3_seed1;
    case 3:
        return poseidon2_babybear_t16_gnark;
    case 4:
        return poseidon2_babybear_t24_horizenlabs;
    case 5:
        return poseidon2_babybear_t24_plonky3;
    case 6:
        return poseidon2_babybear_t24_plonky3_seed1;
    default:
        return poseidon2_babybear_t24_gnark;
    }
}

/* Digests of n rows of 16 elements under set 0 .. 3; *refused is set where an element is not below p.
 * Shapes: rows packed, 64 bytes each; digests n x outputs elements.
 * NDRange: n rounded up to the local size, local size 64, 64 registers.
 * Limit: 772 products of 32 bits a row. An H100 takes 0.17 to 0.18 ms for 2^18 rows. */
KERNEL void hash_poseidon2_babybear_16(GLOBAL uint *digests, GLOBAL uint *refused,
                                       GLOBAL const uint *data, uint set, uint absorbed, uint first,
                                       uint outputs, uint feed_forward, uint n)
{
    const uint i = global_id();
    const poseidon2_mode mode = {absorbed, first, outputs, feed_forward};
    if (i < n) {
        poseidon2_row(digests, refused, data, babybear_set(set), 16, mode, i);
    }
}

/* The same of rows of 24 elements, 96 bytes each, under set 4 .. 7.
 * NDRange: n rounded up to the local size, local size 64, 96 registers.
 * Limit: 1356 products of 32 bits a row. An H100 takes 0.28 to 0.30 ms for 2^18 rows. */
KERNEL void hash_poseidon2_babybear_24(GLOBAL uint *digests, GLOBAL uint *refused,
                                       GLOBAL const uint *data, uint set, uint absorbed, uint first,
                                       uint outputs, uint feed_forward, uint n)
{
    const uint i = global_id();
    const poseidon2_mode mode = {absorbed, first, outputs, feed_forward};
    if (i < n) {
        poseidon2_row(digests, refused, data, babybear_set(set), 24, mode, i);
    }
}
