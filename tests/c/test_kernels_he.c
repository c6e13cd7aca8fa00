/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels of kernels/he as C, held against the portable variant, which tests/c/test_he_{ntt,rows,convert}.c hold against plain
 * arithmetic. */
#include "kernels.h"
#include "random.h"

#include "../../kernels/he/ntt.cl"
#include "../../kernels/he/rows.cl"

#include "../../csrc/he/kernels.h"

#define PRIMES 3u

typedef struct {
    unsigned log_degree;
    size_t n;
    pa_he_ntt ntt[PRIMES];
    uint64_t *constants, *twiddles;
    uint32_t primes[2 * PRIMES], index[4 * PRIMES]; /* rows of two polynomials */
} ring;

static uint64_t quotient(uint64_t w, uint64_t q)
{
    return (uint64_t)(((unsigned __int128)w << 64) / q);
}

static void pair_at(uint64_t *pair, uint64_t w, uint64_t q)
{
    pair[0] = w;
    pair[1] = quotient(w, q);
}

static uint32_t reversed(uint32_t x, unsigned bits)
{
    uint32_t out = 0;
    for (unsigned i = 0; i < bits; i++) {
        out |= (x >> i & 1) << (bits - 1 - i);
    }
    return out;
}

static ring ring_new(unsigned log_degree, const unsigned bits[PRIMES])
{
    ring r = {.log_degree = log_degree, .n = (size_t)1 << log_degree};
    r.constants = exactly(PRIMES * HE_CONSTANTS * sizeof(uint64_t));
    r.twiddles = exactly(PRIMES * 4 * r.n * sizeof(uint64_t));
    uint64_t taken[PRIMES];
    for (uint32_t k = 0; k < PRIMES; k++) {
        CHECK(pa_he_primes_below(&taken[k], 1, bits[k], log_degree, taken, k) == 1);
        pa_he_modulus *m = &r.ntt[k].modulus;
        CHECK(pa_he_modulus_set(m, taken[k]));
        r.ntt[k].log_degree = log_degree;
        r.ntt[k].psi = pa_he_root(m, log_degree);
        pa_he_word *table = aligned_alloc(64, pa_he_portable.ntt_words(log_degree) * 8);
        pa_he_portable.ntt_fill(table, m, r.ntt[k].psi, log_degree);
        r.ntt[k].table = table;
        r.constants[k * HE_CONSTANTS + HE_Q] = m->q;
        r.constants[k * HE_CONSTANTS + HE_MU] =
            (uint64_t)(((unsigned __int128)1 << 2 * m->bits) / m->q) << (63 - m->bits);
        r.constants[k * HE_CONSTANTS + HE_SHIFT] = m->bits - 1;
        for (uint32_t inverse = 0; inverse < 2; inverse++) {
            const uint64_t root = inverse ? pa_he_inv_mod(r.ntt[k].psi, m) : r.ntt[k].psi;
            for (uint32_t i = 0; i < r.n; i++) {
                uint64_t w = pa_he_pow_mod(root, reversed(i, log_degree), m);
                w = inverse && i == 0 ? pa_he_inv_mod(r.n, m) : w;
                pair_at(r.twiddles + ((k * 2 + inverse) * r.n + i) * 2, w, m->q);
            }
        }
        r.primes[k] = r.primes[k + PRIMES] = k;
        for (uint32_t row = k; row < 2 * PRIMES; row += PRIMES) {
            r.index[2 * row] = row;
            r.index[2 * row + 1] = k;
        }
    }
    return r;
}

static void ring_free(ring *r)
{
    for (uint32_t k = 0; k < PRIMES; k++) {
        free((void *)r->ntt[k].table);
    }
    free(r->constants);
    free(r->twiddles);
}

/* Rows of random residues, some of them at the ends of their range. */
static uint64_t *rows_new(const ring *r, uint32_t rows)
{
    uint64_t *out = exactly(rows * r->n * sizeof *out);
    for (uint32_t k = 0; k < rows; k++) {
        const uint64_t q = r->ntt[k % PRIMES].modulus.q;
        for (size_t i = 0; i < r->n; i++) {
            const uint64_t x = random_word();
            out[k * r->n + i] = x % 8 == 0 ? q - 1 : x % 8 == 1 ? 0 : x % q;
        }
    }
    return out;
}

