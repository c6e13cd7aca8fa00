/* SPDX-License-Identifier: Apache-2.0 */
/* Rows: every shape that is allowed, every one that is not, hostile offsets. */
#include <string.h>

#include "check.h"
#include "core/internal.h"

static const uint8_t bytes[64] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

static pyaccel_rows fixed(uint64_t size, uint64_t width, uint64_t stride)
{
    return (pyaccel_rows){.data = bytes, .data_size = size, .width = width, .stride = stride};
}

static pyaccel_rows ragged(uint64_t size, const void *offsets, uint32_t bits)
{
    return (pyaccel_rows){
        .data = bytes, .data_size = size, .offsets = offsets, .offset_bits = bits};
}

static bool is_row(const pyaccel_rows *rows, uint64_t i, const uint8_t *data, uint64_t size)
{
    pa_bytes row;
    return pa_rows_get(&row, rows, i) && row.data == data && row.size == size;
}

static void test_fixed(void)
{
    pyaccel_rows rows = fixed(64, 8, 16);
    CHECK(pa_rows_valid(&rows, 0));
    CHECK(pa_rows_valid(&rows, 4)); /* the last row ends at 56 */
    CHECK(!pa_rows_valid(&rows, 5));
    CHECK(is_row(&rows, 0, bytes, 8) && is_row(&rows, 3, bytes + 48, 8));

    rows = fixed(55, 8, 16);
    CHECK(!pa_rows_valid(&rows, 4) && pa_rows_valid(&rows, 3));
    rows = fixed(8, 8, 0);
    CHECK(pa_rows_valid(&rows, UINT64_MAX) && is_row(&rows, UINT64_MAX - 1, bytes, 8));
    rows = fixed(7, 8, 0);
    CHECK(!pa_rows_valid(&rows, 1));
    rows = fixed(64, 8, 1); /* windows may overlap */
    CHECK(pa_rows_valid(&rows, 57) && !pa_rows_valid(&rows, 58));
    rows = fixed(64, 65, 1);
    CHECK(!pa_rows_valid(&rows, 1));

    /* Products and sums that would wrap. */
    rows = fixed(64, 1, UINT64_MAX);
    CHECK(pa_rows_valid(&rows, 1) && !pa_rows_valid(&rows, 2));
    rows = fixed(64, 1, (uint64_t)1 << 63);
    CHECK(!pa_rows_valid(&rows, 3));
    rows = fixed(64, UINT64_MAX, 2);
    CHECK(!pa_rows_valid(&rows, 2));
    rows = fixed(64, 1, 1);
    CHECK(pa_rows_valid(&rows, 64) && !pa_rows_valid(&rows, 65) &&
          !pa_rows_valid(&rows, UINT64_MAX));
}

static void test_empty_rows(void)
{
    pyaccel_rows rows = {0};
    CHECK(pa_rows_valid(&rows, 0) && pa_rows_valid(&rows, 1) && pa_rows_valid(&rows, UINT64_MAX));
    CHECK(is_row(&rows, 5, NULL, 0));
    rows.stride = 32; /* no byte is read, wherever the row would be */
    CHECK(pa_rows_valid(&rows, 3) && is_row(&rows, 2, NULL, 0));

    const uint32_t zeros[3] = {0, 0, 0};
    rows = ragged(0, zeros, 32);
    rows.data = NULL;
    CHECK(pa_rows_valid(&rows, 2) && is_row(&rows, 0, NULL, 0) && is_row(&rows, 1, NULL, 0));
}

