/* SPDX-License-Identifier: Apache-2.0 */
/* Vectors of words, as wide as the level that a file is compiled for: 32 bytes for avx2, 64 for avx512 and its emulated
 * form. A kernel text that is written in these operations is compiled once a level.
 *
 * Defined by the includer: WORD_BITS, 32 or 64. Shift counts are constants. */
#ifndef PA_HASH_VECTOR_H
#define PA_HASH_VECTOR_H

#include <immintrin.h>
#include <string.h>

#include "../core/variant_name.h"
#include "kernel.h"

#define PA_VECTOR_BYTES_avx2 32
#define PA_VECTOR_BYTES_avx512 64
#define PA_VECTOR_BYTES_avx512_emulated 64
#define VECTOR_BYTES PA_VARIANT(PA_VECTOR_BYTES_)
#define LANES (8 * VECTOR_BYTES / WORD_BITS)

#define PA_INLINE static inline __attribute__((always_inline, unused))

/* Member `stage` of kernels: that needs masked loads. */
#if VECTOR_BYTES == 64
#define STAGE PA_VARIANT(pa_hash_stage_)
#else
#define STAGE NULL
#endif

/* Before a loop over the words of an array: written out. gcc 12 would otherwise see a copy of memory in it and make that in
 * pieces of 16 bytes through the stack, from which loads of 32 can't be forwarded: up to 90 cycles a block. */
#ifdef __clang__
#define PA_UNROLL _Pragma("clang loop unroll(full)")
#else
#define PA_UNROLL _Pragma("GCC unroll 32")
#endif

/* A quarter is 16 bytes; each holds GROUP neighbouring lanes, and neighbouring groups follow each other. */
#define GROUP (128 / WORD_BITS)

#if VECTOR_BYTES == 64
typedef __m512i vec;
#define VEC_OF_WORDS(stem) PA_PASTED(_mm512_##stem, WORD_BITS)
#define VEC_OF_BITS(stem) _mm512_##stem##_si512
/* max(x - y, 0) of words below 2^16: wider ones have no such instruction. */
#define vec_sub_or_zero(x, y) _mm512_subs_epu16(x, y)
#define vec_ror(x, n) VEC_OF_WORDS(ror_epi)(x, n)
/* Truth tables of x ^ y ^ z; x ? y : z; the majority. */
#define vec_xor3(x, y, z) _mm512_ternarylogic_epi64(x, y, z, 0x96)
#define vec_choose(x, y, z) _mm512_ternarylogic_epi64(x, y, z, 0xca)
#define vec_majority(x, y, z) _mm512_ternarylogic_epi64(x, y, z, 0xe8)
#else
typedef __m256i vec;
#define VEC_OF_WORDS(stem) PA_PASTED(_mm256_##stem, WORD_BITS)
#define VEC_OF_BITS(stem) _mm256_##stem##_si256
#define vec_sub_or_zero(x, y) _mm256_subs_epu16(x, y)
/* Byte i of 16 when each word is rotated right by k bytes. */
#define PA_BYTE(i, k)                                                                              \
    (char)((i) / (WORD_BITS / 8) * (WORD_BITS / 8) + ((i) + (k)) % (WORD_BITS / 8))
#define PA_EIGHT_BYTES(i, k)                                                                       \
    PA_BYTE(i, k), PA_BYTE((i) + 1, k), PA_BYTE((i) + 2, k), PA_BYTE((i) + 3, k),                  \
        PA_BYTE((i) + 4, k), PA_BYTE((i) + 5, k), PA_BYTE((i) + 6, k), PA_BYTE((i) + 7, k)

/* n is a constant, 0 <= n < WORD_BITS. There is no such instruction: whole bytes move by one shuffle, all else takes three
 * operations. */