static void transform(const ring *r, uint64_t *words, uint32_t rows, bool inverse)
{
    const unsigned total = r->log_degree;
    for (unsigned done = 0; done < total;) {
        const unsigned layers = total - done >= 3 ? 3 : total - done;
        const uint32_t m = inverse ? 1u << (total - done - layers) : 1u << done;
        const uint32_t n = rows << (total - layers), last = done + layers == total;
        if (layers == 3) {
            if (inverse) {
                LAUNCH(n, he_ntt_inverse_3(words, r->index, r->constants, r->twiddles, total, m,
                                           last, n));
            } else {
                LAUNCH(n, he_ntt_forward_3(words, r->index, r->constants, r->twiddles, total, m,
                                           last, n));
            }
        } else if (layers == 2) {
            if (inverse) {
                LAUNCH(n, he_ntt_inverse_2(words, r->index, r->constants, r->twiddles, total, m,
                                           last, n));
            } else {
                LAUNCH(n, he_ntt_forward_2(words, r->index, r->constants, r->twiddles, total, m,
                                           last, n));
            }
        } else if (inverse) {
            LAUNCH(n,
                   he_ntt_inverse_1(words, r->index, r->constants, r->twiddles, total, m, last, n));
        } else {
            LAUNCH(n,
                   he_ntt_forward_1(words, r->index, r->constants, r->twiddles, total, m, last, n));
        }
        done += layers;
    }
}

static void check_transforms(const ring *r)
{
    const uint32_t rows = 2 * PRIMES;
    uint64_t *ours = rows_new(r, rows), *theirs = exactly(rows * r->n * 8),
             *start = exactly(rows * r->n * 8);
    memcpy(theirs, ours, rows * r->n * 8);
    memcpy(start, ours, rows * r->n * 8);
    transform(r, ours, rows, false);
    for (uint32_t k = 0; k < rows; k++) {
        pa_he_word *row = theirs + k * r->n;
        pa_he_portable.forward(&row, 1, &r->ntt[k % PRIMES]);
    }
    CHECK(memcmp(ours, theirs, rows * r->n * 8) == 0);
    transform(r, ours, rows, true);
    CHECK(memcmp(ours, start, rows * r->n * 8) == 0);
    free(ours);
    free(theirs);
    free(start);
}

/* Rows of a with those of b of the other polynomial; the first and the last have one side alone. */
static void check_elements(const ring *r)
{
    const uint32_t rows = 2 * PRIMES, log = r->log_degree, n = rows << log;
    uint64_t *a = rows_new(r, rows), *b = rows_new(r, rows), *out = exactly(n * 8),
             *wanted = exactly(n * 8), *zeros = exactly(r->n * 8);
    memset(zeros, 0, r->n * 8);
    uint32_t places[4 * PRIMES];
    for (uint32_t k = 0; k < rows; k++) {
        places[2 * k] = k == 0 ? HE_NO_ROW : k;
        places[2 * k + 1] = k == rows - 1 ? HE_NO_ROW : (k + PRIMES) % rows;
    }
    for (uint32_t operation = 0; operation < 3; operation++) {
        LAUNCH(n, he_elements(out, a, b, places, r->primes, r->constants, log, operation, n));
        for (uint32_t k = 0; k < rows; k++) {
            const uint64_t *x = k == 0 ? zeros : a + k * r->n,
                           *y = k == rows - 1 ? zeros : b + (k + PRIMES) % rows * r->n;
            (operation == 0 ? pa_he_portable.add
             : operation == 1
                 ? pa_he_portable.sub
                 : pa_he_portable.mul)(wanted + k * r->n, x, y, r->n, &r->ntt[k % PRIMES].modulus);
        }
        CHECK(memcmp(out, wanted, n * 8) == 0);
    }
    free(a);
    free(b);
    free(out);
    free(wanted);
    free(zeros);
}

