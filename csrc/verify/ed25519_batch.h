/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 under zip215: many rows in one equation. Included by a variant after ed25519_lanes.h.
 *
 * Rows that a length, an encoding or S decides are left out. For the others, with nonzero random
 * coefficients z of 128 bits (coefficients.h),
 *
 *     8 (sum_i z_i R_i + sum_A (sum_(i of A) z_i k_i mod l) A - (sum_i z_i S_i mod l) B) = 0.
 *
 * All rows hold under 8 (S B - k A - R) = 0: so does the sum. One does not: 8 times its left side
 * is a point of the group of prime order l other than 0, which one z of 2^128 - 1 at most cancels.
 * Nothing else is proved by the sum, so only a rule whose equation has the factor 8 may use it: A
 * and R may have a part of small order, on which z mod 8 would decide. For the same reason
 * z_i k_i may be reduced modulo l, though A is not of order l: the multiple of l that this drops
 * leaves a point of small order, which the factor 8 at the very end removes.
 *
 * Of few rows the sum is made by multiples of each point (ed25519_straus.h), of many by buckets
 * (Pippenger). In both a lane is a window: bits of the scalars are cut into
 * windows, LANES of them a group. A window has buckets of its own, so one point, the same in all
 * lanes, is added to one bucket of each window of a group at once, and no two lanes ever meet.
 * Scalars of A have 256 bits, of R 128, so R takes part in the lower half of the windows only.
 *
 *   lane i of a half  bits [i HALF, (i + 1) HALF) of it, HALF = 128 / LANES, cut alike in all lanes
 *   a window          a signed digit of w bits: itself plus the bit before it, minus 2^w times its
 *                     top bit. -2^(w - 1) .. 2^(w - 1): no carry runs from window to window
 *   buckets           1 .. 2^(w - 1) of a window; number 0 takes what digit 0 adds, unread
 *
 * The windows of a stretch are then joined in its lane, all stretches at once, and the stretches in
 * one chain of doublings.
 *
 * Work a row, distinct keys, 8 lanes, n = 1024, at 28 cycles a product and 25 a square: two
 * decodings of 254 S + 16 M, an eighth of a group each: 1700 cycles; six additions of 7 M (A in
 * four groups of windows 8 bits wide, R in two): 1180; 512 buckets of 17 M for all rows: 240;
 * SHA-512 in lanes and all else: 400. Floor: 3500 cycles, 0.87 us at 4.05 GHz. Measured on Zen 5
 * with gcc 12: 1.27 us (1.65 at n = 128, 1.98 at 64, 2.6 at 32): decodings 0.45, additions 0.45,
 * buckets 0.08, rows and hashes 0.09, coefficients 0.03, scalars and digits 0.06, the small first
 * batch 0.05, lines that the second-level cache lost, 1 KiB a row, 0.06. An addition takes 75 ns
 * where its products alone would take 48: 63 ns without the 80 shuffles that turn buckets into
 * lanes and back. AVX2, the same machine: 4.2 us (5.5 at 128, 6.3 at 64).
 *
 * Tried and lost, in ns an addition unless said: two points or two groups of windows at once, 79,
 * as an addition has three or four independent products already; buckets packed into four words a
 * coordinate, 108; products called instead of inlined, 108; a running sum that waits for its bucket
 * before it is summed itself, 227 a bucket (155 with both at once); the chain of doublings in plain
 * lanes, 58 a doubling, or by MULX, 51 (40 with coordinates in lanes); digits window by window,
 * 0.14 us a row (0.03 all lanes of a word at once). */
#ifndef PA_ED25519_BATCH_H
#define PA_ED25519_BATCH_H

#include <limits.h>
#include <string.h>

#include "ed25519.h"

/* Fewer rows than that are quicker one by one, and more distinct keys than that by buckets, by
 * measurement: here those of portable. ed25519_straus.h has the figures. */
#ifndef ED25519_BATCH_MIN
#define ED25519_BATCH_MIN 9
#endif
#ifndef ED25519_STRAUS_ROWS
#define ED25519_STRAUS_ROWS 52
#endif

