/* SPDX-License-Identifier: Apache-2.0 */
/* Negacyclic NTT in 64-bit words, q < 2^61: Cooley-Tukey forward and Gentleman-Sande inverse, two layers a pass, with
 * Harvey's lazily reduced butterflies (arXiv 1205.2926) and Shoup's quotients.
 *
 * Table: the pair (w, floor(w 2^64 / q)) at 2k, w = psi^bitrev(k), 1 <= k < N; behind these, at 2N, the pairs of 1 / N and of
 * w_1 / N. Layer m (1, 2, 4, .. N / 2) has the powers m .. 2m - 1. The inverse reads the same powers: the one of group i in layer
 * m is -w[2m - 1 - i], and the sign goes into the difference that it multiplies. */
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

static uint32_t reversed(uint32_t k, unsigned bits)
{
    uint32_t r = 0;
    for (unsigned i = 0; i < bits; i++) {
        r |= (k >> i & 1) << (bits - 1 - i);
    }
    return r;
}

void pa_he_ntt_fill_portable(pa_he_word *table, const pa_he_modulus *modulus, uint64_t psi,
                             unsigned log_degree)
{
    const uint64_t q = modulus->q;
    const uint32_t degree = UINT32_C(1) << log_degree;
    uint64_t power = 1;
    for (uint32_t e = 0; e < degree; e++) {
        put_twiddle(table, reversed(e, log_degree), power, q);
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

/* (x, y) <- (x + w y, x - w y), both before and after below 4q. */
static inline void butterfly(uint64_t *x, uint64_t *y, twiddle t, uint64_t q)
{
    const uint64_t u = pa_he_once(*x, 2 * q), v = pa_he_lazy(*y, t.w, t.quotient, q);
    *x = u + v;
    *y = u + 2 * q - v;
}

/* (x, y) <- (x + y, w (y - x)), both before and after below 2q. */
static inline void inverse_butterfly(uint64_t *x, uint64_t *y, twiddle t, uint64_t q)
{
    const uint64_t u = *x, v = *y;
    *x = pa_he_once(u + v, 2 * q);
    *y = pa_he_lazy(v + 2 * q - u, t.w, t.quotient, q);
}

/* The same by a factor: both come out below q. */
static inline void last_butterfly(uint64_t *x, uint64_t *y, twiddle scale, twiddle t, uint64_t q)
{
    const uint64_t u = *x, v = *y;
    *x = pa_he_once(pa_he_lazy(u + v, scale.w, scale.quotient, q), q);
    *y = pa_he_once(pa_he_lazy(v + 2 * q - u, t.w, t.quotient, q), q);
}

static inline uint64_t canonical(uint64_t x, uint64_t q)
{
    return pa_he_once(pa_he_once(x, 2 * q), q);
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
    for (; quarter >= 1; m *= 4, quarter /= 4) {
        const bool last = quarter == 1;
        for (size_t i = 0; i < m; i++) {
            const twiddle t = twiddle_at(table, m + i), t0 = twiddle_at(table, 2 * (m + i)),
                          t1 = twiddle_at(table, 2 * (m + i) + 1);
            pa_he_word *const at = row + 4 * quarter * i;
            for (size_t j = 0; j < quarter; j++) {
                uint64_t a = at[j], b = at[j + quarter], c = at[j + 2 * quarter],
                         d = at[j + 3 * quarter];
                butterfly(&a, &c, t, q);
                butterfly(&b, &d, t, q);
                butterfly(&a, &b, t0, q);
                butterfly(&c, &d, t1, q);
                at[j] = last ? canonical(a, q) : a;
                at[j + quarter] = last ? canonical(b, q) : b;
                at[j + 2 * quarter] = last ? canonical(c, q) : c;
                at[j + 3 * quarter] = last ? canonical(d, q) : d;
            }
        }
    }
}

static void inverse_row(pa_he_word *row, const pa_he_ntt *ntt)
{
    const uint64_t q = ntt->modulus.q;
    const pa_he_word *table = ntt->table;
    const size_t degree = (size_t)1 << ntt->log_degree;
    const twiddle scale = twiddle_at(table, degree), scaled = twiddle_at(table, degree + 1);
    size_t m = degree / 4, quarter = 1;
    for (; m >= 1; m /= 4, quarter *= 4) {
        const bool last = m == 1;
        for (size_t i = 0; i < m; i++) {
            const size_t k = 2 * m - 1 - i;
            const twiddle t = twiddle_at(table, k), t0 = twiddle_at(table, 2 * k + 1),
                          t1 = twiddle_at(table, 2 * k);
            pa_he_word *const at = row + 4 * quarter * i;
            for (size_t j = 0; j < quarter; j++) {
                uint64_t a = at[j], b = at[j + quarter], c = at[j + 2 * quarter],
                         d = at[j + 3 * quarter];
                inverse_butterfly(&a, &b, t0, q);
                inverse_butterfly(&c, &d, t1, q);
                if (last) {
                    last_butterfly(&a, &c, scale, scaled, q);
                    last_butterfly(&b, &d, scale, scaled, q);
                } else {
                    inverse_butterfly(&a, &c, t, q);
                    inverse_butterfly(&b, &d, t, q);
                }
                at[j] = a;
                at[j + quarter] = b;
                at[j + 2 * quarter] = c;
                at[j + 3 * quarter] = d;
            }
        }
    }
    if (ntt->log_degree % 2 != 0) {
        for (size_t j = 0; j < degree / 2; j++) {
            uint64_t x = row[j], y = row[j + degree / 2];
            last_butterfly(&x, &y, scale, scaled, q);
            row[j] = x;
            row[j + degree / 2] = y;
        }
    }
}

void pa_he_forward_portable(pa_he_word *const *rows, size_t count, const pa_he_ntt *ntt)
{
    for (size_t r = 0; r < count; r++) {
        forward_row(rows[r], ntt);
    }
}

void pa_he_inverse_portable(pa_he_word *const *rows, size_t count, const pa_he_ntt *ntt)
{
    for (size_t r = 0; r < count; r++) {
        inverse_row(rows[r], ntt);
    }
}
