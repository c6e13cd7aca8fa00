/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 in eight lanes of AVX-512 IFMA.
 *
 * Exact rules, distinct keys, 200-byte messages, Zen 5 at 4.3 GHz, gcc 12, us a row from bytes to verdict: 2.66 to 2.73 for 16
 * rows and more, 2.69 for 8, 2.85 for 15, 4.3 for 9 (eight and one), 10.2 for 2, 16.9 for one; libsodium takes 36 (clang 14:
 * 3 % more). Of 2.65, in order:
 *   reading, SHA-512, k modulo l    0.09
 *   both square roots               0.43   floor 0.26: 502 squarings and 32 products, 18 and 28 cycles
 *   k as a fraction, v s, digits    0.20   a chain of 66 divisions of doubles and what follows them (ed25519_halves_lanes.h)
 *   multiples of A and R            0.17
 *   132 doublings                   0.77   floor 0.60: 313 products of the multiplier
 *   66 additions, 26 of B           0.85   floor 0.60
 * The floors are the multiplier's (fe25519_avx512ifma.h says what keeps it from being busy all the time).
 * What brought it there, us: whole k, one group decoded at a time 3.8; sums of products carried once, negation by exchanged rows
 * 3.5; k as a fraction 3.3; two groups decoded at a time, digits by one addition 2.9; fractions in lanes 2.65.
 * Tried and lost: two groups side by side in the whole sum, doublings 4 % slower and additions 5 % quicker; 2 X Y as a product
 * in place of a square less two others, 4 % of a doubling; entries of B fetched ahead, nothing. */
#include "../field/fe25519_avx512ifma.h"

#include "../core/variant_name.h"

/* A group takes less time than two rows one by one. */
#define ED25519_LANES_MIN 2
#define ED25519_SINGLE PA_ED25519_SINGLE
#define ED25519_SHORT_PRODUCTS

/* Doubles of eight lanes are one vector, which emulation has not. */
#ifndef PA_EMULATION_YMM_PAIRS_H
#define ED25519_HALVES_IN_LANES
#endif

/* ed25519_decode_avx512ifma.c */
#include "ed25519.h"
#define ED25519_DECODE_LANES 16
#define ED25519_DECODE PA_VARIANT(pa_ed25519_decode_)
void ED25519_DECODE(pa_ed25519_point *const out[ED25519_DECODE_LANES],
                    const unsigned char *const rows[ED25519_DECODE_LANES]);

#include "ed25519_lanes.h"

#define ED25519_BATCH_MIN 9
#define ED25519_STRAUS_ROWS 48
#include "ed25519_batch.h"

const struct pa_verify_kernel PA_VARIANT(pa_ed25519_) = ED25519_KERNEL;
