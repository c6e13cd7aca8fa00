/* SPDX-License-Identifier: Apache-2.0 */
/* Hybrid key switching: digits of x, lifted to Q_l and P, times the key (Gentry, Halevi, Smart, ePrint 2012/099; Han and Ki,
 * ePrint 2019/688), and the division by P, or by P and the level's last modulus, that ends it. One prime after the other, those
 * that are divided by first: its digits are lifted, transformed together and summed part by part, while they are in the first
 * cache; rows of the key are brought near meanwhile. A digit's own rows are x itself. Of a prime that stays, what the division
 * subtracts is transformed with the digits, so that sums are divided at once and never leave that cache; what is added joins
 * behind the division, where it need not be P times as much, and an automorphism takes rows that were just made.
 *
 * Zen 4: beside others a product waits for the third cache, hence each row is read there as seldom as can be. N = 16384, ten
 * primes, four digits, in rows of 128 KiB: 80 of the key, 64 of terms, 48 of operands (c2 = a1 b1 is made twice: keeping it took 3
 * to 6 % longer), 54 of the division. What is summed is brought near while digits are transformed: two rows each, the key's,
 * gain 15 % (N = 8192: 4 to 8 % where it is not in the third cache), a third, for the operands, 3 to 5 % more; to the first
 * cache, not the second, they lose 15 %.
 *
 * Tried and lost, N = 8192 and 16384: ciphertexts of a batch that share rows of the key, one after the other for each prime, 0 to 4 %
 * slower, or transformed together, 1 % (two of 8192) to 8 %: a key's two rows a digit are read once less for each ciphertext, but a
 * digit's row leaves the second cache and comes back for it. So would digits of two primes lifted at once, and threads that
 * share the primes of a product move as many rows as threads that share a batch. Lifts from two primes within the first pass
 * of a transform, and rows of terms brought near before, in any cache, no gain: hardware follows them. c2 multiplied leaf by
 * leaf as the inverse transform takes it, with the next row brought near, 1 to 5 % slower in batches.
 *
 * N = 8192: of a product's 360 us 65 are the sums, 48 of which multiplications: keys interleaved by component, or by digit, took as
 * long, and so did blocks of 512 to 8192 elements and one, two or four vectors at a time. Terms of lifts from several primes that
 * are made once, not for each prime, save 8 %.
 *
 * A rotation of it (moduli of 100 and 40 bits) takes 227 us. Sums that are divided before they are reduced save 3 %, rows brought
 * near that the automorphism writes, and two rows for the deltas of all primes, 2 %. Tried and lost: parts put where the automorphism
 * takes them as they are divided, block by block, in the order of either side: 3 us more, and 25 where the outcome is not in
 * cache, for nothing brings lines there ahead of the stores. */
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

/* x as its digits are lifted from it: begin made terms of its coefficients, once for all primes. */
typedef struct {
    const pyaccel_he_context *context;
    uint32_t level, count; /* digits */
    const pa_he_word *ntt;
    const pa_he_word *terms[PA_HE_MAX_PRIMES], *excess[PA_HE_MAX_PRIMES];
} lifted;

/* Row j of x as coefficients. */
static void coefficient_row(const pyaccel_he_context *context, pa_he_word *row,
                            const pa_he_switched *x, uint32_t j)
{
    const size_t n = context->degree, first = j * context->stride;
    if (x->ntt != NULL) {
        memcpy(row, x->ntt + first, n * sizeof *row);
    } else {
        context->kernels->mul(row, x->a[1] + first, x->b[1] + first, n, &context->ntt[j].modulus);
    }
    context->kernels->inverse(&row, 1, &context->ntt[j]);
}

/* coefficients: x's, or where they are made; excess: pa_he_excess_rows rows. */
static lifted begin(const pyaccel_he_context *context, uint32_t level, const pa_he_switched *x,
                    pa_he_word *coefficients, pa_he_word *excess)
{
    lifted begun = {context, level, pa_he_digits_at(context, level), x->ntt, {NULL}, {NULL}};
    for (uint32_t d = 0; d < begun.count; d++) {
        const run digit = run_of(context, level, d);
        pa_he_word *rows[PA_HE_MAX_PRIMES];
        for (uint32_t i = digit.first; i <= digit.last; i++) {
            pa_he_word *row = coefficients + i * context->stride;
            begun.terms[i] = rows[i - digit.first] = row;
            if (x->coefficients == NULL) {
                coefficient_row(context, row, x, i);
            }
        }
        if (digit.first < digit.last) { /* whose lifts to all primes begin alike */
            context->kernels->lift_begin(rows, excess, raise_of(context, digit, context->q_count),
                                         context->degree);
            begun.excess[d] = excess;
            excess += context->stride;
        }
    }
    return begun;
}

