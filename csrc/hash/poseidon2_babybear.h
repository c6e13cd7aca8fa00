/* SPDX-License-Identifier: Apache-2.0 */
/* Poseidon2 over BabyBear, S-box x^7: what one element and lanes have alike.
 *
 * Defined by the includer, but for what field/babybear.h gives: el, LANES, el_add, el_mul, el_set1, el_number (a number
 * in every lane). */
#ifndef PA_HASH_POSEIDON2_BABYBEAR_H
#define PA_HASH_POSEIDON2_BABYBEAR_H

#include "poseidon2.h"

#define POSEIDON2_INLINE static inline __attribute__((always_inline, unused))

POSEIDON2_INLINE el el_power(el x)
{
    const el square = el_mul(x, x);
    return el_mul(el_mul(square, square), el_mul(square, x));
}

POSEIDON2_INLINE el el_dot(el sum, const element *d, el x)
{
    return el_add(sum, el_mul(el_set1(d), x));
}

/* As a tree, so that additions don't wait for each other. */
POSEIDON2_INLINE el el_sum(const el *x, unsigned t)
{
    el sum[4] = {x[0], x[1], x[2], x[3]};
    for (unsigned i = 4; i < t; i++) {
        sum[i % 4] = el_add(sum[i % 4], x[i]);
    }
    return el_add(el_add(sum[3], sum[2]), el_add(sum[1], sum[0]));
}

#include "poseidon2_rounds.h"

POSEIDON2_INLINE void permute_lanes(el *state, const pa_poseidon2_set *set, unsigned t,
                                    bool circulant)
{
    el x[24];
    for (unsigned i = 0; i < t; i++) {
        x[i] = el_mul(state[i], el_number(BABYBEAR_SQUARE));
    }
    permute_state(x, set, t, circulant);
    for (unsigned i = 0; i < t; i++) {
        state[i] = el_mul(x[i], el_number(1));
    }
}

/* A copy of the text for each shape, so that loops over the state are written out. */
static __attribute__((noinline)) void permute_16(el *state, const pa_poseidon2_set *set)
{
    permute_lanes(state, set, 16, false);
}

static __attribute__((noinline)) void permute_16_circulant(el *state, const pa_poseidon2_set *set)
{
    permute_lanes(state, set, 16, true);
}

static __attribute__((noinline)) void permute_24(el *state, const pa_poseidon2_set *set)
{
    permute_lanes(state, set, 24, false);
}

static __attribute__((noinline)) void permute_24_circulant(el *state, const pa_poseidon2_set *set)
{
    permute_lanes(state, set, 24, true);
}

static void permute(void *state, const pa_poseidon2_set *set)
{
    if (set->t == 16) {
        (set->circulant ? permute_16_circulant : permute_16)(state, set);
    } else {
        (set->circulant ? permute_24_circulant : permute_24)(state, set);
    }
}

#endif
