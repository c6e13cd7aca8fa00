/* SPDX-License-Identifier: Apache-2.0 */
/* weierstrass_formulas.h and the ladder over toy curves y^2 = x^3 + a x + b of prime order: every pair of
 * points, and ECDSA for every key, every pair of scalars and every r, against tables of the affine
 * addition law on plain numbers. Built for a prime above the order and one below it, for strict and
 * lazy factors. */
#define PA_DEBUG_BOUNDS 1
#ifndef TOY_P
#define TOY_P 79
#define CURVE_B 7
#define TOY_ORDER 67
#endif
#include <string.h>

#include "check.h"
#include "field/fe_toy.h"
#include "weierstrass_toy.h"

#include "curve/weierstrass_formulas.h"
#if LANES == 1
#include "verify/secp256k1_scalar.h"
#include "verify/weierstrass_ladder.h"
#endif

/* ---- points between both worlds ----------------------------------------------------------- */

static unsigned char bytes[LANES];

static void set_lane(fe *r, int lane, int value)
{
    bytes[lane] = (unsigned char)value;
    const unsigned char *rows[LANES];
    for (int i = 0; i < LANES; i++) {
        rows[i] = &bytes[i];
    }
    mask ok;
    fe_from_rows(r, rows, &ok);
}

/* Point k[lane] in every lane, with Z = z[lane] where it is finite. */
static void set_points(curve_jacobian *r, const int k[LANES], const int z[LANES])
{
    for (int lane = 0; lane < LANES; lane++) {
        set_lane(&r->x, lane, k[lane] ? points[k[lane]].x * z[lane] * z[lane] % TOY_P : 5);
    }
    for (int lane = 0; lane < LANES; lane++) {
        set_lane(&r->y, lane,
                 k[lane] ? points[k[lane]].y * z[lane] % TOY_P * z[lane] * z[lane] % TOY_P : 3);
    }
    for (int lane = 0; lane < LANES; lane++) {
        set_lane(&r->z, lane, k[lane] ? z[lane] : 0);
    }
}

/* Lane holds point k. */
static int lane_is(const curve_jacobian *p, int lane, int k)
{
    const int x = (int)(p->x.lane[lane] % TOY_P), y = (int)(p->y.lane[lane] % TOY_P);
    const int z = (int)(p->z.lane[lane] % TOY_P);
    if (k == 0 || z == 0) {
        return k == 0 && z == 0;
    }
    return x == modulo(points[k].x * z * z) && y == modulo(modulo(points[k].y * z * z) * z);
}

/* ---- formulas ----------------------------------------------------------------------------- */

/* Two doublings of k, the sum of k and l, and what is done to a sum that was exceptional, in coordinates of ladders. */
static void test_ladder_step(const curve_jacobian *p, const int k[LANES], const curve_affine *q,
                             const int l[LANES])
{
    curve_ladder start = {.x = p->x, .z = p->z}, a, b;
    curve_jacobian r;
    fe_mul_small(&start.v, &p->y, 2);
    fe_carry(&start.v, &start.v);
    curve_ladder_double(&a, &start);
    b = a;
    curve_ladder_double(&b, &b);
    curve_ladder_end(&r, &b);
    for (int lane = 0; lane < LANES; lane++) {
        CHECK(lane_is(&r, lane, 4 * k[lane] % TOY_ORDER));
    }
    curve_ladder_add(&a, &start, q);
    curve_ladder_end(&r, &a);
    b = start;
    curve_ladder_add(&b, &b, q);
    CHECK(mask_bits(fe_equal(&a.x, &b.x)) == mask_bits(mask_from_bits(~0u)));
    CHECK(mask_bits(fe_equal(&a.v, &b.v)) == mask_bits(mask_from_bits(~0u)));
    curve_ladder_double(&b, &a);
    curve_ladder_add(&b, &b, q);
    for (int lane = 0; lane < LANES; lane++) {
        const int sum = (k[lane] + l[lane]) % TOY_ORDER;
        if (l[lane] != 0) {
            const int special = k[lane] == 0 || k[lane] == l[lane] || sum == 0;
            CHECK(special ? r.z.lane[lane] % TOY_P == 0 && b.z.lane[lane] % TOY_P == 0
                          : lane_is(&r, lane, sum));
        }
    }
    curve_ladder_from_affine(&a, q);
    curve_ladder_end(&r, &a);
    for (int lane = 0; lane < LANES; lane++) {
        CHECK(l[lane] == 0 || lane_is(&r, lane, l[lane]));
    }
}

