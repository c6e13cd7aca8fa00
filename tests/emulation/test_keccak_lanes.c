/* SPDX-License-Identifier: Apache-2.0 */
/* A Keccak kernel in lanes against the portable one, entry by entry, at every rate. Built for the objects that ship (run
 * on hardware and in a CPU emulator) and for the one over pairs of ymm; PYACCEL_SUFFIX says which.
 *   test_keccak_lanes_... [rounds]   exits 77 when this CPU can't run it */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/bytes.h"
#include "hash/kernel.h"
#include "random.h"

#define CONCATENATE(a, b) a##b
#define NAME(stem, suffix) CONCATENATE(stem, suffix)
#define KERNEL NAME(pa_keccak_lanes_, PYACCEL_SUFFIX)
#define NEEDS NAME(needs_, PYACCEL_SUFFIX)

#define MAX_LANES 8
#define MAX_BLOCKS 3
#define MAX_RATE 168

typedef struct {
    _Alignas(64) uint64_t lanes[PA_KECCAK_WORDS * MAX_LANES];
    pa_hash_state single[MAX_LANES];
} states;

/* Zeros and ones come up now and then. */
static void start(states *s, uint64_t rate)
{
    for (unsigned l = 0; l < KERNEL.lanes; l++) {
        for (unsigned w = 0; w < PA_KECCAK_WORDS; w++) {
            uint64_t x = random_word(), kind = random_word() & 15;
            x = kind == 0 ? 0 : kind == 1 ? UINT64_MAX : x;
            s->single[l].wide[w] = w == PA_KECCAK_RATE ? rate : x;
            s->lanes[w * KERNEL.lanes + l] = s->single[l].wide[w];
        }
    }
}

static int same(const states *s)
{
    for (unsigned l = 0; l < KERNEL.lanes; l++) {
        for (unsigned w = 0; w < PA_KECCAK_WORDS; w++) {
            if (s->single[l].wide[w] != s->lanes[w * KERNEL.lanes + l]) {
                return 0;
            }
        }
    }
    return 1;
}

/* Texts end where the last block does, so that a sanitizer sees a read past it. */
static void check_blocks(uint64_t rate)
{
    states s;
    uint8_t *text[MAX_LANES];
    const uint8_t *data[MAX_LANES] = {NULL};
    uint64_t count = random_word() % (MAX_BLOCKS + 1), shift = 1 + random_word() % 64;
    uint64_t size = count * rate;
    start(&s, rate);
    for (unsigned l = 0; l < KERNEL.lanes; l++) {
        text[l] = malloc(shift + size);
        random_bytes(text[l], shift + size);
        data[l] = text[l] + shift; /* any alignment */
    }
    if (random_word() % 4 == 0) {
        data[3] = data[1]; /* lanes may read the same block */
    }
    for (unsigned l = 0; l < KERNEL.lanes; l++) {
        pa_keccak_portable.blocks(&s.single[l], data[l], count);
    }
    KERNEL.blocks(s.lanes, data, count);
    CHECK(same(&s));
    for (unsigned l = 0; l < KERNEL.lanes; l++) {
        free(text[l]);
    }
}

static void check_store(void)
{
    states s;
    uint8_t digests[MAX_LANES * 64 + 1], expected[MAX_LANES * 64];
    start(&s, 136);
    for (unsigned l = 0; l < KERNEL.lanes; l++) {
        for (unsigned w = 0; w < 8; w++) {
            pa_store_le64(expected + 64 * l + 8 * w, s.single[l].wide[w]);
        }
    }
    KERNEL.store(digests + 1, s.lanes); /* any alignment */
    CHECK(KERNEL.stored == 64);
    CHECK(memcmp(digests + 1, expected, 64 * KERNEL.lanes) == 0);
}

#define needs_avx512 __builtin_cpu_supports("avx512f")
#define needs_avx512_emulated __builtin_cpu_supports("avx2")
#define needs_avx2 __builtin_cpu_supports("avx2")

int main(int argc, char **argv)
{
    static const uint64_t rates[] = {72, 104, 136, 144, MAX_RATE, 8, 192};
    int rounds = argc > 1 ? atoi(argv[1]) : 500;
    if (!NEEDS) {
        puts("SKIPPED: this CPU lacks what the kernel needs");
        return SKIPPED;
    }
    CHECK(KERNEL.lanes == 8 || KERNEL.lanes == 4);
    for (int i = 0; i < rounds; i++) {
        for (size_t r = 0; r < sizeof rates / sizeof *rates; r++) {
            check_blocks(rates[r]);
        }
        check_store();
    }
    return finish();
}
