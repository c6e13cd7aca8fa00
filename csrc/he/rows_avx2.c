/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of doubles modulo p < 2^50 in four lanes, and the table of the avx2 variant. Bounds: doubles.h; every row holds
 * integers of at most p. */
#include "doubles.h"
#include "portable.h"

static void import(pa_he_word *out, const uint64_t *in, size_t n, const pa_he_modulus *modulus)
{
    (void)modulus;
    for (size_t i = 0; i < n; i += 4) {
        dv_store(out + i, dv_of_integers(_mm256_loadu_si256((const __m256i *)(in + i))));
    }
}

static void export(uint64_t *out, const pa_he_word *in, size_t n, const pa_he_modulus *modulus)
{
    const dv_prime m = dv_prime_of(modulus);
    for (size_t i = 0; i < n; i += 4) {
        const dv x = dv_positive(dv_reduce(dv_load(in + i), m), m.p);
        _mm256_storeu_si256((__m256i *)(out + i), dv_to_integers(x));
    }
}

static void import_small(pa_he_word *out, const int32_t *in, size_t n, const pa_he_modulus *modulus)
{
    const dv_prime m = dv_prime_of(modulus);
    for (size_t i = 0; i < n; i += 4) {
        const dv x = _mm256_cvtepi32_pd(_mm_loadu_si128((const __m128i *)(in + i)));
        dv_store(out + i, dv_reduce(x, m));
    }
}

static void add(pa_he_word *out, const pa_he_word *a, const pa_he_word *b, size_t n,
                const pa_he_modulus *modulus)
{
    const dv_prime m = dv_prime_of(modulus);
    for (size_t i = 0; i < n; i += 4) {
        dv_store(out + i, dv_reduce(_mm256_add_pd(dv_load(a + i), dv_load(b + i)), m));
    }
}

static void sub(pa_he_word *out, const pa_he_word *a, const pa_he_word *b, size_t n,
                const pa_he_modulus *modulus)
{
    const dv_prime m = dv_prime_of(modulus);
    for (size_t i = 0; i < n; i += 4) {
        dv_store(out + i, dv_reduce(_mm256_sub_pd(dv_load(a + i), dv_load(b + i)), m));
    }
}

static void neg(pa_he_word *out, const pa_he_word *a, size_t n, const pa_he_modulus *modulus)
{
    (void)modulus;
    for (size_t i = 0; i < n; i += 4) {
        dv_store(out + i, _mm256_sub_pd(_mm256_setzero_pd(), dv_load(a + i)));
    }
}

static void mul(pa_he_word *out, const pa_he_word *a, const pa_he_word *b, size_t n,
                const pa_he_modulus *modulus)
{
    const dv_prime m = dv_prime_of(modulus);
    for (size_t i = 0; i < n; i += 4) {
        dv_store(out + i, dv_mul(dv_load(a + i), dv_load(b + i), m));
    }
}

static void mul_add(pa_he_word *out, const pa_he_word *a, const pa_he_word *b, size_t n,
                    const pa_he_modulus *modulus)
{
    const dv_prime m = dv_prime_of(modulus);
    for (size_t i = 0; i < n; i += 4) {
        const dv product = dv_mul(dv_load(a + i), dv_load(b + i), m);
        dv_store(out + i, dv_reduce(_mm256_add_pd(dv_load(out + i), product), m));
    }
}

static void tensor(pa_he_word *const out[3], const pa_he_word *const a[2],
                   const pa_he_word *const b[2], size_t n, const pa_he_modulus *modulus)
{
    const dv_prime m = dv_prime_of(modulus);
    for (size_t i = 0; i < n; i += 4) {
        const dv a0 = dv_load(a[0] + i), a1 = dv_load(a[1] + i), b0 = dv_load(b[0] + i),
                 b1 = dv_load(b[1] + i);
        dv_store(out[0] + i, dv_mul(a0, b0, m));
        dv_store(out[1] + i, dv_reduce(_mm256_add_pd(dv_mul(a0, b1, m), dv_mul(a1, b0, m)), m));
        dv_store(out[2] + i, dv_mul(a1, b1, m));
    }
}

/* Sums of products, as convert_avx2.c has them: high, near C = 1.5 2^103, is a multiple of 2^51, and what it grew by leaves a rest
 * of at most 2^50. Four products, each below p^2, keep high - C within 2^102 and the rests within 4 2^50, beside the p / 2 (p
 * at first) that was there; (high - C) / p is below 2^52, so rounded twice wrong by 1 at most, and what is left of high below 1.5 p:
 * together less than 6.5 2^50. Of p < 2^49 six products do: 6 2^98 is below 2^101, the rests and 2.5 p below 7.25 2^50. */
#define CHUNK(bits) ((bits) > 49u ? 4u : 6u)
#define C_SUM 0x1.8p103

typedef struct {
    dv high, low;
} sum;

DV_INLINE void sum_add(sum *s, dv x, dv y)
{
    const dv before = s->high;
    s->high = _mm256_fmadd_pd(x, y, before);
    s->low = _mm256_add_pd(s->low, _mm256_fmsub_pd(x, y, _mm256_sub_pd(s->high, before)));
}

