/* SPDX-License-Identifier: Apache-2.0 */
/* Sponges over Keccak-f[1600] (FIPS 202) in one work item. */
#ifndef PYACCEL_KERNEL_KECCAK_H
#define PYACCEL_KERNEL_KECCAK_H

#include "../rows.h"

/* FIPS 202, 3.2.5. */
CONSTANT ulong keccak_constant[24] = {
    0x0000000000000001ul, 0x0000000000008082ul, 0x800000000000808aul,
    0x8000000080008000ul, 0x000000000000808bul, 0x0000000080000001ul,
    0x8000000080008081ul, 0x8000000000008009ul, 0x000000000000008aul,
    0x0000000000000088ul, 0x0000000080008009ul, 0x000000008000000aul,
    0x000000008000808bul, 0x800000000000008bul, 0x8000000000008089ul,
    0x8000000000008003ul, 0x8000000000008002ul, 0x8000000000000080ul,
    0x000000000000800aul, 0x800000008000000aul, 0x8000000080008081ul,
    0x8000000000008080ul, 0x0000000080000001ul, 0x8000000080008008ul,
};

/* One step of rho and pi: lane `to` receives what is in hand, turned, and hands on what it held. */
#define KECCAK_MOVE(to, turn)                                                                      \
    next = a[to];                                                                                  \
    a[to] = rotate_left_64(hand, turn##u);                                                         \
    hand = next;

/* a = Keccak-f[1600](a), lanes a[x + 5 y].
 * Budget: 25 + 7 lanes of 64 bits live: 64 registers and the temporaries; every index is a literal.
 * Work: 24 rounds of 76 operations on 64 bits and 29 rotations; on a GPU 2 operations of 32 bits each, where one of
 * three inputs does a step of chi, and of theta two. */
DEVICE_FUNCTION void keccak_permute(ulong a[25])
{
    for (uint r = 0; r < 24; r++) {
        ulong parity[5], next;
        UNROLL
        for (uint x = 0; x < 5; x++) {
            parity[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
        }
        UNROLL
        for (uint x = 0; x < 5; x++) {
            const ulong theta = parity[(x + 4) % 5] ^ rotate_left_64(parity[(x + 1) % 5], 1u);
            UNROLL
            for (uint y = 0; y < 25; y += 5) {
                a[x + y] ^= theta;
            }
        }
        ulong hand = a[1];
        KECCAK_MOVE(10, 1)
        KECCAK_MOVE(7, 3)
        KECCAK_MOVE(11, 6)
        KECCAK_MOVE(17, 10)
        KECCAK_MOVE(18, 15)
        KECCAK_MOVE(3, 21)
        KECCAK_MOVE(5, 28)
        KECCAK_MOVE(16, 36)
        KECCAK_MOVE(8, 45)
        KECCAK_MOVE(21, 55)
        KECCAK_MOVE(24, 2)
        KECCAK_MOVE(4, 14)
        KECCAK_MOVE(15, 27)
        KECCAK_MOVE(23, 41)
        KECCAK_MOVE(19, 56)
        KECCAK_MOVE(13, 8)
        KECCAK_MOVE(12, 25)
        KECCAK_MOVE(2, 43)
        KECCAK_MOVE(20, 62)
        KECCAK_MOVE(14, 18)
        KECCAK_MOVE(22, 39)
        KECCAK_MOVE(9, 61)
        KECCAK_MOVE(6, 20)
        KECCAK_MOVE(1, 44)
        UNROLL
        for (uint y = 0; y < 25; y += 5) {
            const ulong first = a[y], second = a[y + 1];
            a[y] ^= ~second & a[y + 2];
            a[y + 1] ^= ~a[y + 2] & a[y + 3];
            a[y + 2] ^= ~a[y + 3] & a[y + 4];
            a[y + 3] ^= ~a[y + 4] & first;
            a[y + 4] ^= ~first & second;
        }
        a[0] ^= keccak_constant[r];
    }
}

/* a = the sponge after all of a message: rate in bytes, a multiple of 8 up to 168; suffix: the bits that tell the
 * functions apart, and the first one of the padding. */
DEVICE_FUNCTION void keccak_absorb(ulong a[25], const message *m, uint rate, uint suffix)
{
    const ulong blocks = m->length / rate + 1;
    UNROLL
    for (uint j = 0; j < 25; j++) {
        a[j] = 0;
    }
    for (ulong block = 0; block < blocks; block++) {
        UNROLL
        for (uint first = 0; first < 21; first += 4) { /* few words at a time: registers */
            uint words[8];
            if (8 * first < rate) {
                message_words(words, m, rate * block + 8 * first, 8, suffix);
                UNROLL
                for (uint j = 0; j < 4; j++) {
                    if (8 * (first + j) < rate && first + j < 21) {
                        a[first + j] ^= (ulong)words[2 * j + 1] << 32 | words[2 * j];
                    }
                }
            }
        }
        if (block == blocks - 1) {
            UNROLL
            for (uint j = 8; j < 21; j++) {
                a[j] ^= 8 * (j + 1) == rate ? 0x8000000000000000ul : 0;
            }
        }
        keccak_permute(a);
    }
}

#endif
