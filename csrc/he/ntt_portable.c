/* SPDX-License-Identifier: Apache-2.0 */
/* Negacyclic NTT in 64-bit words, q < 2^61: Cooley-Tukey forward and Gentleman-Sande inverse, two layers a pass, with
 * Harvey's lazily reduced butterflies (arXiv 1205.2926) and Shoup's quotients. As 8q <= 2^64, values may grow to 8q in a pass of
 * two layers, and only what is not multiplied is reduced, once a pass.
 *
 * Table: the pair (w, floor(w 2^64 / q)) at 2k, w = psi^bitrev(k), 1 <= k < N; behind these, at 2N, the pairs of 1 / N and of
 * w_1 / N. Layer m (1, 2, 4, .. N / 2) has the powers m .. 2m - 1. The inverse reads the same powers: the one of group i in layer
 * m is -w[2m - 1 - i], and the sign goes into the difference that it multiplies.
 *
 * Cycles per 4 butterflies on Zen 4, gcc 12 without BMI2: forward 17.2, inverse 16.6, of 12 that three multiplications a
 * butterfly take; the rest is instructions (some 85 for four, in 15 registers). Tried and lost: a reduction a layer (18.8,
 * 18.1), mulx (the same), minima in place of conditional moves (20.6). */
#include "portable.h"
#include "words.h"

typedef struct {
    uint64_t w, quotient;
} twiddle;

static inline twiddle twiddle_at(const pa_he_word *table, size_t k)
{
    return (twiddle){table[2 * k], table[2 * k + 1]};
}

static void put_twiddle(pa_he_word *table, size_t k, uint64_t w, uint64_t q)
{
    table[2 * k] = w;
    table[2 * k + 1] = pa_he_quotient(w, q);
}

size_t pa_he_ntt_words_portable(unsigned log_degree)
{
    return ((size_t)2 << log_degree) + 8;
}

void pa_he_ntt_fill_portable(pa_he_word *table, const pa_he_modulus *modulus, uint64_t psi,
                             unsigned log_degree)
{
    const uint64_t q = modulus->q;
    const uint32_t degree = UINT32_C(1) << log_degree;
    uint64_t power = 1;
    for (uint32_t e = 0; e < degree; e++) {
        put_twiddle(table, pa_he_bitrev(e, log_degree), power, q);
        power = pa_he_mul_mod(power, psi, modulus);
    }
    const uint64_t scale = pa_he_inv_mod(degree % q, modulus);
    put_twiddle(table, degree, scale, q);
    put_twiddle(table, degree + 1, pa_he_mul_mod(scale, table[2], modulus), q);
    for (size_t i = 2 * (size_t)degree + 4; i < pa_he_ntt_words_portable(log_degree); i++) {
        table[i] = 0;
    }
}

void pa_he_ntt_order_portable(uint32_t *position, unsigned log_degree)
{
    for (uint32_t j = 0; j < UINT32_C(1) << log_degree; j++) {
        position[j] = j;
    }
}

/* (x, y) <- (x + w y, x - w y); x below k q, y anything: both below (k + 2) q. */
static inline void butterfly(uint64_t *x, uint64_t *y, twiddle t, uint64_t q)
{
    const uint64_t u = *x, v = pa_he_lazy(*y, t.w, t.quotient, q);
    *x = u + v;
    *y = u + 2 * q - v;
}

/* (x, y) <- (x + y, w (y - x)), x and y below k q: the sum below 2 k q and not reduced, the product below 2q. */
static inline void inverse_butterfly(uint64_t *x, uint64_t *y, twiddle t, uint64_t k, uint64_t q)
{
    const uint64_t u = *x, v = *y;
    *x = u + v;
    *y = pa_he_lazy(v + k * q - u, t.w, t.quotient, q);
}

/* x modulo q, x < 8q */
static inline uint64_t canonical(uint64_t x, uint64_t q)
{
    return pa_he_once(pa_he_once(pa_he_once(x, 4 * q), 2 * q), q);
}

/* Group k of a layer and its two halves, from below 8q to below 8q, or below q in the last pass. */
static inline void forward_group(pa_he_word *at, size_t quarter, const pa_he_word *table, size_t k,
                                 uint64_t q, bool last)
{
    const twiddle t = twiddle_at(table, k), t0 = twiddle_at(table, 2 * k),
                  t1 = twiddle_at(table, 2 * k + 1);
    for (const pa_he_word *end = at + quarter; at < end; at++) {
        uint64_t a = pa_he_once(at[0], 4 * q), b = pa_he_once(at[quarter], 4 * q),
                 c = at[2 * quarter], d = at[3 * quarter];
        butterfly(&a, &c, t, q);
        butterfly(&b, &d, t, q);
        butterfly(&a, &b, t0, q);
        butterfly(&c, &d, t1, q);
        at[0] = last ? canonical(a, q) : a;
        at[quarter] = last ? canonical(b, q) : b;
        at[2 * quarter] = last ? canonical(c, q) : c;
        at[3 * quarter] = last ? canonical(d, q) : d;
    }
}

