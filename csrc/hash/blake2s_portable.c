/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE2s, one message, any CPU. RFC 7693. */
#define WORD_BITS 32
#include "blake2_schedule.h"

#include "blake_portable.h"

#include "blake2_lanes.h"

const struct pa_blake2 pa_blake2s_portable = {.hash = blake2_hash, .lanes = 1, .cost = 410};
