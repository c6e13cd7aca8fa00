/* SPDX-License-Identifier: Apache-2.0 */
/* Keccak-f[1600] sponges of any rate in lanes: 4 with AVX2, 8 with AVX-512 F. FIPS 202.
 *   floor    AVX-512 on Zen 5, four operations a cycle: 24 rounds of 95, 570 cycles a block of 8, 71 a message
 *   reached  there, gcc 12, cycles: the permutation 753 (94 a lane; 31.4 a round), a block of 136 bytes 830, messages of 64
 *            bytes 750 (94) in the kernel, 98 to 100 of a million
 *   between  7 cycles a round in which no word of the next round can be had: column, rotation, D, xor and rotation wait for
 *            each other (25 cycles a round where D is given). The state fills the registers: no second stream
 *   Sapphire Rapids class, 2.99 GHz, n = 4096, one virtual core with neighbours, before rounds were written out: 212 cycles a
 *            message
 *   Zen 4    two operations a cycle, rotations one: floor 142 a message, 161 where D is given. gcc 12: a message of 64 bytes
 *            178, a block of 136 bytes 193 (2 to 4 % more where words are gathered by twos, not fours)
 *   Zen 3    3.24 GHz, 4 lanes with AVX2, a block of 136 bytes, the kernel alone: 1401 cycles (gcc 12), 1342 (clang 14);
 *            floor 1110
 *   Zen 4    held to AVX2: 334 a message of 64 bytes in the kernel (gcc 12; clang 14 340); floor 278 at four operations a
 *            cycle. 353 where gcc chose what registers hold between rows and the state moved from the caller's memory and back.
 *            Rows as texts of instructions, 326, and some thousand orders of them within 1 %. What stands between is not the
 *            wait for D, since two streams in turn take 53 cycles a round and one 54, but the two pipes that shift, where other
 *            operations stand in the way. Rotations of columns as sums and the order of the
 *            text, each under 1 %. Lost: parities from the words in memory, 397
 *   lost     Zen 5: two streams with their words in memory, 111 to 129 cycles a lane, since 512 bits are stored once a cycle;
 *            the registers of 24 rounds given by hand, 93.5; the first row of a round from columns and rotations by one
 *            operation of three, before D is there, 95; parities of the first three rows early, 96; loops of 2 and 4
 *            rounds, 100 and 98; gcc's scheduling of registers given, 110; fetching blocks of long messages, 0 to 3 % less.
 *            Zen 4: fetching the 8 lines that the next group reads, 1.5 % of 1024 and of a million messages of 64 bytes;
 *            all rows from columns and rotations by operations of three, without D, 208 a message (five operations a round
 *            fewer, but those of three operands come at 1.64 a cycle); other orders of a round, 600 of an assembler text at
 *            random, none better by 2 %; the state in registers from block to block, nothing; subtrees of 8 leaves in
 *            each lane, nothing. Elsewhere: whole 8 x 8
 *            transposes with masked loads instead of gathering. On Zen 3: two AVX2 streams (2580 to 2690 cycles for 8
 *            lanes, against twice 1401); gcc's -fschedule-insns (2160); telling clang that words stay in memory (1362
 *            against 1166 to 1301); -mtune=znver3, haswell and skylake, each better for one kernel in lanes and worse for
 *            another */
#define WORD_BITS 64
#ifndef __clang__
/* gcc's order after registers are given is slower than that of the text: by 10 % with AVX-512, by 1 % with AVX2. */
#pragma GCC optimize("no-schedule-insns2")
#endif
#include "../core/bytes.h"
#include "vector.h"

#define SHORTER 32   /* bytes of most digests */
#define RATE_256 136 /* bytes of a block where digests are of 256 bits */

#define XOR vec_xor
/* By 0 without an operation, which gcc would leave in. */
#define ROTL(x, n) ((n) == 0 ? (x) : vec_ror(x, (64 - (n)) & 63))

#if VECTOR_BYTES == 64
/* x ^ rotl(y, 1). */
#define XOR_ROTL_1(x, y) XOR(x, ROTL(y, 1))
/* Truth table of x ^ (~y & z). */
#define CHI(x, y, z) _mm512_ternarylogic_epi64(x, y, z, 0xd2)
#else
#define XOR_ROTL_1(x, y) XOR(XOR(x, vec_add(y, y)), vec_shr(y, 63))
#define CHI(x, y, z) XOR(x, _mm256_andnot_si256(y, z))
#endif

