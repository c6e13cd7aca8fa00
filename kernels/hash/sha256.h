/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 (FIPS 180-4) in one work item, for kernels that include it after platform.h. */
#ifndef PYACCEL_KERNEL_SHA256_H
#define PYACCEL_KERNEL_SHA256_H

#include "../rows.h"

/* FIPS 180-4, 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
CONSTANT uint sha256_k[64] = {
    0x428a2f98u, 0x71374491u, 0xb5c0fbcfu, 0xe9b5dba5u, 0x3956c25bu, 0x59f111f1u, 0x923f82a4u,
    0xab1c5ed5u, 0xd807aa98u, 0x12835b01u, 0x243185beu, 0x550c7dc3u, 0x72be5d74u, 0x80deb1feu,
    0x9bdc06a7u, 0xc19bf174u, 0xe49b69c1u, 0xefbe4786u, 0x0fc19dc6u, 0x240ca1ccu, 0x2de92c6fu,
    0x4a7484aau, 0x5cb0a9dcu, 0x76f988dau, 0x983e5152u, 0xa831c66du, 0xb00327c8u, 0xbf597fc7u,
    0xc6e00bf3u, 0xd5a79147u, 0x06ca6351u, 0x14292967u, 0x27b70a85u, 0x2e1b2138u, 0x4d2c6dfcu,
    0x53380d13u, 0x650a7354u, 0x766a0abbu, 0x81c2c92eu, 0x92722c85u, 0xa2bfe8a1u, 0xa81a664bu,
    0xc24b8b70u, 0xc76c51a3u, 0xd192e819u, 0xd6990624u, 0xf40e3585u, 0x106aa070u, 0x19a4c116u,
    0x1e376c08u, 0x2748774cu, 0x34b0bcb5u, 0x391c0cb3u, 0x4ed8aa4au, 0x5b9cca4fu, 0x682e6ff3u,
    0x748f82eeu, 0x78a5636fu, 0x84c87814u, 0x8cc70208u, 0x90befffau, 0xa4506cebu, 0xbef9a3f7u,
    0xc67178f2u};

/* state = the initial hash value: FIPS 180-4, 5.3.3 (square roots of the first 8 primes). */
DEVICE_FUNCTION void sha256_begin(uint state[8])
{
    state[0] = 0x6a09e667u;
    state[1] = 0xbb67ae85u;
    state[2] = 0x3c6ef372u;
    state[3] = 0xa54ff53au;
    state[4] = 0x510e527fu;
    state[5] = 0x9b05688cu;
    state[6] = 0x1f83d9abu;
    state[7] = 0x5be0cd19u;
}

/* state = the initial hash value of SHA-224: FIPS 180-4, 5.3.2. */
DEVICE_FUNCTION void sha224_begin(uint state[8])
{
    state[0] = 0xc1059ed8u;
    state[1] = 0x367cd507u;
    state[2] = 0x3070dd17u;
    state[3] = 0xf70e5939u;
    state[4] = 0xffc00b31u;
    state[5] = 0x68581511u;
    state[6] = 0x64f98fa7u;
    state[7] = 0xbefa4fa4u;
}

/* state = compression of state and one block: FIPS 180-4, 6.2.2.
 * Shapes: state 8 words, w 16 words in host order; w is overwritten (the schedule runs in place, 16 words deep).
 * Budget: 8 + 8 + 16 words live: 40 to 48 registers; the inner loops must unroll, or w leaves the registers.
 * Work: 64 rounds of about 24 32-bit operations; the floor is those, not memory. */
DEVICE_FUNCTION void sha256_compress(uint state[8], uint w[16])
{
    uint a = state[0], b = state[1], c = state[2], d = state[3];
    uint e = state[4], f = state[5], g = state[6], h = state[7];
    for (uint r = 0; r < 64; r += 16) {
        UNROLL
        for (uint i = 0; i < 16; i++) {
            if (r != 0) {
                const uint x = w[(i + 1) & 15], y = w[(i + 14) & 15];
                w[i] += w[(i + 9) & 15] + (rotate_right(x, 7u) ^ rotate_right(x, 18u) ^ (x >> 3)) +
                        (rotate_right(y, 17u) ^ rotate_right(y, 19u) ^ (y >> 10));
            }
            const uint t = h + w[i] + sha256_k[r + i] + (g ^ (e & (f ^ g))) +
                           (rotate_right(e, 6u) ^ rotate_right(e, 11u) ^ rotate_right(e, 25u));
            const uint u = (rotate_right(a, 2u) ^ rotate_right(a, 13u) ^ rotate_right(a, 22u)) +
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
