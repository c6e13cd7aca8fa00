/* SPDX-License-Identifier: Apache-2.0 */
/* Automorphisms of ciphertexts: rotations, conjugation, swapping rows; sums over slots. */
#include <stdlib.h>
#include <string.h>

#include "evaluate.h"
#include "noise.h"

typedef struct {
    pyaccel_he_ciphertexts *out;
    const pyaccel_he_ciphertexts *a;
    const pa_he_switching_key **keys; /* one an element; NULL: the identity */
    uint64_t n;
    bool hoisted;       /* more than one of them needs the digits */
    pa_he_word *digits; /* of all items, where threads share an item; else NULL */
} job;

/* Rows of what an item is decomposed to, where several elements need that: its digits, c1 as coefficients and what else they take. */
static size_t decomposed_rows(const job *work)
{
    const pyaccel_he_context *context = work->a->context;
    const uint32_t level = work->a->level;
    return work->hoisted
               ? (size_t)pa_he_extended_rows(context, level) * pa_he_digits_at(context, level) +
                     work->a->rows + pa_he_excess_rows(context, level)
               : 0;
}

static void decompose_item(const job *work, uint64_t i, pa_he_word *digits)
{
    const pyaccel_he_ciphertexts *a = work->a;
    const pyaccel_he_context *context = a->context;
    if (work->hoisted) {
        pa_he_word *coefficients = digits + (size_t)pa_he_extended_rows(context, a->level) *
                                                pa_he_digits_at(context, a->level) *
                                                context->stride;
        pa_he_decompose(context, a->level, digits, coefficients, pa_he_part(a, i, 1),
                        coefficients + a->rows * context->stride);
    }
}

/* Item i under element e: c0 joins behind the division, and the automorphism comes last. */
static void turn_item(const job *work, uint64_t i, uint64_t e, const pa_he_word *digits,
                      pa_he_word *scratch)
{
    const pyaccel_he_ciphertexts *a = work->a;
    const pyaccel_he_context *context = a->context;
    pa_he_word *const out[2] = {pa_he_part(work->out, e * a->count + i, 0),
                                pa_he_part(work->out, e * a->count + i, 1)};
    if (work->keys[e] == NULL) {
        memcpy(out[0], pa_he_part(a, i, 0), 2 * pa_he_rows_bytes(context, a->rows));
        return;
    }
    const pa_he_switched x = {.ntt = pa_he_part(a, i, 1),
                              .digits = work->hoisted ? digits : NULL,
                              .added = {pa_he_part(a, i, 0), NULL}};
    pa_he_switch(context, a->level, PA_HE_BY_P, out, &x, work->keys[e], scratch);
}

