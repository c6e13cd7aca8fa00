/* SPDX-License-Identifier: Apache-2.0 */
/* A variant of a field, the one that FIELD names, against schoolbook numbers modulo the prime of reference256.h, every lane:
 * random values, boundaries, and the laziest limbs. A program: it has main. */
#ifndef PA_TEST_PRIME_FIELD_CHECKS_H
#define PA_TEST_PRIME_FIELD_CHECKS_H

#define PA_DEBUG_BOUNDS 1
#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "core/bytes.h"
#include "core/internal.h"
#include "reference256.h"

#include "prime_field_elements.h"

/* ---- checks --------------------------------------------------------------------------------- */

static void test_products(const fe *a, const fe *b)
{
    number x[LANES], y[LANES], product[LANES], square[LANES];
    values_of(x, a);
    values_of(y, b);
    for (int lane = 0; lane < LANES; lane++) {
        product[lane] = mod_mul(&x[lane], &y[lane], &prime);
        square[lane] = mod_mul(&x[lane], &x[lane], &prime);
    }
    fe r;
    fe_mul(&r, a, b);
    CHECK(is_product(&r, product));
    fe_sqr(&r, a);
    CHECK(is_product(&r, square));
    r = *a;
    fe_mul(&r, &r, b);
    CHECK(is_product(&r, product));
    r = *b;
    fe_mul(&r, a, &r);
    CHECK(is_product(&r, product));
    r = *a;
    fe_mul(&r, &r, &r);
    CHECK(is_product(&r, square));
    r = *a;
    fe_sqr(&r, &r);
    CHECK(is_product(&r, square));
}

/* Factors that may be larger than others beside small ones. */
static void test_beside(const fe *a, const fe *b)
{
    number product[LANES];
    for (int lane = 0; lane < LANES; lane++) {
        const number x = value_of(a, lane), y = value_of(b, lane);
        product[lane] = mod_mul(&x, &y, &prime);
    }
    fe r;
    fe_mul(&r, a, b);
    CHECK(is_product(&r, product));
    fe_mul(&r, b, a);
    CHECK(is_product(&r, product));
}

static void test_sums(const fe *a, const fe *b, int m)
{
    const unsigned int k = (unsigned int)(FE_MAX_MAG / m);
    fe sum, difference, negative, carried, multiple;
    fe_add(&sum, a, b);
    fe_sub(&difference, a, b, m);
    fe_neg(&negative, a, m);
    fe_carry(&carried, a);
    for (int lane = 0; lane < LANES; lane++) {
        const number x = value_of(a, lane), y = value_of(b, lane);
        number expected = mod_add(&x, &y, &prime);
        CHECK(is_value(&sum, lane, &expected) && has_magnitude(&sum, lane, 2 * m));
        expected = mod_sub(&x, &y, &prime);
        CHECK(is_value(&difference, lane, &expected) &&
              has_magnitude(&difference, lane, 2 * m + 1));
        expected = mod_neg(&x, &prime);
        CHECK(is_value(&negative, lane, &expected) && has_magnitude(&negative, lane, m + 1));
        CHECK(is_value(&carried, lane, &x) && has_magnitude(&carried, lane, 1));
    }
    for (unsigned int j = 1; j <= k; j++) {
        fe_mul_small(&multiple, a, j);
        for (int lane = 0; lane < LANES; lane++) {
            const number x = value_of(a, lane), small = number_of(j);
            const number expected = mod_mul(&x, &small, &prime);
            CHECK(is_value(&multiple, lane, &expected) &&
                  has_magnitude(&multiple, lane, m * (int)j));
        }
    }
    fe r = *a;
    fe_sub(&r, &r, b, m);
    CHECK(memcmp(&r, &difference, sizeof r) == 0);
    r = *b;
    fe_sub(&r, a, &r, m);
    CHECK(memcmp(&r, &difference, sizeof r) == 0);
}

