/* SPDX-License-Identifier: Apache-2.0 */
/* A sum of multiples of points by interleaved signed digits, one doubling a bit for all;
 * branches on its data. Include a field of one lane and secp256k1_formulas.h first. */
#ifndef PA_VERIFY_SECP256K1_LADDER_H
#define PA_VERIFY_SECP256K1_LADDER_H

#include <stdint.h>

/* One multiple: sum digits[i] 2^i of a point P. An odd digit d stands for the multiple |d| P in
 * x[k step], y[k step], k = (|d| - 1) / 2, and for its opposite where d < 0. */
typedef struct {
    const int16_t *digits;
    int size;
    const row *x, *y;
    int step;
} ladder_term;

static void ladder_add(curve_jacobian *sum, const ladder_term *term, int digit)
{
    const int k = ((digit < 0 ? -digit : digit) - 1) / 2 * term->step;
    const row *const x[LANES] = {term->x + k};
    const row *const y[LANES] = {term->y + k};
    curve_affine p;
    fe_gather(&p.x, x);
    fe_gather(&p.y, y);
    if (digit < 0) {
        fe_neg(&p.y, &p.y, 1);
        fe_norm(&p.y, 2);
    }
    curve_jacobian next;
    if (mask_any(curve_add_mixed(&next, sum, &p))) {
        /* Infinite at the start, or a collision that somebody may have planted. */
        curve_jacobian q;
        fe_carry(&p.y, &p.y);
        curve_from_affine(&q, &p);
        curve_add_complete(sum, sum, &q);
    } else {
        *sum = next;
    }
}

/* *sum = the sum of count terms. */
static void ladder(curve_jacobian *sum, const ladder_term *terms, int count)
{
    int size = 0;
    for (int t = 0; t < count; t++) {
        size = terms[t].size > size ? terms[t].size : size;
    }
    curve_set_infinity(sum);
    for (int i = size - 1; i >= 0; i--) {
        curve_double(sum, sum);
        for (int t = 0; t < count; t++) {
            if (i < terms[t].size && terms[t].digits[i] != 0) {
                ladder_add(sum, &terms[t], terms[t].digits[i]);
            }
        }
    }
}

#endif
