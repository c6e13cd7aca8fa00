/* SPDX-License-Identifier: Apache-2.0 */
/* Inverse negacyclic NTT in AVX-512 IFMA, the forward one backwards: (x, y) <- (x + y, (x - y) / w), 1 / N in the last layer.
 *
 * Zen 4, gcc 12, thousands of cycles for q < 2^50 and 2^47: N = 8192 30.0 and 26.0; 16384 64.5 and 56.5; 65536 302 and 273: 4.5 and
 * 4.0 cycles per butterfly of vectors, whose limits are the forward transform's. Blocks of seven layers in place of a pass
 * gain 2 to 4 % (N = 2048, 16384); the forward transform gains nothing by them.
 * Tried and lost (N = 8192, 2^50): Shoup's products and folds by tables, 36.3; all numbers made whole after each second layer,
 * 31.5; lanes turned round for the mirrored twiddles by eight vpermq a block, 1 %: hence the order of odd blocks. */
#include "ntt_avx512ifma.h"

/* A product is left as a fraction, and so are sums of such, which then need no reduction; but to be a factor a difference of fractions
 * has to be made whole, which costs what the product has saved. After m - 1 layers of sums, and where a pass ends, a sum is
 * made whole, in [c q, (c + 1) q); after m layers of sums of whole numbers, and at the end, it is reduced to that, by way of a
 * fraction, or, of two, by a minimum. What decides m: a difference of sums of 2^(m - 1) whole numbers is below 2^m q, and the
 * error of one of sums of 2^(m - 2) fractions is within (0, 2^m]; so 2^m q < 2^52 suffices for both.
 *   STRICT  q < 2^50: 2
 *   LAZY    q < 2^49: 3
 *   FREE    q < 2^47: 4 */
INLINE unsigned sums_of(enum mode mode)
{
    return mode == STRICT ? 2 : mode == LAZY ? 3 : 4;
}

INLINE unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

INLINE int ones(size_t i, unsigned m)
{
    return __builtin_popcount((unsigned)i & ((1u << m) - 1));
}

/* c of element i before m layers of sums, so that y is above x, and x - y = (-1) (y - x) non-negative: the sum of 2^l elements is
 * 2^l q below that of the next 2^l. All 2^m then lie from 0 (m even) or 2^(m - 1) q on. */
INLINE int centre_of(size_t i, unsigned m)
{
    return ones(i, m) - (int)(m / 2);
}

/* Likewise `more` of the fraction that becomes element i of `left` layers of sums: 2 on the average, which is the most that an
 * error takes away, and differences are 2 for each. */
INLINE int more_of(size_t i, unsigned left)
{
    return 2 - (int)left + 2 * ones(i, left);
}

INLINE vec times_q(int c, uint64_t q)
{
    return all((uint64_t)c * q);
}

#define SIDES 2u

/* Where the results of a pass go. */
typedef struct {
    bool last;         /* no layer follows: to [0, q), divided by N */
    vec centre[SIDES]; /* c q */
} leaving;

/* What both x and y of a butterfly are: sums, of so many layers, of fractions or of whole numbers. */
typedef struct {
    bool fraction;
    unsigned sums;
} state;

/* Of elements j of layer `layer` of a pass: bit l of j says that the last but l had been y in layer l, hence a product. */
INLINE state state_of(unsigned j, unsigned layer, unsigned m)
{
    if (j == 0) { /* read by this pass */
        return (state){false, layer % m};
    }
    const unsigned since = layer - 1 - (31 - (unsigned)__builtin_clz(j));
    return since < m - 1 ? (state){true, since} : (state){false, (since - (m - 1)) % m};
}

/* Layers 0 .. k - 1 over v, whose lowest bits are its columns. Twiddles: words of pairs below `mirrored` and before it, or vectors of
 * the block at `table` and before it; both are numbered from the end. */
