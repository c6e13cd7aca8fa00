/* SPDX-License-Identifier: Apache-2.0 */
/* What a hash kernel is: compression of whole blocks, for one message or for one lane each. */
#ifndef PA_HASH_KERNEL_H
#define PA_HASH_KERNEL_H

#include "../core/internal.h"

/* Chaining value of one message: 32-bit words (SHA-256, RIPEMD-160) or 64-bit ones (SHA-512, Keccak). */
typedef union {
    uint32_t word[8];
    uint64_t wide[25];
} pa_hash_state;

/* Families PA_FAMILY_SHA256, _SHA512, _KECCAK256, _RIPEMD160. */
struct pa_hash_single {
    /* state = compression of `count` blocks at data (any alignment) into state. */
    void (*blocks)(pa_hash_state *state, const uint8_t *data, uint64_t count);
    uint32_t cost; /* cycles a block, rounded: what the choice between single and lanes compares */
};

#define PA_HASH_MAX_LANES 16

/* step(0) ... step(15): rounds written out, so that words which rotate by index stay in registers. */
#define PA_SIXTEEN(step)                                                                           \
    step(0) step(1) step(2) step(3) step(4) step(5) step(6) step(7) step(8) step(9) step(10)       \
        step(11) step(12) step(13) step(14) step(15)

/* Family PA_FAMILY_SHA256_LANES: `lanes` messages at once. State and schedules are stored word by word:
 * word w of lane l stands at [w * lanes + l]; both arrays are aligned to 64 bytes. */
struct pa_hash_lanes {
    /* Lane l absorbs count blocks at data[l] (any alignment; pointers may be equal). */
    void (*blocks)(uint32_t *state, const uint8_t *const *data, uint64_t count);
    /* Every lane absorbs the same block, given as its 64 schedule words with the round constants added. */
    void (*shared)(uint32_t *state, const uint32_t *schedule);
    /* Lane l absorbs one block given as 16 native words, word by word as the state is. */
    void (*words)(uint32_t *state, const uint32_t *words);
    /* digests[l * 32 .. + 32) = big-endian words of lane l. */
    void (*store)(uint8_t *digests, const uint32_t *state);
    uint32_t lanes;
    uint32_t cost; /* cycles a block of all lanes together */
};

extern const uint32_t pa_sha256_constants[64];

/* schedule[t] = W_t + K_t of one block, FIPS 180-4, 6.2.2. */
void pa_sha256_schedule(uint32_t schedule[64], const uint8_t block[64]);

extern const struct pa_hash_single pa_sha256_portable;
extern const struct pa_hash_single pa_sha256_shani;
extern const struct pa_hash_lanes pa_sha256_lanes_avx512;
extern const struct pa_hash_lanes pa_sha256_lanes_avx512_emulated;
extern const struct pa_hash_single pa_sha512_portable;
extern const struct pa_hash_single pa_keccak256_portable;
extern const struct pa_hash_single pa_ripemd160_portable;

#endif
