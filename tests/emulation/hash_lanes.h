/* SPDX-License-Identifier: Apache-2.0 */
/* Hash kernels in lanes against the portable ones, entry by entry. Built for the object that ships (run on hardware and in a
 * CPU emulator) and for the one over pairs of ymm; PYACCEL_SUFFIX says which.
 *
 * Defined by the includer: word, its unsigned type; KERNEL_STEM and SINGLE, the kernels; MEMBER of pa_hash_state;
 * STORE_WORD, to a digest's bytes; STATE_WORDS, of which the digest is made; LANES, where not 64 bytes of words. */
#ifndef PA_TEST_HASH_LANES_H
#define PA_TEST_HASH_LANES_H

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/bytes.h"
#include "hash/kernel.h"
#include "random.h"

#define CONCATENATE(a, b) a##b
#define NAME(stem, suffix) CONCATENATE(stem, suffix)
#define KERNEL NAME(KERNEL_STEM, PYACCEL_SUFFIX)

#ifndef LANES
#define LANES (64 / sizeof(word))
#endif
#define BLOCK (16 * sizeof(word))
#define MAX_BLOCKS 3

/* Zeros and ones come up now and then: carries and selections are made of them. */
static word random_state_word(void)
{
    uint64_t x = random_word();
    return (x & 15) == 0 ? 0 : (x & 15) == 1 ? (word)-1 : (word)(x >> (64 - 8 * sizeof(word)));
}

typedef struct {
    _Alignas(64) word lanes[STATE_WORDS * LANES];
    pa_hash_state single[LANES];
} states;

static void start(states *s)
{
    for (unsigned w = 0; w < STATE_WORDS; w++) {
        for (unsigned l = 0; l < LANES; l++) {
            s->single[l].MEMBER[w] = s->lanes[w * LANES + l] = random_state_word();
        }
    }
}

static int same(const states *s)
{
    for (unsigned w = 0; w < STATE_WORDS; w++) {
        for (unsigned l = 0; l < LANES; l++) {
            if (s->single[l].MEMBER[w] != s->lanes[w * LANES + l]) {
                return 0;
            }
        }
    }
    return 1;
}

static void check_blocks(void)
{
    states s;
    uint8_t text[LANES][MAX_BLOCKS * BLOCK + 64];
    const uint8_t *data[LANES];
    uint64_t count = random_word() % (MAX_BLOCKS + 1);
    start(&s);
    for (unsigned l = 0; l < LANES; l++) {
        random_bytes(text[l], sizeof text[l]);
        data[l] = text[l] + random_word() % 64; /* any alignment */
    }
    if (random_word() % 4 == 0) {
        data[3] = data[LANES - 1]; /* lanes may read the same block */
    }
    for (unsigned l = 0; l < LANES; l++) {
        SINGLE.blocks(&s.single[l], data[l], count);
    }
    KERNEL.blocks(s.lanes, data, count);
    CHECK(same(&s));
}

static void check_store(void)
{
    states s;
    uint8_t digests[LANES * STATE_WORDS * sizeof(word) + 1],
        expected[LANES * STATE_WORDS * sizeof(word)];
    start(&s);
    for (unsigned l = 0; l < LANES; l++) {
        for (unsigned w = 0; w < STATE_WORDS; w++) {
            STORE_WORD(expected + (STATE_WORDS * l + w) * sizeof(word), s.single[l].MEMBER[w]);
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

/* entries: what this algorithm's kernel has beside blocks and store; may be NULL. */
static int check_kernel(int argc, char **argv, void (*entries)(void))
{
    int rounds = argc > 1 ? atoi(argv[1]) : 2000;
    if (!runnable()) {
        puts("SKIPPED: this CPU lacks what the kernel needs");
        return SKIPPED;
    }
    CHECK(KERNEL.lanes == LANES);
    for (int i = 0; i < rounds; i++) {
        check_blocks();
        check_store();
        if (entries != NULL) {
            entries();
        }
    }
    return finish();
}

#endif
