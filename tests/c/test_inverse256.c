/* SPDX-License-Identifier: Apache-2.0 */
/* Inverses of 256 bits (of 384 with REFERENCE_P384): a times its inverse is 1, and the inverse is below the modulus, which only
 * one number is. */
#include "check.h"
#include "field/inverse256.h"
#include "field/inverse384.h"
#include "reference256.h"

#ifdef REFERENCE_P384
#define pa_modulus256 pa_modulus384
#define pa_inverse256 pa_inverse384
#endif

static pa_modulus256 modulus_of(const number *m)
{
    pa_modulus256 r = {{0}, 0};
    uint64_t low = 0;
    for (int bit = 0; bit < NUMBER_BITS; bit++) {
        const uint64_t one = m->word[bit / 32] >> (bit % 32) & 1;
        r.limb[bit / 62] |= (int64_t)(one << (bit % 62));
        low |= bit < 62 ? one << bit : 0;
    }
    /* Bit by bit: an odd number's inverse has the bits where the product so far is not 1. */
    uint64_t product = 0;
    for (int bit = 0; bit < 62; bit++) {
        if ((product >> bit & 1) != (bit == 0)) {
            r.inverse |= UINT64_C(1) << bit;
            product += low << bit;
        }
    }
    return r;
}

/* Greatest common divisors, for moduli that are no primes. */
static bool coprime(number a, number b)
{
    const number zero = {{0}}, one = number_of(1);
    while (!number_equal(&b, &zero)) {
        const number rest = number_mod(&a, &b);
        a = b;
        b = rest;
    }
    return number_equal(&a, &one);
}

static void to_words(uint64_t words[NUMBER_WORDS / 2], const number *a)
{
    for (int i = 0; i < NUMBER_WORDS / 2; i++) {
        words[i] = a->word[2 * i] | (uint64_t)a->word[2 * i + 1] << 32;
    }
}

/* Of any a below 2^256; `unit`: whether it has an inverse. */
static void check_inverse(const number *a, const number *m, const pa_modulus256 *modulus, bool unit)
{
    uint64_t words[NUMBER_WORDS / 2], r[NUMBER_WORDS / 2] = {1, 2, 3, 4};
    to_words(words, a);
    CHECK(pa_inverse256(r, words, modulus) == unit);
    CHECK(pa_inverse256(words, words, modulus) == unit);
    CHECK(memcmp(words, r, sizeof r) == 0);
    const number inverse = number_from_words(r), expected = number_of(unit);
    const number reduced = number_mod(a, m), product = mod_mul(&reduced, &inverse, m);
    CHECK(number_below(&inverse, m) && number_equal(&product, &expected));
}

static void check_prime(const number *m, const pa_modulus256 *given, int rounds)
{
    const number zero = {{0}}, one = number_of(1);
    const pa_modulus256 modulus = modulus_of(m);
    if (given != NULL) {
        CHECK(memcmp(given, &modulus, sizeof modulus) == 0);
    }
    number a = number_sub(m, &one);
    check_inverse(&zero, m, &modulus, false);
    for (uint32_t k = 1; k < 200; k++) {
        const number small = number_of(k);
        check_inverse(&small, m, &modulus, true);
        check_inverse(&a, m, &modulus, true);
        a = number_sub(&a, &one);
    }
    /* Powers of 2, and numbers of ones alone; then all that is not below m. */
    number power = one;
    for (int bit = 0; bit < NUMBER_BITS; bit++) {
        const number ones = number_sub(&power, &one);
        check_inverse(&power, m, &modulus, true);
        check_inverse(&ones, m, &modulus, bit > 0 && !number_equal(&ones, m));
        const number below = number_sub(m, &power);
        check_inverse(&below, m, &modulus, !number_equal(&power, m));
        uint32_t carry;
        power = number_add(&power, &power, &carry);
    }
    check_inverse(m, m, &modulus, false);
    number above = *m;
    for (int i = 0; i < 50; i++) {
        uint32_t carry;
        above = number_add(&above, &one, &carry);
        check_inverse(&above, m, &modulus, !carry || !number_equal(&above, &zero));
    }
    const number largest = number_sub(&zero, &one);
    check_inverse(&largest, m, &modulus, !number_equal(&largest, m));
    for (int i = 0; i < rounds; i++) {
        a = random_number(m);
        check_inverse(&a, m, &modulus, !number_equal(&a, &zero));
        for (int j = 0; j < NUMBER_WORDS; j++) { /* long runs of zeros and ones */
            const uint64_t word = random_word();
            a.word[j] = word & 1 ? (uint32_t)(word >> 32) : 0 - (uint32_t)(word >> 1 & 1);
        }
        const number reduced = number_mod(&a, m);
        check_inverse(&a, m, &modulus, !number_equal(&reduced, &zero));
    }
}

