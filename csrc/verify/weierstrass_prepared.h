/* SPDX-License-Identifier: Apache-2.0 */
/* u1 G + u2 Q for many rows of secp256k1 at once where Q is a key that was prepared: tables of multiples in the place of
 * doublings. Include a field first; inversions are those of weierstrass_sums.h.
 *
 * A key's table has the odd multiples 1 .. 31 of 2^(5 j) Q for every digit j of the halves of u2, 26 KiB; G's those of 8 bits, 256
 * KiB for all. So a row is a sum of 84 affine points,
 *     first = sum of digits of k1 on Q, second = sum of digits of k2 on Q, base = sum of digits of u1 on G,
 *     first + lambda second + base,
 * added in pairs, pairs of pairs and so on, every step for the whole block with one inversion: 82 sums of 5M + 1S, and a last one
 * of which Z^2 times the abscissa is enough to compare. About 480M a row.
 *
 * Of 1.95 us a row in eight lanes on Zen 4 (gcc 12; 128 keys as 1024), half are the sums of neighbouring digits. Lost:
 * denominators worked out again in the second pass, 4 %; functions that are not flat, 2 %.
 *
 * No sum within `first` or `second` is exceptional: their partial sums are m Q with |m| < 2^130, and two of them have powers of 2
 * as factors that differ. Within `base`, where |m| < 2^256 may wrap round n, and behind it an adversary can plant one: the row is
 * marked (weierstrass_sums.h). */
#ifndef PA_VERIFY_WEIERSTRASS_PREPARED_H
#define PA_VERIFY_WEIERSTRASS_PREPARED_H

#include "weierstrass_sums.h"

/* The toy curves of the tests bring their own. */
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

/* Sums of pairs of digits: of k1, of k2, of u1. */
#define PREPARED_PAIRS (PREPARED_DIGITS / 2)
#define PREPARED_BASE_PAIRS (PREPARED_BASE_DIGITS / 2)
#define PREPARED_SUMS (2 * PREPARED_PAIRS + PREPARED_BASE_PAIRS)

_Static_assert(PREPARED_DIGITS % 2 == 0 && PREPARED_BASE_DIGITS % 2 == 0, "digits come in pairs");

typedef struct {
    prepared_digits digits[LANES];
    const prepared_table *table[LANES];

    curve_jacobian sum; /* y is not worked out */
    mask redo;

    curve_affine sums[PREPARED_SUMS];
    fe before[PREPARED_SUMS / 2 + 1];
} prepared_group;

/* ---- digits --------------------------------------------------------------------------------- */

/* Where the multiple for digit j of a part stands, for one lane; *negative gets its sign. */
static inline const row *prepared_at(const prepared_group *group, int part, int j, int lane,
                                     unsigned int *negative)
{
    const prepared_digits *digits = &group->digits[lane];
    if (part == 2) {
        return PREPARED_BASE(j, sums_entry(negative, digits->base[j], PREPARED_BASE_WIDTH, lane));
    }
    const int e = part == 0 ? digits->first[j] : digits->second[j];
    return (*group->table[lane])[j][sums_entry(negative, e, PREPARED_WIDTH, lane)];
}

static inline void prepared_x(fe *r, const prepared_group *group, int part, int j)
{
    const row *x[LANES];
    unsigned int negative = 0;
    for (int i = 0; i < LANES; i++) {
        x[i] = prepared_at(group, part, j, i, &negative);
    }
    fe_gather(r, x);
}

static inline void prepared_y(fe *r, const prepared_group *group, int part, int j)
{
    const row *y[LANES];
    unsigned int negative = 0;
    for (int i = 0; i < LANES; i++) {
        y[i] = prepared_at(group, part, j, i, &negative) + 1;
    }
    fe_gather(r, y);
    sums_take(r, negative);
}

/* Sum `at` is made of digits 2 j and 2 j + 1 of a part. */
static inline int prepared_part(int at)
{
    return at / PREPARED_PAIRS < 2 ? at / PREPARED_PAIRS : 2;
}

