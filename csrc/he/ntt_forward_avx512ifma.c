/* SPDX-License-Identifier: Apache-2.0 */
/* Forward negacyclic NTT in AVX-512 IFMA: radix 8 and 16 in registers down to blocks of 64, depth first below 1024 elements; then
 * six layers of two blocks side by side, three before and three after an exchange of rows and columns that is never undone.
 *
 * Zen 4 at 3.7 GHz, gcc 12, thousands of cycles, and cycles per butterfly of vectors (N log2(N) / 16 of them):
 *   q <           2^50          2^49          2^47         operations of a butterfly, thereof vpmadd52
 *   N = 8192      29.7  4.5     27.8  4.2     26.0  3.9    6.5, 5 + a fold a pass, 5; 3
 *   N = 16384     64.8  4.5     61.3  4.3     58.3  4.1
 *   N = 65536      302  4.6      285  4.3      271  4.1
 * Limits there, per cycle: two operations, one of which vpmadd52 or minimum, one a shift, one a shuffle; a store takes a cycle of
 * vpmadd52, for it reads a register through the third port of these. So a butterfly takes no less than 3.25 (2^50) or 3.0, with
 * its part of stores 3.8 and 3.5; passes are measured at 3.9 to 4.2 and 3.3. Six layers of two blocks, 48 butterflies, 48 shuffles
 * and 16 stores, take no less than 200 and 166, measured 230 and 195: shuffles come all at once, and nothing beside them.
 * Zen 5 has twice of these.
 *
 * Tried and lost (N = 8192, 2^50): Shoup's products, of (-q, q] and more above bit 51, whose range allows a layer between folds
 * for q < 2^49 only, 35.1 (27.9 below 2^46); Harvey's butterflies of clean numbers below 4q by minima, 39.4; folds by
 * Barrett's two vpmadd52, 37.6. Butterfly after butterfly in place of two side by side, 4 %; four, 1 %; one column at a time in
 * passes of radix 8, 12 % of these. Blocks one by one, the first layers of the next before the last ones of this, or merged with them
 * operation by operation: 2 to 6 % of the blocks. Radix 16 at strides of 8 KiB and more, 8 % (N = 16384): sixteen lines of
 * one cache set. Two blocks' prefetches of rows that nobody reads next, 5 %. */
#include "ntt_avx512ifma.h"

/* (x, y) <- (x + w y, x - w y): a balanced product, and two operations, so that each layer widens the range of what it leaves by q / 2
 * on either side of what x had; y does not count, being a factor, for which [0, 2^52) suffices. Where the next layers would go
 * beyond that, x is folded: a multiple of q that is looked up by its bits from SHIFT on leaves it in [c q, c q + q + 2^SHIFT), c the
 * centre that the layers to come need to stay non-negative.
 *   STRICT  2^49 < q < 2^50: from [q, 2q + 2^49) two layers lead to [0, 3q + 2^49) < 2^52, so each second layer folds, not the first two,
 *           which meet [q, 2q)
 *   LAZY    2^47 < q < 2^49: from [3q, 4q + 2^48) five layers lead below 6.5q + 2^48 < 2^52; passes fold what they read
 *   FREE    q < 2^47: sixteen layers lead from [8q, 9q) to [0, 17q) < 2^52
 * The last layers turn x itself into a fraction, which costs two vpmadd52 once and saves one of each product, and leave
 * canonical numbers: one layer, or three. `more` of that fraction and of the products' keep its error within (0, 4] or (0, 8]. */

/* How a pass treats what it reads. */
enum entry {
    CANONICAL, /* below q: the first pass */
    GROWN,     /* a layer after a fold */
    FOLDED,    /* folds it */
};

typedef struct {
    vec q, minus_half, half_up; /* of balanced products */
    vec one, above;             /* of fractions at the end */
    twiddle unit;
    vec centre, multiples[2];
} constants;

INLINE unsigned exact_layers(enum mode mode)
{
    return mode == STRICT ? 1 : 3;
}

INLINE constants constants_of(enum mode mode, const pa_he_ntt *ntt)
{
    const uint64_t q = ntt->modulus.q, centre = mode == STRICT ? STRICT_CENTRE
                                                : mode == LAZY ? LAZY_CENTRE
                                                               : FREE_CENTRE;
    const pa_he_word *multiples = ntt->table + TABLE_MULTIPLES;
    return (constants){.q = all(q),
                       .minus_half = all(0 - (q - 1) / 2),
                       .half_up = all((1ull << 51) + 2),
                       .one = all(1),
                       .above = all(2 + exact_layers(mode)),
                       .unit = twiddle_at(ntt->table + TABLE_ONE, 0, false),
                       .centre = all(centre * q),
                       .multiples = {load(multiples), load(multiples + LANES)}};
}

