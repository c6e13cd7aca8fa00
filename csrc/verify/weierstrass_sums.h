/* SPDX-License-Identifier: Apache-2.0 */
/* u1 G + u2 Q for many rows of a curve in short Weierstrass form at once, in groups of LANES: what ECDSA, recovery, BIP-340 and
 * SM2 have in common.
 *
 * Use: include a field and the curve's formulas, then this file. It is secp256k1's unless the includer brings another curve:
 *   SUMS_ENDOMORPHISM      1: lambda Q = (beta x, y) is made use of, as secp256k1 has it; 0: there is none
 *   SUMS_WIDTH             bits of a digit of u2, 5
 *   SUMS_DIGITS            how many of them: of each half of u2 with the endomorphism, of u2 without it
 *   SUMS_BASE(i)           without it: x, y of (2 i + 1) G, as fe_from_table reads them; i < 2^(2 SUMS_WIDTH - 1)
 *   SUMS_BASE(k, i)        with it: those of (2 i + 1) G, k = 0, and (2 i + 1) 2^128 G, k = 1
 *   sums_digits            with it: as pa_secp256k1_sums_digits; without it: as pa_order_sums_digits
 *   FE_MODULUS             as inverse_lanes.h wants it
 * Of a block of rows, some 128 of them in groups of LANES, whoever calls
 *   fills  sums_group.key[i], the affine point Q of lane i, in plain numbers, and .digits[i]; lanes without a row repeat another
 *          lane of their group;
 *   calls  sums_run(groups, count);
 *   takes  sums_group.sum, Jacobian, and .redo, the lanes in which it is nothing: those rows are to be done one by one by what is
 *          complete (secp256k1_single.c). An adversary can choose rows that come to that (Q = +-G, sums that are infinite, ..);
 *          others do not in practice.
 *   or     calls sums_to_affine(groups, count) after it: then .sum.x and .sum.y are affine, of magnitude 1.
 * All between sums_run and its caller is in memory of the caller, sizeof(sums_group) a group, 64-byte aligned.
 *
 * Method, per row, with the endomorphism. u2 = k1 + k2 lambda, both odd and below 2^130 (pa_secp256k1_sums_digits), each
 * SUMS_DIGITS digits of SUMS_WIDTH bits that are all odd: no digit is 0, so every row has the same additions in the same places.
 * u1, made odd by adding n, has as many digits of twice the width, one half of them on multiples of G, the other on those of
 * 2^128 G. Then
 *   - the odd multiples 1 .. 31 of Q, affine;
 *   - T_j = digit j of k1 on Q + digit j of k2 on lambda Q, and for even j + two multiples of G and 2^128 G;
 *   - sum = ((T_25 2^5 + T_24) 2^5 + ..) + T_0, Jacobian.
 * Without it. u2 and u1 are made odd by adding n, u2 of SUMS_DIGITS such digits, u1 of half as many of twice the width. Then
 *   - the odd multiples of Q as above;
 *   - T_j = digit j of u2 on Q, and for even j + digit j / 2 of u1 on G;
 *   - the sum of them, with twice the doublings.
 * What does not hang on the sum before it is added in affine coordinates for the whole block, with one inversion for each step of
 * the first two (weierstrass_affine_formulas.h); w + 3 of them for a block, or w + 2. Only 25 additions are left among 125
 * doublings, or 51 among 255.
 *
 * Exceptional rows. A denominator that is 0 makes the product of the block 0, which is looked at once: then the pass is done again
 * with a look at each, 1 in place of 0, and those lanes marked. In Jacobian coordinates an exceptional addition gives Z = 0, and so
 * do all steps after it, so that one look at the end finds them. */
#ifndef PA_VERIFY_WEIERSTRASS_SUMS_H
#define PA_VERIFY_WEIERSTRASS_SUMS_H

#include <stdint.h>
#include <string.h>

#include "../curve/weierstrass_affine_formulas.h"
#ifndef SUMS_WIDTH
#define FE_MODULUS pa_secp256k1_prime
#endif
#include "../field/inverse_lanes.h"