/* Tables of many keys are not in the caches that are near: a row of 128 keys takes 0.85 of the time by this, on Zen 4. */
static inline void prepared_fetch(const prepared_group *group, int part, int j)
{
    unsigned int negative = 0;
    for (int i = 0; i < LANES; i++) {
        __builtin_prefetch(prepared_at(group, part, j, i, &negative), 0, 2);
        __builtin_prefetch(prepared_at(group, part, j + 1, i, &negative), 0, 2);
    }
}

/* sums[] = those of neighbouring digits. Until then they hold the products before, and denominators. */
FE_FLAT static void prepared_digit_pairs(prepared_group *groups, int count)
{
    sums_products products;
    curve_affine p, q;
    fe inverse;
    int checked = 0;
    do {
        sums_begin(&products, checked);
        for (int g = 0; g < count; g++) {
            prepared_group *group = &groups[g];
            for (int at = 0; at < PREPARED_SUMS; at++) {
                const int part = prepared_part(at), j = 2 * (at - part * PREPARED_PAIRS);
                fe *before = &group->sums[at].x, *d = &group->sums[at].y;
                if (part < 2 && g + 1 < count) {
                    prepared_fetch(group + 1, part, j);
                }
                prepared_x(&p.x, group, part, j);
                prepared_x(&q.x, group, part, j + 1);
                curve_affine_denominator(d, &p.x, &q.x);
                sums_look(d, &group->redo, &products);
                curve_inverse_push(before, &products.chain[at % SUMS_CHAINS], d);
            }
        }
        checked = 1;
    } while (!sums_invert(&products));
    for (int g = count - 1; g >= 0; g--) {
        prepared_group *group = &groups[g];
        for (int at = PREPARED_SUMS - 1; at >= 0; at--) {
            const int part = prepared_part(at), j = 2 * (at - part * PREPARED_PAIRS);
            curve_inverse_pop(&inverse, &products.chain[at % SUMS_CHAINS], &group->sums[at].x,
                              &group->sums[at].y);
            prepared_x(&p.x, group, part, j);
            prepared_x(&q.x, group, part, j + 1);
            prepared_y(&p.y, group, part, j);
            prepared_y(&q.y, group, part, j + 1);
            curve_affine_add(&group->sums[at], &p, &q, &inverse);
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

/* sum = what is left, base + (first + lambda second): X = (y2 - y1)^2 - (x1 + x2) Z^2, Z = x2 - x1. */
static void prepared_end(prepared_group *group)
{
    const curve_affine *p = &group->sums[0], *q = &group->sums[2 * PREPARED_PAIRS];
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
    static const int first[3] = {0, PREPARED_PAIRS, 2 * PREPARED_PAIRS};
    int left[3] = {PREPARED_PAIRS, PREPARED_PAIRS, PREPARED_BASE_PAIRS};
    prepared_pairs pairs;
    for (int g = 0; g < count; g++) {
        groups[g].redo = mask_from_bits(0);
    }
    prepared_digit_pairs(groups, count);
    do {
        pairs.count = 0;
        for (int part = 0; part < 3; part++) {
            const int half = (left[part] + 1) / 2;
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
    for (int g = 0; g < count; g++) {
        curve_affine *second = &groups[g].sums[PREPARED_PAIRS];
        fe beta;
        curve_beta(&beta);
        fe_mul(&second->x, &second->x, &beta);
    }
    pairs = (prepared_pairs){1, {0}, {PREPARED_PAIRS}};
    prepared_add(groups, count, &pairs);
    for (int g = 0; g < count; g++) {
        prepared_end(&groups[g]);
    }
}

/* ---- tables --------------------------------------------------------------------------------- */

/* 2^(PREPARED_WIDTH j) Q for all j, from and to the first entries; keys of LANES tables. */
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

/* All entries of count tables, whose first ones are keys; none is infinite. */
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
