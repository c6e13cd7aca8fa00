/* SPDX-License-Identifier: Apache-2.0 */
/* The group of a twisted Edwards curve -x^2 + y^2 = 1 + d x^2 y^2, where p = 5 mod 8 and d is not
 * a square: edwards25519, or a toy curve. Then the addition law is complete: no pair of points,
 * equal, opposite or of small order, is special.
 * Source: H. Hisil, K. Wong, G. Carter, E. Dawson, "Twisted Edwards Curves Revisited", 2008.
 *
 * Before: a field header, and curve_d, curve_2d, curve_sqrt_minus_1 (fe *r), each of magnitude 1.
 * Also compiles as OpenCL C 1.2: see field.h for the rules. Numbers behind coordinates are
 * magnitudes. */
#ifndef PA_EDWARDS25519_FORMULAS_H
#define PA_EDWARDS25519_FORMULAS_H

/* x = X / Z, y = Y / Z, T = X Y / Z; all of magnitude 1. A point that edwards_double left without
 * T has none. */
typedef struct {
    fe x, y, z, t;
} edwards_point;

/* A point made ready to be added: Y + X, Y - X, 2 Z, 2 d T, all ready to be factors. In memory: 4
 * rows in this order. One with Z = 1 is kept in 3 rows, without 2 Z. */
typedef struct {
    fe y_plus_x, y_minus_x, z2, t2d;
} edwards_cached;

/* Tables hold the multiples 0 P, 1 P, ..., so an index is the absolute value of a signed digit. */
#define EDWARDS_WINDOW 5
#define EDWARDS_TABLE_POINTS ((1 << (EDWARDS_WINDOW - 1)) + 1)
#define EDWARDS_TABLE_ROWS (4 * EDWARDS_TABLE_POINTS)

FE_FN void edwards_identity(edwards_point *r)
{
    fe_set_int(&r->x, 0);
    fe_set_int(&r->y, 1);
    fe_set_int(&r->z, 1);
    fe_set_int(&r->t, 0);
}

FE_FN void edwards_neg(edwards_point *r, const edwards_point *p)
{
    fe_neg(&r->x, &p->x, 1);
    fe_carry(&r->x, &r->x);
    r->y = p->y;
    r->z = p->z;
    fe_neg(&r->t, &p->t, 1);
    fe_carry(&r->t, &r->t);
}

/* Identity: (0 : z : z). Projective, so no inversion; T is not read. */
FE_FN mask edwards_is_identity(const edwards_point *p)
{
    return mask_and(fe_is_zero(&p->x), fe_equal(&p->y, &p->z));
}

/* r = (e f : g h : f g), T = e h where with_t; all ready to be factors. 3 or 4 products. */
FE_FN void edwards_complete(edwards_point *r, const fe *e, const fe *f, const fe *g, const fe *h,
                            int with_t)
{
    fe_mul(&r->y, g, h);
    fe_mul(&r->z, f, g);
    fe_mul(&r->x, e, f);
    if (with_t) {
        fe_mul(&r->t, e, h);
    } else {
        fe_set_int(&r->t, 0);
    }
}

/* r = 2 p; T of p is not read, T of r only made where with_t: a doubling after a doubling needs
 * none. H = X^2 + Y^2, E = H - (X + Y)^2, G = X^2 - Y^2, F = 2 Z^2 + G.
 * 4 squarings, 3 or 4 products. */
FE_FN void edwards_double(edwards_point *r, const edwards_point *p, int with_t)
{
    fe_raw xx, yy, zz, sum;
    fe e, f, g, h;
    fe_raw_sqr(&yy, &p->y);
    fe_raw_sqr(&zz, &p->z);
    fe_raw_sqr(&xx, &p->x);
    fe_raw_add(&sum, &xx, &yy);
    fe_reduce(&h, &sum, 2);
    fe_raw_sub(&yy, &xx, &yy, 1);
    fe_reduce(&g, &yy, 3);
    fe_raw_add(&zz, &zz, &zz);
    fe_raw_add(&zz, &zz, &yy);
    fe_reduce(&f, &zz, 5);
    fe_add(&e, &p->x, &p->y);
    fe_norm(&e, 2);
    fe_raw_sqr(&xx, &e);
    fe_raw_sub(&sum, &sum, &xx, 1);
    fe_reduce(&e, &sum, 4);
    edwards_complete(r, &e, &f, &g, &h, with_t);
}

