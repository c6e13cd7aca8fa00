/* SPDX-License-Identifier: Apache-2.0 */
/* Scalars modulo the order of secp256k1, their splits and digits, against schoolbook numbers. What variants do for many rows
 * is tested of the table that SCALARS names. */
#include "check.h"
#include "core/internal.h"
#include "reference256.h"
#include "verify/secp256k1_scalar.h"
#ifndef SCALARS
#define SCALARS pa_secp256k1_scalars_portable
#define NEEDS 0
#endif

static const number lambda = {{0x1b23bd72, 0xdf02967c, 0x20816678, 0x122e22ea, 0x8812645a,
                               0xa5261c02, 0xc05c30e0, 0x5363ad4c}};

static pa_secp256k1_scalar scalar_of(const number *a)
{
    uint8_t bytes[32];
    pa_secp256k1_scalar r;
    number_to_bytes(bytes, a);
    pa_secp256k1_scalar_from_bytes(&r, bytes);
    return r;
}

static bool is_scalar(const pa_secp256k1_scalar *a, const number *expected)
{
    const number value = number_from_words(a->limb);
    return number_equal(&value, expected);
}

/* The half modulo n. */
static number half_value(const pa_secp256k1_half *half)
{
    const uint64_t words[4] = {half->limb[0], half->limb[1], 0, 0};
    const number magnitude = number_from_words(words);
    return half->negative ? mod_neg(&magnitude, &group_order) : magnitude;
}

static void test_digits(const pa_secp256k1_half *half, int width)
{
    int16_t digits[PA_SECP256K1_DIGITS] = {0};
    const int size = pa_secp256k1_recode(digits, 1, half, width);
    const number expected = half_value(half);
    number sum = {{0}};
    int last = PA_SECP256K1_DIGITS + width, sound = 1;
    for (int i = PA_SECP256K1_DIGITS - 1; i >= 0; i--) {
        const int digit = digits[i];
        sum = mod_add(&sum, &sum, &group_order);
        if (digit != 0) {
            const number magnitude = number_of((uint32_t)(digit < 0 ? -digit : digit));
            sum = digit < 0 ? mod_sub(&sum, &magnitude, &group_order)
                            : mod_add(&sum, &magnitude, &group_order);
            sound &= digit % 2 != 0 && magnitude.word[0] < 1u << (width - 1) && last - i >= width;
            sound &= i < size;
            last = i;
        }
    }
    CHECK(sound);
    CHECK(size == 0 || digits[size - 1] != 0);
    CHECK(number_equal(&sum, &expected));
}

static void test_splits(const number *a)
{
    const pa_secp256k1_scalar scalar = scalar_of(a);
    pa_secp256k1_half first, second;
    const number shift = {{0, 0, 0, 0, 1}};
    pa_secp256k1_scalar_split_lambda(&first, &second, &scalar);
    number sum = half_value(&second), value = half_value(&first);
    sum = mod_mul(&sum, &lambda, &group_order);
    sum = mod_add(&sum, &value, &group_order);
    CHECK(number_equal(&sum, a));
    for (int width = 2; width <= 12; width += 2) {
        test_digits(&first, width);
        test_digits(&second, width);
    }
    pa_secp256k1_scalar_split_bits(&first, &second, &scalar);
    CHECK(!first.negative && !second.negative);
    sum = half_value(&second);
    value = half_value(&first);
    sum = mod_mul(&sum, &shift, &group_order);
    sum = mod_add(&sum, &value, &group_order);
    CHECK(number_equal(&sum, a));
    test_digits(&first, 10);
    test_digits(&second, 10);
}

