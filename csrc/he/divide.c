/* SPDX-License-Identifier: Apache-2.0 */
/* Division by dropped primes with rounding; of BGV so that the rest is a multiple of t. */
#include "rns.h"
#include "words.h"

/* Coefficients that are made correct at a time: in_count rows of them lie on the stack. */
#define BLOCK 128u

/* x c, and x c modulo q in [0, 2q), for any x of 64 bits (words.h). */
static inline uint64_t times(uint64_t x, const pa_he_shoup *c, uint64_t q)
{
    return pa_he_lazy(x, c->value, c->quotient, q);
}

/* u = [delta / D]_t in (-t / 2, t / 2] of n coefficients at `first`, delta the lift of the dropped residues. */
static void plain_quotient(int64_t u[BLOCK], const pyaccel_he_context *context,
                           const pa_he_division *division, const pa_he_word *tail, size_t first,
                           size_t n)
{
    const pa_he_conversion *lift = &division->lift;
    const uint64_t t = context->plain_modulus, overflow = pa_he_neg(division->plain_product, t);
    uint64_t x[BLOCK], v[BLOCK], sum[BLOCK]; /* sum: below 64 times 2t, t <= 2^40 */
    for (size_t k = 0; k < n; k++) {
        v[k] = lift->rounding;
        sum[k] = 0;
    }
    for (uint32_t i = 0; i < lift->in_count; i++) {
        const pa_he_modulus *d = &lift->in[i]->modulus;
        const pa_he_shoup pre = division->plain_pre[i], matrix = division->plain_matrix[i];
        context->kernels->export(x, tail + i * context->stride + first, n, d);
        for (size_t k = 0; k < n; k++) {
            const uint64_t y = pa_he_once(times(x[k], &pre, d->q), d->q);
            v[k] += (uint64_t)((pa_u128)y * lift->fraction[i] >> 52);
            sum[k] += times(y, &matrix, t);
        }
    }
    for (size_t k = 0; k < n; k++) {
        const uint64_t delta = sum[k] + (v[k] >> lift->shift) * overflow;
        const uint64_t r = pa_he_once(times(delta, &division->plain_inverse, t), t);
        const uint64_t upper = 0 - ((t / 2 - r) >> 63); /* all bits where r > t / 2 */
        u[k] = (int64_t)(r - (t & upper));
    }
    pa_wipe(x, sizeof x);
    pa_wipe(v, sizeof v);
    pa_wipe(sum, sizeof sum);
}

/* Coefficient rows -= D u modulo each prime that stays. */
static void make_plain_zero(const pyaccel_he_context *context, const pa_he_division *division,
                            pa_he_word *rows, const pa_he_word *tail)
{
    int64_t u[BLOCK];
    uint64_t canonical[BLOCK] __attribute__((aligned(64)));
    pa_he_word block[BLOCK] __attribute__((aligned(64)));
    for (size_t first = 0; first < context->degree; first += BLOCK) {
        const size_t n = context->degree - first < BLOCK ? context->degree - first : BLOCK;
        plain_quotient(u, context, division, tail, first, n);
        for (uint32_t j = 0; j < division->lift.out_count; j++) {
            const pa_he_modulus *q = &context->ntt[j].modulus;
            const pa_he_shoup product = division->product_by[j];
            pa_he_word *row = rows + j * context->stride + first;
            for (size_t k = 0; k < n; k++) {
                const uint64_t negative = (uint64_t)(u[k] >> 63); /* all bits or none */
                const uint64_t size = ((uint64_t)u[k] ^ negative) - negative;
                const uint64_t r = pa_he_once(times(size, &product, q->q), q->q),
                               minus = pa_he_neg(r, q->q);
                canonical[k] = r ^ ((r ^ minus) & negative);
            }
            context->kernels->import(block, canonical, n, q);
            context->kernels->sub(row, row, block, n, q);
        }
    }
    pa_wipe(u, sizeof u);
    pa_wipe(canonical, sizeof canonical);
    pa_wipe(block, sizeof block);
}

