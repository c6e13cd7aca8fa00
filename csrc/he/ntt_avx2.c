/* SPDX-License-Identifier: Apache-2.0 */
/* Negacyclic NTT on doubles, p < 2^50, in four lanes: radix 4, depth first, the last four layers (three where log2 N is odd) in
 * registers. Exactness: doubles.h.
 *
 * Groups of coefficients that are transformed alike are nodes of a binary tree: node 1 is all N, node k splits into 2k and
 * 2k + 1 by w_k = psi^bitrev(k), and nodes of one layer lie side by side. A pass takes a node two layers down: its quarters
 * (a, b, c, d) become those of its grandchildren. The inverse goes up with the same powers: to node m + i, 0 <= i < m, belongs
 * -w of node 2m - 1 - i, and the sign goes into the difference that it multiplies.
 *
 * The least blocks are 16 elements, four rows of four. They are split among rows, transposed, and split within rows, whose lanes
 * have a power each; they stay transposed: row r, column c of a block stand at 4c + r.
 *
 * Range (doubles.h). Forward, a layer takes values of k p to at most k + 1/2 + error k: for p of 49 bits no N of 2^17 comes near
 * the 16 p that doubles hold, and for 50 bits k would pass 8 after eight layers, so one pass reduces `a`, the quarter that is
 * not multiplied. Inverse, sums double a layer, and a pass reduces the one that is four times as large. plan_* follow k and say
 * which passes do; what comes out is reduced to p / 2 (forward), or multiplied by 1 / N to at most p.
 *
 * Tables, in doubles: for upper nodes k the pair (w, w / p) at 2k (in place of node 0: 1 / N), then (w_1 / N, that / p), and for
 * every block BLOCK of them (block_at). N <= 16 is done plainly, in the canonical order. */
#include "doubles.h"

/* Blocks of so many elements are finished before the next: 16 KiB, half of a small L1. */
#define LEAF 2048u
#define BLOCK 20u
#define PLAIN_LOG_DEGREE 4u

/* ---- tables ---------------------------------------------------------------------------------- */

static uint32_t reversed(uint32_t k, unsigned bits)
{
    uint32_t r = 0;
    for (unsigned i = 0; i < bits; i++) {
        r |= (k >> i & 1) << (bits - 1 - i);
    }
    return r;
}

/* Upper nodes are those below this one. */
static size_t upper_end(unsigned log_degree)
{
    return (size_t)1 << (log_degree % 2 == 0 ? log_degree - 4 : log_degree - 3);
}

static size_t blocks_begin(unsigned log_degree)
{
    return 2 * upper_end(log_degree) + 8;
}

size_t pa_he_ntt_words_avx2(unsigned log_degree)
{
    const size_t degree = (size_t)1 << log_degree;
    return log_degree <= PLAIN_LOG_DEGREE ? 2 * degree
                                          : blocks_begin(log_degree) + BLOCK * (degree / 16);
}

static void put_pair(pa_he_word *at, size_t distance, uint64_t w, const pa_he_modulus *modulus)
{
    const double balanced = pa_he_balanced(w, modulus->q);
    pa_he_put_double(at, balanced);
    pa_he_put_double(at + distance, balanced / modulus->real);
}

/* Where w of a node stands; its quotient stands *distance behind it (0: nowhere). */
static pa_he_word *place_of(pa_he_word *table, uint32_t node, unsigned log_degree, size_t *distance)
{
    const uint32_t degree = UINT32_C(1) << log_degree;
    *distance = 1;
    if (log_degree <= PLAIN_LOG_DEGREE || node < upper_end(log_degree)) {
        return table + 2 * (size_t)node;
    }
    pa_he_word *blocks = table + blocks_begin(log_degree);
    if (node < degree / 4) { /* the 16 elements, then either half */
        *distance = 4;
        return node < degree / 8
                   ? blocks + BLOCK * (size_t)(node - degree / 16)
                   : blocks + BLOCK * (size_t)((node - degree / 8) / 2) + 1 + node % 2;
    }
    *distance = 0;
    const uint32_t row = node < degree / 2 ? node - degree / 4 : (node - degree / 2) / 2;
    pa_he_word *block = blocks + BLOCK * (size_t)(row / 4) + row % 4;
    return node < degree / 2 ? block + 8 : block + 12 + 4 * (node % 2);
}