static void test_one(const number *a, const number *b)
{
    const pa_secp256k1_scalar x = scalar_of(a), y = scalar_of(b);
    const number zero = {{0}}, one = number_of(1);
    pa_secp256k1_scalar r;
    CHECK(is_scalar(&x, a));
    const number product = mod_mul(a, b, &group_order);
    pa_secp256k1_scalar_mul(&r, &x, &y);
    CHECK(is_scalar(&r, &product));
    r = x;
    pa_secp256k1_scalar_mul(&r, &r, &r);
    const number square = mod_mul(a, a, &group_order);
    CHECK(is_scalar(&r, &square));
    CHECK(pa_secp256k1_scalar_is_zero(&x) == number_equal(a, &zero));

    pa_secp256k1_scalar_add(&r, &x, &y);
    const number total = mod_add(a, b, &group_order);
    CHECK(is_scalar(&r, &total));
    /* (z0 + z1 lambda) a, both words two's complement: of any number, and of the least and greatest. */
    for (int i = 0; i < 4; i++) {
        const uint64_t edge = i == 1 ? UINT64_C(1) << 63 : i == 2 ? UINT64_MAX : INT64_MAX;
        const uint64_t z[2] = {i == 0 ? y.limb[0] : edge, i == 0 ? y.limb[1] : edge};
        number part[2];
        for (int k = 0; k < 2; k++) {
            const uint64_t words[4] = {z[k] >> 63 ? 0 - z[k] : z[k], 0, 0, 0};
            part[k] = number_from_words(words);
            part[k] = z[k] >> 63 ? mod_neg(&part[k], &group_order) : part[k];
        }
        number weight = mod_mul(&part[1], &lambda, &group_order);
        weight = mod_add(&weight, &part[0], &group_order);
        weight = mod_mul(&weight, a, &group_order);
        pa_secp256k1_scalar_weigh(&r, z, &x);
        CHECK(is_scalar(&r, &weight));
    }

    /* High: n - a is smaller than a. */
    const number negative = mod_neg(a, &group_order);
    CHECK(pa_secp256k1_scalar_is_high(&x) == number_below(&negative, a));

    uint8_t bytes[32] = {0}, expected[32];
    uint32_t carry;
    const number sum = number_add(a, &group_order, &carry);
    number_to_bytes(expected, &sum);
    CHECK(pa_secp256k1_scalar_add_order(bytes, &x) == !carry);
    CHECK(carry || memcmp(bytes, expected, 32) == 0);
    number_to_bytes(expected, a);
    pa_secp256k1_scalar_to_bytes(bytes, &x);
    CHECK(memcmp(bytes, expected, 32) == 0);

    if (!number_equal(a, &zero) && !number_equal(b, &zero)) {
        pa_secp256k1_scalar values[3] = {x, y, x}, scratch[3];
        pa_secp256k1_scalar_invert_many(values, scratch, 3);
        const number inverses[3] = {number_from_words(values[0].limb),
                                    number_from_words(values[1].limb),
                                    number_from_words(values[2].limb)};
        const number back = mod_mul(&inverses[0], a, &group_order);
        const number also_back = mod_mul(&inverses[1], b, &group_order);
        CHECK(number_equal(&back, &one) && number_equal(&also_back, &one));
        CHECK(number_equal(&inverses[0], &inverses[2]));
    }
    test_splits(a);
}

/* Numbers from n up are reduced, and said to be. */
static void test_bytes(void)
{
    uint8_t bytes[32];
    number a = group_order;
    const number one = number_of(1);
    a = number_sub(&a, &one);
    for (int i = 0; i < 4; i++) {
        pa_secp256k1_scalar r;
        const number reduced = number_mod(&a, &group_order);
        number_to_bytes(bytes, &a);
        CHECK(pa_secp256k1_scalar_from_bytes(&r, bytes) == number_below(&a, &group_order));
        CHECK(is_scalar(&r, &reduced));
        uint32_t carry;
        a = number_add(&a, &one, &carry);
    }
    pa_secp256k1_scalar r;
    memset(bytes, 0xff, 32);
    a = number_from_bytes(bytes);
    a = number_mod(&a, &group_order);
    CHECK(!pa_secp256k1_scalar_from_bytes(&r, bytes) && is_scalar(&r, &a));
}

/* ---- many rows ------------------------------------------------------------------------------ */

#define ROWS_MOST 300
static number pool[ROWS_MOST];

/* value = value 2^width + 2 e - (2^width - 1) */
static void take_digit(number *value, uint32_t e, int width)
{
    const number digit = number_of(2 * e), most = number_of((1u << width) - 1);
    for (int i = 0; i < width; i++) {
        *value = mod_add(value, value, &group_order);
    }
    *value = mod_add(value, &digit, &group_order);
    *value = mod_sub(value, &most, &group_order);
}

/* The halves' digits are those of the other kind, which are checked. */
static void check_prepared_digits(const pa_secp256k1_prepared_digits *digits,
                                  const pa_secp256k1_sums_digits *others, const number *u1)
{
    number sum = {{0}};
    CHECK(memcmp(digits->first, others->first, sizeof others->first) == 0);
    CHECK(memcmp(digits->second, others->second, sizeof others->second) == 0);
    for (int j = 31; j >= 0; j--) {
        take_digit(&sum, digits->base[j], 8);
    }
    CHECK(number_equal(&sum, u1));
}

