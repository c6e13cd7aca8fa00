/* SPDX-License-Identifier: Apache-2.0 */
/* Saved keys, plaintexts and ciphertexts: there and back to the same bytes and to objects that work, cuts, bits changed, fields and
 * residues out of their range under sums that fit, and items on several threads. */
#include "he/saved.h"
#include "he_world.h"

static const uint8_t seed[32] = {7};
static const pyaccel_he_options options = {.struct_size = sizeof options,
                                           .insecure_test_seed = seed};
static const pyaccel_he_options threads = {.struct_size = sizeof threads, .threads = 3};

/* ---- one interface over five kinds -------------------------------------------------------------- */

typedef pyaccel_status save_fn(uint8_t *out, uint64_t *size, const void *object);
typedef pyaccel_status load_fn(void **object, pyaccel_he_problem *problem,
                               pyaccel_he_context *context, const uint8_t *data, uint64_t size);
typedef void free_fn(void *object);

#define KIND(name, save_options, load_options)                                                     \
    static pyaccel_status save_##name(uint8_t *out, uint64_t *size, const void *object)            \
    {                                                                                              \
        return pyaccel_he_##name##_save(out, size, object save_options);                           \
    }                                                                                              \
    static pyaccel_status load_##name(void **object, pyaccel_he_problem *problem,                  \
                                      pyaccel_he_context *context, const uint8_t *data,            \
                                      uint64_t size)                                               \
    {                                                                                              \
        pyaccel_he_##name *made = (pyaccel_he_##name *)(uintptr_t)1;                               \
        const pyaccel_status status =                                                              \
            pyaccel_he_##name##_load(&made, problem, context, data, size load_options);            \
        *object = made;                                                                            \
        return status;                                                                             \
    }                                                                                              \
    static void free_##name(void *object)                                                          \
    {                                                                                              \
        pyaccel_he_##name##_free(object);                                                          \
    }
#define COMMA ,
KIND(secret_key, , )
KIND(public_key, , )
KIND(evaluation_keys, COMMA NULL, COMMA &threads)
KIND(plaintexts, COMMA &threads, COMMA NULL)
KIND(ciphertexts, COMMA NULL, COMMA &threads)

typedef struct {
    const char *name;
    save_fn *save;
    load_fn *load;
    free_fn *free;
} kind;
static const kind kinds[] = {
    {"secret key", save_secret_key, load_secret_key, free_secret_key},
    {"public key", save_public_key, load_public_key, free_public_key},
    {"evaluation keys", save_evaluation_keys, load_evaluation_keys, free_evaluation_keys},
    {"plaintexts", save_plaintexts, load_plaintexts, free_plaintexts},
    {"ciphertexts", save_ciphertexts, load_ciphertexts, free_ciphertexts},
};
enum { SECRET_KEY, PUBLIC_KEY, EVALUATION_KEYS, PLAINTEXTS, CIPHERTEXTS };

typedef struct {
    uint8_t *bytes;
    uint64_t size;
} blob;

static blob save(const kind *of, const void *object)
{
    blob made = {0};
    CHECK(of->save(NULL, &made.size, object) == PYACCEL_OK);
    made.bytes = malloc(made.size);
    uint64_t size = made.size - 1;
    CHECK(of->save(made.bytes, &size, object) == PYACCEL_INVALID_ARGUMENT && size == made.size);
    CHECK(of->save(made.bytes, &size, object) == PYACCEL_OK && size == made.size);
    return made;
}

static void refused(const kind *of, pyaccel_he_context *context, const blob *bad, uint32_t reason,
                    uint64_t offset)
{
    pyaccel_he_problem problem;
    void *object;
    CHECK(of->load(&object, &problem, context, bad->bytes, bad->size) == PYACCEL_INVALID_ARGUMENT);
    CHECK(object == NULL);
    if (problem.reason != reason || problem.offset != offset) {
        fprintf(stderr, "%s: reason %u at %llu, wanted %u at %llu\n", of->name, problem.reason,
                (unsigned long long)problem.offset, reason, (unsigned long long)offset);
    }
    CHECK(problem.reason == reason && problem.offset == offset);
    CHECK(of->load(&object, NULL, context, bad->bytes, bad->size) == PYACCEL_INVALID_ARGUMENT);
}

