/* SPDX-License-Identifier: Apache-2.0 */
/* Constants of a context, per level. */
#include "rns.h"

#include <stdlib.h>
#include <string.h>

#include "evaluate.h"
#include "log2.h"
#include "words.h"

/* Memory of the constants: chunks that are freed together. */
struct pa_he_chunk {
    struct pa_he_chunk *next;
    size_t used, size; /* bytes behind the header */
};
#define CHUNK_HEADER 64u
#define CHUNK_SIZE ((size_t)64 << 10)

void *pa_he_constants_take(struct pa_he_constants *constants, size_t bytes)
{
    bytes = (bytes + 63) / 64 * 64;
    struct pa_he_chunk *chunk = constants->memory;
    if (chunk == NULL || chunk->size - chunk->used < bytes) {
        const size_t size = bytes > CHUNK_SIZE ? bytes : CHUNK_SIZE;
        chunk = aligned_alloc(64, CHUNK_HEADER + size);
        if (chunk == NULL) {
            return NULL;
        }
        memset(chunk, 0, CHUNK_HEADER + size);
        chunk->size = size;
        chunk->next = constants->memory;
        constants->memory = chunk;
    }
    void *memory = (char *)chunk + CHUNK_HEADER + chunk->used;
    chunk->used += bytes;
    return memory;
}

const pa_he_ntt *const *pa_he_keep_primes(struct pa_he_constants *constants,
                                          const pa_he_ntt *const *primes, uint32_t count)
{
    const pa_he_ntt **kept = pa_he_constants_take(constants, count * sizeof *kept);
    if (kept != NULL) {
        memcpy(kept, primes, count * sizeof *kept);
    }
    return kept;
}

uint64_t pa_he_product_mod(const pa_he_ntt *const *primes, uint32_t count, uint32_t without,
                           const pa_he_modulus *modulus)
{
    uint64_t product = 1 % modulus->q;
    for (uint32_t i = 0; i < count; i++) {
        if (i != without) {
            product = pa_he_mul_mod(product, primes[i]->modulus.q % modulus->q, modulus);
        }
    }
    return product;
}

uint64_t pa_he_inverse_any(uint64_t a, uint64_t m)
{
    uint64_t r0 = m, r1 = a % m;
    int64_t x0 = 0, x1 = 1; /* r = a x modulo m */
    while (r1 != 0) {
        const uint64_t quotient = r0 / r1, r2 = r0 - quotient * r1;
        const int64_t x2 = x0 - (int64_t)quotient * x1;
        r0 = r1;
        r1 = r2;
        x0 = x1;
        x1 = x2;
    }
    return r0 != 1 ? 0 : x0 < 0 ? (uint64_t)(x0 + (int64_t)m) : (uint64_t)x0;
}

bool pa_he_conversion_prepare(pa_he_conversion *conversion, pyaccel_he_context *context)
{
    conversion->prepared =
        pa_he_constants_take(context->constants, context->kernels->conversion_bytes(conversion));
    if (conversion->prepared == NULL) {
        return false;
    }
    context->kernels->conversion_fill(conversion);
    return true;
}

/* pre, fraction, shift and rounding of a lift near the centre: kernels.h. */
static bool set_in(pa_he_conversion *lift, struct pa_he_constants *constants)
{
    const uint32_t count = lift->in_count;
    uint64_t *pre = pa_he_constants_take(constants, count * sizeof *pre),
             *fraction = pa_he_constants_take(constants, count * sizeof *fraction);
    if (pre == NULL || fraction == NULL) {
        return false;
    }
    unsigned bits = PA_HE_MAX_BITS;
    for (uint32_t i = 0; i < count; i++) {
        bits = lift->in[i]->modulus.bits < bits ? lift->in[i]->modulus.bits : bits;
    }
    lift->shift = bits - 1;
    lift->rounding = (uint64_t)1 << (lift->shift - 1);
    for (uint32_t i = 0; i < count; i++) {
        const pa_he_modulus *q = &lift->in[i]->modulus;
        pre[i] = pa_he_inv_mod(pa_he_product_mod(lift->in, count, i, q), q);
        fraction[i] = (uint64_t)(((pa_u128)1 << (52 + lift->shift)) / q->q);
    }
    lift->pre = pre;
    lift->fraction = fraction;
    return true;
}

