/* SPDX-License-Identifier: Apache-2.0 */
/* Cycles of the HE kernels, variant beside variant; not a test. The clock is that of a chain of dependent additions between
 * the samples.
 *
 *     cmake -S . -B build/bench -DPYACCEL_TESTS=ON && cmake --build build/bench --target bench_he_kernels
 *     build/bench/tests/c/bench_he_kernels [log2 N [bits of the prime]] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/internal.h"
#include "he/kernels.h"

#define SAMPLES 300
#define ROWS 4u
#define TERMS 8u

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Cycles a second. */
static double clock_rate(void)
{
    uint64_t x = 1;
    const unsigned long count = 5000;
    const double start = now();
    for (unsigned long i = 0; i < count; i++) {
        __asm__ volatile("" : "+r"(x));
        x += i; /* one chain of single cycles */
        __asm__ volatile("" : "+r"(x));
        x += i;
        __asm__ volatile("" : "+r"(x));
        x += i;
        __asm__ volatile("" : "+r"(x));
        x += i;
    }
    return 4 * (double)count / (now() - start);
}

typedef struct {
    const char *name;
    const pa_he_kernels *kernels;
    size_t n;
    pa_he_ntt in[TERMS], out[TERMS];
    pa_he_word *row[3 * TERMS];
    pa_he_word *permutation;
    pa_he_multiplier multiplier;
    pa_he_conversion conversion;
} bench;

static void forward1(bench *b)
{
    b->kernels->forward(b->row, 1, b->in);
}

static void forward4(bench *b)
{
    b->kernels->forward(b->row, ROWS, b->in);
}

static void inverse1(bench *b)
{
    b->kernels->inverse(b->row, 1, b->in);
}

static void inverse4(bench *b)
{
    b->kernels->inverse(b->row, ROWS, b->in);
}

static void add(bench *b)
{
    b->kernels->add(b->row[0], b->row[1], b->row[2], b->n, &b->in->modulus);
}

static void mul(bench *b)
{
    b->kernels->mul(b->row[0], b->row[1], b->row[2], b->n, &b->in->modulus);
}

static void mul_add(bench *b)
{
    b->kernels->mul_add(b->row[0], b->row[1], b->row[2], b->n, &b->in->modulus);
}

static void mul_constant(bench *b)
{
    b->kernels->mul_constant(b->row[0], b->row[1], &b->multiplier, b->n, &b->in->modulus);
}

static void sub_mul_constant(bench *b)
{
    b->kernels->sub_mul_constant(b->row[0], b->row[1], b->row[2], &b->multiplier, b->n,
                                 &b->in->modulus);
}

static void tensor(bench *b)
{
    const pa_he_word *const left[] = {b->row[3], b->row[4]}, *const right[] = {b->row[5],
                                                                               b->row[6]};
    b->kernels->tensor(b->row, left, right, b->n, &b->in->modulus);
}

static pa_he_terms terms_of(const bench *b)
{
    pa_he_terms terms = {.count = TERMS - 2};
    for (size_t t = 0; t < terms.count; t++) {
        terms.a[t] = b->row[2 + t];
        terms.b[0][t] = b->row[TERMS + t];
        terms.b[1][t] = b->row[2 * TERMS + t];
    }
    return terms;
}

static void inner_product(bench *b)
{
    const pa_he_terms terms = terms_of(b);
    b->kernels->inner_product(b->row, &terms, b->n, &b->in->modulus);
}

static void inner_quotient(bench *b)
{
    const pa_he_terms terms = terms_of(b);
    const pa_he_word *const added[2] = {b->row[TERMS - 1], NULL};
    b->kernels->inner_quotient(b->row, &terms, &b->multiplier, added, b->n, &b->in->modulus);
}

static void permute(bench *b)
{
    b->kernels->permute(b->row[0], b->row[1], b->permutation, b->n);
}

static void convert(bench *b)
{
    b->conversion.centred = 0;
    b->kernels->convert(b->row + TERMS, (const pa_he_word *const *)b->row, NULL, &b->conversion,
                        b->n);
}

static void import(bench *b)
{
    b->kernels->export((uint64_t *)b->row[0], b->row[1], b->n, &b->in->modulus);
    b->kernels->import(b->row[0], (const uint64_t *)b->row[0], b->n, &b->in->modulus);
}

/* What a figure is a part of: rows or products of n elements. */
static const struct {
    const char *name;
    void (*run)(bench *);
    double parts;
    bool transform;
} jobs[] = {
    {"forward", forward1, 1, true},
    {"forward, 4 rows", forward4, ROWS, true},
    {"inverse", inverse1, 1, true},
    {"inverse, 4 rows", inverse4, ROWS, true},
    {"add", add, 1, false},
    {"mul", mul, 1, false},
    {"mul_add", mul_add, 1, false},
    {"mul_constant", mul_constant, 1, false},
    {"sub_mul_constant", sub_mul_constant, 1, false},
    {"tensor", tensor, 1, false},
    {"inner_product, a term of 6", inner_product, TERMS - 2, false},
    {"inner_quotient, a term of 6", inner_quotient, TERMS - 2, false},
    {"permute", permute, 1, false},
    {"export and import", import, 1, false},
    {"convert 4 to 8, of 32", convert, 32, false},
};
#define JOBS (sizeof jobs / sizeof *jobs)

