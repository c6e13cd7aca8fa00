/* SPDX-License-Identifier: Apache-2.0 */
/* What key generation, encryption and decryption leave behind: in memory that is freed, in the pool's blocks and on the stack of
 * their thread nothing of seeds, secret keys, noise or plaintexts. Linked with --wrap=free. */
#include <malloc.h>
#include <pthread.h>

#include "he/evaluate.h"
#include "he_keys.h"

#define STACK ((size_t)256 << 10)
#define MOST_NEEDLES 64u

/* ---- needles ------------------------------------------------------------------------------------ */

static struct {
    const char *name;
    uint8_t bytes[32];
    size_t size;
} needles[MOST_NEEDLES];
static unsigned needle_count;
static volatile bool watching;

static void add_needle(const char *name, const void *bytes, size_t size)
{
    size_t filled = 0; /* zeros and ones stand everywhere */
    for (size_t i = 0; i < size; i++) {
        filled += ((const uint8_t *)bytes)[i] != 0;
    }
    if (4 * filled >= size && needle_count < MOST_NEEDLES) {
        needles[needle_count].name = name;
        needles[needle_count].size = size;
        memcpy(needles[needle_count++].bytes, bytes, size);
    }
}

static void look_for_needles(const char *where, const void *memory, size_t size)
{
    const uint8_t *bytes = memory;
    for (unsigned k = 0; k < needle_count; k++) {
        for (size_t at = 0; at + needles[k].size <= size; at += 4) {
            if (memcmp(bytes + at, needles[k].bytes, needles[k].size) == 0) {
                fprintf(stderr, "%s: %s at %zu of %zu\n", where, needles[k].name, at, size);
                CHECK(false);
                break;
            }
        }
    }
    CHECK(true);
}

void __real_free(void *block);
void __wrap_free(void *block);
void __wrap_free(void *block)
{
    if (watching && block != NULL) {
        look_for_needles("freed", block, malloc_usable_size(block));
    }
    __real_free(block);
}

/* 8 bytes of each seed at a time, as words are spilt. */
static void add_seeds(const pa_he_seeds *seeds)
{
    for (size_t i = 0; i < 32; i += 8) {
        add_needle("master seed", master + i, 8);
        add_needle("secret seed", seeds->secret + i, 8);
    }
}

/* 8 numbers of a stream. */
static void add_drawn(const char *name, const pyaccel_he_context *context, const pa_he_seeds *seeds,
                      pa_he_purpose purpose)
{
    int32_t numbers[MOST_N];
    const pa_he_source source = pa_he_source_bound();
    const pa_he_stream stream = {.seed = seeds->secret, .purpose = purpose};
    (purpose == PA_HE_SECRET || purpose == PA_HE_ENCRYPT_TERNARY ? pa_he_ternary : pa_he_error)(
        numbers, context->degree, &stream, &source);
    for (size_t i = 0; i < context->degree; i += 8) {
        add_needle(name, numbers + i, 32);
    }
}

/* ---- calls, each on a stack of its own ----------------------------------------------------------- */

static _Alignas(4096) uint8_t stack[STACK];
static pyaccel_he_context *context;
static pyaccel_he_secret_key *secret;
static pyaccel_he_public_key *public_key;
static pyaccel_he_evaluation_keys *evaluation_keys;
static pyaccel_he_plaintexts *plaintexts, *decrypted;
static pyaccel_he_ciphertexts *encrypted, *seeded;

static void *make_secret(void *unused)
{
    CHECK(pyaccel_he_secret_key_new(&secret, context, &seeded_options) == PYACCEL_OK);
    return unused;
}

static void *make_public(void *unused)
{
    CHECK(pyaccel_he_public_key_new(&public_key, secret, &seeded_options) == PYACCEL_OK);
    return unused;
}

static void *make_evaluation(void *unused)
{
    static const uint32_t elements[] = {3};
    CHECK(pyaccel_he_evaluation_keys_new(&evaluation_keys, secret, 1, elements, 1,
                                         &seeded_options) == PYACCEL_OK);
    return unused;
}

static void *make_encrypted(void *unused)
{
    CHECK(pyaccel_he_encrypt(&encrypted, public_key, plaintexts, &seeded_options) == PYACCEL_OK);
    return unused;
}

static void *make_seeded(void *unused)
{
    CHECK(pyaccel_he_encrypt_secret(&seeded, secret, plaintexts, &seeded_options) == PYACCEL_OK);
    return unused;
}

