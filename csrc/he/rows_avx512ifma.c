/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of residues in AVX-512 IFMA, and the table of the variant. */
#include <string.h>

#include "ntt_avx512ifma.h"

static void copy(pa_he_word *out, const pa_he_word *in, size_t n, const pa_he_modulus *modulus)
{
    (void)modulus;
    memmove(out, in, n * sizeof *out);
}

static void import_small(pa_he_word *out, const int32_t *in, size_t n, const pa_he_modulus *modulus)
{
    const uint64_t q = modulus->q;
    const prime p = prime_of(q);
    const vec offset = all(((1ull << 31) / q + 1) * q);
    for (size_t i = 0; i < n; i += LANES) {
        const vec x =
            _mm512_cvtepi32_epi64(_mm256_loadu_si256((const __m256i *)(const void *)(in + i)));
        store(out + i, less(clean(reduce(add(x, offset), &p)), p.q));
    }
}

/* ---- sums --------------------------------------------------------------------------------------------------------- */

static void add_rows(pa_he_word *out, const pa_he_word *a, const pa_he_word *b, size_t n,
                     const pa_he_modulus *modulus)
{
    const vec q = all(modulus->q);
    for (size_t i = 0; i < n; i += LANES) {
        store(out + i, less(add(load(a + i), load(b + i)), q));
    }
}

static void sub_rows(pa_he_word *out, const pa_he_word *a, const pa_he_word *b, size_t n,
                     const pa_he_modulus *modulus)
{
    const vec q = all(modulus->q);
    for (size_t i = 0; i < n; i += LANES) {
        store(out + i, more(sub(load(a + i), load(b + i)), q));
    }
}

static void neg(pa_he_word *out, const pa_he_word *a, size_t n, const pa_he_modulus *modulus)
{
    const vec q = all(modulus->q);
    for (size_t i = 0; i < n; i += LANES) {
        store(out + i, less(sub(q, load(a + i)), q));
    }
}

static void add_constant(pa_he_word *out, const pa_he_word *a, uint64_t c, size_t n,
                         const pa_he_modulus *modulus)
{
    const vec q = all(modulus->q), constant = all(c);
    for (size_t i = 0; i < n; i += LANES) {
        store(out + i, less(add(load(a + i), constant), q));
    }
}

/* ---- products of residues: Barrett, 2^(b - 1) < q < 2^b, s = 52 - b ----------------------------------------------- */

typedef struct {
    prime p;
    vec shift, shift_less; /* s, s - 1 */
    vec ratio;             /* floor(2^(52 + b) / q) - 2^52 */
    vec ratio_square;      /* floor(2^2b / q) */
    vec ratio_sum;         /* floor(2^(2b + 1) / q) */
} barrett;

INLINE barrett barrett_of(const pa_he_modulus *m)
{
    const unsigned __int128 ratio = (unsigned __int128)m->ratio[1] << 64 | m->ratio[0];
    return (barrett){.p = prime_of(m->q),
                     .shift = all(52 - m->bits),
                     .shift_less = all(51 - m->bits),
                     .ratio = all(m->ratio52 - (1ull << 52)),
                     .ratio_square = all((uint64_t)(ratio >> (128 - 2 * m->bits))),
                     .ratio_sum = all((uint64_t)(ratio >> (127 - 2 * m->bits)))};
}

INLINE vec shifted(vec a, vec count)
{
    return _mm512_sllv_epi64(a, count);
}

/* x - floor q modulo 2^52, in [0, 4q), to [0, q) */
INLINE vec remainder_of(vec x, vec floor, const barrett *m)
{
    return less(less(clean(low(x, floor, m->p.minus_q)), m->p.q2), m->p.q);
}

/* a b, from a 2^s: c = floor(a b / 2^b), floor(c 2^(52 + b) / q / 2^52) is at most 2^b / q + 1/4 + 1 < 3.25 below a b / q. */
INLINE vec product(vec a, vec a_shifted, vec b, const barrett *m)
{
    const vec c = high(m->p.zero, a_shifted, b);
    return remainder_of(low(m->p.zero, a, b), high(c, c, m->ratio), m);
}