#ifndef SUMS_WIDTH
#include "../tables/secp256k1_base.h"
#include "secp256k1_scalar.h"
#define SUMS_ENDOMORPHISM 1
#define SUMS_WIDTH PA_SECP256K1_SUMS_WIDTH
#define SUMS_DIGITS PA_SECP256K1_SUMS_DIGITS
/* x, y of (2 i + 1) G, k = 0, or (2 i + 1) 2^128 G, k = 1. */
#define SUMS_BASE(k, i) (pa_secp256k1_base[k][i])
typedef pa_secp256k1_sums_digits sums_digits;
#endif

/* Functions apart, all inlined in them, for what most of the time goes to. Not where products are called (SUMS_CALLS): there the
 * compiler places the rest better, and exact rows on AVX2 take 0.91 of the time, batches of BIP-340 1.03. */
#ifdef SUMS_CALLS
#define SUMS_FLAT
#else
#define SUMS_FLAT FE_FLAT __attribute__((noinline))
#endif
/* Addresses of lanes are worked out by themselves: gcc else puts them into a vector, and takes them out of it again. */
#define SUMS_APART(address) __asm__("" : "+r"(address))
/* With arguments that are constants. */
#define SUMS_INLINE static inline __attribute__((always_inline))

#define SUMS_ENTRIES (1 << (SUMS_WIDTH - 1))
#define SUMS_HALF ((SUMS_DIGITS + 1) / 2)
/* Multiples 2, 6, 12, 24, .. that lead to the odd ones. */
#define SUMS_STEP_COUNT (SUMS_WIDTH - 1)

/* Kinds of digits, and rows of a multiple of Q: x, y, and beta x. */
#define SUMS_KINDS (2 + SUMS_ENDOMORPHISM)
#define SUMS_ROWS (2 + SUMS_ENDOMORPHISM)

_Static_assert(SUMS_WIDTH >= 3 && (SUMS_DIGITS % 2 == 0 || !SUMS_ENDOMORPHISM),
               "as the steps below");
_Static_assert(SUMS_DIGITS >= SUMS_ENTRIES + SUMS_STEP_COUNT || SUMS_WIDTH < 5,
               "terms hold them first");

typedef struct {
    const row *key[LANES]; /* x, y */
    sums_digits digits[LANES];

    curve_jacobian sum;
    mask redo;

    /* Of digit j, k1's, k2's, u1's, or u2's and u1's: bytes from the start of a table to its multiple, and lanes in which it is
     * negative. */
    uint16_t offset[SUMS_KINDS][LANES][SUMS_DIGITS];
    uint16_t negative[SUMS_KINDS][SUMS_DIGITS];

    /* Between the steps: x, y, beta x of the multiples 1, 3, ..; then the products that the last step wants back. */
    union {
        row multiples[LANES][SUMS_ENTRIES][SUMS_ROWS];
        fe before[SUMS_HALF];
    } of_key;
    curve_affine terms[SUMS_DIGITS < SUMS_ENTRIES + SUMS_STEP_COUNT ? SUMS_ENTRIES + SUMS_STEP_COUNT
                                                                    : SUMS_DIGITS];
#if SUMS_ENDOMORPHISM
    curve_affine base[SUMS_HALF];
#endif
} sums_group;

/* ---- many inverses -------------------------------------------------------------------------- */

/* Products run in so many chains, as each of their steps waits for the one before. */
#define SUMS_CHAINS 4

typedef struct {
    fe chain[SUMS_CHAINS];
    int checked; /* look at each denominator */
} sums_products;

static void sums_begin(sums_products *products, int checked)
{
    for (int c = 0; c < SUMS_CHAINS; c++) {
        fe_set_int(&products->chain[c], 1);
    }
    products->checked = checked;
}

/* In a checked pass: 1 in place of 0, and the lanes marked. */
static inline void sums_look(fe *d, mask *redo, const sums_products *products)
{
    if (products->checked) {
        fe one;
        const mask zero = fe_factor_is_zero(d);
        fe_set_int(&one, 1);
        fe_select(d, zero, &one, d);
        *redo = mask_or(*redo, zero);
    }
}