/* A factor, which may have no other use: that number in every lane, by a product with 1. */
static bool is_factor(const fe *a, const number expected[LANES])
{
    fe unit, r;
    fe_set_int(&unit, 1);
    fe_mul(&r, a, &unit);
    return is_product(&r, expected);
}

/* The sum is a x y + b x^2 + c x in every lane, as a factor and carried. */
static void check_raw(const fe_raw *sum, int m, const fe *x, const fe *y, const int k[3])
{
    number values[LANES];
    fe r;
    for (int lane = 0; lane < LANES; lane++) {
        const number factors[3] = {value_of(y, lane), value_of(x, lane), number_of(1)};
        number expected = {{0}};
        for (int i = 0; i < 3; i++) {
            const number small = number_of((uint32_t)abs(k[i]));
            number term = mod_mul(&factors[i], &small, &prime);
            term = k[i] < 0 ? mod_neg(&term, &prime) : term;
            expected = mod_add(&expected, &term, &prime);
        }
        values[lane] = mod_mul(&expected, &factors[1], &prime);
    }
    fe_reduce(&r, sum, m);
    CHECK(is_factor(&r, values));
    fe_raw_factor(&r, sum, m, 1);
    CHECK(is_factor(&r, values));
    fe_settle(&r, &r);
    CHECK(is_number(&r, values, FE_SETTLED_MAG));
    fe_raw_carry(&r, sum, m, 1);
    CHECK(is_product(&r, values));
}

/* Sums of products, carried once, as far above and below 0 as a magnitude of 8 can be. */
static void test_raw(const fe *x, const fe *y)
{
    fe_raw product, square, plain, zero, t;
    fe carried;
    fe_set_int(&carried, 0);
    fe_raw_from(&zero, &carried);
    fe_carry(&carried, x);
    fe_raw_from(&plain, &carried);
    fe_raw_mul(&product, x, y);
    check_raw(&product, 1, x, y, (int[3]){1, 0, 0});
    fe_raw_sqr(&square, x);
    check_raw(&square, 1, x, y, (int[3]){0, 1, 0});
    fe_raw_add(&t, &product, &square);
    fe_raw_sub(&t, &t, &plain, 1);
    fe_raw_sub(&t, &t, &square, 1);
    check_raw(&t, 6, x, y, (int[3]){1, 0, -1});
    fe_raw_sub(&t, &plain, &square, 1);
    check_raw(&t, 3, x, y, (int[3]){0, -1, 1});
    fe_raw_add(&t, &product, &product);
    fe_raw_add(&t, &t, &t);
    fe_raw_sub(&t, &t, &square, 1);
    check_raw(&t, 6, x, y, (int[3]){4, -1, 0});
    fe_raw_add(&t, &product, &product);
    fe_raw_add(&t, &t, &t);
    fe_raw_add(&t, &t, &t);
    check_raw(&t, 8, x, y, (int[3]){8, 0, 0});
    fe_raw_add(&t, &square, &square);
    fe_raw_add(&t, &t, &t);
    fe_raw_add(&t, &t, &product);
    fe_raw_add(&t, &t, &product);
    fe_raw_sub(&t, &zero, &t, 6);
    check_raw(&t, 8, x, y, (int[3]){-2, -4, 0});
}

#ifdef FE_TOP_TIMES
/* Sums whose highest word is all but enough for a carry, of every top word and with the least and the largest below it. */
static void test_folds(void)
{
    for (int top = -8; top <= 8; top++) {
        for (int apart = -9; apart <= 9; apart++) {
            for (int bits = 0; bits < 8; bits++) {
                fe_raw sum = {.top = top};
                one limbs;
                for (int i = 0; i < 3; i++) {
                    sum.word[i] = bits >> i & 1 ? UINT64_MAX : 0;
                }
                sum.word[3] = 0 - ((uint64_t)top << 32) + (uint64_t)apart;
                memcpy(limbs.limb, sum.word, sizeof limbs);
                const fe low = of_lanes(&limbs);
                const number above = power_of_two(256 - FE_FORM_BITS);
                const number times = number_of((uint32_t)abs(top));
                number expected = value_of(&low, 0), high = mod_mul(&above, &times, &prime);
                high = top < 0 ? mod_neg(&high, &prime) : high;
                expected = mod_add(&expected, &high, &prime);
                fe r;
                fe_raw_carry(&r, &sum, 8, 1);
                CHECK(is_value(&r, 0, &expected));
            }
        }
    }
}
#endif

