/* SPDX-License-Identifier: Apache-2.0 */
/* The field of SM2, p = 2^256 - 2^224 - 2^96 + 2^64 - 1, one element at a time in 64-bit words. */
#ifndef PA_FIELD_SM2_PORTABLE_H
#define PA_FIELD_SM2_PORTABLE_H

#include "sm2_prime.h"

#define FE_S1 ((INT64_C(1) << 11) - (INT64_C(1) << 43))
#define FE_S3 INT64_C(0)
#define FE_UNIT 0x200, 0x000001fffffffe00, 0x0000000000000000, 0x0000020000000000
#define FE_SQUARE 0x00080000000c0000, 0x000bfffffffc0000, 0x0004000000040000, 0x0010000000080000

#include "sparse_prime_portable.h"

#include "sm2_chains.h"

#endif
