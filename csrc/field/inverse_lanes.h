/* SPDX-License-Identifier: Apache-2.0 */
/* One inversion for all lanes of an element. Include a field first, and say FE_MODULUS, the
 * pa_modulus256 (pa_modulus384 where rows have six words) of its prime; without it (toy fields)
 * lanes are inverted by the field's own power.
 *
 * Form:   a product of all lanes stands in each of them after log2 LANES products with lanes moved
 *         round by 1, 2, 4, ..; it is inverted once, outside of the lanes, and times the product
 *         of the others, which the same moves give, is the inverse of a lane:
 *             p' = p moved(p), rest' = rest moved(p).
 * Costs:  2 log2 LANES products and an inversion of 256 bits, some 40 products of eight lanes,
 *         instead of 270 for the power. */
#ifndef PA_FIELD_INVERSE_LANES_H
#define PA_FIELD_INVERSE_LANES_H

#ifdef FE_MODULUS
#if ROW_WORDS == 4
#include "inverse256.h"
#define FE_INVERSE pa_inverse256
#else
#include "inverse384.h"
#define FE_INVERSE pa_inverse384
#endif

/* Lane i of r = lane i + n mod LANES of a, of any magnitude. */
FE_FN void fe_moved(fe *r, const fe *a, int n)
{
    row rows[LANES], *to[LANES];
    const row *from[LANES];
    for (int i = 0; i < LANES; i++) {
        to[i] = &rows[i];
        from[i] = &rows[(i + n) % LANES];
    }
    fe_scatter(to, a);
    fe_gather(r, from);
}
#endif

/* r = 1 / a in every lane; 0 in all of them where one is 0. r may be a.
 * Before: a ready to be a factor.
 * After:  magnitude 1. */
FE_FN void fe_inv_lanes(fe *r, const fe *a)
{
#ifdef FE_MODULUS
    fe product = *a, rest, moved;
    row inverse, *to[LANES];
    const row *from[LANES];
    for (int n = 1; n < LANES; n *= 2) {
        fe_moved(&moved, &product, n);
        if (n == 1) {
            rest = moved;
        } else {
            fe_mul(&rest, &rest, &moved);
        }
        fe_mul(&product, &product, &moved);
    }
    row rows[LANES];
    for (int i = 0; i < LANES; i++) {
        to[i] = &rows[i];
        from[i] = &inverse;
    }
    fe_leave(&product, &product);
    fe_scatter(to, &product);
    FE_INVERSE(inverse.word, rows[0].word, &FE_MODULUS);
    fe_gather(&moved, from);
    fe_enter(&moved, &moved);
    if (LANES > 1) {
        fe_mul(r, &rest, &moved);
    } else {
        *r = moved;
    }
#else
    fe_inv(r, a);
#endif
}

#endif
