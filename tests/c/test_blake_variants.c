/* SPDX-License-Identifier: Apache-2.0 */
/* Every variant of BLAKE2 and BLAKE3 against the portable one, which takes one message after the other and is held against
 * published digests in test_blake.c: all counts of lanes, sizes around the ends of blocks, chunks and subtrees, mixtures. */
#include <stdlib.h>
#include <sys/mman.h>

#include "check.h"
#include "hash_rows.h"

#define MAX_SIZE ((1u << 20) + 1)
#define MAX_ROWS 700u
#define MAX_OUT 200u
#define BEHIND 4096u /* bytes, more than the digests of any group of lanes */

/* Of kernels of one message a core takes the quicker one, unless it is named. */
static const char *const specs[] = {"avx2,blake2b=avx2,blake2s=avx2,blake3=avx2", "avx2", "avx512",
                                    "avx512-emulated"};
#define SPECS (sizeof specs / sizeof *specs)

static uint8_t text[2 * MAX_SIZE + 64];
/* Bytes that can be read, as many behind them that can't, and as many more that can. */
#define MEMORY (1u << 22)
static uint8_t *memory;

static uint8_t expected[MAX_ROWS * MAX_OUT], found[MAX_ROWS * MAX_OUT + BEHIND];

typedef struct {
    uint32_t algorithm;
    uint32_t key_size, context_size;
    uint64_t digest_size;
} way;

static const way ways[] = {
    {PYACCEL_HASH_BLAKE2B_512, 0, 0, 64},  {PYACCEL_HASH_BLAKE2B_256, 0, 0, 32},
    {PYACCEL_HASH_BLAKE2B_512, 17, 0, 64}, {PYACCEL_HASH_BLAKE2S_256, 0, 0, 32},
    {PYACCEL_HASH_BLAKE2S_256, 32, 0, 32}, {PYACCEL_HASH_BLAKE3, 0, 0, 32},
    {PYACCEL_HASH_BLAKE3, 32, 0, 32},      {PYACCEL_HASH_BLAKE3, 0, 9, 20},
    {PYACCEL_HASH_BLAKE3, 0, 0, 64},       {PYACCEL_HASH_BLAKE3, 32, 0, 131},
};
#define WAYS (sizeof ways / sizeof *ways)

static pyaccel_hash_options options_of(const way *w)
{
    pyaccel_hash_options options = {.struct_size = sizeof options, .digest_size = w->digest_size};
    if (w->key_size > 0) {
        options.key = text + 7;
        options.key_size = w->key_size;
    }
    if (w->context_size > 0) {
        options.context = text + 9;
        options.context_size = w->context_size;
    }
    return options;
}

/* expected = digests of rows, one call a row. */
static void hash_one_by_one(const way *w, const pyaccel_rows *rows, uint32_t n)
{
    const pyaccel_hash_options options = options_of(w);
    CHECK(pyaccel_cpu_select("portable") == PYACCEL_OK);
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t *offsets = rows->offsets;
        uint64_t begin = offsets ? offsets[i] : i * rows->stride;
        uint64_t size = offsets ? offsets[i + 1] - offsets[i] : rows->width;
        const pyaccel_rows one = fixed_rows(rows->data + begin, 1, size, size);
        CHECK(pyaccel_hash_many(expected + i * w->digest_size, w->digest_size, w->algorithm, &one,
                                1, &options) == PYACCEL_OK);
    }
}

/* Rows end where memory does, so that a read past them faults; where they don't begin with their data, before them there is none
 * either. */
static void compare(const way *w, const pyaccel_rows *rows, uint32_t n)
{
    const pyaccel_hash_options options = options_of(w);
    const uint32_t *offsets = rows->offsets;
    const uint64_t size = n * w->digest_size, first = offsets ? offsets[0] : 0,
                   end = offsets ? offsets[n] : (n - 1) * rows->stride + rows->width;
    uint8_t *begin = first > 0 ? memory + 2 * MEMORY : memory + MEMORY - end;
    pyaccel_rows last = *rows;
    CHECK(end <= MEMORY);
    memcpy(begin, rows->data + first, end - first);
    last.data = begin - first;
    last.data_size = end;
    memset(found, 0xaa, sizeof found);
    CHECK(pyaccel_hash_many(found, size, w->algorithm, &last, n, &options) == PYACCEL_OK);
    CHECK(memcmp(expected, found, size) == 0 && all_bytes(found + size, 0xaa, BEHIND));
}

