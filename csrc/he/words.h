/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic modulo a prime q < 2^61 in 64-bit words, without branches on values. */
#ifndef PA_HE_WORDS_H
#define PA_HE_WORDS_H

#include "../field/words.h"
#include "modulus.h"

/* x modulo m for x < 2m, 2m <= 2^64: the lesser of x and x - m, which wraps when x < m. Compilers make a branch of some ways
 * to write it, and a comparison too many of others. */
static inline uint64_t pa_he_once(uint64_t x, uint64_t m)
{
#if defined(__x86_64__)
    uint64_t less = x;
    __asm__("subq %2, %0\n\tcmovcq %1, %0" : "+&r"(less) : "r"(x), "rm"(m) : "cc");
    return less;
#else
    const uint64_t less = x - m;
    return less < x ? less : x;
#endif
}

static inline uint64_t pa_he_high(uint64_t a, uint64_t b)
{
    return (uint64_t)((pa_u128)a * b >> 64);
}

/* a + b, a - b, -a modulo q; a, b < q */
static inline uint64_t pa_he_add(uint64_t a, uint64_t b, uint64_t q)
{
    return pa_he_once(a + b, q);
}

static inline uint64_t pa_he_sub(uint64_t a, uint64_t b, uint64_t q)
{
    return pa_he_once(a + q - b, q);
}

static inline uint64_t pa_he_neg(uint64_t a, uint64_t q)
{
    return pa_he_once(q - a, q);
}

/* floor(c 2^64 / q), c < q: the quotient that goes with c as multiplier (Shoup). */
static inline uint64_t pa_he_quotient(uint64_t c, uint64_t q)
{
    return (uint64_t)(((pa_u128)c << 64) / q);
}

/* x c modulo q in [0, 2q), for any x: floor(x quotient / 2^64) is the quotient or one less. One value to the compiler, which
 * would add up x c and what is taken from it apart: a fifth of an inverse transform. */
static inline uint64_t pa_he_lazy(uint64_t x, uint64_t c, uint64_t quotient, uint64_t q)
{
    uint64_t r = x * c - pa_he_high(x, quotient) * q;
    __asm__("" : "+r"(r));
    return r;
}

/* x modulo q for any x: the quotient by floor(2^64 / q) is at most one too small. */
static inline uint64_t pa_he_reduce64(uint64_t x, const pa_he_modulus *m)
{
    return pa_he_once(x - pa_he_high(x, m->ratio[1]) * m->q, m->q);
}

/* x modulo q for any x: x ratio / 2^128, rounded down, is the quotient or one less. */
static inline uint64_t pa_he_reduce128(pa_u128 x, const pa_he_modulus *m)
{
    const uint64_t low = (uint64_t)x, high = (uint64_t)(x >> 64);
    const pa_u128 cross = (pa_u128)low * m->ratio[1] + pa_he_high(low, m->ratio[0]);
    const pa_u128 other = (pa_u128)high * m->ratio[0] + (uint64_t)cross;
    const uint64_t quotient =
        high * m->ratio[1] + (uint64_t)(cross >> 64) + (uint64_t)(other >> 64);
    return pa_he_once(low - quotient * m->q, m->q);
}

/* For products of two residues, z < q^2, q of b bits: z >> (b - 2) has at most b + 2 bits and its product with
 * ratio = floor(2^(62 + b) / q) / 2^64 falls short of z / q by less than 1/2 (what was shifted out) + 1/2 (the ratio's
 * fraction, for b <= 61) + 1 (the rounding): a remainder below 2q. */
typedef struct {
    uint64_t q, ratio;
    unsigned shift;
} pa_he_barrett;

static inline pa_he_barrett pa_he_barrett_of(const pa_he_modulus *m)
{
    const pa_u128 ratio = (pa_u128)m->ratio[1] << 64 | m->ratio[0];
    return (pa_he_barrett){m->q, (uint64_t)(ratio >> (66 - m->bits)), m->bits - 2};
}

static inline uint64_t pa_he_mul(uint64_t a, uint64_t b, const pa_he_barrett *m)
{
    const pa_u128 z = (pa_u128)a * b;
    const uint64_t quotient = pa_he_high((uint64_t)(z >> m->shift), m->ratio);
    return pa_he_once((uint64_t)z - quotient * m->q, m->q);
}

#endif
