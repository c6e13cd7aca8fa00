/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic modulo p = 2^255 - 19 in four lanes, for CPUs with AVX2 and FMA: products by floating point, exactly.
 * Interface: field.h.
 *
 * A value of magnitude m is sum of limb[i] 2^(51 i), limbs integers of at most m (2^51 + 2^13). Encodings are little-endian.
 *
 * A product of two integers below 2^52 in halves, as IFMA gives them, but from doubles. Rounding is toward zero (fe_begin
 * sees to that), and 2^104 + x y lies in [2^104, 2^105), where doubles are 2^52 apart:
 *
 *     h = fma(x, y, 2^104) = 2^104 + 2^52 floor(x y / 2^52)            its low 52 bits are the upper half
 *     l = fma(x, y, (2^104 + 2^52) - h) = 2^52 + (x y mod 2^52)        its low 52 bits are the lower half
 *
 * The difference in l is a multiple of 2^52 no larger than 2^104, so exact; l lies in [2^52, 2^53), where doubles are integers,
 * so it is exact too. Bits of both are added up as integers; the exponents, 0x467 and 0x433 << 52, are the same in every
 * product, and leave with one constant a column.
 *
 * Were the rounding mode another, h and l would be wrong by a unit, silently: no compiler may compute either beforehand, which
 * is why 2^104 comes out of an asm volatile, and nothing may be contracted (-ffp-contract=off).
 *
 * Cycles of four lanes, with four vector operations a cycle as the floor: a product has 190 of them, a square 134.
 *
 *     Zen 5            floor   beside others   in a chain   clang 14
 *     product          48      60              65           74, 81
 *     square           34      43              50           54, 69
 *     doubling         --      --              403          510
 *
 * (a prototype on Zen 3: 69 and 48 beside others.) Between stand the loads of what 16 registers do not hold; one vector is
 * enough to fill the ports. Tried and lost: halves at 2^51, which need no doubling (181 and 129 operations, but 4 % more time
 * for exact signatures and 1 % less for batches); columns in the order in which limbs need them; x in a register and y in
 * memory by assembly (77 cycles); -fschedule-insns (the same); ten limbs by vpmuludq, and signed limbs (prototypes on
 * Zen 3: 16 and 5 % more for products). */
#ifndef PA_FE25519_AVX2_H
#define PA_FE25519_AVX2_H

#define FE_VECTORS 5
#include "four_lanes_avx2.h"

#define FE_BITS 255
#define FE_MUL_MAG 1
#define FE_MAX_MAG 32

#define FE_LIMB_MASK ((INT64_C(1) << 51) - 1)
#define FE_LIMB_BOUND ((UINT64_C(1) << 51) + (UINT64_C(1) << 13))

/* ---- products ------------------------------------------------------------------------------- */

FE_INLINE void fe_check(const fe *a, int magnitude)
{
    for (int i = 0; i < 5; i++) {
        for (int lane = 0; lane < LANES; lane++) {
            FE_ASSERT((uint64_t)a->limb[i][lane] <= (uint64_t)magnitude * FE_LIMB_BOUND);
        }
    }
    (void)a;
    (void)magnitude;
}

/* x < 2^52, in doubles. */
FE_INLINE void fe_operand(__m256d x[5], const fe *a)
{
    for (int i = 0; i < 5; i++) {
        const __m256i bits = _mm256_or_si256(a->limb[i], fe_all(FE_BITS_52));
        x[i] = _mm256_sub_pd(_mm256_castsi256_pd(bits), _mm256_set1_pd(FE_TWO_52));
    }
}

/* Sums of halves and of exponents. */
typedef struct {
    __m256i lo, hi;
} fe_column;

FE_INLINE __m256d fe_two_104(void)
{
    __m256d r = _mm256_set1_pd(FE_TWO_52 * FE_TWO_52);
    __asm__ volatile("" : "+x"(r));
    return r;
}

FE_INLINE void fe_mac(fe_column *c, __m256d x, __m256d y, __m256d two_104, int first)
{
    const __m256d h = _mm256_fmadd_pd(x, y, two_104);
    const __m256d rest = _mm256_sub_pd(_mm256_set1_pd(FE_TWO_52 * FE_TWO_52 + FE_TWO_52), h);
    const __m256d l = _mm256_fmadd_pd(x, y, rest);
    c->hi = first ? _mm256_castpd_si256(h) : _mm256_add_epi64(c->hi, _mm256_castpd_si256(h));
    c->lo = first ? _mm256_castpd_si256(l) : _mm256_add_epi64(c->lo, _mm256_castpd_si256(l));
}

