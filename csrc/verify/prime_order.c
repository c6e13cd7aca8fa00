/* SPDX-License-Identifier: Apache-2.0 */
/* Scalars modulo the prime orders of P-256, SM2's curve and P-384.
 *
 * Products are Montgomery's, of numbers that are in no form: x * y stands for x y / R, R = 2^(64 words). Of a batch d_0, d_1, ..
 * the products before each are P_i = d_0 * .. * d_i, and I_i = R / P_i gives both R / d_i = I_i * P_(i-1), which times a plain
 * number is its quotient, and I_(i-1) = I_i * d_i. */
#include "prime_order.h"

#include <string.h>

#include "../core/bytes.h"
#include "../field/inverse256.h"
#include "../field/inverse384.h"

static void invert_p256(uint64_t *r, const uint64_t *a)
{
    pa_inverse256(r, a, &pa_p256_order);
}

static void invert_sm2(uint64_t *r, const uint64_t *a)
{
    pa_inverse256(r, a, &pa_sm2_order);
}

static void invert_p384(uint64_t *r, const uint64_t *a)
{
    pa_inverse384(r, a, &pa_p384_order);
}

/* SEC 2, 2.4.2; GB/T 32918.5; SEC 2, 2.5.1. */
const pa_prime_order pa_p256_group = {
    .words = 4,
    .n = {0xf3b9cac2fc632551, 0xbce6faada7179e84, 0xffffffffffffffff, 0xffffffff00000000},
    .square = {0x83244c95be79eea2, 0x4699799c49bd6fa6, 0x2845b2392b6bec59, 0x66e12d94f3d95620},
    .inverse = 0xccd1c8aaee00bc4f,
    .invert = invert_p256,
};

const pa_prime_order pa_sm2_group = {
    .words = 4,
    .n = {0x53bbf40939d54123, 0x7203df6b21c6052b, 0xffffffffffffffff, 0xfffffffeffffffff},
    .square = {0x901192af7c114f20, 0x3464504ade6fa2fa, 0x620fc84c3affe0d4, 0x1eb5e412a22b3d3b},
    .inverse = 0x327f9e8872350975,
    .invert = invert_sm2,
};

const pa_prime_order pa_p384_group = {
    .words = 6,
    .n = {0xecec196accc52973, 0x581a0db248b0a77a, 0xc7634d81f4372ddf, 0xffffffffffffffff,
          0xffffffffffffffff, 0xffffffffffffffff},
    .square = {0x2d319b2419b409a9, 0xff3d81e5df1aa419, 0xbc3e483afcb82947, 0xd40d49174aab1cc5,
               0x3fb05b7a28266895, 0x0c84ee012b39bf21},
    .inverse = 0x6ed46089e88fdc45,
    .invert = invert_p384,
};

/* -1, 0 or 1 as a is below, equal to or above b. */
static int compare(const uint64_t a[PA_ORDER_WORDS], const uint64_t b[PA_ORDER_WORDS])
{
    for (int i = PA_ORDER_WORDS - 1; i >= 0; i--) {
        if (a[i] != b[i]) {
            return a[i] < b[i] ? -1 : 1;
        }
    }
    return 0;
}

/* r = a + b; returns what goes beyond `words` words. */
static inline uint64_t add(uint64_t *r, const uint64_t *a, const uint64_t *b, int words)
{
    pa_u128 sum = 0;
    for (int i = 0; i < words; i++) {
        sum += (pa_u128)a[i] + b[i];
        r[i] = (uint64_t)sum;
        sum >>= 64;
    }
    return (uint64_t)sum;
}

/* r = a - b; returns 1 where that is negative, and 2^(64 words) in it. */
static inline uint64_t subtract(uint64_t *r, const uint64_t *a, const uint64_t *b, int words)
{
    uint64_t borrow = 0;
    for (int i = 0; i < words; i++) {
        const pa_u128 difference = (pa_u128)a[i] - b[i] - borrow;
        r[i] = (uint64_t)difference;
        borrow = (uint64_t)(difference >> 64) & 1;
    }
    return borrow;
}

/* r = a b / 2^(64 words) mod n, row by row: the product of a word of b is reduced by a word before the next one comes. r may be
 * a or b.
 * Bounds: t < 2 n before each row, as (2 n + 2 n (2^64 - 1)) / 2^64 = 2 n; its word above n's is 0 or 1. */
