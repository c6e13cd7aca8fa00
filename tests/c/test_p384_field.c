/* SPDX-License-Identifier: Apache-2.0 */
/* A variant of the field of P-384: p384_portable.h, or the one that FIELD names. */
#define REFERENCE_P384
#define ROW_WORDS 6
#ifndef FIELD
#define FIELD "field/p384_portable.h"
#define NEEDS 0
#endif
#include "prime_field_checks.h"
