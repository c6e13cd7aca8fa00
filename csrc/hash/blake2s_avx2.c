/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE2s, one message: a row of the state in an xmm register. RFC 7693. */
#define WORD_BITS 32
#include "blake2_schedule.h"

#include "blake_rows.h"

#include "blake2_rows.h"

const struct pa_blake2 pa_blake2s_avx2 = {.hash = blake2_hash, .lanes = 1, .cost = 300};