/* The chains become their inverses; false, and nothing done, where a product is 0. */
static int sums_invert(sums_products *products)
{
    fe up[SUMS_CHAINS], rest;
    up[0] = products->chain[0];
    for (int c = 1; c < SUMS_CHAINS; c++) {
        fe_mul(&up[c], &up[c - 1], &products->chain[c]);
    }
    fe_inv_lanes(&rest, &up[SUMS_CHAINS - 1]);
    if (mask_any(fe_is_zero(&rest))) {
        return 0;
    }
    for (int c = SUMS_CHAINS - 1; c > 0; c--) {
        fe own;
        fe_mul(&own, &rest, &up[c - 1]);
        fe_mul(&rest, &rest, &products->chain[c]);
        products->chain[c] = own;
    }
    products->chain[0] = rest;
    return 1;
}

/* ---- sums of affine points, many at a time -------------------------------------------------- */

/* What an item is: p + q; both p + q and q - p; or 2 p. */
enum { SUMS_SUM, SUMS_BOTH, SUMS_DOUBLE };

typedef struct {
    curve_affine *own; /* where p and q go that are looked up in tables */
    const curve_affine *p, *q;
    curve_affine *sum, *difference;
    fe *before; /* keeps the product of the items before from the first pass to the second */
} sums_item;

/* Lists of items, a number of them for each group: multiples of Q and what they are made with; terms of two multiples of Q, and
 * of G, and of those two; or terms of a multiple of Q and one of G. */
enum { SUMS_MULTIPLES, SUMS_STEPS, SUMS_TERMS, SUMS_BASES, SUMS_JOINS, SUMS_MIXED };

/* In terms[]: the multiple 2 i + 1 of Q at i, then the steps. */
#define SUMS_STEP(group, s) ((group)->terms[SUMS_ENTRIES + (s)])

/* Level 0 gives 2 Q, 1 gives 3 Q, 2 gives 6 Q; level t > 2 gives 3 2^(t - 2) Q +- {1, 3, ..} Q, and twice the step. */
#define SUMS_LEVELS (SUMS_WIDTH + 1)

static inline void sums_multiple(sums_item *item, sums_group *group, int level, int k)
{
    curve_affine *odd = group->terms;
    const int pairs = level < 3 ? 1 : 1 << (level - 3);
    item->p = &odd[k];
    item->q = &SUMS_STEP(group, level == 1 ? 0 : level - 2);
    item->sum = level == 1 ? &odd[1] : &odd[3 * pairs + k];
    item->difference = &odd[3 * pairs - 1 - k];
    item->before = &item->sum->x;
}

static inline void sums_step(sums_item *item, sums_group *group, int level)
{
    item->p = level == 0   ? &group->terms[0]
              : level == 2 ? &group->terms[1]
                           : &SUMS_STEP(group, level - 2);
    item->sum = &SUMS_STEP(group, level < 2 ? 0 : level - 1);
    item->before = &item->sum->x;
}

/* Digits are kept as e, 0 <= e < 2^w, and stand for 2 e - (2^w - 1): negative in the lower half. One lane of one kind of digits:
 * a loop that compilers turn into vectors. */
static inline void sums_digits_lane(uint16_t *restrict offset, uint16_t *restrict negative,
                                    const uint16_t *restrict digits, int count, int width,
                                    int entry, int lane)
{
    for (int j = 0; j < count; j++) {
        const uint16_t e = digits[j];
        const uint16_t minus = (uint16_t)((e >> (width - 1) & 1) - 1); /* all ones where negative */
        offset[j] = (uint16_t)(((e ^ minus) & ((1 << (width - 1)) - 1)) * entry);
        negative[j] = (uint16_t)(negative[j] | (minus & 1 << lane));
    }
}

