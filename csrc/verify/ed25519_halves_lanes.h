/* SPDX-License-Identifier: Apache-2.0 */
/* pa_ed25519_scalar_halve for LANES scalars at once. Included by variants of more than one lane.
 *
 * Euclid's algorithm half-way with the nearest quotients, in rounds: both remainders as doubles, steps on these while the
 * cofactors stay below 2^25, then the cofactors applied to the numbers themselves, exactly. The doubles need not be exact nor
 * the quotients nearest: any integers as quotients give other remainders r = t k modulo 8 l, only not as small ones. What a
 * round can't make smaller, one quotient of 2^25 or more for instance, is left to the scalar form.
 * Measured on Zen 5, 8 lanes: 540 cycles a scalar, 1420 by the scalar form. A step is a chain of 41 cycles, 15 of them of the
 * division; 66 steps in 6 rounds are what the slowest of 8 lanes takes. */
#ifndef PA_ED25519_HALVES_LANES_H
#define PA_ED25519_HALVES_LANES_H

#include <string.h>

#include "ed25519.h"

/* Numbers of 32-bit limbs, the highest with the sign. A remainder is at most 0.6 of the one before, r, and so the t of both are
 * at most 2.5 times 8 l / |r|: as long as r is 2^128 or more, below 2^129. */
#define HALVES_R 8
#define HALVES_T 5
#define HALVES_COFACTOR 0x1p25
#define HALVES_ROUNDS 12

/* Vectors of the compiler's own, as they are the same text for every width. */
typedef double halves_real __attribute__((vector_size(8 * LANES)));
typedef int64_t halves_word __attribute__((vector_size(8 * LANES)));

typedef struct {
    halves_word r[HALVES_R], t[HALVES_T];
} halves_number;

/* What a round does: the remainders after it are u0 a + v0 b and u1 a + v1 b. */
typedef struct {
    halves_real u0, v0, u1, v1;
} halves_cofactors;

/* out = u a + v b, |u|, |v| <= 2^25. */
static inline void halves_combine(halves_word *out, int limbs, const halves_real *u,
                                  const halves_word *a, const halves_real *v, const halves_word *b)
{
    const halves_word by_a = __builtin_convertvector(*u, halves_word);
    const halves_word by_b = __builtin_convertvector(*v, halves_word);
    halves_word carry = {0};
    for (int i = 0; i < limbs; i++) {
        carry += by_a * a[i] + by_b * b[i];
        out[i] = i + 1 < limbs ? carry & 0xffffffff : carry;
        carry >>= 32;
    }
}

static inline void halves_to_real(halves_real *out, const halves_word r[HALVES_R])
{
    *out = __builtin_convertvector(r[HALVES_R - 1], halves_real);
    for (int i = HALVES_R - 2; i >= 0; i--) {
        *out = *out * 0x1p32 + __builtin_convertvector(r[i], halves_real);
    }
}

static inline void halves_take_if(halves_real *r, halves_word m, halves_real a)
{
    *r = (halves_real)(((halves_word)a & m) | ((halves_word)*r & ~m));
}

static inline bool halves_any(halves_word m)
{
    int64_t any = 0;
    for (int lane = 0; lane < LANES; lane++) {
        any |= m[lane];
    }
    return any != 0;
}

static inline halves_real halves_absolute(halves_real a)
{
    return (halves_real)((halves_word)a & INT64_MAX);
}

/* Lanes whose y is below 2^128 stay as they are, whatever they divide by. Returns whether any lane took a step. */
static inline bool halves_steps(halves_cofactors *c, halves_real x, halves_real y)
{
    const halves_real zero = {0};
    bool any = false;
    c->u0 = c->v1 = zero + 1;
    c->v0 = c->u1 = zero;
    for (;;) {
        /* The nearest integer, or another one beside it where doubles are not rounded so. */
        const halves_real q = x / y + 0x1.8p52 - 0x1.8p52;
        const halves_real u2 = c->u0 - q * c->u1, v2 = c->v0 - q * c->v1, x2 = x - q * y;
        const halves_word go = (halves_absolute(y) >= 0x1p128) &
                               (halves_absolute(u2) + halves_absolute(v2) <= HALVES_COFACTOR);
        if (!halves_any(go)) {
            return any;
        }
        any = true;
        halves_take_if(&x, go, y);
        halves_take_if(&y, go, x2);
        halves_take_if(&c->u0, go, c->u1);
        halves_take_if(&c->v0, go, c->v1);
        halves_take_if(&c->u1, go, u2);
        halves_take_if(&c->v1, go, v2);
    }
}

