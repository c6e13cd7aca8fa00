/* SPDX-License-Identifier: Apache-2.0 */
/* Element-wise kernels of every HE variant against plain arithmetic, at the bounds and at random. */
#include "he_reference.h"

#define N 64u
#define MOST_TERMS PA_HE_MAX_PRIMES

typedef struct {
    const pa_he_kernels *kernels;
    const pa_he_modulus *modulus;
    uint64_t q;
    uint64_t *a, *b, *c, *expected;
    pa_he_word *row_a, *row_b, *row_c, *out;
} frame;

static bool is(const frame *f, const pa_he_word *row)
{
    return ref_is(f->kernels, row, f->expected, N, f->modulus);
}

static void load(const frame *f, unsigned form)
{
    ref_import(f->kernels, f->row_a, f->a, N, f->modulus, form % FORMS);
    ref_import(f->kernels, f->row_b, f->b, N, f->modulus, (form / FORMS) % FORMS);
    ref_import(f->kernels, f->row_c, f->c, N, f->modulus, (form + 3) % FORMS);
}

#define EXPECT(formula)                                                                            \
    for (size_t i = 0; i < N; i++) {                                                               \
        const wide q = f->q, a = f->a[i], b = f->b[i], c = f->c[i];                                \
        f->expected[i] = (uint64_t)((formula) % q);                                                \
        (void)a, (void)b, (void)c;                                                                 \
    }

static void check_two(const frame *f, unsigned form,
                      void (*kernel)(pa_he_word *, const pa_he_word *, const pa_he_word *, size_t,
                                     const pa_he_modulus *))
{
    load(f, form);
    kernel(f->out, f->row_a, f->row_b, N, f->modulus);
    CHECK(is(f, f->out));
    load(f, form + 1);
    kernel(f->row_a, f->row_a, f->row_b, N, f->modulus);
    CHECK(is(f, f->row_a));
    load(f, form + 2);
    kernel(f->row_b, f->row_a, f->row_b, N, f->modulus);
    CHECK(is(f, f->row_b));
}

static void check_sums(const frame *f, unsigned form)
{
    const pa_he_kernels *k = f->kernels;
    EXPECT(a + b)
    check_two(f, form, k->add);
    EXPECT(a + q - b)
    check_two(f, form, k->sub);
    EXPECT(a * b)
    check_two(f, form, k->mul);
    EXPECT(q - a)
    load(f, form);
    k->neg(f->out, f->row_a, N, f->modulus);
    k->neg(f->row_a, f->row_a, N, f->modulus);
    CHECK(is(f, f->out) && is(f, f->row_a));
    EXPECT(c + a * b)
    load(f, form);
    k->mul_add(f->row_c, f->row_a, f->row_b, N, f->modulus);
    CHECK(is(f, f->row_c));
    EXPECT(a + a * b)
    load(f, form);
    k->mul_add(f->row_a, f->row_a, f->row_b, N, f->modulus);
    CHECK(is(f, f->row_a));
}

static void check_constants(const frame *f, unsigned form)
{
    const pa_he_kernels *k = f->kernels;
    const uint64_t constant = f->c[form % N];
    pa_he_multiplier multiplier;
    k->multiplier(&multiplier, constant, f->modulus);
    EXPECT(a * constant)
    load(f, form);
    k->mul_constant(f->out, f->row_a, &multiplier, N, f->modulus);
    k->mul_constant(f->row_a, f->row_a, &multiplier, N, f->modulus);
    CHECK(is(f, f->out) && is(f, f->row_a));
    EXPECT((a + q - b) * constant)
    load(f, form);
    k->sub_mul_constant(f->out, f->row_a, f->row_b, &multiplier, N, f->modulus);
    CHECK(is(f, f->out));
    k->sub_mul_constant(f->row_a, f->row_a, f->row_b, &multiplier, N, f->modulus);
    CHECK(is(f, f->row_a));
    load(f, form);
    k->sub_mul_constant(f->row_b, f->row_a, f->row_b, &multiplier, N, f->modulus);
    CHECK(is(f, f->row_b));
}