/* What edwards_complete makes p + q of.
 * A = (Y1 - X1)(Y2 - X2), B = (Y1 + X1)(Y2 + X2), C = T1 2d T2, D = 2 Z1 Z2;
 * E = B - A, F = D - C, G = D + C, H = B + A.
 * 4 products; 3 for affine q, whose z2 is not read. */
FE_FN void edwards_add_begin(fe *e, fe *f, fe *g, fe *h, const edwards_point *p,
                             const edwards_cached *q, int affine)
{
    fe_raw a, b, c, d, sum;
    fe_sub(e, &p->y, &p->x, 1);
    fe_norm(e, 3);
    fe_raw_mul(&a, e, &q->y_minus_x);
    fe_add(e, &p->y, &p->x);
    fe_norm(e, 2);
    fe_raw_mul(&b, e, &q->y_plus_x);
    fe_raw_add(&sum, &b, &a);
    fe_reduce(h, &sum, 2);
    fe_raw_sub(&sum, &b, &a, 1);
    fe_reduce(e, &sum, 3);
    fe_raw_mul(&c, &p->t, &q->t2d);
    if (affine) {
        fe_raw_from(&d, &p->z);
        fe_raw_add(&d, &d, &d);
    } else {
        fe_raw_mul(&d, &p->z, &q->z2);
    }
    fe_raw_add(&sum, &d, &c);
    fe_reduce(g, &sum, 3);
    fe_raw_sub(&d, &d, &c, 1);
    fe_reduce(f, &d, 4);
}

FE_FN void edwards_add_any(edwards_point *r, const edwards_point *p, const edwards_cached *q,
                           int affine, int with_t)
{
    fe e, f, g, h;
    edwards_add_begin(&e, &f, &g, &h, p, q, affine);
    edwards_complete(r, &e, &f, &g, &h, with_t);
}

FE_FN void edwards_add(edwards_point *r, const edwards_point *p, const edwards_cached *q,
                       int with_t)
{
    edwards_add_any(r, p, q, 0, with_t);
}

/* Mixed: q has Z = 1. */
FE_FN void edwards_add_affine(edwards_point *r, const edwards_point *p, const edwards_cached *q,
                              int with_t)
{
    edwards_add_any(r, p, q, 1, with_t);
}

/* r = p + q, or p - q in the lanes of negate, whose Y2 + X2 and Y2 - X2 have changed places
 * already: -q has them so, and -C in place of C, which exchanges F and G. */
FE_FN void edwards_add_swapped(edwards_point *r, const edwards_point *p, const edwards_cached *q,
                               mask negate, int affine, int with_t)
{
    fe e, f, g, h, first;
    edwards_add_begin(&e, &f, &g, &h, p, q, affine);
    fe_select(&first, negate, &g, &f);
    fe_select(&g, negate, &f, &g);
    edwards_complete(r, &e, &first, &g, &h, with_t);
}

/* All of r but 2 d T; no product. */
FE_FN void edwards_to_cached_sums(edwards_cached *r, const edwards_point *p)
{
    fe_add(&r->y_plus_x, &p->y, &p->x);
    fe_norm(&r->y_plus_x, 2);
    fe_sub(&r->y_minus_x, &p->y, &p->x, 1);
    fe_norm(&r->y_minus_x, 3);
    fe_mul_small(&r->z2, &p->z, 2);
    fe_norm(&r->z2, 2);
}

/* One product. Before: p has its T. */
FE_FN void edwards_to_cached(edwards_cached *r, const edwards_point *p)
{
    fe d2;
    curve_2d(&d2);
    edwards_to_cached_sums(r, p);
    fe_mul(&r->t2d, &p->t, &d2);
}

