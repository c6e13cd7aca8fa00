/* SPDX-License-Identifier: Apache-2.0 */
/* What the portable fields have alike: one lane, five limbs in 64-bit words, up to 256 bits. Interface: field.h.
 *
 * The field that includes it defines what is declared here, and all that knows the prime. */
#ifndef PA_FIELD_FIVE_LIMBS_H
#define PA_FIELD_FIVE_LIMBS_H

#include "field.h"
#include "row.h"
#include "words.h"

#define LANES 1
#define FE_BYTES 32
#define FE_MUL_MAG 8
#define FE_MAX_MAG 32

typedef struct {
    uint64_t limb[5];
} fe;
typedef unsigned int mask; /* 0 or 1 */
typedef int fe_state;

/* Asserts the bounds of a magnitude. */
FE_FN void fe_check(const fe *a, int m);

/* word = a in [0, p), least significant word first; any magnitude. */
FE_FN void fe_canonical(uint64_t word[4], const fe *a);

FE_FN void fe_set_words(fe *r, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3);
FE_FN void fe_sqr(fe *r, const fe *a);

FE_FN fe_state fe_begin(void)
{
    return 0;
}

FE_FN void fe_end(fe_state state)
{
    (void)state;
}

FE_FN mask mask_and(mask a, mask b)
{
    return a & b;
}

FE_FN mask mask_or(mask a, mask b)
{
    return a | b;
}

FE_FN mask mask_not(mask a)
{
    return a ^ 1u;
}

FE_FN mask mask_from_bits(unsigned int bits)
{
    return bits & 1u;
}

FE_FN int mask_any(mask a)
{
    return a != 0;
}

FE_FN unsigned int mask_bits(mask a)
{
    return a;
}

FE_FN mask mask_word_is_zero(uint64_t a)
{
    return (mask)(((a | (0 - a)) >> 63) ^ 1);
}

FE_FN mask mask_row_bit(const unsigned char *const rows[LANES], int byte, int bit)
{
    return mask_from_bits((unsigned int)rows[0][byte] >> bit);
}

FE_FN void fe_set_int(fe *r, unsigned int k)
{
    *r = (fe){{k, 0, 0, 0, 0}};
}

FE_FN void fe_add(fe *r, const fe *a, const fe *b)
{
    for (int i = 0; i < 5; i++) {
        r->limb[i] = a->limb[i] + b->limb[i];
    }
    fe_check(r, FE_MAX_MAG);
}

FE_FN void fe_mul_small(fe *r, const fe *a, unsigned int k)
{
    FE_ASSERT(k >= 1 && k <= FE_MAX_MAG);
    fe_check(a, FE_MAX_MAG / (int)k);
    for (int i = 0; i < 5; i++) {
        r->limb[i] = a->limb[i] * k;
    }
}

FE_FN void fe_sqr_n(fe *r, const fe *a, int n)
{
    FE_ASSERT(n >= 1);
    fe_sqr(r, a);
    for (int i = 1; i < n; i++) {
        fe_sqr(r, r);
    }
}

FE_FN mask fe_is_odd(const fe *a)
{
    uint64_t word[4];
    fe_canonical(word, a);
    return (mask)(word[0] & 1);
}

FE_FN mask fe_equal(const fe *a, const fe *b)
{
    uint64_t x[4], y[4];
    fe_canonical(x, a);
    fe_canonical(y, b);
    return mask_word_is_zero((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3]));
}

FE_FN void fe_select(fe *r, mask m, const fe *a, const fe *b)
{
    const uint64_t from_a = 0 - (uint64_t)m;
    for (int i = 0; i < 5; i++) {
        r->limb[i] = (a->limb[i] & from_a) | (b->limb[i] & ~from_a);
    }
}

FE_FN void fe_gather(fe *r, const row *const rows[LANES])
{
    const uint64_t *word = rows[0]->word;
    fe_set_words(r, word[0], word[1], word[2], word[3]);
}

FE_FN void fe_scatter(row *const rows[LANES], const fe *a)
{
    fe_canonical(rows[0]->word, a);
}

#endif
