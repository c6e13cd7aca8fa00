/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA on P-256 in eight lanes of AVX-512 IFMA. */
#include "../field/p256_avx512ifma.h"

#include "../core/variant_name.h"

/* Fewer take less time one by one. */
#define WEIERSTRASS_LANES_MIN 3
#include "p256_lanes.h"

const struct pa_verify_kernel PA_VARIANT(pa_p256_) = WEIERSTRASS_KERNEL;
