/* SPDX-License-Identifier: Apache-2.0 */
/* Words of all lanes: one vector or, of two independent streams, two of them, of which each operation takes both. Two fill the
 * pipes where a vector operation takes two cycles (Zen 5), and want the 32 registers of AVX-512. States of two streams are
 * stored as those of one with twice the lanes.
 *
 * Defined by the includer: what vector.h wants; STREAMS, 1 or 2 (1 where not defined). */
#ifndef PA_HASH_STREAMS_H
#define PA_HASH_STREAMS_H

#include "vector.h"

#ifndef STREAMS
#define STREAMS 1
#endif
#define ALL_LANES (STREAMS * LANES)

#if STREAMS == 1

typedef vec word;
#define WORD_ADD vec_add
#define WORD_XOR3 vec_xor3
#define WORD_CHOOSE vec_choose
#define WORD_ROR vec_ror
#define EVERY vec_set1
#define load_words vec_load
#define store_words vec_store
#define gather_words vec_gather
#define scatter_words vec_scatter

#else

typedef struct {
    vec s[STREAMS];
} word;

#define OF_TWO(name, operation)                                                                    \
    PA_INLINE word name(word x, word y)                                                            \
    {                                                                                              \
        return (word){{operation(x.s[0], y.s[0]), operation(x.s[1], y.s[1])}};                     \
    }
#define OF_THREE(name, operation)                                                                  \
    PA_INLINE word name(word x, word y, word z)                                                    \
    {                                                                                              \
        return (word){{operation(x.s[0], y.s[0], z.s[0]), operation(x.s[1], y.s[1], z.s[1])}};     \
    }
OF_TWO(WORD_ADD, vec_add)
OF_THREE(WORD_XOR3, vec_xor3)
OF_THREE(WORD_CHOOSE, vec_choose)

/* No function: the instruction wants n as a literal. */
#define WORD_ROR(x, n)                                                                             \
    __extension__({                                                                                \
        const word turned = (x);                                                                   \
        (word){{vec_ror(turned.s[0], n), vec_ror(turned.s[1], n)}};                                \
    })

PA_INLINE word EVERY(vec_word x)
{
    return (word){{vec_set1(x), vec_set1(x)}};
}

PA_INLINE void load_words(word *x, const void *words, unsigned count)
{
    PA_UNROLL
    for (unsigned i = 0; i < count; i++) {
        vec_load(x[i].s, (const vec_word *)words + i * ALL_LANES, STREAMS);
    }
}

PA_INLINE void store_words(void *words, const word *x, unsigned count)
{
    PA_UNROLL
    for (unsigned i = 0; i < count; i++) {
        vec_store((vec_word *)words + i * ALL_LANES, x[i].s, STREAMS);
    }
}

/* As vec_gather and vec_scatter, count at most 16. */
PA_INLINE void gather_words(word *x, const uint8_t *const *lane, uint64_t offset, unsigned count)
{
    PA_UNROLL
    for (unsigned p = 0; p < STREAMS; p++) {
        vec of_stream[16];
        vec_gather(of_stream, lane + p * LANES, offset, count);
        PA_UNROLL
        for (unsigned i = 0; i < count; i++) {
            x[i].s[p] = of_stream[i];
        }
    }
}

PA_INLINE void scatter_words(uint8_t *bytes, uint64_t stride, const word *x, unsigned count)
{
    PA_UNROLL
    for (unsigned p = 0; p < STREAMS; p++) {
        vec of_stream[16];
        PA_UNROLL
        for (unsigned i = 0; i < count; i++) {
            of_stream[i] = x[i].s[p];
        }
        vec_scatter(bytes + p * LANES * stride, stride, of_stream, count);
    }
}

#endif

#endif