INLINE void layers(vec *v, unsigned columns_log, unsigned k, const pa_he_word *table,
                   size_t mirrored, bool lanes, enum mode mode, const leaving *leave,
                   const pa_he_ntt *ntt)
{
    const uint64_t modulus = ntt->modulus.q;
    const vec q = all(modulus), zero = all(0), two = all(2);
    const twiddle unit = twiddle_at(ntt->table + TABLE_ONE, 0, false);
    const unsigned m = sums_of(mode);
    UNROLL for (unsigned layer = 0; layer < k; layer++)
    {
        const unsigned half = 1u << (columns_log + layer), groups = 1u << (k - 1 - layer);
        const bool ending = layer == k - 1, last = ending && leave->last;
        UNROLL for (unsigned first = 0; first < HELD / 2; first += SIDE_BY_SIDE)
        {
            vec d[SIDE_BY_SIDE], t[SIDE_BY_SIDE];
            UNROLL for (unsigned step = 0; step < 5; step++)
            {
                UNROLL for (unsigned i = 0; i < SIDE_BY_SIDE; i++)
                {
                    const unsigned at = (first + i) / half, side = at / groups;
                    const unsigned group = at % groups, j = (first + i) % half;
                    const state has = state_of(j >> columns_log, layer, m);
                    const pa_he_word *pairs =
                        lanes ? table - side * BLOCK_TWIDDLES + 2 * LANES * (groups - 1)
                              : table + 2 * (mirrored - side) * groups;
                    const twiddle w = last ? twiddle_at(ntt->table + TABLE_LAST, 0, false)
                                           : twiddle_at(pairs, groups - 1 - group, lanes);
                    const vec more =
                        last ? two : all((uint64_t)more_of(group, least(m - 1, k - 1 - layer)));
                    const vec to =
                        last     ? zero
                        : ending ? leave->centre[side]
                                 : times_q(centre_of(group, least(m, k - 1 - layer)), modulus);
                    vec *x = v + at * 2 * half + j, *y = x + half;
                    if (step == 0) {
                        d[i] = sub(*y, *x);
                        *x = add(*x, *y);
                    } else if (step == 1 && has.fraction) {
                        d[i] = whole(d[i], zero, q);
                    } else if (step == 2) {
                        t[i] = high(more, d[i], w.low);
                    } else if (step == 3) {
                        *y = low(t[i], d[i], w.high);
                    } else if (step == 4) {
                        const unsigned length = least(m, k - (layer - has.sums));
                        const bool reduced = !has.fraction && has.sums + 1 == length;
                        if (reduced && length == m && m % 2 != 0) {
                            *x = sub(*x, times_q(1 << (m - 1), modulus)); /* else above 2^52 */
                        }
                        if (last && has.fraction) {
                            *x = whole(*x, zero, q);
                        }
                        if (reduced && length == 1 && !last) { /* in [q, 3q) */
                            *x = add(less(sub(*x, q), q), to);
                        } else {
                            if (last || reduced) {
                                *x = fraction(*x,
                                              last ? twiddle_at(ntt->table + TABLE_SCALE, 0, false)
                                                   : unit,
                                              two);
                            }
                            if (ending || has.sums + 1 == (has.fraction ? m - 1 : m)) {
                                *x = whole(*x, to, q);
                            }
                        }
                        if (ending) {
                            *y = whole(*y, to, q);
                        }
                    }
                }
            }
        }
    }
}

/* k layers over 2^k vectors `stride` elements apart, for `stride` of them. period: layers of the first step of the pass that follows;
 * 0: none does. */
INLINE void pass(pa_he_word *row, size_t stride, unsigned k, const pa_he_ntt *ntt, size_t node,
                 size_t mirrored, unsigned period, enum mode mode)
{
    const leaving leave = {.last = period == 0,
                           .centre = {times_q(centre_of(node, period), ntt->modulus.q)}};
    const unsigned columns = HELD >> k;
    for (pa_he_word *end = row + stride; row < end; row += columns * LANES) {
        vec v[HELD];
        /* Twiddles are read anew each time, as operands: hoisted they would only be spilled. */
        __asm__ volatile("" ::: "memory");
        UNROLL for (unsigned i = 0; i < HELD; i++)
        {
            v[i] = load(row + place_of(i, columns, stride));
        }
        layers(v, HELD_LOG - k, k, pairs_of(ntt), mirrored, false, mode, &leave, ntt);
        UNROLL for (unsigned i = 0; i < HELD; i++)
        {
            store(row + place_of(i, columns, stride), v[i]);
        }
    }
}

INLINE vec lanes_of(int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f, int64_t g,
                    int64_t h)
{
    return _mm512_set_epi64(h, g, f, e, d, c, b, a);
}

/* The first k layers, six or seven, of `count` blocks of 64 elements, SIDES of them side by side, from canonical elements. Twiddles are
 * those of the block as far from the end. node: of 2^k elements. */
