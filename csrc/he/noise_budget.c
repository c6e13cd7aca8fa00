/* SPDX-License-Identifier: Apache-2.0 */
/* The noise of ciphertexts, exactly, with the secret key: as SEAL's Decryptor::invariant_noise_budget, in fractions of a bit. */
#include <stdlib.h>
#include <string.h>

#include "decrypt.h"
#include "keys.h"
#include "log2.h"

/* Integers as 64-bit words, least first: below Q PA_HE_MAX_PRIMES, of 61 bits a prime. */
#define WORDS (PA_HE_MAX_PRIMES + 1)

/* sum += x * times; the words that x has, and one more. */
static void add_product(uint64_t *sum, const uint64_t *x, uint32_t words, uint64_t times)
{
    uint64_t carry = 0;
    for (uint32_t w = 0; w < words; w++) {
        const pa_u128 z = (pa_u128)x[w] * times + sum[w] + carry;
        sum[w] = (uint64_t)z;
        carry = (uint64_t)(z >> 64);
    }
    sum[words] += carry;
}

/* sum -= x * times, in two's complement. */
static void take_product(uint64_t *sum, const uint64_t *x, uint32_t words, uint64_t times)
{
    uint64_t borrow = 0;
    for (uint32_t w = 0; w < words; w++) {
        const pa_u128 z = (pa_u128)x[w] * times + borrow;
        borrow = (uint64_t)(z >> 64) + (sum[w] < (uint64_t)z);
        sum[w] -= (uint64_t)z;
    }
    sum[words] -= borrow;
}

/* Q and Q / q_j of a level. */
typedef struct {
    uint32_t words;
    uint64_t whole[WORDS], part[PA_HE_MAX_PRIMES][WORDS];
} products;

static void multiply_out(uint64_t *product, const pyaccel_he_context *context, uint32_t rows,
                         uint32_t without)
{
    product[0] = 1;
    for (uint32_t j = 0; j < rows; j++) {
        uint64_t next[WORDS + 1] = {0};
        add_product(next, product, WORDS, j == without ? 1 : context->ntt[j].modulus.q);
        memcpy(product, next, sizeof(uint64_t) * WORDS);
    }
}

/* greatest = the greater of it and |sum|, `words` + 1 words each; sum is overwritten. Without branches on either. */
static void keep_greater(uint64_t *greatest, uint64_t *sum, uint32_t words)
{
    const uint64_t negative = 0 - (sum[words] >> 63);
    uint64_t carry = negative & 1, borrow = 0;
    for (uint32_t w = 0; w <= words; w++) {
        const uint64_t turned = sum[w] ^ negative;
        sum[w] = turned + carry;
        carry = sum[w] < turned;
        const pa_u128 z = (pa_u128)greatest[w] - sum[w] - borrow;
        borrow = (uint64_t)(z >> 64) & 1;
    }
    for (uint32_t w = 0; w <= words; w++) {
        greatest[w] ^= (greatest[w] ^ sum[w]) & (0 - borrow);
    }
}

/* log2 of an integer; of 0 that of 1. */
static double log2_of(const uint64_t *x, uint32_t words)
{
    uint32_t top = words;
    while (top > 0 && x[top] == 0) {
        top--;
    }
    if (top == 0) {
        return x[0] == 0 ? 0 : pa_he_log2((double)x[0]);
    }
    return pa_he_log2((double)x[top] * 0x1p64 + (double)x[top - 1]) + 64.0 * (top - 1);
}

/* log2 of the greatest coefficient of item i near the centre, from its digits. */
static double greatest_of(const pyaccel_he_context *context, uint32_t rows,
                          const pa_he_word *digits, const products *q)
{
    enum { BLOCK = 64 };
    uint64_t y[PA_HE_MAX_PRIMES][BLOCK], greatest[WORDS + 1] = {0};
    for (size_t first = 0; first < context->degree; first += BLOCK) {
        const size_t n = context->degree - first < BLOCK ? context->degree - first : BLOCK;
        for (uint32_t j = 0; j < rows; j++) {
            context->kernels->export(y[j], digits + j * context->stride + first, n,
                                     &context->ntt[j].modulus);
        }
        for (size_t k = 0; k < n; k++) {
            uint64_t sum[WORDS + 1] = {0};
            uint64_t whole = PA_HE_HALF;
            for (uint32_t j = 0; j < rows; j++) {
                whole += pa_he_fraction_of(y[j][k], pa_he_fraction_make(&context->ntt[j].modulus));
                add_product(sum, q->part[j], q->words, y[j][k]);
            }
            take_product(sum, q->whole, q->words, whole >> PA_HE_FRACTION_BITS);
            keep_greater(greatest, sum, q->words);
        }
    }
    pa_wipe(y, sizeof y);
    return log2_of(greatest, q->words);
}

pyaccel_status pyaccel_he_noise_budget(double *bits, const pyaccel_he_secret_key *key,
                                       const pyaccel_he_ciphertexts *ciphertexts)
{
    if (ciphertexts == NULL || key == NULL || (bits == NULL && ciphertexts->count > 0)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    const pyaccel_he_context *context = key->context;
    if (!pa_he_same_context(context, ciphertexts->context) || context->scheme == PYACCEL_HE_CKKS) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    for (uint64_t i = 0; i < ciphertexts->count; i++) {
        bits[i] = 0;
    }
    const uint32_t rows = ciphertexts->rows;
    products *q = calloc(1, sizeof *q);
    pa_he_scratch scratch;
    if (q == NULL || !pa_he_scratch_take(&scratch, context, rows, 0)) {
        free(q);
        return PYACCEL_OUT_OF_MEMORY;
    }
    multiply_out(q->whole, context, rows, rows);
    q->words = WORDS - 1;
    while (q->words > 1 && q->whole[q->words - 1] == 0) {
        q->words--;
    }
    for (uint32_t j = 0; j < rows; j++) {
        multiply_out(q->part[j], context, rows, j);
    }
    pa_he_multiplier constants[PA_HE_MAX_PRIMES];
    pa_he_digit_constants(constants, context, ciphertexts->level,
                          context->scheme == PYACCEL_HE_BFV ? context->plain_modulus : 1);
    const double modulus = log2_of(q->whole, q->words);
    /* Near t or below it no noise fits between two messages, though t times some may be little modulo Q. */
    const bool holds = modulus > pa_he_log2((double)context->plain_modulus) + 2;
    for (uint64_t i = 0; i < ciphertexts->count; i++) {
        pa_he_phase_digits(scratch.rows, key, ciphertexts, i, constants);
        const double budget = modulus - 1 - greatest_of(context, rows, scratch.rows, q);
        bits[i] = budget > 0 && holds ? budget : 0;
    }
    pa_he_scratch_return(&scratch, context);
    free(q);
    return PYACCEL_OK;
}
