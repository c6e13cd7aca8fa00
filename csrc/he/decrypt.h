/* SPDX-License-Identifier: Apache-2.0 */
/* What decryption and the noise budget share. */
#ifndef PA_HE_DECRYPT_H
#define PA_HE_DECRYPT_H

#include "evaluate.h"
#include "words.h"

/* row = that of prime j of c0 + c1 s + c2 s^2 .. of an item, NTT form. Constant-time. */
void pa_he_phase_row(pa_he_word *row, const pyaccel_he_secret_key *key,
                     const pyaccel_he_ciphertexts *ciphertexts, uint64_t item, uint32_t j);

/* constants[j] = (Q / q_j)^-1 times modulo q_j, Q of a level. */
void pa_he_digit_constants(pa_he_multiplier *constants, const pyaccel_he_context *context,
                           uint32_t level, uint64_t times);

/* Rows of the ciphertexts' level, as coefficients: y_j = [x_j constants[j]] mod q_j of item i, x its phase: sum_j y_j Q / q_j is x
 * times what the constants have modulo Q. Constant-time. */
void pa_he_phase_digits(pa_he_word *rows, const pyaccel_he_secret_key *key,
                        const pyaccel_he_ciphertexts *ciphertexts, uint64_t i,
                        const pa_he_multiplier *constants);

/* y / q, y < q, with 57 bits of fraction, less than 2^-56 too small: sums of PA_HE_MAX_PRIMES such fit in 64 bits. */
#define PA_HE_FRACTION_BITS 57u
typedef struct {
    uint64_t ratio; /* floor(2^(63 + bits) / q) */
    unsigned shift;
} pa_he_fraction;

static inline pa_he_fraction pa_he_fraction_make(const pa_he_modulus *modulus)
{
    const pa_u128 ratio = (pa_u128)modulus->ratio[1] << 64 | modulus->ratio[0];
    return (pa_he_fraction){(uint64_t)(ratio >> (65 - modulus->bits)), 64 - modulus->bits};
}

static inline uint64_t pa_he_fraction_of(uint64_t y, pa_he_fraction of)
{
    return pa_he_high(y << of.shift, of.ratio) >> (63 - PA_HE_FRACTION_BITS);
}

/* The nearest integer to a sum that began with PA_HE_HALF. */
#define PA_HE_HALF (UINT64_C(1) << (PA_HE_FRACTION_BITS - 1))

#endif
