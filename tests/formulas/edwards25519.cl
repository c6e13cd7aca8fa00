/* SPDX-License-Identifier: Apache-2.0 */
/* edwards25519_formulas.h as OpenCL C 1.2, over the toy field: doubles and encodes the points that decode.
 * encoded[i] = encoding of 2 P, ok[i] = 1, or both 0; P = encodings[i]. NDRange n, any local size.
 * Build: -I csrc -cl-std=CL1.2 */
#define TOY_P 61
#define TOY_BITS 7
#include "field/fe_toy.h"

FE_FN void curve_d(fe *r)
{
    fe_set_int(r, 2);
}

FE_FN void curve_2d(fe *r)
{
    fe_set_int(r, 4);
}

FE_FN void curve_sqrt_minus_1(fe *r)
{
    fe_set_int(r, 11); /* 11^2 = 121 = -1 mod 61 */
}

#include "curve/edwards25519_formulas.h"

/* tables: EDWARDS_TABLE_ROWS rows of scratch an item */
__kernel void edwards_toy_double(__global uchar *encoded, __global uchar *ok, __global row *tables,
                                 __global const uchar *encodings, uint n)
{
    uint i = (uint)get_global_id(0);
    if (i >= n) {
        return;
    }
    __global const uchar *from[LANES] = {encodings + i};
    __global uchar *to[LANES] = {encoded + i};
    __global row *table[LANES] = {tables + i * EDWARDS_TABLE_ROWS};
    __global const row *entries[LANES] = {tables + i * EDWARDS_TABLE_ROWS};
    const unsigned int two[LANES] = {2};
    edwards_point p, sum;
    edwards_cached cached;
    mask decodes, canonical;
    edwards_decode(&p, from, &decodes, &canonical);
    edwards_table(table, &p);
    edwards_lookup(&cached, entries, two, mask_from_bits(0));
    edwards_identity(&sum);
    edwards_add(&sum, &sum, &cached, 1);
    edwards_encode(to, &sum);
    ok[i] = (uchar)mask_bits(decodes);
    if (!ok[i]) {
        encoded[i] = 0;
    }
}