/* Rows of the first batch of a range of eight times as many or more: should all be bad, the sum of
 * a few is lost. It takes 5 % of 1024 good rows, so only where rows one by one take much more than
 * the sum, as with eight lanes: 1024 bad rows would else take 3 times as long as good ones. */
#ifndef ED25519_FIRST_BATCH
#define ED25519_FIRST_BATCH (LANES >= 8 ? 128 : PA_ED25519_BATCH)
#endif

/* Where coefficients come from: tests take the entropy away. */
#ifndef ED25519_COEFFICIENTS
#define ED25519_COEFFICIENTS pa_ed25519_coefficients
#endif

/* ---- what a batch is worked out in ---------------------------------------------------------- */

#define ED25519_CHUNKS (PA_ED25519_BATCH / PA_ED25519_CHUNK)
#define ED25519_TERMS (2 * PA_ED25519_BATCH + 1)
#define ED25519_HALF (128 / LANES)
/* Bits of a window; groups of a half. */
#define ED25519_WIDEST 8
#define ED25519_NARROWEST 4
#define ED25519_GROUPS (ED25519_HALF / ED25519_NARROWEST)
#define ED25519_BUCKETS ((1 << (ED25519_WIDEST - 1)) + 1)
#define ED25519_POINT_WORDS (4 * FE_LANE_WORDS)
#define ED25519_SLOTS (2 * PA_ED25519_BATCH)
#define ED25519_PROBES 8
#define ED25519_NO_ROW 0xffff

typedef struct {
    pa_ed25519_chunk chunks[ED25519_CHUNKS];
    unsigned int live[ED25519_CHUNKS][PA_ED25519_CHUNK]; /* rows of the chunk that are open */
    unsigned int count[ED25519_CHUNKS];

    /* Row numbers in the batch; the first row of each row's key, and its term, 0: none yet. */
    uint16_t slots[ED25519_SLOTS], first[PA_ED25519_BATCH], key_term[PA_ED25519_BATCH];

    /* k and S of the open rows, later times their z. */
    pa_ed25519_transcript transcript;
    pa_ed25519_coefficient z[PA_ED25519_BATCH];
    pa_ed25519_scalar sums[PA_ED25519_BATCH + 1]; /* of z S for B, of z k for each key */

    /* Terms: B, the keys, the Rs. The scalars of the first `wide` of them have 256 bits, of the
     * others 128. */
    unsigned int wide, terms;
    const pa_ed25519_point *point[ED25519_TERMS];
    _Alignas(64) uint64_t ready[ED25519_TERMS][ED25519_POINT_WORDS]; /* y + x, y - x, 2dxy, -2dxy */
    uint8_t index[ED25519_TERMS][2 * ED25519_GROUPS][LANES];
    uint8_t negative[ED25519_TERMS][2 * ED25519_GROUPS]; /* bit i: lane i */

    _Alignas(64) uint64_t buckets[LANES][ED25519_BUCKETS][ED25519_POINT_WORDS];
    uint64_t segments[2][LANES][ED25519_POINT_WORDS];
} ed25519_scratch;

/* ---- keys: one term each -------------------------------------------------------------------- */

static const uint8_t *ed25519_key_of(const ed25519_scratch *batch, unsigned int i)
{
    return batch->chunks[i / PA_ED25519_CHUNK].encoded[i % PA_ED25519_CHUNK] + 32;
}

/* first[] of the n rows of a chunk; rows of one encoding share the point of the first of them, so
 * that it is decoded once. After ED25519_PROBES others in a row a key is taken for a new one: that
 * is rare among keys that nobody made to collide, and costs time alone. */
