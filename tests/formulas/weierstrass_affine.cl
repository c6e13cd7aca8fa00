/* SPDX-License-Identifier: Apache-2.0 */
/* weierstrass_affine_formulas.h over the toy field, as weierstrass.cl has it: points come and go as two bytes x, y. NDRange n,
 * local size 64. */
#include "../../kernels/platform.h"

#define TOY_P 79
#define CURVE_B 7
#include "../../csrc/field/fe_toy.h"

#include "../../csrc/curve/weierstrass_formulas.h"

#include "../../csrc/curve/weierstrass_affine_formulas.h"

DEVICE_FUNCTION void read_affine(curve_affine *r, GLOBAL const uchar *points, uint i)
{
    GLOBAL const uchar *x[LANES], *y[LANES];
    mask below;
    x[0] = points + 2 * i;
    y[0] = points + 2 * i + 1;
    fe_from_rows(&r->x, x, &below);
    fe_from_rows(&r->y, y, &below);
}

/* sums[i] = p[i] + q[i], whose abscissas differ. */
KERNEL void weierstrass_toy_affine_add(GLOBAL uchar *sums, GLOBAL const uchar *p, GLOBAL const uchar *q, uint n)
{
    const uint i = global_id();
    curve_affine a, b, sum;
    fe denominator;
    GLOBAL uchar *x[LANES], *y[LANES];
    if (i >= n) {
        return;
    }
    read_affine(&a, p, i);
    read_affine(&b, q, i);
    curve_affine_denominator(&denominator, &a.x, &b.x);
    fe_inv(&denominator, &denominator);
    curve_affine_add(&sum, &a, &b, &denominator);
    x[0] = sums + 2 * i;
    y[0] = sums + 2 * i + 1;
    fe_to_rows(x, &sum.x);
    fe_to_rows(y, &sum.y);
}
