/* SPDX-License-Identifier: Apache-2.0 */
/* Negacyclic NTT on doubles, p < 2^50, in four lanes: radix 4, depth first. Exactness: doubles.h.
 *
 * Groups of coefficients that are transformed alike are nodes of a binary tree: node 1 is all N, node k splits into 2k and
 * 2k + 1 by w_k = psi^bitrev(k), and nodes of one layer lie side by side. A pass takes a node two layers down: its quarters
 * (a, b, c, d) become those of its grandchildren. As w_(2k+1) = i w_2k, i = psi^(N / 2) = w_1, a root of -1, with
 * C = w_k c, B = w_2k b, D = w_k w_2k d these are
 *     a + C + B + D,    a + C - (B + D),    a - C + i (B - D),    a - C - i (B - D)
 * and the inverse goes up with the same powers: to node m + i, 0 <= i < m, belong those of node 2m - 1 - i, all of them negative
 * or times i, which goes into signs and into what is multiplied by i anyway.
 *
 * The least blocks are 16 elements, four rows of four: a pass among rows (one layer where log2 N is odd), then, transposed, one
 * within rows, whose lanes have powers each. They stay transposed: row r, column c of a block stand at 4c + r.
 *
 * Speed. A pass of four butterflies is 32 operations, 8 cycles on the four pipes of Zen 3 and 4. What they wait for is a
 * chain of 45 cycles, for which the registers to rename to are too few; hence the product with i comes in a second loop, STRIP
 * elements later, so that chains are of 30 and 20. Cycles per 4 butterflies on Zen 4 (gcc 12), floor 2.0: a pass in L1 2.5,
 * among rows 3.3, within rows 4.7 (with 8 shuffles and 12 operations of reduction beside the 32); in all 3.1. Tried and lost:
 * one loop (2.8; with w_(2k+1) in place of i 3.1); the second layer of one step beside the first of the next, in assembly too
 * (2.75); both passes of a block in registers (6.3); halves inserted from memory in place of half of the shuffles (the same);
 * LEAF of 1024 or 4096, STRIP of 32. Rows of several polynomials one after the other take no longer than with powers shared.
 *
 * Range (doubles.h). Forward, a pass takes values of k p to k + 3 (1/2 + error k), or reduces `a` first, which leaves
 * 2 + 3 error k. Inverse, the sum of four is 4k, reduced unless there is room, and products are at most 1/2 + 4 error k; by 1 / N
 * all are products, so at most p. plan_* follow k and say which passes reduce; forward ends with all reduced to p / 2.
 *
 * Tables, in doubles: the powers of node k at 8k, POWERS: w_k, w_2k, w_k w_2k, then at 4 further each over p; node 0 has those of
 * node 1 times 1 / N, and 1 / N. Behind them BLOCK for each block: the powers of its 16 elements likewise (log2 N odd: w of
 * either half at 1 and 2), then for four rows w_k, w_2k and their product. N <= 16 is done plainly, in the canonical order, from
 * pairs w_k, w_k / p at 2k, 1 / N at 0. */
#include "doubles.h"

/* Blocks of so many elements are finished before the next: 16 KiB, half of a small L1. */
#define LEAF 2048u
#define POWERS 8u
#define BLOCK 20u
#define STRIP 128u       /* elements of a quarter */
#define STRIP_BLOCKS 16u /* as many elements */
#define PLAIN_LOG_DEGREE 4u

/* ---- tables ---------------------------------------------------------------------------------- */

/* Nodes below this one have more than 32 elements, or more than 16. */
static size_t upper_end(unsigned log_degree)
{
    return (size_t)1 << (log_degree % 2 == 0 ? log_degree - 5 : log_degree - 4);
}

size_t pa_he_ntt_words_avx2(unsigned log_degree)
{
    const size_t degree = (size_t)1 << log_degree;
    return log_degree <= PLAIN_LOG_DEGREE
               ? 2 * degree
               : POWERS * upper_end(log_degree) + (BLOCK * (degree / 16) + 7) / 8 * 8;
}

