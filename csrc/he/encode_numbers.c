/* SPDX-License-Identifier: Apache-2.0 */
/* CKKS: numbers to plaintexts and back.
 * Encoding: m = round(scale / n * interpolation of the slots), each product rounded once, ties of m to even. An m that a double holds is
 * exact, however large: it is cut at multiples of 2^48, and every part goes to every prime.
 * Decoding: the residue class of least absolute value, joined in doubles within some units of their last place at any level, then
 * evaluated. How long that takes tells how large the numbers are, nothing else about them. */
#include <stdatomic.h>
#include <string.h>

#include "encoder.h"

#define CUT 48

/* Coefficients as doubles: n real parts and n imaginary ones, twice, and a row of parts. */
static double *take_scratch(pyaccel_he_context *context, uint32_t rows)
{
    const size_t doubles = 3 * context->degree + rows * context->stride;
    return pa_he_take(&context->pool, doubles * sizeof(double));
}

/* Largest |m| that may stand at a level: just below Q / 2. */
static double most_at(const pyaccel_he_context *context, uint32_t level)
{
    const struct pa_he_encoder *encoder = context->encoder;
    const uint32_t rows = context->level_end[level];
    const double most = pa_he_scaled(encoder->part[rows] * (1 - 0x1p-40), encoder->power[rows] - 1);
    return most > 0x1.fffffffffffffp1023 ? 0x1.fffffffffffffp1023 : most;
}

/* ---- encoding -------------------------------------------------------------------------------- */

typedef struct {
    pyaccel_he_plaintexts *plaintexts;
    const double *values;
    uint64_t width, stride;
    double factor, most; /* scale / n; bound of the coefficients */
    bool real;
    _Atomic uint64_t bad; /* first index of a bad value */
} encoding;

/* Index of the value that is to blame: the first one that is not finite, or else the largest. */
static uint64_t culprit(const double *values, uint64_t width, bool real)
{
    const uint64_t parts = real ? 1 : 2;
    uint64_t worst = 0;
    double most = -1;
    for (uint64_t k = 0; k < parts * width; k++) {
        const double size = values[k] < 0 ? -values[k] : values[k];
        if (!(size <= 0x1.fffffffffffffp1023)) {
            return k / parts;
        }
        if (size > most) {
            most = size;
            worst = k / parts;
        }
    }
    return worst;
}

static void blame(_Atomic uint64_t *bad, uint64_t index)
{
    uint64_t known = atomic_load(bad);
    while (index < known && !atomic_compare_exchange_weak(bad, &known, index)) {
    }
}

/* The first n of row = part, or row 2^48 + part where some parts are in it. */
static void add_part(pa_he_word *row, pa_he_word *spare, const double *part, size_t n, bool first,
                     const pyaccel_he_context *context, const pa_he_modulus *modulus)
{
    const pa_he_kernels *kernels = context->kernels;
    pa_he_word *target = first ? row : spare;
    if (modulus->bits > PA_HE_FAST_BITS) {
        pa_he_residues_words(target, part, n, modulus);
    } else {
        context->encoder->kernel->residues(target, part, n, modulus);
    }
    kernels->import(target, target, n, modulus);
    if (!first) {
        pa_he_multiplier unit;
        kernels->multiplier(&unit, pa_he_pow_mod(2, CUT, modulus), modulus);
        kernels->mul_constant(row, row, &unit, n, modulus);
        kernels->add(row, row, spare, n, modulus);
    }
}

/* Coefficients that a constant is worked out with: itself, and what kernels take at least. */
#define CONSTANT 8

/* Whether every slot is the same real number: a constant polynomial, whose transform needs none. */
static bool is_constant(const double *values, uint64_t width, size_t n, bool real)
{
    uint64_t j = 1;
    while (real && width == n && j < n && values[j] == values[0]) {
        j++;
    }
    return real && width == n && j == n;
}

static void encode_item(encoding *work, double *scratch, uint64_t item)
{
    pyaccel_he_plaintexts *plaintexts = work->plaintexts;
    pyaccel_he_context *context = plaintexts->context;
    const struct pa_he_encoder *encoder = context->encoder;
    const size_t n = encoder->roots.n, parts = work->real ? 1 : 2;
    const double *values = work->values + item * work->stride * parts;
    const bool constant = is_constant(values, work->width, n, work->real);
    const size_t used = constant ? CONSTANT : 2 * n;
    double most = __builtin_inf();
    double *m = scratch;
    if (constant) {
        memset(m, 0, CONSTANT * sizeof *m);
        m[0] = values[0] * (double)n; /* as interpolation has it, exactly */
        most = encoder->kernel->round(m, work->factor, CONSTANT);
    } else if (encoder->kernel->load(m, n, values, work->width, work->real)) {
        m = encoder->kernel->interpolate(m, m + 2 * n, &encoder->roots);
        most = encoder->kernel->round(m, work->factor, 2 * n);
    }
    if (!(most < work->most)) {
        blame(&work->bad, item * work->width + culprit(values, work->width, work->real));
        return;
    }
    double *part = scratch + 4 * n;
    pa_he_word *spare = (pa_he_word *)(void *)(m == scratch ? scratch + 2 * n : scratch);
    int cuts = 0;
    for (double unit = 0x1p50; most >= unit && cuts < 21; unit *= 0x1p48) {
        cuts++;
    }
    pa_he_word *rows = plaintexts->words + item * plaintexts->rows * context->stride;
    for (int c = cuts; c >= 0; c--) {
        if (c > 0) {
            encoder->kernel->cut(part, m, pa_he_scaled(1, CUT * c), used);
        } else {
            part = m;
        }
        for (uint32_t r = 0; r < plaintexts->rows; r++) {
            add_part(rows + r * context->stride, spare, part, used, c == cuts, context,
                     &context->ntt[r].modulus);
        }
    }
    for (uint32_t r = 0; r < plaintexts->rows; r++) {
        pa_he_word *row = rows + r * context->stride;
        for (size_t i = 1; constant && i < context->degree; i++) {
            row[i] = row[0];
        }
        if (!constant) {
            context->kernels->forward(&row, 1, &context->ntt[r]);
        }
    }
}

