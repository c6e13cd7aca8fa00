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
 * Of 1.95 us a row of secp256k1 in eight lanes on Zen 4 (gcc 12; 128 keys as 1024), half are the sums of neighbouring digits. Lost:
 * denominators worked out again in the second pass, 4 %; functions that are not flat, 2 %.
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

typedef struct {
    prepared_digits digits[LANES];
    const prepared_table *table[LANES];

    curve_jacobian sum; /* y is not worked out */
    mask redo;

    curve_affine sums[PREPARED_SUMS];
    fe before[PREPARED_SUMS / 2 + 1];
} prepared_group;

/* ---- digits --------------------------------------------------------------------------------- */

/* Whose digit is meant; the two of a pair are neighbours. */
typedef struct {
    int part, digit;
} prepared_place;

#define PREPARED_OF_BASE (1 + SUMS_ENDOMORPHISM)

/* That of point n, 2 k and 2 k + 1 being what sum k is made of. */
static inline prepared_place prepared_place_of(int n)
{
#if SUMS_ENDOMORPHISM
    const int part = n / PREPARED_DIGITS < 2 ? n / PREPARED_DIGITS : 2;
    return (prepared_place){part, n - part * PREPARED_DIGITS};
#else
    return n < PREPARED_DIGITS ? (prepared_place){0, n}
                               : (prepared_place){PREPARED_OF_BASE, n - PREPARED_DIGITS};
#endif
}

/* Where its multiple stands, for one lane; *negative gets its sign. */
static inline const row *prepared_at(const prepared_group *group, prepared_place place, int lane,
                                     unsigned int *negative)
{
    const prepared_digits *digits = &group->digits[lane];
    const int j = place.digit;
    if (place.part == PREPARED_OF_BASE) {
        return PREPARED_BASE(j, sums_entry(negative, digits->base[j], PREPARED_BASE_WIDTH, lane));
    }
#if SUMS_ENDOMORPHISM
    const int e = place.part == 0 ? digits->first[j] : digits->second[j];
#else
    const int e = digits->key[j];
#endif
    return (*group->table[lane])[j][sums_entry(negative, e, PREPARED_WIDTH, lane)];
}

static inline void prepared_from(fe *r, const row *const rows[LANES], int part)
{
    fe_gather(r, rows);
    if (part == PREPARED_OF_BASE) {
        fe_from_table(r, r);
        if (FE_TABLE_MAG > 1) {
            fe_carry(r, r);
        }
    }
}

static inline void prepared_x(fe *r, const prepared_group *group, prepared_place place)
{
    const row *x[LANES];
    unsigned int negative = 0;
    for (int i = 0; i < LANES; i++) {
        x[i] = prepared_at(group, place, i, &negative);
    }
    prepared_from(r, x, place.part);
}

static inline void prepared_y(fe *r, const prepared_group *group, prepared_place place)
{
    const row *y[LANES];
    unsigned int negative = 0;
    for (int i = 0; i < LANES; i++) {
        y[i] = prepared_at(group, place, i, &negative) + 1;
    }
    prepared_from(r, y, place.part);
    sums_take(r, negative);
}

/* Tables of many keys are not in the caches that are near: a row of 128 keys takes 0.85 of the time by this, on Zen 4. */
static inline void prepared_fetch(const prepared_group *group, prepared_place place)
{
    unsigned int negative = 0;
    for (int i = 0; i < LANES; i++) {
        __builtin_prefetch(prepared_at(group, place, i, &negative), 0, 2);
    }
}

