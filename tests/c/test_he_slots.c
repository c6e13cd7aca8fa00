/* SPDX-License-Identifier: Apache-2.0 */
/* Complex slots: roots against long doubles, transforms against sums over all coefficients, integers against 128-bit arithmetic; and every
 * variant against the portable one, bit for bit. */
#include "he/slots.h"

#include "he/encoder.h"
#include "he_reference.h"

__extension__ typedef __int128 integer;

#define PI_LONG 3.14159265358979323846264338327950288L
#define MOST_N 4096u

typedef struct {
    const char *name;
    uint32_t needs;
    const pa_he_slots *table;
} variant;

static const variant variants[] = {
    {"portable", 0, &pa_he_slots_portable},
#if PYACCEL_WITH_AVX2
    {"avx2", PA_CPU_AVX2, &pa_he_slots_avx2},
#endif
#if PYACCEL_WITH_AVX512
    {"avx512", PA_CPU_AVX512, &pa_he_slots_avx512},
#endif
#if PYACCEL_EMULATED
    {"avx512-emulated", PA_CPU_AVX2, &pa_he_slots_avx512_emulated},
#endif
};
#define VARIANTS (sizeof variants / sizeof *variants)

static double between(double least, double most)
{
    return least + (most - least) * (double)(random_word() >> 11) * 0x1p-53;
}

static double *doubles(size_t n)
{
    return ref_memory(n * sizeof(double));
}

/* ---- roots ----------------------------------------------------------------------------------- */

static void check_roots(unsigned log_n)
{
    const size_t n = (size_t)1 << log_n;
    double *re = doubles(n), *im = doubles(n);
    pa_he_roots_fill(re, im, log_n);
    for (unsigned s = 0; s < log_n; s++) {
        uint64_t power = 1;
        for (size_t b = 0; b < (size_t)1 << s; b++) {
            const long double angle = PI_LONG * (long double)power / (long double)(4u << s);
            const size_t i = ((size_t)1 << s) + b;
            CHECK(fabsl(cosl(angle) - re[i]) < 0x1.01p-54L &&
                  fabsl(sinl(angle) - im[i]) < 0x1.01p-54L);
            power = power * 5 % (8u << s);
        }
    }
    free(re);
    free(im);
}

/* ---- transforms ------------------------------------------------------------------------------ */

/* m(zeta^(5^j)) of 2n real coefficients. */
static void slow_slot(long double value[2], const double *m, size_t n, size_t j)
{
    uint64_t power = 1;
    for (size_t i = 0; i < j; i++) {
        power = power * 5 % (4 * n);
    }
    value[0] = value[1] = 0;
    for (size_t k = 0; k < 2 * n; k++) {
        const long double angle =
            PI_LONG * (long double)(power * k % (4 * n)) / (long double)(2 * n);
        value[0] += m[k] * cosl(angle);
        value[1] += m[k] * sinl(angle);
    }
}

static void check_transforms(unsigned log_n)
{
    const size_t n = (size_t)1 << log_n;
    double *re = doubles(n), *im = doubles(n), *m = doubles(2 * n), *copy = doubles(2 * n);
    double *scratch = doubles(2 * n), *slots = doubles(2 * n), *back = doubles(2 * n);
    pa_he_roots_fill(re, im, log_n);
    const pa_he_roots roots = {n, log_n, re, im};
    for (size_t k = 0; k < 2 * n; k++) {
        m[k] = between(-1, 1);
    }
    for (size_t v = 0; v < VARIANTS; v++) {
        const pa_he_slots *table = variants[v].table;
        if ((variants[v].needs & ~pa_cpu_features()) != 0) {
            continue;
        }
        memcpy(copy, m, 2 * n * sizeof *m);
        double *result = table->evaluate(copy, scratch, &roots);
        if (v == 0) {
            memcpy(slots, result, 2 * n * sizeof *m);
            for (size_t j = 0; j < n; j += n > 64 ? n / 31 : 1) {
                long double value[2];
                slow_slot(value, m, n, j);
                CHECK(fabsl(value[0] - slots[j]) < 1e-13L * n);
                CHECK(fabsl(value[1] - slots[n + j]) < 1e-13L * n);
            }
        }
        CHECK(memcmp(slots, result, 2 * n * sizeof *m) == 0);
        result = table->interpolate(result, result == copy ? scratch : copy, &roots);
        if (v == 0) {
            memcpy(back, result, 2 * n * sizeof *m);
            for (size_t k = 0; k < 2 * n; k++) {
                CHECK(fabs(back[k] / (double)n - m[k]) < 1e-14);
            }
        }
        CHECK(memcmp(back, result, 2 * n * sizeof *m) == 0);
    }
    free(re), free(im), free(m), free(copy), free(scratch), free(slots), free(back);
}

/* ---- numbers of the caller ------------------------------------------------------------------- */

