/* SPDX-License-Identifier: Apache-2.0 */
/* A variant of the field of P-256: p256_portable.h, or the one that FIELD names. */
#define REFERENCE_P256
#ifndef FIELD
#define FIELD "field/p256_portable.h"
#define NEEDS 0
#endif
#include "prime_field_checks.h"
