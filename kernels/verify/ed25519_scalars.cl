/* SPDX-License-Identifier: Apache-2.0 */
/* What Ed25519 needs of a signature's bytes before its points: SHA-512 and two scalars. */
#include "../hash/sha512.h"

#define WORD ulong
#define BEGIN sha512_begin
#define COMPRESS sha512_compress
#include "../hash/merkle_damgard.h"
#include "reasons.h"

#define KEY_AND_R 64

/* Scalars are modulo l = 2^252 + 27742317777372353535851937790883648493, the order of the base point, in words of 32 bits, least
 * significant first. With floor(2^512 / l), for Barrett's reduction. */
CONSTANT uint ed25519_order[10] = {0x5cf5d3ed, 0x5812631a, 0xa2f79cd6, 0x14def9de, 0, 0, 0, 0x10000000, 0, 0};
CONSTANT uint ed25519_reciprocal[9] = {0x0a2c131b, 0xed9ce5a3, 0x086329a7, 0x2106215d, 0xffffffeb,
                                       0xffffffff, 0xffffffff, 0xffffffff, 0xf};

/* Half a window in each window but the last: sum of 2^(width - 1) 2^(width i) over i < 50 with width 5, then over i < 25
 * with width 10. */
CONSTANT uint ed25519_halves[16] = {0x21084210, 0x08421084, 0x42108421, 0x10842108, 0x84210842, 0x21084210,
                                    0x08421084, 0x02108421, 0x20080200, 0x08020080, 0x02008020, 0x00802008,
                                    0x80200802, 0x20080200, 0x08020080, 0x02008020};

/* r = a - l, 10 words; returns 1 when a < l. */
DEVICE_FUNCTION uint scalar_minus_order(uint r[10], const uint a[10])
{
    uint borrow = 0;
    UNROLL
    for (uint i = 0; i < 10; i++) {
        const ulong difference = (ulong)a[i] - ed25519_order[i] - borrow;
        r[i] = (uint)difference;
        borrow = (uint)(difference >> 32) & 1;
    }
    return borrow;
}

/* r = x mod l, x: 16 words. Barrett, as csrc/verify/ed25519_scalar.c, whose bounds hold: base 2^64 there, so that words
 * come in pairs here. q = floor(floor(x / 2^192) reciprocal / 2^320), and x - q l < 2 l. */
DEVICE_FUNCTION void scalar_reduce(uint r[8], const uint x[16])
{
    uint product[20], remainder[10], difference[10];
    for (uint i = 0; i < 20; i++) {
        product[i] = 0;
    }
    for (uint i = 0; i < 10; i++) {
        ulong carry = 0;
        for (uint j = 0; j < 9; j++) {
            carry += (ulong)x[6 + i] * ed25519_reciprocal[j] + product[i + j];
            product[i + j] = (uint)carry;
            carry >>= 32;
        }
        product[i + 9] = (uint)carry;
    }
    for (uint i = 0; i < 10; i++) {
        remainder[i] = x[i];
    }
    for (uint i = 0; i < 10; i++) { /* remainder -= q[i] l 2^(32 i) */
        ulong carry = 0;
        uint borrow = 0;
        for (uint j = 0; i + j < 10; j++) {
            carry += (ulong)product[10 + i] * ed25519_order[j];
            const ulong less = (ulong)remainder[i + j] - (uint)carry - borrow;
            remainder[i + j] = (uint)less;
            borrow = (uint)(less >> 32) & 1;
            carry >>= 32;
        }
    }
    const uint reduced = scalar_minus_order(difference, remainder);
    UNROLL
    for (uint i = 0; i < 8; i++) {
        r[i] = reduced ? remainder[i] : difference[i];
    }
}

/* recoded = a + halves, the first eight or the others: then window i of it, less half a window where it is not the last,
 * is digit i of a, which is at most half a window in absolute value. Before: a < 2^253. */
DEVICE_FUNCTION void scalar_recode(GLOBAL uint *recoded, const uint a[8], uint others)
{
    ulong carry = 0;
    UNROLL
    for (uint i = 0; i < 8; i++) {
        carry += (ulong)a[i] + ed25519_halves[8 * others + i];
        recoded[i] = (uint)carry;
        carry >>= 32;
    }
}

/* x = SHA-512(R || A || M) as a little-endian number. */
DEVICE_FUNCTION void hash_signature(uint x[16], GLOBAL const uint *encoded, const message *m)
{
    const ulong blocks = (m->length + KEY_AND_R + 2 * WORD_BYTES) / BLOCK_BYTES + 1;
    const ulong size = m->length + KEY_AND_R;
    ulong state[8], w[16];
    sha512_begin(state);
    for (ulong block = 0; block < blocks; block++) {
        if (block == 0) {
            UNROLL
            for (uint j = 0; j < 8; j++) {
                w[j] = (ulong)big_endian(encoded[2 * j]) << 32 | big_endian(encoded[2 * j + 1]);
            }
            load_quarter(w + 8, m, 0, 0x80);
            load_quarter(w + 12, m, BLOCK_BYTES / 4, 0x80);
        } else {
            load_block(w, m, BLOCK_BYTES * block - KEY_AND_R, 0x80);
        }
        if (block == blocks - 1) {
            w[14] = size >> 61;
            w[15] = size << 3;
        }
        sha512_compress(state, w);
    }
    UNROLL
    for (uint j = 0; j < 8; j++) {
        x[2 * j] = swap_bytes((uint)(state[j] >> 32));
        x[2 * j + 1] = swap_bytes((uint)state[j]);
    }
}

/* scalars[i] = k in windows of 5 bits, then S in windows of 10 (scalar_recode); reasons[i] = RANGE where S >= l, else 0.
 * k = SHA-512(R || A || M) mod l.
 * Shapes: scalars n x 16 words; reasons n bytes; encoded n x 96 bytes, R, A and S; rows of messages as in rows.h.
 * NDRange: n rounded up to the local size, local size 64, 168 registers.
 * Limit: a compression for each 128 bytes of 64 + message + 17, about 80 x 24 operations of 64 bits; the reduction takes
 * 135 products of words. A hundredth of what the points take. */
KERNEL void ed25519_scalars(GLOBAL uint *scalars, GLOBAL uchar *reasons, GLOBAL const uint *encoded, ROWS, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    const message m = MESSAGE(i);
    GLOBAL const uint *from = encoded + 24 * (ulong)i;
    uint x[16], k[8], s[10], difference[10];
    hash_signature(x, from, &m);
    scalar_reduce(k, x);
    UNROLL
    for (uint j = 0; j < 10; j++) {
        s[j] = j < 8 ? little_endian(from[16 + j]) : 0;
    }
    const uint in_range = scalar_minus_order(difference, s);
    reasons[i] = (uchar)(in_range ? 0 : REASON_RANGE);
    UNROLL
    for (uint j = 0; j < 8; j++) {
        s[j] = in_range ? s[j] : 0;
    }
    scalar_recode(scalars + 16 * (ulong)i, k, 0);
    scalar_recode(scalars + 16 * (ulong)i + 8, s, 1);
}
