/* SPDX-License-Identifier: Apache-2.0 */
/* The 16-lane SHA-256 kernel.
 *   test_sha256_lanes_... [rounds]   exits 77 when this CPU can't run it */
#include <stdint.h>

typedef uint32_t word;
#define KERNEL_STEM pa_sha256_lanes_
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

static void check_entries(void)
{
    check_words();
    check_shared();
}

int main(int argc, char **argv)
{
    return check_kernel(argc, argv, check_entries);
}
