/* SPDX-License-Identifier: Apache-2.0 */
/* A sum of multiples of points by interleaved signed digits, one doubling a bit for all, complete for every input; branches on
 * its data. Include a field of one lane and secp256k1_formulas.h first.
 *
 * The sum stands in coordinates in which the multiples of one point (the key) are affine, common z (curve_common_multiples), so
 * that their table takes no inversion: what the table costs more, 1M, each addition of another point's multiples costs. */
#ifndef PA_VERIFY_SECP256K1_LADDER_H
#define PA_VERIFY_SECP256K1_LADDER_H

#include <stdbool.h>
#include <stdint.h>

/* One multiple: sum digits[i] 2^i of a point P. An odd digit d stands for the multiple |d| P, number (|d| - 1) / 2 of either
 * common, in the sum's coordinates, or base, its x and y; and for its opposite where d < 0. */
typedef struct {
    const int16_t *digits;
    int size;
    const curve_affine *common;
    const row (*base)[2];
} ladder_term;

typedef struct {
    curve_ladder at;
    bool infinite;
    fe z; /* (x z^2, y z^3) leads from affine coordinates to the sum's */
} ladder_sum;

static void ladder_to_common(curve_affine *p, const fe *z)
{
    fe power;
    fe_sqr(&power, z);
    fe_mul(&p->x, &p->x, &power);
    fe_mul(&power, &power, z);
    fe_mul(&p->y, &p->y, &power);
}

/* At the start, or where the sum is +-p, which somebody may have planted; p in the sum's coordinates. */
__attribute__((noinline)) static void ladder_add_complete(ladder_sum *sum, const curve_affine *p)
{
    curve_jacobian a, b;
    curve_from_affine(&b, p);
    if (sum->infinite) {
        a = b;
    } else {
        curve_ladder_end(&a, &sum->at);
        curve_add_complete(&a, &a, &b);
    }
    sum->infinite = mask_any(fe_is_zero(&a.z));
    sum->at.x = a.x;
    fe_mul_small(&sum->at.v, &a.y, 2);
    fe_carry(&sum->at.v, &sum->at.v);
    sum->at.z = a.z;
}

static void ladder_add(ladder_sum *sum, const ladder_term *term, int digit)
{
    const int k = ((digit < 0 ? -digit : digit) - 1) / 2;
    curve_affine p;
    curve_ladder next;
    fe minus, z = sum->at.z;
    if (term->common != NULL) {
        p = term->common[k];
    } else {
        const row *const x[LANES] = {&term->base[k][0]}, *const y[LANES] = {&term->base[k][1]};
        fe_gather(&p.x, x);
        fe_gather(&p.y, y);
        fe_mul(&z, &z, &sum->z);
    }
    fe_neg(&minus, &p.y, 1);
    fe_carry(&minus, &minus);
    fe_select(&p.y, mask_from_bits(digit < 0), &minus, &p.y);
    if (!sum->infinite) {
        curve_ladder_add_at(&next, &sum->at, &p, &z);
        if (!mask_any(fe_factor_is_zero(&next.z))) {
            sum->at = next;
            return;
        }
    }
    if (term->common == NULL) {
        ladder_to_common(&p, &sum->z);
    }
    ladder_add_complete(sum, &p);
}

/* *r = the sum of count terms; common multiples are affine where (x z^2, y z^3) leads to. */
static void ladder(curve_jacobian *r, const ladder_term *terms, int count, const fe *z)
{
    ladder_sum sum = {.infinite = true, .z = *z};
    int size = 0;
    for (int t = 0; t < count; t++) {
        size = terms[t].size > size ? terms[t].size : size;
    }
    curve_set_infinity(r);
    fe_set_int(&sum.at.z, 0);
    for (int i = size - 1; i >= 0; i--) {
        if (!sum.infinite) {
            curve_ladder_double(&sum.at, &sum.at);
        }
        for (int t = 0; t < count; t++) {
            if (i < terms[t].size && terms[t].digits[i] != 0) {
                ladder_add(&sum, &terms[t], terms[t].digits[i]);
            }
        }
    }
    if (!sum.infinite) {
        curve_ladder_end(r, &sum.at);
        fe_mul(&r->z, &r->z, z);
    }
}

#endif
