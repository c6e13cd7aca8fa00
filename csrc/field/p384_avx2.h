/* SPDX-License-Identifier: Apache-2.0 */
/* The field of P-384, p = 2^384 - 2^128 - 2^96 + 2^32 - 1, in four lanes, for CPUs with AVX2: thirteen limbs of 30 bits, numbers in
 * Montgomery form, x 2^390 mod p. Interface: field.h; what it shares with other fields: small_limbs_avx2.h, form_avx2.h. ROW_WORDS
 * is 6.
 *
 * p = -1 modulo 2^30, so that a limb is cleared by itself, times p, and p + 1 = 2^384 - 2^128 - 2^96 + 2^32 is four shifts: a
 * product has 169 multiplications, and none for its reduction. 2^390 is 64 p: values of products stay below 2 p without a look at
 * what stands above 2^384.
 *
 * A value of magnitude m is below m 2^385, limbs 0 .. 11 at most m (2^30 + 2^20), limb 12 m 2^25. A column of a product is below
 * 13 (2^60 + 2^52), 0.82 of a word. */
#ifndef PA_FIELD_P384_AVX2_H
#define PA_FIELD_P384_AVX2_H

#define FE_HAS_FORM
#define FE_FORM_BITS 390
#define FE_VECTORS 13
#define FE_LIMB_BITS 30
#define FE_MUL_MAG 1

#define FE_LIMB_MAX(magnitude, i)                                                                  \
    ((uint64_t)(magnitude) *                                                                       \
     ((i) < 12 ? (UINT64_C(1) << 30) + (UINT64_C(1) << 20) : UINT64_C(1) << 25))

/* 2^390 and 2^780 mod p */
#define FE_UNIT UINT64_C(0xffffffc000000040), UINT64_C(0x3fffffffff), 0x40, 0, 0, 0
#define FE_SQUARE                                                                                  \
    UINT64_C(0xffffe00000001000), UINT64_C(0x200000000fff), UINT64_C(0xffffe00000000000),          \
        UINT64_C(0x200000000fff), 0x1000, 0

/* Limb i of p, of either sign; of 2 p, 2^30 moved down from each limb to the one below. */
#define FE_SIGNED_P(i)                                                                             \
    ((i) == 0    ? INT64_C(-1)                                                                     \
     : (i) == 1  ? INT64_C(1) << 2                                                                 \
     : (i) == 3  ? -(INT64_C(1) << 6)                                                              \
     : (i) == 4  ? -(INT64_C(1) << 8)                                                              \
     : (i) == 12 ? INT64_C(1) << 24                                                                \
                 : 0)
#define FE_TWICE_P(i) (2 * FE_SIGNED_P(i) + ((i) < 12 ? INT64_C(1) << 30 : 0) - ((i) > 0 ? 1 : 0))
#define FE_MULTIPLE_OF_P(i, m) (((m) + 1) * FE_TWICE_P(i))

#include "small_limbs_avx2.h"

/* ---- products ------------------------------------------------------------------------------- */

/* Moved down from each column to the one below, the last limb at the end, so that none is negative: what clearing takes off is
 * below 2^39. */
#define FE_LIFT (INT64_C(1) << 44)

/* Column k of a product, of which sum is given, with the carry of the column before and what it gets of sum q[i] 2^(30 i) (p + 1), i <
 * 13. The low 30 bits q[k] of columns below 13 are what clears them: q p = q (p + 1) - q. Returned: those bits. */
FE_INLINE __m256i fe_clear_column(__m256i sum, __m256i *carry, const __m256i q[13], int k)
{
    const int64_t lift = k < 3 ? 0 : k == 3 ? FE_LIFT : FE_LIFT - (FE_LIFT >> 30);
    if (k > 0) {
        sum = _mm256_add_epi64(sum, *carry);
    }
    if (lift != 0) {
        sum = _mm256_add_epi64(sum, fe_all(lift));
    }
    if (k >= 1 && k < 14) {
        sum = _mm256_add_epi64(sum, _mm256_slli_epi64(q[k - 1], 2));
    }
    if (k >= 3 && k < 16) {
        sum = _mm256_sub_epi64(sum, _mm256_slli_epi64(q[k - 3], 6));
    }
    if (k >= 4 && k < 17) {
        sum = _mm256_sub_epi64(sum, _mm256_slli_epi64(q[k - 4], 8));
    }
    if (k >= 12 && k < 25) {
        sum = _mm256_add_epi64(sum, _mm256_slli_epi64(q[k - 12], 24));
    }
    *carry = _mm256_srli_epi64(sum, 30);
    return fe_low(sum);
}

