/* SPDX-License-Identifier: Apache-2.0 */
/* u1 G + u2 Q for many rows of a curve in short Weierstrass form at once where Q is a key that was prepared: tables of multiples in
 * the place of doublings. Include a field and the curve's formulas first; inversions and what an includer brings of its curve are
 * those of weierstrass_sums.h, and besides
 *   PREPARED_WIDTH         bits of a digit of u2, 5
 *   PREPARED_DIGITS        how many of them, as SUMS_DIGITS
 *   PREPARED_BASE_WIDTH    bits of a digit of u1
 *   PREPARED_BASE_DIGITS   how many of them
 *   PREPARED_BASE(j, i)    x, y of (2 i + 1) 2^(PREPARED_BASE_WIDTH j) G, as fe_from_table reads them
 *   prepared_digits        with the endomorphism: as pa_secp256k1_prepared_digits; without it: as pa_order_prepared_digits
 *
 * A key's table has the odd multiples 1 .. 31 of 2^(5 j) Q for every digit j of u2, or with the endomorphism of its halves: 52 KiB of
 * 256-bit curves, 26 KiB of secp256k1; G's those of 8 bits, 256 KiB for all. So a row is a sum of 84 affine points; with the
 * endomorphism
 *     first = sum of digits of k1 on Q, second = sum of digits of k2 on Q, base = sum of digits of u1 on G,
 *     first + lambda second + base,
 * added in pairs, pairs of pairs and so on, every step for the whole block with one inversion: 82 sums of 5M + 1S, and a last one
 * of which Z^2 times the abscissa is enough to compare. About 480M a row. Entries are in the field's own form.
 *
 * In eight lanes on Zen 4 at 3.7 GHz (gcc 12, 128 rows of 32 keys) a row of P-256 takes 1.87 us, of which 1.1 are the sums of
 * neighbouring digits: 770 cycles of eight lanes each, next to 580 of the others, of which six products are 510. What brought it
 * there from 2.03: offsets and signs of digits worked out once, a distance in the place of a second look at an abscissa, two sums
 * side by side 0.94; addresses apart (SUMS_APART) 0.98. In four lanes of AVX2: 4.6. Digits of 10 bits for u1 would take 0.94 of
 * the time, and 832 KiB in the place of 256. Lost: denominators worked out again in the second pass, 4 %; functions that are not
 * flat, 2 %. A row of secp256k1 takes 1.54 us, before these 1.69; on AVX2 5.8, before 6.1.
 *
 * No sum within `first` or `second` is exceptional: their partial sums are m Q with |m| < 2^130, and two of them have powers of 2
 * as factors that differ. Within `base`, where |m| < 2^256 may wrap round n, and behind it, or anywhere without the endomorphism, an
 * adversary can plant one: the row is marked (weierstrass_sums.h). */
#ifndef PA_VERIFY_WEIERSTRASS_PREPARED_H
#define PA_VERIFY_WEIERSTRASS_PREPARED_H

#include "weierstrass_sums.h"

#ifndef PREPARED_WIDTH
#define PREPARED_WIDTH PA_SECP256K1_SUMS_WIDTH
#define PREPARED_DIGITS PA_SECP256K1_SUMS_DIGITS
#define PREPARED_BASE_WIDTH 8
#define PREPARED_BASE_DIGITS PA_SECP256K1_WINDOWS
#define PREPARED_BASE(j, i) (pa_secp256k1_windows[j][i])
typedef pa_secp256k1_prepared_digits prepared_digits;
#endif

#define PREPARED_ENTRIES (1 << (PREPARED_WIDTH - 1))

typedef row prepared_table[PREPARED_DIGITS][PREPARED_ENTRIES][2];

#if SUMS_ENDOMORPHISM
/* Sums of pairs of digits: of k1, of k2, of u1. */
#define PREPARED_PAIRS (PREPARED_DIGITS / 2)
#define PREPARED_BASE_PAIRS (PREPARED_BASE_DIGITS / 2)
#define PREPARED_POINTS (2 * (2 * PREPARED_PAIRS + PREPARED_BASE_PAIRS))
/* Parts are summed up until so many sums are left of each. */
#define PREPARED_PARTS 3
#define PREPARED_LEFT 1