/* Products, and sums of them down to the least that a magnitude allows, times a small number. */
static void test_times(const fe *x, const fe *y)
{
    fe_raw product, zero, t;
    fe r;
    fe_set_int(&r, 0);
    fe_raw_from(&zero, &r);
    fe_raw_mul(&product, x, y);
    for (unsigned int k = 1; k <= 4; k++) {
        const number small = number_of(k);
        number products[LANES], squares[LANES], negatives[LANES];
        for (int lane = 0; lane < LANES; lane++) {
            const number a = value_of(x, lane), b = value_of(y, lane);
            products[lane] = mod_mul(&a, &b, &prime);
            products[lane] = mod_mul(&products[lane], &small, &prime);
            squares[lane] = mod_mul(&a, &a, &prime);
            squares[lane] = mod_mul(&squares[lane], &small, &prime);
            negatives[lane] = mod_neg(&products[lane], &prime);
        }
        fe_mul_times(&r, x, y, k);
        CHECK(is_product(&r, products));
        fe_sqr_times(&r, x, k);
        CHECK(is_product(&r, squares));
        fe_mul_factor(&r, x, y, k);
        CHECK(is_factor(&r, products));
        fe_settle(&r, &r);
        CHECK(is_number(&r, products, FE_SETTLED_MAG));
        fe_sqr_factor(&r, x, k);
        CHECK(is_factor(&r, squares));
        fe_settle(&r, &r);
        CHECK(is_number(&r, squares, FE_SETTLED_MAG));
        fe_raw_carry(&r, &product, 8 / (int)k, k);
        CHECK(is_product(&r, products));
        t = zero;
        if (k <= 2) {
            fe_raw_sub(&t, &zero, &product, 1);
            fe_raw_carry(&r, &t, 3, k);
            CHECK(is_product(&r, negatives));
        }
    }
    fe_raw_add(&t, &product, &product);
    fe_raw_sub(&t, &zero, &t, 2);
    fe_raw_carry(&r, &t, 4, 2);
    for (int lane = 0; lane < LANES; lane++) {
        const number a = value_of(x, lane), b = value_of(y, lane), small = number_of(4);
        number expected = mod_mul(&a, &b, &prime);
        expected = mod_mul(&expected, &small, &prime);
        expected = mod_neg(&expected, &prime);
        CHECK(is_value(&r, lane, &expected) && has_magnitude(&r, lane, 1));
    }
}

