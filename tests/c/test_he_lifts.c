/* SPDX-License-Identifier: Apache-2.0 */
/* forward_lifted is forward of residues that are lifted exactly centred, for primes of every size on either side. */
#include "he_reference.h"

static const unsigned sizes[] = {20, 30, 40, 45, 46, 47, 48, 49, 50};
#define SIZES (sizeof sizes / sizeof *sizes)

static void check(const pa_he_kernels *kernels, pa_he_ntt *const *from, pa_he_ntt *to, size_t n)
{
    enum { ROWS = SIZES + 1 }; /* and one that is no lift */
    pa_he_word *rows[ROWS], *expected[ROWS], *sources[ROWS] = {NULL};
    const pa_he_modulus *moduli[ROWS] = {NULL};
    uint64_t *values = REF_ROW(n), *lifted = REF_ROW(n);
    for (size_t r = 0; r < ROWS; r++) {
        const bool lift = r < SIZES && from[r] != NULL;
        const uint64_t q = lift ? from[r]->modulus.q : to->modulus.q, p = to->modulus.q;
        rows[r] = REF_ROW(n);
        expected[r] = REF_ROW(n);
        ref_pattern(values, n, q, 6 + (unsigned)r % 3);
        for (size_t i = 0; i < n; i++) {
            lifted[i] = !lift                     ? values[i]
                        : values[i] > (q - 1) / 2 ? (p - (q - values[i]) % p) % p
                                                  : values[i] % p;
        }
        kernels->import(expected[r], lifted, n, &to->modulus);
        if (lift) {
            sources[r] = REF_ROW(n);
            moduli[r] = &from[r]->modulus;
            ref_import(kernels, sources[r], values, n, moduli[r], 3);
        } else {
            kernels->import(rows[r], lifted, n, &to->modulus);
        }
    }
    kernels->forward(expected, ROWS, to);
    kernels->forward_lifted(rows, (const pa_he_word *const *)sources, moduli, ROWS, to);
    for (size_t r = 0; r < ROWS; r++) {
        kernels->export(values, expected[r], n, &to->modulus);
        CHECK(ref_is(kernels, rows[r], values, n, &to->modulus));
        free(rows[r]);
        free(expected[r]);
        free(sources[r]);
    }
    free(values);
    free(lifted);
}

static void test(const pa_he_kernels *kernels)
{
    if (kernels->forward_lifted == NULL) {
        CHECK(kernels->forward != NULL);
        return;
    }
    for (unsigned log_degree = PA_HE_MIN_LOG_DEGREE; log_degree <= 15; log_degree++) {
        pa_he_ntt *rings[SIZES] = {NULL};
        for (size_t k = 0; k < SIZES; k++) {
            rings[k] = ring_new(kernels, ref_prime(sizes[k], log_degree), log_degree);
        }
        for (size_t k = 0; k < SIZES; k++) {
            pa_he_ntt *from[SIZES];
            memcpy(from, rings, sizeof from);
            from[k] = NULL; /* itself */
            check(kernels, from, rings[k], (size_t)1 << log_degree);
        }
        for (size_t k = 0; k < SIZES; k++) {
            ring_free(rings[k]);
        }
    }
}

int main(void)
{
    ref_each_variant(test);
    return finish();
}
