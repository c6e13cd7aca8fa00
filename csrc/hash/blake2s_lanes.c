/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE2s in lanes. RFC 7693. */
#define WORD_BITS 32
#define STREAMS 1
#include "blake2_schedule.h"

#include "blake_vector.h"

#include "blake2_lanes.h"

const struct pa_blake2 PA_VARIANT(pa_blake2s_lanes_) = {
    .hash = blake2_hash,
    .ends = ENDS,
    .lanes = MESSAGES,
    .cost = VECTOR_BYTES == 64 ? 520 : 550,
#if VECTOR_BYTES == 64
    .wider = &PA_VARIANT(pa_blake2s_two_),
#endif
};
