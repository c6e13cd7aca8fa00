/* SPDX-License-Identifier: Apache-2.0 */
/* The field of SM2, p = 2^256 - 2^224 - 2^96 + 2^64 - 1, in four 64-bit words for CPUs with MULX and ADX. */
#ifndef PA_FIELD_SM2_ADX_H
#define PA_FIELD_SM2_ADX_H

#include "sm2_prime.h"

/* m p + m = m 2^256 + m 2^64 - (m 2^32) (2^192 + 2^64). */
#define FE_CLEAR_START
#define FE_CLEAR(m, x1, x2, x3)                                                                    \
    "movq " m ", %[lo]\n\tmovq " m ", %[hi]\n\tshlq $32, %[lo]\n\tshrq $32, %[hi]\n\t"             \
    "addq " m ", " x1 "\n\tadcq $0, " x2 "\n\tadcq $0, " x3 "\n\tadcq $0, " m "\n\t"               \
    "subq %[lo], " x1 "\n\tsbbq %[hi], " x2 "\n\tsbbq %[lo], " x3 "\n\tsbbq %[hi], " m "\n\t"
#define FE_LESS_PRIME                                                                              \
    "movabsq $0xfffffffeffffffff, %%rdx\n\tmovq %[lo], %[hi]\n\tandq %[lo], %%rdx\n\t"             \
    "shlq $32, %[hi]\n\tsubq %[lo], %[r0]\n\tsbbq %[hi], %[r1]\n\tsbbq %[lo], %[r2]\n\t"           \
    "sbbq %%rdx, %[r3]\n\t"
/* 2^256 - p = 2^224 + 2^96 - 2^64 + 1. */
#define FE_MULTIPLE(q)                                                                             \
    {(uint64_t)(q), (uint64_t)(q) * UINT64_C(0xffffffff) - ((q) < 0), (q) < 0 ? UINT64_MAX : 0,    \
     ((uint64_t)(q) << 32) - ((q) < 0)}
#define FE_TOP_TIMES ((UINT64_C(1) << 32) + 1)
#define FE_UNIT 0x0000000000000001, 0x00000000ffffffff, 0x0000000000000000, 0x0000000100000000
#define FE_SQUARE 0x0000000200000003, 0x00000002ffffffff, 0x0000000100000001, 0x0000000400000002

#include "sparse_prime_adx.h"

#include "sm2_chains.h"

#endif
