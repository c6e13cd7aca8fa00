/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256, one message, any CPU. FIPS 180-4. */
#include "../core/bytes.h"
#include "kernel.h"

/* First 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2). */
const uint32_t pa_sha256_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline uint32_t choose(uint32_t x, uint32_t y, uint32_t z)
{
    return z ^ (x & (y ^ z));
}

static inline uint32_t majority(uint32_t x, uint32_t y, uint32_t z)
{
    return (x & y) | (z & (x | y));
}

/* Round i of a run of 16: the eight state words rotate through v instead of being moved. */
static inline __attribute__((always_inline)) void round_once(uint32_t v[8], unsigned i, uint32_t wk)
{
    uint32_t a = v[(0 - i) & 7], b = v[(1 - i) & 7], c = v[(2 - i) & 7];
    uint32_t e = v[(4 - i) & 7], f = v[(5 - i) & 7], g = v[(6 - i) & 7];
    uint32_t s1 = pa_rotr32(e, 6) ^ pa_rotr32(e, 11) ^ pa_rotr32(e, 25);
    uint32_t s0 = pa_rotr32(a, 2) ^ pa_rotr32(a, 13) ^ pa_rotr32(a, 22);
    uint32_t t1 = v[(7 - i) & 7] + wk + choose(e, f, g) + s1;
    v[(3 - i) & 7] += t1;
    v[(7 - i) & 7] = t1 + majority(a, b, c) + s0;
}

/* w[i] = W_t+16 in place of W_t. */
static inline __attribute__((always_inline)) void extend(uint32_t w[16], unsigned i)
{
    uint32_t x = w[(i + 1) & 15], y = w[(i + 14) & 15];
    w[i] += w[(i + 9) & 15] + (pa_rotr32(x, 7) ^ pa_rotr32(x, 18) ^ x >> 3) +
            (pa_rotr32(y, 17) ^ pa_rotr32(y, 19) ^ y >> 10);
}

/* SHA-256 compression (FIPS 180-4, 6.2.2).
 *   shapes   state: 8 words, data: count * 64 bytes
 *   formula  H += 64 rounds over W, W_t = s1(W_t-2) + W_t-7 + s0(W_t-15) + W_t-16, kept as a ring of 16
 *   before   nothing; any alignment. Time depends on count alone */
static void sha256_blocks_portable(pa_hash_state *state, const uint8_t *data, uint64_t count)
{
    uint32_t *h = state->word;
    for (; count > 0; count--, data += 64) {
        uint32_t w[16];
        uint32_t v[8];
        for (unsigned i = 0; i < 16; i++) {
            w[i] = pa_load_be32(data + 4 * i);
        }
        for (unsigned i = 0; i < 8; i++) {
            v[i] = h[i];
        }
        const uint32_t *k = pa_sha256_constants;
#define STEP(i) round_once(v, i, w[i] + k[i]);
#define STEP_AND_EXTEND(i) STEP(i) extend(w, i);
        for (; k < pa_sha256_constants + 48; k += 16) {
            PA_SIXTEEN(STEP_AND_EXTEND)
        }
        PA_SIXTEEN(STEP)
#undef STEP_AND_EXTEND
#undef STEP
        for (unsigned i = 0; i < 8; i++) {
            h[i] += v[i];
        }
    }
}

const struct pa_hash_single pa_sha256_portable = {sha256_blocks_portable, 620};
