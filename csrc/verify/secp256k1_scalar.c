/* SPDX-License-Identifier: Apache-2.0 */
/* Scalars modulo the order n of secp256k1's group: range, products, inverses, splits, signed digits. */
#include "secp256k1_scalar.h"

#include <string.h>

#include "../field/inverse256.h"
#include "../field/words.h"

/* The order n, 2^256 - n, and (n - 1) / 2 (SEC 2, 2.4.1). */
static const uint64_t order[4] = {0xbfd25e8cd0364141, 0xbaaedce6af48a03b, 0xfffffffffffffffe,
                                  0xffffffffffffffff};
static const uint64_t order_complement[3] = {0x402da1732fc9bebf, 0x4551231950b75fc4, 1};
static const uint64_t order_half[4] = {0xdfe92f46681b20a0, 0x5d576e7357a4501d, 0xffffffffffffffff,
                                       0x7fffffffffffffff};

/* The shortest vectors (a, b) with a + b lambda = 0 mod n are (A, -B) and (A + B, A); the
 * extended Euclidean algorithm on (n, lambda) finds them. */
static const uint64_t lattice_a[2] = {0xe86c90e49284eb15, 0x3086d221a7d46bcd};
static const uint64_t lattice_b[2] = {0x6f547fa90abfe4c3, 0xe4437ed6010e8828};
/* Their quotients by n, scaled: round(2^384 A / n), round(2^384 B / n). */
static const uint64_t scaled_a[4] = {0xe893209a45dbb031, 0x3daa8a1471e8ca7f, 0xe86c90e49284eb15,
                                     0x3086d221a7d46bcd};
static const uint64_t scaled_b[4] = {0x1571b4ae8ac47f71, 0x221208ac9df506c6, 0x6f547fa90abfe4c4,
                                     0xe4437ed6010e8828};

/* -1, 0 or 1 as a is below, equal to or above b. */
static int compare(const uint64_t a[4], const uint64_t b[4])
{
    for (int i = 3; i >= 0; i--) {
        if (a[i] != b[i]) {
            return a[i] < b[i] ? -1 : 1;
        }
    }
    return 0;
}

/* r = a + b mod 2^256; returns the carry. */
static uint64_t add(uint64_t r[4], const uint64_t a[4], const uint64_t b[4])
{
    pa_u128 sum = 0;
    for (int i = 0; i < 4; i++) {
        sum += (pa_u128)a[i] + b[i];
        r[i] = (uint64_t)sum;
        sum >>= 64;
    }
    return (uint64_t)sum;
}

/* r = a - b mod 2^256. */
static void subtract(uint64_t r[4], const uint64_t a[4], const uint64_t b[4])
{
    uint64_t borrow = 0;
    for (int i = 0; i < 4; i++) {
        const pa_u128 difference = (pa_u128)a[i] - b[i] - borrow;
        r[i] = (uint64_t)difference;
        borrow = (uint64_t)(difference >> 64) & 1;
    }
}

/* r[0 .. a_size + b_size) = a b, r apart from both. */
static void multiply(uint64_t *r, const uint64_t *a, int a_size, const uint64_t *b, int b_size)
{
    memset(r, 0, sizeof *r * (size_t)(a_size + b_size));
    for (int i = 0; i < a_size; i++) {
        uint64_t carry = 0;
        for (int j = 0; j < b_size; j++) {
            const pa_u128 sum = (pa_u128)a[i] * b[j] + r[i + j] + carry;
            r[i + j] = (uint64_t)sum;
            carry = (uint64_t)(sum >> 64);
        }
        r[i + b_size] = carry;
    }
}

/* r[0 .. size + 2] = the low 4 words of t + its other `size` ones times 2^256 - n. */
static inline void fold(uint64_t *r, const uint64_t *t, int size)
{
    uint64_t above = 0; /* of the next word but one */
    memcpy(r, t, 4 * sizeof *r);
    memset(r + 4, 0, sizeof *r * (size_t)(size - 1));
    for (int i = 0; i < size; i++) {
        const uint64_t high = t[4 + i];
        pa_u128 sum = (pa_u128)high * order_complement[0] + r[i];
        r[i] = (uint64_t)sum;
        sum = (pa_u128)high * order_complement[1] + r[i + 1] + (uint64_t)(sum >> 64);
        r[i + 1] = (uint64_t)sum;
        sum = (pa_u128)high + r[i + 2] + (uint64_t)(sum >> 64) + above; /* times 1 */
        r[i + 2] = (uint64_t)sum;
        above = (uint64_t)(sum >> 64);
    }
    for (int i = size + 2; i < 4; i++) {
        const pa_u128 sum = (pa_u128)r[i] + above;
        r[i] = (uint64_t)sum;
        above = (uint64_t)(sum >> 64);
    }
    r[size < 2 ? 4 : size + 2] = above;
}

