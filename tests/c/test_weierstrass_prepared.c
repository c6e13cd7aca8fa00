/* SPDX-License-Identifier: Apache-2.0 */
/* weierstrass_prepared.h over toy curves: the tables of every key, and every key with every pair of scalars, in blocks where each
 * lane has another row; rows that meet an exceptional addition are named, and no others, as the same additions on logarithms
 * tell. */
#define PA_DEBUG_BOUNDS 1
#ifndef TOY_P
#define TOY_P 79
#define CURVE_B 7
#define TOY_ORDER 67
#endif
#include <stdbool.h>
#include <stdint.h>

#include "check.h"
#include "field/fe_toy.h"
#include "weierstrass_toy.h"

#include "curve/weierstrass_formulas.h"

/* What is taken of weierstrass_sums.h are its inversions and digits; a row of its own sum is never made.
 * Numbers below 2^12 of the key, below 2^16 of G: enough for several representatives of each scalar. An odd number of pairs
 * leaves sums over in the steps that follow. */
#define SUMS_WIDTH 3
#define SUMS_DIGITS 4
#ifndef PREPARED_DIGITS
#define PREPARED_DIGITS 6
#endif
#define PREPARED_WIDTH 2
#define PREPARED_BASE_WIDTH 4
#define PREPARED_BASE_DIGITS 4
#define BITS (PREPARED_WIDTH * PREPARED_DIGITS)

static row no_base[2][1][2];
#if CURVE_A == 0
#define SUMS_ENDOMORPHISM 1
#define SUMS_BASE(k, i) (no_base[k][(i) * 0])
typedef struct {
    uint8_t first[SUMS_DIGITS], second[SUMS_DIGITS];
    uint16_t base[SUMS_DIGITS];
} sums_digits;
typedef struct {
    uint8_t first[PREPARED_DIGITS], second[PREPARED_DIGITS], base[PREPARED_BASE_DIGITS];
} prepared_digits;
#else
#define SUMS_ENDOMORPHISM 0
#define SUMS_BASE(i) (no_base[0][(i) * 0])
typedef struct {
    uint16_t key[SUMS_DIGITS], base[SUMS_DIGITS / 2];
} sums_digits;
typedef struct {
    uint16_t key[PREPARED_DIGITS], base[PREPARED_BASE_DIGITS];
} prepared_digits;
#endif
#include "verify/weierstrass_sums.h"

static row base_rows[PREPARED_BASE_DIGITS][1 << (PREPARED_BASE_WIDTH - 1)][2];
#define PREPARED_BASE(j, i) (base_rows[j][i])
#include "verify/weierstrass_prepared.h"

_Static_assert(2 << PREPARED_BASE_WIDTH < TOY_ORDER, "no entry is infinity");

static prepared_table tables[TOY_ORDER];

static int wrapped(int k)
{
    return (k % TOY_ORDER + TOY_ORDER) % TOY_ORDER;
}

static void store(row pair[2], int k)
{
    pair[0] = (row)points[wrapped(k)].x;
    pair[1] = (row)points[wrapped(k)].y;
}

static bool stores(const row pair[2], int k)
{
    return pair[0] == (row)points[wrapped(k)].x && pair[1] == (row)points[wrapped(k)].y;
}

static void make_tables(void)
{
    prepared_table *all[TOY_ORDER];
    for (int j = 0; j < PREPARED_BASE_DIGITS; j++) {
        for (int i = 0; i < 1 << (PREPARED_BASE_WIDTH - 1); i++) {
            store(base_rows[j][i], (2 * i + 1) * (1 << (PREPARED_BASE_WIDTH * j)));
        }
    }
    for (int key = 1; key < TOY_ORDER; key++) {
        store(tables[key][0][0], key);
        all[key - 1] = &tables[key];
    }
    /* One, a few, all that are left. */
    prepared_tables(all, 1);
    prepared_tables(all + 1, 6);
    prepared_tables(all + 7, TOY_ORDER - 8);
    for (int key = 1; key < TOY_ORDER; key++) {
        for (int j = 0; j < PREPARED_DIGITS; j++) {
            for (int i = 0; i < PREPARED_ENTRIES; i++) {
                CHECK(stores(tables[key][j][i],
                             (2 * i + 1) * (1 << (PREPARED_WIDTH * j)) % TOY_ORDER * key));
            }
        }
    }
}

/* Digits e of an odd number of size below 2^(width count); values[j] = what digit j stands for. */
static void cut(int *digits, int *values, int number, int width, int count)
{
    int rest = (number + (1 << (width * count)) - 1) / 2;
    for (int j = 0; j < count; j++, rest >>= width) {
        digits[j] = rest & ((1 << width) - 1);
        values[j] = (2 * digits[j] - (1 << width) + 1) * (1 << (width * j));
    }
    CHECK(rest == 0 && number % 2 != 0);
}

/* One row: its digits, and whether the method can do it. */
typedef struct {
    prepared_digits digits;
    int key, expected;
    bool possible;
} toy_row;

/* Two points are added, neither infinite: *ok false where their sum is exceptional. */
static int meet(bool *ok, int a, int b)
{
    *ok = *ok && wrapped(a) != wrapped(b) && wrapped(a + b) != 0;
    return wrapped(a + b);
}

