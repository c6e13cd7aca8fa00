/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA on secp256k1 on a device: tables of public keys, one key a work item, and the equation of a signature, one signature
 * a work item. The digits come from secp256k1_scalars.cl. */
#include "../field/secp256k1.h"

#include "../../csrc/curve/secp256k1_constants.h"
#include "../../csrc/curve/secp256k1_formulas.h"
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

/* What the bytes of a key are: pyaccel/backends/opencl_secp256k1.py has the same numbers. */
#define KEY_WHOLE 1u /* x and y */
#define KEY_EVEN 2u  /* x, and y is even */
#define KEY_ODD 3u   /* x, and y is odd */
/* csrc/include/pyaccel/verify.h */
#define REASON_NONE 0
#define REASON_KEY 2
#define REASON_EQUATION 5
/* In between: an addition met infinity or equal abscissas, so that nothing is known. */
#define REASON_UNKNOWN 255

#define KEY_ROWS (3 * CURVE_TABLE_SIZE)
#define BASE_ENTRIES (1u << (BASE_WINDOW - 1))
#if CURVE_TABLE_SIZE != 8
#error "digits of KEY_WINDOW bits want tables of 8 odd multiples"
#endif

/* tables[i] = odd multiples of the point of key i, X, Y and Z of each; products[i] = the product of all Z, to be inverted;
 * reasons[i] = KEY where the key is no point, for which G stands in, else 0.
 * Shapes: tables n x KEY_ROWS rows, products n rows, reasons and kinds n bytes; encoded n x 64 bytes, x and y.
 * NDRange: n rounded up to the local size, local size 64, 160 registers.
 * Work: for a compressed key 255 squarings and 15 products; 7 mixed additions and 16 products for the table. */