/* Sums and differences that are factors at once, of each other too. */
static void test_norms(const fe *a, const fe *b)
{
    fe sum, difference, beside, twice_beside, r, raw_r;
    fe_raw raw, other;
    number ups[LANES], downs[LANES], twice_downs[LANES], product[LANES], square[LANES];
    fe_add_norm(&sum, a, b);
    fe_sub_norm(&difference, a, b);
    for (int lane = 0; lane < LANES; lane++) {
        const number x = value_of(a, lane), y = value_of(b, lane);
        const number up = mod_add(&x, &y, &prime), down = mod_sub(&x, &y, &prime);
        ups[lane] = up;
        downs[lane] = down;
        twice_downs[lane] = mod_add(&down, &down, &prime);
        product[lane] = mod_mul(&up, &down, &prime);
        square[lane] = mod_mul(&down, &down, &prime);
    }
    CHECK(is_factor(&sum, ups) && is_factor(&difference, downs));
    fe_sub_beside(&beside, a, b, 1);
    fe_raw_from(&raw, a);
    fe_raw_from(&other, b);
    fe_raw_sub(&raw, &raw, &other, 1);
    fe_raw_beside(&twice_beside, &raw, 3, 2, 1);
    CHECK(is_factor(&beside, downs) && is_factor(&twice_beside, twice_downs));
    const unsigned int up_zero = mask_bits(fe_factor_is_zero(&sum)),
                       down_zero = mask_bits(fe_factor_is_zero(&difference));
    CHECK(mask_bits(fe_factor_is_zero(&beside)) == down_zero);
    for (int lane = 0; lane < LANES; lane++) {
        const number none = {{0}};
        CHECK((up_zero >> lane & 1u) == number_equal(&ups[lane], &none));
        CHECK((down_zero >> lane & 1u) == number_equal(&downs[lane], &none));
    }
    fe_mul(&r, &sum, &difference);
    CHECK(is_product(&r, product));
    fe_sqr(&r, &difference);
    CHECK(is_product(&r, square));
    fe_raw_mul(&raw, &sum, &difference);
    fe_raw_carry(&raw_r, &raw, 1, 1);
    CHECK(is_product(&raw_r, product));
}

static void test_canonical(const fe *a)
{
    _Alignas(16) uint8_t bytes[LANES][NUMBER_BYTES];
    row packed[LANES];
    unsigned char *out[LANES];
    row *to[LANES];
    const row *from[LANES];
    for (int lane = 0; lane < LANES; lane++) {
        out[lane] = bytes[lane];
        to[lane] = &packed[lane];
        from[lane] = &packed[lane];
    }
    fe_to_rows(out, a);
    fe r, unit, other;
    fe_carry(&r, a);
    fe_scatter_any(to, &r);
    fe_gather(&r, from);
    const mask any = fe_equal(&r, a);
    fe_scatter(to, a);
    fe_gather(&r, from);
    fe_set_int(&unit, 1);
    fe_add(&other, &r, &unit);
    const unsigned int all = mask_bits(mask_from_bits(~0u));
    const unsigned int zeros = mask_bits(fe_is_zero(a)), odd = mask_bits(fe_is_odd(a));
    CHECK(mask_bits(any) == all);
    CHECK(mask_bits(fe_equal(&r, a)) == all && mask_bits(fe_equal(a, &r)) == all);
    CHECK(!mask_any(fe_equal(&other, a)) && !mask_any(fe_equal(a, &other)));
    for (int lane = 0; lane < LANES; lane++) {
        const number x = value_of(a, lane), zero = {{0}};
        uint8_t expected[NUMBER_BYTES];
        number_to_bytes(expected, &x);
        CHECK(memcmp(bytes[lane], expected, NUMBER_BYTES) == 0);
        CHECK((zeros >> lane & 1) == number_equal(&x, &zero));
        CHECK((odd >> lane & 1) == (x.word[0] & 1));
#ifdef FE_LIMBS
        number kept;
        memcpy(&kept, &packed[lane], sizeof kept);
#else
        const number kept = number_from_words(packed[lane].word);
#endif
        const number own = limbs_of(a, lane);
        CHECK(number_equal(&kept, &own));
        CHECK(is_value(&r, lane, &x) && has_magnitude(&r, lane, 1));
        fe chosen;
        fe_select(&chosen, mask_from_bits(1u << lane), a, &unit);
        for (int i = 0; i < LANES; i++) {
            const one got = lane_of(&chosen, i), wanted = lane_of(i == lane ? a : &unit, i);
            CHECK(memcmp(&got, &wanted, sizeof got) == 0);
        }
    }
}

