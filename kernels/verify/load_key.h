/* SPDX-License-Identifier: Apache-2.0 */
/* Encoded keys become points. Include a field, the curve's constants and weierstrass_formulas.h first. */
#ifndef PYACCEL_KERNEL_LOAD_KEY_H
#define PYACCEL_KERNEL_LOAD_KEY_H

#include "key_kinds.h"

/* p = the point of a key of this kind, 2 FE_BYTES at `encoded`, big-endian x and y; G, and 0 returned, where it is none. */
DEVICE_FUNCTION int load_key(curve_affine *p, GLOBAL const uchar *encoded, uint kind)
{
    GLOBAL const uchar *from[LANES];
    mask x_below, y_below;
    int valid;
    from[0] = encoded;
    fe_from_rows(&p->x, from, &x_below);
    if (kind <= KEY_WHOLE) {
        from[0] += FE_BYTES;
        fe_from_rows(&p->y, from, &y_below);
        valid = kind == KEY_WHOLE && mask_any(mask_and(y_below, curve_holds(p)));
    } else {
        const fe x = p->x;
        valid = mask_any(curve_lift_x(p, &x, mask_from_bits(kind == KEY_ODD)));
    }
    valid = valid && mask_any(x_below);
    if (!valid) {
        curve_generator(&p->x, &p->y);
    }
    return valid;
}

#endif
