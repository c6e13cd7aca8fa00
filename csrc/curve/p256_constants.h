/* SPDX-License-Identifier: Apache-2.0 */
/* What weierstrass_formulas.h wants to know of P-256 (FIPS 186-4, D.1.2.3). Include its field first. */
#ifndef PA_CURVE_P256_CONSTANTS_H
#define PA_CURVE_P256_CONSTANTS_H

#define CURVE_A (-3)

FE_FN void curve_set_b(fe *r)
{
    fe_set_words(r, 0x3bce3c3e27d2604b, 0x651d06b0cc53b0f6, 0xb3ebbd55769886bc, 0x5ac635d8aa3a93e7);
}

/* The generator G. */
FE_FN void curve_generator(fe *x, fe *y)
{
    fe_set_words(x, 0xf4a13945d898c296, 0x77037d812deb33a0, 0xf8bce6e563a440f2, 0x6b17d1f2e12c4247);
    fe_set_words(y, 0xcbb6406837bf51f5, 0x2bce33576b315ece, 0x8ee7eb4a7c0f9e16, 0x4fe342e2fe1a7f9b);
}

#endif
