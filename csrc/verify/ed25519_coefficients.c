/* SPDX-License-Identifier: Apache-2.0 */
/* Coefficients of random linear combinations. */
#include "../core/internal.h"
#include "ed25519.h"
#include "pyaccel/hash.h"

/* The transcript is hashed as it lies in memory. */
_Static_assert(sizeof(pa_ed25519_transcript) == 32 + PA_ED25519_BATCH * 64, "no padding");
_Static_assert(sizeof(pa_ed25519_coefficient) == 16, "coefficients are output of the hash");

bool pa_ed25519_coefficients(pa_ed25519_coefficient *z, pa_ed25519_transcript *transcript,
                             uint64_t n)
{
    /* Not waiting for a generator that is not ready: rows can be verified one by one. */
    if (!pa_draw(transcript->drawn, sizeof transcript->drawn, false)) {
        return false;
    }
    const uint64_t size = n * sizeof *z;
    const pyaccel_hash_options options = {.struct_size = sizeof options, .digest_size = size};
    if (pyaccel_hash_one((uint8_t *)z, size, PYACCEL_HASH_BLAKE3, transcript->drawn,
                         sizeof transcript->drawn + n * sizeof *transcript->scalars,
                         &options) != PYACCEL_OK) {
        return false;
    }
    for (uint64_t i = 0; i < n; i++) {
        z[i].word[0] |= (z[i].word[0] | z[i].word[1]) == 0;
    }
    return true;
}