static void test_pairs(void)
{
    for (int i = 0; i < TOY_ORDER; i++) {
        for (int j = 0; j < TOY_ORDER; j++) {
            int k[LANES], l[LANES], zk[LANES], zl[LANES], ones[LANES];
            for (int lane = 0; lane < LANES; lane++) {
                k[lane] = (i + 5 * lane) % TOY_ORDER;
                l[lane] = (j + (i + 1) * lane) % TOY_ORDER;
                zk[lane] = 1 + (3 * i + j + lane) % (TOY_P - 1);
                zl[lane] = 1 + (i + 7 * j + 2 * lane) % (TOY_P - 1);
                ones[lane] = 1;
            }
            curve_jacobian p, q, affine_q, r;
            set_points(&p, k, zk);
            set_points(&q, l, zl);
            set_points(&affine_q, l, ones);
            const curve_affine mixed_q = {affine_q.x, affine_q.y};
            const unsigned int add_failed = mask_bits(curve_add(&r, &p, &q));
            for (int lane = 0; lane < LANES; lane++) {
                const int a = k[lane], b = l[lane], sum = (a + b) % TOY_ORDER;
                const int special = a == 0 || b == 0 || a == b || sum == 0;
                CHECK((int)(add_failed >> lane & 1) == special);
                CHECK(special || lane_is(&r, lane, sum));
            }
            const unsigned int mixed_failed = mask_bits(curve_add_mixed(&r, &p, &mixed_q));
            for (int lane = 0; lane < LANES; lane++) {
                const int a = k[lane], b = l[lane], sum = (a + b) % TOY_ORDER;
                const int special = a == 0 || a == b || sum == 0;
                if (b != 0) {
                    CHECK((int)(mixed_failed >> lane & 1) == special);
                    CHECK(special || lane_is(&r, lane, sum));
                }
            }
            test_ladder_step(&p, k, &mixed_q, l);
            curve_add_complete(&r, &p, &q);
            for (int lane = 0; lane < LANES; lane++) {
                CHECK(lane_is(&r, lane, (k[lane] + l[lane]) % TOY_ORDER));
            }
            r = p;
            curve_add_complete(&r, &r, &q);
            for (int lane = 0; lane < LANES; lane++) {
                CHECK(lane_is(&r, lane, (k[lane] + l[lane]) % TOY_ORDER));
            }
            r = q;
            curve_double(&r, &r);
            for (int lane = 0; lane < LANES; lane++) {
                CHECK(lane_is(&r, lane, 2 * l[lane] % TOY_ORDER));
            }
        }
    }
}

/* No abscissa is infinity's, whatever its X, nor another point's; each is its own. */
static void test_abscissas(void)
{
    for (int k0 = 0; k0 < TOY_ORDER; k0++) {
        for (int x = 0; x < TOY_P; x++) {
            int k[LANES], z[LANES];
            fe fx;
            curve_jacobian p;
            for (int lane = 0; lane < LANES; lane++) {
                k[lane] = (k0 + lane) % TOY_ORDER;
                z[lane] = 1 + (x + 5 * lane) % (TOY_P - 1);
            }
            set_points(&p, k, z);
            fe_set_int(&fx, (unsigned int)x);
            unsigned int is = mask_bits(curve_x_is(&p, &fx));
            for (int lane = 0; lane < LANES; lane++) {
                CHECK((int)(is >> lane & 1) == (k[lane] != 0 && points[k[lane]].x == x));
            }
            fe_set_int(&p.x, 0);
            fe_set_int(&p.z, 0);
            CHECK(!mask_any(curve_x_is(&p, &fx)));
        }
    }
}

