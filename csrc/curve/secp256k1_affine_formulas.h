/* SPDX-License-Identifier: Apache-2.0 */
/* Sums of affine points of y^2 = x^3 + b, many with one inversion.
 *
 * Each sum has a denominator d and wants 1 / d. A first pass over all of them, curve_inverse_push, keeps
 * the product of those before each; after one inversion of the whole product a second pass, in the
 * opposite order, takes every 1 / d out of it with curve_inverse_pop. So a sum costs 5M + 1S and a
 * doubling 5M + 2S, next to 8M + 3S and 3M + 4S in Jacobian coordinates, and its coordinates are affine.
 * A denominator of 0 (p = +-q) spoils all: the caller puts another in its place and remembers the lane.
 * No point of order 2 exists, so that doublings have none.
 *
 * Include a field and secp256k1_formulas.h first. All coordinates and denominators have magnitude 1. */
#ifndef PA_CURVE_SECP256K1_AFFINE_FORMULAS_H
#define PA_CURVE_SECP256K1_AFFINE_FORMULAS_H

/* *before = *product, which then takes in d. */
FE_FN void curve_inverse_push(fe *before, fe *product, const fe *d)
{
    *before = *product;
    fe_mul(product, product, d);
}

/* *inverse = 1 / d, where *rest is the inverse of the product up to d, d included, and becomes that of
 * `before`. inverse may be before. */
FE_FN void curve_inverse_pop(fe *inverse, fe *rest, const fe *before, const fe *d)
{
    fe own;
    fe_mul(&own, rest, before);
    fe_mul(rest, rest, d);
    *inverse = own;
}

/* d = q.x - p.x: the denominator of p + q and of q - p. */
FE_FN void curve_affine_denominator(fe *d, const fe *p_x, const fe *q_x)
{
    fe_sub(d, q_x, p_x, 1);
    fe_norm(d, 3);
}

/* The end of all of them: r = the third point on the line of slope s through p and a point of abscissa q_x, negated.
 * Form: x' = s^2 - x - q_x, y' = s (x - x') - y. r may be p or hold q_x. */
FE_FN void curve_affine_end(curve_affine *r, const curve_affine *p, const fe *q_x, const fe *s)
{
    fe t, x, y = p->y;
    fe_add(&x, &p->x, q_x);
    fe_sqr(&t, s);
    fe_sub(&t, &t, &x, 2);
    fe_carry(&x, &t);
    fe_sub(&t, &p->x, &x, 1);
    fe_norm(&t, 3);
    r->x = x;
    fe_mul(&t, &t, s);
    fe_sub(&t, &t, &y, 1);
    fe_carry(&r->y, &t);
}

/* r = p + q, 2M + 1S; inverse = 1 / (q.x - p.x). r may be p or q. */
FE_FN void curve_affine_add(curve_affine *r, const curve_affine *p, const curve_affine *q,
                            const fe *inverse)
{
    fe s;
    fe_sub(&s, &q->y, &p->y, 1);
    fe_norm(&s, 3);
    fe_mul(&s, &s, inverse);
    curve_affine_end(r, p, &q->x, &s);
}

/* r = q - p, as curve_affine_add. */
FE_FN void curve_affine_subtract(curve_affine *r, const curve_affine *q, const curve_affine *p,
                                 const fe *inverse)
{
    fe s;
    curve_affine negative;
    negative.x = p->x;
    fe_neg(&negative.y, &p->y, 1);
    fe_carry(&negative.y, &negative.y);
    fe_add(&s, &q->y, &p->y);
    fe_norm(&s, 2);
    fe_mul(&s, &s, inverse);
    curve_affine_end(r, &negative, &q->x, &s);
}

/* d = 2 p.y: the denominator of 2 p. */
FE_FN void curve_affine_double_denominator(fe *d, const curve_affine *p)
{
    fe_mul_small(d, &p->y, 2);
    fe_norm(d, 2);
}

/* r = 2 p, 2M + 2S; inverse = 1 / (2 p.y). r may be p. */
FE_FN void curve_affine_double(curve_affine *r, const curve_affine *p, const fe *inverse)
{
    fe s, x = p->x;
    fe_sqr(&s, &p->x);
    fe_mul_small(&s, &s, 3);
    fe_norm(&s, 3);
    fe_mul(&s, &s, inverse);
    curve_affine_end(r, p, &x, &s);
}

#endif
