/* SPDX-License-Identifier: Apache-2.0 */
/* Sums of affine points of y^2 = x^3 + a x + b, many with one inversion.
 *
 * Each sum has a denominator d and wants 1 / d. A first pass over all of them, curve_inverse_push, keeps
 * the product of those before each; after one inversion of the whole product a second pass, in the
 * opposite order, takes every 1 / d out of it with curve_inverse_pop. So a sum costs 5M + 1S and a
 * doubling 5M + 2S, next to 8M + 3S and 3M + 4S in Jacobian coordinates, and its coordinates are affine.
 * A denominator of 0 (p = +-q) spoils all: the caller puts another in its place and remembers the lane.
 * No point of order 2 exists, so that doublings have none.
 *
 * Include a field and weierstrass_formulas.h first. All coordinates have magnitude 1; denominators, slopes and inverses are factors
 * and nothing else. */
#ifndef PA_CURVE_WEIERSTRASS_AFFINE_FORMULAS_H
#define PA_CURVE_WEIERSTRASS_AFFINE_FORMULAS_H

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
    fe_mul_factor(&own, rest, before, 1);
    fe_mul(rest, rest, d);
    *inverse = own;
}

/* d = q.x - p.x: the denominator of p + q and of q - p. */
FE_FN void curve_affine_denominator(fe *d, const fe *p_x, const fe *q_x)
{
    fe_sub_beside(d, q_x, p_x, 1);
}

/* The three products of a sum, apart, so that a caller can take each of several sums before the next: they wait for each other.
 *   s = (q.y - p.y) inverse;  x' = s^2 - p.x - q.x;  y' = s (p.x - x') - p.y
 * inverse = 1 / (q.x - p.x). */
FE_FN void curve_affine_slope(fe *s, const curve_affine *p, const curve_affine *q,
                              const fe *inverse)
{
    fe d;
    fe_sub_beside(&d, &q->y, &p->y, 1);
    fe_mul_factor(s, &d, inverse, 1);
}

/* The slope for p.y of magnitude 2 and q.y of magnitude 2 or 3. */
FE_FN void curve_affine_slope_of_signed(fe *s, const curve_affine *p, const curve_affine *q,
                                        const fe *inverse)
{
    fe d;
    fe_sub(&d, &q->y, &p->y, 2);
    fe_norm_beside(&d, 6, 1);
    fe_mul_factor(s, &d, inverse, 1);
}

FE_FN void curve_affine_abscissa(fe *x, const fe *s, const fe *p_x, const fe *q_x)
{
    fe both;
    fe_raw a, b;
    fe_add(&both, p_x, q_x);
    fe_raw_sqr(&a, s);
    fe_raw_from(&b, &both);
    fe_raw_sub(&a, &a, &b, 2);
    fe_raw_carry(x, &a, 4, 1);
}

/* A distance in place of q.x, once it is known: d = q.x - p.x, of magnitude CURVE_DISTANCE_MAG; x' = s^2 - 2 p.x - d. q.x may have
 * magnitude 2. */
#define CURVE_DISTANCE_MAG (FE_BESIDE_MAG >= 4 ? 4 : 1)
FE_FN void curve_affine_distance(fe *d, const fe *p_x, const fe *q_x)
{
    fe_sub(d, q_x, p_x, 1);
    if (CURVE_DISTANCE_MAG == 1) {
        fe_carry(d, d);
    }
}

FE_FN void curve_affine_abscissa_apart(fe *x, const fe *s, const fe *p_x, const fe *d)
{
    fe both;
    fe_raw a, b;
    fe_add(&both, p_x, p_x);
    fe_add(&both, &both, d);
    fe_raw_sqr(&a, s);
    fe_raw_from(&b, &both);
    fe_raw_sub(&a, &a, &b, 2 + CURVE_DISTANCE_MAG);
    fe_raw_carry(x, &a, 4 + CURVE_DISTANCE_MAG, 1);
}

/* p.y of magnitude 2. */
FE_FN void curve_affine_ordinate(fe *y, const fe *x, const fe *s, const curve_affine *p)
{
    fe d;
    fe_raw a, b;
    fe_sub_beside(&d, &p->x, x, 1);
    fe_raw_mul(&a, &d, s);
    fe_raw_from(&b, &p->y);
    fe_raw_sub(&a, &a, &b, 2);
    fe_raw_carry(y, &a, 4, 1);
}

/* The same for q - p, from the same inverse: s = (q.y + p.y) inverse, y' = s (p.x - x') + p.y. */
FE_FN void curve_affine_slope_of_difference(fe *s, const curve_affine *p, const curve_affine *q,
                                            const fe *inverse)
{
    fe d;
    fe_add_norm(&d, &q->y, &p->y);
    fe_mul_factor(s, &d, inverse, 1);
}

FE_FN void curve_affine_ordinate_of_difference(fe *y, const fe *x, const fe *s,
                                               const curve_affine *p)
{
    fe d;
    fe_raw a, b;
    fe_sub_beside(&d, &p->x, x, 1);
    fe_raw_mul(&a, &d, s);
    fe_raw_from(&b, &p->y);
    fe_raw_add(&a, &a, &b);
    fe_raw_carry(y, &a, 2, 1);
}

/* d = 2 p.y: the denominator of 2 p. */
FE_FN void curve_affine_double_denominator(fe *d, const curve_affine *p)
{
    fe_add_norm(d, &p->y, &p->y);
}

/* The slope of 2 p, (3 x^2 + a) inverse, 1M + 1S; inverse = 1 / (2 p.y). The rest is that of a sum with q = p. */
FE_FN void curve_affine_slope_of_double(fe *s, const curve_affine *p, const fe *inverse)
{
#if CURVE_A == -3
    fe one;
    fe_sqr(s, &p->x);
    fe_set_int(&one, 1);
    fe_sub_norm(s, s, &one);
    fe_mul_factor(s, s, inverse, 3);
#else
    fe_sqr_factor(s, &p->x, 3);
    fe_mul_factor(s, s, inverse, 1);
#endif
}

/* Whole sums, 2M + 1S behind their inverses; r may be p or q. */
FE_FN void curve_affine_add(curve_affine *r, const curve_affine *p, const curve_affine *q,
                            const fe *inverse)
{
    fe s, x;
    curve_affine_slope(&s, p, q, inverse);
    curve_affine_abscissa(&x, &s, &p->x, &q->x);
    curve_affine_ordinate(&r->y, &x, &s, p);
    r->x = x;
}

/* r = 2 p, 2M + 2S; inverse = 1 / (2 p.y). r may be p. */
FE_FN void curve_affine_double(curve_affine *r, const curve_affine *p, const fe *inverse)
{
    fe s, x;
    curve_affine_slope_of_double(&s, p, inverse);
    curve_affine_abscissa(&x, &s, &p->x, &p->x);
    curve_affine_ordinate(&r->y, &x, &s, p);
    r->x = x;
}

#endif
