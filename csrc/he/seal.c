/* SPDX-License-Identifier: Apache-2.0 */
/* SEAL's contexts, and its operations that need no key: sums, products with plaintexts, division by a prime.
 * Formulas: SEAL 4.x, native/src/seal/evaluator.cpp, util/scalingvariant.cpp, util/rns.cpp (divide_and_round_q_last). */
#include "seal.h"

#include <stdlib.h>
#include <string.h>

static const pa_he_kernels *const kernels = &pa_he_portable;

pyaccel_status pyaccel_seal_context_new(pyaccel_seal_context **context, uint32_t scheme,
                                        uint32_t degree, const uint64_t *primes,
                                        uint32_t prime_count, uint64_t plain_modulus)
{
    if (context == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *context = NULL;
    bool bfv = scheme == PYACCEL_SEAL_BFV;
    if ((!bfv && scheme != PYACCEL_SEAL_CKKS) || primes == NULL || prime_count == 0 ||
        prime_count > PA_HE_MAX_PRIMES - 2 || degree < 1u << PA_HE_MIN_LOG_DEGREE ||
        degree > 1u << PA_HE_MAX_LOG_DEGREE || (degree & (degree - 1)) != 0 ||
        (bfv ? plain_modulus < 2 || plain_modulus > (uint64_t)1 << 60 : plain_modulus != 0)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pyaccel_seal_context *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    made->scheme = scheme;
    made->count = prime_count;
    made->degree = degree;
    made->plain_modulus = plain_modulus;
    while (degree >> made->log_degree > 1) {
        made->log_degree++;
    }
    size_t table = kernels->ntt_words(made->log_degree);
    made->tables = aligned_alloc(64, prime_count * table * sizeof *made->tables);
    pyaccel_status status = made->tables == NULL ? PYACCEL_OUT_OF_MEMORY : PYACCEL_OK;
    for (uint32_t i = 0; status == PYACCEL_OK && i < prime_count; i++) {
        pa_he_ntt *ntt = &made->ntt[i];
        bool valid = pa_he_modulus_set(&ntt->modulus, primes[i]);
        for (uint32_t j = 0; valid && j < i; j++) {
            valid = primes[j] != primes[i];
        }
        ntt->log_degree = made->log_degree;
        ntt->psi = valid ? pa_he_root(&ntt->modulus, made->log_degree) : 0;
        if (ntt->psi == 0 || (bfv && plain_modulus % primes[i] == 0)) {
            status = PYACCEL_INVALID_ARGUMENT;
            break;
        }
        kernels->ntt_fill(made->tables + i * table, &ntt->modulus, ntt->psi, made->log_degree);
        ntt->table = made->tables + i * table;
    }
    if (status == PYACCEL_OK) {
        status = pa_seal_he_new(&made->he, made);
    }
    if (status != PYACCEL_OK) {
        pyaccel_seal_context_free(made);
        return status;
    }
    *context = made;
    return PYACCEL_OK;
}

void pyaccel_seal_context_free(pyaccel_seal_context *context)
{
    if (context != NULL) {
        pyaccel_he_context_free(context->he);
        free(context->tables);
        free(context);
    }
}

bool pa_seal_residues_valid(const pyaccel_seal_context *context, const uint64_t *data,
                            uint64_t polynomials, uint32_t rows)
{
    for (uint64_t p = 0; p < polynomials; p++) {
        for (uint32_t r = 0; r < rows; r++) {
            uint64_t q = context->ntt[r].modulus.q, wrong = 0;
            for (size_t i = 0; i < context->degree; i++) {
                wrong |= data[i] >= q;
            }
            if (wrong != 0) {
                return false;
            }
            data += context->degree;
        }
    }
    return true;
}

bool pa_seal_out_valid(const uint64_t *out, uint64_t out_words, uint64_t wanted, const uint64_t *in,
                       uint64_t in_words, bool may_be_same)
{
    if (out == NULL || in == NULL || out_words < wanted) {
        return false;
    }
    uintptr_t o = (uintptr_t)out, i = (uintptr_t)in;
    return (may_be_same && o == i) || o + wanted * 8 <= i || i + in_words * 8 <= o;
}

pyaccel_status pa_seal_closed(uint64_t *out, uint64_t out_words, pyaccel_status status)
{
    if (status != PYACCEL_OK && out != NULL) {
        memset(out, 0, out_words * sizeof *out);
    }
    return status;
}

uint64_t pa_seal_words(const pyaccel_seal_context *context, uint32_t size, uint32_t rows)
{
    bool valid = context != NULL && size >= 2 && size <= PYACCEL_SEAL_MOST_SIZE && rows >= 1 &&
                 rows <= pa_seal_most_rows(context);
    return valid ? (uint64_t)size * rows * context->degree : 0;
}

bool pa_seal_input_valid(const pyaccel_seal_context *context, const uint64_t *a, uint32_t size,
                         uint32_t rows)
{
    return a != NULL && pa_seal_words(context, size, rows) != 0 &&
           pa_seal_residues_valid(context, a, size, rows);
}

pyaccel_status pyaccel_seal_add(uint64_t *out, uint64_t out_words,
                                const pyaccel_seal_context *context, const uint64_t *a,
                                uint32_t a_size, const uint64_t *b, uint32_t b_size, uint32_t rows,
                                uint32_t subtract)
{
    uint32_t size = a_size > b_size ? a_size : b_size;
    uint64_t wanted = pa_seal_words(context, size, rows);
    if (!pa_seal_input_valid(context, a, a_size, rows) ||
        !pa_seal_input_valid(context, b, b_size, rows) || subtract > 1 ||
        !pa_seal_out_valid(out, out_words, wanted, a, pa_seal_words(context, a_size, rows),
                           a_size == size) ||
        !pa_seal_out_valid(out, out_words, wanted, b, pa_seal_words(context, b_size, rows),
                           b_size == size)) {
        return pa_seal_closed(out, out_words, PYACCEL_INVALID_ARGUMENT);
    }
    size_t n = context->degree;
    for (uint32_t k = 0; k < size * rows; k++) {
        const pa_he_modulus *modulus = &context->ntt[k % rows].modulus;
        uint64_t *to = out + k * n;
        if (k >= b_size * rows) {
            memmove(to, a + k * n, n * sizeof *to);
        } else if (k < a_size * rows) {
            (subtract ? kernels->sub : kernels->add)(to, a + k * n, b + k * n, n, modulus);
        } else if (subtract) {
            kernels->neg(to, b + k * n, n, modulus);
        } else {
            memmove(to, b + k * n, n * sizeof *to);
        }
    }
    return PYACCEL_OK;
}

pyaccel_status pyaccel_seal_negate(uint64_t *out, uint64_t out_words,
                                   const pyaccel_seal_context *context, const uint64_t *a,
                                   uint32_t size, uint32_t rows)
{
    uint64_t wanted = pa_seal_words(context, size, rows);
    if (!pa_seal_input_valid(context, a, size, rows) ||
        !pa_seal_out_valid(out, out_words, wanted, a, wanted, true)) {
        return pa_seal_closed(out, out_words, PYACCEL_INVALID_ARGUMENT);
    }
    size_t n = context->degree;
    for (uint32_t k = 0; k < size * rows; k++) {
        kernels->neg(out + k * n, a + k * n, n, &context->ntt[k % rows].modulus);
    }
    return PYACCEL_OK;
}

/* True when plain is one: residues in NTT form of CKKS, coefficients below t of BFV. */
static bool plain_valid(const pyaccel_seal_context *context, const uint64_t *plain,
                        uint64_t plain_words, uint32_t rows)
{
    if (plain == NULL && plain_words != 0) {
        return false;
    }
    if (context->scheme == PYACCEL_SEAL_CKKS) {
        return plain_words == rows * context->degree &&
               pa_seal_residues_valid(context, plain, 1, rows);
    }
    uint64_t wrong = plain_words > context->degree;
    for (uint64_t i = 0; wrong == 0 && i < plain_words; i++) {
        wrong |= plain[i] >= context->plain_modulus;
    }
    return wrong == 0;
}

/* row +- m Q / t, rounded as SEAL does: m floor(Q / t) + floor((m (Q mod t) + floor((t + 1) / 2)) / t). */
static void add_scaled(const pyaccel_seal_context *context, pa_he_word *row, uint32_t i,
                       uint32_t rows, const uint64_t *plain, uint64_t plain_words, bool subtract)
{
    const pa_he_modulus *modulus = &context->ntt[i].modulus;
    uint64_t t = context->plain_modulus, q = modulus->q, remainder = 1;
    for (uint32_t r = 0; r < rows; r++) {
        remainder = (uint64_t)((unsigned __int128)remainder * context->ntt[r].modulus.q % t);
    }
    /* Q / t without its fraction, modulo q: (Q - remainder) / t, and Q is 0 there. */
    uint64_t delta = pa_he_mul_mod((q - remainder % q) % q, pa_he_inv_mod(t % q, modulus), modulus);
    for (uint64_t c = 0; c < plain_words; c++) {
        uint64_t fix = (uint64_t)(((unsigned __int128)remainder * plain[c] + (t + 1) / 2) / t);
        uint64_t value = (pa_he_mul_mod(plain[c] % q, delta, modulus) + fix % q) % q;
        row[c] = subtract ? (row[c] + q - value) % q : (row[c] + value) % q;
    }
}

pyaccel_status pyaccel_seal_add_plain(uint64_t *out, uint64_t out_words,
                                      const pyaccel_seal_context *context, const uint64_t *a,
                                      uint32_t size, uint32_t rows, const uint64_t *plain,
                                      uint64_t plain_words, uint32_t subtract)
{
    uint64_t wanted = pa_seal_words(context, size, rows);
    if (!pa_seal_input_valid(context, a, size, rows) ||
        !plain_valid(context, plain, plain_words, rows) || subtract > 1 ||
        !pa_seal_out_valid(out, out_words, wanted, a, wanted, true) ||
        (plain_words != 0 &&
         !pa_seal_out_valid(out, out_words, wanted, plain, plain_words, false))) {
        return pa_seal_closed(out, out_words, PYACCEL_INVALID_ARGUMENT);
    }
    size_t n = context->degree;
    memmove(out, a, wanted * sizeof *out);
    for (uint32_t i = 0; i < rows; i++) {
        if (context->scheme == PYACCEL_SEAL_BFV) {
            add_scaled(context, out + i * n, i, rows, plain, plain_words, subtract == 1);
        } else {
            (subtract ? kernels->sub : kernels->add)(out + i * n, out + i * n, plain + i * n, n,
                                                     &context->ntt[i].modulus);
        }
    }
    return PYACCEL_OK;
}

pyaccel_status pyaccel_seal_multiply_plain(uint64_t *out, uint64_t out_words,
                                           const pyaccel_seal_context *context, const uint64_t *a,
                                           uint32_t size, uint32_t rows, const uint64_t *plain,
                                           uint64_t plain_words)
{
    uint64_t wanted = pa_seal_words(context, size, rows);
    if (!pa_seal_input_valid(context, a, size, rows) ||
        !plain_valid(context, plain, plain_words, rows) ||
        !pa_seal_out_valid(out, out_words, wanted, a, wanted, true) ||
        (plain_words != 0 &&
         !pa_seal_out_valid(out, out_words, wanted, plain, plain_words, false))) {
        return pa_seal_closed(out, out_words, PYACCEL_INVALID_ARGUMENT);
    }
    size_t n = context->degree;
    pa_he_word *lifted = calloc(n, sizeof *lifted);
    if (lifted == NULL) {
        return pa_seal_closed(out, out_words, PYACCEL_OUT_OF_MEMORY);
    }
    memmove(out, a, wanted * sizeof *out);
    for (uint32_t i = 0; i < rows; i++) {
        const pa_he_ntt *ntt = &context->ntt[i];
        const pa_he_word *factor = plain + i * n;
        bool coefficients = context->scheme == PYACCEL_SEAL_BFV;
        if (coefficients) {
            uint64_t q = ntt->modulus.q, t = context->plain_modulus;
            memset(lifted, 0, n * sizeof *lifted);
            for (uint64_t c = 0; c < plain_words; c++) { /* centred: m - t from (t + 1) / 2 on */
                lifted[c] = plain[c] >= (t + 1) / 2 ? (q - (t - plain[c]) % q) % q : plain[c] % q;
            }
            kernels->forward(&lifted, 1, ntt);
            factor = lifted;
        }
        for (uint32_t p = 0; p < size; p++) {
            pa_he_word *row = out + ((uint64_t)p * rows + i) * n;
            if (coefficients) {
                kernels->forward(&row, 1, ntt);
            }
            kernels->mul(row, row, factor, n, &ntt->modulus);
            if (coefficients) {
                kernels->inverse(&row, 1, ntt);
            }
        }
    }
    free(lifted);
    return PYACCEL_OK;
}

void pa_seal_divide(const pyaccel_seal_context *context, pa_he_word *rows, uint32_t count,
                    pa_he_word *last, uint32_t divisor, bool ntt, pa_he_word *scratch)
{
    size_t n = context->degree;
    uint64_t p = context->ntt[divisor].modulus.q, half = p >> 1;
    for (size_t c = 0; c < n; c++) {
        last[c] = (last[c] + half) % p;
    }
    for (uint32_t i = 0; i < count; i++) {
        const pa_he_modulus *modulus = &context->ntt[i].modulus;
        uint64_t q = modulus->q, less = half % q;
        for (size_t c = 0; c < n; c++) {
            scratch[c] = (last[c] % q + q - less) % q;
        }
        if (ntt) {
            kernels->forward(&scratch, 1, &context->ntt[i]);
        }
        pa_he_multiplier inverse;
        kernels->multiplier(&inverse, pa_he_inv_mod(p % q, modulus), modulus);
        pa_he_word *row = rows + i * n;
        kernels->sub_mul_constant(row, row, scratch, &inverse, n, modulus);
    }
}

pyaccel_status pyaccel_seal_divide(uint64_t *out, uint64_t out_words,
                                   const pyaccel_seal_context *context, const uint64_t *a,
                                   uint32_t size, uint32_t rows)
{
    if (rows < 2 || !pa_seal_input_valid(context, a, size, rows) ||
        !pa_seal_out_valid(out, out_words, pa_seal_words(context, size, rows - 1), a,
                           pa_seal_words(context, size, rows), false)) {
        return pa_seal_closed(out, out_words, PYACCEL_INVALID_ARGUMENT);
    }
    size_t n = context->degree;
    bool ntt = context->scheme == PYACCEL_SEAL_CKKS;
    pa_he_word *last = malloc(2 * n * sizeof *last);
    if (last == NULL) {
        return pa_seal_closed(out, out_words, PYACCEL_OUT_OF_MEMORY);
    }
    for (uint32_t p = 0; p < size; p++) {
        const uint64_t *from = a + (uint64_t)p * rows * n;
        uint64_t *to = out + (uint64_t)p * (rows - 1) * n;
        memcpy(to, from, (rows - 1) * n * sizeof *to);
        memcpy(last, from + (rows - 1) * n, n * sizeof *last);
        if (ntt) {
            kernels->inverse(&last, 1, &context->ntt[rows - 1]);
        }
        pa_seal_divide(context, to, rows - 1, last, rows - 1, ntt, last + n);
    }
    free(last);
    return PYACCEL_OK;
}