static void check_load(const pa_he_slots *table)
{
    enum { N_SLOTS = 32 };
    double values[2 * N_SLOTS], m[2 * N_SLOTS], out[2 * N_SLOTS];
    for (size_t width = 0; width <= N_SLOTS; width++) {
        for (unsigned real = 0; real < 2; real++) {
            const size_t parts = real ? 1 : 2;
            for (size_t i = 0; i < 2 * N_SLOTS; i++) {
                values[i] = between(-9, 9);
                m[i] = out[i] = 77;
            }
            CHECK(table->load(m, N_SLOTS, values, width, real));
            for (size_t j = 0; j < N_SLOTS; j++) {
                CHECK(m[j] == (j < width ? values[parts * j] : 0));
                CHECK(m[N_SLOTS + j] == (j < width && !real ? values[2 * j + 1] : 0));
            }
            table->store(out, width, real, m, N_SLOTS);
            CHECK(memcmp(out, values, parts * width * sizeof *out) == 0);
            for (size_t i = parts * width; i < 2 * N_SLOTS; i++) {
                CHECK(out[i] == 77);
            }
            for (size_t i = 0; i < parts * width; i++) {
                const double good = values[i];
                values[i] = i % 3 == 0 ? NAN : i % 3 == 1 ? INFINITY : -INFINITY;
                CHECK(!table->load(m, N_SLOTS, values, width, real));
                values[i] = good;
            }
        }
    }
}

/* ---- rounding and residues ------------------------------------------------------------------- */

static void check_rounding(const pa_he_slots *table)
{
    enum { COUNT = 64 };
    double x[COUNT], factors[] = {1, 0x1p40, 1.75, 0x1p-3};
    for (unsigned round = 0; round < 400; round++) {
        double expected[COUNT], most = 0;
        const double factor = factors[round % 4];
        for (size_t i = 0; i < COUNT; i++) {
            x[i] = ldexp(between(-1, 1), (int)(random_word() % 80));
            x[i] = i % 8 == 1 ? floor(ldexp(x[i], -20)) + 0.5 : x[i]; /* ties */
            expected[i] = rint(x[i] * factor);
            most = fmax(most, fabs(expected[i]));
        }
        CHECK(table->round(x, factor, COUNT) == most);
        for (size_t i = 0; i < COUNT; i++) {
            CHECK(x[i] == expected[i]);
        }
        x[random_word() % COUNT] = round % 2 ? NAN : -INFINITY;
        CHECK(isinf(table->round(x, 1, COUNT)));
    }
}

static void check_cut(const pa_he_slots *table)
{
    enum { COUNT = 16 };
    for (unsigned round = 0; round < 400; round++) {
        double x[COUNT], rest[COUNT], part[COUNT];
        for (size_t i = 0; i < COUNT; i++) {
            x[i] = rest[i] = rint(ldexp(between(-1, 1), 40 + (int)(random_word() % 58)));
        }
        table->cut(part, rest, 0x1p48, COUNT);
        for (size_t i = 0; i < COUNT; i++) {
            CHECK(fabs(part[i]) <= 0x1p50 && rint(part[i]) == part[i] && fabs(rest[i]) <= 0x1p47);
            CHECK((__extension__(__int128) x[i]) ==
                  (__extension__(__int128) part[i] * ((int64_t)1 << 48)) +
                      (__extension__(__int128) rest[i]));
        }
    }
}

static const uint64_t some_primes[] = {17, 12289, 1073479681, 1099510054913, 0x3fffffff50001};
#define SOME_PRIMES (sizeof some_primes / sizeof *some_primes)

static void check_residues(const pa_he_slots *table)
{
    enum { COUNT = 64 };
    for (size_t p = 0; p < SOME_PRIMES; p++) {
        pa_he_modulus modulus;
        if (!pa_he_modulus_set(&modulus, some_primes[p])) {
            continue;
        }
        const int64_t q = (int64_t)modulus.q;
        for (unsigned round = 0; round < 50; round++) {
            double x[COUNT];
            uint64_t out[COUNT], out_words[COUNT];
            for (size_t i = 0; i < COUNT; i++) {
                x[i] = round == 0 ? (double)((int64_t)i - 32)
                                  : rint(ldexp(between(-1, 1), (int)(random_word() % 52)));
                x[i] = i == 0 ? -0x1p51 : i == 1 ? 0x1p51 : i == 2 ? (double)(q / 2) : x[i];
                x[i] = i == 3 ? (double)(-q / 2) : i == 4 ? -(double)q : i == 5 ? (double)q : x[i];
            }
            table->residues(out, x, COUNT, &modulus);
            pa_he_residues_words(out_words, x, COUNT, &modulus);
            for (size_t i = 0; i < COUNT; i++) {
                const int64_t r = (int64_t)x[i] % q;
                CHECK(out[i] == (uint64_t)(r < 0 ? r + q : r));
                CHECK(out_words[i] == out[i]);
            }
        }
    }
}