/* x in every lane, as it is. */
static fe gathered(const number *x)
{
    row packed;
    const row *rows[LANES];
    fe r;
#ifdef FE_LIMBS
    memcpy(&packed, x, sizeof packed);
#else
    for (int i = 0; i < NUMBER_WORDS / 2; i++) {
        packed.word[i] = (uint64_t)x->word[2 * i + 1] << 32 | x->word[2 * i];
    }
#endif
    for (int lane = 0; lane < LANES; lane++) {
        rows[lane] = &packed;
    }
    fe_gather(&r, rows);
    return r;
}

static fe the_prime(void)
{
    return gathered(&prime);
}

/* Plain numbers and numbers of tables, any of so many bits, into the field's form, and back. */
static void test_form(const number *x)
{
    const number reduced = number_mod(x, &prime);
    const fe plain = gathered(x);
    fe r;
    fe_enter(&r, &plain);
    for (int lane = 0; lane < LANES; lane++) {
        CHECK(is_value(&r, lane, &reduced) && has_magnitude(&r, lane, 1));
    }
    fe_leave(&r, &r);
    for (int lane = 0; lane < LANES; lane++) {
        const number left = limbs_of(&r, lane);
        CHECK(number_equal(&left, &reduced) && has_magnitude(&r, lane, 1));
    }
    fe_from_table(&r, &plain);
#ifdef FE_HAS_FORM
    const number unit = power_of_two(-TABLE_BITS), wanted = mod_mul(&reduced, &unit, &prime);
#else
    const number wanted = reduced;
#endif
    for (int lane = 0; lane < LANES; lane++) {
        CHECK(is_value(&r, lane, &wanted) && has_magnitude(&r, lane, 2));
    }
}

static void test_forms(void)
{
    const number zero = {{0}}, unit = number_of(1), top = number_sub(&zero, &unit);
    number x = zero;
    for (int i = 0; i < 20; i++) {
        uint32_t carry;
        test_form(&x);
        x = i == 9 ? number_sub(&prime, &unit) : i == 14 ? top : number_add(&x, &unit, &carry);
    }
    for (int i = 0; i < 50; i++) {
        x = random_number(&top);
        test_form(&x);
    }
    for (int i = 0; i < 20; i++) { /* of any magnitude that a factor may have */
        const fe a = lazy(FE_MUL_MAG);
        fe r;
        fe_leave(&r, &a);
        fe_carry(&r, &r);
        for (int lane = 0; lane < LANES; lane++) {
            const number left = limbs_of(&r, lane), wanted = value_of(&a, lane);
            CHECK(number_equal(&left, &wanted));
        }
    }
}

/* Multiples of p and their neighbours, in every lazy shape that a magnitude allows; lane by lane, beside values that are none. */
static void test_multiples_of_p(void)
{
    const fe p = the_prime();
    fe unit;
    fe_set_int(&unit, 1);
    for (unsigned int k = 0; k < FE_MAX_MAG; k++) {
        fe a, b;
        fe_set_int(&a, 0);
        if (k > 0) {
            fe_mul_small(&a, &p, k);
        }
        CHECK(mask_bits(fe_is_zero(&a)) == mask_bits(mask_from_bits(~0u)));
        test_canonical(&a);
        fe_add(&b, &a, &unit);
        CHECK(!mask_any(fe_is_zero(&b)) &&
              mask_bits(fe_equal(&b, &unit)) == mask_bits(mask_from_bits(~0u)));
        test_canonical(&b);
        for (int lane = 0; lane < LANES; lane++) {
            fe mixed;
            fe_select(&mixed, mask_from_bits(1u << lane), &a, &b);
            CHECK(mask_bits(fe_is_zero(&mixed)) == 1u << lane);
        }
    }
    for (int i = 0; i < LIMBS; i++) {
        one lanes[LANES];
        for (int lane = 0; lane < LANES; lane++) {
            lanes[lane] = lane_of(&p, lane);
            if (RADIX < 64 && i + 1 < LIMBS && lanes[lane].limb[i + 1] > 0) {
                /* a unit of one limb carried down from the next */
                lanes[lane].limb[i] += (limb_word)1 << RADIX % 64;
                lanes[lane].limb[i + 1] -= 1;
            }
        }
        fe a = of_lanes(lanes);
        CHECK(mask_bits(fe_is_zero(&a)) == mask_bits(mask_from_bits(~0u)));
        test_canonical(&a);
        for (int lane = 0; lane < LANES; lane++) {
            lanes[lane] = lane_of(&p, lane);
            lanes[lane].limb[i] ^= 1;
        }
        a = of_lanes(lanes);
        CHECK(!mask_any(fe_is_zero(&a)));
        test_canonical(&a);
    }
}

