/* SPDX-License-Identifier: Apache-2.0 */
/* Encryption, decryption and noise budgets against their definitions in plain integers. */
#include <math.h>

#include "he/evaluate.h"
#include "he_keys.h"

#define ITEMS 3u

/* ---- plaintexts --------------------------------------------------------------------------------- */

/* ITEMS random plaintexts at a level; messages[i]: what each adds to a phase, modulo the level's primes. */
static pyaccel_he_plaintexts *new_plaintexts(pyaccel_he_context *context, uint32_t level,
                                             poly messages[ITEMS])
{
    const uint64_t t = context->plain_modulus;
    const uint32_t rows = context->level_end[level];
    pyaccel_he_plaintexts *made =
        pa_he_plaintexts_make(context, ITEMS, t == 0 ? PA_HE_PLAIN_NTT : PA_HE_PLAIN_MOD_T, level);
    const natural q = product_of(context, 0, rows);
    made->scale = t == 0 ? 0x1p20 : 1;
    for (uint32_t item = 0; item < ITEMS; item++) {
        int64_t numbers[MOST_N];
        memset(&messages[item], 0, sizeof messages[item]);
        for (size_t i = 0; i < context->degree; i++) {
            const uint64_t m = i == 0   ? 0
                               : i == 1 ? t - 1
                               : i == 2 ? t / 2
                               : i == 3 ? t - t / 2
                                        : (random_word() >> 1) % (t + (t == 0));
            if (t == 0) {
                numbers[i] = (int64_t)(random_word() >> 40) - (1 << 23);
                continue;
            }
            made->words[item * context->stride + i] = m % t;
            numbers[i] = (int64_t)(m % t) - (2 * (m % t) > t ? (int64_t)t : 0);
            for (uint32_t p = 0; p < rows && context->scheme == PYACCEL_HE_BFV; p++) {
                messages[item].r[p][i] =
                    (uint64_t)((q * (m % t) + t / 2) / t % prime_of(context, p));
            }
        }
        if (context->scheme != PYACCEL_HE_BFV) {
            messages[item] = poly_of(context, numbers);
        }
        if (t == 0) {
            put_rows(context, made->words + item * rows * context->stride, &messages[item], 0, rows,
                     true);
        }
    }
    return made;
}

static bool same_integers(const pyaccel_he_plaintexts *a, const pyaccel_he_plaintexts *b)
{
    bool same = a->form == b->form && a->level == b->level && a->count == b->count;
    for (uint64_t i = 0; same && i < a->count; i++) {
        same = memcmp(a->words + i * a->context->stride, b->words + i * b->context->stride,
                      a->context->degree * sizeof *a->words) == 0;
    }
    return same;
}

/* ---- ciphertexts -------------------------------------------------------------------------------- */

static poly part_of(const pyaccel_he_ciphertexts *ciphertexts, uint64_t item, uint32_t k)
{
    return get_rows(ciphertexts->context, pa_he_part(ciphertexts, item, k), 0, ciphertexts->rows,
                    true);
}

/* [a]_m in (-m / 2, m / 2] */
static integer centre(integer a, integer m)
{
    const integer r = (a % m + m) % m;
    return 2 * r > m ? r - m : r;
}

/* x divided by P, rounded; of BGV so that it is x / P modulo t. */
static poly divided(const pyaccel_he_context *context, const poly *x)
{
    uint32_t in[MOST_PRIMES];
    poly out = {0};
    natural special = 1;
    const integer t = (integer)context->plain_modulus;
    for (uint32_t k = 0; k < context->p_count; k++) {
        in[k] = context->q_count + k;
        special *= prime_of(context, in[k]);
    }
    for (size_t i = 0; i < context->degree; i++) {
        integer delta = integer_of(context, x, i, in, context->p_count), u = 0;
        if (context->scheme == PYACCEL_HE_BGV) {
            const uint64_t inverse = invmod((uint64_t)(special % (natural)t), (uint64_t)t);
            u = centre(centre(delta, t) * (integer)inverse, t);
        }
        for (uint32_t p = 0; p < context->q_count; p++) {
            const uint64_t q = prime_of(context, p), d = (uint64_t)(special % q);
            const integer a = (integer)x->r[p][i] - (integer)residue(delta, q) +
                              (integer)mulmod(d, residue(u, q), q);
            out.r[p][i] = mulmod(residue(a, q), invmod(d, q), q);
        }
    }
    return out;
}

