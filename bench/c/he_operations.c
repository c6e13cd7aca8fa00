/* SPDX-License-Identifier: Apache-2.0 */
/* Time of HE operations on single ciphertexts, with rows and keys of random residues; not a test.
 *
 *     cmake -S . -B build/bench -DPYACCEL_TESTS=ON && cmake --build build/bench --target bench_he_operations
 *     build/bench/tests/c/bench_he_operations [variant [part of a context's name [part of an operation's]]] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "he/evaluate.h"

#define SAMPLES 100

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static uint64_t state = 0x9e3779b97f4a7c15;

static uint64_t word(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545f4914f6cdd1d;
}

static void fill(const pyaccel_he_context *context, pa_he_word *words, uint32_t first, uint32_t end)
{
    uint64_t *row = malloc(context->degree * sizeof *row);
    for (uint32_t p = first; p < end; p++, words += context->stride) {
        for (size_t i = 0; i < context->degree; i++) {
            row[i] = (word() >> 1) % context->ntt[p].modulus.q;
        }
        context->kernels->import(words, row, context->degree, &context->ntt[p].modulus);
    }
    free(row);
}

static pyaccel_he_ciphertexts *batch(const pyaccel_he_context *context)
{
    pyaccel_he_ciphertexts *made = pa_he_ciphertexts_make(context, 1, 2, context->level_count - 1);
    made->scale = context->scheme == PYACCEL_HE_CKKS ? context->scale : 1;
    fill(context, pa_he_part(made, 0, 0), 0, made->rows);
    fill(context, pa_he_part(made, 0, 1), 0, made->rows);
    return made;
}

#define ELEMENTS 9u /* relinearization, and rotations by 1 .. 8 */

static void set_keys(pyaccel_he_evaluation_keys *keys, pyaccel_he_context *context)
{
    const uint32_t all = context->q_count + context->p_count;
    uint32_t *source = malloc(context->degree * sizeof *source);
    *keys = (pyaccel_he_evaluation_keys){.context = context, .count = ELEMENTS};
    keys->keys = calloc(ELEMENTS, sizeof *keys->keys);
    for (uint32_t e = 0; e < ELEMENTS; e++) {
        pa_he_switching_key *key = &keys->keys[e];
        key->element = e == 0 ? 0 : pyaccel_he_element((uint32_t)context->degree, e);
        key->words = pa_he_take(&context->pool,
                                pa_he_rows_bytes(context, 2 * (size_t)context->digit_count * all));
        for (uint32_t d = 0; d < 2 * context->digit_count; d++) {
            fill(context, key->words + (size_t)d * all * context->stride, 0, all);
        }
        if (e > 0) {
            const size_t words = context->kernels->permute_words(context->log_degree);
            key->permute = pa_he_take(&context->pool, words * sizeof *key->permute);
            pa_he_permutation(key->permute, source, context, key->element);
        }
    }
    free(source);
}

typedef struct {
    pyaccel_he_ciphertexts *a, *b, *three;
    pyaccel_he_evaluation_keys keys;
    uint32_t elements[ELEMENTS];
} bench;

static pyaccel_status multiply(bench *x, pyaccel_he_ciphertexts **out)
{
    return pyaccel_he_multiply(out, x->a, x->b, &x->keys, x->a->context->scheme == PYACCEL_HE_CKKS,
                               NULL);
}

static pyaccel_status relinearized(bench *x, pyaccel_he_ciphertexts **out)
{
    return pyaccel_he_multiply(out, x->a, x->b, &x->keys, 0, NULL);
}

static pyaccel_status product(bench *x, pyaccel_he_ciphertexts **out)
{
    return pyaccel_he_multiply(out, x->a, x->b, NULL, 0, NULL);
}

static pyaccel_status relinearize(bench *x, pyaccel_he_ciphertexts **out)
{
    return pyaccel_he_relinearize(out, x->three, &x->keys, NULL);
}

static pyaccel_status rescale(bench *x, pyaccel_he_ciphertexts **out)
{
    return pyaccel_he_rescale(out, x->a, NULL);
}

static pyaccel_status rotate(bench *x, pyaccel_he_ciphertexts **out)
{
    return pyaccel_he_rotate(out, NULL, x->a, x->elements, 1, &x->keys, NULL);
}

static pyaccel_status rotate_eight(bench *x, pyaccel_he_ciphertexts **out)
{
    return pyaccel_he_rotate(out, NULL, x->a, x->elements, 8, &x->keys, NULL);
}

