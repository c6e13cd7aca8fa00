/* SPDX-License-Identifier: Apache-2.0 */
/* The field of secp256k1, p = 2^256 - 2^32 - 977, in four lanes, for CPUs with AVX2. Interface: field.h.
 *
 * Nine limbs of 29 bits; a value of magnitude m is sum of limb[i] 2^(29 i), limbs of at most m (2^29 + 2^20). What stands above
 * 2^261 folds by 2^261 = 32 (2^32 + 977) = 2^8 2^29 + 31264.
 *
 * Cycles of four lanes, with four vector operations a cycle as the floor: a product has 81 + 64 operations for its columns and 97
 * to carry and fold them, a square 45 + 36 and those 97.
 *
 *     Zen 4                      floor   beside others   in a chain   words with ADX, four of them
 *     product                    61      77              100          142
 *     square                     45      63              75 .. 81     107
 *     product, by calls          --      96              114
 *     square, by calls           --      64              82
 *
 * Between floor and figure stand loads and stores of what 16 registers do not hold, as gcc 12 orders them with -fschedule-insns
 * -fsched-pressure; without these a product takes 115. Inlined into formulas, where there are several in one function, products are
 * ordered badly nevertheless (an addition to the ladder took 1790 cycles, and takes 1350 by calls), and the code no longer fits
 * the caches of instructions: exact signatures took 1.3 times as long, so that they are called. -O2 takes 1.4 times as long.
 * Counted and not built: ten limbs of 26 bits (100 products in place of 81, and as many carries); three by three of Karatsuba (139
 * operations for the columns in place of 145, but 18 sums of limbs before them); halves of products by FMA, five limbs of 52 bits
 * (some 230 operations for a product, as here, but 170 for a square; a prototype on Zen 3 took 20 to 30 % more).
 *
 * A column of a product is the sum of up to nine products of two limbs, below m n 9 (2^58 + 2^51) for magnitudes m and n: below
 * 2^63.8 for m n = 6. */
#ifndef PA_FIELD_SECP256K1_AVX2_H
#define PA_FIELD_SECP256K1_AVX2_H

/* Limb i of a magnitude. */
#define FE_LIMB_MAX(magnitude, i)                                                                  \
    ((uint64_t)(magnitude) * ((UINT64_C(1) << 29) + (UINT64_C(1) << 20)))
#define FE_FOLD_LOW 31264 /* of 2^261, into its limb           */
#define FE_FOLD_HIGH 8    /* and, as a shift, into the next one */

/* Limb i of 32 (m + 1) p = (m + 1) (2^261 - 2^37 - 31264), none of which is below m (2^29 + 2^20) for m < FE_MAX_MAG. */
#define FE_MULTIPLE_OF_P(i, m)                                                                     \
    (((m) + 1) * (FE_LIMB_MASK - ((i) == 0 ? FE_FOLD_LOW - 1 : (i) == 1 ? 1 << FE_FOLD_HIGH : 0)))

#include "small_limbs_avx2.h"

/* ---- products ------------------------------------------------------------------------------- */

/* fe_reduce_columns
 * Shapes: 17 columns, the value being sum c[i] 2^(29 i) -> nine limbs of magnitude 1.
 * Form:   columns 8 .. 16 are carried into limbs h[0 .. 8] from 2^261 up, which are folded: h[8] twice, as a part of its fold
 *         stands at 2^261 again. Then carries go once around, from column 4 through the fold of what leaves column 8 back to
 *         column 4, and one step more.
 * Bounds: c[i] < 2^63.9, so carries are below 2^35; c[16] < 2^60.6, hence h[8] < 2^32; column 8 is below 2^48 after the fold
 *         and lets go less than 2^20; the last carry is below 2^7. */
