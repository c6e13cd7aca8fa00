/* SPDX-License-Identifier: Apache-2.0 */
/* Calls on ciphertexts from outside: products and rotations decrypt to what they should, noise stays near its estimate, and
 * bad arguments are refused with nothing made. */
#include "child.h"
#include "he_world.h"

#include "he/evaluate.h"

static const uint8_t seed[32] = "a seed of tests, nothing secret";
static const pyaccel_he_options options = {.struct_size = sizeof options,
                                           .insecure_test_seed = seed};

typedef struct {
    pyaccel_he_context *context;
    pyaccel_he_secret_key *secret;
    pyaccel_he_public_key *public;
    pyaccel_he_evaluation_keys *keys;
    pyaccel_he_plaintexts *plain[2];
    pyaccel_he_ciphertexts *cipher[2];
    int64_t values[2][1024];
} party;

#define SLOTS 1024u
#define T 12289 /* 1 modulo 2048 */

static party party_of(uint32_t scheme)
{
    party p = {0};
    p.context =
        context_of((pyaccel_he_parameters){.scheme = scheme,
                                           .degree = SLOTS,
                                           WITH_MODULI(50, 40, 40),
                                           .special_bits = 50,
                                           .plain_modulus = scheme == PYACCEL_HE_CKKS ? 0 : T});
    uint32_t elements[12] = {2 * SLOTS - 1};
    for (uint32_t k = 0; k < 9; k++) {
        elements[k + 1] = pyaccel_he_element(SLOTS, (int64_t)1 << k);
    }
    CHECK(pyaccel_he_secret_key_new(&p.secret, p.context, &options) == PYACCEL_OK);
    CHECK(pyaccel_he_public_key_new(&p.public, p.secret, &options) == PYACCEL_OK);
    CHECK(pyaccel_he_evaluation_keys_new(&p.keys, p.secret, 1, elements, 10, &options) ==
          PYACCEL_OK);
    for (int k = 0; k < 2; k++) {
        double numbers[SLOTS / 2];
        for (size_t i = 0; i < SLOTS; i++) {
            p.values[k][i] = (int64_t)((random_word() >> 8) % 97) - 48;
            numbers[i % (SLOTS / 2)] = (double)p.values[k][i % (SLOTS / 2)];
        }
        CHECK((scheme == PYACCEL_HE_CKKS
                   ? pyaccel_he_encode_numbers(&p.plain[k], NULL, p.context, numbers, 1, 1,
                                               SLOTS / 2, SLOTS / 2, 0, 2, NULL)
                   : pyaccel_he_encode_integers(&p.plain[k], NULL, p.context, p.values[k], 1, SLOTS,
                                                SLOTS, NULL)) == PYACCEL_OK);
        CHECK(pyaccel_he_encrypt(&p.cipher[k], p.public, p.plain[k], &options) == PYACCEL_OK);
    }
    return p;
}

static void party_free(party *p)
{
    for (int k = 0; k < 2; k++) {
        pyaccel_he_plaintexts_free(p->plain[k]);
        pyaccel_he_ciphertexts_free(p->cipher[k]);
    }
    pyaccel_he_evaluation_keys_free(p->keys);
    pyaccel_he_public_key_free(p->public);
    pyaccel_he_secret_key_free(p->secret);
    pyaccel_he_context_free(p->context);
}

/* ---- what comes out ------------------------------------------------------------------------------ */

/* Modulo t. */
static bool congruent(int64_t a, int64_t b)
{
    return (a - b) % T == 0;
}

/* Whether a decrypts to these slots (CKKS: the first half of them, to `error`); frees a. */
static bool decrypts(const party *p, pyaccel_he_ciphertexts *a, const int64_t *expected,
                     double error)
{
    pyaccel_he_plaintexts *plain;
    bool same = pyaccel_he_decrypt(&plain, p->secret, a, 0, NULL) == PYACCEL_OK;
    if (p->context->scheme == PYACCEL_HE_CKKS) {
        double numbers[SLOTS / 2];
        same = same && pyaccel_he_decode_numbers(numbers, 1, SLOTS / 2, SLOTS / 2, plain, NULL) ==
                           PYACCEL_OK;
        for (size_t i = 0; same && i < SLOTS / 2; i++) {
            const double off = numbers[i] - (double)expected[i];
            same = off < error && off > -error;
        }
    } else {
        int64_t integers[SLOTS];
        pyaccel_he_ciphertexts_info info;
        double budget;
        same = same &&
               pyaccel_he_decode_integers(integers, SLOTS, SLOTS, plain, 0, NULL) == PYACCEL_OK &&
               pyaccel_he_ciphertexts_get(&info, a) == PYACCEL_OK &&
               pyaccel_he_noise_budget(&budget, p->secret, a) == PYACCEL_OK;
        for (size_t i = 0; same && i < SLOTS; i++) {
            same = congruent(integers[i], expected[i]);
        }
        /* an estimate, on the safe side */
        same = same && info.budget_bits > budget - 8 && info.budget_bits < budget + 1;
        if (!same) {
            printf("budget %.1f, estimate %.1f\n", budget, info.budget_bits);
        }
    }
    pyaccel_he_plaintexts_free(plain);
    pyaccel_he_ciphertexts_free(a);
    return same;
}

