/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA on secp256k1 on a device, one key or signature a work item: tables of keys, the sum u1 G + u2 Q of a signature, and what
 * is asked of it: its abscissa, where a signature is verified, and the point itself, where a key is recovered (Q is then the
 * point R of the signature). The digits come from secp256k1_scalars.cl. */
#include "../field/secp256k1.h"

#include "../../csrc/curve/secp256k1_constants.h"
#include "../../csrc/curve/weierstrass_formulas.h"
#include "load_key.h"
#include "reasons.h"
#include "secp256k1_digits.h"

DEVICE_FUNCTION void number_load(fe *r, GLOBAL const row *from)
{
    GLOBAL const row *at[LANES];
    at[0] = from;
    fe_gather(r, at);
}

DEVICE_FUNCTION void number_store(GLOBAL row *to, const fe *a)
{
    GLOBAL row *at[LANES];
    at[0] = to;
    fe_scatter(at, a);
}
#define INVERT_ROWS invert_elements
#define NUMBER fe
#define NUMBER_LOAD number_load
#define NUMBER_STORE number_store
#define NUMBER_ONE(r) fe_set_int((r), 1)
#define NUMBER_MUL fe_mul
#define NUMBER_INV fe_inv
#include "invert_rows.h"

#define KEY_ROWS (3 * CURVE_TABLE_SIZE)
#define BASE_ENTRIES (1u << (BASE_WINDOW - 1))
#if CURVE_TABLE_SIZE != 8
#error "digits of KEY_WINDOW bits want tables of 8 odd multiples"
#endif

/* tables[i] = odd multiples of the point of key i, in coordinates in which they are affine: x, y and beta x of each, whose common
 * Z is commons[i]; reasons[i] = KEY where the key is no point, for which G stands in, else 0.
 * Shapes: tables n x KEY_ROWS rows, commons n rows, reasons and kinds n bytes; encoded n x 64 bytes, x and y.
 * NDRange: n rounded up to the local size, local size 64, 128 registers.
 * Work: 75 M + 25 S; for a compressed key 255 S and 15 M more. */
KERNEL void secp256k1_keys(GLOBAL row *tables, GLOBAL row *commons, GLOBAL uchar *reasons, GLOBAL const uchar *encoded,
                           GLOBAL const uchar *kinds, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    curve_affine p, multiples[CURVE_TABLE_SIZE];
    fe z, beta;
    const int valid = load_key(&p, encoded + 2 * FE_BYTES * (ulong)i, kinds[i]);
    reasons[i] = (uchar)(valid ? REASON_NONE : REASON_KEY);
    curve_common_multiples(multiples, &z, &p);
    number_store(commons + i, &z);
    curve_beta(&beta);
    GLOBAL row *to = tables + KEY_ROWS * (ulong)i;
    for (int j = 0; j < CURVE_TABLE_SIZE; j++) {
        number_store(to + 3 * j, &multiples[j].x);
        number_store(to + 3 * j + 1, &multiples[j].y);
        fe_mul(&multiples[j].x, &multiples[j].x, &beta);
        number_store(to + 3 * j + 2, &multiples[j].x);
    }
}

/* p = the multiple that term `term` of the sum has at position `at`, in windows of 4 bits: 0 and 1 are those of the key's
 * halves, 2 and 3 of G and 2^132 G, which have one at every third position. */
DEVICE_FUNCTION void load_term(curve_affine *p, uint term, uint at, GLOBAL const uint *digits, GLOBAL const row *table,
                               GLOBAL const row *base)
{
    uint negative, entry;
    GLOBAL const row *x, *y;
    fe opposite;
    if (term < 2) {
        entry = digit_entry(digit_window(digits + (term == 0 ? FIRST_HALF : SECOND_HALF), at, KEY_WINDOW), KEY_WINDOW,
                            &negative);
        y = table + 3 * entry + 1;
        x = term == 0 ? y - 1 : y + 1;
    } else {
        const uint window = at / 3 + (term == 2 ? 0 : BASE_DIGITS);
        entry = digit_entry(digit_window(digits + BASE_SCALAR, window, BASE_WINDOW), BASE_WINDOW, &negative);
        x = base + 2 * (entry + (term == 2 ? 0 : BASE_ENTRIES));
        y = x + 1;
    }
    number_load(&p->x, x);
    number_load(&p->y, y);
    fe_neg(&opposite, &p->y, 1);
    fe_select(&p->y, mask_from_bits(negative), &opposite, &p->y);
    fe_norm(&p->y, 2);
}

