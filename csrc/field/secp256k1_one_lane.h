/* SPDX-License-Identifier: Apache-2.0 */
/* The field of secp256k1: what its variants of one lane do alike; included at the end of each, which has defined FE_FOLD_256. */
#ifndef PA_FIELD_SECP256K1_ONE_LANE_H
#define PA_FIELD_SECP256K1_ONE_LANE_H

#include "one_lane.h"

#define FE_BITS 256

FE_FN void fe_from_rows(fe *r, const unsigned char *const rows[LANES], mask *ok)
{
    uint64_t w[4];
    pa_words_from_be(w, rows[0]);
    const uint64_t p0 = (uint64_t)0 - FE_FOLD_256;
    *ok = (mask)((w[1] & w[2] & w[3]) != UINT64_MAX || w[0] < p0);
    /* The numbers from p up are 2^256 - 1 but for their lowest word. */
    const uint64_t keep = 0 - (uint64_t)*ok;
    w[0] -= p0 & ~keep;
    w[1] &= keep;
    w[2] &= keep;
    w[3] &= keep;
    fe_set_words(r, w[0], w[1], w[2], w[3]);
}

FE_FN void fe_to_rows(unsigned char *const rows[LANES], const fe *a)
{
    uint64_t w[4];
    fe_canonical(w, a);
    pa_words_to_be(rows[0], w);
}

#include "secp256k1_chains.h"

#endif
