/* SPDX-License-Identifier: Apache-2.0 */
/* Switching keys: relinearization and Galois automorphisms. */
#include <stdlib.h>
#include <string.h>

#include "encode.h"
#include "keys.h"
#include "rns.h"

typedef struct {
    pyaccel_he_evaluation_keys *keys;
    const pyaccel_he_secret_key *secret;
    const pa_he_seeds *seeds;
    const pa_he_source *source;
    pa_he_word *turns; /* per key the kernels' table of X -> X^(1 / element) */
    size_t turn_words;
} keys_job;

/* One digit of one key; e: N integers, scratch: two rows. */
static void make_digit(const keys_job *job, uint32_t number, uint32_t digit, int32_t *e,
                       pa_he_word *scratch)
{
    const pyaccel_he_context *context = job->keys->context;
    const pa_he_kernels *kernels = context->kernels;
    const pa_he_switching_key *key = &job->keys->keys[number];
    const uint32_t rows = pa_he_key_rows(context), end = context->digit_end[digit],
                   begin = digit == 0 ? 0 : context->digit_end[digit - 1];
    const size_t n = context->degree;
    const pa_he_stream uniform = {.seed = job->keys->seed,
                                  .purpose = PA_HE_SWITCH_UNIFORM,
                                  .item = key->element,
                                  .digit = (uint16_t)digit};
    const pa_he_stream errors = {.seed = job->seeds->secret,
                                 .purpose = PA_HE_SWITCH_ERROR,
                                 .item = key->element,
                                 .digit = (uint16_t)digit};
    pa_he_word *error = scratch, *other = pa_he_row(context, scratch, 1);
    pa_he_error(e, n, &errors, job->source);
    for (uint32_t i = 0; i < rows; i++) {
        const pa_he_modulus *modulus = &context->ntt[i].modulus;
        const pa_he_word *s = pa_he_row(context, job->secret->words, i), *to = s;
        pa_he_word *b = pa_he_row(context, key->words, (size_t)2 * digit * rows + i),
                   *a = pa_he_row(context, b, rows);
        pa_he_uniform_row(a, error, context, i, uniform, job->source);
        pa_he_error_row(error, context, i, e, n);
        kernels->forward(&error, 1, &context->ntt[i]);
        if (key->element != 0) {
            kernels->permute(other, s, job->turns + number * job->turn_words, n);
            to = other;
        }
        pa_he_mask_row(b, context, i, error, a, to);
        if (i >= begin && i < end) {
            const pa_he_word *from = s;
            if (key->element == 0) {
                kernels->mul(other, s, s, n, modulus);
                from = other;
            }
            kernels->mul_constant(other, from, &context->constants->special[i], n, modulus);
            kernels->add(b, b, other, n, modulus);
        }
    }
}

static pyaccel_status make_digits(void *argument, uint64_t first, uint64_t last)
{
    const keys_job *job = argument;
    const pyaccel_he_context *context = job->keys->context;
    pa_he_scratch scratch;
    if (!pa_he_scratch_take(&scratch, context, 2, 1)) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    for (uint64_t i = first; i < last; i++) {
        make_digit(job, (uint32_t)(i / context->digit_count), (uint32_t)(i % context->digit_count),
                   scratch.integers, scratch.rows);
    }
    pa_he_scratch_return(&scratch, context);
    return PYACCEL_OK;
}

bool pa_he_switching_key_prepare(pa_he_switching_key *key, uint32_t *source,
                                 const pyaccel_he_context *context)
{
    const size_t words = (context->kernels->permute_words(context->log_degree) + 7) / 8 * 8;
    key->words = pa_he_key_memory(context, (size_t)2 * context->digit_count);
    if (key->words != NULL && key->element != 0) {
        key->permute = pa_he_take((pa_he_pool *)&context->pool, words * sizeof *key->permute);
        if (key->permute != NULL) {
            pa_he_permutation(key->permute, source, context, key->element);
        }
    }
    return key->words != NULL && (key->element == 0 || key->permute != NULL);
}

