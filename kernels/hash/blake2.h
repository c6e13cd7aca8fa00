/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE2b and BLAKE2s (RFC 7693) in one work item: one text for words of 64 and of 32 bits.
 *
 * Defined by the includer: WORD, ulong or uint; BLAKE2_ROUNDS, 12 or 10; BLAKE2_TURN(x, k), a rotation to the right;
 * BLAKE2_R1 .. BLAKE2_R4, the distances; BLAKE2_IV, the eight words of the initial value as a list. */
#ifndef PYACCEL_KERNEL_BLAKE2_H
#define PYACCEL_KERNEL_BLAKE2_H

#include "../rows.h"

#define WORD_BYTES ((uint)sizeof(WORD))
#define BLOCK_BYTES (16 * WORD_BYTES)

CONSTANT WORD blake2_iv[8] = {BLAKE2_IV};

/* RFC 7693, 3.1. */
#define BLAKE2_MIX(a, b, c, d, x, y)                                                               \
    v[a] += v[b] + m[x];                                                                           \
    v[d] = BLAKE2_TURN(v[d] ^ v[a], BLAKE2_R1);                                                    \
    v[c] += v[d];                                                                                  \
    v[b] = BLAKE2_TURN(v[b] ^ v[c], BLAKE2_R2);                                                    \
    v[a] += v[b] + m[y];                                                                           \
    v[d] = BLAKE2_TURN(v[d] ^ v[a], BLAKE2_R3);                                                    \
    v[c] += v[d];                                                                                  \
    v[b] = BLAKE2_TURN(v[b] ^ v[c], BLAKE2_R4);
/* One round over these words of the message. */
#define BLAKE2_ROUND(a, b, c, d, e, f, g, h, i, j, k, l, n, o, p, q)                               \
    BLAKE2_MIX(0, 4, 8, 12, a, b)                                                                  \
    BLAKE2_MIX(1, 5, 9, 13, c, d)                                                                  \
    BLAKE2_MIX(2, 6, 10, 14, e, f)                                                                 \
    BLAKE2_MIX(3, 7, 11, 15, g, h)                                                                 \
    BLAKE2_MIX(0, 5, 10, 15, i, j)                                                                 \
    BLAKE2_MIX(1, 6, 11, 12, k, l)                                                                 \
    BLAKE2_MIX(2, 7, 8, 13, n, o)                                                                  \
    BLAKE2_MIX(3, 4, 9, 14, p, q)

/* RFC 7693, 2.7: the message words of ten rounds; the eleventh and twelfth are the first two again. */
#define BLAKE2_SCHEDULE_AGAIN(round)                                                               \
    round(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) \
    round(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3)
#define BLAKE2_SCHEDULE(round)                                                                     \
    BLAKE2_SCHEDULE_AGAIN(round)                                                                   \
    round(11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4) \
    round(7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8) \
    round(9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13) \
    round(2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9) \
    round(12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11) \
    round(13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10) \
    round(6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5) \
    round(10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0)

#if !INDICES_IN_REGISTERS
#define BLAKE2_ROW(a, b, c, d, e, f, g, h, i, j, k, l, n, o, p, q)                                 \
    {a, b, c, d, e, f, g, h, i, j, k, l, n, o, p, q},
CONSTANT uchar blake2_schedule[10][16] = {BLAKE2_SCHEDULE(BLAKE2_ROW)};
#endif

/* h = compression of h and block m, with `count` bytes taken in so far, this block's included: RFC 7693, 3.2.
 * Budget: 8 + 16 + 16 words live. Work: a round is 8 mixes of 14 operations.
 * Where indices must be literals to keep m in registers, the rounds are written out; elsewhere they are a loop, for
 * Intel's compiler takes a minute over twelve rounds of 64-bit words and two seconds over a loop of them. */
DEVICE_FUNCTION void blake2_compress(WORD h[8], const WORD m[16], ulong count, uint last)
{
    WORD v[16];
    UNROLL
    for (uint j = 0; j < 8; j++) {
        v[j] = h[j];
        v[8 + j] = blake2_iv[j];
    }
    v[12] ^= (WORD)count;
    v[13] ^= WORD_BYTES == 4 ? (WORD)(count >> 32) : 0;
    v[14] ^= last ? ~(WORD)0 : 0;
#if INDICES_IN_REGISTERS
    BLAKE2_SCHEDULE(BLAKE2_ROUND)
#if BLAKE2_ROUNDS == 12
    BLAKE2_SCHEDULE_AGAIN(BLAKE2_ROUND)
#endif
#else
    for (uint r = 0; r < BLAKE2_ROUNDS; r++) {
        CONSTANT uchar *s = blake2_schedule[r % 10];
        BLAKE2_ROUND(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8], s[9], s[10], s[11], s[12],
                     s[13], s[14], s[15])
    }
#endif
    UNROLL
    for (uint j = 0; j < 8; j++) {
        h[j] ^= v[j] ^ v[8 + j];
    }
}

/* m = bytes at .. at + BLOCK_BYTES of a message, zeros after its end. */
DEVICE_FUNCTION void blake2_block(WORD m[16], const message *row, ulong at)
{
    UNROLL
    for (uint quarter = 0; quarter < 4; quarter++) {
        uint words[8];
        message_words(words, row, at + BLOCK_BYTES / 4 * quarter, WORD_BYTES, 0);
        UNROLL
        for (uint j = 0; j < 4; j++) {
            const uint low = words[j * (WORD_BYTES / 4)];
            const uint high = words[(j + 1) * (WORD_BYTES / 4) - 1];
            m[4 * quarter + j] = WORD_BYTES == 8 ? (WORD)((ulong)high << 32 | low) : (WORD)low;
        }
    }
}

/* Digest i of digest_size bytes (a multiple of 4) = BLAKE2(row), after the block of a key of key_size bytes, if that is
 * not 0; key: BLOCK_BYTES bytes, the key and zeros (RFC 7693, 3.3). */
DEVICE_FUNCTION void blake2_row(GLOBAL uint *digests, uint i, const message *row,
                                GLOBAL const uint *key, uint key_size, uint digest_size)
{
    const ulong before = key_size != 0 ? BLOCK_BYTES : 0;
    const ulong length = row->length + before;
    WORD h[8], m[16];
    UNROLL
    for (uint j = 0; j < 8; j++) {
        h[j] = blake2_iv[j];
    }
    h[0] ^= 0x01010000u ^ key_size << 8 ^ digest_size;
    ulong at = 0;
    do {
        if (at < before) {
            UNROLL
            for (uint j = 0; j < 16; j++) {
                const uint low = little_endian(key[j * (WORD_BYTES / 4)]);
                const uint high = little_endian(key[(j + 1) * (WORD_BYTES / 4) - 1]);
                m[j] = WORD_BYTES == 8 ? (WORD)((ulong)high << 32 | low) : (WORD)low;
            }
        } else {
            blake2_block(m, row, at - before);
        }
        at += BLOCK_BYTES;
        blake2_compress(h, m, at < length ? at : length, at >= length);
    } while (at < length);
    UNROLL
    for (uint j = 0; j < 2 * WORD_BYTES; j++) {
        const uint word =
            WORD_BYTES == 4 ? (uint)h[j & 7] : (uint)((ulong)h[(j >> 1) & 7] >> (j & 1 ? 32 : 0));
        if (4 * j < digest_size) {
            digests[digest_size / 4 * (ulong)i + j] = little_endian(word);
        }
    }
}

#endif
