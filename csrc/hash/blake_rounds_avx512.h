/* SPDX-License-Identifier: Apache-2.0 */
/* The rounds of blake_rounds.h for one or two streams of vectors of AVX-512, whose 32 registers two states fill: allocation
 * by hand, which no compiler finds.
 *
 * Word i of stream p is zmm(16 p + i), every operation is done in place, message words are memory operands. The G of half a
 * round go step by step. General registers, otherwise idle, transpose the next block meanwhile, word by word, and bring lines
 * into the cache.
 *
 * Zen 4, two streams of BLAKE3, gcc 12, cycles a lane: the rounds alone 26.5; floor 24.5, 784 operations at two a cycle. One
 * stream 29, since a rotation takes two cycles. What is done beside them: gathering 0.7, or 2 where it is all in vain, lines
 * 0.3. Messages of 64 bytes 30 in the cache, 32 of a million; by blake3's own assembly (one stream, words in registers) 36
 * and 37. Of those 30 digests take 2.4: storing a group's after the rounds of the next one changes nothing.
 * The order within the rounds does not matter: streams 1 to 14 steps apart, or operation by operation in turns, 26.3 to 26.7;
 * message words added a step earlier 27, G after G 28.7. Lost: intrinsics with the same gathering, 2 more; intrinsics that
 * are one instruction in place each, 5 more; states handed over as vectors in memory that were stored just before, 3 more.
 *
 * Defined by the includer: as for blake_rounds.h, but ADD, XOR and ROTATE; FEEDS_FORWARD where chaining values are joined with
 * the one before; ROUNDS, their number. */
#ifndef PA_HASH_BLAKE_ROUNDS_AVX512_H
#define PA_HASH_BLAKE_ROUNDS_AVX512_H

#define BLAKE_INLINE static inline __attribute__((always_inline))

/* clang-format off */
#define LINE(operation) operation "\n\t"
#define REGISTER(i) "%%zmm" #i
#define INTO(operation, x, y) LINE(operation " " x "," REGISTER(y) "," REGISTER(y))

#if WORD_BITS == 32
#define ADD_WORDS "vpaddd"
#define TURN_WORDS "vprord"
#define SPREAD_WORD "vpbroadcastd"
#define WORD_BYTES "4"
#define WORD "%%eax"
#define TURN_1 "$16"
#define TURN_2 "$12"
#define TURN_3 "$8"
#define TURN_4 "$7"
#else
#define ADD_WORDS "vpaddq"
#define TURN_WORDS "vprorq"
#define SPREAD_WORD "vpbroadcastq"
#define WORD_BYTES "8"
#define WORD "%%rax"
#define TURN_1 "$32"
#define TURN_2 "$24"
#define TURN_3 "$16"
#define TURN_4 "$63"
#endif

#if STREAMS == 2
#define VECTORS "2"
#define SECOND(text) text
#else
#define VECTORS "1"
#define SECOND(text)
#endif

/* Rows a, b, c, d of the G of half a round. */
#define COLUMNS(step)                                                                                          \
    step(0, 4, 8, 12) step(1, 5, 9, 13) step(2, 6, 10, 14) step(3, 7, 11, 15)                                  \
    SECOND(step(16, 20, 24, 28) step(17, 21, 25, 29) step(18, 22, 26, 30) step(19, 23, 27, 31)) BESIDE
#define DIAGONALS(step)                                                                                        \
    step(0, 5, 10, 15) step(1, 6, 11, 12) step(2, 7, 8, 13) step(3, 4, 9, 14)                                  \
    SECOND(step(16, 21, 26, 31) step(17, 22, 27, 28) step(18, 23, 24, 29) step(19, 20, 25, 30)) BESIDE

#define ADD_B(a, b, c, d) INTO(ADD_WORDS, REGISTER(b), a)
#define XOR_D(a, b, c, d) INTO("vpxord", REGISTER(a), d)
#define TURN_D_1(a, b, c, d) INTO(TURN_WORDS, TURN_1, d)
#define TURN_D_3(a, b, c, d) INTO(TURN_WORDS, TURN_3, d)
#define ADD_C(a, b, c, d) INTO(ADD_WORDS, REGISTER(d), c)
#define XOR_B(a, b, c, d) INTO("vpxord", REGISTER(c), b)
#define TURN_B_2(a, b, c, d) INTO(TURN_WORDS, TURN_2, b)
#define TURN_B_4(a, b, c, d) INTO(TURN_WORDS, TURN_4, b)

