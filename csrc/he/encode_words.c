/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of CKKS modulo primes of more than 50 bits, which only the portable kernels take: word by word. */
#include "encoder.h"
#include "words.h"

void pa_he_residues_words(uint64_t *out, const double *x, size_t n, const pa_he_modulus *modulus)
{
    for (size_t i = 0; i < n; i++) {
        const int64_t value = (int64_t)x[i];
        const uint64_t size = (uint64_t)(value < 0 ? -value : value) % modulus->q;
        out[i] = value < 0 && size != 0 ? modulus->q - size : size;
    }
}

void pa_he_join_words(double *out, const uint64_t *const *rows, const pa_he_join *join, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        int64_t digit[PA_HE_MAX_PRIMES];
        for (uint32_t d = 0; d < join->count; d++) {
            const pa_he_modulus *modulus = &join->primes[d].modulus;
            const uint64_t q = modulus->q;
            uint64_t y = rows[d][k];
            for (uint32_t j = 0; j < d; j++) {
                const uint64_t size = (uint64_t)(digit[j] < 0 ? -digit[j] : digit[j]) % q;
                y = digit[j] < 0 ? pa_he_add(y, size, q) : pa_he_sub(y, size, q);
                y = pa_he_mul_mod(y, join->inverse_words[d * PA_HE_MAX_PRIMES + j], modulus);
            }
            digit[d] = y > q / 2 ? -(int64_t)(q - y) : (int64_t)y;
        }
        double sum = 0;
        for (uint32_t d = join->count; d-- > 0;) {
            sum += digit[d] == 0 ? 0 : (double)digit[d] * join->weight[d];
        }
        out[k] = sum;
    }
}