static const pa_he_word *powers_of_block(const pa_he_ntt *ntt, size_t block)
{
    return ntt->table + POWERS * upper_end(ntt->log_degree) + BLOCK * block;
}

static void put_pair(pa_he_word *at, size_t distance, uint64_t w, const pa_he_modulus *modulus)
{
    const double balanced = pa_he_balanced(w, modulus->q);
    pa_he_put_double(at, balanced);
    pa_he_put_double(at + distance, balanced / modulus->real);
}

static uint64_t power_of(uint32_t node, const pa_he_modulus *modulus, uint64_t psi,
                         unsigned log_degree)
{
    return pa_he_pow_mod(psi, pa_he_bitrev(node, log_degree), modulus);
}

/* w of the node and of its first child, and their product. */
static void put_powers(pa_he_word *at, const uint64_t power[3], const pa_he_modulus *modulus)
{
    for (size_t i = 0; i < 3; i++) {
        put_pair(at + i, 4, power[i], modulus);
    }
}

static void powers_of(uint64_t power[3], uint32_t node, const pa_he_modulus *modulus, uint64_t psi,
                      unsigned log_degree)
{
    power[0] = power_of(node, modulus, psi, log_degree);
    power[1] = power_of(2 * node, modulus, psi, log_degree);
    power[2] = pa_he_mul_mod(power[0], power[1], modulus);
}

void pa_he_ntt_fill_avx2(pa_he_word *table, const pa_he_modulus *modulus, uint64_t psi,
                         unsigned log_degree)
{
    const uint32_t degree = UINT32_C(1) << log_degree;
    const uint64_t scale = pa_he_inv_mod(degree % modulus->q, modulus);
    uint64_t power[3];
    for (size_t i = 0; i < pa_he_ntt_words_avx2(log_degree); i++) {
        table[i] = 0;
    }
    if (log_degree <= PLAIN_LOG_DEGREE) {
        put_pair(table, 1, scale, modulus);
        for (uint32_t node = 1; node < degree; node++) {
            put_pair(table + 2 * (size_t)node, 1, power_of(node, modulus, psi, log_degree),
                     modulus);
        }
        return;
    }
    for (uint32_t node = 1; node < upper_end(log_degree); node++) {
        powers_of(power, node, modulus, psi, log_degree);
        put_powers(table + POWERS * (size_t)node, power, modulus);
    }
    powers_of(power, 1, modulus, psi, log_degree);
    for (size_t i = 0; i < 3; i++) {
        power[i] = pa_he_mul_mod(power[i], scale, modulus);
    }
    put_powers(table, power, modulus);
    put_pair(table + 3, 4, scale, modulus);
    pa_he_word *at = table + POWERS * upper_end(log_degree);
    for (uint32_t block = 0; block < degree / 16; block++, at += BLOCK) {
        const uint32_t node = degree / 16 + block;
        powers_of(power, node, modulus, psi, log_degree);
        put_powers(at, power, modulus);
        for (uint32_t half = 0; half < 2 && log_degree % 2 != 0; half++) {
            put_pair(at + 1 + half, 4, power_of(2 * node + half, modulus, psi, log_degree),
                     modulus);
        }
        for (uint32_t row = 0; row < 4; row++) {
            powers_of(power, 4 * node + row, modulus, psi, log_degree);
            for (size_t i = 0; i < 3; i++) {
                pa_he_put_double(at + 8 + 4 * i + row, pa_he_balanced(power[i], modulus->q));
            }
        }
    }
}

void pa_he_ntt_order_avx2(uint32_t *position, unsigned log_degree)
{
    for (uint32_t j = 0; j < UINT32_C(1) << log_degree; j++) {
        position[j] =
            log_degree <= PLAIN_LOG_DEGREE ? j : (j & ~UINT32_C(15)) | (j & 3) << 2 | (j >> 2 & 3);
    }
}

/* ---- plainly, N <= 16 ------------------------------------------------------------------------ */