/* Stream p of word i, from `base` on, which stands amid 16 words: byte displacements are the shortest there. */
#define AT(i, p, base) "(64*(" VECTORS "*(" #i "-8)+" #p "))(%[" base "])"
#define ADD_MESSAGE(s, p, a) INTO(ADD_WORDS, AT(s, p, "m"), a)
#define ADD_MESSAGES(s0, s1, s2, s3)                                                                           \
    ADD_MESSAGE(s0, 0, 0) ADD_MESSAGE(s1, 0, 1) ADD_MESSAGE(s2, 0, 2) ADD_MESSAGE(s3, 0, 3)                    \
    SECOND(ADD_MESSAGE(s0, 1, 16) ADD_MESSAGE(s1, 1, 17) ADD_MESSAGE(s2, 1, 18) ADD_MESSAGE(s3, 1, 19)) BESIDE

#define HALF(rows, s0, s1, s2, s3, s4, s5, s6, s7)                                                             \
    ADD_MESSAGES(s0, s2, s4, s6) rows(ADD_B) rows(XOR_D) rows(TURN_D_1) rows(ADD_C) rows(XOR_B) rows(TURN_B_2) \
    ADD_MESSAGES(s1, s3, s5, s7) rows(ADD_B) rows(XOR_D) rows(TURN_D_3) rows(ADD_C) rows(XOR_B) rows(TURN_B_4)
#define ROUND(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15)                            \
    HALF(COLUMNS, s0, s1, s2, s3, s4, s5, s6, s7) HALF(DIAGONALS, s8, s9, s10, s11, s12, s13, s14, s15)

/* After each step: words of the next block, if there is one, go from where lane .Lword / 16 has them to memory, lane by lane;
 * with the first of each lane, lines of a later block come into the cache. */
#define BESIDE                                                                                                 \
    LINE(".rept %c[per_step]")                                                                                 \
    LINE(".if .Lword < %c[words]")                                                                             \
    LINE(".if (.Lword & 15) == 0")                                                                             \
    LINE("mov (.Lword/2)(%[fetched]),%%rdx")                                                                   \
    LINE("prefetcht0 (%%rdx,%[fetched_at])")                                                                   \
    LINE(".if " WORD_BYTES " == 8")                                                                            \
    LINE("prefetcht0 64(%%rdx,%[fetched_at])")                                                                 \
    LINE(".endif")                                                                                             \
    LINE(".endif")                                                                                             \
    LINE(".if %c[gathers]")                                                                                    \
    LINE(".if (.Lword & 15) == 0")                                                                             \
    LINE("mov (.Lword/2)(%[lanes]),%%rdx")                                                                     \
    LINE("add %[at],%%rdx")                                                                                    \
    LINE(".endif")                                                                                             \
    LINE("mov (" WORD_BYTES "*(.Lword & 15))(%%rdx)," WORD)                                                    \
    LINE("mov " WORD ",(64*" VECTORS "*((.Lword & 15)-8)+" WORD_BYTES "*(.Lword/16))(%[next])")                \
    LINE(".endif")                                                                                             \
    LINE(".set .Lword,.Lword+1")                                                                               \
    LINE(".endif")                                                                                             \
    LINE(".endr")

/* Words i and 8 further of the state, of both streams. */
#define EACH_WORD(step)                                                                                        \
    step(0, 8, 16, 24) step(1, 9, 17, 25) step(2, 10, 18, 26) step(3, 11, 19, 27)                              \
    step(4, 12, 20, 28) step(5, 13, 21, 29) step(6, 14, 22, 30) step(7, 15, 23, 31)
#define TAKE_WORD(i, p, base, x) LINE("vmovdqa64 " AT(i, p, base) "," REGISTER(x))
#define TAKE_H(i, j, k, l) TAKE_WORD(i, 0, "h", i) SECOND(TAKE_WORD(i, 1, "h", k))
#define TAKE_BOTH(i, j, k, l) TAKE_H(i, j, k, l) TAKE_WORD(j, 0, "h", j) SECOND(TAKE_WORD(j, 1, "h", l))
#define LEAVE_WORD(i, p, x) LINE("vmovdqa64 " REGISTER(x) "," AT(i, p, "h"))
#define LEAVE_BOTH(i, j, k, l)                                                                                 \
    LEAVE_WORD(i, 0, i) LEAVE_WORD(j, 0, j) SECOND(LEAVE_WORD(i, 1, k) LEAVE_WORD(j, 1, l))

