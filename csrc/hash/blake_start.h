/* SPDX-License-Identifier: Apache-2.0 */
/* Where kernels of BLAKE2 and BLAKE3 begin. Before it, one of blake_portable.h and blake_vector.h. */
#ifndef PA_HASH_BLAKE_START_H
#define PA_HASH_BLAKE_START_H

/* h = 8 little-endian words of each lane, at start + l * stride; stride 0: one state for all. */
BLAKE_INLINE void load_start(word h[8], const uint8_t *start, uint64_t stride)
{
    const uint8_t *states[MESSAGES];
    if (stride == 0) {
        for (unsigned i = 0; i < 8; i++) {
            h[i] = BROADCAST(LOAD_WORD(start + i * sizeof(lane_word)));
        }
        return;
    }
    for (unsigned l = 0; l < MESSAGES; l++) {
        states[l] = start + l * stride;
    }
    load_words(h, states, 0, 8);
}

#endif