static double plain_reduce(double x, const pa_he_modulus *m)
{
    return _mm256_cvtsd_f64(dv_reduce(dv_all(x), dv_prime_of(m)));
}

static double plain_mul(double x, const pa_he_double *pair, const pa_he_modulus *m)
{
    return _mm256_cvtsd_f64(
        dv_mul_by(dv_all(x), dv_all(pair[0]), dv_all(pair[1]), dv_all(m->real)));
}

static void plain_forward(pa_he_double *row, const pa_he_ntt *ntt)
{
    const size_t degree = (size_t)1 << ntt->log_degree;
    const pa_he_double *table = (const pa_he_double *)ntt->table;
    for (size_t m = 1; m < degree; m *= 2) {
        const size_t half = degree / m / 2;
        for (size_t j = 0; j < degree / 2; j++) {
            const size_t i = j / half, at = 2 * half * i + j % half;
            const double x = row[at],
                         y = plain_mul(row[at + half], table + 2 * (m + i), &ntt->modulus);
            row[at] = plain_reduce(x + y, &ntt->modulus);
            row[at + half] = plain_reduce(x - y, &ntt->modulus);
        }
    }
}

static void plain_inverse(pa_he_double *row, const pa_he_ntt *ntt)
{
    const size_t degree = (size_t)1 << ntt->log_degree;
    const pa_he_double *table = (const pa_he_double *)ntt->table;
    for (size_t m = degree / 2; m >= 1; m /= 2) {
        const size_t half = degree / m / 2;
        for (size_t j = 0; j < degree / 2; j++) {
            const size_t i = j / half, at = 2 * half * i + j % half;
            const double x = row[at], y = row[at + half];
            row[at] = plain_reduce(x + y, &ntt->modulus);
            row[at + half] = plain_mul(y - x, table + 2 * (2 * m - 1 - i), &ntt->modulus);
        }
    }
    for (size_t j = 0; j < degree; j++) {
        row[j] = plain_mul(row[j], table, &ntt->modulus);
    }
}

/* ---- plans ----------------------------------------------------------------------------------- */

#define MOST_PASSES 8

/* Which passes reduce: those of upper nodes, the first one first, that among rows and that within them. */
typedef struct {
    bool pass[MOST_PASSES], rows, columns;
} plan;

#define REDUCED (0.5 + 1.0 / 1024) /* dv_reduce's 2^-50 x, and more */

/* A pass by factors of that error from k: whether it reduces. From 8 p, error 3 / 16, that leaves 6.5. */
static bool forward_step(double *k, double error, double most)
{
    const double growth = 3 * (0.5 + error * *k);
    const bool reduce = *k + growth > most;
    *k = (reduce ? REDUCED : *k) + growth;
    return reduce;
}

static plan plan_forward(const pa_he_ntt *ntt)
{
    const double most = DV_MOST(ntt->modulus.bits), by = DV_ERROR_BY(ntt->modulus.bits);
    plan made;
    double k = 1;
    for (unsigned layers = 0, i = 0; layers + 4 < ntt->log_degree; layers += 2, i++) {
        made.pass[i] = forward_step(&k, by, most);
    }
    made.rows = forward_step(&k, by, most); /* of one layer where log2 N is odd: less */
    made.columns = forward_step(&k, DV_ERROR(ntt->modulus.bits), most);
    return made;
}

/* Afterwards four times k has to fit, and a product by it, which may be the last, within p. */
static bool inverse_step(double *k, double error, double by, double most)
{
    const double sum = 4 * *k, product = 0.5 + error * sum;
    const bool reduce = 4 * sum > most || 0.5 + by * 4 * sum > 1;
    *k = reduce ? product : sum;
    return reduce;
}

static plan plan_inverse(const pa_he_ntt *ntt)
{
    const double most = DV_MOST(ntt->modulus.bits), by = DV_ERROR_BY(ntt->modulus.bits);
    plan made;
    double k = 1;
    made.columns = inverse_step(&k, DV_ERROR(ntt->modulus.bits), by, most);
    made.rows = inverse_step(&k, by, by, most);
    for (unsigned layers = 6, i = 0; layers < ntt->log_degree; layers += 2, i++) {
        made.pass[i] = inverse_step(&k, by, by, most);
    }
    return made;
}