static void mul(pa_he_word *out, const pa_he_word *a, const pa_he_word *b, size_t n,
                const pa_he_modulus *modulus)
{
    const barrett m = barrett_of(modulus);
    for (size_t i = 0; i < n; i += LANES) {
        const vec x = load(a + i);
        store(out + i, product(x, shifted(x, m.shift), load(b + i), &m));
    }
}

/* out + a b: c = floor(a b 2^2s / 2^52), floor(c 2^2b / q / 2^52) is at most 1/2 + 1 + 1 below a b / q. */
static void mul_add(pa_he_word *out, const pa_he_word *a, const pa_he_word *b, size_t n,
                    const pa_he_modulus *modulus)
{
    const barrett m = barrett_of(modulus);
    for (size_t i = 0; i < n; i += LANES) {
        const vec x = load(a + i), y = load(b + i);
        const vec c = high(m.p.zero, shifted(x, m.shift), shifted(y, m.shift));
        store(out + i,
              remainder_of(low(load(out + i), x, y), high(m.p.zero, c, m.ratio_square), &m));
    }
}

/* Of a0 b1 + a1 b0 = S: c = sum of floor(a b 2^(2s - 1) / 2^52) < 2^52, floor(c 2^(2b + 1) / q / 2^52) is below S / q by at most
 * r + 1 / r^2 + 1 <= 3.25, r = 2^b / q. */
static void tensor(pa_he_word *const out[3], const pa_he_word *const a[2],
                   const pa_he_word *const b[2], size_t n, const pa_he_modulus *modulus)
{
    const barrett m = barrett_of(modulus);
    for (size_t i = 0; i < n; i += LANES) {
        const vec a0 = load(a[0] + i), a1 = load(a[1] + i);
        const vec b0 = load(b[0] + i), b1 = load(b[1] + i);
        const vec s0 = shifted(a0, m.shift), s1 = shifted(a1, m.shift);
        const vec c =
            high(high(m.p.zero, s0, shifted(b1, m.shift_less)), s1, shifted(b0, m.shift_less));
        store(out[0] + i, product(a0, s0, b0, &m));
        store(out[1] + i,
              remainder_of(low(low(m.p.zero, a0, b1), a1, b0), high(m.p.zero, c, m.ratio_sum), &m));
        store(out[2] + i, product(a1, s1, b1, &m));
    }
}

/* ---- inner products ----------------------------------------------------------------------------------------------- */

/* Halves of 52 bits are summed apart, and reduced once. A product's upper half is below q / 4: those of seven, and what was there,
 * which is kept below 2q, and carries, stay below 2^52. */
#define CHUNK 7u
/* Words, 256 bytes: keys come from memory, in more streams than the hardware follows. */
#define AHEAD 32u

/* `count` vectors from element i on. */
INLINE void inner(pa_he_word *out0, pa_he_word *out1, const pa_he_word *const *a,
                  const pa_he_word *const *b0, const pa_he_word *const *b1, size_t terms, size_t i,
                  unsigned count, bool accumulate, vec w, vec quotient, const prime *p)
{
    vec low0[2], low1[2], high0[2], high1[2];
    UNROLL for (unsigned k = 0; k < count; k++)
    {
        low0[k] = accumulate ? load(out0 + i + k * LANES) : p->zero;
        low1[k] = accumulate ? load(out1 + i + k * LANES) : p->zero;
        high0[k] = high1[k] = p->zero;
    }
    for (size_t t = 0; t < terms;) {
        const size_t end = terms - t < CHUNK ? terms : t + CHUNK;
        for (; t < end; t++) {
            UNROLL for (unsigned k = 0; k < count; k++)
            {
                __builtin_prefetch(b0[t] + i + k * LANES + AHEAD);
                __builtin_prefetch(b1[t] + i + k * LANES + AHEAD);
                const vec x = load(a[t] + i + k * LANES), y1 = load(b1[t] + i + k * LANES);
                low1[k] = low(low1[k], x, y1);
                high1[k] = high(high1[k], x, y1);
                if (b0[t] != NULL) {
                    const vec y0 = load(b0[t] + i + k * LANES);
                    low0[k] = low(low0[k], x, y0);
                    high0[k] = high(high0[k], x, y0);
                }
            }
        }
        if (t < terms) {
            UNROLL for (unsigned k = 0; k < count; k++)
            {
                high0[k] = less(high0[k], p->q2);
                high1[k] = less(high1[k], p->q2);
            }
        }
    }
    UNROLL for (unsigned k = 0; k < count; k++)
    {
        store(out0 + i + k * LANES, reduce_wide(high0[k], low0[k], w, quotient, p));
        store(out1 + i + k * LANES, reduce_wide(high1[k], low1[k], w, quotient, p));
    }
}