/* Rows modulo one prime that are lifted and transformed together: digits, and what the division subtracts. */
#define MOST_ROWS (PA_HE_MAX_PRIMES + 2)
typedef struct {
    uint32_t count;
    pa_he_word *rows[MOST_ROWS];
    pa_he_lift lifts[MOST_ROWS];
} lifted_rows;

static void add_row(lifted_rows *to, pa_he_word *row, pa_he_lift lift)
{
    to->rows[to->count] = row;
    to->lifts[to->count++] = lift;
}

/* terms[d] = digit d modulo prime p in NTT form: x's own row (NULL: it is not kept), or rows[d], which joins those that are made. */
static void add_digits(lifted_rows *made, const lifted *x, uint32_t p, pa_he_word *const *rows,
                       const pa_he_word **terms)
{
    const pyaccel_he_context *context = x->context;
    for (uint32_t d = 0; d < x->count; d++) {
        const run digit = run_of(context, x->level, d);
        if (p >= digit.first && p <= digit.last) {
            terms[d] = x->ntt == NULL ? NULL : x->ntt + p * context->stride;
            continue;
        }
        terms[d] = rows[d];
        add_row(made, rows[d],
                (pa_he_lift){raise_of(context, digit, p), 0, x->terms + digit.first, x->excess[d]});
    }
}

void pa_he_decompose(const pyaccel_he_context *context, uint32_t level, pa_he_word *digits,
                     pa_he_word *coefficients, const pa_he_word *ntt, pa_he_word *excess)
{
    const lifted x = begin(context, level, &(pa_he_switched){.ntt = ntt}, coefficients, excess);
    for (uint32_t j = 0; j < pa_he_extended_rows(context, level); j++) {
        pa_he_word *rows[PA_HE_MAX_PRIMES];
        const pa_he_word *terms[PA_HE_MAX_PRIMES];
        for (uint32_t d = 0; d < x.count; d++) {
            rows[d] = digits + ((size_t)j * x.count + d) * context->stride;
        }
        const uint32_t p = prime_at(context, level, j);
        lifted_rows made = {0};
        add_digits(&made, &x, p, rows, terms);
        context->kernels->forward_within(made.rows, made.count,
                                         &(pa_he_around){.lifts = made.lifts}, &context->ntt[p]);
        for (uint32_t d = 0; d < x.count; d++) {
            if (terms[d] != rows[d]) {
                memcpy(rows[d], terms[d], context->degree * sizeof(pa_he_word));
            }
        }
    }
}

/* ---- sums and division -------------------------------------------------------------------------- */

/* Elements of a prime's rows that are worked on at a time: what is made on the way stays in the first cache. */
#define BLOCK 1024u

static size_t block_of(size_t n)
{
    return n < BLOCK ? n : BLOCK;
}

/* Rows of scratch that hold three blocks. */
static uint32_t block_rows(const pyaccel_he_context *context)
{
    const size_t n = context->degree;
    return (uint32_t)((3 * block_of(n) + n - 1) / n);
}

uint32_t pa_he_switch_scratch(const pyaccel_he_context *context, uint32_t level, uint32_t by,
                              bool turned)
{
    const pa_he_conversion *lift = &context->constants->levels[level].by[by].lift;
    return pa_he_digits_at(context, level) + context->level_end[level] +
           pa_he_excess_rows(context, level) + 2 * lift->in_count + block_rows(context) +
           (turned ? 2 * lift->out_count : 0);
}

/* What is switched, and the rows of prime p on the way. */
typedef struct {
    const pyaccel_he_context *context;
    const pa_he_switched *x;
    const pa_he_switching_key *key;
    const pa_he_word *digits[PA_HE_MAX_PRIMES];
    uint32_t count, p;            /* digits; prime */
    pa_he_word *factors[2], *own; /* blocks */
    /* Of a prime that is dropped, sums; else what is subtracted, and then the outcome. */
    pa_he_word *rows[2];
    const pa_he_multiplier *inverse; /* what the difference is multiplied by */
    pa_he_word *turned[2];           /* where that goes in the end; NULL: nowhere else */
} switching;

