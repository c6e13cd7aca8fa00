/* SPDX-License-Identifier: Apache-2.0 */
/* Every operation of ymm_pairs.h over the same inputs, one line of output each. Built twice: as AVX-512, run in a CPU
 * emulator or on hardware, and over pairs of ymm; the outputs must be equal (compare_primitives.py), so that an error of
 * the header can't hide one of a kernel. Inputs: zeros, ones, and random words shifted by 0 .. 63 bits. */
#include <immintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "random.h"

#define INPUTS 300

typedef struct {
    _Alignas(64) uint64_t a[8], b[8], c[8];
    __m128i quarter;
    unsigned char mask;
} inputs;

static uint64_t edge_word(void)
{
    uint64_t choice = random_word();
    if ((choice & 7) == 0) {
        return 0;
    }
    return (choice & 7) == 1 ? UINT64_MAX : random_word() >> (choice >> 8 & 63);
}

static void draw(inputs *in)
{
    for (unsigned l = 0; l < 8; l++) {
        in->a[l] = edge_word();
        in->b[l] = random_word() % 8 == 0 ? in->a[l] : edge_word();
        in->c[l] = edge_word();
    }
    in->quarter = _mm_set_epi64x((long long)edge_word(), (long long)edge_word());
    in->mask = (unsigned char)random_word();
}

/* FNV-1a, 64 bits. */
static uint64_t hash(uint64_t h, const void *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        h = (h ^ ((const unsigned char *)data)[i]) * 0x100000001b3;
    }
    return h;
}

/* Prints the hash of `result` over all inputs; each operation sees the same ones. */
#define RUN(name, result)                                                                          \
    do {                                                                                           \
        inputs in;                                                                                 \
        uint64_t h = 0xcbf29ce484222325;                                                           \
        random_state = 0x452821e638d01377;                                                         \
        for (unsigned i = 0; i < INPUTS; i++) {                                                    \
            draw(&in);                                                                             \
            __m512i a = _mm512_load_si512(in.a), b = _mm512_loadu_si512(in.b);                     \
            __m512i c = _mm512_loadu_si512(in.c);                                                  \
            (void)a, (void)b, (void)c;                                                             \
            uint64_t out[9];                                                                       \
            memset(out, 0x5a, sizeof out);                                                         \
            result;                                                                                \
            h = hash(h, out, sizeof out);                                                          \
        }                                                                                          \
        printf("%s %016llx\n", name, (unsigned long long)h);                                       \
    } while (0)

#define VECTOR(name, ...) RUN(name, _mm512_storeu_si512(out, _mm512_##__VA_ARGS__))
#define MASK(name, ...) RUN(name, out[0] = _mm512_##__VA_ARGS__)

/* A lane index that stays inside a table of 32 words. */
#define TABLE_INDEX _mm512_and_si512(a, _mm512_set1_epi64(15))

#define SHIFTS _mm512_and_si512(b, _mm512_set1_epi64(127))

static void arithmetic(void)
{
    VECTOR("abs_epi32", abs_epi32(a));
    VECTOR("add_epi32", add_epi32(a, b));
    VECTOR("add_epi64", add_epi64(a, b));
    VECTOR("sub_epi32", sub_epi32(a, b));
    VECTOR("sub_epi64", sub_epi64(a, b));
    VECTOR("subs_epu16", subs_epu16(a, b));
    VECTOR("mul_epu32", mul_epu32(a, b));
    VECTOR("min_epu32", min_epu32(a, b));
    VECTOR("min_epu64", min_epu64(a, b));
    VECTOR("mullo_epi64", mullo_epi64(a, b));
    VECTOR("and_epi32", and_epi32(a, b));
    VECTOR("and_epi64", and_epi64(a, b));
    VECTOR("and_si512", and_si512(a, b));
    VECTOR("andnot_epi64", andnot_epi64(a, b));
    VECTOR("andnot_si512", andnot_si512(a, b));
    VECTOR("or_epi32", or_epi32(a, b));
    VECTOR("or_epi64", or_epi64(a, b));
    VECTOR("or_si512", or_si512(a, b));
    VECTOR("xor_epi32", xor_epi32(a, b));
    VECTOR("xor_epi64", xor_epi64(a, b));
    VECTOR("xor_si512", xor_si512(a, b));
    VECTOR("shuffle_epi8", shuffle_epi8(a, b));
    VECTOR("unpacklo_epi32", unpacklo_epi32(a, b));
    VECTOR("unpackhi_epi32", unpackhi_epi32(a, b));
    VECTOR("unpacklo_epi64", unpacklo_epi64(a, b));
    VECTOR("unpackhi_epi64", unpackhi_epi64(a, b));
}