static void check_public(pyaccel_he_context *context, uint32_t level,
                         const pyaccel_he_public_key *key, const poly pair[2])
{
    poly messages[ITEMS];
    pyaccel_he_plaintexts *plaintexts = new_plaintexts(context, level, messages);
    pyaccel_he_ciphertexts *made, *threaded;
    const pa_he_seeds seeds = new_seeds();
    CHECK(pyaccel_he_encrypt(&made, key, plaintexts, &seeded_options) == PYACCEL_OK);
    CHECK(made->count == ITEMS && made->size == 2 && made->level == level && !made->seeded);
    CHECK(made->factor == 1 && made->scale == plaintexts->scale);
    for (uint32_t i = 0; i < ITEMS; i++) {
        pa_he_stream stream = {.seed = seeds.secret, .purpose = PA_HE_ENCRYPT_TERNARY, .item = i};
        const poly u = drawn(context, &stream, true);
        for (uint32_t k = 0; k < 2; k++) {
            stream.purpose = k == 0 ? PA_HE_ENCRYPT_ERROR_0 : PA_HE_ENCRYPT_ERROR_1;
            const poly e = drawn(context, &stream, false),
                       product = poly_mul(context, &pair[k], &u),
                       x = poly_add(context, &product, &e, 1);
            poly expected = divided(context, &x);
            if (k == 0) {
                expected = poly_add(context, &expected, &messages[i], 1);
            }
            const poly found = part_of(made, i, k);
            CHECK(same_rows(context, &found, &expected, 0, made->rows));
        }
    }
    pyaccel_he_options threads = seeded_options;
    threads.threads = 2;
    CHECK(pyaccel_he_encrypt(&threaded, key, plaintexts, &threads) == PYACCEL_OK);
    for (uint32_t i = 0; i < 2 * ITEMS; i++) {
        const poly a = part_of(made, i / 2, i % 2), b = part_of(threaded, i / 2, i % 2);
        CHECK(same_rows(context, &a, &b, 0, made->rows));
    }
    pyaccel_he_ciphertexts_free(threaded);
    pyaccel_he_ciphertexts_free(made);
    pyaccel_he_plaintexts_free(plaintexts);
}

static void check_seeded(pyaccel_he_context *context, uint32_t level,
                         const pyaccel_he_secret_key *key, const poly *s)
{
    poly messages[ITEMS];
    pyaccel_he_plaintexts *plaintexts = new_plaintexts(context, level, messages);
    pyaccel_he_ciphertexts *made;
    const pa_he_seeds seeds = new_seeds();
    CHECK(pyaccel_he_encrypt_secret(&made, key, plaintexts, &seeded_options) == PYACCEL_OK);
    CHECK(made->seeded && memcmp(made->seed, seeds.published, 32) == 0);
    for (uint32_t i = 0; i < ITEMS; i++) {
        const pa_he_stream stream = {
            .seed = seeds.secret, .purpose = PA_HE_SEEDED_ERROR, .item = i};
        const poly e = drawn(context, &stream, false);
        const poly a = uniform(
            context,
            (pa_he_stream){.seed = seeds.published, .purpose = PA_HE_SEEDED_UNIFORM, .item = i});
        const poly c0 = masked(context, &e, &a, s, &messages[i]);
        const poly found[2] = {part_of(made, i, 0), part_of(made, i, 1)};
        CHECK(same_rows(context, &found[0], &c0, 0, made->rows));
        CHECK(same_rows(context, &found[1], &a, 0, made->rows));
    }
    pyaccel_he_plaintexts *back;
    CHECK(pyaccel_he_decrypt(&back, key, made, 0, NULL) == PYACCEL_OK);
    CHECK(context->plain_modulus == 0 || same_integers(back, plaintexts));
    pyaccel_he_plaintexts_free(back);
    pyaccel_he_ciphertexts_free(made);
    pyaccel_he_plaintexts_free(plaintexts);
}

