/* SPDX-License-Identifier: Apache-2.0 */
/* AVX-512 intrinsics over pairs of ymm registers: included before a kernel file (-include), it lets the same text be
 * compiled for a CPU with AVX2 alone. Tests only; proves the arithmetic, says nothing of speed or alignment.
 *
 * pa_pair is a struct, so an operation that is not named here is a compile error, never a silent zmm instruction.
 * Masks are those of 8 64-bit lanes or of 16 32-bit ones. Masked-off lanes are not touched in memory. */
#ifndef PA_EMULATION_YMM_PAIRS_H
#define PA_EMULATION_YMM_PAIRS_H

#include <immintrin.h>
#include <string.h>

typedef struct {
    __m256i half[2];
} pa_pair;

typedef union {
    pa_pair pair;
    long long q[8];
    unsigned d[16];
} pa_pair_words;

#define PA_PAIR static inline __attribute__((always_inline, unused))
/* Long ones, of which kernels have thousands: compilers would take minutes. */
#define PA_PAIR_CALLED static __attribute__((noinline, unused))

/* ---- by halves ---------------------------------------------------------------------------------------- */

#define PA_PAIR_UNARY(name, half_name)                                                             \
    PA_PAIR pa_pair name(pa_pair a)                                                                \
    {                                                                                              \
        return (pa_pair){{half_name(a.half[0]), half_name(a.half[1])}};                            \
    }
#define PA_PAIR_BINARY(name, half_name)                                                            \
    PA_PAIR pa_pair name(pa_pair a, pa_pair b)                                                     \
    {                                                                                              \
        return (pa_pair){{half_name(a.half[0], b.half[0]), half_name(a.half[1], b.half[1])}};      \
    }
#define PA_PAIR_SHIFT(name, half_name)                                                             \
    PA_PAIR pa_pair name(pa_pair a, unsigned n)                                                    \
    {                                                                                              \
        return (pa_pair){{half_name(a.half[0], (int)n), half_name(a.half[1], (int)n)}};            \
    }

PA_PAIR_UNARY(pa_pair_abs_epi32, _mm256_abs_epi32)
PA_PAIR_BINARY(pa_pair_add_epi32, _mm256_add_epi32)
PA_PAIR_BINARY(pa_pair_add_epi64, _mm256_add_epi64)
PA_PAIR_BINARY(pa_pair_sub_epi32, _mm256_sub_epi32)
PA_PAIR_BINARY(pa_pair_sub_epi64, _mm256_sub_epi64)
PA_PAIR_BINARY(pa_pair_subs_epu16, _mm256_subs_epu16)
PA_PAIR_BINARY(pa_pair_mul_epu32, _mm256_mul_epu32)
PA_PAIR_BINARY(pa_pair_min_epu32, _mm256_min_epu32)
PA_PAIR_BINARY(pa_pair_and, _mm256_and_si256)
PA_PAIR_BINARY(pa_pair_andnot, _mm256_andnot_si256)
PA_PAIR_BINARY(pa_pair_or, _mm256_or_si256)
PA_PAIR_BINARY(pa_pair_xor, _mm256_xor_si256)
PA_PAIR_BINARY(pa_pair_shuffle_epi8, _mm256_shuffle_epi8)
PA_PAIR_BINARY(pa_pair_unpacklo_epi32, _mm256_unpacklo_epi32)
PA_PAIR_BINARY(pa_pair_unpackhi_epi32, _mm256_unpackhi_epi32)
PA_PAIR_BINARY(pa_pair_unpacklo_epi64, _mm256_unpacklo_epi64)
PA_PAIR_BINARY(pa_pair_unpackhi_epi64, _mm256_unpackhi_epi64)
PA_PAIR_SHIFT(pa_pair_slli_epi32, _mm256_slli_epi32)
PA_PAIR_SHIFT(pa_pair_slli_epi64, _mm256_slli_epi64)
PA_PAIR_SHIFT(pa_pair_srli_epi32, _mm256_srli_epi32)
PA_PAIR_SHIFT(pa_pair_srli_epi64, _mm256_srli_epi64)
PA_PAIR_SHIFT(pa_pair_srai_epi32, _mm256_srai_epi32)