/* ---- joining --------------------------------------------------------------------------------- */

/* Numbers of `bits` bits from their residues modulo primes of some lengths, Q below 2^126. */
static void check_join(const unsigned *lengths, uint32_t count, size_t n, unsigned bits)
{
    pa_he_ntt primes[PA_HE_MAX_PRIMES];
    static double inverse[PA_HE_MAX_PRIMES * PA_HE_MAX_PRIMES];
    static uint64_t inverse_words[PA_HE_MAX_PRIMES * PA_HE_MAX_PRIMES];
    double weight[PA_HE_MAX_PRIMES];
    uint64_t taken[PA_HE_MAX_PRIMES];
    const uint64_t *rows[PA_HE_MAX_PRIMES];
    uint64_t *words = REF_ROW(n * count);
    double *expected = doubles(n), *out = doubles(n), *out_first = doubles(n);
    wide q_all = 1;
    for (uint32_t i = 0; i < count; i++) {
        CHECK(pa_he_primes_below(&taken[i], 1, lengths[i], 3, taken, i) == 1);
        CHECK(pa_he_modulus_set(&primes[i].modulus, taken[i]));
        weight[i] = (double)q_all;
        q_all *= taken[i];
        rows[i] = words + i * n;
        for (uint32_t j = 0; j < i; j++) {
            const uint64_t x = ref_pow(taken[j] % taken[i], taken[i] - 2, taken[i]);
            inverse_words[i * PA_HE_MAX_PRIMES + j] = x;
            inverse[i * PA_HE_MAX_PRIMES + j] =
                x > taken[i] / 2 ? -(double)(taken[i] - x) : (double)x;
        }
    }
    for (size_t k = 0; k < n; k++) {
        wide x = (wide)random_word() << 64 | random_word();
        x = k == 0      ? 0
            : k == 1    ? (q_all - 1) / 2
            : bits == 0 ? x % ((q_all + 1) / 2)
                        : x >> (128 - bits);
        bool negative = random_word() >> 63;
        if (bits == 0 && k >= 2 && k < 8) { /* digits at their bounds, of either sign */
            wide unit = 1;
            integer sum = 0;
            for (uint32_t i = 0; i < count; i++) {
                const integer part = (integer)(unit * ((taken[i] - 1) / 2));
                sum += (k >> (i % 3)) & 1 ? -part : part;
                unit *= taken[i];
            }
            negative = sum < 0;
            x = (wide)(negative ? -sum : sum);
        }
        expected[k] = negative ? -(double)x : (double)x;
        for (uint32_t i = 0; i < count; i++) {
            const uint64_t r = (uint64_t)(x % taken[i]);
            words[i * n + k] = negative && r != 0 ? taken[i] - r : r;
        }
    }
    const pa_he_join join = {count, primes, inverse, inverse_words, weight};
    for (size_t v = 0; v < VARIANTS; v++) {
        if ((variants[v].needs & ~pa_cpu_features()) != 0) {
            continue;
        }
        variants[v].table->join(v == 0 ? out_first : out, rows, &join, n);
        if (v > 0) {
            CHECK(memcmp(out, out_first, n * sizeof *out) == 0);
        }
    }
    pa_he_join_words(out, rows, &join, n);
    for (size_t k = 0; k < n; k++) {
        CHECK(fabs(out_first[k] - expected[k]) <= fabs(expected[k]) * 0x1p-50);
        CHECK(out[k] == out_first[k]);
    }
    free(words), free(expected), free(out), free(out_first);
}

int main(void)
{
    for (unsigned log_n = 2; log_n <= 9; log_n++) {
        check_roots(log_n);
        check_transforms(log_n);
    }
    check_roots(12);
    check_transforms(12);
    check_transforms(13);
    for (size_t v = 0; v < VARIANTS; v++) {
        if ((variants[v].needs & ~pa_cpu_features()) == 0) {
            check_load(variants[v].table);
            check_rounding(variants[v].table);
            check_cut(variants[v].table);
            check_residues(variants[v].table);
        } else {
            printf("%s: not on this CPU\n", variants[v].name);
        }
    }
    static const unsigned chains[][4] = {
        {50}, {20}, {50, 49}, {30, 30, 40}, {20, 21, 22, 23}, {50, 50, 25}};
    static const uint32_t counts[] = {1, 1, 2, 3, 4, 3};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        for (unsigned bits = 0; bits < 85; bits += 7) {
            unsigned all = 0;
            for (uint32_t i = 0; i < counts[c]; i++) {
                all += chains[c][i];
            }
            if (bits + 2 < all) {
                check_join(chains[c], counts[c], 8, bits);
                check_join(chains[c], counts[c], 512, bits);
            }
        }
    }
    return finish();
}
