/* SPDX-License-Identifier: Apache-2.0 */
/* The field of P-384, p = 2^384 - 2^128 - 2^96 + 2^32 - 1, with AVX-512 IFMA, in groups of 8 lanes: eight limbs of 48 bits in
 * 64-bit words, numbers in Montgomery form, x 2^384 mod p. Interface: field.h; what it shares with other fields:
 * eight_lanes_avx512ifma.h. ROW_WORDS is 6.
 *
 * All exponents in p are multiples of 48 or 32 above one, so that q p, which clears a limb, is made of whole limbs of q
 * and of q 2^32, that is bytes of q moved. Halves of products are 52 bits nevertheless: upper ones, which stand 4 bits too high for
 * the next column, are summed by themselves and shifted once. So factors have 4 bits to spare, sums and differences need no carries
 * before they are multiplied, and limbs that come of a product are carried once, all at the same time.
 *
 * A value of magnitude m is sum of limb[i] 2^(48 i), limbs of at most m (2^48 + 2^33). */
#ifndef PA_FIELD_P384_AVX512IFMA_H
#define PA_FIELD_P384_AVX512IFMA_H

#include <stdint.h>

#define FE_BITS 384
#define FE_HAS_FORM
#define FE_FORM_BITS 384
#define FE_LIMB_BITS 48
#define FE_GROUP_LIMBS 8
#define FE_MUL_MAG 7 /* twice a limb is below 2^52 */

#define FE_LOW_48 UINT64_C(0xffffffffffff)
#define FE_LIMB_MAX(magnitude, i)                                                                  \
    ((uint64_t)(magnitude) * ((i) < FE_GROUP_LIMBS ? FE_LOW_48 + 1 + (UINT64_C(1) << 33) : 0))
#define FE_FACTOR_MAX(i) FE_LIMB_MAX(FE_MUL_MAG, i)

/* Limb i of p, 2^48 moved down from each limb to the one below: k times that is at least (k - 1) times the bounds above for k <=
 * 33. */
#define FE_P_LIMB(i)                                                                               \
    ((i) == 0   ? FE_LOW_48 + (UINT64_C(1) << 32)                                                  \
     : (i) == 2 ? FE_LOW_48 - 1 - (UINT64_C(1) << 32)                                              \
                : FE_LOW_48)
#define FE_MULTIPLE(k, i) ((k) * FE_P_LIMB(i))

/* Sixteen signed columns of weight 2^(48 i): of magnitude m, they are at most m 2^57.4 in size. What is carried is divided by
 * 2^384, so a plain number is one times that. */
#define FE_RAW_COLUMNS 16
#define FE_RAW_PLAIN 8
#define FE_HAS_FACTORS
#define FE_HAS_SCATTER_ANY
#define FE_RAW_MULTIPLE(m, i) 0

#include "eight_lanes_avx512ifma.h"

#ifdef __clang__
#define FE_UNROLL_16 _Pragma("clang loop unroll(full)")
#else
#define FE_UNROLL_16 _Pragma("GCC unroll 16")
#endif

/* Asserts the bounds of columns. */
FE_FN void fe_group_check_columns(const __m512i column[16], int magnitude)
{
#ifdef PA_DEBUG_BOUNDS
    for (int i = 0; i < 16; i++) {
        int64_t lanes[FE_GROUP_LANES];
        _mm512_storeu_si512(lanes, column[i]);
        for (int j = 0; j < FE_GROUP_LANES; j++) {
            const int64_t most = (int64_t)magnitude * (INT64_C(6) << 55);
            FE_ASSERT(magnitude <= 8 && lanes[j] <= most && lanes[j] >= -most);
        }
    }
#endif
    (void)column;
    (void)magnitude;
}

/* ---- carries -------------------------------------------------------------------------------- */

/* A multiple of 2^48 moved from each limb to the one below, so that none is negative where it is carried: the least that columns
 * of products need, and those of differences. */
#define FE_LIFT_PRODUCT (UINT64_C(1) << 4)
#define FE_LIFT_RAW (UINT64_C(1) << 13)
#define FE_LIFT(lift, i)                                                                           \
    ((i) == 0 ? (lift) << 48 : (i) < 7 ? ((lift) << 48) - (lift) : UINT64_C(0) - (lift))