_Static_assert(PREPARED_DIGITS % 2 == 0 && PREPARED_BASE_DIGITS % 2 == 0, "digits come in pairs");
#else
/* Sums of pairs of digits, those of u2, then those of u1; of an odd number of them the last stays alone. */
#define PREPARED_POINTS (PREPARED_DIGITS + PREPARED_BASE_DIGITS)
#define PREPARED_PARTS 1
#define PREPARED_LEFT 2
#endif
#define PREPARED_SUMS ((PREPARED_POINTS + 1) / 2)
/* Points from a key's table; they come first. */
#define PREPARED_KEY_POINTS ((1 + SUMS_ENDOMORPHISM) * PREPARED_DIGITS)

typedef struct {
    prepared_digits digits[LANES];
    const prepared_table *table[LANES];

    curve_jacobian sum; /* y is not worked out */
    mask redo;

    /* Of point n: bytes from the start of its table, and lanes in which it is negative. */
    uint32_t offset[LANES][PREPARED_POINTS];
    uint16_t negative[PREPARED_POINTS];

    curve_affine sums[PREPARED_SUMS];
    fe before[PREPARED_SUMS / 2 + 1];
} prepared_group;

/* ---- digits --------------------------------------------------------------------------------- */

/* One lane of one kind of digits, of tables of `size` bytes each: a loop that compilers turn into vectors (sums_digits_lane). */
static inline void prepared_digits_lane(uint32_t *restrict offset, uint16_t *restrict negative,
                                        const uint16_t *restrict digits, int count, int width,
                                        uint32_t size, int lane)
{
    const uint32_t entry = size >> (width - 1);
    for (int j = 0; j < count; j++) {
        const uint16_t e = digits[j];
        const uint16_t minus = (uint16_t)((e >> (width - 1) & 1) - 1); /* all ones where negative */
        const uint32_t k = (uint32_t)((e ^ minus) & ((1 << (width - 1)) - 1));
        offset[j] = (uint32_t)j * size + k * entry;
        negative[j] = (uint16_t)(negative[j] | (minus & 1 << lane));
    }
}

static void prepared_digits_start(prepared_group *group)
{
    const uint32_t size = sizeof(prepared_table) / PREPARED_DIGITS;
    const uint32_t base_size = (2u << (PREPARED_BASE_WIDTH - 1)) * sizeof(row);
    uint16_t *const base_negative = group->negative + PREPARED_KEY_POINTS;
    memset(group->negative, 0, sizeof group->negative);
    for (int i = 0; i < LANES; i++) {
        const prepared_digits *digits = &group->digits[i];
        uint32_t *const offset = group->offset[i];
#if SUMS_ENDOMORPHISM
        uint16_t first[PREPARED_DIGITS], second[PREPARED_DIGITS], base[PREPARED_BASE_DIGITS];
        for (int j = 0; j < PREPARED_DIGITS; j++) {
            first[j] = digits->first[j];
            second[j] = digits->second[j];
        }
        for (int j = 0; j < PREPARED_BASE_DIGITS; j++) {
            base[j] = digits->base[j];
        }
        prepared_digits_lane(offset + PREPARED_DIGITS, group->negative + PREPARED_DIGITS, second,
                             PREPARED_DIGITS, PREPARED_WIDTH, size, i);
#else
        const uint16_t *const first = digits->key, *const base = digits->base;
#endif
        prepared_digits_lane(offset, group->negative, first, PREPARED_DIGITS, PREPARED_WIDTH, size,
                             i);
        prepared_digits_lane(offset + PREPARED_KEY_POINTS, base_negative, base,
                             PREPARED_BASE_DIGITS, PREPARED_BASE_WIDTH, base_size, i);
    }
}

static inline const row *prepared_at(const prepared_group *group, int n, int lane)
{
    const void *table = n < PREPARED_KEY_POINTS ? (const void *)group->table[lane]
                                                : (const void *)PREPARED_BASE(0, 0);
    const void *at = (const uint8_t *)table + group->offset[lane][n];
    SUMS_APART(at);
    return (const row *)at;
}

