/* SPDX-License-Identifier: Apache-2.0 */
/* Encoding through the public ABI: what was encoded decodes to itself at every level and scale, slots stand where he.h says, every CPU level
 * makes the same rows, and what does not fit is refused by its index. */
#include "he/encoder.h"
#include "he_reference.h"
#include "pyaccel/hash.h"

static const char *const cpu_levels[] = {"portable", "avx2", "avx512", "avx512ifma"};
#define CPU_LEVELS (sizeof cpu_levels / sizeof *cpu_levels)

static double between(double least, double most)
{
    return least + (most - least) * (double)(random_word() >> 11) * 0x1p-53;
}

static pyaccel_he_context *make(uint32_t scheme, uint32_t degree, const uint32_t *moduli,
                                uint32_t count, uint64_t plain_modulus)
{
    pyaccel_he_parameters parameters = {
        .struct_size = sizeof parameters,
        .scheme = scheme,
        .degree = degree,
        .moduli_count = count,
        .standard = PYACCEL_HE_STANDARD_NONE,
        .plain_modulus = plain_modulus,
        .scale = scheme == PYACCEL_HE_CKKS ? 0x1p40 : 0,
    };
    memcpy(parameters.moduli_bits, moduli, count * sizeof *moduli);
    pyaccel_he_context *context;
    CHECK(pyaccel_he_context_new(&context, &parameters) == PYACCEL_OK);
    return context;
}

/* SHA-256 of what plaintexts hold, as canonical integers in canonical order. */
static void digest_of(uint8_t digest[32], const pyaccel_he_plaintexts *plaintexts)
{
    const pyaccel_he_context *context = plaintexts->context;
    const size_t n = context->degree, rows = plaintexts->count * plaintexts->rows;
    uint64_t *words = REF_ROW(rows * n), *row = REF_ROW(n);
    for (size_t r = 0; r < rows; r++) {
        const pa_he_word *in = plaintexts->words + r * context->stride;
        if (plaintexts->form == PA_HE_PLAIN_NTT) {
            context->kernels->export(row, in, n, &context->ntt[r % plaintexts->rows].modulus);
        }
        for (size_t j = 0; j < n; j++) {
            words[r * n + j] = plaintexts->form == PA_HE_PLAIN_NTT ? row[context->order[j]] : in[j];
        }
    }
    const uint64_t size = rows * n * sizeof *words;
    const pyaccel_rows bytes = {
        .data = (uint8_t *)words, .data_size = size, .width = size, .stride = size};
    CHECK(pyaccel_hash_many(digest, 32, PYACCEL_HASH_SHA256, &bytes, 1, NULL) == PYACCEL_OK);
    free(words);
    free(row);
}

/* ---- CKKS ------------------------------------------------------------------------------------ */