INLINE vec fold(vec x, enum mode mode, const constants *c)
{
    return sub(x,
               mode == STRICT
                   ? _mm512_permutexvar_epi64(_mm512_srli_epi64(x, STRICT_SHIFT), c->multiples[0])
                   : _mm512_permutex2var_epi64(c->multiples[0], _mm512_srli_epi64(x, LAZY_SHIFT),
                                               c->multiples[1]));
}

/* Whether layer `depth` after such an entry folds. */
INLINE bool folds(enum mode mode, enum entry entry, unsigned depth)
{
    return mode == STRICT
               ? (depth % 2 == 0) == (entry != GROWN) && (depth >= 2 || entry != CANONICAL)
           : mode == LAZY ? depth == 0 && entry != CANONICAL
                          : false;
}

/* Layers done `from` to `to` - 1 over v, `depth` of them after the entry. Twiddles: words of pairs below `node`, or, `last`, vectors,
 * those of 2^from blocks. */
INLINE void layers(vec *v, unsigned from, unsigned to, const pa_he_word *table, size_t node,
                   bool last, enum mode mode, enum entry entry, unsigned depth, const constants *c)
{
    UNROLL for (unsigned layer = from; layer < to; layer++, depth++)
    {
        const unsigned left = HELD_LOG - layer, half = 1u << (left - 1);
        const unsigned groups = 1u << (layer - from);
        const pa_he_word *at =
            last ? table + 2 * LANES * (groups - 1) : table + 2 * (node << layer);
        UNROLL for (unsigned first = 0; first < HELD / 2; first += SIDE_BY_SIDE)
        {
            vec t[SIDE_BY_SIDE];
            UNROLL for (unsigned step = 0; step < 4; step++)
            {
                UNROLL for (unsigned i = 0; i < SIDE_BY_SIDE; i++)
                {
                    const unsigned group = (first + i) / half, j = (first + i) % half;
                    vec *x = v + group * 2 * half + j, *y = x + half;
                    const bool exact = last && j == 0 && left <= exact_layers(mode);
                    const twiddle w = twiddle_at(
                        at,
                        last ? group / groups * (BLOCK_TWIDDLES / LANES / 2) + group % groups
                             : group,
                        last);
                    if (step == 0) {
                        t[i] = high(exact ? c->one : c->half_up, *y, w.low);
                    } else if (step == 1) {
                        t[i] = low(t[i], *y, w.high);
                    } else if (step == 2 && exact) {
                        *x = left == exact_layers(mode) ? fraction(*x, c->unit, c->above) : *x;
                    } else if (step == 2) {
                        t[i] = whole(t[i], c->minus_half, c->q);
                        *x = entry == CANONICAL && depth == 0 ? add(*x, c->centre)
                             : folds(mode, entry, depth)      ? fold(*x, mode, c)
                                                              : *x;
                    } else {
                        *y = sub(*x, t[i]);
                        *x = add(*x, t[i]);
                        if (last && left == 1) {
                            *x = whole(*x, all(0), c->q);
                            *y = whole(*y, all(0), c->q);
                        }
                    }
                }
            }
        }
    }
}

/* k layers over 2^k vectors `stride` elements apart, for `stride` of them: the sub-block below `node`. */
INLINE void pass(pa_he_word *row, size_t stride, unsigned k, const pa_he_ntt *ntt, size_t node,
                 enum mode mode, enum entry entry)
{
    const constants c = constants_of(mode, ntt);
    const pa_he_word *pairs = pairs_of(ntt);
    const unsigned columns = HELD >> k;
    for (pa_he_word *end = row + stride; row < end; row += columns * LANES) {
        vec v[HELD];
        /* Twiddles are read anew each time, as operands: hoisted they would only be spilled. */
        __asm__ volatile("" ::: "memory");
        UNROLL for (unsigned i = 0; i < HELD; i++)
        {
            v[i] = load(row + place_of(i, columns, stride));
        }
        layers(v, 0, k, pairs, node, false, mode, entry, 0, &c);
        UNROLL for (unsigned i = 0; i < HELD; i++)
        {
            store(row + place_of(i, columns, stride), v[i]);
        }
    }
}