FE_INLINE __m256i fe_times_19(__m256i x)
{
    return _mm256_add_epi64(_mm256_add_epi64(x, _mm256_slli_epi64(x, 1)), _mm256_slli_epi64(x, 4));
}

/* All carries at once, each below 2^32. */
FE_INLINE void fe_carry_limbs(fe *r, const __m256i limb[5])
{
    __m256i carry = _mm256_mul_epu32(_mm256_srli_epi64(limb[4], 51), fe_all(19));
    for (int i = 0; i < 5; i++) {
        const __m256i next = _mm256_srli_epi64(limb[i], 51);
        r->limb[i] = _mm256_add_epi64(_mm256_and_si256(limb[i], fe_all(FE_LIMB_MASK)), carry);
        carry = next;
    }
}

/* r = the nine columns, terms[k] products in column k. */
FE_INLINE void fe_carry_columns(fe *r, const fe_column c[9], const int terms[9])
{
    __m256i limb[5];
    for (int k = 0; k < 5; k++) {
        __m256i low = c[k].lo;
        if (k > 0) {
            low = _mm256_add_epi64(low, _mm256_add_epi64(c[k - 1].hi, c[k - 1].hi));
        }
        __m256i high = _mm256_add_epi64(c[k + 4].hi, c[k + 4].hi);
        if (k < 4) {
            high = _mm256_add_epi64(high, c[k + 5].lo);
        }
        const uint64_t lows = (uint64_t)(terms[k] + 19 * (k < 4 ? terms[k + 5] : 0));
        const uint64_t highs = (uint64_t)(2 * (k > 0 ? terms[k - 1] : 0) + 38 * terms[k + 4]);
        const uint64_t exponents = lows * (uint64_t)FE_BITS_52 + highs * (uint64_t)FE_BITS_104;
        low = _mm256_sub_epi64(low, fe_all((int64_t)exponents));
        limb[k] = _mm256_add_epi64(low, fe_times_19(high));
    }
    fe_carry_limbs(r, limb);
    fe_check(r, 1);
}

FE_INLINE void fe_mul(fe *r, const fe *a, const fe *b)
{
    static const int terms[9] = {1, 2, 3, 4, 5, 4, 3, 2, 1};
    __m256d x[5], y[5];
    fe_column c[9];
    const __m256d two_104 = fe_two_104();
    fe_check(a, FE_MUL_MAG);
    fe_check(b, FE_MUL_MAG);
    fe_operand(x, a);
    fe_operand(y, b);
    _Pragma("GCC unroll 9") for (int k = 0; k < 9; k++)
    {
        const int from = k < 5 ? 0 : k - 4;
        _Pragma("GCC unroll 5") for (int i = from; i <= k - from; i++)
        {
            fe_mac(&c[k], x[i], y[k - i], two_104, i == from);
        }
    }
    fe_carry_columns(r, c, terms);
}

FE_INLINE void fe_sqr(fe *r, const fe *a)
{
    static const int terms[9] = {1, 1, 2, 2, 3, 2, 2, 1, 1};
    __m256d x[5], twice[5];
    fe_column c[9];
    const __m256d two_104 = fe_two_104();
    fe_check(a, FE_MUL_MAG);
    fe_operand(x, a);
    for (int i = 0; i < 5; i++) {
        twice[i] = _mm256_add_pd(x[i], x[i]);
    }
    _Pragma("GCC unroll 9") for (int k = 0; k < 9; k++)
    {
        const int from = k < 5 ? 0 : k - 4;
        _Pragma("GCC unroll 5") for (int i = from; 2 * i <= k; i++)
        {
            fe_mac(&c[k], 2 * i == k ? x[i] : twice[i], x[k - i], two_104, i == from);
        }
    }
    fe_carry_columns(r, c, terms);
}

FE_FN void fe_sqr_n(fe *r, const fe *a, int n)
{
    FE_ASSERT(n >= 1);
    fe_sqr(r, a);
    for (int i = 1; i < n; i++) {
        fe_sqr(r, r);
    }
}

/* ---- sums ----------------------------------------------------------------------------------- */

FE_FN void fe_set_int(fe *r, unsigned int k)
{
    r->limb[0] = fe_all((int64_t)k);
    for (int i = 1; i < 5; i++) {
        r->limb[i] = _mm256_setzero_si256();
    }
}