static pyaccel_status rotate_items(void *argument, uint64_t first, uint64_t last)
{
    const job *work = argument;
    pyaccel_he_context *context = work->out->context;
    const size_t rows =
        decomposed_rows(work) + pa_he_switch_scratch(context, work->a->level, PA_HE_BY_P, true);
    pa_he_word *digits = pa_he_take(&context->pool, pa_he_rows_bytes(context, rows));
    if (digits == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    for (uint64_t i = first; i < last; i++) {
        decompose_item(work, i, digits);
        for (uint64_t e = 0; e < work->n; e++) {
            turn_item(work, i, e, digits, digits + decomposed_rows(work) * context->stride);
        }
    }
    pa_he_give(&context->pool, digits);
    return PYACCEL_OK;
}

/* ---- one item on several threads -------------------------------------------------------------- */

static pa_he_word *digits_of(const job *work, uint64_t i)
{
    return work->digits + i * decomposed_rows(work) * work->a->context->stride;
}

static pyaccel_status decompose_items(void *argument, uint64_t first, uint64_t last)
{
    const job *work = argument;
    for (uint64_t i = first; i < last; i++) {
        decompose_item(work, i, digits_of(work, i));
    }
    return PYACCEL_OK;
}

/* Outcomes first .. last - 1, in their order. */
static pyaccel_status turn_items(void *argument, uint64_t first, uint64_t last)
{
    const job *work = argument;
    pyaccel_he_context *context = work->out->context;
    const size_t rows = pa_he_switch_scratch(context, work->a->level, PA_HE_BY_P, true);
    pa_he_word *scratch = pa_he_take(&context->pool, pa_he_rows_bytes(context, rows));
    if (scratch == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    for (uint64_t k = first; k < last; k++) {
        const uint64_t i = k % work->a->count;
        turn_item(work, i, k / work->a->count, digits_of(work, i), scratch);
    }
    pa_he_give(&context->pool, scratch);
    return PYACCEL_OK;
}

static pyaccel_status rotate_batch(job *work, const pyaccel_he_options *options)
{
    const uint64_t count = work->a->count;
    pyaccel_he_context *context = work->out->context;
    if (!work->hoisted || count >= pa_thread_count(options == NULL ? 0 : options->threads)) {
        return pa_he_parallel(options, count, rotate_items, work);
    }
    work->digits = pa_he_take(&context->pool,
                              pa_he_rows_bytes(context, (size_t)count * decomposed_rows(work)));
    if (work->digits == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    pyaccel_status status = pa_he_parallel(options, count, decompose_items, work);
    if (status == PYACCEL_OK) {
        status = pa_he_parallel(options, count * work->n, turn_items, work);
    }
    pa_he_give(&context->pool, work->digits);
    return status;
}

/* work->keys of the elements; false where one is no element, or not held (*missing is it, else 0). */
static bool find_keys(job *work, uint32_t *missing, const uint32_t *elements,
                      const pyaccel_he_evaluation_keys *keys)
{
    uint64_t switched = 0;
    for (uint64_t e = 0; e < work->n; e++) {
        if (elements[e] % 2 == 0 || elements[e] >= 2 * work->a->context->degree) {
            return false;
        }
        if (elements[e] != 1) {
            work->keys[e] = pa_he_find_key(keys, elements[e]);
            if (work->keys[e] == NULL) {
                *missing = elements[e];
                return false;
            }
            switched++;
        }
    }
    work->hoisted = switched > 1;
    return true;
}

pyaccel_status pyaccel_he_rotate(pyaccel_he_ciphertexts **out, uint32_t *missing,
                                 const pyaccel_he_ciphertexts *a, const uint32_t *elements,
                                 uint64_t n, const pyaccel_he_evaluation_keys *keys,
                                 const pyaccel_he_options *options)
{
    if (out == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *out = NULL;
    if (missing != NULL) {
        *missing = 0;
    }
    if (a == NULL || keys == NULL || (elements == NULL && n > 0) || a->size != 2 ||
        !pa_he_options_valid(options) || !pa_he_same_context(a->context, keys->context) ||
        (a->count > 0 && n > UINT64_MAX / a->count)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    job work = {.a = a, .n = n};
    work.keys = calloc(n > 0 ? (size_t)n : 1, sizeof *work.keys);
    if (work.keys == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    uint32_t lacking = 0;
    pyaccel_status status = PYACCEL_OK;
    if (!find_keys(&work, &lacking, elements, keys)) {
        status = lacking == 0 ? PYACCEL_INVALID_ARGUMENT : PYACCEL_UNSUPPORTED;
        if (missing != NULL) {
            *missing = lacking;
        }
    } else {
        work.out = pa_he_ciphertexts_make(a->context, n * a->count, 2, a->level);
        status = PYACCEL_OUT_OF_MEMORY;
        if (work.out != NULL) {
            work.out->scale = a->scale;
            work.out->factor = a->factor;
            work.out->noise =
                pa_he_noise_sum(a->noise, pa_he_noise_switching(a->context, a->level));
            status = rotate_batch(&work, options);
        }
    }
    free(work.keys);
    if (status != PYACCEL_OK) {
        pyaccel_he_ciphertexts_free(work.out);
        return status;
    }
    *out = work.out;
    return PYACCEL_OK;
}

/* *sum = a + a rotated by an element. */
static pyaccel_status add_rotated(pyaccel_he_ciphertexts **sum, uint32_t *missing,
                                  const pyaccel_he_ciphertexts *a, uint32_t element,
                                  const pyaccel_he_evaluation_keys *keys,
                                  const pyaccel_he_options *options)
{
    pyaccel_he_ciphertexts *rotated;
    pyaccel_status status = pyaccel_he_rotate(&rotated, missing, a, &element, 1, keys, options);
    if (status == PYACCEL_OK) {
        status = pyaccel_he_add(sum, a, rotated, options);
        pyaccel_he_ciphertexts_free(rotated);
    }
    return status;
}

pyaccel_status pyaccel_he_sum_slots(pyaccel_he_ciphertexts **out, uint32_t *missing,
                                    const pyaccel_he_ciphertexts *a,
                                    const pyaccel_he_evaluation_keys *keys,
                                    const pyaccel_he_options *options)
{
    if (out == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *out = NULL;
    if (missing != NULL) {
        *missing = 0;
    }
    if (a == NULL || keys == NULL || pa_he_slot_count(a->context) == 0) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    const uint32_t degree = (uint32_t)a->context->degree;
    const bool rows = a->context->scheme != PYACCEL_HE_CKKS; /* two, to be swapped at last */
    pyaccel_he_ciphertexts *sum = NULL;
    for (uint32_t steps = 1; steps < degree / 2 + (rows ? 1 : 0); steps *= 2) {
        const uint32_t element =
            steps < degree / 2 ? pyaccel_he_element(degree, steps) : 2 * degree - 1;
        pyaccel_he_ciphertexts *next = NULL;
        const pyaccel_status status =
            add_rotated(&next, missing, sum == NULL ? a : sum, element, keys, options);
        pyaccel_he_ciphertexts_free(sum);
        if (status != PYACCEL_OK) {
            return status;
        }
        sum = next;
    }
    *out = sum;
    return PYACCEL_OK;
}