/* The same for all columns, of which fe_column gives the sums. */
#define FE_CLEAR_COLUMNS(r, a, b, fe_column)                                                       \
    do {                                                                                           \
        __m256i carry = _mm256_setzero_si256(), q[13], limb[12];                                   \
        _Pragma("GCC unroll 25") for (int k = 0; k < 25; k++)                                      \
        {                                                                                          \
            const __m256i low = fe_clear_column(fe_column((a), (b), k), &carry, q, k);             \
            if (k < 13) {                                                                          \
                q[k] = low;                                                                        \
            } else {                                                                               \
                limb[k - 13] = low;                                                                \
            }                                                                                      \
        }                                                                                          \
        for (int i = 0; i < 12; i++) {                                                             \
            (r)->limb[i] = limb[i];                                                                \
        }                                                                                          \
        (r)->limb[12] = _mm256_sub_epi64(carry, fe_all(FE_LIFT >> 30));                            \
        fe_check((r), 1);                                                                          \
    } while (0)

/* Column k of a product, and of a square: mixed products once from doubled limbs. */
FE_INLINE __m256i fe_product_column(const __m256i a[13], const __m256i b[13], int k)
{
    const int from = k < 13 ? 0 : k - 12;
    __m256i sum = _mm256_mul_epu32(a[from], b[k - from]);
    _Pragma("GCC unroll 13") for (int i = from + 1; i <= k - from; i++)
    {
        sum = _mm256_add_epi64(sum, _mm256_mul_epu32(a[i], b[k - i]));
    }
    return sum;
}

FE_INLINE __m256i fe_square_column(const __m256i a[13], const __m256i twice[13], int k)
{
    const int from = k < 13 ? 0 : k - 12;
    __m256i sum = _mm256_mul_epu32(2 * from == k ? a[from] : twice[from], a[k - from]);
    _Pragma("GCC unroll 13") for (int i = from + 1; 2 * i <= k; i++)
    {
        sum = _mm256_add_epi64(sum, _mm256_mul_epu32(2 * i == k ? a[i] : twice[i], a[k - i]));
    }
    return sum;
}

/* fe_mul
 * Shapes: two elements -> one.
 * Form:   r = a b / 2^390 mod p, column by column.
 * Before: magnitudes at most FE_MUL_MAG.
 * After:  magnitude 1: (4 2^768 + 2^390 p) / 2^390 is below 1.1 2^384. */
FE_CALL void fe_mul(fe *r, const fe *a, const fe *b)
{
    fe_check(a, FE_MUL_MAG);
    fe_check(b, FE_MUL_MAG);
    FE_CLEAR_COLUMNS(r, a->limb, b->limb, fe_product_column);
}

/* The same for a^2; doubled limbs are below 2^32. */
FE_CALL void fe_sqr(fe *r, const fe *a)
{
    __m256i twice[13];
    fe_check(a, FE_MUL_MAG);
    for (int i = 0; i < 13; i++) {
        twice[i] = _mm256_add_epi64(a->limb[i], a->limb[i]);
    }
    FE_CLEAR_COLUMNS(r, a->limb, twice, fe_square_column);
}

/* ---- carries -------------------------------------------------------------------------------- */

/* sum + over times limb i of 2^384 - p = 2^128 + 2^96 - 2^32 + 1, none of which is negative: 1, 2^30 - 4, 2^30 - 1, 2^6 - 1, 2^8. */
FE_INLINE __m256i fe_add_fold(__m256i sum, __m256i over, int i)
{
    if (i == 0) {
        return _mm256_add_epi64(sum, over);
    }
    if (i == 4) {
        return _mm256_add_epi64(sum, _mm256_slli_epi64(over, 8));
    }
    if (i < 4) {
        sum = _mm256_add_epi64(sum, _mm256_slli_epi64(over, i < 3 ? 30 : 6));
        return _mm256_sub_epi64(sum, i == 1 ? _mm256_slli_epi64(over, 2) : over);
    }
    return sum;
}

/* What stands above 2^384, at most 2^6 of it, folds; then all carries at once, each below 2^8. Limbs below 2^37, the last one at most
 * 2^30. */
