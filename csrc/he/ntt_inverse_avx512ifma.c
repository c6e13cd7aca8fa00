/* SPDX-License-Identifier: Apache-2.0 */
/* Inverse negacyclic NTT in AVX-512 IFMA, the forward one backwards: (x, y) <- (x + y, (x - y) / w), 1 / N in the last layer.
 *
 * Zen 4, gcc 12, thousands of cycles for q < 2^50, 2^49 and 2^47: N = 8192 36.3, 32.9 and 28.7; 16384 79.4, 71.7 and 63; 65536 359, 326
 * and 286: 5.5, 5.0 and 4.4 cycles per butterfly of vectors, whose limits are the forward transform's. Lanes turned round for
 * the mirrored twiddles by eight vpermq a block took 36.8 (N = 8192, 2^50): hence the order of odd blocks. */
#include "ntt_avx512ifma.h"

/* A range of 2q doubles with each layer of sums. Over `period` layers between folds the elements i of the 2^period that meet
 * have the centres period - 2 popcount(i), x + y and x - y then stay within [0, 2^(period + 1) q): with period 1, x of [q, 3q) and
 * y of [-q, q). Products come at the centre that the layers left ask for. */
#define LAZY_BITS 47u
#define MEDIUM_BITS 49u

INLINE unsigned period_of(enum mode mode)
{
    return mode == STRICT ? 1 : mode == MEDIUM ? 2 : 4;
}

INLINE unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* What element i has to be centred at where `period` layers follow. */
INLINE int centre_of(size_t i, unsigned period)
{
    return (int)period - 2 * __builtin_popcount((unsigned)i & ((1u << period) - 1));
}

#define SIDES 2u

/* Where the results of a pass go. Of lanes: each has a centre of its own. */
typedef struct {
    bool last; /* no layer follows: to [0, q), divided by N */
    bool
        lanes; /* centres differ from lane to lane: LAZY folds to them, else offset is added to what is at 0 */
    centre at[SIDES]; /* of the results of a node */
    vec offset[SIDES];
} leaving;

/* Of the centres met within a pass. */
typedef struct {
    centre at[CENTRES];
} middle;

INLINE middle middle_of(const pa_he_ntt *ntt)
{
    middle m;
    UNROLL for (int c = LEAST_CENTRE; c <= MOST_CENTRE; c++)
    {
        m.at[c - LEAST_CENTRE] = centre_at(c, ntt);
    }
    return m;
}

INLINE centre within(const middle *m, int c)
{
    centre found = {.minus = all((uint64_t)-(int64_t)c)};
    if (c >= LEAST_CENTRE && c <= MOST_CENTRE) {
        found = m->at[c - LEAST_CENTRE];
    }
    return found;
}

/* Layers 0 .. k - 1 over v[0 .. 2^k), and as many of the next node behind them where `sides` is 2. Twiddles: words of pairs below
 * `mirrored` and before it, or vectors of the block at `table` and before it; both are numbered from the end. */
INLINE void layers(vec *v, unsigned k, unsigned sides, const pa_he_word *table, size_t mirrored,
                   bool lanes, enum mode mode, const leaving *leave, const middle *within_pass,
                   const pa_he_ntt *ntt, const prime *p)
{
    UNROLL for (unsigned layer = 0; layer < k; layer++)
    {
        const unsigned half = 1u << layer, groups = 1u << (k - 1 - layer);
        const unsigned start = layer - layer % period_of(mode);
        const unsigned left = least(period_of(mode), k - start) - (layer - start) - 1;
        /* Length of the period that follows in this pass. */
        const unsigned next = left > 0 ? 0 : least(period_of(mode), k - layer - 1);
        const bool ending = layer == k - 1;
        UNROLL for (unsigned i = 0; i < sides * groups; i++)
        {
            const unsigned side = i / groups, group = i % groups;
            const pa_he_word *at = lanes ? table - side * BLOCK_TWIDDLES + 2 * LANES * (groups - 1)
                                         : table + 2 * (mirrored - side) * groups;
            const twiddle w = twiddle_at(at, groups - 1 - group, lanes);
            const int c = centre_of(group, left > 0 ? left : next);
            const centre kept = within(within_pass, c);
            const centre *to = ending ? &leave->at[side] : &kept;
            UNROLL for (unsigned j = 0; j < half; j++)
            {
                vec *x = v + i * 2 * half + j, *y = x + half;
                const vec s = add(*x, *y), d = sub(*x, *y);
                if (ending && leave->last) {
                    *x = less(clean(times(s, all(ntt->table[0]), all(ntt->table[1]), p)), p->q);
                    *y = less(clean(times(d, all(ntt->table[2]), all(ntt->table[3]), p)), p->q);
                    continue;
                }
                *y = times_minus(d, w.minus_w, w.quotient,
                                 ending ? sub(p->two, to->minus) : all((uint64_t)(int64_t)(c + 2)),
                                 p);
                *x = left > 0 ? s : fold(s, to, mode, p);
                if (ending && leave->lanes && mode != LAZY) {
                    *x = add(*x, leave->offset[side]);
                }
            }
        }
    }
}

