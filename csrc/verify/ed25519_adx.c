/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 on CPUs with ADX. */
#include "../field/fe25519_adx.h"

/* One lane: a full group is one row, for which sparse digits are quicker. */
#define ED25519_LANES_MIN 2
#define ED25519_SINGLE pa_ed25519_single_adx

#include "ed25519_lanes.h"

#define ED25519_BATCH_MIN 8
#define ED25519_STRAUS_ROWS 32
#include "ed25519_batch.h"

void pa_ed25519_comb_adx(pa_ed25519_chunk *chunk, unsigned int n)
{
    ed25519_comb_chunk(chunk, n);
}

const struct pa_verify_kernel pa_ed25519_adx = ED25519_KERNEL;
