/* SPDX-License-Identifier: Apache-2.0 */
/* weierstrass_formulas.h over the toy field, for any of the compilers of platform.h: y^2 = x^3 + 7 modulo 79, a group of
 * 67 points. Points come and go as three bytes X, Y, Z of Jacobian coordinates. NDRange n, local size 64. */
#include "../../kernels/platform.h"

#define TOY_P 79
#define CURVE_B 7
#include "../../csrc/field/fe_toy.h"

FE_FN void curve_beta(fe *r)
{
    fe_set_int(r, 23); /* 23^3 = 12167 = 1 mod 79 */
}

#include "../../csrc/curve/weierstrass_formulas.h"

DEVICE_FUNCTION void read_fe(fe *r, GLOBAL const uchar *at)
{
    GLOBAL const uchar *from[LANES];
    mask below;
    from[0] = at;
    fe_from_rows(r, from, &below);
}

DEVICE_FUNCTION void write_fe(GLOBAL uchar *at, const fe *a)
{
    GLOBAL uchar *to[LANES];
    to[0] = at;
    fe_to_rows(to, a);
}

DEVICE_FUNCTION void read_point(curve_jacobian *r, GLOBAL const uchar *points, uint i)
{
    read_fe(&r->x, points + 3 * i);
    read_fe(&r->y, points + 3 * i + 1);
    read_fe(&r->z, points + 3 * i + 2);
}

DEVICE_FUNCTION void write_point(GLOBAL uchar *points, uint i, const curve_jacobian *p)
{
    write_fe(points + 3 * i, &p->x);
    write_fe(points + 3 * i + 1, &p->y);
    write_fe(points + 3 * i + 2, &p->z);
}

/* ordinates[i] = y of the point of abscissa wanted[2 i], odd where wanted[2 i + 1] says so; exists[i] = whether there is
 * one, + 2 where the result lies on the curve. */
KERNEL void weierstrass_toy_lift(GLOBAL uchar *ordinates, GLOBAL uchar *exists, GLOBAL const uchar *wanted, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    fe x;
    curve_affine p;
    mask found;
    read_fe(&x, wanted + 2 * i);
    found = curve_lift_x(&p, &x, mask_from_bits(wanted[2 * i + 1]));
    write_fe(ordinates + i, &p.y);
    exists[i] = (uchar)(mask_bits(found) | mask_bits(curve_holds(&p)) << 1);
}

/* complete, simple, mixed [i] = left[i] + right[i] by curve_add_complete, curve_add and curve_add_mixed, which takes X
 * and Y of right[i] for an affine point; doubled[i] = 2 left[i]. flags[i]: 1 curve_add failed, 2 curve_add_mixed failed,
 * 4 left[i] has the affine abscissa X of right[i]. */
KERNEL void weierstrass_toy_add(GLOBAL uchar *complete, GLOBAL uchar *simple, GLOBAL uchar *mixed, GLOBAL uchar *doubled,
                              GLOBAL uchar *flags, GLOBAL const uchar *left, GLOBAL const uchar *right, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    curve_jacobian p, q, r;
    curve_affine affine;
    mask failed;
    read_point(&p, left, i);
    read_point(&q, right, i);
    curve_add_complete(&r, &p, &q);
    write_point(complete, i, &r);
    failed = curve_add(&r, &p, &q);
    write_point(simple, i, &r);
    flags[i] = (uchar)mask_bits(failed);
    affine.x = q.x;
    affine.y = q.y;
    failed = curve_add_mixed(&r, &p, &affine);
    write_point(mixed, i, &r);
    flags[i] |= (uchar)(mask_bits(failed) << 1 | mask_bits(curve_x_is(&p, &q.x)) << 2);
    curve_double(&r, &p);
    write_point(doubled, i, &r);
}

/* multiples[8 i + k]: 2 k + 1 times the affine point X, Y of points[i], with the Z that they have in common. */
KERNEL void weierstrass_toy_multiples(GLOBAL uchar *multiples, GLOBAL const uchar *points, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    curve_jacobian p;
    curve_affine affine, odd[CURVE_TABLE_SIZE];
    fe z;
    int k;
    read_point(&p, points, i);
    affine.x = p.x;
    affine.y = p.y;
    curve_common_multiples(odd, &z, &affine);
    for (k = 0; k < CURVE_TABLE_SIZE; k++) {
        p.x = odd[k].x;
        p.y = odd[k].y;
        p.z = z;
        write_point(multiples, i * CURVE_TABLE_SIZE + (uint)k, &p);
    }
}