PA_PAIR_BINARY(pa_pair_sllv_epi32, _mm256_sllv_epi32)
PA_PAIR_BINARY(pa_pair_sllv_epi64, _mm256_sllv_epi64)
PA_PAIR_BINARY(pa_pair_srlv_epi64, _mm256_srlv_epi64)

PA_PAIR pa_pair pa_pair_ror_epi32(pa_pair a, unsigned n)
{
    return pa_pair_or(pa_pair_srli_epi32(a, n & 31), pa_pair_slli_epi32(a, 32 - (n & 31)));
}

PA_PAIR pa_pair pa_pair_ror_epi64(pa_pair a, unsigned n)
{
    return pa_pair_or(pa_pair_srli_epi64(a, n & 63), pa_pair_slli_epi64(a, 64 - (n & 63)));
}

PA_PAIR pa_pair pa_pair_shrdi_epi64(pa_pair low, pa_pair high, unsigned n)
{
    return pa_pair_or(pa_pair_srli_epi64(low, n & 63), pa_pair_slli_epi64(high, 64 - (n & 63)));
}

/* Bit i of table is the result where (a, b, c) are the bits of i; the sum of its minterms. */
PA_PAIR pa_pair pa_pair_ternarylogic(pa_pair a, pa_pair b, pa_pair c, unsigned table)
{
    pa_pair result = {{_mm256_setzero_si256(), _mm256_setzero_si256()}};
    if (table == 0x96) {
        return pa_pair_xor(pa_pair_xor(a, b), c);
    }
    if (table == 0xca) {
        return pa_pair_xor(c, pa_pair_and(a, pa_pair_xor(b, c)));
    }
    if (table == 0xd2) {
        return pa_pair_xor(a, pa_pair_andnot(b, c));
    }
    if (table == 0xe8) {
        return pa_pair_or(pa_pair_and(a, b), pa_pair_and(c, pa_pair_or(a, b)));
    }
    for (unsigned i = 0; i < 8; i++) {
        if (table >> i & 1) {
            pa_pair ones = {{_mm256_set1_epi32(-1), _mm256_set1_epi32(-1)}};
            pa_pair term = i & 4 ? a : pa_pair_xor(a, ones);
            term = pa_pair_and(term, i & 2 ? b : pa_pair_xor(b, ones));
            term = pa_pair_and(term, i & 1 ? c : pa_pair_xor(c, ones));
            result = pa_pair_or(result, term);
        }
    }
    return result;
}

PA_PAIR pa_pair pa_pair_mullo_epi64(pa_pair a, pa_pair b)
{
    const pa_pair cross = pa_pair_add_epi64(pa_pair_mul_epu32(pa_pair_srli_epi64(a, 32), b),
                                            pa_pair_mul_epu32(a, pa_pair_srli_epi64(b, 32)));
    return pa_pair_add_epi64(pa_pair_mul_epu32(a, b), pa_pair_slli_epi64(cross, 32));
}

/* c + low (high) 52 bits of the 104-bit product of the low 52 bits of a and b: exact, by 26-bit halves. */
PA_PAIR __m256i pa_half_madd52(__m256i c, __m256i a, __m256i b, int high)
{
    const __m256i low26 = _mm256_set1_epi64x((1 << 26) - 1);
    __m256i a0 = _mm256_and_si256(a, low26);
    __m256i b0 = _mm256_and_si256(b, low26);
    __m256i a1 = _mm256_and_si256(_mm256_srli_epi64(a, 26), low26);
    __m256i b1 = _mm256_and_si256(_mm256_srli_epi64(b, 26), low26);
    __m256i p = _mm256_mul_epu32(a0, b0);
    __m256i cross = _mm256_add_epi64(_mm256_mul_epu32(a0, b1), _mm256_mul_epu32(a1, b0));
    __m256i t = _mm256_add_epi64(cross, _mm256_srli_epi64(p, 26));
    __m256i low = _mm256_or_si256(_mm256_slli_epi64(_mm256_and_si256(t, low26), 26),
                                  _mm256_and_si256(p, low26));
    return _mm256_add_epi64(
        c, high ? _mm256_add_epi64(_mm256_mul_epu32(a1, b1), _mm256_srli_epi64(t, 26)) : low);
}

