/* SPDX-License-Identifier: Apache-2.0 */
/* Residues modulo primes below 2^61, one table of constants for all primes of a context.
 *
 * Rows are N words each, residues in [0, q) between kernels; a batch of rows is an array of them, one after the other, and `primes`
 * holds for each the number of its prime. Constants: HE_CONSTANTS words a prime. */
#ifndef PYACCEL_HE_MODULAR_H
#define PYACCEL_HE_MODULAR_H

#define HE_CONSTANTS 4u
#define HE_Q 0u     /* the prime */
#define HE_MU 1u    /* floor(2^(2 bits) / q) << (63 - bits), 2^(bits - 1) <= q < 2^bits */
#define HE_SHIFT 2u /* bits - 1 */

typedef struct {
    ulong q, mu;
    uint shift;
} he_prime;

DEVICE_FUNCTION he_prime he_prime_of(GLOBAL const ulong *constants, uint prime)
{
    GLOBAL const ulong *row = constants + prime * HE_CONSTANTS;
    he_prime p;
    p.q = row[HE_Q];
    p.mu = row[HE_MU];
    p.shift = (uint)row[HE_SHIFT];
    return p;
}

/* x - bound where x >= bound. */
DEVICE_FUNCTION ulong he_once(ulong x, ulong bound)
{
    return x >= bound ? x - bound : x;
}

DEVICE_FUNCTION ulong he_add(ulong a, ulong b, ulong q)
{
    return he_once(a + b, q);
}

DEVICE_FUNCTION ulong he_sub(ulong a, ulong b, ulong q)
{
    return a >= b ? a - b : a + q - b;
}

/* high 2^64 + low modulo q, below 2^(2 bits). Barrett: with x / 2^(bits - 1) = t, t mu / 2^(bits + 1) is less than x / q by 3 at
 * most (two floors and what the third one drops); mu stands shifted so that the quotient is the upper half of a product. */
DEVICE_FUNCTION ulong he_reduce(ulong high, ulong low, he_prime p)
{
    const ulong t = p.shift == 0u ? low : low >> p.shift | high << (64u - p.shift);
    const ulong r = low - multiply_high(t, p.mu) * p.q;
    return he_once(he_once(r, 2u * p.q), p.q);
}

/* a b mod q; a, b < q. */
DEVICE_FUNCTION ulong he_mul(ulong a, ulong b, he_prime p)
{
    return he_reduce(multiply_high(a, b), a * b, p);
}

/* x w mod q in [0, 2q): quotient = floor(w 2^64 / q), w < q, any x (Shoup). */
DEVICE_FUNCTION ulong he_mul_lazy(ulong x, ulong w, ulong quotient, ulong q)
{
    return x * w - multiply_high(x, quotient) * q;
}

#endif