/* The first pass, k layers, out of place: source is modulo another prime and lifted exactly centred on the way, by adding `moved`
 * to what is above `half`, which leaves [0, entry) for an entry that the mode bears. */
INLINE void lifted_pass(pa_he_word *row, const pa_he_word *source, vec half, vec moved,
                        size_t stride, unsigned k, const pa_he_ntt *ntt, enum mode mode)
{
    const constants c = constants_of(mode, ntt);
    const pa_he_word *pairs = pairs_of(ntt);
    const unsigned columns = HELD >> k;
    const size_t width = columns * LANES;
    /* A store makes loads wait that follow it on the same place of another page: so they go the other way. */
    const bool back = (((uintptr_t)row - (uintptr_t)source) & 4095) < 2048;
    const ptrdiff_t step = back ? -(ptrdiff_t)width : (ptrdiff_t)width;
    row += back ? stride - width : 0;
    source += back ? stride - width : 0;
    for (size_t n = stride; n > 0; n -= width, row += step, source += step) {
        vec v[HELD];
        __asm__ volatile("" ::: "memory");
        UNROLL for (unsigned i = 0; i < HELD; i++)
        {
            const vec y = load(source + place_of(i, columns, stride));
            v[i] = _mm512_mask_add_epi64(y, _mm512_cmplt_epu64_mask(half, y), y, moved);
        }
        layers(v, 0, k, pairs, 1, false, mode, CANONICAL, 0, &c);
        UNROLL for (unsigned i = 0; i < HELD; i++)
        {
            store(row + place_of(i, columns, stride), v[i]);
        }
    }
}

/* Two blocks of a row come near. */
INLINE void bring(const pa_he_word *const *ahead, unsigned which, size_t block)
{
    if (ahead != NULL) {
        UNROLL for (unsigned i = 0; i < HELD; i++)
        {
            __builtin_prefetch(ahead[which] + block * BLOCK + i * LANES, 0, 2);
        }
    }
}

/* The last six layers of `count` blocks of 64 elements, two of them side by side: one has too few butterflies to hide how long each
 * takes. ahead: rows whose same elements are brought near meanwhile, or NULL. */