static void check_results(uint32_t scheme)
{
    party p = party_of(scheme);
    const bool ckks = scheme == PYACCEL_HE_CKKS;
    const double error = 0x1p-8;
    int64_t expected[SLOTS];
    pyaccel_he_ciphertexts *out, *low;

#define EXPECT(value)                                                                              \
    for (size_t i = 0; i < SLOTS; i++) {                                                           \
        const int64_t x = p.values[0][i], y = p.values[1][i];                                      \
        (void)x, (void)y;                                                                          \
        expected[i] = value;                                                                       \
    }
    EXPECT(x + y)
    CHECK(pyaccel_he_add(&out, p.cipher[0], p.cipher[1], NULL) == PYACCEL_OK);
    CHECK(decrypts(&p, out, expected, error));
    CHECK(pyaccel_he_add_plain(&out, p.cipher[0], p.plain[1], NULL) == PYACCEL_OK);
    CHECK(decrypts(&p, out, expected, error));
    EXPECT(x - y)
    CHECK(pyaccel_he_sub_plain(&out, p.cipher[0], p.plain[1], NULL) == PYACCEL_OK);
    CHECK(decrypts(&p, out, expected, error));
    EXPECT(x * y)
    CHECK(pyaccel_he_multiply_plain(&out, p.cipher[0], p.plain[1], NULL) == PYACCEL_OK);
    CHECK(decrypts(&p, out, expected, error));
    CHECK(pyaccel_he_multiply(&out, p.cipher[0], p.cipher[1], NULL, 0, NULL) == PYACCEL_OK);
    CHECK(decrypts(&p, out, expected, error));
    CHECK(pyaccel_he_multiply(&out, p.cipher[0], p.cipher[1], p.keys, ckks, NULL) == PYACCEL_OK);
    CHECK((ckks ? pyaccel_he_mod_switch(&low, out, 0, NULL)
                : pyaccel_he_rescale(&low, out, NULL)) == PYACCEL_OK);
    CHECK(decrypts(&p, out, expected, error));
    CHECK(decrypts(&p, low, expected, error));
    /* x^2 y at the lowest level, of operands of different levels */
    EXPECT(x * x * y)
    CHECK(pyaccel_he_multiply(&out, p.cipher[0], p.cipher[1], p.keys, ckks, NULL) == PYACCEL_OK);
    if (!ckks) {
        CHECK(pyaccel_he_mod_switch(&low, out, 1, NULL) == PYACCEL_OK);
        pyaccel_he_ciphertexts_free(out);
        out = low;
    }
    CHECK(pyaccel_he_multiply(&low, out, p.cipher[0], p.keys, 0, NULL) == PYACCEL_OK);
    CHECK(low->level == 1);
    pyaccel_he_ciphertexts_free(out);
    CHECK(decrypts(&p, low, expected, 1.0));
    /* rotation by two: slot i + 2 to slot i, in each row */
    for (size_t i = 0; i < SLOTS; i++) {
        const size_t row = i & (SLOTS / 2), at = ((i + 2) & (SLOTS / 2 - 1)) | row;
        expected[i] = p.values[0][at];
    }
    CHECK(pyaccel_he_rotate(&out, NULL, p.cipher[0], (uint32_t[]){pyaccel_he_element(SLOTS, 2)}, 1,
                            p.keys, NULL) == PYACCEL_OK);
    CHECK(decrypts(&p, out, expected, error));
    int64_t sum = 0;
    for (size_t i = 0; i < (ckks ? SLOTS / 2 : SLOTS); i++) {
        sum += p.values[0][i];
    }
    EXPECT(sum)
    CHECK(pyaccel_he_sum_slots(&out, NULL, p.cipher[0], p.keys, NULL) == PYACCEL_OK);
    CHECK(decrypts(&p, out, expected, 1.0));
    party_free(&p);
}