static void test_powers(const fe *a)
{
    const number unit = number_of(1), two = number_of(2), eight = number_of(8);
    const number minus_two = number_sub(&prime, &two);
    uint32_t carry;
    number quarter = number_add(&prime, &unit, &carry);
    quarter = number_half(&quarter, carry);
    quarter = number_half(&quarter, 0);
    fe inverse, root, eighth;
    fe_inv(&inverse, a);
    fe_root_power(&root, a);
    fe_sqr_n(&eighth, a, 3);
    for (int lane = 0; lane < LANES; lane++) {
        const number x = value_of(a, lane), zero = {{0}};
        number expected = mod_power(&x, &minus_two, &prime);
        CHECK(is_value(&inverse, lane, &expected) && has_magnitude(&inverse, lane, 1));
        if (!number_equal(&x, &zero)) {
            const number product = mod_mul(&x, &expected, &prime);
            CHECK(number_equal(&product, &unit));
        }
        expected = mod_power(&x, &quarter, &prime);
        CHECK(is_value(&root, lane, &expected) && has_magnitude(&root, lane, 1));
        expected = mod_power(&x, &eight, &prime);
        CHECK(is_value(&eighth, lane, &expected) && has_magnitude(&eighth, lane, 1));
    }
}

/* bytes in one lane, zeros in the others. */
static void test_row(const uint8_t bytes[NUMBER_BYTES])
{
    static int lane;
    _Alignas(16) const uint8_t zeros[NUMBER_BYTES] = {0};
    const unsigned char *rows[LANES];
    const number x = number_from_bytes(bytes), reduced = number_mod(&x, &prime);
    fe r;
    mask ok;
    lane = (lane + 1) % LANES;
    for (int i = 0; i < LANES; i++) {
        rows[i] = i == lane ? bytes : zeros;
    }
    fe_from_rows(&r, rows, &ok);
    CHECK(mask_bits(ok) == ((mask_bits(mask_from_bits(~0u)) & ~(1u << lane)) |
                            (unsigned int)number_below(&x, &prime) << lane));
    CHECK(is_value(&r, lane, &reduced) && has_magnitude(&r, lane, 1));
    for (int bit = 0; bit < NUMBER_BITS; bit++) {
        CHECK(mask_bits(mask_row_bit(rows, bit / 8, bit % 8)) ==
              ((unsigned int)bytes[bit / 8] >> bit % 8 & 1u) << lane);
    }
}

