/* SPDX-License-Identifier: Apache-2.0 */
/* The discrete Gaussian of variance 12 on the integers. */
#ifndef PA_HE_GAUSSIAN_H
#define PA_HE_GAUSSIAN_H

#include <stdint.h>

/* T[k] = floor(2^63 P(|X| > k)), P(X = x) proportional to exp(-x^2 / 24). */
#define PA_HE_GAUSSIAN_TAILS 31
extern const uint64_t pa_he_gaussian_tails[PA_HE_GAUSSIAN_TAILS];

#endif
