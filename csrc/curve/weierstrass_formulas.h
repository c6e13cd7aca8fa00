/* SPDX-License-Identifier: Apache-2.0 */
/* Points of y^2 = x^3 + a x + b in Jacobian coordinates, (X, Y, Z) standing for (X / Z^2, Y / Z^3):
 * every curve of a = 0 or a = -3 whose group has prime order, as secp256k1, P-256, SM2 and the toy
 * curves of the tests.
 *
 * Include a field first. The including file defines CURVE_A, 0 (which it is by default) or -3, and
 * CURVE_B, at most 0xffff, or a function curve_set_b of a larger one. All coordinates have
 * magnitude 1; infinity is any point with Z = 0. No function branches on lane data: what a cheap
 * formula cannot do is reported as a mask, and redone by curve_add_complete.
 *
 * Costs (M, S products and squares): double 3M + 4S, with a = -3 4M + 4S; mixed addition 8M + 3S,
 *         addition 12M + 4S.
 * Sources: the formulas of the Explicit-Formulas Database for short Weierstrass curves with a =
 *         0 and a = -3 (Jacobian coordinates). */
#ifndef PA_CURVE_WEIERSTRASS_FORMULAS_H
#define PA_CURVE_WEIERSTRASS_FORMULAS_H

typedef struct {
    fe x, y;
} curve_affine;

typedef struct {
    fe x, y, z;
} curve_jacobian;

#ifndef CURVE_A
#define CURVE_A 0
#endif

#ifdef CURVE_B
FE_FN void curve_set_b(fe *r)
{
    fe_set_int(r, CURVE_B);
}
#endif

/* Odd multiples in a table: 1, 3, .., 2 CURVE_TABLE_SIZE - 1, for digits of CURVE_TABLE_WIDTH
 * bits. */
#define CURVE_TABLE_WIDTH 5
#define CURVE_TABLE_SIZE 8

FE_FN void curve_set_infinity(curve_jacobian *r)
{
    fe_set_int(&r->x, 1);
    fe_set_int(&r->y, 1);
    fe_set_int(&r->z, 0);
}

FE_FN void curve_from_affine(curve_jacobian *r, const curve_affine *p)
{
    r->x = p->x;
    r->y = p->y;
    fe_set_int(&r->z, 1);
}

FE_FN void curve_select(curve_jacobian *r, mask m, const curve_jacobian *a, const curve_jacobian *b)
{
    fe_select(&r->x, m, &a->x, &b->x);
    fe_select(&r->y, m, &a->y, &b->y);
    fe_select(&r->z, m, &a->z, &b->z);
}

/* curve_right_side
 * r = x^3 + a x + b.
 * Before: x of magnitude 1.
 * After:  magnitude 2. */
FE_FN void curve_right_side(fe *r, const fe *x)
{
    fe cube, b;
    fe_sqr(&cube, x);
#if CURVE_A == -3
    fe_set_int(&b, 3);
    fe_sub_norm(&cube, &cube, &b);
#endif
    fe_mul(&cube, &cube, x);
    curve_set_b(&b);
    fe_add(r, &cube, &b);
}

/* Lanes where p is a point of the curve. */
FE_FN mask curve_holds(const curve_affine *p)
{
    fe left, right;
    fe_sqr(&left, &p->y);
    curve_right_side(&right, &p->x);
    return fe_equal(&left, &right);
}

/* curve_lift_x
 * r = the point of abscissa x whose y is odd where odd says so; returned: lanes that have one
 * (elsewhere r is no point).
 * Form:   y = (x^3 + a x + b)^((p + 1) / 4), p = 3 mod 4. No point of a group of odd order > 1 has y =
 *         0. */
FE_FN mask curve_lift_x(curve_affine *r, const fe *x, mask odd)
{
    fe right, square, negative;
    mask exists, keep;
    curve_right_side(&right, x);
    fe_norm(&right, 2);
    fe_root_power(&r->y, &right);
    fe_sqr(&square, &r->y);
    exists = fe_equal(&square, &right);
    keep = fe_is_odd(&r->y);
    keep = mask_or(mask_and(keep, odd), mask_and(mask_not(keep), mask_not(odd)));
    fe_neg(&negative, &r->y, 1);
    fe_carry(&negative, &negative);
    fe_select(&r->y, keep, &r->y, &negative);
    r->x = *x;
    return exists;
}

