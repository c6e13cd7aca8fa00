/* SPDX-License-Identifier: Apache-2.0 */
/* ChaCha20, a block at a time. */
#include "../core/bytes.h"
#include "chacha20.h"

typedef uint32_t vec;
#define vec_add(x, y) ((x) + (y))
#define vec_xor(x, y) ((x) ^ (y))
#define vec_ror pa_rotr32
#define COLUMNS 2

#include "chacha20_rounds.h"

void pa_chacha20_begin(pa_chacha20_state *state, const uint8_t key[32], const uint32_t nonce[3])
{
    *state = (pa_chacha20_state){
        {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}}; /* "expand 32-byte k" */
    for (unsigned i = 0; i < 8; i++) {
        state->word[4 + i] = pa_load_le32(key + 4 * i);
    }
    for (unsigned i = 0; i < 3; i++) {
        state->word[PA_CHACHA20_COUNTER + 1 + i] = nonce[i];
    }
}

static void blocks(uint8_t *out, const pa_chacha20_state *state, size_t count)
{
    pa_chacha20_state first = *state;
    for (size_t b = 0; b < count; b++) {
        pa_chacha20_state s = first;
        twenty_rounds(s.word);
        for (unsigned i = 0; i < 16; i++) {
            pa_store_le32(out + PA_CHACHA20_BLOCK * b + 4 * i, s.word[i] + first.word[i]);
        }
        first.word[PA_CHACHA20_COUNTER]++;
    }
}

const struct pa_chacha20 pa_chacha20_portable = {.blocks = blocks};
