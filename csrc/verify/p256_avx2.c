/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA on P-256 in four lanes of AVX2. */
#include "../field/p256_avx2.h"

#define SUMS_CALLS
/* Fewer take less time one by one; but one by one, prepared keys do not count. */
#define WEIERSTRASS_LANES_MIN 2
#define WEIERSTRASS_PREPARED_MIN 1
#include "p256_lanes.h"

const struct pa_verify_kernel pa_p256_avx2 = WEIERSTRASS_KERNEL;
