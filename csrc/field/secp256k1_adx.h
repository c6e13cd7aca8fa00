/* SPDX-License-Identifier: Apache-2.0 */
/* The field of secp256k1, p = 2^256 - 2^32 - 977, one lane, four 64-bit words, for CPUs with MULX and the two carry chains of
 * ADX. Interface: field.h.
 *
 * A value is any number below 2^256, whatever its magnitude: what stands above folds by 2^256 = 2^32 + 977 at once, and once
 * more where that carries.
 *
 * Cycles, of which a product has a floor of 21 and a square of 15, their multiplications; with two additions behind each, a
 * multiplication takes 1.5 (measured by itself), so that 32 and 23 bound them:
 *
 *     Zen 4                      beside others   in a chain   five limbs in C (secp256k1_portable.h)
 *     product                    36              47           71, 74
 *     square                     27              41           58, 60
 *     doubling of the ladder     256, of which products 215; 507 by five limbs
 *     addition to it             470, of which products 365; 895 by five limbs
 *
 * Small multiples by multiplication and sums folded one by one made a doubling 400. */
#ifndef PA_FIELD_SECP256K1_ADX_H
#define PA_FIELD_SECP256K1_ADX_H

#define FE_HAS_RAW
#define FE_HAS_FACTORS
#define FE_FOLD_256 UINT64_C(0x1000003d1)

/* What a carry, flag or borrow is worth: all of `fold`, a register, or nothing, in `t`. */
#define FE_IF_CARRY(t, fold) "sbbq " t ", " t "\n\tandq " fold ", " t "\n\t"

/* r0 .. r6 and a, the highest word -> r0 .. r3. The first fold leaves less than 2^34 above 2^256, the second one less than
 * 2^67 and a carry or else no carry. */
#define FE_FOLD                                                                                    \
    "movabsq $0x1000003d1, %%rdx\n\txorl %k[lo], %k[lo]\n\t" FE_MAC("%[r4]", "%[r0]", "%[r1]")     \
        FE_MAC("%[r5]", "%[r1]", "%[r2]")                                                          \
            FE_MAC("%[r6]", "%[r2]", "%[r3]") "movl $0, %k[r4]\n\t" FE_MAC(                        \
                "%[a]", "%[r3]", "%[r4]") "adcq $0, %[r4]\n\t"                                     \
                                          "mulxq %[r4], %[lo], %[hi]\n\t"                          \
                                          "addq %[lo], %[r0]\n\tadcq %[hi], %[r1]\n\tadcq $0, "    \
                                          "%[r2]\n\tadcq $0, %[r3]\n\t" FE_IF_CARRY(               \
                                              "%[lo]",                                             \
                                              "%%rdx") "addq %[lo], %[r0]\n\tadcq $0, %[r1]\n\t"

#include "four_words_adx.h"

FE_FN void fe_check(const fe *a, int magnitude)
{
    FE_ASSERT(magnitude >= 1 && magnitude <= FE_MAX_MAG);
    (void)a;
    (void)magnitude;
}

/* Limb i of a magnitude. */
#define FE_LIMB_MAX(magnitude, i) ((magnitude) > 0 && (i) >= 0 ? UINT64_MAX : 0)

/* What a carry out of r3 stands for, added twice: what the first addition leaves where it carries is below 2^33. */
#define FE_FOLD_CARRY                                                                              \
    FE_IF_CARRY("%[top]", "%[fold]")                                                               \
    "addq %[top], %[r0]\n\tadcq $0, %[r1]\n\tadcq $0, %[r2]\n\tadcq $0, %[r3]\n\t" FE_IF_CARRY(    \
        "%[top]", "%[fold]") "addq %[top], %[r0]\n\t"

FE_ASM void fe_add(fe *r, const fe *a, const fe *b)
{
    uint64_t r0 = a->word[0], r1 = a->word[1], r2 = a->word[2], r3 = a->word[3], top;
    __asm__ volatile(
        "addq (%[b]), %[r0]\n\tadcq 8(%[b]), %[r1]\n\tadcq 16(%[b]), %[r2]\n\t"
        "adcq 24(%[b]), %[r3]\n\t" FE_FOLD_CARRY
        : [r0] "+&r"(r0), [r1] "+&r"(r1), [r2] "+&r"(r2), [r3] "+&r"(r3), [top] "=&r"(top)
        : [b] "r"(b), [fold] "r"(FE_FOLD_256)
        : "cc", "memory");
    *r = (fe){{r0, r1, r2, r3}};
}

