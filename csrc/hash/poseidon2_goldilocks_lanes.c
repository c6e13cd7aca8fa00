/* SPDX-License-Identifier: Apache-2.0 */
/* Poseidon2 over Goldilocks, 4 (AVX2) or 8 (AVX-512) states at a time.
 *
 * Shapes: t = 8 or 12 vectors of one 64-bit word a lane.
 * Form:   products from four of 32 bits; carries and borrows by comparison, which AVX2 has for signed words alone.
 * Floor:  736 products of four vpmuludq a state of 12: 1470 cycles for 4 lanes on a core with two multipliers.
 * Now:    12,400 cycles for 4 lanes with AVX2 on a Zen 3 core; one state at a time takes 7900. A product takes 27
 *         operations, 8 of them for the two comparisons. */
#define WORD_BITS 64

#include "vector.h"

#include "../field/goldilocks.h"

typedef uint64_t element;
typedef vec el;

#define word_add(x, y) vec_add(x, y)
#define word_shr(x, n) vec_shr(x, n)
#define word_and(x, y) VEC_OF_BITS (and)(x, y)
#define word_set1(x) vec_set1(x)
#define el_set1(constant) vec_set1(*(constant))

#if VECTOR_BYTES == 64
#define word_sub(x, y) _mm512_sub_epi64(x, y)
#define word_shl(x, n) _mm512_slli_epi64(x, n)
#define word_product(x, y) _mm512_mul_epu32(x, y)
/* x + FOLD, x - FOLD in lanes where a is below b */
#define add_fold_where_less(x, a, b)                                                               \
    _mm512_mask_add_epi64(x, _mm512_cmplt_epu64_mask(a, b), x, vec_set1(GOLDILOCKS_FOLD))
#define sub_fold_where_less(x, a, b)                                                               \
    _mm512_mask_sub_epi64(x, _mm512_cmplt_epu64_mask(a, b), x, vec_set1(GOLDILOCKS_FOLD))
#else
#define word_sub(x, y) _mm256_sub_epi64(x, y)
#define word_shl(x, n) _mm256_slli_epi64(x, n)
#define word_product(x, y) _mm256_mul_epu32(x, y)
/* The upper half of a full mask is FOLD. */
#define fold_where_less(a, b)                                                                      \
    _mm256_srli_epi64(_mm256_cmpgt_epi64(_mm256_xor_si256(b, vec_set1(INT64_MIN)),                 \
                                         _mm256_xor_si256(a, vec_set1(INT64_MIN))),                \
                      32)
#define add_fold_where_less(x, a, b) word_add(x, fold_where_less(a, b))
#define sub_fold_where_less(x, a, b) word_sub(x, fold_where_less(a, b))
#endif

/* a + b, one of them below p. */
PA_INLINE el el_add(el a, el b)
{
    const vec sum = word_add(a, b);
    return add_fold_where_less(sum, sum, b);
}

PA_INLINE el el_canonical(el x)
{
    const vec more = word_add(x, vec_set1(GOLDILOCKS_FOLD));
    /* x + FOLD carries where x is not below p, and is then x - p. */
#if VECTOR_BYTES == 64
    return _mm512_mask_blend_epi64(_mm512_cmplt_epu64_mask(more, x), x, more);
#else
    return word_add(x, fold_where_less(more, x));
#endif
}

/* sum + d x: what is added to 32-bit products leaves each below 2^64, (2^32 - 1)^2 + 2 (2^32 - 1). */
PA_INLINE el dot(vec sum, vec d, vec x)
{
    const vec half = vec_set1(0xffffffff);
    const vec d1 = word_shr(d, 32), x1 = word_shr(x, 32);
    const vec low = word_add(word_product(d, x), word_and(sum, half));
    const vec cross = word_add(word_product(d1, x), word_shr(low, 32));
    const vec middle =
        word_add(word_add(word_product(d, x1), word_and(cross, half)), word_shr(sum, 32));
    const vec high =
        word_add(word_add(word_product(d1, x1), word_shr(cross, 32)), word_shr(middle, 32));
    const vec bottom = VEC_OF_BITS(or)(word_shl(middle, 32), word_and(low, half));
    /* As goldilocks_reduce. */
    const vec top = word_shr(high, 32), above = word_and(high, half);
    vec less = word_sub(bottom, top);
    less = sub_fold_where_less(less, bottom, top);
    const vec fold = word_sub(word_shl(above, 32), above);
    const vec all = word_add(less, fold);
    return add_fold_where_less(all, all, fold);
}

PA_INLINE el el_mul(el a, el b)
{
    return dot(vec_set1(0), a, b);
}

PA_INLINE el el_dot(el sum, const element *d, el x)
{
    return dot(sum, el_set1(d), x);
}

#include "poseidon2_goldilocks.h"

const struct pa_poseidon2 PA_VARIANT(pa_poseidon2_goldilocks_lanes_) = {permute, LANES, 12400};