/* With byte `at` another one, and sums that fit. */
static void refused_with(const kind *of, pyaccel_he_context *context, const blob *good, uint64_t at,
                         uint8_t byte, uint32_t reason, uint64_t offset)
{
    blob bad = {malloc(good->size), good->size};
    memcpy(bad.bytes, good->bytes, good->size);
    bad.bytes[at] = byte;
    CHECK(pa_he_saved_finish(bad.bytes, bad.size, bad.bytes[10], bad.bytes[11], context,
                             PYACCEL_OK) == PYACCEL_OK);
    refused(of, context, &bad, reason, offset);
    free(bad.bytes);
}

/* Loads again; the bytes of that are the same. The object is the caller's. */
static void *check_back(const kind *of, pyaccel_he_context *context, const blob *saved)
{
    pyaccel_he_problem problem;
    void *object;
    CHECK(of->load(&object, &problem, context, saved->bytes, saved->size) == PYACCEL_OK);
    CHECK(object != NULL && problem.reason == 0);
    if (object == NULL) {
        exit(finish());
    }
    const blob again = save(of, object);
    CHECK(again.size == saved->size && memcmp(again.bytes, saved->bytes, saved->size) == 0);
    free(again.bytes);
    return object;
}

static void *check_kind(const kind *of, pyaccel_he_context *context, pyaccel_he_context *other,
                        const void *object)
{
    const blob saved = save(of, object);
    for (uint64_t i = 0; i < 40; i++) {
        const uint64_t cut = i < 20 ? saved.size * i / 20 : saved.size - 1 - (i - 20);
        const blob part = {malloc(cut + 1), cut};
        memcpy(part.bytes, saved.bytes, cut);
        refused(of, context, &part, PYACCEL_HE_PROBLEM_CUT, cut);
        free(part.bytes);
    }
    for (uint64_t at = 56; at < saved.size; at += 1 + random_word() % 97) {
        const uint8_t change = (uint8_t)(1u << random_word() % 8);
        saved.bytes[at] ^= change;
        refused(of, context, &saved, PYACCEL_HE_PROBLEM_ALTERED, 56);
        saved.bytes[at] ^= change;
    }
    refused(of, other, &saved, PYACCEL_HE_PROBLEM_CONTEXT, 24);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (&kinds[i] != of) {
            refused(&kinds[i], context, &saved, PYACCEL_HE_PROBLEM_KIND, 10);
        }
    }
    void *made = check_back(of, context, &saved);
    free(saved.bytes);
    return made;
}

/* ---- objects ------------------------------------------------------------------------------------- */

/* All ones from `at` on: never below a prime. */
static void check_residue(const kind *of, pyaccel_he_context *context, const void *object,
                          uint64_t at)
{
    const blob saved = save(of, object);
    memset(saved.bytes + at, 0xff, saved.size - at < 16 ? saved.size - at : 16);
    CHECK(pa_he_saved_finish(saved.bytes, saved.size, saved.bytes[10], saved.bytes[11], context,
                             PYACCEL_OK) == PYACCEL_OK);
    pyaccel_he_problem problem;
    void *made;
    CHECK(of->load(&made, &problem, context, saved.bytes, saved.size) == PYACCEL_INVALID_ARGUMENT);
    CHECK(problem.reason == PYACCEL_HE_PROBLEM_RESIDUE && problem.found >= problem.wanted);
    CHECK(problem.offset + 8 > at && problem.offset < at + 16);
    free(saved.bytes);
}

