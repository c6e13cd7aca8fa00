/* SPDX-License-Identifier: Apache-2.0 */
/* SM2 signatures in four lanes of AVX2. */
#include "../field/sm2_avx2.h"

#define SUMS_CALLS
/* Fewer take less time one by one; but one by one, prepared keys do not count. */
#define WEIERSTRASS_LANES_MIN 2
#define WEIERSTRASS_PREPARED_MIN 1
#include "sm2_lanes.h"

const struct pa_verify_kernel pa_sm2_avx2 = WEIERSTRASS_KERNEL;