static void ed25519_batch_keys(ed25519_scratch *batch, unsigned int c, unsigned int n)
{
    pa_ed25519_chunk *chunk = &batch->chunks[c];
    for (unsigned int j = 0; j < n; j++) {
        const unsigned int i = c * PA_ED25519_CHUNK + j;
        const uint8_t *key = ed25519_key_of(batch, i);
        batch->first[i] = (uint16_t)i;
        batch->key_term[i] = 0;
        if (chunk->reasons[j] != PYACCEL_REASON_NONE || chunk->key[j] != &chunk->keys[j]) {
            continue; /* without a key of 32 bytes; with a prepared one */
        }
        unsigned int slot = key[0] | (unsigned int)key[1] << 8;
        for (int probe = 0; probe < ED25519_PROBES; probe++, slot++) {
            uint16_t *at = &batch->slots[slot % ED25519_SLOTS];
            if (*at == ED25519_NO_ROW) {
                *at = (uint16_t)i;
                break;
            }
            if (memcmp(ed25519_key_of(batch, *at), key, 32) == 0) {
                batch->first[i] = *at;
                chunk->key[j] = &batch->chunks[*at / PA_ED25519_CHUNK].keys[*at % PA_ED25519_CHUNK];
                break;
            }
        }
    }
}

/* ---- terms ---------------------------------------------------------------------------------- */

static const pa_ed25519_point ed25519_base_point = {
    .x = {0xc9562d608f25d51a, 0x692cc7609525a7b2, 0xc0a4e231fdd6dc5c, 0x216936d3cd6e53fe},
    .y = {0x6666666666666658, 0x6666666666666666, 0x6666666666666666, 0x6666666666666666},
    .t = {0x6dde8ab3a5b7dda3, 0x20f09f80775152f5, 0x66ea4e8e64abe37d, 0x67875f0fd78b7665},
    .encoding = PA_ED25519_DECODES | PA_ED25519_CANONICAL,
};

/* How the stretch of a lane is cut: window j has bits at[j] .. at[j + 1] - 1. */
typedef struct {
    int groups;
    int at[ED25519_GROUPS + 1];
} ed25519_cut;

static inline int ed25519_width(const ed25519_cut *cut, int j)
{
    return cut->at[j + 1] - cut->at[j];
}

/* The cheapest cut for a half that has `terms` terms: an addition for each term and group, and for
 * every bucket two that are not affine, which take 17 M instead of 7 M, but no time to find. */
static void ed25519_cut_half(ed25519_cut *best, unsigned int terms)
{
    unsigned int lowest = UINT_MAX;
    for (int groups = ED25519_HALF / ED25519_WIDEST; groups <= ED25519_GROUPS; groups++) {
        ed25519_cut cut = {.groups = groups};
        unsigned int cost = (unsigned int)groups * terms;
        for (int j = 0; j < groups; j++) {
            cut.at[j + 1] = ED25519_HALF * (j + 1) / groups;
            cost += 2u << (ed25519_width(&cut, j) - 1);
        }
        if (cost < lowest) {
            *best = cut;
            lowest = cost;
        }
    }
}

#if LANES > 1
/* k in the stretch of every lane whose bits are in one word. */
#define ED25519_STRETCHES(k) ((k) * (UINT64_MAX / ((UINT64_C(1) << ED25519_HALF) - 1)))

/* Digits of the windows of one half (128 bits, and the bit before them) of a term's scalar: those
 * of all lanes in a word at once. Window + bit before = v in 0 .. 2^w; where the top bit of the window
 * is set the digit is v - 2^w, and 2^w - v is 3 2^w - v = (v ^ (2^(w + 1) - 1)) + 2^w + 1 modulo
 * 2^(w + 1). */
