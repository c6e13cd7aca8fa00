/* SPDX-License-Identifier: Apache-2.0 */
/* Words of all lanes: one vector or, of independent streams, two or three of them, of which each operation takes all, one after
 * the other. Several fill the pipes where a vector operation takes two cycles (Zen 5), and want the 32 registers of AVX-512.
 * States of several streams are stored as those of one with as many times the lanes.
 *
 * Defined by the includer: what vector.h wants; STREAMS, 1 to 3 (1 where not defined). */
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
#define WORD_SUB vec_sub
#define WORD_XOR vec_xor
#define WORD_XOR3 vec_xor3
#define WORD_CHOOSE vec_choose
#define WORD_MAJORITY vec_majority
#define WORD_ROR vec_ror
#define WORD_SHR vec_shr
#define WORD_SWAP_BYTES vec_swap_bytes
#define STREAM(x, p) ((&(x))[p])
#define EVERY vec_set1
#define load_words vec_load
#define store_words vec_store
#define gather_words vec_gather
#define scatter_words vec_scatter_some

#else

typedef struct {
    vec s[STREAMS];
} word;
#define STREAM(x, p) ((x).s[p])

#if STREAMS == 2
#define EACH_STREAM(f, operation) f(0, operation), f(1, operation)
#else
#define EACH_STREAM(f, operation) f(0, operation), f(1, operation), f(2, operation)
#endif
#define STREAM_OF_TWO(j, operation) operation(x.s[j], y.s[j])
#define STREAM_OF_THREE(j, operation) operation(x.s[j], y.s[j], z.s[j])
#define OF_TWO(name, operation)                                                                    \
    PA_INLINE word name(word x, word y)                                                            \
    {                                                                                              \
        return (word){{EACH_STREAM(STREAM_OF_TWO, operation)}};                                    \
    }
#define OF_THREE(name, operation)                                                                  \
    PA_INLINE word name(word x, word y, word z)                                                    \
    {                                                                                              \
        return (word){{EACH_STREAM(STREAM_OF_THREE, operation)}};                                  \
    }
#define STREAM_OF_ONE(j, operation) operation(x.s[j])
PA_INLINE word WORD_SWAP_BYTES(word x)
{
    return (word){{EACH_STREAM(STREAM_OF_ONE, vec_swap_bytes)}};
}
OF_TWO(WORD_ADD, vec_add)
OF_TWO(WORD_SUB, vec_sub)
OF_TWO(WORD_XOR, vec_xor)
OF_THREE(WORD_XOR3, vec_xor3)
OF_THREE(WORD_CHOOSE, vec_choose)
OF_THREE(WORD_MAJORITY, vec_majority)

/* No function: the instruction wants n as a literal. */
#define STREAM_ROR(j, n) vec_ror(turned.s[j], n)
#define STREAM_SHR(j, n) vec_shr(turned.s[j], n)
#define WORD_ROR(x, n)                                                                             \
    __extension__({                                                                                \
        const word turned = (x);                                                                   \
        (word){{EACH_STREAM(STREAM_ROR, n)}};                                                      \
    })
#define WORD_SHR(x, n)                                                                             \
    __extension__({                                                                                \
        const word turned = (x);                                                                   \
        (word){{EACH_STREAM(STREAM_SHR, n)}};                                                      \
    })

PA_INLINE word EVERY(vec_word x)
{
    const vec all = vec_set1(x);
    word every;
    PA_UNROLL
    for (unsigned p = 0; p < STREAMS; p++) {
        every.s[p] = all;
    }
    return every;
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

/* As vec_gather and vec_scatter_some, count at most 16. */
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

PA_INLINE void scatter_words(uint8_t *bytes, uint64_t stride, const word *x, unsigned count,
                             unsigned end)
{
    PA_UNROLL
    for (unsigned p = 0; p < STREAMS; p++) {
        vec of_stream[16];
        PA_UNROLL
        for (unsigned i = 0; i < count; i++) {
            of_stream[i] = x[i].s[p];
        }
        vec_scatter_some(bytes + p * LANES * stride, stride, of_stream, count,
                         end > p * LANES ? end - p * LANES : 0);
    }
}

#endif

#endif