/* sums[] = those of neighbouring digits. Until then they hold the products before, and denominators. */
FE_FLAT static void prepared_digit_pairs(prepared_group *groups, int count)
{
    const int pairs = PREPARED_POINTS / 2;
    sums_products products;
    curve_affine p, q;
    fe inverse;
    int checked = 0;
    do {
        sums_begin(&products, checked);
        for (int g = 0; g < count; g++) {
            prepared_group *group = &groups[g];
            for (int at = 0; at < pairs; at++) {
                const prepared_place of_p = prepared_place_of(2 * at);
                const prepared_place of_q = prepared_place_of(2 * at + 1);
                fe *before = &group->sums[at].x, *d = &group->sums[at].y;
                if (of_p.part != PREPARED_OF_BASE && g + 1 < count) {
                    prepared_fetch(group + 1, of_p);
                    prepared_fetch(group + 1, of_q);
                }
                prepared_x(&p.x, group, of_p);
                prepared_x(&q.x, group, of_q);
                curve_affine_denominator(d, &p.x, &q.x);
                sums_look(d, &group->redo, &products);
                curve_inverse_push(before, &products.chain[at % SUMS_CHAINS], d);
            }
        }
        checked = 1;
    } while (!sums_invert(&products));
    for (int g = count - 1; g >= 0; g--) {
        prepared_group *group = &groups[g];
        for (int at = pairs - 1; at >= 0; at--) {
            const prepared_place of_p = prepared_place_of(2 * at);
            const prepared_place of_q = prepared_place_of(2 * at + 1);
            curve_inverse_pop(&inverse, &products.chain[at % SUMS_CHAINS], &group->sums[at].x,
                              &group->sums[at].y);
            prepared_x(&p.x, group, of_p);
            prepared_x(&q.x, group, of_q);
            prepared_y(&p.y, group, of_p);
            prepared_y(&q.y, group, of_q);
            curve_affine_add(&group->sums[at], &p, &q, &inverse);
        }
        if (PREPARED_POINTS % 2 != 0) {
            curve_affine *last = &group->sums[pairs];
            const prepared_place place = prepared_place_of(2 * pairs);
            prepared_x(&last->x, group, place);
            prepared_y(&last->y, group, place);
        }
    }
}

/* ---- sums of sums --------------------------------------------------------------------------- */

/* Pair number n: the places of what is added, the sum in the first one's. */
typedef struct {
    int count;
    uint8_t p[PREPARED_SUMS / 2 + 1], q[PREPARED_SUMS / 2 + 1];
} prepared_pairs;

FE_FLAT static void prepared_add(prepared_group *groups, int count, const prepared_pairs *pairs)
{
    sums_products products;
    fe d, inverse;
    mask none = mask_from_bits(0);
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
        prepared_group *group = &groups[g];
        for (int n = pairs->count - 1; n >= 0; n--) {
            curve_affine *p = &group->sums[pairs->p[n]];
            const curve_affine *q = &group->sums[pairs->q[n]];
            curve_affine_denominator(&d, &p->x, &q->x);
            sums_look(&d, &none, &products);
            curve_inverse_pop(&inverse, &products.chain[(g + n) % SUMS_CHAINS], &group->before[n],
                              &d);
            curve_affine_add(p, p, q, &inverse);
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

/* 2^(PREPARED_WIDTH j) Q for all j, to the first entries of LANES tables; before, that of j = 0 is Q in plain numbers. */
static void prepared_powers(prepared_table *const tables[LANES])
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

/* All entries of count tables, whose first ones are keys, x and y in plain numbers; none is infinite. */
static void prepared_tables(prepared_table *const *tables, int count)
{
    prepared_multiples groups[PREPARED_BLOCK / LANES];
    for (int at = 0; at < count; at += LANES) {
        prepared_table *of[LANES];
        for (int i = 0; i < LANES; i++) { /* the last ones again where lanes are left over */
            of[i] = tables[at + i < count ? at + i : count - 1];
        }
        prepared_powers(of);
    }
    const int all = count * PREPARED_DIGITS;
    for (int at = 0; at < all; at += PREPARED_BLOCK) {
        const int digits = all - at < PREPARED_BLOCK ? all - at : PREPARED_BLOCK;
        const int size = (digits + LANES - 1) / LANES;
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
}

#endif