bool pa_he_lift_set(pa_he_conversion *lift, pyaccel_he_context *context, const pa_he_ntt *const *in,
                    uint32_t in_count, const pa_he_ntt *const *out, uint32_t out_count,
                    const uint64_t *scale, int own)
{
    struct pa_he_constants *constants = context->constants;
    uint64_t *matrix = pa_he_constants_take(constants, sizeof *matrix * in_count * out_count),
             *overflow = pa_he_constants_take(constants, sizeof *overflow * out_count),
             *own_factor = pa_he_constants_take(constants, sizeof *own_factor * out_count);
    *lift = (pa_he_conversion){
        .in_count = in_count,
        .out_count = out_count,
        .centred = in_count == 1 && scale == NULL && own == 0,
        .in = pa_he_keep_primes(constants, in, in_count),
        .out = pa_he_keep_primes(constants, out, out_count),
        .matrix = matrix,
        .overflow = overflow,
        .own = own == 0 ? NULL : own_factor,
    };
    if (matrix == NULL || overflow == NULL || own_factor == NULL || lift->in == NULL ||
        lift->out == NULL || !set_in(lift, constants)) {
        return false;
    }
    for (uint32_t j = 0; j < out_count; j++) {
        const pa_he_modulus *p = &out[j]->modulus;
        const uint64_t factor = scale == NULL ? 1 : scale[j];
        for (uint32_t i = 0; i < in_count; i++) {
            matrix[j * in_count + i] =
                pa_he_mul_mod(pa_he_product_mod(in, in_count, i, p), factor, p);
        }
        overflow[j] =
            pa_he_neg(pa_he_mul_mod(pa_he_product_mod(in, in_count, in_count, p), factor, p), p->q);
        own_factor[j] = own < 0 ? p->q - 1 : 1;
    }
    return true;
}

static pa_he_shoup shoup(uint64_t value, uint64_t q)
{
    return (pa_he_shoup){value, pa_he_quotient(value, q)};
}

/* What divide.c needs beside the lift to leave multiples of t. */
static bool set_plain_division(pa_he_division *division, pyaccel_he_context *context)
{
    struct pa_he_constants *constants = context->constants;
    const pa_he_conversion *lift = &division->lift;
    const pa_he_modulus *t = &constants->plain;
    pa_he_shoup *product = pa_he_constants_take(constants, lift->out_count * sizeof *product),
                *pre = pa_he_constants_take(constants, lift->in_count * sizeof *pre),
                *matrix = pa_he_constants_take(constants, lift->in_count * sizeof *matrix);
    if (product == NULL || pre == NULL || matrix == NULL) {
        return false;
    }
    for (uint32_t j = 0; j < lift->out_count; j++) {
        product[j] = shoup(division->product[j], lift->out[j]->modulus.q);
    }
    for (uint32_t i = 0; i < lift->in_count; i++) {
        pre[i] = shoup(lift->pre[i], lift->in[i]->modulus.q);
        matrix[i] = shoup(pa_he_product_mod(lift->in, lift->in_count, i, t), t->q);
    }
    division->product_by = product;
    division->plain_pre = pre;
    division->plain_matrix = matrix;
    division->plain_product = pa_he_product_mod(lift->in, lift->in_count, lift->in_count, t);
    division->plain_inverse = shoup(pa_he_inverse_any(division->plain_product, t->q), t->q);
    return true;
}

/* Division by the primes in[0 .. in_count), the first out_count primes of Q stay. */
static bool set_division(pa_he_division *division, pyaccel_he_context *context,
                         const pa_he_ntt *const *in, uint32_t in_count, uint32_t out_count)
{
    struct pa_he_constants *constants = context->constants;
    const pa_he_ntt *out[PA_HE_MAX_PRIMES];
    for (uint32_t j = 0; j < out_count; j++) {
        out[j] = &context->ntt[j];
    }
    uint64_t *product = pa_he_constants_take(constants, out_count * sizeof *product);
    pa_he_multiplier *inverse = pa_he_constants_take(constants, out_count * sizeof *inverse);
    if (product == NULL || inverse == NULL ||
        !pa_he_lift_set(&division->lift, context, in, in_count, out, out_count, NULL, 0) ||
        !pa_he_conversion_prepare(&division->lift, context) ||
        !pa_he_lift_set(&division->lift_added, context, in, in_count, out, out_count, NULL, -1) ||
        !pa_he_conversion_prepare(&division->lift_added, context)) {
        return false;
    }
    for (uint32_t j = 0; j < out_count; j++) {
        const pa_he_modulus *q = &out[j]->modulus;
        product[j] = pa_he_product_mod(in, in_count, in_count, q);
        context->kernels->multiplier(&inverse[j], pa_he_inv_mod(product[j], q), q);
    }
    division->product = product;
    division->inverse = inverse;
    division->log2_product = 0;
    for (uint32_t i = 0; i < in_count; i++) {
        division->log2_product += pa_he_log2((double)in[i]->modulus.q);
    }
    return context->scheme != PYACCEL_HE_BGV || set_plain_division(division, context);
}