static void sums_digits_start(sums_group *group)
{
    const int entry = SUMS_ROWS * (int)sizeof(row);
    memset(group->negative, 0, sizeof group->negative);
    for (int i = 0; i < LANES; i++) {
        const sums_digits *digits = &group->digits[i];
#if SUMS_ENDOMORPHISM
        uint16_t first[SUMS_DIGITS], second[SUMS_DIGITS];
        for (int j = 0; j < SUMS_DIGITS; j++) {
            first[j] = digits->first[j];
            second[j] = digits->second[j];
        }
        sums_digits_lane(group->offset[0][i], group->negative[0], first, SUMS_DIGITS, SUMS_WIDTH,
                         entry, i);
        sums_digits_lane(group->offset[1][i], group->negative[1], second, SUMS_DIGITS, SUMS_WIDTH,
                         entry, i);
        sums_digits_lane(group->offset[2][i], group->negative[2], digits->base, SUMS_DIGITS,
                         2 * SUMS_WIDTH, 2 * (int)sizeof(row), i);
#else
        sums_digits_lane(group->offset[0][i], group->negative[0], digits->key, SUMS_DIGITS,
                         SUMS_WIDTH, entry, i);
        sums_digits_lane(group->offset[1][i], group->negative[1], digits->base, SUMS_HALF,
                         2 * SUMS_WIDTH, 2 * (int)sizeof(row), i);
#endif
    }
}

/* -y where negative says so, y of magnitude m: of m + 1 then. */
static inline void sums_sign_of(fe *y, unsigned int negative, int m)
{
    fe minus;
    fe_neg(&minus, y, m);
    fe_select(y, mask_from_bits(negative), &minus, y);
}

/* y of magnitude 2. */
static inline void sums_sign(fe *y, unsigned int negative)
{
    sums_sign_of(y, negative, 1);
}

/* r = element e of the entries at these offsets; table i is `step` bytes behind table i - 1. */
static inline void sums_pick(fe *r, const void *tables, size_t step,
                             const uint16_t offset[LANES][SUMS_DIGITS], int j, int e)
{
    const row *from[LANES];
    for (int i = 0; i < LANES; i++) {
        const void *entry =
            (const uint8_t *)tables + (size_t)i * step + offset[i][j] + (size_t)e * sizeof(row);
        SUMS_APART(entry);
        from[i] = (const row *)entry;
    }
    fe_gather(r, from);
}

#if SUMS_ENDOMORPHISM
/* The two operands of term j, multiples of Q and lambda Q: their abscissas, or with_y all but the second abscissa. */
static inline void sums_key_operands(curve_affine *p, curve_affine *q, const sums_group *group,
                                     int j, int with_y)
{
    const void *tables = group->of_key.multiples;
    const size_t step = sizeof group->of_key.multiples[0];
    sums_pick(&p->x, tables, step, group->offset[0], j, 0);
    if (!with_y) {
        sums_pick(&q->x, tables, step, group->offset[1], j, 2);
    } else {
        sums_pick(&p->y, tables, step, group->offset[0], j, 1);
        sums_pick(&q->y, tables, step, group->offset[1], j, 1);
        sums_sign(&p->y, group->negative[0][j]);
        sums_sign(&q->y, group->negative[1][j]);
    }
}

/* The same of base term j: multiples of G and 2^128 G. */
static inline void sums_base_operands(curve_affine *p, curve_affine *q, const sums_group *group,
                                      int j, int with_y)
{
    const int high = SUMS_HALF + j;
    sums_pick(&p->x, SUMS_BASE(0, 0), 0, group->offset[2], j, 0);
    if (!with_y) {
        sums_pick(&q->x, SUMS_BASE(1, 0), 0, group->offset[2], high, 0);
    } else {
        sums_pick(&p->y, SUMS_BASE(0, 0), 0, group->offset[2], j, 1);
        sums_pick(&q->y, SUMS_BASE(1, 0), 0, group->offset[2], high, 1);
        sums_sign(&p->y, group->negative[2][j]);
        sums_sign(&q->y, group->negative[2][high]);
    }
}
#else
/* The multiple of Q for digit j: its abscissa, or with_y both, y of magnitude 2. */
static inline void sums_key_operand(curve_affine *p, const sums_group *group, int j, int with_y)
{
    const void *tables = group->of_key.multiples;
    const size_t step = sizeof group->of_key.multiples[0];
    sums_pick(&p->x, tables, step, group->offset[0], j, 0);
    if (with_y) {
        sums_pick(&p->y, tables, step, group->offset[0], j, 1);
        sums_sign(&p->y, group->negative[0][j]);
    }
}

