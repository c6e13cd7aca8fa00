/* SPDX-License-Identifier: Apache-2.0 */
/* Logarithms of noise, without libm: the same everywhere. */
#ifndef PA_HE_LOG2_H
#define PA_HE_LOG2_H

#include <stdint.h>
#include <string.h>

/* log2(x) to 2^-40, x normal and positive: x = 2^e m, m in [1/sqrt(2), sqrt(2)), ln m = 2 artanh((m - 1) / (m + 1)). */
static inline double pa_he_log2(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int64_t exponent = (int64_t)(bits >> 52) - 1023;
    bits = (bits & (((uint64_t)1 << 52) - 1)) | (uint64_t)1023 << 52;
    double m;
    memcpy(&m, &bits, sizeof m);
    if (m > 1.4142135623730951) {
        m /= 2;
        exponent++;
    }
    const double z = (m - 1) / (m + 1), square = z * z;
    double sum = 0; /* |z| < 0.172: the next term is below 2^-45 */
    for (int k = 17; k > 0; k -= 2) {
        sum = sum * square + 1.0 / k;
    }
    return (double)exponent + 2 * 1.4426950408889634 * z * sum;
}

/* 2^x to 2^-40 relative; 0 below -1000; x <= 1000. */
static inline double pa_he_exp2(double x)
{
    if (x < -1000) {
        return 0;
    }
    const int64_t whole = (int64_t)(x + 2000.5) - 2000;
    const double y = (x - (double)whole) * 0.6931471805599453; /* |y| <= 0.35 */
    double sum = 1;
    for (int k = 13; k > 0; k--) {
        sum = 1 + sum * y / k;
    }
    const uint64_t bits = (uint64_t)(whole + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return power * sum;
}

/* log2(2^a + 2^b) */
static inline double pa_he_log2_sum(double a, double b)
{
    const double larger = a > b ? a : b, smaller = a > b ? b : a;
    return larger + pa_he_log2(1 + pa_he_exp2(smaller - larger));
}

#endif
