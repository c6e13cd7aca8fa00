/* SPDX-License-Identifier: Apache-2.0 */
/* Time of encoding, encryption, decryption, decoding, key generation and of the streams and samplers below them; not a test.
 *
 *     cmake -S . -B build/bench -DPYACCEL_TESTS=ON && cmake --build build/bench --target bench_he_keys
 *     build/bench/tests/c/bench_he_keys [cpu spec [part of a context's name [part of what is measured]]] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "he/chacha20.h"
#include "he/evaluate.h"
#include "he/keys.h"

#define SAMPLES 100

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Cycles a second: a chain of dependent additions. */
static double clock_rate(void)
{
    uint64_t x = 1;
    const unsigned long count = 5000;
    const double start = now();
    for (unsigned long i = 0; i < count; i++) {
        for (int j = 0; j < 4; j++) {
            __asm__ volatile("" : "+r"(x));
            x += i;
        }
    }
    return 4 * (double)count / (now() - start);
}

typedef struct {
    pyaccel_he_context *context;
    pyaccel_he_secret_key *secret;
    pyaccel_he_public_key *key;
    pyaccel_he_plaintexts *plaintexts;
    pyaccel_he_ciphertexts *ciphertexts;
    double *numbers;
    int64_t *integers;
    uint64_t *words;
    pa_he_source source;
} bench;

static pyaccel_status encode(bench *x, pyaccel_he_plaintexts **out)
{
    const uint64_t slots = x->context->degree / 2;
    return x->context->scheme == PYACCEL_HE_CKKS
               ? pyaccel_he_encode_numbers(out, NULL, x->context, x->numbers, 1, 1, slots, slots, 0,
                                           x->context->level_count - 1, NULL)
               : pyaccel_he_encode_integers(out, NULL, x->context, x->integers, 1, 2 * slots,
                                            2 * slots, NULL);
}

static void encode_only(bench *x)
{
    pyaccel_he_plaintexts *made;
    encode(x, &made);
    pyaccel_he_plaintexts_free(made);
}

static void encrypt(bench *x)
{
    pyaccel_he_ciphertexts *made;
    pyaccel_he_encrypt(&made, x->key, x->plaintexts, NULL);
    pyaccel_he_ciphertexts_free(made);
}

static void encrypt_secret(bench *x)
{
    pyaccel_he_ciphertexts *made;
    pyaccel_he_encrypt_secret(&made, x->secret, x->plaintexts, NULL);
    pyaccel_he_ciphertexts_free(made);
}

static void encode_encrypt(bench *x)
{
    pyaccel_he_plaintexts *plaintexts;
    pyaccel_he_ciphertexts *made;
    encode(x, &plaintexts);
    pyaccel_he_encrypt(&made, x->key, plaintexts, NULL);
    pyaccel_he_ciphertexts_free(made);
    pyaccel_he_plaintexts_free(plaintexts);
}

static void decrypt(bench *x)
{
    pyaccel_he_plaintexts *made;
    pyaccel_he_decrypt(&made, x->secret, x->ciphertexts, 0, NULL);
    pyaccel_he_plaintexts_free(made);
}

static void decrypt_decode(bench *x)
{
    const uint64_t slots = x->context->degree / 2;
    pyaccel_he_plaintexts *made;
    pyaccel_he_decrypt(&made, x->secret, x->ciphertexts, 0, NULL);
    if (x->context->scheme == PYACCEL_HE_CKKS) {
        pyaccel_he_decode_numbers(x->numbers, 1, slots, slots, made, NULL);
    } else {
        pyaccel_he_decode_integers(x->integers, 2 * slots, 2 * slots, made, 0, NULL);
    }
    pyaccel_he_plaintexts_free(made);
}

static void relinearization_key(bench *x)
{
    pyaccel_he_evaluation_keys *keys;
    pyaccel_he_evaluation_keys_new(&keys, x->secret, 1, NULL, 0, NULL);
    pyaccel_he_evaluation_keys_free(keys);
}

static const uint8_t seed[32] = {1};
static const pa_he_stream stream = {.seed = seed, .purpose = PA_HE_SECRET};

static void chacha20(bench *x)
{
    pa_chacha20_state state;
    const uint32_t nonce[3] = {0};
    pa_chacha20_begin(&state, seed, nonce);
    for (size_t i = 0; i < x->context->degree / 512; i++) {
        x->source.chacha20->blocks((uint8_t *)x->words, &state, 64);
    }
}

