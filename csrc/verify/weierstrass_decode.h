/* SPDX-License-Identifier: Apache-2.0 */
/* Encodings become points, LANES at once. Before: a field header, the constants of a curve, weierstrass_formulas.h. */
#ifndef PA_VERIFY_WEIERSTRASS_DECODE_H
#define PA_VERIFY_WEIERSTRASS_DECODE_H

#include <stdbool.h>
#include <stddef.h>

/* points[i] = x, y, plain numbers, of the coordinates at x[i], y[i], FE_BYTES big-endian; y NULL: of x[i] alone and the parity in
 * bit i of odd. Returned: lanes that are points of the curve, coordinates below the prime; the others hold G. */
static unsigned int weierstrass_decode(row *const points[LANES],
                                       const unsigned char *const x[LANES],
                                       const unsigned char *const y[LANES], unsigned int odd)
{
    row *to_x[LANES], *to_y[LANES];
    curve_affine p, generator;
    mask x_below, y_below, valid;
    for (int i = 0; i < LANES; i++) {
        to_x[i] = &points[i][0];
        to_y[i] = &points[i][1];
    }
    fe_from_rows(&p.x, x, &x_below);
    if (y == NULL) {
        valid = curve_lift_x(&p, &p.x, mask_from_bits(odd));
    } else {
        fe_from_rows(&p.y, y, &y_below);
        valid = mask_and(y_below, curve_holds(&p));
    }
    valid = mask_and(valid, x_below);
    curve_generator(&generator.x, &generator.y);
    fe_select(&p.x, valid, &p.x, &generator.x);
    fe_select(&p.y, valid, &p.y, &generator.y);
    fe_leave(&p.x, &p.x);
    fe_leave(&p.y, &p.y);
    fe_scatter(to_x, &p.x);
    fe_scatter(to_y, &p.y);
    return mask_bits(valid);
}

#endif