static void forward_row(pa_he_word *row, const pa_he_ntt *ntt)
{
    const uint64_t q = ntt->modulus.q;
    const pa_he_word *table = ntt->table;
    const size_t degree = (size_t)1 << ntt->log_degree;
    size_t m = 1, quarter = degree / 4;
    if (ntt->log_degree % 2 != 0) {
        const twiddle t = twiddle_at(table, 1);
        for (size_t j = 0; j < degree / 2; j++) {
            uint64_t x = row[j], y = row[j + degree / 2];
            butterfly(&x, &y, t, q);
            row[j] = x;
            row[j + degree / 2] = y;
        }
        m = 2;
        quarter = degree / 8;
    }
    for (; quarter > 1; m *= 4, quarter /= 4) {
        for (size_t i = 0; i < m; i++) {
            forward_group(row + 4 * quarter * i, quarter, table, m + i, q, false);
        }
    }
    for (size_t i = 0; i < m; i++) {
        forward_group(row + 4 * i, 1, table, m + i, q, true);
    }
}

/* Group of a layer from its two halves, from below 2q to below 2q; k: the one whose powers serve. */
static inline void inverse_group(pa_he_word *at, size_t quarter, const pa_he_word *table, size_t k,
                                 uint64_t q)
{
    const twiddle t = twiddle_at(table, k), t0 = twiddle_at(table, 2 * k + 1),
                  t1 = twiddle_at(table, 2 * k);
    for (const pa_he_word *end = at + quarter; at < end; at++) {
        uint64_t a = at[0], b = at[quarter], c = at[2 * quarter], d = at[3 * quarter];
        inverse_butterfly(&a, &b, t0, 2, q);
        inverse_butterfly(&c, &d, t1, 2, q);
        inverse_butterfly(&a, &c, t, 4, q);
        inverse_butterfly(&b, &d, t, 2, q);
        at[0] = pa_he_once(pa_he_once(a, 4 * q), 2 * q);
        at[quarter] = pa_he_once(b, 2 * q);
        at[2 * quarter] = c;
        at[3 * quarter] = d;
    }
}

/* The last layer, by 1 / N: the halves, below 2q, to below q. */
static inline void inverse_last(pa_he_word *row, const pa_he_ntt *ntt)
{
    const uint64_t q = ntt->modulus.q;
    const size_t degree = (size_t)1 << ntt->log_degree, half = degree / 2;
    const twiddle scale = twiddle_at(ntt->table, degree),
                  scaled = twiddle_at(ntt->table, degree + 1);
    for (size_t j = 0; j < half; j++) {
        const uint64_t u = row[j], v = row[j + half];
        row[j] = pa_he_once(pa_he_lazy(u + v, scale.w, scale.quotient, q), q);
        row[j + half] = pa_he_once(pa_he_lazy(v + 2 * q - u, scaled.w, scaled.quotient, q), q);
    }
}

static void inverse_row(pa_he_word *row, const pa_he_ntt *ntt)
{
    const uint64_t q = ntt->modulus.q;
    const size_t degree = (size_t)1 << ntt->log_degree;
    size_t m = degree / 4, quarter = 1;
    for (; m > 1; m /= 4, quarter *= 4) {
        for (size_t i = 0; i < m; i++) {
            inverse_group(row + 4 * quarter * i, quarter, ntt->table, 2 * m - 1 - i, q);
        }
    }
    if (m == 1) { /* log2 N is even: one layer more before the last */
        for (size_t i = 0; i < 2; i++) {
            const twiddle t = twiddle_at(ntt->table, 3 - i);
            pa_he_word *at = row + i * (degree / 2);
            for (size_t j = 0; j < degree / 4; j++) {
                uint64_t x = at[j], y = at[j + degree / 4];
                inverse_butterfly(&x, &y, t, 2, q);
                at[j] = pa_he_once(x, 2 * q);
                at[j + degree / 4] = y;
            }
        }
    }
    inverse_last(row, ntt);
}

void pa_he_forward_portable(pa_he_word *const *rows, size_t count, const pa_he_ntt *ntt)
{
    for (size_t r = 0; r < count; r++) {
        forward_row(rows[r], ntt);
    }
}

void pa_he_forward_within_portable(pa_he_word *const *rows, size_t count,
                                   const pa_he_around *around, const pa_he_ntt *ntt)
{
    const size_t n = (size_t)1 << ntt->log_degree;
    for (size_t r = 0; r < count; r++) {
        if (around->lifts != NULL && around->lifts[r].conversion != NULL) {
            pa_he_lift_row_portable(rows[r], &around->lifts[r], n);
        }
        forward_row(rows[r], ntt);
    }
    if (around->done != NULL) {
        around->done(around->work, 0, n);
    }
}

void pa_he_inverse_portable(pa_he_word *const *rows, size_t count, const pa_he_ntt *ntt)
{
    for (size_t r = 0; r < count; r++) {
        inverse_row(rows[r], ntt);
    }
}
