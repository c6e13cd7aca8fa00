/* SPDX-License-Identifier: Apache-2.0 */
/* Batches of plaintexts, and what calls over batches share. */
#include <stdlib.h>
#include <string.h>

#include "encode.h"

bool pa_he_options_valid(const pyaccel_he_options *options)
{
    return options == NULL || PA_OPTIONS_VALID(options);
}

typedef struct {
    pa_range_fn *fn;
    void *context;
} items;

static pyaccel_status run_items(void *argument, uint64_t first, uint64_t last)
{
    const items *work = argument;
    const pyaccel_status status = work->fn(work->context, first, last);
    pa_wipe_stack(); /* vectors of secrets that a compiler had no register for */
    return status;
}

pyaccel_status pa_he_parallel(const pyaccel_he_options *options, uint64_t n, pa_range_fn *fn,
                              void *context)
{
    items work = {fn, context};
    return pa_parallel(options == NULL ? 0 : options->threads, n, 1, run_items, &work, NULL, NULL);
}

pyaccel_he_plaintexts *pa_he_plaintexts_make(pyaccel_he_context *context, uint64_t count,
                                             uint32_t form, uint32_t level)
{
    const uint32_t rows = form == PA_HE_PLAIN_MOD_T ? 1 : context->level_end[level];
    const size_t item = rows * context->stride * sizeof(pa_he_word);
    pyaccel_he_plaintexts *plaintexts = calloc(1, sizeof *plaintexts);
    if (plaintexts == NULL || count > SIZE_MAX / item) {
        free(plaintexts);
        return NULL;
    }
    plaintexts->words = pa_he_take(&context->pool, count == 0 ? item : (size_t)count * item);
    if (plaintexts->words == NULL) {
        free(plaintexts);
        return NULL;
    }
    plaintexts->context = pa_he_hold(context);
    plaintexts->count = count;
    plaintexts->level = level;
    plaintexts->rows = rows;
    plaintexts->form = form;
    plaintexts->scale = 1;
    return plaintexts;
}

void pyaccel_he_plaintexts_free(pyaccel_he_plaintexts *plaintexts)
{
    if (plaintexts != NULL) {
        pyaccel_he_context *context = plaintexts->context;
        pa_he_give(&context->pool, plaintexts->words);
        free(plaintexts);
        pyaccel_he_context_free(context);
    }
}

pyaccel_status pyaccel_he_plaintexts_get(pyaccel_he_ciphertexts_info *info,
                                         const pyaccel_he_plaintexts *plaintexts)
{
    if (info == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    memset(info, 0, sizeof *info);
    if (plaintexts == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    info->count = plaintexts->count;
    info->size = 1;
    info->level = plaintexts->level;
    info->scale = plaintexts->scale;
    info->factor = 1;
    return PYACCEL_OK;
}

pyaccel_status pyaccel_he_plaintexts_take(pyaccel_he_plaintexts **out,
                                          const pyaccel_he_plaintexts *plaintexts,
                                          const uint64_t *indices, uint64_t n)
{
    if (out == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *out = NULL;
    if (plaintexts == NULL || (indices == NULL && n > 0)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pyaccel_he_plaintexts *made =
        pa_he_plaintexts_make(plaintexts->context, n, plaintexts->form, plaintexts->level);
    if (made == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    made->scale = plaintexts->scale;
    const size_t item = (size_t)plaintexts->rows * plaintexts->context->stride;
    for (uint64_t i = 0; i < n; i++) {
        if (indices[i] >= plaintexts->count) {
            pyaccel_he_plaintexts_free(made);
            return PYACCEL_INVALID_ARGUMENT;
        }
        memcpy(made->words + i * item, plaintexts->words + indices[i] * item,
               item * sizeof *made->words);
    }
    *out = made;
    return PYACCEL_OK;
}