static void check_digits(const pa_secp256k1_sums_digits *digits, const number *u1, const number *u2)
{
    number first = {{0}}, second = {{0}}, low = {{0}}, high = {{0}};
    const number shift = {{0, 0, 0, 0, 1}};
    bool in_range = true, padded = true;
    for (int j = PA_SECP256K1_SUMS_DIGITS - 1; j >= 0; j--) {
        in_range &= digits->first[j] < 32 && digits->second[j] < 32 && digits->base[j] < 1024;
        take_digit(&first, digits->first[j], 5);
        take_digit(&second, digits->second[j], 5);
    }
    for (int j = PA_SECP256K1_SUMS_DIGITS / 2 - 1; j >= 0; j--) {
        take_digit(&low, digits->base[j], 10);
        take_digit(&high, digits->base[PA_SECP256K1_SUMS_DIGITS / 2 + j], 10);
    }
    for (int j = PA_SECP256K1_SUMS_DIGITS; j < 32; j++) {
        padded &= digits->first[j] == 0 && digits->second[j] == 0 && digits->base[j] == 0;
    }
    CHECK(in_range && padded);
    second = mod_mul(&second, &lambda, &group_order);
    second = mod_add(&second, &first, &group_order);
    high = mod_mul(&high, &shift, &group_order);
    high = mod_add(&high, &low, &group_order);
    CHECK(number_equal(&second, u2));
    CHECK(number_equal(&high, u1));
}

/* Rows `first` .. `first` + count of the pool, the others beside them left alone: both by the table, and
 * as the portable one has it. */
static void check_rows(int first, int count)
{
    static pa_secp256k1_scalar u1[ROWS_MOST + 1], u2[ROWS_MOST + 1], d[ROWS_MOST + 1];
    static pa_secp256k1_scalar other1[ROWS_MOST + 1], other2[ROWS_MOST + 1];
    static pa_secp256k1_sums_digits digits[ROWS_MOST + 1], others[ROWS_MOST + 1];
    static pa_secp256k1_prepared_digits prepared[ROWS_MOST + 1], other_prepared[ROWS_MOST + 1];
    pa_secp256k1_sums_digits *to[ROWS_MOST], *to_others[ROWS_MOST];
    pa_secp256k1_prepared_digits *to_prepared[ROWS_MOST], *to_other_prepared[ROWS_MOST];
    const number one = number_of(1), zero = {{0}};
    memset(digits, 0xa5, sizeof digits);
    memset(others, 0xa5, sizeof others);
    memset(u1, 0xa5, sizeof u1);
    memset(u2, 0xa5, sizeof u2);
    for (int i = 0; i < count; i++) {
        const number *divisor = &pool[(first + 2 * i + 7) % ROWS_MOST];
        u1[i] = scalar_of(&pool[(first + i) % ROWS_MOST]);
        u2[i] = scalar_of(&pool[(first + 3 * i + 1) % ROWS_MOST]);
        d[i] = scalar_of(number_equal(divisor, &zero) ? &one : divisor);
        to[i] = &digits[i];
        to_others[i] = &others[i];
        to_prepared[i] = &prepared[i];
        to_other_prepared[i] = &other_prepared[i];
    }
    memset(prepared, 0xa5, sizeof prepared);
    memset(other_prepared, 0xa5, sizeof other_prepared);
    SCALARS.prepared_digits(to_prepared, u1, u2, count);
    pa_secp256k1_scalars_portable.prepared_digits(to_other_prepared, u1, u2, count);
    CHECK(memcmp(prepared, other_prepared, sizeof prepared) == 0);
    memcpy(other1, u1, sizeof u1);
    memcpy(other2, u2, sizeof u2);
    SCALARS.digits(to, u1, u2, count);
    pa_secp256k1_scalars_portable.digits(to_others, u1, u2, count);
    CHECK(memcmp(digits, others, sizeof digits) == 0);
    SCALARS.divide(u1, u2, d, count);
    pa_secp256k1_scalars_portable.divide(other1, other2, d, count);
    CHECK(memcmp(u1, other1, sizeof u1) == 0);
    CHECK(memcmp(u2, other2, sizeof u2) == 0);
    for (int i = 0; i < count; i++) {
        const number x = number_from_words(u1[i].limb), y = number_from_words(u2[i].limb);
        const number divisor = number_from_words(d[i].limb);
        const number *was1 = &pool[(first + i) % ROWS_MOST];
        const number *was2 = &pool[(first + 3 * i + 1) % ROWS_MOST];
        const number back1 = mod_mul(&x, &divisor, &group_order);
        const number back2 = mod_mul(&y, &divisor, &group_order);
        CHECK(number_equal(&back1, was1) && number_below(&x, &group_order));
        CHECK(number_equal(&back2, was2) && number_below(&y, &group_order));
        check_digits(&digits[i], was1, was2);
        check_prepared_digits(&prepared[i], &digits[i], was1);
    }
}