/* reduce
 * Shapes: 512 bits -> [0, n).
 * Form:   2^256 = 2^256 - n mod n, a number of 129 bits.
 * Bounds: the folds leave less than 2^386, 2^260, 2^256 + 2^133; n is then taken off once, as 2^256
 *         off a sum with 2^256 - n. */
static inline void reduce(pa_secp256k1_scalar *out, const uint64_t t[8])
{
    const uint64_t complement[4] = {order_complement[0], order_complement[1], order_complement[2],
                                    0};
    uint64_t x[7], y[6], z[5], less[4];
    fold(x, t, 4);
    fold(y, x, 3);
    fold(z, y, 1);
    const uint64_t beyond = add(less, z, complement) | z[4];
    for (int i = 0; i < 4; i++) {
        out->limb[i] = beyond ? less[i] : z[i];
    }
}

bool pa_secp256k1_scalar_from_bytes(pa_secp256k1_scalar *out, const uint8_t bytes[32])
{
    pa_words_from_be(out->limb, bytes);
    if (compare(out->limb, order) < 0) {
        return true;
    }
    subtract(out->limb, out->limb, order); /* 2^256 < 2 n */
    return false;
}

void pa_secp256k1_scalar_to_bytes(uint8_t bytes[32], const pa_secp256k1_scalar *a)
{
    pa_words_to_be(bytes, a->limb);
}

bool pa_secp256k1_scalar_add_order(uint8_t bytes[32], const pa_secp256k1_scalar *a)
{
    uint64_t sum[4];
    if (add(sum, a->limb, order) != 0) {
        return false;
    }
    pa_words_to_be(bytes, sum);
    return true;
}

bool pa_secp256k1_scalar_is_zero(const pa_secp256k1_scalar *a)
{
    return (a->limb[0] | a->limb[1] | a->limb[2] | a->limb[3]) == 0;
}

bool pa_secp256k1_scalar_is_high(const pa_secp256k1_scalar *a)
{
    return compare(a->limb, order_half) > 0;
}

void pa_secp256k1_scalar_negate(pa_secp256k1_scalar *out, const pa_secp256k1_scalar *a)
{
    if (pa_secp256k1_scalar_is_zero(a)) {
        *out = *a;
    } else {
        subtract(out->limb, order, a->limb);
    }
}

void pa_secp256k1_scalar_mul(pa_secp256k1_scalar *out, const pa_secp256k1_scalar *a,
                             const pa_secp256k1_scalar *b)
{
    uint64_t product[8];
    multiply(product, a->limb, 4, b->limb, 4);
    reduce(out, product);
}

void pa_secp256k1_scalar_add(pa_secp256k1_scalar *out, const pa_secp256k1_scalar *a,
                             const pa_secp256k1_scalar *b)
{
    const uint64_t carry = add(out->limb, a->limb, b->limb);
    if (carry != 0 || compare(out->limb, order) >= 0) {
        subtract(out->limb, out->limb, order);
    }
}

/* *out = z a mod n, z two's complement. */
static void multiply_word(pa_secp256k1_scalar *out, uint64_t z, const pa_secp256k1_scalar *a)
{
    uint64_t product[8] = {0};
    const bool negative = z >> 63;
    const uint64_t magnitude = negative ? 0 - z : z;
    multiply(product, a->limb, 4, &magnitude, 1);
    reduce(out, product);
    if (negative) {
        pa_secp256k1_scalar_negate(out, out);
    }
}

void pa_secp256k1_scalar_weigh(pa_secp256k1_scalar *out, const uint64_t z[2],
                               const pa_secp256k1_scalar *a)
{
    static const pa_secp256k1_scalar lambda = {
        {0xdf02967c1b23bd72, 0x122e22ea20816678, 0xa5261c028812645a, 0x5363ad4cc05c30e0}};
    pa_secp256k1_scalar first, second;
    multiply_word(&first, z[0], a);
    multiply_word(&second, z[1], a);
    pa_secp256k1_scalar_mul(&second, &second, &lambda);
    pa_secp256k1_scalar_add(out, &first, &second);
}