static void *memory(size_t bytes)
{
    void *block = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (block == NULL) {
        exit(1);
    }
    memset(block, 0, bytes);
    return block;
}

static void set_up(bench *b, const char *name, unsigned log_degree, unsigned bits)
{
    b->name = name;
    b->kernels = pa_bound(PA_FAMILY_HE);
    b->n = (size_t)1 << log_degree;
    uint64_t primes[2 * TERMS];
    if (pa_he_primes_below(primes, 2 * TERMS, bits, log_degree, NULL, 0) < 2 * TERMS) {
        exit(1);
    }
    const pa_he_ntt **rings = memory(2 * TERMS * sizeof *rings);
    for (size_t i = 0; i < 2 * TERMS; i++) {
        pa_he_ntt *ring = i < TERMS ? &b->in[i] : &b->out[i - TERMS];
        pa_he_word *table = memory(8 * b->kernels->ntt_words(log_degree));
        pa_he_modulus_set(&ring->modulus, primes[i]);
        ring->log_degree = log_degree;
        ring->psi = pa_he_root(&ring->modulus, log_degree);
        if (i == 0) {
            b->kernels->ntt_fill(table, &ring->modulus, ring->psi, log_degree);
        }
        ring->table = table;
        rings[i] = ring;
    }
    uint64_t *values = memory(8 * b->n);
    for (size_t r = 0; r < 3 * TERMS; r++) {
        b->row[r] = memory(8 * b->n + 64 * (2 * r + 1));
        b->row[r] += 8 * (2 * (r % 8) + 1) - 8;
        for (size_t i = 0; i < b->n; i++) {
            values[i] = ((uint64_t)rand() << 31 | (uint64_t)rand()) % primes[TERMS];
        }
        b->kernels->import(b->row[r], values, b->n, &b->in->modulus);
    }
    b->kernels->multiplier(&b->multiplier, values[5], &b->in->modulus);
    uint32_t *order = memory(4 * b->n), *source = memory(4 * b->n);
    b->kernels->ntt_order(order, log_degree);
    for (uint32_t j = 0; j < b->n; j++) { /* the automorphism of 5 */
        uint32_t e = 0, back = 0;
        for (unsigned k = 0; k < log_degree; k++) {
            e |= (j >> k & 1) << (log_degree - 1 - k);
        }
        const uint32_t from = (uint32_t)((2 * (uint64_t)e + 1) * 5 % (2 * b->n)) / 2;
        for (unsigned k = 0; k < log_degree; k++) {
            back |= (from >> k & 1) << (log_degree - 1 - k);
        }
        source[order[j]] = order[back];
    }
    b->permutation = memory(8 * b->kernels->permute_words(log_degree));
    b->kernels->permute_fill(b->permutation, source, log_degree);
    uint64_t *constants = memory(8 * 4 * TERMS * TERMS);
    for (size_t i = 0; i < 4 * TERMS * TERMS; i++) {
        constants[i] = values[i % b->n];
    }
    b->conversion = (pa_he_conversion){
        .in_count = 4,
        .out_count = 8,
        .shift = bits - 1,
        .rounding = UINT64_C(1) << (bits - 2),
        .in = rings,
        .out = rings + TERMS,
        .pre = constants,
        .fraction = constants + TERMS,
        .matrix = constants + 2 * TERMS,
        .overflow = constants,
    };
    b->conversion.prepared = memory(b->kernels->conversion_bytes(&b->conversion));
    b->kernels->conversion_fill(&b->conversion);
}

/* Cycles of the fastest run, at the highest clock: whatever else the machine does only slows. */
static double measure(bench *b, void (*run)(bench *))
{
    double least = 0, rate = 0;
    for (unsigned i = 0; i < SAMPLES; i++) {
        const double clock = clock_rate(), start = now();
        run(b);
        const double seconds = now() - start;
        least = i == 0 || seconds < least ? seconds : least;
        rate = clock > rate ? clock : rate;
    }
    return least * rate;
}

int main(int count, char **arguments)
{
    const unsigned log_degree = count > 1 ? (unsigned)atoi(arguments[1]) : 13;
    const unsigned bits = count > 2 ? (unsigned)atoi(arguments[2]) : 50;
    static bench benches[8];
    size_t variants = 0;
    for (uint32_t i = 0; i < pyaccel_variant_count(); i++) {
        pyaccel_variant variant;
        if (pyaccel_variant_get(&variant, i) == PYACCEL_OK && strcmp(variant.family, "he") == 0 &&
            strstr(variant.variant, "emulated") == NULL &&
            pyaccel_cpu_select(variant.variant) == PYACCEL_OK) {
            set_up(&benches[variants++], variant.variant, log_degree, bits);
        }
    }
    printf("N = %zu, %u bits, %.2f GHz; transforms: cycles per 4 butterflies, others: cycles per "
           "element\n%-28s",
           benches->n, bits, 1e-9 * clock_rate(), "");
    for (size_t v = 0; v < variants; v++) {
        printf("%14s", benches[v].name);
    }
    for (size_t j = 0; j < JOBS; j++) {
        printf("\n%-28s", jobs[j].name);
        for (size_t v = 0; v < variants; v++) {
            const double work = jobs[j].parts * (double)benches->n *
                                (jobs[j].transform ? (double)log_degree / 8 : 1);
            printf("%14.3f", measure(&benches[v], jobs[j].run) / work);
        }
    }
    putchar('\n');
    return 0;
}
