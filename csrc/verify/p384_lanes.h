/* SPDX-License-Identifier: Apache-2.0 */
/* What weierstrass_lanes.h wants to know of P-384, and that file. A variant includes its field first. */
#ifndef PA_VERIFY_P384_LANES_H
#define PA_VERIFY_P384_LANES_H

#include "../curve/p384_constants.h"
#include "../curve/weierstrass_formulas.h"
#include "../tables/p384_base.h"
#include "prime_order.h"

#define FE_MODULUS pa_p384_prime

#define SUMS_ENDOMORPHISM 0
#define SUMS_WIDTH PA_ORDER_SUMS_WIDTH
#define SUMS_DIGITS PA_ORDER_SUMS_DIGITS(6)
#define SUMS_BASE(i) (pa_p384_base[i])
typedef pa_order_sums_digits sums_digits;

#define PREPARED_WIDTH PA_ORDER_SUMS_WIDTH
#define PREPARED_DIGITS PA_ORDER_SUMS_DIGITS(6)
#define PREPARED_BASE_WIDTH 8
#define PREPARED_BASE_DIGITS PA_P384_WINDOWS
#define PREPARED_BASE(j, i) (pa_p384_windows[j][i])
typedef pa_order_prepared_digits prepared_digits;

#define WEIERSTRASS_ID PYACCEL_SCHEME_P384_ECDSA
#define WEIERSTRASS_SCHEME pa_p384_scheme
#define WEIERSTRASS_VERIFY_SINGLE pa_p384_verify_single
#define WEIERSTRASS_DECODE_SINGLE pa_p384_decode_single
#include "weierstrass_lanes.h"

#endif
