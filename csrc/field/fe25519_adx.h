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

#include <stdint.h>

typedef struct {
    uint64_t word[4];
} fe;

#define FE_LANE_WORDS 4
#include "one_lane.h"

#define FE_MUL_MAG 32
#define FE_MAX_MAG 32

#define FE_ASM static inline __attribute__((always_inline))

FE_FN void fe_check(const fe *a, int magnitude)
{
    FE_ASSERT(magnitude >= 1 && magnitude <= FE_MAX_MAG);
    FE_ASSERT(
        magnitude > 1 || a->word[3] >> 63 == 0 ||
        (a->word[3] << 1 == 0 && a->word[2] == 0 && a->word[1] == 0 && a->word[0] >> 11 == 0));
    (void)a;
    (void)magnitude;
}

/* The assembly takes 12 registers, so that it fits wherever it is inlined, frame pointers and sanitizers or not: factors come by
 * pointer (hence volatile and the clobber "memory": what they point to is an input, too), and the first pointer's register
 * becomes the highest word. */
#define FE_PRODUCT                                                                                 \
    [r0] "=&r"(r0), [r1] "=&r"(r1), [r2] "=&r"(r2), [r3] "=&r"(r3), [r4] "=&r"(r4),                \
        [r5] "=&r"(r5), [r6] "=&r"(r6), [lo] "=&r"(lo), [hi] "=&r"(hi), [a] "+&r"(a)
#define FE_A0 "(%[a])"
#define FE_A1 "8(%[a])"
#define FE_A2 "16(%[a])"
#define FE_A3 "24(%[a])"

/* r0 .. r3 and what exceeds them, top: what is past bit 255 comes back times 19. For top <= 39 the result is below
 * 2^255 + 19 79, so no carry leaves r3. */
#define FE_FOLD_TOP(top)                                                                           \
    "addq %[r3], %[r3]\n\tadcq " top ", " top "\n\tshrq $1, %[r3]\n\timulq $19, " top ", " top     \
    "\n\taddq " top ", %[r0]\n\tadcq $0, %[r1]\n\tadcq $0, %[r2]\n\tadcq $0, %[r3]\n\t"

/* Two words t, u += rdx x, the lower half along the carry flag, the upper one along the overflow flag. */
#define FE_MAC(x, t, u) "mulxq " x ", %[lo], %[hi]\n\tadcxq %[lo], " t "\n\tadoxq %[hi], " u "\n\t"

#define FE_ROW(t0, t1, t2, t3, t4)                                                                 \
    FE_MAC("(%[b])", t0, t1)                                                                       \
    FE_MAC("8(%[b])", t1, t2)                                                                      \
    FE_MAC("16(%[b])", t2, t3) FE_MAC("24(%[b])", t3, t4) "adcq $0, " t4 "\n\t"

/* r0 .. r6 and a, the highest word -> r0 .. r3: 2^256 = 38. */
#define FE_FOLD                                                                                    \
    "movl $38, %%edx\n\txorl %k[lo], %k[lo]\n\t" FE_MAC("%[r4]", "%[r0]", "%[r1]")                 \
        FE_MAC("%[r5]", "%[r1]", "%[r2]")                                                          \
            FE_MAC("%[r6]", "%[r2]", "%[r3]") "movl $0, %k[r4]\n\t" FE_MAC(                        \
                "%[a]", "%[r3]", "%[r4]") "adcq $0, %[r4]\n\t" FE_FOLD_TOP("%[r4]")