/* Rows of one size, apart, one right after the other, and by offsets, in every count up to more than the most lanes. */
static void test_sizes(const way *w)
{
    static const uint32_t sizes[] = {0,    1,    63,    64,    65,    127,   128,   129,  255,
                                     256,  257,  1023,  1024,  1025,  2048,  2049,  3072, 5000,
                                     8192, 9217, 16383, 16384, 16385, 32768, 32769, 65537};
    enum { MOST = 67 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const uint32_t size = sizes[i], most = size > 3072 ? 19 : MOST;
        uint32_t offsets[MOST + 1];
        for (uint32_t r = 0; r <= most; r++) {
            offsets[r] = r * size;
        }
        /* Odd strides; rows overlap where they are long. */
        const pyaccel_rows fixed = fixed_rows(text, most, size, size > 3072 ? 4097 : size + 3);
        const pyaccel_rows joined = fixed_rows(text, most, size, size);
        const pyaccel_rows ragged = ragged_rows(text, offsets, most);
        const pyaccel_rows *const forms[] = {&fixed, &joined, &ragged};
        for (size_t form = 0; form < sizeof forms / sizeof *forms; form++) {
            const pyaccel_rows *rows = forms[form];
            hash_one_by_one(w, rows, most);
            for (size_t s = 0; s < SPECS; s++) {
                if (pyaccel_cpu_select(specs[s]) != PYACCEL_OK) {
                    continue;
                }
                for (uint32_t n = 1; n <= most; n += n < 20 ? 1 : 1 + n / 8) {
                    compare(w, rows, n);
                }
                compare(w, rows, most);
            }
        }
    }
}

static void test_mixtures(const way *w)
{
    static uint32_t offsets[MAX_ROWS + 1];
    for (uint32_t kind = 0; kind < 8; kind++) {
        uint32_t n = kind == 5 ? 20 : kind == 0 ? 17 : MAX_ROWS;
        offsets[0] = kind == 7 ? 1000 : 0;
        for (uint32_t i = 0; i < n; i++) {
            uint32_t r = (uint32_t)(random_word() >> 32);
            uint32_t size = kind == 0   ? r % 5000
                            : kind == 1 ? r % 130
                            : kind == 2 ? 64 * (r % 4)
                            : kind == 3 ? (r % 40 ? 32 : r % 5000)
                            : kind == 4 ? (i % 300 == 200 ? 100000 : r % 60)
                            : kind == 5 ? r % 70000
                            : kind == 7 ? (i < 3 ? 0 : 1 + r % 130)
                                        : r % 1500;
            offsets[i + 1] = offsets[i] + size;
        }
        const pyaccel_rows rows = ragged_rows(text, offsets, n);
        hash_one_by_one(w, &rows, n);
        for (size_t s = 0; s < SPECS; s++) {
            if (pyaccel_cpu_select(specs[s]) == PYACCEL_OK) {
                compare(w, &rows, n);
            }
        }
    }
}

/* A message that fills lanes by itself, and two. */
static void test_long(const way *w)
{
    const pyaccel_rows rows = fixed_rows(text, 2, MAX_SIZE, MAX_SIZE);
    hash_one_by_one(w, &rows, 2);
    for (size_t s = 0; s < SPECS; s++) {
        if (pyaccel_cpu_select(specs[s]) == PYACCEL_OK) {
            compare(w, &rows, 1);
            compare(w, &rows, 2);
        }
    }
}

int main(void)
{
    random_bytes(text, sizeof text);
    memory = mmap(NULL, 3 * MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED && mprotect(memory + MEMORY, MEMORY, PROT_NONE) == 0);
    for (size_t s = 0; s < SPECS; s++) {
        printf("%s: %s\n", specs[s],
               pyaccel_cpu_select(specs[s]) == PYACCEL_OK ? "compared" : "can't run here");
    }
    for (size_t i = 0; i < WAYS; i++) {
        test_sizes(&ways[i]);
        test_mixtures(&ways[i]);
        test_long(&ways[i]);
    }
    return finish();
}
