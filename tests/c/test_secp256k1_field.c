/* SPDX-License-Identifier: Apache-2.0 */
/* The portable field of secp256k1 against schoolbook numbers: random values, boundaries, and the
 * laziest limbs. */
#define PA_DEBUG_BOUNDS 1
#include "check.h"
#include "field/secp256k1_portable.h"
#include "reference256.h"

/* The number that an fe stands for, modulo p, read from its limbs alone. */
static number value_of(const fe *a)
{
    number sum = {{0}};
    for (int i = 4; i >= 0; i--) {
        const uint32_t limb_words[8] = {(uint32_t)a->limb[i], (uint32_t)(a->limb[i] >> 32)};
        number limb;
        memcpy(&limb, limb_words, sizeof limb);
        const number radix = {{0, 1u << 20}};
        sum = mod_mul(&sum, &radix, &prime);
        sum = mod_add(&sum, &limb, &prime);
    }
    return sum;
}

static bool is_value(const fe *a, const number *expected)
{
    const number value = value_of(a);
    return number_equal(&value, expected);
}

static bool has_magnitude(const fe *a, uint64_t m)
{
    for (int i = 0; i < 4; i++) {
        if (a->limb[i] > 2 * m * FE_LOW_52) {
            return false;
        }
    }
    return a->limb[4] <= 2 * m * FE_LOW_48;
}

static uint64_t pick(uint64_t largest)
{
    switch (random_word() % 6) {
    case 0:
        return 0;
    case 1:
        return largest;
    case 2:
        return largest - 1;
    case 3:
        return 1;
    default:
        return random_word() % (largest + 1);
    }
}

/* An element of magnitude m whose limbs favour their bounds. */
static fe lazy(int m)
{
    fe a;
    for (int i = 0; i < 4; i++) {
        a.limb[i] = pick(2 * (uint64_t)m * FE_LOW_52);
    }
    a.limb[4] = pick(2 * (uint64_t)m * FE_LOW_48);
    return a;
}

static fe largest(int m)
{
    fe a;
    for (int i = 0; i < 4; i++) {
        a.limb[i] = 2 * (uint64_t)m * FE_LOW_52;
    }
    a.limb[4] = 2 * (uint64_t)m * FE_LOW_48;
    return a;
}

static void test_products(const fe *a, const fe *b)
{
    const number x = value_of(a), y = value_of(b);
    const number product = mod_mul(&x, &y, &prime), square = mod_mul(&x, &x, &prime);
    fe r;
    fe_mul(&r, a, b);
    CHECK(is_value(&r, &product) && has_magnitude(&r, 1));
    fe_sqr(&r, a);
    CHECK(is_value(&r, &square) && has_magnitude(&r, 1));
    r = *a;
    fe_mul(&r, &r, b);
    CHECK(is_value(&r, &product));
    r = *b;
    fe_mul(&r, a, &r);
    CHECK(is_value(&r, &product));
    r = *a;
    fe_mul(&r, &r, &r);
    CHECK(is_value(&r, &square));
}

static void test_sums(const fe *a, const fe *b, int m)
{
    const number x = value_of(a), y = value_of(b);
    number expected = mod_add(&x, &y, &prime);
    fe r;
    fe_add(&r, a, b);
    CHECK(is_value(&r, &expected) && has_magnitude(&r, 2 * (uint64_t)m));
    expected = mod_sub(&x, &y, &prime);
    fe_sub(&r, a, b, m);
    CHECK(is_value(&r, &expected) && has_magnitude(&r, 2 * (uint64_t)m + 1));
    expected = mod_neg(&x, &prime);
    fe_neg(&r, a, m);
    CHECK(is_value(&r, &expected) && has_magnitude(&r, (uint64_t)m + 1));
    const unsigned int k = (unsigned int)(FE_MAX_MAG / m);
    const number factor = number_of(k);
    expected = mod_mul(&x, &factor, &prime);
    fe_mul_small(&r, a, k);
    CHECK(is_value(&r, &expected) && has_magnitude(&r, (uint64_t)m * k));
    fe_carry(&r, a);
    CHECK(is_value(&r, &x) && has_magnitude(&r, 1));
}

static void test_canonical(const fe *a)
{
    const number x = value_of(a), zero = {{0}};
    uint8_t bytes[32], expected[32];
    unsigned char *const out[LANES] = {bytes};
    row packed;
    row *const rows[LANES] = {&packed};
    const row *const from[LANES] = {&packed};
    number_to_bytes(expected, &x);
    fe_to_rows(out, a);
    CHECK(memcmp(bytes, expected, 32) == 0);
    CHECK(mask_any(fe_is_zero(a)) == number_equal(&x, &zero));
    CHECK(mask_bits(fe_is_odd(a)) == (x.word[0] & 1));
    fe_scatter(rows, a);
    const number kept = number_from_words(packed.word);
    CHECK(number_equal(&kept, &x));
    fe r;
    fe_gather(&r, from);
    CHECK(is_value(&r, &x) && has_magnitude(&r, 1));
    CHECK(mask_any(fe_equal(&r, a)));
    fe one, other;
    fe_set_int(&one, 1);
    fe_add(&other, &r, &one);
    CHECK(!mask_any(fe_equal(&other, a)));
    fe_select(&other, mask_from_bits(1), &r, &one);
    CHECK(memcmp(&other, &r, sizeof r) == 0);
    fe_select(&other, mask_from_bits(0), &r, &one);
    CHECK(memcmp(&other, &one, sizeof r) == 0);
}

