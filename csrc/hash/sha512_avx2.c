/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-512, one message, with AVX2, or AVX-512VL: rounds in scalar registers (rorx, andn) and beside them, on other ports, the
 * schedules of two blocks in the halves of vectors, two words of each at a time; the second block's rounds read theirs from memory.
 * A single block stands in both halves. FIPS 180-4, 6.4.
 *
 * Floor: 22 scalar operations a round of which a core does four a cycle, 440 cycles a block; 400 by the chain from one round's e
 * to the next one's. Reached on Zen 4, cycles a block of 1 MiB and of a single one: AVX2 534 and 608 (clang 14: 541 and 585),
 * AVX-512VL 524 and 564; rounds alone 482. With AVX2 543 and 626 before a rotation was a shuffle and half of an extension
 * after the round. One block's schedule beside rounds in C took 590 and 612, OpenSSL 3.0 takes 532 and 570. All of an
 * extension before the round takes 592 of a single one, and 530 or 550 by where its code begins.
 * Tried and lost (1 MiB, gcc 12; 1 % is noise): rounds in C, 3 %, 9 % with additions in the groups that gcc makes of them, more in
 * the order of their text; choice as g ^ (e & (f ^ g)), 6 %; e as (h + W + K + d + choice) + Sigma_1, from e to e a cycle less for
 * one more operation, 7 %; the schedule only in every second round, 2 % with AVX2, 1 % won with AVX-512VL. */
#include <immintrin.h>
#include <stdint.h>

#include "kernel.h"

#define SHIFT(x, n) _mm256_srli_epi64(x, n)
#ifdef __AVX512VL__
#define KERNEL pa_sha512_avx512
#define CYCLES 570
#define AFTER_ROUND false /* second halves of extensions; 3 % of 1 MiB */
#define ROTATE(x, n) _mm256_ror_epi64(x, n)
#define XOR3(x, y, z) _mm256_ternarylogic_epi64(x, y, z, 0x96)
#else
#define KERNEL pa_sha512_avx2
#define CYCLES 600
#define AFTER_ROUND true
/* Whole bytes by one shuffle. */
#define ROTATE(x, n)                                                                               \
    ((n) == 8 ? _mm256_shuffle_epi8(x, BYTE_FURTHER)                                               \
              : _mm256_xor_si256(_mm256_srli_epi64(x, n), _mm256_slli_epi64(x, 64 - (n))))
#define BYTE_FURTHER                                                                               \
    _mm256_broadcastsi128_si256(_mm_setr_epi8(1, 2, 3, 4, 5, 6, 7, 0, 9, 10, 11, 12, 13, 14, 15, 8))
#define XOR3(x, y, z) _mm256_xor_si256(_mm256_xor_si256(x, y), z)
#endif
#include "sha512_functions.h"

typedef uint64_t word;

/* Round i of a run of 16, in two halves; the eight state words rotate through v instead of being moved. This one: h += W + K +
 * choice(e, f, g) + Sigma_1(e), d += h. Choice is a sum, since no bit is in both of its terms. */
static inline __attribute__((always_inline)) void round_e(word v[8], unsigned i, const word *wk)
{
    word sigma, rotated, term;
    __asm__(
        "addq %[wk], %[h]\n\t"
        "rorxq $41, %[e], %[sigma]\n\t"
        "rorxq $18, %[e], %[rotated]\n\t"
        "andnq %[g], %[e], %[term]\n\t"
        "xorq %[rotated], %[sigma]\n\t"
        "rorxq $14, %[e], %[rotated]\n\t"
        "addq %[term], %[h]\n\t"
        "movq %[f], %[term]\n\t"
        "xorq %[rotated], %[sigma]\n\t"
        "andq %[e], %[term]\n\t"
        "addq %[term], %[h]\n\t"
        "addq %[sigma], %[h]\n\t"
        "addq %[h], %[d]"
        : [h] "+&r"(v[(7 - i) & 7]), [d] "+&r"(v[(3 - i) & 7]), [sigma] "=&r"(sigma),
          [rotated] "=&r"(rotated), [term] "=&r"(term)
        : [wk] "m"(*wk), [e] "r"(v[(4 - i) & 7]), [f] "r"(v[(5 - i) & 7]), [g] "r"(v[(6 - i) & 7])
        : "cc");
}

/* And h += majority(a, b, c) + Sigma_0(a), with majority as b ^ ((a ^ b) & (b ^ c)): *differ is b ^ c, and then a ^ b, which is
 * the next round's. */
