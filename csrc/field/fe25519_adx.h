/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic modulo p = 2^255 - 19, one lane, four 64-bit words, for CPUs with MULX and the two carry chains of ADX.
 * Interface: field.h.
 *
 * A value is any number below 2^256, whatever its magnitude; of magnitude 1 it is below 2^255 + 2^11, and so are sums and
 * products. Encodings are little-endian.
 *
 * Cycles, of which a product has a floor of 20 and a square of 14, their multiplications, one a cycle:
 *
 *     Zen 5                      beside others   in a chain   five limbs in C (fe25519_portable.h)
 *     product                    25              36           40, 41
 *     square                     20              31           29, 36
 *     doubling of a point        215 in a chain of them, 155 of them products; 241 by five limbs
 *
 * (a prototype on Zen 3: 34.5 and 25.8 beside others.) Between floor and figure stand the additions through the carry flags,
 * 45 a product and 39 a square, and in formulas the sums, which are folded below 2^256 at once: 10 cycles each.
 * clang 14 makes the same of it. Tried and lost: words of the factors as memory operands, each by itself, 7 % less time for a
 * signature, but neither clang nor a sanitizer's build has so many registers; copies of elements by vector registers, which
 * wait for words to reach memory (so -mgeneral-regs-only). */
#ifndef PA_FE25519_ADX_H
#define PA_FE25519_ADX_H

/* r0 .. r3 and what exceeds them, top: what is past bit 255 comes back times 19. For top <= 39 the result is below
 * 2^255 + 19 79, so no carry leaves r3. */
#define FE_FOLD_TOP(top)                                                                           \
    "addq %[r3], %[r3]\n\tadcq " top ", " top "\n\tshrq $1, %[r3]\n\timulq $19, " top ", " top     \
    "\n\taddq " top ", %[r0]\n\tadcq $0, %[r1]\n\tadcq $0, %[r2]\n\tadcq $0, %[r3]\n\t"

/* r0 .. r6 and a, the highest word -> r0 .. r3: 2^256 = 38. */
#define FE_FOLD                                                                                    \
    "movl $38, %%edx\n\txorl %k[lo], %k[lo]\n\t" FE_MAC("%[r4]", "%[r0]", "%[r1]")                 \
        FE_MAC("%[r5]", "%[r1]", "%[r2]")                                                          \
            FE_MAC("%[r6]", "%[r2]", "%[r3]") "movl $0, %k[r4]\n\t" FE_MAC(                        \
                "%[a]", "%[r3]", "%[r4]") "adcq $0, %[r4]\n\t" FE_FOLD_TOP("%[r4]")

#include "four_words_adx.h"

FE_FN void fe_check(const fe *a, int magnitude)
{
    FE_ASSERT(magnitude >= 1 && magnitude <= FE_MAX_MAG);
    FE_ASSERT(
        magnitude > 1 || a->word[3] >> 63 == 0 ||
        (a->word[3] << 1 == 0 && a->word[2] == 0 && a->word[1] == 0 && a->word[0] >> 11 == 0));
    (void)a;
    (void)magnitude;
}

/* r = word + 2^256 top, top <= 39. After: magnitude 1. */
FE_ASM void fe_fold(fe *r, const uint64_t word[4], uint64_t top)
{
    uint64_t r0 = word[0], r1 = word[1], r2 = word[2], r3 = word[3];
    __asm__(FE_FOLD_TOP("%[top]")
            : [r0] "+&r"(r0), [r1] "+&r"(r1), [r2] "+&r"(r2), [r3] "+&r"(r3), [top] "+&r"(top)
            :
            : "cc");
    *r = (fe){{r0, r1, r2, r3}};
    fe_check(r, 1);
}