/* Two polynomials of three items. */
static void check_sum(const ring *r)
{
    enum { POLYNOMIALS = 2, ITEMS = 3 };
    const uint32_t log = r->log_degree, n = POLYNOMIALS * PRIMES << log, item = PRIMES << log;
    uint64_t *a = rows_new(r, POLYNOMIALS * ITEMS * PRIMES), *out = exactly(n * 8);
    LAUNCH(n, he_sum(out, a, r->primes, r->constants, log, PRIMES, ITEMS, n));
    for (uint32_t i = 0; i < n; i++) {
        const uint64_t *x = a + i / item * ITEMS * item + i % item;
        const uint64_t q = r->ntt[(i >> log) % PRIMES].modulus.q;
        CHECK(out[i] == (uint64_t)(((unsigned __int128)x[0] + x[item] + x[2 * item]) % q));
    }
    free(a);
    free(out);
}

static void check_rows(const ring *r)
{
    const uint32_t rows = 2 * PRIMES, log = r->log_degree, n = rows << log, half = PRIMES << log;
    uint64_t *a = rows_new(r, rows), *b = rows_new(r, rows), *out = exactly(3 * half * 8),
             *wanted = exactly(3 * half * 8);
    LAUNCH(half, he_tensor(out, a, b, r->primes, r->constants, log, half));
    for (uint32_t k = 0; k < PRIMES; k++) {
        const size_t at = k * r->n;
        pa_he_word *const to[3] = {wanted + at, wanted + half + at, wanted + 2 * half + at};
        const pa_he_word *const x[2] = {a + at, a + half + at}, *const y[2] = {b + at,
                                                                               b + half + at};
        pa_he_portable.tensor(to, x, y, r->n, &r->ntt[k].modulus);
    }
    CHECK(memcmp(out, wanted, 3 * half * 8) == 0);

    /* one digit, keys of as many rows as the level */
    LAUNCH(half, he_inner_product(out, a, b, r->primes, r->constants, log, 1u, PRIMES, half));
    for (uint32_t k = 0; k < PRIMES; k++) {
        const size_t at = k * r->n;
        pa_he_word *const to[2] = {wanted + at, wanted + half + at};
        const pa_he_terms term = {.count = 1, .a = {a + at}, .b = {{b + at}, {b + half + at}}};
        pa_he_portable.inner_product(to, &term, r->n, &r->ntt[k].modulus);
    }
    CHECK(memcmp(out, wanted, 2 * half * 8) == 0);

    uint64_t constants[4 * PRIMES];
    for (uint32_t k = 0; k < rows; k++) {
        const pa_he_modulus *m = &r->ntt[k % PRIMES].modulus;
        pair_at(constants + 2 * k, random_word() % m->q, m->q);
    }
    LAUNCH(n,
           he_scaled_difference(out, a, b, constants, r->primes, r->constants, log, rows, rows, n));
    for (uint32_t k = 0; k < rows; k++) {
        pa_he_multiplier c;
        pa_he_portable.multiplier(&c, constants[2 * k], &r->ntt[k % PRIMES].modulus);
        pa_he_portable.sub_mul_constant(wanted + k * r->n, a + k * r->n, b + k * r->n, &c, r->n,
                                        &r->ntt[k % PRIMES].modulus);
    }
    CHECK(memcmp(out, wanted, n * 8) == 0);
    memcpy(out, b, n * 8);
    LAUNCH(n, he_add_scaled(out, a, constants, r->primes, r->constants, log, rows, rows, n));
    for (uint32_t k = 0; k < rows; k++) {
        const pa_he_modulus *m = &r->ntt[k % PRIMES].modulus;
        for (size_t i = k * r->n; i < (k + 1) * r->n; i++) {
            CHECK(out[i] == (pa_he_mul_mod(a[i], constants[2 * k], m) + b[i]) % m->q);
        }
    }
    free(a);
    free(b);
    free(out);
    free(wanted);
}

