/* SPDX-License-Identifier: Apache-2.0 */
/* Forward negacyclic NTT in AVX-512 IFMA: radix 8 and 16 in registers down to blocks of 64, depth first below 1024 elements; then
 * six layers of two blocks side by side, three before and three after an exchange of rows and columns that is never undone.
 *
 * Zen 4 at 3.7 GHz, gcc 12, thousands of cycles, and cycles per butterfly of vectors (N log2(N) / 16 of them):
 *   q <           2^50          2^49          2^48          2^46         operations of a butterfly, thereof vpmadd52
 *   N = 8192      35.1  5.3     32.0  4.8     29.3  4.4     28.2  4.2    8, 6, 5 + folds, 5; 3
 *   N = 16384     75.7  5.3     67.7  4.7     64.9  4.5     61.6  4.3
 *   N = 65536      344  5.3      312  4.8      290  4.4      275  4.2
 * Limits there, per cycle: two operations, one of which vpmadd52 or minimum, one a shift or shuffle. A butterfly of the passes takes
 * no less than 4.0 (2^50) or 3.0 (2^46) and is measured at 4.4 and 3.4 (radix 16), 4.8 and 3.5 (radix 8); six layers of a block,
 * 24 butterflies, 24 shuffles and 8 reductions to [0, q), no less than 128 and 96, measured 141 and 121. In all 1.15 times the
 * limit, for additions take turns on the multiplier's ports; neither memory nor spills show. Zen 5 has twice of all these:
 * half the cycles, 17.5, 38 and 172 for 2^50.
 *
 * Tried and lost (N = 8192, 2^50): Harvey's butterflies of clean numbers below 4q by minima, nine operations, eight where the
 * next layer's use is known, 39.4, and 40.8 where twiddle addresses were kept in registers for a whole pass; folds by Barrett's
 * two vpmadd52, 37.6; one block at a time, 167 cycles in place of 141; folds in the first layer too, 35.4. Radix 16 at strides
 * of 8 KiB and more, 8 % (N = 16384): sixteen lines of one cache set. Options of gcc (reassociation, scheduling) within 1 %,
 * but -fschedule-insns, 20 % slower; clang 14, 15 % slower. */
#include "ntt_avx512ifma.h"

/* (x, y) <- (x + w y, x - w y): three vpmadd52 give -w y in (-q, q], five operations both results. Each layer widens the range
 * by q on either side of what x had; y does not count, being a factor. */
#define LAZY_BITS 48u
#define MEDIUM_BITS 49u
#define FREE_BITS 46u

/* Where a fold puts x: as many layers follow until the next. */
INLINE int centre_of(enum mode mode)
{
    return mode == STRICT ? 1 : mode == MEDIUM ? 3 : mode == LAZY ? 7 : (int)PA_HE_MAX_LOG_DEGREE;
}

/* How a pass treats what it reads. */
enum entry {
    CANONICAL, /* below q: the first pass */
    GROWN,     /* as the pass before left it */
    FOLDED,    /* likewise, but x is folded at once (which STRICT and MEDIUM do in any case) */
};

/* [0, 2^52) modulo 2^52 to [0, q). */
INLINE vec canonical(vec x, enum mode mode, const prime *p)
{
    return less(mode == STRICT ? less(clean(x), p->q2) : clean(reduce(x, p)), p->q);
}

typedef struct {
    centre at;
    vec offset; /* it, times q */
} middle;

INLINE middle middle_of(enum mode mode, const pa_he_ntt *ntt)
{
    const int c = centre_of(mode);
    return (middle){centre_at(c, ntt), all((uint64_t)c * ntt->modulus.q)};
}