static void bits(void)
{
    VECTOR("shrdi_epi64 0", shrdi_epi64(a, b, 0));
    VECTOR("shrdi_epi64 25", shrdi_epi64(a, b, 25));
    VECTOR("shrdi_epi64 63", shrdi_epi64(a, b, 63));
    VECTOR("slli_epi32 0", slli_epi32(a, 0));
    VECTOR("slli_epi32 1", slli_epi32(a, 1));
    VECTOR("slli_epi32 13", slli_epi32(a, 13));
    VECTOR("slli_epi32 31", slli_epi32(a, 31));
    VECTOR("slli_epi32 32", slli_epi32(a, 32));
    VECTOR("slli_epi64 1", slli_epi64(a, 1));
    VECTOR("slli_epi64 52", slli_epi64(a, 52));
    VECTOR("slli_epi64 63", slli_epi64(a, 63));
    VECTOR("slli_epi64 64", slli_epi64(a, 64));
    VECTOR("srli_epi32 0", srli_epi32(a, 0));
    VECTOR("srli_epi32 3", srli_epi32(a, 3));
    VECTOR("srli_epi32 10", srli_epi32(a, 10));
    VECTOR("srli_epi32 31", srli_epi32(a, 31));
    VECTOR("srli_epi32 32", srli_epi32(a, 32));
    VECTOR("srli_epi64 1", srli_epi64(a, 1));
    VECTOR("srli_epi64 26", srli_epi64(a, 26));
    VECTOR("srli_epi64 52", srli_epi64(a, 52));
    VECTOR("srli_epi64 63", srli_epi64(a, 63));
    VECTOR("srli_epi64 64", srli_epi64(a, 64));
    VECTOR("sllv_epi32", sllv_epi32(a, SHIFTS));
    VECTOR("sllv_epi32 any", sllv_epi32(a, b));
    VECTOR("sllv_epi64", sllv_epi64(a, SHIFTS));
    VECTOR("srlv_epi64", srlv_epi64(a, SHIFTS));
    VECTOR("sllv_epi64 any", sllv_epi64(a, b));
    VECTOR("srlv_epi64 any", srlv_epi64(a, b));
    VECTOR("srai_epi32 1", srai_epi32(a, 1));
    VECTOR("srai_epi32 31", srai_epi32(a, 31));
    VECTOR("srai_epi32 32", srai_epi32(a, 32));
    VECTOR("srai_epi64 0", srai_epi64(a, 0));
    VECTOR("srai_epi64 1", srai_epi64(a, 1));
    VECTOR("srai_epi64 51", srai_epi64(a, 51));
    VECTOR("srai_epi64 63", srai_epi64(a, 63));
    VECTOR("srai_epi64 64", srai_epi64(a, 64));
    VECTOR("ror_epi32 0", ror_epi32(a, 0));
    VECTOR("ror_epi32 2", ror_epi32(a, 2));
    VECTOR("ror_epi32 7", ror_epi32(a, 7));
    VECTOR("ror_epi32 13", ror_epi32(a, 13));
    VECTOR("ror_epi32 25", ror_epi32(a, 25));
    VECTOR("ror_epi32 31", ror_epi32(a, 31));
    VECTOR("ror_epi64 0", ror_epi64(a, 0));
    VECTOR("ror_epi64 1", ror_epi64(a, 1));
    VECTOR("ror_epi64 28", ror_epi64(a, 28));
    VECTOR("ror_epi64 63", ror_epi64(a, 63));
}

