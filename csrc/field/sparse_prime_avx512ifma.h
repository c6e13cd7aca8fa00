/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of P-256 and SM2 with AVX-512 IFMA, in groups of 8 lanes: five limbs of 52 bits in 64-bit words, numbers in
 * Montgomery form, x 2^260 mod p. Interface: field.h; what they share with other fields: eight_lanes_avx512ifma.h,
 * ten_columns_avx512ifma.h.
 *
 * Both primes are p = 2^256 - 2^224 + s - 1 with a small s, a sum of signed powers of 2 of 64 and more. The file that
 * includes this one defines the words of p and of 2^260 and 2^520 mod p (FE_PRIME_0 .. 3, FE_UNIT, FE_SQUARE), FE_S1 and
 * FE_S3, signed, s = FE_S1 2^52 + FE_S3 2^156, FE_TWICE_P(i), and
 *   fe_group_clear(c, i)   i = 0 .. 4 in turn: adds multiples of p to ten columns, 0 <= q < 2^260 times it in all, by which columns
 *                          0 .. 4 are 0 in the end but for what they carry, which column 5 has then; c[i] is left to step i + 1
 *   fe_group_take_small(word, t)  subtracts t s from limbs 1 .. 3
 *
 * Bounds. A value of magnitude 1 has limbs 0 .. 3 below 2^52 and is below 2 p; a factor is below 4 p, so that a product, (a b
 * + q p) / 2^260, is below 16 p^2 / 2^260 + p < 2 p without a look at what stands above 2^256. Three times a product is a
 * factor still; more, and sums, are folded: t p is taken off, t being what stands above 2^256.
 *
 * Limits, cycles of 8 lanes on Zen 4 (a multiply-add a cycle and another operation beside it), gcc 12:
 *                          multiply-adds   others   reached, independent   in a chain
 *   fe_mul_factor, P-256   70              40       75                     92
 *                  SM2     70              25       72                     92
 *   fe_sqr_factor, P-256   50              48       61                     68
 *                  SM2     50              33       54                     64
 * 20 multiply-adds of each clear the low half. Cores with two multipliers and two other ports (Zen 5) would take half of the
 * larger count, 35 and 25. Counted, all of one reduction: P-256 with 30 multiply-adds and 18 others (all of
 * p's limbs multiplied: a product 81, a square 62), 25 and 30 (77, 62), 20 and 43, normalized digits (76, 63), 20 and 40, as
 * it is; 17 and 43, 2^96 and 2^192 times a digit in one multiply-add (the same alone, a doubling 1.02 of the time: each digit
 * waits longer for the one before); 10 and 65, nothing but 2^256 - 2^224 multiplied, digits 96 bits up by double shifts, not
 * written. 192 bits at a step by p (2^96 + 1), which is -1 below them, needs four more limbs for two less. SM2 with 15 and
 * 35: 70 and 60. An operation beside costs 0.2 to 0.4 cycles whatever the pipes have free, as half of them take a turn of the
 * multiplier's, so that one multiply-add is worth two to four of them. Columns 0 .. 4 of a product taken first and the others
 * while those are cleared: squares 0.93 of the time. */
#ifndef PA_FIELD_SPARSE_PRIME_AVX512IFMA_H
#define PA_FIELD_SPARSE_PRIME_AVX512IFMA_H

#define FE_HAS_FORM
#define FE_FORM_BITS 260
#define FE_HAS_TIMES
#define FE_HAS_BESIDE

/* Limb 4 of 2^256 - 2^224; twice that less 2 is limb 4 of 2 p or one below, and what is left is above 2^208. */
#define FE_S4 ((UINT64_C(1) << 48) - (UINT64_C(1) << 16))

/* Limbs of magnitudes above 1, which are no factors, may be as large as FE_TWICE_P's: all of them at least 2^52 - 1, the last
 * one at least 2 FE_S4 - 2. */
#define FE_LIMB_MAX(magnitude, i)                                                                  \
    ((magnitude) == 1 ? ((i) < 4 ? FE_LOW_52 : 2 * FE_S4 - 2)                                      \
                      : (uint64_t)(magnitude) * FE_TWICE_P(i))
#define FE_FACTOR_MAX(i) ((i) < 4 ? UINT64_MAX : 4 * FE_S4)
#define FE_MULTIPLE(k, i) ((k) * FE_TWICE_P(i))

/* A plain number is one times 2^260, since what is carried is divided by that. Products of factors have at most 2^48 in their
 * last column, values of magnitude 1 2^49. */
#define FE_RAW_PLAIN 5
#define FE_COLUMN_MAX(m, i) ((int64_t)(m) << ((i) < 9 ? 56 : 50))

#include "ten_columns_avx512ifma.h"

/* What is above 52 bits, of either sign. */
FE_INLINE void fe_word_carry(__m512i *to, __m512i from)
{
    *to = fe_word_add(*to, _mm512_srai_epi64(from, 52));
}

FE_INLINE void fe_group_clear(__m512i c[10], int i);
FE_INLINE void fe_group_take_small(__m512i word[5], __m512i t);
FE_INLINE void fe_sub_norm(fe *r, const fe *a, const fe *b);

/* Takes t p off, limb by limb. */
FE_INLINE void fe_group_take(__m512i word[5], __m512i t)
{
    word[0] = fe_word_add(word[0], t);
    fe_group_take_small(word, t);
    word[4] = fe_word_sub(fe_word_add(word[4], fe_word_shl(t, 16)), fe_word_shl(t, 48));
}

FE_INLINE void fe_group_carry_up(fe_group *r, __m512i word[5], int factor)
{
    FE_UNROLL for (int i = 0; i < 4; i++)
    {
        r->limb[i] = factor ? word[i] : fe_word_and(word[i], fe_word_all(FE_LOW_52));
        fe_word_carry(&word[i + 1], word[i]);
    }
    r->limb[4] = word[4];
}

/* r = words, each below 2^62 and none negative. The value is below (t + 1) 2^256 then, so that less t p it is below 2^256 + t
 * 2^224, t < 2^14, and at least 0; of magnitude 1 it is below 2^256. */
FE_INLINE void fe_group_carry(fe_group *r, const __m512i word[5])
{
    __m512i w[5];
    FE_EACH_LIMB
    {
        w[i] = word[i];
    }
    fe_group_take(w, fe_word_shr(w[4], 48));
    fe_group_carry_up(r, w, 0);
}

/* What stands above 2^256, of either sign, is taken off, 2^22 of limb 4 left: at most 35 of it, since the size of column 9 is
 * at most 8 2^50, and what lower columns have to carry is small beside 2^22. Limb 4 ends between 2^22 - 2^21.2 and 2^48 +
 * 2^23. */
FE_INLINE void fe_group_take_any(__m512i word[5])
{
    const __m512i over = fe_word_sub(word[4], fe_word_all(UINT64_C(1) << 22));
    fe_group_take(word, _mm512_srai_epi64(over, 48));
}

FE_INLINE void fe_group_fold(fe_group *r, const __m512i column[10], int m, unsigned int k,
                             int differences, int factor)
{
    __m512i c[10];
    FE_UNROLL for (int i = 0; i < 10; i++)
    {
        c[i] = fe_word_times(column[i], k);
    }
    FE_EACH_LIMB
    {
        fe_group_clear(c, i);
    }
    if (differences || k > (factor ? 3 : 1)) {
        fe_group_take_any(c + 5);
    }
    fe_group_carry_up(r, c + 5, factor);
    (void)m;
}

/* Columns 0 .. 4 first: while they are cleared, each waiting for the one before, the others come. */
FE_INLINE void fe_group_mul_times(fe_group *r, const fe_group *a, const fe_group *b, unsigned int k,
                                  int factor)
{
    const __m512i *x = a->limb, *y = b->limb;
    __m512i c[10];
    FE_ASSERT(k >= 1 && k <= 4);
    if (k > 1) {
        fe_group_mul_columns(c, a, b);
        fe_group_fold(r, c, 1, k, 0, factor);
        return;
    }
    FE_UNROLL for (int n = 0; n < 10; n++)
    {
        c[n] = _mm512_setzero_si512();
    }
    FE_EACH_LIMB
    {
        FE_UNROLL for (int j = 0; j < 5 - i; j++)
        {
            c[i + j] = _mm512_madd52lo_epu64(c[i + j], x[i], y[j]);
        }
        FE_UNROLL for (int j = 0; j < 4 - i; j++)
        {
            c[i + j + 1] = _mm512_madd52hi_epu64(c[i + j + 1], x[i], y[j]);
        }
    }
    FE_EACH_LIMB
    {
        FE_UNROLL for (int j = 4 - i; j < 5; j++)
        {
            if (i + j > 4) {
                c[i + j] = _mm512_madd52lo_epu64(c[i + j], x[i], y[j]);
            }
            c[i + j + 1] = _mm512_madd52hi_epu64(c[i + j + 1], x[i], y[j]);
        }
        fe_group_clear(c, i);
    }
    fe_group_carry_up(r, c + 5, factor);
}

/* c = column n of a square. */
FE_INLINE __m512i fe_group_sqr_column(const fe_group *a, int n)
{
    const __m512i *x = a->limb;
    __m512i c = _mm512_setzero_si512();
    FE_EACH_LIMB
    {
        const int low = n - i, high = n - 1 - i;
        if (low > i && low < 5) {
            c = _mm512_madd52lo_epu64(c, x[i], x[low]);
        }
        if (high > i && high < 5) {
            c = _mm512_madd52hi_epu64(c, x[i], x[high]);
        }
    }
    c = n > 0 && n < 9 ? fe_word_double(c) : c;
    return n % 2 ? _mm512_madd52hi_epu64(c, x[n / 2], x[n / 2])
                 : _mm512_madd52lo_epu64(c, x[n / 2], x[n / 2]);
}

FE_INLINE void fe_group_sqr_times(fe_group *r, const fe_group *a, unsigned int k, int factor)
{
    __m512i c[10];
    FE_ASSERT(k >= 1 && k <= 4);
    if (k > 1) {
        fe_group_sqr_columns(c, a);
        fe_group_fold(r, c, 1, k, 0, factor);
        return;
    }
    FE_UNROLL for (int n = 0; n < 5; n++)
    {
        c[n] = fe_group_sqr_column(a, n);
    }
    FE_EACH_LIMB
    {
        c[i + 5] = fe_group_sqr_column(a, i + 5); /* nothing was added there before */
        fe_group_clear(c, i);
    }
    fe_group_carry_up(r, c + 5, factor);
}

/* ---- sums carried beside products ------------------------------------------------------------
 * A sum is carried while a product that does not wait for it is taken, step by step, so that neither waits for itself. What
 * sums may be is up to whoever calls, who knows them better than a magnitude says; factors may be below 2^260 here:
 *   FE_FACTOR  from 0 on                     -> a factor, p at most above it
 *   FE_CUT     the same, below p             -> magnitude 1
 *   FE_NEAR    from -p on, below p           -> magnitude 1
 *   FE_ANY     of magnitude 8                -> magnitude 1
 * in numbers as they are once divided by 2^260. */
enum { FE_FACTOR, FE_CUT, FE_NEAR, FE_ANY };

/* Step n = 0 .. 9 of r = c carried. */
FE_INLINE void fe_group_step(fe_group *r, __m512i c[10], int to, int n)
{
    if (n < 5) {
        fe_group_clear(c, n);
    } else if (n > 5) {
        const int i = n - 6;
        r->limb[i] = to == FE_FACTOR ? c[i + 5] : fe_word_and(c[i + 5], fe_word_all(FE_LOW_52));
        fe_word_carry(&c[i + 6], c[i + 5]);
        r->limb[4] = c[9];
    } else if (to == FE_ANY) {
        fe_group_take_any(c + 5);
    } else if (to == FE_NEAR) {
        /* p more where the value is below 2^228, and so where it is below 0 */
        const int64_t p[5] = {-1, FE_S1, 0, FE_S3, (int64_t)FE_S4};
        const __mmask8 below = _mm512_cmplt_epi64_mask(c[9], fe_word_all(UINT64_C(1) << 20));
        FE_EACH_LIMB
        {
            if (p[i] != 0) {
                c[i + 5] =
                    _mm512_mask_add_epi64(c[i + 5], below, c[i + 5], fe_word_all((uint64_t)p[i]));
            }
        }
    }
}

FE_FN void fe_group_check_beside(const fe_group *a, int magnitude_1)
{
#ifdef PA_DEBUG_BOUNDS
    uint64_t lanes[FE_GROUP_LANES];
    _mm512_storeu_si512(lanes, a->limb[4]);
    for (int j = 0; j < FE_GROUP_LANES; j++) {
        FE_ASSERT(lanes[j] <= FE_LOW_52);
    }
    if (magnitude_1) {
        fe_group_check(a, 1);
    }
#endif
    (void)a;
    (void)magnitude_1;
}

/* Called where nothing is put in place in loops either (FE_FLAT): compilers would take a minute. */
#if defined(PA_EMULATION_YMM_PAIRS_H) || defined(__SANITIZE_ADDRESS__)
#define FE_BESIDE static __attribute__((noinline, unused))
#else
#define FE_BESIDE FE_INLINE
#endif

/* f = sum */
FE_BESIDE void fe_raw_end(fe *f, const fe_raw *sum, int to)
{
    FE_EACH_GROUP
    {
        __m512i c[10];
        FE_UNROLL for (int n = 0; n < 10; n++)
        {
            c[n] = sum->column[g][n];
        }
        FE_UNROLL for (int n = 0; n < 10; n++)
        {
            fe_group_step(&f->group[g], c, to, n);
        }
        fe_group_check_beside(&f->group[g], to != FE_FACTOR);
    }
}

/* r = a b, and beside it f = sum; f may be a or b, r sum. */
FE_BESIDE void fe_mul_beside(fe_raw *r, const fe *a, const fe *b, fe *f, const fe_raw *sum, int to)
{
    FE_EACH_GROUP
    {
        const __m512i *x = a->group[g].limb, *y = b->group[g].limb;
        __m512i product[10], c[10];
        fe_group carried;
        fe_group_check_beside(&a->group[g], 0);
        fe_group_check_beside(&b->group[g], 0);
        fe_group_check_columns(sum->column[g], 8);
        FE_UNROLL for (int n = 0; n < 10; n++)
        {
            product[n] = _mm512_setzero_si512();
            c[n] = sum->column[g][n];
        }
        FE_EACH_LIMB
        {
            FE_UNROLL for (int j = 0; j < 5; j++)
            {
                product[i + j] = _mm512_madd52lo_epu64(product[i + j], x[i], y[j]);
            }
            fe_group_step(&carried, c, to, 2 * i);
            FE_UNROLL for (int j = 0; j < 5; j++)
            {
                product[i + j + 1] = _mm512_madd52hi_epu64(product[i + j + 1], x[i], y[j]);
            }
            fe_group_step(&carried, c, to, 2 * i + 1);
        }
        FE_UNROLL for (int n = 0; n < 10; n++)
        {
            r->column[g][n] = product[n];
        }
        f->group[g] = carried;
        fe_group_check_beside(&carried, to != FE_FACTOR);
    }
}

FE_BESIDE void fe_sqr_beside(fe_raw *r, const fe *a, fe *f, const fe_raw *sum, int to)
{
    FE_EACH_GROUP
    {
        __m512i square[10], c[10];
        fe_group carried;
        fe_group_check_beside(&a->group[g], 0);
        fe_group_check_columns(sum->column[g], 8);
        FE_UNROLL for (int n = 0; n < 10; n++)
        {
            c[n] = sum->column[g][n];
        }
        FE_UNROLL for (int n = 0; n < 10; n++)
        {
            square[n] = fe_group_sqr_column(&a->group[g], n);
            fe_group_step(&carried, c, to, n);
        }
        FE_UNROLL for (int n = 0; n < 10; n++)
        {
            r->column[g][n] = square[n];
        }
        f->group[g] = carried;
        fe_group_check_beside(&carried, to != FE_FACTOR);
    }
}

/* r -= a, which is carried (FE_CUT, or magnitude 1). */
FE_INLINE void fe_raw_take(fe_raw *r, const fe *a)
{
    FE_EACH_GROUP
    {
        FE_EACH_LIMB
        {
            r->column[g][i + 5] = fe_word_sub(r->column[g][i + 5], a->group[g].limb[i]);
        }
    }
}

/* r += n p, in the numbers above. */
FE_INLINE void fe_raw_lift(fe_raw *r, int n)
{
    const int64_t p[5] = {-1, FE_S1, 0, FE_S3, (int64_t)FE_S4};
    FE_EACH_GROUP
    {
        FE_EACH_LIMB
        {
            if (p[i] != 0) {
                r->column[g][i + 5] =
                    fe_word_add(r->column[g][i + 5], fe_word_all((uint64_t)(n * p[i])));
            }
        }
    }
}

/* sum = 3 (a + b), difference = a - b + 2 p: factors below 12 p and 4 p; a and b of magnitude 1. */
FE_INLINE void fe_sum_and_difference(fe *sum, fe *difference, const fe *a, const fe *b)
{
    FE_EACH_GROUP
    {
        __m512i word[5];
        FE_EACH_LIMB
        {
            word[i] = fe_word_times(fe_word_add(a->group[g].limb[i], b->group[g].limb[i]), 3);
        }
        fe_group_carry_up(&sum->group[g], word, 1);
    }
    fe_sub_norm(difference, a, b);
}

FE_INLINE void fe_group_set(fe_group *r, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3)
{
    FE_EACH_LIMB
    {
        r->limb[i] = fe_word_all(FE_LIMB_OF_WORDS(i, w0, w1, w2, w3));
    }
}

FE_INLINE void fe_group_enter(fe_group *r, const fe_group *a)
{
    fe_group square;
    fe_group_set(&square, FE_SQUARE);
    fe_group_mul(r, a, &square);
}

/* a / 2^260: p at most. */
FE_INLINE void fe_group_leave(fe_group *r, const fe_group *a)
{
    __m512i c[10];
    fe_group_carry(r, a->limb);
    FE_UNROLL for (int i = 0; i < 10; i++)
    {
        c[i] = i < 5 ? r->limb[i] : _mm512_setzero_si512();
    }
    fe_group_fold(r, c, 1, 1, 0, 0);
}

FE_FN void fe_enter(fe *r, const fe *a)
{
    fe_check(a, 1);
    FE_EACH_GROUP
    {
        fe_group_enter(&r->group[g], &a->group[g]);
    }
    fe_check(r, 1);
}

FE_FN void fe_leave(fe *r, const fe *a)
{
    fe_check(a, 1);
    FE_EACH_GROUP
    {
        fe_group_leave(&r->group[g], &a->group[g]);
    }
    fe_check(r, 1);
}

/* Tables are in this form. */
#define fe_from_table(r, a) (*(r) = *(a))

FE_INLINE void fe_set_int(fe *r, unsigned int k)
{
    FE_EACH_GROUP
    {
        if (k == 1) {
            fe_group_set(&r->group[g], FE_UNIT);
        } else {
            fe_group_set(&r->group[g], k, 0, 0, 0);
        }
        if (k > 1) {
            fe_group_enter(&r->group[g], &r->group[g]);
        }
    }
}

/* A factor of the three may be 4 p. */
FE_INLINE void fe_settle(fe *r, const fe *a)
{
    FE_EACH_GROUP
    {
        __m512i word[5];
        FE_EACH_LIMB
        {
            word[i] = i < 4 ? fe_word_and(a->group[g].limb[i], fe_word_all(FE_LOW_52))
                            : a->group[g].limb[i];
        }
        fe_group_carry(&r->group[g], word);
    }
    fe_check(r, 1);
}

/* a - b + 2 p, signs kept on the way; b is below 2 p. */
FE_INLINE void fe_sub_norm(fe *r, const fe *a, const fe *b)
{
    fe_check(a, 1);
    fe_check(b, 1);
    FE_EACH_GROUP
    {
        const int64_t twice[5] = {-2, 2 * FE_S1, 0, 2 * FE_S3, 2 * (int64_t)FE_S4};
        __m512i word[5];
        FE_EACH_LIMB
        {
            word[i] = fe_word_sub(a->group[g].limb[i], b->group[g].limb[i]);
            word[i] =
                twice[i] == 0 ? word[i] : fe_word_add(word[i], fe_word_all((uint64_t)twice[i]));
        }
        fe_group_carry_up(&r->group[g], word, 1);
    }
    fe_check_factor(r);
}

/* Carried, a is below 2 p, so it is a or a - p. */
FE_FN void fe_group_canonical(__m512i limb[5], const fe_group *a)
{
    fe_group t, less;
    __m512i word[5];
    fe_group_check(a, FE_MAX_MAG);
    fe_group_carry(&t, a->limb);
    FE_EACH_LIMB
    {
        word[i] = fe_word_sub(t.limb[i], fe_word_all(FE_P_LIMB(i)));
    }
    fe_group_carry_up(&less, word, 0);
    const __mmask8 below = _mm512_test_epi64_mask(less.limb[4], fe_word_all(UINT64_C(1) << 63));
    FE_EACH_LIMB
    {
        limb[i] = _mm512_mask_blend_epi64(below, less.limb[i], t.limb[i]);
    }
}

#endif