/* Into low. */
DV_INLINE void sum_reduce(sum *s, dv_prime m)
{
    const dv h = _mm256_sub_pd(s->high, dv_all(C_SUM));
    const dv c = dv_round(_mm256_mul_pd(h, m.inverse));
    s->low = dv_reduce(_mm256_add_pd(_mm256_fnmadd_pd(c, m.p, h), s->low), m);
    s->high = dv_all(C_SUM);
}

/* Words: a key comes from afar in more streams than the hardware follows; 5 % of a product of N = 16384 (32: 3 %, 256: 4 %). */
#define AHEAD 64u

/* Cycles per element and term, Zen 4, 50 bits: 1.4 of 1.0; six terms of 49 bits 1.15. Tried and lost: products reduced one by one (1.5), chunk after chunk over a strip
 * of elements (1.5), reductions in a loop of their own (1.5). */
DV_INLINE void inner(sum s[4], const pa_he_terms *terms, size_t i, size_t chunk, dv_prime m)
{
    for (size_t k = 0; k < 4; k++) {
        s[k] = (sum){dv_all(C_SUM), _mm256_setzero_pd()};
    }
    for (size_t first = 0; first < terms->count; first += chunk) {
        const size_t end = terms->count - first < chunk ? terms->count : first + chunk;
        for (size_t t = first; t < end; t++) {
            const pa_he_word *b0 = terms->b[0][t], *b1 = terms->b[1][t];
            const dv x = dv_load(terms->a[t] + i), y = dv_load(terms->a[t] + i + 4);
            __builtin_prefetch(b1 + i + AHEAD);
            if (b0 != NULL) {
                __builtin_prefetch(b0 + i + AHEAD);
                sum_add(&s[0], x, dv_load(b0 + i));
                sum_add(&s[1], y, dv_load(b0 + i + 4));
            }
            sum_add(&s[2], x, dv_load(b1 + i));
            sum_add(&s[3], y, dv_load(b1 + i + 4));
        }
        for (size_t k = 0; k < 4; k++) {
            sum_reduce(&s[k], m);
        }
    }
}

static void inner_product(pa_he_word *const out[2], const pa_he_terms *terms, size_t n,
                          const pa_he_modulus *modulus)
{
    const dv_prime m = dv_prime_of(modulus);
    const size_t chunk = CHUNK(modulus->bits);
    for (size_t i = 0; i < n; i += 8) {
        sum s[4];
        inner(s, terms, i, chunk, m);
        for (size_t k = 0; k < 4; k++) {
            dv_store(out[k / 2] + i + 4 * (k % 2), s[k].low);
        }
    }
}

static void inner_quotient(pa_he_word *const out[2], const pa_he_terms *terms,
                           const pa_he_multiplier *c, const pa_he_word *const added[2], size_t n,
                           const pa_he_modulus *modulus)
{
    const dv_prime m = dv_prime_of(modulus);
    const dv w = dv_spread(&c->value), quotient = dv_spread(&c->quotient);
    const size_t chunk = CHUNK(modulus->bits);
    for (size_t i = 0; i < n; i += 8) {
        sum s[4];
        inner(s, terms, i, chunk, m);
        for (size_t k = 0; k < 4; k++) {
            const size_t at = i + 4 * (k % 2);
            const dv x = _mm256_sub_pd(s[k].low, dv_load(out[k / 2] + at));
            dv y = dv_mul_by(x, w, quotient, m.p);
            if (added[k / 2] != NULL) {
                y = dv_reduce(_mm256_add_pd(y, dv_load(added[k / 2] + at)), m);
            }
            dv_store(out[k / 2] + at, y);
        }
    }
}

static void multiplier(pa_he_multiplier *out, uint64_t c, const pa_he_modulus *modulus)
{
    const double w = pa_he_balanced(c, modulus->q);
    pa_he_put_double(&out->value, w);
    pa_he_put_double(&out->quotient, w / modulus->real);
}

static void mul_constant(pa_he_word *out, const pa_he_word *a, const pa_he_multiplier *c, size_t n,
                         const pa_he_modulus *modulus)
{
    const dv p = dv_all(modulus->real), w = dv_spread(&c->value),
             quotient = dv_spread(&c->quotient);
    for (size_t i = 0; i < n; i += 4) {
        dv_store(out + i, dv_mul_by(dv_load(a + i), w, quotient, p));
    }
}

static void sub_mul_constant(pa_he_word *out, const pa_he_word *a, const pa_he_word *b,
                             const pa_he_multiplier *c, size_t n, const pa_he_modulus *modulus)
{
    const dv p = dv_all(modulus->real), w = dv_spread(&c->value),
             quotient = dv_spread(&c->quotient);
    for (size_t i = 0; i < n; i += 4) {
        const dv x = _mm256_sub_pd(dv_load(a + i), dv_load(b + i));
        dv_store(out + i, dv_mul_by(x, w, quotient, p));
    }
}

