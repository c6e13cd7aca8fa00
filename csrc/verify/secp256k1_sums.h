/* SPDX-License-Identifier: Apache-2.0 */
/* u1 G + u2 Q for many rows of secp256k1 at once, in groups of LANES: what ECDSA, recovery and BIP-340 have in common.
 *
 * Use: include a field, then this file. Of a block of rows, some SUMS_BLOCK of them in groups of LANES, whoever calls
 *   fills  sums_group.key[i], the affine point Q of lane i, and .digits[i], from pa_secp256k1_scalars.digits; lanes
 *          without a row repeat another lane of their group;
 *   calls  sums_run(groups, count);
 *   takes  sums_group.sum, Jacobian, and .redo, the lanes in which it is nothing: those rows are to be done by
 *          pa_secp256k1_verify_single or pa_secp256k1_sum_single, which are complete. An adversary can choose rows that come
 *          to that (Q = +-G, sums that are infinite, ..); others do not in practice.
 *   or     calls sums_to_affine(groups, count) after it: then .sum.x and .sum.y are affine, of magnitude 1.
 * All between sums_run and its caller is in memory of the caller, sizeof(sums_group) a group, 64-byte aligned.
 *
 * Method, per row. u2 = k1 + k2 lambda, both odd and below 2^130 (pa_secp256k1_sums_digits), each SUMS_DIGITS digits of SUMS_WIDTH
 * bits that are all odd: no digit is 0, so every row has the same additions in the same places. u1, made odd by adding n, has as
 * many digits of twice the width, one half of them on multiples of G, the other on those of 2^128 G. Then
 *   - the odd multiples 1 .. 31 of Q, affine;
 *   - T_j = digit j of k1 on Q + digit j of k2 on lambda Q, and for even j + two multiples of G and 2^128 G;
 *   - sum = ((T_25 2^5 + T_24) 2^5 + ..) + T_0, Jacobian.
 * What does not hang on the sum before it is added in affine coordinates for the whole block, with one inversion for each step of
 * the first two (secp256k1_affine_formulas.h); w + 3 of them for a block. Only 25 additions are left among 125 doublings.
 *
 * Exceptional rows. A denominator that is 0 makes the product of the block 0, which is looked at once: then the pass is done again
 * with a look at each, 1 in place of 0, and those lanes marked. In Jacobian coordinates an exceptional addition gives Z = 0, and so
 * do all steps after it, so that one look at the end finds them. */
#ifndef PA_VERIFY_SECP256K1_SUMS_H
#define PA_VERIFY_SECP256K1_SUMS_H

#include <stdint.h>
#include <string.h>

#include "../curve/secp256k1_affine_formulas.h"
#ifndef SUMS_WIDTH
#define FE_MODULUS pa_secp256k1_prime
#endif
#include "../field/inverse_lanes.h"

/* The toy curves of the tests bring their own. */
#ifndef SUMS_WIDTH
#include "../tables/secp256k1_base.h"
#include "secp256k1_scalar.h"
#define SUMS_WIDTH PA_SECP256K1_SUMS_WIDTH
#define SUMS_DIGITS PA_SECP256K1_SUMS_DIGITS
/* x, y of (2 i + 1) G, k = 0, or (2 i + 1) 2^128 G, k = 1. */
#define SUMS_BASE(k, i) (pa_secp256k1_base[k][i])
typedef pa_secp256k1_sums_digits sums_digits;
#endif

/* Rows that share their inversions, a multiple of all LANES. */
#ifndef SUMS_BLOCK
#define SUMS_BLOCK 128
#endif

#define SUMS_ENTRIES (1 << (SUMS_WIDTH - 1))
#define SUMS_HALF (SUMS_DIGITS / 2)
/* Multiples 2, 6, 12, 24, .. that lead to the odd ones. */
#define SUMS_STEPS (SUMS_WIDTH - 1)

_Static_assert(SUMS_WIDTH >= 3 && SUMS_DIGITS % 2 == 0, "as the steps below");
_Static_assert(SUMS_DIGITS >= SUMS_ENTRIES + SUMS_STEPS || SUMS_WIDTH < 5, "terms hold them first");