/* Layers `from` to k - 1 over v[0 .. 2^k). Twiddles: words of pairs below `node`, or vectors, those of 2^from blocks. */
INLINE void layers(vec *v, unsigned from, unsigned k, const pa_he_word *table, size_t node,
                   bool lanes, enum mode mode, enum entry entry, const middle *centred,
                   const prime *p)
{
    UNROLL for (unsigned layer = from; layer < k; layer++)
    {
        const bool folded = mode == STRICT   ? true
                            : mode == MEDIUM ? (layer - from) % (unsigned)centre_of(MEDIUM) == 0
                                             : layer == from && entry == FOLDED;
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
                if (layer == from && entry == CANONICAL) {
                    u = add(u, centred->offset);
                } else if (folded) {
                    u = fold(u, &centred->at, mode, p);
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
    const middle centred = middle_of(mode, ntt);
    const pa_he_word *pairs = pairs_of(ntt);
    for (pa_he_word *end = row + stride; row < end; row += LANES) {
        vec v[16];
        /* Twiddles are read anew each time, as operands: hoisted they would only be spilled. */
        __asm__ volatile("" ::: "memory");
        UNROLL for (unsigned i = 0; i < 1u << k; i++)
        {
            v[i] = load(row + i * stride);
        }
        layers(v, 0, k, pairs, node, false, mode, entry, &centred, &p);
        UNROLL for (unsigned i = 0; i < 1u << k; i++)
        {
            store(row + i * stride, v[i]);
        }
    }
}

/* The first pass, k layers, out of place: source is modulo another prime and lifted exactly centred on the way, by adding `moved`
 * to what is above `half`, which leaves [0, entry) for an entry that the mode bears. */
INLINE void lifted_pass(pa_he_word *row, const pa_he_word *source, vec half, vec moved,
                        size_t stride, unsigned k, const pa_he_ntt *ntt, enum mode mode)
{
    const prime p = prime_of(ntt->modulus.q);
    const middle centred = middle_of(mode, ntt);
    const pa_he_word *pairs = pairs_of(ntt);
    /* A store makes loads wait that follow it on the same place of another page: so they go the other way. */
    const bool back = (((uintptr_t)row - (uintptr_t)source) & 4095) < 2048;
    const ptrdiff_t step = back ? -(ptrdiff_t)LANES : (ptrdiff_t)LANES;
    row += back ? stride - LANES : 0;
    source += back ? stride - LANES : 0;
    for (size_t n = stride; n > 0; n -= LANES, row += step, source += step) {
        vec v[16];
        __asm__ volatile("" ::: "memory");
        UNROLL for (unsigned i = 0; i < 1u << k; i++)
        {
            const vec y = load(source + i * stride);
            v[i] = _mm512_mask_add_epi64(y, _mm512_cmplt_epu64_mask(half, y), y, moved);
        }
        layers(v, 0, k, pairs, 1, false, mode, CANONICAL, &centred, &p);
        UNROLL for (unsigned i = 0; i < 1u << k; i++)
        {
            store(row + i * stride, v[i]);
        }
    }
}

/* The last six layers of `count` blocks of 64 elements, two of them side by side: one has too few butterflies to hide how long each
 * takes. ahead: rows whose same elements are brought near meanwhile. */
INLINE void blocks(pa_he_word *row, size_t count, const pa_he_ntt *ntt, size_t node,
                   const pa_he_word *vectors, const pa_he_word *const *ahead, enum mode mode)
{
    const prime p = prime_of(ntt->modulus.q);
    const middle centred = middle_of(mode, ntt);
    for (size_t block = 0; block < count; block += 2) {
        vec v[16], t[16];
        __asm__ volatile("" ::: "memory");
        UNROLL for (unsigned i = 0; i < 16; i++)
        {
            v[i] = load(row + block * BLOCK + i * LANES);
            __builtin_prefetch(ahead[0] + block * BLOCK + i * LANES, 0, 2);
        }
        layers(v, 1, 4, pairs_of(ntt), (node + block) / 2, false, mode,
               mode == FREE ? GROWN : FOLDED, &centred, &p);
        UNROLL for (unsigned i = 0; i < 8; i++)
        {
            t[i] = v[i];
            t[8 + i] = v[15 - i];
            __builtin_prefetch(ahead[2] + block * BLOCK + 2 * i * LANES, 0, 2);
            __builtin_prefetch(ahead[2] + block * BLOCK + (2 * i + 1) * LANES, 0, 2);
        }
        transpose(t);
        transpose(t + 8);
        layers(t, 1, 4, vectors + block * BLOCK_TWIDDLES, 0, true, mode, GROWN, &centred, &p);
        UNROLL for (unsigned i = 0; i < 16; i++)
        {
            store(row + block * BLOCK + i * LANES, canonical(t[i], mode, &p));
            __builtin_prefetch(ahead[1] + block * BLOCK + i * LANES, 0, 2);
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
#define PASSES(stem, mode)                                                                         \
    PASS(stem##_first_1, 1, mode, CANONICAL)                                                       \
    PASS(stem##_first_2, 2, mode, CANONICAL)                                                       \
    PASS(stem##_first_3, 3, mode, CANONICAL)                                                       \
    PASS(stem##_first_4, 4, mode, CANONICAL)                                                       \
    PASS(stem##_3, 3, mode, GROWN)                                                                 \
    PASS(stem##_4, 4, mode, GROWN)                                                                 \
    static void stem##_blocks(pa_he_word *row, size_t count, const pa_he_ntt *ntt, size_t node,    \
                              size_t first, const pa_he_word *const *ahead)                        \
    {                                                                                              \
        blocks(row, count, ntt, node, vectors_of(ntt, first), ahead, mode);                        \
    }
PASSES(strict, STRICT)
PASSES(medium, MEDIUM)
PASSES(lazy, LAZY)
PASSES(free, FREE)
PASS(lazy_folded_3, 3, LAZY, FOLDED)
PASS(lazy_folded_4, 4, LAZY, FOLDED)

#define LIFTED(name, k, mode)                                                                      \
    static void name(pa_he_word *row, const pa_he_word *source, uint64_t half, uint64_t moved,     \
                     const pa_he_ntt *ntt)                                                         \
    {                                                                                              \
        lifted_pass(row, source, all(half), all(moved), (size_t)1 << (ntt->log_degree - k), k,     \
                    ntt, mode);                                                                    \
    }
LIFTED(strict_lifted_2, 2, STRICT)
LIFTED(strict_lifted_3, 3, STRICT)
LIFTED(medium_lifted_2, 2, MEDIUM)
LIFTED(medium_lifted_3, 3, MEDIUM)
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
        const pa_he_word *ahead[PA_HE_AHEAD];
        for (unsigned i = 0; i < PA_HE_AHEAD; i++) {
            ahead[i] = rows == NULL ? row : rows[PA_HE_AHEAD * r + i] + first;
        }
        t->blocks(row, size / BLOCK, t->ntt, node, first / BLOCK, ahead);
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
 * non-negative: below p where q / 2 is; else below q / 2 + p, 2^49 more than others, which FREE bears: 35 2^46 + 2^49 < 2^52. */
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
    static pass_function *const passes[4][3][5] = {
        [STRICT] = {{NULL, strict_first_1, strict_first_2, strict_first_3, strict_first_4},
                    {NULL, NULL, NULL, strict_3, strict_4}},
        [MEDIUM] = {{NULL, medium_first_1, medium_first_2, medium_first_3, medium_first_4},
                    {NULL, NULL, NULL, medium_3, medium_4}},
        [LAZY] = {{NULL, lazy_first_1, lazy_first_2, lazy_first_3, lazy_first_4},
                  {NULL, NULL, NULL, lazy_3, lazy_4},
                  {NULL, NULL, NULL, lazy_folded_3, lazy_folded_4}},
        [FREE] = {{NULL, free_first_1, free_first_2, free_first_3, free_first_4},
                  {NULL, NULL, NULL, free_3, free_4}},
    };
    static lifted_function *const lifts[4][5] = {
        [STRICT] = {NULL, NULL, strict_lifted_2, strict_lifted_3, NULL},
        [MEDIUM] = {NULL, NULL, medium_lifted_2, medium_lifted_3, NULL},
        [LAZY] = {NULL, NULL, lazy_lifted_2, lazy_lifted_3, NULL},
        [FREE] = {NULL, NULL, free_lifted_2, free_lifted_3, NULL},
    };
    static blocks_function *const last[4] = {strict_blocks, medium_blocks, lazy_blocks,
                                             free_blocks};
    const unsigned bits = ntt->modulus.bits;
    const enum mode mode = bits > MEDIUM_BITS ? STRICT
                           : bits > LAZY_BITS ? MEDIUM
                           : bits > FREE_BITS ? LAZY
                                              : FREE;
    transform t = {.rows = rows,
                   .count = count,
                   .ntt = ntt,
                   .blocks = last[mode],
                   .around = around,
                   .lifted = lifts[mode][plans[ntt->log_degree - MIN_LOG_DEGREE][0]],
                   .mode = mode};
    unsigned grown = 0; /* layers since the last fold */
    for (unsigned i = 0; i < STEPS; i++) {
        const unsigned k = t.layers[i] = plans[ntt->log_degree - MIN_LOG_DEGREE][i];
        const bool folds = mode == LAZY && i != 0 && grown + k > (unsigned)centre_of(LAZY);
        grown = (folds ? 0 : grown) + k;
        t.pass[i] = passes[mode][i == 0 ? CANONICAL : folds ? FOLDED : GROWN][k];
    }
    run_rows(&t, 0, n, 1, 0);
}

void PA_HE(forward)(pa_he_word *const *rows, size_t count, const pa_he_ntt *ntt)
{
    PA_HE(forward_within)(rows, count, &(pa_he_around){0}, ntt);
}
