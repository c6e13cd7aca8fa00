/* SPDX-License-Identifier: Apache-2.0 */
/* Hybrid key switching: digits of x, lifted to Q_l and P, times the key (Gentry, Halevi, Smart, ePrint 2012/099; Han and Ki,
 * ePrint 2019/688). One prime after the other: its digits are lifted, transformed together and summed part by part, while they
 * are in the first cache; rows of the key are brought there meanwhile. A digit's own rows are x itself.
 *
 * Zen 4, N = 8192: digits of several primes make terms of their lifts once, not for each prime: a product with two digits of
 * two primes takes 336 us, 363 before (AVX2: 515, 567). Bringing the key near while digits are transformed gains nothing where
 * it lies in the third cache, and 4 to 8 % of a product where it does not. Of 360 us 65 are the sums, 48 of which
 * multiplications: keys interleaved by component, or by digit, took as long (50 us in a loop of sums alone, 42 within the
 * first cache, 26 for reading them), and so did blocks of 512 to 8192 elements and one, two or four vectors at a time. */
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

/* The primes of digit d at a level. */
typedef struct {
    uint32_t first, last;
} run;

static run run_of(const pyaccel_he_context *context, uint32_t level, uint32_t d)
{
    const uint32_t end = context->level_end[level], cut = context->digit_end[d];
    return (run){d == 0 ? 0 : context->digit_end[d - 1], (cut < end ? cut : end) - 1};
}

static const pa_he_conversion *raise_of(const pyaccel_he_context *context, run digit, uint32_t p)
{
    return &context->constants->raise[digit.last * (context->q_count + context->p_count) + p];
}

uint32_t pa_he_excess_rows(const pyaccel_he_context *context, uint32_t level)
{
    uint32_t rows = 0;
    for (uint32_t d = 0; d < pa_he_digits_at(context, level); d++) {
        const run digit = run_of(context, level, d);
        rows += digit.first < digit.last;
    }
    return rows;
}

/* x as its digits are lifted from it: lift_begin made terms of its coefficients, once for all primes. */
typedef struct {
    const pyaccel_he_context *context;
    uint32_t level, count; /* digits */
    const pa_he_word *ntt;
    const pa_he_word *terms[PA_HE_MAX_PRIMES], *excess[PA_HE_MAX_PRIMES];
} lifted;

static lifted begin(const pyaccel_he_context *context, uint32_t level, pa_he_word *coefficients,
                    const pa_he_word *ntt, pa_he_word *excess)
{
    lifted x = {context, level, pa_he_digits_at(context, level), ntt, {NULL}, {NULL}};
    for (uint32_t d = 0; d < x.count; d++) {
        const run digit = run_of(context, level, d);
        pa_he_word *rows[PA_HE_MAX_PRIMES];
        for (uint32_t i = digit.first; i <= digit.last; i++) {
            x.terms[i] = rows[i - digit.first] = coefficients + i * context->stride;
        }
        if (digit.first < digit.last) { /* whose lifts to all primes begin alike */
            context->kernels->lift_begin(rows, excess, raise_of(context, digit, context->q_count),
                                         context->degree);
            x.excess[d] = excess;
            excess += context->stride;
        }
    }
    return x;
}

/* terms[d] = digit d modulo prime p in NTT form: x's own row, or made in rows[d]; key: its (b, a) follow, or NULL. */
static void digit_rows(const lifted *x, uint32_t p, pa_he_word *const *rows,
                       const pa_he_word **terms, const pa_he_switching_key *key,
                       pa_he_around around)
{
    const pyaccel_he_context *context = x->context;
    const size_t stride = context->stride,
                 pair = (size_t)(context->q_count + context->p_count) * stride;
    pa_he_word *made[PA_HE_MAX_PRIMES];
    pa_he_lift lifts[PA_HE_MAX_PRIMES];
    const pa_he_word *ahead[2 * PA_HE_MAX_PRIMES];
    uint32_t count = 0;
    for (uint32_t d = 0; d < x->count; d++) {
        const run digit = run_of(context, x->level, d);
        terms[d] = rows[d];
        if (p >= digit.first && p <= digit.last) {
            terms[d] = x->ntt + p * stride;
            continue;
        }
        if (key != NULL) {
            ahead[2 * count] = key->words + 2 * d * pair + p * stride;
            ahead[2 * count + 1] = ahead[2 * count] + pair;
        }
        lifts[count] =
            (pa_he_lift){raise_of(context, digit, p), 0, x->terms + digit.first, x->excess[d]};
        made[count++] = rows[d];
    }
    around.lifts = lifts;
    around.ahead = key == NULL ? NULL : ahead;
    context->kernels->forward_within(made, count, &around, &context->ntt[p]);
}

