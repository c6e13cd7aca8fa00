/* SPDX-License-Identifier: Apache-2.0 */
/* Saved keys. Of public and switching keys the seed of every `a` is there in its place. */
#include <stdlib.h>
#include <string.h>

#include "../core/bytes.h"
#include "encode.h"
#include "keys.h"
#include "pack.h"
#include "saved.h"

#define SECRET_BITS 2u
#define ELEMENT_BYTES 4u

/* ---- the secret key -------------------------------------------------------------------------- */

/* Coefficients modulo 3 of s, from its residues 0, 1, q - 1 of one prime. */
static void to_ternary(uint64_t *numbers, size_t n, uint64_t q)
{
    for (size_t i = 0; i < n; i++) {
        const uint64_t negative = 0 - ((1 - numbers[i]) >> 63);
        numbers[i] -= (q - 3) & negative;
    }
}

pyaccel_status pyaccel_he_secret_key_save(uint8_t *out, uint64_t *size,
                                          const pyaccel_he_secret_key *key)
{
    pyaccel_status status;
    if (key == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    const pyaccel_he_context *context = key->context;
    const size_t n = context->degree;
    const uint64_t need = PA_HE_SAVED_HEAD + pa_he_packed_bytes(n, SECRET_BITS);
    if (!pa_he_saved_room(&status, out, size, need)) {
        return status;
    }
    pa_he_scratch scratch;
    if (pa_he_scratch_take(&scratch, context, 1, 0)) {
        const pa_he_ntt *ntt = &context->ntt[0];
        memcpy(scratch.rows, key->words, n * sizeof *scratch.rows);
        context->kernels->inverse(&scratch.rows, 1, ntt);
        context->kernels->export(scratch.rows, scratch.rows, n, &ntt->modulus);
        to_ternary(scratch.rows, n, ntt->modulus.q);
        pa_he_pack(out + PA_HE_SAVED_HEAD, scratch.rows, NULL, n, SECRET_BITS);
        pa_he_scratch_return(&scratch, context);
        status = PYACCEL_OK;
    } else {
        status = PYACCEL_OUT_OF_MEMORY;
    }
    return pa_he_saved_finish(out, need, PYACCEL_HE_SAVED_SECRET_KEY, 0, context, status);
}

/* Rows of all primes from coefficients modulo 3; integers: N of them. */
static void set_secret(const pyaccel_he_secret_key *key, const pa_he_word *numbers,
                       int32_t *integers)
{
    const pyaccel_he_context *context = key->context;
    for (size_t i = 0; i < context->degree; i++) {
        integers[i] = (int32_t)numbers[i] - 3 * (int32_t)(numbers[i] >> 1);
    }
    for (uint32_t r = 0; r < pa_he_key_rows(context); r++) {
        pa_he_word *row = pa_he_row(context, key->words, r);
        context->kernels->import_small(row, integers, context->degree, &context->ntt[r].modulus);
        context->kernels->forward(&row, 1, &context->ntt[r]);
    }
}

pyaccel_status pyaccel_he_secret_key_load(pyaccel_he_secret_key **key, pyaccel_he_problem *problem,
                                          pyaccel_he_context *context, const uint8_t *data,
                                          uint64_t size)
{
    pa_he_saved saved;
    if (key == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *key = NULL;
    if (context == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pyaccel_status status =
        pa_he_saved_open(&saved, problem, PYACCEL_HE_SAVED_SECRET_KEY, context, data, size);
    if (status != PYACCEL_OK) {
        return status;
    }
    const size_t n = context->degree;
    if (saved.size != pa_he_packed_bytes(n, SECRET_BITS)) {
        return pa_he_blame(problem, PYACCEL_HE_PROBLEM_FIELD, PA_HE_SAVED_SIZE, size,
                           PA_HE_SAVED_HEAD + pa_he_packed_bytes(n, SECRET_BITS));
    }
    pyaccel_he_secret_key *made = calloc(1, sizeof *made);
    pa_he_scratch scratch = {0};
    if (made != NULL) {
        made->context = pa_he_hold(context);
        made->words = pa_he_key_memory(context, 1);
    }
    if (made == NULL || made->words == NULL || !pa_he_scratch_take(&scratch, context, 1, 1)) {
        pyaccel_he_secret_key_free(made);
        return PYACCEL_OUT_OF_MEMORY;
    }
    const size_t good = pa_he_unpack(scratch.rows, saved.body, NULL, n, SECRET_BITS, 3);
    if (good == n) {
        set_secret(made, scratch.rows, scratch.integers);
    } else {
        status = pa_he_blame(problem, PYACCEL_HE_PROBLEM_RESIDUE,
                             PA_HE_SAVED_HEAD + good * SECRET_BITS / 8, 3, 3);
    }
    pa_he_scratch_return(&scratch, context);
    if (status != PYACCEL_OK) {
        pyaccel_he_secret_key_free(made);
        return status;
    }
    *key = made;
    return PYACCEL_OK;
}

/* ---- public and switching keys ---------------------------------------------------------------- */

/* Pairs (b, a) of all rows: what is saved of each is b. */
typedef struct {
    const pyaccel_he_context *context;
    const uint32_t *order;
    pa_he_word *const *pairs; /* words of each: b, behind it a */
    uint8_t *out;             /* b of pair i is at out or in + i * bytes + (i / group + 1) * gap */
    const uint8_t *in;
    uint64_t at; /* offset of in in the whole */
    uint64_t bytes, group, gap;
    const pa_he_stream *streams; /* of a; row is set by whoever uses it */
    const pa_he_source *source;
    pyaccel_he_problem *problem;
} pairs;

static uint64_t place_of(const pairs *work, uint64_t i)
{
    return i * work->bytes + (i / work->group + 1) * work->gap;
}

static pyaccel_status put_pairs(void *argument, uint64_t first, uint64_t last)
{
    const pairs *work = argument;
    pa_he_scratch scratch;
    if (!pa_he_scratch_take(&scratch, work->context, 1, 0)) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    for (uint64_t i = first; i < last; i++) {
        pa_he_saved_rows_put(work->out + place_of(work, i), work->pairs[i],
                             pa_he_key_rows(work->context), work->context, work->order,
                             scratch.rows);
    }
    pa_he_scratch_return(&scratch, work->context);
    return PYACCEL_OK;
}

static pyaccel_status get_pairs(void *argument, uint64_t first, uint64_t last)
{
    const pairs *work = argument;
    const pyaccel_he_context *context = work->context;
    const uint32_t rows = pa_he_key_rows(context);
    pyaccel_status status = PYACCEL_OK;
    pa_he_scratch scratch;
    if (!pa_he_scratch_take(&scratch, context, 1, 0)) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    for (uint64_t i = first; i < last && status == PYACCEL_OK; i++) {
        const uint64_t place = place_of(work, i);
        status = pa_he_saved_rows_get(work->pairs[i], work->in + place, rows, context, work->order,
                                      scratch.rows, work->at + place, work->problem);
        for (uint32_t r = 0; r < rows && status == PYACCEL_OK; r++) {
            pa_he_uniform_row(pa_he_row(context, work->pairs[i], rows + r), scratch.rows, context,
                              r, work->streams[i], work->source);
        }
    }
    pa_he_scratch_return(&scratch, context);
    return status;
}

/* All pairs; of several problems that of the first one, however many threads. */
static pyaccel_status get_all(pairs *work, uint64_t count, pyaccel_he_problem *problem,
                              const pyaccel_he_options *options)
{
    const pyaccel_status status = pa_he_parallel(options, count, get_pairs, work);
    if (status == PYACCEL_INVALID_ARGUMENT) {
        work->problem = problem;
        return get_pairs(work, 0, count);
    }
    return status;
}

pyaccel_status pyaccel_he_public_key_save(uint8_t *out, uint64_t *size,
                                          const pyaccel_he_public_key *key)
{
    pyaccel_status status;
    if (key == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    const pyaccel_he_context *context = key->context;
    pairs work = {.context = context,
                  .order = pa_he_saved_order(context),
                  .pairs = &key->words,
                  .group = 1,
                  .bytes = pa_he_saved_rows_bytes(context, pa_he_key_rows(context))};
    const uint64_t need = PA_HE_SAVED_HEAD + PA_HE_SAVED_SEED + work.bytes;
    if (!pa_he_saved_room(&status, out, size, need)) {
        return status;
    }
    memcpy(out + PA_HE_SAVED_HEAD, key->seed, PA_HE_SAVED_SEED);
    work.out = out + PA_HE_SAVED_HEAD + PA_HE_SAVED_SEED;
    status = put_pairs(&work, 0, 1);
    return pa_he_saved_finish(out, need, PYACCEL_HE_SAVED_PUBLIC_KEY, PA_HE_SAVED_SEEDED, context,
                              status);
}

pyaccel_status pyaccel_he_public_key_load(pyaccel_he_public_key **key, pyaccel_he_problem *problem,
                                          pyaccel_he_context *context, const uint8_t *data,
                                          uint64_t size)
{
    pa_he_saved saved;
    if (key == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *key = NULL;
    if (context == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pyaccel_status status =
        pa_he_saved_open(&saved, problem, PYACCEL_HE_SAVED_PUBLIC_KEY, context, data, size);
    if (status != PYACCEL_OK) {
        return status;
    }
    const uint64_t bytes = pa_he_saved_rows_bytes(context, pa_he_key_rows(context));
    if (saved.size != PA_HE_SAVED_SEED + bytes) {
        return pa_he_blame(problem, PYACCEL_HE_PROBLEM_FIELD, PA_HE_SAVED_SIZE, size,
                           PA_HE_SAVED_HEAD + PA_HE_SAVED_SEED + bytes);
    }
    pyaccel_he_public_key *made = calloc(1, sizeof *made);
    if (made != NULL) {
        made->context = pa_he_hold(context);
        made->words = pa_he_key_memory(context, 2);
    }
    if (made == NULL || made->words == NULL) {
        pyaccel_he_public_key_free(made);
        return PYACCEL_OUT_OF_MEMORY;
    }
    memcpy(made->seed, saved.body, PA_HE_SAVED_SEED);
    const pa_he_stream stream = {.seed = made->seed, .purpose = PA_HE_PUBLIC_UNIFORM};
    const pa_he_source source = pa_he_source_bound();
    pairs work = {.context = context,
                  .order = pa_he_saved_order(context),
                  .pairs = &made->words,
                  .in = saved.body + PA_HE_SAVED_SEED,
                  .at = PA_HE_SAVED_HEAD + PA_HE_SAVED_SEED,
                  .group = 1,
                  .bytes = bytes,
                  .streams = &stream,
                  .source = &source,
                  .problem = problem};
    status = get_pairs(&work, 0, 1);
    if (status != PYACCEL_OK) {
        pyaccel_he_public_key_free(made);
        return status;
    }
    *key = made;
    return PYACCEL_OK;
}

/* ---- evaluation keys -------------------------------------------------------------------------- */

#define KEYS_FIELDS (PA_HE_SAVED_SEED + 4u) /* seed, number of keys */

/* Pairs of all keys, digit by digit, and the streams of their a's; streams NULL: none. False: out of memory. */
static bool list_pairs(pa_he_word ***list, pa_he_stream **streams,
                       const pyaccel_he_evaluation_keys *keys)
{
    const pyaccel_he_context *context = keys->context;
    const size_t digits = context->digit_count, count = keys->count * digits,
                 pair = (size_t)2 * pa_he_key_rows(context);
    *list = malloc((count + 1) * sizeof **list);
    if (streams != NULL) {
        *streams = malloc((count + 1) * sizeof **streams);
    }
    if (*list == NULL || (streams != NULL && *streams == NULL)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const pa_he_switching_key *key = &keys->keys[i / digits];
        (*list)[i] = pa_he_row(context, key->words, i % digits * pair);
        if (streams != NULL) {
            (*streams)[i] = (pa_he_stream){.seed = keys->seed,
                                           .purpose = PA_HE_SWITCH_UNIFORM,
                                           .item = key->element,
                                           .digit = (uint16_t)(i % digits)};
        }
    }
    return true;
}

static uint64_t key_bytes(const pyaccel_he_context *context)
{
    return ELEMENT_BYTES +
           context->digit_count * pa_he_saved_rows_bytes(context, pa_he_key_rows(context));
}

pyaccel_status pyaccel_he_evaluation_keys_save(uint8_t *out, uint64_t *size,
                                               const pyaccel_he_evaluation_keys *keys,
                                               const pyaccel_he_options *options)
{
    pyaccel_status status;
    if (keys == NULL || !pa_he_options_valid(options)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    const pyaccel_he_context *context = keys->context;
    const uint64_t each = key_bytes(context),
                   need = PA_HE_SAVED_HEAD + KEYS_FIELDS + keys->count * each;
    if (!pa_he_saved_room(&status, out, size, need)) {
        return status;
    }
    uint8_t *body = out + PA_HE_SAVED_HEAD;
    memcpy(body, keys->seed, PA_HE_SAVED_SEED);
    pa_store_le32(body + PA_HE_SAVED_SEED, keys->count);
    for (uint32_t i = 0; i < keys->count; i++) {
        pa_store_le32(body + KEYS_FIELDS + i * each, keys->keys[i].element);
    }
    pa_he_word **list = NULL;
    if (list_pairs(&list, NULL, keys)) {
        pairs work = {.context = context,
                      .order = pa_he_saved_order(context),
                      .pairs = list,
                      .out = body + KEYS_FIELDS,
                      .group = context->digit_count,
                      .gap = ELEMENT_BYTES,
                      .bytes = (each - ELEMENT_BYTES) / context->digit_count};
        status = pa_he_parallel(options, keys->count * work.group, put_pairs, &work);
    } else {
        status = PYACCEL_OUT_OF_MEMORY;
    }
    free(list);
    return pa_he_saved_finish(out, need, PYACCEL_HE_SAVED_EVALUATION_KEYS, PA_HE_SAVED_SEEDED,
                              context, status);
}

/* Elements of all keys, and memory for these; before: the body is as long as `count` keys. */
static pyaccel_status prepare_keys(pyaccel_he_evaluation_keys *keys, const uint8_t *body,
                                   uint32_t count, pyaccel_he_problem *problem)
{
    const pyaccel_he_context *context = keys->context;
    const uint64_t each = key_bytes(context);
    uint32_t *source = malloc(context->degree * sizeof *source);
    keys->keys = calloc((size_t)count + 1, sizeof *keys->keys);
    pyaccel_status status =
        source == NULL || keys->keys == NULL ? PYACCEL_OUT_OF_MEMORY : PYACCEL_OK;
    for (uint32_t i = 0; i < count && status == PYACCEL_OK; i++) {
        pa_he_switching_key *key = &keys->keys[i];
        key->element = pa_load_le32(body + KEYS_FIELDS + i * each);
        const bool sound = key->element == 0
                               ? i == 0
                               : key->element % 2 == 1 && key->element < 2 * context->degree &&
                                     (i == 0 || key[-1].element < key->element);
        if (!sound) {
            status = pa_he_blame(problem, PYACCEL_HE_PROBLEM_FIELD,
                                 PA_HE_SAVED_HEAD + KEYS_FIELDS + i * each, key->element,
                                 2 * context->degree);
        } else if (!pa_he_switching_key_prepare(key, source, context)) {
            status = PYACCEL_OUT_OF_MEMORY;
        }
        keys->count = i + 1;
    }
    free(source);
    return status;
}

pyaccel_status pyaccel_he_evaluation_keys_load(pyaccel_he_evaluation_keys **keys,
                                               pyaccel_he_problem *problem,
                                               pyaccel_he_context *context, const uint8_t *data,
                                               uint64_t size, const pyaccel_he_options *options)
{
    pa_he_saved saved;
    if (keys == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *keys = NULL;
    if (context == NULL || !pa_he_options_valid(options)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pyaccel_status status =
        pa_he_saved_open(&saved, problem, PYACCEL_HE_SAVED_EVALUATION_KEYS, context, data, size);
    if (status != PYACCEL_OK) {
        return status;
    }
    if (saved.size < KEYS_FIELDS) {
        return pa_he_blame(problem, PYACCEL_HE_PROBLEM_CUT, size, saved.size, KEYS_FIELDS);
    }
    const uint32_t count = pa_load_le32(saved.body + PA_HE_SAVED_SEED);
    const uint64_t each = key_bytes(context), rest = saved.size - KEYS_FIELDS;
    if (rest % each != 0 || rest / each != count) {
        return pa_he_blame(problem, PYACCEL_HE_PROBLEM_FIELD, PA_HE_SAVED_HEAD + PA_HE_SAVED_SEED,
                           count, rest / each);
    }
    pyaccel_he_evaluation_keys *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    made->context = pa_he_hold(context);
    memcpy(made->seed, saved.body, PA_HE_SAVED_SEED);
    pa_he_word **list = NULL;
    pa_he_stream *streams = NULL;
    status = prepare_keys(made, saved.body, count, problem);
    if (status == PYACCEL_OK && !list_pairs(&list, &streams, made)) {
        status = PYACCEL_OUT_OF_MEMORY;
    }
    if (status == PYACCEL_OK) {
        const pa_he_source source = pa_he_source_bound();
        pairs work = {.context = context,
                      .order = pa_he_saved_order(context),
                      .pairs = list,
                      .in = saved.body + KEYS_FIELDS,
                      .at = PA_HE_SAVED_HEAD + KEYS_FIELDS,
                      .group = context->digit_count,
                      .gap = ELEMENT_BYTES,
                      .bytes = (each - ELEMENT_BYTES) / context->digit_count,
                      .streams = streams,
                      .source = &source};
        status = get_all(&work, count * work.group, problem, options);
    }
    free(list);
    free(streams);
    if (status != PYACCEL_OK) {
        pyaccel_he_evaluation_keys_free(made);
        return status;
    }
    *keys = made;
    return PYACCEL_OK;
}
