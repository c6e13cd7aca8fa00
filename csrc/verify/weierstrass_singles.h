/* SPDX-License-Identifier: Apache-2.0 */
/* One row of P-256, SM2 or P-384 by itself, complete for every input (weierstrass_single.h): what rows of exceptional lanes and calls of
 * one row are verified by. */
#ifndef PA_VERIFY_WEIERSTRASS_SINGLES_H
#define PA_VERIFY_WEIERSTRASS_SINGLES_H

#include "../field/row.h"
#include "prime_order.h"

/* True when u1 G + u2 Q is finite and its abscissa is r mod n: r, or r + n where that is below p. key: x, y of Q, plain numbers
 * below p, on the curve; u1, u2, r below n. */
typedef bool pa_weierstrass_verify_single_fn(const row key[2], const pa_scalar *u1,
                                             const pa_scalar *u2, const pa_scalar *r);

/* point = x, y, plain numbers below p; y NULL: the y that is odd where `odd` says so. x, y: big-endian, as many bytes as
 * coordinates have. False, and G, where that is no point of the curve or a coordinate is not below p. */
typedef bool pa_weierstrass_decode_single_fn(row point[2], const uint8_t *x, const uint8_t *y,
                                             bool odd);

pa_weierstrass_verify_single_fn pa_p256_verify_single_portable, pa_p256_verify_single_adx;
pa_weierstrass_verify_single_fn pa_sm2_verify_single_portable, pa_sm2_verify_single_adx;
pa_weierstrass_decode_single_fn pa_p256_decode_single_portable, pa_p256_decode_single_adx;
pa_weierstrass_decode_single_fn pa_sm2_decode_single_portable, pa_sm2_decode_single_adx;
pa_weierstrass_verify_single_fn pa_p384_verify_single_portable;
pa_weierstrass_decode_single_fn pa_p384_decode_single_portable;

/* Those for the CPU that the includer is compiled for; of P-384, whose words need no more than multiplications, for all. */
#define pa_p384_verify_single pa_p384_verify_single_portable
#define pa_p384_decode_single pa_p384_decode_single_portable
#if PYACCEL_WITH_ADX && defined(__ADX__) && defined(__BMI2__)
#define pa_p256_verify_single pa_p256_verify_single_adx
#define pa_p256_decode_single pa_p256_decode_single_adx
#define pa_sm2_verify_single pa_sm2_verify_single_adx
#define pa_sm2_decode_single pa_sm2_decode_single_adx
#else
#define pa_p256_verify_single pa_p256_verify_single_portable
#define pa_p256_decode_single pa_p256_decode_single_portable
#define pa_sm2_verify_single pa_sm2_verify_single_portable
#define pa_sm2_decode_single pa_sm2_decode_single_portable
#endif

#endif
