/* SPDX-License-Identifier: Apache-2.0 */
/* Polynomials of ciphertexts (Paterson and Stockmeyer 1973): x^1 .. x^(2^b - 1), then x^(2^b), x^(2^(b+1)) ..., and
 *   p = q x^h + r,  h the largest of those powers of two not above the degree of p,  until parts are below 2^b and sums of terms.
 * CKKS: each part is asked for at one level and one scale S: r at those, q one level above at S Q / scale(x^h), Q the modulus that the
 * product's rescaling drops; a sum's terms are encoded so that their rescaling gives S. So all scales meet to the last bit.
 * Where the last product is not rescaled its level is -1, which stands for level 0 at S times the scale of x. */
#include <stdlib.h>
#include <string.h>

#include "noise.h"

#define MOST_TERMS 1024u
#define MOST_BITS 11u

typedef struct {
    const double *real;
    const int64_t *integers;
    uint64_t count;
    const pyaccel_he_evaluation_keys *keys;
    const pyaccel_he_options *options;
    pyaccel_he_context *context;
    unsigned bits;                             /* b */
    const pyaccel_he_ciphertexts *x;           /* power 1 */
    pyaccel_he_ciphertexts *small[MOST_TERMS]; /* small[i] = x^i, 2 <= i < 2^b */
    pyaccel_he_ciphertexts *large[MOST_BITS];  /* large[k] = x^(2^k), k >= b */
} work_of;

static unsigned length(uint64_t n)
{
    return n == 0 ? 0 : 64 - (unsigned)__builtin_clzll(n);
}

/* The b with fewest products for a degree: 2^b - 2 small powers, the large ones, and one a division. */
static unsigned best_bits(uint64_t degree)
{
    unsigned best = 1;
    uint64_t least = UINT64_MAX;
    for (unsigned b = 1; b <= length(degree); b++) {
        const uint64_t large = length(degree) > b ? length(degree) - b : 0;
        const uint64_t products = (((uint64_t)1 << b) - 2) + large + (degree >> b);
        if (products < least) {
            least = products;
            best = b;
        }
    }
    return best;
}

/* Levels below x that x^i takes, and a part of a degree, of which sums of terms take one more. */
static unsigned power_depth(uint64_t i)
{
    return i <= 1 ? 0 : length(i - 1);
}

static unsigned depth_of(uint64_t degree, unsigned bits)
{
    if (degree < (uint64_t)1 << bits) {
        return power_depth(degree) + 1;
    }
    const uint64_t high = (uint64_t)1 << (length(degree) - 1);
    const unsigned quotient = depth_of(degree - high, bits), power = length(degree) - 1;
    const unsigned rest = depth_of(high - 1, bits);
    const unsigned most = quotient > power ? quotient : power;
    return most + 1 > rest ? most + 1 : rest;
}

uint32_t pyaccel_he_polynomial_depth(uint64_t count)
{
    if (count == 0 || count > MOST_TERMS) {
        return 0;
    }
    return depth_of(count - 1, best_bits(count - 1));
}

/* ---- powers ---------------------------------------------------------------------------------- */

static const pyaccel_he_ciphertexts *power_of(const work_of *work, uint64_t i)
{
    return i == 1                          ? work->x
           : i < (uint64_t)1 << work->bits ? work->small[i]
                                           : work->large[length(i) - 1];
}

/* A product's noise is the sum of both factors': halving a modulus takes a bit off its budget, and two off that noise while it is not
 * down to the rounding's. */
uint32_t pyaccel_he_product_level(const pyaccel_he_ciphertexts *a)
{
    if (a == NULL) {
        return 0;
    }
    const pyaccel_he_context *context = a->context;
    const double *log2_q = context->constants->log2_q;
    uint32_t level = a->level;
    double noise = a->noise;
    while (context->scheme == PYACCEL_HE_BGV && level > 0) {
        const double bits = log2_q[level] - log2_q[level - 1];
        const double divided = pa_he_noise_divided(context, noise, bits, a->size);
        if (noise - divided <= bits / 2) {
            break;
        }
        noise = divided;
        level--;
    }
    return level;
}

