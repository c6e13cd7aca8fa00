/* SPDX-License-Identifier: Apache-2.0 */
/* Going down levels: rescaling, modulus switching, dropping of rows. */
#include <string.h>

#include "evaluate.h"
#include "noise.h"

/* log2 of what the last modulus is to a scale, at least, for numbers of up to 2^18. */
#define LAST_HEADROOM 19

typedef struct {
    pyaccel_he_ciphertexts *out;
    const pyaccel_he_ciphertexts *a;
} job;

/* One level down by division. */
static pyaccel_status divide_items(void *argument, uint64_t first, uint64_t last)
{
    const job *work = argument;
    const pyaccel_he_ciphertexts *a = work->a;
    pyaccel_he_context *context = work->out->context;
    const uint32_t left = work->out->rows, dropped = a->rows - left;
    pa_he_word *scratch =
        pa_he_take(&context->pool, pa_he_rows_bytes(context, 2 * (size_t)dropped));
    if (scratch == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    pa_he_word *const tails[2] = {scratch, scratch + dropped * context->stride};
    for (uint64_t i = first; i < last; i++) {
        for (uint32_t k = 0; k < a->size; k += 2) {
            const size_t count = a->size - k < 2 ? 1 : 2;
            pa_he_word *out[2];
            const pa_he_word *kept[2], *tail[2];
            for (uint32_t c = 0; c < count; c++) {
                out[c] = pa_he_part(work->out, i, k + c);
                kept[c] = pa_he_part(a, i, k + c);
                tail[c] = tails[c];
            }
            for (uint32_t p = 0; p < dropped; p++) {
                pa_he_word *rows[2];
                for (uint32_t c = 0; c < count; c++) {
                    rows[c] = tails[c] + p * context->stride;
                    memcpy(rows[c], kept[c] + (left + p) * context->stride,
                           context->degree * sizeof *scratch);
                }
                context->kernels->inverse(rows, count, &context->ntt[left + p]);
            }
            pa_he_divide(context, a->level, PA_HE_BY_LAST, count, out, kept, tail, NULL);
        }
    }
    pa_he_give(&context->pool, scratch);
    return PYACCEL_OK;
}

static pyaccel_status copy_items(void *argument, uint64_t first, uint64_t last)
{
    const job *work = argument;
    for (uint64_t i = first; i < last; i++) {
        for (uint32_t k = 0; k < work->a->size; k++) {
            memcpy(pa_he_part(work->out, i, k), pa_he_part(work->a, i, k),
                   pa_he_rows_bytes(work->out->context, work->out->rows));
        }
    }
    return PYACCEL_OK;
}

/* CKKS: divided by the dropped primes one after the other, as their product may be no double. */
static double divided_scale(const pyaccel_he_context *context, uint32_t level, double scale)
{
    for (uint32_t p = context->level_end[level - 1]; p < context->level_end[level]; p++) {
        scale /= (double)context->ntt[p].modulus.q;
    }
    return scale;
}

void pa_he_set_rescaled(pyaccel_he_ciphertexts *out, uint32_t from)
{
    const pyaccel_he_context *context = out->context;
    const pa_he_division *division = &context->constants->levels[from].by[PA_HE_BY_LAST];
    if (context->scheme == PYACCEL_HE_CKKS) {
        out->scale = divided_scale(context, from, out->scale);
    } else if (context->scheme == PYACCEL_HE_BGV) {
        out->factor =
            pa_he_mul_mod(out->factor, division->plain_inverse.value, &context->constants->plain);
    }
    out->noise = pa_he_noise_divided(context, out->noise, division->log2_product, out->size);
}

bool pa_he_last_fits(const pyaccel_he_context *context, double scale)
{
    return scale > 1 && pa_he_scale_fits(scale) &&
           context->constants->log2_q[0] - pa_he_log2(scale) > LAST_HEADROOM;
}

uint32_t pyaccel_he_depth(const pyaccel_he_context *context, uint32_t level, double scale)
{
    if (context == NULL || context->scheme != PYACCEL_HE_CKKS || level >= context->level_count ||
        !(scale > 0)) {
        return 0;
    }
    uint32_t depth = level;
    while (pa_he_last_fits(context, scale *= scale)) {
        depth++;
    }
    return depth;
}

double pa_he_dropped(const pyaccel_he_context *context, uint32_t level)
{
    double product = 1;
    for (uint32_t i = context->level_end[level - 1]; i < context->level_end[level]; i++) {
        product *= context->ntt[i].modulus.real;
    }
    return product;
}

/* a at a lower level: by division, one level, or by leaving out rows. */
static pyaccel_status lowered(pyaccel_he_ciphertexts **out, const pyaccel_he_ciphertexts *a,
                              uint32_t level, bool by_division, const pyaccel_he_options *options)
{
    pyaccel_he_ciphertexts *made = pa_he_ciphertexts_make(a->context, a->count, a->size, level);
    if (made == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    made->scale = a->scale;
    made->factor = a->factor;
    made->noise = a->noise;
    if (by_division) {
        pa_he_set_rescaled(made, a->level);
    }
    job work = {made, a};
    const pyaccel_status status =
        pa_he_parallel(options, a->count, by_division ? divide_items : copy_items, &work);
    if (status != PYACCEL_OK) {
        pyaccel_he_ciphertexts_free(made);
        return status;
    }
    *out = made;
    return PYACCEL_OK;
}

pyaccel_status pyaccel_he_rescale(pyaccel_he_ciphertexts **out, const pyaccel_he_ciphertexts *a,
                                  const pyaccel_he_options *options)
{
    if (out == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *out = NULL;
    if (a == NULL || a->level == 0 || !pa_he_options_valid(options)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    return lowered(out, a, a->level - 1, true, options);
}

pyaccel_status pyaccel_he_mod_switch(pyaccel_he_ciphertexts **out, const pyaccel_he_ciphertexts *a,
                                     uint32_t level, const pyaccel_he_options *options)
{
    if (out == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *out = NULL;
    if (a == NULL || level > a->level || !pa_he_options_valid(options)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    if (a->context->scheme == PYACCEL_HE_CKKS || level == a->level) {
        return lowered(out, a, level, false, options);
    }
    pyaccel_he_ciphertexts *at = NULL;
    for (uint32_t from = a->level; from > level; from--) {
        pyaccel_he_ciphertexts *next = NULL;
        const pyaccel_status status = lowered(&next, at == NULL ? a : at, from - 1, true, options);
        pyaccel_he_ciphertexts_free(at);
        if (status != PYACCEL_OK) {
            return status;
        }
        at = next;
    }
    *out = at;
    return PYACCEL_OK;
}

pyaccel_status pa_he_levelled(const pyaccel_he_ciphertexts **a, const pyaccel_he_ciphertexts **b,
                              uint32_t *level, pyaccel_he_ciphertexts **made,
                              const pyaccel_he_options *options)
{
    *made = NULL;
    *level = (*a)->level < (*b)->level ? (*a)->level : (*b)->level;
    if ((*a)->context->scheme == PYACCEL_HE_CKKS || (*a)->level == (*b)->level) {
        return PYACCEL_OK;
    }
    const pyaccel_he_ciphertexts **higher = (*a)->level > *level ? a : b;
    const pyaccel_status status = pyaccel_he_mod_switch(made, *higher, *level, options);
    if (status == PYACCEL_OK) {
        *higher = *made;
    }
    return status;
}
