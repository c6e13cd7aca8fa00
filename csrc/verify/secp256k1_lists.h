/* SPDX-License-Identifier: Apache-2.0 */
/* Sums of many lists of affine points of secp256k1, LANES lists at a time: what a method of buckets does most.
 *
 * Use: include weierstrass_sums.h, then this file. A bucket is a list: `size` references from `first` on. lists_run makes
 * sum[k], x and y, of every bucket k that has any. A reference is 4 t + 2 l + s and stands for a point of the table whose
 * entries t are four rows x, y, beta x, -y: (x, y), times lambda where l is 1, negated where s is 1.
 *
 * Method. A list is cut into pieces of LISTS_LONGEST points or fewer, much alike. Pieces are sorted by size, the longest
 * first; then LANES of them that follow each other are summed up in lanes: every step adds the next point of every piece that
 * has one to the piece's own sum, in affine coordinates with one inversion for all (weierstrass_affine_formulas.h). As pieces are
 * sorted, those that take part in a step stand at the front, and all lanes but those of one group work. What sums of pieces
 * there are of one bucket are a list once more, and so on: for lists of size c about 2 sqrt(c) steps, of which each has
 * one inversion, and c - 1 additions, whatever pieces there are. A point is read once, and its x once more.
 *
 * Work an addition: 5M + 1S and three reads by lanes.
 *
 * A denominator of 0 (two equal or opposite points that meet) makes the product of a step 0. Nothing is known then: lists_run
 * returns 0, and its caller does without. Sums with random coefficients come to that only where somebody made points alike. */
#ifndef PA_VERIFY_SECP256K1_LISTS_H
#define PA_VERIFY_SECP256K1_LISTS_H

#include "weierstrass_sums.h"

#define LISTS_LONGEST 32

typedef struct {
    uint32_t first; /* of its references, later of its points */
    uint32_t size;  /* 0: nothing, or done */
} lists_bucket;

typedef struct {
    uint32_t first;
    uint16_t size;
    uint16_t whole; /* all of bucket `to`; else `to` is a place among the sums of pieces */
    uint32_t to;
} lists_piece;

/* LANES pieces at work. */
typedef struct {
    curve_affine sum;
    fe d, before;
} lists_group;

/* A workplace for as many pieces as are there at a time. */
typedef struct {
    const row *table;
    const uint16_t *references;
    lists_bucket *buckets;
    row (*sums)[2]; /* of the buckets */
    uint32_t bucket_count;
    lists_piece *pieces, *sorted;
    row *parts[2]; /* sums of pieces, 4 rows each as in a table */
    lists_group *groups;
} lists;

/* Reference t of a piece. Those of sums of pieces are their places. */
SUMS_INLINE uint32_t lists_reference(const lists *at, const lists_piece *piece, uint32_t t,
                                     int round)
{
    return round == 0 ? at->references[piece->first + t] : (piece->first + t) << 2;
}

SUMS_INLINE void lists_x(fe *x, const lists *at, const lists_piece *pieces, uint32_t t, int round)
{
    const row *from[LANES];
    for (int i = 0; i < LANES; i++) {
        from[i] = &at->table[lists_reference(at, &pieces[i], t, round) & ~UINT32_C(1)];
    }
    fe_gather(x, from);
}

SUMS_INLINE void lists_y(fe *y, const lists *at, const lists_piece *pieces, uint32_t t, int round)
{
    const row *from[LANES];
    for (int i = 0; i < LANES; i++) {
        const uint32_t reference = lists_reference(at, &pieces[i], t, round);
        from[i] = &at->table[(reference & ~UINT32_C(3)) + 1 + 2 * (reference & 1)];
    }
    fe_gather(y, from);
}

/* The pieces of a group of which the first `live` lanes are meant: the others repeat the first. */
static inline void lists_tail(lists_piece pieces[LANES], const lists_piece *from, uint32_t live)
{
    for (uint32_t i = 0; i < LANES; i++) {
        pieces[i] = from[i < live ? i : 0];
    }
}