/* ---- steps ----------------------------------------------------------------------------------- */

typedef struct {
    dv w, quotient;
} twiddle;

/* Of four elements each of (a, b, c, d), which lie `quarter` apart. */
typedef struct {
    twiddle c, b, d;
} powers;

DV_INLINE twiddle twiddle_at(const pa_he_word *at)
{
    return (twiddle){dv_spread(at), dv_spread(at + 4)};
}

DV_INLINE powers powers_at(const pa_he_word *at)
{
    return (powers){twiddle_at(at), twiddle_at(at + 1), twiddle_at(at + 2)};
}

DV_INLINE dv times(dv x, twiddle t, dv p)
{
    return dv_mul_by(x, t.w, t.quotient, p);
}

/* (x, y) <- (x + y, x - y); (x, y) <- (x + y, y - x) */
DV_INLINE void spread(dv *x, dv *y)
{
    const dv u = *x, v = *y;
    *x = _mm256_add_pd(u, v);
    *y = _mm256_sub_pd(u, v);
}

DV_INLINE void gather(dv *x, dv *y)
{
    const dv u = *x, v = *y;
    *x = _mm256_add_pd(u, v);
    *y = _mm256_sub_pd(v, u);
}

/* From (a, b, c, d) of products: the first two as they will be, then a - C and B - D. */
DV_INLINE void split_sums(dv *a, dv *b, dv *c, dv *d)
{
    spread(a, c);
    spread(b, d);
    spread(a, b);
}

/* Rows that are lifted on the way are read elsewhere, modulo another prime. */
typedef struct {
    const pa_he_word *from;
    dv_prime q;
    bool reduce; /* q / 2 may be above p */
} lift_source;

/* The residue of x modulo q nearest to 0 (convert_avx2.c). */
DV_INLINE dv lifted(dv x, const lift_source *lift, dv_prime m)
{
    x = dv_reduce(x, lift->q);
    return lift->reduce ? dv_reduce(x, m) : x;
}

/* To `at` from `from`; lift: NULL, or what is done to those. */
DV_INLINE void split_step(pa_he_word *at, const pa_he_word *from, size_t quarter, const powers *w,
                          const lift_source *lift, dv_prime m, bool reduce)
{
    dv a = dv_load(from), b = dv_load(from + quarter), c = dv_load(from + 2 * quarter),
       d = dv_load(from + 3 * quarter);
    if (lift != NULL) {
        a = lifted(a, lift, m);
        b = lifted(b, lift, m);
        c = lifted(c, lift, m);
        d = lifted(d, lift, m);
    }
    if (reduce) {
        a = dv_reduce(a, m);
    }
    c = times(c, w->c, m.p);
    b = times(b, w->b, m.p);
    d = times(d, w->d, m.p);
    split_sums(&a, &b, &c, &d);
    dv_store(at, a);
    dv_store(at + quarter, b);
    dv_store(at + 2 * quarter, c);
    dv_store(at + 3 * quarter, d);
}

DV_INLINE void split_last_step(pa_he_word *at, size_t quarter, twiddle root, dv p)
{
    dv c = dv_load(at + 2 * quarter), d = times(dv_load(at + 3 * quarter), root, p);
    spread(&c, &d);
    dv_store(at + 2 * quarter, c);
    dv_store(at + 3 * quarter, d);
}

/* The inverse: first a + b and i (a - b) of the first two, then the rest, from those. */
DV_INLINE void join_first_step(pa_he_word *at, size_t quarter, twiddle root, dv p)
{
    dv a = dv_load(at), b = dv_load(at + quarter);
    spread(&a, &b);
    dv_store(at, a);
    dv_store(at + quarter, times(b, root, p));
}

