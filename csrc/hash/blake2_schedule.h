/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 7693, 2.7: the message words of each round's places. */
#ifndef PA_HASH_BLAKE2_SCHEDULE_H
#define PA_HASH_BLAKE2_SCHEDULE_H

/* clang-format off */
#define ROUNDS_0_AND_1                                                                             \
    ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)                                    \
    ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3)
#define ROUNDS_0_TO_9                                                                              \
    ROUNDS_0_AND_1                                                                                 \
    ROUND(11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4)                                    \
    ROUND(7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8)                                    \
    ROUND(9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13)                                    \
    ROUND(2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9)                                    \
    ROUND(12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11)                                    \
    ROUND(13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10)                                    \
    ROUND(6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5)                                    \
    ROUND(10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0)
/* clang-format on */

#define FEEDS_FORWARD

#if WORD_BITS == 64
#define ROUNDS 12
#define SCHEDULE ROUNDS_0_TO_9 ROUNDS_0_AND_1
/* SHA-512's initial value (2.6). */
#define INITIAL_VALUE                                                                              \
    {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,               \
     0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179}
/* Bits of a counter above a word: messages are shorter than 2^64 bytes. */
#define COUNTER_HIGH(t) ((t) & 0)
#else
#define ROUNDS 10
#define SCHEDULE ROUNDS_0_TO_9
/* SHA-256's initial value (2.6). */
#define INITIAL_VALUE                                                                              \
    {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}
#define COUNTER_HIGH(t) ((uint32_t)((t) >> 32))
#endif

#endif