static inline __attribute__((always_inline)) void montgomery(pa_scalar *r, const pa_scalar *a,
                                                             const pa_scalar *b,
                                                             const pa_prime_order *order, int words)
{
    uint64_t t[PA_ORDER_WORDS + 1] = {0}, less[PA_ORDER_WORDS];
#pragma GCC unroll 6
    for (int i = 0; i < words; i++) {
        pa_u128 sum = (pa_u128)a->limb[0] * b->limb[i] + t[0];
        const uint64_t m = (uint64_t)sum * order->inverse;
        pa_u128 cleared = (pa_u128)m * order->n[0] + (uint64_t)sum;
#pragma GCC unroll 6
        for (int j = 1; j < words; j++) {
            sum = (pa_u128)a->limb[j] * b->limb[i] + t[j] + (uint64_t)(sum >> 64);
            cleared = (pa_u128)m * order->n[j] + (uint64_t)sum + (uint64_t)(cleared >> 64);
            t[j - 1] = (uint64_t)cleared;
        }
        sum = (pa_u128)t[words] + (uint64_t)(sum >> 64) + (uint64_t)(cleared >> 64);
        t[words - 1] = (uint64_t)sum;
        t[words] = (uint64_t)(sum >> 64);
    }
    const uint64_t keep = (uint64_t)(subtract(less, t, order->n, words) > t[words]);
    for (int i = 0; i < words; i++) {
        r->limb[i] = keep ? t[i] : less[i];
    }
    for (int i = words; i < PA_ORDER_WORDS; i++) {
        r->limb[i] = 0;
    }
}

static void multiply(pa_scalar *r, const pa_scalar *a, const pa_scalar *b,
                     const pa_prime_order *order)
{
    if (order->words == 4) {
        montgomery(r, a, b, order, 4);
    } else {
        montgomery(r, a, b, order, PA_ORDER_WORDS);
    }
}

bool pa_scalar_from_bytes(pa_scalar *out, const uint8_t *bytes, uint64_t size,
                          const pa_prime_order *order)
{
    memset(out, 0, sizeof *out);
    for (uint64_t i = 0; i < size; i += 8) { /* from the last byte up */
        const uint64_t left = size - i;
        if (left >= 8) {
            out->limb[i / 8] = pa_load_be64(bytes + left - 8);
        } else {
            for (uint64_t k = 0; k < left; k++) {
                out->limb[i / 8] = out->limb[i / 8] << 8 | bytes[k];
            }
        }
    }
    if (compare(out->limb, order->n) < 0) {
        return true;
    }
    subtract(out->limb, out->limb, order->n, order->words); /* 2^(64 words) < 2 n */
    return false;
}

static void store(uint8_t *bytes, const uint64_t *limb, int words)
{
    for (int i = 0; i < words; i++) {
        pa_store_be64(bytes + 8 * (words - 1 - i), limb[i]);
    }
}

void pa_scalar_to_bytes(uint8_t *bytes, const pa_scalar *a, const pa_prime_order *order)
{
    store(bytes, a->limb, order->words);
}

bool pa_scalar_add_order(uint8_t *bytes, const pa_scalar *a, const pa_prime_order *order)
{
    uint64_t sum[PA_ORDER_WORDS];
    if (add(sum, a->limb, order->n, order->words) != 0) {
        return false;
    }
    store(bytes, sum, order->words);
    return true;
}

bool pa_scalar_is_zero(const pa_scalar *a)
{
    uint64_t any = 0;
    for (int i = 0; i < PA_ORDER_WORDS; i++) {
        any |= a->limb[i];
    }
    return any == 0;
}

bool pa_scalar_is_high(const pa_scalar *a, const pa_prime_order *order)
{
    uint64_t rest[PA_ORDER_WORDS] = {0};
    subtract(rest, order->n, a->limb, order->words);
    return compare(a->limb, rest) > 0; /* n - a is not a, as n is odd */
}

void pa_scalar_add(pa_scalar *out, const pa_scalar *a, const pa_scalar *b,
                   const pa_prime_order *order)
{
    pa_scalar sum = {{0}};
    const uint64_t carry = add(sum.limb, a->limb, b->limb, order->words);
    if (carry != 0 || compare(sum.limb, order->n) >= 0) {
        subtract(sum.limb, sum.limb, order->n, order->words);
    }
    *out = sum;
}

void pa_scalar_sub(pa_scalar *out, const pa_scalar *a, const pa_scalar *b,
                   const pa_prime_order *order)
{
    pa_scalar difference = {{0}};
    if (subtract(difference.limb, a->limb, b->limb, order->words) != 0) {
        add(difference.limb, difference.limb, order->n, order->words);
    }
    *out = difference;
}

static void divide_rows(pa_scalar *u1, pa_scalar *u2, const pa_scalar *d, int count,
                        const pa_prime_order *order)
{
    pa_scalar product[PA_SCALAR_DIVIDE], inverse = {{0}}, square = {{0}}, one;
    memcpy(square.limb, order->square, sizeof square.limb);
    product[0] = d[0];
    for (int i = 1; i < count; i++) {
        multiply(&product[i], &product[i - 1], &d[i], order);
    }
    order->invert(inverse.limb, product[count - 1].limb);
    multiply(&inverse, &inverse, &square, order);
    for (int i = count - 1; i >= 0; i--) {
        if (i > 0) {
            multiply(&one, &inverse, &product[i - 1], order);
            multiply(&inverse, &inverse, &d[i], order);
        } else {
            one = inverse;
        }
        multiply(&u1[i], &u1[i], &one, order);
        multiply(&u2[i], &u2[i], &one, order);
    }
}

