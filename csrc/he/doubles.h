/* SPDX-License-Identifier: Apache-2.0 */
/* Exact arithmetic modulo a prime p < 2^50 on doubles, four lanes, for CPUs with AVX2 and FMA.
 *
 * A residue is any integer of its class that is small enough; "k" is its size in units of p. Everything below is exact while
 * all values are integers of at most 2^53 = 8 2^50, which is what the bounds are for. Rounding is to nearest.
 *
 * Product of x and w. h = x w rounded, and l = fma(x, w, -h) is the exact rest (the error of a product is a double). With any
 * integer c, r = (h - c p) + l is x w modulo p, and it is exact: h and c p are integers, and once c is close to x w / p, their
 * difference is below 2^53, as is r. c is g = h (1/p), rounded to an integer (dv_mul), or g = x (w/p) where the quotient of a
 * constant w is known beforehand (dv_mul_by). Errors of g, with |x| <= k p, |w| <= p / 2, p < 2^b:
 *     h (1/p): three roundings of 2^-53 each, relative, of at most k p / 2:            3 k 2^(b - 54)
 *     x (w/p): w/p is within 2^-55, and one rounding more of at most k p / 2:          1.5 k 2^(b - 54)
 * so that |r| <= p (1/2 + that). Here is the whole of the range analysis: DV_ERROR and DV_ERROR_BY are these factors of k.
 * For two residues of at most p the first is 3 2^(b - 53): r stays below 0.875 p.
 *
 * dv_reduce: x - round(x (1/p)) p, exact likewise, at most p / 2 and 2^-50 of x more, which is less than 1.
 *
 * Nothing here may be contracted or reassociated: no -ffast-math, and -ffp-contract=off (sources.cmake). */
#ifndef PA_HE_DOUBLES_H
#define PA_HE_DOUBLES_H

#include <assert.h>
#include <immintrin.h>

#include "kernels.h"

#define DV_INLINE static inline __attribute__((always_inline))

/* Error of a quotient, in units of p, for x of k p: factors of k (above), for p of b bits. */
#define DV_UNIT(bits) (1.0 / (double)(UINT64_C(1) << (54 - (bits))))
#define DV_ERROR(bits) (3 * DV_UNIT(bits))
#define DV_ERROR_BY(bits) (1.5 * DV_UNIT(bits))
/* The most that any value may be, in units of p. */
#define DV_MOST(bits) ((double)(UINT64_C(1) << (53 - (bits))))

typedef __m256d dv;
typedef struct {
    dv p, inverse;
} dv_prime;

DV_INLINE dv dv_all(double x)
{
    return _mm256_set1_pd(x);
}

DV_INLINE dv_prime dv_prime_of(const pa_he_modulus *m)
{
    return (dv_prime){dv_all(m->real), dv_all(m->inverse)};
}

DV_INLINE dv dv_load(const pa_he_word *at)
{
    return _mm256_load_pd((const double *)(const void *)at);
}

DV_INLINE void dv_store(pa_he_word *at, dv x)
{
#ifdef PA_DEBUG_BOUNDS
    const dv size = _mm256_andnot_pd(dv_all(-0.0), x);
    assert(_mm256_movemask_pd(_mm256_cmp_pd(size, dv_all(0x1p53), _CMP_LE_OQ)) == 15);
#endif
    _mm256_store_pd((double *)(void *)at, x);
}

/* The same double in all lanes. */
DV_INLINE dv dv_spread(const pa_he_word *at)
{
    return _mm256_broadcast_sd((const double *)(const void *)at);
}

DV_INLINE dv dv_round(dv x)
{
    return _mm256_round_pd(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

DV_INLINE dv dv_reduce(dv x, dv_prime m)
{
    return _mm256_fnmadd_pd(dv_round(_mm256_mul_pd(x, m.inverse)), m.p, x);
}

DV_INLINE dv dv_mul(dv x, dv w, dv_prime m)
{
    const dv h = _mm256_mul_pd(x, w), c = dv_round(_mm256_mul_pd(h, m.inverse));
    return _mm256_add_pd(_mm256_fnmadd_pd(c, m.p, h), _mm256_fmsub_pd(x, w, h));
}

/* quotient = w / p, rounded */
DV_INLINE dv dv_mul_by(dv x, dv w, dv quotient, dv p)
{
    const dv h = _mm256_mul_pd(x, w), c = dv_round(_mm256_mul_pd(x, quotient));
    return _mm256_add_pd(_mm256_fnmadd_pd(c, p, h), _mm256_fmsub_pd(x, w, h));
}

/* x, or x + p where x is negative. */
DV_INLINE dv dv_positive(dv x, dv p)
{
    return _mm256_add_pd(x, _mm256_and_pd(p, _mm256_cmp_pd(x, _mm256_setzero_pd(), _CMP_LT_OQ)));
}

/* Integers below 2^52 <-> doubles: the bits of 2^52 + x are 0x433 << 52 | x. */
DV_INLINE dv dv_of_integers(__m256i x)
{
    const __m256i bits = _mm256_set1_epi64x(0x433LL << 52);
    return _mm256_sub_pd(_mm256_castsi256_pd(_mm256_or_si256(x, bits)), _mm256_castsi256_pd(bits));
}

DV_INLINE __m256i dv_to_integers(dv x)
{
    const __m256i bits = _mm256_set1_epi64x(0x433LL << 52);
    return _mm256_xor_si256(_mm256_castpd_si256(_mm256_add_pd(x, _mm256_castsi256_pd(bits))), bits);
}

/* ---- one at a time, for tables --------------------------------------------------------------- */

/* The class of x, x < q, as near to 0 as it gets. */
static inline double pa_he_balanced(uint64_t x, uint64_t q)
{
    return x > q / 2 ? -(double)(q - x) : (double)x;
}

static inline void pa_he_put_double(pa_he_word *at, double x)
{
    *(pa_he_double *)at = x;
}

size_t pa_he_ntt_words_avx2(unsigned log_degree);
void pa_he_ntt_fill_avx2(pa_he_word *table, const pa_he_modulus *modulus, uint64_t psi,
                         unsigned log_degree);
void pa_he_ntt_order_avx2(uint32_t *position, unsigned log_degree);
void pa_he_forward_avx2(pa_he_word *const *rows, size_t count, const pa_he_ntt *ntt);
void pa_he_forward_within_avx2(pa_he_word *const *rows, size_t count, const pa_he_around *around,
                               const pa_he_ntt *ntt);
void pa_he_inverse_avx2(pa_he_word *const *rows, size_t count, const pa_he_ntt *ntt);

size_t pa_he_conversion_bytes_avx2(const pa_he_conversion *conversion);
void pa_he_conversion_fill_avx2(const pa_he_conversion *conversion);
void pa_he_convert_avx2(pa_he_word *const *out, const pa_he_word *const *in,
                        const pa_he_word *const *own, const pa_he_conversion *conversion, size_t n);

void pa_he_lift_begin_avx2(pa_he_word *const *rows, pa_he_word *excess,
                           const pa_he_conversion *lift, size_t n);
void pa_he_lift_row_avx2(pa_he_word *out, const pa_he_lift *lift, size_t n);

#endif