/* k layers over 2^k vectors `stride` elements apart, for `stride` of them. period: of the first layers of the pass that follows;
 * 0: none does. */
INLINE void pass(pa_he_word *row, size_t stride, unsigned k, const pa_he_ntt *ntt, size_t node,
                 size_t mirrored, unsigned period, enum mode mode)
{
    const prime p = prime_of(ntt->modulus.q);
    const middle within_pass = middle_of(ntt);
    const leaving leave = {.last = period == 0, .at = {centre_at(centre_of(node, period), ntt)}};
    for (pa_he_word *end = row + stride; row < end; row += LANES) {
        vec v[16];
        /* Twiddles are read anew each time, as operands: hoisted they would only be spilled. */
        __asm__ volatile("" ::: "memory");
        UNROLL for (unsigned i = 0; i < 1u << k; i++)
        {
            v[i] = load(row + i * stride);
        }
        layers(v, k, 1, pairs_of(ntt), mirrored, false, mode, &leave, &within_pass, ntt, &p);
        UNROLL for (unsigned i = 0; i < 1u << k; i++)
        {
            store(row + i * stride, v[i]);
        }
    }
}

INLINE vec lanes_of(int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f, int64_t g,
                    int64_t h)
{
    return _mm512_set_epi64(h, g, f, e, d, c, b, a);
}

/* The first six layers of `count` blocks of 64 elements, SIDES of them side by side, from canonical elements. Twiddles are those of
 * the block as far from the end. */
INLINE void blocks(pa_he_word *row, size_t count, const pa_he_ntt *ntt, size_t node,
                   size_t mirrored, const pa_he_word *vectors, unsigned period, enum mode mode)
{
    const uint64_t q = ntt->modulus.q;
    const prime p = prime_of(q);
    const middle within_pass = middle_of(ntt);
    const unsigned first = least(period_of(mode), 3);
#define MINUS(b) -centre_of(b, first)
#define OFFSET(b) centre_of(b, first) * (int64_t)q
#define FORTH(f) lanes_of(f(0), f(1), f(2), f(3), f(4), f(5), f(6), f(7))
#define BACK(f) lanes_of(f(7), f(6), f(5), f(4), f(3), f(2), f(1), f(0))
    leaving across = {.lanes = true,
                      .at = {centre_at(0, ntt), centre_at(0, ntt)},
                      .offset = {FORTH(OFFSET), BACK(OFFSET)}};
    across.at[0].minus = FORTH(MINUS);
    across.at[1].minus = BACK(MINUS);
    for (size_t block = 0; block < count; block += SIDES) {
        vec v[8 * SIDES], t[8 * SIDES];
        __asm__ volatile("" ::: "memory");
        UNROLL for (unsigned i = 0; i < 8 * SIDES; i++)
        {
            const int c = (int)first - __builtin_popcount(i & ((1u << first) - 1));
            v[i] = load(row + block * BLOCK + i * LANES);
            v[i] = c != 0 ? add(v[i], all((uint64_t)c * q)) : v[i];
        }
        layers(v, 3, SIDES, vectors - block * BLOCK_TWIDDLES, 0, true, mode, &across, &within_pass,
               ntt, &p);
        transpose(v);
        transpose(v + 8);
        UNROLL for (unsigned i = 0; i < 8; i++)
        {
            t[i] = v[i];
            t[8 + i] = v[15 - i];
        }
        const leaving leave = {.at = {centre_at(centre_of(node + block, period), ntt),
                                      centre_at(centre_of(node + block + 1, period), ntt)}};
        layers(t, 3, SIDES, pairs_of(ntt), mirrored - block, false, mode, &leave, &within_pass, ntt,
               &p);
        UNROLL for (unsigned i = 0; i < 8 * SIDES; i++)
        {
            store(row + block * BLOCK + i * LANES, t[i]);
        }
    }
}

#define PASS(name, k, mode)                                                                        \
    static void name(pa_he_word *row, size_t size, const pa_he_ntt *ntt, size_t node,              \
                     size_t mirrored, unsigned period)                                             \
    {                                                                                              \
        if (period == 0) {                                                                         \
            pass(row, size >> k, k, ntt, node, mirrored, 0, mode);                                 \
        } else if (size >> k == BLOCK) {                                                           \
            pass(row, BLOCK, k, ntt, node, mirrored, period, mode);                                \
        } else {                                                                                   \
            pass(row, size >> k, k, ntt, node, mirrored, period, mode);                            \
        }                                                                                          \
    }
PASS(strict_1, 1, STRICT)
PASS(strict_2, 2, STRICT)
PASS(strict_3, 3, STRICT)
PASS(strict_4, 4, STRICT)
PASS(medium_1, 1, MEDIUM)
PASS(medium_2, 2, MEDIUM)
PASS(medium_3, 3, MEDIUM)
PASS(medium_4, 4, MEDIUM)
PASS(lazy_1, 1, LAZY)
PASS(lazy_2, 2, LAZY)
PASS(lazy_3, 3, LAZY)
PASS(lazy_4, 4, LAZY)

