/* SPDX-License-Identifier: Apache-2.0 */
/* The twenty rounds of ChaCha20 (RFC 8439, 2.1 to 2.3), one text for a word and for a vector of words, a block each.
 *
 * Defined by the includer: vec, its type; vec_add, vec_xor; vec_ror, to the right by a constant. */
#ifndef PA_HE_CHACHA20_ROUNDS_H
#define PA_HE_CHACHA20_ROUNDS_H

#define QUARTER(a, b, c, d)                                                                        \
    {                                                                                              \
        x[a] = vec_add(x[a], x[b]), x[d] = vec_ror(vec_xor(x[d], x[a]), 32 - 16);                  \
        x[c] = vec_add(x[c], x[d]), x[b] = vec_ror(vec_xor(x[b], x[c]), 32 - 12);                  \
        x[a] = vec_add(x[a], x[b]), x[d] = vec_ror(vec_xor(x[d], x[a]), 32 - 8);                   \
        x[c] = vec_add(x[c], x[d]), x[b] = vec_ror(vec_xor(x[b], x[c]), 32 - 7);                   \
    }

static inline __attribute__((always_inline)) void twenty_rounds(vec x[16])
{
    for (unsigned i = 0; i < 10; i++) {
        QUARTER(0, 4, 8, 12)
        QUARTER(1, 5, 9, 13)
        QUARTER(2, 6, 10, 14)
        QUARTER(3, 7, 11, 15)
        QUARTER(0, 5, 10, 15)
        QUARTER(1, 6, 11, 12)
        QUARTER(2, 7, 8, 13)
        QUARTER(3, 4, 9, 14)
    }
}

#endif
