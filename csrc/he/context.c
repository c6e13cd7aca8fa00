/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts: made once of parameters, never changed afterwards, freed with the last handle that lives on them. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "choose.h"
#include "encode.h"
#include "log2.h"
#include "parameters.h"
#include "pyaccel/hash.h"
#include "rns.h"

static pyaccel_status set_id(pyaccel_he_context *context)
{
    uint8_t bytes[PA_HE_PARAMETERS_MOST], digest[32];
    const uint64_t size = pa_he_parameters_bytes(bytes, &context->parameters);
    const pyaccel_rows row = {.data = bytes, .data_size = size, .width = size, .stride = size};
    const pyaccel_status status =
        pyaccel_hash_many(digest, sizeof digest, PYACCEL_HASH_SHA256, &row, 1, NULL);
    memcpy(context->id, digest, sizeof digest);
    return status;
}

/* Tables of every prime, then the positions of the canonical order, in one block. */
static bool make_tables(pyaccel_he_context *context)
{
    const pa_he_kernels *kernels = context->kernels;
    const size_t table = (kernels->ntt_words(context->log_degree) + 7) / 8 * 64,
                 count = context->q_count + context->p_count,
                 order = (context->degree * sizeof *context->order + 63) / 64 * 64;
    char *memory = pa_he_take(&context->pool, count * table + order);
    if (memory == NULL) {
        return false;
    }
    context->memory = memory;
    for (size_t i = 0; i < count; i++, memory += table) {
        pa_he_ntt *ntt = &context->ntt[i];
        ntt->table = (const pa_he_word *)memory;
        kernels->ntt_fill((pa_he_word *)memory, &ntt->modulus, ntt->psi, context->log_degree);
    }
    context->order = (uint32_t *)memory;
    kernels->ntt_order(context->order, context->log_degree);
    return true;
}

static void destroy(pyaccel_he_context *context)
{
    pa_he_constants_free(context->constants);
    pa_he_encoder_free(context->encoder);
    pa_he_give(&context->pool, context->memory);
    pa_he_pool_clear(&context->pool);
    pthread_mutex_destroy(&context->pool.lock);
    free(context);
}

static pyaccel_status fill(pyaccel_he_context *context, const pa_he_choice *choice)
{
    const pyaccel_he_parameters *resolved = &choice->resolved;
    context->parameters = *resolved;
    context->scheme = resolved->scheme;
    context->log_degree = choice->log_degree;
    context->degree = resolved->degree;
    context->stride = context->degree + 8;
    context->q_count = choice->q_count;
    context->p_count = choice->p_count;
    context->level_count = choice->level_count;
    memcpy(context->level_end, choice->level_end, sizeof context->level_end);
    context->digit_count = choice->digit_count;
    memcpy(context->digit_end, choice->digit_end, sizeof context->digit_end);
    context->plain_modulus = resolved->plain_modulus;
    context->scale = resolved->scale;
    context->security = resolved->security;
    context->standard = resolved->standard;
    for (uint32_t i = 0; i < context->q_count + context->p_count; i++) {
        pa_he_ntt *ntt = &context->ntt[i];
        ntt->log_degree = context->log_degree;
        if (!pa_he_modulus_set(&ntt->modulus, choice->primes[i]) ||
            (ntt->psi = pa_he_root(&ntt->modulus, context->log_degree)) == 0) {
            return PYACCEL_INTERNAL;
        }
    }
    if (!make_tables(context)) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    pyaccel_status status = set_id(context);
    if (status == PYACCEL_OK) {
        status = pa_he_constants_new(context);
    }
    if (status == PYACCEL_OK) {
        status = pa_he_encoder_new(&context->encoder, context);
    }
    return status;
}

/* The variant that is bound now; static storage. */
static const char *bound_variant(void)
{
    pyaccel_variant row;
    for (uint32_t i = 0; i < pyaccel_variant_count(); i++) {
        if (pyaccel_variant_get(&row, i) == PYACCEL_OK && row.bound &&
            strcmp(row.family, "he") == 0) {
            return row.variant;
        }
    }
    return "";
}

