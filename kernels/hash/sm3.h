/* SPDX-License-Identifier: Apache-2.0 */
/* SM3 (GB/T 32905-2016) in one work item. */
#ifndef PYACCEL_KERNEL_SM3_H
#define PYACCEL_KERNEL_SM3_H

#include "../platform.h"

/* state = the initial value: GB/T 32905, 4.1. */
DEVICE_FUNCTION void sm3_begin(uint state[8])
{
    state[0] = 0x7380166fu;
    state[1] = 0x4914b2b9u;
    state[2] = 0x172442d7u;
    state[3] = 0xda8a0600u;
    state[4] = 0xa96f30bcu;
    state[5] = 0x163138aau;
    state[6] = 0xe38dee4du;
    state[7] = 0xb0fb0e4eu;
}

/* Sixteen rounds; t is T_j rotated left by j; `early` (a constant): rounds 0 .. 15, whose functions are linear.
 * W_j+16 takes the place of W_j when round j + 12 asks for it, so that 16 words suffice. */
DEVICE_FUNCTION void sm3_rounds(uint s[8], uint w[16], uint t, uint early)
{
    uint a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];
    UNROLL
    for (uint i = 0; i < 16; i++) {
        if (!early || i >= 12) {
            const uint k = (i + 4) & 15; /* W_k = P1(W_k-16 ^ W_k-9 ^ W_k-3 <<< 15) ^ W_k-13 <<< 7 ^ W_k-6 */
            const uint x = w[k] ^ w[(i + 11) & 15] ^ rotate_left(w[(i + 1) & 15], 15u);
            w[k] = (x ^ rotate_left(x, 15u) ^ rotate_left(x, 23u)) ^
                   rotate_left(w[(i + 7) & 15], 7u) ^ w[(i + 14) & 15];
        }
        const uint a12 = rotate_left(a, 12u);
        const uint ss1 = rotate_left(a12 + e + t, 7u);
        const uint ff = early ? a ^ b ^ c : (a & b) | (c & (a | b));
        const uint gg = early ? e ^ f ^ g : g ^ (e & (f ^ g));
        const uint tt1 = ff + d + (ss1 ^ a12) + (w[i] ^ w[(i + 4) & 15]);
        const uint tt2 = gg + h + ss1 + w[i];
        d = c;
        c = rotate_left(b, 9u);
        b = a;
        a = tt1;
        h = g;
        g = rotate_left(f, 19u);
        f = e;
        e = tt2 ^ rotate_left(tt2, 9u) ^ rotate_left(tt2, 17u);
        t = rotate_left(t, 1u);
    }
    s[0] = a;
    s[1] = b;
    s[2] = c;
    s[3] = d;
    s[4] = e;
    s[5] = f;
    s[6] = g;
    s[7] = h;
}

/* state = compression of state and one block: GB/T 32905, 5.3.
 * Shapes: state 8 words, w 16 words in host order; w is overwritten.
 * Budget: 8 + 8 + 16 words live; the rounds must unroll, or w leaves the registers.
 * Work: 64 rounds of about 33 32-bit operations, the schedule included. */
DEVICE_FUNCTION void sm3_compress(uint state[8], uint w[16])
{
    uint s[8];
    UNROLL
    for (uint j = 0; j < 8; j++) {
        s[j] = state[j];
    }
    sm3_rounds(s, w, 0x79cc4519u, 1);
    uint t = 0x9d8a7a87u; /* 7a879d8a rotated left by 16 */
    for (uint r = 16; r < 64; r += 16) {
        sm3_rounds(s, w, t, 0);
        t = rotate_left(t, 16u);
    }
    UNROLL
    for (uint j = 0; j < 8; j++) {
        state[j] ^= s[j];
    }
}

#endif
