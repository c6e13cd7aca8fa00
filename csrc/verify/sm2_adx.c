/* SPDX-License-Identifier: Apache-2.0 */
/* SM2 signatures on CPUs with ADX. */
#include "../field/sm2_adx.h"

/* A group of one is always full; few rows share an inversion to little use. */
#define WEIERSTRASS_LANES_MIN 1
#define WEIERSTRASS_ROWS_MIN 8
#include "sm2_lanes.h"

const struct pa_verify_kernel pa_sm2_adx = WEIERSTRASS_KERNEL;