#if CURVE_A == -3
/* curve_tangent
 * e = 3 x^2 + a z^4 = 3 (x - square) (x + square), a factor, of a point's x and square = z^2, both of magnitude 1. */
FE_FN void curve_tangent(fe *e, const fe *x, const fe *square)
{
    fe sum, difference;
    fe_add_norm(&sum, x, square);
#ifdef FE_HAS_FACTORS
    fe_sub_norm(&difference, x, square);
    fe_mul_factor(e, &sum, &difference, 3);
#else /* the difference is carried in any case */
    fe_sub(&difference, x, square, 1);
    fe_mul_small(&difference, &difference, 3);
    fe_carry(&difference, &difference);
    fe_mul(e, &sum, &difference);
#endif
}
#endif

/* e = 3 x^2 + a, of an affine point, of magnitude 1. */
FE_FN void curve_affine_tangent(fe *e, const fe *x)
{
#if CURVE_A == -3
    fe one;
    fe_sqr(e, x);
    fe_set_int(&one, 1);
    fe_sub(e, e, &one, 1);
    fe_mul_small(e, e, 3);
    fe_carry(e, e);
#else
    fe_sqr_times(e, x, 3);
#endif
}

/* curve_double
 * r = 2 p, 3M + 4S or 4M + 4S; right for every p, infinity too (no point has order 2). r may be p.
 * Form: T = X Y^2, E = 3 X^2 + a Z^4; X' = E^2 - 8 T, Y' = E (4 T - X') - 8 Y^4, Z' = 2 Y Z. */
FE_FN void curve_double(curve_jacobian *r, const curve_jacobian *p)
{
    fe e, t, y2, y4, u, v;
#if CURVE_A == -3
    fe_sqr(&u, &p->z);
    curve_tangent(&e, &p->x, &u);
#else
    fe_sqr_factor(&e, &p->x, 3);
#endif
    fe_sqr(&y2, &p->y);
    fe_sqr(&y4, &y2);
    fe_mul(&t, &p->x, &y2);
    fe_mul_small(&u, &p->y, 2);
    fe_norm(&u, 2);
    fe_mul(&r->z, &u, &p->z);

    fe_sqr(&u, &e);
    fe_mul_small(&v, &t, 8);
    fe_sub(&u, &u, &v, 8);
    fe_carry(&r->x, &u);

    fe_mul_small(&u, &t, 4);
    fe_sub(&u, &u, &r->x, 1);
    fe_norm(&u, 6);
    fe_mul(&u, &u, &e);
    fe_mul_small(&v, &y4, 8);
    fe_sub(&u, &u, &v, 8);
    fe_carry(&r->y, &u);
}

/* The end that both additions share: u1, s1 of p, h = u2 - u1, s = s2 - s1 of magnitude <=
 * FE_MUL_MAG, z_product the factor of h in Z'. X' = s^2 - h^3 - 2 u1 h^2, Y' = s (u1 h^2 - X') -
 * s1 h^3, Z' = z_product h. */
FE_FN mask curve_add_end(curve_jacobian *r, const fe *u1, const fe *s1, const fe *h, const fe *s,
                         const fe *z_product)
{
    fe h2, h3, v, t, w;
    fe_mul(&r->z, z_product, h);
    fe_sqr(&h2, h);
    fe_mul(&h3, &h2, h);
    fe_mul(&v, u1, &h2);
    fe_mul(&w, s1, &h3);

    fe_mul_small(&t, &v, 2);
    fe_add(&t, &t, &h3);
    fe_sqr(&h2, s);
    fe_sub(&t, &h2, &t, 3);
    fe_carry(&r->x, &t);

    fe_sub(&t, &v, &r->x, 1);
    fe_norm(&t, 3);
    fe_mul(&t, &t, s);
    fe_sub(&t, &t, &w, 1);
    fe_carry(&r->y, &t);
    return fe_is_zero(&r->z);
}

/* curve_add_mixed
 * r = p + q, 8M + 3S.
 * Returned: lanes where p is infinite or p = +-q, in which r may be wrong; it is right
 *         elsewhere. r may be p. */