/* r = columns, once they are lifted, each but for the last one in [0, 2^62). What is above 2^384, t, of either sign and below
 * 2^13 in size, is folded: t (2^128 + 2^96 - 2^32 + 1). Then each limb lets go what it has above 48 bits, below 2^14. */
FE_INLINE void fe_group_settle(fe_group *r, const __m512i column[8])
{
    const __m512i low = fe_word_all(FE_LOW_48);
    const __m512i t = _mm512_srai_epi64(column[7], 48), high = fe_word_shl(t, 32);
    __m512i carry = _mm512_setzero_si512();
    FE_EACH_LIMB
    {
        __m512i word = column[i];
        if (i == 0) {
            word = fe_word_add(word, fe_word_sub(t, high));
        }
        if (i == 2) {
            word = fe_word_add(word, fe_word_add(t, high));
        }
        r->limb[i] = fe_word_and(word, low);
        r->limb[i] = i == 0 ? r->limb[i] : fe_word_add(r->limb[i], carry);
        carry = fe_word_shr(word, 48);
    }
}

/* word: of magnitude 66 at most. */
FE_INLINE void fe_group_carry(fe_group *r, const __m512i word[8])
{
    __m512i lifted[8];
    FE_EACH_LIMB
    {
        lifted[i] = fe_word_add(word[i], fe_word_all(FE_LIFT(FE_LIFT_PRODUCT, i)));
    }
    fe_group_settle(r, lifted);
}

/* ---- products ------------------------------------------------------------------------------- */

/* Columns 0 .. 7 of a number, one after the other, get a multiple q 2^(48 k) p that leaves nothing below 2^48 but its carry:
 *     q = x (1 + 2^32) mod 2^48,  q p = q 2^384 - (q + q 2^32) 2^96 + q 2^32 - q.
 * Limbs of q 2^32 are `moved`, low ones of this q and high ones of the last, which come as `over`. */
typedef struct {
    __m512i q[8], less[8]; /* what goes to columns k + 8, and from columns k + 2 */
    __m512i carry, over;
} fe_clearing;

/* x: column k as it is, of either sign, below 2^61 in size. */
FE_INLINE void fe_group_clear(fe_clearing *at, __m512i x, int k)
{
    const __m512i to_high = _mm512_broadcast_i32x4(
        _mm_set_epi8(-1, -1, 9, 8, -1, -1, -1, -1, -1, -1, 1, 0, -1, -1, -1, -1));
    const __m512i to_low = _mm512_broadcast_i32x4(
        _mm_set_epi8(-1, -1, -1, -1, 13, 12, 11, 10, -1, -1, -1, -1, 5, 4, 3, 2));
    __m512i first = x, moved;
    if (k > 0) {
        x = fe_word_add(x, at->carry);
        x = k > 1 ? fe_word_sub(x, at->less[k - 2]) : x;
        first = fe_word_add(x, at->over);
    }
    moved = _mm512_shuffle_epi8(first, to_high);
    moved = k > 0 ? fe_word_add(moved, at->over) : moved;
    x = fe_word_add(x, moved);
    at->q[k] = fe_word_and(x, fe_word_all(FE_LOW_48));
    at->less[k] = fe_word_add(at->q[k], moved);
    at->carry = _mm512_srai_epi64(x, 48);
    at->over = _mm512_shuffle_epi8(x, to_low);
}

/* column = columns 8 .. 15 with what they get of those below. */
FE_INLINE void fe_group_cleared(__m512i column[8], const fe_clearing *at)
{
    FE_EACH_LIMB
    {
        column[i] = fe_word_add(column[i], at->q[i]);
    }
    column[0] = fe_word_add(column[0], fe_word_sub(at->carry, at->less[6]));
    column[0] = fe_word_add(column[0], at->over);
    column[1] = fe_word_sub(column[1], at->less[7]);
    column[2] = fe_word_sub(column[2], at->over);
}

/* k c for k <= 4, by additions. */
FE_INLINE __m512i fe_word_times(__m512i c, unsigned int k)
{
    const __m512i twice = fe_word_add(c, c);
    return k == 1 ? c : k == 2 ? twice : k == 3 ? fe_word_add(twice, c) : fe_word_add(twice, twice);
}

