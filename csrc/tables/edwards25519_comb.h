/* SPDX-License-Identifier: Apache-2.0 */
/* The comb of the base point of edwards25519, for csrc/verify/ed25519_comb.h. */
#ifndef PA_EDWARDS25519_COMB_H
#define PA_EDWARDS25519_COMB_H

#include <stdint.h>

#define EDWARDS_BASE_COMB_TEETH 10
#define EDWARDS_BASE_COMB_SPACING 26
#define EDWARDS_BASE_COMB_BLOCKS 2

/* Rows 3 k .. 3 k + 2: entry k as y + x, y - x, 2 d x y; canonical words, least significant first.
 * 96 KiB. */
extern const uint64_t pa_edwards25519_comb[3 * EDWARDS_BASE_COMB_BLOCKS
                                           << (EDWARDS_BASE_COMB_TEETH - 1)][4];

#endif
