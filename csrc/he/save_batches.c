/* SPDX-License-Identifier: Apache-2.0 */
/* Saved plaintexts and ciphertexts: fields that a batch has once, then its items, each as long as any other. */
#include <math.h>
#include <string.h>

#include "../core/bytes.h"
#include "evaluate.h"
#include "keys.h"
#include "noise.h"
#include "pack.h"
#include "saved.h"

/* Fields of a batch before its items: count (8), then of plaintexts level (4), form (4), scale (8); of ciphertexts size (4), level (4),
 * scale (8), factor (8), noise (8), and the seed where there is one (32). */
#define PLAINTEXTS_FIELDS 24u
#define CIPHERTEXTS_FIELDS 40u

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static double double_of(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Bytes of the whole; UINT64_MAX: more than fit. */
static uint64_t whole_bytes(uint64_t fields, uint64_t count, uint64_t item)
{
    const uint64_t fixed = PA_HE_SAVED_HEAD + fields;
    return count > (UINT64_MAX - 1 - fixed) / item ? UINT64_MAX : fixed + count * item;
}

static unsigned plain_bits(const pyaccel_he_context *context)
{
    unsigned bits = 0;
    while ((context->plain_modulus - 1) >> bits != 0) {
        bits++;
    }
    return bits;
}

/* What works on items [first, last) of a batch, for reading and writing. */
typedef struct {
    pyaccel_he_context *context;
    const uint32_t *order;
    pa_he_word *words;
    uint8_t *out;
    const uint8_t *in;
    uint64_t at;         /* offset of the first item in the whole */
    uint64_t item_bytes; /* of an item's rows in out or in */
    uint64_t item_words;
    uint32_t parts,
        rows; /* polynomials of an item that are saved, and their rows; rows 0: coefficients modulo t */
    const uint8_t *seed; /* NULL: every part is saved */
    const pa_he_source *source;
    pyaccel_he_problem *problem;
} items;

/* ---- writing -------------------------------------------------------------------------------- */

static pyaccel_status put_items(void *argument, uint64_t first, uint64_t last)
{
    const items *work = argument;
    const pyaccel_he_context *context = work->context;
    uint64_t *scratch = pa_he_take(&work->context->pool, context->degree * sizeof *scratch);
    if (scratch == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    for (uint64_t i = first; i < last; i++) {
        uint8_t *out = work->out + i * work->item_bytes;
        const pa_he_word *words = work->words + i * work->item_words;
        if (work->rows == 0) {
            pa_he_pack(out, (const uint64_t *)words, NULL, context->degree, plain_bits(context));
        }
        for (uint32_t part = 0; part < work->parts && work->rows != 0; part++) {
            pa_he_saved_rows_put(out, words, work->rows, context, work->order, scratch);
            out += work->item_bytes / work->parts;
            words += work->rows * context->stride;
        }
    }
    pa_he_give(&work->context->pool, scratch);
    return PYACCEL_OK;
}

static pyaccel_status save(uint8_t *out, uint64_t *size, uint32_t kind, uint32_t flags,
                           const uint8_t *fields, uint64_t fields_bytes, uint64_t count,
                           items *work, const pyaccel_he_options *options)
{
    pyaccel_status status;
    const uint64_t need = whole_bytes(fields_bytes, count, work->item_bytes);
    if (!pa_he_saved_room(&status, out, size, need)) {
        return status;
    }
    memcpy(out + PA_HE_SAVED_HEAD, fields, fields_bytes);
    work->out = out + PA_HE_SAVED_HEAD + fields_bytes;
    work->order = pa_he_saved_order(work->context);
    status = pa_he_parallel(options, count, put_items, work);
    return pa_he_saved_finish(out, need, kind, flags, work->context, status);
}

pyaccel_status pyaccel_he_plaintexts_save(uint8_t *out, uint64_t *size,
                                          const pyaccel_he_plaintexts *plaintexts,
                                          const pyaccel_he_options *options)
{
    if (plaintexts == NULL || !pa_he_options_valid(options)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pyaccel_he_context *context = plaintexts->context;
    const bool numbers = plaintexts->form == PA_HE_PLAIN_NTT;
    items work = {.context = context,
                  .words = plaintexts->words,
                  .parts = 1,
                  .rows = numbers ? plaintexts->rows : 0,
                  .item_words = (numbers ? plaintexts->rows : 1) * context->stride,
                  .item_bytes = numbers ? pa_he_saved_rows_bytes(context, plaintexts->rows)
                                        : pa_he_packed_bytes(context->degree, plain_bits(context))};
    uint8_t fields[PLAINTEXTS_FIELDS];
    pa_store_le64(fields, plaintexts->count);
    pa_store_le32(fields + 8, plaintexts->level);
    pa_store_le32(fields + 12, plaintexts->form);
    pa_store_le64(fields + 16, bits_of(plaintexts->scale));
    return save(out, size, PYACCEL_HE_SAVED_PLAINTEXTS, 0, fields, sizeof fields, plaintexts->count,
                &work, options);
}

pyaccel_status pyaccel_he_ciphertexts_save(uint8_t *out, uint64_t *size,
                                           const pyaccel_he_ciphertexts *ciphertexts,
                                           const pyaccel_he_options *options)
{
    if (ciphertexts == NULL || !pa_he_options_valid(options)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pyaccel_he_context *context = ciphertexts->context;
    const uint32_t parts = ciphertexts->seeded ? 1 : ciphertexts->size;
    items work = {.context = context,
                  .words = ciphertexts->words,
                  .parts = parts,
                  .rows = ciphertexts->rows,
                  .item_words = ciphertexts->size * ciphertexts->rows * context->stride,
                  .item_bytes = parts * pa_he_saved_rows_bytes(context, ciphertexts->rows)};
    uint8_t fields[CIPHERTEXTS_FIELDS + PA_HE_SAVED_SEED];
    pa_store_le64(fields, ciphertexts->count);
    pa_store_le32(fields + 8, ciphertexts->size);
    pa_store_le32(fields + 12, ciphertexts->level);
    pa_store_le64(fields + 16, bits_of(ciphertexts->scale));
    pa_store_le64(fields + 24, ciphertexts->factor);
    pa_store_le64(fields + 32, bits_of(ciphertexts->noise));
    memcpy(fields + CIPHERTEXTS_FIELDS, ciphertexts->seed, PA_HE_SAVED_SEED);
    return save(out, size, PYACCEL_HE_SAVED_CIPHERTEXTS,
                ciphertexts->seeded ? PA_HE_SAVED_SEEDED : 0, fields,
                CIPHERTEXTS_FIELDS + (ciphertexts->seeded ? PA_HE_SAVED_SEED : 0),
                ciphertexts->count, &work, options);
}

/* ---- reading -------------------------------------------------------------------------------- */

static pyaccel_status get_item(const items *work, uint64_t i, uint64_t *scratch,
                               pyaccel_he_problem *problem)
{
    const pyaccel_he_context *context = work->context;
    pa_he_word *words = work->words + i * work->item_words;
    uint64_t from = i * work->item_bytes;
    if (work->rows == 0) {
        const unsigned bits = plain_bits(context);
        const size_t good = pa_he_unpack((uint64_t *)words, work->in + from, NULL, context->degree,
                                         bits, context->plain_modulus);
        return good == context->degree ? PYACCEL_OK
                                       : pa_he_blame(problem, PYACCEL_HE_PROBLEM_RESIDUE,
                                                     work->at + from + good * bits / 8, words[good],
                                                     context->plain_modulus);
    }
    pyaccel_status status = PYACCEL_OK;
    for (uint32_t part = 0; part < work->parts && status == PYACCEL_OK; part++) {
        status = pa_he_saved_rows_get(words, work->in + from, work->rows, context, work->order,
                                      scratch, work->at + from, problem);
        from += work->item_bytes / work->parts;
        words += work->rows * context->stride;
    }
    if (work->seed != NULL && status == PYACCEL_OK) {
        const pa_he_stream stream = {
            .seed = work->seed, .purpose = PA_HE_SEEDED_UNIFORM, .item = (uint32_t)i};
        for (uint32_t row = 0; row < work->rows; row++) {
            pa_he_uniform_row(words + row * context->stride, scratch, context, row, stream,
                              work->source);
        }
    }
    return status;
}

static pyaccel_status get_items(void *argument, uint64_t first, uint64_t last)
{
    const items *work = argument;
    uint64_t *scratch = pa_he_take(&work->context->pool, work->context->degree * sizeof *scratch);
    pyaccel_status status = scratch == NULL ? PYACCEL_OUT_OF_MEMORY : PYACCEL_OK;
    for (uint64_t i = first; i < last && status == PYACCEL_OK; i++) {
        status = get_item(work, i, scratch, work->problem);
    }
    pa_he_give(&work->context->pool, scratch);
    return status;
}

/* All items; of several problems that of the first item, however many threads. */
static pyaccel_status get_all(items *work, uint64_t count, pyaccel_he_problem *problem,
                              const pyaccel_he_options *options)
{
    const pyaccel_status status = pa_he_parallel(options, count, get_items, work);
    if (status == PYACCEL_INVALID_ARGUMENT) {
        work->problem = problem;
        return get_items(work, 0, count);
    }
    return status;
}

#define AT_COUNT PA_HE_SAVED_HEAD
static pyaccel_status bad_field(pyaccel_he_problem *problem, uint64_t at_field, uint64_t found,
                                uint64_t wanted)
{
    return pa_he_blame(problem, PYACCEL_HE_PROBLEM_FIELD, AT_COUNT + at_field, found, wanted);
}

/* Whether `count` items are what the body has behind its fields. */
static pyaccel_status check_count(const pa_he_saved *saved, uint64_t fields, uint64_t count,
                                  uint64_t item, pyaccel_he_problem *problem)
{
    const uint64_t rest = saved->size - fields;
    return rest % item == 0 && rest / item == count ? PYACCEL_OK
                                                    : bad_field(problem, 0, count, rest / item);
}

static bool sound_scale(const pyaccel_he_context *context, double scale)
{
    return context->scheme == PYACCEL_HE_CKKS ? isfinite(scale) && scale > 0 : scale == 1;
}

pyaccel_status pyaccel_he_plaintexts_load(pyaccel_he_plaintexts **plaintexts,
                                          pyaccel_he_problem *problem, pyaccel_he_context *context,
                                          const uint8_t *data, uint64_t size,
                                          const pyaccel_he_options *options)
{
    pa_he_saved saved;
    if (plaintexts == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *plaintexts = NULL;
    if (context == NULL || !pa_he_options_valid(options)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pyaccel_status status =
        pa_he_saved_open(&saved, problem, PYACCEL_HE_SAVED_PLAINTEXTS, context, data, size);
    if (status != PYACCEL_OK) {
        return status;
    }
    if (saved.size < PLAINTEXTS_FIELDS) {
        return pa_he_blame(problem, PYACCEL_HE_PROBLEM_CUT, size, saved.size, PLAINTEXTS_FIELDS);
    }
    const uint64_t count = pa_load_le64(saved.body);
    const uint32_t level = pa_load_le32(saved.body + 8), form = pa_load_le32(saved.body + 12);
    const double scale = double_of(pa_load_le64(saved.body + 16));
    const bool numbers = context->scheme == PYACCEL_HE_CKKS;
    if (level >= context->level_count || (!numbers && level != context->level_count - 1)) {
        return bad_field(problem, 8, level, context->level_count - 1);
    }
    if (form != (numbers ? PA_HE_PLAIN_NTT : PA_HE_PLAIN_MOD_T)) {
        return bad_field(problem, 12, form, numbers ? PA_HE_PLAIN_NTT : PA_HE_PLAIN_MOD_T);
    }
    if (!sound_scale(context, scale)) {
        return bad_field(problem, 16, bits_of(scale), 0);
    }
    const uint32_t rows = numbers ? context->level_end[level] : 0;
    items work = {.context = context,
                  .order = pa_he_saved_order(context),
                  .in = saved.body + PLAINTEXTS_FIELDS,
                  .at = PA_HE_SAVED_HEAD + PLAINTEXTS_FIELDS,
                  .parts = 1,
                  .rows = rows,
                  .item_words = (numbers ? rows : 1) * context->stride,
                  .item_bytes = numbers ? pa_he_saved_rows_bytes(context, rows)
                                        : pa_he_packed_bytes(context->degree, plain_bits(context))};
    status = check_count(&saved, PLAINTEXTS_FIELDS, count, work.item_bytes, problem);
    if (status != PYACCEL_OK) {
        return status;
    }
    pyaccel_he_plaintexts *made = pa_he_plaintexts_make(context, count, form, level);
    if (made == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    made->scale = scale;
    work.words = made->words;
    status = get_all(&work, count, problem, options);
    if (status != PYACCEL_OK) {
        pyaccel_he_plaintexts_free(made);
        return status;
    }
    *plaintexts = made;
    return PYACCEL_OK;
}

/* Fields of ciphertexts behind the count. */
static pyaccel_status check_ciphertexts(const pyaccel_he_context *context, const uint8_t *body,
                                        bool seeded, pyaccel_he_problem *problem)
{
    const uint32_t parts = pa_load_le32(body + 8), level = pa_load_le32(body + 12);
    const double scale = double_of(pa_load_le64(body + 16)),
                 noise = double_of(pa_load_le64(body + 32));
    const uint64_t factor = pa_load_le64(body + 24), t = context->plain_modulus;
    if (parts < 2 || parts > (seeded ? 2 : 3)) {
        return bad_field(problem, 8, parts, seeded ? 2 : 3);
    }
    if (level >= context->level_count) {
        return bad_field(problem, 12, level, context->level_count - 1);
    }
    if (!sound_scale(context, scale)) {
        return bad_field(problem, 16, bits_of(scale), 0);
    }
    if (context->scheme == PYACCEL_HE_BGV ? factor >= t || pa_he_inverse_any(factor, t) == 0
                                          : factor != 1) {
        return bad_field(problem, 24, factor, t);
    }
    return noise >= -PA_HE_NOISE_MOST && noise <= PA_HE_NOISE_MOST
               ? PYACCEL_OK
               : bad_field(problem, 32, bits_of(noise), 0);
}

pyaccel_status pyaccel_he_ciphertexts_load(pyaccel_he_ciphertexts **ciphertexts,
                                           pyaccel_he_problem *problem, pyaccel_he_context *context,
                                           const uint8_t *data, uint64_t size,
                                           const pyaccel_he_options *options)
{
    pa_he_saved saved;
    if (ciphertexts == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *ciphertexts = NULL;
    if (context == NULL || !pa_he_options_valid(options)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pyaccel_status status =
        pa_he_saved_open(&saved, problem, PYACCEL_HE_SAVED_CIPHERTEXTS, context, data, size);
    if (status != PYACCEL_OK) {
        return status;
    }
    const bool seeded = saved.flags != 0;
    const uint64_t fields = CIPHERTEXTS_FIELDS + (seeded ? PA_HE_SAVED_SEED : 0);
    if (saved.size < fields) {
        return pa_he_blame(problem, PYACCEL_HE_PROBLEM_CUT, size, saved.size, fields);
    }
    uint8_t body[CIPHERTEXTS_FIELDS + PA_HE_SAVED_SEED]; /* read once */
    memcpy(body, saved.body, fields);
    status = check_ciphertexts(context, body, seeded, problem);
    if (status != PYACCEL_OK) {
        return status;
    }
    const uint64_t count = pa_load_le64(body);
    const uint32_t parts = pa_load_le32(body + 8), level = pa_load_le32(body + 12),
                   rows = context->level_end[level], there = seeded ? 1 : parts;
    const pa_he_source source = pa_he_source_bound();
    items work = {.context = context,
                  .order = pa_he_saved_order(context),
                  .in = saved.body + fields,
                  .at = PA_HE_SAVED_HEAD + fields,
                  .parts = there,
                  .rows = rows,
                  .seed = seeded ? body + CIPHERTEXTS_FIELDS : NULL,
                  .source = &source,
                  .item_words = parts * rows * context->stride,
                  .item_bytes = there * pa_he_saved_rows_bytes(context, rows)};
    status = check_count(&saved, fields, count, work.item_bytes, problem);
    if (status != PYACCEL_OK) {
        return status;
    }
    if (seeded && count > UINT32_MAX) {
        return bad_field(problem, 0, count, UINT32_MAX);
    }
    pyaccel_he_ciphertexts *made = pa_he_ciphertexts_make(context, count, parts, level);
    if (made == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    made->scale = double_of(pa_load_le64(body + 16));
    made->factor = pa_load_le64(body + 24);
    made->noise = double_of(pa_load_le64(body + 32));
    made->seeded = seeded;
    memcpy(made->seed, body + CIPHERTEXTS_FIELDS, seeded ? PA_HE_SAVED_SEED : 0);
    work.words = made->words;
    status = get_all(&work, count, problem, options);
    if (status != PYACCEL_OK) {
        pyaccel_he_ciphertexts_free(made);
        return status;
    }
    *ciphertexts = made;
    return PYACCEL_OK;
}
