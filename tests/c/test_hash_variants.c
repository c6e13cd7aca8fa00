/* SPDX-License-Identifier: Apache-2.0 */
/* Every variant of hashing against the portable one: all short lengths, mixtures, segments split anywhere, midstates. The
 * portable one is held against published digests in test_hash.c. */
#include <stdlib.h>

#include "check.h"
#include "hash/algorithm.h"
#include "hash/bins.h"
#include "hash/hash.h"
#include "hash/kernel.h"
#include "hash_rows.h"

#define ROWS 1500u
#define TEXT_SIZE (1u << 20)
#define BEHIND (PA_HASH_MAX_LANES * PA_HASH_MAX_DIGEST) /* bytes: the digests of any group */

/* The first is what the others are held against. Levels choose among what they have, count by count; named ones serve every
 * row. */
static const char *const specs[] = {
    "portable",
    "avx2",
    "avx2,-shani",
    "avx2,-sha256-lanes",
    "avx2,sha256-lanes=shani-x1",
    "avx2,sha256-lanes=shani-x2",
    "avx2,sha256-lanes=shani-x3",
    "avx2,sha256-lanes=shani-x4",
    "avx2,sha256-lanes=shani-x32",
    "avx512,sha256-lanes=shani-avx512-x32",
    "avx2,sha256-lanes=avx2,sha512-lanes=avx2,keccak-lanes=avx2,ripemd160-lanes=avx2,sm3-lanes="
    "avx2",
    "avx512",
    "avx512,-shani",
    "avx512,sha256-lanes=avx512,sha512-lanes=avx512,keccak-lanes=avx512,ripemd160-lanes=avx512,"
    "sm3-lanes=avx512",
    "avx512,sha256-lanes=avx512-x32,sha512-lanes=avx512-x16,ripemd160-lanes=avx512-x32,"
    "sm3-lanes=avx512-x32",
    "avx512,sm3-lanes=avx512-x48",
    "avx512ifma",
    "avx512-emulated",
    "avx512-emulated,sha256-lanes=avx512-x32-emulated,sha512-lanes=avx512-x16-emulated,"
    "ripemd160-lanes=avx512-x32-emulated,sm3-lanes=avx512-x32-emulated",
    "avx512-emulated,sm3-lanes=avx512-x48-emulated",
    "avx512-emulated,-shani",
    "avx512-emulated,sha256-lanes=avx512-emulated,sha512-lanes=avx512-emulated,"
    "keccak-lanes=avx512-emulated,ripemd160-lanes=avx512-emulated,sm3-lanes=avx512-emulated",
};
#define SPECS (sizeof specs / sizeof *specs)

static uint8_t text[TEXT_SIZE];
static uint8_t expected[ROWS * MAX_DIGEST], found[ROWS * MAX_DIGEST];

static uint64_t calls_of(const char *family, const char *variant)
{
    pyaccel_variant row;
    for (uint32_t i = 0; pyaccel_variant_get(&row, i) == PYACCEL_OK; i++) {
        if (strcmp(row.family, family) == 0 && strcmp(row.variant, variant) == 0) {
            return row.calls;
        }
    }
    return 0;
}

/* Whether a spec runs here and concerns the algorithm: SHA-NI kernels are SHA-256's alone. */
static bool selected(const char *spec, uint32_t algorithm)
{
    const bool sha256 = pa_hash_algorithm_get(algorithm)->lanes == PA_FAMILY_SHA256_LANES;
    return (sha256 || strstr(spec, "=shani") == NULL) && pyaccel_cpu_select(spec) == PYACCEL_OK;
}

/* Hashes rows under the portable variant and under each other one that runs here. */
static void compare(uint32_t algorithm, const pyaccel_rows *rows, uint64_t n)
{
    uint64_t size = n * pyaccel_hash_digest_size(algorithm);
    CHECK(pyaccel_cpu_select("portable") == PYACCEL_OK);
    CHECK(pyaccel_hash_many(expected, size, algorithm, rows, n, NULL) == PYACCEL_OK);
    for (size_t s = 1; s < SPECS; s++) {
        if (!selected(specs[s], algorithm)) {
            continue;
        }
        memset(found, 0, size);
        CHECK(pyaccel_hash_many(found, size, algorithm, rows, n, NULL) == PYACCEL_OK);
        CHECK(memcmp(expected, found, size) == 0);
    }
}

