/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE3, specification, table 2: the message words of each round's places, which a round permutes for the next one. */
#ifndef PA_HASH_BLAKE3_SCHEDULE_H
#define PA_HASH_BLAKE3_SCHEDULE_H

#define WORD_BITS 32
#define ROUNDS 7

/* clang-format off */
#define SCHEDULE                                                                                   \
    ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)                                    \
    ROUND(2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)                                    \
    ROUND(3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1)                                    \
    ROUND(10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6)                                    \
    ROUND(12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4)                                    \
    ROUND(9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7)                                    \
    ROUND(11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13)
/* clang-format on */

/* Words 8 to 11 of the state: the first four of SHA-256's initial value (2.2). */
#define CONSTANTS {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a}

#endif
