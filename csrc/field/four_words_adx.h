/* SPDX-License-Identifier: Apache-2.0 */
/* Products of fields of up to 256 bits in four 64-bit words, for CPUs with MULX and the two carry chains of ADX. Interface:
 * field.h.
 *
 * A value is any number below 2^256, whatever its magnitude. The field that includes it has defined FE_FOLD, assembly that
 * turns the words r0 .. r6 and a, the highest, into r0 .. r3; it may use all registers of FE_PRODUCT and rdx. */
#ifndef PA_FIELD_FOUR_WORDS_ADX_H
#define PA_FIELD_FOUR_WORDS_ADX_H

#include <stdint.h>

typedef struct {
    uint64_t word[4];
} fe;

#define FE_LANE_WORDS 4
#include "one_lane.h"

#define FE_MUL_MAG 32
#define FE_MAX_MAG 32

#define FE_ASM static inline __attribute__((always_inline))

/* Asserts the bounds of a magnitude. */
FE_FN void fe_check(const fe *a, int magnitude);

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

/* Two words t, u += rdx x, the lower half along the carry flag, the upper one along the overflow flag. */
#define FE_MAC(x, t, u) "mulxq " x ", %[lo], %[hi]\n\tadcxq %[lo], " t "\n\tadoxq %[hi], " u "\n\t"

#define FE_ROW(t0, t1, t2, t3, t4)                                                                 \
    FE_MAC("(%[b])", t0, t1)                                                                       \
    FE_MAC("8(%[b])", t1, t2)                                                                      \
    FE_MAC("16(%[b])", t2, t3) FE_MAC("24(%[b])", t3, t4) "adcq $0, " t4 "\n\t"

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

#ifndef FE_HAS_FORM
FE_FN void fe_set_int(fe *r, unsigned int k)
{
    *r = (fe){{k, 0, 0, 0}};
}
#endif

FE_FN void fe_select(fe *r, mask m, const fe *a, const fe *b)
{
    const uint64_t from_a = 0 - (uint64_t)m;
    for (int i = 0; i < 4; i++) {
        r->word[i] = (a->word[i] & from_a) | (b->word[i] & ~from_a);
    }
}

#endif
