/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA on P-256 in four lanes of AVX2.
 *
 * Cycles of a row on Zen 4, gcc 12: 66,000 from bytes, of 64 rows and more, 70,000 of 8, 101,000 of 3, 152,000 of 2; one by one
 * 226,000. With 32 prepared keys 17,400; one row of them takes 0.37 of what one by one takes. 255 doublings (4M + 4S, 560 cycles of
 * four lanes in products and squares) are 0.6 of it, 51 additions 0.2, the rest sums of affine points.
 * Products are called: see sparse_prime_avx2.h. */
#include "../field/p256_avx2.h"

#define SUMS_CALLS
/* Fewer take less time one by one; but one by one, prepared keys do not count. */
#define WEIERSTRASS_LANES_MIN 2
#define WEIERSTRASS_PREPARED_MIN 1
#include "p256_lanes.h"

const struct pa_verify_kernel pa_p256_avx2 = WEIERSTRASS_KERNEL;
