/* SPDX-License-Identifier: Apache-2.0 */
/* u1 G + u2 Q for one row, from checked scalars and a decoded key, complete for every input; curves of a = -3. Interface:
 * weierstrass_singles.h.
 *
 * All multiples are affine, which costs an inversion; without it the key's would stand in coordinates of their own
 * (secp256k1_single.c), in which a is another number and doublings have one product more. In non-adjacent form, of 256 bits, 43
 * additions for the key (digits of 5 bits) and 21 for the generator (11 bits), so about 256 (4M + 4S) + 64 (8M + 3S). Cycles on
 * Zen 4:
 *                 ADX, P-256   ADX, SM2   portable, P-256   portable, SM2
 *     in all      151,000      153,000    221,000           232,000
 *     doublings   100,000      105,000    137,000           139,000
 *     additions    36,000       37,000     51,000            51,000
 *     inversions    3,800 each, of z and, before it comes here, of s
 *
 * Before: a field of one lane, the constants of its curve, weierstrass_formulas.h. The file that includes this one defines
 *   SINGLE_NAME(function)  the name of one of the functions below
 *   SINGLE_GROUP           its pa_prime_order
 *   SINGLE_WORDS           64-bit words of a scalar
 *   SINGLE_BASE            odd multiples of G, as fe_from_table reads them, for digits of SINGLE_BASE_WIDTH bits
 *   FE_MODULUS             as inverse_lanes.h says */
#ifndef PA_VERIFY_WEIERSTRASS_SINGLE_H
#define PA_VERIFY_WEIERSTRASS_SINGLE_H

#include "../field/inverse_lanes.h"
#define LADDER_TERMS 2
#include "weierstrass_decode.h"
#include "weierstrass_ladder.h"
#include "weierstrass_matches.h"
#include "weierstrass_singles.h"

/* Odd multiples of Q, and their opposites CURVE_TABLE_SIZE entries further on, affine: their common z is inverted. */
static void multiples_of(curve_affine multiples[2 * CURVE_TABLE_SIZE], const row key[2])
{
    const row *const x[LANES] = {&key[0]}, *const y[LANES] = {&key[1]};
    curve_affine q;
    fe inverse, square;
    fe_gather(&q.x, x);
    fe_gather(&q.y, y);
    fe_enter(&q.x, &q.x);
    fe_enter(&q.y, &q.y);
    curve_common_multiples(multiples, &inverse, &q);
    fe_inv_lanes(&inverse, &inverse);
    fe_sqr(&square, &inverse);
    fe_mul(&inverse, &inverse, &square);
    for (int i = 0; i < CURVE_TABLE_SIZE; i++) {
        curve_affine *p = &multiples[i], *opposite = &multiples[i + CURVE_TABLE_SIZE];
        fe_mul(&p->x, &p->x, &square);
        fe_mul(&p->y, &p->y, &inverse);
        opposite->x = p->x;
        fe_neg(&opposite->y, &p->y, 1);
        fe_carry(&opposite->y, &opposite->y);
    }
}

bool SINGLE_NAME(verify)(const row key[2], const pa_scalar *u1, const pa_scalar *u2,
                         const pa_scalar *r)
{
    curve_affine multiples[2 * CURVE_TABLE_SIZE];
    const ladder_term terms[LADDER_TERMS] = {{.base = SINGLE_BASE}, {.common = multiples}};
    int16_t digits[PA_ORDER_RECODED(SINGLE_WORDS)][LADDER_TERMS] = {{0}};
    curve_jacobian sum;
    multiples_of(multiples, key);
    const int of_base = pa_scalar_recode(&digits[0][0], LADDER_TERMS, u1, SINGLE_BASE_WIDTH);
    const int of_key = pa_scalar_recode(&digits[0][1], LADDER_TERMS, u2, CURVE_TABLE_WIDTH);
    ladder(&sum, terms, (const int16_t(*)[LADDER_TERMS])digits, of_base > of_key ? of_base : of_key,
           NULL);
    return weierstrass_matches(&sum, &r, &SINGLE_GROUP) != 0;
}

bool SINGLE_NAME(decode)(row point[2], const uint8_t *x, const uint8_t *y, bool odd)
{
    row *const points[LANES] = {point};
    return weierstrass_decode(points, &x, y == NULL ? NULL : &y, odd) != 0;
}

#endif
