/* SPDX-License-Identifier: Apache-2.0 */
/* forward_within is forward of residues that are lifted near the centre, from one prime of every size or from several, and tells
 * of each part when it is done. */
#include "he_reference.h"

static const unsigned sizes[] = {20, 30, 40, 45, 46, 47, 48, 49, 50};
#define SIZES (sizeof sizes / sizeof *sizes)
/* Lifts from several primes: how many. */
static const uint32_t several[] = {2, 3, 4, 6, 7, 17};
#define SEVERAL (sizeof several / sizeof *several)
enum { ROWS = SIZES + SEVERAL + 1 }; /* and one that is no lift */

/* A lift to one prime, and the coefficients that it is of. */
typedef struct {
    pa_he_conversion c;
    const pa_he_ntt *in[PA_HE_MAX_PRIMES], *out;
    uint64_t pre[PA_HE_MAX_PRIMES], fraction[PA_HE_MAX_PRIMES], matrix[PA_HE_MAX_PRIMES], overflow;
    uint64_t *x[PA_HE_MAX_PRIMES];
    pa_he_word *rows[PA_HE_MAX_PRIMES], *excess;
    pa_he_lift lift;
} lifting;

static uint64_t product_but(const lifting *l, uint32_t without, uint64_t q)
{
    uint64_t product = 1 % q;
    for (uint32_t i = 0; i < l->c.in_count; i++) {
        product = i == without ? product : ref_mul(product, l->in[i]->modulus.q % q, q);
    }
    return product;
}

/* Constants as kernels.h has them; values, of which the first are the outermost, and terms of them. */
static void lifting_set(lifting *l, const pa_he_kernels *kernels, const pa_he_ntt *out,
                        uint32_t count, size_t n)
{
    const uint64_t p = out->modulus.q;
    uint64_t least = UINT64_MAX;
    l->out = out;
    l->c = (pa_he_conversion){.in_count = count,
                              .out_count = 1,
                              .centred = count == 1,
                              .in = l->in,
                              .out = &l->out,
                              .pre = l->pre,
                              .fraction = l->fraction,
                              .matrix = l->matrix,
                              .overflow = &l->overflow};
    for (uint32_t i = 0; i < count; i++) {
        least = l->in[i]->modulus.q < least ? l->in[i]->modulus.q : least;
    }
    for (; least >> (l->c.shift + 1) != 0; l->c.shift++) {
    }
    l->c.rounding = UINT64_C(1) << (l->c.shift - 1);
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t q = l->in[i]->modulus.q;
        l->pre[i] = ref_pow(product_but(l, i, q), q - 2, q);
        l->fraction[i] = (uint64_t)(((wide)1 << (52 + l->c.shift)) / q);
        l->matrix[i] = product_but(l, i, p);
        l->x[i] = REF_ROW(n);
        l->rows[i] = REF_ROW(n);
        ref_pattern(l->x[i], n, q, 6 + i % 2);
        for (size_t e = 0; e < n / 4; e++) {
            l->x[i][e] = e % 2 != 0 ? q - 1 - e : e;
        }
        ref_import(kernels, l->rows[i], l->x[i], n, &l->in[i]->modulus, count == 1 ? 3 : i % 4);
    }
    l->overflow = (p - product_but(l, count, p)) % p;
    l->c.prepared = ref_memory(kernels->conversion_bytes(&l->c));
    kernels->conversion_fill(&l->c);
    l->excess = REF_ROW(n);
    kernels->lift_begin(l->rows, l->excess, &l->c, n);
    l->lift = (pa_he_lift){&l->c, 0, (const pa_he_word *const *)l->rows, l->excess};
}

static void lifting_free(lifting *l)
{
    for (uint32_t i = 0; i < l->c.in_count; i++) {
        free(l->x[i]);
        free(l->rows[i]);
    }
    free(l->c.prepared);
    free(l->excess);
}

static uint64_t lifted(const lifting *l, size_t e)
{
    const uint64_t p = l->out->modulus.q, q0 = l->in[0]->modulus.q;
    if (l->c.in_count == 1) {
        const uint64_t x = l->x[0][e];
        return x > (q0 - 1) / 2 ? (p - (q0 - x) % p) % p : x % p;
    }
    wide v = l->c.rounding, sum = 0;
    for (uint32_t i = 0; i < l->c.in_count; i++) {
        const uint64_t y = ref_mul(l->x[i][e], l->pre[i], l->in[i]->modulus.q);
        v += (wide)y * l->fraction[i] >> 52;
        sum = ((wide)y * l->matrix[i] + sum) % p;
    }
    return (uint64_t)((sum + (v >> l->c.shift) % p * l->overflow) % p);
}