PA_INLINE vec vec_ror(vec x, int n)
{
    if (n == 0) {
        return x;
    }
    if (n % 8 == 0) {
        return _mm256_shuffle_epi8(
            x, _mm256_setr_epi8(PA_EIGHT_BYTES(0, n / 8), PA_EIGHT_BYTES(8, n / 8),
                                PA_EIGHT_BYTES(0, n / 8), PA_EIGHT_BYTES(8, n / 8)));
    }
    return VEC_OF_BITS(or)(VEC_OF_WORDS(srli_epi)(x, n), VEC_OF_WORDS(slli_epi)(x, WORD_BITS - n));
}
#define vec_xor3(x, y, z) VEC_OF_BITS (xor)(VEC_OF_BITS(xor)(x, y), z)
#define vec_choose(x, y, z) VEC_OF_BITS (xor)(z, VEC_OF_BITS(and)(x, VEC_OF_BITS(xor)(y, z)))
/* y ^ z of one round is x ^ y of the round before, where the words rotate: the compiler keeps it. */
#define vec_majority(x, y, z)                                                                      \
    VEC_OF_BITS (xor)(y, VEC_OF_BITS(and)(VEC_OF_BITS(xor)(x, y), VEC_OF_BITS(xor)(y, z)))
#endif

#define vec_add(x, y) VEC_OF_WORDS(add_epi)(x, y)
#define vec_sub(x, y) VEC_OF_WORDS(sub_epi)(x, y)
#define vec_xor(x, y) VEC_OF_BITS (xor)(x, y)
#define vec_shr(x, n) VEC_OF_WORDS(srli_epi)(x, n)
/* n: one count a word, all bits or more give zero. */
#define vec_shl_by(x, n) VEC_OF_WORDS(sllv_epi)(x, n)

#if WORD_BITS == 32
typedef uint32_t vec_word;
#define vec_set1(x) VEC_OF_WORDS(set1_epi)((int)(x))
#elif VECTOR_BYTES == 64
typedef uint64_t vec_word;
#define vec_set1(x) _mm512_set1_epi64((long long)(x))
#else
typedef uint64_t vec_word;
#define vec_set1(x) _mm256_set1_epi64x((long long)(x))
#endif

/* x[i] = words i of all lanes. */
PA_INLINE void vec_load(vec *x, const void *words, unsigned count)
{
    PA_UNROLL
    for (unsigned i = 0; i < count; i++) {
        x[i] = VEC_OF_BITS(load)((const void *)((const vec_word *)words + i * LANES));
    }
}

PA_INLINE void vec_store(void *words, const vec *x, unsigned count)
{
    PA_UNROLL
    for (unsigned i = 0; i < count; i++) {
        VEC_OF_BITS(store)((void *)((vec_word *)words + i * LANES), x[i]);
    }
}

PA_INLINE void vec_copy(vec *to, const vec *from, unsigned count)
{
    PA_UNROLL
    for (unsigned i = 0; i < count; i++) {
        to[i] = from[i];
    }
}

/* Brings what stands `at` bytes further in a lane into the cache. */
PA_INLINE void vec_fetch(pa_hash_ahead ahead, uint64_t lane, uint64_t at)
{
    __builtin_prefetch(ahead.lane[lane] + ahead.at + at);
}

/* Bytes of each word in reverse order. */
PA_INLINE vec vec_swap_bytes(vec x)
{
#if WORD_BITS == 32
#define ORDER 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12
#else
#define ORDER 7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8
#endif
#if VECTOR_BYTES == 64
    return _mm512_shuffle_epi8(x, _mm512_broadcast_i32x4(_mm_setr_epi8(ORDER)));
#else
    return _mm256_shuffle_epi8(x, _mm256_setr_epi8(ORDER, ORDER));
#endif
#undef ORDER
}

/* 16 bytes each at low and high. */
PA_INLINE __m256i pa_load_halves(const uint8_t *low, const uint8_t *high)
{
    return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)low)),
                                   _mm_loadu_si128((const __m128i *)high), 1);
}

PA_INLINE void pa_store_halves(uint8_t *low, bool has_low, uint8_t *high, bool has_high, __m256i x)
{
    if (has_low) {
        _mm_storeu_si128((__m128i *)low, _mm256_castsi256_si128(x));
    }
    if (has_high) {
        _mm_storeu_si128((__m128i *)high, _mm256_extracti128_si256(x, 1));
    }
}

/* Quarter q = 16 bytes at lane[q * GROUP] + offset. */
PA_INLINE vec vec_load_quarters(const uint8_t *const *lane, uint64_t offset)
{
    __m256i low = pa_load_halves(lane[0] + offset, lane[GROUP] + offset);
#if VECTOR_BYTES == 64
    __m256i high = pa_load_halves(lane[2 * GROUP] + offset, lane[3 * GROUP] + offset);
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
#else
    return low;
#endif
}