/* ---- decryption --------------------------------------------------------------------------------- */

/* Any ciphertext whatever, of 2 or 3 parts and any factor, and its budget. */
static void check_decryption(pyaccel_he_context *context, uint32_t level,
                             const pyaccel_he_secret_key *key, const poly *s, uint32_t size)
{
    const uint32_t rows = context->level_end[level];
    const uint64_t t = context->plain_modulus;
    uint32_t primes[MOST_PRIMES];
    pyaccel_he_ciphertexts *made = pa_he_ciphertexts_make(context, ITEMS, size, level);
    poly phases[ITEMS];
    if (context->scheme == PYACCEL_HE_BGV) {
        made->factor = t / 2 * 2 - 1; /* odd: t is a prime or a power of two */
    }
    for (uint32_t p = 0; p < rows; p++) {
        primes[p] = p;
    }
    for (uint32_t i = 0; i < ITEMS; i++) {
        poly power = *s;
        for (uint32_t k = 0; k < size; k++) {
            const poly part = poly_random(context);
            put_rows(context, pa_he_part(made, i, k), &part, 0, rows, true);
            const poly term = k == 0 ? part : poly_mul(context, &part, &power);
            phases[i] = k == 0 ? part : poly_add(context, &phases[i], &term, 1);
            power = k == 0 ? power : poly_mul(context, &power, s);
        }
    }
    pyaccel_he_plaintexts *back;
    double bits[ITEMS];
    CHECK(pyaccel_he_decrypt(&back, key, made, 0, NULL) == PYACCEL_OK);
    CHECK(back->count == ITEMS);
    CHECK(pyaccel_he_noise_budget(bits, key, made) ==
          (t == 0 ? PYACCEL_INVALID_ARGUMENT : PYACCEL_OK));
    const integer q = (integer)product_of(context, 0, rows);
    for (uint32_t i = 0; i < ITEMS; i++) {
        if (t == 0) {
            const poly found =
                get_rows(context, back->words + i * rows * context->stride, 0, rows, true);
            CHECK(same_rows(context, &found, &phases[i], 0, rows));
            CHECK(back->level == level && back->scale == made->scale);
            continue;
        }
        size_t wrong = 0;
        long double noise = 1;
        for (size_t c = 0; c < context->degree; c++) {
            const integer x = integer_of(context, &phases[i], c, primes, rows);
            integer z = x;
            uint64_t m;
            if (context->scheme == PYACCEL_HE_BFV) {
                const integer all = (integer)t * (x < 0 ? x + q : x);
                m = (uint64_t)((all + q / 2) / q % (integer)t);
                z = centre(all % q, q);
            } else {
                m = mulmod(residue(x, t), invmod(made->factor % t, t), t);
            }
            wrong += back->words[i * context->stride + c] != m;
            noise = fmaxl(noise, fabsl((long double)z));
        }
        const long double budget = log2l((long double)q) - log2l(noise) - 1;
        CHECK(wrong == 0);
        CHECK(fabsl((long double)bits[i] - (budget < 0 ? 0 : budget)) < 1e-9L);
    }
    pyaccel_he_plaintexts_free(back);
    pyaccel_he_ciphertexts_free(made);
}

