/* SPDX-License-Identifier: Apache-2.0 */
/* From parameters to the primes, levels and digits of a context. */
#ifndef PA_HE_CHOOSE_H
#define PA_HE_CHOOSE_H

#include "ring.h"

typedef struct {
    unsigned log_degree;
    uint32_t q_count, p_count;
    uint64_t primes[PA_HE_MAX_PRIMES]; /* Q's, then the special ones */
    uint32_t level_count, level_end[PA_HE_MAX_PRIMES];
    uint32_t digit_count, digit_end[PA_HE_MAX_PRIMES];
    uint32_t product_bits;          /* bit length of Q P */
    double modulus_bits;            /* log2(Q P) */
    pyaccel_he_parameters resolved; /* equal for equal contexts: see parameters.h */
} pa_he_choice;

/* A modulus of b > PA_HE_FAST_BITS bits is ceil(b / PA_HE_FAST_BITS) primes, whose bits differ by one at most, larger ones first;
 * so is P. Primes are chosen for P first, then for Q in order, each the first one that is neither taken nor t: pa_he_primes_near(2^b) for
 * CKKS moduli after the first that are one prime of less than PA_HE_FAST_BITS bits, pa_he_primes_below(2^b) for all others.
 * Digits: parameters->digits runs of Q's primes whose counts differ by one at most, longer ones first; 0: a prime each.
 * special_bits 0: the bits asked for of the digit that has most.
 * False: parameters out of range, no such primes, more than PA_HE_MOST_CHOSEN of them, a common factor of t and Q P, or Q P above
 * the bound of the security asked for. */
bool pa_he_choose(pa_he_choice *choice, const pyaccel_he_parameters *parameters);

/* *context = a context of these primes and that variant, whose primes may be as large as they are. OUT_OF_MEMORY, INTERNAL;
 * INVALID_ARGUMENT: BFV products need too many primes. */
pyaccel_status pa_he_context_make(pyaccel_he_context **context, const pa_he_choice *choice,
                                  const pa_he_kernels *kernels, const char *variant);

/* Digits and two terms more go through one inner product. */
#define PA_HE_MOST_CHOSEN (PA_HE_MAX_PRIMES - 2)

#endif
