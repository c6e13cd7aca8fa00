/* SPDX-License-Identifier: Apache-2.0 */
/* Keccak-f[1600] sponges of any rate, one message: one text, compiled for any CPU and with BMI. FIPS 202.
 *   floor    24 rounds of 76 xors, 29 rotations and 25 and-nots: 3120 operations a block with BMI, 3720 without, at 4 a cycle
 *            780 and 930 cycles
 *   reached  Zen 3, 3.24 GHz, blocks of 136 bytes, gcc 12 and clang 14: portable 1144 and 1166 cycles, BMI 967 and 958
 *            (OpenSSL through hashlib: 1340)
 *   between  25 words of state, 5 of D and a row are more than 15 registers: some 50 moves a round
 *   lost     theta, rho and pi of the whole state into a second array, then chi (1351 and 1648 cycles); rows, but in the
 *            caller's state (1154 and 1316: the compiler must think that data may lie over it); rorx without andn (1140) */
#include "../core/bytes.h"
#include "kernel.h"

/* Before: n < 64. */
static inline uint64_t rotate(uint64_t x, unsigned n)
{
    return n == 0 ? x : pa_rotl64(x, n);
}

/* Words y .. y + 4 of the next state: theta and rho of the words that pi brings there, then chi.
 *   formula  b_i = rotl(s[f_i] ^ d[f_i % 5], r_i); t[y + i] = b_i ^ (~b_i+1 & b_i+2) */
#define ROW(y, f0, r0, f1, r1, f2, r2, f3, r3, f4, r4)                                             \
    {                                                                                              \
        uint64_t b0 = rotate(s[f0] ^ d[(f0) % 5], r0), b1 = rotate(s[f1] ^ d[(f1) % 5], r1);       \
        uint64_t b2 = rotate(s[f2] ^ d[(f2) % 5], r2), b3 = rotate(s[f3] ^ d[(f3) % 5], r3);       \
        uint64_t b4 = rotate(s[f4] ^ d[(f4) % 5], r4);                                             \
        t[y] = b0 ^ (~b1 & b2);                                                                    \
        t[(y) + 1] = b1 ^ (~b2 & b3);                                                              \
        t[(y) + 2] = b2 ^ (~b3 & b4);                                                              \
        t[(y) + 3] = b3 ^ (~b4 & b0);                                                              \
        t[(y) + 4] = b4 ^ (~b0 & b1);                                                              \
    }

/* One round of Keccak-f[1600]: theta, rho and pi (offsets from the Keccak reference, 1.2), chi, iota.
 *   shapes   s, t: 25 words each, lane (x, y) at x + 5 y; apart
 *   before   nothing. Constant time */
static inline __attribute__((always_inline)) void round_once(uint64_t *t, const uint64_t *s,
                                                             uint64_t constant)
{
    const uint64_t c[5] = {s[0] ^ s[5] ^ s[10] ^ s[15] ^ s[20], s[1] ^ s[6] ^ s[11] ^ s[16] ^ s[21],
                           s[2] ^ s[7] ^ s[12] ^ s[17] ^ s[22], s[3] ^ s[8] ^ s[13] ^ s[18] ^ s[23],
                           s[4] ^ s[9] ^ s[14] ^ s[19] ^ s[24]};
    const uint64_t d[5] = {c[4] ^ rotate(c[1], 1), c[0] ^ rotate(c[2], 1), c[1] ^ rotate(c[3], 1),
                           c[2] ^ rotate(c[4], 1), c[3] ^ rotate(c[0], 1)};
    ROW(0, 0, 0, 6, 44, 12, 43, 18, 21, 24, 14)
    ROW(5, 3, 28, 9, 20, 10, 3, 16, 45, 22, 61)
    ROW(10, 1, 1, 7, 6, 13, 25, 19, 8, 20, 18)
    ROW(15, 4, 27, 5, 36, 11, 10, 17, 15, 23, 56)
    ROW(20, 2, 62, 8, 55, 14, 39, 15, 41, 21, 2)
    t[0] ^= constant;
}

/* Absorbs blocks.
 *   shapes   state: 25 wide words and the rate, data: count * rate bytes
 *   formula  S = f(S ^ (block || 0)), words little-endian
 *   before   the rate is a multiple of 8 below 200; any alignment. Time depends on rate and count alone */
static inline void keccak_blocks(pa_hash_state *state, const uint8_t *data, uint64_t count)
{
    uint64_t s[25], t[25];
    const uint64_t rate = state->wide[PA_KECCAK_RATE];
    for (unsigned i = 0; i < 25; i++) {
        s[i] = state->wide[i];
    }
    for (; count > 0; count--, data += rate) {
        for (unsigned i = 0; i < rate / 8; i++) {
            s[i] ^= pa_load_le64(data + 8 * i);
        }
        for (unsigned i = 0; i < 24; i += 2) {
            round_once(t, s, pa_keccak_constants[i]);
            round_once(s, t, pa_keccak_constants[i + 1]);
        }
    }
    for (unsigned i = 0; i < 25; i++) {
        state->wide[i] = s[i];
    }
}