static void check_numbers(const uint32_t *moduli, uint32_t count, uint32_t degree, double scale,
                          uint8_t digest[32], bool first)
{
    enum { ITEMS = 3 };
    pyaccel_he_context *context = make(PYACCEL_HE_CKKS, degree, moduli, count, 0);
    const uint64_t slots = degree / 2;
    double *values = ref_memory(ITEMS * 2 * slots * sizeof *values);
    double *decoded = ref_memory(ITEMS * 2 * slots * sizeof *values);
    unsigned bits = 0;
    for (uint32_t level = 0; level < count; level++) {
        bits += moduli[level];
        /* Coefficients are below 2 sqrt(2) times the largest part. */
        const double room = ldexp(1, (int)bits - 4) / scale, most = room < 1000 ? room : 1000;
        if (most < 1) {
            continue;
        }
        for (uint32_t real = 0; real < 2; real++) {
            const uint64_t parts = real ? 1 : 2, width = level % 2 ? slots : slots - 1;
            for (uint64_t k = 0; k < ITEMS * 2 * slots; k++) {
                values[k] = between(-most, most);
                decoded[k] = 77;
            }
            pyaccel_he_plaintexts *plaintexts;
            uint64_t bad;
            CHECK(pyaccel_he_encode_numbers(&plaintexts, &bad, context, values, real, ITEMS, width,
                                            slots, scale, level, NULL) == PYACCEL_OK);
            CHECK(bad == UINT64_MAX);
            pyaccel_he_ciphertexts_info info;
            CHECK(pyaccel_he_plaintexts_get(&info, plaintexts) == PYACCEL_OK);
            CHECK(info.count == ITEMS && info.level == level && info.scale == scale);
            CHECK(pyaccel_he_decode_numbers(decoded, real, width, slots, plaintexts, NULL) ==
                  PYACCEL_OK);
            const double bound = most * 0x1p-48 + 2 * sqrt((double)degree) / scale;
            for (uint64_t i = 0; i < ITEMS; i++) {
                for (uint64_t k = 0; k < parts * slots; k++) {
                    const uint64_t index = i * parts * slots + k;
                    CHECK(k < parts * width ? fabs(decoded[index] - values[index]) <= bound
                                            : decoded[index] == 77);
                }
            }
            const uint64_t indices[3] = {2, 0, 2};
            pyaccel_he_plaintexts *some;
            CHECK(pyaccel_he_plaintexts_take(&some, plaintexts, indices, 3) == PYACCEL_OK);
            double *taken = ref_memory(ITEMS * 2 * slots * sizeof *taken);
            CHECK(pyaccel_he_plaintexts_get(&info, some) == PYACCEL_OK);
            CHECK(info.count == 3 && info.level == level && info.scale == scale);
            CHECK(pyaccel_he_decode_numbers(taken, real, width, slots, some, NULL) == PYACCEL_OK);
            for (uint64_t i = 0; i < 3; i++) {
                CHECK(memcmp(taken + i * parts * slots, decoded + indices[i] * parts * slots,
                             parts * width * sizeof *taken) == 0);
            }
            free(taken);
            pyaccel_he_plaintexts_free(some);
            if (level == count - 1 && real == 0) {
                uint8_t found[32];
                digest_of(found, plaintexts);
                CHECK(first || memcmp(found, digest, sizeof found) == 0);
                memcpy(digest, found, sizeof found);
            }
            pyaccel_he_plaintexts_free(plaintexts);
        }
    }
    free(values);
    free(decoded);
    pyaccel_he_context_free(context);
}

