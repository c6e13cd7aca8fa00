/* SPDX-License-Identifier: Apache-2.0 */
/* One row of SM2 by itself. */
#if defined(__ADX__) && defined(__BMI2__)
#include "../field/sm2_adx.h"
#else
#include "../field/sm2_portable.h"
#endif

#include "../core/variant_name.h"
#include "../curve/sm2_constants.h"
#include "../curve/weierstrass_formulas.h"
#include "../tables/sm2_base.h"
#define FE_MODULUS pa_sm2_prime
#define SINGLE_NAME(function) PA_VARIANT(pa_sm2_##function##_single_)
#define SINGLE_GROUP pa_sm2_group
#define SINGLE_WORDS 4
#define SINGLE_BASE pa_sm2_base
#define SINGLE_BASE_WIDTH PA_SM2_BASE_WIDTH
#include "weierstrass_single.h"