static const pa_he_word *key_row(const switching *s, uint32_t digit, uint32_t part)
{
    const pyaccel_he_context *context = s->context;
    const size_t all = context->q_count + context->p_count;
    return s->key->words + ((2 * (size_t)digit + part) * all + s->p) * context->stride;
}

static void add_term(pa_he_terms *terms, const pa_he_word *a, const pa_he_word *b0,
                     const pa_he_word *b1)
{
    terms->a[terms->count] = a;
    terms->b[0][terms->count] = b0;
    terms->b[1][terms->count++] = b1;
}

/* P times the outcome, n elements from i on, is the sum of these. */
static void terms_at(pa_he_terms *terms, const switching *s, size_t i, size_t n)
{
    const pyaccel_he_context *context = s->context;
    const pa_he_switched *x = s->x;
    const size_t offset = s->p * context->stride + i;
    terms->count = 0;
    for (uint32_t d = 0; d < s->count; d++) {
        const pa_he_word *digit = s->digits[d] == NULL ? s->own : s->digits[d] + i;
        if (digit == s->own) { /* to write rows of it and to read them again takes longer */
            context->kernels->mul(s->own, x->a[1] + offset, x->b[1] + offset, n,
                                  &context->ntt[s->p].modulus);
        }
        add_term(terms, digit, key_row(s, d, 0) + i, key_row(s, d, 1) + i);
    }
    if (x->a[0] == NULL || s->p >= context->q_count) {
        return;
    }
    for (int k = 0; k < 2; k++) {
        context->kernels->mul_constant(s->factors[k], x->b[k] + offset,
                                       &context->constants->special[s->p], n,
                                       &context->ntt[s->p].modulus);
    }
    add_term(terms, x->a[0] + offset, s->factors[0], s->factors[1]);
    add_term(terms, x->a[1] + offset, NULL, s->factors[0]);
}

/* n elements from `first` on of a prime that is dropped: the sums. */
static void sum_part(void *work, size_t first, size_t n)
{
    const switching *s = work;
    const size_t block = block_of(n);
    for (size_t i = first; i < first + n; i += block) {
        pa_he_word *const to[2] = {s->rows[0] + i, s->rows[1] + i};
        pa_he_terms terms;
        terms_at(&terms, s, i, block);
        s->context->kernels->inner_product(to, &terms, block, &s->context->ntt[s->p].modulus);
    }
}

/* Of one that stays: the sums divided, and what is added. */
static void divide_part(void *work, size_t first, size_t n)
{
    const switching *s = work;
    const size_t block = block_of(n), row = s->p * s->context->stride;
    for (size_t i = first; i < first + n; i += block) {
        pa_he_word *const to[2] = {s->rows[0] + i, s->rows[1] + i};
        const pa_he_word *added[2];
        for (int k = 0; k < 2; k++) {
            added[k] = s->x->added[k] == NULL ? NULL : s->x->added[k] + row + i;
        }
        pa_he_terms terms;
        terms_at(&terms, s, i, block);
        s->context->kernels->inner_quotient(to, &terms, s->inverse, added, block,
                                            &s->context->ntt[s->p].modulus);
    }
}

/* Rows that a sum reads, and that its outcome goes to, are brought near while `made` are transformed, AHEAD for each of these: the
 * key's first. */
static void look_ahead(const pa_he_word **ahead, const switching *s, const lifted_rows *made)
{
    const size_t row = s->p * s->context->stride;
    const pa_he_word *read[2 * PA_HE_MAX_PRIMES + 8];
    uint32_t count = 0;
    for (uint32_t d = 0; d < s->count; d++) {
        read[count++] = key_row(s, d, 0);
        read[count++] = key_row(s, d, 1);
    }
    for (int k = 0; k < 2 && s->p < s->context->q_count; k++) {
        if (s->x->a[k] != NULL) {
            read[count++] = s->x->a[k] + row;
            read[count++] = s->x->b[k] + row;
        }
        if (s->x->added[k] != NULL) {
            read[count++] = s->x->added[k] + row;
        }
        if (s->turned[k] != NULL) {
            read[count++] = s->turned[k];
        }
    }
    for (uint32_t i = 0; i < PA_HE_AHEAD * made->count; i++) {
        ahead[i] = i < count ? read[i] : made->rows[i / PA_HE_AHEAD];
    }
}