static void test_malformed(void)
{
    const uint32_t offsets[2] = {0, 8};
    CHECK(!pa_rows_valid(NULL, 0));
    pyaccel_rows rows = fixed(64, 8, 8);
    rows.reserved = 1;
    CHECK(!pa_rows_valid(&rows, 0));
    rows = fixed(64, 8, 8);
    rows.data = NULL;
    CHECK(pa_rows_valid(&rows, 0) && !pa_rows_valid(&rows, 1));
    rows = fixed(64, 8, 8);
    rows.offsets = offsets;
    CHECK(!pa_rows_valid(&rows, 1));
    rows = ragged(64, NULL, 32);
    CHECK(!pa_rows_valid(&rows, 1) && pa_rows_valid(&rows, 0));
    static const uint32_t wrong_bits[] = {1, 8, 16, 31, 33, 63, 65, 128, UINT32_MAX};
    for (size_t i = 0; i < sizeof wrong_bits / sizeof *wrong_bits; i++) {
        rows = ragged(64, offsets, wrong_bits[i]);
        CHECK(!pa_rows_valid(&rows, 1));
    }
    rows = ragged(64, offsets, 32);
    CHECK(pa_rows_valid(&rows, 1));
    CHECK(!pa_rows_valid(&rows, UINT64_MAX) && !pa_rows_valid(&rows, UINT64_MAX / 8));
    rows.width = 1;
    CHECK(!pa_rows_valid(&rows, 1));
    rows.width = 0;
    rows.stride = 1;
    CHECK(!pa_rows_valid(&rows, 1));
}

static void test_offsets(void)
{
    /* Row:                     0  1  2  3 (backwards)  4  5 (past the end)  6 */
    const uint32_t narrow[] = {0, 3, 3, 64, 10, 12, 65, 64};
    const uint64_t wide[] = {0, 3, 3, 64, 10, 12, 65, 64};
    uint8_t unaligned[sizeof wide + 1];
    memcpy(unaligned + 1, wide, sizeof wide);
    const pyaccel_rows kinds[] = {ragged(64, narrow, 32), ragged(64, wide, 64),
                                  ragged(64, unaligned + 1, 64)};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        const pyaccel_rows *rows = &kinds[k];
        pa_bytes row = {bytes, 1};
        CHECK(pa_rows_valid(rows, 7));
        CHECK(is_row(rows, 0, bytes, 3) && is_row(rows, 1, bytes + 3, 0) &&
              is_row(rows, 2, bytes + 3, 61));
        CHECK(!pa_rows_get(&row, rows, 3) && row.data == NULL && row.size == 0);
        CHECK(is_row(rows, 4, bytes + 10, 2));
        CHECK(!pa_rows_get(&row, rows, 5) && row.data == NULL && row.size == 0);
        CHECK(!pa_rows_get(&row, rows, 6));
    }
    const uint64_t huge[] = {UINT64_MAX - 1, UINT64_MAX, 0};
    pyaccel_rows rows = ragged(64, huge, 64);
    pa_bytes row;
    CHECK(!pa_rows_get(&row, &rows, 0) && !pa_rows_get(&row, &rows, 1));
    const uint32_t some[] = {0, 4};
    rows = ragged(64, some, 32);
    rows.data = NULL;
    CHECK(!pa_rows_get(&row, &rows, 0));
}

/* Outputs over the bytes of rows, and over their offsets; beside them, and empty ones, are apart. */
static void test_overlap(void)
{
    const uint64_t offsets[] = {0, 4, 64};
    const uint8_t *at = (const uint8_t *)offsets;
    pyaccel_rows rows = ragged(64, offsets, 64);
    CHECK(pa_rows_overlap(&rows, 2, bytes + 63, 1) && !pa_rows_overlap(&rows, 2, bytes + 63, 0));
    CHECK(pa_rows_overlap(&rows, 2, at, 1) && pa_rows_overlap(&rows, 2, at + 23, 5));
    CHECK(!pa_rows_overlap(&rows, 1, at + 16, 8) && !pa_rows_overlap(&rows, 2, NULL, 8));
    CHECK(!pa_rows_overlap(&rows, 0, at, 8));
    rows = fixed(64, 8, 16);
    CHECK(pa_rows_overlap(&rows, 2, bytes + 23, 1) && !pa_rows_overlap(&rows, 2, bytes + 24, 40));
}

int main(void)
{
    test_fixed();
    test_empty_rows();
    test_malformed();
    test_offsets();
    test_overlap();
    return finish();
}
