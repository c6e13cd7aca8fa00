/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA and BIP-340 on secp256k1 in eight lanes of AVX-512 IFMA.
 *
 * ECDSA, distinct keys of 65 bytes, ready digests, through Python, Zen 4 at 3.7 GHz (one 512-bit multiply-add a cycle), gcc 12:
 * 3.97 us a row for 256 rows and more, 4.29 for 64; 4.40 with keys of 33 bytes. libsecp256k1 (coincurve) takes 37.0 and 41.6 in
 * the same run, 9.3 and 9.5 times that. Cycles a row in blocks of 128, and what their multiply-adds alone are (a product has 62,
 * a square 42):
 *   the key's multiples, stored       1,560   floor 820
 *   sums of multiples                 3,500   floor 2,290: 52, of which 39 are looked up
 *   the ladder                        8,600   floor 7,270: 125 doublings of 343, 25 additions of 611
 *   reading, decoding, scalars, r     1,000
 * with 8 inversions of 5,800 for a block among them, 360 a row. What stands between is everything that is added, shifted and
 * masked: half of it goes to the multiplier's ports, so that a formula takes its multiply-adds and some 0.4 cycles for each other
 * operation; latency is not it (two doublings side by side: 398 each, alone 405).
 * What brought it there, us: Jacobian formulas of one carry a product 5.5; sums of products carried once, twice Y for Y 4.6; two
 * affine sums at a time, all inlined and unrolled (without, the same text takes 1.1 of the time) 4.1; offsets and signs of digits
 * once for both passes, multiples stored without being made canonical 4.0.
 * Tried and lost: blocks of 64 rows, 3 % more, and of 256, the same (1.2 MiB); digits of 4 bits, 58 products of 1,450 more by
 * count; looking up a sum's second abscissa again in place of a stored distance, the same; a square for X Y^2 in a doubling, no
 * gain by count; -fschedule-insns, 2 % more; -O2, 8 %; clang 14, 5 %. */
#include "../field/secp256k1_avx512ifma.h"

#include "../core/variant_name.h"

#define SECP256K1_LANES_MIN 3
#define SECP256K1_PREPARED_MIN 1
#define SECP256K1_SCALARS PA_VARIANT(pa_secp256k1_scalars_)

/* secp256k1_decode_avx512ifma.c */
#include "secp256k1.h"
#define SECP256K1_LIFT_LANES 16
#define SECP256K1_LIFT PA_VARIANT(pa_secp256k1_lift_)
unsigned int SECP256K1_LIFT(row *const points[SECP256K1_LIFT_LANES],
                            const pa_secp256k1_encoding *const encodings[SECP256K1_LIFT_LANES]);

#include "secp256k1_ladder_two.h"
#define SUMS_LADDER_TWO PA_VARIANT(pa_secp256k1_ladder_)

#include "secp256k1_lanes.h"

#include "bip340_lanes.h"

/* By measurement on Zen 4. */
#define BIP340_BATCH_MIN 48
#include "bip340_batch.h"

const struct pa_verify_kernel PA_VARIANT(pa_secp256k1_) = SECP256K1_KERNEL;
const struct pa_verify_kernel PA_VARIANT(pa_bip340_) = BIP340_KERNEL;
