/* SPDX-License-Identifier: Apache-2.0 */
/* Forward negacyclic NTT in AVX-512 IFMA. */
#include "ntt_avx512ifma.h"

/* (x, y) <- (x + w y, x - w y): three vpmadd52 give -w y in (-q, q], five operations both results. Each layer widens the range
 * by q on either side of what x had; y does not count, being a factor. */
#define STRICT_CENTRE 1 /* layers between folds */
#define MEDIUM_CENTRE 3
#define LAZY_CENTRE 7
#define LAZY_BITS 48u
#define MEDIUM_BITS 49u

/* How a lazy pass treats what it reads. */
enum entry {
    CANONICAL, /* below q: the first pass */
    GROWN,     /* as the pass before left it */
    FOLDED,
};

/* [0, 2^52) modulo 2^52 to [0, q). */
INLINE vec canonical(vec x, enum mode mode, const prime *p)
{
    return less(mode == STRICT ? less(clean(x), p->q2) : clean(reduce(x, p)), p->q);
}

/* Layers `from` to k - 1 over v[0 .. 2^k). Twiddles: words of pairs below `node`, or vectors, those of 2^from blocks. */
INLINE void layers(vec *v, unsigned from, unsigned k, const pa_he_word *table, size_t node,
                   bool lanes, enum mode mode, enum entry entry, const pa_he_ntt *ntt,
                   const prime *p)
{
    UNROLL for (unsigned layer = from; layer < k; layer++)
    {
        const unsigned half = 1u << (k - layer - 1), groups = 1u << (layer - from);
        const pa_he_word *at =
            lanes ? table + 2 * LANES * (groups - 1) : table + 2 * (node << layer);
        UNROLL for (unsigned group = 0; group < 1u << layer; group++)
        {
            const size_t i =
                !lanes ? group : group / groups * (BLOCK_TWIDDLES / LANES / 2) + group % groups;
            UNROLL for (unsigned j = 0; j < half; j++)
            {
                vec *x = v + group * 2 * half + j, *y = x + half;
                const twiddle w = twiddle_at(at, i, lanes);
                const vec t = times_minus(*y, w.minus_w, w.quotient, p->one, p);
                vec u = *x;
                if (mode == STRICT) {
                    u = fold(u, STRICT_CENTRE, STRICT, ntt, p);
                } else if (mode == MEDIUM && (layer - from) % MEDIUM_CENTRE == 0) {
                    u = fold(u, MEDIUM_CENTRE, MEDIUM, ntt, p);
                } else if (mode == LAZY && layer == from && entry == CANONICAL) {
                    u = add(u, all(LAZY_CENTRE * ntt->modulus.q));
                } else if (mode == LAZY && layer == from && entry == FOLDED) {
                    u = fold(u, LAZY_CENTRE, LAZY, ntt, p);
                }
                *x = sub(u, t);
                *y = add(u, t);
            }
        }
    }
}

/* k layers over 2^k vectors `stride` elements apart, for `stride` of them: the sub-block below `node`. */
INLINE void pass(pa_he_word *row, size_t stride, unsigned k, const pa_he_ntt *ntt, size_t node,
                 enum mode mode, enum entry entry)
{
    const prime p = prime_of(ntt->modulus.q);
    const pa_he_word *pairs = pairs_of(ntt);
    for (pa_he_word *end = row + stride; row < end; row += LANES) {
        vec v[16];
        /* Twiddles are read anew each time, as operands: hoisted they would only be spilled. */
        __asm__ volatile("" ::: "memory");
        UNROLL for (unsigned i = 0; i < 1u << k; i++)
        {
            v[i] = load(row + i * stride);
        }
        layers(v, 0, k, pairs, node, false, mode, entry, ntt, &p);
        UNROLL for (unsigned i = 0; i < 1u << k; i++)
        {
            store(row + i * stride, v[i]);
        }
    }
}

/* The last six layers of `count` blocks of 64 elements, 2^side of them side by side. */
INLINE void blocks(pa_he_word *row, size_t count, unsigned side, const pa_he_ntt *ntt, size_t node,
                   const pa_he_word *vectors, enum mode mode)
{
    const prime p = prime_of(ntt->modulus.q);
    const pa_he_word *pairs = pairs_of(ntt);
    for (size_t block = 0; block < count; block += 1u << side) {
        vec v[16];
        __asm__ volatile("" ::: "memory");
        UNROLL for (unsigned i = 0; i < 8u << side; i++)
        {
            v[i] = load(row + block * BLOCK + i * LANES);
        }
        layers(v, side, 3 + side, pairs, (node + block) >> side, false, mode, FOLDED, ntt, &p);
        UNROLL for (unsigned i = 0; i < 1u << side; i++)
        {
            transpose(v + 8 * i);
        }
        layers(v, side, 3 + side, vectors + block * BLOCK_TWIDDLES, 0, true, mode, GROWN, ntt, &p);
        UNROLL for (unsigned i = 0; i < 8u << side; i++)
        {
            store(row + block * BLOCK + i * LANES, canonical(v[i], mode, &p));
        }
    }
}

#define PASS(name, k, mode, entry)                                                                 \
    static void name(pa_he_word *row, size_t size, const pa_he_ntt *ntt, size_t node)              \
    {                                                                                              \
        if (size >> k == BLOCK) {                                                                  \
            pass(row, BLOCK, k, ntt, node, mode, entry);                                           \
        } else {                                                                                   \
            pass(row, size >> k, k, ntt, node, mode, entry);                                       \
        }                                                                                          \
    }
