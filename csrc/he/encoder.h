/* SPDX-License-Identifier: Apache-2.0 */
/* The encoder of a context: tables that encoding and decoding read. */
#ifndef PA_HE_ENCODER_H
#define PA_HE_ENCODER_H

#include "encode.h"
#include "slots.h"

struct pa_he_encoder {
    uint32_t slots; /* in all rows together; 0: t has none */
    void *memory;

    /* CKKS */
    const pa_he_slots *kernel;
    pa_he_roots roots;
    const double *inverse; /* as in pa_he_join */
    const uint64_t *inverse_words;
    /* q_0 ... q_{i-1} = part[i] 2^power[i], 1/2 <= part < 1, rounded to the nearest; i <= q_count. */
    const double *part;
    const int *power;
    bool wide; /* some prime has more than PA_HE_FAST_BITS bits: words instead of doubles */

    /* BFV, BGV with slots */
    pa_he_ntt plain;      /* modulo t */
    const uint32_t *slot; /* where slot j stands in a resident NTT row modulo t */
};

/* x 2^power; infinity and 0 where no double holds it. */
double pa_he_scaled(double x, int power);

/* x is fraction 2^power, 1/2 <= |fraction| < 1; x is finite and not 0. */
double pa_he_fraction(int *power, double x);

/* As pa_he_slots.join and .residues, for primes of up to PA_HE_MAX_BITS bits; |x| <= 2^51. */
void pa_he_join_words(double *out, const uint64_t *const *rows, const pa_he_join *join, size_t n);
void pa_he_residues_words(uint64_t *out, const double *x, size_t n, const pa_he_modulus *modulus);

#endif
