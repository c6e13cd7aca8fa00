/* SPDX-License-Identifier: Apache-2.0 */
/* A variant of the field of secp256k1: secp256k1_portable.h, or the one that FIELD names. */
#ifndef FIELD
#define FIELD "field/secp256k1_portable.h"
#define NEEDS 0
#endif
#include "prime_field_checks.h"