/* One coefficient is not 0 where slots are the powers of its root: X encodes zeta^(5^j). */
static void check_positions(void)
{
    enum { DEGREE = 64, SLOTS = DEGREE / 2 };
    const uint32_t moduli[] = {50, 40};
    pyaccel_he_context *context = make(PYACCEL_HE_CKKS, DEGREE, moduli, 2, 0);
    double values[2 * SLOTS];
    uint64_t power = 1;
    for (size_t j = 0; j < SLOTS; j++) {
        const double angle = acos(-1) * (double)power / DEGREE;
        values[2 * j] = cos(angle);
        values[2 * j + 1] = sin(angle);
        power = power * 5 % (2 * DEGREE);
    }
    pyaccel_he_plaintexts *plaintexts;
    CHECK(pyaccel_he_encode_numbers(&plaintexts, NULL, context, values, 0, 1, SLOTS, SLOTS, 0x1p40,
                                    1, NULL) == PYACCEL_OK);
    for (uint32_t r = 0; r < 2; r++) {
        uint64_t row[DEGREE];
        pa_he_word *words = plaintexts->words + r * context->stride;
        context->kernels->inverse(&words, 1, &context->ntt[r]);
        context->kernels->export(row, words, DEGREE, &context->ntt[r].modulus);
        for (size_t k = 0; k < DEGREE; k++) {
            CHECK(row[k] == (k == 1 ? (1ull << 40) % context->ntt[r].modulus.q : 0));
        }
    }
    pyaccel_he_plaintexts_free(plaintexts);

    /* 2^70 is not cut off: slots that are all equal encode a constant. */
    for (size_t k = 0; k < 2 * SLOTS; k++) {
        values[k] = k % 2 == 0 ? 3 : 0;
    }
    CHECK(pyaccel_he_encode_numbers(&plaintexts, NULL, context, values, 0, 1, SLOTS, SLOTS, 0x1p70,
                                    1, NULL) == PYACCEL_OK);
    for (uint32_t r = 0; r < 2; r++) {
        uint64_t row[DEGREE];
        const uint64_t q = context->ntt[r].modulus.q;
        pa_he_word *words = plaintexts->words + r * context->stride;
        context->kernels->inverse(&words, 1, &context->ntt[r]);
        context->kernels->export(row, words, DEGREE, &context->ntt[r].modulus);
        for (size_t k = 0; k < DEGREE; k++) {
            CHECK(row[k] == (k == 0 ? (uint64_t)(((wide)3 << 70) % q) : 0));
        }
    }
    pyaccel_he_plaintexts_free(plaintexts);

    /* A constant takes a way of its own, to the same words as any other that has its coefficients: real parts alone, or with zeros. */
    for (int k = 0; k < 4; k++) {
        const double scales[] = {0x1p40, 0x1p70, 0x1.3p45, 1}, scale = scales[k];
        double real[SLOTS], pairs[2 * SLOTS] = {0};
        for (size_t j = 0; j < SLOTS; j++) {
            real[j] = pairs[2 * j] = k % 2 ? -1.2345 : 6e5;
        }
        pyaccel_he_plaintexts *other;
        CHECK(pyaccel_he_encode_numbers(&plaintexts, NULL, context, real, 1, 1, SLOTS, SLOTS, scale,
                                        1, NULL) == PYACCEL_OK);
        CHECK(pyaccel_he_encode_numbers(&other, NULL, context, pairs, 0, 1, SLOTS, SLOTS, scale, 1,
                                        NULL) == PYACCEL_OK);
        uint8_t one[32], two[32];
        digest_of(one, plaintexts);
        digest_of(two, other);
        CHECK(memcmp(one, two, sizeof one) == 0);
        pyaccel_he_plaintexts_free(plaintexts);
        pyaccel_he_plaintexts_free(other);
    }
    double numbers[SLOTS];
    uint64_t bad;
    for (size_t j = 0; j < SLOTS; j++) {
        numbers[j] = 0x1p60;
    }
    CHECK(pyaccel_he_encode_numbers(&plaintexts, &bad, context, numbers, 1, 1, SLOTS, SLOTS, 0x1p40,
                                    1, NULL) == PYACCEL_INVALID_ARGUMENT);
    CHECK(bad == 0);
    for (size_t j = 0; j < SLOTS; j++) {
        numbers[j] = INFINITY;
    }
    CHECK(pyaccel_he_encode_numbers(&plaintexts, &bad, context, numbers, 1, 1, SLOTS, SLOTS, 0x1p40,
                                    1, NULL) == PYACCEL_INVALID_ARGUMENT);
    CHECK(bad == 0);
    pyaccel_he_context_free(context);
}

