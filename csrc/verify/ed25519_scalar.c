/* SPDX-License-Identifier: Apache-2.0 */
/* Scalars modulo the order l of the base point: range, reduction, signed digits. */
#include <string.h>

#include "../field/words.h"
#include "ed25519.h"

static const uint64_t order[5] = {0x5812631a5cf5d3ed, 0x14def9dea2f79cd6, 0, 0x1000000000000000, 0};

/* floor(2^512 / l), for Barrett's reduction */
static const uint64_t reciprocal[5] = {0xed9ce5a30a2c131b, 0x2106215d086329a7, 0xffffffffffffffeb,
                                       0xffffffffffffffff, 0xf};

/* r = a - b mod 2^320; returns 1 when a < b. */
static unsigned int subtract(uint64_t r[5], const uint64_t a[5], const uint64_t b[5])
{
    unsigned int borrow = 0;
    for (int i = 0; i < 5; i++) {
        pa_u128 difference = (pa_u128)a[i] - b[i] - borrow;
        r[i] = (uint64_t)difference;
        borrow = (unsigned int)(difference >> 64) & 1;
    }
    return borrow;
}

/* r = the lowest n words of a b; a, b: 5 words, n <= 10. */
static void multiply(uint64_t *r, int n, const uint64_t a[5], const uint64_t b[5])
{
    for (int i = 0; i < n; i++) {
        r[i] = 0;
    }
    for (int i = 0; i < 5; i++) {
        uint64_t carry = 0;
        for (int j = 0; j < 5 && i + j < n; j++) {
            pa_u128 sum = (pa_u128)a[i] * b[j] + r[i + j] + carry;
            r[i + j] = (uint64_t)sum;
            carry = (uint64_t)(sum >> 64);
        }
        if (i + 5 < n) {
            r[i + 5] = carry;
        }
    }
}

bool pa_ed25519_scalar_decode(pa_ed25519_scalar *r, const uint8_t bytes[32])
{
    uint64_t number[5] = {0}, difference[5];
    pa_words_from_le(r->word, bytes);
    memcpy(number, r->word, sizeof r->word);
    return subtract(difference, number, order) == 1;
}

void pa_ed25519_scalar_odd(uint64_t r[4], const pa_ed25519_scalar *a)
{
    const uint64_t even = (a->word[0] & 1) - 1;
    uint64_t carry = 0;
    for (int i = 0; i < 4; i++) {
        const pa_u128 sum = (pa_u128)a->word[i] + (order[i] & even) + carry;
        r[i] = (uint64_t)sum;
        carry = (uint64_t)(sum >> 64);
    }
}

/* r = x mod l, x: 8 words. Barrett (Handbook of Applied Cryptography, 14.42), base 2^64, k = 4:
 * q = floor(floor(x / 2^192) reciprocal / 2^320) > x / l - 1 - 2^-60 - (2^512 mod l) / l, and that
 * last remainder is below l / 4, so that r = x - q l < 2 l. 50 products of words, little beside
 * the hash that gives x. */
static void reduce(pa_ed25519_scalar *r, const uint64_t x[8])
{
    uint64_t product[10], remainder[5];
    multiply(product, 10, x + 3, reciprocal);
    uint64_t multiple[5];
    multiply(multiple, 5, product + 5, order);
    subtract(remainder, x, multiple);
    uint64_t difference[5];
    const bool reduced = subtract(difference, remainder, order) == 1;
    for (int i = 0; i < 4; i++) {
        r->word[i] = reduced ? remainder[i] : difference[i];
    }
}

void pa_ed25519_scalar_reduce(pa_ed25519_scalar *r, const uint8_t bytes[64])
{
    uint64_t x[8];
    pa_words_from_le(x, bytes);
    pa_words_from_le(x + 4, bytes + 32);
    reduce(r, x);
}

void pa_ed25519_scalar_multiply(pa_ed25519_scalar *r, const pa_ed25519_scalar *a,
                                const pa_ed25519_scalar *b)
{
    uint64_t x[5] = {0}, y[5] = {0}, product[8];
    memcpy(x, a->word, sizeof a->word);
    memcpy(y, b->word, sizeof b->word);
    multiply(product, 8, x, y);
    reduce(r, product);
}

void pa_ed25519_scalar_negate(pa_ed25519_scalar *r, const pa_ed25519_scalar *a)
{
    uint64_t number[5] = {0}, difference[5];
    memcpy(number, a->word, sizeof a->word);
    const bool zero = (number[0] | number[1] | number[2] | number[3]) == 0;
    subtract(difference, zero ? number : order, number);
    memcpy(r->word, difference, sizeof r->word);
}

/* The absolute value of z times a or, where z is negative, -a. */
void pa_ed25519_scalar_weigh(pa_ed25519_scalar *r, const pa_ed25519_coefficient *z,
                             const pa_ed25519_scalar *a)
{
    const uint64_t sign = 0 - (z->word[1] >> 63);
    pa_ed25519_scalar size = {{(z->word[0] ^ sign) - sign, z->word[1] ^ sign}}, other = *a;
    if (sign != 0) {
        size.word[1] += size.word[0] == 0;
        pa_ed25519_scalar_negate(&other, a);
    }
    pa_ed25519_scalar_multiply(r, &size, &other);
}

void pa_ed25519_scalar_add(pa_ed25519_scalar *r, const pa_ed25519_scalar *a,
                           const pa_ed25519_scalar *b)
{
    uint64_t sum[5] = {0}, difference[5];
    uint64_t carry = 0;
    for (int i = 0; i < 4; i++) {
        const pa_u128 word = (pa_u128)a->word[i] + b->word[i] + carry;
        sum[i] = (uint64_t)word;
        carry = (uint64_t)(word >> 64);
    }
    const bool reduced = subtract(difference, sum, order) == 1;
    memcpy(r->word, reduced ? sum : difference, sizeof r->word);
}

/* Bits [at, at + width) of a, width <= 8; bits past the end are 0. */
static int bits_at(const pa_ed25519_scalar *a, int at, int width)
{
    int word = at / 64, shift = at % 64;
    if (word >= 4) {
        return 0;
    }
    uint64_t bits = a->word[word] >> shift;
    if (shift + width > 64 && word < 3) {
        bits |= a->word[word + 1] << (64 - shift);
    }
    return (int)(bits & ((UINT64_C(1) << width) - 1));
}

void pa_ed25519_scalar_naf(int8_t digits[256], int width, const pa_ed25519_scalar *a)
{
    int carry = 0;
    for (int i = 0; i < 256; i++) {
        digits[i] = 0;
    }
    for (int i = 0; i < 256;) {
        int window = bits_at(a, i, width) + carry;
        if (window % 2 == 0) {
            i++;
            continue;
        }
        carry = window > 1 << (width - 1);
        digits[i] = (int8_t)(window - (carry << width));
        i += width;
    }
}