/* Column k of a product: the lower halves, and those that go to column k + 1; twice is b, or for a square 2 a. At most eight of
 * either, below 2^52 and 2^50. */
FE_INLINE void fe_group_column(__m512i low[16], __m512i high[16], const fe_group *a,
                               const fe_group *twice, int k, int square)
{
    FE_EACH_LIMB
    {
        const int j = k - i;
        if (j >= 0 && j < 8 && (!square || i <= j)) {
            const __m512i y = square && i == j ? a->limb[j] : twice->limb[j];
            low[k] = _mm512_madd52lo_epu64(low[k], a->limb[i], y);
            high[k + 1] = _mm512_madd52hi_epu64(high[k + 1], a->limb[i], y);
        }
    }
}

FE_INLINE __m512i fe_group_join_halves(const __m512i low[16], const __m512i high[16], int k)
{
    return k == 0    ? low[0]
           : k == 15 ? fe_word_add(fe_word_shl(high[15], 4), low[15])
                     : fe_word_add(low[k], fe_word_shl(high[k], 4));
}

/* low = lift, from column 8 on; high = 0. */
FE_INLINE void fe_group_start(__m512i low[16], __m512i high[16], uint64_t lift)
{
    FE_UNROLL_16 for (int k = 0; k < 16; k++)
    {
        low[k] = fe_word_all(k < 8 ? 0 : FE_LIFT(lift, k - 8));
        high[k] = _mm512_setzero_si512();
    }
}

/* Columns are cleared three behind those that are being multiplied, which do not wait for each other. */
FE_INLINE void fe_group_multiply(fe_group *r, const fe_group *a, const fe_group *twice,
                                 unsigned int k, int square)
{
    __m512i low[16], high[16], column[8];
    fe_clearing at;
    fe_group_start(low, high, FE_LIFT_PRODUCT);
    FE_UNROLL_16 for (int i = 0; i < 15; i++)
    {
        fe_group_column(low, high, a, twice, i, square);
        if (i >= 3 && i < 11) {
            fe_group_clear(&at, fe_group_join_halves(low, high, i - 3), i - 3);
        }
        __asm__ volatile("");
    }
    FE_EACH_LIMB
    {
        column[i] = fe_group_join_halves(low, high, i + 8);
    }
    fe_group_cleared(column, &at);
    FE_EACH_LIMB
    {
        column[i] = fe_word_times(column[i], k);
    }
    fe_group_settle(r, column);
}

FE_INLINE void fe_group_twice(fe_group *r, const fe_group *a)
{
    FE_EACH_LIMB
    {
        r->limb[i] = fe_word_add(a->limb[i], a->limb[i]);
    }
}

FE_INLINE void fe_group_mul_times(fe_group *r, const fe_group *a, const fe_group *b, unsigned int k,
                                  int factor)
{
    FE_ASSERT(k >= 1 && k <= 4);
    fe_group_multiply(r, a, b, k, 0);
    (void)factor;
}

FE_INLINE void fe_group_sqr_times(fe_group *r, const fe_group *a, unsigned int k, int factor)
{
    fe_group twice;
    FE_ASSERT(k >= 1 && k <= 4);
    fe_group_twice(&twice, a);
    fe_group_multiply(r, a, &twice, k, 1);
    (void)factor;
}

FE_INLINE void fe_group_mul(fe_group *r, const fe_group *a, const fe_group *b)
{
    fe_group_mul_times(r, a, b, 1, 0);
}

FE_INLINE void fe_group_sqr(fe_group *r, const fe_group *a)
{
    fe_group_sqr_times(r, a, 1, 0);
}

FE_INLINE void fe_group_sqr_on(fe_group *r, const fe_group *a)
{
    fe_group_sqr_times(r, a, 1, 1);
}

FE_INLINE void fe_group_columns(__m512i column[16], const fe_group *a, const fe_group *twice,
                                int square)
{
    __m512i low[16], high[16];
    fe_group_start(low, high, 0);
    FE_UNROLL_16 for (int i = 0; i < 15; i++)
    {
        fe_group_column(low, high, a, twice, i, square);
        column[i] = fe_group_join_halves(low, high, i);
    }
    column[15] = fe_word_shl(high[15], 4);
}

