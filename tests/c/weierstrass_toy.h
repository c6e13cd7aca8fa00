/* SPDX-License-Identifier: Apache-2.0 */
/* Toy curves y^2 = x^3 + a x + b of prime order, walked by the affine addition law on plain numbers. Define TOY_P, CURVE_A where
 * it is not 0, CURVE_B and TOY_ORDER, and include check.h and the toy field first. */
#ifndef PA_TEST_WEIERSTRASS_TOY_H
#define PA_TEST_WEIERSTRASS_TOY_H

#ifndef CURVE_A
#define CURVE_A 0
#endif

/* Index 0 is infinity, index k is k G. */
typedef struct {
    int x, y;
} affine;

static affine points[TOY_ORDER];

static int modulo(int a)
{
    return (a % TOY_P + TOY_P) % TOY_P;
}

static int inverse_of(int a)
{
    int r = 1;
    while (modulo(a * r) != 1) {
        r++;
    }
    return r;
}

/* Walks from G until infinity, which must come after TOY_ORDER steps. */
static void list_points(void)
{
    int slope;
    affine g = {0, 0}, p;
    for (g.x = 0; g.x < TOY_P && g.y == 0; g.x++) {
        for (int y = 1; y < TOY_P && g.y == 0; y++) {
            g.y = modulo(y * y - g.x * (g.x * g.x + CURVE_A) - CURVE_B) == 0 ? y : 0;
        }
    }
    g.x--;
    p = g;
    points[1] = g;
    for (int k = 2; k < TOY_ORDER; k++) {
        if (p.x == g.x) {
            CHECK(p.y == g.y);
            slope = modulo((3 * p.x * p.x + CURVE_A) * inverse_of(modulo(2 * p.y)));
        } else {
            slope = modulo((p.y - g.y) * inverse_of(modulo(p.x - g.x)));
        }
        const int x = modulo(slope * slope - p.x - g.x);
        p = (affine){x, modulo(slope * (p.x - x) - p.y)};
        points[k] = p;
    }
    CHECK(p.x == g.x && p.y == modulo(-g.y));
}

#if CURVE_A == 0
/* A cube root of 1, but not 1. */
FE_FN void curve_beta(fe *r)
{
    unsigned int root = 2;
    while (root * root * root % TOY_P != 1) {
        root++;
    }
    fe_set_int(r, root);
}

/* The number of (beta x, y) = lambda (x, y). */
static inline int find_lambda(void)
{
    fe beta;
    curve_beta(&beta);
    for (int k = 2; k < TOY_ORDER; k++) {
        if (points[k].x == modulo(points[1].x * (int)beta.lane[0]) && points[k].y == points[1].y) {
            return k;
        }
    }
    return 0;
}
#endif

#endif