/* Encrypted with the public key: decrypts, with the budget that its noise leaves. */
static void check_round_trip(pyaccel_he_context *context, const pyaccel_he_secret_key *secret,
                             const pyaccel_he_public_key *key)
{
    poly messages[ITEMS];
    pyaccel_he_plaintexts *plaintexts = new_plaintexts(context, context->level_count - 1, messages),
                          *back;
    pyaccel_he_ciphertexts *made;
    double bits[ITEMS];
    CHECK(pyaccel_he_encrypt(&made, key, plaintexts, NULL) == PYACCEL_OK);
    CHECK(pyaccel_he_decrypt(&back, secret, made, 0, NULL) == PYACCEL_OK);
    if (context->plain_modulus != 0) {
        CHECK(same_integers(back, plaintexts));
        CHECK(pyaccel_he_noise_budget(bits, secret, made) == PYACCEL_OK);
        for (uint32_t i = 0; i < ITEMS; i++) {
            CHECK(bits[i] > 1);
        }
    }
    pyaccel_he_plaintexts_free(back);
    pyaccel_he_ciphertexts_free(made);
    pyaccel_he_plaintexts_free(plaintexts);
}

static void test_encryption(void)
{
    for (size_t i = 0; i < WORLDS; i++) {
        pyaccel_he_context *context = context_of(worlds[i]);
        poly s, pair[2];
        pyaccel_he_secret_key *secret = new_secret(context, &s);
        pyaccel_he_public_key *public_key = new_public(secret, pair);
        for (uint32_t level = 0; level < context->level_count; level++) {
            if (context->plain_modulus == 0 || level + 1 == context->level_count) {
                check_public(context, level, public_key, pair);
                check_seeded(context, level, secret, &s);
            }
            check_decryption(context, level, secret, &s, 2);
            check_decryption(context, level, secret, &s, 3);
        }
        check_round_trip(context, secret, public_key);
        pyaccel_he_public_key_free(public_key);
        pyaccel_he_secret_key_free(secret);
        pyaccel_he_context_free(context);
    }
}

/* ---- flooding ----------------------------------------------------------------------------------- */

static void test_flooding(void)
{
    pyaccel_he_context *context = context_of(worlds[0]); /* levels of 40, 70 and 100 bits */
    poly s, messages[ITEMS];
    pyaccel_he_secret_key *secret = new_secret(context, &s);
    pyaccel_he_plaintexts *plaintexts = new_plaintexts(context, 2, messages), *plain, *flooded;
    pyaccel_he_ciphertexts *made;
    CHECK(pyaccel_he_encrypt_secret(&made, secret, plaintexts, NULL) == PYACCEL_OK);
    CHECK(pyaccel_he_decrypt(&plain, secret, made, 0, NULL) == PYACCEL_OK);
    for (uint32_t bits = 2; bits <= PA_HE_MOST_FLOOD_BITS; bits += 14) {
        const pa_he_seeds seeds = new_seeds();
        CHECK(pyaccel_he_decrypt(&flooded, secret, made, bits, &seeded_options) == PYACCEL_OK);
        for (uint32_t i = 0; i < ITEMS; i++) {
            int64_t noise[MOST_N], high[MOST_N];
            const pa_he_source source = pa_he_source_bound();
            const pa_he_stream stream = {.seed = seeds.secret, .purpose = PA_HE_FLOOD, .item = i};
            pa_he_gaussian(noise, high, context->degree, bits, &stream, &source);
            const poly low = poly_of(context, noise), coarse = poly_of(context, high),
                       added = poly_add(context, &low, &coarse, (integer)1 << PA_HE_FLOOD_SPLIT);
            const size_t at = i * plain->rows * context->stride;
            const poly before = get_rows(context, plain->words + at, 0, plain->rows, true),
                       after = get_rows(context, flooded->words + at, 0, plain->rows, true),
                       expected = poly_add(context, &before, &added, 1);
            CHECK(same_rows(context, &after, &expected, 0, plain->rows));
        }
        pyaccel_he_plaintexts_free(flooded);
    }
    /* of the system's randomness, another each time */
    pyaccel_he_plaintexts *again;
    CHECK(pyaccel_he_decrypt(&flooded, secret, made, 20, NULL) == PYACCEL_OK);
    CHECK(pyaccel_he_decrypt(&again, secret, made, 20, NULL) == PYACCEL_OK);
    CHECK(memcmp(flooded->words, again->words, context->degree * 8) != 0);
    pyaccel_he_plaintexts_free(again);
    pyaccel_he_plaintexts_free(flooded);
    static const uint32_t refused[] = {1, PA_HE_MOST_FLOOD_BITS + 1, UINT32_MAX};
    for (size_t i = 0; i < 3; i++) {
        CHECK(pyaccel_he_decrypt(&flooded, secret, made, refused[i], NULL) ==
              PYACCEL_INVALID_ARGUMENT);
        CHECK(flooded == NULL);
    }
    pyaccel_he_ciphertexts *low = pa_he_ciphertexts_make(context, 0, 2, 0);
    CHECK(pyaccel_he_decrypt(&flooded, secret, low, 35, NULL) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_he_decrypt(&flooded, secret, low, 34, NULL) == PYACCEL_OK);
    CHECK(flooded->count == 0);
    pyaccel_he_plaintexts_free(flooded);
    pyaccel_he_ciphertexts_free(low);
    pyaccel_he_plaintexts_free(plain);
    pyaccel_he_ciphertexts_free(made);
    pyaccel_he_plaintexts_free(plaintexts);
    pyaccel_he_secret_key_free(secret);
    pyaccel_he_context_free(context);
}

