/* SPDX-License-Identifier: Apache-2.0 */
/* Verification on a short Weierstrass curve of a = -3 on a device, one key or signature a work item: tables of keys, the sum
 * u1 G + u2 Q of a signature, and whether its abscissa is the one that was signed. The digits come from weierstrass_scalars.h.
 *
 * A curve includes this file after its field (montgomery_fe.h and powers), its constants and weierstrass_formulas.h; all of its
 * names are the curve's own program's. */
#ifndef PYACCEL_KERNEL_WEIERSTRASS_POINTS_H
#define PYACCEL_KERNEL_WEIERSTRASS_POINTS_H

#include "load_key.h"
#include "reasons.h"
#include "weierstrass_digits.h"

#define INVERT_ROWS invert_elements
#define NUMBER fe
#define NUMBER_LOAD number_load
#define NUMBER_STORE number_store
#define NUMBER_ONE(r) fe_set_int((r), 1)
#define NUMBER_MUL fe_mul
#define NUMBER_INV(r, a) (*(r) = number_inverse(*(a)))
#include "invert_rows.h"

#define KEY_ROWS (2 * CURVE_TABLE_SIZE)
#if CURVE_TABLE_SIZE != 8
#error "digits of KEY_WINDOW bits want tables of 8 odd multiples"
#endif

/* tables[i] = odd multiples of the point of key i, in coordinates of their own in which they are affine: x and y of each, whose
 * common Z is commons[i]; reasons[i] = KEY where the key is no point, for which G stands in, else 0.
 * Shapes: tables n x KEY_ROWS rows, commons n rows, reasons and kinds n bytes; encoded n x 2 FE_BYTES, x and y.
 * NDRange: n rounded up to the local size, local size 64, 168 registers.
 * Work: 67 M + 25 S; for a compressed key a root more. */
KERNEL void weierstrass_keys(GLOBAL row *tables, GLOBAL row *commons, GLOBAL uchar *reasons, GLOBAL const uchar *encoded,
                             GLOBAL const uchar *kinds, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    curve_affine p, multiples[CURVE_TABLE_SIZE];
    fe z;
    const int valid = load_key(&p, encoded + 2 * FE_BYTES * (ulong)i, kinds[i]);
    reasons[i] = (uchar)(valid ? REASON_NONE : REASON_KEY);
    curve_common_multiples(multiples, &z, &p);
    number_store(commons + i, &z);
    GLOBAL row *to = tables + KEY_ROWS * (ulong)i;
    for (int j = 0; j < CURVE_TABLE_SIZE; j++) {
        number_store(to + 2 * j, &multiples[j].x);
        number_store(to + 2 * j + 1, &multiples[j].y);
    }
}

/* commons[j] = 1 / commons[j], none of which is 0; running: n rows of scratch.
 * NDRange: n rounded up to the local size, of which one in INVERT_GROUP works, local size 64, 112 registers. */
KERNEL void weierstrass_invert(GLOBAL row *commons, GLOBAL row *running, uint n)
{
    const uint i = global_id(), groups = (n + INVERT_GROUP - 1) / INVERT_GROUP;
    if (i < groups) {
        invert_elements(commons, running, i, groups, n);
    }
}

/* The tables in affine coordinates of the curve itself, whose a is -3 (that of the others is not); inverses: of the commons. One of
 * n multiples a work item, 8 of them a key.
 * NDRange: n rounded up to the local size, local size 64, 64 registers. */
KERNEL void weierstrass_affine(GLOBAL row *tables, GLOBAL const row *inverses, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    fe inverse, power, x;
    GLOBAL row *at = tables + 2 * (ulong)i;
    number_load(&inverse, inverses + i / CURVE_TABLE_SIZE);
    fe_sqr(&power, &inverse);
    number_load(&x, at);
    fe_mul(&x, &x, &power);
    number_store(at, &x);
    fe_mul(&power, &power, &inverse);
    number_load(&x, at + 1);
    fe_mul(&x, &x, &power);
    number_store(at + 1, &x);
}

/* p = entry of a window among the odd multiples of a table. */
DEVICE_FUNCTION void load_multiple(curve_affine *p, GLOBAL const uint *digits, uint at, uint width, GLOBAL const row *table)
{
    uint negative;
    fe opposite;
    const uint entry = digit_entry(digit_window(digits, at, width), width, &negative);
    number_load(&p->x, table + 2 * entry);
    number_load(&p->y, table + 2 * entry + 1);
    fe_neg(&opposite, &p->y, 1);
    fe_select(&p->y, mask_from_bits(negative), &opposite, &p->y);
}

/* sum = u1 G + u2 Q: every 4 doublings an addition for u2, every 12 one for u1, the same for all work items. Unless `complete`,
 * additions are those that are wrong where the sum so far is infinite or has the abscissa of what is added; then Z = 0 from there
 * on. */