static void check_tensor(const frame *f, unsigned form)
{
    pa_he_word *out[3] = {f->out, REF_ROW(N), REF_ROW(N)};
    load(f, form);
    const pa_he_word *left[2] = {f->row_a, f->row_b}, *right[2] = {f->row_c, f->row_a};
    f->kernels->tensor(out, left, right, N, f->modulus);
    EXPECT(a * c)
    CHECK(is(f, out[0]));
    EXPECT(a * a % q + b * c % q)
    CHECK(is(f, out[1]));
    EXPECT(b * a)
    CHECK(is(f, out[2]));
    free(out[1]);
    free(out[2]);
}

/* Divided, all at once and eight elements at a time; one of the two with what is added, in turns. */
static void check_quotient(const frame *f, const pa_he_terms *terms, uint64_t *const sum[2],
                           unsigned form)
{
    const unsigned with = form % 2;
    const uint64_t constant = f->c[form % N];
    pa_he_word *const out[2] = {f->row_a, f->row_b};
    pa_he_multiplier multiplier;
    f->kernels->multiplier(&multiplier, constant, f->modulus);
    for (size_t n = N; n >= 8; n /= N / 8) {
        load(f, form);
        for (size_t first = 0; first < N; first += n) {
            pa_he_word *const to[2] = {out[0] + first, out[1] + first};
            const pa_he_word *added[2] = {NULL, NULL};
            pa_he_terms part = *terms;
            added[with] = f->row_c + first;
            for (size_t t = 0; t < part.count; t++) {
                part.a[t] += first;
                part.b[0][t] = part.b[0][t] == NULL ? NULL : part.b[0][t] + first;
                part.b[1][t] += first;
            }
            f->kernels->inner_quotient(to, &part, &multiplier, added, n, f->modulus);
        }
        EXPECT((sum[0][i] + q - a) % q * constant + (with == 0 ? c : 0))
        CHECK(is(f, out[0]));
        EXPECT((sum[1][i] + q - b) % q * constant + (with == 1 ? c : 0))
        CHECK(is(f, out[1]));
    }
}

/* Rows of every pattern in turn, or where `pattern` is below PATTERNS all of that one. */
static void check_inner_product(const frame *f, size_t count, unsigned pattern)
{
    const pa_he_kernels *k = f->kernels;
    pa_he_word *row[3][MOST_TERMS];
    pa_he_terms terms = {.count = count};
    uint64_t *value[3][MOST_TERMS], *sum[2] = {REF_ROW(N), REF_ROW(N)};
    memset(sum[0], 0, N * sizeof(uint64_t));
    memset(sum[1], 0, N * sizeof(uint64_t));
    for (size_t t = 0; t < count; t++) {
        for (unsigned s = 0; s < 3; s++) {
            value[s][t] = REF_ROW(N);
            row[s][t] = REF_ROW(N + 8 * t);
            ref_pattern(value[s][t], N, f->q,
                        pattern < PATTERNS ? pattern : (unsigned)(t + 2 * s) % PATTERNS);
            ref_import(k, row[s][t], value[s][t], N, f->modulus,
                       pattern < PATTERNS ? 1 + (unsigned)(t + s) % 2 : (unsigned)(t + s) % FORMS);
        }
        const bool half = count > 1 && t % 3 == 1; /* of the second sum alone */
        terms.a[t] = row[0][t];
        terms.b[0][t] = half ? NULL : row[1][t];
        terms.b[1][t] = row[2][t];
        for (size_t i = 0; i < N; i++) {
            for (unsigned s = half ? 1 : 0; s < 2; s++) {
                sum[s][i] =
                    (uint64_t)(((wide)value[0][t][i] * value[1 + s][t][i] + sum[s][i]) % f->q);
            }
        }
    }
    pa_he_word *const out[2] = {REF_ROW(N), REF_ROW(N)};
    k->inner_product(out, &terms, N, f->modulus);
    CHECK(ref_is(k, out[0], sum[0], N, f->modulus) && ref_is(k, out[1], sum[1], N, f->modulus));
    check_quotient(f, &terms, sum, pattern);
    for (size_t t = 0; t < count; t++) {
        for (unsigned s = 0; s < 3; s++) {
            free(row[s][t]);
            free(value[s][t]);
        }
    }
    for (unsigned s = 0; s < 2; s++) {
        free(out[s]);
        free(sum[s]);
    }
}

