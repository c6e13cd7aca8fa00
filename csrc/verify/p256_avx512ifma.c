/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA on P-256 in eight lanes of AVX-512 IFMA.
 *
 * Distinct keys of 65 bytes, ready digests, in C, Zen 4 at 3.7 GHz (one 512-bit multiply-add a cycle), gcc 12: 7.48 us a row
 * for 256 rows and more; with 32 prepared keys 2.30. The cryptography package takes 75. Cycles a row in blocks of 128, and
 * what their multiply-adds alone are (a product has 70, a square 50):
 *   the ladder                        21,400   floor 19,060: 255 doublings of 460, 51 additions of 690
 *   terms of multiples of Q and G      2,250   26 that are looked up, 26 that are joined
 *   the key's multiples, stored        1,400
 *   reading, decoding, scalars, r      2,500   a third of it products modulo n
 * What brought it there, us: the ladder formula by formula, each sum carried where it stands 8.27; sums carried beside
 * products (weierstrass_pipeline.h) 7.64; shifts of whole columns in place of digits where a product's low half is cleared
 * 7.48. Tried and lost: see the field and the ladder. No use: half as many doublings by v0, v1 of 128 bits, v1 = u2 v0
 * (Antipa and others), since r does not say which of two points has that abscissa, and a second ladder for every other row
 * takes back, by count, what the first saves. */
#include "../field/p256_avx512ifma.h"

#include "../core/variant_name.h"

/* Fewer take less time one by one; but one by one, prepared keys do not count. */
#define WEIERSTRASS_LANES_MIN 2
#define WEIERSTRASS_PREPARED_MIN 1
#include "p256_lanes.h"

const struct pa_verify_kernel PA_VARIANT(pa_p256_) = WEIERSTRASS_KERNEL;