/* r = element e of point n, as it stands in the table: x, y. */
static inline void prepared_pick(fe *r, const prepared_group *group, int n, int e)
{
    const row *from[LANES];
    for (int i = 0; i < LANES; i++) {
        from[i] = prepared_at(group, n, i) + e;
    }
    fe_gather(r, from);
    if (n >= PREPARED_KEY_POINTS) {
        fe_from_table(r, r);
        if (FE_TABLE_MAG > 1) {
            fe_carry(r, r);
        }
    }
}

/* y of magnitude 2. */
static inline void prepared_y(fe *y, const prepared_group *group, int n)
{
    prepared_pick(y, group, n, 1);
    sums_sign(y, group->negative[n]);
}

/* Tables of many keys are not in the caches that are near: a row of 128 keys of secp256k1 takes 0.85 of the time by this, on Zen
 * 4; fetching G's ahead, too, takes another 0.04 off. */
static inline void prepared_fetch(const prepared_group *group, int n)
{
    for (int i = 0; i < LANES; i++) {
        __builtin_prefetch(prepared_at(group, n, i), 0, 2);
    }
}

/* The second pass over sums at and at + 1, or at alone, whose products are taken in turns (sums_results). */
SUMS_INLINE void prepared_pair_results(prepared_group *group, sums_products *products, int at,
                                       int together)
{
    curve_affine p[2], q[2];
    fe d[2], inverse[2], slope[2], x[2];
    FE_UNROLL for (int i = 0; i < together; i++)
    {
        prepared_pick(&p[i].x, group, 2 * (at + i), 0);
        prepared_y(&p[i].y, group, 2 * (at + i));
        prepared_y(&q[i].y, group, 2 * (at + i) + 1);
        d[i] = group->sums[at + i].y;
    }
    FE_UNROLL for (int i = together - 1; i >= 0; i--)
    {
        curve_inverse_pop(&inverse[i], &products->chain[(at + i) % SUMS_CHAINS],
                          &group->sums[at + i].x, &d[i]);
    }
    FE_UNROLL for (int i = 0; i < together; i++)
    {
        curve_affine_slope_of_signed(&slope[i], &p[i], &q[i], &inverse[i]);
    }
    FE_UNROLL for (int i = 0; i < together; i++)
    {
        curve_affine_abscissa_apart(&x[i], &slope[i], &p[i].x, &d[i]);
    }
    FE_UNROLL for (int i = 0; i < together; i++)
    {
        curve_affine_ordinate(&group->sums[at + i].y, &x[i], &slope[i], &p[i]);
        group->sums[at + i].x = x[i];
    }
}

/* sums[] = those of neighbouring digits. Until then they hold the products before, and denominators. */
FE_FLAT static void prepared_digit_pairs(prepared_group *groups, int count)
{
    const int pairs = PREPARED_POINTS / 2;
    sums_products products;
    fe p_x, q_x;
    int checked = 0;
    do {
        sums_begin(&products, checked);
        for (int g = 0; g < count; g++) {
            prepared_group *group = &groups[g];
            for (int at = 0; at < pairs; at++) {
                fe *before = &group->sums[at].x, *d = &group->sums[at].y;
                if (g + 1 < count) {
                    prepared_fetch(group + 1, 2 * at);
                    prepared_fetch(group + 1, 2 * at + 1);
                }
                prepared_pick(&p_x, group, 2 * at, 0);
                prepared_pick(&q_x, group, 2 * at + 1, 0);
                curve_affine_distance(d, &p_x, &q_x);
                sums_look(d, &group->redo, &products);
                curve_inverse_push(before, &products.chain[at % SUMS_CHAINS], d);
            }
        }
        checked = 1;
    } while (!sums_invert(&products));
    for (int g = count - 1; g >= 0; g--) {
        prepared_group *group = &groups[g];
        int at = pairs;
        if (pairs % 2 != 0) {
            prepared_pair_results(group, &products, --at, 1);
        }
        while (at > 0) {
            at -= 2;
            prepared_pair_results(group, &products, at, 2);
        }
        if (PREPARED_POINTS % 2 != 0) {
            curve_affine *last = &group->sums[pairs];
            prepared_pick(&last->x, group, 2 * pairs, 0);
            prepared_y(&last->y, group, 2 * pairs);
            fe_carry(&last->y, &last->y);
        }
    }
}