/* Lanes in which sum = p, or 8 sum = 8 p where cofactored.
 * Before: sum has its T; p has Z = 1 and its T. Neither means anything afterwards. */
FE_FN mask edwards_agree(edwards_point *sum, edwards_point *p, int cofactored)
{
    edwards_cached term;
    edwards_neg(p, p);
    edwards_to_cached(&term, p);
    edwards_add_affine(sum, sum, &term, 0);
    if (cofactored) {
        edwards_double(sum, sum, 0);
        edwards_double(sum, sum, 0);
        edwards_double(sum, sum, 0);
    }
    return edwards_is_identity(sum);
}

/* r = m ? -q : q, lane by lane. */
FE_FN void edwards_cached_neg_if(edwards_cached *r, const edwards_cached *q, mask m)
{
    fe plus = q->y_plus_x, negative;
    fe_select(&r->y_plus_x, m, &q->y_minus_x, &plus);
    fe_select(&r->y_minus_x, m, &plus, &q->y_minus_x);
    fe_neg(&negative, &q->t2d, 1);
    fe_select(&r->t2d, m, &negative, &q->t2d);
    fe_norm(&r->t2d, 2);
    r->z2 = q->z2;
}

/* r = the point of LANES encodings (RFC 8032, 5.1.3): y, and the parity of x in the top bit.
 *   decodes    the lanes whose y has an x; the others hold some pair that is not on the curve.
 *              y >= p and x = 0 with the parity bit set are taken, as ZIP-215 wants
 *   canonical  the lanes that RFC 8032 takes: those that decode, y < p, and no parity bit on x = 0
 * x = u v^3 (u v^7)^((p - 5) / 8) with u = y^2 - 1, v = d y^2 + 1, times sqrt(-1) where
 * v x^2 = -u. v is never 0. */
FE_FN void edwards_decode(edwards_point *r, FE_SPACE const unsigned char *const rows[LANES],
                          mask *decodes, mask *canonical)
{
    fe u, v, v3, x, check, other, c;
    mask odd = mask_row_bit(rows, FE_BYTES - 1, 7), direct, twisted;
    fe_from_rows(&r->y, rows, canonical);
    fe_set_int(&r->z, 1);

    fe_sqr(&u, &r->y);
    curve_d(&c);
    fe_mul(&v, &u, &c);
    fe_add(&v, &v, &r->z);
    fe_norm(&v, 2);
    fe_sub(&u, &u, &r->z, 1);
    fe_carry(&u, &u);

    fe_sqr(&v3, &v);
    fe_mul(&v3, &v3, &v);
    fe_sqr(&x, &v3);
    fe_mul(&x, &x, &v);
    fe_mul(&x, &x, &u);
    fe_root_power(&x, &x);
    fe_mul(&x, &x, &v3);
    fe_mul(&x, &x, &u);

    fe_sqr(&check, &x);
    fe_mul(&check, &check, &v);
    direct = fe_equal(&check, &u);
    fe_neg(&other, &u, 1);
    twisted = fe_equal(&check, &other);
    curve_sqrt_minus_1(&c);
    fe_mul(&other, &x, &c);
    fe_select(&x, twisted, &other, &x);

    *decodes = mask_or(direct, twisted);
    *canonical = mask_and(*canonical, mask_and(*decodes, mask_not(mask_and(odd, fe_is_zero(&x)))));
    fe_neg(&other, &x, 1);
    fe_carry(&other, &other);
    odd = mask_or(mask_and(odd, mask_not(fe_is_odd(&x))), mask_and(mask_not(odd), fe_is_odd(&x)));
    fe_select(&r->x, odd, &other, &x);
    fe_mul(&r->t, &r->x, &r->y);
}

/* rows = the canonical encodings of points (x, y). */
FE_FN void edwards_encode_affine(FE_SPACE unsigned char *const rows[LANES], const fe *x,
                                 const fe *y)
{
    const unsigned int odd = mask_bits(fe_is_odd(x));
    fe_to_rows(rows, y);
    for (int i = 0; i < LANES; i++) {
        rows[i][FE_BYTES - 1] |= (unsigned char)((odd >> i & 1u) << 7);
    }
}

