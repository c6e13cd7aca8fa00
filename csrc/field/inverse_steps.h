/* SPDX-License-Identifier: Apache-2.0 */
/* Modular inverses by the division steps of Bernstein and Yang: the text of inverse256.c and inverse384.c, which define
 *   WORDS, LIMBS        of a modulus, 64-bit words and limbs of 62 bits
 *   MODULUS             its type
 *   OF_WORDS(a)         an initializer of one, from the words of a number and no inverse
 *   INVERSE             the name of the function.
 *
 * Form:   from (delta, f, g) = (1, m, a), a step takes (delta, f, g), f odd, to
 *             (1 - delta, g, (g - f) / 2)                     where delta > 0 and g is odd,
 *             (1 + delta, f, (g + (g mod 2) f) / 2)           elsewhere,
 *         until g = 0; then f = +-gcd(m, a). What the next 62 steps do depends on delta and the
 *         low 62 bits of f and g alone: they are worked out on words, as a matrix over 2^62 that is
 *         applied to the whole numbers afterwards, and modulo m to (d, e) = (0, 1), for which
 *         d a = f and e a = g mod m always. In the end 1 / a = +-d.
 * Bounds: the entries of a row of the matrix are at most 2^62 together in absolute value, so f and
 *         g never grow beyond 2^(64 WORDS), and lose limbs as they shrink. d and e stay in (-2 m, m): m is
 *         added to each that is negative first, which leaves (-m, m), sums of the rows then lie in
 *         (-2^62 m, 2^62 m), and a multiple of m below 2^62 m is taken away to make them divisible.
 * Source: D. J. Bernstein, B.-Y. Yang, "Fast constant-time gcd computation and modular inversion"
 *         (TCHES 2019); the bound by m from P. Wuille's "The safegcd implementation in libsecp256k1
 *         explained". */
#ifndef PA_FIELD_INVERSE_STEPS_H
#define PA_FIELD_INVERSE_STEPS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "../core/bytes.h"

__extension__ typedef __int128 signed_128;

#define LOW ((UINT64_C(1) << 62) - 1)

/* 2^62 (f', g') = (u f + v g, q f + r g) */
typedef struct {
    int64_t u, v, q, r;
} matrix;

/* The matrix of 62 steps; returns -delta behind them, from -delta and the low bits of f and g.
 *
 * Each round first takes the zeros at the end of g, a step each; then both are odd, and g is
 * replaced by g + w f, with w such that as many more zeros come as one may have before delta > 0
 * counts again, but no more than -1 / f is worth: f (f^2 - 2) is it modulo 64, and -f, less 8
 * where f = 3 or 5 mod 8, modulo 16. f is known early where it was not exchanged for g, and the
 * shorter one takes less time from there.
 * Tried and lost: 6 or 12 bits in every round, 4 % and 28 % slower; no branch on delta, which
 * nothing predicts, 20 %. */
static int64_t divide_steps(matrix *t, int64_t minus_delta, uint64_t f, uint64_t g)
{
    uint64_t u = 1, v = 0, q = 0, r = 1;
    int left = 62;
    for (;;) {
        const int zeros = __builtin_ctzll(g | UINT64_MAX << left);
        g >>= zeros;
        u <<= zeros;
        v <<= zeros;
        minus_delta -= zeros;
        left -= zeros;
        if (left == 0) {
            break;
        }
        uint64_t w;
        int more;
        if (minus_delta < 0) {
            const uint64_t f_before = f, u_before = u, v_before = v;
            minus_delta = -minus_delta;
            f = g;
            g = 0 - f_before;
            u = q;
            q = 0 - u_before;
            v = r;
            r = 0 - v_before;
            more = minus_delta < 5 ? (int)minus_delta + 1 : 6;
            more = more < left ? more : left;
            w = f * g * (f * f - 2) & ((UINT64_C(1) << more) - 1);
        } else {
            more = minus_delta < 3 ? (int)minus_delta + 1 : 4;
            more = more < left ? more : left;
            w = (0 - (f + ((f + 1) & 4) * 2) * g) & ((UINT64_C(1) << more) - 1);
        }
        g += f * w;
        q += u * w;
        r += v * w;
    }
    *t = (matrix){(int64_t)u, (int64_t)v, (int64_t)q, (int64_t)r};
    return minus_delta;
}

