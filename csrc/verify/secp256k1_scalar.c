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

/* t = (t mod 2^256) + (t / 2^256) (2^256 - n), where t / 2^256 has high_size limbs. */
static void fold(uint64_t t[8], int high_size)
{
    uint64_t folded[8] = {0};
    multiply(folded, t + 4, high_size, order_complement, 3);
    pa_u128 sum = add(t, t, folded);
    for (int i = 4; i < 8; i++) {
        sum += folded[i];
        t[i] = (uint64_t)sum;
        sum >>= 64;
    }
}

/* reduce
 * Shapes: 512 bits -> [0, n).
 * Form:   2^256 = 2^256 - n mod n, a number of 129 bits.
 * Bounds: the folds leave at most 386 bits, 260 bits, 2^256 + 2^134; then a carry leaves little
 *         in the low limbs. */
static void reduce(pa_secp256k1_scalar *out, uint64_t t[8])
{
    fold(t, 4);
    fold(t, 3);
    fold(t, 1);
    if (t[4] != 0) {
        const uint64_t complement[4] = {order_complement[0], order_complement[1],
                                        order_complement[2], 0};
        add(t, t, complement);
    }
    if (compare(t, order) >= 0) {
        subtract(t, t, order);
    }
    memcpy(out->limb, t, sizeof out->limb);
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
 * Form:   from the lowest bit up; where the value left is odd, the digit is its residue modulo
 *         2^width of least magnitude, which leaves width - 1 zeros behind it.
 * Bounds: a digit reaches past bit 127 only without its top bit, so the last carry lands on
 *         digit 128 at the latest. */
int pa_secp256k1_recode(int16_t digits[PA_SECP256K1_DIGITS], const pa_secp256k1_half *a, int width)
{
    const pa_u128 value = (pa_u128)a->limb[1] << 64 | a->limb[0];
    const int sign = a->negative ? -1 : 1;
    int size = 0;
    int carry = 0;
    memset(digits, 0, sizeof digits[0] * PA_SECP256K1_DIGITS);
    for (int i = 0; i < PA_SECP256K1_DIGITS;) {
        const int bits = i < 128 ? (int)(value >> i & ((1u << width) - 1)) : 0;
        if ((bits & 1) == carry) {
            i++;
            continue;
        }
        const int residue = bits + carry;
        carry = residue >> (width - 1);
        digits[i] = (int16_t)(sign * (residue - (carry << width)));
        size = i + 1;
        i += width;
    }
    return size;
}

/* ---- digits that are all odd ---------------------------------------------------------------- */

/* One odd number below 2^130 in magnitude, two's complement; digits of `width` bits, which divides 130.
 * Form: k = sum of (2 e_j - (2^w - 1)) 2^(w j), where sum e_j 2^(w j) = (k + 2^130 - 1) / 2. */
static void odd_digits(uint16_t *digits, const uint64_t k[4], int width)
{
    const uint64_t top[4] = {UINT64_MAX, UINT64_MAX, 3, 0};
    uint64_t sum[4];
    add(sum, k, top);
    for (int i = 0; i < 3; i++) {
        sum[i] = sum[i] >> 1 | sum[i + 1] << 63;
    }
    for (int j = 0; j < 130 / width; j++) {
        const int bit = width * j;
        pa_u128 window = (pa_u128)sum[bit / 64 + 1] << 64 | sum[bit / 64];
        digits[j] = (uint16_t)((uint64_t)(window >> bit % 64) & ((1u << width) - 1));
    }
}

static void half_words(uint64_t k[4], const pa_secp256k1_half *half)
{
    const uint64_t zero[4] = {0}, magnitude[4] = {half->limb[0], half->limb[1], 0, 0};
    if (half->negative) {
        subtract(k, zero, magnitude);
    } else {
        memcpy(k, magnitude, sizeof magnitude);
    }
}

void pa_secp256k1_sums_digits_of(pa_secp256k1_sums_digits *digits, const pa_secp256k1_scalar *u1,
                                 const pa_secp256k1_scalar *u2)
{
    const uint64_t a[4] = {lattice_a[0], lattice_a[1]}, b[4] = {lattice_b[0], lattice_b[1]};
    pa_secp256k1_half first, second;
    uint64_t k1[4], k2[4], low[4], high[4], sum[5];
    uint16_t of[PA_SECP256K1_SUMS_DIGITS];
    pa_secp256k1_scalar_split_lambda(&first, &second, u2);
    half_words(k1, &first);
    half_words(k2, &second);
    /* (A, -B) is odd in both, (A + B, A) in the second alone. */
    const bool second_alone = (k1[0] & 1) != 0;
    const bool both = !second_alone;
    const bool flip = both ? (k2[0] & 1) != 0 : (k2[0] & 1) == 0;
    if (both) {
        add(k1, k1, a);
        subtract(k2, k2, b);
    }
    if (flip) {
        add(k1, k1, a);
        add(k1, k1, b);
        add(k2, k2, a);
    }
    odd_digits(of, k1, PA_SECP256K1_SUMS_WIDTH);
    for (int j = 0; j < PA_SECP256K1_SUMS_DIGITS; j++) {
        digits->first[j] = (uint8_t)of[j];
    }
    odd_digits(of, k2, PA_SECP256K1_SUMS_WIDTH);
    for (int j = 0; j < PA_SECP256K1_SUMS_DIGITS; j++) {
        digits->second[j] = (uint8_t)of[j];
    }
    memcpy(sum, u1->limb, sizeof u1->limb);
    sum[4] = 0;
    if ((sum[0] & 1) == 0) {
        sum[4] = add(sum, sum, order);
    }
    memcpy(high, sum + 2, 3 * sizeof *high);
    high[3] = 0;
    low[0] = sum[0];
    low[1] = sum[1];
    low[2] = low[3] = 0;
    if ((high[0] & 1) == 0) { /* odd for even: 2^128 less below */
        high[0] += 1;
        low[2] = low[3] = UINT64_MAX;
    }
    odd_digits(digits->base, low, 2 * PA_SECP256K1_SUMS_WIDTH);
    odd_digits(digits->base + PA_SECP256K1_SUMS_DIGITS / 2, high, 2 * PA_SECP256K1_SUMS_WIDTH);
}