/* X -> X^element of a polynomial, by its coefficients. */
static void check_automorphism(const ring *r, uint32_t element)
{
    const uint32_t log = r->log_degree, n = PRIMES << log;
    uint64_t *a = rows_new(r, PRIMES), *out = exactly(n * 8), *turned = exactly(n * 8);
    for (uint32_t k = 0; k < PRIMES; k++) {
        for (uint32_t i = 0; i < r->n; i++) {
            const uint32_t to = (uint32_t)((uint64_t)element * i % (2 * r->n));
            const uint64_t x = a[k * r->n + i], q = r->ntt[k].modulus.q;
            turned[k * r->n + to % r->n] = to < r->n || x == 0 ? x : q - x;
        }
    }
    transform(r, a, PRIMES, false);
    transform(r, turned, PRIMES, false);
    LAUNCH(n, he_automorphism(out, a, element, log, n));
    CHECK(memcmp(out, turned, n * 8) == 0);
    free(a);
    free(out);
    free(turned);
}

/* From the first `in_count` primes to the last one. */
static void check_conversion(const ring *r, uint32_t in_count)
{
    const uint32_t log = r->log_degree, n = 1u << log, p = PRIMES - 1;
    const pa_he_ntt *in[PRIMES], *to[1] = {&r->ntt[p]};
    const uint64_t q = to[0]->modulus.q;
    uint64_t pre[PRIMES], fraction[PRIMES], matrix[PRIMES], overflow[1], numbers[5 * PRIMES + 2];
    for (uint32_t k = 0; k < in_count; k++) {
        in[k] = &r->ntt[k];
        pre[k] = in_count == 1 ? 1 : random_word() % in[k]->modulus.q;
        fraction[k] = random_word() >> 12;
        matrix[k] = in_count == 1 ? 1 : random_word() % q;
        pair_at(numbers + 3 * k, pre[k], in[k]->modulus.q);
        numbers[3 * k + 2] = fraction[k];
        pair_at(numbers + 3 * in_count + 2 * k, matrix[k], q);
    }
    overflow[0] = in_count == 1 ? (q - in[0]->modulus.q % q) % q : random_word() % q;
    pair_at(numbers + 5 * in_count, overflow[0], q);
    pa_he_conversion conversion = {.in_count = in_count,
                                   .out_count = 1,
                                   .shift = 20,
                                   .centred = in_count == 1,
                                   .rounding = 1 << 19,
                                   .in = in,
                                   .out = to,
                                   .pre = pre,
                                   .fraction = fraction,
                                   .matrix = matrix,
                                   .overflow = overflow};
    conversion.prepared =
        aligned_alloc(64, (pa_he_portable.conversion_bytes(&conversion) + 63) / 64 * 64);
    pa_he_portable.conversion_fill(&conversion);
    uint64_t *a = rows_new(r, PRIMES), *out = exactly(n * 8), *wanted = exactly(n * 8);
    const pa_he_word *rows[PRIMES] = {a, a + r->n, a + 2 * r->n};
    pa_he_word *outs[1] = {wanted};
    pa_he_portable.convert(outs, rows, NULL, &conversion, r->n);
    const uint32_t in_primes[PRIMES] = {0, 1, 2}, primes[1] = {p};
    LAUNCH(n, he_convert(out, a, numbers, in_primes, primes, r->constants, log, in_count, 0, PRIMES,
                         1, 0, 20, 1 << 19, in_count == 1, n));
    CHECK(memcmp(out, wanted, n * 8) == 0);
    free(conversion.prepared);
    free(a);
    free(out);
    free(wanted);
}

int main(void)
{
    static const unsigned sizes[][PRIMES] = {{30, 40, 50}, {61, 60, 61}, {50, 50, 20}};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        for (unsigned log_degree = 3; log_degree <= 10; log_degree++) {
            ring r = ring_new(log_degree, sizes[s]);
            check_transforms(&r);
            check_elements(&r);
            check_sum(&r);
            check_rows(&r);
            check_automorphism(&r, 5);
            check_automorphism(&r, (2u << log_degree) - 1);
            check_conversion(&r, 1);
            check_conversion(&r, 2);
            ring_free(&r);
        }
    }
    return finish();
}
