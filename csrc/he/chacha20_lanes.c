/* SPDX-License-Identifier: Apache-2.0 */
/* ChaCha20, blocks of successive counters as lanes: 8 with AVX2, 16 with AVX-512. */
#include <string.h>

#define WORD_BITS 32
#include "../core/internal.h"
#include "../hash/vector.h"
#include "chacha20.h"

#define vec_xor(x, y) VEC_OF_BITS (xor)(x, y)
#define COLUMNS (VECTOR_BYTES / 16)

#include "chacha20_rounds.h"

static void blocks(uint8_t *out, const pa_chacha20_state *state, size_t count)
{
    static const _Alignas(64)
        uint32_t lane_numbers[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    vec numbers;
    vec_load(&numbers, lane_numbers, 1);
    for (size_t b = 0; b < count; b += LANES) {
        vec first[16], x[16];
        PA_UNROLL
        for (unsigned i = 0; i < 16; i++) {
            first[i] = vec_set1(state->word[i]);
        }
        first[PA_CHACHA20_COUNTER] =
            vec_add(vec_set1(state->word[PA_CHACHA20_COUNTER] + (uint32_t)b), numbers);
        vec_copy(x, first, 16);
        twenty_rounds(x);
        PA_UNROLL
        for (unsigned i = 0; i < 16; i++) {
            x[i] = vec_add(x[i], first[i]);
        }
        if (count - b >= LANES) {
            vec_scatter(out + PA_CHACHA20_BLOCK * b, PA_CHACHA20_BLOCK, x, 16);
        } else {
            uint8_t rest[PA_CHACHA20_BLOCK * LANES];
            vec_scatter(rest, PA_CHACHA20_BLOCK, x, 16);
            memcpy(out + PA_CHACHA20_BLOCK * b, rest, PA_CHACHA20_BLOCK * (count - b));
            pa_wipe(rest, sizeof rest);
        }
    }
}

const struct pa_chacha20 PA_VARIANT(pa_chacha20_) = {.blocks = blocks};
