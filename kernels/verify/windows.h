/* SPDX-License-Identifier: Apache-2.0 */
/* Digits of numbers, every one of them odd, so that no addition is left out, and none carries into the next.
 *
 * With K = (k + 2^N - 1) / 2 of an odd k, |k| < 2^N, negative or not: k is the sum of (2 b_i - 1) 2^i over the bits b_i of
 * K, i < N, as 2 K - (2^N - 1) says. So a window of w bits of K, read as a number c, is the digit 2 c - (2^w - 1): odd, from
 * -(2^w - 1) to 2^w - 1. Its absolute value 2 k + 1 is entry k of a table of odd multiples: c - 2^(w - 1), or 2^(w - 1) - 1 - c
 * where it is negative. */
#ifndef PYACCEL_KERNEL_WINDOWS_H
#define PYACCEL_KERNEL_WINDOWS_H

#include "../platform.h"

/* Window `at` of a number of words. */
DEVICE_FUNCTION uint digit_window(GLOBAL const uint *words, uint at, uint width)
{
    const uint word = width * at / 32, shift = width * at % 32;
    uint bits = words[word] >> shift;
    if (shift + width > 32) {
        bits |= words[word + 1] << (32 - shift);
    }
    return bits & ((1u << width) - 1);
}

/* What a window stands for: the entry of its table, and whether it is taken negative. */
DEVICE_FUNCTION uint digit_entry(uint window, uint width, uint *negative)
{
    const uint middle = 1u << (width - 1);
    *negative = window < middle;
    return window < middle ? middle - 1 - window : window - middle;
}

/* out = (k + 2^(32 (size - 1) + bits) - 1) / 2: a number of `size` words, its sign in the top bit, becomes K. k + 2^N - 1 is
 * even and not negative. */
DEVICE_FUNCTION void store_digits(GLOBAL uint *out, const uint *k, uint size, uint bits)
{
    ulong sum = 0;
    uint below = 0;
    UNROLL
    for (uint i = 0; i < size; i++) {
        /* 2^N - 1: ones up to bit N */
        sum += (ulong)k[i] + (i < size - 1 ? 0xffffffffu : (1u << bits) - 1);
        if (i > 0) {
            out[i - 1] = below >> 1 | (uint)sum << 31;
        }
        below = (uint)sum;
        sum >>= 32;
    }
    out[size - 1] = below >> 1;
}

#endif
