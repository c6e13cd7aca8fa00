/* SPDX-License-Identifier: Apache-2.0 */
/* Base conversion on doubles, primes below 2^50, in four lanes; exact (doubles.h has how products are).
 *
 * v: floor(y F / 2^52), y < 2^50, F < 2^52. With f = F 2^-52 the bits of fma(y, f, 1.5 2^52) count the integer nearest to y f, up to
 * a constant; the rest, fma(y, f, -integer), is exact, as it is a multiple of 2^-52 of at most 1/2, and where it is negative
 * the floor is one less. Both are added up as 64-bit integers: v may have 56 bits.
 *
 * Sums of products: H = fma(z, M, H) with H near C = 1.5 2^102 rounds to a multiple of 2^50, what it grew by is a difference of
 * two such numbers, so exact, and fma(z, M, -growth) is the exact rest, at most 2^49. Eight products of at most 2^98 leave H - C
 * within the binade's 2^101, their rests within 2^52. So |M| <= p / 2 and |z| <= 2^49: z is y - 2^49, and 2^49 times the sum
 * of M is a constant, which is where the rests begin. An own row is not moved: it counts twice. Then with c = (H - C) / p
 * rounded, an error of at most 1/2 in it before (two roundings of 2^51), (H - C) - c p is at most p, exact, and with the
 * rests below 5.5 2^50.
 *
 * v is one term where it stays below 2^49, else two of 32 and 24 bits, whose constants are overflow and 2^32 overflow. */
#include <string.h>

#include "doubles.h"

#define BLOCK 32u /* elements whose terms lie on the stack: 17 KiB at most */
#define MOST_TERMS (PA_HE_MAX_PRIMES + 2)
#define CHUNK 8u
#define MOVED ((double)(UINT64_C(1) << 49))
#define C_V (0x1.8p52)
#define C_SUM (0x1.8p102)

/* prepared, in doubles: pre (w, w / q) and fraction 2^-52 an in prime; then a line an out prime: the constant, own, and M a term.
 * Before these one word, 1 where v is two terms. */
static size_t line_words(const pa_he_conversion *conversion)
{
    return 2 + (size_t)conversion->in_count + 2;
}

size_t pa_he_conversion_bytes_avx2(const pa_he_conversion *conversion)
{
    const size_t words =
        1 + 3 * (size_t)conversion->in_count + conversion->out_count * line_words(conversion);
    return (words + 7) / 8 * 8 * sizeof(pa_he_word);
}

void pa_he_conversion_fill_avx2(const pa_he_conversion *conversion)
{
    const uint32_t in_count = conversion->in_count;
    pa_he_word *words = conversion->prepared;
    uint64_t most = conversion->rounding;
    pa_he_word *at = words + 1;
    for (uint32_t i = 0; i < in_count; i++, at += 3) {
        const pa_he_modulus *q = &conversion->in[i]->modulus;
        const double w = pa_he_balanced(conversion->pre[i], q->q);
        pa_he_put_double(at, w);
        pa_he_put_double(at + 1, w / q->real);
        pa_he_put_double(at + 2, (double)conversion->fraction[i] * 0x1p-52);
        most += q->q; /* fraction < 2^52 */
    }
    words[0] = most >> conversion->shift >= UINT64_C(1) << 49;
    for (uint32_t j = 0; j < conversion->out_count; j++, at += line_words(conversion)) {
        const pa_he_modulus *p = &conversion->out[j]->modulus;
        const uint64_t *matrix = conversion->matrix + (size_t)j * in_count;
        uint64_t sum = 0;
        for (uint32_t i = 0; i < in_count; i++) {
            pa_he_put_double(at + 2 + i, pa_he_balanced(matrix[i], p->q));
            sum = (sum + matrix[i]) % p->q;
        }
        const uint64_t overflow = conversion->overflow[j], moved = (UINT64_C(1) << 49) % p->q;
        pa_he_put_double(at + 2 + in_count, pa_he_balanced(overflow, p->q));
        pa_he_put_double(
            at + 3 + in_count,
            pa_he_balanced(pa_he_mul_mod(overflow, (UINT64_C(1) << 32) % p->q, p), p->q));
        pa_he_put_double(at, pa_he_balanced(pa_he_mul_mod(sum, moved, p), p->q));
        pa_he_put_double(at + 1,
                         conversion->own == NULL ? 0 : pa_he_balanced(conversion->own[j], p->q));
    }
}

/* out = the class of in nearest to 0, q at most twice p: |x| <= q / 2 is a residue as it is. The quotient that dv_reduce rounds
 * is off by less than 2^-52, and none of an odd q lies nearer to a half than 1 / 2q. */
static void convert_nearest(pa_he_word *out, const pa_he_word *in, const pa_he_modulus *modulus,
                            size_t n)
{
    const dv_prime q = dv_prime_of(modulus);
    for (size_t i = 0; i < n; i += 8) {
        const dv x = dv_reduce(dv_load(in + i), q), y = dv_reduce(dv_load(in + i + 4), q);
        dv_store(out + i, x);
        dv_store(out + i + 4, y);
    }
}

