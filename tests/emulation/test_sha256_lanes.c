/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 kernels in lanes, the one of 16 where the includer says no more.
 *   test_sha256_lanes_... [rounds]   exits 77 when this CPU can't run it */
#include <stdint.h>

typedef uint32_t word;
#ifndef KERNEL_STEM
#define KERNEL_STEM pa_sha256_lanes_
#endif
#define SINGLE pa_sha256_portable
#define MEMBER word
#define STORE_WORD pa_store_be32
#define STATE_WORDS 8

#include "hash_lanes.h"

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
static void make_schedule(uint32_t w[64], const uint8_t *block)
{
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
}

static void check_shared(void)
{
    states s;
    uint8_t block[64];
    uint32_t w[64];
    start(&s);
    random_bytes(block, sizeof block);
    make_schedule(w, block);
    for (unsigned l = 0; l < LANES; l++) {
        pa_sha256_portable.blocks(&s.single[l], block, 1);
    }
    KERNEL.shared(s.lanes, w);
    CHECK(same(&s));
}

/* Whole messages: blocks in two places, a shared one, and the hash of the digest, each there or not; of idle lanes nothing is
 * written. */
static void check_messages(void)
{
    const pa_hash_state initial = {.word = {1, 2, 3, 4, 5, 6, 7, random_state_word()}};
    const pa_hash_state other = {.word = {random_state_word(), 9, 10, 11, 12, 13, 14, 15}};
    uint8_t text[LANES][2 * 64 + 8], rest[LANES][2 * 64 + 8], shared[64];
    uint8_t digests[LANES * 32], expected[LANES * 32];
    const uint8_t *data[LANES], *tails[LANES];
    uint32_t w[64];
    const uint64_t kind = random_word() >> 40;
    const pa_hash_shape shape = {
        .initial = &initial,
        .again = kind & 1 ? &other : NULL,
        .schedule = kind & 2 ? w : NULL,
        .whole = kind / 4 % 3,
        .staged = kind / 12 % 3,
        .idle = (uint32_t)(kind / 36 % LANES),
    };
    const size_t written = (LANES - shape.idle) * 32;
    random_bytes(shared, sizeof shared);
    make_schedule(w, shared);
    for (unsigned l = 0; l < LANES; l++) {
        random_bytes(text[l], sizeof text[l]);
        random_bytes(rest[l], sizeof rest[l]);
        data[l] = text[l] + random_word() % 8;
        tails[l] = rest[l] + random_word() % 8;
        pa_hash_state state = initial;
        pa_sha256_portable.blocks(&state, data[l], shape.whole);
        pa_sha256_portable.blocks(&state, tails[l], shape.staged);
        if (shape.schedule != NULL) {
            pa_sha256_portable.blocks(&state, shared, 1);
        }
        if (shape.again != NULL) {
            uint8_t block[64] = {[32] = 0x80, [62] = 1};
            for (unsigned i = 0; i < 8; i++) {
                pa_store_be32(block + 4 * i, state.word[i]);
            }
            state = other;
            pa_sha256_portable.blocks(&state, block, 1);
        }
        for (unsigned i = 0; i < 8; i++) {
            pa_store_be32(expected + 32 * l + 4 * i, state.word[i]);
        }
    }
    memset(digests, 0x5a, sizeof digests);
    KERNEL.messages(digests, &shape, data, tails);
    CHECK(memcmp(digests, expected, written) == 0);
    for (size_t i = written; i < sizeof digests; i++) {
        CHECK(digests[i] == 0x5a);
    }
}

static void check_entries(void)
{
    check_words();
    check_shared();
    check_messages();
}

int main(int argc, char **argv)
{
    return check_kernel(argc, argv, check_entries);
}