/* ---- what is refused ------------------------------------------------------------------------------ */

#define REFUSED(call)                                                                              \
    do {                                                                                           \
        out = (pyaccel_he_ciphertexts *)&out; /* to be overwritten */                              \
        CHECK((call) == PYACCEL_INVALID_ARGUMENT && out == NULL);                                  \
    } while (0)

static void test_refusals(void)
{
    party p = party_of(PYACCEL_HE_CKKS), q = party_of(PYACCEL_HE_BGV);
    pyaccel_he_ciphertexts *a = p.cipher[0], *b = q.cipher[0], *out, *three, *low, *two, *odd;
    const pyaccel_he_options bad = {.struct_size = 1};
    CHECK(pyaccel_he_multiply(&three, a, a, NULL, 0, NULL) == PYACCEL_OK);
    CHECK(pyaccel_he_mod_switch(&low, a, 0, NULL) == PYACCEL_OK);
    CHECK(pyaccel_he_negate(&odd, a, NULL) == PYACCEL_OK);
    odd->scale *= 1.5;
    const uint64_t twice[2] = {0, 0}, beyond = 1;
    CHECK(pyaccel_he_ciphertexts_take(&two, a, twice, 2) == PYACCEL_OK);
    pyaccel_he_ciphertexts *many;
    const pyaccel_he_ciphertexts *const pair[2] = {two, a}, *const mixed[2] = {a, b},
                                        *const sizes[2] = {a, three}, *const holes[2] = {a, NULL};
    CHECK(pyaccel_he_ciphertexts_concatenate(&many, pair, 2) == PYACCEL_OK && many->count == 3);

    CHECK(pyaccel_he_add(NULL, a, a, NULL) == PYACCEL_INVALID_ARGUMENT);
    REFUSED(pyaccel_he_add(&out, NULL, a, NULL));
    REFUSED(pyaccel_he_add(&out, a, NULL, NULL));
    REFUSED(pyaccel_he_add(&out, a, b, NULL));
    REFUSED(pyaccel_he_add(&out, a, a, &bad));
    REFUSED(pyaccel_he_add(&out, two, many, NULL));
    REFUSED(pyaccel_he_add(&out, a, odd, NULL)); /* scales */
    REFUSED(pyaccel_he_sub(&out, odd, a, NULL));
    CHECK(pyaccel_he_negate(NULL, a, NULL) == PYACCEL_INVALID_ARGUMENT);
    REFUSED(pyaccel_he_negate(&out, NULL, NULL));
    REFUSED(pyaccel_he_negate(&out, a, &bad));
    REFUSED(pyaccel_he_add_plain(&out, a, NULL, NULL));
    REFUSED(pyaccel_he_add_plain(&out, NULL, p.plain[0], NULL));
    REFUSED(pyaccel_he_add_plain(&out, a, q.plain[0], NULL));
    REFUSED(pyaccel_he_add_plain(&out, odd, p.plain[0], NULL)); /* scales */
    REFUSED(pyaccel_he_sub_plain(&out, a, p.plain[0], &bad));
    REFUSED(pyaccel_he_multiply_plain(&out, a, q.plain[0], NULL));
    CHECK(pyaccel_he_multiply_plain(NULL, a, p.plain[0], NULL) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_he_multiply(NULL, a, a, NULL, 0, NULL) == PYACCEL_INVALID_ARGUMENT);
    REFUSED(pyaccel_he_multiply(&out, a, NULL, NULL, 0, NULL));
    REFUSED(pyaccel_he_multiply(&out, a, b, NULL, 0, NULL));
    REFUSED(pyaccel_he_multiply(&out, a, three, NULL, 0, NULL));
    REFUSED(pyaccel_he_multiply(&out, a, a, q.keys, 0, NULL));
    REFUSED(pyaccel_he_multiply(&out, a, a, p.keys, 2, NULL));
    REFUSED(pyaccel_he_multiply(&out, a, a, NULL, 1, NULL));
    REFUSED(pyaccel_he_multiply(&out, a, low, p.keys, 1, NULL)); /* no level to go down to */
    REFUSED(pyaccel_he_multiply(&out, b, b, q.keys, 1, NULL));
    REFUSED(pyaccel_he_multiply(&out, a, a, NULL, 0, &bad));
    REFUSED(pyaccel_he_relinearize(&out, a, p.keys, NULL));
    REFUSED(pyaccel_he_relinearize(&out, three, NULL, NULL));
    REFUSED(pyaccel_he_relinearize(&out, three, q.keys, NULL));
    REFUSED(pyaccel_he_rescale(&out, NULL, NULL));
    REFUSED(pyaccel_he_rescale(&out, low, NULL));
    REFUSED(pyaccel_he_rescale(&out, a, &bad));
    REFUSED(pyaccel_he_mod_switch(&out, low, 1, NULL));
    REFUSED(pyaccel_he_mod_switch(&out, NULL, 0, NULL));
    const uint32_t even[2] = {5, 4}, large[1] = {2 * SLOTS + 1}, absent[2] = {5, 7};
    uint32_t missing = 1;
    REFUSED(pyaccel_he_rotate(&out, &missing, a, even, 2, p.keys, NULL));
    CHECK(missing == 0);
    REFUSED(pyaccel_he_rotate(&out, &missing, a, large, 1, p.keys, NULL));
    REFUSED(pyaccel_he_rotate(&out, NULL, a, NULL, 1, p.keys, NULL));
    REFUSED(pyaccel_he_rotate(&out, NULL, a, even, 1, q.keys, NULL));
    REFUSED(pyaccel_he_rotate(&out, NULL, three, even, 1, p.keys, NULL));
    REFUSED(pyaccel_he_rotate(&out, NULL, a, even, 1, NULL, NULL));
    CHECK(pyaccel_he_rotate(&out, &missing, a, absent, 2, p.keys, NULL) == PYACCEL_UNSUPPORTED);
    CHECK(out == NULL && missing == 7);
    REFUSED(pyaccel_he_sum_slots(&out, NULL, a, NULL, NULL));
    REFUSED(pyaccel_he_sum_slots(&out, NULL, NULL, p.keys, NULL));
    REFUSED(pyaccel_he_sum_batch(&out, NULL, NULL));
    REFUSED(pyaccel_he_ciphertexts_take(&out, a, &beyond, 1));
    REFUSED(pyaccel_he_ciphertexts_take(&out, a, NULL, 1));
    REFUSED(pyaccel_he_ciphertexts_take(&out, NULL, &beyond, 1));
    pyaccel_he_plaintexts *plain = p.plain[0];
    CHECK(pyaccel_he_plaintexts_take(NULL, plain, twice, 1) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_he_plaintexts_take(&plain, plain, &beyond, 1) == PYACCEL_INVALID_ARGUMENT);
    CHECK(plain == NULL);
    CHECK(pyaccel_he_plaintexts_take(&plain, NULL, twice, 1) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_he_plaintexts_take(&plain, p.plain[0], NULL, 1) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_he_plaintexts_take(&plain, p.plain[0], NULL, 0) == PYACCEL_OK);
    pyaccel_he_plaintexts_free(plain);
    REFUSED(pyaccel_he_ciphertexts_concatenate(&out, mixed, 2));
    REFUSED(pyaccel_he_ciphertexts_concatenate(&out, sizes, 2));
    REFUSED(pyaccel_he_ciphertexts_concatenate(&out, holes, 2));
    REFUSED(pyaccel_he_ciphertexts_concatenate(&out, mixed, 0));
    REFUSED(pyaccel_he_ciphertexts_concatenate(&out, NULL, 1));

    /* keys that lack what is asked of them */
    pyaccel_he_evaluation_keys *few;
    CHECK(pyaccel_he_evaluation_keys_new(&few, p.secret, 0, even, 1, &options) == PYACCEL_OK);
    CHECK(pyaccel_he_multiply(&out, a, a, few, 0, NULL) == PYACCEL_UNSUPPORTED && out == NULL);
    CHECK(pyaccel_he_relinearize(&out, three, few, NULL) == PYACCEL_UNSUPPORTED && out == NULL);
    CHECK(pyaccel_he_sum_slots(&out, &missing, a, few, NULL) == PYACCEL_UNSUPPORTED);
    CHECK(out == NULL && missing == 25);
    pyaccel_he_evaluation_keys_free(few);
    pyaccel_he_ciphertexts_info info = {.count = 9};
    CHECK(pyaccel_he_ciphertexts_get(&info, NULL) == PYACCEL_INVALID_ARGUMENT && info.count == 0);
    CHECK(pyaccel_he_ciphertexts_get(NULL, a) == PYACCEL_INVALID_ARGUMENT);
    pyaccel_he_ciphertexts_free(NULL);

    pyaccel_he_ciphertexts_free(three);
    pyaccel_he_ciphertexts_free(low);
    pyaccel_he_ciphertexts_free(odd);
    pyaccel_he_ciphertexts_free(two);
    pyaccel_he_ciphertexts_free(many);
    party_free(&p);
    party_free(&q);
}

