/* SPDX-License-Identifier: Apache-2.0 */
/* What weierstrass_formulas.h wants to know of SM2 (GB/T 32918.5-2017). Include its field first. */
#ifndef PA_CURVE_SM2_CONSTANTS_H
#define PA_CURVE_SM2_CONSTANTS_H

#define CURVE_A (-3)

FE_FN void curve_set_b(fe *r)
{
    fe_set_words(r, 0xddbcbd414d940e93, 0xf39789f515ab8f92, 0x4d5a9e4bcf6509a7, 0x28e9fa9e9d9f5e34);
}

/* The generator G. */
FE_FN void curve_generator(fe *x, fe *y)
{
    fe_set_words(x, 0x715a4589334c74c7, 0x8fe30bbff2660be1, 0x5f9904466a39c994, 0x32c4ae2c1f198119);
    fe_set_words(y, 0x02df32e52139f0a0, 0xd0a9877cc62a4740, 0x59bdcee36b692153, 0xbc3736a2f4f6779c);
}

#endif