/* Small numbers, and numbers near n, lambda, multiples of the lattice and where its quotients are rounded; what is
 * left of the pool is drawn. */
static void fill_pool(int round)
{
    const number one = number_of(1), a = {{0x9284eb15, 0xe86c90e4, 0xa7d46bcd, 0x3086d221}};
    const number b = {{0x0abfe4c3, 0x6f547fa9, 0x010e8828, 0xe4437ed6}};
    const number half = number_half(&group_order, 0);
    for (int i = 0; i < ROWS_MOST; i++) {
        number x = random_number(&group_order);
        const number factor = number_of((uint32_t)(random_word() >> 34));
        const int kind = (i + round) % 24;
        if (kind < 3) {
            x = number_of((uint32_t)i / 3);
        } else if (kind < 5) {
            const number small = number_of((uint32_t)i / 3);
            x = mod_neg(&small, &group_order);
        } else if (kind < 7) {
            x = mod_mul(&a, &factor, &group_order);
        } else if (kind < 9) {
            x = mod_mul(&b, &factor, &group_order);
        } else if (kind < 11) {
            x = mod_mul(&lambda, &factor, &group_order);
        } else if (kind == 11) {
            x = half;
        } else if (kind == 12) {
            const uint64_t word = random_word();
            for (int j = 0; j < 8; j++) {
                x.word[j] =
                    word >> (2 * j) & 1 ? 0 - (uint32_t)(word >> (2 * j + 1) & 1) : x.word[j];
            }
            x = number_mod(&x, &group_order);
        } else if (kind == 13) { /* near a power of 2 */
            const int bit = (int)(random_word() >> 56);
            x = (number){{0}};
            x.word[bit / 32] = 1u << (bit % 32);
        }
        if (kind >= 5 && kind < 14) {
            const uint64_t by = random_word() >> 62;
            x = by == 1   ? mod_add(&x, &one, &group_order)
                : by == 2 ? mod_sub(&x, &one, &group_order)
                : by == 3 ? mod_neg(&x, &group_order)
                          : x;
        }
        pool[i] = x;
    }
}

static void test_rows(void)
{
    for (int round = 0; round < 40; round++) {
        fill_pool(round);
        check_rows(round, round % 4 == 0 ? ROWS_MOST : 1 + (int)(random_word() % ROWS_MOST));
    }
    for (int count = 0; count < 40; count++) {
        check_rows(count, count);
    }
}

int main(void)
{
    if ((pa_cpu_features() & NEEDS) != NEEDS) {
        puts("not on this CPU");
        return SKIPPED;
    }
    test_rows();
    enum { EDGES = 16 };
    const number one = number_of(1);
    const number half = number_half(&group_order, 0); /* (n - 1) / 2 */
    number edges[EDGES] = {{{0}}, one, number_of(2), number_of(0xffff), half, lambda};
    uint32_t carry;
    edges[6] = number_add(&half, &one, &carry);
    edges[7] = number_sub(&group_order, &one);
    edges[8] = mod_mul(&lambda, &lambda, &group_order);
    edges[9] = mod_neg(&lambda, &group_order);
    edges[10] = (number){{0, 0, 0, 0, 1}};                                  /* 2^128 */
    edges[11] = (number){{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}}; /* 2^128 - 1 */
    edges[12] = (number){
        {0, 0, 0, 0, 0xffffffff, 0xffffffff, 0xffffffff, 0x7fffffff}}; /* halves 0, 2^127 - 1 */
    edges[13] = number_sub(&prime, &group_order);                      /* r + n < p below it */
    edges[14] = (number){{0, 0, 0, 0, 0, 0, 0, 0x80000000}};
    edges[15] = (number){{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xfffffffd, 0xffffffff,
                          0xffffffff, 0xffffffff}};
    for (int i = 0; i < EDGES; i++) {
        for (int j = 0; j < EDGES; j++) {
            if (i == j || j < 3 || i < 3) {
                test_one(&edges[i], &edges[j]);
            }
        }
    }
    for (int i = 0; i < 150; i++) {
        const number a = random_number(&group_order), b = random_number(&group_order);
        test_one(&a, &b);
    }
    for (int i = 0; i < 200; i++) {
        const pa_secp256k1_half wide = {
            {i % 3 ? random_word() : UINT64_MAX, i % 5 ? random_word() : UINT64_MAX}, i % 2};
        for (int width = 2; width <= 12; width++) {
            test_digits(&wide, width);
        }
    }
    test_bytes();
    return finish();
}
