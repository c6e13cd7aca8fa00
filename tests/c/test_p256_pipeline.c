/* SPDX-License-Identifier: Apache-2.0 */
/* The ladder of weierstrass_pipeline.h against the one of weierstrass_formulas.h, over P-256 or SM2 in the field that FIELD names, with
 * every bound asserted. */
#define PA_DEBUG_BOUNDS 1
#include <stdio.h>

#include "check.h"
#include "core/internal.h"
#include "random.h"

#include FIELD

#include CONSTANTS /* CURVE_A is -3 there */
#include "curve/weierstrass_formulas.h"
#include "curve/weierstrass_pipeline.h"

/* Any numbers below 2^256, no point of the curve in particular: the formulas do not mind, but for exceptional cases, in which
 * both have z = 0. */
static void any(fe *r)
{
    row rows[LANES];
    const row *from[LANES];
    for (int lane = 0; lane < LANES; lane++) {
        for (int i = 0; i < 4; i++) {
            const uint64_t kind = random_word() % 4;
            rows[lane].word[i] = kind == 0 ? UINT64_MAX : kind == 1 ? 0 : random_word();
        }
        from[lane] = &rows[lane];
    }
    fe_gather(r, from);
}

/* Lanes in which both stand for the same: X, Y and Z, not only the point. */
static unsigned int same(const curve_pipeline *a, const curve_ladder *b)
{
    curve_jacobian x, y;
    curve_pipeline_end(&x, a);
    curve_ladder_end(&y, b);
    return mask_bits(
        mask_and(mask_and(fe_equal(&x.x, &y.x), fe_equal(&x.y, &y.y)), fe_equal(&x.z, &y.z)));
}

int main(void)
{
    if ((NEEDS & ~pa_cpu_features()) != 0) {
        puts("this CPU lacks what the variant needs");
        return 77;
    }
    const fe_state begun = fe_begin();
    const unsigned int all = mask_bits(mask_from_bits(~0u));
    for (int round = 0; round < 60; round++) {
        curve_affine p, q;
        curve_pipeline a;
        curve_ladder b;
        any(&p.x);
        any(&p.y);
        curve_pipeline_start(&a, &p);
        curve_ladder_from_affine(&b, &p);
        for (int step = 0; step < 8; step++) {
            const int count = 1 + (int)(random_word() % 6);
            any(&q.x);
            any(&q.y);
            curve_pipeline_double(&a, count);
            for (int i = 0; i < count; i++) {
                curve_ladder_double(&b, &b);
            }
            CHECK(same(&a, &b) == all);
            curve_pipeline_add(&a, &q);
            curve_ladder_add(&b, &b, &q);
            CHECK(same(&a, &b) == all);
        }
    }
    /* 2 p + 2 p, p as affine as it comes: z is 0, and stays so. */
    curve_affine p, twice;
    curve_pipeline a;
    curve_jacobian end;
    fe one, inverse, power;
    fe_set_int(&one, 1);
    any(&p.x);
    any(&p.y);
    const curve_jacobian full = {.x = p.x, .y = p.y, .z = one};
    curve_double(&end, &full);
    fe_inv(&inverse, &end.z);
    fe_sqr(&power, &inverse);
    fe_mul(&twice.x, &end.x, &power);
    fe_mul(&power, &power, &inverse);
    fe_mul(&twice.y, &end.y, &power);
    for (int sign = 0; sign < 2; sign++) {
        curve_pipeline_start(&a, &p);
        curve_pipeline_double(&a, 1);
        curve_pipeline_add(&a, &twice);
        curve_pipeline_end(&end, &a);
        CHECK(mask_bits(fe_is_zero(&end.z)) == all);
        curve_pipeline_double(&a, 5);
        curve_pipeline_add(&a, &p);
        curve_pipeline_end(&end, &a);
        CHECK(mask_bits(fe_is_zero(&end.z)) == all);
        fe_neg(&twice.y, &twice.y, 1);
        fe_carry(&twice.y, &twice.y);
    }
    fe_end(begun);
    return finish();
}