static void check_small(const frame *f)
{
    static const int32_t bounds[] = {0, 1, -1, INT32_MAX, -INT32_MAX, 1 << 20, -(1 << 20), 17};
    int32_t *small = ref_memory(N * sizeof *small);
    for (size_t i = 0; i < N; i++) {
        small[i] = i < 8 ? bounds[i] : (int32_t)(random_word() >> 33) - (1 << 30);
        const uint64_t size = (uint64_t)llabs((long long)small[i]) % f->q;
        f->expected[i] = small[i] < 0 ? (f->q - size) % f->q : size;
    }
    f->kernels->import_small(f->out, small, N, f->modulus);
    CHECK(is(f, f->out));
    free(small);
}

static void check_forms(const frame *f)
{
    memcpy(f->expected, f->a, N * sizeof(uint64_t));
    for (unsigned form = 0; form < FORMS; form++) {
        ref_import(f->kernels, f->out, f->a, N, f->modulus, form);
        CHECK(is(f, f->out));
    }
    memcpy(f->out, f->a, N * sizeof(uint64_t));
    f->kernels->import(f->out, (const uint64_t *)f->out, N, f->modulus);
    CHECK(is(f, f->out));
    f->kernels->export((uint64_t *)f->out, f->out, N, f->modulus);
    CHECK(memcmp(f->out, f->a, N * sizeof(uint64_t)) == 0);
}

static void check_prime(const pa_he_kernels *kernels, uint64_t q)
{
    pa_he_modulus modulus;
    CHECK(pa_he_modulus_set(&modulus, q));
    uint64_t *memory = REF_ROW(8 * N);
    const frame frame_of_prime = {kernels,
                                  &modulus,
                                  q,
                                  memory,
                                  memory + N,
                                  memory + 2 * N,
                                  memory + 3 * N,
                                  (pa_he_word *)memory + 4 * N,
                                  (pa_he_word *)memory + 5 * N,
                                  (pa_he_word *)memory + 6 * N,
                                  (pa_he_word *)memory + 7 * N};
    const frame *f = &frame_of_prime;
    for (unsigned pattern = 0; pattern < PATTERNS * PATTERNS; pattern++) {
        ref_pattern(f->a, N, q, pattern % PATTERNS);
        ref_pattern(f->b, N, q, pattern / PATTERNS);
        ref_pattern(f->c, N, q, (pattern + pattern / PATTERNS) % PATTERNS);
        for (unsigned form = 0; form < FORMS * FORMS; form += 1 + pattern % 3) {
            check_sums(f, form);
            check_constants(f, form);
            check_tensor(f, form);
        }
        check_forms(f);
    }
    for (size_t terms = 1; terms <= MOST_TERMS; terms += terms < 8 ? 1 : 8) {
        for (unsigned pattern = 0; pattern <= PATTERNS; pattern++) {
            check_inner_product(f, terms, pattern);
        }
    }
    check_inner_product(f, MOST_TERMS, 2);
    check_small(f);
    free(memory);
}

static void check_variant(const pa_he_kernels *kernels)
{
    for (size_t i = 0; i < REF_SIZES && ref_sizes[i] <= kernels->max_bits; i++) {
        check_prime(kernels, ref_prime(ref_sizes[i], 10));
    }
    check_prime(kernels, 17);
    check_prime(kernels, 97);
    check_prime(kernels, 12289);
    uint64_t least = (UINT64_C(1) << 49) + 1; /* of 50 bits */
    while (!pa_he_is_prime(least)) {
        least += 2048;
    }
    check_prime(kernels, least);
}

int main(void)
{
    ref_each_variant(check_variant);
    return finish();
}