/* c + d and d - c, then all but the products. */
DV_INLINE void join_sums(dv *a, dv *b, dv *c, dv *d)
{
    gather(c, d);
    gather(a, c);
    const dv u = *b, v = *d;
    *b = _mm256_sub_pd(v, u);
    *d = _mm256_add_pd(u, v);
}

DV_INLINE void join_step(pa_he_word *at, size_t quarter, const powers *w, const twiddle *scale,
                         dv_prime m, bool reduce)
{
    dv a = dv_load(at), b = dv_load(at + quarter), c = dv_load(at + 2 * quarter),
       d = dv_load(at + 3 * quarter);
    join_sums(&a, &b, &c, &d);
    dv_store(at, scale != NULL ? times(a, *scale, m.p) : reduce ? dv_reduce(a, m) : a);
    dv_store(at + quarter, times(b, w->b, m.p));
    dv_store(at + 2 * quarter, times(c, w->c, m.p));
    dv_store(at + 3 * quarter, times(d, w->d, m.p));
}

/* ---- passes ---------------------------------------------------------------------------------- */

/* `nodes` of 4 `quarter` elements side by side, whose powers lie `stride` (negative: downward) apart. */
typedef struct {
    pa_he_word *at;
    size_t nodes, quarter;
    const pa_he_word *powers;
    ptrdiff_t stride;
} pass_range;

DV_INLINE void split_range(pass_range r, twiddle root, dv_prime m, bool reduce)
{
    const size_t strip = r.quarter < STRIP ? r.quarter : STRIP, size = 4 * r.quarter;
    const size_t together = r.quarter < STRIP ? r.nodes : 1; /* nodes to do before second steps */
    for (; r.nodes > 0; r.nodes -= together) {
        for (size_t first = 0; first < r.quarter; first += strip) {
            pa_he_word *at = r.at + first;
            const pa_he_word *from = r.powers;
            for (size_t i = 0; i < together; i++, at += size, from += r.stride) {
                const powers w = powers_at(from);
                for (size_t j = 0; j < strip; j += 4) {
                    split_step(at + j, at + j, r.quarter, &w, NULL, m, reduce);
                }
            }
            at = r.at + first;
            for (size_t i = 0; i < together; i++, at += size) {
                for (size_t j = 0; j < strip; j += 4) {
                    split_last_step(at + j, r.quarter, root, m.p);
                }
            }
        }
        r.at += together * size;
        r.powers += (ptrdiff_t)together * r.stride;
    }
}

DV_INLINE void join_range(pass_range r, twiddle root, const twiddle *scale, dv_prime m, bool reduce)
{
    const size_t strip = r.quarter < STRIP ? r.quarter : STRIP, size = 4 * r.quarter;
    const size_t together = r.quarter < STRIP ? r.nodes : 1;
    for (; r.nodes > 0; r.nodes -= together) {
        for (size_t first = 0; first < r.quarter; first += strip) {
            pa_he_word *at = r.at + first;
            const pa_he_word *from = r.powers;
            for (size_t i = 0; i < together; i++, at += size) {
                for (size_t j = 0; j < strip; j += 4) {
                    join_first_step(at + j, r.quarter, root, m.p);
                }
            }
            at = r.at + first;
            for (size_t i = 0; i < together; i++, at += size, from += r.stride) {
                const powers w = powers_at(from);
                for (size_t j = 0; j < strip; j += 4) {
                    join_step(at + j, r.quarter, &w, scale, m, reduce);
                }
            }
        }
        r.at += together * size;
        r.powers += (ptrdiff_t)together * r.stride;
    }
}

/* The first pass, of one node, which needs no reduction. */
static void split_lifted(pass_range r, const lift_source *lift, twiddle root, dv_prime m)
{
    const size_t strip = r.quarter < STRIP ? r.quarter : STRIP;
    const powers w = powers_at(r.powers);
    for (size_t first = 0; first < r.quarter; first += strip) {
        pa_he_word *at = r.at + first;
        for (size_t j = 0; j < strip; j += 4) {
            split_step(at + j, lift->from + first + j, r.quarter, &w, lift, m, false);
        }
        for (size_t j = 0; j < strip; j += 4) {
            split_last_step(at + j, r.quarter, root, m.p);
        }
    }
}

