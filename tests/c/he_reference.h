/* SPDX-License-Identifier: Apache-2.0 */
/* What tests of HE kernels share: plain arithmetic modulo q, rings, and rows of any representation. */
#ifndef PA_TEST_HE_REFERENCE_H
#define PA_TEST_HE_REFERENCE_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/internal.h"
#include "he/kernels.h"
#include "random.h"

__extension__ typedef unsigned __int128 wide;

static inline uint64_t ref_mul(uint64_t a, uint64_t b, uint64_t q)
{
    return (uint64_t)((wide)a * b % q);
}

static inline uint64_t ref_pow(uint64_t a, uint64_t e, uint64_t q)
{
    uint64_t r = 1 % q;
    for (; e != 0; e /= 2) {
        r = e % 2 != 0 ? ref_mul(r, a, q) : r;
        a = ref_mul(a, a, q);
    }
    return r;
}

/* bitrev over log_degree bits, by its definition. */
static inline uint32_t ref_bitrev(uint32_t j, unsigned bits)
{
    return bits == 0 ? 0 : (j & 1) << (bits - 1) | ref_bitrev(j >> 1, bits - 1);
}

/* a, of n coefficients, at x. */
static inline uint64_t ref_evaluate(const uint64_t *a, size_t n, uint64_t x, uint64_t q)
{
    uint64_t sum = 0;
    for (size_t i = n; i-- > 0;) {
        sum = (uint64_t)(((wide)sum * x + a[i]) % q);
    }
    return sum;
}

static inline void *ref_memory(size_t bytes)
{
    void *memory = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (memory == NULL) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    memset(memory, 0xa5, (bytes + 63) / 64 * 64);
    return memory;
}

#define REF_ROW(n) ref_memory((n) * sizeof(uint64_t))

/* ---- rings ----------------------------------------------------------------------------------- */

static inline pa_he_ntt *ring_new(const pa_he_kernels *kernels, uint64_t q, unsigned log_degree)
{
    pa_he_ntt *ring = ref_memory(sizeof *ring);
    CHECK(pa_he_modulus_set(&ring->modulus, q));
    ring->log_degree = log_degree;
    ring->psi = pa_he_root(&ring->modulus, log_degree);
    CHECK(ring->psi != 0 && kernels->ntt_words(log_degree) % 8 == 0);
    pa_he_word *table = REF_ROW(kernels->ntt_words(log_degree));
    kernels->ntt_fill(table, &ring->modulus, ring->psi, log_degree);
    ring->table = table;
    return ring;
}

static inline void ring_free(pa_he_ntt *ring)
{
    free((void *)(uintptr_t)ring->table);
    free(ring);
}

/* Primes of these sizes, as far as the kernels take them: the largest, that is. */
static const unsigned ref_sizes[] = {20, 30, 43, 47, 48, 49, 50, 60, 61};
#define REF_SIZES (sizeof ref_sizes / sizeof *ref_sizes)

static inline uint64_t ref_prime(unsigned bits, unsigned log_degree)
{
    uint64_t q = 0;
    CHECK(pa_he_primes_below(&q, 1, bits, log_degree, NULL, 0) == 1);
    return q;
}

/* ---- rows ------------------------------------------------------------------------------------ */

#define PATTERNS 9u
/* Canonical values at the bounds, alone and mixed. */
static inline void ref_pattern(uint64_t *out, size_t n, uint64_t q, unsigned pattern)
{
    const uint64_t bounds[] = {0, 1, q - 1, (q - 1) / 2, (q + 1) / 2, q - 2};
    for (size_t i = 0; i < n; i++) {
        out[i] = pattern < 5    ? bounds[pattern]
                 : pattern == 5 ? (i % 2 != 0 ? q - 1 : 0)
                 : pattern == 6 ? bounds[(random_word() >> 32) % 6]
                                : (random_word() >> 1) % q;
    }
}

/* Values as resident elements. Of doubles any representative within the bounds is one: forms 1 .. 3 are the largest, the
 * least, and either. */
#define FORMS 4u
static inline void ref_import(const pa_he_kernels *kernels, pa_he_word *row, const uint64_t *in,
                              size_t n, const pa_he_modulus *modulus, unsigned form)
{
    kernels->import(row, in, n, modulus);
    if (kernels->representation == PA_HE_DOUBLES && form != 0) {
        pa_he_double *real = (pa_he_double *)row;
        for (size_t i = 0; i < n; i++) {
            const bool up = form == 1 || (form == 3 && random_word() >> 63 != 0);
            real[i] = (double)in[i] + (up ? in[i] == 0 : -1) * (double)modulus->q;
        }
    }
}

/* Whether a row keeps to the bounds of its representation and stands for `expected`, which is left alone. */
static inline bool ref_is(const pa_he_kernels *kernels, const pa_he_word *row,
                          const uint64_t *expected, size_t n, const pa_he_modulus *modulus)
{
    bool good = true;
    for (size_t i = 0; i < n; i++) {
        if (kernels->representation == PA_HE_DOUBLES) {
            const double x = ((const pa_he_double *)row)[i];
            good = good && fabs(x) <= (double)modulus->q && rint(x) == x;
        } else {
            good = good && row[i] < modulus->q;
        }
    }
    uint64_t *values = REF_ROW(n);
    kernels->export(values, row, n, modulus);
    good = good && memcmp(values, expected, n * sizeof *values) == 0;
    free(values);
    return good;
}

/* ---- variants -------------------------------------------------------------------------------- */

/* Runs test on every variant that this machine can run, the emulated ones too. */
static inline void ref_each_variant(void (*test)(const pa_he_kernels *))
{
    for (uint32_t i = 0; i < pyaccel_variant_count(); i++) {
        pyaccel_variant variant;
        CHECK(pyaccel_variant_get(&variant, i) == PYACCEL_OK);
        if (strcmp(variant.family, "he") != 0 || !variant.runnable) {
            continue;
        }
        CHECK(pyaccel_cpu_select(variant.variant) == PYACCEL_OK); /* a level each */
        const unsigned failed = checks_failed;
        test(pa_bound(PA_FAMILY_HE));
        printf("%s: %s\n", variant.variant, checks_failed == failed ? "right" : "WRONG");
    }
}

#endif
