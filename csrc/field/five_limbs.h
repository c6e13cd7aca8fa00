/* SPDX-License-Identifier: Apache-2.0 */
/* What the portable fields have alike: one lane, five limbs in 64-bit words, up to 256 bits. Interface: field.h.
 *
 * The field that includes it defines what is declared here, and all that knows the prime. */
#ifndef PA_FIELD_FIVE_LIMBS_H
#define PA_FIELD_FIVE_LIMBS_H

#include <stdint.h>

typedef struct {
    uint64_t limb[5];
} fe;

#define FE_LANE_WORDS 5
#include "one_lane.h"

#define FE_MUL_MAG 8
#define FE_MAX_MAG 32

/* Asserts the bounds of a magnitude. */
FE_FN void fe_check(const fe *a, int m);

#ifndef FE_HAS_FORM
FE_FN void fe_set_int(fe *r, unsigned int k)
{
    *r = (fe){{k, 0, 0, 0, 0}};
}
#endif

FE_FN void fe_add(fe *r, const fe *a, const fe *b)
{
    for (int i = 0; i < 5; i++) {
        r->limb[i] = a->limb[i] + b->limb[i];
    }
    fe_check(r, FE_MAX_MAG);
}

FE_FN void fe_mul_small(fe *r, const fe *a, unsigned int k)
{
    FE_ASSERT(k >= 1 && k <= FE_MAX_MAG);
    fe_check(a, FE_MAX_MAG / (int)k);
    for (int i = 0; i < 5; i++) {
        r->limb[i] = a->limb[i] * k;
    }
}

FE_FN void fe_select(fe *r, mask m, const fe *a, const fe *b)
{
    const uint64_t from_a = 0 - (uint64_t)m;
    for (int i = 0; i < 5; i++) {
        r->limb[i] = (a->limb[i] & from_a) | (b->limb[i] & ~from_a);
    }
}

#endif
