/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 in four lanes of AVX2. */
#include "../field/fe25519_avx2.h"

/* Fewer take less time one by one. */
#define ED25519_LANES_MIN 3
#define ED25519_SINGLE PA_ED25519_SINGLE

#include "ed25519_lanes.h"

#define ED25519_BATCH_MIN 5
#define ED25519_STRAUS_ROWS 56
#include "ed25519_batch.h"

const struct pa_verify_kernel pa_ed25519_avx2 = ED25519_KERNEL;
