/* SPDX-License-Identifier: Apache-2.0 */
/* Products of BFV after Halevi, Polyakov, Shoup (ePrint 2018/117): operands are lifted from Q to a second base B, multiplied
 * over both as over the integers, scaled by t / Q into B, and lifted back.
 *
 * Scaling is division with remainder, exact in integers: with d the product over Q and B and delta the lift near the centre
 * of [t d]_Q,  (t d - delta) / Q  modulo b_j  =  sum_i y_i (-1 / q_i) + v + d_j t / Q,  y_i = [d_i t (Q / q_i)^-1] mod q_i.
 * B > 4 N t Q leaves |t d / Q| < B / 2 a factor of 4, so that the lift back is exact, and N Q^2 < Q B / 2 as well. */
#include "multiply.h"

#include <string.h>

#include "log2.h"
#include "words.h"

struct pa_he_bfv_level {
    uint32_t count;                /* primes of B at this level */
    pa_he_conversion up;           /* Q to B */
    pa_he_conversion scale;        /* d over Q, own rows d over B: t d / Q rounded, in B */
    pa_he_conversion down;         /* B to Q */
    pa_he_conversion down_special; /* likewise, times P: a summand of what is divided by P */
};

/* ---- constants ------------------------------------------------------------------------------------ */

static bool make_auxiliary(pyaccel_he_context *context, uint32_t count)
{
    struct pa_he_constants *constants = context->constants;
    const pa_he_kernels *kernels = context->kernels;
    uint64_t taken[2 * PA_HE_MAX_PRIMES], primes[PA_HE_MAX_PRIMES];
    const uint32_t all = context->q_count + context->p_count;
    for (uint32_t i = 0; i < all; i++) {
        taken[i] = context->ntt[i].modulus.q;
    }
    if (pa_he_primes_below(primes, count, PA_HE_FAST_BITS, context->log_degree, taken, all) <
        count) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        pa_he_ntt *ntt = &constants->auxiliary[i];
        pa_he_word *table = pa_he_constants_take(
            constants, kernels->ntt_words(context->log_degree) * sizeof *table);
        if (table == NULL || !pa_he_modulus_set(&ntt->modulus, primes[i])) {
            return false;
        }
        ntt->log_degree = context->log_degree;
        ntt->psi = pa_he_root(&ntt->modulus, context->log_degree);
        ntt->table = table;
        kernels->ntt_fill(table, &ntt->modulus, ntt->psi, context->log_degree);
    }
    return true;
}

/* How many primes of B a level needs: each is more than 2^49.99. */
static uint32_t auxiliary_count(const pyaccel_he_context *context, uint32_t level)
{
    const double bits = context->constants->log2_q[level] + (double)context->log_degree +
                        pa_he_log2((double)context->plain_modulus) + 2;
    return 1 + (uint32_t)(bits / 49.99);
}

static bool set_scale(pa_he_conversion *scale, pyaccel_he_context *context,
                      const pa_he_ntt *const *in, uint32_t in_count, const pa_he_ntt *const *out,
                      uint32_t out_count)
{
    const uint64_t t = context->plain_modulus;
    uint64_t factor[PA_HE_MAX_PRIMES]; /* -1 / Q */
    for (uint32_t j = 0; j < out_count; j++) {
        const pa_he_modulus *b = &out[j]->modulus;
        factor[j] = b->q - pa_he_inv_mod(pa_he_product_mod(in, in_count, in_count, b), b);
    }
    if (!pa_he_lift_set(scale, context, in, in_count, out, out_count, factor, 1)) {
        return false;
    }
    uint64_t *pre = (uint64_t *)(uintptr_t)scale->pre, *own = (uint64_t *)(uintptr_t)scale->own;
    for (uint32_t i = 0; i < in_count; i++) {
        const pa_he_modulus *q = &in[i]->modulus;
        pre[i] = pa_he_mul_mod(pre[i], t % q->q, q);
    }
    for (uint32_t j = 0; j < out_count; j++) {
        const pa_he_modulus *b = &out[j]->modulus;
        own[j] = pa_he_mul_mod(b->q - factor[j], t % b->q, b);
    }
    return pa_he_conversion_prepare(scale, context);
}

