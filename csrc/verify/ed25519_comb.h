/* SPDX-License-Identifier: Apache-2.0 */
/* [s]B - [k]A without the doublings of A: combs of prepared keys and of the base point, in groups
 * of LANES rows, each with a table of its own. Included by ed25519_lanes.h.
 *
 * A comb (C. Lim, P. Lee, "More Flexible Exponentiation with Precomputation", 1994) with all digits
 * +-1: an odd k is the sum of d_n 2^n, d_n = +-1, n < TEETH SPACING. Column j takes the teeth
 * d_(j + SPACING i), i < TEETH, which are one entry of a table, or its negative. BLOCKS tables,
 * for the columns of one stretch of SPACING / BLOCKS each, leave that many columns to double
 * over. An even k takes k + 1 and one A more, at the end: k is an integer below l, never changed
 * modulo l, as A may have a part of small order. s, of B alone, may be: an even s takes s + l.
 *
 * The sum is then encoded: an inversion serves a chunk of rows, where decoding R would take 250
 * squarings each. An encoding that has the bytes of R proves the row under every rule that takes A
 * and R: the point is R, and R canonical. Only where it has not R is decoded: exact rules want it
 * canonical, so it is another point, and only the reason is open; zip215 compares 8 times both.
 *
 * Work of a row: 58 additions of 7 M and 15 doublings of 4 M + 4 S, then 5 M and a share of 254 S:
 * 530 products. With AVX-512 IFMA eight rows do a product in 25 cycles (50 multiply-adds, two a
 * cycle): a floor of 1,660 cycles a row. 2,800 are measured for the sum on a Zen 5, where additions
 * and carries take as many slots as the multiply-adds, and gathers 50 of the 300 cycles of an
 * addition; with SHA-512 (380), the inversion (150) and the comparison (90) it is 3,600 cycles, or
 * 0.88 us. Four lanes of AVX2 take 2.7 us, one of ADX 4.9, portable 7.2.
 *
 * Size against speed, of 24 KiB a key: 12 KiB (one block, 16 doublings more) cost 10 %; 48 KiB
 * (four blocks, 8 less) win 2 % of 128 keys, and lose as much of 1,024, which outgrow the third
 * cache. 11 teeth for B win 2.5 % for twice its 96 KiB, 12 no more than that.
 * Tried and lost: two groups side by side, in one element of 16 lanes (1.3 times the time, for
 * spills) or one after the other (4 % better alone, nothing in all); digits worked out column by
 * column instead of lane by lane (3 times as long); asking for the first group's entries ahead. */
#ifndef PA_ED25519_COMB_H
#define PA_ED25519_COMB_H

#include <string.h>

#include "../curve/edwards25519_formulas.h"
#include "ed25519_comb_digits.h"

#define COMB_TEETH PA_ED25519_COMB_TEETH
#define COMB_SPACING PA_ED25519_COMB_SPACING
#define COMB_COLUMNS (COMB_SPACING / PA_ED25519_COMB_BLOCKS)
#define COMB_POINTS (1 << (COMB_TEETH - 1))
/* Entries behind the blocks: 0, and A. */
#define COMB_NONE (PA_ED25519_COMB_BLOCKS * COMB_POINTS)
#define COMB_ONE (COMB_NONE + 1)

_Static_assert(COMB_TEETH *COMB_SPACING >= 253, "k below l fits the comb of A");
_Static_assert(COMB_SPACING <= COMB_MAX_SPACING, "a tooth is read as 32 bits");
_Static_assert(BASE_COMB_COLUMNS <= COMB_COLUMNS, "columns of B end with those of A");

/* ---- sums ----------------------------------------------------------------------------------- */

/* What a group takes from its rows. */
typedef struct {
    const row *tables[LANES], *base[LANES];
    comb_digits key, of_base;
    unsigned int last[LANES]; /* entry of the table of A that is 0 or A */
} comb_rows;

static void comb_read(comb_rows *group, const pa_ed25519_chunk *chunk,
                      const unsigned int rows[LANES])
{
    memset(group->key.negative, 0, sizeof group->key.negative);
    memset(group->of_base.negative, 0, sizeof group->of_base.negative);
    for (int i = 0; i < LANES; i++) {
        const pa_ed25519_prepared *key =
            (const pa_ed25519_prepared *)(const void *)chunk->key[rows[i]];
        uint64_t number[5] = {0};
        memcpy(number, chunk->k[rows[i]].word, sizeof chunk->k[rows[i]].word);
        group->tables[i] = (const row *)(const void *)key->table;
        group->base[i] = (const row *)(const void *)pa_edwards25519_comb;
        group->last[i] = (number[0] & 1) != 0 ? COMB_NONE : COMB_ONE;
        number[0] |= 1;
        comb_recode(&group->key, i, number, COMB_TEETH, COMB_SPACING, COMB_COLUMNS);
        comb_of_base(&group->of_base, i, &chunk->s[rows[i]]);
    }
}

