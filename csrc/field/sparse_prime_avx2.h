/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of P-256 and SM2 in four lanes, for CPUs with AVX2, numbers in Montgomery's form x 2^261 mod p. Interface: field.h.
 *
 * Both primes are p = 2^256 - 2^224 + h + l - 1, h and l being powers of 2, with signs. The file that includes this one defines
 * FE_PRIME_0 .. 3, the words of p; FE_UNIT and FE_SQUARE, those of 2^261 and 2^522 mod p; where h and l stand (FE_HIGH_, FE_LOW_
 * LIMB, SHIFT, SIGN); FE_LIFT; then, behind it, fe_add_terms.
 *
 * Nine limbs of 29 bits; a value of magnitude m has limbs 0 .. 7 of at most m (2^29 + 2^20) and limb 8 of at most
 * m (2^25 + 2^19), so that it is below m 2^257 (1 + 2^-5).
 *
 * Cycles of four lanes, with four vector operations a cycle as the floor. A product has 81 + 64 operations for its columns, and
 * for each of 9 that are cleared 3 and 8 of p (P-256; SM2: 6, and a constant for each column), which with the carries of the
 * others make 123; a square 45 + 36 and 8 for doubled limbs.
 *
 *     Zen 4, by calls            floor   beside others   in a chain
 *     product, P-256             67      82              84
 *     square                     53      58              70
 *     product, SM2               66      82              87
 *     square                     52      60              75
 *     carries of a sum           11      11
 *
 * Column by column, each cleared at once: what waits for the carry of the column before is a shift and two additions, and few
 * sums are alive. So a product takes no longer than one of secp256k1, which has 26 operations less. -fno-tree-reassoc keeps that
 * order: without it a square takes 1.1 times as long; without -fschedule-insns -fsched-pressure, 1.2 times. A loop that stores the
 * nine limbs, which gcc makes rep movs of where it is not unrolled, took 33 cycles of each product. Made no difference:
 * -mno-vzeroupper.
 * Counted and not built: limbs with signs, whose differences need no carry, but whose columns each take a constant before a shift,
 * 26 operations a product next to 24 a difference; multiples of p with fewer terms (2^32 + 1 times p has five); 2^256 - 2^224 of
 * P-256 by steps of q, as SM2 has it, 7 in place of 8 and a constant for ten columns.
 *
 * A column of a product is the sum of up to nine products of two limbs, below m n 9 (2^58 + 2^51) for magnitudes m and n, and
 * what p and carries add is below 2^59: below 2^63.8 for m n = 6. The product of two factors, over 2^261, is below m n 2^253
 * (1 + 2^-4), and p at most is added, so that for m n = 6 it is below 2^256.9. */
#ifndef PA_FIELD_SPARSE_PRIME_AVX2_H
#define PA_FIELD_SPARSE_PRIME_AVX2_H

#define FE_HAS_FORM
#define FE_FORM_BITS 261
#define FE_TABLE_MAG 2

/* Limb i of a magnitude. */
#define FE_LIMB_MAX(magnitude, i)                                                                  \
    ((uint64_t)(magnitude) * ((i) < 8 ? (UINT64_C(1) << 29) + (UINT64_C(1) << 20)                  \
                                      : (UINT64_C(1) << 25) + (UINT64_C(1) << 19)))

/* Limb i, with its sign, of 2^s times 2^224 - h - l, which is 2^256 - 1 modulo p. */
#define FE_FOLD_LIMB(i, s)                                                                         \
    (((i) == 7 ? INT64_C(1) << (21 + (s)) : 0) -                                                   \
     ((i) == FE_HIGH_LIMB ? FE_HIGH_SIGN * (INT64_C(1) << (FE_HIGH_SHIFT + (s))) : 0) -            \
     ((i) == FE_LOW_LIMB ? FE_LOW_SIGN * (INT64_C(1) << (FE_LOW_SHIFT + (s))) : 0))

/* Limb i of m + 1 times 2 p, from 2^257 - 2: none is below what magnitude m allows for m < FE_MAX_MAG. */
#define FE_TWICE_P(i)                                                                              \
    (((i) < 8 ? (INT64_C(1) << 29) - 1 : (INT64_C(1) << 25) - 1) - ((i) == 0) - FE_FOLD_LIMB(i, 1))
#define FE_MULTIPLE_OF_P(i, m) (((m) + 1) * FE_TWICE_P(i))

#include "small_limbs_avx2.h"

/* ---- products ------------------------------------------------------------------------------- */

/* The multiple of p that clears columns 0 .. 8, and differences of its limbs where a prime has use for them. */
typedef struct {
    __m256i limb[9], step[10];
} fe_quotient;

/* sum + what column k gets of sum q[i] 2^(29 i) (p + 1), i < 9, k < 17; more than -FE_LIFT. */
FE_INLINE __m256i fe_add_terms(__m256i sum, fe_quotient *q, int k);