/* Each length as fixed rows of every lane count, and all lengths in one ragged batch. */
static void test_lengths(uint32_t algorithm)
{
    static const uint64_t counts[] = {1, 2, 7, 15, 16, 17, 40};
    uint32_t offsets[302] = {0};
    for (uint32_t width = 0; width <= 300; width++) {
        pyaccel_rows rows = fixed_rows(text + width, 40, width, width + width % 3);
        compare(algorithm, &rows, counts[width % 7]);
        compare(algorithm, &rows, 40);
        offsets[width + 1] = offsets[width] + width;
    }
    pyaccel_rows rows = ragged_rows(text, offsets, 301);
    compare(algorithm, &rows, 301);
}

/* Every count up to more than two groups of the widest kernel, at sizes around the ends of blocks: apart and with gaps
 * between rows, and behind a byte that all rows share. */
static void test_counts(uint32_t algorithm)
{
    enum { MOST = 100 };
    static const uint32_t widths[] = {0, 1, 32, 33, 55, 56, 63, 64, 65, 119, 120, 127, 128, 129};
    const uint64_t d = pyaccel_hash_digest_size(algorithm);
    for (size_t i = 0; i < 2 * sizeof widths / sizeof *widths; i++) {
        const uint32_t width = widths[i / 2], stride = width + (i % 2 ? 7 : 0);
        const pyaccel_rows segments[2] = {fixed_rows(text, MOST, 1, 0),
                                          fixed_rows(text + 1, MOST, width, stride)};
        for (uint32_t count = 1; count <= 2; count++) {
            const pyaccel_rows *rows = segments + 2 - count;
            CHECK(pyaccel_cpu_select("portable") == PYACCEL_OK);
            CHECK(pa_hash_segments(algorithm, expected, d, NULL, rows, count, 0, MOST) ==
                  PYACCEL_OK);
            for (size_t s = 1; s < SPECS; s++) {
                if (!selected(specs[s], algorithm)) {
                    continue;
                }
                for (uint64_t n = 0; n <= MOST; n++) {
                    memset(found, 0x5a, n * d + BEHIND);
                    CHECK(pa_hash_segments(algorithm, found, d, NULL, rows, count, 0, n) ==
                          PYACCEL_OK);
                    CHECK(memcmp(expected, found, n * d) == 0 &&
                          all_bytes(found + n * d, 0x5a, BEHIND));
                }
            }
        }
    }
}

/* Ragged batches: mostly short rows, some long, one very long, many equal. */
static void test_mixtures(uint32_t algorithm)
{
    static uint32_t offsets[ROWS + 1];
    for (uint32_t kind = 0; kind < 6; kind++) {
        uint32_t n = kind == 0 ? 17 : ROWS;
        for (uint32_t i = 0; i < n; i++) {
            uint64_t r = random_word() >> 32;
            uint64_t size = kind == 0   ? r % 2000
                            : kind == 1 ? r % 130
                            : kind == 2 ? 64
                            : kind == 3 ? (r % 40 ? 32 : r % 5000)
                            : kind == 4 ? (i == 700 ? 300000 : r % 60)
                                        : r % 600;
            offsets[i + 1] = offsets[i] + (uint32_t)size;
        }
        pyaccel_rows rows = ragged_rows(text, offsets, n);
        compare(algorithm, &rows, n);
    }
}

/* Rows of 200 bytes given whole, cut in two at every place, and cut in four at random ones, the first cut being one value
 * for all rows: digests must not tell. */
