/* SPDX-License-Identifier: Apache-2.0 */
/* Sums of 128 bits, for products of limbs in words of 64. */
#ifndef PYACCEL_KERNEL_WIDE_H
#define PYACCEL_KERNEL_WIDE_H

#include "../platform.h"

/* A column of products. */
typedef struct {
    ulong low, high;
} fe_wide;

INLINED_FUNCTION void fe_add_product(fe_wide *column, ulong a, ulong b)
{
    const ulong low = a * b;
    column->low += low;
    column->high += multiply_high(a, b) + (column->low < low ? 1 : 0);
}

INLINED_FUNCTION void fe_add_word(fe_wide *column, ulong a)
{
    column->low += a;
    column->high += column->low < a ? 1 : 0;
}

/* The low `bits` bits of a column, which keeps the others, moved down: below 2^64. 0 < bits < 64. */
INLINED_FUNCTION ulong fe_take_bits(fe_wide *column, uint bits)
{
    const ulong taken = column->low & (((ulong)1 << bits) - 1);
    column->low = column->high << (64 - bits) | column->low >> bits;
    column->high = 0;
    return taken;
}

#endif