static void check_refused_numbers(void)
{
    const uint32_t moduli[] = {40, 30};
    pyaccel_he_context *context = make(PYACCEL_HE_CKKS, 16, moduli, 2, 0);
    double values[3 * 16] = {0};
    pyaccel_he_plaintexts *plaintexts;
    uint64_t bad;
    values[2 * 5] = NAN;
    CHECK(pyaccel_he_encode_numbers(&plaintexts, &bad, context, values, 1, 3, 5, 5, 0, 1, NULL) ==
          PYACCEL_INVALID_ARGUMENT);
    CHECK(bad == 10 && plaintexts == NULL);
    values[10] = 1;
    values[12] = -0x1p33; /* times 2^40 in one slot of 8: coefficients of 2^70, more than Q / 2 */
    CHECK(pyaccel_he_encode_numbers(&plaintexts, &bad, context, values, 1, 3, 5, 5, 0, 1, NULL) ==
          PYACCEL_INVALID_ARGUMENT);
    CHECK(bad == 12);
    values[12] = 0.5; /* not below Q_0 / 2 */
    CHECK(pyaccel_he_encode_numbers(&plaintexts, &bad, context, values, 1, 3, 5, 5, 0, 0, NULL) ==
          PYACCEL_OK);
    pyaccel_he_plaintexts_free(plaintexts);
    CHECK(pyaccel_he_encode_numbers(&plaintexts, &bad, context, values, 1, 1, 9, 9, 0, 0, NULL) ==
          PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_he_encode_numbers(&plaintexts, &bad, context, values, 1, 1, 8, 8, 0, 2, NULL) ==
          PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_he_encode_numbers(&plaintexts, &bad, context, values, 2, 1, 8, 8, 0, 1, NULL) ==
          PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_he_encode_numbers(&plaintexts, &bad, context, values, 1, 1, 8, 8, -1, 1, NULL) ==
          PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_he_encode_numbers(&plaintexts, &bad, context, NULL, 1, 1, 8, 8, 0, 1, NULL) ==
          PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_he_encode_numbers(&plaintexts, &bad, context, values, 1, 0, 8, 8, 0, 1, NULL) ==
          PYACCEL_OK);
    CHECK(pyaccel_he_decode_numbers(NULL, 1, 8, 8, plaintexts, NULL) == PYACCEL_OK);
    pyaccel_he_plaintexts_free(plaintexts);
    int64_t one = 1;
    CHECK(pyaccel_he_encode_integers(&plaintexts, &bad, context, &one, 1, 1, 1, NULL) ==
          PYACCEL_INVALID_ARGUMENT);
    pyaccel_he_context_free(context);
}

/* ---- integers -------------------------------------------------------------------------------- */

static void check_integers(uint32_t degree, uint64_t t, uint8_t digest[32], bool first)
{
    enum { ITEMS = 2 };
    const uint32_t moduli[] = {50, 50};
    pyaccel_he_context *context = make(PYACCEL_HE_BFV, degree, moduli, 2, t);
    const uint64_t psi = context->encoder->plain.psi;
    int64_t *values = ref_memory(ITEMS * degree * sizeof *values);
    int64_t *decoded = ref_memory(ITEMS * degree * sizeof *values);
    const int64_t least = -(int64_t)(t / 2);
    for (size_t k = 0; k < ITEMS * degree; k++) {
        values[k] = least + (int64_t)(random_word() % (t + t / 2));
    }
    values[0] = least;
    values[1] = (int64_t)t - 1;
    for (uint64_t width = degree; width > 0; width /= 3) {
        pyaccel_he_plaintexts *plaintexts;
        uint64_t bad;
        CHECK(pyaccel_he_encode_integers(&plaintexts, &bad, context, values, ITEMS, width, degree,
                                         NULL) == PYACCEL_OK);
        CHECK(bad == UINT64_MAX);
        CHECK(pyaccel_he_decode_integers(decoded, degree, degree, plaintexts, 0, NULL) ==
              PYACCEL_OK);
        for (size_t i = 0; i < ITEMS; i++) {
            for (size_t k = 0; k < degree; k++) {
                const int64_t value = k < width ? values[i * degree + k] : 0;
                CHECK(decoded[i * degree + k] ==
                      (value > (int64_t)(t / 2) ? value - (int64_t)t : value));
            }
        }
        if (width == degree) {
            /* Slot j is the value at psi^(5^j), slot N / 2 + j at psi^(-5^j). */
            uint64_t power = 1;
            for (size_t j = 0; j < degree / 2; j += 7) {
                const uint64_t x = ref_pow(psi, power, t), y = ref_pow(psi, 2 * degree - power, t);
                const uint64_t a = ref_evaluate(plaintexts->words, degree, x, t);
                const uint64_t b = ref_evaluate(plaintexts->words, degree, y, t);
                CHECK(a == (uint64_t)(values[j] < 0 ? values[j] + (int64_t)t : values[j]));
                const int64_t other = values[degree / 2 + j];
                CHECK(b == (uint64_t)(other < 0 ? other + (int64_t)t : other));
                for (size_t k = 0; k < 7; k++) {
                    power = power * 5 % (2 * degree);
                }
            }
            uint8_t found[32];
            digest_of(found, plaintexts);
            CHECK(first || memcmp(found, digest, sizeof found) == 0);
            memcpy(digest, found, sizeof found);
        }
        pyaccel_he_plaintexts_free(plaintexts);
        CHECK(pyaccel_he_encode_coefficients(&plaintexts, &bad, context, values, ITEMS, width,
                                             degree, NULL) == PYACCEL_OK);
        CHECK(pyaccel_he_decode_integers(decoded, width, degree, plaintexts, 1, NULL) ==
              PYACCEL_OK);
        for (size_t k = 0; k < width; k++) {
            CHECK(decoded[k] ==
                  (values[k] > (int64_t)(t / 2) ? values[k] - (int64_t)t : values[k]));
        }
        pyaccel_he_plaintexts_free(plaintexts);
        const int64_t good = values[degree];
        values[degree] = width % 2 ? (int64_t)t : least - 1;
        CHECK(pyaccel_he_encode_integers(&plaintexts, &bad, context, values, ITEMS, width, degree,
                                         NULL) == PYACCEL_INVALID_ARGUMENT);
        CHECK(bad == width && plaintexts == NULL);
        values[degree] = good;
    }
    free(values);
    free(decoded);
    pyaccel_he_context_free(context);
}

