/* SPDX-License-Identifier: Apache-2.0 */
/* The field of P-256, p = 2^256 - 2^224 + 2^192 + 2^96 - 1, in four 64-bit words for CPUs with MULX and ADX. */
#ifndef PA_FIELD_P256_ADX_H
#define PA_FIELD_P256_ADX_H

#include "p256_prime.h"

/* m p + m = m 2^96 + m (2^64 - 2^32 + 1) 2^192. */
#define FE_CLEAR_START "movabsq $0xffffffff00000001, %%rdx\n\t"
#define FE_CLEAR(m, x1, x2, x3)                                                                    \
    "movq " m ", %[lo]\n\tmovq " m ", %[hi]\n\tshlq $32, %[lo]\n\tshrq $32, %[hi]\n\t"             \
    "addq %[lo], " x1 "\n\tadcq %[hi], " x2 "\n\tmulxq " m ", %[lo], " m "\n\t"                    \
    "adcq %[lo], " x3 "\n\tadcq $0, " m "\n\t"
#define FE_LESS_PRIME                                                                              \
    "movq %[lo], %[hi]\n\tandq %[lo], %%rdx\n\tshrq $32, %[hi]\n\tsubq %[lo], %[r0]\n\t"           \
    "sbbq %[hi], %[r1]\n\tsbbq $0, %[r2]\n\tsbbq %%rdx, %[r3]\n\t"
/* 2^256 - p = 2^224 - 2^192 - 2^96 + 1. */
#define FE_MULTIPLE(q)                                                                             \
    {(uint64_t)(q), (0 - ((uint64_t)(q) << 32)) - ((q) < 0), (q) > 0 ? UINT64_MAX : 0,             \
     (uint64_t)(q) * UINT64_C(0xffffffff) - ((q) > 0)}
#define FE_TOP_TIMES (UINT64_C(1) << 32)
#define FE_UNIT 0x0000000000000001, 0xffffffff00000000, 0xffffffffffffffff, 0x00000000fffffffe
#define FE_SQUARE 0x0000000000000003, 0xfffffffbffffffff, 0xfffffffffffffffe, 0x00000004fffffffd

#include "sparse_prime_adx.h"

#include "p256_chains.h"

#endif
