/* SPDX-License-Identifier: Apache-2.0 */
/* Whole hashes, double hashes and HMAC over a compression function in the manner of SHA-2 (FIPS 180-4, 5.1 and 6): one
 * text for words of 32 and of 64 bits.
 *
 * Defined by the includer: WORD, uint or ulong; BEGIN(state), the initial hash value; COMPRESS(state, w), one block of 16
 * words in host order, which it may overwrite. State and digest are 8 words, big-endian outside; 0x80, zeros and the
 * number of bits in two words end a message. */
#ifndef PYACCEL_KERNEL_MERKLE_DAMGARD_H
#define PYACCEL_KERNEL_MERKLE_DAMGARD_H

#include "../rows.h"

#define WORD_BYTES ((uint)sizeof(WORD))
#define BLOCK_BYTES (16 * WORD_BYTES)
#define DIGEST_BYTES (8 * WORD_BYTES)

/* w = bytes at .. at + BLOCK_BYTES / 4 of the message, the byte `end` after its last one. */
DEVICE_FUNCTION void load_quarter(WORD w[4], const message *m, ulong at, uint end)
{
    uint words[8];
    message_words(words, m, at, WORD_BYTES, end);
    UNROLL
    for (uint j = 0; j < 4; j++) {
        const uint high = swap_bytes(words[j * (WORD_BYTES / 4)]);
        const uint low = swap_bytes(words[(j + 1) * (WORD_BYTES / 4) - 1]);
        w[j] = WORD_BYTES == 8 ? (WORD)((ulong)high << 32 | low) : (WORD)low;
    }
}

/* w = bytes at .. at + BLOCK_BYTES likewise. */
DEVICE_FUNCTION void load_block(WORD w[16], const message *m, ulong at, uint end)
{
    UNROLL
    for (uint quarter = 0; quarter < 4; quarter++) { /* few words at a time: two formats of them are live */
        load_quarter(w + 4 * quarter, m, at + BLOCK_BYTES / 4 * quarter, end);
    }
}

/* state = the hash of a message from the state in it, and then, with passes 2, of that digest from state second.
 * `before`: bytes, whole blocks, that either state has taken in already (the key of HMAC). */
DEVICE_FUNCTION void hash_message(WORD state[8], const message *m, uint passes,
                                  const WORD second[8], uint before)
{
    const ulong blocks = (m->length + 2 * WORD_BYTES) / BLOCK_BYTES + 1;
    const ulong size = m->length + before;
    WORD w[16];
    for (ulong block = 0; block < blocks + passes - 1; block++) {
        if (block < blocks) {
            load_block(w, m, BLOCK_BYTES * block, 0x80);
            if (block == blocks - 1) {
                w[14] = (WORD)(WORD_BYTES == 4 ? size >> 29 : size >> 61);
                w[15] = (WORD)(size << 3);
            }
        } else {
            UNROLL
            for (uint j = 0; j < 8; j++) {
                w[j] = state[j];
                w[8 + j] = 0;
                state[j] = second[j];
            }
            w[8] = (WORD)0x80 << (8 * WORD_BYTES - 8);
            w[15] = 8 * (DIGEST_BYTES + before);
        }
        COMPRESS(state, w);
    }
}

/* What hash_message and COMPRESS start from: of HMAC the two halves of states, else the initial hash value. */
DEVICE_FUNCTION void begin_states(WORD state[8], WORD second[8], GLOBAL const WORD *states, uint hmac)
{
    BEGIN(state);
    BEGIN(second);
    if (hmac) {
        UNROLL
        for (uint j = 0; j < 8; j++) {
            state[j] = states[j];
            second[j] = states[8 + j];
        }
    }
}

/* Digest i, big-endian: the first `words` 32-bit words of state. */
DEVICE_FUNCTION void store_state(GLOBAL uint *digests, uint i, const WORD state[8], uint words)
{
    UNROLL
    for (uint j = 0; j < 2 * WORD_BYTES; j++) {
        const uint word = WORD_BYTES == 4 ? (uint)state[j & 7]
                                          : (uint)((ulong)state[(j >> 1) & 7] >> (j & 1 ? 0 : 32));
        if (j < words) {
            digests[words * (ulong)i + j] = big_endian(word);
        }
    }
}

/* states = the state after the block key ^ 0x36.., and after key ^ 0x5c..: the halves of HMAC (FIPS 198-1, 4).
 * Shapes: states 16 words; the key is the message, of any length: one longer than a block is hashed first. */
DEVICE_FUNCTION void hmac_states(GLOBAL WORD *states, const message *m)
{
    WORD state[8], key[16], w[16];
    load_block(key, m, 0, 0);
    if (m->length > BLOCK_BYTES) {
        BEGIN(state);
        hash_message(state, m, 1, state, 0);
        UNROLL
        for (uint j = 0; j < 8; j++) {
            key[j] = state[j];
            key[8 + j] = 0;
        }
    }
    for (uint side = 0; side < 2; side++) {
        UNROLL
        for (uint j = 0; j < 16; j++) {
            w[j] = key[j] ^ (WORD)(side == 0 ? 0x3636363636363636ul : 0x5c5c5c5c5c5c5c5cul);
        }
        BEGIN(state);
        COMPRESS(state, w);
        UNROLL
        for (uint j = 0; j < 8; j++) {
            states[8 * side + j] = state[j];
        }
    }
}

#endif