PA_PAIR_CALLED pa_pair pa_pair_madd52lo(pa_pair c, pa_pair a, pa_pair b)
{
    return (pa_pair){{pa_half_madd52(c.half[0], a.half[0], b.half[0], 0),
                      pa_half_madd52(c.half[1], a.half[1], b.half[1], 0)}};
}

PA_PAIR_CALLED pa_pair pa_pair_madd52hi(pa_pair c, pa_pair a, pa_pair b)
{
    return (pa_pair){{pa_half_madd52(c.half[0], a.half[0], b.half[0], 1),
                      pa_half_madd52(c.half[1], a.half[1], b.half[1], 1)}};
}

/* ---- constants, memory, halves and quarters ----------------------------------------------------------- */

PA_PAIR pa_pair pa_pair_set1_epi32(int x)
{
    return (pa_pair){{_mm256_set1_epi32(x), _mm256_set1_epi32(x)}};
}

PA_PAIR pa_pair pa_pair_set1_epi64(long long x)
{
    return (pa_pair){{_mm256_set1_epi64x(x), _mm256_set1_epi64x(x)}};
}

PA_PAIR pa_pair pa_pair_setzero(void)
{
    return pa_pair_set1_epi32(0);
}

PA_PAIR pa_pair pa_pair_set_epi64(long long h, long long g, long long f, long long e, long long d,
                                  long long c, long long b, long long a)
{
    return (pa_pair){{_mm256_set_epi64x(d, c, b, a), _mm256_set_epi64x(h, g, f, e)}};
}

PA_PAIR pa_pair pa_pair_broadcast_i32x4(__m128i a)
{
    return (pa_pair){{_mm256_broadcastsi128_si256(a), _mm256_broadcastsi128_si256(a)}};
}

PA_PAIR pa_pair pa_pair_loadu(const void *from)
{
    const __m256i *p = from;
    return (pa_pair){{_mm256_loadu_si256(p), _mm256_loadu_si256(p + 1)}};
}

PA_PAIR pa_pair pa_pair_load(const void *from)
{
    const __m256i *p = from;
    return (pa_pair){{_mm256_load_si256(p), _mm256_load_si256(p + 1)}};
}

PA_PAIR void pa_pair_storeu(void *to, pa_pair a)
{
    __m256i *p = to;
    _mm256_storeu_si256(p, a.half[0]);
    _mm256_storeu_si256(p + 1, a.half[1]);
}

PA_PAIR void pa_pair_store(void *to, pa_pair a)
{
    __m256i *p = to;
    _mm256_store_si256(p, a.half[0]);
    _mm256_store_si256(p + 1, a.half[1]);
}

PA_PAIR __m256i pa_pair_low(pa_pair a)
{
    return a.half[0];
}

/* The upper half is undefined; here it is zero. */
PA_PAIR pa_pair pa_pair_from_low(__m256i low)
{
    return (pa_pair){{low, _mm256_setzero_si256()}};
}

PA_PAIR pa_pair pa_pair_inserti64x4(pa_pair a, __m256i x, int which)
{
    a.half[which & 1] = x;
    return a;
}

PA_PAIR __m256i pa_pair_extracti64x4(pa_pair a, int which)
{
    return a.half[which & 1];
}

PA_PAIR __m128i pa_pair_quarter(pa_pair a, unsigned which)
{
    __m256i half = a.half[which >> 1];
    return which & 1 ? _mm256_extracti128_si256(half, 1) : _mm256_castsi256_si128(half);
}

/* Quarters 0 and 1 of the result come from a, 2 and 3 from b, two bits of `which` each. */
PA_PAIR pa_pair pa_pair_shuffle_i32x4(pa_pair a, pa_pair b, unsigned which)
{
    return (pa_pair){
        {_mm256_set_m128i(pa_pair_quarter(a, which >> 2 & 3), pa_pair_quarter(a, which & 3)),
         _mm256_set_m128i(pa_pair_quarter(b, which >> 6 & 3), pa_pair_quarter(b, which >> 4 & 3))}};
}

