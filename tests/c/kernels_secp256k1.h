/* SPDX-License-Identifier: Apache-2.0 */
/* The steps that verification and recovery share when kernels/verify/secp256k1*.cl run as C: what
 * pyaccel/backends/device_secp256k1.py does on a device. Include kernels.h, reference256.h and what has names of its own
 * first. */
#ifndef PA_TEST_KERNELS_SECP256K1_H
#define PA_TEST_KERNELS_SECP256K1_H

#include "../../kernels/verify/secp256k1.cl"
#include "../../kernels/verify/secp256k1_scalars.cl"

static row *base;
/* Rows in which an addition was exceptional. */
static unsigned int exceptions;

static void store_number(row *to, const number *a)
{
    store_words(to, a->word);
}

/* base = x and y of the odd multiples of G, then of 2^132 G. */
static void make_base(void)
{
    base = exactly(4 * BASE_ENTRIES * sizeof *base);
    point first = generator;
    for (uint half = 0; half < 2; half++) {
        const point step = point_add(&first, &first);
        point at = first;
        for (uint k = 0; k < BASE_ENTRIES; k++) {
            store_number(&base[2 * (BASE_ENTRIES * half + k)], &at.x);
            store_number(&base[2 * (BASE_ENTRIES * half + k) + 1], &at.y);
            at = point_add(&at, &step);
        }
        for (uint i = 0; i < BASE_DIGITS * BASE_WINDOW; i++) {
            first = point_add(&first, &first);
        }
    }
}

/* sums and z of n rows, row i's point being number which[i]; denominators are inverted, reasons set. */
static void run_sums(row *sums, row *z, uchar *reasons, const row *digests, const row *numerators,
                     row *denominators, uint negative, const uchar *encoded, const uchar *kinds,
                     const uint *which, uint n)
{
    row *running = exactly(n * sizeof *running), *commons = exactly(n * sizeof *commons);
    row *tables = exactly((size_t)n * KEY_ROWS * sizeof *tables);
    uint *digits = exactly((size_t)n * DIGIT_WORDS * sizeof *digits);
    uchar *key_reasons = exactly(n);
    LAUNCH(n, secp256k1_invert_scalars(denominators, running, n));
    LAUNCH(n, secp256k1_scalars(digits, digests, numerators, denominators, negative, n));
    LAUNCH(n, secp256k1_keys(tables, commons, key_reasons, encoded, kinds, n));
    LAUNCH(n,
           secp256k1_sums(reasons, sums, z, key_reasons, tables, commons, which, digits, base, n));
    for (uint i = 0; i < n; i++) {
        exceptions += reasons[i] == REASON_UNKNOWN;
    }
    LAUNCH(n, secp256k1_exceptions(reasons, sums, z, tables, commons, which, digits, base, n));
    free(running);
    free(commons);
    free(tables);
    free(digits);
    free(key_reasons);
}

#endif
