/* SPDX-License-Identifier: Apache-2.0 */
/* p = 2^256 - 2^224 - 2^96 + 2^64 - 1, the prime of SM2 (GB/T 32918.5), in 64-bit words; least significant first. */
#ifndef PA_FIELD_SM2_PRIME_H
#define PA_FIELD_SM2_PRIME_H

#define FE_PRIME_0 UINT64_C(0xffffffffffffffff)
#define FE_PRIME_1 UINT64_C(0xffffffff00000000)
#define FE_PRIME_2 UINT64_C(0xffffffffffffffff)
#define FE_PRIME_3 UINT64_C(0xfffffffeffffffff)

#endif
