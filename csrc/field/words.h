/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of several 64-bit words: their bytes on any machine, and products of two words. */
#ifndef PA_FIELD_WORDS_H
#define PA_FIELD_WORDS_H

#include "../core/bytes.h"

/* word = the number of 32 bytes, least significant word first. */
static inline void pa_words_from_be(uint64_t word[4], const uint8_t bytes[32])
{
    for (int i = 0; i < 4; i++) {
        word[i] = pa_load_be64(bytes + 8 * (3 - i));
    }
}

static inline void pa_words_to_be(uint8_t bytes[32], const uint64_t word[4])
{
    for (int i = 0; i < 4; i++) {
        pa_store_be64(bytes + 8 * (3 - i), word[i]);
    }
}

static inline void pa_words_from_le(uint64_t word[4], const uint8_t bytes[32])
{
    for (int i = 0; i < 4; i++) {
        word[i] = pa_load_le64(bytes + 8 * i);
    }
}

static inline void pa_words_to_le(uint8_t bytes[32], const uint64_t word[4])
{
    for (int i = 0; i < 4; i++) {
        pa_store_le64(bytes + 8 * i, word[i]);
    }
}

#endif