/* 0, 1, p - 3 .. p + 3, the largest and what stands above p, at random. */
static void test_bytes(void)
{
    _Alignas(16) uint8_t bytes[NUMBER_BYTES] = {0};
    test_row(bytes);
    bytes[NUMBER_BYTES - 1] = 1;
    test_row(bytes);
    memset(bytes, 0xff, NUMBER_BYTES);
    test_row(bytes);
    const number three = number_of(3), unit = number_of(1);
    number a = number_sub(&prime, &three);
    for (int i = 0; i < 7; i++) {
        uint32_t carry;
        for (int lane = 0; lane < LANES; lane++) {
            number_to_bytes(bytes, &a);
            test_row(bytes);
        }
        a = number_add(&a, &unit, &carry);
    }
    for (int i = 0; i < 200; i++) {
        for (int j = 0; j < NUMBER_BYTES; j++) {
            bytes[j] = i % 2 ? (uint8_t)(random_word() >> 50) : (uint8_t)(0 - (random_word() & 1));
        }
        test_row(bytes);
        uint64_t w[NUMBER_WORDS / 2];
        const number x = number_from_bytes(bytes), reduced = number_mod(&x, &prime);
        for (int j = 0; j < NUMBER_WORDS / 2; j++) {
            w[j] = (uint64_t)x.word[2 * j + 1] << 32 | x.word[2 * j];
        }
        fe r;
        SET_WORDS(&r, w);
        for (int lane = 0; lane < LANES; lane++) {
            CHECK(is_value(&r, lane, &reduced) && has_magnitude(&r, lane, 1));
        }
    }
}

#ifdef FE_LANE_WORDS
/* Lanes apart and together again. */
static void test_lanes(void)
{
    fe in[4], out[4], r;
    uint64_t words[LANES][4 * FE_LANE_WORDS];
    uint64_t *to[LANES];
    const uint64_t *from[LANES];
    for (int i = 0; i < 4; i++) {
        in[i] = i == 0 ? largest(1) : lazy(1);
    }
    for (int lane = 0; lane < LANES; lane++) {
        to[lane] = words[lane];
        from[lane] = words[(lane + 1) % LANES];
    }
    fe_store_four(to, &in[0], &in[1], &in[2], &in[3]);
    fe_load_four(&out[0], &out[1], &out[2], &out[3], from);
    for (int i = 0; i < 4; i++) {
        for (int lane = 0; lane < LANES; lane++) {
            const number wanted = value_of(&in[i], (lane + 1) % LANES);
            CHECK(is_value(&out[i], lane, &wanted) && has_magnitude(&out[i], lane, 1));
        }
        for (int from_lane = 0; from_lane < LANES; from_lane++) {
            const number wanted = value_of(&in[i], from_lane);
            fe_broadcast(&r, words[from_lane] + i * FE_LANE_WORDS);
            for (int lane = 0; lane < LANES; lane++) {
                CHECK(is_value(&r, lane, &wanted) && has_magnitude(&r, lane, 1));
            }
        }
#if LANES > 1
        for (int j = 0; j < 4; j++) {
            fe_spread(&r, &in[i], j);
            for (int lane = 0; lane < LANES; lane++) {
                const one got = lane_of(&r, lane), wanted = lane_of(&in[i], lane / 4 * 4 + j);
                CHECK(memcmp(&got, &wanted, sizeof got) == 0);
            }
        }
#endif
    }
}
#endif

#ifdef FE_HAS_WORDS
/* Words in lanes, of one group: both halves of products of 52 bits. */
static void test_words(void)
{
    uint64_t in[3][GROUP][4], out[GROUP][4];
    fe_word word[3][4];
    for (int round = 0; round < 200; round++) {
        for (int k = 0; k < 3; k++) {
            const void *rows[GROUP];
            for (int lane = 0; lane < GROUP; lane++) {
                for (int i = 0; i < 4; i++) {
                    in[k][lane][i] = k < 2 ? pick((UINT64_C(1) << 52) - 1) : random_word() >> 2;
                }
                rows[lane] = in[k][lane];
            }
            fe_words_load(word[k], rows);
        }
        for (int high = 0; high < 2; high++) {
            void *rows[GROUP];
            fe_word sum[4];
            for (int i = 0; i < 4; i++) {
                const fe_factor x = fe_factor_of(word[0][i]), y = fe_factor_of(word[1][i]);
                sum[i] =
                    high ? fe_word_add_high(word[2][i], x, y) : fe_word_add_low(word[2][i], x, y);
            }
            for (int lane = 0; lane < GROUP; lane++) {
                rows[lane] = out[lane];
            }
            fe_words_store(rows, sum);
            for (int lane = 0; lane < GROUP; lane++) {
                for (int i = 0; i < 4; i++) {
                    const pa_u128 product = (pa_u128)in[0][lane][i] * in[1][lane][i];
                    const uint64_t half = high ? (uint64_t)(product >> 52)
                                               : (uint64_t)product & ((UINT64_C(1) << 52) - 1);
                    CHECK(out[lane][i] == in[2][lane][i] + half);
                }
            }
        }
    }
}
#endif

