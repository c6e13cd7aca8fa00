/* SPDX-License-Identifier: Apache-2.0 */
/* Keccak-f[1600] sponges of any rate (Keccak-256, SHA-3, SHAKE), one message, any CPU. FIPS 202. */
#include "../core/bytes.h"
#include "kernel.h"

/* Iota constants: output of the LFSR x^8 + x^6 + x^5 + x^4 + 1 (Keccak reference, 1.2). */
const uint64_t pa_keccak_constants[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

/* One round of Keccak-f[1600]: theta, rho and pi (offsets from the Keccak reference, 1.2), chi, iota.
 *   shapes   s: 25 wide words, lane (x, y) at x + 5 y
 *   formula  b[y, 2x + 3y] = rot(s[x, y] ^ C[x-1] ^ rot(C[x+1], 1)); s = b ^ (~b[x+1] & b[x+2]) ^ constant
 *   before   nothing. Constant time */
static inline void round_once(uint64_t *s, uint64_t constant)
{
    uint64_t b[25];
    uint64_t c[5] = {s[0] ^ s[5] ^ s[10] ^ s[15] ^ s[20], s[1] ^ s[6] ^ s[11] ^ s[16] ^ s[21],
                     s[2] ^ s[7] ^ s[12] ^ s[17] ^ s[22], s[3] ^ s[8] ^ s[13] ^ s[18] ^ s[23],
                     s[4] ^ s[9] ^ s[14] ^ s[19] ^ s[24]};
    uint64_t d[5] = {c[4] ^ pa_rotl64(c[1], 1), c[0] ^ pa_rotl64(c[2], 1),
                     c[1] ^ pa_rotl64(c[3], 1), c[2] ^ pa_rotl64(c[4], 1),
                     c[3] ^ pa_rotl64(c[0], 1)};
    b[0] = s[0] ^ d[0];
    b[10] = pa_rotl64(s[1] ^ d[1], 1);
    b[20] = pa_rotl64(s[2] ^ d[2], 62);
    b[5] = pa_rotl64(s[3] ^ d[3], 28);
    b[15] = pa_rotl64(s[4] ^ d[4], 27);
    b[16] = pa_rotl64(s[5] ^ d[0], 36);
    b[1] = pa_rotl64(s[6] ^ d[1], 44);
    b[11] = pa_rotl64(s[7] ^ d[2], 6);
    b[21] = pa_rotl64(s[8] ^ d[3], 55);
    b[6] = pa_rotl64(s[9] ^ d[4], 20);
    b[7] = pa_rotl64(s[10] ^ d[0], 3);
    b[17] = pa_rotl64(s[11] ^ d[1], 10);
    b[2] = pa_rotl64(s[12] ^ d[2], 43);
    b[12] = pa_rotl64(s[13] ^ d[3], 25);
    b[22] = pa_rotl64(s[14] ^ d[4], 39);
    b[23] = pa_rotl64(s[15] ^ d[0], 41);
    b[8] = pa_rotl64(s[16] ^ d[1], 45);
    b[18] = pa_rotl64(s[17] ^ d[2], 15);
    b[3] = pa_rotl64(s[18] ^ d[3], 21);
    b[13] = pa_rotl64(s[19] ^ d[4], 8);
    b[14] = pa_rotl64(s[20] ^ d[0], 18);
    b[24] = pa_rotl64(s[21] ^ d[1], 2);
    b[9] = pa_rotl64(s[22] ^ d[2], 61);
    b[19] = pa_rotl64(s[23] ^ d[3], 56);
    b[4] = pa_rotl64(s[24] ^ d[4], 14);
    for (unsigned y = 0; y < 25; y += 5) {
        s[y] = b[y] ^ (~b[y + 1] & b[y + 2]);
        s[y + 1] = b[y + 1] ^ (~b[y + 2] & b[y + 3]);
        s[y + 2] = b[y + 2] ^ (~b[y + 3] & b[y + 4]);
        s[y + 3] = b[y + 3] ^ (~b[y + 4] & b[y]);
        s[y + 4] = b[y + 4] ^ (~b[y] & b[y + 1]);
    }
    s[0] ^= constant;
}

/* Absorbs blocks.
 *   shapes   state: 25 wide words and the rate, data: count * rate bytes
 *   formula  S = f(S ^ (block || 0)), words little-endian
 *   before   the rate is a multiple of 8 below 200; any alignment. Time depends on rate and count alone */
static void keccak_blocks_portable(pa_hash_state *state, const uint8_t *data, uint64_t count)
{
    uint64_t *s = state->wide;
    const uint64_t rate = s[PA_KECCAK_RATE];
    for (; count > 0; count--, data += rate) {
        for (unsigned i = 0; i < rate / 8; i++) {
            s[i] ^= pa_load_le64(data + 8 * i);
        }
        for (unsigned i = 0; i < 24; i++) {
            round_once(s, pa_keccak_constants[i]);
        }
    }
}

const struct pa_hash_single pa_keccak_portable = {keccak_blocks_portable, 1300};
