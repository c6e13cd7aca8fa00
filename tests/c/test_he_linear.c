/* SPDX-License-Identifier: Apache-2.0 */
/* Plain matrices and polynomials on BFV, BGV and CKKS ciphertexts against loops over their numbers; and bad arguments. */
#include "he/encode.h"
#include "he_reference.h"

#define DEGREE 64u
#define ROW (DEGREE / 2)
#define T 257 /* 1 modulo 128 */

static const uint8_t seed[32] = "matrices and polynomials, a test";
static const pyaccel_he_options options = {.struct_size = sizeof options,
                                           .insecure_test_seed = seed};

typedef struct {
    bool exact;
    pyaccel_he_context *context;
    pyaccel_he_secret_key *secret;
    double x[ROW];
    int64_t integers[ROW];
} party;

static party party_of(uint32_t scheme)
{
    pyaccel_he_parameters parameters = {
        .struct_size = sizeof parameters,
        .scheme = scheme,
        .degree = DEGREE,
        .moduli_bits = {60, 40, 40, 40, 40},
        .moduli_count = 5,
        .standard = PYACCEL_HE_STANDARD_NONE,
        .plain_modulus = scheme == PYACCEL_HE_CKKS ? 0 : T,
        .scale = scheme == PYACCEL_HE_CKKS ? 0x1p40 : 0,
    };
    party p = {.exact = scheme != PYACCEL_HE_CKKS};
    CHECK(pyaccel_he_context_new(&p.context, &parameters) == PYACCEL_OK);
    CHECK(pyaccel_he_secret_key_new(&p.secret, p.context, &options) == PYACCEL_OK);
    for (size_t i = 0; i < ROW; i++) {
        p.integers[i] = (int64_t)(random_word() >> 40) % 21 - 10;
        p.x[i] = (double)p.integers[i] / 8;
    }
    return p;
}

static void party_free(party *p)
{
    pyaccel_he_secret_key_free(p->secret);
    pyaccel_he_context_free(p->context);
}

/* The first `width` numbers, `period` slots apart again and again (0: once). */
static pyaccel_he_ciphertexts *encrypted(const party *p, size_t width, size_t period)
{
    double real[ROW] = {0};
    int64_t integers[ROW] = {0};
    for (size_t j = 0; j < ROW; j++) {
        const size_t from = period == 0 ? j : j % period;
        real[j] = from < width ? p->x[from] : 0;
        integers[j] = from < width ? p->integers[from] : 0;
    }
    pyaccel_he_plaintexts *plain;
    pyaccel_he_ciphertexts *cipher = NULL;
    CHECK((p->exact
               ? pyaccel_he_encode_integers(&plain, NULL, p->context, integers, 1, ROW, ROW, NULL)
               : pyaccel_he_encode_numbers(&plain, NULL, p->context, real, 1, 1, ROW, ROW, 0, 4,
                                           NULL)) == PYACCEL_OK);
    CHECK(pyaccel_he_encrypt_secret(&cipher, p->secret, plain, &options) == PYACCEL_OK);
    pyaccel_he_plaintexts_free(plain);
    return cipher;
}

/* Whether slot j decrypts to integers[j] modulo T, or to about real[j]. */
static void check_slots(const party *p, const pyaccel_he_ciphertexts *cipher, const double *real,
                        const int64_t *integers, size_t width)
{
    pyaccel_he_plaintexts *plain;
    double numbers[ROW];
    int64_t found[ROW];
    CHECK(pyaccel_he_decrypt(&plain, p->secret, cipher, 0, &options) == PYACCEL_OK);
    CHECK((p->exact
               ? pyaccel_he_decode_integers(found, width, width, plain, 0, NULL)
               : pyaccel_he_decode_numbers(numbers, 1, width, width, plain, NULL)) == PYACCEL_OK);
    for (size_t j = 0; j < width; j++) {
        CHECK(p->exact ? (found[j] - integers[j]) % T == 0 : fabs(numbers[j] - real[j]) < 1e-4);
    }
    pyaccel_he_plaintexts_free(plain);
}

