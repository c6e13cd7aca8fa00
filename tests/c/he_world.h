/* SPDX-License-Identifier: Apache-2.0 */
/* Rings of small degree in plain integers: what tests of HE operations compare with. Polynomials are residues of their
 * coefficients, [prime][coefficient], multiplied by schoolbook; integers behind them are 128 bits wide. */
#ifndef PA_TEST_HE_WORLD_H
#define PA_TEST_HE_WORLD_H

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "he/rns.h"
#include "random.h"

__extension__ typedef __int128 integer;
__extension__ typedef unsigned __int128 natural;

#define MOST_N 64
#define MOST_PRIMES 16
typedef struct {
    uint64_t r[MOST_PRIMES][MOST_N];
} poly;

static inline uint64_t prime_of(const pyaccel_he_context *context, uint32_t i)
{
    return context->ntt[i].modulus.q;
}

static inline uint32_t all_primes(const pyaccel_he_context *context)
{
    return context->q_count + context->p_count;
}

static inline uint64_t mulmod(uint64_t a, uint64_t b, uint64_t q)
{
    return (uint64_t)((natural)a * b % q);
}

static inline uint64_t powmod(uint64_t a, uint64_t e, uint64_t q)
{
    uint64_t r = 1 % q;
    for (; e != 0; e /= 2, a = mulmod(a, a, q)) {
        r = e % 2 != 0 ? mulmod(r, a, q) : r;
    }
    return r;
}

/* 1 / a modulo any m, by search of the cofactor: tests take small t and primes. */
static inline uint64_t invmod(uint64_t a, uint64_t m)
{
    int64_t r0 = (int64_t)m, r1 = (int64_t)(a % m), x0 = 0, x1 = 1;
    while (r1 != 0) {
        const int64_t k = r0 / r1, r2 = r0 - k * r1, x2 = x0 - k * x1;
        r0 = r1, r1 = r2, x0 = x1, x1 = x2;
    }
    return (uint64_t)(x0 < 0 ? x0 + (int64_t)m : x0);
}

/* Residue of a signed integer. */
static inline uint64_t residue(integer a, uint64_t q)
{
    const integer r = a % (integer)q;
    return (uint64_t)(r < 0 ? r + (integer)q : r);
}

/* ---- polynomials -------------------------------------------------------------------------------- */

/* out = a b modulo X^N + 1 and primes 0 .. all - 1. */
static inline poly poly_mul(const pyaccel_he_context *context, const poly *a, const poly *b)
{
    poly out = {0};
    const size_t n = context->degree;
    for (uint32_t p = 0; p < all_primes(context); p++) {
        const uint64_t q = prime_of(context, p);
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < n; j++) {
                const uint64_t x = mulmod(a->r[p][i], b->r[p][j], q);
                uint64_t *to = &out.r[p][(i + j) % n];
                *to = (*to + (i + j < n ? x : q - x)) % q;
            }
        }
    }
    return out;
}

/* out = a + c b */
static inline poly poly_add(const pyaccel_he_context *context, const poly *a, const poly *b,
                            integer c)
{
    poly out = {0};
    for (uint32_t p = 0; p < all_primes(context); p++) {
        const uint64_t q = prime_of(context, p);
        for (size_t i = 0; i < context->degree; i++) {
            out.r[p][i] = (a->r[p][i] + mulmod(b->r[p][i], residue(c, q), q)) % q;
        }
    }
    return out;
}

static inline poly poly_of(const pyaccel_he_context *context, const int64_t *coefficients)
{
    poly out = {0};
    for (uint32_t p = 0; p < all_primes(context); p++) {
        for (size_t i = 0; i < context->degree; i++) {
            out.r[p][i] = residue(coefficients[i], prime_of(context, p));
        }
    }
    return out;
}

static inline poly poly_random(const pyaccel_he_context *context)
{
    poly out = {0};
    for (uint32_t p = 0; p < all_primes(context); p++) {
        for (size_t i = 0; i < context->degree; i++) {
            out.r[p][i] = (random_word() >> 1) % prime_of(context, p);
        }
    }
    return out;
}

/* a(X^g) */
static inline poly poly_turn(const pyaccel_he_context *context, const poly *a, uint32_t g)
{
    poly out = {0};
    const size_t n = context->degree;
    for (uint32_t p = 0; p < all_primes(context); p++) {
        for (size_t i = 0; i < n; i++) {
            const size_t to = i * g % (2 * n);
            const uint64_t x = a->r[p][i];
            out.r[p][to % n] = to < n || x == 0 ? x : prime_of(context, p) - x;
        }
    }
    return out;
}

/* ---- the integers behind residues ------------------------------------------------------------- */

static inline natural product_of(const pyaccel_he_context *context, uint32_t first, uint32_t end)
{
    natural product = 1;
    for (uint32_t p = first; p < end; p++) {
        product *= prime_of(context, p);
    }
    return product;
}

