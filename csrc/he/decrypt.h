/* SPDX-License-Identifier: Apache-2.0 */
/* What decryption and the noise budget share. */
#ifndef PA_HE_DECRYPT_H
#define PA_HE_DECRYPT_H

#include "evaluate.h"
#include "words.h"

/* row = that of prime j of c0 + c1 s + c2 s^2 .. of item i, NTT form. Constant-time. */
void pa_he_phase_row(pa_he_word *row, const pyaccel_he_secret_key *key,
                     const pyaccel_he_ciphertexts *ciphertexts, uint64_t i, uint32_t j);

/* Rows of the ciphertexts' level, as coefficients: y_j = [x times (Q / q_j)^-1] mod q_j of item i, x its phase, `times` below 2^61:
 * sum_j y_j Q / q_j is x times modulo Q. Constant-time. */
void pa_he_phase_digits(pa_he_word *rows, const pyaccel_he_secret_key *key,
                        const pyaccel_he_ciphertexts *ciphertexts, uint64_t i, uint64_t times);

/* What is added for y to 64 bits of fraction behind 64 of whole: y / q, y < q, 2^-64 too small at most. */
static inline uint64_t pa_he_fraction_of(uint64_t y, const pa_he_modulus *modulus)
{
    return y * modulus->ratio[1] + pa_he_high(y, modulus->ratio[0]);
}

#endif