/* The first pass over group g: its denominators, and the product before them. */
SUMS_INLINE void lists_push(lists *at, sums_products *products, const lists_piece *pieces,
                            uint32_t g, uint32_t t, int round)
{
    lists_group *group = &at->groups[g];
    fe x;
    lists_x(&x, at, pieces, t, round);
    curve_affine_denominator(&group->d, &group->sum.x, &x);
    curve_inverse_push(&group->before, &products->chain[g % SUMS_CHAINS], &group->d);
}

/* The second pass over groups g .. g + together - 1: sum[i] = what becomes of theirs. */
SUMS_INLINE void lists_pop(curve_affine *sum, lists *at, sums_products *products,
                           const lists_piece *pieces, uint32_t g, uint32_t t, int round,
                           int together)
{
    curve_affine q[2];
    fe inverse[2], slope[2];
    FE_UNROLL for (int i = together - 1; i >= 0; i--)
    {
        const lists_group *group = &at->groups[g + (uint32_t)i];
        curve_inverse_pop(&inverse[i], &products->chain[(g + (uint32_t)i) % SUMS_CHAINS],
                          &group->before, &group->d);
        lists_x(&q[i].x, at, pieces + i * LANES, t, round);
        lists_y(&q[i].y, at, pieces + i * LANES, t, round);
    }
    FE_UNROLL for (int i = 0; i < together; i++)
    {
        curve_affine_slope(&slope[i], &at->groups[g + (uint32_t)i].sum, &q[i], &inverse[i]);
    }
    FE_UNROLL for (int i = 0; i < together; i++)
    {
        curve_affine_abscissa(&sum[i].x, &slope[i], &at->groups[g + (uint32_t)i].sum.x, &q[i].x);
    }
    FE_UNROLL for (int i = 0; i < together; i++)
    {
        curve_affine_ordinate(&sum[i].y, &sum[i].x, &slope[i], &at->groups[g + (uint32_t)i].sum);
    }
}

/* Adds point t of the first `active` pieces to their sums; 0 where a denominator is. */
SUMS_INLINE int lists_step(lists *at, uint32_t t, uint32_t active, int round)
{
    const uint32_t groups = active / LANES, rest = active % LANES;
    lists_piece tail[LANES] = {{0}};
    sums_products products;
    curve_affine sum[2];
    sums_begin(&products, 0);
    for (uint32_t g = 0; g < groups; g++) {
        lists_push(at, &products, at->sorted + g * LANES, g, t, round);
    }
    if (rest != 0) {
        lists_group *group = &at->groups[groups];
        fe x, one;
        lists_tail(tail, at->sorted + groups * LANES, rest);
        lists_x(&x, at, tail, t, round);
        curve_affine_denominator(&group->d, &group->sum.x, &x);
        fe_set_int(&one, 1);
        fe_select(&group->d, mask_from_bits((1u << rest) - 1u), &group->d, &one);
        curve_inverse_push(&group->before, &products.chain[groups % SUMS_CHAINS], &group->d);
    }
    if (!sums_invert(&products)) {
        return 0;
    }
    if (rest != 0) {
        lists_group *group = &at->groups[groups];
        const mask live = mask_from_bits((1u << rest) - 1u);
        lists_pop(sum, at, &products, tail, groups, t, round, 1);
        fe_select(&group->sum.x, live, &sum[0].x, &group->sum.x);
        fe_select(&group->sum.y, live, &sum[0].y, &group->sum.y);
    }
    uint32_t g = groups;
    if (g % 2 != 0) {
        g--;
        lists_pop(sum, at, &products, at->sorted + g * LANES, g, t, round, 1);
        at->groups[g].sum = sum[0];
    }
    while (g > 0) {
        g -= 2;
        lists_pop(sum, at, &products, at->sorted + g * LANES, g, t, round, 2);
        at->groups[g].sum = sum[0];
        at->groups[g + 1].sum = sum[1];
    }
    return 1;
}