/* Asks for the entries of column j of every block. Inlined by force: a call that does nothing else
 * is left out by gcc. */
__attribute__((always_inline)) static inline void comb_prefetch(const comb_rows *group, int j)
{
    for (int i = 0; i < LANES; i++) {
        for (int block = 0; block < PA_ED25519_COMB_BLOCKS; block++) {
            const row *entry = group->tables[i] + 3 * group->key.entry[i][block * COMB_COLUMNS + j];
            __builtin_prefetch(entry);
            __builtin_prefetch(entry + 2);
        }
    }
}

/* Variants whose products are short have them in what they are used by, without calls, so that limbs
 * stay in registers from one to the next. Where they are long they are called: buckets take three
 * times as long on AVX2 else. */
#ifdef ED25519_SHORT_PRODUCTS
#define ED25519_FLAT FE_FLAT
#else
#define ED25519_FLAT
#endif

/* One body for all columns, and no copy of it for constant arguments: it stays in the cache of
 * decoded instructions. */
#ifdef __clang__
#define COMB_NO_COPY noinline
#else
#define COMB_NO_COPY noinline, noclone
#endif
#define COMB_KERNEL ED25519_FLAT __attribute__((COMB_NO_COPY)) static

/* The addition is flat on AVX2, too, where it takes 560 cycles so and 740 in calls. */
#if LANES > 1
#define COMB_FLAT FE_FLAT
#else
#define COMB_FLAT
#endif

/* *sum += one entry of each lane's table. */
COMB_FLAT COMB_KERNEL void comb_add(edwards_point *sum, const row *const tables[LANES],
                                    const unsigned int entry[LANES], mask negative, int with_t)
{
    edwards_cached term;
    edwards_lookup_swapped(&term, tables, entry, negative, 1);
    edwards_add_swapped(sum, sum, &term, negative, 1, with_t);
}

COMB_KERNEL void ed25519_double(edwards_point *sum, int with_t)
{
    edwards_double(sum, sum, with_t);
}

/* *sum += digit j of every lane. */
static inline void comb_add_digit(edwards_point *sum, const row *const tables[LANES],
                                  const comb_digits *digits, int j, mask negative, int with_t)
{
    unsigned int entry[LANES];
    for (int i = 0; i < LANES; i++) {
        entry[i] = digits->entry[i][j];
    }
    comb_add(sum, tables, entry, negative, with_t);
}

/* *sum = [s]B - [k]A of the LANES rows of a group, without T. Meanwhile the entries of the next
 * group (NULL: none) come near: its tables are those of other keys, too many for the nearest
 * caches. */
static void comb_sum(edwards_point *sum, const comb_rows *group, const comb_rows *next)
{
    edwards_identity(sum);
    for (int j = COMB_COLUMNS - 1; j >= 0; j--) {
        if (next != NULL) {
            comb_prefetch(next, j);
        }
        if (j < COMB_COLUMNS - 1) {
            ed25519_double(sum, 1);
        }
        for (int block = 0; j < BASE_COMB_COLUMNS && block < EDWARDS_BASE_COMB_BLOCKS; block++) {
            const int at = block * BASE_COMB_COLUMNS + j;
            comb_add_digit(sum, group->base, &group->of_base, at,
                           mask_from_bits(group->of_base.negative[at]), 1);
        }
        for (int block = 0; block < PA_ED25519_COMB_BLOCKS; block++) {
            const int at = block * COMB_COLUMNS + j;
            comb_add_digit(sum, group->tables, &group->key, at,
                           mask_from_bits(~group->key.negative[at]),
                           j == 0 || block + 1 < PA_ED25519_COMB_BLOCKS);
        }
    }
    comb_add(sum, group->tables, group->last, mask_from_bits(0), 0);
}

/* ---- rows of a chunk ------------------------------------------------------------------------ */

/* The sum's encoding against R's bytes: where they are equal the row is proven; where not, what
 * the sum is goes to keys[], for whatever the rule asks of it. */
static void comb_compare(pa_ed25519_chunk *chunk, const unsigned int rows[LANES], unsigned int size,
                         const edwards_point *sum, const fe *inverse)
{
    unsigned char bytes[LANES][32];
    unsigned char *to[LANES];
    edwards_point p;
    bool all = true;
    for (int i = 0; i < LANES; i++) {
        to[i] = bytes[i];
    }
    fe_mul(&p.x, &sum->x, inverse);
    fe_mul(&p.y, &sum->y, inverse);
    edwards_encode_affine(to, &p.x, &p.y);
    for (unsigned int i = 0; i < size; i++) {
        chunk->proven[rows[i]] = memcmp(bytes[i], chunk->encoded[rows[i]], 32) == 0;
        all = all && chunk->proven[rows[i]];
    }
    if (all) {
        return;
    }
    pa_ed25519_point *out[LANES];
    fe_mul(&p.t, &p.x, &p.y);
    for (int i = 0; i < LANES; i++) {
        out[i] = &chunk->keys[rows[i]];
    }
    ed25519_store(out, &p);
}

