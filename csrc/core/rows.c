/* SPDX-License-Identifier: Apache-2.0 */
/* Checks and reads the rows of a batch. */
#include <string.h>

#include "internal.h"

/* True when n rows of width bytes, stride apart, end within size bytes; no product may wrap. */
static bool fixed_rows_fit(uint64_t width, uint64_t stride, uint64_t n, uint64_t size)
{
    if (width > size) {
        return false;
    }
    return stride == 0 || n - 1 <= (size - width) / stride;
}

bool pa_rows_valid(const pyaccel_rows *rows, uint64_t n)
{
    if (rows == NULL || rows->reserved != 0) {
        return false;
    }
    if (rows->offset_bits == 0) {
        return rows->offsets == NULL &&
               (n == 0 || rows->width == 0 ||
                (rows->data != NULL &&
                 fixed_rows_fit(rows->width, rows->stride, n, rows->data_size)));
    }
    /* The n + 1 offsets themselves must be addressable. */
    return (rows->offset_bits == 32 || rows->offset_bits == 64) && rows->width == 0 &&
           rows->stride == 0 && n < SIZE_MAX / sizeof(uint64_t) &&
           (n == 0 || rows->offsets != NULL);
}

/* The empty asm keeps the compiler from reading memory again instead of using the checked value: other
 * threads may write to offsets. memcpy: they may be unaligned. */
static uint64_t read_offset(const pyaccel_rows *rows, uint64_t i)
{
    if (rows->offset_bits == 32) {
        uint32_t narrow;
        memcpy(&narrow, (const uint8_t *)rows->offsets + i * sizeof narrow, sizeof narrow);
        __asm__ volatile("" : "+r"(narrow));
        return narrow;
    }
    uint64_t offset;
    memcpy(&offset, (const uint8_t *)rows->offsets + i * sizeof offset, sizeof offset);
    __asm__ volatile("" : "+r"(offset));
    return offset;
}

bool pa_rows_take(pa_bytes *out, uint64_t apart, const pyaccel_rows *rows, uint64_t first,
                  uint64_t count)
{
    if (rows->offset_bits == 0) {
        for (uint64_t i = 0; i < count; i++, out += apart) {
            *out = rows->width == 0
                       ? (pa_bytes){NULL, 0}
                       : (pa_bytes){rows->data + (first + i) * rows->stride, rows->width};
        }
        return true;
    }
    uint64_t begin = read_offset(rows, first);
    for (uint64_t i = 0; i < count; i++, out += apart) {
        const uint64_t end = read_offset(rows, first + i + 1);
        *out = (pa_bytes){NULL, 0};
        if (begin > end || end > rows->data_size || (begin != end && rows->data == NULL)) {
            return false;
        }
        if (rows->data != NULL) {
            *out = (pa_bytes){rows->data + begin, end - begin};
        }
        begin = end;
    }
    return true;
}

bool pa_rows_get(pa_bytes *row, const pyaccel_rows *rows, uint64_t i)
{
    return pa_rows_take(row, 1, rows, i, 1);
}

pyaccel_rows pa_rows_from(const pyaccel_rows *rows, uint64_t first)
{
    pyaccel_rows view = *rows;
    if (rows->offset_bits != 0) {
        view.offsets = (const uint8_t *)rows->offsets + first * (rows->offset_bits / 8);
    } else if (rows->width != 0) {
        view.data = rows->data + first * rows->stride;
        view.data_size = rows->data_size - first * rows->stride;
    }
    return view;
}

static bool share(const void *a, uint64_t a_size, const void *b, uint64_t b_size)
{
    if (a == NULL || a_size == 0 || b == NULL || b_size == 0) {
        return false;
    }
    const uintptr_t x = (uintptr_t)a, y = (uintptr_t)b;
    return x < y ? y - x < a_size : x - y < b_size;
}

bool pa_rows_overlap(const pyaccel_rows *rows, uint64_t n, const uint8_t *out, uint64_t size)
{
    if (n == 0) {
        return false;
    }
    if (rows->offset_bits != 0) {
        return share(out, size, rows->data, rows->data_size) ||
               share(out, size, rows->offsets, (n + 1) * (rows->offset_bits / 8));
    }
    /* Rows of no byte may have any stride. */
    const uint64_t reach = rows->width == 0 ? 0 : (n - 1) * rows->stride + rows->width;
    return share(out, size, rows->data, reach);
}
