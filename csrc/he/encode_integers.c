/* SPDX-License-Identifier: Apache-2.0 */
/* BFV, BGV: integers to plaintexts and back, by slots (an NTT modulo t) or by coefficients. */
#include <stdatomic.h>
#include <string.h>

#include "encoder.h"

/* ---- encoding -------------------------------------------------------------------------------- */

typedef struct {
    pyaccel_he_plaintexts *plaintexts;
    const int64_t *values;
    uint64_t width, stride;
    bool slots;
    _Atomic uint64_t bad;
} encoding;

/* -t / 2 <= value < t, t <= 2^40 */
static bool fits(int64_t value, int64_t t)
{
    return value >= -(t / 2) && value < t;
}

/* Index of the first value that does not fit, or width. */
static uint64_t first_bad(const int64_t *values, uint64_t width, int64_t t)
{
    bool good = true;
    for (uint64_t j = 0; j < width; j++) {
        good &= fits(values[j], t);
    }
    uint64_t j = good ? width : 0;
    while (j < width && fits(values[j], t)) {
        j++;
    }
    return j;
}

static pyaccel_status encode_range(void *argument, uint64_t first, uint64_t last)
{
    encoding *work = argument;
    pyaccel_he_context *context = work->plaintexts->context;
    const pa_he_kernels *kernels = context->kernels;
    const pa_he_ntt *plain = &context->encoder->plain;
    const uint32_t *slot = context->encoder->slot;
    const size_t n = context->degree;
    const int64_t t = (int64_t)context->plain_modulus;
    for (uint64_t item = first; item < last; item++) {
        const int64_t *values = work->values + item * work->stride;
        pa_he_word *row = work->plaintexts->words + item * context->stride;
        const uint64_t bad = first_bad(values, work->width, t);
        if (bad < work->width) {
            uint64_t known = atomic_load(&work->bad);
            const uint64_t index = item * work->width + bad;
            while (index < known && !atomic_compare_exchange_weak(&work->bad, &known, index)) {
            }
            return PYACCEL_INVALID_ARGUMENT;
        }
        memset(row, 0, n * sizeof *row);
        if (!work->slots) {
            for (uint64_t j = 0; j < work->width; j++) {
                row[j] = (uint64_t)(values[j] + (values[j] < 0 ? t : 0));
            }
            continue;
        }
        for (uint64_t j = 0; j < work->width; j++) {
            row[slot[j]] = (uint64_t)(values[j] + (values[j] < 0 ? t : 0));
        }
        kernels->import(row, row, n, &plain->modulus);
        kernels->inverse(&row, 1, plain);
        kernels->export(row, row, n, &plain->modulus);
    }
    return PYACCEL_OK;
}

static pyaccel_status encode(pyaccel_he_plaintexts **plaintexts, uint64_t *bad,
                             pyaccel_he_context *context, const int64_t *values, uint64_t count,
                             uint64_t width, uint64_t stride, bool slots,
                             const pyaccel_he_options *options)
{
    if (bad != NULL) {
        *bad = UINT64_MAX;
    }
    if (plaintexts == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *plaintexts = NULL;
    if (context == NULL || context->scheme == PYACCEL_HE_CKKS ||
        width > (slots ? pa_he_slot_count(context) : context->degree) ||
        (values == NULL && count > 0 && width > 0) || !pa_he_options_valid(options)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    if (slots && pa_he_slot_count(context) == 0) {
        return PYACCEL_UNSUPPORTED;
    }
    encoding work = {
        .plaintexts =
            pa_he_plaintexts_make(context, count, PA_HE_PLAIN_MOD_T, context->level_count - 1),
        .values = values,
        .width = width,
        .stride = stride,
        .slots = slots,
        .bad = UINT64_MAX,
    };
    if (work.plaintexts == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    const pyaccel_status status = pa_he_parallel(options, count, encode_range, &work);
    if (bad != NULL) {
        *bad = atomic_load(&work.bad);
    }
    if (status != PYACCEL_OK) {
        pyaccel_he_plaintexts_free(work.plaintexts);
        return status;
    }
    *plaintexts = work.plaintexts;
    return PYACCEL_OK;
}

pyaccel_status pyaccel_he_encode_integers(pyaccel_he_plaintexts **plaintexts, uint64_t *bad,
                                          pyaccel_he_context *context, const int64_t *values,
                                          uint64_t count, uint64_t width, uint64_t stride,
                                          const pyaccel_he_options *options)
{
    return encode(plaintexts, bad, context, values, count, width, stride, true, options);
}

pyaccel_status pyaccel_he_encode_coefficients(pyaccel_he_plaintexts **plaintexts, uint64_t *bad,
                                              pyaccel_he_context *context, const int64_t *values,
                                              uint64_t count, uint64_t width, uint64_t stride,
                                              const pyaccel_he_options *options)
{
    return encode(plaintexts, bad, context, values, count, width, stride, false, options);
}

/* ---- decoding -------------------------------------------------------------------------------- */

typedef struct {
    const pyaccel_he_plaintexts *plaintexts;
    int64_t *values;
    uint64_t width, stride;
    bool slots;
} decoding;

static pyaccel_status decode_range(void *argument, uint64_t first, uint64_t last)
{
    const decoding *work = argument;
    pyaccel_he_context *context = work->plaintexts->context;
    const pa_he_kernels *kernels = context->kernels;
    const pa_he_ntt *plain = &context->encoder->plain;
    const uint32_t *slot = context->encoder->slot;
    const size_t n = context->degree;
    const uint64_t t = context->plain_modulus;
    pa_he_word *copy = pa_he_take(&context->pool, n * sizeof *copy);
    if (copy == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    for (uint64_t item = first; item < last; item++) {
        const pa_he_word *row = work->plaintexts->words + item * context->stride;
        int64_t *values = work->values + item * work->stride;
        if (work->slots) {
            kernels->import(copy, row, n, &plain->modulus);
            kernels->forward(&copy, 1, plain);
            kernels->export(copy, copy, n, &plain->modulus);
        }
        for (uint64_t j = 0; j < work->width; j++) {
            const uint64_t value = work->slots ? copy[slot[j]] : row[j];
            values[j] = (int64_t)value - (int64_t)(value > t / 2 ? t : 0);
        }
    }
    pa_he_give(&context->pool, copy);
    return PYACCEL_OK;
}

pyaccel_status pyaccel_he_decode_integers(int64_t *values, uint64_t width, uint64_t stride,
                                          const pyaccel_he_plaintexts *plaintexts,
                                          uint32_t coefficients, const pyaccel_he_options *options)
{
    if (plaintexts == NULL || coefficients > 1 || plaintexts->form != PA_HE_PLAIN_MOD_T ||
        width > plaintexts->context->degree ||
        (values == NULL && plaintexts->count > 0 && width > 0) ||
        (stride < width && plaintexts->count > 1) || !pa_he_options_valid(options)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    if (coefficients == 0 && pa_he_slot_count(plaintexts->context) == 0) {
        return PYACCEL_UNSUPPORTED;
    }
    decoding work = {plaintexts, values, width, stride, coefficients == 0};
    return pa_he_parallel(options, plaintexts->count, decode_range, &work);
}
