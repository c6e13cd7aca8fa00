/* SPDX-License-Identifier: Apache-2.0 */
/* The field of P-384, p = 2^384 - 2^128 - 2^96 + 2^32 - 1, one element at a time in six 64-bit words, numbers in Montgomery
 * form: x 2^384 mod p. Interface: field.h. ROW_WORDS is 6.
 *
 * A value is any number below 2^384, whatever its magnitude: what stands above folds by 2^384 = P = 2^128 + 2^96 - 2^32 + 1 at
 * once, and once more where that carries. */
#ifndef PA_FIELD_P384_PORTABLE_H
#define PA_FIELD_P384_PORTABLE_H

#include <stdint.h>

typedef struct {
    uint64_t word[6];
} fe;

/* Products are called: some 250 instructions each. */
#define FE_CALL __attribute__((noinline)) static
#define FE_HAS_FORM
#define FE_FORM_BITS 384
#define FE_LANE_WORDS 6
#include "one_lane.h"

#define FE_BITS 384
#define FE_MUL_MAG 8
#define FE_MAX_MAG 32
#define FE_LIMB_BITS 64
/* Word i of a magnitude. */
#define FE_LIMB_MAX(magnitude, i) ((magnitude) > 0 && (i) >= 0 ? UINT64_MAX : 0)

/* The words of P, which is 2^FE_FORM_BITS mod p, too; word 2 is 1. */
#define FE_FOLD_0 UINT64_C(0xffffffff00000001)
#define FE_FOLD_1 UINT64_C(0xffffffff)

FE_FN void fe_check(int magnitude)
{
    FE_ASSERT(magnitude >= 1 && magnitude <= FE_MAX_MAG);
    (void)magnitude;
}

FE_FN void fe_place(fe *r, FE_WORDS)
{
    *r = (fe){{w0, w1, w2, w3, w4, w5}};
}

/* *sum shifted down by a word, which is returned. */
FE_FN uint64_t fe_next(pa_u128 *sum)
{
    const uint64_t word = (uint64_t)*sum;
    *sum >>= 64;
    return word;
}

/* *difference = x - y - borrow; the borrow out is returned, 0 or 1. */
FE_FN uint64_t fe_borrow(uint64_t *difference, uint64_t x, uint64_t y, uint64_t borrow)
{
    const pa_u128 d = (pa_u128)x - y - borrow;
    *difference = (uint64_t)d;
    return (uint64_t)(d >> 64) & 1;
}

/* r = w + top 2^384, top < 2^32. Where the first fold carries, less than 2^162 is left, and the second one ends in word 2. */
FE_FN void fe_fold(fe *r, const uint64_t w[6], uint64_t top)
{
    pa_u128 sum = (pa_u128)top * FE_FOLD_0 + w[0];
    r->word[0] = fe_next(&sum);
    sum += (pa_u128)top * FE_FOLD_1 + w[1];
    r->word[1] = fe_next(&sum);
    sum += (pa_u128)top + w[2];
    r->word[2] = fe_next(&sum);
    for (int i = 3; i < 6; i++) {
        sum += w[i];
        r->word[i] = fe_next(&sum);
    }
    const uint64_t again = 0 - (uint64_t)sum;
    sum = (pa_u128)r->word[0] + (FE_FOLD_0 & again);
    r->word[0] = fe_next(&sum);
    sum += (pa_u128)r->word[1] + (FE_FOLD_1 & again);
    r->word[1] = fe_next(&sum);
    r->word[2] += (again & 1) + (uint64_t)sum;
}

FE_FN void fe_carry(fe *r, const fe *a)
{
    *r = *a;
}

FE_FN void fe_add(fe *r, const fe *a, const fe *b)
{
    uint64_t w[6];
    pa_u128 sum = 0;
    for (int i = 0; i < 6; i++) {
        sum += (pa_u128)a->word[i] + b->word[i];
        w[i] = fe_next(&sum);
    }
    fe_fold(r, w, (uint64_t)sum);
}

/* a - b, and p more where that is negative, a borrow that takes P; what then borrows again is above 2^384 - P, so that the second
 * P ends in word 2. */