/* ---- what others made ------------------------------------------------------------------------------ */

static void test_extremes(void)
{
    party p = party_of(PYACCEL_HE_CKKS), q = party_of(PYACCEL_HE_BFV);
    pyaccel_he_ciphertexts *a = p.cipher[0], *out, *large, *none;
    const pyaccel_he_options bad = {.struct_size = 1};
    uint64_t words = 0;
    CHECK(pyaccel_he_ciphertexts_residues(NULL, &words, a) == PYACCEL_OK);
    uint64_t *residues = calloc(words, sizeof *residues);
#define OF(scale, noise)                                                                           \
    pyaccel_he_ciphertexts_of_residues(&out, p.context, residues, words, 1, 2, 2, scale, 1, noise)
    /* noise whose sums and products would be no numbers */
    REFUSED(OF(1, 0x1p21));
    REFUSED(OF(1, -0x1p21));
    CHECK(OF(0x1p600, 0x1p20) == PYACCEL_OK);
    large = out;
    pyaccel_he_ciphertexts_info info;
    CHECK(pyaccel_he_add(&out, large, large, NULL) == PYACCEL_OK);
    CHECK(pyaccel_he_ciphertexts_get(&info, out) == PYACCEL_OK && info.noise_bits < 0x1p21);
    pyaccel_he_ciphertexts_free(out);
    REFUSED(pyaccel_he_multiply(&out, large, large, NULL, 0, NULL)); /* a scale of 2^1200 */
    pyaccel_he_ciphertexts_free(large);
    free(residues);
    /* an empty batch is looked at as any other */
    pyaccel_he_matrix *matrix;
    const double one = 1;
    CHECK(pyaccel_he_matrix_new(&matrix, NULL, p.context, &one, NULL, 1, 1, 1, 1, 1, NULL) ==
          PYACCEL_OK);
    CHECK(pyaccel_he_ciphertexts_take(&none, a, NULL, 0) == PYACCEL_OK);
    REFUSED(pyaccel_he_matrix_multiply(&out, NULL, matrix, none, 0, q.keys, NULL));
    REFUSED(pyaccel_he_matrix_multiply(&out, NULL, matrix, none, 0, p.keys, &bad));
    pyaccel_he_ciphertexts_free(none);
    pyaccel_he_matrix_free(matrix);
    party_free(&p);
    party_free(&q);
}

