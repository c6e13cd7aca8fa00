/* SPDX-License-Identifier: Apache-2.0 */
/* Sums and differences of ciphertexts, and of ciphertexts and plaintexts; products with plaintexts. */
#include <string.h>

#include "evaluate.h"
#include "noise.h"
#include "words.h"

/* One call over a batch: what each of its items is made of. */
typedef struct {
    pyaccel_he_ciphertexts *out;
    const pyaccel_he_ciphertexts *a, *b;
    const pyaccel_he_plaintexts *plain;
    const pa_he_word
        *shared; /* rows in NTT form of the one plaintext that serves all; NULL: each has its own */
    const pa_he_multiplier
        *ratio[2]; /* what a and b are multiplied by, modulo each prime; NULL: 1 */
    bool minus;
} job;

static inline uint64_t item_of(uint64_t count, uint64_t i)
{
    return count == 1 ? 0 : i;
}

/* 2^-30 is what rescaling by slightly different primes may leave. */
double pyaccel_he_scale_ratio(double a, double b)
{
    const double larger = a > b ? a : b, smaller = a > b ? b : a, ratio = larger / smaller;
    if (!(smaller > 0 && ratio < 0x1p100)) {
        return 0;
    }
    const double whole = ratio < 0x1p52 ? (double)(uint64_t)(ratio + 0.5) : ratio;
    const double difference = whole * smaller - larger;
    return (difference < 0 ? -difference : difference) <= larger * 0x1p-30 ? whole : 0;
}

/* work->ratio, in that memory, of the summand with the smaller scale; to *scale the larger one, to grown[] what their noise grows by. */
static void scale_summand(job *work, pa_he_multiplier ratio[PA_HE_MAX_PRIMES], double grown[2],
                          double *scale, double a, double b)
{
    const pyaccel_he_context *context = work->a->context;
    const double whole = pyaccel_he_scale_ratio(a, b);
    *scale = a;
    if (whole > 1) {
        const int which = a > b;
        for (uint32_t j = 0; j < context->q_count; j++) {
            const pa_he_modulus *q = &context->ntt[j].modulus;
            context->kernels->multiplier(&ratio[j], pa_he_reduce128((pa_u128)whole, q), q);
        }
        work->ratio[which] = ratio;
        grown[which] = pa_he_log2(whole);
        *scale = a > b ? a : b;
    }
}

/* ---- two ciphertexts -------------------------------------------------------------------------- */

/* a or b is NULL: 0 */
static void sum_row(const job *work, uint32_t j, pa_he_word *out, const pa_he_word *a,
                    const pa_he_word *b)
{
    const pyaccel_he_context *context = work->out->context;
    const pa_he_kernels *kernels = context->kernels;
    const pa_he_modulus *modulus = &context->ntt[j].modulus;
    const size_t n = context->degree;
    const pa_he_word **const summands[2] = {&a, &b};
    for (int k = 0; k < 2; k++) {
        if (*summands[k] != NULL && work->ratio[k] != NULL) {
            kernels->mul_constant(out, *summands[k], &work->ratio[k][j], n, modulus);
            *summands[k] = out;
        }
    }
    if (b == NULL) {
        if (a != out) {
            memcpy(out, a, n * sizeof *out);
        }
    } else if (a != NULL) {
        (work->minus ? kernels->sub : kernels->add)(out, a, b, n, modulus);
    } else if (work->minus) {
        kernels->neg(out, b, n, modulus);
    } else if (b != out) {
        memcpy(out, b, n * sizeof *out);
    }
}

static pyaccel_status sum_items(void *argument, uint64_t first, uint64_t last)
{
    const job *work = argument;
    const pyaccel_he_ciphertexts *a = work->a, *b = work->b;
    const size_t stride = work->out->context->stride;
    for (uint64_t i = first; i < last; i++) {
        for (uint32_t k = 0; k < work->out->size; k++) {
            pa_he_word *out = pa_he_part(work->out, i, k);
            const pa_he_word *x = a != NULL && k < a->size ? pa_he_part(a, item_of(a->count, i), k)
                                                           : NULL,
                             *y = k < b->size ? pa_he_part(b, item_of(b->count, i), k) : NULL;
            for (uint32_t j = 0; j < work->out->rows; j++) {
                const size_t offset = j * stride;
                sum_row(work, j, out + offset, x == NULL ? NULL : x + offset,
                        y == NULL ? NULL : y + offset);
            }
        }
    }
    return PYACCEL_OK;
}