/* (f, g) = t (f, g) / 2^62, exactly; limbs below the last of `size` are 62 bits each. */
static void apply(int64_t f[LIMBS], int64_t g[LIMBS], int size, const matrix *t)
{
    signed_128 x = (signed_128)t->u * f[0] + (signed_128)t->v * g[0];
    signed_128 y = (signed_128)t->q * f[0] + (signed_128)t->r * g[0];
    for (int i = 1; i < size; i++) {
        x = (x >> 62) + (signed_128)t->u * f[i] + (signed_128)t->v * g[i];
        y = (y >> 62) + (signed_128)t->q * f[i] + (signed_128)t->r * g[i];
        f[i - 1] = (int64_t)((uint64_t)x & LOW);
        g[i - 1] = (int64_t)((uint64_t)y & LOW);
    }
    f[size - 1] = (int64_t)(x >> 62);
    g[size - 1] = (int64_t)(y >> 62);
}

/* (d, e) = t (d, e) / 2^62 mod m */
static void apply_modulo(int64_t d[LIMBS], int64_t e[LIMBS], const matrix *t, const MODULUS *m)
{
    const int64_t d_negative = d[LIMBS - 1] >> 63, e_negative = e[LIMBS - 1] >> 63;
    int64_t d_times = (t->u & d_negative) + (t->v & e_negative);
    int64_t e_times = (t->q & d_negative) + (t->r & e_negative);
    signed_128 x = (signed_128)t->u * d[0] + (signed_128)t->v * e[0];
    signed_128 y = (signed_128)t->q * d[0] + (signed_128)t->r * e[0];
    d_times -= (int64_t)((m->inverse * (uint64_t)x + (uint64_t)d_times) & LOW);
    e_times -= (int64_t)((m->inverse * (uint64_t)y + (uint64_t)e_times) & LOW);
    x += (signed_128)m->limb[0] * d_times;
    y += (signed_128)m->limb[0] * e_times;
    for (int i = 1; i < LIMBS; i++) {
        x = (x >> 62) + (signed_128)t->u * d[i] + (signed_128)t->v * e[i];
        y = (y >> 62) + (signed_128)t->q * d[i] + (signed_128)t->r * e[i];
        x += (signed_128)m->limb[i] * d_times;
        y += (signed_128)m->limb[i] * e_times;
        d[i - 1] = (int64_t)((uint64_t)x & LOW);
        e[i - 1] = (int64_t)((uint64_t)y & LOW);
    }
    d[LIMBS - 1] = (int64_t)(x >> 62);
    e[LIMBS - 1] = (int64_t)(y >> 62);
}

/* d = (-1)^negate d + (add ? m : 0) */
static void adjust(int64_t d[LIMBS], bool negate, bool add, const MODULUS *m)
{
    int64_t carry = 0;
    for (int i = 0; i < LIMBS; i++) {
        carry += (negate ? -d[i] : d[i]) + (add ? m->limb[i] : 0);
        d[i] = i < LIMBS - 1 ? (int64_t)((uint64_t)carry & LOW) : carry;
        carry >>= 62;
    }
}

bool INVERSE(uint64_t r[WORDS], const uint64_t a[WORDS], const MODULUS *m)
{
    const MODULUS number = OF_WORDS(a);
    int64_t f[LIMBS], g[LIMBS], d[LIMBS] = {0}, e[LIMBS] = {1};
    memcpy(f, m->limb, sizeof f);
    memcpy(g, number.limb, sizeof g);
    int64_t minus_delta = -1, rest = 0;
    int size = LIMBS;
    for (int i = 0; i < LIMBS; i++) {
        rest |= g[i];
    }
    while (rest != 0) {
        matrix t;
        minus_delta = divide_steps(&t, minus_delta, (uint64_t)f[0], (uint64_t)g[0]);
        apply(f, g, size, &t);
        apply_modulo(d, e, &t, m);
        while (size > 1 && f[size - 1] == f[size - 1] >> 63 && g[size - 1] == g[size - 1] >> 63) {
            /* Nothing but signs: they go on top of the limb below. */
            f[size - 2] |= (int64_t)((uint64_t)f[size - 1] << 62);
            g[size - 2] |= (int64_t)((uint64_t)g[size - 1] << 62);
            f[size - 1] = g[size - 1] = 0;
            size--;
        }
        rest = 0;
        for (int i = 0; i < size; i++) {
            rest |= g[i];
        }
    }
    if (size > 1 || (f[0] != 1 && f[0] != -1)) {
        memset(r, 0, WORDS * sizeof *r);
        return false;
    }
    adjust(d, false, d[LIMBS - 1] < 0, m);
    adjust(d, f[0] < 0, false, m);
    adjust(d, false, d[LIMBS - 1] < 0, m);
    for (int i = 0; i < WORDS; i++) {
        r[i] = (uint64_t)d[i] >> (2 * i) | (uint64_t)d[i + 1] << (62 - 2 * i);
    }
    return true;
}

#endif
