/* SPDX-License-Identifier: Apache-2.0 */
/* Decryption. Constant-time in the key and in what is decrypted. */
#include "decrypt.h"

#include "keys.h"
#include "message.h"

/* Coefficients at a time whose digits lie on the stack. */
#define BLOCK 64u

void pa_he_phase_row(pa_he_word *row, const pyaccel_he_secret_key *key,
                     const pyaccel_he_ciphertexts *ciphertexts, uint64_t item, uint32_t j)
{
    const pyaccel_he_context *context = key->context;
    const pa_he_kernels *kernels = context->kernels;
    const pa_he_modulus *modulus = &context->ntt[j].modulus;
    const pa_he_word *s = key->words + j * context->stride;
    for (size_t i = 0; i < context->degree; i += PA_HE_STRIP) {
        const size_t n = pa_he_strip(context, i);
        uint32_t k = ciphertexts->size - 1;
        const pa_he_word *sum = pa_he_row(context, pa_he_part(ciphertexts, item, k), j) + i;
        while (k-- > 0) {
            const pa_he_word *part = pa_he_row(context, pa_he_part(ciphertexts, item, k), j);
            kernels->mul(row + i, sum, s + i, n, modulus);
            kernels->add(row + i, row + i, part + i, n, modulus);
            sum = row + i;
        }
    }
}

void pa_he_digit_constants(pa_he_multiplier *constants, const pyaccel_he_context *context,
                           uint32_t level, uint64_t times)
{
    for (uint32_t j = 0; j < context->level_end[level]; j++) {
        const pa_he_modulus *modulus = &context->ntt[j].modulus;
        uint64_t product = 1;
        for (uint32_t i = 0; i < context->level_end[level]; i++) {
            if (i != j) {
                product = pa_he_mul_mod(product, context->ntt[i].modulus.q % modulus->q, modulus);
            }
        }
        context->kernels->multiplier(
            &constants[j],
            pa_he_mul_mod(pa_he_inv_mod(product, modulus), times % modulus->q, modulus), modulus);
    }
}

void pa_he_phase_digits(pa_he_word *rows, const pyaccel_he_secret_key *key,
                        const pyaccel_he_ciphertexts *ciphertexts, uint64_t i,
                        const pa_he_multiplier *constants)
{
    const pyaccel_he_context *context = key->context;
    for (uint32_t j = 0; j < ciphertexts->rows; j++) {
        const pa_he_ntt *ntt = &context->ntt[j];
        pa_he_word *row = pa_he_row(context, rows, j);
        pa_he_phase_row(row, key, ciphertexts, i, j);
        context->kernels->inverse(&row, 1, ntt);
        context->kernels->mul_constant(row, row, &constants[j], context->degree, &ntt->modulus);
    }
}

/* ---- BFV, BGV ----------------------------------------------------------------------------------- */

/* With digits y_j of z = t x (BFV) or x (BGV) and v = round(sum y_j / q_j), z is sum y_j Q / q_j - v Q near the centre, and
 *   BFV   round(t x / Q) = (t x - z) / Q = sum y_j (-1 / q_j) + v mod t
 *   BGV   z / factor = sum y_j Q / (q_j factor) - v Q / factor mod t
 * v is what exact sums give, but where z is within 2^-50 Q of Q / 2. */
typedef struct {
    pa_he_multiplier inverse[PA_HE_MAX_PRIMES]; /* of digits */
    pa_he_fraction fraction[PA_HE_MAX_PRIMES];
    uint64_t digit[PA_HE_MAX_PRIMES], overflow; /* modulo t */
} plain_constants;