static void check_no_slots(void)
{
    const uint32_t moduli[] = {50};
    pyaccel_he_context *context = make(PYACCEL_HE_BFV, 64, moduli, 1, 65536);
    int64_t values[64] = {1, -2, 65535, -32768}, decoded[64];
    pyaccel_he_plaintexts *plaintexts;
    CHECK(pyaccel_he_encode_integers(&plaintexts, NULL, context, values, 1, 0, 64, NULL) ==
          PYACCEL_UNSUPPORTED);
    CHECK(pyaccel_he_encode_coefficients(&plaintexts, NULL, context, values, 1, 64, 64, NULL) ==
          PYACCEL_OK);
    CHECK(pyaccel_he_decode_integers(decoded, 64, 64, plaintexts, 0, NULL) == PYACCEL_UNSUPPORTED);
    CHECK(pyaccel_he_decode_integers(decoded, 64, 64, plaintexts, 1, NULL) == PYACCEL_OK);
    CHECK(decoded[0] == 1 && decoded[1] == -2 && decoded[2] == -1 && decoded[3] == 32768);
    pyaccel_he_plaintexts_free(plaintexts);
    pyaccel_he_context_free(context);
}

int main(void)
{
    static const uint32_t split[] = {60, 40, 40}, small[] = {50},
                          long_chain[] = {50, 45, 45, 45, 45, 45};
    uint8_t digests[8][32];
    const uint64_t seed = random_state;
    bool first = true;
    for (size_t l = 0; l < CPU_LEVELS; l++) {
        if (pyaccel_cpu_select(cpu_levels[l]) != PYACCEL_OK) {
            printf("%s: not on this CPU\n", cpu_levels[l]);
            continue;
        }
        random_state = seed;
        check_numbers(split, 3, 2048, 0x1p40, digests[0], first);
        check_numbers(split, 3, 8, 0x1p40, digests[1], first);
        check_numbers(small, 1, 64, 0x1p30, digests[2], first);
        check_numbers(long_chain, 6, 256, 0x1p90, digests[3], first);
        check_numbers(long_chain, 6, 512, 0x1.2345678p41, digests[4], first);
        check_integers(1024, 12289, digests[5], first);
        check_integers(64, 1099511623297, digests[6], first);
        check_integers(8, 17, digests[7], first);
        first = false;
        check_positions();
        check_refused_numbers();
        check_no_slots();
    }
    return finish();
}
