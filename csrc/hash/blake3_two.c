/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE3 in lanes. */
#define STREAMS 2
#include "blake3_schedule.h"

#include "blake_vector.h"

#include "blake3_lanes.h"

const struct pa_blake3 PA_VARIANT(pa_blake3_two_) = {
    .chain = blake3_chain,
    .groups = blake3_groups,
    .expand = blake3_expand,
    .ends = ENDS,
    .lanes = MESSAGES,
    .cost = 470,
};