/* ---- sums of sums --------------------------------------------------------------------------- */

/* Pair number n: the places of what is added, the sum in the first one's. */
typedef struct {
    int count;
    uint8_t p[PREPARED_SUMS / 2 + 1], q[PREPARED_SUMS / 2 + 1];
} prepared_pairs;

/* The second pass over pairs n and n + 1, or n alone, as above. */
SUMS_INLINE void prepared_add_results(prepared_group *group, sums_products *products,
                                      const prepared_pairs *pairs, int g, int n, int together)
{
    /* Set, for gcc: it does not see that `together` is not 0. */
    curve_affine *p[2] = {0}, r[2];
    const curve_affine *q[2] = {0};
    fe d[2], inverse[2], slope[2];
    mask none = mask_from_bits(0);
    FE_UNROLL for (int i = 0; i < together; i++)
    {
        p[i] = &group->sums[pairs->p[n + i]];
        q[i] = &group->sums[pairs->q[n + i]];
        curve_affine_denominator(&d[i], &p[i]->x, &q[i]->x);
        sums_look(&d[i], &none, products);
    }
    FE_UNROLL for (int i = together - 1; i >= 0; i--)
    {
        curve_inverse_pop(&inverse[i], &products->chain[(g + n + i) % SUMS_CHAINS],
                          &group->before[n + i], &d[i]);
    }
    FE_UNROLL for (int i = 0; i < together; i++)
    {
        curve_affine_slope(&slope[i], p[i], q[i], &inverse[i]);
    }
    FE_UNROLL for (int i = 0; i < together; i++)
    {
        curve_affine_abscissa(&r[i].x, &slope[i], &p[i]->x, &q[i]->x);
    }
    FE_UNROLL for (int i = 0; i < together; i++)
    {
        curve_affine_ordinate(&r[i].y, &r[i].x, &slope[i], p[i]);
    }
    FE_UNROLL for (int i = 0; i < together; i++)
    {
        *p[i] = r[i];
    }
}

FE_FLAT static void prepared_add(prepared_group *groups, int count, const prepared_pairs *pairs)
{
    sums_products products;
    fe d;
    int checked = 0;
    do {
        sums_begin(&products, checked);
        for (int g = 0; g < count; g++) {
            prepared_group *group = &groups[g];
            for (int n = 0; n < pairs->count; n++) {
                curve_affine_denominator(&d, &group->sums[pairs->p[n]].x,
                                         &group->sums[pairs->q[n]].x);
                sums_look(&d, &group->redo, &products);
                curve_inverse_push(&group->before[n], &products.chain[(g + n) % SUMS_CHAINS], &d);
            }
        }
        checked = 1;
    } while (!sums_invert(&products));
    for (int g = count - 1; g >= 0; g--) {
        int n = pairs->count;
        if (n % 2 != 0) {
            prepared_add_results(&groups[g], &products, pairs, g, --n, 1);
        }
        while (n > 0) {
            n -= 2;
            prepared_add_results(&groups[g], &products, pairs, g, n, 2);
        }
    }
}

/* sum = what is left, base + (first + lambda second) or two sums: X = (y2 - y1)^2 - (x1 + x2) Z^2, Z = x2 - x1. */
static void prepared_end(prepared_group *group)
{
#if SUMS_ENDOMORPHISM
    const curve_affine *p = &group->sums[0], *q = &group->sums[2 * PREPARED_PAIRS];
#else
    const curve_affine *p = &group->sums[0], *q = &group->sums[1];
#endif
    fe slope, square, x;
    fe_sub(&x, &q->x, &p->x, 1);
    fe_carry(&group->sum.z, &x);
    fe_sub(&slope, &q->y, &p->y, 1);
    fe_norm(&slope, 3);
    fe_sqr(&slope, &slope);
    fe_sqr(&square, &group->sum.z);
    fe_add(&x, &p->x, &q->x);
    fe_norm(&x, 2);
    fe_mul(&x, &x, &square);
    fe_sub(&x, &slope, &x, 1);
    fe_carry(&group->sum.x, &x);
    group->redo = mask_or(group->redo, fe_is_zero(&group->sum.z));
}