/* Multiples of p and their neighbours, in every lazy shape that a magnitude allows. */
static void test_multiples_of_p(void)
{
    const fe p = {{FE_P0, FE_LOW_52, FE_LOW_52, FE_LOW_52, FE_LOW_48}};
    fe one;
    fe_set_int(&one, 1);
    for (unsigned int k = 0; k < FE_MAX_MAG; k++) {
        fe a = {{0}};
        if (k > 0) {
            fe_mul_small(&a, &p, k);
        }
        CHECK(mask_any(fe_is_zero(&a)));
        test_canonical(&a);
        fe_add(&a, &a, &one);
        CHECK(!mask_any(fe_is_zero(&a)) && mask_any(fe_equal(&a, &one)));
        test_canonical(&a);
    }
    for (int i = 0; i < 5; i++) {
        fe a = p; /* p with a unit of one limb carried down from the next */
        if (i < 4) {
            a.limb[i] += 1ull << 52;
            a.limb[i + 1] -= 1;
            CHECK(mask_any(fe_is_zero(&a)));
            test_canonical(&a);
        }
        a = p;
        a.limb[i] ^= 1;
        CHECK(!mask_any(fe_is_zero(&a)));
        test_canonical(&a);
    }
}

static void test_powers(const fe *a)
{
    const number x = value_of(a), one = number_of(1), two = number_of(2), zero = {{0}};
    const number minus_two = number_sub(&prime, &two);
    uint32_t carry;
    number quarter = number_add(&prime, &one, &carry);
    quarter = number_half(&quarter, carry);
    quarter = number_half(&quarter, 0);
    fe r;
    number expected = mod_power(&x, &minus_two, &prime);
    fe_inv(&r, a);
    CHECK(is_value(&r, &expected) && has_magnitude(&r, 1));
    if (!number_equal(&x, &zero)) {
        const number product = mod_mul(&x, &expected, &prime);
        CHECK(number_equal(&product, &one));
    }
    expected = mod_power(&x, &quarter, &prime);
    fe_root_power(&r, a);
    CHECK(is_value(&r, &expected) && has_magnitude(&r, 1));
    const number eight = number_of(8);
    expected = mod_power(&x, &eight, &prime);
    fe_sqr_n(&r, a, 3);
    CHECK(is_value(&r, &expected));
}

/* Bytes: p - 1, p, p + 1 and the like, and what stands above p. */
static void test_bytes(void)
{
    uint8_t bytes[32];
    const unsigned char *const rows[LANES] = {bytes};
    const number one = number_of(1);
    number a = number_sub(&prime, &one);
    for (int i = 0; i < 3; i++) {
        fe r;
        mask ok;
        const number reduced = number_mod(&a, &prime);
        number_to_bytes(bytes, &a);
        fe_from_rows(&r, rows, &ok);
        CHECK(mask_any(ok) == number_below(&a, &prime));
        CHECK(is_value(&r, &reduced));
        uint32_t carry;
        a = number_add(&a, &one, &carry);
    }
    for (int i = 0; i < 200; i++) {
        for (int j = 0; j < 32; j++) {
            bytes[j] = i % 2 ? (uint8_t)(random_word() >> 50) : (uint8_t)(0 - (random_word() & 1));
        }
        const number x = number_from_bytes(bytes), reduced = number_mod(&x, &prime);
        fe r;
        mask ok;
        fe_from_rows(&r, rows, &ok);
        CHECK(mask_any(ok) == number_below(&x, &prime));
        CHECK(is_value(&r, &reduced) && has_magnitude(&r, 1));
        CHECK(mask_bits(mask_row_bit(rows, 5, 3)) == (bytes[5] >> 3 & 1u));
    }
}

int main(void)
{
    for (int m = 1; m <= FE_MUL_MAG; m++) {
        const fe top = largest(m), zero = {{0}};
        test_products(&top, &top);
        test_products(&top, &zero);
        for (int i = 0; i < 60; i++) {
            const fe a = lazy(m), b = lazy(1 + (int)(random_word() % FE_MUL_MAG));
            test_products(&a, &b);
            test_products(&b, &top);
        }
    }
    for (int m = 1; m <= FE_MAX_MAG / 2 - 1; m++) {
        const fe top = largest(m);
        test_sums(&top, &top, m);
        test_canonical(&top);
        for (int i = 0; i < 20; i++) {
            const fe a = lazy(m), b = lazy(m);
            test_sums(&a, &b, m);
            test_canonical(&a);
        }
    }
    const fe top = largest(FE_MAX_MAG);
    test_canonical(&top);
    test_multiples_of_p();
    for (int i = 0; i < 12; i++) {
        const fe a = lazy(FE_MUL_MAG);
        test_powers(&a);
    }
    const fe zero = {{0}}, p = {{FE_P0, FE_LOW_52, FE_LOW_52, FE_LOW_52, FE_LOW_48}};
    test_powers(&zero);
    test_powers(&p);
    test_bytes();
    return finish();
}
