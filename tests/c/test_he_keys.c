/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of every shape against their definitions in plain integers, and what is refused. */
#include "he_keys.h"

static bool same_words(const pyaccel_he_context *context, const pa_he_word *a, const pa_he_word *b,
                       size_t rows)
{
    bool same = true;
    for (size_t r = 0; r < rows; r++) {
        same = same && memcmp(a + r * context->stride, b + r * context->stride,
                              context->degree * sizeof *a) == 0;
    }
    return same;
}

/* ---- secret and public ------------------------------------------------------------------------- */

static void check_pair(pyaccel_he_context *context)
{
    poly s, pair[2];
    pyaccel_he_secret_key *secret = new_secret(context, &s);
    const poly found = get_rows(context, secret->words, 0, all_primes(context), true);
    CHECK(same_poly(context, &found, &s));

    pyaccel_he_public_key *public_key = new_public(secret, pair);
    pa_he_seeds seeds;
    CHECK(pa_he_draw(&seeds, &seeded_options) == PYACCEL_OK);
    CHECK(memcmp(public_key->seed, seeds.published, 32) == 0);
    const poly a =
        uniform(context, (pa_he_stream){.seed = seeds.published, .purpose = PA_HE_PUBLIC_UNIFORM});
    const pa_he_stream stream = {.seed = seeds.secret, .purpose = PA_HE_PUBLIC_ERROR};
    const poly e = drawn(context, &stream, false), b = masked(context, &e, &a, &s, NULL);
    CHECK(same_poly(context, &pair[1], &a) && same_poly(context, &pair[0], &b));

    /* of another seed, and of none */
    pyaccel_he_public_key *other;
    CHECK(pyaccel_he_public_key_new(&other, secret, NULL) == PYACCEL_OK);
    CHECK(memcmp(other->seed, public_key->seed, 32) != 0);
    pyaccel_he_public_key_free(other);
    pyaccel_he_public_key_free(public_key);
    pyaccel_he_secret_key_free(secret);
}

/* ---- switching keys ---------------------------------------------------------------------------- */

static void check_switching_key(const pyaccel_he_context *context, const pa_he_switching_key *key,
                                const pa_he_seeds *seeds, const poly *s)
{
    const uint32_t rows = all_primes(context), g = key->element;
    uint32_t inverse = 1;
    while (g != 0 && inverse * g % (2 * context->degree) != 1) {
        inverse += 2;
    }
    const poly from = g == 0 ? poly_mul(context, s, s) : *s,
               to = g == 0 ? *s : poly_turn(context, s, inverse);
    uint32_t begin = 0;
    for (uint32_t d = 0; d < context->digit_count; begin = context->digit_end[d++]) {
        poly part = {0};
        for (uint32_t p = begin; p < context->digit_end[d]; p++) {
            uint64_t special = 1;
            for (uint32_t k = context->q_count; k < rows; k++) {
                special = mulmod(special, prime_of(context, k) % prime_of(context, p),
                                 prime_of(context, p));
            }
            for (size_t i = 0; i < context->degree; i++) {
                part.r[p][i] = mulmod(from.r[p][i], special, prime_of(context, p));
            }
        }
        const pa_he_stream stream = {
            .seed = seeds->secret, .purpose = PA_HE_SWITCH_ERROR, .item = g, .digit = (uint16_t)d};
        const poly a = uniform(context, (pa_he_stream){.seed = seeds->published,
                                                       .purpose = PA_HE_SWITCH_UNIFORM,
                                                       .item = g,
                                                       .digit = (uint16_t)d});
        const poly e = drawn(context, &stream, false);
        const poly b = masked(context, &e, &a, &to, &part);
        const pa_he_word *words = key->words + (size_t)2 * d * rows * context->stride;
        const poly found[2] = {get_rows(context, words, 0, rows, true),
                               get_rows(context, words + rows * context->stride, 0, rows, true)};
        CHECK(same_poly(context, &found[0], &b) && same_poly(context, &found[1], &a));
    }
}

static void check_permutation(const pyaccel_he_context *context, const pa_he_switching_key *key)
{
    const poly x = poly_random(context), turned = poly_turn(context, &x, key->element);
    pa_he_word *rows = rows_of(context, 2);
    put_row(context, rows, x.r[0], 0, true);
    context->kernels->permute(rows + context->stride, rows, key->permute, context->degree);
    const poly found = get_rows(context, rows + context->stride, 0, 1, true);
    CHECK(same_rows(context, &found, &turned, 0, 1));
    free(rows);
}

