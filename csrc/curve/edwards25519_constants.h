/* SPDX-License-Identifier: Apache-2.0 */
/* Curve constants of edwards25519 (RFC 8032, 5.1), for edwards25519_formulas.h. */
#ifndef PA_EDWARDS25519_CONSTANTS_H
#define PA_EDWARDS25519_CONSTANTS_H

/* d = -121665 / 121666 */
FE_FN void curve_d(fe *r)
{
    fe_set_words(r, 0x75eb4dca135978a3, 0x00700a4d4141d8ab, 0x8cc740797779e898, 0x52036cee2b6ffe73);
}

/* 2 d */
FE_FN void curve_2d(fe *r)
{
    fe_set_words(r, 0xebd69b9426b2f159, 0x00e0149a8283b156, 0x198e80f2eef3d130, 0x2406d9dc56dffce7);
}

/* 2^((p - 1) / 4), a square root of -1 */
FE_FN void curve_sqrt_minus_1(fe *r)
{
    fe_set_words(r, 0xc4ee1b274a0ea0b0, 0x2f431806ad2fe478, 0x2b4d00993dfbd7a7, 0x2b8324804fc1df0b);
}

#endif
