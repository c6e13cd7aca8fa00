/* SPDX-License-Identifier: Apache-2.0 */
/* Cycles of the field of secp256k1 that FIELD names, and of the formulas over it, for all its lanes; not a test. The clock is
 * that of a chain of dependent additions between the samples.
 *
 *     cmake -S . -B build/bench -DPYACCEL_TESTS=ON && cmake --build build/bench --target bench_secp256k1_avx512ifma
 *     build/bench/tests/c/bench_secp256k1_avx512ifma */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef FIELD
#define FIELD "field/secp256k1_portable.h"
#endif
#include FIELD

#include "curve/secp256k1_constants.h"
#include "curve/weierstrass_formulas.h"

#include "curve/weierstrass_affine_formulas.h"

#define SAMPLES 60
#define STREAMS 4

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Cycles a second. */
static double clock_rate(void)
{
    uint64_t x = 1;
    const unsigned long count = 5000;
    const double start = now();
    for (unsigned long i = 0; i < count; i++) {
        __asm__ volatile("" : "+r"(x));
        x += i; /* one chain of single cycles */
        __asm__ volatile("" : "+r"(x));
        x += i;
        __asm__ volatile("" : "+r"(x));
        x += i;
        __asm__ volatile("" : "+r"(x));
        x += i;
    }
    return 4 * (double)count / (now() - start);
}

typedef struct {
    fe x[8], y[8], z[8];
    curve_jacobian point[STREAMS];
    curve_affine step[STREAMS];
    curve_affine other[STREAMS];
    curve_ladder ladder[STREAMS];
    mask failed;
} bench;

static void keep(bench *b)
{
    __asm__ volatile("" : : "r"(b) : "memory");
}

/* Each value waits for the one before of its stream. */
#define CHAIN(name, streams, statement)                                                            \
    __attribute__((noinline)) static void name(bench *b, int rounds)                               \
    {                                                                                              \
        for (int n = 0; n < rounds; n++) {                                                         \
            FE_UNROLL for (int i = 0; i < (streams); i++)                                          \
            {                                                                                      \
                statement;                                                                         \
            }                                                                                      \
            keep(b);                                                                               \
        }                                                                                          \
    }

CHAIN(mul1, 1, fe_mul(&b->x[i], &b->x[i], &b->y[i]))
CHAIN(mul2, 2, fe_mul(&b->x[i], &b->x[i], &b->y[i]))
CHAIN(mul3, 3, fe_mul(&b->x[i], &b->x[i], &b->y[i]))
CHAIN(mul8, 8, fe_mul(&b->z[i], &b->x[i], &b->y[i]))
CHAIN(sqr1, 1, fe_sqr(&b->x[i], &b->x[i]))
CHAIN(sqr2, 2, fe_sqr(&b->x[i], &b->x[i]))
CHAIN(sqr3, 3, fe_sqr(&b->x[i], &b->x[i]))
CHAIN(sqr8, 8, fe_sqr(&b->z[i], &b->x[i]))
CHAIN(carry8, 8, fe_carry(&b->z[i], &b->x[i]))
CHAIN(zero8, 8, b->failed |= fe_is_zero(&b->x[i]))
CHAIN(double1, 1, curve_double(&b->point[i], &b->point[i]))
CHAIN(double2, 2, curve_double(&b->point[i], &b->point[i]))
CHAIN(add1, 1, b->failed |= curve_add_mixed(&b->point[i], &b->point[i], &b->step[i]))
CHAIN(add2, 2, b->failed |= curve_add_mixed(&b->point[i], &b->point[i], &b->step[i]))

CHAIN(ladder_double1, 1, curve_ladder_double(&b->ladder[i], &b->ladder[i]))
CHAIN(ladder_double2, 2, curve_ladder_double(&b->ladder[i], &b->ladder[i]))
CHAIN(ladder_add1, 1, curve_ladder_add(&b->ladder[i], &b->ladder[i], &b->step[i]))
CHAIN(ladder_add2, 2, curve_ladder_add(&b->ladder[i], &b->ladder[i], &b->step[i]))