void pa_secp256k1_scalar_invert_many(pa_secp256k1_scalar *values, pa_secp256k1_scalar *scratch,
                                     uint64_t count)
{
    if (count == 0) {
        return;
    }
    scratch[0] = values[0];
    for (uint64_t i = 1; i < count; i++) {
        pa_secp256k1_scalar_mul(&scratch[i], &scratch[i - 1], &values[i]);
    }
    pa_secp256k1_scalar inverse;
    pa_inverse256(inverse.limb, scratch[count - 1].limb, &pa_secp256k1_order);
    for (uint64_t i = count - 1; i > 0; i--) {
        pa_secp256k1_scalar one;
        pa_secp256k1_scalar_mul(&one, &inverse, &scratch[i - 1]);
        pa_secp256k1_scalar_mul(&inverse, &inverse, &values[i]);
        values[i] = one;
    }
    values[0] = inverse;
}

void pa_secp256k1_scalar_split_bits(pa_secp256k1_half *low, pa_secp256k1_half *high,
                                    const pa_secp256k1_scalar *a)
{
    *low = (pa_secp256k1_half){{a->limb[0], a->limb[1]}, false};
    *high = (pa_secp256k1_half){{a->limb[2], a->limb[3]}, false};
}

/* *out = a modulo 2^256 read as a signed number, which lies within (-2^128, 2^128). */
static void take_signed(pa_secp256k1_half *out, const uint64_t a[4])
{
    const uint64_t zero[4] = {0};
    uint64_t magnitude[4];
    out->negative = a[3] >> 63;
    if (out->negative) {
        subtract(magnitude, zero, a);
    } else {
        memcpy(magnitude, a, sizeof magnitude);
    }
    out->limb[0] = magnitude[0];
    out->limb[1] = magnitude[1];
}

/* c = round(k v / n), v = A or B given by round(2^384 v / n); at most 128 bits. */
static void divide(uint64_t c[2], const pa_secp256k1_scalar *k, const uint64_t scaled[4])
{
    uint64_t product[8];
    multiply(product, k->limb, 4, scaled, 4);
    const pa_u128 rounded = ((pa_u128)product[7] << 64 | product[6]) + (product[5] >> 63);
    c[0] = (uint64_t)rounded;
    c[1] = (uint64_t)(rounded >> 64);
}

/* pa_secp256k1_scalar_split_lambda
 * Form:   (k, 0) minus the lattice vector c1 (A, -B) + c2 (A + B, A) next to it, c1 = round(k A
 *         / n), c2 = round(k B / n).
 * Bounds: |first| <= (2 A + B) / 2 < 2^127.4, |second| <= (A + B) / 2 < 2^127.2, and less than 1
 *         more, as the scaled quotients are off by under 2^-128; so integers modulo 2^256 hold
 *         both exactly. */
void pa_secp256k1_scalar_split_lambda(pa_secp256k1_half *first, pa_secp256k1_half *second,
                                      const pa_secp256k1_scalar *a)
{
    uint64_t c1[2], c2[2], c1_a[4], c1_b[4], c2_a[4], c2_b[4], rest[4];
    divide(c1, a, scaled_a);
    divide(c2, a, scaled_b);
    multiply(c1_a, c1, 2, lattice_a, 2);
    multiply(c1_b, c1, 2, lattice_b, 2);
    multiply(c2_a, c2, 2, lattice_a, 2);
    multiply(c2_b, c2, 2, lattice_b, 2);
    subtract(rest, a->limb, c1_a);
    subtract(rest, rest, c2_a);
    subtract(rest, rest, c2_b);
    take_signed(first, rest);
    subtract(rest, c1_b, c2_a);
    take_signed(second, rest);
}

/* pa_secp256k1_recode
 * Form:   from the lowest bit up, zeros are skipped; then the digit is the residue modulo 2^width of
 *         least magnitude, which leaves width - 1 zeros behind it.
 * Bounds: a digit reaches past bit 127 only without its top bit, so the last carry lands on
 *         digit 128 at the latest. */
int pa_secp256k1_recode(int16_t *digits, int step, const pa_secp256k1_half *a, int width)
{
    pa_u128 value = (pa_u128)a->limb[1] << 64 | a->limb[0];
    const int sign = a->negative ? -1 : 1;
    int at = 0, size = 0;
    while (value != 0) {
        const uint64_t low = (uint64_t)value;
        const int zeros =
            low != 0 ? __builtin_ctzll(low) : 64 + __builtin_ctzll((uint64_t)(value >> 64));
        value >>= zeros;
        at += zeros;
        const int residue = (int)((unsigned int)value & ((1u << width) - 1)),
                  carry = residue >> (width - 1);
        digits[at * step] = (int16_t)(sign * (residue - (carry << width)));
        value >>= width;
        value += (unsigned int)carry;
        size = at + 1;
        at += width;
    }
    return size;
}

