/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of 256 bits in a device's memory, and what a field's interface calls them. */
#ifndef PYACCEL_KERNEL_ROW_H
#define PYACCEL_KERNEL_ROW_H

#include "../platform.h"

#define FE_FN DEVICE_FUNCTION
#include "../../csrc/field/field.h"

/* Words of a number, a multiple of 4: 8, and 12 on curves of 384 bits. */
#ifndef ROW_WORDS
#define ROW_WORDS 8
#endif

/* A packed element in memory: words of 32 bits, least significant first; any number of so many bits. */
typedef struct {
    uint4 part[ROW_WORDS / 4];
} row;
typedef uint mask; /* 0 or 1 */
typedef int fe_state;

/* word = a row of memory. */
DEVICE_FUNCTION void load_words(uint word[ROW_WORDS], GLOBAL const row *from)
{
    UNROLL
    for (int i = 0; i < ROW_WORDS / 4; i++) {
        const uint4 part = from->part[i];
        word[4 * i] = part.x;
        word[4 * i + 1] = part.y;
        word[4 * i + 2] = part.z;
        word[4 * i + 3] = part.w;
    }
}

DEVICE_FUNCTION void store_words(GLOBAL row *to, const uint word[ROW_WORDS])
{
    UNROLL
    for (int i = 0; i < ROW_WORDS / 4; i++) {
        uint4 part;
        part.x = word[4 * i];
        part.y = word[4 * i + 1];
        part.z = word[4 * i + 2];
        part.w = word[4 * i + 3];
        to->part[i] = part;
    }
}

/* Between big-endian bytes, as load_words gives them, and words with the least significant first; either way. */
DEVICE_FUNCTION void turn_words(uint word[ROW_WORDS])
{
    UNROLL
    for (int i = 0; i < ROW_WORDS / 2; i++) {
        const uint low = word[i];
        word[i] = big_endian(word[ROW_WORDS - 1 - i]);
        word[ROW_WORDS - 1 - i] = big_endian(low);
    }
}

#endif
