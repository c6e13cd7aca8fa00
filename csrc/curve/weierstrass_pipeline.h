/* SPDX-License-Identifier: Apache-2.0 */
/* The ladder of weierstrass_formulas.h for a = -3 in fields that carry sums beside products (FE_HAS_BESIDE): each sum is
 * carried beside a product of what comes next, across the ends of doublings and additions, so that v is a sum still where one
 * ends. z^2 goes along, as both begin with it. Include the formulas first.
 *
 * Bounds, in multiples of p: x below 2, v below 4.4 once carried (3.4 after a doubling), z below 2.3, z^2 below 2; a product
 * of a and b is at most a b / 16, and carried below that + 1.
 *
 * Limits, cycles of 8 lanes of AVX-512 IFMA on Zen 4 (see there), gcc 12, in runs of five doublings and an addition:
 *                        multiply-adds   others   reached   formula by formula, the same field
 *   a doubling, P-256    460             413      542       600
 *               SM2      460             305      525       585
 *   an addition, P-256   690             586      760       880
 *               SM2      690             434      740       835
 * Runs of doublings alone, of whatever length, take 10 to 15 cycles less. P-256 with 530 multiply-adds and 259 others: 575;
 * with 495 and 364: 563. Tried and lost: -fschedule-insns, 1.05 of the time, -O2, -mtune, clang 14, 1.06; two groups of lanes
 * side by side, the same; z^2 left uncarried for the sum and the difference it goes to, 12 operations less, below 1 %. */
#ifndef PA_CURVE_WEIERSTRASS_PIPELINE_H
#define PA_CURVE_WEIERSTRASS_PIPELINE_H

typedef struct {
    fe x, z, z2;
    fe_raw v;
} curve_pipeline;

/* p is affine. */
FE_FN void curve_pipeline_start(curve_pipeline *r, const curve_affine *p)
{
    fe_raw y;
    r->x = p->x;
    fe_raw_from(&y, &p->y);
    fe_raw_add(&r->v, &y, &y);
    fe_set_int(&r->z, 1);
    r->z2 = r->z;
}

/* As curve_ladder_end. */
FE_FN void curve_pipeline_end(curve_jacobian *r, const curve_pipeline *p)
{
    curve_ladder end = {.x = p->x, .z = p->z};
    fe_raw_end(&end.v, &p->v, FE_ANY);
    curve_ladder_end(r, &end);
}

/* p = 2^count p. E and S are below 4 and 2.3, w below 6.6; T is at most 0.3. */
FE_FN void curve_pipeline_double(curve_pipeline *p, int count)
{
    fe x = p->x, z = p->z, z2 = p->z2, v, sum, difference, e, s, w;
    fe_raw raw_v = p->v, raw_e, raw_s, raw_z, raw_z2, raw_x, raw_w, t, square;
    do {
        fe_sum_and_difference(&sum, &difference, &x, &z2);
        fe_mul_beside(&raw_e, &sum, &difference, &v, &raw_v, FE_FACTOR);
        fe_sqr_beside(&raw_s, &v, &e, &raw_e, FE_FACTOR);
        fe_mul_beside(&raw_z, &v, &z, &s, &raw_s, FE_FACTOR);
        fe_mul_beside(&t, &x, &s, &z, &raw_z, FE_FACTOR);
        fe_raw_sqr(&raw_x, &e);
        fe_raw_add(&raw_w, &t, &t);
        fe_raw_sub(&raw_x, &raw_x, &raw_w, 2);
        fe_sqr_beside(&square, &s, &x, &raw_x, FE_NEAR);
        fe_raw_lift(&raw_w, 4);
        fe_raw_take(&raw_w, &x);
        fe_raw_take(&raw_w, &x);
        fe_sqr_beside(&raw_z2, &z, &w, &raw_w, FE_FACTOR);
        fe_mul_beside(&raw_v, &e, &w, &z2, &raw_z2, FE_CUT);
        fe_raw_sub(&raw_v, &raw_v, &square, 1);
        fe_raw_lift(&raw_v, 1);
    } while (--count > 0);
    p->x = x;
    p->z = z;
    p->z2 = z2;
    p->v = raw_v;
}

/* p += q, as curve_ladder_add. h is below 3.3, s below 3.6, I below 3.8, J below 1.8. */
FE_FN void curve_pipeline_add(curve_pipeline *p, const curve_affine *q)
{
    fe v, z3, h, s, i, j, w;
    fe_raw raw, raw_v, raw_x, raw_vj;
    fe_mul_beside(&raw, &p->z2, &p->z, &v, &p->v, FE_ANY);
    fe_mul_beside(&raw, &q->x, &p->z2, &z3, &raw, FE_FACTOR);
    fe_raw_take(&raw, &p->x);
    fe_raw_lift(&raw, 2);
    fe_mul_beside(&raw, &q->y, &z3, &h, &raw, FE_FACTOR);
    fe_raw_add(&raw, &raw, &raw);
    fe_raw_take(&raw, &v);
    fe_raw_lift(&raw, 2);
    fe_sqr_beside(&raw, &h, &s, &raw, FE_FACTOR);
    fe_raw_add(&raw, &raw, &raw);
    fe_raw_add(&raw, &raw, &raw);
    fe_mul_beside(&raw, &p->z, &h, &i, &raw, FE_FACTOR);
    fe_raw_add(&raw, &raw, &raw);
    fe_mul_beside(&raw, &h, &i, &p->z, &raw, FE_FACTOR);
    fe_mul_beside(&raw_v, &p->x, &i, &j, &raw, FE_CUT);
    fe_raw_sqr(&raw_x, &s);
    fe_raw_sub(&raw_x, &raw_x, &raw_v, 1);
    fe_raw_sub(&raw_x, &raw_x, &raw_v, 1);
    fe_raw_take(&raw_x, &j);
    fe_mul_beside(&raw_vj, &v, &j, &p->x, &raw_x, FE_ANY);
    fe_raw_take(&raw_v, &p->x);
    fe_raw_lift(&raw_v, 2);
    fe_sqr_beside(&raw, &p->z, &w, &raw_v, FE_FACTOR);
    fe_mul_beside(&p->v, &s, &w, &p->z2, &raw, FE_CUT);
    fe_raw_sub(&p->v, &p->v, &raw_vj, 1);
    fe_raw_add(&p->v, &p->v, &p->v);
    fe_raw_lift(&p->v, 1);
}

#endif
