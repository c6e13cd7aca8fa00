/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 in eight lanes of AVX-512 IFMA. */
#include "../field/fe25519_avx512ifma.h"

#define PA_PASTE(a, b) a##b
#define PA_PASTED(a, b) PA_PASTE(a, b)

/* A group takes less time than two rows one by one. */
#define ED25519_LANES_MIN 2
#define ED25519_SINGLE PA_ED25519_SINGLE
#define ED25519_SHORT_PRODUCTS

/* Doubles of eight lanes are one vector, which emulation has not. */
#ifndef PA_EMULATION_YMM_PAIRS_H
#define ED25519_HALVES_IN_LANES
#endif

/* ed25519_decode_avx512ifma.c */
#include "ed25519.h"
#define ED25519_DECODE_LANES 16
#define ED25519_DECODE PA_PASTED(pa_ed25519_decode_, PYACCEL_SUFFIX)
void ED25519_DECODE(pa_ed25519_point *const out[ED25519_DECODE_LANES],
                    const unsigned char *const rows[ED25519_DECODE_LANES]);

#include "ed25519_lanes.h"

#include "ed25519_batch.h"

const struct pa_verify_kernel PA_PASTED(pa_ed25519_, PYACCEL_SUFFIX) = {
    .scheme = PYACCEL_SCHEME_ED25519,
    .prepared_size = sizeof(pa_ed25519_prepared),
    .range_rows = PA_ED25519_RANGE,
    .prepare = ed25519_prepare,
    .scratch_size = ed25519_scratch_size,
    .verify_range = ed25519_verify_rows,
};
