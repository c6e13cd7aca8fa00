/* SPDX-License-Identifier: Apache-2.0 */
/* The last step of weierstrass_sums.h for two groups of eight lanes side by side: five products of a doubling wait for each other,
 * some 280 cycles, in which a core with two multipliers could do twice what one group has for it. Zen 4 has one: there a row takes
 * 2 % longer than in one group at a time (8,680 and 8,500 cycles). */
#define FE_GROUPS 2
#include "../field/secp256k1_avx512ifma.h"

#include "../core/variant_name.h"
#include "../curve/secp256k1_constants.h"
#include "../curve/weierstrass_formulas.h"
#include "secp256k1_ladder_two.h"

/* What curve_affine and curve_jacobian are where there is one group. */
typedef struct {
    fe_group x, y;
} affine_group;

typedef struct {
    fe_group x, y, z;
} jacobian_group;

static void load_term(curve_affine *p, const void *const terms[FE_GROUPS], int j)
{
    FE_EACH_GROUP
    {
        const affine_group *term = (const affine_group *)terms[g] + j;
        p->x.group[g] = term->x;
        p->y.group[g] = term->y;
    }
}

/* Functions apart, each with its products inlined. */
FE_FLAT __attribute__((noinline)) static void double_both(curve_ladder *sum)
{
    curve_ladder_double(sum, sum);
}

FE_FLAT __attribute__((noinline)) static void add_both(curve_ladder *sum,
                                                       const void *const terms[FE_GROUPS], int j)
{
    curve_affine term;
    load_term(&term, terms, j);
    curve_ladder_add(sum, sum, &term);
}

void PA_VARIANT(pa_secp256k1_ladder_)(void *const sums[FE_GROUPS],
                                      const void *const terms[FE_GROUPS], int digits, int width)
{
    curve_affine term;
    curve_ladder sum;
    curve_jacobian end;
    load_term(&term, terms, digits - 1);
    curve_ladder_from_affine(&sum, &term);
    for (int j = digits - 2; j >= 0; j--) {
        for (int i = 0; i < width; i++) {
            double_both(&sum);
        }
        add_both(&sum, terms, j);
    }
    curve_ladder_end(&end, &sum);
    FE_EACH_GROUP
    {
        jacobian_group *out = (jacobian_group *)sums[g];
        out->x = end.x.group[g];
        out->y = end.y.group[g];
        out->z = end.z.group[g];
    }
}
