/* SPDX-License-Identifier: Apache-2.0 */
/* Coefficients of random linear combinations. */
#include "coefficients.h"

#include "../core/internal.h"
#include "pyaccel/hash.h"

_Static_assert(sizeof(pa_coefficient) == 16, "coefficients are output of the hash");

bool pa_coefficients(pa_coefficient *z, uint64_t n, uint8_t *transcript, uint64_t size)
{
    /* Not waiting for a generator that is not ready: rows can be verified one by one. */
    if (!pa_draw(transcript, PA_COEFFICIENTS_DRAWN, false)) {
        return false;
    }
    const uint64_t digest_size = n * sizeof *z;
    const pyaccel_hash_options options = {.struct_size = sizeof options,
                                          .digest_size = digest_size};
    if (pyaccel_hash_one((uint8_t *)z, digest_size, PYACCEL_HASH_BLAKE3, transcript, size,
                         &options) != PYACCEL_OK) {
        return false;
    }
    for (uint64_t i = 0; i < n; i++) {
        z[i].word[0] |= (z[i].word[0] | z[i].word[1]) == 0;
    }
    return true;
}
