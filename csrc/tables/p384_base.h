/* SPDX-License-Identifier: Apache-2.0 */
/* Multiples of the generator G of P-384: x, y of affine points, each times 2^384 modulo p, words least significant
 * first, as fe_from_table reads them. */
#ifndef PA_TABLES_P384_BASE_H
#define PA_TABLES_P384_BASE_H

/* Rows of this translation unit hold 384 bits. */
#ifndef ROW_WORDS
#define ROW_WORDS 6
#endif
#include "../field/row.h"

_Static_assert(ROW_WORDS == 6, "a row holds 384 bits");

/* [i]: (2 i + 1) G, for odd digits below 1024: of 10 bits where none is 0, of PA_P384_BASE_WIDTH in non-adjacent form.
 * 48 KiB. */
#define PA_P384_BASE_WIDTH 11
#define PA_P384_BASE_SIZE 512
extern const row pa_p384_base[PA_P384_BASE_SIZE][2];

/* [j][i]: (2 i + 1) 2^(8 j) G, for odd digits of 8 bits in 48 places. 576 KiB. */
#define PA_P384_WINDOWS 48
#define PA_P384_WINDOW_SIZE 128
extern const row pa_p384_windows[PA_P384_WINDOWS][PA_P384_WINDOW_SIZE][2];

#endif
