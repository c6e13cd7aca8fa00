/* SPDX-License-Identifier: Apache-2.0 */
/* Products of ciphertexts of CKKS and BGV, and relinearization; what all three schemes share of them. */
#include "multiply.h"

#include "noise.h"

/* ---- CKKS and BGV --------------------------------------------------------------------------------- */

static void tensor_item(const pyaccel_he_context *context, uint32_t rows, pa_he_word *const out[3],
                        const pa_he_word *const a[2], const pa_he_word *const b[2])
{
    for (uint32_t j = 0; j < rows; j++) {
        const size_t offset = j * context->stride;
        pa_he_word *const to[3] = {out[0] + offset, out[1] + offset, out[2] + offset};
        const pa_he_word *const x[2] = {a[0] + offset, a[1] + offset}, *const y[2] = {b[0] + offset,
                                                                                      b[1] +
                                                                                          offset};
        context->kernels->tensor(to, x, y, context->degree, &context->ntt[j].modulus);
    }
}

static pyaccel_status multiply_items(void *argument, uint64_t first, uint64_t last)
{
    const pa_he_product *work = argument;
    pyaccel_he_context *context = work->out->context;
    const uint32_t by = work->rescale ? PA_HE_BY_BOTH : PA_HE_BY_P;
    pa_he_word *scratch = NULL;
    if (work->key != NULL) {
        scratch = pa_he_take(
            &context->pool,
            pa_he_rows_bytes(context, pa_he_switch_scratch(context, work->level, by, false)));
        if (scratch == NULL) {
            return PYACCEL_OUT_OF_MEMORY;
        }
    }
    for (uint64_t i = first; i < last; i++) {
        const pa_he_word *a[2], *b[2];
        pa_he_word *out[3];
        pa_he_product_item(work, i, out, a, b);
        if (work->key == NULL) {
            tensor_item(context, work->out->rows, out, a, b);
        } else { /* c2 = a1 b1 is switched; c0 and c1, P times them, join what that gives before the one division */
            const pa_he_switched x = {.a = {a[0], a[1]}, .b = {b[0], b[1]}};
            pa_he_switch(context, work->level, by, out, &x, work->key, scratch);
        }
    }
    pa_he_give(&context->pool, scratch);
    return PYACCEL_OK;
}

/* ---- the call ----------------------------------------------------------------------------------- */

void pa_he_product_item(const pa_he_product *work, uint64_t i, pa_he_word *out[3],
                        const pa_he_word *a[2], const pa_he_word *b[2])
{
    for (uint32_t k = 0; k < work->out->size; k++) {
        out[k] = pa_he_part(work->out, i, k);
    }
    for (uint32_t k = 0; k < 2; k++) {
        a[k] = pa_he_part(work->a, work->a->count == 1 ? 0 : i, k);
        b[k] = pa_he_part(work->b, work->b->count == 1 ? 0 : i, k);
    }
}

/* Scale, factor and noise of work->out. */
static void set_product(const pa_he_product *work)
{
    pyaccel_he_ciphertexts *out = work->out;
    const pyaccel_he_context *context = out->context;
    out->noise = pa_he_noise_product(work->a, work->b);
    if (context->scheme == PYACCEL_HE_CKKS) {
        out->scale = work->a->scale * work->b->scale;
    } else if (context->scheme == PYACCEL_HE_BGV) {
        out->factor = pa_he_mul_mod(work->a->factor, work->b->factor, &context->constants->plain);
    }
    if (work->key != NULL) {
        out->noise = pa_he_noise_sum(out->noise, pa_he_noise_switching(context, work->level));
    }
    if (work->rescale) {
        pa_he_set_rescaled(out, work->level);
    }
}