static void split(pass_range r, twiddle root, dv_prime m, bool reduce)
{
    if (reduce) {
        split_range(r, root, m, true);
    } else {
        split_range(r, root, m, false);
    }
}

static void join(pass_range r, twiddle root, dv_prime m, bool reduce)
{
    if (reduce) {
        join_range(r, root, NULL, m, true);
    } else {
        join_range(r, root, NULL, m, false);
    }
}

/* ---- blocks ---------------------------------------------------------------------------------- */

DV_INLINE void transpose(dv x[4])
{
    const dv low0 = _mm256_unpacklo_pd(x[0], x[1]), high0 = _mm256_unpackhi_pd(x[0], x[1]),
             low1 = _mm256_unpacklo_pd(x[2], x[3]), high1 = _mm256_unpackhi_pd(x[2], x[3]);
    x[0] = _mm256_permute2f128_pd(low0, low1, 0x20);
    x[1] = _mm256_permute2f128_pd(high0, high1, 0x20);
    x[2] = _mm256_permute2f128_pd(low0, low1, 0x31);
    x[3] = _mm256_permute2f128_pd(high0, high1, 0x31);
}

DV_INLINE void load_block(dv x[4], const pa_he_word *at)
{
    for (size_t i = 0; i < 4; i++) {
        x[i] = dv_load(at + 4 * i);
    }
}

DV_INLINE void store_block(pa_he_word *at, const dv x[4])
{
    for (size_t i = 0; i < 4; i++) {
        dv_store(at + 4 * i, x[i]);
    }
}

/* The one layer among rows where log2 N is odd: halves of the block, two rows each. */
DV_INLINE void split_halves(pa_he_word *at, const pa_he_word *block, size_t count, dv_prime m,
                            bool reduce)
{
    for (; count > 0; count--, at += 16, block += BLOCK) {
        dv x[4];
        load_block(x, at);
        for (size_t i = 0; i < 2; i++) {
            if (reduce) {
                x[2 * i] = dv_reduce(x[2 * i], m);
            }
            x[2 * i + 1] = times(x[2 * i + 1], twiddle_at(block + 1 + i), m.p);
            spread(&x[2 * i], &x[2 * i + 1]);
        }
        store_block(at, x);
    }
}

/* `block`: of the first block; its powers' order is the opposite of the blocks'. */
DV_INLINE void join_halves(pa_he_word *at, const pa_he_word *block, size_t count, dv_prime m,
                           bool reduce)
{
    for (; count > 0; count--, at += 16, block -= BLOCK) {
        dv x[4];
        load_block(x, at);
        for (size_t i = 0; i < 2; i++) {
            gather(&x[2 * i], &x[2 * i + 1]);
            if (reduce) {
                x[2 * i] = dv_reduce(x[2 * i], m);
            }
            x[2 * i + 1] = times(x[2 * i + 1], twiddle_at(block + 2 - i), m.p);
        }
        store_block(at, x);
    }
}

DV_INLINE void split_columns(pa_he_word *at, const pa_he_word *block, size_t count, twiddle root,
                             dv_prime m, bool reduce)
{
    for (size_t i = 0; i < count; i++, block += BLOCK) {
        dv x[4];
        load_block(x, at + 16 * i);
        transpose(x);
        if (reduce) {
            x[0] = dv_reduce(x[0], m);
        }
        x[2] = dv_mul(x[2], dv_load(block + 8), m);
        x[1] = dv_mul(x[1], dv_load(block + 12), m);
        x[3] = dv_mul(x[3], dv_load(block + 16), m);
        split_sums(&x[0], &x[1], &x[2], &x[3]);
        store_block(at + 16 * i, x);
    }
    for (size_t i = 0; i < count; i++) {
        dv x[4];
        load_block(x, at + 16 * i);
        x[3] = times(x[3], root, m.p);
        spread(&x[2], &x[3]);
        for (size_t k = 0; k < 4; k++) {
            x[k] = dv_reduce(x[k], m);
        }
        store_block(at + 16 * i, x);
    }
}