/* ---- for rows in lanes ---------------------------------------------------------------------- */

/* c = k v / n to the nearest number but for 1 / 30, v = A or B given by round(2^260 v / n); of k its
 * bits from 104 up, as fits limbs of 52 bits. */
static void divide_top(uint64_t c[2], const pa_secp256k1_scalar *k, const uint64_t scaled[3])
{
    const uint64_t *limb = k->limb;
    const uint64_t top[3] = {limb[1] >> 40 | limb[2] << 24, limb[2] >> 40 | limb[3] << 24,
                             limb[3] >> 40};
    uint64_t product[6];
    multiply(product, top, 3, scaled, 3);
    pa_u128 sum = (pa_u128)product[2] + (UINT64_C(1) << 27);
    const uint64_t low = (uint64_t)sum;
    sum = (sum >> 64) + product[3];
    const uint64_t middle = (uint64_t)sum;
    const uint64_t high = product[4] + (uint64_t)(sum >> 64);
    c[0] = low >> 28 | middle << 36;
    c[1] = middle >> 28 | high << 36;
}

/* split_odd
 * first + second lambda = k mod n, both odd; returned with 2^130 added.
 * Form:   as pa_secp256k1_scalar_split_lambda, and then one of the vectors (A, -B), (A + B, A), (B,
 *         A + B) added, which are odd in both places, in the second, in the first.
 * Bounds: c1 and c2 are off by 1 / 2 + 1 / 30 at most. |first| <= 0.54 (2 A + B) + A + B < 2^129, and
 *         |second| <= 0.54 (A + B) + A + B < 2^129. */
static void split_odd(uint64_t first[4], uint64_t second[4], const pa_secp256k1_scalar *k)
{
    static const uint64_t scaled_a_260[3] = {0x86c90e49284eb154, 0x086d221a7d46bcde, 0x3};
    static const uint64_t scaled_b_260[3] = {0xf547fa90abfe4c42, 0x4437ed6010e88286, 0xe};
    static const uint64_t above[4] = {0, 0, 4, 0};
    const uint64_t a[4] = {lattice_a[0], lattice_a[1]}, b[4] = {lattice_b[0], lattice_b[1]};
    uint64_t c1[2], c2[2], c1_a[4], c1_b[4], c2_a[4], c2_b[4];
    divide_top(c1, k, scaled_a_260);
    divide_top(c2, k, scaled_b_260);
    multiply(c1_a, c1, 2, lattice_a, 2);
    multiply(c1_b, c1, 2, lattice_b, 2);
    multiply(c2_a, c2, 2, lattice_a, 2);
    multiply(c2_b, c2, 2, lattice_b, 2);
    add(first, k->limb, above);
    subtract(first, first, c1_a);
    subtract(first, first, c2_a);
    subtract(first, first, c2_b);
    add(second, c1_b, above);
    subtract(second, second, c2_a);
    const bool first_even = (first[0] & 1) == 0, second_even = (second[0] & 1) == 0;
    if (second_even) {
        add(first, first, a);
    }
    if (first_even != second_even) {
        add(first, first, b);
        add(second, second, a);
    }
    if (first_even && second_even) {
        subtract(second, second, b);
    } else if (first_even) {
        add(second, second, b);
    }
}

/* Bits 1 .. 120 of three words, 40 in each, and what is above them in the last. */
static void forties(uint64_t r[4], const uint64_t word[3])
{
    const uint64_t low = (UINT64_C(1) << 40) - 1;
    r[0] = word[0] >> 1 & low;
    r[1] = (word[0] >> 41 | word[1] << 23) & low;
    r[2] = word[1] >> 17 & low;
    r[3] = word[1] >> 57 | word[2] << 7;
}

/* (x & keep) | (x << by & move), where keep and move << by hold all of x. */
static uint64_t spread(uint64_t x, int by, uint64_t keep, uint64_t move)
{
    return (x & keep) | (x << by & move);
}

/* Digits of five bits: of (k - 1) / 2 + 2^129, given as k + 2^130. */
static void half_digits(uint8_t digits[32], const uint64_t k[4])
{
    uint64_t word[4];
    forties(word, k);
    for (int i = 0; i < 4; i++) {
        uint64_t x = word[i];
        x = spread(x, 12, 0xfffff, UINT64_C(0xfffff00000000));
        x = spread(x, 6, UINT64_C(0x3ff000003ff), UINT64_C(0x3ff000003ff0000));
        x = spread(x, 3, UINT64_C(0x1f001f001f001f), UINT64_C(0x1f001f001f001f00));
        pa_store_le64(digits + 8 * i, x);
    }
}