static void check_evaluation_keys(pyaccel_he_context *context)
{
    poly s;
    pyaccel_he_secret_key *secret = new_secret(context, &s);
    const uint32_t last = 2 * (uint32_t)context->degree - 1, asked[] = {5, last, 5, 1, 3, last};
    const uint32_t held[] = {0, 1, 3, 5, last};
    uint32_t elements[5] = {0};
    uint64_t count = 0;
    pyaccel_he_evaluation_keys *keys, *again, *few;
    const pa_he_seeds seeds = new_seeds();
    CHECK(pyaccel_he_evaluation_keys_new(&keys, secret, 1, asked, 6, &seeded_options) ==
          PYACCEL_OK);
    CHECK(memcmp(keys->seed, seeds.published, 32) == 0);
    CHECK(pyaccel_he_evaluation_keys_elements(NULL, &count, keys) == PYACCEL_OK && count == 5);
    CHECK(pyaccel_he_evaluation_keys_elements(elements, &count, keys) == PYACCEL_OK);
    CHECK(memcmp(elements, held, sizeof held) == 0);
    count = 4;
    CHECK(pyaccel_he_evaluation_keys_elements(elements, &count, keys) == PYACCEL_INVALID_ARGUMENT);
    for (uint32_t i = 0; i < keys->count; i++) {
        check_switching_key(context, &keys->keys[i], &seeds, &s);
        if (keys->keys[i].element != 0) {
            check_permutation(context, &keys->keys[i]);
        }
    }
    /* An element's key is the same whatever else is asked for, and by several threads. */
    pyaccel_he_options threads = seeded_options;
    threads.threads = 2;
    CHECK(pyaccel_he_evaluation_keys_new(&again, secret, 1, asked, 6, &threads) == PYACCEL_OK);
    CHECK(pyaccel_he_evaluation_keys_new(&few, secret, 0, asked, 1, &seeded_options) == PYACCEL_OK);
    CHECK(few->count == 1 && few->keys[0].element == 5);
    const size_t rows = (size_t)2 * context->digit_count * all_primes(context);
    CHECK(same_words(context, few->keys[0].words, keys->keys[3].words, rows));
    for (uint32_t i = 0; i < keys->count; i++) {
        CHECK(same_words(context, again->keys[i].words, keys->keys[i].words, rows));
    }
    pyaccel_he_evaluation_keys_free(few);
    pyaccel_he_evaluation_keys_free(again);
    pyaccel_he_evaluation_keys_free(keys);
    CHECK(pyaccel_he_evaluation_keys_new(&keys, secret, 0, NULL, 0, NULL) == PYACCEL_OK);
    CHECK(pyaccel_he_evaluation_keys_elements(NULL, &count, keys) == PYACCEL_OK && count == 0);
    pyaccel_he_evaluation_keys_free(keys);
    pyaccel_he_secret_key_free(secret);
}

static void test_keys(void)
{
    for (size_t i = 0; i < WORLDS; i++) {
        pyaccel_he_context *context = context_of(worlds[i]);
        check_pair(context);
        check_evaluation_keys(context);
        pyaccel_he_context_free(context);
    }
}

/* ---- bad arguments ------------------------------------------------------------------------------ */

static void test_refusals(void)
{
    pyaccel_he_context *context = context_of(worlds[0]);
    poly s;
    pyaccel_he_options bad = seeded_options;
    pyaccel_he_secret_key *secret = new_secret(context, &s), *other = secret;
    pyaccel_he_public_key *public_key = (pyaccel_he_public_key *)secret;
    pyaccel_he_evaluation_keys *keys = (pyaccel_he_evaluation_keys *)secret;
    bad.reserved = 1;
    CHECK(pyaccel_he_secret_key_new(NULL, context, NULL) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_he_secret_key_new(&other, NULL, NULL) == PYACCEL_INVALID_ARGUMENT);
    CHECK(other == NULL);
    CHECK(pyaccel_he_secret_key_new(&other, context, &bad) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_he_public_key_new(NULL, secret, NULL) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_he_public_key_new(&public_key, NULL, NULL) == PYACCEL_INVALID_ARGUMENT);
    CHECK(public_key == NULL);
    CHECK(pyaccel_he_public_key_new(&public_key, secret, &bad) == PYACCEL_INVALID_ARGUMENT);
    const uint32_t good[] = {3}, even[] = {3, 4}, large[] = {2 * 8 + 1};
#define REFUSED(...)                                                                               \
    do {                                                                                           \
        keys = (pyaccel_he_evaluation_keys *)secret;                                               \
        CHECK(pyaccel_he_evaluation_keys_new(&keys, __VA_ARGS__) == PYACCEL_INVALID_ARGUMENT);     \
        CHECK(keys == NULL);                                                                       \
    } while (0)
    REFUSED(NULL, 0, good, 1, NULL);
    REFUSED(secret, 2, good, 1, NULL);
    REFUSED(secret, 0, NULL, 1, NULL);
    REFUSED(secret, 0, even, 2, NULL);
    REFUSED(secret, 1, large, 1, NULL);
    REFUSED(secret, 0, good, UINT64_MAX, NULL);
    REFUSED(secret, 0, good, 1, &bad);
    CHECK(pyaccel_he_evaluation_keys_new(NULL, secret, 0, good, 1, NULL) ==
          PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_he_evaluation_keys_elements(NULL, NULL, NULL) == PYACCEL_INVALID_ARGUMENT);
    pyaccel_he_secret_key_free(NULL);
    pyaccel_he_public_key_free(NULL);
    pyaccel_he_evaluation_keys_free(NULL);
    pyaccel_he_context_free(context); /* the key keeps it */
    CHECK(pyaccel_he_public_key_new(&public_key, secret, NULL) == PYACCEL_OK);
    pyaccel_he_secret_key_free(secret);
    pyaccel_he_public_key_free(public_key);
}

int main(void)
{
    each_variant(test_keys);
    test_refusals();
    return finish();
}