FE_FN void fe_sub(fe *r, const fe *a, const fe *b, int m)
{
    uint64_t w[6], borrow = 0, again;
    fe_check(m);
    for (int i = 0; i < 6; i++) {
        borrow = fe_borrow(&w[i], a->word[i], b->word[i], borrow);
    }
    again = 0 - borrow;
    borrow = fe_borrow(&w[0], w[0], FE_FOLD_0 & again, 0);
    borrow = fe_borrow(&w[1], w[1], FE_FOLD_1 & again, borrow);
    borrow = fe_borrow(&w[2], w[2], again & 1, borrow);
    for (int i = 3; i < 6; i++) {
        borrow = fe_borrow(&w[i], w[i], 0, borrow);
        r->word[i] = w[i];
    }
    again = 0 - borrow;
    borrow = fe_borrow(&r->word[0], w[0], FE_FOLD_0 & again, 0);
    borrow = fe_borrow(&r->word[1], w[1], FE_FOLD_1 & again, borrow);
    r->word[2] = w[2] - (again & 1) - borrow;
}

FE_FN void fe_neg(fe *r, const fe *a, int m)
{
    const fe zero = {{0}};
    fe_sub(r, &zero, a, m);
}

FE_FN void fe_mul_small(fe *r, const fe *a, unsigned int k)
{
    FE_ASSERT(k >= 1 && k <= FE_MAX_MAG);
    if (k == 1) {
        *r = *a;
    } else if (k == 2) {
        fe_add(r, a, a);
    } else {
        uint64_t w[6];
        pa_u128 sum = 0;
        for (int i = 0; i < 6; i++) {
            sum += (pa_u128)a->word[i] * k;
            w[i] = fe_next(&sum);
        }
        fe_fold(r, w, (uint64_t)sum);
    }
}

/* ---- products ------------------------------------------------------------------------------- */

/* fe_reduce_words
 * Shapes: twelve words, below 2^768 -> six.
 * Form:   t / 2^384 mod p: six times, q = t[i] / P mod 2^64 = t[i] (1 + 2^32), and q p = q 2^384 - q P is added, which clears
 *         t[i]; it is what q P has lowest.
 * Bounds: q P has less than 2^193, so 2^384 q is more than it borrows; the whole ends below 2^384 + p. */
FE_FN void fe_reduce_words(fe *r, uint64_t t[12])
{
    uint64_t carry = 0;
    FE_UNROLL for (int i = 0; i < 6; i++)
    {
        const uint64_t q = t[i] + (t[i] << 32);
        const pa_u128 low = (pa_u128)q * FE_FOLD_0, middle = (pa_u128)q * FE_FOLD_1;
        pa_u128 sum = (low >> 64) + (uint64_t)middle;
        uint64_t borrow = fe_borrow(&t[i + 1], t[i + 1], fe_next(&sum), 0);
        sum += (middle >> 64) + q;
        borrow = fe_borrow(&t[i + 2], t[i + 2], fe_next(&sum), borrow);
        borrow = fe_borrow(&t[i + 3], t[i + 3], (uint64_t)sum, borrow);
        borrow = fe_borrow(&t[i + 4], t[i + 4], 0, borrow);
        borrow = fe_borrow(&t[i + 5], t[i + 5], 0, borrow);
        sum = (pa_u128)t[i + 6] + q + carry - borrow;
        t[i + 6] = fe_next(&sum);
        carry = (uint64_t)sum;
    }
    fe_fold(r, t + 6, carry);
}

/* fe_mul
 * Shapes: two elements -> one.
 * Form:   r = a b / 2^384 mod p, schoolbook rows. */
FE_CALL void fe_mul(fe *r, const fe *a, const fe *b)
{
    uint64_t t[12] = {0};
    FE_UNROLL for (int i = 0; i < 6; i++)
    {
        pa_u128 sum = 0;
        FE_UNROLL for (int j = 0; j < 6; j++)
        {
            sum += (pa_u128)a->word[i] * b->word[j] + t[i + j];
            t[i + j] = fe_next(&sum);
        }
        t[i + 6] = (uint64_t)sum;
    }
    fe_reduce_words(r, t);
}

/* fe_sqr
 * Shapes: one element -> one.
 * Form:   r = a^2 / 2^384 mod p, mixed products once, doubled as the squares come in. */
