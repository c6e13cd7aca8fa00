/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of 256 bits in a device's memory, and what a field's interface calls them. */
#ifndef PYACCEL_KERNEL_ROW_H
#define PYACCEL_KERNEL_ROW_H

#include "../platform.h"

#define FE_FN DEVICE_FUNCTION
#include "../../csrc/field/field.h"

/* A packed element in memory: eight words of 32 bits, least significant first; any number below 2^256. */
typedef struct {
    uint4 low, high;
} row;
typedef uint mask; /* 0 or 1 */
typedef int fe_state;

/* word = a row of memory. */
DEVICE_FUNCTION void load_words(uint word[8], GLOBAL const row *from)
{
    const uint4 low = from->low, high = from->high;
    word[0] = low.x;
    word[1] = low.y;
    word[2] = low.z;
    word[3] = low.w;
    word[4] = high.x;
    word[5] = high.y;
    word[6] = high.z;
    word[7] = high.w;
}

DEVICE_FUNCTION void store_words(GLOBAL row *to, const uint word[8])
{
    uint4 low, high;
    low.x = word[0];
    low.y = word[1];
    low.z = word[2];
    low.w = word[3];
    high.x = word[4];
    high.y = word[5];
    high.z = word[6];
    high.w = word[7];
    to->low = low;
    to->high = high;
}

/* Between 32 big-endian bytes, as load_words gives them, and words with the least significant first; either way. */
DEVICE_FUNCTION void turn_words(uint word[8])
{
    UNROLL
    for (int i = 0; i < 4; i++) {
        const uint low = word[i];
        word[i] = big_endian(word[7 - i]);
        word[7 - i] = big_endian(low);
    }
}

#endif