FE_FN mask curve_add_mixed(curve_jacobian *r, const curve_jacobian *p, const curve_affine *q)
{
    fe z2, h, s, u1 = p->x, s1 = p->y, z1 = p->z;
    fe_sqr(&z2, &z1);
    fe_mul(&h, &q->x, &z2);
    fe_mul(&s, &q->y, &z2);
    fe_mul(&s, &s, &z1);
    fe_sub(&h, &h, &u1, 1);
    fe_norm(&h, 3);
    fe_sub(&s, &s, &s1, 1);
    fe_norm(&s, 3);
    return curve_add_end(r, &u1, &s1, &h, &s, &z1);
}

/* curve_add
 * r = p + q, 12M + 4S.
 * Returned: lanes where p or q is infinite or p = +-q, in which r may be wrong; it is right
 *         elsewhere. r may be p or q. */
FE_FN mask curve_add(curve_jacobian *r, const curve_jacobian *p, const curve_jacobian *q)
{
    fe z2, zz, u1, s1, h, s;
    fe_mul(&zz, &p->z, &q->z);
    fe_sqr(&z2, &q->z);
    fe_mul(&u1, &p->x, &z2);
    fe_mul(&s1, &p->y, &z2);
    fe_mul(&s1, &s1, &q->z);
    fe_sqr(&z2, &p->z);
    fe_mul(&h, &q->x, &z2);
    fe_mul(&s, &q->y, &z2);
    fe_mul(&s, &s, &p->z);
    fe_sub(&h, &h, &u1, 1);
    fe_norm(&h, 3);
    fe_sub(&s, &s, &s1, 1);
    fe_norm(&s, 3);
    return curve_add_end(r, &u1, &s1, &h, &s, &zz);
}

/* curve_add_complete
 * r = p + q for every p and q, 15M + 8S. r may be p or q.
 * Form: where the sum cannot be trusted, p or q is infinite and the other one is meant; or X1 /
 * Z1^2 = X2 / Z2^2, and p = q where also Y1 Z2^3 = Y2 Z1^3, else p = -q. */
FE_FN void curve_add_complete(curve_jacobian *r, const curve_jacobian *p, const curve_jacobian *q)
{
    curve_jacobian sum, twice, infinity;
    fe left, right;
    const mask failed = curve_add(&sum, p, q);
    mask same;
    fe_sqr(&left, &q->z);
    fe_mul(&left, &left, &q->z);
    fe_mul(&left, &left, &p->y);
    fe_sqr(&right, &p->z);
    fe_mul(&right, &right, &p->z);
    fe_mul(&right, &right, &q->y);
    same = fe_equal(&left, &right);
    curve_double(&twice, p);
    curve_set_infinity(&infinity);
    curve_select(&twice, same, &twice, &infinity);
    curve_select(&twice, fe_is_zero(&p->z), q, &twice);
    curve_select(&twice, fe_is_zero(&q->z), p, &twice);
    curve_select(r, failed, &twice, &sum);
}

/* ---- ladders in lanes ------------------------------------------------------------------------
 * The same coordinates with v = 2 Y in place of Y, which takes small numbers out of doublings, and
 * sums of products that are carried once. x has magnitude 1; v and z are factors and nothing else.
 * An addition that is exceptional (p infinite, p = +-q) leaves z = 0 and so do all steps after it,
 * so that one look at the end tells.
 *
 * Limits, cycles of 8 lanes of AVX-512 IFMA on Zen 4, where one multiply-add and one other operation a
 * cycle, or two others, are what there is:
 *                 multiply-adds   others   reached, gcc 12 / clang 14   the same in X, Y, Z, each carried
 *   a doubling    342             221      404 / 396                    522
 *   an addition   610             341      694 / 700                    849
 * Sixteen lanes side by side take twice that: it is not latency. The order of the lines matters, up to
 * 8 %, since 64 operations are all that can wait: a carry stands where independent products follow.
 * Tried and lost, doublings: 2 T as (x + S)^2 - x^2 - S^2, 19 multiply-adds less and 43 others more, 454
 * to 476 next to 418; T carried before the differences, 436. Additions: -fschedule-insns with
 * -fsched-pressure, 5 % less here and 3 % more for a whole verification. */
typedef struct {
    fe x, v, z;
} curve_ladder;

FE_FN void curve_ladder_from_affine(curve_ladder *r, const curve_affine *p)
{
    r->x = p->x;
    fe_add_norm(&r->v, &p->y, &p->y);
    fe_set_int(&r->z, 1);
}