PA_PAIR pa_pair pa_pair_cvtepi32_epi64(__m256i a)
{
    return (pa_pair){{_mm256_cvtepi32_epi64(_mm256_castsi256_si128(a)),
                      _mm256_cvtepi32_epi64(_mm256_extracti128_si256(a, 1))}};
}

PA_PAIR pa_pair pa_pair_cvtepu8_epi64(__m128i a)
{
    return (pa_pair){{_mm256_cvtepu8_epi64(a), _mm256_cvtepu8_epi64(_mm_srli_si128(a, 4))}};
}

/* ---- lane by lane --------------------------------------------------------------------------------------- */

/* b in place of a where this bit of the index is 1. */
PA_PAIR __m256i pa_half_chosen(__m256i index, int bit, __m256i a, __m256i b)
{
    const __m256d sign = _mm256_castsi256_pd(_mm256_slli_epi64(index, 63 - bit));
    return _mm256_castpd_si256(
        _mm256_blendv_pd(_mm256_castsi256_pd(a), _mm256_castsi256_pd(b), sign));
}

/* The words of a that index names, by no address, as the instruction: what it names may be a secret. */
PA_PAIR __m256i pa_half_permuted(__m256i index, pa_pair a)
{
    const __m256i low = _mm256_and_si256(_mm256_slli_epi64(index, 1), _mm256_set1_epi64x(6));
    const __m256i high = _mm256_slli_epi64(_mm256_or_si256(low, _mm256_set1_epi64x(1)), 32);
    const __m256i places = _mm256_or_si256(low, high);
    return pa_half_chosen(index, 2, _mm256_permutevar8x32_epi32(a.half[0], places),
                          _mm256_permutevar8x32_epi32(a.half[1], places));
}

PA_PAIR pa_pair pa_pair_permutexvar_epi64(pa_pair index, pa_pair a)
{
    return (pa_pair){{pa_half_permuted(index.half[0], a), pa_half_permuted(index.half[1], a)}};
}

PA_PAIR pa_pair pa_pair_permutex2var_epi64(pa_pair a, pa_pair index, pa_pair b)
{
    const pa_pair of_a = pa_pair_permutexvar_epi64(index, a);
    const pa_pair of_b = pa_pair_permutexvar_epi64(index, b);
    return (pa_pair){{pa_half_chosen(index.half[0], 3, of_a.half[0], of_b.half[0]),
                      pa_half_chosen(index.half[1], 3, of_a.half[1], of_b.half[1])}};
}

PA_PAIR pa_pair pa_pair_srai_epi64(pa_pair a, unsigned n)
{
    pa_pair_words x = {a};
    for (unsigned l = 0; l < 8; l++) {
        x.q[l] >>= n < 63 ? n : 63;
    }
    return x.pair;
}

