/* SPDX-License-Identifier: Apache-2.0 */
/* What weierstrass_lanes.h wants to know of SM2, and that file. A variant includes its field first. */
#ifndef PA_VERIFY_SM2_LANES_H
#define PA_VERIFY_SM2_LANES_H

#include "../curve/sm2_constants.h"
#include "../curve/weierstrass_formulas.h"
#include "../tables/sm2_base.h"
#include "prime_order.h"

#define FE_MODULUS pa_sm2_prime

#define SUMS_ENDOMORPHISM 0
#define SUMS_WIDTH PA_ORDER_SUMS_WIDTH
#define SUMS_DIGITS PA_ORDER_SUMS_DIGITS(4)
#define SUMS_BASE(i) (pa_sm2_base[i])
typedef pa_order_sums_digits sums_digits;

#define PREPARED_WIDTH PA_ORDER_SUMS_WIDTH
#define PREPARED_DIGITS PA_ORDER_SUMS_DIGITS(4)
#define PREPARED_BASE_WIDTH 8
#define PREPARED_BASE_DIGITS PA_SM2_WINDOWS
#define PREPARED_BASE(j, i) (pa_sm2_windows[j][i])
typedef pa_order_prepared_digits prepared_digits;

#define WEIERSTRASS_ID PYACCEL_SCHEME_SM2
#define WEIERSTRASS_SCHEME pa_sm2_scheme
#define WEIERSTRASS_VERIFY_SINGLE pa_sm2_verify_single
#define WEIERSTRASS_DECODE_SINGLE pa_sm2_decode_single
#include "weierstrass_lanes.h"

#endif