/* (4 x, 4 v, 2 z) is the same point, and 4 v = 8 Y. */
FE_FN void curve_ladder_end(curve_jacobian *r, const curve_ladder *p)
{
    fe t, one;
    fe_set_int(&one, 1);
    fe_mul_small(&t, &p->x, 4);
    fe_carry(&r->x, &t);
    fe_mul_times(&r->y, &p->v, &one, 4);
    fe_mul_times(&r->z, &p->z, &one, 2);
}

/* curve_ladder_double
 * r = 2 p; r may be p.
 * Form: S = v^2, T = x S, E = 3 x^2 + a z^4; x' = E^2 - 2 T, v' = E 2 (T - x') - S^2, z' = v z. 3M + 4S or 4M + 4S. */
FE_FN void curve_ladder_double(curve_ladder *r, const curve_ladder *p)
{
    fe e, s, w;
    fe_raw t, u, twice, square;
#if CURVE_A == -3
    fe_sqr(&w, &p->z);
    fe_sqr_factor(&s, &p->v, 1);
    curve_tangent(&e, &p->x, &w);
    fe_raw_mul(&t, &p->x, &s);
    fe_raw_sqr(&u, &e);
#else
    fe_sqr_factor(&e, &p->x, 3);
    fe_sqr_factor(&s, &p->v, 1);
    fe_raw_sqr(&u, &e);
    fe_raw_mul(&t, &p->x, &s);
#endif
    fe_raw_sqr(&square, &s);
    fe_raw_add(&twice, &t, &t);
    fe_raw_sub(&u, &u, &twice, 2);
    fe_raw_carry(&r->x, &u, 4, 1);
    fe_mul_factor(&r->z, &p->v, &p->z, 1);
    fe_raw_from(&u, &r->x);
    fe_raw_sub(&t, &t, &u, 1);
    fe_raw_beside(&w, &t, 3, 2, 1);
    fe_raw_mul(&t, &e, &w);
    fe_raw_sub(&t, &t, &square, 1);
    fe_raw_factor(&r->v, &t, 3, 1);
}

/* curve_ladder_add_at
 * r = p + q, 8M + 3S; z = 0 where p is infinite or p = +-q. r may be p.
 * Before: *z, a factor, p's own or (where q stands in other coordinates, that p's x, v, z lead to by another
 *         factor) what leads from q to p: p = (q.x z^2, 2 q.y z^3, p.z) is where p = q.
 * Form: h = q.x z^2 - x, s = 2 q.y z^3 - v, I = 4 h^2, J = h I, V = x I; x' = s^2 - J - 2 V, v' =
 *       2 (s (V - x') - v J), z' = 2 p.z h. */
FE_FN void curve_ladder_add_at(curve_ladder *r, const curve_ladder *p, const curve_affine *q,
                               const fe *z)
{
    fe z2, h, s, i, j, w, x;
    fe_raw t, u, v;
    fe_sqr_factor(&z2, z, 1);
    fe_mul_factor(&w, &z2, z, 1);
    fe_raw_mul(&t, &q->x, &z2);
    fe_raw_from(&u, &p->x);
    fe_raw_sub(&t, &t, &u, 1);
    fe_raw_mul(&v, &q->y, &w);
    fe_raw_add(&v, &v, &v);
    fe_settle(&w, &p->v);
    fe_raw_from(&u, &w);
    fe_raw_sub(&v, &v, &u, FE_SETTLED_MAG);
    fe_raw_factor(&h, &t, 3, 1);
    fe_raw_factor(&s, &v, 3 + FE_SETTLED_MAG, 1);
    fe_sqr_factor(&i, &h, 4);
    fe_mul_factor(&r->z, &p->z, &h, 2);
    fe_mul(&j, &h, &i);
    fe_raw_mul(&v, &p->x, &i);

    fe_raw_sqr(&t, &s);
    fe_raw_add(&u, &v, &v);
    fe_raw_sub(&t, &t, &u, 2);
    fe_raw_from(&u, &j);
    fe_raw_sub(&t, &t, &u, 1);
    fe_raw_carry(&x, &t, 6, 1);
    fe_raw_from(&u, &x);
    fe_raw_sub(&v, &v, &u, 1);
    fe_raw_beside(&w, &v, 3, 1, 1);
    fe_raw_mul(&u, &p->v, &j);
    fe_raw_mul(&t, &s, &w);
    fe_raw_sub(&t, &t, &u, 1);
    fe_raw_factor(&r->v, &t, 3, 2);
    r->x = x;
}

