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

/* Halves of both sums of `count` vectors from element i on. */
typedef struct {
    vec low[2][2], high[2][2];
} halves;

INLINE halves inner(const pa_he_terms *terms, size_t i, unsigned count, const prime *p)
{
    halves s;
    UNROLL for (unsigned k = 0; k < count; k++)
    {
        s.low[0][k] = s.low[1][k] = s.high[0][k] = s.high[1][k] = p->zero;
    }
    for (size_t t = 0; t < terms->count;) {
        const size_t end = terms->count - t < CHUNK ? terms->count : t + CHUNK;
        for (; t < end; t++) {
            const pa_he_word *a = terms->a[t] + i, *b0 = terms->b[0][t], *b1 = terms->b[1][t] + i;
            UNROLL for (unsigned k = 0; k < count; k++)
            {
                __builtin_prefetch(b1 + k * LANES + AHEAD);
                const vec x = load(a + k * LANES), y1 = load(b1 + k * LANES);
                s.low[1][k] = low(s.low[1][k], x, y1);
                s.high[1][k] = high(s.high[1][k], x, y1);
                if (b0 != NULL) {
                    __builtin_prefetch(b0 + i + k * LANES + AHEAD);
                    const vec y0 = load(b0 + i + k * LANES);
                    s.low[0][k] = low(s.low[0][k], x, y0);
                    s.high[0][k] = high(s.high[0][k], x, y0);
                }
            }
        }
        if (t < terms->count) {
            UNROLL for (unsigned k = 0; k < count; k++)
            {
                s.high[0][k] = less(s.high[0][k], p->q2);
                s.high[1][k] = less(s.high[1][k], p->q2);
            }
        }
    }
    return s;
}

/* w and its quotient */
typedef struct {
    vec w, quotient;
} factor;

INLINE factor factor_of(uint64_t w, uint64_t q)
{
    return (factor){all(w), all(shoup(w, q))};
}

INLINE void product_at(pa_he_word *const out[2], const pa_he_terms *terms, size_t i, unsigned count,
                       const factor *carry, const prime *p)
{
    const halves s = inner(terms, i, count, p);
    UNROLL for (unsigned j = 0; j < 2; j++)
    {
        UNROLL for (unsigned k = 0; k < count; k++)
        {
            store(out[j] + i + k * LANES,
                  reduce_wide(s.high[j][k], s.low[j][k], carry->w, carry->quotient, p));
        }
    }
}

static void inner_product(pa_he_word *const out[2], const pa_he_terms *terms, size_t n,
                          const pa_he_modulus *modulus)
{
    const uint64_t q = modulus->q;
    const prime p = prime_of(q);
    const factor carry = factor_of((1ull << 52) % q, q);
    size_t i = 0;
    for (; i + 2 * LANES <= n; i += 2 * LANES) {
        product_at(out, terms, i, 2, &carry, &p);
    }
    if (i < n) {
        product_at(out, terms, i, 1, &carry, &p);
    }
}

/* Sums that are not reduced before they are multiplied: (hi 2^52 + lo + q - out) c, by c and 2^52 c, is below 4q less floor times q;
 * with what is added below 5q. */
INLINE void quotient_at(pa_he_word *const out[2], const pa_he_terms *terms,
                        const pa_he_word *const added[2], size_t i, unsigned count, const factor *c,
                        const factor *upper, const prime *p)
{
    const halves s = inner(terms, i, count, p);
    UNROLL for (unsigned j = 0; j < 2; j++)
    {
        UNROLL for (unsigned k = 0; k < count; k++)
        {
            const size_t at = i + k * LANES;
            const vec lo = add(s.low[j][k], sub(p->q, load(out[j] + at)));
            const vec hi = add(s.high[j][k], _mm512_srli_epi64(lo, 52));
            const vec floor = high(high(p->zero, hi, upper->quotient), lo, c->quotient);
            vec x = clean(low(low(low(p->zero, hi, upper->w), lo, c->w), floor, p->minus_q));
            if (added[j] != NULL) {
                x = less(add(x, load(added[j] + at)), add(p->q2, p->q2));
            }
            store(out[j] + at, less(less(x, p->q2), p->q));
        }
    }
}

static void inner_quotient(pa_he_word *const out[2], const pa_he_terms *terms,
                           const pa_he_multiplier *c, const pa_he_word *const added[2], size_t n,
                           const pa_he_modulus *modulus)
{
    const uint64_t q = modulus->q;
    const prime p = prime_of(q);
    const factor by = {all(c->value), all(c->quotient)},
                 upper = factor_of(pa_he_mul_mod(c->value, (1ull << 52) % q, modulus), q);
    size_t i = 0;
    for (; i + 2 * LANES <= n; i += 2 * LANES) {
        quotient_at(out, terms, added, i, 2, &by, &upper, &p);
    }
    if (i < n) {
        quotient_at(out, terms, added, i, 1, &by, &upper, &p);
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
    .inner_quotient = inner_quotient,
    .multiplier = multiplier,
    .mul_constant = mul_constant,
    .sub_mul_constant = sub_mul_constant,
    .permute_words = PA_HE(permute_words),
    .permute_fill = PA_HE(permute_fill),
    .permute = PA_HE(permute),
    .conversion_bytes = PA_HE(conversion_bytes),
    .conversion_fill = PA_HE(conversion_fill),
    .convert = PA_HE(convert),
    .lift_begin = PA_HE(lift_begin),
};
