/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and sums of P-384 on a device: weierstrass_points.h. */
#include "p384_curve.h"

#define MODULUS_WORD PRIME_WORD
#define MODULUS_SQUARE_WORD PRIME_SQUARE_WORD
#define MODULUS_INVERSE PRIME_INVERSE
#include "../field/montgomery_fe.h"

#include "../../csrc/field/p384_chains.h"

#include "../../csrc/curve/p384_constants.h"
#include "../../csrc/curve/weierstrass_formulas.h"

#include "weierstrass_points.h"
