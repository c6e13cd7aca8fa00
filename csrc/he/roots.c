/* SPDX-License-Identifier: Apache-2.0 */
/* Roots of unity as doubles, rounded to the nearest: no two libraries of mathematics agree on the last bit, and every machine has to
 * encode alike. Fixed point with 126 bits behind the point; Taylor series, which end after some 32 terms. */
#include "../field/words.h"
#include "slots.h"

#define ONE ((pa_u128)1 << 126)

/* a b / 2^126, rounded down; a, b <= 2^127 */
static pa_u128 multiply(pa_u128 a, pa_u128 b)
{
    const uint64_t a0 = (uint64_t)a, a1 = (uint64_t)(a >> 64);
    const uint64_t b0 = (uint64_t)b, b1 = (uint64_t)(b >> 64);
    const pa_u128 low = (pa_u128)a0 * b0;
    const pa_u128 middle = (pa_u128)a0 * b1 + (uint64_t)(low >> 64);
    const pa_u128 other = (pa_u128)a1 * b0 + (uint64_t)middle;
    const pa_u128 high = (pa_u128)a1 * b1 + (uint64_t)(middle >> 64) + (uint64_t)(other >> 64);
    return high << 2 | (uint64_t)other >> 62;
}

/* cos and sin of pi k / 2^log, 0 <= k / 2^log <= 1/4, within 2^-120 */
static void circle(pa_u128 *cosine, pa_u128 *sine, uint64_t k, unsigned log)
{
    /* pi 2^126, rounded down */
    const pa_u128 pi = (pa_u128)0xc90fdaa22168c234 << 64 | 0xc4c6628b80dc1cd1;
    const pa_u128 angle = multiply(pi, (pa_u128)k << (126 - log));
    pa_u128 parts[2] = {ONE, 0}, term = ONE;
    for (unsigned i = 1; term != 0; i++) {
        term = multiply(term, angle) / i;
        if (i & 2) {
            parts[i & 1] -= term;
        } else {
            parts[i & 1] += term;
        }
    }
    *cosine = parts[0];
    *sine = parts[1];
}

/* As a double: the conversion rounds to the nearest, the product is exact. */
static double real(pa_u128 x)
{
    return (double)x * 0x1p-126;
}

/* e^(i pi k / 2^log), any k: by symmetry from the first eighth of the circle. */
static void root(double *re, double *im, uint64_t k, unsigned log)
{
    const uint64_t half = (uint64_t)1 << log, quarter = half / 2;
    k &= 2 * half - 1;
    const uint64_t quadrant = k / quarter;
    const uint64_t within = k % quarter;
    pa_u128 c, s;
    if (within <= quarter / 2) {
        circle(&c, &s, within, log);
    } else {
        circle(&s, &c, quarter - within, log);
    }
    const double x = real(c), y = real(s);
    *re = quadrant == 0 ? x : quadrant == 1 ? -y : quadrant == 2 ? -x : y;
    *im = quadrant == 0 ? y : quadrant == 1 ? x : quadrant == 2 ? -y : -x;
}

void pa_he_roots_fill(double *re, double *im, unsigned log_n)
{
    re[0] = im[0] = 0;
    /* Every exponent of stage s is odd times n / 2^(s + 1): its roots are those of order 2^(s + 3). */
    for (unsigned s = 0; s < log_n; s++) {
        uint64_t power = 1;
        for (size_t b = 0; b < (size_t)1 << s; b++) {
            root(&re[((size_t)1 << s) + b], &im[((size_t)1 << s) + b], power, s + 2);
            power = 5 * power & (((uint64_t)1 << (s + 3)) - 1);
        }
    }
}
