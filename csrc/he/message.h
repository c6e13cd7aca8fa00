/* SPDX-License-Identifier: Apache-2.0 */
/* Plaintexts of BFV and BGV as numbers modulo the primes of Q: what they add to the phase of a ciphertext, and what multiplies one.
 * Constant-time in the plaintext. */
#ifndef PA_HE_MESSAGE_H
#define PA_HE_MESSAGE_H

#include "ring.h"

/* numbers[i] = what stands for m = words[i], 0 <= m < t, i < n, at every prime q_j of level `level`, |numbers[i]| <= t / 2:
 *   scaled      floor(t / 2) - r, r = (Q m + floor(t / 2)) mod t; 1/t of it modulo q_j is that of floor((Q m + floor(t / 2)) / t):
 *               what BFV adds
 *   not scaled  [factor m]_t in (-t / 2, t / 2], itself: what BGV adds, and what both multiply with */
void pa_he_message(int64_t *numbers, const pyaccel_he_context *context, uint32_t level,
                   const pa_he_word *words, size_t n, uint64_t factor, bool scaled);

/* constants[j] = what those are multiplied by modulo prime j of Q, j < rows: BFV 1 / t, BGV 1; `special`: and by P. */
void pa_he_message_constants(pa_he_multiplier *constants, const pyaccel_he_context *context,
                             uint32_t rows, bool special);

/* row += numbers times the constant of prime number `prime`, n coefficients. scratch: n words. */
void pa_he_message_add(pa_he_word *row, const pyaccel_he_context *context, uint32_t prime,
                       const int64_t *numbers, const pa_he_multiplier *constant,
                       pa_he_word *scratch, size_t n);

/* row = n numbers modulo a prime, as coefficients; |numbers[i]| <= most < 2^63. */
void pa_he_signed_row(pa_he_word *row, const pyaccel_he_context *context, uint32_t prime,
                      const int64_t *numbers, uint64_t most, size_t n);

#endif