/* fe_clear_column
 * Column k of a product, of which sum is given, with the multiple of p and the carry of the column before.
 * Form:   q 2^(29 k) p = q 2^(29 k) (p + 1) - q 2^(29 k) for the low 29 bits q of column k < 9: they go, the rest is carried, and
 *         q (p + 1) starts two columns further on or more. Returned: the low 29 bits. */
FE_INLINE __m256i fe_clear_column(__m256i sum, __m256i *carry, fe_quotient *q, int k)
{
    const int64_t lift = k < 2 ? 0 : k == 2 ? FE_LIFT : FE_LIFT - (FE_LIFT >> 29);
    sum = fe_add_terms(sum, q, k);
    sum = lift != 0 ? _mm256_add_epi64(sum, fe_all(lift)) : sum;
    sum = k > 0 ? _mm256_add_epi64(sum, *carry) : sum;
    *carry = _mm256_srli_epi64(sum, 29);
    return fe_low(sum);
}

/* The same for all columns, of which fe_column gives the sums. */
#define FE_CLEAR_COLUMNS(r, a, b, fe_column)                                                       \
    do {                                                                                           \
        fe_quotient q;                                                                             \
        __m256i carry = _mm256_setzero_si256(), limb[9];                                           \
        _Pragma("GCC unroll 17") for (int k = 0; k < 17; k++)                                      \
        {                                                                                          \
            const __m256i low = fe_clear_column(fe_column((a), (b), k), &carry, &q, k);            \
            if (k < 9) {                                                                           \
                q.limb[k] = low;                                                                   \
            } else {                                                                               \
                limb[k - 9] = low;                                                                 \
            }                                                                                      \
        }                                                                                          \
        limb[8] = FE_LIFT != 0 ? _mm256_sub_epi64(carry, fe_all(FE_LIFT >> 29)) : carry;           \
        FE_UNROLL for (int i = 0; i < FE_VECTORS; i++)                                             \
        {                                                                                          \
            (r)->limb[i] = limb[i];                                                                \
        }                                                                                          \
        fe_check((r), 1);                                                                          \
    } while (0)

/* Column k of a product, and of a square: mixed products once from doubled limbs. */
FE_INLINE __m256i fe_product_column(const __m256i a[9], const __m256i b[9], int k)
{
    const int from = k < 9 ? 0 : k - 8;
    __m256i sum = _mm256_mul_epu32(a[from], b[k - from]);
    FE_UNROLL for (int i = from + 1; i <= k - from; i++)
    {
        sum = _mm256_add_epi64(sum, _mm256_mul_epu32(a[i], b[k - i]));
    }
    return sum;
}

FE_INLINE __m256i fe_square_column(const __m256i a[9], const __m256i twice[9], int k)
{
    const int from = k < 9 ? 0 : k - 8;
    __m256i sum = _mm256_mul_epu32(2 * from == k ? a[from] : twice[from], a[k - from]);
    FE_UNROLL for (int i = from + 1; 2 * i <= k; i++)
    {
        sum = _mm256_add_epi64(sum, _mm256_mul_epu32(2 * i == k ? a[i] : twice[i], a[k - i]));
    }
    return sum;
}

/* fe_mul
 * Shapes: two elements -> one.
 * Form:   r = a b / 2^261 mod p, column by column.
 * Before: the product of the magnitudes at most FE_BESIDE_MAG.
 * After:  magnitude 1, limbs 0 .. 7 below 2^29. */
FE_CALL void fe_mul(fe *r, const fe *a, const fe *b)
{
    FE_ASSERT(fe_magnitude(a) * fe_magnitude(b) <= FE_BESIDE_MAG);
    FE_CLEAR_COLUMNS(r, a->limb, b->limb, fe_product_column);
}

/* fe_sqr
 * Shapes: one element -> one.
 * Form:   r = a^2 / 2^261 mod p.
 * Before: magnitude at most FE_MUL_MAG: doubled limbs below 2^32.
 * After:  as fe_mul. */
FE_CALL void fe_sqr(fe *r, const fe *a)
{
    __m256i twice[9];
    fe_check(a, FE_MUL_MAG);
    for (int i = 0; i < FE_VECTORS; i++) {
        twice[i] = _mm256_add_epi64(a->limb[i], a->limb[i]);
    }
    FE_CLEAR_COLUMNS(r, a->limb, twice, fe_square_column);
}

/* ---- carries -------------------------------------------------------------------------------- */

/* sum + over 2^s times limb i of 2^256 - 1 mod p. */
FE_INLINE __m256i fe_add_fold(__m256i sum, __m256i over, int i, int s)
{
    const __m256i none = sum;
    if (i == 7) {
        sum = _mm256_add_epi64(sum, _mm256_slli_epi64(over, 21 + s));
    }
    if (i == FE_HIGH_LIMB) {
        const __m256i term = _mm256_slli_epi64(over, FE_HIGH_SHIFT + s);
        sum = FE_HIGH_SIGN > 0 ? _mm256_sub_epi64(sum, term) : _mm256_add_epi64(sum, term);
    }
    if (i == FE_LOW_LIMB) {
        const __m256i term = _mm256_slli_epi64(over, FE_LOW_SHIFT + s);
        sum = FE_LOW_SIGN > 0 ? _mm256_sub_epi64(sum, term) : _mm256_add_epi64(sum, term);
    }
    return i == 0 ? _mm256_add_epi64(none, s > 0 ? _mm256_slli_epi64(over, s) : over) : sum;
}