/* *ratio = a.factor / b.factor modulo t, modulo each prime from its representative in (-t / 2, t / 2]; log2 of its size. */
static double set_ratio(pa_he_multiplier ratio[PA_HE_MAX_PRIMES], const pyaccel_he_ciphertexts *a,
                        const pyaccel_he_ciphertexts *b)
{
    const pyaccel_he_context *context = a->context;
    const pa_he_modulus *t = &context->constants->plain;
    const uint64_t quotient = pa_he_mul_mod(a->factor, pa_he_inverse_any(b->factor, t->q), t),
                   size = quotient > t->q / 2 ? t->q - quotient : quotient;
    for (uint32_t j = 0; j < context->q_count; j++) {
        const pa_he_modulus *q = &context->ntt[j].modulus;
        const uint64_t r = size % q->q;
        context->kernels->multiplier(&ratio[j], size == quotient ? r : pa_he_neg(r, q->q), q);
    }
    return pa_he_log2((double)size);
}

static pyaccel_status sum(pyaccel_he_ciphertexts **out, const pyaccel_he_ciphertexts *a,
                          const pyaccel_he_ciphertexts *b, bool minus,
                          const pyaccel_he_options *options)
{
    if (out == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *out = NULL;
    uint64_t count;
    if (a == NULL || b == NULL || !pa_he_options_valid(options) ||
        !pa_he_same_context(a->context, b->context) ||
        !pa_he_counts_meet(&count, a->count, b->count) ||
        pyaccel_he_scale_ratio(a->scale, b->scale) == 0) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    uint32_t level;
    pyaccel_he_ciphertexts *made;
    pyaccel_status status = pa_he_levelled(&a, &b, &level, &made, options);
    if (status != PYACCEL_OK) {
        return status;
    }
    pa_he_multiplier ratio[PA_HE_MAX_PRIMES];
    job work = {.a = a, .b = b, .minus = minus};
    double grown[2] = {0, 0}, scale;
    scale_summand(&work, ratio, grown, &scale, a->scale, b->scale);
    if (a->factor != b->factor) {
        grown[1] = set_ratio(ratio, a, b);
        work.ratio[1] = ratio;
    }
    pyaccel_he_ciphertexts *sums =
        pa_he_ciphertexts_make(a->context, count, a->size > b->size ? a->size : b->size, level);
    status = PYACCEL_OUT_OF_MEMORY;
    if (sums != NULL) {
        sums->scale = scale;
        sums->factor = a->factor;
        sums->noise = pa_he_noise_sum(a->noise + grown[0], b->noise + grown[1]);
        work.out = sums;
        status = pa_he_parallel(options, count, sum_items, &work);
    }
    pyaccel_he_ciphertexts_free(made);
    if (status != PYACCEL_OK) {
        pyaccel_he_ciphertexts_free(sums);
        return status;
    }
    *out = sums;
    return PYACCEL_OK;
}

pyaccel_status pyaccel_he_add(pyaccel_he_ciphertexts **out, const pyaccel_he_ciphertexts *a,
                              const pyaccel_he_ciphertexts *b, const pyaccel_he_options *options)
{
    return sum(out, a, b, false, options);
}

pyaccel_status pyaccel_he_sub(pyaccel_he_ciphertexts **out, const pyaccel_he_ciphertexts *a,
                              const pyaccel_he_ciphertexts *b, const pyaccel_he_options *options)
{
    return sum(out, a, b, true, options);
}

pyaccel_status pyaccel_he_negate(pyaccel_he_ciphertexts **out, const pyaccel_he_ciphertexts *a,
                                 const pyaccel_he_options *options)
{
    if (out == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *out = NULL;
    if (a == NULL || !pa_he_options_valid(options)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pyaccel_he_ciphertexts *made = pa_he_ciphertexts_make(a->context, a->count, a->size, a->level);
    if (made == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    made->scale = a->scale;
    made->factor = a->factor;
    made->noise = a->noise;
    job work = {.out = made, .b = a, .minus = true};
    const pyaccel_status status = pa_he_parallel(options, a->count, sum_items, &work);
    if (status != PYACCEL_OK) {
        pyaccel_he_ciphertexts_free(made);
        return status;
    }
    *out = made;
    return PYACCEL_OK;
}

/* Rows of the outcome: all items, one after the other, so that the sum stays in cache. */
static pyaccel_status sum_rows(void *argument, uint64_t first, uint64_t last)
{
    const job *work = argument;
    const pyaccel_he_ciphertexts *a = work->a;
    const pyaccel_he_context *context = a->context;
    for (uint64_t row = first; row < last; row++) {
        const uint32_t k = (uint32_t)row / a->rows, j = (uint32_t)row % a->rows;
        const size_t offset = j * context->stride;
        pa_he_word *total = pa_he_part(work->out, 0, k) + offset;
        memcpy(total, pa_he_part(a, 0, k) + offset, context->degree * sizeof *total);
        for (uint64_t i = 1; i < a->count; i++) {
            context->kernels->add(total, total, pa_he_part(a, i, k) + offset, context->degree,
                                  &context->ntt[j].modulus);
        }
    }
    return PYACCEL_OK;
}

pyaccel_status pyaccel_he_sum_batch(pyaccel_he_ciphertexts **out, const pyaccel_he_ciphertexts *a,
                                    const pyaccel_he_options *options)
{
    if (out == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *out = NULL;
    if (a == NULL || a->count == 0 || !pa_he_options_valid(options)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pyaccel_he_ciphertexts *made = pa_he_ciphertexts_make(a->context, 1, a->size, a->level);
    if (made == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    made->scale = a->scale;
    made->factor = a->factor;
    made->noise = a->noise + pa_he_log2((double)a->count) / 2;
    job work = {.out = made, .a = a};
    const pyaccel_status status =
        pa_he_parallel(options, (uint64_t)a->size * a->rows, sum_rows, &work);
    if (status != PYACCEL_OK) {
        pyaccel_he_ciphertexts_free(made);
        return status;
    }
    *out = made;
    return PYACCEL_OK;
}

/* ---- a ciphertext and a plaintext --------------------------------------------------------------- */

/* What a plaintext is to its ciphertext. */
typedef enum { ADDED, MULTIPLIED } role;

/* Rows in NTT form of plaintext i: its own, or made at `made`. */
static const pa_he_word *plain_rows(const job *work, uint64_t i, pa_he_word *made, role as)
{
    const pyaccel_he_plaintexts *plain = work->plain;
    const pyaccel_he_context *context = plain->context;
    const pa_he_word *words =
        plain->words + item_of(plain->count, i) * plain->rows * context->stride;
    if (plain->form == PA_HE_PLAIN_NTT) {
        return words;
    }
    pa_he_plain_ntt(context, work->out->level, made, words, as == ADDED ? work->a->factor : 1,
                    as == ADDED && context->scheme == PYACCEL_HE_BFV);
    return made;
}

static pyaccel_status plain_items(const job *work, uint64_t first, uint64_t last, role as)
{
    const pyaccel_he_ciphertexts *a = work->a;
    pyaccel_he_context *context = work->out->context;
    const size_t stride = context->stride;
    pa_he_word *made = NULL;
    if (work->shared == NULL && work->plain->form != PA_HE_PLAIN_NTT) {
        made = pa_he_take(&context->pool, pa_he_rows_bytes(context, work->out->rows));
        if (made == NULL) {
            return PYACCEL_OUT_OF_MEMORY;
        }
    }
    for (uint64_t i = first; i < last; i++) {
        const pa_he_word *plain =
            work->shared != NULL ? work->shared : plain_rows(work, i, made, as);
        for (uint32_t k = 0; k < a->size; k++) {
            const pa_he_word *in = pa_he_part(a, item_of(a->count, i), k);
            pa_he_word *to = pa_he_part(work->out, i, k);
            for (uint32_t j = 0; j < work->out->rows; j++) {
                const size_t offset = j * stride;
                if (as == MULTIPLIED) {
                    context->kernels->mul(to + offset, in + offset, plain + offset, context->degree,
                                          &context->ntt[j].modulus);
                } else {
                    sum_row(work, j, to + offset, in + offset, k == 0 ? plain + offset : NULL);
                }
            }
        }
    }
    pa_he_give(&context->pool, made);
    return PYACCEL_OK;
}

static pyaccel_status add_plain_items(void *argument, uint64_t first, uint64_t last)
{
    return plain_items(argument, first, last, ADDED);
}

static pyaccel_status multiply_plain_items(void *argument, uint64_t first, uint64_t last)
{
    return plain_items(argument, first, last, MULTIPLIED);
}

/* Noise of the outcome; grown[]: what that of either summand grows by. */
static double plain_noise(const pyaccel_he_ciphertexts *a, const pyaccel_he_plaintexts *b, role as,
                          const double grown[2])
{
    if (as == MULTIPLIED) {
        return pa_he_noise_plain_product(a, b->scale);
    }
    /* rounding of Q m / t, of encoded numbers, or m itself, which is part of BGV's phase */
    return pa_he_noise_sum(a->noise + grown[0], pa_he_noise_rounding(a->context, 1) + grown[1]);
}

static pyaccel_status run_plain(job *work, role as, const pyaccel_he_options *options)
{
    pyaccel_he_context *context = work->out->context;
    pa_he_word *shared = NULL;
    if (work->plain->count == 1) {
        shared = pa_he_take(&context->pool, pa_he_rows_bytes(context, work->out->rows));
        if (shared == NULL) {
            return PYACCEL_OUT_OF_MEMORY;
        }
        work->shared = plain_rows(work, 0, shared, as);
    }
    const pyaccel_status status = pa_he_parallel(
        options, work->out->count, as == MULTIPLIED ? multiply_plain_items : add_plain_items, work);
    pa_he_give(&context->pool, shared);
    return status;
}

static pyaccel_status with_plain(pyaccel_he_ciphertexts **out, const pyaccel_he_ciphertexts *a,
                                 const pyaccel_he_plaintexts *b, role as, bool minus,
                                 const pyaccel_he_options *options)
{
    if (out == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *out = NULL;
    uint64_t count;
    if (a == NULL || b == NULL || !pa_he_options_valid(options) ||
        !pa_he_same_context(a->context, b->context) ||
        !pa_he_counts_meet(&count, a->count, b->count)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    const bool ckks = a->context->scheme == PYACCEL_HE_CKKS;
    if (as == ADDED &&
        (ckks ? pyaccel_he_scale_ratio(a->scale, b->scale) == 0 : b->form != PA_HE_PLAIN_MOD_T)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    if (as == MULTIPLIED && !pa_he_scale_fits(a->scale * b->scale)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    /* rows of a plaintext that end below the ciphertext's bring it down */
    pyaccel_he_ciphertexts *lowered = NULL;
    uint32_t level = a->level;
    if (b->form == PA_HE_PLAIN_NTT && b->level < level) {
        level = b->level;
        if (!ckks) {
            const pyaccel_status status = pyaccel_he_mod_switch(&lowered, a, level, options);
            if (status != PYACCEL_OK) {
                return status;
            }
            a = lowered;
        }
    }
    pyaccel_he_ciphertexts *made = pa_he_ciphertexts_make(a->context, count, a->size, level);
    pyaccel_status status = PYACCEL_OUT_OF_MEMORY;
    if (made != NULL) {
        job work = {.out = made, .a = a, .plain = b, .minus = minus};
        pa_he_multiplier ratio[PA_HE_MAX_PRIMES];
        double grown[2] = {0, 0};
        made->scale = ckks && as == MULTIPLIED ? a->scale * b->scale : a->scale;
        if (ckks && as == ADDED) {
            scale_summand(&work, ratio, grown, &made->scale, a->scale, b->scale);
        }
        made->factor = a->factor;
        made->noise = plain_noise(a, b, as, grown);
        status = run_plain(&work, as, options);
    }
    pyaccel_he_ciphertexts_free(lowered);
    if (status != PYACCEL_OK) {
        pyaccel_he_ciphertexts_free(made);
        return status;
    }
    *out = made;
    return PYACCEL_OK;
}

pyaccel_status pyaccel_he_add_plain(pyaccel_he_ciphertexts **out, const pyaccel_he_ciphertexts *a,
                                    const pyaccel_he_plaintexts *b,
                                    const pyaccel_he_options *options)
{
    return with_plain(out, a, b, ADDED, false, options);
}

pyaccel_status pyaccel_he_sub_plain(pyaccel_he_ciphertexts **out, const pyaccel_he_ciphertexts *a,
                                    const pyaccel_he_plaintexts *b,
                                    const pyaccel_he_options *options)
{
    return with_plain(out, a, b, ADDED, true, options);
}

pyaccel_status pyaccel_he_multiply_plain(pyaccel_he_ciphertexts **out,
                                         const pyaccel_he_ciphertexts *a,
                                         const pyaccel_he_plaintexts *b,
                                         const pyaccel_he_options *options)
{
    return with_plain(out, a, b, MULTIPLIED, false, options);
}