/* Words stay in memory from round to round: 16 registers hold a row, C and D, and gcc, which would spill in an order of its
 * own, is told so. clang does it unasked, and better. */
#if VECTOR_BYTES == 32 && !defined(__clang__)
#define IN_MEMORY(s, t) __asm__ volatile("" : : "r"(s), "r"(t) : "memory")
#else
#define IN_MEMORY(s, t) (void)0
#endif

/* Between rows C and D stand in registers, so that the six others are a row's and nothing else is put into memory. */
#if VECTOR_BYTES == 32
#define IN_REGISTERS(c, d)                                                                         \
    __asm__ volatile(""                                                                            \
                     : "+x"(c[0]), "+x"(c[1]), "+x"(c[2]), "+x"(c[3]), "+x"(c[4]), "+x"(d[0]),     \
                       "+x"(d[1]), "+x"(d[2]), "+x"(d[3]), "+x"(d[4])                              \
                     :                                                                             \
                     : "memory")
#else
#define IN_REGISTERS(c, d) (void)0
#endif

#if VECTOR_BYTES == 64
#define UNROLL_ROUNDS PA_UNROLL
#else
#define UNROLL_ROUNDS
#endif

/* The operand that comes last stands first, where the instruction of AVX-512 has its result too: 2 cycles from there and 3
 * from the others, on Zen 5. */
PA_INLINE void column_parities(vec c[5], const vec s[25])
{
    PA_UNROLL
    for (unsigned x = 0; x < 5; x++) {
        c[x] = vec_xor3(s[x + 20], vec_xor3(s[x + 10], s[x], s[x + 5]), s[x + 15]);
    }
}

/* Word (x, y) of the next state, y at 5 y; its column's parity gathers with it where every operation has two operands. */
#define PUT(x, y, value)                                                                           \
    t[(x) + (y)] = (value);                                                                        \
    if (VECTOR_BYTES == 32) {                                                                      \
        c[x] = (y) == 0 ? t[(x) + (y)] : XOR(c[x], t[(x) + (y)]);                                  \
    }

/* Words y .. y + 4 of the next state: theta and rho of the words that pi brings there, then chi and iota.
 *   formula  b_i = rotl(s[f_i] ^ d[f_i % 5], r_i); t[y + i] = b_i ^ (~b_i+1 & b_i+2) */
#define ROW(y, f0, r0, f1, r1, f2, r2, f3, r3, f4, r4)                                             \
    {                                                                                              \
        vec b0 = ROTL(XOR(s[f0], d[(f0) % 5]), r0), b1 = ROTL(XOR(s[f1], d[(f1) % 5]), r1);        \
        vec b2 = ROTL(XOR(s[f2], d[(f2) % 5]), r2), b3 = ROTL(XOR(s[f3], d[(f3) % 5]), r3);        \
        vec b4 = ROTL(XOR(s[f4], d[(f4) % 5]), r4);                                                \
        PUT(0, y, (y) == 0 ? XOR(CHI(b0, b1, b2), vec_set1(constant)) : CHI(b0, b1, b2))           \
        PUT(1, y, CHI(b1, b2, b3))                                                                 \
        PUT(2, y, CHI(b2, b3, b4))                                                                 \
        PUT(3, y, CHI(b3, b4, b0))                                                                 \
        PUT(4, y, CHI(b4, b0, b1))                                                                 \
    }

/* One round.
 *   shapes   s, t: 25 vectors, lane (x, y) of Keccak at x + 5 y; c: parities of the columns of s, then of t
 *   formula  FIPS 202, 3.2; D[x] first, then a row of the result at a time, so that few words are held beside the state.
 *            95 operations with AVX-512, 29 of them rotates; 185 with AVX2, 51 of them on the two ports of shifts
 *   before   rows, those of t that are made, is 5, or 1 or 2 in a last round. Constant time */