DEVICE_FUNCTION void multiply_add(curve_jacobian *sum, GLOBAL const uint *digits, GLOBAL const row *table,
                                  GLOBAL const row *base, int complete)
{
    curve_ladder at_once;
    curve_affine p;
    load_multiple(&p, digits + KEY_SCALAR, KEY_DIGITS - 1, KEY_WINDOW, table);
    curve_from_affine(sum, &p);
    curve_ladder_from_affine(&at_once, &p);
    NO_UNROLL
    for (int at = KEY_DIGITS - 2; at >= 0; at--) {
        NO_UNROLL
        for (int j = 0; j < (int)KEY_WINDOW; j++) {
            if (complete) {
                curve_double(sum, sum);
            } else {
                curve_ladder_double(&at_once, &at_once);
            }
        }
        NO_UNROLL
        for (int of_base = 0; of_base < (at % 3 == 0 ? 2 : 1); of_base++) {
            if (of_base) {
                load_multiple(&p, digits + BASE_SCALAR, (uint)at / 3, BASE_WINDOW, base);
            } else {
                load_multiple(&p, digits + KEY_SCALAR, (uint)at, KEY_WINDOW, table);
            }
            if (complete) {
                curve_jacobian q;
                curve_from_affine(&q, &p);
                curve_add_complete(sum, sum, &q);
            } else {
                curve_ladder_add(&at_once, &at_once, &p);
            }
        }
    }
    if (!complete) {
        curve_ladder_end(sum, &at_once);
    }
}

/* Whether the abscissa of a finite sum is r modulo n: below p it is r, or r + n where that is below p. */
DEVICE_FUNCTION int sum_matches(const curve_jacobian *sum, GLOBAL const row *r)
{
    number plain;
    fe x;
    ulong carry = 0;
    number_load(&plain, r);
    number_enter(&x, &plain);
    const int matches = words_below_modulus(plain.w) && mask_any(curve_x_is(sum, &x));
    UNROLL
    for (int i = 0; i < ROW_WORDS; i++) {
        carry += (ulong)plain.w[i] + ORDER_WORD(i);
        plain.w[i] = (uint)carry;
        carry >>= 32;
    }
    const int fits = carry == 0 && words_below_modulus(plain.w);
    number_enter(&x, &plain);
    return matches || (fits && mask_any(curve_x_is(sum, &x)));
}

/* reasons[i] is what is said already, or that of its key, or NONE or EQUATION as the abscissa of u1 G + u2 Q is r[i] modulo n, or
 * UNKNOWN.
 * Shapes: reasons n bytes; key_reasons a byte and tables KEY_ROWS rows a key; which: n numbers of keys; digits n x DIGIT_WORDS
 * words, r n rows of plain numbers, of weierstrass_scalars.h; base: x and y of (2 k + 1) G, k < 2^11, in Montgomery form.
 * NDRange: n rounded up to the local size, local size 64, 168 registers.
 * Work on 256 bits: 260 (4 M + 4 S) + 87 (8 M + 3 S) = 1736 M + 1301 S, a square being a product here; each is
 * 64 products of 32 x 32 bits, as many again for the reduction, of which most are by constants of one bit or of all ones, and some
 * 70 additions. */
KERNEL void weierstrass_verify(GLOBAL uchar *reasons, GLOBAL const uchar *key_reasons, GLOBAL const row *tables,
                               GLOBAL const uint *which, GLOBAL const uint *digits, GLOBAL const row *r,
                               GLOBAL const row *base, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    const uint key = which[i];
    uint reason = key_reasons[key];
    reason = reason != REASON_NONE ? reason : reasons[i];
    if (reason == REASON_NONE) {
        curve_jacobian sum;
        multiply_add(&sum, digits + DIGIT_WORDS * (ulong)i, tables + KEY_ROWS * (ulong)key, base, 0);
        if (mask_any(fe_is_zero(&sum.z))) {
            reason = REASON_UNKNOWN;
        } else if (!sum_matches(&sum, r + i)) {
            reason = REASON_EQUATION;
        }
    }
    reasons[i] = (uchar)reason;
}

/* The same where reasons[i] is UNKNOWN, by additions that are right for every two points, and nothing elsewhere.
 * NDRange: n rounded up to the local size, local size 64, 208 registers.
 * Work: half as much again a signature, of those that somebody made so; else a byte. */
KERNEL void weierstrass_exceptions(GLOBAL uchar *reasons, GLOBAL const row *tables, GLOBAL const uint *which,
                                   GLOBAL const uint *digits, GLOBAL const row *r, GLOBAL const row *base, uint n)
{
    const uint i = global_id();
    if (i >= n || reasons[i] != REASON_UNKNOWN) {
        return;
    }
    const uint key = which[i];
    curve_jacobian sum;
    multiply_add(&sum, digits + DIGIT_WORDS * (ulong)i, tables + KEY_ROWS * (ulong)key, base, 1);
    const int good = !mask_any(fe_is_zero(&sum.z)) && sum_matches(&sum, r + i);
    reasons[i] = (uchar)(good ? REASON_NONE : REASON_EQUATION);
}

#endif
