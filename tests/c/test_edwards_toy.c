/* SPDX-License-Identifier: Apache-2.0 */
/* edwards25519_formulas.h over a toy curve with cofactor 8, on every point and pair of points;
 * the reference is the affine addition law on plain numbers. */
#define PA_DEBUG_BOUNDS 1
#define TOY_BITS 7
#ifndef TOY_P
#define TOY_P 61
#define TOY_D 2
#endif
#include <string.h>

#include "check.h"
#include "field/fe_toy.h"

FE_FN void curve_d(fe *r)
{
    fe_set_int(r, TOY_D);
}

FE_FN void curve_2d(fe *r)
{
    fe_set_int(r, 2 * TOY_D);
}

FE_FN void curve_sqrt_minus_1(fe *r)
{
    unsigned int root = 1;
    while (root * root % TOY_P != TOY_P - 1) {
        root++;
    }
    fe_set_int(r, root);
}

#include "curve/edwards25519_formulas.h"

/* ---- the reference -------------------------------------------------------------------------- */

typedef struct {
    unsigned int x, y;
} affine;

static affine points[2 * TOY_P];
static unsigned int count;

static unsigned int inverse(unsigned int a)
{
    unsigned int b = 1;
    while (a * b % TOY_P != 1) {
        b++;
    }
    return b;
}

static int on_curve(unsigned int x, unsigned int y)
{
    unsigned int xx = x * x % TOY_P, yy = y * y % TOY_P;
    return (yy + TOY_P - xx) % TOY_P == (1 + TOY_D * (xx * yy % TOY_P)) % TOY_P;
}

static affine sum(affine p, affine q)
{
    unsigned int product = TOY_D * (p.x * q.x % TOY_P * p.y % TOY_P * q.y % TOY_P) % TOY_P;
    return (affine){(p.x * q.y + q.x * p.y) % TOY_P * inverse((1 + product) % TOY_P) % TOY_P,
                    (p.y * q.y + p.x * q.x) % TOY_P * inverse((1 + TOY_P - product) % TOY_P) %
                        TOY_P};
}

static int same(affine p, affine q)
{
    return p.x == q.x && p.y == q.y;
}

/* ---- lanes ---------------------------------------------------------------------------------- */

static void set(fe *r, const unsigned int number[LANES])
{
    row memory[LANES];
    const row *rows[LANES];
    for (int i = 0; i < LANES; i++) {
        memory[i] = number[i];
        rows[i] = &memory[i];
    }
    fe_gather(r, rows);
}

static void get(unsigned int number[LANES], const fe *a)
{
    row memory[LANES];
    row *rows[LANES];
    for (int i = 0; i < LANES; i++) {
        rows[i] = &memory[i];
    }
    fe_scatter(rows, a);
    for (int i = 0; i < LANES; i++) {
        number[i] = memory[i];
    }
}

/* r = lane i: p[i] with Z = z[i] */
static void set_point(edwards_point *r, const affine p[LANES], const unsigned int z[LANES])
{
    unsigned int x[LANES], y[LANES], t[LANES];
    for (int i = 0; i < LANES; i++) {
        x[i] = p[i].x * z[i] % TOY_P;
        y[i] = p[i].y * z[i] % TOY_P;
        t[i] = p[i].x * p[i].y % TOY_P * z[i] % TOY_P;
    }
    set(&r->x, x);
    set(&r->y, y);
    set(&r->z, z);
    set(&r->t, t);
}

/* True when every lane of r is p[i], with Z not 0 and, where asked, the T that belongs to it. */
static int is_point(const edwards_point *r, const affine p[LANES], int with_t)
{
    unsigned int x[LANES], y[LANES], z[LANES], t[LANES];
    get(x, &r->x);
    get(y, &r->y);
    get(z, &r->z);
    get(t, &r->t);
    for (int i = 0; i < LANES; i++) {
        if (z[i] == 0 || x[i] != p[i].x * z[i] % TOY_P || y[i] != p[i].y * z[i] % TOY_P ||
            (with_t && t[i] * z[i] % TOY_P != x[i] * y[i] % TOY_P)) {
            return 0;
        }
    }
    return 1;
}

/* ---- checks --------------------------------------------------------------------------------- */

static void check_pairs(void)
{
    for (unsigned int k = 0; k < count * count; k++) {
        affine p[LANES], q[LANES], want[LANES], twice[LANES], negative[LANES];
        unsigned int zp[LANES], zq[LANES], one[LANES], identity = 0;
        edwards_point a, b, r;
        edwards_cached c;
        for (unsigned int i = 0; i < LANES; i++) {
            p[i] = points[(k + i) / count % count];
            q[i] = points[(k + i) % count];
            zp[i] = 1 + (k + 3 * i) % (TOY_P - 1);
            zq[i] = 1 + (5 * k + i) % (TOY_P - 1);
            one[i] = 1;
            want[i] = sum(p[i], q[i]);
            twice[i] = sum(p[i], p[i]);
            negative[i] = (affine){(TOY_P - p[i].x) % TOY_P, p[i].y};
            identity |= (unsigned int)(p[i].x == 0 && p[i].y == 1) << i;
        }
        set_point(&a, p, zp);
        set_point(&b, q, zq);
        edwards_to_cached(&c, &b);
        edwards_add(&r, &a, &c, 1);
        CHECK(is_point(&r, want, 1));
        edwards_add(&r, &a, &c, 0);
        CHECK(is_point(&r, want, 0));
        set_point(&b, q, one);
        edwards_to_cached(&c, &b);
        fe_set_int(&c.z2, 0); /* not to be read */
        edwards_add_affine(&r, &a, &c, 1);
        CHECK(is_point(&r, want, 1));
        edwards_double(&r, &a, 1);
        CHECK(is_point(&r, twice, 1));
        r = a;
        fe_set_int(&r.t, 3); /* not to be read */
        edwards_double(&r, &r, 0);
        CHECK(is_point(&r, twice, 0));
        edwards_neg(&r, &a);
        CHECK(is_point(&r, negative, 1));
        CHECK(mask_bits(edwards_is_identity(&a)) == identity);
    }
}