FE_INLINE void fe_reduce_columns(fe *r, __m256i c[17])
{
    __m256i h[9], carry = _mm256_srli_epi64(c[8], 29);
    c[8] = fe_low(c[8]);
    FE_UNROLL for (int i = 0; i < 8; i++)
    {
        const __m256i column = _mm256_add_epi64(c[9 + i], carry);
        h[i] = fe_low(column);
        carry = _mm256_srli_epi64(column, 29);
    }
    h[8] = carry;
    FE_UNROLL for (int i = 0; i < 9; i++)
    {
        c[i] = fe_add_times(c[i], h[i], FE_FOLD_LOW);
        if (i < 8) {
            c[i + 1] = _mm256_add_epi64(c[i + 1], _mm256_slli_epi64(h[i], FE_FOLD_HIGH));
        }
    }
    c[0] = fe_add_times(c[0], h[8], FE_FOLD_LOW << FE_FOLD_HIGH);
    c[1] = fe_add_times(c[1], h[8], 1 << 2 * FE_FOLD_HIGH);
    FE_UNROLL for (int i = 4; i < 8; i++)
    {
        c[i + 1] = _mm256_add_epi64(c[i + 1], _mm256_srli_epi64(c[i], 29));
        c[i] = fe_low(c[i]);
    }
    const __m256i over = _mm256_srli_epi64(c[8], 29);
    r->limb[8] = fe_low(c[8]);
    c[0] = fe_add_times(c[0], over, FE_FOLD_LOW);
    c[1] = _mm256_add_epi64(c[1], _mm256_slli_epi64(over, FE_FOLD_HIGH));
    FE_UNROLL for (int i = 0; i < 5; i++)
    {
        c[i + 1] = _mm256_add_epi64(c[i + 1], _mm256_srli_epi64(c[i], 29));
        r->limb[i] = fe_low(c[i]);
    }
    for (int i = 5; i < 8; i++) {
        r->limb[i] = c[i];
    }
    fe_check(r, 1);
}

/* fe_mul
 * Shapes: two elements -> one.
 * Form:   r = a b mod p, schoolbook columns of 64 bits.
 * Before: the product of the magnitudes at most FE_BESIDE_MAG.
 * After:  magnitude 1. */
FE_CALL void fe_mul(fe *r, const fe *a, const fe *b)
{
    __m256i c[17];
    FE_ASSERT(fe_magnitude(a) * fe_magnitude(b) <= FE_BESIDE_MAG);
    _Pragma("GCC unroll 17") for (int k = 0; k < 17; k++)
    {
        const int from = k < 9 ? 0 : k - 8;
        c[k] = _mm256_mul_epu32(a->limb[from], b->limb[k - from]);
        FE_UNROLL for (int i = from + 1; i <= k - from; i++)
        {
            c[k] = _mm256_add_epi64(c[k], _mm256_mul_epu32(a->limb[i], b->limb[k - i]));
        }
    }
    fe_reduce_columns(r, c);
}

/* fe_sqr
 * Shapes: one element -> one.
 * Form:   r = a^2 mod p, mixed products once from doubled limbs.
 * Before: magnitude at most FE_MUL_MAG: doubled limbs below 2^32.
 * After:  magnitude 1. */
FE_CALL void fe_sqr(fe *r, const fe *a)
{
    __m256i c[17], twice[8];
    fe_check(a, FE_MUL_MAG);
    for (int i = 0; i < 8; i++) {
        twice[i] = _mm256_add_epi64(a->limb[i], a->limb[i]);
    }
    _Pragma("GCC unroll 17") for (int k = 0; k < 17; k++)
    {
        const int from = k < 9 ? 0 : k - 8;
        c[k] = _mm256_mul_epu32(2 * from == k ? a->limb[from] : twice[from], a->limb[k - from]);
        FE_UNROLL for (int i = from + 1; 2 * i <= k; i++)
        {
            const __m256i x = 2 * i == k ? a->limb[i] : twice[i];
            c[k] = _mm256_add_epi64(c[k], _mm256_mul_epu32(x, a->limb[k - i]));
        }
    }
    fe_reduce_columns(r, c);
}

/* ---- sums ----------------------------------------------------------------------------------- */

/* All carries at once, each at most 32. After: magnitude 1, limb 0 below 2^29 + 2^20, the others below 2^29 + 2^14. */
FE_INLINE void fe_carry(fe *r, const fe *a)
{
    fe_check(a, FE_MAX_MAG);
    const __m256i over = _mm256_srli_epi64(a->limb[8], 29);
    __m256i carry = _mm256_mul_epu32(over, fe_all(FE_FOLD_LOW));
    for (int i = 0; i < FE_VECTORS; i++) {
        const __m256i next = _mm256_srli_epi64(a->limb[i], 29);
        r->limb[i] = _mm256_add_epi64(fe_low(a->limb[i]), carry);
        carry = i > 0 ? next : _mm256_add_epi64(next, _mm256_slli_epi64(over, FE_FOLD_HIGH));
    }
    fe_check(r, 1);
}

/* ---- memory, comparisons -------------------------------------------------------------------- */

