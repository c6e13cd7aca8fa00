/* SPDX-License-Identifier: Apache-2.0 */
/* Messages in lanes: what the kernels of BLAKE2 and BLAKE3 need where a word is a vector, or two of them side by side.
 *
 * Defined by the includer: WORD_BITS; SCHEDULE of blake_rounds.h; STREAMS, 1 or 2. Two streams of 16 words of state are the 32 registers of AVX-512, and
 * hide that an operation takes two cycles there on some cores; for AVX2's 16 registers one stream is too much already. */
#ifndef PA_HASH_BLAKE_VECTOR_H
#define PA_HASH_BLAKE_VECTOR_H

#include "../core/bytes.h"
#include "blake_batch.h"
#include "vector.h"

#define MESSAGES (STREAMS * LANES)

/* Member `ends` of kernels: that needs masked loads. */
#define ENDS (VECTOR_BYTES == 64)

typedef vec_word lane_word;
#define VEC_XOR(x, y) VEC_OF_BITS (xor)(x, y)

#if STREAMS == 1

typedef vec word;
#define ADD(x, y) vec_add(x, y)
#define SUB(x, y) vec_sub(x, y)
#define XOR(x, y) VEC_XOR(x, y)
#define ROTATE(x, n) vec_ror(x, n)
#define BROADCAST(x) vec_set1(x)
#define STREAM(x, p) ((&(x))[p])

#else

typedef struct {
    vec s[STREAMS];
} word;
#define STREAM(x, p) ((x).s[p])
#define TWO(name, parameters, of_stream)                                                           \
    PA_INLINE word name parameters                                                                 \
    {                                                                                              \
        return (word){{of_stream(0), of_stream(1)}};                                               \
    }
#define ADD_STREAM(i) vec_add(x.s[i], y.s[i])
#define SUB_STREAM(i) vec_sub(x.s[i], y.s[i])
#define XOR_STREAM(i) VEC_XOR(x.s[i], y.s[i])
#define SET_STREAM(i) vec_set1(x)
TWO(two_add, (word x, word y), ADD_STREAM)
TWO(two_sub, (word x, word y), SUB_STREAM)
TWO(two_xor, (word x, word y), XOR_STREAM)
TWO(two_set1, (lane_word x), SET_STREAM)
/* A function for each distance, since an instruction wants it as a constant. */
#define TURN_STREAM(i) vec_ror(x.s[i], TURN_BITS)
#if WORD_BITS == 32
#define TURN_BITS 16
TWO(two_ror_16, (word x), TURN_STREAM)
#undef TURN_BITS
#define TURN_BITS 12
TWO(two_ror_12, (word x), TURN_STREAM)
#undef TURN_BITS
#define TURN_BITS 8
TWO(two_ror_8, (word x), TURN_STREAM)
#undef TURN_BITS
#define TURN_BITS 7
TWO(two_ror_7, (word x), TURN_STREAM)
#else
#define TURN_BITS 32
TWO(two_ror_32, (word x), TURN_STREAM)
#undef TURN_BITS
#define TURN_BITS 24
TWO(two_ror_24, (word x), TURN_STREAM)
#undef TURN_BITS
#define TURN_BITS 16
TWO(two_ror_16, (word x), TURN_STREAM)
#undef TURN_BITS
#define TURN_BITS 63
TWO(two_ror_63, (word x), TURN_STREAM)
#endif
#define ADD(x, y) two_add(x, y)
#define SUB(x, y) two_sub(x, y)
#define XOR(x, y) two_xor(x, y)
#define ROTATE(x, n) PA_PASTED(two_ror_, n)(x)
#define BROADCAST(x) two_set1(x)

#endif

/* load_lanes: lane l = lanes[l]. load_words: x[i] = word i of each lane's bytes at lane[l] + at. store_words: bytes at
 * out + l * stride = words of lane l; x is overwritten. count is 8 or 16. store_some_words: those of lanes below `end`. */
#if STREAMS == 1

#define load_lanes(lanes) VEC_OF_BITS(loadu)((const void *)(lanes))
#define load_words vec_gather
#define store_words vec_scatter
#define store_some_words vec_scatter_some

#else

PA_INLINE word load_lanes(const lane_word *lanes)
{
    return (word){{VEC_OF_BITS(loadu)((const void *)lanes),
                   VEC_OF_BITS(loadu)((const void *)(lanes + LANES))}};
}

PA_INLINE void load_words(word *x, const uint8_t *const *lane, uint64_t at, unsigned count)
{
    for (unsigned i = 0; i < STREAMS; i++) {
        vec of_stream[16];
        vec_gather(of_stream, lane + i * LANES, at, count);
        for (unsigned j = 0; j < count; j++) {
            x[j].s[i] = of_stream[j];
        }
    }
}

PA_INLINE void store_some_words(uint8_t *out, uint64_t stride, const word *x, unsigned count,
                                unsigned end)
{
    for (unsigned i = 0; i < STREAMS; i++) {
        vec of_stream[16];
        for (unsigned j = 0; j < count; j++) {
            of_stream[j] = x[j].s[i];
        }
        vec_scatter_some(out + i * LANES * stride, stride, of_stream, count,
                         end > i * LANES ? end - i * LANES : 0);
    }
}

