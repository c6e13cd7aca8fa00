/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers modulo n, the order of secp256k1's group, in eight words of 32 bits, least significant first. The method is that of
 * csrc/verify/secp256k1_scalar.c, in words of half its size. */
#ifndef PYACCEL_KERNEL_SECP256K1_NUMBERS_H
#define PYACCEL_KERNEL_SECP256K1_NUMBERS_H

#include "../field/row.h"

typedef struct {
    uint w[8];
} scalar;

/* n, and (n - 1) / 2 (SEC 2, 2.4.1). */
CONSTANT uint order[8] = {0xd0364141, 0xbfd25e8c, 0xaf48a03b, 0xbaaedce6, 0xfffffffe, 0xffffffff, 0xffffffff, 0xffffffff};
CONSTANT uint order_half[8] = {0x681b20a0, 0xdfe92f46, 0x57a4501d, 0x5d576e73,
                               0xffffffff, 0xffffffff, 0xffffffff, 0x7fffffff};
/* 2^256 - n, but for the 1 that is its fifth word. */
CONSTANT uint order_fold[4] = {0x2fc9bebf, 0x402da173, 0x50b75fc4, 0x45512319};

/* r = a - n mod 2^256; returns 1 when a < n. */
DEVICE_FUNCTION uint scalar_less_order(scalar *r, const scalar *a)
{
    uint borrow = 0;
    UNROLL
    for (uint i = 0; i < 8; i++) {
        const ulong difference = (ulong)a->w[i] - order[i] - borrow;
        r->w[i] = (uint)difference;
        borrow = (uint)(difference >> 32) & 1;
    }
    return borrow;
}

/* r = a mod n, which any a below 2^256 is or exceeds by n; returns 1 when a < n. r may be a. */
DEVICE_FUNCTION uint scalar_reduce_once(scalar *r, const scalar *a)
{
    scalar difference;
    const uint below = scalar_less_order(&difference, a);
    UNROLL
    for (uint i = 0; i < 8; i++) {
        r->w[i] = below ? a->w[i] : difference.w[i];
    }
    return below;
}

/* r = a + n mod 2^256; returns the carry. */
DEVICE_FUNCTION uint scalar_add_order(scalar *r, const scalar *a)
{
    ulong sum = 0;
    UNROLL
    for (uint i = 0; i < 8; i++) {
        sum += (ulong)a->w[i] + order[i];
        r->w[i] = (uint)sum;
        sum >>= 32;
    }
    return (uint)sum;
}

/* r = n - a, which is n for 0. */
DEVICE_FUNCTION void scalar_negate(scalar *r, const scalar *a)
{
    uint borrow = 0;
    UNROLL
    for (uint i = 0; i < 8; i++) {
        const ulong difference = (ulong)order[i] - a->w[i] - borrow;
        r->w[i] = (uint)difference;
        borrow = (uint)(difference >> 32) & 1;
    }
}

DEVICE_FUNCTION uint scalar_is_zero(const scalar *a)
{
    uint any = 0;
    UNROLL
    for (uint i = 0; i < 8; i++) {
        any |= a->w[i];
    }
    return any == 0;
}

/* a > (n - 1) / 2 */
DEVICE_FUNCTION uint scalar_is_high(const scalar *a)
{
    uint borrow = 0;
    UNROLL
    for (uint i = 0; i < 8; i++) {
        borrow = (uint)(((ulong)order_half[i] - a->w[i] - borrow) >> 32) & 1;
    }
    return borrow;
}

/* t = (t mod 2^256) + (t / 2^256) (2^256 - n), where t / 2^256 has `high` words and the sum fits `size` of them. */
DEVICE_FUNCTION void scalar_fold(uint t[16], uint high, uint size)
{
    uint folded[16];
    UNROLL
    for (uint i = 0; i < 16; i++) {
        folded[i] = i < 8 ? t[i] : 0;
    }
    UNROLL
    for (uint i = 0; i < 8; i++) {
        if (i < high) {
            ulong carry = 0;
            UNROLL
            for (uint j = 0; j < 4; j++) {
                carry += (ulong)t[8 + i] * order_fold[j] + folded[i + j];
                folded[i + j] = (uint)carry;
                carry >>= 32;
            }
            carry += t[8 + i];
            UNROLL
            for (uint j = i + 4; j < 16; j++) {
                if (j < size) {
                    carry += folded[j];
                    folded[j] = (uint)carry;
                    carry >>= 32;
                }
            }
        }
    }
    UNROLL
    for (uint i = 0; i < 16; i++) {
        t[i] = folded[i];
    }
}

/* a b mod n. Bounds: the folds leave below 2^386, 2^260 and 2^256 + 2^134; a fourth, of one bit, below 2^256, since then the
 * low words hold little. Work: 64 products of 32 x 32 bits, 60 for the folds, and their carries. */
CALLED_FUNCTION scalar scalar_product(scalar a, scalar b)
{
    uint t[16];
    scalar r;
    UNROLL
    for (uint i = 0; i < 16; i++) {
        t[i] = 0;
    }
    UNROLL
    for (uint i = 0; i < 8; i++) {
        ulong carry = 0;
        UNROLL
        for (uint j = 0; j < 8; j++) {
            carry += (ulong)a.w[i] * b.w[j] + t[i + j];
            t[i + j] = (uint)carry;
            carry >>= 32;
        }
        t[i + 8] = (uint)carry;
    }
    scalar_fold(t, 8, 13);
    scalar_fold(t, 5, 9);
    scalar_fold(t, 1, 9);
    scalar_fold(t, 1, 8);
    UNROLL
    for (uint i = 0; i < 8; i++) {
        r.w[i] = t[i];
    }
    scalar_reduce_once(&r, &r);
    return r;
}

DEVICE_FUNCTION void scalar_one(scalar *r)
{
    UNROLL
    for (uint i = 0; i < 8; i++) {
        r->w[i] = i == 0;
    }
}

/* r = a^(n - 2) = 1 / a (Fermat), by windows of four bits: 256 squarings, 78 products. */
DEVICE_FUNCTION void scalar_inverse(scalar *r, const scalar *a)
{
    scalar power[16], found;
    scalar_one(&power[0]);
    for (uint i = 1; i < 16; i++) {
        power[i] = scalar_product(power[i - 1], *a);
    }
    scalar_one(&found);
    NO_UNROLL
    for (int i = 63; i >= 0; i--) {
        const uint word = order[i / 8] - (i < 8 ? 2 : 0); /* of n - 2: no borrow from its lowest word */
        NO_UNROLL
        for (int j = 0; j < 4; j++) {
            found = scalar_product(found, found);
        }
        found = scalar_product(found, power[word >> 4 * (i % 8) & 15u]);
    }
    *r = found;
}

DEVICE_FUNCTION void scalar_load(scalar *r, GLOBAL const row *from)
{
    load_words(r->w, from);
}

DEVICE_FUNCTION void scalar_store(GLOBAL row *to, const scalar *a)
{
    store_words(to, a->w);
}

#endif