static bool set_level(pyaccel_he_context *context, uint32_t level)
{
    struct pa_he_constants *constants = context->constants;
    struct pa_he_bfv_level *bfv = pa_he_constants_take(constants, sizeof *bfv);
    if (bfv == NULL) {
        return false;
    }
    constants->levels[level].bfv = bfv;
    bfv->count = auxiliary_count(context, level);
    const uint32_t rows = context->level_end[level];
    const pa_he_ntt *q[PA_HE_MAX_PRIMES], *b[PA_HE_MAX_PRIMES];
    uint64_t special[PA_HE_MAX_PRIMES];
    for (uint32_t j = 0; j < rows; j++) {
        q[j] = &context->ntt[j];
        special[j] = constants->levels[level].by[PA_HE_BY_P].product[j];
    }
    for (uint32_t j = 0; j < bfv->count; j++) {
        b[j] = &constants->auxiliary[j];
    }
    return pa_he_lift_set(&bfv->up, context, q, rows, b, bfv->count, NULL, 0) &&
           pa_he_conversion_prepare(&bfv->up, context) &&
           set_scale(&bfv->scale, context, q, rows, b, bfv->count) &&
           pa_he_lift_set(&bfv->down, context, b, bfv->count, q, rows, NULL, 0) &&
           pa_he_conversion_prepare(&bfv->down, context) &&
           pa_he_lift_set(&bfv->down_special, context, b, bfv->count, q, rows, special, 0) &&
           pa_he_conversion_prepare(&bfv->down_special, context);
}

pyaccel_status pa_he_bfv_constants(pyaccel_he_context *context)
{
    const uint32_t count = auxiliary_count(context, context->level_count - 1);
    if (count > PA_HE_MAX_PRIMES) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    bool made = make_auxiliary(context, count);
    for (uint32_t level = 0; made && level < context->level_count; level++) {
        made = set_level(context, level);
    }
    return made ? PYACCEL_OK : PYACCEL_OUT_OF_MEMORY;
}

/* ---- products --------------------------------------------------------------------------------------- */

/* Rows of scratch of an item, by what they hold in turn. */
typedef struct {
    /* Operands over Q, coefficients; then their products, three; then the outcome. */
    pa_he_word *over_q[4];
    pa_he_word *over_b[4];   /* operands over B; then the scaled products, three */
    pa_he_word *products[3]; /* over B */
    pa_he_word *rest;
} buffers;

static size_t buffer_rows(const pyaccel_he_context *context, uint32_t level)
{
    return 4 * (size_t)context->level_end[level] +
           7 * (size_t)context->constants->levels[level].bfv->count +
           pa_he_switch_scratch(context, level, PA_HE_BY_P, false);
}

static void lay_out(buffers *to, const pyaccel_he_context *context, uint32_t level,
                    pa_he_word *scratch)
{
    const size_t over_q = context->level_end[level] * context->stride,
                 over_b = context->constants->levels[level].bfv->count * context->stride;
    for (int k = 0; k < 4; k++, scratch += over_q) {
        to->over_q[k] = scratch;
    }
    for (int k = 0; k < 4; k++, scratch += over_b) {
        to->over_b[k] = scratch;
    }
    for (int k = 0; k < 3; k++, scratch += over_b) {
        to->products[k] = scratch;
    }
    to->rest = scratch;
}

static void convert(const pyaccel_he_context *context, pa_he_word *out, const pa_he_word *in,
                    const pa_he_word *own, const pa_he_conversion *conversion)
{
    const size_t stride = context->stride;
    pa_he_word *to[PA_HE_MAX_PRIMES];
    const pa_he_word *from[PA_HE_MAX_PRIMES], *with[PA_HE_MAX_PRIMES];
    for (uint32_t i = 0; i < conversion->in_count; i++) {
        from[i] = in + i * stride;
    }
    for (uint32_t j = 0; j < conversion->out_count; j++) {
        to[j] = out + j * stride;
        with[j] = own == NULL ? NULL : own + j * stride;
    }
    context->kernels->convert(to, from, own == NULL ? NULL : with, conversion, context->degree);
}

/* Three products of one prime's rows, as coefficients. */
static void tensor_row(const pyaccel_he_context *context, const pa_he_ntt *ntt, size_t offset,
                       pa_he_word *const out[3], const pa_he_word *const a[2],
                       const pa_he_word *const b[2])
{
    pa_he_word *const rows[3] = {out[0] + offset, out[1] + offset, out[2] + offset};
    const pa_he_word *const x[2] = {a[0] + offset, a[1] + offset}, *const y[2] = {b[0] + offset,
                                                                                  b[1] + offset};
    context->kernels->tensor(rows, x, y, context->degree, &ntt->modulus);
    context->kernels->inverse(rows, 3, ntt);
}

