/* SPDX-License-Identifier: Apache-2.0 */
/* The digits of u1 G + u2 Q, as windows.h has them:
 * u2 = k1 + k2 lambda, both halves made odd by a vector of the lattice; u1 up to n, or u1 + n, in one piece. */
#ifndef PYACCEL_KERNEL_SECP256K1_DIGITS_H
#define PYACCEL_KERNEL_SECP256K1_DIGITS_H

#include "secp256k1_numbers.h"
#include "windows.h"

/* Windows of the key's halves, 132 bits each; and of the base point's scalar, 264 bits, of which the windows from the 12th
 * on go with the multiples of 2^132 G: whole windows of both fall together. */
#define KEY_WINDOW 4u
#define KEY_DIGITS 33
#define BASE_WINDOW 12u
#define BASE_DIGITS 11
/* Where K of k1, k2 and u1 start among a row's words, and how many of them there are. */
#define FIRST_HALF 0u
#define SECOND_HALF 5u
#define BASE_SCALAR 10u
#define DIGIT_WORDS 20u

/* The digits of u1, in 9 words. */
DEVICE_FUNCTION void store_base_digits(GLOBAL uint *digits, const scalar *u)
{
    uint k[9];
    scalar more;
    const uint odd = u->w[0] & 1, carry = scalar_add_order(&more, u);
    UNROLL
    for (uint i = 0; i < 8; i++) {
        k[i] = odd ? u->w[i] : more.w[i];
    }
    k[8] = odd ? 0 : carry;
    store_digits(digits + BASE_SCALAR, k, 9, 8);
    digits[DIGIT_WORDS - 1] = 0;
}

/* The shortest vectors (a, b) with a + b lambda = 0 mod n are (A, -B) and (A + B, A), and their quotients by n, scaled:
 * round(2^384 A / n), round(2^384 B / n). csrc/verify/secp256k1_scalar.c has the same. */
CONSTANT uint lattice_a[4] = {0x9284eb15, 0xe86c90e4, 0xa7d46bcd, 0x3086d221};
CONSTANT uint lattice_b[4] = {0x0abfe4c3, 0x6f547fa9, 0x010e8828, 0xe4437ed6};
CONSTANT uint scaled[16] = {0x45dbb031, 0xe893209a, 0x71e8ca7f, 0x3daa8a14, 0x9284eb15, 0xe86c90e4, 0xa7d46bcd, 0x3086d221,
                            0x8ac47f71, 0x1571b4ae, 0x9df506c6, 0x221208ac, 0x0abfe4c4, 0x6f547fa9, 0x010e8828, 0xe4437ed6};

/* c = round(k v / n), v = A where `second` is 0, else B; below 2^128. */
DEVICE_FUNCTION void lattice_quotient(uint c[4], const scalar *k, uint second)
{
    uint t[16];
    UNROLL
    for (uint i = 0; i < 16; i++) {
        t[i] = 0;
    }
    UNROLL
    for (uint i = 0; i < 8; i++) {
        ulong carry = 0;
        UNROLL
        for (uint j = 0; j < 8; j++) {
            carry += (ulong)k->w[i] * scaled[8 * second + j] + t[i + j];
            t[i + j] = (uint)carry;
            carry >>= 32;
        }
        t[i + 8] = (uint)carry;
    }
    ulong sum = t[11] >> 31;
    UNROLL
    for (uint i = 0; i < 4; i++) {
        sum += t[12 + i];
        c[i] = (uint)sum;
        sum >>= 32;
    }
}

/* r += c v mod 2^160, or -= where `less`; v = A, or B where `second`. */
DEVICE_FUNCTION void lattice_add(uint r[5], const uint c[4], uint second, uint less)
{
    uint t[5];
    UNROLL
    for (uint i = 0; i < 5; i++) {
        t[i] = 0;
    }
    UNROLL
    for (uint i = 0; i < 4; i++) {
        ulong carry = 0;
        UNROLL
        for (uint j = 0; j < 4; j++) {
            if (i + j < 5) {
                carry += (ulong)c[i] * (second ? lattice_b[j] : lattice_a[j]) + t[i + j];
                t[i + j] = (uint)carry;
                carry >>= 32;
            }
        }
        if (i == 0) {
            t[4] = (uint)carry;
        }
    }
    ulong sum = less;
    UNROLL
    for (uint i = 0; i < 5; i++) {
        sum += (ulong)r[i] + (less ? ~t[i] : t[i]);
        r[i] = (uint)sum;
        sum >>= 32;
    }
}

/* The digits of both halves of u = k1 + k2 lambda, in 5 words each.
 * Form:   k1 = u - c1 A - c2 (A + B), k2 = c1 B - c2 A, with c1 = round(u A / n), c2 = round(u B / n), either of which may
 *         then be off by one: A and B are odd, so that k1 is odd where c1 and u differ in their lowest bit, and with it k2
 *         where c2 and u do not.
 * Bounds: |k1| <= (2 A + B) / 2 and |k2| <= (A + B) / 2, and as much again twice where c1 and c2 are off: below 2^129, so
 *         that integers modulo 2^160 hold both. */
DEVICE_FUNCTION void store_key_digits(GLOBAL uint *digits, const scalar *u)
{
    uint c1[4], c2[4], first[5], second[5];
    lattice_quotient(c1, u, 0);
    lattice_quotient(c2, u, 1);
    c1[0] = (c1[0] & ~1u) | (~u->w[0] & 1u);
    c2[0] = (c2[0] & ~1u) | (u->w[0] & 1u);
    UNROLL
    for (uint i = 0; i < 5; i++) {
        first[i] = u->w[i];
        second[i] = 0;
    }
    lattice_add(first, c1, 0, 1);
    lattice_add(first, c2, 0, 1);
    lattice_add(first, c2, 1, 1);
    lattice_add(second, c1, 1, 0);
    lattice_add(second, c2, 0, 1);
    store_digits(digits + FIRST_HALF, first, 5, 4);
    store_digits(digits + SECOND_HALF, second, 5, 4);
}

#endif
