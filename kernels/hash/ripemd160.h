/* SPDX-License-Identifier: Apache-2.0 */
/* RIPEMD-160 (Dobbertin, Bosselaers, Preneel 1996) in one work item. */
#ifndef PYACCEL_KERNEL_RIPEMD160_H
#define PYACCEL_KERNEL_RIPEMD160_H

#include "../rows.h"

/* The paper's nonlinear functions. */
#define RIPEMD_0(x, y, z) ((x) ^ (y) ^ (z))
#define RIPEMD_1(x, y, z) ((z) ^ ((x) & ((y) ^ (z))))
#define RIPEMD_2(x, y, z) (((x) | ~(y)) ^ (z))
#define RIPEMD_3(x, y, z) ((y) ^ ((z) & ((x) ^ (y))))
#define RIPEMD_4(x, y, z) ((x) ^ ((y) | ~(z)))

/* Step i of a line: the words rotate through v instead of being moved. */
#define RIPEMD_LINE(v, i, f, word, constant, turn)                                                 \
    v[(80 - (i)) % 5] += f(v[(81 - (i)) % 5], v[(82 - (i)) % 5], v[(83 - (i)) % 5]) + x[word] +    \
                         (constant);                                                               \
    v[(80 - (i)) % 5] = rotate_left(v[(80 - (i)) % 5], turn##u) + v[(84 - (i)) % 5];               \
    v[(82 - (i)) % 5] = rotate_left(v[(82 - (i)) % 5], 10u);
/* Step i of round r: word and rotation of the left line, and of the right one, which takes the functions backwards. */
#define RIPEMD_STEP(i, fl, fr, kl, kr, wl, sl, wr, sr)                                             \
    RIPEMD_LINE(l, i, fl, wl, kl, sl)                                                              \
    RIPEMD_LINE(r, i, fr, wr, kr, sr)
/* The constants are 2^30 times the square and cube roots of 2, 3, 5, 7. */
#define RIPEMD_ROUND_0(i, wl, sl, wr, sr) \
    RIPEMD_STEP(i, RIPEMD_0, RIPEMD_4, 0x00000000u, 0x50a28be6u, wl, sl, wr, sr)
#define RIPEMD_ROUND_1(i, wl, sl, wr, sr) \
    RIPEMD_STEP(i, RIPEMD_1, RIPEMD_3, 0x5a827999u, 0x5c4dd124u, wl, sl, wr, sr)
#define RIPEMD_ROUND_2(i, wl, sl, wr, sr) \
    RIPEMD_STEP(i, RIPEMD_2, RIPEMD_2, 0x6ed9eba1u, 0x6d703ef3u, wl, sl, wr, sr)
#define RIPEMD_ROUND_3(i, wl, sl, wr, sr) \
    RIPEMD_STEP(i, RIPEMD_3, RIPEMD_1, 0x8f1bbcdcu, 0x7a6d76e9u, wl, sl, wr, sr)
#define RIPEMD_ROUND_4(i, wl, sl, wr, sr) \
    RIPEMD_STEP(i, RIPEMD_4, RIPEMD_0, 0xa953fd4eu, 0x00000000u, wl, sl, wr, sr)

/* h = compression of h and one block x of 16 words: two lines of 80 steps over the same words, added crosswise.
 * Budget: 5 + 10 + 16 words live; every index is a literal. Work: 160 steps of about 9 32-bit operations. */
DEVICE_FUNCTION void ripemd160_compress(uint h[5], const uint x[16])
{
    uint l[5], r[5];
    UNROLL
    for (uint j = 0; j < 5; j++) {
        l[j] = h[j];
        r[j] = h[j];
    }
    RIPEMD_ROUND_0(0, 0, 11, 5, 8)
    RIPEMD_ROUND_0(1, 1, 14, 14, 9)
    RIPEMD_ROUND_0(2, 2, 15, 7, 9)
    RIPEMD_ROUND_0(3, 3, 12, 0, 11)
    RIPEMD_ROUND_0(4, 4, 5, 9, 13)
    RIPEMD_ROUND_0(5, 5, 8, 2, 15)
    RIPEMD_ROUND_0(6, 6, 7, 11, 15)
    RIPEMD_ROUND_0(7, 7, 9, 4, 5)
    RIPEMD_ROUND_0(8, 8, 11, 13, 7)
    RIPEMD_ROUND_0(9, 9, 13, 6, 7)
    RIPEMD_ROUND_0(10, 10, 14, 15, 8)
    RIPEMD_ROUND_0(11, 11, 15, 8, 11)
    RIPEMD_ROUND_0(12, 12, 6, 1, 14)
    RIPEMD_ROUND_0(13, 13, 7, 10, 14)
    RIPEMD_ROUND_0(14, 14, 9, 3, 12)
    RIPEMD_ROUND_0(15, 15, 8, 12, 6)
    RIPEMD_ROUND_1(16, 7, 7, 6, 9)
    RIPEMD_ROUND_1(17, 4, 6, 11, 13)
    RIPEMD_ROUND_1(18, 13, 8, 3, 15)
    RIPEMD_ROUND_1(19, 1, 13, 7, 7)
    RIPEMD_ROUND_1(20, 10, 11, 0, 12)
    RIPEMD_ROUND_1(21, 6, 9, 13, 8)
    RIPEMD_ROUND_1(22, 15, 7, 5, 9)
    RIPEMD_ROUND_1(23, 3, 15, 10, 11)
    RIPEMD_ROUND_1(24, 12, 7, 14, 7)
    RIPEMD_ROUND_1(25, 0, 12, 15, 7)
    RIPEMD_ROUND_1(26, 9, 15, 8, 12)
    RIPEMD_ROUND_1(27, 5, 9, 12, 7)
    RIPEMD_ROUND_1(28, 2, 11, 4, 6)
    RIPEMD_ROUND_1(29, 14, 7, 9, 15)
    RIPEMD_ROUND_1(30, 11, 13, 1, 13)
    RIPEMD_ROUND_1(31, 8, 12, 2, 11)
    RIPEMD_ROUND_2(32, 3, 11, 15, 9)
    RIPEMD_ROUND_2(33, 10, 13, 5, 7)
    RIPEMD_ROUND_2(34, 14, 6, 1, 15)
    RIPEMD_ROUND_2(35, 4, 7, 3, 11)
    RIPEMD_ROUND_2(36, 9, 14, 7, 8)
    RIPEMD_ROUND_2(37, 15, 9, 14, 6)
    RIPEMD_ROUND_2(38, 8, 13, 6, 6)
    RIPEMD_ROUND_2(39, 1, 15, 9, 14)
    RIPEMD_ROUND_2(40, 2, 14, 11, 12)
    RIPEMD_ROUND_2(41, 7, 8, 8, 13)
    RIPEMD_ROUND_2(42, 0, 13, 12, 5)
    RIPEMD_ROUND_2(43, 6, 6, 2, 14)
    RIPEMD_ROUND_2(44, 13, 5, 10, 13)
    RIPEMD_ROUND_2(45, 11, 12, 0, 13)
    RIPEMD_ROUND_2(46, 5, 7, 4, 7)
    RIPEMD_ROUND_2(47, 12, 5, 13, 5)
    RIPEMD_ROUND_3(48, 1, 11, 8, 15)
    RIPEMD_ROUND_3(49, 9, 12, 6, 5)
    RIPEMD_ROUND_3(50, 11, 14, 4, 8)
    RIPEMD_ROUND_3(51, 10, 15, 1, 11)
    RIPEMD_ROUND_3(52, 0, 14, 3, 14)
    RIPEMD_ROUND_3(53, 8, 15, 11, 14)
    RIPEMD_ROUND_3(54, 12, 9, 15, 6)
    RIPEMD_ROUND_3(55, 4, 8, 0, 14)
    RIPEMD_ROUND_3(56, 13, 9, 5, 6)
    RIPEMD_ROUND_3(57, 3, 14, 12, 9)
    RIPEMD_ROUND_3(58, 7, 5, 2, 12)
    RIPEMD_ROUND_3(59, 15, 6, 13, 9)
    RIPEMD_ROUND_3(60, 14, 8, 9, 12)
    RIPEMD_ROUND_3(61, 5, 6, 7, 5)
    RIPEMD_ROUND_3(62, 6, 5, 10, 15)
    RIPEMD_ROUND_3(63, 2, 12, 14, 8)
    RIPEMD_ROUND_4(64, 4, 9, 12, 8)
    RIPEMD_ROUND_4(65, 0, 15, 15, 5)
    RIPEMD_ROUND_4(66, 5, 5, 10, 12)
    RIPEMD_ROUND_4(67, 9, 11, 4, 9)
    RIPEMD_ROUND_4(68, 7, 6, 1, 12)
    RIPEMD_ROUND_4(69, 12, 8, 5, 5)
    RIPEMD_ROUND_4(70, 2, 13, 8, 14)
    RIPEMD_ROUND_4(71, 10, 12, 7, 6)
    RIPEMD_ROUND_4(72, 14, 5, 6, 8)
    RIPEMD_ROUND_4(73, 1, 12, 2, 13)
    RIPEMD_ROUND_4(74, 3, 13, 13, 6)
    RIPEMD_ROUND_4(75, 8, 14, 14, 5)
    RIPEMD_ROUND_4(76, 11, 11, 0, 15)
    RIPEMD_ROUND_4(77, 6, 8, 3, 13)
    RIPEMD_ROUND_4(78, 15, 5, 9, 11)
    RIPEMD_ROUND_4(79, 13, 6, 11, 11)
    const uint t = h[1] + l[2] + r[3];
    h[1] = h[2] + l[3] + r[4];
    h[2] = h[3] + l[4] + r[0];
    h[3] = h[4] + l[0] + r[1];
    h[4] = h[0] + l[1] + r[2];
    h[0] = t;
}

/* h = the initial value. */
DEVICE_FUNCTION void ripemd160_begin(uint h[5])
{
    h[0] = 0x67452301u;
    h[1] = 0xefcdab89u;
    h[2] = 0x98badcfeu;
    h[3] = 0x10325476u;
    h[4] = 0xc3d2e1f0u;
}

/* h = RIPEMD-160 of a message. */
DEVICE_FUNCTION void ripemd160_hash(uint h[5], const message *m)
{
    const ulong blocks = (m->length + 8) / 64 + 1;
    uint x[16];
    ripemd160_begin(h);
    for (ulong block = 0; block < blocks; block++) {
        message_words(x, m, 64 * block, 16, 0x80);
        if (block == blocks - 1) {
            x[14] = (uint)(m->length << 3);
            x[15] = (uint)(m->length >> 29);
        }
        ripemd160_compress(h, x);
    }
}

/* Digest i, 20 bytes. */
DEVICE_FUNCTION void ripemd160_end(GLOBAL uint *digests, uint i, const uint h[5])
{
    UNROLL
    for (uint j = 0; j < 5; j++) {
        digests[5 * (ulong)i + j] = little_endian(h[j]);
    }
}

#endif