int main(void)
{
#ifdef FE_LIMBS
    (void)c_global_id; /* of kernels, which are none here */
#endif
    if ((NEEDS & ~pa_cpu_features()) != 0) {
        puts("this CPU lacks what the variant needs");
        return 77;
    }
    const fe_state begun = fe_begin();
    fe zero;
    fe_set_int(&zero, 0);
    for (int m = 1; m <= FE_MUL_MAG; m++) {
        const fe top = largest(m);
        test_products(&top, &top);
        test_products(&top, &zero);
        test_raw(&top, &top);
        test_times(&top, &top);
        test_raw(&top, &zero);
        test_raw(&zero, &top);
        for (int i = 0; i < 60; i++) {
            const fe a = lazy(m), b = lazy(1 + (int)(random_word() % FE_MUL_MAG));
            test_products(&a, &b);
            test_products(&b, &top);
            test_raw(&a, &b);
            test_times(&a, &b);
            test_raw(&b, &top);
        }
    }
    for (int m = 1; m <= FE_BESIDE_MAG; m++) {
        const int n = FE_BESIDE_MAG / m;
        const fe top = largest(m), other_top = largest(n);
        test_beside(&top, &other_top);
        for (int i = 0; i < 20; i++) {
            const fe a = lazy(m), b = lazy(n);
            test_beside(&a, &b);
            test_beside(&top, &b);
            test_beside(&a, &other_top);
        }
    }
    for (int m = 1; m <= FE_MAX_MAG; m++) {
        const fe top = largest(m);
        test_canonical(&top);
        for (int i = 0; i < 20; i++) {
            const fe a = lazy(m), b = lazy(m);
            if (2 * m + 1 <= FE_MAX_MAG) {
                test_sums(&a, &b, m);
                test_sums(&top, &b, m);
                test_sums(&b, &top, m);
            }
            test_canonical(&a);
        }
    }
    for (int i = 0; i < 100; i++) {
        const fe a = i % 10 == 0   ? largest(1)
                     : i % 10 == 1 ? zero
                                   : lazy(1),
                 b = i % 10 < 2    ? lazy(1)
                     : i % 10 == 2 ? zero
                     : i % 10 == 3 ? largest(1)
                                   : lazy(1);
        fe negative;
        fe_neg(&negative, &b, 1);
        fe_carry(&negative, &negative);
        test_norms(&a, &b);
        test_norms(&b, &b);
        test_norms(&b, &negative);
    }
    test_multiples_of_p();
    for (int i = 0; i < 4 + 8 / LANES; i++) {
        const fe a = lazy(FE_MUL_MAG);
        test_powers(&a);
    }
    const fe p = the_prime();
    test_powers(&zero);
    test_powers(&p);
    for (int k = 0; k <= 0xffff; k += 257) {
        const number wanted = number_of((uint32_t)k);
        fe r;
        fe_set_int(&r, (unsigned int)k);
        for (int lane = 0; lane < LANES; lane++) {
            CHECK(is_value(&r, lane, &wanted) && has_magnitude(&r, lane, 1));
        }
    }
    test_bytes();
    test_forms();
#ifdef FE_TOP_TIMES
    test_folds();
#endif
#ifdef FE_LANE_WORDS
    test_lanes();
#endif
#ifdef FE_HAS_WORDS
    test_words();
#endif
    fe_end(begun);
    return finish();
}

#endif
