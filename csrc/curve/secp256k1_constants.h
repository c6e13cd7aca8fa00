/* SPDX-License-Identifier: Apache-2.0 */
/* What weierstrass_formulas.h wants to know of secp256k1 (SEC 2, 2.4.1). Include a field of 256
 * bits first. */
#ifndef PA_CURVE_SECP256K1_CONSTANTS_H
#define PA_CURVE_SECP256K1_CONSTANTS_H

#define CURVE_B 7

/* The cube root of unity whose map (x, y) -> (beta x, y) multiplies points by the lambda of
 * secp256k1_scalar.c: 0x5363ad4cc05c30e0a5261c028812645a122e22ea20816678df02967c1b23bd72. */
FE_FN void curve_beta(fe *r)
{
    fe_set_words(r, 0xc1396c28719501ee, 0x9cf0497512f58995, 0x6e64479eac3434e9, 0x7ae96a2b657c0710);
}

/* The generator G. */
FE_FN void curve_generator(fe *x, fe *y)
{
    fe_set_words(x, 0x59f2815b16f81798, 0x029bfcdb2dce28d9, 0x55a06295ce870b07, 0x79be667ef9dcbbac);
    fe_set_words(y, 0x9c47d08ffb10d4b8, 0xfd17b448a6855419, 0x5da4fbfc0e1108a8, 0x483ada7726a3c465);
}

#endif