/* The two operands of term 2 k: q, of G, has magnitudes of 2 and 3 at most. As above. */
static inline void sums_mixed_operands(curve_affine *p, curve_affine *q, const sums_group *group,
                                       int k, int with_y)
{
    sums_key_operand(p, group, 2 * k, with_y);
    if (!with_y) {
        sums_pick(&q->x, SUMS_BASE(0), 0, group->offset[1], k, 0);
        fe_from_table(&q->x, &q->x);
    } else {
        sums_pick(&q->y, SUMS_BASE(0), 0, group->offset[1], k, 1);
        fe_from_table(&q->y, &q->y);
        sums_sign_of(&q->y, group->negative[1][k], FE_TABLE_MAG);
    }
}
#endif

/* Lists whose operands are looked up. */
static inline int sums_looks_up(int list)
{
    return list == SUMS_TERMS || list == SUMS_BASES || list == SUMS_MIXED;
}

/* Item n of a list that has `per` of them for each group. */
SUMS_INLINE void sums_item_of(sums_item *item, sums_group *groups, int list, int level, int per,
                              int n, int with_y)
{
    sums_group *group = &groups[n / per];
    const int k = n % per;
    switch (list) {
    case SUMS_MULTIPLES:
        sums_multiple(item, group, level, k);
        return;
    case SUMS_STEPS:
        sums_step(item, group, level);
        return;
#if SUMS_ENDOMORPHISM
    case SUMS_JOINS:
        item->p = item->sum = &group->terms[2 * k];
        item->q = &group->base[k];
        item->before = &group->of_key.before[k];
        return;
#endif
    default:
        item->p = &item->own[0];
        item->q = &item->own[1];
    }
#if SUMS_ENDOMORPHISM
    item->sum = list == SUMS_TERMS ? &group->terms[k] : &group->base[k];
    if (list == SUMS_TERMS) {
        sums_key_operands(&item->own[0], &item->own[1], group, k, with_y);
    } else {
        sums_base_operands(&item->own[0], &item->own[1], group, k, with_y);
    }
#else
    item->sum = &group->terms[2 * k];
    sums_mixed_operands(&item->own[0], &item->own[1], group, k, with_y);
#endif
    item->before = &item->sum->x;
}

SUMS_INLINE void sums_denominator(fe *d, const sums_item *item, int kind)
{
    if (kind == SUMS_DOUBLE) {
        curve_affine_double_denominator(d, item->p);
    } else {
        curve_affine_denominator(d, &item->p->x, &item->q->x);
    }
}

/* The first pass over a list. */
SUMS_INLINE void sums_forward(sums_products *products, sums_group *groups, int count, int list,
                              int kind, int level, int per)
{
    for (int n = 0; n < count * per; n++) {
        curve_affine own[2];
        sums_item item = {.own = own};
        fe d;
        sums_item_of(&item, groups, list, level, per, n, 0);
        if (sums_looks_up(list)) {
            curve_affine_distance(&d, &item.p->x, &item.q->x);
        } else {
            sums_denominator(&d, &item, kind);
        }
        sums_look(&d, &groups[n / per].redo, products);
        curve_inverse_push(item.before, &products->chain[n % SUMS_CHAINS], &d);
        if (sums_looks_up(list)) {
            item.sum->y = d;
        }
    }
}

/* The second pass: items n and n + 1, or item n alone, whose products are taken in turns, as those of one item wait for each
 * other. */
