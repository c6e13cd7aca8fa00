/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers of P-384 (SEC 2, 2.5.1) in words of 32 bits, least significant first, for kernels. */
#ifndef PYACCEL_KERNEL_P384_CURVE_H
#define PYACCEL_KERNEL_P384_CURVE_H

#define ROW_WORDS 12

/* p */
#define PRIME_WORD(i) \
    ((i) == 0 ? 0xffffffffu : (i) == 1 ? 0x0u : (i) == 2 ? 0x0u : (i) == 3 ? 0xffffffffu : (i) == 4 ? 0xfffffffeu : \
     (i) == 5 ? 0xffffffffu : (i) == 6 ? 0xffffffffu : (i) == 7 ? 0xffffffffu : (i) == 8 ? 0xffffffffu : \
     (i) == 9 ? 0xffffffffu : (i) == 10 ? 0xffffffffu : 0xffffffffu)
/* 2^768 mod p */
#define PRIME_SQUARE_WORD(i) \
    ((i) == 0 ? 0x1u : (i) == 1 ? 0xfffffffeu : (i) == 2 ? 0x0u : (i) == 3 ? 0x2u : (i) == 4 ? 0x0u : \
     (i) == 5 ? 0xfffffffeu : (i) == 6 ? 0x0u : (i) == 7 ? 0x2u : (i) == 8 ? 0x1u : (i) == 9 ? 0x0u : \
     (i) == 10 ? 0x0u : 0x0u)
#define PRIME_INVERSE 1 /* -1 / p mod 2^32 */
/* n, the order of the group */
#define ORDER_WORD(i) \
    ((i) == 0 ? 0xccc52973u : (i) == 1 ? 0xecec196au : (i) == 2 ? 0x48b0a77au : (i) == 3 ? 0x581a0db2u : \
     (i) == 4 ? 0xf4372ddfu : (i) == 5 ? 0xc7634d81u : (i) == 6 ? 0xffffffffu : (i) == 7 ? 0xffffffffu : \
     (i) == 8 ? 0xffffffffu : (i) == 9 ? 0xffffffffu : (i) == 10 ? 0xffffffffu : 0xffffffffu)
/* (n - 1) / 2 */
#define ORDER_HALF_WORD(i) \
    ((i) == 0 ? 0x666294b9u : (i) == 1 ? 0x76760cb5u : (i) == 2 ? 0x245853bdu : (i) == 3 ? 0xac0d06d9u : \
     (i) == 4 ? 0xfa1b96efu : (i) == 5 ? 0xe3b1a6c0u : (i) == 6 ? 0xffffffffu : (i) == 7 ? 0xffffffffu : \
     (i) == 8 ? 0xffffffffu : (i) == 9 ? 0xffffffffu : (i) == 10 ? 0xffffffffu : 0x7fffffffu)
/* 2^768 mod n */
#define ORDER_SQUARE_WORD(i) \
    ((i) == 0 ? 0x19b409a9u : (i) == 1 ? 0x2d319b24u : (i) == 2 ? 0xdf1aa419u : (i) == 3 ? 0xff3d81e5u : \
     (i) == 4 ? 0xfcb82947u : (i) == 5 ? 0xbc3e483au : (i) == 6 ? 0x4aab1cc5u : (i) == 7 ? 0xd40d4917u : \
     (i) == 8 ? 0x28266895u : (i) == 9 ? 0x3fb05b7au : (i) == 10 ? 0x2b39bf21u : 0xc84ee01u)
#define ORDER_INVERSE 0xe88fdc45u /* -1 / n mod 2^32 */

#endif