static void check_fields(pyaccel_he_context *context, const pyaccel_he_ciphertexts *ciphertexts,
                         const pyaccel_he_plaintexts *plaintexts,
                         const pyaccel_he_evaluation_keys *keys)
{
    const uint32_t field = PYACCEL_HE_PROBLEM_FIELD;
    const kind *of = &kinds[CIPHERTEXTS];
    blob saved = save(of, ciphertexts);
    refused_with(of, context, &saved, 72, 9, field, 72);
    refused_with(of, context, &saved, 72 + 7, 0x80, field, 72);
    refused_with(of, context, &saved, 72 + 8, 1, field, 72 + 8);
    refused_with(of, context, &saved, 72 + 8, 4, field, 72 + 8);
    refused_with(of, context, &saved, 72 + 12, (uint8_t)context->level_count, field, 72 + 12);
    const uint8_t exponent = saved.bytes[72 + 22];
    saved.bytes[72 + 22] = 0xff;
    refused_with(of, context, &saved, 72 + 23, 0x7f, field, 72 + 16); /* not a number */
    saved.bytes[72 + 22] = exponent;
    refused_with(of, context, &saved, 72 + 23, 0xc0, field, 72 + 16); /* negative */
    refused_with(of, context, &saved, 72 + 24, 0, field, 72 + 24);
    refused_with(of, context, &saved, 72 + 31, 1, field, 72 + 24);
    free(saved.bytes);

    of = &kinds[PLAINTEXTS];
    saved = save(of, plaintexts);
    refused_with(of, context, &saved, 72 + 1, 1, field, 72);
    refused_with(of, context, &saved, 72 + 8, (uint8_t)context->level_count, field, 72 + 8);
    refused_with(of, context, &saved, 72 + 12, 3, field, 72 + 12);
    refused_with(of, context, &saved, 72 + 23, 0xbf, field, 72 + 16);
    free(saved.bytes);

    of = &kinds[EVALUATION_KEYS];
    saved = save(of, keys);
    refused_with(of, context, &saved, 72 + 32, 2, field, 72 + 32);
    refused_with(of, context, &saved, 72 + 36, 2, field, 72 + 36);    /* even */
    refused_with(of, context, &saved, 72 + 37, 0x80, field, 72 + 36); /* 2N and more */
    refused_with(of, context, &saved, 72 + 36, 5, field, 72 + 36 + (saved.size - 108) / 3);
    free(saved.bytes);
}

static pyaccel_he_plaintexts *encode(pyaccel_he_context *context)
{
    pyaccel_he_plaintexts *made = NULL;
    if (context->scheme == PYACCEL_HE_CKKS) {
        double numbers[3 * 16];
        for (size_t i = 0; i < 48; i++) {
            numbers[i] = (double)i / 7 - 2;
        }
        CHECK(pyaccel_he_encode_numbers(&made, NULL, context, numbers, 1, 3, 16, 16, 0,
                                        context->level_count - 1, NULL) == PYACCEL_OK);
    } else {
        int64_t integers[3 * 32];
        for (int64_t i = 0; i < 96; i++) {
            integers[i] = i % 90 - 45;
        }
        CHECK(pyaccel_he_encode_coefficients(&made, NULL, context, integers, 3, 32, 32, NULL) ==
              PYACCEL_OK);
    }
    return made;
}

/* What is loaded works: a product of loaded things decrypts, under the loaded key, to what the product does. */
static void check_works(pyaccel_he_context *context, void *const loaded[5],
                        pyaccel_he_ciphertexts *a, pyaccel_he_ciphertexts *b)
{
    pyaccel_he_ciphertexts *product, *encrypted;
    pyaccel_he_plaintexts *found, *wanted;
    CHECK(pyaccel_he_multiply(&product, a, b, loaded[EVALUATION_KEYS], 0, NULL) == PYACCEL_OK);
    CHECK(pyaccel_he_decrypt(&found, loaded[SECRET_KEY], product, 0, NULL) == PYACCEL_OK);
    pyaccel_he_ciphertexts_free(product);
    CHECK(pyaccel_he_multiply(&product, loaded[CIPHERTEXTS], b, loaded[EVALUATION_KEYS], 0, NULL) ==
          PYACCEL_OK);
    CHECK(pyaccel_he_decrypt(&wanted, loaded[SECRET_KEY], product, 0, NULL) == PYACCEL_OK);
    const blob x = save(&kinds[PLAINTEXTS], found), y = save(&kinds[PLAINTEXTS], wanted);
    CHECK(x.size == y.size && memcmp(x.bytes, y.bytes, x.size) == 0);
    free(x.bytes);
    free(y.bytes);
    CHECK(pyaccel_he_encrypt(&encrypted, loaded[PUBLIC_KEY], loaded[PLAINTEXTS], &options) ==
          PYACCEL_OK);
    CHECK(context == encrypted->context);
    pyaccel_he_plaintexts_free(found);
    pyaccel_he_plaintexts_free(wanted);
    pyaccel_he_ciphertexts_free(product);
    pyaccel_he_ciphertexts_free(encrypted);
}