FE_INLINE void fe_add(fe *r, const fe *a, const fe *b)
{
    for (int i = 0; i < 5; i++) {
        r->limb[i] = _mm256_add_epi64(a->limb[i], b->limb[i]);
    }
    fe_check(r, FE_MAX_MAG);
}

/* r = a + (m + 1) p - b limb by limb; no limb of (m + 1) p is below m (2^51 + 2^13) for m < FE_MAX_MAG. */
FE_INLINE void fe_sub(fe *r, const fe *a, const fe *b, int m)
{
    const int64_t multiple = m + 1;
    fe_check(b, m);
    for (int i = 0; i < 5; i++) {
        const __m256i p = fe_all(multiple * (i == 0 ? FE_LIMB_MASK - 18 : FE_LIMB_MASK));
        r->limb[i] = _mm256_sub_epi64(_mm256_add_epi64(a->limb[i], p), b->limb[i]);
    }
    fe_check(r, FE_MAX_MAG);
}

FE_INLINE void fe_neg(fe *r, const fe *a, int m)
{
    const int64_t multiple = m + 1;
    fe_check(a, m);
    for (int i = 0; i < 5; i++) {
        const __m256i p = fe_all(multiple * (i == 0 ? FE_LIMB_MASK - 18 : FE_LIMB_MASK));
        r->limb[i] = _mm256_sub_epi64(p, a->limb[i]);
    }
    fe_check(r, m + 1);
}

FE_INLINE void fe_mul_small(fe *r, const fe *a, unsigned int k)
{
    FE_ASSERT(k >= 1 && k <= FE_MAX_MAG);
    fe_check(a, FE_MAX_MAG / (int)k);
    for (int i = 0; i < 5; i++) {
        /* A product by 2 is a sum; else 32-bit halves: a limb has less than 64 bits. */
        const __m256i x = a->limb[i];
        r->limb[i] =
            k == 2 ? _mm256_add_epi64(x, x)
                   : _mm256_add_epi64(
                         _mm256_mul_epu32(x, fe_all((int64_t)k)),
                         _mm256_slli_epi64(
                             _mm256_mul_epu32(_mm256_srli_epi64(x, 32), fe_all((int64_t)k)), 32));
    }
}

FE_INLINE void fe_carry(fe *r, const fe *a)
{
    fe_check(a, FE_MAX_MAG);
    fe_carry_limbs(r, a->limb);
}

/* ---- memory --------------------------------------------------------------------------------- */

/* Any number below 2^256, words in w; bit 255 counts 19. */
FE_INLINE void fe_from_words(fe *r, const __m256i w[4])
{
    const __m256i low = fe_all(FE_LIMB_MASK);
    r->limb[0] = _mm256_add_epi64(_mm256_and_si256(w[0], low),
                                  _mm256_mul_epu32(_mm256_srli_epi64(w[3], 63), fe_all(19)));
    r->limb[1] = _mm256_and_si256(
        _mm256_or_si256(_mm256_srli_epi64(w[0], 51), _mm256_slli_epi64(w[1], 13)), low);
    r->limb[2] = _mm256_and_si256(
        _mm256_or_si256(_mm256_srli_epi64(w[1], 38), _mm256_slli_epi64(w[2], 26)), low);
    r->limb[3] = _mm256_and_si256(
        _mm256_or_si256(_mm256_srli_epi64(w[2], 25), _mm256_slli_epi64(w[3], 39)), low);
    r->limb[4] = _mm256_and_si256(_mm256_srli_epi64(w[3], 12), low);
}

FE_FN void fe_set_words(fe *r, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3)
{
    const __m256i w[4] = {fe_all((int64_t)w0), fe_all((int64_t)w1), fe_all((int64_t)w2),
                          fe_all((int64_t)w3)};
    fe_from_words(r, w);
}

/* w = words of a in [0, p). Carried twice, a < 2^255 + 2^205 < 2 p; it is p or more exactly when a + 19 reaches 2^255. */
FE_FN void fe_canonical(__m256i w[4], const fe *a)
{
    fe t;
    fe_carry(&t, a);
    fe_carry(&t, &t);
    __m256i carry = fe_all(19);
    for (int i = 0; i < 5; i++) {
        carry = _mm256_srli_epi64(_mm256_add_epi64(t.limb[i], carry), 51);
    }
    carry = _mm256_mul_epu32(carry, fe_all(19));
    for (int i = 0; i < 5; i++) {
        const __m256i limb = _mm256_add_epi64(t.limb[i], carry);
        t.limb[i] = _mm256_and_si256(limb, fe_all(FE_LIMB_MASK));
        carry = _mm256_srli_epi64(limb, 51);
    }
    w[0] = _mm256_or_si256(t.limb[0], _mm256_slli_epi64(t.limb[1], 51));
    w[1] = _mm256_or_si256(_mm256_srli_epi64(t.limb[1], 13), _mm256_slli_epi64(t.limb[2], 38));
    w[2] = _mm256_or_si256(_mm256_srli_epi64(t.limb[2], 26), _mm256_slli_epi64(t.limb[3], 25));
    w[3] = _mm256_or_si256(_mm256_srli_epi64(t.limb[3], 39), _mm256_slli_epi64(t.limb[4], 12));
}