static void test_segments(uint32_t algorithm)
{
    enum { N = 37, SIZE = 200, FIRST = 3 };
    uint64_t d = pyaccel_hash_digest_size(algorithm);
    static uint8_t rows_data[(N + FIRST) * SIZE];
    random_bytes(rows_data, sizeof rows_data);
    for (uint32_t i = 1; i < N + FIRST; i++) {
        memcpy(rows_data + i * SIZE, rows_data, 8); /* what all rows share */
    }
    const pyaccel_rows whole = fixed_rows(rows_data, N + FIRST, SIZE, SIZE);
    for (size_t s = 0; s < SPECS; s++) {
        if (!selected(specs[s], algorithm)) {
            continue;
        }
        CHECK(pa_hash_segments(algorithm, expected, d, NULL, &whole, 1, FIRST, N) == PYACCEL_OK);
        for (uint32_t cut = 0; cut <= SIZE; cut++) {
            const pyaccel_rows two[2] = {
                fixed_rows(rows_data, N + FIRST, cut, SIZE),
                fixed_rows(rows_data + cut, N + FIRST, SIZE - cut, SIZE),
            };
            CHECK(pa_hash_segments(algorithm, found, d, NULL, two, 2, FIRST, N) == PYACCEL_OK);
            CHECK(memcmp(expected, found, N * d) == 0);
        }
        for (uint32_t round = 0; round < 40; round++) {
            /* Cuts differ from row to row: each segment is a ragged view of its own copy. */
            static uint32_t offsets[3][N + FIRST + 1];
            static uint8_t pieces[3][(N + FIRST) * SIZE];
            for (uint32_t i = 0; i < N + FIRST; i++) {
                uint32_t end = 8;
                for (uint32_t p = 0; p < 3; p++) {
                    uint32_t begin = end;
                    end = p == 2 ? SIZE
                                 : begin + (uint32_t)(random_word() >> 32) % (SIZE - begin + 1);
                    memcpy(pieces[p] + offsets[p][i], rows_data + i * SIZE + begin, end - begin);
                    offsets[p][i + 1] = offsets[p][i] + end - begin;
                }
            }
            const pyaccel_rows four[4] = {
                fixed_rows(rows_data, N + FIRST, 8, 0),
                ragged_rows(pieces[0], offsets[0], N + FIRST),
                ragged_rows(pieces[1], offsets[1], N + FIRST),
                ragged_rows(pieces[2], offsets[2], N + FIRST),
            };
            CHECK(pa_hash_segments(algorithm, found, d, NULL, four, 4, FIRST, N) == PYACCEL_OK);
            CHECK(memcmp(expected, found, N * d) == 0);
        }
        const pyaccel_rows five[5] = {whole, whole, whole, whole, whole};
        CHECK(pa_hash_segments(algorithm, found, d, NULL, five, 5, FIRST, N) ==
              PYACCEL_INVALID_ARGUMENT);
    }
}

/* Kernels, and initial values as FIPS 180-4, the RIPEMD-160 paper and GB/T 32905 say. */
typedef struct {
    uint32_t algorithm;
    const struct pa_hash_single *kernel;
    pa_hash_state state;
} midstate_start;

static const midstate_start starts[] = {
    {PYACCEL_HASH_SHA256,
     &pa_sha256_portable,
     {.word = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab,
               0x5be0cd19}}},
    {PYACCEL_HASH_SHA512,
     &pa_sha512_portable,
     {.wide = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
               0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179}}},
    {PYACCEL_HASH_SHA224,
     &pa_sha256_portable,
     {.word = {0xc1059ed8, 0x367cd507, 0x3070dd17, 0xf70e5939, 0xffc00b31, 0x68581511, 0x64f98fa7,
               0xbefa4fa4}}},
    {PYACCEL_HASH_SHA384,
     &pa_sha512_portable,
     {.wide = {0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
               0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4}}},
    {PYACCEL_HASH_SHA512_256,
     &pa_sha512_portable,
     {.wide = {0x22312194fc2bf72c, 0x9f555fa3c84c64c2, 0x2393b86b6f53b151, 0x963877195940eabd,
               0x96283ee2a88effe3, 0xbe5e1e2553863992, 0x2b0199fc2c85b8aa, 0x0eb72ddc81c52ca2}}},
    {PYACCEL_HASH_RIPEMD160,
     &pa_ripemd160_portable,
     {.word = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}}},
    {PYACCEL_HASH_SM3,
     &pa_sm3_portable,
     {.word = {0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d,
               0xb0fb0e4e}}},
};

static int is_sponge(uint32_t algorithm)
{
    return algorithm == PYACCEL_HASH_KECCAK256 ||
           (algorithm >= PYACCEL_HASH_SHA3_224 && algorithm <= PYACCEL_HASH_SHAKE256);
}