pyaccel_status pa_he_context_make(pyaccel_he_context **context, const pa_he_choice *choice,
                                  const pa_he_kernels *kernels, const char *variant)
{
    pyaccel_he_context *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    pthread_mutex_init(&made->pool.lock, NULL);
    atomic_init(&made->references, 1);
    made->kernels = kernels;
    made->variant = variant;
    const pyaccel_status status = fill(made, choice);
    if (status != PYACCEL_OK) {
        destroy(made);
        return status;
    }
    *context = made;
    return PYACCEL_OK;
}

pyaccel_status pyaccel_he_context_new(pyaccel_he_context **context,
                                      const pyaccel_he_parameters *parameters)
{
    if (context == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *context = NULL;
    const pyaccel_status bound = pa_bind();
    if (bound != PYACCEL_OK) {
        return bound;
    }
    pa_he_choice choice;
    if (parameters == NULL || !pa_he_choose(&choice, parameters)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pa_count(PA_FAMILY_HE);
    return pa_he_context_make(context, &choice, pa_bound(PA_FAMILY_HE), bound_variant());
}

void pyaccel_he_context_free(pyaccel_he_context *context)
{
    if (context != NULL &&
        atomic_fetch_sub_explicit(&context->references, 1, memory_order_acq_rel) == 1) {
        destroy(context);
    }
}

pyaccel_he_context *pa_he_hold(const pyaccel_he_context *context)
{
    pyaccel_he_context *held = (pyaccel_he_context *)context;
    atomic_fetch_add_explicit(&held->references, 1, memory_order_relaxed);
    return held;
}

pyaccel_status pyaccel_he_context_get(pyaccel_he_context_info *info,
                                      const pyaccel_he_context *context)
{
    if (info == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    memset(info, 0, sizeof *info);
    if (context == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    info->scheme = context->scheme;
    info->degree = (uint32_t)context->degree;
    info->slots = pa_he_slot_count(context);
    info->levels = context->level_count;
    info->prime_count = context->q_count;
    info->special_count = context->p_count;
    info->digit_count = context->digit_count;
    memcpy(info->level_end, context->level_end, sizeof info->level_end);
    memcpy(info->digit_end, context->digit_end, context->digit_count * sizeof *info->digit_end);
    for (uint32_t i = 0; i < context->q_count + context->p_count; i++) {
        info->primes[i] = context->ntt[i].modulus.q;
        info->modulus_bits += pa_he_log2((double)info->primes[i]);
    }
    info->plain_modulus = context->plain_modulus;
    info->scale = context->scale;
    memcpy(info->id, context->id, sizeof info->id);
    info->variant = context->variant;
    return PYACCEL_OK;
}

/* ---- Galois elements -------------------------------------------------------------------------- */

uint32_t pyaccel_he_element(uint32_t degree, int64_t steps)
{
    const uint32_t mask = 2 * degree - 1;
    if (degree < 1u << PA_HE_MIN_LOG_DEGREE || degree > 1u << PA_HE_MAX_LOG_DEGREE ||
        (degree & (degree - 1)) != 0) {
        return 0;
    }
    uint64_t exponent = (uint64_t)steps & (degree / 2 - 1); /* 5 has the order N / 2 modulo 2N */
    uint32_t element = 1;
    for (uint32_t power = 5; exponent != 0; exponent >>= 1, power = (power * power) & mask) {
        element = exponent & 1 ? (element * power) & mask : element;
    }
    return element;
}

uint32_t pa_he_element_inverse(uint32_t element, unsigned log_degree)
{
    uint32_t inverse = element; /* right modulo 8; each step doubles the bits that are */
    for (int step = 0; step < 3; step++) {
        inverse *= 2 - element * inverse;
    }
    return inverse & ((2u << log_degree) - 1);
}

void pa_he_permutation(pa_he_word *table, uint32_t *source, const pyaccel_he_context *context,
                       uint32_t element)
{
    const unsigned log_degree = context->log_degree;
    const uint32_t mask = (2u << log_degree) - 1;
    for (uint32_t j = 0; j < context->degree; j++) {
        const uint32_t exponent = ((2 * pa_he_bitrev(j, log_degree) + 1) * element) & mask;
        source[context->order[j]] = context->order[pa_he_bitrev((exponent - 1) / 2, log_degree)];
    }
    context->kernels->permute_fill(table, source, log_degree);
}
