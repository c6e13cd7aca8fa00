/* SPDX-License-Identifier: Apache-2.0 */
/* One row of P-256 by itself. */
#if defined(__ADX__) && defined(__BMI2__)
#include "../field/p256_adx.h"
#else
#include "../field/p256_portable.h"
#endif

#include "../core/variant_name.h"
#include "../curve/p256_constants.h"
#include "../curve/weierstrass_formulas.h"
#include "../tables/p256_base.h"
#define FE_MODULUS pa_p256_prime
#define SINGLE_NAME(function) PA_VARIANT(pa_p256_##function##_single_)
#define SINGLE_GROUP pa_p256_group
#define SINGLE_WORDS 4
#define SINGLE_BASE pa_p256_base
#define SINGLE_BASE_WIDTH PA_P256_BASE_WIDTH
#include "weierstrass_single.h"