/* 16 bytes at bytes + (l + q * GROUP) * stride = quarter q, where that lane is below `end`. */
PA_INLINE void vec_store_quarters(uint8_t *bytes, uint64_t stride, unsigned l, unsigned end, vec x)
{
    uint8_t *first = bytes + l * stride;
#if VECTOR_BYTES == 64
    uint8_t *third = first + 2 * GROUP * stride;
    pa_store_halves(first, l < end, first + GROUP * stride, l + GROUP < end,
                    _mm512_castsi512_si256(x));
    pa_store_halves(third, l + 2 * GROUP < end, third + GROUP * stride, l + 3 * GROUP < end,
                    _mm512_extracti64x4_epi64(x, 1));
#else
    pa_store_halves(first, l < end, first + GROUP * stride, l + GROUP < end, x);
#endif
}

/* Word i of quarter q of x[j] and word j of quarter q of x[i] change places, i, j < GROUP. */
PA_INLINE void vec_transpose_quarters(vec x[GROUP])
{
#if WORD_BITS == 32
    vec a = VEC_OF_WORDS(unpacklo_epi)(x[0], x[1]), b = VEC_OF_WORDS(unpackhi_epi)(x[0], x[1]);
    vec c = VEC_OF_WORDS(unpacklo_epi)(x[2], x[3]), d = VEC_OF_WORDS(unpackhi_epi)(x[2], x[3]);
#if VECTOR_BYTES == 64
    x[0] = _mm512_unpacklo_epi64(a, c), x[1] = _mm512_unpackhi_epi64(a, c);
    x[2] = _mm512_unpacklo_epi64(b, d), x[3] = _mm512_unpackhi_epi64(b, d);
#else
    x[0] = _mm256_unpacklo_epi64(a, c), x[1] = _mm256_unpackhi_epi64(a, c);
    x[2] = _mm256_unpacklo_epi64(b, d), x[3] = _mm256_unpackhi_epi64(b, d);
#endif
#else
    vec a = VEC_OF_WORDS(unpacklo_epi)(x[0], x[1]), b = VEC_OF_WORDS(unpackhi_epi)(x[0], x[1]);
    x[0] = a, x[1] = b;
#endif
}

#if VECTOR_BYTES == 64
/* Twice GROUP words of every lane: both halves of a vector are 32 bytes of a lane, so that the bytes of a lane are loaded by
 * wholes, not in pieces that lie far apart in time where lanes are a large power of two from each other. */
PA_INLINE void vec_gather_two_groups(vec x[2 * GROUP], const uint8_t *const *lane, uint64_t offset)
{
    PA_UNROLL
    for (unsigned half = 0; half < 2 * GROUP; half += GROUP) {
        PA_UNROLL
        for (unsigned j = 0; j < GROUP; j++) {
            const uint8_t *const *low = lane + 2 * half + j;
            x[half + j] = _mm512_inserti64x4(
                _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)(low[0] + offset))),
                _mm256_loadu_si256((const __m256i *)(low[GROUP] + offset)), 1);
        }
        vec_transpose_quarters(x + half);
    }
    PA_UNROLL
    for (unsigned j = 0; j < GROUP; j++) {
        const vec low = x[j], high = x[GROUP + j];
        x[j] = _mm512_shuffle_i32x4(low, high, 0x88);
        x[GROUP + j] = _mm512_shuffle_i32x4(low, high, 0xdd);
    }
}

/* The other way, for lanes below `end`. */
PA_INLINE void vec_scatter_two_groups(uint8_t *bytes, uint64_t stride, vec x[2 * GROUP],
                                      unsigned end)
{
    const vec first = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
    const vec second = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
    PA_UNROLL
    for (unsigned j = 0; j < GROUP; j++) {
        const vec low = x[j], high = x[GROUP + j];
        x[j] = _mm512_permutex2var_epi64(low, first, high);
        x[GROUP + j] = _mm512_permutex2var_epi64(low, second, high);
    }
    PA_UNROLL
    for (unsigned half = 0; half < 2 * GROUP; half += GROUP) {
        vec_transpose_quarters(x + half);
        PA_UNROLL
        for (unsigned j = 0; j < GROUP; j++) {
            const unsigned l = 2 * half + j, other = l + GROUP;
            if (l < end) {
                _mm256_storeu_si256((__m256i *)(bytes + l * stride),
                                    _mm512_castsi512_si256(x[half + j]));
            }
            if (other < end) {
                _mm256_storeu_si256((__m256i *)(bytes + other * stride),
                                    _mm512_extracti64x4_epi64(x[half + j], 1));
            }
        }
    }
}
#endif