FE_INLINE void fe_carry_limbs(fe *r, const fe *a)
{
    const __m256i over = _mm256_srli_epi64(a->limb[12], FE_TOP_BITS);
    __m256i carry = _mm256_setzero_si256();
    for (int i = 0; i < 12; i++) {
        const __m256i limb = fe_add_fold(a->limb[i], over, i);
        r->limb[i] = _mm256_add_epi64(fe_low(limb), carry);
        carry = _mm256_srli_epi64(limb, 30);
    }
    r->limb[12] =
        _mm256_add_epi64(_mm256_and_si256(a->limb[12], fe_all((1 << FE_TOP_BITS) - 1)), carry);
    fe_check(r, 1);
}

FE_INLINE void fe_carry(fe *r, const fe *a)
{
    fe_check(a, FE_MAX_MAG);
    fe_carry_limbs(r, a);
}

/* Tables hold x 2^384 mod p, one of 64 of it. */
FE_FN void fe_from_table(fe *r, const fe *a)
{
    fe t;
    fe_check(a, 1);
    for (int i = 0; i < FE_VECTORS; i++) {
        t.limb[i] = _mm256_slli_epi64(a->limb[i], 6);
    }
    fe_carry_limbs(r, &t);
}

/* ---- comparisons ---------------------------------------------------------------------------- */

/* t = a + extra times 2^384 - p, limbs 0 .. 11 below 2^30; what stands above 2^384, at most 2 of it once carried, folds. For extra =
 * 0, t is below 2^384 + 2^343, so below 2 p. */
FE_INLINE void fe_carry_up(fe *t, const fe *a, __m256i over)
{
    __m256i carry = _mm256_setzero_si256();
    for (int i = 0; i < 12; i++) {
        const __m256i limb = fe_add_fold(_mm256_add_epi64(a->limb[i], carry), over, i);
        t->limb[i] = fe_low(limb);
        carry = _mm256_srli_epi64(limb, 30);
    }
    t->limb[12] = _mm256_add_epi64(a->limb[12], carry);
}

FE_INLINE void fe_carry_fully(fe *t, const fe *a)
{
    fe_carry(t, a);
    const __m256i over = _mm256_srli_epi64(t->limb[12], FE_TOP_BITS);
    t->limb[12] = _mm256_and_si256(t->limb[12], fe_all((1 << FE_TOP_BITS) - 1));
    fe_carry_up(t, t, over);
}

/* less = t - p = t + (2^384 - p) - 2^384, for t below 2 p; returned: where that is negative. */
FE_INLINE mask fe_less_p(fe *less, const fe *t)
{
    fe_carry_up(less, t, fe_all(1));
    const mask negative = _mm256_cmpgt_epi64(fe_all(1 << FE_TOP_BITS), less->limb[12]);
    less->limb[12] = _mm256_and_si256(less->limb[12], fe_all((1 << FE_TOP_BITS) - 1));
    return negative;
}

/* w = words of a in [0, p), in the form they are in. */
FE_FN void fe_canonical(__m256i w[6], const fe *a)
{
    fe t, less;
    fe_carry_fully(&t, a);
    const mask negative = fe_less_p(&less, &t);
    fe_select(&t, negative, &t, &less);
    fe_to_words(w, &t);
}

/* Below 2 p, so 0 or p. */
FE_FN mask fe_is_zero(const fe *a)
{
    static const int64_t modulus[13] = {
        FE_LIMB_MASK,
        3,
        0,
        FE_LIMB_MASK - 63,
        FE_LIMB_MASK - 256,
        FE_LIMB_MASK,
        FE_LIMB_MASK,
        FE_LIMB_MASK,
        FE_LIMB_MASK,
        FE_LIMB_MASK,
        FE_LIMB_MASK,
        FE_LIMB_MASK,
        (1 << 24) - 1,
    };
    fe t;
    fe_carry_fully(&t, a);
    __m256i not_zero = _mm256_setzero_si256(), not_p = not_zero;
    const __m256i zero = not_zero;
    for (int i = 0; i < FE_VECTORS; i++) {
        not_zero = _mm256_or_si256(not_zero, t.limb[i]);
        not_p = _mm256_or_si256(not_p, _mm256_xor_si256(t.limb[i], fe_all(modulus[i])));
    }
    return mask_or(_mm256_cmpeq_epi64(not_zero, zero), _mm256_cmpeq_epi64(not_p, zero));
}

#include "form_avx2.h"

#include "p384_chains.h"

#endif