FE_FN mask fe_is_zero(const fe *a)
{
    __m256i w[4];
    fe_canonical(w, a);
    return _mm256_cmpeq_epi64(
        _mm256_or_si256(_mm256_or_si256(w[0], w[1]), _mm256_or_si256(w[2], w[3])),
        _mm256_setzero_si256());
}

FE_FN mask fe_equal(const fe *a, const fe *b)
{
    fe difference;
    fe carried;
    fe_carry(&carried, b);
    fe_carry(&difference, a);
    fe_sub(&difference, &difference, &carried, 1);
    return fe_is_zero(&difference);
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
    fe_words_load(w, (const void *const *)rows);
    w[3] = _mm256_and_si256(w[3], fe_all(INT64_MAX));
    /* p and more: the upper words all ones, and 2^64 - 19 or more below. */
    const __m256i ones =
        _mm256_and_si256(_mm256_and_si256(w[1], w[2]), _mm256_or_si256(w[3], fe_all(INT64_MIN)));
    const mask low = _mm256_and_si256(_mm256_cmpgt_epi64(w[0], fe_all(-20)),
                                      _mm256_cmpgt_epi64(_mm256_setzero_si256(), w[0]));
    *ok = mask_not(mask_and(low, _mm256_cmpeq_epi64(ones, fe_all(-1))));
    fe_from_words(r, w);
}

FE_FN void fe_to_rows(unsigned char *const rows[LANES], const fe *a)
{
    __m256i w[4];
    fe_canonical(w, a);
    fe_words_store((void *const *)rows, w);
}

FE_FN void fe_gather(fe *r, const row *const rows[LANES])
{
    __m256i w[4];
    fe_words_load(w, (const void *const *)rows);
    fe_from_words(r, w);
}

FE_FN void fe_scatter(row *const rows[LANES], const fe *a)
{
    unsigned char *bytes[LANES];
    for (int i = 0; i < LANES; i++) {
        bytes[i] = (unsigned char *)rows[i];
    }
    fe_to_rows(bytes, a);
}

/* A lane by itself: its limbs as they are, so that nothing is packed (ed25519_batch.h). */
#define FE_LANE_WORDS 5

/* Lane i of a, b, c, d = the 20 words at from[i]. */
FE_FN void fe_load_four(fe *a, fe *b, fe *c, fe *d, const uint64_t *const from[LANES])
{
    fe *const elements[4] = {a, b, c, d};
    _Pragma("GCC unroll 5") for (int i = 0; i < 5; i++)
    {
        __m256i w[4];
        for (int lane = 0; lane < LANES; lane++) {
            w[lane] = _mm256_loadu_si256((const void *)(from[lane] + 4 * i));
        }
        fe_transpose(w);
        for (int k = 0; k < 4; k++) {
            elements[(4 * i + k) / 5]->limb[(4 * i + k) % 5] = w[k];
        }
    }
}

FE_FN void fe_store_four(uint64_t *const to[LANES], const fe *a, const fe *b, const fe *c,
                         const fe *d)
{
    const fe *const elements[4] = {a, b, c, d};
    _Pragma("GCC unroll 5") for (int i = 0; i < 5; i++)
    {
        __m256i w[4];
        for (int k = 0; k < 4; k++) {
            w[k] = elements[(4 * i + k) / 5]->limb[(4 * i + k) % 5];
        }
        fe_transpose(w);
        for (int lane = 0; lane < LANES; lane++) {
            _mm256_storeu_si256((void *)(to[lane] + 4 * i), w[lane]);
        }
    }
}

/* Every lane = one lane's words. */
FE_FN void fe_broadcast(fe *r, const uint64_t *words)
{
    for (int i = 0; i < 5; i++) {
        r->limb[i] = fe_all((int64_t)words[i]);
    }
}

#include "fe25519_chains.h"

#endif