/* Every abscissa: lifted to both parities; and every (x, y) on the curve or off it. */
static void test_decoding(void)
{
    for (int x0 = 0; x0 < TOY_P; x0++) {
        int x[LANES], exists[LANES], root[LANES];
        fe fx;
        for (int lane = 0; lane < LANES; lane++) {
            x[lane] = (x0 + 11 * lane) % TOY_P;
            exists[lane] = 0;
            root[lane] = 0;
            for (int k = 1; k < TOY_ORDER; k++) {
                if (points[k].x == x[lane]) {
                    exists[lane] = 1;
                    root[lane] = points[k].y;
                }
            }
        }
        for (int lane = 0; lane < LANES; lane++) {
            set_lane(&fx, lane, x[lane]);
        }
        for (unsigned int odd = 0; odd < 2; odd++) {
            curve_affine p;
            const mask lifted = curve_lift_x(&p, &fx, mask_from_bits(0 - odd));
            for (int lane = 0; lane < LANES; lane++) {
                CHECK((int)(mask_bits(lifted) >> lane & 1) == exists[lane]);
                if (exists[lane]) {
                    const unsigned int y = p.y.lane[lane] % TOY_P;
                    CHECK((int)y == root[lane] || (int)y == TOY_P - root[lane]);
                    CHECK((y & 1) == odd);
                }
            }
        }
        for (int y = 0; y < TOY_P; y++) {
            curve_affine p = {.x = fx};
            fe_set_int(&p.y, (unsigned int)y);
            const unsigned int holds = mask_bits(curve_holds(&p));
            for (int lane = 0; lane < LANES; lane++) {
                const int on = exists[lane] && (y == root[lane] || y == TOY_P - root[lane]);
                CHECK((int)(holds >> lane & 1) == on);
            }
        }
    }
}

/* Multiples of every point, in the coordinates that they come in: x z^2, y z^3. */
static void test_multiples(void)
{
    for (int k0 = 1; k0 < TOY_ORDER; k0++) {
        int k[LANES], ones[LANES];
        for (int lane = 0; lane < LANES; lane++) {
            k[lane] = 1 + (k0 + lane) % (TOY_ORDER - 1);
            ones[lane] = 1;
        }
        curve_jacobian start;
        curve_affine multiples[CURVE_TABLE_SIZE];
        fe z;
        set_points(&start, k, ones);
        const curve_affine p = {start.x, start.y};
        curve_common_multiples(multiples, &z, &p);
        CHECK(!mask_any(fe_is_zero(&z)));
        for (int i = 0; i < CURVE_TABLE_SIZE; i++) {
            const curve_jacobian multiple = {multiples[i].x, multiples[i].y, z};
            for (int lane = 0; lane < LANES; lane++) {
                CHECK(lane_is(&multiple, lane, (2 * i + 1) * k[lane] % TOY_ORDER));
            }
        }
    }
}

/* ---- ECDSA -------------------------------------------------------------------------------- */

#if LANES == 1
static int make_digits(int16_t *digits, int value)
{
    const pa_secp256k1_half half = {{(uint64_t)(value < 0 ? -value : value), 0}, value < 0};
    return pa_secp256k1_recode(digits, LADDER_TERMS, &half, CURVE_TABLE_WIDTH);
}

/* 1, 3, .., 15 times point k. */
static void make_base(row base[CURVE_TABLE_SIZE][2], int k)
{
    for (int i = 0; i < CURVE_TABLE_SIZE; i++) {
        const affine multiple = points[(2 * i + 1) * k % TOY_ORDER];
        base[i][0] = (row)multiple.x;
        base[i][1] = (row)multiple.y;
    }
}

/* What a key's multiples are to the ladder. */
typedef struct {
    curve_affine common[2][2 * CURVE_TABLE_SIZE];
    fe z;
} key_multiples;

/* The second of them are those of lambda k where a = 0; elsewhere those of k once more, all affine. */

