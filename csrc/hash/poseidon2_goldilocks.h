/* SPDX-License-Identifier: Apache-2.0 */
/* Poseidon2 over Goldilocks, S-box x^7: what one element and lanes have alike.
 *
 * Elements are any 64-bit words congruent to them. External layers and sums go by 32-bit halves, where nothing carries,
 * and are folded once.
 *
 * Defined by the includer: el; word_add, word_sub, word_shl, word_shr (of 64-bit words, modulo 2^64), word_and, word_set1;
 * el_add (one summand below p), el_mul, el_set1, el_canonical; halves, el_dot (sum as halves). */
#ifndef PA_HASH_POSEIDON2_GOLDILOCKS_H
#define PA_HASH_POSEIDON2_GOLDILOCKS_H

#include "poseidon2.h"

#define POSEIDON2_INLINE static inline __attribute__((always_inline, unused))

POSEIDON2_INLINE el el_power(el x)
{
    const el square = el_mul(x, x);
    return el_mul(el_mul(square, square), el_mul(square, x));
}

/* low + 2^32 high, both below 2^40, below 2^64: 2^64 in high is folded first. */
POSEIDON2_INLINE el fold_halves(el low, el high)
{
    const el top = word_shr(high, 32);
    const el folded = word_add(low, word_sub(word_shl(top, 32), top)); /* below 2^41: below p */
    return el_add(word_shl(high, 32), folded);
}

/* y = M4 y on numbers that nothing reduces: coefficients of a row sum to 16 at most. */
POSEIDON2_INLINE void multiply_m4(el *y, bool circulant)
{
    const el low = word_add(y[0], y[1]);
    const el high = word_add(y[2], y[3]);
    if (circulant) {
        const el all = word_add(low, high);
        const el one = word_add(all, y[1]);
        const el three = word_add(all, y[3]);
        y[3] = word_add(word_shl(y[0], 1), three);
        y[1] = word_add(word_shl(y[2], 1), one);
        y[0] = word_add(low, one);
        y[2] = word_add(high, three);
        return;
    }
    const el a = word_add(word_shl(y[1], 1), high);
    const el b = word_add(word_shl(y[3], 1), low);
    y[3] = word_add(word_shl(high, 2), b);
    y[1] = word_add(word_shl(low, 2), a);
    y[0] = word_add(b, y[1]);
    y[2] = word_add(a, y[3]);
}

/* circ(2 M4, M4, ..) y: halves stay below 16 (1 + t / 4) 2^32 < 2^39. */
POSEIDON2_INLINE void external_halves(el *y, unsigned t, bool circulant)
{
    for (unsigned i = 0; i < t; i += 4) {
        multiply_m4(y + i, circulant);
    }
    for (unsigned j = 0; j < 4; j++) {
        el sum = y[j];
        for (unsigned i = j + 4; i < t; i += 4) {
            sum = word_add(sum, y[i]);
        }
        for (unsigned i = j; i < t; i += 4) {
            y[i] = word_add(y[i], sum);
        }
    }
}

#define PA_OWN_EXTERNAL
POSEIDON2_INLINE void el_external(el *x, unsigned t, bool circulant)
{
    el low[12], high[12];
    for (unsigned i = 0; i < t; i++) {
        low[i] = word_and(x[i], word_set1(0xffffffff));
        high[i] = word_shr(x[i], 32);
    }
    external_halves(low, t, circulant);
    external_halves(high, t, circulant);
    for (unsigned i = 0; i < t; i++) {
        x[i] = fold_halves(low[i], high[i]);
    }
}

POSEIDON2_INLINE el el_sum(const el *x, unsigned t)
{
    el low = word_and(x[0], word_set1(0xffffffff));
    el high = word_shr(x[0], 32);
    for (unsigned i = 1; i < t; i++) {
        low = word_add(low, word_and(x[i], word_set1(0xffffffff)));
        high = word_add(high, word_shr(x[i], 32));
    }
    return fold_halves(low, high);
}

#include "poseidon2_rounds.h"

POSEIDON2_INLINE void permute_lanes(el *state, const pa_poseidon2_set *set, unsigned t)
{
    el x[12];
    for (unsigned i = 0; i < t; i++) {
        x[i] = state[i];
    }
    permute_state(x, set, t, false);
    for (unsigned i = 0; i < t; i++) {
        state[i] = el_canonical(x[i]);
    }
}

/* A copy of the text for each width, so that loops over the state are written out. */
static __attribute__((noinline)) void permute_8(el *state, const pa_poseidon2_set *set)
{
    permute_lanes(state, set, 8);
}

static __attribute__((noinline)) void permute_12(el *state, const pa_poseidon2_set *set)
{
    permute_lanes(state, set, 12);
}

static void permute(void *state, const pa_poseidon2_set *set)
{
    (set->t == 8 ? permute_8 : permute_12)(state, set);
}

#endif
