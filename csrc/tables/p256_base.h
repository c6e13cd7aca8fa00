/* SPDX-License-Identifier: Apache-2.0 */
/* Multiples of the generator G of P-256: x, y of affine points, each times 2^260 modulo p, words least significant
 * first, as fe_from_table reads them. A point is a cache line. */
#ifndef PA_TABLES_P256_BASE_H
#define PA_TABLES_P256_BASE_H

#include "../field/row.h"

/* [i]: (2 i + 1) G, for odd digits below 1024: of 10 bits where none is 0, of PA_P256_BASE_WIDTH in non-adjacent form.
 * 32 KiB. */
#define PA_P256_BASE_WIDTH 11
#define PA_P256_BASE_SIZE 512
extern const row pa_p256_base[PA_P256_BASE_SIZE][2];

/* [j][i]: (2 i + 1) 2^(8 j) G, for odd digits of 8 bits in 32 places. 256 KiB. */
#define PA_P256_WINDOWS 32
#define PA_P256_WINDOW_SIZE 128
extern const row pa_p256_windows[PA_P256_WINDOWS][PA_P256_WINDOW_SIZE][2];

#endif
