/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE2s in lanes. RFC 7693. */
#define WORD_BITS 32
#define STREAMS 2
#include "blake2_schedule.h"

#include "blake_vector.h"

#include "blake2_lanes.h"

const struct pa_blake2 PA_VARIANT(pa_blake2s_two_) = {
    .hash = blake2_hash, .ends = ENDS, .lanes = MESSAGES, .cost = 672};