void pa_he_ntt_fill_avx2(pa_he_word *table, const pa_he_modulus *modulus, uint64_t psi,
                         unsigned log_degree)
{
    const uint32_t degree = UINT32_C(1) << log_degree;
    for (size_t i = 0; i < pa_he_ntt_words_avx2(log_degree); i++) {
        table[i] = 0;
    }
    const uint64_t scale = pa_he_inv_mod(degree % modulus->q, modulus);
    uint64_t power = 1;
    for (uint32_t e = 0; e < degree; e++) {
        const uint32_t node = reversed(e, log_degree);
        size_t distance;
        if (node != 0) {
            pa_he_word *at = place_of(table, node, log_degree, &distance);
            if (distance != 0) {
                put_pair(at, distance, power, modulus);
            } else {
                pa_he_put_double(at, pa_he_balanced(power, modulus->q));
            }
        }
        if (node == 1 && log_degree > PLAIN_LOG_DEGREE) {
            put_pair(table + 2 * upper_end(log_degree), 1, pa_he_mul_mod(power, scale, modulus),
                     modulus);
        }
        power = pa_he_mul_mod(power, psi, modulus);
    }
    put_pair(table, 1, scale, modulus);
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

/* Which passes reduce, the first one first; `rows` and `columns` are the two parts of what is done in registers, and the last
 * thing of an inverse is its final pass. */
typedef struct {
    bool pass[MOST_PASSES], rows, columns;
} plan;

#define REDUCED (0.5 + 1.0 / 1024) /* dv_reduce's 2^-50 x, and more */

/* A forward pass by factors of that error from k: false where it has to reduce. Leaves room for a pass that does. */
static bool forward_step(double *k, double error, double most)
{
    const double first = *k + 0.5 + error * *k, second = first + 0.5 + error * first;
    if (second * (1 + 2 * error) + 0.5 <= most) {
        *k = second;
        return false;
    }
    *k = REDUCED + 0.5 + error * *k + 0.5 + error * first;
    return true;
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

/* An inverse pass from k, whether it reduces; afterwards four times k must fit. */
static bool inverse_step(double *k, double error, double most)
{
    if (16 * *k <= most) {
        *k = 4 * *k;
        return false;
    }
    *k = 1 + 4 * error * *k;
    return true;
}

static plan plan_inverse(const pa_he_ntt *ntt)
{
    const double most = DV_MOST(ntt->modulus.bits), by = DV_ERROR_BY(ntt->modulus.bits);
    plan made;
    double k = 1;
    made.columns = inverse_step(&k, DV_ERROR(ntt->modulus.bits), most);
    made.rows = inverse_step(&k, by, most);
    unsigned i = 0;
    for (unsigned layers = 6; layers < ntt->log_degree; layers += 2, i++) {
        made.pass[i] = inverse_step(&k, by, most);
    }
    made.pass[i] = 0.5 + by * 4 * k > 1; /* the final one */
    return made;
}

/* ---- passes ---------------------------------------------------------------------------------- */

typedef struct {
    dv w, quotient;
} twiddle;

DV_INLINE twiddle twiddle_at(const pa_he_word *at, size_t distance)
{
    return (twiddle){dv_spread(at), dv_spread(at + distance)};
}

DV_INLINE dv times(dv x, twiddle t, dv p)
{
    return dv_mul_by(x, t.w, t.quotient, p);
}

/* (x, y) <- (x + w y, x - w y) where y is multiplied already; (x, y) <- (x + y, y - x). */
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

DV_INLINE void split_node(pa_he_word *at, size_t quarter, const pa_he_word *table, size_t node,
                          dv_prime m, bool reduce)
{
    const twiddle t = twiddle_at(table + 2 * node, 1), t0 = twiddle_at(table + 4 * node, 1),
                  t1 = twiddle_at(table + 4 * node + 2, 1);
    for (size_t j = 0; j < quarter; j += 4) {
        pa_he_word *const here = at + j;
        dv a = dv_load(here), b = dv_load(here + quarter), c = dv_load(here + 2 * quarter),
           d = dv_load(here + 3 * quarter);
        if (reduce) {
            a = dv_reduce(a, m);
        }
        c = times(c, t, m.p);
        d = times(d, t, m.p);
        spread(&a, &c);
        spread(&b, &d);
        b = times(b, t0, m.p);
        d = times(d, t1, m.p);
        spread(&a, &b);
        spread(&c, &d);
        dv_store(here, a);
        dv_store(here + quarter, b);
        dv_store(here + 2 * quarter, c);
        dv_store(here + 3 * quarter, d);
    }
}

static void split(pa_he_word *at, size_t quarter, const pa_he_word *table, size_t node, dv_prime m,
                  bool reduce)
{
    if (reduce) {
        split_node(at, quarter, table, node, m, true);
    } else {
        split_node(at, quarter, table, node, m, false);
    }
}

DV_INLINE void transpose(dv x[4])
{
    const dv low0 = _mm256_unpacklo_pd(x[0], x[1]), high0 = _mm256_unpackhi_pd(x[0], x[1]),
             low1 = _mm256_unpacklo_pd(x[2], x[3]), high1 = _mm256_unpackhi_pd(x[2], x[3]);
    x[0] = _mm256_permute2f128_pd(low0, low1, 0x20);
    x[1] = _mm256_permute2f128_pd(high0, high1, 0x20);
    x[2] = _mm256_permute2f128_pd(low0, low1, 0x31);
    x[3] = _mm256_permute2f128_pd(high0, high1, 0x31);
}

DV_INLINE void split_blocks(pa_he_word *at, const pa_he_word *block, size_t count, dv_prime m,
                            bool odd, bool rows, bool columns)
{
    for (; count > 0; count--, at += 16, block += BLOCK) {
        dv x[4];
        for (size_t i = 0; i < 4; i++) {
            x[i] = dv_load(at + 4 * i);
        }
        if (!odd) {
            const twiddle t = twiddle_at(block, 4);
            if (rows) {
                x[0] = dv_reduce(x[0], m);
            }
            x[2] = times(x[2], t, m.p);
            x[3] = times(x[3], t, m.p);
            spread(&x[0], &x[2]);
            spread(&x[1], &x[3]);
        } else if (rows) {
            x[0] = dv_reduce(x[0], m);
            x[2] = dv_reduce(x[2], m);
        }
        x[1] = times(x[1], twiddle_at(block + 1, 4), m.p);
        x[3] = times(x[3], twiddle_at(block + 2, 4), m.p);
        spread(&x[0], &x[1]);
        spread(&x[2], &x[3]);
        transpose(x);
        const dv w = dv_load(block + 8);
        if (columns) {
            x[0] = dv_reduce(x[0], m);
        }
        x[2] = dv_mul(x[2], w, m);
        x[3] = dv_mul(x[3], w, m);
        spread(&x[0], &x[2]);
        spread(&x[1], &x[3]);
        x[1] = dv_mul(x[1], dv_load(block + 12), m);
        x[3] = dv_mul(x[3], dv_load(block + 16), m);
        spread(&x[0], &x[1]);
        spread(&x[2], &x[3]);
        for (size_t i = 0; i < 4; i++) {
            dv_store(at + 4 * i, dv_reduce(x[i], m));
        }
    }
}

/* (a, b, c, d) of a node up, before the last layer's products. */
DV_INLINE void join_halves(dv *a, dv *b, dv *c, dv *d, twiddle t0, twiddle t1, dv p)
{
    gather(a, b);
    gather(c, d);
    *b = times(*b, t0, p);
    *d = times(*d, t1, p);
}

/* `node` is the one whose powers serve. */
DV_INLINE void join_node(pa_he_word *at, size_t quarter, const pa_he_word *table, size_t node,
                         dv_prime m, bool reduce)
{
    const twiddle t = twiddle_at(table + 2 * node, 1), t0 = twiddle_at(table + 4 * node + 2, 1),
                  t1 = twiddle_at(table + 4 * node, 1);
    for (size_t j = 0; j < quarter; j += 4) {
        pa_he_word *const here = at + j;
        dv a = dv_load(here), b = dv_load(here + quarter), c = dv_load(here + 2 * quarter),
           d = dv_load(here + 3 * quarter);
        join_halves(&a, &b, &c, &d, t0, t1, m.p);
        gather(&a, &c);
        gather(&b, &d);
        dv_store(here, reduce ? dv_reduce(a, m) : a);
        dv_store(here + quarter, b);
        dv_store(here + 2 * quarter, times(c, t, m.p));
        dv_store(here + 3 * quarter, times(d, t, m.p));
    }
}

/* The root, by 1 / N. */
DV_INLINE void join_root(pa_he_word *at, const pa_he_ntt *ntt, dv_prime m, bool reduce)
{
    const pa_he_word *table = ntt->table;
    const size_t quarter = (size_t)1 << (ntt->log_degree - 2);
    const twiddle t0 = twiddle_at(table + 6, 1), t1 = twiddle_at(table + 4, 1),
                  scale = twiddle_at(table, 1),
                  scaled = twiddle_at(table + 2 * upper_end(ntt->log_degree), 1);
    for (size_t j = 0; j < quarter; j += 4) {
        pa_he_word *const here = at + j;
        dv a = dv_load(here), b = dv_load(here + quarter), c = dv_load(here + 2 * quarter),
           d = dv_load(here + 3 * quarter);
        join_halves(&a, &b, &c, &d, t0, t1, m.p);
        if (reduce) {
            a = dv_reduce(a, m);
            c = dv_reduce(c, m);
        }
        gather(&a, &c);
        gather(&b, &d);
        dv_store(here, times(a, scale, m.p));
        dv_store(here + quarter, times(b, scale, m.p));
        dv_store(here + 2 * quarter, times(c, scaled, m.p));
        dv_store(here + 3 * quarter, times(d, scaled, m.p));
    }
}

static void join_quarters(pa_he_word *at, size_t quarter, size_t node, const pa_he_ntt *ntt,
                          dv_prime m, bool reduce)
{
    if (node == 1) {
        if (reduce) {
            join_root(at, ntt, m, true);
        } else {
            join_root(at, ntt, m, false);
        }
    } else if (reduce) {
        join_node(at, quarter, ntt->table, node, m, true);
    } else {
        join_node(at, quarter, ntt->table, node, m, false);
    }
}

DV_INLINE dv backwards(dv x)
{
    return _mm256_permute4x64_pd(x, 0x1b);
}

/* `block` is that of the first block's powers: the blocks' go upward, the powers' downward. */
DV_INLINE void join_blocks(pa_he_word *at, const pa_he_word *block, size_t count, dv_prime m,
                           bool odd, bool rows, bool columns)
{
    for (; count > 0; count--, at += 16, block -= BLOCK) {
        dv x[4];
        for (size_t i = 0; i < 4; i++) {
            x[i] = dv_load(at + 4 * i);
        }
        const dv w = backwards(dv_load(block + 8));
        gather(&x[0], &x[1]);
        gather(&x[2], &x[3]);
        x[1] = dv_mul(x[1], backwards(dv_load(block + 16)), m);
        x[3] = dv_mul(x[3], backwards(dv_load(block + 12)), m);
        gather(&x[0], &x[2]);
        gather(&x[1], &x[3]);
        if (columns) {
            x[0] = dv_reduce(x[0], m);
        }
        x[2] = dv_mul(x[2], w, m);
        x[3] = dv_mul(x[3], w, m);
        transpose(x);
        gather(&x[0], &x[1]);
        gather(&x[2], &x[3]);
        x[1] = times(x[1], twiddle_at(block + 2, 4), m.p);
        x[3] = times(x[3], twiddle_at(block + 1, 4), m.p);
        if (!odd) {
            const twiddle t = twiddle_at(block, 4);
            gather(&x[0], &x[2]);
            gather(&x[1], &x[3]);
            x[2] = times(x[2], t, m.p);
            x[3] = times(x[3], t, m.p);
        }
        if (rows) {
            x[0] = dv_reduce(x[0], m);
            if (odd) {
                x[2] = dv_reduce(x[2], m);
            }
        }
        for (size_t i = 0; i < 4; i++) {
            dv_store(at + 4 * i, x[i]);
        }
    }
}

/* One loop each for parity and reductions. */
#define BY_FLAGS(function, odd, plan, ...)                                                         \
    do {                                                                                           \
        const unsigned flags =                                                                     \
            (odd ? 4u : 0u) | (plan->rows ? 2u : 0u) | (plan->columns ? 1u : 0u);                  \
        switch (flags) {                                                                           \
        case 0:                                                                                    \
            function(__VA_ARGS__, false, false, false);                                            \
            break;                                                                                 \
        case 1:                                                                                    \
            function(__VA_ARGS__, false, false, true);                                             \
            break;                                                                                 \
        case 2:                                                                                    \
            function(__VA_ARGS__, false, true, false);                                             \
            break;                                                                                 \
        case 3:                                                                                    \
            function(__VA_ARGS__, false, true, true);                                              \
            break;                                                                                 \
        case 4:                                                                                    \
            function(__VA_ARGS__, true, false, false);                                             \
            break;                                                                                 \
        case 5:                                                                                    \
            function(__VA_ARGS__, true, false, true);                                              \
            break;                                                                                 \
        case 6:                                                                                    \
            function(__VA_ARGS__, true, true, false);                                              \
            break;                                                                                 \
        default:                                                                                   \
            function(__VA_ARGS__, true, true, true);                                               \
        }                                                                                          \
    } while (0)

/* ---- transforms ------------------------------------------------------------------------------ */

static const pa_he_word *powers_of_block(const pa_he_ntt *ntt, size_t block)
{
    return ntt->table + blocks_begin(ntt->log_degree) + BLOCK * block;
}

/* Takes the `size` elements of a node apart, down to single ones; depth: passes done so far. */
static void forward_node(pa_he_word *at, size_t size, size_t node, unsigned depth,
                         const pa_he_ntt *ntt, const plan *made)
{
    const dv_prime m = dv_prime_of(&ntt->modulus);
    if (size > LEAF) {
        const size_t quarter = size / 4;
        split(at, quarter, ntt->table, node, m, made->pass[depth]);
        for (size_t i = 0; i < 4; i++) {
            forward_node(at + i * quarter, quarter, 4 * node + i, depth + 1, ntt, made);
        }
        return;
    }
    const size_t blocks = size / 16;
    for (size_t nodes = 1; size > 16; size /= 4, nodes *= 4, node *= 4, depth++) {
        for (size_t i = 0; i < nodes; i++) {
            split(at + i * size, size / 4, ntt->table, node + i, m, made->pass[depth]);
        }
    }
    const bool odd = size == 8; /* then node has the first half of a block */
    const size_t block = (odd ? node / 2 : node) - ((size_t)1 << (ntt->log_degree - 4));
    const pa_he_word *powers = powers_of_block(ntt, block);
    BY_FLAGS(split_blocks, odd, made, at, powers, blocks, m);
}

/* The inverse of that; node: the one whose powers serve; passes: how many there are in all, to the node and with it. */
static void inverse_node(pa_he_word *at, size_t size, size_t node, unsigned passes,
                         const pa_he_ntt *ntt, const plan *made)
{
    const dv_prime m = dv_prime_of(&ntt->modulus);
    if (size > LEAF) {
        const size_t quarter = size / 4;
        for (size_t i = 0; i < 4; i++) {
            inverse_node(at + i * quarter, quarter, 4 * node + 3 - i, passes - 1, ntt, made);
        }
        join_quarters(at, quarter, node, ntt, m, made->pass[passes - 1]);
        return;
    }
    const size_t blocks = size / 16, degree = (size_t)1 << ntt->log_degree;
    const pa_he_word *powers = powers_of_block(ntt, (node + 1) * blocks - 1 - degree / 16);
    const bool odd = ntt->log_degree % 2 != 0;
    BY_FLAGS(join_blocks, odd, made, at, powers, blocks, m);
    size_t nodes = size / (odd ? 32 : 64);
    for (unsigned pass = 0; pass < passes; pass++, nodes /= 4) {
        for (size_t i = 0; i < nodes; i++) {
            join_quarters(at + i * (size / nodes), size / nodes / 4, (node + 1) * nodes - 1 - i,
                          ntt, m, made->pass[pass]);
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
            forward_node(rows[r], (size_t)1 << ntt->log_degree, 1, 0, ntt, &made);
        }
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
