/* SPDX-License-Identifier: Apache-2.0 */
/* Keys as plain integers: what tests of keys, encryption and decryption compare with. */
#ifndef PA_TEST_HE_KEYS_H
#define PA_TEST_HE_KEYS_H

#include "he/chacha20.h"
#include "he/sampling.h"
#include "he_world.h"

/* Parameters that differ in what the code does: one special prime and several, moduli split into primes, digits of several
 * primes, t of every size. */
static const pyaccel_he_parameters worlds[] = {
    {.scheme = PYACCEL_HE_CKKS, .degree = 8, WITH_MODULI(40, 30, 30)},
    {.scheme = PYACCEL_HE_CKKS,
     .degree = 32,
     WITH_MODULI(26, 24, 24),
     .special_bits = 50,
     .digits = 2},
    {.scheme = PYACCEL_HE_CKKS, .degree = 64, WITH_MODULI(60), .special_bits = 60},
    {.scheme = PYACCEL_HE_BFV, .degree = 16, WITH_MODULI(30, 30), .plain_modulus = 65537},
    {.scheme = PYACCEL_HE_BFV, .degree = 8, WITH_MODULI(22, 22, 22), .plain_modulus = 2},
    {.scheme = PYACCEL_HE_BFV,
     .degree = 32,
     WITH_MODULI(52, 28),
     .special_bits = 44,
     .plain_modulus = ((uint64_t)1 << 40) - 87},
    {.scheme = PYACCEL_HE_BFV,
     .degree = 16,
     WITH_MODULI(21, 20, 20),
     .digits = 2,
     .plain_modulus = 1000},
    {.scheme = PYACCEL_HE_BGV, .degree = 16, WITH_MODULI(30, 30), .plain_modulus = 65537},
    {.scheme = PYACCEL_HE_BGV,
     .degree = 32,
     WITH_MODULI(26, 24, 24),
     .special_bits = 50,
     .digits = 2,
     .plain_modulus = 256},
    {.scheme = PYACCEL_HE_BGV,
     .degree = 8,
     WITH_MODULI(52, 28),
     .plain_modulus = ((uint64_t)1 << 40) - 87},
};
#define WORLDS (sizeof worlds / sizeof *worlds)

static uint8_t master[32];
static const pyaccel_he_options seeded_options = {.struct_size = sizeof(pyaccel_he_options),
                                                  .insecure_test_seed = master};

/* A master seed that no call before had, and what follows from it. */
static inline pa_he_seeds new_seeds(void)
{
    pa_he_seeds seeds;
    random_bytes(master, sizeof master);
    CHECK(pa_he_draw(&seeds, &seeded_options) == PYACCEL_OK);
    return seeds;
}

/* times what a stream draws: ternary or errors. */
static inline poly drawn(const pyaccel_he_context *context, const pa_he_stream *stream,
                         bool ternary)
{
    int32_t numbers[MOST_N];
    int64_t wide[MOST_N];
    const pa_he_source source = pa_he_source_bound();
    const bool bgv = context->scheme == PYACCEL_HE_BGV;
    (ternary ? pa_he_ternary : pa_he_error)(numbers, context->degree, stream, &source);
    for (size_t i = 0; i < context->degree; i++) {
        wide[i] = numbers[i] * (bgv && !ternary ? (int64_t)context->plain_modulus : 1);
    }
    return poly_of(context, wide);
}

static inline poly uniform(const pyaccel_he_context *context, pa_he_stream stream)
{
    poly out = {0};
    const pa_he_source source = pa_he_source_bound();
    for (uint32_t p = 0; p < all_primes(context); p++) {
        uint64_t canonical[MOST_N];
        pa_he_word row[MOST_N] __attribute__((aligned(64)));
        stream.row = (uint16_t)p;
        pa_he_uniform(canonical, context->degree, &context->ntt[p].modulus, &stream, &source);
        for (size_t j = 0; j < context->degree; j++) {
            row[context->order[j]] = canonical[j];
        }
        context->kernels->import(row, row, context->degree, &context->ntt[p].modulus);
        get_row(context, out.r[p], row, p, true);
    }
    return out;
}

static inline bool same_poly(const pyaccel_he_context *context, const poly *a, const poly *b)
{
    return same_rows(context, a, b, 0, all_primes(context));
}

/* e - a s + c g */
static inline poly masked(const pyaccel_he_context *context, const poly *e, const poly *a,
                          const poly *s, const poly *g)
{
    const poly product = poly_mul(context, a, s);
    const poly b = poly_add(context, e, &product, -1);
    return g == NULL ? b : poly_add(context, &b, g, 1);
}

/* A key whose s is known. */
static inline pyaccel_he_secret_key *new_secret(pyaccel_he_context *context, poly *s)
{
    pyaccel_he_secret_key *key;
    const pa_he_seeds seeds = new_seeds();
    const pa_he_stream stream = {.seed = seeds.secret, .purpose = PA_HE_SECRET};
    CHECK(pyaccel_he_secret_key_new(&key, context, &seeded_options) == PYACCEL_OK);
    *s = drawn(context, &stream, true);
    return key;
}

/* (b, a) as coefficients. */
static inline pyaccel_he_public_key *new_public(const pyaccel_he_secret_key *secret, poly pair[2])
{
    pyaccel_he_public_key *key;
    const pyaccel_he_context *context = secret->context;
    new_seeds();
    CHECK(pyaccel_he_public_key_new(&key, secret, &seeded_options) == PYACCEL_OK);
    for (uint32_t k = 0; k < 2; k++) {
        pair[k] = get_rows(context, key->words + k * all_primes(context) * context->stride, 0,
                           all_primes(context), true);
    }
    return key;
}

#endif
