/* SPDX-License-Identifier: Apache-2.0 */
/* Estimates of noise without a key: log2 of the standard deviation of a coefficient of the phase's error (BGV: of the phase),
 * errors taken as independent, secrets ternary with variance 2/3, sigma^2 = PA_HE_ERROR_VARIANCE. Heuristic: a ciphertext that
 * holds what it says stays within a few bits; nothing depends on it. */
#ifndef PA_HE_NOISE_H
#define PA_HE_NOISE_H

#include "evaluate.h"
#include "log2.h"

#define PA_HE_ERROR_VARIANCE 10.5 /* centred binomial of 42 bits */
/* A largest coefficient of 2^17 that are normally distributed: at most 6 deviations, log2. */
#define PA_HE_NOISE_PEAK 2.585

/* Estimates are kept within +- this, far beyond any modulus, so that no sum or product of them is infinite. */
#define PA_HE_NOISE_MOST 0x1p20

/* log2 of the deviation of a sum of two independent errors. */
static inline double pa_he_noise_sum(double a, double b)
{
    a = a < PA_HE_NOISE_MOST ? a : PA_HE_NOISE_MOST;
    b = b < PA_HE_NOISE_MOST ? b : PA_HE_NOISE_MOST;
    return pa_he_log2_sum(2 * a, 2 * b) / 2;
}

static inline double pa_he_log_degree(const pyaccel_he_context *context)
{
    return (double)context->log_degree;
}

/* log2 t in BGV, whose errors are multiples of t; else 0. */
static inline double pa_he_noise_unit(const pyaccel_he_context *context)
{
    return context->scheme == PYACCEL_HE_BGV ? pa_he_log2((double)context->plain_modulus) : 0;
}

/* Rounding of `size` polynomials: variance (1 + 2N/3 + ...) / 12. */
static inline double pa_he_noise_rounding(const pyaccel_he_context *context, uint32_t size)
{
    double variance = 0, power = 1;
    for (uint32_t k = 0; k < size; k++) {
        variance += power / 12;
        power *= 2.0 / 3 * (double)context->degree;
    }
    return pa_he_log2(variance) / 2 + pa_he_noise_unit(context);
}

/* Key switching at a level: sum over digits N D^2 / 12 sigma^2 / P^2, and rounding. */
static inline double pa_he_noise_switching(const pyaccel_he_context *context, uint32_t level)
{
    const uint32_t end = context->level_end[level];
    double variance = -1000;
    for (uint32_t d = 0, first = 0; first < end; first = context->digit_end[d++]) {
        double digit = 0;
        for (uint32_t i = first; i < end && i < context->digit_end[d]; i++) {
            digit += pa_he_log2((double)context->ntt[i].modulus.q);
        }
        variance = pa_he_log2_sum(variance, 2 * digit);
    }
    const double switched =
        (variance + pa_he_log_degree(context) + pa_he_log2(PA_HE_ERROR_VARIANCE / 12)) / 2 -
        context->constants->log2_special + pa_he_noise_unit(context);
    return pa_he_noise_sum(switched, pa_he_noise_rounding(context, 2));
}

/* Division of `size` polynomials by 2^bits. */
static inline double pa_he_noise_divided(const pyaccel_he_context *context, double noise,
                                         double bits, uint32_t size)
{
    return pa_he_noise_sum(noise - bits, pa_he_noise_rounding(context, size));
}

/* CKKS: product of what has these errors, and slots of size `scale`. */
static inline double pa_he_noise_crossed(const pyaccel_he_context *context, double noise,
                                         double scale, double other_noise, double other_scale)
{
    const double crossed =
        pa_he_noise_sum(noise + pa_he_log2(other_scale), other_noise + pa_he_log2(scale));
    return pa_he_noise_sum(crossed, noise + other_noise + pa_he_log_degree(context) / 2);
}

/* Product of two ciphertexts. BFV: quotients (c0 + c1 s) / Q of variance N / 18, both times t;
 * BGV: of the phases. */
static inline double pa_he_noise_product(const pyaccel_he_ciphertexts *a,
                                         const pyaccel_he_ciphertexts *b)
{
    const pyaccel_he_context *context = a->context;
    const double half = pa_he_log_degree(context) / 2;
    if (context->scheme == PYACCEL_HE_CKKS) {
        return pa_he_noise_crossed(context, a->noise, a->scale, b->noise, b->scale);
    }
    if (context->scheme == PYACCEL_HE_BGV) {
        return a->noise + b->noise + half;
    }
    const double product = pa_he_log2((double)context->plain_modulus) + 2 * half -
                           pa_he_log2(18) / 2 + pa_he_noise_sum(a->noise, b->noise);
    return pa_he_noise_sum(product, pa_he_noise_rounding(context, 3));
}

/* Product with a plaintext of that scale, whose encoding rounded (CKKS), or with coefficients spread over (-t / 2, t / 2]. */
static inline double pa_he_noise_plain_product(const pyaccel_he_ciphertexts *a, double scale)
{
    const pyaccel_he_context *context = a->context;
    if (context->scheme == PYACCEL_HE_CKKS) {
        return pa_he_noise_crossed(context, a->noise, a->scale, pa_he_noise_rounding(context, 1),
                                   scale);
    }
    return a->noise + pa_he_log2((double)context->plain_modulus) - pa_he_log2(12) / 2 +
           pa_he_log_degree(context) / 2;
}

/* log2(Q / (2 peak)) of what decryption rounds: a budget in bits, not below 0. CKKS: log2(Q / scale). */
static inline double pa_he_noise_budget(const pyaccel_he_ciphertexts *a)
{
    const pyaccel_he_context *context = a->context;
    const double modulus = context->constants->log2_q[a->level];
    if (context->scheme == PYACCEL_HE_CKKS) {
        return modulus - pa_he_log2(a->scale);
    }
    const double times =
        context->scheme == PYACCEL_HE_BFV ? pa_he_log2((double)context->plain_modulus) : 0;
    const double budget = modulus - 1 - a->noise - times - PA_HE_NOISE_PEAK;
    return budget < 0 ? 0 : budget;
}

#endif
