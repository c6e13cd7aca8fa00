/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 in lanes: 8 with AVX2, 16 and, as two streams, 32 with AVX-512 F and BW. FIPS 180-4.
 *
 * Measured on Sapphire Rapids (family 6 model 207, 2.99 GHz, a virtual core with neighbours; quiet moments), gcc 12. Cycles
 * of a block of all lanes: 16 lanes 930 of many, 965 alone, 575 when shared; 8 lanes 1230, 1280 and 955 (clang 14: 1130,
 * 1145 and 790, nearer to the 16 registers' floor). Messages of 64 bytes through pyaccel_hash_many, 4096 at a time: 27.5 M/s
 * and 108 cycles each with 16 lanes, 10.1 and 296 with 8, against 9.5 with SHA-NI one by one and 2.3 portable. What stands
 * between 96 cycles of the kernels and 108 is gathering rows.
 * 8 lanes give way to SHA-NI wherever a CPU has both: a tenth slower than they are here, but faster on Zen 3.
 * Two interleaved streams of 16 took 2000 cycles for what two calls do in 1980 (latency is one cycle there); they are for
 * cores where it is two (Zen 5), on which they were not measured: what the core itself says at start-up decides. Tried and
 * lost: transposition wholly in registers, 980 cycles for a block alone.
 *
 * 8 lanes with AVX2 on Zen 3 (3.24 GHz), the kernel alone: 970 cycles a block and 693 one that lanes share (gcc 12), 973 and
 * 692 (clang 14). Tried and lost there: gcc's -mtune=znver3, haswell and skylake, each better for one kernel in lanes and
 * worse for another. */
#define WORD_BITS 32
#define CONSTANTS pa_sha256_constants

#include "sha256_functions.h"

#include "sha2_lanes.h"

static void absorb_words(void *state, const void *words)
{
    vec s[STREAMS][8], w[STREAMS][16];
    load_state(s, state);
    load_words(w, words, 16);
    compress(s, w);
    store_state(state, s);
}

/* A block that all lanes share: no schedule, and the constants are in it. */
PA_INLINE void compress_shared(vec s[STREAMS][8], const uint32_t *schedule)
{
    vec before[STREAMS][8];
    copy_state(before, s);
    for (const uint32_t *wk = schedule; wk < schedule + ROUNDS; wk += 16) {
#define ROUND_OF(j) round_once(s[j], round, word);
#define STEP(i)                                                                                    \
    {                                                                                              \
        enum { round = i };                                                                        \
        const vec word = vec_set1(wk[i]);                                                          \
        EACH_STREAM(ROUND_OF)                                                                      \
    }
        PA_SIXTEEN(STEP)
#undef STEP
#undef ROUND_OF
    }
    add_state(s, before);
}

static void absorb_shared(void *state, const uint32_t *schedule)
{
    vec s[STREAMS][8];
    load_state(s, state);
    compress_shared(s, schedule);
    store_state(state, s);
}

/* w = the block of a digest that stands in s: 32 bytes, the bit after them, their length of 256 bits. */
PA_INLINE void digest_block(vec w[STREAMS][16], vec s[STREAMS][8])
{
    const vec zero = vec_set1(0), one = vec_set1(0x80000000u), length = vec_set1(256);
    for (unsigned i = 0; i < 8; i++) {
#define FILL(j)                                                                                    \
    w[j][i] = s[j][i];                                                                             \
    w[j][8 + i] = i == 0 ? one : i == 7 ? length : zero;
        EACH_STREAM(FILL)
#undef FILL
    }
}

/* One text of a block for those that lie in two places and for the digest's, so that it fits the decoded-instruction
 * cache. */
static void hash_messages(uint8_t *digests, const pa_hash_shape *shape, const uint8_t *const *data,
                          const uint8_t *const *tails)
{
    vec s[STREAMS][8], w[STREAMS][16];
    uint64_t left = shape->whole, more = shape->staged, offset = 0;
    const uint32_t *schedule = shape->schedule;
    const pa_hash_state *again = shape->again;
    start_all(s, shape->initial);
    for (;;) {
        if (left == 0 && more > 0) {
            data = tails;
            left = more;
            more = offset = 0;
        }
        if (left > 0) {
            load_block(w, data, offset);
            offset += 64;
            left--;
        } else {
            if (schedule != NULL) {
                compress_shared(s, schedule);
                schedule = NULL;
            }
            if (again == NULL) {
                break;
            }
            digest_block(w, s);
            start_all(s, again);
            again = NULL;
        }
        compress(s, w);
    }
    write_digests(digests, s);
}

#if STREAMS == 1
#define KERNEL PA_VARIANT(pa_sha256_lanes_)
#define COST (VECTOR_BYTES == 64 ? 930 : 970)
#else
#define KERNEL PA_VARIANT(pa_sha256_lanes_x32_)
#define COST 2000
#endif

const struct pa_hash_lanes KERNEL = {
    .blocks = absorb_blocks,
    .schedule = pa_sha256_schedule,
    .shared = absorb_shared,
    .words = absorb_words,
    .store = store_digests,
    .messages = hash_messages,
    .lanes = ALL_LANES,
    .stored = 32,
    .cost = COST,
};