PA_INLINE void round_once(vec t[25], const vec s[25], vec c[5], uint64_t constant, unsigned rows)
{
    vec d[5];
    if (VECTOR_BYTES == 64) {
        column_parities(c, s);
    }
    PA_UNROLL
    for (unsigned x = 0; x < 5; x++) {
        d[x] = XOR_ROTL_1(c[(x + 4) % 5], c[(x + 1) % 5]);
    }
    ROW(0, 0, 0, 6, 44, 12, 43, 18, 21, 24, 14)
    if (rows == 1) {
        return;
    }
    IN_REGISTERS(c, d);
    ROW(5, 3, 28, 9, 20, 10, 3, 16, 45, 22, 61)
    if (rows == 2) {
        return;
    }
    IN_REGISTERS(c, d);
    ROW(10, 1, 1, 7, 6, 13, 25, 19, 8, 20, 18)
    IN_REGISTERS(c, d);
    ROW(15, 4, 27, 5, 36, 11, 10, 17, 15, 23, 56)
    IN_REGISTERS(c, d);
    ROW(20, 2, 62, 8, 55, 14, 39, 15, 41, 21, 2)
}

/* Keccak-f[1600] of all lanes, but of its result no more than `rows` rows: 1, 2 or 5. With AVX-512 all is written out,
 * 18 KB, so that every word of the state finds its register anew in every round. */
PA_INLINE void permute_inline(vec s[25], unsigned rows)
{
    vec t[25], c[5];
    IN_MEMORY(s, t);
    column_parities(c, s);
    UNROLL_ROUNDS
    for (unsigned i = 0; i < 22; i += 2) {
        round_once(t, s, c, pa_keccak_constants[i], 5);
        IN_MEMORY(s, t);
        round_once(s, t, c, pa_keccak_constants[i + 1], 5);
        IN_MEMORY(s, t);
    }
    round_once(t, s, c, pa_keccak_constants[22], 5);
    IN_MEMORY(s, t);
    round_once(s, t, c, pa_keccak_constants[23], rows);
    IN_MEMORY(s, t);
}

/* The same for a state in memory, for whoever calls it from a loop. */
__attribute__((noinline)) static void permute(vec state[25], unsigned rows)
{
#if VECTOR_BYTES == 32
    permute_inline(state, rows);
#else
    vec s[25];
    vec_copy(s, state, 25);
    permute_inline(s, rows);
    vec_copy(state, s, 5);
    if (rows > 1) {
        vec_copy(state + 5, s + 5, 5);
    }
    if (rows > 2) {
        vec_copy(state + 10, s + 10, 15);
    }
#endif
}

/* Word l = that of data[l] at offset. */
PA_INLINE vec load_word(const uint8_t *const *data, uint64_t offset)
{
#define WORD(l) (long long)pa_load_le64(data[l] + offset)
#if VECTOR_BYTES == 64
    return _mm512_set_epi64(WORD(7), WORD(6), WORD(5), WORD(4), WORD(3), WORD(2), WORD(1), WORD(0));
#else
    return _mm256_set_epi64x(WORD(3), WORD(2), WORD(1), WORD(0));
#endif
#undef WORD
}

/* s[w] ^= words of the lanes' messages at offset, count words: 2 or 4. */
PA_INLINE void absorb_few(vec *s, const uint8_t *const *data, uint64_t offset, unsigned count)
{
    vec x[4];
    vec_gather(x, data, offset, count);
    PA_UNROLL
    for (unsigned w = 0; w < count; w++) {
        s[w] = XOR(s[w], x[w]);
    }
}

/* The same, of any count. */
PA_INLINE void absorb(vec s[25], const uint8_t *const *data, uint64_t offset, uint64_t count)
{
    uint64_t w = 0;
    for (; w + 4 <= count; w += 4) {
        absorb_few(s + w, data, offset + 8 * w, 4);
    }
    if (w + 2 <= count) {
        absorb_few(s + w, data, offset + 8 * w, 2);
        w += 2;
    }
    if (w < count) {
        s[w] = XOR(s[w], load_word(data, offset + 8 * w));
    }
}

/* Lane l absorbs count blocks at data[l].
 *   shapes   states: 25 words and the rate, the same for all lanes, word by word; data[l]: count * rate bytes
 *   formula  S = f(S ^ (block || 0)), words little-endian
 *   before   the rate is a multiple of 8 below 200; states aligned to 64 bytes. Time depends on rate and count alone */
static void absorb_blocks(void *states, const uint8_t *const *data, uint64_t count)
{
    const uint64_t rate = ((uint64_t *)states)[PA_KECCAK_RATE * LANES];
    for (uint64_t block = 0; block < count; block++) {
        absorb(states, data, block * rate, rate / 8);
        permute(states, 5);
    }
}

