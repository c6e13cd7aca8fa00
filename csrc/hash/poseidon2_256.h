/* SPDX-License-Identifier: Apache-2.0 */
/* poseidon2 over fields of 254 and 255 bits: what one file a field makes of it, once a level.
 *
 * Shapes: t = 2, 3 or 4 elements of four 64-bit words.
 * Form:   S-box x^5, 8 external and 56 internal rounds: 3 (8 t + 56) products, 240 of t = 3.
 * Floor:  with mulx 240 products of 36 multiplications: 8640 cycles of t = 3 at one a cycle.
 * Now:    20,500 cycles a state of t = 3 on a Zen 3 core, two at a time; one alone took 27,000. Additions with carry are
 *         the bound. (gnark-crypto v0.19.2: 27,500; zkhash 0.2.0: 34,600.)
 * Lost:   128-bit C, twice to three times as long; copies of elements through vector registers, which wait for the
 *         stores of their words.
 * Open:   squares by their own text, 10 multiplications for 16.
 *
 * Defined by the includer: the modulus as field/montgomery256.h wants it. */
#ifndef PA_HASH_POSEIDON2_256_H
#define PA_HASH_POSEIDON2_256_H

#include <string.h>

#include "../core/variant_name.h"
#include "../field/montgomery256.h"

/* Two states at a time: an internal round is a chain of products, which leaves room for another one's. */
#define LANES 2

typedef uint64_t element[4];
typedef struct {
    fe256 lane[LANES];
} el;

/* r = operation of each lane */
#define EACH_LANE(r, operation)                                                                    \
    for (unsigned l = 0; l < LANES; l++) {                                                         \
        (r).lane[l] = operation;                                                                   \
    }

FE256_FN el el_add(el a, el b)
{
    EACH_LANE(a, fe256_add(a.lane[l], b.lane[l]))
    return a;
}

FE256_FN el el_power(el x)
{
    el y;
    EACH_LANE(y, fe256_mul(x.lane[l], x.lane[l]))
    EACH_LANE(y, fe256_mul(y.lane[l], y.lane[l]))
    EACH_LANE(y, fe256_mul(y.lane[l], x.lane[l]))
    return y;
}

FE256_FN el el_set1(const element *constant)
{
    el x;
    for (unsigned l = 0; l < LANES; l++) {
        memcpy(x.lane[l].word, *constant, sizeof x.lane[l].word);
    }
    return x;
}

FE256_FN el el_dot(el sum, const element *d, el x)
{
    const el constant = el_set1(d);
    EACH_LANE(x, fe256_add(sum.lane[l], fe256_mul(constant.lane[l], x.lane[l])))
    return x;
}

FE256_FN el el_sum(const el *x, unsigned t)
{
    el sum = x[0];
    for (unsigned i = 1; i < t; i++) {
        sum = el_add(sum, x[i]);
    }
    return sum;
}

/* Elements are long enough: calls and loops cost nothing beside their products. */
#define POSEIDON2_LAYER static __attribute__((noinline))
#include "poseidon2_rounds.h"

static void permute(void *state, const pa_poseidon2_set *set)
{
    static const fe256 one = {{1, 0, 0, 0}};
    el *x = state;
    for (unsigned i = 0; i < set->t; i++) {
        EACH_LANE(x[i], fe256_mul(x[i].lane[l], fe256_square))
    }
    permute_state(x, set, set->t, false);
    for (unsigned i = 0; i < set->t; i++) {
        EACH_LANE(x[i], fe256_mul(x[i].lane[l], one))
    }
}

#endif
