/* SPDX-License-Identifier: Apache-2.0 */
/* One row by itself of P-256, or of the curve that CURVE and REFERENCE_* name, by the variant VARIANT: against schoolbook
 * points, with rows that an adversary would choose. */
#ifndef CURVE
#define CURVE p256
#define REFERENCE_P256
#endif
#ifndef VARIANT
#define VARIANT portable
#define NEEDS 0
#endif
#include "check.h"
#include "core/internal.h"
#include "core/variant_name.h"
#include "reference256.h"
#include "verify/weierstrass_singles.h"

#define NAME(function) PA_PASTED(PA_PASTED(PA_PASTED(pa_, CURVE), _##function##_single_), VARIANT)
#define GROUP PA_PASTED(PA_PASTED(pa_, CURVE), _group)

static pa_scalar scalar_of(const number *a)
{
    uint8_t bytes[NUMBER_BYTES];
    pa_scalar r;
    number_to_bytes(bytes, a);
    pa_scalar_from_bytes(&r, bytes, NUMBER_BYTES, &GROUP);
    return r;
}

static row row_of(const number *a)
{
    row r = {{0}};
    for (int i = 0; i < NUMBER_WORDS; i++) {
        r.word[i / 2] |= (uint64_t)a->word[i] << (32 * (i % 2));
    }
    return r;
}

static bool verify(const point *q, const number *u1, const number *u2, const number *r)
{
    const row key[2] = {row_of(&q->x), row_of(&q->y)};
    const pa_scalar first = scalar_of(u1), second = scalar_of(u2), wanted = scalar_of(r);
    return NAME(verify)(key, &first, &second, &wanted);
}

/* The verdict for the right abscissa modulo n, and for wrong ones. */
static void check_sum(const point *q, const number *u1, const number *u2, const point *sum)
{
    const number one = number_of(1), zero = {{0}};
    number r = zero;
    if (!sum->infinite) {
        r = number_mod(&sum->x, &group_order);
    }
    CHECK(verify(q, u1, u2, &r) == !sum->infinite);
    r = mod_add(&r, &one, &group_order);
    CHECK(!verify(q, u1, u2, &r));
    if (sum->infinite) {
        const number of_q = number_mod(&q->x, &group_order),
                     of_generator = number_mod(&generator.x, &group_order);
        CHECK(!verify(q, u1, u2, &of_q) && !verify(q, u1, u2, &of_generator));
    }
}

/* Q = k G, any k but 0. */
static void check_known(const number *k, const number *u1, const number *u2)
{
    const point q = point_mul(k, &generator);
    number of_sum = mod_mul(u2, k, &group_order);
    of_sum = mod_add(&of_sum, u1, &group_order);
    const point sum = point_mul(&of_sum, &generator);
    check_sum(&q, u1, u2, &sum);
}

/* Multipliers and keys at which the sum meets what is added to it, its opposite, or nothing. */
static void test_planted(void)
{
    const number zero = {{0}}, one = number_of(1), two = number_of(2),
                 minus_one = mod_neg(&one, &group_order), half = mod_inverse(&two, &group_order);
    number k[6] = {
        one, minus_one, two, mod_neg(&two, &group_order), half, random_number(&group_order)};
    for (int i = 0; i < 6; i++) {
        for (int j = 0; j < 8; j++) {
            const number back = mod_neg(&k[i], &group_order);
            number u2 = random_number(&group_order), u1 = zero;
            switch (j) {
            case 0: /* u1 G = -u2 Q */
                u1 = mod_mul(&u2, &back, &group_order);
                break;
            case 1: /* u1 G = u2 Q */
                u1 = mod_mul(&u2, &k[i], &group_order);
                break;
            case 2: /* the same, of single digits: Q = d G, u = d, 1 */
                u2 = one;
                u1 = k[i];
                break;
            case 3:
                u2 = one;
                u1 = back;
                break;
            case 4:
                u1 = random_number(&group_order);
                u2 = zero;
                break;
            case 5:
                break;
            case 6:
                u2 = zero;
                break;
            default: /* digits of both at every place, the same */
                u1 = u2 = number_mod(&(number){{0x11111111, 0x11111111, 0x11111111, 0x11111111}},
                                     &group_order);
            }
            check_known(&k[i], &u1, &u2);
        }
    }
    /* A sum that passes through nothing at a place in the middle: (d 2^i + e) G - d 2^i G. */
    for (int i = 12; i < NUMBER_BITS - 12; i += 33) {
        number power = one;
        for (int j = 0; j < i; j++) {
            power = mod_add(&power, &power, &group_order);
        }
        const number more = mod_add(&power, &one, &group_order),
                     back = mod_neg(&power, &group_order);
        check_known(&one, &more, &back);
        check_known(&one, &back, &more);
        check_known(&minus_one, &power, &power);
        check_known(&minus_one, &more, &power);
    }
}

