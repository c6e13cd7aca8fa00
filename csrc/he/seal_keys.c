/* SPDX-License-Identifier: Apache-2.0 */
/* SEAL's key switching: relinearization and Galois automorphisms, and polynomials drawn from seeds.
 * Formulas: SEAL 4.x, native/src/seal/evaluator.cpp (switch_key_inplace), util/galois.cpp, util/rlwe.cpp
 * (sample_poly_uniform), randomgen.cpp (Blake2xbPRNG, Shake256PRNG), util/blake2xb.c. */
#include "seal.h"

#include <stdlib.h>
#include <string.h>

#include "../core/bytes.h"
#include "../hash/blake2.h"
#include "pyaccel/hash.h"

static const pa_he_kernels *const kernels = &pa_he_portable;

static bool parts_valid(const pyaccel_seal_context *context, const uint64_t *const *parts,
                        uint32_t part_count, uint32_t rows)
{
    if (context->count < 2 || parts == NULL || part_count < rows || part_count > PA_HE_MAX_PRIMES) {
        return false;
    }
    for (uint32_t d = 0; d < rows; d++) {
        if (parts[d] == NULL || !pa_seal_residues_valid(context, parts[d], 2, context->count)) {
            return false;
        }
    }
    return true;
}

/* (out_0, out_1) += target switched by the key. Digit d is the residues of target modulo prime d as integers in [0, q_d); with
 * P the special prime, out += (sum_d digit_d key_d) / P, rounded. target is left as coefficients where it came in NTT form. */