PASS(strict_1, 1, STRICT, GROWN)
PASS(strict_2, 2, STRICT, GROWN)
PASS(strict_3, 3, STRICT, GROWN)
PASS(strict_4, 4, STRICT, GROWN)
PASS(medium_1, 1, MEDIUM, GROWN)
PASS(medium_2, 2, MEDIUM, GROWN)
PASS(medium_3, 3, MEDIUM, GROWN)
PASS(medium_4, 4, MEDIUM, GROWN)
PASS(first_1, 1, LAZY, CANONICAL)
PASS(first_2, 2, LAZY, CANONICAL)
PASS(first_3, 3, LAZY, CANONICAL)
PASS(first_4, 4, LAZY, CANONICAL)
PASS(grown_3, 3, LAZY, GROWN)
PASS(grown_4, 4, LAZY, GROWN)
PASS(folded_3, 3, LAZY, FOLDED)
PASS(folded_4, 4, LAZY, FOLDED)

#define BLOCKS(name, mode)                                                                         \
    static void name(pa_he_word *row, size_t count, const pa_he_ntt *ntt, size_t node,             \
                     size_t first)                                                                 \
    {                                                                                              \
        blocks(row, count, SIDE_BY_SIDE, ntt, node, vectors_of(ntt, first), mode);                 \
    }
#define SIDE_BY_SIDE 1 /* 2^1 */
BLOCKS(strict_blocks, STRICT)
BLOCKS(medium_blocks, MEDIUM)
BLOCKS(lazy_blocks, LAZY)

/* ---- the way through a transform ---------------------------------------------------------------------------------- */

typedef void pass_function(pa_he_word *row, size_t size, const pa_he_ntt *ntt, size_t node);

#define STEPS 5 /* the last of none */
/* Layers of the passes above the blocks, log2 N - 6 in all. */
static const unsigned char plans[PA_HE_MAX_LOG_DEGREE - MIN_LOG_DEGREE + 1][STEPS] = {
    {1}, {2}, {3}, {4}, {2, 3}, {3, 3}, {3, 4}, {2, 3, 3}, {3, 3, 3}, {3, 3, 4}, {3, 4, 4},
};

/* Sub-blocks of so many elements and fewer stay in the first-level cache, together with their twiddles. */
#define LEAF 1024u

typedef struct {
    pa_he_word *const *rows;
    size_t count;
    const pa_he_ntt *ntt;
    pass_function *pass[STEPS];
    unsigned char layers[STEPS];
    void (*blocks)(pa_he_word *row, size_t count, const pa_he_ntt *ntt, size_t node, size_t first);
} transform;

/* Row `row` from element `first` on, `size` elements, the sub-block below `node`, from pass `step` on. */
static void run(const transform *t, pa_he_word *row, size_t first, size_t size, size_t node,
                unsigned step)
{
    if (t->layers[step] == 0) {
        t->blocks(row + first, size / BLOCK, t->ntt, node, first / BLOCK);
        return;
    }
    t->pass[step](row + first, size, t->ntt, node);
    const unsigned k = t->layers[step];
    if (t->layers[step + 1] == 0) {
        run(t, row, first, size, node << k, step + 1);
        return;
    }
    for (size_t i = 0; i < (size_t)1 << k; i++) {
        run(t, row, first + i * (size >> k), size >> k, (node << k) + i, step + 1);
    }
}

/* All rows: a sub-block that fits the cache of one after the other, so that its twiddles are read once. */
static void run_rows(const transform *t, size_t first, size_t size, size_t node, unsigned step)
{
    if (size <= LEAF || t->layers[step] == 0) {
        for (size_t r = 0; r < t->count; r++) {
            run(t, t->rows[r], first, size, node, step);
        }
        return;
    }
    const unsigned k = t->layers[step];
    for (size_t r = 0; r < t->count; r++) {
        t->pass[step](t->rows[r] + first, size, t->ntt, node);
    }
    for (size_t i = 0; i < (size_t)1 << k; i++) {
        run_rows(t, first + i * (size >> k), size >> k, (node << k) + i, step + 1);
    }
}

void PA_HE(forward)(pa_he_word *const *rows, size_t count, const pa_he_ntt *ntt)
{
    if (ntt->log_degree < MIN_LOG_DEGREE) {
        for (size_t r = 0; r < count; r++) {
            PA_HE(forward_small)(rows[r], ntt);
        }
        return;
    }
    static pass_function *const often[2][5] = {
        [STRICT] = {NULL, strict_1, strict_2, strict_3, strict_4},
        [MEDIUM] = {NULL, medium_1, medium_2, medium_3, medium_4},
    };
    static pass_function *const lazy[3][5] = {
        [CANONICAL] = {NULL, first_1, first_2, first_3, first_4},
        [GROWN] = {NULL, NULL, NULL, grown_3, grown_4},
        [FOLDED] = {NULL, NULL, NULL, folded_3, folded_4},
    };
    const unsigned bits = ntt->modulus.bits;
    const enum mode mode = bits > MEDIUM_BITS ? STRICT : bits > LAZY_BITS ? MEDIUM : LAZY;
    transform t = {.rows = rows,
                   .count = count,
                   .ntt = ntt,
                   .blocks = mode == STRICT   ? strict_blocks
                             : mode == MEDIUM ? medium_blocks
                                              : lazy_blocks};
    unsigned grown = 0;
    for (unsigned i = 0; i < STEPS; i++) {
        const unsigned k = t.layers[i] = plans[ntt->log_degree - MIN_LOG_DEGREE][i];
        const enum entry entry = i == 0 ? CANONICAL : grown + k <= LAZY_CENTRE ? GROWN : FOLDED;
        grown = (entry == GROWN ? grown : 0) + k;
        t.pass[i] = mode == LAZY ? lazy[entry][k] : often[mode][k];
    }
    run_rows(&t, 0, (size_t)1 << ntt->log_degree, 1, 0);
}
