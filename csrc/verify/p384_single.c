/* SPDX-License-Identifier: Apache-2.0 */
/* One row of P-384 by itself. */
#define ROW_WORDS 6
#include "../field/p384_portable.h"

#include "../core/variant_name.h"
#include "../curve/p384_constants.h"
#include "../curve/weierstrass_formulas.h"
#include "../tables/p384_base.h"
#define FE_MODULUS pa_p384_prime
#define SINGLE_NAME(function) PA_VARIANT(pa_p384_##function##_single_)
#define SINGLE_GROUP pa_p384_group
#define SINGLE_WORDS 6
#define SINGLE_BASE pa_p384_base
#define SINGLE_BASE_WIDTH PA_P384_BASE_WIDTH
#include "weierstrass_single.h"
