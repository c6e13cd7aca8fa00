/* SPDX-License-Identifier: Apache-2.0 */
/* The Poseidon2 permutation over any field, in as many lanes as an element has.
 *
 * Grassi, Khovratovich, Schofnegger, 2023/323, figure 1: an external layer; 4 external rounds (constants, S-box on all
 * elements, external layer); internal rounds (a constant and the S-box on the first element, internal layer); 4 external
 * rounds. The external matrix is circ(2, 1, ..) of t = 2, 3, M4 of t = 4, circ(2 M4, M4, ..) above; the internal one is
 * all ones with a diagonal added.
 *
 * Defined by the includer, all by value and any aliasing allowed:
 *   element                                 what a table holds of one element
 *   el                                      LANES elements
 *   el el_add(el, el)  el el_power(el)      sum; x^5 or x^7
 *   el el_set1(const element *)             a constant in every lane
 *   el el_dot(el sum, const element *d, el x)     sum + d x
 *   el el_sum(const el *x, unsigned t)      sum of all
 * An el may be any number that is congruent to the element, where these functions take it.
 *   void el_external(el *x, unsigned t, bool circulant)   where PA_OWN_EXTERNAL is defined
 */
#ifndef PA_HASH_POSEIDON2_ROUNDS_H
#define PA_HASH_POSEIDON2_ROUNDS_H

#include "poseidon2.h"

/* What of the text is written out wherever it is called: all of it, unless the includer says otherwise. */
#ifndef POSEIDON2_LAYER
#define POSEIDON2_LAYER static inline __attribute__((always_inline, unused))
#endif

#ifndef PA_OWN_EXTERNAL
/* x = M4 x, in 8 additions and 4 doublings (2023/323, appendix B), or 7 and 2 (circulant). */
POSEIDON2_LAYER void multiply_m4(el *x, bool circulant)
{
    const el low = el_add(x[0], x[1]);
    const el high = el_add(x[2], x[3]);
    if (circulant) {
        const el all = el_add(low, high);
        const el one = el_add(all, x[1]);
        const el three = el_add(all, x[3]);
        x[3] = el_add(el_add(x[0], x[0]), three);
        x[1] = el_add(el_add(x[2], x[2]), one);
        x[0] = el_add(low, one);
        x[2] = el_add(high, three);
        return;
    }
    const el a = el_add(el_add(x[1], x[1]), high);
    const el b = el_add(el_add(x[3], x[3]), low);
    const el high2 = el_add(high, high);
    const el low2 = el_add(low, low);
    x[3] = el_add(el_add(high2, high2), b);
    x[1] = el_add(el_add(low2, low2), a);
    x[0] = el_add(b, x[1]);
    x[2] = el_add(a, x[3]);
}

POSEIDON2_LAYER void el_external(el *x, unsigned t, bool circulant)
{
    if (t < 4) {
        const el sum = el_sum(x, t);
        for (unsigned i = 0; i < t; i++) {
            x[i] = el_add(x[i], sum);
        }
        return;
    }
    for (unsigned i = 0; i < t; i += 4) {
        multiply_m4(x + i, circulant);
    }
    for (unsigned j = 0; t > 4 && j < 4; j++) {
        el sum = x[j];
        for (unsigned i = j + 4; i < t; i += 4) {
            sum = el_add(sum, x[i]);
        }
        for (unsigned i = j; i < t; i += 4) {
            x[i] = el_add(x[i], sum);
        }
    }
}
#endif

/* Times all ones, with the diagonal added: of t = 2, 3 it is 1, .., 1, 2 in every set. */
POSEIDON2_LAYER void el_internal(el *x, const element *diagonal, unsigned t)
{
    const el sum = el_sum(x, t);
    if (t < 4) {
        x[t - 1] = el_add(x[t - 1], x[t - 1]);
    }
    for (unsigned i = 0; i < t; i++) {
        x[i] = t < 4 ? el_add(sum, x[i]) : el_dot(sum, diagonal + i, x[i]);
    }
}

POSEIDON2_LAYER void external_rounds(el *x, const element *constants, unsigned t, bool circulant)
{
    for (unsigned r = 0; r < PA_POSEIDON2_HALF; r++) {
        for (unsigned i = 0; i < t; i++) {
            x[i] = el_power(el_add(x[i], el_set1(constants + r * t + i)));
        }
        el_external(x, t, circulant);
    }
}

/* t and circulant are constants wherever elements are so small that loops over them should be written out. */
POSEIDON2_LAYER void permute_state(el *x, const pa_poseidon2_set *set, unsigned t, bool circulant)
{
    const element *constants = set->constants;
    const element *diagonal = set->diagonal;
    el_external(x, t, circulant);
    external_rounds(x, constants, t, circulant);
    constants += PA_POSEIDON2_HALF * t;
    for (unsigned r = 0; r < set->internal_rounds; r++, constants++) {
        x[0] = el_power(el_add(x[0], el_set1(constants)));
        el_internal(x, diagonal, t);
    }
    external_rounds(x, constants, t, circulant);
}

#endif