static inline void ed25519_digits(ed25519_scratch *batch, unsigned int term, int first_group,
                                  const ed25519_cut *cut, const uint64_t half[2],
                                  unsigned int before)
{
    const uint64_t one = ED25519_STRETCHES(1);
    const uint64_t shifted[2] = {half[0] << 1 | before, half[1] << 1 | half[0] >> 63};
    for (int j = 0; j < cut->groups; j++) {
        const int at = cut->at[j], width = ed25519_width(cut, j);
        const uint64_t size = UINT64_C(1) << width;
        uint8_t *index = batch->index[term][first_group + j];
        unsigned int negative = 0;
        for (int i = 0; i < 2; i++) {
            const uint64_t v = (half[i] >> at & one * (size - 1)) + (shifted[i] >> at & one);
            const uint64_t top = half[i] >> (at + width - 1) & one;
            const uint64_t digit =
                ((v ^ top * (2 * size - 1)) + top * (size + 1)) & one * (2 * size - 1);
            for (int lane = 0; lane < LANES / 2; lane++) {
                index[LANES / 2 * i + lane] = (uint8_t)(digit >> ED25519_HALF * lane);
                negative |= (unsigned int)(top >> ED25519_HALF * lane & 1)
                            << (LANES / 2 * i + lane);
            }
        }
        batch->negative[term][first_group + j] = (uint8_t)negative;
    }
}
#else
/* The same, whose one lane has all of the half. */
static inline void ed25519_digits(ed25519_scratch *batch, unsigned int term, int first_group,
                                  const ed25519_cut *cut, const uint64_t half[2],
                                  unsigned int before)
{
    for (int j = 0; j < cut->groups; j++) {
        const int at = cut->at[j], width = ed25519_width(cut, j);
        uint64_t bits = half[at / 64] >> at % 64;
        bits |= at % 64 + width > 64 ? half[1] << (64 - at % 64) : 0;
        const unsigned int size = 1u << width, window = (unsigned int)bits & (size - 1);
        const unsigned int v = window + before;
        before = window >> (width - 1);
        batch->index[term][first_group + j][0] = (uint8_t)(before != 0 ? size - v : v);
        batch->negative[term][first_group + j] = (uint8_t)before;
    }
}
#endif

/* Not put in place: what such a step keeps on the stack is gone when the rows of the next batch are read and hashed, all of which
 * fits 128 KiB (tests/c/test_stack.c). */
#define ED25519_APART __attribute__((noinline))

/* Numbers the terms, and sums up their scalars. False when there are no coefficients. */
ED25519_APART static bool ed25519_batch_terms(ed25519_scratch *batch, unsigned int chunks)
{
    unsigned int rows = 0;
    for (unsigned int c = 0; c < chunks; c++) {
        for (unsigned int j = 0; j < batch->count[c]; j++, rows++) {
            const pa_ed25519_chunk *chunk = &batch->chunks[c];
            batch->transcript.scalars[rows][0] = chunk->k[batch->live[c][j]];
            batch->transcript.scalars[rows][1] = chunk->s[batch->live[c][j]];
        }
    }
    if (!ED25519_COEFFICIENTS(batch->z, &batch->transcript, rows)) {
        return false;
    }
    ed25519_weigh(batch->transcript.scalars, batch->z, rows);
    rows = 0;
    batch->wide = 1;
    batch->point[0] = &ed25519_base_point;
    batch->sums[0] = (pa_ed25519_scalar){{0}};
    for (unsigned int c = 0; c < chunks; c++) {
        for (unsigned int j = 0; j < batch->count[c]; j++, rows++) {
            const pa_ed25519_scalar *weighed = batch->transcript.scalars[rows];
            const unsigned int i = batch->live[c][j];
            uint16_t *term = &batch->key_term[batch->first[c * PA_ED25519_CHUNK + i]];
            if (*term == 0) {
                *term = (uint16_t)batch->wide;
                batch->point[batch->wide] = batch->chunks[c].key[i];
                batch->sums[batch->wide++] = weighed[0];
            } else {
                pa_ed25519_scalar_add(&batch->sums[*term], &batch->sums[*term], &weighed[0]);
            }
            pa_ed25519_scalar_add(&batch->sums[0], &batch->sums[0], &weighed[1]);
        }
    }
    return true;
}

/* Digits of all terms, and the points of the Rs. */
static void ed25519_batch_digits(ed25519_scratch *batch, unsigned int chunks,
                                 const ed25519_cut *lower, const ed25519_cut *upper)
{
    for (unsigned int i = 0; i < batch->wide; i++) {
        pa_ed25519_scalar a = batch->sums[i];
        if (i == 0) { /* B is of order l, so here the scalar may be negated */
            pa_ed25519_scalar_negate(&a, &a);
        }
        ed25519_digits(batch, i, 0, lower, a.word, 0);
        ed25519_digits(batch, i, lower->groups, upper, a.word + 2, (unsigned int)(a.word[1] >> 63));
    }
    unsigned int rows = 0;
    for (unsigned int c = 0; c < chunks; c++) {
        for (unsigned int j = 0; j < batch->count[c]; j++, rows++) {
            batch->point[batch->wide + rows] = &batch->chunks[c].r[batch->live[c][j]];
            ed25519_digits(batch, batch->wide + rows, 0, lower, batch->z[rows].word, 0);
        }
    }
    batch->terms = batch->wide + rows;
}

