/* SPDX-License-Identifier: Apache-2.0 */
/* weierstrass_sums.h over toy curves: every key with every pair of scalars, in blocks where each lane has another row; rows that
 * meet an exceptional addition are named, and no others, as the same additions on logarithms tell. */
#define PA_DEBUG_BOUNDS 1
#ifndef TOY_P
#define TOY_P 79
#define CURVE_B 7
#define TOY_ORDER 67
#endif
#include <stdint.h>

#include "check.h"
#include "field/fe_toy.h"
#include "weierstrass_toy.h"

#include "curve/weierstrass_formulas.h"

/* Digits of w and 2 w bits: all numbers are odd and below 2^(w J), enough for several representatives of each scalar. */
#ifndef SUMS_WIDTH
#define SUMS_WIDTH 3
#endif
#ifndef SUMS_DIGITS
#define SUMS_DIGITS 4
#endif
#define BITS (SUMS_WIDTH * SUMS_DIGITS)

#if CURVE_A == 0
#define SUMS_ENDOMORPHISM 1
typedef struct {
    uint8_t first[SUMS_DIGITS], second[SUMS_DIGITS];
    uint16_t base[SUMS_DIGITS];
} sums_digits;
#else
#define SUMS_ENDOMORPHISM 0
typedef struct {
    uint16_t key[SUMS_DIGITS], base[(SUMS_DIGITS + 1) / 2];
} sums_digits;
#endif

#define BASE_ENTRIES (1 << (2 * SUMS_WIDTH - 1))
static row base_rows[2][BASE_ENTRIES][2];
static int base_logarithms[2];
#if SUMS_ENDOMORPHISM
#define SUMS_BASE(k, i) (base_rows[k][i])
#else
#define SUMS_BASE(i) (base_rows[0][i])
#endif

#define BLOCK (5 * LANES)
#include "verify/weierstrass_sums.h"

_Static_assert(2 * BASE_ENTRIES - 1 < TOY_ORDER, "no entry is infinity");

static row key_rows[TOY_ORDER][2];

static int wrapped(int k)
{
    return (k % TOY_ORDER + TOY_ORDER) % TOY_ORDER;
}

static void make_tables(void)
{
    base_logarithms[0] = 1;
    base_logarithms[1] = wrapped(1 << BITS);
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < BASE_ENTRIES; i++) {
            const affine *p = &points[wrapped((2 * i + 1) * base_logarithms[k])];
            base_rows[k][i][0] = (row)p->x;
            base_rows[k][i][1] = (row)p->y;
        }
    }
    for (int k = 1; k < TOY_ORDER; k++) {
        key_rows[k][0] = (row)points[k].x;
        key_rows[k][1] = (row)points[k].y;
    }
}

/* digits[i], -2^w < digit < 2^w, all odd, of an odd number below 2^(w count). */
static void cut(int *digits, int number, int width, int count)
{
    for (int i = 0; i < count; i++) {
        int digit = number & ((2 << width) - 1); /* modulo 2^(w + 1) */
        digit = i == count - 1 ? number : digit - (1 << width);
        digits[i] = digit;
        number = (number - digit) >> width;
    }
    CHECK(number == 0 && digits[count - 1] < 1 << width && digits[count - 1] > -(1 << width));
}

/* Two points are added, neither infinite: false where their sum is exceptional. */
static int meet(int *sum, int a, int b)
{
    *sum = wrapped(a + b);
    return a != b && *sum != 0;
}

/* One row: its digits, and whether the method can do it. */
typedef struct {
    sums_digits digits;
    int key, expected, possible;
} toy_row;

static unsigned int encoded(int digit, int width)
{
    return (unsigned int)(digit + (1 << width) - 1) / 2;
}

/* The odd representative of u1 that `turn` says. */
static int odd_base(int u1, int turn)
{
    return (u1 % 2 ? u1 : u1 + TOY_ORDER) + turn % 5 * 2 * TOY_ORDER;
}

#if SUMS_ENDOMORPHISM
static int lambda;

/* u1 and u2 = first + second lambda, odd, which, of their many representatives, `turn` says: their digits, and the logarithms of
 * the terms they make. False where a term is exceptional. */
