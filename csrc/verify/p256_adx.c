/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA on P-256 on CPUs with ADX. */
#include "../field/p256_adx.h"

/* A group of one is always full; few rows share an inversion to little use. */
#define WEIERSTRASS_LANES_MIN 1
#define WEIERSTRASS_ROWS_MIN 8
#include "p256_lanes.h"

const struct pa_verify_kernel pa_p256_adx = WEIERSTRASS_KERNEL;
