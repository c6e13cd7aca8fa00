/* SPDX-License-Identifier: Apache-2.0 */
/* Plain matrix times encrypted vector, by diagonals.
 *
 * x, of d numbers, is copied round all S slots with the period D, the power of two not below d: slot p holds x_(p mod D). Rotated by
 * j and multiplied by P_j, slot s b + r gets matrix[r][c] x_c with c = (s b + r + j) mod D: one diagonal for each b and j. Blocks
 * b = 0 .. B - 1 lie side by side, s >= rows apart, so that the slots that a short vector leaves free do B diagonals at once; with
 * s = g u, u odd, and B = D / g, the diagonals of b and j = 0 .. g - 1 are each one once. The g rotations are n1 small ones of x, which
 * share a decomposition, and n2 large ones of sums (baby steps, giant steps: Halevi and Shoup, "Algorithms in HElib", 2014); at last
 * log2 B rotations by s, 2 s, 4 s ... sum the blocks. 128 x 64 at N = 8192: g = 4, B = 32: 13 rotations, 4 products. */
#include <stdlib.h>
#include <string.h>

#include "evaluate.h"

typedef struct {
    uint64_t period;           /* D */
    uint64_t copies;           /* of x in the slots, a power of two */
    uint64_t rotations;        /* g = babies * giants */
    uint64_t babies, giants;   /* n1, n2 */
    uint64_t blocks, distance; /* B, s */
    uint64_t width;            /* slots that plaintexts use */
} plan;

struct pyaccel_he_matrix {
    pyaccel_he_context *context;
    uint64_t rows, columns;
    uint32_t level;
    plan steps;
    pyaccel_he_plaintexts **parts; /* `giants` batches of `babies` */
};

static uint32_t log2_of(uint64_t power)
{
    return (uint32_t)__builtin_ctzll(power);
}

/* Key switchings, those that share a decomposition as half of one, and products as a tenth. */
static double cost(const plan *p)
{
    return 0.5 * (double)(p->babies - 1) + (double)(p->giants - 1) + 0.1 * (double)p->rotations +
           (double)(log2_of(p->blocks) + log2_of(p->copies));
}

/* The cheapest plan; false where rows or columns are none that slots hold. */
static bool make_plan(plan *best, const pyaccel_he_context *context, uint64_t rows,
                      uint64_t columns)
{
    const uint64_t slots = context->degree / 2;
    if (pa_he_slot_count(context) == 0 || rows == 0 || columns == 0 || rows > slots ||
        columns > slots) {
        return false;
    }
    plan p = {.period = 1};
    while (p.period < columns) {
        p.period *= 2;
    }
    bool found = false;
    for (p.rotations = 1; p.rotations <= p.period; p.rotations *= 2) {
        p.blocks = p.period / p.rotations;
        p.distance = (rows + p.rotations - 1) / p.rotations;
        p.distance = (p.distance | 1) * p.rotations;
        const uint64_t used = (p.blocks - 1) * p.distance + rows;
        if (used > slots) {
            continue;
        }
        const uint64_t reached = used + p.rotations - 1;
        for (p.copies = 1; p.copies * p.period < reached && p.copies * p.period < slots;) {
            p.copies *= 2;
        }
        for (p.babies = 1; p.babies <= p.rotations; p.babies *= 2) {
            p.giants = p.rotations / p.babies;
            /* Giant steps move blocks to the right, round the end. */
            p.width = reached - p.babies + 1 > slots ? slots : reached - p.babies + 1;
            if (!found || cost(&p) < cost(best)) {
                *best = p;
                found = true;
            }
        }
    }
    return found;
}