static pyaccel_he_evaluation_keys *keys_of(const party *p, uint64_t rows, uint64_t columns)
{
    int64_t steps[ROW * 4];
    uint32_t elements[ROW * 4];
    uint64_t count = 0, needed = 0;
    CHECK(pyaccel_he_matrix_steps(NULL, &needed, p->context, rows, columns) == PYACCEL_OK);
    CHECK(needed <= ROW * 4);
    if (needed > 0) {
        count = needed - 1;
        CHECK(pyaccel_he_matrix_steps(steps, &count, p->context, rows, columns) ==
              PYACCEL_INVALID_ARGUMENT);
    }
    count = needed;
    CHECK(pyaccel_he_matrix_steps(steps, &count, p->context, rows, columns) == PYACCEL_OK);
    for (uint64_t i = 0; i < count; i++) {
        elements[i] = pyaccel_he_element(DEGREE, steps[i]);
    }
    pyaccel_he_evaluation_keys *keys;
    CHECK(pyaccel_he_evaluation_keys_new(&keys, p->secret, 1, elements, count, &options) ==
          PYACCEL_OK);
    return keys;
}

static void check_matrix(const party *p, size_t rows, size_t columns)
{
    double real[ROW * ROW], y[ROW] = {0};
    int64_t integers[ROW * ROW], z[ROW] = {0};
    for (size_t k = 0; k < rows * columns; k++) {
        integers[k] = (int64_t)(random_word() >> 40) % 31 - 15;
        real[k] = (double)integers[k] / 16;
    }
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < columns; c++) { /* stored by columns */
            y[r] += real[c * rows + r] * p->x[c];
            z[r] += integers[c * rows + r] * p->integers[c];
        }
    }
    pyaccel_he_matrix *matrix;
    uint64_t bad;
    CHECK(pyaccel_he_matrix_new(&matrix, &bad, p->context, p->exact ? NULL : real,
                                p->exact ? integers : NULL, rows, columns, 1, (int64_t)rows, 4,
                                NULL) == PYACCEL_OK);
    CHECK(bad == UINT64_MAX);
    pyaccel_he_evaluation_keys *keys = keys_of(p, rows, columns);
    size_t period = 1;
    while (period < columns) {
        period *= 2;
    }
    for (uint32_t repeated = 0; repeated < 2; repeated++) {
        pyaccel_he_ciphertexts *x = encrypted(p, columns, repeated ? period : 0), *out;
        uint32_t missing;
        CHECK(pyaccel_he_matrix_multiply(&out, &missing, matrix, x, repeated, keys, NULL) ==
              PYACCEL_OK);
        CHECK(missing == 0);
        check_slots(p, out, y, z, rows);
        pyaccel_he_ciphertexts_free(out);
        pyaccel_he_ciphertexts_free(x);
    }
    pyaccel_he_evaluation_keys_free(keys);
    pyaccel_he_matrix_free(matrix);
}

