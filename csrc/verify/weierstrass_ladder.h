/* SPDX-License-Identifier: Apache-2.0 */
/* A sum of multiples of points by interleaved signed digits, one doubling a bit for all, complete for every input; branches on
 * its data. Include a field of one lane and weierstrass_formulas.h first.
 *
 * Where a = 0 the sum may stand in coordinates in which the multiples of one point (the key) are affine, common z
 * (curve_common_multiples), so that their table takes no inversion: what the table costs more, 1M, each addition of another
 * point's multiples costs. Where a is not 0 such coordinates would change it: there all tables are affine. */
#ifndef PA_VERIFY_WEIERSTRASS_LADDER_H
#define PA_VERIFY_WEIERSTRASS_LADDER_H

#include <stdbool.h>
#include <stdint.h>

/* Terms of a sum. */
#ifndef LADDER_TERMS
#define LADDER_TERMS 4
#endif
/* Places by which their multiples are fetched ahead. */
#define LADDER_AHEAD 4

/* Term t: the multiple sum digits[i][t] 2^i of a point P. An odd digit d stands for the multiple |d| P,
 * number (|d| - 1) / 2 of either
 *   common  in the sum's coordinates, and their opposites CURVE_TABLE_SIZE entries further on, or
 *   base    its x and y;
 * and for its opposite where d < 0. */
typedef struct {
    const curve_affine *common;
    const row (*base)[2];
} ladder_term;

typedef struct {
    curve_ladder at[2]; /* one of them, so that a sum which fails leaves what it came from */
    int now;
    bool infinite;
    const fe
        *z; /* (x z^2, y z^3) leads from affine coordinates to the sum's; NULL: they are the same */
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
    curve_ladder *at = &sum->at[sum->now];
    curve_from_affine(&b, p);
    if (sum->infinite) {
        a = b;
    } else {
        curve_ladder_end(&a, at);
        curve_add_complete(&a, &a, &b);
    }
    sum->infinite = mask_any(fe_is_zero(&a.z));
    at->x = a.x;
    fe_mul_small(&at->v, &a.y, 2);
    fe_carry(&at->v, &at->v);
    at->z = a.z;
}

static void ladder_add(ladder_sum *sum, const ladder_term *term, int digit)
{
    const int k = ((digit < 0 ? -digit : digit) - 1) / 2;
    const curve_affine *p;
    curve_ladder *from = &sum->at[sum->now], *to = &sum->at[sum->now ^ 1];
    curve_affine of_base;
    fe further;
    const fe *z = &from->z;
    if (term->common != NULL) {
        p = &term->common[digit < 0 ? k + CURVE_TABLE_SIZE : k];
    } else {
        const row *const x[LANES] = {&term->base[k][0]}, *const y[LANES] = {&term->base[k][1]};
        fe minus;
        fe_gather(&of_base.x, x);
        fe_gather(&of_base.y, y);
        fe_from_table(&of_base.x, &of_base.x);
        fe_from_table(&of_base.y, &of_base.y);
        fe_neg(&minus, &of_base.y, 1);
        fe_carry(&minus, &minus);
        fe_select(&of_base.y, mask_from_bits(digit < 0), &minus, &of_base.y);
        p = &of_base;
        if (sum->z != NULL) {
            fe_mul(&further, z, sum->z);
            z = &further;
        }
    }
    if (!sum->infinite) {
        curve_ladder_add_at(to, from, p, z);
        if (!mask_any(fe_factor_is_zero(&to->z))) {
            sum->now ^= 1;
            return;
        }
    }
    if (term->common == NULL && sum->z != NULL) {
        ladder_to_common(&of_base, sum->z);
    }
    ladder_add_complete(sum, p);
}

/* *r = the sum of the terms, whose digits are 0 from `size` up; common multiples are affine where (x z^2, y z^3) leads to, or, z
 * being NULL, are affine. */
static void ladder(curve_jacobian *r, const ladder_term terms[LADDER_TERMS],
                   const int16_t digits[][LADDER_TERMS], int size, const fe *z)
{
    ladder_sum sum = {.infinite = true, .z = z};
    curve_set_infinity(r);
    fe_set_int(&sum.at[0].z, 0);
    for (int i = size - 1; i >= 0; i--) {
        uint64_t all = 0;
        if (!sum.infinite) {
            curve_ladder_double(&sum.at[sum.now], &sum.at[sum.now]);
        }
        /* Tables of base points are larger than the nearest cache. */
        for (int t = 0; t < LADDER_TERMS && i >= LADDER_AHEAD; t++) {
            const int digit = digits[i - LADDER_AHEAD][t];
            if (terms[t].base != NULL) {
                __builtin_prefetch(terms[t].base[(digit < 0 ? -digit : digit) / 2]);
            }
        }
        /* One look at all of them, as most are 0. */
        for (int t = 0; t < LADDER_TERMS; t++) {
            all |= (uint64_t)(uint16_t)digits[i][t] << 16 * t;
        }
        for (int t = 0; all != 0; t++, all >>= 16) {
            if ((all & 0xffff) != 0) {
                ladder_add(&sum, &terms[t], (int16_t)(uint16_t)all);
            }
        }
    }
    if (!sum.infinite) {
        curve_ladder_end(r, &sum.at[sum.now]);
        if (z != NULL) {
            fe_mul(&r->z, &r->z, z);
        }
    }
}

#endif
