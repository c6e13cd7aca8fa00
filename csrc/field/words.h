/* SPDX-License-Identifier: Apache-2.0 */
/* Words of 64 bits, their products, and their bytes on any machine. */
#ifndef PA_FIELD_WORDS_H
#define PA_FIELD_WORDS_H

#include <stdint.h>

__extension__ typedef unsigned __int128 pa_u128;

static inline uint64_t pa_load64_le(const unsigned char *bytes)
{
    uint64_t word = 0;
    for (int i = 7; i >= 0; i--) {
        word = word << 8 | bytes[i];
    }
    return word;
}

static inline uint64_t pa_load64_be(const unsigned char *bytes)
{
    uint64_t word = 0;
    for (int i = 0; i < 8; i++) {
        word = word << 8 | bytes[i];
    }
    return word;
}

static inline void pa_store64_le(unsigned char *bytes, uint64_t word)
{
    for (int i = 0; i < 8; i++) {
        bytes[i] = (unsigned char)(word >> (8 * i));
    }
}

static inline void pa_store64_be(unsigned char *bytes, uint64_t word)
{
    for (int i = 0; i < 8; i++) {
        bytes[i] = (unsigned char)(word >> (56 - 8 * i));
    }
}

#endif