static plain_constants constants_of(const pyaccel_he_ciphertexts *ciphertexts)
{
    const pyaccel_he_context *context = ciphertexts->context;
    const pa_he_modulus *t = &context->constants->plain;
    const bool bfv = context->scheme == PYACCEL_HE_BFV;
    plain_constants constants;
    pa_he_digit_constants(constants.inverse, context, ciphertexts->level, bfv ? t->q : 1);
    uint64_t whole = bfv ? 1 : pa_he_inverse_any(ciphertexts->factor % t->q, t->q);
    for (uint32_t j = 0; !bfv && j < ciphertexts->rows; j++) {
        whole = pa_he_reduce128((pa_u128)whole * context->ntt[j].modulus.q, t);
    }
    for (uint32_t j = 0; j < ciphertexts->rows; j++) {
        const uint64_t inverse = pa_he_inverse_any(context->ntt[j].modulus.q % t->q, t->q);
        constants.fraction[j] = pa_he_fraction_make(&context->ntt[j].modulus);
        constants.digit[j] =
            bfv ? pa_he_neg(inverse, t->q) : pa_he_reduce128((pa_u128)whole * inverse, t);
    }
    constants.overflow = bfv ? 1 % t->q : pa_he_neg(whole, t->q);
    return constants;
}

/* out = the plaintext's coefficients of `n` of the digits' at rows, at `first`. */
static void join_block(uint64_t *out, const pyaccel_he_context *context, uint32_t rows,
                       const pa_he_word *digits, size_t first, size_t n,
                       const plain_constants *constants)
{
    const pa_he_modulus *t = &context->constants->plain;
    uint64_t y[PA_HE_MAX_PRIMES][BLOCK];
    for (uint32_t j = 0; j < rows; j++) {
        context->kernels->export(y[j], digits + j * context->stride + first, n,
                                 &context->ntt[j].modulus);
    }
    for (size_t k = 0; k < n; k++) {
        uint64_t whole = PA_HE_HALF;
        pa_u128 sum = 0; /* below 2^(61 + 40 + 6) */
        for (uint32_t j = 0; j < rows; j++) {
            whole += pa_he_fraction_of(y[j][k], constants->fraction[j]);
            sum += (pa_u128)y[j][k] * constants->digit[j];
        }
        sum += (pa_u128)(whole >> PA_HE_FRACTION_BITS) * constants->overflow;
        out[k] = pa_he_reduce128(sum, t);
    }
    pa_wipe(y, rows * sizeof *y);
}

typedef struct {
    const pyaccel_he_plaintexts *out;
    const pyaccel_he_secret_key *key;
    const pyaccel_he_ciphertexts *ciphertexts;
    const plain_constants *constants; /* BFV, BGV */
    uint32_t flood_bits;              /* CKKS */
    const pa_he_seeds *seeds;
    const pa_he_source *source;
} decrypt_job;

static pyaccel_status decrypt_integers(void *argument, uint64_t first, uint64_t last)
{
    const decrypt_job *job = argument;
    const pyaccel_he_context *context = job->key->context;
    pa_he_scratch scratch;
    if (!pa_he_scratch_take(&scratch, context, job->ciphertexts->rows, 0)) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    for (uint64_t i = first; i < last; i++) {
        pa_he_phase_digits(scratch.rows, job->key, job->ciphertexts, i, job->constants->inverse);
        uint64_t *out = job->out->words + i * context->stride;
        for (size_t k = 0; k < context->degree; k += BLOCK) {
            const size_t left = context->degree - k;
            join_block(out + k, context, job->ciphertexts->rows, scratch.rows, k,
                       left < BLOCK ? left : BLOCK, job->constants);
        }
    }
    pa_he_scratch_return(&scratch, context);
    return PYACCEL_OK;
}

/* ---- CKKS --------------------------------------------------------------------------------------- */

/* row += noise, of n numbers and as many that stand for 2^PA_HE_FLOOD_SPLIT times themselves; two rows of scratch. */
static void add_noise(pa_he_word *row, const pyaccel_he_context *context, uint32_t j,
                      const int64_t *noise, uint32_t bits, pa_he_word *scratch)
{
    const pa_he_kernels *kernels = context->kernels;
    const pa_he_modulus *modulus = &context->ntt[j].modulus;
    const size_t n = context->degree;
    pa_he_signed_row(scratch, context, j, noise, INT64_MAX, n);
    if (bits > PA_HE_FLOOD_SPLIT + 1) {
        pa_he_word *high = scratch + context->stride;
        pa_he_multiplier unit;
        kernels->multiplier(&unit, pa_he_pow_mod(2, PA_HE_FLOOD_SPLIT, modulus), modulus);
        pa_he_signed_row(high, context, j, noise + n, INT64_MAX, n);
        kernels->mul_constant(high, high, &unit, n, modulus);
        kernels->add(scratch, scratch, high, n, modulus);
    }
    kernels->forward(&scratch, 1, &context->ntt[j]);
    kernels->add(row, row, scratch, n, modulus);
}

