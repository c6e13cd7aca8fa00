/* SPDX-License-Identifier: Apache-2.0 */
/* Word-sized primes of a residue number system, and their roots of unity. */
#ifndef PA_HE_MODULUS_H
#define PA_HE_MODULUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Primes of at most this many bits take every fast path; larger ones, up to PA_HE_MAX_BITS, the portable kernels alone. */
#define PA_HE_FAST_BITS 50u
#define PA_HE_MAX_BITS 61u

/* N = 2^log_degree coefficients. */
#define PA_HE_MIN_LOG_DEGREE 3u
#define PA_HE_MAX_LOG_DEGREE 17u

/* An odd prime q < 2^61. Constants that a variant wants beyond these it keeps in its NTT table. */
typedef struct {
    uint64_t q;
    uint64_t ratio[2]; /* floor(2^128 / q), low word first: Barrett reduction of 128 bits */
    uint64_t ratio52;  /* floor(2^102 / q) where q has 50 bits; see pa_he_modulus_set */
    double real;       /* q; exact below 2^53 */
    double inverse;    /* 1 / q, rounded */
    unsigned bits;     /* 2^(bits - 1) <= q < 2^bits */
} pa_he_modulus;

/* Fills *modulus; false unless q is an odd prime of 3 .. PA_HE_MAX_BITS bits (deterministic Miller-Rabin). ratio52 is
 * floor(2^(52 + bits) / q), which is below 2^53 ... and 0 above PA_HE_FAST_BITS. */
bool pa_he_modulus_set(pa_he_modulus *modulus, uint64_t q);

bool pa_he_is_prime(uint64_t n);

/* a * b, a + b, a^e, 1 / a modulo q; a, b < q. Scalar, for constants. Variable-time. */
uint64_t pa_he_mul_mod(uint64_t a, uint64_t b, const pa_he_modulus *modulus);
uint64_t pa_he_pow_mod(uint64_t a, uint64_t e, const pa_he_modulus *modulus);
uint64_t pa_he_inv_mod(uint64_t a, const pa_he_modulus *modulus);

/* primes[0 .. count) = the largest primes below 2^bits that are 1 modulo 2^(log_degree + 1), descending, without those in
 * `taken`; returns how many there are (fewer than count: no more of that size; the search stops at 2^(bits - 1)). */
size_t pa_he_primes_below(uint64_t *primes, size_t count, unsigned bits, unsigned log_degree,
                          const uint64_t *taken, size_t taken_count);

/* Likewise nearest to 2^bits on either side, nearest first: for CKKS, whose scale then stays near 2^bits. */
size_t pa_he_primes_near(uint64_t *primes, size_t count, unsigned bits, unsigned log_degree,
                         const uint64_t *taken, size_t taken_count);

/* The least primitive 2N-th root of unity modulo q, as SEAL and HEXL take it; 0 where q is not 1 modulo 2N. */
uint64_t pa_he_root(const pa_he_modulus *modulus, unsigned log_degree);

#endif