/* The same of p. One inversion; T is not read. */
FE_FN void edwards_encode(FE_SPACE unsigned char *const rows[LANES], const edwards_point *p)
{
    fe inverse, x, y;
    fe_inv(&inverse, &p->z);
    fe_mul(&x, &p->x, &inverse);
    fe_mul(&y, &p->y, &inverse);
    edwards_encode_affine(rows, &x, &y);
}

FE_FN void edwards_scatter(FE_SPACE row *const tables[LANES], unsigned int first, const fe *a)
{
    FE_SPACE row *at[LANES];
    for (int i = 0; i < LANES; i++) {
        at[i] = tables[i] + first;
    }
    fe_scatter(at, a);
}

/* tables[i] = the EDWARDS_TABLE_ROWS rows of 0 P, 1 P, ..., 2^(EDWARDS_WINDOW - 1) P, P = lane i
 * of p, which has Z = 1 and its T. */
FE_FN void edwards_table(FE_SPACE row *const tables[LANES], const edwards_point *p)
{
    edwards_point multiple;
    edwards_cached one, cached;
    edwards_to_cached(&one, p);
    edwards_identity(&multiple);
    for (unsigned int k = 0; k < EDWARDS_TABLE_POINTS; k++) {
        edwards_to_cached(&cached, &multiple);
        edwards_scatter(tables, 4 * k, &cached.y_plus_x);
        edwards_scatter(tables, 4 * k + 1, &cached.y_minus_x);
        edwards_scatter(tables, 4 * k + 2, &cached.z2);
        edwards_scatter(tables, 4 * k + 3, &cached.t2d);
        if (k == 0) {
            multiple = *p;
        } else if (k + 1 < EDWARDS_TABLE_POINTS) {
            edwards_add_affine(&multiple, &multiple, &one, 1);
        }
    }
}

/* r = lane i: index[i] P of the table of P at tables[i], for edwards_add_swapped, which does
 * the rest of negating: where the lane of negate is true Y + X and Y - X have changed places.
 * affine: entries of 3 rows, such as those of the base point; r has no 2 Z then. */
FE_FN void edwards_lookup_swapped(edwards_cached *r, FE_SPACE const row *const tables[LANES],
                                  const unsigned int index[LANES], mask negate, int affine)
{
    FE_SPACE const row *plus[LANES], *minus[LANES], *t2d[LANES], *z2[LANES];
    const unsigned int bits = mask_bits(negate);
    for (int i = 0; i < LANES; i++) {
        FE_SPACE const row *entry = tables[i] + (affine ? 3u : 4u) * index[i];
        const unsigned int swap = bits >> i & 1u;
        plus[i] = entry + swap;
        minus[i] = entry + (1u - swap);
        z2[i] = entry + 2;
        t2d[i] = entry + (affine ? 2 : 3);
    }
    fe_gather(&r->y_plus_x, plus);
    fe_gather(&r->y_minus_x, minus);
    fe_gather(&r->t2d, t2d);
    if (!affine) {
        fe_gather(&r->z2, z2);
    }
}

/* The same, negated altogether. */
FE_FN void edwards_lookup_any(edwards_cached *r, FE_SPACE const row *const tables[LANES],
                              const unsigned int index[LANES], mask negate, int affine)
{
    fe negative;
    edwards_lookup_swapped(r, tables, index, negate, affine);
    fe_neg(&negative, &r->t2d, 1);
    fe_select(&r->t2d, negate, &negative, &r->t2d);
    fe_norm(&r->t2d, 2);
}

FE_FN void edwards_lookup(edwards_cached *r, FE_SPACE const row *const tables[LANES],
                          const unsigned int index[LANES], mask negate)
{
    edwards_lookup_any(r, tables, index, negate, 0);
}

FE_FN void edwards_lookup_affine(edwards_cached *r, FE_SPACE const row *const tables[LANES],
                                 const unsigned int index[LANES], mask negate)
{
    edwards_lookup_any(r, tables, index, negate, 1);
    fe_set_int(&r->z2, 2);
}

#endif