KERNEL void secp256k1_keys(GLOBAL row *tables, GLOBAL row *products, GLOBAL uchar *reasons, GLOBAL const uchar *encoded,
                           GLOBAL const uchar *kinds, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    GLOBAL const uchar *from[LANES];
    curve_affine p;
    mask x_below, y_below;
    int valid;
    const uint kind = kinds[i];
    from[0] = encoded + 64 * (ulong)i;
    fe_from_rows(&p.x, from, &x_below);
    if (kind <= KEY_WHOLE) {
        from[0] += 32;
        fe_from_rows(&p.y, from, &y_below);
        valid = kind == KEY_WHOLE && mask_any(mask_and(y_below, curve_holds(&p)));
    } else {
        const fe x = p.x;
        valid = mask_any(curve_lift_x(&p, &x, mask_from_bits(kind == KEY_ODD)));
    }
    valid = valid && mask_any(x_below);
    reasons[i] = (uchar)(valid ? REASON_NONE : REASON_KEY);
    if (!valid) {
        curve_generator(&p.x, &p.y);
    }
    curve_jacobian multiples[CURVE_TABLE_SIZE];
    fe product;
    GLOBAL row *to = tables + KEY_ROWS * (ulong)i;
    curve_odd_multiples(multiples, &p);
    curve_z_product(&product, multiples);
    number_store(products + i, &product);
    for (int j = 0; j < CURVE_TABLE_SIZE; j++) {
        number_store(to + 3 * j, &multiples[j].x);
        number_store(to + 3 * j + 1, &multiples[j].y);
        number_store(to + 3 * j + 2, &multiples[j].z);
    }
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

/* tables[i], of secp256k1_keys, becomes x, y, beta x of each multiple, affine; inverses: of the products.
 * NDRange: n rounded up to the local size, local size 64, 128 registers.
 * Work: 7 products and a squaring for each of 8 multiples. */
KERNEL void secp256k1_tables(GLOBAL row *tables, GLOBAL const row *inverses, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    GLOBAL row *table[LANES];
    curve_jacobian multiples[CURVE_TABLE_SIZE];
    fe inverse;
    table[0] = tables + KEY_ROWS * (ulong)i;
    for (int j = 0; j < CURVE_TABLE_SIZE; j++) {
        number_load(&multiples[j].x, table[0] + 3 * j);
        number_load(&multiples[j].y, table[0] + 3 * j + 1);
        number_load(&multiples[j].z, table[0] + 3 * j + 2);
    }
    number_load(&inverse, inverses + i);
    curve_store_table(table, multiples, &inverse);
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
 * items. Unless `complete`, additions are those that are wrong where the sum so far is infinite or has the abscissa of what is
 * added; then Z = 0 from there on. */
DEVICE_FUNCTION void multiply_add(curve_jacobian *sum, GLOBAL const uint *digits, GLOBAL const row *table,
                                  GLOBAL const row *base, int complete)
{
    curve_affine p;
    load_term(&p, 0, KEY_DIGITS - 1, digits, table, base);
    fe_carry(&p.y, &p.y);
    curve_from_affine(sum, &p);
    NO_UNROLL
    for (int at = KEY_DIGITS - 1; at >= 0; at--) {
        NO_UNROLL
        for (int j = at == KEY_DIGITS - 1 ? (int)KEY_WINDOW : 0; j < (int)KEY_WINDOW; j++) {
            curve_double(sum, sum);
        }
        const uint terms = at % 3 == 0 ? 4 : 2;
        NO_UNROLL
        for (uint term = at == KEY_DIGITS - 1 ? 1 : 0; term < terms; term++) {
            load_term(&p, term, (uint)at, digits, table, base);
            if (complete) {
                curve_jacobian q;
                fe_carry(&p.y, &p.y);
                curve_from_affine(&q, &p);
                curve_add_complete(sum, sum, &q);
            } else {
                curve_add_mixed(sum, sum, &p);
            }
        }
    }
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

/* reasons[i] = why signature i is not valid, 0 where it is, and UNKNOWN where an addition was exceptional; on the way in what
 * was found of r and s.
 * Shapes: reasons n bytes; key_reasons a byte and tables KEY_ROWS rows a key, of secp256k1_keys and secp256k1_tables; which: n
 * numbers of keys; digits n x DIGIT_WORDS words, r n rows, of secp256k1_scalars; base: x and y of (2 k + 1) G and then of
 * (2 k + 1) 2^132 G, k < BASE_ENTRIES.
 * NDRange: n rounded up to the local size, local size 64, 144 registers.
 * Work: 128 (3 M + 4 S) + 87 (8 M + 3 S) = 1080 M + 773 S, with secp256k1_keys, secp256k1_tables and a share of the inversions
 * 1240 M + 830 S, for a compressed key 255 S more. In limbs of 26 bits an M is 120 products of 32 x 32 bits added to 64 and 60
 * operations more, an S 75 and 70: 210,000 products a signature, 230,000 of a compressed key, where Ed25519 takes 240,000; of
 * those an H100 does 32 a cycle in each of 132 multiprocessors. */
KERNEL void secp256k1_equations(GLOBAL uchar *reasons, GLOBAL const uchar *key_reasons, GLOBAL const row *tables,
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
        reason = mask_any(fe_is_zero(&sum.z)) ? REASON_UNKNOWN : sum_matches(&sum, r + i) ? REASON_NONE : REASON_EQUATION;
    }
    reasons[i] = (uchar)reason;
}

/* The same where reasons[i] is UNKNOWN, by additions that are right for every two points, and nothing elsewhere.
 * NDRange: n rounded up to the local size, local size 64, 208 registers.
 * Work: half as much again a signature, of those that somebody made so; else a byte. */
KERNEL void secp256k1_exceptions(GLOBAL uchar *reasons, GLOBAL const row *tables, GLOBAL const uint *which,
                                 GLOBAL const uint *digits, GLOBAL const row *r, GLOBAL const row *base, uint n)
{
    const uint i = global_id();
    if (i >= n || reasons[i] != REASON_UNKNOWN) {
        return;
    }
    curve_jacobian sum;
    multiply_add(&sum, digits + DIGIT_WORDS * (ulong)i, tables + KEY_ROWS * (ulong)which[i], base, 1);
    reasons[i] = (uchar)(sum_matches(&sum, r + i) ? REASON_NONE : REASON_EQUATION);
}
