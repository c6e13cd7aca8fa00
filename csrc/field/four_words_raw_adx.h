/* SPDX-License-Identifier: Apache-2.0 */
/* Sums of products in four 64-bit words and a fifth, for fields over four_words_adx.h in which any number below 2^256 is a
 * value. The field that includes it defines fe_raw_carry. */
#ifndef PA_FIELD_FOUR_WORDS_RAW_ADX_H
#define PA_FIELD_FOUR_WORDS_RAW_ADX_H

FE_ASM void fe_add(fe *r, const fe *a, const fe *b);

/* A fifth word, signed, takes what sums and differences have above 2^256 or below 0; one fold at the end serves all. Of magnitude
 * m, it is between -m and m. */
typedef struct {
    uint64_t word[4];
    int64_t top;
} fe_raw;

FE_ASM void fe_raw_from(fe_raw *r, const fe *a)
{
    *r = (fe_raw){{a->word[0], a->word[1], a->word[2], a->word[3]}, 0};
}

FE_ASM void fe_raw_mul(fe_raw *r, const fe *a, const fe *b)
{
    fe t;
    fe_mul(&t, a, b);
    fe_raw_from(r, &t);
}

FE_ASM void fe_raw_sqr(fe_raw *r, const fe *a)
{
    fe t;
    fe_sqr(&t, a);
    fe_raw_from(r, &t);
}

/* r = a + b or a - b, as `first` and `then` say. */
#define FE_RAW_SUM(first, then)                                                                    \
    uint64_t r0 = a->word[0], r1 = a->word[1], r2 = a->word[2], r3 = a->word[3];                   \
    int64_t top = a->top;                                                                          \
    __asm__(first " %[b0], %[r0]\n\t" then " %[b1], %[r1]\n\t" then " %[b2], %[r2]\n\t" then       \
                  " %[b3], %[r3]\n\t" then " %[b4], %[top]"                                        \
            : [r0] "+&r"(r0), [r1] "+&r"(r1), [r2] "+&r"(r2), [r3] "+&r"(r3), [top] "+&r"(top)     \
            : [b0] "rm"(b->word[0]), [b1] "rm"(b->word[1]), [b2] "rm"(b->word[2]),                 \
              [b3] "rm"(b->word[3]), [b4] "rme"(b->top)                                            \
            : "cc");                                                                               \
    *r = (fe_raw)                                                                                  \
    {                                                                                              \
        {r0, r1, r2, r3}, top                                                                      \
    }

FE_ASM void fe_raw_add(fe_raw *r, const fe_raw *a, const fe_raw *b)
{
    FE_RAW_SUM("addq", "adcq");
}

FE_ASM void fe_raw_sub(fe_raw *r, const fe_raw *a, const fe_raw *b, int m)
{
    (void)m;
    FE_RAW_SUM("subq", "sbbq");
}

/* r = k a; k <= 4, the top word of a between -m and m. */
FE_ASM void fe_raw_times(fe_raw *r, const fe_raw *a, int m, unsigned int k)
{
    FE_ASSERT(a->top >= -m && a->top <= m && k >= 1 && k <= 4);
    (void)m;
    *r = *a;
    if (k > 1) {
        fe_raw_add(r, r, k == 3 ? a : r);
    }
    if (k > 2) {
        fe_raw_add(r, r, k == 3 ? a : r);
    }
}

/* r = k a; m k <= 32. */
FE_ASM void fe_raw_carry(fe *r, const fe_raw *a, int m, unsigned int k);

FE_ASM void fe_reduce(fe *r, const fe_raw *a, int m)
{
    fe_raw_carry(r, a, m, 1);
}

FE_ASM void fe_mul_times(fe *r, const fe *a, const fe *b, unsigned int k)
{
    fe_raw t;
    fe_raw_mul(&t, a, b);
    fe_raw_carry(r, &t, 1, k);
}

FE_ASM void fe_sqr_times(fe *r, const fe *a, unsigned int k)
{
    if (k == 4) {
        fe twice;
        fe_add(&twice, a, a);
        fe_sqr(r, &twice);
        return;
    }
    fe_raw t;
    fe_raw_sqr(&t, a);
    fe_raw_carry(r, &t, 1, k);
}

/* All values are factors. */
#define fe_mul_factor fe_mul_times
#define fe_sqr_factor fe_sqr_times
#define fe_raw_factor fe_raw_carry
#define fe_add_norm fe_add
#define fe_sub_norm(r, a, b) fe_sub((r), (a), (b), 1)
#define fe_settle fe_carry
#define fe_factor_is_zero fe_is_zero

#endif
