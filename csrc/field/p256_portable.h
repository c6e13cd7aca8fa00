/* SPDX-License-Identifier: Apache-2.0 */
/* The field of P-256, p = 2^256 - 2^224 + 2^192 + 2^96 - 1, one element at a time in 64-bit words. */
#ifndef PA_FIELD_P256_PORTABLE_H
#define PA_FIELD_P256_PORTABLE_H

#include "p256_prime.h"

#define FE_S1 (INT64_C(1) << 43)
#define FE_S3 (INT64_C(1) << 33)
#define FE_UNIT 0x200, 0xfffffe0000000000, 0xffffffffffffffff, 0x000001fffffffdff
#define FE_SQUARE 0xc0000, 0xffeffffffffc0000, 0xfffffffffffbffff, 0x0013fffffff7ffff

#include "sparse_prime_portable.h"

#include "p256_chains.h"

#endif