/* What `done` has told. */
typedef struct {
    const pa_he_kernels *kernels;
    pa_he_word *const *rows, *const *expected;
    size_t next;
    bool right;
} told;

static void done(void *work, size_t first, size_t n)
{
    told *t = work;
    t->right = t->right && first == t->next && n > 0 && n % 8 == 0;
    for (size_t r = 0; r < ROWS; r++) { /* final already */
        t->right = t->right &&
                   memcmp(t->rows[r] + first, t->expected[r] + first, n * sizeof **t->rows) == 0;
    }
    t->next = first + n;
}

static void check(const pa_he_kernels *kernels, pa_he_ntt *const *rings, size_t to, size_t n)
{
    static lifting l[ROWS];
    const pa_he_ntt *out = rings[to];
    pa_he_word *rows[ROWS], *expected[ROWS];
    const pa_he_word *ahead[PA_HE_AHEAD * ROWS];
    pa_he_lift lifts[ROWS] = {{0}};
    uint64_t *values = REF_ROW(n);
    memset(l, 0, sizeof l);
    for (size_t r = 0; r < ROWS; r++) {
        rows[r] = REF_ROW(n);
        expected[r] = REF_ROW(n);
        ref_pattern(values, n, out->modulus.q, 6 + (unsigned)r % 3);
        uint32_t count = r < SIZES ? r != to : r < SIZES + SEVERAL ? several[r - SIZES] : 0;
        for (uint32_t i = 0; i < count; i++) { /* any but the one lifted to */
            const size_t other = count == 1 ? r : (to + 1 + (r + i) % (SIZES - 1)) % SIZES;
            l[r].in[i] = i < SIZES - 1 ? rings[other] : rings[SIZES + i];
        }
        if (count > 0) {
            lifting_set(&l[r], kernels, out, count, n);
            lifts[r] = l[r].lift;
            for (size_t e = 0; e < n; e++) {
                values[e] = lifted(&l[r], e);
            }
        } else {
            kernels->import(rows[r], values, n, &out->modulus);
        }
        kernels->import(expected[r], values, n, &out->modulus);
        for (size_t i = 0; i < PA_HE_AHEAD; i++) {
            ahead[PA_HE_AHEAD * r + i] = i == 0 ? expected[r] : values;
        }
    }
    kernels->forward(expected, ROWS, out);
    told t = {kernels, rows, expected, 0, true};
    kernels->forward_within(
        rows, ROWS,
        &(pa_he_around){.lifts = lifts, .ahead = n > 64 ? ahead : NULL, .done = done, .work = &t},
        out);
    /* Residues in doubles have several forms, of which either may come out; what they are is compared below. */
    CHECK(t.next == n && (t.right || kernels->representation == PA_HE_DOUBLES));
    for (size_t r = 0; r < ROWS; r++) {
        kernels->export(values, expected[r], n, &out->modulus);
        CHECK(ref_is(kernels, rows[r], values, n, &out->modulus));
        free(rows[r]);
        free(expected[r]);
        if (l[r].c.in_count > 0) {
            lifting_free(&l[r]);
        }
    }
    free(values);
}

static void test(const pa_he_kernels *kernels)
{
    for (unsigned log_degree = PA_HE_MIN_LOG_DEGREE; log_degree <= 14; log_degree++) {
        enum { MORE = 17 };
        pa_he_ntt *rings[SIZES + MORE] = {NULL};
        uint64_t more[MORE];
        for (size_t k = 0; k < SIZES; k++) {
            rings[k] = ring_new(kernels, ref_prime(sizes[k], log_degree), log_degree);
        }
        CHECK(pa_he_primes_below(more, MORE, 44, log_degree, NULL, 0) == MORE);
        for (size_t k = 0; k < MORE; k++) {
            rings[SIZES + k] = ring_new(kernels, more[k], log_degree);
        }
        for (size_t k = 0; k < SIZES; k++) {
            check(kernels, rings, k, (size_t)1 << log_degree);
        }
        for (size_t k = 0; k < SIZES + MORE; k++) {
            ring_free(rings[k]);
        }
    }
}

int main(void)
{
    ref_each_variant(test);
    return finish();
}