/* From digits and tables: sum and redo, as weierstrass_sums.h has them. */
static void prepared_run(prepared_group *groups, int count)
{
#if SUMS_ENDOMORPHISM
    static const int first[PREPARED_PARTS] = {0, PREPARED_PAIRS, 2 * PREPARED_PAIRS};
    int left[PREPARED_PARTS] = {PREPARED_PAIRS, PREPARED_PAIRS, PREPARED_BASE_PAIRS};
#else
    static const int first[PREPARED_PARTS] = {0};
    int left[PREPARED_PARTS] = {PREPARED_SUMS};
#endif
    prepared_pairs pairs;
    for (int g = 0; g < count; g++) {
        groups[g].redo = mask_from_bits(0);
        prepared_digits_start(&groups[g]);
    }
    prepared_digit_pairs(groups, count);
    do {
        pairs.count = 0;
        for (int part = 0; part < PREPARED_PARTS; part++) {
            const int half = left[part] > PREPARED_LEFT ? (left[part] + 1) / 2 : left[part];
            for (int k = 0; k < left[part] - half; k++) {
                pairs.p[pairs.count] = (uint8_t)(first[part] + k);
                pairs.q[pairs.count++] = (uint8_t)(first[part] + half + k);
            }
            left[part] = half;
        }
        if (pairs.count > 0) {
            prepared_add(groups, count, &pairs);
        }
    } while (pairs.count > 0);
#if SUMS_ENDOMORPHISM
    for (int g = 0; g < count; g++) {
        curve_affine *second = &groups[g].sums[PREPARED_PAIRS];
        fe beta;
        curve_beta(&beta);
        fe_mul(&second->x, &second->x, &beta);
    }
    pairs = (prepared_pairs){1, {0}, {PREPARED_PAIRS}};
    prepared_add(groups, count, &pairs);
#endif
    for (int g = 0; g < count; g++) {
        prepared_end(&groups[g]);
    }
}

/* ---- tables --------------------------------------------------------------------------------- */

/* 2^(PREPARED_WIDTH j) Q for all j, to the first entries of LANES tables; before, that of j = 0 is Q in plain numbers. Not in place,
 * nor are the entries: either frame is a third of what a small thread has, and hashes follow. */
__attribute__((noinline)) static void prepared_powers(prepared_table *const tables[LANES])
{
    curve_jacobian at, powers[PREPARED_DIGITS];
    fe before[PREPARED_DIGITS], product, inverse;
    const row *x[LANES], *y[LANES];
    row *to_x[LANES], *to_y[LANES];
    for (int i = 0; i < LANES; i++) {
        x[i] = &(*tables[i])[0][0][0];
        y[i] = &(*tables[i])[0][0][1];
    }
    fe_gather(&at.x, x);
    fe_gather(&at.y, y);
#ifdef FE_HAS_FORM
    fe_enter(&at.x, &at.x);
    fe_enter(&at.y, &at.y);
    for (int i = 0; i < LANES; i++) {
        to_x[i] = &(*tables[i])[0][0][0];
        to_y[i] = &(*tables[i])[0][0][1];
    }
    fe_scatter(to_x, &at.x);
    fe_scatter(to_y, &at.y);
#endif
    fe_set_int(&at.z, 1);
    product = at.z;
    for (int j = 1; j < PREPARED_DIGITS; j++) {
        for (int k = 0; k < PREPARED_WIDTH; k++) {
            curve_double(&at, &at);
        }
        powers[j] = at;
        curve_inverse_push(&before[j], &product, &at.z);
    }
    fe_inv_lanes(&product, &product);
    for (int j = PREPARED_DIGITS - 1; j > 0; j--) {
        curve_inverse_pop(&inverse, &product, &before[j], &powers[j].z);
        fe power;
        fe_sqr(&power, &inverse);
        fe_mul(&at.x, &powers[j].x, &power);
        fe_mul(&power, &power, &inverse);
        fe_mul(&at.y, &powers[j].y, &power);
        for (int i = 0; i < LANES; i++) {
            to_x[i] = &(*tables[i])[j][0][0];
            to_y[i] = &(*tables[i])[j][0][1];
        }
        fe_scatter(to_x, &at.x);
        fe_scatter(to_y, &at.y);
    }
}

