/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-512 (FIPS 180-4) in one work item. */
#ifndef PYACCEL_KERNEL_SHA512_H
#define PYACCEL_KERNEL_SHA512_H

#include "../platform.h"

/* FIPS 180-4, 4.2.3: the first 64 bits of the fractional parts of the cube roots of the first 80 primes. */
CONSTANT ulong sha512_k[80] = {
    0x428a2f98d728ae22ul, 0x7137449123ef65cdul, 0xb5c0fbcfec4d3b2ful, 0xe9b5dba58189dbbcul,
    0x3956c25bf348b538ul, 0x59f111f1b605d019ul, 0x923f82a4af194f9bul, 0xab1c5ed5da6d8118ul,
    0xd807aa98a3030242ul, 0x12835b0145706fbeul, 0x243185be4ee4b28cul, 0x550c7dc3d5ffb4e2ul,
    0x72be5d74f27b896ful, 0x80deb1fe3b1696b1ul, 0x9bdc06a725c71235ul, 0xc19bf174cf692694ul,
    0xe49b69c19ef14ad2ul, 0xefbe4786384f25e3ul, 0x0fc19dc68b8cd5b5ul, 0x240ca1cc77ac9c65ul,
    0x2de92c6f592b0275ul, 0x4a7484aa6ea6e483ul, 0x5cb0a9dcbd41fbd4ul, 0x76f988da831153b5ul,
    0x983e5152ee66dfabul, 0xa831c66d2db43210ul, 0xb00327c898fb213ful, 0xbf597fc7beef0ee4ul,
    0xc6e00bf33da88fc2ul, 0xd5a79147930aa725ul, 0x06ca6351e003826ful, 0x142929670a0e6e70ul,
    0x27b70a8546d22ffcul, 0x2e1b21385c26c926ul, 0x4d2c6dfc5ac42aedul, 0x53380d139d95b3dful,
    0x650a73548baf63deul, 0x766a0abb3c77b2a8ul, 0x81c2c92e47edaee6ul, 0x92722c851482353bul,
    0xa2bfe8a14cf10364ul, 0xa81a664bbc423001ul, 0xc24b8b70d0f89791ul, 0xc76c51a30654be30ul,
    0xd192e819d6ef5218ul, 0xd69906245565a910ul, 0xf40e35855771202aul, 0x106aa07032bbd1b8ul,
    0x19a4c116b8d2d0c8ul, 0x1e376c085141ab53ul, 0x2748774cdf8eeb99ul, 0x34b0bcb5e19b48a8ul,
    0x391c0cb3c5c95a63ul, 0x4ed8aa4ae3418acbul, 0x5b9cca4f7763e373ul, 0x682e6ff3d6b2b8a3ul,
    0x748f82ee5defb2fcul, 0x78a5636f43172f60ul, 0x84c87814a1f0ab72ul, 0x8cc702081a6439ecul,
    0x90befffa23631e28ul, 0xa4506cebde82bde9ul, 0xbef9a3f7b2c67915ul, 0xc67178f2e372532bul,
    0xca273eceea26619cul, 0xd186b8c721c0c207ul, 0xeada7dd6cde0eb1eul, 0xf57d4f7fee6ed178ul,
    0x06f067aa72176fbaul, 0x0a637dc5a2c898a6ul, 0x113f9804bef90daeul, 0x1b710b35131c471bul,
    0x28db77f523047d84ul, 0x32caab7b40c72493ul, 0x3c9ebe0a15c9bebcul, 0x431d67c49c100d4cul,
    0x4cc5d4becb3e42b6ul, 0x597f299cfc657e2aul, 0x5fcb6fab3ad6faecul, 0x6c44198c4a475817ul};

/* state = the initial hash value: FIPS 180-4, 5.3.5 (square roots of the first 8 primes). */
DEVICE_FUNCTION void sha512_begin(ulong state[8])
{
    state[0] = 0x6a09e667f3bcc908ul;
    state[1] = 0xbb67ae8584caa73bul;
    state[2] = 0x3c6ef372fe94f82bul;
    state[3] = 0xa54ff53a5f1d36f1ul;
    state[4] = 0x510e527fade682d1ul;
    state[5] = 0x9b05688c2b3e6c1ful;
    state[6] = 0x1f83d9abfb41bd6bul;
    state[7] = 0x5be0cd19137e2179ul;
}

/* state = the initial hash value of SHA-384: FIPS 180-4, 5.3.4 (square roots of the 9th to 16th prime). */
DEVICE_FUNCTION void sha384_begin(ulong state[8])
{
    state[0] = 0xcbbb9d5dc1059ed8ul;
    state[1] = 0x629a292a367cd507ul;
    state[2] = 0x9159015a3070dd17ul;
    state[3] = 0x152fecd8f70e5939ul;
    state[4] = 0x67332667ffc00b31ul;
    state[5] = 0x8eb44a8768581511ul;
    state[6] = 0xdb0c2e0d64f98fa7ul;
    state[7] = 0x47b5481dbefa4fa4ul;
}

/* state = the initial hash value of SHA-512/256: FIPS 180-4, 5.3.6.2. */
DEVICE_FUNCTION void sha512_256_begin(ulong state[8])
{
    state[0] = 0x22312194fc2bf72cul;
    state[1] = 0x9f555fa3c84c64c2ul;
    state[2] = 0x2393b86b6f53b151ul;
    state[3] = 0x963877195940eabdul;
    state[4] = 0x96283ee2a88effe3ul;
    state[5] = 0xbe5e1e2553863992ul;
    state[6] = 0x2b0199fc2c85b8aaul;
    state[7] = 0x0eb72ddc81c52ca2ul;
}

/* state = compression of state and one block: FIPS 180-4, 6.4.2.
 * Shapes: state 8 words, w 16 words in host order; w is overwritten (the schedule runs in place, 16 words deep).
 * Budget: 8 + 8 + 16 words of 64 bits live: 64 registers and their temporaries; the inner loops must unroll.
 * Work: 80 rounds of about 24 64-bit operations, two 32-bit ones each on a GPU. */
DEVICE_FUNCTION void sha512_compress(ulong state[8], ulong w[16])
{
    ulong a = state[0], b = state[1], c = state[2], d = state[3];
    ulong e = state[4], f = state[5], g = state[6], h = state[7];
    for (uint r = 0; r < 80; r += 16) {
        UNROLL
        for (uint i = 0; i < 16; i++) {
            if (r != 0) {
                const ulong x = w[(i + 1) & 15], y = w[(i + 14) & 15];
                w[i] += w[(i + 9) & 15] +
                        (rotate_right_64(x, 1u) ^ rotate_right_64(x, 8u) ^ (x >> 7)) +
                        (rotate_right_64(y, 19u) ^ rotate_right_64(y, 61u) ^ (y >> 6));
            }
            const ulong t =
                h + w[i] + sha512_k[r + i] + (g ^ (e & (f ^ g))) +
                (rotate_right_64(e, 14u) ^ rotate_right_64(e, 18u) ^ rotate_right_64(e, 41u));
            const ulong u =
                (rotate_right_64(a, 28u) ^ rotate_right_64(a, 34u) ^ rotate_right_64(a, 39u)) +
                ((a & b) | (c & (a | b)));
            h = g;
            g = f;
            f = e;
            e = d + t;
            d = c;
            c = b;
            b = a;
            a = t + u;
        }
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
}

#endif
