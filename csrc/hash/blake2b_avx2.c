/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE2b, one message, AVX2: a row of the state in a ymm register. RFC 7693. */
#define WORD_BITS 64
#include "blake2_schedule.h"

#include "blake_rows.h"

#include "blake2_rows.h"

const struct pa_blake2 pa_blake2b_avx2 = {.hash = blake2_hash, .lanes = 1, .cost = 450};
