/* SPDX-License-Identifier: Apache-2.0 */
/* The field of SM2, p = 2^256 - 2^224 - 2^96 + 2^64 - 1, in four lanes, for CPUs with AVX2. */
#ifndef PA_FIELD_SM2_AVX2_H
#define PA_FIELD_SM2_AVX2_H

#include "sm2_prime.h"

/* -2^96 and 2^64: limb, place within it, sign. */
#define FE_HIGH_LIMB 3
#define FE_HIGH_SHIFT 9
#define FE_HIGH_SIGN (-1)
#define FE_LOW_LIMB 2
#define FE_LOW_SHIFT 6
#define FE_LOW_SIGN 1
#define FE_UNIT 0x20, 0x1fffffffe0, 0x0, 0x2000000000
#define FE_SQUARE 0x80000000c00, 0xbfffffffc00, 0x40000000400, 0x100000000800

/* What makes all columns positive that fe_add_terms takes something from. */
#define FE_LIFT (INT64_C(1) << 53)

#include "sparse_prime_avx2.h"

/* p + 1 = (2^64 - 2^224) (1 - 2^32): steps of q, each limb less 8 times the one before, times 2^6 two columns further on and
 * times -2^21 seven further on. Steps are above -2^32, so that all this is above -2^53 in any column. */
FE_INLINE __m256i fe_add_terms(__m256i sum, fe_quotient *q, int k)
{
    if (k >= 2 && k < 12) {
        const __m256i times_8 = k > 2 ? _mm256_slli_epi64(q->limb[k - 3], 3) : fe_all(0);
        q->step[k - 2] = k < 11 ? _mm256_sub_epi64(q->limb[k - 2], times_8) : times_8;
        const __m256i term = _mm256_slli_epi64(q->step[k - 2], 6);
        sum = k < 11 ? _mm256_add_epi64(sum, term) : _mm256_sub_epi64(sum, term);
    }
    if (k >= 7) {
        const __m256i term = _mm256_slli_epi64(q->step[k - 7], 21);
        sum = k < 16 ? _mm256_sub_epi64(sum, term) : _mm256_add_epi64(sum, term);
    }
    return sum;
}

#include "sm2_chains.h"

#endif
