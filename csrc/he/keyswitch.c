/* SPDX-License-Identifier: Apache-2.0 */
/* Hybrid key switching: digits of x, lifted to Q_l and P, times the key (Gentry, Halevi, Smart, ePrint 2012/099; Han and Ki,
 * ePrint 2019/688). One prime after the other: its digits are lifted, transformed together and summed while they are in
 * cache; a digit's own rows are x itself. */
#include <string.h>

#include "evaluate.h"

const pa_he_switching_key *pa_he_find_key(const pyaccel_he_evaluation_keys *keys, uint32_t element)
{
    for (uint32_t i = 0; i < keys->count; i++) {
        if (keys->keys[i].element == element) {
            return &keys->keys[i];
        }
    }
    return NULL;
}

uint32_t pa_he_digits_at(const pyaccel_he_context *context, uint32_t level)
{
    uint32_t digits = 1;
    while (context->digit_end[digits - 1] < context->level_end[level]) {
        digits++;
    }
    return digits;
}

/* Number of the j-th prime of Q_l, P. */
static uint32_t prime_at(const pyaccel_he_context *context, uint32_t level, uint32_t j)
{
    const uint32_t end = context->level_end[level];
    return j < end ? j : context->q_count + (j - end);
}

/* Rows of digits of several primes, made ready for lifts. */
static void make_ready(const pyaccel_he_context *context, uint32_t level, pa_he_word *coefficients)
{
    const uint32_t all = context->q_count + context->p_count, end = context->level_end[level];
    for (uint32_t d = 0, first = 0; first < end; first = context->digit_end[d++]) {
        const uint32_t last = (context->digit_end[d] < end ? context->digit_end[d] : end) - 1;
        pa_he_word *rows[PA_HE_MAX_PRIMES];
        for (uint32_t i = first; i <= last; i++) {
            rows[i - first] = coefficients + i * context->stride;
        }
        if (last > first) { /* for P's first prime, as for all others */
            const pa_he_conversion *lift =
                &context->constants->raise[last * all + context->q_count];
            context->kernels->make_ready(rows, lift, context->degree);
        }
    }
}

/* terms[d] = digit d modulo prime p in NTT form: x's own row, or made in rows[d]; coefficients are ready. */
static void digit_rows(const pyaccel_he_context *context, uint32_t level, uint32_t p,
                       const pa_he_word *coefficients, const pa_he_word *ntt,
                       pa_he_word *const *rows, const pa_he_word **terms)
{
    const size_t n = context->degree, stride = context->stride;
    const uint32_t all = context->q_count + context->p_count, end = context->level_end[level];
    const bool lifting = context->kernels->forward_lifted != NULL;
    pa_he_word *made[PA_HE_MAX_PRIMES];
    const pa_he_word *sources[PA_HE_MAX_PRIMES];
    const pa_he_modulus *from[PA_HE_MAX_PRIMES];
    uint32_t count = 0;
    for (uint32_t d = 0, first = 0; first < end; first = context->digit_end[d++]) {
        const uint32_t last = (context->digit_end[d] < end ? context->digit_end[d] : end) - 1;
        terms[d] = rows[d];
        sources[count] = NULL;
        if (p >= first && p <= last) {
            if (ntt != NULL) {
                terms[d] = ntt + p * stride;
                continue;
            }
            memcpy(rows[d], coefficients + p * stride, n * sizeof(pa_he_word));
            if (last > first) {
                context->kernels->mul_constant(
                    rows[d], rows[d], &context->constants->unready[last * context->q_count + p], n,
                    &context->ntt[p].modulus);
            }
        } else if (lifting && first == last) {
            sources[count] = coefficients + first * stride;
            from[count] = &context->ntt[first].modulus;
        } else {
            const pa_he_word *in[PA_HE_MAX_PRIMES];
            for (uint32_t i = first; i <= last; i++) {
                in[i - first] = coefficients + i * stride;
            }
            context->kernels->convert(&rows[d], in, NULL,
                                      &context->constants->raise[last * all + p], n);
        }
        made[count++] = rows[d];
    }
    if (lifting) {
        context->kernels->forward_lifted(made, sources, from, count, &context->ntt[p]);
    } else {
        context->kernels->forward(made, count, &context->ntt[p]);
    }
}

void pa_he_decompose(const pyaccel_he_context *context, uint32_t level, pa_he_word *digits,
                     pa_he_word *coefficients, const pa_he_word *ntt)
{
    const uint32_t count = pa_he_digits_at(context, level),
                   extended = pa_he_extended_rows(context, level);
    make_ready(context, level, coefficients);
    for (uint32_t j = 0; j < extended; j++) {
        pa_he_word *rows[PA_HE_MAX_PRIMES];
        const pa_he_word *terms[PA_HE_MAX_PRIMES];
        for (uint32_t d = 0; d < count; d++) {
            rows[d] = digits + ((size_t)j * count + d) * context->stride;
        }
        digit_rows(context, level, prime_at(context, level, j), coefficients, ntt, rows, terms);
        for (uint32_t d = 0; d < count; d++) {
            if (terms[d] != rows[d]) {
                memcpy(rows[d], terms[d], context->degree * sizeof(pa_he_word));
            }
        }
    }
}

uint32_t pa_he_switch_scratch(const pyaccel_he_context *context, uint32_t level)
{
    return pa_he_digits_at(context, level) + 2;
}

