/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers of SM2 (GB/T 32918.5) in words of 32 bits, least significant first, for kernels. */
#ifndef PYACCEL_KERNEL_SM2_CURVE_H
#define PYACCEL_KERNEL_SM2_CURVE_H

/* p */
#define PRIME_WORD(i) \
    ((i) == 0 ? 0xffffffffu : (i) == 1 ? 0xffffffffu : (i) == 2 ? 0x0u : (i) == 3 ? 0xffffffffu : \
     (i) == 4 ? 0xffffffffu : (i) == 5 ? 0xffffffffu : (i) == 6 ? 0xffffffffu : 0xfffffffeu)
/* 2^512 mod p */
#define PRIME_SQUARE_WORD(i) \
    ((i) == 0 ? 0x3u : (i) == 1 ? 0x2u : (i) == 2 ? 0xffffffffu : (i) == 3 ? 0x2u : (i) == 4 ? 0x1u : \
     (i) == 5 ? 0x1u : (i) == 6 ? 0x2u : 0x4u)
#define PRIME_INVERSE 1 /* -1 / p mod 2^32 */
/* n, the order of the group */
#define ORDER_WORD(i) \
    ((i) == 0 ? 0x39d54123u : (i) == 1 ? 0x53bbf409u : (i) == 2 ? 0x21c6052bu : (i) == 3 ? 0x7203df6bu : \
     (i) == 4 ? 0xffffffffu : (i) == 5 ? 0xffffffffu : (i) == 6 ? 0xffffffffu : 0xfffffffeu)
/* (n - 1) / 2 */
#define ORDER_HALF_WORD(i) \
    ((i) == 0 ? 0x9ceaa091u : (i) == 1 ? 0xa9ddfa04u : (i) == 2 ? 0x90e30295u : (i) == 3 ? 0xb901efb5u : \
     (i) == 4 ? 0xffffffffu : (i) == 5 ? 0xffffffffu : (i) == 6 ? 0x7fffffffu : 0x7fffffffu)
/* 2^512 mod n */
#define ORDER_SQUARE_WORD(i) \
    ((i) == 0 ? 0x7c114f20u : (i) == 1 ? 0x901192afu : (i) == 2 ? 0xde6fa2fau : (i) == 3 ? 0x3464504au : \
     (i) == 4 ? 0x3affe0d4u : (i) == 5 ? 0x620fc84cu : (i) == 6 ? 0xa22b3d3bu : 0x1eb5e412u)
#define ORDER_INVERSE 0x72350975u /* -1 / n mod 2^32 */

#endif