/* ready[] of all terms. */
static void ed25519_batch_points(ed25519_scratch *batch)
{
    uint64_t spare[ED25519_POINT_WORDS];
    for (unsigned int at = 0; at < batch->terms; at += LANES) {
        const pa_ed25519_point *points[LANES];
        uint64_t *to[LANES];
        edwards_point p;
        edwards_cached q;
        fe negative;
        for (unsigned int i = 0; i < LANES; i++) {
            const bool inside = at + i < batch->terms;
            points[i] = batch->point[inside ? at + i : at];
            to[i] = inside ? batch->ready[at + i] : spare;
        }
        ed25519_load(&p, points);
        edwards_to_cached(&q, &p);
        fe_carry(&q.y_plus_x, &q.y_plus_x);
        fe_carry(&q.y_minus_x, &q.y_minus_x);
        fe_neg(&negative, &q.t2d, 1);
        fe_carry(&negative, &negative);
        fe_store_four(to, &q.y_plus_x, &q.y_minus_x, &q.t2d, &negative);
    }
}

/* ---- buckets -------------------------------------------------------------------------------- */

static void ed25519_load_buckets(edwards_point *p, const uint64_t *const at[LANES])
{
    fe_load_four(&p->x, &p->y, &p->z, &p->t, at);
}

static void ed25519_store_buckets(uint64_t *const at[LANES], const edwards_point *p)
{
    fe_store_four(at, &p->x, &p->y, &p->z, &p->t);
}

/* Adds the first `terms` terms to the buckets of one group of windows. */
ED25519_FLAT static void ed25519_fill(ed25519_scratch *batch, int group, int width,
                                      unsigned int terms)
{
    edwards_point p;
    uint64_t *at[LANES];
    edwards_identity(&p);
    for (unsigned int bucket = 0; bucket <= 1u << (width - 1); bucket++) {
        for (int lane = 0; lane < LANES; lane++) {
            at[lane] = batch->buckets[lane][bucket];
        }
        ed25519_store_buckets(at, &p);
    }
    for (unsigned int i = 0; i < terms; i++) {
        const uint64_t *ready = batch->ready[i];
        const mask negative = mask_from_bits(batch->negative[i][group]);
        fe plus, minus, t2d, t2d_negative;
        edwards_cached q;
        for (int lane = 0; lane < LANES; lane++) {
            at[lane] = batch->buckets[lane][batch->index[i][group][lane]];
        }
        fe_broadcast(&plus, ready);
        fe_broadcast(&minus, ready + FE_LANE_WORDS);
        fe_broadcast(&t2d, ready + 2 * FE_LANE_WORDS);
        fe_broadcast(&t2d_negative, ready + 3 * FE_LANE_WORDS);
        fe_select(&q.y_plus_x, negative, &minus, &plus);
        fe_select(&q.y_minus_x, negative, &plus, &minus);
        fe_select(&q.t2d, negative, &t2d_negative, &t2d);
        ed25519_load_buckets(&p, (const uint64_t *const *)at);
        edwards_add_any(&p, &p, &q, 1, 1);
        ed25519_store_buckets(at, &p);
    }
}

/* p = bucket i of every lane. */
static void ed25519_bucket(edwards_point *p, const ed25519_scratch *batch, unsigned int i)
{
    const uint64_t *at[LANES];
    for (int lane = 0; lane < LANES; lane++) {
        at[lane] = batch->buckets[lane][i];
    }
    ed25519_load_buckets(p, at);
}