#define BLOCKS(name, mode)                                                                         \
    static void name(pa_he_word *row, size_t count, const pa_he_ntt *ntt, size_t node,             \
                     size_t mirrored, size_t first, unsigned period)                               \
    {                                                                                              \
        const size_t all_blocks = ((size_t)1 << ntt->log_degree) / BLOCK;                          \
        blocks(row, count, ntt, node, mirrored, vectors_of(ntt, all_blocks - 1 - first), period,   \
               mode);                                                                              \
    }
BLOCKS(strict_blocks, STRICT)
BLOCKS(medium_blocks, MEDIUM)
BLOCKS(lazy_blocks, LAZY)

/* ---- the way through a transform ---------------------------------------------------------------------------------- */

#define STEPS 5 /* the last of none */
/* Layers of the passes above the blocks, the last one first; log2 N - 6 in all. */
static const unsigned char plans[PA_HE_MAX_LOG_DEGREE - MIN_LOG_DEGREE + 1][STEPS] = {
    {1}, {2}, {3}, {4}, {2, 3}, {2, 4}, {3, 4}, {2, 3, 3}, {2, 3, 4}, {3, 3, 4}, {4, 3, 4},
};

/* Sub-blocks of so many elements and fewer stay in the first-level cache, together with their twiddles. */
#define LEAF 1024u

typedef struct {
    pa_he_word *const *rows;
    size_t count;
    const pa_he_ntt *ntt;
    enum mode mode;
    unsigned char layers[STEPS];
} transform;

typedef void pass_function(pa_he_word *row, size_t size, const pa_he_ntt *ntt, size_t node,
                           size_t mirrored, unsigned period);
typedef void blocks_function(pa_he_word *row, size_t count, const pa_he_ntt *ntt, size_t node,
                             size_t mirrored, size_t first, unsigned period);

/* A sub-block: `size` elements from `first` on, below `node`, which is as far from the first of its layer as `mirrored` is from
 * the last. */
typedef struct {
    size_t first, size, node, mirrored;
} place;

static place child(const place *p, unsigned k, size_t i)
{
    const size_t size = p->size >> k;
    return (place){p->first + i * size, size, (p->node << k) + i,
                   (p->mirrored << k) + ((size_t)1 << k) - 1 - i};
}

static void run_pass(const transform *t, pa_he_word *row, const place *at, unsigned step)
{
    static pass_function *const passes[3][5] = {
        [STRICT] = {NULL, strict_1, strict_2, strict_3, strict_4},
        [MEDIUM] = {NULL, medium_1, medium_2, medium_3, medium_4},
        [LAZY] = {NULL, lazy_1, lazy_2, lazy_3, lazy_4},
    };
    const unsigned period = step == 0 ? 0 : least(period_of(t->mode), t->layers[step - 1]);
    passes[t->mode][t->layers[step]](row + at->first, at->size, t->ntt, at->node, at->mirrored,
                                     period);
}

static void run(const transform *t, pa_he_word *row, const place *at, unsigned step)
{
    static blocks_function *const all_blocks[3] = {
        [STRICT] = strict_blocks, [MEDIUM] = medium_blocks, [LAZY] = lazy_blocks};
    const unsigned k = t->layers[step];
    if (t->layers[step + 1] == 0) {
        const place block = child(at, k, 0);
        all_blocks[t->mode](row + at->first, at->size / BLOCK, t->ntt, block.node, block.mirrored,
                            at->first / BLOCK, least(period_of(t->mode), k));
    } else {
        for (size_t i = 0; i < (size_t)1 << k; i++) {
            const place part = child(at, k, i);
            run(t, row, &part, step + 1);
        }
    }
    run_pass(t, row, at, step);
}

/* All rows: a sub-block that fits the cache of one after the other, so that its twiddles are read once. */
static void run_rows(const transform *t, const place *at, unsigned step)
{
    const unsigned k = t->layers[step];
    if (at->size <= LEAF || t->layers[step + 1] == 0) {
        for (size_t r = 0; r < t->count; r++) {
            run(t, t->rows[r], at, step);
        }
        return;
    }
    for (size_t i = 0; i < (size_t)1 << k; i++) {
        const place part = child(at, k, i);
        run_rows(t, &part, step + 1);
    }
    for (size_t r = 0; r < t->count; r++) {
        run_pass(t, t->rows[r], at, step);
    }
}

void PA_HE(inverse)(pa_he_word *const *rows, size_t count, const pa_he_ntt *ntt)
{
    if (ntt->log_degree < MIN_LOG_DEGREE) {
        for (size_t r = 0; r < count; r++) {
            PA_HE(inverse_small)(rows[r], ntt);
        }
        return;
    }
    const unsigned bits = ntt->modulus.bits;
    transform t = {.rows = rows,
                   .count = count,
                   .ntt = ntt,
                   .mode = bits > MEDIUM_BITS ? STRICT
                           : bits > LAZY_BITS ? MEDIUM
                                              : LAZY};
    for (unsigned i = 0; i < STEPS; i++) {
        t.layers[i] = plans[ntt->log_degree - MIN_LOG_DEGREE][i];
    }
    const place all = {0, (size_t)1 << ntt->log_degree, 1, 1};
    run_rows(&t, &all, 0);
}
