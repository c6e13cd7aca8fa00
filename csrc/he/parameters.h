/* SPDX-License-Identifier: Apache-2.0 */
/* Canonical bytes of a context's parameters: what its id is the SHA-256 of, and what a saved context holds. */
#ifndef PA_HE_PARAMETERS_H
#define PA_HE_PARAMETERS_H

#include "pyaccel/he.h"

#define PA_HE_PARAMETERS_LEAST 48u /* without any modulus */
#define PA_HE_PARAMETERS_MOST (PA_HE_PARAMETERS_LEAST + 4u * PYACCEL_HE_MOST_MODULI)

/* out[0 .. returned) = parameters, little-endian: scheme, degree, standard, security, special_bits, digits, moduli_count and 0
 * in 32 bits each, plain_modulus and the scale's IEEE double in 64, moduli_bits in 32 each.
 * Before: moduli_count <= PYACCEL_HE_MOST_MODULI; special_bits resolved (never 0), digits 0 where each prime of Q is one, scale
 * 0 but for CKKS: equal contexts have equal bytes. */
size_t pa_he_parameters_bytes(uint8_t out[PA_HE_PARAMETERS_MOST],
                              const pyaccel_he_parameters *parameters);

#endif
