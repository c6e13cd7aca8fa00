/* SPDX-License-Identifier: Apache-2.0 */
/* Goldilocks, p = 2^64 - 2^32 + 1: one element in any 64-bit word that is congruent to it. 2^64 = GOLDILOCKS_FOLD and
 * 2^96 = -1 mod p. */
#ifndef PA_FIELD_GOLDILOCKS_H
#define PA_FIELD_GOLDILOCKS_H

#include "words.h"

#define GOLDILOCKS_P 0xffffffff00000001u
#define GOLDILOCKS_FOLD 0xffffffffu

/* a + b, where one of them is below p: then the fold carries no more. */
static inline uint64_t goldilocks_add(uint64_t a, uint64_t b)
{
    const uint64_t sum = a + b;
    return sum + (sum < a ? GOLDILOCKS_FOLD : 0);
}

/* x mod p, of words w0, w1, w2 of 64, 32 and 32 bits: w0 + w1 2^64 + w2 2^96. */
static inline uint64_t goldilocks_reduce(pa_u128 x)
{
    const uint64_t low = (uint64_t)x;
    const uint64_t middle = (uint32_t)(x >> 64);
    const uint64_t high = (uint64_t)(x >> 96);
    const uint64_t less = low - high;
    /* After a borrow at least 2^64 - 2^32 is left. */
    const uint64_t a = less - (low < high ? GOLDILOCKS_FOLD : 0);
    const uint64_t b = (middle << 32) - middle;
    const uint64_t sum = a + b;
    /* b is at most (2^32 - 1)^2: after a carry the fold carries no more. */
    return sum + (sum < b ? GOLDILOCKS_FOLD : 0);
}

static inline uint64_t goldilocks_canonical(uint64_t x)
{
    return x < GOLDILOCKS_P ? x : x - GOLDILOCKS_P;
}

#endif
