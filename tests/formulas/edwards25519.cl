/* SPDX-License-Identifier: Apache-2.0 */
/* edwards25519_formulas.h over the toy field, for any of the compilers of platform.h: -x^2 + y^2 = 1 + 2 x^2 y^2 modulo
 * 61. Each kernel's points come and go as encodings of one byte, y and the parity of x above it. NDRange n, local size
 * 64. */
#include "../../kernels/platform.h"

#define TOY_P 61
#define TOY_BITS 7
#include "../../csrc/field/fe_toy.h"

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

#include "../../csrc/curve/edwards25519_formulas.h"

/* r = the point of encodings[i]; *decodes and *canonical as edwards_decode. */
DEVICE_FUNCTION void decode_at(edwards_point *r, GLOBAL const uchar *encodings, uint i, mask *decodes, mask *canonical)
{
    GLOBAL const uchar *from[LANES];
    from[0] = encodings + i;
    edwards_decode(r, from, decodes, canonical);
}

DEVICE_FUNCTION void encode_at(GLOBAL uchar *encodings, uint i, const edwards_point *p)
{
    GLOBAL uchar *to[LANES];
    to[0] = encodings + i;
    edwards_encode(to, p);
}

/* flags[i] = decodes + 2 canonical; encoded[i] = the canonical encoding of the point, doubled[i] that of twice it. */
KERNEL void edwards_toy_decode(GLOBAL uchar *encoded, GLOBAL uchar *doubled, GLOBAL uchar *flags,
                               GLOBAL const uchar *encodings, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    edwards_point p, twice;
    mask decodes, canonical;
    decode_at(&p, encodings, i, &decodes, &canonical);
    edwards_double(&twice, &p, 0);
    encode_at(encoded, i, &p);
    encode_at(doubled, i, &twice);
    flags[i] = (uchar)(mask_bits(decodes) | mask_bits(canonical) << 1);
}

/* sums[i] = left[i] + right[i], differences[i] = left[i] - right[i], both of points that decode. */
KERNEL void edwards_toy_add(GLOBAL uchar *sums, GLOBAL uchar *differences, GLOBAL const uchar *left,
                            GLOBAL const uchar *right, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    edwards_point p, q, sum;
    edwards_cached cached;
    mask decodes, canonical;
    decode_at(&p, left, i, &decodes, &canonical);
    decode_at(&q, right, i, &decodes, &canonical);
    edwards_to_cached(&cached, &q);
    edwards_add(&sum, &p, &cached, 0);
    encode_at(sums, i, &sum);
    edwards_cached_neg_if(&cached, &cached, mask_from_bits(1));
    edwards_add_affine(&sum, &p, &cached, 1);
    encode_at(differences, i, &sum);
}

/* products[i] = +-index[i] point, minus where the top bit of index[i] is set, through the table of the point.
 * tables: EDWARDS_TABLE_ROWS rows of scratch an item. */
KERNEL void edwards_toy_multiple(GLOBAL uchar *products, GLOBAL row *tables, GLOBAL const uchar *encodings,
                                 GLOBAL const uchar *index, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    GLOBAL row *table[LANES];
    GLOBAL const row *entries[LANES];
    unsigned int digit[LANES];
    edwards_point p;
    edwards_cached cached;
    mask decodes, canonical;
    table[0] = tables + i * EDWARDS_TABLE_ROWS;
    entries[0] = table[0];
    digit[0] = index[i] & 0x7fu;
    decode_at(&p, encodings, i, &decodes, &canonical);
    edwards_table(table, &p);
    edwards_lookup(&cached, entries, digit, mask_from_bits(index[i] >> 7));
    edwards_identity(&p);
    edwards_add(&p, &p, &cached, 1);
    encode_at(products, i, &p);
}
