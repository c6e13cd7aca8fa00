/* SPDX-License-Identifier: Apache-2.0 */
/* A variant of the field of SM2: sm2_portable.h, or the one that FIELD names. */
#define REFERENCE_SM2
#ifndef FIELD
#define FIELD "field/sm2_portable.h"
#define NEEDS 0
#endif
#include "prime_field_checks.h"