/* Memory of every key and both tables of its automorphism; false: out of memory. */
static bool prepare(keys_job *job)
{
    const pyaccel_he_context *context = job->keys->context;
    const size_t words = (context->kernels->permute_words(context->log_degree) + 7) / 8 * 8;
    uint32_t *source = malloc(context->degree * sizeof *source);
    bool made = source != NULL;
    job->turn_words = words;
    job->turns = aligned_alloc(64, (job->keys->count + 1) * words * sizeof *job->turns);
    made = made && job->turns != NULL;
    for (uint32_t i = 0; made && i < job->keys->count; i++) {
        pa_he_switching_key *key = &job->keys->keys[i];
        made = pa_he_switching_key_prepare(key, source, context);
        if (made && key->element != 0) {
            pa_he_permutation(job->turns + i * words, source, context,
                              pa_he_element_inverse(key->element, context->log_degree));
        }
    }
    free(source);
    return made;
}

static int ascending(const void *a, const void *b)
{
    const uint32_t x = ((const pa_he_switching_key *)a)->element,
                   y = ((const pa_he_switching_key *)b)->element;
    return (x > y) - (x < y);
}

/* A list of the elements, each once and ascending, keys without memory yet; INVALID_ARGUMENT: one is none. */
static pyaccel_status list_elements(pyaccel_he_evaluation_keys *keys, bool relinearize,
                                    const uint32_t *elements, uint64_t count)
{
    const uint64_t degree = keys->context->degree;
    if (count > UINT32_MAX - 1) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pa_he_switching_key *list = calloc((size_t)count + 1, sizeof *list);
    if (list == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    keys->keys = list;
    size_t used = relinearize; /* whose element is 0 */
    for (uint64_t i = 0; i < count; i++) {
        const uint32_t element = elements[i]; /* read once: callers may write meanwhile */
        if (element % 2 == 0 || element >= 2 * degree) {
            return PYACCEL_INVALID_ARGUMENT;
        }
        list[used++].element = element;
    }
    qsort(list, used, sizeof *list, ascending);
    for (size_t i = 0; i < used; i++) {
        if (keys->count == 0 || list[keys->count - 1].element != list[i].element) {
            list[keys->count++] = list[i];
        }
    }
    return PYACCEL_OK;
}

pyaccel_status pyaccel_he_evaluation_keys_new(pyaccel_he_evaluation_keys **keys,
                                              const pyaccel_he_secret_key *secret,
                                              uint32_t relinearize, const uint32_t *elements,
                                              uint64_t element_count,
                                              const pyaccel_he_options *options)
{
    if (keys == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *keys = NULL;
    if (secret == NULL || relinearize > 1 || (elements == NULL && element_count > 0)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pa_he_seeds seeds;
    pyaccel_status status = pa_he_begin(&seeds, options);
    if (status != PYACCEL_OK) {
        return status;
    }
    const pa_he_source source = pa_he_source_bound();
    pyaccel_he_evaluation_keys *made = calloc(1, sizeof *made);
    keys_job job = {.keys = made, .secret = secret, .seeds = &seeds, .source = &source};
    if (made == NULL) {
        status = PYACCEL_OUT_OF_MEMORY;
    } else {
        made->context = pa_he_hold(secret->context);
        memcpy(made->seed, seeds.published, sizeof made->seed);
        status = list_elements(made, relinearize == 1, elements, element_count);
    }
    if (status == PYACCEL_OK) {
        status = !prepare(&job)
                     ? PYACCEL_OUT_OF_MEMORY
                     : pa_he_parallel(options, (uint64_t)made->count * made->context->digit_count,
                                      make_digits, &job);
    }
    free(job.turns);
    pa_wipe(&seeds, sizeof seeds);
    if (status != PYACCEL_OK) {
        pyaccel_he_evaluation_keys_free(made);
        return status;
    }
    *keys = made;
    return PYACCEL_OK;
}

void pyaccel_he_evaluation_keys_free(pyaccel_he_evaluation_keys *keys)
{
    if (keys == NULL) {
        return;
    }
    for (uint32_t i = 0; i < keys->count; i++) {
        pa_he_give(&keys->context->pool, keys->keys[i].words);
        pa_he_give(&keys->context->pool, keys->keys[i].permute);
    }
    free(keys->keys);
    pyaccel_he_context_free(keys->context);
    free(keys);
}

pyaccel_status pyaccel_he_evaluation_keys_elements(uint32_t *elements, uint64_t *count,
                                                   const pyaccel_he_evaluation_keys *keys)
{
    if (count == NULL || keys == NULL || (elements != NULL && *count < keys->count)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *count = keys->count;
    for (uint32_t i = 0; elements != NULL && i < keys->count; i++) {
        elements[i] = keys->keys[i].element;
    }
    return PYACCEL_OK;
}