void pa_he_decompose(const pyaccel_he_context *context, uint32_t level, pa_he_word *digits,
                     pa_he_word *coefficients, const pa_he_word *ntt, pa_he_word *excess)
{
    const lifted x = begin(context, level, coefficients, ntt, excess);
    for (uint32_t j = 0; j < pa_he_extended_rows(context, level); j++) {
        pa_he_word *rows[PA_HE_MAX_PRIMES];
        const pa_he_word *terms[PA_HE_MAX_PRIMES];
        for (uint32_t d = 0; d < x.count; d++) {
            rows[d] = digits + ((size_t)j * x.count + d) * context->stride;
        }
        digit_rows(&x, prime_at(context, level, j), rows, terms, NULL, (pa_he_around){0});
        for (uint32_t d = 0; d < x.count; d++) {
            if (terms[d] != rows[d]) {
                memcpy(rows[d], terms[d], context->degree * sizeof(pa_he_word));
            }
        }
    }
}

uint32_t pa_he_switch_scratch(const pyaccel_he_context *context, uint32_t level)
{
    return pa_he_digits_at(context, level) + pa_he_excess_rows(context, level) + 2;
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
    add_term(terms, x->a[1] + offset, NULL, factors);
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

/* Row j of the outcome, of prime p, of `count` digits. */
typedef struct {
    const pyaccel_he_context *context;
    const pa_he_switched *x;
    const pa_he_switching_key *key;
    pa_he_word *const *out;
    pa_he_word *factors; /* two rows */
    const pa_he_word *digits[PA_HE_MAX_PRIMES];
    uint32_t count, j, p;
    bool in_q;
} sum_of;

/* n of its elements, from `first` on. */
static void sum_part(void *argument, size_t first, size_t n)
{
    const sum_of *sum = argument;
    const pyaccel_he_context *context = sum->context;
    const size_t stride = context->stride, row = sum->j * stride, end = first + n;
    const size_t pair = (size_t)(context->q_count + context->p_count) * stride;
    n = n < BLOCK ? n : BLOCK;
    for (size_t i = first; i < end; i += n) {
        inner terms = {0};
        for (uint32_t d = 0; d < sum->count; d++) {
            const pa_he_word *b = sum->key->words + 2 * d * pair + sum->p * stride + i;
            add_term(&terms, sum->digits[d] + i, b, b + pair);
        }
        if (sum->x->a[0] != NULL && sum->in_q) {
            add_product(context, &terms, sum->x, sum->j, row + i, n, sum->factors);
        }
        const bool accumulate =
            sum->in_q && start_with_added(context, sum->x, sum->j, row + i, n, sum->out);
        context->kernels->inner_product(sum->out[0] + row + i, sum->out[1] + row + i, terms.a,
                                        terms.b0, terms.b1, terms.count, n, accumulate,
                                        &context->ntt[sum->p].modulus);
    }
}

void pa_he_switch(const pyaccel_he_context *context, uint32_t level, pa_he_word *const *out,
                  const pa_he_switched *x, const pa_he_switching_key *key, pa_he_word *scratch)
{
    const size_t stride = context->stride;
    const uint32_t count = pa_he_digits_at(context, level),
                   extended = pa_he_extended_rows(context, level);
    pa_he_word *rows[PA_HE_MAX_PRIMES];
    for (uint32_t d = 0; d < count; d++, scratch += stride) {
        rows[d] = scratch;
    }
    lifted digits = {0};
    if (x->digits == NULL) {
        digits = begin(context, level, x->coefficients, x->ntt, scratch + 2 * stride);
    }
    for (uint32_t j = 0; j < extended; j++) {
        sum_of sum = {.context = context,
                      .x = x,
                      .key = key,
                      .out = out,
                      .factors = scratch,
                      .count = count,
                      .j = j,
                      .p = prime_at(context, level, j),
                      .in_q = j < context->level_end[level]};
        if (x->digits == NULL) {
            digit_rows(&digits, sum.p, rows, sum.digits, key,
                       (pa_he_around){.done = sum_part, .work = &sum});
            continue;
        }
        for (uint32_t d = 0; d < count; d++) {
            sum.digits[d] = x->digits + ((size_t)j * count + d) * stride;
        }
        sum_part(&sum, 0, context->degree);
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