/* *r = the sum of i times bucket i, in each lane: a running sum of the upper buckets, summed. Both
 * sums grow at once, the one by what the other was, so that neither waits for its own products;
 * 2 d T is needed of the running sum alone. 17 M a bucket. */
ED25519_FLAT static void ed25519_drain(edwards_point *r, const ed25519_scratch *batch, int width)
{
    const unsigned int last = 1u << (width - 1);
    edwards_point running, bucket, sum;
    edwards_cached term, upper;
    fe d2, e, f, g, h, e2, f2, g2, h2;
    curve_2d(&d2);
    edwards_identity(&sum);
    ed25519_bucket(&running, batch, last);
    for (unsigned int i = last - 1; i > 0; i--) {
        ed25519_bucket(&bucket, batch, i);
        edwards_to_cached_sums(&upper, &running);
        fe_mul(&upper.t2d, &running.t, &d2);
        edwards_to_cached_sums(&term, &bucket);
        term.t2d = bucket.t;
        running.t = upper.t2d;
        edwards_add_begin(&e, &f, &g, &h, &sum, &upper, 0);
        edwards_add_begin(&e2, &f2, &g2, &h2, &running, &term, 0);
        edwards_complete(&sum, &e, &f, &g, &h, 1);
        edwards_complete(&running, &e2, &f2, &g2, &h2, 1);
    }
    edwards_to_cached_sums(&upper, &running);
    fe_mul(&upper.t2d, &running.t, &d2);
    edwards_add_any(r, &sum, &upper, 0, 1);
}

/* ---- the sum -------------------------------------------------------------------------------- */

/* *sum = 2^count sum, with its T. */
static void ed25519_double_n(edwards_point *sum, int count)
{
    for (int i = count; i > 0; i--) {
        edwards_double(sum, sum, i == 1);
    }
}

static void ed25519_sum_up(edwards_point *sum, const edwards_point *p)
{
    edwards_cached term;
    edwards_to_cached(&term, p);
    edwards_add(sum, sum, &term, 1);
}

/* ed25519_double_n of one point, which all lanes hold. A chain of doublings waits for its own
 * products; so the four squarings are one, of a vector of X, Y, Z and X + Y, and the four products
 * after it are one too. */
#if LANES % 4 == 0
#define ED25519_FOURS(bits) mask_from_bits((bits) * (((1u << LANES) - 1u) / 15u))

FE_FLAT static void ed25519_double_alike(edwards_point *sum, int count)
{
    const mask at_x = ED25519_FOURS(1u), at_y = ED25519_FOURS(2u), at_z = ED25519_FOURS(4u),
               at_t = ED25519_FOURS(8u);
    fe v, xx, yy, left, right, e, f, g, h;
    fe_add(&e, &sum->x, &sum->y);
    fe_norm(&e, 2);
    fe_select(&v, at_y, &sum->y, &sum->x);
    fe_select(&v, at_z, &sum->z, &v);
    for (int i = 0; i < count; i++) {
        fe_select(&v, at_t, &e, &v);
        fe_sqr(&v, &v);
        fe_spread(&xx, &v, 0);
        fe_spread(&yy, &v, 1);
        fe_spread(&f, &v, 2);
        fe_spread(&e, &v, 3);
        fe_add(&h, &xx, &yy);    /* 2 */
        fe_sub(&e, &h, &e, 1);   /* 4 */
        fe_sub(&g, &xx, &yy, 1); /* 3 */
        fe_mul_small(&f, &f, 2); /* 2 */
        fe_add(&f, &f, &g);      /* 5 */
        fe_select(&left, at_y, &g, &e);
        fe_select(&left, at_z, &f, &left);
        fe_select(&right, at_x, &f, &h);
        fe_select(&right, at_z, &g, &right);
        fe_norm(&left, 5);
        fe_norm(&right, 5);
        fe_mul(&v, &left, &right); /* E F, G H, F G, E H */
        fe_spread(&xx, &v, 0);
        fe_spread(&yy, &v, 1);
        fe_add(&e, &xx, &yy);
        fe_norm(&e, 2);
    }
    fe_spread(&sum->x, &v, 0);
    fe_spread(&sum->y, &v, 1);
    fe_spread(&sum->z, &v, 2);
    fe_spread(&sum->t, &v, 3);
}
#else
#define ed25519_double_alike ed25519_double_n
#endif