void pa_scalar_divide(pa_scalar *u1, pa_scalar *u2, const pa_scalar *d, int count,
                      const pa_prime_order *order)
{
    for (int at = 0; at < count; at += PA_SCALAR_DIVIDE) {
        const int rows = count - at < PA_SCALAR_DIVIDE ? count - at : PA_SCALAR_DIVIDE;
        divide_rows(u1 + at, u2 + at, d + at, rows, order);
    }
}

/* pa_scalar_digits
 * Form:   where a is odd, the digits of (a - 1) / 2 + 2^(w count - 1); else those of n - a, which is, with all their bits turned
 *         round, which negates each. As many digits at a time as 60 bits hold.
 * Bounds: (a - 1) / 2 is below 2^(w count - 1), so that the power goes to the last digit alone. */
static inline __attribute__((always_inline)) void
digits_of(uint16_t *digits, int count, int width, const pa_scalar *a, const pa_prime_order *order)
{
    uint64_t odd[PA_ORDER_WORDS + 1] = {0};
    const int together = 60 / width;
    const bool even = (a->limb[0] & 1) == 0;
    const uint64_t low = (UINT64_C(1) << width) - 1, turn = even ? low : 0;
    if (even) {
        subtract(odd, order->n, a->limb, order->words);
    } else {
        memcpy(odd, a->limb, sizeof a->limb);
    }
    for (int j = 0; j < count; j += together) {
        const int at = 1 + j * width, word = at / 64, bit = at % 64;
        const int size = count - j < together ? count - j : together;
        uint64_t bits = 0;
        if (word < PA_ORDER_WORDS) {
            bits = odd[word] >> bit | (bit == 0 ? 0 : odd[word + 1] << (64 - bit));
        }
        for (int i = 0; i < size; i++, bits >>= width) {
            digits[j + i] = (uint16_t)((bits & low) ^ turn);
        }
    }
    digits[count - 1] ^= (uint16_t)(1u << (width - 1));
}

void pa_scalar_digits(uint16_t *digits, int count, int width, const pa_scalar *a,
                      const pa_prime_order *order)
{
    digits_of(digits, count, width, a, order);
}

void pa_order_sums_digits_of(pa_order_sums_digits *digits, const pa_scalar *u1, const pa_scalar *u2,
                             const pa_prime_order *order)
{
    digits_of(digits->key, PA_ORDER_SUMS_DIGITS(order->words), PA_ORDER_SUMS_WIDTH, u2, order);
    digits_of(digits->base, PA_ORDER_SUMS_BASE_DIGITS(order->words), 2 * PA_ORDER_SUMS_WIDTH, u1,
              order);
}

void pa_order_prepared_digits_of(pa_order_prepared_digits *digits, const pa_scalar *u1,
                                 const pa_scalar *u2, const pa_prime_order *order)
{
    digits_of(digits->key, PA_ORDER_SUMS_DIGITS(order->words), PA_ORDER_SUMS_WIDTH, u2, order);
    digits_of(digits->base, 8 * order->words, 8, u1, order);
}

/* pa_scalar_recode
 * Form:   from the lowest bit up, bits that are the carry are skipped, as they leave a zero and the carry; then the digit is the
 *         residue modulo 2^width of least magnitude, which leaves width - 1 zeros behind it and carries where it is negative.
 * Bounds: a digit reaches past the last bit only without its top bit, so the last carry is a digit next to it at the latest. */
int pa_scalar_recode(int16_t *digits, int step, const pa_scalar *a, int width)
{
    uint64_t limb[PA_ORDER_WORDS + 1] = {0};
    unsigned int carry = 0;
    int at = 0, size = 0;
    memcpy(limb, a->limb, sizeof a->limb);
    while (at <= 64 * PA_ORDER_WORDS) {
        const int word = at / 64, bit = at % 64;
        uint64_t bits = limb[word] >> bit;
        if (bit != 0 && word < PA_ORDER_WORDS) {
            bits |= limb[word + 1] << (64 - bit);
        }
        const uint64_t other = bits ^ (0 - (uint64_t)carry);
        const int skip = other == 0 ? 64 : __builtin_ctzll(other);
        if (skip > 64 - width) { /* not all of the digit was seen */
            at += skip;
            continue;
        }
        const int residue = (int)((unsigned int)(bits >> skip) & ((1u << width) - 1)) + (int)carry;
        carry = (unsigned int)residue >> (width - 1);
        at += skip;
        digits[at * step] = (int16_t)(residue - (int)(carry << width));
        size = at + 1;
        at += width;
    }
    return size;
}