static void *make_decrypted(void *unused)
{
    CHECK(pyaccel_he_decrypt(&decrypted, secret, encrypted, 0, &seeded_options) == PYACCEL_OK);
    return unused;
}

static void *free_secret(void *unused)
{
    pyaccel_he_secret_key_free(secret);
    return unused;
}

static void check_call(const char *name, void *(*call)(void *))
{
    pthread_attr_t attributes;
    pthread_t thread;
    memset(stack, 0, sizeof stack);
    CHECK(pthread_attr_init(&attributes) == 0);
    CHECK(pthread_attr_setstack(&attributes, stack, sizeof stack) == 0);
    watching = true;
    CHECK(pthread_create(&thread, &attributes, call, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    watching = false;
    look_for_needles(name, stack, sizeof stack);
    for (const pa_he_block *block = context->pool.first; block != NULL; block = block->next) {
        look_for_needles(name, block + 1, block->size);
    }
}

static void check_context(void)
{
    const bool ckks = context->scheme == PYACCEL_HE_CKKS;
    needle_count = 0;
    pa_he_seeds seeds = new_seeds();
    add_seeds(&seeds);
    add_drawn("secret key", context, &seeds, PA_HE_SECRET);
    check_call("secret_key_new", make_secret);
    for (uint32_t p = 0; p < 2; p++) {
        add_needle("secret key, NTT form", secret->words + p * context->stride, 32);
    }
    const unsigned of_key = needle_count;

    seeds = new_seeds();
    add_seeds(&seeds);
    add_drawn("error", context, &seeds, PA_HE_PUBLIC_ERROR);
    check_call("public_key_new", make_public);

    needle_count = of_key;
    seeds = new_seeds();
    add_seeds(&seeds);
    add_drawn("error", context, &seeds, PA_HE_SWITCH_ERROR);
    check_call("evaluation_keys_new", make_evaluation);

    plaintexts = pa_he_plaintexts_make(context, 1, ckks ? PA_HE_PLAIN_NTT : PA_HE_PLAIN_MOD_T,
                                       context->level_count - 1);
    poly m = poly_random(context);
    if (ckks) {
        put_rows(context, plaintexts->words, &m, 0, plaintexts->rows, true);
    } else {
        for (size_t i = 0; i < context->degree; i++) {
            plaintexts->words[i] = m.r[0][i] % context->plain_modulus;
        }
    }
    needle_count = of_key;
    seeds = new_seeds();
    add_seeds(&seeds);
    add_needle("plaintext", plaintexts->words, 32);
    add_drawn("u", context, &seeds, PA_HE_ENCRYPT_TERNARY);
    add_drawn("e0", context, &seeds, PA_HE_ENCRYPT_ERROR_0);
    add_drawn("e1", context, &seeds, PA_HE_ENCRYPT_ERROR_1);
    check_call("encrypt", make_encrypted);

    needle_count = of_key;
    seeds = new_seeds();
    add_seeds(&seeds);
    add_needle("plaintext", plaintexts->words, 32);
    add_drawn("error", context, &seeds, PA_HE_SEEDED_ERROR);
    check_call("encrypt_secret", make_seeded);

    needle_count = of_key;
    add_needle("plaintext", plaintexts->words, 32);
    check_call("decrypt", make_decrypted);
    check_call("secret_key_free", free_secret);
    needle_count = 0;
    pyaccel_he_plaintexts_free(decrypted);
    pyaccel_he_plaintexts_free(plaintexts);
    pyaccel_he_ciphertexts_free(encrypted);
    pyaccel_he_ciphertexts_free(seeded);
    pyaccel_he_evaluation_keys_free(evaluation_keys);
    pyaccel_he_public_key_free(public_key);
}

static void test_worlds(void)
{
    for (size_t i = 0; i < WORLDS; i++) {
        context = context_of(worlds[i]);
        check_context();
        pyaccel_he_context_free(context);
    }
}

/* That a needle would be found. */
static void check_control(void)
{
    static const uint8_t bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    const unsigned failed = checks_failed;
    uint8_t *block = malloc(100);
    memset(block, 0, 100);
    memcpy(block + 92, bytes, sizeof bytes);
    add_needle("a control, to be found", bytes, sizeof bytes);
    __asm__ volatile("" : : "r"(block) : "memory"); /* what is freed next is not read by anyone */
    watching = true;
    free(block);
    watching = false;
    CHECK(checks_failed == failed + 1);
    checks_failed = checks_failed == failed + 1 ? failed : checks_failed;
}

int main(void)
{
    check_control();
    each_variant(test_worlds);
    return finish();
}
