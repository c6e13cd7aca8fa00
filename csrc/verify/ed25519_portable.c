/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 on any CPU. */
#include "../field/fe25519_portable.h"

/* One lane: a full group is one row, for which sparse digits are quicker. */
#define ED25519_LANES_MIN 2
#define ED25519_SINGLE pa_ed25519_single_portable

#include "ed25519_lanes.h"

#include "ed25519_batch.h"

void pa_ed25519_comb_portable(pa_ed25519_chunk *chunk, unsigned int n)
{
    ed25519_comb_chunk(chunk, n);
}

const struct pa_verify_kernel pa_ed25519_portable = ED25519_KERNEL;