/* What stands above 2^257, at most 33 with 2 p added to keep limbs positive, folds; then all carries at once, each at most 34. */
FE_INLINE void fe_carry(fe *r, const fe *a)
{
    fe_check(a, FE_MAX_MAG);
    const __m256i top = _mm256_add_epi64(a->limb[8], fe_all(FE_TWICE_P(8)));
    const __m256i over = _mm256_srli_epi64(top, 25);
    __m256i carry = _mm256_setzero_si256();
    for (int i = 0; i < 8; i++) {
        const __m256i limb =
            fe_add_fold(_mm256_add_epi64(a->limb[i], fe_all(FE_TWICE_P(i))), over, i, 1);
        r->limb[i] = _mm256_add_epi64(fe_low(limb), carry);
        carry = _mm256_srli_epi64(limb, 29);
    }
    r->limb[8] = _mm256_add_epi64(_mm256_and_si256(top, fe_all((1 << 25) - 1)), carry);
    fe_check(r, 1);
}

/* ---- comparisons ---------------------------------------------------------------------------- */

/* Limb i of p. */
#define FE_WORD_OF_P(i)                                                                            \
    ((i) == 0 ? FE_PRIME_0 : (i) == 1 ? FE_PRIME_1 : (i) == 2 ? FE_PRIME_2 : FE_PRIME_3)
#define FE_LIMB_OF_P(i)                                                                            \
    ((int64_t)((29 * (i) % 64 > 35 && (i) < 8                                                      \
                    ? FE_WORD_OF_P(29 * (i) / 64) >> 29 * (i) % 64 |                               \
                          FE_WORD_OF_P(29 * (i) / 64 + 1) << (64 - 29 * (i) % 64)                  \
                    : FE_WORD_OF_P(29 * (i) / 64) >> 29 * (i) % 64) &                              \
               FE_LIMB_MASK))

/* x / 2^29, rounded down, for -2^40 <= x < 2^62. */
FE_INLINE __m256i fe_signed_carry(__m256i x)
{
    const __m256i lifted = _mm256_add_epi64(x, fe_all(INT64_C(1) << 40));
    return _mm256_sub_epi64(_mm256_srli_epi64(lifted, 29), fe_all(1 << 11));
}

/* t = a, limbs 0 .. 7 below 2^29 and all below 2 p: what stands above 2^256 is at most 2 once carried, and folds. */
FE_INLINE void fe_carry_fully(fe *t, const fe *a)
{
    fe_carry(t, a);
    const __m256i over = _mm256_srli_epi64(t->limb[8], FE_TOP_BITS);
    __m256i carry = _mm256_setzero_si256();
    for (int i = 0; i < 8; i++) {
        const __m256i limb = fe_add_fold(_mm256_add_epi64(t->limb[i], carry), over, i, 0);
        t->limb[i] = fe_low(limb);
        carry = fe_signed_carry(limb);
    }
    t->limb[8] = _mm256_and_si256(t->limb[8], fe_all((1 << FE_TOP_BITS) - 1));
    t->limb[8] = _mm256_add_epi64(t->limb[8], carry);
}

/* less = t - p modulo 2^261, for a carried t below 2^260; returned: where that is negative. */
FE_INLINE mask fe_less_p(fe *less, const fe *t)
{
    __m256i carry = _mm256_setzero_si256();
    for (int i = 0; i < FE_VECTORS; i++) {
        const __m256i limb =
            _mm256_sub_epi64(_mm256_add_epi64(t->limb[i], carry), fe_all(FE_LIMB_OF_P(i)));
        less->limb[i] = fe_low(limb);
        carry = fe_signed_carry(limb);
    }
    return _mm256_cmpgt_epi64(_mm256_setzero_si256(), carry);
}

/* w = words of a in [0, p), in the form they are in. */
FE_FN void fe_canonical(__m256i w[4], const fe *a)
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
    fe t;
    fe_carry_fully(&t, a);
    __m256i not_zero = t.limb[0], not_p = _mm256_xor_si256(t.limb[0], fe_all(FE_LIMB_OF_P(0)));
    for (int i = 1; i < FE_VECTORS; i++) {
        not_zero = _mm256_or_si256(not_zero, t.limb[i]);
        not_p = _mm256_or_si256(not_p, _mm256_xor_si256(t.limb[i], fe_all(FE_LIMB_OF_P(i))));
    }
    const __m256i zero = _mm256_setzero_si256();
    return mask_or(_mm256_cmpeq_epi64(not_zero, zero), _mm256_cmpeq_epi64(not_p, zero));
}

/* Tables hold x 2^260 mod p. */
FE_INLINE void fe_from_table(fe *r, const fe *a)
{
    fe_add(r, a, a);
}

#include "form_avx2.h"

#endif