typedef struct {
    const row *key[LANES]; /* x, y */
    sums_digits digits[LANES];

    curve_jacobian sum;
    mask redo;

    /* Between the steps: x, y, beta x of the multiples 1, 3, ..; then the products that the last step wants back. */
    union {
        row multiples[LANES][SUMS_ENTRIES][3];
        fe before[SUMS_HALF];
    } of_key;
    curve_affine
        terms[SUMS_DIGITS < SUMS_ENTRIES + SUMS_STEPS ? SUMS_ENTRIES + SUMS_STEPS : SUMS_DIGITS];
    curve_affine base[SUMS_HALF];
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
        const mask zero = fe_is_zero(d);
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

/* ---- the key's multiples -------------------------------------------------------------------- */

/* In terms[]: the multiple 2 i + 1 of Q at i, then the steps. */
#define SUMS_STEP(group, s) ((group)->terms[SUMS_ENTRIES + (s)])

/* Level 0 gives 2 Q, 1 gives 3 Q, 2 gives 6 Q; level t > 2 gives 3 2^(t - 2) Q +- {1, 3, ..} Q, and twice the step. */
#define SUMS_LEVELS (SUMS_WIDTH + 1)

/* The denominator of item k of a level; false where there is none. */
static inline int sums_key_denominator(fe *d, fe **before, sums_group *group, int level, int k)
{
    const curve_affine *odd = group->terms;
    if (level == 1) {
        curve_affine_denominator(d, &odd[0].x, &SUMS_STEP(group, 0).x);
        *before = &group->terms[1].x;
        return k == 0;
    }
    const int pairs = level < 3 ? 0 : 1 << (level - 3);
    if (k < pairs) {
        curve_affine_denominator(d, &odd[k].x, &SUMS_STEP(group, level - 2).x);
        *before = &group->terms[3 * pairs + k].x;
        return 1;
    }
    if (k == pairs && level < SUMS_LEVELS - 1) {
        const curve_affine *p = level == 0   ? &odd[0]
                                : level == 2 ? &odd[1]
                                             : &SUMS_STEP(group, level - 2);
        curve_affine_double_denominator(d, p);
        *before = &SUMS_STEP(group, level < 2 ? 0 : level - 1).x;
        return 1;
    }
    return 0;
}

static inline void sums_key_result(sums_group *group, const fe *inverse, int level, int k)
{
    curve_affine *odd = group->terms;
    if (level == 1) {
        curve_affine_add(&odd[1], &odd[0], &SUMS_STEP(group, 0), inverse);
        return;
    }
    const int pairs = level < 3 ? 0 : 1 << (level - 3);
    if (k < pairs) { /* 6 pairs Q +- (2 k + 1) Q */
        curve_affine_add(&odd[3 * pairs + k], &odd[k], &SUMS_STEP(group, level - 2), inverse);
        curve_affine_subtract(&odd[3 * pairs - 1 - k], &SUMS_STEP(group, level - 2), &odd[k],
                              inverse);
        return;
    }
    curve_affine_double(&SUMS_STEP(group, level < 2 ? 0 : level - 1),
                        level == 0   ? &odd[0]
                        : level == 2 ? &odd[1]
                                     : &SUMS_STEP(group, level - 2),
                        inverse);
}

static void sums_key_level(sums_group *groups, int count, int level)
{
    const int most = level < 3 ? 1 : (1 << (level - 3)) + 1;
    sums_products products;
    fe d, *before, inverse;
    mask none = mask_from_bits(0);
    int checked = 0;
    do {
        sums_begin(&products, checked);
        for (int g = 0; g < count; g++) {
            for (int k = 0; k < most; k++) {
                if (sums_key_denominator(&d, &before, &groups[g], level, k)) {
                    sums_look(&d, &groups[g].redo, &products);
                    curve_inverse_push(before, &products.chain[(g + k) % SUMS_CHAINS], &d);
                }
            }
        }
        checked = 1;
    } while (!sums_invert(&products));
    for (int g = count - 1; g >= 0; g--) {
        for (int k = most - 1; k >= 0; k--) {
            if (sums_key_denominator(&d, &before, &groups[g], level, k)) {
                sums_look(&d, &none, &products);
                curve_inverse_pop(&inverse, &products.chain[(g + k) % SUMS_CHAINS], before, &d);
                sums_key_result(&groups[g], &inverse, level, k);
            }
        }
    }
}

static void sums_key_start(sums_group *group)
{
    const row *x[LANES], *y[LANES];
    for (int i = 0; i < LANES; i++) {
        x[i] = &group->key[i][0];
        y[i] = &group->key[i][1];
    }
    fe_gather(&group->terms[0].x, x);
    fe_gather(&group->terms[0].y, y);
    group->redo = mask_from_bits(0);
}

static void sums_key_store(sums_group *group)
{
    fe beta, x;
    curve_beta(&beta);
    for (int k = 0; k < SUMS_ENTRIES; k++) {
        row *to[3][LANES];
        for (int i = 0; i < LANES; i++) {
            for (int e = 0; e < 3; e++) {
                to[e][i] = &group->of_key.multiples[i][k][e];
            }
        }
        fe_scatter(to[0], &group->terms[k].x);
        fe_scatter(to[1], &group->terms[k].y);
        fe_mul(&x, &group->terms[k].x, &beta);
        fe_scatter(to[2], &x);
    }
}

/* ---- terms ---------------------------------------------------------------------------------- */

/* Digits are kept as e, 0 <= e < 2^w, and stand for 2 e - (2^w - 1): negative in the lower half. */
static inline int sums_entry(unsigned int *negative, int e, int width, int lane)
{
    const int positive = e >> (width - 1) & 1;
    *negative |= (unsigned int)(positive ^ 1) << lane;
    return (e ^ (positive - 1)) & ((1 << (width - 1)) - 1);
}

static inline void sums_take(fe *y, unsigned int negative)
{
    fe minus;
    fe_neg(&minus, y, 1);
    fe_carry(&minus, &minus);
    fe_select(y, mask_from_bits(negative), &minus, y);
}

/* The two operands of term j: multiples of Q and lambda Q; y NULL: their abscissas alone. */
static inline void sums_key_operands(curve_affine *p, curve_affine *q, const sums_group *group,
                                     int j, int with_y)
{
    const row *from[4][LANES];
    unsigned int p_negative = 0, q_negative = 0;
    for (int i = 0; i < LANES; i++) {
        const row(*multiples)[3] = group->of_key.multiples[i];
        const sums_digits *digits = &group->digits[i];
        const row *first = multiples[sums_entry(&p_negative, digits->first[j], SUMS_WIDTH, i)];
        const row *second = multiples[sums_entry(&q_negative, digits->second[j], SUMS_WIDTH, i)];
        from[0][i] = &first[0];
        from[1][i] = &first[1];
        from[2][i] = &second[2];
        from[3][i] = &second[1];
    }
    fe_gather(&p->x, from[0]);
    fe_gather(&q->x, from[2]);
    if (with_y) {
        fe_gather(&p->y, from[1]);
        fe_gather(&q->y, from[3]);
        sums_take(&p->y, p_negative);
        sums_take(&q->y, q_negative);
    }
}

/* The same of base term j: multiples of G and 2^128 G. */
static inline void sums_base_operands(curve_affine *p, curve_affine *q, const sums_group *group,
                                      int j, int with_y)
{
    const row *from[4][LANES];
    unsigned int p_negative = 0, q_negative = 0;
    for (int i = 0; i < LANES; i++) {
        const sums_digits *digits = &group->digits[i];
        const row *low = SUMS_BASE(0, sums_entry(&p_negative, digits->base[j], 2 * SUMS_WIDTH, i));
        const row *high =
            SUMS_BASE(1, sums_entry(&q_negative, digits->base[SUMS_HALF + j], 2 * SUMS_WIDTH, i));
        from[0][i] = &low[0];
        from[1][i] = &low[1];
        from[2][i] = &high[0];
        from[3][i] = &high[1];
    }
    fe_gather(&p->x, from[0]);
    fe_gather(&q->x, from[2]);
    if (with_y) {
        fe_gather(&p->y, from[1]);
        fe_gather(&q->y, from[3]);
        sums_take(&p->y, p_negative);
        sums_take(&q->y, q_negative);
    }
}

/* terms[j] and base[j], each the sum of its two operands. The products before stand in the places of the sums. */
static void sums_pairs(sums_group *groups, int count)
{
    sums_products products;
    curve_affine p, q;
    fe d, inverse;
    mask none = mask_from_bits(0);
    int checked = 0;
    do {
        sums_begin(&products, checked);
        for (int g = 0; g < count; g++) {
            sums_group *group = &groups[g];
            for (int j = 0; j < SUMS_DIGITS; j++) {
                sums_key_operands(&p, &q, group, j, 0);
                curve_affine_denominator(&d, &p.x, &q.x);
                sums_look(&d, &group->redo, &products);
                curve_inverse_push(&group->terms[j].x, &products.chain[j % SUMS_CHAINS], &d);
            }
            for (int j = 0; j < SUMS_HALF; j++) {
                sums_base_operands(&p, &q, group, j, 0);
                curve_affine_denominator(&d, &p.x, &q.x);
                sums_look(&d, &group->redo, &products);
                curve_inverse_push(&group->base[j].x, &products.chain[j % SUMS_CHAINS], &d);
            }
        }
        checked = 1;
    } while (!sums_invert(&products));
    for (int g = count - 1; g >= 0; g--) {
        sums_group *group = &groups[g];
        for (int j = SUMS_HALF - 1; j >= 0; j--) {
            sums_base_operands(&p, &q, group, j, 1);
            curve_affine_denominator(&d, &p.x, &q.x);
            sums_look(&d, &none, &products);
            curve_inverse_pop(&inverse, &products.chain[j % SUMS_CHAINS], &group->base[j].x, &d);
            curve_affine_add(&group->base[j], &p, &q, &inverse);
        }
        for (int j = SUMS_DIGITS - 1; j >= 0; j--) {
            sums_key_operands(&p, &q, group, j, 1);
            curve_affine_denominator(&d, &p.x, &q.x);
            sums_look(&d, &none, &products);
            curve_inverse_pop(&inverse, &products.chain[j % SUMS_CHAINS], &group->terms[j].x, &d);
            curve_affine_add(&group->terms[j], &p, &q, &inverse);
        }
    }
}

/* terms[2 j] += base[j] */
static void sums_join(sums_group *groups, int count)
{
    sums_products products;
    fe d, inverse;
    mask none = mask_from_bits(0);
    int checked = 0;
    do {
        sums_begin(&products, checked);
        for (int g = 0; g < count; g++) {
            sums_group *group = &groups[g];
            for (int j = 0; j < SUMS_HALF; j++) {
                curve_affine_denominator(&d, &group->terms[2 * j].x, &group->base[j].x);
                sums_look(&d, &group->redo, &products);
                curve_inverse_push(&group->of_key.before[j], &products.chain[j % SUMS_CHAINS], &d);
            }
        }
        checked = 1;
    } while (!sums_invert(&products));
    for (int g = count - 1; g >= 0; g--) {
        sums_group *group = &groups[g];
        for (int j = SUMS_HALF - 1; j >= 0; j--) {
            curve_affine *term = &group->terms[2 * j];
            curve_affine_denominator(&d, &term->x, &group->base[j].x);
            sums_look(&d, &none, &products);
            curve_inverse_pop(&inverse, &products.chain[j % SUMS_CHAINS], &group->of_key.before[j],
                              &d);
            curve_affine_add(term, term, &group->base[j], &inverse);
        }
    }
}

/* ---- the sum -------------------------------------------------------------------------------- */

static void sums_ladder(sums_group *group)
{
    curve_ladder sum;
    curve_ladder_from_affine(&sum, &group->terms[SUMS_DIGITS - 1]);
    for (int j = SUMS_DIGITS - 2; j >= 0; j--) {
        for (int i = 0; i < SUMS_WIDTH; i++) {
            curve_ladder_double(&sum, &sum);
        }
        curve_ladder_add(&sum, &sum, &group->terms[j]);
    }
    curve_ladder_end(&group->sum, &sum);
    group->redo = mask_or(group->redo, fe_is_zero(&sum.z));
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
    sums_pairs(groups, count);
    sums_join(groups, count);
    for (int g = 0; g < count; g++) {
        sums_ladder(&groups[g]);
    }
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