/* x[i] = word i of each lane's bytes at lane[...] + offset, count words, a multiple of GROUP; native order. */
PA_INLINE void vec_gather(vec *x, const uint8_t *const *lane, uint64_t offset, unsigned count)
{
    unsigned i = 0;
#if VECTOR_BYTES == 64
    PA_UNROLL
    for (; i + 2 * GROUP <= count; i += 2 * GROUP) {
        vec_gather_two_groups(x + i, lane, offset + i * sizeof(vec_word));
    }
#endif
    PA_UNROLL
    for (; i < count; i += GROUP) {
        PA_UNROLL
        for (unsigned j = 0; j < GROUP; j++) {
            x[i + j] = vec_load_quarters(lane + j, offset + i * sizeof(vec_word));
        }
        vec_transpose_quarters(x + i);
    }
}

#if VECTOR_BYTES == 64
#if WORD_BITS == 32
typedef __mmask16 vec_mask;
#define vec_below(x, y) _mm512_cmplt_epu32_mask(x, y)
#define vec_equal(x, y) _mm512_cmpeq_epi32_mask(x, y)
#else
typedef __mmask8 vec_mask;
#define vec_below(x, y) _mm512_cmplt_epu64_mask(x, y)
#define vec_equal(x, y) _mm512_cmpeq_epi64_mask(x, y)
#endif
#define vec_either(p, q) (vec_mask)((p) | (q))
#define vec_both(p, q) (vec_mask)((p) & (q))
#define vec_any(p) ((p) != 0)
/* p ? y : x */
#define vec_blend(p, x, y) VEC_OF_WORDS(mask_blend_epi)(p, x, y)
#else
typedef vec vec_mask;
PA_INLINE vec_mask vec_below(vec x, vec y)
{
    const vec top = vec_set1((vec_word)1 << (WORD_BITS - 1));
    return VEC_OF_WORDS(cmpgt_epi)(VEC_OF_BITS(xor)(y, top), VEC_OF_BITS(xor)(x, top));
}
#define vec_equal(x, y) VEC_OF_WORDS(cmpeq_epi)(x, y)
#define vec_either(p, q) VEC_OF_BITS(or)(p, q)
#define vec_both(p, q) VEC_OF_BITS (and)(p, q)
#define vec_any(p) (_mm256_movemask_epi8(p) != 0)
#define vec_blend(p, x, y) _mm256_blendv_epi8(x, y, p)
#endif

/* In each lane the lesser of x and y, `count` words each, goes to x. They are compared as bytes are: `big` says that words
 * are numbers of big-endian bytes already. Digests nearly always differ in their first words. */
PA_INLINE void vec_order(vec *x, vec *y, unsigned count, bool big)
{
#define NUMBER(word) (big ? (word) : vec_swap_bytes(word))
    vec_mask swap = vec_below(NUMBER(y[0]), NUMBER(x[0]));
    vec_mask open = vec_equal(x[0], y[0]);
    if (__builtin_expect(vec_any(open), 0)) {
        PA_UNROLL
        for (unsigned i = 1; i < count; i++) {
            swap = vec_either(swap, vec_both(open, vec_below(NUMBER(y[i]), NUMBER(x[i]))));
            open = vec_both(open, vec_equal(x[i], y[i]));
        }
    }
#undef NUMBER
    PA_UNROLL
    for (unsigned i = 0; i < count; i++) {
        const vec lesser = vec_blend(swap, x[i], y[i]);
        y[i] = vec_blend(swap, y[i], x[i]);
        x[i] = lesser;
    }
}

