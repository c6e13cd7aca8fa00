/* SPDX-License-Identifier: Apache-2.0 */
/* Eight residues modulo one prime q < 2^50 in a vector of AVX-512 IFMA. vpmadd52 reads the low 52 bits of each factor and
 * adds to all 64 of the sum, so that whatever is only multiplied later may carry anything above bit 51 ("modulo 2^52"
 * below); what is compared must be clean. */
#ifndef PA_HE_WORDS_AVX512IFMA_H
#define PA_HE_WORDS_AVX512IFMA_H

#include <immintrin.h>

#include "../core/variant_name.h"
#include "kernels.h"

#define LANES 8u
#define MASK52 0xfffffffffffff
/* Constant trip counts, and indices of arrays that must become registers. In emulation neither: compilers would take minutes. */
#if defined(PA_EMULATION_YMM_PAIRS_H)
#define INLINE static inline __attribute__((unused))
#define UNROLL
#elif defined(__clang__)
#define INLINE static inline __attribute__((always_inline, unused))
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define INLINE static inline __attribute__((always_inline, unused))
#ifdef __SANITIZE_ADDRESS__
#define UNROLL /* gcc's checks of shifts stand in the way, and it warns */
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif
#endif

typedef __m512i vec;

INLINE vec load(const pa_he_word *from)
{
    return _mm512_load_si512((const void *)from);
}

INLINE void store(pa_he_word *to, vec x)
{
    _mm512_store_si512((void *)to, x);
}

INLINE vec all(uint64_t x)
{
    return _mm512_set1_epi64((long long)x);
}

INLINE vec add(vec a, vec b)
{
    return _mm512_add_epi64(a, b);
}

INLINE vec sub(vec a, vec b)
{
    return _mm512_sub_epi64(a, b);
}

/* c + low (high) 52 bits of a * b */
INLINE vec low(vec c, vec a, vec b)
{
    return _mm512_madd52lo_epu64(c, a, b);
}

INLINE vec high(vec c, vec a, vec b)
{
    return _mm512_madd52hi_epu64(c, a, b);
}

INLINE vec clean(vec a)
{
    return _mm512_and_si512(a, all(MASK52));
}

/* a - b where that is not negative, else a: [0, 2b) to [0, b). */
INLINE vec less(vec a, vec b)
{
    return _mm512_min_epu64(a, sub(a, b));
}

/* a + b where a is negative, else a: [-b, b) to [0, b). */
INLINE vec more(vec a, vec b)
{
    return _mm512_min_epu64(a, add(a, b));
}

/* Constants of one prime. */
typedef struct {
    vec zero;
    vec q, q2;   /* q, 2q */
    vec minus_q; /* 2^52 - q */
    vec inverse; /* floor(2^52 / q) */
} prime;

INLINE prime prime_of(uint64_t q)
{
    return (prime){.zero = all(0),
                   .q = all(q),
                   .q2 = all(2 * q),
                   .minus_q = all((1ull << 52) - q),
                   .inverse = all((1ull << 52) / q)};
}

/* x w modulo q (Shoup), w < q, quotient = floor(w 2^52 / q): any x < 2^52, modulo 2^52, to [0, 2q) modulo 2^52: x w less
 * q times floor(x quotient / 2^52) lies in [0, q (1 + x / 2^52)). */
INLINE vec times(vec x, vec w, vec quotient, const prime *p)
{
    return low(low(p->zero, x, w), high(p->zero, x, quotient), p->minus_q);
}

/* Any x < 2^52, modulo 2^52, to [0, 2q) modulo 2^52 (Barrett). */
INLINE vec reduce(vec x, const prime *p)
{
    return low(x, high(p->zero, x, p->inverse), p->minus_q);
}

/* hi 2^52 + lo modulo q, in [0, q); hi < 2^52, lo < 2^64 - 2^52; w = 2^52 mod q and its quotient. One quotient of both
 * halves is subtracted: each leaves less than 2q of its own, and 4q < 2^52. */
INLINE vec reduce_wide(vec hi, vec lo, vec w, vec quotient, const prime *p)
{
    hi = add(hi, _mm512_srli_epi64(lo, 52));
    vec floor = high(high(p->zero, hi, quotient), lo, p->inverse);
    vec r = low(low(lo, hi, w), floor, p->minus_q);
    return less(less(clean(r), p->q2), p->q);
}

/* floor(w 2^52 / q), w < q: the factor of Shoup's multiplication. */
static inline uint64_t shoup(uint64_t w, uint64_t q)
{
    return (uint64_t)(((unsigned __int128)w << 52) / q);
}

/* Rows and columns of 8 x 8 words exchanged: 8 + 16 shuffles. */
INLINE void transpose(vec v[8])
{
    vec t[8];
    UNROLL for (unsigned i = 0; i < 8; i += 2)
    {
        t[i] = _mm512_unpacklo_epi64(v[i], v[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi64(v[i], v[i + 1]);
    }
    UNROLL for (unsigned odd = 0; odd < 2; odd++)
    {
        vec a = _mm512_shuffle_i32x4(t[odd], t[odd + 2], 0x88);
        vec b = _mm512_shuffle_i32x4(t[odd + 4], t[odd + 6], 0x88);
        vec c = _mm512_shuffle_i32x4(t[odd], t[odd + 2], 0xdd);
        vec d = _mm512_shuffle_i32x4(t[odd + 4], t[odd + 6], 0xdd);
        v[odd] = _mm512_shuffle_i32x4(a, b, 0x88);
        v[odd + 2] = _mm512_shuffle_i32x4(c, d, 0x88);
        v[odd + 4] = _mm512_shuffle_i32x4(a, b, 0xdd);
        v[odd + 6] = _mm512_shuffle_i32x4(c, d, 0xdd);
    }
}

#endif
