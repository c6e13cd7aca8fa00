/* SPDX-License-Identifier: Apache-2.0 */
/* Sums of few terms without buckets (E. Straus, "Addition Chains of Vectors", 1964): eight multiples
 * of each point instead. Included by ed25519_batch.h, whose lanes, halves and signed digits these
 * are, all windows being ED25519_WINDOW bits wide.
 *
 * Multiples are made with a point a lane, LANES points at once; then a lane is a window, and takes
 * of the one point that all lanes share the multiple that its digit says. Each group of windows has
 * a sum of its own in each lane, so that points come one after the other and their tables are used
 * while they are near; at the end the sums of a half are joined by doublings, as windows of buckets
 * are.
 *
 * Work a row, distinct keys, 8 lanes: 12 additions of 8 M (A in eight groups of windows, R in four),
 * an eighth of twice 72 M for the multiples and of 960 shuffles for their tables; and for all rows
 * 24 doublings and 22 additions in lanes, and the chain of 240 doublings of one point. Buckets take
 * nine additions of 7 M a row, but 2176 M for all rows, of few of which there are not much more.
 *
 * Measured on Zen 4 (a zmm product of 52 bits a cycle), gcc 12, cycles a row from bytes to verdict,
 * distinct keys, 200-byte messages, by this, buckets, and exactly:
 *   rows                  9      16      24      32      48      64      96
 *   IFMA, this        23700   18000   16100   15300   14400   13700   13400
 *     buckets         31000   21600   18300   16700   14500   13300   12200
 *     exactly         28000   20000   19800   19800   19700   19800   19800
 *   AVX2, this        37800   32100   30000   29000   27900   27200   26800
 *     buckets         54000   40600   35100   32200   28900   26800   24700
 *     exactly         48200   43000   42700   42700   42700   42700   42700
 * An addition takes 560 cycles where its 8 products alone would take 450. At n = 64 additions are 48 %
 * of the time, decodings 20, multiples 8, the chain 6.
 * Tried and lost: a point a lane, whose doublings are shared instead of windows (1.26 times the time
 * of 16 rows, 1.14 of 48; AVX2 1.19 of 12, 1.09 of 64). Lost by count: windows of five or six bits
 * (16 or 32 multiples: where a stretch of 16 bits has one window less, its 24 multiples more cost
 * twice what that saves), affine multiples (6 M to make an entry affine, 1 M saved where it is
 * used, by four additions or eight), multiples of A + R in pairs (as many additions). */
#ifndef PA_ED25519_STRAUS_H
#define PA_ED25519_STRAUS_H

#include "ed25519.h"

_Static_assert(ED25519_WINDOW == ED25519_NARROWEST, "multiples are those that digits ask for");

#ifdef FE_HAS_TABLES
#define STRAUS_WORDS ((ED25519_MULTIPLES - 1) * ED25519_POINT_WORDS)
#define straus_store fe_table_four
#define straus_pick fe_pick_four
#else
#define STRAUS_WORDS (ED25519_MULTIPLES * ED25519_POINT_WORDS)
#define straus_store(tables, multiples) ed25519_store_multiples(tables, multiples)

static inline void straus_pick(fe *a, fe *b, fe *c, fe *d, const uint64_t *table,
                               const uint8_t index[LANES], const unsigned int zero[4])
{
    const uint64_t *from[LANES];
    (void)zero;
    for (int i = 0; i < LANES; i++) {
        from[i] = table + index[i] * ED25519_POINT_WORDS;
    }
    fe_load_four(a, b, c, d, from);
}
#endif

/* tables[i] = the multiples of *points[i]. */
ED25519_FLAT static void straus_table(uint64_t *const tables[LANES],
                                      const pa_ed25519_point *const points[LANES])
{
    fe multiples[ED25519_MULTIPLES - 1][4];
    ed25519_multiples(multiples, points);
    straus_store(tables, (const fe(*)[4])multiples);
}

/* *sum += a multiple in each lane, negated where the bit of the lane is set. */
ED25519_FLAT static void straus_add(edwards_point *sum, const uint64_t *table,
                                    const uint8_t index[LANES], unsigned int negative)
{
    edwards_cached multiple, swapped;
    const mask minus = mask_from_bits(negative);
    straus_pick(&multiple.y_plus_x, &multiple.y_minus_x, &swapped.z2, &swapped.t2d, table, index,
                ed25519_neutral);
    fe_select(&swapped.y_plus_x, minus, &multiple.y_minus_x, &multiple.y_plus_x);
    fe_select(&swapped.y_minus_x, minus, &multiple.y_plus_x, &multiple.y_minus_x);
    edwards_add_swapped(sum, sum, &swapped, minus, 0, 1);
}

static void straus_cut(ed25519_cut *cut)
{
    cut->groups = ED25519_GROUPS;
    for (int j = 0; j <= ED25519_GROUPS; j++) {
        cut->at[j] = ED25519_WINDOW * j;
    }
}

/* segments[] of both halves. Before: digits of all terms, cut into windows of ED25519_WINDOW bits. */
static void straus_halves(ed25519_scratch *batch)
{
    _Alignas(64) uint64_t tables[LANES][STRAUS_WORDS];
    edwards_point of_group[2 * ED25519_GROUPS];
    uint64_t *to[LANES];
    for (int g = 0; g < 2 * ED25519_GROUPS; g++) {
        edwards_identity(&of_group[g]);
    }
    for (int i = 0; i < LANES; i++) {
        to[i] = tables[i];
    }
    for (unsigned int at = 0; at < batch->terms; at += LANES) {
        const pa_ed25519_point *points[LANES];
        for (unsigned int i = 0; i < LANES; i++) {
            points[i] = batch->point[at + i < batch->terms ? at + i : at];
        }
        straus_table(to, points);
        for (unsigned int i = 0; i < LANES && at + i < batch->terms; i++) {
            const unsigned int term = at + i;
            const int groups = term < batch->wide ? 2 * ED25519_GROUPS : ED25519_GROUPS;
            for (int g = 0; g < groups; g++) {
                straus_add(&of_group[g], tables[i], batch->index[term][g],
                           batch->negative[term][g]);
            }
        }
    }
    for (int half = 0; half < 2; half++) {
        const edwards_point *windows = of_group + half * ED25519_GROUPS;
        edwards_point sum = windows[ED25519_GROUPS - 1];
        for (int g = ED25519_GROUPS - 2; g >= 0; g--) {
            ed25519_double_n(&sum, ED25519_WINDOW);
            ed25519_sum_up(&sum, &windows[g]);
        }
        for (int i = 0; i < LANES; i++) {
            to[i] = batch->segments[half][i];
        }
        ed25519_store_buckets(to, &sum);
    }
}

#endif