static void check_refused(const party *p)
{
    double real[4] = {1, 2, 3, 4};
    int64_t integers[4] = {1, 2, 3, 4};
    pyaccel_he_matrix *matrix;
    uint64_t bad, count = 9;
    CHECK(pyaccel_he_matrix_steps(NULL, &count, p->context, 0, 4) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_he_matrix_steps(NULL, &count, p->context, 4, ROW + 1) ==
          PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_he_matrix_new(&matrix, &bad, p->context, real, integers, 2, 2, 2, 1, 4, NULL) ==
          PYACCEL_INVALID_ARGUMENT);
    CHECK(matrix == NULL);
    const double *numbers = p->exact ? NULL : real;
    const int64_t *whole = p->exact ? integers : NULL;
    real[2] = INFINITY;
    integers[2] = T;
    CHECK(pyaccel_he_matrix_new(&matrix, &bad, p->context, numbers, whole, 2, 2, 2, 1, 4, NULL) ==
          PYACCEL_INVALID_ARGUMENT);
    CHECK(bad == 2);
    real[2] = 0;
    integers[2] = 0;
    CHECK(pyaccel_he_matrix_new(&matrix, &bad, p->context, numbers, whole, 2, 2, 2, 1, 4, NULL) ==
          PYACCEL_OK);
    pyaccel_he_evaluation_keys *bare;
    CHECK(pyaccel_he_evaluation_keys_new(&bare, p->secret, 0, NULL, 0, &options) == PYACCEL_OK);
    pyaccel_he_ciphertexts *x = encrypted(p, 2, 0), *out;
    uint32_t missing;
    CHECK(pyaccel_he_matrix_multiply(&out, &missing, matrix, x, 0, bare, NULL) ==
          PYACCEL_UNSUPPORTED);
    CHECK(out == NULL && missing != 0);
    CHECK(pyaccel_he_matrix_multiply(&out, &missing, matrix, x, 2, bare, NULL) ==
          PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_he_polynomial(&out, x, numbers, whole, 4, bare, NULL) == PYACCEL_UNSUPPORTED);
    CHECK(out == NULL);
    CHECK(pyaccel_he_polynomial(&out, x, numbers, whole, 0, bare, NULL) ==
          PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_he_polynomial(&out, x, real, integers, 2, bare, NULL) ==
          PYACCEL_INVALID_ARGUMENT);
    pyaccel_he_ciphertexts_free(x);
    pyaccel_he_evaluation_keys_free(bare);
    pyaccel_he_matrix_free(matrix);
    pyaccel_he_matrix_free(NULL);
}

static void check_polynomial(const party *p, const pyaccel_he_evaluation_keys *keys, size_t count)
{
    double real[16], y[ROW];
    int64_t integers[16], z[ROW];
    for (size_t i = 0; i < count; i++) {
        integers[i] = i % 5 == 3 ? 0 : (int64_t)(random_word() >> 40) % 31 - 15;
        real[i] = (double)integers[i] / (double)(16u << i);
    }
    for (size_t j = 0; j < ROW; j++) {
        y[j] = 0;
        z[j] = 0;
        for (size_t i = count; i-- > 0;) {
            y[j] = y[j] * p->x[j] + real[i];
            z[j] = (z[j] * p->integers[j] + integers[i]) % T;
        }
    }
    pyaccel_he_ciphertexts *x = encrypted(p, ROW, 0), *out;
    CHECK(pyaccel_he_polynomial(&out, x, p->exact ? NULL : real, p->exact ? integers : NULL, count,
                                keys, NULL) == PYACCEL_OK);
    check_slots(p, out, y, z, ROW);
    pyaccel_he_ciphertexts_info info;
    CHECK(pyaccel_he_ciphertexts_get(&info, out) == PYACCEL_OK);
    if (!p->exact) {
        CHECK(info.scale == 0x1p40);
        CHECK(info.level >= 4 - pyaccel_he_polynomial_depth(count));
    }
    pyaccel_he_ciphertexts_free(out);
    pyaccel_he_ciphertexts_free(x);
}

int main(void)
{
    static const uint32_t schemes[] = {PYACCEL_HE_BFV, PYACCEL_HE_BGV, PYACCEL_HE_CKKS};
    static const size_t shapes[][2] = {{1, 1}, {1, 32},  {32, 1},  {3, 5},
                                       {8, 8}, {16, 32}, {32, 32}, {31, 17}};
    for (size_t s = 0; s < 3; s++) {
        party p = party_of(schemes[s]);
        for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
            check_matrix(&p, shapes[k][0], shapes[k][1]);
        }
        check_refused(&p);
        pyaccel_he_evaluation_keys *keys;
        CHECK(pyaccel_he_evaluation_keys_new(&keys, p.secret, 1, NULL, 0, &options) == PYACCEL_OK);
        for (size_t count = 1; count <= 8; count++) {
            check_polynomial(&p, keys, count);
        }
        pyaccel_he_evaluation_keys_free(keys);
        party_free(&p);
    }
    return finish();
}
