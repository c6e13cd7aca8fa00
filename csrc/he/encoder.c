/* SPDX-License-Identifier: Apache-2.0 */
/* The encoder of a context, made with it. */
#include "encoder.h"

#include <stdlib.h>
#include <string.h>

#include "words.h"

double pa_he_scaled(double x, int power)
{
    for (; power > 1000; power -= 1000) {
        x *= 0x1p1000;
    }
    for (; power < -1000; power += 1000) {
        x *= 0x1p-1000;
    }
    const uint64_t bits = (uint64_t)(1023 + power) << 52;
    double unit;
    memcpy(&unit, &bits, sizeof unit);
    return x * unit;
}

double pa_he_fraction(int *power, double x)
{
    *power = 0;
    if (x < 0x1p-1000 && x > -0x1p-1000) {
        x *= 0x1p100;
        *power = -100;
    }
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    *power += (int)(bits >> 52 & 0x7ff) - 1022;
    bits = (bits & ~((uint64_t)0x7ff << 52)) | (uint64_t)1022 << 52;
    memcpy(&x, &bits, sizeof x);
    return x;
}

uint32_t pa_he_slot_count(const pyaccel_he_context *context)
{
    return context->encoder->slots;
}

/* ---- CKKS ------------------------------------------------------------------------------------ */

/* Products of the primes in 128 bits, cut off below: relative errors of 2^-120 that no rounding to 53 bits sees. */
static void fill_products(double *part, int *power, const pyaccel_he_context *context)
{
    pa_u128 product = (pa_u128)1 << 127;
    int binary = 1; /* the number is product 2^(binary - 128) */
    for (uint32_t i = 0;; i++) {
        int carry;
        part[i] = pa_he_fraction(&carry, (double)product * 0x1p-128);
        power[i] = binary + carry;
        if (i == context->q_count) {
            return;
        }
        const uint64_t q = context->ntt[i].modulus.q;
        const pa_u128 low = (pa_u128)(uint64_t)product * q;
        const pa_u128 high = (pa_u128)(uint64_t)(product >> 64) * q + (uint64_t)(low >> 64);
        /* 192 bits: high and 64 bits of low. */
        product = high;
        binary += 64;
        uint64_t rest = (uint64_t)low;
        while ((product >> 127) == 0) {
            product = product << 1 | rest >> 63;
            rest <<= 1;
            binary--;
        }
    }
}

static pyaccel_status make_numbers(struct pa_he_encoder *encoder, const pyaccel_he_context *context)
{
    const size_t n = context->degree / 2, most = PA_HE_MAX_PRIMES;
    const size_t doubles = 2 * n + 2 * most * most + 2 * (most + 1);
    double *memory = aligned_alloc(64, (doubles * sizeof(double) + 63) / 64 * 64);
    if (memory == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    double *re = memory, *im = memory + n, *inverse = im + n;
    uint64_t *inverse_words = (uint64_t *)(void *)(inverse + most * most);
    double *part = inverse + 2 * most * most;
    int *power = (int *)(void *)(part + most + 1);
    pa_he_roots_fill(re, im, context->log_degree - 1);
    for (uint32_t i = 0; i < context->q_count; i++) {
        const pa_he_modulus *modulus = &context->ntt[i].modulus;
        encoder->wide = encoder->wide || modulus->bits > PA_HE_FAST_BITS;
        for (uint32_t j = 0; j < i; j++) {
            const uint64_t x = pa_he_inv_mod(context->ntt[j].modulus.q % modulus->q, modulus);
            inverse_words[i * most + j] = x;
            inverse[i * most + j] = x > modulus->q / 2 ? -(double)(modulus->q - x) : (double)x;
        }
    }
    fill_products(part, power, context);
    encoder->memory = memory;
    encoder->kernel = pa_bound(PA_FAMILY_HE_SLOTS);
    pa_count(PA_FAMILY_HE_SLOTS);
    encoder->roots = (pa_he_roots){n, context->log_degree - 1, re, im};
    encoder->inverse = inverse;
    encoder->inverse_words = inverse_words;
    encoder->part = part;
    encoder->power = power;
    encoder->slots = (uint32_t)n;
    return PYACCEL_OK;
}

/* ---- BFV, BGV -------------------------------------------------------------------------------- */

static pyaccel_status make_integers(struct pa_he_encoder *encoder,
                                    const pyaccel_he_context *context)
{
    const size_t n = context->degree;
    const pa_he_kernels *kernels = context->kernels;
    pa_he_modulus modulus;
    if ((context->plain_modulus - 1) % (2 * n) != 0 ||
        !pa_he_modulus_set(&modulus, context->plain_modulus)) {
        return PYACCEL_OK; /* without slots */
    }
    const size_t table_bytes =
        (kernels->ntt_words(context->log_degree) * sizeof(pa_he_word) + 63) / 64 * 64;
    uint8_t *memory = aligned_alloc(64, table_bytes + (n * sizeof(uint32_t) + 63) / 64 * 64);
    if (memory == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    pa_he_word *table = (pa_he_word *)(void *)memory;
    uint32_t *slot = (uint32_t *)(void *)(memory + table_bytes);
    const uint64_t psi = pa_he_root(&modulus, context->log_degree);
    kernels->ntt_fill(table, &modulus, psi, context->log_degree);
    uint64_t power = 1; /* 5^j modulo 2N */
    for (size_t j = 0; j < n / 2; j++) {
        const uint32_t row0 = (uint32_t)(power >> 1), row1 = (uint32_t)((2 * n - power) >> 1);
        slot[j] = context->order[pa_he_bitrev(row0, context->log_degree)];
        slot[j + n / 2] = context->order[pa_he_bitrev(row1, context->log_degree)];
        power = 5 * power & (2 * n - 1);
    }
    encoder->memory = memory;
    encoder->plain = (pa_he_ntt){modulus, context->log_degree, psi, table};
    encoder->slot = slot;
    encoder->slots = (uint32_t)n;
    return PYACCEL_OK;
}

pyaccel_status pa_he_encoder_new(struct pa_he_encoder **encoder, pyaccel_he_context *context)
{
    *encoder = calloc(1, sizeof **encoder);
    if (*encoder == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    const pyaccel_status status = context->scheme == PYACCEL_HE_CKKS
                                      ? make_numbers(*encoder, context)
                                      : make_integers(*encoder, context);
    if (status != PYACCEL_OK) {
        free(*encoder);
        *encoder = NULL;
    }
    return status;
}

void pa_he_encoder_free(struct pa_he_encoder *encoder)
{
    if (encoder != NULL) {
        free(encoder->memory);
        free(encoder);
    }
}
