/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of 64-bit words, q < 2^61, and the table of the portable variant. */
#include <string.h>

#include "portable.h"
#include "words.h"

static void copy(pa_he_word *out, const pa_he_word *in, size_t n, const pa_he_modulus *modulus)
{
    (void)modulus;
    memmove(out, in, n * sizeof *out);
}

static void import_small(pa_he_word *out, const int32_t *in, size_t n, const pa_he_modulus *modulus)
{
    for (size_t i = 0; i < n; i++) {
        const int64_t value = in[i], sign = value >> 63; /* 0 or -1 */
        const uint64_t r = pa_he_reduce64((uint64_t)((value ^ sign) - sign), modulus);
        const uint64_t minus = pa_he_neg(r, modulus->q);
        out[i] = r ^ ((r ^ minus) & (uint64_t)sign);
    }
}

static void add(pa_he_word *out, const pa_he_word *a, const pa_he_word *b, size_t n,
                const pa_he_modulus *modulus)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = pa_he_add(a[i], b[i], modulus->q);
    }
}

static void sub(pa_he_word *out, const pa_he_word *a, const pa_he_word *b, size_t n,
                const pa_he_modulus *modulus)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = pa_he_sub(a[i], b[i], modulus->q);
    }
}

static void neg(pa_he_word *out, const pa_he_word *a, size_t n, const pa_he_modulus *modulus)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = pa_he_neg(a[i], modulus->q);
    }
}

static void mul(pa_he_word *out, const pa_he_word *a, const pa_he_word *b, size_t n,
                const pa_he_modulus *modulus)
{
    const pa_he_barrett m = pa_he_barrett_of(modulus);
    for (size_t i = 0; i < n; i++) {
        out[i] = pa_he_mul(a[i], b[i], &m);
    }
}

static void mul_add(pa_he_word *out, const pa_he_word *a, const pa_he_word *b, size_t n,
                    const pa_he_modulus *modulus)
{
    const pa_he_barrett m = pa_he_barrett_of(modulus);
    for (size_t i = 0; i < n; i++) {
        out[i] = pa_he_add(out[i], pa_he_mul(a[i], b[i], &m), m.q);
    }
}

static void tensor(pa_he_word *const out[3], const pa_he_word *const a[2],
                   const pa_he_word *const b[2], size_t n, const pa_he_modulus *modulus)
{
    const pa_he_barrett m = pa_he_barrett_of(modulus);
    for (size_t i = 0; i < n; i++) {
        const uint64_t a0 = a[0][i], a1 = a[1][i], b0 = b[0][i], b1 = b[1][i];
        out[0][i] = pa_he_mul(a0, b0, &m);
        out[1][i] = pa_he_add(pa_he_mul(a0, b1, &m), pa_he_mul(a1, b0, &m), m.q);
        out[2][i] = pa_he_mul(a1, b1, &m);
    }
}

/* PA_HE_MAX_PRIMES products of residues stay below 2^128: 64 (2^61 - 1)^2. */
static inline uint64_t inner(const pa_he_terms *terms, const pa_he_word *const *b, size_t i,
                             const pa_he_modulus *modulus)
{
    pa_u128 sum = 0;
    for (size_t t = 0; t < terms->count; t++) {
        sum += b[t] == NULL ? 0 : (pa_u128)terms->a[t][i] * b[t][i];
    }
    return pa_he_reduce128(sum, modulus);
}

static void inner_product(pa_he_word *const out[2], const pa_he_terms *terms, size_t n,
                          const pa_he_modulus *modulus)
{
    for (int k = 0; k < 2; k++) {
        for (size_t i = 0; i < n; i++) {
            out[k][i] = inner(terms, terms->b[k], i, modulus);
        }
    }
}

static void inner_quotient(pa_he_word *const out[2], const pa_he_terms *terms,
                           const pa_he_multiplier *c, const pa_he_word *const added[2], size_t n,
                           const pa_he_modulus *modulus)
{
    const uint64_t q = modulus->q;
    for (int k = 0; k < 2; k++) {
        for (size_t i = 0; i < n; i++) {
            const uint64_t x = inner(terms, terms->b[k], i, modulus) + q - out[k][i];
            const uint64_t y = pa_he_once(pa_he_lazy(x, c->value, c->quotient, q), q);
            out[k][i] = pa_he_add(y, added[k] == NULL ? 0 : added[k][i], q);
        }
    }
}

static void multiplier(pa_he_multiplier *out, uint64_t c, const pa_he_modulus *modulus)
{
    *out = (pa_he_multiplier){c, pa_he_quotient(c, modulus->q)};
}

static void mul_constant(pa_he_word *out, const pa_he_word *a, const pa_he_multiplier *c, size_t n,
                         const pa_he_modulus *modulus)
{
    const uint64_t q = modulus->q, value = c->value, quotient = c->quotient;
    for (size_t i = 0; i < n; i++) {
        out[i] = pa_he_once(pa_he_lazy(a[i], value, quotient, q), q);
    }
}

static void sub_mul_constant(pa_he_word *out, const pa_he_word *a, const pa_he_word *b,
                             const pa_he_multiplier *c, size_t n, const pa_he_modulus *modulus)
{
    const uint64_t q = modulus->q, value = c->value, quotient = c->quotient;
    for (size_t i = 0; i < n; i++) {
        out[i] = pa_he_once(pa_he_lazy(a[i] + q - b[i], value, quotient, q), q);
    }
}

size_t pa_he_permute_words_portable(unsigned log_degree)
{
    return (size_t)1 << (log_degree - 1);
}

typedef uint32_t __attribute__((may_alias)) source_index;

void pa_he_permute_fill_portable(pa_he_word *table, const uint32_t *source, unsigned log_degree)
{
    memcpy(table, source, sizeof *source << log_degree);
}

void pa_he_permute_portable(pa_he_word *out, const pa_he_word *in, const pa_he_word *table,
                            size_t n)
{
    const source_index *source = (const source_index *)table;
    for (size_t i = 0; i < n; i++) {
        out[i] = in[source[i]];
    }
}

const pa_he_kernels pa_he_portable = {
    .representation = PA_HE_WORDS,
    .max_bits = PA_HE_MAX_BITS,
    .ntt_words = pa_he_ntt_words_portable,
    .ntt_fill = pa_he_ntt_fill_portable,
    .ntt_order = pa_he_ntt_order_portable,
    .forward = pa_he_forward_portable,
    .forward_within = pa_he_forward_within_portable,
    .inverse = pa_he_inverse_portable,
    .import = copy,
    .export = copy,
    .import_small = import_small,
    .add = add,
    .sub = sub,
    .neg = neg,
    .mul = mul,
    .mul_add = mul_add,
    .tensor = tensor,
    .inner_product = inner_product,
    .inner_quotient = inner_quotient,
    .multiplier = multiplier,
    .mul_constant = mul_constant,
    .sub_mul_constant = sub_mul_constant,
    .permute_words = pa_he_permute_words_portable,
    .permute_fill = pa_he_permute_fill_portable,
    .permute = pa_he_permute_portable,
    .conversion_bytes = pa_he_conversion_bytes_portable,
    .conversion_fill = pa_he_conversion_fill_portable,
    .convert = pa_he_convert_portable,
    .lift_begin = pa_he_lift_begin_portable,
};
