/* SPDX-License-Identifier: Apache-2.0 */
/* Saved objects of homomorphic encryption from foreign bytes: a refusal makes nothing and names a place within the bytes; what is
 * taken is saved again to those very bytes, so that nothing has two forms, and can be computed with.
 *
 * Input: a byte that picks the kind (modulo 6) and the context (by 6, modulo 3); with its top bit set a byte of flags and a body follow,
 * whose header and sums the target makes, else a whole object. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "he/saved.h"

#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#define CONTEXTS 3
static pyaccel_he_context *contexts[CONTEXTS];
static pyaccel_he_secret_key *secrets[CONTEXTS];

static void make_contexts(void)
{
    static const uint8_t seed[32] = {1};
    static const pyaccel_he_options options = {.struct_size = sizeof options,
                                               .insecure_test_seed = seed};
    const pyaccel_he_parameters all[CONTEXTS] = {
        {.scheme = PYACCEL_HE_BFV,
         .degree = 8,
         .moduli_bits = {21, 30},
         .moduli_count = 2,
         .plain_modulus = 17},
        {.scheme = PYACCEL_HE_BGV,
         .degree = 8,
         .moduli_bits = {55},
         .moduli_count = 1,
         .plain_modulus = 10},
        {.scheme = PYACCEL_HE_CKKS,
         .degree = 8,
         .moduli_bits = {40, 25, 25},
         .moduli_count = 3,
         .digits = 2,
         .scale = 0x1p20},
    };
    for (int i = 0; i < CONTEXTS; i++) {
        pyaccel_he_parameters parameters = all[i];
        parameters.struct_size = sizeof parameters;
        parameters.standard = PYACCEL_HE_STANDARD_NONE;
        REQUIRE(pyaccel_he_context_new(&contexts[i], &parameters) == PYACCEL_OK);
        REQUIRE(pyaccel_he_secret_key_new(&secrets[i], contexts[i], &options) == PYACCEL_OK);
    }
}

/* ---- kinds ---------------------------------------------------------------------------------- */

typedef struct {
    const uint8_t *data;
    uint64_t size;
    pyaccel_he_context *context;
    const pyaccel_he_secret_key *secret;
    pyaccel_he_problem problem;
} input;

/* Room for what is saved again: as long as what was taken. */
static void require_same(const input *in, pyaccel_status status, const uint8_t *again,
                         uint64_t size)
{
    REQUIRE(status == PYACCEL_OK && size == in->size && memcmp(again, in->data, size) == 0);
}

static pyaccel_status try_parameters(input *in, uint8_t *again)
{
    pyaccel_he_context *made;
    if (in->size > PA_HE_SAVED_HEAD + 8 &&
        (in->data[PA_HE_SAVED_HEAD + 5] > 16 || in->data[PA_HE_SAVED_HEAD + 6] != 0)) {
        return PYACCEL_UNSUPPORTED; /* a degree whose tables take long */
    }
    const pyaccel_status status = pyaccel_he_context_load(&made, &in->problem, in->data, in->size);
    REQUIRE((status == PYACCEL_OK) == (made != NULL));
    if (made != NULL) {
        uint64_t size = in->size;
        const pyaccel_status saved = pyaccel_he_context_save(again, &size, made);
        require_same(in, saved, again, size);
        pyaccel_he_context_free(made);
    }
    return status;
}

static pyaccel_status try_secret_key(input *in, uint8_t *again)
{
    pyaccel_he_secret_key *made;
    const pyaccel_status status =
        pyaccel_he_secret_key_load(&made, &in->problem, in->context, in->data, in->size);
    REQUIRE((status == PYACCEL_OK) == (made != NULL));
    if (made != NULL) {
        pyaccel_he_public_key *key;
        uint64_t size = in->size;
        const pyaccel_status saved = pyaccel_he_secret_key_save(again, &size, made);
        require_same(in, saved, again, size);
        REQUIRE(pyaccel_he_public_key_new(&key, made, NULL) == PYACCEL_OK);
        pyaccel_he_public_key_free(key);
        pyaccel_he_secret_key_free(made);
    }
    return status;
}

static pyaccel_status try_public_key(input *in, uint8_t *again)
{
    pyaccel_he_public_key *made;
    const pyaccel_status status =
        pyaccel_he_public_key_load(&made, &in->problem, in->context, in->data, in->size);
    REQUIRE((status == PYACCEL_OK) == (made != NULL));
    if (made != NULL) {
        uint64_t size = in->size;
        const pyaccel_status saved = pyaccel_he_public_key_save(again, &size, made);
        require_same(in, saved, again, size);
        pyaccel_he_public_key_free(made);
    }
    return status;
}