#if VECTOR_BYTES == 64
/* x[i] = word i of each lane's 64 bytes, given lane by lane in x; native order. */
PA_INLINE void vec_transpose(vec x[64 * 8 / WORD_BITS])
{
    PA_UNROLL
    for (unsigned i = 0; i < LANES; i += GROUP) {
        vec_transpose_quarters(x + i);
    }
    /* Now quarter q of x[i + j] holds words of group q of lane i + j. */
    PA_UNROLL
    for (unsigned j = 0; j < GROUP; j++) {
        const vec a = x[j], b = x[j + GROUP], c = x[j + 2 * GROUP], d = x[j + 3 * GROUP];
        const vec ab_low = _mm512_shuffle_i32x4(a, b, 0x88),
                  ab_high = _mm512_shuffle_i32x4(a, b, 0xdd);
        const vec cd_low = _mm512_shuffle_i32x4(c, d, 0x88),
                  cd_high = _mm512_shuffle_i32x4(c, d, 0xdd);
        x[j] = _mm512_shuffle_i32x4(ab_low, cd_low, 0x88);
        x[j + 2 * GROUP] = _mm512_shuffle_i32x4(ab_low, cd_low, 0xdd);
        x[j + GROUP] = _mm512_shuffle_i32x4(ab_high, cd_high, 0x88);
        x[j + 3 * GROUP] = _mm512_shuffle_i32x4(ab_high, cd_high, 0xdd);
    }
}

/* Ones at [0, count), count cut at 64. */
PA_INLINE uint64_t pa_first_bits(uint64_t count)
{
    return _bzhi_u64(UINT64_MAX, count < 64 ? (unsigned)count : 64);
}

/* x[i] = word i of each lane's block of 16 words: bytes [first, last) of it those at lane[...] + offset + first, the only ones
 * read, the others those of `common`, which is aligned to 64 bytes; native order. */
PA_INLINE void vec_gather_into(vec x[16], const uint8_t *const *lane, uint64_t offset,
                               uint64_t first, uint64_t last, const uint8_t *common)
{
    PA_UNROLL
    for (unsigned at = 0; at < 16 * sizeof(vec_word); at += 64) {
        vec *part = x + at / sizeof(vec_word);
        const __mmask64 own =
            pa_first_bits(last > at ? last - at : 0) & ~pa_first_bits(first > at ? first - at : 0);
        if (own == 0) {
            PA_UNROLL
            for (unsigned i = 0; i < LANES; i++) {
                vec_word word;
                memcpy(&word, common + at + i * sizeof word, sizeof word);
                part[i] = vec_set1(word);
            }
            continue;
        }
        const vec others = _mm512_load_si512((const void *)(common + at));
        PA_UNROLL
        for (unsigned l = 0; l < LANES; l++) {
            part[l] = _mm512_mask_loadu_epi8(others, own,
                                             (const void *)((uintptr_t)lane[l] + offset + at));
        }
        vec_transpose(part);
    }
}
#else
/* The same, first and last multiples of 16. */
PA_INLINE void vec_gather_into(vec x[16], const uint8_t *const *lane, uint64_t offset,
                               uint64_t first, uint64_t last, const uint8_t *common)
{
    PA_UNROLL
    for (unsigned i = 0; i < 16; i += GROUP) {
        const uint64_t at = i * sizeof(vec_word);
        if (first <= at && at < last) {
            vec_gather(x + i, lane, offset + at, GROUP);
            continue;
        }
        PA_UNROLL
        for (unsigned j = 0; j < GROUP; j++) {
            vec_word word;
            memcpy(&word, common + at + j * sizeof word, sizeof word);
            x[i + j] = vec_set1(word);
        }
    }
}
#endif

/* Bytes at bytes + l * stride = count words of lane l, a multiple of GROUP; native order; for lanes l < end. x is
 * overwritten. */
PA_INLINE void vec_scatter_some(uint8_t *bytes, uint64_t stride, vec *x, unsigned count,
                                unsigned end)
{
    unsigned i = 0;
#if VECTOR_BYTES == 64
    PA_UNROLL
    for (; i + 2 * GROUP <= count; i += 2 * GROUP) {
        vec_scatter_two_groups(bytes + i * sizeof(vec_word), stride, x + i, end);
    }
#endif
    PA_UNROLL
    for (; i < count; i += GROUP) {
        vec_transpose_quarters(x + i);
        PA_UNROLL
        for (unsigned j = 0; j < GROUP; j++) {
            vec_store_quarters(bytes + i * sizeof(vec_word), stride, j, end, x[i + j]);
        }
    }
}

/* The same for all lanes. */
PA_INLINE void vec_scatter(uint8_t *bytes, uint64_t stride, vec *x, unsigned count)
{
    vec_scatter_some(bytes, stride, x, count, LANES);
}

#endif
