/* SPDX-License-Identifier: Apache-2.0 */
/* The field of SM2, p = 2^256 - 2^224 - 2^96 + 2^64 - 1, with AVX-512 IFMA: sparse_prime_avx512ifma.h. */
#ifndef PA_FIELD_SM2_AVX512IFMA_H
#define PA_FIELD_SM2_AVX512IFMA_H

#include "sm2_prime.h"

#define FE_S1 ((INT64_C(1) << 12) - (INT64_C(1) << 44))
#define FE_S3 INT64_C(0)
#define FE_UNIT 0x10, 0x0000000ffffffff0, 0, 0x0000001000000000
#define FE_SQUARE 0x0000020000000300, 0x000002ffffffff00, 0x0000010000000100, 0x0000040000000200
/* Limb i of 2 p. */
#define FE_TWICE_P(i)                                                                              \
    ((i) == 1  ? UINT64_C(0x1fe00000001ffe)                                                        \
     : (i) < 4 ? UINT64_C(0x1ffffffffffffe)                                                        \
               : UINT64_C(0x1fffffffdfffe))

#include "sparse_prime_avx512ifma.h"

/* -q FE_S1, q a digit, is added as (2^52 - 1 - q) times that, less 2^52 - 1 times it: of all five, FE_S1 in column 1 and less
 * it in column 6. The difference and no complement: compilers have that one wait for what stood in its register before, 20
 * cycles of five. */
FE_INLINE void fe_group_clear(__m512i c[10], int i)
{
    const __m512i s1 = fe_word_all((uint64_t)-FE_S1), s4 = fe_word_all(FE_S4);
    const __m512i rest = fe_word_sub(fe_word_all(FE_LOW_52), c[i]);
    if (i == 0) {
        c[1] = fe_word_add(c[1], s1);
    }
    c[i + 1] = _mm512_madd52lo_epu64(c[i + 1], rest, s1);
    fe_word_carry(&c[i + 1], c[i]);
    c[i + 2] = _mm512_madd52hi_epu64(c[i + 2], rest, s1);
    c[i + 4] = _mm512_madd52lo_epu64(c[i + 4], c[i], s4);
    c[i + 5] = _mm512_madd52hi_epu64(c[i + 5], c[i], s4);
    if (i == 4) {
        c[6] = fe_word_sub(c[6], s1);
    }
}

FE_INLINE void fe_group_take_small(__m512i word[5], __m512i t)
{
    word[1] = fe_word_add(word[1], fe_word_sub(fe_word_shl(t, 44), fe_word_shl(t, 12)));
}

#include "sm2_chains.h"

#endif
