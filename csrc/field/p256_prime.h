/* SPDX-License-Identifier: Apache-2.0 */
/* p = 2^256 - 2^224 + 2^192 + 2^96 - 1, the prime of P-256 (SEC 2, 2.4.2), in 64-bit words; least significant first. */
#ifndef PA_FIELD_P256_PRIME_H
#define PA_FIELD_P256_PRIME_H

#define FE_PRIME_0 UINT64_C(0xffffffffffffffff)
#define FE_PRIME_1 UINT64_C(0x00000000ffffffff)
#define FE_PRIME_2 UINT64_C(0x0000000000000000)
#define FE_PRIME_3 UINT64_C(0xffffffff00000001)

#endif
