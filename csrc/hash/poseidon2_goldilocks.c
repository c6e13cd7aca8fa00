/* SPDX-License-Identifier: Apache-2.0 */
/* Poseidon2 over Goldilocks, one state at a time. */
#include "../field/goldilocks.h"

typedef uint64_t element;
typedef uint64_t el;
#define word_add(x, y) ((x) + (y))
#define word_sub(x, y) ((x) - (y))
#define word_shl(x, n) ((x) << (n))
#define word_shr(x, n) ((x) >> (n))
#define word_and(x, y) ((x) & (y))
#define word_set1(x) ((uint64_t)(x))
#define el_add goldilocks_add
#define el_set1(constant) (*(constant))
#define el_canonical goldilocks_canonical

static inline el el_mul(el a, el b)
{
    return goldilocks_reduce((pa_u128)a * b);
}

/* (2^64 - 1) p and a word make less than 2^128. */
static inline el el_dot(el sum, const element *d, el x)
{
    return goldilocks_reduce((pa_u128)*d * x + sum);
}

#include "poseidon2_goldilocks.h"

const struct pa_poseidon2 pa_poseidon2_goldilocks_portable = {permute, 1, 7900};
