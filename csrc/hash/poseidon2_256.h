/* SPDX-License-Identifier: Apache-2.0 */
/* poseidon2 over fields of 254 and 255 bits: what one file a field makes of it, once a level.
 *
 * Shapes: t = 2, 3 or 4 elements of four 64-bit words.
 * Form:   S-box x^5, 8 external and 56 internal rounds: 3 (8 t + 56) products, 240 of t = 3.
 *
 * Defined by the includer: the modulus as field/montgomery256.h wants it. */
#ifndef PA_HASH_POSEIDON2_256_H
#define PA_HASH_POSEIDON2_256_H

#include <string.h>

#include "../field/montgomery256.h"

typedef uint64_t element[4];
typedef fe256 el;

#define el_add fe256_add

FE256_FN el el_power(el x)
{
    const el square = fe256_mul(x, x);
    return fe256_mul(fe256_mul(square, square), x);
}

FE256_FN el el_set1(const element *constant)
{
    el x;
    memcpy(x.word, *constant, sizeof x.word);
    return x;
}

FE256_FN el el_dot(el sum, const element *d, el x)
{
    return fe256_add(sum, fe256_mul(el_set1(d), x));
}

FE256_FN el el_sum(const el *x, unsigned t)
{
    el sum = x[0];
    for (unsigned i = 1; i < t; i++) {
        sum = fe256_add(sum, x[i]);
    }
    return sum;
}

/* Elements are long enough: calls and loops cost nothing beside their products. */
#define POSEIDON2_LAYER static __attribute__((noinline))
#include "poseidon2_rounds.h"

#define PA_PASTE(a, b) a##b
#define PA_PASTED(a, b) PA_PASTE(a, b)
/* stem_portable, stem_adx */
#define PA_VARIANT(stem) PA_PASTED(stem, PYACCEL_SUFFIX)

static void permute(void *state, const pa_poseidon2_set *set)
{
    static const el one = {{1, 0, 0, 0}};
    el *x = state;
    for (unsigned i = 0; i < set->t; i++) {
        x[i] = fe256_mul(x[i], fe256_square);
    }
    permute_state(x, set, set->t, false);
    for (unsigned i = 0; i < set->t; i++) {
        x[i] = fe256_mul(x[i], one);
    }
}

#endif