static pyaccel_status try_evaluation_keys(input *in, uint8_t *again)
{
    pyaccel_he_evaluation_keys *made;
    const pyaccel_status status =
        pyaccel_he_evaluation_keys_load(&made, &in->problem, in->context, in->data, in->size, NULL);
    REQUIRE((status == PYACCEL_OK) == (made != NULL));
    if (made != NULL) {
        uint64_t size = in->size;
        const pyaccel_status saved = pyaccel_he_evaluation_keys_save(again, &size, made, NULL);
        require_same(in, saved, again, size);
        pyaccel_he_evaluation_keys_free(made);
    }
    return status;
}

static pyaccel_status try_plaintexts(input *in, uint8_t *again)
{
    pyaccel_he_plaintexts *made;
    const pyaccel_status status =
        pyaccel_he_plaintexts_load(&made, &in->problem, in->context, in->data, in->size, NULL);
    REQUIRE((status == PYACCEL_OK) == (made != NULL));
    if (made != NULL) {
        pyaccel_he_ciphertexts *encrypted;
        uint64_t size = in->size;
        const pyaccel_status saved = pyaccel_he_plaintexts_save(again, &size, made, NULL);
        require_same(in, saved, again, size);
        REQUIRE(pyaccel_he_encrypt_secret(&encrypted, in->secret, made, NULL) == PYACCEL_OK);
        pyaccel_he_ciphertexts_free(encrypted);
        pyaccel_he_plaintexts_free(made);
    }
    return status;
}

static pyaccel_status try_ciphertexts(input *in, uint8_t *again)
{
    pyaccel_he_ciphertexts *made;
    const pyaccel_status status =
        pyaccel_he_ciphertexts_load(&made, &in->problem, in->context, in->data, in->size, NULL);
    REQUIRE((status == PYACCEL_OK) == (made != NULL));
    if (made != NULL) {
        pyaccel_he_ciphertexts *sum;
        pyaccel_he_plaintexts *plaintexts;
        uint64_t size = in->size;
        const pyaccel_status saved = pyaccel_he_ciphertexts_save(again, &size, made, NULL);
        require_same(in, saved, again, size);
        REQUIRE(pyaccel_he_add(&sum, made, made, NULL) == PYACCEL_OK);
        REQUIRE(pyaccel_he_decrypt(&plaintexts, in->secret, sum, 0, NULL) == PYACCEL_OK);
        pyaccel_he_plaintexts_free(plaintexts);
        pyaccel_he_ciphertexts_free(sum);
        pyaccel_he_ciphertexts_free(made);
    }
    return status;
}

/* ---- the target ------------------------------------------------------------------------------ */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static pyaccel_status (*const kinds[])(input *in, uint8_t *again) = {
        try_parameters,      try_secret_key, try_public_key,
        try_evaluation_keys, try_plaintexts, try_ciphertexts};
    if (contexts[0] == NULL) {
        make_contexts();
    }
    const uint8_t picked = size > 0 ? data[0] : 0;
    const uint32_t kind = picked % 128 % 6, number = picked % 128 / 6 % CONTEXTS;
    const bool sealed = (picked & 0x80) != 0 && size >= 2;
    const size_t before = sealed ? 2 : size > 0 ? 1 : 0;
    const size_t whole = size - before + (sealed ? PA_HE_SAVED_HEAD : 0);
    uint8_t *bytes = malloc(whole + 1), *again = malloc(whole + 1);
    uint8_t *exact = malloc(whole > 0 ? whole : 1); /* so that the first byte too many is seen */
    REQUIRE(bytes != NULL && again != NULL && exact != NULL);
    if (size > before) {
        memcpy(bytes + (sealed ? PA_HE_SAVED_HEAD : 0), data + before, size - before);
    }
    input in = {exact, whole, contexts[number], secrets[number], {0}};
    if (sealed) {
        REQUIRE(pa_he_saved_finish(bytes, whole, kind + 1, data[1], in.context, PYACCEL_OK) ==
                PYACCEL_OK);
    }
    memcpy(exact, bytes, whole);
    const pyaccel_status status = kinds[kind](&in, again);
    REQUIRE(status == PYACCEL_OK || status == PYACCEL_INVALID_ARGUMENT ||
            status == PYACCEL_UNSUPPORTED);
    REQUIRE((status == PYACCEL_INVALID_ARGUMENT) == (in.problem.reason != 0));
    REQUIRE(in.problem.offset <= whole);
    free(bytes);
    free(again);
    free(exact);
    return 0;
}