/* ---- automorphisms ---------------------------------------------------------------------------
 *
 * As of AVX-512 IFMA (ntt_table_avx512ifma.c), by blocks of 16 elements: a block comes from one block, lane b from one lane, the same for
 * all four vectors, and vector k, counted in bit-reversed order, from g k + c_b modulo 4: four vpermps, and two layers of
 * blends that rotate each lane by c_b / g. 0.6 cycles an element on Zen 4, of which 1.0 were taken one by one.
 *
 * Table: word 0, g modulo 4; from word 4 three words a block: which halves of lanes come from where, a byte each; for each bit of the
 * rotation of each lane a byte, all bits of which are it; the block's source. */
#define TURNED 16u
#define TURNED_LOG 4u
#define TURN_HEAD 4u

static size_t permute_words(unsigned log_degree)
{
    return log_degree <= TURNED_LOG ? pa_he_permute_words_portable(log_degree)
                                    : TURN_HEAD + ((size_t)3 << (log_degree - TURNED_LOG));
}

/* Bit-reversed number of a vector of four, or what is so numbered. */
static unsigned reversed2(unsigned k)
{
    return (k & 1) << 1 | (k >> 1 & 1);
}

static void permute_fill(pa_he_word *table, const uint32_t *source, unsigned log_degree)
{
    if (log_degree <= TURNED_LOG) {
        pa_he_permute_fill_portable(table, source, log_degree);
        return;
    }
    const unsigned g =
        (reversed2(source[2 * 4] >> 2) - reversed2(source[0] >> 2)) & 3; /* k = 1, k = 0 */
    for (size_t k = 0; k < permute_words(log_degree); k++) {
        table[k] = 0;
    }
    table[0] = g;
    for (size_t block = 0; block < (size_t)1 << (log_degree - TURNED_LOG); block++) {
        pa_he_word *entry = table + TURN_HEAD + 3 * block;
        const uint32_t *from = source + block * TURNED;
        for (unsigned lane = 0; lane < 4; lane++) {
            const unsigned turn = g * reversed2(from[lane] >> 2) & 3; /* g g = 1 modulo 4 */
            const uint64_t half = 2 * (from[lane] & 3);
            entry[0] |= (half | (half + 1) << 8) << 16 * lane;
            entry[1] |= (uint64_t)(0xff * (turn & 1)) << 8 * lane | (uint64_t)(0xff * (turn >> 1))
                                                                        << (32 + 8 * lane);
        }
        entry[2] = from[0] / TURNED;
    }
}

DV_INLINE dv lanes_turned(uint64_t bytes)
{
    return _mm256_castsi256_pd(_mm256_cvtepi8_epi64(_mm_cvtsi32_si128((int)bytes)));
}

static void permute(pa_he_word *out, const pa_he_word *in, const pa_he_word *table, size_t n)
{
    if (n <= TURNED) {
        pa_he_permute_portable(out, in, table, n);
        return;
    }
    size_t offsets[4];
    for (unsigned k = 0; k < 4; k++) {
        offsets[k] = (size_t)4 * reversed2((unsigned)table[0] * k);
    }
    const pa_he_word *entry = table + TURN_HEAD;
    for (size_t i = 0; i < n; i += TURNED, entry += 3) {
        const __m256i source = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128((long long)entry[0]));
        const dv by1 = lanes_turned(entry[1]), by2 = lanes_turned(entry[1] >> 32);
        const pa_he_word *from = in + entry[2] * TURNED;
        dv v[4], t[4];
        for (unsigned k = 0; k < 4; k++) {
            const __m256 x = _mm256_castpd_ps(dv_load(from + offsets[k]));
            v[k] = _mm256_castps_pd(_mm256_permutevar8x32_ps(x, source));
        }
        for (unsigned k = 0; k < 4; k++) {
            t[k] = _mm256_blendv_pd(v[k], v[(k + 1) % 4], by1);
        }
        for (unsigned k = 0; k < 4; k++) {
            dv_store(out + i + (size_t)4 * reversed2(k),
                     _mm256_blendv_pd(t[k], t[(k + 2) % 4], by2));
        }
    }
}

const pa_he_kernels pa_he_avx2 = {
    .representation = PA_HE_DOUBLES,
    .max_bits = PA_HE_FAST_BITS,
    .ntt_words = pa_he_ntt_words_avx2,
    .ntt_fill = pa_he_ntt_fill_avx2,
    .ntt_order = pa_he_ntt_order_avx2,
    .forward = pa_he_forward_avx2,
    .forward_within = pa_he_forward_within_avx2,
    .inverse = pa_he_inverse_avx2,
    .import = import,
    .export = export,
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
    .permute_words = permute_words,
    .permute_fill = permute_fill,
    .permute = permute,
    .conversion_bytes = pa_he_conversion_bytes_avx2,
    .conversion_fill = pa_he_conversion_fill_avx2,
    .convert = pa_he_convert_avx2,
    .lift_begin = pa_he_lift_begin_avx2,
};