/* Two limbs to a word; v's sign is that of t over that of r. */
typedef struct {
    halves_word u[4], v[4], negative;
} halves_pair;

/* word = |limbs|; returns where they are negative. */
static inline halves_word halves_magnitude(halves_word word[4], const halves_word *limbs, int count)
{
    const halves_word negative = limbs[count - 1] >> 63;
    halves_word carry = {0};
    for (int i = 0; i < 8; i++) {
        if (i < count) {
            carry += (limbs[i] ^ negative) - negative;
        }
        const halves_word limb = carry & 0xffffffff;
        word[i / 2] = i % 2 == 0 ? limb : word[i / 2] | limb << 32;
        carry >>= 32;
    }
    return negative;
}

/* Where it is small and its v is odd. */
static inline halves_word halves_pair_of(halves_pair *pair, const halves_number *from)
{
    const halves_word r_negative = halves_magnitude(pair->u, from->r, HALVES_R);
    pair->negative = halves_magnitude(pair->v, from->t, HALVES_T) ^ r_negative;
    const halves_word large = (pair->u[2] | pair->v[2]) >> 4 | pair->u[3] | pair->v[3];
    return (large == 0) & ((pair->v[0] & 1) != 0);
}

/* Before: k < l. */
static void ed25519_halve_lanes(pa_ed25519_halves halves[LANES],
                                const pa_ed25519_scalar *const k[LANES])
{
    static const uint32_t order[HALVES_R] = {0xe7ae9f68, 0xc09318d2, 0x17bce6b2, 0xa6f7cef5,
                                             0,          0,          0,          0x80000000};
    halves_number a, b, c, d;
    memset(&a, 0, sizeof a);
    memset(&b, 0, sizeof b);
    for (int lane = 0; lane < LANES; lane++) {
        for (int i = 0; i < HALVES_R; i++) {
            a.r[i][lane] = order[i];
            b.r[i][lane] = (int64_t)(k[lane]->word[i / 2] >> (32 * (i % 2)) & 0xffffffff);
        }
        b.t[0][lane] = 1;
    }
    for (int round = 0; round < HALVES_ROUNDS; round++) {
        halves_cofactors by;
        halves_real x, y;
        halves_to_real(&x, a.r);
        halves_to_real(&y, b.r);
        if (!halves_steps(&by, x, y)) {
            break;
        }
        halves_combine(c.r, HALVES_R, &by.u0, a.r, &by.v0, b.r);
        halves_combine(c.t, HALVES_T, &by.u0, a.t, &by.v0, b.t);
        halves_combine(d.r, HALVES_R, &by.u1, a.r, &by.v1, b.r);
        halves_combine(d.t, HALVES_T, &by.u1, a.t, &by.v1, b.t);
        a = c;
        b = d;
    }
    halves_pair first, second;
    const halves_word first_fits = halves_pair_of(&first, &b), fits = halves_pair_of(&second, &a);
    for (int lane = 0; lane < LANES; lane++) {
        const halves_pair *pair = first_fits[lane] ? &first : &second;
        for (int i = 0; i < 4; i++) {
            halves[lane].u.word[i] = (uint64_t)pair->u[i][lane];
            halves[lane].v.word[i] = (uint64_t)pair->v[i][lane];
        }
        halves[lane].negative = pair->negative[lane] != 0;
        if ((first_fits[lane] | fits[lane]) == 0) {
            pa_ed25519_scalar_halve(&halves[lane], k[lane]);
        }
    }
}

#endif
