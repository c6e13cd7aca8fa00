/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that vary inputs, the same on every machine. */
#ifndef PA_TEST_RANDOM_H
#define PA_TEST_RANDOM_H

#include <stddef.h>
#include <stdint.h>

static uint64_t random_state = 0x9e3779b97f4a7c15; /* anything but 0 */

/* xorshift64* (Vigna, 2016); the low bits are the weaker ones. */
static inline uint64_t random_word(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * 0x2545f4914f6cdd1d;
}

static inline void random_bytes(uint8_t *out, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        out[i] = (uint8_t)(random_word() >> 40);
    }
}

#endif