/* r = a b mod p; a, b, r: 4 words; schoolbook rows. Before: nothing. After: magnitude 1. */
FE_ASM void fe_mul(fe *r, const fe *a, const fe *b)
{
    uint64_t r0, r1, r2, r3, r4, r5, r6, lo, hi;
    __asm__ volatile("movq " FE_A0 ", %%rdx\n\t"
                     "mulxq (%[b]), %[r0], %[r1]\n\t"
                     "mulxq 8(%[b]), %[lo], %[r2]\n\taddq %[lo], %[r1]\n\t"
                     "mulxq 16(%[b]), %[lo], %[r3]\n\tadcq %[lo], %[r2]\n\t"
                     "mulxq 24(%[b]), %[lo], %[r4]\n\tadcq %[lo], %[r3]\n\tadcq $0, %[r4]\n\t"
                     "movq " FE_A1 ", %%rdx\n\txorl %k[r5], %k[r5]\n\t" FE_ROW(
                         "%[r1]", "%[r2]", "%[r3]", "%[r4]",
                         "%[r5]") "movq " FE_A2
                                  ", %%rdx\n\txorl %k[r6], %k[r6]\n\t" FE_ROW(
                                      "%[r2]", "%[r3]", "%[r4]", "%[r5]",
                                      "%[r6]") "movq " FE_A3
                                               ", %%rdx\n\txorl %k[a], %k[a]\n\t" FE_ROW(
                                                   "%[r3]", "%[r4]", "%[r5]", "%[r6]", "%[a]")
                                                   FE_FOLD
                     : FE_PRODUCT
                     : [b] "r"(b)
                     : "rdx", "cc", "memory");
    *r = (fe){{r0, r1, r2, r3}};
    fe_check(r, 1);
}

/* r = a^2 mod p; a, r: 4 words; the mixed products once, doubled as the squares come in. Before: nothing. After: magnitude
 * 1. */
FE_ASM void fe_sqr(fe *r, const fe *a)
{
    uint64_t r0, r1, r2, r3, r4, r5, r6, lo, hi;
    __asm__ volatile(
        "movq " FE_A0 ", %%rdx\n\t"
        "mulxq " FE_A1 ", %[r1], %[r2]\n\t"
        "mulxq " FE_A2 ", %[lo], %[r3]\n\taddq %[lo], %[r2]\n\t"
        "mulxq " FE_A3 ", %[lo], %[r4]\n\tadcq %[lo], %[r3]\n\tadcq $0, %[r4]\n\t"
        "movq " FE_A1 ", %%rdx\n\txorl %k[r5], %k[r5]\n\t" FE_MAC(FE_A2, "%[r3]", "%[r4]") FE_MAC(
            FE_A3, "%[r4]", "%[r5]") "adcq $0, %[r5]\n\t"
                                     "movq " FE_A2 ", %%rdx\n\tmulxq " FE_A3 ", %[lo], %[r6]\n\t"
                                     "addq %[lo], %[r5]\n\tadcq $0, %[r6]\n\t"
                                     "movq " FE_A0 ", %%rdx\n\txorl %k[lo], %k[lo]\n\t"
                                     "mulxq %%rdx, %[r0], %[lo]\n\t"
                                     "adcxq %[r1], %[r1]\n\tadoxq %[lo], %[r1]\n\t"
                                     "movq " FE_A1 ", %%rdx\n\tmulxq %%rdx, %[lo], %[hi]\n\t"
                                     "adcxq %[r2], %[r2]\n\tadoxq %[lo], %[r2]\n\t"
                                     "adcxq %[r3], %[r3]\n\tadoxq %[hi], %[r3]\n\t"
                                     "movq " FE_A2 ", %%rdx\n\tmulxq %%rdx, %[lo], %[hi]\n\t"
                                     "adcxq %[r4], %[r4]\n\tadoxq %[lo], %[r4]\n\t"
                                     "adcxq %[r5], %[r5]\n\tadoxq %[hi], %[r5]\n\t"
                                     "movq " FE_A3
                                     ", %%rdx\n\tmovl $0, %k[a]\n\tmulxq %%rdx, %[lo], %[hi]\n\t"
                                     "adcxq %[r6], %[r6]\n\tadoxq %[lo], %[r6]\n\t"
                                     "adcxq %[a], %[a]\n\tadoxq %[hi], %[a]\n\t" FE_FOLD
        : FE_PRODUCT
        :
        : "rdx", "cc", "memory");
    *r = (fe){{r0, r1, r2, r3}};
    fe_check(r, 1);
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

FE_FN void fe_set_int(fe *r, unsigned int k)
{
    *r = (fe){{k, 0, 0, 0}};
}

FE_FN void fe_carry(fe *r, const fe *a)
{
    fe_fold(r, a->word, 0);
}

FE_FN void fe_select(fe *r, mask m, const fe *a, const fe *b)
{
    const uint64_t from_a = 0 - (uint64_t)m;
    for (int i = 0; i < 4; i++) {
        r->word[i] = (a->word[i] & from_a) | (b->word[i] & ~from_a);
    }
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