/* Abscissas from n up to p: they are their r plus n. */
static void test_above_order(void)
{
    const number one = number_of(1), zero = {{0}};
    number x = group_order;
    for (int found = 0, from_top = 0; found < 6;) {
        const point q = point_lift(&x);
        if (!q.infinite) {
            check_sum(&q, &zero, &one, &q);
            const number minus = mod_neg(&one, &group_order);
            const point opposite = point_neg(&q);
            check_sum(&q, &zero, &minus, &opposite);
            found++;
            if (found == 3) {
                x = prime;
                from_top = 1;
            }
        }
        uint32_t carry;
        x = from_top ? number_sub(&x, &one) : number_add(&x, &one, &carry);
    }
    /* r + n is an abscissa of the curve, r none of it, and the other way round. */
    for (int found = 0, r = 1; found < 4; r++) {
        uint32_t carry;
        const number low = number_of((uint32_t)r), high = number_add(&low, &group_order, &carry);
        const point of_low = point_lift(&low), of_high = point_lift(&high);
        if (!of_low.infinite && of_high.infinite) {
            check_sum(&of_low, &zero, &one, &of_low);
            found++;
        } else if (of_low.infinite && !of_high.infinite) {
            check_sum(&of_high, &zero, &one, &of_high);
            found++;
        } else if (!of_low.infinite) { /* both are right for one r */
            CHECK(verify(&of_low, &zero, &one, &low) && verify(&of_high, &zero, &one, &low));
        }
    }
}

static bool decodes(const number *x, const number *y, bool odd, const point *expected)
{
    uint8_t bytes[2][NUMBER_BYTES];
    row got[2];
    number_to_bytes(bytes[0], x);
    if (y != NULL) {
        number_to_bytes(bytes[1], y);
    }
    const bool valid = NAME(decode)(got, bytes[0], y == NULL ? NULL : bytes[1], odd);
    const point *wanted = valid ? expected : &generator;
    const row rows[2] = {row_of(&wanted->x), row_of(&wanted->y)};
    CHECK(memcmp(got, rows, sizeof got) == 0);
    return valid;
}

static void test_decode(void)
{
    const number one = number_of(1), three = number_of(3);
    for (int i = 0; i < 40; i++) {
        uint32_t carry;
        const number x = i < 3    ? number_sub(&prime, &(number){{(uint32_t)i + 1}})
                         : i < 10 ? number_of((uint32_t)i - 3)
                                  : random_number(&prime);
        const point even = point_lift(&x), odd = point_neg(&even);
        CHECK(decodes(&x, NULL, false, &even) == !even.infinite);
        CHECK(decodes(&x, NULL, true, &odd) == !even.infinite);
        if (!even.infinite) {
            CHECK(decodes(&x, &even.y, true, &even) && decodes(&x, &odd.y, false, &odd));
            number y = mod_add(&even.y, &one, &prime);
            CHECK(!decodes(&x, &y, false, &even));
            CHECK(!decodes(&even.y, &x, false, &even));
            /* the same modulo p, where that fits */
            y = number_add(&even.y, &prime, &carry);
            CHECK(carry || !decodes(&x, &y, false, &even));
            y = number_add(&x, &prime, &carry);
            CHECK(carry || !decodes(&y, &even.y, false, &even));
            CHECK(carry || !decodes(&y, NULL, false, &even));
        }
    }
    const number above = number_add(&prime, &three, &(uint32_t){0});
    CHECK(!decodes(&prime, NULL, false, &generator) && !decodes(&above, NULL, true, &generator));
}

int main(void)
{
    if ((NEEDS & ~pa_cpu_features()) != 0) {
        puts("this CPU lacks what the variant needs");
        return SKIPPED;
    }
    for (int i = 0; i < 20; i++) {
        const number k = random_number(&group_order), u1 = random_number(&group_order),
                     u2 = random_number(&group_order);
        check_known(&k, &u1, &u2);
    }
    test_planted();
    test_above_order();
    test_decode();
    return finish();
}