static void make_key(key_multiples *key, int k)
{
    const int point[LANES] = {k}, ones[LANES] = {1};
    curve_jacobian start;
    fe beta;
    set_points(&start, point, ones);
    const curve_affine p = {start.x, start.y};
    curve_common_multiples(key->common[0], &key->z, &p);
#if CURVE_A == 0
    curve_beta(&beta);
#else
    fe inverse, power;
    fe_set_int(&beta, 1);
    fe_inv(&inverse, &key->z);
    fe_sqr(&power, &inverse);
    for (int i = 0; i < CURVE_TABLE_SIZE; i++) {
        fe_mul(&key->common[0][i].x, &key->common[0][i].x, &power);
        fe_mul(&key->common[0][i].y, &key->common[0][i].y, &power);
        fe_mul(&key->common[0][i].y, &key->common[0][i].y, &inverse);
    }
#endif
    for (int i = 0; i < CURVE_TABLE_SIZE; i++) {
        fe_mul(&key->common[1][i].x, &key->common[0][i].x, &beta);
        key->common[1][i].y = key->common[0][i].y;
        for (int e = 0; e < 2; e++) {
            curve_affine *minus = &key->common[e][CURVE_TABLE_SIZE + i];
            minus->x = key->common[e][i].x;
            fe_neg(&minus->y, &key->common[e][i].y, 1);
            fe_carry(&minus->y, &minus->y);
        }
    }
}

/* u1 G + u2 Q as the real scheme forms it: u1 cut into bits, u2 = first + second lambda with signs (lambda is 1 where a is not 0).
 * Which of the many splits of u2 is taken changes with the pair, so that all meet. */
static void sum_by_ladder(curve_jacobian *sum, const row (*g)[2], const row (*shifted)[2],
                          const key_multiples *q, int u1, int u2, int lambda)
{
    int16_t digits[PA_SECP256K1_DIGITS][LADDER_TERMS] = {{0}};
    const int second = (u1 + 3 * u2) % 19 - 9;
    int first = ((u2 - second * lambda) % TOY_ORDER + TOY_ORDER) % TOY_ORDER, size = 0;
    first = u1 & 1 ? first : first - TOY_ORDER;
    const ladder_term terms[LADDER_TERMS] = {
        {.base = g}, {.base = shifted}, {.common = q->common[0]}, {.common = q->common[1]}};
    const int values[LADDER_TERMS] = {u1 % 8, u1 / 8, first, second};
    for (int t = 0; t < LADDER_TERMS; t++) {
        const int digits_size = make_digits(&digits[0][t], values[t]);
        size = digits_size > size ? digits_size : size;
    }
    ladder(sum, terms, (const int16_t(*)[LADDER_TERMS])digits, size, CURVE_A == 0 ? &q->z : NULL);
}

/* x(R) = r mod n, decided from r and r + n as far as they are below p, for all 0 < r < n. */
static void test_comparison(const curve_jacobian *sum, int k)
{
    for (int r = 1; r < TOY_ORDER; r++) {
        int matches = 0;
        for (int number = r; number < 256; number += TOY_ORDER) {
            if (number > r + TOY_ORDER) {
                break;
            }
            unsigned char byte = (unsigned char)number;
            const unsigned char *rows[LANES] = {&byte};
            fe x;
            mask below;
            fe_from_rows(&x, rows, &below);
            matches |= mask_any(mask_and(below, curve_x_is(sum, &x)));
        }
        CHECK(matches == (k != 0 && points[k].x % TOY_ORDER == r));
    }
}

static void test_ecdsa(void)
{
    row g[CURVE_TABLE_SIZE][2], shifted[CURVE_TABLE_SIZE][2];
#if CURVE_A == 0
    const int lambda = find_lambda();
    CHECK(lambda > 1 && (lambda * lambda + lambda + 1) % TOY_ORDER == 0);
#else
    const int lambda = 1;
#endif
    make_base(g, 1);
    make_base(shifted, 8);
    for (int key = 1; key < TOY_ORDER; key++) {
        key_multiples q;
        make_key(&q, key);
        for (int u1 = 0; u1 < TOY_ORDER; u1++) {
            for (int u2 = 0; u2 < TOY_ORDER; u2++) {
                const int expected = (u1 + u2 * key) % TOY_ORDER;
                curve_jacobian sum;
                sum_by_ladder(&sum, (const row(*)[2])g, (const row(*)[2])shifted, &q, u1, u2,
                              lambda);
                CHECK(lane_is(&sum, 0, expected));
                if (u2 == key || u1 == key) { /* each point many times, each r with each of them */
                    test_comparison(&sum, expected);
                }
            }
        }
    }
}
#endif

int main(void)
{
    list_points();
    test_pairs();
    test_abscissas();
    test_decoding();
    test_multiples();
#if LANES == 1
    test_ecdsa();
#endif
    return finish();
}