/* One of many additions that share an inversion, both passes. */
CHAIN(affine8, 4, curve_affine_denominator(&b->x[i], &b->step[i].x, &b->point[i].x);
      curve_inverse_push(&b->z[i], &b->x[4 + i], &b->x[i]);
      curve_affine_denominator(&b->x[i], &b->step[i].x, &b->point[i].x);
      curve_inverse_pop(&b->y[4 + i], &b->y[i], &b->z[i], &b->x[i]);
      curve_affine_add(&b->step[i], &b->step[i], &b->other[i], &b->y[4 + i]))

/* A run of squarings as roots have it. */
static void sqr_n(bench *b, int rounds)
{
    fe_sqr_n(&b->x[0], &b->x[0], rounds);
    keep(b);
}

static void lift(bench *b, int rounds)
{
    for (int n = 0; n < rounds; n++) {
        b->failed |= curve_lift_x(&b->step[0], &b->x[0], b->failed);
        keep(b);
    }
}

static void inverse(bench *b, int rounds)
{
    for (int n = 0; n < rounds; n++) {
        fe_inv(&b->z[0], &b->x[0]);
        keep(b);
    }
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void report(bench *b, const char *name, void (*run)(bench *, int), int rounds, int streams)
{
    double samples[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
        const double before = clock_rate(), start = now();
        run(b, rounds);
        const double seconds = now() - start, after = clock_rate();
        samples[i] = seconds * (before > after ? before : after) / rounds / streams;
    }
    qsort(samples, SAMPLES, sizeof *samples, compare);
    printf("%-34s %9.1f cycles, median %9.1f, %7.2f a lane\n", name, samples[0],
           samples[SAMPLES / 2], samples[SAMPLES / 2] / LANES);
}

int main(void)
{
    static bench b;
    const fe_state begun = fe_begin();
    for (int i = 0; i < 8; i++) {
        fe_set_words(&b.x[i], 0x59f2815b16f81798 + (uint64_t)i, 0x029bfcdb2dce28d9,
                     0x55a06295ce870b07, 0x79be667ef9dcbbac);
        fe_set_words(&b.y[i], 0x9c47d08ffb10d4b8, 0xfd17b448a6855419 + (uint64_t)i,
                     0x5da4fbfc0e1108a8, 0x483ada7726a3c465);
    }
    for (int i = 0; i < STREAMS; i++) {
        curve_generator(&b.step[i].x, &b.step[i].y);
        b.other[i] = (curve_affine){b.step[i].y, b.step[i].x};
        curve_from_affine(&b.point[i], &b.step[i]);
        curve_double(&b.point[i], &b.point[i]);
        curve_ladder_from_affine(&b.ladder[i], &b.step[i]);
        curve_ladder_double(&b.ladder[i], &b.ladder[i]);
    }
    printf("%s, %d lanes\n", FIELD, LANES);
    report(&b, "product, a chain", mul1, 3000, 1);
    report(&b, "product, two chains", mul2, 2000, 2);
    report(&b, "product, three chains", mul3, 1000, 3);
    report(&b, "product, independent", mul8, 500, 8);
    report(&b, "square, a chain", sqr1, 3000, 1);
    report(&b, "square, two chains", sqr2, 2000, 2);
    report(&b, "square, three chains", sqr3, 1000, 3);
    report(&b, "square, independent", sqr8, 500, 8);
    report(&b, "square, a run", sqr_n, 3000, 1);
    report(&b, "carry, independent", carry8, 1000, 8);
    report(&b, "question for 0, independent", zero8, 1000, 8);
    report(&b, "doubling, a chain", double1, 500, 1);
    report(&b, "doubling, two chains", double2, 300, 2);
    report(&b, "mixed addition, a chain", add1, 300, 1);
    report(&b, "mixed addition, two chains", add2, 200, 2);
    report(&b, "ladder's doubling, a chain", ladder_double1, 500, 1);
    report(&b, "ladder's doubling, two chains", ladder_double2, 300, 2);
    report(&b, "ladder's addition, a chain", ladder_add1, 300, 1);
    report(&b, "ladder's addition, two chains", ladder_add2, 200, 2);
    report(&b, "affine addition, of many", affine8, 200, 4);
    report(&b, "inverse", inverse, 8, 1);
    report(&b, "point of an abscissa", lift, 8, 1);
    fe_end(begun);
    return 0;
}