/* The same of any q and p. */
static void convert_nearest_reduced(pa_he_word *out, const pa_he_word *in,
                                    const pa_he_modulus *modulus, const pa_he_modulus *to, size_t n)
{
    const dv_prime q = dv_prime_of(modulus), p = dv_prime_of(to);
    for (size_t i = 0; i < n; i += 8) {
        const dv x = dv_reduce(dv_load(in + i), q), y = dv_reduce(dv_load(in + i + 4), q);
        dv_store(out + i, dv_reduce(x, p));
        dv_store(out + i + 4, dv_reduce(y, p));
    }
}

static void convert_lift(pa_he_word *out, const pa_he_word *in, const pa_he_modulus *q,
                         const pa_he_modulus *p, size_t n)
{
    if (q->q / 2 <= p->q) {
        convert_nearest(out, in, q, n);
    } else {
        convert_nearest_reduced(out, in, q, p, n);
    }
}

/* out_j = the class of in pre nearest to 0. */
static void convert_centred(pa_he_word *const *out, const pa_he_word *in,
                            const pa_he_conversion *conversion, size_t n)
{
    const pa_he_word *pre = (const pa_he_word *)conversion->prepared + 1;
    const pa_he_modulus *q = &conversion->in[0]->modulus;
    if (conversion->pre[0] == 1) { /* a lift */
        for (uint32_t j = 0; j < conversion->out_count; j++) {
            convert_lift(out[j], in, q, &conversion->out[j]->modulus, n);
        }
        return;
    }
    const dv w = dv_spread(pre), quotient = dv_spread(pre + 1), real = dv_all(q->real),
             half = dv_all((double)(q->q / 2));
    for (size_t i = 0; i < n; i += 4) {
        const dv y = dv_positive(dv_mul_by(dv_load(in + i), w, quotient, real), real);
        const dv x = _mm256_sub_pd(y, _mm256_and_pd(real, _mm256_cmp_pd(y, half, _CMP_GT_OQ)));
        for (uint32_t j = 0; j < conversion->out_count; j++) {
            dv_store(out[j] + i, dv_reduce(x, dv_prime_of(&conversion->out[j]->modulus)));
        }
    }
}

/* Of 4 `vectors` elements. */
typedef struct {
    dv high[4], low[4];
} sums;

DV_INLINE void sums_begin(sums *s, size_t vectors)
{
    for (size_t k = 0; k < vectors; k++) {
        s->high[k] = dv_all(C_SUM);
    }
}

/* Elements z times a constant. */
DV_INLINE void sums_add(sums *s, size_t vectors, const pa_he_word *z, dv constant)
{
    for (size_t k = 0; k < vectors; k++) {
        const dv x = dv_load(z + 4 * k), before = s->high[k];
        s->high[k] = _mm256_fmadd_pd(x, constant, before);
        const dv growth = _mm256_sub_pd(s->high[k], before);
        s->low[k] = _mm256_add_pd(s->low[k], _mm256_fmsub_pd(x, constant, growth));
    }
}

/* Into low, at most p / 2. */
DV_INLINE void sums_reduce(sums *s, size_t vectors, dv_prime m)
{
    for (size_t k = 0; k < vectors; k++) {
        const dv h = _mm256_sub_pd(s->high[k], dv_all(C_SUM));
        const dv c = dv_round(_mm256_mul_pd(h, m.inverse));
        s->low[k] = dv_reduce(_mm256_add_pd(_mm256_fnmadd_pd(c, m.p, h), s->low[k]), m);
    }
}

typedef pa_he_word block_row[BLOCK];

/* Rows of z for a block: y_i - 2^49, then v in one part or two. */
static void make_terms(block_row *term, const pa_he_word *const *in, size_t first, size_t size,
                       const pa_he_conversion *conversion)
{
    const pa_he_word *words = conversion->prepared;
    const uint32_t in_count = conversion->in_count;
    const __m128i shift = _mm_cvtsi32_si128((int)conversion->shift);
    for (size_t e = 0; e < size; e += 4) {
        /* Less the bits of C_V in_count times. */
        __m256i v = _mm256_set1_epi64x(
            (int64_t)(conversion->rounding - (uint64_t)in_count * (UINT64_C(0x4338) << 48)));
        for (uint32_t i = 0; i < in_count; i++) {
            const pa_he_word *pre = words + 1 + 3 * i;
            const dv p = dv_all(conversion->in[i]->modulus.real), f = dv_spread(pre + 2);
            const dv y = dv_positive(
                dv_mul_by(dv_load(in[i] + first + e), dv_spread(pre), dv_spread(pre + 1), p), p);
            const dv counted = _mm256_fmadd_pd(y, f, dv_all(C_V));
            const dv rest = _mm256_fmsub_pd(y, f, _mm256_sub_pd(counted, dv_all(C_V)));
            const dv below = _mm256_cmp_pd(rest, _mm256_setzero_pd(), _CMP_LT_OQ);
            v = _mm256_add_epi64(
                v, _mm256_add_epi64(_mm256_castpd_si256(counted), _mm256_castpd_si256(below)));
            dv_store(term[i] + e, _mm256_sub_pd(y, dv_all(MOVED)));
        }
        v = _mm256_srl_epi64(v, shift);
        if (words[0] != 0) {
            const __m256i low = _mm256_and_si256(v, _mm256_set1_epi64x(0xffffffff));
            dv_store(term[in_count] + e, dv_of_integers(low));
            dv_store(term[in_count + 1] + e, dv_of_integers(_mm256_srli_epi64(v, 32)));
        } else {
            dv_store(term[in_count] + e, dv_of_integers(v));
        }
    }
}