static pyaccel_status switch_key(const pyaccel_seal_context *context, uint64_t *out,
                                 uint64_t *target, uint32_t rows, const uint64_t *const *parts)
{
    size_t n = context->degree;
    bool ntt = context->scheme == PYACCEL_SEAL_CKKS;
    uint32_t special = context->count - 1;
    /* `rows` operands, then for both outputs the rows of Q and the special one, then scratch */
    pa_he_word *memory = malloc((size_t)(3 * rows + 3) * n * sizeof *memory);
    if (memory == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    pa_he_word *operands = memory, *sums = memory + rows * n,
               *scratch = sums + (size_t)(2 * rows + 2) * n;
    if (ntt) {
        for (uint32_t d = 0; d < rows; d++) {
            pa_he_word *row = target + d * n;
            kernels->inverse(&row, 1, &context->ntt[d]);
        }
    }
    for (uint32_t i = 0; i <= rows; i++) {
        uint32_t prime = i < rows ? i : special;
        const pa_he_ntt *to = &context->ntt[prime];
        pa_he_word *const to_sums[2] = {sums + i * n, sums + (rows + 1 + i) * n};
        pa_he_terms terms = {.count = rows};
        for (uint32_t d = 0; d < rows; d++) {
            pa_he_word *operand = operands + d * n;
            for (size_t c = 0; c < n; c++) {
                operand[c] = target[d * n + c] % to->modulus.q;
            }
            kernels->forward(&operand, 1, to);
            terms.a[d] = operand;
            terms.b[0][d] = parts[d] + prime * n;
            terms.b[1][d] = terms.b[0][d] + context->count * n;
        }
        kernels->inner_product(to_sums, &terms, n, &to->modulus);
    }
    for (uint32_t k = 0; k < 2; k++) {
        pa_he_word *sum = sums + k * (rows + 1) * n, *last = sum + rows * n;
        kernels->inverse(&last, 1, &context->ntt[special]);
        for (uint32_t i = 0; !ntt && i < rows; i++) {
            pa_he_word *row = sum + i * n;
            kernels->inverse(&row, 1, &context->ntt[i]);
        }
        pa_seal_divide(context, sum, rows, last, special, ntt, scratch);
        for (uint32_t i = 0; i < rows; i++) {
            pa_he_word *to = out + ((size_t)k * rows + i) * n;
            kernels->add(to, to, sum + i * n, n, &context->ntt[i].modulus);
        }
    }
    free(memory);
    return PYACCEL_OK;
}

pyaccel_status pyaccel_seal_relinearize(uint64_t *out, uint64_t out_words,
                                        const pyaccel_seal_context *context, const uint64_t *a,
                                        uint32_t rows, const uint64_t *const *parts,
                                        uint32_t part_count)
{
    if (!pa_seal_input_valid(context, a, 3, rows) ||
        !parts_valid(context, parts, part_count, rows) ||
        !pa_seal_out_valid(out, out_words, 2 * rows * context->degree, a,
                           3 * rows * context->degree, false)) {
        return pa_seal_closed(out, out_words, PYACCEL_INVALID_ARGUMENT);
    }
    size_t words = rows * context->degree;
    uint64_t *target = malloc(words * sizeof *target);
    if (target == NULL) {
        return pa_seal_closed(out, out_words, PYACCEL_OUT_OF_MEMORY);
    }
    memcpy(target, a + 2 * words, words * sizeof *target);
    memcpy(out, a, 2 * words * sizeof *out);
    pyaccel_status status = switch_key(context, out, target, rows, parts);
    free(target);
    return pa_seal_closed(out, out_words, status);
}

/* out = in under X -> X^element, one row; NTT form: A[j] = a(psi^e), e = 2 bitrev(j) + 1, so that out[j] is in at element e. */
static void automorphism(const pyaccel_seal_context *context, uint64_t *out, const uint64_t *in,
                         uint32_t element, uint64_t q)
{
    uint32_t n = (uint32_t)context->degree, twice = 2 * n;
    for (uint32_t j = 0; j < n; j++) {
        if (context->scheme == PYACCEL_SEAL_CKKS) {
            uint32_t e = (uint32_t)((uint64_t)element *
                                    (2 * pa_he_bitrev(j, context->log_degree) + 1) % twice);
            out[j] = in[pa_he_bitrev((e - 1) / 2, context->log_degree)];
        } else {
            uint32_t to = (uint32_t)((uint64_t)element * j % twice);
            out[to % n] = to < n || in[j] == 0 ? in[j] : q - in[j];
        }
    }
}

pyaccel_status pyaccel_seal_apply_galois(uint64_t *out, uint64_t out_words,
                                         const pyaccel_seal_context *context, const uint64_t *a,
                                         uint32_t rows, uint32_t element,
                                         const uint64_t *const *parts, uint32_t part_count)
{
    if (!pa_seal_input_valid(context, a, 2, rows) ||
        !parts_valid(context, parts, part_count, rows) || (element & 1) == 0 ||
        element >= 2 * context->degree ||
        !pa_seal_out_valid(out, out_words, 2 * rows * context->degree, a,
                           2 * rows * context->degree, false)) {
        return pa_seal_closed(out, out_words, PYACCEL_INVALID_ARGUMENT);
    }
    size_t words = rows * context->degree, n = context->degree;
    uint64_t *target = malloc(words * sizeof *target);
    if (target == NULL) {
        return pa_seal_closed(out, out_words, PYACCEL_OUT_OF_MEMORY);
    }
    for (uint32_t i = 0; i < rows; i++) {
        uint64_t q = context->ntt[i].modulus.q;
        automorphism(context, out + i * n, a + i * n, element, q);
        automorphism(context, target + i * n, a + words + i * n, element, q);
    }
    memset(out + words, 0, words * sizeof *out);
    pyaccel_status status = switch_key(context, out, target, rows, parts);
    free(target);
    return pa_seal_closed(out, out_words, status);
}

/* ---- polynomials from seeds ------------------------------------------------------------------------- */

#define SEED_BYTES 64
#define BUFFER_BYTES 4096

/* Bytes of one of SEAL's generators: buffer number c is the extendable output of the seed and c. */
typedef struct {
    uint32_t generator;
    const uint8_t *seed;
    uint64_t counter;
    size_t used;
    uint8_t buffer[BUFFER_BYTES];
} generator;

/* BLAKE2b of one message of `whole` full blocks and a last one of `rest` bytes, parameters as given. */
static void blake2b(uint8_t out[64], const uint8_t parameters[64], const uint8_t *blocks,
                    uint64_t whole, const uint8_t *last, uint64_t total)
{
    static const uint64_t initial[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                                        0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                                        0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
    uint8_t start[64];
    for (int i = 0; i < 64; i++) {
        start[i] = (uint8_t)(initial[i / 8] >> 8 * (i % 8)) ^ parameters[i];
    }
    pa_blake2b_portable.hash(out, start, 0, 0, &blocks, whole, &last, &total, 1, 0, 1, NULL);
}

/* Blake2xb of 8 bytes of counter under a 64-byte key, BUFFER_BYTES long (BLAKE2X, 2016: root, then leaves of 64 bytes). */
static void refill_blake2xb(generator *g, const uint8_t counter[8])
{
    uint8_t parameters[64] = {64, SEED_BYTES, 1, 1}, key[128] = {0}, last[128] = {0}, root[64];
    pa_store_le32(parameters + 12, BUFFER_BYTES);
    memcpy(key, g->seed, SEED_BYTES);
    memcpy(last, counter, 8);
    blake2b(root, parameters, key, 1, last, 128 + 8);
    memset(parameters, 0, sizeof parameters);
    parameters[0] = 64;
    pa_store_le32(parameters + 4, 64);
    pa_store_le32(parameters + 12, BUFFER_BYTES);
    parameters[17] = 64; /* inner length */
    memset(last, 0, sizeof last);
    memcpy(last, root, sizeof root);
    for (uint32_t i = 0; i < BUFFER_BYTES / 64; i++) {
        pa_store_le32(parameters + 8, i);
        blake2b(g->buffer + 64 * i, parameters, last, 0, last, 64);
    }
}

static pyaccel_status refill(generator *g)
{
    uint8_t input[SEED_BYTES + 8];
    memcpy(input, g->seed, SEED_BYTES);
    pa_store_le64(input + SEED_BYTES, g->counter++);
    g->used = 0;
    if (g->generator == 1) {
        refill_blake2xb(g, input + SEED_BYTES);
        return PYACCEL_OK;
    }
    pyaccel_rows message = {.data = input, .data_size = sizeof input, .width = sizeof input};
    pyaccel_hash_options options = {.struct_size = sizeof options, .digest_size = BUFFER_BYTES};
    return pyaccel_hash_many(g->buffer, BUFFER_BYTES, PYACCEL_HASH_SHAKE256, &message, 1, &options);
}

static pyaccel_status draw(generator *g, uint64_t *word)
{
    if (g->used == BUFFER_BYTES) {
        pyaccel_status status = refill(g);
        if (status != PYACCEL_OK) {
            return status;
        }
    }
    *word = pa_load_le64(g->buffer + g->used);
    g->used += 8;
    return PYACCEL_OK;
}

pyaccel_status pyaccel_seal_expand(uint64_t *out, uint64_t out_words,
                                   const pyaccel_seal_context *context, uint32_t rows,
                                   uint32_t generator_type, const uint8_t *seed)
{
    if (context == NULL || out == NULL || seed == NULL || rows < 1 || rows > context->count ||
        generator_type < 1 || generator_type > 2 || out_words < rows * context->degree) {
        return pa_seal_closed(out, out_words, PYACCEL_INVALID_ARGUMENT);
    }
    generator g = {.generator = generator_type, .seed = seed, .used = BUFFER_BYTES};
    size_t n = context->degree;
    pyaccel_status status = PYACCEL_OK;
    /* All words are drawn first, and those past the last multiple of their prime anew, in order. */
    for (size_t i = 0; status == PYACCEL_OK && i < rows * n; i++) {
        status = draw(&g, &out[i]);
    }
    for (size_t i = 0; status == PYACCEL_OK && i < rows * n; i++) {
        uint64_t q = context->ntt[i / n].modulus.q, most = UINT64_MAX - UINT64_MAX % q - 1;
        while (status == PYACCEL_OK && out[i] >= most) {
            status = draw(&g, &out[i]);
        }
        out[i] %= q;
    }
    return pa_seal_closed(out, out_words, status);
}