/* After a midstate of 256 bytes, the rest of each row, of several sizes. */
static void test_midstate(uint32_t algorithm)
{
    enum { N = 20 };
    const uint64_t prefix = 256;
    static const uint64_t sizes[] = {0, 1, 32, 55, 56, 64, 100, 111, 112, 128, 700};
    uint64_t d = pyaccel_hash_digest_size(algorithm);
    /* The others begin with SHA-256, or take no midstate. */
    const midstate_start *start = &starts[0];
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        if (starts[i].algorithm == algorithm) {
            start = &starts[i];
        }
    }
    const bool wide = start->kernel == &pa_sha512_portable;
    pa_hash_state state = start->state;
    start->kernel->blocks(&state, text, prefix / (wide ? 128 : 64));
    pa_midstate midstate = {.bytes = prefix};
    for (unsigned i = 0; i < 8; i++) {
        midstate.state[i] = wide ? state.wide[i] : state.word[i];
    }
    for (size_t s = 0; s < SPECS; s++) {
        if (!selected(specs[s], algorithm)) {
            continue;
        }
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            const pyaccel_rows whole[2] = {
                fixed_rows(text, N, prefix, 0),
                fixed_rows(text + 5000, N, sizes[i], 999),
            };
            CHECK(pa_hash_segments(algorithm, expected, d, NULL, whole, 2, 0, N) == PYACCEL_OK);
            pyaccel_status status =
                pa_hash_segments(algorithm, found, d, &midstate, whole + 1, 1, 0, N);
            if (is_sponge(algorithm)) {
                CHECK(status == PYACCEL_INVALID_ARGUMENT); /* its state is larger than a midstate */
            } else {
                CHECK(status == PYACCEL_OK && memcmp(expected, found, N * d) == 0);
            }
        }
    }
}

/* Squeezed digests of neighbouring and of scattered rows. */
static void test_digest_sizes(uint32_t algorithm)
{
    static const uint64_t sizes[] = {1, 31, 64, 65, 135, 136, 137, 168, 169, 500};
    static uint8_t portable[40 * 500], other[40 * 500];
    uint32_t offsets[41] = {0};
    for (uint32_t i = 0; i < 40; i++) {
        offsets[i + 1] = offsets[i] + (i * 71) % 300;
    }
    const pyaccel_rows rows[] = {fixed_rows(text, 40, 64, 64), ragged_rows(text, offsets, 40)};
    for (size_t i = 0; i < 2 * sizeof sizes / sizeof *sizes; i++) {
        const uint64_t d = sizes[i / 2];
        const pyaccel_hash_options options = {.struct_size = sizeof options, .digest_size = d};
        CHECK(pyaccel_cpu_select("portable") == PYACCEL_OK);
        CHECK(pyaccel_hash_many(portable, 40 * d, algorithm, &rows[i % 2], 40, &options) ==
              PYACCEL_OK);
        for (size_t s = 1; s < SPECS; s++) {
            if (selected(specs[s], algorithm)) {
                memset(other, 0, sizeof other);
                CHECK(pyaccel_hash_many(other, 40 * d, algorithm, &rows[i % 2], 40, &options) ==
                      PYACCEL_OK);
                CHECK(memcmp(portable, other, 40 * d) == 0);
            }
        }
    }
}

/* Which variant ran: one row alone, and a full group of lanes. */
static void test_counters(void)
{
    static const struct {
        const char *spec, *family, *variant;
        uint32_t algorithm;
    } lanes[] = {
        {"avx512-emulated", "sha256-lanes", "avx512-emulated", PYACCEL_HASH_SHA256},
        {"avx512-emulated", "keccak-lanes", "avx512-emulated", PYACCEL_HASH_SHA3_256},
    };
    const pyaccel_rows rows = fixed_rows(text, 16, 64, 64);
    for (size_t i = 0; i < sizeof lanes / sizeof *lanes; i++) {
        const char *family = lanes[i].family, *variant = lanes[i].variant;
        if (pyaccel_cpu_select(lanes[i].spec) != PYACCEL_OK) {
            printf("%s: can't run here, its counter is not checked\n", lanes[i].spec);
            continue;
        }
        uint64_t before = calls_of(family, variant);
        CHECK(pyaccel_hash_many(found, 32, lanes[i].algorithm, &rows, 1, NULL) == PYACCEL_OK);
        CHECK(calls_of(family, variant) == before);
        CHECK(pyaccel_hash_many(found, 16 * 32, lanes[i].algorithm, &rows, 16, NULL) == PYACCEL_OK);
        CHECK(calls_of(family, variant) == before + 1);
    }
    /* A variant that is named serves any number of rows, and nothing else does. */
    static const char *const named[] = {"shani-x1",  "shani-x2",         "shani-x3", "shani-x4",
                                        "shani-x32", "shani-avx512-x32", "avx2",     "avx512"};
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        char spec[64];
        snprintf(spec, sizeof spec, "avx512,sha256-lanes=%s", named[i]);
        if (pyaccel_cpu_select(spec) != PYACCEL_OK) {
            snprintf(spec, sizeof spec, "avx2,sha256-lanes=%s", named[i]);
            if (pyaccel_cpu_select(spec) != PYACCEL_OK) {
                printf("%s: can't run here, its counter is not checked\n", named[i]);
                continue;
            }
        }
        for (uint64_t n = 1; n <= 16; n += 15) {
            const uint64_t single = calls_of("sha256", "shani") + calls_of("sha256", "portable");
            const uint64_t own = calls_of("sha256-lanes", named[i]);
            CHECK(pyaccel_hash_many(found, n * 32, PYACCEL_HASH_SHA256, &rows, n, NULL) ==
                  PYACCEL_OK);
            CHECK(calls_of("sha256-lanes", named[i]) == own + 1);
            CHECK(calls_of("sha256", "shani") + calls_of("sha256", "portable") == single);
        }
    }
    CHECK(pyaccel_cpu_select("portable") == PYACCEL_OK);
    uint64_t before = calls_of("sha256", "portable");
    CHECK(pyaccel_hash_many(found, 16 * 32, PYACCEL_HASH_SHA256, &rows, 16, NULL) == PYACCEL_OK);
    CHECK(calls_of("sha256", "portable") == before + 1);
}