/* Digits, of one key or of several, whose entries are made together. */
#define PREPARED_BLOCK 128

typedef struct {
    curve_affine step, at;
    fe before;
    row *entries[LANES]; /* x, y, x, y, .. */
} prepared_multiples;

/* One step of many digits: twice the first entry, or the last one and that. */
static void prepared_step(prepared_multiples *groups, int count, bool twice)
{
    sums_products products;
    fe d, inverse;
    sums_begin(&products, 0);
    for (int g = 0; g < count; g++) {
        if (twice) {
            curve_affine_double_denominator(&d, &groups[g].at);
        } else {
            curve_affine_denominator(&d, &groups[g].at.x, &groups[g].step.x);
        }
        curve_inverse_push(&groups[g].before, &products.chain[g % SUMS_CHAINS], &d);
    }
    (void)sums_invert(&products); /* small multiples of a point of order n differ */
    for (int g = count - 1; g >= 0; g--) {
        prepared_multiples *group = &groups[g];
        if (twice) {
            curve_affine_double_denominator(&d, &group->at);
        } else {
            curve_affine_denominator(&d, &group->at.x, &group->step.x);
        }
        curve_inverse_pop(&inverse, &products.chain[g % SUMS_CHAINS], &group->before, &d);
        if (twice) {
            curve_affine_double(&group->step, &group->at, &inverse);
        } else {
            curve_affine_add(&group->at, &group->at, &group->step, &inverse);
        }
    }
}

/* The entries of `digits` digits of count tables, from digit `at` of them all on, whose first ones are there. */
__attribute__((noinline)) static void prepared_entries(prepared_table *const *tables, int count,
                                                       int at, int digits)
{
    prepared_multiples groups[PREPARED_BLOCK / LANES];
    const int all = count * PREPARED_DIGITS, size = (digits + LANES - 1) / LANES;
    for (int g = 0; g < size; g++) {
        const row *x[LANES], *y[LANES];
        for (int i = 0; i < LANES; i++) {
            const int n = at + g * LANES + i < all ? at + g * LANES + i : all - 1;
            groups[g].entries[i] = (*tables[n / PREPARED_DIGITS])[n % PREPARED_DIGITS][0];
            x[i] = groups[g].entries[i];
            y[i] = groups[g].entries[i] + 1;
        }
        fe_gather(&groups[g].at.x, x);
        fe_gather(&groups[g].at.y, y);
    }
    prepared_step(groups, size, true);
    for (int e = 1; e < PREPARED_ENTRIES; e++) {
        prepared_step(groups, size, false);
        for (int g = 0; g < size; g++) {
            row *x[LANES], *y[LANES];
            for (int i = 0; i < LANES; i++) {
                x[i] = groups[g].entries[i] + 2 * e;
                y[i] = groups[g].entries[i] + 2 * e + 1;
            }
            fe_scatter(x, &groups[g].at.x);
            fe_scatter(y, &groups[g].at.y);
        }
    }
}

/* All entries of count tables, whose first ones are keys, x and y in plain numbers; none is infinite. */
static void prepared_tables(prepared_table *const *tables, int count)
{
    for (int at = 0; at < count; at += LANES) {
        prepared_table *of[LANES];
        for (int i = 0; i < LANES; i++) { /* the last ones again where lanes are left over */
            of[i] = tables[at + i < count ? at + i : count - 1];
        }
        prepared_powers(of);
    }
    const int all = count * PREPARED_DIGITS;
    for (int at = 0; at < all; at += PREPARED_BLOCK) {
        prepared_entries(tables, count, at, all - at < PREPARED_BLOCK ? all - at : PREPARED_BLOCK);
    }
}

#endif