/* Elements of a prime's rows that are worked on at a time: what is made on the way stays in the first cache. */
#define BLOCK 1024u

/* Blocks of one prime that are multiplied and summed: sum a[t] b0[t], sum a[t] b1[t]. */
typedef struct {
    uint32_t count;
    const pa_he_word *a[PA_HE_MAX_PRIMES], *b0[PA_HE_MAX_PRIMES], *b1[PA_HE_MAX_PRIMES];
} inner;

static void add_term(inner *terms, const pa_he_word *a, const pa_he_word *b0, const pa_he_word *b1)
{
    terms->a[terms->count] = a;
    terms->b0[terms->count] = b0;
    terms->b1[terms->count++] = b1;
}

/* P (a0 b0, a0 b1 + a1 b0) of the block at `offset` of prime j's rows of Q, as two terms more; factors: two blocks. */
static void add_product(const pyaccel_he_context *context, inner *terms, const pa_he_switched *x,
                        uint32_t j, size_t offset, size_t n, pa_he_word *factors)
{
    const pa_he_multiplier *special = &context->constants->special[j];
    const pa_he_modulus *modulus = &context->ntt[j].modulus;
    context->kernels->mul_constant(factors, x->b[0] + offset, special, n, modulus);
    context->kernels->mul_constant(factors + n, x->b[1] + offset, special, n, modulus);
    add_term(terms, x->a[0] + offset, factors, factors + n);
    add_term(terms, x->a[1] + offset, context->constants->zero, factors);
}

/* Blocks of out = P times what is added; whether anything is. */
static bool start_with_added(const pyaccel_he_context *context, const pa_he_switched *x, uint32_t j,
                             size_t offset, size_t n, pa_he_word *const out[2])
{
    if (x->added[0] == NULL && x->added[1] == NULL) {
        return false;
    }
    for (int k = 0; k < 2; k++) {
        if (x->added[k] == NULL) {
            memset(out[k] + offset, 0, n * sizeof *out[k]);
        } else {
            context->kernels->mul_constant(out[k] + offset, x->added[k] + offset,
                                           &context->constants->special[j], n,
                                           &context->ntt[j].modulus);
        }
    }
    return true;
}

/* Row j of the outcome, of prime p; digits: its `count` rows. */
static void sum_row(const pyaccel_he_context *context, uint32_t level, uint32_t j, uint32_t p,
                    pa_he_word *const *out, const pa_he_word *const *digits, uint32_t count,
                    const pa_he_switched *x, const pa_he_switching_key *key, pa_he_word *factors)
{
    const size_t stride = context->stride, row = j * stride,
                 n = context->degree < BLOCK ? context->degree : BLOCK;
    const size_t pair = (size_t)(context->q_count + context->p_count) * stride;
    const bool in_q = j < context->level_end[level];
    for (size_t i = 0; i < context->degree; i += n) {
        inner terms = {0};
        for (uint32_t d = 0; d < count; d++) {
            const pa_he_word *b = key->words + 2 * d * pair + p * stride + i;
            add_term(&terms, digits[d] + i, b, b + pair);
        }
        if (x->a[0] != NULL && in_q) {
            add_product(context, &terms, x, j, row + i, n, factors);
        }
        const bool accumulate = in_q && start_with_added(context, x, j, row + i, n, out);
        context->kernels->inner_product(out[0] + row + i, out[1] + row + i, terms.a, terms.b0,
                                        terms.b1, terms.count, n, accumulate,
                                        &context->ntt[p].modulus);
    }
}

void pa_he_switch(const pyaccel_he_context *context, uint32_t level, pa_he_word *const *out,
                  const pa_he_switched *x, const pa_he_switching_key *key, pa_he_word *scratch)
{
    const size_t stride = context->stride;
    const uint32_t count = pa_he_digits_at(context, level),
                   extended = pa_he_extended_rows(context, level);
    if (x->digits == NULL) {
        make_ready(context, level, x->coefficients);
    }
    for (uint32_t j = 0; j < extended; j++) {
        const uint32_t p = prime_at(context, level, j);
        const pa_he_word *digits[PA_HE_MAX_PRIMES];
        if (x->digits != NULL) {
            for (uint32_t d = 0; d < count; d++) {
                digits[d] = x->digits + ((size_t)j * count + d) * stride;
            }
        } else {
            pa_he_word *rows[PA_HE_MAX_PRIMES];
            for (uint32_t d = 0; d < count; d++) {
                rows[d] = scratch + d * stride;
            }
            digit_rows(context, level, p, x->coefficients, x->ntt, rows, digits);
        }
        sum_row(context, level, j, p, out, digits, count, x, key, scratch + count * stride);
    }
}

void pa_he_to_coefficients(const pyaccel_he_context *context, uint32_t rows, size_t count,
                           pa_he_word *const *out, const pa_he_word *const *in)
{
    const size_t stride = context->stride;
    for (uint32_t j = 0; j < rows; j++) {
        pa_he_word *at[4];
        for (size_t k = 0; k < count; k++) {
            at[k] = out[k] + j * stride;
            if (out[k] != in[k]) {
                memcpy(at[k], in[k] + j * stride, context->degree * sizeof(pa_he_word));
            }
        }
        context->kernels->inverse(at, count, &context->ntt[j]);
    }
}