/* As pa_ed25519_comb_fn. */
static void ed25519_comb_chunk(pa_ed25519_chunk *chunk, unsigned int n)
{
    unsigned int rows[PA_ED25519_CHUNK / LANES][LANES], count = 0;
    edwards_point sums[PA_ED25519_CHUNK / LANES];
    fe running[PA_ED25519_CHUNK / LANES], inverse;
    for (unsigned int i = 0; i < n; i++) {
        chunk->combed[i] = chunk->proven[i] = false;
        if (chunk->reasons[i] == PYACCEL_REASON_NONE && chunk->key[i] != &chunk->keys[i] &&
            (chunk->key[i]->encoding & PA_ED25519_DECODES) != 0 && chunk->in_range[i]) {
            rows[count / LANES][count % LANES] = i;
            count++;
            chunk->combed[i] = true;
        }
    }
    const unsigned int groups = (count + LANES - 1) / LANES;
    if (groups == 0) {
        return;
    }
    if (LANES > 1 && count < ED25519_LANES_MIN) {
        PA_ED25519_COMB_SINGLE(chunk, n);
        return;
    }
    for (unsigned int i = count; i < groups * LANES; i++) {
        rows[i / LANES][i % LANES] = rows[0][0];
    }
    comb_rows ready[2];
    comb_read(&ready[0], chunk, rows[0]);
    for (unsigned int g = 0; g < groups; g++) {
        comb_rows *next = g + 1 < groups ? &ready[(g + 1) % 2] : NULL;
        if (next != NULL) {
            comb_read(next, chunk, rows[g + 1]);
        }
        comb_sum(&sums[g], &ready[g % 2], next);
    }
    running[0] = sums[0].z;
    for (unsigned int g = 1; g < groups; g++) {
        fe_mul(&running[g], &running[g - 1], &sums[g].z);
    }
    fe_inv(&inverse, &running[groups - 1]);
    for (unsigned int g = groups; g-- > 0;) {
        fe own = inverse;
        if (g > 0) {
            fe_mul(&own, &inverse, &running[g - 1]);
            fe_mul(&inverse, &inverse, &sums[g].z);
        }
        comb_compare(chunk, rows[g], count - g * LANES < LANES ? count - g * LANES : LANES,
                     &sums[g], &own);
    }
}

/* Of the live rows that the combs have tried, sets the reason EQUATION where it is deserved; then
 * live holds the others, whose number is returned. Exact rules want a canonical R, of which there
 * is one for every point: another encoding than R is another point. */
static unsigned int ed25519_comb_judge(pa_ed25519_chunk *chunk, unsigned int *live,
                                       unsigned int count, bool cofactored)
{
    unsigned int open[PA_ED25519_CHUNK], open_count = 0, left = 0;
    for (unsigned int j = 0; j < count; j++) {
        const unsigned int i = live[j];
        if (!chunk->combed[i]) {
            live[left++] = i;
        } else if (!chunk->proven[i]) {
            open[open_count++] = i;
        }
    }
    for (unsigned int at = 0; at < open_count; at += LANES) {
        const pa_ed25519_point *sums[LANES], *r[LANES];
        unsigned int rows[LANES], holds = 0;
        for (unsigned int i = 0; i < LANES; i++) {
            rows[i] = open[at + i < open_count ? at + i : at];
            sums[i] = &chunk->keys[rows[i]];
            r[i] = &chunk->r[rows[i]];
        }
        if (cofactored) {
            edwards_point sum, p;
            ed25519_load(&sum, sums);
            ed25519_load(&p, r);
            holds = mask_bits(edwards_agree(&sum, &p, 1));
        }
        for (unsigned int i = 0; i < LANES; i++) {
            if ((holds >> i & 1u) == 0) {
                chunk->reasons[rows[i]] = PYACCEL_REASON_EQUATION;
            }
        }
    }
    return left;
}

/* ---- tables --------------------------------------------------------------------------------- */

/* Entries that share one inversion, and the 50 KiB that their coordinates take. */
#define COMB_BATCH 32

_Static_assert(COMB_POINTS % COMB_BATCH == 0, "batches fill a block");

/* Entries `first` and on in the order of a Gray code, made affine. */
typedef struct {
    edwards_cached entry[COMB_BATCH]; /* Z in place of 2 Z */
    fe running[COMB_BATCH];
} comb_batch;