/* A factor that shares a divisor with t = 10 has no inverse, by which it would be taken off. */
static void test_factors(void)
{
    pyaccel_he_context *context = context_of((pyaccel_he_parameters){
        .scheme = PYACCEL_HE_BGV, .degree = 8, WITH_MODULI(50), .plain_modulus = 10});
    uint64_t residues[16] = {0};
    for (uint64_t factor = 0; factor <= 10; factor++) {
        pyaccel_he_ciphertexts *out = NULL;
        const pyaccel_status status =
            pyaccel_he_ciphertexts_of_residues(&out, context, residues, 16, 1, 2, 0, 1, factor, 0);
        const bool coprime = factor == 1 || factor == 3 || factor == 7 || factor == 9;
        CHECK(status == (coprime ? PYACCEL_OK : PYACCEL_INVALID_ARGUMENT));
        CHECK((out != NULL) == coprime);
        pyaccel_he_ciphertexts_free(out);
    }
    pyaccel_he_context_free(context);
}

static party shared;

static void add_there(void)
{
    pyaccel_he_ciphertexts *out;
    CHECK(pyaccel_he_multiply(&out, shared.cipher[0], shared.cipher[1], shared.keys, 0, NULL) ==
          PYACCEL_OK);
    pyaccel_he_ciphertexts_free(out);
}

/* A fork while another thread is within the pool of a context: nobody will ever leave it in the child. */
static void test_fork(void)
{
    shared = party_of(PYACCEL_HE_BGV);
    pthread_mutex_lock(&shared.context->pool.lock);
    in_child(NULL, NULL, add_there);
    pthread_mutex_unlock(&shared.context->pool.lock);
    party_free(&shared);
}

static void test_results(void)
{
    check_results(PYACCEL_HE_CKKS);
    check_results(PYACCEL_HE_BFV);
    check_results(PYACCEL_HE_BGV);
}

int main(void)
{
    each_variant(test_results);
    test_refusals();
    test_extremes();
    test_factors();
    test_fork();
    return finish();
}