SUMS_INLINE void sums_results(sums_products *products, sums_group *groups, int list, int kind,
                              int level, int per, int n, int together)
{
    curve_affine own[2][2];
    sums_item item[2] = {{.own = own[0]}, {.own = own[1]}};
    fe d[2], inverse[2], slope[2], x[2], y[2], other_slope[2], other_x[2], other_y[2];
    mask none = mask_from_bits(0);
    const int looked_up = sums_looks_up(list);
    FE_UNROLL for (int i = 0; i < together; i++)
    {
        sums_item_of(&item[i], groups, list, level, per, n + i, 1);
        if (looked_up) {
            d[i] = item[i].sum->y;
        } else {
            sums_denominator(&d[i], &item[i], kind);
            sums_look(&d[i], &none, products);
        }
    }
    FE_UNROLL for (int i = together - 1; i >= 0; i--)
    {
        curve_inverse_pop(&inverse[i], &products->chain[(n + i) % SUMS_CHAINS], item[i].before,
                          &d[i]);
    }
    FE_UNROLL for (int i = 0; i < together; i++)
    {
        if (looked_up) {
            curve_affine_slope_of_signed(&slope[i], item[i].p, item[i].q, &inverse[i]);
        } else if (kind == SUMS_DOUBLE) {
            curve_affine_slope_of_double(&slope[i], item[i].p, &inverse[i]);
        } else {
            curve_affine_slope(&slope[i], item[i].p, item[i].q, &inverse[i]);
        }
        if (kind == SUMS_BOTH) {
            curve_affine_slope_of_difference(&other_slope[i], item[i].p, item[i].q, &inverse[i]);
        }
    }
    FE_UNROLL for (int i = 0; i < together; i++)
    {
        const fe *q_x = kind == SUMS_DOUBLE ? &item[i].p->x : &item[i].q->x;
        if (looked_up) {
            curve_affine_abscissa_apart(&x[i], &slope[i], &item[i].p->x, &d[i]);
        } else {
            curve_affine_abscissa(&x[i], &slope[i], &item[i].p->x, q_x);
        }
        if (kind == SUMS_BOTH) {
            curve_affine_abscissa(&other_x[i], &other_slope[i], &item[i].p->x, q_x);
        }
    }
    FE_UNROLL for (int i = 0; i < together; i++)
    {
        curve_affine_ordinate(&y[i], &x[i], &slope[i], item[i].p);
        if (kind == SUMS_BOTH) {
            curve_affine_ordinate_of_difference(&other_y[i], &other_x[i], &other_slope[i],
                                                item[i].p);
        }
    }
    FE_UNROLL for (int i = 0; i < together; i++)
    {
        item[i].sum->x = x[i];
        item[i].sum->y = y[i];
        if (kind == SUMS_BOTH) {
            item[i].difference->x = other_x[i];
            item[i].difference->y = other_y[i];
        }
    }
}

SUMS_INLINE void sums_backward(sums_products *products, sums_group *groups, int count, int list,
                               int kind, int level, int per)
{
    int n = count * per;
    if (n % 2 != 0) {
        sums_results(products, groups, list, kind, level, per, --n, 1);
    }
    while (n > 0) {
        n -= 2;
        sums_results(products, groups, list, kind, level, per, n, 2);
    }
}

/* Which lists a level has. */
static inline int sums_multiples(int level)
{
    return level == 1 ? 1 : level < 3 ? 0 : 1 << (level - 3);
}

static inline int sums_steps(int level)
{
    return level != 1 && level < SUMS_LEVELS - 1;
}

SUMS_FLAT static void sums_key_level(sums_group *groups, int count, int level)
{
    const int multiples = sums_multiples(level);
    sums_products products;
    int checked = 0;
    do {
        sums_begin(&products, checked);
        if (multiples > 0) {
            sums_forward(&products, groups, count, SUMS_MULTIPLES, SUMS_BOTH, level, multiples);
        }
        if (sums_steps(level)) {
            sums_forward(&products, groups, count, SUMS_STEPS, SUMS_DOUBLE, level, 1);
        }
        checked = 1;
    } while (!sums_invert(&products));
    if (sums_steps(level)) {
        sums_backward(&products, groups, count, SUMS_STEPS, SUMS_DOUBLE, level, 1);
    }
    if (level == 1) {
        sums_backward(&products, groups, count, SUMS_MULTIPLES, SUMS_SUM, level, 1);
    } else if (multiples > 0) {
        sums_backward(&products, groups, count, SUMS_MULTIPLES, SUMS_BOTH, level, multiples);
    }
}

