/* SPDX-License-Identifier: Apache-2.0 */
/* SM2 signatures in four lanes of AVX2.
 *
 * Cycles of a row on Zen 4, gcc 12: 69,000 from bytes, of 256 rows and more, 72,000 of 8; one by one 230,000. With 32 prepared keys
 * 17,300. What they go to: p256_avx2.c. */
#include "../field/sm2_avx2.h"

#define SUMS_CALLS
/* Fewer take less time one by one; but one by one, prepared keys do not count. */
#define WEIERSTRASS_LANES_MIN 2
#define WEIERSTRASS_PREPARED_MIN 1
#include "sm2_lanes.h"

const struct pa_verify_kernel pa_sm2_avx2 = WEIERSTRASS_KERNEL;