static void uniform(bench *x)
{
    pa_he_uniform(x->words, x->context->degree, &x->context->ntt[0].modulus, &stream, &x->source);
}

static void uniform_row(bench *x)
{
    pa_he_uniform_row(x->words + x->context->degree, x->words, x->context, 0, stream, &x->source);
}

static void ternary(bench *x)
{
    pa_he_ternary((int32_t *)(void *)x->words, x->context->degree, &stream, &x->source);
}

static void error(bench *x)
{
    pa_he_error((int32_t *)(void *)x->words, x->context->degree, &stream, &x->source);
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static const char *wanted[2] = {"", ""};

static void measure(const char *name, void (*run)(bench *), bench *x)
{
    if (strstr(name, wanted[1]) == NULL) {
        return;
    }
    double times[SAMPLES], cycles[SAMPLES];
    for (int i = -3; i < SAMPLES; i++) {
        const double rate = clock_rate(), start = now();
        run(x);
        const double took = now() - start;
        times[i < 0 ? 0 : i] = took;
        cycles[i < 0 ? 0 : i] = took * rate;
    }
    qsort(times, SAMPLES, sizeof *times, by_size);
    qsort(cycles, SAMPLES, sizeof *cycles, by_size);
    printf("  %-24s %9.1f us %10.0f cycles\n", name, 1e6 * times[SAMPLES / 2], cycles[SAMPLES / 2]);
}

static void run(const char *name, pyaccel_he_parameters parameters)
{
    bench x = {0};
    if (strstr(name, wanted[0]) == NULL) {
        return;
    }
    parameters.struct_size = sizeof parameters;
    parameters.standard = PYACCEL_HE_STANDARD_NONE;
    if (pyaccel_he_context_new(&x.context, &parameters) != PYACCEL_OK) {
        printf("%s: no context\n", name);
        return;
    }
    printf("%s, %s\n", name, x.context->variant);
    const size_t n = x.context->degree;
    x.numbers = calloc(n, sizeof *x.numbers);
    x.integers = calloc(n, sizeof *x.integers);
    x.words = aligned_alloc(64, 2 * n * sizeof *x.words);
    x.source = pa_he_source_bound();
    for (size_t i = 0; i < n; i++) {
        x.numbers[i] = (double)(i % 1000) / 500 - 1;
        x.integers[i] = (int64_t)(i % 1000);
    }
    pyaccel_he_secret_key_new(&x.secret, x.context, NULL);
    pyaccel_he_public_key_new(&x.key, x.secret, NULL);
    encode(&x, &x.plaintexts);
    pyaccel_he_encrypt(&x.ciphertexts, x.key, x.plaintexts, NULL);
    measure("encode", encode_only, &x);
    measure("encrypt", encrypt, &x);
    measure("encode, encrypt", encode_encrypt, &x);
    measure("encrypt with secret", encrypt_secret, &x);
    measure("decrypt", decrypt, &x);
    measure("decrypt, decode", decrypt_decode, &x);
    measure("relinearization key", relinearization_key, &x);
    measure("chacha20, N words", chacha20, &x);
    measure("uniform", uniform, &x);
    measure("uniform row", uniform_row, &x);
    measure("ternary", ternary, &x);
    measure("error", error, &x);
    pyaccel_he_ciphertexts_free(x.ciphertexts);
    pyaccel_he_plaintexts_free(x.plaintexts);
    pyaccel_he_public_key_free(x.key);
    pyaccel_he_secret_key_free(x.secret);
    pyaccel_he_context_free(x.context);
    free(x.words);
    free(x.integers);
    free(x.numbers);
}

int main(int argc, char **argv)
{
    if (argc > 1 && pyaccel_cpu_select(argv[1]) != PYACCEL_OK) {
        printf("%s: not here\n", argv[1]);
        return 1;
    }
    for (int i = 2; i < argc && i < 4; i++) {
        wanted[i - 2] = argv[i];
    }
    run("CKKS 8192 (60, 40, 40 | 40)", (pyaccel_he_parameters){.scheme = PYACCEL_HE_CKKS,
                                                               .degree = 8192,
                                                               .moduli_bits = {60, 40, 40},
                                                               .moduli_count = 3,
                                                               .scale = 0x1p40});
    run("BFV 8192 (43, 43, 44, 44 | 44)", (pyaccel_he_parameters){.scheme = PYACCEL_HE_BFV,
                                                                  .degree = 8192,
                                                                  .moduli_bits = {43, 43, 44, 44},
                                                                  .moduli_count = 4,
                                                                  .plain_modulus = 1032193});
    return 0;
}
