/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE3, one chunk at a time, any CPU. */
#include "blake3_schedule.h"

#include "blake_portable.h"

#include "blake3_lanes.h"

const struct pa_blake3 pa_blake3_portable = {
    .chain = blake3_chain, .expand = blake3_expand, .lanes = 1, .cost = 300};