PA_INLINE void store_words(uint8_t *out, uint64_t stride, const word *x, unsigned count)
{
    store_some_words(out, stride, x, count, MESSAGES);
}

#endif

_Static_assert(2 * 16 * sizeof(word) <= sizeof(((pa_blake_relay *)NULL)->words),
               "two blocks of all lanes");

/* Of the words of a block, the first `kept` bytes of a lane, one block at most, remain; all else becomes zero. */
PA_INLINE void clear_behind(word m[16], word kept)
{
    PA_UNROLL
    for (unsigned p = 0; p < STREAMS; p++) {
        const vec bits = VEC_OF_WORDS(slli_epi)(STREAM(kept, p), 3);
        PA_UNROLL
        for (unsigned i = 0; i < 16; i++) {
            /* Of this word and those behind it; a shift by all bits of a word, or more, gives zero. */
            const vec left = vec_sub_or_zero(bits, vec_set1(i * WORD_BITS));
            const vec lost = vec_shl_by(vec_set1((vec_word)-1), left);
            STREAM(m[i], p) = VEC_OF_BITS(andnot)(lost, STREAM(m[i], p));
        }
    }
}

#if ENDS
/* m = the block at lane[l] + at of each lane: rests[l] bytes, which is all that is read, and zeros. */
PA_INLINE void load_ends(word m[16], const uint8_t *const *lane, uint64_t at, const uint32_t *rests)
{
    PA_UNROLL
    for (unsigned first = 0; first < MESSAGES; first += LANES) {
        PA_UNROLL
        for (unsigned part = 0; part < 16 * sizeof(vec_word); part += 64) {
            vec words[LANES];
            PA_UNROLL
            for (unsigned l = 0; l < LANES; l++) {
                const uint32_t rest = rests[first + l];
                words[l] =
                    _mm512_maskz_loadu_epi8(_bzhi_u64(UINT64_MAX, rest > part ? rest - part : 0),
                                            (const void *)((uintptr_t)lane[first + l] + at + part));
            }
            vec_transpose(words);
            PA_UNROLL
            for (unsigned j = 0; j < LANES; j++) {
                STREAM(m[part / sizeof(vec_word) + j], first / LANES) = words[j];
            }
        }
    }
}
#else
/* No kernel without masked loads is told to. */
#define load_ends(m, lane, at, rests) ((void)(rests))
#endif

#if WORD_BITS == 32
#define LOAD_WORD pa_load_le32
#else
#define LOAD_WORD pa_load_le64
#endif

/* Lines of the cache that a block of each message is; fetch_line brings line i < LINES. */
#define LINES (MESSAGES * 16 * sizeof(vec_word) / 64)

PA_INLINE void fetch_line(pa_hash_ahead ahead, unsigned i)
{
    vec_fetch(ahead, i % MESSAGES, i / MESSAGES * 64);
}

/* Likewise all of them: as many as these don't keep anything waiting. */
PA_INLINE void fetch_lines(pa_hash_ahead ahead)
{
    for (unsigned i = 0; i < LINES; i++) {
        fetch_line(ahead, i);
    }
}

/* Block b of each lane, which stands at last[l] where b is `whole`, unless last is data; `offset` bytes further. */
PA_INLINE pa_hash_ahead block_of(const uint8_t *const *data, uint64_t whole,
                                 const uint8_t *const *last, uint64_t b, uint64_t offset)
{
    return b == whole && last != data ? (pa_hash_ahead){last, offset}
                                      : (pa_hash_ahead){data, offset + b * 16 * sizeof(vec_word)};
}

/* What comes into the cache beside block b of `blocks`. */
PA_INLINE pa_hash_ahead fetched_beside(const pa_blake_relay *relay, const uint8_t *const *data,
                                       uint64_t b, uint64_t blocks, uint64_t next)
{
    const uint64_t block = 16 * sizeof(vec_word);
    return relay->ahead.lane != NULL
               ? (pa_hash_ahead){relay->ahead.lane, relay->ahead.at + b * MESSAGES * block}
               : pa_hash_blocks_ahead(data, b, blocks, MESSAGES, block, next);
}

/* The state takes all registers, so that message words in some of them would push it out. */
#define KEEP_IN_MEMORY(m) __asm__("" : "+m"(*(word(*)[16])(m)))

/* 1: blake_rounds also makes the words of the next block. */
#define GATHERS_AHEAD 1

/* Registers are given by hand where there are real ones. */
#define PA_BY_HAND_avx2 1
#define PA_BY_HAND_avx512 1
#define PA_BY_HAND_avx512_emulated 0
#if PA_VARIANT(PA_BY_HAND_) && VECTOR_BYTES == 32
#include "blake_rounds_avx2.h"
#elif PA_VARIANT(PA_BY_HAND_)
#include "blake_rounds_avx512.h"
#else
#include "blake_rounds.h"
#endif

#endif
