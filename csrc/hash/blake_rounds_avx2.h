/* SPDX-License-Identifier: Apache-2.0 */
/* The rounds of blake_rounds.h for vectors of AVX2, where 16 words of state and what is between leave no register over:
 * hand-made allocation, which no compiler finds (gcc 12 on blake_rounds.h: 1.4 times the cycles).
 *
 * Registers: rows a, b, d of the state in 12 of ymm0..11; words 8, 9, 10 in ymm12, 13, 14; word 11 in memory, where it is
 * wanted least often; ymm15 holds one half of a rotation, or word 11, never longer than three instructions, so that
 * renaming makes one name enough for four G at a time. Message words and byte orders are memory operands. Four G go step by
 * step; the one with word 11 goes first, since memory gives it back 8 cycles later. General registers, otherwise idle,
 * transpose the next block meanwhile.
 *
 * Defined by the includer: as for blake_rounds.h, but ADD, XOR and ROTATE. */
#ifndef PA_HASH_BLAKE_ROUNDS_AVX2_H
#define PA_HASH_BLAKE_ROUNDS_AVX2_H

#define BLAKE_INLINE static inline __attribute__((always_inline))

/* clang-format off */
#define LINE(operation) operation "\n\t"
#define A(i) "%[a" #i "]"
#define B(i) "%[b" #i "]"
#define D(i) "%[d" #i "]"
#define TEMPORARY "%%ymm15"
#define WORD_11 "(%[c])"
/* Byte displacements are the shortest where the base stands amid the 16 words. */
#define MESSAGE(i) "(32*(" #i ")-128)(%[m])"
#define INTO(operation, x, y) LINE(operation " " x "," y "," y)

/* d ^= a is turned by TURN_1, then by TURN_3; b ^= c by TURN_2, then by TURN_4. Whole bytes in one instruction. */
#if WORD_BITS == 32
#define ADD_WORDS "vpaddd"
#define WORD_BYTES "4"
#define LANE_COUNT "8"
#define WORD "%%eax"
#define TURN_1(x) LINE("vpshufb (%[orders])," x "," x)
#define TURN_2(x) LINE("vpsrld $12," x "," TEMPORARY) LINE("vpslld $20," x "," x) INTO("vpor", TEMPORARY, x)
#define TURN_3(x) LINE("vpshufb 32(%[orders])," x "," x)
#define TURN_4(x) LINE("vpsrld $7," x "," TEMPORARY) LINE("vpslld $25," x "," x) INTO("vpor", TEMPORARY, x)
#define QUARTER_ORDERS {{2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13},                                \
                        {1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12}}
#else
#define ADD_WORDS "vpaddq"
#define WORD_BYTES "8"
#define LANE_COUNT "4"
#define WORD "%%rax"
#define TURN_1(x) LINE("vpshufd $0xb1," x "," x)
#define TURN_2(x) LINE("vpshufb (%[orders])," x "," x)
#define TURN_3(x) LINE("vpshufb 32(%[orders])," x "," x)
#define TURN_4(x) LINE("vpaddq " x "," x "," TEMPORARY) LINE("vpsrlq $63," x "," x) INTO("vpor", TEMPORARY, x)
#define QUARTER_ORDERS {{3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10},                                \
                        {2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9}}
#endif

/* c += d, b ^= c. */
#define ADD_TO_C(c, d, b) INTO(ADD_WORDS, D(d), c) INTO("vpxor", c, B(b))
#define STEP_C_0(d, b) ADD_TO_C("%%ymm12", d, b)
#define STEP_C_1(d, b) ADD_TO_C("%%ymm13", d, b)
#define STEP_C_2(d, b) ADD_TO_C("%%ymm14", d, b)
#define STEP_C_3(d, b)                                                                                         \
    LINE(ADD_WORDS " " WORD_11 "," D(d) "," TEMPORARY) LINE("vmovdqa " TEMPORARY "," WORD_11)                  \
    INTO("vpxor", TEMPORARY, B(b))

#define ADD_MESSAGE(a, s) INTO(ADD_WORDS, MESSAGE(s), A(a))
#define ADD_B(a, b) INTO(ADD_WORDS, B(b), A(a))
#define XOR_D(a, d) INTO("vpxor", A(a), D(d))

/* Word i of the next block goes from where the next lane has it to memory, in general registers, which have nothing else to do:
 * a lane in each half of a round, while there are lanes left. .Llane counts them. */