/* ---- noise of full size ------------------------------------------------------------------------- */

/* The greatest of N coefficients: between two and seven deviations of what is estimated. */
static void test_fresh_noise(void)
{
    static const uint32_t schemes[] = {PYACCEL_HE_BFV, PYACCEL_HE_BGV};
    for (int i = 0; i < 4; i++) {
        pyaccel_he_context *context =
            context_of((pyaccel_he_parameters){.scheme = schemes[i % 2],
                                               .degree = 2048,
                                               WITH_MODULI(40, 40),
                                               .special_bits = i < 2 ? 40 : 60, /* one prime, two */
                                               .plain_modulus = 786433});
        pyaccel_he_secret_key *secret;
        pyaccel_he_public_key *key;
        pyaccel_he_plaintexts *plaintexts = pa_he_plaintexts_make(context, 2, PA_HE_PLAIN_MOD_T, 1),
                              *back;
        for (size_t j = 0; j < 2 * context->stride; j++) {
            plaintexts->words[j] = (random_word() >> 1) % 786433;
        }
        CHECK(pyaccel_he_secret_key_new(&secret, context, NULL) == PYACCEL_OK);
        CHECK(pyaccel_he_public_key_new(&key, secret, NULL) == PYACCEL_OK);
        for (int seeded = 0; seeded < 2; seeded++) {
            pyaccel_he_ciphertexts *made;
            double bits[2];
            CHECK((seeded ? pyaccel_he_encrypt_secret(&made, secret, plaintexts, NULL)
                          : pyaccel_he_encrypt(&made, key, plaintexts, NULL)) == PYACCEL_OK);
            CHECK(pyaccel_he_noise_budget(bits, secret, made) == PYACCEL_OK);
            CHECK(pyaccel_he_decrypt(&back, secret, made, 0, NULL) == PYACCEL_OK);
            CHECK(same_integers(back, plaintexts));
            const double times = schemes[i % 2] == PYACCEL_HE_BFV ? log2(786433) : 0;
            const double deviations =
                context->constants->log2_q[1] - 1 - bits[0] - times - made->noise;
            CHECK(deviations > 1 && deviations < log2(7));
            pyaccel_he_plaintexts_free(back);
            pyaccel_he_ciphertexts_free(made);
        }
        pyaccel_he_plaintexts_free(plaintexts);
        pyaccel_he_public_key_free(key);
        pyaccel_he_secret_key_free(secret);
        pyaccel_he_context_free(context);
    }
}