static int make_terms(int terms[SUMS_DIGITS], sums_digits *made, int key, int u1, int u2, int turn)
{
    int digits[3][SUMS_DIGITS], ok = 1;
    const int second = 2 * (turn % 46) - 45; /* any odd number */
    int first = wrapped(u2 - second * lambda);
    first = first % 2 ? first : first - TOY_ORDER;
    first += turn % 3 * 2 * TOY_ORDER;
    cut(digits[0], first, SUMS_WIDTH, SUMS_DIGITS);
    cut(digits[1], second, SUMS_WIDTH, SUMS_DIGITS);
    cut(digits[2], odd_base(u1, turn), 2 * SUMS_WIDTH, SUMS_DIGITS);
    for (int j = 0; j < SUMS_DIGITS; j++) {
        made->first[j] = (uint8_t)encoded(digits[0][j], SUMS_WIDTH);
        made->second[j] = (uint8_t)encoded(digits[1][j], SUMS_WIDTH);
        made->base[j] = (uint16_t)encoded(digits[2][j], 2 * SUMS_WIDTH);
    }
    for (int j = 0; j < SUMS_DIGITS; j++) {
        ok &= meet(&terms[j], wrapped(digits[0][j] * key), wrapped(digits[1][j] * lambda * key));
        if (j % 2 == 0) {
            int both;
            ok &= meet(&both, wrapped(digits[2][j / 2] * base_logarithms[0]),
                       wrapped(digits[2][SUMS_HALF + j / 2] * base_logarithms[1]));
            ok = ok && meet(&terms[j], terms[j], both);
        }
    }
    return ok;
}
#else
/* The same of u1 and u2. */
static int make_terms(int terms[SUMS_DIGITS], sums_digits *made, int key, int u1, int u2, int turn)
{
    int digits[SUMS_DIGITS], base[SUMS_HALF], ok = 1;
    const int odd = u2 % 2 ? u2 : u2 - TOY_ORDER;
    cut(digits, odd + (turn % 7 - 3) * 2 * TOY_ORDER, SUMS_WIDTH, SUMS_DIGITS);
    cut(base, odd_base(u1, turn), 2 * SUMS_WIDTH, SUMS_HALF);
    for (int j = 0; j < SUMS_DIGITS; j++) {
        made->key[j] = (uint16_t)encoded(digits[j], SUMS_WIDTH);
        terms[j] = wrapped(digits[j] * key);
        if (j % 2 == 0) {
            made->base[j / 2] = (uint16_t)encoded(base[j / 2], 2 * SUMS_WIDTH);
            ok &= meet(&terms[j], terms[j], wrapped(base[j / 2]));
        }
    }
    return ok;
}
#endif

static void make_row(toy_row *made, int key, int u1, int u2, int turn)
{
    int terms[SUMS_DIGITS], ok = make_terms(terms, &made->digits, key, u1, u2, turn);
    int sum = terms[SUMS_DIGITS - 1];
    for (int j = SUMS_DIGITS - 2; ok && j >= 0; j--) {
        ok = meet(&sum, wrapped(sum << SUMS_WIDTH), terms[j]);
    }
    made->key = key;
    made->expected = wrapped(u1 + u2 * key);
    made->possible = ok;
    CHECK(!ok || sum == made->expected);
}

static int lane_is(const sums_group *group, int lane, int k, int affine_too)
{
    const int x = (int)(group->sum.x.lane[lane] % TOY_P);
    const int y = (int)(group->sum.y.lane[lane] % TOY_P);
    const int z = affine_too ? 1 : (int)(group->sum.z.lane[lane] % TOY_P);
    return z != 0 && x == modulo(points[k].x * z * z) &&
           y == modulo(modulo(points[k].y * z * z) * z);
}

static sums_group groups[BLOCK / LANES];
static toy_row rows[BLOCK];
static int row_count, done, refused;

static void run_rows(void)
{
    const int count = (row_count + LANES - 1) / LANES;
    for (int i = 0; i < count * LANES; i++) {
        const toy_row *made = &rows[i < row_count ? i : i / LANES * LANES];
        groups[i / LANES].key[i % LANES] = key_rows[made->key];
        groups[i / LANES].digits[i % LANES] = made->digits;
    }
    sums_run(groups, count);
    for (int affine_too = 0; affine_too < 2; affine_too++) {
        for (int i = 0; i < row_count; i++) {
            const sums_group *group = &groups[i / LANES];
            const int redo = (int)(mask_bits(group->redo) >> i % LANES & 1u);
            CHECK(redo == !rows[i].possible);
            CHECK(redo || lane_is(group, i % LANES, rows[i].expected, affine_too));
        }
        if (!affine_too) {
            sums_to_affine(groups, count);
        }
    }
    for (int i = 0; i < row_count; i++) {
        done += rows[i].possible;
        refused += !rows[i].possible;
    }
    row_count = 0;
}

int main(void)
{
    list_points();
#if SUMS_ENDOMORPHISM
    lambda = find_lambda();
#endif
    make_tables();
    int turn = 0;
    for (int key = 1; key < TOY_ORDER; key++) {
        for (int u1 = 0; u1 < TOY_ORDER; u1++) {
            for (int u2 = 0; u2 < TOY_ORDER; u2++, turn++) {
                make_row(&rows[row_count++], key, u1, u2, turn);
                /* Blocks of all sizes. */
                if (row_count == BLOCK || turn % 29 == 0) {
                    run_rows();
                }
            }
        }
    }
    run_rows();
    printf("%d rows added, %d refused\n", done, refused);
    CHECK(done > 10 * TOY_ORDER && refused > 10 * TOY_ORDER);
    return finish();
}
