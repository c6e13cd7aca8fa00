/* SPDX-License-Identifier: Apache-2.0 */
/* Under memcheck secrets are undefined memory: whatever branches or addresses memory by them is an error that it counts. Key
 * generation, encryption and decryption make none, of any scheme, in any variant. */
#include <valgrind/memcheck.h>

#include "he/evaluate.h"
#include "he_keys.h"

#define ITEMS 2u

/* Errors since the last call of it. */
static unsigned new_errors(void)
{
    static unsigned before;
    const unsigned now = (unsigned)VALGRIND_COUNT_ERRORS, more = now - before;
    before = now;
    return more;
}

#define CONSTANT_TIME(call)                                                                        \
    do {                                                                                           \
        CHECK((call) == PYACCEL_OK);                                                               \
        CHECK(new_errors() == 0);                                                                  \
    } while (0)

/* That an error would be seen. */
static void check_control(void)
{
    volatile int secret = 1;
    VALGRIND_MAKE_MEM_UNDEFINED(&secret, sizeof secret);
    if (secret != 0) {
        puts("what follows is the error that memcheck has to find");
    }
    CHECK(new_errors() == 1);
}

static void publish(const pyaccel_he_context *context, const pa_he_word *words, size_t rows)
{
    VALGRIND_MAKE_MEM_DEFINED(words, rows * context->stride * sizeof *words);
}

static void hide(const pyaccel_he_context *context, const pa_he_word *words, size_t rows)
{
    VALGRIND_MAKE_MEM_UNDEFINED(words, rows * context->stride * sizeof *words);
}

/* A seed that nobody knows. */
static const pyaccel_he_options *hidden(void)
{
    random_bytes(master, sizeof master);
    VALGRIND_MAKE_MEM_UNDEFINED(master, sizeof master);
    return &seeded_options;
}

static void check_decryption(const pyaccel_he_secret_key *secret,
                             const pyaccel_he_ciphertexts *ciphertexts)
{
    pyaccel_he_plaintexts *plaintexts;
    CONSTANT_TIME(pyaccel_he_decrypt(&plaintexts, secret, ciphertexts, 0, hidden()));
    pyaccel_he_plaintexts_free(plaintexts);
    if (secret->context->scheme == PYACCEL_HE_CKKS) {
        CONSTANT_TIME(pyaccel_he_decrypt(&plaintexts, secret, ciphertexts, 20, hidden()));
        pyaccel_he_plaintexts_free(plaintexts);
    }
}

static void check_world(pyaccel_he_context *context)
{
    static const uint32_t elements[] = {3, 5};
    const uint32_t rows = all_primes(context);
    const bool ckks = context->scheme == PYACCEL_HE_CKKS;
    pyaccel_he_secret_key *secret;
    pyaccel_he_public_key *key;
    pyaccel_he_evaluation_keys *keys;
    CONSTANT_TIME(pyaccel_he_secret_key_new(&secret, context, hidden()));
    CONSTANT_TIME(pyaccel_he_public_key_new(&key, secret, hidden()));
    CONSTANT_TIME(pyaccel_he_evaluation_keys_new(&keys, secret, 1, elements, 2, hidden()));
    publish(context, key->words, (size_t)2 * rows);

    const uint32_t level = context->level_count - 1;
    pyaccel_he_plaintexts *plaintexts =
        pa_he_plaintexts_make(context, ITEMS, ckks ? PA_HE_PLAIN_NTT : PA_HE_PLAIN_MOD_T, level);
    poly number = poly_random(context);
    for (uint32_t i = 0; i < ITEMS; i++) {
        pa_he_word *words = plaintexts->words + i * plaintexts->rows * context->stride;
        if (ckks) {
            put_rows(context, words, &number, 0, plaintexts->rows, true);
        } else {
            for (size_t c = 0; c < context->degree; c++) {
                words[c] = (random_word() >> 1) % context->plain_modulus;
            }
        }
    }
    hide(context, plaintexts->words, (size_t)ITEMS * plaintexts->rows);
    pyaccel_he_ciphertexts *made, *seeded;
    CONSTANT_TIME(pyaccel_he_encrypt(&made, key, plaintexts, hidden()));
    CONSTANT_TIME(pyaccel_he_encrypt_secret(&seeded, secret, plaintexts, hidden()));
    CHECK(VALGRIND_CHECK_MEM_IS_DEFINED(seeded->seed, sizeof seeded->seed) == 0);
    /* Still hidden: what secrets are made of has not been declared public on the way. */
    CHECK(VALGRIND_CHECK_MEM_IS_DEFINED(secret->words, 8 * context->degree) != 0);
    CHECK(VALGRIND_CHECK_MEM_IS_DEFINED(made->words, 8 * context->degree) != 0);
    new_errors(); /* those two count */
    publish(context, made->words, (size_t)ITEMS * 2 * made->rows);
    publish(context, seeded->words, (size_t)ITEMS * 2 * made->rows);
    check_decryption(secret, made);
    check_decryption(secret, seeded);

    pyaccel_he_ciphertexts *third = pa_he_ciphertexts_make(context, 1, 3, 0);
    for (uint32_t k = 0; k < 3; k++) {
        number = poly_random(context);
        put_rows(context, pa_he_part(third, 0, k), &number, 0, third->rows, true);
    }
    check_decryption(secret, third);
    pyaccel_he_ciphertexts_free(third);
    pyaccel_he_ciphertexts_free(seeded);
    pyaccel_he_ciphertexts_free(made);
    pyaccel_he_plaintexts_free(plaintexts);
    pyaccel_he_evaluation_keys_free(keys);
    pyaccel_he_public_key_free(key);
    pyaccel_he_secret_key_free(secret);
    CHECK(new_errors() == 0);
}

static void test_worlds(void)
{
    for (size_t i = 0; i < WORLDS; i++) {
        pyaccel_he_context *context = context_of(worlds[i]);
        check_world(context);
        pyaccel_he_context_free(context);
    }
}

int main(void)
{
    if (!RUNNING_ON_VALGRIND) {
        puts("not under valgrind");
        return SKIPPED;
    }
    new_errors();
    check_control();
    each_variant(test_worlds);
    return finish();
}