/* The integer of coefficient i modulo the primes listed, in (-M / 2, M / 2]: mixed radix (Garner), M below 2^126. */
static inline integer integer_of(const pyaccel_he_context *context, const poly *a, size_t i,
                                 const uint32_t *primes, uint32_t count)
{
    natural value = 0, product = 1;
    for (uint32_t k = 0; k < count; k++) {
        const uint64_t q = prime_of(context, primes[k]);
        const uint64_t difference = (a->r[primes[k]][i] + q - (uint64_t)(value % q)) % q;
        value += product * mulmod(difference, invmod((uint64_t)(product % q), q), q);
        product *= q;
    }
    return value > product / 2 ? (integer)value - (integer)product : (integer)value;
}

/* ---- rows ------------------------------------------------------------------------------------- */

static inline uint32_t reversed(uint32_t j, unsigned bits)
{
    return bits == 0 ? 0 : (j & 1) << (bits - 1) | reversed(j >> 1, bits - 1);
}

/* Row of prime p: NTT form by its definition, or coefficients. */
static inline void put_row(const pyaccel_he_context *context, pa_he_word *row, const uint64_t *a,
                           uint32_t p, bool ntt)
{
    const size_t n = context->degree;
    const uint64_t q = prime_of(context, p);
    uint64_t canonical[MOST_N] __attribute__((aligned(64)));
    for (uint32_t j = 0; j < n; j++) {
        const uint64_t x = powmod(context->ntt[p].psi, 2 * reversed(j, context->log_degree) + 1, q);
        uint64_t sum = 0;
        for (size_t i = n; i-- > 0;) {
            sum = (mulmod(sum, x, q) + a[i]) % q;
        }
        canonical[ntt ? context->order[j] : j] = ntt ? sum : a[j];
    }
    context->kernels->import(row, canonical, n, &context->ntt[p].modulus);
}

/* Coefficients of an NTT row, by the inverse transform's definition. */
static inline void get_row(const pyaccel_he_context *context, uint64_t *a, const pa_he_word *row,
                           uint32_t p, bool ntt)
{
    const size_t n = context->degree;
    const uint64_t q = prime_of(context, p), inverse = invmod(n, q),
                   back = invmod(context->ntt[p].psi, q);
    uint64_t values[MOST_N] __attribute__((aligned(64)));
    context->kernels->export(values, row, n, &context->ntt[p].modulus);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t sum = 0;
        for (uint32_t j = 0; j < n; j++) {
            const uint64_t e = 2 * reversed(j, context->log_degree) + 1;
            sum = (sum + mulmod(values[context->order[j]], powmod(back, e * i, q), q)) % q;
        }
        a[i] = ntt ? mulmod(sum, inverse, q) : values[i];
    }
}

static inline void put_rows(const pyaccel_he_context *context, pa_he_word *words, const poly *a,
                            uint32_t first, uint32_t end, bool ntt)
{
    for (uint32_t p = first; p < end; p++, words += context->stride) {
        put_row(context, words, a->r[p], p, ntt);
    }
}

static inline poly get_rows(const pyaccel_he_context *context, const pa_he_word *words,
                            uint32_t first, uint32_t end, bool ntt)
{
    poly out = {0};
    for (uint32_t p = first; p < end; p++, words += context->stride) {
        get_row(context, out.r[p], words, p, ntt);
    }
    return out;
}

static inline bool same_rows(const pyaccel_he_context *context, const poly *a, const poly *b,
                             uint32_t first, uint32_t end)
{
    bool same = true;
    for (uint32_t p = first; p < end; p++) {
        same = same && memcmp(a->r[p], b->r[p], context->degree * sizeof(uint64_t)) == 0;
    }
    return same;
}

/* ---- contexts --------------------------------------------------------------------------------- */

#define WITH_MODULI(...)                                                                           \
    .moduli_bits = {__VA_ARGS__},                                                                  \
    .moduli_count = sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t)

/* A context without claims of security. */
static inline pyaccel_he_context *context_of(pyaccel_he_parameters parameters)
{
    parameters.struct_size = sizeof parameters;
    parameters.standard = PYACCEL_HE_STANDARD_NONE;
    parameters.scale = parameters.scheme == PYACCEL_HE_CKKS ? 0x1p30 : 0;
    pyaccel_he_context *context;
    CHECK(pyaccel_he_context_new(&context, &parameters) == PYACCEL_OK);
    if (context == NULL) {
        exit(finish());
    }
    return context;
}

static inline pa_he_word *rows_of(const pyaccel_he_context *context, size_t rows)
{
    const size_t bytes = (pa_he_rows_bytes(context, rows) + 63) / 64 * 64;
    pa_he_word *words = aligned_alloc(64, bytes);
    memset(words, 0, bytes);
    return words;
}

/* ---- variants --------------------------------------------------------------------------------- */

/* Runs test once for each HE variant of this machine. */
static inline void each_variant(void (*test)(void))
{
    for (uint32_t i = 0; i < pyaccel_variant_count(); i++) {
        pyaccel_variant variant;
        CHECK(pyaccel_variant_get(&variant, i) == PYACCEL_OK);
        if (strcmp(variant.family, "he") == 0 && variant.runnable) {
            CHECK(pyaccel_cpu_select(variant.variant) == PYACCEL_OK); /* a level each */
            const unsigned failed = checks_failed;
            test();
            printf("%s: %s\n", variant.variant, checks_failed == failed ? "right" : "WRONG");
        }
    }
    CHECK(pyaccel_cpu_select(NULL) == PYACCEL_OK);
}

#endif