DV_INLINE dv backwards(dv x)
{
    return _mm256_permute4x64_pd(x, 0x1b);
}

DV_INLINE void join_columns(pa_he_word *at, const pa_he_word *block, size_t count, twiddle root,
                            dv_prime m, bool reduce)
{
    for (size_t i = 0; i < count; i++) {
        join_first_step(at + 16 * i, 4, root, m.p);
    }
    for (size_t i = 0; i < count; i++, block -= BLOCK) {
        dv x[4];
        load_block(x, at + 16 * i);
        join_sums(&x[0], &x[1], &x[2], &x[3]);
        if (reduce) {
            x[0] = dv_reduce(x[0], m);
        }
        x[2] = dv_mul(x[2], backwards(dv_load(block + 8)), m);
        x[1] = dv_mul(x[1], backwards(dv_load(block + 12)), m);
        x[3] = dv_mul(x[3], backwards(dv_load(block + 16)), m);
        transpose(x);
        store_block(at + 16 * i, x);
    }
}

static void split_blocks(pa_he_word *at, const pa_he_word *block, size_t count, bool odd,
                         twiddle root, dv_prime m, const plan *made)
{
    while (count > 0) {
        const size_t some = count < STRIP_BLOCKS ? count : STRIP_BLOCKS;
        if (!odd) {
            split((pass_range){at, some, 4, block, BLOCK}, root, m, made->rows);
        } else if (made->rows) {
            split_halves(at, block, some, m, true);
        } else {
            split_halves(at, block, some, m, false);
        }
        if (made->columns) {
            split_columns(at, block, some, root, m, true);
        } else {
            split_columns(at, block, some, root, m, false);
        }
        count -= some;
        at += 16 * some;
        block += BLOCK * some;
    }
}

static void join_blocks(pa_he_word *at, const pa_he_word *block, size_t count, bool odd,
                        twiddle root, dv_prime m, const plan *made)
{
    while (count > 0) {
        const size_t some = count < STRIP_BLOCKS ? count : STRIP_BLOCKS;
        if (made->columns) {
            join_columns(at, block, some, root, m, true);
        } else {
            join_columns(at, block, some, root, m, false);
        }
        if (!odd) {
            join((pass_range){at, some, 4, block, -(ptrdiff_t)BLOCK}, root, m, made->rows);
        } else if (made->rows) {
            join_halves(at, block, some, m, true);
        } else {
            join_halves(at, block, some, m, false);
        }
        count -= some;
        at += 16 * some;
        block -= BLOCK * some;
    }
}

/* ---- transforms ------------------------------------------------------------------------------ */

/* Takes the `size` elements of a node apart, down to single ones; depth: passes done so far; lift: of the first node, NULL: none. */
static void forward_node(pa_he_word *at, size_t size, size_t node, unsigned depth,
                         const lift_source *lift, const pa_he_ntt *ntt, const plan *made)
{
    const dv_prime m = dv_prime_of(&ntt->modulus);
    const twiddle root = twiddle_at(ntt->table + POWERS);
    const size_t whole = size;
    size_t nodes = 1;
    for (; size > 16; size /= 4, nodes *= 4, node *= 4, depth++) {
        const pass_range range = {at, nodes, size / 4, ntt->table + POWERS * node, POWERS};
        if (lift != NULL) {
            split_lifted(range, lift, root, m);
            lift = NULL;
        } else {
            split(range, root, m, made->pass[depth]);
        }
        if (size > LEAF) {
            for (size_t i = 0; i < 4; i++) {
                forward_node(at + i * (size / 4), size / 4, 4 * node + i, depth + 1, NULL, ntt,
                             made);
            }
            return;
        }
    }
    const bool odd = size == 8; /* then node has the first half of a block */
    const size_t block = (odd ? node / 2 : node) - ((size_t)1 << (ntt->log_degree - 4));
    split_blocks(at, powers_of_block(ntt, block), whole / 16, odd, root, m, made);
}