static void comb_store(row *const tables[LANES], comb_batch *batch, unsigned int first)
{
    fe inverse, own;
    fe_inv(&inverse, &batch->running[COMB_BATCH - 1]);
    for (unsigned int i = COMB_BATCH; i-- > 0;) {
        edwards_cached *e = &batch->entry[i];
        const unsigned int entry = (first + i) ^ (first + i) >> 1;
        own = inverse;
        if (i > 0) {
            fe_mul(&own, &inverse, &batch->running[i - 1]);
            fe_mul(&inverse, &inverse, &e->z2);
        }
        fe_norm(&e->y_plus_x, 2);
        fe_norm(&e->y_minus_x, 3);
        fe_mul(&e->y_plus_x, &e->y_plus_x, &own);
        fe_mul(&e->y_minus_x, &e->y_minus_x, &own);
        fe_mul(&e->t2d, &e->t2d, &own);
        edwards_scatter(tables, 3 * entry, &e->y_plus_x);
        edwards_scatter(tables, 3 * entry + 1, &e->y_minus_x);
        edwards_scatter(tables, 3 * entry + 2, &e->t2d);
    }
}

/* Entry `entry` = p, which is affine. */
static void comb_put(row *const tables[LANES], unsigned int entry, const edwards_point *p)
{
    edwards_cached e;
    edwards_to_cached(&e, p);
    edwards_scatter(tables, 3 * entry, &e.y_plus_x);
    edwards_scatter(tables, 3 * entry + 1, &e.y_minus_x);
    edwards_scatter(tables, 3 * entry + 2, &e.t2d);
}

/* One block: entry u is the sum of +-teeth[i], + for the set bits of u and the last tooth.
 * start: that of u = 0; twice[i]: 2 teeth[i]. */
static void comb_block(row *const tables[LANES], const edwards_point *start,
                       const edwards_cached twice[COMB_TEETH - 1])
{
    comb_batch batch;
    edwards_point sum = *start;
    for (unsigned int g = 0; g < COMB_POINTS; g++) {
        const unsigned int i = g % COMB_BATCH;
        edwards_to_cached(&batch.entry[i], &sum);
        batch.entry[i].z2 = sum.z;
        if (i == 0) {
            batch.running[0] = sum.z;
        } else {
            fe_mul(&batch.running[i], &batch.running[i - 1], &sum.z);
        }
        if (i + 1 == COMB_BATCH) {
            comb_store(tables, &batch, g + 1 - COMB_BATCH);
        }
        if (g + 1 < COMB_POINTS) {
            unsigned int bit = 0;
            while (((g + 1) >> bit & 1u) == 0) {
                bit++;
            }
            /* The bit is set where the Gray code's is. */
            const unsigned int set = ((g + 1) ^ (g + 1) >> 1) >> bit & 1u;
            edwards_cached step;
            edwards_cached_neg_if(&step, &twice[bit], mask_from_bits(set - 1));
            edwards_add(&sum, &sum, &step, 1);
        }
    }
}

/* tables[i] = the comb of lane i of p, which has its T. */
static void comb_table(row *const tables[LANES], const edwards_point *p)
{
    edwards_point start[PA_ED25519_COMB_BLOCKS], power = *p;
    edwards_cached twice[PA_ED25519_COMB_BLOCKS][COMB_TEETH - 1];
    for (int j = 0; j < COMB_TEETH * PA_ED25519_COMB_BLOCKS; j++) {
        const int tooth = j / PA_ED25519_COMB_BLOCKS, block = j % PA_ED25519_COMB_BLOCKS;
        edwards_cached term;
        edwards_to_cached(&term, &power);
        if (tooth == 0) {
            edwards_identity(&start[block]);
        }
        edwards_cached_neg_if(&term, &term, mask_from_bits(tooth < COMB_TEETH - 1 ? ~0u : 0u));
        edwards_add(&start[block], &start[block], &term, 1);
        for (int i = 0; i < COMB_COLUMNS; i++) {
            edwards_double(&power, &power, i == 0 || i == COMB_COLUMNS - 1);
            if (i == 0 && tooth < COMB_TEETH - 1) {
                edwards_to_cached(&twice[block][tooth], &power);
            }
        }
    }
    edwards_point zero;
    edwards_identity(&zero);
    comb_put(tables, COMB_NONE, &zero);
    comb_put(tables, COMB_ONE, p);
    for (int block = 0; block < PA_ED25519_COMB_BLOCKS; block++) {
        row *at[LANES];
        for (int i = 0; i < LANES; i++) {
            at[i] = tables[i] + 3 * block * COMB_POINTS;
        }
        comb_block(at, &start[block], twice[block]);
    }
}

#endif