FE_CALL void fe_sqr(fe *r, const fe *a)
{
    uint64_t t[12] = {0}, top = 0;
    FE_UNROLL for (int i = 0; i < 5; i++)
    {
        pa_u128 sum = 0;
        FE_UNROLL for (int j = i + 1; j < 6; j++)
        {
            sum += (pa_u128)a->word[i] * a->word[j] + t[i + j];
            t[i + j] = fe_next(&sum);
        }
        t[i + 6] = (uint64_t)sum;
    }
    pa_u128 sum = 0;
    FE_UNROLL for (int i = 0; i < 6; i++)
    {
        const pa_u128 square = (pa_u128)a->word[i] * a->word[i];
        const uint64_t even = t[2 * i], odd = t[2 * i + 1];
        sum += (pa_u128)(even << 1 | top) + (uint64_t)square;
        t[2 * i] = fe_next(&sum);
        sum += (pa_u128)(odd << 1 | even >> 63) + (uint64_t)(square >> 64);
        t[2 * i + 1] = fe_next(&sum);
        top = odd >> 63;
    }
    fe_reduce_words(r, t);
}

/* ---- forms, memory, comparisons ------------------------------------------------------------- */

FE_FN void fe_enter(fe *r, const fe *a)
{
    /* 2^768 mod p */
    const fe square = {{UINT64_C(0xfffffffe00000001), UINT64_C(0x200000000),
                        UINT64_C(0xfffffffe00000000), UINT64_C(0x200000000), 1, 0}};
    fe_mul(r, a, &square);
}

FE_FN void fe_leave(fe *r, const fe *a)
{
    uint64_t t[12] = {0};
    memcpy(t, a->word, sizeof a->word);
    fe_reduce_words(r, t);
}

/* Tables hold x 2^384 mod p. */
FE_FN void fe_from_table(fe *r, const fe *a)
{
    *r = *a;
}

FE_FN void fe_set_words(fe *r, FE_WORDS)
{
    fe_place(r, w0, w1, w2, w3, w4, w5);
    fe_enter(r, r);
}

FE_FN void fe_set_int(fe *r, unsigned int k)
{
    const uint64_t none[6] = {0};
    fe_fold(r, none, k);
}

FE_FN void fe_select(fe *r, mask m, const fe *a, const fe *b)
{
    const uint64_t from_a = 0 - (uint64_t)m;
    for (int i = 0; i < 6; i++) {
        r->word[i] = (a->word[i] & from_a) | (b->word[i] & ~from_a);
    }
}

/* less = w - p where that is not negative, else w; which is below p then. */
FE_FN mask fe_words_below(uint64_t less[6], const uint64_t w[6])
{
    static const uint64_t modulus[6] = {0 - FE_FOLD_0, ~FE_FOLD_1, UINT64_MAX - 1,
                                        UINT64_MAX,    UINT64_MAX, UINT64_MAX};
    uint64_t borrow = 0;
    for (int i = 0; i < 6; i++) {
        borrow = fe_borrow(&less[i], w[i], modulus[i], borrow);
    }
    const uint64_t keep = 0 - borrow;
    for (int i = 0; i < 6; i++) {
        less[i] ^= (less[i] ^ w[i]) & keep;
    }
    return (mask)borrow;
}

FE_FN void fe_canonical(uint64_t w[6], const fe *a)
{
    fe_words_below(w, a->word);
}

FE_FN mask fe_is_zero(const fe *a)
{
    uint64_t w[6];
    fe_canonical(w, a);
    return mask_word_is_zero(w[0] | w[1] | w[2] | w[3] | w[4] | w[5]);
}

FE_FN void fe_from_rows(fe *r, const unsigned char *const rows[LANES], mask *ok)
{
    uint64_t w[6], less[6];
    for (int i = 0; i < 6; i++) {
        w[i] = pa_load_be64(rows[0] + 8 * (5 - i));
    }
    *ok = fe_words_below(less, w);
    fe_set_words(r, FE_EACH_WORD(less));
}

FE_FN void fe_to_rows(unsigned char *const rows[LANES], const fe *a)
{
    uint64_t w[6];
    fe plain;
    fe_leave(&plain, a);
    fe_canonical(w, &plain);
    for (int i = 0; i < 6; i++) {
        pa_store_be64(rows[0] + 8 * (5 - i), w[i]);
    }
}

#include "p384_chains.h"

#endif