/* After: magnitude 1. */
FE_ASM void fe_add(fe *r, const fe *a, const fe *b)
{
    uint64_t r0 = a->word[0], r1 = a->word[1], r2 = a->word[2], r3 = a->word[3], top = 0;
    __asm__ volatile(
        "addq (%[b]), %[r0]\n\tadcq 8(%[b]), %[r1]\n\tadcq 16(%[b]), %[r2]\n\tadcq 24(%[b]), "
        "%[r3]\n\t"
        "adcq %[top], %[top]\n\t" FE_FOLD_TOP("%[top]")
        : [r0] "+&r"(r0), [r1] "+&r"(r1), [r2] "+&r"(r2), [r3] "+&r"(r3), [top] "+&r"(top)
        : [b] "r"(b)
        : "cc", "memory");
    *r = (fe){{r0, r1, r2, r3}};
    fe_check(r, 1);
}

/* a - b, and 2^256 - 38 = 2 p more where that is negative: above 2^254 then if b is of magnitude 1. Otherwise it may still be
 * negative, by less than 38, so `again`. */
#define FE_SUB(again)                                                                              \
    __asm__ volatile(                                                                              \
        "subq (%[b]), %[r0]\n\tsbbq 8(%[b]), %[r1]\n\tsbbq 16(%[b]), %[r2]\n\tsbbq 24(%[b]), "     \
        "%[r3]\n\t"                                                                                \
        "sbbq %[less], %[less]\n\tandl $38, %k[less]\n\tsubq %[less], %[r0]\n\t"                   \
        "sbbq $0, %[r1]\n\tsbbq $0, %[r2]\n\tsbbq $0, %[r3]\n\t" again                             \
        : [r0] "+&r"(r0), [r1] "+&r"(r1), [r2] "+&r"(r2), [r3] "+&r"(r3), [less] "=&r"(less)       \
        : [b] "r"(b)                                                                               \
        : "cc", "memory")

FE_ASM void fe_sub(fe *r, const fe *a, const fe *b, int m)
{
    uint64_t r0 = a->word[0], r1 = a->word[1], r2 = a->word[2], r3 = a->word[3], less;
    fe_check(b, m);
    if (m == 1) {
        FE_SUB("");
    } else {
        FE_SUB("sbbq %[less], %[less]\n\tandl $38, %k[less]\n\tsubq %[less], %[r0]\n\t");
    }
    *r = (fe){{r0, r1, r2, r3}};
}

FE_ASM void fe_neg(fe *r, const fe *a, int m)
{
    const fe zero = {{0, 0, 0, 0}};
    fe_sub(r, &zero, a, m);
}

/* After: magnitude 1. */
FE_ASM void fe_mul_small(fe *r, const fe *a, unsigned int k)
{
    FE_ASSERT(k >= 1 && k <= FE_MAX_MAG);
    if (k == 2) {
        fe_add(r, a, a);
        return;
    }
    uint64_t word[4];
    pa_u128 sum = 0;
    for (int i = 0; i < 4; i++) {
        sum += (pa_u128)a->word[i] * k;
        word[i] = (uint64_t)sum;
        sum >>= 64;
    }
    fe_fold(r, word, (uint64_t)sum);
}

FE_FN void fe_set_words(fe *r, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3)
{
    const uint64_t word[4] = {w0, w1, w2, w3};
    fe_fold(r, word, 0);
}

FE_FN void fe_carry(fe *r, const fe *a)
{
    fe_fold(r, a->word, 0);
}

/* Below 2^255 + 19 once folded, so it is t or t - p; t >= p exactly when t + 19 reaches 2^255. */
FE_FN void fe_canonical(uint64_t word[4], const fe *a)
{
    fe t;
    uint64_t less[4];
    pa_u128 sum = 19;
    fe_carry(&t, a);
    for (int i = 0; i < 4; i++) {
        sum += t.word[i];
        less[i] = (uint64_t)sum;
        sum >>= 64;
    }
    const uint64_t reaches = 0 - (less[3] >> 63);
    less[3] &= UINT64_MAX >> 1;
    for (int i = 0; i < 4; i++) {
        word[i] = (less[i] & reaches) | (t.word[i] & ~reaches);
    }
}

#include "fe25519_one_lane.h"

#endif