static pyaccel_status add(bench *x, pyaccel_he_ciphertexts **out)
{
    return pyaccel_he_add(out, x->a, x->b, NULL);
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static const char *wanted = "";

static void measure(const char *name, pyaccel_status (*run)(bench *, pyaccel_he_ciphertexts **),
                    bench *x)
{
    double times[SAMPLES];
    if (strstr(name, wanted) == NULL) {
        return;
    }
    for (int i = -3; i < SAMPLES; i++) {
        pyaccel_he_ciphertexts *out;
        const double start = now();
        if (run(x, &out) != PYACCEL_OK) {
            printf("  %-28s fails\n", name);
            return;
        }
        times[i < 0 ? 0 : i] = now() - start;
        pyaccel_he_ciphertexts_free(out);
    }
    qsort(times, SAMPLES, sizeof *times, by_size);
    printf("  %-28s %9.1f us (least %9.1f)\n", name, 1e6 * times[SAMPLES / 2], 1e6 * times[0]);
}

static void run(const char *name, pyaccel_he_parameters parameters)
{
    parameters.struct_size = sizeof parameters;
    if (parameters.standard == 0) {
        parameters.standard = PYACCEL_HE_STANDARD_2018;
        parameters.security = 128;
    }
    pyaccel_he_context *context;
    const pyaccel_status status = pyaccel_he_context_new(&context, &parameters);
    if (status != PYACCEL_OK) {
        printf("%s: %s\n", name, pyaccel_status_text(status));
        return;
    }
    pyaccel_he_context_info info;
    pyaccel_he_context_get(&info, context);
    printf("%s, %s: %u + %u primes, %u digits, log2 QP %.1f\n", name, info.variant,
           info.prime_count, info.special_count, info.digit_count, info.modulus_bits);
    bench x = {.a = batch(context), .b = batch(context)};
    set_keys(&x.keys, context);
    for (uint32_t e = 1; e < ELEMENTS; e++) {
        x.elements[e - 1] = x.keys.keys[e].element;
    }
    pyaccel_he_multiply(&x.three, x.a, x.b, NULL, 0, NULL);
    measure("multiply, relin., rescale", multiply, &x);
    measure("multiply, relinearize", relinearized, &x);
    measure("multiply", product, &x);
    measure("relinearize", relinearize, &x);
    measure("rescale", rescale, &x);
    measure("rotate", rotate, &x);
    measure("rotate by eight", rotate_eight, &x);
    measure("add", add, &x);
    pyaccel_he_ciphertexts_free(x.a);
    pyaccel_he_ciphertexts_free(x.b);
    pyaccel_he_ciphertexts_free(x.three);
    for (uint32_t e = 0; e < ELEMENTS; e++) {
        pa_he_give(&context->pool, x.keys.keys[e].words);
        pa_he_give(&context->pool, x.keys.keys[e].permute);
    }
    free(x.keys.keys);
    pyaccel_he_context_free(context);
}

#define CKKS .scheme = PYACCEL_HE_CKKS, .scale = 0x1p40

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        pyaccel_he_parameters parameters;
    } contexts[] = {
        {"ckks-8192", {CKKS, .degree = 8192, .moduli_bits = {60, 40, 40}, .moduli_count = 3}},
        {"ckks-16384",
         {CKKS, .degree = 16384, .moduli_bits = {60, 40, 40, 40, 40, 40, 40, 40},
          .moduli_count = 8}},
        {"ckks-16384-5",
         {CKKS, .degree = 16384, .moduli_bits = {60, 40, 40, 40, 40, 40, 40, 40}, .moduli_count = 8,
          .digits = 5}},
        {"bfv-8192",
         {.scheme = PYACCEL_HE_BFV,
          .degree = 8192,
          .moduli_bits = {43, 43, 44, 44},
          .moduli_count = 4,
          .plain_modulus = 1032193}},
        {"bgv-8192",
         {.scheme = PYACCEL_HE_BGV,
          .degree = 8192,
          .moduli_bits = {43, 43, 44, 44},
          .moduli_count = 4,
          .plain_modulus = 1032193}},
    };
    if (argc > 1 && pyaccel_cpu_select(argv[1]) != PYACCEL_OK) {
        printf("%s: not here\n", argv[1]);
        return 1;
    }
    wanted = argc > 3 ? argv[3] : "";
    for (size_t i = 0; i < sizeof contexts / sizeof *contexts; i++) {
        if (argc < 3 || strstr(contexts[i].name, argv[2]) != NULL) {
            run(contexts[i].name, contexts[i].parameters);
        }
    }
    return 0;
}
