/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE3 in lanes. */
#define STREAMS 1
#include "blake3_schedule.h"

#include "blake_vector.h"

#include "blake3_lanes.h"

const struct pa_blake3 PA_VARIANT(pa_blake3_lanes_) = {
    .chain = blake3_chain,
    .expand = blake3_expand,
    .lanes = MESSAGES,
    .cost = VECTOR_BYTES == 64 ? 363 : 370,
#if VECTOR_BYTES == 64
    .wider = &PA_VARIANT(pa_blake3_two_),
#endif
};