/* Pairs whose halves share 0 .. 32 bytes, the next ones on both sides of a sign, in both orders. */
static void test_sorted_pairs(uint32_t algorithm)
{
    enum { MOST = 132, HALF = 32, PAIR = 2 * HALF };
    static uint8_t pairs[MOST * PAIR], ordered[MOST * PAIR];
    random_bytes(pairs, sizeof pairs);
    for (uint32_t i = 0; i < MOST; i++) {
        uint8_t *left = pairs + i * PAIR, *right = left + HALF;
        const uint32_t alike = i % 4 == 0 ? 0 : i % (HALF + 1);
        memcpy(right, left, alike);
        if (alike < HALF && random_word() % 2) {
            left[alike] = (uint8_t)(random_word() % 2 ? 0x7f : 0x80);
            right[alike] = left[alike] ^ 0xff;
        }
        const int after = memcmp(left, right, HALF) > 0;
        memcpy(ordered + i * PAIR, after ? right : left, HALF);
        memcpy(ordered + i * PAIR + HALF, after ? left : right, HALF);
    }
    const pyaccel_rows rows = fixed_rows(ordered, MOST, PAIR, PAIR);
    CHECK(pyaccel_cpu_select("portable") == PYACCEL_OK);
    CHECK(pyaccel_hash_many(expected, MOST * HALF, algorithm, &rows, MOST, NULL) == PYACCEL_OK);
    for (size_t s = 0; s < SPECS; s++) {
        if (!selected(specs[s], algorithm)) {
            continue;
        }
        for (uint64_t n = 0; n <= MOST; n++) {
            memset(found, 0x5a, (n + 1) * HALF);
            pa_hash_sorted_pairs(algorithm, found, pairs, n);
            CHECK(memcmp(expected, found, n * HALF) == 0 && found[n * HALF] == 0x5a);
        }
    }
}

/* Subtrees against one layer after the other. */
static void test_subtrees(uint32_t algorithm, bool sorted_pairs)
{
    enum { MOST = 100, HEIGHT = PA_HASH_SUBTREE_HEIGHT, NODE = 32 };
    static uint8_t nodes[(MOST << HEIGHT) * NODE], layer[sizeof nodes / 2];
    uint64_t lanes = 0;
    random_bytes(nodes, sizeof nodes);
    memcpy(nodes + NODE, nodes, NODE); /* equal */
    memcpy(nodes + 3 * NODE, nodes + 2 * NODE, NODE - 1);
    CHECK(pyaccel_cpu_select("portable") == PYACCEL_OK);
    const uint8_t *from = nodes;
    for (uint64_t n = MOST << (HEIGHT - 1); n >= MOST; n /= 2) {
        uint8_t *to = from == layer ? expected : layer;
        const pyaccel_rows rows = fixed_rows(from, n, 2 * NODE, 2 * NODE);
        if (sorted_pairs) {
            pa_hash_sorted_pairs(algorithm, to, from, n);
        } else {
            CHECK(pyaccel_hash_many(to, n * NODE, algorithm, &rows, n, NULL) == PYACCEL_OK);
        }
        from = to;
    }
    memmove(expected, from, MOST * NODE);
    CHECK(pa_hash_subtrees(algorithm, found, nodes, MOST, sorted_pairs) == 0); /* one by one */
    for (size_t s = 1; s < SPECS; s++) {
        if (!selected(specs[s], algorithm)) {
            continue;
        }
        for (uint64_t n = 0; n <= MOST; n++) {
            memset(found, 0x5a, (MOST + 1) * NODE);
            const uint64_t done = pa_hash_subtrees(algorithm, found, nodes, n, sorted_pairs);
            CHECK(done <= n && memcmp(expected, found, done * NODE) == 0);
            CHECK(found[done * NODE] == 0x5a);
            lanes += done > 0;
        }
    }
    printf("algorithm %u: %llu calls of lanes that hash subtrees\n", algorithm,
           (unsigned long long)lanes);
}