static inline __attribute__((always_inline)) void round_a(word v[8], unsigned i, word *differ)
{
    word next, sigma, rotated;
    __asm__("movq %[a], %[next]\n\t"
            "rorxq $39, %[a], %[sigma]\n\t"
            "xorq %[b], %[next]\n\t"
            "rorxq $34, %[a], %[rotated]\n\t"
            "andq %[next], %[differ]\n\t"
            "xorq %[rotated], %[sigma]\n\t"
            "rorxq $28, %[a], %[rotated]\n\t"
            "xorq %[b], %[differ]\n\t"
            "xorq %[rotated], %[sigma]\n\t"
            "addq %[differ], %[h]\n\t"
            "addq %[sigma], %[h]"
            : [h] "+&r"(v[(7 - i) & 7]), [differ] "+&r"(*differ), [next] "=&r"(next),
              [sigma] "=&r"(sigma), [rotated] "=&r"(rotated)
            : [a] "r"(v[(0 - i) & 7]), [b] "r"(v[(1 - i) & 7])
            : "cc");
    *differ = next;
}

/* x[i] = W_t+16, W_t+17 in place of W_t, W_t+1, t = 2 i mod 16, of both blocks, in two halves. */
static inline __attribute__((always_inline)) void extend_first(__m256i x[8], unsigned i)
{
    __m256i before15 = _mm256_alignr_epi8(x[(i + 1) & 7], x[i], 8);
    x[i] = _mm256_add_epi64(x[i], SMALL_SIGMA_0(before15));
}

static inline __attribute__((always_inline)) void extend_second(__m256i x[8], unsigned i)
{
    __m256i before7 = _mm256_alignr_epi8(x[(i + 5) & 7], x[(i + 4) & 7], 8);
    x[i] = _mm256_add_epi64(x[i], before7);
    x[i] = _mm256_add_epi64(x[i], SMALL_SIGMA_1(x[(i + 7) & 7]));
}

/* wk = W_t + K_t, W_t+1 + K_t+1 of both blocks. */
static inline __attribute__((always_inline)) void add_constants(word wk[2][2], __m256i x,
                                                                unsigned t)
{
    const __m128i *constants = (const __m128i *)(pa_sha512_constants + t);
    _mm256_store_si256((__m256i *)wk, _mm256_add_epi64(x, _mm256_broadcastsi128_si256(
                                                              _mm_loadu_si128(constants))));
}

/* Compression of whole blocks; what compress() of sha2_portable.h says holds. */
static void sha512_blocks(pa_hash_state *state, const uint8_t *data, uint64_t count)
{
    const __m256i order = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8));
    word *h = state->wide;
    while (count > 0) {
        _Alignas(32) word wk[ROUNDS / 2][2][2]; /* pair of rounds, block, round */
        const uint8_t *second = count > 1 ? data + 128 : data;
        word v[8];
        __m256i x[8];
        for (unsigned i = 0; i < 8; i++) {
            __m128i words = _mm_loadu_si128((const __m128i *)(data + 16 * i));
            __m128i words_of_second = _mm_loadu_si128((const __m128i *)(second + 16 * i));
            x[i] = _mm256_shuffle_epi8(_mm256_set_m128i(words_of_second, words), order);
            add_constants(wk[i], x[i], 2 * i);
            v[i] = h[i];
        }
        word differ = v[1] ^ v[2];
        unsigned pair = 0;
#define EXTEND_SECOND(i)                                                                           \
    extend_second(x, (i) / 2);                                                                     \
    add_constants(wk[pair + 8 + (i) / 2], x[(i) / 2], 2 * (pair + 8 + (i) / 2));
#define STEP_AND_EXTEND(i)                                                                         \
    round_e(v, i, &wk[pair + (i) / 2][0][(i) % 2]);                                                \
    if ((i) % 2 == 0) {                                                                            \
        extend_first(x, (i) / 2);                                                                  \
    } else if (!AFTER_ROUND) {                                                                     \
        EXTEND_SECOND(i)                                                                           \
    }                                                                                              \
    round_a(v, i, &differ);                                                                        \
    if ((i) % 2 == 1 && AFTER_ROUND) {                                                             \
        EXTEND_SECOND(i)                                                                           \
    }
#define STEP(i, block)                                                                             \
    round_e(v, i, &wk[pair + (i) / 2][block][(i) % 2]);                                            \
    round_a(v, i, &differ);
#define STEP_OF_FIRST(i) STEP(i, 0)
#define STEP_OF_SECOND(i) STEP(i, 1)
        for (; pair < ROUNDS / 2 - 8; pair += 8) {
            PA_SIXTEEN(STEP_AND_EXTEND)
        }
        PA_SIXTEEN(STEP_OF_FIRST)
        for (unsigned i = 0; i < 8; i++) {
            v[i] = h[i] += v[i];
        }
        if (count == 1) {
            return;
        }
        differ = v[1] ^ v[2];
        for (pair = 0; pair < ROUNDS / 2; pair += 8) {
            PA_SIXTEEN(STEP_OF_SECOND)
        }
#undef STEP_AND_EXTEND
#undef EXTEND_SECOND
#undef STEP
#undef STEP_OF_FIRST
#undef STEP_OF_SECOND
        for (unsigned i = 0; i < 8; i++) {
            h[i] += v[i];
        }
        count -= 2;
        data += 256;
    }
}

const struct pa_hash_single KERNEL = {sha512_blocks, CYCLES};