#if SUMS_ENDOMORPHISM
/* terms[j] and base[j], each the sum of its two operands. */
SUMS_FLAT static void sums_pairs(sums_group *groups, int count)
{
    sums_products products;
    int checked = 0;
    do {
        sums_begin(&products, checked);
        sums_forward(&products, groups, count, SUMS_TERMS, SUMS_SUM, 0, SUMS_DIGITS);
        sums_forward(&products, groups, count, SUMS_BASES, SUMS_SUM, 0, SUMS_HALF);
        checked = 1;
    } while (!sums_invert(&products));
    sums_backward(&products, groups, count, SUMS_BASES, SUMS_SUM, 0, SUMS_HALF);
    sums_backward(&products, groups, count, SUMS_TERMS, SUMS_SUM, 0, SUMS_DIGITS);
}

/* terms[2 j] += base[j] */
SUMS_FLAT static void sums_join(sums_group *groups, int count)
{
    sums_products products;
    int checked = 0;
    do {
        sums_begin(&products, checked);
        sums_forward(&products, groups, count, SUMS_JOINS, SUMS_SUM, 0, SUMS_HALF);
        checked = 1;
    } while (!sums_invert(&products));
    sums_backward(&products, groups, count, SUMS_JOINS, SUMS_SUM, 0, SUMS_HALF);
}
#else
/* terms[2 k] */
SUMS_FLAT static void sums_mixed(sums_group *groups, int count)
{
    sums_products products;
    int checked = 0;
    do {
        sums_begin(&products, checked);
        sums_forward(&products, groups, count, SUMS_MIXED, SUMS_SUM, 0, SUMS_HALF);
        checked = 1;
    } while (!sums_invert(&products));
    sums_backward(&products, groups, count, SUMS_MIXED, SUMS_SUM, 0, SUMS_HALF);
}

/* The other terms of a group. */
static void sums_alone(sums_group *group)
{
    for (int j = 1; j < SUMS_DIGITS; j += 2) {
        curve_affine term;
        sums_key_operand(&term, group, j, 1);
        group->terms[j].x = term.x;
        fe_carry(&group->terms[j].y, &term.y);
    }
}
#endif

static void sums_key_start(sums_group *group)
{
    const row *x[LANES], *y[LANES];
    for (int i = 0; i < LANES; i++) {
        x[i] = &group->key[i][0];
        y[i] = &group->key[i][1];
    }
    fe_gather(&group->terms[0].x, x);
    fe_gather(&group->terms[0].y, y);
    fe_enter(&group->terms[0].x, &group->terms[0].x);
    fe_enter(&group->terms[0].y, &group->terms[0].y);
    group->redo = mask_from_bits(0);
    sums_digits_start(group);
}

static void sums_key_store(sums_group *group)
{
#if SUMS_ENDOMORPHISM
    fe beta, x;
    curve_beta(&beta);
#endif
    for (int k = 0; k < SUMS_ENTRIES; k++) {
        row *to[SUMS_ROWS][LANES];
        for (int i = 0; i < LANES; i++) {
            for (int e = 0; e < SUMS_ROWS; e++) {
                to[e][i] = &group->of_key.multiples[i][k][e];
            }
        }
        fe_scatter_any(to[0], &group->terms[k].x);
        fe_scatter_any(to[1], &group->terms[k].y);
#if SUMS_ENDOMORPHISM
        fe_mul(&x, &group->terms[k].x, &beta);
        fe_scatter_any(to[2], &x);
#endif
    }
}

/* ---- the sum -------------------------------------------------------------------------------- */

#if defined(FE_HAS_BESIDE) && CURVE_A == -3
#include "../curve/weierstrass_pipeline.h"

