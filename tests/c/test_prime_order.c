/* SPDX-License-Identifier: Apache-2.0 */
/* Scalars modulo a prime order, and their digits, against schoolbook numbers: of P-256, or of what ORDER and REFERENCE_* say. */
#ifndef ORDER
#define ORDER pa_p256_group
#define REFERENCE_P256
#endif
#include "check.h"
#include "reference256.h"
#include "verify/prime_order.h"

static pa_scalar scalar_of(const number *a)
{
    uint8_t bytes[NUMBER_BYTES];
    pa_scalar r;
    number_to_bytes(bytes, a);
    CHECK(pa_scalar_from_bytes(&r, bytes, NUMBER_BYTES, &ORDER) == number_below(a, &group_order));
    return r;
}

static bool is_scalar(const pa_scalar *a, const number *expected)
{
    uint64_t above = 0;
    for (int i = NUMBER_WORDS / 2; i < PA_ORDER_WORDS; i++) {
        above |= a->limb[i];
    }
    const number value = number_from_words(a->limb);
    return number_equal(&value, expected) && above == 0;
}

/* 0, 1, 2, n - 1, n - 2, the two in the middle, then any. */
#define EDGES 7
static number number_at(int i)
{
    const number one = number_of(1), half = number_half(&group_order, 0);
    switch (i) {
    case 3:
        return mod_neg(&one, &group_order);
    case 4:
        return mod_sub(&group_order, &one, &group_order);
    case 5:
        return half;
    case 6:
        return mod_add(&half, &one, &group_order);
    default:
        return i < EDGES ? number_of((uint32_t)i) : random_number(&group_order);
    }
}

static void test_bytes(void)
{
    uint8_t bytes[NUMBER_BYTES + 1], back[NUMBER_BYTES];
    uint32_t carry;
    pa_scalar r;
    for (int turn = 0; turn < 40; turn++) {
        /* Any number of bits, those from n on among them. */
        number a = number_at(turn);
        random_bytes(bytes, NUMBER_BYTES);
        if (turn % 2 != 0 && turn > EDGES) {
            memset(bytes, 0xff, NUMBER_BYTES / 2);
            a = number_from_bytes(bytes);
        }
        number_to_bytes(bytes, &a);
        const number reduced = number_mod(&a, &group_order);
        r = scalar_of(&a);
        CHECK(is_scalar(&r, &reduced));
        CHECK(pa_scalar_is_zero(&r) == (turn == 0));
        pa_scalar_to_bytes(back, &r, &ORDER);
        number_to_bytes(bytes, &reduced);
        CHECK(memcmp(back, bytes, NUMBER_BYTES) == 0);
        const number more = number_add(&reduced, &group_order, &carry);
        CHECK(pa_scalar_add_order(back, &r, &ORDER) == !carry);
        if (!carry) {
            number_to_bytes(bytes, &more);
        }
        CHECK(memcmp(back, bytes, NUMBER_BYTES) == 0);
    }
    /* n itself, all bits, and shorter numbers, a byte before and a byte behind them. */
    number_to_bytes(bytes, &group_order);
    CHECK(!pa_scalar_from_bytes(&r, bytes, NUMBER_BYTES, &ORDER) && pa_scalar_is_zero(&r));
    memset(bytes, 0xff, NUMBER_BYTES);
    CHECK(!pa_scalar_from_bytes(&r, bytes, NUMBER_BYTES, &ORDER));
    for (int size = 0; size < NUMBER_BYTES; size++) {
        number a = {{0}};
        random_bytes(bytes, sizeof bytes);
        for (int i = 0; i < size; i++) {
            a.word[(size - 1 - i) / 4] |= (uint32_t)bytes[1 + i] << (8 * ((size - 1 - i) % 4));
        }
        CHECK(pa_scalar_from_bytes(&r, bytes + 1, (uint64_t)size, &ORDER) && is_scalar(&r, &a));
    }
}

static void test_halves(void)
{
    const number half = number_half(&group_order, 0);
    for (int turn = 0; turn < 40; turn++) {
        const number a = number_at(turn);
        const pa_scalar r = scalar_of(&a);
        CHECK(pa_scalar_is_high(&r, &ORDER) == number_below(&half, &a));
    }
}

static void test_sums(void)
{
    for (int turn = 0; turn < EDGES * EDGES + 20; turn++) {
        const number a = number_at(turn < EDGES * EDGES ? turn / EDGES : EDGES),
                     b = number_at(turn < EDGES * EDGES ? turn % EDGES : EDGES);
        const pa_scalar x = scalar_of(&a), y = scalar_of(&b);
        const number sum = mod_add(&a, &b, &group_order), less = mod_sub(&a, &b, &group_order);
        pa_scalar r = x;
        pa_scalar_add(&r, &r, &y, &ORDER);
        CHECK(is_scalar(&r, &sum));
        r = y;
        pa_scalar_add(&r, &x, &r, &ORDER);
        CHECK(is_scalar(&r, &sum));
        r = x;
        pa_scalar_sub(&r, &r, &y, &ORDER);
        CHECK(is_scalar(&r, &less));
        r = y;
        pa_scalar_sub(&r, &x, &r, &ORDER);
        CHECK(is_scalar(&r, &less));
    }
}

