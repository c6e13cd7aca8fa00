/* SPDX-License-Identifier: Apache-2.0 */
#include "choose.h"

#include <string.h>

#include "log2.h"

#define LEAST_BITS 20u
#define MOST_BITS 100u
#define MOST_SPECIAL_BITS 600u
#define MOST_PLAIN_MODULUS ((uint64_t)1 << 40)

static bool in_range(const pyaccel_he_parameters *p)
{
    const bool integers = p->scheme == PYACCEL_HE_BFV || p->scheme == PYACCEL_HE_BGV;
    if (p->struct_size != sizeof *p || p->reserved != 0 ||
        (!integers && p->scheme != PYACCEL_HE_CKKS)) {
        return false;
    }
    if (p->degree < 1u << PA_HE_MIN_LOG_DEGREE || p->degree > 1u << PA_HE_MAX_LOG_DEGREE ||
        (p->degree & (p->degree - 1)) != 0 || p->moduli_count == 0 ||
        p->moduli_count > PYACCEL_HE_MOST_MODULI || p->digits > p->moduli_count) {
        return false;
    }
    for (uint32_t i = 0; i < p->moduli_count; i++) {
        if (p->moduli_bits[i] < LEAST_BITS || p->moduli_bits[i] > MOST_BITS) {
            return false;
        }
    }
    if (p->special_bits != 0 &&
        (p->special_bits < LEAST_BITS || p->special_bits > MOST_SPECIAL_BITS)) {
        return false;
    }
    if (p->standard == PYACCEL_HE_STANDARD_NONE
            ? p->security != 0
            : pyaccel_he_bound(p->standard, p->security, p->degree) == 0) {
        return false;
    }
    return integers
               ? p->plain_modulus >= 2 && p->plain_modulus <= MOST_PLAIN_MODULUS && p->scale == 0
               : p->plain_modulus == 0 && p->scale >= 0x1p10 && p->scale <= 0x1p90;
}

/* Bits of the primes of a modulus of `bits` bits, larger ones first; how many there are. */
static uint32_t split(uint32_t out[MOST_SPECIAL_BITS / LEAST_BITS], uint32_t bits)
{
    const uint32_t count = (bits + PA_HE_FAST_BITS - 1) / PA_HE_FAST_BITS;
    for (uint32_t i = 0; i < count; i++) {
        out[i] = bits / count + (i < bits % count);
    }
    return count;
}

/* *prime = the first of its kind that is not taken[0 .. *count), which it joins. */
static bool take_prime(pa_he_choice *choice, uint64_t *taken, size_t *count, uint32_t bits,
                       bool near, uint64_t *prime)
{
    const size_t found = (near ? pa_he_primes_near : pa_he_primes_below)(
        prime, 1, bits, choice->log_degree, taken, *count);
    if (found == 0) {
        return false;
    }
    taken[(*count)++] = *prime;
    return true;
}

/* Bit length of the product of all primes. */
static uint32_t product_bits(const pa_he_choice *choice)
{
    uint64_t product[PA_HE_MAX_PRIMES] = {1};
    size_t words = 1;
    for (uint32_t i = 0; i < choice->q_count + choice->p_count; i++) {
        unsigned __int128 carry = 0;
        for (size_t w = 0; w < words; w++) {
            carry += (unsigned __int128)product[w] * choice->primes[i];
            product[w] = (uint64_t)carry;
            carry >>= 64;
        }
        if (carry != 0) {
            product[words++] = (uint64_t)carry;
        }
    }
    return (uint32_t)(64 * words) - (uint32_t)__builtin_clzll(product[words - 1]);
}

static void choose_digits(pa_he_choice *choice, uint32_t digits)
{
    choice->digit_count = digits == 0 ? choice->q_count : digits;
    const uint32_t size = choice->q_count / choice->digit_count,
                   longer = choice->q_count % choice->digit_count;
    uint32_t end = 0;
    for (uint32_t d = 0; d < choice->digit_count; d++) {
        end += size + (d < longer);
        choice->digit_end[d] = end;
    }
    choice->resolved.digits = choice->digit_count == choice->q_count ? 0 : digits;
}

/* Bits asked for of the digit that has most. */
static uint32_t largest_digit(const pa_he_choice *choice, const uint32_t *bits)
{
    uint32_t largest = 0;
    for (uint32_t d = 0, i = 0; d < choice->digit_count; d++) {
        uint32_t sum = 0;
        while (i < choice->digit_end[d]) {
            sum += bits[i++];
        }
        largest = sum > largest ? sum : largest;
    }
    return largest;
}

bool pa_he_choose(pa_he_choice *choice, const pyaccel_he_parameters *parameters)
{
    if (!in_range(parameters)) {
        return false;
    }
    memset(choice, 0, sizeof *choice);
    pyaccel_he_parameters *resolved = &choice->resolved;
    *resolved = *parameters;
    for (uint32_t i = parameters->moduli_count; i < PYACCEL_HE_MOST_MODULI; i++) {
        resolved->moduli_bits[i] = 0;
    }
    choice->log_degree = (unsigned)__builtin_ctz(parameters->degree);

    uint32_t bits[2 * PYACCEL_HE_MOST_MODULI];
    for (uint32_t l = 0; l < parameters->moduli_count; l++) {
        choice->q_count += split(bits + choice->q_count, parameters->moduli_bits[l]);
        choice->level_end[l] = choice->q_count;
        if (choice->q_count > PA_HE_MOST_CHOSEN) {
            return false;
        }
    }
    choice->level_count = parameters->moduli_count;
    choose_digits(choice, parameters->digits);
    if (resolved->special_bits == 0) {
        resolved->special_bits = largest_digit(choice, bits);
    }
    if (resolved->special_bits > MOST_SPECIAL_BITS) {
        return false;
    }
    uint32_t special[MOST_SPECIAL_BITS / LEAST_BITS];
    choice->p_count = split(special, resolved->special_bits);
    if (choice->q_count + choice->p_count > PA_HE_MOST_CHOSEN) {
        return false;
    }

    uint64_t taken[PA_HE_MAX_PRIMES] = {parameters->plain_modulus};
    size_t count = 1;
    for (uint32_t i = 0; i < choice->p_count; i++) {
        if (!take_prime(choice, taken, &count, special[i], false,
                        &choice->primes[choice->q_count + i])) {
            return false;
        }
    }
    for (uint32_t l = 0, i = 0; l < choice->level_count; l++) {
        const bool near = parameters->scheme == PYACCEL_HE_CKKS && l > 0 &&
                          parameters->moduli_bits[l] < PA_HE_FAST_BITS;
        for (; i < choice->level_end[l]; i++) {
            if (!take_prime(choice, taken, &count, bits[i], near, &choice->primes[i])) {
                return false;
            }
        }
    }

    choice->product_bits = product_bits(choice);
    for (uint32_t i = 0; i < choice->q_count + choice->p_count; i++) {
        choice->modulus_bits += pa_he_log2((double)choice->primes[i]);
        if (parameters->plain_modulus != 0 && parameters->plain_modulus % choice->primes[i] == 0) {
            return false;
        }
    }
    return parameters->standard == PYACCEL_HE_STANDARD_NONE ||
           choice->product_bits <=
               pyaccel_he_bound(parameters->standard, parameters->security, parameters->degree);
}
