/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA on P-384 in four lanes of AVX2. */
#define ROW_WORDS 6
#include "../field/p384_avx2.h"

#define SUMS_CALLS
/* Four rows take less time than one by itself in words. */
#define WEIERSTRASS_LANES_MIN 1
#include "p384_lanes.h"

const struct pa_verify_kernel pa_p384_avx2 = WEIERSTRASS_KERNEL;