#define PA_PAIR_COMPARE(name, lanes, holds)                                                        \
    PA_PAIR __mmask##lanes name(pa_pair a, pa_pair b)                                              \
    {                                                                                              \
        pa_pair_words x = {a}, y = {b};                                                            \
        unsigned mask = 0;                                                                         \
        for (unsigned l = 0; l < lanes; l++) {                                                     \
            mask |= (unsigned)(holds) << l;                                                        \
        }                                                                                          \
        return (__mmask##lanes)mask;                                                               \
    }

PA_PAIR_COMPARE(pa_pair_cmpeq_epi64_mask, 8, x.q[l] == y.q[l])
PA_PAIR_COMPARE(pa_pair_cmplt_epi64_mask, 8, x.q[l] < y.q[l])
PA_PAIR_COMPARE(pa_pair_cmplt_epu64_mask, 8,
                (unsigned long long)x.q[l] < (unsigned long long)y.q[l])
PA_PAIR_COMPARE(pa_pair_cmpeq_epi32_mask, 16, x.d[l] == y.d[l])
PA_PAIR_COMPARE(pa_pair_cmplt_epu32_mask, 16, x.d[l] < y.d[l])

PA_PAIR __mmask8 pa_pair_test_epi64_mask(pa_pair a, pa_pair b)
{
    return (__mmask8)~pa_pair_cmpeq_epi64_mask(pa_pair_and(a, b), pa_pair_setzero());
}

PA_PAIR pa_pair pa_pair_mask_blend_epi64(__mmask8 mask, pa_pair a, pa_pair b)
{
    pa_pair_words x = {a}, y = {b};
    for (unsigned l = 0; l < 8; l++) {
        x.q[l] = mask >> l & 1 ? y.q[l] : x.q[l];
    }
    return x.pair;
}

PA_PAIR pa_pair pa_pair_mask_blend_epi32(__mmask16 mask, pa_pair a, pa_pair b)
{
    pa_pair_words x = {a}, y = {b};
    for (unsigned l = 0; l < 16; l++) {
        x.d[l] = mask >> l & 1 ? y.d[l] : x.d[l];
    }
    return x.pair;
}

PA_PAIR pa_pair pa_pair_min_epu64(pa_pair a, pa_pair b)
{
    const pa_pair top = pa_pair_set1_epi64((long long)(1ull << 63));
    const pa_pair x = pa_pair_xor(a, top), y = pa_pair_xor(b, top);
    for (unsigned h = 0; h < 2; h++) {
        a.half[h] =
            _mm256_blendv_epi8(a.half[h], b.half[h], _mm256_cmpgt_epi64(x.half[h], y.half[h]));
    }
    return a;
}

PA_PAIR pa_pair pa_pair_mask_add_epi64(pa_pair other, __mmask8 mask, pa_pair a, pa_pair b)
{
    return pa_pair_mask_blend_epi64(mask, other, pa_pair_add_epi64(a, b));
}

PA_PAIR pa_pair pa_pair_mask_sub_epi64(pa_pair other, __mmask8 mask, pa_pair a, pa_pair b)
{
    return pa_pair_mask_blend_epi64(mask, other, pa_pair_sub_epi64(a, b));
}

PA_PAIR pa_pair pa_pair_maskz_mov_epi64(__mmask8 mask, pa_pair a)
{
    return pa_pair_mask_blend_epi64(mask, pa_pair_setzero(), a);
}

PA_PAIR pa_pair pa_pair_maskz_loadu_epi64(__mmask8 mask, const void *from)
{
    pa_pair_words x = {pa_pair_setzero()};
    for (unsigned l = 0; l < 8; l++) {
        if (mask >> l & 1) {
            memcpy(&x.q[l], (const char *)from + 8 * l, 8);
        }
    }
    return x.pair;
}

PA_PAIR pa_pair pa_pair_maskz_loadu_epi8(__mmask64 mask, const void *from)
{
    pa_pair x = pa_pair_setzero();
    for (unsigned l = 0; l < 64; l++) {
        if (mask >> l & 1) {
            memcpy((char *)&x + l, (const char *)from + l, 1);
        }
    }
    return x;
}

PA_PAIR pa_pair pa_pair_mask_loadu_epi8(pa_pair other, __mmask64 mask, const void *from)
{
    for (unsigned l = 0; l < 64; l++) {
        if (mask >> l & 1) {
            memcpy((char *)&other + l, (const char *)from + l, 1);
        }
    }
    return other;
}

PA_PAIR void pa_pair_mask_storeu_epi64(void *to, __mmask8 mask, pa_pair a)
{
    pa_pair_words x = {a};
    for (unsigned l = 0; l < 8; l++) {
        if (mask >> l & 1) {
            memcpy((char *)to + 8 * l, &x.q[l], 8);
        }
    }
}

PA_PAIR pa_pair pa_pair_i64gather_epi64(pa_pair index, const void *base, int scale)
{
    pa_pair_words i = {index}, r;
    for (unsigned l = 0; l < 8; l++) {
        memcpy(&r.q[l], (const char *)base + i.q[l] * scale, 8);
    }
    return r.pair;
}

#include "ymm_names.h"

#endif