/* The inverse of that; node: the one whose powers serve; passes: how many there are in all, to the node and with it. */
static void inverse_node(pa_he_word *at, size_t size, size_t node, unsigned passes,
                         const pa_he_ntt *ntt, const plan *made)
{
    const dv_prime m = dv_prime_of(&ntt->modulus);
    const twiddle root = twiddle_at(ntt->table + POWERS);
    size_t nodes = 1;
    unsigned pass = passes - 1;
    if (size > LEAF) {
        for (size_t i = 0; i < 4; i++) {
            inverse_node(at + i * (size / 4), size / 4, 4 * node + 3 - i, passes - 1, ntt, made);
        }
    } else {
        const size_t blocks = size / 16, degree = (size_t)1 << ntt->log_degree;
        const bool odd = ntt->log_degree % 2 != 0;
        join_blocks(at, powers_of_block(ntt, (node + 1) * blocks - 1 - degree / 16), blocks, odd,
                    root, m, made);
        nodes = size / (odd ? 32 : 64);
        pass = 0;
    }
    for (; pass < passes; pass++, nodes /= 4) {
        const size_t last = (node + 1) * nodes - 1; /* its powers are those of the first */
        const pass_range r = {at, nodes, size / nodes / 4, ntt->table + POWERS * last,
                              -(ptrdiff_t)POWERS};
        if (last != 1) {
            join(r, root, m, made->pass[pass]);
        } else {
            const twiddle scale = twiddle_at(ntt->table + 3);
            join_range((pass_range){at, 1, size / 4, ntt->table, 0}, root, &scale, m, false);
        }
    }
}

void pa_he_forward_avx2(pa_he_word *const *rows, size_t count, const pa_he_ntt *ntt)
{
    const plan made = plan_forward(ntt);
    for (size_t r = 0; r < count; r++) {
        if (ntt->log_degree <= PLAIN_LOG_DEGREE) {
            plain_forward((pa_he_double *)rows[r], ntt);
        } else {
            forward_node(rows[r], (size_t)1 << ntt->log_degree, 1, 0, NULL, ntt, &made);
        }
    }
}

/* All parts at once: rows that take turns leaf by leaf cost 2 % of a product, which their leaves' being near does not win. Lifts from one
 * prime within the first pass save 1 % of a rotation. */
void pa_he_forward_within_avx2(pa_he_word *const *rows, size_t count, const pa_he_around *around,
                               const pa_he_ntt *ntt)
{
    const size_t n = (size_t)1 << ntt->log_degree;
    const plan made = plan_forward(ntt);
    for (size_t r = 0; r < count; r++) {
        const pa_he_lift *lift = around->lifts == NULL ? NULL : &around->lifts[r];
        const pa_he_conversion *c = lift == NULL ? NULL : lift->conversion;
        if (c != NULL && c->in_count == 1 && ntt->log_degree > PLAIN_LOG_DEGREE) {
            const pa_he_modulus *q = &c->in[0]->modulus;
            const lift_source source = {lift->terms[0], dv_prime_of(q), q->q / 2 > ntt->modulus.q};
            forward_node(rows[r], n, 1, 0, &source, ntt, &made);
            continue;
        }
        if (c != NULL) {
            pa_he_lift_row_avx2(rows[r], lift, n);
        }
        pa_he_forward_avx2(rows + r, 1, ntt);
    }
    if (around->done != NULL) {
        around->done(around->work, 0, n);
    }
}

void pa_he_inverse_avx2(pa_he_word *const *rows, size_t count, const pa_he_ntt *ntt)
{
    const plan made = plan_inverse(ntt);
    for (size_t r = 0; r < count; r++) {
        if (ntt->log_degree <= PLAIN_LOG_DEGREE) {
            plain_inverse((pa_he_double *)rows[r], ntt);
        } else {
            inverse_node(rows[r], (size_t)1 << ntt->log_degree, 1, (ntt->log_degree - 3) / 2, ntt,
                         &made);
        }
    }
}