static void check_scheme(pyaccel_he_parameters parameters)
{
    pyaccel_he_context *context = context_of(parameters);
    parameters.special_bits = 47;
    pyaccel_he_context *other = context_of(parameters);
    pyaccel_he_secret_key *secret;
    pyaccel_he_public_key *public_key;
    pyaccel_he_evaluation_keys *keys;
    pyaccel_he_ciphertexts *a, *b, *three;
    const uint32_t elements[] = {63, 5};
    pyaccel_he_plaintexts *plaintexts = encode(context);
    CHECK(pyaccel_he_secret_key_new(&secret, context, &options) == PYACCEL_OK);
    CHECK(pyaccel_he_public_key_new(&public_key, secret, &options) == PYACCEL_OK);
    CHECK(pyaccel_he_evaluation_keys_new(&keys, secret, 1, elements, 2, &options) == PYACCEL_OK);
    CHECK(pyaccel_he_encrypt(&a, public_key, plaintexts, &options) == PYACCEL_OK);
    CHECK(pyaccel_he_encrypt_secret(&b, secret, plaintexts, &options) == PYACCEL_OK);
    CHECK(pyaccel_he_multiply(&three, a, b, NULL, 0, NULL) == PYACCEL_OK && three->size == 3);

    const void *const objects[5] = {secret, public_key, keys, plaintexts, a};
    void *loaded[5];
    for (size_t i = 0; i < 5; i++) {
        loaded[i] = check_kind(&kinds[i], context, other, objects[i]);
    }
    kinds[CIPHERTEXTS].free(check_kind(&kinds[CIPHERTEXTS], context, other, three));
    pyaccel_he_ciphertexts *seeded = check_kind(&kinds[CIPHERTEXTS], context, other, b);
    CHECK(seeded->seeded && memcmp(seeded->seed, b->seed, 32) == 0);
    check_works(context, loaded, a, seeded);
    check_fields(context, a, plaintexts, keys);

    check_residue(&kinds[SECRET_KEY], context, secret, 72);
    check_residue(&kinds[PUBLIC_KEY], context, public_key, 72 + 32 + 200);
    check_residue(&kinds[EVALUATION_KEYS], context, keys, 72 + 36 + 4 + 300);
    check_residue(&kinds[CIPHERTEXTS], context, a, 72 + 40 + 100);
    check_residue(&kinds[CIPHERTEXTS], context, b, 72 + 40 + 32 + 100);
    check_residue(&kinds[PLAINTEXTS], context, plaintexts, 72 + 24 + 10);
    for (size_t i = 0; i < 5; i++) {
        kinds[i].free(loaded[i]);
    }
    pyaccel_he_ciphertexts_free(seeded);
    pyaccel_he_ciphertexts_free(three);
    pyaccel_he_ciphertexts_free(a);
    pyaccel_he_ciphertexts_free(b);
    pyaccel_he_plaintexts_free(plaintexts);
    pyaccel_he_evaluation_keys_free(keys);
    pyaccel_he_public_key_free(public_key);
    pyaccel_he_secret_key_free(secret);
    pyaccel_he_context_free(context);
    pyaccel_he_context_free(other);
}

int main(void)
{
    check_scheme((pyaccel_he_parameters){
        .scheme = PYACCEL_HE_BFV, .degree = 32, WITH_MODULI(40, 55, 40), .plain_modulus = 97});
    check_scheme((pyaccel_he_parameters){.scheme = PYACCEL_HE_BGV,
                                         .degree = 32,
                                         WITH_MODULI(40, 40),
                                         .digits = 1,
                                         .plain_modulus = 1000000});
    check_scheme((pyaccel_he_parameters){
        .scheme = PYACCEL_HE_CKKS, .degree = 32, WITH_MODULI(50, 40, 40), .digits = 2});
    return finish();
}