/* Row j of the level: digits that are not given are made in `digits`, with what `made` has already, and `part` follows. */
static void switch_row(switching *s, uint32_t level, uint32_t j, const lifted *source,
                       pa_he_word *const *digits, lifted_rows *made,
                       void (*part)(void *work, size_t first, size_t n))
{
    const pyaccel_he_context *context = s->context;
    s->p = prime_at(context, level, j);
    if (s->x->digits == NULL) {
        add_digits(made, source, s->p, digits, s->digits);
    }
    for (uint32_t d = 0; s->x->digits != NULL && d < s->count; d++) {
        s->digits[d] = s->x->digits + ((size_t)j * s->count + d) * context->stride;
    }
    const pa_he_word *ahead[PA_HE_AHEAD * MOST_ROWS];
    look_ahead(ahead, s, made);
    context->kernels->forward_within(
        made->rows, made->count,
        &(pa_he_around){.lifts = made->lifts, .ahead = ahead, .done = part, .work = s},
        &context->ntt[s->p]);
}

void pa_he_switch(const pyaccel_he_context *context, uint32_t level, uint32_t by,
                  pa_he_word *const *out, const pa_he_switched *x, const pa_he_switching_key *key,
                  pa_he_word *scratch)
{
    const pa_he_division *division = &context->constants->levels[level].by[by];
    const size_t stride = context->stride;
    const uint32_t kept = division->lift.out_count, dropped = division->lift.in_count;
    const bool turned = key->permute != NULL, is_added = x->added_coefficients != NULL;
    switching s = {
        .context = context, .x = x, .key = key, .count = pa_he_digits_at(context, level)};
    pa_he_word *digits[PA_HE_MAX_PRIMES], *tail[2], *quotients[2];
    for (int k = 0; k < 2; k++, scratch += dropped * stride) {
        tail[k] = scratch;
    }
    for (int k = 0; k < 2; k++) {
        s.factors[k] = scratch + (size_t)k * block_of(context->degree);
    }
    s.own = scratch + 2 * block_of(context->degree);
    scratch += block_rows(context) * stride;
    for (uint32_t d = 0; d < s.count; d++, scratch += stride) {
        digits[d] = scratch;
    }
    pa_he_word *excess = scratch + context->level_end[level] * stride;
    lifted source = {0};
    if (x->digits == NULL) {
        source =
            begin(context, level, x, x->coefficients == NULL ? scratch : x->coefficients, excess);
    }
    scratch = excess + pa_he_excess_rows(context, level) * stride;
    for (int k = 0; k < 2; k++, scratch += kept * stride) {
        quotients[k] = turned ? scratch : out[k];
    }
    for (uint32_t i = 0; i < dropped; i++) {
        for (int k = 0; k < 2; k++) {
            s.rows[k] = tail[k] + i * stride;
        }
        switch_row(&s, level, kept + i, &source, digits, &(lifted_rows){0}, sum_part);
        context->kernels->inverse(s.rows, 2, &context->ntt[s.p]);
    }
    const pa_he_word *const tails[2] = {tail[0], tail[1]};
    pa_he_deltas(context, level, by, 2, quotients, tails, x->added_coefficients);
    for (uint32_t j = 0; j < kept; j++) {
        lifted_rows made = {0};
        s.inverse = &division->inverse[j];
        for (int k = 0; k < 2; k++) {
            const pa_he_lift lift = pa_he_delta_lift(context, level, by, j, &tails[k], is_added);
            /* Rows of scratch that are only now made are the same for all primes: they stay near. */
            s.rows[k] = quotients[k] + (turned && lift.conversion != NULL ? 0 : j * stride);
            s.turned[k] = turned ? out[k] + j * stride : NULL;
            add_row(&made, s.rows[k], lift);
        }
        switch_row(&s, level, j, &source, digits, &made, divide_part);
        for (int k = 0; turned && k < 2; k++) {
            context->kernels->permute(out[k] + j * stride, s.rows[k], key->permute,
                                      context->degree);
        }
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
