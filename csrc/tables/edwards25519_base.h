/* SPDX-License-Identifier: Apache-2.0 */
/* Multiples of the base point of edwards25519, for edwards_lookup_affine. */
#ifndef PA_EDWARDS25519_BASE_H
#define PA_EDWARDS25519_BASE_H

#include <stdint.h>

/* Rows 3 k .. 3 k + 2: k B, k = 0 .. 512, as y + x, y - x, 2 d x y; canonical words, least
 * significant first. 48 KiB. */
extern const uint64_t pa_edwards25519_base[3 * 513][4];

#endif
