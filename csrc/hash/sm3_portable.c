/* SPDX-License-Identifier: Apache-2.0 */
/* SM3, one message, any CPU. GB/T 32905-2016. */
#include "sm3_word.h"

/* One block into the state; 16 words suffice, since W_j+16 is made when W_j+4 is needed. */
static void compress(word s[8], word w[16])
{
    word before[8];
    for (unsigned i = 0; i < 8; i++) {
        before[i] = s[i];
    }
    const uint32_t *t = constants;
#define EXTEND(i)                                                                                  \
    w[i] = next_word(w[i], w[((i) + 3) & 15], w[((i) + 7) & 15], w[((i) + 10) & 15],               \
                     w[((i) + 13) & 15]);
#define STEP(j, early) round_once(s, j, t[j], w[j], w[j] ^ w[((j) + 4) & 15], early);
#define EARLY_STEP(j)                                                                              \
    if ((j) >= 12) {                                                                               \
        EXTEND(((j) + 4) & 15)                                                                     \
    }                                                                                              \
    STEP(j, true)
#define LATE_STEP(j)                                                                               \
    EXTEND(((j) + 4) & 15)                                                                         \
    STEP(j, false)
    PA_SIXTEEN(EARLY_STEP)
    for (t += 16; t < constants + 64; t += 16) {
        PA_SIXTEEN(LATE_STEP)
    }
    for (unsigned i = 0; i < 8; i++) {
        s[i] ^= before[i];
    }
}

static void sm3_blocks_portable(pa_hash_state *state, const uint8_t *data, uint64_t count)
{
    for (; count > 0; count--, data += 64) {
        word w[16];
        for (unsigned i = 0; i < 16; i++) {
            w[i] = pa_load_be32(data + 4 * i);
        }
        compress(state->word, w);
    }
}

const struct pa_hash_single pa_sm3_portable = {sm3_blocks_portable, 650};