SUMS_FLAT static void sums_double(curve_pipeline *sum)
{
    curve_pipeline_double(sum, SUMS_WIDTH);
}

SUMS_FLAT static void sums_add(curve_pipeline *sum, const curve_affine *term)
{
    curve_pipeline_add(sum, term);
}

static void sums_ladder(sums_group *group)
{
    curve_pipeline sum;
    curve_pipeline_start(&sum, &group->terms[SUMS_DIGITS - 1]);
    for (int j = SUMS_DIGITS - 2; j >= 0; j--) {
        sums_double(&sum);
        sums_add(&sum, &group->terms[j]);
    }
    curve_pipeline_end(&group->sum, &sum);
}
#else
/* Functions apart, each with its products inlined. */
SUMS_FLAT static void sums_double(curve_ladder *sum)
{
    curve_ladder_double(sum, sum);
}

SUMS_FLAT static void sums_add(curve_ladder *sum, const curve_affine *term)
{
    curve_ladder_add(sum, sum, term);
}

static void sums_ladder(sums_group *group)
{
    curve_ladder sum;
    curve_ladder_from_affine(&sum, &group->terms[SUMS_DIGITS - 1]);
    for (int j = SUMS_DIGITS - 2; j >= 0; j--) {
        for (int i = 0; i < SUMS_WIDTH; i++) {
            sums_double(&sum);
        }
        sums_add(&sum, &group->terms[j]);
    }
    curve_ladder_end(&group->sum, &sum);
}
#endif

static void sums_ladders(sums_group *groups, int count)
{
    int g = 0;
#ifdef SUMS_LADDER_TWO
    for (; g + 1 < count; g += 2) {
        void *const sums[2] = {&groups[g].sum, &groups[g + 1].sum};
        const void *const terms[2] = {groups[g].terms, groups[g + 1].terms};
        SUMS_LADDER_TWO(sums, terms, SUMS_DIGITS, SUMS_WIDTH);
    }
#endif
    for (; g < count; g++) {
        sums_ladder(&groups[g]);
    }
    for (g = 0; g < count; g++) {
        groups[g].redo = mask_or(groups[g].redo, fe_is_zero(&groups[g].sum.z));
    }
}

static void sums_run(sums_group *groups, int count)
{
    for (int g = 0; g < count; g++) {
        sums_key_start(&groups[g]);
    }
    for (int level = 0; level < SUMS_LEVELS; level++) {
        sums_key_level(groups, count, level);
    }
    for (int g = 0; g < count; g++) {
        sums_key_store(&groups[g]);
    }
#if SUMS_ENDOMORPHISM
    sums_pairs(groups, count);
    sums_join(groups, count);
#else
    sums_mixed(groups, count);
    for (int g = 0; g < count; g++) {
        sums_alone(&groups[g]);
    }
#endif
    sums_ladders(groups, count);
}

/* sum.x, sum.y = the affine coordinates, of magnitude 1; anything in lanes of redo. */
static inline void sums_to_affine(sums_group *groups, int count)
{
    sums_products products;
    fe inverse, power;
    mask none = mask_from_bits(0);
    int checked = 0;
    do {
        sums_begin(&products, checked);
        for (int g = 0; g < count; g++) {
            sums_look(&groups[g].sum.z, &groups[g].redo, &products);
            curve_inverse_push(&groups[g].of_key.before[0], &products.chain[g % SUMS_CHAINS],
                               &groups[g].sum.z);
        }
        checked = 1;
    } while (!sums_invert(&products));
    for (int g = count - 1; g >= 0; g--) {
        curve_jacobian *sum = &groups[g].sum;
        sums_look(&sum->z, &none, &products);
        curve_inverse_pop(&inverse, &products.chain[g % SUMS_CHAINS], &groups[g].of_key.before[0],
                          &sum->z);
        fe_sqr(&power, &inverse);
        fe_mul(&sum->x, &sum->x, &power);
        fe_mul(&power, &power, &inverse);
        fe_mul(&sum->y, &sum->y, &power);
    }
}

#endif