/* at->over_b[k], k < 3: the products scaled, over B. */
static void scaled_products(const pyaccel_he_context *context, const struct pa_he_bfv_level *bfv,
                            const buffers *at, const pa_he_word *const a[2],
                            const pa_he_word *const b[2])
{
    const size_t stride = context->stride;
    const bool square = a[0] == b[0];
    const size_t operands = square ? 2 : 4;
    const pa_he_word *const in[4] = {a[0], a[1], b[0], b[1]};
    const uint32_t rows = bfv->up.in_count;
    pa_he_to_coefficients(context, rows, operands, at->over_q, in);
    for (size_t k = 0; k < operands; k++) {
        convert(context, at->over_b[k], at->over_q[k], NULL, &bfv->up);
    }
    const pa_he_word *const x[2] = {at->over_b[0], at->over_b[1]}, *const y[2] = {
                                                                       at->over_b[square ? 0 : 2],
                                                                       at->over_b[square ? 1 : 3]};
    for (uint32_t j = 0; j < bfv->count; j++) {
        const pa_he_ntt *ntt = &context->constants->auxiliary[j];
        pa_he_word *lifted[4];
        for (size_t k = 0; k < operands; k++) {
            lifted[k] = at->over_b[k] + j * stride;
        }
        context->kernels->forward(lifted, operands, ntt);
        tensor_row(context, ntt, j * stride, at->products, x, y);
    }
    for (uint32_t j = 0; j < rows; j++) {
        tensor_row(context, &context->ntt[j], j * stride, at->over_q, a, b);
    }
    for (int k = 0; k < 3; k++) {
        convert(context, at->over_b[k], at->over_q[k], at->products[k], &bfv->scale);
    }
}

static void multiply_item(const pa_he_product *work, pa_he_word *const out[3],
                          const pa_he_word *const a[2], const pa_he_word *const b[2],
                          const buffers *at)
{
    const pyaccel_he_context *context = work->out->context;
    const struct pa_he_bfv_level *bfv = context->constants->levels[work->level].bfv;
    scaled_products(context, bfv, at, a, b);
    if (work->key == NULL) {
        for (int k = 0; k < 3; k++) {
            convert(context, out[k], at->over_b[k], NULL, &bfv->down);
        }
        for (uint32_t j = 0; j < bfv->up.in_count; j++) {
            const size_t offset = j * context->stride;
            pa_he_word *const rows[3] = {out[0] + offset, out[1] + offset, out[2] + offset};
            context->kernels->forward(rows, 3, &context->ntt[j]);
        }
        return;
    }
    for (int k = 0; k < 3; k++) {
        convert(context, at->over_q[k], at->over_b[k], NULL,
                k < 2 ? &bfv->down_special : &bfv->down);
    }
    for (uint32_t j = 0; j < bfv->up.in_count; j++) {
        pa_he_word *row = at->over_q[3] + j * context->stride;
        memcpy(row, at->over_q[2] + j * context->stride, context->degree * sizeof *row);
        context->kernels->forward(&row, 1, &context->ntt[j]);
    }
    const pa_he_switched x = {.coefficients = at->over_q[2],
                              .ntt = at->over_q[3],
                              .added_coefficients = (const pa_he_word *const *)at->over_q};
    pa_he_switch(context, work->level, PA_HE_BY_P, out, &x, work->key, at->rest);
}

pyaccel_status pa_he_multiply_bfv_items(void *argument, uint64_t first, uint64_t last)
{
    const pa_he_product *work = argument;
    pyaccel_he_context *context = work->out->context;
    pa_he_word *scratch =
        pa_he_take(&context->pool, pa_he_rows_bytes(context, buffer_rows(context, work->level)));
    if (scratch == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    buffers at;
    lay_out(&at, context, work->level, scratch);
    for (uint64_t i = first; i < last; i++) {
        const pa_he_word *a[2], *b[2];
        pa_he_word *out[3];
        pa_he_product_item(work, i, out, a, b);
        multiply_item(work, out, a, b, &at);
    }
    pa_he_give(&context->pool, scratch);
    return PYACCEL_OK;
}