static void row_pointers(const pa_he_word **rows, const pa_he_word *first, uint32_t count,
                         size_t stride)
{
    for (uint32_t j = 0; j < count; j++) {
        rows[j] = first + j * stride;
    }
}

void pa_he_delta(const pyaccel_he_context *context, uint32_t level, uint32_t by, pa_he_word *out,
                 const pa_he_word *tail, const pa_he_word *added)
{
    const pa_he_division *division = &context->constants->levels[level].by[by];
    const pa_he_conversion *lift = added == NULL ? &division->lift : &division->lift_added;
    const size_t stride = context->stride;
    pa_he_word *rows[PA_HE_MAX_PRIMES];
    const pa_he_word *in[PA_HE_MAX_PRIMES], *own[PA_HE_MAX_PRIMES];
    row_pointers((const pa_he_word **)rows, out, lift->out_count, stride);
    row_pointers(in, tail, lift->in_count, stride);
    if (added != NULL) {
        row_pointers(own, added, lift->out_count, stride);
    }
    context->kernels->convert(rows, in, added == NULL ? NULL : own, lift, context->degree);
    if (context->scheme == PYACCEL_HE_BGV) {
        make_plain_zero(context, division, out, tail);
    }
}

/* Whether all of delta is made at once. */
static bool is_made(const pyaccel_he_context *context, const pa_he_division *division,
                    bool is_added)
{
    return is_added || context->scheme == PYACCEL_HE_BGV || division->lift.in_count > 1;
}

void pa_he_deltas(const pyaccel_he_context *context, uint32_t level, uint32_t by, size_t count,
                  pa_he_word *const *rows, const pa_he_word *const *tail,
                  const pa_he_word *const *added)
{
    const pa_he_division *division = &context->constants->levels[level].by[by];
    for (size_t k = 0; k < count && is_made(context, division, added != NULL); k++) {
        pa_he_delta(context, level, by, rows[k], tail[k], added == NULL ? NULL : added[k]);
    }
}

pa_he_lift pa_he_delta_lift(const pyaccel_he_context *context, uint32_t level, uint32_t by,
                            uint32_t j, const pa_he_word *const *tail, bool is_added)
{
    const pa_he_division *division = &context->constants->levels[level].by[by];
    return (pa_he_lift){is_made(context, division, is_added) ? NULL : &division->lift, j, tail,
                        NULL};
}

/* A row of the outcome, where delta is. */
typedef struct {
    pa_he_word *out[2];
    const pa_he_word *kept[2];
    const pa_he_multiplier *inverse;
    const pa_he_modulus *modulus;
    const pa_he_kernels *kernels;
    size_t count;
} quotient;

static void divide_part(void *argument, size_t first, size_t n)
{
    const quotient *row = argument;
    for (size_t k = 0; k < row->count; k++) {
        pa_he_word *out = row->out[k] + first;
        row->kernels->sub_mul_constant(out, row->kept[k] + first, out, row->inverse, n,
                                       row->modulus);
    }
}

void pa_he_divide(const pyaccel_he_context *context, uint32_t level, uint32_t by, size_t count,
                  pa_he_word *const *out, const pa_he_word *const *kept,
                  const pa_he_word *const *tail, const pa_he_word *const *added)
{
    const pa_he_division *division = &context->constants->levels[level].by[by];
    pa_he_deltas(context, level, by, count, out, tail, added);
    for (uint32_t j = 0; j < division->lift.out_count; j++) {
        quotient row = {.inverse = &division->inverse[j],
                        .modulus = &context->ntt[j].modulus,
                        .kernels = context->kernels,
                        .count = count};
        pa_he_lift lifts[2];
        for (size_t k = 0; k < count; k++) {
            row.out[k] = out[k] + j * context->stride;
            row.kept[k] = kept[k] + j * context->stride;
            lifts[k] = pa_he_delta_lift(context, level, by, j, &tail[k], added != NULL);
        }
        context->kernels->forward_within(
            row.out, count, &(pa_he_around){.lifts = lifts, .done = divide_part, .work = &row},
            &context->ntt[j]);
    }
}