/* The same word in every lane, from where it stands once: what is stored as vectors first would be waited for. */
#define SPREAD(i, base, x) LINE(SPREAD_WORD " (" WORD_BYTES "*" #i ")(%[" base "])," REGISTER(x))
#define TAKE_START(i, j, k, l) SPREAD(i, "start", i) SECOND(SPREAD(i, "start", k))
#define TAKE_LOWER                                                                                             \
    SPREAD(0, "constants", 8) SPREAD(1, "constants", 9) SPREAD(2, "constants", 10) SPREAD(3, "constants", 11)  \
    SECOND(SPREAD(0, "constants", 24) SPREAD(1, "constants", 25) SPREAD(2, "constants", 26)                    \
           SPREAD(3, "constants", 27))                                                                         \
    TAKE_WORD(0, 0, "row", 12) TAKE_WORD(1, 0, "row", 13) TAKE_WORD(2, 0, "row", 14) TAKE_WORD(3, 0, "row", 15) \
    SECOND(TAKE_WORD(0, 1, "row", 28) TAKE_WORD(1, 1, "row", 29) TAKE_WORD(2, 1, "row", 30)                    \
           TAKE_WORD(3, 1, "row", 31))
#define TAKE_STATE                                                                                             \
    LINE("test %[start],%[start]") LINE("jz 1f") EACH_WORD(TAKE_START) LINE("jmp 2f")                          \
    LINE("1:") EACH_WORD(TAKE_H) LINE("2:") TAKE_LOWER

#ifdef FEEDS_FORWARD
#define JOIN_WORD(i, p, x, y) LINE("vpternlogq $0x96," AT(i, p, "h") "," REGISTER(y) "," REGISTER(x))
#else
#define JOIN_WORD(i, p, x, y) INTO("vpxord", REGISTER(y), x)
#endif
#define JOIN(i, j, k, l)                                                                                       \
    JOIN_WORD(i, 0, i, j) LEAVE_WORD(i, 0, i) SECOND(JOIN_WORD(i, 1, k, l) LEAVE_WORD(i, 1, k))

#define AMID(words) "r"((uintptr_t)(words) + 8 * sizeof(word))
#define MAKE_ROUNDS(begin, end, gathering)                                                                               \
    __asm__ volatile(LINE(".set .Lword,0") begin SCHEDULE end                                                  \
            :                                                                                                  \
            : [h] AMID(h), [start] "r"(start), [constants] "r"(constants), [row] AMID(row), [m] AMID(now),     \
              [next] AMID(next), [lanes] "r"(then.lane), [at] "r"(then.at), [fetched] "r"(ahead.lane),         \
              [fetched_at] "r"(ahead.at), [words] "i"(16 * MESSAGES),                                          \
              [gathers] "i"(gathering), [per_step] "i"((16 * MESSAGES + 28 * ROUNDS - 1) / (28 * ROUNDS))                                \
            : "rax", "rdx", "cc", "memory",                                                                    \
              "zmm0", "zmm1", "zmm2", "zmm3", "zmm4", "zmm5", "zmm6", "zmm7", "zmm8", "zmm9", "zmm10",         \
              "zmm11", "zmm12", "zmm13", "zmm14", "zmm15", "zmm16", "zmm17", "zmm18", "zmm19", "zmm20",        \
              "zmm21", "zmm22", "zmm23", "zmm24", "zmm25", "zmm26", "zmm27", "zmm28", "zmm29", "zmm30",        \
              "zmm31")

/* h = both halves, joined, of the state after all rounds over the message words `now`; next = those of the block at `then`.
 * The state is h, or where start is not NULL the words there in every lane, then the constants, then `row`. */
#define JOINS
BLAKE_INLINE void blake_joined_rounds(word h[8], const uint8_t *start, const lane_word constants[4],
                                      const word row[4], const word now[16], word next[16], pa_hash_ahead then,
                                      pa_hash_ahead ahead)
{
    /* What is gathered in vain takes time all the same. */
    if (then.lane == pa_hash_no_more().lane) {
        MAKE_ROUNDS(TAKE_STATE, EACH_WORD(JOIN), 0);
    } else {
        MAKE_ROUNDS(TAKE_STATE, EACH_WORD(JOIN), 1);
    }
}

/* h = all rounds of a state of 16 words. */
BLAKE_INLINE void blake_rounds(word h[16], const word now[16], word next[16], pa_hash_ahead then,
                               pa_hash_ahead ahead)
{
    const uint8_t *start = NULL;
    const lane_word *constants = NULL;
    const word *row = h;
    MAKE_ROUNDS(EACH_WORD(TAKE_BOTH), EACH_WORD(LEAVE_BOTH), 0);
}
/* clang-format on */

#undef ROUND

#endif