FE_INLINE void fe_group_mul_columns(__m512i column[16], const fe_group *a, const fe_group *b)
{
    fe_group_columns(column, a, b, 0);
}

FE_INLINE void fe_group_sqr_columns(__m512i column[16], const fe_group *a)
{
    fe_group twice;
    fe_group_twice(&twice, a);
    fe_group_columns(column, a, &twice, 1);
}

FE_INLINE void fe_group_carry_columns(fe_group *r, const __m512i column[16], int m, unsigned int k,
                                      int factor)
{
    fe_clearing at;
    __m512i c[8];
    FE_ASSERT(k >= 1 && k <= 4 && m * (int)k <= 8);
    fe_group_check_columns(column, m);
    FE_EACH_LIMB
    {
        fe_group_clear(&at, column[i], i);
        c[i] = column[i + 8];
    }
    fe_group_cleared(c, &at);
    FE_EACH_LIMB
    {
        c[i] = fe_word_add(fe_word_times(c[i], k), fe_word_all(FE_LIFT(FE_LIFT_RAW, i)));
    }
    fe_group_settle(r, c);
    (void)m;
    (void)factor;
}

FE_INLINE void fe_group_reduce(fe_group *r, const __m512i column[16], int m)
{
    fe_group_carry_columns(r, column, m, 1, 1);
}

/* ---- factors -------------------------------------------------------------------------------- */

FE_INLINE void fe_add_norm(fe *r, const fe *a, const fe *b)
{
    fe_check(a, 1);
    fe_check(b, 1);
    fe_add(r, a, b);
}

FE_INLINE void fe_sub_norm(fe *r, const fe *a, const fe *b)
{
    fe_check(a, 1);
    fe_sub(r, a, b, 1);
}

/* A factor of the three is of magnitude 1 as it is. */
FE_INLINE void fe_settle(fe *r, const fe *a)
{
    fe_check(a, 1);
    *r = *a;
}

/* ---- forms ---------------------------------------------------------------------------------- */

FE_INLINE void fe_group_enter(fe_group *r, const fe_group *a)
{
    /* 2^768 mod p */
    static const uint64_t limbs[8] = {0xfffe00000001, 0xffff,  0x2, 0xfffffffe0000,
                                      0x200000000,    0x10000, 0,   0};
    fe_group square;
    FE_EACH_LIMB
    {
        square.limb[i] = fe_word_all(limbs[i]);
    }
    fe_group_mul(r, a, &square);
}

FE_INLINE void fe_group_leave(fe_group *r, const fe_group *a)
{
    __m512i column[16];
    FE_UNROLL_16 for (int i = 0; i < 16; i++)
    {
        column[i] = i < 8 ? a->limb[i] : _mm512_setzero_si512();
    }
    fe_group_reduce(r, column, 1);
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
    fe_check(a, FE_MUL_MAG);
    FE_EACH_GROUP
    {
        fe_group_leave(&r->group[g], &a->group[g]);
    }
    fe_check(r, 1);
}

/* Tables are in this form. */
#define fe_from_table(r, a) (*(r) = *(a))

/* k 2^384 = k (2^128 + 2^96 - 2^32 + 1) */
FE_INLINE void fe_set_int(fe *r, unsigned int k)
{
    const uint64_t some = k > 0, low = k, high = (uint64_t)k << 32;
    const uint64_t limbs[8] = {(some << 48) + low - high, some * FE_LOW_48, low + high - some};
    FE_EACH_GROUP
    {
        FE_EACH_LIMB
        {
            r->group[g].limb[i] = fe_word_all(limbs[i]);
        }
    }
}

/* ---- numbers below 2^384 -------------------------------------------------------------------- */

