/* SPDX-License-Identifier: Apache-2.0 */
/* The field of P-256, p = 2^256 - 2^224 + 2^192 + 2^96 - 1, with AVX-512 IFMA: sparse_prime_avx512ifma.h. */
#ifndef PA_FIELD_P256_AVX512IFMA_H
#define PA_FIELD_P256_AVX512IFMA_H

#include "p256_prime.h"

#define FE_S1 (INT64_C(1) << 44)
#define FE_S3 (INT64_C(1) << 36)
#define FE_UNIT 0x10, 0xfffffff000000000, 0xffffffffffffffff, 0x0000000fffffffef
#define FE_SQUARE 0x300, 0xfffffbffffffff00, 0xfffffffffffffeff, 0x000004fffffffdff
/* Limb i of 2 p. */
#define FE_TWICE_P(i)                                                                              \
    ((i) == 0   ? UINT64_C(0x1ffffffffffffe)                                                       \
     : (i) == 1 ? UINT64_C(0x101ffffffffffe)                                                       \
     : (i) == 2 ? UINT64_C(0xfffffffffffff)                                                        \
     : (i) == 3 ? UINT64_C(0x10001fffffffff)                                                       \
                : UINT64_C(0x1fffffffdffff))

#include "sparse_prime_avx512ifma.h"

/* 2^96 and 2^192 times column i, as it is: what stays in a column by a multiply-add, what goes up by a shift, which leaves
 * the multiplier free. FE_S4 times it by multiply-adds alone, for which what column i - 1, where it is left, had above 52
 * bits is carried. Of the last column just the digit is taken, less that carry, so that they agree. */
FE_INLINE void fe_group_clear(__m512i c[10], int i)
{
    const __m512i s1 = fe_word_all(FE_S1), s3 = fe_word_all(FE_S3), s4 = fe_word_all(FE_S4);
    const __m512i digit = i > 0 ? fe_word_add(c[i], c[i - 1]) : c[i];
    __m512i whole = c[i];
    if (i == 4) {
        whole = fe_word_sub(fe_word_and(digit, fe_word_all(FE_LOW_52)), c[i - 1]);
    }
    c[i + 1] = _mm512_madd52lo_epu64(c[i + 1], whole, s1);
    c[i + 2] = fe_word_add(c[i + 2], _mm512_srai_epi64(whole, 8));
    c[i + 3] = _mm512_madd52lo_epu64(c[i + 3], whole, s3);
    c[i + 4] = fe_word_add(c[i + 4], _mm512_srai_epi64(whole, 16));
    c[i + 4] = _mm512_madd52lo_epu64(c[i + 4], digit, s4);
    c[i + 5] = _mm512_madd52hi_epu64(c[i + 5], digit, s4);
    c[i] = _mm512_srai_epi64(digit, 52);
    if (i == 4) {
        c[5] = fe_word_add(c[5], c[4]);
    }
}

FE_INLINE void fe_group_take_small(__m512i word[5], __m512i t)
{
    word[1] = fe_word_sub(word[1], fe_word_shl(t, 44));
    word[3] = fe_word_sub(word[3], fe_word_shl(t, 36));
}

#include "p256_chains.h"

#endif