/* 4 `vectors` elements of one out row, from element e of the terms on; own: theirs, or NULL. */
DV_INLINE void sum_terms(pa_he_word *out, size_t vectors, const pa_he_word *const *term,
                         uint32_t terms, size_t e, const pa_he_word *own, const pa_he_word *line,
                         const pa_he_modulus *modulus)
{
    const dv_prime m = dv_prime_of(modulus);
    sums s;
    uint32_t weight = 0;
    sums_begin(&s, vectors);
    for (size_t k = 0; k < vectors; k++) {
        s.low[k] = dv_spread(line);
    }
    if (own != NULL) {
        sums_add(&s, vectors, own, dv_spread(line + 1));
        weight = 2;
    }
    for (uint32_t t = 0; t < terms; t++, weight++) {
        if (weight == CHUNK) {
            sums_reduce(&s, vectors, m);
            sums_begin(&s, vectors);
            weight = 0;
        }
        sums_add(&s, vectors, term[t] + e, dv_spread(line + 2 + t));
    }
    sums_reduce(&s, vectors, m);
    for (size_t k = 0; k < vectors; k++) {
        dv_store(out + 4 * k, s.low[k]);
    }
}

/* out_j of n elements, whose terms are rows; own: theirs, or NULL. */
static void sum_row(pa_he_word *out, const pa_he_word *const *term, const pa_he_word *own,
                    const pa_he_conversion *conversion, uint32_t j, size_t n)
{
    const pa_he_word *words = conversion->prepared;
    const uint32_t in_count = conversion->in_count, terms = in_count + 1 + (words[0] != 0);
    const pa_he_word *line = words + 1 + 3 * (size_t)in_count + j * line_words(conversion);
    const pa_he_modulus *p = &conversion->out[j]->modulus;
    size_t e = 0;
    for (; e + 16 <= n; e += 16) {
        sum_terms(out + e, 4, term, terms, e, own == NULL ? NULL : own + e, line, p);
    }
    if (e < n) {
        sum_terms(out + e, 2, term, terms, e, own == NULL ? NULL : own + e, line, p);
    }
}

void pa_he_convert_avx2(pa_he_word *const *out, const pa_he_word *const *in,
                        const pa_he_word *const *own, const pa_he_conversion *conversion, size_t n)
{
    if (conversion->in_count == 1 && conversion->centred) {
        convert_centred(out, in[0], conversion, n);
        return;
    }
    _Alignas(64) block_row term[MOST_TERMS];
    const pa_he_word *rows[MOST_TERMS];
    for (uint32_t t = 0; t < MOST_TERMS; t++) {
        rows[t] = term[t];
    }
    for (size_t first = 0; first < n; first += BLOCK) {
        const size_t size = n - first < BLOCK ? n - first : BLOCK;
        make_terms(term, in, first, size, conversion);
        for (uint32_t j = 0; j < conversion->out_count; j++) {
            sum_row(out[j] + first, rows, own == NULL ? NULL : own[j] + first, conversion, j, size);
        }
    }
}

void pa_he_lift_begin_avx2(pa_he_word *const *rows, pa_he_word *excess,
                           const pa_he_conversion *lift, size_t n)
{
    if (lift->in_count == 1) {
        return;
    }
    assert(*(const pa_he_word *)lift->prepared == 0); /* v, at most in_count, is one term */
    _Alignas(64) block_row term[MOST_TERMS];
    for (size_t first = 0; first < n; first += BLOCK) {
        const size_t size = n - first < BLOCK ? n - first : BLOCK;
        make_terms(term, (const pa_he_word *const *)rows, first, size, lift);
        for (uint32_t i = 0; i < lift->in_count; i++) {
            memcpy(rows[i] + first, term[i], size * sizeof **term);
        }
        memcpy(excess + first, term[lift->in_count], size * sizeof **term);
    }
}

void pa_he_lift_row_avx2(pa_he_word *out, const pa_he_lift *lift, size_t n)
{
    const pa_he_conversion *c = lift->conversion;
    if (c->in_count == 1) {
        convert_lift(out, lift->terms[0], &c->in[0]->modulus, &c->out[lift->out]->modulus, n);
        return;
    }
    const pa_he_word *term[MOST_TERMS];
    memcpy(term, lift->terms, c->in_count * sizeof *term);
    term[c->in_count] = lift->excess;
    sum_row(out, term, NULL, c, lift->out, n);
}