static void test_divide(void)
{
    static const int counts[] = {1, 2, EDGES * EDGES, PA_SCALAR_DIVIDE, PA_SCALAR_DIVIDE + 3};
    static pa_scalar u1[PA_SCALAR_DIVIDE + 3], u2[PA_SCALAR_DIVIDE + 3], d[PA_SCALAR_DIVIDE + 3];
    static number first[PA_SCALAR_DIVIDE + 3], second[PA_SCALAR_DIVIDE + 3],
        by[PA_SCALAR_DIVIDE + 3];
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        for (int i = 0; i < counts[c]; i++) {
            first[i] = number_at(i % (EDGES + 1));
            second[i] = number_at(i / EDGES % (EDGES + 1));
            by[i] = number_at(1 + i % EDGES);
            u1[i] = scalar_of(&first[i]);
            u2[i] = scalar_of(&second[i]);
            d[i] = scalar_of(&by[i]);
        }
        pa_scalar_divide(u1, u2, d, counts[c], &ORDER);
        for (int i = 0; i < counts[c]; i++) {
            number value;
            for (int k = 0; k < 2; k++) { /* quotient times divisor */
                const pa_scalar *u = k == 0 ? &u1[i] : &u2[i];
                value = number_from_words(u->limb);
                CHECK(number_below(&value, &group_order));
                value = mod_mul(&value, &by[i], &group_order);
                CHECK(number_equal(&value, k == 0 ? &first[i] : &second[i]));
            }
        }
    }
}

/* sum 2^(w j) (2 digits[j] - (2^w - 1)) */
static number value_of(const uint16_t *digits, int count, int width)
{
    const number all = number_of((1u << width) - 1);
    number sum = {{0}};
    for (int j = count - 1; j >= 0; j--) {
        const number e = number_of(digits[j]);
        CHECK(digits[j] < 1u << width);
        for (int i = 0; i < width; i++) {
            sum = mod_add(&sum, &sum, &group_order);
        }
        sum = mod_add(&sum, &e, &group_order);
        sum = mod_add(&sum, &e, &group_order);
        sum = mod_sub(&sum, &all, &group_order);
    }
    return sum;
}

static void check_digits(const uint16_t *digits, int count, int width, const number *expected)
{
    const number sum = value_of(digits, count, width);
    CHECK(number_equal(&sum, expected));
}

static void test_digits(void)
{
    const int words = NUMBER_WORDS / 2;
    for (int turn = 0; turn < 30; turn++) {
        const number a = number_at(turn), b = number_at(turn % 2 ? EDGES : turn / 2);
        const pa_scalar u1 = scalar_of(&a), u2 = scalar_of(&b);
        uint16_t digits[2 * NUMBER_BITS];
        for (int width = 2; width <= 16; width++) {
            const int count = (NUMBER_BITS + width - 1) / width + turn % 2;
            pa_scalar_digits(digits, count, width, &u1, &ORDER);
            check_digits(digits, count, width, &a);
        }
        pa_order_sums_digits sums;
        pa_order_sums_digits_of(&sums, &u1, &u2, &ORDER);
        check_digits(sums.key, PA_ORDER_SUMS_DIGITS(words), PA_ORDER_SUMS_WIDTH, &b);
        check_digits(sums.base, PA_ORDER_SUMS_BASE_DIGITS(words), 2 * PA_ORDER_SUMS_WIDTH, &a);
        pa_order_prepared_digits prepared;
        pa_order_prepared_digits_of(&prepared, &u1, &u2, &ORDER);
        check_digits(prepared.key, PA_ORDER_SUMS_DIGITS(words), PA_ORDER_SUMS_WIDTH, &b);
        check_digits(prepared.base, 8 * words, 8, &a);
    }
}

/* Non-adjacent forms: digits odd and short, far enough apart, and their sum; every length of runs. */
static void test_recode(void)
{
    const number zero = {{0}}, all = number_sub(&zero, &(number){{1}});
    for (int turn = 0; turn < 400; turn++) {
        number a = number_at(turn < EDGES ? turn : EDGES);
        if (turn >= 50) { /* runs of ones, of every length from anywhere, and what is beside them */
            a = turn < 200 ? all : zero;
            const int from = (int)(random_word() % NUMBER_BITS), size = 1 + turn % NUMBER_BITS;
            for (int bit = from; bit < from + size && bit < NUMBER_BITS; bit++) {
                a.word[bit / 32] ^= 1u << (bit % 32);
            }
            a = number_mod(&a, &group_order);
        }
        const pa_scalar scalar = scalar_of(&a);
        for (int width = 2; width <= 15; width++) {
            int16_t digits[PA_ORDER_RECODED(PA_ORDER_WORDS)][3] = {{0}};
            const int size = pa_scalar_recode(&digits[0][1], 3, &scalar, width);
            int last = -width;
            number sum = zero;
            CHECK(size <= PA_ORDER_RECODED(NUMBER_WORDS / 2));
            CHECK(size == 0 ? turn == 0 : digits[size - 1][1] != 0);
            for (int i = 0; i < PA_ORDER_RECODED(PA_ORDER_WORDS); i++) {
                const int digit = digits[i][1];
                CHECK(digits[i][0] == 0 && digits[i][2] == 0);
                if (digit != 0) {
                    CHECK(i < size && digit % 2 != 0 && i - last >= width);
                    CHECK(digit < 1 << (width - 1) && digit > -(1 << (width - 1)));
                    last = i;
                }
            }
            for (int i = size - 1; i >= 0; i--) {
                const int digit = digits[i][1];
                const number magnitude = number_of((uint32_t)(digit < 0 ? -digit : digit));
                sum = mod_add(&sum, &sum, &group_order);
                sum = digit < 0 ? mod_sub(&sum, &magnitude, &group_order)
                                : mod_add(&sum, &magnitude, &group_order);
            }
            CHECK(number_equal(&sum, &a));
        }
    }
}

int main(void)
{
    const point whole = point_mul(&group_order, &generator);
    CHECK(whole.infinite);
    test_bytes();
    test_halves();
    test_sums();
    test_divide();
    test_digits();
    test_recode();
    return finish();
}