static void lanes_and_memory(void)
{
    VECTOR("ternarylogic_epi32 0x96", ternarylogic_epi32(a, b, c, 0x96));
    VECTOR("ternarylogic_epi32 0xca", ternarylogic_epi32(a, b, c, 0xca));
    VECTOR("ternarylogic_epi32 0xe8", ternarylogic_epi32(a, b, c, 0xe8));
    VECTOR("ternarylogic_epi32 0xd2", ternarylogic_epi32(a, b, c, 0xd2));
    VECTOR("ternarylogic_epi32 0x1b", ternarylogic_epi32(a, b, c, 0x1b));
    VECTOR("ternarylogic_epi32 0x00", ternarylogic_epi32(a, b, c, 0x00));
    VECTOR("ternarylogic_epi32 0xff", ternarylogic_epi32(a, b, c, 0xff));
    VECTOR("ternarylogic_epi64 0x96", ternarylogic_epi64(a, b, c, 0x96));
    VECTOR("ternarylogic_epi64 0xca", ternarylogic_epi64(a, b, c, 0xca));
    VECTOR("ternarylogic_epi64 0xe8", ternarylogic_epi64(a, b, c, 0xe8));
    VECTOR("ternarylogic_epi64 0xd2", ternarylogic_epi64(a, b, c, 0xd2));
    VECTOR("ternarylogic_epi64 0x1b", ternarylogic_epi64(a, b, c, 0x1b));
    VECTOR("ternarylogic_epi64 0x00", ternarylogic_epi64(a, b, c, 0x00));
    VECTOR("ternarylogic_epi64 0xff", ternarylogic_epi64(a, b, c, 0xff));
    VECTOR("madd52lo_epu64", madd52lo_epu64(c, a, b));
    VECTOR("madd52hi_epu64", madd52hi_epu64(c, a, b));
    VECTOR("set1_epi32", set1_epi32((int)in.a[0]));
    VECTOR("set1_epi64", set1_epi64((long long)in.a[0]));
    VECTOR("setzero_si512", setzero_si512());
    VECTOR("set_epi64",
           set_epi64((long long)in.a[7], 6, 5, 4, 3, 2, (long long)in.a[1], (long long)in.a[0]));
    VECTOR("broadcast_i32x4", broadcast_i32x4(in.quarter));
    VECTOR("castsi256_si512 into inserti64x4 1",
           inserti64x4(_mm512_castsi256_si512(_mm512_castsi512_si256(a)), _mm512_castsi512_si256(b),
                       1));
    VECTOR("inserti64x4 0", inserti64x4(a, _mm512_castsi512_si256(b), 0));
    VECTOR("cvtepi32_epi64", cvtepi32_epi64(_mm512_castsi512_si256(a)));
    VECTOR("cvtepu8_epi64", cvtepu8_epi64(in.quarter));
    VECTOR("permutex2var_epi64", permutex2var_epi64(a, b, c));
    VECTOR("permutexvar_epi64", permutexvar_epi64(a, b));
    VECTOR("shuffle_i32x4 0x88", shuffle_i32x4(a, b, 0x88));
    VECTOR("shuffle_i32x4 0xdd", shuffle_i32x4(a, b, 0xdd));
    VECTOR("shuffle_i32x4 0x44", shuffle_i32x4(a, b, 0x44));
    VECTOR("shuffle_i32x4 0xee", shuffle_i32x4(a, b, 0xee));
    VECTOR("shuffle_i32x4 0x1b", shuffle_i32x4(a, b, 0x1b));
    VECTOR("shuffle_i32x4 0xff", shuffle_i32x4(a, b, 0xff));
    VECTOR("mask_blend_epi32", mask_blend_epi32((__mmask16)in.b[2], a, b));
    VECTOR("mask_blend_epi64", mask_blend_epi64(in.mask, a, b));
    VECTOR("mask_add_epi64", mask_add_epi64(c, in.mask, a, b));
    VECTOR("mask_sub_epi64", mask_sub_epi64(c, in.mask, a, b));
    VECTOR("maskz_mov_epi64", maskz_mov_epi64(in.mask, a));
    VECTOR("mask_loadu_epi8", mask_loadu_epi8(a, in.b[1], in.b));
    VECTOR("maskz_loadu_epi8", maskz_loadu_epi8(in.b[1], in.b));
    VECTOR("maskz_loadu_epi64", maskz_loadu_epi64(in.mask, in.b));
    VECTOR("i64gather_epi64", i64gather_epi64(TABLE_INDEX, (const long long *)in.a, 8));
    VECTOR("i64gather_epi64 2", i64gather_epi64(TABLE_INDEX, (const char *)in.a + 1, 2));
    MASK("cmpeq_epi32_mask", cmpeq_epi32_mask(a, b));
    MASK("cmpeq_epi64_mask", cmpeq_epi64_mask(a, b));
    MASK("cmplt_epi64_mask", cmplt_epi64_mask(a, b));
    MASK("cmplt_epu32_mask", cmplt_epu32_mask(a, b));
    MASK("cmplt_epu64_mask", cmplt_epu64_mask(a, b));
    MASK("test_epi64_mask", test_epi64_mask(a, b));
    RUN("mask_storeu_epi64", _mm512_mask_storeu_epi64(out, in.mask, a));
    VECTOR("load_si512", load_si512(in.c));
    VECTOR("loadu_si512", loadu_si512((const char *)in.a + 5));
    RUN("storeu_si512", _mm512_storeu_si512((char *)out + 3, a));
    RUN("store_si512", _mm512_store_si512(in.c, a); memcpy(out, in.c, 64));
    RUN("castsi512_si256", _mm256_storeu_si256((__m256i *)out, _mm512_castsi512_si256(a)));
    RUN("extracti64x4_epi64 0",
        _mm256_storeu_si256((__m256i *)out, _mm512_extracti64x4_epi64(a, 0)));
    RUN("extracti64x4_epi64 1",
        _mm256_storeu_si256((__m256i *)out, _mm512_extracti64x4_epi64(a, 1)));
}

static int runnable(void)
{
#ifdef EMULATED
    return __builtin_cpu_supports("avx2");
#else
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512ifma");
#endif
}

int main(void)
{
    if (!runnable()) {
        puts("SKIPPED: this CPU lacks what the operations need");
        return SKIPPED;
    }
    arithmetic();
    bits();
    lanes_and_memory();
    return 0;
}
