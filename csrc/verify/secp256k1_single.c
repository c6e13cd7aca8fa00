/* SPDX-License-Identifier: Apache-2.0 */
/* u1 G + u2 Q on secp256k1 for one row, from checked scalars and a decoded key, complete for every
 * input.
 *
 * u2 is split by the endomorphism and u1 at bit 128, so that four multiples share 128 doublings:
 * 43 additions for the key (digits of 5 bits), 21 for the generator (digits of 11 bits, fixed
 * tables of G and 2^128 G). About 128 (3M + 4S) + 64 (8M + 3S): 76,000 cycles on Zen 4 with
 * ADX, doublings 33,000, additions 32,000. From bytes through Python 29.6 us, of which 6.3 are Python's, where coincurve takes 35. */
#if defined(__ADX__) && defined(__BMI2__)
#include "../field/secp256k1_adx.h"
#else
#include "../field/secp256k1_portable.h"
#endif

#include "../core/variant_name.h"
#include "../curve/secp256k1_constants.h"
#include "../curve/weierstrass_formulas.h"
#define FE_MODULUS pa_secp256k1_prime
#include "../field/inverse_lanes.h"
#include "../tables/secp256k1_base.h"
#include "secp256k1_decode.h"
#include "secp256k1_matches.h"
#include "weierstrass_ladder.h"

/* *sum = u1 G + u2 Q, Q finite. */
static void sum_of(curve_jacobian *sum, const row key[2], const pa_secp256k1_scalar *u1,
                   const pa_secp256k1_scalar *u2)
{
    /* Multiples of Q and their opposites, and the same of lambda Q. */
    curve_affine common[2][2 * CURVE_TABLE_SIZE], q;
    const row *const x[LANES] = {&key[0]}, *const y[LANES] = {&key[1]};
    fe z, beta;
    fe_gather(&q.x, x);
    fe_gather(&q.y, y);
    curve_common_multiples(common[0], &z, &q);
    curve_beta(&beta);
    for (int i = 0; i < CURVE_TABLE_SIZE; i++) {
        curve_affine *p = &common[0][i], *lambda_p = &common[1][i];
        lambda_p->y = p->y;
        fe_mul(&lambda_p->x, &p->x, &beta);
        fe_neg(&p[CURVE_TABLE_SIZE].y, &p->y, 1);
        fe_carry(&p[CURVE_TABLE_SIZE].y, &p[CURVE_TABLE_SIZE].y);
        p[CURVE_TABLE_SIZE].x = p->x;
        lambda_p[CURVE_TABLE_SIZE].x = lambda_p->x;
        lambda_p[CURVE_TABLE_SIZE].y = p[CURVE_TABLE_SIZE].y;
    }

    pa_secp256k1_half part[LADDER_TERMS];
    pa_secp256k1_scalar_split_bits(&part[0], &part[1], u1);
    pa_secp256k1_scalar_split_lambda(&part[2], &part[3], u2);
    const ladder_term terms[LADDER_TERMS] = {
        {.base = pa_secp256k1_base[0]},
        {.base = pa_secp256k1_base[1]},
        {.common = common[0]},
        {.common = common[1]},
    };
    int16_t digits[PA_SECP256K1_DIGITS][LADDER_TERMS] = {{0}};
    int size = 0;
    for (int t = 0; t < LADDER_TERMS; t++) {
        const int digits_size =
            pa_secp256k1_recode(&digits[0][t], LADDER_TERMS, &part[t],
                                t < 2 ? PA_SECP256K1_BASE_WIDTH : CURVE_TABLE_WIDTH);
        size = digits_size > size ? digits_size : size;
    }
    ladder(sum, terms, (const int16_t(*)[LADDER_TERMS])digits, size, &z);
}

bool PA_VARIANT(pa_secp256k1_sum_single_)(row sum[2], const row key[2],
                                          const pa_secp256k1_scalar *u1,
                                          const pa_secp256k1_scalar *u2)
{
    curve_jacobian at;
    fe inverse, power;
    row *const x[LANES] = {&sum[0]}, *const y[LANES] = {&sum[1]};
    sum_of(&at, key, u1, u2);
    fe_inv_lanes(&inverse, &at.z);
    fe_sqr(&power, &inverse);
    fe_mul(&at.x, &at.x, &power);
    fe_mul(&power, &power, &inverse);
    fe_mul(&at.y, &at.y, &power);
    fe_scatter(x, &at.x);
    fe_scatter(y, &at.y);
    return !mask_any(fe_is_zero(&at.z));
}

bool PA_VARIANT(pa_secp256k1_verify_single_)(const row key[2], const pa_secp256k1_scalar *u1,
                                             const pa_secp256k1_scalar *u2,
                                             const pa_secp256k1_scalar *r)
{
    curve_jacobian sum;
    sum_of(&sum, key, u1, u2);
    return secp256k1_matches(&sum, &r) != 0;
}

bool PA_VARIANT(pa_secp256k1_decode_single_)(row point[2], const pa_secp256k1_encoding *encoding)
{
    row *const points[LANES] = {point};
    return secp256k1_decode(points, &encoding, encoding->y == NULL) != 0;
}