/* Every number below 600 modulo every odd number below 300. */
static void check_small(void)
{
    for (uint32_t m = 3; m < 300; m += 2) {
        const number modulus = number_of(m);
        const pa_modulus256 limbs = modulus_of(&modulus);
        for (uint32_t a = 0; a < 600; a++) {
            uint64_t r[NUMBER_WORDS / 2], above = 0;
            const uint64_t words[NUMBER_WORDS / 2] = {a};
            uint32_t x = a, y = m;
            while (y != 0) {
                const uint32_t rest = x % y;
                x = y;
                y = rest;
            }
            CHECK(pa_inverse256(r, words, &limbs) == (x == 1));
            for (int i = 1; i < NUMBER_WORDS / 2; i++) {
                above |= r[i];
            }
            CHECK(r[0] < m && r[0] * a % m == (x == 1) && above == 0);
        }
    }
}

static void check_composite(void)
{
    for (int i = 0; i < 2000; i++) {
        const number zero = {{0}}, one = number_of(1), largest = number_sub(&zero, &one);
        number m = random_number(&largest), a = random_number(&largest);
        for (int j = NUMBER_WORDS - 1; j > i % NUMBER_WORDS; j--) { /* moduli of every length */
            m.word[j] = 0;
        }
        m.word[0] |= 3;
        if (i % 5 == 0) {
            a = number_sub(&zero, &m); /* of another length */
        }
        const pa_modulus256 modulus = modulus_of(&m);
        check_inverse(&a, &m, &modulus, coprime(a, m));
    }
}

int main(void)
{
#ifdef REFERENCE_P384
    check_prime(&prime, &pa_p384_prime, 10000);
    check_prime(&group_order, &pa_p384_order, 10000);
#else
    /* SEC 2 (P-256), GB/T 32918.5 (SM2), RFC 7748; least significant word first. */
    const number p256 = {{0xffffffff, 0xffffffff, 0xffffffff, 0, 0, 0, 1, 0xffffffff}};
    const number n256 = {
        {0xfc632551, 0xf3b9cac2, 0xa7179e84, 0xbce6faad, 0xffffffff, 0xffffffff, 0, 0xffffffff}};
    const number sm2_p = {
        {0xffffffff, 0xffffffff, 0, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xfffffffe}};
    const number sm2_n = {{0x39d54123, 0x53bbf409, 0x21c6052b, 0x7203df6b, 0xffffffff, 0xffffffff,
                           0xffffffff, 0xfffffffe}};
    const number p25519 = {{0xffffffed, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
                            0xffffffff, 0x7fffffff}};
    check_prime(&prime, &pa_secp256k1_prime, 25000);
    check_prime(&group_order, &pa_secp256k1_order, 25000);
    check_prime(&p256, &pa_p256_prime, 1000);
    check_prime(&n256, &pa_p256_order, 1000);
    check_prime(&sm2_p, &pa_sm2_prime, 1000);
    check_prime(&sm2_n, &pa_sm2_order, 1000);
    check_prime(&p25519, NULL, 1000);
#endif
    check_small();
    check_composite();
    return finish();
}