/* sum = u1 G + u2 Q: 128 doublings, every 4 of them an addition for each half of u2, every 12 two for u1, the same for all work
 * items, in the coordinates of the key's table, which `common` leads out of. Unless `complete`, additions are those that are
 * wrong where the sum so far is infinite or has the abscissa of what is added; then Z = 0 from there on. */
DEVICE_FUNCTION void multiply_add(curve_jacobian *sum, GLOBAL const uint *digits, GLOBAL const row *table,
                                  GLOBAL const row *common, GLOBAL const row *base, int complete)
{
    curve_ladder at_once;
    curve_affine p;
    fe z, power;
    load_term(&p, 0, KEY_DIGITS - 1, digits, table, base);
    fe_carry(&p.y, &p.y);
    curve_from_affine(sum, &p);
    curve_ladder_from_affine(&at_once, &p);
    NO_UNROLL
    for (int at = KEY_DIGITS - 1; at >= 0; at--) {
        NO_UNROLL
        for (int j = at == KEY_DIGITS - 1 ? (int)KEY_WINDOW : 0; j < (int)KEY_WINDOW; j++) {
            if (complete) {
                curve_double(sum, sum);
            } else {
                curve_ladder_double(&at_once, &at_once);
            }
        }
        const uint terms = at % 3 == 0 ? 4 : 2;
        NO_UNROLL
        for (uint term = at == KEY_DIGITS - 1 ? 1 : 0; term < terms; term++) {
            load_term(&p, term, (uint)at, digits, table, base);
            if (complete) {
                curve_jacobian q;
                if (term >= 2) { /* into the table's coordinates */
                    number_load(&z, common);
                    fe_sqr(&power, &z);
                    fe_mul(&p.x, &p.x, &power);
                    fe_mul(&power, &power, &z);
                    fe_mul(&p.y, &p.y, &power);
                }
                fe_carry(&p.y, &p.y);
                curve_from_affine(&q, &p);
                curve_add_complete(sum, sum, &q);
            } else {
                z = at_once.z;
                if (term >= 2) {
                    number_load(&power, common);
                    fe_mul(&z, &z, &power);
                }
                curve_ladder_add_at(&at_once, &at_once, &p, &z);
            }
        }
    }
    if (!complete) {
        curve_ladder_end(sum, &at_once);
    }
    number_load(&z, common);
    fe_mul(&sum->z, &sum->z, &z);
}

/* Whether the abscissa of a finite sum is r modulo n: below p it is r, or r + n where that is below p. */
DEVICE_FUNCTION int sum_matches(const curve_jacobian *sum, GLOBAL const row *r)
{
    scalar a;
    fe x;
    scalar_load(&a, r);
    fe_unpack(&x, a.w);
    const int matches = mask_any(curve_x_is(sum, &x));
    const int fits = !scalar_add_order(&a, &a) && mask_any(words_below_p(a.w));
    fe_unpack(&x, a.w);
    return matches || (fits && mask_any(curve_x_is(sum, &x)));
}

DEVICE_FUNCTION void store_sum(GLOBAL row *sums, GLOBAL row *z, uint i, const curve_jacobian *sum)
{
    number_store(sums + 2 * (ulong)i, &sum->x);
    number_store(sums + 2 * (ulong)i + 1, &sum->y);
    number_store(z + i, &sum->z);
}

/* sums[i] and z[i] = u1 G + u2 Q in Jacobian coordinates, where nothing speaks against it: reasons[i] is 0, and that of its key.
 * Then reasons[i] becomes UNKNOWN where an addition was exceptional; else what was found of the key, or stays. z[i] is 1 where
 * there is no sum, since it will be inverted.
 * Shapes: reasons n bytes; sums n x 2 rows, X and Y; z n rows; key_reasons a byte, tables KEY_ROWS rows and
 * commons a row a key, of secp256k1_keys; which: n numbers of keys; digits n x DIGIT_WORDS words, of secp256k1_scalars; base: x and y
 * of (2 k + 1) G and then of (2 k + 1) 2^132 G, k < BASE_ENTRIES.
 * NDRange: n rounded up to the local size, local size 64, 152 registers.
 * Work: 128 (3 M + 4 S) + 65 (8 M + 3 S) + 22 (9 M + 3 S) = 1100 M + 773 S, with secp256k1_keys and a share of an inversion 1200 M
 * + 820 S, for a compressed key 255 S more. In limbs of 26 bits an M is 120 products of 32 x 32 bits added to 64 and 60
 * operations more, an S 75 and 70: 205,000 products a signature, 225,000 of a compressed key, where Ed25519 takes 240,000; of
 * those an H100 does 32 a cycle in each of 132 multiprocessors. The table, 768 bytes, is written and read once. No GPU has run it
 * yet. */