/* The windows of one half, joined in each lane, into segments[half]. */
static void ed25519_batch_half(ed25519_scratch *batch, int half, int first_group,
                               const ed25519_cut *cut, unsigned int terms)
{
    edwards_point sum, window;
    uint64_t *at[LANES];
    for (int j = cut->groups - 1; j >= 0; j--) {
        const int width = ed25519_width(cut, j);
        ed25519_fill(batch, first_group + j, width, terms);
        ed25519_drain(&window, batch, width);
        if (j == cut->groups - 1) {
            sum = window;
        } else {
            ed25519_double_n(&sum, width);
            ed25519_sum_up(&sum, &window);
        }
    }
    for (int lane = 0; lane < LANES; lane++) {
        at[lane] = batch->segments[half][lane];
    }
    ed25519_store_buckets(at, &sum);
}

#include "ed25519_straus.h"

/* Whether 8 times the combination of all open rows is 0. Before: ed25519_batch_terms. */
ED25519_APART static bool ed25519_batch_holds(ed25519_scratch *batch, unsigned int chunks,
                                              unsigned int rows)
{
    ed25519_cut lower, upper;
    /* Halves of scalars are what both methods take time for: a key's has two, and so has B's. */
    if (2 * batch->wide + rows <= 3 * ED25519_STRAUS_ROWS + 2) {
        straus_cut(&lower);
        ed25519_batch_digits(batch, chunks, &lower, &lower);
        straus_halves(batch);
    } else {
        ed25519_cut_half(&lower, batch->wide + rows);
        ed25519_cut_half(&upper, batch->wide);
        ed25519_batch_digits(batch, chunks, &lower, &upper);
        ed25519_batch_points(batch);
        ed25519_batch_half(batch, 0, 0, &lower, batch->terms);
        ed25519_batch_half(batch, 1, lower.groups, &upper, batch->wide);
    }
    edwards_point sum, segment;
    for (int i = 2 * LANES - 1; i >= 0; i--) {
        const uint64_t *words = batch->segments[i / LANES][i % LANES];
        fe_broadcast(&segment.x, words);
        fe_broadcast(&segment.y, words + FE_LANE_WORDS);
        fe_broadcast(&segment.z, words + 2 * FE_LANE_WORDS);
        fe_broadcast(&segment.t, words + 3 * FE_LANE_WORDS);
        if (i == 2 * LANES - 1) {
            sum = segment;
        } else {
            ed25519_double_alike(&sum, ED25519_HALF);
            ed25519_sum_up(&sum, &segment);
        }
    }
    ed25519_double_alike(&sum, 3);
    return mask_any(edwards_is_identity(&sum));
}

/* ---- batches -------------------------------------------------------------------------------- */

/* Reads, decodes and judges the n rows from `first` on; *open = the rows that are left. */
static pyaccel_status ed25519_batch_read(ed25519_scratch *batch, unsigned int *open,
                                         const pa_verify_job *job, uint64_t first, unsigned int n)
{
    *open = 0;
    memset(batch->slots, 0xff, sizeof batch->slots);
    for (unsigned int c = 0; c * PA_ED25519_CHUNK < n; c++) {
        const unsigned int at = c * PA_ED25519_CHUNK;
        const unsigned int size = n - at < PA_ED25519_CHUNK ? n - at : PA_ED25519_CHUNK;
        pa_ed25519_chunk *chunk = &batch->chunks[c];
        const pyaccel_status status = ed25519_read(chunk, job, first + at, size);
        if (status != PYACCEL_OK) {
            return status;
        }
        ed25519_comb_chunk(chunk, size);
        ed25519_batch_keys(batch, c, size);
        ed25519_decode_chunk(chunk, size);
        batch->count[c] = pa_ed25519_chunk_judge(batch->live[c], chunk, job->rule, size);
        batch->count[c] = ed25519_comb_judge(chunk, batch->live[c], batch->count[c], true);
        *open += batch->count[c];
    }
    return PYACCEL_OK;
}