pyaccel_status pyaccel_he_matrix_steps(int64_t *steps, uint64_t *count,
                                       const pyaccel_he_context *context, uint64_t rows,
                                       uint64_t columns)
{
    plan p;
    if (count == NULL || context == NULL || !make_plan(&p, context, rows, columns)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    const uint64_t wanted = log2_of(p.copies) + p.babies - 1 + p.giants - 1 + log2_of(p.blocks);
    if (steps != NULL) {
        if (*count < wanted) {
            return PYACCEL_INVALID_ARGUMENT;
        }
        for (uint64_t copies = 1; copies < p.copies; copies *= 2) {
            *steps++ = -(int64_t)(copies * p.period);
        }
        for (uint64_t j = 1; j < p.babies; j++) {
            *steps++ = (int64_t)j;
        }
        for (uint64_t j = 1; j < p.giants; j++) {
            *steps++ = (int64_t)(j * p.babies);
        }
        for (uint64_t b = 1; b < p.blocks; b *= 2) {
            *steps++ = (int64_t)(b * p.distance);
        }
    }
    *count = wanted;
    return PYACCEL_OK;
}

/* ---- encoding -------------------------------------------------------------------------------- */

typedef struct {
    const double *real;
    const int64_t *integers;
    int64_t row_stride, column_stride;
} entries;

/* Slots of the plaintexts of one giant step, width a row, in words that hold doubles or integers; where[k]: the entry there. */
static void place(uint64_t *values, uint64_t *where, const pyaccel_he_matrix *matrix,
                  const entries *in, uint64_t giant)
{
    const plan *p = &matrix->steps;
    const uint64_t slots = matrix->context->degree / 2, first = giant * p->babies;
    memset(values, 0, p->babies * p->width * sizeof *values);
    for (uint64_t baby = 0; baby < p->babies; baby++) {
        for (uint64_t b = 0; b < p->blocks; b++) {
            for (uint64_t r = 0; r < matrix->rows; r++) {
                const uint64_t slot = b * p->distance + r;
                const uint64_t c = (slot + first + baby) % p->period;
                if (c < matrix->columns) {
                    const uint64_t k = baby * p->width + (slot + first) % slots;
                    const int64_t at = (int64_t)r * in->row_stride + (int64_t)c * in->column_stride;
                    where[k] = r * matrix->columns + c;
                    memcpy(&values[k],
                           in->real != NULL ? (const void *)&in->real[at]
                                            : (const void *)&in->integers[at],
                           sizeof values[k]);
                }
            }
        }
    }
}

static pyaccel_status encode_parts(pyaccel_he_matrix *matrix, uint64_t *bad, const entries *in,
                                   const pyaccel_he_options *options)
{
    const plan *p = &matrix->steps;
    pyaccel_he_context *context = matrix->context;
    uint64_t *values = calloc(2 * p->babies * p->width, sizeof *values);
    if (values == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    uint64_t *where = values + p->babies * p->width;
    /* At the scale that rescaling divides by: products keep the vector's. */
    const double scale =
        matrix->level == 0 ? context->scale : pa_he_dropped(context, matrix->level);
    pyaccel_status status = PYACCEL_OK;
    for (uint64_t giant = 0; giant < p->giants && status == PYACCEL_OK; giant++) {
        uint64_t index = UINT64_MAX;
        place(values, where, matrix, in, giant);
        status = in->real != NULL
                     ? pyaccel_he_encode_numbers(&matrix->parts[giant], &index, context,
                                                 (const double *)(const void *)values, 1, p->babies,
                                                 p->width, p->width, scale, matrix->level, options)
                     : pyaccel_he_encode_integers(&matrix->parts[giant], &index, context,
                                                  (const int64_t *)(const void *)values, p->babies,
                                                  p->width, p->width, options);
        if (bad != NULL && index != UINT64_MAX) {
            *bad = where[index];
        }
    }
    free(values);
    return status;
}

pyaccel_status pyaccel_he_matrix_new(pyaccel_he_matrix **matrix, uint64_t *bad,
                                     pyaccel_he_context *context, const double *real,
                                     const int64_t *integers, uint64_t rows, uint64_t columns,
                                     int64_t row_stride, int64_t column_stride, uint32_t level,
                                     const pyaccel_he_options *options)
{
    if (bad != NULL) {
        *bad = UINT64_MAX;
    }
    if (matrix == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *matrix = NULL;
    plan p;
    if (context == NULL || !make_plan(&p, context, rows, columns) ||
        !pa_he_options_valid(options)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    const bool ckks = context->scheme == PYACCEL_HE_CKKS;
    if ((real != NULL) != ckks || (integers != NULL) == ckks ||
        (ckks && (level >= context->level_count ||
                  pyaccel_he_depth(context, level, context->scale) == 0))) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pyaccel_he_matrix *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    made->context = pa_he_hold(context);
    made->rows = rows;
    made->columns = columns;
    made->level = ckks ? level : 0;
    made->steps = p;
    made->parts = calloc(p.giants, sizeof(pyaccel_he_plaintexts *));
    const entries in = {real, integers, row_stride, column_stride};
    const pyaccel_status status =
        made->parts == NULL ? PYACCEL_OUT_OF_MEMORY : encode_parts(made, bad, &in, options);
    if (status != PYACCEL_OK) {
        pyaccel_he_matrix_free(made);
        return status;
    }
    *matrix = made;
    return PYACCEL_OK;
}

void pyaccel_he_matrix_free(pyaccel_he_matrix *matrix)
{
    if (matrix != NULL) {
        for (uint64_t i = 0; matrix->parts != NULL && i < matrix->steps.giants; i++) {
            pyaccel_he_plaintexts_free(matrix->parts[i]);
        }
        free(matrix->parts);
        pyaccel_he_context_free(matrix->context);
        free(matrix);
    }
}

/* ---- products -------------------------------------------------------------------------------- */

/* What one product is computed with. */
typedef struct {
    const pyaccel_he_matrix *matrix;
    const pyaccel_he_evaluation_keys *keys;
    const pyaccel_he_options *options;
    uint32_t *missing;
    bool repeated;
} product;

/* *a is replaced by what a call made of it. */
static pyaccel_status replace(pyaccel_he_ciphertexts **a, pyaccel_he_ciphertexts *by,
                              pyaccel_status status)
{
    pyaccel_he_ciphertexts_free(*a);
    *a = by;
    return status;
}

static pyaccel_status rotate(pyaccel_he_ciphertexts **out, const product *work,
                             const pyaccel_he_ciphertexts *a, int64_t steps)
{
    const uint32_t element = pyaccel_he_element((uint32_t)work->matrix->context->degree, steps);
    return pyaccel_he_rotate(out, work->missing, a, &element, 1, work->keys, work->options);
}

/* *a += *a rotated */
static pyaccel_status add_rotated(pyaccel_he_ciphertexts **a, const product *work, int64_t steps)
{
    pyaccel_he_ciphertexts *rotated, *sum = NULL;
    pyaccel_status status = rotate(&rotated, work, *a, steps);
    if (status == PYACCEL_OK) {
        status = pyaccel_he_add(&sum, *a, rotated, work->options);
        pyaccel_he_ciphertexts_free(rotated);
    }
    return replace(a, sum, status);
}

/* *out = the vector rotated by each baby step, as one batch. */
static pyaccel_status baby_steps(pyaccel_he_ciphertexts **out, const product *work,
                                 const pyaccel_he_ciphertexts *a)
{
    const plan *p = &work->matrix->steps;
    const uint32_t degree = (uint32_t)work->matrix->context->degree;
    uint32_t *elements = calloc(p->babies, sizeof *elements);
    *out = NULL;
    if (elements == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    for (uint64_t j = 0; j < p->babies; j++) {
        elements[j] = pyaccel_he_element(degree, (int64_t)j);
    }
    const pyaccel_status status =
        pyaccel_he_rotate(out, work->missing, a, elements, p->babies, work->keys, work->options);
    free(elements);
    return status;
}

/* *sum += what one giant step gives; NULL before the first one. */
static pyaccel_status giant_step(pyaccel_he_ciphertexts **sum, const product *work,
                                 const pyaccel_he_ciphertexts *babies, uint64_t giant)
{
    pyaccel_he_ciphertexts *products, *part = NULL, *next = NULL;
    pyaccel_status status =
        pyaccel_he_multiply_plain(&products, babies, work->matrix->parts[giant], work->options);
    if (status == PYACCEL_OK) {
        status = pyaccel_he_sum_batch(&part, products, work->options);
        pyaccel_he_ciphertexts_free(products);
    }
    if (status == PYACCEL_OK && giant > 0) {
        status = rotate(&next, work, part, (int64_t)(giant * work->matrix->steps.babies));
        status = replace(&part, next, status);
    }
    if (status != PYACCEL_OK || *sum == NULL) {
        return replace(sum, part, status);
    }
    status = pyaccel_he_add(&next, *sum, part, work->options);
    pyaccel_he_ciphertexts_free(part);
    return replace(sum, next, status);
}

/* *out = the product with one vector. */
static pyaccel_status multiply(pyaccel_he_ciphertexts **out, const product *work,
                               const pyaccel_he_ciphertexts *a, uint64_t item)
{
    const plan *p = &work->matrix->steps;
    const bool ckks = a->context->scheme == PYACCEL_HE_CKKS;
    pyaccel_he_ciphertexts *x = NULL, *next = NULL, *babies = NULL, *sum = NULL;
    pyaccel_status status = pyaccel_he_ciphertexts_take(&x, a, &item, 1);
    if (status == PYACCEL_OK && ckks && a->level > work->matrix->level) {
        status = pyaccel_he_mod_switch(&next, x, work->matrix->level, work->options);
        status = replace(&x, next, status);
    }
    for (uint64_t copies = work->repeated ? p->copies : 1;
         status == PYACCEL_OK && copies < p->copies; copies *= 2) {
        status = add_rotated(&x, work, -(int64_t)(copies * p->period));
    }
    if (status == PYACCEL_OK) {
        status = baby_steps(&babies, work, x);
    }
    pyaccel_he_ciphertexts_free(x);
    for (uint64_t giant = 0; status == PYACCEL_OK && giant < p->giants; giant++) {
        status = giant_step(&sum, work, babies, giant);
    }
    pyaccel_he_ciphertexts_free(babies);
    if (status == PYACCEL_OK && ckks && sum->level > 0) {
        next = NULL;
        status = pyaccel_he_rescale(&next, sum, work->options);
        status = replace(&sum, next, status);
    }
    for (uint64_t b = 1; status == PYACCEL_OK && b < p->blocks; b *= 2) {
        status = add_rotated(&sum, work, (int64_t)(b * p->distance));
    }
    *out = sum;
    return status;
}

pyaccel_status pyaccel_he_matrix_multiply(pyaccel_he_ciphertexts **out, uint32_t *missing,
                                          const pyaccel_he_matrix *matrix,
                                          const pyaccel_he_ciphertexts *a, uint32_t repeated,
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
    if (matrix == NULL || a == NULL || keys == NULL || a->size != 2 || repeated > 1 ||
        !pa_he_same_context(a->context, matrix->context) || a->level < matrix->level ||
        !pa_he_same_context(keys->context, matrix->context) || !pa_he_options_valid(options)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    if (a->context->scheme == PYACCEL_HE_CKKS && matrix->level == 0 &&
        !pa_he_last_fits(a->context, a->scale * a->context->scale)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    const product work = {matrix, keys, options, missing, repeated == 1};
    if (a->count == 1) {
        return multiply(out, &work, a, 0);
    }
    pyaccel_he_ciphertexts **items = calloc(a->count == 0 ? 1 : a->count, sizeof *items);
    if (items == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    pyaccel_status status = PYACCEL_OK;
    uint64_t done = 0;
    while (status == PYACCEL_OK && done < a->count) {
        status = multiply(&items[done], &work, a, done);
        done++;
    }
    if (status == PYACCEL_OK) {
        status = a->count == 0 ? pyaccel_he_ciphertexts_take(out, a, NULL, 0)
                               : pyaccel_he_ciphertexts_concatenate(
                                     out, (const pyaccel_he_ciphertexts *const *)items, done);
    }
    for (uint64_t i = 0; i < done; i++) {
        pyaccel_he_ciphertexts_free(items[i]);
    }
    free(items);
    return status;
}