/* limb = words less t p, t what is above 2^384, and carried up; limbs below the last one are below 2^48 then. */
FE_INLINE void fe_group_fold_once(__m512i limb[8], const __m512i word[8])
{
    const __m512i low = fe_word_all(FE_LOW_48);
    const __m512i t = fe_word_shr(word[7], 48), high = fe_word_shl(t, 32);
    __m512i sum = fe_word_add(word[0], fe_word_sub(t, high));
    FE_EACH_LIMB
    {
        if (i == 7) {
            limb[7] = fe_word_add(sum, fe_word_and(word[7], low));
        } else {
            limb[i] = fe_word_and(sum, low);
            sum = _mm512_srai_epi64(sum, 48);
            sum = i < 6 ? fe_word_add(sum, word[i + 1]) : sum;
            sum = i == 1 ? fe_word_add(sum, fe_word_add(t, high)) : sum;
        }
    }
}

/* limb = a number below 2^384, which is a modulo p. Once folded, words of magnitude 66 leave less than 2^343 where they still have
 * more. */
FE_FN void fe_group_below(__m512i limb[8], const __m512i word[8])
{
    __m512i t[8];
    fe_group_fold_once(t, word);
    fe_group_fold_once(limb, t);
}

/* Below 2^384, a is below 2 p; a - p is a + 2^128 + 2^96 - 2^32 + 1, if that reaches 2^384, less that. */
FE_FN void fe_group_canonical(__m512i limb[8], const fe_group *a)
{
    __m512i raised[8], carry = _mm512_setzero_si512();
    fe_group_check(a, FE_MAX_MAG);
    fe_group_below(limb, a->limb);
    FE_EACH_LIMB
    {
        const uint64_t fold = i == 0   ? FE_LOW_48 + 2 - (UINT64_C(1) << 32)
                              : i == 1 ? FE_LOW_48
                              : i == 2 ? UINT64_C(1) << 32
                                       : 0;
        carry = fe_word_add(carry, limb[i]);
        carry = fold == 0 ? carry : fe_word_add(carry, fe_word_all(fold));
        raised[i] = fe_word_and(carry, fe_word_all(FE_LOW_48));
        carry = fe_word_shr(carry, 48);
    }
    const __mmask8 less = _mm512_test_epi64_mask(carry, carry);
    FE_EACH_LIMB
    {
        limb[i] = _mm512_mask_blend_epi64(less, limb[i], raised[i]);
    }
}

FE_INLINE void fe_group_from_words(fe_group *r, const __m512i word[6])
{
    const __m512i low = fe_word_all(FE_LOW_48);
    FE_UNROLL for (int i = 0; i < 2; i++)
    {
        const __m512i *w = word + 3 * i;
        r->limb[4 * i] = fe_word_and(w[0], low);
        r->limb[4 * i + 1] = fe_word_and(_mm512_shrdi_epi64(w[0], w[1], 48), low);
        r->limb[4 * i + 2] = fe_word_and(_mm512_shrdi_epi64(w[1], w[2], 32), low);
        r->limb[4 * i + 3] = fe_word_shr(w[2], 16);
    }
}

FE_INLINE void fe_group_join(__m512i word[6], const __m512i limb[8])
{
    FE_UNROLL for (int i = 0; i < 2; i++)
    {
        const __m512i *l = limb + 4 * i;
        word[3 * i] = fe_word_or(l[0], fe_word_shl(l[1], 48));
        word[3 * i + 1] = fe_word_or(fe_word_shr(l[1], 16), fe_word_shl(l[2], 32));
        word[3 * i + 2] = fe_word_or(fe_word_shr(l[2], 32), fe_word_shl(l[3], 16));
    }
}

FE_FN void fe_group_to_words(__m512i word[6], const fe_group *a)
{
    __m512i limb[8];
    fe_group_canonical(limb, a);
    fe_group_join(word, limb);
}

FE_FN void fe_scatter_any(row *const rows[LANES], const fe *a)
{
    fe_check(a, 1);
    FE_EACH_GROUP
    {
        __m512i limb[8], word[6];
        fe_group_below(limb, a->group[g].limb);
        fe_group_join(word, limb);
        fe_group_store_row((void *const *)rows + FE_GROUP_LANES * g, word);
    }
}

