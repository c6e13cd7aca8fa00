/* SPDX-License-Identifier: Apache-2.0 */
/* Right proofs of small trees, altered as the input says: what the fuzz targets of Merkle proofs share.
 *
 * An input is a few numbers, then edits of four bytes: what, where (two bytes), value. */
#ifndef PA_FUZZ_MERKLE_EDITS_H
#define PA_FUZZ_MERKLE_EDITS_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "pyaccel.h"

#define NODE 32u
#define MOST_LEAVES 24u

/* A check that stays in release builds. */
#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

/* Bytes still to be read; 0 when there are none. */
typedef struct {
    const uint8_t *data;
    size_t size;
} reader;

static inline uint8_t next_byte(reader *in)
{
    if (in->size == 0) {
        return 0;
    }
    in->size--;
    return *in->data++;
}

/* leaves[i] = 32 bytes that differ from leaf to leaf. */
static inline void fill_leaves(uint8_t leaves[MOST_LEAVES][NODE])
{
    for (uint8_t i = 0; i < MOST_LEAVES; i++) {
        memset(leaves[i], 0x40 + i, NODE);
    }
}

static inline pyaccel_rows rows_of(const void *data, uint64_t size, uint64_t width)
{
    return (pyaccel_rows){.data = data, .data_size = size, .width = width, .stride = width};
}

static inline pyaccel_merkle_tree *tree_of(uint32_t form, uint8_t leaves[MOST_LEAVES][NODE],
                                           uint64_t n, const pyaccel_merkle_options *options)
{
    pyaccel_merkle_tree *tree;
    const pyaccel_rows rows = rows_of(leaves, n * NODE, NODE);
    REQUIRE(pyaccel_merkle_tree_new(&tree, form, &rows, n, options) == PYACCEL_OK);
    return tree;
}

/* Applies the rest of the input to *size bytes at bytes (room for `room`); true when they then differ from what they were. */
static inline bool edit(reader *in, uint8_t *bytes, uint64_t *size, uint64_t room)
{
    uint8_t *before = malloc(room);
    const uint64_t old_size = *size;
    REQUIRE(before != NULL);
    memcpy(before, bytes, old_size);
    while (in->size >= 4) {
        const uint8_t what = next_byte(in);
        const uint64_t at = (uint64_t)next_byte(in) << 8 | next_byte(in);
        const uint8_t value = next_byte(in);
        switch (what % 4) {
        case 0:
            if (*size > 0) {
                bytes[at % *size] ^= value;
            }
            break;
        case 1: /* shorter */
            *size -= at % (*size + 1);
            break;
        case 2: /* longer, whole nodes where value is even */
            for (uint64_t more = value % 2 ? 1 : NODE; more > 0 && *size < room; more--) {
                bytes[(*size)++] = value;
            }
            break;
        default: /* one node over another */
            if (*size >= NODE) {
                memmove(bytes + at % (*size / NODE) * NODE, bytes + value % (*size / NODE) * NODE,
                        NODE);
            }
        }
    }
    const bool same = *size == old_size && memcmp(before, bytes, old_size) == 0;
    free(before);
    return !same;
}

/* The same bytes in a block of exactly their size, so that AddressSanitizer sees the first byte too many. */
static inline uint8_t *exact_copy(const uint8_t *bytes, uint64_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    REQUIRE(copy != NULL);
    memcpy(copy, bytes, size);
    return copy;
}

#endif