#define fe_set_int fe_place_int
#define fe_set_words fe_place

/* t = a, limbs 0 .. 7 below 2^29 and all below 2 p: what stands above 2^256 is at most 33 2^5 once carried, and folds. */
FE_INLINE void fe_carry_fully(fe *t, const fe *a)
{
    fe_carry(t, a);
    const __m256i over = _mm256_srli_epi64(t->limb[8], FE_TOP_BITS);
    t->limb[8] = _mm256_and_si256(t->limb[8], fe_all((1 << FE_TOP_BITS) - 1));
    t->limb[0] = fe_add_times(t->limb[0], over, 977);
    t->limb[1] = _mm256_add_epi64(t->limb[1], _mm256_slli_epi64(over, 3));
    for (int i = 0; i < 8; i++) {
        t->limb[i + 1] = _mm256_add_epi64(t->limb[i + 1], _mm256_srli_epi64(t->limb[i], 29));
        t->limb[i] = fe_low(t->limb[i]);
    }
}

/* w = words of a in [0, p): t < 2 p, and t - p = t + 2^32 + 977 - 2^256 where that is not negative. */
FE_FN void fe_canonical(__m256i w[4], const fe *a)
{
    fe t, less;
    fe_carry_fully(&t, a);
    less = t;
    less.limb[0] = _mm256_add_epi64(t.limb[0], fe_all(977));
    less.limb[1] = _mm256_add_epi64(t.limb[1], fe_all(8));
    for (int i = 0; i < 8; i++) {
        less.limb[i + 1] = _mm256_add_epi64(less.limb[i + 1], _mm256_srli_epi64(less.limb[i], 29));
        less.limb[i] = fe_low(less.limb[i]);
    }
    const mask negative = _mm256_cmpgt_epi64(fe_all(1 << FE_TOP_BITS), less.limb[8]);
    less.limb[8] = _mm256_and_si256(less.limb[8], fe_all((1 << FE_TOP_BITS) - 1));
    fe_select(&t, negative, &t, &less);
    fe_to_words(w, &t);
}

/* Below 2 p, so 0 or p. */
FE_FN mask fe_is_zero(const fe *a)
{
    fe t;
    fe_carry_fully(&t, a);
    __m256i not_zero = _mm256_or_si256(t.limb[0], t.limb[1]);
    __m256i not_p = _mm256_or_si256(_mm256_xor_si256(t.limb[0], fe_all(FE_LIMB_MASK - 976)),
                                    _mm256_xor_si256(t.limb[1], fe_all(FE_LIMB_MASK - 8)));
    for (int i = 2; i < FE_VECTORS; i++) {
        const int64_t ones = i < 8 ? FE_LIMB_MASK : (1 << FE_TOP_BITS) - 1;
        not_zero = _mm256_or_si256(not_zero, t.limb[i]);
        not_p = _mm256_or_si256(not_p, _mm256_xor_si256(t.limb[i], fe_all(ones)));
    }
    const __m256i zero = _mm256_setzero_si256();
    return mask_or(_mm256_cmpeq_epi64(not_zero, zero), _mm256_cmpeq_epi64(not_p, zero));
}

FE_FN mask fe_is_odd(const fe *a)
{
    __m256i w[4];
    fe_canonical(w, a);
    return _mm256_cmpeq_epi64(_mm256_and_si256(w[0], fe_all(1)), fe_all(1));
}

FE_FN void fe_from_rows(fe *r, const unsigned char *const rows[LANES], mask *ok)
{
    __m256i w[4];
    fe_words_from_rows(w, rows);
    /* p and more: the upper words all ones, and 2^64 - 2^32 - 977 or more below. */
    const __m256i ones = _mm256_and_si256(_mm256_and_si256(w[1], w[2]), w[3]);
    const mask low = _mm256_and_si256(_mm256_cmpgt_epi64(w[0], fe_all(-0x1000003d2)),
                                      _mm256_cmpgt_epi64(_mm256_setzero_si256(), w[0]));
    *ok = mask_not(mask_and(low, _mm256_cmpeq_epi64(ones, fe_all(-1))));
    fe_from_words(r, w);
}

FE_FN void fe_to_rows(unsigned char *const rows[LANES], const fe *a)
{
    __m256i w[4];
    fe_canonical(w, a);
    fe_words_to_rows(rows, w);
}

#include "secp256k1_chains.h"

#endif