/* Lanes that are 0 modulo p, words of magnitude 66 at most: below 2^384, they are 0 or p. */
FE_FN __mmask8 fe_group_is_zero(const __m512i word[8])
{
    /* p in limbs below 2^48. */
    static const uint64_t modulus[8] = {0xffffffff, 0,         0xfffeffffffff, FE_LOW_48,
                                        FE_LOW_48,  FE_LOW_48, FE_LOW_48,      FE_LOW_48};
    __m512i limb[8], any = _mm512_setzero_si512(), other = any;
    fe_group_below(limb, word);
    FE_EACH_LIMB
    {
        any = fe_word_or(any, limb[i]);
        other = fe_word_or(other, fe_word_xor(limb[i], fe_word_all(modulus[i])));
    }
    return (__mmask8)(_mm512_cmpeq_epi64_mask(any, _mm512_setzero_si512()) |
                      _mm512_cmpeq_epi64_mask(other, _mm512_setzero_si512()));
}

FE_FN mask fe_is_zero(const fe *a)
{
    mask m = 0;
    fe_check(a, FE_MAX_MAG);
    FE_EACH_GROUP
    {
        m |= mask_of_group(fe_group_is_zero(a->group[g].limb), g);
    }
    return m;
}

#define fe_factor_is_zero fe_is_zero

/* a - b, of which no limb goes below 0, folded once. */
FE_FN mask fe_equal(const fe *a, const fe *b)
{
    mask m = 0;
    fe_check(a, FE_MAX_MAG);
    fe_check(b, FE_MAX_MAG);
    FE_EACH_GROUP
    {
        __m512i word[8];
        FE_EACH_LIMB
        {
            const __m512i multiple = fe_word_all(FE_MULTIPLE((uint64_t)FE_MAX_MAG + 1, i));
            word[i] = fe_word_sub(fe_word_add(a->group[g].limb[i], multiple), b->group[g].limb[i]);
        }
        m |= mask_of_group(fe_group_is_zero(word), g);
    }
    return m;
}

/* The words of encodings, and back: bytes the other way round, then words. */
FE_INLINE void fe_group_turn(__m512i to[6], const __m512i from[6])
{
    const __m512i order =
        _mm512_broadcast_i32x4(_mm_set_epi8(8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
    FE_UNROLL for (int i = 0; i < 6; i++)
    {
        to[i] = _mm512_shuffle_epi8(from[5 - i], order);
    }
}

/* Lanes whose words are below p's: from the most significant ones, all ones thrice, which nothing is above. */
FE_FN __mmask8 fe_group_below_p(const __m512i word[6])
{
    static const uint64_t modulus[3] = {UINT64_C(0xffffffff), UINT64_C(0xffffffff00000000),
                                        UINT64_MAX - 1};
    unsigned int below = 0;
    for (int i = 0; i < 3; i++) {
        const __m512i limit = fe_word_all(modulus[i]);
        below = _mm512_cmplt_epu64_mask(word[i], limit) |
                (_mm512_cmpeq_epi64_mask(word[i], limit) & below);
    }
    const __m512i above = fe_word_and(fe_word_and(word[3], word[4]), word[5]);
    return (__mmask8)(below | ~_mm512_cmpeq_epi64_mask(above, fe_word_all(UINT64_MAX)));
}

FE_FN void fe_from_rows(fe *r, const unsigned char *const rows[LANES], mask *ok)
{
    *ok = 0;
    FE_EACH_GROUP
    {
        __m512i bytes[6], word[6];
        fe_group_load_row(bytes, (const void *const *)rows + FE_GROUP_LANES * g);
        fe_group_turn(word, bytes);
        *ok |= mask_of_group(fe_group_below_p(word), g);
        fe_group_from_words(&r->group[g], word);
        fe_group_enter(&r->group[g], &r->group[g]);
    }
}

FE_FN void fe_to_rows(unsigned char *const rows[LANES], const fe *a)
{
    fe_check(a, FE_MAX_MAG);
    FE_EACH_GROUP
    {
        __m512i bytes[6], word[6];
        fe_group plain;
        fe_group_leave(&plain, &a->group[g]);
        fe_group_to_words(word, &plain);
        fe_group_turn(bytes, word);
        fe_group_store_row((void *const *)rows + FE_GROUP_LANES * g, bytes);
    }
}

#include "p384_chains.h"

#endif