static pyaccel_status encode_range(void *argument, uint64_t first, uint64_t last)
{
    encoding *work = argument;
    pyaccel_he_context *context = work->plaintexts->context;
    double *scratch = take_scratch(context, 0);
    if (scratch == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    for (uint64_t item = first; item < last; item++) {
        encode_item(work, scratch, item);
    }
    pa_he_give(&context->pool, scratch);
    return atomic_load(&work->bad) == UINT64_MAX ? PYACCEL_OK : PYACCEL_INVALID_ARGUMENT;
}

pyaccel_status pyaccel_he_encode_numbers(pyaccel_he_plaintexts **plaintexts, uint64_t *bad,
                                         pyaccel_he_context *context, const double *values,
                                         uint32_t real, uint64_t count, uint64_t width,
                                         uint64_t stride, double scale, uint32_t level,
                                         const pyaccel_he_options *options)
{
    if (bad != NULL) {
        *bad = UINT64_MAX;
    }
    if (plaintexts == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *plaintexts = NULL;
    if (context == NULL || context->scheme != PYACCEL_HE_CKKS || real > 1 ||
        width > pa_he_slot_count(context) || (values == NULL && count > 0 && width > 0) ||
        level >= context->level_count || !pa_he_options_valid(options)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    scale = scale == 0 ? context->scale : scale;
    if (!(scale >= 0x1p-200 && scale <= 0x1p200)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    encoding work = {
        .plaintexts = pa_he_plaintexts_make(context, count, PA_HE_PLAIN_NTT, level),
        .values = values,
        .width = width,
        .stride = stride,
        .factor = scale / (double)(context->degree / 2),
        .most = most_at(context, level),
        .real = real == 1,
        .bad = UINT64_MAX,
    };
    if (work.plaintexts == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    work.plaintexts->scale = scale;
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

/* ---- decoding -------------------------------------------------------------------------------- */

typedef struct {
    const pyaccel_he_plaintexts *plaintexts;
    double *values;
    uint64_t width, stride;
    bool real;
    pa_he_join join;
} decoding;

static void decode_item(const decoding *work, double *scratch, uint64_t item)
{
    const pyaccel_he_plaintexts *plaintexts = work->plaintexts;
    const pyaccel_he_context *context = plaintexts->context;
    const struct pa_he_encoder *encoder = context->encoder;
    const size_t n = encoder->roots.n, parts = work->real ? 1 : 2;
    pa_he_word *copies = (pa_he_word *)(void *)(scratch + 6 * n);
    const uint64_t *rows[PA_HE_MAX_PRIMES];
    for (uint32_t r = 0; r < plaintexts->rows; r++) {
        pa_he_word *row = copies + r * context->stride;
        memcpy(row, plaintexts->words + (item * plaintexts->rows + r) * context->stride,
               context->degree * sizeof *row);
        context->kernels->inverse(&row, 1, &context->ntt[r]);
        context->kernels->export(row, row, context->degree, &context->ntt[r].modulus);
        rows[r] = row;
    }
    if (encoder->wide) {
        pa_he_join_words(scratch, rows, &work->join, 2 * n);
    } else {
        encoder->kernel->join(scratch, rows, &work->join, 2 * n);
    }
    const double *m = encoder->kernel->evaluate(scratch, scratch + 2 * n, &encoder->roots);
    encoder->kernel->store(work->values + item * work->stride * parts, work->width, work->real, m,
                           n);
}

static pyaccel_status decode_range(void *argument, uint64_t first, uint64_t last)
{
    const decoding *work = argument;
    pyaccel_he_context *context = work->plaintexts->context;
    double *scratch = take_scratch(context, work->plaintexts->rows);
    if (scratch == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    for (uint64_t item = first; item < last; item++) {
        decode_item(work, scratch, item);
    }
    pa_he_give(&context->pool, scratch);
    return PYACCEL_OK;
}

pyaccel_status pyaccel_he_decode_numbers(double *values, uint32_t real, uint64_t width,
                                         uint64_t stride, const pyaccel_he_plaintexts *plaintexts,
                                         const pyaccel_he_options *options)
{
    if (plaintexts == NULL || real > 1 || plaintexts->form != PA_HE_PLAIN_NTT ||
        plaintexts->context->scheme != PYACCEL_HE_CKKS ||
        width > pa_he_slot_count(plaintexts->context) ||
        (values == NULL && plaintexts->count > 0 && width > 0) ||
        (stride < width && plaintexts->count > 1) || !pa_he_options_valid(options)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    const struct pa_he_encoder *encoder = plaintexts->context->encoder;
    double weight[PA_HE_MAX_PRIMES];
    int power;
    const double fraction = pa_he_fraction(&power, plaintexts->scale);
    for (uint32_t i = 0; i < plaintexts->rows; i++) {
        weight[i] = pa_he_scaled(encoder->part[i] / fraction, encoder->power[i] - power);
    }
    decoding work = {
        .plaintexts = plaintexts,
        .values = values,
        .width = width,
        .stride = stride,
        .real = real == 1,
        .join = {plaintexts->rows, plaintexts->context->ntt, encoder->inverse,
                 encoder->inverse_words, weight},
    };
    return pa_he_parallel(options, plaintexts->count, decode_range, &work);
}