/* Every byte, against all points with that y: canonical takes y < p without the parity bit on x =
 * 0. */
static void check_decode(void)
{
    for (unsigned int k = 0; k < 256; k++) {
        unsigned char bytes[LANES], again[LANES];
        const unsigned char *rows[LANES];
        unsigned char *to[LANES];
        affine want[LANES] = {{0}};
        unsigned int decodes = 0, canonical = 0;
        edwards_point r;
        mask got_decodes, got_canonical;
        for (unsigned int i = 0; i < LANES; i++) {
            bytes[i] = (unsigned char)(k + i);
            rows[i] = &bytes[i];
            to[i] = &again[i];
            unsigned int y = (bytes[i] & 127u) % TOY_P, odd = bytes[i] >> 7;
            for (unsigned int j = 0; j < count; j++) {
                if (points[j].y == y && (points[j].x == 0 || (points[j].x & 1) == odd)) {
                    want[i] = points[j];
                    decodes |= 1u << i;
                    canonical |=
                        (unsigned int)((bytes[i] & 127) < TOY_P && !(points[j].x == 0 && odd)) << i;
                }
            }
        }
        edwards_decode(&r, rows, &got_decodes, &got_canonical);
        CHECK(mask_bits(got_decodes) == decodes);
        CHECK(mask_bits(got_canonical) == canonical);
        edwards_encode(to, &r);
        for (int i = 0; i < LANES; i++) {
            if (!(decodes >> i & 1)) {
                continue;
            }
            unsigned int x[LANES], y[LANES], z[LANES], t[LANES];
            get(x, &r.x);
            get(y, &r.y);
            get(z, &r.z);
            get(t, &r.t);
            CHECK(x[i] == want[i].x && y[i] == want[i].y && z[i] == 1 &&
                  t[i] == x[i] * y[i] % TOY_P);
            CHECK(again[i] == (want[i].y | (want[i].x & 1) << 7));
            CHECK((canonical >> i & 1) == (again[i] == bytes[i]));
        }
    }
}

/* The table of every point, and every signed digit looked up in it; then the same points as an
 * affine table. */
static void check_tables(void)
{
    for (unsigned int k = 0; k < count; k++) {
        row memory[LANES][EDWARDS_TABLE_ROWS], affine_memory[LANES][3 * 2];
        row *to[LANES];
        const row *from[LANES], *affine_from[LANES];
        affine p[LANES], multiple[LANES], identity[LANES];
        unsigned int one[LANES];
        edwards_point a, r, start;
        for (unsigned int i = 0; i < LANES; i++) {
            p[i] = points[(k + 7 * i) % count];
            identity[i] = multiple[i] = (affine){0, 1};
            one[i] = 1;
            to[i] = memory[i];
            from[i] = memory[i];
            affine_from[i] = affine_memory[i];
            memset(affine_memory[i], 0, sizeof affine_memory[i]);
            affine_memory[i][3] = (p[i].y + p[i].x) % TOY_P;
            affine_memory[i][4] = (p[i].y + TOY_P - p[i].x) % TOY_P;
            affine_memory[i][5] = 2 * TOY_D * (p[i].x * p[i].y % TOY_P) % TOY_P;
        }
        set_point(&a, p, one);
        edwards_table(to, &a);
        for (unsigned int digit = 0; digit < EDWARDS_TABLE_POINTS; digit++) {
            unsigned int index[LANES], first[LANES], negate = (k + digit) & ((1u << LANES) - 1);
            affine want[LANES], want_affine[LANES];
            edwards_cached c;
            for (int i = 0; i < LANES; i++) {
                index[i] = digit;
                first[i] = 1;
                want[i] = multiple[i];
                want_affine[i] = p[i];
                if (negate >> i & 1) {
                    want[i].x = (TOY_P - want[i].x) % TOY_P;
                    want_affine[i].x = (TOY_P - p[i].x) % TOY_P;
                }
                multiple[i] = sum(multiple[i], p[i]);
            }
            set_point(&start, identity, one);
            edwards_lookup(&c, from, index, mask_from_bits(negate));
            edwards_add(&r, &start, &c, 1);
            CHECK(is_point(&r, want, 1));
            edwards_lookup_affine(&c, affine_from, first, mask_from_bits(negate));
            edwards_add_affine(&r, &start, &c, 1);
            CHECK(is_point(&r, want_affine, 1));
        }
    }
}

int main(void)
{
    for (unsigned int x = 0; x < TOY_P; x++) {
        for (unsigned int y = 0; y < TOY_P; y++) {
            if (on_curve(x, y)) {
                points[count++] = (affine){x, y};
            }
        }
    }
    CHECK(count % 8 == 0 && count > 8);
    CHECK(same(sum(points[0], points[1]), sum(points[1], points[0])));
    check_pairs();
    check_decode();
    check_tables();
    return finish();
}
