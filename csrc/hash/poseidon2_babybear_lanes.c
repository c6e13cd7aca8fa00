/* SPDX-License-Identifier: Apache-2.0 */
/* Poseidon2 over BabyBear, 8 (AVX2) or 16 (AVX-512) states at a time.
 *
 * Shapes: t = 16 or 24 vectors of one 32-bit word a lane.
 * Form:   Montgomery products of the even and of the odd lanes; every value below p, by the smaller of x and x - p.
 * Floor:  772 products of six vpmuludq a state of 16: 2316 cycles for 8 lanes on a core with two multipliers.
 * Now:    5970 cycles for 8 lanes with AVX2 on a Zen 3 core (230 ns a state), 7000 with loads and stores of rows; 15
 *         operations a product and 3 a sum are three quarters of it.
 * Open:   products of signed factors, which need no correction within a power (Plonky3 0.8.0: 160 ns a state, with
 *         shifts for its powers of 1/2 besides). */
#define WORD_BITS 32

#include "vector.h"

#include "../field/babybear.h"

typedef uint32_t element;
typedef vec el;

#define el_set1(constant) vec_set1(*(constant))
#define el_number(n) vec_set1(n)

#if VECTOR_BYTES == 64
#define vec_min(x, y) _mm512_min_epu32(x, y)
#define vec_product(x, y) _mm512_mul_epu32(x, y)
#define vec_upper(x) _mm512_srli_epi64(x, 32)
#define vec_even_odd(x, y) vec_choose(_mm512_set1_epi64(0xffffffff), x, y)
#else
#define vec_min(x, y) _mm256_min_epu32(x, y)
#define vec_product(x, y) _mm256_mul_epu32(x, y)
#define vec_upper(x) _mm256_srli_epi64(x, 32)
#define vec_even_odd(x, y) _mm256_blend_epi32(x, y, 0xaa)
#endif

PA_INLINE el el_add(el a, el b)
{
    const vec sum = vec_add(a, b);
    return vec_min(sum, vec_sub(sum, vec_set1(BABYBEAR_P)));
}

/* a b / 2^32 as babybear_mul, the products of even lanes and of odd ones. */
PA_INLINE el el_mul(el a, el b)
{
    const vec inverse = vec_set1(BABYBEAR_INVERSE);
    const vec p = vec_set1(BABYBEAR_P);
    const vec even = vec_product(a, b);
    const vec odd = vec_product(vec_upper(a), vec_upper(b));
    const vec even_multiple = vec_product(vec_product(even, inverse), p);
    const vec odd_multiple = vec_product(vec_product(odd, inverse), p);
    /* Low halves are equal, so that upper halves differ as the whole does. */
    const vec high = vec_even_odd(vec_upper(even), odd);
    const vec high_multiple = vec_even_odd(vec_upper(even_multiple), odd_multiple);
    const vec difference = vec_sub(high, high_multiple);
    return vec_min(difference, vec_add(difference, p));
}

#include "poseidon2_babybear.h"

const struct pa_poseidon2 PA_VARIANT(pa_poseidon2_babybear_lanes_) = {permute, LANES, 7000};
