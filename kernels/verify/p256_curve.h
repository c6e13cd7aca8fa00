/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers of P-256 (SEC 2, 2.4.2) in words of 32 bits, least significant first, for kernels. */
#ifndef PYACCEL_KERNEL_P256_CURVE_H
#define PYACCEL_KERNEL_P256_CURVE_H

/* p */
#define PRIME_WORD(i) \
    ((i) == 0 ? 0xffffffffu : (i) == 1 ? 0xffffffffu : (i) == 2 ? 0xffffffffu : (i) == 3 ? 0x0u : (i) == 4 ? 0x0u : \
     (i) == 5 ? 0x0u : (i) == 6 ? 0x1u : 0xffffffffu)
/* 2^512 mod p */
#define PRIME_SQUARE_WORD(i) \
    ((i) == 0 ? 0x3u : (i) == 1 ? 0x0u : (i) == 2 ? 0xffffffffu : (i) == 3 ? 0xfffffffbu : (i) == 4 ? 0xfffffffeu : \
     (i) == 5 ? 0xffffffffu : (i) == 6 ? 0xfffffffdu : 0x4u)
#define PRIME_INVERSE 1 /* -1 / p mod 2^32 */
/* n, the order of the group */
#define ORDER_WORD(i) \
    ((i) == 0 ? 0xfc632551u : (i) == 1 ? 0xf3b9cac2u : (i) == 2 ? 0xa7179e84u : (i) == 3 ? 0xbce6faadu : \
     (i) == 4 ? 0xffffffffu : (i) == 5 ? 0xffffffffu : (i) == 6 ? 0x0u : 0xffffffffu)
/* (n - 1) / 2 */
#define ORDER_HALF_WORD(i) \
    ((i) == 0 ? 0x7e3192a8u : (i) == 1 ? 0x79dce561u : (i) == 2 ? 0xd38bcf42u : (i) == 3 ? 0xde737d56u : \
     (i) == 4 ? 0xffffffffu : (i) == 5 ? 0x7fffffffu : (i) == 6 ? 0x80000000u : 0x7fffffffu)
/* 2^512 mod n */
#define ORDER_SQUARE_WORD(i) \
    ((i) == 0 ? 0xbe79eea2u : (i) == 1 ? 0x83244c95u : (i) == 2 ? 0x49bd6fa6u : (i) == 3 ? 0x4699799cu : \
     (i) == 4 ? 0x2b6bec59u : (i) == 5 ? 0x2845b239u : (i) == 6 ? 0xf3d95620u : 0x66e12d94u)
#define ORDER_INVERSE 0xee00bc4fu /* -1 / n mod 2^32 */

#endif