INLINE void blocks(pa_he_word *row, size_t count, const pa_he_ntt *ntt, size_t node,
                   const pa_he_word *vectors, const pa_he_word *const *ahead, enum mode mode,
                   enum entry entry)
{
    const constants c = constants_of(mode, ntt);
    for (size_t block = 0; block < count; block += 2) {
        vec v[HELD], t[HELD];
        __asm__ volatile("" ::: "memory");
        UNROLL for (unsigned i = 0; i < HELD; i++)
        {
            v[i] = load(row + block * BLOCK + i * LANES);
        }
        bring(ahead, 0, block);
        layers(v, 1, 4, pairs_of(ntt), (node + block) / 2, false, mode, entry, 0, &c);
        UNROLL for (unsigned i = 0; i < 8; i++)
        {
            t[i] = v[i];
            t[8 + i] = v[15 - i];
        }
        bring(ahead, 1, block);
        transpose(t);
        transpose(t + 8);
        layers(t, 1, 4, vectors + block * BLOCK_TWIDDLES, 0, true, mode, entry, 3, &c);
        UNROLL for (unsigned i = 0; i < HELD; i++)
        {
            store(row + block * BLOCK + i * LANES, t[i]);
        }
        bring(ahead, 2, block);
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
#define BLOCKS(name, mode, entry)                                                                  \
    static void name(pa_he_word *row, size_t count, const pa_he_ntt *ntt, size_t node,             \
                     size_t first, const pa_he_word *const *ahead)                                 \
    {                                                                                              \
        blocks(row, count, ntt, node, vectors_of(ntt, first), ahead, mode, entry);                 \
    }
#define PASSES(stem, mode)                                                                         \
    PASS(stem##_first_1, 1, mode, CANONICAL)                                                       \
    PASS(stem##_first_2, 2, mode, CANONICAL)                                                       \
    PASS(stem##_first_3, 3, mode, CANONICAL)                                                       \
    PASS(stem##_first_4, 4, mode, CANONICAL)                                                       \
    PASS(stem##_3, 3, mode, FOLDED)                                                                \
    PASS(stem##_4, 4, mode, FOLDED)                                                                \
    BLOCKS(stem##_blocks, mode, FOLDED)
PASSES(strict, STRICT)
PASSES(lazy, LAZY)
PASSES(free, FREE)
PASS(strict_grown_3, 3, STRICT, GROWN)
PASS(strict_grown_4, 4, STRICT, GROWN)
BLOCKS(strict_grown_blocks, STRICT, GROWN)

#define LIFTED(name, k, mode)                                                                      \
    static void name(pa_he_word *row, const pa_he_word *source, uint64_t half, uint64_t moved,     \
                     const pa_he_ntt *ntt)                                                         \
    {                                                                                              \
        lifted_pass(row, source, all(half), all(moved), (size_t)1 << (ntt->log_degree - k), k,     \
                    ntt, mode);                                                                    \
    }
LIFTED(strict_lifted_2, 2, STRICT)
LIFTED(strict_lifted_3, 3, STRICT)
LIFTED(lazy_lifted_2, 2, LAZY)
LIFTED(lazy_lifted_3, 3, LAZY)
LIFTED(free_lifted_2, 2, FREE)
LIFTED(free_lifted_3, 3, FREE)

/* ---- the way through a transform ---------------------------------------------------------------------------------- */

typedef void pass_function(pa_he_word *row, size_t size, const pa_he_ntt *ntt, size_t node);

#define STEPS 5 /* the last of none */
/* Layers of the passes above the blocks, log2 N - 6 in all. */
static const unsigned char plans[PA_HE_MAX_LOG_DEGREE - MIN_LOG_DEGREE + 1][STEPS] = {
    {1}, {2}, {3}, {4}, {2, 3}, {2, 4}, {3, 4}, {2, 3, 3}, {2, 3, 4}, {3, 3, 4}, {4, 3, 4},
};

/* Sub-blocks of so many elements and fewer stay in the first-level cache, together with their twiddles. */
#define LEAF 1024u

typedef void blocks_function(pa_he_word *row, size_t count, const pa_he_ntt *ntt, size_t node,
                             size_t first, const pa_he_word *const *ahead);

typedef void lifted_function(pa_he_word *row, const pa_he_word *source, uint64_t half,
                             uint64_t moved, const pa_he_ntt *ntt);

typedef struct {
    pa_he_word *const *rows;
    size_t count;
    const pa_he_ntt *ntt;
    pass_function *pass[STEPS];
    unsigned char layers[STEPS];
    blocks_function *blocks;
    const pa_he_around *around;
    lifted_function *lifted; /* NULL: nothing does on the way */
    enum mode mode;
} transform;

/* Row r from element `first` on, `size` elements, the sub-block below `node`, from pass `step` on. */
static void run(const transform *t, size_t r, size_t first, size_t size, size_t node, unsigned step)
{
    pa_he_word *row = t->rows[r] + first;
    if (t->layers[step] == 0) {
        const pa_he_word *const *rows = t->around->ahead;
        const pa_he_word *ahead[PA_HE_AHEAD] = {NULL};
        for (unsigned i = 0; i < PA_HE_AHEAD && rows != NULL; i++) {
            ahead[i] = rows[PA_HE_AHEAD * r + i] + first;
        }
        t->blocks(row, size / BLOCK, t->ntt, node, first / BLOCK, rows == NULL ? NULL : ahead);
        return;
    }
    t->pass[step](row, size, t->ntt, node);
    const unsigned k = t->layers[step];
    if (t->layers[step + 1] == 0) {
        run(t, r, first, size, node << k, step + 1);
        return;
    }
    for (size_t i = 0; i < (size_t)1 << k; i++) {
        run(t, r, first + i * (size >> k), size >> k, (node << k) + i, step + 1);
    }
}

/* The first pass of row r, with its lift where it has one. Residues above q / 2 are moved by -q and as many p as make them
 * non-negative: below p where q / 2 is; else below q / 2 + p, 2^49 more than others, which FREE bears: 17 2^47 + 2^49 < 2^52. */
static void first_pass(const transform *t, size_t r)
{
    const size_t n = (size_t)1 << t->ntt->log_degree;
    pa_he_word *row = t->rows[r];
    const pa_he_lift *lift = t->around->lifts == NULL ? NULL : t->around->lifts + r;
    if (lift != NULL && lift->conversion != NULL) {
        const pa_he_conversion *c = lift->conversion;
        const uint64_t q = c->in[0]->modulus.q, half = (q - 1) / 2, p = t->ntt->modulus.q;
        if (t->lifted != NULL && c->in_count == 1 && (half < p || t->mode == FREE)) {
            t->lifted(row, lift->terms[0], half, (half / p + 1) * p - q, t->ntt);
            return;
        }
        PA_HE(lift_row)(row, lift, n);
    }
    t->pass[0](row, n, t->ntt, 1);
}

static void done(const pa_he_around *around, size_t first, size_t size)
{
    if (around->done != NULL) {
        around->done(around->work, first, size);
    }
}

/* All rows: a sub-block that fits the cache of one after the other, so that its twiddles are read once. */
static void run_rows(const transform *t, size_t first, size_t size, size_t node, unsigned step)
{
    if (size <= LEAF || t->layers[step] == 0) {
        for (size_t r = 0; r < t->count; r++) {
            run(t, r, first, size, node, step);
        }
        done(t->around, first, size);
        return;
    }
    const unsigned k = t->layers[step];
    for (size_t r = 0; r < t->count; r++) {
        if (step == 0) {
            first_pass(t, r);
        } else {
            t->pass[step](t->rows[r] + first, size, t->ntt, node);
        }
    }
    for (size_t i = 0; i < (size_t)1 << k; i++) {
        run_rows(t, first + i * (size >> k), size >> k, (node << k) + i, step + 1);
    }
}

void PA_HE(forward_within)(pa_he_word *const *rows, size_t count, const pa_he_around *around,
                           const pa_he_ntt *ntt)
{
    const size_t n = (size_t)1 << ntt->log_degree;
    if (n <= LEAF && around->lifts != NULL) { /* nothing is gained on the way */
        for (size_t r = 0; r < count; r++) {
            if (around->lifts[r].conversion != NULL) {
                PA_HE(lift_row)(rows[r], &around->lifts[r], n);
            }
        }
    }
    if (ntt->log_degree < MIN_LOG_DEGREE) {
        for (size_t r = 0; r < count; r++) {
            PA_HE(forward_small)(rows[r], ntt);
        }
        done(around, 0, n);
        return;
    }
    static pass_function *const passes[3][3][5] = {
        [STRICT] = {{NULL, strict_first_1, strict_first_2, strict_first_3, strict_first_4},
                    {NULL, NULL, NULL, strict_grown_3, strict_grown_4},
                    {NULL, NULL, NULL, strict_3, strict_4}},
        [LAZY] = {{NULL, lazy_first_1, lazy_first_2, lazy_first_3, lazy_first_4},
                  {NULL, NULL, NULL, lazy_3, lazy_4},
                  {NULL, NULL, NULL, lazy_3, lazy_4}},
        [FREE] = {{NULL, free_first_1, free_first_2, free_first_3, free_first_4},
                  {NULL, NULL, NULL, free_3, free_4},
                  {NULL, NULL, NULL, free_3, free_4}},
    };
    static lifted_function *const lifts[3][5] = {
        [STRICT] = {NULL, NULL, strict_lifted_2, strict_lifted_3, NULL},
        [LAZY] = {NULL, NULL, lazy_lifted_2, lazy_lifted_3, NULL},
        [FREE] = {NULL, NULL, free_lifted_2, free_lifted_3, NULL},
    };
    static blocks_function *const last[3] = {strict_blocks, lazy_blocks, free_blocks};
    const enum mode mode = mode_of(ntt->modulus.bits);
    transform t = {.rows = rows,
                   .count = count,
                   .ntt = ntt,
                   .blocks = last[mode],
                   .around = around,
                   .lifted = lifts[mode][plans[ntt->log_degree - MIN_LOG_DEGREE][0]],
                   .mode = mode};
    unsigned before = 0; /* layers */
    for (unsigned i = 0; i < STEPS; i++) {
        const unsigned k = t.layers[i] = plans[ntt->log_degree - MIN_LOG_DEGREE][i];
        t.pass[i] = passes[mode][before == 0 ? CANONICAL : before % 2 != 0 ? GROWN : FOLDED][k];
        before += k;
    }
    if (mode == STRICT && before % 2 != 0) {
        t.blocks = strict_grown_blocks;
    }
    run_rows(&t, 0, n, 1, 0);
}

void PA_HE(forward)(pa_he_word *const *rows, size_t count, const pa_he_ntt *ntt)
{
    PA_HE(forward_within)(rows, count, &(pa_he_around){0}, ntt);
}