/* a - b, and p more where that is negative, which is a borrow that takes 2^32 + 977; what then borrows again is above
 * 2^256 - 2^33. */
FE_ASM void fe_sub(fe *r, const fe *a, const fe *b, int m)
{
    uint64_t r0 = a->word[0], r1 = a->word[1], r2 = a->word[2], r3 = a->word[3], top;
    fe_check(b, m);
    __asm__ volatile(
        "subq (%[b]), %[r0]\n\tsbbq 8(%[b]), %[r1]\n\tsbbq 16(%[b]), %[r2]\n\t"
        "sbbq 24(%[b]), %[r3]\n\t" FE_IF_CARRY(
            "%[top]", "%[fold]") "subq %[top], %[r0]\n\tsbbq $0, %[r1]\n\tsbbq $0, %[r2]\n\t"
                                 "sbbq $0, %[r3]\n\t" FE_IF_CARRY(
                                     "%[top]", "%[fold]") "subq %[top], %[r0]\n\t"
        : [r0] "+&r"(r0), [r1] "+&r"(r1), [r2] "+&r"(r2), [r3] "+&r"(r3), [top] "=&r"(top)
        : [b] "r"(b), [fold] "r"(FE_FOLD_256)
        : "cc", "memory");
    *r = (fe){{r0, r1, r2, r3}};
}

FE_ASM void fe_neg(fe *r, const fe *a, int m)
{
    const fe zero = {{0, 0, 0, 0}};
    fe_sub(r, &zero, a, m);
}

FE_ASM void fe_mul_small(fe *r, const fe *a, unsigned int k)
{
    FE_ASSERT(k >= 1 && k <= FE_MAX_MAG);
    if (k == 2) {
        fe_add(r, a, a);
        return;
    }
    fe low, high = {{0, 0, 0, 0}};
    pa_u128 sum = 0;
    for (int i = 0; i < 4; i++) {
        sum += (pa_u128)a->word[i] * k;
        low.word[i] = (uint64_t)sum;
        sum >>= 64;
    }
    high.word[0] = (uint64_t)sum * FE_FOLD_256;
    fe_add(r, &low, &high);
}

#include "four_words_raw_adx.h"

/* The top word's multiple of 2^32 + 977 is added, of either sign, and then that of the carry, -1, 0
 * or 1, that comes out of it: what is left beside it is less than 2^38 from 0 or from 2^256 then. */
FE_ASM void fe_raw_carry(fe *r, const fe_raw *a, int m, unsigned int k)
{
    fe_raw t;
    fe_raw_times(&t, a, m, k);
    uint64_t r0 = t.word[0], r1 = t.word[1], r2 = t.word[2], r3 = t.word[3];
    int64_t low = t.top * (int64_t)FE_FOLD_256, high = low >> 63;
    __asm__("addq %[low], %[r0]\n\tadcq %[high], %[r1]\n\tadcq %[high], %[r2]\n\t"
            "adcq %[high], %[r3]\n\tadcq $0, %[high]"
            : [r0] "+&r"(r0), [r1] "+&r"(r1), [r2] "+&r"(r2), [r3] "+&r"(r3), [high] "+&r"(high)
            : [low] "r"(low)
            : "cc");
    *r = (fe){{r0 + (uint64_t)high * FE_FOLD_256, r1, r2, r3}};
}

FE_FN void fe_set_words(fe *r, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3)
{
    *r = (fe){{w0, w1, w2, w3}};
}

FE_FN void fe_carry(fe *r, const fe *a)
{
    *r = *a;
}

/* t >= p exactly when t + 2^32 + 977 reaches 2^256, and is t - p then. */
FE_FN void fe_canonical(uint64_t word[4], const fe *a)
{
    uint64_t less[4];
    pa_u128 sum = FE_FOLD_256;
    for (int i = 0; i < 4; i++) {
        sum += a->word[i];
        less[i] = (uint64_t)sum;
        sum >>= 64;
    }
    const uint64_t reaches = 0 - (uint64_t)sum;
    for (int i = 0; i < 4; i++) {
        word[i] = (less[i] & reaches) | (a->word[i] & ~reaches);
    }
}

/* 0 or p. */
FE_FN mask fe_is_zero(const fe *a)
{
    const uint64_t *w = a->word;
    const uint64_t not_p = (w[0] ^ (0 - FE_FOLD_256)) | ((w[1] & w[2] & w[3]) ^ UINT64_MAX);
    return mask_word_is_zero(w[0] | w[1] | w[2] | w[3]) | mask_word_is_zero(not_p);
}

#include "secp256k1_one_lane.h"

#endif