/* Sums of `count` sorted pieces into their places; active[t]: how many have a point t. */
SUMS_INLINE int lists_pieces(lists *at, uint32_t count, const uint32_t active[LISTS_LONGEST + 1],
                             row *parts, int round)
{
    for (uint32_t first = 0; first < count; first += LANES) {
        lists_group *group = &at->groups[first / LANES];
        lists_piece pieces[LANES];
        lists_tail(pieces, at->sorted + first, count - first);
        lists_x(&group->sum.x, at, pieces, 0, round);
        lists_y(&group->sum.y, at, pieces, 0, round);
    }
    for (uint32_t t = 1; t < LISTS_LONGEST && active[t] > 0; t++) {
        if (!lists_step(at, t, active[t], round)) {
            return 0;
        }
    }
    for (uint32_t first = 0; first < count; first += LANES) {
        const lists_group *group = &at->groups[first / LANES];
        row spare[2], *x[LANES], *y[LANES];
        for (uint32_t i = 0; i < LANES; i++) {
            const lists_piece *piece = &at->sorted[first + i];
            row *to = first + i >= count ? spare
                      : piece->whole     ? at->sums[piece->to]
                                         : &parts[4 * piece->to];
            x[i] = &to[0];
            y[i] = &to[1];
        }
        fe_scatter(x, &group->sum.x);
        fe_scatter(y, &group->sum.y);
    }
    return 1;
}

SUMS_FLAT static int lists_first_round(lists *at, uint32_t count, const uint32_t *active)
{
    return lists_pieces(at, count, active, at->parts[0], 0);
}

SUMS_FLAT static int lists_next_round(lists *at, uint32_t count, const uint32_t *active, row *parts)
{
    return lists_pieces(at, count, active, parts, 1);
}

/* Cuts what is left of the buckets into pieces of `longest` points or fewer, sorted, and makes lists of their
 * sums of what they were cut into. Returns how many; active[t]: of more than t points. */
static uint32_t lists_cut(lists *at, uint32_t longest, uint32_t active[LISTS_LONGEST + 1])
{
    uint32_t count = 0, parts = 0, of_size[LISTS_LONGEST + 1] = {0};
    for (uint32_t k = 0; k < at->bucket_count; k++) {
        lists_bucket *bucket = &at->buckets[k];
        const uint32_t cuts = (bucket->size + longest - 1) / longest;
        uint32_t first = bucket->first, left = bucket->size;
        for (uint32_t c = cuts; c > 0; c--) {
            const uint32_t size = left / c;
            at->pieces[count++] =
                (lists_piece){first, (uint16_t)size, cuts == 1, cuts == 1 ? k : parts + cuts - c};
            of_size[size]++;
            first += size;
            left -= size;
        }
        *bucket = (lists_bucket){parts, cuts > 1 ? cuts : 0};
        parts += cuts > 1 ? cuts : 0;
    }
    uint32_t place[LISTS_LONGEST + 1], before = 0;
    for (uint32_t size = LISTS_LONGEST; size > 0; size--) {
        place[size] = before;
        before += of_size[size];
        active[size - 1] = before;
    }
    active[LISTS_LONGEST] = 0;
    for (uint32_t i = 0; i < count; i++) {
        at->sorted[place[at->pieces[i].size]++] = at->pieces[i];
    }
    return count;
}

/* The sums of all buckets that have points; 0, and nothing of use, where two points met. Before: all pieces that
 * `longest` leaves, 2 <= longest <= LISTS_LONGEST, have room. */
static int lists_run(lists *at, uint32_t longest)
{
    uint32_t active[LISTS_LONGEST + 1];
    uint32_t count = lists_cut(at, longest, active);
    if (!lists_first_round(at, count, active)) {
        return 0;
    }
    for (int round = 1; (count = lists_cut(at, longest, active)) > 0; round++) {
        at->table = at->parts[(round - 1) % 2];
        if (!lists_next_round(at, count, active, at->parts[round % 2])) {
            return 0;
        }
    }
    return 1;
}

#endif