KERNEL void secp256k1_sums(GLOBAL uchar *reasons, GLOBAL row *sums, GLOBAL row *z, GLOBAL const uchar *key_reasons,
                           GLOBAL const row *tables, GLOBAL const row *commons, GLOBAL const uint *which,
                           GLOBAL const uint *digits, GLOBAL const row *base, uint n)
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
        multiply_add(&sum, digits + DIGIT_WORDS * (ulong)i, tables + KEY_ROWS * (ulong)key, commons + key, base, 0);
        if (mask_any(fe_is_zero(&sum.z))) {
            reason = REASON_UNKNOWN;
        } else {
            store_sum(sums, z, i, &sum);
        }
    }
    reasons[i] = (uchar)reason;
    if (reason != REASON_NONE) {
        fe one;
        fe_set_int(&one, 1);
        number_store(z + i, &one);
    }
}

/* The same where reasons[i] is UNKNOWN, by additions that are right for every two points, and nothing elsewhere; EQUATION where
 * the sum is infinite.
 * NDRange: n rounded up to the local size, local size 64, 208 registers.
 * Work: half as much again a signature, of those that somebody made so; else a byte. */
KERNEL void secp256k1_exceptions(GLOBAL uchar *reasons, GLOBAL row *sums, GLOBAL row *z, GLOBAL const row *tables,
                                 GLOBAL const row *commons, GLOBAL const uint *which, GLOBAL const uint *digits,
                                 GLOBAL const row *base, uint n)
{
    const uint i = global_id();
    if (i >= n || reasons[i] != REASON_UNKNOWN) {
        return;
    }
    const uint key = which[i];
    curve_jacobian sum;
    multiply_add(&sum, digits + DIGIT_WORDS * (ulong)i, tables + KEY_ROWS * (ulong)key, commons + key, base, 1);
    const int infinite = mask_any(fe_is_zero(&sum.z));
    if (!infinite) {
        store_sum(sums, z, i, &sum);
    }
    reasons[i] = (uchar)(infinite ? REASON_EQUATION : REASON_NONE);
}

/* reasons[i] = EQUATION, unless it says something already, where the abscissa of sum i is not r[i] modulo n.
 * NDRange: n rounded up to the local size, local size 64, 112 registers. */
KERNEL void secp256k1_compare(GLOBAL uchar *reasons, GLOBAL const row *sums, GLOBAL const row *z, GLOBAL const row *r, uint n)
{
    const uint i = global_id();
    if (i >= n || reasons[i] != REASON_NONE) {
        return;
    }
    curve_jacobian sum;
    number_load(&sum.x, sums + 2 * (ulong)i);
    number_load(&sum.y, sums + 2 * (ulong)i + 1);
    number_load(&sum.z, z + i);
    reasons[i] = (uchar)(sum_matches(&sum, r + i) ? REASON_NONE : REASON_EQUATION);
}

/* values[j] = 1 / values[j] modulo p, for the n values, none of them 0; running: n rows of scratch.
 * NDRange: n rounded up to the local size, of which one in INVERT_GROUP works, local size 64, 112 registers.
 * Work: 255 squarings and 15 products a group, 3 products a value. */
KERNEL void secp256k1_invert(GLOBAL row *values, GLOBAL row *running, uint n)
{
    const uint i = global_id(), groups = (n + INVERT_GROUP - 1) / INVERT_GROUP;
    if (i < groups) {
        invert_elements(values, running, i, groups, n);
    }
}

/* points[i] = x and y of sum i, 64 bytes big-endian, zeros where reasons[i] is not 0; inverses: of z.
 * NDRange: n rounded up to the local size, local size 64, 112 registers. */
KERNEL void secp256k1_affine(GLOBAL uchar *points, GLOBAL const uchar *reasons, GLOBAL const row *sums,
                             GLOBAL const row *inverses, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    GLOBAL uchar *to[LANES];
    fe x, y, inverse, square;
    fe_set_int(&x, 0);
    fe_set_int(&y, 0);
    if (reasons[i] == REASON_NONE) {
        number_load(&inverse, inverses + i);
        number_load(&x, sums + 2 * (ulong)i);
        number_load(&y, sums + 2 * (ulong)i + 1);
        fe_sqr(&square, &inverse);
        fe_mul(&x, &x, &square);
        fe_mul(&y, &y, &square);
        fe_mul(&y, &y, &inverse);
    }
    to[0] = points + 64 * (ulong)i;
    fe_to_rows(to, &x);
    to[0] += 32;
    fe_to_rows(to, &y);
}