static pyaccel_status decrypt_numbers(void *argument, uint64_t first, uint64_t last)
{
    const decrypt_job *job = argument;
    const pyaccel_he_context *context = job->key->context;
    const uint32_t rows = job->ciphertexts->rows;
    pa_he_scratch scratch = {0};
    if (job->flood_bits != 0 && !pa_he_scratch_take(&scratch, context, 2, 4)) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    for (uint64_t i = first; i < last; i++) {
        int64_t *noise = (int64_t *)(void *)scratch.integers;
        if (job->flood_bits != 0) {
            const pa_he_stream stream = {
                .seed = job->seeds->secret, .purpose = PA_HE_FLOOD, .item = (uint32_t)i};
            pa_he_gaussian(noise, noise + context->degree, context->degree, job->flood_bits,
                           &stream, job->source);
        }
        for (uint32_t j = 0; j < rows; j++) {
            pa_he_word *row = job->out->words + (i * rows + j) * context->stride;
            pa_he_phase_row(row, job->key, job->ciphertexts, i, j);
            if (job->flood_bits != 0) {
                add_noise(row, context, j, noise, job->flood_bits, scratch.rows);
            }
        }
    }
    if (job->flood_bits != 0) {
        pa_he_scratch_return(&scratch, context);
    }
    return PYACCEL_OK;
}

/* Noise that the level holds: six deviations of 2^bits and more below Q / 2. */
static bool floodable(const pyaccel_he_ciphertexts *ciphertexts, uint32_t bits)
{
    const pyaccel_he_context *context = ciphertexts->context;
    return context->scheme == PYACCEL_HE_CKKS && bits >= 2 && bits <= PA_HE_MOST_FLOOD_BITS &&
           bits + 5 < context->constants->log2_q[ciphertexts->level];
}

/* ---- the call ----------------------------------------------------------------------------------- */

pyaccel_status pyaccel_he_decrypt(pyaccel_he_plaintexts **plaintexts,
                                  const pyaccel_he_secret_key *key,
                                  const pyaccel_he_ciphertexts *ciphertexts, uint32_t flood_bits,
                                  const pyaccel_he_options *options)
{
    if (plaintexts == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *plaintexts = NULL;
    if (key == NULL || ciphertexts == NULL || !pa_he_options_valid(options) ||
        !pa_he_same_context(key->context, ciphertexts->context) ||
        (flood_bits != 0 && !floodable(ciphertexts, flood_bits)) ||
        ciphertexts->count > UINT32_MAX) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    const bool numbers = key->context->scheme == PYACCEL_HE_CKKS;
    pa_he_seeds seeds = {{0}, {0}};
    pyaccel_status status = flood_bits != 0 ? pa_he_begin(&seeds, options) : pa_bind();
    if (status != PYACCEL_OK) {
        return status;
    }
    pyaccel_he_plaintexts *made = pa_he_plaintexts_make(
        key->context, ciphertexts->count, numbers ? PA_HE_PLAIN_NTT : PA_HE_PLAIN_MOD_T,
        numbers ? ciphertexts->level : key->context->level_count - 1);
    if (made == NULL) {
        status = PYACCEL_OUT_OF_MEMORY;
    } else {
        const pa_he_source source = pa_he_source_bound();
        plain_constants constants;
        decrypt_job job = {made, key, ciphertexts, &constants, flood_bits, &seeds, &source};
        if (numbers) {
            made->scale = ciphertexts->scale;
        } else {
            constants = constants_of(ciphertexts);
        }
        status = pa_he_parallel(options, made->count, numbers ? decrypt_numbers : decrypt_integers,
                                &job);
    }
    pa_wipe(&seeds, sizeof seeds);
    if (status != PYACCEL_OK) {
        pyaccel_he_plaintexts_free(made);
        return status;
    }
    *plaintexts = made;
    return PYACCEL_OK;
}
