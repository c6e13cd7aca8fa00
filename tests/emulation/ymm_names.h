/* SPDX-License-Identifier: Apache-2.0 */
/* Intel's names for what ymm_pairs.h defines. */
#ifndef PA_EMULATION_YMM_NAMES_H
#define PA_EMULATION_YMM_NAMES_H

#undef __m512i
#define __m512i pa_pair

#undef _mm512_abs_epi32
#define _mm512_abs_epi32 pa_pair_abs_epi32
#undef _mm512_add_epi32
#define _mm512_add_epi32 pa_pair_add_epi32
#undef _mm512_add_epi64
#define _mm512_add_epi64 pa_pair_add_epi64
#undef _mm512_and_epi32
#define _mm512_and_epi32 pa_pair_and
#undef _mm512_and_epi64
#define _mm512_and_epi64 pa_pair_and
#undef _mm512_and_si512
#define _mm512_and_si512 pa_pair_and
#undef _mm512_andnot_epi64
#define _mm512_andnot_epi64 pa_pair_andnot
#undef _mm512_andnot_si512
#define _mm512_andnot_si512 pa_pair_andnot
#undef _mm512_broadcast_i32x4
#define _mm512_broadcast_i32x4 pa_pair_broadcast_i32x4
#undef _mm512_castsi256_si512
#define _mm512_castsi256_si512 pa_pair_from_low
#undef _mm512_castsi512_si256
#define _mm512_castsi512_si256 pa_pair_low
#undef _mm512_cmpeq_epi64_mask
#define _mm512_cmpeq_epi64_mask pa_pair_cmpeq_epi64_mask
#undef _mm512_cmplt_epu64_mask
#define _mm512_cmplt_epu64_mask pa_pair_cmplt_epu64_mask
#undef _mm512_extracti64x4_epi64
#define _mm512_extracti64x4_epi64 pa_pair_extracti64x4
#undef _mm512_i64gather_epi64
#define _mm512_i64gather_epi64 pa_pair_i64gather_epi64
#undef _mm512_inserti64x4
#define _mm512_inserti64x4 pa_pair_inserti64x4
#undef _mm512_load_si512
#define _mm512_load_si512 pa_pair_load
#undef _mm512_loadu_si512
#define _mm512_loadu_si512 pa_pair_loadu
#undef _mm512_madd52hi_epu64
#define _mm512_madd52hi_epu64 pa_pair_madd52hi
#undef _mm512_madd52lo_epu64
#define _mm512_madd52lo_epu64 pa_pair_madd52lo
#undef _mm512_mask_add_epi64
#define _mm512_mask_add_epi64 pa_pair_mask_add_epi64
#undef _mm512_mask_blend_epi64
#define _mm512_mask_blend_epi64 pa_pair_mask_blend_epi64
#undef _mm512_mask_storeu_epi64
#define _mm512_mask_storeu_epi64 pa_pair_mask_storeu_epi64
#undef _mm512_mask_sub_epi64
#define _mm512_mask_sub_epi64 pa_pair_mask_sub_epi64
#undef _mm512_maskz_loadu_epi64
#define _mm512_maskz_loadu_epi64 pa_pair_maskz_loadu_epi64
#undef _mm512_maskz_mov_epi64
#define _mm512_maskz_mov_epi64 pa_pair_maskz_mov_epi64
#undef _mm512_mul_epu32
#define _mm512_mul_epu32 pa_pair_mul_epu32
#undef _mm512_min_epu32
#define _mm512_min_epu32 pa_pair_min_epu32
#undef _mm512_mullo_epi64
#define _mm512_mullo_epi64 pa_pair_mullo_epi64
#undef _mm512_or_epi32
#define _mm512_or_epi32 pa_pair_or
#undef _mm512_or_epi64
#define _mm512_or_epi64 pa_pair_or
#undef _mm512_or_si512
#define _mm512_or_si512 pa_pair_or
#undef _mm512_permutex2var_epi64
#define _mm512_permutex2var_epi64 pa_pair_permutex2var_epi64
#undef _mm512_permutexvar_epi64
#define _mm512_permutexvar_epi64 pa_pair_permutexvar_epi64
#undef _mm512_ror_epi32
#define _mm512_ror_epi32 pa_pair_ror_epi32
#undef _mm512_ror_epi64
#define _mm512_ror_epi64 pa_pair_ror_epi64
#undef _mm512_set1_epi32
#define _mm512_set1_epi32 pa_pair_set1_epi32
#undef _mm512_set1_epi64
#define _mm512_set1_epi64 pa_pair_set1_epi64
#undef _mm512_set_epi64
#define _mm512_set_epi64 pa_pair_set_epi64
#undef _mm512_setzero_si512
#define _mm512_setzero_si512 pa_pair_setzero
#undef _mm512_shrdi_epi64
#define _mm512_shrdi_epi64 pa_pair_shrdi_epi64
#undef _mm512_shuffle_epi8
#define _mm512_shuffle_epi8 pa_pair_shuffle_epi8
#undef _mm512_shuffle_i32x4
#define _mm512_shuffle_i32x4 pa_pair_shuffle_i32x4
#undef _mm512_slli_epi32
#define _mm512_slli_epi32 pa_pair_slli_epi32
#undef _mm512_slli_epi64
#define _mm512_slli_epi64 pa_pair_slli_epi64
#undef _mm512_srai_epi32
#define _mm512_srai_epi32 pa_pair_srai_epi32
#undef _mm512_srai_epi64
#define _mm512_srai_epi64 pa_pair_srai_epi64
#undef _mm512_srli_epi32
#define _mm512_srli_epi32 pa_pair_srli_epi32
#undef _mm512_srli_epi64
#define _mm512_srli_epi64 pa_pair_srli_epi64
#undef _mm512_store_si512
#define _mm512_store_si512 pa_pair_store
#undef _mm512_storeu_si512
#define _mm512_storeu_si512 pa_pair_storeu
#undef _mm512_sub_epi32
#define _mm512_sub_epi32 pa_pair_sub_epi32
#undef _mm512_sub_epi64
#define _mm512_sub_epi64 pa_pair_sub_epi64
#undef _mm512_ternarylogic_epi32
#define _mm512_ternarylogic_epi32 pa_pair_ternarylogic
#undef _mm512_ternarylogic_epi64
#define _mm512_ternarylogic_epi64 pa_pair_ternarylogic
#undef _mm512_test_epi64_mask
#define _mm512_test_epi64_mask pa_pair_test_epi64_mask
#undef _mm512_unpackhi_epi32
#define _mm512_unpackhi_epi32 pa_pair_unpackhi_epi32
#undef _mm512_unpackhi_epi64
#define _mm512_unpackhi_epi64 pa_pair_unpackhi_epi64
#undef _mm512_unpacklo_epi32
#define _mm512_unpacklo_epi32 pa_pair_unpacklo_epi32
#undef _mm512_unpacklo_epi64
#define _mm512_unpacklo_epi64 pa_pair_unpacklo_epi64
#undef _mm512_xor_epi32
#define _mm512_xor_epi32 pa_pair_xor
#undef _mm512_xor_epi64
#define _mm512_xor_epi64 pa_pair_xor
#undef _mm512_xor_si512
#define _mm512_xor_si512 pa_pair_xor

#endif