/* *out = a b, relinearized; CKKS: rescaled, INVALID_ARGUMENT where the modulus does not hold its scale; BGV: at a level where the
 * factors' noise is small. */
static pyaccel_status multiply(pyaccel_he_ciphertexts **out, const work_of *work,
                               const pyaccel_he_ciphertexts *a, const pyaccel_he_ciphertexts *b)
{
    pyaccel_he_ciphertexts *low_a = NULL, *low_b = NULL;
    const bool square = a == b;
    pyaccel_status status = PYACCEL_OK;
    *out = NULL;
    if (pyaccel_he_product_level(a) < a->level) {
        status = pyaccel_he_mod_switch(&low_a, a, pyaccel_he_product_level(a), work->options);
    }
    if (status == PYACCEL_OK && !square && pyaccel_he_product_level(b) < b->level) {
        status = pyaccel_he_mod_switch(&low_b, b, pyaccel_he_product_level(b), work->options);
    }
    if (status == PYACCEL_OK) {
        const pyaccel_he_ciphertexts *first = low_a != NULL ? low_a : a;
        const pyaccel_he_ciphertexts *second = square ? first : low_b != NULL ? low_b : b;
        status = pyaccel_he_multiply(out, first, second, work->keys,
                                     work->context->scheme == PYACCEL_HE_CKKS, work->options);
    }
    if (status == PYACCEL_OK && work->real != NULL && !(pa_he_noise_budget(*out) > 0)) {
        pyaccel_he_ciphertexts_free(*out);
        *out = NULL;
        status = PYACCEL_INVALID_ARGUMENT;
    }
    pyaccel_he_ciphertexts_free(low_a);
    pyaccel_he_ciphertexts_free(low_b);
    return status;
}

/* x^i = x^h x^(i - h), h the largest power of two below i, which keeps it as high as may be. */
static pyaccel_status make_power(pyaccel_he_ciphertexts **out, const work_of *work, uint64_t i)
{
    const uint64_t half = (uint64_t)1 << (length(i - 1) - 1);
    return multiply(out, work, power_of(work, half), power_of(work, i - half));
}

static bool any(const work_of *work, uint64_t first, uint64_t last)
{
    for (uint64_t i = first; i < last && i < work->count; i++) {
        if (work->real != NULL ? work->real[i] != 0 : work->integers[i] != 0) {
            return true;
        }
    }
    return false;
}

static pyaccel_status make_powers(work_of *work)
{
    const uint64_t small = (uint64_t)1 << work->bits, degree = work->count - 1;
    pyaccel_status status = PYACCEL_OK;
    for (uint64_t i = 2; i < small && i <= degree && status == PYACCEL_OK; i++) {
        status = make_power(&work->small[i], work, i);
    }
    for (unsigned k = work->bits > 1 ? work->bits : 1;
         (uint64_t)1 << k <= degree && status == PYACCEL_OK; k++) {
        const pyaccel_he_ciphertexts *half = k == work->bits && k > 1 ? work->small[small / 2]
                                             : k == 1                 ? work->x
                                                                      : work->large[k - 1];
        status = multiply(&work->large[k], work, half, half);
    }
    return status;
}

/* ---- sums of terms --------------------------------------------------------------------------- */