static bool set_level(pyaccel_he_context *context, uint32_t level)
{
    pa_he_level *constants = &context->constants->levels[level];
    const uint32_t end = context->level_end[level],
                   left = level == 0 ? 0 : context->level_end[level - 1],
                   p_count = context->p_count;
    const pa_he_ntt *in[PA_HE_MAX_PRIMES]; /* the level's last modulus, then P */
    for (uint32_t i = 0; i < end - left; i++) {
        in[i] = &context->ntt[left + i];
    }
    const pa_he_ntt **special = in + (end - left);
    for (uint32_t i = 0; i < p_count; i++) {
        special[i] = &context->ntt[context->q_count + i];
    }
    return set_division(&constants->by[PA_HE_BY_P], context, special, p_count, end) &&
           (level == 0 ||
            (set_division(&constants->by[PA_HE_BY_LAST], context, in, end - left, left) &&
             set_division(&constants->by[PA_HE_BY_BOTH], context, in, end - left + p_count, left)));
}

/* Lifts of every run to every prime outside it. */
static bool set_raise(pyaccel_he_context *context)
{
    const uint32_t all = context->q_count + context->p_count;
    pa_he_conversion *raise =
        pa_he_constants_take(context->constants, sizeof *raise * context->q_count * all);
    if (raise == NULL) {
        return false;
    }
    context->constants->raise = raise;
    for (uint32_t d = 0, first = 0; d < context->digit_count; first = context->digit_end[d++]) {
        const pa_he_ntt *in[PA_HE_MAX_PRIMES];
        for (uint32_t last = first; last < context->digit_end[d]; last++) {
            in[last - first] = &context->ntt[last];
            for (uint32_t j = 0; j < all; j++) {
                const pa_he_ntt *out = &context->ntt[j];
                if ((j < first || j > last) &&
                    (!pa_he_lift_set(&raise[last * all + j], context, in, last - first + 1, &out, 1,
                                     NULL, 0) ||
                     !pa_he_conversion_prepare(&raise[last * all + j], context))) {
                    return false;
                }
            }
        }
    }
    return true;
}

static void set_plain(pa_he_modulus *plain, uint64_t t)
{
    plain->q = t;
    const pa_u128 ones =
        ~(pa_u128)0; /* 2^128 - 1: its quotient is that of 2^128 unless t divides it */
    const pa_u128 ratio = ones / t + (ones % t == t - 1);
    plain->ratio[0] = (uint64_t)ratio;
    plain->ratio[1] = (uint64_t)(ratio >> 64);
    plain->real = (double)t;
    plain->inverse = 1.0 / (double)t;
    plain->bits = 64 - (unsigned)__builtin_clzll(t);
}

static bool fill(pyaccel_he_context *context)
{
    struct pa_he_constants *constants = context->constants;
    pa_he_multiplier *special = pa_he_constants_take(constants, sizeof *special * context->q_count);
    pa_he_multiplier *plain_inverse =
        pa_he_constants_take(constants, sizeof *plain_inverse * context->q_count);
    if (special == NULL || plain_inverse == NULL) {
        return false;
    }
    const pa_he_ntt *p[PA_HE_MAX_PRIMES];
    for (uint32_t i = 0; i < context->p_count; i++) {
        p[i] = &context->ntt[context->q_count + i];
        constants->log2_special += pa_he_log2((double)p[i]->modulus.q);
    }
    double bits = 0;
    for (uint32_t j = 0, level = 0; j < context->q_count; j++) {
        const pa_he_modulus *q = &context->ntt[j].modulus;
        context->kernels->multiplier(
            &special[j], pa_he_product_mod(p, context->p_count, context->p_count, q), q);
        if (context->plain_modulus != 0) {
            const uint64_t t = context->plain_modulus % q->q;
            context->kernels->multiplier(&plain_inverse[j], pa_he_inv_mod(t, q), q);
        }
        bits += pa_he_log2((double)q->q);
        if (j + 1 == context->level_end[level]) {
            constants->log2_q[level++] = bits;
        }
    }
    constants->special = special;
    constants->plain_inverse = plain_inverse;
    for (uint32_t level = 0; level < context->level_count; level++) {
        if (!set_level(context, level)) {
            return false;
        }
    }
    return set_raise(context);
}

pyaccel_status pa_he_constants_new(pyaccel_he_context *context)
{
    context->constants = calloc(1, sizeof *context->constants);
    if (context->constants == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    if (context->plain_modulus != 0) {
        set_plain(&context->constants->plain, context->plain_modulus);
    }
    if (!fill(context)) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    return context->scheme == PYACCEL_HE_BFV ? pa_he_bfv_constants(context) : PYACCEL_OK;
}

void pa_he_constants_free(struct pa_he_constants *constants)
{
    if (constants == NULL) {
        return;
    }
    for (struct pa_he_chunk *chunk = constants->memory, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
    free(constants);
}
