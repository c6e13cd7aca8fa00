/* SPDX-License-Identifier: Apache-2.0 */
/* Multiples of the generator G of secp256k1: x, y of affine points, canonical words, least significant first. A point is a
 * cache line. */
#ifndef PA_TABLES_SECP256K1_BASE_H
#define PA_TABLES_SECP256K1_BASE_H

#include "../field/row.h"

/* [k][i]: (2 i + 1) 2^(128 k) G, for odd digits below 1024: of 10 bits where none is 0, of
 * PA_SECP256K1_BASE_WIDTH in non-adjacent form. 64 KiB. */
#define PA_SECP256K1_BASE_WIDTH 11
#define PA_SECP256K1_BASE_SIZE 512
extern const row pa_secp256k1_base[2][PA_SECP256K1_BASE_SIZE][2];

/* [j][i]: (2 i + 1) 2^(8 j) G, for odd digits of 8 bits in 32 places. 256 KiB. */
#define PA_SECP256K1_WINDOWS 32
#define PA_SECP256K1_WINDOW_SIZE 128
extern const row pa_secp256k1_windows[PA_SECP256K1_WINDOWS][PA_SECP256K1_WINDOW_SIZE][2];

#endif