/* Sets the reason EQUATION of the rows that deserve it, one by one; returns how many. */
ED25519_APART static unsigned int ed25519_batch_exact(ed25519_scratch *batch, unsigned int chunks)
{
    unsigned int failed = 0;
    for (unsigned int c = 0; c < chunks; c++) {
        pa_ed25519_chunk *chunk = &batch->chunks[c];
        ed25519_equations(chunk, batch->live[c], batch->count[c], true);
        for (unsigned int j = 0; j < batch->count[c]; j++) {
            failed += chunk->reasons[batch->live[c][j]] != PYACCEL_REASON_NONE;
        }
    }
    return failed;
}

/* verify_range under zip215. After a row that fails, batches go row by row until one has none, so
 * that whoever spoils every batch makes no call do both for all of them. */
static pyaccel_status ed25519_verify_batches(uint8_t *verdicts, uint8_t *reasons,
                                             const pa_verify_job *job, uint64_t first,
                                             uint64_t last, ed25519_scratch *batch)
{
    bool trusted = true;
    for (uint64_t at = first; at < last;) {
        const uint64_t left = last - at;
        const uint64_t most =
            at == first && left >= 8 * ED25519_FIRST_BATCH ? ED25519_FIRST_BATCH : PA_ED25519_BATCH;
        const unsigned int n = (unsigned int)(left < most ? left : most);
        const unsigned int chunks = (n - 1) / PA_ED25519_CHUNK + 1;
        unsigned int open;
        const pyaccel_status status = ed25519_batch_read(batch, &open, job, at, n);
        if (status != PYACCEL_OK) {
            return status;
        }
        if (!trusted || open < ED25519_BATCH_MIN || !ed25519_batch_terms(batch, chunks) ||
            !ed25519_batch_holds(batch, chunks, open)) {
            trusted = ed25519_batch_exact(batch, chunks) == 0;
        }
        for (unsigned int i = 0; i < n; i++) {
            reasons[at + i] = batch->chunks[i / PA_ED25519_CHUNK].reasons[i % PA_ED25519_CHUNK];
            verdicts[at + i] = reasons[at + i] == PYACCEL_REASON_NONE;
        }
        at += n;
    }
    return PYACCEL_OK;
}

/* pa_verify_kernel.scratch_size. Rows whose keys are all prepared are never open: their combs are
 * quicker, and tell which row is bad. */
static uint64_t ed25519_scratch_size(const pa_verify_job *job, uint64_t rows)
{
    const bool batches = job->rule == PYACCEL_RULE_ZIP215 && rows >= ED25519_BATCH_MIN &&
                         job->prepared_count < job->key_count;
    return batches ? sizeof(ed25519_scratch) : 0;
}

/* pa_verify_kernel.verify_range */
static pyaccel_status ed25519_verify_rows(uint8_t *verdicts, uint8_t *reasons,
                                          const pa_verify_job *job, uint64_t first, uint64_t last,
                                          void *scratch)
{
    /* The rule is asked here, too: no other may be summed, whatever scratch a caller brings. */
    if (scratch == NULL || ed25519_scratch_size(job, last - first) == 0) {
        return ed25519_verify_range(verdicts, reasons, job, first, last, scratch);
    }
    const fe_state state = fe_begin();
    const pyaccel_status status =
        ed25519_verify_batches(verdicts, reasons, job, first, last, scratch);
    fe_end(state);
    return status;
}

/* The table of the variant that includes all this. */
#define ED25519_KERNEL                                                                             \
    {                                                                                              \
        .scheme = PYACCEL_SCHEME_ED25519,                                                          \
        .prepared_size = sizeof(pa_ed25519_prepared),                                              \
        .range_rows = PA_ED25519_RANGE,                                                            \
        .prepare = ed25519_prepare,                                                                \
        .scratch_size = ed25519_scratch_size,                                                      \
        .verify_range = ed25519_verify_rows,                                                       \
    }

#endif
