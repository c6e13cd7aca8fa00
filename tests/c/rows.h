/* SPDX-License-Identifier: Apache-2.0 */
/* Batches of rows, as calls take them. */
#ifndef PA_TEST_ROWS_H
#define PA_TEST_ROWS_H

#include "pyaccel/core.h"

/* n rows of width bytes, stride apart, from data on. */
static inline pyaccel_rows fixed_rows(const void *data, uint64_t n, uint64_t width, uint64_t stride)
{
    return (pyaccel_rows){.data = data,
                          .data_size = n == 0 ? 0 : (n - 1) * stride + width,
                          .width = width,
                          .stride = stride};
}

static inline pyaccel_rows ragged_rows(const uint8_t *data, const uint32_t *offsets, uint64_t n)
{
    return (pyaccel_rows){
        .data = data, .data_size = offsets[n], .offsets = offsets, .offset_bits = 32};
}

#endif