static pyaccel_status multiply_levelled(pa_he_product *work, uint64_t count,
                                        const pyaccel_he_options *options)
{
    const pyaccel_he_context *context = work->a->context;
    work->out = pa_he_ciphertexts_make(context, count, work->key == NULL ? 3 : 2,
                                       work->level - (work->rescale ? 1 : 0));
    if (work->out == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    set_product(work);
    return pa_he_parallel(
        options, count,
        context->scheme == PYACCEL_HE_BFV ? pa_he_multiply_bfv_items : multiply_items, work);
}

pyaccel_status pyaccel_he_multiply(pyaccel_he_ciphertexts **out, const pyaccel_he_ciphertexts *a,
                                   const pyaccel_he_ciphertexts *b,
                                   const pyaccel_he_evaluation_keys *keys, uint32_t rescale,
                                   const pyaccel_he_options *options)
{
    if (out == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *out = NULL;
    uint64_t count;
    if (a == NULL || b == NULL || !pa_he_options_valid(options) || rescale > 1 ||
        !pa_he_same_context(a->context, b->context) || a->size != 2 || b->size != 2 ||
        !pa_he_counts_meet(&count, a->count, b->count) ||
        (keys != NULL && !pa_he_same_context(a->context, keys->context))) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    if (!pa_he_scale_fits(a->scale * b->scale)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    const bool last = a->level == 0 || b->level == 0;
    if (rescale == 1 && (keys == NULL || a->context->scheme != PYACCEL_HE_CKKS ||
                         (last && !pa_he_last_fits(a->context, a->scale * b->scale)))) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pa_he_product work = {.a = a, .b = b, .rescale = rescale == 1 && !last};
    if (keys != NULL && (work.key = pa_he_find_key(keys, 0)) == NULL) {
        return PYACCEL_UNSUPPORTED;
    }
    pyaccel_he_ciphertexts *made;
    pyaccel_status status = pa_he_levelled(&work.a, &work.b, &work.level, &made, options);
    if (status != PYACCEL_OK) {
        return status;
    }
    status = multiply_levelled(&work, count, options);
    pyaccel_he_ciphertexts_free(made);
    if (status != PYACCEL_OK) {
        pyaccel_he_ciphertexts_free(work.out);
        return status;
    }
    *out = work.out;
    return PYACCEL_OK;
}

/* ---- relinearization ------------------------------------------------------------------------------ */

static pyaccel_status relinearize_items(void *argument, uint64_t first, uint64_t last)
{
    const pa_he_product *work = argument;
    pyaccel_he_context *context = work->out->context;
    const uint32_t rows = pa_he_switch_scratch(context, work->level, PA_HE_BY_P, false);
    pa_he_word *scratch = pa_he_take(&context->pool, pa_he_rows_bytes(context, rows));
    if (scratch == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    for (uint64_t i = first; i < last; i++) {
        pa_he_word *const out[2] = {pa_he_part(work->out, i, 0), pa_he_part(work->out, i, 1)};
        const pa_he_switched x = {.ntt = pa_he_part(work->a, i, 2),
                                  .added = {pa_he_part(work->a, i, 0), pa_he_part(work->a, i, 1)}};
        pa_he_switch(context, work->level, PA_HE_BY_P, out, &x, work->key, scratch);
    }
    pa_he_give(&context->pool, scratch);
    return PYACCEL_OK;
}

pyaccel_status pyaccel_he_relinearize(pyaccel_he_ciphertexts **out, const pyaccel_he_ciphertexts *a,
                                      const pyaccel_he_evaluation_keys *keys,
                                      const pyaccel_he_options *options)
{
    if (out == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *out = NULL;
    if (a == NULL || keys == NULL || a->size != 3 || !pa_he_options_valid(options) ||
        !pa_he_same_context(a->context, keys->context)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pa_he_product work = {.a = a, .level = a->level, .key = pa_he_find_key(keys, 0)};
    if (work.key == NULL) {
        return PYACCEL_UNSUPPORTED;
    }
    work.out = pa_he_ciphertexts_make(a->context, a->count, 2, a->level);
    if (work.out == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    work.out->scale = a->scale;
    work.out->factor = a->factor;
    work.out->noise = pa_he_noise_sum(a->noise, pa_he_noise_switching(a->context, a->level));
    const pyaccel_status status = pa_he_parallel(options, a->count, relinearize_items, &work);
    if (status != PYACCEL_OK) {
        pyaccel_he_ciphertexts_free(work.out);
        return status;
    }
    *out = work.out;
    return PYACCEL_OK;
}
