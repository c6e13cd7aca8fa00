/* SPDX-License-Identifier: Apache-2.0 */
/* What weierstrass_formulas.h wants to know of P-384 (FIPS 186-4, D.1.2.4). Include its field first. */
#ifndef PA_CURVE_P384_CONSTANTS_H
#define PA_CURVE_P384_CONSTANTS_H

#define CURVE_A (-3)

FE_FN void curve_set_b(fe *r)
{
    fe_set_words(r, 0x2a85c8edd3ec2aef, 0xc656398d8a2ed19d, 0x0314088f5013875a, 0x181d9c6efe814112,
                 0x988e056be3f82d19, 0xb3312fa7e23ee7e4);
}

/* The generator G. */
FE_FN void curve_generator(fe *x, fe *y)
{
    fe_set_words(x, 0x3a545e3872760ab7, 0x5502f25dbf55296c, 0x59f741e082542a38, 0x6e1d3b628ba79b98,
                 0x8eb1c71ef320ad74, 0xaa87ca22be8b0537);
    fe_set_words(y, 0x7a431d7c90ea0e5f, 0x0a60b1ce1d7e819d, 0xe9da3113b5f0b8c0, 0xf8f41dbd289a147c,
                 0x5d9e98bf9292dc29, 0x3617de4a96262c6f);
}

#endif