/* curve_ladder_add
 * The same where p and q stand in the same coordinates. */
FE_FN void curve_ladder_add(curve_ladder *r, const curve_ladder *p, const curve_affine *q)
{
    curve_ladder_add_at(r, p, q, &p->z);
}

/* curve_common_multiples
 * multiples[i] = (2 i + 1) p, i < CURVE_TABLE_SIZE, in coordinates of their own in which they are
 * affine: (x z^-2, y z^-3) leads back.
 * Where a is not 0 those are coordinates of a curve of another a, a z^4: there x and y are to be led back before anything is
 * doubled.
 * Before: the order of p is a prime above 4 CURVE_TABLE_SIZE.
 * Form:   a doubling of an affine p leaves p in the coordinates of d = 2 p, as (4 T, 8 Y^4), Z = 2 Y.
 *         Each sum of d and an odd multiple, of the same Z, leaves d in those of the sum, Z (X1 - X2)
 *         further on (co-Z, Meloni): 5M + 2S. Then all are led to those of the last, backwards:
 *         4M + 1S. Never X1 = X2: k p = +-2 p for an odd k < 2 CURVE_TABLE_SIZE contradicts the
 *         order. */
FE_FN void curve_common_multiples(curve_affine multiples[CURVE_TABLE_SIZE], fe *z,
                                  const curve_affine *p)
{
    fe step[CURVE_TABLE_SIZE], e, s, t, u;
    curve_affine d;
    int i;
    fe_mul_small(&t, &p->y, 2);
    fe_carry(z, &t);
    fe_sqr(&s, z);
    fe_mul(&multiples[0].x, &p->x, &s);
    fe_mul(&t, &s, z);
    fe_mul(&multiples[0].y, &p->y, &t);
    curve_affine_tangent(&e, &p->x);
    fe_sqr(&t, &e);
    fe_mul_small(&u, &multiples[0].x, 2);
    fe_sub(&t, &t, &u, 2);
    fe_carry(&d.x, &t);
    fe_sub_norm(&t, &multiples[0].x, &d.x);
    fe_mul(&t, &t, &e);
    fe_sub(&t, &t, &multiples[0].y, 1);
    fe_carry(&d.y, &t);
    for (i = 1; i < CURVE_TABLE_SIZE; i++) {
        const curve_affine *q = &multiples[i - 1];
        curve_affine *r = &multiples[i];
        fe_sub_norm(&step[i], &d.x, &q->x);
        fe_sqr(&s, &step[i]);
        fe_sub_norm(&e, &d.y, &q->y);
        fe_mul(&u, &q->x, &s);
        fe_mul(&d.x, &d.x, &s);
        fe_sqr(&t, &e);
        fe_sub(&t, &t, &d.x, 1);
        fe_sub(&t, &t, &u, 1);
        fe_carry(&r->x, &t);
        fe_sub_norm(&t, &d.x, &u);
        fe_mul(&d.y, &d.y, &t);
        fe_sub_norm(&t, &d.x, &r->x);
        fe_mul(&t, &t, &e);
        fe_sub(&t, &t, &d.y, 1);
        fe_carry(&r->y, &t);
    }
    t = step[CURVE_TABLE_SIZE - 1];
    for (i = CURVE_TABLE_SIZE - 2; i >= 0; i--) {
        fe_sqr(&u, &t);
        fe_mul(&multiples[i].x, &multiples[i].x, &u);
        fe_mul(&u, &u, &t);
        fe_mul(&multiples[i].y, &multiples[i].y, &u);
        if (i > 0) {
            fe_mul(&t, &t, &step[i]);
        }
    }
    fe_mul(z, z, &t);
}

/* curve_x_is
 * Lanes where p is finite and its affine abscissa is x.
 * Form:   X = x Z^2.
 * Before: x of magnitude 1. */
FE_FN mask curve_x_is(const curve_jacobian *p, const fe *x)
{
    fe t;
    fe_sqr(&t, &p->z);
    fe_mul(&t, &t, x);
    return mask_and(fe_equal(&t, &p->x), mask_not(fe_is_zero(&p->z)));
}

#endif