/* Neighbours, a last one alone, then the first half and the second, which may be one shorter, till so many are left. */
static void add_up(int *sums, bool *ok, const int *values, int count, int to)
{
    int left = (count + 1) / 2;
    for (int i = 0; i < left; i++) {
        sums[i] =
            2 * i + 1 < count ? meet(ok, values[2 * i], values[2 * i + 1]) : wrapped(values[2 * i]);
    }
    for (; left > to; left = (left + 1) / 2) {
        for (int i = 0; i < left / 2; i++) {
            sums[i] = meet(ok, sums[i], sums[(left + 1) / 2 + i]);
        }
    }
}

/* The odd representative of u1 that `turn` says. */
static int odd_base(int u1, int turn)
{
    return (u1 % 2 ? u1 : u1 - TOY_ORDER) + (turn % 5 - 2) * 2 * TOY_ORDER;
}

#if SUMS_ENDOMORPHISM
static int lambda;

/* u1 and u2 = first + second lambda, odd, which, of their many representatives, `turn` says: digits, and the logarithm of the sum. */
static int make_sum(bool *possible, prepared_digits *made, int key, int u1, int u2, int turn)
{
    int digits[3][PREPARED_DIGITS], values[PREPARED_DIGITS], sums[3][PREPARED_DIGITS];
    const int second = 2 * (turn % 46) - 45;
    int first = wrapped(u2 - second * lambda);
    first = first % 2 ? first : first - TOY_ORDER;
    first += turn % 3 * 2 * TOY_ORDER;
    cut(digits[0], values, first, PREPARED_WIDTH, PREPARED_DIGITS);
    for (int j = 0; j < PREPARED_DIGITS; j++) {
        values[j] *= key;
    }
    add_up(sums[0], possible, values, PREPARED_DIGITS, 1);
    cut(digits[1], values, second, PREPARED_WIDTH, PREPARED_DIGITS);
    for (int j = 0; j < PREPARED_DIGITS; j++) {
        values[j] *= key;
    }
    add_up(sums[1], possible, values, PREPARED_DIGITS, 1);
    cut(digits[2], values, odd_base(u1, turn), PREPARED_BASE_WIDTH, PREPARED_BASE_DIGITS);
    add_up(sums[2], possible, values, PREPARED_BASE_DIGITS, 1);
    for (int j = 0; j < PREPARED_DIGITS; j++) {
        made->first[j] = (uint8_t)digits[0][j];
        made->second[j] = (uint8_t)digits[1][j];
    }
    for (int j = 0; j < PREPARED_BASE_DIGITS; j++) {
        made->base[j] = (uint8_t)digits[2][j];
    }
    const int of_key = meet(possible, sums[0][0], wrapped(sums[1][0] * lambda));
    return meet(possible, of_key, sums[2][0]);
}
#else
/* The same of u1 and u2. */
static int make_sum(bool *possible, prepared_digits *made, int key, int u1, int u2, int turn)
{
    int digits[PREPARED_DIGITS], base[PREPARED_BASE_DIGITS], values[PREPARED_POINTS];
    int sums[PREPARED_SUMS];
    const int odd = u2 % 2 ? u2 : u2 - TOY_ORDER;
    cut(digits, values, odd + (turn % 7 - 3) * 2 * TOY_ORDER, PREPARED_WIDTH, PREPARED_DIGITS);
    cut(base, values + PREPARED_DIGITS, odd_base(u1, turn), PREPARED_BASE_WIDTH,
        PREPARED_BASE_DIGITS);
    for (int j = 0; j < PREPARED_DIGITS; j++) {
        made->key[j] = (uint16_t)digits[j];
        values[j] *= key;
    }
    for (int j = 0; j < PREPARED_BASE_DIGITS; j++) {
        made->base[j] = (uint16_t)base[j];
    }
    add_up(sums, possible, values, PREPARED_POINTS, 2);
    return meet(possible, sums[0], sums[1]);
}
#endif

static void make_row(toy_row *made, int key, int u1, int u2, int turn)
{
    made->possible = true;
    made->key = key;
    made->expected = wrapped(u1 + u2 * key);
    CHECK(make_sum(&made->possible, &made->digits, key, u1, u2, turn) == made->expected);
}

#define BLOCK (5 * LANES)
static prepared_group groups[BLOCK / LANES];
static toy_row rows[BLOCK];
static int row_count, done, refused;

static bool lane_is(const prepared_group *group, int lane, int k)
{
    const int x = (int)(group->sum.x.lane[lane] % TOY_P);
    const int z = (int)(group->sum.z.lane[lane] % TOY_P);
    return z != 0 && x == modulo(points[k].x * z * z);
}

static void run_rows(void)
{
    const int count = (row_count + LANES - 1) / LANES;
    for (int i = 0; i < count * LANES; i++) {
        const toy_row *made = &rows[i < row_count ? i : i / LANES * LANES];
        groups[i / LANES].table[i % LANES] = (const prepared_table *)&tables[made->key];
        groups[i / LANES].digits[i % LANES] = made->digits;
    }
    prepared_run(groups, count);
    for (int i = 0; i < row_count; i++) {
        const prepared_group *group = &groups[i / LANES];
        const bool redo = mask_bits(group->redo) >> i % LANES & 1u;
        CHECK(redo == !rows[i].possible);
        CHECK(redo || lane_is(group, i % LANES, rows[i].expected));
        done += !redo;
        refused += redo;
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
    /* Another test's. */
    (void)sums_run;
    (void)sums_to_affine;
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
