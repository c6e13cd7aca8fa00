/* SPDX-License-Identifier: Apache-2.0 */
/* Batches of ciphertexts. */
#include <stdlib.h>
#include <string.h>

#include "evaluate.h"
#include "noise.h"

bool pa_he_same_context(const pyaccel_he_context *a, const pyaccel_he_context *b)
{
    return a == b || (a->kernels == b->kernels && memcmp(a->id, b->id, sizeof a->id) == 0);
}

pyaccel_he_ciphertexts *pa_he_ciphertexts_make(const pyaccel_he_context *context, uint64_t count,
                                               uint32_t size, uint32_t level)
{
    const uint32_t rows = context->level_end[level];
    const size_t item = pa_he_rows_bytes(context, (size_t)size * rows);
    pyaccel_he_ciphertexts *made = calloc(1, sizeof *made);
    if (made == NULL || count > SIZE_MAX / item) {
        free(made);
        return NULL;
    }
    made->context = pa_he_hold(context);
    made->words = pa_he_take(&made->context->pool, count == 0 ? item : (size_t)count * item);
    made->count = count;
    made->size = size;
    made->level = level;
    made->rows = rows;
    made->scale = 1;
    made->factor = 1;
    if (made->words == NULL) {
        pyaccel_he_ciphertexts_free(made);
        return NULL;
    }
    return made;
}

void pyaccel_he_ciphertexts_free(pyaccel_he_ciphertexts *ciphertexts)
{
    if (ciphertexts != NULL) {
        pyaccel_he_context *context = ciphertexts->context;
        pa_he_give(&context->pool, ciphertexts->words);
        free(ciphertexts);
        pyaccel_he_context_free(context);
    }
}

pyaccel_status pyaccel_he_ciphertexts_get(pyaccel_he_ciphertexts_info *info,
                                          const pyaccel_he_ciphertexts *ciphertexts)
{
    if (info == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    memset(info, 0, sizeof *info);
    if (ciphertexts == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *info = (pyaccel_he_ciphertexts_info){
        .count = ciphertexts->count,
        .size = ciphertexts->size,
        .level = ciphertexts->level,
        .seeded = ciphertexts->seeded,
        .depth = pyaccel_he_depth(ciphertexts->context, ciphertexts->level, ciphertexts->scale),
        .scale = ciphertexts->scale,
        .factor = ciphertexts->factor,
        .noise_bits = ciphertexts->noise,
        .budget_bits = pa_he_noise_budget(ciphertexts),
    };
    return PYACCEL_OK;
}

static pyaccel_he_ciphertexts *make_like(const pyaccel_he_ciphertexts *a, uint64_t count)
{
    pyaccel_he_ciphertexts *made = pa_he_ciphertexts_make(a->context, count, a->size, a->level);
    if (made != NULL) {
        made->scale = a->scale;
        made->factor = a->factor;
        made->noise = a->noise;
    }
    return made;
}

static void copy_items(pyaccel_he_ciphertexts *out, uint64_t to, const pyaccel_he_ciphertexts *a,
                       uint64_t from, uint64_t count)
{
    const size_t item = pa_he_rows_bytes(a->context, (size_t)a->size * a->rows);
    if (count > 0) {
        memcpy(pa_he_part(out, to, 0), pa_he_part(a, from, 0), (size_t)count * item);
    }
}

pyaccel_status pyaccel_he_ciphertexts_take(pyaccel_he_ciphertexts **out,
                                           const pyaccel_he_ciphertexts *ciphertexts,
                                           const uint64_t *indices, uint64_t n)
{
    if (out == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *out = NULL;
    if (ciphertexts == NULL || (indices == NULL && n > 0)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pyaccel_he_ciphertexts *made = make_like(ciphertexts, n);
    if (made == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    for (uint64_t i = 0; i < n; i++) {
        const uint64_t from = indices[i];
        if (from >= ciphertexts->count) {
            pyaccel_he_ciphertexts_free(made);
            return PYACCEL_INVALID_ARGUMENT;
        }
        copy_items(made, i, ciphertexts, from, 1);
    }
    *out = made;
    return PYACCEL_OK;
}

/* Whether items of both may stand in one batch. */
static bool of_one_kind(const pyaccel_he_ciphertexts *a, const pyaccel_he_ciphertexts *b)
{
    return pa_he_same_context(a->context, b->context) && a->size == b->size &&
           a->level == b->level && a->scale == b->scale && a->factor == b->factor;
}

pyaccel_status pyaccel_he_ciphertexts_concatenate(pyaccel_he_ciphertexts **out,
                                                  const pyaccel_he_ciphertexts *const *batches,
                                                  uint64_t n)
{
    if (out == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *out = NULL;
    if (batches == NULL || n == 0) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    uint64_t count = 0;
    for (uint64_t i = 0; i < n; i++) {
        if (batches[i] == NULL || batches[0] == NULL || !of_one_kind(batches[0], batches[i]) ||
            batches[i]->count > UINT64_MAX - count) {
            return PYACCEL_INVALID_ARGUMENT;
        }
        count += batches[i]->count;
    }
    pyaccel_he_ciphertexts *made = make_like(batches[0], count);
    if (made == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    for (uint64_t i = 0, to = 0; i < n; to += batches[i++]->count) {
        copy_items(made, to, batches[i], 0, batches[i]->count);
        made->noise = batches[i]->noise > made->noise ? batches[i]->noise : made->noise;
    }
    *out = made;
    return PYACCEL_OK;
}
