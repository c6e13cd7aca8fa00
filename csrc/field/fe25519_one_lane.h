/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic modulo p = 2^255 - 19: what its variants of one lane do alike; included at the end of each. */
#ifndef PA_FE25519_ONE_LANE_H
#define PA_FE25519_ONE_LANE_H

#include "one_lane.h"

#define FE_BITS 255

FE_FN mask fe_is_zero(const fe *a)
{
    uint64_t word[4];
    fe_canonical(word, a);
    return mask_word_is_zero(word[0] | word[1] | word[2] | word[3]);
}

FE_FN void fe_from_rows(fe *r, const unsigned char *const rows[LANES], mask *ok)
{
    uint64_t w[4];
    pa_words_from_le(w, rows[0]);
    w[3] &= UINT64_MAX >> 1;
    *ok = w[3] != UINT64_MAX >> 1 || (w[1] & w[2]) != UINT64_MAX || w[0] < UINT64_MAX - 18;
    fe_set_words(r, w[0], w[1], w[2], w[3]);
}

FE_FN void fe_to_rows(unsigned char *const rows[LANES], const fe *a)
{
    uint64_t word[4];
    fe_canonical(word, a);
    pa_words_to_le(rows[0], word);
}

#include "fe25519_chains.h"

#endif
