/* SPDX-License-Identifier: Apache-2.0 */
/* SM2 signatures in eight lanes of AVX-512 IFMA. */
#include "../field/sm2_avx512ifma.h"

#include "../core/variant_name.h"

/* Fewer take less time one by one. */
#define WEIERSTRASS_LANES_MIN 3
#include "sm2_lanes.h"

const struct pa_verify_kernel PA_VARIANT(pa_sm2_) = WEIERSTRASS_KERNEL;
