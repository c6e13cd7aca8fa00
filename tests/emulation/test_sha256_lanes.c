/* SPDX-License-Identifier: Apache-2.0 */
/* The 16-lane SHA-256 kernel against the portable one, entry by entry. Built for the object that ships (run on hardware
 * and in a CPU emulator) and for the one over pairs of ymm; PYACCEL_SUFFIX says which.
 *   test_sha256_lanes_... [rounds]   exits 77 when this CPU can't run it */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/bytes.h"
#include "hash/kernel.h"
#include "random.h"

#define CONCATENATE(a, b) a##b
#define NAME(stem, suffix) CONCATENATE(stem, suffix)
#define KERNEL NAME(pa_sha256_lanes_, PYACCEL_SUFFIX)

#define LANES 16
#define MAX_BLOCKS 3

/* Zeros and ones come up now and then: carries and selections are made of them. */
static uint32_t random_state_word(void)
{
    uint64_t x = random_word();
    return (x & 15) == 0 ? 0 : (x & 15) == 1 ? UINT32_MAX : (uint32_t)(x >> 32);
}

typedef struct {
    _Alignas(64) uint32_t lanes[8 * LANES];
    pa_hash_state single[LANES];
} states;

static void start(states *s)
{
    for (unsigned w = 0; w < 8; w++) {
        for (unsigned l = 0; l < LANES; l++) {
            s->single[l].word[w] = s->lanes[w * LANES + l] = random_state_word();
        }
    }
}

static int same(const states *s)
{
    for (unsigned w = 0; w < 8; w++) {
        for (unsigned l = 0; l < LANES; l++) {
            if (s->single[l].word[w] != s->lanes[w * LANES + l]) {
                return 0;
            }
        }
    }
    return 1;
}

static void check_blocks(void)
{
    states s;
    uint8_t text[LANES][MAX_BLOCKS * 64 + 64];
    const uint8_t *data[LANES];
    uint64_t count = random_word() % (MAX_BLOCKS + 1);
    start(&s);
    for (unsigned l = 0; l < LANES; l++) {
        random_bytes(text[l], sizeof text[l]);
        data[l] = text[l] + random_word() % 64; /* any alignment */
    }
    if (random_word() % 4 == 0) {
        data[3] = data[9]; /* lanes may read the same block */
    }
    for (unsigned l = 0; l < LANES; l++) {
        pa_sha256_portable.blocks(&s.single[l], data[l], count);
    }
    KERNEL.blocks(s.lanes, data, count);
    CHECK(same(&s));
}

static void check_words(void)
{
    states s;
    _Alignas(64) uint32_t words[16 * LANES];
    start(&s);
    for (unsigned i = 0; i < 16 * LANES; i++) {
        words[i] = random_state_word();
    }
    for (unsigned l = 0; l < LANES; l++) {
        uint8_t block[64];
        for (unsigned w = 0; w < 16; w++) {
            pa_store_be32(block + 4 * w, words[w * LANES + l]);
        }
        pa_sha256_portable.blocks(&s.single[l], block, 1);
    }
    KERNEL.words(s.lanes, words);
    CHECK(same(&s));
}

/* The schedule by FIPS 180-4's own recurrence over all 64 words. */
static void check_shared(void)
{
    states s;
    uint8_t block[64];
    uint32_t w[64];
    start(&s);
    random_bytes(block, sizeof block);
    for (unsigned t = 0; t < 64; t++) {
        if (t < 16) {
            w[t] = pa_load_be32(block + 4 * t);
            continue;
        }
        uint32_t x = w[t - 15], y = w[t - 2];
        w[t] = (pa_rotr32(y, 17) ^ pa_rotr32(y, 19) ^ y >> 10) + w[t - 7] +
               (pa_rotr32(x, 7) ^ pa_rotr32(x, 18) ^ x >> 3) + w[t - 16];
    }
    for (unsigned t = 0; t < 64; t++) {
        w[t] += pa_sha256_constants[t];
    }
    for (unsigned l = 0; l < LANES; l++) {
        pa_sha256_portable.blocks(&s.single[l], block, 1);
    }
    KERNEL.shared(s.lanes, w);
    CHECK(same(&s));
}

static void check_store(void)
{
    states s;
    uint8_t digests[LANES * 32 + 1], expected[LANES * 32];
    start(&s);
    for (unsigned l = 0; l < LANES; l++) {
        for (unsigned w = 0; w < 8; w++) {
            pa_store_be32(expected + 32 * l + 4 * w, s.single[l].word[w]);
        }
    }
    KERNEL.store(digests + 1, s.lanes); /* any alignment */
    CHECK(memcmp(digests + 1, expected, sizeof expected) == 0);
}

static int runnable(void)
{
#ifdef EMULATED
    return __builtin_cpu_supports("avx2");
#else
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
#endif
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 2000;
    if (!runnable()) {
        puts("SKIPPED: this CPU lacks what the kernel needs");
        return SKIPPED;
    }
    CHECK(KERNEL.lanes == LANES);
    for (int i = 0; i < rounds; i++) {
        check_blocks();
        check_words();
        check_shared();
        check_store();
    }
    return finish();
}
