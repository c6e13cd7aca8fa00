/* SPDX-License-Identifier: Apache-2.0 */
/* Encodings become points of secp256k1, LANES at once. Before: a field header. */
#ifndef PA_VERIFY_SECP256K1_DECODE_H
#define PA_VERIFY_SECP256K1_DECODE_H

#include "../curve/secp256k1_constants.h"
#include "../curve/weierstrass_formulas.h"
#include "secp256k1.h"

/* Points of LANES encodings, all of one kind: x alone where lift says so, else x and y. Returned:
 * lanes that are points of the curve, coordinates below the prime; the others hold G. */
static unsigned int secp256k1_decode(row *const points[LANES],
                                     const pa_secp256k1_encoding *const encodings[LANES], bool lift)
{
    const unsigned char *x[LANES], *y[LANES];
    row *to_x[LANES], *to_y[LANES];
    unsigned int odd_bits = 0;
    for (int i = 0; i < LANES; i++) {
        x[i] = encodings[i]->x;
        y[i] = encodings[i]->y;
        to_x[i] = &points[i][0];
        to_y[i] = &points[i][1];
        odd_bits |= (unsigned int)encodings[i]->odd << i;
    }
    curve_affine p, generator;
    mask x_below, y_below, valid;
    fe_from_rows(&p.x, x, &x_below);
    if (lift) {
        valid = curve_lift_x(&p, &p.x, mask_from_bits(odd_bits));
    } else {
        fe_from_rows(&p.y, y, &y_below);
        valid = mask_and(y_below, curve_holds(&p));
    }
    valid = mask_and(valid, x_below);
    curve_generator(&generator.x, &generator.y);
    fe_select(&p.x, valid, &p.x, &generator.x);
    fe_select(&p.y, valid, &p.y, &generator.y);
    fe_scatter(to_x, &p.x);
    fe_scatter(to_y, &p.y);
    return mask_bits(valid);
}

#endif
