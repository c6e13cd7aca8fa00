/* SPDX-License-Identifier: Apache-2.0 */
/* The field of P-256, p = 2^256 - 2^224 + 2^192 + 2^96 - 1, in four lanes, for CPUs with AVX2. */
#ifndef PA_FIELD_P256_AVX2_H
#define PA_FIELD_P256_AVX2_H

#include "p256_prime.h"

/* 2^192 and 2^96: limb, place within it, sign. */
#define FE_HIGH_LIMB 6
#define FE_HIGH_SHIFT 18
#define FE_HIGH_SIGN 1
#define FE_LOW_LIMB 3
#define FE_LOW_SHIFT 9
#define FE_LOW_SIGN 1
#define FE_UNIT 0x20, 0xffffffe000000000, 0xffffffffffffffff, 0x1fffffffdf
#define FE_SQUARE 0xc00, 0xffffeffffffffc00, 0xfffffffffffffbff, 0x13fffffff7ff

/* What makes all columns positive that fe_add_terms takes something from. */
#define FE_LIFT 0

#include "sparse_prime_avx2.h"

/* 2^256 - 2^224 = 2^224 (2^32 - 1) is positive in limbs 7 and 8, so that no term is negative. */
FE_INLINE __m256i fe_add_terms(__m256i sum, fe_quotient *q, int k)
{
    if (k >= 3 && k < 12) {
        sum = _mm256_add_epi64(sum, _mm256_slli_epi64(q->limb[k - 3], 9));
    }
    if (k >= 6 && k < 15) {
        sum = _mm256_add_epi64(sum, _mm256_slli_epi64(q->limb[k - 6], 18));
    }
    if (k >= 7 && k < 16) {
        sum = fe_add_times(sum, q->limb[k - 7], 0xff << 21);
    }
    if (k >= 8) {
        sum = fe_add_times(sum, q->limb[k - 8], (1 << 24) - 1);
    }
    return sum;
}

#include "p256_chains.h"

#endif