/* Data that is said to be of any size, since offsets say where its rows end, goes no further than memory. */
static void test_end_of_any_size(void)
{
    pa_rows_way way;
    const pyaccel_rows rows = {.data = text, .data_size = UINT64_MAX}, none = {.data = NULL};
    pa_rows_way_begin(&way, &rows);
    CHECK((uintptr_t)way.end > (uintptr_t)text);
    pa_rows_way_begin(&way, &none);
    CHECK(way.end == NULL && way.fetched == NULL);
}

/* Rows whose offsets somebody writes while they are taken may go back: those before them then lie anywhere, and nothing behind one
 * is read. */
static void test_offsets_that_go_back(void)
{
    enum { COUNT = 2 * PA_ROWS_TAKEN, APART = 10 };
    uint32_t offsets[COUNT + 1];
    pa_bytes taken[PA_ROWS_TAKEN];
    pa_rows_way way;
    for (int back = 0; back < 2; back++) {
        for (uint32_t i = 0; i <= COUNT; i++) {
            offsets[i] = 1000 + APART * i;
        }
        const pyaccel_rows rows = ragged_rows(text, offsets, COUNT);
        pa_rows_way_begin(&way, &rows);
        for (uint32_t first = 0; first < COUNT; first += PA_ROWS_TAKEN) {
            const bool apart = back && first > 0;
            CHECK(pa_rows_way_read(&way, taken, &rows, first, COUNT - first) == PA_ROWS_TAKEN);
            CHECK(pa_rows_way_covers(&way, taken[0].data, APART * PA_ROWS_TAKEN) == !apart);
            CHECK(!pa_rows_way_covers(&way, taken[0].data, APART * PA_ROWS_TAKEN + 1));
            for (uint32_t i = PA_ROWS_TAKEN; back && i <= COUNT; i++) {
                offsets[i] -= 500;
            }
        }
    }
}

int main(void)
{
    random_bytes(text, sizeof text);
    for (size_t s = 0; s < SPECS; s++) {
        printf("%s: %s\n", specs[s],
               pyaccel_cpu_select(specs[s]) == PYACCEL_OK ? "compared" : "can't run here");
    }
    for (size_t a = 0; a < ALGORITHMS; a++) {
        test_lengths(algorithms[a]);
        test_mixtures(algorithms[a]);
        test_segments(algorithms[a]);
        test_midstate(algorithms[a]);
    }
    test_counts(PYACCEL_HASH_SHA256);
    test_counts(PYACCEL_HASH_SHA256D);
    test_counts(PYACCEL_HASH_HASH160);
    test_counts(PYACCEL_HASH_SHA512);
    test_counts(PYACCEL_HASH_RIPEMD160);
    test_counts(PYACCEL_HASH_SM3);
    test_sorted_pairs(PYACCEL_HASH_SHA256);
    test_sorted_pairs(PYACCEL_HASH_SM3);
    test_sorted_pairs(PYACCEL_HASH_KECCAK256);
    test_subtrees(PYACCEL_HASH_SHA256, false);
    test_subtrees(PYACCEL_HASH_SHA256, true);
    test_subtrees(PYACCEL_HASH_SM3, true);
    test_subtrees(PYACCEL_HASH_KECCAK256, true);
    test_digest_sizes(PYACCEL_HASH_SHAKE128);
    test_digest_sizes(PYACCEL_HASH_SHAKE256);
    test_end_of_any_size();
    test_offsets_that_go_back();
    test_counters();
    return finish();
}