/* A number in every slot, times a scale, at a level. */
static pyaccel_status constant(pyaccel_he_plaintexts **out, const work_of *work, uint64_t index,
                               double scale, uint32_t level)
{
    if (work->integers != NULL) {
        return pyaccel_he_encode_coefficients(out, NULL, work->context, &work->integers[index], 1,
                                              1, 1, work->options);
    }
    const uint64_t slots = work->context->degree / 2;
    double *values = malloc(slots * sizeof *values);
    *out = NULL;
    if (values == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    for (uint64_t j = 0; j < slots; j++) {
        values[j] = work->real[index];
    }
    const pyaccel_status status = pyaccel_he_encode_numbers(
        out, NULL, work->context, values, 1, 1, slots, slots, scale, level, work->options);
    free(values);
    return status;
}

static pyaccel_status replace(pyaccel_he_ciphertexts **a, pyaccel_he_ciphertexts *by,
                              pyaccel_status status)
{
    pyaccel_he_ciphertexts_free(*a);
    *a = by;
    return status;
}

/* *out = c x^i at a scale (CKKS), the power brought to a level. */
static pyaccel_status term(pyaccel_he_ciphertexts **out, const work_of *work, uint64_t index,
                           uint64_t i, double scale, uint32_t level)
{
    const pyaccel_he_ciphertexts *power = power_of(work, i);
    const bool ckks = work->real != NULL;
    pyaccel_he_ciphertexts *low = NULL;
    pyaccel_he_plaintexts *factor = NULL;
    *out = NULL;
    pyaccel_status status = PYACCEL_OK;
    if (ckks && power->level > level) {
        status = pyaccel_he_mod_switch(&low, power, level, work->options);
    }
    if (status == PYACCEL_OK) {
        status = constant(&factor, work, index, ckks ? scale / power->scale : 0, level);
    }
    if (status == PYACCEL_OK) {
        status = pyaccel_he_multiply_plain(out, low != NULL ? low : power, factor, work->options);
        if (status == PYACCEL_OK && ckks) {
            (*out)->scale = scale; /* what it is but for the last bit of the quotient */
        }
    }
    pyaccel_he_plaintexts_free(factor);
    pyaccel_he_ciphertexts_free(low);
    return status;
}

/* What scales at a level are, to those one level down. */
static double ratio_at(const work_of *work, int32_t level)
{
    return level == 0 ? work->x->scale : pa_he_dropped(work->context, (uint32_t)level);
}

/* *out = sum of coefficients first .. last - 1 times x^0, x^1 ...; level and scale: CKKS. Where all but the first are 0, a 0 is
 * made of x, for the first to be added to. */
static pyaccel_status sum_terms(pyaccel_he_ciphertexts **out, const work_of *work, uint64_t first,
                                uint64_t last, int32_t level, double scale)
{
    const bool ckks = work->real != NULL;
    const double above = ckks ? scale * ratio_at(work, level + 1) : 0;
    const uint32_t from = (uint32_t)(level + 1);
    pyaccel_status status = PYACCEL_OK;
    pyaccel_he_ciphertexts *sum = NULL, *next = NULL;
    for (uint64_t i = first + 1; i < last && i < work->count && status == PYACCEL_OK; i++) {
        if (!any(work, i, i + 1) && (sum != NULL || any(work, i + 1, last))) {
            continue;
        }
        pyaccel_he_ciphertexts *one;
        status = term(&one, work, i, i - first, above, from);
        if (status == PYACCEL_OK && sum != NULL) {
            status = pyaccel_he_add(&next, sum, one, work->options);
            pyaccel_he_ciphertexts_free(one);
            one = next;
        }
        replace(&sum, one, status);
    }
    if (status == PYACCEL_OK && sum == NULL) { /* a constant alone: x - x */
        pyaccel_he_ciphertexts *low = NULL;
        if (ckks && work->x->level > from) {
            status = pyaccel_he_mod_switch(&low, work->x, from, work->options);
        }
        if (status == PYACCEL_OK) {
            const pyaccel_he_ciphertexts *x = low != NULL ? low : work->x;
            status = pyaccel_he_sub(&sum, x, x, work->options);
        }
        if (status == PYACCEL_OK && ckks) {
            sum->scale = above;
        }
        pyaccel_he_ciphertexts_free(low);
    }
    if (ckks && level < 0) {
        level = 0;
        scale = above;
    } else if (status == PYACCEL_OK && ckks) {
        next = NULL;
        status = pyaccel_he_rescale(&next, sum, work->options);
        status = replace(&sum, next, status);
        if (status == PYACCEL_OK) {
            sum->scale = scale;
        }
    }
    if (status == PYACCEL_OK && any(work, first, first + 1)) {
        pyaccel_he_plaintexts *lowest;
        status = constant(&lowest, work, first, scale, (uint32_t)level);
        next = NULL;
        if (status == PYACCEL_OK) {
            status = pyaccel_he_add_plain(&next, sum, lowest, work->options);
            pyaccel_he_plaintexts_free(lowest);
        }
        status = replace(&sum, next, status);
    }
    *out = sum;
    return status;
}

/* *out = the polynomial of coefficients first .. last - 1. */
static pyaccel_status evaluate(pyaccel_he_ciphertexts **out, const work_of *work, uint64_t first,
                               uint64_t last, int32_t level, double scale)
{
    const uint64_t degree = last - first - 1;
    *out = NULL;
    if (degree < (uint64_t)1 << work->bits) {
        return sum_terms(out, work, first, last, level, scale);
    }
    const unsigned k = length(degree) - 1;
    const uint64_t middle = first + ((uint64_t)1 << k);
    const bool ckks = work->real != NULL;
    const pyaccel_he_ciphertexts *power = work->large[k];
    pyaccel_he_ciphertexts *quotient, *multiple = NULL, *rest = NULL;
    pyaccel_status status = evaluate(&quotient, work, middle, last, level + 1,
                                     ckks ? scale * ratio_at(work, level + 1) / power->scale : 0);
    if (status == PYACCEL_OK) {
        status = multiply(&multiple, work, quotient, power);
    }
    pyaccel_he_ciphertexts_free(quotient);
    if (status == PYACCEL_OK && any(work, first, middle)) {
        status = evaluate(&rest, work, first, middle, level, scale);
        if (status == PYACCEL_OK) {
            if (ckks) {
                multiple->scale = level < 0 ? scale * ratio_at(work, 0) : scale;
            }
            status = pyaccel_he_add(out, multiple, rest, work->options);
        }
        pyaccel_he_ciphertexts_free(rest);
        pyaccel_he_ciphertexts_free(multiple);
        return status;
    }
    *out = multiple;
    return status;
}

pyaccel_status pyaccel_he_polynomial(pyaccel_he_ciphertexts **out, const pyaccel_he_ciphertexts *a,
                                     const double *real, const int64_t *integers, uint64_t count,
                                     const pyaccel_he_evaluation_keys *keys,
                                     const pyaccel_he_options *options)
{
    if (out == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *out = NULL;
    if (a == NULL || a->size != 2 || count == 0 || count > MOST_TERMS || keys == NULL ||
        !pa_he_options_valid(options) || !pa_he_same_context(a->context, keys->context)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    const bool ckks = a->context->scheme == PYACCEL_HE_CKKS;
    if ((real != NULL) != ckks || (integers != NULL) == ckks) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    while (count > 1 && (ckks ? real[count - 1] == 0 : integers[count - 1] == 0)) {
        count--;
    }
    work_of *work = calloc(1, sizeof *work);
    if (work == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    *work = (work_of){.real = real,
                      .integers = integers,
                      .count = count,
                      .keys = keys,
                      .options = options,
                      .context = a->context,
                      .bits = best_bits(count - 1),
                      .x = a};
    const uint32_t depth = depth_of(count - 1, work->bits);
    const bool last = pa_he_last_fits(a->context, a->scale * a->scale);
    pyaccel_status status =
        ckks && a->level + last < depth ? PYACCEL_INVALID_ARGUMENT : make_powers(work);
    if (status == PYACCEL_OK) {
        status = evaluate(out, work, 0, count, (int32_t)a->level - (ckks ? (int32_t)depth : 0),
                          a->scale);
    }
    for (uint64_t i = 0; i < MOST_TERMS; i++) {
        pyaccel_he_ciphertexts_free(work->small[i]);
    }
    for (unsigned k = 0; k < MOST_BITS; k++) {
        pyaccel_he_ciphertexts_free(work->large[k]);
    }
    free(work);
    return status;
}
