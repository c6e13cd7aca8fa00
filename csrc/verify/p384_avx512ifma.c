/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA on P-384 in eight lanes of AVX-512 IFMA. */
#define ROW_WORDS 6
#include "../field/p384_avx512ifma.h"

#include "../core/variant_name.h"

/* Eight rows take less time than one by itself in words. */
#define WEIERSTRASS_LANES_MIN 1
#include "p384_lanes.h"

const struct pa_verify_kernel PA_VARIANT(pa_p384_) = WEIERSTRASS_KERNEL;