static void inner_product(pa_he_word *out0, pa_he_word *out1, const pa_he_word *const *a,
                          const pa_he_word *const *b0, const pa_he_word *const *b1, size_t terms,
                          size_t n, bool accumulate, const pa_he_modulus *modulus)
{
    const uint64_t q = modulus->q, carry = (1ull << 52) % q;
    const prime p = prime_of(q);
    const vec w = all(carry), quotient = all(shoup(carry, q));
    size_t i = 0;
    for (; i + 2 * LANES <= n; i += 2 * LANES) {
        inner(out0, out1, a, b0, b1, terms, i, 2, accumulate, w, quotient, &p);
    }
    if (i < n) {
        inner(out0, out1, a, b0, b1, terms, i, 1, accumulate, w, quotient, &p);
    }
}

/* ---- products with a constant: Shoup ------------------------------------------------------------------------------ */

static void multiplier(pa_he_multiplier *out, uint64_t c, const pa_he_modulus *modulus)
{
    *out = (pa_he_multiplier){c, shoup(c, modulus->q)};
}

static void mul_constant(pa_he_word *out, const pa_he_word *a, const pa_he_multiplier *c, size_t n,
                         const pa_he_modulus *modulus)
{
    const prime p = prime_of(modulus->q);
    const vec w = all(c->value), quotient = all(c->quotient);
    for (size_t i = 0; i < n; i += LANES) {
        store(out + i, less(clean(times(load(a + i), w, quotient, &p)), p.q));
    }
}

static void sub_mul_constant(pa_he_word *out, const pa_he_word *a, const pa_he_word *b,
                             const pa_he_multiplier *c, size_t n, const pa_he_modulus *modulus)
{
    const prime p = prime_of(modulus->q);
    const vec w = all(c->value), quotient = all(c->quotient);
    for (size_t i = 0; i < n; i += LANES) {
        const vec x = add(sub(load(a + i), load(b + i)), p.q);
        store(out + i, less(clean(times(x, w, quotient, &p)), p.q));
    }
}

const pa_he_kernels PA_VARIANT(pa_he_) = {
    .representation = PA_HE_WORDS,
    .max_bits = PA_HE_FAST_BITS,
    .ntt_words = PA_HE(ntt_words),
    .ntt_fill = PA_HE(ntt_fill),
    .ntt_order = PA_HE(ntt_order),
    .forward = PA_HE(forward),
    .forward_within = PA_HE(forward_within),
    .inverse = PA_HE(inverse),
    .import = copy,
    .export = copy,
    .import_small = import_small,
    .add = add_rows,
    .sub = sub_rows,
    .neg = neg,
    .mul = mul,
    .mul_add = mul_add,
    .tensor = tensor,
    .inner_product = inner_product,
    .multiplier = multiplier,
    .mul_constant = mul_constant,
    .sub_mul_constant = sub_mul_constant,
    .add_constant = add_constant,
    .permute_words = PA_HE(permute_words),
    .permute_fill = PA_HE(permute_fill),
    .permute = PA_HE(permute),
    .conversion_bytes = PA_HE(conversion_bytes),
    .conversion_fill = PA_HE(conversion_fill),
    .convert = PA_HE(convert),
    .lift_begin = PA_HE(lift_begin),
};