INLINE void blocks(pa_he_word *row, size_t count, unsigned k, const pa_he_ntt *ntt, size_t node,
                   size_t mirrored, const pa_he_word *vectors, unsigned period, enum mode mode)
{
    const uint64_t q = ntt->modulus.q;
    const unsigned first = least(sums_of(mode), 3), second = least(sums_of(mode), k - 3);
    const unsigned nodes = k == BLOCK_LOG ? SIDES : 1; /* that two blocks are */
#define CENTRE(b) centre_of(b, second) * (int64_t)q
#define FORTH(f) lanes_of(f(0), f(1), f(2), f(3), f(4), f(5), f(6), f(7))
#define BACK(f) lanes_of(f(15), f(14), f(13), f(12), f(11), f(10), f(9), f(8))
    const leaving across = {.centre = {FORTH(CENTRE), BACK(CENTRE)}};
    for (size_t block = 0; block < count; block += SIDES) {
        vec v[HELD], t[HELD];
        __asm__ volatile("" ::: "memory");
        UNROLL for (unsigned i = 0; i < HELD; i++)
        {
            const int c = centre_of(i, first);
            v[i] = load(row + block * BLOCK + i * LANES);
            v[i] = c != 0 ? add(v[i], times_q(c, q)) : v[i];
        }
        layers(v, 0, 3, vectors - block * BLOCK_TWIDDLES, 0, true, mode, &across, ntt);
        transpose(v);
        transpose(v + 8);
        UNROLL for (unsigned i = 0; i < 8; i++)
        {
            t[i] = v[i];
            t[8 + i] = v[15 - i];
        }
        const size_t done = block / SIDES * nodes;
        const leaving leave = {.centre = {times_q(centre_of(node + done, period), q),
                                          times_q(centre_of(node + done + 1, period), q)}};
        layers(t, 0, k - 3, pairs_of(ntt), mirrored - done, false, mode, &leave, ntt);
        UNROLL for (unsigned i = 0; i < HELD; i++)
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
PASS(lazy_1, 1, LAZY)
PASS(lazy_2, 2, LAZY)
PASS(lazy_3, 3, LAZY)
PASS(lazy_4, 4, LAZY)
PASS(free_1, 1, FREE)
PASS(free_2, 2, FREE)
PASS(free_3, 3, FREE)
PASS(free_4, 4, FREE)

#define BLOCKS(name, k, mode)                                                                      \
    static void name(pa_he_word *row, size_t count, const pa_he_ntt *ntt, size_t node,             \
                     size_t mirrored, size_t first, unsigned period)                               \
    {                                                                                              \
        const size_t all_blocks = ((size_t)1 << ntt->log_degree) / BLOCK;                          \
        blocks(row, count, k, ntt, node, mirrored, vectors_of(ntt, all_blocks - 1 - first),        \
               period, mode);                                                                      \
    }
BLOCKS(strict_blocks_6, 6, STRICT)
BLOCKS(strict_blocks_7, 7, STRICT)
BLOCKS(lazy_blocks_6, 6, LAZY)
BLOCKS(lazy_blocks_7, 7, LAZY)
BLOCKS(free_blocks_6, 6, FREE)
BLOCKS(free_blocks_7, 7, FREE)

/* ---- the way through a transform ---------------------------------------------------------------------------------- */

#define STEPS 5 /* the last of none */
/* Layers of the passes above the blocks, the last one first; log2 N - 6 or, where that saves a pass, log2 N - 7 in all. */
static const unsigned char plans[PA_HE_MAX_LOG_DEGREE - MIN_LOG_DEGREE + 1][STEPS] = {
    {1}, {2}, {3}, {4}, {4}, {2, 4}, {3, 4}, {3, 4}, {2, 3, 4}, {3, 3, 4}, {4, 3, 4},
};

/* Sub-blocks of so many elements and fewer stay in the first-level cache, together with their twiddles. */
#define LEAF 2048u

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
        [LAZY] = {NULL, lazy_1, lazy_2, lazy_3, lazy_4},
        [FREE] = {NULL, free_1, free_2, free_3, free_4},
    };
    const unsigned period = step == 0 ? 0 : least(sums_of(t->mode), t->layers[step - 1]);
    passes[t->mode][t->layers[step]](row + at->first, at->size, t->ntt, at->node, at->mirrored,
                                     period);
}

static void run(const transform *t, pa_he_word *row, const place *at, unsigned step)
{
    static blocks_function *const all_blocks[3][2] = {
        [STRICT] = {strict_blocks_6, strict_blocks_7},
        [LAZY] = {lazy_blocks_6, lazy_blocks_7},
        [FREE] = {free_blocks_6, free_blocks_7},
    };
    const unsigned k = t->layers[step];
    if (t->layers[step + 1] == 0) {
        const place block = child(at, k, 0);
        all_blocks[t->mode][block.size != BLOCK](row + at->first, at->size / BLOCK, t->ntt,
                                                 block.node, block.mirrored, at->first / BLOCK,
                                                 least(sums_of(t->mode), k));
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
    transform t = {.rows = rows, .count = count, .ntt = ntt, .mode = mode_of(ntt->modulus.bits)};
    for (unsigned i = 0; i < STEPS; i++) {
        t.layers[i] = plans[ntt->log_degree - MIN_LOG_DEGREE][i];
    }
    const place all = {0, (size_t)1 << ntt->log_degree, 1, 1};
    run_rows(&t, &all, 0);
}