#if VECTOR_BYTES == 64
/* A group of messages of 32 or 64 bytes in one block of 136: nodes of trees. The words that are zero go into the first round
 * as such, and none waits in memory for another: 750 cycles against 815. */
__attribute__((noinline)) static void hash_nodes(uint8_t *digests, const pa_hash_shape *shape,
                                                 const uint8_t *const *data)
{
    const vec pad = vec_set1(shape->pad_first);
    vec s[25];
    PA_UNROLL
    for (unsigned w = 0; w < 25; w++) {
        s[w] = VEC_OF_BITS(setzero)();
    }
    s[RATE_256 / 8 - 1] = vec_set1((uint64_t)shape->pad_last << 56);
    vec_gather(s, data, 0, 4);
    if (shape->rest == 64) {
        vec_gather(s + 4, data, 32, 4);
        if (shape->sorted_pairs) {
            vec_order(s, s + 4, 4, false);
        }
        s[8] = pad;
    } else {
        s[4] = pad;
    }
    permute_inline(s, 1);
    if (shape->idle == 0) {
        vec_scatter(digests, SHORTER, s, 4);
    } else {
        vec_scatter_some(digests, SHORTER, s, 4, LANES - shape->idle);
    }
}
#endif

/* A group of messages, and of the last round only what a digest may take of it.
 *   shapes   as struct pa_hash_lanes; digests of 32 or 64 bytes
 *   before   no shared block; shape->staged > 0, or shape->rest is a multiple of 8 */
static void hash_messages(uint8_t *digests, const pa_hash_shape *shape, const uint8_t *const *data,
                          const uint8_t *const *tails)
{
    const uint64_t rate = shape->initial->wide[PA_KECCAK_RATE];
    const unsigned rows = shape->digest_size <= SHORTER ? 1 : 2;
    const uint64_t blocks = shape->whole + (shape->staged > 0 ? shape->staged : 1);
    vec s[25];
#if VECTOR_BYTES == 64
    if (shape->whole + shape->staged == 0 && (shape->rest == 32 || shape->rest == 64) &&
        rate == RATE_256 && shape->digest_size == SHORTER) {
        hash_nodes(digests, shape, data);
        return;
    }
#endif
    PA_UNROLL
    for (unsigned w = 0; w < 25; w++) {
        s[w] = VEC_OF_BITS(setzero)();
    }
    for (uint64_t block = 0; block < blocks; block++) {
        if (block < shape->whole) {
            absorb(s, data, block * rate, rate / 8);
        } else if (shape->staged > 0) {
            absorb(s, tails, (block - shape->whole) * rate, rate / 8);
        } else {
            const uint64_t words = shape->rest / 8;
            absorb(s, data, block * rate, words);
            if (shape->sorted_pairs) {
                vec_order(s, s + 4, 4, false);
            }
            s[words] = XOR(s[words], vec_set1(shape->pad_first));
            s[rate / 8 - 1] = XOR(s[rate / 8 - 1], vec_set1((uint64_t)shape->pad_last << 56));
        }
        if (shape->next == PA_HASH_FAR) {
            const uint8_t *far = data[LANES] + block * LANES * rate;
            for (uint64_t i = 0; i < LANES * rate; i += 64) {
                __builtin_prefetch(far + i);
            }
        }
        permute(s, block + 1 < blocks ? 5 : rows);
    }
    if (shape->digest_size == SHORTER) {
        vec_scatter_some(digests, SHORTER, s, 4, LANES - shape->idle);
    } else {
        vec_scatter_some(digests, 64, s, 8, LANES - shape->idle);
    }
}

/* The first 8 words of each lane. */
static void store_digests(uint8_t *digests, const void *states)
{
    vec s[8];
    vec_load(s, states, 8);
    vec_scatter(digests, 64, s, 8);
}

const struct pa_hash_lanes PA_VARIANT(pa_keccak_lanes_) = {
    .blocks = absorb_blocks,
    .store = store_digests,
    .messages = hash_messages,
    .stage = STAGE,
    .fetches = true, /* PA_HASH_FAR alone: see "lost" */
    .lanes = LANES,
    .stored = 64,
    .shorter = SHORTER,
    .pads = 8,
    .cost = VECTOR_BYTES == 64 ? 1350 : 1400,
    .sorts = true,
    .leaves = true,
};