/* 13 digits of ten bits. */
static void base_digits(uint16_t *digits, const uint64_t word[4])
{
    for (int i = 0; i < 12; i++) {
        digits[i] = word[i / 4] >> (10 * (i % 4)) & 1023;
    }
    digits[12] = (uint16_t)word[3];
}

void pa_secp256k1_sums_digits_of(pa_secp256k1_sums_digits *digits, const pa_secp256k1_scalar *u1,
                                 const pa_secp256k1_scalar *u2)
{
    uint64_t first[4], second[4], odd[5], word[4];
    split_odd(first, second, u2);
    half_digits(digits->first, first);
    half_digits(digits->second, second);
    memcpy(odd, u1->limb, sizeof u1->limb);
    odd[4] = 0;
    if ((odd[0] & 1) == 0) {
        odd[4] = add(odd, odd, order);
    }
    memset(digits->base, 0, sizeof digits->base);
    forties(word, odd);
    /* Where what is above bit 128 is even, it gets 1 more, and the rest 2^128 less: instead of 2^129, 2^128 +
     * 2^127 are added to half the rest. */
    word[3] = (word[3] & 127) | (3 + (odd[2] & 1)) << 7;
    base_digits(digits->base, word);
    forties(word, odd + 2);
    word[3] |= 1 << 9;
    base_digits(digits->base + PA_SECP256K1_SUMS_DIGITS / 2, word);
}

/* Form: where u1 is odd, u1 = sum 2^(8 j) (2 e_j - 255) for the bytes e_j of (u1 + 2^256 - 1) / 2; else -(n - u1) for n - u1
 * likewise, with every e_j's bits turned round. */
static void prepared_digits_of(pa_secp256k1_prepared_digits *digits, const pa_secp256k1_scalar *u1,
                               const pa_secp256k1_scalar *u2)
{
    uint64_t first[4], second[4], odd[4];
    split_odd(first, second, u2);
    half_digits(digits->first, first);
    half_digits(digits->second, second);
    const uint64_t even = (u1->limb[0] & 1) - 1;
    memcpy(odd, u1->limb, sizeof odd);
    if (even != 0) {
        subtract(odd, order, u1->limb);
    }
    for (int i = 0; i < 4; i++) {
        const uint64_t above = i < 3 ? odd[i + 1] : 1;
        pa_store_le64(digits->base + 8 * i, (odd[i] >> 1 | above << 63) ^ even);
    }
}

static void prepared_digits_of_rows(pa_secp256k1_prepared_digits *const *digits,
                                    const pa_secp256k1_scalar *u1, const pa_secp256k1_scalar *u2,
                                    int count)
{
    for (int i = 0; i < count; i++) {
        prepared_digits_of(digits[i], &u1[i], &u2[i]);
    }
}

static void digits_of_rows(pa_secp256k1_sums_digits *const *digits, const pa_secp256k1_scalar *u1,
                           const pa_secp256k1_scalar *u2, int count)
{
    for (int i = 0; i < count; i++) {
        pa_secp256k1_sums_digits_of(digits[i], &u1[i], &u2[i]);
    }
}

/* Rows that share an inversion. */
#define DIVIDE_ROWS 128

static void divide_rows(pa_secp256k1_scalar *u1, pa_secp256k1_scalar *u2,
                        const pa_secp256k1_scalar *d, int count)
{
    pa_secp256k1_scalar inverse[DIVIDE_ROWS], spare[DIVIDE_ROWS];
    for (int at = 0; at < count; at += DIVIDE_ROWS) {
        const int rows = count - at < DIVIDE_ROWS ? count - at : DIVIDE_ROWS;
        memcpy(inverse, d + at, sizeof *d * (size_t)rows);
        pa_secp256k1_scalar_invert_many(inverse, spare, (uint64_t)rows);
        for (int i = 0; i < rows; i++) {
            pa_secp256k1_scalar_mul(&u1[at + i], &u1[at + i], &inverse[i]);
            pa_secp256k1_scalar_mul(&u2[at + i], &u2[at + i], &inverse[i]);
        }
    }
}

const pa_secp256k1_scalars pa_secp256k1_scalars_portable = {
    .divide = divide_rows,
    .digits = digits_of_rows,
    .prepared_digits = prepared_digits_of_rows,
};