#define IN_LANES(text) LINE(".if .Llane < " LANE_COUNT) text LINE(".endif")
#define NEXT_LANE IN_LANES(LINE("mov (8*.Llane)(%[lanes]),%%rdx") LINE("add %[at],%%rdx"))
#define NEXT(i)                                                                                                \
    IN_LANES(LINE("mov (" WORD_BYTES "*" #i ")(%%rdx)," WORD) LINE("mov " WORD ",(32*" #i "-128+" WORD_BYTES "*.Llane)(%[next])"))
#define LANE_DONE LINE(".set .Llane,.Llane+1")

/* Four G step by step: row words and message words of each. */
#define FOUR(a0, b0, c0, d0, x0, y0, a1, b1, c1, d1, x1, y1, a2, b2, c2, d2, x2, y2, a3, b3, c3, d3, x3, y3)   \
    NEXT_LANE                                                                                                  \
    ADD_MESSAGE(a0, x0) ADD_MESSAGE(a1, x1) ADD_MESSAGE(a2, x2) ADD_MESSAGE(a3, x3) NEXT(0)                    \
    ADD_B(a0, b0) ADD_B(a1, b1) ADD_B(a2, b2) ADD_B(a3, b3) NEXT(1)                                            \
    XOR_D(a0, d0) XOR_D(a1, d1) XOR_D(a2, d2) XOR_D(a3, d3) NEXT(2)                                            \
    TURN_1(D(d0)) TURN_1(D(d1)) TURN_1(D(d2)) TURN_1(D(d3)) NEXT(3)                                            \
    STEP_C_##c0(d0, b0) ADD_MESSAGE(a0, y0) STEP_C_##c1(d1, b1) ADD_MESSAGE(a1, y1) NEXT(4)                    \
    STEP_C_##c2(d2, b2) ADD_MESSAGE(a2, y2) STEP_C_##c3(d3, b3) ADD_MESSAGE(a3, y3) NEXT(5)                    \
    TURN_2(B(b0)) TURN_2(B(b1)) NEXT(6) TURN_2(B(b2)) TURN_2(B(b3)) NEXT(7)                                    \
    ADD_B(a0, b0) ADD_B(a1, b1) ADD_B(a2, b2) ADD_B(a3, b3) NEXT(8)                                            \
    XOR_D(a0, d0) XOR_D(a1, d1) XOR_D(a2, d2) XOR_D(a3, d3) NEXT(9)                                            \
    TURN_3(D(d0)) TURN_3(D(d1)) TURN_3(D(d2)) TURN_3(D(d3)) NEXT(10)                                           \
    STEP_C_##c0(d0, b0) NEXT(11) STEP_C_##c1(d1, b1) NEXT(12)                                                  \
    STEP_C_##c2(d2, b2) NEXT(13) STEP_C_##c3(d3, b3) NEXT(14)                                                  \
    TURN_4(B(b0)) TURN_4(B(b1)) NEXT(15) TURN_4(B(b2)) TURN_4(B(b3)) LANE_DONE

#define ROUND(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15)                            \
    FOUR(3, 3, 3, 3, s6, s7, 0, 0, 0, 0, s0, s1, 1, 1, 1, 1, s2, s3, 2, 2, 2, 2, s4, s5)                       \
    FOUR(1, 2, 3, 0, s10, s11, 0, 1, 2, 3, s8, s9, 2, 3, 0, 1, s12, s13, 3, 0, 1, 2, s14, s15)
/* clang-format on */

/* v = all rounds over the message words `now`; next = those of the block at `then`. */
BLAKE_INLINE void blake_rounds(word v[16], const word now[16], word next[16], pa_hash_ahead then,
                               pa_hash_ahead ahead)
{
    fetch_lines(ahead);
    static const uint8_t quarters[2][16] = QUARTER_ORDERS;
    word orders[2], c[4] = {v[11], v[8], v[9], v[10]};
    for (unsigned i = 0; i < 2; i++) {
        orders[i] = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)quarters[i]));
    }
    /* clang-format off */
    __asm__(LINE(".set .Llane,0")
            LINE("vmovdqa 32(%[c]),%%ymm12") LINE("vmovdqa 64(%[c]),%%ymm13") LINE("vmovdqa 96(%[c]),%%ymm14")
            SCHEDULE
            LINE("vmovdqa %%ymm12,32(%[c])") LINE("vmovdqa %%ymm13,64(%[c])") LINE("vmovdqa %%ymm14,96(%[c])")
            : [a0] "+x"(v[0]), [a1] "+x"(v[1]), [a2] "+x"(v[2]), [a3] "+x"(v[3]),
              [b0] "+x"(v[4]), [b1] "+x"(v[5]), [b2] "+x"(v[6]), [b3] "+x"(v[7]),
              [d0] "+x"(v[12]), [d1] "+x"(v[13]), [d2] "+x"(v[14]), [d3] "+x"(v[15])
            : [m] "r"((const uint8_t *)now + 128), [next] "r"((uint8_t *)next + 128), [c] "r"(c), [orders] "r"(orders),
              [lanes] "r"(then.lane), [at] "r"(then.at)
            : "rax", "rdx", "ymm12", "ymm13", "ymm14", "ymm15", "memory");
    /* clang-format on */
    v[11] = c[0];
    v[8] = c[1];
    v[9] = c[2];
    v[10] = c[3];
}

#undef ROUND
#undef A
#undef B
#undef D

#endif
