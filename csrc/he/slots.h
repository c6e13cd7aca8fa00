/* SPDX-License-Identifier: Apache-2.0 */
/* The complex slots of CKKS: the transform between coefficients and slots, and integers to and from doubles. One text in plain C,
 * compiled for each CPU level; every variant gives the same bits: the order of operations is fixed, none is contracted
 * (-ffp-contract=off), and what uses a fused multiply-add is exact either way.
 *
 * N = 2n coefficients m_0 .. m_{N-1} are n complex ones c_k = m_k + i m_{k+n}, and slot j is the value of
 * c(X) = sum_k c_k X^k at zeta^(5^j), zeta = e^(i pi / N): 5^j is 1 modulo 4, so that X^n = i there, and
 * m(zeta^(5^j)) = c(zeta^(5^j)). */
#ifndef PA_HE_SLOTS_H
#define PA_HE_SLOTS_H

#include "kernels.h"

/* Root 2^s + b, 0 <= b < 2^s: zeta^(5^b n / 2^(s + 1)), what stage s multiplies by in block b. Parts are cosines and sines rounded to
 * the nearest double. n entries, the first of no use. */
typedef struct {
    size_t n;
    unsigned log_n;
    const double *re, *im;
} pa_he_roots;

/* re, im of 1 << log_n roots each, log_n >= 2. */
void pa_he_roots_fill(double *re, double *im, unsigned log_n);

/* Joining residues modulo q_0 .. q_{count-1}, each of at most PA_HE_FAST_BITS bits:
 * x = d_0 + q_0 (d_1 + q_1 (d_2 + ...)), |d_i| < q_i / 2, is the residue class of least absolute value; the result is
 * d_0 weight_0 + d_1 weight_1 + ... in doubles, summed from the last one on. */
typedef struct {
    uint32_t count;
    const pa_he_ntt *primes;
    /* [i * PA_HE_MAX_PRIMES + j], j < i: 1 / q_j modulo q_i, |.| < q_i / 2, and canonical. */
    const double *inverse;
    const uint64_t *inverse_words;
    const double *weight; /* q_0 ... q_{i-1} / scale */
} pa_he_join;

typedef struct pa_he_slots {
    /* Coefficients to slots and back (there times n), in either of m and scratch, 2n doubles each (n real parts, then n imaginary
     * ones); returns where the result is. */
    double *(*evaluate)(double *m, double *scratch, const pa_he_roots *roots);
    double *(*interpolate)(double *m, double *scratch, const pa_he_roots *roots);
    /* m = the first `width` slots of a row of the caller: pairs, or real parts alone; the others 0. False: one is not finite. */
    bool (*load)(double *m, size_t n, const double *values, size_t width, bool real);
    void (*store)(double *values, size_t width, bool real, const double *m, size_t n);
    /* x = x factor, rounded to the nearest integer, ties to even; returns the most |x| (NaN: infinity). n: a multiple of 8 */
    double (*round)(double *x, double factor, size_t n);
    /* x is cut, exactly, at 2^48: out = round(x / unit), x -= out unit. unit is a power of two. */
    void (*cut)(double *out, double *x, double unit, size_t n);
    /* out = integers x, |x| <= 2^51, modulo q < 2^50, canonical. */
    void (*residues)(uint64_t *out, const double *x, size_t n, const pa_he_modulus *modulus);
    /* out[i] = the join of rows[0][i], rows[1][i], ..., canonical. */
    void (*join)(double *out, const uint64_t *const *rows, const pa_he_join *join, size_t n);
} pa_he_slots;

extern const pa_he_slots pa_he_slots_portable, pa_he_slots_avx2, pa_he_slots_avx512,
    pa_he_slots_avx512_emulated;

#endif