/* ---- bad arguments ------------------------------------------------------------------------------ */

static void test_refusals(void)
{
    pyaccel_he_context *context = context_of(worlds[3]), *strange = context_of(worlds[7]);
    poly s, pair[2], messages[ITEMS];
    pyaccel_he_secret_key *secret = new_secret(context, &s), *other = new_secret(strange, &s);
    pyaccel_he_public_key *key = new_public(secret, pair), *other_key = new_public(other, pair);
    pyaccel_he_plaintexts *plaintexts = new_plaintexts(context, 1, messages), *back;
    pyaccel_he_ciphertexts *made, *none;
    pyaccel_he_options bad = seeded_options;
    double bits[ITEMS];
    bad.struct_size--;
    CHECK(pyaccel_he_encrypt(NULL, key, plaintexts, NULL) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_he_encrypt_secret(NULL, secret, plaintexts, NULL) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_he_encrypt(&made, key, plaintexts, NULL) == PYACCEL_OK);
#define REFUSED(call)                                                                              \
    do {                                                                                           \
        none = made, back = plaintexts;                                                            \
        CHECK(call == PYACCEL_INVALID_ARGUMENT);                                                   \
        CHECK(none == NULL || back == NULL);                                                       \
    } while (0)
    REFUSED(pyaccel_he_encrypt(&none, NULL, plaintexts, NULL));
    REFUSED(pyaccel_he_encrypt(&none, key, NULL, NULL));
    REFUSED(pyaccel_he_encrypt(&none, key, plaintexts, &bad));
    REFUSED(pyaccel_he_encrypt(&none, other_key, plaintexts, NULL));
    REFUSED(pyaccel_he_encrypt_secret(&none, NULL, plaintexts, NULL));
    REFUSED(pyaccel_he_encrypt_secret(&none, secret, NULL, NULL));
    REFUSED(pyaccel_he_encrypt_secret(&none, other, plaintexts, NULL));
    REFUSED(pyaccel_he_decrypt(&back, NULL, made, 0, NULL));
    REFUSED(pyaccel_he_decrypt(&back, secret, NULL, 0, NULL));
    REFUSED(pyaccel_he_decrypt(&back, other, made, 0, NULL));
    REFUSED(pyaccel_he_decrypt(&back, secret, made, 20, NULL)); /* BFV */
    REFUSED(pyaccel_he_decrypt(&back, secret, made, 0, &bad));
    CHECK(pyaccel_he_decrypt(NULL, secret, made, 0, NULL) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_he_noise_budget(NULL, secret, made) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_he_noise_budget(bits, NULL, made) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_he_noise_budget(bits, secret, NULL) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_he_noise_budget(bits, other, made) == PYACCEL_INVALID_ARGUMENT);
    /* A key of an equal context is as good. */
    pyaccel_he_context *equal = context_of(worlds[3]);
    pyaccel_he_secret_key *twin;
    CHECK(pyaccel_he_secret_key_new(&twin, equal, NULL) == PYACCEL_OK);
    CHECK(pyaccel_he_decrypt(&back, twin, made, 0, NULL) == PYACCEL_OK);
    pyaccel_he_plaintexts_free(back);
    pyaccel_he_secret_key_free(twin);
    pyaccel_he_context_free(equal);
    pyaccel_he_ciphertexts_free(made);
    pyaccel_he_plaintexts_free(plaintexts);
    pyaccel_he_public_key_free(key);
    pyaccel_he_public_key_free(other_key);
    pyaccel_he_secret_key_free(secret);
    pyaccel_he_secret_key_free(other);
    pyaccel_he_context_free(strange);
    pyaccel_he_context_free(context);
}

int main(void)
{
    each_variant(test_encryption);
    each_variant(test_flooding);
    test_fresh_noise();
    test_refusals();
    return finish();
}
